/**
 * Loss without SACK (RFC 5681 section 3.2, RFC 6582): a duplicate ACK says that some segment has arrived, and never which.
 *
 *   third duplicate ACK --> the first segment is lost       partial ACK in recovery --> the new first one is lost as well
 *   ACK of exactly RecoveryPoint --> recovery is over; duplicates from here are echoes of what was sent again, and start no second one (RFC 6582 section 4.1)
 *
 * `sackedOut` counts the duplicates: segments that have left the network, as SACKed ones have.
 */
import { after, TCP_CA_CWR, TCP_CA_Loss, TCP_CA_Recovery } from '@linnet/uapi';
import { SB_LOST } from './tcp-cb.ts';
import { tcpFragment } from './tcp-fragment.ts';
import { TcpExtTCPRenoReorder } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { reorderingAtLeast } from './tcp-reordering.ts';
import { sbDelivered, sbLost } from './tcp-scoreboard.ts';
import type { TcpSock } from './tcp-sock.ts';

/** With one segment missing at least, there cannot be more duplicates than the others: so none is missing, and the path reorders. `segs`: how far at least. */
function dupAcksBound(tp: TcpSock, segs: number): void {
  const most = Math.max(tp.packetsOut, 1) - 1;
  if (tp.sackedOut <= most) return;
  tp.sackedOut = most;
  tp.reordSeen++;
  netInc(tp.tn, TcpExtTCPRenoReorder);
  reorderingAtLeast(tp, segs);
}

/** An ACK that the recovery looks at: counts its `dupAcks` duplicates, or forgets those of before. */
export function newrenoCount(tp: TcpSock, advanced: boolean, dupAcks: number, ece: boolean): void {
  const state = tp.caState;
  if (advanced) {
    if (state !== TCP_CA_Recovery) tp.sackedOut = 0;
    return;
  }
  if (dupAcks === 0) return;
  // What was sent again may have come twice, and is answered twice (RFC 6582 section 4.1).
  if (tp.sndUna === tp.recoveryPoint && state !== TCP_CA_CWR) return;
  // After a timeout only new data makes duplicates that mean something.
  if (state === TCP_CA_Loss && !after(tp.sndNxt, tp.recoveryPoint)) return;
  const prior = tp.sackedOut;
  tp.sackedOut += dupAcks;
  dupAcksBound(tp, tp.packetsOut);
  if (tp.sackedOut > prior) sbDelivered(tp, tp.sackedOut - prior, ece);
}

/** The cumulative ACK covered `segs` segments: all but the hole had been counted as duplicates. */
export function newrenoAcked(tp: TcpSock, segs: number, ece: boolean): void {
  if (segs > 0) {
    const known = Math.min(tp.sackedOut, segs - 1);
    sbDelivered(tp, segs - known, ece);
    tp.sackedOut -= known;
  }
  dupAcksBound(tp, tp.packetsOut + segs);
}

/** Marks the first segment lost when the duplicates, or a partial ACK, say so. */
export function newrenoDetectLoss(tp: TcpSock, advanced: boolean): void {
  const state = tp.caState;
  const third = state < TCP_CA_Recovery && tp.sackedOut >= tp.reordering;
  const partial = state === TCP_CA_Recovery && advanced;
  if (!third && !partial) return;
  const skb = tp.rtxQueue.head;
  if (skb === null || (skb.cb3 & SB_LOST) !== 0) return;
  if (skb.cb6 > 1 && skb.len > tp.mssCache) tcpFragment(tp, skb, tp.mssCache, tp.mssCache);
  sbLost(tp, skb);
}
