/** Connections that are not full sockets: requests before the handshake's end, TIME-WAIT after the connection's (tcp_minisocks.c). */
import { inetCskAcceptqAdd, inetCskReqskQueueDrop, inetEhashInsert, inetInheritPort, inetMapped, inetSockUpdateVersions, InetTimewaitSock, inetTwskHashdance, inetTwskKill, inetTwskSchedule, skAcceptqIsFull } from '@linnet/inet';
import { DROP, type Skb } from '@linnet/skbuff';
import { dstMtu, l3mdevMasterIfindexByIndex } from '@linnet/netdev';
import {
  AF_INET6,
  after,
  before,
  ipv6AddrLoopback,
  TCP_FIN_WAIT2,
  TCP_SYN_RECV,
  TCP_TIME_WAIT,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_RST,
  TCPHDR_SYN,
  tcphWindow,
  ipv6AddrIsLinklocal,
} from '@linnet/uapi';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { TCP_ECN_OK, TCP_TIMEWAIT_LEN } from './tcp-const.ts';
import { tcpAssignCongestionControl } from './tcp-cong.ts';
import {
  TcpExtEmbryonicRsts,
  TcpExtListenOverflows,
  TcpExtPAWSEstab,
  TcpExtPAWSTimewait,
  TcpExtTCPACKSkippedFinWait2,
  TcpExtTCPACKSkippedSynRecv,
  TcpExtTCPACKSkippedTimeWait,
  TcpExtTCPDeferAcceptDrop,
  TcpExtTCPTimeWaitOverflow,
  TcpExtTSEcrRejected,
  TcpExtTW,
  TcpExtTWKilled,
  TcpPassiveOpens,
  TcpAttemptFails,
} from './tcp-mib.ts';
import { netInc, tcpInc, type TcpNet } from './tcp-net.ts';
import { type TcpOptionsReceived, tcpParseOptions } from './tcp-options.ts';
import { tcpPawsReject, tcpStoreTsRecent } from './tcp-paws.ts';
import { tcpMd5Inherit, tcpMd5Key, type TcpMd5Key, tcpMd5Len } from './tcp-md5.ts';
import { tcpMtuProbeInit } from './tcp-mtu-probe.ts';
import { tcpGsoLimits, tcpSyncMss } from './tcp-mss.ts';
import { tcpUpdateMetrics } from './tcp-metrics.ts';
import { tcpDone } from './tcp-state.ts';
import { tcpRtxSynack, tcpReqskSendAck } from './tcp-synack.ts';
import { rcvMssInit } from './tcp-rcv-mss.ts';
import { SOCK_BINDPORT_LOCK, SOCK_KEEPOPEN, sockFlag } from '@linnet/socket';
import { tcpSetAf } from './tcp-af.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpOowRateLimited } from './tcp-challenge.ts';
import { tcpResetKeepaliveTimer, keepaliveTimeWhen } from './tcp-keepalive.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';

/** A TCP connection in TIME-WAIT, or in FIN-WAIT-2 without an owner (struct tcp_timewait_sock). @alpha */
export class TcpTimewaitSock extends InetTimewaitSock {
  readonly tn: TcpNet;
  rcvNxt = 0;
  sndNxt = 0;
  rcvWnd = 0;
  rcvWscale = 0;
  tsRecent = 0;
  tsRecentStamp = 0;
  tsOffset = 0;
  /** 0 without timestamps. */
  hasTs = false;
  lastOowAckTime = 0;
  timeout = 0;
  /** Signs what is answered, and must have signed what comes. */
  md5Key: TcpMd5Key | null = null;

  constructor(tp: TcpSock) {
    super(tp.tn.hashinfo, tp);
    this.tn = tp.tn;
  }
}

/** The segment is answered with an ACK. */
export const TCP_TW_ACK = 1;
/** With a RST. */
export const TCP_TW_RST = 2;
/** It opens a new connection. */
export const TCP_TW_SYN = 3;
/** It is dropped. */
export const TCP_TW_SUCCESS = 0;

/** Does any of [seq, end) lie in the window [start, limit)? An empty segment may stand at its end (RFC 9293 section 3.10.7.4, tcp_in_window). */
function tcpInWindow(seq: number, end: number, start: number, limit: number): boolean {
  return seq === start || (after(end, start) && before(seq, limit)) || (seq === limit && seq === end);
}

/**
 * Replaces a socket that has nothing to do but wait by a small record (tcp_time_wait). `state` is TCP_TIME_WAIT, or TCP_FIN_WAIT2 when the peer's FIN is still to
 * come; `timeo` 0 for the full length. The socket ends.
 */
export function tcpTimeWait(tp: TcpSock, state: number, timeo: number): void {
  const tn = tp.tn;
  tcpUpdateMetrics(tp);
  if (tn.hashinfo.twCount < tn.maxTwBuckets) {
    const tw = new TcpTimewaitSock(tp);
    tw.substate = state;
    tw.rcvNxt = tp.rcvNxt;
    tw.sndNxt = tp.sndNxt;
    tw.rcvWnd = Math.max(0, (tp.rcvWup + tp.rcvWnd - tp.rcvNxt) | 0);
    tw.rcvWscale = tp.rxOpt.rcvWscale;
    tw.hasTs = tp.rxOpt.tstampOk;
    tw.tsRecent = tp.rxOpt.tsRecent;
    tw.tsRecentStamp = tp.rxOpt.tsRecentStamp;
    tw.tsOffset = tp.tsoffset;
    tw.md5Key = tcpMd5Key(tp);
    const rto = (tp.rto << 2) - (tp.rto >> 1);
    let timeout = Math.max(timeo, rto);
    if (state === TCP_TIME_WAIT) timeout = TCP_TIMEWAIT_LEN;
    tw.timeout = timeout;
    inetTwskHashdance(tw, tp, timeout);
    netInc(tn, TcpExtTW);
  } else {
    netInc(tn, TcpExtTCPTimeWaitOverflow);
  }
  tcpDone(tp);
}

/** Options of a segment for something that is no full socket. One serves a whole kernel. */
function parseInto(rx: TcpOptionsReceived, skb: Skb, ts: boolean): void {
  rx.sawTstamp = false;
  rx.tstampOk = ts;
  rx.sackOk = false;
  tcpParseOptions(skb.view, skb.transportHeader, skb.cb11, rx, false, true, false, false, false);
}

/** A segment for a connection in TIME-WAIT (RFC 9293 section 3.10.7.4, RFC 6191; tcp_timewait_state_process). Returns TCP_TW_*; `tn.twIsn` is the sequence number of a new connection. Does not consume. */
export function tcpTimewaitStateProcess(tw: TcpTimewaitSock, skb: Skb, rx: TcpOptionsReceived): number {
  const tn = tw.tn;
  const ktime = tw.net.kernel.ktime;
  const flags = skb.cb2;
  const seq = skb.cb0;
  const endSeq = skb.cb1;
  const rst = (flags & TCPHDR_RST) !== 0;
  const syn = (flags & TCPHDR_SYN) !== 0;
  let pawsReject = false;
  rx.sawTstamp = false;
  if (skb.cb11 > 20 && tw.tsRecentStamp !== 0) {
    parseInto(rx, skb, true);
    if (rx.sawTstamp) {
      rx.tsRecent = tw.tsRecent;
      rx.tsRecentStamp = tw.tsRecentStamp;
      pawsReject = tcpPawsReject(rx, rst, ktime);
    }
  }

  if (tw.substate === TCP_FIN_WAIT2) {
    const inWindow = tcpInWindow(seq, endSeq, tw.rcvNxt, (tw.rcvNxt + tw.rcvWnd) | 0);
    if (pawsReject || !inWindow) return oow(tw, skb, TcpExtTCPACKSkippedFinWait2);
    if (rst) {
      inetTwskKill(tw);
      return TCP_TW_SUCCESS;
    }
    if (syn && !before(seq, tw.rcvNxt)) return TCP_TW_RST;
    // A duplicate, or nothing but an ACK.
    if ((flags & TCPHDR_ACK) === 0 || !after(endSeq, tw.rcvNxt) || endSeq === seq) return TCP_TW_SUCCESS;
    // Data for a reader that is gone.
    if ((flags & TCPHDR_FIN) === 0 || endSeq !== ((tw.rcvNxt + 1) | 0)) return TCP_TW_RST;
    tw.substate = TCP_TIME_WAIT;
    tw.rcvNxt = endSeq;
    if (rx.sawTstamp) {
      tw.tsRecentStamp = Math.floor(ktime / 1e9) + 1;
      tw.tsRecent = rx.rcvTsval;
    }
    inetTwskSchedule(tw, TCP_TIMEWAIT_LEN);
    return TCP_TW_ACK;
  }

  // Exactly what was expected last: a repeated FIN's ACK or an old duplicate without data.
  if (!pawsReject && seq === tw.rcvNxt && (seq === endSeq || rst)) {
    if (rst) {
      // TIME-WAIT assassination (RFC 1337) happens unless the user asked to be spared.
      if (tn.rfc1337 === 0) {
        inetTwskKill(tw);
        netInc(tn, TcpExtTWKilled);
        return TCP_TW_SUCCESS;
      }
    } else {
      inetTwskSchedule(tw, TCP_TIMEWAIT_LEN);
    }
    if (rx.sawTstamp) {
      tw.tsRecent = rx.rcvTsval;
      tw.tsRecentStamp = Math.floor(ktime / 1e9) + 1;
    }
    return TCP_TW_SUCCESS;
  }
  // A SYN that cannot be old opens a new connection (RFC 6191): its sequence number or its timestamp is beyond what was seen.
  if (syn && !rst && (flags & TCPHDR_ACK) === 0 && !pawsReject && (after(seq, tw.rcvNxt) || (rx.sawTstamp && ((tw.tsRecent - rx.rcvTsval) | 0) < 0))) {
    let isn = (tw.sndNxt + 65535 + 2) | 0;
    if (isn === 0) isn = 1;
    tn.twIsn = isn;
    return TCP_TW_SYN;
  }
  if (pawsReject) netInc(tn, TcpExtPAWSTimewait);
  if (!rst) {
    // Somebody still talks: stay, unless it is only a timestamp of the past.
    if (pawsReject || (flags & TCPHDR_ACK) !== 0) inetTwskSchedule(tw, TCP_TIMEWAIT_LEN);
    return oow(tw, skb, TcpExtTCPACKSkippedTimeWait);
  }
  return TCP_TW_SUCCESS;
}

/** An ACK, unless one has just gone. */
function oow(tw: TcpTimewaitSock, skb: Skb, mib: number): number {
  const now = tw.net.kernel.jiffies;
  if (skb.cb0 === skb.cb1 || (skb.cb2 & TCPHDR_SYN) !== 0) {
    if (tcpOowRateLimited(tw.tn, now, tw.lastOowAckTime, mib)) return TCP_TW_SUCCESS;
    tw.lastOowAckTime = now === 0 ? 1 : now;
  }
  return TCP_TW_ACK;
}

/** May a connect take the place of a TIME-WAIT of the same four-tuple? (RFC 6191; tcp_twsk_unique) Takes over its timestamps and a safe sequence number. */
export function tcpTwskUnique(tp: TcpSock, tw: TcpTimewaitSock): boolean {
  const reuse = tp.tn.twReuse;
  const now = Math.floor(tp.kernel.ktime / 1e9) + 1;
  const loopback = tw.af.family === AF_INET6
    ? ipv6AddrLoopback(tw.v6Daddr!) || ipv6AddrLoopback(tw.v6RcvSaddr!)
    : tw.daddr >>> 24 === 127 || tw.rcvSaddr >>> 24 === 127;
  if (reuse === 0 || (reuse === 2 && !loopback)) return false;
  if (tw.tsRecentStamp === 0 || now <= tw.tsRecentStamp) return false;
  tp.writeSeq = (tw.sndNxt + 65535 + 2) | 0;
  if (tp.writeSeq === 0) tp.writeSeq = 1;
  tp.rxOpt.tsRecent = tw.tsRecent;
  tp.rxOpt.tsRecentStamp = tw.tsRecentStamp;
  inetTwskKill(tw);
  return true;
}

/**
 * A segment for a connection request (tcp_check_req). Returns the new connection, whose first segment this is; the listener itself when nothing more is to be done
 * (the request remains); or null when the segment must be dropped. `tn.reqSendReset` is set when a RST must answer it,
 * `tn.reqDropReason` says why. Does not consume.
 */
export function tcpCheckReq(listener: TcpSock, skb: Skb, req: TcpRequestSock, rx: TcpOptionsReceived): TcpSock | null {
  const tn = req.tn;
  const k = req.net.kernel;
  const flags = skb.cb2 & (TCPHDR_RST | TCPHDR_SYN | TCPHDR_ACK);
  let pawsReject = false;
  rx.sawTstamp = false;
  tn.reqSendReset = false;
  tn.reqDropReason = DROP.TCP_FLAGS;
  if (skb.cb11 > 20) {
    parseInto(rx, skb, true);
    if (rx.sawTstamp) {
      rx.tsRecent = req.tsRecent;
      // The SYN came at most one SYN-ACK series ago.
      rx.tsRecentStamp = Math.floor(k.ktime / 1e9) + 1;
      pawsReject = tcpPawsReject(rx, (flags & TCPHDR_RST) !== 0, k.ktime);
    }
  }
  // The SYN again: our SYN-ACK was lost (RFC 9293 section 3.8.1).
  if (skb.cb0 === req.rcvIsn && flags === TCPHDR_SYN && !pawsReject) {
    if (!tcpOowRateLimited(tn, k.jiffies, req.lastOowAckTime, TcpExtTCPACKSkippedSynRecv)) {
      req.lastOowAckTime = k.jiffies === 0 ? 1 : k.jiffies;
      tcpRtxSynack(listener, req);
    }
    tn.reqDropReason = DROP.TCP_INVALID_SYN;
    return null;
  }
  // An ACK for another sequence number: a stray of an older incarnation.
  if ((flags & TCPHDR_ACK) !== 0 && skb.cb4 !== ((req.sntIsn + 1) | 0)) {
    tn.reqSendReset = true;
    tn.reqDropReason = DROP.TCP_INVALID_ACK_SEQUENCE;
    return null;
  }
  // RFC 7323: an echo of something that we did not send.
  if (rx.sawTstamp && req.tstampOk && rx.rcvTsecr !== 0 && (flags & TCPHDR_ACK) !== 0) {
    const now = (tcpTimeStampMs(k.ktime) + req.tsOff) | 0;
    if (after(rx.rcvTsecr, now)) {
      netInc(tn, TcpExtTSEcrRejected);
      tn.reqDropReason = DROP.TCP_RFC7323_PAWS;
      return null;
    }
  }
  if (pawsReject || !tcpInWindow(skb.cb0, skb.cb1, req.rcvNxt, (req.rcvNxt + req.rcvWnd) | 0)) {
    if ((flags & TCPHDR_RST) === 0 && !tcpOowRateLimited(tn, k.jiffies, req.lastOowAckTime, TcpExtTCPACKSkippedSynRecv)) {
      req.lastOowAckTime = k.jiffies === 0 ? 1 : k.jiffies;
      tcpReqskSendAck(listener, skb, req);
    }
    if (pawsReject) netInc(tn, TcpExtPAWSEstab);
    tn.reqDropReason = pawsReject ? DROP.TCP_RFC7323_PAWS : DROP.TCP_OVERWINDOW;
    return null;
  }
  if (rx.sawTstamp && !after(skb.cb0, req.rcvNxt)) req.tsRecent = rx.rcvTsval;
  let f = flags;
  // A SYN cut off at the window's edge.
  if (skb.cb0 === req.rcvIsn) f &= ~TCPHDR_SYN;
  if ((f & (TCPHDR_RST | TCPHDR_SYN)) !== 0) {
    tcpInc(tn, TcpAttemptFails);
    tn.reqDropReason = (f & TCPHDR_RST) !== 0 ? DROP.TCP_RESET : DROP.TCP_INVALID_SYN;
    if ((f & TCPHDR_RST) === 0) tn.reqSendReset = true;
    else if (skb.cb0 !== req.rcvNxt) {
      // RFC 5961: only an exact RST counts.
      tn.reqDropReason = DROP.TCP_INVALID_SEQUENCE;
      tcpReqskSendAck(listener, skb, req);
      return null;
    }
    netInc(tn, TcpExtEmbryonicRsts);
    inetCskReqskQueueDrop(tn.hashinfo, req);
    return null;
  }
  if ((f & TCPHDR_ACK) === 0) return null;
  // TCP_DEFER_ACCEPT: a bare ACK does not wake the listener.
  if (req.numTimeout < listener.deferAccept && skb.cb1 === ((req.rcvIsn + 1) | 0)) {
    req.acked = true;
    netInc(tn, TcpExtTCPDeferAcceptDrop);
    return null;
  }
  if (skAcceptqIsFull(listener)) {
    netInc(tn, TcpExtListenOverflows);
    tn.reqDropReason = DROP.TCP_LISTEN_OVERFLOW;
    if (tn.abortOnOverflow !== 0) {
      tn.reqSendReset = true;
      inetCskReqskQueueDrop(tn.hashinfo, req);
      netInc(tn, TcpExtEmbryonicRsts);
    } else {
      // Forget the ACK; the SYN-ACK's timer asks for it again.
      req.acked = true;
    }
    return null;
  }
  return tcpCreateOpenreqChild(listener, req, skb, rx);
}

/** Makes the connection of a request (tcp_create_openreq_child, tcp_v4_syn_recv_sock), hashes it, and puts it on the accept queue. It is in SYN-RECEIVED. */
export function tcpCreateOpenreqChild(listener: TcpSock, req: TcpRequestSock, skb: Skb, rx: TcpOptionsReceived): TcpSock {
  const tn = req.tn;
  const k = req.net.kernel;
  const tp = tn.newSock(listener.homeAf, listener.prot);
  inheritOptions(listener, tp);
  listener.homeAf.cloneSock?.(tp, listener);
  tcpSetAf(tp, req.af);
  tp.state = TCP_SYN_RECV;
  tp.rcvSaddr = req.locAddr;
  tp.saddr = req.locAddr;
  tp.daddr = req.rmtAddr;
  if (tp.pinet6 !== null) {
    tp.v6RcvSaddr = req.v6LocAddr ?? inetMapped(req.locAddr);
    tp.v6Saddr = tp.v6RcvSaddr;
    tp.v6Daddr = req.v6RmtAddr ?? inetMapped(req.rmtAddr);
    tp.ipv6only = listener.ipv6only;
    inetSockUpdateVersions(tp);
  }
  tp.dport = req.rmtPort;
  tp.sport = req.num;
  tp.num = req.num;
  tp.mark = req.mark;
  if (req.fl !== null) {
    const fl = tp.fl;
    fl.saddr = tp.saddr;
    fl.daddr = tp.daddr;
    fl.saddr6 = req.v6LocAddr;
    fl.daddr6 = req.v6RmtAddr;
    // A link-local peer's interface (RFC 4007), or the VRF of the request (tcp_l3mdev_accept); others are bound as the listener is.
    if (tp.boundDevIf === 0) tp.boundDevIf = req.v6RmtAddr !== null && ipv6AddrIsLinklocal(req.v6RmtAddr) ? req.fl.oif : l3mdevMasterIfindexByIndex(tn.net, req.iif);
    fl.sport = tp.sport;
    fl.dport = tp.dport;
    fl.proto = 6;
    fl.oif = tp.boundDevIf;
    fl.mark = tp.mark;
    fl.tos = req.fl.tos;
  }
  tp.inetId = tn.rng.u32() & 0xffff;

  tp.rcvNxt = (req.rcvIsn + 1) | 0;
  tp.rcvWup = tp.rcvNxt;
  tp.copiedSeq = tp.rcvNxt;
  // The SYN and the ACK have come, and the SYN-ACK has arrived.
  tp.segsIn = 2;
  tp.delivered = 1;
  tp.sndUna = (req.sntIsn + 1) | 0;
  tp.sndNxt = tp.sndUna;
  tp.sndSml = tp.sndUna;
  tp.sndUp = tp.sndUna;
  tp.writeSeq = tp.sndUna;
  tp.pushedSeq = tp.sndUna;
  tp.sndWl1 = req.rcvIsn;
  tp.lsndtime = k.jiffies === 0 ? 1 : k.jiffies;
  tp.ackLrcvtime = k.jiffies;
  tp.rcvTstamp = k.jiffies;
  tp.totalRetrans = req.numRetrans;

  const o = tp.rxOpt;
  o.sackOk = req.sackOk;
  o.wscaleOk = req.wscaleOk;
  o.sndWscale = req.wscaleOk ? req.sndWscale : 0;
  o.rcvWscale = req.wscaleOk ? req.rcvWscale : 0;
  o.tstampOk = req.tstampOk;
  tp.windowClamp = req.wscaleOk ? req.windowClamp : Math.min(req.windowClamp, 65535);
  tp.rcvWnd = req.rcvWnd;
  tp.rcvSsthresh = req.rcvWnd;
  tp.sndWnd = tcphWindow(skb.view, skb.transportHeader) << o.sndWscale;
  tp.maxWindow = tp.sndWnd;
  if (req.tstampOk) {
    o.tsRecent = req.tsRecent;
    o.tsRecentStamp = Math.floor(k.ktime / 1e9) + 1;
    tp.tcpHeaderLen = 32;
  } else {
    tp.tcpHeaderLen = 20;
  }
  if (listener.extra !== null) {
    tcpMd5Inherit(listener, tp, req.rmtAddr, req.v6RmtAddr, req.iif);
    tp.tcpHeaderLen += tcpMd5Len(tp);
  }
  tp.tsoffset = req.tsOff;
  tp.mssClamp = req.mss;
  tp.ecnFlags = req.ecnOk ? TCP_ECN_OK : 0;
  tp.synackStamp = req.sntSynack;
  tp.synackRetrans = req.numTimeout;

  const dst = req.dst!;
  tp.dst = dst;
  tcpGsoLimits(tp, dst);
  tp.advmss = tn.advmss(listener, dst);
  tcpAssignCongestionControl(tp);
  tp.caOps = listener.caOps;
  tcpSyncMss(tp, dstMtu(dst));
  // What is found out counts from the next change of the MSS on (observed).
  tcpMtuProbeInit(tp);
  rcvMssInit(tp);
  if (rx.sawTstamp && req.tstampOk) {
    o.rcvTsval = rx.rcvTsval;
    tcpStoreTsRecent(o, k.ktime);
  }

  inetCskReqskQueueDrop(tn.hashinfo, req);
  inetInheritPort(tn.hashinfo, listener, tp);
  inetEhashInsert(tn.hashinfo, tp);
  tcpInc(tn, TcpPassiveOpens);
  if (sockFlag(tp, SOCK_KEEPOPEN)) tcpResetKeepaliveTimer(tp, keepaliveTimeWhen(tp));
  inetCskAcceptqAdd(listener, tp);
  return tp;
}

/** What a connection has from its listener (sk_clone_lock). */
function inheritOptions(from: TcpSock, tp: TcpSock): void {
  tp.flags = from.flags;
  // The port is the listener's: the connection gives it back when it ends.
  tp.userlocks = from.userlocks & ~SOCK_BINDPORT_LOCK;
  tp.rcvbuf = from.rcvbuf;
  tp.sndbuf = from.sndbuf;
  tp.filter = from.filter;
  tp.boundDevIf = from.boundDevIf;
  tp.priority = from.priority;
  tp.reuse = from.reuse;
  tp.reuseport = from.reuseport;
  tp.rcvlowat = from.rcvlowat;
  tp.rcvtimeo = from.rcvtimeo;
  tp.sndtimeo = from.sndtimeo;
  tp.lingertime = from.lingertime;
  tp.maxPacingRate = from.maxPacingRate;
  tp.uid = from.uid;
  tp.ucTtl = from.ucTtl;
  tp.minTtl = from.minTtl;
  tp.tos = from.tos;
  tp.pmtudisc = from.pmtudisc;
  tp.recverr = from.recverr;
  tp.freebind = from.freebind;
  tp.transparent = from.transparent;
  tp.cmsgFlags = from.cmsgFlags;
  tp.inetOpt = from.inetOpt;
  tp.nonagle = from.nonagle;
  tp.userMss = from.userMss;
  tp.keepaliveTime = from.keepaliveTime;
  tp.keepaliveIntvl = from.keepaliveIntvl;
  tp.keepaliveProbes = from.keepaliveProbes;
  tp.linger2 = from.linger2;
  tp.userTimeout = from.userTimeout;
  tp.notsentLowat = from.notsentLowat;
  tp.synRetries = from.synRetries;
  tp.recvmsgInq = from.recvmsgInq;
  tp.reordering = from.tn.reordering;
}
