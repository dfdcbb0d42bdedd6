/**
 * The Internet checksum, RFC 1071. A partial sum is a 32-bit ones' complement sum of big-endian 16-bit words, kept as an int32; its value modulo
 * 65535 is what counts, so two forms may differ in bits and yet fold to the same. {@link csumFold} makes the 16-bit field of it.
 */

/**
 * The partial sum of `len` bytes of `u8` from `off`, added to `sum`. The first byte is the high one of a word, wherever it lies; an odd last
 * byte counts as followed by 0. At most 16 MiB at once. Source: csum_partial.
 * @alpha
 */
export function csumPartial(u8: Uint8Array, off: number, len: number, sum: number): number {
  // High and low bytes are summed apart: no shifts in the loop, and no carry before 2^23 words.
  let hi = 0;
  let lo = 0;
  let i = off;
  const end = off + len;
  for (const fast = end - 15; i < fast; i += 16) {
    hi += u8[i]! + u8[i + 2]! + u8[i + 4]! + u8[i + 6]! + u8[i + 8]! + u8[i + 10]! + u8[i + 12]! + u8[i + 14]!;
    lo += u8[i + 1]! + u8[i + 3]! + u8[i + 5]! + u8[i + 7]! + u8[i + 9]! + u8[i + 11]! + u8[i + 13]! + u8[i + 15]!;
  }
  for (; i + 1 < end; i += 2) {
    hi += u8[i]!;
    lo += u8[i + 1]!;
  }
  if (i < end) hi += u8[i]!;
  return csumAdd(csumAdd(hi << 8, hi >>> 24), csumAdd(lo, sum));
}

/**
 * As {@link csumPartial}, through a DataView of the bytes (`SkbHead.view`): three times as fast and more. At most 8 MiB at once.
 * @alpha
 */
export function csumPartialView(view: DataView, off: number, len: number, sum: number): number {
  // Little-endian words, added as doubles (exact up to 2^53) in a tree, so that the additions do not wait for each other. Byte order does not
  // matter to the sum until the end (RFC 1071 section 2 B).
  let s = 0;
  let i = off;
  const end = off + len;
  for (const fast = end - 31; i < fast; i += 32) {
    s +=
      view.getUint32(i, true) +
      view.getUint32(i + 4, true) +
      (view.getUint32(i + 8, true) + view.getUint32(i + 12, true)) +
      (view.getUint32(i + 16, true) + view.getUint32(i + 20, true) + (view.getUint32(i + 24, true) + view.getUint32(i + 28, true)));
  }
  return csumAdd(swap(s + csumTail(view, i, end)), sum);
}

/** The rest of a sum, less than 32 bytes, as little-endian words. */
function csumTail(view: DataView, from: number, end: number): number {
  let s = 0;
  let i = from;
  for (; i + 3 < end; i += 4) s += view.getUint32(i, true);
  if (i + 1 < end) {
    s += view.getUint16(i, true);
    i += 2;
  }
  if (i < end) s += view.getUint8(i);
  return s;
}

/** A sum of little-endian words, below 2^53, as a big-endian partial sum of 16 bits. */
function swap(total: number): number {
  const low = total >>> 0;
  let s = (low & 0xffff) + (low >>> 16) + Math.floor(total / 0x100000000);
  s = (s & 0xffff) + (s >>> 16);
  s = (s & 0xffff) + (s >>> 16);
  return ((s & 0xff) << 8) | (s >>> 8);
}

/**
 * Copies `len` bytes and sums them, as {@link csumPartial} of what was copied. Source and destination may not overlap.
 * Source: csum_partial_copy_nocheck.
 * @alpha
 */
export function csumPartialCopy(src: Uint8Array, srcOff: number, dst: Uint8Array, dstOff: number, len: number, sum: number): number {
  let hi = 0;
  let lo = 0;
  let i = srcOff;
  let j = dstOff;
  const end = srcOff + len;
  for (const fast = end - 3; i < fast; i += 4, j += 4) {
    const a = src[i]!;
    const b = src[i + 1]!;
    const c = src[i + 2]!;
    const d = src[i + 3]!;
    dst[j] = a;
    dst[j + 1] = b;
    dst[j + 2] = c;
    dst[j + 3] = d;
    hi += a + c;
    lo += b + d;
  }
  for (let odd = false; i < end; i++, j++, odd = !odd) {
    const a = src[i]!;
    dst[j] = a;
    if (odd) lo += a;
    else hi += a;
  }
  return csumAdd(csumAdd(hi << 8, hi >>> 24), csumAdd(lo, sum));
}

/** From here on the host's own copy and two short-lived views cost less than copying in the loop. */
const COPY_APART = 4096;

/**
 * As {@link csumPartialCopy}, through DataViews, which is much faster.
 * @alpha
 */
export function csumPartialCopyView(src: DataView, srcOff: number, dst: DataView, dstOff: number, len: number, sum: number): number {
  if (len >= COPY_APART) {
    new Uint8Array(dst.buffer, dst.byteOffset + dstOff, len).set(new Uint8Array(src.buffer, src.byteOffset + srcOff, len));
    return csumPartialView(src, srcOff, len, sum);
  }
  let s = 0;
  let i = srcOff;
  let j = dstOff;
  const end = srcOff + len;
  for (const fast = end - 15; i < fast; i += 16, j += 16) {
    const a = src.getUint32(i, true);
    const b = src.getUint32(i + 4, true);
    const c = src.getUint32(i + 8, true);
    const d = src.getUint32(i + 12, true);
    dst.setUint32(j, a, true);
    dst.setUint32(j + 4, b, true);
    dst.setUint32(j + 8, c, true);
    dst.setUint32(j + 12, d, true);
    s += a + b + (c + d);
  }
  s += csumTail(src, i, end);
  for (; i < end; i++, j++) dst.setUint8(j, src.getUint8(i));
  return csumAdd(swap(s), sum);
}

/** The 16-bit checksum field of a partial sum: folded and complemented, from 0 to 65535. Over data with a right checksum it is 0. Source: csum_fold. @alpha */
export function csumFold(sum: number): number {
  let s = (sum & 0xffff) + (sum >>> 16);
  s = (s & 0xffff) + (s >>> 16);
  return ~s & 0xffff;
}

/** Adds two partial sums. Source: csum_add. @alpha */
export function csumAdd(a: number, b: number): number {
  const s = (a + b) | 0;
  // The carry goes round.
  return s >>> 0 < a >>> 0 ? (s + 1) | 0 : s;
}

/** Takes the partial sum `b` out of `a`. Source: csum_sub. @alpha */
export function csumSub(a: number, b: number): number {
  return csumAdd(a, ~b);
}

/** Adds the partial sum of a block that begins `offset` bytes after the block of `sum`: at an odd offset its bytes change places. Source: csum_block_add. @alpha */
export function csumBlockAdd(sum: number, sum2: number, offset: number): number {
  return csumAdd(sum, (offset & 1) !== 0 ? (sum2 << 8) | (sum2 >>> 24) : sum2);
}

/** Takes the partial sum of a block at `offset` out of `sum`. Source: csum_block_sub. @alpha */
export function csumBlockSub(sum: number, sum2: number, offset: number): number {
  return csumBlockAdd(sum, ~sum2, offset);
}

/** A checksum field as a partial sum, so that {@link csumFold} gives it back. Source: csum_unfold of its complement. @alpha */
export function csumUnfold(check: number): number {
  return ~check & 0xffff;
}

/** The checksum of `len` bytes. Source: ip_compute_csum. @alpha */
export function ipComputeCsum(u8: Uint8Array, off: number, len: number): number {
  return csumFold(csumPartial(u8, off, len, 0));
}

/** The checksum of an IPv4 header of `ihl` 32-bit words, whose own field is 0; with the field filled in, 0 means right. Source: ip_fast_csum. @alpha */
export function ipFastCsum(u8: Uint8Array, off: number, ihl: number): number {
  let sum = 0;
  for (let i = off, end = off + ihl * 4; i < end; i += 2) sum += (u8[i]! << 8) | u8[i + 1]!;
  return csumFold(sum);
}

/** As {@link ipFastCsum}, through a DataView of the bytes. @alpha */
export function ipFastCsumView(view: DataView, off: number, ihl: number): number {
  return csumFold(swap(csumTail(view, off, off + ihl * 4)));
}

/** `sum` with the IPv4 pseudo header: addresses as int32 or unsigned, in host order; `len` is that of the transport header and its data. Source: csum_tcpudp_nofold. @alpha */
export function csumTcpudpNofold(saddr: number, daddr: number, len: number, proto: number, sum: number): number {
  const s = (saddr & 0xffff) + (saddr >>> 16) + (daddr & 0xffff) + (daddr >>> 16) + (len & 0xffff) + (len >>> 16) + proto;
  return csumAdd(sum, s);
}

/** The checksum of a transport packet from the sum of its bytes. Source: csum_tcpudp_magic. @alpha */
export function csumTcpudpMagic(saddr: number, daddr: number, len: number, proto: number, sum: number): number {
  return csumFold(csumTcpudpNofold(saddr, daddr, len, proto, sum));
}

/** As {@link csumTcpudpNofold} for IPv6 (RFC 8200 section 8.1): the addresses are the 16 bytes at `soff` of `s` and `doff` of `d`. @alpha */
export function csumIpv6Nofold(s: Uint8Array, soff: number, d: Uint8Array, doff: number, len: number, proto: number, sum: number): number {
  const total = csumAdd(sum, (len & 0xffff) + (len >>> 16) + proto);
  return csumPartial(d, doff, 16, csumPartial(s, soff, 16, total));
}

/** As {@link csumTcpudpMagic} for IPv6. Source: csum_ipv6_magic. @alpha */
export function csumIpv6Magic(s: Uint8Array, soff: number, d: Uint8Array, doff: number, len: number, proto: number, sum: number): number {
  return csumFold(csumIpv6Nofold(s, soff, d, doff, len, proto, sum));
}

/** The checksum field after a 16-bit word changed from `from` to `to`. Source: RFC 1624 equation 3, csum_replace2. @alpha */
export function csumReplace2(check: number, from: number, to: number): number {
  return csumFold((~check & 0xffff) + (~from & 0xffff) + (to & 0xffff));
}

/** The checksum field after a 32-bit word changed from `from` to `to`. Source: RFC 1624, csum_replace4. @alpha */
export function csumReplace4(check: number, from: number, to: number): number {
  return csumFold((~check & 0xffff) + (~from & 0xffff) + (~from >>> 16) + (to & 0xffff) + (to >>> 16));
}
