/** fq_codel: flows by hash, in turn, each under CoDel; new flows go first (RFC 8290, tc-fq_codel(8)). */
import { EINVAL } from '@linnet/kernel';
import { NET_XMIT_CN, NET_XMIT_SUCCESS, type Qdisc, qdiscEnqueued, type QdiscExtack, qdiscLeft, qdiscPeekDequeued, qdiscPktLen, skbGetHash, TCQ_F_CAN_BYPASS } from '@linnet/netdev';
import { NLA_U32, NLA_U8 } from '@linnet/netlink';
import { DROP, kfreeSkbReason, type Skb, skbDequeue, SkbQueue, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';
import {
  nlaGetU32, nlaGetU8, TCA_FQ_CODEL_CE_THRESHOLD, TCA_FQ_CODEL_CE_THRESHOLD_MASK, TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR, TCA_FQ_CODEL_DROP_BATCH_SIZE, TCA_FQ_CODEL_ECN, TCA_FQ_CODEL_FLOWS,
  TCA_FQ_CODEL_INTERVAL, TCA_FQ_CODEL_LIMIT, TCA_FQ_CODEL_MAX, TCA_FQ_CODEL_MEMORY_LIMIT, TCA_FQ_CODEL_QUANTUM, TCA_FQ_CODEL_TARGET, TCA_FQ_CODEL_XSTATS_CLASS,
  TCA_FQ_CODEL_XSTATS_QDISC, type Tcmsg,
} from '@linnet/uapi';
import { tcfBlockGet, tcfBlockPut } from './cls-block.ts';
import { CE_THRESHOLD_OFF, codelDequeue, codelEnqueued, CodelParams, type CodelQueue, CodelStats, codelToUs, codelUs, CodelVars } from './codel.ts';
import type { StatsDump } from './gen-stats.ts';
import { pschedMtu } from './psched.ts';
import { CLASSIFY_NONE, CLASSIFY_OK, CLASSIFY_STOLEN, schClassify } from './sch-common.ts';
import { clNumber, parseOpt, payload, qdiscTreeReduceBacklog, tcHMaj, tcHMin } from './tc-core.ts';
import { type TcClass, type TcClassOps, type TcfBlock, TcfResult, type TcQdiscOps } from './tc-types.ts';

const u32 = { type: NLA_U32 };
const POLICY = {
  maxtype: TCA_FQ_CODEL_MAX,
  rules: {
    [TCA_FQ_CODEL_TARGET]: u32, [TCA_FQ_CODEL_LIMIT]: u32, [TCA_FQ_CODEL_INTERVAL]: u32, [TCA_FQ_CODEL_ECN]: u32, [TCA_FQ_CODEL_FLOWS]: u32,
    [TCA_FQ_CODEL_QUANTUM]: { type: NLA_U32, max: 1 << 20 }, [TCA_FQ_CODEL_CE_THRESHOLD]: u32, [TCA_FQ_CODEL_DROP_BATCH_SIZE]: u32, [TCA_FQ_CODEL_MEMORY_LIMIT]: u32,
    [TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR]: { type: NLA_U8 }, [TCA_FQ_CODEL_CE_THRESHOLD_MASK]: { type: NLA_U8 },
  },
};
const XSTATS_LEN = 40;

/** A flow. The lists of flows are linked through `next`. */
class Flow implements CodelQueue {
  readonly owner: FqCodel;
  readonly queue: SkbQueue = new SkbQueue();
  readonly vars: CodelVars = new CodelVars();
  backlog = 0;
  deficit = 0;
  listed = false;
  next: Flow | null = null;
  constructor(owner: FqCodel) {
    this.owner = owner;
  }
  pop(): Skb | null {
    const skb = skbDequeue(this.queue);
    if (skb === null) return null;
    this.backlog -= qdiscPktLen(skb);
    this.owner.memoryUsage -= skb.truesize;
    qdiscLeft(this.owner.sch, skb);
    return skb;
  }
  drop(skb: Skb): void {
    this.owner.sch.drops++;
    kfreeSkbReason(skb, DROP.QDISC_DROP);
  }
  left(): number {
    return this.owner.sch.backlog;
  }
}

/** A list of flows. */
class FlowList {
  head: Flow | null = null;
  tail: Flow | null = null;
  n = 0;
  push(f: Flow): void {
    f.next = null;
    f.listed = true;
    if (this.tail === null) this.head = f;
    else this.tail.next = f;
    this.tail = f;
    this.n++;
  }
  shift(): Flow {
    const f = this.head!;
    this.head = f.next;
    if (this.head === null) this.tail = null;
    f.next = null;
    f.listed = false;
    this.n--;
    return f;
  }
}

class FqCodel {
  readonly sch: Qdisc;
  flows: Flow[] = [];
  flowsCnt = 1024;
  quantum: number;
  dropBatch = 64;
  memoryLimit: number = 32 << 20;
  memoryUsage = 0;
  dropOvermemory = 0;
  dropOverlimit = 0;
  newFlowCount = 0;
  ceSelector = 0;
  ceMask = 0;
  readonly params: CodelParams;
  readonly stats: CodelStats = new CodelStats();
  readonly fresh: FlowList = new FlowList();
  readonly old: FlowList = new FlowList();
  block: TcfBlock | null = null;
  readonly res: TcfResult = new TcfResult();
  constructor(sch: Qdisc) {
    this.sch = sch;
    this.quantum = pschedMtu(sch);
    this.params = new CodelParams(pschedMtu(sch));
    this.params.ecn = true;
  }
}

function priv(sch: Qdisc): FqCodel {
  return sch.priv as FqCodel;
}

/** The number of a packet's flow, from 1; 0 when a filter took it with success, -1 when it is dropped. */
function classify(skb: Skb, sch: Qdisc, q: FqCodel): number {
  const minor = tcHMin(skb.priority);
  if (tcHMaj(skb.priority) === sch.handle && minor > 0 && minor <= q.flowsCnt) return minor;
  if (q.block!.chain0 === null) return Math.floor(((skbGetHash(skb) >>> 0) * q.flowsCnt) / 0x1_0000_0000) + 1;
  const r = schClassify(skb, sch, q.block!, q.res);
  if (r === CLASSIFY_OK) {
    const n = tcHMin(q.res.classid);
    if (n > 0 && n <= q.flowsCnt) return n;
  }
  if (r === CLASSIFY_NONE || r === CLASSIFY_OK) {
    sch.drops++;
    kfreeSkbReason(skb, DROP.QDISC_DROP);
    return -1;
  }
  return r === CLASSIFY_STOLEN ? 0 : -1;
}

/** Drops up to half of the fattest flow. Returns that flow (fq_codel_drop). */
function dropFattest(sch: Qdisc, q: FqCodel): Flow {
  const { flows } = q;
  let fat = flows[0]!;
  for (let i = 1; i < flows.length; i++) if (flows[i]!.backlog > fat.backlog) fat = flows[i]!;
  const threshold = fat.backlog / 2;
  let len = 0;
  let n = 0;
  do {
    const skb = fat.pop();
    if (skb === null) break;
    len += qdiscPktLen(skb);
    fat.drop(skb);
    n++;
  } while (n < q.dropBatch && len < threshold);
  // The flow is told off for it: CoDel counts them as its own drops.
  fat.vars.count += n;
  return fat;
}

function enqueue(skb: Skb, sch: Qdisc): number {
  const q = priv(sch);
  const n = classify(skb, sch, q);
  if (n <= 0) return n === 0 ? NET_XMIT_SUCCESS : 1;
  const flow = q.flows[n - 1]!;
  codelEnqueued(skb, sch.dev.kernel);
  skbQueueTail(flow.queue, skb);
  flow.backlog += qdiscPktLen(skb);
  qdiscEnqueued(sch, skb);
  q.memoryUsage += skb.truesize;
  if (!flow.listed) {
    q.fresh.push(flow);
    q.newFlowCount++;
    flow.deficit = q.quantum;
  }
  const full = q.memoryUsage > q.memoryLimit;
  if (sch.qlen <= sch.limit && !full) return NET_XMIT_SUCCESS;
  const { qlen, backlog } = sch;
  const len = qdiscPktLen(skb);
  const victim = dropFattest(sch, q);
  const gone = qlen - sch.qlen;
  q.dropOverlimit += gone;
  if (full) q.dropOvermemory += gone;
  if (victim === flow) {
    // The sender hears of congestion; whoever counts above does not count this packet then.
    qdiscTreeReduceBacklog(sch, gone - 1, backlog - sch.backlog - len);
    return NET_XMIT_CN;
  }
  qdiscTreeReduceBacklog(sch, gone, backlog - sch.backlog);
  return NET_XMIT_SUCCESS;
}

function dequeue(sch: Qdisc): Skb | null {
  const q = priv(sch);
  const now = sch.dev.kernel.ktime;
  for (;;) {
    const list = q.fresh.head !== null ? q.fresh : q.old;
    const flow = list.head;
    if (flow === null) return null;
    if (flow.deficit <= 0) {
      flow.deficit += q.quantum;
      q.old.push(list.shift());
      continue;
    }
    const skb = codelDequeue(flow, q.params, flow.vars, q.stats, now);
    if (q.stats.dropCount > 0) {
      qdiscTreeReduceBacklog(sch, q.stats.dropCount, q.stats.dropLen);
      q.stats.dropCount = 0;
      q.stats.dropLen = 0;
    }
    if (skb === null) {
      // A new flow that ran dry stands behind the old ones once, so that it cannot jump the queue all the time.
      const f = list.shift();
      if (list === q.fresh && q.old.head !== null) q.old.push(f);
      continue;
    }
    const len = qdiscPktLen(skb);
    sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
    sch.bytes += len;
    flow.deficit -= len;
    return skb;
  }
}

function change(sch: Qdisc, opt: Uint8Array, extack?: QdiscExtack | null): number {
  const q = priv(sch);
  const a = parseOpt(opt, POLICY, extack ?? null);
  if (typeof a === 'number') return a;
  const { view, tb } = a;
  const get = (t: number): number => nlaGetU32(view, tb[t]!);
  if (tb[TCA_FQ_CODEL_FLOWS] !== 0) {
    // The table of flows is made once.
    if (q.flows.length > 0) return -EINVAL;
    const n = get(TCA_FQ_CODEL_FLOWS);
    if (n === 0 || n > 65536) return -EINVAL;
    q.flowsCnt = n;
  }
  if (tb[TCA_FQ_CODEL_QUANTUM] !== 0) q.quantum = Math.max(256, get(TCA_FQ_CODEL_QUANTUM));
  if (tb[TCA_FQ_CODEL_TARGET] !== 0) q.params.target = codelUs(get(TCA_FQ_CODEL_TARGET));
  if (tb[TCA_FQ_CODEL_CE_THRESHOLD] !== 0) q.params.ceThreshold = codelUs(get(TCA_FQ_CODEL_CE_THRESHOLD));
  if (tb[TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR] !== 0) q.ceSelector = nlaGetU8(view, tb[TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR]!);
  if (tb[TCA_FQ_CODEL_CE_THRESHOLD_MASK] !== 0) q.ceMask = nlaGetU8(view, tb[TCA_FQ_CODEL_CE_THRESHOLD_MASK]!);
  if (tb[TCA_FQ_CODEL_INTERVAL] !== 0) q.params.interval = codelUs(get(TCA_FQ_CODEL_INTERVAL));
  if (tb[TCA_FQ_CODEL_LIMIT] !== 0) sch.limit = get(TCA_FQ_CODEL_LIMIT);
  if (tb[TCA_FQ_CODEL_ECN] !== 0) q.params.ecn = get(TCA_FQ_CODEL_ECN) !== 0;
  if (tb[TCA_FQ_CODEL_DROP_BATCH_SIZE] !== 0) q.dropBatch = Math.max(1, get(TCA_FQ_CODEL_DROP_BATCH_SIZE));
  if (tb[TCA_FQ_CODEL_MEMORY_LIMIT] !== 0) q.memoryLimit = Math.min(0x7fffffff, get(TCA_FQ_CODEL_MEMORY_LIMIT));
  const { qlen, backlog } = sch;
  while (sch.qlen > sch.limit || q.memoryUsage > q.memoryLimit) {
    const skb = dequeue(sch);
    if (skb === null) break;
    sch.drops++;
    kfreeSkbReason(skb, DROP.QDISC_DROP);
  }
  qdiscTreeReduceBacklog(sch, qlen - sch.qlen, backlog - sch.backlog);
  return 0;
}

const CLASS_OPS: TcClassOps = {
  find: (): TcClass => 0,
  leaf: (): Qdisc | null => null,
  walk(sch: Qdisc, fn: (cl: TcClass) => boolean): void {
    const { flows } = priv(sch);
    for (let i = 0; i < flows.length; i++) if (flows[i]!.listed && !fn(i + 1)) return;
  },
  tcfBlock: (sch: Qdisc, cl: TcClass): TcfBlock | null => (cl === 0 ? priv(sch).block : null),
  bindTcf: (): TcClass => 0,
  dump(_sch: Qdisc, cl: TcClass, t: Tcmsg): void {
    t.handle = (t.handle | clNumber(cl)) >>> 0;
  },
  dumpStats(sch: Qdisc, cl: TcClass, d: StatsDump): void {
    const flow = priv(sch).flows[clNumber(cl) - 1]!;
    const v = new DataView(new ArrayBuffer(XSTATS_LEN)); // datapath-ok: a dump
    v.setUint32(0, TCA_FQ_CODEL_XSTATS_CLASS, true);
    v.setInt32(4, flow.deficit, true);
    v.setUint32(8, codelToUs(flow.vars.ldelay), true);
    v.setUint32(12, flow.vars.count, true);
    v.setUint32(16, flow.vars.lastcount, true);
    v.setUint32(20, flow.vars.dropping ? 1 : 0, true);
    if (flow.vars.dropping) v.setInt32(24, Math.trunc((flow.vars.dropNext - sch.dev.kernel.ktime) / 1000), true);
    d.queue({ qlen: flow.queue.qlen, backlog: flow.backlog, drops: 0, requeues: 0, overlimits: 0 });
    d.app(new Uint8Array(v.buffer));
  },
};

/** The discipline `fq_codel`. @alpha */
export const FQ_CODEL_OPS: TcQdiscOps = Object.freeze({
  id: 'fq_codel',
  classOps: CLASS_OPS,
  init(sch: Qdisc, opt: Uint8Array | null, extack?: QdiscExtack | null): number {
    const q = new FqCodel(sch);
    sch.priv = q;
    sch.limit = 10 * 1024;
    if (opt !== null) {
      const err = change(sch, opt, extack);
      if (err < 0) return err;
    }
    const block = tcfBlockGet(sch, 0, extack ?? null);
    if (typeof block === 'number') return block;
    q.block = block;
    for (let i = 0; i < q.flowsCnt; i++) q.flows.push(new Flow(q));
    if (sch.limit >= 1) sch.flags |= TCQ_F_CAN_BYPASS;
    return 0;
  },
  change,
  enqueue,
  dequeue,
  peek: qdiscPeekDequeued,
  reset(sch: Qdisc): void {
    const q = priv(sch);
    for (const list of [q.fresh, q.old]) {
      while (list.head !== null) {
        const f = list.shift();
        skbQueuePurge(f.queue, DROP.QDISC_DROP);
        f.backlog = 0;
        f.vars.dropping = false;
        f.vars.count = f.vars.lastcount = f.vars.firstAbove = f.vars.dropNext = 0;
      }
    }
    q.memoryUsage = 0;
  },
  destroy(sch: Qdisc): void {
    const q = sch.priv as FqCodel | null;
    if (q !== null && q.block !== null) tcfBlockPut(q.block);
  },
  dump(sch: Qdisc): Uint8Array {
    const q = priv(sch);
    return payload((w) => {
      w.putU32(TCA_FQ_CODEL_TARGET, codelToUs(q.params.target));
      w.putU32(TCA_FQ_CODEL_LIMIT, sch.limit);
      w.putU32(TCA_FQ_CODEL_INTERVAL, codelToUs(q.params.interval));
      w.putU32(TCA_FQ_CODEL_ECN, q.params.ecn ? 1 : 0);
      w.putU32(TCA_FQ_CODEL_QUANTUM, q.quantum);
      w.putU32(TCA_FQ_CODEL_DROP_BATCH_SIZE, q.dropBatch);
      w.putU32(TCA_FQ_CODEL_MEMORY_LIMIT, q.memoryLimit);
      w.putU32(TCA_FQ_CODEL_FLOWS, q.flowsCnt);
      if (q.params.ceThreshold === CE_THRESHOLD_OFF) return;
      w.putU32(TCA_FQ_CODEL_CE_THRESHOLD, codelToUs(q.params.ceThreshold));
      w.putU8(TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR, q.ceSelector);
      w.putU8(TCA_FQ_CODEL_CE_THRESHOLD_MASK, q.ceMask);
    });
  },
  dumpStats(sch: Qdisc): Uint8Array {
    const q = priv(sch);
    const v = new DataView(new ArrayBuffer(XSTATS_LEN)); // datapath-ok: a dump
    const put = [
      TCA_FQ_CODEL_XSTATS_QDISC, q.stats.maxpacket, q.dropOverlimit, q.stats.ecnMark, q.newFlowCount, q.fresh.n, q.old.n, q.stats.ceMark, q.memoryUsage, q.dropOvermemory,
    ];
    put.forEach((n, i) => v.setUint32(4 * i, n, true));
    return new Uint8Array(v.buffer);
  },
});
