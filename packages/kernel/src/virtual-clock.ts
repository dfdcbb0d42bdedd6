import type { Alarm, Clock } from './clock.ts';
import { sec } from './clock.ts';
import { hostMacrotasks, hostSetTimeout } from './host-env.ts';
import { Hrtimer, HrtimerQueue } from './hrtimer.ts';

/** So many events in one instant are no progress: two kernels that raise work for ever. */
const LIVELOCK = 10_000_000;

/** While JavaScript code keeps calling the kernels, it gets up to so many turns before time goes on. */
const MAX_BUSY_TURNS = 16;

/** With nothing to run: first quick turns, then as many waits of a millisecond of the host's time, in which real I/O may end. */
const IDLE_TURNS = 32;

/** The wall clock of a VirtualClock begins on 1 January 2026, UTC. */
const WALL_START = 1_767_225_600_000_000_000;

/**
 * How a {@link VirtualClock} begins.
 * @public
 */
export interface VirtualClockOptions {
  /** Nanoseconds since 1970 that {@link VirtualClock.wallNow} gives at time 0. Default: 1 January 2026. */
  readonly wallStart?: number;
}

/**
 * How {@link VirtualClock.run} waits.
 * @public
 */
export interface VirtualRunOptions {
  /** With nothing left to run, so many milliseconds of the host's time may pass, for work outside of the kernels (files, ciphers). Default: 200. */
  readonly patienceMs?: number;
}

/**
 * Time that goes on only when it is told to, and then at once to the next event. Deterministic: events run in the order of their times, and
 * equal times in the order in which they were set. One clock may drive several kernels.
 * @public
 */
export class VirtualClock implements Clock {
  private readonly wallStart: number;
  private readonly queue: HrtimerQueue;
  private time: number;
  private busy: boolean;
  /** Grows with each use of the clock, so that {@link VirtualClock.run} sees whether code still works. */
  private uses: number;

  constructor(opts: VirtualClockOptions = {}) {
    this.wallStart = opts.wallStart ?? WALL_START;
    this.queue = new HrtimerQueue();
    this.time = 0;
    this.busy = false;
    this.uses = 0;
  }

  now(): number {
    this.uses++;
    return this.time;
  }

  wallNow(): number {
    return this.wallStart + this.time;
  }

  createAlarm(fire: () => void, next?: () => number): Alarm {
    return new VirtualAlarm(this, this.queue, fire, next ?? null);
  }

  defer(fn: () => void): void {
    this.uses++;
    this.queue.add(new Hrtimer(fn, undefined), this.time);
  }

  /** When the next event is due: exact; Infinity if there is none. */
  nextEvent(): number {
    for (;;) {
      const head = this.queue.peek();
      if (!(head instanceof VirtualAlarm)) return this.queue.next;
      const wanted = head.wanted();
      if (wanted <= head.expires) return head.expires;
      // The timer behind the alarm is gone, or was moved.
      if (wanted === Infinity) this.queue.remove(head);
      else this.queue.add(head, wanted);
    }
  }

  /** Runs the next event, at its time; false if there is none. Throws what the event throws. */
  step(): boolean {
    this.begin();
    try {
      return this.runNext(Infinity);
    } finally {
      this.busy = false;
    }
  }

  /** Lets `ns` nanoseconds pass, and runs what is due in them. Throws what an event throws; time then stands where that was. */
  advance(ns: number): void {
    this.advanceTo(this.time + ns);
  }

  /** Goes on to the time `at`. A time that is past is an Error. */
  advanceTo(at: number): void {
    if (!(at >= this.time)) throw new Error(`VirtualClock.advanceTo: ${at} ns is before now (${this.time} ns)`);
    if (at === Infinity) throw new Error('VirtualClock.advanceTo: Infinity has no end; use runUntilIdle');
    this.begin();
    try {
      this.runAll(at);
      this.time = at;
    } finally {
      this.busy = false;
    }
  }

  /**
   * Runs events until there are none, for at most `limitNs` (default: one hour; many stacks have a timer that repeats for ever). Returns
   * whether none is left; if not, the whole limit has passed.
   */
  runUntilIdle(limitNs: number = sec(3600)): boolean {
    const end = this.time + limitNs;
    this.begin();
    try {
      this.runAll(end);
      if (this.queue.count === 0) return true;
      this.time = end;
      return false;
    } finally {
      this.busy = false;
    }
  }

  /**
   * Calls `fn` and drives time until its promise settles; gives its result. Between events JavaScript gets a macrotask, and more while it
   * keeps calling into the kernels, so time stands still while code works. Rejects with what `fn` or an event throws, and with an Error if
   * nothing is left to run and the promise still waits.
   */
  async run<T>(fn: () => Promise<T> | T, opts: VirtualRunOptions = {}): Promise<T> {
    const macrotask = hostMacrotasks();
    const turn = (): Promise<void> => new Promise((resolve) => macrotask(resolve));
    const pause = (): Promise<void> => new Promise((resolve) => void hostSetTimeout(resolve, 1));
    const patience = opts.patienceMs ?? 200;
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    const result = (async (): Promise<T> => fn())();
    result.then(settle, settle);
    let idle = 0;
    for (;;) {
      for (let i = 0; i < MAX_BUSY_TURNS; i++) {
        const uses = this.uses;
        await turn();
        if (settled) return result;
        if (this.uses === uses) break;
      }
      if (this.step()) {
        idle = 0;
      } else if (++idle > IDLE_TURNS + patience) {
        throw new Error(`VirtualClock.run: deadlock at ${this.time} ns: the promise waits, but no timer, packet or work is left that could settle it`);
      } else if (idle > IDLE_TURNS) {
        await pause();
      }
    }
  }

  private begin(): void {
    if (this.busy) throw new Error('VirtualClock: an event may not drive the clock that runs it');
    this.busy = true;
  }

  private runAll(end: number): void {
    let at = this.time;
    let count = 0;
    while (this.runNext(end)) {
      if (this.time !== at) {
        at = this.time;
        count = 0;
      } else if (++count > LIVELOCK) {
        throw new Error(`VirtualClock: livelock: ${LIVELOCK} events at ${at} ns, and time does not go on`);
      }
    }
  }

  /** Runs the next event if it is due at `end` or before. */
  private runNext(end: number): boolean {
    const at = this.nextEvent();
    if (at > end || at === Infinity) return false;
    const event = this.queue.peek()!;
    this.queue.remove(event);
    this.time = at;
    event.fn(event.arg);
    return true;
  }
}

class VirtualAlarm extends Hrtimer implements Alarm {
  private readonly clock: VirtualClock;
  private readonly queue: HrtimerQueue;
  private readonly next: (() => number) | null;

  constructor(clock: VirtualClock, queue: HrtimerQueue, fire: () => void, next: (() => number) | null) {
    super(fire, undefined);
    this.clock = clock;
    this.queue = queue;
    this.next = next;
  }

  set(atNs: number): void {
    // Counts as a use of the clock; and the past is now.
    this.queue.add(this, Math.max(atNs, this.clock.now()));
  }

  cancel(): void {
    if (this.index !== -1) this.queue.remove(this);
  }

  /** When the alarm is truly wanted. */
  wanted(): number {
    return this.next === null ? this.expires : this.next();
  }
}
