/** Rates of bytes and packets, averaged over time (gen_estimator.c). */
import { delTimer, EINVAL, HZ, type Kernel, modTimer, TimerList } from '@linnet/kernel';
import { nlaLen } from '@linnet/uapi';

/** What is counted: a queue, a class or an action. @alpha */
export interface Counted {
  readonly bytes: number;
  readonly packets: number;
}

/** An exponentially weighted average of two rates (struct net_rate_estimator). @alpha */
export class GenEstimator {
  readonly k: Kernel;
  readonly of: Counted;
  /** Log2 of the interval in quarters of a second. */
  readonly intervalLog: number;
  readonly ewmaLog: number;
  lastBytes: number;
  lastPackets: number;
  avbps = 0;
  avpps = 0;
  readonly timer: TimerList<GenEstimator>;
  constructor(k: Kernel, of: Counted, intervalLog: number, ewmaLog: number) {
    this.k = k;
    this.of = of;
    this.intervalLog = intervalLog;
    this.ewmaLog = ewmaLog;
    this.lastBytes = of.bytes;
    this.lastPackets = of.packets;
    this.timer = new TimerList(tick, this);
  }
  /** Ends it (gen_kill_estimator). */
  kill(): void {
    delTimer(this.k, this.timer);
  }
}

function arm(e: GenEstimator): void {
  modTimer(e.k, e.timer, (e.k.jiffies + ((HZ / 4) << e.intervalLog)) | 0);
}

function tick(e: GenEstimator): void {
  const { bytes, packets } = e.of;
  const scale = 4 / 2 ** e.intervalLog; // per second
  const weight = 2 ** e.ewmaLog;
  e.avbps += ((bytes - e.lastBytes) * scale - e.avbps) / weight;
  e.avpps += ((packets - e.lastPackets) * scale - e.avpps) / weight;
  e.lastBytes = bytes;
  e.lastPackets = packets;
  arm(e);
}

/** Starts an estimator as struct gnet_estimator at `nla` asks (gen_new_estimator). -EINVAL when that is malformed. @alpha */
export function genNewEstimator(k: Kernel, of: Counted, view: DataView, nla: number): GenEstimator | number {
  if (nlaLen(view, nla) < 2) return -EINVAL;
  const interval = view.getInt8(nla + 4);
  const ewma = view.getUint8(nla + 5);
  if (interval < -2 || interval > 3 || ewma === 0 || ewma >= 31) return -EINVAL;
  const e = new GenEstimator(k, of, interval + 2, ewma);
  arm(e);
  return e;
}

/** The rates now, bytes and packets a second (gen_estimator_read). @alpha */
export function genEstimatorRead(e: GenEstimator): { bps: number; pps: number } {
  return { bps: Math.floor(e.avbps), pps: Math.floor(e.avpps) };
}
