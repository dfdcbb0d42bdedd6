/** Delivery rate samples: how fast data reaches the peer, for TCP_INFO and congestion modules. */
import type { Skb } from '@linnet/skbuff';
import { TCP_SYN_SENT } from '@linnet/uapi';
import type { TcpSock } from './tcp-sock.ts';

/** Notes in a segment that leaves how much had been delivered by then (tcp_rate_skb_sent). */
export function tcpRateSkbSent(tp: TcpSock, skb: Skb): void {
  if (tp.packetsOut === 0) tp.deliveredTime = tp.mstamp;
  skb.cb8 = tp.delivered;
  skb.cb11 = tp.deliveredTime;
}

/** A segment was delivered: of those that this ACK covers, the one sent last gives the sample (tcp_rate_skb_delivered). */
export function tcpRateSkbDelivered(tp: TcpSock, skb: Skb): void {
  if (!tp.ratePending || ((skb.cb8 - tp.ratePriorDelivered) | 0) > 0) {
    tp.ratePending = true;
    tp.ratePriorDelivered = skb.cb8;
    tp.ratePriorTime = skb.cb11;
  }
}

/** Ends the processing of an ACK: keeps the sample when it covers at least a round trip (tcp_rate_gen). */
export function tcpRateGen(tp: TcpSock, delivered: number): void {
  if (delivered > 0) tp.deliveredTime = tp.mstamp;
  if (!tp.ratePending) return;
  tp.ratePending = false;
  // How soon a SYN is answered says nothing of a rate.
  if (tp.state === TCP_SYN_SENT) return;
  const interval = (tp.mstamp - tp.ratePriorTime) | 0;
  if (interval <= 0 || interval < tp.minRtt0) return;
  tp.rateDelivered = (tp.delivered - tp.ratePriorDelivered) | 0;
  tp.rateIntervalUs = interval;
}
