/** What reading does to the window that is offered. */
import { RCV_SHUTDOWN } from '@linnet/socket';
import { ICSK_ACK_PUSHED, ICSK_ACK_PUSHED2, ICSK_ACK_SCHED, TCP_PINGPONG_THRESH } from './tcp-const.ts';
import { tcpSendAck } from './tcp-send.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpCalcWindow, tcpReceiveWindow } from './tcp-window.ts';

/** After reading: tells the peer when the window has opened enough to matter (RFC 9293 section 3.8.6.2.2; tcp_cleanup_rbuf). */
export function tcpCleanupRbuf(tp: TcpSock, copied: number): void {
  let ackNow = false;
  if ((tp.ackPending & ICSK_ACK_SCHED) !== 0) {
    ackNow =
      ((tp.rcvNxt - tp.rcvWup) | 0) > tp.ackRcvMss ||
      (copied > 0 &&
        ((tp.ackPending & ICSK_ACK_PUSHED2) !== 0 || ((tp.ackPending & ICSK_ACK_PUSHED) !== 0 && tp.ackPingpong < TCP_PINGPONG_THRESH)) &&
        tp.rmemAlloc === 0);
  }
  if (copied > 0 && !ackNow && (tp.shutdown & RCV_SHUTDOWN) === 0) {
    const offered = tcpReceiveWindow(tp);
    if (2 * offered <= tp.windowClamp) {
      const win = tcpCalcWindow(tp);
      if (win > 0 && win >= 2 * offered) ackNow = true;
    }
  }
  if (ackNow) tcpSendAck(tp);
}
