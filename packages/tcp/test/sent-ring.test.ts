import { describe, expect, it } from 'vitest';
import { allocSkb, type Skb, SkbPool } from '@linnet/skbuff';
import { SentRing, sentRingClear, sentRingFirst, sentRingInsertAfter, sentRingPush, sentRingRemove } from '../src/tcp-sent-ring.ts';

describe('the ring of sent segments', () => {
  it('agrees with a plain list under random use', () => {
    const pool = new SkbPool();
    const r = new SentRing();
    let list: Skb[] = [];
    let seed = 3;
    const rnd = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >> 8) % n;
    };
    const fresh = (): Skb => {
      const s = allocSkb(pool, 10);
      s.cb9 = -1;
      return s;
    };
    for (let i = 0; i < 20000; i++) {
      const op = rnd(10);
      if (op < 4 || list.length === 0) {
        const s = fresh();
        sentRingPush(r, s);
        list.push(s);
      } else if (op < 6) {
        const s = list[rnd(list.length)]!;
        sentRingPush(r, s);
        list = list.filter((x) => x !== s);
        list.push(s);
      } else if (op < 9) {
        const s = list[rnd(Math.min(list.length, 5))]!;
        sentRingRemove(r, s);
        expect(s.cb9).toBe(-1);
        list = list.filter((x) => x !== s);
      } else {
        const at = rnd(list.length);
        const s = fresh();
        sentRingInsertAfter(r, list[at]!, s);
        list.splice(at + 1, 0, s);
      }
      if (i % 50 === 0) {
        const got: Skb[] = [];
        for (let p = sentRingFirst(r); p !== r.tail; p++) {
          const s = r.slots[p & r.mask] as Skb | null;
          if (s !== null) got.push(s);
        }
        expect(got.length).toBe(list.length);
        expect(got.every((s, j) => s === list[j])).toBe(true);
      }
      if (list.length > 300) {
        sentRingClear(r);
        expect(list.every((s) => s.cb9 === -1)).toBe(true);
        list = [];
      }
    }
  });

  it('renumbers before its positions run out', () => {
    const pool = new SkbPool();
    const r = new SentRing();
    const a = allocSkb(pool, 1);
    const b = allocSkb(pool, 1);
    const c = allocSkb(pool, 1);
    for (const s of [a, b, c]) s.cb9 = -1;
    sentRingPush(r, a);
    r.head = 0x3fffff00;
    r.tail = 0x3fffff01;
    a.cb9 = r.head;
    r.slots.fill(null);
    r.slots[r.head & r.mask] = a;
    sentRingPush(r, b);
    sentRingInsertAfter(r, a, c);
    const got: Skb[] = [];
    for (let p = sentRingFirst(r); p !== r.tail; p++) if (r.slots[p & r.mask] !== null) got.push(r.slots[p & r.mask]!);
    expect(got).toEqual([a, c, b]);
    expect(r.tail).toBeLessThan(100);
  });
});
