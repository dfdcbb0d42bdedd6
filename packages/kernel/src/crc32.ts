/** Eight tables of 256 words: table n steps over n more zero bytes, so that eight bytes are taken at once. */
function makeTables(polynomial: number): Int32Array {
  const t = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let x = i;
    for (let bit = 0; bit < 8; bit++) x = (x & 1) !== 0 ? (x >>> 1) ^ polynomial : x >>> 1;
    t[i] = x;
  }
  for (let i = 256; i < 8 * 256; i++) t[i] = (t[i - 256]! >>> 8) ^ t[t[i - 256]! & 255]!;
  return t;
}

const CRC32: Int32Array = /* @__PURE__ */ makeTables(0xedb88320);
const CRC32C: Int32Array = /* @__PURE__ */ makeTables(0x82f63b78);

function update(t: Int32Array, u8: Uint8Array, off: number, len: number, crc: number): number {
  let x = ~crc;
  let at = off;
  const end = off + len;
  for (; at + 8 <= end; at += 8) {
    const low = x ^ (u8[at]! | (u8[at + 1]! << 8) | (u8[at + 2]! << 16) | (u8[at + 3]! << 24));
    x =
      t[1792 + (low & 255)]! ^
      t[1536 + ((low >>> 8) & 255)]! ^
      t[1280 + ((low >>> 16) & 255)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + u8[at + 4]!]! ^
      t[512 + u8[at + 5]!]! ^
      t[256 + u8[at + 6]!]! ^
      t[u8[at + 7]!]!;
  }
  for (; at < end; at++) x = (x >>> 8) ^ t[(x ^ u8[at]!) & 255]!;
  return ~x;
}

/**
 * The CRC of Ethernet, gzip and PNG over `len` bytes from `off`; `crc` is that of what came before (0: nothing did). The result is an int32.
 * Source: ITU-T V.42, IEEE 802.3 clause 3.2.9.
 * @alpha
 */
export function crc32(u8: Uint8Array, off: number, len: number, crc = 0): number {
  return update(CRC32, u8, off, len, crc);
}

/**
 * The CRC of SCTP, iSCSI and ext4 (Castagnoli), as {@link crc32}. Source: RFC 3720 section 12.1, RFC 9260 appendix A.
 * @alpha
 */
export function crc32c(u8: Uint8Array, off: number, len: number, crc = 0): number {
  return update(CRC32C, u8, off, len, crc);
}
