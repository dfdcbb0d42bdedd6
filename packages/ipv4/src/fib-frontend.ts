/** The routes that addresses and links make by themselves, and adding and deleting routes by hand. */
import { EINVAL, ESRCH } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { flowiReset } from '@linnet/inet';
import { neighDelete, neighIfdown, NUD_VALID } from '@linnet/neigh';
import { NETDEV_CHANGE, NETDEV_CHANGEMTU, NETDEV_DOWN, NETDEV_UNREGISTER, NETDEV_UP, l3mdevFibTable, l3mdevMasterIfindex, netifCarrierOk } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  IFA_F_NOPREFIXROUTE, IFA_F_SECONDARY, IPV4_DEVCONF_SRC_VMARK, IFF_LOOPBACK, IFF_UP, NLM_F_APPEND, NLM_F_CREATE, RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_LOCAL,
  RT_TABLE_MAIN, RTM_DELROUTE, RTM_NEWROUTE, RTN_BROADCAST, RTN_LOCAL, RTN_UNICAST, RTNH_F_DEAD, RTNH_F_LINKDOWN, RTPROT_KERNEL, iphDaddr, iphSaddr, iphTos,
  ipv4IsLbcast, ipv4IsZeronet,
  inetMakeMask,
} from '@linnet/uapi';
import { inetIfaByprefix, inetSelectAddr } from './devinet-select.ts';
import { inetAddrTypeDevTable } from './fib-addr-type.ts';
import { fibLookup } from './fib-lookup.ts';
import {
  FIB_DEV_CARRIER, FIB_DEV_DOWN, FIB_DEV_UNREGISTER, FibConfig, fibNhPrefsrc, fibSyncDownAddr, fibSyncDownDev, fibSyncUp,
} from './fib-semantics.ts';
import { FibChange, fibNewTable, fibTableDelete, fibTableFlush, fibTableInsert } from './fib-trie.ts';
import type { InIfaddr } from './in-device.ts';
import { inDevGet } from './in-device.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { LOOPBACK_IFINDEX } from './rtable.ts';
import { updateExceptionsMtu } from './route-exception.ts';
import { RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST, rtCacheFlush } from './rtable.ts';
import type { Rtable } from './rtable.ts';

export { inetAddrType, inetAddrTypeDevTable, inetAddrTypeTable, inetDevAddrType } from './fib-addr-type.ts';

/** Removes routes without living next hops from all tables (`fib_flush`). Linux tells netlink only of those that lost their source. @alpha */
export function fibFlush(n4: Ipv4Net): void {
  let n = 0;
  // By the low byte of their numbers, as Linux keeps them.
  const tables = Array.from(n4.fibTables.values()).sort((a, b) => (a.id & 255) - (b.id & 255) || a.id - b.id);
  for (const tb of tables) {
    n += fibTableFlush(n4, tb, false, (t, prefix, plen, fa) => {
      if (fa.info.pfsrcRemoved) n4.rtmsgFib(RTM_DELROUTE, t, prefix, plen, fa, 0, null);
    });
  }
  if (n !== 0) rtCacheFlush(n4);
}

/** Adds or deletes a route that an address made (`fib_magic`). */
function magic(add: boolean, type: number, dst: number, plen: number, ifa: InIfaddr, priority: number): void {
  const { indev } = ifa;
  const { net4: n4 } = indev;
  const cfg = new FibConfig();
  cfg.dst = dst;
  cfg.dstLen = plen;
  cfg.type = type;
  const vrf = l3mdevFibTable(indev.dev);
  cfg.table = vrf !== 0 ? vrf : type === RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL;
  cfg.protocol = RTPROT_KERNEL;
  cfg.oif = indev.dev.ifindex;
  cfg.prefsrc = ifa.local;
  cfg.priority = priority;
  cfg.scope = type === RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK;
  cfg.nlflags = NLM_F_CREATE | NLM_F_APPEND;
  const tb = fibNewTable(n4, cfg.table);
  const out = new FibChange();
  // Two addresses may want the same route: the second finds it there.
  if (add) {
    if (fibTableInsert(n4, tb, cfg, out) === 0 && out.alias !== null) n4.rtmsgFib(RTM_NEWROUTE, tb, dst, plen, out.alias, out.nlflags, null);
  } else if (fibTableDelete(n4, tb, cfg, out) === 0 && out.alias !== null) {
    n4.rtmsgFib(RTM_DELROUTE, tb, dst, plen, out.alias, 0, null);
  }
}

function prefixType(dev: NetDevice): number {
  return (dev.flags & IFF_LOOPBACK) !== 0 ? RTN_LOCAL : RTN_UNICAST;
}

/** Forgets a neighbour that has no address yet, as now everybody has this address (arp_invalidate). */
function arpInvalidate(n4: Ipv4Net, dev: NetDevice, addr: number): void {
  const n = n4.arpTbl.lookup(addr, dev);
  if (n !== null && (n.nudState & NUD_VALID) === 0) neighDelete(n, null);
}

/**
 * Makes the routes of an address (`fib_add_ifaddr`): local for itself; when the device is up also broadcast, and the prefix of a primary
 * address.
 * @alpha
 */
export function fibAddIfaddr(ifa: InIfaddr): void {
  const { indev, mask, local, prefixlen } = ifa;
  const { dev } = indev;
  const secondary = (ifa.flags & IFA_F_SECONDARY) !== 0;
  const prefix = ifa.address & mask;
  const prim = secondary ? inetIfaByprefix(indev, prefix, mask) : ifa;
  if (prim === null) return;
  magic(true, RTN_LOCAL, local, 32, prim, 0);
  if ((dev.flags & IFF_UP) === 0) return;
  if (ifa.broadcast !== 0 && !ipv4IsLbcast(ifa.broadcast)) {
    magic(true, RTN_BROADCAST, ifa.broadcast, 32, prim, 0);
    arpInvalidate(indev.net4, dev, ifa.broadcast);
  }
  if (ipv4IsZeronet(prefix) || secondary || (prefix === local && prefixlen === 32)) return;
  if ((ifa.flags & IFA_F_NOPREFIXROUTE) === 0) magic(true, prefixType(dev), prefix, prefixlen, prim, ifa.rtPriority);
  // RFC 3021: a /31 has no broadcast address.
  if (prefixlen < 31) {
    magic(true, RTN_BROADCAST, prefix | ~mask, 32, prim, 0);
    arpInvalidate(indev.net4, dev, prefix | ~mask);
  }
}

/**
 * Removes the routes of an address that is gone from its device's list, or is about to change its primary to `iprim`
 * (`fib_del_ifaddr`): not those that other addresses need.
 * @alpha
 */
export function fibDelIfaddr(ifa: InIfaddr, iprim: InIfaddr | null = null): void {
  const { indev, mask, local, prefixlen } = ifa;
  const { dev, net4: n4 } = indev;
  const prefix = ifa.address & mask;
  const brd = prefix | ~mask;
  let prim = ifa;
  let subnet = false;
  if ((ifa.flags & IFA_F_SECONDARY) !== 0) {
    // The primary may have left the list already; then it is the one that the caller names.
    const p = iprim ?? inetIfaByprefix(indev, prefix, mask);
    if (p === null) return;
    prim = p;
  } else if (!ipv4IsZeronet(prefix) && (prefix !== local || prefixlen < 32)) {
    if ((ifa.flags & IFA_F_NOPREFIXROUTE) === 0) magic(false, prefixType(dev), prefix, prefixlen, prim, ifa.rtPriority);
    subnet = true;
  }
  let brdOk = false;
  let brd1Ok = false;
  let localOk = false;
  for (const o of indev.ifas) {
    if (o === ifa) continue;
    // A route is shared only when it names the same source.
    const p = (o.flags & IFA_F_SECONDARY) !== 0 ? inetIfaByprefix(indev, o.address & o.mask, o.mask) : o;
    if (p === null || p.local !== prim.local) continue;
    if (o.local === local) localOk = true;
    const oBrd = (o.flags & IFA_F_SECONDARY) === 0 && o.prefixlen < 31 ? (o.address & o.mask) | ~o.mask : 0;
    if (ifa.broadcast !== 0 && (o.broadcast === ifa.broadcast || oBrd === ifa.broadcast)) brdOk = true;
    if (o.broadcast === brd || oBrd === brd) brd1Ok = true;
  }
  if (!brdOk && ifa.broadcast !== 0 && !ipv4IsLbcast(ifa.broadcast)) magic(false, RTN_BROADCAST, ifa.broadcast, 32, prim, 0);
  if (subnet && prefixlen < 31 && !brd1Ok) magic(false, RTN_BROADCAST, brd, 32, prim, 0);
  if (localOk) return;
  magic(false, RTN_LOCAL, local, 32, prim, 0);
  // If nothing else makes the address ours, routes that prefer it as source go as well; not those of one that only gets another primary.
  if (iprim === null && inetAddrTypeDevTable(n4, dev, local) !== RTN_LOCAL && fibSyncDownAddr(n4, local) !== 0) fibFlush(n4);
}

/** The device can carry no IPv4 now (`fib_disable_ip`): its routes and neighbours go. */
function disableIp(n4: Ipv4Net, dev: NetDevice, what: number, force: boolean): void {
  if (fibSyncDownDev(n4, dev, what, force) !== 0) fibFlush(n4);
  else rtCacheFlush(n4);
  neighIfdown(n4.arpTbl, dev);
}

/** An address came (NETDEV_UP) or went (NETDEV_DOWN) (`fib_inetaddr_event`). @alpha */
export function fibInetaddrEvent(event: number, ifa: InIfaddr): void {
  const { indev } = ifa;
  const { net4: n4, dev } = indev;
  n4.devAddrGenid = (n4.devAddrGenid + 1) | 0;
  if (event === NETDEV_UP) {
    fibAddIfaddr(ifa);
    // The device may carry IPv4 again: hops of routes of several that died with the last address are back.
    fibSyncUp(n4, dev, RTNH_F_DEAD);
  } else {
    fibDelIfaddr(ifa);
    if (indev.ifas.length === 0) {
      // The last address went: IPv4 is off on this device.
      disableIp(n4, dev, FIB_DEV_DOWN, true);
      return;
    }
  }
  rtCacheFlush(n4);
}

/** Something happened to a device (`fib_netdev_event`). @alpha */
export function fibNetdevEvent(n4: Ipv4Net, event: number, dev: NetDevice): void {
  if (event === NETDEV_UNREGISTER) {
    disableIp(n4, dev, FIB_DEV_UNREGISTER, true);
    return;
  }
  const indev = inDevGet(dev);
  if (indev === null) return;
  switch (event) {
    case NETDEV_UP:
      for (const ifa of indev.ifas) fibAddIfaddr(ifa);
      fibSyncUp(n4, dev, RTNH_F_DEAD);
      n4.devAddrGenid = (n4.devAddrGenid + 1) | 0;
      rtCacheFlush(n4);
      break;
    case NETDEV_DOWN:
      disableIp(n4, dev, FIB_DEV_DOWN, false);
      break;
    case NETDEV_CHANGE:
      if (netifCarrierOk(dev)) fibSyncUp(n4, dev, RTNH_F_LINKDOWN);
      else fibSyncDownDev(n4, dev, FIB_DEV_CARRIER, false);
      rtCacheFlush(n4);
      break;
    case NETDEV_CHANGEMTU:
      updateExceptionsMtu(n4, dev, indev.mtu);
      indev.mtu = dev.mtu;
      rtCacheFlush(n4);
      break;
    default:
  }
}

/** Is the host part of the destination zero? */
function checkPrefix(cfg: FibConfig): number {
  if (cfg.dstLen > 32) {
    cfg.error = 'Invalid prefix length';
    return -EINVAL;
  }
  if ((cfg.dst & ~inetMakeMask(cfg.dstLen)) !== 0) {
    cfg.error = 'Invalid prefix for given prefix length';
    return -EINVAL;
  }
  return 0;
}

/**
 * Adds a route (`inet_rtm_newroute`): 0 or a negative errno with `cfg.error` where Linux explains itself. `cfg.nlflags` are NLM_F_CREATE with
 * NLM_F_EXCL (add), NLM_F_APPEND (append), alone (prepend) or NLM_F_REPLACE (replace; change without CREATE).
 * @alpha
 */
export function fibAddRoute(net: Net, cfg: FibConfig, req: NlRequest | null = null): number {
  const n4 = net.get(IPV4);
  const bad = checkPrefix(cfg);
  if (bad !== 0) return bad;
  if (cfg.table === 0) cfg.table = RT_TABLE_MAIN;
  const tb = fibNewTable(n4, cfg.table);
  const out = new FibChange();
  const err = fibTableInsert(n4, tb, cfg, out);
  if (err !== 0) return err;
  if (cfg.type === RTN_LOCAL) n4.fibHasCustomLocalRoutes = true;
  if (out.alias !== null) n4.rtmsgFib(RTM_NEWROUTE, tb, cfg.dst, cfg.dstLen, out.alias, out.nlflags, req);
  return 0;
}

/** Deletes the first route that matches (`inet_rtm_delroute`); -ESRCH when none does. Fields that are zero match anything. @alpha */
export function fibDelRoute(net: Net, cfg: FibConfig, req: NlRequest | null = null): number {
  const n4 = net.get(IPV4);
  const bad = checkPrefix(cfg);
  if (bad !== 0) return bad;
  const tb = n4.fibTables.get(cfg.table === 0 ? RT_TABLE_MAIN : cfg.table);
  if (tb === undefined) {
    cfg.error = 'FIB table does not exist';
    return -ESRCH;
  }
  const out = new FibChange();
  const err = fibTableDelete(n4, tb, cfg, out);
  if (err === 0 && out.alias !== null) n4.rtmsgFib(RTM_DELROUTE, tb, cfg.dst, cfg.dstLen, out.alias, 0, req);
  return err;
}

/**
 * The address with which to answer a received packet (`fib_compute_spec_dst`, RFC 1122 3.2.1.3): the one it was sent to, or for broadcasts
 * and groups the one that routing would choose towards its source.
 * @alpha
 */
export function fibComputeSpecDst(skb: Skb): number {
  const rt = skb.dst as Rtable;
  const { view, networkHeader: nh } = skb;
  if ((rt.rtFlags & (RTCF_BROADCAST | RTCF_MULTICAST | RTCF_LOCAL)) === RTCF_LOCAL) return iphDaddr(view, nh);
  const dev = skb.dev as NetDevice;
  const { net4: n4 } = rt;
  const saddr = iphSaddr(view, nh);
  if (ipv4IsZeronet(saddr)) return inetSelectAddr(dev, saddr, RT_SCOPE_LINK);
  const fl = n4.flCtl;
  flowiReset(fl);
  fl.iif = LOOPBACK_IFINDEX;
  fl.l3mdev = l3mdevMasterIfindex(dev);
  fl.daddr = saddr;
  fl.tos = iphTos(view, nh) & 0xfc;
  fl.scope = RT_SCOPE_UNIVERSE;
  const indev = inDevGet(dev);
  if (indev !== null && indev.confAnd(IPV4_DEVCONF_SRC_VMARK) !== 0) fl.mark = skb.mark;
  const res = n4.resCtl;
  if (fibLookup(n4, fl, res, 0) === 0 && res.fi !== null && res.nh !== null) return fibNhPrefsrc(n4, res.fi, res.nh);
  return inetSelectAddr(dev, saddr, RT_SCOPE_UNIVERSE);
}
