/**
 * SipHash-2-4 of Aumasson and Bernstein, keyed: for tables and numbers that a stranger must not be able to foretell. 64-bit words are
 * pairs of int32.
 * @alpha
 */
export class SipHash {
  /** The low half of the last hash, int32. */
  lo: number;
  /** The high half of the last hash, int32. */
  hi: number;
  private readonly k0l: number;
  private readonly k0h: number;
  private readonly k1l: number;
  private readonly k1h: number;
  private readonly words: Uint8Array;
  private readonly wordsView: DataView;

  /** The key: 16 bytes, for instance of {@link Rng.secret}. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new RangeError(`SipHash: a key of ${key.length} bytes; it takes 16`);
    this.lo = 0;
    this.hi = 0;
    this.k0l = le32(key, 0);
    this.k0h = le32(key, 4);
    this.k1l = le32(key, 8);
    this.k1h = le32(key, 12);
    this.words = new Uint8Array(16);
    this.wordsView = new DataView(this.words.buffer);
  }

  /** Hashes three 32-bit words (as their 12 little-endian bytes); returns the low half of the hash. Source: siphash_3u32. */
  hash3(a: number, b: number, c: number): number {
    this.wordsView.setInt32(0, a, true);
    this.wordsView.setInt32(4, b, true);
    this.wordsView.setInt32(8, c, true);
    return this.hash(this.words, 0, 12);
  }

  /** Hashes four 32-bit words; returns the low half of the hash. Source: siphash_2u64 of pairs of words. */
  hash4(a: number, b: number, c: number, d: number): number {
    this.wordsView.setInt32(0, a, true);
    this.wordsView.setInt32(4, b, true);
    this.wordsView.setInt32(8, c, true);
    this.wordsView.setInt32(12, d, true);
    return this.hash(this.words, 0, 16);
  }

  /** Hashes `len` bytes of `u8` from `off`. Returns the low half (int32); both halves are left in `lo` and `hi`. */
  hash(u8: Uint8Array, off: number, len: number): number {
    let v0l = this.k0l ^ 0x70736575;
    let v0h = this.k0h ^ 0x736f6d65;
    let v1l = this.k1l ^ 0x6e646f6d;
    let v1h = this.k1h ^ 0x646f7261;
    let v2l = this.k0l ^ 0x6e657261;
    let v2h = this.k0h ^ 0x6c796765;
    let v3l = this.k1l ^ 0x79746573;
    let v3h = this.k1h ^ 0x74656462;
    const blocks = len >>> 3;
    // One more block for the rest and the length, and a last turn of four rounds without a message.
    for (let i = 0; i <= blocks + 1; i++) {
      let ml = 0;
      let mh = 0;
      let rounds = 2;
      const at = off + i * 8;
      if (i < blocks) {
        ml = le32(u8, at);
        mh = le32(u8, at + 4);
      } else if (i === blocks) {
        mh = len << 24;
        for (let j = (len & 7) - 1; j >= 0; j--) {
          if (j >= 4) mh |= u8[at + j]! << (8 * (j - 4));
          else ml |= u8[at + j]! << (8 * j);
        }
      } else {
        v2l ^= 0xff;
        rounds = 4;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (let r = 0; r < rounds; r++) {
        let t = v0l;
        v0l = (v0l + v1l) | 0;
        v0h = (v0h + v1h + (v0l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = (v1l << 13) | (v1h >>> 19);
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
        v1l = t ^ v0l;
        t = v0l;
        v0l = v0h;
        v0h = t;
        t = v2l;
        v2l = (v2l + v3l) | 0;
        v2h = (v2h + v3h + (v2l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = (v3l << 16) | (v3h >>> 16);
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
        v3l = t ^ v2l;
        t = v0l;
        v0l = (v0l + v3l) | 0;
        v0h = (v0h + v3h + (v0l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = (v3l << 21) | (v3h >>> 11);
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
        v3l = t ^ v0l;
        t = v2l;
        v2l = (v2l + v1l) | 0;
        v2h = (v2h + v1h + (v2l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = (v1l << 17) | (v1h >>> 15);
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
        v1l = t ^ v2l;
        t = v2l;
        v2l = v2h;
        v2h = t;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.lo = v0l ^ v1l ^ v2l ^ v3l;
    this.hi = v0h ^ v1h ^ v2h ^ v3h;
    return this.lo;
  }
}

/**
 * HalfSipHash, keyed, with 32-bit words: for the keys of hash tables, where speed counts and the result is never shown. By default of 1 and 3
 * rounds, as hsiphash in Linux on 32-bit machines.
 * @alpha
 */
export class HalfSipHash {
  private readonly k0: number;
  private readonly k1: number;
  private readonly cRounds: number;
  private readonly dRounds: number;
  private readonly words: Uint8Array;
  private readonly wordsView: DataView;

  /** The key: 8 bytes (of a longer one, the first 8). */
  constructor(key: Uint8Array, cRounds = 1, dRounds = 3) {
    if (key.length < 8) throw new RangeError(`HalfSipHash: a key of ${key.length} bytes; it takes 8`);
    this.k0 = le32(key, 0);
    this.k1 = le32(key, 4);
    this.cRounds = cRounds;
    this.dRounds = dRounds;
    this.words = new Uint8Array(16);
    this.wordsView = new DataView(this.words.buffer);
  }

  /** Hashes three 32-bit words. Source: hsiphash_3u32. */
  hash3(a: number, b: number, c: number): number {
    this.wordsView.setInt32(0, a, true);
    this.wordsView.setInt32(4, b, true);
    this.wordsView.setInt32(8, c, true);
    return this.hash(this.words, 0, 12);
  }

  /** Hashes four 32-bit words. Source: hsiphash_4u32. */
  hash4(a: number, b: number, c: number, d: number): number {
    this.wordsView.setInt32(0, a, true);
    this.wordsView.setInt32(4, b, true);
    this.wordsView.setInt32(8, c, true);
    this.wordsView.setInt32(12, d, true);
    return this.hash(this.words, 0, 16);
  }

  /** Hashes `len` bytes of `u8` from `off`; the result is an int32. */
  hash(u8: Uint8Array, off: number, len: number): number {
    let v0 = this.k0;
    let v1 = this.k1;
    let v2 = this.k0 ^ 0x6c796765;
    let v3 = this.k1 ^ 0x74656462;
    const blocks = len >>> 2;
    for (let i = 0; i <= blocks + 1; i++) {
      let m = 0;
      let rounds = this.cRounds;
      const at = off + i * 4;
      if (i < blocks) {
        m = le32(u8, at);
      } else if (i === blocks) {
        m = len << 24;
        for (let j = (len & 3) - 1; j >= 0; j--) m |= u8[at + j]! << (8 * j);
      } else {
        v2 ^= 0xff;
        rounds = this.dRounds;
      }
      v3 ^= m;
      for (let r = 0; r < rounds; r++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= m;
    }
    return v1 ^ v3;
  }
}

function le32(u8: Uint8Array, at: number): number {
  return u8[at]! | (u8[at + 1]! << 8) | (u8[at + 2]! << 16) | (u8[at + 3]! << 24);
}
