/** The queueing discipline: what stands between the stack and a device's transmit function. */
import { DROP, kfreeSkbReason, type Skb, skbDequeue, SkbQueue, skbQueuePurge } from '@linnet/skbuff';
import type { NetDevice } from './netdevice.ts';

/** Made by the kernel, not to be deleted: a bit of `Qdisc.flags`. @alpha */
export const TCQ_F_BUILTIN = 1;
/** An ingress queue. @alpha */
export const TCQ_F_INGRESS = 2;
/** An empty queue may be passed by: the packet goes to the device at once. @alpha */
export const TCQ_F_CAN_BYPASS = 4;
/** The queue is the root and has no parent. @alpha */
export const TCQ_F_NOPARENT = 0x40;
/** Not shown in dumps. @alpha */
export const TCQ_F_INVISIBLE = 0x80;

/**
 * A queueing discipline's code (struct Qdisc_ops). `opt` is the attribute payload of TCA_OPTIONS, or null for the defaults.
 * @alpha
 */
export interface QdiscOps {
  /** The name in `tc qdisc`. */
  readonly id: string;
  /** Sets a new queue up; a negative errno refuses it. */
  init?(sch: Qdisc, opt: Uint8Array | null): number;
  /** Consumes the packet; returns NET_XMIT_SUCCESS, NET_XMIT_CN or NET_XMIT_DROP. Null: packets go straight to the device. */
  readonly enqueue: ((skb: Skb, sch: Qdisc) => number) | null;
  /** The next packet that may leave now, or null. A discipline that waits arms its watchdog first. */
  dequeue(sch: Qdisc): Skb | null;
  /** The packet that `dequeue` would give, left where it is. */
  peek?(sch: Qdisc): Skb | null;
  /** Drops all packets. */
  reset?(sch: Qdisc): void;
  destroy?(sch: Qdisc): void;
  change?(sch: Qdisc, opt: Uint8Array): number;
  /** The payload of TCA_OPTIONS, or null when there is none. */
  dump?(sch: Qdisc): Uint8Array | null;
  /** The device's `txQueueLen` changed. */
  changeTxQueueLen?(sch: Qdisc, len: number): number;
}

/**
 * One queue (struct Qdisc). A discipline keeps its own state in `priv`; simple ones use `q`.
 * `qlen` and `backlog` count all that is queued, children included.
 * @alpha
 */
export class Qdisc {
  ops: QdiscOps;
  readonly dev: NetDevice;
  flags: number;
  /** TC handle, e.g. 0x10000 for «1:». */
  handle: number;
  parent: number;
  limit: number;
  readonly q: SkbQueue;
  /** Packets that the device gave back; they go first. */
  readonly requeued: SkbQueue;
  qlen: number;
  backlog: number;
  /** Packets and bytes sent. */
  bytes: number;
  packets: number;
  drops: number;
  requeues: number;
  overlimits: number;
  /** The queue is being run: no second run inside. */
  running: boolean;
  /** It is on the softirq's list. */
  scheduled: boolean;
  nextSched: Qdisc | null;
  deactivated: boolean;
  priv: unknown;

  constructor(ops: QdiscOps, dev: NetDevice) {
    this.ops = ops;
    this.dev = dev;
    this.flags = 0;
    this.handle = 0;
    this.parent = 0;
    this.limit = 0;
    this.q = new SkbQueue();
    this.requeued = new SkbQueue();
    this.qlen = 0;
    this.backlog = 0;
    this.bytes = 0;
    this.packets = 0;
    this.drops = 0;
    this.requeues = 0;
    this.overlimits = 0;
    this.running = false;
    this.scheduled = false;
    this.nextSched = null;
    this.deactivated = false;
    this.priv = null;
  }
}

/** Drops a packet that the queue has no room for, and counts it; returns NET_XMIT_DROP (qdisc_drop). @alpha */
export function qdiscDrop(skb: Skb, sch: Qdisc, reason: number): number {
  sch.drops++;
  kfreeSkbReason(skb, reason);
  return 1;
}

/** Counts a packet that goes into the queue. @alpha */
export function qdiscEnqueued(sch: Qdisc, skb: Skb): void {
  sch.qlen++;
  sch.backlog += skb.len;
}

/** Counts a packet that leaves the queue for the device. @alpha */
export function qdiscDequeued(sch: Qdisc, skb: Skb): void {
  sch.qlen--;
  sch.backlog -= skb.len;
  sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
  sch.bytes += skb.len;
}

/** Drops all that is queued (qdisc_reset). @alpha */
export function qdiscReset(sch: Qdisc): void {
  sch.ops.reset?.(sch);
  skbQueuePurge(sch.q, DROP.QDISC_DROP);
  skbQueuePurge(sch.requeued, DROP.QDISC_DROP);
  sch.qlen = 0;
  sch.backlog = 0;
}

/** Drops all and lets the discipline go (qdisc_destroy). @alpha */
export function qdiscDestroy(sch: Qdisc): void {
  if ((sch.flags & TCQ_F_BUILTIN) !== 0 && sch.ops.id === 'noop') return;
  qdiscReset(sch);
  sch.ops.destroy?.(sch);
}

/** Takes the first packet of `sch.q` with the books kept: the `dequeue` of simple disciplines (qdisc_dequeue_head). @alpha */
export function qdiscDequeueHead(sch: Qdisc): Skb | null {
  const skb = skbDequeue(sch.q);
  if (skb !== null) qdiscDequeued(sch, skb);
  return skb;
}

/** The queue of a device that is down or has no carrier: drops everything (noop_qdisc). @alpha */
export const NOOP_QDISC_OPS: QdiscOps = Object.freeze({
  id: 'noop',
  enqueue(skb: Skb): number {
    kfreeSkbReason(skb, DROP.NETDEV_DOWN);
    return 2; // NET_XMIT_CN: the sender is not told, the device may be back soon
  },
  dequeue(): null {
    return null;
  },
});
