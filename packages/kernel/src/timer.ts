import type { Kernel } from './kernel.ts';

/**
 * A timer of tick precision that calls `fn(arg)` in softirq context, once for each arming. Arming it allocates nothing.
 * Source: struct timer_list.
 * @alpha
 */
export class TimerList<T = undefined> {
  /** Called with `arg`. The constructor checks that they fit. */
  fn: (arg: unknown) => void;
  arg: unknown;
  /** The tick it is armed for (or was, last): jiffies, int32. */
  expires: number;
  /** @internal The list it is in; IDLE when it is in none. */
  slot: number;
  /** @internal */
  next: TimerList<unknown> | null;
  /** @internal */
  prev: TimerList<unknown> | null;

  constructor(fn: (arg: T) => void, arg: T) {
    this.fn = fn as (arg: unknown) => void;
    this.arg = arg;
    this.expires = 0;
    this.slot = IDLE;
    this.next = null;
    this.prev = null;
  }
}

// Seven levels of 32 slots: level n holds the timers whose expiry differs from `clk` first in digit n (5 bits a digit).
// So all timers of one tick are in one list at any moment, and moving a list down keeps its order: FIFO among equal ticks.
const BITS = 5;
const SLOTS = 32;
const LEVELS = 7;
const TOP = LEVELS - 1;
const TOP_SHIFT = BITS * TOP;
/** The list of timers that are due and wait for their turn. */
const EXPIRING = LEVELS * SLOTS;
const IDLE = -1;
/** A wheel that lags behind further than this is moved before a timer is put in: distances must stay below 3 * 2^30. */
const LAG = 1 << 28;

/**
 * A hierarchical timer wheel over the int32 circle of jiffies. Timers run in the order of their ticks, and first armed first run within
 * a tick. Arming and deleting cost a few list operations and allocate nothing; a timer is moved down at most six times before it runs.
 * @alpha
 */
export class TimerWheel {
  /** Armed timers. */
  count: number;
  /** No timer is due before this tick (meaningless while `count` is 0). Exact after a run; deleting timers leaves it too early. */
  earliest: number;
  /** @internal Every tick before this one has been handled. */
  clk: number;
  /** @internal */
  readonly heads: (TimerList<unknown> | null)[];
  /** @internal */
  readonly tails: (TimerList<unknown> | null)[];
  /** @internal One word a level: which slots hold timers. */
  readonly maps: Int32Array;

  constructor(jiffies: number) {
    this.count = 0;
    this.earliest = jiffies;
    this.clk = jiffies;
    this.heads = new Array<TimerList<unknown> | null>(EXPIRING + 1).fill(null);
    this.tails = new Array<TimerList<unknown> | null>(EXPIRING + 1).fill(null);
    this.maps = new Int32Array(LEVELS);
  }

  /**
   * Arms `t` for the tick `expires`, which must be after `now` (less than 2^31 ticks). Takes it out of its list first.
   * Returns true if `earliest` came nearer.
   */
  add(t: TimerList<unknown>, expires: number, now: number): boolean {
    if (t.slot !== IDLE) this.remove(t);
    if (this.count === 0) {
      this.clk = now;
      this.earliest = expires;
      t.expires = expires;
      this.count = 1;
      this.place(t);
      return true;
    }
    if (((now - this.clk) | 0) > LAG) this.forward(now);
    t.expires = expires;
    this.count++;
    this.place(t);
    if (((expires - this.earliest) | 0) >= 0) return false;
    this.earliest = expires;
    return true;
  }

  /** Takes an armed timer out. */
  remove(t: TimerList<unknown>): void {
    const { slot, next, prev } = t;
    if (prev === null) this.heads[slot] = next;
    else prev.next = next;
    if (next === null) this.tails[slot] = prev;
    else next.prev = prev;
    if (prev === null && next === null && slot < EXPIRING) this.maps[slot >> BITS] = this.maps[slot >> BITS]! & ~(1 << (slot & (SLOTS - 1)));
    t.next = null;
    t.prev = null;
    t.slot = IDLE;
    this.count--;
  }

  /** The tick of the earliest timer. Ask only while `count` is not 0. Looks through one list at the most. */
  nextExpiry(): number {
    if (this.heads[EXPIRING] !== null) return this.clk;
    let level = 0;
    while (this.maps[level] === 0) level++;
    const start = this.slotStart(level);
    // Who asks may go by the answer, and sleep until then: a timer before it must count as the earliest from now on.
    if (level === 0) return (this.earliest = start);
    // Within a slot of a higher level the order is that of arming.
    let best = -1;
    for (let t = this.heads[this.firstSlot(level)] ?? null; t !== null; t = t.next) {
      const distance = (t.expires - start) | 0;
      if (best === -1 || distance < best) best = distance;
    }
    return (this.earliest = (start + best) | 0);
  }

  /**
   * Runs every timer whose tick is `now` or before, and brings `earliest` up to date. If a timer's function throws, the rest stays
   * due for the next run.
   */
  run(now: number): void {
    for (;;) {
      let t: TimerList<unknown> | null;
      while ((t = this.heads[EXPIRING] ?? null) !== null) {
        this.remove(t);
        t.fn(t.arg);
      }
      if (this.count === 0) return;
      const at = this.nextStart();
      if (((at - now) | 0) > 0) break;
      this.setClk(at);
      const slot = at & (SLOTS - 1);
      if (this.heads[slot] !== null) this.expire(slot);
    }
    // What is armed next is then placed by its true distance, and moved down less often.
    if (((this.clk - now) | 0) <= 0) this.setClk((now + 1) | 0);
    this.earliest = this.nextExpiry();
  }

  /** Puts a timer into the list that its distance from `clk` asks for. */
  private place(t: TimerList<unknown>): void {
    const x = t.expires ^ this.clk;
    const level = x === 0 ? 0 : ((31 - Math.clz32(x)) / BITS) | 0;
    const digit = (t.expires >>> (level * BITS)) & (SLOTS - 1);
    this.append(t, (level << BITS) | digit);
    this.maps[level] = this.maps[level]! | (1 << digit);
  }

  private append(t: TimerList<unknown>, slot: number): void {
    const last = this.tails[slot] ?? null;
    t.slot = slot;
    t.next = null;
    t.prev = last;
    if (last === null) this.heads[slot] = t;
    else last.next = t;
    this.tails[slot] = t;
  }

  /** The first slot, as an index of `heads`, of a level that holds timers. */
  private firstSlot(level: number): number {
    let map = this.maps[level]!;
    let base = 0;
    if (level === TOP) {
      // Only the top level goes round: two bits of the circle are left for it. Begin behind the digit of clk.
      base = (this.clk >>> TOP_SHIFT) & 3;
      map = ((map >>> base) | (map << (4 - base))) & 15;
    }
    const digit = 31 - Math.clz32(map & -map) + base;
    return (level << BITS) | (level === TOP ? digit & 3 : digit);
  }

  /** The tick at which the first slot of a level that holds timers begins. */
  private slotStart(level: number): number {
    const digit = this.firstSlot(level) & (SLOTS - 1);
    if (level === TOP) return digit << TOP_SHIFT;
    const shift = level * BITS;
    return ((this.clk & ~((1 << (shift + BITS)) - 1)) | (digit << shift)) | 0;
  }

  /** The next tick at which a list is to be moved down or run. */
  private nextStart(): number {
    let level = 0;
    while (this.maps[level] === 0) level++;
    return this.slotStart(level);
  }

  /** Moves `clk`, past nothing that needs doing, and moves the lists down whose slots begin there. */
  private setClk(clk: number): void {
    const changed = clk ^ this.clk;
    this.clk = clk;
    if (changed >>> BITS === 0) return;
    for (let level = TOP; level > 0; level--) {
      const digit = (clk >>> (level * BITS)) & (SLOTS - 1);
      if ((this.maps[level]! & (1 << digit)) !== 0) this.cascade(level, digit);
    }
  }

  private cascade(level: number, digit: number): void {
    const slot = (level << BITS) | digit;
    let t = this.heads[slot] ?? null;
    this.heads[slot] = null;
    this.tails[slot] = null;
    this.maps[level] = this.maps[level]! & ~(1 << digit);
    while (t !== null) {
      const next: TimerList<unknown> | null = t.next;
      this.place(t);
      t = next;
    }
  }

  /** Makes a slot of level 0 the list of due timers. */
  private expire(slot: number): void {
    this.heads[EXPIRING] = this.heads[slot] ?? null;
    this.tails[EXPIRING] = this.tails[slot] ?? null;
    this.heads[slot] = null;
    this.tails[slot] = null;
    this.maps[0] = this.maps[0]! & ~(1 << slot);
    for (let t = this.heads[EXPIRING] ?? null; t !== null; t = t.next) t.slot = EXPIRING;
  }

  /** Brings a lagging `clk` up to `to`, as far as no timer is due. */
  private forward(to: number): void {
    for (;;) {
      if (this.heads[EXPIRING] !== null || this.maps[0] !== 0) return;
      const at = this.nextStart();
      if (((at - to) | 0) > 0) break;
      this.setClk(at);
    }
    this.setClk(to);
  }
}

/**
 * Arms `t` for the tick `expires` (jiffies), whether or not it was pending: at that tick, not before, `fn(arg)` runs. A tick that is
 * not after the present one counts as the next. Returns whether the timer was pending. Source: mod_timer.
 * @alpha
 */
export function modTimer(k: Kernel, t: TimerList<unknown>, expires: number): boolean {
  const pending = t.slot !== IDLE;
  // Outside, the cached time may be long past; inside, all see the same moment.
  if (k.depth === 0) k.refresh();
  const now = k.jiffies;
  const at = ((expires - now) | 0) > 0 ? expires | 0 : (now + 1) | 0;
  if (k.timers.add(t, at, now)) k.noteEarlier();
  return pending;
}

/**
 * As {@link modTimer}, but never makes a pending timer later. Source: timer_reduce.
 * @alpha
 */
export function timerReduce(k: Kernel, t: TimerList<unknown>, expires: number): boolean {
  if (t.slot !== IDLE && ((expires - t.expires) | 0) >= 0) return true;
  return modTimer(k, t, expires);
}

/**
 * Disarms `t`; it does not run any more unless it is armed again. Returns whether it was pending. Source: del_timer.
 * @alpha
 */
export function delTimer(k: Kernel, t: TimerList<unknown>): boolean {
  if (t.slot === IDLE) return false;
  k.timers.remove(t);
  return true;
}

/** Is `t` armed? False while its function runs, unless that armed it again. Source: timer_pending. @alpha */
export function timerPending(t: TimerList<unknown>): boolean {
  return t.slot !== IDLE;
}
