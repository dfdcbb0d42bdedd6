/** Header prediction: which header the next segment is expected to have (RFC 7323 appendix A). */
import { after, TCPHDR_ACK } from '@linnet/uapi';
import type { TcpSock } from './tcp-sock.ts';

/** SND.UNA moves. */
export function tcpSndUnaUpdate(tp: TcpSock, ack: number): void {
  tp.bytesAcked += (ack - tp.sndUna) | 0;
  tp.sndUna = ack;
  if (tp.urgMode && !after(tp.sndUp, ack)) tp.urgMode = false;
}

/** Says which header the next segment should have, so that it takes the short way (tcp_fast_path_on). */
export function tcpFastPathOn(tp: TcpSock): void {
  tp.predFlags = (tp.tcpHeaderLen << 26) | (TCPHDR_ACK << 16) | ((tp.sndWnd >>> tp.rxOpt.sndWscale) & 0xffff);
}

/** Turns header prediction on when nothing unusual is going on (tcp_fast_path_check). */
export function tcpFastPathCheck(tp: TcpSock): void {
  if (tp.outOfOrderQueue.head === null && tp.rcvWnd > 0 && tp.rmemAlloc < tp.rcvbuf && tp.urgData === 0) tcpFastPathOn(tp);
}
