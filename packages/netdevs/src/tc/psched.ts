/** Rates of queues: how long a packet takes, in nanoseconds. */
import type { Qdisc } from '@linnet/netdev';
import { TC_LINKLAYER_ATM, TC_LINKLAYER_ETHERNET, TC_LINKLAYER_UNAWARE } from '@linnet/uapi';

const NSEC_PER_SEC = 1e9;
const ATM_CELL = 53;
const ATM_PAYLOAD = 48;

/** A tick of tc's time, 64 ns, as nanoseconds (PSCHED_TICKS2NS). @alpha */
export function pschedTicks2ns(ticks: number): number {
  return ticks * 64;
}
/** Nanoseconds as ticks (PSCHED_NS2TICKS), at most what fits into 32 bits. @alpha */
export function pschedNs2ticks(ns: number): number {
  return Math.floor(ns / 64) % 0x1_0000_0000;
}

/** Bytes of struct tc_ratespec. @alpha */
export const TC_RATESPEC_LEN = 12;

/** A rate with the link that it is for (struct psched_ratecfg). @alpha */
export class RateCfg {
  /** Bytes a second. */
  readonly rate: number;
  readonly overhead: number;
  readonly mpu: number;
  readonly linklayer: number;
  /** From struct tc_ratespec at `off`; a `rate64` above what it holds counts. `mtuTable` is true when a table came with it whose link layer is to be guessed. */
  constructor(view: DataView, off: number, rate64: number, linklayer: number) {
    this.overhead = view.getUint16(off + 2, true);
    this.mpu = view.getUint16(off + 6, true);
    this.rate = Math.max(view.getUint32(off + 8, true), rate64);
    this.linklayer = linklayer;
  }

  /** How long `len` bytes take, ns; 0 without a rate. */
  l2tNs(len: number): number {
    len += this.overhead;
    if (len < this.mpu) len = this.mpu;
    if (this.linklayer === TC_LINKLAYER_ATM) len = Math.ceil(len / ATM_PAYLOAD) * ATM_CELL;
    return this.rate === 0 ? 0 : Math.floor((len * NSEC_PER_SEC) / this.rate);
  }

  /** Writes struct tc_ratespec. */
  write(view: DataView, off: number): void {
    view.setUint8(off + 1, this.linklayer & 0x0f);
    view.setUint16(off + 2, this.overhead, true);
    view.setUint16(off + 6, this.mpu, true);
    view.setUint32(off + 8, Math.min(this.rate, 0xffffffff), true);
  }
}

/**
 * The link layer of a rate: that of its struct tc_ratespec at `off`; a tool that names none is found out by its table of 256 times at `table`, where cells
 * make equal neighbours (qdisc_get_rtab, __detect_linklayer).
 * @alpha
 */
export function rateLinklayer(view: DataView, off: number, table: number): number {
  const linklayer = view.getUint8(off + 1) & 0x0f;
  if (linklayer !== TC_LINKLAYER_UNAWARE || table === 0) return linklayer;
  const cellLog = view.getUint8(off);
  const cellAlign = view.getInt16(off + 4, true);
  const low = (n: number): number => ((Math.ceil((n + 1) / ATM_PAYLOAD) * ATM_PAYLOAD) - 1) >> cellLog;
  if (cellAlign !== -1 || view.getUint32(off + 8, true) > 100e6 / 8 || view.getUint32(table, true) === 0) return TC_LINKLAYER_ETHERNET;
  const at = (i: number): number => view.getUint32(table + 4 * i, true);
  // All sizes of one cell cost the same on ATM.
  for (let cells = 0; cells < 2; cells++) {
    const from = (cells * ATM_PAYLOAD) >> cellLog;
    const to = low(cells * ATM_PAYLOAD);
    if (to <= 255 && at(from) !== at(to)) return TC_LINKLAYER_ETHERNET;
  }
  return TC_LINKLAYER_ATM;
}

/** The longest packet of a queue's device (psched_mtu). @alpha */
export function pschedMtu(sch: Qdisc): number {
  return sch.dev.mtu + sch.dev.hardHeaderLen;
}
