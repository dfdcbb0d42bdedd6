import { createKernel, VirtualClock } from '@linnet/kernel';
import { allocSkb, consumeSkb, SKB, skbAppend, skbQueueHead, skbUnlink, skbuff, SkbQueue, type Skb } from '@linnet/skbuff';
import { expect, it } from 'vitest';
import { SeqIndex, seqNear } from '../src/tcp-seek.ts';

/** mulberry32. */
function rng(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

it.each([0, 0x7fff8000, -0x8000])('finds what a walk from the front finds, however the queue changes meanwhile, from %i on', (base) => {
  const k = createKernel({ modules: [skbuff], clock: new VirtualClock(), seed: 1 });
  const pool = k.get(SKB);
  const q = new SkbQueue();
  const index = new SeqIndex();
  const rand = rng(1);
  const walk = (seq: number): Skb | null => {
    let at: Skb | null = null;
    for (let skb = q.head; skb !== null && ((skb.cb0 - seq) | 0) <= 0; skb = skb.next) at = skb;
    return at;
  };
  let far = 0;
  for (let i = 0; i < 6000; i++) {
    const seq = (base + Math.floor(rand() * 50_000)) | 0;
    const want = walk(seq);
    expect(index.find(q, seq)).toBe(want);
    if (q.head !== null) {
      const near = seqNear(rand() < 0.5 ? q.head : q.tail!, seq);
      if (near === undefined) far++;
      else expect(near).toBe(want);
    }
    // Grows, then shrinks, and now and then most of it goes at once; packets are used again, so old stops come back at other places.
    if (want === null || want.cb0 !== seq) {
      const skb = allocSkb(pool, 64);
      skb.cb0 = seq;
      if (want === null) skbQueueHead(q, skb);
      else skbAppend(want, skb, q);
    }
    const gone = i % 1500 === 1499 ? q.qlen - 3 : i > 4000 ? 2 : 0;
    for (let n = 0; n < gone && q.head !== null; n++) {
      const old = rand() < 0.5 ? q.head : q.tail!;
      skbUnlink(old, q);
      consumeSkb(old);
    }
  }
  expect(far).toBeGreaterThan(100);
  for (let skb = q.head; skb !== null; skb = q.head) {
    skbUnlink(skb, q);
    consumeSkb(skb);
  }
  k.shutdown();
});
