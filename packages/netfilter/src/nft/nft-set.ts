/** Sets and maps: single values in a hash, ranges in order of their ends, concatenated ranges field by field. */
import type { NftExpr, NftObj, NftTable, NftVerdict } from './nft-model.ts';
import { NFT_SET_CONCAT, NFT_SET_ELEM_INTERVAL_END, NFT_SET_INTERVAL } from '@linnet/uapi';

/** An element. @alpha */
export class NftElem {
  /** Padded to whole words. */
  readonly key: Uint8Array;
  readonly words: Int32Array;
  /** The range's last value, of concatenations. */
  readonly keyEnd: Uint8Array | null;
  /** NFT_SET_ELEM_*. */
  readonly flags: number;
  /** A map's value, padded to whole words. */
  data: Uint8Array | null = null;
  verdict: NftVerdict | null = null;
  obj: NftObj | null = null;
  udata: Uint8Array | null = null;
  exprs: readonly NftExpr[] = [];
  /** Nanoseconds: how long it lives, 0 for ever; and the time of its end. */
  timeout = 0;
  expires = 0;
  /** Next of the same hash. */
  next: NftElem | null = null;
  constructor(key: Uint8Array, keyEnd: Uint8Array | null, flags: number) {
    this.key = key;
    this.words = new Int32Array(key.buffer, key.byteOffset, key.length >> 2); // datapath-ok: an element is made
    this.keyEnd = keyEnd;
    this.flags = flags;
  }
}

/** Bytes padded to whole words, in memory of their own. */
export function nftPadded(bytes: Uint8Array, len: number = bytes.length): Uint8Array {
  const out = new Uint8Array((len + 3) & ~3); // datapath-ok: an element is made
  out.set(bytes.length > out.length ? bytes.subarray(0, out.length) : bytes); // datapath-ok: as above
  return out;
}

/** Compares `n` bytes as numbers in network order. */
export function nftCompare(a: Uint8Array, ao: number, b: Uint8Array, bo: number, n: number): number {
  for (let i = 0; i < n; i++) {
    const d = a[ao + i]! - b[bo + i]!;
    if (d !== 0) return d;
  }
  return 0;
}

/** What a set is made of, as its message says. */
export interface NftSetDesc {
  readonly flags: number;
  readonly keyType: number;
  readonly keyLen: number;
  readonly dataType: number;
  readonly dataLen: number;
  readonly objType: number;
  readonly policy: number;
  readonly hasPolicy: boolean;
  /** The most elements; 0: any number. */
  readonly size: number;
  /** Bytes of the fields of a concatenation. */
  readonly fields: readonly number[];
  /** Nanoseconds. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly gcInterval: number;
  readonly udata: Uint8Array | null;
}

const KIND_HASH = 0;
const KIND_RANGES = 1;
const KIND_CONCAT = 2;
const LEAST_BUCKETS = 16;

/** A set or map. @alpha */
export class NftSet {
  readonly table: NftTable;
  readonly name: string;
  readonly handle: number;
  readonly desc: NftSetDesc;
  /** What new elements carry, as the set's message says. */
  exprs: readonly NftExpr[] = [];
  /** Rules and objects that name it. */
  use = 0;
  readonly kind: number;
  readonly words: number;
  count = 0;
  /** The most elements; 0: any number. */
  size: number;
  buckets: (NftElem | null)[];
  /** Ranges: their ends in order; of equal ones the end of one before the beginning of another. Concatenations: all. */
  readonly sorted: NftElem[] = [];
  /** The element `*`. */
  rest: NftElem | null = null;
  /** Before this time no element ends: a full set need not look for one. */
  nextEnd = 0;
  /** Elements that rules took away and that keep their place until the next time of cleaning, every `gcInterval` (observed on Linux 6.18). */
  dead = 0;
  /** When the last of them died, in such intervals since the set was made. */
  deadAt = 0;
  readonly born: number;
  /** The time, for those that end. */
  readonly now: () => number;
  constructor(table: NftTable, name: string, handle: number, desc: NftSetDesc, now: () => number) {
    this.table = table;
    this.name = name;
    this.handle = handle;
    this.desc = desc;
    this.size = desc.size;
    const ranges = (desc.flags & NFT_SET_INTERVAL) !== 0;
    this.kind = !ranges ? KIND_HASH : (desc.flags & NFT_SET_CONCAT) !== 0 && desc.fields.length > 1 ? KIND_CONCAT : KIND_RANGES;
    this.words = (desc.keyLen + 3) >> 2;
    this.buckets = new Array<NftElem | null>(this.kind === KIND_HASH ? LEAST_BUCKETS : 0).fill(null);
    this.now = now;
    this.born = now();
  }
}

/** How often dead elements are cleared away, where the set does not say (ns). */
const GC_INTERVAL = 1e9;

function alive(s: NftSet, e: NftElem): boolean {
  return e.timeout === 0 || s.now() < e.expires;
}

function hashOf(w: Int32Array, at: number, n: number): number {
  let h = 0x9747b28c | 0;
  for (let i = 0; i < n; i++) {
    h = Math.imul(h ^ w[at + i]!, 0x5bd1e995);
    h ^= h >>> 15;
  }
  return h;
}

function findHash(s: NftSet, w: Int32Array, at: number): NftElem | null {
  const n = s.words;
  for (let e: NftElem | null = s.buckets[hashOf(w, at, n) & (s.buckets.length - 1)]!; e !== null; e = e.next) {
    let i = 0;
    while (i < n && e.words[i] === w[at + i]) i++;
    if (i === n && alive(s, e)) return e;
  }
  return null;
}

/** How many of the ends are not behind the value. */
function notBehind(s: NftSet, u8: Uint8Array, at: number): number {
  let lo = 0;
  let hi = s.sorted.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (nftCompare(s.sorted[mid]!.key, 0, u8, at, s.desc.keyLen) <= 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

function findRange(s: NftSet, u8: Uint8Array, at: number): NftElem | null {
  const i = notBehind(s, u8, at);
  if (i === 0) return null;
  const e = s.sorted[i - 1]!;
  return (e.flags & NFT_SET_ELEM_INTERVAL_END) !== 0 || !alive(s, e) ? null : e;
}

function findConcat(s: NftSet, u8: Uint8Array, at: number): NftElem | null {
  const { fields } = s.desc;
  for (let i = 0; i < s.sorted.length; i++) {
    const e = s.sorted[i]!;
    const end = e.keyEnd ?? e.key;
    let o = 0;
    let k = 0;
    for (; k < fields.length; k++) {
      const n = fields[k]!;
      if (nftCompare(u8, at + o, e.key, o, n) < 0 || nftCompare(u8, at + o, end, o, n) > 0) break;
      o += (n + 3) & ~3;
    }
    if (k === fields.length && alive(s, e)) return e;
  }
  return null;
}

/** Finds the element for the value in registers, from byte `at` on (a multiple of four); null: there is none. @alpha */
export function nftSetLookup(s: NftSet, u8: Uint8Array, w: Int32Array, at: number): NftElem | null {
  const e = s.kind === KIND_HASH ? findHash(s, w, at >> 2) : s.kind === KIND_RANGES ? findRange(s, u8, at) : findConcat(s, u8, at);
  return e ?? (s.rest !== null && alive(s, s.rest) ? s.rest : null);
}

/** Of a set of single values: finds the element itself, never `*`; null: there is none, or its time is over. */
export function nftSetMember(s: NftSet, w: Int32Array, at: number): NftElem | null {
  return findHash(s, w, at >> 2);
}

/** Finds the very element: the same key, the same end, the same flags. Also one whose time is over. */
export function nftSetFind(s: NftSet, like: NftElem): NftElem | null {
  if (s.kind === KIND_HASH) {
    for (let e: NftElem | null = s.buckets[hashOf(like.words, 0, s.words) & (s.buckets.length - 1)]!; e !== null; e = e.next) if (nftCompare(e.key, 0, like.key, 0, s.desc.keyLen) === 0) return e;
    return null;
  }
  if (s.kind === KIND_RANGES) {
    for (let i = notBehind(s, like.key, 0) - 1; i >= 0; i--) {
      const e = s.sorted[i]!;
      if (nftCompare(e.key, 0, like.key, 0, s.desc.keyLen) !== 0) return null;
      if (e.flags === like.flags) return e;
    }
    return null;
  }
  const end = like.keyEnd ?? like.key;
  for (const e of s.sorted) if (nftCompare(e.key, 0, like.key, 0, like.key.length) === 0 && nftCompare(e.keyEnd ?? e.key, 0, end, 0, end.length) === 0) return e;
  return null;
}

/** A range that shares a value with the new one, of concatenations. */
export function nftSetOverlap(s: NftSet, like: NftElem): NftElem | null {
  if (s.kind !== KIND_CONCAT) return null;
  const { fields } = s.desc;
  const end = like.keyEnd ?? like.key;
  for (const e of s.sorted) {
    if (!alive(s, e)) continue;
    const last = e.keyEnd ?? e.key;
    let o = 0;
    let all = true;
    for (const n of fields) {
      if (nftCompare(end, o, e.key, o, n) < 0 || nftCompare(like.key, o, last, o, n) > 0) all = false;
      o += (n + 3) & ~3;
    }
    if (all) return e;
  }
  return null;
}

/** The end of the range of single keys in which a value is: for questions about an element. */
export function nftSetEndBehind(s: NftSet, key: Uint8Array): NftElem | null {
  for (let i = notBehind(s, key, 0); i < s.sorted.length; i++) if ((s.sorted[i]!.flags & NFT_SET_ELEM_INTERVAL_END) !== 0) return s.sorted[i]!;
  return null;
}

function grow(s: NftSet): void {
  const old = s.buckets;
  const n = old.length * 2;
  s.buckets = new Array<NftElem | null>(n).fill(null); // datapath-ok: twice as many elements as before
  for (let e of old) {
    while (e !== null) {
      const { next }: { next: NftElem | null } = e;
      const i = hashOf(e.words, 0, s.words) & (n - 1);
      e.next = s.buckets[i]!;
      s.buckets[i] = e;
      e = next;
    }
  }
}

/** Puts an element in. @alpha */
export function nftSetInsert(s: NftSet, e: NftElem): void {
  s.count++;
  if (e.timeout !== 0 && e.expires < s.nextEnd) s.nextEnd = e.expires;
  if (s.kind === KIND_HASH) {
    if (s.count > s.buckets.length) grow(s);
    const i = hashOf(e.words, 0, s.words) & (s.buckets.length - 1);
    e.next = s.buckets[i]!;
    s.buckets[i] = e;
  } else if (s.kind === KIND_CONCAT) {
    s.sorted.push(e); // datapath-ok: an element is made
  } else {
    let i = notBehind(s, e.key, 0);
    // An end stands before a beginning of the same value.
    if ((e.flags & NFT_SET_ELEM_INTERVAL_END) !== 0 && i > 0 && nftCompare(s.sorted[i - 1]!.key, 0, e.key, 0, s.desc.keyLen) === 0) i--;
    s.sorted.splice(i, 0, e); // datapath-ok: as above
  }
}

/** Takes an element out. @alpha */
export function nftSetRemove(s: NftSet, e: NftElem): void {
  if (s.kind !== KIND_HASH) {
    const at = s.sorted.indexOf(e);
    if (at < 0) return;
    s.sorted.splice(at, 1); // datapath-ok: an element goes
    s.count--;
    return;
  }
  const i = hashOf(e.words, 0, s.words) & (s.buckets.length - 1);
  let prev: NftElem | null = null;
  for (let x: NftElem | null = s.buckets[i]!; x !== null; x = x.next) {
    if (x === e) {
      if (prev === null) s.buckets[i] = x.next;
      else prev.next = x.next;
      e.next = null;
      s.count--;
      return;
    }
    prev = x;
  }
}

function interval(s: NftSet): number {
  return Math.floor((s.now() - s.born) / (s.desc.gcInterval === 0 ? GC_INTERVAL : s.desc.gcInterval * 1e6));
}

/** A rule takes an element out. @alpha */
export function nftSetKill(s: NftSet, e: NftElem): void {
  nftSetRemove(s, e);
  const at = interval(s);
  s.dead = at === s.deadAt ? s.dead + 1 : 1;
  s.deadAt = at;
}

/** Is there no room for another element, of living and dead ones? @alpha */
export function nftSetFull(s: NftSet): boolean {
  if (s.size === 0) return false;
  if (s.dead !== 0 && interval(s) !== s.deadAt) s.dead = 0;
  return s.count + s.dead >= s.size;
}

/** All elements but `*`, also those whose time is over. */
export function nftSetElems(s: NftSet): NftElem[] {
  if (s.kind !== KIND_HASH) return s.sorted.slice(); // datapath-ok: a listing
  const out: NftElem[] = []; // datapath-ok: as above
  for (const head of s.buckets) for (let e: NftElem | null = head; e !== null; e = e.next) out.push(e); // datapath-ok: as above
  return out;
}

/** Is its time not over? */
export function nftElemAlive(s: NftSet, e: NftElem): boolean {
  return alive(s, e);
}

/** Forgets the elements whose time is over: before there is no room for new ones. */
export function nftSetCollect(s: NftSet, end: (e: NftElem) => void): void {
  if (s.now() < s.nextEnd) return;
  s.nextEnd = Infinity;
  for (const e of nftSetElems(s)) {
    if (alive(s, e)) {
      if (e.timeout !== 0 && e.expires < s.nextEnd) s.nextEnd = e.expires;
      continue;
    }
    nftSetRemove(s, e);
    end(e);
  }
}
