/** Changing the routing tables: adding, replacing, deleting and flushing routes. */
import { EEXIST, ENOENT, ESRCH } from '@linnet/kernel';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTNH_F_DEAD } from '@linnet/uapi';
import type { FibConfig } from './fib-semantics.ts';
import { fibCreateInfo, fibMetricsMatch, fibNhMatch, fibReleaseInfo } from './fib-semantics.ts';
import { FibTable } from './fib-table.ts';
import type { FibAlias, FibInfo } from './fib-types.ts';
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

/** First route of the list that comes at or after (tos, priority) in the list's order, 0 past its end. */
function findRoute(tb: FibTable, head: number, tos: number, priority: number): number {
  let fa = head;
  while (fa !== 0 && (tb.tos[fa]! > tos || (tb.tos[fa] === tos && tb.info[fa]!.priority < priority))) fa = tb.next[fa]!;
  return fa;
}

function isSlot(tb: FibTable, fa: number, tos: number, priority: number): boolean {
  return fa !== 0 && tb.tos[fa] === tos && tb.info[fa]!.priority === priority;
}

/** Puts a route into the list of a leaf, before `pos` (0: at the end). */
function linkBefore(tb: FibTable, leaf: number, pos: number, fresh: number): void {
  const { next } = tb;
  const head = tb.lpm.value[leaf]!;
  next[fresh] = pos;
  if (head === pos) {
    tb.lpm.value[leaf] = fresh;
    return;
  }
  let prev = head;
  while (next[prev] !== pos) prev = next[prev]!;
  next[prev] = fresh;
}

/** Takes a route out of the table; with the last one its prefix goes, and leaves may have other numbers then. */
function unlink(tb: FibTable, leaf: number, fa: number): void {
  const { next, lpm } = tb;
  const head = lpm.value[leaf]!;
  if (head === fa) {
    lpm.value[leaf] = next[fa]!;
  } else {
    let prev = head;
    while (next[prev] !== fa) prev = next[prev]!;
    next[prev] = next[fa]!;
  }
  if (lpm.plen[leaf] === 0) tb.numDefault--;
  if (lpm.value[leaf] === 0) lpm.remove(leaf);
  tb.freeRoute(fa);
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
  const { lpm } = tb;
  let leaf = lpm.exact(cfg.dst, cfg.dstLen);
  let pos = leaf === 0 ? 0 : findRoute(tb, lpm.value[leaf]!, tos, fi.priority);
  out.info = fi;
  out.nlflags = NLM_F_EXCL;
  if (isSlot(tb, pos, tos, fi.priority)) {
    if ((cfg.nlflags & NLM_F_EXCL) !== 0) return refuse(n4, fi, -EEXIST);
    out.nlflags = 0;
    let same = 0;
    let last = pos;
    for (let fa = pos; isSlot(tb, fa, tos, fi.priority); fa = tb.next[fa]!) {
      last = fa;
      if (tb.type[fa] === type && tb.info[fa] === fi && same === 0) same = fa;
    }
    if ((cfg.nlflags & NLM_F_REPLACE) !== 0) {
      // Nothing changes: nobody is told.
      if (same !== 0) return refuse(n4, fi, same === pos ? 0 : -EEXIST);
      const old = tb.info[pos]!;
      tb.info[pos] = fi;
      tb.type[pos] = type;
      fi.treeref++;
      fibReleaseInfo(n4, old);
      out.alias = tb.alias(pos);
      out.nlflags = NLM_F_REPLACE;
      changed(n4);
      return 0;
    }
    if (same !== 0) return refuse(n4, fi, -EEXIST);
    if ((cfg.nlflags & NLM_F_APPEND) !== 0) {
      out.nlflags = NLM_F_APPEND;
      pos = tb.next[last]!;
    }
  }
  if ((cfg.nlflags & NLM_F_CREATE) === 0) return refuse(n4, fi, -ENOENT);
  out.nlflags |= NLM_F_CREATE;
  const fa = tb.newRoute(fi, tos, type);
  if (leaf === 0) leaf = lpm.insert(cfg.dst, cfg.dstLen);
  linkBefore(tb, leaf, pos, fa);
  fi.treeref++;
  if (cfg.dstLen === 0) tb.numDefault++;
  out.alias = tb.alias(fa);
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
function matches(n4: Ipv4Net, tb: FibTable, fa: number, cfg: FibConfig): boolean {
  const fi = tb.info[fa]!;
  return (
    (cfg.type === 0 || tb.type[fa] === cfg.type) &&
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
  for (let fa = findRoute(tb, tb.lpm.value[leaf]!, cfg.tos, 0); fa !== 0 && tb.tos[fa] === cfg.tos; fa = tb.next[fa]!) {
    if (!matches(n4, tb, fa, cfg)) continue;
    const alias = tb.alias(fa);
    unlink(tb, leaf, fa);
    out.info = alias.info;
    out.alias = alias;
    out.nlflags = 0;
    changed(n4);
    fibReleaseInfo(n4, alias.info);
    return 0;
  }
  return -ESRCH;
}

/** Called for every route that a flush removes. @alpha */
export type FibFlushed = (tb: FibTable, prefix: number, plen: number, fa: FibAlias) => void;

/** Removes the routes whose next hops are all dead, or every route (`fib_table_flush`); returns how many. @alpha */
export function fibTableFlush(n4: Ipv4Net, tb: FibTable, all: boolean, flushed: FibFlushed | null): number {
  const { lpm } = tb;
  let n = 0;
  // Most events kill few routes of a large table: only those are put in order.
  const dead = (leaf: number): boolean => {
    for (let fa = lpm.value[leaf]!; fa !== 0; fa = tb.next[fa]!) if ((tb.info[fa]!.flags & RTNH_F_DEAD) !== 0) return true;
    return false;
  };
  // Linux goes from the highest address to the lowest, and at each from the longest prefix to the shortest. Removing one gives the others new numbers.
  const found = backwards(tb, lpm.sorted(all ? null : dead)).map((leaf): readonly [number, number] => [lpm.prefix[leaf]!, lpm.plen[leaf]!]);
  for (const [prefix, plen] of found) {
    const leaf = lpm.exact(prefix, plen);
    for (let fa = lpm.value[leaf]!; fa !== 0; ) {
      const next = tb.next[fa]!;
      const alias = tb.alias(fa);
      if (all || (alias.info.flags & RTNH_F_DEAD) !== 0) {
        unlink(tb, leaf, fa);
        if (flushed !== null) flushed(tb, prefix, plen, alias);
        fibReleaseInfo(n4, alias.info);
        changed(n4);
        n++;
      }
      fa = next;
    }
  }
  return n;
}

/** Calls `fn` for each route in Linux's order of walking: by prefix, longer first, then in list order. It must not change the table. @alpha */
export function fibTableWalk(tb: FibTable, fn: (prefix: number, plen: number, fa: FibAlias) => void): void {
  const { lpm } = tb;
  for (const leaf of lpm.sorted()) {
    for (let fa = lpm.value[leaf]!; fa !== 0; fa = tb.next[fa]!) fn(lpm.prefix[leaf]!, lpm.plen[leaf]!, tb.alias(fa));
  }
}

/** As {@link fibTableWalk} from the highest prefix to the lowest; of the routes of one address still the longer prefix first. @alpha */
export function fibTableWalkBackwards(tb: FibTable, fn: (tb: FibTable, prefix: number, plen: number, fa: FibAlias) => void): void {
  const { lpm } = tb;
  for (const leaf of backwards(tb, lpm.sorted())) {
    for (let fa = lpm.value[leaf]!; fa !== 0; fa = tb.next[fa]!) fn(tb, lpm.prefix[leaf]!, lpm.plen[leaf]!, tb.alias(fa));
  }
}

/** Leaves in the opposite order of their addresses. */
function backwards(tb: FibTable, leaves: readonly number[]): number[] {
  const { prefix } = tb.lpm;
  const out: number[] = [];
  for (let end = leaves.length; end > 0; ) {
    let begin = end - 1;
    while (begin > 0 && prefix[leaves[begin - 1]!] === prefix[leaves[end - 1]!]) begin--;
    for (let i = begin; i < end; i++) out.push(leaves[i]!);
    end = begin;
  }
  return out;
}
