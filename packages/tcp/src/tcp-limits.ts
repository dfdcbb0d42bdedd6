/** What keeps a sender from sending, and for how long: `tcpi_busy_time`, `tcpi_rwnd_limited` and `tcpi_sndbuf_limited` of TCP_INFO. */
import { tcpClockUs } from './tcp-clock.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Nothing to send. */
export const TCP_LIMIT_IDLE = 0;
/** Data is under way or waits, for the network or for us. */
export const TCP_LIMIT_BUSY = 1;
/** The peer's window is in the way. */
export const TCP_LIMIT_RWND = 2;
/** The writer waits for room in the send buffer while the window has room for more. */
export const TCP_LIMIT_SNDBUF = 3;

/** Books the time since the last change, and goes on with `limit`. Call it only when that is another. */
export function tcpSetLimit(tp: TcpSock, limit: number): void {
  const now = tcpClockUs(tp);
  tcpBookLimit(tp, now);
  tp.limit = limit;
}

/** Books the time so far. */
export function tcpBookLimit(tp: TcpSock, now: number): void {
  const passed = (now - tp.limitSince) | 0;
  tp.limitSince = now;
  if (tp.limit === TCP_LIMIT_IDLE) return;
  tp.busyUs += passed;
  if (tp.limit === TCP_LIMIT_RWND) tp.rwndLimitedUs += passed;
  else if (tp.limit === TCP_LIMIT_SNDBUF) tp.sndbufLimitedUs += passed;
}
