/** The passive side of a handshake: requests, SYN-ACKs and their timer (RFC 9293 section 3.5; tcp_conn_request). */
import { type Flowi, type InetAf, inetCskReqskQueueDrop, type RequestSock } from '@linnet/inet';
import { modTimer } from '@linnet/kernel';
import type { DstEntry } from '@linnet/netdev';
import { allocSkb, CHECKSUM_PARTIAL, type Skb, skbPush, skbReserve } from '@linnet/skbuff';
import { INET_ECN_ECT_0, TCP_LISTEN, TCPHDR_ACK, TCPHDR_ECE, TCPHDR_SYN, TCPOLEN_MD5SIG_ALIGNED } from '@linnet/uapi';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { MAX_TCP_HEADER, TCP_RTO_MAX } from './tcp-const.ts';
import { tfoOptionLen, tfoWriteOption } from './tcp-fastopen-option.ts';
import { cookieTimestamp } from './tcp-syncookies.ts';
import { TcpExtTCPSynRetrans, TcpExtTCPTimeouts, TcpOutSegs, TcpRetransSegs } from './tcp-mib.ts';
import { tcpMd5KeyFor, tcpMd5Sign, tcpWriteMd5Header } from './tcp-md5.ts';
import { netInc, tcpInc } from './tcp-net.ts';
import { tcpSynOptionsLen, tcpWriteSynOptions } from './tcp-options.ts';
import { tcpReplyAck, tcpPseudoFill } from './tcp-reply.ts';
import type { TcpSock } from './tcp-sock.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';


/** Builds and sends the SYN-ACK of a request (tcp_make_synack, tcp_v4_send_synack). */
export function tcpSendReqSynack(tp: TcpSock, req: TcpRequestSock, dst: DstEntry): number {
  const k = tp.kernel;
  const skb = allocSkb(tp.pool, MAX_TCP_HEADER);
  skbReserve(skb, MAX_TCP_HEADER);
  const synLen = tcpSynOptionsLen(req.tstampOk, req.sackOk, req.wscaleOk);
  const key = tp.extra === null ? null : tcpMd5KeyFor(tp, req.rmtAddr, req.v6RmtAddr, req.iif);
  // Beside a signature a cookie has no room.
  const cookie = key === null ? req.foCookie : null;
  const optLen = synLen + tfoOptionLen(cookie, req.foExp) + (key === null ? 0 : TCPOLEN_MD5SIG_ALIGNED);
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
  let tsval = (tcpTimeStampMs(k.ktime) + req.tsOff) | 0;
  if (req.isCookie && req.tstampOk) tsval = cookieTimestamp(req, tsval);
  let p = th + 20;
  if (key !== null) {
    tcpWriteMd5Header(view, p);
    p += TCPOLEN_MD5SIG_ALIGNED;
  }
  tcpWriteSynOptions(view, p, tp.tn.advmss(tp, dst), req.tstampOk, tsval, req.tsRecent, req.sackOk, req.wscaleOk ? req.rcvWscale : -1);
  if (cookie !== null) tfoWriteOption(view, p + synLen, cookie, req.foExp);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = th;
  skb.csumOffset = 16;
  const fl = req.fl!;
  if (key !== null) tcpMd5Sign(tp.tn, key, req.af, fl, skb, th + 20);
  tcpPseudoFill(req.af, fl, skb, th);
  skb.mark = req.mark;
  tcpInc(tp.tn, TcpOutSegs);
  return req.af.buildAndSendPkt(skb, tp, dst, fl, req.ecnOk && tp.caOps!.requiresEcn === true ? (fl.tos & ~3) | INET_ECN_ECT_0 : fl.tos & ~3);
}

/** The route of a SYN-ACK, null when there is none: with a routing header of the listener's it is that to the first segment. */
export function tcpRequestRoute(tp: TcpSock, af: InetAf, fl: Flowi): DstEntry | null {
  const final = fl.daddr6;
  if (final === null || tp.pinet6 === null || tp.pinet6.opt === null || af.firstHop === undefined) return af.routeOutput(tp.net, fl, tp);
  fl.daddr6 = af.firstHop(tp, tp.pinet6.opt, final);
  const dst = af.routeOutput(tp.net, fl, tp);
  fl.daddr6 = final;
  return dst;
}

/** Sends a SYN-ACK again (tcp_rtx_synack). Returns 0 or a negative errno. */
export function tcpRtxSynack(tp: TcpSock, req: TcpRequestSock): number {
  const dst = req.dst;
  let route = dst;
  // The route may have ended since.
  if (dst === null || (dst.obsolete !== 0 && dst.ops.check(dst, 0) === null)) route = tcpRequestRoute(tp, req.af, req.fl!);
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
export function reqskTimer(r: RequestSock): void {
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
    tcpMd5KeyFor(tp, req.rmtAddr, req.v6RmtAddr, req.iif),
  );
}
