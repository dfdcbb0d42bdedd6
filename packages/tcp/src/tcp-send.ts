/** Segments without payload: ACK, FIN, RST, SYN of an active open, window probes (RFC 9293 sections 3.5, 3.6, 3.8.6.1). */
import { ECONNREFUSED, modTimer, timerPending } from '@linnet/kernel';
import { allocSkb, type Skb, skbReserve } from '@linnet/skbuff';
import { dstAdvmss, dstMtu } from '@linnet/netdev';
import {
  before,
  INET_ECN_ECT_0,
  TCP_CLOSE,
  TCPHDR_ACK,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
} from '@linnet/uapi';
import { tcbInit } from './tcp-cb.ts';
import { tfoDeferConnect, tfoSendSyn } from './tcp-fastopen-client.ts';
import { tcpMstampRefresh, tcpTimeStampMs } from './tcp-clock.ts';
import {
  ICSK_ACK_PUSHED,
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
  ICSK_TIME_PROBE0,
  ICSK_TIME_RETRANS,
  MAX_TCP_HEADER,
  TCP_DELACK_MAX,
  TCP_DELACK_MIN,
  TCP_ECN_OK,
  TCP_NAGLE_OFF,
  TCP_PINGPONG_THRESH,
  TCP_RESOURCE_PROBE_INTERVAL,
  TCP_TIMEOUT_INIT,
} from './tcp-const.ts';
import { tcpChargeQueued, tcpStreamAllocSkb, tsoFragment, tcpSetSkbTsoSegs } from './tcp-fragment.ts';
import { TcpActiveOpens, TcpExtTCPKeepAlive, TcpExtTCPWinProbe, TcpOutRsts } from './tcp-mib.ts';
import { tcpCurrentMss, tcpSyncMss } from './tcp-mss.ts';
import { tcpMd5Len } from './tcp-md5.ts';
import { tcpMtuProbeInit } from './tcp-mtu-probe.ts';
import { netInc, tcpInc } from './tcp-net.ts';
import { tcpEventNewDataSent, tcpPushPendingFramesNagle, tcpTransmitSkb } from './tcp-output.ts';
import { tcpAddWriteQueueTail, tcpMoveToRtxQueue, tcpSendHead } from './tcp-rtx-queue.ts';
import { sentRingPush } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { rcvMssInit } from './tcp-rcv-mss.ts';
import { tcpFullSpace, tcpInitialClamp, tcpSelectInitialWindow, tcpWndEnd } from './tcp-window.ts';
import { tcpProbe0When, tcpResetXmitTimer, tcpRtoMaxOf } from './tcp-xmit-timer.ts';

/** The sequence number of a segment without data: SND.NXT, or the window's edge when that lies before it (tcp_acceptable_seq). */
export function tcpAcceptableSeq(tp: TcpSock): number {
  const end = tcpWndEnd(tp);
  if (!before(end, tp.sndNxt)) return tp.sndNxt;
  // A scaled window is rounded: being beyond it by less than a unit is no fault.
  if (tp.rxOpt.wscaleOk && ((tp.sndNxt - end) | 0) < 1 << tp.rxOpt.rcvWscale) return tp.sndNxt;
  return end;
}

/** An empty segment with the given flags. SYN and FIN take a sequence number. */
function controlSkb(tp: TcpSock, seq: number, flags: number): Skb {
  const skb = allocSkb(tp.pool, MAX_TCP_HEADER);
  skbReserve(skb, MAX_TCP_HEADER);
  tcbInit(skb, seq, (flags & (TCPHDR_SYN | TCPHDR_FIN)) !== 0 ? (seq + 1) | 0 : seq, flags);
  skb.cb6 = 1;
  return skb;
}

/** Sends a bare ACK now (tcp_send_ack). */
export function tcpSendAck(tp: TcpSock): void {
  tcpSendAckNxt(tp, tp.rcvNxt);
}

function tcpSendAckNxt(tp: TcpSock, rcvNxt: number): void {
  if (tp.state === TCP_CLOSE) return;
  tcpTransmitSkb(tp, controlSkb(tp, tcpAcceptableSeq(tp), TCPHDR_ACK), false, rcvNxt);
}

/** Lets an ACK wait for data to ride on, or for a second segment (RFC 1122 section 4.2.3.2, tcp_send_delayed_ack). */
export function tcpSendDelayedAck(tp: TcpSock): void {
  const now = tp.kernel.jiffies;
  let ato = tp.ackAto;
  if (ato > TCP_DELACK_MIN) {
    let max = 500;
    if (tp.ackPingpong >= TCP_PINGPONG_THRESH || (tp.ackPending & ICSK_ACK_PUSHED) !== 0) max = TCP_DELACK_MAX;
    // Not longer than a round trip: the sender would be idle.
    if (tp.srttUs > 0) {
      const rtt = Math.max(Math.ceil((tp.srttUs >> 3) / 1000), TCP_DELACK_MIN);
      if (rtt < max) max = rtt;
    }
    if (ato > max) ato = max;
  }
  if (ato > TCP_DELACK_MAX) ato = TCP_DELACK_MAX;
  let at = (now + ato) | 0;
  if ((tp.ackPending & ICSK_ACK_TIMER) !== 0) {
    // The timer was set for an earlier segment and is about to fire anyway.
    if (((tp.ackTimeout - now - (ato >> 2)) | 0) <= 0) {
      tcpSendAck(tp);
      return;
    }
    if (((at - tp.ackTimeout) | 0) >= 0) at = tp.ackTimeout;
  }
  tp.ackPending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
  tcpArmDelack(tp, at);
}

/** Sets the delayed-ACK timer for a jiffy; a timer that fires earlier sleeps on. */
export function tcpArmDelack(tp: TcpSock, at: number): void {
  tp.ackTimeout = at;
  const t = tp.delackTimer;
  if (!timerPending(t) || ((at - t.expires) | 0) < 0) modTimer(tp.kernel, t, at);
}

/** Ends our half of the stream: FIN behind the last byte (tcp_send_fin). */
export function tcpSendFin(tp: TcpSock): void {
  const tail = tp.writeQueue.tail;
  if (tail !== null) {
    tail.cb2 |= TCPHDR_FIN;
    tail.cb1 = (tail.cb1 + 1) | 0;
    tp.writeSeq = (tp.writeSeq + 1) | 0;
  } else {
    const skb = tcpStreamAllocSkb(tp, true)!;
    tcbInit(skb, tp.writeSeq, (tp.writeSeq + 1) | 0, TCPHDR_ACK | TCPHDR_FIN);
    skb.cb6 = 1;
    tp.writeSeq = skb.cb1;
    tcpChargeQueued(tp, skb);
    tcpAddWriteQueueTail(tp, skb);
  }
  tcpPushPendingFramesNagle(tp, tcpCurrentMss(tp), TCP_NAGLE_OFF);
}

/** Resets the connection from our side (tcp_send_active_reset). */
export function tcpSendActiveReset(tp: TcpSock): void {
  tcpInc(tp.tn, TcpOutRsts);
  tcpMstampRefresh(tp);
  tcpTransmitSkb(tp, controlSkb(tp, tcpAcceptableSeq(tp), TCPHDR_ACK | TCPHDR_RST), false, tp.rcvNxt);
}

/** Answers the SYN of a simultaneous open (RFC 9293 section 3.5, figure 7; tcp_send_synack). */
export function tcpSendSynack(tp: TcpSock): void {
  const skb = tp.rtxQueue.head;
  if (skb === null || (skb.cb2 & TCPHDR_SYN) === 0) return;
  skb.cb2 |= TCPHDR_ACK;
  if (tp.tfo !== null) tp.tfo.cookie = null;
  if ((tp.ecnFlags & TCP_ECN_OK) !== 0) skb.cb2 = (skb.cb2 & ~TCPHDR_CWR) | TCPHDR_ECE;
  else skb.cb2 &= ~(TCPHDR_CWR | TCPHDR_ECE);
  // It offers what our SYN did, whatever the peer's said (observed).
  tcpTransmitSkb(tp, skb, true, tp.rcvNxt);
}

/** What an active open begins with (tcp_connect_init). The route is known. */
export function tcpConnectInit(tp: TcpSock): void {
  const tn = tp.tn;
  const rx = tp.rxOpt;
  const dst = tp.dst!;
  const sig = tp.extra === null ? 0 : tcpMd5Len(tp);
  // Signature and timestamp together leave no room for SACK blocks, which are worth more.
  tp.synTs = tn.timestamps !== 0 && sig === 0;
  tp.tcpHeaderLen = 20 + (tp.synTs ? 12 : 0) + sig;
  rx.userMss = tp.userMss;
  if (tp.userMss > 0) tp.mssClamp = tp.userMss;
  tp.maxWindow = 0;
  tcpMtuProbeInit(tp);
  tcpSyncMss(tp, dstMtu(dst));
  let advmss = dstAdvmss(dst);
  if (tp.userMss > 0 && tp.userMss < advmss) advmss = tp.userMss;
  tp.advmss = advmss;
  const iw = tp.tk.initialWindow;
  const reuse = rx.tsRecentStamp !== 0 ? tp.tcpHeaderLen - 20 : 0;
  tcpSelectInitialWindow(tn, iw, tcpFullSpace(tp), advmss - reuse, tcpInitialClamp(tp), tn.windowScaling !== 0);
  // Nothing has come yet: the least.
  rcvMssInit(tp);
  tp.rcvWnd = iw.rcvWnd;
  tp.windowClamp = iw.windowClamp;
  rx.rcvWscale = iw.rcvWscale;
  tp.rcvSsthresh = iw.rcvWnd;
  tp.synSack = tn.sack !== 0;
  tp.synWscale = tn.windowScaling !== 0 ? iw.rcvWscale : -1;
  tp.err = 0;
  tp.flags &= ~2;
  tp.sndWnd = 0;
  tp.sndWl1 = 0;
  tp.sndUna = tp.writeSeq;
  tp.sndSml = tp.writeSeq;
  tp.sndUp = tp.writeSeq;
  tp.sndNxt = tp.writeSeq;
  tp.rcvNxt = 0;
  tp.rcvTstamp = tp.kernel.jiffies;
  tp.rcvWup = 0;
  tp.copiedSeq = 0;
  tp.rto = TCP_TIMEOUT_INIT;
  tp.retransmits = 0;
  tp.predFlags = 0;
}

/** Sends the SYN of an active open (tcp_connect). The socket is in SYN-SENT, with route, addresses and initial sequence number. 0 or a negative errno. */
export function tcpConnect(tp: TcpSock): number {
  tcpConnectInit(tp);
  if (tfoDeferConnect(tp)) return 0;
  const skb = tcpStreamAllocSkb(tp, true)!;
  let flags = TCPHDR_SYN;
  tp.ecnFlags = 0;
  const needed = tp.caOps!.requiresEcn === true;
  if (tp.tn.ecn === 1 || needed) {
    flags |= TCPHDR_ECE | TCPHDR_CWR;
    tp.ecnFlags = TCP_ECN_OK;
    // Where DCTCP runs, queues drop what is not ECN-capable (RFC 8257 section 3.5).
    if (needed) tp.tos |= INET_ECN_ECT_0;
  }
  tcbInit(skb, tp.writeSeq, (tp.writeSeq + 1) | 0, flags);
  skb.cb6 = 1;
  tp.writeSeq = skb.cb1;
  tcpMstampRefresh(tp);
  const stamp = tcpTimeStampMs(tp.kernel.ktime);
  tp.rexmitTs = stamp === 0 ? 1 : stamp;
  tcpChargeQueued(tp, skb);
  tcpAddWriteQueueTail(tp, skb);
  tcpMoveToRtxQueue(tp, skb);
  sentRingPush(tp.sentRing, skb);
  tp.packetsOut += 1;
  const err = tp.tfo !== null && tp.tfo.wanted ? tfoSendSyn(tp, tp.tfo, skb) : tcpTransmitSkb(tp, skb, true, 0);
  // A firewall rule of this host refuses it.
  if (err === -ECONNREFUSED) return err;
  tp.sndNxt = tp.writeSeq;
  tp.pushedSeq = tp.writeSeq;
  tcpInc(tp.tn, TcpActiveOpens);
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tp.rto);
  return 0;
}

/** A segment that provokes an ACK: an old sequence number, no data (tcp_xmit_probe_skb). `urgent` probes at SND.UNA itself. */
function tcpXmitProbeSkb(tp: TcpSock, urgent: boolean, mib: number): number {
  netInc(tp.tn, mib);
  return tcpTransmitSkb(tp, controlSkb(tp, urgent ? tp.sndUna : (tp.sndUna - 1) | 0, TCPHDR_ACK), false, tp.rcvNxt);
}

/** Asks the peer where it stands, and believes any window that it names then (TCP_REPAIR). */
export function tcpAskWindow(tp: TcpSock): void {
  tp.sndWl1 = (tp.rcvNxt - 1) | 0;
  tcpXmitProbeSkb(tp, false, TcpExtTCPWinProbe);
}

/** Makes the peer speak: data into the open part of the window, or else an empty probe (tcp_write_wakeup). `mib` counts the probe. 0, 1 or a negative errno. */
export function tcpWriteWakeup(tp: TcpSock, mib: number): number {
  if (tp.state === TCP_CLOSE) return -1;
  const skb = tcpSendHead(tp);
  if (skb !== null && before(skb.cb0, tcpWndEnd(tp))) {
    const mss = tcpCurrentMss(tp);
    let size = (tcpWndEnd(tp) - skb.cb0) | 0;
    if (before(tp.pushedSeq, skb.cb1)) tp.pushedSeq = skb.cb1;
    // A window smaller than a segment: silly window avoidance ends here, the peer waits for this.
    if (size < ((skb.cb1 - skb.cb0) | 0) || skb.len > mss) {
      size = Math.min(size, mss);
      skb.cb2 |= TCPHDR_PSH;
      if (size < skb.len && tsoFragment(tp, skb, size, mss) !== 0) return -1;
    } else if (skb.cb6 === 0) {
      tcpSetSkbTsoSegs(skb, mss);
    }
    skb.cb2 |= TCPHDR_PSH;
    const err = tcpTransmitSkb(tp, skb, true, tp.rcvNxt);
    if (err === 0) tcpEventNewDataSent(tp, skb);
    return err;
  }
  if (tp.urgMode && ((tp.sndUp - tp.sndUna - 1) >>> 0) < 0xffff) tcpXmitProbeSkb(tp, true, mib);
  return tcpXmitProbeSkb(tp, false, mib);
}

/** Probes a closed window, and sets the timer for the next time (RFC 9293 section 3.8.6.1, tcp_send_probe0). */
export function tcpSendProbe0(tp: TcpSock): void {
  const err = tcpWriteWakeup(tp, TcpExtTCPWinProbe);
  if (tp.packetsOut > 0 || tp.writeQueue.head === null) {
    tp.probesOut = 0;
    tp.backoff = 0;
    tp.probesTstamp = 0;
    return;
  }
  tp.probesOut++;
  let when: number;
  if (err <= 0) {
    if (tp.backoff < tp.tn.retries2) tp.backoff++;
    when = tcpProbe0When(tp, tcpRtoMaxOf(tp));
  } else {
    // Dropped on our own side: try again soon, without backing off.
    when = TCP_RESOURCE_PROBE_INTERVAL;
  }
  tcpResetXmitTimer(tp, ICSK_TIME_PROBE0, tcpClampProbe0ToUserTimeout(tp, when));
}

/** A probe that would come after TCP_USER_TIMEOUT comes when that ends. */
function tcpClampProbe0ToUserTimeout(tp: TcpSock, when: number): number {
  if (tp.userTimeout === 0 || tp.probesTstamp === 0) return when;
  const left = tp.userTimeout - ((tp.kernel.jiffies - tp.probesTstamp) | 0);
  return Math.min(Math.max(left, 2), when);
}

/** Sends a keepalive probe. 0 or a negative errno. */
export function tcpSendKeepalive(tp: TcpSock): number {
  return tcpWriteWakeup(tp, TcpExtTCPKeepAlive);
}
