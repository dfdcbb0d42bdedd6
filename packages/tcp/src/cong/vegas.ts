/**
 * Vegas (Brakmo and Peterson, «TCP Vegas: End to End Congestion Avoidance on a Global Internet», IEEE JSAC 13(8), 1995, sections III.C and III.D). The difference between
 * the rate that the window could give and the rate that it does give says how much of it stands in queues; that is held between two bounds.
 */
import { INET_DIAG_VEGASINFO, TCP_CA_Open } from '@linnet/uapi';
import { type TcpCcInfo, type TcpCongestionOps, tcpInSlowStart, tcpSlowStart } from '../tcp-cong.ts';
import { tcpIsCwndLimited } from '../tcp-cwnd.ts';
import type { TcpSock } from '../tcp-sock.ts';
import { reno } from './reno.ts';

/** Segments in queues below which the window grows, and above which it shrinks (the paper's alpha and beta). */
const ALPHA = 2;
const BETA = 4;
/** Those that end slow start (gamma). */
const GAMMA = 1;

/** State of one connection. Round trips in microseconds; Infinity: none yet. */
export class VegasState {
  /** The smallest of all: the path with empty queues. */
  baseRtt: number = Infinity;
  /** The smallest of this round. */
  roundRtt: number = Infinity;
  /** How many were measured in this round. */
  samples = 0;
  /** The sequence number whose acknowledgment ends the round. */
  roundEnd = 0;
  /** Slow start doubles in every other round only, so that the rounds between show what a window gives. */
  doubling = true;
}

function state(tp: TcpSock): VegasState {
  if (tp.caPriv === null) {
    const v = new VegasState();
    v.roundEnd = tp.sndNxt;
    tp.caPriv = v;
  }
  return tp.caPriv as VegasState;
}

function pktsAcked(tp: TcpSock, _n: number, rttUs: number): void {
  if (rttUs <= 0) return;
  const v = state(tp);
  if (rttUs < v.baseRtt) v.baseRtt = rttUs;
  if (rttUs < v.roundRtt) v.roundRtt = rttUs;
  v.samples++;
}

/** A round has ended: looks at the queue. */
function endRound(tp: TcpSock, v: VegasState): void {
  const rtt = v.roundRtt;
  v.roundRtt = Infinity;
  v.samples = 0;
  v.roundEnd = tp.sndNxt;
  if (rtt === Infinity) return;
  const queued = tp.sndCwnd * (1 - v.baseRtt / rtt);
  if (tcpInSlowStart(tp)) {
    if (queued > GAMMA) {
      tp.sndCwnd = Math.max(2, tp.sndCwnd - (tp.sndCwnd >> 3));
      tp.sndSsthresh = tp.sndCwnd;
    } else {
      v.doubling = !v.doubling;
    }
  } else if (queued > BETA) {
    tp.sndCwnd = Math.max(2, tp.sndCwnd - 1);
    if (tp.sndSsthresh > tp.sndCwnd) tp.sndSsthresh = tp.sndCwnd;
  } else if (queued < ALPHA && tcpIsCwndLimited(tp)) {
    tp.sndCwnd = Math.min(tp.sndCwnd + 1, tp.sndCwndClamp);
  }
}

function congAvoid(tp: TcpSock, ack: number, acked: number): void {
  // While losses are repaired round trips say nothing of queues.
  if (tp.caState !== TCP_CA_Open) {
    reno.congAvoid(tp, ack, acked);
    return;
  }
  const v = state(tp);
  if (((ack - v.roundEnd) | 0) > 0) endRound(tp, v);
  if (v.doubling && tcpInSlowStart(tp) && tcpIsCwndLimited(tp)) tcpSlowStart(tp, acked);
}

/** struct tcpvegas_info: whether it is at work, round trips measured in this round, the smallest of all and of this round (0x7fffffff: none), in microseconds. */
function info(tp: TcpSock): TcpCcInfo {
  const bytes = new Uint8Array(16);
  if (tp.caInitialized) {
    const v = state(tp);
    const view = new DataView(bytes.buffer); // datapath-ok: a call of the user
    view.setUint32(0, tp.caState === TCP_CA_Open ? 1 : 0, true);
    view.setUint32(4, v.samples, true);
    view.setUint32(8, Math.min(v.baseRtt, 0x7fffffff), true);
    view.setUint32(12, Math.min(v.roundRtt, 0x7fffffff), true);
  }
  return { attr: INET_DIAG_VEGASINFO, bytes };
}

/** Vegas as a pluggable algorithm. @alpha */
export const vegas: TcpCongestionOps = {
  name: 'vegas',
  init: (tp) => {
    tp.caPriv = null;
    state(tp);
  },
  release: () => {},
  ssthresh: reno.ssthresh,
  congAvoid,
  undoCwnd: reno.undoCwnd,
  setState: null,
  cwndEvent: null,
  pktsAcked,
  congControl: null,
  info,
};
