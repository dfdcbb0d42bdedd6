/** Finding sockets that are only in messages which nobody can read any more: each waits in a queue of one of the others (unix_gc). */
import { DROP, kfreeSkbReason, type Skb, type SkbQueue, skbUnlink } from '@linnet/skbuff';
import type { ScmFile } from '../msg.ts';
import { fileUnixSock } from './scm.ts';
import { UNIX_LISTEN, type UnixKernel, type UnixSock } from './unix-sock.ts';

/** Calls `fn` for each packet with files that can be read by way of `sk`: its own, and those of connections that it has not accepted. */
function eachPacket(sk: UnixSock, fn: (skb: Skb, q: SkbQueue) => void): void {
  const scan = (q: SkbQueue): void => {
    for (let skb = q.head; skb !== null; ) {
      const { next } = skb;
      if (skb.cbObj !== null) fn(skb, q);
      skb = next;
    }
  };
  scan(sk.receiveQueue);
  if (sk.state === UNIX_LISTEN) for (const embryo of sk.acceptQueue) scan(embryo.receiveQueue);
}

/** Calls `fn` for each socket in those packets. */
function eachChild(sk: UnixSock, fn: (child: UnixSock) => void): void {
  eachPacket(sk, (skb) => {
    for (const f of skb.cbObj as ScmFile[]) {
      const child = fileUnixSock(f);
      if (child !== null) fn(child);
    }
  });
}

/**
 * Frees the messages of sockets that cannot be reached any more. A socket is suspected when all who hold its file are messages; it is cleared when one of these messages is with a socket that
 * is not suspected, or is cleared itself.
 */
export function unixGc(uk: UnixKernel): void {
  const suspects = new Map<UnixSock, number>();
  for (const sk of uk.inflight) if (sk.inflightFile !== null && sk.inflightFile.refs === sk.inflight) suspects.set(sk, 0);
  for (const sk of suspects.keys()) {
    eachChild(sk, (child) => {
      const n = suspects.get(child);
      if (n !== undefined) suspects.set(child, n + 1);
    });
  }
  const cleared: UnixSock[] = [];
  for (const [sk, n] of suspects) if (n < sk.inflight) cleared.push(sk);
  for (const sk of cleared) suspects.delete(sk);
  for (let sk = cleared.pop(); sk !== undefined; sk = cleared.pop()) {
    eachChild(sk, (child) => {
      if (suspects.delete(child)) cleared.push(child);
    });
  }
  const garbage: Skb[] = [];
  for (const sk of suspects.keys()) {
    eachPacket(sk, (skb, q) => {
      skbUnlink(skb, q);
      garbage.push(skb);
    });
  }
  for (const skb of garbage) kfreeSkbReason(skb, DROP.SOCKET_CLOSE);
  uk.maybeCyclic = holdsAny(uk);
}

/** Does a socket that is on the way hold another one? */
function holdsAny(uk: UnixKernel): boolean {
  let found = false;
  for (const sk of uk.inflight) {
    eachChild(sk, () => {
      found = true;
    });
    if (found) return true;
  }
  return false;
}
