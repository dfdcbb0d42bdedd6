/** TCP over IPv4: receiving, ICMP errors, connecting (tcp_ipv4.c). */
import {
  EAFNOSUPPORT,
  EINVAL,
  EHOSTUNREACH,
  ENETUNREACH,
  ENOENT,
  EPROTO,
} from '@linnet/kernel';
import {
  EHASH_REQUEST,
  EHASH_SOCK,
  EHASH_TIMEWAIT,
  flowi4InitOutput,
  INET_NET,
  type InetAf,
  inetCskReqskQueueDrop,
  inetHashConnect,
  inetLookupListener,
  inetTwskKill,
} from '@linnet/inet';
import { dstMtu } from '@linnet/netdev';
import { DROP, kfreeSkbReason, PACKET_HOST, pskbMayPull, type Skb, skbChecksumValid } from '@linnet/skbuff';
import { SOCK_BINDADDR_LOCK, skDstCheck, sockFlag, SOCK_DEAD } from '@linnet/socket';
import {
  AF_INET,
  between,
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  iphDaddr,
  iphSaddr,
  iphTos,
  iphTtl,
  IPPROTO_TCP,
  RTN_BROADCAST,
  RTN_MULTICAST,
  type SockAddr,
  type SockAddrIn,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCPHDR_FIN,
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
import {
  TcpExtListenDrops,
  TcpExtOutOfWindowIcmps,
  TcpExtTCPMinTTLDrop,
  TcpInCsumErrors,
  TcpInErrs,
  TcpInSegs,
} from './tcp-mib.ts';
import { TCP_TW_ACK, TCP_TW_RST, TCP_TW_SYN, tcpCheckReq, tcpTimewaitStateProcess, type TcpTimewaitSock, tcpTwskUnique } from './tcp-minisocks.ts';
import { tcpSyncMss } from './tcp-mss.ts';
import { netInc, tcpInc, type TcpNet } from './tcp-net.ts';
import { tcpRcvStateProcess } from './tcp-rcv-state.ts';
import { tcpReplyAck, tcpReplyFlow, tcpSendReset, type TcpTuple } from './tcp-reply.ts';
import { tcpSimpleRetransmit } from './tcp-simple-retransmit.ts';
import { tcpSecureSeq, tcpSecureTsOff } from './tcp-secure-seq.ts';
import { tcpConnect } from './tcp-send.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpDoneWithError, tcpSetState } from './tcp-state.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';

/** Reads the header into the scratch fields (tcp_v4_fill_cb). `len` is the segment's length with its header. */
function tcpFillCb(skb: Skb, th: number, hdrLen: number): void {
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
  skb.cb10 = skb.networkHeader >= 0 ? iphTos(view, skb.networkHeader) : 0;
  skb.cb11 = hdrLen;
}

/** A TCP segment from IPv4 (tcp_v4_rcv). `data` stands at the TCP header. Consumes it; returns 0. */
export function tcpV4Rcv(tn: TcpNet, tk: TcpKernel, af: InetAf, skb: Skb): number {
  tcpInc(tn, TcpInSegs);
  if (skb.pktType !== PACKET_HOST) {
    kfreeSkbReason(skb, DROP.OTHERHOST);
    return 0;
  }
  if (!pskbMayPull(skb, 20)) return bad(tn, skb, DROP.PKT_TOO_SMALL);
  const hdrLen = (skb.u8[skb.data + 12]! >> 4) << 2;
  if (hdrLen < 20 || !pskbMayPull(skb, hdrLen)) return bad(tn, skb, DROP.PKT_TOO_SMALL);
  const th = skb.data;
  skb.transportHeader = th;
  if (!skbChecksumValid(skb, af.skbPseudoSum(skb, skb.len, IPPROTO_TCP))) {
    tcpInc(tn, TcpInCsumErrors);
    return bad(tn, skb, DROP.TCP_CSUM);
  }
  const view = skb.view;
  const nh = skb.networkHeader;
  const saddr = iphSaddr(view, nh);
  const daddr = iphDaddr(view, nh);
  const sport = tcphSource(view, th);
  const dport = tcphDest(view, th);
  const dif = skb.skbIif;
  tcpFillCb(skb, th, hdrLen);

  // Found before the route was; a hook may have held the segment while its connection ended.
  const early = skb.sk as TcpSock | null;
  skb.sk = null;
  if (early !== null && early.ehashNode.hashed) {
    deliver(tn, af, early, skb, tk.tuple);
    return 0;
  }
  const h = tn.hashinfo;
  let isn = 0;
  for (;;) {
    const node = h.lookupEstablished(saddr, sport, daddr, dport, dif);
    if (node !== null && node.kind === EHASH_SOCK) {
      deliver(tn, af, node.owner as TcpSock, skb, tk.tuple);
      return 0;
    }
    const t = tk.tuple;
    t.saddr = saddr;
    t.daddr = daddr;
    t.sport = sport;
    t.dport = dport;
    t.dif = dif;
    if (node === null) {
      const lsk = inetLookupListener(h, saddr, sport, daddr, dport, dif) as TcpSock | null;
      if (lsk === null) {
        tcpSendReset(tn, af, skb, t, false);
        kfreeSkbReason(skb, DROP.NO_SOCKET);
        return 0;
      }
      if (minTtlDrop(lsk, skb)) return 0;
      if (tcpRcvStateProcess(lsk, skb, t, isn) !== 0) {
        tcpSendReset(tn, af, skb, t, true);
        kfreeSkbReason(skb, DROP.TCP_FLAGS);
      }
      return 0;
    }
    if (node.kind === EHASH_REQUEST) {
      const req = node.owner as TcpRequestSock;
      const lsk = req.listener as TcpSock;
      if (lsk.state !== TCP_LISTEN) {
        inetCskReqskQueueDrop(h, req);
        continue;
      }
      if (!minTtlDrop(lsk, skb)) requestRcv(tn, tk, af, lsk, req, skb, t);
      return 0;
    }
    if (node.kind === EHASH_TIMEWAIT) {
      const tw = node.owner as TcpTimewaitSock;
      switch (tcpTimewaitStateProcess(tw, skb, tk.scratchRx)) {
        case TCP_TW_SYN: {
          const lsk = inetLookupListener(h, saddr, sport, daddr, dport, dif);
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
          tcpSendReset(tn, af, skb, t, true);
          inetTwskKill(tw);
          break;
      }
      kfreeSkbReason(skb, DROP.TCP_TIMEWAIT);
      return 0;
    }
  }
}

function bad(tn: TcpNet, skb: Skb, reason: number): number {
  tcpInc(tn, TcpInErrs);
  kfreeSkbReason(skb, reason);
  return 0;
}

/** Drops what has come from further away than IP_MINTTL allows (RFC 5082). */
function minTtlDrop(tp: TcpSock, skb: Skb): boolean {
  if (tp.minTtl === 0 || iphTtl(skb.view, skb.networkHeader) >= tp.minTtl) return false;
  netInc(tp.tn, TcpExtTCPMinTTLDrop);
  kfreeSkbReason(skb, DROP.TCP_MINTTL);
  return true;
}

/** Gives a segment to its socket (tcp_v4_do_rcv). */
function deliver(tn: TcpNet, af: InetAf, tp: TcpSock, skb: Skb, t: TcpTuple): void {
  if (tp.minTtl !== 0 && minTtlDrop(tp, skb)) return;
  const segs = skb.gsoSegs > 0 ? skb.gsoSegs : 1;
  tp.segsIn += segs;
  if (skb.len > skb.cb11) tp.dataSegsIn += segs;
  if (tp.state === TCP_ESTABLISHED) {
    tcpRcvEstablished(tp, skb);
    return;
  }
  if (tcpRcvStateProcess(tp, skb, t, 0) !== 0) {
    const view = skb.view;
    t.saddr = iphSaddr(view, skb.networkHeader);
    t.daddr = iphDaddr(view, skb.networkHeader);
    t.sport = tcphSource(view, skb.transportHeader);
    t.dport = tcphDest(view, skb.transportHeader);
    tcpSendReset(tn, af, skb, t, true);
    kfreeSkbReason(skb, DROP.TCP_FLAGS);
  }
}

/** A segment for a connection request; the handshake's last ACK makes it a connection (tcp_check_req, tcp_child_process). */
function requestRcv(tn: TcpNet, tk: TcpKernel, af: InetAf, lsk: TcpSock, req: TcpRequestSock, skb: Skb, t: TcpTuple): void {
  const child = tcpCheckReq(lsk, skb, req, tk.scratchRx);
  if (child === null) {
    if (tn.reqSendReset) tcpSendReset(tn, af, skb, t, true);
    kfreeSkbReason(skb, tn.reqDropReason);
    return;
  }
  if (skb.len > skb.cb11) child.dataSegsIn += 1;
  if (tcpRcvStateProcess(child, skb, t, 0) !== 0) {
    tcpSendReset(tn, af, skb, t, true);
    kfreeSkbReason(skb, DROP.TCP_FLAGS);
  }
  // Somebody can be accepted.
  lsk.dataReady(lsk);
}

/** Answers for a connection in TIME-WAIT (tcp_v4_timewait_ack). */
function timewaitAck(tn: TcpNet, tw: TcpTimewaitSock, t: TcpTuple): void {
  const tsval = (tcpTimeStampMs(tn.net.kernel.ktime) + tw.tsOffset) | 0;
  tcpReplyAck(tn, tcpReplyFlow(tn, t, tw.boundDevIf, tw.mark, tw.tos), tw.sndNxt, tw.rcvNxt, tw.rcvWnd >> tw.rcvWscale, tw.hasTs, tsval, tw.tsRecent, tw.af);
}

/** The path takes no more than `mtu` bytes now (tcp_v4_mtu_reduced): smaller segments, and what was too large goes again. */
function tcpMtuReduced(tp: TcpSock, mtu: number): void {
  if (tp.state === TCP_LISTEN || tp.state === TCP_CLOSE) return;
  const dst = skDstCheck(tp);
  if (dst === null) return;
  if (dst.ops.updatePmtu !== undefined) dst.ops.updatePmtu(dst, tp, null, mtu);
  const now = dstMtu(dst);
  // IP_PMTUDISC_DONT means that routers may fragment.
  if (tp.pmtudisc !== 0 && tp.pmtuCookie > now) {
    tcpSyncMss(tp, now);
    tcpSimpleRetransmit(tp);
  }
}

/**
 * An ICMP error about a segment of ours (tcp_v4_err; RFC 1122 section 4.2.3.9, RFC 5927): believed only if the quoted sequence number is outstanding.
 * Hard errors end a handshake; on a connection everything but the MTU is a hint.
 */
export function tcpV4Err(tn: TcpNet, af: InetAf, skb: Skb, type: number, code: number, info: number): number {
  const view = skb.view;
  const nh = skb.networkHeader;
  const th = skb.data;
  if (skb.len - skb.dataLen < 8) return -EINVAL;
  const daddr = iphDaddr(view, nh);
  const saddr = iphSaddr(view, nh);
  const node = tn.hashinfo.lookupEstablished(daddr, tcphDest(view, th), saddr, tcphSource(view, th), skb.skbIif);
  if (node === null) return -ENOENT;
  const seq = tcphSeq(view, th);
  if (node.kind === EHASH_TIMEWAIT) return 0;
  if (node.kind === EHASH_REQUEST) {
    const req = node.owner as TcpRequestSock;
    if (seq !== req.sntIsn) {
      netInc(tn, TcpExtOutOfWindowIcmps);
    } else if (type === ICMP_PARAMETERPROB || type === ICMP_TIME_EXCEEDED || (type === ICMP_DEST_UNREACH && code !== ICMP_FRAG_NEEDED)) {
      // Still in the handshake: the request is given up.
      inetCskReqskQueueDrop(tn.hashinfo, req);
      netInc(tn, TcpExtListenDrops);
    }
    return 0;
  }
  const tp = node.owner as TcpSock;
  if (tp.state === TCP_CLOSE) return 0;
  if (tp.minTtl > 0 && iphTtl(view, nh) < tp.minTtl) return 0;
  if (tp.state !== TCP_LISTEN && !between(seq, tp.sndUna, tp.sndNxt)) {
    netInc(tn, TcpExtOutOfWindowIcmps);
    return 0;
  }
  let err: number;
  switch (type) {
    case ICMP_REDIRECT: {
      const dst = skDstCheck(tp);
      if (dst !== null && dst.ops.redirect !== undefined) dst.ops.redirect(dst, tp, skb);
      return 0;
    }
    case ICMP_SOURCE_QUENCH:
      return 0;
    case ICMP_PARAMETERPROB:
      err = EPROTO;
      break;
    case ICMP_DEST_UNREACH:
      if (code > 15) return 0;
      if (code === ICMP_FRAG_NEEDED) {
        if (tp.state === TCP_LISTEN) return 0;
        tcpMtuReduced(tp, info);
        return 0;
      }
      err = af.icmpErrConvert(type, code) >> 1;
      break;
    case ICMP_TIME_EXCEEDED:
      err = EHOSTUNREACH;
      break;
    default:
      return 0;
  }
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) {
    if (tp.recverr) af.icmpError(tp, skb, err, tcphDest(view, th), info, 0);
    if (tp.socket !== null || sockFlag(tp, SOCK_DEAD)) tcpDoneWithError(tp, err);
    else tp.errSoft = err;
    return 0;
  }
  // On a connection the network's complaint may pass: only who asked for it hears of it.
  if (tp.socket !== null && tp.recverr) {
    tp.err = err;
    tp.errorReport(tp);
  } else {
    tp.errSoft = err;
  }
  return 0;
}

/** connect(2): routes, chooses a port, sends the SYN (tcp_v4_connect). 0 when it is under way, or a negative errno. */
export function tcpV4Connect(tp: TcpSock, addr: SockAddr): number {
  if (addr.family !== AF_INET) return -EAFNOSUPPORT;
  const sin = addr as SockAddrIn;
  if (typeof sin.port !== 'number' || typeof sin.addr !== 'number') return -EINVAL;
  const tn = tp.tn;
  const net = tp.net;
  const fl = tp.fl;
  flowi4InitOutput(fl, tp.boundDevIf, tp.mark, tp.tos, 0, IPPROTO_TCP, 0, sin.addr, tp.saddr, sin.port, tp.sport, tp.uid);
  const dst = tp.af.routeOutput(net, fl, tp);
  if (dst === null) return fl.error !== 0 ? fl.error : -ENETUNREACH;
  const type = tp.af.dstType(dst);
  if (type === RTN_BROADCAST || type === RTN_MULTICAST) return -ENETUNREACH;
  const daddr = fl.daddr;
  if (tp.saddr === 0) {
    tp.saddr = fl.saddr;
    tp.rcvSaddr = fl.saddr;
  }
  fl.saddr = tp.saddr;
  if (tp.rxOpt.tsRecentStamp !== 0 && tp.daddr !== daddr) {
    tp.rxOpt.tsRecent = 0;
    tp.rxOpt.tsRecentStamp = 0;
    tp.writeSeq = 0;
  }
  tp.dport = sin.port;
  tp.daddr = daddr;
  tp.mssClamp = 536;
  tcpSetState(tp, TCP_SYN_SENT);
  let err = inetHashConnect(tn.hashinfo, tp, net.get(INET_NET), (sk, tw) => tcpTwskUnique(sk as TcpSock, tw as TcpTimewaitSock));
  if (err === 0) {
    fl.sport = tp.sport;
    fl.dport = tp.dport;
    tp.dst = dst;
    tp.gsoMaxSize = dst.dev.gsoMaxSize;
    tp.gsoMaxSegs = dst.dev.gsoMaxSegs;
    if (tp.writeSeq === 0) tp.writeSeq = tcpSecureSeq(tn, tp.kernel.ktime, tp.saddr, tp.daddr, tp.sport, tp.dport);
    tp.tsoffset = tcpSecureTsOff(tn, tp.saddr, tp.daddr);
    tp.inetId = tn.rng.u32() & 0xffff;
    err = tcpConnect(tp);
  }
  if (err === 0) return 0;
  tcpSetState(tp, TCP_CLOSE);
  if ((tp.userlocks & SOCK_BINDADDR_LOCK) === 0) {
    tp.saddr = 0;
    tp.rcvSaddr = 0;
  }
  tp.dport = 0;
  tp.dst = null;
  return err;
}
