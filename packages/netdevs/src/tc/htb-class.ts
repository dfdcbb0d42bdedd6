/**
 * htb's classes, and whose turn it is (tc-htb(8)). A class has two buckets of time: one fills at its rate, the other at its ceiling. A leaf with packets looks for a lender, the nearest of itself
 * and its ancestors whose rate has something left, and may send when no ceiling on the way there is used up. Who lends to himself comes before who borrows, and the farther away the lender the
 * later; among equals the lower `prio` is first, and those who are equal in that take turns, `quantum` bytes each.
 */
import type { Qdisc } from '@linnet/netdev';
import type { GenEstimator } from './gen-estimator.ts';
import type { RateCfg } from './psched.ts';
import { ClassHash } from './tc-core.ts';
import type { TcfBlock } from './tc-types.ts';

/** Levels of classes: leaves are at 0. */
export const HTB_LEVELS = 8;
/** Values of `prio`. */
export const HTB_PRIOS = 8;
/** No bucket falls behind by more than a minute (observed). */
const MOST_DEBT = 60e9;

/** A class of htb. */
export class HtbClass {
  readonly classid: number;
  readonly parent: HtbClass | null;
  children = 0;
  level = 0;
  prio = 0;
  quantum = 0;
  rate: RateCfg | null = null;
  ceil: RateCfg | null = null;
  /** How much the buckets hold, ns; what was in them at `last`. */
  buffer = 0;
  cbuffer = 0;
  tokens = 0;
  ctokens = 0;
  last = 0;
  /** Packets of a leaf. */
  q: Qdisc;
  /** Is it in the list of those with packets? */
  listed = false;
  /** Bytes that it has left of its turn. */
  deficit = 0;
  /** Its lender in the choice under way; null when it may not send. */
  lender: HtbClass | null = null;
  bytes = 0;
  packets = 0;
  drops = 0;
  overlimits = 0;
  lends = 0;
  borrows = 0;
  rateEst: GenEstimator | null = null;
  block: TcfBlock | null = null;
  /** Filters that lead here. */
  filterCount = 0;
  constructor(classid: number, parent: HtbClass | null, q: Qdisc) {
    this.classid = classid;
    this.parent = parent;
    this.q = q;
  }
}

/** The classes of one queue. */
export class HtbClasses {
  readonly all: ClassHash<HtbClass> = new ClassHash<HtbClass>();
  /** Leaves with packets, by their numbers. */
  readonly busy: HtbClass[] = [];
  /** For each level of a lender and each priority: the number of the class from which on to look for who is next. */
  private readonly turn: Float64Array = new Float64Array(HTB_LEVELS * HTB_PRIOS);
  /** After {@link choose}: nanoseconds until a class may do more than now, Infinity when none waits for that. */
  wait: number = Infinity;

  /** A leaf got a packet. */
  add(cl: HtbClass): void {
    if (cl.listed) return;
    cl.listed = true;
    cl.deficit = 0;
    let i = this.busy.length;
    this.busy.push(cl);
    for (; i > 0 && this.busy[i - 1]!.classid > cl.classid; i--) this.busy[i] = this.busy[i - 1]!;
    this.busy[i] = cl;
  }

  /** A leaf has no packets any more. */
  remove(cl: HtbClass): void {
    if (!cl.listed) return;
    cl.listed = false;
    this.busy.splice(this.busy.indexOf(cl), 1);
  }

  /** Looks for a leaf's lender at the time `now`; without one the shortest wait of those on the way is noted. */
  private findLender(leaf: HtbClass, now: number): HtbClass | null {
    let wait = Infinity;
    for (let cl: HtbClass | null = leaf; cl !== null; cl = cl.parent) {
      const gained = now - cl.last;
      const c = cl.ctokens + gained;
      if (c < 0) {
        if (-c < wait) wait = -c;
        break;
      }
      const r = cl.tokens + gained;
      if (r >= 0) return cl;
      if (-r < wait) wait = -r;
    }
    if (wait < this.wait) this.wait = wait;
    return null;
  }

  /** The leaf whose turn it is at the time `now`, its `lender` set; null when none may send. */
  choose(now: number): HtbClass | null {
    const { busy, turn } = this;
    this.wait = Infinity;
    let best = Infinity;
    for (let i = 0; i < busy.length; i++) {
      const cl = busy[i]!;
      cl.lender = this.findLender(cl, now);
      if (cl.lender !== null) best = Math.min(best, cl.lender.level * HTB_PRIOS + cl.prio);
    }
    return best === Infinity ? null : this.next(best, turn[best]!);
  }

  /** {@link choose} once more, without the class that it named last: that holds its packets back. */
  chooseOther(held: HtbClass): HtbClass | null {
    held.lender = null;
    let best = Infinity;
    for (let i = 0; i < this.busy.length; i++) {
      const cl = this.busy[i]!;
      if (cl.lender !== null) best = Math.min(best, cl.lender.level * HTB_PRIOS + cl.prio);
    }
    return best === Infinity ? null : this.next(best, this.turn[best]!);
  }

  /** Of those at a level and priority the first with a number from `from` on, around the circle, that has something left of its turn; who has not, gets it for the next time. */
  private next(rank: number, from: number): HtbClass {
    const { busy } = this;
    let i = 0;
    while (i < busy.length && busy[i]!.classid < from) i++;
    for (;; i++) {
      if (i >= busy.length) i = 0;
      const cl = busy[i]!;
      if (cl.lender === null || cl.lender.level * HTB_PRIOS + cl.prio !== rank) continue;
      if (cl.deficit >= 0) {
        this.turn[rank] = cl.classid;
        return cl;
      }
      cl.deficit += cl.quantum;
    }
  }

  /** A chosen leaf sends `len` bytes in `segs` packets: what that costs it and its ancestors. Returns how many of them came to their ceiling by it. */
  charge(leaf: HtbClass, len: number, segs: number, now: number): number {
    const lender = leaf.lender!;
    leaf.deficit -= len;
    if (leaf.deficit < 0) {
      leaf.deficit += leaf.quantum;
      this.turn[lender.level * HTB_PRIOS + leaf.prio] = leaf.classid + 1;
    }
    let over = 0;
    let borrows = true;
    for (let cl: HtbClass | null = leaf; cl !== null; cl = cl.parent) {
      const gained = now - cl.last;
      cl.last = now;
      cl.tokens = Math.min(cl.tokens + gained, cl.buffer);
      cl.ctokens = Math.min(cl.ctokens + gained, cl.cbuffer);
      if (cl === lender) {
        borrows = false;
        cl.lends++;
      }
      // Who borrows keeps what he has, and pays his ceiling only.
      if (borrows) cl.borrows++;
      else cl.tokens = Math.max(cl.tokens - cl.rate!.l2tNs(len), -MOST_DEBT);
      const free = cl.ctokens >= 0;
      cl.ctokens = Math.max(cl.ctokens - cl.ceil!.l2tNs(len), -MOST_DEBT);
      if (free && cl.ctokens < 0) {
        cl.overlimits++;
        over++;
      }
      cl.bytes += len;
      cl.packets += segs;
    }
    return over;
  }
}
