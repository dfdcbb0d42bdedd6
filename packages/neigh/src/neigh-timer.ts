/** What time does to a neighbour (RFC 4861 7.3.2, with Linux's queue of states). */
import { HZ, modTimer, timeAfter } from '@linnet/kernel';
import { DROP, skbDequeue, skbQueuePurge } from '@linnet/skbuff';
import { NUD_DELAY, NUD_FAILED, NUD_INCOMPLETE, NUD_PROBE, NUD_REACHABLE, NUD_STALE, RTM_NEWNEIGH } from '@linnet/uapi';
import { neighProbe } from './neigh-event.ts';
import type { Neighbour } from './neighbour.ts';
import { NUD_IN_TIMER } from './nud.ts';

/** Packets must be confirmed again: by the slow `output`. @alpha */
export function neighSuspect(n: Neighbour): void {
  n.output = n.ops.output;
}

/** Packets go straight out. @alpha */
export function neighConnect(n: Neighbour): void {
  n.output = n.ops.connectedOutput;
}

/** The neighbour failed: what waited for it is reported as undeliverable (`neigh_invalidate`). @alpha */
export function neighInvalidate(n: Neighbour): void {
  n.tbl.stats.resFailed++;
  n.updated = n.tbl.kernel.jiffies;
  // A report may send packets, and those may bring the neighbour back to life.
  while (n.nudState === NUD_FAILED) {
    const skb = skbDequeue(n.arpQueue);
    if (skb === null) break;
    n.ops.errorReport(n, skb);
  }
  skbQueuePurge(n.arpQueue, DROP.NEIGH_FAILED);
  n.arpQueueLenBytes = 0;
}

/** The function of a neighbour's timer (`neigh_timer_handler`). @alpha */
export function neighTimerHandler(n: Neighbour): void {
  if (n.dead || (n.nudState & NUD_IN_TIMER) === 0) return;
  const k = n.tbl.kernel;
  const now = k.jiffies;
  const p = n.parms;
  let next = (now + HZ) | 0;
  let notify = false;
  if (n.nudState === NUD_REACHABLE) {
    const until = (n.confirmed + p.reach(now)) | 0;
    if (!timeAfter(now, until)) {
      next = until;
    } else if (!timeAfter(now, (n.used + p.delayProbeTime) | 0)) {
      n.nudState = NUD_DELAY;
      n.updated = now;
      neighSuspect(n);
      next = (now + p.delayProbeTime) | 0;
    } else {
      n.nudState = NUD_STALE;
      n.updated = now;
      neighSuspect(n);
      notify = true;
    }
  } else if (n.nudState === NUD_DELAY) {
    const until = (n.confirmed + p.delayProbeTime) | 0;
    n.updated = now;
    notify = true;
    if (!timeAfter(now, until)) {
      n.nudState = NUD_REACHABLE;
      neighConnect(n);
      next = (n.confirmed + p.reach(now)) | 0;
    } else {
      n.nudState = NUD_PROBE;
      n.probes = 0;
      next = (now + p.retrans()) | 0;
    }
  } else {
    next = (now + p.retrans()) | 0;
  }
  if ((n.nudState & (NUD_INCOMPLETE | NUD_PROBE)) !== 0 && n.probes >= p.maxProbes(n.nudState === NUD_PROBE)) {
    notify = true;
    if (n.nudState === NUD_PROBE && n.extValidated) {
      // Who vouches for it knows better than probes.
      n.nudState = NUD_STALE;
      n.updated = now;
    } else {
      n.nudState = NUD_FAILED;
      neighInvalidate(n);
    }
  } else {
    if ((n.nudState & NUD_IN_TIMER) !== 0) {
      const soonest = (now + HZ / 100) | 0;
      modTimer(k, n.timer, timeAfter(soonest, next) ? soonest : next);
    }
    if ((n.nudState & (NUD_INCOMPLETE | NUD_PROBE)) !== 0) neighProbe(n);
  }
  if (notify && n.tbl.notify !== null) n.tbl.notify(n, RTM_NEWNEIGH, null);
}
