/** Looking a flow up: in one table, over the tables, and the choice among equal routes (RFC 4861 6.3.6, RFC 4191 3.2). */
import { EAGAIN, ENETUNREACH } from '@linnet/kernel';
import { nexthopSelectPath } from '@linnet/inet';
import type { Flowi, Nexthop } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import { NUD_FAILED, RTNH_F_DEAD, RTNH_F_LINKDOWN, RTN_THROW, ICMPV6_ROUTER_PREF_HIGH, ICMPV6_ROUTER_PREF_LOW } from '@linnet/uapi';
import { a6PrefixEqual } from './addr6.ts';
import type { Fib6Info, Fib6Nh, Fib6Result } from './fib6-types.ts';
import type { Fib6Table } from './fib6-table.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { rt6MultipathHash } from './multipath6.ts';
import { RT6_LOOKUP_F_IFACE, RT6_LOOKUP_F_IGNORE_LINKSTATE, RT6_LOOKUP_F_REACHABLE, RTF_EXPIRES, RTF_NONEXTHOP, rtfPrefOf } from './route6-const.ts';

/** Is the route over? @alpha */
export function fib6Expired(f: Fib6Info): boolean {
  return (f.flags & RTF_EXPIRES) !== 0 && f.net6.kernel.ktime > f.expires;
}

/** How well a hop fits; -1: not at all, -2: its router is known not to answer. */
function score(n6: Ipv6Net, f: Fib6Info, nh: Fib6Nh, oif: number, flags: number): number {
  if ((nh.flags & RTNH_F_DEAD) !== 0) return -1;
  if ((nh.flags & RTNH_F_LINKDOWN) !== 0 && (flags & RT6_LOOKUP_F_IGNORE_LINKSTATE) === 0 && nh.dev !== null) {
    const idev = in6DevGet(nh.dev);
    if (idev !== null && idev.ignoreLinkdown()) return -1;
  }
  let s = 2;
  if (oif !== 0 && nh.oif !== oif) {
    if ((flags & RT6_LOOKUP_F_IFACE) !== 0) return -1;
    s = 0;
  }
  const pref = rtfPrefOf(f.flags);
  s += pref === ICMPV6_ROUTER_PREF_HIGH ? 8 : pref === ICMPV6_ROUTER_PREF_LOW ? 0 : 4;
  if ((flags & RT6_LOOKUP_F_REACHABLE) !== 0 && (f.flags & RTF_NONEXTHOP) === 0 && nh.gw !== null && nh.dev !== null) {
    const gw = nh.gw;
    const n = n6.ndTbl.lookup4(gw[0]!, gw[1]!, gw[2]!, gw[3]!, nh.dev);
    if (n !== null && n.nudState === NUD_FAILED) {
      n6.fn.rtProbe(n6, nh);
      return -2;
    }
  }
  return s;
}

/** The best score among the hops of a route. */
function scoreRoute(n6: Ipv6Net, f: Fib6Info, oif: number, flags: number): number {
  const nhs = f.nhs;
  if (nhs.length === 1) return score(n6, f, nhs[0]!, oif, flags);
  let best = -1;
  for (let i = 0; i < nhs.length; i++) {
    const s = score(n6, f, nhs[i]!, oif, flags);
    if (s > best) best = s;
  }
  return best;
}

function sourceFits(f: Fib6Info, saddr: Int32Array | null): boolean {
  return f.srcLen === 0 || (saddr !== null && a6PrefixEqual(saddr, f.src!, f.srcLen));
}

/**
 * The route of one prefix that fits best, null when none does: of the lowest metric that has any, the one with the best score. `turn` counts up through
 * equal ones, when nothing is known to answer.
 */
function selectLeaf(n6: Ipv6Net, head: Fib6Info | null, fl: Flowi, oif: number, flags: number, turn: boolean): Fib6Info | null {
  let best: Fib6Info | null = null;
  let bestScore = -1;
  let equals = 0;
  for (let f = head; f !== null; f = f.next) {
    if (best !== null && (f.metric !== best.metric || f.srcLen !== best.srcLen)) break;
    if (!sourceFits(f, fl.saddr6) || fib6Expired(f)) continue;
    const s = scoreRoute(n6, f, oif, flags);
    if (s < 0) continue;
    if (s > bestScore) {
      best = f;
      bestScore = s;
      equals = 1;
    } else if (s === bestScore) {
      equals++;
    }
  }
  if (!turn || equals < 2 || best === null || best.siblings !== null || best.nhs[0]!.gw === null) return best;
  let nth = n6.rtRoundRobin++ % equals;
  for (let f: Fib6Info | null = best; f !== null; f = f.next) {
    if (f.metric !== best.metric || f.srcLen !== best.srcLen) break;
    if (!sourceFits(f, fl.saddr6) || fib6Expired(f) || scoreRoute(n6, f, oif, flags) !== bestScore) continue;
    if (nth-- === 0) return f;
  }
  return best;
}

/**
 * May a search begin with the routes of this prefix? Where some are for certain sources only, it passes over the prefix unless one of those fits, though there be others for all sources;
 * once it has begun with a longer prefix, those count too. The default is always taken (all of it observed: Linux 6.18).
 */
function mayBegin(head: Fib6Info, saddr: Int32Array | null): boolean {
  if (head.srcLen === 0 || head.dstLen === 0) return true;
  for (let f: Fib6Info | null = head; f !== null && f.srcLen !== 0; f = f.next) if (sourceFits(f, saddr)) return true;
  return false;
}

/** The first route that fits, from the longest prefix on. */
function walk(n6: Ipv6Net, tb: Fib6Table, fl: Flowi, oif: number, flags: number, turn: boolean): Fib6Info | null {
  const { lpm } = tb;
  const d = fl.daddr6!;
  let begun = false;
  for (let leaf = lpm.find(d[0]!, d[1]!, d[2]!, d[3]!); leaf !== 0; leaf = lpm.cover(leaf)) {
    begun ||= mayBegin(tb.heads[leaf]!, fl.saddr6);
    if (!begun) continue;
    const f = selectLeaf(n6, tb.heads[leaf]!, fl, oif, flags, turn);
    if (f !== null) return f;
  }
  return null;
}

/**
 * Looks a flow up in one table (fib6_table_lookup): 0 with `res` filled in, -EAGAIN when nothing fits or a throw route does. A host (RT6_LOOKUP_F_REACHABLE) first
 * looks for a route whose router answers, over all prefixes, and takes any if there is none.
 * @alpha
 */
export function fib6TableLookup(n6: Ipv6Net, tb: Fib6Table, fl: Flowi, oif: number, res: Fib6Result, flags: number): number {
  let f = walk(n6, tb, fl, oif, flags, false);
  if (f === null && (flags & RT6_LOOKUP_F_REACHABLE) !== 0) f = walk(n6, tb, fl, oif, flags & ~RT6_LOOKUP_F_REACHABLE, true);
  if (f === null) return -EAGAIN;
  res.f6i = f;
  res.nh = f.nhs[0]!;
  res.type = f.type;
  return f.type === RTN_THROW ? -EAGAIN : 0;
}

/** Chooses the hop of a multipath route by the flow's hash (fib6_select_path). @alpha */
export function fib6SelectPath(n6: Ipv6Net, res: Fib6Result, fl: Flowi, oif: number, flags: number, skb: Skb | null): void {
  const f = res.f6i!;
  const { siblings } = f;
  if (siblings !== null) {
    const hash = rt6MultipathHash(n6, fl, skb);
    for (let i = 0; i < siblings.length; i++) {
      const s = siblings[i]!;
      const nh = s.nhs[0]!;
      if (hash > nh.upperBound) continue;
      if (score(n6, s, nh, oif, flags) < 0) break;
      res.f6i = s;
      res.nh = nh;
      return;
    }
    return;
  }
  if (f.nhs.length > 1) res.nh = f.nhs[nexthopSelectPath(f.nhObj as Nexthop, rt6MultipathHash(n6, fl, skb))]!;
}

/**
 * Looks a flow up by the rules: local, then main, or what the namespace's rules say. 0 with `res` filled in; -ENETUNREACH when nothing fits. A route that says
 * no is a result too: its errno is `res.f6i.error`. `skb`: the packet that comes in and is to go on, null for our own.
 * @alpha
 */
export function fib6Lookup(n6: Ipv6Net, fl: Flowi, oif: number, res: Fib6Result, flags: number, skb: Skb | null = null): number {
  let err: number;
  if (n6.fibRules !== null) {
    err = n6.fibRules(n6, fl, oif, res, flags, fib6TableLookup);
  } else {
    err = fib6TableLookup(n6, n6.fibLocal, fl, oif, res, flags);
    if (err === -EAGAIN) err = fib6TableLookup(n6, n6.fibMain, fl, oif, res, flags);
  }
  if (err !== 0) {
    res.f6i = null;
    res.nh = null;
    return err === -EAGAIN ? -ENETUNREACH : err;
  }
  if (res.f6i!.error === 0) fib6SelectPath(n6, res, fl, oif, flags, skb);
  return 0;
}
