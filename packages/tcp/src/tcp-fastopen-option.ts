/** TCP Fast Open (RFC 7413), what both sides share: the option, cookies, keys, and what is remembered of servers. */
// datapath-ok-file: SYNs with the option, and settings
import { SipHash } from '@linnet/kernel';
import { TCPHDR_LEN, TCPOLEN_MSS, TCPOPT_EXP, TCPOPT_FASTOPEN, TCPOPT_MSS, TCPOPT_NOP, tcpOptLen } from '@linnet/uapi';
import type { TcpNet } from './tcp-net.ts';

/** Bits of the sysctl tcp_fastopen (ip-sysctl documentation). */
export const TFO_CLIENT_ENABLE = 1;

export const TFO_SERVER_ENABLE = 2;

/** Data goes into a SYN even without a cookie. */
export const TFO_CLIENT_NO_COOKIE = 4;

/** And is taken from one. */
export const TFO_SERVER_COOKIE_NOT_REQD = 0x200;

/** Every listener is ready for it. */
export const TFO_SERVER_WO_SOCKOPT = 0x400;

/** A cookie has 4 to 16 bytes, an even number (RFC 7413 section 4.1.1). */
const COOKIE_MIN = 4;

const COOKIE_MAX = 16;

/** Marks fast open among the experimental options (RFC 7413 section 4.1.1, RFC 6994). */
const EXP_MAGIC = 0xf989;

/** What a host is remembered by. @alpha */
export class TfoPeer {
  /** The MSS that it announced last; 0: not known. */
  mss = 0;
  cookie: Uint8Array | null = null;
  /** The cookie came in the experimental option (RFC 6994). */
  exp = false;
  /** A request was not answered: 1, the next one uses the experimental option; 2, that was of no use either. */
  tryExp = 0;
}

/** Length of the option in a SYN or SYN-ACK, filled up to a multiple of four; 0 for none. `cookie` is the cookie, empty for a request. */
export function tfoOptionLen(cookie: Uint8Array | null, exp: boolean): number {
  return cookie === null ? 0 : ((exp ? 4 : 2) + cookie.length + 3) & ~3;
}

/** Writes the option at `p`, NOPs behind it. */
export function tfoWriteOption(view: DataView, p: number, cookie: Uint8Array, exp: boolean): void {
  const end = p + tfoOptionLen(cookie, exp);
  const len = (exp ? 4 : 2) + cookie.length;
  view.setUint8(p, exp ? TCPOPT_EXP : TCPOPT_FASTOPEN);
  view.setUint8(p + 1, len);
  if (exp) view.setUint16(p + 2, EXP_MAGIC);
  for (let i = 0; i < cookie.length; i++) view.setUint8(p + len - cookie.length + i, cookie[i]!);
  for (let i = p + len; i < end; i++) view.setUint8(i, TCPOPT_NOP);
}

/** The option of a received segment. */
export class TfoOption {
  /** Null: none. */
  cookie: Uint8Array | null = null;
  exp = false;
  /** The MSS option beside it, 0 without. */
  mss = 0;
}

/** Finds the option in the header at `th` of `len` bytes; only for SYNs, so it may allocate. A cookie of a forbidden length is no option. */
export function tfoParseOption(view: DataView, th: number, len: number): TfoOption {
  const out = new TfoOption();
  for (let p = th + TCPHDR_LEN, size; (size = tcpOptLen(view, p, th + len)) !== 0; p += size) {
    const kind = view.getUint8(p);
    if (kind === TCPOPT_MSS && size === TCPOLEN_MSS) out.mss = view.getUint16(p + 2);
    const exp = kind === TCPOPT_EXP && size >= 4 && view.getUint16(p + 2) === EXP_MAGIC;
    if (kind === TCPOPT_FASTOPEN || exp) {
      const n = size - (exp ? 4 : 2);
      if (n === 0 || (n >= COOKIE_MIN && n <= COOKIE_MAX && n % 2 === 0)) {
        const cookie = new Uint8Array(n);
        for (let i = 0; i < n; i++) cookie[i] = view.getUint8(p + size - n + i);
        out.cookie = cookie;
        out.exp = exp;
      }
    }
  }
  return out;
}

/** The bytes of a cookie for a pair of addresses: SipHash over the client's and the server's. (As Linux's servers hand them out, so that a farm of both works.) */
export function tfoCookie(hash: SipHash, addresses: Uint8Array, len: number): Uint8Array {
  hash.hash(addresses, 0, len);
  const out = new Uint8Array(8);
  const v = new DataView(out.buffer);
  v.setInt32(0, hash.lo, true);
  v.setInt32(4, hash.hi, true);
  return out;
}

/** The keys of a namespace or a listener. @alpha */
export class TfoKeys {
  /** 16 or 32 bytes: the key, and one whose cookies are still taken. */
  readonly bytes: Uint8Array;
  readonly first: SipHash;
  readonly second: SipHash | null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.first = new SipHash(bytes.subarray(0, 16));
    this.second = bytes.length === 32 ? new SipHash(bytes.subarray(16)) : null;
  }
}

const WORDS = /^[0-9a-fA-F]{1,8}(?:-[0-9a-fA-F]{1,8}){3}$/;

/** `a0bf63f7-ed803d81-cd641d30-cebc4a90`, or two with a comma between; null for what is no key. */
export function tfoParseKeys(text: string): TfoKeys | null {
  const keys = text.trim().split(',');
  if (keys.length > 2 || !keys.every((k) => WORDS.test(k))) return null;
  const out = new Uint8Array(16 * keys.length);
  const v = new DataView(out.buffer);
  keys.flatMap((k) => k.split('-')).forEach((w, i) => v.setUint32(4 * i, Number.parseInt(w, 16), true));
  return new TfoKeys(out);
}

/** The same the other way round. */
export function tfoKeysText(keys: TfoKeys): string {
  const v = new DataView(keys.bytes.buffer, keys.bytes.byteOffset);
  const one = (off: number): string => [0, 4, 8, 12].map((i) => v.getUint32(off + i, true).toString(16).padStart(8, '0')).join('-');
  return keys.second === null ? one(0) : `${one(0)},${one(16)}`;
}

/** The keys of a namespace, which makes some at first. */
export function tfoNetKeys(tn: TcpNet): TfoKeys {
  tn.fastopenKeys ??= new TfoKeys(tn.net.kernel.rng.secret('tcp.fastopen'));
  return tn.fastopenKeys;
}
