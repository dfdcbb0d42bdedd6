import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inetMakeMask } from '@linnet/uapi';
import { Lpm4 } from '../src/lpm.ts';

/** The plain form: a list, searched from one end to the other. */
class NaiveLpm {
  readonly list: { prefix: number; plen: number }[] = [];
  find(addr: number, below = 33): { prefix: number; plen: number } | null {
    let best: { prefix: number; plen: number } | null = null;
    for (const p of this.list) {
      if (p.plen >= below || ((addr ^ p.prefix) & inetMakeMask(p.plen)) !== 0) continue;
      if (best === null || p.plen > best.plen) best = p;
    }
    return best;
  }
}

/** Prefixes that nest and touch, so that covers and pages matter. */
const prefix = fc
  .tuple(fc.constantFrom(0, 0x0a000000, 0x0a010000, 0x0a0101ff, 0x7fffffff, -1, -0x80000000, 0xc0a80000 | 0), fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 32 }))
  .map(([base, low, plen]) => ({ prefix: ((base ^ low) & inetMakeMask(plen)) | 0, plen }));
const address = fc.tuple(fc.constantFrom(0, 0x0a000000, 0x0a010000, 0x0a0101ff, 0x7fffffff, -1, -0x80000000, 0xc0a80000 | 0), fc.integer({ min: 0, max: 0xffff })).map(([b, l]) => (b ^ l) | 0);

type Op = { add: boolean; p: { prefix: number; plen: number } };

function check(ops: readonly Op[], probes: readonly number[]): void {
  const fast = new Lpm4();
  const slow = new NaiveLpm();
  for (const { add, p } of ops) {
    const at = slow.list.findIndex((q) => q.prefix === p.prefix && q.plen === p.plen);
    const leaf = fast.exact(p.prefix, p.plen);
    expect(leaf !== 0).toBe(at >= 0);
    if (add && at < 0) {
      slow.list.push(p);
      fast.insert(p.prefix, p.plen);
    } else if (!add && at >= 0) {
      slow.list.splice(at, 1);
      fast.remove(leaf);
    }
    expect(fast.count).toBe(slow.list.length);
  }
  for (const a of probes) {
    // The match, and every shorter one that covers it.
    let below = 33;
    for (let leaf = fast.find(a); ; leaf = fast.cover(leaf)) {
      const want = slow.find(a, below);
      expect(leaf === 0 ? null : { prefix: fast.prefix[leaf], plen: fast.plen[leaf] }).toEqual(want);
      if (leaf === 0) break;
      below = fast.plen[leaf]!;
    }
  }
  const order = fast.sorted().map((l) => `${fast.prefix[l]! >>> 0}/${fast.plen[l]}`);
  const want = [...slow.list].sort((x, y) => (x.prefix >>> 0) - (y.prefix >>> 0) || y.plen - x.plen).map((p) => `${p.prefix >>> 0}/${p.plen}`);
  expect(order).toEqual(want);
}

describe('Lpm4 against a naive list', () => {
  const op = fc.record({ add: fc.boolean(), p: prefix });
  it('agrees for small tables, scanned', () => {
    fc.assert(fc.property(fc.array(op, { maxLength: 12 }), fc.array(address, { minLength: 10, maxLength: 20 }), check), { seed: 1, numRuns: 300 });
  });
  it('agrees while the trie is built, changed and dropped', () => {
    const grow = fc.array(prefix.map((p) => ({ add: true, p })), { minLength: 30, maxLength: 80 });
    const mixed = fc.array(op, { minLength: 20, maxLength: 120 });
    fc.assert(
      fc.property(grow, mixed, fc.array(address, { minLength: 20, maxLength: 40 }), (a, b, probes) => {
        check([...a, ...b], [...probes, ...a.map((o) => o.p.prefix)]);
        // And back to nothing.
        check([...a, ...a.map((o) => ({ add: false, p: o.p }))], probes);
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});

describe('Lpm4 sizes', () => {
  it('costs little while it is small', () => {
    const t = new Lpm4();
    expect(t.bytes()).toBeLessThan(1024);
    for (let i = 0; i < 10; i++) t.insert((0x0a000000 + (i << 8)) | 0, 24);
    expect(t.bytes()).toBeLessThan(2048);
    expect(t.pages()).toBe(0);
  });
  it('gives the pages back when it shrinks', () => {
    const t = new Lpm4();
    for (let i = 0; i < 1000; i++) t.insert((0x0a000000 + (i << 8)) | 0, 24);
    expect(t.pages()).toBeGreaterThan(1);
    for (let i = 0; i < 1000; i++) t.remove(t.exact((0x0a000000 + (i << 8)) | 0, 24));
    expect(t.pages()).toBe(0);
    expect(t.count).toBe(0);
    expect(t.find(0x0a000001)).toBe(0);
  });
  it('holds a hundred thousand random prefixes', () => {
    const t = new Lpm4();
    let x = 12345;
    const next = (): number => {
      x = (Math.imul(x, 1103515245) + 12345) | 0;
      return x ^ (x >>> 13);
    };
    const added = new Map<string, number>();
    for (let i = 0; i < 100_000; i++) {
      const plen = 8 + ((next() >>> 3) % 17);
      const p = next() & inetMakeMask(plen);
      const key = `${p}/${plen}`;
      if (!added.has(key)) {
        added.set(key, i);
        t.insert(p, plen, i);
      }
    }
    expect(t.count).toBe(added.size);
    let wrong = 0;
    for (const [key, value] of added) {
      const [p, l] = key.split('/').map(Number) as [number, number];
      const found = t.find(p | (next() & ~inetMakeMask(l)));
      if (t.value[t.exact(p, l)] !== value || t.plen[found]! < l) wrong++;
    }
    expect(wrong).toBe(0);
  });
  it('stays right while it grows, shrinks and moves, with every length', () => {
    const t = new Lpm4();
    let x = 2463534242;
    const next = (): number => {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      return x;
    };
    // A table for each length: number of the prefix by its address.
    const lengths = Array.from({ length: 33 }, () => new Map<number, number>());
    const list: { p: number; plen: number }[] = [];
    const some = (): number => ((next() & 3) !== 0 ? next() : 0x0a010000 | (next() & 0x3ffff));
    const find = (addr: number): number => {
      for (let plen = 32; plen >= 0; plen--) {
        const at = lengths[plen]!.get(addr & inetMakeMask(plen));
        if (at !== undefined) return at;
      }
      return 0;
    };
    const check = (n: number): void => {
      let wrong = 0;
      for (let i = 0; i < n; i++) {
        const addr = some();
        const leaf = t.find(addr);
        if ((leaf === 0 ? 0 : t.value[leaf]) !== find(addr)) wrong++;
      }
      expect(wrong).toBe(0);
    };
    let serial = 0;
    for (const size of [300, 6000, 30_000, 7000, 900, 40, 3000, 0]) {
      while (t.count < size) {
        const plen = (next() & 1) === 0 ? 24 : (next() >>> 5) % 33;
        const p = some() & inetMakeMask(plen);
        if (lengths[plen]!.has(p)) continue;
        lengths[plen]!.set(p, ++serial);
        list.push({ p, plen });
        const leaf = t.insert(p, plen, serial);
        expect(t.value[leaf]).toBe(serial);
        if ((t.count & 255) === 0) check(30);
      }
      while (t.count > size) {
        const i = (next() >>> 0) % list.length;
        const { p, plen } = list[i]!;
        list[i] = list.at(-1)!;
        list.pop();
        lengths[plen]!.delete(p);
        t.remove(t.exact(p, plen));
        if ((t.count & 255) === 0) check(30);
      }
      expect(t.count).toBe(list.length);
      if (size !== 0) check(3000);
      // All are there, each covered by the one that a search without it would find.
      let wrong = 0;
      for (const { p, plen } of list) {
        const leaf = t.exact(p, plen);
        if (t.value[leaf] !== lengths[plen]!.get(p)) wrong++;
        let want = 0;
        for (let l = plen - 1; l >= 0 && want === 0; l--) want = lengths[l]!.get(p & inetMakeMask(l)) ?? 0;
        if ((t.value[t.cover(leaf)] ?? 0) !== want && !(want === 0 && t.cover(leaf) === 0)) wrong++;
      }
      expect(wrong).toBe(0);
      expect(t.sorted().length).toBe(list.length);
    }
    expect(t.pages()).toBe(0);
  });
});
