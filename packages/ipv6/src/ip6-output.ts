/** IPv6 output: from a transport's packet to the neighbour (ip6_output.c without the corked sends and fragmentation, which have files of their own). */
import { EHOSTUNREACH, EINVAL, EMSGSIZE, jhash3words } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  DEVCONF_DISABLE_IPV6, DEVCONF_HOPLIMIT, DEVCONF_MTU6, ETH_P_IPV6, IFF_LOOPBACK, INET_ECN_MASK, IPPROTO_TCP, IPV6HDR_LEN, IPV6_MAXPLEN, IPV6_PMTUDISC_PROBE, RTAX_HOPLIMIT,
  ip6Daddr, ip6FlowHdr, ip6HopLimit, ip6SetHopLimit, ip6SetNexthdr, ip6SetPayloadLen,
} from '@linnet/uapi';
import {
  CHECKSUM_UNNECESSARY, consumeSkb, DROP, kfreeSkbReason, PACKET_LOOPBACK, skbClone, skbCow, skbHeadroom, skbIsGso, skbPush,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  dstMetric, dstMtu, dstOutput, llReservedSpace, NETIF_F_GSO_MASK, netifRx, netifSkbFeatures, nfHook, NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, skbDev, skbGsoSegment,
} from '@linnet/netdev';
import type { DstEntry, NetDevice } from '@linnet/netdev';
import { neighOutput } from '@linnet/neigh';
import { skDstCheck } from '@linnet/socket';
import { flowiReset } from '@linnet/inet';
import type { Flowi, InetSock } from '@linnet/inet';
import { a6LoadDaddr, a6LoadSaddr, a6Store } from './addr6.ts';
import { in6DevGet } from './inet6-dev.ts';
import { IP6SKB_FORWARDED, IP6SKB_REROUTED, IP6SKB_ROUTERALERT, ip6cbClear, ip6cbFlags, ip6cbFragMaxSize } from './ip6-cb.ts';
import { ip6Fragment } from './ip6-output-frag.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ipv6ChkMcastAddr } from './mld.ts';
import { inet6Sk } from './pinfo.ts';
import type { Ipv6Pinfo } from './pinfo.ts';
import { rt6NeighForSkb } from './route6-neigh.ts';
import { ip6RouteOutput } from './route6.ts';
import type { Rt6Info } from './rt6-info.ts';
import {
  IP6_FRAGFAILS, IP6_OUTDISCARDS, IP6_OUTMCASTOCTETS, IP6_OUTMCASTPKTS, IP6_OUTNOROUTES, IP6_OUTOCTETS, IP6_OUTPKTS, IP6_OUTREQUESTS,
} from './snmp6.ts';
import { firstDestination, pushNfragOpts } from './tx-push.ts';
import { skSetupCaps6 } from './sk-caps6.ts';

/** Counts for the namespace and for the device that a route counts for. @alpha */
export function count6(rt: Rt6Info, field: number, n: number): void {
  rt.net6.mib.ip[field]! += n;
  if (rt.idev !== null) rt.idev.mib.ip[field]! += n;
}

/** Finishes the header's length and asks the output hook; then the packet goes the way of its route. Consumes (ip6_local_out). @alpha */
export function ip6LocalOut(net: Net, sk: object | null, skb: Skb): number {
  const rt = skb.dst as Rt6Info;
  count6(rt, IP6_OUTREQUESTS, 1);
  const len = skb.len - IPV6HDR_LEN;
  ip6SetPayloadLen(skb.view, skb.networkHeader, len > IPV6_MAXPLEN ? 0 : len);
  skb.protocol = ETH_P_IPV6;
  return nfHook(NFPROTO_IPV6, NF_INET_LOCAL_OUT, net, sk, skb, null, rt.dev, dstOutput);
}

/** The `output` of routes (ip6_output). Consumes. @alpha */
export function ip6Output(net: Net, sk: object | null, skb: Skb): number {
  const rt = skb.dst as Rt6Info;
  const { dev } = rt;
  const indev = skb.dev as NetDevice | null;
  skb.dev = dev;
  skb.protocol = ETH_P_IPV6;
  const idev = in6DevGet(dev);
  if (idev === null || idev.conf(DEVCONF_DISABLE_IPV6) !== 0) {
    count6(rt, IP6_OUTDISCARDS, 1);
    kfreeSkbReason(skb, DROP.IPV6DISABLED);
    return 0;
  }
  if ((ip6cbFlags(skb) & IP6SKB_REROUTED) !== 0) return ip6FinishOutput(net, sk, skb);
  return nfHook(NFPROTO_IPV6, NF_INET_POST_ROUTING, net, sk, skb, indev, dev, ip6FinishOutput);
}

/** The MTU that bounds this packet: the path's, or the device's for a socket that probes (ip6_skb_dst_mtu). @alpha */
export function ip6SkbDstMtu(sk: object | null, skb: Skb): number {
  const dst = skb.dst as DstEntry;
  const np = inet6Sk(sk);
  if (np === null || np.pmtudisc < IPV6_PMTUDISC_PROBE) return dstMtu(dst);
  const idev = in6DevGet(dst.dev);
  return idev === null ? dst.dev.mtu : idev.cnf.data[DEVCONF_MTU6]!;
}

/** Sees to it that no packet leaves that is larger than the MTU. Consumes (ip6_finish_output). @alpha */
export function ip6FinishOutput(net: Net, sk: object | null, skb: Skb): number {
  const mtu = ip6SkbDstMtu(sk, skb);
  if (skbIsGso(skb)) return finishGso(net, sk, skb, mtu);
  const largest = ip6cbFragMaxSize(skb);
  if (skb.len > mtu || (largest !== 0 && skb.len > largest)) return ip6Fragment(net, sk, skb, mtu, ip6FinishOutput2);
  return ip6FinishOutput2(net, sk, skb);
}

/** The length on the wire of the longest segment, IPv6 header included. @alpha */
export function skbGsoNetworkSeglen6(skb: Skb): number {
  const hdr = skb.u8[skb.networkHeader + 6] === IPPROTO_TCP ? (skb.u8[skb.transportHeader + 12]! >> 4) << 2 : 8;
  return skb.transportHeader - skb.networkHeader + hdr + skb.gsoSize;
}

/** A super-segment may go when its segments fit; else it is cut here. */
function finishGso(net: Net, sk: object | null, skb: Skb, mtu: number): number {
  if (skbGsoNetworkSeglen6(skb) <= mtu) return ip6FinishOutput2(net, sk, skb);
  const dev = skbDev(skb)!;
  const segs = skbGsoSegment(dev.sd, skb, netifSkbFeatures(skb) & ~NETIF_F_GSO_MASK);
  if (segs === null || typeof segs === 'number') {
    kfreeSkbReason(skb, DROP.SKB_GSO_SEG);
    return -EINVAL;
  }
  consumeSkb(skb);
  let ret = 0;
  let seg: Skb | null = segs;
  while (seg !== null) {
    const next: Skb | null = seg.next;
    seg.next = null;
    seg.dev = dev;
    const err = ip6Fragment(net, sk, seg, mtu, ip6FinishOutput2);
    if (err !== 0 && ret === 0) ret = err;
    seg = next;
  }
  return ret;
}

/** The `okfn` of copies for ourselves: they come in again by the backlog (dev_loopback_xmit). */
function loopbackXmit(_net: Net, _sk: object | null, skb: Skb): number {
  skb.macHeader = skb.data;
  skb.macLen = 0;
  skb.pktType = PACKET_LOOPBACK;
  skb.dst = null;
  if (skb.ipSummed === 0) skb.ipSummed = CHECKSUM_UNNECESSARY;
  return netifRx(skb);
}

/** Does the sender hear its own packets to groups? Of those of the protocol itself (their routes come from no table) only the messages of MLD, which have a router alert. */
function loops(sk: object | null, rt: Rt6Info, skb: Skb): boolean {
  if (rt.from === null) return (ip6cbFlags(skb) & IP6SKB_ROUTERALERT) !== 0;
  const np = inet6Sk(sk);
  return np === null || np.mcLoop;
}

/** Is it one of this machine's own, which multicast routing must see? What it forwarded it has seen. */
function routed(n6: Ipv6Net, skb: Skb): boolean {
  return n6.mcRoute !== null && (ip6cbFlags(skb) & IP6SKB_FORWARDED) === 0;
}

/** Hands a packet to its neighbour. Consumes (ip6_finish_output2). @alpha */
export function ip6FinishOutput2(net: Net, sk: object | null, skb: Skb): number {
  const rt = skb.dst as Rt6Info;
  const dev = rt.dev;
  const nh = skb.networkHeader;
  if (ip6Daddr(skb.view, nh, 0) >>> 24 === 0xff) {
    const idev = in6DevGet(dev);
    const n6 = rt.net6;
    a6LoadDaddr(n6.a6Tmp, skb.view, nh);
    a6LoadSaddr(n6.a6Tmp2, skb.view, nh);
    if ((dev.flags & IFF_LOOPBACK) === 0 && loops(sk, rt, skb) && idev !== null && (routed(n6, skb) || ipv6ChkMcastAddr(idev, n6.a6Tmp, n6.a6Tmp2))) {
      const copy = skbClone(skb);
      nfHook(NFPROTO_IPV6, NF_INET_POST_ROUTING, net, sk, copy, null, dev, loopbackXmit);
      if (ip6HopLimit(skb.view, nh) === 0) {
        count6(rt, IP6_OUTDISCARDS, 1);
        consumeSkb(skb);
        return 0;
      }
    }
    count6(rt, IP6_OUTMCASTPKTS, 1);
    count6(rt, IP6_OUTMCASTOCTETS, skb.len);
    // What is for the interface stays on it.
    if (((ip6Daddr(skb.view, nh, 0) >>> 16) & 15) <= 1 && (dev.flags & IFF_LOOPBACK) === 0) {
      consumeSkb(skb);
      return 0;
    }
  }
  count6(rt, IP6_OUTPKTS, 1);
  count6(rt, IP6_OUTOCTETS, skb.len);
  if (skbHeadroom(skb) < dev.hardHeaderLen && dev.headerOps !== null) skbCow(skb, llReservedSpace(dev));
  const neigh = rt6NeighForSkb(rt, skb);
  if (neigh === null) {
    count6(rt, IP6_OUTNOROUTES, 1);
    kfreeSkbReason(skb, DROP.NEIGH_CREATEFAIL);
    return -EINVAL;
  }
  return neighOutput(neigh, skb);
}

/** The hop limit of a route: its metric, else its device's setting (ip6_dst_hoplimit). @alpha */
export function ip6DstHoplimit(n6: Ipv6Net, dst: DstEntry): number {
  const hops = dstMetric(dst, RTAX_HOPLIMIT);
  if (hops !== 0) return hops;
  const idev = in6DevGet(dst.dev);
  return idev === null ? n6.devconfAll.data[DEVCONF_HOPLIMIT]! : idev.cnf.data[DEVCONF_HOPLIMIT]!;
}

/** The flow label of packets of a flow that has none of its own: a hash of the flow, if the namespace wants it so (ip6_make_flowlabel, RFC 6437 3). @alpha */
export function ip6MakeFlowlabel(n6: Ipv6Net, fl: Flowi, np: Ipv6Pinfo | null): number {
  if (fl.flowlabel !== 0) return fl.flowlabel;
  const how = n6.sysctlAutoFlowlabels;
  if (how === 0) return 0;
  const on = how === 3 ? true : np !== null && np.autoflowlabel >= 0 ? np.autoflowlabel !== 0 : how === 1;
  if (!on) return 0;
  const d = fl.daddr6!;
  const s = fl.saddr6!;
  let h = jhash3words(s[0]! ^ d[0]!, s[1]! ^ d[1]!, s[2]! ^ d[2]!, n6.multipathSeed);
  h = jhash3words(h ^ s[3]!, d[3]!, (fl.sport << 16) ^ fl.dport ^ (fl.proto << 8), n6.multipathSeed);
  const label = h & 0xfffff;
  return n6.sysctlFlowlabelStateRanges !== 0 ? label | 0x80000 : label;
}

/** Puts a packet of a connected socket on its way: extension headers, header (ip6_xmit). `rt` is its route. Consumes. */
function xmit(n6: Ipv6Net, sk: InetSock | null, skb: Skb, rt: Rt6Info, fl: Flowi, np: Ipv6Pinfo | null, tclass: number, hops: number): number {
  const opt = np === null ? null : np.opt;
  const room = llReservedSpace(rt.dev) + IPV6HDR_LEN + (opt === null ? 0 : opt.nflen + opt.flen);
  if (skbHeadroom(skb) < room) skbCow(skb, room);
  let proto = fl.proto;
  const final = fl.daddr6!;
  if (opt !== null && !opt.empty) proto = pushNfragOpts(skb, opt, proto, final, n6.a6Nexthop, true);
  const at = skbPush(skb, IPV6HDR_LEN);
  skb.networkHeader = at;
  const { view } = skb;
  ip6FlowHdr(view, at, tclass, ip6MakeFlowlabel(n6, fl, np));
  ip6SetNexthdr(view, at, proto);
  ip6SetHopLimit(view, at, hops);
  a6Store(view, at + 8, fl.saddr6!);
  a6Store(view, at + 24, opt !== null && opt.srcrt !== null ? n6.a6Nexthop : final);
  ip6cbClear(skb);
  skb.dst = rt;
  if (skb.len > ip6SkbDstMtu(sk, skb) && !skb.ignoreDf && !skbIsGso(skb)) {
    skb.dev = rt.dev;
    count6(rt, IP6_FRAGFAILS, 1);
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return -EMSGSIZE;
  }
  return ip6LocalOut(n6.net, sk, skb);
}

/** Fills a flow from a connected socket. @alpha */
export function flowi6FromSock(fl: Flowi, sk: InetSock): void {
  const np = inet6Sk(sk)!;
  flowiReset(fl);
  fl.oif = sk.boundDevIf;
  fl.mark = sk.mark;
  fl.proto = sk.protocol;
  fl.daddr6 = sk.v6Daddr;
  fl.saddr6 = sk.v6Saddr;
  fl.dport = sk.dport;
  fl.sport = sk.sport;
  fl.uid = sk.uid;
  fl.flowlabel = np.flowLabel;
  // A link-local peer is only there on its own link.
  if (fl.oif === 0 && sk.v6Daddr![0]! >>> 22 === 0x3fa) fl.oif = np.ucastOif;
}

/** Sends the segment of a connected socket: finds or renews its route and puts the header in front: `InetAf.queueXmit`. Consumes (inet6_csk_xmit). @alpha */
export function ip6QueueXmit(sk: InetSock, skb: Skb, fl: Flowi): number {
  const n6 = sk.net.get(IPV6);
  const np = inet6Sk(sk)!;
  flowi6FromSock(fl, sk);
  let rt = skb.dst as Rt6Info | null;
  if (rt === null) {
    rt = skDstCheck(sk) as Rt6Info | null;
    if (rt === null) {
      // The way to the first segment of a routing header.
      fl.daddr6 = firstDestination(np.opt, sk.v6Daddr!, n6.a6Nexthop);
      rt = ip6RouteOutput(n6, fl, sk);
      fl.daddr6 = sk.v6Daddr;
      if (rt === null) {
        n6.mib.ip[IP6_OUTNOROUTES]!++;
        kfreeSkbReason(skb, DROP.IP_OUTNOROUTES);
        return -EHOSTUNREACH;
      }
      skSetupCaps6(sk, rt);
    }
  }
  skb.priority = sk.priority;
  skb.mark = sk.mark;
  const hops = np.hopLimit >= 0 ? np.hopLimit : ip6DstHoplimit(n6, rt);
  return xmit(n6, sk, skb, rt, fl, np, (np.tclass & ~INET_ECN_MASK) | (sk.tos & INET_ECN_MASK), hops);
}

/** Sends a transport packet that belongs to no socket: `InetAf.sendUnicastReply`. Consumes. @alpha */
export function ip6SendUnicastReply(net: Net, skb: Skb, fl: Flowi): number {
  const n6 = net.get(IPV6);
  const rt = ip6RouteOutput(n6, fl, null);
  if (rt === null) {
    n6.mib.ip[IP6_OUTNOROUTES]!++;
    kfreeSkbReason(skb, DROP.IP_OUTNOROUTES);
    return fl.error;
  }
  skb.mark = fl.mark;
  return xmit(n6, null, skb, rt, fl, null, fl.tos & 0xff, ip6DstHoplimit(n6, rt));
}

/** A SYN-ACK over a route that is known: `InetAf.buildAndSendPkt`. Consumes. @alpha */
export function ip6BuildAndSendPkt(skb: Skb, sk: InetSock, dst: DstEntry, fl: Flowi, tos: number): number {
  const n6 = (dst as Rt6Info).net6;
  const np = inet6Sk(sk);
  skb.priority = sk.priority;
  if (skb.mark === 0) skb.mark = sk.mark;
  const hops = np !== null && np.hopLimit >= 0 ? np.hopLimit : ip6DstHoplimit(n6, dst);
  return xmit(n6, sk, skb, dst as Rt6Info, fl, np, tos & 0xff, hops);
}
