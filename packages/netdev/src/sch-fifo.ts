/** The simple disciplines: pfifo_fast with its three bands, pfifo, bfifo, and noqueue. */
import { EINVAL } from '@linnet/kernel';
import { DROP, type Skb, skbDequeue, SkbQueue, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';
import { TC_PRIO_MAX } from '@linnet/uapi';
import { NET_XMIT_SUCCESS } from './netdevice.ts';
import { type Qdisc, qdiscDequeued, qdiscDequeueHead, qdiscDrop, qdiscEnqueued, type QdiscOps, TCQ_F_CAN_BYPASS } from './qdisc-core.ts';

/** Band of each packet priority: 0 goes first (tc-pfifo_fast(8)). @alpha */
export const SCH_DEFAULT_PRIO2BAND: readonly number[] = Object.freeze([1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
const BANDS = 3;

class PfifoFast {
  readonly bands: SkbQueue[];
  limit: number;
  constructor(limit: number) {
    this.bands = [new SkbQueue(), new SkbQueue(), new SkbQueue()];
    this.limit = limit;
  }
}

/** Three FIFOs by priority, each as long as the device's `txQueueLen`; the default (tc-pfifo_fast(8)). @alpha */
export const PFIFO_FAST_OPS: QdiscOps = Object.freeze({
  id: 'pfifo_fast',
  init(sch: Qdisc): number {
    sch.priv = new PfifoFast(sch.dev.txQueueLen);
    sch.flags |= TCQ_F_CAN_BYPASS;
    return 0;
  },
  enqueue(skb: Skb, sch: Qdisc): number {
    const priv = sch.priv as PfifoFast;
    const q = priv.bands[SCH_DEFAULT_PRIO2BAND[skb.priority & TC_PRIO_MAX]!]!;
    if (q.qlen >= priv.limit) return qdiscDrop(skb, sch, DROP.QDISC_OVERLIMIT);
    skbQueueTail(q, skb);
    qdiscEnqueued(sch, skb);
    return NET_XMIT_SUCCESS;
  },
  dequeue(sch: Qdisc): Skb | null {
    const { bands } = sch.priv as PfifoFast;
    for (let i = 0; i < BANDS; i++) {
      const skb = skbDequeue(bands[i]!);
      if (skb !== null) {
        qdiscDequeued(sch, skb);
        return skb;
      }
    }
    return null;
  },
  peek(sch: Qdisc): Skb | null {
    const { bands } = sch.priv as PfifoFast;
    for (let i = 0; i < BANDS; i++) if (bands[i]!.head !== null) return bands[i]!.head;
    return null;
  },
  reset(sch: Qdisc): void {
    for (const q of (sch.priv as PfifoFast).bands) skbQueuePurge(q, DROP.QDISC_DROP);
  },
  dump(): Uint8Array {
    // struct tc_prio_qopt: int bands, u8 priomap[16]
    const out = new Uint8Array(20);
    out[0] = BANDS;
    out.set(SCH_DEFAULT_PRIO2BAND, 4);
    return out;
  },
  changeTxQueueLen(sch: Qdisc, len: number): number {
    (sch.priv as PfifoFast).limit = len;
    return 0;
  },
});

/** TCA_OPTIONS of pfifo and bfifo: a little-endian u32 limit. */
function readLimit(opt: Uint8Array | null): number {
  if (opt === null || opt.length < 4) return -1;
  return (opt[0]! | (opt[1]! << 8) | (opt[2]! << 16)) + opt[3]! * 0x1000000;
}
function dumpLimit(sch: Qdisc): Uint8Array {
  return new Uint8Array([sch.limit & 255, (sch.limit >>> 8) & 255, (sch.limit >>> 16) & 255, sch.limit >>> 24]);
}
function setLimit(sch: Qdisc, opt: Uint8Array): number {
  const limit = readLimit(opt);
  if (limit < 0) return -EINVAL;
  sch.limit = limit;
  bypass(sch);
  return 0;
}

/** An empty queue may be passed by if it would have taken the packet: one that takes none drops all. */
function bypass(sch: Qdisc): void {
  const room = sch.ops.id === 'bfifo' ? sch.dev.mtu : 1;
  sch.flags = sch.limit >= room ? sch.flags | TCQ_F_CAN_BYPASS : sch.flags & ~TCQ_F_CAN_BYPASS;
}

/** What both kinds of FIFO have. */
const FIFO: Pick<QdiscOps, 'dequeue' | 'peek' | 'change' | 'dump'> = { dequeue: qdiscDequeueHead, peek: (sch: Qdisc): Skb | null => sch.q.head, change: setLimit, dump: dumpLimit };

function take(skb: Skb, sch: Qdisc): number {
  skbQueueTail(sch.q, skb);
  qdiscEnqueued(sch, skb);
  return NET_XMIT_SUCCESS;
}

/** A FIFO of so many packets (tc-pfifo(8)). @alpha */
export const PFIFO_OPS: QdiscOps = Object.freeze({
  id: 'pfifo',
  init(sch: Qdisc, opt: Uint8Array | null): number {
    if (opt !== null) return setLimit(sch, opt);
    sch.limit = sch.dev.txQueueLen;
    bypass(sch);
    return 0;
  },
  enqueue(skb: Skb, sch: Qdisc): number {
    if (sch.q.qlen >= sch.limit) return qdiscDrop(skb, sch, DROP.QDISC_OVERLIMIT);
    return take(skb, sch);
  },
  ...FIFO,
});

/** A FIFO of so many bytes (tc-bfifo(8)). @alpha */
export const BFIFO_OPS: QdiscOps = Object.freeze({
  id: 'bfifo',
  init(sch: Qdisc, opt: Uint8Array | null): number {
    if (opt !== null) return setLimit(sch, opt);
    sch.limit = sch.dev.txQueueLen * (sch.dev.mtu + sch.dev.hardHeaderLen);
    bypass(sch);
    return 0;
  },
  enqueue(skb: Skb, sch: Qdisc): number {
    if (sch.backlog + skb.cb0 > sch.limit) return qdiscDrop(skb, sch, DROP.QDISC_OVERLIMIT);
    return take(skb, sch);
  },
  ...FIFO,
});

/** No queue: packets go straight to the device (noqueue). @alpha */
export const NOQUEUE_OPS: QdiscOps = Object.freeze({
  id: 'noqueue',
  enqueue: null,
  dequeue(): null {
    return null;
  },
});
