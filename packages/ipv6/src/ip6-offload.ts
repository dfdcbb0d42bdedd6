/**
 * IPv6's part in segmentation and merging (ipv6_gso_segment, ipv6_gro_receive, ipv6_gro_complete): the IPv6 header and what extension headers stand behind it; the
 * transport's part is in the offload that `inet` has for its protocol number.
 */
import { EINVAL, EPROTONOSUPPORT } from '@linnet/kernel';
import {
  ETH_P_IPV6, IPV6HDR_LEN, NEXTHDR_DEST, NEXTHDR_HOP, NEXTHDR_ROUTING, ip6Nexthdr, ip6PayloadLen, ip6SetPayloadLen,
} from '@linnet/uapi';
import { pskbMayPull, skbPullUnchecked } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  clearGroSameFlow, groLen, groOffset, groSameFlow, setGroFlush, setGroFlushId, setGroNetworkOffset, skbGroHeader, skbGroPull,
} from '@linnet/netdev';
import type { GroList, PacketOffload } from '@linnet/netdev';
import type { InetKernel } from '@linnet/inet';

/** Cuts a super-segment whose `data` and `networkHeader` are at its IPv6 header. Contract: `PacketOffload.gsoSegment`. */
function gsoSegment(inet: InetKernel, skb: Skb, features: number): Skb | null | number {
  if (!pskbMayPull(skb, IPV6HDR_LEN)) return -EINVAL;
  let type = ip6Nexthdr(skb.view, skb.data);
  let hlen = IPV6HDR_LEN;
  while (type === NEXTHDR_HOP || type === NEXTHDR_DEST || type === NEXTHDR_ROUTING) {
    if (!pskbMayPull(skb, hlen + 8)) return -EINVAL;
    const at = skb.data + hlen;
    type = skb.u8[at]!;
    hlen += (skb.u8[at + 1]! + 1) << 3;
    if (!pskbMayPull(skb, hlen)) return -EINVAL;
  }
  const ops = inet.offloads6[type]!;
  if (ops === null) return -EPROTONOSUPPORT;
  skb.networkHeader = skb.data;
  skbPullUnchecked(skb, hlen);
  skb.transportHeader = skb.data;
  const segs = ops.gsoSegment(skb, features);
  if (segs === null || typeof segs === 'number') return segs;
  for (let s: Skb | null = segs; s !== null; s = s.next) {
    const at = s.networkHeader;
    ip6SetPayloadLen(s.view, at, s.len - (at - s.data) - IPV6HDR_LEN);
  }
  return segs;
}

/** Are the addresses of two headers the same? */
function sameAddrs(v: DataView, at: number, v2: DataView, at2: number): boolean {
  for (let i = 8; i < IPV6HDR_LEN; i += 4) if (v.getInt32(at + i) !== v2.getInt32(at2 + i)) return false;
  return true;
}

/** Compares a received packet with those held. Contract: `PacketOffload.groReceive`. */
function groReceive(inet: InetKernel, head: GroList, skb: Skb): Skb | null {
  const off = groOffset(skb);
  const at = skbGroHeader(skb, IPV6HDR_LEN);
  if (at < 0) {
    setGroFlush(skb);
    return null;
  }
  const { view } = skb;
  const type = ip6Nexthdr(view, at);
  const ops = inet.offloads6[type]!;
  // Extension headers, padding and broken headers go up as they are.
  if (ops === null || view.getUint8(at) >> 4 !== 6 || ip6PayloadLen(view, at) + IPV6HDR_LEN !== groLen(skb)) {
    setGroFlush(skb);
    return null;
  }
  const first = view.getInt32(at);
  for (let p = head.first; p !== null; p = p.next) {
    if (!groSameFlow(p)) continue;
    const v2 = p.view;
    const at2 = p.data + off;
    const other = first ^ v2.getInt32(at2);
    // Version and flow label are of the flow.
    if ((other & 0xf00fffff) !== 0 || ip6Nexthdr(v2, at2) !== type || !sameAddrs(view, at, v2, at2)) {
      clearGroSameFlow(p);
      continue;
    }
    // What may not differ inside a super-segment: the transport flushes the held packet when it does.
    setGroFlushId(p, (other & 0x0ff00000) !== 0 || view.getUint8(at + 7) !== v2.getUint8(at2 + 7) ? 1 : 0);
  }
  setGroNetworkOffset(skb, off);
  skbGroPull(skb, IPV6HDR_LEN);
  skb.transportHeader = at + IPV6HDR_LEN;
  return ops.groReceive(head, skb);
}

/** Mends the header of a merged packet at `nhoff`. Contract: `PacketOffload.groComplete`. */
function groComplete(inet: InetKernel, skb: Skb, nhoff: number): number {
  const at = skb.data + nhoff;
  const ops = inet.offloads6[ip6Nexthdr(skb.view, at)]!;
  if (ops === null) return -EPROTONOSUPPORT;
  skb.networkHeader = at;
  ip6SetPayloadLen(skb.view, at, skb.len - nhoff - IPV6HDR_LEN);
  return ops.groComplete(skb, nhoff + IPV6HDR_LEN);
}

/** IPv6's offload record for a kernel. @alpha */
export function makeIp6Offload(inet: InetKernel): PacketOffload {
  return {
    type: ETH_P_IPV6,
    gsoSegment: (skb, features) => gsoSegment(inet, skb, features),
    groReceive: (head, skb) => groReceive(inet, head, skb),
    groComplete: (skb, nhoff) => groComplete(inet, skb, nhoff),
  };
}
