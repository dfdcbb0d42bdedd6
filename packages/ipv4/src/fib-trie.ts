/** Changing the routing tables: adding, replacing, deleting and flushing routes. */
import { EEXIST, ENOENT, ESRCH } from '@linnet/kernel';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTNH_F_DEAD } from '@linnet/uapi';
import type { FibConfig } from './fib-semantics.ts';
import { fibCreateInfo, fibMetricsMatch, fibNhMatch, fibReleaseInfo } from './fib-semantics.ts';
import { FibTable } from './fib-table.ts';
import type { FibInfo } from './fib-types.ts';
import { FibAlias } from './fib-types.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { rtCacheFlush } from './rtable.ts';

/** The table with this id, made if it is missing (`fib_new_table`). @alpha */
export function fibNewTable(n4: Ipv4Net, id: number): FibTable {
  let tb = n4.fibTables.get(id);
  if (tb === undefined) {
    tb = new FibTable(id);
    n4.fibTables.set(id, tb);
  }
  return tb;
}

/** Every cached route must be looked up again, and dumps under way tell that they were interrupted. */
function changed(n4: Ipv4Net): void {
  n4.fibSeq = (n4.fibSeq + 1) | 0 || 1;
  rtCacheFlush(n4);
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
  out.nlflags = NLM_F_EXCL;
  if (isSlot(pos, tos, fi.priority)) {
    if ((cfg.nlflags & NLM_F_EXCL) !== 0) return refuse(n4, fi, -EEXIST);
    out.nlflags = 0;
    let same: FibAlias | null = null;
    let last: FibAlias = pos;
    for (let fa: FibAlias | null = pos; isSlot(fa, tos, fi.priority); fa = fa.next) {
      last = fa;
      if (fa.type === type && fa.info === fi && same === null) same = fa;
    }
    if ((cfg.nlflags & NLM_F_REPLACE) !== 0) {
      // Nothing changes: nobody is told.
      if (same !== null) return refuse(n4, fi, same === pos ? 0 : -EEXIST);
      const old = pos.info;
      pos.info = fi;
      pos.type = type;
      fi.treeref++;
      fibReleaseInfo(n4, old);
      out.alias = pos;
      out.nlflags = NLM_F_REPLACE;
      changed(n4);
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
  changed(n4);
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
    changed(n4);
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
  // Most events kill few routes of a large table: only those are put in order.
  const dead = (leaf: number): boolean => {
    for (let fa: FibAlias | null = tb.heads[leaf]!; fa !== null; fa = fa.next) if ((fa.info.flags & RTNH_F_DEAD) !== 0) return true;
    return false;
  };
  for (const leaf of tb.lpm.sorted(all ? null : dead)) {
    const prefix = tb.lpm.prefix[leaf]!;
    const plen = tb.lpm.plen[leaf]!;
    for (let fa: FibAlias | null = tb.heads[leaf]!; fa !== null; ) {
      const next: FibAlias | null = fa.next;
      if (all || (fa.info.flags & RTNH_F_DEAD) !== 0) {
        unlink(tb, leaf, fa);
        if (flushed !== null) flushed(tb, prefix, plen, fa);
        fibReleaseInfo(n4, fa.info);
        changed(n4);
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
    for (let fa: FibAlias | null = tb.heads[leaf]!; fa !== null; fa = fa.next) fn(tb.lpm.prefix[leaf]!, tb.lpm.plen[leaf]!, fa);
  }
}

/** As {@link fibTableWalk} from the highest prefix to the lowest; of the routes of one address still the longer prefix first. @alpha */
export function fibTableWalkBackwards(tb: FibTable, fn: (tb: FibTable, prefix: number, plen: number, fa: FibAlias) => void): void {
  const leaves = tb.lpm.sorted();
  for (let end = leaves.length; end > 0; ) {
    let begin = end - 1;
    while (begin > 0 && tb.lpm.prefix[leaves[begin - 1]!] === tb.lpm.prefix[leaves[end - 1]!]) begin--;
    for (let i = begin; i < end; i++) {
      const leaf = leaves[i]!;
      for (let fa: FibAlias | null = tb.heads[leaf]!; fa !== null; fa = fa.next) fn(tb, tb.lpm.prefix[leaf]!, tb.lpm.plen[leaf]!, fa);
    }
    end = begin;
  }
}
