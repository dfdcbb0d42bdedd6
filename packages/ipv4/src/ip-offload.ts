/**
 * IPv4's part in segmentation and merging (inet_gso_segment, inet_gro_receive, inet_gro_complete): the IP header; the transport's
 * part is in the offload that `inet` has for its protocol number.
 */
import { EINVAL, EPROTONOSUPPORT, ipFastCsum } from '@linnet/kernel';
import {
  ETH_P_IP, IPHDR_LEN, IP_DF, IP_MF, IP_OFFSET, iphDaddr, iphFragOff, iphId, iphProtocol, iphSaddr, iphSetCheck, iphSetId, iphSetTotLen, iphTos, iphTotLen,
  iphTtl,
} from '@linnet/uapi';
import { pskbMayPull, skbPullUnchecked } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  clearGroSameFlow, groCount, groIpFixedid, groLen, groOffset, groSameFlow, setGroFlush, setGroFlushId, setGroIpFixedid, setGroNetworkOffset, skbGroHeader, skbGroPull,
} from '@linnet/netdev';
import type { GroList, PacketOffload } from '@linnet/netdev';
import type { InetKernel } from '@linnet/inet';
import { ipHdrlen } from './ip-hdrlen.ts';

/** Cuts a super-segment whose `data` and `networkHeader` are at its IP header. Contract: `PacketOffload.gsoSegment`. */
function gsoSegment(inet: InetKernel, skb: Skb, features: number): Skb | null | number {
  if (!pskbMayPull(skb, IPHDR_LEN)) return -EINVAL;
  const ihl = ipHdrlen(skb.view, skb.data);
  if (ihl < IPHDR_LEN || !pskbMayPull(skb, ihl)) return -EINVAL;
  const nh = skb.data;
  let id = iphId(skb.view, nh);
  const ops = inet.offloads[iphProtocol(skb.view, nh)]!;
  if (ops === null) return -EPROTONOSUPPORT;
  skb.networkHeader = nh;
  skbPullUnchecked(skb, ihl);
  skb.transportHeader = skb.data;
  const segs = ops.gsoSegment(skb, features);
  if (segs === null || typeof segs === 'number') return segs;
  for (let s: Skb | null = segs; s !== null; s = s.next) {
    const at = s.networkHeader;
    const view = s.view;
    iphSetId(view, at, id);
    id = (id + 1) & 0xffff;
    iphSetTotLen(view, at, s.len - (at - s.data));
    iphSetCheck(view, at, 0);
    iphSetCheck(view, at, ipFastCsum(s.u8, at, ihl >> 2));
  }
  return segs;
}

/** Compares a received packet with those held. Contract: `PacketOffload.groReceive`. */
function groReceive(inet: InetKernel, head: GroList, skb: Skb): Skb | null {
  const off = groOffset(skb);
  const at = skbGroHeader(skb, IPHDR_LEN);
  if (at < 0) {
    setGroFlush(skb);
    return null;
  }
  const { view } = skb;
  const protocol = iphProtocol(view, at);
  const ops = inet.offloads[protocol]!;
  // Options, fragments, padding and broken headers go up as they are.
  if (
    ops === null || view.getUint8(at) !== 0x45 || ipFastCsum(skb.u8, at, IPHDR_LEN >> 2) !== 0 || iphTotLen(view, at) !== groLen(skb) ||
    (iphFragOff(view, at) & (IP_MF | IP_OFFSET)) !== 0
  ) {
    setGroFlush(skb);
    return null;
  }
  const saddr = iphSaddr(view, at);
  const daddr = iphDaddr(view, at);
  const df = iphFragOff(view, at) & IP_DF;
  const id = iphId(view, at);
  for (let p = head.first; p !== null; p = p.next) {
    if (!groSameFlow(p)) continue;
    const v2 = p.view;
    const at2 = p.data + off;
    if (iphProtocol(v2, at2) !== protocol || iphSaddr(v2, at2) !== saddr || iphDaddr(v2, at2) !== daddr) {
      clearGroSameFlow(p);
      continue;
    }
    // What may not differ inside a super-segment: the transport flushes the held packet when it does.
    let differs = iphTtl(v2, at2) !== iphTtl(view, at) || iphTos(v2, at2) !== iphTos(view, at) || (iphFragOff(v2, at2) & IP_DF) !== df;
    const id2 = iphId(v2, at2);
    const follows = id === ((id2 + groCount(p)) & 0xffff);
    if (groCount(p) === 1) {
      // Atomic datagrams (RFC 6864) may also repeat their identification.
      const fixed = df !== 0 && id === id2;
      setGroIpFixedid(p, fixed);
      if (!fixed && !follows) differs = true;
    } else if (groIpFixedid(p) ? id !== id2 : !follows) {
      differs = true;
    }
    setGroFlushId(p, differs ? 1 : 0);
  }
  setGroNetworkOffset(skb, off);
  skbGroPull(skb, IPHDR_LEN);
  skb.transportHeader = at + IPHDR_LEN;
  return ops.groReceive(head, skb);
}

/** Mends the IP header of a merged packet at `nhoff`. Contract: `PacketOffload.groComplete`. */
function groComplete(inet: InetKernel, skb: Skb, nhoff: number): number {
  const at = skb.data + nhoff;
  const ops = inet.offloads[iphProtocol(skb.view, at)]!;
  if (ops === null) return -EPROTONOSUPPORT;
  skb.networkHeader = at;
  iphSetTotLen(skb.view, at, skb.len - nhoff);
  iphSetCheck(skb.view, at, 0);
  iphSetCheck(skb.view, at, ipFastCsum(skb.u8, at, IPHDR_LEN >> 2));
  return ops.groComplete(skb, nhoff + IPHDR_LEN);
}

/** IPv4's offload record for a kernel. @alpha */
export function makeIpOffload(inet: InetKernel): PacketOffload {
  return {
    type: ETH_P_IP,
    gsoSegment: (skb, features) => gsoSegment(inet, skb, features),
    groReceive: (head, skb) => groReceive(inet, head, skb),
    groComplete: (skb, nhoff) => groComplete(inet, skb, nhoff),
  };
}
