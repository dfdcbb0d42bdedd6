/**
 * The scoreboard: what is known of each outstanding segment, and the sums of it (RFC 6675 sections 3 and 4, RFC 8985 section 5.2).
 *
 *   sent --- overtaken ---> LOST --- sent again ---> LOST + REXMIT (under way once more)
 *    |                       | ^                          |
 *    |                       | '------ overtaken ---------|
 *    '-------- SACK ------> SACKED <------ SACK ----------'       any of them --- cumulative ACK ---> gone
 *
 * The marks are bits of the segment (tcp-cb.ts); `packetsOut`, `sackedOut`, `lostOut` and `retransOut` count wire segments that bear them. Which segments are under way, in the
 * order of sending, is in `sentRing`.
 */
import type { Skb } from '@linnet/skbuff';
import { after, before } from '@linnet/uapi';
import type { AckNews } from './tcp-ack-news.ts';
import { SB_EVER_REXMIT, SB_LOST, SB_REXMIT, SB_SACKED } from './tcp-cb.ts';
import { TcpExtTCPLostRetransmit } from './tcp-mib.ts';
import { netAdd } from './tcp-net.ts';
import { tcpRateSkbDelivered } from './tcp-rate.ts';
import { sentRingClear, sentRingPush, sentRingRemove } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';

/** End of the highest SACKed range; SND.UNA when nothing is SACKed. */
export function sbHighSacked(tp: TcpSock): number {
  return tp.sackedOut > 0 ? tp.sackHighEnd : tp.sndUna;
}

/** `n` segments have reached the peer. */
export function sbDelivered(tp: TcpSock, n: number, ece: boolean): void {
  tp.delivered += n;
  if (ece) tp.deliveredCe += n;
}

/** A segment is SACKed for the first time. RACK has been told. */
export function sbSacked(tp: TcpSock, skb: Skb, news: AckNews): void {
  const marks = skb.cb3;
  const segs = skb.cb6;
  if ((marks & SB_EVER_REXMIT) === 0) {
    // Sent once, and yet something above was there before.
    if (before(skb.cb0, sbHighSacked(tp)) && before(skb.cb0, news.lateSeq)) news.lateSeq = skb.cb0;
    if (!after(skb.cb1, tp.recoveryPoint)) news.original = true;
    if (!news.sackTimed) {
      news.sackTimed = true;
      news.sackFirstSent = skb.cb5;
    }
    news.sackLastSent = skb.cb5;
  }
  if ((marks & SB_LOST) !== 0) tp.lostOut -= segs;
  if ((marks & SB_REXMIT) !== 0) tp.retransOut -= segs;
  skb.cb3 = (marks & ~(SB_LOST | SB_REXMIT)) | SB_SACKED;
  if (tp.sackedOut === 0 || after(skb.cb1, tp.sackHighEnd)) tp.sackHighEnd = skb.cb1;
  tp.sackedOut += segs;
  news.sackedSegs += segs;
  sbDelivered(tp, segs, news.ece);
  tcpRateSkbDelivered(tp, skb);
  sentRingRemove(tp.sentRing, skb);
}

/** A segment counts as lost, or its retransmission does. It is no longer under way, and may be sent (again). */
export function sbLost(tp: TcpSock, skb: Skb): void {
  const marks = skb.cb3;
  const segs = skb.cb6;
  if ((marks & SB_SACKED) !== 0) return;
  sentRingRemove(tp.sentRing, skb);
  const next = tp.nextLost;
  if (next !== null && before(skb.cb0, next.cb0)) tp.nextLost = skb;
  if ((marks & SB_LOST) === 0) {
    skb.cb3 = marks | SB_LOST;
    tp.lostOut += segs;
  } else if ((marks & SB_REXMIT) !== 0) {
    skb.cb3 = marks & ~SB_REXMIT;
    tp.retransOut -= segs;
    netAdd(tp.tn, TcpExtTCPLostRetransmit, segs);
  } else {
    return;
  }
  tp.lost += segs;
}

/** A segment has left again. */
export function sbSentAgain(tp: TcpSock, skb: Skb): void {
  if ((skb.cb3 & SB_REXMIT) === 0) {
    skb.cb3 |= SB_REXMIT;
    tp.retransOut += skb.cb6;
  }
  sentRingPush(tp.sentRing, skb);
}

/** The cumulative ACK took the first `segs` wire segments of `skb`; RACK and the counts of what was delivered are the caller's. */
export function sbLeave(tp: TcpSock, skb: Skb, segs: number): void {
  const marks = skb.cb3;
  if ((marks & SB_SACKED) !== 0) tp.sackedOut -= segs;
  if ((marks & SB_LOST) !== 0) tp.lostOut -= segs;
  if ((marks & SB_REXMIT) !== 0) tp.retransOut -= segs;
  tp.packetsOut -= segs;
}

/** Is something outstanding that was sent again? */
export function sbAnySentAgain(tp: TcpSock): boolean {
  if (tp.retransOut > 0) return true;
  const head = tp.rtxQueue.head;
  return head !== null && (head.cb3 & SB_EVER_REXMIT) !== 0;
}

/** The peer has thrown away what it had SACKed: all SACKs are void (RFC 2018 section 8). */
export function sbForgetSacks(tp: TcpSock): void {
  for (let skb = tp.rtxQueue.head; skb !== null; skb = skb.next) skb.cb3 &= ~SB_SACKED;
  tp.sackedOut = 0;
}

/** What counted as lost was only late: it is under way after all, and takes its place in the order of sending again. Rare. */
export function sbForgetLosses(tp: TcpSock): void {
  const live: Skb[] = [];
  for (let skb = tp.rtxQueue.head; skb !== null; skb = skb.next) {
    skb.cb3 &= ~SB_LOST;
    if ((skb.cb3 & SB_SACKED) === 0) live.push(skb);
  }
  tp.lostOut = 0;
  tp.nextLost = null;
  live.sort((a, b) => ((a.cb4 - b.cb4) | 0) || ((a.cb1 - b.cb1) | 0));
  sentRingClear(tp.sentRing);
  for (let i = 0; i < live.length; i++) sentRingPush(tp.sentRing, live[i]!);
}
