/** Acknowledgments: what they free, what they measure, and what may be sent after them (RFC 9293 section 3.10.7.4, fifth check). */
import { DROP, type Skb } from '@linnet/skbuff';
import { after, before, TCP_CA_Open, TCP_SYN_SENT, TCPHDR_CWR, TCPHDR_ECE, TCPHDR_SYN, tcphWindow } from '@linnet/uapi';
import { ackDelivers, type AckNews, ackNewsBegin, ackRepeats, SEND_NEW, SEND_NOTHING } from './tcp-ack-news.ts';
import { ackSegments } from './tcp-acked.ts';
import { tcpSendChallengeAck } from './tcp-challenge.ts';
import { tcpUpdatePacingRate } from './tcp-cong.ts';
import {
  ICSK_TIME_PROBE0,
  SEG_ALL_CHECKS,
  SEG_DATA,
  SEG_NO_CHALLENGE,
  SEG_TAKE_TIMESTAMP,
  SEG_WINDOW_UPDATE,
  TCP_ECN_DEMAND_CWR,
  TCP_ECN_OK,
  TCP_ECN_SEEN,
  TCP_NAGLE_OFF,
} from './tcp-const.ts';
import { tcpFastPathCheck, tcpSndUnaUpdate } from './tcp-fast-path.ts';
import { FRTO_OFF } from './tcp-frto.ts';
import { TcpExtTCPDelivered, TcpExtTCPDeliveredCE, TcpExtTCPHPAcks, TcpExtTCPPureAcks } from './tcp-mib.ts';
import { tcpSyncMss } from './tcp-mss.ts';
import { tcpMtuProbeAcked } from './tcp-mtu-probe.ts';
import { netAdd, netInc } from './tcp-net.ts';
import { tcpPushPendingFrames, tcpSlowStartAfterIdleCheck } from './tcp-output.ts';
import { tcpReplaceTsRecent } from './tcp-paws.ts';
import { prrAck, prrActive } from './tcp-prr.ts';
import { rackAdaptReoWnd } from './tcp-rack.ts';
import type { RateSample } from './tcp-rate-sample.ts';
import { tcpRateBegin, tcpRateGen } from './tcp-rate.ts';
import { recoveryAck } from './tcp-recovery.ts';
import { tcpXmitRetransmitQueue } from './tcp-retransmit.ts';
import { sackUpdate } from './tcp-sack.ts';
import { sbHighSacked } from './tcp-scoreboard.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tlpArm, tlpAck } from './tcp-tlp.ts';
import { tcpWndEnd } from './tcp-window.ts';
import { tcpClearXmitTimer, tcpProbe0When, tcpRearmRto, tcpResetXmitTimer, tcpRtoMaxOf } from './tcp-xmit-timer.ts';

/** The peer says that it saw congestion (RFC 3168 section 6.1.2). */
function tcpEcnRcvEcnEcho(tp: TcpSock, flags: number): boolean {
  return (flags & (TCPHDR_ECE | TCPHDR_SYN)) === TCPHDR_ECE && (tp.ecnFlags & TCP_ECN_OK) !== 0;
}

/** Takes over the window of a segment unless it is older than the last one taken (RFC 9293 section 3.10.7.4). Returns SEG_WINDOW_UPDATE or 0. */
function tcpAckUpdateWindow(tp: TcpSock, skb: Skb, ack: number, ackSeq: number): number {
  const th = skb.transportHeader;
  let win = tcphWindow(skb.view, th);
  if ((skb.cb2 & TCPHDR_SYN) === 0) win <<= tp.rxOpt.sndWscale;
  let flag = 0;
  if (after(ack, tp.sndUna) || after(ackSeq, tp.sndWl1) || (ackSeq === tp.sndWl1 && (win > tp.sndWnd || win === 0))) {
    flag = SEG_WINDOW_UPDATE;
    tp.sndWl1 = ackSeq;
    if (tp.sndWnd !== win) {
      tp.sndWnd = win;
      tp.predFlags = 0;
      tcpFastPathCheck(tp);
      if (tp.writeQueue.head !== null) tcpSlowStartAfterIdleCheck(tp);
      if (win > tp.maxWindow) {
        tp.maxWindow = win;
        tcpSyncMss(tp, tp.pmtuCookie);
      }
    }
  }
  tcpSndUnaUpdate(tp, ack);
  return flag;
}

/** The state of zero-window probing after an ACK with nothing outstanding (tcp_ack_probe). */
function tcpAckProbe(tp: TcpSock): void {
  const head = tp.writeQueue.head;
  if (head === null) return;
  if (!after(head.cb1, tcpWndEnd(tp))) {
    tp.backoff = 0;
    tp.probesTstamp = 0;
    // The timer was a probe's: it has nothing to do now.
    if (tp.pending === ICSK_TIME_PROBE0) tcpClearXmitTimer(tp);
  } else {
    tcpResetXmitTimer(tp, ICSK_TIME_PROBE0, tcpProbe0When(tp, tcpRtoMaxOf(tp)));
  }
}

/** Sends what recovery decided on. */
function sendAfterAck(tp: TcpSock, news: AckNews): void {
  if (news.send === SEND_NOTHING || tp.state === TCP_SYN_SENT) return;
  if (news.send === SEND_NEW) {
    const next = tp.sndNxt;
    tcpPushPendingFramesNow(tp);
    if (tp.sndNxt !== next) return;
    // Nothing could be sent: F-RTO ends, and the conventional recovery goes on.
    tp.frto = FRTO_OFF;
  }
  tcpXmitRetransmitQueue(tp);
}

function tcpPushPendingFramesNow(tp: TcpSock): void {
  const nagle = tp.nonagle;
  tp.nonagle |= TCP_NAGLE_OFF;
  tcpPushPendingFrames(tp);
  tp.nonagle = nagle;
}

/** Is it more than plain progress, so that recovery must look at it? */
function remarkable(tp: TcpSock, news: AckNews): boolean {
  return tp.caState !== TCP_CA_Open || news.sackedSegs > 0 || news.ece || news.dsack || ackRepeats(news);
}

/** How many duplicates the ACK in `skb` stands for (RFC 5681 section 2): those that GRO merged count each. */
function duplicates(news: AckNews, skb: Skb): number {
  return news.advanced || news.dsack || !ackRepeats(news) ? 0 : Math.max(1, skb.gsoSegs);
}

/** Window and pacing after an ACK. */
function congestionControl(tp: TcpSock, ack: number, rs: RateSample, news: AckNews): void {
  const delivered = rs.acked;
  const full = tp.caOps!.congControl;
  if (full !== null) {
    full(tp, ack, delivered, rs);
    return;
  }
  if (prrActive(tp)) {
    prrAck(tp, delivered, news.advanced && rs.lost === 0);
  } else if (news.ackedData || (tp.reordering > tp.tn.reordering && ackDelivers(news))) {
    // Where much is reordered, SACKs are progress as good as any.
    tp.caOps!.congAvoid(tp, ack, delivered);
    tp.sndCwndStamp = tp.kernel.jiffies;
  }
  tcpUpdatePacingRate(tp);
}

/** Counts and reports what was delivered (tcp_newly_delivered). */
function tcpNewlyDelivered(tp: TcpSock, prior: number, ece: boolean): number {
  const delivered = (tp.delivered - prior) | 0;
  if (delivered > 0) {
    netAdd(tp.tn, TcpExtTCPDelivered, delivered);
    if (ece) netAdd(tp.tn, TcpExtTCPDeliveredCE, delivered);
  }
  return delivered;
}

/** Progress proves that the next hop is alive, so that it need not be probed (sk_dst_confirm; RFC 4861 section 7.3.1). Once a jiffy is enough. */
function tcpConfirmNeigh(tp: TcpSock): void {
  const { dst } = tp;
  const now = tp.kernel.jiffies;
  if (dst === null || tp.confirmStamp === now) return;
  tp.confirmStamp = now;
  tp.af.confirmNeigh(dst, tp.daddr, tp.v6Daddr);
}

/** An ACK from before SND.UNA: it is too old to be true, or was overtaken and may still bring SACKs (RFC 5961 section 5.2). 0, or a negative drop reason. */
function oldAck(tp: TcpSock, skb: Skb, news: AckNews): number {
  const una = tp.sndUna;
  const ack = skb.cb4;
  const most = Math.min(tp.maxWindow, tp.bytesAcked < 0x7fffffff ? tp.bytesAcked : 0x7fffffff);
  if (before(ack, (una - most) | 0)) {
    if ((news.seg & SEG_NO_CHALLENGE) === 0) tcpSendChallengeAck(tp);
    return -DROP.TCP_TOO_OLD_ACK;
  }
  if (tp.rxOpt.sackBlocks > 0) {
    const { delivered } = tp;
    news.ece = tcpEcnRcvEcnEcho(tp, skb.cb2);
    sackUpdate(tp, skb, una, news);
    recoveryAck(tp, una, 0, news);
    tcpNewlyDelivered(tp, delivered, news.ece);
    sendAfterAck(tp, news);
  }
  return 0;
}

/**
 * Processes the acknowledgment of a segment (tcp_ack); `seg`: SEG_*. Returns 1 when it was acceptable, 0 when it was old (its data may still count), and a negative drop
 * reason when the segment must be dropped: an ACK for something never sent, or far too old.
 */
export function tcpAck(tp: TcpSock, skb: Skb, seg: number): number {
  const news = tp.tk.ackNews;
  const { tn } = tp;
  const ack = skb.cb4;
  const ackSeq = skb.cb0;
  const priorUna = tp.sndUna;
  ackNewsBegin(news, seg);
  const rs = tp.tk.rate;
  tcpRateBegin(tp, rs);
  if (before(ack, priorUna)) return oldAck(tp, skb, news);
  if (after(ack, tp.sndNxt)) return -DROP.TCP_ACK_UNSENT_DATA;

  const priorDelivered = tp.delivered;
  const priorLost = tp.lost;
  const priorPacketsOut = tp.packetsOut;
  const highSacked = sbHighSacked(tp);
  if (after(ack, priorUna)) {
    news.advanced = true;
    tp.retransmits = 0;
  }
  if ((seg & SEG_TAKE_TIMESTAMP) !== 0) tcpReplaceTsRecent(tp, skb.cb0);

  if ((seg & SEG_ALL_CHECKS) === 0 && news.advanced) {
    // Header prediction: the window is the same and nothing unusual is in it.
    tp.sndWl1 = ackSeq;
    tcpSndUnaUpdate(tp, ack);
    news.seg |= SEG_WINDOW_UPDATE;
    netInc(tn, TcpExtTCPHPAcks);
  } else {
    if (ackSeq !== skb.cb1) news.seg |= SEG_DATA;
    else netInc(tn, TcpExtTCPPureAcks);
    news.seg |= tcpAckUpdateWindow(tp, skb, ack, ackSeq);
    news.ece = tcpEcnRcvEcnEcho(tp, skb.cb2);
    if (tp.rxOpt.sackBlocks > 0 && tp.rxOpt.sackOk) sackUpdate(tp, skb, priorUna, news);
  }

  tp.errSoft = 0;
  tp.probesOut = 0;
  tp.rcvTstamp = tp.kernel.jiffies;
  if (priorPacketsOut === 0) {
    // Nothing was outstanding: a keepalive's answer, or the window opens.
    if (news.dsack) recoveryAck(tp, priorUna, 0, news);
    tcpAckProbe(tp);
    if (tp.tlpEndSeq !== 0) tlpAck(tp, ack, news);
    return 1;
  }

  ackSegments(tp, news, highSacked);
  if (tp.extra !== null && tp.extra.probe !== null) tcpMtuProbeAcked(tp, tp.extra.probe);
  rackAdaptReoWnd(tp, news.dsack && !news.dsackOfProbe);
  if (tp.tlpEndSeq !== 0) tlpAck(tp, ack, news);
  if (remarkable(tp, news)) recoveryAck(tp, priorUna, duplicates(news, skb), news);

  if (ackDelivers(news) || ackRepeats(news)) tcpConfirmNeigh(tp);
  // A probe, or else the timeout, of what is outstanding now.
  if (news.restartTimer && !tlpArm(tp, true)) tcpRearmRto(tp);
  const delivered = tcpNewlyDelivered(tp, priorDelivered, news.ece);
  tcpRateGen(tp, rs, delivered, (tp.lost - priorLost) | 0);
  congestionControl(tp, ack, rs, news);
  sendAfterAck(tp, news);
  return 1;
}

/** ECN bits of arriving data (RFC 3168 section 6.1.3): CE asks for ECE until CWR comes. */
export function tcpEcnCheckCe(tp: TcpSock, skb: Skb): void {
  if ((tp.ecnFlags & TCP_ECN_OK) === 0) return;
  const f = tp.caOps!.ceArrived;
  if (f !== undefined) {
    if ((skb.cb10 & 3) !== 0) tp.ecnFlags |= TCP_ECN_SEEN;
    f(tp, (skb.cb10 & 3) === 3);
    return;
  }
  switch (skb.cb10 & 3) {
    case 0:
      // A retransmission, or a router that cleared the bits: answer at once for a while.
      if ((tp.ecnFlags & TCP_ECN_SEEN) !== 0) tp.ackQuick = Math.max(tp.ackQuick, 2);
      break;
    case 3:
      if ((tp.ecnFlags & TCP_ECN_DEMAND_CWR) === 0) {
        tp.ackQuick = Math.max(tp.ackQuick, 2);
        tp.ecnFlags |= TCP_ECN_DEMAND_CWR;
      }
      tp.ecnFlags |= TCP_ECN_SEEN;
      break;
    default:
      tp.ecnFlags |= TCP_ECN_SEEN;
  }
}

/** The peer reduced its window: the echo ends. */
export function tcpEcnAcceptCwr(tp: TcpSock, skb: Skb): void {
  if ((skb.cb2 & TCPHDR_CWR) !== 0 && tp.caOps!.ceArrived === undefined) {
    tp.ecnFlags &= ~TCP_ECN_DEMAND_CWR;
    // Show at once that it was seen.
    if (skb.cb0 !== skb.cb1) tp.ackPending |= 16;
  }
}
