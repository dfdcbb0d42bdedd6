/** The passive side of a handshake: requests, SYN-ACKs and their timer (RFC 9293 section 3.5; tcp_conn_request). */
import {
  Flowi,
  flowi4InitOutput,
  flowi6InitOutput,
  inetCskReqskQueueDrop,
  inetCskReqskQueueHashAdd,
  type RequestSock,
  skAcceptqIsFull,
} from '@linnet/inet';
import { modTimer } from '@linnet/kernel';
import { type DstEntry, skbDst } from '@linnet/netdev';
import { allocSkb, CHECKSUM_PARTIAL, type Skb, skbPush, skbReserve } from '@linnet/skbuff';
import {
  IPPROTO_TCP,
  ipv6AddrIsLinklocal,
  RTN_BROADCAST,
  RTN_MULTICAST,
  TCP_LISTEN,
  TCPHDR_ACK,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_SYN,
} from '@linnet/uapi';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { MAX_TCP_HEADER, TCP_MSS_DEFAULT_SEND, TCP_MSS_DEFAULT_SEND6, TCP_RTO_MAX, TCP_TIMEOUT_INIT } from './tcp-const.ts';
import { tfoOptionLen, tfoWriteOption } from './tcp-fastopen.ts';
import { tfoServer } from './tcp-fastopen-server.ts';
import {
  TcpExtListenDrops,
  TcpExtListenOverflows,
  TcpExtTCPReqQFullDrop,
  TcpExtTCPSynRetrans,
  TcpExtTCPTimeouts,
  TcpOutSegs,
  TcpRetransSegs,
} from './tcp-mib.ts';
import { netInc, tcpInc } from './tcp-net.ts';
import { tcpClearOptions, tcpParseOptions, tcpSynOptionsLen, tcpWriteSynOptions } from './tcp-options.ts';
import { tcpReplyAck, tcpPseudoFill, type TcpTuple } from './tcp-reply.ts';
import { tcpSecureSeq, tcpSecureTsOff, tcpV6SecureSeq, tcpV6SecureTsOff } from './tcp-secure-seq.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpFullSpace, tcpInitialClamp, tcpSelectInitialWindow } from './tcp-window.ts';
import { TcpRequestSock } from './tcp-request-sock.ts';

/** Requests that even a listener with a small backlog may have: there are no SYN cookies to help out. */
const MIN_REQUESTS = 8;

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
  if (isn === 0 && (tp.reqskQlen >= Math.max(tp.maxAckBacklog, MIN_REQUESTS) || tp.reqskQlen >= tn.maxSynBacklog)) {
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
  req.mss = rx.mssClamp;
  req.rcvIsn = skb.cb0;
  req.rcvNxt = (skb.cb0 + 1) | 0;
  req.tstampOk = rx.sawTstamp;
  req.tsRecent = rx.sawTstamp ? rx.rcvTsval : 0;
  req.sackOk = rx.sackOk;
  req.wscaleOk = rx.wscaleOk;
  req.sndWscale = rx.sndWscale;
  req.ecnOk = tn.ecn !== 0 && (skb.cb2 & (TCPHDR_ECE | TCPHDR_CWR)) === (TCPHDR_ECE | TCPHDR_CWR);

  const fl = new Flowi();
  if (tuple.v6) {
    // A link-local peer is on the interface that its SYN came in by (RFC 4007).
    const oif = tp.boundDevIf === 0 && ipv6AddrIsLinklocal(req.v6RmtAddr!) ? tuple.dif : tp.boundDevIf;
    flowi6InitOutput(fl, oif, req.mark, tp.pinet6!.tclass, IPPROTO_TCP, 0, req.v6RmtAddr!, req.v6LocAddr, req.rmtPort, req.num, tp.uid, 0);
  } else {
    flowi4InitOutput(fl, tp.boundDevIf, req.mark, tp.tos, 0, IPPROTO_TCP, 0, req.rmtAddr, req.locAddr, req.rmtPort, req.num, tp.uid);
  }
  req.fl = fl;
  const dst = af.routeOutput(tp.net, fl, tp);
  if (dst === null) {
    netInc(tn, TcpExtListenDrops);
    return;
  }
  req.dst = dst;
  if (tuple.v6) {
    req.sntIsn = isn !== 0 ? isn : tcpV6SecureSeq(tn, k.ktime, req.v6LocAddr!, req.v6RmtAddr!, req.num, req.rmtPort);
    req.tsOff = tcpV6SecureTsOff(tn, req.v6LocAddr!, req.v6RmtAddr!);
  } else {
    req.sntIsn = isn !== 0 ? isn : tcpSecureSeq(tn, k.ktime, req.locAddr, req.rmtAddr, req.num, req.rmtPort);
    req.tsOff = tcpSecureTsOff(tn, req.locAddr, req.rmtAddr);
  }
  // 0 means none.
  req.sntSynack = (k.ktime / 1000) | 0 || 1;

  const iw = tp.tk.initialWindow;
  const mss = tn.advmss(tp, dst);
  tcpSelectInitialWindow(tn, iw, tcpFullSpace(tp), mss - (req.tstampOk ? 12 : 0), tcpInitialClamp(tp), req.wscaleOk);
  req.rcvWnd = iw.rcvWnd;
  req.windowClamp = iw.windowClamp;
  req.rcvWscale = iw.rcvWscale;

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

/** Builds and sends the SYN-ACK of a request (tcp_make_synack, tcp_v4_send_synack). */
function tcpSendReqSynack(tp: TcpSock, req: TcpRequestSock, dst: DstEntry): number {
  const k = tp.kernel;
  const skb = allocSkb(tp.pool, MAX_TCP_HEADER);
  skbReserve(skb, MAX_TCP_HEADER);
  const synLen = tcpSynOptionsLen(req.tstampOk, req.sackOk, req.wscaleOk);
  const optLen = synLen + tfoOptionLen(req.foCookie, req.foExp);
  const hdrLen = 20 + optLen;
  const th = skbPush(skb, hdrLen);
  skb.transportHeader = th;
  const view = skb.view;
  view.setUint16(th, req.num);
  view.setUint16(th + 2, req.rmtPort);
  view.setInt32(th + 4, req.sntIsn);
  view.setInt32(th + 8, req.rcvNxt);
  const flags = TCPHDR_SYN | TCPHDR_ACK | (req.ecnOk ? TCPHDR_ECE : 0);
  view.setInt32(th + 12, (hdrLen << 26) | (flags << 16) | Math.min(req.rcvWnd, 65535));
  view.setInt32(th + 16, 0);
  const tsval = (tcpTimeStampMs(k.ktime) + req.tsOff) | 0;
  tcpWriteSynOptions(view, th + 20, tp.tn.advmss(tp, dst), req.tstampOk, tsval, req.tsRecent, req.sackOk, req.wscaleOk ? req.rcvWscale : -1);
  if (req.foCookie !== null) tfoWriteOption(view, th + 20 + synLen, req.foCookie, req.foExp);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = th;
  skb.csumOffset = 16;
  const fl = req.fl!;
  tcpPseudoFill(req.af, fl, skb, th);
  skb.mark = req.mark;
  tcpInc(tp.tn, TcpOutSegs);
  return req.af.buildAndSendPkt(skb, tp, dst, fl, fl.tos & ~3);
}

/** Sends a SYN-ACK again (tcp_rtx_synack). Returns 0 or a negative errno. */
export function tcpRtxSynack(tp: TcpSock, req: TcpRequestSock): number {
  const dst = req.dst;
  let route = dst;
  // The route may have ended since.
  if (dst === null || (dst.obsolete !== 0 && dst.ops.check(dst, 0) === null)) route = req.af.routeOutput(tp.net, req.fl!, tp);
  if (route === null) return -113;
  req.dst = route;
  const err = tcpSendReqSynack(tp, req, route);
  if (err >= 0) {
    tcpInc(tp.tn, TcpRetransSegs);
    netInc(tp.tn, TcpExtTCPSynRetrans);
    req.numRetrans++;
  }
  return err;
}

/** The SYN-ACK's timer fired: again, or never more (reqsk_timer_handler). */
function reqskTimer(r: RequestSock): void {
  const req = r as TcpRequestSock;
  const tp = req.listener as TcpSock;
  const tn = req.tn;
  if (tp.state !== TCP_LISTEN) {
    inetCskReqskQueueDrop(tn.hashinfo, req);
    return;
  }
  const max = tp.synRetries !== 0 ? tp.synRetries : tn.synackRetries;
  let thresh = max;
  // A long queue forgets old requests sooner, down to two retransmissions, while young ones keep coming.
  if (tp.reqskQlen << 1 > Math.max(8, tp.maxAckBacklog)) {
    let young = tp.reqskYoung << 1;
    while (thresh > 2) {
      if (tp.reqskQlen < young) break;
      thresh--;
      young <<= 1;
    }
  }
  const defer = tp.deferAccept;
  let expire: boolean;
  let resend: boolean;
  if (defer === 0) {
    expire = req.numTimeout >= thresh;
    resend = true;
  } else {
    expire = req.numTimeout >= thresh && (!req.acked || req.numTimeout >= defer);
    // A deferred request hears of us again only near its end.
    resend = !req.acked || req.numTimeout >= defer - 1;
  }
  if (!expire) {
    netInc(tn, TcpExtTCPTimeouts);
    if (!resend || tcpRtxSynack(tp, req) >= 0 || req.acked) {
      if (req.numTimeout === 0) tp.reqskYoung--;
      req.numTimeout++;
      const when = Math.min(req.timeout * 2 ** req.numTimeout, TCP_RTO_MAX);
      modTimer(tp.kernel, req.timer, (tp.kernel.jiffies + when) | 0);
      return;
    }
  }
  inetCskReqskQueueDrop(tn.hashinfo, req);
}

/** Answers a segment that does not fit a request with where it stands (tcp_v4_reqsk_send_ack). */
export function tcpReqskSendAck(tp: TcpSock, _skb: Skb, req: TcpRequestSock): void {
  const tsval = (tcpTimeStampMs(tp.kernel.ktime) + req.tsOff) | 0;
  tcpReplyAck(
    tp.tn, req.fl!, (req.sntIsn + 1) | 0, req.rcvNxt, req.rcvWnd >> (req.wscaleOk ? req.rcvWscale : 0), req.tstampOk, tsval, req.tsRecent, req.af,
  );
}
