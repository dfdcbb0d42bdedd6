/** Cutting segments that wait to be sent, or to be sent again. Payload is never copied: fragments move. */
import { ENOMEM } from '@linnet/kernel';
import { allocSkb, consumeSkb, type Skb, skbEat, skbHeaderRelease, skbReserve, skbSplit } from '@linnet/skbuff';
import { skMemCharge, skMemSchedule, skMemUncharge } from '@linnet/socket';
import { before, TCPHDR_FIN, TCPHDR_PSH } from '@linnet/uapi';
import { MAX_TCP_HEADER, TCP_ECN_OK } from './tcp-const.ts';
import { TcpExtTCPWqueueTooBig } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { tcpInsertWriteQueueAfter } from './tcp-rtx-queue.ts';
import { sentRingInsertAfter } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { SB_LOST, SB_REXMIT, SB_SACKED, tcbInit } from './tcp-cb.ts';

/** An empty segment with room for headers; its payload will be fragments (tcp_stream_alloc_skb). Null when the memory limit says no. */
export function tcpStreamAllocSkb(tp: TcpSock, force: boolean): Skb | null {
  const skb = allocSkb(tp.pool, MAX_TCP_HEADER);
  if (!skMemSchedule(tp, skb.truesize, force)) {
    consumeSkb(skb);
    return null;
  }
  skbReserve(skb, MAX_TCP_HEADER);
  // The queued skb never looks at headers: routers on the way may write them into the shared head.
  skbHeaderRelease(skb);
  return skb;
}

/** Charges a segment that goes on a queue to the socket. */
export function tcpChargeQueued(tp: TcpSock, skb: Skb): void {
  tp.wmemQueued += skb.truesize;
  skMemCharge(tp, skb.truesize);
}

/** Corrects the counts after a sent segment changed the number of wire segments it stands for (tcp_adjust_pcount). */
export function tcpAdjustPcount(tp: TcpSock, skb: Skb, decr: number): void {
  tp.packetsOut -= decr;
  const marks = skb.cb3;
  if ((marks & SB_SACKED) !== 0) tp.sackedOut -= decr;
  if ((marks & SB_REXMIT) !== 0) tp.retransOut -= decr;
  if ((marks & SB_LOST) !== 0) tp.lostOut -= decr;
  if (!tp.rxOpt.sackOk && decr > 0) tp.sackedOut -= Math.min(tp.sackedOut, decr);
}

/**
 * Cuts a segment on either queue behind its first `len` bytes; the rest becomes a segment right behind it (tcp_fragment).
 * Returns 0, or -ENOMEM when the send buffer is far beyond its limit, so that hostile SACKs cannot make it grow without end.
 */
export function tcpFragment(tp: TcpSock, skb: Skb, len: number, mss: number): number {
  if (tp.wmemQueued >> 1 > tp.sndbuf + 2 * 65536 && skb.list === tp.rtxQueue && skb !== tp.rtxQueue.head && skb !== tp.rtxQueue.tail) {
    netInc(tp.tn, TcpExtTCPWqueueTooBig);
    return -ENOMEM;
  }
  const rest = tcpStreamAllocSkb(tp, true)!;
  tcpChargeQueued(tp, rest);
  splitInto(tp, skb, rest, len);
  const oldSegs = skb.cb6;
  const a = tcpSetSkbTsoSegs(skb, mss);
  const b = tcpSetSkbTsoSegs(rest, mss);
  // Sent already: what the counts hold was the old division.
  if (!before(tp.sndNxt, rest.cb1)) {
    const diff = oldSegs - a - b;
    if (diff !== 0) tcpAdjustPcount(tp, skb, diff);
  }
  tcpInsertWriteQueueAfter(tp, skb, rest);
  sentRingInsertAfter(tp.sentRing, skb, rest);
  return 0;
}

/** Divides ranges, flags and payload of a segment at `len`. */
function splitInto(tp: TcpSock, skb: Skb, rest: Skb, len: number): void {
  const flags = skb.cb2;
  const at = (skb.cb0 + len) | 0;
  tcbInit(rest, at, skb.cb1, flags);
  rest.cb3 = skb.cb3;
  rest.cb4 = skb.cb4;
  rest.cb5 = skb.cb5;
  rest.cb8 = skb.cb8;
  rest.cb10 = skb.cb10;
  rest.cb11 = skb.cb11;
  rest.cbTime = skb.cbTime;
  // What the sender wants to hear of is its last byte.
  rest.ext = skb.ext;
  skb.ext = null;
  skb.cb1 = at;
  skb.cb2 = flags & ~(TCPHDR_FIN | TCPHDR_PSH);
  skb.cb10 = 0;
  skbSplit(skb, rest, len);
  if ((tp.ecnFlags & TCP_ECN_OK) !== 0) rest.cb2 &= ~0x80;
}

/** Cuts the first unsent segment (tso_fragment). Returns 0. */
export function tsoFragment(tp: TcpSock, skb: Skb, len: number, mss: number): number {
  // The payload is charged already; a refusal for the header alone would stop the connection for good.
  const rest = tcpStreamAllocSkb(tp, true)!;
  tcpChargeQueued(tp, rest);
  splitInto(tp, skb, rest, len);
  tcpSetSkbTsoSegs(skb, mss);
  tcpSetSkbTsoSegs(rest, mss);
  tcpInsertWriteQueueAfter(tp, skb, rest);
  return 0;
}

/** Drops the first `len` bytes of a segment: they were acknowledged (tcp_trim_head). */
export function tcpTrimHead(tp: TcpSock, skb: Skb, len: number, mss: number): void {
  skbEat(skb, len);
  skb.cb0 = (skb.cb0 + len) | 0;
  skb.truesize -= len;
  tp.wmemQueued -= len;
  skMemUncharge(tp, len);
  if (skb.cb6 > 1) tcpSetSkbTsoSegs(skb, mss);
}

/** Divides a segment for sending: how many wire segments it is (tcp_set_skb_tso_segs). Returns the number. */
export function tcpSetSkbTsoSegs(skb: Skb, mss: number): number {
  if (skb.len <= mss) {
    skb.cb6 = 1;
    skb.cb7 = 0;
    return 1;
  }
  const n = Math.ceil(skb.len / mss);
  skb.cb6 = n;
  skb.cb7 = mss;
  return n;
}
