/**
 * Netlink attributes in place: an attribute is named by the offset of its header
 * in the view, as Linux names it by a pointer. Nothing is copied. Host byte order
 * is little-endian. Source: netlink(7), RFC 3549 section 2.2, `nla_*()`.
 *
 * The getters do not check the length of the attribute: parse with a check first
 * (`nlaOk`, `nlaParse`) and compare `nlaLen` with what you are going to read.
 */

import { in6At } from './ipv6.ts';
import { NLA_F_NESTED, NLA_F_NET_BYTEORDER } from './netlink.ts';
import { utf8Decode } from './utf8.ts';

const TYPE_MASK = ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER) & 0xffff;

/** `len` rounded up to the 4-byte alignment of attributes. Source: `NLA_ALIGN()`. @public */
export function nlaAlign(len: number): number {
  return (len + 3) & ~3;
}

/** Total length of an attribute with `payload` bytes, without padding. Source: `nla_attr_size()`. @public */
export function nlaAttrSize(payload: number): number {
  return payload + 4;
}

/** Total length of an attribute with `payload` bytes, with padding. Source: `nla_total_size()`. @public */
export function nlaTotalSize(payload: number): number {
  return (payload + 7) & ~3;
}

/** Type of the attribute at `nla` without its flags. Source: `nla_type()`. @public */
export function nlaType(view: DataView, nla: number): number {
  return view.getUint16(nla + 2, true) & TYPE_MASK;
}

/** The flags NLA_F_NESTED and NLA_F_NET_BYTEORDER of the attribute at `nla`. @public */
export function nlaFlags(view: DataView, nla: number): number {
  return view.getUint16(nla + 2, true) & (NLA_F_NESTED | NLA_F_NET_BYTEORDER);
}

/** Payload length in bytes of the attribute at `nla`. Source: `nla_len()`. @public */
export function nlaLen(view: DataView, nla: number): number {
  return view.getUint16(nla, true) - 4;
}

/** Offset of the payload of the attribute at `nla`. Source: `nla_data()`. @public */
export function nlaData(nla: number): number {
  return nla + 4;
}

/** True if `remaining` bytes from `nla` on hold a whole attribute. Source: `nla_ok()`. @public */
export function nlaOk(view: DataView, nla: number, remaining: number): boolean {
  if (remaining < 4) return false;
  const len = view.getUint16(nla, true);
  return len >= 4 && len <= remaining;
}

/** Offset of the attribute behind the one at `nla`. Source: `nla_next()`. @public */
export function nlaNext(view: DataView, nla: number): number {
  return nla + nlaAlign(view.getUint16(nla, true));
}

/**
 * Calls `fn` for each attribute in `len` bytes at `off`; returns the number of bytes
 * left over at the end (0 when all is well). Source: `nla_for_each_attr()`.
 * @public
 */
export function nlaForEach(view: DataView, off: number, len: number, fn: (nla: number) => void): number {
  const end = off + len;
  while (nlaOk(view, off, end - off)) {
    fn(off);
    off = nlaNext(view, off);
  }
  return off >= end ? 0 : end - off;
}

/** Calls `fn` for each attribute inside the one at `nla`; returns the bytes left over. Source: `nla_for_each_nested()`. @public */
export function nlaForEachNested(view: DataView, nla: number, fn: (nla: number) => void): number {
  return nlaForEach(view, nla + 4, nlaLen(view, nla), fn);
}

/** Offset of the first attribute of `type` in `len` bytes at `off`, or 0. Source: `nla_find()`. @public */
export function nlaFind(view: DataView, off: number, len: number, type: number): number {
  const end = off + len;
  while (nlaOk(view, off, end - off)) {
    if (nlaType(view, off) === type) return off;
    off = nlaNext(view, off);
  }
  return 0;
}

/**
 * Indexes the attributes in `len` bytes at `off` by type: element `t` (0..maxtype) is the
 * offset of the last attribute of type `t`, or 0 where there is none. Types above `maxtype`
 * are passed over, and so is what follows a malformed attribute. `off` must not be 0 (it never is: a message
 * begins with its header). Source: `nla_parse_deprecated()`.
 * @public
 */
export function nlaParse(view: DataView, off: number, len: number, maxtype: number): Int32Array {
  const tb = new Int32Array(maxtype + 1);
  nlaParseInto(view, off, len, tb);
  return tb;
}

/** `nlaParse` into a table of the caller's (its length minus 1 is the highest type); returns the number of bytes left over behind the last good attribute. @public */
export function nlaParseInto(view: DataView, off: number, len: number, tb: Int32Array): number {
  tb.fill(0);
  const end = off + len;
  while (nlaOk(view, off, end - off)) {
    const type = nlaType(view, off);
    if (type < tb.length) tb[type] = off;
    off = nlaNext(view, off);
  }
  return off >= end ? 0 : end - off;
}

/** `nlaParse` of what is inside the attribute at `nla`. Source: `nla_parse_nested_deprecated()`. @public */
export function nlaParseNested(view: DataView, nla: number, maxtype: number): Int32Array {
  return nlaParse(view, nla + 4, nlaLen(view, nla), maxtype);
}

/** u8 payload. Source: `nla_get_u8()`. @public */
export function nlaGetU8(view: DataView, nla: number): number {
  return view.getUint8(nla + 4);
}

/** u16 payload. Source: `nla_get_u16()`. @public */
export function nlaGetU16(view: DataView, nla: number): number {
  return view.getUint16(nla + 4, true);
}

/** u32 payload, unsigned. Source: `nla_get_u32()`. @public */
export function nlaGetU32(view: DataView, nla: number): number {
  return view.getUint32(nla + 4, true);
}

/** s32 payload. Source: `nla_get_s32()`. @public */
export function nlaGetS32(view: DataView, nla: number): number {
  return view.getInt32(nla + 4, true);
}

/** u64 payload as a double: exact up to 2^53. Source: `nla_get_u64()`. @public */
export function nlaGetU64(view: DataView, nla: number): number {
  return view.getUint32(nla + 4, true) + view.getUint32(nla + 8, true) * 0x1_0000_0000;
}

/** u16 payload in network order, given in host order. Source: `nla_get_be16()`. @public */
export function nlaGetBe16(view: DataView, nla: number): number {
  return view.getUint16(nla + 4);
}

/** u32 payload in network order, given in host order, unsigned. Source: `nla_get_be32()`. @public */
export function nlaGetBe32(view: DataView, nla: number): number {
  return view.getUint32(nla + 4);
}

/** IPv4 address as host-order int32. Source: `nla_get_in_addr()`. @public */
export function nlaGetInAddr(view: DataView, nla: number): number {
  return view.getInt32(nla + 4);
}

/** IPv6 address as four host-order int32 words. Source: `nla_get_in6_addr()`. @public */
export function nlaGetIn6Addr(view: DataView, nla: number): Int32Array {
  return in6At(view, nla + 4);
}

/** Payload up to its first NUL (or its end), as UTF-8. Source: `nla_strscpy()`. @public */
export function nlaGetString(view: DataView, nla: number): string {
  const len = nlaLen(view, nla);
  let n = 0;
  while (n < len && view.getUint8(nla + 4 + n) !== 0) n++;
  return utf8Decode(new Uint8Array(view.buffer, view.byteOffset + nla + 4, n));
}

/** A copy of the payload. Source: `nla_memdup()`. @public */
export function nlaGetBytes(view: DataView, nla: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + nla + 4, nlaLen(view, nla)).slice();
}
