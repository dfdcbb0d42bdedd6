/** What is kept of a device's groups, of the sources that are wanted in them, and of the link's routers. */
// datapath-ok-file: made once a device or group; the check on the way of packets allocates nothing
import { HZ, TimerList } from '@linnet/kernel';
import { IPPROTO_IGMP, IPV4_DEVCONF_FORCE_IGMP_VERSION, MCAST_EXCLUDE, MCAST_INCLUDE } from '@linnet/uapi';
import type { InDevice } from './in-device.ts';

/** Default time between a router's queries, and the time for answers (RFC 3376 8.2, 8.3). */
const QUERY_INTERVAL = 125 * HZ;
const QUERY_RESPONSE_INTERVAL = 10 * HZ;

/** One source that somebody named (struct ip_sf_list). @alpha */
export class IgmpSource {
  readonly addr: number;
  /** How many filters of each kind name it: all but these, only these. */
  exclude = 0;
  include = 0;
  /** A query that waits for its answer asked for it. */
  asked = false;
  /** Was it reported (as wanted, or as excluded) before the change at hand? */
  oldIn = false;
  /** How often its change is still to be told. */
  changes = 0;

  constructor(addr: number) {
    this.addr = addr;
  }
}

/** A group on a device (struct ip_mc_list). @alpha */
export class IgmpGroup {
  readonly indev: InDevice;
  readonly group: number;
  users = 1;
  /** Sources in the order in which they were first named, and those whose going is still to be told, newest first. */
  sources: IgmpSource[] = [];
  tomb: IgmpSource[] = [];
  /** MCAST_INCLUDE or MCAST_EXCLUDE: what is told. */
  mode: number;
  /** How many filters of each kind there are. */
  exclude: number;
  include: number;
  /** Is the address in the device's filter? */
  loaded = false;
  /** Did we tell of it last? Then it is on us to take leave, in version 2. */
  reporter = false;
  /** How often the join is still to be told in versions 1 and 2. */
  unsolicited = 0;
  /** The answer that is due is only about the sources asked for. */
  sourceQuery = false;
  /** How often the change of mode is still to be told. */
  changes = 0;
  /** Answers a query. */
  readonly timer: TimerList<IgmpGroup>;
  /** Ticks since the machine started. */
  readonly since: number;

  constructor(indev: InDevice, group: number, mode: number, since: number, expire: (g: IgmpGroup) => void) {
    this.indev = indev;
    this.group = group;
    this.mode = mode;
    this.exclude = mode === MCAST_EXCLUDE ? 1 : 0;
    this.include = mode === MCAST_INCLUDE ? 1 : 0;
    this.since = since;
    this.timer = new TimerList<IgmpGroup>(expire, this as IgmpGroup);
  }
}

/** The groups of one device (the multicast part of struct in_device). @alpha */
export class McState {
  readonly groups: Map<number, IgmpGroup> = new Map();
  /** The same, newest first. */
  list: IgmpGroup[] = [];
  /** Groups that were left, which is still to be told; newest first. */
  tomb: IgmpGroup[] = [];
  /** Until when a router of version 1 or 2 counts as being there, in nanoseconds as `Kernel.now`: jiffies come round while a link is silent. */
  v1Until = 0;
  v2Until = 0;
  /** Robustness (how often a change is told), query interval and response interval, as the router says. */
  qrv = 0;
  queryInterval: number = QUERY_INTERVAL;
  responseInterval: number = QUERY_RESPONSE_INTERVAL;
  /** The time for answers that the last query gave. */
  maxDelay = 0;
  /** How often changes are still to be told. */
  changes = 0;
  /** Tells changes. null until there was one. */
  changeTimer: TimerList<InDevice> | null = null;
  /** Answers a query for all groups. */
  generalTimer: TimerList<InDevice> | null = null;
}

/** What was heard of routers is forgotten, but for their version (ip_mc_reset). @alpha */
export function igmpReset(indev: InDevice): void {
  const { mc } = indev;
  mc.queryInterval = QUERY_INTERVAL;
  mc.responseInterval = QUERY_RESPONSE_INTERVAL;
  mc.qrv = indev.net4.sysctlIgmpQrv;
}

/** How often a change is told on a device. @alpha */
export function igmpRobustness(indev: InDevice): number {
  return indev.mc.qrv || indev.net4.sysctlIgmpQrv;
}

/** The version of IGMP that is spoken on a device: the oldest router's, or what `force_igmp_version` says (RFC 3376 7.2.1). @alpha */
export function igmpVersion(indev: InDevice): number {
  const { mc } = indev;
  const all = indev.net4.devconfAll.data[IPV4_DEVCONF_FORCE_IGMP_VERSION]!;
  const own = indev.conf(IPV4_DEVCONF_FORCE_IGMP_VERSION);
  const now = indev.net4.kernel.now();
  if (all === 1 || own === 1 || now < mc.v1Until) return 1;
  return all === 2 || own === 2 || now < mc.v2Until ? 2 : 3;
}

/** Does this machine listen to the group on this device, to what `source` sends (0: any)? (`ip_check_mc_rcu`) @alpha */
export function ipCheckMc(indev: InDevice, group: number, source: number, proto: number): boolean {
  const g = indev.mc.groups.get(group);
  if (g === undefined) return false;
  if (source === 0 || proto === IPPROTO_IGMP) return true;
  const { sources } = g;
  for (let i = 0; i < sources.length; i++) {
    const s = sources[i]!;
    if (s.addr === source) return s.include !== 0 || s.exclude !== g.exclude;
  }
  return g.exclude !== 0;
}

/** The Ethernet address of a group (RFC 1112 6.4), written to the start of `ha`. @alpha */
export function ipEthMcMap(addr: number, ha: Uint8Array): void {
  ha[0] = 0x01;
  ha[1] = 0x00;
  ha[2] = 0x5e;
  ha[3] = (addr >>> 16) & 0x7f;
  ha[4] = addr >>> 8;
  ha[5] = addr;
}
