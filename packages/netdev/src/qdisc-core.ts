/** The queueing discipline: what stands between the stack and a device's transmit function. */
import {
  DROP, kfreeSkbReason, SKB_GSO_TCPV4, SKB_GSO_TCPV6, type Skb, skbDequeue, skbQueueHead, SkbQueue, skbQueuePurge,
} from '@linnet/skbuff';
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

/** Where a discipline says why it refuses: the `Extack` of the netlink package. @alpha */
export interface QdiscExtack {
  msg: string;
  badAttr: number;
}

/** How long a packet counts on a link with headers and cells of its own (struct qdisc_size_table; tc-stab(8)). @alpha */
export interface QdiscStab {
  readonly cellLog: number;
  readonly sizeLog: number;
  readonly cellAlign: number;
  readonly overhead: number;
  readonly linklayer: number;
  readonly mpu: number;
  readonly mtu: number;
  readonly data: Uint16Array;
}

/**
 * A queueing discipline's code (struct Qdisc_ops). `opt` is the attribute payload of TCA_OPTIONS, or null for the defaults.
 * @alpha
 */
export interface QdiscOps {
  /** The name in `tc qdisc`. */
  readonly id: string;
  /** Sets a new queue up; a negative errno refuses it. */
  init?(sch: Qdisc, opt: Uint8Array | null, extack?: QdiscExtack | null): number;
  /** Consumes the packet; returns NET_XMIT_SUCCESS, NET_XMIT_CN or NET_XMIT_DROP. Null: packets go straight to the device. */
  readonly enqueue: ((skb: Skb, sch: Qdisc) => number) | null;
  /** The next packet that may leave now, or null. A discipline that waits arms its watchdog first. */
  dequeue(sch: Qdisc): Skb | null;
  /** The packet that `dequeue` would give, left where it is. */
  peek?(sch: Qdisc): Skb | null;
  /** Drops all packets. */
  reset?(sch: Qdisc): void;
  destroy?(sch: Qdisc): void;
  change?(sch: Qdisc, opt: Uint8Array, extack?: QdiscExtack | null): number;
  /** The payload of TCA_OPTIONS, or null when there is none. */
  dump?(sch: Qdisc): Uint8Array | null;
  /** Writes TCA_STATS_APP: the payload of what only this discipline counts, or null. */
  dumpStats?(sch: Qdisc): Uint8Array | null;
  /** The queue is in its place at the device. */
  attach?(sch: Qdisc): void;
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
  /** Lengths of packets on the link, when they are not those of their bytes. */
  stab: QdiscStab | null;
  /** A rate estimator of traffic control, or null. */
  rateEst: { kill(): void } | null;
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
    this.stab = null;
    this.rateEst = null;
    this.priv = null;
  }
}

/** Drops a packet that the queue has no room for, and counts it; returns NET_XMIT_DROP (qdisc_drop). @alpha */
export function qdiscDrop(skb: Skb, sch: Qdisc, reason: number): number {
  sch.drops++;
  kfreeSkbReason(skb, reason);
  return 1;
}

/**
 * Notes how long a packet counts in `skb.cb0` (qdisc_pkt_len_init): its bytes; those of a super-segment with the headers that each segment will have.
 * @alpha
 */
export function qdiscPktLenInit(skb: Skb): void {
  let len = skb.len;
  if (skb.gsoSize !== 0) {
    const th = skb.transportHeader - skb.data;
    let hdr = 0;
    if (th > 0) hdr = th + ((skb.gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) !== 0 && skb.transportHeader + 12 < skb.tail ? (skb.u8[skb.transportHeader + 12]! >> 4) << 2 : 8);
    const segs = skb.gsoSegs > 0 ? skb.gsoSegs : Math.ceil((len - hdr) / skb.gsoSize);
    if (segs > 1) len += (segs - 1) * hdr;
  }
  skb.cb0 = len;
}

/** How long a packet counts, once {@link qdiscPktLenInit} has seen it (qdisc_pkt_len). @alpha */
export function qdiscPktLen(skb: Skb): number {
  return skb.cb0;
}

/** Notes the length that a size table gives (__qdisc_calculate_pkt_len). @alpha */
export function qdiscStabPktLen(skb: Skb, stab: QdiscStab): void {
  let len = skb.len + stab.overhead;
  const { data } = stab;
  const n = data.length;
  if (n > 0) {
    let slot = len + stab.cellAlign;
    if (slot < 0) slot = 0;
    slot >>= stab.cellLog;
    len = slot < n ? data[slot]! : data[n - 1]! * Math.floor(slot / n) + data[slot % n]!;
    len *= 2 ** stab.sizeLog;
  }
  skb.cb0 = len < 1 ? 1 : len;
}

/** Gives a packet to a queue below another one (qdisc_enqueue). Consumes it; NET_XMIT_*. @alpha */
export function qdiscEnqueue(skb: Skb, sch: Qdisc): number {
  if (sch.stab !== null) qdiscStabPktLen(skb, sch.stab);
  return sch.ops.enqueue!(skb, sch);
}

/** Counts a packet that goes into the queue. @alpha */
export function qdiscEnqueued(sch: Qdisc, skb: Skb): void {
  sch.qlen++;
  sch.backlog += skb.cb0;
}

/** Counts a packet that leaves the queue, sent or not (qdisc_qstats_backlog_dec). @alpha */
export function qdiscLeft(sch: Qdisc, skb: Skb): void {
  sch.qlen--;
  sch.backlog -= skb.cb0;
}

/** Counts a packet that leaves the queue for the device. @alpha */
export function qdiscDequeued(sch: Qdisc, skb: Skb): void {
  sch.qlen--;
  sch.backlog -= skb.cb0;
  sch.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
  sch.bytes += skb.cb0;
}

/** The next packet, left in the queue: the `peek` of disciplines that know it only by taking it (qdisc_peek_dequeued). @alpha */
export function qdiscPeekDequeued(sch: Qdisc): Skb | null {
  let skb = sch.requeued.head;
  if (skb === null) {
    skb = sch.ops.dequeue(sch);
    if (skb === null) return null;
    skbQueueHead(sch.requeued, skb);
    sch.qlen++;
    sch.backlog += skb.cb0;
  }
  return skb;
}

/** Takes the packet that `peek` showed (qdisc_dequeue_peeked). @alpha */
export function qdiscDequeuePeeked(sch: Qdisc): Skb | null {
  const skb = skbDequeue(sch.requeued);
  if (skb === null) return sch.ops.dequeue(sch);
  sch.qlen--;
  sch.backlog -= skb.cb0;
  return skb;
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
  sch.rateEst?.kill();
  sch.rateEst = null;
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
