/**
 * IPv4 output: from a transport's packet to the neighbour (ip_output.c without the corked sends, which are in
 * `ip-append-data.ts`, and fragmentation, in `ip-output-frag.ts`).
 */
import { EHOSTUNREACH, EINVAL } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  ETH_P_IP, IPHDR_LEN, IPPROTO_TCP, IP_DF, RTN_BROADCAST, RTN_MULTICAST,
  iphTtl,
} from '@linnet/uapi';
import {
  CHECKSUM_UNNECESSARY, consumeSkb, DROP, kfreeSkbReason, PACKET_LOOPBACK, skbClone, skbCow, skbHeadroom, skbIsGso, skbPush,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  dstOutput, llReservedSpace, netifRx, netifSkbFeatures, nfHook, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NFPROTO_IPV4, NETIF_F_GSO_MASK, skbDev, skbGsoSegment,
} from '@linnet/netdev';
import type { DstEntry, NetDevice } from '@linnet/netdev';
import { neighOutput } from '@linnet/neigh';
import { skDstCheck } from '@linnet/socket';
import type { Flowi, InetSock } from '@linnet/inet';
import { IPSKB_FORWARDED, IPSKB_REROUTED, ipcbClear, ipcbFlags, ipcbFragMaxSize } from './ip-cb.ts';
import { ip4DstHoplimit, ipDontFragment, ipSelectIdentSegs, ipSelectTtl, ipSendCheck, ipSetLen, ipSkbDstMtu } from './ip-header.ts';
import { ipFragment } from './ip-output-frag.ts';
import { ipOptionsBuild } from './ip-options.ts';
import type { IpOptions } from './ip-options-types.ts';
import { IPV4 } from './ipv4-net.ts';
import { ipNeighForGw } from './route-neigh.ts';
import { ipRouteOutputFlow } from './route-output.ts';
import { RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from './rtable.ts';
import type { Rtable } from './rtable.ts';
import { skSetupCaps } from './sk-caps.ts';
import {
  IPSTATS_MIB_OUTBCASTOCTETS, IPSTATS_MIB_OUTBCASTPKTS, IPSTATS_MIB_OUTMCASTOCTETS, IPSTATS_MIB_OUTMCASTPKTS, IPSTATS_MIB_OUTNOROUTES, IPSTATS_MIB_OUTOCTETS,
  IPSTATS_MIB_OUTPKTS, IPSTATS_MIB_OUTREQUESTS,
} from './snmp.ts';

/**
 * Finishes the header (length, checksum) and asks the output hook; then the packet goes the way of its route. Consumes it.
 * Returns 0, a positive NET_XMIT_* or a negative errno (ip_local_out).
 * @alpha
 */
export function ipLocalOut(net: Net, sk: object | null, skb: Skb): number {
  (skb.dst as Rtable).net4.mib[IPSTATS_MIB_OUTREQUESTS]!++;
  ipSetLen(skb);
  ipSendCheck(skb);
  skb.protocol = ETH_P_IP;
  return nfHook(NFPROTO_IPV4, NF_INET_LOCAL_OUT, net, sk, skb, null, (skb.dst as DstEntry).dev, dstOutput);
}

/** Output of unicast and broadcast packets: the `output` of their routes. Consumes the skb (ip_output). @alpha */
export function ipOutput(net: Net, sk: object | null, skb: Skb): number {
  const rt = skb.dst as Rtable;
  const dev = rt.dev;
  const indev = skb.dev as NetDevice | null;
  skb.dev = dev;
  skb.protocol = ETH_P_IP;
  if ((ipcbFlags(skb) & IPSKB_REROUTED) !== 0) return ipFinishOutput(net, sk, skb);
  return nfHook(NFPROTO_IPV4, NF_INET_POST_ROUTING, net, sk, skb, indev, dev, ipFinishOutput);
}

/** The `okfn` of copies for ourselves: they come in again by the backlog (ip_mc_finish_output, dev_loopback_xmit). */
function ipLoopbackXmit(_net: Net, _sk: object | null, skb: Skb): number {
  skb.macHeader = skb.data;
  skb.macLen = 0;
  skb.pktType = PACKET_LOOPBACK;
  if (skb.ipSummed === 0) skb.ipSummed = CHECKSUM_UNNECESSARY;
  return netifRx(skb);
}

/** Output of multicast packets: with copies for local members (ip_mc_output). Consumes the skb. @alpha */
export function ipMcOutput(net: Net, sk: object | null, skb: Skb): number {
  const rt = skb.dst as Rtable;
  const dev = rt.dev;
  const indev = skb.dev as NetDevice | null;
  skb.dev = dev;
  skb.protocol = ETH_P_IP;
  const flags = rt.rtFlags;
  if ((flags & RTCF_MULTICAST) !== 0) {
    // Without members here it comes back to be routed, unless it has been.
    if (((flags & RTCF_LOCAL) !== 0 || (ipcbFlags(skb) & IPSKB_FORWARDED) === 0) && (sk === null || (sk as InetSock).mcLoop)) {
      const copy = skbClone(skb);
      nfHook(NFPROTO_IPV4, NF_INET_POST_ROUTING, net, sk, copy, null, dev, ipLoopbackXmit);
    }
    // A group packet of TTL 0 is for this machine only.
    if (iphTtl(skb.view, skb.networkHeader) === 0) {
      consumeSkb(skb);
      return 0;
    }
  }
  if ((flags & RTCF_BROADCAST) !== 0) {
    const copy = skbClone(skb);
    nfHook(NFPROTO_IPV4, NF_INET_POST_ROUTING, net, sk, copy, null, dev, ipLoopbackXmit);
  }
  if ((ipcbFlags(skb) & IPSKB_REROUTED) !== 0) return ipFinishOutput(net, sk, skb);
  return nfHook(NFPROTO_IPV4, NF_INET_POST_ROUTING, net, sk, skb, indev, dev, ipFinishOutput);
}

/** Sees to it that no packet leaves that is larger than the MTU. Consumes the skb (ip_finish_output). @alpha */
export function ipFinishOutput(net: Net, sk: object | null, skb: Skb): number {
  const mtu = ipSkbDstMtu(sk, skb);
  if (skbIsGso(skb)) return ipFinishOutputGso(net, sk, skb, mtu);
  if (skb.len > mtu || ipcbFragMaxSize(skb) !== 0) return ipFragment(net, sk, skb, mtu, ipFinishOutput2);
  return ipFinishOutput2(net, sk, skb);
}

/** The length on the wire of the longest segment, IP header included (skb_gso_network_seglen). */
export function skbGsoNetworkSeglen(skb: Skb): number {
  const hdr = gsoTransportHdrLen(skb);
  return skb.transportHeader - skb.networkHeader + hdr + skb.gsoSize;
}

/** Length of the transport header of a super-segment: TCP's own length field, or UDP's 8 bytes. */
function gsoTransportHdrLen(skb: Skb): number {
  if (skb.u8[skb.networkHeader + 9] === IPPROTO_TCP) return (skb.u8[skb.transportHeader + 12]! >> 4) << 2;
  return 8;
}

/**
 * A super-segment may go when its segments fit; else (it came in with larger ones and is being forwarded) it is cut here and each
 * segment is fragmented.
 */
function ipFinishOutputGso(net: Net, sk: object | null, skb: Skb, mtu: number): number {
  if (skbGsoNetworkSeglen(skb) <= mtu) return ipFinishOutput2(net, sk, skb);
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
    const err = ipFragment(net, sk, seg, mtu, ipFinishOutput2);
    if (err !== 0 && ret === 0) ret = err;
    seg = next;
  }
  return ret;
}

/** Hands a packet to its neighbour. Consumes the skb (ip_finish_output2). @alpha */
export function ipFinishOutput2(_net: Net, _sk: object | null, skb: Skb): number {
  const rt = skb.dst as Rtable;
  const dev = rt.dev!;
  const { mib } = rt.net4;
  // Each fragment counts (RFC 4293, ipIfStatsOutTransmits).
  mib[IPSTATS_MIB_OUTPKTS]!++;
  mib[IPSTATS_MIB_OUTOCTETS]! += skb.len;
  if (rt.rtType === RTN_MULTICAST) {
    mib[IPSTATS_MIB_OUTMCASTPKTS]!++;
    mib[IPSTATS_MIB_OUTMCASTOCTETS]! += skb.len;
  } else if (rt.rtType === RTN_BROADCAST) {
    mib[IPSTATS_MIB_OUTBCASTPKTS]!++;
    mib[IPSTATS_MIB_OUTBCASTOCTETS]! += skb.len;
  }
  if (skbHeadroom(skb) < dev.hardHeaderLen && dev.headerOps !== null) skbCow(skb, llReservedSpace(dev));
  const neigh = ipNeighForGw(rt, skb);
  if (neigh === null) {
    kfreeSkbReason(skb, DROP.NEIGH_CREATEFAIL);
    return -EINVAL;
  }
  // The cached header of an IPv6 neighbour says ETH_P_IPV6.
  return rt.rtGw6 === null ? neighOutput(neigh, skb) : neigh.output(neigh, skb);
}

/**
 * Sends the segment of a connected socket (TCP): finds or renews its route and puts the header in front. `fl` carries the
 * addresses and ports if a route must be found. Consumes the skb. Returns 0, NET_XMIT_* or a negative errno (ip_queue_xmit).
 * @alpha
 */
export function ipQueueXmit(sk: InetSock, skb: Skb, fl: Flowi): number {
  const net = sk.net;
  const opt = sk.inetOpt as IpOptions | null;
  let rt = skb.dst as Rtable | null;
  if (rt === null) {
    rt = skDstCheck(sk) as Rtable | null;
    if (rt === null) {
      const daddr = opt !== null && opt.srr !== 0 ? opt.faddr : sk.daddr;
      fl.oif = sk.boundDevIf;
      fl.mark = sk.mark;
      fl.tos = sk.tos;
      fl.proto = sk.protocol;
      fl.daddr = daddr;
      fl.saddr = sk.saddr;
      fl.dport = sk.dport;
      fl.sport = sk.sport;
      rt = ipRouteOutputFlow(net, fl, sk);
      if (rt === null) {
        net.get(IPV4).mib[IPSTATS_MIB_OUTNOROUTES]!++;
        kfreeSkbReason(skb, DROP.IP_OUTNOROUTES);
        return -EHOSTUNREACH;
      }
      skSetupCaps(sk, rt);
    }
    skb.dst = rt;
  }
  const ip = rt.net4;
  if (opt !== null && opt.isStrictroute && rt.rtUsesGateway) {
    ip.mib[IPSTATS_MIB_OUTNOROUTES]!++;
    kfreeSkbReason(skb, DROP.IP_OUTNOROUTES);
    return -EHOSTUNREACH;
  }
  const optlen = opt === null ? 0 : opt.optlen;
  ipcbClear(skb);
  const at = skbPush(skb, IPHDR_LEN + optlen);
  skb.networkHeader = at;
  const view = skb.view;
  const df = !skb.ignoreDf && ipDontFragment(sk, rt) ? IP_DF : 0;
  const ttl = ipSelectTtl(ip, sk, rt);
  // Version, header length, TOS; the total length comes with ipLocalOut.
  view.setInt32(at, ((0x45 + (optlen >> 2)) << 24) | (sk.tos << 16));
  view.setInt32(at + 4, df);
  view.setInt32(at + 8, (ttl << 24) | (sk.protocol << 16));
  view.setInt32(at + 12, sk.saddr);
  view.setInt32(at + 16, sk.daddr);
  if (opt !== null && optlen !== 0) {
    view.setInt32(at + 16, opt.srr !== 0 ? opt.faddr : sk.daddr);
    ipOptionsBuild(skb, opt, sk.daddr, rt, ip);
  }
  ipSelectIdentSegs(ip, skb, sk, sk.saddr, sk.daddr, sk.protocol, skb.gsoSegs !== 0 ? skb.gsoSegs : 1);
  skb.priority = sk.priority;
  skb.mark = sk.mark;
  return ipLocalOut(net, sk, skb);
}

/**
 * Puts a header in front of a packet that already has its route and sends it: the way of SYN-ACKs (ip_build_and_send_pkt).
 * Consumes the skb. Returns 0 or an error.
 * @alpha
 */
export function ipBuildAndSendPkt(skb: Skb, sk: InetSock, saddr: number, daddr: number, opt: IpOptions | null, tos: number): number {
  const { net } = sk;
  const rt = skb.dst as Rtable;
  const ip = rt.net4;
  const optlen = opt === null ? 0 : opt.optlen;
  ipcbClear(skb);
  const at = skbPush(skb, IPHDR_LEN + optlen);
  skb.networkHeader = at;
  const view = skb.view;
  const df = ipDontFragment(sk, rt);
  view.setInt32(at, ((0x45 + (optlen >> 2)) << 24) | ((tos & 0xff) << 16));
  // SYN-ACKs are atomic unless the socket allows fragments: then no observer may count them (random, not sequential).
  view.setInt32(at + 4, df ? IP_DF : (ip.idents.rng.u32() & 0xffff) << 16);
  view.setInt32(at + 8, (ipSelectTtl(ip, sk, rt) << 24) | (sk.protocol << 16));
  view.setInt32(at + 12, saddr);
  view.setInt32(at + 16, opt !== null && opt.srr !== 0 ? opt.faddr : daddr);
  if (opt !== null && optlen !== 0) ipOptionsBuild(skb, opt, daddr, rt, ip);
  skb.priority = sk.priority;
  if (skb.mark === 0) skb.mark = sk.mark;
  return ipLocalOut(net, sk, skb);
}

/**
 * Sends a transport packet that belongs to no socket (a RST, an ACK of TIME-WAIT) to where `fl` says: finds its route and puts the header
 * in front. It is never fragmented. Consumes the skb; 0 or an error (ip_send_unicast_reply).
 * @alpha
 */
export function ipSendUnicastReply(net: Net, skb: Skb, fl: Flowi): number {
  const ip = net.get(IPV4);
  const rt = ipRouteOutputFlow(net, fl, null);
  if (rt === null) {
    ip.mib[IPSTATS_MIB_OUTNOROUTES]!++;
    kfreeSkbReason(skb, DROP.IP_OUTNOROUTES);
    return fl.error;
  }
  const room = llReservedSpace(rt.dev) + IPHDR_LEN;
  if (skbHeadroom(skb) < room) skbCow(skb, room);
  ipcbClear(skb);
  const at = skbPush(skb, IPHDR_LEN);
  skb.networkHeader = at;
  const view = skb.view;
  view.setInt32(at, (0x45 << 24) | ((fl.tos & 0xff) << 16));
  view.setInt32(at + 4, IP_DF);
  view.setInt32(at + 8, (ip4DstHoplimit(ip, rt) << 24) | (fl.proto << 16));
  view.setInt32(at + 12, fl.saddr);
  view.setInt32(at + 16, fl.daddr);
  skb.dst = rt;
  skb.mark = fl.mark;
  return ipLocalOut(net, null, skb);
}
