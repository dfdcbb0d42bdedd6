/** How much of the receive buffer the window offers: little at first, more as arriving segments prove that the memory will do (`rcvSsthresh`), less when it did not. */
import type { Skb } from '@linnet/skbuff';
import { SOCK_RCVBUF_LOCK } from '@linnet/socket';
import type { TcpSock } from './tcp-sock.ts';
import { tcpSpace } from './tcp-window.ts';

/**
 * A segment with data came: offers two more. Only while the whole window, were it filled with segments like this one, would fit the buffer: small ones take much memory for little
 * payload.
 */
export function rcvWindowGrow(tp: TcpSock, skb: Skb): void {
  const room = Math.min(tp.windowClamp, tcpSpace(tp)) - tp.rcvSsthresh;
  if (room <= 0 || tp.tk.memory.pressure) return;
  if (tp.rcvSsthresh * skb.truesize > tp.rcvbuf * skb.len) return;
  const full = skb.len >= tp.ackRcvMss ? Math.max(tp.advmss, skb.len) : Math.max(tp.ackRcvMss, skb.len);
  tp.rcvSsthresh += Math.min(room, 2 * full);
  // The peer is to learn of it soon.
  tp.ackQuick |= 1;
}

/** More has come than the buffer holds: makes the buffer as large as that, where it may be, and offers no more than two segments else. */
export function rcvBufferOverrun(tp: TcpSock): void {
  tp.ackQuick = 0;
  const fixed = (tp.userlocks & SOCK_RCVBUF_LOCK) !== 0 || tp.tk.memory.pressure;
  if (!fixed && tp.rcvbuf < tp.tn.rmemMax) tp.rcvbuf = Math.min(tp.rmemAlloc, tp.tn.rmemMax);
  if (tp.rmemAlloc > tp.rcvbuf) tp.rcvSsthresh = Math.min(tp.windowClamp, 2 * tp.advmss);
}
