/** A routing table of IPv6: prefixes, and the list of routes of each. Adding, replacing and removing. */
// datapath-ok-file: changing tables
import { EEXIST, ENOENT, modTimer, NSEC_PER_SEC, timerPending } from '@linnet/kernel';
import type { NlRequest } from '@linnet/netlink';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELROUTE, RTNH_F_DEAD, RTNH_F_LINKDOWN, RT_TABLE_MAIN } from '@linnet/uapi';
import { a6Equal, a6Key } from './addr6.ts';
import type { Fib6Info, Fib6Nh } from './fib6-types.ts';
import { in6DevGet, INFINITY_LIFE_TIME } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { Lpm6 } from './lpm6.ts';
import { RTF_ADDRCONF, RTF_DYNAMIC, RTF_EXPIRES } from './route6-const.ts';
import { rt6CacheFlush, rt6FlushNh } from './rt6-info.ts';

/** A routing table (struct fib6_table). The routes of a prefix are in order: those from a longer source prefix first, then by metric, then as they came. @alpha */
export class Fib6Table {
  readonly id: number;
  readonly lpm: Lpm6;
  /** First route of each leaf of `lpm`. */
  readonly heads: (Fib6Info | null)[];
  /** Routes in all. */
  routes: number;

  constructor(id: number) {
    this.id = id;
    this.lpm = new Lpm6();
    this.heads = [null];
    this.routes = 0;
  }
}

/** The table with this id, made if it is missing (fib6_new_table). @alpha */
export function fib6NewTable(n6: Ipv6Net, id: number): Fib6Table {
  const key = id === 0 ? RT_TABLE_MAIN : id;
  let tb = n6.fibTables.get(key);
  if (tb === undefined) {
    tb = new Fib6Table(key);
    n6.fibTables.set(key, tb);
  }
  return tb;
}

/** Every cached route must be looked up again, and dumps under way tell that they were interrupted. */
function changed(n6: Ipv6Net): void {
  n6.fibSeq = (n6.fibSeq + 1) | 0 || 1;
  rt6CacheFlush(n6);
}

/** May the route be part of a multipath route? (rt6_qualify_for_ecmp) @alpha */
export function fib6EcmpCapable(f: Fib6Info): boolean {
  return (f.flags & (RTF_ADDRCONF | RTF_DYNAMIC)) === 0 && f.nhObj === null && f.nhs[0]!.gw !== null;
}

function sameSource(a: Fib6Info, b: Fib6Info): boolean {
  return a.srcLen === b.srcLen && (a.srcLen === 0 || a6Equal(a.src!, b.src!));
}

/** Where a route comes in its list: before 0, at the same place, or behind. */
function order(a: Fib6Info, b: Fib6Info): number {
  if (a.srcLen !== b.srcLen) return b.srcLen - a.srcLen;
  if (a.srcLen !== 0 && !a6Equal(a.src!, b.src!)) return a6Key(a.src!) < a6Key(b.src!) ? -1 : 1;
  return a.metric - b.metric;
}

/** Do the two lead over the same hop? */
function sameNh(a: Fib6Info, b: Fib6Info): boolean {
  if (a.nhObj !== null || b.nhObj !== null) return a.nhObj === b.nhObj;
  const x: Fib6Nh = a.nhs[0]!;
  const y: Fib6Nh = b.nhs[0]!;
  if (x.dev !== y.dev) return false;
  return x.gw === null || y.gw === null ? x.gw === y.gw : a6Equal(x.gw, y.gw);
}

function live(nh: Fib6Nh): boolean {
  if ((nh.flags & RTNH_F_DEAD) !== 0) return false;
  const idev = nh.dev === null ? null : in6DevGet(nh.dev);
  return !((nh.flags & RTNH_F_LINKDOWN) !== 0 && idev !== null && idev.ignoreLinkdown());
}

/** Gives each live hop of a multipath route its part of the 31-bit hash space, by weight (rt6_multipath_rebalance). @alpha */
export function fib6Rebalance(f: Fib6Info): void {
  const { siblings } = f;
  if (siblings === null) {
    f.nhs[0]!.upperBound = 0x7fffffff;
    return;
  }
  let total = 0;
  for (const s of siblings) if (live(s.nhs[0]!)) total += s.nhs[0]!.weight;
  let sum = 0;
  for (const s of siblings) {
    const nh = s.nhs[0]!;
    if (!live(nh)) {
      nh.upperBound = -1;
      continue;
    }
    sum += nh.weight;
    nh.upperBound = Math.round((2147483648 * sum) / total) - 1;
  }
}

/** Wakes the collector of what is over, if it sleeps. @alpha */
export function fib6WakeGc(n6: Ipv6Net): void {
  if (!timerPending(n6.gcTimer)) modTimer(n6.kernel, n6.gcTimer, (n6.kernel.jiffies + Math.max(n6.sysctlGcInterval, 1)) | 0);
}

/** Does so if this route will be over some time. */
function fib6StartGc(n6: Ipv6Net, f: Fib6Info): void {
  if ((f.flags & RTF_EXPIRES) !== 0) fib6WakeGc(n6);
}

/** Makes a route end in `lifetime` seconds, INFINITY_LIFE_TIME: never. @alpha */
export function fib6SetExpires(f: Fib6Info, lifetime: number): void {
  if (lifetime >= INFINITY_LIFE_TIME) {
    f.flags &= ~RTF_EXPIRES;
    f.expires = 0;
    return;
  }
  f.flags |= RTF_EXPIRES;
  f.expires = f.net6.kernel.ktime + lifetime * NSEC_PER_SEC;
  fib6StartGc(f.net6, f);
}

/** What an insertion did beside inserting. @alpha */
export class Fib6Change {
  /** Message of the extended ACK, when there is an error. */
  error: string;
  constructor() {
    this.error = '';
  }
}

/** Puts a route behind `prev` (null: first of the leaf). */
function linkAfter(tb: Fib6Table, leaf: number, prev: Fib6Info | null, f: Fib6Info): void {
  if (prev === null) {
    f.next = tb.heads[leaf] ?? null;
    tb.heads[leaf] = f;
  } else {
    f.next = prev.next;
    prev.next = f;
  }
  f.table = tb;
  tb.routes++;
  if (f.nhObj !== null) f.net6.fn.nhUse(f);
  if (f.srcLen !== 0) f.net6.fibSubtrees++;
}

function unlinkFrom(tb: Fib6Table, leaf: number, f: Fib6Info): void {
  let at = tb.heads[leaf]!;
  if (at === f) {
    tb.heads[leaf] = f.next;
  } else {
    while (at.next !== f) at = at.next!;
    at.next = f.next;
  }
  f.next = null;
  f.table = null;
  tb.routes--;
  if (f.srcLen !== 0) f.net6.fibSubtrees--;
}

/** Takes a route out of the multipath route that it is part of. */
function leaveSiblings(f: Fib6Info): void {
  const { siblings } = f;
  if (siblings === null) return;
  f.siblings = null;
  siblings.splice(siblings.indexOf(f), 1);
  if (siblings.length === 1) siblings[0]!.siblings = null;
  fib6Rebalance(siblings[0]!);
}

function release(f: Fib6Info): void {
  if (f.nhObj === null) for (const nh of f.nhs) rt6FlushNh(nh);
  else f.net6.fn.nhRelease(f);
}

/**
 * Adds a route to its table (fib6_add). `nlflags` decides between add (EXCL), append, replace and change. 0, -EEXIST, -ENOENT. Tells nobody.
 * @alpha
 */
export function fib6Add(n6: Ipv6Net, tb: Fib6Table, f: Fib6Info, nlflags: number, out: Fib6Change): number {
  let leaf = tb.lpm.exact(f.dst, f.dstLen);
  const replace = (nlflags & NLM_F_REPLACE) !== 0;
  const create = (nlflags & NLM_F_CREATE) !== 0;
  if (leaf === 0) {
    if (replace && !create) {
      out.error = 'Can not replace route - no match found';
      return -ENOENT;
    }
    leaf = tb.lpm.insert(f.dst, f.dstLen);
    tb.heads[leaf] = null;
  }
  const ecmp = fib6EcmpCapable(f);
  let prev: Fib6Info | null = null;
  let found: Fib6Info | null = null;
  let fallback: Fib6Info | null = null;
  let sibling: Fib6Info | null = null;
  for (let at: Fib6Info | null = tb.heads[leaf]!; at !== null; at = at.next) {
    const o = order(at, f);
    if (o > 0) break;
    if (o === 0 && sameSource(at, f)) {
      if ((nlflags & NLM_F_EXCL) !== 0) return -EEXIST;
      if (replace) {
        if (fib6EcmpCapable(at) === ecmp) {
          found ??= at;
        } else {
          fallback ??= at;
        }
      } else {
        if (sameNh(at, f)) {
          // It lives as long as the new one would have.
          if ((at.flags & RTF_EXPIRES) !== 0) {
            at.flags = (at.flags & ~RTF_EXPIRES) | (f.flags & RTF_EXPIRES);
            at.expires = f.expires;
          }
          return -EEXIST;
        }
        if (ecmp && sibling === null && fib6EcmpCapable(at)) sibling = at;
      }
    }
    prev = at;
  }
  if (replace) {
    // Another kind of route of the same metric is replaced only when nothing new may be made.
    const victim: Fib6Info | null = found ?? (create ? null : fallback);
    if (victim !== null) {
      replaceRoute(tb, leaf, victim, f);
      changed(n6);
      fib6StartGc(n6, f);
      return 0;
    }
    if (!create) {
      out.error = 'Can not replace route - no match found';
      if (tb.heads[leaf] === null) tb.lpm.remove(leaf);
      return -ENOENT;
    }
  }
  linkAfter(tb, leaf, prev, f);
  if (sibling !== null) {
    sibling.siblings ??= [sibling];
    sibling.siblings.push(f);
    f.siblings = sibling.siblings;
  }
  fib6Rebalance(f);
  changed(n6);
  fib6StartGc(n6, f);
  return 0;
}

/** Puts a route into the place of another and of its siblings. */
function replaceRoute(tb: Fib6Table, leaf: number, victim: Fib6Info, f: Fib6Info): void {
  linkAfter(tb, leaf, victim, f);
  const gone = victim.siblings === null ? [victim] : victim.siblings.slice();
  for (const g of gone) {
    g.siblings = null;
    unlinkFrom(tb, leaf, g);
    release(g);
  }
  fib6Rebalance(f);
}

/** Removes a route and tells of it, unless `quiet` (fib6_del). 0, or -ENOENT when it is in no table. @alpha */
export function fib6Del(n6: Ipv6Net, f: Fib6Info, req: NlRequest | null, quiet = false): number {
  const tb = f.table;
  if (tb === null) return -ENOENT;
  const leaf = tb.lpm.exact(f.dst, f.dstLen);
  leaveSiblings(f);
  unlinkFrom(tb, leaf, f);
  if (tb.heads[leaf] === null) tb.lpm.remove(leaf);
  changed(n6);
  if (!quiet) n6.fn.rtmsgFib(RTM_DELROUTE, tb, f, 0, req);
  release(f);
  return 0;
}

/** Calls `fn` for each route of a table in Linux's order of walking; `fn` may remove the route that it is given. @alpha */
export function fib6TableWalk(tb: Fib6Table, fn: (f: Fib6Info) => void): void {
  for (const leaf of tb.lpm.list()) {
    for (let f: Fib6Info | null = tb.heads[leaf] ?? null; f !== null; ) {
      const next: Fib6Info | null = f.next;
      fn(f);
      f = next;
    }
  }
}

/** The tables in the order in which Linux walks them. @alpha */
export function fib6Tables(n6: Ipv6Net): Fib6Table[] {
  return Array.from(n6.fibTables.values()).sort((a, b) => (a.id & 255) - (b.id & 255) || a.id - b.id);
}

/** Removes all routes that `gone` says, and tells of each (fib6_clean_all). Returns how many. @alpha */
export function fib6CleanAll(n6: Ipv6Net, gone: (f: Fib6Info) => boolean, quiet = false): number {
  let n = 0;
  for (const tb of fib6Tables(n6)) {
    fib6TableWalk(tb, (f) => {
      if (!gone(f)) return;
      fib6Del(n6, f, null, quiet);
      n++;
    });
  }
  return n;
}

/** The routes of exactly this prefix in a table, first to last. @alpha */
export function fib6Exact(tb: Fib6Table, dst: Int32Array, plen: number): Fib6Info | null {
  const leaf = tb.lpm.exact(dst, plen);
  return leaf === 0 ? null : (tb.heads[leaf] ?? null);
}
