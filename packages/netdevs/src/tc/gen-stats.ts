/** Statistics of queues, classes and actions as attributes, in the form of today and in that of old (gen_stats.c). */
import {
  type NlWriter, TCA_STATS, TCA_STATS2, TCA_STATS_APP, TCA_STATS_BASIC, TCA_STATS_BASIC_HW, TCA_STATS_PKT64, TCA_STATS_QUEUE, TCA_STATS_RATE_EST,
  TCA_STATS_RATE_EST64, TCA_XSTATS,
} from '@linnet/uapi';
import { genEstimatorRead, type GenEstimator } from './gen-estimator.ts';

const U32 = 0x1_0000_0000;

function put64(w: NlWriter, off: number, v: number): void {
  w.view.setUint32(off, v % U32, true);
  w.view.setUint32(off + 4, Math.floor(v / U32), true);
}

/** What is counted of a queue. @alpha */
export interface QueueStats {
  readonly qlen: number;
  readonly backlog: number;
  readonly drops: number;
  readonly requeues: number;
  readonly overlimits: number;
}

/** Writes one TCA_STATS2 (or another nest), and behind it struct tc_stats for old readers (struct gnet_dump). @alpha */
export class StatsDump {
  readonly w: NlWriter;
  private readonly compat: number;
  private readonly compatApp: number;
  private bytes = 0;
  private packets = 0;
  private bps = 0;
  private pps = 0;
  private q: QueueStats | null = null;
  private xstats: Uint8Array | null = null;

  /** `compat` and `compatApp` are the attributes for struct tc_stats and what a discipline counts; 0 for none (gnet_stats_start_copy_compat). */
  constructor(w: NlWriter, type: number = TCA_STATS2, compat: number = TCA_STATS, compatApp: number = TCA_XSTATS) {
    this.w = w;
    this.compat = compat;
    this.compatApp = compatApp;
    w.nestStartNoflag(type);
  }
  basic(bytes: number, packets: number): void {
    this.bytes = bytes;
    this.packets = packets;
    this.putBasic(TCA_STATS_BASIC, bytes, packets);
  }
  /** What hardware counted: nothing. */
  basicHw(): void {
    this.putBasic(TCA_STATS_BASIC_HW, 0, 0);
  }
  private putBasic(type: number, bytes: number, packets: number): void {
    const off = this.w.reserveAttr(type, 16);
    put64(this.w, off, bytes);
    this.w.view.setUint32(off + 8, packets % U32, true);
    if (packets >= U32) put64(this.w, this.w.reserveAttr(TCA_STATS_PKT64, 8), packets);
  }
  rateEst(est: GenEstimator | null): void {
    if (est === null) return;
    const { bps, pps } = genEstimatorRead(est);
    this.bps = Math.min(bps, U32 - 1);
    this.pps = Math.min(pps, U32 - 1);
    const off = this.w.reserveAttr(TCA_STATS_RATE_EST, 8);
    this.w.view.setUint32(off, this.bps, true);
    this.w.view.setUint32(off + 4, this.pps, true);
    if (bps < U32) return;
    const big = this.w.reserveAttr(TCA_STATS_RATE_EST64, 16);
    put64(this.w, big, bps);
    put64(this.w, big + 8, pps);
  }
  queue(q: QueueStats): void {
    this.q = q;
    const off = this.w.reserveAttr(TCA_STATS_QUEUE, 20);
    const { view } = this.w;
    view.setUint32(off, q.qlen, true);
    view.setUint32(off + 4, q.backlog, true);
    view.setUint32(off + 8, q.drops, true);
    view.setUint32(off + 12, q.requeues, true);
    view.setUint32(off + 16, q.overlimits, true);
  }
  app(payload: Uint8Array): void {
    this.xstats = payload;
    this.w.putBytes(TCA_STATS_APP, payload);
  }
  /** Ends the nest and writes the old form. */
  finish(): void {
    const { w, q } = this;
    w.nestEnd();
    if (this.compat === 0) return;
    const off = w.reserveAttr(this.compat, 40);
    put64(w, off, this.bytes);
    const { view } = w;
    view.setUint32(off + 8, this.packets % U32, true);
    view.setUint32(off + 12, q?.drops ?? 0, true);
    view.setUint32(off + 16, q?.overlimits ?? 0, true);
    view.setUint32(off + 20, this.bps, true);
    view.setUint32(off + 24, this.pps, true);
    view.setUint32(off + 28, q?.qlen ?? 0, true);
    view.setUint32(off + 32, q?.backlog ?? 0, true);
    if (this.xstats !== null) w.putBytes(this.compatApp, this.xstats);
  }
}
