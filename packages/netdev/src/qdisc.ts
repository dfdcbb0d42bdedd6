/** Queueing disciplines: scheduling them, starting and stopping a device's queue, waiting for a time. */
import { EEXIST, Hrtimer, hrtimerCancel, hrtimerStart, type Kernel, NET_TX_SOFTIRQ, raiseSoftirq } from '@linnet/kernel';
import { type NetDevice, QUEUE_STATE_DRV_XOFF, QUEUE_STATE_FROZEN } from './netdevice.ts';
import type { Qdisc, QdiscOps } from './qdisc-core.ts';
import { NETDEV } from './softnet.ts';

/** Makes a discipline known by its name (register_qdisc). Returns 0 or -EEXIST. @alpha */
export function registerQdisc(k: Kernel, ops: QdiscOps): number {
  const { qdiscs } = k.get(NETDEV);
  if (qdiscs.has(ops.id)) return -EEXIST;
  qdiscs.set(ops.id, ops);
  return 0;
}

/** The discipline of that name, or null (qdisc_lookup_ops). @alpha */
export function qdiscLookupOps(k: Kernel, id: string): QdiscOps | null {
  return k.get(NETDEV).qdiscs.get(id) ?? null;
}

/** Asks the softirq to run the queue: packets may leave again (__netif_schedule). @alpha */
export function netifSchedule(q: Qdisc): void {
  if (q.scheduled || q.ops.id === 'noop') return;
  q.scheduled = true;
  const sd = q.dev.sd;
  q.nextSched = null;
  if (sd.outputTail === null) sd.outputHead = q;
  else sd.outputTail.nextSched = q;
  sd.outputTail = q;
  raiseSoftirq(sd.kernel, NET_TX_SOFTIRQ);
}

/** Lets the stack call `startXmit`: for a driver's `open` (netif_start_queue). @public */
export function netifStartQueue(dev: NetDevice): void {
  dev.txState &= ~QUEUE_STATE_DRV_XOFF;
}
/** Keeps the stack from calling `startXmit`: for a driver whose ring is full (netif_stop_queue). @public */
export function netifStopQueue(dev: NetDevice): void {
  dev.txState |= QUEUE_STATE_DRV_XOFF;
}
/** Room again: what waited is sent by the softirq (netif_wake_queue). Call it between `kernel.enter()` and `kernel.exit()`. @public */
export function netifWakeQueue(dev: NetDevice): void {
  if ((dev.txState & QUEUE_STATE_DRV_XOFF) === 0) return;
  dev.txState &= ~QUEUE_STATE_DRV_XOFF;
  netifSchedule(dev.qdisc);
}
/** May nothing be given to the driver now? (netif_xmit_frozen_or_stopped) @alpha */
export function netifXmitStopped(dev: NetDevice): boolean {
  return (dev.txState & (QUEUE_STATE_DRV_XOFF | QUEUE_STATE_FROZEN)) !== 0;
}

/** The first queue of a discipline's device: what the watchdog wakes. */
function wake(q: Qdisc): void {
  netifSchedule(q.dev.qdiscSleeping);
}

/** Runs a queue again at a time: for disciplines that hold packets back (struct qdisc_watchdog). @alpha */
export class QdiscWatchdog {
  readonly qdisc: Qdisc;
  readonly timer: Hrtimer<Qdisc>;
  /** Nanoseconds; Infinity while not armed. */
  expires: number;
  constructor(qdisc: Qdisc) {
    this.qdisc = qdisc;
    this.timer = new Hrtimer(wake, qdisc);
    this.expires = Infinity;
  }
}

/** Runs the queue at `expires`, monotonic nanoseconds; replaces an earlier wish (qdisc_watchdog_schedule_ns). @alpha */
export function qdiscWatchdogSchedule(wd: QdiscWatchdog, expires: number): void {
  const k = wd.qdisc.dev.kernel;
  if (wd.qdisc.dev.qdiscSleeping.deactivated) return;
  wd.expires = expires;
  hrtimerStart(k, wd.timer, expires);
}

/** Forgets the wish (qdisc_watchdog_cancel). @alpha */
export function qdiscWatchdogCancel(wd: QdiscWatchdog): void {
  wd.expires = Infinity;
  hrtimerCancel(wd.qdisc.dev.kernel, wd.timer);
}
