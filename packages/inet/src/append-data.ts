/** What building datagrams from user data has in common in both families: they differ in where headers are and how many bytes a fragment may carry. */
import { EAGAIN, EFAULT, ENOBUFS } from '@linnet/kernel';
import { DROP, pskbExpandHead, skbDequeue, skbPullUnchecked, skbPut, skbQueuePurge, skbTailroom, skbTrim } from '@linnet/skbuff';
import type { Skb, SkbQueue } from '@linnet/skbuff';
import type { AppendSource } from './append-source.ts';
import type { InetCork } from './flowi.ts';
import type { InetSock } from './inet-sock.ts';

/** Adds the next `copy` bytes of `src` to the piece `skb`, making its room at least `room` first where it has too little. 0 or -EFAULT: the piece is as before. @alpha */
export function appendToPiece(sk: InetSock, skb: Skb, src: AppendSource, copy: number, room: number): number {
  if (skbTailroom(skb) < copy) {
    const before = skb.truesize;
    pskbExpandHead(skb, 0, Math.max(copy, room));
    if (skb.destructor !== null) sk.wmemAlloc += skb.truesize - before;
  }
  const at = skbPut(skb, copy);
  if (src.take(skb.u8, at, copy)) return 0;
  skbTrim(skb, skb.len - copy);
  return -EFAULT;
}

/** May the socket have another piece? The first of a datagram is bound by SO_SNDBUF, later ones (`transhdrlen` 0) by twice that. 0, -EAGAIN or -ENOBUFS. @alpha */
export function appendRoomFor(sk: InetSock, transhdrlen: number): number {
  if (transhdrlen !== 0) return sk.wmemAlloc >= sk.sndbuf ? -EAGAIN : 0;
  return sk.wmemAlloc > 2 * sk.sndbuf ? -ENOBUFS : 0;
}

/** Makes one packet of the pieces in `queue`: the first with the others, without their first `hlen` bytes, as its fragment list. Null when there is none. @alpha */
export function appendJoin(queue: SkbQueue, hlen: number): Skb | null {
  const skb = skbDequeue(queue);
  if (skb === null) return null;
  let tail: Skb | null = null;
  for (let f = skbDequeue(queue); f !== null; f = skbDequeue(queue)) {
    skbPullUnchecked(f, hlen);
    if (tail === null) skb.fragList = f;
    else tail.next = f;
    tail = f;
    skb.len += f.len;
    skb.dataLen += f.len;
    skb.truesize += f.truesize; // the first answers to the socket for all of them
    f.destructor = null;
    f.sk = null;
  }
  return skb;
}

/** The cork is free for the next datagram. @alpha */
export function corkRelease(cork: InetCork): void {
  cork.active = false;
  cork.dst = null;
  cork.length = 0;
}

/** Throws away what the socket holds back: `InetAf.flushPendingFrames`. @alpha */
export function inetFlushPendingFrames(sk: InetSock): void {
  skbQueuePurge(sk.writeQueue, DROP.NOT_SPECIFIED);
  if (sk.cork !== null) corkRelease(sk.cork);
}
