/** prio: bands by priority, each with a queue of its own; a lower band waits for all higher ones (tc-prio(8)). */
import { EINVAL } from '@linnet/kernel';
import { NET_XMIT_SUCCESS, type Qdisc, qdiscDequeuePeeked, qdiscEnqueue, qdiscPktLen, type QdiscExtack, qdiscReset } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { TC_PRIO_MAX, TCQ_MIN_PRIO_BANDS, TCQ_PRIO_BANDS, type Tcmsg } from '@linnet/uapi';
import { tcfBlockGet, tcfBlockPut } from './cls-block.ts';
import type { StatsDump } from './gen-stats.ts';
import { CLASSIFY_NONE, CLASSIFY_OK, CLASSIFY_STOLEN, defaultChild, peekChild, schClassify } from './sch-common.ts';
import { clNumber, qdiscPurgeQueue, qdiscPut, qdiscReplace, tcHMaj, tcHMin } from './tc-core.ts';
import { type TcClass, type TcClassOps, type TcfBlock, TcfResult, type TcQdiscOps } from './tc-types.ts';

const QOPT_LEN = 4 + TC_PRIO_MAX + 1;

class Prio {
  block: TcfBlock | null = null;
  bands = 0;
  readonly prio2band: Uint8Array = new Uint8Array(TC_PRIO_MAX + 1);
  readonly queues: Qdisc[] = [];
  readonly res: TcfResult = new TcfResult();
}

function change(sch: Qdisc, opt: Uint8Array): number {
  const q = sch.priv as Prio;
  if (opt.length < QOPT_LEN) return -EINVAL;
  const bands = opt[0]! | (opt[1]! << 8) | (opt[2]! << 16) | (opt[3]! << 24);
  if (bands > TCQ_PRIO_BANDS || bands < TCQ_MIN_PRIO_BANDS) return -EINVAL;
  for (let i = 0; i <= TC_PRIO_MAX; i++) if (opt[4 + i]! >= bands) return -EINVAL;
  for (let i = 0; i <= TC_PRIO_MAX; i++) q.prio2band[i] = opt[4 + i]!;
  q.bands = bands;
  for (const old of q.queues.splice(bands)) {
    qdiscPurgeQueue(old);
    qdiscPut(old);
  }
  while (q.queues.length < bands) q.queues.push(defaultChild(sch, (sch.handle | (q.queues.length + 1)) >>> 0));
  return 0;
}

/** The queue for a packet; null when a filter took it, with `res.classid` 0 (prio_classify). */
function enqueue(skb: Skb, sch: Qdisc): number {
  const q = sch.priv as Prio;
  let band = skb.priority;
  if (tcHMaj(band) !== sch.handle) {
    const r = schClassify(skb, sch, q.block!, q.res);
    if (r !== CLASSIFY_NONE && r !== CLASSIFY_OK) return r === CLASSIFY_STOLEN ? NET_XMIT_SUCCESS : 1;
    if (r === CLASSIFY_NONE) {
      if (tcHMaj(band) !== 0) band = 0;
      return put(skb, sch, q.queues[q.prio2band[band & TC_PRIO_MAX]!]!);
    }
    band = q.res.classid;
  }
  const i = tcHMin(band) - 1;
  return put(skb, sch, i < 0 || i >= q.bands ? q.queues[q.prio2band[0]!]! : q.queues[i]!);
}

function put(skb: Skb, sch: Qdisc, child: Qdisc): number {
  const len = qdiscPktLen(skb);
  const rc = qdiscEnqueue(skb, child);
  if (rc === NET_XMIT_SUCCESS) {
    sch.qlen++;
    sch.backlog += len;
  } else sch.drops++;
  return rc;
}

function dequeue(sch: Qdisc): Skb | null {
  const q = sch.priv as Prio;
  for (let i = 0; i < q.bands; i++) {
    const child = q.queues[i]!;
    const skb = child.qlen === 0 ? null : qdiscDequeuePeeked(child);
    if (skb === null) continue;
    sch.qlen--;
    sch.backlog -= qdiscPktLen(skb);
    sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
    sch.bytes += qdiscPktLen(skb);
    return skb;
  }
  return null;
}

const CLASS_OPS: TcClassOps = {
  graft(sch: Qdisc, cl: TcClass, child: Qdisc | null): Qdisc | number {
    const q = sch.priv as Prio;
    const i = clNumber(cl) - 1;
    const next = child ?? defaultChild(sch, (sch.handle | (i + 1)) >>> 0);
    const old = qdiscReplace(sch, next, q.queues[i] ?? null);
    q.queues[i] = next;
    return old;
  },
  leaf: (sch: Qdisc, cl: TcClass): Qdisc | null => (sch.priv as Prio).queues[clNumber(cl) - 1] ?? null,
  find(sch: Qdisc, classid: number): TcClass {
    const band = tcHMin(classid);
    return band === 0 || band > (sch.priv as Prio).bands ? 0 : band;
  },
  walk(sch: Qdisc, fn: (cl: TcClass) => boolean): void {
    const { bands } = sch.priv as Prio;
    for (let i = 1; i <= bands; i++) if (!fn(i)) return;
  },
  tcfBlock: (sch: Qdisc, cl: TcClass): TcfBlock | null => (cl === 0 ? (sch.priv as Prio).block : null),
  bindTcf: (sch: Qdisc, _parent: TcClass, classid: number): TcClass => CLASS_OPS.find(sch, classid),
  dump(sch: Qdisc, cl: TcClass, t: Tcmsg): void {
    t.handle = (t.handle | clNumber(cl)) >>> 0;
    t.info = (sch.priv as Prio).queues[clNumber(cl) - 1]?.handle ?? 0;
  },
  dumpStats(sch: Qdisc, cl: TcClass, d: StatsDump): void {
    const child = (sch.priv as Prio).queues[clNumber(cl) - 1]!;
    d.basic(child.bytes, child.packets);
    d.queue(child);
  },
};

/** The discipline `prio`. @alpha */
export const PRIO_OPS: TcQdiscOps = Object.freeze({
  id: 'prio',
  classOps: CLASS_OPS,
  init(sch: Qdisc, opt: Uint8Array | null, extack?: QdiscExtack | null): number {
    if (opt === null) return -EINVAL;
    const q = new Prio();
    sch.priv = q;
    const block = tcfBlockGet(sch, 0, extack ?? null);
    if (typeof block === 'number') return block;
    q.block = block;
    return change(sch, opt);
  },
  change,
  enqueue,
  dequeue,
  peek(sch: Qdisc): Skb | null {
    const q = sch.priv as Prio;
    for (let i = 0; i < q.bands; i++) {
      const skb = peekChild(q.queues[i]!);
      if (skb !== null) return skb;
    }
    return null;
  },
  reset(sch: Qdisc): void {
    for (const child of (sch.priv as Prio).queues) qdiscReset(child);
  },
  destroy(sch: Qdisc): void {
    const q = sch.priv as Prio | null;
    if (q === null) return;
    if (q.block !== null) tcfBlockPut(q.block);
    for (const child of q.queues.splice(0)) qdiscPut(child);
  },
  dump(sch: Qdisc): Uint8Array {
    const q = sch.priv as Prio;
    const out = new Uint8Array(QOPT_LEN);
    out[0] = q.bands;
    out.set(q.prio2band, 4);
    return out;
  },
});
