/**
 * TCP Fast Open (RFC 7413): data in the SYN, allowed by a cookie that the server gave before. What both sides share, and the client's side; the
 * server's is in tcp-fastopen-server.ts.
 */
import { EALREADY, EINPROGRESS, EINVAL, EOPNOTSUPP, SipHash } from '@linnet/kernel';
import { MAX_SKB_FRAGS, type Skb } from '@linnet/skbuff';
import { type MsgHdr, skbAppendMsg, skMemCharge, skMemSchedule, sockError, SS_CONNECTED, SS_CONNECTING } from '@linnet/socket';
import { AF_UNSPEC, TCP_CLOSE, TCP_SYN_SENT, TCPHDR_ACK, TCPHDR_PSH } from '@linnet/uapi';
import { tcbInit } from './tcp-cb.ts';
import { tcpChargeQueued, tcpStreamAllocSkb } from './tcp-fragment.ts';
import { TcpExtTCPFastOpenActive, TcpExtTCPFastOpenActiveFail } from './tcp-mib.ts';
import { netInc, type TcpNet } from './tcp-net.ts';
import { tcpTransmitSkb } from './tcp-output.ts';
import { tcpMarkSkbLost } from './tcp-recovery.ts';
import { tcpXmitRetransmitQueue } from './tcp-retransmit.ts';
import { tcpAddWriteQueueTail, tcpMoveToRtxQueue } from './tcp-rtx-queue.ts';
import { sentRingPush } from './tcp-sent-ring.ts';
import { tcpConnect } from './tcp-send.ts';
import type { TcpFastopen } from './tcp-fastopen-state.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpfo } from './tcp-fastopen-state.ts';

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
/** TCP's longest options: what the SYN may lack of a full segment. */
const MAX_OPTIONS = 40;

/** What a host is remembered by. */
export class TfoPeer {
  /** The MSS that it announced last; 0: not known. */
  mss = 0;
  cookie: Uint8Array | null = null;
  /** The cookie came in the experimental option (RFC 6994). */
  exp = false;
  /** A request was not answered: 1, the next one uses the experimental option; 2, that was of no use either. */
  tryExp = 0;
}

/** Hosts are forgotten when there are more than this. */
const MAX_PEERS = 4096;

function peerKey(tp: TcpSock): string {
  return tp.fl.daddr6 === null ? String(tp.daddr) : tp.fl.daddr6.join();
}

/** What is known of the peer; made when it is not. */
function peerOf(tp: TcpSock): TfoPeer {
  const { fastopenPeers } = tp.tn;
  const key = peerKey(tp);
  let p = fastopenPeers.get(key);
  if (p === undefined) {
    if (fastopenPeers.size >= MAX_PEERS) fastopenPeers.delete(fastopenPeers.keys().next().value!);
    p = new TfoPeer();
    fastopenPeers.set(key, p);
  }
  return p;
}

/** Length of the option in a SYN or SYN-ACK, filled up to a multiple of four; 0 for none. `cookie` is the cookie, empty for a request. */
export function tfoOptionLen(cookie: Uint8Array | null, exp: boolean): number {
  return cookie === null ? 0 : ((exp ? 4 : 2) + cookie.length + 3) & ~3;
}

/** Writes the option at `p`, NOPs behind it. */
export function tfoWriteOption(view: DataView, p: number, cookie: Uint8Array, exp: boolean): void {
  const end = p + tfoOptionLen(cookie, exp);
  const len = (exp ? 4 : 2) + cookie.length;
  view.setUint8(p, exp ? 254 : 34);
  view.setUint8(p + 1, len);
  if (exp) view.setUint16(p + 2, 0xf989);
  for (let i = 0; i < cookie.length; i++) view.setUint8(p + len - cookie.length + i, cookie[i]!);
  for (let i = p + len; i < end; i++) view.setUint8(i, 1);
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
  for (let p = th + 20; p + 1 < th + len;) {
    const kind = view.getUint8(p);
    if (kind === 0) break;
    if (kind === 1) {
      p++;
      continue;
    }
    const size = view.getUint8(p + 1);
    if (size < 2 || p + size > th + len) break;
    if (kind === 2 && size === 4) out.mss = view.getUint16(p + 2);
    const exp = kind === 254 && size >= 4 && view.getUint16(p + 2) === 0xf989;
    if (kind === 34 || exp) {
      const n = size - (exp ? 4 : 2);
      if (n === 0 || (n >= COOKIE_MIN && n <= COOKIE_MAX && n % 2 === 0)) {
        const cookie = new Uint8Array(n);
        for (let i = 0; i < n; i++) cookie[i] = view.getUint8(p + size - n + i);
        out.cookie = cookie;
        out.exp = exp;
      }
    }
    p += size;
  }
  return out;
}

/** May data go without a cookie? */
function cookieless(tp: TcpSock, tfo: TcpFastopen): boolean {
  return tfo.noCookie || (tp.tn.fastopen & TFO_CLIENT_NO_COOKIE) !== 0;
}

/** TCP_FASTOPEN_CONNECT: is connect to wait for the first data? Only when that may go with the SYN. The route and the addresses are known. */
export function tfoDeferConnect(tp: TcpSock): boolean {
  const { tfo } = tp;
  if (tfo === null || !tfo.connect || tfo.sending) return false;
  tfo.wanted = true;
  if (!cookieless(tp, tfo) && (tp.tn.fastopenPeers.get(peerKey(tp))?.cookie ?? null) === null) return false;
  tp.deferConnect = true;
  return true;
}

/** Settles what the SYN that is about to be sent carries: `tfo.cookie`, and how many bytes of data may go, 0 for none. */
function synContents(tp: TcpSock, tfo: TcpFastopen, size: number): number {
  const peer = peerOf(tp);
  tfo.exp = false;
  tfo.requested = false;
  if (cookieless(tp, tfo)) {
    tfo.cookie = null;
  } else if (peer.cookie !== null) {
    tfo.cookie = peer.cookie;
    tfo.exp = peer.exp;
  } else {
    tfo.cookie = new Uint8Array(0);
    tfo.exp = peer.tryExp === 1;
    tfo.requested = true;
    return 0;
  }
  // What the peer took last time; the first time what the path takes.
  let mss = tp.pmtuCookie > 0 ? tp.advmss : tp.mssCache;
  if (peer.mss > 0 && peer.mss < mss) mss = peer.mss;
  if (tp.userMss > 0 && tp.userMss < mss) mss = tp.userMss;
  return Math.max(0, Math.min(size, mss - MAX_OPTIONS));
}

/**
 * Sends the SYN, which is on the retransmission queue already, with what data may go with it (tcp_send_syn_data). The data is a segment of its own behind the SYN: when
 * the peer takes the SYN alone, it is sent again like any other. Returns what tcpTransmitSkb says.
 */
export function tfoSendSyn(tp: TcpSock, tfo: TcpFastopen, syn: Skb): number {
  const room = synContents(tp, tfo, tfo.size);
  const { msg } = tfo;
  if (room === 0 || msg === null) return tcpTransmitSkb(tp, syn, true, 0);
  const data = tcpStreamAllocSkb(tp, true)!;
  tcbInit(data, tp.writeSeq, tp.writeSeq, TCPHDR_ACK | TCPHDR_PSH);
  tcpChargeQueued(tp, data);
  let n = 0;
  while (n < room && skMemSchedule(tp, room - n, true)) {
    const got = skbAppendMsg(tp, data, msg, room - n, MAX_SKB_FRAGS);
    if (got === 0) break;
    n += got;
  }
  tp.wmemQueued += n;
  skMemCharge(tp, n);
  data.cb1 = (data.cb0 + n) | 0;
  data.cb6 = 1;
  tcpAddWriteQueueTail(tp, data);
  tcpMoveToRtxQueue(tp, data);
  sentRingPush(tp.sentRing, data);
  tp.packetsOut += 1;
  tp.writeSeq = data.cb1;
  // One segment on the wire: the SYN with the payload behind it.
  const { cb0, cb2 } = data;
  data.cb0 = syn.cb0;
  data.cb2 = syn.cb2;
  // It says nothing of who talks when: no conversation yet.
  const { ackPingpong } = tp;
  const err = tcpTransmitSkb(tp, data, true, 0);
  tp.ackPingpong = ackPingpong;
  data.cb0 = cb0;
  data.cb2 = cb2;
  syn.cb5 = data.cb5;
  syn.cb4 = data.cb4;
  syn.cb8 = data.cb8;
  tfo.synData = true;
  tfo.copied = n;
  netInc(tp.tn, TcpExtTCPFastOpenActive);
  return err;
}

/** send(2) on a socket that is not connected, with MSG_FASTOPEN or after a deferred connect. Bytes taken, or a negative errno: -EINPROGRESS when none could go with the SYN. */
export function tfoSendmsg(tp: TcpSock, msg: MsgHdr, size: number): number {
  const tn = tp.tn;
  const { name } = msg;
  if ((tn.fastopen & TFO_CLIENT_ENABLE) === 0 || (name !== null && name.family === AF_UNSPEC)) return -EOPNOTSUPP;
  const tfo = tcpfo(tp);
  if (tfo.sending || (tp.state === TCP_SYN_SENT && !tp.deferConnect)) return -EALREADY;
  const sock = tp.socket;
  tfo.sending = true;
  tfo.wanted = true;
  tfo.synData = false;
  tfo.acked = false;
  tfo.again = false;
  tfo.msg = msg;
  tfo.size = size;
  tfo.copied = 0;
  let err: number;
  if (tp.deferConnect) {
    tp.deferConnect = false;
    err = tcpConnect(tp);
    if (err < 0) tp.err = -err;
  } else {
    err = name === null ? -EINVAL : tp.prot.connect(tp, name);
  }
  tfo.msg = null;
  if (err < 0) {
    tfo.sending = false;
    return err;
  }
  if (sock !== null && sock.state !== SS_CONNECTED) sock.state = SS_CONNECTING;
  // Over lo it may all have happened by now.
  if (tp.err !== 0) return sockError(tp);
  return tfo.copied > 0 ? tfo.copied : -EINPROGRESS;
}

/** Is this a call for {@link tfoSendmsg}, given that MSG_FASTOPEN was `asked` for? */
export function tfoWanted(tp: TcpSock, asked: boolean): boolean {
  if (tp.deferConnect) return true;
  return asked && (tp.state === TCP_CLOSE || tp.state === TCP_SYN_SENT);
}

/** The SYN is sent again: plainly, in case the option or the data was what kept it from arriving (RFC 7413 section 4.1.3.1). */
export function tfoSynAgain(tp: TcpSock): void {
  const { tfo } = tp;
  if (tfo === null) return;
  tfo.cookie = null;
  tfo.again = true;
}

/**
 * The SYN-ACK of a connect that wanted Fast Open: notes cookie and MSS, and sends again what of the SYN's data was not taken. True when that was so. */
export function tfoSynack(tp: TcpSock, tfo: TcpFastopen, skb: Skb): boolean {
  const opt = tfoParseOption(skb.view, skb.transportHeader, skb.cb11);
  const peer = peerOf(tp);
  const asked = tfo.requested || tfo.cookie !== null;
  tfo.sending = false;
  if (tfo.wanted || tfo.synData || asked) {
    if (opt.mss > 0) peer.mss = opt.mss;
    if (asked && opt.cookie !== null && opt.cookie.length > 0) {
      peer.cookie = opt.cookie;
      peer.exp = opt.exp;
      peer.tryExp = 0;
    } else if (tfo.requested && !tfo.again) {
      peer.tryExp = tfo.exp ? 2 : peer.tryExp === 0 ? 1 : peer.tryExp;
    }
  }
  tfo.cookie = null;
  if (!tfo.synData) return false;
  const head = tp.rtxQueue.head;
  if (head === null) {
    tfo.acked = true;
    // The SYN and its data were one segment.
    if (tp.delivered > 1) tp.delivered--;
    return false;
  }
  netInc(tp.tn, TcpExtTCPFastOpenActiveFail);
  // No sign of congestion: the peer did not want it with the SYN.
  for (let s: Skb | null = head; s !== null; s = s.next) tcpMarkSkbLost(tp, s);
  tcpXmitRetransmitQueue(tp);
  return true;
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

/** The keys of a namespace or a listener. */
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

