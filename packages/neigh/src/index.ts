/**
 * The neighbour table and its state machine.
 *
 * @packageDocumentation
 */
export { NEIGH, NeighTables, neigh } from './module.ts';
export { neighEventSend, neighProbe } from './neigh-event.ts';
export { neighBlackhole, neighConnectedOutput, neighDirectOutput, neighOutput, neighResolveOutput } from './neigh-output.ts';
export { NeighParms, UNRES_PACKET_TRUESIZE, neighRng } from './neigh-parms.ts';
export { neighStatShow, neighSysctlDefault, neighSysctlRegister, neighSysctlUnregister } from './neigh-sysctl.ts';
export { ManagedNeighbours } from './neigh-managed.ts';
export { NeighStatistics, NeighTable } from './neigh-table.ts';
export type { NeighNotify, NeighTableOps } from './neigh-table.ts';
export { neighConnect, neighInvalidate, neighSuspect, neighTimerHandler } from './neigh-timer.ts';
export { neighCarrierDown, neighChangeaddr, neighConfirm, neighDelete, neighEventNs, neighIfdown, neighUpdate, neighUpdateFlags } from './neigh-update.ts';
export { Neighbour } from './neighbour.ts';
export { PneighEntry, PneighTable } from './pneigh.ts';
export type { NeighOps } from './neighbour.ts';
export {
  NEIGH_UPDATE_F_ADMIN, NEIGH_UPDATE_F_EXT_LEARNED, NEIGH_UPDATE_F_ISROUTER, NEIGH_UPDATE_F_MANAGED, NEIGH_UPDATE_F_OVERRIDE, NEIGH_UPDATE_F_OVERRIDE_ISROUTER,
  NEIGH_UPDATE_F_WEAK_OVERRIDE, NUD_CONNECTED, NUD_IN_TIMER, NUD_VALID,
} from './nud.ts';
