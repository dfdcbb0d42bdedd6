/** Routes that routers advertise: default routers (RFC 4861 6.3.4), more specific ones (RFC 4191). */
// datapath-ok-file: control messages
import type { NetDevice } from '@linnet/netdev';
import { DEVCONF_ACCEPT_RA, DEVCONF_ACCEPT_RA_MIN_LFT, ICMPV6_ROUTER_PREF_INVALID, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_NEWROUTE, RTN_UNICAST, RTPROT_RA } from '@linnet/uapi';
import { a6Equal, a6Prefix, IN6ADDR_ANY } from './addr6.ts';
import { fib6TableOf } from './fib6-config.ts';
import { Fib6Change, fib6Add, fib6CleanAll, fib6Del, fib6Exact, fib6SetExpires } from './fib6-table.ts';
import { Fib6Info, Fib6Nh } from './fib6-types.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { IP6_RT_PRIO_USER, RTF_ADDRCONF, RTF_DEFAULT, RTF_GATEWAY, RTF_PREF_MASK, RTF_ROUTEINFO, RTF_UP, rtfPref } from './route6-const.ts';

/** The route to a prefix that a router advertised, or null. */
function find(n6: Ipv6Net, dst: Int32Array, plen: number, gw: Int32Array, dev: NetDevice, flags: number): Fib6Info | null {
  for (let f = fib6Exact(fib6TableOf(n6, dev), dst, plen); f !== null; f = f.next) {
    const nh = f.nhs[0]!;
    if (nh.dev === dev && nh.gw !== null && a6Equal(nh.gw, gw) && (f.flags & flags) === flags) return f;
  }
  return null;
}

/** The default route by a router, or null (rt6_get_dflt_router). @alpha */
export function rt6GetDfltRouter(n6: Ipv6Net, gw: Int32Array, dev: NetDevice): Fib6Info | null {
  return find(n6, IN6ADDR_ANY, 0, gw, dev, RTF_ADDRCONF | RTF_DEFAULT);
}

/** Adds a route by a router; it has no end yet, and nobody was told. */
function add(n6: Ipv6Net, dst: Int32Array, plen: number, gw: Int32Array, dev: NetDevice, pref: number, metric: number, flags: number): Fib6Info | null {
  const f = new Fib6Info(n6, {
    dst, dstLen: plen, src: null, srcLen: 0, metric, protocol: RTPROT_RA, type: RTN_UNICAST,
    flags: RTF_UP | RTF_GATEWAY | RTF_ADDRCONF | flags | rtfPref(pref), error: 0, nhs: [new Fib6Nh(dev, dev.ifindex, Int32Array.from(gw), 0, 1)],
  });
  return fib6Add(n6, fib6TableOf(n6, dev), f, NLM_F_CREATE, new Fib6Change()) === 0 ? f : null;
}

function tell(f: Fib6Info, nlflags: number): void {
  f.net6.fn.rtmsgFib(RTM_NEWROUTE, f.table!, f, nlflags, null);
}

/** Takes a router as a default one (rt6_add_dflt_router); lifetime in seconds. @alpha */
export function rt6AddDfltRouter(n6: Ipv6Net, gw: Int32Array, dev: NetDevice, pref: number, metric: number, lifetime: number): Fib6Info | null {
  const f = add(n6, new Int32Array(4), 0, gw, dev, pref, metric, RTF_DEFAULT);
  if (f === null) return null;
  fib6SetExpires(f, lifetime);
  tell(f, NLM_F_CREATE | NLM_F_EXCL);
  return f;
}

/** Refreshes what a default router says about itself; another preference is told of, with the end that the route had (observed). @alpha */
export function rt6RefreshDfltRouter(f: Fib6Info, lifetime: number, pref: number): void {
  const was = f.flags & RTF_PREF_MASK;
  f.flags = (f.flags & ~RTF_PREF_MASK) | rtfPref(pref);
  if ((f.flags & RTF_PREF_MASK) !== was) tell(f, NLM_F_REPLACE);
  fib6SetExpires(f, lifetime);
}

/** Refreshes what a router says about a route of its: 0 seconds take it away. */
function rt6RefreshRoute(f: Fib6Info, lifetime: number, pref: number): void {
  const n6 = f.net6;
  if (lifetime === 0) {
    fib6Del(n6, f, null);
    return;
  }
  f.flags = (f.flags & ~RTF_PREF_MASK) | rtfPref(pref);
  fib6SetExpires(f, lifetime);
}

/** A route information option at `opt` (rt6_route_rcv, RFC 4191 2.3). False when it makes no sense. @alpha */
export function rt6RouteRcv(n6: Ipv6Net, view: DataView, opt: number, gw: Int32Array, dev: NetDevice): boolean {
  const len8 = view.getUint8(opt + 1);
  const plen = view.getUint8(opt + 2);
  const pref = (view.getUint8(opt + 3) >>> 3) & 3;
  if (len8 > 3 || plen > 128 || (plen > 64 && len8 < 3) || (plen > 0 && len8 < 2)) return false;
  // The reserved preference: the option must be ignored (RFC 4191 2.3).
  if (pref === ICMPV6_ROUTER_PREF_INVALID) return false;
  const lifetime = view.getUint32(opt + 4);
  const idev = in6DevGet(dev);
  if (lifetime !== 0 && idev !== null && lifetime < idev.conf(DEVCONF_ACCEPT_RA_MIN_LFT)) return true;
  const raw = new Int32Array(4);
  for (let i = 0; i < (len8 - 1) * 2; i++) raw[i] = view.getInt32(opt + 8 + 4 * i);
  const dst = new Int32Array(4);
  a6Prefix(dst, raw, plen);
  const f = plen === 0 ? rt6GetDfltRouter(n6, gw, dev) : find(n6, dst, plen, gw, dev, RTF_ADDRCONF | RTF_ROUTEINFO);
  if (f !== null) {
    rt6RefreshRoute(f, lifetime, pref);
    return true;
  }
  if (lifetime === 0) return true;
  const made = add(n6, dst, plen, gw, dev, pref, IP6_RT_PRIO_USER, plen === 0 ? RTF_DEFAULT : RTF_ROUTEINFO);
  if (made === null) return true;
  // It is told of before its end is known (observed).
  tell(made, NLM_F_CREATE | NLM_F_EXCL);
  fib6SetExpires(made, lifetime);
  return true;
}

/** No router is a default one any more: this machine is a router itself (rt6_purge_dflt_routers). Devices that listen even so keep theirs. @alpha */
export function rt6PurgeDfltRouters(n6: Ipv6Net): void {
  fib6CleanAll(n6, (f) => {
    if ((f.flags & RTF_DEFAULT) === 0 || (f.flags & RTF_ADDRCONF) === 0) return false;
    const dev = f.nhs[0]!.dev;
    const idev = dev === null ? null : in6DevGet(dev);
    return idev === null || idev.cnf.data[DEVCONF_ACCEPT_RA] !== 2;
  });
}
