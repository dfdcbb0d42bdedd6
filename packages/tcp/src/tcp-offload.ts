/** Cutting super-segments into segments and merging segments into them (tcp_gso_segment, tcp_gro_receive, tcp_gro_complete). */
import type { GroOffload, InetAf } from '@linnet/inet';
import { csumFold, EINVAL } from '@linnet/kernel';
import {
  clearGroSameFlow,
  type GroList,
  groFlushId,
  groLen,
  groOffset,
  groSameFlow,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO6,
  setGroFlush,
  skbGroChecksumValidate,
  skbGroHeader,
  skbGroPull,
  skbGroReceive,
} from '@linnet/netdev';
import {
  CHECKSUM_PARTIAL,
  pskbMayPull,
  type Skb,
  SKB_GSO_DODGY,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  skbChecksumHelp,
  skbCloned,
  skbPullUnchecked,
  skbPush,
  skbSegment,
} from '@linnet/skbuff';
import {
  AF_INET6,
  IPPROTO_TCP,
  TCPHDR_CWR,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
  TCPHDR_URG,
} from '@linnet/uapi';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWfree } from './tcp-wfree.ts';

/** Writes the pseudo header's sum for a segment that ends with the packet, and leaves the rest to the device. */
function leaveChecksum(af: InetAf, skb: Skb, th: number): void {
  const len = skb.len - (th - skb.data);
  skb.view.setUint16(th + 16, ~csumFold(af.skbPseudoSum(skb, len, IPPROTO_TCP)) & 0xffff);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = th;
  skb.csumOffset = 16;
}

/**
 * Cuts a super-segment whose data stands at the TCP header (tcp_gso_segment): each segment gets its sequence number; FIN and PSH go with the last, CWR with the
 * first (RFC 3168 section 6.1.2); checksums are computed unless the device does that.
 */
export function tcpGsoSegment(af: InetAf, skb: Skb, features: number): Skb | number | null {
  if (!pskbMayPull(skb, 20)) return -EINVAL;
  const hdrLen = (skb.u8[skb.data + 12]! >> 4) << 2;
  if (hdrLen < 20 || !pskbMayPull(skb, hdrLen)) return -EINVAL;
  const mss = skb.gsoSize;
  const payload = skb.len - hdrLen;
  if (mss <= 0 || payload <= mss) return -EINVAL;
  const v6 = af.family === AF_INET6;
  if ((features & (v6 ? NETIF_F_TSO6 : NETIF_F_TSO)) !== 0 && (skb.gsoType & SKB_GSO_DODGY) !== 0) {
    // From outside, but well-formed: the device takes it once the count is ours.
    skb.gsoSegs = Math.ceil(payload / mss);
    return null;
  }
  const off = skb.macHeader >= 0 && skb.macHeader <= skb.data ? skb.data - skb.macHeader : skb.data - skb.networkHeader;
  skb.transportHeader = skb.data;
  skbPush(skb, off);
  const segs = skbSegment(skb, off + hdrLen, mss, (features & NETIF_F_SG) !== 0);
  skbPullUnchecked(skb, off);
  if (segs === null) return -EINVAL;
  const th0 = skb.data;
  let seq = skb.view.getInt32(th0 + 4);
  const flags = skb.u8[th0 + 13]!;
  const sum = (features & (NETIF_F_HW_CSUM | (v6 ? NETIF_F_IPV6_CSUM : NETIF_F_IP_CSUM))) === 0;
  const owner = skb.destructor === tcpWfree ? (skb.sk as TcpSock) : null;
  let first = true;
  for (let s: Skb | null = segs; s !== null; s = s.next) {
    const th = s.transportHeader;
    let f = flags;
    if (!first) f &= ~TCPHDR_CWR;
    if (s.next !== null) f &= ~(TCPHDR_FIN | TCPHDR_PSH);
    s.view.setInt32(th + 4, seq);
    s.u8[th + 13] = f;
    seq = (seq + mss) | 0;
    first = false;
    leaveChecksum(af, s, th);
    if (sum) skbChecksumHelp(s);
    if (owner !== null) {
      // The socket waits for the segments, not for what they were cut from.
      s.sk = owner;
      s.destructor = tcpWfree;
      owner.wmemAlloc += s.truesize;
    }
  }
  return segs;
}

/** Do two headers of `len` bytes carry the same options? */
function sameOptions(a: Skb, ath: number, b: Skb, bth: number, len: number): boolean {
  for (let i = 20; i < len; i += 4) if (a.view.getInt32(ath + i) !== b.view.getInt32(bth + i)) return false;
  return true;
}

/** Merges a segment into the held one that it follows (tcp_gro_receive). Contract: `GroOffload.groReceive`. */
export function tcpGroReceive(af: InetAf, head: GroList, skb: Skb): Skb | null {
  const off = groOffset(skb);
  let th = skbGroHeader(skb, 20);
  if (th < 0) {
    setGroFlush(skb);
    return null;
  }
  const hdrLen = (skb.u8[th + 12]! >> 4) << 2;
  if (hdrLen >= 20) th = skbGroHeader(skb, hdrLen);
  if (hdrLen < 20 || th < 0 || !skbGroChecksumValidate(skb, af.skbPseudoSum(skb, groLen(skb), IPPROTO_TCP))) {
    setGroFlush(skb);
    return null;
  }
  skbGroPull(skb, hdrLen);
  const view = skb.view;
  const ports = view.getInt32(th);
  const flags = skb.u8[th + 13]!;
  const len = groLen(skb);
  const gso = skb.gsoSize;

  let held: Skb | null = null;
  for (let p = head.first; p !== null; p = p.next) {
    if (!groSameFlow(p)) continue;
    if (p.view.getInt32(p.data + off) !== ports) {
      clearGroSameFlow(p);
      continue;
    }
    held = p;
    break;
  }
  let mss = 1;
  let merged = false;
  if (held !== null) {
    const pth = held.data + off;
    const pflags = held.u8[pth + 13]!;
    mss = held.gsoSize;
    const pseq = held.view.getInt32(pth + 4);
    const end = (pseq + held.len - off - hdrLen) | 0;
    const fits =
      groFlushId(held) === 0 &&
      (flags & TCPHDR_CWR) === 0 &&
      ((flags ^ pflags) & ~(TCPHDR_CWR | TCPHDR_FIN | TCPHDR_PSH)) === 0 &&
      held.u8[pth + 12] === skb.u8[th + 12] &&
      held.view.getUint16(pth + 14) === view.getUint16(th + 14) &&
      held.view.getInt32(pth + 8) === view.getInt32(th + 8) &&
      sameOptions(held, pth, skb, th, hdrLen) &&
      (gso !== 0 ? gso === mss : len > 0 && len <= mss) &&
      end === view.getInt32(th + 4) &&
      !skbCloned(held);
    if (fits && skbGroReceive(held, skb) === 0) {
      held.u8[pth + 13] = pflags | (flags & (TCPHDR_FIN | TCPHDR_PSH));
      merged = true;
    } else {
      mss = 1;
    }
  }
  // A short segment ends a burst; so do these flags.
  const short = gso !== 0 ? len !== skb.gsoSegs * gso : len < mss;
  const flush = short || (flags & (TCPHDR_URG | TCPHDR_PSH | TCPHDR_RST | TCPHDR_SYN | TCPHDR_FIN)) !== 0;
  if (flush) setGroFlush(skb);
  return held !== null && (!merged || flush) ? held : null;
}

/** Finishes a merged packet (tcp_gro_complete): its checksum is known to be right. Contract: `GroOffload.groComplete`. */
export function tcpGroComplete(af: InetAf, skb: Skb, nhoff: number): number {
  const th = skb.data + nhoff;
  skb.transportHeader = th;
  leaveChecksum(af, skb, th);
  skb.gsoType |= af.family === AF_INET6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
  if ((skb.u8[th + 13]! & TCPHDR_CWR) !== 0) skb.gsoType |= SKB_GSO_TCP_ECN;
  return 0;
}

/** TCP's offload record for a family. */
export function makeTcpOffload(af: InetAf): GroOffload {
  return {
    gsoSegment: (skb, features) => tcpGsoSegment(af, skb, features),
    groReceive: (head, skb) => tcpGroReceive(af, head, skb),
    groComplete: (skb, nhoff) => tcpGroComplete(af, skb, nhoff),
  };
}
