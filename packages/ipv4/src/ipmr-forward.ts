/**
 * The way of multicast packets through this machine (RFC 1112 6, RFC 1812 5.2.1.3 and 5.3.1): the `input` of routes to groups where a daemon routes them. For a packet
 * whose entry is known nothing is allocated but the copies.
 */
import { timeAfter } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { fibRulesLookup } from '@linnet/inet';
import { dstMtu, dstOutput, llReservedSpace, nfHook, NF_INET_FORWARD, NFPROTO_IPV4, skbDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, skbClone, skbCow, skbIsGso } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  IGMPMSG_WHOLEPKT, IGMPMSG_WRONGVIF, IGMPMSG_WRVIFWHOLE, INET_ECN_MASK, ipDecreaseTtl, iphDaddr, iphFragOff, iphProtocol, iphSaddr, iphTos, iphTtl, IPPROTO_IGMP, IPPROTO_IPIP,
  IP_DF, VIFF_REGISTER,
} from '@linnet/uapi';
import { IPSKB_FORWARDED, ipcbAddFlags, ipcbFlags, ipcbOptlen } from './ip-cb.ts';
import { ipSendCheck } from './ip-header.ts';
import { ipcbRouterAlert, ipForwardOptions } from './ip-options.ts';
import { skbGsoNetworkSeglen } from './ip-output.ts';
import { mrWait } from './ipmr-pending.ts';
import { IPMR, MR_ASSERT_INTERVAL, MR_NEVER, mrFindAny, mrFindEntry, mrFindVif, mrStarBranch } from './ipmr-types.ts';
import type { MrEntry, MrNet, MrTable } from './ipmr-types.ts';
import { mrUpcall } from './ipmr-upcall.ts';
import { ipCallRaChain, rawRcv } from './raw.ts';
import { ipRouteOutputKey } from './route-output.ts';
import { LOOPBACK_IFINDEX, RTCF_LOCAL, rtCacheValid } from './rtable.ts';
import type { Rtable } from './rtable.ts';
import { IPSTATS_MIB_FRAGFAILS, IPSTATS_MIB_OUTFORWDATAGRAMS } from './snmp.ts';

/** The table whose entries a flow is looked up in, as the rules say; null: they refuse it. `mr.flow` is the flow. */
function lookupTable(mr: MrNet): MrTable | null {
  if (mr.plain) return mr.main;
  mr.arg.result = null;
  mr.arg.rule = null;
  return fibRulesLookup(mr.rules!, mr.flow, 0, mr.arg) === 0 ? (mr.arg.result as unknown as MrTable) : null;
}

/** The table for a packet: one that came in by `dev`, or our own that went out by it. @alpha */
export function mrTableOf(mr: MrNet, skb: Skb, dev: NetDevice, own: boolean): MrTable | null {
  const fl = mr.flow;
  fl.oif = own ? dev.ifindex : 0;
  fl.iif = own ? LOOPBACK_IFINDEX : dev.ifindex;
  fl.mark = skb.mark;
  return lookupTable(mr);
}

/** A multicast packet, `data` at its IP header, with an input route or, our own that came back, an output route. Consumes it. @alpha */
export function mrInput(skb: Skb): number {
  const rt = skb.dst as unknown as Rtable;
  const ip = rt.net4;
  const dev = skbDev(skb)!;
  const local = (rt.rtFlags & RTCF_LOCAL) !== 0;
  // It has been through here, and comes back from the device that it was sent by.
  if ((ipcbFlags(skb) & IPSKB_FORWARDED) !== 0) return finish(skb, local);
  const t = mrTableOf(ip.net.get(IPMR), skb, dev, !rt.rtIsInput);
  if (t === null) {
    kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
    return 0;
  }
  const { view, networkHeader: nh } = skb;
  if (!local) {
    // What hosts say of groups is for the daemon, and goes no further (RFC 2113; hosts of version 1 send no router alert).
    if (ipcbRouterAlert(skb) !== 0) {
      if (ipCallRaChain(ip, skb)) return 0;
    } else if (iphProtocol(view, nh) === IPPROTO_IGMP && t.owner !== null) {
      rawRcv(t.owner, skb);
      consumeSkb(skb);
      return 0;
    }
  }
  const origin = iphSaddr(view, nh);
  const group = iphDaddr(view, nh);
  let e = mrFindEntry(t, origin, group);
  if (e === null) {
    const vif = mrFindVif(t, dev);
    if (vif >= 0) e = mrFindAny(t, group, vif);
    if (e === null) return unknown(t, skb, vif, local);
  }
  mrForward(t, skb, e, local);
  if (local) return ip.ipLocalDeliver(skb);
  return 0;
}

/** Nothing more is to be done but to hand it to members on this machine. */
function finish(skb: Skb, local: boolean): number {
  if (local) return (skb.dst as unknown as Rtable).net4.ipLocalDeliver(skb);
  kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  return 0;
}

/** No entry: the daemon is asked, and the packet waits. */
function unknown(t: MrTable, skb: Skb, vif: number, local: boolean): number {
  if (vif < 0) return finish(skb, local);
  const waits = local ? skbClone(skb) : skb;
  mrWait(t, waits, vif);
  return local ? finish(skb, true) : 0;
}

/** Did the packet come in where the entry wants it? `vif` is where it came in, -1: by no interface of the table. */
function acceptable(t: MrTable, e: MrEntry, dev: NetDevice, vif: number): boolean {
  const from = t.vifs[e.parent]!;
  if (from !== null && from.dev === dev) return true;
  // Without a source any branch of the tree will do.
  return e.origin === 0 && vif >= 0 && mrStarBranch(t, e.parent, vif);
}

/** Tells of a packet that came in elsewhere, now and then (RFC 7761 4.6). */
function wrongVif(t: MrTable, skb: Skb, e: MrEntry, vif: number): void {
  // Our own, back from where it was sent: the daemon has nothing to say about it.
  if (!(skb.dst as unknown as Rtable).rtIsInput) return;
  e.wrong++;
  if (vif < 0 || !t.assert || (!t.pim && e.ttls[vif] === MR_NEVER)) return;
  const now = t.n4.kernel.jiffies;
  if (!timeAfter(now, (e.lastAssert + MR_ASSERT_INTERVAL) | 0)) return;
  e.lastAssert = now;
  mrUpcall(t, skb, vif, IGMPMSG_WRONGVIF);
  if (t.wholeOnWrong) mrUpcall(t, skb, vif, IGMPMSG_WRVIFWHOLE);
}

/** Sends a packet where an entry says. Consumes it unless `keep`: then copies go, and it is still the caller's. @alpha */
export function mrForward(t: MrTable, skb: Skb, e: MrEntry, keep: boolean): void {
  const dev = skbDev(skb)!;
  const ttl = iphTtl(skb.view, skb.networkHeader);
  e.packets++;
  e.bytes += skb.len;
  e.lastUse = t.n4.kernel.jiffies;
  const vif = mrFindVif(t, dev);
  let last = -1;
  if (!acceptable(t, e, dev, vif)) {
    wrongVif(t, skb, e, vif);
  } else {
    const from = t.vifs[e.parent]!;
    if (from !== null) {
      from.packetsIn++;
      from.bytesIn += skb.len;
    }
    if (e.origin === 0 && e.group === 0) {
      // What nobody knows goes up, never down.
      if (vif >= 0 && vif !== e.parent && ttl > e.ttls[e.parent]!) last = e.parent;
    } else {
      for (let i = t.vifEnd - 1; i >= 0; i--) {
        // A tree without a source has branches where packets come in, to which they do not go back.
        if (ttl <= e.ttls[i]! || (e.origin === 0 && i === vif)) continue;
        if (last >= 0) sendBy(t, skbClone(skb), e, last);
        last = i;
      }
    }
  }
  if (last >= 0) sendBy(t, keep ? skbClone(skb) : skb, e, last);
  else if (!keep) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
}

/** The route out by an interface, kept in the entry. */
function routeBy(t: MrTable, e: MrEntry, i: number, oif: number, group: number, tos: number): Rtable | null {
  if (e.routesGroup !== group || e.routesTos !== tos) {
    e.routes.fill(null);
    e.routesGroup = group;
    e.routesTos = tos;
  }
  const known = e.routes[i]!;
  if (rtCacheValid(known)) return known;
  const fl = t.n4.net.get(IPMR).outFlow;
  fl.oif = oif;
  fl.mark = 0;
  fl.tos = tos;
  fl.scope = 0;
  fl.flags = 0;
  fl.proto = IPPROTO_IPIP;
  fl.daddr = group;
  fl.saddr = 0;
  fl.sport = 0;
  fl.dport = 0;
  fl.uid = 0;
  const rt = ipRouteOutputKey(t.n4, fl);
  e.routes[i] = rt;
  return rt;
}

/** Sends a packet out by an interface. Consumes it. */
function sendBy(t: MrTable, skb: Skb, e: MrEntry, i: number): void {
  const vif = t.vifs[i]!;
  if (vif === null) {
    kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
    return;
  }
  if ((vif.flags & VIFF_REGISTER) !== 0) {
    vif.packetsOut++;
    vif.bytesOut += skb.len;
    vif.dev.stats.txPackets++;
    vif.dev.stats.txBytes += skb.len;
    mrUpcall(t, skb, i, IGMPMSG_WHOLEPKT);
    consumeSkb(skb);
    return;
  }
  const nh = skb.networkHeader;
  const rt = routeBy(t, e, i, vif.dev.ifindex, iphDaddr(skb.view, nh), iphTos(skb.view, nh) & ~INET_ECN_MASK);
  if (rt === null) {
    kfreeSkbReason(skb, DROP.IP_OUTNOROUTES);
    return;
  }
  const ip = t.n4;
  if (tooLarge(skb, dstMtu(rt))) {
    // Nobody is told: there may be many receivers, and the path is theirs (RFC 1112 7.2).
    ip.mib[IPSTATS_MIB_FRAGFAILS]!++;
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return;
  }
  skbCow(skb, llReservedSpace(rt.dev) + rt.headerLen);
  vif.packetsOut++;
  vif.bytesOut += skb.len;
  skb.dst = rt;
  ipDecreaseTtl(skb.view, skb.networkHeader);
  ipcbAddFlags(skb, IPSKB_FORWARDED);
  nfHook(NFPROTO_IPV4, NF_INET_FORWARD, ip.net, null, skb, skbDev(skb), rt.dev, forwardFinish);
}

function tooLarge(skb: Skb, mtu: number): boolean {
  if (skb.len <= mtu || (iphFragOff(skb.view, skb.networkHeader) & IP_DF) === 0) return false;
  return !skbIsGso(skb) || skbGsoNetworkSeglen(skb) > mtu;
}

function forwardFinish(net: Net, sk: object | null, skb: Skb): number {
  const rt = skb.dst as unknown as Rtable;
  const ip = rt.net4;
  ip.mib[IPSTATS_MIB_OUTFORWDATAGRAMS]!++;
  if (ipcbOptlen(skb) !== 0 && !ipForwardOptions(ip, skb, rt)) ipSendCheck(skb);
  skb.tstamp = 0;
  return dstOutput(net, sk, skb);
}
