/** Matches that look at headers: tcp, udp, icmp, icmp6, multiport, length, ttl, hl, dscp, tos, ecn, tcpmss, esp, ah, and IPv6's extension headers. */
import { EINVAL } from '@linnet/kernel';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from './xt-proto.ts';
import type { XtCheck, XtMatchDef, XtMatchFn, XtParam } from './xt-core.ts';

const IPPROTO_DCCP = 33;
const IPPROTO_ESP = 50;
const IPPROTO_AH = 51;
const IPPROTO_SCTP = 132;

/** Is the value within `[min, max]`, turned round when `inv`? */
function within(min: number, max: number, v: number, inv: boolean): boolean {
  return (v >= min && v <= max) !== inv;
}

/** Has the header an option of this kind? Broken options: the packet is dropped. */
function hasOption(skb: Skb, at: number, len: number, kind: number, par: XtParam): boolean {
  const { u8 } = skb;
  for (let i = 0; i < len;) {
    const k = u8[at + i]!;
    if (k === kind) return true;
    if (k < 2) i++;
    else i += Math.max(1, i + 1 < len ? u8[at + i + 1]! : 1);
  }
  void par;
  return false;
}

function tcp(c: XtCheck): XtMatchFn | number {
  const { view, u8, off } = c;
  const s0 = view.getUint16(off, true);
  const s1 = view.getUint16(off + 2, true);
  const d0 = view.getUint16(off + 4, true);
  const d1 = view.getUint16(off + 6, true);
  const option = u8[off + 8]!;
  const mask = u8[off + 9]!;
  const cmp = u8[off + 10]!;
  const inv = u8[off + 11]!;
  if ((inv & ~0xf) !== 0) return -EINVAL;
  const anyS = s0 === 0 && s1 === 0xffff && (inv & 1) === 0;
  const anyD = d0 === 0 && d1 === 0xffff && (inv & 2) === 0;
  return (skb, par) => {
    if (par.fragoff !== 0) {
      // A fragment that would overwrite the flags (RFC 3128).
      if (par.fragoff === 1) par.hotdrop = true;
      return false;
    }
    if (!pskbMayPull(skb, par.thoff + 20)) {
      par.hotdrop = true;
      return false;
    }
    const at = skb.data + par.thoff;
    if (!anyS && !within(s0, s1, skb.view.getUint16(at), (inv & 1) !== 0)) return false;
    if (!anyD && !within(d0, d1, skb.view.getUint16(at + 2), (inv & 2) !== 0)) return false;
    if (mask !== 0 || cmp !== 0 || (inv & 4) !== 0) if (((skb.u8[at + 13]! & mask) === cmp) === ((inv & 4) !== 0)) return false;
    if (option === 0) return true;
    const doff = (skb.u8[at + 12]! >> 4) << 2;
    if (doff < 20 || !pskbMayPull(skb, par.thoff + doff)) {
      par.hotdrop = true;
      return false;
    }
    return hasOption(skb, skb.data + par.thoff + 20, doff - 20, option, par) !== ((inv & 8) !== 0);
  };
}

function udp(c: XtCheck): XtMatchFn | number {
  const { view, u8, off } = c;
  const s0 = view.getUint16(off, true);
  const s1 = view.getUint16(off + 2, true);
  const d0 = view.getUint16(off + 4, true);
  const d1 = view.getUint16(off + 6, true);
  const inv = u8[off + 8]!;
  if ((inv & ~3) !== 0) return -EINVAL;
  return (skb, par) => {
    if (par.fragoff !== 0) return false;
    if (!pskbMayPull(skb, par.thoff + 8)) {
      par.hotdrop = true;
      return false;
    }
    const at = skb.data + par.thoff;
    return within(s0, s1, skb.view.getUint16(at), (inv & 1) !== 0) && within(d0, d1, skb.view.getUint16(at + 2), (inv & 2) !== 0);
  };
}

/** struct ipt_icmp and ip6t_icmp: u8 type, u8 code[2], u8 invflags. */
function icmp(six: boolean): (c: XtCheck) => XtMatchFn | number {
  return ({ u8, off }) => {
    const type = u8[off]!;
    const c0 = u8[off + 1]!;
    const c1 = u8[off + 2]!;
    const inv = u8[off + 3]!;
    if ((inv & ~1) !== 0) return -EINVAL;
    return (skb, par) => {
      if (par.fragoff !== 0) return false;
      if (!pskbMayPull(skb, par.thoff + (six ? 4 : 8))) {
        par.hotdrop = true;
        return false;
      }
      const at = skb.data + par.thoff;
      const t = skb.u8[at]!;
      const code = skb.u8[at + 1]!;
      return ((!six && type === 0xff) || (t === type && code >= c0 && code <= c1)) !== ((inv & 1) !== 0);
    };
  };
}

function portsOk(proto: number, inv: number): boolean {
  return (inv & 0x40) === 0 && (proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_UDPLITE || proto === IPPROTO_SCTP || proto === IPPROTO_DCCP);
}

function multiport({ u8, view, off, proto, inv: ruleInv }: XtCheck): XtMatchFn | number {
  const flags = u8[off]!;
  const count = u8[off + 1]!;
  if (!portsOk(proto, ruleInv) || flags > 2 || count > 15) return -EINVAL;
  // Pairs of bounds: a single port is a range of itself.
  const lo: number[] = [];
  const hi: number[] = [];
  for (let i = 0; i < count; i++) {
    const p = view.getUint16(off + 2 + 2 * i, true);
    if (u8[off + 32 + i] !== 0) {
      lo.push(p);
      i++;
      // The other end of a range is the next port.
      if (i >= count || u8[off + 32 + i] !== 0) return -EINVAL;
      hi.push(view.getUint16(off + 2 + 2 * i, true));
    } else {
      lo.push(p);
      hi.push(p);
    }
  }
  const inv = u8[off + 47] !== 0;
  const n = lo.length;
  const one = (p: number): boolean => {
    for (let i = 0; i < n; i++) if (p >= lo[i]! && p <= hi[i]!) return true;
    return false;
  };
  return (skb, par) => {
    if (par.fragoff !== 0) return false;
    if (!pskbMayPull(skb, par.thoff + 4)) {
      par.hotdrop = true;
      return false;
    }
    const at = skb.data + par.thoff;
    const s = skb.view.getUint16(at);
    const d = skb.view.getUint16(at + 2);
    return (flags === 0 ? one(s) : flags === 1 ? one(d) : one(s) || one(d)) !== inv;
  };
}

/** The packet's length: IPv4's total length, IPv6's payload and its header. */
export function ipLength(skb: Skb, family: number): number {
  const nh = skb.networkHeader;
  if (family === NFPROTO_IPV4) return skb.view.getUint16(nh + 2);
  return skb.view.getUint16(nh + 4) + 40;
}

function length({ view, u8, off, family }: XtCheck): XtMatchFn {
  const min = view.getUint16(off, true);
  const max = view.getUint16(off + 2, true);
  const inv = u8[off + 4] !== 0;
  return (skb) => within(min, max, ipLength(skb, family), inv);
}

/** TTL or hop limit. */
function ttl({ u8, off, family }: XtCheck): XtMatchFn | number {
  const mode = u8[off]!;
  const v = u8[off + 1]!;
  const at = family === NFPROTO_IPV4 ? 8 : 7;
  return (skb) => {
    const t = skb.u8[skb.networkHeader + at]!;
    switch (mode) {
      case 0:
        return t === v;
      case 1:
        return t !== v;
      case 2:
        return t < v;
      case 3:
        return t > v;
      default:
        return false;
    }
  };
}

/** The type of service, or IPv6's traffic class. */
export function dsField(skb: Skb): number {
  const nh = skb.networkHeader;
  return skb.u8[nh]! >> 4 === 4 ? skb.u8[nh + 1]! : ((skb.view.getUint16(nh) >> 4) & 0xff);
}

function dscp({ u8, off }: XtCheck): XtMatchFn | number {
  const v = u8[off]!;
  const inv = u8[off + 1] !== 0;
  if (v > 0x3f) return -34;
  return (skb) => (dsField(skb) >> 2 === v) !== inv;
}

function tos({ u8, off }: XtCheck): XtMatchFn {
  const mask = u8[off]!;
  const v = u8[off + 1]!;
  const inv = u8[off + 2] !== 0;
  return (skb) => ((dsField(skb) & mask) === v) !== inv;
}

function ecn(c: XtCheck): XtMatchFn | number {
  const { u8, off } = c;
  const op = u8[off]!;
  const inv = u8[off + 1]!;
  const ect = u8[off + 2]!;
  if ((op & 0xce) !== 0 || (inv & 0xce) !== 0) return -EINVAL;
  if ((op & 0x30) !== 0 && (c.proto !== IPPROTO_TCP || (c.inv & 0x40) !== 0)) return -EINVAL;
  return (skb, par) => {
    if ((op & 1) !== 0 && ((dsField(skb) & 3) === ect) === ((inv & 1) !== 0)) return false;
    if ((op & 0x30) === 0) return true;
    // As a real kernel does, even where a later fragment has other bytes.
    if (!pskbMayPull(skb, par.thoff + 20)) return false;
    const flags = skb.u8[skb.data + par.thoff + 13]!;
    if ((op & 0x10) !== 0 && ((flags & 0x40) !== 0) === ((inv & 0x10) !== 0)) return false;
    return !((op & 0x20) !== 0 && ((flags & 0x80) !== 0) === ((inv & 0x20) !== 0));
  };
}

function tcpmss({ view, u8, off }: XtCheck): XtMatchFn {
  const min = view.getUint16(off, true);
  const max = view.getUint16(off + 2, true);
  const inv = u8[off + 4] !== 0;
  return (skb, par) => {
    if (!pskbMayPull(skb, par.thoff + 20)) {
      par.hotdrop = true;
      return false;
    }
    const doff = (skb.u8[skb.data + par.thoff + 12]! >> 4) << 2;
    if (doff < 20 || !pskbMayPull(skb, par.thoff + doff)) {
      par.hotdrop = true;
      return false;
    }
    const at = skb.data + par.thoff;
    for (let i = 20; i < doff;) {
      const k = skb.u8[at + i]!;
      if (k === 2 && doff - i >= 4 && skb.u8[at + i + 1] === 4) return within(min, max, skb.view.getUint16(at + i + 2), inv);
      i += k < 2 ? 1 : Math.max(1, i + 1 < doff ? skb.u8[at + i + 1]! : 1);
    }
    return inv;
  };
}

/** ESP's and AH's security parameter index. */
function spi(invOff: number, at: number, need: number): (c: XtCheck) => XtMatchFn | number {
  return ({ view, u8, off }) => {
    const s0 = view.getUint32(off, true);
    const s1 = view.getUint32(off + 4, true);
    const inv = u8[off + invOff]!;
    if ((inv & ~1) !== 0) return -EINVAL;
    return (skb, par) => {
      if (par.fragoff !== 0) return false;
      if (!pskbMayPull(skb, par.thoff + need)) {
        par.hotdrop = true;
        return false;
      }
      return within(s0, s1, skb.view.getUint32(skb.data + par.thoff + at), (inv & 1) !== 0);
    };
  };
}

/** Offset of an extension header behind `data`, -1: the packet has none. */
function findHeader(skb: Skb, type: number): number {
  let off = skb.networkHeader - skb.data + 40;
  let next = skb.u8[skb.networkHeader + 6]!;
  for (;;) {
    if (next === type) return off;
    if (next !== 0 && next !== 43 && next !== 60 && next !== 44 && next !== 51) return -1;
    if (!pskbMayPull(skb, off + 8)) return -1;
    const at = skb.data + off;
    if (next === 44 && (skb.view.getUint16(at + 2) & 0xfff8) !== 0) return -1;
    const len = next === 44 ? 8 : next === 51 ? (skb.u8[at + 1]! + 2) << 2 : (skb.u8[at + 1]! + 1) << 3;
    next = skb.u8[at]!;
    off += len;
  }
}

function frag({ view, u8, off }: XtCheck): XtMatchFn | number {
  const id0 = view.getUint32(off, true);
  const id1 = view.getUint32(off + 4, true);
  const flags = u8[off + 12]!;
  const inv = u8[off + 13]!;
  if ((inv & ~3) !== 0) return -EINVAL;
  return (skb) => {
    const o = findHeader(skb, 44);
    if (o < 0 || !pskbMayPull(skb, o + 8)) return false;
    const at = skb.data + o;
    const field = skb.view.getUint16(at + 2);
    if (!within(id0, id1, skb.view.getUint32(at + 4), (inv & 1) !== 0)) return false;
    if ((flags & 4) !== 0 && (skb.u8[at + 1] !== 0 || (field & 6) !== 0)) return false;
    if ((flags & 8) !== 0 && (field & 0xfff8) !== 0) return false;
    if ((flags & 0x10) !== 0 && (field & 1) === 0) return false;
    return !((flags & 0x20) !== 0 && (field & 1) !== 0);
  };
}

/** ipv6header: which extension headers there are. */
function ipv6header({ u8, off }: XtCheck): XtMatchFn | number {
  const want = u8[off]!;
  const inv = u8[off + 1]!;
  const soft = u8[off + 2] !== 0;
  if (inv !== 0 && inv !== 0xff && !soft) return -EINVAL;
  const bit: Record<number, number> = { 0: 128, 60: 64, 43: 32, 44: 16, 51: 8, 50: 4, 59: 2 };
  return (skb) => {
    let next = skb.u8[skb.networkHeader + 6]!;
    let o = skb.networkHeader - skb.data + 40;
    let has = 0;
    for (;;) {
      const b = bit[next];
      if (b === undefined) {
        has |= 1;
        break;
      }
      has |= b;
      if (next === 59 || next === 50) break;
      if (!pskbMayPull(skb, o + 8)) return false;
      const at = skb.data + o;
      const fragged = next === 44 && (skb.view.getUint16(at + 2) & 0xfff8) !== 0;
      const len = next === 44 ? 8 : next === 51 ? (skb.u8[at + 1]! + 2) << 2 : (skb.u8[at + 1]! + 1) << 3;
      next = skb.u8[at]!;
      o += len;
      if (fragged) break;
    }
    if (soft) return ((has & want) === want) !== (inv !== 0);
    return ((has ^ inv) & 0xff) === want;
  };
}

/** rt: the routing header's type, segments left and length. */
function rt({ view, u8, off }: XtCheck): XtMatchFn | number {
  const type = view.getUint32(off, true);
  const s0 = view.getUint32(off + 4, true);
  const s1 = view.getUint32(off + 8, true);
  const hdrlen = view.getUint32(off + 12, true);
  const flags = u8[off + 16]!;
  const inv = u8[off + 17]!;
  if ((inv & ~7) !== 0) return -EINVAL;
  return (skb) => {
    const o = findHeader(skb, 43);
    if (o < 0 || !pskbMayPull(skb, o + 8)) return false;
    const at = skb.data + o;
    if (!within(s0, s1, skb.u8[at + 3]!, (inv & 2) !== 0)) return false;
    if ((flags & 4) !== 0 && (hdrlen === (skb.u8[at + 1]! + 1) << 3) === ((inv & 4) !== 0)) return false;
    return !((flags & 1) !== 0 && (type === skb.u8[at + 2]) === ((inv & 1) !== 0));
  };
}

/** hbh and dst: the options of that header. */
function opts(type: number): (c: XtCheck) => XtMatchFn | number {
  return ({ view, u8, off }) => {
    const hdrlen = view.getUint32(off, true);
    const flags = u8[off + 4]!;
    const inv = u8[off + 5]!;
    if ((inv & ~1) !== 0 || (flags & 4) !== 0) return -EINVAL;
    const n = Math.min(16, u8[off + 38]!);
    const want = Array.from({ length: n }, (_, i) => view.getUint16(off + 6 + 2 * i, true));
    return (skb) => {
      const o = findHeader(skb, type);
      if (o < 0 || !pskbMayPull(skb, o + 8)) return false;
      const len = (skb.u8[skb.data + o + 1]! + 1) << 3;
      if (!pskbMayPull(skb, o + len)) return false;
      if ((flags & 1) !== 0 && (hdrlen === len) === ((inv & 1) !== 0)) return false;
      if ((flags & 2) === 0) return true;
      const at = skb.data + o;
      let i = 2;
      for (let w = 0; w < n; w++) {
        if (i >= len) return false;
        const k = skb.u8[at + i]!;
        const l = k === 0 ? 1 : 2 + (skb.u8[at + i + 1] ?? 0);
        if (k !== want[w]! >> 8) return false;
        if (k !== 0 && (want[w]! & 0xff) !== 0xff && (want[w]! & 0xff) !== l - 2) return false;
        i += l;
      }
      return true;
    };
  };
}

/** The definitions. */
export const XT_L4_MATCHES: readonly XtMatchDef[] = [
  { name: 'tcp', revision: 0, family: NFPROTO_IPV4, size: 12, proto: IPPROTO_TCP, check: tcp },
  { name: 'tcp', revision: 0, family: NFPROTO_IPV6, size: 12, proto: IPPROTO_TCP, check: tcp },
  { name: 'udp', revision: 0, family: NFPROTO_IPV4, size: 10, proto: IPPROTO_UDP, check: udp },
  { name: 'udp', revision: 0, family: NFPROTO_IPV6, size: 10, proto: IPPROTO_UDP, check: udp },
  { name: 'udplite', revision: 0, family: NFPROTO_IPV4, size: 10, proto: IPPROTO_UDPLITE, check: udp },
  { name: 'udplite', revision: 0, family: NFPROTO_IPV6, size: 10, proto: IPPROTO_UDPLITE, check: udp },
  { name: 'icmp', revision: 0, family: NFPROTO_IPV4, size: 4, proto: IPPROTO_ICMP, check: icmp(false) },
  { name: 'icmp6', revision: 0, family: NFPROTO_IPV6, size: 4, proto: IPPROTO_ICMPV6, check: icmp(true) },
  { name: 'multiport', revision: 1, family: NFPROTO_IPV4, size: 48, check: multiport },
  { name: 'multiport', revision: 1, family: NFPROTO_IPV6, size: 48, check: multiport },
  { name: 'length', revision: 0, family: NFPROTO_IPV4, size: 6, check: length },
  { name: 'length', revision: 0, family: NFPROTO_IPV6, size: 6, check: length },
  { name: 'ttl', revision: 0, family: NFPROTO_IPV4, size: 2, check: ttl },
  { name: 'hl', revision: 0, family: NFPROTO_IPV6, size: 2, check: ttl },
  { name: 'dscp', revision: 0, family: NFPROTO_IPV4, size: 2, check: dscp },
  { name: 'dscp', revision: 0, family: NFPROTO_IPV6, size: 2, check: dscp },
  { name: 'tos', revision: 1, family: NFPROTO_IPV4, size: 3, check: tos },
  { name: 'tos', revision: 1, family: NFPROTO_IPV6, size: 3, check: tos },
  { name: 'ecn', revision: 0, family: NFPROTO_IPV4, size: 4, check: ecn },
  { name: 'ecn', revision: 0, family: NFPROTO_IPV6, size: 4, check: ecn },
  { name: 'tcpmss', revision: 0, family: NFPROTO_IPV4, size: 6, proto: IPPROTO_TCP, check: tcpmss },
  { name: 'tcpmss', revision: 0, family: NFPROTO_IPV6, size: 6, proto: IPPROTO_TCP, check: tcpmss },
  { name: 'esp', revision: 0, family: NFPROTO_IPV4, size: 12, proto: IPPROTO_ESP, check: spi(8, 0, 8) },
  { name: 'esp', revision: 0, family: NFPROTO_IPV6, size: 12, proto: IPPROTO_ESP, check: spi(8, 0, 8) },
  { name: 'ah', revision: 0, family: NFPROTO_IPV4, size: 12, proto: IPPROTO_AH, check: spi(8, 4, 12) },
  { name: 'frag', revision: 0, family: NFPROTO_IPV6, size: 16, check: frag },
  { name: 'ipv6header', revision: 0, family: NFPROTO_IPV6, size: 3, check: ipv6header },
  { name: 'rt', revision: 0, family: NFPROTO_IPV6, size: 280, check: rt },
  { name: 'hbh', revision: 0, family: NFPROTO_IPV6, size: 40, check: opts(0) },
  { name: 'dst', revision: 0, family: NFPROTO_IPV6, size: 40, check: opts(60) },
];
