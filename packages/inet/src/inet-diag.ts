/**
 * sock_diag for AF_INET and AF_INET6: what `ss` lists, looks up and closes (inet_diag.c, sock_diag(7)). The transports register themselves with
 * {@link inetDiagRegister}; here are the requests, the filters and the messages.
 */
// datapath-ok-file: requests
import { defineKey, ECONNABORTED, EINVAL, ENOENT, ESTALE, type Kernel, type Key, type Net } from '@linnet/kernel';
import {
  netlinkDumpStart, netlinkNetCapable, netlinkUnicast, type NlDump, nlDumpBegin, type NlRequest, nlreqLen, rtnlDump, sockDiagBroadcastDestroy, sockDiagDestroy, sockDiagHasDestroyListeners, sockDiagPutMeminfo, sockDiagRegister,
} from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { type Sock, sockCookieHigh, sockCookieLow, sockGenCookie, sockIno, sockNewCookie } from '@linnet/socket';
import {
  AF_INET, AF_INET6, AF_UNSPEC, CAP_NET_ADMIN, INET_DIAG_CGROUP_ID, INET_DIAG_CLASS_ID, INET_DIAG_INFO, INET_DIAG_MARK, INET_DIAG_MEMINFO, INET_DIAG_MSG_LEN, INET_DIAG_PROTOCOL,
  INET_DIAG_REQ_BYTECODE, INET_DIAG_REQ_PROTOCOL, INET_DIAG_REQ_V2_LEN, INET_DIAG_SHUTDOWN, INET_DIAG_SKMEMINFO, INET_DIAG_SKV6ONLY, INET_DIAG_SOCKOPT, INET_DIAG_TCLASS,
  INET_DIAG_TOS, IPPROTO_RAW, IPPROTO_TCP, NETLINK_SOCK_DIAG, nlaLen, nlaNext, nlaOk, nlaType, NLM_F_DUMP, NlWriter, SOCK_DIAG_BY_FAMILY, SOCK_RAW, TCP_CLOSE,
  TCP_SYN_RECV, TCPDIAG_GETSOCK, TCPF_CLOSE, TCPF_LISTEN, in6Load,
} from '@linnet/uapi';
import { EHASH_SOCK, EHASH_TIMEWAIT } from './inet-hashtables.ts';
import type { InetSock } from './inet-sock.ts';
import { inetDiagBcAudit, inetDiagBcRun, InetDiagEntry } from './inet-diag-bc.ts';
import type { RequestSock } from './request-sock.ts';
import type { InetTimewaitSock } from './timewait-sock.ts';

/** What a request asks for (struct inet_diag_req_v2). Addresses as four words; IPv4 ones in the first. @alpha */
export class InetDiagReq {
  family = 0;
  protocol = 0;
  /** INET_DIAG_* wanted, one bit each, beginning with attribute 1. */
  ext = 0;
  /** States wanted, bit n for TCP_* number n. */
  states = 0;
  sport = 0;
  dport = 0;
  readonly src: Int32Array = new Int32Array(4);
  readonly dst: Int32Array = new Int32Array(4);
  ifindex = 0;
  cookieLow = 0;
  cookieHigh = 0;
  /** Where the filter's program stands in the request, and its length; 0: none. */
  bcOff = 0;
  bcLen = 0;
  /** Raw sockets: the protocol of a lookup (struct inet_diag_req_raw). */
  rawProtocol = 0;
  /** The message is about a sock that ends. */
  destroyed = false;
  /** May the requester see marks? */
  netAdmin = false;
}

/** The part of a message that depends on the transport (struct inet_diag_msg). @alpha */
export class InetDiagInfo {
  /** 0 none, 1 retransmission, 2 keepalive, 4 zero window probe. */
  timer = 0;
  retrans = 0;
  /** Milliseconds until the timer. */
  expires = 0;
  rqueue = 0;
  wqueue = 0;
}

/** A socket, request or TIME-WAIT as found. @alpha */
export interface InetDiagFound {
  /** EHASH_SOCK, EHASH_TIMEWAIT or EHASH_REQUEST: what `owner` is. */
  readonly kind: number;
  readonly owner: object;
}

/** A transport's answers (struct inet_diag_handler). @alpha */
export interface InetDiagHandler {
  /** IPPROTO_*. */
  readonly protocol: number;
  /** Calls `fn` for everything that has one of the states of `r`, in order: the rest of the filter is done here. */
  forEach(net: Net, r: InetDiagReq, fn: (kind: number, owner: object) => void): void;
  /** The one that an exact request means, or null. With `destroy` the request is one to end it. */
  lookup(net: Net, r: InetDiagReq, destroy: boolean): InetDiagFound | null;
  /** Fills in queues, timer and retransmissions of a sock. */
  getInfo(sk: InetSock, out: InetDiagInfo): void;
  /** Writes INET_DIAG_INFO and what else the transport has, as `r.ext` asks. */
  putInfo?(w: NlWriter, sk: InetSock, r: InetDiagReq): void;
  /** The errno that a lookup with a wrong cookie gets, positive: ENOENT or ESTALE. */
  readonly badCookie: number;
  /** Ends what a request means; `err` positive. Undefined: cannot be. */
  destroy?(found: InetDiagFound, err: number): number;
}

/** The handlers of a kernel, by protocol. */
const INET_DIAG: Key<Map<number, InetDiagHandler>> = defineKey<Map<number, InetDiagHandler>>('inet diag');

/** Registers a transport's answers (inet_diag_register). Throws when the protocol has some. @alpha */
export function inetDiagRegister(k: Kernel, h: InetDiagHandler): void {
  const map = k.get(INET_DIAG);
  if (map.has(h.protocol)) throw new Error(`inet_diag: protocol ${h.protocol} is registered twice`);
  map.set(h.protocol, h);
}

/** The cgroup of every socket: there is one, the root. */
const CGROUP_ROOT_ID = 1;

// ---- messages -----------------------------------------------------------------------------------------------------------------------------------------

/** The address of a full sock in its family's words. */
function saddrOf(sk: InetSock, out: Int32Array): void {
  words(out, sk.family, sk.rcvSaddr, sk.v6RcvSaddr);
}
function daddrOf(sk: InetSock, out: Int32Array): void {
  words(out, sk.family, sk.daddr, sk.v6Daddr);
}
function words(out: Int32Array, family: number, v4: number, v6: Int32Array | null): void {
  if (family === AF_INET6) {
    if (v6 !== null) {
      out.set(v6);
    } else {
      out[0] = out[1] = 0;
      out[2] = 0xffff;
      out[3] = v4;
    }
    return;
  }
  out[0] = v4;
  out[1] = out[2] = out[3] = 0;
}

function cookieOf(found: InetDiagFound): number {
  if (found.kind === EHASH_SOCK) return sockGenCookie(found.owner as InetSock);
  const o = found.owner as InetTimewaitSock | RequestSock;
  if (o.cookie === 0) o.cookie = sockNewCookie(o.net.kernel);
  return o.cookie;
}

/** Fills in what filters look at (inet_diag_bc_sk's entry). */
function entryOf(found: InetDiagFound, e: InetDiagEntry): void {
  e.cgroupId = CGROUP_ROOT_ID;
  if (found.kind === EHASH_SOCK) {
    const sk = found.owner as InetSock;
    e.family = sk.family;
    saddrOf(sk, e.saddr);
    daddrOf(sk, e.daddr);
    // Who is closed has given the port back, and is remembered by it.
    e.sport = sk.num !== 0 ? sk.num : sk.sport;
    e.dport = sk.dport;
    e.ifindex = sk.boundDevIf;
    e.userlocks = sk.userlocks;
    e.mark = sk.mark;
  } else if (found.kind === EHASH_TIMEWAIT) {
    const tw = found.owner as InetTimewaitSock;
    e.family = tw.family;
    words(e.saddr, tw.family, tw.rcvSaddr, tw.v6RcvSaddr);
    words(e.daddr, tw.family, tw.daddr, tw.v6Daddr);
    e.sport = tw.num;
    e.dport = tw.dport;
    e.ifindex = tw.boundDevIf;
    e.userlocks = 0;
    e.mark = tw.mark;
  } else {
    const r = found.owner as RequestSock;
    e.family = r.af.family;
    words(e.saddr, e.family, r.locAddr, r.v6LocAddr);
    words(e.daddr, e.family, r.rmtAddr, r.v6RmtAddr);
    e.sport = r.num;
    e.dport = r.rmtPort;
    e.ifindex = r.listener.boundDevIf;
    e.userlocks = 0;
    e.mark = r.mark;
  }
}

function stateOf(found: InetDiagFound): number {
  if (found.kind === EHASH_SOCK) return (found.owner as InetSock).state;
  return found.kind === EHASH_TIMEWAIT ? (found.owner as InetTimewaitSock).substate : TCP_SYN_RECV;
}

const BIT = (attr: number): number => 1 << (attr - 1);

/** The attributes that every full sock has (inet_diag_msg_attrs_fill). */
function putAttrs(w: NlWriter, sk: InetSock, r: InetDiagReq): void {
  w.putU8(INET_DIAG_SHUTDOWN, sk.shutdown);
  if ((r.ext & BIT(INET_DIAG_TOS)) !== 0) w.putU8(INET_DIAG_TOS, sk.tos);
  if (sk.family === AF_INET6) {
    if ((r.ext & BIT(INET_DIAG_TCLASS)) !== 0) w.putU8(INET_DIAG_TCLASS, Math.max(0, sk.pinet6?.tclass ?? 0));
    if (((1 << sk.state) & (TCPF_LISTEN | TCPF_CLOSE)) !== 0) w.putU8(INET_DIAG_SKV6ONLY, sk.ipv6only ? 1 : 0);
  }
  if (r.netAdmin) w.putU32(INET_DIAG_MARK, sk.mark);
  // The class of the cgroup is not set: the priority stands for it. There is no bit for this one in eight bits.
  if ((r.ext & BIT(INET_DIAG_TCLASS)) !== 0) w.putU32(INET_DIAG_CLASS_ID, sk.priority);
  w.putU64(INET_DIAG_CGROUP_ID, CGROUP_ROOT_ID);
  const at = w.reserveAttr(INET_DIAG_SOCKOPT, 2);
  const bit = (on: boolean, n: number): number => (on ? 1 << n : 0);
  const icsk = sk.protocol === IPPROTO_TCP && sk.type !== SOCK_RAW;
  w.view.setUint8(at, bit(sk.recverr, 0) | bit(icsk, 1) | bit(sk.freebind, 2) | bit(sk.hdrincl, 3) | bit(sk.mcLoop, 4) | bit(sk.transparent, 5) |
    bit(sk.mcAll && sk.family === AF_INET, 6) | bit(sk.nodefrag, 7));
  w.view.setUint8(at + 1, bit(sk.bindAddressNoPort, 0) | bit(sk.recverrRfc4884, 1) | bit(sk.deferConnect, 2));
}

/** Writes the struct of a message, as far as all kinds have it (inet_diag_msg_common_fill), and returns where it stands. */
function putHead(w: NlWriter, found: InetDiagFound): number {
  const off = w.reserve(INET_DIAG_MSG_LEN);
  const e = new InetDiagEntry();
  entryOf(found, e);
  const { view } = w;
  const state = stateOf(found);
  view.setUint8(off, e.family);
  view.setUint8(off + 1, state);
  view.setUint16(off + 4, e.sport);
  view.setUint16(off + 6, e.dport);
  for (let i = 0; i < 4; i++) {
    view.setInt32(off + 8 + i * 4, e.saddr[i]!);
    view.setInt32(off + 24 + i * 4, e.daddr[i]!);
  }
  view.setUint32(off + 40, e.ifindex, true);
  const cookie = cookieOf(found);
  view.setInt32(off + 44, sockCookieLow(cookie), true);
  view.setInt32(off + 48, sockCookieHigh(cookie), true);
  return off;
}

/** Writes a message about anything that was found (inet_sk_diag_fill, inet_twsk_diag_fill, inet_req_diag_fill). The message is begun by the caller. */
function fill(w: NlWriter, h: InetDiagHandler, found: InetDiagFound, r: InetDiagReq): number {
  const off = putHead(w, found);
  const info = new InetDiagInfo();
  if (found.kind !== EHASH_SOCK) {
    const o = found.owner as InetTimewaitSock | RequestSock;
    info.timer = found.kind === EHASH_TIMEWAIT ? 3 : 1;
    info.retrans = found.kind === EHASH_TIMEWAIT ? 0 : (o as RequestSock).numRetrans;
    info.expires = Math.max(0, (o.timer.expires - o.net.kernel.jiffies) | 0);
    if (r.netAdmin) w.putU32(INET_DIAG_MARK, o.mark);
    putInfo(w, off, info, 0, 0);
    return w.end();
  }
  const sk = found.owner as InetSock;
  putAttrs(w, sk, r);
  if ((r.ext & BIT(INET_DIAG_MEMINFO)) !== 0) {
    const at = w.reserveAttr(INET_DIAG_MEMINFO, 16);
    w.view.setUint32(at, sk.rmemAlloc, true);
    w.view.setUint32(at + 4, sk.wmemQueued, true);
    w.view.setUint32(at + 8, sk.forwardAlloc, true);
    w.view.setUint32(at + 12, sk.wmemAlloc, true);
  }
  if ((r.ext & BIT(INET_DIAG_SKMEMINFO)) !== 0) sockDiagPutMeminfo(w, sk, INET_DIAG_SKMEMINFO);
  if (sk.type === SOCK_RAW) w.putU8(INET_DIAG_PROTOCOL, sk.protocol);
  h.getInfo(sk, info);
  putInfo(w, off, info, sk.uid, sockIno(sk));
  h.putInfo?.(w, sk, r);
  return w.end();
}

function putInfo(w: NlWriter, off: number, info: InetDiagInfo, uid: number, ino: number): void {
  const { view } = w;
  view.setUint8(off + 2, info.timer);
  view.setUint8(off + 3, info.retrans);
  view.setUint32(off + 52, info.expires, true);
  view.setUint32(off + 56, info.rqueue, true);
  view.setUint32(off + 60, info.wqueue, true);
  view.setUint32(off + 64, uid, true);
  view.setUint32(off + 68, ino, true);
}

// ---- requests -----------------------------------------------------------------------------------------------------------------------------------------

/** Bytes of `struct inet_diag_req`, of before sock_diag. */
const COMPAT_REQ_LEN = 60;

/** Reads `struct inet_diag_sockid` at `off`. */
function readSockid(r: InetDiagReq, v: DataView, off: number): void {
  r.sport = v.getUint16(off);
  r.dport = v.getUint16(off + 2);
  in6Load(r.src, v, off + 4);
  in6Load(r.dst, v, off + 20);
  r.ifindex = v.getUint32(off + 36, true);
  r.cookieLow = v.getInt32(off + 40, true);
  r.cookieHigh = v.getInt32(off + 44, true);
}

/** Reads the attributes of a request; checks the filter. 0 or a negative errno. */
function readAttrs(r: InetDiagReq, req: NlRequest, at: number): number {
  const { view } = req;
  for (let nla = at; nlaOk(view, nla, req.end - nla); nla = nlaNext(view, nla)) {
    const type = nlaType(view, nla);
    if (type === INET_DIAG_REQ_BYTECODE) {
      r.bcOff = nla + 4;
      r.bcLen = nlaLen(view, nla);
      if (r.bcLen === 0) return -EINVAL;
    } else if (type === INET_DIAG_REQ_PROTOCOL && nlaLen(view, nla) === 4) {
      r.protocol = view.getUint32(nla + 4, true);
    }
  }
  return r.bcLen === 0 ? 0 : inetDiagBcAudit(view, r.bcOff, r.bcLen, r.netAdmin);
}

/** Reads a request of SOCK_DIAG_BY_FAMILY or SOCK_DESTROY; a negative errno when it is too short or its filter is wrong. */
function readReq(req: NlRequest): InetDiagReq | number {
  if (nlreqLen(req) < INET_DIAG_REQ_V2_LEN) return -EINVAL;
  const { view } = req;
  const r = new InetDiagReq();
  r.family = view.getUint8(req.data);
  r.protocol = view.getUint8(req.data + 1);
  r.ext = view.getUint8(req.data + 2);
  r.states = view.getUint32(req.data + 4, true);
  readSockid(r, view, req.data + 8);
  r.netAdmin = netlinkNetCapable(req, CAP_NET_ADMIN);
  if (r.protocol === IPPROTO_RAW) r.rawProtocol = view.getUint8(req.data + 3);
  const err = readAttrs(r, req, req.data + INET_DIAG_REQ_V2_LEN);
  return err < 0 ? err : r;
}

/** Does the request's filter let this one through? The states are the handler's to see to. */
function wanted(r: InetDiagReq, req: NlRequest, found: InetDiagFound, e: InetDiagEntry): boolean {
  entryOf(found, e);
  if (r.family !== AF_UNSPEC && e.family !== r.family) return false;
  if (r.sport !== 0 && r.sport !== e.sport) return false;
  if (r.dport !== 0 && r.dport !== e.dport) return false;
  return r.bcLen === 0 || inetDiagBcRun(req.view, r.bcOff, r.bcLen, e);
}

/** Is something that was found when the dump began still there? Sockets end without leaving a hole in the list. */
function stillThere(found: InetDiagFound): boolean {
  if (found.kind === EHASH_SOCK) {
    const sk = found.owner as InetSock;
    return sk.state !== TCP_CLOSE || sk.num !== 0;
  }
  return (found.owner as InetTimewaitSock | RequestSock).ehashNode.hashed;
}

function dump(net: Net, req: NlRequest, r: InetDiagReq, w: NlWriter, cb: NlDump): number {
  const h = net.kernel.get(INET_DIAG).get(r.protocol);
  if (h === undefined) return -ENOENT;
  let list = cb.data as InetDiagFound[] | null;
  if (list === null) {
    const all: InetDiagFound[] = [];
    const e = new InetDiagEntry();
    h.forEach(net, r, (kind, owner) => {
      const found = { kind, owner };
      if (wanted(r, req, found, e)) all.push(found);
    });
    list = all;
    cb.data = all;
  }
  return rtnlDump(list, w, cb, (found) => {
    if (!stillThere(found)) return 0;
    nlDumpBegin(w, cb, req.type);
    return fill(w, h, found, r);
  });
}

/** Answers a request for one socket, or for its end. */
function exact(net: Net, req: NlRequest, r: InetDiagReq): number {
  const h = net.kernel.get(INET_DIAG).get(r.protocol);
  if (h === undefined) return -ENOENT;
  const destroy = req.type !== SOCK_DIAG_BY_FAMILY && req.type !== TCPDIAG_GETSOCK;
  const found = h.lookup(net, r, destroy);
  if (found === null) return -ENOENT;
  if (!(r.cookieLow === -1 && r.cookieHigh === -1)) {
    const cookie = cookieOf(found);
    if (r.cookieLow !== sockCookieLow(cookie) || r.cookieHigh !== sockCookieHigh(cookie)) return h.badCookie === ESTALE ? -ESTALE : -ENOENT;
  }
  if (destroy) {
    const end = h.destroy;
    return sockDiagDestroy(req, found.owner as Sock, ECONNABORTED, end === undefined ? undefined : (_sk, err) => end(found, err));
  }
  const w = new NlWriter({ capacity: 1024 });
  w.begin(req.type, 0, req.seq, req.portid);
  const ret = fill(w, h, found, r);
  if (ret < 0) return ret;
  const sent = netlinkUnicast(net, NETLINK_SOCK_DIAG, w, req.portid);
  return sent < 0 ? sent : 0;
}

function handle(net: Net, req: NlRequest, skb: Skb): number {
  const r = readReq(req);
  if (typeof r === 'number') return r;
  // Sockets are ended one by one.
  if (req.type === SOCK_DIAG_BY_FAMILY && (req.flags & NLM_F_DUMP) === NLM_F_DUMP) return netlinkDumpStart(req, skb, { dump: (q, w, cb) => dump(q.net, q, r, w, cb) });
  return exact(net, req, r);
}

/** TCPDIAG_GETSOCK: as tools of before 2012 asked (inet_diag_rcv_msg_compat). All families answer a dump. */
function compat(net: Net, req: NlRequest, skb: Skb): number {
  if (req.type !== TCPDIAG_GETSOCK || nlreqLen(req) < COMPAT_REQ_LEN) return -EINVAL;
  const { view } = req;
  const r = new InetDiagReq();
  const dumping = (req.flags & NLM_F_DUMP) === NLM_F_DUMP;
  r.family = dumping ? AF_UNSPEC : view.getUint8(req.data);
  r.protocol = IPPROTO_TCP;
  r.ext = view.getUint8(req.data + 3);
  readSockid(r, view, req.data + 4);
  r.states = view.getUint32(req.data + 52, true);
  r.netAdmin = netlinkNetCapable(req, CAP_NET_ADMIN);
  const err = readAttrs(r, req, req.data + COMPAT_REQ_LEN);
  if (err < 0) return err;
  r.protocol = IPPROTO_TCP;
  if (dumping) return netlinkDumpStart(req, skb, { dump: (q, w, cb) => dump(q.net, q, r, w, cb) });
  return exact(net, req, r);
}

/** The message about a socket that ends (inet_diag_handler_get_info). */
function getInfo(w: NlWriter, sk: Sock): number {
  const h = sk.kernel.get(INET_DIAG).get(sk.protocol);
  if (h === undefined) return -ENOENT;
  const found = { kind: EHASH_SOCK, owner: sk };
  const r = new InetDiagReq();
  r.ext = BIT(INET_DIAG_INFO);
  r.destroyed = true;
  w.begin(SOCK_DIAG_BY_FAMILY, 0, 0, 0);
  const off = putHead(w, found);
  const info = new InetDiagInfo();
  h.getInfo(sk as InetSock, info);
  putInfo(w, off, info, sk.uid, sockIno(sk));
  w.putU8(INET_DIAG_PROTOCOL, sk.protocol);
  h.putInfo?.(w, sk as InetSock, r);
  const ret = w.end();
  return ret < 0 ? ret : 0;
}

/** For the transports, when a sock is destroyed: tells those who listen for that (SKNLGRP_INET_TCP_DESTROY and its kin). @alpha */
export function inetDiagDestroyed(sk: InetSock): void {
  if (sockDiagHasDestroyListeners(sk)) sockDiagBroadcastDestroy(sk);
}

/** Registers both families with sock_diag. */
export function inetDiagInit(k: Kernel): void {
  k.set(INET_DIAG, new Map());
  sockDiagRegister(k, { family: AF_INET, dump: handle, destroy: handle, getInfo, compat });
  sockDiagRegister(k, { family: AF_INET6, dump: handle, destroy: handle, getInfo });
}

/** Does the request ask for sockets in this state (TCP_*)? @alpha */
export function inetDiagWantsState(r: InetDiagReq, state: number): boolean {
  return (r.states & (1 << state)) !== 0;
}

/** A listener or connection as {@link InetDiagFound}. @alpha */
export function inetDiagSock(sk: InetSock | null): InetDiagFound | null {
  return sk === null ? null : { kind: EHASH_SOCK, owner: sk };
}

/** For a lookup: are both addresses IPv4's, maybe written as IPv6? @alpha */
export function inetDiagIsV4(r: InetDiagReq): boolean {
  if (r.family === AF_INET) return true;
  const mapped = (a: Int32Array): boolean => a[0] === 0 && a[1] === 0 && a[2] === 0xffff;
  return mapped(r.src) && mapped(r.dst);
}

/** The IPv4 address of a lookup's side, for a request that {@link inetDiagIsV4}. @alpha */
export function inetDiagAddr4(r: InetDiagReq, a: Int32Array): number {
  return r.family === AF_INET ? a[0]! : a[3]!;
}
