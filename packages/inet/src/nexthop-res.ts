/**
 * Resilient groups: a table of buckets, each given to a member. A change of the members moves only buckets that nobody used for a while, so that flows stay
 * where they are (nexthop.c's nh_res_*; ip-nexthop(8), «resilient»).
 */
import { cancelDelayedWork, DelayedWork, type Kernel, modDelayedWork } from '@linnet/kernel';
import type { Nexthop, NexthopNet, NhGroup, NhGrpEntry } from './nexthop.ts';

/** A bucket (struct nh_res_bucket). @alpha */
export class NhResBucket {
  /** The member that has it; null: it was just taken from one that is gone. */
  entry: NhGrpEntry | null = null;
  /** Jiffies of the last packet, and of the last move. Equal while nobody used it since. */
  usedTime = 0;
  migratedTime = 0;
}

/** The buckets of a group (struct nh_res_table). Times in jiffies. @alpha */
export class NhResTable {
  readonly k: Kernel;
  readonly nn: NexthopNet;
  readonly buckets: readonly NhResBucket[];
  idleTimer: number;
  unbalancedTimer: number;
  /** Since when some member has fewer buckets than it should. */
  unbalancedSince = 0;
  /** Members that have too few buckets, the one to be served first at the front. */
  underweight: NhGrpEntry[] = [];
  readonly upkeepWork: DelayedWork<null>;
  constructor(nn: NexthopNet, parent: Nexthop, numBuckets: number, idleTimer: number, unbalancedTimer: number) {
    this.nn = nn;
    this.k = nn.net.kernel;
    const buckets: NhResBucket[] = [];
    for (let i = 0; i < numBuckets; i++) buckets.push(new NhResBucket());
    this.buckets = buckets;
    this.idleTimer = idleTimer;
    this.unbalancedTimer = unbalancedTimer;
    this.upkeepWork = new DelayedWork<null>(() => {
      if (parent.group !== null && parent.group.res === this && !parent.dead) upkeep(parent, this, true);
    }, null);
  }
}

/** The number of the member for a flow's hash; notes that the bucket is in use (nexthop_select_path_res). */
export function nhResSelect(res: NhResTable, hash: number): number {
  const bucket = res.buckets[hash % res.buckets.length]!;
  bucket.usedTime = res.k.jiffies;
  const entry = bucket.entry!;
  entry.packets++;
  return entry.index;
}

function setWants(group: NhGroup, res: NhResTable): void {
  let total = 0;
  for (const e of group.entries) total += e.weight;
  let sum = 0;
  let prev = 0;
  res.underweight = [];
  for (const e of group.entries) {
    sum += e.weight;
    const upper = Math.round((res.buckets.length * sum) / total);
    e.wantsBuckets = upper - prev;
    prev = upper;
    // The last member that lacks buckets is served first.
    if (e.countBuckets < e.wantsBuckets) res.underweight.unshift(e);
  }
}

/** The members changed, or their weights: counts anew and moves what may be moved at once (nh_res_group_rebalance, nh_res_table_upkeep). */
export function nhResGroupChanged(parent: Nexthop, group: NhGroup, res: NhResTable): void {
  const heirs = new Map(group.entries.map((e) => [e.nh, e] as const));
  for (const e of group.entries) e.countBuckets = 0;
  for (const b of res.buckets) {
    b.entry = b.entry === null ? null : (heirs.get(b.entry.nh) ?? null);
    if (b.entry !== null) b.entry.countBuckets++;
  }
  const balanced = res.underweight.length === 0;
  setWants(group, res);
  if (balanced && res.underweight.length > 0) res.unbalancedSince = res.k.jiffies;
  upkeep(parent, res, false);
}

/** Gives a bucket to the member that lacks most (nh_res_bucket_migrate). */
function migrate(parent: Nexthop, res: NhResTable, index: number, tell: boolean): boolean {
  const to = res.underweight[0];
  if (to === undefined) return false;
  const b = res.buckets[index]!;
  if (b.entry !== null) b.entry.countBuckets--;
  b.entry = to;
  b.usedTime = res.k.jiffies;
  b.migratedTime = b.usedTime;
  if (++to.countBuckets >= to.wantsBuckets) res.underweight.shift();
  if (tell) res.nn.notifyBucket(parent, index);
  return true;
}

/** Moves the buckets that are due, and comes back when the next one will be (nh_res_table_upkeep). */
function upkeep(parent: Nexthop, res: NhResTable, tell: boolean): void {
  const now = res.k.jiffies;
  let deadline = Infinity;
  const force = res.unbalancedTimer !== 0 && res.underweight.length > 0 && ((now - (res.unbalancedSince + res.unbalancedTimer)) | 0) >= 0;
  if (res.unbalancedTimer !== 0) deadline = (res.unbalancedSince + res.unbalancedTimer - now) | 0;
  for (let i = 0; i < res.buckets.length; i++) {
    const b = res.buckets[i]!;
    if (res.underweight.length === 0) break;
    // A member that has too many gives some away; one that has what it should does not.
    if (b.entry !== null) {
      if (b.entry.countBuckets <= b.entry.wantsBuckets) continue;
      if (!force && b.usedTime !== b.migratedTime) {
        const idle = (b.usedTime + res.idleTimer - now) | 0;
        if (idle > 0) {
          deadline = Math.min(deadline, idle);
          continue;
        }
      }
    }
    migrate(parent, res, i, tell);
  }
  if (res.underweight.length === 0) {
    cancelDelayedWork(res.k, res.upkeepWork);
    return;
  }
  modDelayedWork(res.k, res.upkeepWork, Math.max(1, Math.min(deadline, 0x3fffffff)));
}

/** Other timers were set: what is due now may be another bucket. */
export function nhResTimersChanged(parent: Nexthop, res: NhResTable): void {
  upkeep(parent, res, false);
}

/** The group is gone (nh_res_table free). */
export function nhResTableFree(res: NhResTable): void {
  cancelDelayedWork(res.k, res.upkeepWork);
}
