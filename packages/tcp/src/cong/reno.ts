/** Reno (RFC 5681): a segment a round trip, half at a loss. */
import { tcpCongAvoidAi, type TcpCongestionOps, tcpInSlowStart, tcpSlowStart } from '../tcp-cong.ts';
import { tcpIsCwndLimited } from '../tcp-cwnd.ts';
import type { TcpSock } from '../tcp-sock.ts';

function congAvoid(tp: TcpSock, _ack: number, acked: number): void {
  if (!tcpIsCwndLimited(tp)) return;
  if (tcpInSlowStart(tp)) {
    acked = tcpSlowStart(tp, acked);
    if (acked === 0) return;
  }
  tcpCongAvoidAi(tp, tp.sndCwnd, acked);
}

/** Reno as a pluggable algorithm (RFC 5681 section 3.1). @alpha */
export const reno: TcpCongestionOps = {
  name: 'reno',
  init: () => {},
  release: () => {},
  ssthresh: (tp) => Math.max(tp.sndCwnd >> 1, 2),
  congAvoid,
  undoCwnd: (tp) => Math.max(tp.sndCwnd, tp.priorCwnd),
  setState: null,
  cwndEvent: null,
  pktsAcked: null,
  congControl: null,
};
