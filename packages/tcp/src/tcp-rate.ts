/**
 * Delivery rate samples: how fast data reaches the peer, for TCP_INFO and congestion control (draft-cheng-iccrg-delivery-rate-estimation-00). Each segment notes when it leaves what
 * had been delivered by then and when; its own delivery then says how much came in which time. Segments and microseconds.
 */
import type { Skb } from '@linnet/skbuff';
import { TCP_SYN_SENT } from '@linnet/uapi';
import { SB_APP_LIMITED } from './tcp-cb.ts';
import { tcpPipe } from './tcp-cong.ts';
import type { RateSample } from './tcp-rate-sample.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Begins the processing of an acknowledgment. */
export function tcpRateBegin(tp: TcpSock, rs: RateSample): void {
  rs.pending = false;
  rs.interval = 0;
  rs.rtt = -1;
  rs.maybeDelayed = false;
  rs.priorInFlight = tcpPipe(tp);
}

/** Notes in a segment that leaves how much had been delivered by then (section 3.2). */
export function tcpRateSkbSent(tp: TcpSock, skb: Skb): void {
  if (tp.packetsOut === 0) {
    tp.firstSentTime = tp.mstamp;
    tp.deliveredTime = tp.mstamp;
  }
  skb.cb8 = tp.delivered;
  skb.cb11 = tp.deliveredTime;
  skb.cbTime = tp.firstSentTime;
  if (tp.appLimited !== 0) skb.cb3 |= SB_APP_LIMITED;
  else skb.cb3 &= ~SB_APP_LIMITED;
}

/** A segment was delivered: of those that this acknowledgment covers, the one sent last gives the sample (section 3.3, UpdateRateSample). */
export function tcpRateSkbDelivered(tp: TcpSock, skb: Skb): void {
  const rs = tp.tk.rate;
  if (rs.pending && ((skb.cb8 - rs.priorDelivered) | 0) <= 0) return;
  rs.pending = true;
  rs.priorDelivered = skb.cb8;
  rs.priorTime = skb.cb11;
  rs.isAppLimited = (skb.cb3 & SB_APP_LIMITED) !== 0;
  rs.sendElapsed = (skb.cb5 - skb.cbTime) | 0;
  tp.firstSentTime = skb.cb5;
}

/** Ends the processing of an acknowledgment that delivered and lost so many segments (section 3.3, GenerateRateSample). */
export function tcpRateGen(tp: TcpSock, rs: RateSample, acked: number, lost: number): void {
  // What was in flight when the sender ran out of data has arrived.
  if (tp.appLimited !== 0 && ((tp.delivered - tp.appLimited) | 0) > 0) tp.appLimited = 0;
  rs.acked = acked;
  rs.lost = lost;
  if (acked > 0) tp.deliveredTime = tp.mstamp;
  // How soon a SYN is answered says nothing of a rate.
  if (!rs.pending || tp.state === TCP_SYN_SENT) return;
  rs.delivered = (tp.delivered - rs.priorDelivered) | 0;
  rs.ackElapsed = (tp.mstamp - rs.priorTime) | 0;
  // Acknowledgments may come bunched, but data does not arrive faster than it was sent.
  // Within a machine it takes no time that the clock knows: that counts for its unit.
  const interval = Math.max(rs.sendElapsed, rs.ackElapsed, 1);
  if (interval < tp.minRtt0) return;
  rs.interval = interval;
  // With too little to send the sample is but a lower bound.
  if (rs.isAppLimited && rs.delivered * tp.rateIntervalUs < tp.rateDelivered * interval) return;
  tp.rateDelivered = rs.delivered;
  tp.rateIntervalUs = interval;
  tp.rateAppLimited = rs.isAppLimited;
}

/** The application writes: is it that which keeps the sender from sending more (section 3.4)? Nothing waits, for the window has room, and nothing lost. */
export function tcpRateCheckAppLimited(tp: TcpSock): void {
  if (((tp.writeSeq - tp.sndNxt) | 0) >= tp.mssCache || tp.wmemAlloc !== 0 || tp.lostOut > tp.retransOut) return;
  if (tcpPipe(tp) < tp.sndCwnd) tcpRateAppLimited(tp);
}

/** Samples up to what is in flight now count as limited by the application. */
export function tcpRateAppLimited(tp: TcpSock): void {
  tp.appLimited = (tp.delivered + tcpPipe(tp)) | 0 || 1;
}
