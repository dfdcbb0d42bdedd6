/** Changing a connection's state, and its end (tcp_set_state, tcp_done). */
import { inetCskClearXmitTimers, inetDiagDestroyed, inetPutPort, inetUnhash } from '@linnet/inet';
import { SHUTDOWN_MASK, SOCK_BINDPORT_LOCK, sockFlag, SOCK_DEAD, sockDestruct } from '@linnet/socket';
import { TCP_CLOSE, TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_SYN_RECV, TCP_SYN_SENT } from '@linnet/uapi';
import { DROP, skbQueuePurge } from '@linnet/skbuff';
import { tfoRelease } from './tcp-fastopen-state.ts';
import { TcpAttemptFails, TcpCurrEstab, TcpEstabResets } from './tcp-mib.ts';
import { tcpAdd, tcpInc } from './tcp-net.ts';
import { tcpWriteQueuePurge } from './tcp-rtx-queue.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpPacingStop } from './tcp-pacing.ts';
import { tcpCleanupCongestionControl } from './tcp-cong.ts';
import { sentRingClear } from './tcp-sent-ring.ts';

/** Moves to a state, with the counters of RFC 4022; CLOSE leaves the hashes and, unless the user bound it, gives the port back (tcp_set_state). */
export function tcpSetState(tp: TcpSock, state: number): void {
  const old = tp.state;
  if (tp.tfo !== null && (state === TCP_ESTABLISHED || state === TCP_CLOSE)) tfoRelease(tp);
  if (state === TCP_ESTABLISHED) {
    if (old !== TCP_ESTABLISHED) tcpAdd(tp.tn, TcpCurrEstab, 1);
  } else if (state === TCP_CLOSE_WAIT) {
    if (old === TCP_SYN_RECV) tcpAdd(tp.tn, TcpCurrEstab, 1);
  } else {
    if (state === TCP_CLOSE) {
      if (old === TCP_CLOSE_WAIT || old === TCP_ESTABLISHED) tcpInc(tp.tn, TcpEstabResets);
      inetUnhash(tp.tn.hashinfo, tp);
      if (tp.bindBucket !== null && (tp.userlocks & SOCK_BINDPORT_LOCK) === 0) inetPutPort(tp.tn.hashinfo, tp);
    }
    if (old === TCP_ESTABLISHED || old === TCP_CLOSE_WAIT) tcpAdd(tp.tn, TcpCurrEstab, -1);
  }
  tp.state = state;
}

/** The connection is over: stops everything; what nobody holds any more is destroyed (tcp_done). */
export function tcpDone(tp: TcpSock): void {
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) tcpInc(tp.tn, TcpAttemptFails);
  tcpSetState(tp, TCP_CLOSE);
  inetCskClearXmitTimers(tp);
  tcpPacingStop(tp);
  tp.pending = 0;
  tp.ackPending = 0;
  tp.shutdown = SHUTDOWN_MASK;
  if (!sockFlag(tp, SOCK_DEAD)) tp.stateChange(tp);
  else inetCskDestroySock(tp);
}

/** Ends a connection with an error that the next call reports (tcp_done_with_error). `err` is positive. */
export function tcpDoneWithError(tp: TcpSock, err: number): void {
  tp.err = err;
  tcpWriteQueuePurge(tp);
  tcpDone(tp);
  if (!sockFlag(tp, SOCK_DEAD)) tp.errorReport(tp);
}

/** Destroys a sock that is in CLOSE and that nobody owns (inet_csk_destroy_sock, tcp_v4_destroy_sock). Safe to call twice. */
export function inetCskDestroySock(tp: TcpSock): void {
  if (tp.destroyed) return;
  tp.destroyed = true;
  tp.flags |= SOCK_DEAD;
  inetDiagDestroyed(tp);
  inetCskClearXmitTimers(tp);
  tcpPacingStop(tp);
  tp.pending = 0;
  tcpCleanupCongestionControl(tp);
  tcpWriteQueuePurge(tp);
  sentRingClear(tp.sentRing);
  skbQueuePurge(tp.outOfOrderQueue, DROP.SOCKET_DESTROYED);
  tp.oooHint = null;
  inetUnhash(tp.tn.hashinfo, tp);
  if (tp.bindBucket !== null) inetPutPort(tp.tn.hashinfo, tp);
  if (tp.orphanCounted) {
    tp.orphanCounted = false;
    tp.tn.orphans--;
  }
  tp.tn.sockets.delete(tp);
  sockDestruct(tp);
}
