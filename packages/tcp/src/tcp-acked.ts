/**
 * What a cumulative ACK takes away, and the round trips that it measures (RFC 6298 sections 3 and 4, RFC 7323 section 4).
 *
 *   segments below SND.UNA --> off the scoreboard, RACK and the rate learn of them --> freed
 *   sent once: a sample       sent again: only the timestamp tells which copy was acknowledged (Karn)       SACKed just now: a sample, too
 */
import { sockTxAcked } from '@linnet/socket';
import { after, before, TCPHDR_SYN } from '@linnet/uapi';
import type { AckedTimes, AckNews } from './tcp-ack-news.ts';
import { SB_EVER_REXMIT, SB_SACKED } from './tcp-cb.ts';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { SEG_DATA } from './tcp-const.ts';
import { tcpTrimHead } from './tcp-fragment.ts';
import { newrenoAcked } from './tcp-newreno.ts';
import { rackUpdate } from './tcp-rack.ts';
import { tcpRateSkbDelivered } from './tcp-rate.ts';
import { reorderingSeen } from './tcp-reordering.ts';
import { tcpRttEstimator, tcpSetRto, tcpUpdateRttMin } from './tcp-rtt.ts';
import { tcpRtxQueueUnlinkAndFree } from './tcp-rtx-queue.ts';
import { sbDelivered, sbLeave } from './tcp-scoreboard.ts';
import type { TcpSock } from './tcp-sock.ts';

/** A round trip by timestamps is believed up to this many ms. */
const MAX_TIMESTAMP_RTT = 0x1fffff;

/** A round trip from the echoed timestamp, which says which copy of retransmitted data it was (RFC 7323 section 4); -1: there is none, or it cannot be true. */
function rttOfTimestamp(tp: TcpSock): number {
  const rx = tp.rxOpt;
  if (!rx.sawTstamp || rx.rcvTsecr === 0) return -1;
  const ms = (tcpTimeStampMs(tp.kernel.ktime) + tp.tsoffset - rx.rcvTsecr) | 0;
  return ms < 0 || ms >= MAX_TIMESTAMP_RTT ? -1 : Math.max(ms, 1) * 1000;
}

/**
 * The cumulative ACK takes segments off the retransmission queue, whole ones and the front of a super-segment; what is known of them leaves the scoreboard, and RACK and the rate
 * sampler learn of them. `highSacked`: where the highest SACK ended before this ACK.
 */
function takeAcked(tp: TcpSock, news: AckNews, times: AckedTimes, highSacked: number): void {
  const una = tp.sndUna;
  const sack = tp.rxOpt.sackOk;
  const anySacked = tp.sackedOut > 0;
  let late = tp.sndNxt;
  for (let skb = tp.rtxQueue.head; skb !== null && after(una, skb.cb0); skb = tp.rtxQueue.head) {
    const whole = !after(skb.cb1, una);
    const start = skb.cb0;
    const marks = skb.cb3;
    let segs = skb.cb6;
    if (!whole) {
      if (segs === 1) break;
      tcpTrimHead(tp, skb, (una - start) | 0, skb.cb7 > 0 ? skb.cb7 : tp.mssCache);
      segs -= skb.cb6;
      if (segs === 0) break;
    }
    if ((marks & SB_EVER_REXMIT) !== 0) {
      news.ackedRexmit = true;
    } else if ((marks & SB_SACKED) === 0) {
      if (!times.any) times.first = skb.cb5;
      times.any = true;
      times.last = skb.cb5;
      times.outstanding = tp.packetsOut;
      if (before(start, late)) late = start;
      if (!after(skb.cb1, tp.recoveryPoint)) news.original = true;
    }
    if (sack && (marks & SB_SACKED) === 0) {
      sbDelivered(tp, segs, news.ece);
      rackUpdate(tp, skb, true);
    }
    sbLeave(tp, skb, segs);
    tcpRateSkbDelivered(tp, skb);
    news.ackedSegs += segs;
    if ((skb.cb2 & TCPHDR_SYN) === 0) {
      news.ackedData = true;
    } else {
      news.ackedSyn = true;
      tp.rexmitTs = 0;
    }
    if (!whole) break;
    if (skb.ext !== null) sockTxAcked(skb);
    tcpRtxQueueUnlinkAndFree(tp, skb);
  }
  const head = tp.rtxQueue.head;
  if (head === null) tp.sackHint = null;
  else if ((head.cb3 & SB_SACKED) !== 0) news.reneged = true;
  // What came late is below a SACK; all that was SACKed may be acknowledged by now.
  if (sack && anySacked && before(late, highSacked)) reorderingSeen(tp, late, tp.sackedOut > 0 ? tp.sackHighEnd : highSacked);
}

/** Frees what the ACK covers, and takes round trips from it and from new SACKs. */
export function ackSegments(tp: TcpSock, news: AckNews, highSacked: number): void {
  const times = tp.tk.ackedTimes;
  times.any = false;
  takeAcked(tp, news, times, highSacked);

  const now = tp.mstamp;
  let rtt = -1;
  let newest = -1;
  let maybeDelayed = false;
  if (times.any && !news.ackedRexmit) {
    rtt = (now - times.first) | 0;
    newest = (now - times.last) | 0;
    // One segment alone under way is answered by a delayed ACK, which is no measure of the path.
    maybeDelayed = news.ackedSegs === 1 && times.outstanding === 1 && tp.srttUs > 0 && tp.writeQueue.head === null && (news.seg & SEG_DATA) === 0;
  }
  let sackRtt = -1;
  if (news.sackTimed) {
    sackRtt = (now - news.sackFirstSent) | 0;
    newest = (now - news.sackLastSent) | 0;
    if (rtt < 0) rtt = sackRtt;
  }
  const acked = news.ackedData || news.ackedSyn;
  if (rtt < 0 && acked) {
    rtt = rttOfTimestamp(tp);
    newest = rtt;
  }
  if (rtt >= 0) {
    if (!maybeDelayed || tp.minRtt0 < 0 || newest <= tp.minRtt0) tcpUpdateRttMin(tp, newest);
    tcpRttEstimator(tp, rtt);
    tcpSetRto(tp);
    tp.backoff = 0;
  }
  const rs = tp.tk.rate;
  rs.rtt = rtt >= 0 ? newest : -1;
  rs.maybeDelayed = maybeDelayed;
  const head = tp.rtxQueue.head;
  if (acked) {
    news.restartTimer = true;
    if (!tp.rxOpt.sackOk) {
      newrenoAcked(tp, news.ackedSegs, news.ece);
      // What was sent again may have filled the hole: no proof that the originals arrived in time (RFC 5682 section 2.1).
      if (news.ackedRexmit) news.original = false;
    }
  } else if (head !== null && sackRtt > ((now - head.cb5) | 0)) {
    // The first segment has left again after what is SACKed now: its timeout counts from there.
    news.restartTimer = true;
  }
  const f = tp.caOps!.pktsAcked;
  if (f !== null && news.ackedSegs > 0 && tp.caInitialized) f(tp, news.ackedSegs, rtt >= 0 ? newest : -1);
}
