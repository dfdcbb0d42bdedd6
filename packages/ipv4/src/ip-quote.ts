/** Where an ICMP error's parts lie while it is being delivered. */
import type { Skb } from '@linnet/skbuff';

/** Notes where the outer IP header is, before `networkHeader` moves to the quoted one; by distance, as the head may move. @alpha */
export function icmpSetOuterHeader(skb: Skb): void {
  skb.cb8 = skb.transportHeader - skb.networkHeader;
}

/** The outer IP header of an ICMP error that is being delivered, an offset into `u8`. @alpha */
export function icmpOuterHeader(skb: Skb): number {
  return skb.transportHeader - skb.cb8;
}
