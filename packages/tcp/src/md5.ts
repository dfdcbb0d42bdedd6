/**
 * MD5 (RFC 1321), written for signatures of segments: it takes bytes where they lie (a place in a buffer, words of a pseudo header), so that nothing is cut out or
 * allocated for a packet. Broken as a hash; what RFC 2385 needs is no better.
 */

/** The sines of section 3.4: floor(2^32 * |sin(i + 1)|). */
const SINES: Int32Array = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
/** Rotations: four for each round. */
const SHIFTS: Uint8Array = Uint8Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);
/** The same for each round: where its words begin and how far apart they are (section 3.4). */
const FIRST: Uint8Array = Uint8Array.of(0, 1, 5, 0);
const STEP: Uint8Array = Uint8Array.of(1, 5, 3, 7);

/** Bytes of a digest. */
export const MD5_LEN = 16;

/** A hash under way. One serves a whole namespace, as one thing at a time is hashed. @alpha */
export class Md5 {
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  /** Bytes so far. */
  length = 0;
  /** The block that fills. */
  readonly block: Uint8Array = new Uint8Array(64);
  readonly view: DataView = new DataView(this.block.buffer);
  /** Room for a digest that is compared. */
  readonly digest: Uint8Array = new Uint8Array(MD5_LEN);
}

/** Begins a hash. */
export function md5Init(m: Md5): void {
  m.a = 0x67452301;
  m.b = 0xefcdab89 | 0;
  m.c = 0x98badcfe | 0;
  m.d = 0x10325476;
  m.length = 0;
}

/** How many bytes the block has room for. */
export function md5Room(m: Md5): number {
  return 64 - (m.length & 63);
}

/** Says that `n` bytes, at most {@link md5Room}, were put behind the block's `length & 63` bytes. */
export function md5Filled(m: Md5, n: number): void {
  m.length += n;
  if ((m.length & 63) === 0) transform(m);
}

/** Takes `n` bytes of `u8` from `off` on. */
export function md5Update(m: Md5, u8: Uint8Array, off: number, n: number): void {
  while (n > 0) {
    let at = m.length & 63;
    const take = n < 64 - at ? n : 64 - at;
    for (const end = at + take; at < end; at++) m.block[at] = u8[off++]!;
    md5Filled(m, take);
    n -= take;
  }
}

/** Takes one byte. */
export function md5Byte(m: Md5, v: number): void {
  m.block[m.length & 63] = v;
  md5Filled(m, 1);
}

/** Takes a number of 32 bits in network order. */
export function md5Word(m: Md5, v: number): void {
  md5Byte(m, v >>> 24);
  md5Byte(m, (v >> 16) & 0xff);
  md5Byte(m, (v >> 8) & 0xff);
  md5Byte(m, v & 0xff);
}

/** Ends the hash; the digest goes to `out` at `at`. */
export function md5Final(m: Md5, out: Uint8Array, at: number): void {
  const bits = m.length * 8;
  md5Byte(m, 0x80);
  while ((m.length & 63) !== 56) md5Byte(m, 0);
  // Low word first, as everything here.
  m.view.setInt32(56, bits | 0, true);
  m.view.setInt32(60, Math.floor(bits / 2 ** 32), true);
  md5Filled(m, 8);
  put(out, at, m.a);
  put(out, at + 4, m.b);
  put(out, at + 8, m.c);
  put(out, at + 12, m.d);
}

function put(out: Uint8Array, at: number, v: number): void {
  out[at] = v;
  out[at + 1] = v >> 8;
  out[at + 2] = v >> 16;
  out[at + 3] = v >> 24;
}

/** One block (section 3.4). */
function transform(m: Md5): void {
  const { view } = m;
  let { a, b, c, d } = m;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    let f: number;
    if (round === 0) f = (b & c) | (~b & d);
    else if (round === 1) f = (b & d) | (c & ~d);
    else if (round === 2) f = b ^ c ^ d;
    else f = c ^ (b | ~d);
    const word = view.getInt32(((FIRST[round]! + i * STEP[round]!) & 15) << 2, true);
    const sum = (a + f + word + SINES[i]!) | 0;
    const s = SHIFTS[(round << 2) | (i & 3)]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << s) | (sum >>> (32 - s)))) | 0;
  }
  m.a = (m.a + a) | 0;
  m.b = (m.b + b) | 0;
  m.c = (m.c + c) | 0;
  m.d = (m.d + d) | 0;
}
