/** Routes in use: made from the answers of lookups, for packets that go out and that come in (net/ipv6/route.c). */
import { EACCES, EADDRNOTAVAIL, EINVAL, ENETUNREACH, timeAfter } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { FLOWI_FLAG_KNOWN_NH, flowiReset } from '@linnet/inet';
import type { Flowi } from '@linnet/inet';
import { dstDiscard, dstInitMetrics } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import {
  DEVCONF_FORWARDING, IFF_LOOPBACK, RTN_ANYCAST, RTN_BLACKHOLE, RTN_LOCAL, RTN_MULTICAST, RTN_PROHIBIT, ip6FlowLabel, ip6Nexthdr, ip6TrafficClass,
} from '@linnet/uapi';
import { a6Any, a6LoadDaddr, a6LoadSaddr, a6Multicast, rt6NeedStrict } from './addr6.ts';
import { NO_METRICS6 } from './fib6-types.ts';
import type { Fib6Info, Fib6Nh, Fib6Result, Rt6Exception } from './fib6-types.ts';
import { ip6FlowPorts } from './flow6-ports.ts';
import { in6DevGet } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { multipathWantsPorts } from './multipath6.ts';
import { inet6Sk } from './pinfo.ts';
import {
  RT6_LOOKUP_F_HAS_SADDR, RT6_LOOKUP_F_IFACE, RT6_LOOKUP_F_REACHABLE, RTF_ANYCAST, RTF_CACHE, RTF_DYNAMIC, RTF_GATEWAY, RTF_LOCAL, RTF_NONEXTHOP, RTF_REJECT,
} from './route6-const.ts';
import { fib6Lookup } from './route6-lookup.ts';
import { Rt6Info, rt6Bury, rt6CacheValid } from './rt6-info.ts';

/** The device of packets by a route: local ones pass over lo (ip6_rt_get_dev_rcu). */
function routeDev(n6: Ipv6Net, f: Fib6Info, nh: Fib6Nh): NetDevice | null {
  return (f.flags & (RTF_LOCAL | RTF_ANYCAST)) !== 0 ? n6.loopbackDev : nh.dev;
}

/** Makes the route of a hop (ip6_create_rt_rcu). */
function makeRoute(n6: Ipv6Net, f: Fib6Info, nh: Fib6Nh): Rt6Info | null {
  const dev = routeDev(n6, f, nh);
  if (dev === null) return null;
  const idev = nh.dev === null ? null : in6DevGet(nh.dev);
  const rt = new Rt6Info(n6, n6.fn.dstOps, dev, f, nh, idev, f.flags, f.type);
  const { fn } = n6;
  if (nh.gw !== null) {
    rt.rtGw = nh.gw;
    rt.rtFlags |= RTF_GATEWAY;
  }
  if (f.error !== 0 || nh.blackhole) {
    rt.error = f.error !== 0 ? f.error : -EINVAL;
    if (f.type === RTN_BLACKHOLE || nh.blackhole) {
      rt.input = dstDiscard;
      rt.output = fn.pktDiscardOut;
    } else if (f.type === RTN_PROHIBIT) {
      rt.input = fn.pktProhibit;
      rt.output = fn.pktProhibitOut;
    } else {
      rt.input = fn.pktDiscard;
      rt.output = fn.pktDiscardOut;
    }
    return rt;
  }
  rt.output = fn.ip6Output;
  if (f.type === RTN_LOCAL || f.type === RTN_ANYCAST) rt.input = fn.ip6Input;
  else if (f.type === RTN_MULTICAST) rt.input = fn.ip6McInput;
  else rt.input = fn.ip6Forward;
  if (f.metrics !== NO_METRICS6) dstInitMetrics(rt, f.metrics);
  return rt;
}

/** The live exception of a destination over a hop; one that is over is forgotten. @alpha */
export function rt6FindException(n6: Ipv6Net, nh: Fib6Nh, d: Int32Array): Rt6Exception | null {
  const e = nh.exceptions!.find(d[0]!, d[1]!, d[2]!, d[3]!);
  if (e === null) return null;
  if (!timeAfter(n6.kernel.jiffies, e.expires)) return e;
  rt6Bury(e.rt);
  nh.exceptions!.remove(e);
  return null;
}

/** The route of an exception. @alpha */
export function rt6ExceptionRoute(n6: Ipv6Net, f: Fib6Info, nh: Fib6Nh, e: Rt6Exception): Rt6Info | null {
  if (rt6CacheValid(e.rt)) return e.rt;
  const rt = makeRoute(n6, f, nh);
  if (rt === null) return null;
  rt.rtDst = e.dst;
  rt.rtFlags |= RTF_CACHE;
  rt.rtPmtu = e.pmtu;
  rt.expires = e.expires === 0 ? 1 : e.expires;
  if (e.gw !== null) {
    rt.rtGw = e.gw;
    rt.rtFlags |= RTF_GATEWAY | RTF_DYNAMIC;
  }
  e.rt = rt;
  return rt;
}

/** The route of a lookup's answer, cached at its hop (rt6_get_pcpu_route and its likes). Allocates only for a hop seen for the first time. */
function routeOf(n6: Ipv6Net, res: Fib6Result, daddr: Int32Array): Rt6Info | null {
  const f = res.f6i!;
  const nh = res.nh!;
  if (nh.exceptions !== null) {
    const e = rt6FindException(n6, nh, daddr);
    if (e !== null) return rt6ExceptionRoute(n6, f, nh, e);
  }
  const old = nh.rt;
  // Routes that share a nexthop object share its hops: the cached one may be another route's.
  if (rt6CacheValid(old) && old.from === f) return old;
  const rt = makeRoute(n6, f, nh);
  nh.rt = rt;
  return rt;
}

/** The route of received packets that have none, by what refused them: no route (-ENETUNREACH), a rule that prohibits (-EACCES) or swallows them (-EINVAL). Null only without lo. */
function refusal(n6: Ipv6Net, err: number): Rt6Info | null {
  const lo = n6.loopbackDev;
  if (lo === null) return null;
  const kind = err === -EACCES ? 1 : err === -EINVAL ? 2 : 0;
  const old = n6.refusals[kind] as Rt6Info | null;
  if (old !== null && old.dev === lo) return old;
  const { fn } = n6;
  const rt = new Rt6Info(n6, fn.dstOps, lo, null, null, in6DevGet(lo), RTF_REJECT | RTF_NONEXTHOP, 0);
  rt.error = kind === 0 ? -ENETUNREACH : err;
  rt.input = kind === 1 ? fn.pktProhibit : kind === 2 ? dstDiscard : fn.pktDiscard;
  rt.output = fn.pktDiscardOut;
  n6.refusals[kind] = rt;
  return rt;
}

/** Flags of a lookup for packets of this machine. */
function hostFlags(n6: Ipv6Net): number {
  return n6.devconfAll.data[DEVCONF_FORWARDING] === 0 ? RT6_LOOKUP_F_REACHABLE : 0;
}

/**
 * The route for a flow, source as given (ip6_route_output_flags); null: `fl.error`. `strict` binds it to `fl.oif`.
 * @alpha
 */
export function ip6RouteOutputFlags(n6: Ipv6Net, fl: Flowi, strict: boolean): Rt6Info | null {
  const anySrc = fl.saddr6 === null || a6Any(fl.saddr6);
  // For the rules what starts here came in by `lo`.
  fl.iif = 1;
  let flags = hostFlags(n6);
  if (strict || rt6NeedStrict(fl.daddr6!) || (anySrc && fl.oif !== 0)) flags |= RT6_LOOKUP_F_IFACE;
  if (!anySrc) flags |= RT6_LOOKUP_F_HAS_SADDR;
  const res = n6.resOut;
  const err = fib6Lookup(n6, fl, fl.oif, res, flags);
  if (err !== 0) {
    fl.error = err;
    return null;
  }
  const rt = routeOf(n6, res, fl.daddr6!);
  if (rt === null || rt.error !== 0) {
    fl.error = rt === null ? -ENETUNREACH : rt.error;
    return null;
  }
  fl.error = 0;
  if ((fl.flags & FLOWI_FLAG_KNOWN_NH) === 0 || rt.rtGw !== null || rt.from === null || rt.nh === null || (rt.rtFlags & RTF_LOCAL) !== 0) return rt;
  // Who knows the next hop has a route of its own, whatever the header will say.
  const own = makeRoute(n6, rt.from, rt.nh);
  if (own !== null) own.rtGw = Int32Array.from(fl.daddr6!);
  return own;
}

/** The source that a route gives its packets: its own preferred one, else the best of the machine (ip6_route_get_saddr). Null: none. @alpha */
export function ip6RouteGetSaddr(n6: Ipv6Net, rt: Rt6Info, daddr: Int32Array, prefs: number): Int32Array | null {
  const f = rt.from;
  if (f !== null && f.prefsrc !== null) return f.prefsrc;
  const dev = rt.idev !== null && (rt.rtFlags & (RTF_LOCAL | RTF_ANYCAST)) !== 0 ? rt.idev.dev : rt.dev;
  return n6.fn.getSaddr(n6, dev, daddr, prefs);
}

/**
 * Finds the way out for a flow, choosing a source where there is none (ip6_dst_lookup_flow). Null: `fl.error` is the negative errno.
 * @alpha
 */
export function ip6RouteOutput(n6: Ipv6Net, fl: Flowi, sk: object | null): Rt6Info | null {
  const np = inet6Sk(sk);
  const strict = sk !== null && (sk as { boundDevIf?: number }).boundDevIf !== undefined && (sk as { boundDevIf: number }).boundDevIf !== 0;
  if (fl.saddr6 !== null && a6Multicast(fl.saddr6)) {
    fl.error = -EINVAL;
    return null;
  }
  let rt = ip6RouteOutputFlags(n6, fl, strict);
  if (rt === null) return null;
  if (fl.saddr6 === null || a6Any(fl.saddr6)) {
    const saddr = ip6RouteGetSaddr(n6, rt, fl.daddr6!, np === null ? 0 : np.srcprefs);
    if (saddr === null) {
      fl.error = -EADDRNOTAVAIL;
      return null;
    }
    fl.saddr6 = saddr;
    if (n6.fibSubtrees !== 0) rt = ip6RouteOutputFlags(n6, fl, strict);
  }
  return rt;
}

/** `ip6RouteOutput` by namespace: `InetAf.routeOutput`. @alpha */
export function ip6RouteOutputFlow(net: Net, fl: Flowi, sk: object | null): Rt6Info | null {
  return ip6RouteOutput(net.get(IPV6), fl, sk);
}

/** The route of a flow that came in by `iif` (ip6_route_input_lookup): one that says no is a route too. Null only without lo. @alpha */
export function ip6RouteInputLookup(n6: Ipv6Net, fl: Flowi, iif: number, skb: Skb | null): Rt6Info | null {
  const flags = RT6_LOOKUP_F_HAS_SADDR | (rt6NeedStrict(fl.daddr6!) ? RT6_LOOKUP_F_IFACE : 0);
  const res = n6.resIn;
  const err = fib6Lookup(n6, fl, iif, res, flags | hostFlags(n6), skb);
  if (err !== 0) return refusal(n6, err);
  return routeOf(n6, res, fl.daddr6!) ?? refusal(n6, -ENETUNREACH);
}

/** Finds the way of a received packet and sets `skb.dst` (ip6_route_input); `networkHeader` is at the header. Allocates nothing for hops seen before. @alpha */
export function ip6RouteInput(n6: Ipv6Net, skb: Skb, dev: NetDevice): void {
  const { view, networkHeader: nh } = skb;
  const fl = n6.flIn;
  a6LoadDaddr(n6.a6In, view, nh);
  a6LoadSaddr(n6.a6InSrc, view, nh);
  fl.daddr6 = n6.a6In;
  fl.saddr6 = n6.a6InSrc;
  fl.oif = 0;
  fl.iif = dev.ifindex;
  fl.mark = skb.mark;
  fl.flowlabel = ip6FlowLabel(view, nh);
  fl.tos = ip6TrafficClass(view, nh);
  fl.flags = 0;
  // Which VRF it is in is found out anew; to rules, received packets are root's (observed on Linux 6.18).
  fl.l3mdev = 0;
  fl.uid = 0;
  if (n6.fibRulesWantPorts || multipathWantsPorts(n6)) {
    ip6FlowPorts(n6, fl, skb, nh);
  } else {
    fl.proto = ip6Nexthdr(view, nh);
    fl.sport = 0;
    fl.dport = 0;
  }
  skb.dst = ip6RouteInputLookup(n6, fl, dev.ifindex, skb);
}

/** The kind of an address as the tables see it, RTN_*, on `dev` or anywhere (ip6_addr_type of lookups): RTN_LOCAL, RTN_ANYCAST, RTN_MULTICAST or RTN_UNICAST. @alpha */
export function ip6AddrRtType(n6: Ipv6Net, a: Int32Array, dev: NetDevice | null): number {
  if (a6Multicast(a)) return RTN_MULTICAST;
  const fl = n6.flCtl;
  flowiReset(fl);
  fl.daddr6 = a;
  const res = n6.resCtl;
  const strict = dev !== null && (dev.flags & IFF_LOOPBACK) === 0;
  if (fib6Lookup(n6, fl, strict ? dev.ifindex : 0, res, strict ? RT6_LOOKUP_F_IFACE : 0) !== 0) return 0;
  return res.type;
}
