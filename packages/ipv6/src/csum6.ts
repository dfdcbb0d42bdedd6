/** The sum of IPv6's pseudo header (RFC 8200 8.1). */
import { csumAdd, csumPartialView } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';

/** Adds the pseudo header to `sum`: addresses as words. @alpha */
export function csum6Pseudo(s: Int32Array, d: Int32Array, len: number, proto: number, sum: number): number {
  let t = csumAdd(sum, len + proto);
  for (let i = 0; i < 4; i++) t = csumAdd(csumAdd(t, s[i]!), d[i]!);
  return t;
}

/** The pseudo header's sum for the packet at hand: addresses from its network header. @alpha */
export function csum6SkbPseudo(skb: Skb, len: number, proto: number): number {
  return csumPartialView(skb.view, skb.networkHeader + 8, 32, len + proto);
}
