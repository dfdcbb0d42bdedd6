/** IPv6's part in nexthop objects: checking hops, and the routes that use them (nh_create_ipv6, ip-nexthop(8)). */
// datapath-ok-file: configuration, but `good`
import { EINVAL } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { NEXTHOP, nexthopFindById, nexthopInfos, nexthopIsFdb, nexthopRegisterFamily, nexthopUnuse, nexthopUse } from '@linnet/inet';
import type { Nexthop, NexthopFamily, NhConfig, NhInfo } from '@linnet/inet';
import { NUD_VALID } from '@linnet/neigh';
import { l3mdevFibTable, netifCarrierOk } from '@linnet/netdev';
import { nlSetErrMsg } from '@linnet/netlink';
import type { Extack, NlRequest } from '@linnet/netlink';
import { AF_INET, AF_INET6, NLM_F_REPLACE, RTM_NEWROUTE, RTNH_F_LINKDOWN, RT_SCOPE_LINK } from '@linnet/uapi';
import { Fib6Config, fib6NhInit } from './fib6-config.ts';
import { fib6Del } from './fib6-table.ts';
import { Fib6Nh } from './fib6-types.ts';
import type { Fib6Info } from './fib6-types.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { RTF_GATEWAY } from './route6-const.ts';
import { rt6CacheFlush, rt6FlushNh } from './rt6-info.ts';

function create(net: Net, cfg: NhConfig, nhi: NhInfo, extack: Extack | null): number {
  nhi.scope = RT_SCOPE_LINK;
  if (cfg.fdb || nhi.blackhole) return 0;
  const fc = new Fib6Config();
  if (cfg.dev !== null) fc.table = l3mdevFibTable(cfg.dev);
  const nh = fib6NhInit(net.get(IPV6), fc, { oif: cfg.dev?.ifindex ?? 0, gw: cfg.gwFamily === AF_INET6 ? cfg.gw6 : null, flags: cfg.flags, weight: 1 });
  if (typeof nh !== 'number') {
    nhi.dev = nh.dev;
    return 0;
  }
  if (fc.error !== '') nlSetErrMsg(extack, fc.error);
  return nh;
}

/** May IPv6 routes use the object? (fib6_check_nexthop) 0 or -EINVAL, and why. */
function check(nh: Nexthop, extack: (message: string) => void): number {
  if (nexthopIsFdb(nh)) {
    extack('Route cannot point to a fdb nexthop');
    return -EINVAL;
  }
  if (nexthopInfos(nh).some((i) => i.family === AF_INET)) {
    extack('IPv6 routes can not use an IPv4 nexthop');
    return -EINVAL;
  }
  return 0;
}

/** The hops of an object for one route: each route has its own, so that what is cached for it is its own too. */
function hopsOf(nh: Nexthop): Fib6Nh[] {
  const one = (nhi: NhInfo, weight: number): Fib6Nh => {
    const { dev } = nhi;
    const down = dev !== null && !netifCarrierOk(dev) ? RTNH_F_LINKDOWN : 0;
    const hop = new Fib6Nh(dev, dev?.ifindex ?? 0, nhi.gwFamily === AF_INET6 ? nhi.gw6 : null, nhi.flags | down, weight);
    hop.blackhole = nhi.blackhole;
    return hop;
  };
  return nh.group === null ? [one(nh.info!, 1)] : nh.group.entries.map((e) => one(e.nh.info!, e.weight));
}

/** Finds the object that a route names, and makes the route's hops: `Ipv6Net.nhFind`. @alpha */
export function nexthop6Find(n6: Ipv6Net, cfg: Fib6Config): { obj: Nexthop; nhs: readonly Fib6Nh[] } | number {
  const obj = nexthopFindById(n6.net, cfg.nhId);
  if (obj === null) {
    cfg.error = 'Nexthop id does not exist';
    return -EINVAL;
  }
  const err = check(obj, (message) => { cfg.error = message; });
  return err !== 0 ? err : { obj, nhs: hopsOf(obj) };
}

/** A route over an object came into a table: `Ipv6Fn.nhUse`. @alpha */
export function nexthop6Use(f: Fib6Info): void {
  nexthopUse(f.nhObj as Nexthop, false, f);
}

/** It left it: `Ipv6Fn.nhRelease`. @alpha */
export function nexthop6Release(f: Fib6Info): void {
  for (const nh of f.nhs) rt6FlushNh(nh);
  nexthopUnuse(f.nhObj as Nexthop, false, f);
}

/** Users, the latest first: the order in which Linux goes through them. */
function latestFirst(users: ReadonlySet<object>): Fib6Info[] {
  return (Array.from(users) as Fib6Info[]).reverse();
}

const NEXTHOP6: NexthopFamily = {
  family: AF_INET6,
  create,
  // Each route has hops of its own, which it forgets itself.
  release: () => {},
  good(nhi) {
    if (nhi.gwFamily !== AF_INET6 || nhi.dev === null) return true;
    const gw = nhi.gw6!;
    const n = nhi.dev.net.get(IPV6).ndTbl.lookup4(gw[0]!, gw[1]!, gw[2]!, gw[3]!, nhi.dev);
    return n === null || (n.nudState & NUD_VALID) !== 0;
  },
  checkUsers: (_users, neu, extack) => check(neu, (message) => nlSetErrMsg(extack, message)),
  changed(nh, users) {
    for (const u of users) {
      const f = u as Fib6Info;
      for (const hop of f.nhs) rt6FlushNh(hop);
      f.nhs = hopsOf(nh);
      f.flags = f.nhs[0]!.gw === null ? f.flags & ~RTF_GATEWAY : f.flags | RTF_GATEWAY;
    }
    rt6CacheFlush(nh.net.get(IPV6));
  },
  notifyChanged(net: Net, users, req: NlRequest | null) {
    const n6 = net.get(IPV6);
    for (const f of latestFirst(users)) n6.fn.rtmsgFib(RTM_NEWROUTE, f.table!, f, NLM_F_REPLACE, req);
  },
  removed(net, users) {
    const n6 = net.get(IPV6);
    for (const f of latestFirst(users)) fib6Del(n6, f, null, !net.get(NEXTHOP).compatMode);
  },
};

/** Lets a namespace's IPv6 routes use nexthop objects. @alpha */
export function nexthop6Init(n6: Ipv6Net): void {
  n6.nhFind = nexthop6Find;
  n6.fn.nhUse = nexthop6Use;
  n6.fn.nhRelease = nexthop6Release;
  nexthopRegisterFamily(n6.net, NEXTHOP6);
}
