/** Synthetic routing tables: the same for the same seed. */

/** Prefixes of IPv4 by length, of a million: the shape of a full table of the Internet (see the page). */
const LENGTHS4: Readonly<Record<number, number>> = {
  8: 16, 9: 13, 10: 40, 11: 104, 12: 306, 13: 592, 14: 1220, 15: 2120, 16: 13500, 17: 8400, 18: 14300, 19: 25700, 20: 46000, 21: 53000, 22: 112000, 23: 101000, 24: 618000,
};
/** And of IPv6, of a thousand. */
const LENGTHS6: Readonly<Record<number, number>> = {
  24: 1, 28: 3, 29: 24, 30: 3, 31: 3, 32: 115, 33: 12, 34: 12, 35: 8, 36: 45, 37: 5, 38: 10, 39: 5, 40: 90, 41: 5, 42: 15, 43: 5, 44: 105, 45: 8, 46: 30, 47: 40, 48: 456,
};

/** Marsaglia's xorshift32. */
export class Random {
  private x: number;
  constructor(seed: number) {
    this.x = seed | 0 || 1;
  }
  next(): number {
    let x = this.x;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.x = x;
    return x;
  }
}

/** The length of each of `n` prefixes, in random order. */
function lengths(shape: Readonly<Record<number, number>>, n: number, random: Random): Uint8Array {
  const sum = Object.values(shape).reduce((a, b) => a + b, 0);
  const out = new Uint8Array(n).fill(Math.max(...Object.keys(shape).map(Number)));
  let at = 0;
  for (const [length, share] of Object.entries(shape)) {
    // The longest ones, the most, take what rounding leaves.
    const end = Math.min(n, at + Math.max(1, Math.floor((share / sum) * n)));
    out.fill(Number(length), at, end);
    at = end;
  }
  for (let i = n - 1; i > 0; i--) {
    const j = (random.next() >>> 0) % (i + 1);
    const t = out[i]!;
    out[i] = out[j]!;
    out[j] = t;
  }
  return out;
}

/** May it be a route of the Internet? 1.0.0.0 to 223.255.255.255 without loopback and the network of the test's own devices. */
export function isUnicast(addr: number): boolean {
  const top = addr >>> 24;
  return top > 0 && top < 224 && top !== 10 && top !== 127;
}

/** Different prefixes: words of their addresses (one, or two of IPv6), and their lengths. */
export interface Table {
  readonly words: 1 | 2;
  readonly prefix: Int32Array;
  readonly plen: Uint8Array;
}

export function table4(n: number, seed: number): Table {
  const random = new Random(seed);
  const plen = lengths(LENGTHS4, n, random);
  const prefix = new Int32Array(n);
  const seen = new Set<number>();
  for (let i = 0; i < n; ) {
    const p = random.next() & (-1 << (32 - plen[i]!));
    if (!isUnicast(p)) continue;
    const key = (p >>> 0) * 64 + plen[i]!;
    if (seen.has(key)) continue;
    seen.add(key);
    prefix[i++] = p;
  }
  return { words: 1, prefix, plen };
}

/** The mask's word for a prefix length, of the word that begins at bit `from`. */
export function maskWord(plen: number, from: number): number {
  const bits = Math.min(Math.max(plen - from, 0), 32);
  return bits === 0 ? 0 : -1 << (32 - bits);
}

export function table6(n: number, seed: number): Table {
  const random = new Random(seed);
  const plen = lengths(LENGTHS6, n, random);
  const prefix = new Int32Array(2 * n);
  const seen = new Set<number>();
  for (let i = 0; i < n; ) {
    const l = plen[i]!;
    const a = ((random.next() & 0x1fffffff) | 0x20000000) & maskWord(l, 0);
    const b = random.next() & maskWord(l, 32);
    // Longer ones than /48 there are none.
    const key = ((a >>> 0) * 65536 + (b >>> 16)) * 64 + l;
    if (seen.has(key) || key > Number.MAX_SAFE_INTEGER) continue;
    seen.add(key);
    prefix[2 * i] = a;
    prefix[2 * i + 1] = b;
    i++;
  }
  return { words: 2, prefix, plen };
}
