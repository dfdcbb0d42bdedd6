/** RACK: a segment is lost when one that was sent sufficiently later has been delivered (RFC 8985 section 6). */
import { usecsToJiffies } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { after, before, TCP_CA_Recovery } from '@linnet/uapi';
import {
  TCPCB_LOST,
  TCPCB_RETRANS,
  TCPCB_SACKED_ACKED,
  TCPCB_SACKED_RETRANS,
} from './tcp-cb.ts';
import { RETRANSMISSION_LOST, TIMER_MAY_RESTART, UNA_ADVANCED, ICSK_TIME_REO_TIMEOUT, TCP_TIMEOUT_MIN } from './tcp-const.ts';
import { tcpFragment } from './tcp-fragment.ts';
import { TcpExtTCPLostRetransmit } from './tcp-mib.ts';
import { netAdd } from './tcp-net.ts';
import { sentRingFirst, sentRingRemove } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpResetXmitTimer } from './tcp-xmit-timer.ts';

/** Bit of tcp_recovery: the reordering window does not grow. */
const TCP_RACK_STATIC_REO_WND = 2;
/** Bit of tcp_recovery: do not use the duplicate-ACK threshold to close the window. */
const TCP_RACK_NO_DUPTHRESH = 4;
/** Round trips without DSACK after which the window shrinks again. */
const TCP_RACK_RECOVERY_THRESH = 16;

/**
 * Was the segment (n1, seq1) sent after (n2, seq2)? The order is that of sending, counted: the clock is read once for a run of work, so times tie between a
 * retransmission and new data. Segments of one super-segment left together; among them the sequence decides.
 */
export function tcpRackSentAfter(n1: number, n2: number, seq1: number, seq2: number): boolean {
  const d = (n1 - n2) | 0;
  return d > 0 || (d === 0 && after(seq1, seq2));
}

/** Counts a segment as lost, and a retransmission of it as lost too (tcp_mark_skb_lost). */
export function tcpMarkSkbLost(tp: TcpSock, skb: Skb): void {
  const sacked = skb.cb3;
  if ((sacked & TCPCB_SACKED_ACKED) !== 0) return;
  const hint = tp.retransmitHint;
  if (hint !== null && before(skb.cb0, hint.cb0)) tp.retransmitHint = skb;
  if ((sacked & TCPCB_LOST) !== 0) {
    if ((sacked & TCPCB_SACKED_RETRANS) !== 0) {
      skb.cb3 &= ~TCPCB_SACKED_RETRANS;
      tp.retransOut -= skb.cb6;
      netAdd(tp.tn, TcpExtTCPLostRetransmit, skb.cb6);
      tp.lost += skb.cb6;
    }
  } else {
    tp.lostOut += skb.cb6;
    skb.cb3 |= TCPCB_LOST;
    tp.lost += skb.cb6;
  }
}

/** How long a segment may be overtaken before it counts as lost (RFC 8985 section 6.2 step 4, tcp_rack_reo_wnd). */
function tcpRackReoWnd(tp: TcpSock): number {
  if (tp.reordSeen === 0) {
    // Without any reordering so far, three SACKed segments or a recovery under way are proof enough.
    if (tp.caState >= TCP_CA_Recovery) return 0;
    if (tp.sackedOut >= tp.reordering && (tp.tn.recovery & TCP_RACK_NO_DUPTHRESH) === 0) return 0;
  }
  return Math.min((Math.max(tp.minRtt0, 0) >> 2) * tp.rackReoWndSteps, tp.srttUs >> 3);
}

/** Microseconds until an unacknowledged segment counts as lost; not positive when it does. */
export function tcpRackSkbTimeout(tp: TcpSock, skb: Skb, reoWnd: number): number {
  return tp.rackRttUs + reoWnd - ((tp.mstamp - skb.cb5) | 0);
}

/** Marks what has been overtaken for too long; returns the microseconds until the next one would be (0: none) (tcp_rack_detect_loss). */
function tcpRackDetectLoss(tp: TcpSock): number {
  const ring = tp.sentRing;
  const reoWnd = tcpRackReoWnd(tp);
  let timeout = 0;
  for (let p = sentRingFirst(ring); p !== ring.tail; p++) {
    const skb = ring.slots[p & ring.mask] as Skb | null;
    if (skb === null) continue;
    // Lost and not sent again: nothing new to learn.
    if ((skb.cb3 & TCPCB_LOST) !== 0 && (skb.cb3 & TCPCB_SACKED_RETRANS) === 0) continue;
    if (!tcpRackSentAfter(tp.rackCount, skb.cb4, tp.rackEndSeq, skb.cb1)) break;
    const left = tcpRackSkbTimeout(tp, skb, reoWnd);
    if (left <= 0) {
      tcpMarkSkbLost(tp, skb);
      sentRingRemove(ring, skb);
    } else if (left > timeout) {
      timeout = left;
    }
  }
  return timeout;
}

/** After an ACK: marks losses, and sets a timer for those that are not certain yet. Returns whether the timer was set (tcp_rack_mark_lost). */
export function tcpRackMarkLost(tp: TcpSock): boolean {
  if (!tp.rackAdvanced) return false;
  tp.rackAdvanced = false;
  const timeout = tcpRackDetectLoss(tp);
  if (timeout === 0) return false;
  tcpResetXmitTimer(tp, ICSK_TIME_REO_TIMEOUT, usecsToJiffies(timeout) + TCP_TIMEOUT_MIN);
  return true;
}

/** A segment was delivered: of those so far, is it the one that left last? (RFC 8985 section 6.2 step 2, tcp_rack_advance) */
export function tcpRackAdvance(tp: TcpSock, sacked: number, skb: Skb): void {
  const rtt = (tp.mstamp - skb.cb5) | 0;
  // The ACK came too soon to be for the retransmission: it tells of the original.
  if (rtt < tp.minRtt0 && (sacked & TCPCB_RETRANS) !== 0) return;
  tp.rackAdvanced = true;
  tp.rackRttUs = rtt;
  if (tcpRackSentAfter(skb.cb4, tp.rackCount, skb.cb1, tp.rackEndSeq)) {
    tp.rackCount = skb.cb4;
    tp.rackEndSeq = skb.cb1;
  }
}

/** The reordering timer fired: marks what is due now. Returns whether something was marked. */
export function tcpRackReoTimeoutMark(tp: TcpSock): boolean {
  const before = tp.lostOut;
  const lostBefore = tp.lost;
  const timeout = tcpRackDetectLoss(tp);
  if (timeout > 0) tcpResetXmitTimer(tp, ICSK_TIME_REO_TIMEOUT, usecsToJiffies(timeout) + TCP_TIMEOUT_MIN);
  return tp.lostOut !== before || tp.lost !== lostBefore;
}

/**
 * Adapts the reordering window (RFC 8985 section 6.2 step 4): a DSACK says that a retransmission was needless and widens it, once a round trip; sixteen recoveries
 * without one close it again.
 */
export function tcpRackUpdateReoWnd(tp: TcpSock, priorDelivered: number): void {
  if ((tp.tn.recovery & TCP_RACK_STATIC_REO_WND) !== 0 || priorDelivered < 0) return;
  if (before(priorDelivered, tp.rackLastDelivered)) tp.rackDsackSeen = false;
  if (tp.rackDsackSeen) {
    tp.rackReoWndSteps = Math.min(0xff, tp.rackReoWndSteps + 1);
    tp.rackDsackSeen = false;
    tp.rackLastDelivered = tp.delivered;
    tp.rackReoWndPersist = TCP_RACK_RECOVERY_THRESH;
  } else if (tp.rackReoWndPersist === 0) {
    tp.rackReoWndSteps = 1;
  }
}

/** Without SACK: the first outstanding segment is lost once three duplicates came, or a partial ACK shows a hole (RFC 6582, tcp_newreno_mark_lost). */
export function tcpNewrenoMarkLost(tp: TcpSock, sndUnaAdvanced: boolean): void {
  const state = tp.caState;
  if ((state < TCP_CA_Recovery && tp.sackedOut >= tp.reordering) || (state === TCP_CA_Recovery && sndUnaAdvanced)) {
    const skb = tp.rtxQueue.head;
    if (skb === null || (skb.cb3 & TCPCB_LOST) !== 0) return;
    if (skb.cb6 > 1 && skb.len > tp.mssCache) tcpFragment(tp, skb, tp.mssCache, tp.mssCache);
    tcpMarkSkbLost(tp, skb);
  }
}

/** Which segments are lost, after an ACK (tcp_identify_packet_loss). Returns the flags with RETRANSMISSION_LOST, and without the right to set the timer, as needed. */
export function tcpIdentifyPacketLoss(tp: TcpSock, flag: number): number {
  if (tp.rtxQueue.head === null) return flag;
  if (!tp.rxOpt.sackOk) {
    tcpNewrenoMarkLost(tp, (flag & UNA_ADVANCED) !== 0);
  } else {
    const retrans = tp.retransOut;
    if (tcpRackMarkLost(tp)) flag &= ~TIMER_MAY_RESTART;
    if (retrans > tp.retransOut) flag |= RETRANSMISSION_LOST;
  }
  return flag;
}
