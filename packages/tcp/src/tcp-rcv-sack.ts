/** The SACK and DSACK blocks that we send (RFC 2018 section 4, RFC 2883). */
import { after, before } from '@linnet/uapi';
import { TcpExtTCPDSACKOfoSent, TcpExtTCPDSACKOldSent } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';

/** A duplicate arrived: the next ACK says so (tcp_dsack_set). */
export function tcpDsackSet(tp: TcpSock, seq: number, endSeq: number): void {
  if (!tp.rxOpt.sackOk || tp.tn.dsack === 0) return;
  netInc(tp.tn, before(seq, tp.rcvNxt) ? TcpExtTCPDSACKOldSent : TcpExtTCPDSACKOfoSent);
  tp.dsackPending = true;
  tp.dsackStart = seq;
  tp.dsackEnd = endSeq;
}

/** Another duplicate: joins the pending block where they touch (tcp_dsack_extend). */
export function tcpDsackExtend(tp: TcpSock, seq: number, endSeq: number): void {
  if (!tp.dsackPending) {
    tcpDsackSet(tp, seq, endSeq);
    return;
  }
  if (after(seq, tp.dsackEnd) || after(tp.dsackStart, endSeq)) return;
  if (before(seq, tp.dsackStart)) tp.dsackStart = seq;
  if (after(endSeq, tp.dsackEnd)) tp.dsackEnd = endSeq;
}

/** Moves block `i` to the front. */
function toFront(a: Int32Array, i: number): void {
  const s = a[2 * i]!;
  const e = a[2 * i + 1]!;
  for (; i > 0; i--) {
    a[2 * i] = a[2 * i - 2]!;
    a[2 * i + 1] = a[2 * i - 1]!;
  }
  a[0] = s;
  a[1] = e;
}

/** Removes block `i`. */
function removeBlock(tp: TcpSock, i: number): void {
  const a = tp.selectiveAcks;
  tp.numSacks--;
  for (; i < tp.numSacks; i++) {
    a[2 * i] = a[2 * i + 2]!;
    a[2 * i + 1] = a[2 * i + 3]!;
  }
}

/** Joins the first block with those that it touches now (tcp_sack_maybe_coalesce). */
function coalesce(tp: TcpSock): void {
  const a = tp.selectiveAcks;
  for (let i = 1; i < tp.numSacks; ) {
    const s = a[2 * i]!;
    const e = a[2 * i + 1]!;
    if (after(s, a[1]!) || after(a[0]!, e)) {
      i++;
      continue;
    }
    if (before(s, a[0]!)) a[0] = s;
    if (after(e, a[1]!)) a[1] = e;
    removeBlock(tp, i);
  }
}

/** An out-of-order segment arrived: its block comes first (tcp_sack_new_ofo_skb). */
export function tcpSackNewOfoSkb(tp: TcpSock, seq: number, endSeq: number): void {
  const a = tp.selectiveAcks;
  for (let i = 0; i < tp.numSacks; i++) {
    if (after(seq, a[2 * i + 1]!) || after(a[2 * i]!, endSeq)) continue;
    if (before(seq, a[2 * i]!)) a[2 * i] = seq;
    if (after(endSeq, a[2 * i + 1]!)) a[2 * i + 1] = endSeq;
    if (i > 0) toFront(a, i);
    if (tp.numSacks > 1) coalesce(tp);
    return;
  }
  // The oldest makes room.
  if (tp.numSacks < 4) tp.numSacks++;
  const last = tp.numSacks - 1;
  a[2 * last] = seq;
  a[2 * last + 1] = endSeq;
  toFront(a, last);
}

/** RCV.NXT moved: forgets the blocks that it passed (tcp_sack_remove). */
export function tcpSackRemove(tp: TcpSock): void {
  if (tp.outOfOrderQueue.head === null) {
    tp.numSacks = 0;
    return;
  }
  const a = tp.selectiveAcks;
  for (let i = 0; i < tp.numSacks; ) {
    if (!before(tp.rcvNxt, a[2 * i]!)) removeBlock(tp, i);
    else i++;
  }
}
