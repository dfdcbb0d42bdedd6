/** sfq: flows by a hash that changes now and then, each in its turn (tc-sfq(8)). Its RED mode is not there. */
import { delTimer, EINVAL, HZ, jhash3words, modTimer, type RngStream, TimerList } from '@linnet/kernel';
import { NET_XMIT_CN, NET_XMIT_SUCCESS, type Qdisc, qdiscDrop, qdiscEnqueued, qdiscLeft, qdiscPeekDequeued, qdiscPktLen, skbGetHash } from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb, skbDequeue, skbDequeueTail, SkbQueue, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';
import type { Tcmsg } from '@linnet/uapi';
import { tcfBlockGet, tcfBlockPut } from './cls-block.ts';
import type { StatsDump } from './gen-stats.ts';
import { pschedMtu } from './psched.ts';
import { CLASSIFY_NONE, CLASSIFY_OK, CLASSIFY_STOLEN, schClassify } from './sch-common.ts';
import { clNumber, qdiscTreeReduceBacklog, tcHMaj, tcHMin } from './tc-core.ts';
import { type TcClass, type TcClassOps, type TcfBlock, TcfResult, type TcQdiscOps } from './tc-types.ts';

/** struct tc_sfq_qopt, and the longer one with depth and RED. */
const QOPT_LEN = 20;
const QOPT_V1_LEN = 72;
const MAX_DEPTH = 127;
const MAX_FLOWS = 65536 - MAX_DEPTH - 1;
const DEFAULT_FLOWS = 128;
const DEFAULT_DIVISOR = 1024;

/** A flow with packets. */
class Slot {
  readonly index: number;
  readonly queue: SkbQueue = new SkbQueue();
  allot = 0;
  backlog = 0;
  constructor(index: number) {
    this.index = index;
  }
}

class Sfq {
  quantum: number;
  perturbPeriod = 0;
  limit: number = MAX_DEPTH;
  divisor: number = DEFAULT_DIVISOR;
  maxflows: number = DEFAULT_FLOWS;
  maxdepth: number = MAX_DEPTH;
  headdrop = false;
  perturbation: number;
  readonly rng: RngStream;
  readonly slots: Map<number, Slot> = new Map();
  /** Flows in turn; the first is next. */
  readonly ring: Slot[] = [];
  readonly timer: TimerList<Qdisc>;
  block: TcfBlock | null = null;
  readonly res: TcfResult = new TcfResult();
  constructor(sch: Qdisc) {
    this.quantum = pschedMtu(sch);
    this.rng = sch.dev.kernel.rng.stream('tc.sfq');
    this.perturbation = this.rng.u32() | 0;
    this.timer = new TimerList(perturb, sch);
  }
}

function priv(sch: Qdisc): Sfq {
  return sch.priv as Sfq;
}

function hash(q: Sfq, skb: Skb): number {
  return jhash3words(skbGetHash(skb), q.perturbation, 0, 0) & (q.divisor - 1);
}

/** The slot number of a packet from 1, 0 when a filter took it, -1 when it is dropped. */
function classify(skb: Skb, sch: Qdisc, q: Sfq): number {
  const minor = tcHMin(skb.priority);
  if (tcHMaj(skb.priority) === sch.handle && minor > 0 && minor <= q.divisor) return minor;
  if (q.block!.chain0 === null) return hash(q, skb) + 1;
  const r = schClassify(skb, sch, q.block!, q.res);
  if (r === CLASSIFY_OK) {
    const n = tcHMin(q.res.classid);
    if (n > 0 && n <= q.divisor) return n;
  }
  if (r === CLASSIFY_NONE || r === CLASSIFY_OK) {
    sch.drops++;
    kfreeSkbReason(skb, DROP.QDISC_DROP);
    return -1;
  }
  return r === CLASSIFY_STOLEN ? 0 : -1;
}

function unlist(q: Sfq, slot: Slot): void {
  q.slots.delete(slot.index);
  q.ring.splice(q.ring.indexOf(slot), 1);
}

/** Drops a packet of the longest flow (sfq_drop). */
function dropLongest(sch: Qdisc, q: Sfq): Slot | null {
  let long: Slot | null = null;
  for (const s of q.ring) if (long === null || s.queue.qlen > long.queue.qlen) long = s;
  if (long === null) return null;
  const skb = (q.headdrop ? skbDequeue(long.queue) : skbDequeueTail(long.queue))!;
  long.backlog -= qdiscPktLen(skb);
  qdiscLeft(sch, skb);
  sch.drops++;
  kfreeSkbReason(skb, DROP.QDISC_DROP);
  if (long.queue.qlen === 0) unlist(q, long);
  return long;
}

function enqueue(skb: Skb, sch: Qdisc): number {
  const q = priv(sch);
  const n = classify(skb, sch, q);
  if (n <= 0) return n === 0 ? NET_XMIT_SUCCESS : 1;
  let slot = q.slots.get(n);
  if (slot === undefined) {
    if (q.ring.length >= q.maxflows) return qdiscDrop(skb, sch, DROP.QDISC_DROP);
    slot = new Slot(n);
    slot.allot = q.quantum;
    q.slots.set(n, slot);
    q.ring.push(slot);
  } else if (slot.queue.qlen >= q.maxdepth) {
    if (!q.headdrop) return qdiscDrop(skb, sch, DROP.QDISC_DROP);
    const old = skbDequeue(slot.queue)!;
    const gone = qdiscPktLen(old);
    slot.backlog -= gone;
    qdiscLeft(sch, old);
    sch.drops++;
    kfreeSkbReason(old, DROP.QDISC_DROP);
    put(skb, sch, slot);
    qdiscTreeReduceBacklog(sch, 0, gone - qdiscPktLen(skb));
    return NET_XMIT_CN;
  }
  put(skb, sch, slot);
  if (sch.qlen <= q.limit) return NET_XMIT_SUCCESS;
  const { qlen, backlog } = sch;
  const victim = dropLongest(sch, q);
  if (victim === slot) return NET_XMIT_CN;
  qdiscTreeReduceBacklog(sch, qlen - sch.qlen, backlog - sch.backlog);
  return NET_XMIT_SUCCESS;
}

function put(skb: Skb, sch: Qdisc, slot: Slot): void {
  skbQueueTail(slot.queue, skb);
  slot.backlog += qdiscPktLen(skb);
  qdiscEnqueued(sch, skb);
}

function dequeue(sch: Qdisc): Skb | null {
  const q = priv(sch);
  const { ring } = q;
  for (;;) {
    const slot = ring[0];
    if (slot === undefined) return null;
    if (slot.allot <= 0) {
      slot.allot += q.quantum;
      ring.push(ring.shift()!);
      continue;
    }
    const skb = skbDequeue(slot.queue)!;
    const len = qdiscPktLen(skb);
    slot.backlog -= len;
    qdiscLeft(sch, skb);
    sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
    sch.bytes += len;
    if (slot.queue.qlen === 0) unlist(q, slot);
    else slot.allot -= len;
    return skb;
  }
}

/** Another hash: what waits is sorted anew. */
function perturb(sch: Qdisc): void {
  const q = priv(sch);
  q.perturbation = q.rng.u32() | 0;
  if (q.block!.chain0 === null) {
    const waiting: Skb[] = [];
    for (const slot of q.ring) for (let skb = skbDequeue(slot.queue); skb !== null; skb = skbDequeue(slot.queue)) waiting.push(skb);
    q.ring.length = 0;
    q.slots.clear();
    for (const skb of waiting) {
      const n = hash(q, skb) + 1;
      let slot = q.slots.get(n);
      if (slot === undefined) {
        slot = new Slot(n);
        slot.allot = q.quantum;
        q.slots.set(n, slot);
        q.ring.push(slot);
      }
      skbQueueTail(slot.queue, skb);
      slot.backlog += qdiscPktLen(skb);
    }
  }
  if (q.perturbPeriod > 0) modTimer(sch.dev.kernel, q.timer, (sch.dev.kernel.jiffies + q.perturbPeriod) | 0);
}

function change(sch: Qdisc, opt: Uint8Array): number {
  const q = priv(sch);
  if (opt.length < QOPT_LEN) return -EINVAL;
  const view = new DataView(opt.buffer, opt.byteOffset, opt.length); // datapath-ok: a request
  const u = (o: number): number => view.getUint32(o, true);
  const divisor = u(12);
  if (divisor !== 0 && ((divisor & (divisor - 1)) !== 0 || divisor > 65536)) return -EINVAL;
  const period = view.getInt32(4, true);
  if (period < 0 || period > 0x7fffffff / HZ) return -EINVAL;
  // A limit of one packet leaves no room for another flow.
  if (u(8) === 1) return -EINVAL;
  if (u(0) !== 0) q.quantum = u(0);
  q.perturbPeriod = period * HZ;
  if (u(16) !== 0) q.maxflows = Math.min(u(16), MAX_FLOWS);
  if (divisor !== 0) {
    q.divisor = divisor;
    q.maxflows = Math.min(q.maxflows, divisor);
  }
  if (opt.length >= QOPT_V1_LEN) {
    if (u(20) !== 0) q.maxdepth = Math.min(u(20), MAX_DEPTH);
    q.headdrop = u(24) !== 0;
  }
  if (u(8) !== 0) {
    q.limit = Math.min(u(8), q.maxdepth * q.maxflows);
    q.maxflows = Math.min(q.maxflows, q.limit);
  }
  const { qlen, backlog } = sch;
  while (sch.qlen > q.limit) dropLongest(sch, q);
  qdiscTreeReduceBacklog(sch, qlen - sch.qlen, backlog - sch.backlog);
  delTimer(sch.dev.kernel, q.timer);
  if (q.perturbPeriod > 0) modTimer(sch.dev.kernel, q.timer, (sch.dev.kernel.jiffies + q.perturbPeriod) | 0);
  return 0;
}

const CLASS_OPS: TcClassOps = {
  find: (): TcClass => 0,
  leaf: (): Qdisc | null => null,
  walk(sch: Qdisc, fn: (cl: TcClass) => boolean): void {
    for (const s of Array.from(priv(sch).slots.values()).sort((a, b) => a.index - b.index)) if (!fn(s.index)) return;
  },
  tcfBlock: (sch: Qdisc, cl: TcClass): TcfBlock | null => (cl === 0 ? priv(sch).block : null),
  bindTcf: (): TcClass => 0,
  dump(_sch: Qdisc, cl: TcClass, t: Tcmsg): void {
    t.handle = (t.handle | clNumber(cl)) >>> 0;
  },
  dumpStats(sch: Qdisc, cl: TcClass, d: StatsDump): void {
    const slot = priv(sch).slots.get(clNumber(cl))!;
    d.queue({ qlen: slot.queue.qlen, backlog: slot.backlog, drops: 0, requeues: 0, overlimits: 0 });
    const v = new DataView(new ArrayBuffer(4)); // datapath-ok: a dump
    v.setInt32(0, slot.allot, true);
    d.app(new Uint8Array(v.buffer));
  },
};

/** The discipline `sfq`. @alpha */
export const SFQ_OPS: TcQdiscOps = Object.freeze({
  id: 'sfq',
  classOps: CLASS_OPS,
  init(sch: Qdisc, opt: Uint8Array | null): number {
    const q = new Sfq(sch);
    sch.priv = q;
    const block = tcfBlockGet(sch, 0, null);
    if (typeof block === 'number') return block;
    q.block = block;
    return opt === null ? 0 : change(sch, opt);
  },
  change: (sch: Qdisc, opt: Uint8Array): number => change(sch, opt),
  enqueue,
  dequeue,
  peek: qdiscPeekDequeued,
  reset(sch: Qdisc): void {
    const q = priv(sch);
    for (const s of q.ring) skbQueuePurge(s.queue, DROP.QDISC_DROP);
    q.ring.length = 0;
    q.slots.clear();
  },
  destroy(sch: Qdisc): void {
    const q = sch.priv as Sfq | null;
    if (q === null) return;
    delTimer(sch.dev.kernel, q.timer);
    if (q.block !== null) tcfBlockPut(q.block);
  },
  dump(sch: Qdisc): Uint8Array {
    const q = priv(sch);
    const v = new DataView(new ArrayBuffer(QOPT_V1_LEN)); // datapath-ok: a dump
    const put32 = [q.quantum, q.perturbPeriod / HZ, q.limit, q.divisor, q.maxflows, q.maxdepth, q.headdrop ? 1 : 0];
    put32.forEach((n, i) => v.setUint32(4 * i, n, true));
    return new Uint8Array(v.buffer);
  },
});
