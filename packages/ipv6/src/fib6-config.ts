/** Routes as asked for: checking them, adding and deleting (ip6_route_add, ip6_route_del; messages as Linux 6.18 gives them). */
// datapath-ok-file: changing tables
import { EACCES, EAGAIN, EEXIST, EHOSTUNREACH, EINVAL, ENETDOWN, ENETUNREACH, ENODEV, ESRCH } from '@linnet/kernel';
import { flowiReset } from '@linnet/inet';
import { devGetByIndex, l3mdevFibTable, netifCarrierOk } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import {
  DEVCONF_DISABLE_IPV6, IFF_LOOPBACK, IFF_UP, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELROUTE, RTM_NEWROUTE, RTNH_F_LINKDOWN, RTNH_F_ONLINK,
  RTN_ANYCAST, RTN_BLACKHOLE, RTN_LOCAL, RTN_PROHIBIT, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE, RTPROT_BOOT, RTPROT_KERNEL, RT_TABLE_MAIN,
} from '@linnet/uapi';
import { a6Any, a6Clone, a6Equal, a6Prefix, ipv6AddrType, IPV6_ADDR_LINKLOCAL, IPV6_ADDR_MAPPED, IPV6_ADDR_UNICAST } from './addr6.ts';
import { ipv6ChkAddr } from './addr-find.ts';
import { Fib6Change, fib6Add, fib6Del, fib6Exact, fib6NewTable, fib6SetExpires } from './fib6-table.ts';
import { Fib6Info, Fib6Nh } from './fib6-types.ts';
import type { Fib6Table } from './fib6-table.ts';
import { in6DevGet, INFINITY_LIFE_TIME } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { fib6Lookup, fib6TableLookup } from './route6-lookup.ts';
import { rt6Bury } from './rt6-info.ts';
import {
  IP6_RT_PRIO_ADDRCONF, IP6_RT_PRIO_USER, RT6_LOOKUP_F_IFACE, RT6_LOOKUP_F_IGNORE_LINKSTATE, RTF_ANYCAST, RTF_EXPIRES, RTF_GATEWAY, RTF_LOCAL, RTF_NONEXTHOP, RTF_REJECT, RTF_UP,
} from './route6-const.ts';

/** A next hop as asked for. @alpha */
export interface Fib6NhConfig {
  readonly oif: number;
  /** Gateway, null: none. */
  readonly gw: Int32Array | null;
  /** RTNH_F_ONLINK or 0. */
  readonly flags: number;
  readonly weight: number;
}

/** A route as asked for (struct fib6_config). Fields that are zero or null were not given. @alpha */
export class Fib6Config {
  dst: Int32Array = new Int32Array(4);
  dstLen = 0;
  src: Int32Array | null = null;
  srcLen = 0;
  table = 0;
  metric = 0;
  protocol = 0;
  type = 0;
  /** RTF_* flags. */
  flags = 0;
  oif = 0;
  gw: Int32Array | null = null;
  /** RTNH_F_ONLINK or 0. */
  nhFlags = 0;
  prefsrc: Int32Array | null = null;
  metrics: Int32Array | null = null;
  ccAlgo = '';
  /** Seconds until the route ends, INFINITY_LIFE_TIME: never. */
  lifetime: number = INFINITY_LIFE_TIME;
  multipath: readonly Fib6NhConfig[] | null = null;
  /** Not the route is meant but what was learned about this one destination (RTM_F_CLONED). */
  learned = false;
  nhId = 0;
  /** NLM_F_* flags. */
  nlflags = 0;
  /** Message of the extended ACK, when there is an error. */
  error = '';
}

/** Looks a nexthop object up for a route: its hops, or a negative errno with `cfg.error` set. Filled in by whoever has nexthop objects. @alpha */
export type NhObjFind = (n6: Ipv6Net, cfg: Fib6Config) => { obj: object; nhs: readonly Fib6Nh[] } | number;

function fail(cfg: Fib6Config, message: string, err: number): number {
  cfg.error = message;
  return err;
}

/** The errno of packets by routes that say no. */
function typeError(type: number): number {
  switch (type) {
    case RTN_BLACKHOLE:
      return -EINVAL;
    case RTN_PROHIBIT:
      return -EACCES;
    case RTN_THROW:
      return -EAGAIN;
    case RTN_UNREACHABLE:
      return -EHOSTUNREACH;
    default:
      return -ENETUNREACH;
  }
}

/** May `gw` be a gateway? It must be a neighbour, by a route that has none itself (ip6_route_check_nh). Returns its device, or a negative errno. */
function checkGateway(n6: Ipv6Net, cfg: Fib6Config, gw: Int32Array, dev: NetDevice | null): NetDevice | number {
  const type = ipv6AddrType(gw);
  if ((type & IPV6_ADDR_LINKLOCAL) !== 0 && (type & IPV6_ADDR_UNICAST) !== 0) {
    if (dev === null) return fail(cfg, 'Egress device not specified', -EINVAL);
    if (ipv6ChkAddr(n6, gw, dev, false)) return fail(cfg, 'Gateway can not be a local address', -EINVAL);
    return dev;
  }
  if (ipv6ChkAddr(n6, gw, null, false)) return fail(cfg, 'Gateway can not be a local address', -EINVAL);
  if ((type & (IPV6_ADDR_UNICAST | IPV6_ADDR_MAPPED)) === 0) return fail(cfg, 'Invalid gateway address', -EINVAL);
  const fl = n6.flCtl;
  flowiReset(fl);
  fl.daddr6 = gw;
  fl.oif = dev === null ? 0 : dev.ifindex;
  const res = n6.resCtl;
  const flags = (dev === null ? 0 : RT6_LOOKUP_F_IFACE) | RT6_LOOKUP_F_IGNORE_LINKSTATE;
  // The route's own table, then whatever the rules say.
  const own = cfg.table === 0 ? undefined : n6.fibTables.get(cfg.table);
  const good = (): boolean => (res.f6i!.flags & RTF_REJECT) === 0 && res.nh!.gw === null && res.nh!.dev !== null;
  if (own !== undefined && fib6TableLookup(n6, own, fl, fl.oif, res, flags) === 0 && good()) return res.nh!.dev!;
  return fib6Lookup(n6, fl, fl.oif, res, flags) === 0 && good() ? res.nh!.dev! : -EHOSTUNREACH;
}

/** Does the main table know the gateway, declared to be on the link of `dev`, as one behind another device? Default routes and those that say no do not count. */
function elsewhere(n6: Ipv6Net, gw: Int32Array, dev: NetDevice): boolean {
  if ((ipv6AddrType(gw) & IPV6_ADDR_LINKLOCAL) !== 0) return false;
  const fl = n6.flCtl;
  flowiReset(fl);
  fl.daddr6 = gw;
  fl.oif = dev.ifindex;
  const res = n6.resCtl;
  if (fib6TableLookup(n6, n6.fibMain, fl, dev.ifindex, res, RT6_LOOKUP_F_IGNORE_LINKSTATE) !== 0) return false;
  const f = res.f6i!;
  return (f.flags & RTF_REJECT) === 0 && !a6Any(f.dst) && (f.type !== RTN_UNICAST || res.nh!.dev !== dev);
}

/** Makes a next hop (fib6_nh_init), or a negative errno. @alpha */
export function fib6NhInit(n6: Ipv6Net, cfg: Fib6Config, c: Fib6NhConfig): Fib6Nh | number {
  let dev: NetDevice | null = null;
  if (c.oif !== 0) {
    dev = devGetByIndex(n6.net, c.oif);
    if (dev === null) return -ENODEV;
    if (in6DevGet(dev) === null) return -ENODEV;
  }
  if ((c.flags & RTNH_F_ONLINK) !== 0) {
    if (dev === null) return fail(cfg, 'Nexthop device required for onlink', -ENODEV);
    if ((dev.flags & IFF_UP) === 0) return fail(cfg, 'Nexthop device is not up', -ENETDOWN);
  }
  if (c.gw !== null) {
    if ((c.flags & RTNH_F_ONLINK) !== 0) {
      const type = ipv6AddrType(c.gw);
      if ((type & (IPV6_ADDR_UNICAST | IPV6_ADDR_MAPPED)) === 0) return fail(cfg, 'Invalid gateway address', -EINVAL);
      if (ipv6ChkAddr(n6, c.gw, dev, false)) return fail(cfg, 'Gateway can not be a local address', -EINVAL);
      if (elsewhere(n6, c.gw, dev!)) return fail(cfg, 'Nexthop has invalid gateway or device mismatch', -EINVAL);
    } else {
      const found = checkGateway(n6, cfg, c.gw, dev);
      if (typeof found === 'number') return found;
      dev = found;
    }
    if ((dev!.flags & IFF_LOOPBACK) !== 0) return fail(cfg, 'Egress device can not be loopback device for this route', -EINVAL);
  }
  if (dev === null) return -ENODEV;
  const idev = in6DevGet(dev);
  if (idev === null) return -ENODEV;
  if (idev.cnf.data[DEVCONF_DISABLE_IPV6] !== 0) return fail(cfg, 'IPv6 is disabled on nexthop device', -EACCES);
  if ((dev.flags & IFF_UP) === 0) return fail(cfg, 'Nexthop device is not up', -ENETDOWN);
  let flags = c.flags & 0xff;
  if ((cfg.flags & (RTF_LOCAL | RTF_ANYCAST)) === 0 && !netifCarrierOk(dev)) flags |= RTNH_F_LINKDOWN;
  return new Fib6Nh(dev, dev.ifindex, c.gw, flags, c.weight);
}

/** A route over lo that is not to this machine leads nowhere: it is one that refuses, though it says no error (observed: Linux 6.18). */
function noWay(dev: NetDevice | null, flags: number): boolean {
  return dev !== null && (dev.flags & IFF_LOOPBACK) !== 0 && (flags & (RTF_LOCAL | RTF_ANYCAST)) === 0;
}

/** Makes a route from what was asked for (ip6_route_info_create), or a negative errno with `cfg.error` set. @alpha */
export function fib6CreateInfo(n6: Ipv6Net, cfg: Fib6Config, hop: Fib6NhConfig | null, find: NhObjFind | null): Fib6Info | number {
  if (cfg.dstLen > 128) return fail(cfg, 'Invalid prefix length', -EINVAL);
  if (cfg.srcLen > 128) return fail(cfg, 'Invalid source address length', -EINVAL);
  const dst = new Int32Array(4);
  a6Prefix(dst, cfg.dst, cfg.dstLen);
  let src: Int32Array | null = null;
  if (cfg.srcLen !== 0) {
    src = new Int32Array(4);
    if (cfg.src !== null) a6Prefix(src, cfg.src, cfg.srcLen);
  }
  let flags = (cfg.flags & ~(RTF_GATEWAY | RTF_EXPIRES)) | RTF_UP;
  const reject = (flags & RTF_REJECT) !== 0;
  let error = 0;
  let nhs: readonly Fib6Nh[];
  let nhObj: object | null = null;
  if (cfg.nhId !== 0) {
    if (find === null) return fail(cfg, 'Nexthop id does not exist', -EINVAL);
    if (cfg.srcLen !== 0) return fail(cfg, 'Nexthops can not be used with source routing', -EINVAL);
    const r = find(n6, cfg);
    if (typeof r === 'number') return r;
    nhObj = r.obj;
    nhs = r.nhs;
    if (nhs[0]!.gw !== null) flags |= RTF_GATEWAY;
    if (reject) error = typeError(cfg.type);
  } else if (reject) {
    const lo = n6.loopbackDev;
    if (lo === null) return -ENODEV;
    nhs = [new Fib6Nh(lo, lo.ifindex, null, 0, 1)];
    flags = RTF_REJECT | RTF_NONEXTHOP;
    error = typeError(cfg.type);
  } else {
    const nh = fib6NhInit(n6, cfg, hop ?? { oif: cfg.oif, gw: cfg.gw, flags: cfg.nhFlags, weight: 1 });
    if (typeof nh === 'number') return nh;
    nhs = [nh];
    if (nh.gw !== null) flags |= RTF_GATEWAY;
    else if (noWay(nh.dev, flags)) flags = RTF_REJECT | RTF_NONEXTHOP;
  }
  if (cfg.prefsrc !== null && !a6Any(cfg.prefsrc)) {
    const dev = nhs[0]!.dev;
    if (!ipv6ChkAddr(n6, cfg.prefsrc, (ipv6AddrType(cfg.prefsrc) & IPV6_ADDR_LINKLOCAL) !== 0 ? dev : null, false)) return fail(cfg, 'Invalid source address', -EINVAL);
  }
  const f = new Fib6Info(n6, {
    dst, dstLen: cfg.dstLen, src, srcLen: cfg.srcLen, metric: cfg.metric !== 0 ? cfg.metric : IP6_RT_PRIO_USER, protocol: cfg.protocol !== 0 ? cfg.protocol : RTPROT_BOOT,
    type: cfg.type !== 0 ? cfg.type : RTN_UNICAST, flags, error, nhs,
  });
  if (cfg.prefsrc !== null && !a6Any(cfg.prefsrc)) f.prefsrc = a6Clone(cfg.prefsrc);
  if (cfg.metrics !== null) f.metrics = cfg.metrics;
  f.ccAlgo = cfg.ccAlgo;
  f.nhObj = nhObj;
  f.nhId = cfg.nhId;
  if (cfg.lifetime < INFINITY_LIFE_TIME) fib6SetExpires(f, cfg.lifetime);
  return f;
}

/** Adds a route (ip6_route_add) and tells of it. 0 or a negative errno, `cfg.error` set where Linux gives a message. @alpha */
export function ip6RouteAdd(n6: Ipv6Net, cfg: Fib6Config, req: NlRequest | null = null, find: NhObjFind | null = null): number {
  if (cfg.multipath !== null) return multipathAdd(n6, cfg, cfg.multipath, req);
  const f = fib6CreateInfo(n6, cfg, null, find);
  if (typeof f === 'number') return f;
  const tb = fib6NewTable(n6, cfg.table);
  const out = new Fib6Change();
  const err = fib6Add(n6, tb, f, cfg.nlflags, out);
  if (err !== 0) {
    cfg.error = out.error;
    return err;
  }
  n6.fn.rtmsgFib(RTM_NEWROUTE, tb, f, cfg.nlflags & 0xf00, req);
  return 0;
}

/** A route over several gateways: each is a route of its own, told of as one (ip6_route_multipath_add). */
function multipathAdd(n6: Ipv6Net, cfg: Fib6Config, hops: readonly Fib6NhConfig[], req: NlRequest | null): number {
  const made: Fib6Info[] = [];
  for (const hop of hops) {
    if (hop.gw === null) return fail(cfg, 'Device only routes can not be added for IPv6 using the multipath API.', -EINVAL);
    const f = fib6CreateInfo(n6, cfg, hop, null);
    if (typeof f === 'number') return f;
    const nh = f.nhs[0]!;
    if (made.some((m) => m.nhs[0]!.dev === nh.dev && a6Equal(m.nhs[0]!.gw!, nh.gw!))) return -EEXIST;
    made.push(f);
  }
  const tb = fib6NewTable(n6, cfg.table);
  const out = new Fib6Change();
  let nlflags = cfg.nlflags;
  const added: Fib6Info[] = [];
  for (const f of made) {
    const err = fib6Add(n6, tb, f, nlflags, out);
    if (err !== 0) {
      cfg.error = out.error;
      for (const a of added) fib6Del(n6, a, req, true);
      return err;
    }
    added.push(f);
    nlflags = (nlflags & ~(NLM_F_EXCL | NLM_F_REPLACE)) | NLM_F_CREATE;
  }
  n6.fn.rtmsgFib(RTM_NEWROUTE, tb, added[0]!, cfg.nlflags & 0xf00 & ~NLM_F_EXCL, req);
  return 0;
}

function matches(f: Fib6Info, cfg: Fib6Config, oif: number, gw: Int32Array | null): boolean {
  if (cfg.nhId !== 0 && f.nhId !== cfg.nhId) return false;
  const nh = f.nhs[0]!;
  if (oif !== 0 && nh.oif !== oif) return false;
  if (gw !== null && (nh.gw === null || !a6Equal(nh.gw, gw))) return false;
  if (cfg.metric !== 0 && f.metric !== cfg.metric) return false;
  return cfg.protocol === 0 || cfg.protocol === f.protocol;
}

function sourceMatches(f: Fib6Info, cfg: Fib6Config): boolean {
  if (f.srcLen !== cfg.srcLen) return false;
  return f.srcLen === 0 || (cfg.src !== null && a6Equal(f.src!, cfg.src));
}

/** Deletes the first route that answers the description, with its siblings when no gateway is named (ip6_route_del). -ESRCH when none does. @alpha */
export function ip6RouteDel(n6: Ipv6Net, cfg: Fib6Config, req: NlRequest | null = null): number {
  if (cfg.learned) return delLearned(n6, cfg);
  if (cfg.multipath === null) return delOne(n6, cfg, cfg.oif, cfg.gw, req);
  let last = 0;
  for (const hop of cfg.multipath) {
    const err = delOne(n6, cfg, hop.oif, hop.gw, req);
    if (err !== 0) last = err;
  }
  return last;
}

/** Forgets what was learned about a destination. 0 or -ESRCH. */
function delLearned(n6: Ipv6Net, cfg: Fib6Config): number {
  const tb = n6.fibTables.get(cfg.table !== 0 ? cfg.table : RT_TABLE_MAIN);
  if (tb === undefined) return fail(cfg, 'FIB table does not exist', -ESRCH);
  const d = cfg.dst;
  for (let leaf = tb.lpm.find(d[0]!, d[1]!, d[2]!, d[3]!); leaf !== 0; leaf = tb.lpm.cover(leaf)) {
    for (let f = tb.heads[leaf] ?? null; f !== null; f = f.next) {
      for (const nh of f.nhs) {
        const e = nh.exceptions?.find(d[0]!, d[1]!, d[2]!, d[3]!) ?? null;
        if (e === null || (cfg.oif !== 0 && nh.oif !== cfg.oif)) continue;
        const gw = e.gw ?? nh.gw;
        if (cfg.gw !== null && (gw === null || !a6Equal(gw, cfg.gw))) continue;
        rt6Bury(e.rt);
        nh.exceptions!.remove(e);
        return 0;
      }
    }
  }
  return -ESRCH;
}

function delOne(n6: Ipv6Net, cfg: Fib6Config, oif: number, gw: Int32Array | null, req: NlRequest | null): number {
  const tb = n6.fibTables.get(cfg.table !== 0 ? cfg.table : RT_TABLE_MAIN);
  if (tb === undefined) return fail(cfg, 'FIB table does not exist', -ESRCH);
  const dst = new Int32Array(4);
  a6Prefix(dst, cfg.dst, cfg.dstLen);
  for (let f = fib6Exact(tb, dst, cfg.dstLen); f !== null; f = f.next) {
    if (!sourceMatches(f, cfg) || !matches(f, cfg, oif, gw)) continue;
    if (gw !== null || f.siblings === null) return fib6Del(n6, f, req);
    const all = f.siblings.slice();
    n6.fn.rtmsgFib(RTM_DELROUTE, tb, f, 0, req);
    for (const s of all) fib6Del(n6, s, req, true);
    return 0;
  }
  return -ESRCH;
}

/** Where routes of a device's own are: in the table of its layer 3 master, else in `main` or another of the namespace's. @alpha */
export function fib6TableOf(n6: Ipv6Net, dev: NetDevice, table: Fib6Table = n6.fibMain): Fib6Table {
  const id = l3mdevFibTable(dev);
  return id === 0 ? table : fib6NewTable(n6, id);
}

/** A route of the kernel's own over one device: to a prefix (fc_*: addrconf_prefix_route and its likes). The route, or null when it cannot be made. @alpha */
export function addKernelRoute(n6: Ipv6Net, dst: Int32Array, plen: number, dev: NetDevice, a: { type?: number; table?: number; metric?: number; flags?: number; protocol?: number; lifetime?: number }): Fib6Info | null {
  const nh = new Fib6Nh(dev, dev.ifindex, null, 0, 1);
  const masked = new Int32Array(4);
  a6Prefix(masked, dst, plen);
  const type = a.type ?? RTN_UNICAST;
  if (type !== RTN_LOCAL && type !== RTN_ANYCAST && !netifCarrierOk(dev)) nh.flags |= RTNH_F_LINKDOWN;
  const f = new Fib6Info(n6, {
    dst: masked, dstLen: plen, src: null, srcLen: 0, metric: a.metric ?? IP6_RT_PRIO_ADDRCONF, protocol: a.protocol ?? RTPROT_KERNEL, type,
    flags: type === RTN_UNICAST && noWay(dev, 0) ? RTF_REJECT | RTF_NONEXTHOP : RTF_UP | (a.flags ?? 0), error: 0, nhs: [nh],
  });
  if (a.lifetime !== undefined) fib6SetExpires(f, a.lifetime);
  const tb = fib6TableOf(n6, dev, fib6NewTable(n6, a.table ?? RT_TABLE_MAIN));
  const err = fib6Add(n6, tb, f, NLM_F_CREATE, new Fib6Change());
  if (err !== 0) return null;
  n6.fn.rtmsgFib(RTM_NEWROUTE, tb, f, NLM_F_CREATE | NLM_F_EXCL, null);
  return f;
}

/** The route by which packets for a local or anycast address come in (addrconf_f6i_alloc): metric 0, in the local table. Null when it is there already. @alpha */
export function addLocalRoute(n6: Ipv6Net, dev: NetDevice, addr: Int32Array, anycast: boolean): Fib6Info | null {
  const f = new Fib6Info(n6, {
    dst: a6Clone(addr), dstLen: 128, src: null, srcLen: 0, metric: 0, protocol: RTPROT_KERNEL, type: anycast ? RTN_ANYCAST : RTN_LOCAL,
    flags: RTF_UP | RTF_NONEXTHOP | (anycast ? RTF_ANYCAST : RTF_LOCAL), error: 0, nhs: [new Fib6Nh(dev, dev.ifindex, null, 0, 1)],
  });
  const tb = fib6TableOf(n6, dev, n6.fibLocal);
  const err = fib6Add(n6, tb, f, NLM_F_CREATE, new Fib6Change());
  if (err !== 0) return null;
  n6.fn.rtmsgFib(RTM_NEWROUTE, tb, f, NLM_F_CREATE | NLM_F_EXCL, null);
  return f;
}

