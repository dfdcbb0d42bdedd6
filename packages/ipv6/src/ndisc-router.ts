/** What routers say: advertisements (RFC 4861 6.3.4), redirects (8.3); and hosts that look for routers. */
// datapath-ok-file: control messages
import { HZ } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import {
  NEIGH_UPDATE_F_ISROUTER, NEIGH_UPDATE_F_OVERRIDE, NEIGH_UPDATE_F_OVERRIDE_ISROUTER, NEIGH_UPDATE_F_WEAK_OVERRIDE, neighUpdate,
} from '@linnet/neigh';
import type { Neighbour } from '@linnet/neigh';
import { NlWriter, RTAX_HOPLIMIT, RTAX_MAX, RTAX_MTU, RTM_NEWNDUSEROPT, RTNLGRP_ND_USEROPT, AF_INET6 } from '@linnet/uapi';
import { rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import { consumeSkb, DROP, kfreeSkbReason } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  DEVCONF_ACCEPT_RA_DEFRTR, DEVCONF_ACCEPT_RA_FROM_LOCAL, DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT, DEVCONF_ACCEPT_RA_MIN_LFT, DEVCONF_ACCEPT_RA_MTU, DEVCONF_ACCEPT_RA_PINFO,
  DEVCONF_ACCEPT_RA_RTR_PREF, DEVCONF_ACCEPT_RA_RT_INFO_MAX_PLEN, DEVCONF_ACCEPT_RA_RT_INFO_MIN_PLEN, DEVCONF_ACCEPT_REDIRECTS, DEVCONF_FORWARDING, DEVCONF_HOPLIMIT, DEVCONF_MTU6,
  DEVCONF_RA_DEFRTR_METRIC, ICMPV6_ROUTER_PREF_INVALID, ICMPV6_ROUTER_PREF_MEDIUM, IPV6_MIN_MTU, NTF_ROUTER, NUD_STALE,
} from '@linnet/uapi';
import { a6Any, a6Equal, a6Linklocal, a6Load, a6LoadSaddr, a6Multicast } from './addr6.ts';
import { ipv6ChkAddr } from './addr-find.ts';
import { ipv6AcceptRa } from './addrconf.ts';
import { fib6CleanAll, fib6Del } from './fib6-table.ts';
import { NO_METRICS6 } from './fib6-types.ts';
import type { Fib6Info } from './fib6-types.ts';
import { IF_RA_MANAGED, IF_RA_OTHERCONF, IF_RA_RCVD, IF_RS_SENT } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ND_OPT_MTU, ND_OPT_PREFIX_INFO, ND_OPT_ROUTE_INFO, ND_OPT_SOURCE_LL_ADDR, ND_OPT_TARGET_LL_ADDR } from './ndisc-send.ts';
import { ndLlOpt, ndOptsValid } from './ndisc-opts.ts';
import { RT6_LOOKUP_F_IFACE, RTF_GATEWAY } from './route6-const.ts';
import { rt6LearnRedirect, rt6MtuChange } from './route6-exception.ts';
import { fib6Lookup } from './route6-lookup.ts';
import { rt6AddDfltRouter, rt6GetDfltRouter, rt6RefreshDfltRouter, rt6RouteRcv } from './route6-ra.ts';
import { ip6RouteOutputFlags } from './route6.ts';
import { rt6CacheFlush } from './rt6-info.ts';

function drop(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return 0;
}

function neighOf(n6: Ipv6Net, a: Int32Array, dev: NetDevice): Neighbour | null {
  const n = n6.ndTbl.lookup4Counted(a[0]!, a[1]!, a[2]!, a[3]!, dev);
  if (n !== null) return n;
  const made = n6.ndTbl.create(dev, a[0]!, a[1]!, a[2]!, a[3]!);
  return typeof made === 'number' ? null : made;
}

/** A router is only a host now: no default route by it (rt6_clean_tohost). @alpha */
export function rt6CleanToHost(n6: Ipv6Net, gw: Int32Array, dev: NetDevice): void {
  fib6CleanAll(n6, (f) => {
    const nh = f.nhs[0]!;
    return f.nhObj === null && (f.flags & 0x00040000) !== 0 && nh.dev === dev && nh.gw !== null && a6Equal(nh.gw, gw);
  });
}

/** A router solicitation: a router learns the asker's address (ndisc_recv_rs). Consumes. @alpha */
export function ndiscRecvRs(idev: Inet6Dev, skb: Skb): number {
  const n6 = idev.net6;
  if (skb.len < 8) return drop(skb, DROP.PKT_TOO_SMALL);
  const saddr = new Int32Array(4);
  a6LoadSaddr(saddr, skb.view, skb.networkHeader);
  if (idev.conf(DEVCONF_FORWARDING) !== 0 && !a6Any(saddr) && ndOptsValid(skb, skb.data + 8)) {
    const ll = ndLlOpt(skb, skb.data + 8, ND_OPT_SOURCE_LL_ADDR, idev.dev);
    if (ll > 0) {
      const n = neighOf(n6, saddr, idev.dev);
      if (n !== null) neighUpdate(n, skb.u8, ll, NUD_STALE, NEIGH_UPDATE_F_WEAK_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE_ISROUTER, null);
    }
  }
  consumeSkb(skb);
  return 0;
}

/** Options that programs want: prefixes, recursive DNS servers, search lists, captive portals, NAT64 prefixes. */
const USER_OPTS: ReadonlySet<number> = new Set([ND_OPT_PREFIX_INFO, 25, 31, 37, 38]);

/** Tells netlink of an option that is for programs (ndisc_ra_useropt). */
function userOption(idev: Inet6Dev, skb: Skb, opt: number, saddr: Int32Array): void {
  const { net } = idev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_ND_USEROPT)) return;
  const len = skb.u8[opt + 1]! << 3;
  const w = new NlWriter({ capacity: 256 });
  w.begin(RTM_NEWNDUSEROPT, 0, 0, 0);
  const off = w.reserve(16);
  w.view.setUint8(off, AF_INET6);
  w.view.setUint16(off + 2, len, true);
  w.view.setInt32(off + 4, idev.dev.ifindex, true);
  w.view.setUint8(off + 8, skb.u8[skb.data]!);
  w.view.setUint8(off + 9, skb.u8[skb.data + 1]!);
  w.append(skb.u8.slice(opt, opt + len));
  w.putIn6Addr(1, saddr);
  if (w.end() > 0) rtnlNotify(net, w, RTNLGRP_ND_USEROPT);
}

/** The default route that an advertisement brings or refreshes, null when it brings none or takes it away. */
function defaultRouter(idev: Inet6Dev, skb: Skb, saddr: Int32Array): Fib6Info | null {
  const n6 = idev.net6;
  const { dev } = idev;
  const at = skb.data;
  const lifetime = skb.view.getUint16(at + 6);
  if (idev.conf(DEVCONF_ACCEPT_RA_DEFRTR) === 0) return null;
  if (lifetime !== 0 && lifetime < idev.conf(DEVCONF_ACCEPT_RA_MIN_LFT)) return null;
  if (idev.conf(DEVCONF_ACCEPT_RA_FROM_LOCAL) === 0 && ipv6ChkAddr(n6, saddr, dev, false)) return null;
  let pref = (skb.u8[at + 5]! >>> 3) & 3;
  // A reserved preference counts as the medium one here (RFC 4191 2.2).
  if (pref === ICMPV6_ROUTER_PREF_INVALID || idev.conf(DEVCONF_ACCEPT_RA_RTR_PREF) === 0) pref = ICMPV6_ROUTER_PREF_MEDIUM;
  const metric = idev.conf(DEVCONF_RA_DEFRTR_METRIC) >>> 0;
  let f = rt6GetDfltRouter(n6, saddr, dev);
  if (f !== null && (lifetime === 0 || f.metric !== metric)) {
    fib6Del(n6, f, null);
    f = null;
  }
  if (f === null) {
    if (lifetime === 0) return null;
    f = rt6AddDfltRouter(n6, saddr, dev, pref, metric, lifetime);
    if (f === null) return null;
    const n = neighOf(n6, saddr, dev);
    if (n !== null) n.flags |= NTF_ROUTER;
  } else {
    rt6RefreshDfltRouter(f, lifetime, pref);
  }
  const hops = skb.u8[at + 4]!;
  if (hops !== 0 && hops >= idev.conf(DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT)) {
    idev.cnf.data[DEVCONF_HOPLIMIT] = hops;
    setMetric(f, RTAX_HOPLIMIT, hops);
  }
  return f;
}

/** Gives a route one metric more. */
function setMetric(f: Fib6Info, metric: number, value: number): void {
  if (f.metrics[metric] === value) return;
  if (f.metrics === NO_METRICS6) f.metrics = new Int32Array(RTAX_MAX + 1);
  f.metrics[metric] = value;
  rt6CacheFlush(f.net6);
}

/** Times that an advertisement sets. True when programs are to hear of the device: of a retransmission time always, of a reachable one when it is news (observed). */
function times(idev: Inet6Dev, skb: Skb): boolean {
  const { view, data: at } = skb;
  const n6 = idev.net6;
  const p = idev.ndParms;
  const retrans = view.getUint32(at + 12);
  let changed = false;
  if (retrans !== 0 && retrans < 0x7fffffff / 1000) {
    const v = Math.max(Math.floor((retrans * HZ) / 1000), HZ / 100);
    changed = true;
    p.set('retransTime', v, n6.kernel.jiffies);
  }
  const reachable = view.getUint32(at + 8);
  if (reachable !== 0 && reachable < 0x7fffffff / 3000) {
    const v = Math.max(Math.floor((reachable * HZ) / 1000), HZ / 10);
    if (v !== p.baseReachableTime) {
      p.set('baseReachableTime', v, n6.kernel.jiffies);
      p.set('gcStaletime', 3 * v, n6.kernel.jiffies);
      changed = true;
    }
  }
  if (changed) idev.tstamp = n6.kernel.jiffies;
  return changed;
}

/** The link's MTU as the router says it: the first one counts. True when it is another than before. */
function linkMtu(idev: Inet6Dev, skb: Skb, router: Fib6Info | null): boolean {
  const n6 = idev.net6;
  const { dev } = idev;
  const end = skb.data + skb.len;
  let o = skb.data + 16;
  while (o < end && skb.u8[o] !== ND_OPT_MTU) o += skb.u8[o + 1]! << 3;
  if (o >= end || skb.u8[o + 1] !== 1) return false;
  const mtu = skb.view.getUint32(o + 4);
  const news = idev.raMtu !== mtu;
  idev.raMtu = mtu;
  if (mtu >= IPV6_MIN_MTU && mtu <= dev.mtu && idev.cnf.data[DEVCONF_MTU6] !== mtu) {
    rt6MtuChange(n6, dev, mtu, idev.cnf.data[DEVCONF_MTU6]!);
    idev.cnf.data[DEVCONF_MTU6] = mtu;
    if (router !== null) setMetric(router, RTAX_MTU, mtu);
    rt6CacheFlush(n6);
  }
  return news;
}

/** A route option, if such routes are wanted. */
function routeOption(idev: Inet6Dev, skb: Skb, o: number, saddr: Int32Array): void {
  const plen = skb.u8[o + 2]!;
  if (plen < idev.conf(DEVCONF_ACCEPT_RA_RT_INFO_MIN_PLEN) || plen > idev.conf(DEVCONF_ACCEPT_RA_RT_INFO_MAX_PLEN)) return;
  if (plen === 0 && idev.conf(DEVCONF_ACCEPT_RA_DEFRTR) === 0) return;
  rt6RouteRcv(idev.net6, skb.view, o, saddr, idev.dev);
}

/** The neighbour entry of whoever advertises: it is a router (RFC 4861 6.3.4). */
function advertiser(idev: Inet6Dev, skb: Skb, saddr: Int32Array): void {
  const ll = ndLlOpt(skb, skb.data + 16, ND_OPT_SOURCE_LL_ADDR, idev.dev);
  const n = ll > 0 ? neighOf(idev.net6, saddr, idev.dev) : null;
  if (n !== null) {
    neighUpdate(n, skb.u8, ll, NUD_STALE, NEIGH_UPDATE_F_WEAK_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE_ISROUTER | NEIGH_UPDATE_F_ISROUTER, null);
  }
}

/** A router advertisement (ndisc_router_discovery). Consumes. @alpha */
export function ndiscRouterDiscovery(idev: Inet6Dev, skb: Skb): number {
  const { view, data: at } = skb;
  if (skb.len < 16) return drop(skb, DROP.PKT_TOO_SMALL);
  const saddr = new Int32Array(4);
  a6LoadSaddr(saddr, view, skb.networkHeader);
  if (!a6Linklocal(saddr) || !ndOptsValid(skb, at + 16)) return drop(skb, DROP.IP_INHDR);
  // Who does not configure itself by advertisements knows the router by them nevertheless.
  if (ipv6AcceptRa(idev)) advertised(idev, skb, saddr);
  else advertiser(idev, skb, saddr);
  consumeSkb(skb);
  return 0;
}

/** What an advertisement says to a host: its options by kinds, as programs hear of them on Linux. */
function advertised(idev: Inet6Dev, skb: Skb, saddr: Int32Array): void {
  const n6 = idev.net6;
  const at = skb.data;
  if ((idev.ifFlags & IF_RS_SENT) !== 0) idev.ifFlags |= IF_RA_RCVD;
  const flags = skb.u8[at + 5]!;
  const old = idev.ifFlags;
  idev.ifFlags = (idev.ifFlags & ~(IF_RA_MANAGED | IF_RA_OTHERCONF)) | ((flags & 0x80) !== 0 ? IF_RA_MANAGED : 0) | ((flags & 0x40) !== 0 ? IF_RA_OTHERCONF : 0);
  const router = defaultRouter(idev, skb, saddr);
  let news = times(idev, skb) || old !== idev.ifFlags;
  advertiser(idev, skb, saddr);
  const local = idev.conf(DEVCONF_ACCEPT_RA_FROM_LOCAL) === 0 && ipv6ChkAddr(n6, saddr, idev.dev, false);
  const end = at + skb.len;
  if (!local && idev.conf(DEVCONF_ACCEPT_RA_RTR_PREF) !== 0) {
    for (let o = at + 16; o < end; o += skb.u8[o + 1]! << 3) if (skb.u8[o] === ND_OPT_ROUTE_INFO) routeOption(idev, skb, o, saddr);
  }
  if (idev.conf(DEVCONF_ACCEPT_RA_PINFO) !== 0) {
    for (let o = at + 16; o < end; o += skb.u8[o + 1]! << 3) if (skb.u8[o] === ND_OPT_PREFIX_INFO && skb.u8[o + 1] === 4) n6.fn.prefixRcv(idev, skb, o);
  }
  if (idev.conf(DEVCONF_ACCEPT_RA_MTU) !== 0 && linkMtu(idev, skb, router)) news = true;
  for (let o = at + 16; o < end; o += skb.u8[o + 1]! << 3) if (USER_OPTS.has(skb.u8[o]!)) userOption(idev, skb, o, saddr);
  if (news) n6.fn.rtmsgIfinfo(idev);
}

/** A redirect (ndisc_redirect_rcv, rt6_do_redirect). Consumes. @alpha */
export function ndiscRedirectRcv(idev: Inet6Dev, skb: Skb): number {
  const n6 = idev.net6;
  const { dev } = idev;
  const { view, data: at } = skb;
  if (skb.len < 40) return drop(skb, DROP.PKT_TOO_SMALL);
  const saddr = new Int32Array(4);
  const target = new Int32Array(4);
  const dest = new Int32Array(4);
  a6LoadSaddr(saddr, view, skb.networkHeader);
  a6Load(target, view, at + 8);
  a6Load(dest, view, at + 24);
  const onLink = a6Equal(target, dest);
  if (!a6Linklocal(saddr) || a6Multicast(dest) || (!onLink && !a6Linklocal(target)) || !ndOptsValid(skb, at + 40)) return drop(skb, DROP.IP_INHDR);
  // Routers do not listen to redirects, nor do hosts that were told not to.
  if (idev.conf(DEVCONF_FORWARDING) !== 0 || idev.conf(DEVCONF_ACCEPT_REDIRECTS) === 0) {
    consumeSkb(skb);
    return 0;
  }
  const ll = ndLlOpt(skb, at + 40, ND_OPT_TARGET_LL_ADDR, dev);
  if (ll < 0) return drop(skb, DROP.IP_INHDR);
  // Only the router in use may say so (RFC 4861 8.1).
  const fl = n6.flCtl;
  fl.daddr6 = dest;
  fl.saddr6 = null;
  fl.oif = dev.ifindex;
  fl.mark = skb.mark;
  fl.flags = 0;
  const res = n6.resCtl;
  if (fib6Lookup(n6, fl, dev.ifindex, res, RT6_LOOKUP_F_IFACE) !== 0 || res.f6i!.error !== 0) {
    consumeSkb(skb);
    return 0;
  }
  const rt = ip6RouteOutputFlags(n6, fl, true);
  if (rt === null || (rt.rtFlags & RTF_GATEWAY) === 0 || rt.rtGw === null || !a6Equal(rt.rtGw, saddr)) {
    consumeSkb(skb);
    return 0;
  }
  const n = neighOf(n6, target, dev);
  if (n !== null) {
    neighUpdate(
      n, ll > 0 ? skb.u8 : null, ll, NUD_STALE,
      NEIGH_UPDATE_F_WEAK_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE | (onLink ? 0 : NEIGH_UPDATE_F_OVERRIDE_ISROUTER | NEIGH_UPDATE_F_ISROUTER), null,
    );
    rt6LearnRedirect(rt, dest, target);
  }
  consumeSkb(skb);
  return 0;
}

