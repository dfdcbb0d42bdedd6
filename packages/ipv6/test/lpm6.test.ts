import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lpm6 } from '../src/lpm6.ts';

const mask = (a: readonly number[], plen: number): Int32Array =>
  Int32Array.from(a, (w, i) => {
    const n = plen - 32 * i;
    return n <= 0 ? 0 : n >= 32 ? w : w & (-1 << (32 - n));
  });

/** Repeatable numbers. */
function xorshift(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x;
  };
}

const key = (p: Int32Array, plen: number): string => `${p.join()}/${plen}`;

/** The table as a list that is looked through from one end to the other. */
class Naive {
  readonly list: { p: Int32Array; plen: number; leaf: number }[] = [];
  find(a: readonly number[]): number {
    let best = -1;
    let leaf = 0;
    for (const e of this.list) {
      if (e.plen <= best || mask(a, e.plen).some((w, i) => w !== e.p[i])) continue;
      best = e.plen;
      leaf = e.leaf;
    }
    return leaf;
  }
  exact(p: Int32Array, plen: number): number {
    return this.list.find((e) => e.plen === plen && e.p.every((w, i) => w === p[i]))?.leaf ?? 0;
  }
}

// Few bits vary, so that prefixes contain each other and addresses are found in them.
const word = fc.constantFrom(0, 1, -1, 0x20010db8, 0x80000000 | 0, 0x40000000, 3, 0x20010db9);
const address = fc.tuple(word, word, word, word);
const length = fc.oneof(fc.constantFrom(0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128), fc.integer({ min: 0, max: 128 }));
const step = fc.record({ what: fc.constantFrom('insert', 'insert', 'remove', 'find'), a: address, plen: length, at: fc.nat() });

test('finds what a list finds, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const lpm = new Lpm6();
      const naive = new Naive();
      for (const s of steps) {
        const p = mask(s.a, s.plen);
        expect(lpm.exact(p, s.plen)).toBe(naive.exact(p, s.plen));
        if (s.what === 'insert' && naive.exact(p, s.plen) === 0) {
          const leaf = lpm.insert(p, s.plen);
          expect(naive.list.some((e) => e.leaf === leaf)).toBe(false);
          naive.list.push({ p, plen: s.plen, leaf });
          expect(lpm.plen(leaf)).toBe(s.plen);
        } else if (s.what === 'remove' && naive.list.length > 0) {
          const [e] = naive.list.splice(s.at % naive.list.length, 1);
          lpm.remove(e!.leaf);
        }
        expect(lpm.count).toBe(naive.list.length);
        expect(lpm.find(...s.a)).toBe(naive.find(s.a));
        // Up over all that contain it, the longest first.
        const covers: number[] = [];
        for (let at = lpm.find(...s.a); at !== 0; at = lpm.cover(at)) covers.push(at);
        expect(covers).toEqual(naive.list.filter((e) => mask(s.a, e.plen).every((w, i) => w === e.p[i])).sort((x, y) => y.plen - x.plen).map((e) => e.leaf));
      }
      expect(lpm.list().sort((x, y) => x - y)).toEqual(naive.list.map((e) => e.leaf).sort((x, y) => x - y));
      for (const e of naive.list) lpm.remove(e.leaf);
      expect(lpm.list()).toEqual([]);
    }),
    { seed: 6, numRuns: 300 },
  );
});

test('memory of what went is used again', () => {
  const lpm = new Lpm6();
  const add = (): number[] => Array.from({ length: 64 }, (_, i) => lpm.insert(mask([0x20010db8, i << 16, 0, 0], 48), 48));
  for (const leaf of add()) lpm.remove(leaf);
  const bytes = lpm.bytes();
  for (let n = 0; n < 5; n++) for (const leaf of add()) lpm.remove(leaf);
  expect(lpm.bytes()).toBe(bytes);
});

test('a big table, with its shortcut, finds what a table for each length finds', () => {
  const next = xorshift(2463534242);
  const lpm = new Lpm6();
  const there = new Map<string, { p: Int32Array; plen: number }>();
  const lengths = [0, 3, 8, 14, 15, 16, 17, 19, 20, 21, 24, 29, 32, 36, 40, 44, 48, 64];
  const some = (): { p: Int32Array; plen: number } => {
    const plen = lengths[(next() >>> 4) % lengths.length]!;
    // Half of them close together.
    return { p: mask([(next() & 1) === 0 ? next() : 0x20010000 | (next() & 0x3ff), next(), 0, 0], plen), plen };
  };
  const find = (a: readonly number[]): string => {
    for (const plen of [...lengths].reverse()) {
      const k = key(mask(a, plen), plen);
      if (there.has(k)) return k;
    }
    return '';
  };
  const check = (n: number): void => {
    let wrong = 0;
    for (let i = 0; i < n; i++) {
      const a = [(next() & 1) === 0 ? next() : 0x20010000 | (next() & 0x3ff), next(), next(), 1];
      const leaf = lpm.find(a[0]!, a[1]!, a[2]!, a[3]!);
      const got = leaf === 0 ? '' : key(mask(a, lpm.plen(leaf)), lpm.plen(leaf));
      if (got !== find(a)) wrong++;
    }
    expect(wrong).toBe(0);
  };
  for (const size of [3000, 60_000, 8000, 200, 2000]) {
    while (there.size < size) {
      const { p, plen } = some();
      if (there.has(key(p, plen))) continue;
      there.set(key(p, plen), { p, plen });
      lpm.insert(p, plen);
      if ((there.size & 1023) === 0) check(20);
    }
    for (const [k, { p, plen }] of there) {
      if (there.size <= size) break;
      there.delete(k);
      lpm.remove(lpm.exact(p, plen));
      if ((there.size & 1023) === 0) check(20);
    }
    expect(lpm.count).toBe(there.size);
    check(2000);
  }
});

test('what a search of a big table has learned does not outlive a change', () => {
  const next = xorshift(362436069);
  const lpm = new Lpm6();
  const there = new Map<string, { p: Int32Array; plen: number }>();
  const lengths = [0, 9, 16, 17, 20, 30, 32, 48, 64];
  // Enough far away for the shortcut; 32 places are where it happens, each with some six prefixes, many of which are forks as well.
  for (let i = 0; i < 2000; i++) lpm.insert(Int32Array.of(0x40000000 + (i << 12), 0, 0, 0), 48);
  const place = (): number[] => {
    const r = next();
    return [0x20000000 | ((r & 31) << 16) | ((r & 32) << 10) | ((r & 64) << 7) | ((r & 128) >> 6), (r & 256) << 23, 0, r & 512];
  };
  let wrong = 0;
  for (let i = 0; i < 30_000; i++) {
    const a = place();
    let best = '';
    for (const plen of lengths) {
      const k = key(mask(a, plen), plen);
      if (there.has(k)) best = k;
    }
    const leaf = lpm.find(a[0]!, a[1]!, a[2]!, a[3]!);
    if ((leaf === 0 ? '' : key(mask(a, lpm.plen(leaf)), lpm.plen(leaf))) !== best) wrong++;
    if ((i & 3) !== 0) continue;
    const plen = (next() >>> 8) % 50 === 0 ? lengths[next() & 1]! : lengths[2 + ((next() >>> 8) % 7)]!;
    const p = mask(a, plen);
    const k = key(p, plen);
    if (there.delete(k)) {
      lpm.remove(lpm.exact(p, plen));
    } else if (there.size < 192) {
      there.set(k, { p, plen });
      lpm.insert(p, plen);
    }
  }
  expect(wrong).toBe(0);
  // Lists are begun anew before they grow without end.
  expect(lpm.bytes()).toBeLessThan(1_000_000);
});
