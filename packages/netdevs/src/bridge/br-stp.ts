/**
 * The spanning tree: the procedures of IEEE 802.1D-1998, clause 8.6, under their Linux names (br_stp.c).
 */
import { delTimer, HZ, modTimer, timerPending, type TimerList } from '@linnet/kernel';
import { netifCarrierOff, netifCarrierOn } from '@linnet/netdev';
import { BR_STATE_BLOCKING, BR_STATE_DISABLED, BR_STATE_FORWARDING, BR_STATE_LEARNING, BR_STATE_LISTENING, IFF_UP, RTM_NEWLINK } from '@linnet/uapi';
import {
  BR_HOLD_TIME, BR_KERNEL_STP, BR_NO_STP, BR_ROOT_BLOCK, BR_USER_STP, type Bridge, bridgeIdCmp, bridgeIdCopy, type BridgePort, brGetPort,
} from './br.ts';
import { brIfinfoNotify } from './br-ifinfo.ts';
import { mcastEnablePort } from './br-mcast.ts';
import { type ConfigBpdu, newConfigBpdu, sendConfigBpdu, sendTcnBpdu } from './br-stp-bpdu.ts';

/** The least that a message grows older at each bridge. */
const MESSAGE_AGE_INCR: number = Math.max(1, Math.floor(HZ / 256));

const STATES: readonly string[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

function arm(br: Bridge, t: TimerList<unknown>, delay: number): void {
  modTimer(br.kernel, t, (br.kernel.jiffies + delay) | 0);
}
function disarm(br: Bridge, t: TimerList<unknown>): void {
  delTimer(br.kernel, t);
}

/** Puts a port into another state (br_set_state). */
export function brSetState(p: BridgePort, state: number): void {
  if (p.state === state) return;
  p.state = state;
  p.br.kernel.log.info(`${p.br.dev.name}: port ${p.portNo}(${p.dev.name}) entered ${STATES[state]} state`); // datapath-ok: a rare event
}

/** Is this bridge the root of the tree? (br_is_root_bridge) */
export function brIsRootBridge(br: Bridge): boolean {
  return bridgeIdCmp(br.bridgeId, br.designatedRoot) === 0;
}
/** Does the port speak for its LAN? (br_is_designated_port) */
export function brIsDesignatedPort(p: BridgePort): boolean {
  return bridgeIdCmp(p.designatedBridge, p.br.bridgeId) === 0 && p.designatedPort === p.portId;
}
/** Does any? */
function isDesignatedForSomePort(br: Bridge): boolean {
  return br.ports.some((p) => p.state !== BR_STATE_DISABLED && brIsDesignatedPort(p));
}

/** Should `p` rather than the port `root` lead to the root of the tree? (br_should_become_root_port) */
function shouldBecomeRootPort(p: BridgePort, root: number): boolean {
  const { br } = p;
  if (p.state === BR_STATE_DISABLED || brIsDesignatedPort(p)) return false;
  if (bridgeIdCmp(br.bridgeId, p.designatedRoot) <= 0) return false;
  if (root === 0) return true;
  const rp = brGetPort(br, root)!;
  let t = bridgeIdCmp(p.designatedRoot, rp.designatedRoot);
  if (t !== 0) return t < 0;
  const a = p.designatedCost + p.pathCost;
  const b = rp.designatedCost + rp.pathCost;
  if (a !== b) return a < b;
  t = bridgeIdCmp(p.designatedBridge, rp.designatedBridge);
  if (t !== 0) return t < 0;
  if (p.designatedPort !== rp.designatedPort) return p.designatedPort < rp.designatedPort;
  return p.portId < rp.portId;
}

/** Finds the way to the root (8.6.8 root selection). */
function rootSelection(br: Bridge): void {
  let rootPort = 0;
  for (const p of br.ports) {
    if (!shouldBecomeRootPort(p, rootPort)) continue;
    if ((p.flags & BR_ROOT_BLOCK) !== 0) rootBlock(p);
    else rootPort = p.portNo;
  }
  br.rootPort = rootPort;
  if (rootPort === 0) {
    bridgeIdCopy(br.designatedRoot, br.bridgeId);
    br.rootPathCost = 0;
    return;
  }
  const p = brGetPort(br, rootPort)!;
  bridgeIdCopy(br.designatedRoot, p.designatedRoot);
  br.rootPathCost = p.designatedCost + p.pathCost;
}

/** A port that may not lead to the root hears of a better one: it listens until that is over. */
function rootBlock(p: BridgePort): void {
  brSetState(p, BR_STATE_LISTENING);
  disarm(p.br, p.forwardDelayTimer);
  brIfinfoNotify(RTM_NEWLINK, null, p);
}

/** This bridge is the root from now on (br_become_root_bridge). */
export function brBecomeRootBridge(br: Bridge): void {
  br.maxAge = br.bridgeMaxAge;
  br.helloTime = br.bridgeHelloTime;
  br.forwardDelay = br.bridgeForwardDelay;
  brTopologyChangeDetection(br);
  disarm(br, br.tcnTimer);
  if ((br.dev.flags & IFF_UP) !== 0) {
    brConfigBpduGeneration(br);
    arm(br, br.helloTimer, br.helloTime);
  }
}

/** Says what is known of the tree (8.6.1 transmit configuration BPDU). */
export function brTransmitConfig(p: BridgePort): void {
  const { br } = p;
  if (timerPending(p.holdTimer)) {
    p.configPending = true;
    return;
  }
  const bpdu = newConfigBpdu();
  bpdu.topologyChange = br.topologyChange;
  bpdu.topologyChangeAck = p.topologyChangeAck ? 1 : 0;
  bridgeIdCopy(bpdu.root, br.designatedRoot);
  bpdu.rootPathCost = br.rootPathCost;
  bridgeIdCopy(bpdu.bridgeId, br.bridgeId);
  bpdu.portId = p.portId;
  if (!brIsRootBridge(br)) {
    const root = brGetPort(br, br.rootPort);
    const left = root !== null && timerPending(root.messageAgeTimer) ? (root.messageAgeTimer.expires - br.kernel.jiffies) | 0 : 0;
    bpdu.messageAge = br.maxAge - left + MESSAGE_AGE_INCR;
  }
  bpdu.maxAge = br.maxAge;
  bpdu.helloTime = br.helloTime;
  bpdu.forwardDelay = br.forwardDelay;
  if (bpdu.messageAge >= br.maxAge) return;
  sendConfigBpdu(p, bpdu);
  p.topologyChangeAck = false;
  p.configPending = false;
  if (br.stpEnabled === BR_KERNEL_STP) arm(br, p.holdTimer, BR_HOLD_TIME);
}

/** 8.6.4: by all ports that speak for their LANs (br_config_bpdu_generation). */
export function brConfigBpduGeneration(br: Bridge): void {
  for (const p of br.ports) if (p.state !== BR_STATE_DISABLED && brIsDesignatedPort(p)) brTransmitConfig(p);
}

/** 8.6.3: does a message tell of a better way than what the port knows? (br_supersedes_port_info) */
function supersedes(p: BridgePort, b: ConfigBpdu): boolean {
  let t = bridgeIdCmp(b.root, p.designatedRoot);
  if (t !== 0) return t < 0;
  if (b.rootPathCost !== p.designatedCost) return b.rootPathCost < p.designatedCost;
  t = bridgeIdCmp(b.bridgeId, p.designatedBridge);
  if (t !== 0) return t < 0;
  if (bridgeIdCmp(b.bridgeId, p.br.bridgeId) !== 0) return true;
  return b.portId <= p.designatedPort;
}

/** 8.6.2: the port remembers a message (br_record_config_information). */
function recordConfig(p: BridgePort, b: ConfigBpdu): void {
  bridgeIdCopy(p.designatedRoot, b.root);
  p.designatedCost = b.rootPathCost;
  bridgeIdCopy(p.designatedBridge, b.bridgeId);
  p.designatedPort = b.portId;
  p.designatedAge = (p.br.kernel.jiffies - b.messageAge) | 0;
  arm(p.br, p.messageAgeTimer, p.br.maxAge - b.messageAge);
}

/** 8.6.13: the port speaks for its LAN from now on (br_become_designated_port). */
export function brBecomeDesignatedPort(p: BridgePort): void {
  const { br } = p;
  bridgeIdCopy(p.designatedRoot, br.designatedRoot);
  p.designatedCost = br.rootPathCost;
  bridgeIdCopy(p.designatedBridge, br.bridgeId);
  p.designatedPort = p.portId;
}

/** 8.6.8.3.1: which ports must speak for their LANs (br_designated_port_selection). */
function designatedPortSelection(br: Bridge): void {
  for (const p of br.ports) if (p.state !== BR_STATE_DISABLED && shouldBecomeDesignated(p)) brBecomeDesignatedPort(p);
}
function shouldBecomeDesignated(p: BridgePort): boolean {
  const { br } = p;
  if (brIsDesignatedPort(p)) return true;
  if (bridgeIdCmp(p.designatedRoot, br.designatedRoot) !== 0) return true;
  if (br.rootPathCost !== p.designatedCost) return br.rootPathCost < p.designatedCost;
  const t = bridgeIdCmp(br.bridgeId, p.designatedBridge);
  if (t !== 0) return t < 0;
  return p.portId < p.designatedPort;
}

/** 8.6.7: works out the tree anew (br_configuration_update). */
export function brConfigurationUpdate(br: Bridge): void {
  rootSelection(br);
  designatedPortSelection(br);
}

/** 8.6.14: tells the root, or as the root all others, that the topology changed (br_topology_change_detection). */
export function brTopologyChangeDetection(br: Bridge): void {
  if (br.stpEnabled !== BR_KERNEL_STP) return;
  const root = brIsRootBridge(br);
  br.kernel.log.info(`${br.dev.name}: topology change detected, ${root ? 'propagating' : 'sending tcn bpdu'}`); // datapath-ok: a rare event
  if (root) {
    brSetTopologyChange(br, 1);
    arm(br, br.topologyChangeTimer, br.bridgeForwardDelay + br.bridgeMaxAge);
  } else if (br.topologyChangeDetected === 0) {
    brTransmitTcn(br);
    arm(br, br.tcnTimer, br.bridgeHelloTime);
  }
  br.topologyChangeDetected = 1;
}

/** While the topology changes, addresses are kept for the forward delay only (__br_set_topology_change). */
export function brSetTopologyChange(br: Bridge, val: number): void {
  if (br.stpEnabled === BR_KERNEL_STP && br.topologyChange !== val) {
    br.ageingTime = val !== 0 ? 2 * br.forwardDelay : br.bridgeAgeingTime;
  }
  br.topologyChange = val;
}

/** 8.6.6 (br_transmit_tcn). */
export function brTransmitTcn(br: Bridge): void {
  const p = brGetPort(br, br.rootPort);
  if (p !== null) sendTcnBpdu(p);
}

/** 8.6.12: the port is to be opened, by way of listening and learning (br_make_forwarding). */
function makeForwarding(p: BridgePort): void {
  const { br } = p;
  if (p.state !== BR_STATE_BLOCKING) return;
  if (br.stpEnabled === BR_NO_STP || br.forwardDelay === 0) {
    brSetState(p, BR_STATE_FORWARDING);
    brTopologyChangeDetection(br);
    disarm(br, p.forwardDelayTimer);
  } else if (br.stpEnabled === BR_KERNEL_STP) brSetState(p, BR_STATE_LISTENING);
  else brSetState(p, BR_STATE_LEARNING);
  brIfinfoNotify(RTM_NEWLINK, null, p);
  if (br.forwardDelay !== 0) arm(br, p.forwardDelayTimer, br.forwardDelay);
}

/** 8.6.13: the port is closed (br_make_blocking). */
function makeBlocking(p: BridgePort): void {
  if (p.state === BR_STATE_DISABLED || p.state === BR_STATE_BLOCKING) return;
  if (p.state === BR_STATE_FORWARDING || p.state === BR_STATE_LEARNING) brTopologyChangeDetection(p.br);
  brSetState(p, BR_STATE_BLOCKING);
  brIfinfoNotify(RTM_NEWLINK, null, p);
  disarm(p.br, p.forwardDelayTimer);
}

/** 8.6.11: opens and closes ports as the tree says; the bridge has a carrier while one forwards (br_port_state_selection). */
export function brPortStateSelection(br: Bridge): void {
  let live = 0;
  for (const p of br.ports) {
    if (p.state === BR_STATE_DISABLED) continue;
    // A program that runs the tree decides by itself.
    if (br.stpEnabled !== BR_USER_STP) {
      if (p.portNo === br.rootPort) {
        p.configPending = false;
        p.topologyChangeAck = false;
        makeForwarding(p);
      } else if (brIsDesignatedPort(p)) {
        disarm(br, p.messageAgeTimer);
        makeForwarding(p);
      } else {
        p.configPending = false;
        p.topologyChangeAck = false;
        makeBlocking(p);
      }
    }
    if (p.state !== BR_STATE_BLOCKING) mcastEnablePort(p);
    if (p.state === BR_STATE_FORWARDING) live++;
  }
  if (live === 0) netifCarrierOff(br.dev);
  else netifCarrierOn(br.dev);
}

/** A message about the tree came in (8.7.1 received configuration BPDU). */
export function brReceivedConfigBpdu(p: BridgePort, b: ConfigBpdu): void {
  const { br } = p;
  const wasRoot = brIsRootBridge(br);
  if (!supersedes(p, b)) {
    if (brIsDesignatedPort(p)) brTransmitConfig(p); // he is wrong: tell him
    return;
  }
  recordConfig(p, b);
  brConfigurationUpdate(br);
  brPortStateSelection(br);
  if (!brIsRootBridge(br) && wasRoot) {
    disarm(br, br.helloTimer);
    if (br.topologyChangeDetected !== 0) {
      disarm(br, br.topologyChangeTimer);
      brTransmitTcn(br);
      arm(br, br.tcnTimer, br.bridgeHelloTime);
    }
  }
  if (p.portNo !== br.rootPort) return;
  br.maxAge = b.maxAge;
  br.helloTime = b.helloTime;
  br.forwardDelay = b.forwardDelay;
  brSetTopologyChange(br, b.topologyChange);
  brConfigBpduGeneration(br);
  if (b.topologyChangeAck !== 0) {
    br.topologyChangeDetected = 0;
    disarm(br, br.tcnTimer);
  }
}

/** A bridge below reports a change of topology (8.7.2 received TCN BPDU). */
export function brReceivedTcnBpdu(p: BridgePort): void {
  if (!brIsDesignatedPort(p)) return;
  p.br.kernel.log.info(`${p.br.dev.name}: port ${p.portNo}(${p.dev.name}) received tcn bpdu`); // datapath-ok: a rare event
  brTopologyChangeDetection(p.br);
  p.topologyChangeAck = true;
  brTransmitConfig(p);
}

// ---- timers (8.7.3 to 8.7.8)

/** The root's heartbeat. */
export function helloTimerExpired(br: Bridge): void {
  if ((br.dev.flags & IFF_UP) === 0) return;
  brConfigBpduGeneration(br);
  if (br.stpEnabled !== BR_USER_STP) arm(br, br.helloTimer, br.helloTime);
}
/** A port heard nothing for too long: what it knew is no longer true. */
export function messageAgeTimerExpired(p: BridgePort): void {
  const { br } = p;
  if (p.state === BR_STATE_DISABLED) return;
  br.kernel.log.info(`${br.dev.name}: port ${p.portNo}(${p.dev.name}) neighbor lost`); // datapath-ok: a rare event
  const wasRoot = brIsRootBridge(br);
  brBecomeDesignatedPort(p);
  brConfigurationUpdate(br);
  brPortStateSelection(br);
  if (brIsRootBridge(br) && !wasRoot) brBecomeRootBridge(br);
}
/** A port has waited long enough for the next state. */
export function forwardDelayTimerExpired(p: BridgePort): void {
  const { br } = p;
  if (p.state === BR_STATE_LISTENING) {
    brSetState(p, BR_STATE_LEARNING);
    arm(br, p.forwardDelayTimer, br.forwardDelay);
  } else if (p.state === BR_STATE_LEARNING) {
    brSetState(p, BR_STATE_FORWARDING);
    if (isDesignatedForSomePort(br)) brTopologyChangeDetection(br);
    netifCarrierOn(br.dev);
  }
  brIfinfoNotify(RTM_NEWLINK, null, p);
}
/** A change of topology was not acknowledged: say it again. */
export function tcnTimerExpired(br: Bridge): void {
  if (brIsRootBridge(br) || (br.dev.flags & IFF_UP) === 0) return;
  brTransmitTcn(br);
  arm(br, br.tcnTimer, br.bridgeHelloTime);
}
/** The change of topology is old news. */
export function topologyChangeTimerExpired(br: Bridge): void {
  br.topologyChangeDetected = 0;
  brSetTopologyChange(br, 0);
}
/** The port may say something again. */
export function holdTimerExpired(p: BridgePort): void {
  if (p.configPending) brTransmitConfig(p);
}

