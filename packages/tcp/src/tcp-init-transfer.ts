/** What a connection gets when it is established. */
import { SOCK_SNDBUF_LOCK } from '@linnet/socket';
import { tcpInitCongestionControl } from './tcp-cong.ts';
import { tcpInitCwnd } from './tcp-cwnd.ts';
import { drsInit } from './tcp-drs.ts';
import { tcpInitMetrics } from './tcp-metrics.ts';
import { tcpPacingLimit } from './tcp-pacing.ts';
import { sndbufGrow } from './tcp-sndbuf.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpFullSpace } from './tcp-window.ts';

/** The window that may ever be offered: what the buffer carries, less what tcp(7) reserves for the reader: the larger of a segment and the window / 2^tcp_app_win. */
function initWindow(tp: TcpSock): void {
  const full = tcpFullSpace(tp);
  const { appWin } = tp.tn;
  let most = full;
  // Where not even two segments fit, nothing is reserved.
  if (appWin !== 0 && full > 2 * tp.advmss) most = Math.max(full - Math.max(full >> Math.min(appWin, 31), tp.advmss), 2 * tp.advmss);
  tp.windowClamp = Math.min(tp.windowClamp, most);
  tp.rcvSsthresh = Math.min(tp.rcvSsthresh, tp.windowClamp);
}

/** The connection is established: sizes, congestion control (tcp_init_transfer). */
export function tcpInitTransfer(tp: TcpSock): void {
  tp.af.rebuildHeader(tp);
  // A lost SYN is a sign of congestion (RFC 6928 section 2).
  if (tp.totalRetrans > 1 && tp.undoable) tp.sndCwnd = 1;
  else tp.sndCwnd = tcpInitCwnd(tp);
  tp.sndCwndStamp = tp.kernel.jiffies;
  tcpInitMetrics(tp);
  tcpInitCongestionControl(tp);
  tcpPacingLimit(tp);
  if ((tp.userlocks & SOCK_SNDBUF_LOCK) === 0) sndbufGrow(tp);
  initWindow(tp);
  drsInit(tp);
}
