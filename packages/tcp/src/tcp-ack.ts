/** Acknowledgments: what they free, what they measure, and what may be sent after them (RFC 9293 section 3.10.7.4, fifth check). */
import { sockTxAcked } from '@linnet/socket';
import { DROP, type Skb } from '@linnet/skbuff';
import {
  after,
  before,
  TCP_CA_CWR,
  TCP_CA_Open,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_SYN,
  tcphWindow,
} from '@linnet/uapi';
import { TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './tcp-cb.ts';
import { tcpTimeStampMs } from './tcp-clock.ts';
import {
  tcpCwndReduction,
  tcpEndCwndReduction,
  tcpInCwndReduction,
  tcpInitCwndReduction,
  tcpSetCaState,
  tcpTryKeepOpen,
  tcpUpdatePacingRate,
} from './tcp-cong.ts';
import {
  ACK_MAYBE_DELAYED,
  ACKED_ANYTHING,
  CONGESTION_NEWS,
  SEG_DATA,
  ACKED_DATA,
  SACKED_NEW,
  DSACK_OF_PROBE,
  SEG_DSACK,
  SEG_ECE,
  DELIVERED_ANYTHING,
  SEG_NO_CHALLENGE,
  NO_DUPLICATE_ACK,
  DELIVERED_ORIGINAL,
  ACKED_RETRANSMITTED,
  PEER_RENEGED,
  TIMER_MAY_RESTART,
  SEG_ALL_CHECKS,
  UNA_ADVANCED,
  ACKED_SYN,
  SEG_TAKE_TIMESTAMP,
  SEG_WINDOW_UPDATE,
  ICSK_TIME_PROBE0,
  REXMIT_LOST,
  REXMIT_NONE,
  TCP_ECN_DEMAND_CWR,
  TCP_ECN_OK,
  TCP_ECN_SEEN,
  TCP_NAGLE_OFF,
} from './tcp-const.ts';
import { tcpTrimHead } from './tcp-fragment.ts';
import { tcpFastretransAlert } from './tcp-loss.ts';
import {
  TcpExtTCPDelivered,
  TcpExtTCPDeliveredCE,
  TcpExtTCPHPAcks,
  TcpExtTCPLossProbeRecovery,
  TcpExtTCPPureAcks,
} from './tcp-mib.ts';
import { tcpSyncMss } from './tcp-mss.ts';
import { tcpMtuProbeAcked } from './tcp-mtu-probe.ts';
import { netAdd, netInc } from './tcp-net.ts';
import { tcpPushPendingFrames, tcpSlowStartAfterIdleCheck } from './tcp-output.ts';
import { tcpRackAdvance, tcpRackUpdateReoWnd } from './tcp-recovery.ts';
import { tcpXmitRetransmitQueue } from './tcp-retransmit.ts';
import type { RateSample } from './tcp-rate-sample.ts';
import { tcpRateBegin, tcpRateGen, tcpRateSkbDelivered } from './tcp-rate.ts';
import { tcpRtxQueueUnlinkAndFree } from './tcp-rtx-queue.ts';
import { tcpRttEstimator, tcpSetRto, tcpUpdateRttMin } from './tcp-rtt.ts';
import { tcpCheckSackReordering, tcpCountDelivered, tcpHighestSackSeq, tcpRemoveRenoSacks, tcpSacktagWriteQueue } from './tcp-sack.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWndEnd } from './tcp-window.ts';
import { tcpClearXmitTimer, tcpProbe0When, tcpResetXmitTimer, tcpSetXmitTimer, tcpRtoMaxOf } from './tcp-xmit-timer.ts';
import { tcpReplaceTsRecent } from './tcp-paws.ts';
import { tcpSndUnaUpdate, tcpFastPathCheck } from './tcp-fast-path.ts';
import { tcpSendChallengeAck } from './tcp-challenge.ts';
import type { AckState } from './tcp-ack-state.ts';

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

/** Round trips from what an ACK covered (RFC 6298 section 3 with Karn's rule, tcp_ack_update_rtt). -1: no sample. Returns whether there was one. */
function tcpAckUpdateRtt(tp: TcpSock, flag: number, seqRtt: number, sackRtt: number, caRtt: number): number {
  if (seqRtt < 0) seqRtt = sackRtt;
  if (seqRtt < 0 && tp.rxOpt.sawTstamp && tp.rxOpt.rcvTsecr !== 0 && (flag & ACKED_ANYTHING) !== 0) {
    // Retransmitted data: the echoed timestamp still says which copy it was (RFC 7323 section 4).
    const delta = (tcpTimeStampMs(tp.kernel.ktime) + tp.tsoffset - tp.rxOpt.rcvTsecr) | 0;
    if (delta >= 0 && delta < 0x1fffff) {
      seqRtt = (delta > 0 ? delta : 1) * 1000;
      caRtt = seqRtt;
    }
  }
  if (seqRtt < 0) return -1;
  // A delayed ACK is no measure of the path.
  if ((flag & ACK_MAYBE_DELAYED) === 0 || tp.minRtt0 < 0 || caRtt <= tp.minRtt0) tcpUpdateRttMin(tp, caRtt);
  tcpRttEstimator(tp, seqRtt);
  tcpSetRto(tp);
  tp.backoff = 0;
  return caRtt;
}

/** Frees what the ACK covers and measures (tcp_clean_rtx_queue). */
function tcpCleanRtxQueue(tp: TcpSock, st: AckState, priorFack: number, ece: boolean): void {
  const una = tp.sndUna;
  const now = tp.mstamp;
  let flag = 0;
  let pktsAcked = 0;
  let reord = tp.sndNxt;
  let hasAckt = false;
  let firstAckt = 0;
  let lastAckt = 0;
  let lastInFlight = 0;
  const wasSacked = tp.sackedOut;
  let rtxGone = false;
  for (let skb = tp.rtxQueue.head; skb !== null; skb = tp.rtxQueue.head) {
    const startSeq = skb.cb0;
    const sacked = skb.cb3;
    let fully = true;
    let segs: number;
    if (after(skb.cb1, una)) {
      if (skb.cb6 === 1 || !after(una, startSeq)) break;
      // Part of a super-segment: cut off what is done.
      const before = skb.cb6;
      const gso = skb.cb7;
      tcpTrimHead(tp, skb, (una - startSeq) | 0, gso > 0 ? gso : tp.mssCache);
      segs = before - skb.cb6;
      fully = false;
      if (segs === 0) break;
    } else {
      segs = skb.cb6;
    }
    if ((sacked & TCPCB_RETRANS) !== 0) {
      if ((sacked & TCPCB_SACKED_RETRANS) !== 0) tp.retransOut -= segs;
      flag |= ACKED_RETRANSMITTED;
    } else if ((sacked & TCPCB_SACKED_ACKED) === 0) {
      lastAckt = skb.cb5;
      if (!hasAckt) {
        hasAckt = true;
        firstAckt = lastAckt;
      }
      lastInFlight = tp.packetsOut;
      if (before(startSeq, reord)) reord = startSeq;
      if (!after(skb.cb1, tp.highSeq)) flag |= DELIVERED_ORIGINAL;
    }
    if ((sacked & TCPCB_SACKED_ACKED) !== 0) {
      tp.sackedOut -= segs;
    } else if (tp.rxOpt.sackOk) {
      tcpCountDelivered(tp, segs, ece);
      if (!spuriousRetrans(tp, skb, sacked)) tcpRackAdvance(tp, sacked, skb);
    }
    if ((sacked & TCPCB_LOST) !== 0) tp.lostOut -= segs;
    tp.packetsOut -= segs;
    pktsAcked += segs;
    tcpRateSkbDelivered(tp, skb);
    if ((skb.cb2 & TCPHDR_SYN) === 0) {
      flag |= ACKED_DATA;
    } else {
      flag |= ACKED_SYN;
      tp.retransStamp = 0;
    }
    if (!fully) break;
    if (skb.ext !== null) sockTxAcked(skb);
    tcpRtxQueueUnlinkAndFree(tp, skb);
    rtxGone = true;
  }
  const head = tp.rtxQueue.head;
  if (head !== null && (head.cb3 & TCPCB_SACKED_ACKED) !== 0) flag |= PEER_RENEGED;
  if (head === null && rtxGone) tp.sackHint = null;

  let seqRtt = -1;
  let caRtt = -1;
  let sackRtt = -1;
  if (hasAckt && (flag & ACKED_RETRANSMITTED) === 0) {
    seqRtt = (now - firstAckt) | 0;
    caRtt = (now - lastAckt) | 0;
    // One segment alone in flight is answered by a delayed ACK.
    if (pktsAcked === 1 && lastInFlight === 1 && tp.srttUs > 0 && tp.writeQueue.head === null && (st.flag & SEG_DATA) === 0) flag |= ACK_MAYBE_DELAYED;
  }
  if (st.hasSackt) {
    sackRtt = (now - st.firstSackt) | 0;
    caRtt = (now - st.lastSackt) | 0;
  }
  st.flag |= flag;
  const rtt = tcpAckUpdateRtt(tp, st.flag, seqRtt, sackRtt, caRtt);
  tp.tk.rate.rtt = rtt;
  if ((flag & ACKED_ANYTHING) !== 0) {
    st.flag |= TIMER_MAY_RESTART;
    if (!tp.rxOpt.sackOk) {
      tcpRemoveRenoSacks(tp, pktsAcked, ece);
      // What was sent again may have filled the hole: no proof that the originals arrived in time (RFC 5682 section 2.1).
      if ((flag & ACKED_RETRANSMITTED) !== 0) st.flag &= ~DELIVERED_ORIGINAL;
      // Nothing outstanding was SACKed: what remains must have been reordered or lost.
    } else if (before(reord, priorFack) && wasSacked > 0) {
      // Something below the highest SACK came late.
      tcpCheckSackReorderingAt(tp, reord, priorFack);
    }
  } else if (head !== null && rtt >= 0 && sackRtt >= 0 && sackRtt > ((now - head.cb5) | 0)) {
    // Not when the SACK is for data sent after the head left last: that says nothing about the head.
    st.flag |= TIMER_MAY_RESTART;
  }
  const f = tp.caOps!.pktsAcked;
  if (f !== null && pktsAcked > 0 && tp.caInitialized) f(tp, pktsAcked, rtt >= 0 ? caRtt : -1);
}

/** Reordering seen by a cumulative ACK: the highest SACK before it counts. */
function tcpCheckSackReorderingAt(tp: TcpSock, low: number, priorFack: number): void {
  if (tp.sackedOut > 0) {
    tcpCheckSackReordering(tp, low);
    return;
  }
  // All that was SACKed is acknowledged now; look at where it had been.
  const metric = (priorFack - low) | 0;
  if (metric > tp.reordering * tp.mssCache) {
    tp.reordering = Math.min(Math.ceil(metric / tp.mssCache), tp.tn.maxReordering);
  }
  tp.reordSeen++;
}

/** Did the original arrive, so that the retransmission was needless? (tcp_skb_spurious_retrans) */
function spuriousRetrans(tp: TcpSock, skb: Skb, sacked: number): boolean {
  const rx = tp.rxOpt;
  if ((sacked & TCPCB_RETRANS) === 0 || !rx.sawTstamp || rx.rcvTsecr === 0) return false;
  // The echoed clock is coarser: compare in its unit, both ends rounded down.
  const sentAgo = (tp.mstamp - skb.cb5) | 0;
  const sentMs = tcpTimeStampMs(tp.kernel.ktime - sentAgo * 1000);
  return ((rx.rcvTsecr - tp.tsoffset - sentMs) | 0) < 0;
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

/** What a tail loss probe brought (RFC 8985 section 7.4, tcp_process_tlp_ack). */
function tcpProcessTlpAck(tp: TcpSock, ack: number, flag: number): void {
  if (before(ack, tp.tlpHighSeq)) return;
  if (!tp.tlpRetrans) {
    tp.tlpHighSeq = 0;
  } else if ((flag & DSACK_OF_PROBE) !== 0) {
    // Both copies arrived: nothing was lost.
    tp.tlpHighSeq = 0;
  } else if (after(ack, tp.tlpHighSeq)) {
    // Data above is acknowledged without a DSACK: the probe repaired a loss, which is congestion.
    tcpInitCwndReduction(tp);
    tcpSetCaState(tp, TCP_CA_CWR);
    tcpEndCwndReduction(tp);
    tcpTryKeepOpen(tp);
    netInc(tp.tn, TcpExtTCPLossProbeRecovery);
  } else if ((flag & (NO_DUPLICATE_ACK | SACKED_NEW)) === 0) {
    // A pure duplicate: the answer to the probe where the original had arrived.
    tp.tlpHighSeq = 0;
  }
}

/** Sends what the ACK made room for. */
function tcpSendAfterAck(tp: TcpSock, rexmit: number): void {
  if (rexmit === REXMIT_NONE || tp.state === 2) return;
  if (rexmit !== REXMIT_LOST) {
    tcpPushPendingFramesNow(tp);
    // F-RTO found nothing it may send: back to retransmissions.
    if (after(tp.sndNxt, tp.highSeq)) return;
    tp.frto = false;
  }
  tcpXmitRetransmitQueue(tp);
}

function tcpPushPendingFramesNow(tp: TcpSock): void {
  const nagle = tp.nonagle;
  tp.nonagle |= TCP_NAGLE_OFF;
  tcpPushPendingFrames(tp);
  tp.nonagle = nagle;
}

/** Is the ACK suspicious, so that the state machine must look at it? */
function tcpAckIsDubious(tp: TcpSock, flag: number): boolean {
  return (flag & NO_DUPLICATE_ACK) === 0 || (flag & CONGESTION_NEWS) !== 0 || tp.caState !== TCP_CA_Open;
}

/** May the window grow with this ACK? (tcp_may_raise_cwnd) With much reordering known, any progress counts. */
function tcpMayRaiseCwnd(tp: TcpSock, flag: number): boolean {
  if (tp.reordering > tp.tn.reordering) return (flag & DELIVERED_ANYTHING) !== 0;
  return (flag & ACKED_DATA) !== 0;
}

/** Window, pacing, rate after an ACK (tcp_cong_control). */
function tcpCongControl(tp: TcpSock, ack: number, rs: RateSample, flag: number): void {
  const delivered = rs.acked;
  const full = tp.caOps!.congControl;
  if (full !== null) {
    full(tp, ack, delivered, flag, rs);
    return;
  }
  if (tcpInCwndReduction(tp)) {
    tcpCwndReduction(tp, delivered, rs.lost, flag);
  } else if (tcpMayRaiseCwnd(tp, flag)) {
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

/**
 * Processes the acknowledgment of a segment (tcp_ack). Returns 1 when it was acceptable, 0 when it was old (its data may still count), and a negative drop
 * reason when the segment must be dropped: an ACK for something never sent, or far too old.
 */
export function tcpAck(tp: TcpSock, skb: Skb, flag: number): number {
  const st = tp.tk.ackState;
  const ack = skb.cb4;
  const ackSeq = skb.cb0;
  const priorUna = tp.sndUna;
  const tn = tp.tn;
  st.flag = flag;
  st.rexmit = REXMIT_NONE;
  st.hasSackt = false;
  const priorDelivered = tp.delivered;
  const priorLost = tp.lost;
  const rs = tp.tk.rate;
  tcpRateBegin(tp, rs);

  if (before(ack, priorUna)) {
    // RFC 5961 section 5.2: far below what was ever outstanding.
    const maxWindow = Math.min(tp.maxWindow, tp.bytesAcked < 0x7fffffff ? tp.bytesAcked : 0x7fffffff);
    if (before(ack, (priorUna - maxWindow) | 0)) {
      if ((flag & SEG_NO_CHALLENGE) === 0) tcpSendChallengeAck(tp);
      return -DROP.TCP_TOO_OLD_ACK;
    }
    // An old ACK may still carry news of SACKs.
    if (tp.rxOpt.sackBlocks > 0) {
      if ((skb.cb2 & TCPHDR_ECE) !== 0 && tcpEcnRcvEcnEcho(tp, skb.cb2)) st.flag |= SEG_ECE;
      tcpSacktagWriteQueue(tp, skb, priorUna, st);
      tcpFastretransAlert(tp, priorUna, 0, st);
      tcpNewlyDelivered(tp, priorDelivered, (st.flag & SEG_ECE) !== 0);
      tcpSendAfterAck(tp, st.rexmit);
    }
    return 0;
  }
  if (after(ack, tp.sndNxt)) return -DROP.TCP_ACK_UNSENT_DATA;

  if (after(ack, priorUna)) {
    st.flag |= UNA_ADVANCED;
    tp.retransmits = 0;
  }
  const priorFack = tcpHighestSackSeq(tp);
  const priorPacketsOut = tp.packetsOut;
  if ((st.flag & SEG_TAKE_TIMESTAMP) !== 0) tcpReplaceTsRecent(tp, skb.cb0);

  if ((st.flag & (SEG_ALL_CHECKS | UNA_ADVANCED)) === UNA_ADVANCED) {
    // Header prediction: the window is the same and nothing unusual is in it.
    tp.sndWl1 = ackSeq;
    tcpSndUnaUpdate(tp, ack);
    st.flag |= SEG_WINDOW_UPDATE;
    netInc(tn, TcpExtTCPHPAcks);
  } else {
    if (ackSeq !== skb.cb1) st.flag |= SEG_DATA;
    else netInc(tn, TcpExtTCPPureAcks);
    st.flag |= tcpAckUpdateWindow(tp, skb, ack, ackSeq);
    if (tp.rxOpt.sackBlocks > 0 && tp.rxOpt.sackOk) {
      if (tcpEcnRcvEcnEcho(tp, skb.cb2)) st.flag |= SEG_ECE;
      tcpSacktagWriteQueue(tp, skb, priorUna, st);
    }
    if (tcpEcnRcvEcnEcho(tp, skb.cb2)) st.flag |= SEG_ECE;
  }
  const ece = (st.flag & SEG_ECE) !== 0;

  tp.errSoft = 0;
  tp.probesOut = 0;
  tp.rcvTstamp = tp.kernel.jiffies;
  if (priorPacketsOut === 0) {
    // Nothing was outstanding: a keepalive's answer, or the window opens.
    if ((st.flag & SEG_DSACK) !== 0) tcpFastretransAlert(tp, priorUna, 0, st);
    tcpAckProbe(tp);
    if (tp.tlpHighSeq !== 0) tcpProcessTlpAck(tp, ack, st.flag);
    return 1;
  }

  tcpCleanRtxQueue(tp, st, priorFack, ece);
  if (tp.extra !== null && tp.extra.probe !== null) tcpMtuProbeAcked(tp, tp.extra.probe);
  tcpRackUpdateReoWnd(tp, rs.pending ? rs.priorDelivered : -1);
  if (tp.tlpHighSeq !== 0) tcpProcessTlpAck(tp, ack, st.flag);

  if (tcpAckIsDubious(tp, st.flag)) {
    let numDupack = 0;
    if ((st.flag & (UNA_ADVANCED | NO_DUPLICATE_ACK | SEG_DSACK)) === 0) numDupack = Math.max(1, skb.gsoSegs);
    tcpFastretransAlert(tp, priorUna, numDupack, st);
  }
  if ((st.flag & DELIVERED_ANYTHING) !== 0 || (st.flag & NO_DUPLICATE_ACK) === 0) tcpConfirmNeigh(tp);
  // The timer is set from what is outstanding now, unless RACK set its own.
  if ((st.flag & TIMER_MAY_RESTART) !== 0) tcpSetXmitTimer(tp);
  const delivered = tcpNewlyDelivered(tp, priorDelivered, ece);
  tcpRateGen(tp, rs, delivered, (tp.lost - priorLost) | 0);
  tcpCongControl(tp, ack, rs, st.flag);
  tcpSendAfterAck(tp, st.rexmit);
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
