/** BBR's model of a path and where in its cycle of probing a connection is. */
import type { TcpSock } from '../tcp-sock.ts';
import { MaxFilter } from './max-filter.ts';

/** Looks for the bandwidth by doubling. */
export const STARTUP = 0;
/** Lets the queue drain that Startup made. */
export const DRAIN = 1;
/** Steady: probes for more bandwidth once in eight round trips. */
export const PROBE_BW = 2;
/** Almost stops for a moment, so that the round trip without queues shows. */
export const PROBE_RTT = 3;

/** 2/ln(2): the smallest gain that lets the rate double in each round trip. As the kernel tells it, in 1/256. */
export const HIGH_GAIN: number = 739 / 256;
/** Round trips that the maxima of the bandwidth and of merged acknowledgments are taken over. */
const BTL_BW_FILTER_LEN = 10;

const EXTRA_ACKED_FILTER_LEN = 10;

/** State of one connection, named as in draft-cardwell-iccrg-bbr-congestion-control-00. Segments and microseconds. */
export class BbrState {
  state: number = STARTUP;
  pacingGain: number = HIGH_GAIN;
  cwndGain: number = HIGH_GAIN;
  /** Bottleneck bandwidth: the best delivery rate of late, segments a microsecond. */
  readonly btlBw: MaxFilter = new MaxFilter(BTL_BW_FILTER_LEN);
  /** Round-trip propagation time, and when it was last seen so short. Infinity: not seen yet. */
  rtProp: number = Infinity;
  rtPropStamp: number;
  rtPropExpired = false;
  /** Rounds, counted in packets: a round ends when something is delivered that left after the last one had ended. */
  roundCount = 0;
  roundStart = false;
  nextRoundDelivered: number;
  /** Startup has found the bandwidth; what it was three rounds ago or less, and how many rounds it has not grown since. */
  filledPipe = false;
  fullBw = 0;
  fullBwCount = 0;
  /** Place in ProbeBW's cycle of gains, and since when. */
  cycleIndex = 0;
  cycleStamp = 0;
  /** When ProbeRTT has lasted for long enough; counts once `probeRttTimed`, and it ends when a round has ended too. */
  probeRttDoneStamp = 0;
  probeRttTimed = false;
  probeRttRoundDone = false;
  /** It sends again after it had nothing to send. */
  idleRestart = false;
  /** The first round of a recovery: as much leaves as arrives. */
  packetConservation = false;
  /** By how much more was acknowledged at once than the bandwidth makes expect, segments: the most of late, what came in this interval and its start. */
  readonly extraAcked: MaxFilter = new MaxFilter(EXTRA_ACKED_FILTER_LEN);
  extraAckedDelivered = 0;
  extraAckedStart: number;
  /** The window to return to after recovery or ProbeRTT. */
  priorCwnd = 0;
  /** The congestion state that the last acknowledgment left. */
  caState = 0;

  constructor(tp: TcpSock) {
    this.rtPropStamp = tp.mstamp;
    this.extraAckedStart = tp.mstamp;
    this.nextRoundDelivered = tp.delivered;
    if (tp.minRtt0 > 0) this.rtProp = tp.minRtt0;
  }
}
