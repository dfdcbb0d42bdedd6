/** Finding messages with sockets that nobody can read any more: they wait in a socket that is itself only in such messages (unix(7), «in-flight» descriptors). */
import { DROP, kfreeSkbReason, type Skb, skbUnlink } from '@linnet/skbuff';
import type { ScmFile } from '../msg.ts';
import { fileUnixSock } from './passed.ts';
import type { UnixKernel, UnixSock } from './unix-sock.ts';

/** The socket that somebody must hold to read what waits in `sk`: itself, or who listens for it while it is not accepted. */
function gateOf(sk: UnixSock): UnixSock {
  return sk.listener ?? sk;
}

/** Does anybody but messages hold it? */
function heldOutside(sk: UnixSock): boolean {
  return sk.inflightFile === null || sk.inflightFile.refs > sk.inflight;
}

/**
 * Frees the messages that cannot be read any more. From the sockets that a process holds it walks through the messages that wait in them to the sockets in these, and so on; what it does not
 * come to is garbage.
 */
export function unixGc(uk: UnixKernel): void {
  const behind = new Map<UnixSock, UnixSock[]>();
  let suspicious = false;
  for (const sk of uk.holders) {
    if (sk.receiveQueue.head === null) {
      uk.holders.delete(sk);
      continue;
    }
    const gate = gateOf(sk);
    if (!heldOutside(gate)) suspicious = true;
    const list = behind.get(gate);
    if (list === undefined) behind.set(gate, [sk]);
    else list.push(sk);
  }
  if (!suspicious) return;
  const reached = new Set<UnixSock>();
  const todo: UnixSock[] = [];
  const reach = (sk: UnixSock): void => {
    if (reached.has(sk)) return;
    reached.add(sk);
    todo.push(sk);
  };
  for (const gate of behind.keys()) if (heldOutside(gate)) reach(gate);
  for (let gate = todo.pop(); gate !== undefined; gate = todo.pop()) {
    for (const sk of behind.get(gate) ?? []) {
      for (let skb = sk.receiveQueue.head; skb !== null; skb = skb.next) {
        if (skb.cbObj === null) continue;
        for (const f of skb.cbObj as ScmFile[]) {
          const inside = fileUnixSock(f);
          if (inside !== null) reach(inside);
        }
      }
    }
  }
  const garbage: Skb[] = [];
  for (const [gate, list] of behind) {
    if (reached.has(gate)) continue;
    for (const { receiveQueue } of list) {
      for (let skb = receiveQueue.head; skb !== null; ) {
        const { next } = skb;
        if (skb.cbObj !== null) {
          skbUnlink(skb, receiveQueue);
          garbage.push(skb);
        }
        skb = next;
      }
    }
  }
  for (const skb of garbage) kfreeSkbReason(skb, DROP.SOCKET_CLOSE);
}
