/**
 * The two queues of outgoing segments: `writeQueue` not yet sent, `rtxQueue` sent and not acknowledged.
 *
 * The retransmit queue is a list by sequence number with two hints. In-order ACKs pop at the front; a SACK is found by walking from whichever of front,
 * back and last place is nearest, which is a step or two, or by an index when that is far; what is lost is found by RACK's ring, not by walking here.
 */
import { consumeSkb, type Skb, skbAppend, skbQueueTail, skbUnlink } from '@linnet/skbuff';
import { skMemUncharge } from '@linnet/socket';
import { sentRingClear, sentRingRemove } from './tcp-sent-ring.ts';
import { SeqIndex, seqNear } from './tcp-seek.ts';
import type { TcpSock } from './tcp-sock.ts';

/** The first unsent segment (tcp_send_head). */
export function tcpSendHead(tp: TcpSock): Skb | null {
  return tp.writeQueue.head;
}

/** Puts a fresh segment at the end of what is to be sent (tcp_add_write_queue_tail). */
export function tcpAddWriteQueueTail(tp: TcpSock, skb: Skb): void {
  skbQueueTail(tp.writeQueue, skb);
}

/** Moves the first unsent segment to the retransmit queue. */
export function tcpMoveToRtxQueue(tp: TcpSock, skb: Skb): void {
  skbUnlink(skb, tp.writeQueue);
  skbQueueTail(tp.rtxQueue, skb);
}

/** Takes a segment off the retransmit queue, keeping the hints right. */
export function tcpRtxQueueUnlink(tp: TcpSock, skb: Skb): void {
  if (tp.sackHint === skb) tp.sackHint = skb.next ?? skb.prev;
  if (tp.nextLost === skb) tp.nextLost = skb.next;
  sentRingRemove(tp.sentRing, skb);
  skbUnlink(skb, tp.rtxQueue);
}

/** Frees a segment of either queue and gives its memory back to the socket (tcp_wmem_free_skb). The caller has unlinked it. */
export function tcpWmemFreeSkb(tp: TcpSock, skb: Skb): void {
  tp.wmemQueued -= skb.truesize;
  skMemUncharge(tp, skb.truesize);
  consumeSkb(skb);
}

/** Takes a segment off the retransmit queue and frees it. */
export function tcpRtxQueueUnlinkAndFree(tp: TcpSock, skb: Skb): void {
  tcpRtxQueueUnlink(tp, skb);
  tcpWmemFreeSkb(tp, skb);
}

/** Puts `buff` right behind `skb` on whichever queue that is on. */
export function tcpInsertWriteQueueAfter(tp: TcpSock, skb: Skb, buff: Skb): void {
  skbAppend(skb, buff, skb.list === tp.rtxQueue ? tp.rtxQueue : tp.writeQueue);
}

/** Frees everything not yet acknowledged or sent (tcp_write_queue_purge). */
export function tcpWriteQueuePurge(tp: TcpSock): void {
  sentRingClear(tp.sentRing);
  tp.sackHint = null;
  tp.nextLost = null;
  for (let skb = tp.writeQueue.head; skb !== null; skb = tp.writeQueue.head) {
    skbUnlink(skb, tp.writeQueue);
    tcpWmemFreeSkb(tp, skb);
  }
  for (let skb = tp.rtxQueue.head; skb !== null; skb = tp.rtxQueue.head) {
    skbUnlink(skb, tp.rtxQueue);
    tcpWmemFreeSkb(tp, skb);
  }
  tp.packetsOut = 0;
  tp.sackedOut = 0;
  tp.lostOut = 0;
  tp.retransOut = 0;
  tp.backoff = 0;
}

/**
 * The first segment on the retransmit queue that ends behind `seq`, or null: the one that holds `seq`, when it is outstanding.
 * Walks from the nearest of front, back and the last place found.
 */
export function tcpRtxFind(tp: TcpSock, seq: number): Skb | null {
  let skb = tp.sackHint ?? tp.rtxQueue.head;
  if (skb === null) return null;
  const head = tp.rtxQueue.head!;
  if (skb !== head && ((seq - head.cb0) | 0) < ((skb.cb0 - seq) | 0)) skb = head;
  const tail = tp.rtxQueue.tail!;
  if (((tail.cb1 - seq) | 0) < ((seq - skb.cb1) | 0)) skb = tail;
  // Segments here adjoin: it is the last one that begins there or before, unless that ends there.
  let at = seqNear(skb, seq);
  if (at === undefined) at = (tp.rtxIndex ??= new SeqIndex()).find(tp.rtxQueue, seq);
  if (at === null) return head;
  return ((at.cb1 - seq) | 0) > 0 ? at : at.next;
}

/** Is there neither unsent nor unacknowledged data? (tcp_rtx_and_write_queues_empty) */
export function tcpQueuesEmpty(tp: TcpSock): boolean {
  return tp.rtxQueue.head === null && tp.writeQueue.head === null;
}
