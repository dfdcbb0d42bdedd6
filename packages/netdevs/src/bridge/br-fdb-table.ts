/** The table of addresses: a hash with chains, and one list in order of age, newest first. */
import type { BridgePort } from './br.ts';

/** Flags of an entry. */
export const FDB_LOCAL: number = 1 << 0;
export const FDB_STATIC: number = 1 << 1;
export const FDB_STICKY: number = 1 << 2;
export const FDB_ADDED_BY_USER: number = 1 << 3;
export const FDB_ADDED_BY_EXT_LEARN: number = 1 << 4;
export const FDB_NOTIFY: number = 1 << 5;
export const FDB_NOTIFY_INACTIVE: number = 1 << 6;
export const FDB_LOCKED: number = 1 << 7;
export const FDB_DYNAMIC_LEARNED: number = 1 << 8;

/** One address in one VLAN (struct net_bridge_fdb_entry). `hi` and `lo` are its first two and last four bytes. */
export class FdbEntry {
  readonly hi: number;
  readonly lo: number;
  readonly vid: number;
  /** Null: the bridge itself. */
  dst: BridgePort | null;
  flags: number;
  /** Jiffies. */
  updated: number;
  used: number;
  hashNext: FdbEntry | null;
  next: FdbEntry | null;
  prev: FdbEntry | null;
  constructor(hi: number, lo: number, vid: number, dst: BridgePort | null, flags: number, now: number) {
    this.hi = hi;
    this.lo = lo;
    this.vid = vid;
    this.dst = dst;
    this.flags = flags;
    this.updated = now;
    this.used = now;
    this.hashNext = null;
    this.next = null;
    this.prev = null;
  }
}

export function macHi(u8: Uint8Array, off: number): number {
  return (u8[off]! << 8) | u8[off + 1]!;
}
export function macLo(u8: Uint8Array, off: number): number {
  return (u8[off + 2]! << 24) | (u8[off + 3]! << 16) | (u8[off + 4]! << 8) | u8[off + 5]!;
}
/** The six bytes of an entry's address. */
export function fdbAddr(f: FdbEntry): Uint8Array {
  return new Uint8Array([f.hi >> 8, f.hi & 255, f.lo >>> 24, (f.lo >>> 16) & 255, (f.lo >>> 8) & 255, f.lo & 255]);
}

function hash(hi: number, lo: number, vid: number): number {
  let h = Math.imul(lo ^ (hi << 16) ^ hi, 0x9e3779b1) ^ Math.imul(vid, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

/** The entries of a bridge. Looking one up allocates nothing. */
export class FdbTable {
  private buckets: (FdbEntry | null)[];
  private mask: number;
  count: number;
  /** Entries that were learned from frames. */
  learned: number;
  head: FdbEntry | null;
  constructor() {
    this.buckets = new Array<FdbEntry | null>(64).fill(null);
    this.mask = 63;
    this.count = 0;
    this.learned = 0;
    this.head = null;
  }

  find(hi: number, lo: number, vid: number): FdbEntry | null {
    let f: FdbEntry | null = this.buckets[hash(hi, lo, vid) & this.mask]!;
    while (f !== null && (f.lo !== lo || f.hi !== hi || f.vid !== vid)) f = f.hashNext;
    return f;
  }

  insert(f: FdbEntry): void {
    if (this.count > this.mask) this.grow();
    const b = hash(f.hi, f.lo, f.vid) & this.mask;
    f.hashNext = this.buckets[b]!;
    this.buckets[b] = f;
    f.next = this.head;
    if (this.head !== null) this.head.prev = f;
    this.head = f;
    this.count++;
    if ((f.flags & FDB_DYNAMIC_LEARNED) !== 0) this.learned++;
  }

  remove(f: FdbEntry): void {
    const b = hash(f.hi, f.lo, f.vid) & this.mask;
    let prev: FdbEntry | null = null;
    let it: FdbEntry | null = this.buckets[b]!;
    while (it !== null && it !== f) {
      prev = it;
      it = it.hashNext;
    }
    if (it === null) return;
    if (prev === null) this.buckets[b] = f.hashNext;
    else prev.hashNext = f.hashNext;
    if (f.prev === null) this.head = f.next;
    else f.prev.next = f.next;
    if (f.next !== null) f.next.prev = f.prev;
    f.hashNext = null;
    f.next = null;
    f.prev = null;
    this.count--;
    if ((f.flags & FDB_DYNAMIC_LEARNED) !== 0) this.learned--;
  }

  /** The entries, newest first; the list may change while it is gone through. */
  all(): FdbEntry[] {
    const out: FdbEntry[] = [];
    for (let f = this.head; f !== null; f = f.next) out.push(f);
    return out;
  }

  private grow(): void {
    const size = (this.mask + 1) * 4;
    this.mask = size - 1;
    this.buckets = new Array<FdbEntry | null>(size).fill(null);
    for (let f = this.head; f !== null; f = f.next) {
      const b = hash(f.hi, f.lo, f.vid) & this.mask;
      f.hashNext = this.buckets[b]!;
      this.buckets[b] = f;
    }
  }
}
