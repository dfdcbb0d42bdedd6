/** CUBIC (RFC 9438) with HyStart++ (RFC 9406): the default. */
import { TCP_CA_Loss } from '@linnet/uapi';
import { type TcpCongestionOps, tcpInSlowStart, tcpSlowStart } from '../tcp-cong.ts';
import { CA_EVENT_TX_START } from '../tcp-const.ts';
import { tcpIsCwndLimited } from '../tcp-cwnd.ts';
import {
  TcpExtTCPHystartDelayCwnd,
  TcpExtTCPHystartDelayDetect,
} from '../tcp-mib.ts';
import { netAdd, netInc } from '../tcp-net.ts';
import type { TcpSock } from '../tcp-sock.ts';

/** Multiplicative decrease (RFC 9438 section 4.6). */
const BETA = 0.7;
/** Aggressiveness, segments per second cubed (RFC 9438 section 5). */
const C = 0.4;
/** Increase of the Reno-friendly estimate per round trip until it reaches the old window (RFC 9438 section 4.3). */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** Bounds of the rise of the round trip that says «queue», microseconds (RFC 9406 section 4.3). */
const MIN_RTT_THRESH = 4000;
const MAX_RTT_THRESH = 16000;
/** Samples that a round needs before it counts. */
const N_RTT_SAMPLE = 8;
/** Conservative slow start: a quarter of the growth, for so many rounds. */
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;
const INFINITE_RTT = 0x7fffffff;

/** State of one connection. Windows are in segments with fractions, times in microseconds. */
export class CubicState {
  /** Window before the last reduction, after fast convergence. */
  wMax = 0;
  /** Where the curve's plateau is: wMax, or the window at the epoch's start when that was higher. */
  origin = 0;
  /** Seconds from the start of the epoch to the plateau. */
  k = 0;
  inEpoch = false;
  epochStart = 0;
  /** The Reno-friendly estimate. */
  wEst = 0;
  /** Window before the last reduction: up to here the estimate grows by ALPHA. */
  priorCwnd = 0;
  /** Fraction of a segment earned so far. */
  credit = 0;
  /** Smallest round trip; 0: none yet. */
  delayMin = 0;
  // HyStart++: smallest round trips of the last round and of this one, samples in this one, and where it ends.
  lastRoundMin: number = INFINITE_RTT;
  roundMin: number = INFINITE_RTT;
  samples = 0;
  roundEnd = 0;
  /** In conservative slow start: its round, counted from 1; 0 outside. */
  cssRound = 0;
  cssBaseline: number = INFINITE_RTT;
  cssCredit = 0;
}

function hystartReset(tp: TcpSock, ca: CubicState): void {
  ca.lastRoundMin = INFINITE_RTT;
  ca.roundMin = INFINITE_RTT;
  ca.samples = 0;
  ca.roundEnd = tp.sndNxt;
  ca.cssRound = 0;
  ca.cssBaseline = INFINITE_RTT;
  ca.cssCredit = 0;
}

function startOver(ca: CubicState): void {
  ca.wMax = 0;
  ca.origin = 0;
  ca.k = 0;
  ca.inEpoch = false;
  ca.wEst = 0;
  ca.priorCwnd = 0;
  ca.credit = 0;
  ca.delayMin = 0;
}

function init(tp: TcpSock): void {
  const ca = new CubicState();
  tp.caPriv = ca;
  hystartReset(tp, ca);
}

/** The state; made on first use, since a lost SYN asks for a threshold before the connection is established. */
function state(tp: TcpSock): CubicState {
  if (tp.caPriv === null) init(tp);
  return tp.caPriv as CubicState;
}

function ssthresh(tp: TcpSock): number {
  const ca = state(tp);
  const cwnd = tp.sndCwnd;
  ca.inEpoch = false;
  // Fast convergence (RFC 9438 section 4.7): a window that did not reach the last plateau gives room to newcomers.
  ca.wMax = cwnd < ca.wMax ? (cwnd * (1 + BETA)) / 2 : cwnd;
  ca.priorCwnd = cwnd;
  return Math.max(Math.floor(cwnd * BETA), 2);
}

/** One step along the curve for `acked` segments. */
function cubicUpdate(tp: TcpSock, ca: CubicState, acked: number): void {
  const cwnd = tp.sndCwnd;
  if (!ca.inEpoch) {
    ca.inEpoch = true;
    ca.epochStart = tp.mstamp;
    ca.credit = 0;
    ca.wEst = cwnd;
    if (cwnd < ca.wMax) {
      ca.k = Math.cbrt((ca.wMax - cwnd) / C);
      ca.origin = ca.wMax;
    } else {
      ca.k = 0;
      ca.origin = cwnd;
    }
  }
  // Where the curve will be one round trip from now.
  // The clock wraps in 71 minutes: an old epoch stays 18 minutes old, where the curve is far beyond any window.
  let age = (tp.mstamp - ca.epochStart) | 0;
  if (age < 0 || age > 1 << 30) {
    age = 1 << 30;
    ca.epochStart = (tp.mstamp - age) | 0;
  }
  const t = (age + ca.delayMin) / 1e6 - ca.k;
  let target = ca.origin + C * t * t * t;
  if (target > 1.5 * cwnd) target = 1.5 * cwnd;
  ca.wEst += ((ca.wEst < ca.priorCwnd ? ALPHA : 1) * acked) / cwnd;
  // The Reno-friendly region (RFC 9438 section 4.3).
  if (ca.wEst > target) target = ca.wEst;
  // At the plateau a probe of a segment in a hundred windows remains.
  let step = target > cwnd ? (target - cwnd) / cwnd : 0.01 / cwnd;
  // Never more than a segment for two acknowledged.
  if (step > 0.5) step = 0.5;
  ca.credit += step * acked;
  if (ca.credit >= 1) {
    const n = Math.floor(ca.credit);
    ca.credit -= n;
    tp.sndCwnd = Math.min(cwnd + n, tp.sndCwndClamp);
  }
}

function congAvoid(tp: TcpSock, _ack: number, acked: number): void {
  if (!tcpIsCwndLimited(tp)) return;
  const ca = state(tp);
  if (tcpInSlowStart(tp)) {
    if (ca.cssRound > 0) {
      ca.cssCredit += acked;
      acked = Math.floor(ca.cssCredit / CSS_GROWTH_DIVISOR);
      ca.cssCredit -= acked * CSS_GROWTH_DIVISOR;
    }
    acked = tcpSlowStart(tp, acked);
    if (acked === 0) return;
  }
  cubicUpdate(tp, ca, acked);
}

/**
 * Looks for a queue that slow start builds (RFC 9406 section 4.2): when the smallest round trip of a round rises, growth slows down; if it falls again that was
 * noise, and after five such rounds slow start ends.
 */
function hystartUpdate(tp: TcpSock, ca: CubicState, rtt: number): void {
  if (((tp.sndUna - ca.roundEnd) | 0) > 0) {
    ca.roundEnd = tp.sndNxt;
    ca.lastRoundMin = ca.roundMin;
    ca.roundMin = INFINITE_RTT;
    ca.samples = 0;
    if (ca.cssRound > 0 && ++ca.cssRound > CSS_ROUNDS) {
      ca.cssRound = 0;
      netInc(tp.tn, TcpExtTCPHystartDelayDetect);
      netAdd(tp.tn, TcpExtTCPHystartDelayCwnd, tp.sndCwnd);
      tp.sndSsthresh = tp.sndCwnd;
      return;
    }
  }
  if (rtt < ca.roundMin) ca.roundMin = rtt;
  if (++ca.samples < N_RTT_SAMPLE) return;
  if (ca.cssRound > 0) {
    if (ca.roundMin < ca.cssBaseline) {
      ca.cssRound = 0;
      ca.cssBaseline = INFINITE_RTT;
    }
  } else if (ca.lastRoundMin !== INFINITE_RTT) {
    const rise = Math.min(Math.max(ca.lastRoundMin >> 3, MIN_RTT_THRESH), MAX_RTT_THRESH);
    if (ca.roundMin >= ca.lastRoundMin + rise) {
      ca.cssBaseline = ca.roundMin;
      ca.cssRound = 1;
      ca.cssCredit = 0;
    }
  }
}

function pktsAcked(tp: TcpSock, _n: number, rttUs: number): void {
  if (rttUs < 0) return;
  const ca = state(tp);
  // Samples taken right after a pause of the curve would mislead it.
  const rtt = rttUs > 0 ? rttUs : 1;
  if (ca.delayMin === 0 || rtt < ca.delayMin) ca.delayMin = rtt;
  if (tcpInSlowStart(tp)) hystartUpdate(tp, ca, rtt);
}

function setState(tp: TcpSock, caState: number): void {
  if (caState !== TCP_CA_Loss) return;
  const ca = state(tp);
  startOver(ca);
  hystartReset(tp, ca);
}

function cwndEvent(tp: TcpSock, ev: number): void {
  if (ev !== CA_EVENT_TX_START) return;
  const ca = state(tp);
  if (!ca.inEpoch) return;
  // Time without data does not count (RFC 9438 section 5.8): move the epoch, never past now.
  const idle = (tp.kernel.jiffies - tp.lsndtime) | 0;
  if (idle > 0) {
    const moved = (ca.epochStart + idle * 1000) | 0;
    ca.epochStart = ((tp.mstamp - moved) | 0) < 0 ? tp.mstamp : moved;
  }
}

/** CUBIC as a pluggable algorithm (RFC 9438). @alpha */
export const cubic: TcpCongestionOps = {
  name: 'cubic',
  init,
  release: () => {},
  ssthresh,
  congAvoid,
  undoCwnd: (tp) => Math.max(tp.sndCwnd, tp.priorCwnd),
  setState,
  cwndEvent,
  pktsAcked,
  congControl: null,
};
