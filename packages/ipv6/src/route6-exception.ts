/** What the network tells about paths: a smaller MTU (RFC 8201), a better first hop (RFC 4861 8). The operations of every IPv6 route. */
import { timeAfter, timeBefore } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { flowiReset } from '@linnet/inet';
import type { Flowi, InetSock } from '@linnet/inet';
import { DST_OBSOLETE_FORCE_CHK, DST_OBSOLETE_KILL, dstMetric, dstMetricLocked } from '@linnet/netdev';
import type { DstEntry, DstOps, NetDevice } from '@linnet/netdev';
import type { Neighbour } from '@linnet/neigh';
import type { Skb } from '@linnet/skbuff';
import {
  AF_INET6, DEVCONF_MTU6, ICMPV6_ADDR_UNREACH, ICMPV6_DEST_UNREACH, IPV6HDR_LEN, IPV6_MAXPLEN, IPV6_MIN_MTU, RTAX_MTU, ip6FlowLabel, ip6Nexthdr, ip6Version,
} from '@linnet/uapi';
import { a6Clone, a6LoadDaddr, a6LoadSaddr } from './addr6.ts';
import { fib6WakeGc } from './fib6-table.ts';
import { Rt6ExcTable, Rt6Exception } from './fib6-types.ts';
import type { Fib6Nh } from './fib6-types.ts';
import { in6DevGet } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { RTF_ANYCAST, RTF_CACHE, RTF_LOCAL } from './route6-const.ts';
import { fib6Expired } from './route6-lookup.ts';
import { ip6RouteOutputFlags } from './route6.ts';
import { rt6Neigh, rt6NeighForSkb } from './route6-neigh.ts';
import { rt6Bury } from './rt6-info.ts';
import type { Rt6Info } from './rt6-info.ts';

/** How long a redirect holds, jiffies. */
const REDIRECT_LIFE = 600_000;
const IP6_MAX_MTU = 65535 + IPV6HDR_LEN;

/** The MTU of a route that nothing was learned for: its metric, else its device's. */
function plainMtu(rt: Rt6Info): number {
  const set = dstMetric(rt, RTAX_MTU);
  if (set !== 0) return Math.min(set, IP6_MAX_MTU);
  const idev = in6DevGet(rt.dev);
  // Not bounded by what a header can say: jumbograms are longer.
  return idev === null ? IPV6_MIN_MTU : idev.cnf.data[DEVCONF_MTU6]!;
}

/** Largest packet by this route (ip6_mtu). @alpha */
export function ip6Mtu(dst: DstEntry): number {
  const rt = dst as Rt6Info;
  const mtu = plainMtu(rt);
  if (rt.rtPmtu !== 0 && rt.rtPmtu < mtu && timeBefore(rt.net6.kernel.jiffies, rt.expires)) return rt.rtPmtu;
  return mtu;
}

/** Largest packet that may be forwarded by this route: what its metric says, else its device; what was learned for this machine's own packets does not count (ip6_dst_mtu_maybe_forward). @alpha */
export function ip6MtuForward(rt: Rt6Info): number {
  const set = dstMetric(rt, RTAX_MTU);
  if (set !== 0) return set;
  const idev = in6DevGet(rt.dev);
  return idev === null ? IPV6_MIN_MTU : idev.cnf.data[DEVCONF_MTU6]!;
}

/** Finds or makes the exception of a destination over a hop. */
function exceptionFor(n6: Ipv6Net, nh: Fib6Nh, daddr: Int32Array): Rt6Exception {
  nh.exceptions ??= new Rt6ExcTable(n6.hashSeed);
  let e = nh.exceptions.find(daddr[0]!, daddr[1]!, daddr[2]!, daddr[3]!);
  if (e !== null) return e;
  e = new Rt6Exception(a6Clone(daddr), n6.kernel.jiffies);
  fib6WakeGc(n6);
  const old = nh.exceptions.add(e);
  if (old !== null) rt6Bury(old.rt);
  return e;
}

/** Whoever holds routes of this hop must look again. */
function refresh(nh: Fib6Nh, e: Rt6Exception): void {
  rt6Bury(nh.rt);
  nh.rt = null;
  rt6Bury(e.rt);
  e.rt = null;
}

/** Learns that the path to `daddr` by `rt` takes no more than `mtu` bytes (__ip6_rt_update_pmtu). @alpha */
export function rt6LearnPmtu(rt: Rt6Info, daddr: Int32Array, mtu: number): void {
  if (dstMetricLocked(rt, RTAX_MTU) || (rt.rtFlags & (RTF_LOCAL | RTF_ANYCAST)) !== 0 || rt.from === null || rt.nh === null) return;
  const next = Math.max(mtu, IPV6_MIN_MTU);
  if (next >= ip6Mtu(rt)) return;
  const { net6: n6, nh } = rt;
  const e = exceptionFor(n6, nh, daddr);
  e.pmtu = next;
  e.stamp = n6.kernel.jiffies;
  e.expires = (n6.kernel.jiffies + n6.sysctlMtuExpires) | 0 || 1;
  refresh(nh, e);
}

/** Learns that packets by `rt` to `daddr` go to `gw` from now on. @alpha */
export function rt6LearnRedirect(rt: Rt6Info, daddr: Int32Array, gw: Int32Array): void {
  if (rt.nh === null) return;
  const { net6: n6, nh } = rt;
  const e = exceptionFor(n6, nh, daddr);
  e.gw = a6Clone(gw);
  e.stamp = n6.kernel.jiffies;
  e.expires = (n6.kernel.jiffies + REDIRECT_LIFE) | 0 || 1;
  refresh(nh, e);
}

/** Forgets what was learned about all paths (net.ipv6.route.flush). @alpha */
export function rt6FlushExceptions(n6: Ipv6Net, which: (nh: Fib6Nh, e: Rt6Exception) => boolean): void {
  for (const tb of n6.fibTables.values()) {
    for (const leaf of tb.lpm.list()) {
      for (let f = tb.heads[leaf] ?? null; f !== null; f = f.next) {
        for (let i = 0; i < f.nhs.length; i++) {
          const nh = f.nhs[i]!;
          const t = nh.exceptions;
          if (t === null) continue;
          t.forEach((e) => {
            if (!which(nh, e)) return;
            rt6Bury(e.rt);
            t.remove(e);
          });
        }
      }
    }
  }
}

/** The MTU of a device changed from `old`: paths learned over it take no more, and those that it alone bounded take as much (rt6_mtu_change). @alpha */
export function rt6MtuChange(n6: Ipv6Net, dev: NetDevice, mtu: number, old: number): void {
  rt6FlushExceptions(n6, (nh, e) => {
    if (nh.dev === dev && e.pmtu !== 0 && (e.pmtu > mtu || e.pmtu === old)) {
      e.pmtu = mtu;
      rt6Bury(e.rt);
      e.rt = null;
    }
    return false;
  });
  n6.rtGenid = (n6.rtGenid + 1) | 0;
}

/** A route that somebody kept: good while nothing in the tables changed (ip6_dst_check). */
function check(dst: DstEntry): DstEntry | null {
  const rt = dst as Rt6Info;
  if (rt.obsolete !== DST_OBSOLETE_FORCE_CHK || rt.rtGenid !== rt.net6.rtGenid) return null;
  if (rt.expires !== 0 && timeAfter(rt.net6.kernel.jiffies, rt.expires)) return null;
  return rt.from !== null && fib6Expired(rt.from) ? null : rt;
}

/** The MSS to announce when the route does not say (ip6_default_advmss). */
function advmss(dst: DstEntry): number {
  const rt = dst as Rt6Info;
  const mss = Math.max(ip6Mtu(rt) - IPV6HDR_LEN - 20, rt.net6.sysctlMinAdvmss);
  // A segment of more than 65,535 bytes cannot be said: then there is no limit.
  return mss > IPV6_MAXPLEN - 20 ? IPV6_MAXPLEN : mss;
}

/** Something is wrong with the route: what was learned from the network is forgotten (ip6_negative_advice). */
function negativeAdvice(dst: DstEntry): DstEntry | null {
  const rt = dst as Rt6Info;
  if (check(rt) === null) return null;
  if ((rt.rtFlags & RTF_CACHE) !== 0 && rt.nh !== null && rt.nh.exceptions !== null && rt.rtDst !== null) {
    const d = rt.rtDst;
    const e = rt.nh.exceptions.find(d[0]!, d[1]!, d[2]!, d[3]!);
    if (e !== null) rt.nh.exceptions.remove(e);
    rt.obsolete = DST_OBSOLETE_KILL;
    return null;
  }
  return rt;
}

/** The next hop does not answer: the sender is told «address unreachable» (ip6_link_failure). */
function linkFailure(skb: Skb): void {
  const rt = skb.dst as Rt6Info | null;
  if (rt === null) return;
  const nh = skb.networkHeader;
  if (nh >= 0 && nh + IPV6HDR_LEN <= skb.tail && ip6Version(skb.view, nh) === 6) rt.net6.fn.icmpSend(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0);
  if ((rt.rtFlags & RTF_CACHE) !== 0) negativeAdvice(rt);
}

function updatePmtu(dst: DstEntry, sk: object | null, skb: Skb | null, mtu: number): void {
  const rt = dst as Rt6Info;
  const n6 = rt.net6;
  if (skb !== null && skb.networkHeader >= 0) {
    a6LoadDaddr(n6.a6Tmp, skb.view, skb.networkHeader);
    rt6LearnPmtu(rt, n6.a6Tmp, mtu);
  } else if (sk !== null && (sk as InetSock).v6Daddr !== null) {
    rt6LearnPmtu(rt, (sk as InetSock).v6Daddr!, mtu);
  }
}

function neighLookup(dst: DstEntry, skb: Skb | null): Neighbour | null {
  const rt = dst as Rt6Info;
  if (skb !== null) return rt6NeighForSkb(rt, skb);
  const gw = rt.rtGw;
  return gw === null ? null : rt6Neigh(rt, gw[0]!, gw[1]!, gw[2]!, gw[3]!);
}

/** The operations of every IPv6 route (ip6_dst_ops). @alpha */
export const ip6DstOps: DstOps = {
  family: AF_INET6,
  check,
  mtu: ip6Mtu,
  advmss,
  negativeAdvice,
  linkFailure,
  updatePmtu,
  redirect: () => {},
  neighLookup,
};

/** Puts the flow of a packet that an ICMPv6 error quotes (`networkHeader` is at its header) into the control flow. @alpha */
export function quotedFlow6(n6: Ipv6Net, skb: Skb, oif: number): Flowi {
  const { view, networkHeader: nh } = skb;
  const fl = n6.flCtl;
  a6LoadDaddr(n6.a6Tmp, view, nh);
  a6LoadSaddr(n6.a6Tmp2, view, nh);
  flowiReset(fl);
  fl.daddr6 = n6.a6Tmp;
  fl.saddr6 = n6.a6Tmp2;
  fl.oif = oif;
  fl.mark = skb.mark;
  fl.flowlabel = ip6FlowLabel(view, nh);
  fl.proto = ip6Nexthdr(view, nh);
  return fl;
}

/** The packet that `skb` quotes was too long: the path takes `mtu` (ip6_update_pmtu). Does not consume. @alpha */
export function ip6UpdatePmtu(skb: Skb, net: Net, mtu: number, oif: number): void {
  const n6 = net.get(IPV6);
  const fl = quotedFlow6(n6, skb, oif);
  const rt = ip6RouteOutputFlags(n6, fl, oif !== 0);
  if (rt !== null) rt6LearnPmtu(rt, n6.a6Tmp, mtu);
}
