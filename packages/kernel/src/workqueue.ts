import type { Kernel } from './kernel.ts';
import { delTimer, modTimer, timerPending, TimerList } from './timer.ts';

/**
 * Work for process context: `fn(arg)` runs once for each scheduling, after the softirqs. Source: struct work_struct.
 * @alpha
 */
export class WorkStruct<T = undefined> {
  /** Called with `arg`. The constructor checks that they fit. */
  fn: (arg: unknown) => void;
  arg: unknown;
  /** @internal Is it in the queue? */
  pending: boolean;
  /** @internal */
  next: WorkStruct<unknown> | null;
  /** @internal */
  prev: WorkStruct<unknown> | null;

  constructor(fn: (arg: T) => void, arg: T) {
    this.fn = fn as (arg: unknown) => void;
    this.arg = arg;
    this.pending = false;
    this.next = null;
    this.prev = null;
  }
}

/**
 * The work of a kernel, in the order of scheduling.
 * @alpha
 */
export class WorkQueue {
  /** @internal */
  head: WorkStruct<unknown> | null;
  private tail: WorkStruct<unknown> | null;

  constructor() {
    this.head = null;
    this.tail = null;
  }

  /** Puts work at the end; false if it was there already. */
  add(w: WorkStruct<unknown>): boolean {
    if (w.pending) return false;
    w.pending = true;
    w.prev = this.tail;
    if (this.tail === null) this.head = w;
    else this.tail.next = w;
    this.tail = w;
    return true;
  }

  /** Takes work out; false if it was not there. */
  remove(w: WorkStruct<unknown>): boolean {
    if (!w.pending) return false;
    if (w.prev === null) this.head = w.next;
    else w.prev.next = w.next;
    if (w.next === null) this.tail = w.prev;
    else w.next.prev = w.prev;
    w.next = null;
    w.prev = null;
    w.pending = false;
    return true;
  }

  /** Runs the work that is here now; what is scheduled meanwhile waits for the next batch. */
  run(oops: (error: unknown, where: string) => void): void {
    const last = this.tail;
    let w: WorkStruct<unknown> | null;
    while ((w = this.head) !== null) {
      this.remove(w);
      try {
        w.fn(w.arg);
      } catch (error) {
        oops(error, 'work');
      }
      // If `last` was cancelled meanwhile, the batch ends with the queue.
      if (w === last) return;
    }
  }
}

/**
 * Schedules `w`; false if it was pending already. It runs before the outermost {@link Kernel.exit} returns, or, scheduled outside, in a
 * macrotask. Source: schedule_work.
 * @alpha
 */
export function scheduleWork(k: Kernel, w: WorkStruct<unknown>): boolean {
  if (!k.works.add(w)) return false;
  if (k.depth === 0) k.deferSlice();
  return true;
}

/** Takes `w` back; true if it was pending. Source: cancel_work. @alpha */
export function cancelWork(k: Kernel, w: WorkStruct<unknown>): boolean {
  return k.works.remove(w);
}

/**
 * Work that begins after a delay. Source: struct delayed_work.
 * @alpha
 */
export class DelayedWork<T = undefined> extends WorkStruct<T> {
  /** @internal Made by the first scheduling, which knows the kernel. */
  timer: TimerList<DelayedWork<unknown>> | null;
  /** @internal */
  kernel: Kernel | null;

  constructor(fn: (arg: T) => void, arg: T) {
    super(fn, arg);
    this.timer = null;
    this.kernel = null;
  }
}

function delayedWorkTimer(dw: DelayedWork<unknown>): void {
  if (dw.kernel !== null) scheduleWork(dw.kernel, dw);
}

/**
 * Schedules `dw` for `delay` ticks from now; false if it was pending already, and then its time stays. Zero: at once.
 * Source: schedule_delayed_work.
 * @alpha
 */
export function scheduleDelayedWork(k: Kernel, dw: DelayedWork<unknown>, delay: number): boolean {
  if (delayedWorkPending(dw)) return false;
  modDelayedWork(k, dw, delay);
  return true;
}

/**
 * Schedules `dw` for `delay` ticks from now, pending or not; true if it was. Source: mod_delayed_work.
 * @alpha
 */
export function modDelayedWork(k: Kernel, dw: DelayedWork<unknown>, delay: number): boolean {
  const pending = cancelDelayedWork(k, dw);
  if (delay === 0) {
    scheduleWork(k, dw);
    return pending;
  }
  dw.kernel = k;
  dw.timer ??= new TimerList<DelayedWork<unknown>>(delayedWorkTimer, dw);
  if (k.depth === 0) k.refresh();
  modTimer(k, dw.timer, (k.jiffies + delay) | 0);
  return pending;
}

/** Takes `dw` back, in its delay or after it; true if it was pending. Source: cancel_delayed_work. @alpha */
export function cancelDelayedWork(k: Kernel, dw: DelayedWork<unknown>): boolean {
  if (dw.timer !== null && delTimer(k, dw.timer)) return true;
  return k.works.remove(dw);
}

/** Is `dw` waiting, for its time or for its turn? Source: delayed_work_pending. @alpha */
export function delayedWorkPending(dw: DelayedWork<unknown>): boolean {
  return dw.pending || (dw.timer !== null && timerPending(dw.timer));
}
