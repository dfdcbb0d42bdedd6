/** Where the header of the packet stands that brought an ICMPv6 error, while `networkHeader` is at the quoted one. */
import type { Skb } from '@linnet/skbuff';

/** Remembers it: before `networkHeader` moves. @alpha */
export function icmp6SetOuterHeader(skb: Skb): void {
  skb.innerNetworkHeader = skb.networkHeader;
}
/** The offset in `skb.u8`. @alpha */
export function icmp6OuterHeader(skb: Skb): number {
  return skb.innerNetworkHeader;
}
