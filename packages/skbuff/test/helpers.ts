import { allocSkb, headGet, type Skb, skbAddFrag, SkbPool, skbPut, skbReserve, skbCopyBits } from '../src/index.ts';

/** A pool in which every stale use shows. */
export const newPool = (): SkbPool => new SkbPool({ poison: true });

/** An skb whose bytes are 0, 1, 2, ... (mod 251), spread over a linear part and fragments of the given sizes. */
export function pattern(pool: SkbPool, linear: number, frags: number[] = [], headroom = 32): Skb {
  const skb = allocSkb(pool, headroom + linear);
  skbReserve(skb, headroom);
  let n = 0;
  const at = skbPut(skb, linear);
  for (let i = 0; i < linear; i++) skb.u8[at + i] = n++ % 251;
  for (const size of frags) {
    const head = pool.allocHead(size + 10);
    for (let i = 0; i < size; i++) head.u8[7 + i] = n++ % 251;
    skbAddFrag(skb, head, 7, size, size);
  }
  return skb;
}

/** All bytes of an skb, read with skbCopyBits. */
export function bytes(skb: Skb): Uint8Array {
  const out = new Uint8Array(skb.len);
  if (skbCopyBits(skb, 0, out, 0, skb.len) !== 0) throw new Error('skbCopyBits failed');
  return out;
}

/** The bytes that `pattern` writes, from `from` to `to`. */
export const expected = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251);
export { headGet };
