/** The congestion window when the application, not the network, limits sending (RFC 5681 section 4.1, RFC 7661). */
import { tcpCaEvent, tcpCurrentSsthresh, tcpInSlowStart } from './tcp-cong.ts';
import { CA_EVENT_CWND_RESTART, TCP_INIT_CWND } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';
import { before } from '@linnet/uapi';

/** The initial window of a connection (RFC 6928). */
export function tcpInitCwnd(tp: TcpSock): number {
  return Math.min(TCP_INIT_CWND, tp.sndCwndClamp);
}

/** Halves the window for each timeout of idleness, down to the restart window (tcp_cwnd_restart). */
export function tcpCwndRestart(tp: TcpSock, idle: number): void {
  const restart = Math.min(tcpInitCwnd(tp), tp.sndCwnd);
  let cwnd = tp.sndCwnd;
  tcpCaEvent(tp, CA_EVENT_CWND_RESTART);
  tp.sndSsthresh = tcpCurrentSsthresh(tp);
  for (let left = idle - tp.rto; left > 0 && cwnd > restart; left -= tp.rto) cwnd >>= 1;
  tp.sndCwnd = Math.max(cwnd, restart);
  tp.sndCwndStamp = tp.kernel.jiffies;
  tp.sndCwndUsed = 0;
}

/** Brings the window down towards what was used (tcp_cwnd_application_limited). */
function tcpCwndApplicationLimited(tp: TcpSock): void {
  if (tp.caState === 0 && tp.noSpace === false) {
    const used = Math.max(tp.sndCwndUsed, tcpInitCwnd(tp));
    if (used < tp.sndCwnd) {
      tp.sndSsthresh = tcpCurrentSsthresh(tp);
      tp.sndCwnd = (tp.sndCwnd + used) >> 1;
    }
    tp.sndCwndUsed = 0;
  }
  tp.sndCwndStamp = tp.kernel.jiffies;
}

/** Notes after sending whether the window was full (tcp_cwnd_validate). */
export function tcpCwndValidate(tp: TcpSock, isCwndLimited: boolean): void {
  // One flag for a whole flight: set when any part of it hit the window.
  if (!before(tp.sndUna, tp.cwndUsageSeq) || isCwndLimited || (!tp.isCwndLimited && tp.packetsOut > tp.maxPacketsOut)) {
    tp.isCwndLimited = isCwndLimited;
    tp.maxPacketsOut = tp.packetsOut;
    tp.cwndUsageSeq = tp.sndNxt;
  }
  if (tcpIsCwndLimited(tp)) {
    tp.sndCwndUsed = 0;
    tp.sndCwndStamp = tp.kernel.jiffies;
    return;
  }
  if (tp.packetsOut > tp.sndCwndUsed) tp.sndCwndUsed = tp.packetsOut;
  if (tp.tn.slowStartAfterIdle !== 0 && ((tp.kernel.jiffies - tp.sndCwndStamp) | 0) >= tp.rto && tp.caOps!.congControl === null) {
    tcpCwndApplicationLimited(tp);
  }
}

/** May the window grow? In slow start while half of it is used, later only when it is full (tcp_is_cwnd_limited). @alpha */
export function tcpIsCwndLimited(tp: TcpSock): boolean {
  if (tp.isCwndLimited) return true;
  return tcpInSlowStart(tp) && tp.sndCwnd < 2 * tp.maxPacketsOut;
}
