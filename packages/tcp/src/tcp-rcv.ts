/** Receiving, the same for IPv4 and IPv6: from a segment with known addresses to the connection, request, TIME-WAIT or listener that it is for (tcp_v4_rcv, tcp_v6_rcv). */
import {
  EHASH_REQUEST,
  EHASH_SOCK,
  EHASH_TIMEWAIT,
  type EhashNode,
  inet6LookupListener,
  type InetAf,
  type InetConnectionSock,
  type InetHashinfo,
  inetCskReqskQueueDrop,
  inetLookupListener,
  inetSdif,
  inetTwskKill,
} from '@linnet/inet';
import { DROP, kfreeSkbReason, PACKET_HOST, pskbMayPull, type Skb, skbChecksumValid } from '@linnet/skbuff';
import { reuseportChoose, skFilterTrimCap } from '@linnet/socket';
import {
  ip6HopLimit,
  iphTtl,
  IPPROTO_TCP,
  TCP_ESTABLISHED,
  TCP_LISTEN,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_RST,
  TCPHDR_SYN,
  tcphAckSeq,
  tcphDest,
  tcphFlags,
  tcphSeq,
  tcphSource,
} from '@linnet/uapi';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { tcpRcvEstablished } from './tcp-input.ts';
import type { TcpKernel } from './tcp-kernel.ts';
import { MD5_MIN_HEADER, tcpMd5Drop, tcpMd5KeyOf, tcpMd5Signed } from './tcp-md5.ts';
import { TcpExtTCPMinTTLDrop, TcpInCsumErrors, TcpInErrs, TcpInSegs } from './tcp-mib.ts';
import { TCP_TW_ACK, TCP_TW_RST, TCP_TW_SYN, tcpCheckReq, tcpTimewaitStateProcess, type TcpTimewaitSock } from './tcp-minisocks.ts';
import { netInc, tcpInc, type TcpNet } from './tcp-net.ts';
import { tcpRcvStateProcess } from './tcp-rcv-state.ts';
import { tcpReplyAck, tcpReplyFlow, tcpSendReset, type TcpTuple } from './tcp-reply.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';
import { tcpCookieConnection } from './tcp-conn-request.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Reads the header into the scratch fields (tcp_v4_fill_cb); `tos` is the type of service or traffic class. */
function tcpFillCb(skb: Skb, th: number, hdrLen: number, tos: number): void {
  const view = skb.view;
  const flags = tcphFlags(view, th);
  const seq = tcphSeq(view, th);
  skb.cb0 = seq;
  skb.cb1 = (seq + ((flags & TCPHDR_SYN) !== 0 ? 1 : 0) + ((flags & TCPHDR_FIN) !== 0 ? 1 : 0) + skb.len - hdrLen) | 0;
  skb.cb2 = flags;
  skb.cb3 = 0;
  skb.cb4 = tcphAckSeq(view, th);
  skb.cb5 = 0;
  skb.cb6 = 0;
  skb.cb7 = 0;
  skb.cb8 = 0;
  skb.cb9 = -1;
  skb.cb10 = tos;
  skb.cb11 = hdrLen;
}

/**
 * Checks header and checksum of a segment whose data stands at its TCP header; sets `transportHeader`. False: it was freed.
 */
export function tcpRcvCheck(tn: TcpNet, af: InetAf, skb: Skb): boolean {
  tcpInc(tn, TcpInSegs);
  if (skb.pktType !== PACKET_HOST) {
    kfreeSkbReason(skb, DROP.OTHERHOST);
    return false;
  }
  if (!pskbMayPull(skb, 20)) return bad(tn, skb, DROP.PKT_TOO_SMALL);
  const hdrLen = (skb.u8[skb.data + 12]! >> 4) << 2;
  if (hdrLen < 20 || !pskbMayPull(skb, hdrLen)) return bad(tn, skb, DROP.PKT_TOO_SMALL);
  skb.transportHeader = skb.data;
  if (!skbChecksumValid(skb, af.skbPseudoSum(skb, skb.len, IPPROTO_TCP))) {
    tcpInc(tn, TcpInCsumErrors);
    return bad(tn, skb, DROP.TCP_CSUM);
  }
  return true;
}

function bad(tn: TcpNet, skb: Skb, reason: number): boolean {
  tcpInc(tn, TcpInErrs);
  kfreeSkbReason(skb, reason);
  return false;
}

/** The entry of a segment's four-tuple, or null. */
function lookup(h: InetHashinfo, t: TcpTuple): EhashNode | null {
  return t.v6 ? h.lookupEstablished6(t.saddr6, t.sport, t.daddr6, t.dport, t.dif, t.sdif) : h.lookupEstablished(t.saddr, t.sport, t.daddr, t.dport, t.dif, t.sdif);
}

function lookupListener(h: InetHashinfo, t: TcpTuple, skb: Skb): InetConnectionSock | null {
  const sk = t.v6 ? inet6LookupListener(h, t.saddr6, t.sport, t.daddr6, t.dport, t.dif, t.sdif) : inetLookupListener(h, t.saddr, t.sport, t.daddr, t.dport, t.dif, t.sdif);
  if (sk === null || sk.reuseGroup === null) return sk;
  return (reuseportChoose(sk.reuseGroup, skb, (skb.u8[skb.transportHeader + 12]! >> 4) << 2) as InetConnectionSock | null) ?? sk;
}

/** Gives a checked segment to whom it is for; `t` has its addresses, `tos` its type of service or traffic class. Consumes it. */
export function tcpRcvTuple(tn: TcpNet, tk: TcpKernel, af: InetAf, skb: Skb, t: TcpTuple, tos: number): void {
  const th = skb.transportHeader;
  const view = skb.view;
  t.sport = tcphSource(view, th);
  t.dport = tcphDest(view, th);
  t.dif = skb.skbIif;
  t.sdif = inetSdif(af, skb);
  tcpFillCb(skb, th, (skb.u8[th + 12]! >> 4) << 2, tos);

  // Found before the route was; a hook may have held the segment while its connection ended.
  const early = skb.sk as TcpSock | null;
  skb.sk = null;
  if (early !== null && early.ehashNode.hashed) {
    deliver(tn, af, early, skb, t);
    return;
  }
  const h = tn.hashinfo;
  let isn = 0;
  for (;;) {
    const node = lookup(h, t);
    if (node !== null && node.kind === EHASH_SOCK) {
      deliver(tn, af, node.owner as TcpSock, skb, t);
      return;
    }
    if (node === null) {
      // A transparent proxy's hook has chosen who answers for somebody else's address.
      const lsk = early !== null && early.state === TCP_LISTEN ? early : (lookupListener(h, t, skb) as TcpSock | null);
      if (lsk === null) {
        // Who signs believes no RST that is not signed, and here is no key (observed).
        if (skb.cb11 < MD5_MIN_HEADER || !tcpMd5Signed(skb)) tcpSendReset(tn, af, skb, t, false, null);
        kfreeSkbReason(skb, DROP.NO_SOCKET);
        return;
      }
      if (minTtlDrop(lsk, skb, t) || ((lsk.extra !== null || skb.cb11 >= MD5_MIN_HEADER) && md5Drop(lsk, skb, t)) || (lsk.filter !== null && filterDrop(lsk, skb))) return;
      if (lsk.cookieStamp !== 0 && (skb.cb2 & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST)) === TCPHDR_ACK) {
        const child = tcpCookieConnection(lsk, skb, t);
        if (child !== null) {
          childRcv(tn, af, lsk, child, skb, t);
          return;
        }
      }
      if (tcpRcvStateProcess(lsk, skb, t, isn) !== 0) {
        tcpSendReset(tn, af, skb, t, true, tcpMd5KeyOf(lsk, t));
        kfreeSkbReason(skb, DROP.TCP_FLAGS);
      }
      return;
    }
    if (node.kind === EHASH_REQUEST) {
      const req = node.owner as TcpRequestSock;
      const lsk = req.listener as TcpSock;
      if (lsk.state !== TCP_LISTEN) {
        inetCskReqskQueueDrop(h, req);
        continue;
      }
      if (!minTtlDrop(lsk, skb, t) && ((lsk.extra === null && skb.cb11 < MD5_MIN_HEADER) || !md5Drop(lsk, skb, t)) && (lsk.filter === null || !filterDrop(lsk, skb))) requestRcv(tn, tk, af, lsk, req, skb, t);
      return;
    }
    if (node.kind === EHASH_TIMEWAIT) {
      const tw = node.owner as TcpTimewaitSock;
      if ((tw.md5Key !== null || skb.cb11 >= MD5_MIN_HEADER) && tcpMd5Drop(tn, tw.md5Key, skb, t)) return;
      switch (tcpTimewaitStateProcess(tw, skb, tk.scratchRx)) {
        case TCP_TW_SYN: {
          const lsk = lookupListener(h, t, skb);
          if (lsk !== null) {
            isn = tn.twIsn;
            inetTwskKill(tw);
            continue;
          }
          timewaitAck(tn, tw, t);
          break;
        }
        case TCP_TW_ACK:
          timewaitAck(tn, tw, t);
          break;
        case TCP_TW_RST:
          tcpSendReset(tn, af, skb, t, true, tw.md5Key);
          inetTwskKill(tw);
          break;
      }
      kfreeSkbReason(skb, DROP.TCP_TIMEWAIT);
      return;
    }
  }
}

/** Drops what has come from further away than IP_MINTTL or IPV6_MINHOPCOUNT allows (RFC 5082). */
function minTtlDrop(tp: TcpSock, skb: Skb, t: TcpTuple): boolean {
  const min = t.v6 ? tp.pinet6!.minHopcount : tp.minTtl;
  if (min === 0 || (t.v6 ? ip6HopLimit(skb.view, skb.networkHeader) : iphTtl(skb.view, skb.networkHeader)) >= min) return false;
  netInc(tp.tn, TcpExtTCPMinTTLDrop);
  kfreeSkbReason(skb, DROP.TCP_MINTTL);
  return true;
}

/** Drops what is not signed as the socket wants it (RFC 2385), and counts it there. */
function md5Drop(tp: TcpSock, skb: Skb, t: TcpTuple): boolean {
  if (!tcpMd5Drop(tp.tn, tcpMd5KeyOf(tp, t), skb, t)) return false;
  tp.drops++;
  return true;
}

/** Asks the socket's filter, which sees the segment from its TCP header on and cannot cut into that: true when the segment was dropped (tcp_filter). */
function filterDrop(tp: TcpSock, skb: Skb): boolean {
  const hdrLen = skb.cb11;
  if (skFilterTrimCap(tp, skb, hdrLen) !== 0) {
    tp.drops++;
    kfreeSkbReason(skb, DROP.SOCKET_FILTER);
    return true;
  }
  tcpFillCb(skb, skb.transportHeader, hdrLen, skb.cb10); // it may be shorter now
  return false;
}

/** Gives a segment to its socket (tcp_v4_do_rcv). */
function deliver(tn: TcpNet, af: InetAf, tp: TcpSock, skb: Skb, t: TcpTuple): void {
  if ((tp.minTtl !== 0 || t.v6) && minTtlDrop(tp, skb, t)) return;
  if ((tp.extra !== null || skb.cb11 >= MD5_MIN_HEADER) && md5Drop(tp, skb, t)) return;
  if (tp.filter !== null && filterDrop(tp, skb)) return;
  const segs = skb.gsoSegs > 0 ? skb.gsoSegs : 1;
  tp.segsIn += segs;
  if (skb.len > skb.cb11) tp.dataSegsIn += segs;
  if (tp.state === TCP_ESTABLISHED) {
    tcpRcvEstablished(tp, skb);
    return;
  }
  if (tcpRcvStateProcess(tp, skb, t, 0) !== 0) {
    tcpSendReset(tn, af, skb, t, true, tcpMd5KeyOf(tp, t));
    kfreeSkbReason(skb, DROP.TCP_FLAGS);
  }
}

/** A segment for a connection request; the handshake's last ACK makes it a connection (tcp_check_req, tcp_child_process). */
function requestRcv(tn: TcpNet, tk: TcpKernel, af: InetAf, lsk: TcpSock, req: TcpRequestSock, skb: Skb, t: TcpTuple): void {
  const child = tcpCheckReq(lsk, skb, req, tk.scratchRx);
  if (child === null) {
    if (tn.reqSendReset) tcpSendReset(tn, af, skb, t, true, tcpMd5KeyOf(lsk, t));
    kfreeSkbReason(skb, tn.reqDropReason);
    return;
  }
  childRcv(tn, af, lsk, child, skb, t);
}

/** The first segment of a new connection. */
function childRcv(tn: TcpNet, af: InetAf, lsk: TcpSock, child: TcpSock, skb: Skb, t: TcpTuple): void {
  if (skb.len > skb.cb11) child.dataSegsIn += 1;
  if (tcpRcvStateProcess(child, skb, t, 0) !== 0) {
    tcpSendReset(tn, af, skb, t, true, tcpMd5KeyOf(child, t));
    kfreeSkbReason(skb, DROP.TCP_FLAGS);
  }
  // Somebody can be accepted.
  lsk.dataReady(lsk);
}

/** Answers for a connection in TIME-WAIT (tcp_v4_timewait_ack). */
function timewaitAck(tn: TcpNet, tw: TcpTimewaitSock, t: TcpTuple): void {
  const tsval = (tcpTimeStampMs(tn.net.kernel.ktime) + tw.tsOffset) | 0;
  tcpReplyAck(tn, tcpReplyFlow(tn, t, tw.boundDevIf, tw.mark, tw.tos), tw.sndNxt, tw.rcvNxt, tw.rcvWnd >> tw.rcvWscale, tw.hasTs, tsval, tw.tsRecent, tw.af, tw.md5Key);
}
