/**
 * The SACK option of an arriving ACK: Update() of RFC 6675 section 4.
 *
 *   blocks of the option --> the possible ones, by sequence number --> less what the last ACK said already --> marks on the scoreboard
 *
 * A peer repeats its blocks with every ACK, so what is new is little, however long the blocks are. A segment is SACKed when all of it is (RFC 2018 section 5); super-segments are
 * cut where a block ends inside of them.
 */
import type { Skb } from '@linnet/skbuff';
import { after, before } from '@linnet/uapi';
import type { AckNews } from './tcp-ack-news.ts';
import { SB_SACKED } from './tcp-cb.ts';
import { dsackReceived } from './tcp-dsack.ts';
import { tcpFragment } from './tcp-fragment.ts';
import { TcpExtTCPSACKDiscard } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { rackUpdate } from './tcp-rack.ts';
import { reorderingSeen } from './tcp-reordering.ts';
import { tcpRtxFind } from './tcp-rtx-queue.ts';
import { sbHighSacked, sbSacked } from './tcp-scoreboard.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Most blocks that an option holds (RFC 2018 section 3). */
const MAX_BLOCKS = 4;

/** The part of `skb` that [start, end) covers, cut out so that it is a segment of its own; null when no whole wire segment is covered. */
function coveredPart(tp: TcpSock, skb: Skb, start: number, end: number): Skb | null {
  const mss = skb.cb6 > 1 ? skb.cb7 : 0;
  const skip = (start - skb.cb0) | 0;
  if (skip > 0) {
    const cut = mss === 0 ? skb.len : Math.ceil(skip / mss) * mss;
    if (cut >= skb.len || tcpFragment(tp, skb, cut, mss) !== 0) return null;
    return coveredPart(tp, skb.next!, start, end);
  }
  if (!before(end, skb.cb1)) return skb;
  const cut = mss === 0 ? 0 : Math.floor(((end - skb.cb0) | 0) / mss) * mss;
  // The block may end at a FIN that is not in it: then all bytes are covered, and the segment is not.
  if (cut <= 0 || cut >= skb.len || tcpFragment(tp, skb, cut, mss) !== 0) return null;
  return skb;
}

/** Marks what the block [start, end) covers of the segments that have to do with [from, to). */
function markRange(tp: TcpSock, start: number, end: number, from: number, to: number, news: AckNews): void {
  for (let skb = tcpRtxFind(tp, from); skb !== null && before(skb.cb0, to); skb = skb.next) {
    const part = coveredPart(tp, skb, start, end);
    if (part === null) continue;
    if ((part.cb3 & SB_SACKED) === 0) {
      rackUpdate(tp, part, false);
      sbSacked(tp, part, news);
    }
    tp.sackHint = part;
    skb = part;
  }
}

/** Marks a block but for what the last ACK's blocks inside of it covered. */
function markBlock(tp: TcpSock, start: number, end: number, news: AckNews): void {
  const known = tp.sackBlocks;
  let from = start;
  for (let i = 0; i < tp.numSackBlocks; i++) {
    const s = known[2 * i]!;
    const e = known[2 * i + 1]!;
    if (before(s, from) || after(e, end)) continue;
    if (before(from, s)) markRange(tp, start, end, from, s, news);
    from = e;
  }
  if (before(from, end)) markRange(tp, start, end, from, end, news);
}

/** Puts a block among the first `n` of `b`, which are in order of sequence numbers. */
function insertBlock(b: Int32Array, n: number, start: number, end: number): void {
  let i = 2 * n;
  for (; i > 0 && before(start, b[i - 2]!); i -= 2) {
    b[i] = b[i - 2]!;
    b[i + 1] = b[i - 1]!;
  }
  b[i] = start;
  b[i + 1] = end;
}

/** Update(): applies the SACK option of `ackSkb`, whose place is in `tp.rxOpt`. `priorUna`: SND.UNA before this ACK. */
export function sackUpdate(tp: TcpSock, ackSkb: Skb, priorUna: number, news: AckNews): void {
  const view = ackSkb.view;
  const ack = ackSkb.cb4;
  const off = tp.rxOpt.sackOff;
  const n = Math.min(tp.rxOpt.sackBlocks, MAX_BLOCKS);
  news.lateSeq = tp.sndNxt;
  const first = dsackReceived(tp, view, off, n, ack, priorUna, news) ? 1 : 0;
  // An ACK older than a window says nothing about what is outstanding now.
  if (tp.packetsOut === 0 || before(ack, (priorUna - tp.maxWindow) | 0)) return;

  const b = news.blocks;
  let count = 0;
  for (let i = first; i < n; i++) {
    const start = view.getInt32(off + 8 * i);
    const end = view.getInt32(off + 8 * i + 4);
    // Only of what is outstanding, and not of the first segment, which the cumulative ACK would cover.
    if (after(start, tp.sndUna) && before(start, end) && !after(end, tp.sndNxt)) insertBlock(b, count++, start, end);
    else if (after(start, tp.sndUna) || before(ack, tp.sndUna)) netInc(tp.tn, TcpExtTCPSACKDiscard);
  }
  for (let i = 0; i < count; i++) markBlock(tp, b[2 * i]!, b[2 * i + 1]!, news);
  for (let i = 0; i < 2 * count; i++) tp.sackBlocks[i] = b[i]!;
  tp.numSackBlocks = count;
  reorderingSeen(tp, news.lateSeq, sbHighSacked(tp));
}
