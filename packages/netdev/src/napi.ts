/** Polled receive: a device asks to be polled instead of pushing its frames into the stack (NAPI). */
import { NET_RX_SOFTIRQ, raiseSoftirq } from '@linnet/kernel';
import { GroList } from './gro-cb.ts';
import type { NetDevice } from './netdevice.ts';
import type { SoftnetData } from './softnet.ts';

/** It is on the poll list or being polled: a bit of `NapiStruct.state`. @alpha */
export const NAPI_STATE_SCHED = 1;
/** It was scheduled again while being polled. @alpha */
export const NAPI_STATE_MISSED = 2;
/** It is being disabled. @alpha */
export const NAPI_STATE_DISABLE = 4;
/** The poll function runs. @alpha */
export const NAPI_STATE_IN_POLL = 8;

/** Packets a poll may deliver (NAPI_POLL_WEIGHT). @alpha */
export const NAPI_POLL_WEIGHT = 64;
/** Buckets of held packets. */
export const GRO_HASH_BUCKETS = 8;

/**
 * Delivers at most `budget` packets and returns how many. Fewer than `budget` means that there are no more, and `napiCompleteDone` was called.
 * @public
 */
export type NapiPoll = (napi: NapiStruct, budget: number) => number;

/**
 * One receive queue of a device (struct napi_struct). `state` begins disabled, as after netif_napi_add.
 * @public
 */
export class NapiStruct {
  readonly dev: NetDevice | null;
  /** The machine's packet work. @alpha */
  readonly sd: SoftnetData;
  readonly poll: NapiPoll;
  weight: number;
  state: number;
  /** Link of the poll list. */
  next: NapiStruct | null;
  /** Packets held for merging. @alpha */
  readonly groHash: GroList[];
  /** Bit b is set when bucket b holds packets. */
  groBitmask: number;

  /** Use `netifNapiAdd`. @alpha */
  constructor(sd: SoftnetData, dev: NetDevice | null, poll: NapiPoll, weight: number = NAPI_POLL_WEIGHT) {
    this.dev = dev;
    this.sd = sd;
    this.poll = poll;
    this.weight = weight;
    this.state = NAPI_STATE_SCHED;
    this.next = null;
    this.groHash = [];
    for (let i = 0; i < GRO_HASH_BUCKETS; i++) this.groHash.push(new GroList());
    this.groBitmask = 0;
  }
}

/** Makes a receive queue of `dev`; it is disabled until `napiEnable` (netif_napi_add). @public */
export function netifNapiAdd(dev: NetDevice, poll: NapiPoll, weight: number = NAPI_POLL_WEIGHT): NapiStruct {
  const napi = new NapiStruct(dev.sd, dev, poll, weight);
  dev.napiList.push(napi);
  return napi;
}

/** Lets a queue be scheduled (napi_enable). @public */
export function napiEnable(napi: NapiStruct): void {
  napi.state = 0;
}

/** Is it disabled, or about to be? @alpha */
export function napiDisablePending(napi: NapiStruct): boolean {
  return (napi.state & NAPI_STATE_DISABLE) !== 0;
}

/** Claims a queue for polling: true when the caller must now put it on the poll list (napi_schedule_prep). @alpha */
export function napiSchedulePrep(napi: NapiStruct): boolean {
  if ((napi.state & NAPI_STATE_DISABLE) !== 0) return false;
  if ((napi.state & NAPI_STATE_SCHED) !== 0) {
    // Scheduled while it runs: completing it must poll once more, or what came in meanwhile would wait for ever.
    if ((napi.state & NAPI_STATE_IN_POLL) !== 0) napi.state |= NAPI_STATE_MISSED;
    return false;
  }
  napi.state |= NAPI_STATE_SCHED;
  return true;
}

/** Puts a claimed queue on the poll list (____napi_schedule). */
export function napiScheduleUnchecked(napi: NapiStruct): void {
  const sd = napi.sd;
  napi.next = null;
  if (sd.pollTail === null) sd.pollHead = napi;
  else sd.pollTail.next = napi;
  sd.pollTail = napi;
  if (!sd.inNetRxAction) raiseSoftirq(sd.kernel, NET_RX_SOFTIRQ);
}

/** Asks for a poll; true when none was due yet (napi_schedule). Call it between `kernel.enter()` and `kernel.exit()`. @public */
export function napiSchedule(napi: NapiStruct): boolean {
  if (!napiSchedulePrep(napi)) return false;
  napiScheduleUnchecked(napi);
  return true;
}
