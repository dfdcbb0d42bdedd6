/** What routers are told of groups, and how their queries are answered (RFC 2710 4, RFC 3810 6). */
// datapath-ok-file: control messages
import { timeAfter } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, PACKET_LOOPBACK, pskbMayPull } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ip6HopLimit } from '@linnet/uapi';
import { a6Any, a6Equal, a6EqualAt, a6Linklocal, a6Load, a6LoadSaddr, a6Multicast } from './addr6.ts';
import { in6DevGet } from './inet6-dev.ts';
import { ip6cbFlags, IP6SKB_ROUTERALERT } from './ip6-cb.ts';
import { mcActive, mldArm, mldInV1, mldQrv, mldQuiet, mldRandom, unsolicitedInterval } from './mld.ts';
import {
  MLD2_ALLOW_NEW_SOURCES, MLD2_BLOCK_OLD_SOURCES, MLD2_CHANGE_TO_EXCLUDE, MLD2_CHANGE_TO_INCLUDE, MLD2_MODE_IS_EXCLUDE, MLD2_MODE_IS_INCLUDE, Mld2Report, mldSendReportV1,
} from './mld-send.ts';
import { MCAST_EXCLUDE } from './mld-state.ts';
import type { Ifmcaddr6, MldState } from './mld-state.ts';

/** Current-state records of a group: for a queried source list, only those. */
function current(r: Mld2Report, mc: Ifmcaddr6): void {
  const active = mcActive(mc);
  const exclude = mc.sfcount[MCAST_EXCLUDE] > 0;
  const asked = mc.sources.filter((s) => s.queried);
  for (const s of mc.sources) s.queried = false;
  if (asked.length > 0) {
    const wanted = asked.filter((s) => active.includes(s) !== exclude);
    if (wanted.length > 0) r.add(MLD2_MODE_IS_INCLUDE, mc.addr, wanted);
    return;
  }
  if (!exclude && active.length === 0) return;
  r.add(exclude ? MLD2_MODE_IS_EXCLUDE : MLD2_MODE_IS_INCLUDE, mc.addr, active);
}

/** Change records of everything that is due (mld_send_cr). */
function changes(s: MldState): void {
  const r = new Mld2Report(s.idev!);
  for (const t of s.tombs) {
    r.add(MLD2_CHANGE_TO_INCLUDE, t.addr, []);
    t.crcount--;
  }
  s.tombs = s.tombs.filter((t) => t.crcount > 0);
  for (const mc of s.mcs) {
    if (mldQuiet(mc.addr)) continue;
    const active = mcActive(mc);
    const exclude = mc.sfcount[MCAST_EXCLUDE] > 0;
    if (mc.crcount > 0) {
      mc.crcount--;
      r.add(exclude ? MLD2_CHANGE_TO_EXCLUDE : MLD2_CHANGE_TO_INCLUDE, mc.addr, active);
      continue;
    }
    const pending = mc.sources.filter((x) => x.crcount > 0);
    if (pending.length === 0) continue;
    const allow = pending.filter((x) => active.includes(x) !== exclude);
    const block = pending.filter((x) => active.includes(x) === exclude);
    if (allow.length > 0) r.add(MLD2_ALLOW_NEW_SOURCES, mc.addr, allow);
    if (block.length > 0) r.add(MLD2_BLOCK_OLD_SOURCES, mc.addr, block);
    for (const x of pending) x.crcount--;
    mc.sources = mc.sources.filter((x) => x.count[0] + x.count[1] > 0 || x.crcount > 0);
  }
  r.send();
}

/** The function of a device's timer: sends all that is due. @alpha */
export function mldExpire(s: MldState): void {
  const idev = s.idev!;
  const now = idev.net6.kernel.jiffies;
  const due = (at: number): boolean => !timeAfter(at, now);
  if (s.ifcCount > 0 && due(s.ifcDue)) {
    changes(s);
    if (--s.ifcCount > 0) s.ifcDue = (now + mldRandom(idev, unsolicitedInterval(idev))) | 0;
  }
  if (s.general && due(s.generalDue)) {
    s.general = false;
    const r = new Mld2Report(idev);
    for (const mc of s.mcs) if (!mldQuiet(mc.addr)) current(r, mc);
    r.send();
  }
  for (const mc of s.mcs.slice()) {
    if (!mc.queried || !due(mc.due)) continue;
    mc.queried = false;
    if (mldInV1(idev)) {
      mldSendReportV1(idev, mc.addr);
      mc.lastReporter = true;
    } else {
      const r = new Mld2Report(idev);
      current(r, mc);
      r.send();
    }
  }
  mldArm(s);
}

/** The device has a link-local address that may speak: what was told from `::` is told again (ipv6_mc_dad_complete). @alpha */
export function ipv6McDadComplete(s: MldState): void {
  const idev = s.idev!;
  if (mldInV1(idev)) return;
  for (const mc of s.mcs) if (!mldQuiet(mc.addr)) mc.crcount = Math.max(mc.crcount, 1);
  s.ifcCount = s.qrv;
  s.ifcDue = (idev.net6.kernel.jiffies + 1) | 0;
  mldArm(s);
}

function drop(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return 0;
}

/** A maximum response code as jiffies (RFC 3810 5.1.3). */
function mrc(code: number): number {
  return code < 0x8000 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
}

/** A query interval code as seconds (RFC 3810 5.1.9). */
function qqic(code: number): number {
  return code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);
}

/** Something is answered at a random time up to `max`; an answer that is due sooner stays. */
function delay(mc: Ifmcaddr6, max: number): void {
  const at = (mc.idev.net6.kernel.jiffies + mldRandom(mc.idev, max)) | 0;
  if (mc.queried && !timeAfter(mc.due, at)) return;
  mc.queried = true;
  mc.due = at;
}

/** A query, `data` at the ICMPv6 header (igmp6_event_query). Consumes. @alpha */
export function mldQuery(skb: Skb): number {
  const idev = in6DevGet(skb.dev as NetDevice);
  if (idev === null || !pskbMayPull(skb, 24)) return drop(skb, DROP.PKT_TOO_SMALL);
  const { view, data: at, networkHeader: nh, len } = skb;
  const n6 = idev.net6;
  a6LoadSaddr(n6.a6Tmp, view, nh);
  // Only from the link, with hop limit 1 and a router alert (RFC 2710 4, RFC 3810 6.2).
  if (!a6Linklocal(n6.a6Tmp) || ip6HopLimit(view, nh) !== 1 || (ip6cbFlags(skb) & IP6SKB_ROUTERALERT) === 0) return drop(skb, DROP.IP_INHDR);
  const group = new Int32Array(4);
  a6Load(group, view, at + 8);
  const general = a6Any(group);
  if (!general && !a6Multicast(group)) return drop(skb, DROP.IP_INHDR);
  const s = idev.mld;
  const now = n6.kernel.jiffies;
  let max: number;
  const sources: Int32Array[] = [];
  if (len === 24) {
    // MLDv1: speak it as long as such a router is there (RFC 3810 8.2.1).
    max = view.getUint16(at + 4);
    s.v1Until = (now + s.qrv * s.qi + s.qri) | 0 || 1;
    s.ifcCount = 0;
    s.tombs = [];
  } else {
    if (len < 28) return drop(skb, DROP.PKT_TOO_SMALL);
    max = Math.max(mrc(view.getUint16(at + 4)), 1);
    if (!pskbMayPull(skb, 28)) return drop(skb, DROP.PKT_TOO_SMALL);
    const n = skb.view.getUint16(skb.data + 26);
    if (len < 28 + 16 * n || !pskbMayPull(skb, 28 + 16 * n)) return drop(skb, DROP.PKT_TOO_SMALL);
    const qrv = skb.u8[skb.data + 24]! & 7;
    s.qrv = qrv !== 0 ? qrv : mldQrv(idev);
    const qi = qqic(skb.u8[skb.data + 25]!);
    s.qi = (qi !== 0 ? qi : 125) * 1000;
    s.qri = max;
    if (general && !mldInV1(idev)) {
      const due = (now + mldRandom(idev, max)) | 0;
      if (!s.general || timeAfter(s.generalDue, due)) s.generalDue = due;
      s.general = true;
      mldArm(s);
      consumeSkb(skb);
      return 0;
    }
    for (let i = 0; i < n; i++) {
      const a = new Int32Array(4);
      a6Load(a, skb.view, skb.data + 28 + 16 * i);
      sources.push(a);
    }
  }
  for (const mc of s.mcs) {
    if (mldQuiet(mc.addr) || (!general && !a6Equal(mc.addr, group))) continue;
    if (sources.length > 0 && !mldInV1(idev)) {
      let any = mc.queried && !mc.sources.some((x) => x.queried);
      for (const a of sources) {
        const x = mc.sources.find((y) => a6Equal(y.addr, a));
        if (x !== undefined) {
          x.queried = true;
          any = true;
        }
      }
      // A source that no filter names is let in by a group that keeps out only some.
      if (!any && mc.sfcount[MCAST_EXCLUDE] === 0) continue;
    } else {
      for (const x of mc.sources) x.queried = false;
    }
    delay(mc, max);
  }
  mldArm(s);
  consumeSkb(skb);
  return 0;
}

/** Somebody else's MLDv1 report: ours is not needed (igmp6_event_report). Consumes. @alpha */
export function mldReport(skb: Skb): number {
  // Our own, which a socket here wants to hear.
  if (skb.pktType === PACKET_LOOPBACK) {
    consumeSkb(skb);
    return 0;
  }
  const idev = in6DevGet(skb.dev as NetDevice);
  if (idev === null || !pskbMayPull(skb, 24)) return drop(skb, DROP.PKT_TOO_SMALL);
  a6LoadSaddr(idev.net6.a6Tmp, skb.view, skb.networkHeader);
  if (!a6Any(idev.net6.a6Tmp) && !a6Linklocal(idev.net6.a6Tmp)) return drop(skb, DROP.IP_INHDR);
  for (const mc of idev.mld.mcs) {
    if (!a6EqualAt(mc.addr, skb.view, skb.data + 8)) continue;
    if (mldInV1(idev)) mc.queried = false;
    mc.lastReporter = false;
  }
  consumeSkb(skb);
  return 0;
}

