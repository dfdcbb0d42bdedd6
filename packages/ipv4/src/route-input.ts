/** Finding the way of a received packet (RFC 1122 3.2.1, RFC 1812 5.2.1, 5.3.8; rp_filter of RFC 3704). */
import { EHOSTUNREACH } from '@linnet/kernel';
import type { Flowi } from '@linnet/inet';
import { l3mdevMasterIfindex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { DROP } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  ETH_P_IP,
  IPPROTO_DCCP,
  IPPROTO_IGMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IP_OFFSET,
  IPV4_DEVCONF_LOG_MARTIANS,
  IPV4_DEVCONF_MC_FORWARDING,
  IPV4_DEVCONF_ROUTE_LOCALNET,
  IPV4_DEVCONF_SHARED_MEDIA,
  IPV4_DEVCONF_SRC_VMARK,
  RT_SCOPE_HOST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  iphFragOff,
  iphIhl,
  iphProtocol,
  ipv4IsLbcast, ipv4IsLocalMulticast, ipv4IsLoopback, ipv4IsMulticast, ipv4IsZeronet, in4ToString,
} from '@linnet/uapi';
import { inetAddrOnlink } from './devinet-select.ts';
import { fibSelectPath } from './fib-select.ts';
import { fibInfoUsesDev } from './fib-types.ts';
import { FIB_LOOKUP_IGNORE_LINKSTATE, fibLookup } from './fib-lookup.ts';
import type { FibNhException, FibResult } from './fib-types.ts';
import { ipCheckMc } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { inDevGet } from './in-device.ts';
import { IPSKB_DOREDIRECT, ipcbAddFlags } from './ip-cb.ts';
import {
  RT_STAT_IN_BRD, RT_STAT_IN_MARTIAN_DST, RT_STAT_IN_MARTIAN_SRC, RT_STAT_IN_NO_ROUTE, RT_STAT_IN_SLOW_MC, RT_STAT_IN_SLOW_TOT,
} from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipError } from './route-error.ts';
import { findException } from './route-exception.ts';
import { ipv4DstOps } from './route-ops.ts';
import { loopbackFor, rtClassOf, rtSetNexthop } from './route-output.ts';
import { LOOPBACK_IFINDEX, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST, Rtable, rtCacheValid } from './rtable.ts';

/**
 * Results of the source check: the reverse way goes back over the same device to a directly connected host, or it does not. Negative: drop,
 * for the reason of that number.
 */
const SRC_OK = 0;
const SRC_ONLINK = 1;

/** Completes a flow with what only policy rules look at (fib4_rules_early_flow_dissect). */
function flowForRules(n4: Ipv4Net, fl: Flowi, skb: Skb, swap: boolean): void {
  fl.l3mdev = 0;
  fl.proto = 0;
  fl.sport = 0;
  fl.dport = 0;
  fl.tunIdHigh = 0;
  fl.tunIdLow = 0;
  // To rules, received packets are root's (observed on Linux 6.18).
  fl.uid = 0;
  if (!n4.fibRulesRequireFldissect) return;
  const { view, networkHeader: nh } = skb;
  const proto = iphProtocol(view, nh);
  fl.proto = proto;
  const at = nh + (iphIhl(view, nh) << 2);
  if (!hasPorts(proto) || (iphFragOff(view, nh) & IP_OFFSET) !== 0 || at + 4 > skb.tail) return;
  const a = view.getUint16(at);
  const b = view.getUint16(at + 2);
  fl.sport = swap ? b : a;
  fl.dport = swap ? a : b;
}

/** Protocols whose headers begin with the two ports. */
function hasPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_UDPLITE || proto === IPPROTO_SCTP || proto === IPPROTO_DCCP;
}

/** The check in full: is there a way back, and over this device? (`__fib_validate_source`) */
function validateSourceFull(n4: Ipv4Net, skb: Skb, src: number, dst: number, tos: number, oif: number, dev: NetDevice, indev: InDevice, rpf: number): number {
  const fl = n4.flSrc;
  const res = n4.resSrc;
  fl.oif = 0;
  fl.iif = oif !== 0 ? oif : LOOPBACK_IFINDEX;
  fl.daddr = src;
  fl.saddr = dst;
  fl.tos = tos & 0xfc;
  fl.scope = 0;
  fl.mark = indev.confAnd(IPV4_DEVCONF_SRC_VMARK) !== 0 ? skb.mark : 0;
  if (n4.fibHasCustomRules) {
    // The way back: ports the other way round.
    flowForRules(n4, fl, skb, true);
    fl.l3mdev = l3mdevMasterIfindex(dev);
  }
  if (fibLookup(n4, fl, res, 0) === 0) {
    if (res.type !== RTN_UNICAST && (res.type !== RTN_LOCAL || !indev.acceptLocal())) return -DROP.IP_LOCAL_SOURCE;
    n4.sourceTag = rtClassOf(res.nh!.tclassid, res.tclassid) << 16;
    // Our own address, over loopback: its route names the device that has it.
    if (fibInfoUsesDev(res.fi!, dev) || (res.type === RTN_LOCAL && dev === n4.loopbackDev)) return res.nh!.scope >= RT_SCOPE_HOST ? SRC_ONLINK : SRC_OK;
    if (indev.ifas.length !== 0) {
      if (rpf === 1) return -DROP.IP_RPFILTER;
      fl.oif = dev.ifindex;
      if (fibLookup(n4, fl, res, FIB_LOOKUP_IGNORE_LINKSTATE) === 0 && res.type === RTN_UNICAST) return res.nh!.scope >= RT_SCOPE_HOST ? SRC_ONLINK : SRC_OK;
      return SRC_OK;
    }
  }
  return rpf !== 0 ? -DROP.IP_RPFILTER : SRC_OK;
}

/**
 * May a packet from `src` come in here? (`fib_validate_source`) Without a reverse path filter only our own addresses are looked at, unless
 * the answer is needed to know whether a redirect is due.
 */
function validateSource(n4: Ipv4Net, skb: Skb, src: number, dst: number, tos: number, oif: number, dev: NetDevice, indev: InDevice): number {
  const rpf = indev.rpFilter();
  n4.sourceTag = 0;
  if (rpf === 0 && (dev.ifindex !== oif || !indev.txRedirects())) {
    if (indev.acceptLocal()) return SRC_OK;
    if (!n4.fibHasCustomLocalRoutes && !n4.fibHasCustomRules && n4.fibRealms === 0) return n4.addrHash.has(src) ? -DROP.IP_LOCAL_SOURCE : SRC_OK;
  }
  return validateSourceFull(n4, skb, src, dst, tos, oif, dev, indev, rpf);
}

/** Is the source of a group packet acceptable? (`ip_mc_validate_source`) 0 or a drop reason. */
function mcValidateSource(n4: Ipv4Net, skb: Skb, daddr: number, saddr: number, tos: number, dev: NetDevice, indev: InDevice): number {
  if (ipv4IsMulticast(saddr) || ipv4IsLbcast(saddr)) return DROP.IP_INVALID_SOURCE;
  if (skb.protocol !== ETH_P_IP) return DROP.INVALID_PROTO;
  if (ipv4IsLoopback(saddr) && indev.confOr(IPV4_DEVCONF_ROUTE_LOCALNET) === 0) return DROP.IP_LOCALNET;
  if (ipv4IsZeronet(saddr)) {
    // A host without address may only speak on its link, or by IGMP.
    if (!ipv4IsLocalMulticast(daddr) && iphProtocol(skb.view, skb.networkHeader) !== IPPROTO_IGMP) return DROP.IP_INVALID_SOURCE;
    return 0;
  }
  const r = validateSource(n4, skb, saddr, 0, tos, 0, dev, indev);
  return r < 0 ? -r : 0;
}

function routeMc(n4: Ipv4Net, skb: Skb, daddr: number, saddr: number, tos: number, dev: NetDevice, indev: InDevice, our: boolean): number {
  n4.sourceTag = 0;
  const reason = mcValidateSource(n4, skb, daddr, saddr, tos, dev, indev);
  if (reason !== 0) return reason;
  const tag = n4.sourceTag;
  n4.rtStat[RT_STAT_IN_SLOW_MC]!++;
  const routed = !ipv4IsLocalMulticast(daddr) && indev.conf(IPV4_DEVCONF_MC_FORWARDING) !== 0;
  const kind = (our ? 1 : 0) | (routed ? 2 : 0);
  const known = indev.mcRoutes[kind]!;
  if (tag === 0 && rtCacheValid(known)) {
    skb.dst = known;
    return 0;
  }
  const lo = n4.loopbackDev;
  if (lo === null) return DROP.NETDEV_DOWN;
  const rt = new Rtable(n4, ipv4DstOps, lo, our ? RTCF_MULTICAST | RTCF_LOCAL : RTCF_MULTICAST, RTN_MULTICAST);
  rt.rtIsInput = true;
  rt.rtIif = dev.ifindex;
  rt.output = n4.ipOutput;
  if (routed) rt.input = n4.ipMrInput;
  else if (our) rt.input = n4.ipLocalDeliver;
  rt.tclassid = tag;
  // Whose source has a realm has a route of its own.
  if (tag === 0) indev.mcRoutes[kind] = rt;
  skb.dst = rt;
  return 0;
}

function martianSource(n4: Ipv4Net, indev: InDevice, dev: NetDevice, daddr: number, saddr: number, reason: number): number {
  n4.rtStat[RT_STAT_IN_MARTIAN_SRC]!++;
  if (indev.confOr(IPV4_DEVCONF_LOG_MARTIANS) !== 0 && n4.kernel.log.netRatelimit()) {
    n4.kernel.log.warn(`IPv4: martian source ${in4ToString(daddr)} from ${in4ToString(saddr)}, on dev ${dev.name}`); // datapath-ok: only when asked for
  }
  return reason;
}

function martianDestination(n4: Ipv4Net, indev: InDevice, dev: NetDevice, daddr: number, saddr: number, reason: number): number {
  n4.rtStat[RT_STAT_IN_MARTIAN_DST]!++;
  if (indev.confOr(IPV4_DEVCONF_LOG_MARTIANS) !== 0 && n4.kernel.log.netRatelimit()) {
    n4.kernel.log.warn(`IPv4: martian destination ${in4ToString(daddr)} from ${in4ToString(saddr)}, dev ${dev.name}`); // datapath-ok: only when asked for
  }
  return reason;
}

/** A route to this machine, or to an error (`local_input`). `res.nh` null: nothing to cache it at. */
function localInput(n4: Ipv4Net, skb: Skb, dev: NetDevice, res: FibResult, flags: number, err: number): number {
  // Whose source has a realm has a route of its own.
  const tag = res.fi === null ? 0 : n4.sourceTag;
  const nh = res.type === RTN_LOCAL && res.fi !== null && tag === 0 ? res.nh : null;
  if (nh !== null && rtCacheValid(nh.rthInput)) {
    skb.dst = nh.rthInput;
    return 0;
  }
  const lo = loopbackFor(n4, res);
  if (lo === null) return DROP.NETDEV_DOWN;
  const rt = new Rtable(n4, ipv4DstOps, lo, flags | RTCF_LOCAL, res.type);
  rt.rtIsInput = true;
  rt.output = n4.ipOutput;
  rt.input = n4.ipLocalDeliver;
  rt.tclassid = tag;
  n4.rtStat[RT_STAT_IN_SLOW_TOT]!++;
  if (res.type === RTN_UNREACHABLE) {
    rt.input = ipError;
    rt.error = err;
    rt.rtFlags &= ~RTCF_LOCAL;
  }
  if (nh !== null) nh.rthInput = rt;
  else rt.rtIif = dev.ifindex;
  skb.dst = rt;
  return 0;
}

/** A route onwards (`ip_mkroute_input`). 0 or a drop reason. */
function forwardInput(n4: Ipv4Net, skb: Skb, daddr: number, saddr: number, tos: number, dev: NetDevice, indev: InDevice, res: FibResult): number {
  const nh = res.nh!;
  const out = nh.dev;
  const outIn = out === null ? null : inDevGet(out);
  if (out === null || outIn === null) return DROP.NETDEV_DOWN;
  const src = validateSource(n4, skb, saddr, daddr, tos, nh.oif, dev, indev);
  if (src < 0) return martianSource(n4, indev, dev, daddr, saddr, -src);
  if (outIn === indev && src === SRC_ONLINK && outIn.txRedirects() && (outIn.confOr(IPV4_DEVCONF_SHARED_MEDIA) !== 0 || inetAddrOnlink(outIn, saddr, nh.gw))) {
    ipcbAddFlags(skb, IPSKB_DOREDIRECT);
  }
  const e: FibNhException | null = findException(nh, daddr, n4.kernel.jiffies);
  const tag = n4.sourceTag;
  const old = e !== null ? e.rthInput : nh.rthInput;
  if (tag === 0 && rtCacheValid(old)) {
    skb.dst = old;
    return 0;
  }
  const rt = new Rtable(n4, ipv4DstOps, out, 0, res.type);
  rt.rtIsInput = true;
  n4.rtStat[RT_STAT_IN_SLOW_TOT]!++;
  rt.input = n4.ipForward;
  rt.output = n4.ipOutput;
  rtSetNexthop(rt, res, e, tag);
  if (tag !== 0) {
    // Whose source has a realm has a route of its own.
  } else if (e !== null) {
    e.rthInput = rt;
  } else {
    nh.rthInput = rt;
  }
  skb.dst = rt;
  return 0;
}

/** No way: the packet goes to `ip_error`, which answers as the errno says. */
function noRoute(n4: Ipv4Net, skb: Skb, dev: NetDevice, res: FibResult, err: number): number {
  n4.rtStat[RT_STAT_IN_NO_ROUTE]!++;
  res.type = RTN_UNREACHABLE;
  res.fi = null;
  res.nh = null;
  return localInput(n4, skb, dev, res, 0, err);
}

/** To a broadcast address: ours, if the source may (`brd_input`). */
function broadcastInput(n4: Ipv4Net, skb: Skb, daddr: number, saddr: number, tos: number, dev: NetDevice, indev: InDevice, res: FibResult): number {
  if (skb.protocol !== ETH_P_IP) return DROP.INVALID_PROTO;
  if (!ipv4IsZeronet(saddr)) {
    const r = validateSource(n4, skb, saddr, 0, tos, 0, dev, indev);
    if (r < 0) return martianSource(n4, indev, dev, daddr, saddr, -r);
  }
  n4.rtStat[RT_STAT_IN_BRD]!++;
  res.type = RTN_BROADCAST;
  return localInput(n4, skb, dev, res, RTCF_BROADCAST, 0);
}

/**
 * Finds the way of a received packet and sets `skb.dst` (`ip_route_input`). `networkHeader` is at the IP header. Returns 0, or the drop
 * reason with which the caller must free it; packets without a route do get one, whose `input` answers with an ICMP error. Allocates
 * nothing for unicast packets over next hops seen before.
 * @alpha
 */
export function ipRouteInput(skb: Skb, daddr: number, saddr: number, tos: number, dev: NetDevice): number {
  const indev = inDevGet(dev);
  if (indev === null) return DROP.IP_INADDRERRORS;
  const { net4: n4 } = indev;
  if (ipv4IsMulticast(daddr)) {
    const our = ipCheckMc(indev, daddr, saddr, iphProtocol(skb.view, skb.networkHeader));
    if (!our && (ipv4IsLocalMulticast(daddr) || indev.conf(IPV4_DEVCONF_MC_FORWARDING) === 0)) return DROP.IP_INADDRERRORS;
    return routeMc(n4, skb, daddr, saddr, tos, dev, indev, our);
  }
  if (ipv4IsMulticast(saddr) || ipv4IsLbcast(saddr)) return martianSource(n4, indev, dev, daddr, saddr, DROP.IP_INVALID_SOURCE);
  const res = n4.resIn;
  res.type = 0;
  res.fi = null;
  res.nh = null;
  n4.sourceTag = 0;
  if (ipv4IsLbcast(daddr) || (saddr === 0 && daddr === 0)) return broadcastInput(n4, skb, daddr, saddr, tos, dev, indev, res);
  if (ipv4IsZeronet(saddr)) return martianSource(n4, indev, dev, daddr, saddr, DROP.IP_INVALID_SOURCE);
  if (ipv4IsZeronet(daddr)) return martianDestination(n4, indev, dev, daddr, saddr, DROP.IP_INVALID_DEST);
  if (ipv4IsLoopback(daddr)) {
    if (indev.confOr(IPV4_DEVCONF_ROUTE_LOCALNET) === 0) return martianDestination(n4, indev, dev, daddr, saddr, DROP.IP_LOCALNET);
  } else if (ipv4IsLoopback(saddr)) {
    if (indev.confOr(IPV4_DEVCONF_ROUTE_LOCALNET) === 0) return martianSource(n4, indev, dev, daddr, saddr, DROP.IP_LOCALNET);
  }
  const fl = n4.flIn;
  fl.oif = 0;
  fl.iif = dev.ifindex;
  fl.mark = skb.mark;
  fl.tos = tos & 0xfc;
  fl.scope = 0;
  fl.flags = 0;
  fl.daddr = daddr;
  fl.saddr = saddr;
  if (n4.fibHasCustomRules) flowForRules(n4, fl, skb, false);
  const err = fibLookup(n4, fl, res, 0);
  if (err !== 0) return noRoute(n4, skb, dev, res, indev.forward() ? err : -EHOSTUNREACH);
  if (res.type === RTN_BROADCAST) {
    if (!indev.bforward()) return broadcastInput(n4, skb, daddr, saddr, tos, dev, indev, res);
  } else if (res.type === RTN_LOCAL) {
    const r = validateSource(n4, skb, saddr, daddr, tos, 0, dev, indev);
    if (r < 0) return martianSource(n4, indev, dev, daddr, saddr, -r);
    return localInput(n4, skb, dev, res, 0, 0);
  }
  if (!indev.forward()) return noRoute(n4, skb, dev, res, -EHOSTUNREACH);
  if (res.type !== RTN_UNICAST && res.type !== RTN_BROADCAST) return martianDestination(n4, indev, dev, daddr, saddr, DROP.IP_INVALID_DEST);
  if (res.fi!.nhs.length > 1) fibSelectPath(n4, res, fl, skb);
  return forwardInput(n4, skb, daddr, saddr, tos, dev, indev, res);
}
