/** Multicast memberships of sockets (ip(7) IP_ADD_MEMBERSHIP and its likes, RFC 3678; the socket half of igmp.c). */
// datapath-ok-file: socket options
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOBUFS, ENODEV } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { flowi4InitOutput } from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import { ipv4IsMulticast } from '@linnet/uapi';
import { ipDevFind } from './devinet-select.ts';
import { ipMcDecGroup, ipMcIncGroup } from './igmp.ts';
import { inDevGet } from './in-device.ts';
import { IPV4 } from './ipv4-net.ts';
import { ipRouteOutputKey } from './route-output.ts';

/** One membership of a socket (struct ip_mc_socklist). @alpha */
export class McMembership {
  readonly group: number;
  readonly ifindex: number;
  /** Only these sources, or all but these. */
  include: boolean;
  readonly sources: Set<number>;

  constructor(group: number, ifindex: number, include: boolean) {
    this.group = group;
    this.ifindex = ifindex;
    this.include = include;
    this.sources = new Set();
  }
}

function listOf(sk: InetSock): McMembership[] {
  return (sk.mcList as McMembership[] | null) ?? [];
}

/** The interface that a request means: by index, by a local address, or by the route to the group (ip_mc_find_dev). */
function findDev(sk: InetSock, group: number, addr: number, ifindex: number): NetDevice | null {
  if (ifindex !== 0) return devGetByIndex(sk.net, ifindex);
  const ip = sk.net.get(IPV4);
  if (addr !== 0) return ipDevFind(ip, addr);
  const fl = ip.outFlow;
  flowi4InitOutput(fl, 0, 0, 0, 0, 0, 0, group, 0, 0, 0, 0);
  return ipRouteOutputKey(ip, fl)?.dev ?? null;
}

/**
 * Joins a group; `addr` or `ifindex` name the interface (ip_mc_join_group). `include` joins without any source yet.
 * 0, or EINVAL, ENODEV, EADDRINUSE, ENOBUFS.
 * @alpha
 */
export function ipMcJoinGroup(sk: InetSock, group: number, addr: number, ifindex: number, include: boolean = false): number {
  if (!ipv4IsMulticast(group)) return -EINVAL;
  const dev = findDev(sk, group, addr, ifindex);
  const indev = dev === null ? null : inDevGet(dev);
  if (dev === null || indev === null) return -ENODEV;
  const list = listOf(sk);
  if (list.some((m) => m.group === group && m.ifindex === dev.ifindex)) return -EADDRINUSE;
  if (list.length >= sk.net.get(IPV4).sysctlIgmpMaxMemberships) return -ENOBUFS;
  sk.mcList = [new McMembership(group, dev.ifindex, include), ...list];
  ipMcIncGroup(indev, group);
  return 0;
}

function leave(sk: InetSock, m: McMembership): void {
  sk.mcList = listOf(sk).filter((o) => o !== m);
  const dev = devGetByIndex(sk.net, m.ifindex);
  const indev = dev === null ? null : inDevGet(dev);
  if (indev !== null) ipMcDecGroup(indev, m.group);
}

/** Leaves a group (ip_mc_leave_group). 0, ENODEV or EADDRNOTAVAIL. @alpha */
export function ipMcLeaveGroup(sk: InetSock, group: number, addr: number, ifindex: number): number {
  const dev = findDev(sk, group, addr, ifindex);
  const any = ifindex === 0 && addr === 0;
  if (any && dev === null) return -ENODEV;
  const m = listOf(sk).find((o) => o.group === group && (any || (dev !== null && o.ifindex === dev.ifindex)));
  if (m === undefined) return -EADDRNOTAVAIL;
  leave(sk, m);
  return 0;
}

/**
 * Adds or removes a source of a membership: `include` for the lists of IP_ADD_SOURCE_MEMBERSHIP, else those of IP_BLOCK_SOURCE
 * (ip_mc_source). 0, or EINVAL, EADDRNOTAVAIL, ENOBUFS.
 * @alpha
 */
export function ipMcSource(sk: InetSock, add: boolean, include: boolean, group: number, addr: number, ifindex: number, source: number): number {
  if (!ipv4IsMulticast(group)) return -EINVAL;
  const dev = findDev(sk, group, addr, ifindex);
  if (dev === null) return -ENODEV;
  const m = listOf(sk).find((o) => o.group === group && o.ifindex === dev.ifindex);
  if (m === undefined) return -EINVAL;
  if (m.include !== include) {
    if (m.sources.size !== 0) return -EINVAL;
    m.include = include;
  }
  if (add) {
    if (m.sources.has(source)) return -EADDRNOTAVAIL;
    if (m.sources.size >= sk.net.get(IPV4).sysctlIgmpMaxMsf) return -ENOBUFS;
    m.sources.add(source);
    return 0;
  }
  if (!m.sources.delete(source)) return -EADDRNOTAVAIL;
  if (include && m.sources.size === 0) leave(sk, m);
  return 0;
}

/** May the socket have a datagram from `saddr` to the group `daddr` that came in by `dif`? (ip_mc_sf_allow) @alpha */
export function ipMcSfAllow(sk: InetSock, daddr: number, saddr: number, dif: number): boolean {
  if (!ipv4IsMulticast(daddr)) return true;
  const list = sk.mcList as McMembership[] | null;
  if (list !== null) {
    for (let i = 0; i < list.length; i++) {
      const m = list[i]!;
      if (m.group === daddr && m.ifindex === dif) return m.sources.has(saddr) === m.include;
    }
  }
  return sk.mcAll;
}

/** The socket ends: leaves all its groups (ip_mc_drop_socket). @alpha */
export function ipMcDropSocket(sk: InetSock): void {
  for (const m of listOf(sk)) leave(sk, m);
  sk.mcList = null;
}
