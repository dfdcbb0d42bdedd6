/** The scoreboard: what selective acknowledgments say about outstanding segments (RFC 2018, RFC 2883, RFC 6675). */
import type { Skb } from '@linnet/skbuff';
import { after, before, TCP_CA_Disorder, TCP_CA_Loss } from '@linnet/uapi';
import { TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './tcp-cb.ts';
import {
  SACKED_NEW,
  DSACK_OF_PROBE,
  SEG_DSACK,
  DELIVERED_ORIGINAL,
  TCP_MAX_REORDERING,
} from './tcp-const.ts';
import { tcpFragment } from './tcp-fragment.ts';
import {
  TcpExtTCPDSACKIgnoredDubious,
  TcpExtTCPDSACKIgnoredNoUndo,
  TcpExtTCPDSACKIgnoredOld,
  TcpExtTCPDSACKOfoRecv,
  TcpExtTCPDSACKRecv,
  TcpExtTCPDSACKRecvSegs,
  TcpExtTCPRenoReorder,
  TcpExtTCPSACKDiscard,
  TcpExtTCPSACKReorder,
} from './tcp-mib.ts';
import { netAdd, netInc } from './tcp-net.ts';
import { tcpRackAdvance } from './tcp-recovery.ts';
import { tcpRateSkbDelivered } from './tcp-rate.ts';
import { tcpRtxFind } from './tcp-rtx-queue.ts';
import { sentRingRemove } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import type { AckState } from './tcp-ack-state.ts';

/** End of the highest SACKed range; SND.UNA when nothing is SACKed (tcp_highest_sack_seq). */
export function tcpHighestSackSeq(tp: TcpSock): number {
  return tp.sackedOut > 0 ? tp.sackHighEnd : tp.sndUna;
}

/** Something below `lowSeq`'s end arrived after higher data: the path reorders this far (RFC 8985 section 6.2, tcp_check_sack_reordering). */
export function tcpCheckSackReordering(tp: TcpSock, lowSeq: number): void {
  const fack = tcpHighestSackSeq(tp);
  if (!before(lowSeq, fack)) return;
  const metric = (fack - lowSeq) | 0;
  const mss = tp.mssCache;
  if (metric > tp.reordering * mss && mss > 0) {
    tp.reordering = Math.min(Math.ceil(metric / mss), tp.tn.maxReordering, TCP_MAX_REORDERING);
  }
  // Exact numbers matter little; that it happens at all opens RACK's window.
  tp.reordSeen++;
  netInc(tp.tn, TcpExtTCPSACKReorder);
}

/** Without SACK, reordering shows when duplicates came and yet nothing was lost (tcp_check_reno_reordering). */
export function tcpCheckRenoReordering(tp: TcpSock, addend: number): void {
  const limit = Math.max(tp.packetsOut, 1);
  if (tp.sackedOut + 1 <= limit) return;
  tp.sackedOut = limit - 1;
  tp.reordering = Math.min(tp.packetsOut + addend, tp.tn.maxReordering);
  tp.reordSeen++;
  netInc(tp.tn, TcpExtTCPRenoReorder);
}

/** Duplicate ACKs stand for segments that left the network (tcp_add_reno_sack). */
export function tcpAddRenoSack(tp: TcpSock, numDupack: number, ece: boolean): void {
  if (numDupack === 0) return;
  const prior = tp.sackedOut;
  tp.sackedOut += numDupack;
  tcpCheckRenoReordering(tp, 0);
  const delivered = tp.sackedOut - prior;
  if (delivered > 0) tcpCountDelivered(tp, delivered, ece);
}

/** Counts segments as delivered. */
export function tcpCountDelivered(tp: TcpSock, n: number, ece: boolean): void {
  tp.delivered += n;
  if (ece) tp.deliveredCe += n;
}

/** May the block be believed? (tcp_is_sackblock_valid) */
function tcpIsSackblockValid(tp: TcpSock, isDsack: boolean, start: number, end: number): boolean {
  if (after(end, tp.sndNxt) || !before(start, end)) return false;
  if (!before(start, tp.sndNxt)) return false;
  if (after(start, tp.sndUna)) return true;
  if (!isDsack || tp.undoMarker === 0) return false;
  // A DSACK straddling SND.UNA makes no sense.
  if (after(end, tp.sndUna)) return false;
  if (!before(start, tp.undoMarker)) return true;
  if (!after(end, tp.undoMarker)) return false;
  return !before(start, (end - tp.maxWindow) | 0);
}

/** A DSACK: the peer got something twice (RFC 2883 section 4). Returns how many segments, 0 when it cannot be true. */
function tcpDsackSeen(tp: TcpSock, start: number, end: number, st: AckState): number {
  const len = (end - start) | 0;
  if (len < 0 || len > tp.maxWindow) return 0;
  const mss = Math.max(tp.mssCache, 1);
  const segs = len > mss ? Math.ceil(len / mss) : 1;
  tp.dsackDups += segs;
  netAdd(tp.tn, TcpExtTCPDSACKRecvSegs, segs);
  // More duplicates than we ever sent again: the network, or a liar.
  if (tp.dsackDups > tp.totalRetrans) return 0;
  st.flag |= SEG_DSACK;
  if (tp.tlpHighSeq !== 0 && tp.tlpHighSeq === end) st.flag |= DSACK_OF_PROBE;
  else tp.rackDsackSeen = true;
  return segs;
}

/** Is the first block a DSACK? Notes it if so (tcp_check_dsack). */
function tcpCheckDsack(tp: TcpSock, ack: number, view: DataView, off: number, n: number, priorUna: number, st: AckState): boolean {
  const start = view.getInt32(off);
  const end = view.getInt32(off + 4);
  if (before(start, ack)) {
    netInc(tp.tn, TcpExtTCPDSACKRecv);
  } else if (n > 1) {
    const start1 = view.getInt32(off + 8);
    const end1 = view.getInt32(off + 12);
    if (after(end, end1) || before(start, start1)) return false;
    netInc(tp.tn, TcpExtTCPDSACKOfoRecv);
  } else {
    return false;
  }
  const segs = tcpDsackSeen(tp, start, end, st);
  if (segs === 0) {
    netInc(tp.tn, TcpExtTCPDSACKIgnoredDubious);
    return false;
  }
  // A retransmission of this episode was needless.
  if (tp.undoMarker !== 0 && tp.undoRetrans > 0 && !after(end, priorUna) && after(end, tp.undoMarker)) {
    tp.undoRetrans = Math.max(0, tp.undoRetrans - segs);
  }
  return true;
}

/** Marks one wholly covered segment (tcp_sacktag_one). */
function tcpSacktagOne(tp: TcpSock, skb: Skb, dup: boolean, st: AckState): void {
  const sacked = skb.cb3;
  const segs = skb.cb6;
  if (dup && (sacked & TCPCB_RETRANS) !== 0) {
    if (tp.undoMarker !== 0 && tp.undoRetrans > 0 && after(skb.cb1, tp.undoMarker)) tp.undoRetrans = Math.max(0, tp.undoRetrans - segs);
    if ((sacked & TCPCB_SACKED_ACKED) !== 0 && before(skb.cb0, st.reord)) st.reord = skb.cb0;
  }
  if ((sacked & TCPCB_SACKED_ACKED) === 0) {
    tcpRackAdvance(tp, sacked, skb);
    let tags = sacked;
    if ((tags & TCPCB_SACKED_RETRANS) !== 0) {
      // The original and not the retransmission may have arrived; either way it is there.
      if ((tags & TCPCB_LOST) !== 0) {
        tags &= ~(TCPCB_LOST | TCPCB_SACKED_RETRANS);
        tp.lostOut -= segs;
        tp.retransOut -= segs;
      }
    } else {
      if ((tags & TCPCB_RETRANS) === 0) {
        // Never sent again and yet below the highest SACK: it was overtaken.
        if (before(skb.cb0, tcpHighestSackSeq(tp)) && before(skb.cb0, st.reord)) st.reord = skb.cb0;
        if (!after(skb.cb1, tp.highSeq)) st.flag |= DELIVERED_ORIGINAL;
        if (!st.hasSackt) {
          st.hasSackt = true;
          st.firstSackt = skb.cb5;
        }
        st.lastSackt = skb.cb5;
      }
      if ((tags & TCPCB_LOST) !== 0) {
        tags &= ~TCPCB_LOST;
        tp.lostOut -= segs;
      }
    }
    skb.cb3 = tags | TCPCB_SACKED_ACKED;
    st.flag |= SACKED_NEW;
    if (tp.sackedOut === 0 || after(skb.cb1, tp.sackHighEnd)) tp.sackHighEnd = skb.cb1;
    tp.sackedOut += segs;
    tcpCountDelivered(tp, segs, (st.flag & 0x40) !== 0);
    tcpRateSkbDelivered(tp, skb);
    sentRingRemove(tp.sentRing, skb);
  }
  // A DSACK for a retransmission: it has left the network too.
  if (dup && (skb.cb3 & TCPCB_SACKED_RETRANS) !== 0) {
    skb.cb3 &= ~TCPCB_SACKED_RETRANS;
    tp.retransOut -= segs;
  }
}

/**
 * Marks what the block [start, end) covers of the segments from sequence number `from` up to `until`, cutting super-segments at segment borders
 * (tcp_sacktag_walk).
 */
function tcpSacktagWalk(tp: TcpSock, start: number, end: number, from: number, until: number, dup: boolean, st: AckState): void {
  let skb = tcpRtxFind(tp, from);
  while (skb !== null && before(skb.cb0, until)) {
    if (after(start, skb.cb0) || before(end, skb.cb1)) {
      const mss = skb.cb7;
      if (skb.cb6 <= 1 || mss === 0) {
        skb = skb.next;
        continue;
      }
      if (after(start, skb.cb0)) {
        // Uncovered in front: cut behind the last segment that the block does not cover wholly.
        const cut = Math.ceil(((start - skb.cb0) | 0) / mss) * mss;
        if (cut >= skb.len) {
          skb = skb.next;
          continue;
        }
        if (tcpFragment(tp, skb, cut, mss) !== 0) return;
        skb = skb.next;
        continue;
      }
      const cut = Math.floor(((end - skb.cb0) | 0) / mss) * mss;
      if (cut <= 0) return;
      // The block ends before the FIN of this segment: what it covers is not all of it.
      if (cut >= skb.len || tcpFragment(tp, skb, cut, mss) !== 0) return;
    }
    tcpSacktagOne(tp, skb, dup, st);
    tp.sackHint = skb;
    skb = skb.next;
  }
}

/** Marks a block, leaving out what the blocks of the last ACK covered already. */
function tcpSacktagBlock(tp: TcpSock, start: number, end: number, st: AckState): void {
  const cache = tp.recvSackCache;
  let from = start;
  for (let i = 0; i < tp.recvSackCacheLen; i++) {
    const cs = cache[2 * i]!;
    const ce = cache[2 * i + 1]!;
    if (!after(ce, from)) continue;
    if (!before(cs, end)) break;
    // Only what the new block covers wholly is certain to be marked.
    if (before(cs, start) || after(ce, end)) continue;
    if (before(from, cs)) tcpSacktagWalk(tp, start, end, from, cs, false, st);
    from = ce;
  }
  if (before(from, end)) tcpSacktagWalk(tp, start, end, from, end, false, st);
}

/**
 * Applies the SACK option of the segment in hand (tcp_sacktag_write_queue). The option's place is in `tp.rxOpt`; results are in `st` and the counts of `tp`.
 */
export function tcpSacktagWriteQueue(tp: TcpSock, ackSkb: Skb, priorUna: number, st: AckState): void {
  const rx = tp.rxOpt;
  const view = ackSkb.view;
  const off = rx.sackOff;
  const n = rx.sackBlocks > 4 ? 4 : rx.sackBlocks;
  const ack = ackSkb.cb4;
  st.reord = tp.sndNxt;
  const dup = tcpCheckDsack(tp, ack, view, off, n, priorUna, st);
  // An ACK older than a window says nothing about what is outstanding now.
  if (before(ack, (priorUna - tp.maxWindow) | 0)) return;
  if (tp.packetsOut === 0) return;

  const b = st.blocks;
  let count = 0;
  for (let i = 0; i < n; i++) {
    const start = view.getInt32(off + 8 * i);
    const end = view.getInt32(off + 8 * i + 4);
    const isDsack = dup && i === 0;
    if (!tcpIsSackblockValid(tp, isDsack, start, end)) {
      if (isDsack) netInc(tp.tn, tp.undoMarker === 0 ? TcpExtTCPDSACKIgnoredNoUndo : TcpExtTCPDSACKIgnoredOld);
      else if (before(ack, tp.sndUna) || after(start, tp.sndUna)) netInc(tp.tn, TcpExtTCPSACKDiscard);
      continue;
    }
    if (!after(end, priorUna)) continue;
    if (isDsack) {
      tcpSacktagWalk(tp, start, end, start, end, true, st);
      continue;
    }
    // Insert by start.
    let j = count++;
    while (j > 0 && before(start, b[2 * j - 2]!)) {
      b[2 * j] = b[2 * j - 2]!;
      b[2 * j + 1] = b[2 * j - 1]!;
      j--;
    }
    b[2 * j] = start;
    b[2 * j + 1] = end;
  }
  for (let i = 0; i < count; i++) tcpSacktagBlock(tp, b[2 * i]!, b[2 * i + 1]!, st);
  const cache = tp.recvSackCache;
  for (let i = 0; i < 2 * count; i++) cache[i] = b[i]!;
  tp.recvSackCacheLen = count;
  if (tp.caState !== TCP_CA_Loss || tp.undoMarker !== 0) tcpCheckSackReordering(tp, st.reord);
}

/** Forgets the duplicates counted without SACK. */
export function tcpResetRenoSack(tp: TcpSock): void {
  tp.sackedOut = 0;
}

/** A cumulative ACK for `acked` segments eats the duplicates that stood for them (tcp_remove_reno_sacks). */
export function tcpRemoveRenoSacks(tp: TcpSock, acked: number, ece: boolean): void {
  if (acked > 0) {
    // One ACK acknowledges the hole; the rest had been counted by duplicates.
    tcpCountDelivered(tp, Math.max(acked - tp.sackedOut, 1), ece);
    if (acked - 1 >= tp.sackedOut) tp.sackedOut = 0;
    else tp.sackedOut -= acked - 1;
  }
  tcpCheckRenoReordering(tp, acked);
}

/** Disorder or Open? Something is SACKed but nothing is known lost. */
export function tcpIsDisordered(tp: TcpSock): boolean {
  return tp.caState === TCP_CA_Disorder;
}
