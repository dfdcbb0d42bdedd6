/**
 * What the host tells of its groups (RFC 3376 5; RFC 2236 and RFC 1112 where an older router is): changes as they come, answers to queries when
 * their time has come. Queries themselves are heard in `igmp-query.ts`.
 */
// datapath-ok-file: a report is rare, and no packet of data
import { csumFold, csumPartial, delTimer, HZ, modTimer, timerPending, TimerList } from '@linnet/kernel';
import { llReservedSpace } from '@linnet/netdev';
import { allocSkb, skbPut, skbReserve } from '@linnet/skbuff';
import { flowi4InitOutput } from '@linnet/inet';
import {
  IGMP_ALL_HOSTS, IGMP_ALL_ROUTER, IGMP_HOST_LEAVE_MESSAGE, IGMP_HOST_MEMBERSHIP_REPORT, IGMP_MINLEN, IGMPV2_HOST_MEMBERSHIP_REPORT, IGMPV3_ALL_MCR, IGMPV3_ALLOW_NEW_SOURCES,
  IGMPV3_BLOCK_OLD_SOURCES, IGMPV3_CHANGE_TO_EXCLUDE, IGMPV3_CHANGE_TO_INCLUDE, IGMPV3_HOST_MEMBERSHIP_REPORT, IGMPV3_MODE_IS_EXCLUDE, IGMPV3_MODE_IS_INCLUDE, IP_DF, IPHDR_LEN,
  IPPROTO_IGMP, IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL, IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL, IPV4_MIN_MTU, igmpSetCsum, igmpSetType, ipv4IsLocalMulticast,
  MCAST_EXCLUDE, MCAST_INCLUDE,
} from '@linnet/uapi';
import { IgmpGroup, igmpRobustness, igmpVersion } from './igmp-state.ts';
import type { IgmpSource } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { ipcbClear } from './ip-cb.ts';
import { ipLocalOut } from './ip-output.ts';
import { ipRouteOutputKey } from './route-output.ts';
import type { Rtable } from './rtable.ts';

/** The header with the router alert option (RFC 2113), without which routers need not look at the packet. */
const HLEN = IPHDR_LEN + 4;

/** How long after a query its answer is sent, drawn from `max` ticks. @alpha */
export function igmpDelay(indev: InDevice, max: number): number {
  const k = indev.net4.kernel;
  return (k.jiffies + k.rng.stream('ipv4.igmp').below(Math.max(max, 1)) + 2) | 0;
}

/** Is the group one that nobody is told of? Everybody is in 224.0.0.1. @alpha */
export function igmpUntold(indev: InDevice, group: number): boolean {
  return group === IGMP_ALL_HOSTS || (ipv4IsLocalMulticast(group) && indev.net4.sysctlIgmpLlmReports === 0);
}

/** Ticks within which a report is repeated (unsolicited_report_interval). */
function interval(indev: InDevice): number {
  const ms = indev.conf(igmpVersion(indev) === 3 ? IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL : IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL);
  return Math.max(Math.ceil((ms * HZ) / 1000), 1);
}

function armChanges(indev: InDevice, delay: number): void {
  modTimer(indev.net4.kernel, (indev.mc.changeTimer ??= new TimerList<InDevice>(changesDue, indev)), igmpDelay(indev, delay));
}

/** Something changed that a router of version 3 is told (igmp_ifc_event). @alpha */
export function igmpChanged(indev: InDevice): void {
  if (igmpVersion(indev) !== 3) return;
  indev.mc.changes = igmpRobustness(indev);
  armChanges(indev, 1);
}

/** Tells changes, and again in a while (igmp_ifc_timer_expire). */
function changesDue(indev: InDevice): void {
  const { mc } = indev;
  sendChanges(indev);
  if (mc.changes === 0) return;
  mc.changes--;
  armChanges(indev, interval(indev));
}

/** Answers a general query (igmp_gq_timer_expire). @alpha */
export function igmpGeneralDue(indev: InDevice): void {
  const p = new Reporter(indev);
  for (const g of indev.mc.list) if (!igmpUntold(indev, g.group)) addRecord(p, g, g.exclude !== 0 ? IGMPV3_MODE_IS_EXCLUDE : IGMPV3_MODE_IS_INCLUDE, false, false);
  p.flush();
}

/** Lets a group's report come within `max` ticks (igmp_start_timer). @alpha */
export function igmpStartTimer(g: IgmpGroup, max: number): void {
  modTimer(g.indev.net4.kernel, g.timer, igmpDelay(g.indev, max));
}

/** Somebody else told, or we left: no report is due (igmp_stop_timer). @alpha */
export function igmpStopTimer(g: IgmpGroup): void {
  delTimer(g.indev.net4.kernel, g.timer);
  g.reporter = false;
  g.unsolicited = 0;
}

/** A report of a group is due: the function of {@link IgmpGroup}'s timer (igmp_timer_expire). @alpha */
export function igmpTimer(g: IgmpGroup): void {
  const { indev } = g;
  if (g.unsolicited !== 0 && --g.unsolicited !== 0) igmpStartTimer(g, interval(indev));
  g.reporter = true;
  igmpSendReport(g);
}

/** Reports a group in the version that is spoken (igmp_send_report). @alpha */
export function igmpSendReport(g: IgmpGroup): void {
  const { indev } = g;
  const version = igmpVersion(indev);
  if (version !== 3) {
    sendOld(g, g.group, version === 2 ? IGMPV2_HOST_MEMBERSHIP_REPORT : IGMP_HOST_MEMBERSHIP_REPORT);
    return;
  }
  const p = new Reporter(indev);
  addRecord(p, g, g.exclude !== 0 ? IGMPV3_MODE_IS_EXCLUDE : IGMPV3_MODE_IS_INCLUDE, false, false);
  p.flush();
}

function sendOld(g: IgmpGroup, to: number, type: number): void {
  if (!ipv4IsLocalMulticast(g.group) || g.indev.net4.sysctlIgmpLlmReports !== 0) send(g.indev, to, type, false, [g.group]);
}

/** A device listens to a group: that is told (the second half of igmp_group_added). @alpha */
export function igmpJoined(g: IgmpGroup): void {
  const { indev } = g;
  if (igmpUntold(indev, g.group) || indev.dead) return;
  g.unsolicited = indev.net4.sysctlIgmpQrv;
  if (igmpVersion(indev) !== 3) {
    igmpStartTimer(g, 1);
    return;
  }
  // From nothing to a list of sources is no change of mode.
  if (g.mode === MCAST_EXCLUDE) g.changes = igmpRobustness(indev);
  igmpChanged(indev);
}

/** A device no longer listens to a group: that is told (the second half of igmp_group_dropped). @alpha */
export function igmpLeft(g: IgmpGroup): void {
  const { indev, reporter } = g;
  igmpStopTimer(g);
  if (igmpUntold(indev, g.group) || indev.dead) return;
  const version = igmpVersion(indev);
  if (version === 3) {
    bury(g);
    igmpChanged(indev);
  } else if (version === 2 && reporter) {
    sendOld(g, IGMP_ALL_ROUTER, IGMP_HOST_LEAVE_MESSAGE);
  }
}

/** Keeps what is to be told of a group that was left (igmpv3_add_delrec). */
function bury(g: IgmpGroup): void {
  const d = new IgmpGroup(g.indev, g.group, g.mode, 0, igmpTimer);
  d.changes = igmpRobustness(g.indev);
  if (g.mode === MCAST_INCLUDE) {
    d.tomb = g.tomb;
    d.sources = g.sources;
    g.tomb = [];
    g.sources = [];
    for (const s of d.sources) s.changes = d.changes;
  }
  g.indev.mc.tomb.unshift(d);
}

/** A group is there again of which was still to be told that it was left (igmpv3_del_delrec). @alpha */
export function igmpRevive(g: IgmpGroup): void {
  const { mc } = g.indev;
  const at = mc.tomb.findIndex((o) => o.group === g.group);
  if (at < 0) return;
  const d = mc.tomb[at]!;
  mc.tomb.splice(at, 1);
  const again = igmpRobustness(g.indev);
  if (g.mode === MCAST_INCLUDE) {
    g.tomb = d.tomb;
    g.sources = d.sources;
    for (const s of g.sources) s.changes = again;
  } else {
    g.changes = again;
  }
}

/** Nothing is told any more of what is gone (igmpv3_clear_delrec). @alpha */
export function igmpForget(indev: InDevice): void {
  indev.mc.tomb = [];
  for (const g of indev.mc.list) g.tomb = [];
}

/** No change is told any more. @alpha */
export function igmpHaltChanges(indev: InDevice): void {
  const { mc } = indev;
  mc.changes = 0;
  if (mc.changeTimer !== null) delTimer(indev.net4.kernel, mc.changeTimer);
}

/** The device goes down: nothing is told any more. @alpha */
export function igmpHalt(indev: InDevice): void {
  igmpHaltChanges(indev);
  if (indev.mc.generalTimer !== null) delTimer(indev.net4.kernel, indev.mc.generalTimer);
}

/** Is there a report due? For /proc/net/igmp: the ticks till then, or -1. @alpha */
export function igmpTimerLeft(g: IgmpGroup): number {
  return timerPending(g.timer) ? (g.timer.expires - g.indev.net4.kernel.jiffies) | 0 : -1;
}

/** Tells every group at once, as when a bond changed its link and switches must learn the new way (ip_mc_rejoin_groups). @alpha */
export function igmpRejoin(indev: InDevice): void {
  for (const g of indev.mc.list) if (!igmpUntold(indev, g.group)) igmpSendReport(g);
}

/** A report of version 3 while records are added: packets are sent as they fill. */
class Reporter {
  readonly indev: InDevice;
  /** Bytes of IGMP after the first eight that fit. */
  readonly room: number;
  /** Header word, group, sources ... of each record. */
  words: number[] = [];
  records = 0;
  /** Is there a packet, even if empty? */
  open = false;
  /** Where the record at hand starts, or -1. */
  head = -1;

  constructor(indev: InDevice) {
    this.indev = indev;
    this.room = indev.dev.mtu - HLEN - IGMP_MINLEN;
  }

  get left(): number {
    return this.open ? this.room - 4 * this.words.length : 0;
  }

  /** Sends what there is and begins another packet; without a way to routers there is none. */
  renew(): void {
    this.flush();
    this.open = route(this.indev, IGMPV3_ALL_MCR) !== null;
  }

  /** Begins a record, if there is a packet. */
  begin(type: number, group: number): boolean {
    if (!this.open) this.renew();
    if (!this.open) return false;
    this.head = this.words.length;
    this.words.push(type << 24, group);
    this.records++;
    return true;
  }

  source(addr: number): void {
    this.words[this.head]!++;
    this.words.push(addr);
  }

  flush(): void {
    if (this.records !== 0) send(this.indev, IGMPV3_ALL_MCR, IGMPV3_HOST_MEMBERSHIP_REPORT, true, [this.records, ...this.words]);
    this.words = [];
    this.records = 0;
    this.head = -1;
    this.open = false;
  }
}

/** Does a record of this type hold the source? (is_in; RFC 3376 4.2.12, 5.1, 5.2) */
function isIn(g: IgmpGroup, s: IgmpSource, type: number, goneGroup: boolean, goneSource: boolean): boolean {
  switch (type) {
    case IGMPV3_MODE_IS_INCLUDE:
    case IGMPV3_MODE_IS_EXCLUDE:
      if (goneGroup || goneSource || (g.sourceQuery && !s.asked)) return false;
      if (g.mode === MCAST_INCLUDE) return true;
      // Not when somebody wants it after all.
      return s.include !== 0 ? type === IGMPV3_MODE_IS_INCLUDE : g.exclude === s.exclude;
    case IGMPV3_CHANGE_TO_INCLUDE:
      return !goneGroup && !goneSource && s.include !== 0;
    case IGMPV3_CHANGE_TO_EXCLUDE:
      return !goneGroup && !goneSource && g.exclude !== 0 && s.include === 0 && g.exclude === s.exclude;
    case IGMPV3_ALLOW_NEW_SOURCES:
      return !goneGroup && s.changes !== 0 && (g.mode === MCAST_INCLUDE) !== goneSource;
    default: // IGMPV3_BLOCK_OLD_SOURCES
      if (g.mode === MCAST_INCLUDE) return goneGroup || (s.changes !== 0 && goneSource);
      return s.changes !== 0 && !goneGroup && !goneSource;
  }
}

/** Adds a group's record of one type; of sources that are gone when `goneSource` (add_grec). */
function addRecord(p: Reporter, g: IgmpGroup, type: number, goneGroup: boolean, goneSource: boolean): void {
  const { indev } = g;
  if (igmpUntold(indev, g.group) || indev.dev.mtu < IPV4_MIN_MTU) return;
  const isAnswer = type === IGMPV3_MODE_IS_INCLUDE || type === IGMPV3_MODE_IS_EXCLUDE;
  const isChange = type === IGMPV3_ALLOW_NEW_SOURCES || type === IGMPV3_BLOCK_OLD_SOURCES;
  // What does not fit of a list to exclude is not told; lists to include go on in another record.
  const truncate = type === IGMPV3_MODE_IS_EXCLUDE || type === IGMPV3_CHANGE_TO_EXCLUDE;
  const list = goneSource ? g.tomb : g.sources;
  if (truncate && list.length !== 0 && p.records !== 0) {
    const size = 8 + 4 * list.filter((s) => isIn(g, s, type, goneGroup, goneSource)).length;
    if (p.left < size) p.renew();
  }
  let first = true;
  let total = 0;
  let failed = false;
  const keep: IgmpSource[] = [];
  for (let i = 0; i < list.length; i++) {
    const s = list[i]!;
    keep.push(s);
    if (!isIn(g, s, type, goneGroup, goneSource)) continue;
    // While the change of mode is told, single sources are not (RFC 3376 5.1).
    const covered = isChange && s.changes !== 0 && (goneGroup ? g.mode === MCAST_EXCLUDE : g.changes !== 0);
    if (!covered) {
      if (isAnswer) s.asked = false;
      if (p.left < (first ? 12 : 4)) {
        if (truncate && !first) {
          keep.push(...list.slice(i + 1));
          break;
        }
        p.renew();
        first = true;
      }
      if (first && !p.begin(type, g.group)) {
        // Nothing was told, so all of it still is to be.
        keep.push(...list.slice(i + 1));
        failed = true;
        break;
      }
      first = false;
      p.source(s.addr);
      total++;
    }
    if (isChange && s.changes !== 0) {
      s.changes--;
      if ((goneGroup || goneSource) && s.changes === 0) keep.pop();
    }
  }
  if (keep.length !== list.length) {
    if (goneSource) g.tomb = keep;
    else g.sources = keep;
  }
  if (failed) return;
  if (total === 0) {
    if (isChange) return;
    if (g.changes !== 0 || isAnswer) {
      if (p.open && p.left < 8) p.flush();
      p.begin(type, g.group);
    }
  }
  if (isAnswer) g.sourceQuery = false;
}

/** Tells what changed (igmpv3_send_cr). */
function sendChanges(indev: InDevice): void {
  const { mc } = indev;
  const p = new Reporter(indev);
  mc.tomb = mc.tomb.filter((d) => {
    if (d.mode === MCAST_INCLUDE) {
      addRecord(p, d, IGMPV3_BLOCK_OLD_SOURCES, true, false);
      addRecord(p, d, IGMPV3_BLOCK_OLD_SOURCES, true, true);
    }
    if (d.changes !== 0) {
      if (d.mode === MCAST_EXCLUDE) addRecord(p, d, IGMPV3_CHANGE_TO_INCLUDE, true, false);
      if (--d.changes === 0) {
        d.tomb = d.tomb.filter((s) => s.changes !== 0);
        d.sources = d.sources.filter((s) => s.changes !== 0);
      }
    }
    return d.changes !== 0 || d.tomb.length !== 0 || d.sources.length !== 0;
  });
  for (const g of mc.list) {
    const exclude = g.exclude !== 0;
    addRecord(p, g, exclude ? IGMPV3_BLOCK_OLD_SOURCES : IGMPV3_ALLOW_NEW_SOURCES, false, false);
    addRecord(p, g, exclude ? IGMPV3_ALLOW_NEW_SOURCES : IGMPV3_BLOCK_OLD_SOURCES, false, true);
    if (g.changes !== 0) {
      addRecord(p, g, g.mode === MCAST_EXCLUDE ? IGMPV3_CHANGE_TO_EXCLUDE : IGMPV3_CHANGE_TO_INCLUDE, false, false);
      g.changes--;
    }
  }
  p.flush();
}

/** The way of a message to `daddr`, with its source address in the device's flow; null when there is none. */
function route(indev: InDevice, daddr: number): Rtable | null {
  const fl = indev.net4.outFlow;
  flowi4InitOutput(fl, indev.dev.ifindex, 0, 0, 0, IPPROTO_IGMP, 0, daddr, 0, 0, 0, 0);
  return ipRouteOutputKey(indev.net4, fl);
}

/** Sends a message of these 32-bit words after the first, with TTL 1 and the router alert (RFC 3376 4). */
function send(indev: InDevice, daddr: number, type: number, v3: boolean, words: readonly number[]): void {
  const { dev, net4: n4 } = indev;
  const rt = route(indev, daddr);
  if (rt === null) return;
  const { saddr } = n4.outFlow;
  const len = 4 + 4 * words.length;
  const room = llReservedSpace(dev);
  const skb = allocSkb(dev.pool, room + HLEN + len);
  skbReserve(skb, room);
  const nh = skbPut(skb, HLEN + len);
  const at = nh + HLEN;
  const { view } = skb;
  skb.u8.fill(0, nh, at + 4);
  ipcbClear(skb);
  skb.networkHeader = nh;
  skb.transportHeader = at;
  skb.dst = rt;
  view.setInt32(nh, 0x46c00000); // precedence «internetwork control»
  view.setInt32(nh + 4, IP_DF);
  view.setInt32(nh + 8, (1 << 24) | (IPPROTO_IGMP << 16));
  // In version 3 another device's address says less than none (RFC 3376 4.2.13).
  view.setInt32(nh + 12, !v3 || indev.ifas.some((ifa) => ifa.local === saddr) ? saddr : 0);
  view.setInt32(nh + 16, daddr);
  view.setInt32(nh + 20, 0x94040000 | 0);
  igmpSetType(view, at, type);
  words.forEach((w, i) => view.setInt32(at + 4 + 4 * i, w));
  igmpSetCsum(view, at, csumFold(csumPartial(skb.u8, at, len, 0)));
  ipLocalOut(n4.net, null, skb);
}
