/**
 * The neighbour table and its state machine.
 *
 * @packageDocumentation
 */
export { NEIGH, NeighTables, neigh } from './module.ts';
export { neighEventSend } from './neigh-event.ts';
export { neighConnectedOutput, neighDirectOutput, neighOutput, neighResolveOutput } from './neigh-output.ts';
export { NeighParms } from './neigh-parms.ts';
export type { NeighSetting } from './neigh-parms.ts';
export { neighStatShow, neighSysctlRegister, neighSysctlUnregister } from './neigh-sysctl.ts';
export { ManagedNeighbours } from './neigh-managed.ts';
export { NeighStatistics, NeighTable } from './neigh-table.ts';
export type { NeighNotify, NeighTableOps } from './neigh-table.ts';
export { neighCarrierDown, neighChangeaddr, neighConfirm, neighDelete, neighEventNs, neighIfdown, neighUpdate } from './neigh-update.ts';
export { Neighbour } from './neighbour.ts';
export { PneighEntry, PneighTable } from './pneigh.ts';
export type { NeighOps } from './neighbour.ts';
export {
  NEIGH_UPDATE_F_ADMIN, NEIGH_UPDATE_F_EXT_LEARNED, NEIGH_UPDATE_F_EXT_VALIDATED, NEIGH_UPDATE_F_ISROUTER, NEIGH_UPDATE_F_MANAGED, NEIGH_UPDATE_F_OVERRIDE, NEIGH_UPDATE_F_OVERRIDE_ISROUTER,
  NEIGH_UPDATE_F_WEAK_OVERRIDE, NUD_CONNECTED, NUD_IN_TIMER, NUD_VALID,
} from './nud.ts';
