import type { Kernel } from './kernel.ts';

/**
 * A timer of nanosecond precision that calls `fn(arg)` once for each start, in softirq context. The function may start it again.
 * Source: struct hrtimer.
 * @alpha
 */
export class Hrtimer<T = undefined> {
  /** Called with `arg`. The constructor checks that they fit. */
  fn: (arg: unknown) => void;
  arg: unknown;
  /** The time it is armed for (or was, last): monotonic nanoseconds, a double. Infinity before the first. */
  expires: number;
  /** @internal The order of arming, for equal times. */
  seq: number;
  /** @internal The place in the heap; -1 when it is in none. */
  index: number;

  constructor(fn: (arg: T) => void, arg: T) {
    this.fn = fn as (arg: unknown) => void;
    this.arg = arg;
    this.expires = Infinity; // a double from the start: the field keeps one representation
    this.seq = 0;
    this.index = -1;
  }
}

/**
 * A heap of timers in four-fold branches, each of which knows its place: the earliest first, first started first among equals.
 * @alpha
 */
export class HrtimerQueue {
  /** When the earliest timer is due; Infinity without one. */
  next: number;
  private readonly heap: Hrtimer<unknown>[];
  private seq: number;

  constructor() {
    this.next = Infinity;
    this.heap = [];
    this.seq = 0;
  }

  /** Timers started. */
  get count(): number {
    return this.heap.length;
  }

  /** The earliest timer, or null. */
  peek(): Hrtimer<unknown> | null {
    return this.heap[0] ?? null;
  }

  /** Starts `t` for `at`, or moves it there. Returns true if `next` came nearer. */
  add(t: Hrtimer<unknown>, at: number): boolean {
    const before = this.next;
    t.seq = this.seq++;
    if (t.index === -1) {
      t.expires = at;
      t.index = this.heap.length;
      this.heap.push(t);
      this.up(t, t.index);
    } else {
      // Its number is now the highest, so at an equal time it goes back too.
      const earlier = at < t.expires;
      t.expires = at;
      if (earlier) this.up(t, t.index);
      else this.down(t, t.index);
    }
    this.next = this.heap[0]!.expires;
    return this.next < before;
  }

  /** Takes a started timer out. */
  remove(t: Hrtimer<unknown>): void {
    const heap = this.heap;
    const last = heap.pop()!;
    const at = t.index;
    t.index = -1;
    if (last !== t) {
      this.up(last, at);
      if (last.index === at) this.down(last, at);
    }
    this.next = heap.length === 0 ? Infinity : heap[0]!.expires;
  }

  /** Runs what is due at `now`. A timer that is started meanwhile waits for the next run, so that one run ends. */
  run(now: number): void {
    const end = this.seq;
    while (this.next <= now) {
      const t = this.heap[0]!;
      if (t.seq >= end) return;
      this.remove(t);
      t.fn(t.arg);
    }
  }

  private up(t: Hrtimer<unknown>, from: number): void {
    const heap = this.heap;
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 2;
      const p = heap[parent]!;
      if (!before(t, p)) break;
      heap[i] = p;
      p.index = i;
      i = parent;
    }
    heap[i] = t;
    t.index = i;
  }

  private down(t: Hrtimer<unknown>, from: number): void {
    const heap = this.heap;
    const n = heap.length;
    let i = from;
    for (;;) {
      const first = 4 * i + 1;
      if (first >= n) break;
      let best = first;
      let b = heap[first]!;
      const end = Math.min(first + 4, n);
      for (let c = first + 1; c < end; c++) {
        const child = heap[c]!;
        if (before(child, b)) {
          best = c;
          b = child;
        }
      }
      if (!before(b, t)) break;
      heap[i] = b;
      b.index = i;
      i = best;
    }
    heap[i] = t;
    t.index = i;
  }
}

function before(a: Hrtimer<unknown>, b: Hrtimer<unknown>): boolean {
  return a.expires < b.expires || (a.expires === b.expires && a.seq < b.seq);
}

/**
 * Starts `t` for the time `atNs` (as {@link Kernel.now}), whether or not it was active. A time that is past is due at once: when the kernel
 * next handles its timers, not inside this call. Returns whether the timer was active. Source: hrtimer_start.
 * @alpha
 */
export function hrtimerStart(k: Kernel, t: Hrtimer<unknown>, atNs: number): boolean {
  const active = t.index !== -1;
  if (k.hrtimers.add(t, atNs)) k.noteEarlier();
  return active;
}

/**
 * Stops `t`; it does not run any more unless it is started again. Returns whether it was active. Source: hrtimer_cancel.
 * @alpha
 */
export function hrtimerCancel(k: Kernel, t: Hrtimer<unknown>): boolean {
  if (t.index === -1) return false;
  k.hrtimers.remove(t);
  return true;
}

/** Is `t` started? False while its function runs, unless that started it again. Source: hrtimer_active. @alpha */
export function hrtimerActive(t: Hrtimer<unknown>): boolean {
  return t.index !== -1;
}
