/** Looking at frames for groups: IGMP and MLD messages, routers' hellos (br_multicast_rcv). */
import { csumFold, csumPartial, EINVAL, HZ } from '@linnet/kernel';
import { pskbMayPull, type Skb, skbChecksum } from '@linnet/skbuff';
import {
  ETH_ALEN, ETH_P_IP, ETH_P_IPV6, ICMPV6_MGM_QUERY, ICMPV6_MGM_REDUCTION, ICMPV6_MGM_REPORT, ICMPV6_MLD2_REPORT, ICMPV6_MRDISC_ADV, IGMP_HOST_LEAVE_MESSAGE, IGMP_HOST_MEMBERSHIP_QUERY,
  IGMP_HOST_MEMBERSHIP_REPORT, IGMP_MRDISC_ADV, IGMPV2_HOST_MEMBERSHIP_REPORT, IGMPV3_HOST_MEMBERSHIP_REPORT, IPPROTO_HOPOPTS, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_PIM,
} from '@linnet/uapi';
import type { Bridge } from './br.ts';
import { CB_IGMP, CB_MROUTERS_ONLY } from './br-cb.ts';
import { mcastGroupQueried, mcastMarkRouter, mcastQueryReceived } from './br-mcast.ts';
import type { Mcast, McastPort } from './br-mcast-ctx.ts';
import { mcastAddGroup, mcastLeaveGroup, srcRecord } from './br-mcast-group.ts';
import { mcastCount, type McastStats } from './br-mcast-stats.ts';
import { BrIp, MCAST_EXCLUDE, MCAST_INCLUDE, type MdbEntry, PortGroup } from './br-mdb-table.ts';
import type { BrVlan } from './br-vlan-group.ts';

/** No such message: an ordinary frame for a group. */
const NOT_IGMP = 1;

/** Checks a packet as IGMP (ip_mc_check_igmp): the offset of the message from `data`, -1 for an ordinary packet, -2 for a broken one. */
function checkIgmp(skb: Skb): number {
  if (!pskbMayPull(skb, 20)) return -2;
  const ip = skb.data;
  const b0 = skb.u8[ip]!;
  const ihl = (b0 & 15) << 2;
  if (b0 >> 4 !== 4 || ihl < 20 || !pskbMayPull(skb, ihl)) return -2;
  const at = skb.data;
  if (csumFold(csumPartial(skb.u8, at, ihl, 0)) !== 0) return -2;
  const tot = skb.view.getUint16(at + 2);
  if (skb.len < tot || tot < ihl) return -2;
  if (skb.u8[at + 9] !== IPPROTO_IGMP) return -1;
  const len = tot - ihl;
  if (len < 8 || !pskbMayPull(skb, ihl + 8)) return -2;
  if (csumFold(skbChecksum(skb, ihl, len, 0)) !== 0) return -2;
  const type = skb.u8[skb.data + ihl]!;
  switch (type) {
    case IGMP_HOST_LEAVE_MESSAGE:
    case IGMP_HOST_MEMBERSHIP_REPORT:
    case IGMPV2_HOST_MEMBERSHIP_REPORT:
      return ihl;
    case IGMPV3_HOST_MEMBERSHIP_REPORT:
      return ihl;
    case IGMP_HOST_MEMBERSHIP_QUERY: {
      const group = skb.view.getInt32(skb.data + ihl + 4);
      // A question to all is sent to all hosts.
      if (group === 0 && skb.view.getInt32(skb.data + 16) !== (0xe0000001 | 0)) return -2;
      if (len !== 8 && (len < 12 || !pskbMayPull(skb, ihl + 12))) return -2;
      return ihl;
    }
    default: return -1;
  }
}

/** A code of version 3 as a number (RFC 3376, 4.1.1). */
function code3(code: number, mantissaBits: number): number {
  const top = 1 << (mantissaBits + 3);
  if (code < top) return code;
  const mant = code & ((1 << mantissaBits) - 1);
  return (mant | (1 << mantissaBits)) << (((code >> mantissaBits) & 7) + 3);
}

function srcMac(skb: Skb): Uint8Array {
  const a = new Uint8Array(ETH_ALEN);
  for (let i = 0; i < ETH_ALEN; i++) a[i] = skb.u8[skb.macHeader + ETH_ALEN + i]!;
  return a;
}

/** 224.0.0.0/24: never forwarded by routers, and never snooped. */
function localGroup4(g: number): boolean {
  return (g & ~0xff) === (0xe0000000 | 0);
}

function key4(group: number, vid: number): BrIp {
  const k = new BrIp();
  k.setDst(ETH_P_IP, vid, group, 0, 0, 0);
  return k;
}

/** One record of a report of version 3. */
function record(ctx: Mcast, pctx: McastPort | null, key: BrIp, type: number, srcs: readonly Int32Array[], mac: Uint8Array, old: boolean): void {
  const leaves = (type === 1 || type === 3) && srcs.length === 0;
  if (leaves && (pctx === null || old)) {
    mcastLeaveGroup(ctx, pctx, key, mac);
    return;
  }
  const pg = mcastAddGroup(ctx, pctx, key, mac, old ? MCAST_EXCLUDE : MCAST_INCLUDE, old);
  if (pctx === null || old || !(pg instanceof PortGroup)) return;
  srcRecord(ctx, pg, type, srcs);
}

function igmp3Report(ctx: Mcast, pctx: McastPort | null, skb: Skb, ihl: number, vid: number): number {
  const num = skb.view.getUint16(skb.data + ihl + 6);
  const mac = srcMac(skb);
  const old = ctx.igmpVersion === 2;
  let off = ihl + 8;
  const end = skb.view.getUint16(skb.data + 2);
  for (let i = 0; i < num; i++) {
    if (off + 8 > end || !pskbMayPull(skb, off + 8)) return -EINVAL;
    const type = skb.u8[skb.data + off]!;
    const nsrcs = skb.view.getUint16(skb.data + off + 2);
    const group = skb.view.getInt32(skb.data + off + 4);
    const aux = skb.u8[skb.data + off + 1]! * 4;
    if (off + 8 + nsrcs * 4 > end || !pskbMayPull(skb, off + 8 + nsrcs * 4)) return -EINVAL;
    const srcs: Int32Array[] = [];
    for (let s = 0; s < nsrcs; s++) srcs.push(new Int32Array([skb.view.getInt32(skb.data + off + 8 + s * 4), 0, 0, 0]));
    off += 8 + nsrcs * 4 + aux;
    if (type < 1 || type > 6 || localGroup4(group)) continue;
    record(ctx, pctx, key4(group, vid), type, srcs, mac, old);
  }
  return 0;
}

function igmpQueryIn(ctx: Mcast, pctx: McastPort | null, skb: Skb, ihl: number, vid: number): void {
  const at = skb.data + ihl;
  const len = skb.view.getUint16(skb.data + 2) - ihl;
  let group = skb.view.getInt32(at + 4);
  let delay: number;
  skb.cb2 = 1;
  if (len === 8) {
    delay = skb.u8[at + 1]! * (HZ / 10);
    if (delay === 0) {
      // Version 1 has no such field.
      delay = 10 * HZ;
      group = 0;
      skb.cb2 = 0;
    }
  } else {
    skb.cb2 = 2;
    if (skb.view.getUint16(at + 10) !== 0 || (ctx.igmpVersion === 3 && group !== 0 && (skb.u8[at + 8]! & 8) !== 0)) return;
    const c = skb.u8[at + 1]!;
    delay = c !== 0 ? code3(c, 4) * (HZ / 10) : 1;
  }
  if (group === 0) {
    mcastQueryReceived(ctx.ip4, pctx, new Int32Array([skb.view.getInt32(skb.data + 12), 0, 0, 0]), delay);
    return;
  }
  mcastGroupQueried(ctx, key4(group, vid), delay, ctx.igmpVersion === 3);
}

function rcv4(ctx: Mcast, pctx: McastPort | null, skb: Skb, vid: number): number {
  const ihl = checkIgmp(skb);
  if (ihl === -1) {
    const dst = skb.view.getInt32(skb.data + 16);
    if (!localGroup4(dst)) skb.cb0 |= CB_MROUTERS_ONLY;
    else if (dst === (0xe000000d | 0) && skb.u8[skb.data + 9] === IPPROTO_PIM) pim(ctx, pctx, skb, (skb.u8[skb.data]! & 15) << 2, false);
    else if (dst === (0xe000006a | 0) && skb.u8[skb.data + 9] === IPPROTO_IGMP && pskbMayPull(skb, 32)) {
      if (skb.u8[skb.data + ((skb.u8[skb.data]! & 15) << 2)] === IGMP_MRDISC_ADV) mcastMarkRouter(ctx, pctx, false);
    }
    return NOT_IGMP;
  }
  if (ihl < 0) {
    count(ctx.br!, pctx, 7);
    return -EINVAL;
  }
  const type = skb.u8[skb.data + ihl]!;
  const group = skb.view.getInt32(skb.data + ihl + 4);
  skb.cb0 |= CB_IGMP;
  skb.cb1 = type;
  let err = 0;
  switch (type) {
    case IGMP_HOST_MEMBERSHIP_REPORT:
    case IGMPV2_HOST_MEMBERSHIP_REPORT: {
      skb.cb0 |= CB_MROUTERS_ONLY;
      if (localGroup4(group)) break;
      const rc = mcastAddGroup(ctx, pctx, key4(group, vid), srcMac(skb), MCAST_EXCLUDE, true);
      if (typeof rc === 'number') err = rc;
      break;
    }
    case IGMPV3_HOST_MEMBERSHIP_REPORT:
      err = igmp3Report(ctx, pctx, skb, ihl, vid);
      break;
    case IGMP_HOST_MEMBERSHIP_QUERY:
      igmpQueryIn(ctx, pctx, skb, ihl, vid);
      break;
    case IGMP_HOST_LEAVE_MESSAGE:
      if (!localGroup4(group)) mcastLeaveGroup(ctx, pctx, key4(group, vid), srcMac(skb));
      break;
    default:
  }
  countMessage(ctx, pctx, skb);
  return err;
}

/** A hello of PIM version 2: a router (RFC 7761, 4.9). */
function pim(ctx: Mcast, pctx: McastPort | null, skb: Skb, off: number, v6: boolean): void {
  if (!pskbMayPull(skb, off + 4)) return;
  const b = skb.u8[skb.data + off]!;
  if (b === 0x20) mcastMarkRouter(ctx, pctx, v6);
}

// ---- IPv6

/** Checks a packet as MLD (ipv6_mc_check_mld): the offset of the ICMPv6 header, -1 for an ordinary packet, -2 for a broken one, -3 for ICMPv6 that is no MLD. */
function checkMld(skb: Skb): number {
  if (!pskbMayPull(skb, 40)) return -2;
  const ip = skb.data;
  if (skb.u8[ip]! >> 4 !== 6) return -2;
  const end = 40 + skb.view.getUint16(ip + 4);
  if (skb.len < end) return -2;
  // MLD comes behind a hop-by-hop header with a router alert.
  if (skb.u8[ip + 6] !== IPPROTO_HOPOPTS) return -1;
  if (!pskbMayPull(skb, 48)) return -2;
  const hlen = (skb.u8[skb.data + 41]! + 1) * 8;
  if (skb.u8[skb.data + 40] !== IPPROTO_ICMPV6) return -1;
  const off = 40 + hlen;
  if (off + 8 > end || !pskbMayPull(skb, off + 8)) return -2;
  const type = skb.u8[skb.data + off]!;
  const least = type === ICMPV6_MLD2_REPORT ? 8 : 24;
  const mld = type === ICMPV6_MGM_QUERY || type === ICMPV6_MGM_REPORT || type === ICMPV6_MGM_REDUCTION || type === ICMPV6_MLD2_REPORT;
  if (!mld) return type === ICMPV6_MRDISC_ADV ? -3 : -1;
  if (end - off < least || !pskbMayPull(skb, off + least)) return -2;
  if (type === ICMPV6_MGM_QUERY) {
    // Questions come from link-local addresses, those to all go to all (RFC 3810, 5.1.14).
    if (skb.view.getUint32(skb.data + 8) >>> 22 !== 0x3fa) return -2;
    const { view, data } = skb;
    const general = (view.getInt32(data + off + 8) | view.getInt32(data + off + 12) | view.getInt32(data + off + 16) | view.getInt32(data + off + 20)) === 0;
    if (general && !(view.getUint32(data + 24) === 0xff020000 && view.getInt32(data + 28) === 0 && view.getInt32(data + 32) === 0 && view.getInt32(data + 36) === 1)) return -2;
  }
  let sum = csumPartial(skb.u8, skb.data + 8, 32, 0);
  sum = csumPartial(new Uint8Array([0, 0, (end - off) >> 8, (end - off) & 255, 0, 0, 0, IPPROTO_ICMPV6]), 0, 8, sum);
  return csumFold(skbChecksum(skb, off, end - off, sum)) === 0 ? off : -2;
}

function key6(skb: Skb, at: number, vid: number): BrIp {
  const k = new BrIp();
  const { view } = skb;
  k.setDst(ETH_P_IPV6, vid, view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
  return k;
}
/** ff02::1: everybody is a member. */
function allNodes(k: BrIp): boolean {
  return k.w[0] === (0xff020000 | 0) && k.w[1] === 0 && k.w[2] === 0 && k.w[3] === 1;
}

function mld2Report(ctx: Mcast, pctx: McastPort | null, skb: Skb, off: number, vid: number): number {
  const num = skb.view.getUint16(skb.data + off + 6);
  const mac = srcMac(skb);
  const old = ctx.mldVersion === 1;
  const end = 40 + skb.view.getUint16(skb.data + 4);
  let at = off + 8;
  for (let i = 0; i < num; i++) {
    if (at + 20 > end || !pskbMayPull(skb, at + 20)) return -EINVAL;
    const type = skb.u8[skb.data + at]!;
    const aux = skb.u8[skb.data + at + 1]! * 4;
    const nsrcs = skb.view.getUint16(skb.data + at + 2);
    if (at + 20 + nsrcs * 16 > end || !pskbMayPull(skb, at + 20 + nsrcs * 16)) return -EINVAL;
    const key = key6(skb, skb.data + at + 4, vid);
    const srcs: Int32Array[] = [];
    for (let s = 0; s < nsrcs; s++) {
      const p = skb.data + at + 20 + s * 16;
      srcs.push(new Int32Array([0, 4, 8, 12].map((o) => skb.view.getInt32(p + o))));
    }
    at += 20 + nsrcs * 16 + aux;
    if (type < 1 || type > 6 || allNodes(key)) continue;
    record(ctx, pctx, key, type, srcs, mac, old);
  }
  return 0;
}

function mldQueryIn(ctx: Mcast, pctx: McastPort | null, skb: Skb, off: number, vid: number): void {
  const at = skb.data + off;
  const len = 40 + skb.view.getUint16(skb.data + 4) - off;
  const key = key6(skb, at + 8, vid);
  const general = (key.w[0]! | key.w[1]! | key.w[2]! | key.w[3]!) === 0;
  let delay: number;
  if (len < 28) {
    skb.cb2 = 8;
    delay = skb.view.getUint16(at + 4);
    if (delay === 0 && !general) return;
  } else {
    skb.cb2 = 9;
    if (!pskbMayPull(skb, off + 28)) return;
    const b = skb.data + off;
    if (skb.view.getUint16(b + 26) !== 0) return;
    if (ctx.mldVersion === 2 && !general && (skb.u8[b + 24]! & 8) !== 0) return;
    delay = Math.max(code3(skb.view.getUint16(b + 4), 12), 1);
  }
  if (general) {
    const s = skb.data + 8;
    mcastQueryReceived(ctx.ip6, pctx, new Int32Array([0, 4, 8, 12].map((o) => skb.view.getInt32(s + o))), delay);
    return;
  }
  mcastGroupQueried(ctx, key, delay, ctx.mldVersion === 2);
}

function rcv6(ctx: Mcast, pctx: McastPort | null, skb: Skb, vid: number): number {
  const off = checkMld(skb);
  if (off === -1 || off === -3) {
    const at = skb.data + 24;
    const all = skb.view.getInt32(at) === (0xff020000 | 0) && skb.view.getInt32(at + 4) === 0 && skb.view.getInt32(at + 8) === 0;
    const last = skb.view.getInt32(at + 12);
    if (!(all && last === 1)) skb.cb0 |= CB_MROUTERS_ONLY;
    if (off === -3 && all && last === 0x6a) mcastMarkRouter(ctx, pctx, true);
    else if (all && last === 0xd && skb.u8[skb.data + 6] === IPPROTO_PIM) pim(ctx, pctx, skb, 40, true);
    return NOT_IGMP;
  }
  if (off < 0) {
    count(ctx.br!, pctx, 13);
    return -EINVAL;
  }
  const type = skb.u8[skb.data + off]!;
  skb.cb0 |= CB_IGMP;
  skb.cb1 = type;
  let err = 0;
  switch (type) {
    case ICMPV6_MGM_REPORT: {
      skb.cb0 |= CB_MROUTERS_ONLY;
      const key = key6(skb, skb.data + off + 8, vid);
      if (allNodes(key)) break;
      const rc = mcastAddGroup(ctx, pctx, key, srcMac(skb), MCAST_EXCLUDE, true);
      if (typeof rc === 'number') err = rc;
      break;
    }
    case ICMPV6_MLD2_REPORT:
      err = mld2Report(ctx, pctx, skb, off, vid);
      break;
    case ICMPV6_MGM_QUERY:
      mldQueryIn(ctx, pctx, skb, off, vid);
      break;
    case ICMPV6_MGM_REDUCTION: {
      const key = key6(skb, skb.data + off + 8, vid);
      if (!allNodes(key)) mcastLeaveGroup(ctx, pctx, key, srcMac(skb));
      break;
    }
    default:
  }
  countMessage(ctx, pctx, skb);
  return err;
}

// ----

function countMessage(ctx: Mcast, pctx: McastPort | null, skb: Skb): void {
  const br = ctx.br!;
  if (br.mcastStatsEnabled && pctx !== null) mcastCount(pctx.port!.mcast.stats, skb, true);
}
/** Messages that were broken. */
function count(br: Bridge, pctx: McastPort | null, i: number): void {
  if (!br.mcastStatsEnabled || pctx === null) return;
  const s: McastStats = pctx.port!.mcast.stats;
  s.n[i * 2] = s.n[i * 2]! + 1;
}

/** The contexts for a frame: the bridge's and the port's, or those of its VLAN. Null when nobody snoops. */
export function mcastCtxFor(br: Bridge, vlan: BrVlan | null): Mcast | null {
  if (!br.mcastEnabled) return null;
  if (!br.mcastVlanSnooping) return br.mcast;
  if (vlan === null) return null;
  const m = vlan.master === null ? vlan.mcast : vlan.master.mcast;
  return m !== null && m.snooping ? m : null;
}

/**
 * Looks at a frame for a group that came in by a port, or with null is sent by the bridge itself (br_multicast_rcv); `data` at the network header. Sets the scratch
 * fields. Returns 0, or a negative errno when the frame is to be dropped.
 */
export function mcastRcv(ctx: Mcast, pctx: McastPort | null, skb: Skb, vid: number): number {
  skb.cb0 &= ~(CB_IGMP | CB_MROUTERS_ONLY);
  skb.cb1 = 0;
  if (skb.protocol === ETH_P_IP) return Math.min(rcv4(ctx, pctx, skb, vid), 0);
  if (skb.protocol === ETH_P_IPV6) return Math.min(rcv6(ctx, pctx, skb, vid), 0);
  return 0;
}

/** The entry of a frame's group, or null (br_mdb_get). */
export function mdbGet(ctx: Mcast, skb: Skb, vid: number): MdbEntry | null {
  const br = ctx.br!;
  if ((skb.cb0 & CB_IGMP) !== 0 || br.mdb.list.length === 0) return null;
  const key = br.mdb.key;
  const { view } = skb;
  if (skb.protocol === ETH_P_IP) {
    if (skb.len - skb.dataLen < 20) return null;
    key.setDst(ETH_P_IP, vid, view.getInt32(skb.data + 16), 0, 0, 0);
    if (ctx.igmpVersion === 3) {
      key.w[4] = view.getInt32(skb.data + 12);
      const sg = br.mdb.find(key);
      if (sg !== null) return sg;
      key.w[4] = 0;
    }
  } else if (skb.protocol === ETH_P_IPV6) {
    if (skb.len - skb.dataLen < 40) return null;
    const at = skb.data + 24;
    key.setDst(ETH_P_IPV6, vid, view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
    if (ctx.mldVersion === 2) {
      for (let i = 0; i < 4; i++) key.w[4 + i] = view.getInt32(skb.data + 8 + i * 4);
      const sg = br.mdb.find(key);
      if (sg !== null) return sg;
      for (let i = 4; i < 8; i++) key.w[i] = 0;
    }
  } else {
    const mac = skb.macHeader;
    key.setDst(0, vid, view.getInt32(mac), view.getUint16(mac + 4), 0, 0);
  }
  return br.mdb.find(key);
}

