/**
 * What the peer's segments are like: how large, since every second full-sized one is to be answered (RFC 9293 section 3.8.6.3) and the peer does not say what is full; and how much of
 * the memory that they take is payload, since the window promises payload and the buffer counts memory.
 */
import type { Skb } from '@linnet/skbuff';
import { SOCK_RCVBUF_LOCK } from '@linnet/socket';
import { TCPHDR_FIN, TCPHDR_PSH } from '@linnet/uapi';
import { ICSK_ACK_PUSHED, ICSK_ACK_PUSHED2, TCP_MIN_MSS, TCP_MIN_RCVMSS } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpFullSpace } from './tcp-window.ts';

/** Before any data came: what every host takes, or less where our window or our own MSS is smaller. */
export function rcvMssInit(tp: TcpSock): void {
  const mss = Math.min(TCP_MIN_RCVMSS, tp.advmss, tp.mssCache, tp.rcvWnd >> 1);
  tp.ackRcvMss = Math.max(mss, TCP_MIN_MSS);
}

/** Follows the payload's share of memory, in 1/256: down at once, for promises are to be kept; up by an eighth of the way. */
function followPayloadShare(tp: TcpSock, skb: Skb): void {
  const share = Math.min(Math.max(Math.floor((skb.len * 256) / skb.truesize), 1), 255);
  const diff = share - tp.scalingRatio;
  if (diff === 0) return;
  tp.scalingRatio = diff < 0 ? share : tp.scalingRatio + ((diff + 7) >> 3);
  if ((tp.userlocks & SOCK_RCVBUF_LOCK) === 0 && !tp.windowClampSet) tp.windowClamp = Math.max(tp.windowClamp, tcpFullSpace(tp));
}

/**
 * A segment with data came. The largest size is full; a smaller one becomes so when two in a row have it that do not end what the peer wrote. All others ask for an answer soon: the
 * peer may be waiting for one.
 */
export function rcvMssMeasure(tp: TcpSock, skb: Skb): void {
  const size = skb.gsoSize > 0 ? skb.gsoSize : skb.len;
  const last = tp.ackLastSegSize;
  tp.ackLastSegSize = 0;
  if (size >= tp.ackRcvMss) {
    followPayloadShare(tp, skb);
    tp.ackRcvMss = Math.min(size, tp.advmss);
    return;
  }
  const goesOn = skb.gsoSize > 0 || (skb.cb2 & (TCPHDR_PSH | TCPHDR_FIN)) === 0;
  if (goesOn && size >= TCP_MIN_MSS) {
    if (size === last) {
      tp.ackRcvMss = size;
      return;
    }
    tp.ackLastSegSize = size;
  }
  tp.ackPending |= (tp.ackPending & ICSK_ACK_PUSHED) === 0 ? ICSK_ACK_PUSHED : ICSK_ACK_PUSHED2;
}
