/** The spanning tree and the rest of the bridge: ports come and go, settings change (br_stp_if.c). */
import { delTimer, EBUSY, EINVAL, ENETDOWN, ERANGE, HZ, modTimer, type TimerList } from '@linnet/kernel';
import { copyAddr, NET_ADDR_SET, netifOperUp } from '@linnet/netdev';
import { BR_STATE_BLOCKING, BR_STATE_DISABLED, IFF_UP, RTM_NEWLINK } from '@linnet/uapi';
import {
  BR_ADMIN_COST, BR_KERNEL_STP, BR_MAX_FORWARD_DELAY, BR_MAX_HELLO_TIME, BR_MAX_MAX_AGE, BR_MAX_PATH_COST, BR_MIN_FORWARD_DELAY, BR_MIN_HELLO_TIME, BR_MIN_MAX_AGE, BR_MIN_PATH_COST, BR_NO_STP, BR_PORT_BITS, type Bridge, bridgeIdCmp, type BridgePort,
} from './br.ts';
import { fdbChangeMacAddress, fdbDeleteByPort, fdbFlush } from './br-fdb.ts';
import { FDB_STATIC } from './br-fdb-table.ts';
import { brIfinfoNotify } from './br-ifinfo.ts';
import { mcastDisablePort } from './br-mcast.ts';
import {
  brBecomeDesignatedPort, brBecomeRootBridge, brConfigBpduGeneration, brConfigurationUpdate, brIsDesignatedPort, brIsRootBridge, brPortStateSelection, brSetState,
} from './br-stp.ts';

function arm(br: Bridge, t: TimerList<unknown>, delay: number): void {
  modTimer(br.kernel, t, (br.kernel.jiffies + delay) | 0);
}
function disarm(br: Bridge, t: TimerList<unknown>): void {
  delTimer(br.kernel, t);
}

const makePortId = (prio: number, no: number): number => ((prio << BR_PORT_BITS) | no) & 0xffff;

/** A port begins (br_init_port). */
export function brInitPort(p: BridgePort): void {
  p.portId = makePortId(p.priority, p.portNo);
  brBecomeDesignatedPort(p);
  brSetState(p, BR_STATE_BLOCKING);
  p.topologyChangeAck = false;
  p.configPending = false;
}

/** The bridge goes up (br_stp_enable_bridge). */
export function brStpEnableBridge(br: Bridge): void {
  if (br.stpEnabled === BR_KERNEL_STP) arm(br, br.helloTimer, br.helloTime);
  arm(br, br.gcTimer, HZ / 10);
  brConfigBpduGeneration(br);
  for (const p of br.ports) if (p.dev.running && netifOperUp(p.dev)) brStpEnablePort(p);
}
/** It goes down (br_stp_disable_bridge). */
export function brStpDisableBridge(br: Bridge): void {
  for (const p of br.ports) if (p.state !== BR_STATE_DISABLED) brStpDisablePort(p);
  br.topologyChange = 0;
  br.topologyChangeDetected = 0;
  disarm(br, br.helloTimer);
  disarm(br, br.topologyChangeTimer);
  disarm(br, br.tcnTimer);
  disarm(br, br.gcTimer);
}

/** A port takes part from now on (br_stp_enable_port). */
export function brStpEnablePort(p: BridgePort): void {
  brInitPort(p);
  brPortStateSelection(p.br);
  brIfinfoNotify(RTM_NEWLINK, null, p);
}
/** It does not any more (br_stp_disable_port). */
export function brStpDisablePort(p: BridgePort): void {
  const { br } = p;
  const wasRoot = brIsRootBridge(br);
  brBecomeDesignatedPort(p);
  brSetState(p, BR_STATE_DISABLED);
  p.topologyChangeAck = false;
  p.configPending = false;
  brIfinfoNotify(RTM_NEWLINK, null, p);
  disarm(br, p.messageAgeTimer);
  disarm(br, p.forwardDelayTimer);
  disarm(br, p.holdTimer);
  fdbDeleteByPort(br, p, 0, false);
  mcastDisablePort(p);
  brConfigurationUpdate(br);
  brPortStateSelection(br);
  if (brIsRootBridge(br) && !wasRoot) brBecomeRootBridge(br);
}

/** Switches the spanning tree on or off (br_stp_set_enabled). */
export function brStpSetEnabled(br: Bridge, on: boolean): void {
  if (on === (br.stpEnabled !== BR_NO_STP)) return;
  if (!on) {
    br.stpEnabled = BR_NO_STP;
    return;
  }
  // Without a tree any delay was allowed.
  if (br.bridgeForwardDelay < BR_MIN_FORWARD_DELAY) setForwardDelay(br, BR_MIN_FORWARD_DELAY);
  else if (br.bridgeForwardDelay > BR_MAX_FORWARD_DELAY) setForwardDelay(br, BR_MAX_FORWARD_DELAY);
  br.stpEnabled = BR_KERNEL_STP;
  if ((br.dev.flags & IFF_UP) !== 0) arm(br, br.helloTimer, br.helloTime);
  brPortStateSelection(br);
}

function setForwardDelay(br: Bridge, t: number): void {
  br.bridgeForwardDelay = t;
  if (brIsRootBridge(br)) br.forwardDelay = t;
}

/** The bridge's address, and with it its id, changes (br_stp_change_bridge_id). */
export function brStpChangeBridgeId(br: Bridge, addr: Uint8Array): void {
  const wasRoot = brIsRootBridge(br);
  const old = br.bridgeId.addr.slice(); // datapath-ok: configuration
  fdbChangeMacAddress(br, addr);
  copyAddr(br.bridgeId.addr, 0, addr, 0, 6);
  copyAddr(br.dev.devAddr, 0, addr, 0, 6);
  const same = (a: Uint8Array): boolean => a.every((v, i) => v === old[i]);
  for (const p of br.ports) {
    if (same(p.designatedBridge.addr)) copyAddr(p.designatedBridge.addr, 0, addr, 0, 6);
    if (same(p.designatedRoot.addr)) copyAddr(p.designatedRoot.addr, 0, addr, 0, 6);
  }
  brConfigurationUpdate(br);
  brPortStateSelection(br);
  if (brIsRootBridge(br) && !wasRoot) brBecomeRootBridge(br);
}

/** The lowest address of the ports is the bridge's, unless one was chosen (br_stp_recalculate_bridge_id). True when it changed. */
export function brStpRecalculateBridgeId(br: Bridge): boolean {
  if (br.dev.addrAssignType === NET_ADDR_SET) return false;
  let best: Uint8Array = new Uint8Array(6);
  for (const p of br.ports) {
    const a = p.dev.devAddr;
    let cmp = 0;
    for (let i = 0; i < 6 && cmp === 0; i++) cmp = a[i]! - best[i]!;
    if (cmp < 0 || best.every((v, i) => i >= 6 || v === 0)) best = a;
  }
  if (br.bridgeId.addr.every((v, i) => v === best[i])) return false;
  brStpChangeBridgeId(br, best);
  return true;
}

/** A new priority of the bridge (br_stp_set_bridge_priority). */
export function brStpSetBridgePriority(br: Bridge, prio: number): void {
  const wasRoot = brIsRootBridge(br);
  const own = br.ports.filter((p) => p.state !== BR_STATE_DISABLED && brIsDesignatedPort(p));
  for (const p of own) p.designatedBridge.prio = prio;
  br.bridgeId.prio = prio;
  brConfigurationUpdate(br);
  brPortStateSelection(br);
  if (brIsRootBridge(br) && !wasRoot) brBecomeRootBridge(br);
}

/** A new priority of a port, 0 to 63 (br_stp_set_port_priority). */
export function brStpSetPortPriority(p: BridgePort, prio: number): number {
  if (prio > 0xffff >> BR_PORT_BITS) return -ERANGE;
  const { br } = p;
  const id = makePortId(prio, p.portNo);
  if (brIsDesignatedPort(p)) p.designatedPort = id;
  p.portId = id;
  p.priority = prio;
  if (bridgeIdCmp(br.bridgeId, p.designatedBridge) === 0 && p.portId < p.designatedPort) {
    brBecomeDesignatedPort(p);
    brPortStateSelection(br);
  }
  return 0;
}

/** What a port costs, chosen by the administrator (br_stp_set_path_cost). */
export function brStpSetPathCost(p: BridgePort, cost: number): number {
  if (cost < BR_MIN_PATH_COST || cost > BR_MAX_PATH_COST) return -ERANGE;
  p.flags |= BR_ADMIN_COST;
  p.pathCost = cost;
  brConfigurationUpdate(p.br);
  brPortStateSelection(p.br);
  return 0;
}

/** The state of a port as the administrator, or a program that runs the tree, wants it (br_set_port_state). */
export function brSetPortState(p: BridgePort, state: number): number {
  if (state > BR_STATE_BLOCKING) return -EINVAL;
  if (p.br.stpEnabled === BR_KERNEL_STP) return -EBUSY;
  if (!p.dev.running || (!p.dev.carrier && state !== BR_STATE_DISABLED)) return -ENETDOWN;
  brSetState(p, state);
  brPortStateSelection(p.br);
  return 0;
}

/** Sets a time of the spanning tree, in ticks (br_set_forward_delay, br_set_hello_time, br_set_max_age). Returns 0 or -ERANGE. */
export function brSetForwardDelay(br: Bridge, t: number): number {
  if (br.stpEnabled !== BR_NO_STP && (t < BR_MIN_FORWARD_DELAY || t > BR_MAX_FORWARD_DELAY)) return -ERANGE;
  setForwardDelay(br, t);
  return 0;
}
export function brSetHelloTime(br: Bridge, t: number): number {
  if (t < BR_MIN_HELLO_TIME || t > BR_MAX_HELLO_TIME) return -ERANGE;
  br.bridgeHelloTime = t;
  if (brIsRootBridge(br)) br.helloTime = t;
  return 0;
}
export function brSetMaxAge(br: Bridge, t: number): number {
  if (t < BR_MIN_MAX_AGE || t > BR_MAX_MAX_AGE) return -ERANGE;
  br.bridgeMaxAge = t;
  if (brIsRootBridge(br)) br.maxAge = t;
  return 0;
}
/** How long learned addresses are kept (br_set_ageing_time). */
export function brSetAgeingTime(br: Bridge, t: number): number {
  br.ageingTime = t;
  br.bridgeAgeingTime = t;
  arm(br, br.gcTimer, 0);
  return 0;
}

/** Forgets what was learned. */
export function brFlushLearned(br: Bridge, p: BridgePort | null): void {
  if (p !== null) fdbDeleteByPort(br, p, 0, false);
  else fdbFlush(br, { flags: 0, mask: FDB_STATIC });
}
