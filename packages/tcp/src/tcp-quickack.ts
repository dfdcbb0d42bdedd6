/** Quick ACKs: when the peer needs to hear from us at once, some segments are answered without delay (RFC 5681 section 4.2 allows to; TCP_QUICKACK in tcp(7)). */
import { TCP_ATO_MIN, TCP_PINGPONG_THRESH } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Grants quick ACKs: for half a window of segments, two at least and `most` at most. */
export function quickAckGrant(tp: TcpSock, most: number): void {
  const half = tp.ackRcvMss > 0 ? Math.floor(tp.rcvWnd / (2 * tp.ackRcvMss)) : 0;
  const n = Math.min(half === 0 ? 2 : half, most);
  if (n > tp.ackQuick) tp.ackQuick = n;
}

/** Something went wrong on the way: grants quick ACKs, and takes the connection for one-way until it proves to be a conversation. */
export function quickAckEnter(tp: TcpSock, most: number): void {
  quickAckGrant(tp, most);
  tp.ackPingpong = 0;
  tp.ackAto = TCP_ATO_MIN;
}

/** Is the next segment answered at once? Not in a conversation, where the ACK rides on the reply. */
export function quickAckActive(tp: TcpSock): boolean {
  return tp.ackQuick > 0 && tp.ackPingpong < TCP_PINGPONG_THRESH;
}
