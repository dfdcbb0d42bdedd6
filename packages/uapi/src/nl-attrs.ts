/**
 * Netlink attributes as plain values, for tools, tests and traces (the kernel's own
 * code reads attributes in place, see `nlattr.ts`).
 *
 * A table names the attributes of one level and says what their payload is. What it
 * decodes can be encoded again byte for byte: order, repeated attributes, flags,
 * unknown attributes, unexpected lengths and padding are all kept.
 * Source: netlink(7), RFC 3549.
 */

import { ETH_ALEN, macFromString, macToString } from './if-ether.ts';
import { in4FromString, in4ToString } from './in.ts';
import { in6At, in6FromString, in6Store, in6ToString } from './ipv6.ts';
import { NLA_F_NESTED, NLA_F_NET_BYTEORDER } from './netlink.ts';
import { nlaAlign, nlaFlags, nlaLen, nlaOk, nlaType } from './nlattr.ts';
import { utf8Decode, utf8Encode } from './utf8.ts';

/**
 * What an attribute's payload is. Integers are little-endian but for `be16` and `be32`;
 * `u64` and `s64` are bigints; `flag` has no payload; `string` ends with a NUL;
 * `mac`, `in4`, `in6` and `ip` (4 or 16 bytes) are written as text.
 * @public
 */
export type NlKind =
  | 'flag' | 'u8' | 'u16' | 'u32' | 'u64' | 's8' | 's16' | 's32' | 's64' | 'be16' | 'be32'
  | 'string' | 'bytes' | 'mac' | 'in4' | 'in6' | 'ip';

/** A decoded payload: bytes where the kind is unknown or the payload does not fit it. @public */
export type NlValue = boolean | number | bigint | string | Uint8Array | readonly NlAttr[];

/** One attribute. @public */
export interface NlAttr {
  /** Its name in the table; `#7` for an unknown type 7; `#rest` for bytes that are no attribute. */
  readonly name: string;
  /** Its type without flags; -1 for `#rest`. */
  readonly type: number;
  /** NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
  readonly flags: number;
  readonly value: NlValue;
  /** Padding behind it, where it is not the usual zero bytes. */
  readonly pad?: Uint8Array;
  /** True for a string without its final NUL. */
  readonly unterminated?: boolean;
}

/** Attributes as a plain object: name to value; nested attributes are objects, repeated ones arrays. @public */
export interface NlObject {
  [name: string]: NlObjectValue | readonly NlObjectValue[];
}

/** A value in a plain object. @public */
export type NlObjectValue = boolean | number | bigint | string | Uint8Array | NlObject;

/**
 * The table for what is inside an attribute: the table itself, or a function that
 * chooses it by the attributes before (IFLA_INFO_DATA depends on IFLA_INFO_KIND)
 * and gives undefined where it does not know.
 * @public
 */
export type NlNested = NlAttrTable | ((before: readonly NlAttr[]) => NlAttrTable | undefined);

/** Type, kind (or table) and, if not 0, the flags to write when encoding from a plain object. @public */
export type NlAttrSpec = readonly [type: number, kind: NlKind | NlNested, flags?: number];

/** Name to specification; the name `*` stands for every type that has no name (lists indexed by type). @public */
export interface NlAttrSpecs {
  readonly [name: string]: NlAttrSpec;
}

/** Nesting beyond this stays bytes, so that hostile input cannot exhaust the stack. */
const MAX_DEPTH = 32;

/** A table of attributes; made by `defineAttrs`. @public */
export class NlAttrTable {
  readonly #byName: ReadonlyMap<string, NlAttrSpec>;
  readonly #names: ReadonlyMap<number, string>;
  readonly #any: NlAttrSpec | undefined;

  constructor(specs: NlAttrSpecs) {
    const names = new Map<number, string>();
    for (const [name, spec] of Object.entries(specs)) if (name !== '*') names.set(spec[0], name);
    this.#byName = new Map(Object.entries(specs));
    this.#names = names;
    this.#any = specs['*'];
  }

  /** The attributes in `len` bytes at `off`. Never throws; copies what it keeps. */
  decode(u8: Uint8Array, off: number = 0, len: number = u8.length - off): NlAttr[] {
    return this.#decode(u8, new DataView(u8.buffer, u8.byteOffset, u8.byteLength), off, off + len, 0);
  }

  /** The bytes of attributes, padding included. Throws a TypeError that names the attribute for a value that does not fit. */
  encode(attrs: readonly NlAttr[] | NlObject): Uint8Array {
    const list = Array.isArray(attrs) ? (attrs as readonly NlAttr[]) : this.fromObject(attrs as NlObject);
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let i = 0; i < list.length; i++) {
      const a = list[i]!;
      const bytes = a.type < 0 ? bytesOf(a.name, a.value) : this.#encodeAttr(a, list, i);
      parts.push(bytes);
      total += bytes.length;
    }
    const out = new Uint8Array(total);
    let n = 0;
    for (const p of parts) {
      out.set(p, n);
      n += p.length;
    }
    return out;
  }

  /** The attributes as a plain object. What an object cannot hold (unusual flags and padding, order among repeated ones) is lost. */
  toObject(attrs: readonly NlAttr[]): NlObject {
    const out: NlObject = {};
    for (let i = 0; i < attrs.length; i++) {
      const a = attrs[i]!;
      const value: NlObjectValue = isAttrs(a.value) ? (this.#nested(a.type, attrs, i) ?? NO_ATTRS).toObject(a.value) : a.value;
      const had = Object.hasOwn(out, a.name) ? out[a.name] : undefined;
      if (had === undefined) out[a.name] = value;
      else out[a.name] = Array.isArray(had) ? [...(had as NlObjectValue[]), value] : [had as NlObjectValue, value];
    }
    return out;
  }

  /** The attributes of a plain object, in its order. Throws a TypeError for a name that the table has not (`#7` names type 7). */
  fromObject(object: NlObject): NlAttr[] {
    const out: NlAttr[] = [];
    for (const [name, values] of Object.entries(object)) {
      for (const value of (Array.isArray(values) ? values : [values]) as readonly NlObjectValue[]) {
        const type = this.#typeOf(name);
        const nested = isPlain(value) ? this.#nested(type, out, out.length) : undefined;
        if (isPlain(value) && nested === undefined) throw new TypeError(`${name}: nothing is known about what is inside it; give bytes`);
        const flags = type < 0 ? 0 : (this.#spec(type)?.[2] ?? 0);
        out.push({ name, type, flags, value: isPlain(value) ? nested!.fromObject(value) : (value as NlValue) });
      }
    }
    return out;
  }

  #spec(type: number): NlAttrSpec | undefined {
    const name = this.#names.get(type);
    return name === undefined ? this.#any : this.#byName.get(name);
  }

  #typeOf(name: string): number {
    const spec = name === '*' ? undefined : this.#byName.get(name);
    if (spec !== undefined) return spec[0];
    if (name === '#rest') return -1;
    const m = /^#(\d+)$/.exec(name);
    if (m === null || Number(m[1]) > 0x3fff) throw new TypeError(`${name}: no such attribute`);
    return Number(m[1]);
  }

  /** The table for what is inside the attribute `type` at index `i` of `list`. */
  #nested(type: number, list: readonly NlAttr[], i: number): NlAttrTable | undefined {
    const kind = this.#spec(type)?.[1];
    if (kind === undefined || typeof kind === 'string') return undefined;
    return typeof kind === 'function' ? kind(list.slice(0, i)) : kind;
  }

  #decode(u8: Uint8Array, view: DataView, off: number, end: number, depth: number): NlAttr[] {
    const out: NlAttr[] = [];
    while (nlaOk(view, off, end - off)) {
      const type = nlaType(view, off);
      const payload = off + 4;
      const stop = payload + nlaLen(view, off);
      const next = Math.min(off + nlaAlign(stop - off), end);
      const pad = canonicalPad(u8, stop, next, stop - off) ? undefined : u8.slice(stop, next);
      const kind = this.#spec(type)?.[1];
      const table = depth < MAX_DEPTH ? this.#nested(type, out, out.length) : undefined;
      const value = table !== undefined ? table.#decode(u8, view, payload, stop, depth + 1) : decodeValue(typeof kind === 'string' ? kind : 'bytes', u8, view, payload, stop);
      const attr: { -readonly [K in keyof NlAttr]: NlAttr[K] } = { name: this.#names.get(type) ?? `#${type}`, type, flags: nlaFlags(view, off), value };
      if (pad !== undefined) attr.pad = pad;
      if (kind === 'string' && typeof value === 'string' && (stop === payload || u8[stop - 1] !== 0)) attr.unterminated = true;
      out.push(attr);
      off = next;
    }
    if (off < end) out.push({ name: '#rest', type: -1, flags: 0, value: u8.slice(off, end) });
    return out;
  }

  #encodeAttr(a: NlAttr, list: readonly NlAttr[], i: number): Uint8Array {
    const kind = this.#spec(a.type)?.[1];
    const payload = isAttrs(a.value)
      ? (this.#nested(a.type, list, i) ?? NO_ATTRS).encode(a.value)
      : encodeValue(typeof kind === 'string' ? kind : 'bytes', a.name, a.value, a.unterminated === true);
    const len = payload.length + 4;
    if (len > 0xffff) throw new TypeError(`${a.name}: at most 65531 bytes, got ${payload.length}`);
    const pad = a.pad?.length ?? nlaAlign(len) - len;
    const out = new Uint8Array(len + pad);
    const view = new DataView(out.buffer);
    view.setUint16(0, len, true);
    view.setUint16(2, a.type | (a.flags & (NLA_F_NESTED | NLA_F_NET_BYTEORDER)), true);
    out.set(payload, 4);
    if (a.pad !== undefined) out.set(a.pad, len);
    return out;
  }
}

/** A table of attributes; see `NlAttrSpecs` for what it is made of. @public */
export function defineAttrs(specs: NlAttrSpecs): NlAttrTable {
  return new NlAttrTable(specs);
}

const NO_ATTRS = new NlAttrTable({});

/** The value of the first attribute of that name, or undefined. @public */
export function nlAttrValue(attrs: readonly NlAttr[], name: string): NlValue | undefined {
  for (const a of attrs) if (a.name === name) return a.value;
  return undefined;
}

function isAttrs(value: NlValue): value is readonly NlAttr[] {
  return Array.isArray(value);
}

function isPlain(value: NlObjectValue): value is NlObject {
  return typeof value === 'object' && !(value instanceof Uint8Array);
}

/** True if the padding in [from, to) is as many zero bytes as an attribute of `len` bytes wants. */
function canonicalPad(u8: Uint8Array, from: number, to: number, len: number): boolean {
  if (to - from !== nlaAlign(len) - len) return false;
  for (let i = from; i < to; i++) if (u8[i] !== 0) return false;
  return true;
}

/** Payload lengths that the kinds of fixed size have. */
const SIZES: Readonly<Partial<Record<NlKind, number>>> = {
  flag: 0, u8: 1, s8: 1, u16: 2, s16: 2, be16: 2, u32: 4, s32: 4, be32: 4, u64: 8, s64: 8, mac: ETH_ALEN, in4: 4, in6: 16,
};

function decodeValue(kind: NlKind, u8: Uint8Array, view: DataView, off: number, end: number): NlValue {
  const len = end - off;
  const size = SIZES[kind];
  if (size !== undefined && size !== len) return u8.slice(off, end);
  switch (kind) {
    case 'flag': return true;
    case 'u8': return view.getUint8(off);
    case 's8': return view.getInt8(off);
    case 'u16': return view.getUint16(off, true);
    case 's16': return view.getInt16(off, true);
    case 'be16': return view.getUint16(off);
    case 'u32': return view.getUint32(off, true);
    case 's32': return view.getInt32(off, true);
    case 'be32': return view.getUint32(off);
    case 'u64': return view.getBigUint64(off, true);
    case 's64': return view.getBigInt64(off, true);
    case 'mac': return macToString(u8, off);
    case 'in4': return in4ToString(view.getInt32(off));
    case 'in6': return in6ToString(in6At(view, off));
    case 'ip':
      if (len === 4) return in4ToString(view.getInt32(off));
      return len === 16 ? in6ToString(in6At(view, off)) : u8.slice(off, end);
    case 'string': return decodeString(u8, off, end);
    case 'bytes': return u8.slice(off, end);
  }
}

/** A string whose bytes its text gives back; otherwise the bytes. */
function decodeString(u8: Uint8Array, off: number, end: number): string | Uint8Array {
  const bytes = u8.slice(off, end);
  const nul = bytes.indexOf(0);
  if (nul >= 0 && nul !== bytes.length - 1) return bytes;
  const text = utf8Decode(bytes, 0, nul < 0 ? bytes.length : nul);
  const again = utf8Encode(text);
  if (again.length !== (nul < 0 ? bytes.length : nul)) return bytes;
  return again.every((b, i) => b === bytes[i]) ? text : bytes;
}

function bytesOf(name: string, value: NlValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${name}: expected bytes, got ${typeof value}`);
}

function encodeValue(kind: NlKind, name: string, value: NlValue, unterminated: boolean): Uint8Array {
  // Bytes are taken for every kind: that is how an unexpected length came in.
  if (value instanceof Uint8Array) return value;
  switch (kind) {
    case 'flag':
      if (value !== true) throw wrong(name, 'true', value);
      return new Uint8Array(0);
    case 'u8': return integer(name, value, 1, 0, 0xff, false);
    case 's8': return integer(name, value, 1, -0x80, 0x7f, false);
    case 'u16': return integer(name, value, 2, 0, 0xffff, false);
    case 's16': return integer(name, value, 2, -0x8000, 0x7fff, false);
    case 'be16': return integer(name, value, 2, 0, 0xffff, true);
    case 'u32': return integer(name, value, 4, 0, 0xffff_ffff, false);
    case 's32': return integer(name, value, 4, -0x8000_0000, 0x7fff_ffff, false);
    case 'be32': return integer(name, value, 4, 0, 0xffff_ffff, true);
    case 'u64': return big(name, value, 0n, 0xffff_ffff_ffff_ffffn);
    case 's64': return big(name, value, -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn);
    case 'mac':
      if (typeof value !== 'string') throw wrong(name, 'a MAC address', value);
      return macFromString(value);
    case 'in4': return address(name, value, true, false);
    case 'in6': return address(name, value, false, true);
    case 'ip': return address(name, value, true, true);
    case 'string':
      if (typeof value !== 'string' || value.includes('\0')) throw wrong(name, 'a string without NUL', value);
      return utf8Encode(unterminated ? value : `${value}\0`);
    case 'bytes': return bytesOf(name, value);
  }
}

function wrong(name: string, expected: string, value: unknown): TypeError {
  const got = typeof value === 'object' ? 'an object' : typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new TypeError(`${name}: expected ${expected}, got ${got}`);
}

function integer(name: string, value: NlValue, size: number, min: number, max: number, bigEndian: boolean): Uint8Array {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) throw wrong(name, `an integer from ${min} to ${max}`, value);
  const out = new Uint8Array(size);
  for (let i = 0; i < size; i++) out[bigEndian ? size - 1 - i : i] = (value >> (8 * i)) & 0xff;
  return out;
}

function big(name: string, value: NlValue, min: bigint, max: bigint): Uint8Array {
  if (typeof value !== 'bigint' || value < min || value > max) throw wrong(name, `a bigint from ${min} to ${max}`, value);
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return out;
}

function address(name: string, value: NlValue, v4: boolean, v6: boolean): Uint8Array {
  const a4 = typeof value === 'string' && v4 ? in4FromString(value) : null;
  if (a4 !== null) {
    const out = new Uint8Array(4);
    new DataView(out.buffer).setInt32(0, a4);
    return out;
  }
  const a6 = typeof value === 'string' && v6 ? in6FromString(value) : null;
  if (a6 === null) throw wrong(name, `an ${v4 && v6 ? 'IP' : v4 ? 'IPv4' : 'IPv6'} address`, value);
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  in6Store(view, 0, a6);
  return out;
}
