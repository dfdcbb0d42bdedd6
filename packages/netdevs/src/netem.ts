/**
 * netem: a queue that delays, loses, duplicates, corrupts and reorders, reproducibly from the kernel's seed (tc-netem(8)).
 */
import { EINVAL, type RngStream } from '@linnet/kernel';
import {
  devGraftQdisc, NET_XMIT_SUCCESS, NETIF_F_GSO_MASK, netifSkbFeatures, type Qdisc, qdiscCreate, qdiscDequeued, qdiscDrop, qdiscEnqueued, qdiscWatchdogCancel, qdiscWatchdogSchedule, QdiscWatchdog, skbGsoCut,
  type NetDevice, type QdiscOps,
} from '@linnet/netdev';
import {
  CHECKSUM_NONE, DROP, kfreeSkbReason, skbAppend, skbChecksumHelp, skbClone, skbCopyBits, skbDequeue, skbHeadlen, skbOrphan, skbQueueHead, SkbQueue, skbQueuePurge, skbQueueTail,
  skbStoreBits, skbUnclone, skbLinearize, type Skb,
} from '@linnet/skbuff';

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

class Netem {
  delayNs = 0;
  jitterNs = 0;
  normal = false;
  loss = 0;
  duplicate = 0;
  corrupt = 0;
  reorder = 0;
  gap = 0;
  rate = 0;
  limit = 1000;
  segments = true;
  counter = 0;
  /** When the last packet that the rate was applied to is through, ns. */
  busyUntil = 0;
  readonly rng: RngStream;
  readonly watchdog: QdiscWatchdog;
  /** Packets by the time at which they leave (`cbTime`). */
  readonly queue: SkbQueue = new SkbQueue();
  readonly one: Uint8Array = new Uint8Array(1);

  constructor(sch: Qdisc) {
    const { dev } = sch;
    this.rng = dev.kernel.rng.stream(`netem.${dev.net.inum}.${dev.ifindex}`); // datapath-ok: once a queue
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
}

/** The discipline. Through `tc` it is made with the defaults; `netemSet` sets the parameters. @alpha */
export const NETEM_OPS: QdiscOps = Object.freeze({
  id: 'netem',
  init(sch: Qdisc): number {
    sch.priv = new Netem(sch);
    return 0;
  },
  enqueue,
  dequeue,
  peek: (sch: Qdisc): Skb | null => (sch.priv as Netem).queue.head,
  reset(sch: Qdisc): void {
    const q = sch.priv as Netem;
    skbQueuePurge(q.queue, DROP.QDISC_DROP);
    qdiscWatchdogCancel(q.watchdog);
    q.busyUntil = 0;
    q.counter = 0;
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
    rc = impair(list, sch, q);
    list = next;
  }
  return rc;
}

/** What happens to one packet. */
function impair(skb: Skb, sch: Qdisc, q: Netem): number {
  let copies = 1;
  if (q.duplicate > 0 && q.rng.float() < q.duplicate) copies++;
  if (q.loss > 0 && q.rng.float() < q.loss) copies--;
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
  if (q.corrupt > 0 && q.rng.float() < q.corrupt) corrupt(skb, q);
  if (q.queue.qlen >= q.limit) return qdiscDrop(skb, sch, DROP.QDISC_OVERLIMIT);
  const now = sch.dev.kernel.ktime;
  if (q.gap === 0 || q.counter < q.gap - 1 || q.reorder <= q.rng.float()) {
    let at = now + delay(q);
    if (q.rate > 0) {
      // One after the other through a pipe of this width, behind the last one that waits.
      const start = Math.max(now, q.busyUntil);
      q.busyUntil = start + (skb.len / q.rate) * 1e9;
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

function delay(q: Netem): number {
  if (q.jitterNs === 0) return q.delayNs;
  const x = q.normal ? Math.sqrt(-2 * Math.log(1 - q.rng.float())) * Math.cos(2 * Math.PI * q.rng.float()) : q.rng.float() * 2 - 1;
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

function dequeue(sch: Qdisc): Skb | null {
  const q = sch.priv as Netem;
  const skb = q.queue.head;
  if (skb === null) return null;
  if (skb.cbTime > sch.dev.kernel.ktime) {
    qdiscWatchdogSchedule(q.watchdog, skb.cbTime);
    return null;
  }
  skbDequeue(q.queue);
  qdiscDequeued(sch, skb);
  return skb;
}
