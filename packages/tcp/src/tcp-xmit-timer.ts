/**
 * The one timer of the sender: retransmission timeout, tail loss probe, RACK's reordering window, zero-window probe.
 *
 * `tp.pending` says what it is for and `tp.timeout` when. The kernel timer is set again only when it must fire earlier than it would: an ACK that moves
 * the deadline back costs two stores, and a timer that fires too early looks at `timeout` and sleeps on.
 */
import { modTimer, timerPending, usecsToJiffies } from '@linnet/kernel';
import {
  ICSK_TIME_LOSS_PROBE,
  ICSK_TIME_PROBE0,
  ICSK_TIME_REO_TIMEOUT,
  ICSK_TIME_RETRANS,
  TCP_RTO_MAX,
} from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Sets the timer to fire in `when` jiffies for `what` (tcp_reset_xmit_timer). */
export function tcpResetXmitTimer(tp: TcpSock, what: number, when: number): void {
  const max = Math.min(TCP_RTO_MAX, tp.tn.rtoMaxMs);
  if (when > max) when = max;
  tp.pending = what;
  const at = (tp.kernel.jiffies + when) | 0;
  tp.timeout = at;
  const t = tp.retransmitTimer;
  if (!timerPending(t) || ((at - t.expires) | 0) < 0) modTimer(tp.kernel, t, at);
}

/** Nothing is awaited any more (inet_csk_clear_xmit_timer). */
export function tcpClearXmitTimer(tp: TcpSock): void {
  tp.pending = 0;
}

/** Microseconds until the retransmission timeout of the oldest segment; negative when it is overdue (tcp_rto_delta_us). */
export function tcpRtoDeltaUs(tp: TcpSock): number {
  const head = tp.rtxQueue.head;
  const rtoUs = tp.rto * 1000;
  if (head === null) return rtoUs;
  return rtoUs - ((tp.mstamp - head.cb5) | 0);
}

/** Sets the retransmission timer after an acknowledgment (RFC 6298 section 5, tcp_rearm_rto). */
export function tcpRearmRto(tp: TcpSock): void {
  if (tp.packetsOut === 0) {
    tcpClearXmitTimer(tp);
    return;
  }
  let rto = tp.rto;
  if (tp.pending === ICSK_TIME_REO_TIMEOUT || tp.pending === ICSK_TIME_LOSS_PROBE) {
    // The segment was sent a while ago: count from there.
    const delta = tcpRtoDeltaUs(tp);
    rto = Math.max(usecsToJiffies(delta > 0 ? delta : 1), 1);
  }
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, rto);
}

/** Starts zero-window probing when data waits and nothing is under way (tcp_check_probe_timer). */
export function tcpCheckProbeTimer(tp: TcpSock): void {
  if (tp.packetsOut === 0 && tp.pending === 0) tcpResetXmitTimer(tp, ICSK_TIME_PROBE0, tcpProbe0Base(tp));
}

/** The first probe interval: the RTO, at least 200 ms (tcp_probe0_base). */
export function tcpProbe0Base(tp: TcpSock): number {
  return Math.max(tp.rto, tp.rtoMin);
}

/** The probe interval after `backoff` doublings, were there no longest one. */
export function tcpProbe0Backoff(tp: TcpSock): number {
  return tcpProbe0Base(tp) * 2 ** tp.backoff;
}

/** The probe interval after `backoff` doublings (tcp_probe0_when). */
export function tcpProbe0When(tp: TcpSock, max: number): number {
  return Math.min(tcpProbe0Backoff(tp), max);
}

/** The longest retransmission timeout of a socket, in jiffies. */
export function tcpRtoMaxOf(tp: TcpSock): number {
  return Math.min(TCP_RTO_MAX, tp.tn.rtoMaxMs);
}
