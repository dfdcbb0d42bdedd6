/** What a connection gets when it is established. */
import { tcpInitCongestionControl } from './tcp-cong.ts';
import { tcpInitCwnd } from './tcp-cwnd.ts';
import { tcpInitMetrics } from './tcp-metrics.ts';
import { tcpPacingLimit } from './tcp-pacing.ts';
import { tcpInitBufferSpace } from './tcp-rcvbuf.ts';
import type { TcpSock } from './tcp-sock.ts';

/** The connection is established: sizes, congestion control (tcp_init_transfer). */
export function tcpInitTransfer(tp: TcpSock): void {
  tp.af.rebuildHeader(tp);
  // A lost SYN is a sign of congestion (RFC 6928 section 2).
  if (tp.totalRetrans > 1 && tp.undoMarker !== 0) tp.sndCwnd = 1;
  else tp.sndCwnd = tcpInitCwnd(tp);
  tp.sndCwndStamp = tp.kernel.jiffies;
  tcpInitMetrics(tp);
  tcpInitCongestionControl(tp);
  tcpPacingLimit(tp);
  tcpInitBufferSpace(tp);
}
