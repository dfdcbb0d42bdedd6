/** The cells of the goodput table: what the path is like, how long it is used, and what theory expects. */
import type { NetemOptions } from '@linnet/netdevs';

/** Payload of a full segment with timestamps, and its frame as the wire counts it. */
export const MSS = 1448;
const FRAME = 1514;
/** Initial window (RFC 6928), segments. */
const IW = 10;

export interface Cell {
  readonly id: string;
  readonly cc: string;
  /** Mbit/s on the wire, Ethernet headers included. */
  readonly rate: number;
  /** Milliseconds. */
  readonly rtt: number;
  /** Probability of each packet on the way to the receiver. */
  readonly loss: number;
  readonly flows: number;
  readonly seconds: number;
}

const RATES = [10, 100, 1000];
const RTTS = [10, 50, 100, 300];
const LOSSES = [0, 0.0001, 0.001, 0.01];
const CCS = ['cubic', 'bbr'];

/** How long a cell is used: long paths need longer to be filled. */
const secondsOf = (rtt: number): number => (rtt >= 300 ? 20 : 10);

export const percent = (loss: number): string => `${Number((loss * 100).toPrecision(3))}%`;

function cell(cc: string, rate: number, rtt: number, loss: number, flows: number, seconds: number): Cell {
  return { id: `${cc}-${rate}-${rtt}-${percent(loss)}${flows === 1 ? '' : `-${flows}flows`}`, cc, rate, rtt, loss, flows, seconds };
}

/** One stream in each. */
export const CELLS: readonly Cell[] = CCS.flatMap((cc) => RATES.flatMap((rate) => RTTS.flatMap((rtt) => LOSSES.map((loss) => cell(cc, rate, rtt, loss, 1, secondsOf(rtt))))));

/** Several streams that share a path. */
export const FAIRNESS: readonly Cell[] = CCS.flatMap((cc) => [2, 10].map((flows) => cell(cc, 100, 50, 0, flows, 30)));

/** Packets that the path holds: bandwidth times delay. */
export function bdp(c: Cell): number {
  return (c.rate * 1e6 * (c.rtt / 1000)) / 8 / FRAME;
}

/** What the wire does each way. Its queue holds as much again as the path, and at least 64 packets; ACKs come back unharmed. */
export function path(c: Cell): { ab: NetemOptions; ba: NetemOptions } {
  const delay = c.rtt / 2;
  const rate = (c.rate * 1e6) / 8;
  // What is being delayed counts against the limit, too.
  const limit = Math.ceil(bdp(c) / 2 + Math.max(bdp(c), 64));
  return { ab: { delay, rate, loss: c.loss, limit }, ba: { delay, rate, limit: 100_000 } };
}

/** Bytes that buffers may take so that they are never what limits: both ends get the same. */
export function bufferMax(c: Cell): number {
  return Math.max(32 << 20, Math.ceil(bdp(c) * FRAME * 12));
}

/**
 * Mbit/s of payload that theory gives to a stream, the start included: the smaller of what the wire carries and what the mean window at this loss lets through (for CUBIC the
 * greater of RFC 9438's response function and Reno's of RFC 5681; BBR does not answer to single losses), less what slow start leaves unused until the path is full.
 */
export function theory(c: Cell): number {
  const wire = (c.rate * MSS) / FRAME;
  let steady = wire;
  const rtt = c.rtt / 1000;
  if (c.loss > 0 && c.cc !== 'bbr') {
    const cubic = 1.054 * (rtt / c.loss) ** 0.75;
    const reno = Math.sqrt(1.5 / c.loss);
    steady = Math.min(wire, (Math.max(cubic, reno) * MSS * 8) / rtt / 1e6);
  }
  const window = (steady * 1e6 * rtt) / 8 / MSS;
  const rounds = Math.max(0, Math.log2(window / IW));
  // During it as much leaves as the last window, about; and the first bytes take half a round trip.
  const unused = Math.max(0, rounds * rtt - rtt) + rtt / 2;
  return (steady * Math.max(0, c.seconds - unused)) / c.seconds;
}

/** Jain's index of fairness: 1 when all have the same. */
export function jain(x: readonly number[]): number {
  const sum = x.reduce((a, b) => a + b, 0);
  const squares = x.reduce((a, b) => a + b * b, 0);
  return (sum * sum) / (x.length * squares);
}
