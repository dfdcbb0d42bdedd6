/** codel: one queue under CoDel (tc-codel(8)). */
import { NET_XMIT_SUCCESS, type Qdisc, qdiscDrop, qdiscEnqueued, qdiscLeft, qdiscPeekDequeued, qdiscPktLen, TCQ_F_CAN_BYPASS } from '@linnet/netdev';
import { NLA_U32 } from '@linnet/netlink';
import { DROP, kfreeSkbReason, type Skb, skbDequeue, skbQueueTail } from '@linnet/skbuff';
import { nlaGetU32, TCA_CODEL_CE_THRESHOLD, TCA_CODEL_ECN, TCA_CODEL_INTERVAL, TCA_CODEL_LIMIT, TCA_CODEL_MAX, TCA_CODEL_TARGET } from '@linnet/uapi';
import { CE_THRESHOLD_OFF, codelDequeue, codelEnqueued, CodelParams, type CodelQueue, CodelStats, codelToUs, codelUs, CodelVars } from './codel.ts';
import { pschedMtu } from './psched.ts';
import { parseOpt, payload, qdiscTreeReduceBacklog } from './tc-core.ts';
import type { TcQdiscOps } from './tc-types.ts';

const u32 = { type: NLA_U32 };
const POLICY = {
  maxtype: TCA_CODEL_MAX,
  rules: { [TCA_CODEL_TARGET]: u32, [TCA_CODEL_LIMIT]: u32, [TCA_CODEL_INTERVAL]: u32, [TCA_CODEL_ECN]: u32, [TCA_CODEL_CE_THRESHOLD]: u32 },
};
const XSTATS_LEN = 36;

class Codel implements CodelQueue {
  readonly sch: Qdisc;
  readonly params: CodelParams;
  readonly vars: CodelVars = new CodelVars();
  readonly stats: CodelStats = new CodelStats();
  dropOverlimit = 0;
  constructor(sch: Qdisc) {
    this.sch = sch;
    this.params = new CodelParams(pschedMtu(sch));
  }
  pop(): Skb | null {
    const skb = skbDequeue(this.sch.q);
    if (skb !== null) qdiscLeft(this.sch, skb);
    return skb;
  }
  drop(skb: Skb): void {
    this.sch.drops++;
    kfreeSkbReason(skb, DROP.QDISC_DROP);
  }
  left(): number {
    return this.sch.backlog;
  }
}

function change(sch: Qdisc, opt: Uint8Array, extack?: object | null): number {
  const q = sch.priv as Codel;
  const a = parseOpt(opt, POLICY, extack ?? null);
  if (typeof a === 'number') return a;
  const { view, tb } = a;
  if (tb[TCA_CODEL_TARGET] !== 0) q.params.target = codelUs(nlaGetU32(view, tb[TCA_CODEL_TARGET]!));
  if (tb[TCA_CODEL_CE_THRESHOLD] !== 0) q.params.ceThreshold = codelUs(nlaGetU32(view, tb[TCA_CODEL_CE_THRESHOLD]!));
  if (tb[TCA_CODEL_INTERVAL] !== 0) q.params.interval = codelUs(nlaGetU32(view, tb[TCA_CODEL_INTERVAL]!));
  if (tb[TCA_CODEL_LIMIT] !== 0) sch.limit = nlaGetU32(view, tb[TCA_CODEL_LIMIT]!);
  if (tb[TCA_CODEL_ECN] !== 0) q.params.ecn = nlaGetU32(view, tb[TCA_CODEL_ECN]!) !== 0;
  let n = 0;
  let len = 0;
  while (sch.q.qlen > sch.limit) {
    const skb = q.pop()!;
    n++;
    len += qdiscPktLen(skb);
    q.drop(skb);
  }
  qdiscTreeReduceBacklog(sch, n, len);
  return 0;
}

/** The discipline `codel`. @alpha */
export const CODEL_OPS: TcQdiscOps = Object.freeze({
  id: 'codel',
  init(sch: Qdisc, opt: Uint8Array | null, extack?: object | null): number {
    sch.limit = 1000;
    sch.priv = new Codel(sch);
    if (opt !== null) {
      const err = change(sch, opt, extack);
      if (err < 0) return err;
    }
    if (sch.limit >= 1) sch.flags |= TCQ_F_CAN_BYPASS;
    return 0;
  },
  change,
  enqueue(skb: Skb, sch: Qdisc): number {
    if (sch.q.qlen >= sch.limit) {
      (sch.priv as Codel).dropOverlimit++;
      return qdiscDrop(skb, sch, DROP.QDISC_OVERLIMIT);
    }
    codelEnqueued(skb, sch.dev.kernel);
    skbQueueTail(sch.q, skb);
    qdiscEnqueued(sch, skb);
    return NET_XMIT_SUCCESS;
  },
  dequeue(sch: Qdisc): Skb | null {
    const q = sch.priv as Codel;
    const skb = codelDequeue(q, q.params, q.vars, q.stats, sch.dev.kernel.ktime);
    if (q.stats.dropCount > 0) {
      qdiscTreeReduceBacklog(sch, q.stats.dropCount, q.stats.dropLen);
      q.stats.dropCount = 0;
      q.stats.dropLen = 0;
    }
    if (skb !== null) {
      sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
      sch.bytes += qdiscPktLen(skb);
    }
    return skb;
  },
  peek: qdiscPeekDequeued,
  reset(sch: Qdisc): void {
    const q = sch.priv as Codel;
    q.vars.count = q.vars.lastcount = q.vars.firstAbove = q.vars.dropNext = 0;
    q.vars.dropping = false;
  },
  dump(sch: Qdisc): Uint8Array {
    const { params } = sch.priv as Codel;
    return payload((w) => {
      w.putU32(TCA_CODEL_TARGET, codelToUs(params.target));
      w.putU32(TCA_CODEL_LIMIT, sch.limit);
      w.putU32(TCA_CODEL_INTERVAL, codelToUs(params.interval));
      w.putU32(TCA_CODEL_ECN, params.ecn ? 1 : 0);
      if (params.ceThreshold !== CE_THRESHOLD_OFF) w.putU32(TCA_CODEL_CE_THRESHOLD, codelToUs(params.ceThreshold));
    });
  },
  dumpStats(sch: Qdisc): Uint8Array {
    const q = sch.priv as Codel;
    const v = new DataView(new ArrayBuffer(XSTATS_LEN)); // datapath-ok: a dump
    const { vars, stats } = q;
    v.setUint32(0, stats.maxpacket, true);
    v.setUint32(4, vars.count, true);
    v.setUint32(8, vars.lastcount, true);
    v.setUint32(12, codelToUs(vars.ldelay), true);
    if (vars.dropping) v.setInt32(16, Math.trunc((vars.dropNext - sch.dev.kernel.ktime) / 1000), true);
    v.setUint32(20, q.dropOverlimit, true);
    v.setUint32(24, stats.ecnMark, true);
    v.setUint32(28, vars.dropping ? 1 : 0, true);
    v.setUint32(32, stats.ceMark, true);
    return new Uint8Array(v.buffer);
  },
});
