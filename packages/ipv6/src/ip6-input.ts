/** IPv6 input (RFC 8200 3): checking a packet's header, routing it, handing it to a transport. */
import type { Net } from '@linnet/kernel';
import {
  DEVCONF_DISABLE_IPV6, DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR, IFF_LOOPBACK, INET_ECN_MASK, IPPROTO_ICMPV6, IPV6HDR_LEN, NEXTHDR_DEST,
  NDISC_REDIRECT, NDISC_ROUTER_SOLICITATION, NEXTHDR_FRAGMENT, NEXTHDR_HOP, NEXTHDR_NONE, NEXTHDR_ROUTING, ip6Daddr, ip6Nexthdr, ip6PayloadLen, ip6Saddr, ip6TrafficClass, ip6Version,
} from '@linnet/uapi';
import {
  CHECKSUM_COMPLETE, CHECKSUM_NONE, consumeSkb, DROP, kfreeSkbReason, PACKET_BROADCAST, PACKET_LOOPBACK, PACKET_MULTICAST, PACKET_OTHERHOST, pskbMayPull, pskbTrim,
  skbIsGso, skbOrphan, skbPullUnchecked, skbShareCheck,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstInput, IFF_L3MDEV_SLAVE, l3mdevRcv, NET_RX_DROP, NET_RX_SUCCESS, nfHook, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, NFPROTO_IPV6, skbDev } from '@linnet/netdev';
import type { NetDevice, PacketType } from '@linnet/netdev';
import type { InetSock } from '@linnet/inet';
import { a6LoadDaddr, a6LoadSaddr } from './addr6.ts';
import { ipv6RthdrRcv } from './exthdrs-routing.ts';
import { ipv6DestoptRcv, ipv6ParseHopopts } from './exthdrs.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { IP6SKB_L3SLAVE, ip6cbAddFlags, ip6cbClear, ip6cbNhoff, ip6cbSetIif, ip6cbSetNhoff } from './ip6-cb.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ipv6ChkMcastAddr } from './mld.ts';
import { raw6LocalDeliver } from './raw6-deliver.ts';
import { ipv6FragRcv } from './reassembly6.ts';
import { ip6RouteInput } from './route6.ts';
import { rt6CacheValid } from './rt6-info.ts';
import type { Rt6Info } from './rt6-info.ts';
import {
  IP6_INDELIVERS, IP6_INDISCARDS, IP6_INHDRERRORS, IP6_INMCASTOCTETS, IP6_INMCASTPKTS, IP6_INOCTETS, IP6_INPKTS, IP6_INTRUNCATEDPKTS, IP6_INUNKNOWNPROTOS, IP6_NOECTPKTS,
} from './snmp6.ts';

/** Counts for the namespace and the device. */
function count(n6: Ipv6Net, idev: Inet6Dev | null, field: number, n: number): void {
  n6.mib.ip[field]! += n;
  if (idev !== null) idev.mib.ip[field]! += n;
}

/**
 * Receives a frame of EtherType 0x86dd: the `func` of IPv6's packet type. `data` is at the IPv6 header. Consumes (ipv6_rcv).
 * @alpha
 */
export function ipv6Rcv(skb: Skb, dev: NetDevice, _pt: PacketType, _orig: NetDevice): number {
  const idev = in6DevGet(dev);
  const n6 = idev !== null ? idev.net6 : dev.net.get(IPV6);
  const ok = rcvCore(n6, idev, skb, dev);
  if (ok === null) return NET_RX_DROP;
  return nfHook(NFPROTO_IPV6, NF_INET_PRE_ROUTING, n6.net, null, ok, dev, null, rcvFinish);
}

function drop(skb: Skb, reason: number): null {
  kfreeSkbReason(skb, reason);
  return null;
}

function headerError(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, reason: number): null {
  count(n6, idev, IP6_INHDRERRORS, 1);
  return drop(skb, reason);
}

/** Why a packet with these addresses may not come in here; 0: it may (RFC 4291 2.5.3, 2.7). */
function badAddress(skb: Skb, dev: NetDevice): number {
  const { view, data: nh } = skb;
  const s0 = ip6Saddr(view, nh, 0);
  const d0 = ip6Daddr(view, nh, 0);
  if (s0 >>> 24 === 0xff) return DROP.IP_INVALID_SOURCE;
  const here = skb.pktType === PACKET_LOOPBACK || (dev.flags & IFF_LOOPBACK) !== 0;
  if (d0 >>> 24 === 0xff) {
    const scope = (d0 >>> 16) & 15;
    if (scope === 0 || (scope === 1 && !here)) return DROP.IP_INVALID_DEST;
  }
  if (here || skb.dst !== null) return 0;
  if (s0 === 0 && (ip6Saddr(view, nh, 1) | ip6Saddr(view, nh, 2) | (ip6Saddr(view, nh, 3) ^ 1)) === 0) return DROP.IP_INVALID_SOURCE;
  return d0 === 0 && (ip6Daddr(view, nh, 1) | ip6Daddr(view, nh, 2) | (ip6Daddr(view, nh, 3) ^ 1)) === 0 ? DROP.IP_INVALID_DEST : 0;
}

/** All checks of the header; the skb, cut to its true length, or null when it was dropped (ip6_rcv_core). */
function rcvCore(n6: Ipv6Net, idev: Inet6Dev | null, skb0: Skb, dev: NetDevice): Skb | null {
  if (skb0.pktType === PACKET_OTHERHOST) return drop(skb0, DROP.OTHERHOST);
  count(n6, idev, IP6_INPKTS, 1);
  count(n6, idev, IP6_INOCTETS, skb0.len);
  const skb = skbShareCheck(skb0);
  if (idev === null || idev.conf(DEVCONF_DISABLE_IPV6) !== 0) {
    count(n6, idev, IP6_INDISCARDS, 1);
    return drop(skb, DROP.IPV6DISABLED);
  }
  ip6cbClear(skb);
  // Over loopback the route of the sender comes along, and with it the device that counts.
  const rt = skb.dst as Rt6Info | null;
  ip6cbSetIif(skb, rt !== null && rt.idev !== undefined && rt.idev !== null ? rt.idev.dev.ifindex : dev.ifindex);
  if (!pskbMayPull(skb, IPV6HDR_LEN)) return headerError(n6, idev, skb, DROP.PKT_TOO_SMALL);
  const nh = skb.data;
  const { view } = skb;
  if (ip6Version(view, nh) !== 6) return headerError(n6, idev, skb, DROP.IP_INHDR);
  count(n6, idev, IP6_NOECTPKTS + (ip6TrafficClass(view, nh) & INET_ECN_MASK), skb.gsoSegs > 1 ? skb.gsoSegs : 1);
  const bad = badAddress(skb, dev);
  if (bad !== 0) return headerError(n6, idev, skb, bad);
  if (
    (skb.pktType === PACKET_BROADCAST || skb.pktType === PACKET_MULTICAST) && ip6Daddr(view, nh, 0) >>> 24 !== 0xff &&
    idev.confOr(DEVCONF_DROP_UNICAST_IN_L2_MULTICAST)
  ) {
    return headerError(n6, idev, skb, DROP.UNICAST_IN_L2_MULTICAST);
  }
  skb.networkHeader = nh;
  skb.transportHeader = nh + IPV6HDR_LEN;
  ip6cbSetNhoff(skb, 6);
  const plen = ip6PayloadLen(view, nh);
  const hop = ip6Nexthdr(view, nh) === NEXTHDR_HOP;
  // A length of 0 is that of a jumbogram, or of a super-segment that this machine made.
  if (plen !== 0 || !(hop || skbIsGso(skb))) {
    if (plen + IPV6HDR_LEN > skb.len) {
      count(n6, idev, IP6_INTRUNCATEDPKTS, 1);
      return drop(skb, DROP.PKT_TOO_SMALL);
    }
    if (skb.len > plen + IPV6HDR_LEN) {
      if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
      pskbTrim(skb, plen + IPV6HDR_LEN);
    }
  }
  if (hop && !ipv6ParseHopopts(n6, idev, skb)) return null;
  if (skb.destructor !== null) skbOrphan(skb);
  return skb;
}

/** Is the packet of its link alone, so that no layer 3 master takes it: by its addresses (RFC 4007 5), or as a message of neighbour discovery? */
function ofLink(skb: Skb): boolean {
  const { view, networkHeader: nh } = skb;
  const d0 = ip6Daddr(view, nh, 0);
  if (d0 >>> 24 === 0xff || d0 >>> 22 === 0x3fa || ip6Saddr(view, nh, 0) >>> 22 === 0x3fa) return true;
  if (ip6Nexthdr(view, nh) !== IPPROTO_ICMPV6 || !pskbMayPull(skb, IPV6HDR_LEN + 1)) return false;
  const type = skb.u8[skb.networkHeader + IPV6HDR_LEN]!;
  return type >= NDISC_ROUTER_SOLICITATION && type <= NDISC_REDIRECT;
}

/** Behind the pre-routing hook: finds the packet's route and follows it. Consumes (ip6_rcv_finish). */
function rcvFinish(_net: Net, _sk: object | null, skb: Skb): number {
  const dev = skbDev(skb)!;
  const idev = in6DevGet(dev);
  if (idev === null) {
    kfreeSkbReason(skb, DROP.IPV6DISABLED);
    return NET_RX_DROP;
  }
  const { net6: n6 } = idev;
  if ((dev.privFlags & IFF_L3MDEV_SLAVE) !== 0 && !ofLink(skb)) {
    // For sockets it came in by the VRF; its way is looked for, and the settings are, as of the member.
    l3mdevRcv(skb, dev);
    ip6cbAddFlags(skb, IP6SKB_L3SLAVE);
  }
  if (skb.dst === null) {
    const early = skb.sk === null ? earlyDemux(n6, skb, dev) : null;
    if (skb.dst === null) {
      ip6RouteInput(n6, skb, dev);
      if (skb.dst === null) {
        kfreeSkbReason(skb, DROP.IP_INNOROUTES);
        return NET_RX_DROP;
      }
      if (early !== null) {
        early.rxDst = skb.dst as unknown as Rt6Info;
        early.rxDstIfindex = dev.ifindex;
      }
    }
  }
  return dstInput(skb);
}

/** The connected socket of a packet; with it comes the route that its last packets took. Null when there is none. */
function earlyDemux(n6: Ipv6Net, skb: Skb, dev: NetDevice): InetSock | null {
  const p = n6.inet.protos6[ip6Nexthdr(skb.view, skb.networkHeader)]!;
  if (p === null || p.earlyDemux === undefined) return null;
  const sk = p.earlyDemux(skb);
  if (sk === null) return null;
  skb.sk = sk;
  const dst = sk.rxDst as Rt6Info | null;
  if (dst !== null && sk.rxDstIfindex === dev.ifindex && rt6CacheValid(dst)) skb.dst = dst;
  return sk;
}

/** The `input` of routes to this machine (ip6_input). Consumes. @alpha */
export function ip6Input(skb: Skb): number {
  const { net } = (skb.dst as Rt6Info).net6;
  return nfHook(NFPROTO_IPV6, NF_INET_LOCAL_IN, net, null, skb, skbDev(skb), null, inputFinish);
}

/** The `input` of routes to groups (ip6_mc_input). Consumes. @alpha */
export function ip6McInput(skb: Skb): number {
  const dev = skbDev(skb)!;
  const idev = in6DevGet(dev);
  const n6 = (skb.dst as Rt6Info).net6;
  count(n6, idev, IP6_INMCASTPKTS, 1);
  count(n6, idev, IP6_INMCASTOCTETS, skb.len);
  a6LoadDaddr(n6.a6In, skb.view, skb.networkHeader);
  const member = idev !== null && ipv6ChkMcastAddr(idev, n6.a6In, null);
  if (n6.mcRoute !== null) return n6.mcRoute(n6, skb, member) ? ip6Input(skb) : 0;
  if (!member) {
    kfreeSkbReason(skb, DROP.IP_INADDRERRORS);
    return 0;
  }
  return ip6Input(skb);
}

function inputFinish(_net: Net, _sk: object | null, skb: Skb): number {
  skbPullUnchecked(skb, skb.transportHeader - skb.data);
  return ip6ProtocolDeliver(skb);
}

/** The type of the header that `data` stands at. */
function currentType(skb: Skb): number {
  return skb.u8[skb.networkHeader + ip6cbNhoff(skb)]!;
}

/**
 * Gives a packet, `data` behind its IPv6 header and hop-by-hop options, to whoever takes its extension headers, to raw sockets and to the transport. With nobody
 * there its source is told. Consumes (ip6_protocol_deliver_rcu).
 * @alpha
 */
export function ip6ProtocolDeliver(skb0: Skb): number {
  let skb = skb0;
  const n6 = (skb.dst as Rt6Info).net6;
  const idev = in6DevGet(skbDev(skb)!);
  let resubmit = -1;
  for (;;) {
    const type = resubmit >= 0 ? resubmit : currentType(skb);
    resubmit = -1;
    const raw = raw6LocalDeliver(n6, skb, type);
    switch (type) {
      case NEXTHDR_DEST:
        if (!ipv6DestoptRcv(n6, skb)) return NET_RX_DROP;
        continue;
      case NEXTHDR_ROUTING:
        if (!ipv6RthdrRcv(n6, skb)) return NET_RX_DROP;
        continue;
      case NEXTHDR_FRAGMENT: {
        const whole = ipv6FragRcv(n6, skb);
        if (whole === null) return NET_RX_SUCCESS;
        skb = whole;
        continue;
      }
      case NEXTHDR_NONE:
        count(n6, (skb.dst as Rt6Info).idev, IP6_INDELIVERS, 1);
        consumeSkb(skb);
        return NET_RX_SUCCESS;
      default:
    }
    const p = n6.inet.protos6[type]!;
    if (p === null) {
      if (raw) {
        count(n6, (skb.dst as Rt6Info).idev, IP6_INDELIVERS, 1);
        consumeSkb(skb);
        return NET_RX_SUCCESS;
      }
      count(n6, idev, IP6_INUNKNOWNPROTOS, 1);
      n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR, ip6cbNhoff(skb));
      kfreeSkbReason(skb, DROP.IP_NOPROTO);
      return NET_RX_DROP;
    }
    if (type !== IPPROTO_ICMPV6 && skb.u8[skb.networkHeader + 24] === 0xff && idev !== null) {
      a6LoadDaddr(n6.a6In, skb.view, skb.networkHeader);
      a6LoadSaddr(n6.a6InSrc, skb.view, skb.networkHeader);
      if (!ipv6ChkMcastAddr(idev, n6.a6In, n6.a6InSrc)) {
        kfreeSkbReason(skb, DROP.IP_INADDRERRORS);
        return NET_RX_DROP;
      }
    }
    // Counted for the device that the address belongs to.
    const to = (skb.dst as Rt6Info).idev;
    count(n6, to, IP6_INDELIVERS, 1);
    skb.transportHeader = skb.data;
    const ret = p.rcv(skb);
    if (ret <= 0) return NET_RX_SUCCESS;
    // A tunnel took its header off: the packet starts again as one of the inner protocol.
    count(n6, to, IP6_INDELIVERS, -1);
    resubmit = ret & 0xff;
  }
}
