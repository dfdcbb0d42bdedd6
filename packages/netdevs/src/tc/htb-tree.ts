/** htb's classes and the trees in which they wait for their turn: who may send, who borrows from whom (tc-htb(8)). */
import type { Qdisc } from '@linnet/netdev';
import type { GenEstimator } from './gen-estimator.ts';
import type { RateCfg } from './psched.ts';
import { ClassHash } from './tc-core.ts';
import type { TcfBlock } from './tc-types.ts';

/** Levels of classes: leaves are at 0. */
export const HTB_MAXDEPTH = 8;
/** Priorities of classes. */
export const HTB_NUMPRIO = 8;
/** No bucket falls behind by more than a minute. */
export const HTB_MBUFFER = 60e9;

/** May not send: its ceiling is reached. */
export const HTB_CANT_SEND = 0;
/** May send what its parent lends. */
export const HTB_MAY_BORROW = 1;
/** May send of its own. */
export const HTB_CAN_SEND = 2;

/** Classes in order of their ids, one of whom it is the turn of (struct htb_prio). */
export class HtbRow {
  readonly list: HtbClass[] = [];
  /** Whose turn it is; null at the beginning, or when it left. */
  turn: HtbClass | null = null;
  /** The id of the class whose turn it was when it left. */
  lastId = 0;

  add(cl: HtbClass): void {
    const { list } = this;
    let i = list.length;
    while (i > 0 && list[i - 1]!.classid > cl.classid) i--;
    list.splice(i, 0, cl);
  }
  remove(cl: HtbClass): void {
    const i = this.list.indexOf(cl);
    if (i < 0) return;
    this.list.splice(i, 1);
    if (this.turn === cl) {
      this.lastId = cl.classid;
      this.turn = null;
    }
  }
  /** The class whose turn it is, found again when it had left. */
  current(): HtbClass | null {
    const { list } = this;
    if (list.length === 0) return null;
    if (this.turn === null) {
      let i = 0;
      while (i < list.length && list[i]!.classid < this.lastId) i++;
      this.turn = list[i === list.length ? 0 : i]!;
    }
    return this.turn;
  }
  /** The next one's turn. */
  advance(): void {
    const { list, turn } = this;
    if (turn === null || list.length === 0) return;
    const i = list.indexOf(turn) + 1;
    this.turn = list[i === list.length ? 0 : i]!;
  }
}

/** A class (struct htb_class). */
export class HtbClass {
  readonly classid: number;
  readonly parent: HtbClass | null;
  children = 0;
  level = 0;
  prio = 0;
  quantum = 0;
  rate: RateCfg | null = null;
  ceil: RateCfg | null = null;
  /** Depth of the buckets, ns. */
  buffer = 0;
  cbuffer = 0;
  tokens = 0;
  ctokens = 0;
  /** When the buckets were filled last. */
  last = 0;
  mode: number = HTB_CAN_SEND;
  /** Priorities at which it or those below it have packets. */
  activity = 0;
  /** When it may send more, while it waits for that. */
  wakeAt = 0;
  waiting = false;
  /** Packets of a leaf. */
  q: Qdisc;
  readonly deficit: number[] = new Array<number>(HTB_MAXDEPTH).fill(0);
  /** Children of an inner class that borrow from it and have packets, by priority. */
  readonly feed: HtbRow[];
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
    this.feed = [];
    for (let i = 0; i < HTB_NUMPRIO; i++) this.feed.push(new HtbRow());
  }
}

/** One level of classes (struct htb_level). */
export class HtbLevel {
  /** Those who can send of their own, by priority. */
  readonly rows: HtbRow[];
  /** Those who wait for tokens, the first to get them first. */
  readonly wait: HtbClass[] = [];
  rowMask = 0;
  /** When something on this level changes next. */
  nearEvent = 0;
  constructor() {
    this.rows = [];
    for (let i = 0; i < HTB_NUMPRIO; i++) this.rows.push(new HtbRow());
  }
}

/** The classes of one queue. */
export class HtbTree {
  readonly classes: ClassHash<HtbClass> = new ClassHash<HtbClass>();
  readonly levels: HtbLevel[];
  overlimits = 0;
  constructor() {
    this.levels = [];
    for (let i = 0; i < HTB_MAXDEPTH; i++) this.levels.push(new HtbLevel());
  }
}

/** Makes a class wait until `now + delay` (htb_add_to_wait_tree). */
export function htbWait(t: HtbTree, cl: HtbClass, now: number, delay: number): void {
  const lv = t.levels[cl.level]!;
  cl.wakeAt = now + Math.max(1, delay);
  cl.waiting = true;
  if (lv.nearEvent > cl.wakeAt) lv.nearEvent = cl.wakeAt;
  let i = lv.wait.length;
  while (i > 0 && lv.wait[i - 1]!.wakeAt > cl.wakeAt) i--;
  lv.wait.splice(i, 0, cl);
}

/** It waits no more. */
export function htbUnwait(t: HtbTree, cl: HtbClass): void {
  if (!cl.waiting) return;
  cl.waiting = false;
  const { wait } = t.levels[cl.level]!;
  const i = wait.indexOf(cl);
  if (i >= 0) wait.splice(i, 1);
}

function rowAdd(t: HtbTree, cl: HtbClass, mask: number): void {
  const lv = t.levels[cl.level]!;
  lv.rowMask |= mask;
  for (let p = 0; mask !== 0; p++, mask >>= 1) if ((mask & 1) !== 0) lv.rows[p]!.add(cl);
}
function rowRemove(t: HtbTree, cl: HtbClass, mask: number): void {
  const lv = t.levels[cl.level]!;
  for (let p = 0; mask !== 0; p++, mask >>= 1) {
    if ((mask & 1) === 0) continue;
    const row = lv.rows[p]!;
    row.remove(cl);
    if (row.list.length === 0) lv.rowMask &= ~(1 << p);
  }
}

/** A class has packets at its priorities and may send them: it, or the ancestor that lends to it, takes its place (htb_activate_prios). */
export function htbActivatePrios(t: HtbTree, leaf: HtbClass): void {
  let cl = leaf;
  let p = cl.parent;
  let mask = cl.activity;
  while (cl.mode === HTB_MAY_BORROW && p !== null && mask !== 0) {
    for (let i = 0, m = mask; m !== 0; i++, m >>= 1) {
      if ((m & 1) === 0) continue;
      // A parent that is fed at this priority already stands in its place.
      if (p.feed[i]!.list.length > 0) mask &= ~(1 << i);
      p.feed[i]!.add(cl);
    }
    p.activity |= mask;
    cl = p;
    p = cl.parent;
  }
  if (cl.mode === HTB_CAN_SEND && mask !== 0) rowAdd(t, cl, mask);
}

/** The reverse (htb_deactivate_prios). */
export function htbDeactivatePrios(t: HtbTree, leaf: HtbClass): void {
  let cl = leaf;
  let p = cl.parent;
  let mask = cl.activity;
  while (cl.mode === HTB_MAY_BORROW && p !== null && mask !== 0) {
    const m = mask;
    mask = 0;
    for (let i = 0; i < HTB_NUMPRIO; i++) {
      if ((m & (1 << i)) === 0) continue;
      p.feed[i]!.remove(cl);
      if (p.feed[i]!.list.length === 0) mask |= 1 << i;
    }
    p.activity &= ~mask;
    cl = p;
    p = cl.parent;
  }
  if (cl.mode === HTB_CAN_SEND && mask !== 0) rowRemove(t, cl, mask);
}

/** A leaf got its first packet (htb_activate). */
export function htbActivate(t: HtbTree, cl: HtbClass): void {
  if (cl.activity !== 0) return;
  cl.activity = 1 << cl.prio;
  htbActivatePrios(t, cl);
}

/** A leaf's last packet left (htb_deactivate). */
export function htbDeactivate(t: HtbTree, cl: HtbClass): void {
  if (cl.activity === 0) return;
  htbDeactivatePrios(t, cl);
  cl.activity = 0;
}

/** What a class may do `gained` ns after its buckets were filled; when it may do more, in `need`. */
function classMode(cl: HtbClass, gained: number, need: Need): number {
  const c = cl.ctokens + gained;
  if (c < 0) {
    need.delay = -c;
    return HTB_CANT_SEND;
  }
  const r = cl.tokens + gained;
  if (r >= 0) return HTB_CAN_SEND;
  need.delay = -r;
  return HTB_MAY_BORROW;
}

/** How long until a class may do more, ns: filled in by {@link htbChangeMode}. */
export class Need {
  delay = 0;
}

/** Looks what a class may do now, and gives it its place accordingly (htb_change_class_mode). */
export function htbChangeMode(t: HtbTree, cl: HtbClass, gained: number, need: Need): void {
  const mode = classMode(cl, gained, need);
  if (mode === cl.mode) return;
  if (mode === HTB_CANT_SEND) {
    cl.overlimits++;
    t.overlimits++;
  }
  if (cl.activity !== 0) {
    if (cl.mode !== HTB_CANT_SEND) htbDeactivatePrios(t, cl);
    cl.mode = mode;
    if (mode !== HTB_CANT_SEND) htbActivatePrios(t, cl);
  } else cl.mode = mode;
}

/** The leaf whose turn it is below a row (htb_lookup_leaf). */
export function htbLookupLeaf(row: HtbRow, prio: number): HtbClass | null {
  let cl = row.current();
  while (cl !== null && cl.level > 0) cl = cl.feed[prio]!.current();
  return cl;
}
