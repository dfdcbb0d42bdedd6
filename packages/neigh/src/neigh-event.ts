/** A packet for the neighbour, and probing it. */
import { modTimer } from '@linnet/kernel';
import { DROP, kfreeSkbReason, skbDequeue, skbPeek, skbQueueTail } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { NUD_DELAY, NUD_FAILED, NUD_INCOMPLETE, NUD_PROBE, NUD_STALE } from '@linnet/uapi';
import type { Neighbour } from './neighbour.ts';
import { NUD_CONNECTED } from './nud.ts';

/** Sends one probe: to the known address, to the daemon, or to everybody, as `solicit` decides by `n.probes`. @alpha */
export function neighProbe(n: Neighbour): void {
  n.ops.solicit(n, skbPeek(n.arpQueue));
  n.probes++;
}

/**
 * Somebody wants to send (`neigh_event_send`). False: send now (a stale neighbour starts its delay). True: not now; `skb` waits in the
 * neighbour's queue or, when no probe is allowed, was dropped. `skb` may be null, then it only starts the resolution.
 * @alpha
 */
export function neighEventSend(n: Neighbour, skb: Skb | null): boolean {
  const k = n.tbl.kernel;
  const now = k.jiffies;
  if (n.used !== now) n.used = now;
  const state = n.nudState;
  if ((state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE)) !== 0) return false;
  if (n.dead) {
    if (skb !== null) kfreeSkbReason(skb, DROP.NEIGH_DEAD);
    return true;
  }
  if (state === NUD_STALE) {
    n.nudState = NUD_DELAY;
    n.updated = now;
    modTimer(k, n.timer, (now + n.parms.delayProbeTime) | 0);
    return false;
  }
  let probe = false;
  if (state !== NUD_INCOMPLETE) {
    const p = n.parms;
    if (p.mcastProbes + p.appProbes === 0) {
      n.nudState = NUD_FAILED;
      n.updated = now;
      if (skb !== null) kfreeSkbReason(skb, DROP.NEIGH_FAILED);
      return true;
    }
    // There is no address to ask it by unicast: those probes count as used up.
    n.probes = p.ucastProbes;
    n.nudState = NUD_INCOMPLETE;
    n.updated = now;
    modTimer(k, n.timer, (now + p.retrans()) | 0);
    probe = true;
  }
  if (skb !== null) {
    const max = n.parms.queueLenBytes;
    while (n.arpQueueLenBytes + skb.truesize > max) {
      const old = skbDequeue(n.arpQueue);
      if (old === null) break;
      n.arpQueueLenBytes -= old.truesize;
      n.tbl.stats.unresDiscards++;
      kfreeSkbReason(old, DROP.NEIGH_QUEUEFULL);
    }
    skbQueueTail(n.arpQueue, skb);
    n.arpQueueLenBytes += skb.truesize;
  }
  if (probe) neighProbe(n);
  return true;
}
