/** DSACK: the peer tells what it got twice (RFC 2883), so that needless retransmissions are known (RFC 3708). */
import type { Skb } from '@linnet/skbuff';
import { after, before } from '@linnet/uapi';
import type { AckNews } from './tcp-ack-news.ts';
import { SB_EVER_REXMIT, SB_SACKED } from './tcp-cb.ts';
import {
  TcpExtTCPDSACKIgnoredDubious,
  TcpExtTCPDSACKIgnoredNoUndo,
  TcpExtTCPDSACKIgnoredOld,
  TcpExtTCPDSACKOfoRecv,
  TcpExtTCPDSACKRecv,
  TcpExtTCPDSACKRecvSegs,
} from './tcp-mib.ts';
import { netAdd, netInc } from './tcp-net.ts';
import { tcpRtxFind } from './tcp-rtx-queue.ts';
import type { TcpSock } from './tcp-sock.ts';

/** `segs` retransmissions of this episode were needless. There cannot be more of them than there were retransmissions. */
function needless(tp: TcpSock, segs: number): void {
  if (tp.undoable) tp.episodeDsacks = Math.min(tp.episodeDsacks + segs, tp.episodeRexmits);
}

/** How many segments the DSACK [start, end) stands for; 0 when it cannot be true. */
function countDsack(tp: TcpSock, start: number, end: number): number {
  const len = (end - start) | 0;
  if (len < 0 || len > tp.maxWindow) return 0;
  const segs = Math.max(1, Math.ceil(len / Math.max(tp.mssCache, 1)));
  tp.dsackDups += segs;
  netAdd(tp.tn, TcpExtTCPDSACKRecvSegs, segs);
  // More than was ever sent again: the network repeats packets, or somebody lies (RFC 3708 section 5).
  return tp.dsackDups > tp.totalRetrans ? 0 : segs;
}

/**
 * Is the first of `n` blocks at `off` a DSACK (RFC 2883 section 4: below the cumulative ACK, or within the second block)? Takes it into account if so, and returns whether it was
 * one that can be true.
 */
export function dsackReceived(tp: TcpSock, view: DataView, off: number, n: number, ack: number, priorUna: number, news: AckNews): boolean {
  const start = view.getInt32(off);
  const end = view.getInt32(off + 4);
  if (before(start, ack)) {
    netInc(tp.tn, TcpExtTCPDSACKRecv);
  } else {
    if (n < 2 || before(start, view.getInt32(off + 8)) || after(end, view.getInt32(off + 12))) return false;
    netInc(tp.tn, TcpExtTCPDSACKOfoRecv);
  }
  const segs = countDsack(tp, start, end);
  if (segs === 0) {
    netInc(tp.tn, TcpExtTCPDSACKIgnoredDubious);
    return false;
  }
  news.dsack = true;
  if (tp.tlpEndSeq !== 0 && tp.tlpEndSeq === end) news.dsackOfProbe = true;
  if (after(end, priorUna)) dsackOfOutstanding(tp, start, end, priorUna, news);
  else if (tp.undoable && after(end, tp.episodeUna)) needless(tp, segs);
  if (!after(end, tp.sndUna)) countIgnored(tp, start, end);
  return true;
}

/** Counts DSACKs below SND.UNA that nothing can be concluded from: no reduction could be undone, or they are for what came before it. */
function countIgnored(tp: TcpSock, start: number, end: number): void {
  if (!tp.undoable) netInc(tp.tn, TcpExtTCPDSACKIgnoredNoUndo);
  else if (before(start, tp.episodeUna) && (!after(end, tp.episodeUna) || before(start, (end - tp.maxWindow) | 0))) netInc(tp.tn, TcpExtTCPDSACKIgnoredOld);
}

/** What came twice is still on the queue, for something below was missing until now: the segments themselves tell whether they were sent again. */
function dsackOfOutstanding(tp: TcpSock, start: number, end: number, priorUna: number, news: AckNews): void {
  if (before(start, priorUna) || after(end, tp.sndNxt)) return;
  for (let skb: Skb | null = tcpRtxFind(tp, start); skb !== null && !after(skb.cb1, end); skb = skb.next) {
    if (before(skb.cb0, start) || (skb.cb3 & SB_EVER_REXMIT) === 0) continue;
    if (after(skb.cb1, tp.episodeUna)) needless(tp, skb.cb6);
    // SACKed before, and sent again nevertheless: the first copy was late.
    if ((skb.cb3 & SB_SACKED) !== 0 && before(skb.cb0, news.lateSeq)) news.lateSeq = skb.cb0;
  }
}
