/** Multicast and anycast memberships of sockets (ipv6(7), RFC 3493 5.2, RFC 3678; the socket half of mcast.c and anycast.c). */
// datapath-ok-file: socket options
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOBUFS, ENODEV, ENOENT, ENOMEM } from '@linnet/kernel';
import { devGetByIndex, forEachNetdev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { flowiReset } from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import { netOptmemMax, skOptmem } from '@linnet/socket';
import { DEVCONF_FORWARDING, IFF_LOOPBACK, IFF_UP } from '@linnet/uapi';
import { a6Clone, a6Equal, a6Multicast } from './addr6.ts';
import { ipv6ChkAddr, ipv6ChkPrefix } from './addr-find.ts';
import { ipv6ChkAcastAddr, ipv6DevAcDec, ipv6DevAcInc } from './anycast.ts';
import { in6DevGet } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ipv6DevMcDec, ipv6DevMcInc, mcAddSrc, mcDelSrc } from './mld.ts';
import { MCAST_EXCLUDE, MCAST_INCLUDE } from './mld-state.ts';
import { inet6Sk } from './pinfo.ts';
import { ip6RouteOutputFlags } from './route6.ts';

/** One membership of a socket (struct ipv6_mc_socklist). @alpha */
export class Mc6Membership {
  readonly group: Int32Array;
  readonly ifindex: number;
  /** MCAST_INCLUDE: only these sources; MCAST_EXCLUDE: all but these. */
  mode: number;
  sources: Int32Array[];

  constructor(group: Int32Array, ifindex: number, mode: number) {
    this.group = a6Clone(group);
    this.ifindex = ifindex;
    this.mode = mode;
    this.sources = [];
  }
}

/** What a membership counts against net.core.optmem_max (measured: Linux 6.18 lets a socket join 2,340 groups, or 4,095 anycast addresses, where that is 131,072). */
const MEMBERSHIP_COST = 56;
const ANYCAST_COST = 32;

/** May the socket join once more? */
function hasRoom(sk: InetSock, cost: number): boolean {
  const np = inet6Sk(sk)!;
  return skOptmem(sk) + np.mcList.length * MEMBERSHIP_COST + np.acList.length * ANYCAST_COST + cost < netOptmemMax(sk.net);
}

/** The device of a request: by index, or where the route to the address leads. */
function findDev(n6: Ipv6Net, group: Int32Array, ifindex: number): NetDevice | null {
  if (ifindex !== 0) return devGetByIndex(n6.net, ifindex);
  const fl = n6.flCtl;
  flowiReset(fl);
  fl.daddr6 = group;
  return ip6RouteOutputFlags(n6, fl, false)?.dev ?? null;
}

/** Joins a group (ipv6_sock_mc_join_ssm). 0, or EINVAL, EADDRINUSE, ENODEV, ENOMEM. @alpha */
export function ipv6SockMcJoin(sk: InetSock, ifindex: number, group: Int32Array, mode: number = MCAST_EXCLUDE): number {
  if (!a6Multicast(group)) return -EINVAL;
  const np = inet6Sk(sk)!;
  if (np.mcList.some((m) => (ifindex === 0 || m.ifindex === ifindex) && a6Equal(m.group, group))) return -EADDRINUSE;
  const n6 = sk.net.get(IPV6);
  const dev = findDev(n6, group, ifindex);
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev === null) return -ENODEV;
  if (!hasRoom(sk, MEMBERSHIP_COST)) return -ENOMEM;
  np.mcList.unshift(new Mc6Membership(group, idev.dev.ifindex, mode));
  ipv6DevMcInc(idev, group, mode);
  return 0;
}

function leave(n6: Ipv6Net, m: Mc6Membership): void {
  const dev = devGetByIndex(n6.net, m.ifindex);
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev === null) return;
  if (m.sources.length > 0) mcDelSrc(idev, m.group, m.mode, m.sources, true);
  ipv6DevMcDec(idev, m.group, m.mode);
}

/** Leaves a group (ipv6_sock_mc_drop). 0, or EINVAL, EADDRNOTAVAIL. @alpha */
export function ipv6SockMcDrop(sk: InetSock, ifindex: number, group: Int32Array): number {
  if (!a6Multicast(group)) return -EINVAL;
  const np = inet6Sk(sk)!;
  const i = np.mcList.findIndex((m) => (ifindex === 0 || m.ifindex === ifindex) && a6Equal(m.group, group));
  if (i < 0) return -EADDRNOTAVAIL;
  const [m] = np.mcList.splice(i, 1);
  leave(sk.net.get(IPV6), m!);
  return 0;
}

/** Adds or takes away one source of a membership, whose filter mode is `mode` (ip6_mc_source). @alpha */
export function ipv6McSource(sk: InetSock, add: boolean, mode: number, group: Int32Array, ifindex: number, source: Int32Array): number {
  if (!a6Multicast(group)) return -EINVAL;
  const n6 = sk.net.get(IPV6);
  const dev = findDev(n6, group, ifindex);
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev === null) return -ENODEV;
  const np = inet6Sk(sk)!;
  const m = np.mcList.find((x) => (ifindex === 0 || x.ifindex === ifindex) && a6Equal(x.group, group));
  if (m === undefined) return -EINVAL;
  if (m.mode !== mode) {
    if (m.sources.length > 0) return -EINVAL;
    mcAddSrc(idev, group, mode, [], false);
    mcDelSrc(idev, group, m.mode, [], false);
    m.mode = mode;
  }
  const i = m.sources.findIndex((s) => a6Equal(s, source));
  if (!add) {
    if (i < 0) return -EADDRNOTAVAIL;
    const gone = m.sources.splice(i, 1);
    if (m.sources.length === 0 && mode === MCAST_INCLUDE) {
      mcDelSrc(idev, group, mode, gone, true);
      np.mcList.splice(np.mcList.indexOf(m), 1);
      leave(n6, m);
      return 0;
    }
    mcDelSrc(idev, group, mode, gone, true);
    return 0;
  }
  if (i >= 0) return -EADDRNOTAVAIL;
  if (m.sources.length >= n6.sysctlMldMaxMsf) return -ENOBUFS;
  const own = a6Clone(source);
  m.sources.push(own);
  mcAddSrc(idev, group, mode, [own], true);
  return 0;
}

/** Replaces the whole filter of a membership (ip6_mc_msfilter). @alpha */
export function ipv6McMsfilter(sk: InetSock, group: Int32Array, ifindex: number, mode: number, sources: readonly Int32Array[]): number {
  if (!a6Multicast(group) || (mode !== MCAST_INCLUDE && mode !== MCAST_EXCLUDE)) return -EINVAL;
  const n6 = sk.net.get(IPV6);
  const np = inet6Sk(sk)!;
  const m = np.mcList.find((x) => (ifindex === 0 || x.ifindex === ifindex) && a6Equal(x.group, group));
  const dev = findDev(n6, group, ifindex);
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev === null) return -ENODEV;
  if (m === undefined) return -EINVAL;
  if (mode === MCAST_INCLUDE && sources.length === 0) return ipv6SockMcDrop(sk, ifindex, group);
  if (sources.length > n6.sysctlMldMaxMsf) return -ENOBUFS;
  const own = sources.map(a6Clone);
  // The new one first, so that the group is never without any.
  mcAddSrc(idev, group, mode, own, false);
  mcDelSrc(idev, group, m.mode, m.sources, false);
  m.mode = mode;
  m.sources = own;
  return 0;
}

/** May the socket have a datagram from `saddr` to the group `daddr` that came in by `dif`? (inet6_mc_check) @alpha */
export function inet6McCheck(sk: InetSock, daddr: Int32Array, saddr: Int32Array, dif: number): boolean {
  const np = inet6Sk(sk);
  if (np === null || !a6Multicast(daddr)) return true;
  const list = np.mcList;
  for (let i = 0; i < list.length; i++) {
    const m = list[i]!;
    if (!a6Equal(m.group, daddr) || (dif !== 0 && m.ifindex !== dif)) continue;
    let named = false;
    for (let j = 0; j < m.sources.length; j++) if (a6Equal(m.sources[j]!, saddr)) named = true;
    return named === (m.mode === MCAST_INCLUDE);
  }
  return np.mcAll;
}

/** Joins an anycast address (ipv6_sock_ac_join). @alpha */
export function ipv6SockAcJoin(sk: InetSock, ifindex: number, addr: Int32Array): number {
  if (a6Multicast(addr)) return -EINVAL;
  const n6 = sk.net.get(IPV6);
  // An address of one host is no anycast address.
  if (ipv6ChkAddr(n6, addr, null, false)) return -EINVAL;
  let dev: NetDevice | null = null;
  if (ifindex !== 0) {
    dev = devGetByIndex(n6.net, ifindex);
  } else {
    dev = findDev(n6, addr, 0);
    if (dev === null) {
      if (n6.devconfAll.data[DEVCONF_FORWARDING] !== 0) return -EADDRNOTAVAIL;
      forEachNetdev(n6.net, (d) => {
        if (dev === null && (d.flags & (IFF_UP | IFF_LOOPBACK)) === IFF_UP) dev = d;
      });
    }
  }
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev === null) return -ENODEV;
  // A host may only serve addresses of its own subnets (RFC 4291 2.6).
  if (!ipv6ChkPrefix(addr, idev.dev)) {
    if (n6.devconfAll.data[DEVCONF_FORWARDING] === 0) return -EADDRNOTAVAIL;
  }
  if (!hasRoom(sk, ANYCAST_COST)) return -ENOMEM;
  inet6Sk(sk)!.acList.unshift({ addr: a6Clone(addr), ifindex: idev.dev.ifindex });
  ipv6DevAcInc(idev, addr);
  return 0;
}

/** Leaves one (ipv6_sock_ac_drop). @alpha */
export function ipv6SockAcDrop(sk: InetSock, ifindex: number, addr: Int32Array): number {
  const { acList } = inet6Sk(sk)!;
  const i = acList.findIndex((a) => (ifindex === 0 || a.ifindex === ifindex) && a6Equal(a.addr, addr));
  if (i < 0) return -ENOENT;
  const [a] = acList.splice(i, 1);
  const dev = devGetByIndex(sk.net, a!.ifindex);
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev !== null) ipv6DevAcDec(idev, addr);
  return 0;
}

/** Is it an anycast address of this machine? @alpha */
export function isAnycast(n6: Ipv6Net, dev: NetDevice | null, a: Int32Array): boolean {
  return ipv6ChkAcastAddr(n6, dev, a, (fn) => {
    forEachNetdev(n6.net, fn);
  });
}

/** The socket ends: it leaves everything (ipv6_sock_mc_close, ipv6_sock_ac_close). @alpha */
export function ipv6DropMemberships(sk: InetSock): void {
  const np = inet6Sk(sk);
  if (np === null) return;
  const n6 = sk.net.tryGet(IPV6);
  if (n6 !== null) {
    for (const m of np.mcList) leave(n6, m);
    for (const a of np.acList.slice()) ipv6SockAcDrop(sk, a.ifindex, a.addr);
  }
  np.mcList = [];
  np.acList = [];
}

