/** What tells one direction of a connection from all others, and the table of all of them. */
import { jhash2words, jhash3words } from '@linnet/kernel';
import {
  AF_INET, ICMP_ADDRESS, ICMP_ADDRESSREPLY, ICMP_ECHO, ICMP_ECHOREPLY, ICMP_INFO_REPLY, ICMP_INFO_REQUEST, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY, ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST, ICMPV6_NI_QUERY, ICMPV6_NI_REPLY, IPPROTO_ICMP, IPPROTO_ICMPV6,
} from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';

/**
 * One direction (struct nf_conntrack_tuple): addresses are host-order int32 words, of which IPv4 uses the first. `sport` and `dport` are ports; for ICMP `sport` is
 * the id and `dport` is `type << 8 | code`. In a table it is also the link of its chain (struct nf_conntrack_tuple_hash).
 * @alpha
 */
export class NfTuple {
  l3num: number;
  protonum: number;
  src0: number;
  src1: number;
  src2: number;
  src3: number;
  dst0: number;
  dst1: number;
  dst2: number;
  dst3: number;
  sport: number;
  dport: number;
  readonly dir: number;
  /** Null in a tuple that is only looked for. */
  readonly ct: NfConn | null;
  hash: number;
  next: NfTuple | null;
  constructor(ct: NfConn | null = null, dir = 0) {
    this.l3num = 0;
    this.protonum = 0;
    this.src0 = 0;
    this.src1 = 0;
    this.src2 = 0;
    this.src3 = 0;
    this.dst0 = 0;
    this.dst1 = 0;
    this.dst2 = 0;
    this.dst3 = 0;
    this.sport = 0;
    this.dport = 0;
    this.dir = dir;
    this.ct = ct;
    this.hash = 0;
    this.next = null;
  }
}

/** Copies what identifies the direction. @alpha */
export function nfTupleCopy(to: NfTuple, from: NfTuple): void {
  to.l3num = from.l3num;
  to.protonum = from.protonum;
  to.src0 = from.src0;
  to.src1 = from.src1;
  to.src2 = from.src2;
  to.src3 = from.src3;
  to.dst0 = from.dst0;
  to.dst1 = from.dst1;
  to.dst2 = from.dst2;
  to.dst3 = from.dst3;
  to.sport = from.sport;
  to.dport = from.dport;
}

/** Do both have the same source? (nf_ct_tuple_src_equal) @alpha */
export function nfTupleSrcEqual(a: NfTuple, b: NfTuple): boolean {
  return a.src0 === b.src0 && a.src1 === b.src1 && a.src2 === b.src2 && a.src3 === b.src3 && a.sport === b.sport && a.l3num === b.l3num;
}

/** Do both have the same destination and protocol? (nf_ct_tuple_dst_equal) @alpha */
export function nfTupleDstEqual(a: NfTuple, b: NfTuple): boolean {
  return a.dst0 === b.dst0 && a.dst1 === b.dst1 && a.dst2 === b.dst2 && a.dst3 === b.dst3 && a.dport === b.dport && a.protonum === b.protonum;
}

/** Are they the same? (nf_ct_tuple_equal) @alpha */
export function nfTupleEqual(a: NfTuple, b: NfTuple): boolean {
  return nfTupleSrcEqual(a, b) && nfTupleDstEqual(a, b);
}

/** The ICMP type of the answer (RFC 792, RFC 950), -1 when there is none: such messages are not tracked. @alpha */
export function nfIcmpInverse(type: number): number {
  switch (type) {
    case ICMP_ECHO:
      return ICMP_ECHOREPLY;
    case ICMP_ECHOREPLY:
      return ICMP_ECHO;
    case ICMP_TIMESTAMP:
      return ICMP_TIMESTAMPREPLY;
    case ICMP_TIMESTAMPREPLY:
      return ICMP_TIMESTAMP;
    case ICMP_INFO_REQUEST:
      return ICMP_INFO_REPLY;
    case ICMP_INFO_REPLY:
      return ICMP_INFO_REQUEST;
    case ICMP_ADDRESS:
      return ICMP_ADDRESSREPLY;
    case ICMP_ADDRESSREPLY:
      return ICMP_ADDRESS;
    default:
      return -1;
  }
}

/** The same for ICMPv6 (RFC 4443, RFC 4620). @alpha */
export function nfIcmpv6Inverse(type: number): number {
  switch (type) {
    case ICMPV6_ECHO_REQUEST:
      return ICMPV6_ECHO_REPLY;
    case ICMPV6_ECHO_REPLY:
      return ICMPV6_ECHO_REQUEST;
    case ICMPV6_NI_QUERY:
      return ICMPV6_NI_REPLY;
    case ICMPV6_NI_REPLY:
      return ICMPV6_NI_QUERY;
    default:
      return -1;
  }
}

/** Writes the tuple of answers; false when there can be none (nf_ct_invert_tuple). @alpha */
export function nfTupleInvert(inv: NfTuple, orig: NfTuple): boolean {
  inv.l3num = orig.l3num;
  inv.protonum = orig.protonum;
  inv.src0 = orig.dst0;
  inv.src1 = orig.dst1;
  inv.src2 = orig.dst2;
  inv.src3 = orig.dst3;
  inv.dst0 = orig.src0;
  inv.dst1 = orig.src1;
  inv.dst2 = orig.src2;
  inv.dst3 = orig.src3;
  if (orig.protonum === IPPROTO_ICMP || orig.protonum === IPPROTO_ICMPV6) {
    const type = orig.protonum === IPPROTO_ICMP ? nfIcmpInverse(orig.dport >> 8) : nfIcmpv6Inverse(orig.dport >> 8);
    if (type < 0) return false;
    inv.sport = orig.sport;
    inv.dport = (type << 8) | (orig.dport & 0xff);
    return true;
  }
  inv.sport = orig.dport;
  inv.dport = orig.sport;
  return true;
}

/** The hash of a tuple in a zone; int32. */
export function nfTupleHash(t: NfTuple, zone: number, rnd: number): number {
  const h = jhash3words(t.src0, t.dst0, (t.sport << 16) | t.dport, (rnd ^ (t.protonum << 16) ^ zone) | 0);
  if (t.l3num === AF_INET) return h;
  return jhash2words(jhash3words(t.src1, t.src2, t.src3, h), jhash3words(t.dst1, t.dst2, t.dst3, rnd), h);
}
