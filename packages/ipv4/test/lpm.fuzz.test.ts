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
    const leaves: number[] = [];
    for (let i = 0; i < 1000; i++) leaves.push(t.insert((0x0a000000 + (i << 8)) | 0, 24));
    expect(t.pages()).toBeGreaterThan(1);
    for (const l of leaves) t.remove(l);
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
      if (!added.has(key)) added.set(key, t.insert(p, plen));
    }
    expect(t.count).toBe(added.size);
    let wrong = 0;
    for (const [key, leaf] of added) {
      const [p, l] = key.split('/').map(Number) as [number, number];
      const found = t.find(p | (next() & ~inetMakeMask(l)));
      if (t.exact(p, l) !== leaf || t.plen[found]! < l) wrong++;
    }
    expect(wrong).toBe(0);
  });
});
