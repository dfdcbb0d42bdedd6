import { csumFold, csumPartial } from '@linnet/kernel';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  allocSkb, CHECKSUM_PARTIAL, consumeSkb, consumeSkbList, DROP, dropReasonName, kfreeSkbReason, pskbCopy, pskbExpandHead, pskbMayPull, pskbTrim, skbChecksum,
  skbChecksumHelp, skbClone, skbCloned, skbCopy, skbCow, skbCowHead, skbDequeue, skbEat, skbGet, skbHeaderRelease, skbHeadlen, skbLinearize, SkbPool, skbPull,
  skbPush, skbPut, SkbQueue, skbQueueHead, skbQueuePurge, skbQueueTail, skbReserve, skbSegment, skbShift, skbSplit, skbTryCoalesce, skbUnlink, type Skb,
} from '../src/index.ts';
import { bytes, expected, newPool, pattern } from './helpers.ts';

let pool = newPool();
afterEach(() => {
  expect(pool.stats.live).toBe(0);
  expect(pool.headsLive).toBe(0);
  pool = newPool();
});

describe('allocating and freeing', () => {
  it('counts the living and names the reason of a drop', () => {
    const a = allocSkb(pool, 100);
    const b = allocSkb(pool, 3000);
    expect(pool.stats.live).toBe(2);
    kfreeSkbReason(a, DROP.IP_CSUM);
    consumeSkb(b);
    expect(pool.dropCounts()).toEqual({ IP_CSUM: 1 });
    expect(dropReasonName(DROP.IP_CSUM)).toBe('IP_CSUM');
    expect(dropReasonName(9999)).toBe('UNKNOWN(9999)');
  });

  it('frees with the last reference only', () => {
    const skb = skbGet(allocSkb(pool, 10));
    consumeSkb(skb);
    expect(pool.stats.live).toBe(1);
    consumeSkb(skb);
  });

  it('leaves a socket with the charge that it began with when the head is exchanged', () => {
    let charged = 0;
    for (const [linear, frags] of [[100, []], [10, [3000]], [2000, []]] as const) {
      const skb = pattern(pool, linear, [...frags]);
      skb.destructor = (s) => {
        charged -= s.truesize;
      };
      charged += skb.truesize;
      pskbExpandHead(skb, 700, 0);
      skbLinearize(skb);
      const clone = skbClone(skb);
      skbCow(skb, 9000);
      consumeSkb(clone);
      consumeSkb(skb);
      expect(charged).toBe(0);
    }
  });

  it('throws on a stale use and on a second free', () => {
    const skb = allocSkb(pool, 10);
    skbPut(skb, 4);
    const at = skb.data;
    consumeSkb(skb);
    expect(() => skb.view.getUint8(at)).toThrow(RangeError);
    expect(() => consumeSkb(skb)).toThrow(/freed twice/);
  });

  it('uses memory again when not poisoned, with clean fields', () => {
    const p = new SkbPool();
    const a = allocSkb(p, 100);
    const head = a.head;
    a.mark = 7;
    a.cb3 = 9;
    a.networkHeader = 5;
    consumeSkb(a);
    const b = allocSkb(p, 100);
    expect(b).toBe(a);
    expect(b.head).toBe(head);
    expect([b.mark, b.cb3, b.networkHeader, b.len, b.users]).toEqual([0, 0, -1, 0, 1]);
    consumeSkb(b);
    expect(p.stats.live).toBe(0);
  });

  it('runs the destructor once, before the memory goes', () => {
    const seen: number[] = [];
    const skb = allocSkb(pool, 10);
    skbPut(skb, 3);
    skb.destructor = (s) => seen.push(s.len);
    const clone = skbClone(skb);
    consumeSkb(clone);
    expect(seen).toEqual([]);
    consumeSkb(skb);
    expect(seen).toEqual([3]);
  });
});

describe('moving the ends', () => {
  it('pushes, pulls, puts within the room', () => {
    const skb = allocSkb(pool, 64);
    skbReserve(skb, 20);
    skbPut(skb, 10);
    expect(skbPush(skb, 20)).toBe(0);
    expect(() => skbPush(skb, 1)).toThrow(RangeError);
    expect(skb.len).toBe(30);
    expect(skbPull(skb, 31)).toBe(-1);
    expect(skbPull(skb, 30)).toBe(30);
    expect(skb.len).toBe(0);
    expect(() => skbPut(skb, 1000)).toThrow(RangeError);
    consumeSkb(skb);
  });

  it('pulls bytes out of fragments when headers lie there', () => {
    const skb = pattern(pool, 5, [10, 20, 30]);
    expect(pskbMayPull(skb, 66)).toBe(false);
    expect(pskbMayPull(skb, 25)).toBe(true);
    expect(skbHeadlen(skb)).toBe(25);
    expect(skb.nrFrags).toBe(2);
    expect(bytes(skb)).toEqual(expected(0, 65));
    expect(skb.u8[skb.data + 24]).toBe(24);
    consumeSkb(skb);
  });
});

describe('sharing', () => {
  it('does not write into a clone', () => {
    const skb = pattern(pool, 40, [100]);
    const clone = skbClone(skb);
    expect(skbCloned(skb)).toBe(true);
    skbCow(clone, 0);
    clone.u8[clone.data] = 99;
    expect(skb.u8[skb.data]).toBe(0);
    expect(clone.frags[0]!.head).toBe(skb.frags[0]!.head);
    consumeSkb(skb);
    expect(bytes(clone).slice(1)).toEqual(expected(1, 140));
    consumeSkb(clone);
  });

  it('lets a clone write headers when the original gave them up', () => {
    const skb = pattern(pool, 0, [50], 64);
    skbHeaderRelease(skb);
    const clone = skbClone(skb);
    const head = clone.head;
    skbCowHead(clone, 40);
    expect(clone.head).toBe(head);
    consumeSkb(clone);
    consumeSkb(skb);
  });

  it('keeps offsets through a new head', () => {
    const skb = pattern(pool, 40);
    skb.networkHeader = skb.data + 4;
    skb.transportHeader = skb.data + 24;
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.data + 24;
    pskbExpandHead(skb, 100, 7);
    expect(skb.u8[skb.networkHeader]).toBe(4);
    expect(skb.u8[skb.transportHeader]).toBe(24);
    expect(skb.csumStart).toBe(skb.transportHeader);
    expect(skb.data).toBe(132);
    const copy = skbCopy(skb);
    expect(copy.u8[copy.transportHeader]).toBe(24);
    const half = pskbCopy(skb, 10);
    expect(half.u8[half.networkHeader]).toBe(4);
    consumeSkbAll(skb, copy, half);
  });
});

const consumeSkbAll = (...list: Skb[]): void => list.forEach((s) => consumeSkb(s));

const shape = fc.record({ linear: fc.integer({ min: 0, max: 300 }), frags: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 6 }) });
const total = (s: { linear: number; frags: number[] }): number => s.linear + s.frags.reduce((a, b) => a + b, 0);

describe('against plain arrays', () => {
  const run = <T>(prop: fc.IProperty<T>): void => fc.assert(prop, { seed: 7, numRuns: 200 });

  it('copies, sums, linearizes', () => {
    run(fc.property(shape, fc.nat(), fc.nat(), (s, a, b) => {
      const skb = pattern(pool, s.linear, s.frags);
      const n = total(s);
      const from = n === 0 ? 0 : a % n;
      const len = n === from ? 0 : b % (n - from + 1);
      const flat = expected(0, n);
      expect(bytes(skb)).toEqual(flat);
      expect(csumFold(skbChecksum(skb, from, len, 0))).toBe(csumFold(csumPartial(flat, from, len, 0)));
      skbLinearize(skb);
      expect(skb.dataLen).toBe(0);
      expect(bytes(skb)).toEqual(flat);
      consumeSkb(skb);
    }));
  });

  it('trims and eats', () => {
    run(fc.property(shape, fc.nat(), fc.nat(), (s, a, b) => {
      const n = total(s);
      const skb = pattern(pool, s.linear, s.frags);
      const to = n === 0 ? 0 : a % (n + 1);
      pskbTrim(skb, to);
      expect(bytes(skb)).toEqual(expected(0, to));
      const eat = to === 0 ? 0 : b % (to + 1);
      skbEat(skb, eat);
      expect(bytes(skb)).toEqual(expected(eat, to));
      consumeSkb(skb);
    }));
  });

  it('splits and joins again', () => {
    run(fc.property(shape, fc.nat(), (s, a) => {
      const n = total(s);
      const at = n === 0 ? 0 : a % (n + 1);
      const skb = pattern(pool, s.linear, s.frags);
      const rest = allocSkb(pool, 0);
      skbSplit(skb, rest, at);
      expect(bytes(skb)).toEqual(expected(0, at));
      expect(bytes(rest)).toEqual(expected(at, n));
      expect(skb.dataLen).toBe(at - skbHeadlen(skb));
      if (skbTryCoalesce(skb, rest) < 0) {
        consumeSkb(rest);
        expect(bytes(skb)).toEqual(expected(0, at));
      } else {
        expect(bytes(skb)).toEqual(expected(0, n));
      }
      consumeSkb(skb);
    }));
  });

  it('shifts payload from one to the other', () => {
    run(fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }), fc.nat(), (frags, a) => {
      const n = frags.reduce((x, y) => x + y, 0);
      const len = (a % n) + 1;
      const to = allocSkb(pool, 0);
      const from = pattern(pool, 0, frags);
      expect(skbShift(to, from, len)).toBe(len);
      expect(bytes(to)).toEqual(expected(0, len));
      expect(bytes(from)).toEqual(expected(len, n));
      consumeSkbAll(to, from);
    }));
  });

  it('segments with shared and with copied payload', () => {
    run(fc.property(shape, fc.integer({ min: 1, max: 200 }), fc.boolean(), (s, mss, sg) => {
      const hdr = 20;
      const skb = pattern(pool, s.linear + hdr, s.frags);
      const n = total(s);
      const segs = skbSegment(skb, hdr, mss, sg);
      let off = 0;
      let count = 0;
      for (let g = segs; g !== null; g = g.next) {
        const b = bytes(g);
        expect(b.slice(0, hdr)).toEqual(expected(0, hdr));
        expect(b.slice(hdr)).toEqual(expected(hdr + off, hdr + Math.min(off + mss, n)));
        expect(g.gsoSize).toBe(0);
        off += mss;
        count++;
      }
      expect(count).toBe(Math.max(1, Math.ceil(n / mss)));
      expect(bytes(skb)).toEqual(expected(0, hdr + n));
      consumeSkb(skb);
      consumeSkbList(segs);
    }));
  });
});

describe('checksums', () => {
  it('fills in what was left to the device, without touching a clone', () => {
    const skb = pattern(pool, 30, [11]);
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.data + 10;
    skb.csumOffset = 6;
    const clone = skbClone(skb);
    expect(skbChecksumHelp(skb)).toBe(0);
    const b = bytes(skb);
    expect(csumFold(csumPartial(b, 10, 31, 0))).not.toBe(csumFold(csumPartial(bytes(clone), 10, 31, 0)));
    // Stored over bytes that took part in the sum: summing again without them gives the stored value.
    const stored = (b[16]! << 8) | b[17]!;
    expect(stored).toBe(csumFold(csumPartial(expected(0, 41), 10, 31, 0)));
    consumeSkbAll(skb, clone);
  });

  it('refuses a field outside the packet', () => {
    const skb = pattern(pool, 30);
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.data + 25;
    skb.csumOffset = 16;
    expect(skbChecksumHelp(skb)).toBe(-22);
    consumeSkb(skb);
  });
});

describe('queues', () => {
  it('are FIFO from the tail, LIFO from the head, and let go in the middle', () => {
    const q = new SkbQueue();
    const [a, b, c, d] = [1, 2, 3, 4].map((n) => {
      const s = allocSkb(pool, 4);
      s.mark = n;
      return s;
    }) as [Skb, Skb, Skb, Skb];
    skbQueueTail(q, b);
    skbQueueTail(q, c);
    skbQueueHead(q, a);
    skbQueueTail(q, d);
    skbUnlink(c, q);
    expect(q.qlen).toBe(3);
    expect([skbDequeue(q), skbDequeue(q), skbDequeue(q), skbDequeue(q)].map((s) => s?.mark)).toEqual([1, 2, 4, undefined]);
    skbQueueTail(q, a);
    skbQueuePurge(q, DROP.QUEUE_PURGE);
    expect(pool.stats.drops[DROP.QUEUE_PURGE]).toBe(1);
    consumeSkbAll(b, c, d);
  });
});
