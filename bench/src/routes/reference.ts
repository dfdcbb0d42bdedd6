/** The plain ways to find a longest prefix, to compare with. */
import { maskWord, type Table } from './tables.ts';

/** Sorted array of the ranges of addresses that have the same longest prefix; it cannot be changed. */
export class Ranges {
  private readonly start: Uint32Array;
  /** Number of the prefix from there on, -1: none. */
  private readonly index: Int32Array;
  private readonly count: number;

  constructor(t: Table) {
    const n = t.plen.length;
    const keys = new Float64Array(n);
    // By address, shorter ones first; the number in the low bits.
    for (let i = 0; i < n; i++) keys[i] = (t.prefix[i]! >>> 0) * 64 + t.plen[i]!;
    const order = Uint32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!);
    const start = new Uint32Array(2 * n + 1);
    const index = new Int32Array(2 * n + 1);
    let count = 0;
    const put = (at: number, i: number): void => {
      if (count > 0 && start[count - 1] === at) count--;
      start[count] = at;
      index[count++] = i;
    };
    const open: number[] = [];
    const end = (i: number): number => (t.prefix[i]! >>> 0) + 2 ** (32 - t.plen[i]!);
    const close = (before: number): void => {
      while (open.length > 0 && end(open.at(-1)!) <= before) {
        const at = end(open.pop()!);
        if (at < 2 ** 32) put(at, open.at(-1) ?? -1);
      }
    };
    put(0, -1);
    for (const i of order) {
      close(t.prefix[i]! >>> 0);
      put(t.prefix[i]! >>> 0, i);
      open.push(i);
    }
    close(2 ** 32);
    this.start = start;
    this.index = index;
    this.count = count;
  }

  find(addr: number): number {
    const { start } = this;
    const a = addr >>> 0;
    let low = 0;
    let high = this.count;
    while (high - low > 1) {
      const mid = (low + high) >>> 1;
      if (start[mid]! <= a) low = mid;
      else high = mid;
    }
    return this.index[low]!;
  }
}

/** A hash table for each length of IPv6. */
export class Lengths {
  private readonly maps: readonly { readonly plen: number; readonly map: ReadonlyMap<number, number> }[];

  constructor(t: Table) {
    const maps = new Map<number, Map<number, number>>();
    for (let i = 0; i < t.plen.length; i++) {
      const plen = t.plen[i]!;
      const map = maps.get(plen) ?? new Map<number, number>();
      maps.set(plen, map);
      map.set(key(t.prefix[2 * i]!, t.prefix[2 * i + 1]!), i);
    }
    this.maps = [...maps].map(([plen, map]) => ({ plen, map })).sort((a, b) => b.plen - a.plen);
  }

  find(a: number, b: number): number {
    for (const { plen, map } of this.maps) {
      const i = map.get(key(a & maskWord(plen, 0), b & maskWord(plen, 32)));
      if (i !== undefined) return i;
    }
    return -1;
  }
}

/** No prefix is longer than 48 bits. */
function key(a: number, b: number): number {
  return (a >>> 0) * 65536 + (b >>> 16);
}
