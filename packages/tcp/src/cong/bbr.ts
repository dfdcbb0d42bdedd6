/**
 * BBR (Cardwell et al., «BBR: Congestion-Based Congestion Control», ACM Queue 14(5), 2016, and draft-cardwell-iccrg-bbr-congestion-control-00): measures how fast the path delivers and how
 * long it takes without queues, sends at that rate, and keeps little more under way than fits on the path. A lost packet alone is no sign of congestion.
 */
import { INET_DIAG_BBRINFO, TCP_CA_Recovery } from '@linnet/uapi';
import { tcpPipe, type TcpCcInfo, type TcpCongestionOps } from '../tcp-cong.ts';
import { CA_EVENT_TX_START, TCP_INFINITE_SSTHRESH, TCP_INIT_CWND } from '../tcp-const.ts';
import { tcpPacingNeeded } from '../tcp-pacing.ts';
import type { RateSample } from '../tcp-rate-sample.ts';
import { tcpRateAppLimited } from '../tcp-rate.ts';
import type { TcpSock } from '../tcp-sock.ts';
import { BbrState, DRAIN, HIGH_GAIN, PROBE_BW, PROBE_RTT, STARTUP } from './bbr-state.ts';

/** How long a round-trip time stays believable, and how long ProbeRTT lasts. */
const RT_PROP_FILTER_LEN = 10_000_000;
const PROBE_RTT_DURATION = 200_000;
/** The smallest window that keeps a path with delayed acknowledgments going. */
const MIN_PIPE_CWND = 4;
/** ProbeBW: for a round trip faster, for one slower, for six as fast as the path. */
const PACING_GAIN_CYCLE: readonly number[] = Object.freeze([5 / 4, 3 / 4, 1, 1, 1, 1, 1, 1]);
/** Room in the window for delayed and merged acknowledgments. */
const PROBE_BW_CWND_GAIN = 2;
/** A little below the bandwidth, so that no queue grows by errors of measurement (draft -01, BBRPacingMarginPercent). */
const PACING_MARGIN = 0.99;
/** Startup ends when three rounds in a row brought less than a quarter more. */
const FULL_BW_GROWTH = 1.25;
const FULL_BW_ROUNDS = 3;
/** Rates in bytes a second below which one segment, and two, leave together (section 4.2.2). */
const QUANTUM_ONE = 1.2e6 / 8;
const QUANTUM_TWO = 24e6 / 8;

function of(tp: TcpSock): BbrState {
  return tp.caPriv as BbrState;
}

/** Microseconds since; the clock wraps after 71 minutes. */
function since(tp: TcpSock, stamp: number): number {
  return (tp.mstamp - stamp) >>> 0;
}

function init(tp: TcpSock): void {
  const b = new BbrState(tp);
  tp.caPriv = b;
  tcpPacingNeeded(tp);
  // Before anything was measured: the initial window in a round trip, or in a millisecond (section 4.2.1).
  const rtt = tp.srttUs > 0 ? tp.srttUs >> 3 : 1000;
  setRate(tp, HIGH_GAIN * (TCP_INIT_CWND / rtt));
}

/** Paces at so many segments a microsecond. */
function setRate(tp: TcpSock, rate: number): void {
  tp.pacingRate = Math.min(rate * tp.mssCache * 1e6 * PACING_MARGIN, tp.maxPacingRate);
}

function setPacingRate(tp: TcpSock, b: BbrState, gain: number): void {
  const before = tp.pacingRate;
  setRate(tp, gain * b.btlBw.max);
  // Until the pipe is full the rate only grows.
  if (!b.filledPipe && tp.pacingRate < before) tp.pacingRate = Math.min(before, tp.maxPacingRate);
}

/** Segments that leave together (BBRSetSendQuantum). */
function sendQuantum(tp: TcpSock): number {
  if (tp.pacingRate < QUANTUM_ONE) return 1;
  if (tp.pacingRate < QUANTUM_TWO) return 2;
  return Math.min(tp.pacingRate / 1000, 65536) / tp.mssCache;
}

/** Segments under way that use the path `gain` times over (BBRInflight). */
function inflight(tp: TcpSock, b: BbrState, gain: number): number {
  if (b.rtProp === Infinity) return TCP_INIT_CWND;
  return Math.ceil(gain * b.btlBw.max * b.rtProp + 3 * sendQuantum(tp));
}

function updateBtlBw(tp: TcpSock, b: BbrState, rs: RateSample): void {
  b.roundStart = false;
  if (rs.interval === 0) return;
  if (((rs.priorDelivered - b.nextRoundDelivered) | 0) >= 0) {
    b.nextRoundDelivered = tp.delivered;
    b.roundCount++;
    b.roundStart = true;
  }
  // With too little to send the rate says what was sent, not what the path can do, unless that is more than was known.
  const rate = rs.delivered / rs.interval;
  if (!rs.isAppLimited || rate >= b.btlBw.max) b.btlBw.update(rate, b.roundCount);
}

/** Links that gather acknowledgments let many through at once: the window must bridge the silence before (draft -02, BBRUpdateACKAggregation). */
function updateAckAggregation(tp: TcpSock, b: BbrState, rs: RateSample): void {
  if (rs.acked <= 0 || rs.interval === 0) return;
  let expected = b.btlBw.max * since(tp, b.extraAckedStart);
  if (b.extraAckedDelivered <= expected) {
    b.extraAckedDelivered = 0;
    b.extraAckedStart = tp.mstamp;
    expected = 0;
  }
  b.extraAckedDelivered += rs.acked;
  b.extraAcked.update(Math.min(b.extraAckedDelivered - expected, tp.sndCwnd), b.roundCount);
}

function enterProbeBw(tp: TcpSock, b: BbrState): void {
  b.state = PROBE_BW;
  b.pacingGain = 1;
  b.cwndGain = PROBE_BW_CWND_GAIN;
  // Flows begin at random places, but none with the slower phase.
  b.cycleIndex = PACING_GAIN_CYCLE.length - 1 - tp.tn.rng.below(PACING_GAIN_CYCLE.length - 1);
  advanceCyclePhase(tp, b);
}

function advanceCyclePhase(tp: TcpSock, b: BbrState): void {
  b.cycleStamp = tp.mstamp;
  b.cycleIndex = (b.cycleIndex + 1) % PACING_GAIN_CYCLE.length;
  b.pacingGain = PACING_GAIN_CYCLE[b.cycleIndex]!;
}

function isNextCyclePhase(tp: TcpSock, b: BbrState, rs: RateSample): boolean {
  const full = since(tp, b.cycleStamp) > b.rtProp;
  if (b.pacingGain === 1) return full;
  // Faster until the path was filled so far, or loses; slower until the queue is gone.
  if (b.pacingGain > 1) return full && (rs.lost > 0 || rs.priorInFlight >= inflight(tp, b, b.pacingGain));
  return full || rs.priorInFlight <= inflight(tp, b, 1);
}

function checkFullPipe(b: BbrState, rs: RateSample): void {
  if (b.filledPipe || !b.roundStart || rs.isAppLimited) return;
  const bw = b.btlBw.max;
  if (bw >= b.fullBw * FULL_BW_GROWTH) {
    b.fullBw = bw;
    b.fullBwCount = 0;
    return;
  }
  if (++b.fullBwCount >= FULL_BW_ROUNDS) b.filledPipe = true;
}

function checkDrain(tp: TcpSock, b: BbrState): void {
  if (b.state === STARTUP && b.filledPipe) {
    b.state = DRAIN;
    b.pacingGain = 1 / HIGH_GAIN;
    b.cwndGain = HIGH_GAIN;
  }
  if (b.state === DRAIN && tcpPipe(tp) <= inflight(tp, b, 1)) enterProbeBw(tp, b);
}

function updateRtProp(tp: TcpSock, b: BbrState, rs: RateSample): void {
  b.rtPropExpired = since(tp, b.rtPropStamp) > RT_PROP_FILTER_LEN;
  // A delayed acknowledgment does not replace what is too old.
  if (rs.rtt >= 0 && (rs.rtt <= b.rtProp || (b.rtPropExpired && !rs.maybeDelayed))) {
    b.rtProp = Math.max(rs.rtt, 1);
    b.rtPropStamp = tp.mstamp;
  }
}

function checkProbeRtt(tp: TcpSock, b: BbrState): void {
  if (b.state !== PROBE_RTT && b.rtPropExpired && !b.idleRestart) {
    saveCwnd(tp, b);
    b.state = PROBE_RTT;
    b.pacingGain = 1;
    b.cwndGain = 1;
    b.probeRttTimed = false;
  }
  if (b.state === PROBE_RTT) handleProbeRtt(tp, b);
  b.idleRestart = false;
}

function handleProbeRtt(tp: TcpSock, b: BbrState): void {
  // So little under way says nothing of the bandwidth.
  tcpRateAppLimited(tp);
  if (!b.probeRttTimed) {
    if (tcpPipe(tp) > MIN_PIPE_CWND) return;
    b.probeRttTimed = true;
    b.probeRttDoneStamp = (tp.mstamp + PROBE_RTT_DURATION) | 0;
    b.probeRttRoundDone = false;
    b.nextRoundDelivered = tp.delivered;
    return;
  }
  if (b.roundStart) b.probeRttRoundDone = true;
  if (!b.probeRttRoundDone || ((tp.mstamp - b.probeRttDoneStamp) | 0) <= 0) return;
  b.rtPropStamp = tp.mstamp;
  restoreCwnd(tp, b);
  if (b.filledPipe) {
    enterProbeBw(tp, b);
  } else {
    b.state = STARTUP;
    b.pacingGain = HIGH_GAIN;
    b.cwndGain = HIGH_GAIN;
  }
}

/** Keeps the last window that was not one of recovery or ProbeRTT. */
function saveCwnd(tp: TcpSock, b: BbrState): void {
  b.priorCwnd = tp.caState < TCP_CA_Recovery && b.state !== PROBE_RTT ? tp.sndCwnd : Math.max(b.priorCwnd, tp.sndCwnd);
}

function restoreCwnd(tp: TcpSock, b: BbrState): void {
  tp.sndCwnd = Math.max(tp.sndCwnd, b.priorCwnd);
}

/** Losses take from the window what was lost; in the first round of a recovery it follows what is delivered (section 4.2.3.4). */
function modulateCwndForRecovery(tp: TcpSock, b: BbrState, rs: RateSample): void {
  const was = b.caState;
  const now = tp.caState;
  b.caState = now;
  if (rs.lost > 0) tp.sndCwnd = Math.max(tp.sndCwnd - rs.lost, 1);
  if (now === TCP_CA_Recovery && was !== TCP_CA_Recovery) {
    b.packetConservation = true;
    b.nextRoundDelivered = tp.delivered;
    tp.sndCwnd = tcpPipe(tp) + Math.max(rs.acked, 1);
  } else if (was >= TCP_CA_Recovery && now < TCP_CA_Recovery) {
    b.packetConservation = false;
    restoreCwnd(tp, b);
  } else if (b.roundStart) {
    b.packetConservation = false;
  }
  if (b.packetConservation) tp.sndCwnd = Math.max(tp.sndCwnd, tcpPipe(tp) + rs.acked);
}

function setCwnd(tp: TcpSock, b: BbrState, rs: RateSample): void {
  let target = inflight(tp, b, b.cwndGain);
  if (b.filledPipe) target += Math.floor(b.extraAcked.max);
  modulateCwndForRecovery(tp, b, rs);
  if (!b.packetConservation) {
    let cwnd = tp.sndCwnd;
    if (b.filledPipe) cwnd = Math.min(cwnd + rs.acked, target);
    else if (cwnd < target || tp.delivered < TCP_INIT_CWND) cwnd += rs.acked;
    tp.sndCwnd = Math.min(Math.max(cwnd, MIN_PIPE_CWND), tp.sndCwndClamp);
  }
  if (b.state === PROBE_RTT) tp.sndCwnd = Math.min(tp.sndCwnd, MIN_PIPE_CWND);
}

/** All that an acknowledgment changes: the model, then what follows from it (BBRUpdateOnACK). */
function congControl(tp: TcpSock, _ack: number, _acked: number, rs: RateSample): void {
  // Our SYN was acknowledged: nothing has begun yet.
  if (!tp.caInitialized) return;
  const b = of(tp);
  updateBtlBw(tp, b, rs);
  updateAckAggregation(tp, b, rs);
  if (b.state === PROBE_BW && isNextCyclePhase(tp, b, rs)) advanceCyclePhase(tp, b);
  checkFullPipe(b, rs);
  checkDrain(tp, b);
  updateRtProp(tp, b, rs);
  checkProbeRtt(tp, b);
  setPacingRate(tp, b, b.pacingGain);
  setCwnd(tp, b, rs);
}

/** After silence at the path's own rate (BBRHandleRestartFromIdle). */
function cwndEvent(tp: TcpSock, ev: number): void {
  if (ev !== CA_EVENT_TX_START || tp.appLimited === 0 || !tp.caInitialized) return;
  const b = of(tp);
  b.idleRestart = true;
  if (b.state === PROBE_BW) setPacingRate(tp, b, 1);
}

/** A recovery or a timeout begins: BBR has no threshold, but notes its window. */
function ssthresh(tp: TcpSock): number {
  if (tp.caInitialized) saveCwnd(tp, of(tp));
  return TCP_INFINITE_SSTHRESH;
}

/** struct tcp_bbr_info: bandwidth in bytes a second, microseconds, gains in 1/256. */
function info(tp: TcpSock): TcpCcInfo {
  const bytes = new Uint8Array(20);
  if (tp.caInitialized) {
    const b = of(tp);
    const v = new DataView(bytes.buffer); // datapath-ok: a call of the user
    const bw = Math.floor(b.btlBw.max * tp.mssCache * 1e6);
    v.setUint32(0, bw % 2 ** 32, true);
    v.setUint32(4, Math.floor(bw / 2 ** 32), true);
    v.setUint32(8, b.rtProp === Infinity ? 0xffffffff : b.rtProp, true);
    v.setUint32(12, Math.round(b.pacingGain * 256), true);
    v.setUint32(16, Math.round(b.cwndGain * 256), true);
  }
  return { attr: INET_DIAG_BBRINFO, bytes };
}

/** BBR as a pluggable algorithm. @alpha */
export const bbr: TcpCongestionOps = {
  name: 'bbr',
  init,
  release: () => {},
  ssthresh,
  congAvoid: () => {},
  // A handshake's timeout can be undone before there is a state.
  undoCwnd: (tp) => (tp.caInitialized ? Math.max(tp.sndCwnd, of(tp).priorCwnd) : tp.sndCwnd),
  setState: null,
  cwndEvent,
  pktsAcked: null,
  congControl,
  minTsoSegs: (tp) => (tp.pacingRate < QUANTUM_ONE ? 1 : tp.tn.minTsoSegs),
  info,
};
