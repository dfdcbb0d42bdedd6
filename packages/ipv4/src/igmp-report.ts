/**
 * The host's half of IGMP on the wire (RFC 3376; RFC 2236 and RFC 1112 where an older router is): reports of groups joined and left, answers to queries.
 * Groups are reported as wanted from all sources: the lists of sources that sockets give are applied when datagrams are delivered.
 */
// datapath-ok-file: a report is rare, and no packet of data
import { csumFold, csumPartial, delTimer, HZ, modTimer, timeAfter, timeBefore } from '@linnet/kernel';
import { llReservedSpace, skbDev } from '@linnet/netdev';
import { allocSkb, consumeSkb, DROP, kfreeSkbReason, pskbMayPull, skbChecksumValid, skbPut, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { flowi4InitOutput } from '@linnet/inet';
import {
  IFF_LOOPBACK, IFF_UP, IGMP_ALL_HOSTS, IGMP_ALL_ROUTER, IGMP_HOST_LEAVE_MESSAGE, IGMP_HOST_MEMBERSHIP_QUERY, IGMP_HOST_MEMBERSHIP_REPORT, IGMP_MINLEN, IGMPV2_HOST_MEMBERSHIP_REPORT,
  IGMPV3_ALL_MCR, IGMPV3_CHANGE_TO_EXCLUDE, IGMPV3_CHANGE_TO_INCLUDE, IGMPV3_HOST_MEMBERSHIP_REPORT, IGMPV3_MODE_IS_EXCLUDE, IP_DF, IPHDR_LEN, IPPROTO_IGMP,
  IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL, IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL, igmpCode, igmpGroup, igmpSetCsum, igmpSetGroup, igmpSetType, igmpType,
} from '@linnet/uapi';
import { IgmpPending, IgmpReports, igmpVersion } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { inDevGet } from './in-device.ts';
import { ipcbClear } from './ip-cb.ts';
import { ipLocalOut } from './ip-output.ts';
import { ipRouteOutputKey } from './route-output.ts';
import type { Rtable } from './rtable.ts';

/** How often a change is told (net.ipv4.igmp_qrv of Linux). */
const ROBUSTNESS = 2;
/** How long after its last query a router of an older version is believed to be there. */
const OLDER_ROUTER = 400 * HZ;
/** The header with the router alert option (RFC 2113), without which routers need not look at the packet. */
const HLEN = IPHDR_LEN + 4;

function random(indev: InDevice, below: number): number {
  return indev.net4.kernel.rng.stream('ipv4.igmp').below(Math.max(below, 1));
}

/** Sets the timer to what is due first. */
function arm(r: IgmpReports): void {
  const k = r.indev.net4.kernel;
  let first = r.general ? r.generalDue : null;
  for (const p of r.pending.values()) if (first === null || timeBefore(p.due, first)) first = p.due;
  if (first === null) delTimer(k, r.timer);
  else modTimer(k, r.timer, first);
}

function reportsOf(indev: InDevice): IgmpReports {
  return (indev.mc.reports ??= new IgmpReports(indev, expire));
}

/** A device began or ceased to listen to a group: the slot `Ipv4Net.igmpChange` (igmp_group_added, igmp_group_dropped). @alpha */
export function igmpChange(indev: InDevice, group: number, joined: boolean): void {
  const { dev, net4 } = indev;
  // Everybody is in 224.0.0.1, and nobody routes on loopback.
  if (group === IGMP_ALL_HOSTS || indev.dead || (dev.flags & (IFF_UP | IFF_LOOPBACK)) !== IFF_UP) return;
  const r = reportsOf(indev);
  const version = igmpVersion(indev);
  r.pending.delete(group);
  if (joined || version === 3) {
    r.pending.set(group, new IgmpPending((net4.kernel.jiffies + 2) | 0, joined ? IGMPV3_CHANGE_TO_EXCLUDE : IGMPV3_CHANGE_TO_INCLUDE, ROBUSTNESS - 1));
  } else if (version === 2) {
    send(indev, IGMP_ALL_ROUTER, IGMP_HOST_LEAVE_MESSAGE, IGMP_MINLEN, (view, at) => igmpSetGroup(view, at, group));
  }
  arm(r);
}

/** The device went down: nothing is told any more. The slot `Ipv4Net.igmpDown`. @alpha */
export function igmpDown(indev: InDevice): void {
  const r = indev.mc.reports;
  if (r === null) return;
  delTimer(indev.net4.kernel, r.timer);
  indev.mc.reports = null;
}

/** Something is due (igmp_timer_expire, igmp_ifc_timer_expire, igmp_gq_timer_expire). */
function expire(r: IgmpReports): void {
  const { indev } = r;
  const now = indev.net4.kernel.jiffies;
  const version = igmpVersion(indev);
  const interval = indev.confMax(version === 3 ? IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL : IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL);
  const records: [group: number, type: number][] = [];
  for (const [group, p] of r.pending) {
    if (timeAfter(p.due, now)) continue;
    records.push([group, p.type === 0 ? IGMPV3_MODE_IS_EXCLUDE : p.type]);
    if (p.left === 0) r.pending.delete(group);
    p.left--;
    p.due = (now + 2 + random(indev, (interval * HZ) / 1000)) | 0;
  }
  if (r.general && !timeAfter(r.generalDue, now)) {
    r.general = false;
    for (const group of indev.mc.groups.keys()) if (group !== IGMP_ALL_HOSTS) records.push([group, IGMPV3_MODE_IS_EXCLUDE]);
  }
  arm(r);
  if (version === 3) {
    const most = Math.max((indev.dev.mtu - HLEN - IGMP_MINLEN) >> 3, 1);
    for (let i = 0; i < records.length; i += most) reportV3(indev, records.slice(i, i + most));
    return;
  }
  const type = version === 2 ? IGMPV2_HOST_MEMBERSHIP_REPORT : IGMP_HOST_MEMBERSHIP_REPORT;
  for (const [group, change] of records) {
    if (change !== IGMPV3_CHANGE_TO_INCLUDE) send(indev, group, type, IGMP_MINLEN, (view, at) => igmpSetGroup(view, at, group));
  }
}

function reportV3(indev: InDevice, records: readonly (readonly [number, number])[]): void {
  send(indev, IGMPV3_ALL_MCR, IGMPV3_HOST_MEMBERSHIP_REPORT, IGMP_MINLEN + 8 * records.length, (view, at) => {
    view.setInt32(at + 4, records.length);
    records.forEach(([group, type], i) => {
      view.setInt32(at + 8 + 8 * i, type << 24);
      view.setInt32(at + 12 + 8 * i, group);
    });
  });
}

/** Sends a message of `len` bytes that `fill` completes, with TTL 1 and the router alert (RFC 3376 4). */
function send(indev: InDevice, daddr: number, type: number, len: number, fill: (view: DataView, at: number) => void): void {
  const { dev, net4: n4 } = indev;
  const fl = n4.outFlow;
  flowi4InitOutput(fl, dev.ifindex, 0, 0, 0, IPPROTO_IGMP, 0, daddr, 0, 0, 0, 0);
  const rt = ipRouteOutputKey(n4, fl);
  if (rt === null) return;
  const room = llReservedSpace(dev);
  const skb = allocSkb(dev.pool, room + HLEN + len);
  skbReserve(skb, room);
  const nh = skbPut(skb, HLEN + len);
  const at = nh + HLEN;
  const { view } = skb;
  skb.u8.fill(0, nh, at + len);
  ipcbClear(skb);
  skb.networkHeader = nh;
  skb.transportHeader = at;
  skb.dst = rt;
  view.setInt32(nh, 0x46c00000); // precedence «internetwork control»
  view.setInt32(nh + 4, IP_DF);
  view.setInt32(nh + 8, (1 << 24) | (IPPROTO_IGMP << 16));
  view.setInt32(nh + 12, fl.saddr);
  view.setInt32(nh + 16, daddr);
  view.setInt32(nh + 20, 0x94040000 | 0);
  igmpSetType(view, at, type);
  fill(view, at);
  igmpSetCsum(view, at, csumFold(csumPartial(skb.u8, at, len, 0)));
  ipLocalOut(n4.net, null, skb);
}

/** The receiver of protocol 2: `data` at the IGMP header. Consumes the skb (igmp_rcv). @alpha */
export function igmpRcv(skb: Skb): number {
  const indev = inDevGet(skbDev(skb)!);
  if (indev === null || !pskbMayPull(skb, IGMP_MINLEN)) {
    kfreeSkbReason(skb, indev === null ? DROP.NETDEV_DOWN : DROP.PKT_TOO_SMALL);
    return 0;
  }
  if (!skbChecksumValid(skb, 0)) {
    kfreeSkbReason(skb, DROP.SKB_CSUM);
    return 0;
  }
  const type = igmpType(skb.view, skb.data);
  if (type === IGMP_HOST_MEMBERSHIP_QUERY) {
    heardQuery(indev, skb);
  } else if (type === IGMP_HOST_MEMBERSHIP_REPORT || type === IGMPV2_HOST_MEMBERSHIP_REPORT) {
    // Another member told: once is enough. What we sent comes back to us over an output route.
    const r = indev.mc.reports;
    if (r !== null && (skb.dst as Rtable).rtIsInput && igmpVersion(indev) !== 3) {
      r.pending.delete(igmpGroup(skb.view, skb.data));
      arm(r);
    }
  }
  consumeSkb(skb);
  return 0;
}

/** A router asks (igmp_heard_query, RFC 3376 5.2). */
function heardQuery(indev: InDevice, skb: Skb): void {
  if (skb.len !== IGMP_MINLEN && !pskbMayPull(skb, IGMP_MINLEN + 4)) return;
  const { view, data: at } = skb;
  const r = reportsOf(indev);
  const now = indev.net4.kernel.jiffies;
  const code = igmpCode(view, at);
  let group = igmpGroup(view, at);
  if (skb.len === IGMP_MINLEN) {
    if (code === 0) r.v1Until = (now + OLDER_ROUTER) | 0 || 1;
    else r.v2Until = (now + OLDER_ROUTER) | 0 || 1;
  }
  // What is short speaks of an older version, whatever is forced.
  const version = skb.len === IGMP_MINLEN ? Math.min(igmpVersion(indev), code === 0 ? 1 : 2) : igmpVersion(indev);
  // Tenths of a second, in version 3 with an exponent (4.1.1); version 1 says nothing, and means ten seconds.
  let tenths = version === 3 && code >= 128 ? ((code & 15) | 16) << (((code >> 4) & 7) + 3) : code;
  if (version === 1) {
    tenths = 100;
    group = 0;
  }
  const max = Math.max((tenths * HZ) / 10, 1);
  if (version === 3 && group === 0) {
    // A general query names no sources.
    if (view.getUint16(at + 10) !== 0) return;
    const due = (now + 2 + random(indev, max)) | 0;
    if (!r.general || timeBefore(due, r.generalDue)) r.generalDue = due;
    r.general = true;
    arm(r);
    return;
  }
  for (const g of indev.mc.groups.keys()) {
    if (g === IGMP_ALL_HOSTS || (group !== 0 && group !== g)) continue;
    const due = (now + random(indev, max)) | 0;
    const p = r.pending.get(g);
    if (p === undefined) r.pending.set(g, new IgmpPending(due, 0, 0));
    else if (timeBefore(due, p.due)) p.due = due;
  }
  arm(r);
}
