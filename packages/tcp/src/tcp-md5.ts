/**
 * MD5 signatures of segments (RFC 2385; TCP_MD5SIG and TCP_MD5SIG_EXT of tcp(7)): keys of a socket by peer, the option, its making and its check. Who has a key for a peer signs
 * all that goes there, and believes nothing that comes from there without the right signature.
 */
import { EINVAL, ENOENT } from '@linnet/kernel';
import type { Flowi, InetAf } from '@linnet/inet';
import { devGetByIndex, IFF_L3MDEV_MASTER, l3mdevMasterIfindexByIndex } from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb, skbCopyBits } from '@linnet/skbuff';
import {
  AF_INET6, IPPROTO_TCP, TCP_MD5SIG_EXT, TCP_MD5SIG_FLAG_IFINDEX, TCP_MD5SIG_FLAG_PREFIX, TCP_MD5SIG_MAXKEYLEN, TCPOLEN_MD5SIG, TCPOLEN_MD5SIG_ALIGNED, TCPOPT_MD5SIG,
  TCPOPT_NOP, TCPHDR_LEN, tcpOptLen, in6At,
} from '@linnet/uapi';
import { MD5_LEN, type Md5, md5Byte, md5Filled, md5Final, md5Init, md5Room, md5Update, md5Word } from './md5.ts';
import { tcpExtra, type TcpExtra } from './tcp-extra.ts';
import { TcpExtTCPMD5Failure, TcpExtTCPMD5NotFound, TcpExtTCPMD5Unexpected } from './tcp-mib.ts';
import { netInc, type TcpNet } from './tcp-net.ts';
import type { TcpTuple } from './tcp-reply.ts';
import type { TcpSock } from './tcp-sock.ts';

// struct tcp_md5sig: the peer as a sockaddr_storage, then these.
const FLAGS_AT = 128;
const PREFIXLEN_AT = 129;
const KEYLEN_AT = 130;
const IFINDEX_AT = 132;
const KEY_AT = 136;
const SIG_LEN: number = KEY_AT + TCP_MD5SIG_MAXKEYLEN;

/** Headers with options for less than this have no room for a signature. */
export const MD5_MIN_HEADER = 40;

/** A key, and the peers that it is for. @alpha */
export class TcpMd5Key {
  /** The peer's address: one word for IPv4, four for IPv6. */
  readonly addr: Int32Array;
  readonly prefix: number;
  /** The layer 3 master that the peer is behind; 0: none, -1: whichever. */
  readonly l3: number;
  /** The secret. */
  secret: Uint8Array;

  constructor(addr: Int32Array, prefix: number, l3: number, secret: Uint8Array) {
    this.addr = addr;
    this.prefix = prefix;
    this.l3 = l3;
    this.secret = secret;
  }
}

/** Are the first `prefix` bits of both the same? `b6` null: of `b4`. */
function samePrefix(a: Int32Array, prefix: number, b4: number, b6: Int32Array | null): boolean {
  for (let i = 0; prefix > 0; i++, prefix -= 32) {
    const diff = a[i]! ^ (b6 === null ? b4 : b6[i]!);
    if (diff !== 0 && (prefix >= 32 || diff >>> (32 - prefix) !== 0)) return false;
  }
  return true;
}

/** The key for a peer, or null: one for its layer 3 master before those for any, then that of the longest prefix. `addr6` null: IPv4. */
function find(extra: TcpExtra, addr4: number, addr6: Int32Array | null, l3: number): TcpMd5Key | null {
  let best: TcpMd5Key | null = null;
  for (const key of extra.md5) {
    if (key.addr.length !== (addr6 === null ? 1 : 4) || (key.l3 !== -1 && key.l3 !== l3) || !samePrefix(key.addr, key.prefix, addr4, addr6)) continue;
    if (best === null || (key.l3 === best.l3 ? key.prefix > best.prefix : key.l3 !== -1)) best = key;
  }
  return best;
}

/** The key that a connection has for its peer, or null. */
export function tcpMd5Key(tp: TcpSock): TcpMd5Key | null {
  const { extra } = tp;
  if (extra === null || extra.md5.length === 0) return null;
  return find(extra, tp.daddr, tp.af.family === AF_INET6 ? tp.v6Daddr : null, l3mdevMasterIfindexByIndex(tp.net, tp.boundDevIf));
}

/** The key that a socket has for who sent a segment, or null. */
export function tcpMd5KeyOf(tp: TcpSock, t: TcpTuple): TcpMd5Key | null {
  const { extra } = tp;
  return extra === null || extra.md5.length === 0 ? null : find(extra, t.saddr, t.v6 ? t.saddr6 : null, l3mdevMasterIfindexByIndex(tp.net, t.dif));
}

/** The key that a listener has for who sent a SYN, or null. `addr6` null: IPv4. */
export function tcpMd5KeyFor(tp: TcpSock, addr4: number, addr6: Int32Array | null, iif: number): TcpMd5Key | null {
  const { extra } = tp;
  return extra === null || extra.md5.length === 0 ? null : find(extra, addr4, addr6, l3mdevMasterIfindexByIndex(tp.net, iif));
}

/** What a connection's signature takes of each segment. */
export function tcpMd5Len(tp: TcpSock): number {
  return tcpMd5Key(tp) === null ? 0 : TCPOLEN_MD5SIG_ALIGNED;
}

/** Segments are signed one by one: no super-segments. */
function singly(tp: TcpSock): void {
  tp.gsoMaxSegs = 1;
  tp.gsoSegs = 0;
}

/** A listener's connection gets the key of its peer, and no other. */
export function tcpMd5Inherit(listener: TcpSock, child: TcpSock, addr4: number, addr6: Int32Array | null, iif: number): void {
  const key = tcpMd5KeyFor(listener, addr4, addr6, iif);
  if (key === null) return;
  const addr = addr6 === null ? Int32Array.of(addr4) : Int32Array.from(addr6);
  tcpExtra(child).md5.push(new TcpMd5Key(addr, addr.length * 32, -1, key.secret));
  singly(child);
}

/** TCP_MD5SIG and TCP_MD5SIG_EXT: adds or changes a key, or, with an empty one, takes it away. 0, -EINVAL, or -ENOENT when there is none to take away. */
export function tcpMd5Setsockopt(tp: TcpSock, opt: number, val: Uint8Array): number {
  if (val.length < SIG_LEN) return -EINVAL;
  const view = new DataView(val.buffer, val.byteOffset); // datapath-ok: a control call
  const v6 = tp.homeAf.family === AF_INET6;
  if (view.getUint16(0, true) !== tp.homeAf.family) return -EINVAL;
  // Behind family and port, and of IPv6 also the flow label.
  let addr = v6 ? in6At(view, 8) : Int32Array.of(view.getInt32(4));
  if (v6 && addr[0] === 0 && addr[1] === 0 && addr[2] === 0xffff) addr = Int32Array.of(addr[3]!);
  const flags = opt === TCP_MD5SIG_EXT ? val[FLAGS_AT]! : 0;
  let prefix = addr.length * 32;
  if ((flags & TCP_MD5SIG_FLAG_PREFIX) !== 0) {
    if (val[PREFIXLEN_AT]! > prefix) return -EINVAL;
    prefix = val[PREFIXLEN_AT]!;
  }
  let l3 = -1;
  if ((flags & TCP_MD5SIG_FLAG_IFINDEX) !== 0) {
    l3 = view.getInt32(IFINDEX_AT, true);
    // Peers are told apart by routing domain, not by cable.
    const dev = l3 === 0 ? null : devGetByIndex(tp.net, l3);
    if (l3 !== 0 && (dev === null || (dev.privFlags & IFF_L3MDEV_MASTER) === 0)) return -EINVAL;
  }
  const keyLen = view.getUint16(KEYLEN_AT, true);
  if (keyLen > TCP_MD5SIG_MAXKEYLEN) return -EINVAL;
  const list = tp.extra === null ? [] : tp.extra.md5;
  const at = list.findIndex((k) => k.l3 === l3 && k.prefix === prefix && k.addr.length === addr.length && k.addr.every((w, i) => w === addr[i]));
  if (keyLen === 0) {
    if (at < 0) return -ENOENT;
    list.splice(at, 1);
    return 0;
  }
  const secret = val.slice(KEY_AT, KEY_AT + keyLen); // datapath-ok: a control call
  if (at >= 0) {
    list[at]!.secret = secret;
    return 0;
  }
  tcpExtra(tp).md5.push(new TcpMd5Key(addr, prefix, l3, secret));
  singly(tp);
  return 0;
}

/** Hashes the segment at `skb.data` (RFC 2385 section 2): pseudo header, header without options and with a checksum of zero, data, key. */
function digest(m: Md5, key: TcpMd5Key, s4: number, d4: number, s6: Int32Array | null, d6: Int32Array | null, skb: Skb, out: Uint8Array, at: number): void {
  const { u8, data: th, len } = skb;
  md5Init(m);
  if (s6 === null || d6 === null) {
    md5Word(m, s4);
    md5Word(m, d4);
    md5Word(m, (IPPROTO_TCP << 16) | len);
  } else {
    for (let i = 0; i < 4; i++) md5Word(m, s6[i]!);
    for (let i = 0; i < 4; i++) md5Word(m, d6[i]!);
    md5Word(m, len);
    md5Word(m, IPPROTO_TCP);
  }
  md5Update(m, u8, th, 16);
  md5Byte(m, 0);
  md5Byte(m, 0);
  md5Update(m, u8, th + 18, 2);
  for (let off = (u8[th + 12]! >> 4) << 2; off < len; ) {
    const n = Math.min(md5Room(m), len - off);
    skbCopyBits(skb, off, m.block, m.length & 63, n);
    md5Filled(m, n);
    off += n;
  }
  md5Update(m, key.secret, 0, key.secret.length);
  md5Final(m, out, at);
}

/** Writes the option's first word at `p`: two NOPs, kind, length. The digest comes when the segment is complete. */
export function tcpWriteMd5Header(view: DataView, p: number): void {
  view.setInt32(p, (TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) | (TCPOPT_MD5SIG << 8) | TCPOLEN_MD5SIG);
}

/** Signs a segment that goes the way of `fl`; the option's first word is at `p`. All but the checksum must be there. */
export function tcpMd5Sign(tn: TcpNet, key: TcpMd5Key, af: InetAf, fl: Flowi, skb: Skb, p: number): void {
  const v6 = af.family === AF_INET6;
  digest(tn.md5, key, fl.saddr, fl.daddr, v6 ? fl.saddr6 : null, v6 ? fl.daddr6 : null, skb, skb.u8, p + 4);
}

/** Where the signature of a segment stands in its buffer, or 0. */
function signatureAt(skb: Skb): number {
  const { view, data: th } = skb;
  const end = th + skb.cb11;
  for (let p = th + TCPHDR_LEN, size; (size = tcpOptLen(view, p, end)) !== 0; p += size) {
    if (view.getUint8(p) === TCPOPT_MD5SIG) return size === TCPOLEN_MD5SIG ? p + 2 : 0;
  }
  return 0;
}

/** Is the segment signed, rightly or not? */
export function tcpMd5Signed(skb: Skb): boolean {
  return signatureAt(skb) !== 0;
}

/**
 * Drops a segment that is signed and should not be, or the other way round, or wrongly: true when it was. `key` is the one that its sender must have used, null: none.
 */
export function tcpMd5Drop(tn: TcpNet, key: TcpMd5Key | null, skb: Skb, t: TcpTuple): boolean {
  const at = signatureAt(skb);
  if (key === null) {
    if (at === 0) return false;
    netInc(tn, TcpExtTCPMD5Unexpected);
    kfreeSkbReason(skb, DROP.TCP_MD5UNEXPECTED);
    return true;
  }
  if (at === 0) {
    netInc(tn, TcpExtTCPMD5NotFound);
    kfreeSkbReason(skb, DROP.TCP_MD5NOTFOUND);
    return true;
  }
  const m = tn.md5;
  digest(m, key, t.saddr, t.daddr, t.v6 ? t.saddr6 : null, t.v6 ? t.daddr6 : null, skb, m.digest, 0);
  let diff = 0;
  for (let i = 0; i < MD5_LEN; i++) diff |= m.digest[i]! ^ skb.u8[at + i]!;
  if (diff === 0) return false;
  netInc(tn, TcpExtTCPMD5Failure);
  kfreeSkbReason(skb, DROP.TCP_MD5FAILURE);
  return true;
}
