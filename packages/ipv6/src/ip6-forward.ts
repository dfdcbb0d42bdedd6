/** Forwarding (RFC 8200, RFC 4861 8.2), and what becomes of packets that no route wants. */
import type { Net } from '@linnet/kernel';
import {
  DEVCONF_FORWARDING, DEVCONF_PROXY_NDP, ICMPV6_ADM_PROHIBITED, ICMPV6_DEST_UNREACH, ICMPV6_EXC_HOPLIMIT, ICMPV6_NOROUTE, ICMPV6_NOT_NEIGHBOUR, ICMPV6_PKT_TOOBIG,
  ICMPV6_TIME_EXCEED, IPV6_MIN_MTU, IPPROTO_ICMPV6, NDISC_NEIGHBOUR_ADVERTISEMENT, NDISC_NEIGHBOUR_SOLICITATION, NDISC_REDIRECT, NDISC_ROUTER_ADVERTISEMENT,
  NDISC_ROUTER_SOLICITATION, ip6HopLimit, ip6Nexthdr, ip6SetHopLimit,
} from '@linnet/uapi';
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, DROP, kfreeSkbReason, PACKET_HOST, skbCow, skbIsGso } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstOutput, llReservedSpace, NET_RX_DROP, NET_RX_SUCCESS, nfHook, NF_INET_FORWARD, NFPROTO_IPV6, skbDev } from '@linnet/netdev';
import { a6Any, a6LoadDaddr, a6LoadSaddr, ipv6AddrType, IPV6_ADDR_LINKLOCAL, IPV6_ADDR_LOOPBACK, IPV6_ADDR_MULTICAST } from './addr6.ts';
import { DEVCONF_FORCE_FORWARDING } from './devconf6.ts';
import { ExtWalk } from './exthdrs-core.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { ip6cbAddFlags, ip6cbFlags, ip6cbFragMaxSize, ip6cbRa, ip6cbSrcrt, IP6SKB_FORWARDED, IP6SKB_ROUTERALERT } from './ip6-cb.ts';
import { skbGsoNetworkSeglen6 } from './ip6-output.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { raw6CallRaChain } from './raw6-deliver.ts';
import { ip6MtuForward } from './route6-exception.ts';
import type { Rt6Info } from './rt6-info.ts';
import {
  IP6_FRAGFAILS, IP6_INADDRERRORS, IP6_INDISCARDS, IP6_INHDRERRORS, IP6_INNOROUTES, IP6_INTOOBIGERRORS, IP6_OUTFORWDATAGRAMS, IP6_OUTNOROUTES,
} from './snmp6.ts';

function count(n6: Ipv6Net, idev: Inet6Dev | null, field: number): void {
  n6.mib.ip[field]!++;
  if (idev !== null) idev.mib.ip[field]!++;
}

function drop(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return NET_RX_DROP;
}

/** Neighbour discovery for an address that this machine stands in for is ours, not to be forwarded: 1; a packet that may not pass: -1; else 0 (ip6_forward_proxy_check). */
function proxyCheck(skb: Skb): number {
  const { view, networkHeader: nh } = skb;
  let off = nh + 40;
  if (ip6Nexthdr(view, nh) !== IPPROTO_ICMPV6) {
    const w = new ExtWalk(); // datapath-ok: only on proxies
    const at = w.walk(skb, nh);
    if (at < 0 || w.nexthdr !== IPPROTO_ICMPV6) return 0;
    off = skb.data + at;
  }
  if (off < skb.tail) {
    const type = skb.u8[off]!;
    if (
      type === NDISC_ROUTER_SOLICITATION || type === NDISC_ROUTER_ADVERTISEMENT || type === NDISC_NEIGHBOUR_SOLICITATION || type === NDISC_NEIGHBOUR_ADVERTISEMENT ||
      type === NDISC_REDIRECT
    ) {
      return 1;
    }
  }
  // Proxies do not carry what only counts on one link.
  return skb.u8[nh + 24] === 0xfe && (skb.u8[nh + 25]! & 0xc0) === 0x80 ? -1 : 0;
}

/** Forwards a packet. Consumes it (ip6_forward). @alpha */
export function ip6Forward(skb: Skb): number {
  const rt = skb.dst as Rt6Info;
  const n6 = rt.net6;
  const dev = skbDev(skb)!;
  const idev = in6DevGet(dev);
  if (n6.devconfAll.data[DEVCONF_FORWARDING] === 0 && (idev === null || idev.conf(DEVCONF_FORCE_FORWARDING) === 0)) {
    count(n6, idev, IP6_INADDRERRORS);
    return drop(skb, DROP.IP_FORWARD_OFF);
  }
  if (skb.pktType !== PACKET_HOST) return drop(skb, DROP.OTHERHOST);
  if (skb.sk !== null) return drop(skb, DROP.NOT_SPECIFIED);
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  if ((ip6cbFlags(skb) & IP6SKB_ROUTERALERT) !== 0 && raw6CallRaChain(n6, skb, ip6cbRa(skb))) return NET_RX_SUCCESS;
  const nh = skb.networkHeader;
  if (ip6HopLimit(skb.view, nh) <= 1) {
    count(n6, idev, IP6_INHDRERRORS);
    n6.fn.icmpSend(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
    return drop(skb, DROP.IP_TTL);
  }
  a6LoadDaddr(n6.a6In, skb.view, nh);
  if (idev !== null && idev.confOr(DEVCONF_PROXY_NDP) && n6.pneigh(dev, n6.a6In)) {
    const r = proxyCheck(skb);
    if (r > 0) return n6.fn.ip6Input(skb);
    if (r < 0) {
      count(n6, idev, IP6_INDISCARDS);
      return drop(skb, DROP.NOT_SPECIFIED);
    }
  }
  if (dev === rt.dev && ip6cbSrcrt(skb) === 0) {
    // The sender could have gone to the next hop itself.
    const target = rt.rtGw ?? n6.a6In;
    n6.fn.sendRedirect(skb, target);
  } else {
    a6LoadSaddr(n6.a6InSrc, skb.view, nh);
    const type = ipv6AddrType(n6.a6InSrc);
    if (type === 0 || (type & (IPV6_ADDR_MULTICAST | IPV6_ADDR_LOOPBACK)) !== 0) {
      count(n6, idev, IP6_INADDRERRORS);
      return drop(skb, DROP.IP_INVALID_SOURCE);
    }
    if ((type & IPV6_ADDR_LINKLOCAL) !== 0) {
      n6.fn.icmpSend(skb, ICMPV6_DEST_UNREACH, ICMPV6_NOT_NEIGHBOUR, 0);
      count(n6, idev, IP6_INADDRERRORS);
      return drop(skb, DROP.IP_INVALID_SOURCE);
    }
  }
  // A way was found, whether the packet fits it or not (RFC 4293).
  count(n6, in6DevGet(rt.dev), IP6_OUTFORWDATAGRAMS);
  const mtu = Math.max(ip6MtuForward(rt), IPV6_MIN_MTU);
  const largest = ip6cbFragMaxSize(skb);
  const tooBig = skb.len > mtu && !(skbIsGso(skb) && skbGsoNetworkSeglen6(skb) <= mtu) && !(largest !== 0 && largest <= mtu);
  if (tooBig || largest > mtu) {
    skb.dev = rt.dev;
    n6.fn.icmpSend(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
    count(n6, idev, IP6_INTOOBIGERRORS);
    count(n6, in6DevGet(rt.dev), IP6_FRAGFAILS);
    return drop(skb, DROP.PKT_TOO_BIG);
  }
  skbCow(skb, llReservedSpace(rt.dev) + rt.headerLen);
  const at = skb.networkHeader;
  ip6SetHopLimit(skb.view, at, ip6HopLimit(skb.view, at) - 1);
  ip6cbAddFlags(skb, IP6SKB_FORWARDED);
  return nfHook(NFPROTO_IPV6, NF_INET_FORWARD, n6.net, null, skb, dev, rt.dev, forwardFinish);
}

function forwardFinish(net: Net, sk: object | null, skb: Skb): number {
  skb.tstamp = 0;
  return dstOutput(net, sk, skb);
}

/** A packet that its route does not want: counted, its sender told (ip6_pkt_drop). Consumes. */
function pktDrop(skb: Skb, code: number, field: number): number {
  const rt = skb.dst as Rt6Info;
  const n6 = rt.net6;
  const dev = skbDev(skb);
  const idev = dev === null ? null : in6DevGet(dev);
  // Nowhere is no address.
  a6LoadDaddr(n6.a6Tmp, skb.view, skb.networkHeader);
  count(n6, idev, field === IP6_INNOROUTES && a6Any(n6.a6Tmp) ? IP6_INADDRERRORS : field);
  n6.fn.icmpSend(skb, ICMPV6_DEST_UNREACH, code, 0);
  kfreeSkbReason(skb, field === IP6_OUTNOROUTES ? DROP.IP_OUTNOROUTES : DROP.IP_INNOROUTES);
  return 0;
}

/** The `input` of unreachable routes, and of no route at all (ip6_pkt_discard). Consumes. @alpha */
export function ip6PktDiscard(skb: Skb): number {
  return pktDrop(skb, ICMPV6_NOROUTE, IP6_INNOROUTES);
}
/** Their `output` (ip6_pkt_discard_out). Consumes. @alpha */
export function ip6PktDiscardOut(_net: Net, _sk: object | null, skb: Skb): number {
  skb.dev = (skb.dst as Rt6Info).dev;
  return pktDrop(skb, ICMPV6_NOROUTE, IP6_OUTNOROUTES);
}
/** The `input` of prohibiting routes (ip6_pkt_prohibit). Consumes. @alpha */
export function ip6PktProhibit(skb: Skb): number {
  return pktDrop(skb, ICMPV6_ADM_PROHIBITED, IP6_INNOROUTES);
}
/** Their `output` (ip6_pkt_prohibit_out). Consumes. @alpha */
export function ip6PktProhibitOut(_net: Net, _sk: object | null, skb: Skb): number {
  skb.dev = (skb.dst as Rt6Info).dev;
  return pktDrop(skb, ICMPV6_ADM_PROHIBITED, IP6_OUTNOROUTES);
}

