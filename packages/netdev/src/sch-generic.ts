/** Running a device's queue, and attaching and activating queues. */
import { type Skb, skbDequeue, skbInsertBefore, skbQueueTail } from '@linnet/skbuff';
import { TC_H_ROOT } from '@linnet/uapi';
import { IFF_NO_QUEUE, type NetDevice } from './netdevice.ts';
import { netifSchedule, netifXmitStopped } from './qdisc.ts';
import { Qdisc, qdiscDestroy, type QdiscOps, qdiscReset, TCQ_F_NOPARENT } from './qdisc-core.ts';
import { NOQUEUE_OPS, PFIFO_FAST_OPS } from './sch-fifo.ts';
import { devHardStartXmit, devXmitComplete, validateXmitSkbList } from './xmit.ts';

/** Puts what the driver did not take in front of the queue, and of what it did not take before (dev_requeue_skb). */
function devRequeueSkb(list: Skb | null, q: Qdisc): void {
  const behind = q.requeued.head;
  for (let skb = list; skb !== null; ) {
    const next: Skb | null = skb.next;
    skb.next = null;
    if (behind === null) skbQueueTail(q.requeued, skb);
    else skbInsertBefore(behind, skb, q.requeued);
    q.requeues++;
    q.qlen++;
    q.backlog += skb.cb0;
    skb = next;
  }
  netifSchedule(q);
}

/**
 * Sends a packet straight to the driver, behind the queue's back (sch_direct_xmit); what the driver does not take is put in front of the queue.
 * `validate` false for a packet that was made fit before. Consumes the skb. True when the queue may be run further.
 * @alpha
 */
export function schDirectXmit(skb: Skb, q: Qdisc, dev: NetDevice, validate: boolean): boolean {
  let rest: Skb | null = validate ? validateXmitSkbList(skb, dev) : skb;
  if (rest === null) return true;
  if (!netifXmitStopped(dev)) {
    rest = devHardStartXmit(rest, dev);
    if (rest === null && devXmitComplete(dev.sd.xmitRc)) return true;
  }
  devRequeueSkb(rest, q);
  return false;
}

/** Sends one packet of the queue; false when there is none or the driver is full (qdisc_restart). */
function qdiscRestart(q: Qdisc, dev: NetDevice): boolean {
  if (netifXmitStopped(dev)) return false;
  let skb = skbDequeue(q.requeued);
  if (skb !== null) {
    q.qlen--;
    q.backlog -= skb.cb0;
    return schDirectXmit(skb, q, dev, false);
  }
  skb = q.ops.dequeue(q);
  return skb !== null && schDirectXmit(skb, q, dev, true);
}

/** Sends what the queue holds, up to a weight; the rest is left to the softirq (__qdisc_run). Does nothing inside itself. @alpha */
export function qdiscRun(q: Qdisc): void {
  if (q.running) return;
  q.running = true;
  const dev = q.dev;
  let quota = dev.sd.devTxWeight;
  try {
    while (qdiscRestart(q, dev)) {
      if (--quota <= 0) {
        netifSchedule(q);
        break;
      }
    }
  } finally {
    // A driver or a tap that throws has a bug; it must not end all sending.
    q.running = false;
  }
}

/** Makes a queue with its discipline set up; a negative errno when that refused (qdisc_create_dflt). @alpha */
export function qdiscCreate(dev: NetDevice, ops: QdiscOps, opt: Uint8Array | null = null): Qdisc | number {
  const q = new Qdisc(ops, dev);
  const err = ops.init?.(q, opt, null) ?? 0;
  if (err >= 0) return q;
  ops.destroy?.(q);
  return err;
}

/** The queue that a device gets by itself: none for software devices, `net.core.default_qdisc` for the others. */
function createDefault(dev: NetDevice): Qdisc {
  const none = dev.txQueueLen === 0 || (dev.privFlags & IFF_NO_QUEUE) !== 0;
  const ops = none ? NOQUEUE_OPS : (dev.sd.qdiscs.get(dev.sd.defaultQdisc) ?? PFIFO_FAST_OPS);
  const q = qdiscCreate(dev, ops);
  if (typeof q === 'number') return dev.noopQdisc;
  ops.attach?.(q);
  q.parent = TC_H_ROOT;
  q.flags |= TCQ_F_NOPARENT;
  return q;
}

/** Attaches the default queue if the device has none (attach_default_qdiscs). */
function attachDefault(dev: NetDevice): void {
  if (dev.qdiscSleeping === dev.noopQdisc) dev.qdiscSleeping = createDefault(dev);
}

/** The device may send: puts its queue in place; with no carrier that waits for one (dev_activate). @alpha */
export function devActivate(dev: NetDevice): void {
  attachDefault(dev);
  if (!dev.carrier) return;
  dev.qdiscSleeping.deactivated = false;
  dev.qdisc = dev.qdiscSleeping;
  if (dev.qdisc.qlen !== 0) netifSchedule(dev.qdisc);
}

/** The device may not send any more: drops what waits (dev_deactivate). @alpha */
export function devDeactivate(dev: NetDevice): void {
  const q = dev.qdiscSleeping;
  dev.qdisc = dev.noopQdisc;
  q.deactivated = true;
  qdiscReset(q);
}

/** Is another queue than noop in use? (qdisc_tx_is_noop, negated) */
export function qdiscTxActive(dev: NetDevice): boolean {
  return dev.qdisc !== dev.noopQdisc;
}

/**
 * Makes `q` the device's root queue (dev_graft_qdisc, and the part of qdisc_graft that takes care of the device). The old one drops what it holds
 * and is destroyed. Null puts the default back.
 * @alpha
 */
export function devGraftQdisc(dev: NetDevice, q: Qdisc | null): void {
  const active = dev.running;
  if (active) devDeactivate(dev);
  const old = dev.qdiscSleeping;
  dev.qdiscSleeping = q ?? dev.noopQdisc;
  if (old !== q) qdiscDestroy(old);
  if (active) devActivate(dev);
}

/** Ends all queues of a device that goes (dev_shutdown). */
export function devShutdown(dev: NetDevice): void {
  dev.qdisc = dev.noopQdisc;
  const q = dev.qdiscSleeping;
  dev.qdiscSleeping = dev.noopQdisc;
  q.deactivated = true;
  qdiscDestroy(q);
}

/** The length of the transmit queue was set: tells the discipline. Returns 0 or a negative errno (dev_qdisc_change_tx_queue_len). */
export function devQdiscChangeTxQueueLen(dev: NetDevice): number {
  return dev.qdiscSleeping.ops.changeTxQueueLen?.(dev.qdiscSleeping, dev.txQueueLen) ?? 0;
}

