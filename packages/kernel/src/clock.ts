/**
 * The one host timer of a kernel.
 * @public
 */
export interface Alarm {
  /** Fires once at `atNs` (monotonic nanoseconds), as soon as possible if that is past. Replaces an earlier setting. Not before `atNs` on a virtual clock; a host's may be early. */
  set(atNs: number): void;
  /** Takes the setting back. */
  cancel(): void;
}

/**
 * Where a kernel gets its time from, and its turns. {@link HostClock} and {@link VirtualClock} implement it.
 * @public
 */
export interface Clock {
  /** Monotonic nanoseconds, a double. */
  now(): number;
  /** Nanoseconds since 1970 (UTC), a double: exact to a quarter of a microsecond. */
  wallNow(): number;
  /**
   * Makes an alarm that calls `fire` outside of any kernel. With `next` a clock may ask, before it fires, when the alarm is truly
   * wanted: Infinity for never. The alarm then counts as set to the answer. A kernel leaves an alarm set when the timer behind it
   * is deleted (that is cheaper than setting it anew for each packet), and this keeps such needless firings out of virtual time.
   */
  createAlarm(fire: () => void, next?: () => number): Alarm;
  /** Calls `fn` in a later macrotask (never a microtask), in the order of asking. */
  defer(fn: () => void): void;
  /** Keeps the host's process alive until {@link Clock.release}; calls count. Absent where nothing needs it. */
  hold?(): void;
  /** Takes one {@link Clock.hold} back. */
  release?(): void;
}

/** Nanoseconds in a microsecond. @public */
export const NSEC_PER_USEC = 1_000;
/** Nanoseconds in a millisecond. @public */
export const NSEC_PER_MSEC = 1_000_000;
/** Nanoseconds in a second. @public */
export const NSEC_PER_SEC = 1_000_000_000;

/** Microseconds as nanoseconds. @public */
export function us(n: number): number {
  return n * NSEC_PER_USEC;
}

/** Milliseconds as nanoseconds. @public */
export function ms(n: number): number {
  return n * NSEC_PER_MSEC;
}

/** Seconds as nanoseconds. @public */
export function sec(n: number): number {
  return n * NSEC_PER_SEC;
}
