/** The clocks of TCP: microseconds for round trips, milliseconds for the timestamp option, jiffies for timers. */
import type { TcpSock } from './tcp-sock.ts';

/** Microseconds now, as int32: differences up to 35 minutes are right. */
export function tcpClockUs(tp: TcpSock): number {
  return (tp.kernel.ktime / 1000) | 0;
}

/** Takes the time for the work that follows (tcp_mstamp_refresh). */
export function tcpMstampRefresh(tp: TcpSock): void {
  tp.mstamp = (tp.kernel.ktime / 1000) | 0;
}

/**
 * The timestamp clock in milliseconds without the connection's offset; int32 (RFC 7323 section 5.4: 1 ms a tick). It begins at 1: in fields that hold such a time
 * 0 means none.
 */
export function tcpTimeStampMs(ktime: number): number {
  return (ktime / 1000000 + 1) | 0;
}

/** Seconds of the monotonic clock, for the age of a peer's timestamp. */
export function tcpSeconds(ktime: number): number {
  return (ktime / 1e9) | 0;
}

/** Jiffies (1 ms) for a span in microseconds, rounded up. */
export function usecsToJiffies(us: number): number {
  return Math.ceil(us / 1000);
}
