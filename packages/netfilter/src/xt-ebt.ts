/** Matches of ebtables(8), for rules at bridges: what is behind the Ethernet header (linux/netfilter_bridge/ebt_*.h). */
import { EINVAL } from '@linnet/kernel';
import { NFPROTO_BRIDGE, skbVlanTagPresent } from '@linnet/netdev';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import { ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_RARP } from '@linnet/uapi';
import type { XtCheck, XtMatchDef, XtMatchFn } from './xt-core.ts';

/** Where the network header is, when `n` bytes of it are there; -1: they are not. */
function header(skb: Skb, n: number): number {
  return pskbMayPull(skb, skb.networkHeader - skb.data + n) ? skb.networkHeader : -1;
}
/** Is the rule for one protocol (EtherType), or one of two, only? */
export function ebtOnly({ proto, inv }: XtCheck, type: number, or: number = type): boolean {
  const is = ((proto & 0xff) << 8) | ((proto >> 8) & 0xff);
  return inv === 0 && (is === type || is === or);
}
function same(a: Uint8Array, at: number, b: Uint8Array, bt: number, mask: number, n: number): boolean {
  for (let i = 0; i < n; i++) if (((a[at + i]! ^ b[bt + i]!) & b[mask + i]!) !== 0) return false;
  return true;
}
/** Is the number in the range of two at `at` (their own order, 16 bits), turned round when `inv`? */
function within(v: number, view: DataView, at: number, inv: boolean): boolean {
  return (v >= view.getUint16(at, true) && v <= view.getUint16(at + 2, true)) !== inv;
}
/** Is a message's type and code in the ranges at `t` and `c`? */
function typeAndCode(skb: Skb, at: number, u8: Uint8Array, t: number, c: number): boolean {
  const type = skb.u8[at]!;
  const code = skb.u8[at + 1]!;
  return type >= u8[t]! && type <= u8[t + 1]! && code >= u8[c]! && code <= u8[c + 1]!;
}

const SRC = 0x01;
const DST = 0x02;
const TOS = 0x04;
const PROTO = 0x08;
const SPORT = 0x10;
const DPORT = 0x20;
const ICMP = 0x40;
const IGMP = 0x80;
const PORTS: number = SPORT | DPORT;

/** struct ebt_ip_info. */
function ip(c: XtCheck): XtMatchFn | number {
  const { u8, view, off } = c;
  if (!ebtOnly(c, ETH_P_IP)) return -EINVAL;
  const bits = u8[off + 18]!;
  const inv = u8[off + 19]!;
  if ((inv & ~bits) !== 0) return -EINVAL;
  if ((bits & (PORTS | ICMP | IGMP)) !== 0 && ((bits & PROTO) === 0 || (inv & PROTO) !== 0)) return -EINVAL;
  return (skb) => {
    const nh = header(skb, 20);
    if (nh < 0) return false;
    if ((bits & TOS) !== 0 && (u8[off + 16] === skb.u8[nh + 1]) === ((inv & TOS) !== 0)) return false;
    if ((bits & SRC) !== 0 && same(skb.u8, nh + 12, u8, off, off + 8, 4) === ((inv & SRC) !== 0)) return false;
    if ((bits & DST) !== 0 && same(skb.u8, nh + 16, u8, off + 4, off + 12, 4) === ((inv & DST) !== 0)) return false;
    if ((bits & PROTO) === 0) return true;
    if ((u8[off + 17] === skb.u8[nh + 9]) === ((inv & PROTO) !== 0)) return false;
    if ((bits & (PORTS | ICMP | IGMP)) === 0) return true;
    // A later fragment has no ports.
    if ((skb.view.getUint16(nh + 6) & 0x1fff) !== 0) return false;
    const l4 = nh - skb.data + ((skb.u8[nh]! & 15) << 2);
    if (!pskbMayPull(skb, l4 + 4)) return false;
    const at = skb.data + l4;
    if ((bits & DPORT) !== 0 && !within(skb.view.getUint16(at + 2), view, off + 24, (inv & DPORT) !== 0)) return false;
    if ((bits & SPORT) !== 0 && !within(skb.view.getUint16(at), view, off + 20, (inv & SPORT) !== 0)) return false;
    const kind = bits & (ICMP | IGMP);
    return kind === 0 || typeAndCode(skb, at, u8, off + 20, off + 24) !== ((inv & kind) !== 0);
  };
}

/** Where the transport of an IPv6 packet begins behind `data`, and its number times 2^16 below it; -1: broken, or a later fragment. */
function transport6(skb: Skb, nh: number): number {
  let next = skb.u8[nh + 6]!;
  let at = nh - skb.data + 40;
  for (;;) {
    if (next !== 0 && next !== 43 && next !== 44 && next !== 51 && next !== 60 && next !== 135) return (next << 16) | at;
    if (!pskbMayPull(skb, at + 8)) return -1;
    const o = skb.data + at;
    if (next === 44 && (skb.view.getUint16(o + 2) & ~7) !== 0) return -1;
    at += next === 44 ? 8 : next === 51 ? (skb.u8[o + 1]! + 2) << 2 : (skb.u8[o + 1]! + 1) << 3;
    next = skb.u8[o]!;
  }
}

/** struct ebt_ip6_info. */
function ip6(c: XtCheck): XtMatchFn | number {
  const { u8, view, off } = c;
  if (!ebtOnly(c, ETH_P_IPV6)) return -EINVAL;
  const bits = u8[off + 66]!;
  const inv = u8[off + 67]!;
  if ((bits & IGMP) !== 0 || (inv & ~bits) !== 0) return -EINVAL;
  if ((bits & (PORTS | ICMP)) !== 0 && ((bits & PROTO) === 0 || (inv & PROTO) !== 0)) return -EINVAL;
  return (skb) => {
    let nh = header(skb, 40);
    if (nh < 0) return false;
    const tclass = (skb.view.getUint16(nh) >> 4) & 0xff;
    if ((bits & TOS) !== 0 && (u8[off + 64] === tclass) === ((inv & TOS) !== 0)) return false;
    if ((bits & SRC) !== 0 && same(skb.u8, nh + 8, u8, off, off + 32, 16) === ((inv & SRC) !== 0)) return false;
    if ((bits & DST) !== 0 && same(skb.u8, nh + 24, u8, off + 16, off + 48, 16) === ((inv & DST) !== 0)) return false;
    if ((bits & PROTO) === 0) return true;
    const l4 = transport6(skb, nh);
    if (l4 < 0) return false;
    nh = skb.networkHeader;
    if ((u8[off + 65] === l4 >> 16) === ((inv & PROTO) !== 0)) return false;
    if ((bits & (PORTS | ICMP)) === 0) return true;
    if (!pskbMayPull(skb, (l4 & 0xffff) + 4)) return false;
    const at = skb.data + (l4 & 0xffff);
    if ((bits & DPORT) !== 0 && !within(skb.view.getUint16(at + 2), view, off + 72, (inv & DPORT) !== 0)) return false;
    if ((bits & SPORT) !== 0 && !within(skb.view.getUint16(at), view, off + 68, (inv & SPORT) !== 0)) return false;
    return (bits & ICMP) === 0 || typeAndCode(skb, at, u8, off + 68, off + 72) !== ((inv & ICMP) !== 0);
  };
}

const ARP_OPCODE = 0x01;
const ARP_HTYPE = 0x02;
const ARP_PTYPE = 0x04;
const ARP_SRC_IP = 0x08;
const ARP_DST_IP = 0x10;
const ARP_SRC_MAC = 0x20;
const ARP_DST_MAC = 0x40;
const ARP_GRAT = 0x80;
const ARP_ADDRS: number = ARP_SRC_IP | ARP_DST_IP | ARP_GRAT;

/** struct ebt_arp_info. */
function arp(c: XtCheck): XtMatchFn | number {
  const { u8, view, off } = c;
  if (!ebtOnly(c, ETH_P_ARP, ETH_P_RARP)) return -EINVAL;
  const bits = u8[off + 48]!;
  const inv = u8[off + 49]!;
  if ((inv & ~bits) !== 0) return -EINVAL;
  return (skb) => {
    const nh = header(skb, 8);
    if (nh < 0) return false;
    const v = skb.view;
    if ((bits & ARP_OPCODE) !== 0 && (view.getUint16(off + 4) === v.getUint16(nh + 6)) === ((inv & ARP_OPCODE) !== 0)) return false;
    if ((bits & ARP_HTYPE) !== 0 && (view.getUint16(off) === v.getUint16(nh)) === ((inv & ARP_HTYPE) !== 0)) return false;
    if ((bits & ARP_PTYPE) !== 0 && (view.getUint16(off + 2) === v.getUint16(nh + 2)) === ((inv & ARP_PTYPE) !== 0)) return false;
    if ((bits & (ARP_ADDRS | ARP_SRC_MAC | ARP_DST_MAC)) === 0) return true;
    const hl = skb.u8[nh + 4]!;
    const sip = nh - skb.data + 8 + hl;
    if ((bits & ARP_ADDRS) !== 0) {
      if (skb.u8[nh + 5] !== 4 || v.getUint16(nh + 2) !== 0x0800 || !pskbMayPull(skb, sip + 8 + hl)) return false;
      const s = skb.data + sip;
      const d = s + 4 + hl;
      if ((bits & ARP_SRC_IP) !== 0 && same(skb.u8, s, u8, off + 8, off + 12, 4) === ((inv & ARP_SRC_IP) !== 0)) return false;
      if ((bits & ARP_DST_IP) !== 0 && same(skb.u8, d, u8, off + 16, off + 20, 4) === ((inv & ARP_DST_IP) !== 0)) return false;
      if ((bits & ARP_GRAT) !== 0 && (skb.view.getInt32(s) === skb.view.getInt32(d)) === ((inv & ARP_GRAT) !== 0)) return false;
    }
    if ((bits & (ARP_SRC_MAC | ARP_DST_MAC)) === 0) return true;
    if (hl !== 6 || skb.view.getUint16(skb.networkHeader) !== 1 || !pskbMayPull(skb, sip + 4 + hl)) return false;
    const sha = skb.networkHeader + 8;
    if ((bits & ARP_SRC_MAC) !== 0 && same(skb.u8, sha, u8, off + 24, off + 30, 6) === ((inv & ARP_SRC_MAC) !== 0)) return false;
    return (bits & ARP_DST_MAC) === 0 || same(skb.u8, sha + 10, u8, off + 36, off + 42, 6) !== ((inv & ARP_DST_MAC) !== 0);
  };
}

/** struct ebt_vlan_info. */
function vlan(c: XtCheck): XtMatchFn | number {
  const { u8, view, off } = c;
  if (!ebtOnly(c, ETH_P_8021Q)) return -EINVAL;
  const bits = u8[off + 6]!;
  const inv = u8[off + 7]!;
  const id = view.getUint16(off, true);
  if ((bits & ~7) !== 0 || (inv & ~bits) !== 0) return -EINVAL;
  return (skb) => {
    let tci = skb.vlanTci;
    let encap = skb.protocol;
    if (!skbVlanTagPresent(skb)) {
      const nh = header(skb, 4);
      if (nh < 0) return false;
      tci = skb.view.getUint16(nh);
      encap = skb.view.getUint16(nh + 2);
    }
    if ((bits & 1) !== 0 && (id === (tci & 0xfff)) === ((inv & 1) !== 0)) return false;
    if ((bits & 2) !== 0 && (u8[off + 2] === tci >> 13) === ((inv & 2) !== 0)) return false;
    return (bits & 4) === 0 || (view.getUint16(off + 4) === encap) !== ((inv & 4) !== 0);
  };
}

/** struct ebt_802_3_info: the access point, and the type behind SNAP's header. */
function llc({ u8, view, off }: XtCheck): XtMatchFn | number {
  const bits = u8[off + 4]!;
  const inv = u8[off + 5]!;
  if ((bits & ~3) !== 0 || (inv & ~bits) !== 0) return -EINVAL;
  const snap = 0xaa;
  return (skb) => {
    const at = header(skb, 3);
    if (at < 0) return false;
    const sap = u8[off]!;
    if ((bits & 1) !== 0 && (skb.u8[at] === sap && skb.u8[at + 1] === sap) === ((inv & 1) !== 0)) return false;
    if ((bits & 2) === 0) return true;
    if (skb.u8[at] !== snap || skb.u8[at + 1] !== snap) return false;
    // An unnumbered frame has a control field of one byte, others of two.
    const type = (skb.u8[at + 2]! & 3) === 3 ? 6 : 7;
    const nh = header(skb, type + 2);
    return nh >= 0 && (skb.view.getUint16(nh + type) === view.getUint16(off + 2)) !== ((inv & 2) !== 0);
  };
}

/**
 * A configuration message's fields that are ranges: bit, offset of the range in struct ebt_stp_info, bytes, offset behind 802.2's header. All fields are one byte before
 * where IEEE 802.1D 9.3.1 has them: a real kernel (6.18) takes the protocol's number for one byte, and rules are written for it.
 */
const STP_RANGES: readonly (readonly [number, number, number, number])[] = [
  [0x004, 6, 2, 4], [0x010, 24, 4, 12], [0x020, 32, 2, 16], [0x080, 48, 2, 24], [0x100, 52, 2, 26], [0x200, 56, 2, 28], [0x400, 60, 2, 30], [0x800, 64, 2, 32],
];

/** struct ebt_stp_info. */
function stp({ u8, view, off }: XtCheck): XtMatchFn | number {
  const bits = view.getUint16(off + 68, true);
  const inv = view.getUint16(off + 70, true);
  if ((bits & ~0xfff) !== 0 || (inv & ~0xfff) !== 0 || bits === 0) return -EINVAL;
  return (skb) => {
    let at = header(skb, 6);
    if (at < 0 || skb.u8[at] !== 0x42 || skb.u8[at + 1] !== 0x42 || skb.u8[at + 2] !== 3) return false;
    const type = skb.u8[at + 5]!;
    if ((bits & 1) !== 0 && (u8[off] === type) === ((inv & 1) !== 0)) return false;
    if ((bits & 0xffe) === 0 || type !== 0) return true;
    at = header(skb, 3 + 34);
    if (at < 0) return false;
    const m = at + 3;
    if ((bits & 2) !== 0 && (u8[off + 4] === skb.u8[m + 3]) === ((inv & 2) !== 0)) return false;
    if ((bits & 8) !== 0 && same(skb.u8, m + 6, u8, off + 10, off + 16, 6) === ((inv & 8) !== 0)) return false;
    if ((bits & 0x40) !== 0 && same(skb.u8, m + 18, u8, off + 36, off + 42, 6) === ((inv & 0x40) !== 0)) return false;
    for (let i = 0; i < STP_RANGES.length; i++) {
      const [bit, from, n, o] = STP_RANGES[i]!;
      if ((bits & bit) === 0) continue;
      const v = n === 2 ? skb.view.getUint16(m + o) : skb.view.getUint32(m + o);
      const lo = n === 2 ? view.getUint16(off + from, true) : view.getUint32(off + from, true);
      const hi = n === 2 ? view.getUint16(off + from + 2, true) : view.getUint32(off + from + 4, true);
      if ((v >= lo && v <= hi) === ((inv & bit) !== 0)) return false;
    }
    return true;
  };
}

/** struct ebt_mark_m_info. */
function mark({ u8, view, off }: XtCheck): XtMatchFn | number {
  const value = view.getInt32(off, true);
  const mask = view.getInt32(off + 8, true);
  const inv = u8[off + 16]! !== 0;
  const bits = u8[off + 17]!;
  // Either any bit of the mask, or these bits of it.
  if (bits !== 1 && bits !== 2) return -EINVAL;
  return (skb) => (bits === 2 ? (skb.mark & mask) !== 0 : (skb.mark & mask) === value) !== inv;
}

/** struct ebt_pkttype_info. */
function pkttype({ u8, off }: XtCheck): XtMatchFn | number {
  const want = u8[off]!;
  const inv = u8[off + 1]!;
  return inv > 1 ? -EINVAL : (skb) => (skb.pktType === want) !== (inv !== 0);
}

const B = { revision: 0, family: NFPROTO_BRIDGE } as const;

/** The definitions. */
export const XT_EBT_MATCHES: readonly XtMatchDef[] = [
  { ...B, name: 'ip', size: 28, check: ip },
  { ...B, name: 'ip6', size: 76, check: ip6 },
  { ...B, name: 'arp', size: 52, check: arp },
  { ...B, name: 'vlan', size: 8, check: vlan },
  { ...B, name: '802_3', size: 6, check: llc },
  { ...B, name: 'stp', size: 72, check: stp },
  { ...B, name: 'pkttype', size: 2, check: pkttype },
  { ...B, name: 'mark_m', size: 24, check: mark },
];
