/** Cutting a message of many datagrams (UDP_SEGMENT, udp(7)) into them: __udp_gso_segment. */
import { csumFold, EINVAL } from '@linnet/kernel';
import type { GroOffload, InetAf } from '@linnet/inet';
import { NETIF_F_CSUM_MASK, NETIF_F_GSO_UDP_L4, NETIF_F_SG, setGroFlush } from '@linnet/netdev';
import {
  CHECKSUM_PARTIAL, pskbMayPull, SKB_GSO_DODGY, SKB_GSO_UDP_L4, skbChecksumHelp, skbPullUnchecked, skbPush, skbSegment, type Skb,
} from '@linnet/skbuff';
import { IPPROTO_UDP, UDPHDR_LEN, udphSetCheck, udphSetLen } from '@linnet/uapi';

/** Leaves a datagram's checksum to the device: the field at `uh` holds the pseudo header's sum for its `len` bytes, `sum` (udp4_hwcsum). */
export function udpLeaveChecksum(skb: Skb, uh: number, sum: number): void {
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = uh;
  skb.csumOffset = 6;
  udphSetCheck(skb.view, uh, ~csumFold(sum) & 0xffff);
}

/**
 * Cuts a super-datagram whose data stands at the UDP header; the contract is that of `GroOffload.gsoSegment`: each piece gets its length and
 * checksum, computed unless the device does that. -EINVAL for what is no message of several datagrams.
 */
export function udpGsoSegment(af: InetAf, skb: Skb, features: number): Skb | number | null {
  const mss = skb.gsoSize;
  const payload = skb.len - UDPHDR_LEN;
  if ((skb.gsoType & SKB_GSO_UDP_L4) === 0 || mss <= 0 || payload <= mss || !pskbMayPull(skb, UDPHDR_LEN)) return -EINVAL;
  if ((features & NETIF_F_GSO_UDP_L4) !== 0 && (skb.gsoType & SKB_GSO_DODGY) !== 0) {
    // From outside, but well-formed: the device takes it once the count is ours.
    skb.gsoSegs = Math.ceil(payload / mss);
    return null;
  }
  const off = skb.data - (skb.macHeader >= 0 && skb.macHeader <= skb.data ? skb.macHeader : skb.networkHeader);
  skb.transportHeader = skb.data;
  skbPush(skb, off);
  const segs = skbSegment(skb, off + UDPHDR_LEN, mss, (features & NETIF_F_SG) !== 0);
  skbPullUnchecked(skb, off);
  if (segs === null) return -EINVAL;
  for (let s: Skb | null = segs; s !== null; s = s.next) {
    const uh = s.transportHeader;
    const len = s.len - (uh - s.data);
    udphSetLen(s.view, uh, len);
    udpLeaveChecksum(s, uh, af.skbPseudoSum(s, len, IPPROTO_UDP));
    if ((features & NETIF_F_CSUM_MASK) === 0) skbChecksumHelp(s);
  }
  return segs;
}

/** UDP's offload record for a family. Received datagrams are not merged: that is for sockets that ask (UDP_GRO). */
export function makeUdpOffload(af: InetAf): GroOffload {
  return {
    gsoSegment: (skb, features) => udpGsoSegment(af, skb, features),
    groReceive(_head, skb) {
      setGroFlush(skb);
      return null;
    },
    groComplete: () => -EINVAL,
  };
}
