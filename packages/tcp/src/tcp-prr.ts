/**
 * Proportional rate reduction (RFC 6937 section 3, RFC 9937): during a reduction the window follows what is delivered, and reaches ssthresh when a window's worth of data has been.
 *
 *   congestion --> prrStart: ssthresh, RecoverFS, prr_delivered = prr_out = 0, RecoveryPoint = SND.NXT
 *     each ACK --> prrAck:   pipe > ssthresh: prr_out follows prr_delivered * ssthresh / RecoverFS;    else: slow start up to ssthresh, no faster than delivery
 *   RecoveryPoint acknowledged --> prrEnd: the window is ssthresh
 *
 * What is sent meanwhile adds to `prrOut` where it is sent.
 */
import { TCP_CA_CWR, TCP_CA_Recovery } from '@linnet/uapi';
import { ecnQueueCwr, tcpCaEvent, tcpPipe, tcpSetCaState } from './tcp-cong.ts';
import { CA_EVENT_COMPLETE_CWR, TCP_INFINITE_SSTHRESH } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Does a reduction go on? */
export function prrActive(tp: TcpSock): boolean {
  return tp.caState === TCP_CA_CWR || tp.caState === TCP_CA_Recovery;
}

/** Congestion was noticed: the episode lasts until all that is outstanding now is acknowledged. */
export function prrStart(tp: TcpSock): void {
  tp.recoveryPoint = tp.sndNxt;
  tp.tlpEndSeq = 0;
  tp.tlpIsRetrans = false;
  tp.sndCwndCnt = 0;
  tp.priorCwnd = tp.sndCwnd;
  tp.sndSsthresh = tp.caOps!.ssthresh(tp);
  tp.prrDelivered = 0;
  tp.prrOut = 0;
  // What SACKs had delivered before does not come again. What the ACK in hand delivered is added by prrAck.
  tp.recoverFs = tp.packetsOut - tp.sackedOut;
  ecnQueueCwr(tp);
}

/** An ACK delivered `delivered` segments. `safe`: SND.UNA advanced and nothing more was found lost (RFC 9937's safeACK). */
export function prrAck(tp: TcpSock, delivered: number, safe: boolean): void {
  if (delivered <= 0) return;
  if (tp.prrDelivered === 0) tp.recoverFs += delivered;
  tp.prrDelivered += delivered;
  const pipe = tcpPipe(tp);
  const ssthresh = tp.sndSsthresh;
  let sndcnt: number;
  if (pipe > ssthresh) {
    sndcnt = Math.ceil((tp.prrDelivered * ssthresh) / tp.recoverFs) - tp.prrOut;
  } else {
    // PRR-SSRB when all goes well, PRR-CRB while losses go on.
    const limit = Math.max(tp.prrDelivered - tp.prrOut, delivered) + (safe ? 1 : 0);
    sndcnt = Math.min(ssthresh - pipe, limit);
  }
  // The first retransmission leaves at once.
  const least = tp.prrOut === 0 ? 1 : 0;
  tp.sndCwnd = Math.max(pipe + Math.max(sndcnt, least), 1);
}

/** The episode is over. A window that was restored meanwhile, the reduction being needless, stays. */
export function prrEnd(tp: TcpSock): void {
  if (tp.caOps!.congControl !== null) return;
  if (tp.sndSsthresh < TCP_INFINITE_SSTHRESH && (tp.caState === TCP_CA_CWR || tp.undoable)) {
    tp.sndCwnd = Math.max(tp.sndSsthresh, 1);
    tp.sndCwndStamp = tp.kernel.jiffies;
  }
  tcpCaEvent(tp, CA_EVENT_COMPLETE_CWR);
}

/** Congestion without loss, by ECN or a full queue of our own: reduces the window, once for each window of data (RFC 3168 section 6.1.2). */
export function tcpReduceOnce(tp: TcpSock): void {
  tp.ssthreshPrev = 0;
  if (tp.caState >= TCP_CA_CWR) return;
  tp.undoable = false;
  prrStart(tp);
  tcpSetCaState(tp, TCP_CA_CWR);
}
