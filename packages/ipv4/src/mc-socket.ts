/** Multicast memberships of sockets and the sources they want (ip(7) IP_ADD_MEMBERSHIP and its likes, RFC 3678; the socket half of igmp.c). */
// datapath-ok-file: socket options; what is asked for each datagram allocates nothing
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOBUFS, ENODEV } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { flowi4InitOutput } from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import { ipv4IsMulticast, MCAST_EXCLUDE, MCAST_INCLUDE } from '@linnet/uapi';
import { ipDevFind } from './devinet-select.ts';
import { ipMcDecGroup, ipMcIncGroup } from './igmp.ts';
import { ipMcAddSrc, ipMcDelSrc } from './igmp-filter.ts';
import type { InDevice } from './in-device.ts';
import { inDevGet } from './in-device.ts';
import { IPV4 } from './ipv4-net.ts';
import { ipRouteOutputKey } from './route-output.ts';

/** One membership of a socket (struct ip_mc_socklist). @alpha */
export class McMembership {
  readonly group: number;
  readonly ifindex: number;
  /** The interface's address as it was given. */
  readonly addr: number;
  /** MCAST_INCLUDE: only these sources. MCAST_EXCLUDE: all but these. */
  mode: number;
  /** null: nobody ever named one, so the mode may still change. */
  sources: number[] | null = null;

  constructor(group: number, ifindex: number, addr: number, mode: number) {
    this.group = group;
    this.ifindex = ifindex;
    this.addr = addr;
    this.mode = mode;
  }
}

/** The memberships of a socket, newest first. */
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

function indevByIndex(sk: InetSock, ifindex: number): InDevice | null {
  const dev = devGetByIndex(sk.net, ifindex);
  return dev === null ? null : inDevGet(dev);
}

/**
 * Joins a group; `addr` or `ifindex` name the interface (ip_mc_join_group). MCAST_INCLUDE joins without any source yet.
 * 0, or EINVAL, ENODEV, EADDRINUSE, ENOBUFS.
 * @alpha
 */
export function ipMcJoinGroup(sk: InetSock, group: number, addr: number, ifindex: number, mode: number = MCAST_EXCLUDE): number {
  if (!ipv4IsMulticast(group)) return -EINVAL;
  const dev = findDev(sk, group, addr, ifindex);
  const indev = dev === null ? null : inDevGet(dev);
  if (dev === null || indev === null) return -ENODEV;
  const list = listOf(sk);
  if (list.some((m) => m.group === group && m.ifindex === dev.ifindex)) return -EADDRINUSE;
  if (list.length >= sk.net.get(IPV4).sysctlIgmpMaxMemberships) return -ENOBUFS;
  sk.mcList = [new McMembership(group, dev.ifindex, addr, mode), ...list];
  ipMcIncGroup(indev, group, mode);
  return 0;
}

function leave(sk: InetSock, m: McMembership, indev: InDevice | null): void {
  ipMcDelSrc(indev, m.group, m.mode, m.sources ?? [], false);
  sk.mcList = listOf(sk).filter((o) => o !== m);
  if (indev !== null) ipMcDecGroup(indev, m.group);
}

/** Leaves a group (ip_mc_leave_group). 0, ENODEV or EADDRNOTAVAIL. @alpha */
export function ipMcLeaveGroup(sk: InetSock, group: number, addr: number, ifindex: number): number {
  const dev = findDev(sk, group, addr, ifindex);
  const indev = dev === null ? null : inDevGet(dev);
  const index = ifindex !== 0 ? ifindex : (dev?.ifindex ?? 0);
  if (index === 0 && addr === 0 && indev === null) return -ENODEV;
  const m = listOf(sk).find((o) => o.group === group && (index !== 0 ? o.ifindex === index : addr === 0 || o.addr === addr));
  if (m === undefined) return -EADDRNOTAVAIL;
  leave(sk, m, indev);
  return 0;
}

/** Where a request for a membership's sources goes. */
interface Where {
  readonly indev: InDevice;
  readonly m: McMembership | null;
}

function membership(sk: InetSock, group: number, addr: number, ifindex: number): Where | number {
  if (!ipv4IsMulticast(group)) return -EINVAL;
  const dev = findDev(sk, group, addr, ifindex);
  const indev = dev === null ? null : inDevGet(dev);
  if (dev === null || indev === null) return -ENODEV;
  return { indev, m: listOf(sk).find((o) => o.group === group && o.ifindex === dev.ifindex) ?? null };
}

/**
 * Adds or removes a source of a membership: of mode MCAST_INCLUDE for IP_ADD_SOURCE_MEMBERSHIP, else for IP_BLOCK_SOURCE (ip_mc_source).
 * 0, or EINVAL, ENODEV, EADDRNOTAVAIL, ENOBUFS.
 * @alpha
 */
export function ipMcSource(sk: InetSock, add: boolean, mode: number, group: number, addr: number, ifindex: number, source: number): number {
  const w = membership(sk, group, addr, ifindex);
  if (typeof w === 'number') return w;
  const { indev, m } = w;
  if (m === null) return -EINVAL;
  if (m.mode !== mode) {
    if (m.sources !== null) return -EINVAL;
    ipMcAddSrc(indev, group, mode, [], false);
    ipMcDelSrc(indev, group, m.mode, [], false);
    m.mode = mode;
  }
  const at = m.sources?.indexOf(source) ?? -1;
  if (!add) {
    if (at < 0) return -EADDRNOTAVAIL;
    // No source is wanted any more: that is to leave.
    if (m.sources!.length === 1 && mode === MCAST_INCLUDE) return ipMcLeaveGroup(sk, group, addr, ifindex);
    ipMcDelSrc(indev, group, mode, [source], true);
    m.sources!.splice(at, 1);
    return 0;
  }
  if (m.sources !== null && m.sources.length >= sk.net.get(IPV4).sysctlIgmpMaxMsf) return -ENOBUFS;
  m.sources ??= [];
  if (at >= 0) return -EADDRNOTAVAIL;
  m.sources.push(source);
  ipMcAddSrc(indev, group, mode, [source], true);
  return 0;
}

/** Sets the whole filter of a membership (ip_mc_msfilter). 0, or EINVAL, ENODEV, EADDRNOTAVAIL. @alpha */
export function ipMcMsfilter(sk: InetSock, group: number, addr: number, ifindex: number, mode: number, sources: readonly number[]): number {
  if (!ipv4IsMulticast(group) || (mode !== MCAST_INCLUDE && mode !== MCAST_EXCLUDE)) return -EINVAL;
  const w = membership(sk, group, addr, ifindex);
  if (typeof w === 'number') return w;
  if (mode === MCAST_INCLUDE && sources.length === 0) return ipMcLeaveGroup(sk, group, addr, ifindex);
  const { indev, m } = w;
  if (m === null) return -EINVAL;
  ipMcAddSrc(indev, group, mode, sources, false);
  ipMcDelSrc(indev, group, m.mode, m.sources ?? [], false);
  m.sources = sources.length === 0 ? null : [...sources];
  m.mode = mode;
  return 0;
}

/** The membership that IP_MSFILTER asks for, or EINVAL, ENODEV, EADDRNOTAVAIL (ip_mc_msfget). @alpha */
export function ipMcMsfget(sk: InetSock, group: number, addr: number): McMembership | number {
  const w = membership(sk, group, addr, 0);
  if (typeof w === 'number') return w;
  return w.m ?? -EADDRNOTAVAIL;
}

/** The membership that MCAST_MSFILTER asks for, or EINVAL, EADDRNOTAVAIL (ip_mc_gsfget). @alpha */
export function ipMcGsfget(sk: InetSock, group: number, ifindex: number): McMembership | number {
  if (!ipv4IsMulticast(group)) return -EINVAL;
  return listOf(sk).find((o) => o.group === group && o.ifindex === ifindex) ?? -EADDRNOTAVAIL;
}

/** May the socket have a datagram from `saddr` to the group `daddr` that came in by `dif`, of the master `sdif`? (ip_mc_sf_allow) @alpha */
export function ipMcSfAllow(sk: InetSock, daddr: number, saddr: number, dif: number, sdif: number = 0): boolean {
  if (!ipv4IsMulticast(daddr)) return true;
  const list = sk.mcList as McMembership[] | null;
  if (list !== null) {
    for (let i = 0; i < list.length; i++) {
      const m = list[i]!;
      if (m.group !== daddr || (m.ifindex !== dif && (sdif === 0 || m.ifindex !== sdif))) continue;
      return m.sources === null ? m.mode === MCAST_EXCLUDE : m.sources.includes(saddr) === (m.mode === MCAST_INCLUDE);
    }
  }
  return sk.mcAll;
}

/** The socket ends: leaves all its groups (ip_mc_drop_socket). @alpha */
export function ipMcDropSocket(sk: InetSock): void {
  for (const m of listOf(sk)) leave(sk, m, indevByIndex(sk, m.ifindex));
  sk.mcList = null;
}
