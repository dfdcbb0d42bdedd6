/** Finding the way out: `ip_route_output` (RFC 1122 3.3.1). */
import { EINVAL, ENETUNREACH, ENODEV } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { FLOWI_FLAG_ANYSRC, FLOWI_FLAG_KNOWN_NH } from '@linnet/inet';
import type { Flowi } from '@linnet/inet';
import { devGetByIndex, dstInitMetrics, l3mdevMasterDev } from '@linnet/netdev';
import type { DstOps, NetDevice } from '@linnet/netdev';
import {
  IFF_LOOPBACK,
  IFF_UP,
  INADDR_LOOPBACK,
  IPPROTO_IGMP,
  IPV4_DEVCONF_MC_FORWARDING,
  IPV4_DEVCONF_ROUTE_LOCALNET,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
  ipv4IsLbcast, ipv4IsLocalMulticast, ipv4IsLoopback, ipv4IsMulticast, ipv4IsZeronet,
} from '@linnet/uapi';
import { inetSelectAddr, ipDevFind } from './devinet-select.ts';
import { fibSelectPath } from './fib-select.ts';
import { NO_METRICS } from './fib-semantics.ts';
import { fibLookup } from './fib-lookup.ts';
import type { FibNhException, FibResult } from './fib-types.ts';
import { fillRouteFromException, findException } from './route-exception.ts';
import { ipCheckMc } from './igmp-state.ts';
import { inDevGet } from './in-device.ts';
import { IPV4, RT_STAT_OUT_SLOW_MC, RT_STAT_OUT_SLOW_TOT } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipv4DstOps } from './route-ops.ts';
import { LOOPBACK_IFINDEX, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST, Rtable, rtCacheValid } from './rtable.ts';

const OPS: DstOps = ipv4DstOps;

/** Completes a route with what its next hop says (`rt_set_nexthop`); `sourceTag` is the realm of a received packet's source, in the high half. @alpha */
export function rtSetNexthop(rt: Rtable, res: FibResult, e: FibNhException | null, sourceTag: number = 0): void {
  const { nh, fi } = res;
  if (fi === null || nh === null) return;
  if (nh.gw !== 0 && nh.scope === RT_SCOPE_LINK) {
    rt.rtUsesGateway = true;
    rt.rtGw = nh.gw;
  } else if (nh.gw6 !== null) {
    rt.rtUsesGateway = true;
    rt.rtGw6 = nh.gw6;
  }
  if ((nh.tclassid | res.tclassid | sourceTag) !== 0) rt.tclassid = rtClassOf(rtClassOf(nh.tclassid, res.tclassid), sourceTag);
  if (fi.metrics !== NO_METRICS) dstInitMetrics(rt, fi.metrics);
  if (e !== null) fillRouteFromException(rt, e);
}

/** The realms of a hop; where it has none, those of the rule that led to it (`set_class_tag`). @alpha */
export function rtClassOf(own: number, tag: number): number {
  if ((own & 0xffff) === 0) own |= tag & 0xffff;
  if ((own & ~0xffff) === 0) own |= tag & ~0xffff;
  return own;
}

function unroutable(fl: Flowi, err: number): null {
  fl.error = err;
  return null;
}

/** Makes or finds the route of a result (`__mkroute_output`). */
function mkroute(n4: Ipv4Net, fl: Flowi, res: FibResult, iif: number, dev: NetDevice, flags: number): Rtable | null {
  const indev = inDevGet(dev);
  if (indev === null) return unroutable(fl, -EINVAL);
  if (ipv4IsLoopback(fl.saddr) && (dev.flags & IFF_LOOPBACK) === 0 && indev.confOr(IPV4_DEVCONF_ROUTE_LOCALNET) === 0) return unroutable(fl, -EINVAL);
  let { type } = res;
  let cached = res.fi !== null;
  if (ipv4IsLbcast(fl.daddr)) type = RTN_BROADCAST;
  else if (ipv4IsMulticast(fl.daddr)) type = RTN_MULTICAST;
  else if (ipv4IsZeronet(fl.daddr)) return unroutable(fl, -EINVAL);
  if ((dev.flags & IFF_LOOPBACK) !== 0) flags |= RTCF_LOCAL;
  if (type === RTN_BROADCAST) {
    flags |= RTCF_BROADCAST | RTCF_LOCAL;
    cached = false;
  } else if (type === RTN_MULTICAST) {
    flags |= RTCF_MULTICAST | RTCF_LOCAL;
    if (!ipCheckMc(indev, fl.daddr, fl.saddr, fl.proto)) flags &= ~RTCF_LOCAL;
    cached = false;
  }
  let e: FibNhException | null = null;
  // Who knows the next hop has a route of its own, whatever the header will say.
  const hop = (fl.flags & FLOWI_FLAG_KNOWN_NH) !== 0 && (res.nh === null || res.nh.gw === 0);
  if (hop) cached = false;
  if (cached) {
    const nh = res.nh!;
    e = findException(nh, fl.daddr, n4.kernel.jiffies);
    const rt = e !== null ? e.rthOutput : nh.rthOutput;
    if (rtCacheValid(rt)) return rt;
  }
  const rt = new Rtable(n4, OPS, dev, flags, type);
  rt.rtIif = iif;
  n4.rtStat[RT_STAT_OUT_SLOW_TOT]!++;
  rt.output = n4.ipOutput;
  if ((flags & RTCF_LOCAL) !== 0) rt.input = n4.ipLocalDeliver;
  if ((flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0) {
    if ((flags & RTCF_LOCAL) !== 0 && (dev.flags & IFF_LOOPBACK) === 0) {
      rt.output = n4.ipMcOutput;
      n4.rtStat[RT_STAT_OUT_SLOW_MC]!++;
    }
    // The metrics of a broadcast route count, not those of a route by which the broadcast to all goes.
    if (type === RTN_BROADCAST && res.type === RTN_BROADCAST && !ipv4IsLbcast(fl.daddr)) rtSetNexthop(rt, res, null);
    // A prefix of groups may have a gateway; one so short that it only says «somewhere» has none to give.
    if (type === RTN_MULTICAST && res.prefixlen >= 4) rtSetNexthop(rt, res, null);
    if (type === RTN_MULTICAST && !ipv4IsLocalMulticast(fl.daddr) && indev.conf(IPV4_DEVCONF_MC_FORWARDING) !== 0) {
      // What we send is routed too: it comes back by the device.
      rt.input = n4.ipMrInput;
      rt.output = n4.ipMcOutput;
    }
  } else {
    rtSetNexthop(rt, res, e);
    if (hop && rt.rtGw === 0) rt.rtGw = fl.daddr;
    if (cached) {
      if (e !== null) e.rthOutput = rt;
      else res.nh!.rthOutput = rt;
    }
  }
  return rt;
}

/** The device by which packets to this machine pass: `lo`, or the VRF of the device that has the address (ip_rt_get_dev). @alpha */
export function loopbackFor(n4: Ipv4Net, res: FibResult): NetDevice | null {
  const dev = res.nh === null ? null : res.nh.dev;
  return (dev === null ? null : l3mdevMasterDev(dev)) ?? n4.loopbackDev;
}

/** A route on this link, with no table behind it. */
function onLink(n4: Ipv4Net, fl: Flowi, origOif: number, dev: NetDevice, type: number, flags: number): Rtable | null {
  const res = n4.resOut;
  res.fi = null;
  res.table = null;
  res.nh = null;
  res.type = type;
  return mkroute(n4, fl, res, origOif, dev, flags);
}

/**
 * Finds the way out for a flow (`ip_route_output_key`): fills `fl.saddr`, `fl.daddr` and `fl.oif` where they were open. The route belongs
 * to the tables: use it now, or hold it and check it before each use. null: `fl.error` is the negative errno.
 * @alpha
 */
export function ipRouteOutputKey(n4: Ipv4Net, fl: Flowi): Rtable | null {
  const { net } = n4;
  const origOif = fl.oif;
  let dev: NetDevice | null = null;
  fl.error = 0;
  fl.tos &= 0xfc;
  fl.iif = LOOPBACK_IFINDEX;
  fl.l3mdev = 0;
  if (fl.saddr !== 0) {
    if (ipv4IsMulticast(fl.saddr) || ipv4IsLbcast(fl.saddr)) return unroutable(fl, -EINVAL);
    if (fl.oif === 0 && (ipv4IsMulticast(fl.daddr) || ipv4IsLbcast(fl.daddr))) {
      // A group is reached by the interface that has the source (RFC 1122 3.3.4.2, hosts with many interfaces).
      dev = ipDevFind(n4, fl.saddr);
      if (dev === null) return unroutable(fl, -ENETUNREACH);
      fl.oif = dev.ifindex;
      return onLink(n4, fl, origOif, dev, RTN_UNICAST, 0);
    }
    if ((fl.flags & FLOWI_FLAG_ANYSRC) === 0 && ipDevFind(n4, fl.saddr) === null) return unroutable(fl, -ENETUNREACH);
  }
  if (fl.oif !== 0) {
    dev = devGetByIndex(net, fl.oif);
    if (dev === null) return unroutable(fl, -ENODEV);
    if ((dev.flags & IFF_UP) === 0 || inDevGet(dev) === null) return unroutable(fl, -ENETUNREACH);
    if (ipv4IsLocalMulticast(fl.daddr) || ipv4IsLbcast(fl.daddr) || fl.proto === IPPROTO_IGMP) {
      if (fl.saddr === 0) fl.saddr = inetSelectAddr(dev, 0, RT_SCOPE_LINK);
      return onLink(n4, fl, origOif, dev, RTN_UNICAST, 0);
    }
    if (fl.saddr === 0) {
      if (ipv4IsMulticast(fl.daddr)) fl.saddr = inetSelectAddr(dev, 0, fl.scope);
      else if (fl.daddr === 0) fl.saddr = inetSelectAddr(dev, 0, RT_SCOPE_HOST);
    }
  }
  if (fl.daddr === 0) {
    fl.daddr = fl.saddr;
    if (fl.daddr === 0) {
      fl.daddr = INADDR_LOOPBACK;
      fl.saddr = INADDR_LOOPBACK;
    }
    const lo = n4.loopbackDev;
    if (lo === null) return unroutable(fl, -ENETUNREACH);
    fl.oif = lo.ifindex;
    return onLink(n4, fl, origOif, lo, RTN_LOCAL, RTCF_LOCAL);
  }
  const res = n4.resOut;
  const err = fibLookup(n4, fl, res, 0);
  if (err !== 0) {
    // A VRF that knows nothing is no link to try.
    if (fl.oif === 0 || dev === null || (fl.l3mdev !== 0 && !ipv4IsMulticast(fl.daddr))) return unroutable(fl, err);
    // The tables know nothing, but the caller named a device: the destination is assumed to be on its link.
    if (fl.saddr === 0) fl.saddr = inetSelectAddr(dev, 0, RT_SCOPE_LINK);
    return onLink(n4, fl, origOif, dev, RTN_UNICAST, 0);
  }
  if (res.type === RTN_LOCAL) {
    if (fl.saddr === 0) fl.saddr = res.fi!.prefsrc !== 0 ? res.fi!.prefsrc : fl.daddr;
    const lo = loopbackFor(n4, res);
    if (lo === null) return unroutable(fl, -ENETUNREACH);
    // The packet passes over lo, but it came in by the device that has the address.
    fl.oif = lo.ifindex;
    return mkroute(n4, fl, res, res.nh!.oif, lo, RTCF_LOCAL);
  }
  fibSelectPath(n4, res, fl, null);
  dev = res.nh!.dev;
  if (dev === null) return unroutable(fl, -ENETUNREACH);
  fl.oif = dev.ifindex;
  return mkroute(n4, fl, res, 0, dev, 0);
}

/**
 * Finds the way out (`ip_route_output_flow`). As {@link ipRouteOutputKey}, by namespace. `sk` is the sender, or null.
 * @alpha
 */
export function ipRouteOutputFlow(net: Net, fl: Flowi, _sk: object | null): Rtable | null {
  return ipRouteOutputKey(net.get(IPV4), fl);
}
