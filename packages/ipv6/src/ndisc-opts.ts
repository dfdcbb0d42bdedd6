/** The options of neighbour discovery (RFC 4861 4.6). */
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';

/** Are the options from `at` to the packet's end well formed? The packet must be linear. @alpha */
export function ndOptsValid(skb: Skb, at: number): boolean {
  const end = skb.data + skb.len;
  let o = at;
  while (o < end) {
    if (o + 2 > end) return false;
    const len = skb.u8[o + 1]! << 3;
    if (len === 0 || o + len > end) return false;
    o += len;
  }
  return true;
}

/** Offset of the first option of a type, 0 when there is none. @alpha */
export function ndFindOpt(skb: Skb, at: number, type: number): number {
  const end = skb.data + skb.len;
  for (let o = at; o + 2 <= end; o += skb.u8[o + 1]! << 3) if (skb.u8[o] === type) return o;
  return 0;
}

/** Offset of the link-layer address in an option of a type: 0 without one, -1 when its length is wrong for the device. @alpha */
export function ndLlOpt(skb: Skb, at: number, type: number, dev: NetDevice): number {
  const o = ndFindOpt(skb, at, type);
  if (o === 0) return 0;
  return skb.u8[o + 1]! << 3 === ((dev.addrLen + 2 + 7) & ~7) ? o + 2 : -1;
}
