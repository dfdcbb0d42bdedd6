/**
 * netem: a queue that delays, loses, duplicates, corrupts and reorders, reproducibly from the kernel's seed (tc-netem(8)).
 */
import { EINVAL, type RngStream } from '@linnet/kernel';
import {
  devGraftQdisc, NET_XMIT_SUCCESS, NETIF_F_GSO_MASK, netifSkbFeatures, type NetDevice, type Qdisc, qdiscCreate, qdiscDequeued, qdiscDequeuePeeked, qdiscDrop, qdiscEnqueue, qdiscEnqueued,
  type QdiscExtack, qdiscPeekDequeued, qdiscPktLen, qdiscPktLenInit, qdiscReset, QdiscWatchdog, qdiscWatchdogCancel, qdiscWatchdogSchedule, skbGsoCut,
} from '@linnet/netdev';
import { NLA_NESTED, NLA_S64, NLA_U32, NLA_U64, NLA_UNSPEC, type NlaPolicyTable } from '@linnet/netlink';
import {
  CHECKSUM_NONE, DROP, kfreeSkbReason, skbAppend, skbChecksumHelp, skbClone, skbCopyBits, skbDequeue, skbHeadlen, skbOrphan, skbQueueHead, SkbQueue, skbQueuePurge, skbQueueTail,
  skbStoreBits, skbUnclone, skbLinearize, type Skb,
} from '@linnet/skbuff';
import {
  NETEM_LOSS_GE, NETEM_LOSS_GI, nlaForEachNested, nlaGetU64, nlaLen, nlaType, type NlWriter, TCA_NETEM_CORR, TCA_NETEM_CORRUPT, TCA_NETEM_DELAY_DIST, TCA_NETEM_ECN, TCA_NETEM_JITTER64,
  TCA_NETEM_LATENCY64, TCA_NETEM_LOSS, TCA_NETEM_PRNG_SEED, TCA_NETEM_RATE, TCA_NETEM_RATE64, TCA_NETEM_REORDER, TCA_NETEM_SLOT, TCA_NETEM_SLOT_DIST, type Tcmsg,
} from '@linnet/uapi';
import { ecnSetCe } from './tc/codel.ts';
import { pschedTicks2ns } from './tc/psched.ts';
import { parseOpt, payload, qdiscPurgeQueue, qdiscPut, qdiscTreeReduceBacklog } from './tc/tc-core.ts';
import type { TcClass, TcClassOps, TcQdiscOps } from './tc/tc-types.ts';

/** What a link does to packets. Probabilities are 0 to 1, times milliseconds. @public */
export interface NetemOptions {
  /** Delay of each packet, milliseconds. */
  readonly delay?: number;
  /** Spread of the delay, milliseconds. */
  readonly jitter?: number;
  /** How the spread is drawn: evenly (default) or normally. */
  readonly distribution?: 'uniform' | 'normal';
  /** Probability that a packet is lost. */
  readonly loss?: number;
  /** Probability that a packet is sent twice. */
  readonly duplicate?: number;
  /** Probability that one bit of a packet is turned over. */
  readonly corrupt?: number;
  /** Probability that a packet overtakes those that are being delayed. Needs a delay. */
  readonly reorder?: number;
  /** With `reorder`: only each gap-th packet may overtake. */
  readonly gap?: number;
  /** Bytes a second; 0 (default) for no limit. */
  readonly rate?: number;
  /** Packets that wait at most. Default 1000. */
  readonly limit?: number;
  /** Cut super-segments first, so that loss and the rest strike packets as a wire carries them. Default true; with false a super-segment is one packet, as for Linux's netem. */
  readonly segments?: boolean;
}

/** Random numbers of which each resembles the one before (crndstate): 0 for none, to 1. */
class Correlated {
  rho = 0;
  last = 0;

  /** From 0 up to, not including, 1 (get_crandom). */
  next(rng: RngStream): number {
    const x = rng.float();
    if (this.rho === 0) return x;
    this.last = x * (1 - this.rho) + this.last * this.rho;
    return this.last;
  }
}

/** Loss in a Markov chain: of four states (a general model) or of two (Gilbert and Elliot), tc-netem(8). */
class LossModel {
  /** 1: four states, with p13 p31 p32 p14 p23. 2: two states, with p r h k1. */
  readonly kind: number;
  /** As attributes have them: 2^32 is 1. */
  readonly raw: readonly number[];
  state = 1;
  constructor(kind: number, raw: readonly number[]) {
    this.kind = kind;
    this.raw = raw;
  }

  private p(i: number): number {
    return this.raw[i]! / 0x1_0000_0000;
  }
  /** Is the next packet lost? */
  lost(rng: RngStream): boolean {
    return this.kind === NETEM_LOSS_GI ? this.lost4(rng.float()) : this.lost2(rng);
  }
  /** States: 1 good, 2 good within a burst, 3 lost within a burst, 4 lost alone. */
  private lost4(x: number): boolean {
    switch (this.state) {
      case 1:
        if (x < this.p(3)) {
          this.state = 4;
          return true;
        }
        if (x < this.p(0) + this.p(3)) {
          this.state = 3;
          return true;
        }
        return false;
      case 2:
        if (x >= this.p(4)) return false;
        this.state = 3;
        return true;
      case 3:
        if (x < this.p(2)) {
          this.state = 2;
          return false;
        }
        if (x < this.p(1) + this.p(2)) {
          this.state = 1;
          return false;
        }
        return true;
      default:
        this.state = 1;
        return false;
    }
  }
  private lost2(rng: RngStream): boolean {
    if (this.state === 1) {
      if (rng.float() < this.p(0)) this.state = 2;
      return rng.float() < this.p(3);
    }
    if (rng.float() < this.p(1)) this.state = 1;
    return rng.float() > this.p(2);
  }
}

/** Packets leave in bunches (tc_netem_slot), ns. */
class Slots {
  minDelay = 0;
  maxDelay = 0;
  maxPackets = 0;
  maxBytes = 0;
  distDelay = 0;
  distJitter = 0;
  /** When the bunch leaves, and what it has room for. */
  nextAt = 0;
  packetsLeft = 0;
  bytesLeft = 0;
}

class Netem {
  delayNs = 0;
  jitterNs = 0;
  normal = false;
  /** How the spread is drawn: a table of deviations, 8192 to the standard deviation; null for an even one. */
  dist: Int16Array | null = null;
  loss = 0;
  lossModel: LossModel | null = null;
  duplicate = 0;
  corrupt = 0;
  reorder = 0;
  gap = 0;
  rate = 0;
  packetOverhead = 0;
  cellSize = 0;
  cellOverhead = 0;
  ecn = false;
  limit = 1000;
  segments = true;
  counter = 0;
  slots: Slots | null = null;
  slotDist: Int16Array | null = null;
  /** When the last packet that the rate was applied to is through, ns. */
  busyUntil = 0;
  seed: readonly [number, number];
  readonly delayCor: Correlated = new Correlated();
  readonly lossCor: Correlated = new Correlated();
  readonly dupCor: Correlated = new Correlated();
  readonly reorderCor: Correlated = new Correlated();
  readonly corruptCor: Correlated = new Correlated();
  rng: RngStream;
  /** A queue that packets go through when their time has come, or null. */
  child: Qdisc | null = null;
  readonly watchdog: QdiscWatchdog;
  /** Packets by the time at which they leave (`cbTime`). */
  readonly queue: SkbQueue = new SkbQueue();
  readonly one: Uint8Array = new Uint8Array(1);

  constructor(sch: Qdisc) {
    const { dev } = sch;
    this.rng = dev.kernel.rng.stream(`netem.${dev.net.inum}.${dev.ifindex}`); // datapath-ok: once a queue
    this.seed = [dev.kernel.rng.stream('netem.seed').u32(), 0];
    this.watchdog = new QdiscWatchdog(sch);
  }
}

/** Makes netem the root queue of a device, or changes its parameters. 0, or -EINVAL for a value out of range. @public */
export function netemSet(dev: NetDevice, opts: NetemOptions): number {
  const err = check(opts);
  if (err < 0) return err;
  return dev.kernel.run(() => {
    if (dev.qdiscSleeping.ops !== NETEM_OPS) {
      const q = qdiscCreate(dev, NETEM_OPS);
      if (typeof q === 'number') return q;
      devGraftQdisc(dev, q);
    }
    apply(dev.qdiscSleeping.priv as Netem, opts);
    return 0;
  });
}

/** Takes netem off a device; what waited in it is dropped. @public */
export function netemClear(dev: NetDevice): void {
  dev.kernel.run(() => {
    if (dev.qdiscSleeping.ops === NETEM_OPS) devGraftQdisc(dev, null);
  });
}

function check(o: NetemOptions): number {
  for (const p of [o.loss, o.duplicate, o.corrupt, o.reorder]) if (p !== undefined && !(p >= 0 && p <= 1)) return -EINVAL;
  for (const n of [o.delay, o.jitter, o.rate, o.limit, o.gap]) if (n !== undefined && !(n >= 0 && Number.isFinite(n))) return -EINVAL;
  return (o.reorder ?? 0) > 0 && (o.delay ?? 0) === 0 ? -EINVAL : 0;
}

function apply(q: Netem, o: NetemOptions): void {
  q.delayNs = Math.round((o.delay ?? 0) * 1e6);
  q.jitterNs = Math.round((o.jitter ?? 0) * 1e6);
  q.normal = o.distribution === 'normal';
  q.loss = o.loss ?? 0;
  q.duplicate = o.duplicate ?? 0;
  q.corrupt = o.corrupt ?? 0;
  q.reorder = o.reorder ?? 0;
  q.gap = o.gap ?? (q.reorder > 0 ? 1 : 0);
  q.rate = o.rate ?? 0;
  q.limit = o.limit ?? 1000;
  q.segments = o.segments ?? true;
  q.dist = null;
  q.lossModel = null;
}

const U32 = 0x1_0000_0000;
const QOPT_LEN = 24;
const DIST_MAX = 16384;
const POLICY: NlaPolicyTable = {
  maxtype: TCA_NETEM_PRNG_SEED,
  rules: {
    [TCA_NETEM_CORR]: { type: NLA_UNSPEC, len: 12 }, [TCA_NETEM_REORDER]: { type: NLA_UNSPEC, len: 8 }, [TCA_NETEM_CORRUPT]: { type: NLA_UNSPEC, len: 8 },
    [TCA_NETEM_RATE]: { type: NLA_UNSPEC, len: 16 }, [TCA_NETEM_LOSS]: { type: NLA_NESTED }, [TCA_NETEM_ECN]: { type: NLA_U32 }, [TCA_NETEM_RATE64]: { type: NLA_U64 },
    [TCA_NETEM_LATENCY64]: { type: NLA_S64 }, [TCA_NETEM_JITTER64]: { type: NLA_S64 }, [TCA_NETEM_SLOT]: { type: NLA_UNSPEC, len: 40 }, [TCA_NETEM_PRNG_SEED]: { type: NLA_U64 },
  },
};

/** A probability as attributes have it: 2^32 - 1 is 1. */
const fromU32 = (v: number): number => (v === 0xffffffff ? 1 : v / U32);
const toU32 = (p: number): number => Math.min(0xffffffff, Math.round(p * U32));

/** Reads a table of deviations; -EINVAL for one that is too long. */
function readDist(view: DataView, nla: number): Int16Array | number {
  const n = Math.floor(nlaLen(view, nla) / 2);
  if (n === 0 || n > DIST_MAX) return -EINVAL;
  const out = new Int16Array(n);
  for (let i = 0; i < n; i++) out[i] = view.getInt16(nla + 4 + 2 * i, true);
  return out;
}

/** Reads a loss model, the last of those that are there (get_loss_clg). */
function readLoss(view: DataView, nla: number): LossModel | number {
  let model: LossModel | number = -EINVAL;
  nlaForEachNested(view, nla, (a) => {
    const kind = nlaType(view, a);
    const n = kind === NETEM_LOSS_GI ? 5 : kind === NETEM_LOSS_GE ? 4 : 0;
    if (n === 0 || nlaLen(view, a) < 4 * n) model = -EINVAL;
    else model = new LossModel(kind, Array.from({ length: n }, (_, i) => view.getUint32(a + 4 + 4 * i, true))); // datapath-ok: a request
  });
  return model;
}

const s64 = (view: DataView, at: number): number => view.getUint32(at, true) + view.getInt32(at + 4, true) * U32;

/** Takes in what tc asks for: struct tc_netem_qopt, then attributes (netem_change). */
function change(sch: Qdisc, opt: Uint8Array, extack?: QdiscExtack | null): number {
  if (opt.length < QOPT_LEN) return -EINVAL;
  const q = sch.priv as Netem;
  const a = parseOpt(opt.subarray(QOPT_LEN), POLICY, extack ?? null); // datapath-ok: a request
  if (typeof a === 'number') return a;
  const { view, tb } = a;
  const o = opt.byteOffset;
  let model: LossModel | null = null;
  if (tb[TCA_NETEM_LOSS] !== 0) {
    const m = readLoss(view, tb[TCA_NETEM_LOSS]!);
    if (typeof m === 'number') return m;
    model = m;
  }
  const dists: (Int16Array | null)[] = [null, null];
  for (const [i, attr] of [TCA_NETEM_DELAY_DIST, TCA_NETEM_SLOT_DIST].entries()) {
    if (tb[attr] === 0) continue;
    const d = readDist(view, tb[attr]!);
    if (typeof d === 'number') return d;
    dists[i] = d;
  }
  const at = (t: number): number => tb[t]! + 4;
  q.lossModel = model;
  q.limit = view.getUint32(o + 4, true);
  q.delayNs = tb[TCA_NETEM_LATENCY64] !== 0 ? Math.max(0, s64(view, at(TCA_NETEM_LATENCY64))) : pschedTicks2ns(view.getUint32(o, true));
  q.jitterNs = tb[TCA_NETEM_JITTER64] !== 0 ? Math.abs(s64(view, at(TCA_NETEM_JITTER64))) : pschedTicks2ns(view.getUint32(o + 20, true));
  q.gap = view.getUint32(o + 12, true);
  q.counter = 0;
  q.loss = fromU32(view.getUint32(o + 8, true));
  q.duplicate = fromU32(view.getUint32(o + 16, true));
  // Without a probability of its own, every gap-th packet overtakes.
  q.reorder = q.gap !== 0 ? 1 : 0;
  q.normal = false;
  q.dist = dists[0] ?? q.dist;
  if (tb[TCA_NETEM_CORR] !== 0) {
    q.delayCor.rho = fromU32(view.getUint32(at(TCA_NETEM_CORR), true));
    q.lossCor.rho = fromU32(view.getUint32(at(TCA_NETEM_CORR) + 4, true));
    q.dupCor.rho = fromU32(view.getUint32(at(TCA_NETEM_CORR) + 8, true));
  }
  if (tb[TCA_NETEM_REORDER] !== 0) {
    q.reorder = fromU32(view.getUint32(at(TCA_NETEM_REORDER), true));
    q.reorderCor.rho = fromU32(view.getUint32(at(TCA_NETEM_REORDER) + 4, true));
  }
  if (tb[TCA_NETEM_CORRUPT] !== 0) {
    q.corrupt = fromU32(view.getUint32(at(TCA_NETEM_CORRUPT), true));
    q.corruptCor.rho = fromU32(view.getUint32(at(TCA_NETEM_CORRUPT) + 4, true));
  } else q.corrupt = 0;
  q.rate = 0;
  if (tb[TCA_NETEM_RATE] !== 0) {
    q.rate = view.getUint32(at(TCA_NETEM_RATE), true);
    q.packetOverhead = view.getInt32(at(TCA_NETEM_RATE) + 4, true);
    q.cellSize = view.getUint32(at(TCA_NETEM_RATE) + 8, true);
    q.cellOverhead = view.getInt32(at(TCA_NETEM_RATE) + 12, true);
  }
  if (tb[TCA_NETEM_RATE64] !== 0) q.rate = Math.max(q.rate, nlaGetU64(view, tb[TCA_NETEM_RATE64]!));
  q.ecn = tb[TCA_NETEM_ECN] !== 0 && view.getUint32(at(TCA_NETEM_ECN), true) !== 0;
  if (tb[TCA_NETEM_SLOT] !== 0) readSlots(q, view, at(TCA_NETEM_SLOT), dists[1]!);
  if (tb[TCA_NETEM_PRNG_SEED] !== 0) {
    q.seed = [view.getUint32(at(TCA_NETEM_PRNG_SEED), true), view.getUint32(at(TCA_NETEM_PRNG_SEED) + 4, true)];
    q.rng = sch.dev.kernel.rng.stream(`netem.seed.${q.seed[0]}.${q.seed[1]}`); // datapath-ok: a request
  }
  return 0;
}

function readSlots(q: Netem, view: DataView, o: number, dist: Int16Array | null): void {
  const s = new Slots();
  s.minDelay = s64(view, o);
  s.maxDelay = s64(view, o + 8);
  s.maxPackets = view.getInt32(o + 16, true);
  s.maxBytes = view.getInt32(o + 20, true);
  s.distDelay = s64(view, o + 24);
  s.distJitter = s64(view, o + 32);
  if (s.maxPackets === 0) s.maxPackets = 0x7fffffff;
  if (s.maxBytes === 0) s.maxBytes = 0x7fffffff;
  s.packetsLeft = s.maxPackets;
  s.bytesLeft = s.maxBytes;
  q.slotDist = dist;
  q.slots = s.minDelay === 0 && s.maxDelay === 0 && s.distJitter === 0 && s.distDelay === 0 ? null : s;
}

function putS64(view: DataView, at: number, v: number): void {
  view.setUint32(at, v % U32, true);
  view.setUint32(at + 4, Math.floor(v / U32), true);
}

/** The payload of TCA_OPTIONS (netem_dump). */
function dump(sch: Qdisc): Uint8Array {
  const q = sch.priv as Netem;
  return payload((w) => {
    const o = w.reserve(QOPT_LEN);
    const { view } = w;
    view.setUint32(o, Math.min(0xffffffff, Math.floor(q.delayNs / 64)), true);
    view.setUint32(o + 4, q.limit, true);
    view.setUint32(o + 8, toU32(q.loss), true);
    view.setUint32(o + 12, q.gap, true);
    view.setUint32(o + 16, toU32(q.duplicate), true);
    view.setUint32(o + 20, Math.min(0xffffffff, Math.floor(q.jitterNs / 64)), true);
    w.putU64(TCA_NETEM_LATENCY64, q.delayNs);
    w.putU64(TCA_NETEM_JITTER64, q.jitterNs);
    u32s(w, TCA_NETEM_CORR, [toU32(q.delayCor.rho), toU32(q.lossCor.rho), toU32(q.dupCor.rho)]);
    u32s(w, TCA_NETEM_REORDER, [toU32(q.reorder), toU32(q.reorderCor.rho)]);
    u32s(w, TCA_NETEM_CORRUPT, [toU32(q.corrupt), toU32(q.corruptCor.rho)]);
    if (q.rate >= U32) w.putU64(TCA_NETEM_RATE64, q.rate);
    u32s(w, TCA_NETEM_RATE, [Math.min(0xffffffff, Math.floor(q.rate)), q.packetOverhead, q.cellSize, q.cellOverhead]);
    if (q.ecn) w.putU32(TCA_NETEM_ECN, 1);
    if (q.lossModel !== null) {
      w.nestStartNoflag(TCA_NETEM_LOSS);
      u32s(w, q.lossModel.kind, q.lossModel.raw);
      w.nestEnd();
    }
    if (q.slots !== null) {
      const s = q.slots;
      const at = w.reserveAttr(TCA_NETEM_SLOT, 40);
      putS64(w.view, at, s.minDelay);
      putS64(w.view, at + 8, s.maxDelay);
      w.view.setInt32(at + 16, s.maxPackets === 0x7fffffff ? 0 : s.maxPackets, true);
      w.view.setInt32(at + 20, s.maxBytes === 0x7fffffff ? 0 : s.maxBytes, true);
      putS64(w.view, at + 24, s.distDelay);
      putS64(w.view, at + 32, s.distJitter);
    }
    const seed = w.reserveAttr(TCA_NETEM_PRNG_SEED, 8);
    w.view.setUint32(seed, q.seed[0], true);
    w.view.setUint32(seed + 4, q.seed[1], true);
  });
}

function u32s(w: NlWriter, type: number, list: readonly number[]): void {
  const o = w.reserveAttr(type, 4 * list.length);
  for (let i = 0; i < list.length; i++) w.view.setUint32(o + 4 * i, list[i]!, true);
}

/** netem has one class: the queue that packets go through when their time has come. */
const CLASS_OPS: TcClassOps = {
  graft(sch: Qdisc, _cl: TcClass, child: Qdisc | null): Qdisc {
    const q = sch.priv as Netem;
    const old = q.child;
    q.child = child;
    if (old !== null) qdiscPurgeQueue(old);
    return old ?? sch.dev.noopQdisc;
  },
  leaf: (sch: Qdisc): Qdisc | null => (sch.priv as Netem).child,
  find: (): TcClass => 1,
  walk(_sch: Qdisc, fn: (cl: TcClass) => boolean): void {
    fn(1);
  },
  dump(sch: Qdisc, _cl: TcClass, t: Tcmsg): void {
    t.handle = (t.handle | 1) >>> 0;
    t.info = (sch.priv as Netem).child?.handle ?? 0;
  },
};

/** The discipline: `netemSet` sets its parameters, or tc. @alpha */
export const NETEM_OPS: TcQdiscOps = Object.freeze({
  id: 'netem',
  classOps: CLASS_OPS,
  init(sch: Qdisc, opt: Uint8Array | null, extack?: QdiscExtack | null): number {
    sch.priv = new Netem(sch);
    return opt === null ? 0 : change(sch, opt, extack);
  },
  change,
  dump,
  enqueue,
  dequeue,
  peek: qdiscPeekDequeued,
  reset(sch: Qdisc): void {
    const q = sch.priv as Netem;
    skbQueuePurge(q.queue, DROP.QDISC_DROP);
    if (q.child !== null) qdiscReset(q.child);
    qdiscWatchdogCancel(q.watchdog);
    q.busyUntil = 0;
    q.counter = 0;
  },
  destroy(sch: Qdisc): void {
    const q = sch.priv as Netem | null;
    if (q === null) return;
    qdiscWatchdogCancel(q.watchdog);
    qdiscPut(q.child);
    q.child = null;
  },
});

function enqueue(skb: Skb, sch: Qdisc): number {
  const q = sch.priv as Netem;
  // A wire knows no super-segments; and whoever cut a corrupted one later would give its segments right checksums over what is wrong.
  if (skb.gsoSize === 0 || (!q.segments && q.corrupt === 0)) return impair(skb, sch, q);
  let list = skbGsoCut(skb, sch.dev, netifSkbFeatures(skb) & ~NETIF_F_GSO_MASK);
  if (list === null) {
    sch.drops++;
    return NET_XMIT_SUCCESS;
  }
  let rc = NET_XMIT_SUCCESS;
  while (list !== null) {
    const next: Skb | null = list.next;
    list.next = null;
    qdiscPktLenInit(list);
    rc = impair(list, sch, q);
    list = next;
  }
  return rc;
}

/** What happens to one packet. */
function impair(skb: Skb, sch: Qdisc, q: Netem): number {
  let copies = 1;
  if (q.duplicate > 0 && q.dupCor.next(q.rng) < q.duplicate) copies++;
  if (q.lossModel !== null ? q.lossModel.lost(q.rng) : q.loss > 0 && q.lossCor.next(q.rng) < q.loss) {
    // A sender that understands marks is told by one, if it is to be spared.
    if (q.ecn && ecnSetCe(skb)) sch.drops++;
    else copies--;
  }
  if (copies === 0) {
    sch.drops++;
    kfreeSkbReason(skb, DROP.NETEM_LOSS);
    return NET_XMIT_SUCCESS; // the sender cannot know
  }
  // On a real link a delayed packet has left its sender's queue: the sender must not wait for it (TCP's small queues would).
  if (q.delayNs > 0 || q.jitterNs > 0 || q.rate > 0) skbOrphan(skb);
  if (copies > 1) queueOne(skbClone(skb), sch, q);
  return queueOne(skb, sch, q);
}

function queueOne(skb: Skb, sch: Qdisc, q: Netem): number {
  if (q.corrupt > 0 && q.corruptCor.next(q.rng) < q.corrupt) corrupt(skb, q);
  if (q.queue.qlen >= q.limit) return qdiscDrop(skb, sch, DROP.QDISC_OVERLIMIT);
  const now = sch.dev.kernel.ktime;
  if (q.gap === 0 || q.counter < q.gap - 1 || q.reorder <= q.reorderCor.next(q.rng)) {
    let at = now + delay(q);
    if (q.rate > 0) {
      // One after the other through a pipe of this width, behind the last one that waits.
      const start = Math.max(now, q.busyUntil);
      q.busyUntil = start + (wireLength(q, skb.len) / q.rate) * 1e9;
      at += q.busyUntil - now;
    }
    skb.cbTime = at;
    q.counter++;
    insert(q.queue, skb);
  } else {
    // This one overtakes.
    skb.cbTime = now;
    q.counter = 0;
    skbQueueHead(q.queue, skb);
  }
  qdiscEnqueued(sch, skb);
  return NET_XMIT_SUCCESS;
}

/** The bytes of a packet on a link with overhead and cells (packet_time_ns). */
function wireLength(q: Netem, len: number): number {
  len += q.packetOverhead;
  if (q.cellSize === 0) return len;
  return Math.ceil(len / q.cellSize) * (q.cellSize + q.cellOverhead);
}

/** A number about `mu`, by a table of deviations of 8192 to `sigma` (tabledist). */
function tabled(mu: number, sigma: number, dist: Int16Array, x: number): number {
  return mu + (sigma * dist[Math.floor(x * dist.length)]!) / 8192;
}

function delay(q: Netem): number {
  if (q.jitterNs === 0) return q.delayNs;
  if (q.dist !== null && !q.normal) return Math.max(0, Math.round(tabled(q.delayNs, q.jitterNs, q.dist, q.delayCor.next(q.rng))));
  const x = q.normal ? Math.sqrt(-2 * Math.log(1 - q.rng.float())) * Math.cos(2 * Math.PI * q.rng.float()) : q.delayCor.next(q.rng) * 2 - 1;
  return Math.max(0, Math.round(q.delayNs + x * q.jitterNs));
}

/** Puts a packet behind all that leave no later. */
function insert(queue: SkbQueue, skb: Skb): void {
  let at = queue.tail;
  while (at !== null && at.cbTime > skb.cbTime) at = at.prev;
  if (at === null) skbQueueHead(queue, skb);
  else if (at === queue.tail) skbQueueTail(queue, skb);
  else skbAppend(at, skb, queue);
}

/** Turns one bit over, in bytes of the packet's own, after the checksum that should notice was made; nobody vouches for that any more. */
function corrupt(skb: Skb, q: Netem): void {
  skbChecksumHelp(skb);
  skb.ipSummed = CHECKSUM_NONE;
  // Shared payload belongs to the sender, too.
  if (skb.dataLen !== 0) skbLinearize(skb);
  skbUnclone(skb);
  const off = q.rng.below(skbHeadlen(skb));
  skbCopyBits(skb, off, q.one, 0, 1);
  q.one[0]! ^= 1 << q.rng.below(8);
  skbStoreBits(skb, off, q.one, 0, 1);
}

/** When the next bunch leaves (get_slot_next). */
function nextSlot(q: Netem, s: Slots, now: number): void {
  const wait = q.slotDist === null ? s.minDelay + q.rng.float() * Math.max(0, s.maxDelay - s.minDelay) : tabled(s.distDelay, s.distJitter, q.slotDist, q.rng.float());
  s.nextAt = now + Math.max(0, wait);
  s.packetsLeft = s.maxPackets;
  s.bytesLeft = s.maxBytes;
}

/** May a packet of the bunch leave at `now`? */
function slotOpen(q: Netem, now: number): boolean {
  const s = q.slots;
  if (s === null) return true;
  if (s.nextAt === 0) nextSlot(q, s, now);
  return s.nextAt <= now;
}

function left(sch: Qdisc, skb: Skb): Skb {
  qdiscDequeued(sch, skb);
  return skb;
}

function dequeue(sch: Qdisc): Skb | null {
  const q = sch.priv as Netem;
  for (;;) {
    if (q.child !== null && q.child.qlen > 0) {
      const out = qdiscDequeuePeeked(q.child);
      if (out !== null) return left(sch, out);
    }
    const skb = q.queue.head;
    if (skb === null) return null;
    const now = sch.dev.kernel.ktime;
    if (skb.cbTime > now || !slotOpen(q, now)) {
      qdiscWatchdogSchedule(q.watchdog, q.slots === null ? skb.cbTime : Math.max(skb.cbTime, q.slots.nextAt));
      return null;
    }
    skbDequeue(q.queue);
    const s = q.slots;
    if (s !== null) {
      s.packetsLeft--;
      s.bytesLeft -= qdiscPktLen(skb);
      if (s.packetsLeft <= 0 || s.bytesLeft <= 0) nextSlot(q, s, now);
    }
    if (q.child === null) return left(sch, skb);
    // Its time has come; now the queue below says when it leaves.
    const len = qdiscPktLen(skb);
    if (qdiscEnqueue(skb, q.child) !== NET_XMIT_SUCCESS) {
      sch.drops++;
      sch.qlen--;
      sch.backlog -= len;
      qdiscTreeReduceBacklog(sch, 1, len);
    }
  }
}
