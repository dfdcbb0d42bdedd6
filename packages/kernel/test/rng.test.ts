import { describe, expect, it, vi } from 'vitest';
import { createKernel, Rng, VirtualClock } from '../src/index.ts';

const take = (rng: Rng, name: string, n = 8): number[] => {
  const stream = rng.stream(name);
  return Array.from({ length: n }, () => stream.u32());
};

describe('Rng', () => {
  it('repeats for a seed and a name, whatever else is drawn', () => {
    const a = new Rng(1);
    const b = new Rng(1);
    take(b, 'other', 100);
    expect(take(a, 'tcp.isn', 200)).toEqual(take(b, 'tcp.isn', 200));
  });

  it('differs by seed and by name', () => {
    const all = [take(new Rng(1), 'a'), take(new Rng(2), 'a'), take(new Rng(1), 'b'), take(new Rng('1/a'), ''), take(new Rng(''), '1/a')];
    expect(new Set(all.map(String)).size).toBe(all.length);
  });

  it('takes 1, 1n and "1" as one seed', () => {
    expect(take(new Rng(1n), 'x')).toEqual(take(new Rng(1), 'x'));
    expect(take(new Rng('1'), 'x')).toEqual(take(new Rng(1), 'x'));
  });

  it('has one stream for a name', () => {
    const rng = new Rng(1);
    expect(rng.stream('x')).toBe(rng.stream('x'));
    expect(take(rng, 'x')).not.toEqual(take(rng, 'x'));
  });

  it('has secrets that repeat, differ by name, and are nobody else’s to change', () => {
    const rng = new Rng(9);
    const s = rng.secret('a');
    expect(s.length).toBe(16);
    s.fill(0);
    expect(rng.secret('a')).toEqual(new Rng(9).secret('a'));
    expect(rng.secret('a')).not.toEqual(s);
    expect(rng.secret('a')).not.toEqual(rng.secret('b'));
    expect(rng.secret('a')).not.toEqual(new Rng(10).secret('a'));
  });

  it('without a seed asks the host', () => {
    const spy = vi.spyOn(globalThis.crypto, 'getRandomValues');
    const rng = new Rng();
    expect(rng.seeded).toBe(false);
    const a = take(rng, 'a', 100);
    expect(spy).toHaveBeenCalled();
    spy.mockRestore();
    expect(a).not.toEqual(take(new Rng(), 'a', 100));
    expect(rng.secret('x')).toEqual(rng.secret('x'));
    expect(rng.secret('x')).not.toEqual(new Rng().secret('x'));
    vi.stubGlobal('crypto', undefined);
    expect(() => new Rng().stream('a').u32()).toThrow('give the kernel a seed');
    vi.unstubAllGlobals();
  });

  it('is the kernel’s', () => {
    const make = () => createKernel({ modules: [], clock: new VirtualClock(), seed: 'x' });
    expect(make().rng.stream('n').u32()).toBe(make().rng.stream('n').u32());
  });
});

describe('RngStream', () => {
  it('is sfc32: as a plain form of it with BigInt says, after 16 steps', () => {
    // The stream's first words are found again in the generator's own order: each output is a + b + counter.
    const stream = new Rng(42).stream('s');
    const words = Array.from({ length: 300 }, () => stream.u32());
    const again = new Rng(42).stream('s');
    const state = again as unknown as { a: number; b: number; c: number; counter: number };
    const M = 0xffffffffn;
    let [a, b, c, n] = [state.a, state.b, state.c, state.counter].map((x) => BigInt(x >>> 0)) as [bigint, bigint, bigint, bigint];
    const expected: number[] = [];
    for (let i = 0; i < 300; i++) {
      const t = (a + b + n) & M;
      n = (n + 1n) & M;
      a = b ^ (b >> 9n);
      b = (c + ((c << 3n) & M)) & M;
      c = ((((c << 21n) & M) | (c >> 11n)) + t) & M;
      expected.push(Number(t));
    }
    expect(words).toEqual(expected);
  });

  it('below is even and in bounds', () => {
    const stream = new Rng(5).stream('b');
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[stream.below(7)]!++;
    // 10,000 each; the standard deviation is 93.
    for (const n of counts) expect(Math.abs(n - 10_000)).toBeLessThan(500);
    expect(stream.below(1)).toBe(0);
    expect(stream.below(2 ** 32)).toBeGreaterThanOrEqual(0);
    expect(() => stream.below(0)).toThrow(RangeError);
    expect(() => stream.below(2 ** 33)).toThrow(RangeError);
    expect(() => stream.below(NaN)).toThrow(RangeError);
  });

  it('below throws the uneven rest away', () => {
    // With n just above 2^31 about half of all draws are thrown away; without that, small results would come twice as often.
    const stream = new Rng(6).stream('b');
    const n = 2 ** 31 + 2 ** 30;
    let low = 0;
    for (let i = 0; i < 20_000; i++) if (stream.below(n) < n / 3) low++;
    expect(Math.abs(low / 20_000 - 1 / 3)).toBeLessThan(0.02);
  });

  it('float lies in [0, 1) with the right mean', () => {
    const stream = new Rng(7).stream('f');
    let sum = 0;
    for (let i = 0; i < 20_000; i++) {
      const x = stream.float();
      if (!(x >= 0 && x < 1)) expect.fail(`float gave ${x}`);
      sum += x;
    }
    expect(Math.abs(sum / 20_000 - 0.5)).toBeLessThan(0.02);
  });

  it('fills any number of bytes, evenly', () => {
    const stream = new Rng(8).stream('x');
    for (const n of [0, 1, 3, 4, 5, 16]) {
      const u8 = new Uint8Array(n + 1);
      u8[n] = 77;
      stream.fill(u8.subarray(0, n));
      expect(u8[n]).toBe(77);
    }
    const u8 = new Uint8Array(100_000);
    stream.fill(u8);
    const mean = u8.reduce((s, x) => s + x, 0) / u8.length;
    expect(Math.abs(mean - 127.5)).toBeLessThan(2);
    expect(new Set(u8).size).toBe(256);
  });
});
