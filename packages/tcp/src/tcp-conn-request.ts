/** A SYN for a listener: a request, a SYN cookie or a Fast Open connection (RFC 9293 section 3.10.7.2; tcp_conn_request). */
import { Flowi, flowi4InitOutput, FLOWI_FLAG_ANYSRC, flowi6InitOutput, inetCskReqskQueueHashAdd, skAcceptqIsFull } from '@linnet/inet';
import { type DstEntry, skbDst } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { IPPROTO_TCP, ipv6AddrIsLinklocal, RTN_BROADCAST, RTN_MULTICAST, TCPHDR_CWR, TCPHDR_ECE } from '@linnet/uapi';
import { TCP_MSS_DEFAULT_SEND, TCP_MSS_DEFAULT_SEND6, TCP_TIMEOUT_INIT } from './tcp-const.ts';
import { tfoServer } from './tcp-fastopen-server.ts';
import {
  TcpExtListenDrops, TcpExtListenOverflows, TcpExtSyncookiesFailed, TcpExtSyncookiesRecv, TcpExtSyncookiesSent, TcpExtTCPReqQFullDoCookies, TcpExtTCPReqQFullDrop,
} from './tcp-mib.ts';
import { tcpCreateOpenreqChild } from './tcp-minisocks.ts';
import { tcpMd5KeyOf } from './tcp-md5.ts';
import { netInc } from './tcp-net.ts';
import { tcpClearOptions, tcpParseOptions } from './tcp-options.ts';
import type { TcpTuple } from './tcp-reply.ts';
import { TcpRequestSock } from './tcp-request-sock.ts';
import { tcpSecureSeq, tcpSecureTsOff, tcpV6SecureSeq, tcpV6SecureTsOff } from './tcp-secure-seq.ts';
import type { TcpSock } from './tcp-sock.ts';
import { reqskTimer, tcpRequestRoute, tcpSendReqSynack } from './tcp-synack.ts';
import { cookieCheck, cookieInitSequence, cookieOptions } from './tcp-syncookies.ts';
import { tcpFullSpace, tcpInitialClamp, tcpSelectInitialWindow } from './tcp-window.ts';

/** Requests that even a listener with a small backlog may have. */
const MIN_REQUESTS = 8;
/** Milliseconds after its last cookie that a listener takes them back: three ticks of their clock. */
const COOKIE_VALID = 192_000;

/** The way back of a request. Its route is not looked for. */
function requestFlow(tp: TcpSock, req: TcpRequestSock, tuple: TcpTuple): Flowi {
  const fl = new Flowi();
  // A listener without a device answers in the VRF that asked (tcp_l3mdev_accept).
  if (tuple.v6) {
    // A link-local peer is on the interface that its SYN came in by (RFC 4007).
    const oif = tp.boundDevIf === 0 && (tuple.sdif !== 0 || ipv6AddrIsLinklocal(req.v6RmtAddr!)) ? tuple.dif : tp.boundDevIf;
    flowi6InitOutput(fl, oif, req.mark, tp.pinet6!.tclass, IPPROTO_TCP, 0, req.v6RmtAddr!, req.v6LocAddr, req.rmtPort, req.num, tp.uid, 0);
  } else {
    flowi4InitOutput(fl, tp.boundDevIf === 0 && tuple.sdif !== 0 ? tuple.dif : tp.boundDevIf, req.mark, tp.tos, 0, IPPROTO_TCP, tp.transparent ? FLOWI_FLAG_ANYSRC : 0, req.rmtAddr, req.locAddr, req.rmtPort, req.num, tp.uid);
  }
  req.fl = fl;
  return fl;
}

/** Window, clamp and scale that a request offers. */
function requestWindow(tp: TcpSock, req: TcpRequestSock, dst: DstEntry): void {
  const iw = tp.tk.initialWindow;
  tcpSelectInitialWindow(tp.tn, iw, tcpFullSpace(tp), tp.tn.advmss(tp, dst) - (req.tstampOk ? 12 : 0), tcpInitialClamp(tp), req.wscaleOk);
  req.rcvWnd = iw.rcvWnd;
  req.windowClamp = iw.windowClamp;
  req.rcvWscale = iw.rcvWscale;
}

/** Addresses and ports of a request. */
function requestTuple(tp: TcpSock, req: TcpRequestSock, tuple: TcpTuple): void {
  if (tuple.v6) {
    req.v6LocAddr = Int32Array.from(tuple.daddr6);
    req.v6RmtAddr = Int32Array.from(tuple.saddr6);
  } else {
    req.locAddr = tuple.daddr;
    req.rmtAddr = tuple.saddr;
  }
  req.num = tuple.dport;
  req.rmtPort = tuple.sport;
  req.iif = tuple.dif;
  req.mark = tp.mark;
}

/** An ACK for a listener, with no request to go with it: the connection that its SYN cookie stands for, or null when it is none. Does not consume. */
export function tcpCookieConnection(tp: TcpSock, skb: Skb, tuple: TcpTuple): TcpSock | null {
  const tn = tp.tn;
  const k = tp.kernel;
  // Who has sent none lately gets none back.
  if (tn.syncookies === 0 || tp.cookieStamp === 0 || ((k.jiffies - tp.cookieStamp) | 0) > COOKIE_VALID) return null;
  const af = tuple.af!;
  const req = new TcpRequestSock(tp, af, reqskTimer);
  requestTuple(tp, req, tuple);
  req.rcvIsn = (skb.cb0 - 1) | 0;
  req.rcvNxt = skb.cb0;
  req.sntIsn = (skb.cb4 - 1) | 0;
  if (!cookieCheck(tn, req, req.sntIsn, k.ktime)) {
    netInc(tn, TcpExtSyncookiesFailed);
    return null;
  }
  netInc(tn, TcpExtSyncookiesRecv);
  const rx = tp.tk.scratchRx;
  tcpClearOptions(rx);
  tcpParseOptions(skb.view, skb.transportHeader, skb.cb11, rx, false, false, tn.timestamps !== 0, false, false);
  req.tstampOk = rx.sawTstamp;
  if (rx.sawTstamp) {
    req.tsRecent = rx.rcvTsval;
    if (!cookieOptions(tn, req, rx.rcvTsecr)) return null;
  }
  const fl = requestFlow(tp, req, tuple);
  const dst = tcpRequestRoute(tp, af, fl);
  if (dst === null || skAcceptqIsFull(tp)) return null;
  req.dst = dst;
  req.tsOff = tuple.v6 ? tcpV6SecureTsOff(tn, req.v6LocAddr!, req.v6RmtAddr!, req.num, req.rmtPort) : tcpSecureTsOff(tn, req.locAddr, req.rmtAddr, req.num, req.rmtPort);
  requestWindow(tp, req, dst);
  return tcpCreateOpenreqChild(tp, req, skb, rx);
}

/** A SYN for a listener (tcp_conn_request). `isn` is a sequence number that must be used (reuse of a TIME-WAIT), 0 for a new one. Does not consume. */
export function tcpConnRequest(tp: TcpSock, skb: Skb, tuple: TcpTuple, isn: number): void {
  const tn = tp.tn;
  const k = tp.kernel;
  const af = tuple.af!;
  const inDst = skbDst(skb);
  if (inDst !== null) {
    const type = af.dstType(inDst);
    if (type === RTN_BROADCAST || type === RTN_MULTICAST) return;
  }
  const full = tp.reqskQlen >= Math.max(tp.maxAckBacklog, MIN_REQUESTS) || tp.reqskQlen >= tn.maxSynBacklog;
  const cookie = isn === 0 && (tn.syncookies === 2 || (full && tn.syncookies !== 0));
  if (cookie && full) netInc(tn, TcpExtTCPReqQFullDoCookies);
  if (isn === 0 && full && !cookie) {
    netInc(tn, TcpExtTCPReqQFullDrop);
    netInc(tn, TcpExtListenDrops);
    return;
  }
  if (skAcceptqIsFull(tp)) {
    netInc(tn, TcpExtListenOverflows);
    netInc(tn, TcpExtListenDrops);
    return;
  }
  const rx = tp.tk.scratchRx;
  tcpClearOptions(rx);
  rx.mssClamp = tuple.v6 ? TCP_MSS_DEFAULT_SEND6 : TCP_MSS_DEFAULT_SEND;
  rx.userMss = tp.userMss;
  tcpParseOptions(skb.view, skb.transportHeader, skb.cb11, rx, true, false, tn.timestamps !== 0, tn.sack !== 0, tn.windowScaling !== 0);

  const req = new TcpRequestSock(tp, af, reqskTimer);
  requestTuple(tp, req, tuple);
  req.mss = rx.mssClamp;
  req.rcvIsn = skb.cb0;
  req.rcvNxt = (skb.cb0 + 1) | 0;
  req.tstampOk = rx.sawTstamp;
  req.tsRecent = rx.sawTstamp ? rx.rcvTsval : 0;
  req.sackOk = rx.sackOk;
  req.wscaleOk = rx.wscaleOk;
  req.sndWscale = rx.sndWscale;
  if (cookie && !req.tstampOk) {
    // Nowhere to keep them.
    req.sackOk = false;
    req.wscaleOk = false;
  }
  req.isCookie = cookie;
  // Signature and timestamp together leave no room for SACK blocks, which are worth more.
  if (tp.extra !== null && req.sackOk && tcpMd5KeyOf(tp, tuple) !== null) req.tstampOk = false;
  req.ecnOk = (tn.ecn !== 0 || tp.caOps!.requiresEcn === true) && (!cookie || req.tstampOk) && (skb.cb2 & (TCPHDR_ECE | TCPHDR_CWR)) === (TCPHDR_ECE | TCPHDR_CWR);

  const fl = requestFlow(tp, req, tuple);
  const dst = tcpRequestRoute(tp, af, fl);
  if (dst === null) {
    netInc(tn, TcpExtListenDrops);
    return;
  }
  req.dst = dst;
  if (tuple.v6) {
    req.sntIsn = isn !== 0 ? isn : tcpV6SecureSeq(tn, k.ktime, req.v6LocAddr!, req.v6RmtAddr!, req.num, req.rmtPort);
    req.tsOff = tcpV6SecureTsOff(tn, req.v6LocAddr!, req.v6RmtAddr!, req.num, req.rmtPort);
  } else {
    req.sntIsn = isn !== 0 ? isn : tcpSecureSeq(tn, k.ktime, req.locAddr, req.rmtAddr, req.num, req.rmtPort);
    req.tsOff = tcpSecureTsOff(tn, req.locAddr, req.rmtAddr, req.num, req.rmtPort);
  }
  if (cookie) {
    req.sntIsn = cookieInitSequence(tn, req, k.ktime);
    tp.cookieStamp = k.jiffies === 0 ? 1 : k.jiffies;
    netInc(tn, TcpExtSyncookiesSent);
  }
  // 0 means none.
  req.sntSynack = (k.ktime / 1000) | 0 || 1;

  requestWindow(tp, req, dst);
  if (cookie) {
    tcpSendReqSynack(tp, req, dst);
    return;
  }
  if (tp.tfo !== null) {
    const child = tfoServer(tp, req, skb);
    if (child !== null) {
      tcpSendReqSynack(tp, req, dst);
      tp.dataReady(tp);
      return;
    }
  }
  inetCskReqskQueueHashAdd(tn.hashinfo, req, TCP_TIMEOUT_INIT);
  tcpSendReqSynack(tp, req, dst);
}
