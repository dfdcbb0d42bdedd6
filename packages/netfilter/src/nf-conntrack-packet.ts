/** Reading the tuple of a packet, or of one that an ICMP error quotes. */
import { csumIpv6Nofold, csumTcpudpNofold } from '@linnet/kernel';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, IP6_OFFSET, IP_OFFSET, IPHDR_LEN, iphDaddr, iphFragOff, iphProtocol, iphSaddr, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, IPV6HDR_LEN,
  NEXTHDR_AUTH, NEXTHDR_DEST, NEXTHDR_FRAGMENT, NEXTHDR_HOP, NEXTHDR_ROUTING,
} from '@linnet/uapi';
import type { NfTuple } from './nf-conntrack-tuple.ts';

/** IPPROTO_UDPLITE, IPPROTO_DCCP and IPPROTO_SCTP have ports where TCP and UDP have them. */
const IPPROTO_DCCP = 33;
const IPPROTO_SCTP = 132;
const IPPROTO_UDPLITE = 136;

/** Does the protocol begin with two ports? @alpha */
export function nfHasPorts(protonum: number): boolean {
  return protonum === IPPROTO_TCP || protonum === IPPROTO_UDP || protonum === IPPROTO_UDPLITE || protonum === IPPROTO_DCCP || protonum === IPPROTO_SCTP;
}

/** Bytes that the ports or the ICMP id end at. */
function l4Need(protonum: number): number {
  if (protonum === IPPROTO_ICMP || protonum === IPPROTO_ICMPV6) return 8;
  return nfHasPorts(protonum) ? 4 : 0;
}

function ports(t: NfTuple, skb: Skb, off: number): boolean {
  const need = l4Need(t.protonum);
  t.sport = 0;
  t.dport = 0;
  if (need === 0) return true;
  if (!pskbMayPull(skb, off + need)) return false;
  const at = skb.data + off;
  const { view } = skb;
  if (need === 8) {
    t.sport = view.getUint16(at + 4);
    t.dport = view.getUint16(at);
  } else {
    t.sport = view.getUint16(at);
    t.dport = view.getUint16(at + 2);
  }
  return true;
}

/**
 * Reads the tuple of the packet whose network header is `off` bytes behind `data` (nf_ct_get_tuplepr). Returns where its transport header is, behind `data`; -1 when
 * there is none that can be read: a later fragment, or a packet cut short. May pull.
 * @alpha
 */
export function nfGetTuple(t: NfTuple, skb: Skb, off: number, l3num: number): number {
  if (l3num === AF_INET) {
    if (!pskbMayPull(skb, off + IPHDR_LEN)) return -1;
    const at = skb.data + off;
    const { view } = skb;
    const ihl = (skb.u8[at]! & 15) << 2;
    if (ihl < IPHDR_LEN || (iphFragOff(view, at) & IP_OFFSET) !== 0) return -1;
    t.l3num = AF_INET;
    t.protonum = iphProtocol(view, at);
    t.src0 = iphSaddr(view, at);
    t.src1 = 0;
    t.src2 = 0;
    t.src3 = 0;
    t.dst0 = iphDaddr(view, at);
    t.dst1 = 0;
    t.dst2 = 0;
    t.dst3 = 0;
    return ports(t, skb, off + ihl) ? off + ihl : -1;
  }
  if (!pskbMayPull(skb, off + IPV6HDR_LEN)) return -1;
  const at = skb.data + off;
  const { view } = skb;
  t.l3num = AF_INET6;
  t.src0 = view.getInt32(at + 8);
  t.src1 = view.getInt32(at + 12);
  t.src2 = view.getInt32(at + 16);
  t.src3 = view.getInt32(at + 20);
  t.dst0 = view.getInt32(at + 24);
  t.dst1 = view.getInt32(at + 28);
  t.dst2 = view.getInt32(at + 32);
  t.dst3 = view.getInt32(at + 36);
  const l4 = nfIpv6SkipExthdrs(skb, off);
  if (l4 < 0) return -1;
  t.protonum = l4 & 0xff;
  return ports(t, skb, l4 >> 8) ? l4 >> 8 : -1;
}

/** The transport of an IPv6 packet: its offset behind `data` in the bits from 8 up, its number in those below; -1 when it is not in this packet. May pull. @alpha */
export function nfIpv6SkipExthdrs(skb: Skb, off: number): number {
  if (!pskbMayPull(skb, off + IPV6HDR_LEN)) return -1;
  let next = skb.u8[skb.data + off + 6]!;
  let at = off + IPV6HDR_LEN;
  for (;;) {
    if (next !== NEXTHDR_HOP && next !== NEXTHDR_ROUTING && next !== NEXTHDR_DEST && next !== NEXTHDR_FRAGMENT && next !== NEXTHDR_AUTH) return (at << 8) | next;
    if (!pskbMayPull(skb, at + 8)) return -1;
    const p = skb.data + at;
    const kind = next;
    next = skb.u8[p]!;
    if (kind === NEXTHDR_FRAGMENT) {
      if ((skb.view.getUint16(p + 2) & IP6_OFFSET) !== 0) return -1;
      at += 8;
    } else if (kind === NEXTHDR_AUTH) {
      at += (skb.u8[p + 1]! + 2) << 2;
    } else {
      at += (skb.u8[p + 1]! + 1) << 3;
    }
  }
}

/** The pseudo header's sum for the transport at `dataoff` behind `data`, up to the packet's end. */
export function nfL4PseudoSum(skb: Skb, dataoff: number, protonum: number): number {
  const at = skb.networkHeader;
  if (skb.u8[at]! >> 4 === 4) return csumTcpudpNofold(iphSaddr(skb.view, at), iphDaddr(skb.view, at), skb.len - dataoff, protonum, 0);
  return csumIpv6Nofold(skb.u8, at + 8, skb.u8, at + 24, skb.len - dataoff, protonum, 0);
}
