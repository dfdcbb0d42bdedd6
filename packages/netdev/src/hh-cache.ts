/** A link-layer header made once and copied in front of every packet to the same neighbour. */
import type { Skb } from '@linnet/skbuff';
import { skbCowHead, skbPush } from '@linnet/skbuff';

/** Longest header that is cached, in bytes. @alpha */
export const HH_DATA_MAX = 32;

/** A cached header (struct hh_cache): `len` bytes at the start of `data`; `len` 0 is an empty cache. @public */
export class HhCache {
  len: number;
  readonly data: Uint8Array;
  constructor() {
    this.len = 0;
    this.data = new Uint8Array(HH_DATA_MAX);
  }
}

/** Pushes the cached header in front of a packet, making headroom if it lacks (the first half of neigh_hh_output). @alpha */
export function hhOutput(hh: HhCache, skb: Skb): void {
  const n = hh.len;
  if (skb.data < n) skbCowHead(skb, n);
  const at = skbPush(skb, n);
  const u8 = skb.u8;
  const src = hh.data;
  for (let i = 0; i < n; i++) u8[at + i] = src[i]!;
}
