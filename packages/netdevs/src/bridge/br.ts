/** What a bridge and its ports are (struct net_bridge, struct net_bridge_port). */
import { HZ, type Kernel, TimerList, timerPending } from '@linnet/kernel';
import { IFF_BRIDGE_PORT, IFF_EBRIDGE, type NetDevice } from '@linnet/netdev';
import { BR_STATE_DISABLED, ETH_P_8021Q } from '@linnet/uapi';
import { FdbTable } from './br-fdb-table.ts';
import type { Mcast, McastPort } from './br-mcast-ctx.ts';
import type { Mdb } from './br-mdb-table.ts';
import { type VlanGroup, VlanIngress } from './br-vlan-group.ts';

/** Who runs the spanning tree (br.stpEnabled). */
export const BR_NO_STP = 0;
export const BR_KERNEL_STP = 1;
export const BR_USER_STP = 2;

/** Flags of a port (br_port_flags). */
export const BR_HAIRPIN_MODE: number = 1 << 0;
export const BR_BPDU_GUARD: number = 1 << 1;
export const BR_ROOT_BLOCK: number = 1 << 2;
export const BR_MULTICAST_FAST_LEAVE: number = 1 << 3;
export const BR_ADMIN_COST: number = 1 << 4;
export const BR_LEARNING: number = 1 << 5;
export const BR_FLOOD: number = 1 << 6;
export const BR_PROMISC: number = 1 << 7;
export const BR_PROXYARP: number = 1 << 8;
export const BR_PROXYARP_WIFI: number = 1 << 9;
export const BR_MCAST_FLOOD: number = 1 << 10;
export const BR_MULTICAST_TO_UNICAST: number = 1 << 11;
export const BR_VLAN_TUNNEL: number = 1 << 12;
export const BR_BCAST_FLOOD: number = 1 << 13;
export const BR_NEIGH_SUPPRESS: number = 1 << 14;
export const BR_ISOLATED: number = 1 << 15;
export const BR_PORT_LOCKED: number = 1 << 16;
export const BR_PORT_MAB: number = 1 << 17;
export const BR_NEIGH_VLAN_SUPPRESS: number = 1 << 18;
/** A port with one of these learns by itself what is behind it, so its own receive filter must stay open. */
export const BR_AUTO_MASK: number = BR_FLOOD | BR_LEARNING;

/** Number of ports of a bridge, and the bits of a port id that hold it. */
export const BR_PORT_BITS = 10;
export const BR_MAX_PORTS: number = 1 << BR_PORT_BITS;
/** Bounds of the spanning tree's times, in ticks. */
export const BR_MIN_HELLO_TIME: number = HZ;
export const BR_MAX_HELLO_TIME: number = 10 * HZ;
export const BR_MIN_FORWARD_DELAY: number = 2 * HZ;
export const BR_MAX_FORWARD_DELAY: number = 30 * HZ;
export const BR_MIN_MAX_AGE: number = 6 * HZ;
export const BR_MAX_MAX_AGE: number = 40 * HZ;
export const BR_MIN_PATH_COST = 1;
export const BR_MAX_PATH_COST = 65535;
export const BR_HOLD_TIME: number = HZ;
/** Group addresses 01:80:c2:00:00:0X that no mask may forward: the bridge group, MAC control, slow protocols. */
export const BR_GROUPFWD_RESTRICTED = 0x0007;
/** Likewise of a port: MAC control is never forwarded; others are the administrator's choice. */
export const BR_GROUPFWD_MACPAUSE = 0x0002;

/** A bridge's id: priority and address. */
export class BridgeId {
  prio: number;
  readonly addr: Uint8Array;
  constructor() {
    this.prio = 0x8000;
    this.addr = new Uint8Array(6);
  }
}

/** Which of two ids wins the election: negative when `a` does (the lower one). */
export function bridgeIdCmp(a: BridgeId, b: BridgeId): number {
  if (a.prio !== b.prio) return a.prio - b.prio;
  for (let i = 0; i < 6; i++) if (a.addr[i] !== b.addr[i]) return a.addr[i]! - b.addr[i]!;
  return 0;
}
export function bridgeIdCopy(to: BridgeId, from: BridgeId): void {
  to.prio = from.prio;
  to.addr.set(from.addr);
}

/** What the spanning tree keeps of a port, and what a bridge keeps per port. */
export class BridgePort {
  readonly br: Bridge;
  readonly dev: NetDevice;
  flags: number;
  /** 1 to 1023. */
  portNo: number;
  priority: number;
  /** BR_STATE_*. */
  state: number;
  portId: number;
  designatedPort: number;
  readonly designatedRoot: BridgeId;
  readonly designatedBridge: BridgeId;
  pathCost: number;
  designatedCost: number;
  designatedAge: number;
  topologyChangeAck: boolean;
  configPending: boolean;
  readonly forwardDelayTimer: TimerList<BridgePort>;
  readonly holdTimer: TimerList<BridgePort>;
  readonly messageAgeTimer: TimerList<BridgePort>;
  groupFwdMask: number;
  backupPort: BridgePort | null;
  backupNhid: number;
  /** How many ports name this one as their backup. */
  backupRedirectedCnt: number;
  readonly vlans: VlanGroup;
  readonly mcast: McastPort;
  constructor(br: Bridge, dev: NetDevice, vlans: VlanGroup, mcast: McastPort, timers: readonly ((p: BridgePort) => void)[]) {
    this.br = br;
    this.dev = dev;
    this.flags = BR_LEARNING | BR_FLOOD | BR_MCAST_FLOOD | BR_BCAST_FLOOD;
    this.portNo = 0;
    this.priority = 0x8000 >> BR_PORT_BITS;
    this.state = BR_STATE_DISABLED;
    this.portId = 0;
    this.designatedPort = 0;
    this.designatedRoot = new BridgeId();
    this.designatedBridge = new BridgeId();
    this.pathCost = 0;
    this.designatedCost = 0;
    this.designatedAge = 0;
    this.topologyChangeAck = false;
    this.configPending = false;
    this.messageAgeTimer = new TimerList(timers[0]!, this);
    this.forwardDelayTimer = new TimerList(timers[1]!, this);
    this.holdTimer = new TimerList(timers[2]!, this);
    this.groupFwdMask = 0;
    this.backupPort = null;
    this.backupNhid = 0;
    this.backupRedirectedCnt = 0;
    this.vlans = vlans;
    this.mcast = mcast;
  }
}

/** A bridge: `dev.priv` of its device. */
export class Bridge {
  readonly dev: NetDevice;
  readonly kernel: Kernel;
  /** Newest first, as they are flooded to. */
  ports: BridgePort[];
  readonly fdb: FdbTable;
  fdbMaxLearned: number;
  /** 01:80:c2:00:00:00 unless chosen otherwise. */
  readonly groupAddr: Uint8Array;
  groupAddrSet: boolean;
  groupFwdMask: number;
  /** What an 802.1ad bridge forwards whatever the mask says. */
  groupFwdMaskRequired: number;
  readonly bridgeId: BridgeId;
  readonly designatedRoot: BridgeId;
  rootPathCost: number;
  rootPort: number;
  maxAge: number;
  helloTime: number;
  forwardDelay: number;
  bridgeMaxAge: number;
  bridgeHelloTime: number;
  bridgeForwardDelay: number;
  ageingTime: number;
  bridgeAgeingTime: number;
  stpEnabled: number;
  topologyChange: number;
  topologyChangeDetected: number;
  readonly helloTimer: TimerList<Bridge>;
  readonly tcnTimer: TimerList<Bridge>;
  readonly topologyChangeTimer: TimerList<Bridge>;
  readonly gcTimer: TimerList<Bridge>;
  /** Ports that learn or are flooded to. */
  autoCnt: number;
  mtuSetByUser: boolean;
  // options
  noLlLearn: boolean;
  mcastVlanSnooping: boolean;
  mstEnabled: boolean;
  mdbOffloadFailNotification: boolean;
  fdbLocalVlan0: boolean;
  neighSuppressEnabled: boolean;
  nfCallIptables: boolean;
  nfCallIp6tables: boolean;
  nfCallArptables: boolean;
  // VLANs
  vlanEnabled: boolean;
  vlanProto: number;
  defaultPvid: number;
  vlanStatsEnabled: boolean;
  vlanStatsPerPort: boolean;
  readonly vlans: VlanGroup;
  /** What the check of a frame's VLAN found out; read at once, so one is enough. */
  readonly vlanIngress: VlanIngress;
  // multicast
  readonly mcast: Mcast;
  readonly mdb: Mdb;
  mcastEnabled: boolean;
  mcastStatsEnabled: boolean;
  mcastQueryUseIfaddr: boolean;
  mcastHashMax: number;
  constructor(
    dev: NetDevice, vlans: VlanGroup, mcast: Mcast, mdb: Mdb, timers: readonly ((br: Bridge) => void)[],
  ) {
    this.dev = dev;
    this.kernel = dev.kernel;
    this.ports = [];
    this.fdb = new FdbTable();
    this.fdbMaxLearned = 0;
    this.groupAddr = new Uint8Array([0x01, 0x80, 0xc2, 0, 0, 0]);
    this.groupAddrSet = false;
    this.groupFwdMask = 0;
    this.groupFwdMaskRequired = 0;
    this.bridgeId = new BridgeId();
    this.designatedRoot = new BridgeId();
    this.rootPathCost = 0;
    this.rootPort = 0;
    this.bridgeMaxAge = this.maxAge = 20 * HZ;
    this.bridgeHelloTime = this.helloTime = 2 * HZ;
    this.bridgeForwardDelay = this.forwardDelay = 15 * HZ;
    this.bridgeAgeingTime = this.ageingTime = 300 * HZ;
    this.stpEnabled = BR_NO_STP;
    this.topologyChange = 0;
    this.topologyChangeDetected = 0;
    this.helloTimer = new TimerList(timers[0]!, this);
    this.tcnTimer = new TimerList(timers[1]!, this);
    this.topologyChangeTimer = new TimerList(timers[2]!, this);
    this.gcTimer = new TimerList(timers[3]!, this);
    this.autoCnt = 0;
    this.mtuSetByUser = false;
    this.noLlLearn = false;
    this.mcastVlanSnooping = false;
    this.mstEnabled = false;
    this.mdbOffloadFailNotification = false;
    this.fdbLocalVlan0 = false;
    this.neighSuppressEnabled = false;
    this.nfCallIptables = false;
    this.nfCallIp6tables = false;
    this.nfCallArptables = false;
    this.vlanEnabled = false;
    this.vlanProto = ETH_P_8021Q;
    this.defaultPvid = 1;
    this.vlanStatsEnabled = false;
    this.vlanStatsPerPort = false;
    this.vlans = vlans;
    this.vlanIngress = new VlanIngress();
    this.mcast = mcast;
    this.mdb = mdb;
    this.mcastEnabled = true;
    this.mcastStatsEnabled = false;
    this.mcastQueryUseIfaddr = false;
    this.mcastHashMax = 4096;
  }
}

/** The port of a device that is one, else null (br_port_get_rtnl). */
export function brPortGet(dev: NetDevice): BridgePort | null {
  return (dev.privFlags & IFF_BRIDGE_PORT) !== 0 && dev.rxHandlerData instanceof BridgePort ? dev.rxHandlerData : null;
}
/** The bridge of a device that is one, else null. */
export function brGet(dev: NetDevice | null): Bridge | null {
  return dev !== null && (dev.privFlags & IFF_EBRIDGE) !== 0 ? (dev.priv as Bridge) : null;
}
/** The port with that number, or null (br_get_port). */
export function brGetPort(br: Bridge, portNo: number): BridgePort | null {
  return br.ports.find((p) => p.portNo === portNo) ?? null;
}

/** What is left of a timer, in hundredths of a second (br_timer_value). */
export function brTimerValue(k: Kernel, t: TimerList<unknown>): number {
  const left = timerPending(t) ? (t.expires - k.jiffies) | 0 : 0;
  return left > 0 ? Math.floor(left / 10) : 0;
}
