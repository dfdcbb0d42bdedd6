/** Queues of skbs: doubly linked, constant time at both ends (struct sk_buff_head). */
import { kfreeSkbReason } from './alloc.ts';
import type { Skb } from './skb.ts';

/** A queue of skbs. An skb is on one queue at a time. @alpha */
export class SkbQueue {
  head: Skb | null = null;
  tail: Skb | null = null;
  qlen = 0;
}

/** Puts an skb at the end (skb_queue_tail). @alpha */
export function skbQueueTail(q: SkbQueue, skb: Skb): void {
  const tail = q.tail;
  skb.prev = tail;
  skb.next = null;
  skb.list = q;
  if (tail === null) q.head = skb;
  else tail.next = skb;
  q.tail = skb;
  q.qlen++;
}

/** Puts an skb at the front (skb_queue_head). @alpha */
export function skbQueueHead(q: SkbQueue, skb: Skb): void {
  const head = q.head;
  skb.next = head;
  skb.prev = null;
  skb.list = q;
  if (head === null) q.tail = skb;
  else head.prev = skb;
  q.head = skb;
  q.qlen++;
}

/** Takes an skb off the queue that it is on (skb_unlink). @alpha */
export function skbUnlink(skb: Skb, q: SkbQueue): void {
  const { next, prev } = skb;
  if (prev === null) q.head = next;
  else prev.next = next;
  if (next === null) q.tail = prev;
  else next.prev = prev;
  skb.next = null;
  skb.prev = null;
  skb.list = null;
  q.qlen--;
}

/** Takes the first skb, or null (skb_dequeue). @alpha */
export function skbDequeue(q: SkbQueue): Skb | null {
  const skb = q.head;
  if (skb !== null) skbUnlink(skb, q);
  return skb;
}

/** Takes the last skb, or null (skb_dequeue_tail). @alpha */
export function skbDequeueTail(q: SkbQueue): Skb | null {
  const skb = q.tail;
  if (skb !== null) skbUnlink(skb, q);
  return skb;
}

/** The first skb, left where it is (skb_peek). @alpha */
export function skbPeek(q: SkbQueue): Skb | null {
  return q.head;
}

/** The last skb, left where it is (skb_peek_tail). @alpha */
export function skbPeekTail(q: SkbQueue): Skb | null {
  return q.tail;
}

/** Puts `skb` right behind `old` on its queue (skb_append). @alpha */
export function skbAppend(old: Skb, skb: Skb, q: SkbQueue): void {
  const next = old.next;
  skb.prev = old;
  skb.next = next;
  skb.list = q;
  old.next = skb;
  if (next === null) q.tail = skb;
  else next.prev = skb;
  q.qlen++;
}

/** Puts `skb` right before `old` on its queue (__skb_queue_before). @alpha */
export function skbInsertBefore(old: Skb, skb: Skb, q: SkbQueue): void {
  const prev = old.prev;
  skb.next = old;
  skb.prev = prev;
  skb.list = q;
  old.prev = skb;
  if (prev === null) q.head = skb;
  else prev.next = skb;
  q.qlen++;
}

/** Moves all of `from` to the end of `to` (skb_queue_splice_tail_init). @alpha */
export function skbQueueSplice(from: SkbQueue, to: SkbQueue): void {
  for (let skb = skbDequeue(from); skb !== null; skb = skbDequeue(from)) skbQueueTail(to, skb);
}

/** Drops everything on the queue for `reason` (skb_queue_purge_reason). @alpha */
export function skbQueuePurge(q: SkbQueue, reason: number): void {
  for (let skb = skbDequeue(q); skb !== null; skb = skbDequeue(q)) kfreeSkbReason(skb, reason);
}

/** Is the queue empty? (skb_queue_empty) @alpha */
export function skbQueueEmpty(q: SkbQueue): boolean {
  return q.head === null;
}
