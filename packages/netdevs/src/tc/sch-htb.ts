/** htb: classes with a rate and a ceiling; who has more than he needs lends to the other children of his parent (tc-htb(8)). */
import { EBUSY, EINVAL } from '@linnet/kernel';
import {
  NET_XMIT_SUCCESS, type Qdisc, qdiscDequeuePeeked, qdiscEnqueue, type QdiscExtack, qdiscPeekDequeued, qdiscPktLen, qdiscReset, QdiscWatchdog, qdiscWatchdogCancel, qdiscWatchdogSchedule,
} from '@linnet/netdev';
import { type Extack, NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_FLAG, NLA_U32, NLA_U64, nlaParsePolicy } from '@linnet/netlink';
import { DROP, kfreeSkbReason, type Skb, skbDequeue, SkbQueue, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';
import {
  nlaGetU32, nlaGetU64, nlaLen, type NlWriter, TC_ACT_QUEUED, TC_ACT_SHOT, TC_ACT_STOLEN, TC_ACT_TRAP, TC_H_ROOT, TCA_HTB_CEIL64, TCA_HTB_CTAB, TCA_HTB_DIRECT_QLEN, TCA_HTB_INIT, TCA_HTB_MAX, TCA_HTB_OFFLOAD, TCA_HTB_PARMS, TCA_HTB_RATE64,
  TCA_HTB_RTAB, TCA_OPTIONS, TCA_RATE, type Tcmsg,
} from '@linnet/uapi';
import { tcfBlockGet, tcfBlockPut } from './cls-block.ts';
import { tcfClassify } from './cls-classify.ts';
import { genNewEstimator } from './gen-estimator.ts';
import type { StatsDump } from './gen-stats.ts';
import { HTB_LEVELS, HTB_PRIOS, HtbClass, HtbClasses } from './htb-class.ts';
import { pschedNs2ticks, pschedTicks2ns, RateCfg, rateLinklayer, TC_RATESPEC_LEN } from './psched.ts';
import { defaultChild } from './sch-common.ts';
import { parseOpt, payload, qdiscPurgeQueue, qdiscPut, qdiscReplace, say, tcHMaj } from './tc-core.ts';
import { type TcClass, type TcClassOps, type TcfBlock, TcfResult, type TcQdiscOps, type TcRequest } from './tc-types.ts';

const GLOB_LEN = 20;
const OPT_LEN = 2 * TC_RATESPEC_LEN + 20;
const RTAB_LEN = 1024;
const HTB_VER = 0x30011;
const U32MAX = 0xffffffff;

const POLICY = {
  maxtype: TCA_HTB_MAX,
  rules: {
    [TCA_HTB_PARMS]: { type: NLA_BINARY, min: OPT_LEN }, [TCA_HTB_INIT]: { type: NLA_BINARY, min: GLOB_LEN }, [TCA_HTB_CTAB]: { type: NLA_BINARY, len: RTAB_LEN },
    [TCA_HTB_RTAB]: { type: NLA_BINARY, len: RTAB_LEN }, [TCA_HTB_DIRECT_QLEN]: { type: NLA_U32 }, [TCA_HTB_RATE64]: { type: NLA_U64 }, [TCA_HTB_CEIL64]: { type: NLA_U64 },
    [TCA_HTB_OFFLOAD]: { type: NLA_FLAG },
  },
};

class Htb {
  readonly classes: HtbClasses = new HtbClasses();
  block: TcfBlock | null = null;
  rate2quantum = 1;
  defcls = 0;
  directPkts = 0;
  directQlen = 0;
  readonly direct: SkbQueue = new SkbQueue();
  readonly watchdog: QdiscWatchdog;
  readonly res: TcfResult = new TcfResult();
  constructor(sch: Qdisc) {
    this.watchdog = new QdiscWatchdog(sch);
  }
}

function htb(sch: Qdisc): Htb {
  return sch.priv as Htb;
}

/** Where a packet goes: a leaf. */
const DIRECT = 1;
const DROPPED = 2;
const STOLEN = 3;

/** The leaf for a packet, or one of DIRECT, DROPPED, STOLEN. */
function classify(skb: Skb, sch: Qdisc, q: Htb): HtbClass | number {
  const { priority } = skb;
  if (priority >>> 0 === sch.handle) return DIRECT;
  const classes = q.classes.all;
  let cl = priority === 0 ? null : classes.find(priority >>> 0);
  let block = q.block;
  if (cl !== null) {
    if (cl.level === 0) return cl;
    block = cl.block;
  }
  const { res } = q;
  while (block !== null && block.chain0 !== null) {
    const verdict = tcfClassify(skb, block, res);
    if (verdict < 0) break;
    if (verdict === TC_ACT_SHOT) return DROPPED;
    if (verdict === TC_ACT_STOLEN || verdict === TC_ACT_QUEUED || verdict === TC_ACT_TRAP) return STOLEN;
    cl = res.cls !== 0 ? (res.cls as HtbClass) : null;
    if (cl === null) {
      if (res.classid === sch.handle) return DIRECT;
      cl = classes.find(res.classid);
      if (cl === null) break;
    }
    if (cl.level === 0) return cl;
    block = cl.block;
  }
  cl = classes.find((sch.handle | (q.defcls & 0xffff)) >>> 0);
  return cl === null || cl.level > 0 ? DIRECT : cl;
}

function enqueue(skb: Skb, sch: Qdisc): number {
  const q = htb(sch);
  const len = qdiscPktLen(skb);
  const to = classify(skb, sch, q);
  if (typeof to === 'number') {
    if (to === STOLEN || to === DROPPED) {
      if (to === DROPPED) sch.drops++;
      kfreeSkbReason(skb, DROP.QDISC_DROP);
      return to === STOLEN ? NET_XMIT_SUCCESS : 1;
    }
    if (q.direct.qlen >= q.directQlen) {
      sch.drops++;
      kfreeSkbReason(skb, DROP.QDISC_OVERLIMIT);
      return 1;
    }
    skbQueueTail(q.direct, skb);
    q.directPkts++;
  } else {
    const rc = qdiscEnqueue(skb, to.q);
    if (rc !== NET_XMIT_SUCCESS) {
      sch.drops++;
      to.drops++;
      return rc;
    }
    q.classes.add(to);
  }
  sch.qlen++;
  sch.backlog += len;
  return NET_XMIT_SUCCESS;
}

function left(sch: Qdisc, skb: Skb): Skb {
  const len = qdiscPktLen(skb);
  sch.qlen--;
  sch.backlog -= len;
  sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
  sch.bytes += len;
  return skb;
}

function dequeue(sch: Qdisc): Skb | null {
  const q = htb(sch);
  const direct = skbDequeue(q.direct);
  if (direct !== null) return left(sch, direct);
  if (sch.qlen === 0) return null;
  const now = sch.dev.kernel.ktime;
  const { classes } = q;
  for (let cl = classes.choose(now); cl !== null; cl = classes.chooseOther(cl)) {
    const skb = cl.q.qlen === 0 ? null : qdiscDequeuePeeked(cl.q);
    if (skb !== null) {
      sch.overlimits += classes.charge(cl, qdiscPktLen(skb), skb.gsoSegs > 1 ? skb.gsoSegs : 1, now);
      if (cl.q.qlen === 0) classes.remove(cl);
      return left(sch, skb);
    }
    // A queue below may lose packets by itself, or hold them back: then it says when it goes on.
    if (cl.q.qlen === 0) classes.remove(cl);
  }
  if (classes.wait !== Infinity) qdiscWatchdogSchedule(q.watchdog, now + classes.wait);
  return null;
}

function init(sch: Qdisc, opt: Uint8Array | null, extack?: QdiscExtack | null): number {
  const q = new Htb(sch);
  sch.priv = q;
  if (opt === null) return -EINVAL;
  const block = tcfBlockGet(sch, 0, extack ?? null);
  if (typeof block === 'number') return block;
  q.block = block;
  const a = parseOpt(opt, POLICY, null);
  if (typeof a === 'number') return a;
  const { view, tb } = a;
  if (tb[TCA_HTB_INIT] === 0) return -EINVAL;
  const o = tb[TCA_HTB_INIT]! + 4;
  if (view.getUint32(o, true) !== HTB_VER >> 16) return -EINVAL;
  q.directQlen = tb[TCA_HTB_DIRECT_QLEN] !== 0 ? nlaGetU32(view, tb[TCA_HTB_DIRECT_QLEN]!) : sch.dev.txQueueLen;
  q.rate2quantum = Math.max(1, view.getUint32(o + 4, true));
  q.defcls = view.getUint32(o + 8, true);
  return 0;
}

/** A leaf gets children: what it held is dropped. */
function leafToInner(sch: Qdisc, q: Htb, parent: HtbClass): void {
  qdiscPurgeQueue(parent.q);
  q.classes.remove(parent);
  qdiscPut(parent.q);
  parent.q = sch.dev.noopQdisc;
  parent.level = (parent.parent !== null ? parent.parent.level : HTB_LEVELS) - 1;
}

/** The last child goes: a leaf again, with full buckets. */
function innerToLeaf(sch: Qdisc, q: Htb, parent: HtbClass): void {
  parent.level = 0;
  parent.q = defaultChild(sch, parent.classid);
  parent.tokens = parent.buffer;
  parent.ctokens = parent.cbuffer;
  parent.last = sch.dev.kernel.ktime;
}

function changeClass(sch: Qdisc, classid: number, parentid: number, p: TcRequest, arg: TcClass, made: (cl: TcClass) => void): number {
  const q = htb(sch);
  const { req, tca, extack } = p;
  const { view } = req;
  if (tca[TCA_OPTIONS] === 0) return -EINVAL;
  const tb = new Int32Array(TCA_HTB_MAX + 1);
  const at = tca[TCA_OPTIONS]!;
  const err = nlaParsePolicy(view, at + 4, nlaLen(view, at), tb, TCA_HTB_MAX, POLICY, NL_VALIDATE_LIBERAL, null);
  if (err < 0) return err;
  const parent = parentid === TC_H_ROOT ? null : q.classes.all.find(parentid);
  if (tb[TCA_HTB_PARMS] === 0) return -EINVAL;
  const o = tb[TCA_HTB_PARMS]! + 4;
  const co = o + TC_RATESPEC_LEN;
  const rest = co + TC_RATESPEC_LEN;
  if (view.getUint32(o + 8, true) === 0 || view.getUint32(co + 8, true) === 0) return -EINVAL;
  let cl = arg === 0 ? null : (arg as HtbClass);
  if (cl === null) {
    if (classid === 0 || tcHMaj(classid ^ sch.handle) !== 0 || q.classes.all.find(classid) !== null) return -EINVAL;
    if (parent !== null && parent.parent !== null && parent.parent.level < 2) {
      say(extack, 'sch_htb: tree is too deep');
      return -EINVAL;
    }
    if (parent !== null && parent.level === 0) leafToInner(sch, q, parent);
    cl = new HtbClass(classid, parent, defaultChild(sch, classid));
    const block = tcfBlockGet(sch, 0, null);
    if (typeof block !== 'number') cl.block = block;
    cl.tokens = pschedTicks2ns(view.getUint32(rest, true));
    cl.ctokens = pschedTicks2ns(view.getUint32(rest + 4, true));
    cl.last = sch.dev.kernel.ktime;
    if (tca[TCA_RATE] !== 0) {
      const est = genNewEstimator(sch.dev.kernel, cl, view, tca[TCA_RATE]!);
      if (typeof est === 'number') {
        qdiscPut(cl.q);
        return est;
      }
      cl.rateEst = est;
    }
    q.classes.all.insert(cl);
    if (parent !== null) parent.children++;
  } else if (tca[TCA_RATE] !== 0) {
    const est = genNewEstimator(sch.dev.kernel, cl, view, tca[TCA_RATE]!);
    if (typeof est === 'number') return est;
    cl.rateEst?.kill();
    cl.rateEst = est;
  }
  const table = (nla: number, spec: number): number => (nla === 0 || view.getUint8(spec) === 0 ? 0 : nla + 4);
  const u64 = (nla: number): number => (nla === 0 ? 0 : nlaGetU64(view, nla));
  cl.rate = new RateCfg(view, o, u64(tb[TCA_HTB_RATE64]!), rateLinklayer(view, o, table(tb[TCA_HTB_RTAB]!, o)));
  cl.ceil = new RateCfg(view, co, u64(tb[TCA_HTB_CEIL64]!), rateLinklayer(view, co, table(tb[TCA_HTB_CTAB]!, co)));
  const quantum = view.getUint32(rest + 8, true);
  if (cl.level === 0) {
    let what = '';
    cl.quantum = Math.min(Math.floor(cl.rate.rate / q.rate2quantum), 0x7fffffff);
    if (quantum === 0 && cl.quantum < 1000) {
      what = 'small';
      cl.quantum = 1000;
    } else if (quantum === 0 && cl.quantum > 200000) {
      what = 'big';
      cl.quantum = 200000;
    }
    if (quantum !== 0) cl.quantum = quantum;
    cl.prio = Math.min(view.getUint32(rest + 16, true), HTB_PRIOS - 1);
    if (what !== '') say(extack, `sch_htb: quantum of class ${cl.classid.toString(16).toUpperCase()} is ${what}. Consider r2q change.`); // datapath-ok: a request
  }
  cl.buffer = pschedTicks2ns(view.getUint32(rest, true));
  cl.cbuffer = pschedTicks2ns(view.getUint32(rest + 4, true));
  q.classes.all.grow();
  made(cl);
  return 0;
}

function destroyClass(cl: HtbClass): void {
  if (cl.level === 0) qdiscPut(cl.q);
  cl.rateEst?.kill();
  cl.rateEst = null;
  if (cl.block !== null) tcfBlockPut(cl.block);
  cl.block = null;
}

function deleteClass(sch: Qdisc, arg: TcClass, extack: Extack): number {
  const q = htb(sch);
  const cl = arg as HtbClass;
  if (cl.children > 0 || cl.filterCount > 0) {
    say(extack, 'HTB class in use');
    return -EBUSY;
  }
  if (cl.level === 0) qdiscPurgeQueue(cl.q);
  q.classes.all.remove(cl);
  q.classes.remove(cl);
  const { parent } = cl;
  if (parent !== null && --parent.children === 0) innerToLeaf(sch, q, parent);
  destroyClass(cl);
  return 0;
}

const clamp = (v: number): number => Math.max(-0x80000000, Math.min(0x7fffffff, Math.floor(v / 64)));

const CLASS_OPS: TcClassOps = {
  graft(sch: Qdisc, arg: TcClass, child: Qdisc | null): Qdisc | number {
    const cl = arg as HtbClass;
    if (cl.level > 0) return -EINVAL;
    const next = child ?? defaultChild(sch, cl.classid);
    const old = qdiscReplace(sch, next, cl.q);
    cl.q = next;
    return old;
  },
  leaf: (_sch: Qdisc, arg: TcClass): Qdisc | null => ((arg as HtbClass).level === 0 ? (arg as HtbClass).q : null),
  qlenNotify(sch: Qdisc, arg: TcClass): void {
    htb(sch).classes.remove(arg as HtbClass);
  },
  find: (sch: Qdisc, classid: number): TcClass => htb(sch).classes.all.find(classid) ?? 0,
  change: changeClass,
  delete: deleteClass,
  walk(sch: Qdisc, fn: (cl: TcClass) => boolean): void {
    htb(sch).classes.all.walk(fn);
  },
  tcfBlock: (sch: Qdisc, arg: TcClass): TcfBlock | null => (arg === 0 ? htb(sch).block : (arg as HtbClass).block),
  bindTcf(sch: Qdisc, _parent: TcClass, classid: number): TcClass {
    const cl = htb(sch).classes.all.find(classid);
    if (cl === null) return 0;
    cl.filterCount++;
    return cl;
  },
  unbindTcf(_sch: Qdisc, arg: TcClass): void {
    (arg as HtbClass).filterCount--;
  },
  dump(_sch: Qdisc, arg: TcClass, t: Tcmsg, w: NlWriter): void {
    const cl = arg as HtbClass;
    t.parent = cl.parent !== null ? cl.parent.classid : TC_H_ROOT;
    t.handle = cl.classid;
    if (cl.level === 0) t.info = cl.q.handle;
    w.nestStartNoflag(TCA_OPTIONS);
    const o = w.reserveAttr(TCA_HTB_PARMS, OPT_LEN);
    cl.rate!.write(w.view, o);
    cl.ceil!.write(w.view, o + TC_RATESPEC_LEN);
    const rest = o + 2 * TC_RATESPEC_LEN;
    w.view.setUint32(rest, pschedNs2ticks(cl.buffer), true);
    w.view.setUint32(rest + 4, pschedNs2ticks(cl.cbuffer), true);
    w.view.setUint32(rest + 8, cl.quantum, true);
    w.view.setUint32(rest + 12, cl.level, true);
    w.view.setUint32(rest + 16, cl.prio, true);
    if (cl.rate!.rate > U32MAX) w.putU64(TCA_HTB_RATE64, cl.rate!.rate);
    if (cl.ceil!.rate > U32MAX) w.putU64(TCA_HTB_CEIL64, cl.ceil!.rate);
    w.nestEnd();
  },
  dumpStats(_sch: Qdisc, arg: TcClass, d: StatsDump): void {
    const cl = arg as HtbClass;
    d.basic(cl.bytes, cl.packets);
    d.rateEst(cl.rateEst);
    const leaf = cl.level === 0 ? cl.q : null;
    d.queue({ qlen: leaf?.qlen ?? 0, backlog: leaf?.backlog ?? 0, drops: cl.drops, requeues: 0, overlimits: cl.overlimits });
    const xstats = new DataView(new ArrayBuffer(20)); // datapath-ok: a dump
    xstats.setUint32(0, cl.lends, true);
    xstats.setUint32(4, cl.borrows, true);
    xstats.setInt32(12, clamp(cl.tokens), true);
    xstats.setInt32(16, clamp(cl.ctokens), true);
    d.app(new Uint8Array(xstats.buffer));
  },
};

/** The discipline `htb`. @alpha */
export const HTB_OPS: TcQdiscOps = Object.freeze({
  id: 'htb',
  classOps: CLASS_OPS,
  init,
  enqueue,
  dequeue,
  peek: qdiscPeekDequeued,
  reset(sch: Qdisc): void {
    const q = htb(sch);
    for (const cl of q.classes.all.all()) {
      if (cl.level === 0) qdiscReset(cl.q);
      q.classes.remove(cl);
    }
    qdiscWatchdogCancel(q.watchdog);
    skbQueuePurge(q.direct, DROP.QDISC_DROP);
  },
  destroy(sch: Qdisc): void {
    const q = sch.priv as Htb | null;
    if (q === null) return;
    qdiscWatchdogCancel(q.watchdog);
    // Filters first: they hold on to classes.
    if (q.block !== null) tcfBlockPut(q.block);
    q.block = null;
    for (const cl of q.classes.all.all()) {
      if (cl.block !== null) tcfBlockPut(cl.block);
      cl.block = null;
    }
    for (const cl of q.classes.all.all()) {
      q.classes.all.remove(cl);
      destroyClass(cl);
    }
  },
  dump(sch: Qdisc): Uint8Array {
    const q = htb(sch);
    return payload((w) => {
      const o = w.reserveAttr(TCA_HTB_INIT, GLOB_LEN);
      w.view.setUint32(o, HTB_VER, true);
      w.view.setUint32(o + 4, q.rate2quantum, true);
      w.view.setUint32(o + 8, q.defcls, true);
      w.view.setUint32(o + 16, q.directPkts, true);
      w.putU32(TCA_HTB_DIRECT_QLEN, q.directQlen);
    });
  },
});
