/** TCP small queues: a socket fills local queues only as far as they drain, so that data waits where it can still be changed. */
import { TCP_CLOSE_WAIT, TCP_CLOSING, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_LAST_ACK } from '@linnet/uapi';
import { tcpMstampRefresh } from './tcp-clock.ts';
import { tcpPipe } from './tcp-cong.ts';
import type { TcpKernel } from './tcp-kernel.ts';
import { tcpCurrentMss } from './tcp-mss.ts';
import { tcpWriteXmit } from './tcp-output.ts';
import { tcpXmitRetransmitQueue } from './tcp-retransmit.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Continues the sockets that waited (tcp_tasklet_func). */
export function tcpTsqRun(tk: TcpKernel): void {
  let tp = tk.tsqHead;
  tk.tsqHead = null;
  tk.tsqTail = null;
  while (tp !== null) {
    const next: TcpSock | null = tp.tsqNext;
    tp.tsqNext = null;
    tp.tsqFlags = 0;
    tcpTsqWrite(tp);
    tp = next;
  }
}

/** Sends what a socket held back: what is lost first. */
export function tcpTsqWrite(tp: TcpSock): void {
  const s = tp.state;
  if (s !== TCP_ESTABLISHED && s !== TCP_FIN_WAIT1 && s !== TCP_CLOSING && s !== TCP_CLOSE_WAIT && s !== TCP_LAST_ACK) return;
  if (tp.lostOut > tp.retransOut && tp.sndCwnd > tcpPipe(tp)) {
    tcpMstampRefresh(tp);
    tcpXmitRetransmitQueue(tp);
  }
  tcpWriteXmit(tp, tcpCurrentMss(tp), tp.nonagle, 0);
}
