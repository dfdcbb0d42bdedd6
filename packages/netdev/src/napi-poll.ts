/** Polling the receive queues that asked for it: the NET_RX softirq. */
import { NET_RX_SOFTIRQ, raiseSoftirq } from '@linnet/kernel';
import { napiGroDiscard, napiGroFlush } from './gro.ts';
import {
  NAPI_STATE_DISABLE, NAPI_STATE_IN_POLL, NAPI_STATE_MISSED, NAPI_STATE_SCHED, type NapiStruct, napiScheduleUnchecked,
} from './napi.ts';
import type { SoftnetData } from './softnet.ts';

/**
 * A poll function that had `work` packets, fewer than its budget, says so: sends up what GRO holds and lets the queue be scheduled again (napi_complete_done).
 * False when it was scheduled meanwhile and will be polled once more: the device's interrupts stay off then.
 * @public
 */
export function napiCompleteDone(napi: NapiStruct, _work: number): boolean {
  napiGroFlush(napi, false);
  const missed = (napi.state & NAPI_STATE_MISSED) !== 0;
  napi.state &= ~(NAPI_STATE_SCHED | NAPI_STATE_MISSED);
  if (!missed || (napi.state & NAPI_STATE_DISABLE) !== 0) return true;
  napi.state |= NAPI_STATE_SCHED;
  napiScheduleUnchecked(napi);
  return false;
}

/** Keeps a queue from being polled; what GRO holds is thrown away (napi_disable). `napiEnable` undoes it. @public */
export function napiDisable(napi: NapiStruct): void {
  const sd = napi.sd;
  sd.pollHead = without(sd.pollHead, napi);
  sd.pollTail = lastOf(sd.pollHead);
  sd.repollHead = without(sd.repollHead, napi);
  sd.repollTail = lastOf(sd.repollHead);
  napi.state = (napi.state & NAPI_STATE_IN_POLL) | NAPI_STATE_SCHED | NAPI_STATE_DISABLE;
  napiGroDiscard(napi);
}

/** Takes a disabled queue off its device (netif_napi_del). @public */
export function netifNapiDel(napi: NapiStruct): void {
  napiDisable(napi);
  const list = napi.dev?.napiList ?? null;
  const i = list === null ? -1 : list.indexOf(napi);
  if (i >= 0) list!.splice(i, 1);
}

function without(head: NapiStruct | null, napi: NapiStruct): NapiStruct | null {
  if (head === null) return null;
  if (head === napi) {
    const next = napi.next;
    napi.next = null;
    return next;
  }
  for (let n = head; n.next !== null; n = n.next) {
    if (n.next === napi) {
      n.next = napi.next;
      napi.next = null;
      break;
    }
  }
  return head;
}
function lastOf(head: NapiStruct | null): NapiStruct | null {
  let n = head;
  while (n !== null && n.next !== null) n = n.next;
  return n;
}

/** Puts a queue that has more to deliver behind the others. */
function repoll(sd: SoftnetData, napi: NapiStruct): void {
  napi.next = null;
  if (sd.repollTail === null) sd.repollHead = napi;
  else sd.repollTail.next = napi;
  sd.repollTail = napi;
}

/** Polls one queue, which takes its turn again when it has more to deliver; returns how many packets it delivered (__napi_poll). */
function napiPollOne(napi: NapiStruct): number {
  if ((napi.state & NAPI_STATE_SCHED) === 0 || (napi.state & NAPI_STATE_DISABLE) !== 0) return 0;
  napi.state |= NAPI_STATE_IN_POLL;
  let work = -1;
  try {
    work = napi.poll(napi, napi.weight);
  } finally {
    napi.state &= ~NAPI_STATE_IN_POLL;
    // It threw: a bug of somebody above, and the packets behind the one that met it still wait.
    if (work < 0 && (napi.state & (NAPI_STATE_SCHED | NAPI_STATE_DISABLE)) === NAPI_STATE_SCHED) repoll(napi.sd, napi);
  }
  if (work < napi.weight) return work;
  if ((napi.state & NAPI_STATE_DISABLE) !== 0 || (napi.state & NAPI_STATE_SCHED) === 0) return work;
  // More may wait. Do not let held segments grow older than a tick.
  napiGroFlush(napi, true);
  repoll(napi.sd, napi);
  return work;
}

/** Polls in turn until nothing is left or the budget is spent; returns what is left of it. */
function pollAll(sd: SoftnetData): number {
  let budget = sd.netdevBudget;
  for (;;) {
    const napi = sd.pollHead;
    if (napi === null) {
      if (sd.repollHead === null || budget <= 0) return budget;
      sd.pollHead = sd.repollHead;
      sd.pollTail = sd.repollTail;
      sd.repollHead = null;
      sd.repollTail = null;
      continue;
    }
    if (budget <= 0) return budget;
    sd.pollHead = napi.next;
    if (sd.pollHead === null) sd.pollTail = null;
    napi.next = null;
    budget -= napiPollOne(napi);
  }
}

/** The softirq (net_rx_action): polls until nothing is left or the budget is spent, and asks for another turn then. */
export function netRxAction(sd: SoftnetData): void {
  let budget = 1;
  sd.inNetRxAction = true;
  try {
    budget = pollAll(sd);
  } finally {
    sd.inNetRxAction = false;
    if (sd.repollHead !== null) {
      if (sd.pollTail === null) sd.pollHead = sd.repollHead;
      else sd.pollTail.next = sd.repollHead;
      sd.pollTail = sd.repollTail;
      sd.repollHead = null;
      sd.repollTail = null;
    }
    if (sd.pollHead !== null) {
      if (budget <= 0) sd.timeSqueeze++;
      raiseSoftirq(sd.kernel, NET_RX_SOFTIRQ);
    }
  }
}
