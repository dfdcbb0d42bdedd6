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
import {
  HTB_CAN_SEND, HTB_MAXDEPTH, HTB_MBUFFER, HTB_NUMPRIO, htbActivate, htbChangeMode, HtbClass, htbDeactivate, htbLookupLeaf, HtbTree, htbUnwait, htbWait, Need,
} from './htb-tree.ts';
import { pschedNs2ticks, pschedTicks2ns, RateCfg, rateLinklayer, TC_RATESPEC_LEN } from './psched.ts';
import { defaultChild } from './sch-common.ts';
import { parseOpt, payload, qdiscKick, qdiscPurgeQueue, qdiscPut, qdiscReplace, say, tcHMaj } from './tc-core.ts';
import { type TcClass, type TcClassOps, type TcfBlock, TcfResult, type TcQdiscOps, type TcRequest } from './tc-types.ts';

const GLOB_LEN = 20;
const OPT_LEN = 2 * TC_RATESPEC_LEN + 20;
const RTAB_LEN = 1024;
const HTB_VER = 0x30011;
const U32MAX = 0xffffffff;
/** Looked at again after this time, however quiet it is. */
const IDLE = 5e9;
const SECOND = 1e9;

const POLICY = {
  maxtype: TCA_HTB_MAX,
  rules: {
    [TCA_HTB_PARMS]: { type: NLA_BINARY, min: OPT_LEN }, [TCA_HTB_INIT]: { type: NLA_BINARY, min: GLOB_LEN }, [TCA_HTB_CTAB]: { type: NLA_BINARY, len: RTAB_LEN },
    [TCA_HTB_RTAB]: { type: NLA_BINARY, len: RTAB_LEN }, [TCA_HTB_DIRECT_QLEN]: { type: NLA_U32 }, [TCA_HTB_RATE64]: { type: NLA_U64 }, [TCA_HTB_CEIL64]: { type: NLA_U64 },
    [TCA_HTB_OFFLOAD]: { type: NLA_FLAG },
  },
};

class Htb {
  readonly tree: HtbTree = new HtbTree();
  block: TcfBlock | null = null;
  rate2quantum = 1;
  defcls = 0;
  directPkts = 0;
  directQlen = 0;
  readonly direct: SkbQueue = new SkbQueue();
  readonly watchdog: QdiscWatchdog;
  readonly need: Need = new Need();
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

/** The leaf for a packet, or one of DIRECT, DROPPED, STOLEN (htb_classify). */
function classify(skb: Skb, sch: Qdisc, q: Htb): HtbClass | number {
  const { priority } = skb;
  if (priority >>> 0 === sch.handle) return DIRECT;
  const { classes } = q.tree;
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
    htbActivate(q.tree, to);
  }
  sch.qlen++;
  sch.backlog += len;
  return NET_XMIT_SUCCESS;
}

/** A packet of `len` bytes left `leaf` on the account of its ancestor at `level`: who pays what (htb_charge_class). */
function charge(q: Htb, leaf: HtbClass, level: number, len: number, segs: number, now: number): void {
  for (let cl: HtbClass | null = leaf; cl !== null; cl = cl.parent) {
    const gained = Math.min(now - cl.last, HTB_MBUFFER);
    if (cl.level >= level) {
      if (cl.level === level) cl.lends++;
      cl.tokens = pay(Math.min(cl.tokens + gained, cl.buffer) - cl.rate!.l2tNs(len));
    } else {
      cl.borrows++;
      cl.tokens += gained; // others pay
    }
    cl.ctokens = pay(Math.min(cl.ctokens + gained, cl.cbuffer) - cl.ceil!.l2tNs(len));
    cl.last = now;
    const { mode } = cl;
    q.need.delay = 0;
    htbChangeMode(q.tree, cl, 0, q.need);
    if (mode !== cl.mode) {
      if (mode !== HTB_CAN_SEND) htbUnwait(q.tree, cl);
      if (cl.mode !== HTB_CAN_SEND) htbWait(q.tree, cl, now, q.need.delay);
    }
    if (cl.level > 0) {
      cl.bytes += len;
      cl.packets += segs;
    }
  }
}

function pay(tokens: number): number {
  return tokens <= -HTB_MBUFFER ? 1 - HTB_MBUFFER : tokens;
}

/** Those of a level whose waiting is over take their new places. When the next one's is, or 0 (htb_do_events). */
function doEvents(q: Htb, level: number, now: number): number {
  const { wait } = q.tree.levels[level]!;
  while (wait.length > 0) {
    const cl = wait[0]!;
    if (cl.wakeAt > now) return cl.wakeAt;
    htbUnwait(q.tree, cl);
    htbChangeMode(q.tree, cl, Math.min(now - cl.last, HTB_MBUFFER), q.need);
    if (cl.mode !== HTB_CAN_SEND) htbWait(q.tree, cl, now, q.need.delay);
  }
  return 0;
}

/** The next packet of the leaves below a level's row (htb_dequeue_tree). */
function dequeueTree(q: Htb, prio: number, level: number, now: number): Skb | null {
  const { tree } = q;
  const lv = tree.levels[level]!;
  const row = lv.rows[prio]!;
  let start: HtbClass | null = null;
  for (;;) {
    const cl = htbLookupLeaf(row, prio);
    if (cl === null) return null;
    if (cl.q.qlen === 0) {
      // A queue below may lose packets by itself.
      htbDeactivate(tree, cl);
      if ((lv.rowMask & (1 << prio)) === 0) return null;
      if (start === cl) start = null;
      continue;
    }
    if (cl === start) return null;
    start ??= cl;
    const skb = qdiscDequeuePeeked(cl.q);
    if (skb === null) {
      // It holds its packets back: the next one.
      (level > 0 ? cl.parent!.feed[prio]! : row).advance();
      continue;
    }
    const len = qdiscPktLen(skb);
    const segs = skb.gsoSegs > 1 ? skb.gsoSegs : 1;
    cl.bytes += len;
    cl.packets += segs;
    cl.deficit[level]! -= len;
    if (cl.deficit[level]! < 0) {
      cl.deficit[level]! += cl.quantum;
      (level > 0 ? cl.parent!.feed[prio]! : row).advance();
    }
    if (cl.q.qlen === 0) htbDeactivate(tree, cl);
    charge(q, cl, level, len, segs, now);
    return skb;
  }
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
  let next = now + IDLE;
  const before = q.tree.overlimits;
  for (let level = 0; level < HTB_MAXDEPTH; level++) {
    const lv = q.tree.levels[level]!;
    if (now >= lv.nearEvent) {
      const at = doEvents(q, level, now);
      lv.nearEvent = at === 0 ? now + SECOND : at;
    }
    if (next > lv.nearEvent) next = lv.nearEvent;
    for (let prio = 0, mask = lv.rowMask; mask !== 0; prio++, mask >>= 1) {
      if ((mask & 1) === 0) continue;
      const skb = dequeueTree(q, prio, level, now);
      if (skb !== null) {
        sch.overlimits += q.tree.overlimits - before;
        return left(sch, skb);
      }
    }
  }
  sch.overlimits += q.tree.overlimits - before;
  if (next > now) qdiscWatchdogSchedule(q.watchdog, next);
  else qdiscKick(sch);
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

/** A leaf gets children: what it held is dropped (htb_parent_to_inner, in effect). */
function leafToInner(sch: Qdisc, q: Htb, parent: HtbClass): void {
  qdiscPurgeQueue(parent.q);
  htbDeactivate(q.tree, parent);
  qdiscPut(parent.q);
  parent.q = sch.dev.noopQdisc;
  htbUnwait(q.tree, parent);
  parent.mode = HTB_CAN_SEND;
  parent.level = (parent.parent !== null ? parent.parent.level : HTB_MAXDEPTH) - 1;
}

/** The last child goes: a leaf again (htb_parent_to_leaf). */
function innerToLeaf(sch: Qdisc, q: Htb, parent: HtbClass): void {
  htbUnwait(q.tree, parent);
  parent.level = 0;
  parent.q = defaultChild(sch, parent.classid);
  parent.tokens = parent.buffer;
  parent.ctokens = parent.cbuffer;
  parent.last = sch.dev.kernel.ktime;
  parent.mode = HTB_CAN_SEND;
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
  const parent = parentid === TC_H_ROOT ? null : q.tree.classes.find(parentid);
  if (tb[TCA_HTB_PARMS] === 0) return -EINVAL;
  const o = tb[TCA_HTB_PARMS]! + 4;
  const co = o + TC_RATESPEC_LEN;
  const rest = co + TC_RATESPEC_LEN;
  if (view.getUint32(o + 8, true) === 0 || view.getUint32(co + 8, true) === 0) return -EINVAL;
  let cl = arg === 0 ? null : (arg as HtbClass);
  if (cl === null) {
    if (classid === 0 || tcHMaj(classid ^ sch.handle) !== 0 || q.tree.classes.find(classid) !== null) return -EINVAL;
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
    q.tree.classes.insert(cl);
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
    cl.prio = Math.min(view.getUint32(rest + 16, true), HTB_NUMPRIO - 1);
    if (what !== '') say(extack, `sch_htb: quantum of class ${cl.classid.toString(16).toUpperCase()} is ${what}. Consider r2q change.`); // datapath-ok: a request
  }
  cl.buffer = pschedTicks2ns(view.getUint32(rest, true));
  cl.cbuffer = pschedTicks2ns(view.getUint32(rest + 4, true));
  q.tree.classes.grow();
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
  q.tree.classes.remove(cl);
  htbDeactivate(q.tree, cl);
  htbUnwait(q.tree, cl);
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
    htbDeactivate(htb(sch).tree, arg as HtbClass);
  },
  find: (sch: Qdisc, classid: number): TcClass => htb(sch).tree.classes.find(classid) ?? 0,
  change: changeClass,
  delete: deleteClass,
  walk(sch: Qdisc, fn: (cl: TcClass) => boolean): void {
    htb(sch).tree.classes.walk(fn);
  },
  tcfBlock: (sch: Qdisc, arg: TcClass): TcfBlock | null => (arg === 0 ? htb(sch).block : (arg as HtbClass).block),
  bindTcf(sch: Qdisc, _parent: TcClass, classid: number): TcClass {
    const cl = htb(sch).tree.classes.find(classid);
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
    for (const cl of q.tree.classes.all()) {
      if (cl.level === 0) qdiscReset(cl.q);
      htbDeactivate(q.tree, cl);
      htbUnwait(q.tree, cl);
      cl.mode = HTB_CAN_SEND;
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
    for (const cl of q.tree.classes.all()) {
      if (cl.block !== null) tcfBlockPut(cl.block);
      cl.block = null;
    }
    for (const cl of q.tree.classes.all()) {
      q.tree.classes.remove(cl);
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
