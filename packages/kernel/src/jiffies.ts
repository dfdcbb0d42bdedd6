/**
 * The tick: 1 ms, counted in an int32 that wraps. It starts five minutes before the wrap of its unsigned form, as Linux's does,
 * so that code which compares jiffies wrongly fails soon.
 */

/** Ticks in a second. @alpha */
export const HZ = 1000;

/** Nanoseconds in a tick. @alpha */
export const TICK_NSEC = 1_000_000;

/** The jiffies of a kernel that has just been made. @alpha */
export const INITIAL_JIFFIES = -300_000;

/** The longest delay that conversions give: half the range of the comparisons, less one. Source: MAX_JIFFY_OFFSET. @alpha */
export const MAX_JIFFY_OFFSET = 0x3ffffffe;

/** Is `a` after `b`? Both are jiffies, at most 2^31 apart. Source: time_after. @alpha */
export function timeAfter(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

/** Is `a` before `b`? Source: time_before. @alpha */
export function timeBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Is `a` after `b` or equal? Source: time_after_eq. @alpha */
export function timeAfterEq(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

/** Is `a` before `b` or equal? Source: time_before_eq. @alpha */
export function timeBeforeEq(a: number, b: number): boolean {
  return ((b - a) | 0) >= 0;
}

/** Milliseconds as a number of ticks, rounded up; negative and very long times give MAX_JIFFY_OFFSET, as in Linux. @alpha */
export function msecsToJiffies(m: number): number {
  if (!(m >= 0) || m > MAX_JIFFY_OFFSET) return MAX_JIFFY_OFFSET;
  return Math.ceil(m);
}

/** A number of ticks as milliseconds. @alpha */
export function jiffiesToMsecs(j: number): number {
  return j;
}

/** Microseconds as a number of ticks, rounded up. @alpha */
export function usecsToJiffies(u: number): number {
  return msecsToJiffies(u / 1000);
}

/** Nanoseconds as a number of ticks, rounded up. @alpha */
export function nsecsToJiffies(n: number): number {
  return msecsToJiffies(n / TICK_NSEC);
}

/** A number of ticks in USER_HZ, the hundredths of a second that user space sees (times(2), netlink cacheinfo). Source: jiffies_to_clock_t. @alpha */
export function jiffiesToClockT(j: number): number {
  return Math.floor(j / 10);
}

/** Hundredths of a second as ticks. Source: clock_t_to_jiffies. @alpha */
export function clockTToJiffies(c: number): number {
  return msecsToJiffies(c * 10);
}
