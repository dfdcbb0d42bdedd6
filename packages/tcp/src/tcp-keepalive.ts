/** The times of keepalive and FIN-WAIT-2, and setting the timer that both share (RFC 9293 section 3.8.4). */
import { modTimer, delTimer } from '@linnet/kernel';
import { sockFlag, SOCK_KEEPOPEN } from '@linnet/socket';
import { TCP_CLOSE, TCP_LISTEN } from '@linnet/uapi';
import type { TcpSock } from './tcp-sock.ts';

/** How long FIN-WAIT-2 lasts without an owner, in jiffies (tcp_fin_time). */
export function tcpFinTime(tp: TcpSock): number {
  const fin = tp.linger2 > 0 ? tp.linger2 : tp.tn.finTimeout * 1000;
  return Math.max(fin, (tp.rto << 2) - (tp.rto >> 1));
}

/** Sets the keepalive timer, in jiffies from now. It also serves FIN-WAIT-2. */
export function tcpResetKeepaliveTimer(tp: TcpSock, len: number): void {
  modTimer(tp.kernel, tp.keepaliveTimer, (tp.kernel.jiffies + len) | 0);
}

/** Idle time before keepalive probes, in jiffies. */
export function keepaliveTimeWhen(tp: TcpSock): number {
  return tp.keepaliveTime > 0 ? tp.keepaliveTime : tp.tn.keepaliveTime * 1000;
}

/** Time between keepalive probes, in jiffies. */
export function keepaliveIntvlWhen(tp: TcpSock): number {
  return tp.keepaliveIntvl > 0 ? tp.keepaliveIntvl : tp.tn.keepaliveIntvl * 1000;
}

/** Keepalive probes before giving up. */
export function keepaliveProbes(tp: TcpSock): number {
  return tp.keepaliveProbes > 0 ? tp.keepaliveProbes : tp.tn.keepaliveProbes;
}

/** Switches SO_KEEPALIVE (tcp_set_keepalive). */
export function tcpSetKeepalive(tp: TcpSock, on: boolean): void {
  if (tp.state === TCP_CLOSE || tp.state === TCP_LISTEN) return;
  if (on && !sockFlag(tp, SOCK_KEEPOPEN)) tcpResetKeepaliveTimer(tp, keepaliveTimeWhen(tp));
  else if (!on) delTimer(tp.kernel, tp.keepaliveTimer);
}
