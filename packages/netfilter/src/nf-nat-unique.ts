/** Choosing addresses and ports for a translated connection. */
import { jhash3words } from '@linnet/kernel';
import { AF_INET, IPPROTO_ICMP, IPPROTO_ICMPV6 } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { nfConntrackFind, type NfConntrackNet } from './nf-conntrack-net.ts';
import { nfHasPorts } from './nf-conntrack-packet.ts';
import { nfTupleCopy, nfTupleInvert, type NfTuple } from './nf-conntrack-tuple.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './nf-nat-proto.ts';

/** Addresses are given (linux/netfilter/nf_nat.h). @alpha */
export const NF_NAT_RANGE_MAP_IPS: number = 1 << 0;
/** Ports or ids are given. @alpha */
export const NF_NAT_RANGE_PROTO_SPECIFIED: number = 1 << 1;
/** Ports are chosen at random, the same for all connections of a source if possible. @alpha */
export const NF_NAT_RANGE_PROTO_RANDOM: number = 1 << 2;
/** A source gets the same address whatever the destination. @alpha */
export const NF_NAT_RANGE_PERSISTENT: number = 1 << 3;
/** Ports are chosen at random for each connection. @alpha */
export const NF_NAT_RANGE_PROTO_RANDOM_FULLY: number = 1 << 4;
/** Ports are moved by their distance from `baseProto`. @alpha */
export const NF_NAT_RANGE_PROTO_OFFSET: number = 1 << 5;
/** The network part of the address is replaced, the rest kept (NETMAP). @alpha */
export const NF_NAT_RANGE_NETMAP: number = 1 << 6;
const RANDOM_ALL = NF_NAT_RANGE_PROTO_RANDOM | NF_NAT_RANGE_PROTO_RANDOM_FULLY;

/** Where a connection's side may be moved to (struct nf_nat_range2): IPv4 addresses are in `min0` and `max0`. @alpha */
export class NfNatRange {
  /** NF_NAT_RANGE_*. */
  flags = 0;
  min0 = 0;
  min1 = 0;
  min2 = 0;
  min3 = 0;
  max0 = 0;
  max1 = 0;
  max2 = 0;
  max3 = 0;
  /** Ports, or ICMP ids. */
  minProto = 0;
  maxProto = 0;
  baseProto = 0;

  /** Makes it a single address; the flags stay. */
  setAddr(a: number, b: number = 0, c: number = 0, d: number = 0): void {
    this.min0 = a;
    this.min1 = b;
    this.min2 = c;
    this.min3 = d;
    this.max0 = a;
    this.max1 = b;
    this.max2 = c;
    this.max3 = d;
  }

  /** Is that side of the tuple within? (nf_in_range) */
  holds(t: NfTuple, manip: number): boolean {
    const src = manip === NF_NAT_MANIP_SRC;
    if ((this.flags & NF_NAT_RANGE_MAP_IPS) !== 0) {
      if (src ? !this.holdsAddr(t.src0, t.src1, t.src2, t.src3) : !this.holdsAddr(t.dst0, t.dst1, t.dst2, t.dst3)) return false;
    }
    if ((this.flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0) return true;
    const p = protoKey(t, manip);
    return p < 0 || (p >= this.minProto && p <= this.maxProto);
  }

  private holdsAddr(a: number, b: number, c: number, d: number): boolean {
    return cmp(a, b, c, d, this.min0, this.min1, this.min2, this.min3) >= 0 && cmp(a, b, c, d, this.max0, this.max1, this.max2, this.max3) <= 0;
  }
}

function cmp(a0: number, a1: number, a2: number, a3: number, b0: number, b1: number, b2: number, b3: number): number {
  if (a0 !== b0) return a0 >>> 0 < b0 >>> 0 ? -1 : 1;
  if (a1 !== b1) return a1 >>> 0 < b1 >>> 0 ? -1 : 1;
  if (a2 !== b2) return a2 >>> 0 < b2 >>> 0 ? -1 : 1;
  return a3 === b3 ? 0 : a3 >>> 0 < b3 >>> 0 ? -1 : 1;
}

/** The port or id that the manipulation changes; -1: the protocol has none. */
function protoKey(t: NfTuple, manip: number): number {
  if (t.protonum === IPPROTO_ICMP || t.protonum === IPPROTO_ICMPV6) return t.sport;
  if (!nfHasPorts(t.protonum)) return -1;
  return manip === NF_NAT_MANIP_SRC ? t.sport : t.dport;
}

function setKey(t: NfTuple, manip: number, v: number): void {
  if (manip === NF_NAT_MANIP_SRC || t.protonum === IPPROTO_ICMP || t.protonum === IPPROTO_ICMPV6) t.sport = v;
  else t.dport = v;
}

/** Would answers to the tuple be another connection's? (nf_nat_used_tuple) @alpha */
export function nfNatUsedTuple(cn: NfConntrackNet, t: NfTuple, ct: NfConn): boolean {
  if (!nfTupleInvert(cn.inverse, t)) return true;
  const h = nfConntrackFind(cn, ct.zone, cn.inverse);
  return h !== null && h.ct !== ct;
}

/** One word of the address out of `[min, max]`, by the hash `j`: spread evenly over the range. */
function pick(min: number, max: number, j: number): number {
  const n = (max >>> 0) - (min >>> 0) + 1;
  return (min + Math.floor(((j >>> 0) / 0x100000000) * n)) | 0;
}

/** The address: by the hash of who speaks with whom, so that it is the same for the same two (find_best_ips_proto). */
function bestAddr(t: NfTuple, range: NfNatRange, manip: number, zone: number): void {
  if ((range.flags & NF_NAT_RANGE_MAP_IPS) === 0) return;
  const src = manip === NF_NAT_MANIP_SRC;
  const r = range;
  if ((r.flags & NF_NAT_RANGE_NETMAP) !== 0) {
    const m0 = r.min0 ^ r.max0;
    const m1 = r.min1 ^ r.max1;
    const m2 = r.min2 ^ r.max2;
    const m3 = r.min3 ^ r.max3;
    if (src) put(t, true, (t.src0 & m0) | (r.min0 & ~m0), (t.src1 & m1) | (r.min1 & ~m1), (t.src2 & m2) | (r.min2 & ~m2), (t.src3 & m3) | (r.min3 & ~m3));
    else put(t, false, (t.dst0 & m0) | (r.min0 & ~m0), (t.dst1 & m1) | (r.min1 & ~m1), (t.dst2 & m2) | (r.min2 & ~m2), (t.dst3 & m3) | (r.min3 & ~m3));
    return;
  }
  if (r.min0 === r.max0 && r.min1 === r.max1 && r.min2 === r.max2 && r.min3 === r.max3) {
    put(t, src, r.min0, r.min1, r.min2, r.min3);
    return;
  }
  const other = (r.flags & NF_NAT_RANGE_PERSISTENT) !== 0 ? 0 : t.dst0 ^ t.dst1 ^ t.dst2 ^ t.dst3;
  const j = jhash3words(t.src0 ^ t.src1 ^ t.src2 ^ t.src3, other, zone, 0);
  if (t.l3num === AF_INET) {
    put(t, src, pick(r.min0, r.max0, j), 0, 0, 0);
    return;
  }
  // Words behind the first one that differs may be anything, unless they are at an edge.
  const a0 = pick(r.min0, r.max0, j);
  const free0 = a0 !== r.min0 && a0 !== r.max0;
  const a1 = free0 ? j : pick(r.min1, r.max1, j);
  const free1 = free0 || (a1 !== r.min1 && a1 !== r.max1);
  const a2 = free1 ? j : pick(r.min2, r.max2, j);
  const free2 = free1 || (a2 !== r.min2 && a2 !== r.max2);
  put(t, src, a0, a1, a2, free2 ? j : pick(r.min3, r.max3, j));
}

function put(t: NfTuple, src: boolean, a: number, b: number, c: number, d: number): void {
  if (src) {
    t.src0 = a;
    t.src1 = b;
    t.src2 = c;
    t.src3 = d;
  } else {
    t.dst0 = a;
    t.dst1 = b;
    t.dst2 = c;
    t.dst3 = d;
  }
}

/** Most ports that are tried in a row before the search jumps. */
const MAX_ATTEMPTS = 128;

/** Looks for a port or id that nobody has (nf_nat_l4proto_unique_tuple). When all that were tried are taken, the last one stays. */
function uniquePort(cn: NfConntrackNet, t: NfTuple, range: NfNatRange, ct: NfConn, manip: number): void {
  const key = protoKey(t, manip);
  if (key < 0) return;
  const icmp = t.protonum === IPPROTO_ICMP || t.protonum === IPPROTO_ICMPV6;
  let min: number;
  let size: number;
  if ((range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0) {
    min = range.minProto;
    size = range.maxProto - min + 1;
    if (size <= 0) return;
  } else if (icmp) {
    min = 0;
    size = 65536;
  } else {
    // A destination's port means something; a source's may change, but stays among those of its kind (RFC 4787 REQ-3, REQ-4).
    if (manip === NF_NAT_MANIP_DST) return;
    if (key < 512) {
      min = 1;
      size = 511;
    } else if (key < 1024) {
      min = 600;
      size = 424;
    } else {
      min = 1024;
      size = 64512;
    }
  }
  let off: number;
  if ((range.flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) off = (key - range.baseProto) & 0xffff;
  else if ((range.flags & RANDOM_ALL) !== 0 || manip !== NF_NAT_MANIP_DST) off = cn.rng.below(65536);
  else off = 0;
  let attempts = Math.min(size, MAX_ATTEMPTS);
  for (;;) {
    for (let i = 0; i < attempts; i++, off++) {
      setKey(t, manip, min + (off % size));
      if (!nfNatUsedTuple(cn, t, ct)) return;
    }
    if (attempts >= size || attempts < 16) return;
    attempts >>= 1;
    off = cn.rng.below(65536);
  }
}

/**
 * Writes to `out` what `orig` becomes in `range` (get_unique_tuple): unchanged if it may be, else like other connections of the source, else with an address by hash
 * and a port that is free. `same` finds the second.
 * @alpha
 */
export function nfNatUniqueTuple(
  cn: NfConntrackNet, out: NfTuple, orig: NfTuple, range: NfNatRange, ct: NfConn, manip: number, same: ((out: NfTuple) => boolean) | null,
): void {
  if (manip === NF_NAT_MANIP_SRC && (range.flags & RANDOM_ALL) === 0 && (range.flags & NF_NAT_RANGE_NETMAP) === 0) {
    if (range.holds(orig, manip)) {
      nfTupleCopy(out, orig);
      if (!nfNatUsedTuple(cn, orig, ct)) return;
    } else if (same !== null && same(out) && !nfNatUsedTuple(cn, out, ct)) {
      return;
    }
  }
  nfTupleCopy(out, orig);
  bestAddr(out, range, manip, (range.flags & NF_NAT_RANGE_PERSISTENT) !== 0 ? 0 : ct.zone);
  if ((range.flags & RANDOM_ALL) === 0) {
    if ((range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0) {
      if ((range.flags & NF_NAT_RANGE_PROTO_OFFSET) === 0 && range.holds(out, manip) && (range.minProto === range.maxProto || !nfNatUsedTuple(cn, out, ct))) return;
    } else if (!nfNatUsedTuple(cn, out, ct)) {
      return;
    }
  }
  uniquePort(cn, out, range, ct, manip);
}
