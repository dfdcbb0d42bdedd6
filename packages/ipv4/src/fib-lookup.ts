/** Looking a flow up: in one table, and over the tables in the order of the rules. */
import { EAGAIN, EINVAL, ENETUNREACH } from '@linnet/kernel';
import type { Flowi } from '@linnet/inet';
import { RT_TABLE_LOCAL, RT_TABLE_MAIN, RTN_UNICAST, RTNH_F_DEAD, RTNH_F_LINKDOWN } from '@linnet/uapi';
import { FIB_PROPS_ERROR } from './fib-props.ts';
import type { FibTable } from './fib-table.ts';
import type { FibNh, FibResult } from './fib-types.ts';
import { inDevIgnoreLinkdown } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** Lookup flag: routes over a link without carrier count as if it had one. @alpha */
export const FIB_LOOKUP_IGNORE_LINKSTATE = 1;

/** May this next hop carry the flow now? */
function nhUsable(nh: FibNh, fl: Flowi, flags: number): boolean {
  if ((nh.flags & RTNH_F_DEAD) !== 0) return false;
  if ((nh.flags & RTNH_F_LINKDOWN) !== 0 && (flags & FIB_LOOKUP_IGNORE_LINKSTATE) === 0 && nh.dev !== null && inDevIgnoreLinkdown(nh.dev)) return false;
  return fl.oif === 0 || fl.oif === nh.oif;
}

/**
 * Tries the routes of one leaf. 1: none fits; 2: none fits, and one of a nexthop object did not: as on Linux that ends the search among all prefixes that begin at the
 * same address; 0: `res` is filled; negative: the route says no.
 */
function leafLookup(tb: FibTable, leaf: number, fl: Flowi, res: FibResult, flags: number): number {
  for (let fa = tb.lpm.value[leaf]!; fa !== 0; fa = tb.next[fa]!) {
    // Of a packet's field only the three bits of RFC 1349 count.
    const tos = tb.tos[fa]!;
    if (tos !== 0 && tos !== (fl.tos & 0x1c)) continue;
    const fi = tb.info[fa]!;
    if (fi.dead) continue;
    if (fi.scope < fl.scope) continue;
    const err = FIB_PROPS_ERROR[tb.type[fa]!]!;
    if (err < 0) return err;
    if ((fi.flags & RTNH_F_DEAD) !== 0) continue;
    if (fi.nhBlackhole) return -EINVAL;
    const nhs = fi.nhs;
    for (let i = 0; i < nhs.length; i++) {
      const nh = nhs[i]!;
      if (!nhUsable(nh, fl, flags)) continue;
      res.prefix = tb.lpm.prefix[leaf]!;
      res.prefixlen = tb.lpm.plen[leaf]!;
      res.nhSel = i;
      res.nh = nh;
      res.type = tb.type[fa]!;
      res.scope = fi.scope;
      res.fi = fi;
      res.fa = fa;
      res.table = tb;
      return 0;
    }
    if (fi.nh !== null) return 2;
  }
  return 1;
}

/**
 * Looks a flow up in one table (`fib_table_lookup`): 0 with `res` filled, -EAGAIN when nothing fits (or a throw route does),
 * else the errno of the route's type.
 * @alpha
 */
export function fibTableLookup(tb: FibTable, fl: Flowi, res: FibResult, flags: number): number {
  const lpm = tb.lpm;
  for (let leaf = lpm.find(fl.daddr); leaf !== 0; ) {
    const err = leafLookup(tb, leaf, fl, res, flags);
    if (err <= 0) return err;
    leaf = err === 1 ? lpm.cover(leaf) : coverElsewhere(tb, leaf, lpm.prefix[leaf]!);
  }
  return -EAGAIN;
}

/** The next shorter prefix that begins at another address than `key`. */
function coverElsewhere(tb: FibTable, leaf: number, key: number): number {
  do leaf = tb.lpm.cover(leaf);
  while (leaf !== 0 && tb.lpm.prefix[leaf] === key);
  return leaf;
}

/** Local and main as one table: the longer prefix wins, local before main when they are equal (observed on Linux 6.18). */
function mergedLookup(local: FibTable, main: FibTable, fl: Flowi, res: FibResult, flags: number): number {
  const a = local.lpm;
  const b = main.lpm;
  let x = a.find(fl.daddr);
  let y = b.find(fl.daddr);
  while (x !== 0 || y !== 0) {
    if (x !== 0 && (y === 0 || a.plen[x]! >= b.plen[y]!)) {
      const err = leafLookup(local, x, fl, res, flags);
      if (err <= 0) return err;
      const key = a.prefix[x]!;
      x = err === 1 ? a.cover(x) : coverElsewhere(local, x, key);
      if (err === 2 && y !== 0 && b.prefix[y] === key) y = coverElsewhere(main, y, key);
    } else {
      const err = leafLookup(main, y, fl, res, flags);
      if (err <= 0) return err;
      const key = b.prefix[y]!;
      y = err === 1 ? b.cover(y) : coverElsewhere(main, y, key);
      if (err === 2 && x !== 0 && a.prefix[x] === key) x = coverElsewhere(local, x, key);
    }
  }
  return -EAGAIN;
}

/**
 * Looks a flow up in the table with this id; while there are no rules local and main are one. -EAGAIN when there is none.
 * @alpha
 */
export function fibTableLookupById(n4: Ipv4Net, id: number, fl: Flowi, res: FibResult, flags: number): number {
  if (!n4.fibHasCustomRules && (id === RT_TABLE_LOCAL || id === RT_TABLE_MAIN)) return mergedLookup(n4.fibLocal, n4.fibMain, fl, res, flags);
  const tb = n4.fibTables.get(id);
  return tb === undefined ? -EAGAIN : fibTableLookup(tb, fl, res, flags);
}

/**
 * Looks a flow up by the rules (`fib_lookup`), which by default are local, main, default; other rules look at every field of the flow. Fills `res`, allocates nothing. -ENETUNREACH when nothing fits,
 * -EINVAL for a blackhole, -EHOSTUNREACH for an unreachable and -EACCES for a prohibit route.
 * @alpha
 */
export function fibLookup(n4: Ipv4Net, fl: Flowi, res: FibResult, flags: number): number {
  if (n4.fibHasCustomRules) return n4.fibLookupRules(n4, fl, res, flags);
  let err = mergedLookup(n4.fibLocal, n4.fibMain, fl, res, flags);
  if (err === -EAGAIN && n4.fibDefault.routes !== 0) err = fibTableLookup(n4.fibDefault, fl, res, flags);
  return err === -EAGAIN ? -ENETUNREACH : err;
}

/** Is the result one of several default routes, of which the first with a living gateway is to be taken? @alpha */
export function fibIsDefaultChoice(res: FibResult): boolean {
  return res.prefixlen === 0 && res.type === RTN_UNICAST && res.table !== null && res.table.numDefault > 1;
}
