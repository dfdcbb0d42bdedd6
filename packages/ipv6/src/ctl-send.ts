/** Sending ICMPv6 messages of the protocol itself, neighbour discovery and MLD: by a device, not by a table. */
import { csumFold } from '@linnet/kernel';
import { dstOutput, llReservedSpace, nfHook, NFPROTO_IPV6, NF_INET_LOCAL_OUT } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { allocSkb, skbChecksum, skbPush, skbPut, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ETH_P_IPV6, IPPROTO_ICMPV6, IPV6HDR_LEN, RTN_MULTICAST, ip6FlowHdr, ip6SetHopLimit, ip6SetNexthdr, ip6SetPayloadLen } from '@linnet/uapi';
import { a6Store } from './addr6.ts';
import { csum6Pseudo } from './csum6.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { Rt6Info } from './rt6-info.ts';
import { ICMP6_MIB_OUTMSGS, IP6_OUTREQUESTS } from './snmp6.ts';
import { ip6cbAddFlags, ip6cbClear, IP6SKB_ROUTERALERT } from './ip6-cb.ts';

/** An empty packet for `len` bytes with room for an IPv6 header and `extra` bytes of extension headers (ndisc_alloc_skb). @alpha */
export function ctlAlloc(dev: NetDevice, len: number, extra: number): Skb {
  const room = llReservedSpace(dev) + IPV6HDR_LEN + extra;
  const skb = allocSkb(dev.pool, room + len + dev.neededTailroom);
  skbReserve(skb, room);
  skb.transportHeader = skbPut(skb, len);
  skb.u8.fill(0, skb.transportHeader, skb.transportHeader + len);
  skb.dev = dev;
  skb.protocol = ETH_P_IPV6;
  return skb;
}

/** Counts an ICMPv6 message that goes out. @alpha */
export function icmp6OutCount(idev: Inet6Dev | null, n6: Inet6Dev['net6'], type: number): void {
  n6.mib.icmp[ICMP6_MIB_OUTMSGS]!++;
  n6.mib.msg[256 + type]!++;
  if (idev !== null) {
    idev.mib.icmp[ICMP6_MIB_OUTMSGS]!++;
    idev.mib.msg[256 + type]!++;
  }
}

/** The route of such packets: out by the device, to the neighbour that the header names (icmp6_dst_alloc). @alpha */
export function ctlRoute(idev: Inet6Dev): Rt6Info {
  const n6 = idev.net6;
  const rt = new Rt6Info(n6, n6.fn.dstOps, idev.dev, null, null, idev, 0, RTN_MULTICAST);
  rt.output = n6.fn.ip6Output;
  return rt;
}

/**
 * Sends an ICMPv6 message made with {@link ctlAlloc}: `data` at its header, with whatever stands in its checksum field. `alert` puts a router
 * alert option before it, as MLD must. Consumes.
 * @alpha
 */
export function ctlSend(skb: Skb, saddr: Int32Array, daddr: Int32Array, hopLimit: number, tclass: number, alert: boolean): void {
  const dev = skb.dev as NetDevice;
  const idev = in6DevGet(dev)!;
  const n6 = idev.net6;
  const at = skb.data;
  const { len, view } = skb;
  const type = skb.u8[at]!;
  view.setUint16(at + 2, 0);
  view.setUint16(at + 2, csumFold(csum6Pseudo(saddr, daddr, len, IPPROTO_ICMPV6, skbChecksum(skb, 0, len, 0))));
  if (alert) {
    const h = skbPush(skb, 8);
    view.setUint8(h, IPPROTO_ICMPV6);
    view.setUint8(h + 1, 0);
    // Router alert for MLD (RFC 2711), padded with PadN.
    view.setInt32(h + 2, 0x05020000);
    view.setUint16(h + 6, 0x0100);
  }
  const nh = skbPush(skb, IPV6HDR_LEN);
  skb.networkHeader = nh;
  ip6FlowHdr(view, nh, tclass, 0);
  ip6SetPayloadLen(view, nh, skb.len - IPV6HDR_LEN);
  ip6SetNexthdr(view, nh, alert ? 0 : IPPROTO_ICMPV6);
  ip6SetHopLimit(view, nh, hopLimit);
  a6Store(view, nh + 8, saddr);
  a6Store(view, nh + 24, daddr);
  ip6cbClear(skb);
  if (alert) ip6cbAddFlags(skb, IP6SKB_ROUTERALERT);
  skb.dst = ctlRoute(idev);
  icmp6OutCount(idev, n6, type);
  n6.mib.ip[IP6_OUTREQUESTS]!++;
  idev.mib.ip[IP6_OUTREQUESTS]!++;
  nfHook(NFPROTO_IPV6, NF_INET_LOCAL_OUT, n6.net, null, skb, null, dev, dstOutput);
}
