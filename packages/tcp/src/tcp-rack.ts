/**
 * RACK: a segment is lost when one that left sufficiently later has arrived (RFC 8985 section 6; the steps are those of section 6.2, the names the RFC's).
 *
 *   segment delivered --> RACK.xmit_ts, rtt move up (step 2) --> for each segment that left before: is it overdue by reo_wnd? (step 5)
 *                                                                   yes: lost          not yet: timer, then step 5 again
 *   DSACK --> reo_wnd grows by a quarter of the least round trip, once a round; sixteen recoveries without one: back (step 4)
 *
 * Instead of RACK.xmit_ts there is `rackXmit`, a count of transmissions: the clock is read once for a run of work, so times tie.
 */
import { usecsToJiffies } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { after, before, TCP_CA_Recovery } from '@linnet/uapi';
import { SB_EVER_REXMIT } from './tcp-cb.ts';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { ICSK_TIME_REO_TIMEOUT, TCP_TIMEOUT_MIN } from './tcp-const.ts';
import { sbLost } from './tcp-scoreboard.ts';
import { sentRingFirst } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpResetXmitTimer } from './tcp-xmit-timer.ts';

/** Bits of the sysctl tcp_recovery: the window does not grow by DSACK; three segments SACKed do not close it. */
const REO_WND_STATIC = 2;
const NO_DUPTHRESH = 4;
/** Recoveries without a DSACK after which the window is the initial one again (RFC 8985 section 6.2 step 4). */
const REO_WND_PERSIST = 16;
/** A byte holds as many quarters of a round trip. */
const REO_WND_MULT_MAX = 255;

/** RACK_sent_after: did transmission `x1` of the segment that ends at `end1` leave after `x2`? Parts of one super-segment left together: their order is that of sequence numbers. */
export function rackSentAfter(x1: number, end1: number, x2: number, end2: number): boolean {
  const d = (x1 - x2) | 0;
  return d > 0 || (d === 0 && after(end1, end2));
}

/** Is the echoed timestamp older than the retransmission of `skb`? Then the original has arrived. Compared in the clock of timestamps, both ends rounded down. */
function echoBeforeRexmit(tp: TcpSock, skb: Skb): boolean {
  const rx = tp.rxOpt;
  if (!rx.sawTstamp || rx.rcvTsecr === 0) return false;
  const sent = tcpTimeStampMs(tp.kernel.ktime - ((tp.mstamp - skb.cb5) | 0) * 1000);
  return ((rx.rcvTsecr - tp.tsoffset - sent) | 0) < 0;
}

/** RACK_update (step 2): a segment was delivered. `inOrder`: by the cumulative ACK, whose timestamp is then that segment's; one that carries SACKs echoes an older one (RFC 7323 section 4.3). */
export function rackUpdate(tp: TcpSock, skb: Skb, inOrder: boolean): void {
  const rtt = (tp.mstamp - skb.cb5) | 0;
  if ((skb.cb3 & SB_EVER_REXMIT) !== 0) {
    // Too soon to be the answer to the retransmission: that of the original.
    if (rtt < tp.minRtt0) return;
    if (inOrder && echoBeforeRexmit(tp, skb)) return;
  }
  tp.rackRttUs = rtt;
  if (rackSentAfter(skb.cb4, skb.cb1, tp.rackXmit, tp.rackEndSeq)) {
    tp.rackXmit = skb.cb4;
    tp.rackEndSeq = skb.cb1;
  }
}

/** RACK_update_reo_wnd, first half (step 4), for each ACK. `tooSoon`: a DSACK, or Eifel, tells that something was sent again that was only late. */
export function rackAdaptReoWnd(tp: TcpSock, tooSoon: boolean): void {
  if ((tp.tn.recovery & REO_WND_STATIC) !== 0) return;
  if (tp.rackInDsackRound && !before(tp.sndUna, tp.rackDsackRound)) tp.rackInDsackRound = false;
  if (!tooSoon || tp.rackInDsackRound) return;
  tp.rackInDsackRound = true;
  tp.rackDsackRound = tp.sndNxt;
  tp.rackReoWndPersist = REO_WND_PERSIST;
  if (tp.rackReoWndMult < REO_WND_MULT_MAX) tp.rackReoWndMult++;
}

/** RACK_update_reo_wnd, on leaving a recovery that was not needless. */
export function rackRecoveryLeft(tp: TcpSock): void {
  if (tp.rackReoWndPersist > 0 && --tp.rackReoWndPersist === 0) tp.rackReoWndMult = 1;
}

/** The reordering window of now, microseconds (step 4, second half). */
function rackReoWnd(tp: TcpSock): number {
  if (tp.reordSeen === 0) {
    if (tp.caState >= TCP_CA_Recovery) return 0;
    if (tp.sackedOut >= tp.reordering && (tp.tn.recovery & NO_DUPTHRESH) === 0) return 0;
  }
  const wnd = (Math.max(tp.minRtt0, 0) >> 2) * tp.rackReoWndMult;
  return Math.min(wnd, tp.srttUs >> 3);
}

/** Microseconds until `skb` is overdue with the reordering window `reoWnd`; not positive when it is. */
function rackRemaining(tp: TcpSock, skb: Skb, reoWnd: number): number {
  return tp.rackRttUs + reoWnd - ((tp.mstamp - skb.cb5) | 0);
}

/** RACK_detect_loss (step 5): marks what is overdue; returns the microseconds until all that was overtaken is (0: nothing more was). */
function rackDetectLoss(tp: TcpSock): number {
  const ring = tp.sentRing;
  const reoWnd = rackReoWnd(tp);
  let timeout = 0;
  for (let p = sentRingFirst(ring); p !== ring.tail; p++) {
    const skb = ring.slots[p & ring.mask] as Skb | null;
    if (skb === null) continue;
    if (!rackSentAfter(tp.rackXmit, tp.rackEndSeq, skb.cb4, skb.cb1)) break;
    const remaining = rackRemaining(tp, skb, reoWnd);
    if (remaining <= 0) sbLost(tp, skb);
    else if (remaining > timeout) timeout = remaining;
  }
  return timeout;
}

/** RACK_detect_loss_and_arm_timer: marks what is lost by now. True: the timer is set for what is not yet. */
export function rackDetectLossAndArmTimer(tp: TcpSock): boolean {
  const timeout = rackDetectLoss(tp);
  if (timeout === 0) return false;
  tcpResetXmitTimer(tp, ICSK_TIME_REO_TIMEOUT, usecsToJiffies(timeout) + TCP_TIMEOUT_MIN);
  return true;
}

/** RACK_mark_losses_on_RTO (section 6.3): the first segment is lost, and what is overdue; what left only just now may still be answered. */
export function rackMarkLossesOnRto(tp: TcpSock): void {
  const reoWnd = rackReoWnd(tp);
  const head = tp.rtxQueue.head;
  for (let skb: Skb | null = head; skb !== null; skb = skb.next) {
    if (skb === head || rackRemaining(tp, skb, reoWnd) <= 0) sbLost(tp, skb);
  }
}
