/**
 * The elements of a set: keys of a fixed number of 32-bit words in one flat hash table, and what elements carry (timeouts, counters, comments, marks) in flat
 * arrays beside them, all by the element's slot. A look-up reads numbers only.
 */

/** What elements of a set may carry. */
export interface IpSetExtensions {
  readonly timeout: boolean;
  readonly counters: boolean;
  readonly comment: boolean;
  readonly skbinfo: boolean;
  readonly mac: boolean;
}

const FIRST_SLOTS = 16;

function grown<T extends Int32Array | Float64Array | Uint8Array>(old: T, to: T): T {
  to.set(old as never);
  return to;
}

/** Elements with their keys. A slot is an element's number as long as it is there. */
export class IpSetElems {
  /** Words of a key. */
  readonly words: number;
  readonly ext: IpSetExtensions;
  /** How many there are, those that have timed out but were not swept included. */
  count = 0;
  /** Slots below are or were in use. */
  high = 0;
  keys: Int32Array;
  used: Uint8Array;
  /** IPSET_FLAG_NOMATCH, IPSET_FLAG_IFACE_WILDCARD, IPSET_FLAG_PHYSDEV. */
  flags: Uint8Array;
  /** When it ends, in ns of the kernel's clock; 0: never; below 0: that long after its MAC address is known. */
  expires: Float64Array;
  packets: Float64Array;
  bytes: Float64Array;
  comment: (string | null)[] = [];
  /** Four words each: mark, mask, priority, queue. */
  skb: Int32Array;
  /** Three words each: 1 when it has a MAC address, its first two bytes, its last four. */
  mac: Int32Array;
  readonly #seed: number;
  /** Slot + 1 by hash, linear probing; 0: free. Never more than half full. */
  #index: Int32Array = new Int32Array(2 * FIRST_SLOTS);
  readonly #free: number[] = [];

  constructor(words: number, ext: IpSetExtensions, seed: number) {
    this.words = words;
    this.ext = ext;
    this.#seed = seed | 0;
    const n = FIRST_SLOTS;
    this.keys = new Int32Array(n * words);
    this.used = new Uint8Array(n);
    this.flags = new Uint8Array(n);
    this.expires = new Float64Array(ext.timeout ? n : 0);
    this.packets = new Float64Array(ext.counters ? n : 0);
    this.bytes = new Float64Array(ext.counters ? n : 0);
    this.skb = new Int32Array(ext.skbinfo ? 4 * n : 0);
    this.mac = new Int32Array(ext.mac ? 3 * n : 0);
  }

  #hash(from: Int32Array, at: number): number {
    let h = this.#seed;
    for (let i = 0; i < this.words; i++) {
      h = Math.imul(h ^ from[at + i]!, 0x9e3779b1);
      h ^= h >>> 15;
    }
    h = Math.imul(h, 0x85ebca6b);
    return h ^ (h >>> 13);
  }

  /** The slot of a key, which begins at `from`; -1 when there is none. */
  find(key: Int32Array, from: number = 0): number {
    const index = this.#index;
    const { keys, words } = this;
    const mask = index.length - 1;
    for (let i = this.#hash(key, from) & mask; ; i = (i + 1) & mask) {
      const slot = index[i]! - 1;
      if (slot < 0) return -1;
      const at = slot * words;
      let k = 0;
      while (k < words && keys[at + k] === key[from + k]) k++;
      if (k === words) return slot;
    }
  }

  /** Puts a key that is not there: its slot, whose other fields are as new. */
  insert(key: Int32Array): number {
    if (2 * (this.count + 1) > this.#index.length) this.#rehash();
    const slot = this.#free.pop() ?? this.high++;
    if (slot >= this.used.length) this.#grow();
    for (let i = 0; i < this.words; i++) this.keys[slot * this.words + i] = key[i]!;
    this.used[slot] = 1;
    this.count++;
    this.#place(slot);
    return slot;
  }

  remove(slot: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let i = this.#hash(this.keys, slot * this.words) & mask;
    while (index[i] !== slot + 1) i = (i + 1) & mask;
    // What was pushed on by it moves up, so that a look-up may stop at the first free place.
    for (let j = (i + 1) & mask; index[j] !== 0; j = (j + 1) & mask) {
      const home = this.#hash(this.keys, (index[j]! - 1) * this.words) & mask;
      if (((j - home) & mask) >= ((j - i) & mask)) {
        index[i] = index[j]!;
        i = j;
      }
    }
    index[i] = 0;
    this.used[slot] = 0;
    this.flags[slot] = 0;
    if (this.ext.timeout) this.expires[slot] = 0;
    if (this.ext.counters) {
      this.packets[slot] = 0;
      this.bytes[slot] = 0;
    }
    if (this.ext.comment) this.comment[slot] = null;
    if (this.ext.skbinfo) this.skb.fill(0, 4 * slot, 4 * slot + 4);
    if (this.ext.mac) this.mac.fill(0, 3 * slot, 3 * slot + 3);
    this.#free.push(slot);
    this.count--;
  }

  clear(): void {
    for (let slot = 0; slot < this.high; slot++) if (this.used[slot] === 1) this.remove(slot);
    this.high = 0;
    this.#free.length = 0;
  }

  #place(slot: number): void {
    const mask = this.#index.length - 1;
    let i = this.#hash(this.keys, slot * this.words) & mask;
    while (this.#index[i] !== 0) i = (i + 1) & mask;
    this.#index[i] = slot + 1;
  }
  #rehash(): void {
    this.#index = new Int32Array(2 * this.#index.length); // datapath-ok: the table grows
    for (let slot = 0; slot < this.high; slot++) if (this.used[slot] === 1) this.#place(slot);
  }
  #grow(): void {
    const n = 2 * this.used.length;
    const { ext } = this;
    this.keys = grown(this.keys, new Int32Array(n * this.words)); // datapath-ok: the table grows
    this.used = grown(this.used, new Uint8Array(n)); // datapath-ok: as above
    this.flags = grown(this.flags, new Uint8Array(n)); // datapath-ok: as above
    if (ext.timeout) this.expires = grown(this.expires, new Float64Array(n)); // datapath-ok: as above
    if (ext.counters) {
      this.packets = grown(this.packets, new Float64Array(n)); // datapath-ok: as above
      this.bytes = grown(this.bytes, new Float64Array(n)); // datapath-ok: as above
    }
    if (ext.skbinfo) this.skb = grown(this.skb, new Int32Array(4 * n)); // datapath-ok: as above
    if (ext.mac) this.mac = grown(this.mac, new Int32Array(3 * n)); // datapath-ok: as above
  }
}
