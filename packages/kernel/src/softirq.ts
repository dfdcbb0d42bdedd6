import type { Kernel } from './kernel.ts';

/** Softirq numbers are those of /proc/softirqs; a lower number goes first. High-priority tasklets. @alpha */
export const HI_SOFTIRQ = 0;
/** Timers, of both kinds. @alpha */
export const TIMER_SOFTIRQ = 1;
/** Sending that was put off. @alpha */
export const NET_TX_SOFTIRQ = 2;
/** Received packets: NAPI and the backlog. @alpha */
export const NET_RX_SOFTIRQ = 3;
/** Tasklets. @alpha */
export const TASKLET_SOFTIRQ = 6;
/** How many there are. @alpha */
export const NR_SOFTIRQS = 10;

/** So many passes over the pending softirqs are made before the host gets its turn. @alpha */
export const MAX_SOFTIRQ_RESTART = 10;

function nothing(): void {}

/**
 * The pending softirqs of a kernel and what they do.
 * @alpha
 */
export class Softirq {
  /** One bit for each number. */
  pending: number;
  /** How often each number ran, as /proc/softirqs counts. */
  readonly counts: Float64Array;
  /** @internal */
  readonly actions: (() => void)[];

  constructor() {
    this.pending = 0;
    this.counts = new Float64Array(NR_SOFTIRQS);
    this.actions = new Array<() => void>(NR_SOFTIRQS).fill(nothing);
  }

  /**
   * One pass: runs what is pending now, lower numbers first. What is raised meanwhile waits for the next pass. What an action throws goes
   * to `oops`, and the others run all the same.
   */
  run(oops: (error: unknown, where: string) => void): void {
    let todo = this.pending;
    this.pending = 0;
    while (todo !== 0) {
      const nr = 31 - Math.clz32(todo & -todo);
      todo &= todo - 1;
      this.counts[nr] = this.counts[nr]! + 1;
      try {
        this.actions[nr]!();
      } catch (error) {
        oops(error, `softirq ${nr}`);
      }
    }
  }
}

/**
 * Says what softirq `nr` does. It runs inside the kernel, at depth 1. Source: open_softirq.
 * @alpha
 */
export function openSoftirq(k: Kernel, nr: number, action: () => void): void {
  k.softirq.actions[nr] = action;
}

/**
 * Marks softirq `nr` as pending. It runs before the outermost {@link Kernel.exit} returns, or, raised outside, in a macrotask.
 * Source: raise_softirq.
 * @alpha
 */
export function raiseSoftirq(k: Kernel, nr: number): void {
  k.softirq.pending |= 1 << nr;
  if (k.depth === 0) k.deferSlice();
}

/**
 * Work for softirq context: `fn(arg)` runs once for each scheduling. Source: struct tasklet_struct.
 * @alpha
 */
export class Tasklet<T = undefined> {
  /** Called with `arg`. The constructor checks that they fit. */
  fn: (arg: unknown) => void;
  arg: unknown;
  /** @internal Is it in a queue? */
  scheduled: boolean;
  /** @internal */
  next: Tasklet<unknown> | null;

  constructor(fn: (arg: T) => void, arg: T) {
    this.fn = fn as (arg: unknown) => void;
    this.arg = arg;
    this.scheduled = false;
    this.next = null;
  }
}

/** The tasklets of one priority. @alpha */
export class TaskletQueue {
  private head: Tasklet<unknown> | null;
  private tail: Tasklet<unknown> | null;

  constructor() {
    this.head = null;
    this.tail = null;
  }

  /** Puts a tasklet at the end; false if it was scheduled already. */
  add(t: Tasklet<unknown>): boolean {
    if (t.scheduled) return false;
    t.scheduled = true;
    if (this.tail === null) this.head = t;
    else this.tail.next = t;
    this.tail = t;
    return true;
  }

  /** Takes a tasklet out; false if it is not scheduled. */
  remove(t: Tasklet<unknown>): boolean {
    let before: Tasklet<unknown> | null = null;
    for (let at = this.head; at !== null; before = at, at = at.next) {
      if (at !== t) continue;
      if (before === null) this.head = t.next;
      else before.next = t.next;
      if (this.tail === t) this.tail = before;
      t.next = null;
      t.scheduled = false;
      return true;
    }
    return false;
  }

  /** Runs the tasklets that are here now; those that are scheduled meanwhile wait for the next pass. */
  run(oops: (error: unknown, where: string) => void): void {
    const last = this.tail;
    while (this.head !== null) {
      const t: Tasklet<unknown> = this.head;
      this.head = t.next;
      if (this.head === null) this.tail = null;
      t.next = null;
      t.scheduled = false;
      try {
        t.fn(t.arg);
      } catch (error) {
        oops(error, 'tasklet');
      }
      if (t === last) return;
    }
  }
}

/** Runs `t` in TASKLET_SOFTIRQ, once however often it is scheduled before. Source: tasklet_schedule. @alpha */
export function taskletSchedule(k: Kernel, t: Tasklet<unknown>): void {
  if (k.tasklets.add(t)) raiseSoftirq(k, TASKLET_SOFTIRQ);
}

/** Runs `t` in HI_SOFTIRQ, before all others. Source: tasklet_hi_schedule. @alpha */
export function taskletHiSchedule(k: Kernel, t: Tasklet<unknown>): void {
  if (k.hiTasklets.add(t)) raiseSoftirq(k, HI_SOFTIRQ);
}

/** Takes a scheduled tasklet back. Source: tasklet_kill. @alpha */
export function taskletKill(k: Kernel, t: Tasklet<unknown>): void {
  if (!k.tasklets.remove(t)) k.hiTasklets.remove(t);
}
