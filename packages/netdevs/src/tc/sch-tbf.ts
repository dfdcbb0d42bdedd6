/** tbf: packets leave at a rate, and in bursts of so many bytes (tc-tbf(8)). */
import { EINVAL } from '@linnet/kernel';
import {
  NET_XMIT_DROP, NET_XMIT_SUCCESS, NETIF_F_GSO_MASK, netifSkbFeatures, type Qdisc, qdiscDequeuePeeked, qdiscDrop, qdiscEnqueue, qdiscPktLen, qdiscPktLenInit, qdiscReset,
  QdiscWatchdog, qdiscWatchdogCancel, qdiscWatchdogSchedule, skbGsoCut,
} from '@linnet/netdev';
import { NLA_BINARY, NLA_U32, NLA_U64 } from '@linnet/netlink';
import { DROP, type Skb } from '@linnet/skbuff';
import {
  nlaGetU32, nlaGetU64, TC_LINKLAYER_ATM, TCA_TBF_BURST, TCA_TBF_MAX, TCA_TBF_PARMS, TCA_TBF_PBURST, TCA_TBF_PRATE64, TCA_TBF_PTAB, TCA_TBF_RATE64, TCA_TBF_RTAB, type Tcmsg,
} from '@linnet/uapi';
import { gsoMacSeglen } from './gso.ts';
import { pschedMtu, pschedNs2ticks, pschedTicks2ns, RateCfg, rateLinklayer, TC_RATESPEC_LEN } from './psched.ts';
import { defaultBfifo, fifoSetLimit, peekChild } from './sch-common.ts';
import { parseOpt, payload, qdiscPut, qdiscReplace } from './tc-core.ts';
import type { TcClass, TcClassOps, TcQdiscOps } from './tc-types.ts';

const QOPT_LEN = 2 * TC_RATESPEC_LEN + 12;
const RTAB_LEN = 1024;
const NSEC = 1e9;
const U32MAX = 0xffffffff;

const POLICY = {
  maxtype: TCA_TBF_MAX,
  rules: {
    [TCA_TBF_PARMS]: { type: NLA_BINARY, min: QOPT_LEN }, [TCA_TBF_RTAB]: { type: NLA_BINARY, len: RTAB_LEN }, [TCA_TBF_PTAB]: { type: NLA_BINARY, len: RTAB_LEN },
    [TCA_TBF_RATE64]: { type: NLA_U64 }, [TCA_TBF_PRATE64]: { type: NLA_U64 }, [TCA_TBF_BURST]: { type: NLA_U32 }, [TCA_TBF_PBURST]: { type: NLA_U32 },
  },
};

class Tbf {
  limit = 0;
  maxSize = 0;
  /** Depth of the buckets, ns. */
  buffer = 0;
  mtu = 0;
  rate: RateCfg | null = null;
  peak: RateCfg | null = null;
  tokens = 0;
  ptokens = 0;
  last = 0;
  child: Qdisc;
  readonly watchdog: QdiscWatchdog;
  constructor(sch: Qdisc) {
    this.child = sch.dev.noopQdisc;
    this.watchdog = new QdiscWatchdog(sch);
    this.last = sch.dev.kernel.ktime;
  }
}

/** The bytes that leave in a time (psched_ns_t2l). */
function t2l(r: RateCfg, ns: number): number {
  let len = Math.floor((ns * r.rate) / NSEC);
  if (r.linklayer === TC_LINKLAYER_ATM) len = Math.floor(len / 53) * 48;
  return Math.max(0, len - r.overhead);
}

function change(sch: Qdisc, opt: Uint8Array): number {
  const q = sch.priv as Tbf;
  const a = parseOpt(opt, POLICY, null);
  if (typeof a === 'number') return a;
  const { view, tb } = a;
  if (tb[TCA_TBF_PARMS] === 0) return -EINVAL;
  const o = tb[TCA_TBF_PARMS]! + 4;
  const po = o + TC_RATESPEC_LEN;
  const rest = po + TC_RATESPEC_LEN;
  const limit = view.getUint32(rest, true);
  const table = (nla: number): number => (nla === 0 || view.getUint8(o) === 0 ? 0 : nla + 4);
  const rate = new RateCfg(view, o, tb[TCA_TBF_RATE64] === 0 ? 0 : nlaGetU64(view, tb[TCA_TBF_RATE64]!), rateLinklayer(view, o, table(tb[TCA_TBF_RTAB]!)));
  let buffer = Math.min(pschedTicks2ns(view.getUint32(rest + 4, true)), U32MAX);
  let mtu = Math.min(pschedTicks2ns(view.getUint32(rest + 8, true)), U32MAX);
  let maxSize: number;
  if (tb[TCA_TBF_BURST] !== 0) {
    maxSize = nlaGetU32(view, tb[TCA_TBF_BURST]!);
    buffer = rate.l2tNs(maxSize);
  } else maxSize = Math.min(t2l(rate, buffer), U32MAX);
  let peak: RateCfg | null = null;
  if (view.getUint32(po + 8, true) !== 0) {
    peak = new RateCfg(view, po, tb[TCA_TBF_PRATE64] === 0 ? 0 : nlaGetU64(view, tb[TCA_TBF_PRATE64]!), rateLinklayer(view, po, table(tb[TCA_TBF_PTAB]!)));
    if (peak.rate <= rate.rate) return -EINVAL;
    if (tb[TCA_TBF_PBURST] !== 0) {
      const pburst = nlaGetU32(view, tb[TCA_TBF_PBURST]!);
      maxSize = Math.min(maxSize, pburst);
      mtu = peak.l2tNs(pburst);
    } else maxSize = Math.min(maxSize, t2l(peak, mtu));
  }
  if (maxSize < pschedMtu(sch)) sch.dev.kernel.log.warn(`sch_tbf: burst ${maxSize} is lower than device ${sch.dev.name} mtu (${pschedMtu(sch)}) !`); // datapath-ok: a request
  if (maxSize === 0) return -EINVAL;
  if (q.child !== sch.dev.noopQdisc) fifoSetLimit(q.child, limit);
  else if (limit > 0) q.child = defaultBfifo(sch, limit);
  q.limit = limit;
  q.mtu = tb[TCA_TBF_PBURST] !== 0 ? mtu : pschedTicks2ns(view.getUint32(rest + 8, true));
  q.maxSize = maxSize;
  q.buffer = tb[TCA_TBF_BURST] !== 0 ? buffer : pschedTicks2ns(view.getUint32(rest + 4, true));
  q.tokens = q.buffer;
  q.ptokens = q.mtu;
  q.rate = rate;
  q.peak = peak;
  return 0;
}

/** A super-segment that is longer than the bucket is deep goes in pieces (tbf_segment). */
function enqueueCut(skb: Skb, sch: Qdisc, q: Tbf): number {
  let list = skbGsoCut(skb, sch.dev, netifSkbFeatures(skb) & ~NETIF_F_GSO_MASK);
  let n = 0;
  while (list !== null) {
    const next: Skb | null = list.next;
    list.next = null;
    qdiscPktLenInit(list);
    const len = qdiscPktLen(list);
    if (qdiscEnqueue(list, q.child) === NET_XMIT_SUCCESS) {
      n++;
      sch.qlen++;
      sch.backlog += len;
    } else sch.drops++;
    list = next;
  }
  return n > 0 ? NET_XMIT_SUCCESS : NET_XMIT_DROP;
}

function enqueue(skb: Skb, sch: Qdisc): number {
  const q = sch.priv as Tbf;
  const len = qdiscPktLen(skb);
  if (len > q.maxSize) {
    return skb.gsoSize !== 0 && gsoMacSeglen(skb) <= q.maxSize ? enqueueCut(skb, sch, q) : qdiscDrop(skb, sch, DROP.QDISC_DROP);
  }
  const rc = qdiscEnqueue(skb, q.child);
  if (rc !== NET_XMIT_SUCCESS) {
    sch.drops++;
    return rc;
  }
  sch.backlog += len;
  sch.qlen++;
  return NET_XMIT_SUCCESS;
}

function dequeue(sch: Qdisc): Skb | null {
  const q = sch.priv as Tbf;
  const first = peekChild(q.child);
  if (first === null) return null;
  const len = qdiscPktLen(first);
  const now = sch.dev.kernel.ktime;
  const gained = Math.min(now - q.last, q.buffer);
  let ptoks = 0;
  if (q.peak !== null) ptoks = Math.min(gained + q.ptokens, q.mtu) - q.peak.l2tNs(len);
  const toks = Math.min(gained + q.tokens, q.buffer) - q.rate!.l2tNs(len);
  if (toks >= 0 && ptoks >= 0) {
    const skb = qdiscDequeuePeeked(q.child);
    if (skb === null) return null;
    q.last = now;
    q.tokens = toks;
    q.ptokens = ptoks;
    sch.qlen--;
    sch.backlog -= len;
    sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
    sch.bytes += len;
    return skb;
  }
  qdiscWatchdogSchedule(q.watchdog, now + Math.max(-toks, -ptoks));
  sch.overlimits++;
  return null;
}

const CLASS_OPS: TcClassOps = {
  graft(sch: Qdisc, _cl: TcClass, child: Qdisc | null): Qdisc {
    const q = sch.priv as Tbf;
    const next = child ?? sch.dev.noopQdisc;
    const old = qdiscReplace(sch, next, q.child);
    q.child = next;
    return old;
  },
  leaf: (sch: Qdisc): Qdisc | null => (sch.priv as Tbf).child,
  find: (): TcClass => 1,
  walk(_sch: Qdisc, fn: (cl: TcClass) => boolean): void {
    fn(1);
  },
  dump(sch: Qdisc, _cl: TcClass, t: Tcmsg): void {
    t.handle = (t.handle | 1) >>> 0;
    t.info = (sch.priv as Tbf).child.handle;
  },
};

/** The discipline `tbf`. @alpha */
export const TBF_OPS: TcQdiscOps = Object.freeze({
  id: 'tbf',
  classOps: CLASS_OPS,
  init(sch: Qdisc, opt: Uint8Array | null): number {
    sch.priv = new Tbf(sch);
    return opt === null ? -EINVAL : change(sch, opt);
  },
  change: (sch: Qdisc, opt: Uint8Array): number => change(sch, opt),
  enqueue,
  dequeue,
  reset(sch: Qdisc): void {
    const q = sch.priv as Tbf;
    qdiscReset(q.child);
    q.last = sch.dev.kernel.ktime;
    q.tokens = q.buffer;
    q.ptokens = q.mtu;
    qdiscWatchdogCancel(q.watchdog);
  },
  destroy(sch: Qdisc): void {
    const q = sch.priv as Tbf | null;
    if (q === null) return;
    qdiscWatchdogCancel(q.watchdog);
    qdiscPut(q.child);
    q.child = sch.dev.noopQdisc;
  },
  dump(sch: Qdisc): Uint8Array {
    const q = sch.priv as Tbf;
    return payload((w) => {
      const o = w.reserveAttr(TCA_TBF_PARMS, QOPT_LEN);
      q.rate?.write(w.view, o);
      q.peak?.write(w.view, o + TC_RATESPEC_LEN);
      const rest = o + 2 * TC_RATESPEC_LEN;
      w.view.setUint32(rest, q.limit, true);
      w.view.setUint32(rest + 4, pschedNs2ticks(q.buffer), true);
      w.view.setUint32(rest + 8, pschedNs2ticks(q.mtu), true);
      if (q.rate !== null && q.rate.rate > U32MAX) w.putU64(TCA_TBF_RATE64, q.rate.rate);
      if (q.peak !== null && q.peak.rate > U32MAX) w.putU64(TCA_TBF_PRATE64, q.peak.rate);
    });
  },
});
