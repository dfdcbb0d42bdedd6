/** fq: a flow for each socket, in turn, each paced to the rate that its socket asks for (tc-fq(8)). */
import { EINVAL } from '@linnet/kernel';
import {
  NET_XMIT_SUCCESS, type Qdisc, qdiscDrop, qdiscEnqueued, type QdiscExtack, qdiscLeft, qdiscPeekDequeued, qdiscPktLen, QdiscWatchdog, qdiscWatchdogCancel, qdiscWatchdogSchedule, skbGetHash,
} from '@linnet/netdev';
import { NLA_U32, NLA_U8 } from '@linnet/netlink';
import { DROP, kfreeSkbReason, type Skb, skbDequeue, skbDequeueTail, SkbQueue, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';
import {
  nlaGetU32, TC_PRIO_CONTROL, TC_PRIO_MAX, TCA_FQ_BUCKETS_LOG, TCA_FQ_CE_THRESHOLD, TCA_FQ_FLOW_MAX_RATE, TCA_FQ_FLOW_PLIMIT, TCA_FQ_FLOW_REFILL_DELAY,
  TCA_FQ_HORIZON, TCA_FQ_HORIZON_DROP, TCA_FQ_INITIAL_QUANTUM, TCA_FQ_LOW_RATE_THRESHOLD, TCA_FQ_MAX, TCA_FQ_ORPHAN_MASK, TCA_FQ_PLIMIT, TCA_FQ_QUANTUM, TCA_FQ_RATE_ENABLE,
  TCA_FQ_TIMER_SLACK,
} from '@linnet/uapi';
import { CE_THRESHOLD_OFF, ecnSetCe } from './codel.ts';
import { pschedMtu } from './psched.ts';
import { parseOpt, payload, qdiscTreeReduceBacklog } from './tc-core.ts';
import type { TcQdiscOps } from './tc-types.ts';

const u32 = { type: NLA_U32 };
const POLICY = Object.freeze({
  maxtype: TCA_FQ_MAX,
  rules: Object.fromEntries(Array.from({ length: TCA_FQ_MAX }, (_, i) => [i + 1, i + 1 === TCA_FQ_HORIZON_DROP ? { type: NLA_U8 } : u32])),
});
const NSEC = 1e9;
const NO_RATE = 0xffffffff;
/** No packet waits longer for its rate. */
const MAX_WAIT = 1e9;

/** The packets of one socket, or of those without one that share a hash. */
class Flow {
  readonly queue: SkbQueue = new SkbQueue();
  credit = 0;
  /** Bytes that were sent since the flow last waited for its rate. */
  owed = 0;
  /** When the next packet may leave, ns. */
  nextAt = 0;
  /** When it ran dry. */
  quietSince = 0;
  listed = false;
  /** Does it wait for its rate? */
  waiting = false;
}

class Fq {
  plimit = 10_000;
  flowPlimit = 100;
  quantum: number;
  initialQuantum: number;
  refillDelay = 40_000_000;
  maxRate = NO_RATE;
  rateEnable = true;
  orphanMask = 1023;
  lowRate = Math.floor(550_000 / 8);
  ceThreshold: number = CE_THRESHOLD_OFF;
  bucketsLog = 10;
  timerSlack = 10_000;
  horizon = 10_000_000_000;
  horizonDrop = 1;
  /** Flows of sockets, and of packets without one by hash. */
  readonly bySocket: Map<object, Flow> = new Map();
  readonly byHash: Map<number, Flow> = new Map();
  /** What goes before all others: packets of TC_PRIO_CONTROL. */
  readonly express: Flow = new Flow();
  readonly fresh: Flow[] = [];
  readonly old: Flow[] = [];
  /** Flows that wait for their rate, the first to go first. */
  readonly delayed: Flow[] = [];
  readonly watchdog: QdiscWatchdog;
  /** When quiet flows were last forgotten. */
  sweptAt = 0;
  gcFlows = 0;
  highprio = 0;
  waits = 0;
  flowsPlimit = 0;
  ceMark = 0;
  constructor(sch: Qdisc) {
    this.quantum = 2 * pschedMtu(sch);
    this.initialQuantum = 10 * pschedMtu(sch);
    this.watchdog = new QdiscWatchdog(sch);
  }
}

function priv(sch: Qdisc): Fq {
  return sch.priv as Fq;
}

/** Forgets the flows that have been quiet for so long that they would begin anew all the same. */
function sweep(q: Fq, now: number): void {
  if (now - q.sweptAt < q.refillDelay) return;
  q.sweptAt = now;
  q.gcFlows += sweepMap(q.bySocket, now - q.refillDelay) + sweepMap(q.byHash, now - q.refillDelay);
}
function sweepMap<K>(map: Map<K, Flow>, before: number): number {
  const { size } = map;
  map.forEach((f, key) => {
    if (!f.listed && !f.waiting && f.quietSince < before) map.delete(key);
  });
  return size - map.size;
}

/** A packet's flow. */
function classify(skb: Skb, q: Fq, now: number): Flow {
  if ((skb.priority & TC_PRIO_MAX) === TC_PRIO_CONTROL) {
    q.highprio++;
    return q.express;
  }
  const sk = skb.sk as (object & { pacingRate?: number }) | null;
  let f: Flow | undefined;
  if (sk !== null) {
    f = q.bySocket.get(sk);
    if (f === undefined) q.bySocket.set(sk, (f = new Flow()));
    else return f;
  } else {
    const h = skbGetHash(skb) & q.orphanMask;
    f = q.byHash.get(h);
    if (f === undefined) q.byHash.set(h, (f = new Flow()));
    else return f;
  }
  f.credit = q.initialQuantum;
  f.quietSince = now;
  if (q.bySocket.size + q.byHash.size > 2 << q.bucketsLog) sweep(q, now);
  return f;
}

function enqueue(skb: Skb, sch: Qdisc): number {
  const q = priv(sch);
  if (sch.qlen >= sch.limit) return qdiscDrop(skb, sch, DROP.QDISC_OVERLIMIT);
  const now = sch.dev.kernel.ktime;
  const f = classify(skb, q, now);
  if (f !== q.express && f.queue.qlen >= q.flowPlimit) {
    q.flowsPlimit++;
    return qdiscDrop(skb, sch, DROP.QDISC_DROP);
  }
  skb.cbTime = now;
  skbQueueTail(f.queue, skb);
  qdiscEnqueued(sch, skb);
  if (f !== q.express && !f.listed && !f.waiting) {
    if (now - f.quietSince > q.refillDelay) f.credit = Math.max(f.credit, q.quantum);
    f.listed = true;
    q.fresh.push(f);
  }
  return NET_XMIT_SUCCESS;
}

/** Flows whose time has come stand in line again. */
function resume(q: Fq, now: number): void {
  while (q.delayed.length > 0 && q.delayed[0]!.nextAt <= now) {
    const f = q.delayed.shift()!;
    f.waiting = false;
    f.listed = true;
    q.old.push(f);
  }
}

/** A flow leaves the line until it may send again. */
function suspend(q: Fq, f: Flow): void {
  f.waiting = true;
  f.listed = false;
  q.waits++;
  let i = q.delayed.length;
  while (i > 0 && q.delayed[i - 1]!.nextAt > f.nextAt) i--;
  q.delayed.splice(i, 0, f);
}

function take(sch: Qdisc, skb: Skb): Skb {
  qdiscLeft(sch, skb);
  sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
  sch.bytes += qdiscPktLen(skb);
  return skb;
}

function dequeue(sch: Qdisc): Skb | null {
  const q = priv(sch);
  if (sch.qlen === 0) return null;
  const urgent = skbDequeue(q.express.queue);
  if (urgent !== null) return take(sch, urgent);
  const now = sch.dev.kernel.ktime;
  resume(q, now);
  for (;;) {
    const list = q.fresh.length > 0 ? q.fresh : q.old;
    const f = list[0];
    if (f === undefined) {
      if (q.delayed.length > 0) qdiscWatchdogSchedule(q.watchdog, q.delayed[0]!.nextAt);
      return null;
    }
    if (f.credit <= 0) {
      f.credit += q.quantum;
      list.shift();
      q.old.push(f);
      continue;
    }
    const head = f.queue.head;
    if (head === null) {
      list.shift();
      if (list === q.fresh && q.old.length > 0) q.old.push(f);
      else {
        f.listed = false;
        f.quietSince = now;
      }
      continue;
    }
    if (f.nextAt > now && q.rateEnable) {
      list.shift();
      suspend(q, f);
      continue;
    }
    const skb = take(sch, skbDequeue(f.queue)!);
    const len = qdiscPktLen(skb);
    if (now - skb.cbTime > q.ceThreshold && ecnSetCe(skb)) q.ceMark++;
    f.credit -= len;
    if (q.rateEnable) pace(q, f, skb, len, now);
    return skb;
  }
}

/** When the flow may send again: once its credit is used up it waits for what it sent, but not for the quantum before that; slow flows wait for each packet. */
function pace(q: Fq, f: Flow, skb: Skb, len: number, now: number): void {
  let rate = q.maxRate;
  const sk = skb.sk as { pacingRate?: number } | null;
  if (sk !== null && sk.pacingRate !== undefined && sk.pacingRate > 0) rate = Math.min(rate, sk.pacingRate);
  if (rate >= NO_RATE || rate <= 0) {
    f.owed = 0;
    return;
  }
  f.owed = Math.min(f.owed + len, Math.max(len, q.quantum));
  if (rate <= q.lowRate) f.credit = 0;
  else if (f.credit > 0) return;
  // The rate may have changed by then: nobody waits for long.
  f.nextAt = now + Math.min((f.owed * NSEC) / rate, MAX_WAIT);
  f.owed = 0;
}

function change(sch: Qdisc, opt: Uint8Array, extack?: QdiscExtack | null): number {
  const q = priv(sch);
  const a = parseOpt(opt, POLICY, extack ?? null);
  if (typeof a === 'number') return a;
  const { view, tb } = a;
  const has = (t: number): boolean => tb[t] !== 0;
  const get = (t: number): number => nlaGetU32(view, tb[t]!);
  if (has(TCA_FQ_BUCKETS_LOG)) {
    const log = get(TCA_FQ_BUCKETS_LOG);
    if (log < 1 || log > 18) return -EINVAL;
    q.bucketsLog = log;
  }
  if (has(TCA_FQ_PLIMIT)) sch.limit = get(TCA_FQ_PLIMIT);
  if (has(TCA_FQ_FLOW_PLIMIT)) q.flowPlimit = get(TCA_FQ_FLOW_PLIMIT);
  if (has(TCA_FQ_QUANTUM)) {
    const n = get(TCA_FQ_QUANTUM);
    if (n === 0 || n > 1 << 20) {
      if (extack !== null && extack !== undefined) extack.msg = 'invalid quantum';
      return -EINVAL;
    }
    q.quantum = n;
  }
  if (has(TCA_FQ_INITIAL_QUANTUM)) q.initialQuantum = get(TCA_FQ_INITIAL_QUANTUM);
  if (has(TCA_FQ_FLOW_MAX_RATE)) q.maxRate = get(TCA_FQ_FLOW_MAX_RATE);
  if (has(TCA_FQ_LOW_RATE_THRESHOLD)) q.lowRate = get(TCA_FQ_LOW_RATE_THRESHOLD);
  if (has(TCA_FQ_RATE_ENABLE)) {
    const on = get(TCA_FQ_RATE_ENABLE);
    if (on > 1) return -EINVAL;
    q.rateEnable = on === 1;
  }
  if (has(TCA_FQ_FLOW_REFILL_DELAY)) q.refillDelay = get(TCA_FQ_FLOW_REFILL_DELAY) * 1000;
  if (has(TCA_FQ_ORPHAN_MASK)) q.orphanMask = get(TCA_FQ_ORPHAN_MASK);
  if (has(TCA_FQ_CE_THRESHOLD)) q.ceThreshold = get(TCA_FQ_CE_THRESHOLD) === 0xffffffff ? CE_THRESHOLD_OFF : get(TCA_FQ_CE_THRESHOLD) * 1000;
  if (has(TCA_FQ_TIMER_SLACK)) q.timerSlack = get(TCA_FQ_TIMER_SLACK);
  if (has(TCA_FQ_HORIZON)) q.horizon = get(TCA_FQ_HORIZON) * 1000;
  if (has(TCA_FQ_HORIZON_DROP)) q.horizonDrop = view.getUint8(tb[TCA_FQ_HORIZON_DROP]! + 4);
  const { qlen, backlog } = sch;
  while (sch.qlen > sch.limit) {
    const f = q.old[0] ?? q.fresh[0] ?? q.delayed[0] ?? q.express;
    const skb = skbDequeueTail(f.queue);
    if (skb === null) break;
    qdiscLeft(sch, skb);
    kfreeSkbReason(skb, DROP.QDISC_DROP);
  }
  qdiscTreeReduceBacklog(sch, qlen - sch.qlen, backlog - sch.backlog);
  return 0;
}

/** The discipline `fq`. @alpha */
export const FQ_OPS: TcQdiscOps = Object.freeze({
  id: 'fq',
  init(sch: Qdisc, opt: Uint8Array | null, extack?: QdiscExtack | null): number {
    const q = new Fq(sch);
    sch.priv = q;
    sch.limit = q.plimit;
    return opt === null ? 0 : change(sch, opt, extack);
  },
  change,
  enqueue,
  dequeue,
  peek: qdiscPeekDequeued,
  reset(sch: Qdisc): void {
    const q = priv(sch);
    for (const f of [q.express, ...q.bySocket.values(), ...q.byHash.values()]) skbQueuePurge(f.queue, DROP.QDISC_DROP); // datapath-ok: the queue is emptied
    q.bySocket.clear();
    q.byHash.clear();
    q.fresh.length = q.old.length = q.delayed.length = 0;
    qdiscWatchdogCancel(q.watchdog);
  },
  destroy(sch: Qdisc): void {
    const q = sch.priv as Fq | null;
    if (q !== null) qdiscWatchdogCancel(q.watchdog);
  },
  dump(sch: Qdisc): Uint8Array {
    const q = priv(sch);
    return payload((w) => {
      w.putU32(TCA_FQ_PLIMIT, sch.limit);
      w.putU32(TCA_FQ_FLOW_PLIMIT, q.flowPlimit);
      w.putU32(TCA_FQ_QUANTUM, q.quantum);
      w.putU32(TCA_FQ_INITIAL_QUANTUM, q.initialQuantum);
      w.putU32(TCA_FQ_RATE_ENABLE, q.rateEnable ? 1 : 0);
      w.putU32(TCA_FQ_FLOW_MAX_RATE, q.maxRate);
      w.putU32(TCA_FQ_FLOW_REFILL_DELAY, Math.floor(q.refillDelay / 1000));
      w.putU32(TCA_FQ_ORPHAN_MASK, q.orphanMask);
      w.putU32(TCA_FQ_LOW_RATE_THRESHOLD, q.lowRate);
      w.putU32(TCA_FQ_CE_THRESHOLD, q.ceThreshold === CE_THRESHOLD_OFF ? 0xffffffff : Math.floor(q.ceThreshold / 1000));
      w.putU32(TCA_FQ_BUCKETS_LOG, q.bucketsLog);
      w.putU32(TCA_FQ_TIMER_SLACK, q.timerSlack);
      w.putU32(TCA_FQ_HORIZON, Math.floor(q.horizon / 1000));
      w.putU8(TCA_FQ_HORIZON_DROP, q.horizonDrop);
    });
  },
  dumpStats(sch: Qdisc): Uint8Array {
    const q = priv(sch);
    // struct tc_fq_qd_stats: eight u64, four u32, four u64
    const v = new DataView(new ArrayBuffer(112)); // datapath-ok: a dump
    const put64 = (o: number, n: number): void => {
      v.setUint32(o, n >>> 0, true);
      v.setUint32(o + 4, Math.floor(n / 0x1_0000_0000), true);
    };
    put64(0, q.gcFlows);
    put64(8, q.highprio);
    put64(24, q.waits);
    put64(32, q.flowsPlimit);
    put64(56, q.delayed.length === 0 ? 0 : Math.max(0, q.delayed[0]!.nextAt - sch.dev.kernel.ktime));
    const flows = q.bySocket.size + q.byHash.size;
    v.setUint32(64, flows, true);
    v.setUint32(68, flows - q.fresh.length - q.old.length - q.delayed.length, true);
    v.setUint32(72, q.delayed.length, true);
    put64(80, q.ceMark);
    return new Uint8Array(v.buffer);
  },
});

