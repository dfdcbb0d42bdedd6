/** What netfilter asks of IPv6: reassembly before tracking, new routes, addresses for translation, the kind of an address, the way back. */
import type { Rt6Info } from './rt6-info.ts';
import { NOTIFY_DONE, type Net } from '@linnet/kernel';
import { Flowi, flowi6InitOutput, flowiReset, type InetSock } from '@linnet/inet';
import { llReservedSpace, NETDEV_DOWN, type NetDevice } from '@linnet/netdev';
import { skbCow, skbHeadroom, skbPullUnchecked, skbPush, type Skb } from '@linnet/skbuff';
import { IFA_F_TENTATIVE, IFF_LOOPBACK, ip6FlowLabel, ip6Nexthdr, ip6TrafficClass, IPV6HDR_LEN, NEXTHDR_FRAGMENT, RTN_LOCAL, RTN_UNREACHABLE } from '@linnet/uapi';
import { a6LoadDaddr, a6LoadSaddr } from './addr6.ts';
import { in6DevGet, type Inet6Ifaddr } from './inet6-dev.ts';
import { ip6cbFlags, ip6cbSetNhoff, IP6SKB_FRAGMENTED } from './ip6-cb.ts';
import { IPV6 } from './ipv6-net.ts';
import { ipv6FragRcv } from './reassembly6.ts';
import { ip6AddrRtType, ip6RouteOutputFlags } from './route6.ts';
import { fib6Lookup } from './route6-lookup.ts';
import { RT6_LOOKUP_F_HAS_SADDR, RT6_LOOKUP_F_IFACE } from './route6-const.ts';
import { ipv6DevGetSaddr } from './source-select.ts';

const HDR_PREFIX = new Set([0, 43, 60]);

/**
 * Collects fragments before connection tracking: the whole datagram with `data` at its network header, or null while it waits or when it was dropped. A packet that
 * is no fragment comes back as it is (nf_ct_frag6_gather). @alpha
 */
export function ip6Defrag(net: Net, skb: Skb, _user: number): Skb | null {
  const nh = skb.networkHeader;
  let next = ip6Nexthdr(skb.view, nh);
  if (next !== NEXTHDR_FRAGMENT && !HDR_PREFIX.has(next)) return skb;
  if ((ip6cbFlags(skb) & IP6SKB_FRAGMENTED) !== 0) return skb;
  // The fragment header may stand behind those that each fragment repeats.
  let off = IPV6HDR_LEN;
  let nhoff = 6;
  while (HDR_PREFIX.has(next)) {
    const at = nh + off;
    if (at + 2 > skb.tail) return skb;
    next = skb.u8[at]!;
    nhoff = off;
    off += (skb.u8[at + 1]! + 1) << 3;
  }
  if (next !== NEXTHDR_FRAGMENT || nh - skb.data + off + 8 > skb.len || nh + off + 8 > skb.tail) return skb;
  // An atomic fragment is whole as it is, and its header stays in it (RFC 6946).
  if ((skb.view.getUint16(nh + off + 2) & 0xfff9) === 0) return skb;
  const back = nh - skb.data + off;
  skbPullUnchecked(skb, back);
  ip6cbSetNhoff(skb, nhoff);
  const whole = ipv6FragRcv(net.get(IPV6), skb);
  if (whole === null) return null;
  skbPush(whole, whole.data - whole.networkHeader);
  return whole;
}

/** Routes by what the header says now (ip6_route_me_harder). Does not consume; 0 or a negative errno. @alpha */
export function ip6RouteMeHarder(net: Net, sk: object | null, skb: Skb): number {
  const n6 = net.get(IPV6);
  const { view, networkHeader: nh } = skb;
  const fl = new Flowi(); // datapath-ok: once a connection
  const daddr = new Int32Array(4); // datapath-ok: as above
  const saddr = new Int32Array(4); // datapath-ok: as above
  a6LoadDaddr(daddr, view, nh);
  a6LoadSaddr(saddr, view, nh);
  const isk = sk as InetSock | null;
  flowi6InitOutput(fl, isk === null ? 0 : isk.boundDevIf, skb.mark, ip6TrafficClass(view, nh), ip6Nexthdr(view, nh), 0, daddr, saddr, 0, 0, isk === null ? 0 : isk.uid, ip6FlowLabel(view, nh));
  const rt = ip6RouteOutputFlags(n6, fl, isk !== null && isk.boundDevIf !== 0);
  if (rt === null) return fl.error;
  skb.dst = rt;
  const room = llReservedSpace(rt.dev);
  if (skbHeadroom(skb) < room) skbCow(skb, room);
  return 0;
}

/** The source for masquerading towards the packet's destination over `dev`; null when there is none. @alpha */
export function ip6MasqueradeAddr(skb: Skb, dev: NetDevice): Int32Array | null {
  const daddr = new Int32Array(4); // datapath-ok: once a connection
  a6LoadDaddr(daddr, skb.view, skb.networkHeader);
  return ipv6DevGetSaddr(dev.net.get(IPV6), dev, daddr, 0);
}

/** Where a packet goes next by its route: the gateway, else its destination; that holds until the next call. @alpha */
export function ip6NextHop(skb: Skb): Int32Array {
  const { rtGw, net6 } = skb.dst as unknown as Rt6Info;
  if (rtGw !== null) return rtGw;
  a6LoadDaddr(net6.a6NfNextHop, skb.view, skb.networkHeader);
  return net6.a6NfNextHop;
}

/** The first address of a device that may be used; null when it has none. @alpha */
export function ip6DeviceAddr(dev: NetDevice): Int32Array | null {
  const idev = in6DevGet(dev);
  if (idev === null) return null;
  for (const ifp of idev.ifas) if ((ifp.flags & IFA_F_TENTATIVE) === 0) return ifp.addr;
  return null;
}

/** Tells of addresses that go. Returns what ends it. @alpha */
export function ip6OnAddrGone(net: Net, fn: (ifindex: number, addr: Int32Array) => void): () => void {
  const chain = net.get(IPV6).inet6addrChain;
  const told = (event: number, ifp: Inet6Ifaddr): number => {
    if (event === NETDEV_DOWN) fn(ifp.idev.dev.ifindex, ifp.addr);
    return NOTIFY_DONE;
  };
  chain.register(told);
  return () => chain.unregister(told);
}

/** RTN_* of an address; on `dev` when it is not null. @alpha */
export function ip6NfAddrType(net: Net, dev: NetDevice | null, addr: Int32Array): number {
  return ip6AddrRtType(net.get(IPV6), addr, dev) || RTN_UNREACHABLE;
}

/** Does the way back to the source of a packet lead over `dev`, or with `loose` anywhere (the match rpfilter of iptables-extensions(8))? @alpha */
export function ip6ReversePath(skb: Skb, dev: NetDevice, loose: boolean, validmark: boolean, acceptLocal: boolean): boolean {
  const n6 = dev.net.get(IPV6);
  const { view, networkHeader: nh } = skb;
  const fl = n6.flCtl;
  a6LoadSaddr(n6.a6Tmp, view, nh);
  a6LoadDaddr(n6.a6In, view, nh);
  flowiReset(fl);
  fl.daddr6 = n6.a6Tmp;
  fl.saddr6 = n6.a6In;
  fl.iif = 1;
  fl.mark = validmark ? skb.mark : 0;
  const res = n6.resCtl;
  const linklocal = n6.a6Tmp[0]! >>> 22 === 0x3fa;
  const flags = RT6_LOOKUP_F_HAS_SADDR | (linklocal || !loose ? RT6_LOOKUP_F_IFACE : 0);
  if (fib6Lookup(n6, fl, linklocal || !loose ? dev.ifindex : 0, res, flags & ~(loose && !linklocal ? RT6_LOOKUP_F_IFACE : 0)) !== 0) return false;
  if (res.f6i === null || res.f6i.error !== 0) return false;
  if (res.type === RTN_LOCAL && !acceptLocal && (dev.flags & IFF_LOOPBACK) === 0) return false;
  if (loose) return true;
  return res.nh !== null && (res.nh.dev === dev || (res.type === RTN_LOCAL && acceptLocal));
}

