/**
 * Netlink messages: a walker that copies nothing, and a writer that grows.
 * Host byte order is little-endian. Source: netlink(7), RFC 3549 section 2.2.
 */

import { in6Store } from './ipv6.ts';
import { NLA_F_NESTED } from './netlink.ts';
import { nlaAlign } from './nlattr.ts';
import { utf8Encode } from './utf8.ts';

const HDRLEN = 16;
const EMSGSIZE = 90;
const ATTR_MAX = 0xffff;

/** `len` rounded up to the 4-byte alignment of messages. Source: `NLMSG_ALIGN()`. @public */
export function nlmsgAlign(len: number): number {
  return (len + 3) & ~3;
}

/** `nlmsg_len` of the message at `nlh`: header and payload. @public */
export function nlmsgLen(view: DataView, nlh: number): number {
  return view.getUint32(nlh, true);
}

/** `nlmsg_type` of the message at `nlh`. @public */
export function nlmsgType(view: DataView, nlh: number): number {
  return view.getUint16(nlh + 4, true);
}

/** `nlmsg_flags` (NLM_F_*) of the message at `nlh`. @public */
export function nlmsgFlags(view: DataView, nlh: number): number {
  return view.getUint16(nlh + 6, true);
}

/** `nlmsg_seq` of the message at `nlh`, unsigned. @public */
export function nlmsgSeq(view: DataView, nlh: number): number {
  return view.getUint32(nlh + 8, true);
}

/** `nlmsg_pid`, the port id, of the message at `nlh`, unsigned. @public */
export function nlmsgPid(view: DataView, nlh: number): number {
  return view.getUint32(nlh + 12, true);
}

/** Offset of the payload of the message at `nlh`. Source: `nlmsg_data()`. @public */
export function nlmsgData(nlh: number): number {
  return nlh + HDRLEN;
}

/** True if `remaining` bytes from `nlh` on hold a whole message. Source: `NLMSG_OK()`. @public */
export function nlmsgOk(view: DataView, nlh: number, remaining: number): boolean {
  if (remaining < HDRLEN) return false;
  const len = view.getUint32(nlh, true);
  return len >= HDRLEN && len <= remaining;
}

/** Offset of the message behind the one at `nlh`. Source: `NLMSG_NEXT()`. @public */
export function nlmsgNext(view: DataView, nlh: number): number {
  return nlh + nlmsgAlign(view.getUint32(nlh, true));
}

/**
 * Calls `fn` with the offset and `nlmsg_len` of each message in `len` bytes at `off`;
 * returns the number of bytes left over behind the last good message (0 when all is well).
 * @public
 */
export function nlmsgForEach(view: DataView, off: number, len: number, fn: (nlh: number, nlmsgLen: number) => void): number {
  const end = off + len;
  while (nlmsgOk(view, off, end - off)) {
    fn(off, view.getUint32(off, true));
    off = nlmsgNext(view, off);
  }
  return off >= end ? 0 : end - off;
}

/** Options of `NlWriter`. @public */
export interface NlWriterOptions {
  /** Bytes to begin with (default 512); the writer grows by itself. */
  readonly capacity?: number;
  /** The most bytes that all messages together may have (default: no limit): a dump sets its skb's room here. */
  readonly limit?: number;
}

/**
 * Writes netlink messages one behind the other. `begin` starts a message, the `put*`
 * methods append to it, `end` completes it. Attributes are padded to 4 bytes.
 *
 * Nothing here throws: a message that would exceed the limit, or an attribute too long
 * for its 16-bit length, makes `end` take the whole message back and return -EMSGSIZE,
 * which is what a dump needs to know when to go on in the next skb.
 * @public
 */
export class NlWriter {
  /** The buffer; replaced when it grows, so read it after the last put. */
  u8: Uint8Array<ArrayBuffer>;
  /** A view of the buffer; replaced when it grows. */
  view: DataView<ArrayBuffer>;
  /** Bytes written, padding included. */
  len: number;
  /** Offset of the message in progress, or -1. */
  start: number;
  readonly limit: number;
  /** Padding behind the last piece: `nlmsg_len` covers that of an attribute, not that of a struct. */
  #pad: number;
  #tooLong: boolean;
  readonly #nests: number[];

  constructor(options: NlWriterOptions = {}) {
    this.u8 = new Uint8Array(options.capacity ?? 512);
    this.view = new DataView(this.u8.buffer);
    this.len = 0;
    this.start = -1;
    this.limit = options.limit ?? Number.MAX_SAFE_INTEGER;
    this.#pad = 0;
    this.#tooLong = false;
    this.#nests = [];
  }

  /** Forgets everything written; keeps the buffer. */
  reset(): void {
    this.len = 0;
    this.start = -1;
    this.#tooLong = false;
    this.#nests.length = 0;
  }

  /** A copy of all complete messages. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.u8.slice(0, this.start >= 0 ? this.start : this.len);
  }

  /** Starts a message with its header and returns the header's offset. Source: `nlmsg_put()`. */
  begin(type: number, flags: number, seq: number, pid: number): number {
    this.#tooLong = false;
    this.#nests.length = 0;
    const nlh = this.#room(HDRLEN);
    this.start = nlh;
    this.view.setUint16(nlh + 4, type, true);
    this.view.setUint16(nlh + 6, flags, true);
    this.view.setUint32(nlh + 8, seq, true);
    this.view.setUint32(nlh + 12, pid, true);
    return nlh;
  }

  /** Completes the message (and any open nests) and returns its `nlmsg_len`, or takes it back and returns -EMSGSIZE. Source: `nlmsg_end()`. */
  end(): number {
    while (this.#nests.length > 0) this.nestEnd();
    if (this.#tooLong || this.len > this.limit) {
      this.cancel();
      return -EMSGSIZE;
    }
    const len = this.len - this.start - this.#pad;
    this.view.setUint32(this.start, len, true);
    this.start = -1;
    return len;
  }

  /** Takes the message in progress back. Source: `nlmsg_cancel()`. */
  cancel(): void {
    if (this.start >= 0) this.len = this.start;
    this.start = -1;
    this.#tooLong = false;
    this.#nests.length = 0;
  }

  /** Appends `n` zero bytes, padded to 4: the place of a fixed struct. Returns its offset. */
  reserve(n: number): number {
    const off = this.#room(n);
    this.#pad = nlaAlign(n) - n;
    return off;
  }

  /** Appends an attribute with `n` zero bytes and returns the offset of its payload. Source: `nla_reserve()`. */
  reserveAttr(type: number, n: number): number {
    const nla = this.#room(n + 4);
    if (n + 4 > ATTR_MAX) this.#tooLong = true;
    this.view.setUint16(nla, n + 4, true);
    this.view.setUint16(nla + 2, type, true);
    return nla + 4;
  }

  /** Appends an u8 attribute. Source: `nla_put_u8()`. */
  putU8(type: number, value: number): void {
    const o = this.reserveAttr(type, 1);
    this.view.setUint8(o, value);
  }

  /** Appends an u16 attribute. Source: `nla_put_u16()`. */
  putU16(type: number, value: number): void {
    const o = this.reserveAttr(type, 2);
    this.view.setUint16(o, value, true);
  }

  /** Appends an u32 attribute (signed or unsigned value). Source: `nla_put_u32()`. */
  putU32(type: number, value: number): void {
    const o = this.reserveAttr(type, 4);
    this.view.setUint32(o, value, true);
  }

  /** Appends an s32 attribute. Source: `nla_put_s32()`. */
  putS32(type: number, value: number): void {
    this.putU32(type, value);
  }

  /** Appends an u64 attribute from a non-negative integer below 2^53. Source: `nla_put_u64_64bit()`. */
  putU64(type: number, value: number): void {
    const o = this.reserveAttr(type, 8);
    this.view.setUint32(o, value >>> 0, true);
    this.view.setUint32(o + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  /** Appends an u16 attribute in network order. Source: `nla_put_be16()`. */
  putBe16(type: number, value: number): void {
    const o = this.reserveAttr(type, 2);
    this.view.setUint16(o, value);
  }

  /** Appends an u32 attribute in network order. Source: `nla_put_be32()`. */
  putBe32(type: number, value: number): void {
    const o = this.reserveAttr(type, 4);
    this.view.setUint32(o, value);
  }

  /** Appends an IPv4 address given as host-order int32. Source: `nla_put_in_addr()`. */
  putInAddr(type: number, addr: number): void {
    this.putBe32(type, addr);
  }

  /** Appends an IPv6 address given as four host-order words. Source: `nla_put_in6_addr()`. */
  putIn6Addr(type: number, words: Int32Array): void {
    const o = this.reserveAttr(type, 16);
    in6Store(this.view, o, words);
  }

  /** Appends an attribute without payload, whose presence is its meaning. Source: `nla_put_flag()`. */
  putFlag(type: number): void {
    this.reserveAttr(type, 0);
  }

  /** Appends a string as UTF-8 with its final NUL. Source: `nla_put_string()`. */
  putString(type: number, value: string): void {
    const text = utf8Encode(value);
    const o = this.reserveAttr(type, text.length + 1);
    this.u8.set(text, o);
  }

  /** Appends bytes as an attribute. Source: `nla_put()`. */
  putBytes(type: number, value: Uint8Array): void {
    const o = this.reserveAttr(type, value.length);
    this.u8.set(value, o);
  }

  /** Appends bytes that are not an attribute, padded to 4 bytes. Source: `nlmsg_append()`. */
  append(value: Uint8Array): void {
    const o = this.reserve(value.length);
    this.u8.set(value, o);
  }

  /** Opens an attribute with the flag NLA_F_NESTED; what is put until `nestEnd` is inside it. Returns its offset. Source: `nla_nest_start()`. */
  nestStart(type: number): number {
    return this.nestStartNoflag(type | NLA_F_NESTED);
  }

  /** `nestStart` without the flag, as the older rtnetlink attributes have it. Source: `nla_nest_start_noflag()`. */
  nestStartNoflag(type: number): number {
    const nla = this.reserveAttr(type, 0) - 4;
    this.#nests.push(nla);
    return nla;
  }

  /** Closes the innermost open attribute and returns its length, header included; does nothing and returns 0 if none is open. Source: `nla_nest_end()`. */
  nestEnd(): number {
    const nla = this.#nests.pop();
    if (nla === undefined) return 0;
    const n = this.len - nla;
    if (n > ATTR_MAX) this.#tooLong = true;
    this.view.setUint16(nla, n, true);
    return n;
  }

  /** Takes the innermost open attribute back with all that is in it. Source: `nla_nest_cancel()`. */
  nestCancel(): void {
    const nla = this.#nests.pop();
    if (nla !== undefined) this.len = nla;
  }

  /** Makes room for `n` bytes and their padding, zeroed, and returns where they begin. */
  #room(n: number): number {
    const off = this.len;
    const end = off + nlaAlign(n);
    if (end > this.u8.length) {
      const bigger = new Uint8Array(Math.max(end, this.u8.length * 2));
      bigger.set(this.u8.subarray(0, off));
      this.u8 = bigger;
      this.view = new DataView(bigger.buffer);
    } else {
      this.u8.fill(0, off, end);
    }
    this.len = end;
    this.#pad = 0;
    return off;
  }
}
