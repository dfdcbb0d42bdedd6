/**
 * FTP (RFC 959, RFC 2428): the lines PORT and EPRT of the client and the answers 227 and 229 of the server say where the next data connection goes, so that one is expected.
 * Only what stands at the beginning of a line counts, and only a host's own address.
 */
import { NF_ACCEPT, NF_DROP } from '@linnet/netdev';
import { skbLinearize, type Skb } from '@linnet/skbuff';
import { AF_INET, in6FromString, IPPROTO_TCP, TCPHDR_LEN, tcphDoff, tcphSeq } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { IP_CT_ESTABLISHED, IP_CT_ESTABLISHED_REPLY, IPS_NAT_MASK } from './nf-conntrack-common.ts';
import { nfCtExpectInit, nfCtExpectRelated, NfExpect } from './nf-conntrack-expect.ts';
import type { NfCtHelp, NfCtHelper } from './nf-ct-helper.ts';
import { NF_FTP_COMMAS, NF_FTP_EPRT, NF_FTP_EPSV, nfNatFtp } from './nf-nat-ftp.ts';

/** Where lines begin in one direction: the newest number that is known, and the one before, because a segment may come again. */
class Lines {
  known = 0;
  newest = 0;
  before = 0;

  begins(seq: number): boolean {
    return (this.known > 0 && this.newest === seq) || (this.known > 1 && this.before === seq);
  }
  note(seq: number): void {
    if (this.begins(seq)) return;
    // What comes again does not make an older beginning the newest.
    if (this.known > 0 && ((seq - this.newest) | 0) < 0) return;
    this.before = this.newest;
    this.newest = seq;
    if (this.known < 2) this.known++;
  }
}

/** What the helper keeps of a connection. */
class Ftp {
  readonly orig: Lines = new Lines();
  readonly reply: Lines = new Lines();
}

/** It begins like an announcement, and is not whole or not right: what cannot be followed must not get through. */
const WRONG = -1;
const NO = 0;
const YES = 1;

/** What an announcement says. */
class Said {
  form = 0;
  /** Its bytes. */
  at = 0;
  end = 0;
  /** Null: the sender itself. */
  addr: Int32Array | null = null;
  port = 0;
}

/** Bytes in digits with commas between them, as many as `out` has, then what may end them. What is larger than a byte counts by its low bits (observed). */
function commas(u8: Uint8Array, at: number, end: number, out: number[], term: (c: number) => boolean): number {
  let n = 0;
  let v = -1;
  for (; at < end; at++) {
    const c = u8[at]!;
    if (c >= 48 && c <= 57) {
      v = ((v < 0 ? 0 : v) * 10 + c - 48) & 0xff;
      continue;
    }
    if (v < 0) return WRONG;
    out[n++] = v;
    v = -1;
    if (n === out.length) return term(c) ? at : WRONG;
    if (c !== 44) return WRONG;
  }
  return WRONG;
}

/** A port in digits up to `delim`: where that stands; `said.port` is set. */
function port(u8: Uint8Array, at: number, end: number, delim: number, said: Said): number {
  const from = at;
  let v = 0;
  for (; at < end; at++) {
    const c = u8[at]!;
    if (c === delim) {
      if (at === from || v === 0) return WRONG;
      said.port = v;
      return at;
    }
    if (c < 48 || c > 57) return WRONG;
    v = v * 10 + c - 48;
    if (v > 65535) return WRONG;
  }
  return WRONG;
}

function commaForm(u8: Uint8Array, at: number, end: number, term: (c: number) => boolean, said: Said): number {
  const v = [0, 0, 0, 0, 0, 0]; // datapath-ok: once an announced connection
  const stop = commas(u8, at, end, v, term);
  if (stop <= 0) return stop;
  said.form = NF_FTP_COMMAS;
  said.at = at;
  said.end = stop;
  said.addr = Int32Array.of((v[0]! << 24) | (v[1]! << 16) | (v[2]! << 8) | v[3]!, 0, 0, 0); // datapath-ok: as above
  said.port = v[4]! * 256 + v[5]!;
  return YES;
}

/** RFC 2428 2: `<d>family<d>address<d>port<d>`. */
function eprt(u8: Uint8Array, at: number, end: number, v4: boolean, said: Said): number {
  if (at >= end) return WRONG;
  const delim = u8[at]!;
  if (delim < 33 || delim > 126 || (delim >= 48 && delim <= 57)) return WRONG;
  if (at + 2 >= end) return WRONG;
  if (u8[at + 1] !== (v4 ? 49 : 50) || u8[at + 2] !== delim) return WRONG;
  let text = '';
  let i = at + 3;
  for (; i < end && u8[i] !== delim; i++) {
    if (text.length > 45) return WRONG;
    text += String.fromCharCode(u8[i]!); // datapath-ok: once an announced connection
  }
  if (i >= end) return WRONG;
  const addr = v4 ? four(text) : in6FromString(text);
  if (addr === null) return WRONG;
  const stop = port(u8, i + 1, end, delim, said);
  if (stop <= 0) return stop;
  said.form = NF_FTP_EPRT;
  said.at = at;
  said.end = stop + 1;
  said.addr = addr;
  return YES;
}
function four(text: string): Int32Array | null {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (m === null) return null;
  let v = 0;
  for (let i = 1; i <= 4; i++) {
    const n = Number(m[i]);
    if (n > 255) return null;
    v = (v << 8) | n;
  }
  return Int32Array.of(v, 0, 0, 0); // datapath-ok: once an announced connection
}

/** RFC 2428 3: `<d><d><d>port<d>`. */
function epsv(u8: Uint8Array, at: number, end: number, said: Said): number {
  if (at + 3 > end) return WRONG;
  const delim = u8[at]!;
  if (delim < 33 || delim > 126 || (delim >= 48 && delim <= 57) || u8[at + 1] !== delim || u8[at + 2] !== delim) return WRONG;
  const stop = port(u8, at + 3, end, delim, said);
  if (stop <= 0) return stop;
  said.form = NF_FTP_EPSV;
  said.at = at;
  said.end = stop + 1;
  said.addr = null;
  return YES;
}

/** Does the line begin with the word, in capitals or not? 1; 0: no; -1: it ends within it. */
function word(u8: Uint8Array, at: number, end: number, w: string): number {
  for (let i = 0; i < w.length; i++) {
    if (at + i >= end) return i === 0 ? NO : WRONG;
    const c = u8[at + i]!;
    if ((c >= 97 && c <= 122 ? c - 32 : c) !== w.charCodeAt(i)) return NO;
  }
  return YES;
}

const endOfLine = (c: number): boolean => c === 13;
const anything = (c: number): boolean => c !== 44;

/** Reads a line of the client or the server. */
function read(u8: Uint8Array, at: number, end: number, reply: boolean, v4: boolean, said: Said): number {
  for (const [w, form] of reply ? ANSWERS : COMMANDS) {
    const is = word(u8, at, end, w);
    if (is === NO) continue;
    if (is === WRONG) return WRONG;
    let i = at + w.length;
    if (form === NF_FTP_EPRT) return eprt(u8, i, end, v4, said);
    if (form === NF_FTP_COMMAS) {
      if (!v4) continue;
      if (!reply) return commaForm(u8, i, end, endOfLine, said);
      // RFC 1123 4.1.2.6: the numbers begin at the first digit, with or without a bracket.
      while (i < end && (u8[i]! < 48 || u8[i]! > 57)) i++;
      return i >= end ? WRONG : commaForm(u8, i, end, anything, said);
    }
    while (i < end && u8[i] !== 40) i++;
    return i >= end ? WRONG : epsv(u8, i + 1, end, said);
  }
  return NO;
}
const COMMANDS: readonly (readonly [string, number])[] = [['PORT ', NF_FTP_COMMAS], ['EPRT ', NF_FTP_EPRT]];
const ANSWERS: readonly (readonly [string, number])[] = [['227 ', NF_FTP_COMMAS], ['229 ', NF_FTP_EPSV]];

function help(skb: Skb, protoff: number, ct: NfConn, { state }: NfCtHelp, ctinfo: number): number {
  if (ctinfo !== IP_CT_ESTABLISHED && ctinfo !== IP_CT_ESTABLISHED_REPLY) return NF_ACCEPT;
  if (skb.len < protoff + TCPHDR_LEN) return NF_ACCEPT;
  if (skb.dataLen !== 0) skbLinearize(skb);
  const { u8, view, data } = skb;
  const from = protoff + (tcphDoff(view, data + protoff) << 2);
  if (from >= skb.len) return NF_ACCEPT;
  const reply = ctinfo === IP_CT_ESTABLISHED_REPLY;
  const lines = reply ? (state as Ftp).reply : (state as Ftp).orig;
  const seq = tcphSeq(view, data + protoff);
  const end = data + skb.len;
  const next = (seq + skb.len - from) | 0;
  const whole = u8[end - 1] === 10;
  let verdict = NF_ACCEPT;
  if (lines.begins(seq)) {
    const said = new Said(); // datapath-ok: a line of a control connection
    const found = read(u8, data + from, end, reply, ct.orig.l3num === AF_INET, said);
    // Of a line that came in pieces the sender will send more the next time.
    if (found === WRONG) return NF_DROP;
    if (found === YES) verdict = announced(skb, ct, reply, protoff, said);
  }
  if (whole) lines.note(next);
  return verdict;
}

function announced(skb: Skb, ct: NfConn, reply: boolean, protoff: number, said: Said): number {
  const own = reply ? ct.reply : ct.orig;
  const other = reply ? ct.orig : ct.reply;
  const a = said.addr;
  // Someone else's address would make this machine a tool for attacking that (RFC 2577 3).
  if (a !== null && (a[0] !== own.src0 || a[1] !== own.src1 || a[2] !== own.src2 || a[3] !== own.src3)) return NF_ACCEPT;
  const exp = new NfExpect(ct); // datapath-ok: once an announced connection
  nfCtExpectInit(exp, other);
  exp.tuple.sport = 0;
  exp.tuple.dport = said.port;
  exp.timeout = NF_CT_FTP.timeout;
  if ((ct.status & IPS_NAT_MASK) !== 0) return nfNatFtp(skb, ct, reply, protoff, said.form, said.at - skb.data, said.end - said.at, exp, NF_CT_FTP.maxExpected);
  return nfCtExpectRelated(exp, NF_CT_FTP.maxExpected) === 0 ? NF_ACCEPT : NF_DROP;
}

/** The helper «ftp». @alpha */
export const NF_CT_FTP: NfCtHelper = {
  name: 'ftp',
  protonum: IPPROTO_TCP,
  maxExpected: 1,
  timeout: 300,
  state: () => new Ftp(), // datapath-ok: once a connection
  help,
};
