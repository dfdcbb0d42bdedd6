/**
 * IPv4 input (RFC 791, RFC 1122 3.2.1, RFC 1812 5.2): checking a frame's header, routing it, handing it to a transport.
 */
import { EINVAL, ipFastCsum } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, INET_ECN_MASK, IPHDR_LEN, IPVERSION, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST,
  ICMP_PARAMETERPROB, iphDaddr, iphProtocol, iphSaddr, iphTos, iphTotLen, iphVersion, ipIsFragment, IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE,
} from '@linnet/uapi';
import {
  CHECKSUM_COMPLETE, CHECKSUM_NONE, consumeSkb, DROP, kfreeSkbReason, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST, pskbMayPull, pskbTrim, skbCow, skbHeadroom,
  skbIsGso, skbOrphan, skbPullUnchecked, skbShareCheck,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstInput, IFF_L3MDEV_SLAVE, l3mdevRcv, NET_RX_DROP, NET_RX_SUCCESS, nfHook, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, NFPROTO_IPV4, skbDev } from '@linnet/netdev';
import type { NetDevice, PacketType } from '@linnet/netdev';
import type { InetSock } from '@linnet/inet';
import { ipHdrlen } from './ip-hdrlen.ts';
import { inDevGet } from './in-device.ts';
import { IPSKB_L3SLAVE, ipcbAddFlags, ipcbClear, ipcbSetIif } from './ip-cb.ts';
import { ipDefrag, IP_DEFRAG_LOCAL_DELIVER } from './ip-fragment.ts';
import { ipcbSrr, ipOptionsCompile, ipOptionsLoad, ipOptionsStore } from './ip-options.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { rawLocalDeliver } from './raw.ts';
import { routeAccount } from './route-acct.ts';
import { ipRouteInput } from './route-input.ts';
import { rtCacheValid } from './rtable.ts';
import type { Rtable } from './rtable.ts';
import {
  IPSTATS_MIB_CSUMERRORS, IPSTATS_MIB_INBCASTOCTETS, IPSTATS_MIB_INBCASTPKTS, IPSTATS_MIB_INDELIVERS, IPSTATS_MIB_INHDRERRORS,
  IPSTATS_MIB_INMCASTOCTETS, IPSTATS_MIB_INMCASTPKTS, IPSTATS_MIB_INOCTETS, IPSTATS_MIB_INPKTS, IPSTATS_MIB_INTRUNCATEDPKTS, IPSTATS_MIB_INUNKNOWNPROTOS,
  IPSTATS_MIB_NOECTPKTS,
} from './snmp.ts';

/**
 * Receives a frame of EtherType 0x0800: the `func` of IPv4's packet type. `data` is at the IP header. Consumes the skb (ip_rcv).
 * @alpha
 */
export function ipRcv(skb: Skb, dev: NetDevice, _pt: PacketType, _orig: NetDevice): number {
  const net = dev.net;
  const indev = inDevGet(dev);
  const ok = ipRcvCore(indev !== null ? indev.net4 : net.get(IPV4), skb);
  if (ok === null) return NET_RX_DROP;
  return nfHook(NFPROTO_IPV4, NF_INET_PRE_ROUTING, net, null, ok, dev, null, ipRcvFinish);
}

function drop(skb: Skb, reason: number): null {
  kfreeSkbReason(skb, reason);
  return null;
}

function headerError(ip: Ipv4Net, skb: Skb, reason: number): null {
  ip.mib[IPSTATS_MIB_INHDRERRORS]!++;
  return drop(skb, reason);
}

/** All checks of the header; the skb, cut to its true length, or null when it was dropped (ip_rcv_core). */
function ipRcvCore(ip: Ipv4Net, skb: Skb): Skb | null {
  // Frames for others are seen in promiscuous mode only, by taps.
  if (skb.pktType === PACKET_OTHERHOST) return drop(skb, DROP.OTHERHOST);
  const mib = ip.mib;
  mib[IPSTATS_MIB_INPKTS]!++;
  mib[IPSTATS_MIB_INOCTETS]! += skb.len;
  skb = skbShareCheck(skb);
  if (!pskbMayPull(skb, IPHDR_LEN)) return headerError(ip, skb, DROP.PKT_TOO_SMALL);
  let view = skb.view;
  let nh = skb.data;
  const ihl = ipHdrlen(view, nh);
  if (ihl < IPHDR_LEN || iphVersion(view, nh) !== IPVERSION) return headerError(ip, skb, DROP.IP_INHDR);
  mib[IPSTATS_MIB_NOECTPKTS + (iphTos(view, nh) & INET_ECN_MASK)]! += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
  if (!pskbMayPull(skb, ihl)) return headerError(ip, skb, DROP.PKT_TOO_SMALL);
  view = skb.view;
  nh = skb.data;
  if (ipFastCsum(skb.u8, nh, ihl >> 2) !== 0) {
    mib[IPSTATS_MIB_CSUMERRORS]!++;
    return headerError(ip, skb, DROP.IP_CSUM);
  }
  let len = iphTotLen(view, nh);
  if (len === 0 && skbIsGso(skb)) len = skb.len; // more than 64 KiB, made on this machine
  if (skb.len < len) {
    mib[IPSTATS_MIB_INTRUNCATEDPKTS]!++;
    return drop(skb, DROP.PKT_TOO_SMALL);
  }
  if (len < ihl) return headerError(ip, skb, DROP.IP_INHDR);
  if (skb.len > len) {
    // Padding of the link layer.
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
    pskbTrim(skb, len);
  }
  skb.networkHeader = nh;
  skb.transportHeader = nh + ihl;
  ipcbClear(skb);
  ipcbSetIif(skb, skb.skbIif);
  if (skb.destructor !== null) skbOrphan(skb);
  return skb;
}

/** Behind the pre-routing hook: finds the packet's route and follows it. Consumes the skb (ip_rcv_finish). */
function ipRcvFinish(_net: Net, _sk: object | null, skb: Skb): number {
  const dev = skbDev(skb)!;
  if ((dev.privFlags & IFF_L3MDEV_SLAVE) !== 0) {
    // For sockets it came in by the VRF; the settings are those of the member.
    l3mdevRcv(skb, dev);
    ipcbAddFlags(skb, IPSKB_L3SLAVE);
  }
  const early = skb.dst === null && skb.sk === null ? earlyDemux(skb, dev) : null;
  let view = skb.view;
  let nh = skb.networkHeader;
  if (skb.dst === null) {
    const reason = ipRouteInput(skb, iphDaddr(view, nh), iphSaddr(view, nh), iphTos(view, nh), dev);
    if (reason !== 0) {
      kfreeSkbReason(skb, reason);
      return NET_RX_DROP;
    }
    if (early !== null && (skb.dst as unknown as Rtable).rtType === RTN_LOCAL) {
      early.rxDst = skb.dst as unknown as Rtable;
      early.rxDstIfindex = dev.ifindex;
    }
  }
  let rt = skb.dst as Rtable;
  const ip = rt.net4;
  if (rt.tclassid !== 0) routeAccount(ip.rtAcct, rt.tclassid, skb.len);
  if (ipHdrlen(view, nh) > IPHDR_LEN) {
    const reason = ipRcvOptions(ip, skb, dev);
    if (reason !== 0) {
      kfreeSkbReason(skb, reason);
      return NET_RX_DROP;
    }
    view = skb.view;
    nh = skb.networkHeader;
    // A source route leads elsewhere.
    rt = skb.dst as Rtable;
  }
  if (rt.rtType === RTN_MULTICAST) {
    ip.mib[IPSTATS_MIB_INMCASTPKTS]!++;
    ip.mib[IPSTATS_MIB_INMCASTOCTETS]! += skb.len;
  } else if (rt.rtType === RTN_BROADCAST) {
    ip.mib[IPSTATS_MIB_INBCASTPKTS]!++;
    ip.mib[IPSTATS_MIB_INBCASTOCTETS]! += skb.len;
  } else if (skb.pktType === PACKET_BROADCAST || skb.pktType === PACKET_MULTICAST) {
    // A unicast packet in a frame to many: hosts may refuse it (RFC 1122 3.3.6).
    const inDev = inDevGet(dev);
    if (inDev !== null && inDev.confOr(IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST) !== 0) {
      kfreeSkbReason(skb, DROP.UNICAST_IN_L2_MULTICAST);
      return NET_RX_DROP;
    }
  }
  return dstInput(skb);
}

/**
 * Asks the transport for the connected socket of a packet; with it comes the route that its last packets took, so that none need be looked for
 * (net.ipv4.ip_early_demux). Null when there is no such socket.
 */
function earlyDemux(skb: Skb, dev: NetDevice): InetSock | null {
  const indev = inDevGet(dev);
  if (indev === null || indev.net4.sysctlIpEarlyDemux === 0 || ipIsFragment(skb.view, skb.networkHeader)) return null;
  const p = indev.net4.inet.protos[iphProtocol(skb.view, skb.networkHeader)]!;
  if (p === null || p.earlyDemux === undefined) return null;
  const sk = p.earlyDemux(skb);
  if (sk === null) return null;
  skb.sk = sk;
  const dst = sk.rxDst;
  if (dst !== null && sk.rxDstIfindex === dev.ifindex && rtCacheValid(dst as Rtable)) skb.dst = dst;
  return sk;
}

/** Parses options and follows a source route. Returns 0, or why the packet must be dropped (ip_rcv_options). */
function ipRcvOptions(ip: Ipv4Net, skb: Skb, dev: NetDevice): number {
  // Routes and times are recorded in place, and others may hold the same bytes.
  skbCow(skb, skbHeadroom(skb));
  if (ipOptionsCompile(ip, skb) !== 0) {
    ip.mib[IPSTATS_MIB_INHDRERRORS]!++;
    return DROP.IP_OPTIONS;
  }
  if (ipcbSrr(skb) === 0) return 0;
  const inDev = inDevGet(dev);
  if (inDev !== null && inDev.confAnd(IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE) === 0) return DROP.IP_OPTIONS;
  return ipOptionsRcvSrr(ip, skb, dev) === 0 ? 0 : DROP.IP_OPTIONS;
}

/** The next hop of a source route, when we are the present one (ip_options_rcv_srr, RFC 1812 5.2.4.1). 0 or -EINVAL. */
function ipOptionsRcvSrr(ip: Ipv4Net, skb: Skb, dev: NetDevice): number {
  const rt = skb.dst as Rtable;
  const o = ipOptionsLoad(ip.optScratch, skb);
  const nh = skb.networkHeader;
  const at = nh + o.srr;
  if (skb.pktType !== 0) return -EINVAL;
  if (rt.rtType === RTN_UNICAST) {
    if (!o.isStrictroute) return 0;
    ip.icmpSend(skb, ICMP_PARAMETERPROB, 0, 16 << 24);
    return -EINVAL;
  }
  if (rt.rtType !== RTN_LOCAL) return -EINVAL;
  const len = skb.u8[at + 1]!;
  let ptr = skb.u8[at + 2]!;
  for (; ptr <= len; ptr += 4) {
    if (ptr + 3 > len) {
      ip.icmpSend(skb, ICMP_PARAMETERPROB, 0, (o.srr + 2) << 24);
      return -EINVAL;
    }
    const next = skb.view.getInt32(at + ptr - 1);
    skb.dst = null;
    const reason = ipRouteInput(skb, next, iphSaddr(skb.view, nh), iphTos(skb.view, nh), dev);
    const rt2 = skb.dst as Rtable | null;
    if (reason !== 0 || rt2 === null || (rt2.rtType !== RTN_UNICAST && rt2.rtType !== RTN_LOCAL)) {
      skb.dst = rt;
      return -EINVAL;
    }
    // Hops that are us as well are taken at once.
    o.nexthop = next;
    o.srrIsHit = true;
    o.isChanged = true;
    if (rt2.rtType !== RTN_LOCAL) break;
    skb.view.setInt32(nh + 16, next);
  }
  ipOptionsStore(skb, o);
  return 0;
}

/** The `input` of routes to this machine: reassembly, then the local hook. Consumes the skb (ip_local_deliver). @alpha */
export function ipLocalDeliver(skb: Skb): number {
  const { net } = (skb.dst as Rtable).net4;
  if (ipIsFragment(skb.view, skb.networkHeader)) {
    const whole = ipDefrag(net, skb, IP_DEFRAG_LOCAL_DELIVER);
    if (whole === null) return 0;
    skb = whole;
  }
  return nfHook(NFPROTO_IPV4, NF_INET_LOCAL_IN, net, null, skb, skbDev(skb), null, ipLocalDeliverFinish);
}

function ipLocalDeliverFinish(_net: Net, _sk: object | null, skb: Skb): number {
  skb.transportHeader = skb.networkHeader + ipHdrlen(skb.view, skb.networkHeader);
  skbPullUnchecked(skb, skb.transportHeader - skb.data);
  return ipProtocolDeliverRcu((skb.dst as Rtable).net4, skb, iphProtocol(skb.view, skb.networkHeader));
}

/**
 * Gives a packet, `data` at its transport header, to raw sockets and to the receiver of `protocol`; with nobody there its source is
 * told. Consumes the skb (ip_protocol_deliver_rcu).
 * @alpha
 */
export function ipProtocolDeliverRcu(ip: Ipv4Net, skb: Skb, protocol: number): number {
  for (;;) {
    const raw = rawLocalDeliver(ip, skb, protocol);
    const p = ip.inet.protos[protocol]!;
    if (p === null) {
      if (raw) {
        ip.mib[IPSTATS_MIB_INDELIVERS]!++;
        consumeSkb(skb);
        return NET_RX_SUCCESS;
      }
      ip.mib[IPSTATS_MIB_INUNKNOWNPROTOS]!++;
      ip.icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
      kfreeSkbReason(skb, DROP.IP_NOPROTO);
      return NET_RX_DROP;
    }
    ip.mib[IPSTATS_MIB_INDELIVERS]!++;
    const ret = p.rcv(skb);
    if (ret <= 0) return NET_RX_SUCCESS;
    // A tunnel took its header off: the packet starts again as one of the inner protocol.
    ip.mib[IPSTATS_MIB_INDELIVERS]!--;
    protocol = ret & 0xff;
  }
}

