/** What the host hears of IGMP: queries of routers (RFC 3376 5.2), and reports of other hosts. */
// datapath-ok-file: rare packets
import { delTimer, HZ, modTimer, TICK_NSEC, timeAfter, timerPending, TimerList } from '@linnet/kernel';
import { devGetByIndex, skbDev } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, pskbMayPull, skbChecksumValid } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  IGMP_HOST_MEMBERSHIP_QUERY, IGMP_HOST_MEMBERSHIP_REPORT, IGMP_MINLEN, IGMP_PIM, IGMP_TIMER_SCALE, IGMPV2_HOST_MEMBERSHIP_REPORT, igmpCode, igmpGroup, igmpType, MCAST_EXCLUDE, PACKET_BROADCAST,
  PACKET_MULTICAST,
} from '@linnet/uapi';
import { igmpDelay, igmpForget, igmpGeneralDue, igmpHaltChanges, igmpStartTimer, igmpStopTimer, igmpUntold } from './igmp-report.ts';
import { igmpVersion } from './igmp-state.ts';
import type { IgmpGroup } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { inDevGet } from './in-device.ts';
import { ipcbSdif } from './ip-cb.ts';
import { pimV1Rcv } from './ipmr-register.ts';
import type { Rtable } from './rtable.ts';

/** Bytes of a query of version 3 before its sources. */
const V3_LEN = 12;
/** Ticks in which a query of version 1 is answered, which does not say. */
const V1_DELAY = 10 * HZ;
const QUERY_INTERVAL = 125 * HZ;

/** Where a message came in: groups are joined on members of a VRF, not on the VRF. */
function indevOf(skb: Skb): InDevice | null {
  const dev = skbDev(skb)!;
  const sdif = ipcbSdif(skb);
  const member = sdif === 0 ? null : devGetByIndex(dev.net, sdif);
  return inDevGet(member ?? dev);
}

/** The receiver of protocol 2: `data` at the IGMP header. Consumes the skb (igmp_rcv). @alpha */
export function igmpRcv(skb: Skb): number {
  const indev = indevOf(skb);
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
    if ((skb.dst as Rtable).rtIsInput && (skb.pktType === PACKET_MULTICAST || skb.pktType === PACKET_BROADCAST)) heardReport(indev, igmpGroup(skb.view, skb.data));
  } else if (type === IGMP_PIM && pimV1Rcv(skb)) {
    return 0;
  }
  consumeSkb(skb);
  return 0;
}

function heardReport(indev: InDevice, group: number): void {
  const g = indev.mc.groups.get(group);
  if (g !== undefined && !igmpUntold(indev, group)) igmpStopTimer(g);
}

/** The number that a byte with an exponent means (RFC 3376 4.1.1). */
function floating(code: number): number {
  return code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);
}

/** A router asks (igmp_heard_query). */
function heardQuery(indev: InDevice, skb: Skb): void {
  const { mc, net4 } = indev;
  const { len } = skb;
  if (len > IGMP_MINLEN && (len < V3_LEN || !pskbMayPull(skb, V3_LEN))) return;
  let { view, data: at } = skb;
  const code = igmpCode(view, at);
  let group = igmpGroup(view, at);
  let max: number;
  let sources = -1;
  if (len === IGMP_MINLEN) {
    const until = net4.kernel.now() + (mc.qrv * mc.queryInterval + mc.responseInterval) * TICK_NSEC;
    if (code === 0) {
      max = V1_DELAY;
      mc.v1Until = until;
      group = 0;
    } else {
      max = code * Math.floor(HZ / IGMP_TIMER_SCALE);
      mc.v2Until = until;
    }
    igmpHaltChanges(indev);
    igmpForget(indev);
  } else {
    const version = igmpVersion(indev);
    max = Math.max(floating(code) * Math.floor(HZ / IGMP_TIMER_SCALE), 1);
    if (version === 1) {
      max = V1_DELAY;
      group = 0;
    } else if (version === 3) {
      const count = view.getUint16(at + 10);
      if (count !== 0 && !pskbMayPull(skb, V3_LEN + 4 * count)) return;
      ({ view, data: at } = skb);
      mc.maxDelay = max;
      mc.qrv = (view.getUint8(at + 8) & 7) || net4.sysctlIgmpQrv;
      mc.queryInterval = floating(view.getUint8(at + 9)) * HZ || QUERY_INTERVAL;
      if (mc.responseInterval >= mc.queryInterval) mc.responseInterval = mc.queryInterval - HZ;
      if (group === 0) {
        if (count === 0) answerAll(indev);
        return;
      }
      if (count !== 0) sources = count;
    }
  }
  for (const g of mc.list) {
    if ((group !== 0 && group !== g.group) || igmpUntold(indev, g.group)) continue;
    // An answer about the whole group that is due already is not made smaller.
    g.sourceQuery = sources >= 0 && (g.sourceQuery || !timerPending(g.timer));
    if (!g.sourceQuery || wanted(g, view, at + V3_LEN, sources)) answerWithin(g, max);
  }
}

/** A general query of version 3 (igmp_gq_start_timer). */
function answerAll(indev: InDevice): void {
  const { mc } = indev;
  const due = igmpDelay(indev, mc.maxDelay);
  mc.generalTimer ??= new TimerList<InDevice>(igmpGeneralDue, indev);
  if (!timerPending(mc.generalTimer) || timeAfter(mc.generalTimer.expires, due)) modTimer(indev.net4.kernel, mc.generalTimer, due);
}

/** The answer about a group is to come within `max` ticks (igmp_mod_timer). */
function answerWithin(g: IgmpGroup, max: number): void {
  const { kernel } = g.indev.net4;
  g.unsolicited = 0;
  if (timerPending(g.timer) && ((g.timer.expires - kernel.jiffies) | 0) < max) return;
  delTimer(kernel, g.timer);
  igmpStartTimer(g, max);
}

/** Marks the sources that a query asks for; false when there is nothing to say of them (igmp_marksources). */
function wanted(g: IgmpGroup, view: DataView, at: number, count: number): boolean {
  const asks = (addr: number): boolean => {
    for (let i = 0; i < count; i++) if (view.getInt32(at + 4 * i) === addr) return true;
    return false;
  };
  let found = 0;
  if (g.mode === MCAST_EXCLUDE) {
    for (const s of g.sources) if (found < count && s.include === 0 && g.exclude === s.exclude && asks(s.addr)) found++;
    g.sourceQuery = false;
    // Silence when all of them are excluded.
    return found !== count;
  }
  for (const s of g.sources) {
    if (found === count) break;
    if (!asks(s.addr)) continue;
    s.asked = true;
    found++;
  }
  g.sourceQuery = found !== 0;
  return found !== 0;
}
