/**
 * Pacing: data leaves spread out in time at `tp.pacingRate`, instead of in bursts as acknowledgments come. For sockets with SO_MAX_PACING_RATE (socket(7)) and for congestion control that
 * asks for it; all others have no pacer and pay for one test. What leaves one after the other are whole super-segments, which `tcpTsoSegs` makes a millisecond long.
 */
import { Hrtimer, hrtimerActive, hrtimerCancel, hrtimerStart } from '@linnet/kernel';
import { TCP_INIT_CWND } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';

/** How late a timer may be and what it held back still be made up for at once, nanoseconds: timers of a host count in milliseconds. */
const LATE_MAX = 4e6;

/** The pacer of a socket. Times are monotonic nanoseconds. @alpha */
export class TcpPacer {
  readonly timer: Hrtimer<TcpSock>;
  /** From then on the next packet may leave. */
  nextAt = 0;
  /** Its timer's function runs. */
  fired = false;

  constructor(tp: TcpSock) {
    this.timer = new Hrtimer<TcpSock>(onTimer, tp);
  }
}

/** The socket's packets are to be paced from now on. */
export function tcpPacingNeeded(tp: TcpSock): void {
  tp.pacer ??= new TcpPacer(tp);
}

/** SO_MAX_PACING_RATE was set: holds at once, for the rate of the moment too. */
export function tcpPacingLimit(tp: TcpSock): void {
  if (tp.maxPacingRate === Infinity) return;
  tcpPacingNeeded(tp);
  tp.pacingRate = tp.pacingRate > 0 ? Math.min(tp.pacingRate, tp.maxPacingRate) : tp.maxPacingRate;
}

/** Must the next packet wait? Then the timer goes on with it. */
export function tcpPacingCheck(tp: TcpSock, pacer: TcpPacer): boolean {
  const k = tp.kernel;
  if (pacer.nextAt <= k.ktime) return false;
  if (!hrtimerActive(pacer.timer)) hrtimerStart(k, pacer.timer, pacer.nextAt);
  return true;
}

/**
 * A packet with `bytes` of payload has left: the next one waits for as long as they take at the rate. Time that passed unused before counts for at most half of that; the first ten segments of a
 * connection, an initial window (RFC 6928), go as they come. (Both as seen on Linux 6.18.)
 */
export function tcpPacingSent(tp: TcpSock, pacer: TcpPacer, bytes: number): void {
  const rate = tp.pacingRate;
  if (tp.dataSegsOut < TCP_INIT_CWND || rate <= 0 || rate === Infinity) return;
  const now = tp.kernel.ktime;
  const span = (bytes * 1e9) / rate;
  const unused = now - pacer.nextAt;
  if (unused < 0) {
    pacer.nextAt += span;
    return;
  }
  pacer.nextAt = now + span - Math.min(unused, pacer.fired ? Math.max(span / 2, LATE_MAX) : span / 2);
}

/** The socket ends. */
export function tcpPacingStop(tp: TcpSock): void {
  if (tp.pacer !== null) hrtimerCancel(tp.kernel, tp.pacer.timer);
}

function onTimer(tp: TcpSock): void {
  const pacer = tp.pacer!;
  pacer.fired = true;
  tp.tk.paced(tp);
  pacer.fired = false;
}
