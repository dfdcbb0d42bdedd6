/** What the network tells about a route: a smaller path MTU (RFC 1191), a better gateway (RFC 792 redirect). */
import { HZ, timeAfter, timeBefore } from '@linnet/kernel';
import { flowi4InitOutput, NEXTHOP } from '@linnet/inet';
import type { Flowi, InetSock } from '@linnet/inet';
import { DST_OBSOLETE_KILL, dstMetric, dstMetricLocked } from '@linnet/netdev';
import type { DstEntry, NetDevice } from '@linnet/netdev';
import { neighEventSend, NUD_VALID } from '@linnet/neigh';
import type { Skb } from '@linnet/skbuff';
import {
  ICMP_REDIR_HOSTTOS,
  IP_MAX_MTU,
  IPV4_DEVCONF_SECURE_REDIRECTS,
  IPV4_DEVCONF_SHARED_MEDIA,
  IPTOS_TOS_MASK,
  RT_SCOPE_UNIVERSE,
  RTAX_MTU,
  RTN_UNICAST,
  icmpCode,
  icmpUn,
  iphDaddr,
  iphProtocol,
  iphSaddr,
  iphTos,
  ipv4IsLbcast, ipv4IsMulticast, ipv4IsZeronet,
} from '@linnet/uapi';
import { inetAddrOnlink } from './devinet-select.ts';
import { inetAddrType } from './fib-addr-type.ts';
import { fibLookup } from './fib-lookup.ts';
import { FibNh, FibNhException } from './fib-types.ts';
import { fibSelectPath } from './fib-select.ts';
import { icmpOuterHeader } from './ip-quote.ts';
import { inDevGet } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipNeighFor } from './route-neigh.ts';
import { RTCF_REDIRECTED, rtFlushException, rtKillNh } from './rtable.ts';
import type { Rtable } from './rtable.ts';

/** Exceptions of one next hop; past it the one heard of longest ago goes, so that a flood of errors cannot fill the memory. */
const MAX_EXCEPTIONS = 10240;
/** How long a redirect holds. */
const GC_TIMEOUT = 300 * HZ;

/** The exception for a destination, null when there is none; one that is over is forgotten (`find_exception`). @alpha */
export function findException(nh: FibNh, daddr: number, now: number): FibNhException | null {
  const known = nh.exceptions;
  if (known === null || known.size === 0) return null;
  const e = known.get(daddr);
  if (e === undefined) return null;
  if (e.expires === 0 || !timeAfter(now, e.expires)) return e;
  rtFlushException(e);
  known.delete(daddr);
  return null;
}

/**
 * Forgets everything that was learned about paths (writing to net.ipv4.route.flush, as `ip route flush cache` does). Destinations keep a cached route of their own, which says no more than
 * that of their hop.
 * @alpha
 */
export function flushExceptions(n4: Ipv4Net): void {
  const now = n4.kernel.jiffies;
  const forget = (nh: FibNh): void => {
    if (nh.exceptions === null) return;
    for (const e of nh.exceptions.values()) {
      rtFlushException(e);
      if (e.expires !== 0 && timeAfter(now, e.expires)) nh.exceptions.delete(e.daddr);
      e.gw = 0;
      e.pmtu = 0;
      e.mtuLocked = false;
      e.expires = 0;
    }
  };
  for (const fi of n4.fibInfos.values()) for (const nh of fi.nhs) forget(nh);
  for (const o of n4.net.get(NEXTHOP).all()) if (o.info !== null && o.info.hop instanceof FibNh) forget(o.info.hop);
}

/** The MTU of a device changed from `old`: no path over it takes more, and paths that the device alone bounded take as much (`fib_sync_mtu`). Cached routes are stale by that, too. @alpha */
export function updateExceptionsMtu(n4: Ipv4Net, dev: NetDevice, old: number): void {
  const { mtu } = dev;
  for (const fi of n4.fibInfos.values()) {
    for (const nh of fi.nhs) {
      if (nh.dev !== dev || nh.exceptions === null) continue;
      for (const e of nh.exceptions.values()) {
        if (e.pmtu <= mtu && (e.pmtu === 0 || e.pmtu !== old)) continue;
        e.pmtu = mtu;
        e.mtuLocked = false;
      }
    }
  }
}

/** Lets the routes cached for an exception say what it says. */
function fillCached(e: FibNhException): void {
  if (e.rthInput !== null) fillRouteFromException(e.rthInput, e);
  if (e.rthOutput !== null) fillRouteFromException(e.rthOutput, e);
}

/** Puts what an exception says into a route (`fill_route_from_fnhe`). @alpha */
export function fillRouteFromException(rt: Rtable, e: FibNhException): void {
  rt.rtPmtu = e.pmtu;
  rt.rtMtuLocked = e.mtuLocked;
  rt.expires = e.expires;
  if (e.gw !== 0) {
    rt.rtFlags |= RTCF_REDIRECTED;
    rt.rtUsesGateway = true;
    rt.rtGw = e.gw;
    rt.rtGw6 = null;
  }
}

/** Learns an exception (`update_or_create_fnhe`). */
function updateException(nh: FibNh, daddr: number, gw: number, pmtu: number, locked: boolean, expires: number): void {
  nh.exceptions ??= new Map<number, FibNhException>();
  let e = nh.exceptions.get(daddr);
  if (e !== undefined) {
    if (gw !== 0) e.gw = gw;
    if (pmtu !== 0) {
      e.pmtu = pmtu;
      e.mtuLocked = locked;
    }
    e.expires = expires === 0 ? 1 : expires;
    fillCached(e);
    // The map is in order of the last news: its first entry is the one to go.
    nh.exceptions.delete(daddr);
    nh.exceptions.set(daddr, e);
    return;
  }
  if (nh.exceptions.size >= MAX_EXCEPTIONS) {
    const oldest = nh.exceptions.values().next().value!;
    rtFlushException(oldest);
    nh.exceptions.delete(oldest.daddr);
  }
  e = new FibNhException(daddr);
  e.gw = gw;
  e.pmtu = pmtu;
  e.mtuLocked = locked;
  e.expires = expires === 0 ? 1 : expires;
  nh.exceptions.set(daddr, e);
  // Whoever caches the hop's routes must look whether the exception is for him.
  rtKillNh(nh);
}

/** Is the path MTU fixed, by an exception or by the route's metrics? (`ip_mtu_locked`) */
function mtuLocked(rt: Rtable): boolean {
  return rt.rtMtuLocked || dstMetricLocked(rt, RTAX_MTU);
}

/** The MTU when neither the path nor the route says one: the device's, or 576 where discovery is forbidden over a gateway. */
function deviceMtu(rt: Rtable): number {
  const mtu = rt.dev.mtu;
  if (mtuLocked(rt) && rt.rtUsesGateway && mtu > 576) return 576;
  return mtu < IP_MAX_MTU ? mtu : IP_MAX_MTU;
}

function learned(rt: Rtable): number {
  return rt.rtPmtu !== 0 && rt.expires !== 0 && timeBefore(rt.net4.kernel.jiffies, rt.expires) ? rt.rtPmtu : 0;
}

/** Largest packet by this route (`ipv4_mtu`). @alpha */
export function ipv4Mtu(dst: DstEntry): number {
  const rt = dst as Rtable;
  let mtu = learned(rt);
  if (mtu === 0) mtu = dstMetric(rt, RTAX_MTU);
  return mtu !== 0 ? Math.min(mtu, IP_MAX_MTU) : deviceMtu(rt);
}

/** As {@link ipv4Mtu}; a forwarded packet does not follow what this machine learned for itself (`ip_dst_mtu_maybe_forward`). @alpha */
export function ipDstMtuMaybeForward(rt: Rtable, forwarding: boolean): number {
  if (!forwarding || rt.net4.sysctlIpFwdUsePmtu !== 0 || mtuLocked(rt)) return ipv4Mtu(rt);
  const mtu = dstMetric(rt, RTAX_MTU);
  return mtu !== 0 ? Math.min(mtu, IP_MAX_MTU) : deviceMtu(rt);
}

/** Learns a path MTU for the destination of `fl` (`__ip_rt_update_pmtu`). @alpha */
export function learnPmtu(n4: Ipv4Net, rt: Rtable, fl: Flowi, mtu: number): void {
  if (dstMetricLocked(rt, RTAX_MTU)) return;
  const old = ipv4Mtu(rt);
  if (old < mtu) return;
  let locked = false;
  let next = mtu;
  if (mtu < n4.ipRtMinPmtu) {
    locked = true;
    next = Math.min(old, n4.ipRtMinPmtu);
  }
  const now = n4.kernel.jiffies;
  const life = n4.ipRtMtuExpires * HZ;
  if (rt.rtPmtu === next && !locked && rt.expires !== 0 && timeBefore(now, (rt.expires - (life >> 1)) | 0)) return;
  const res = n4.resCtl;
  if (fibLookup(n4, fl, res, 0) !== 0 || res.nh === null) return;
  fibSelectPath(n4, res, fl, null);
  updateException(res.nh, fl.daddr, 0, next, locked, (now + life) | 0);
}

/** The flow of a packet that we sent: from its socket, or from its header (`ip_rt_build_flow_key`). */
function buildFlow(n4: Ipv4Net, sk: InetSock | null, skb: Skb | null, rt: Rtable): Flowi {
  const fl = n4.flPmtu;
  if (sk !== null && sk.daddr !== 0) {
    flowi4InitOutput(fl, sk.boundDevIf, sk.mark, sk.tos & IPTOS_TOS_MASK, RT_SCOPE_UNIVERSE, sk.protocol, 0, sk.daddr, sk.saddr, 0, 0, 0);
  } else if (skb !== null && skb.networkHeader >= 0) {
    const { view, networkHeader: nh } = skb;
    flowi4InitOutput(fl, rt.dev.ifindex, skb.mark, iphTos(view, nh) & IPTOS_TOS_MASK, RT_SCOPE_UNIVERSE, iphProtocol(view, nh), 0, iphDaddr(view, nh), iphSaddr(view, nh), 0, 0, 0);
  } else {
    flowi4InitOutput(fl, 0, 0, 0, RT_SCOPE_UNIVERSE, 0, 0, rt.rtGw, 0, 0, 0, 0);
  }
  return fl;
}

/** `DstOps.updatePmtu` of IPv4 (`ip_rt_update_pmtu`). @alpha */
export function ipRtUpdatePmtu(dst: DstEntry, sk: object | null, skb: Skb | null, mtu: number): void {
  const rt = dst as Rtable;
  const fl = buildFlow(rt.net4, sk as InetSock | null, skb, rt);
  learnPmtu(rt.net4, rt, fl, mtu);
}

/** The flow of the packet that an ICMP error quotes (`networkHeader` is at its header). @alpha */
export function quotedFlow(n4: Ipv4Net, skb: Skb, oif: number, protocol: number): Flowi {
  const { view, networkHeader: nh } = skb;
  const fl = n4.flPmtu;
  flowi4InitOutput(fl, oif, skb.mark, iphTos(view, nh) & IPTOS_TOS_MASK, RT_SCOPE_UNIVERSE, protocol, 0, iphDaddr(view, nh), iphSaddr(view, nh), 0, 0, 0);
  return fl;
}

/** `DstOps.redirect` of IPv4 (`ip_do_redirect`): `skb` as a transport's error handler gets it. @alpha */
export function ipDoRedirect(dst: DstEntry, _sk: object | null, skb: Skb): void {
  const rt = dst as Rtable;
  takeRedirect(rt.net4, rt, skb, quotedFlow(rt.net4, skb, 0, iphProtocol(skb.view, skb.networkHeader)), true);
}

/** Believes a redirect that comes from the gateway in use and names another one on the same link (`__ip_do_redirect`). @alpha */
export function takeRedirect(n4: Ipv4Net, rt: Rtable, skb: Skb, fl: Flowi, killRoute: boolean): void {
  if ((icmpCode(skb.view, skb.transportHeader) & 7) > ICMP_REDIR_HOSTTOS) return;
  const newGw = icmpUn(skb.view, skb.transportHeader) | 0;
  const oldGw = iphSaddr(skb.view, icmpOuterHeader(skb));
  const dev = skb.dev as NetDevice | null;
  if (dev === null || rt.rtGw === 0 || rt.rtGw !== oldGw) return;
  const indev = inDevGet(dev);
  if (indev === null || newGw === oldGw || !indev.rxRedirects()) return;
  if (ipv4IsMulticast(newGw) || ipv4IsLbcast(newGw) || ipv4IsZeronet(newGw)) return;
  if (indev.confOr(IPV4_DEVCONF_SHARED_MEDIA) === 0) {
    if (!inetAddrOnlink(indev, newGw, oldGw)) return;
    if (indev.confOr(IPV4_DEVCONF_SECURE_REDIRECTS) !== 0 && !isDefaultGateway(n4, newGw, dev)) return;
  } else if (inetAddrType(n4.net, newGw) !== RTN_UNICAST) {
    return;
  }
  const n = ipNeighFor(n4, dev, newGw);
  if (n === null) return;
  if ((n.nudState & NUD_VALID) === 0) {
    neighEventSend(n, null);
  } else {
    const res = n4.resCtl;
    if (fibLookup(n4, fl, res, 0) === 0 && res.nh !== null) {
      fibSelectPath(n4, res, fl, null);
      updateException(res.nh, fl.daddr, newGw, 0, false, (n4.kernel.jiffies + GC_TIMEOUT) | 0);
    }
    if (killRoute) rt.obsolete = DST_OBSOLETE_KILL;
  }
}

/** Is it a gateway of some default-like route over this device? (`ip_fib_check_default`) */
function isDefaultGateway(n4: Ipv4Net, gw: number, dev: NetDevice): boolean {
  for (const fi of n4.fibInfos.values()) {
    for (const nh of fi.nhs) if (nh.dev === dev && nh.gw === gw && nh.gw !== 0) return true;
  }
  return false;
}

/** Something is wrong with the route: one learned from the network is forgotten (`ipv4_negative_advice`). @alpha */
export function ipv4NegativeAdvice(dst: DstEntry): DstEntry | null {
  const rt = dst as Rtable;
  if (rt.obsolete > 0 || (rt.rtFlags & RTCF_REDIRECTED) !== 0 || rt.expires !== 0) return null;
  return rt;
}
