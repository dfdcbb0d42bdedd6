/** The routing tables: prefixes to routes, and the lookup over the tables in the order of the rules. */
import { EAGAIN, EEXIST, ENETUNREACH, ENOENT, ESRCH } from '@linnet/kernel';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTN_UNICAST, RTNH_F_DEAD, RTNH_F_LINKDOWN } from '@linnet/uapi';
import { FIB_PROPS_ERROR } from './fib-props.ts';
import type { FibConfig } from './fib-semantics.ts';
import { fibCreateInfo, fibMetricsMatch, fibNhMatch, fibReleaseInfo } from './fib-semantics.ts';
import type { FibFlow, FibInfo, FibNh, FibResult } from './fib-types.ts';
import { FibAlias } from './fib-types.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { inDevIgnoreLinkdown } from './in-device.ts';
import { Lpm4 } from './lpm.ts';
import { rtCacheFlush } from './rtable.ts';

/** Lookup flag: routes over a link without carrier count as if it had one. @alpha */
export const FIB_LOOKUP_IGNORE_LINKSTATE = 1;

/** A routing table (struct fib_table). @alpha */
export class FibTable {
  readonly id: number;
  readonly lpm: Lpm4;
  /** First route of each leaf of `lpm`. */
  readonly heads: (FibAlias | null)[];
  /** Routes with prefix length 0. */
  numDefault: number;
  /** Routes in all. */
  routes: number;

  constructor(id: number) {
    this.id = id;
    this.lpm = new Lpm4();
    this.heads = [null];
    this.numDefault = 0;
    this.routes = 0;
  }
}

/** The table with this id, made if it is missing (`fib_new_table`). @alpha */
export function fibNewTable(n4: Ipv4Net, id: number): FibTable {
  let tb = n4.fibTables.get(id);
  if (tb === undefined) {
    tb = new FibTable(id);
    n4.fibTables.set(id, tb);
  }
  return tb;
}

/** May this next hop carry the flow now? */
function nhUsable(nh: FibNh, fl: FibFlow, flags: number): boolean {
  if ((nh.flags & RTNH_F_DEAD) !== 0) return false;
  if ((nh.flags & RTNH_F_LINKDOWN) !== 0 && (flags & FIB_LOOKUP_IGNORE_LINKSTATE) === 0 && nh.dev !== null && inDevIgnoreLinkdown(nh.dev)) return false;
  return fl.oif === 0 || fl.oif === nh.oif;
}

/** Tries the routes of one leaf. 1: none fits; 0: `res` is filled; negative: the route says no. */
function leafLookup(tb: FibTable, leaf: number, fl: FibFlow, res: FibResult, flags: number): number {
  for (let fa = tb.heads[leaf]!; fa !== null; fa = fa.next) {
    if (fa.tos !== 0 && fa.tos !== (fl.tos & 0xfc)) continue;
    const fi = fa.info;
    if (fi.dead) continue;
    if (fi.scope < fl.scope) continue;
    fa.accessed = true;
    const err = FIB_PROPS_ERROR[fa.type]!;
    if (err < 0) return err;
    if ((fi.flags & RTNH_F_DEAD) !== 0) continue;
    const nhs = fi.nhs;
    for (let i = 0; i < nhs.length; i++) {
      const nh = nhs[i]!;
      if (!nhUsable(nh, fl, flags)) continue;
      res.prefix = tb.lpm.prefix[leaf]!;
      res.prefixlen = tb.lpm.plen[leaf]!;
      res.nhSel = i;
      res.nh = nh;
      res.type = fa.type;
      res.scope = fi.scope;
      res.fi = fi;
      res.fa = fa;
      res.table = tb;
      return 0;
    }
  }
  return 1;
}

/**
 * Looks a flow up in one table (`fib_table_lookup`): 0 with `res` filled, -EAGAIN when nothing fits (or a throw route does),
 * else the errno of the route's type.
 * @alpha
 */
export function fibTableLookup(tb: FibTable, fl: FibFlow, res: FibResult, flags: number): number {
  const lpm = tb.lpm;
  for (let leaf = lpm.find(fl.daddr); leaf !== 0; leaf = lpm.cover(leaf)) {
    const err = leafLookup(tb, leaf, fl, res, flags);
    if (err <= 0) return err;
  }
  return -EAGAIN;
}

/** Local and main as one table: the longer prefix wins, local before main when they are equal (observed on Linux 6.18). */
function mergedLookup(local: FibTable, main: FibTable, fl: FibFlow, res: FibResult, flags: number): number {
  const a = local.lpm;
  const b = main.lpm;
  let x = a.find(fl.daddr);
  let y = b.find(fl.daddr);
  while (x !== 0 || y !== 0) {
    if (x !== 0 && (y === 0 || a.plen[x]! >= b.plen[y]!)) {
      const err = leafLookup(local, x, fl, res, flags);
      if (err <= 0) return err;
      x = a.cover(x);
    } else {
      const err = leafLookup(main, y, fl, res, flags);
      if (err <= 0) return err;
      y = b.cover(y);
    }
  }
  return -EAGAIN;
}

/**
 * Looks a flow up by the rules (`fib_lookup`): local, main, default. Fills `res`, allocates nothing. -ENETUNREACH when nothing fits,
 * -EINVAL for a blackhole, -EHOSTUNREACH for an unreachable and -EACCES for a prohibit route.
 * @alpha
 */
export function fibLookup(n4: Ipv4Net, fl: FibFlow, res: FibResult, flags: number): number {
  let err: number;
  if (n4.fibHasCustomRules) {
    err = fibTableLookup(n4.fibLocal, fl, res, flags);
    if (err === -EAGAIN) err = fibTableLookup(n4.fibMain, fl, res, flags);
  } else {
    err = mergedLookup(n4.fibLocal, n4.fibMain, fl, res, flags);
  }
  if (err === -EAGAIN && n4.fibDefault.routes !== 0) err = fibTableLookup(n4.fibDefault, fl, res, flags);
  return err === -EAGAIN ? -ENETUNREACH : err;
}

/** First route of the list that comes at or after (tos, priority) in the list's order, null past its end. */
function findAlias(head: FibAlias | null, tos: number, priority: number): FibAlias | null {
  let fa = head;
  while (fa !== null && (fa.tos > tos || (fa.tos === tos && fa.info.priority < priority))) fa = fa.next;
  return fa;
}

function isSlot(fa: FibAlias | null, tos: number, priority: number): fa is FibAlias {
  return fa !== null && fa.tos === tos && fa.info.priority === priority;
}

function linkBefore(tb: FibTable, leaf: number, pos: FibAlias | null, fresh: FibAlias): void {
  fresh.next = pos;
  const head = tb.heads[leaf] ?? null;
  if (head === pos) {
    tb.heads[leaf] = fresh;
    return;
  }
  let prev = head!;
  while (prev.next !== pos) prev = prev.next!;
  prev.next = fresh;
}

function unlink(tb: FibTable, leaf: number, fa: FibAlias): void {
  const head = tb.heads[leaf]!;
  if (head === fa) {
    tb.heads[leaf] = fa.next;
  } else {
    let prev = head;
    while (prev.next !== fa) prev = prev.next!;
    prev.next = fa.next;
  }
  tb.routes--;
  if (tb.lpm.plen[leaf] === 0) tb.numDefault--;
  if (tb.heads[leaf] === null) tb.lpm.remove(leaf);
}

/** What an insert or delete did, for the notification. @alpha */
export class FibChange {
  info: FibInfo | null;
  alias: FibAlias | null;
  /** NLM_F_* flags of the notification. */
  nlflags: number;
  constructor() {
    this.info = null;
    this.alias = null;
    this.nlflags = 0;
  }
}

/**
 * Adds a route (`fib_table_insert`). `cfg.nlflags` decides between add (EXCL), append, prepend, replace and change.
 * -EEXIST, -ENOENT or what `fibCreateInfo` refuses.
 * @alpha
 */
export function fibTableInsert(n4: Ipv4Net, tb: FibTable, cfg: FibConfig, out: FibChange): number {
  const created = fibCreateInfo(n4, cfg);
  if (typeof created === 'number') return created;
  const fi = created;
  const { tos, type } = cfg;
  let leaf = tb.lpm.exact(cfg.dst, cfg.dstLen);
  let pos = leaf === 0 ? null : findAlias(tb.heads[leaf]!, tos, fi.priority);
  out.info = fi;
  out.nlflags = 0;
  if (isSlot(pos, tos, fi.priority)) {
    if ((cfg.nlflags & NLM_F_EXCL) !== 0) return refuse(n4, fi, -EEXIST);
    let same: FibAlias | null = null;
    let last: FibAlias = pos;
    for (let fa: FibAlias | null = pos; isSlot(fa, tos, fi.priority); fa = fa.next) {
      last = fa;
      if (fa.type === type && fa.info === fi && same === null) same = fa;
    }
    if ((cfg.nlflags & NLM_F_REPLACE) !== 0) {
      if (same !== null) {
        out.alias = same;
        return refuse(n4, fi, same === pos ? 0 : -EEXIST);
      }
      const old = pos.info;
      pos.info = fi;
      pos.type = type;
      pos.accessed = false;
      fi.treeref++;
      fibReleaseInfo(n4, old);
      out.alias = pos;
      out.nlflags = NLM_F_REPLACE;
      rtCacheFlush(n4);
      return 0;
    }
    if (same !== null) return refuse(n4, fi, -EEXIST);
    if ((cfg.nlflags & NLM_F_APPEND) !== 0) {
      out.nlflags = NLM_F_APPEND;
      pos = last.next;
    }
  }
  if ((cfg.nlflags & NLM_F_CREATE) === 0) return refuse(n4, fi, -ENOENT);
  out.nlflags |= NLM_F_CREATE;
  if (leaf === 0) {
    leaf = tb.lpm.insert(cfg.dst, cfg.dstLen);
    tb.heads[leaf] = null;
  }
  const fa = new FibAlias(fi, tos, type);
  linkBefore(tb, leaf, pos, fa);
  fi.treeref++;
  tb.routes++;
  if (cfg.dstLen === 0) tb.numDefault++;
  out.alias = fa;
  rtCacheFlush(n4);
  return 0;
}

/** Lets go of attributes that no route took. */
function refuse(n4: Ipv4Net, fi: FibInfo, err: number): number {
  if (fi.treeref === 0) {
    fi.treeref = 1;
    fibReleaseInfo(n4, fi);
  }
  return err;
}

/** Does a route answer the description of a deletion? Zero fields describe nothing. */
function matches(n4: Ipv4Net, fa: FibAlias, cfg: FibConfig): boolean {
  const fi = fa.info;
  return (
    (cfg.type === 0 || fa.type === cfg.type) &&
    (cfg.scope === RT_SCOPE_ANY || fi.scope === cfg.scope) &&
    (cfg.prefsrc === 0 || fi.prefsrc === cfg.prefsrc) &&
    (cfg.protocol === 0 || fi.protocol === cfg.protocol) &&
    (cfg.priority === 0 || fi.priority === cfg.priority) &&
    fibNhMatch(n4, cfg, fi) &&
    fibMetricsMatch(cfg, fi)
  );
}

/** A deletion that names no scope says RT_SCOPE_NOWHERE. */
const RT_SCOPE_ANY = 255;

/** Removes the first route that answers the description (`fib_table_delete`); -ESRCH when none does. @alpha */
export function fibTableDelete(n4: Ipv4Net, tb: FibTable, cfg: FibConfig, out: FibChange): number {
  const leaf = tb.lpm.exact(cfg.dst, cfg.dstLen);
  if (leaf === 0) return -ESRCH;
  for (let fa = findAlias(tb.heads[leaf]!, cfg.tos, 0); fa !== null && fa.tos === cfg.tos; fa = fa.next) {
    if (!matches(n4, fa, cfg)) continue;
    unlink(tb, leaf, fa);
    out.info = fa.info;
    out.alias = fa;
    out.nlflags = 0;
    rtCacheFlush(n4);
    fibReleaseInfo(n4, fa.info);
    return 0;
  }
  return -ESRCH;
}

/** Called for every route that a flush removes. @alpha */
export type FibFlushed = (tb: FibTable, prefix: number, plen: number, fa: FibAlias) => void;

/** Removes the routes whose next hops are all dead, or every route (`fib_table_flush`); returns how many. @alpha */
export function fibTableFlush(n4: Ipv4Net, tb: FibTable, all: boolean, flushed: FibFlushed | null): number {
  let n = 0;
  for (const leaf of tb.lpm.sorted()) {
    const prefix = tb.lpm.prefix[leaf]!;
    const plen = tb.lpm.plen[leaf]!;
    for (let fa = tb.heads[leaf]!; fa !== null; ) {
      const next: FibAlias | null = fa.next;
      if (all || (fa.info.flags & RTNH_F_DEAD) !== 0) {
        unlink(tb, leaf, fa);
        if (flushed !== null) flushed(tb, prefix, plen, fa);
        fibReleaseInfo(n4, fa.info);
        n++;
      }
      fa = next;
    }
  }
  return n;
}

/** Calls `fn` for each route in Linux's order of walking: by prefix, longer first, then in list order. @alpha */
export function fibTableWalk(tb: FibTable, fn: (prefix: number, plen: number, fa: FibAlias) => void): void {
  for (const leaf of tb.lpm.sorted()) {
    for (let fa = tb.heads[leaf]!; fa !== null; fa = fa.next) fn(tb.lpm.prefix[leaf]!, tb.lpm.plen[leaf]!, fa);
  }
}

/** Among equal default routes, take the next one when the first's gateway does not answer: the candidates of a leaf. @alpha */
export function fibIsDefaultChoice(res: FibResult): boolean {
  return res.prefixlen === 0 && res.type === RTN_UNICAST && res.table !== null && res.table.numDefault > 1;
}
