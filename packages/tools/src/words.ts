/** Words of a command line, in the manner of iproute2: what was meant, and how a mistake is told. */
import { in4ToString, in6FromString, in6ToString } from '@linnet/uapi';

/** Ends the program. */
export class ToolExit extends Error {
  readonly code: number;
  constructor(code: number, message: string = '') {
    super(message);
    this.code = code;
  }
}

/** True if `word` is the beginning of `full`. */
export const matches = (word: string, full: string): boolean => full.startsWith(word);

/** The words that are left. */
export class Words {
  readonly #all: readonly string[];
  #at: number = 0;

  constructor(all: readonly string[]) {
    this.#all = all;
  }

  get more(): boolean {
    return this.#at < this.#all.length;
  }
  get left(): number {
    return this.#all.length - this.#at;
  }
  /** The one that stands now. */
  get cur(): string {
    return this.#all[this.#at] ?? '';
  }
  /** The one behind it, or undefined. */
  get peek(): string | undefined {
    return this.#all[this.#at + 1];
  }
  rest(): string[] {
    return this.#all.slice(this.#at);
  }
  skip(): void {
    this.#at++;
  }
  back(): void {
    this.#at--;
  }
  /** Goes on to the next, which must be there. */
  next(): string {
    this.#at++;
    if (this.#at >= this.#all.length) throw new ToolExit(255, 'Command line is not complete. Try option "help"\n');
    return this.#all[this.#at]!;
  }
  /** Is it one of these, or the beginning of one? */
  is(...full: readonly string[]): boolean {
    return full.some((f) => matches(this.cur, f));
  }
  /** Is it just that? */
  eq(...full: readonly string[]): boolean {
    return full.includes(this.cur);
  }
}

export function invarg(what: string, arg: string): never {
  throw new ToolExit(255, `Error: argument "${arg}" is wrong: ${what}\n`);
}
export function duparg(key: string, arg: string): never {
  throw new ToolExit(255, `Error: duplicate "${key}": "${arg}" is the second value.\n`);
}
export function duparg2(key: string, arg: string): never {
  throw new ToolExit(255, `Error: either "${key}" is duplicate, or "${arg}" is a garbage.\n`);
}
export function missarg(key: string): never {
  throw new ToolExit(255, `Error: argument "${key}" is required\n`);
}

/** A number as strtoul(3) with base 0 (or `base`) reads it, up to `max`; null for what is none. */
export function number(s: string, max: number = 0xffffffff, base: number = 0): number | null {
  const hex = base === 16 ? /^(0[xX])?[0-9a-fA-F]+$/ : null;
  let n: number;
  if (hex !== null) n = hex.test(s) ? Number.parseInt(s.replace(/^0x/i, ''), 16) : NaN;
  else if (/^0[xX][0-9a-fA-F]+$/.test(s)) n = Number.parseInt(s.slice(2), 16);
  else if (/^0[0-7]+$/.test(s)) n = Number.parseInt(s, 8);
  else n = /^\d+$/.test(s) ? Number(s) : NaN;
  return Number.isFinite(n) && n <= max ? n : null;
}

/** The same for what must be one. */
export function mustNumber(s: string, what: string, max: number = 0xffffffff, base: number = 0): number {
  return number(s, max, base) ?? invarg(what, s);
}

export const AF_INET = 2;
export const AF_INET6 = 10;

/** An address, perhaps with the length of a prefix. */
export interface Prefix {
  readonly family: number;
  readonly addr: Uint8Array;
  readonly bits: number;
  /** Was the length said? */
  readonly explicit: boolean;
}

export const familyName = (f: number): string => (f === AF_INET ? 'inet' : f === AF_INET6 ? 'inet6' : f === 17 ? 'link' : f === 7 ? 'bridge' : f === 28 ? 'mpls' : f === 0 ? 'none' : '???');
export const hostBits = (family: number): number => (family === AF_INET6 ? 128 : family === AF_INET ? 32 : 0);

/** The bytes of an address in text; null for what is none of that family. */
export function addrBytes(s: string, family: number): Uint8Array | null {
  if (s.includes(':')) {
    if (family === AF_INET) return null;
    const words = in6FromString(s);
    if (words === null) return null;
    const out = new Uint8Array(16);
    const v = new DataView(out.buffer);
    words.forEach((w, i) => v.setInt32(i * 4, w));
    return out;
  }
  if (family === AF_INET6) return null;
  const parts = s.split('.');
  if (parts.length > 4) return null;
  const out = new Uint8Array(4);
  for (let i = 0; i < parts.length; i++) {
    const n = number(parts[i]!, 255);
    if (n === null) return null;
    out[i] = n;
  }
  return out;
}

const familyWord = (family: number): string => (family === 0 ? 'any valid' : familyName(family));

/** An address: or ends the program. */
export function getAddr(s: string, family: number): Prefix {
  if (s === 'default' || s === 'any' || s === 'all') {
    const f = family === 0 ? AF_INET : family;
    return { family: f, addr: new Uint8Array(hostBits(f) / 8), bits: 0, explicit: false };
  }
  const addr = addrBytes(s, family);
  if (addr === null) throw new ToolExit(1, `Error: ${familyWord(family)} address is expected rather than "${s}".\n`);
  const f = addr.length === 4 ? AF_INET : AF_INET6;
  return { family: f, addr, bits: hostBits(f), explicit: false };
}

/** An address with or without the length of a prefix; 'default', 'any' and 'all' are 0/0. */
export function getPrefix(s: string, family: number): Prefix {
  const fail = (): never => {
    throw new ToolExit(1, `Error: ${familyWord(family)} prefix is expected rather than "${s}".\n`);
  };
  if (s === 'default' || s === 'any' || s === 'all') {
    return { family, addr: new Uint8Array(family === 0 ? 0 : hostBits(family) / 8), bits: 0, explicit: false };
  }
  const slash = s.indexOf('/');
  const addr = addrBytes(slash < 0 ? s : s.slice(0, slash), family) ?? fail();
  const f = addr.length === 4 ? AF_INET : AF_INET6;
  if (slash < 0) return { family: f, addr, bits: hostBits(f), explicit: false };
  const tail = s.slice(slash + 1);
  let bits = number(tail, hostBits(f));
  if (bits === null && f === AF_INET) {
    // A netmask.
    const mask = /^\d+\.\d+\.\d+\.\d+$/.test(tail) ? addrBytes(tail, AF_INET) : null;
    if (mask !== null) {
      const m = new DataView(mask.buffer).getUint32(0);
      const inv = ~m >>> 0;
      if ((inv & (inv + 1)) === 0) bits = 32 - (inv === 0 ? 0 : 32 - Math.clz32(inv));
    }
  }
  return { family: f, addr, bits: bits ?? fail(), explicit: true };
}

/** An address as people write it. */
export function addrText(b: Uint8Array): string {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  if (b.length === 4) return in4ToString(v.getInt32(0));
  if (b.length === 16) return in6ToString(Int32Array.from({ length: 4 }, (_, i) => v.getInt32(i * 4)));
  return macText(b);
}

/** A hardware address. */
export function macText(b: Uint8Array): string {
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join(':');
}

/** The bytes of a hardware address, any number of them, or null. */
export function macBytes(s: string): Uint8Array | null {
  const parts = s.split(':');
  if (parts.some((p) => !/^[0-9a-fA-F]{1,2}$/.test(p))) return null;
  return Uint8Array.from(parts, (p) => Number.parseInt(p, 16));
}

/** Are the first bits of the two the same? */
export function samePrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let i = 0; i < bits; i++) {
    const mask = 0x80 >> (i & 7);
    if (((a[i >> 3] ?? 0) & mask) !== ((b[i >> 3] ?? 0) & mask)) return false;
  }
  return true;
}
