/** How long the segments of a super-segment will be. */
import { type Skb, SKB_GSO_TCPV4, SKB_GSO_TCPV6 } from '@linnet/skbuff';

/** Bytes of a full segment with its link-layer header, which stands at `data` when there is no other (skb_gso_mac_seglen). */
export function gsoMacSeglen(skb: Skb): number {
  const start = skb.macHeader >= 0 && skb.macHeader <= skb.networkHeader ? skb.macHeader : skb.data;
  const hdr = (skb.gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) !== 0 ? (skb.u8[skb.transportHeader + 12]! >> 4) << 2 : 8;
  return skb.transportHeader - start + hdr + skb.gsoSize;
}
