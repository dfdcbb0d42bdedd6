/**
 * Bob Jenkins's lookup3 (public domain), the general hash of Linux's tables. All results are int32. Not keyed: where a stranger chooses what is
 * hashed, mix a secret `init` in, or use {@link SipHash}.
 */

// Added to every length and init, in lookup3 and in Linux alike.
const INITVAL = 0xdeadbeef | 0;

/** Hashes `len` bytes of `u8` from `off`. Equals hashlittle() of lookup3. Source: jhash. @alpha */
export function jhash(u8: Uint8Array, off: number, len: number, init: number): number {
  let a = (INITVAL + len + init) | 0;
  let b = a;
  let c = a;
  let at = off;
  let left = len;
  while (left > 12) {
    a = (a + le32(u8, at, 4)) | 0;
    b = (b + le32(u8, at + 4, 4)) | 0;
    c = (c + le32(u8, at + 8, 4)) | 0;
    a = (a - c) ^ rol(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rol(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rol(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rol(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rol(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rol(b, 4);
    b = (b + a) | 0;
    at += 12;
    left -= 12;
  }
  if (left === 0) return c;
  a = (a + le32(u8, at, left)) | 0;
  b = (b + le32(u8, at + 4, left - 4)) | 0;
  c = (c + le32(u8, at + 8, left - 8)) | 0;
  return final(a, b, c);
}

/** Hashes `count` 32-bit words of `words` from index `off`. Equals hashword() of lookup3. Source: jhash2. @alpha */
export function jhash2(words: Int32Array, off: number, count: number, init: number): number {
  let a = (INITVAL + (count << 2) + init) | 0;
  let b = a;
  let c = a;
  let at = off;
  let left = count;
  while (left > 3) {
    a = (a + words[at]!) | 0;
    b = (b + words[at + 1]!) | 0;
    c = (c + words[at + 2]!) | 0;
    a = (a - c) ^ rol(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rol(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rol(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rol(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rol(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rol(b, 4);
    b = (b + a) | 0;
    at += 3;
    left -= 3;
  }
  if (left === 0) return c;
  if (left > 2) c = (c + words[at + 2]!) | 0;
  if (left > 1) b = (b + words[at + 1]!) | 0;
  a = (a + words[at]!) | 0;
  return final(a, b, c);
}

/** Hashes one word. Source: jhash_1word. @alpha */
export function jhash1word(a: number, init: number): number {
  const i = (INITVAL + 4 + init) | 0;
  return final((a + i) | 0, i, i);
}

/** Hashes two words. Source: jhash_2words. @alpha */
export function jhash2words(a: number, b: number, init: number): number {
  const i = (INITVAL + 8 + init) | 0;
  return final((a + i) | 0, (b + i) | 0, i);
}

/** Hashes three words: the usual form for an address pair and ports. Source: jhash_3words. @alpha */
export function jhash3words(a: number, b: number, c: number, init: number): number {
  const i = (INITVAL + 12 + init) | 0;
  return final((a + i) | 0, (b + i) | 0, (c + i) | 0);
}

function final(a0: number, b0: number, c0: number): number {
  let a = a0;
  let b = b0;
  let c = c0;
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  return ((c ^ b) - rol(b, 24)) | 0;
}

function rol(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

/** At most four bytes, of which `left` exist; the others are 0. */
function le32(u8: Uint8Array, at: number, left: number): number {
  if (left >= 4) return u8[at]! | (u8[at + 1]! << 8) | (u8[at + 2]! << 16) | (u8[at + 3]! << 24);
  let x = 0;
  for (let i = left - 1; i >= 0; i--) x = (x << 8) | u8[at + i]!;
  return x;
}
