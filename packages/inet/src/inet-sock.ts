/** What all sockets of the Internet families have (struct inet_sock). */
import type { Net } from '@linnet/kernel';
import type { DstEntry } from '@linnet/netdev';
import { Sock, type Proto } from '@linnet/socket';
import { AF_INET6, IN6ADDR_ANY, IP_PMTUDISC_WANT, ipv6AddrAny, ipv6AddrV4mapped } from '@linnet/uapi';
import type { InetAf } from './af.ts';
import { Flowi, type InetCork } from './flowi.ts';
import { Ipv6Pinfo } from './ipv6-pinfo.ts';

/** It may get IPv4 packets. @alpha */
export const INET_VERSION_4 = 1;
/** It may get IPv6 packets. @alpha */
export const INET_VERSION_6 = 2;

/**
 * A sock with addresses and ports (struct inet_sock). IPv4 addresses are host-order int32, ports host order.
 *
 * An AF_INET6 sock has IPv6 addresses beside: four host-order words each. Such an array is a VALUE, never written in place (assign another), so that socks, requests,
 * flows and hashes may share it. When the sock talks IPv4 (its peer or its own address is IPv4-mapped), `af` is that of IPv4 and the IPv4 fields are what counts; the
 * arrays hold the mapped form.
 * @alpha
 */
export class InetSock extends Sock {
  /** The family that the user sees: addresses of calls, options. */
  homeAf: InetAf;
  /** The family of its packets: another than `homeAf` only while an AF_INET6 sock talks to an IPv4-mapped address. */
  af: InetAf;
  /** INET_VERSION_*: whose packets may reach it. See {@link inetSockUpdateVersions}. */
  versions: number;
  /** The local address that incoming packets must have, 0 for any. */
  rcvSaddr = 0;
  /** The source of outgoing packets, 0 to let routing choose. */
  saddr = 0;
  daddr = 0;
  /** Local port as bound; `sport` is what goes out (differs only for raw sockets). */
  num = 0;
  sport = 0;
  dport = 0;
  /** As `rcvSaddr`, `saddr` and `daddr`, of AF_INET6; null for AF_INET. */
  v6RcvSaddr: Int32Array | null;
  v6Saddr: Int32Array | null;
  v6Daddr: Int32Array | null;
  /** IPV6_V6ONLY: no IPv4 by this socket. Call {@link inetSockUpdateVersions} after a change. */
  ipv6only = false;
  /** The IPv6 settings; null for AF_INET. */
  pinet6: Ipv6Pinfo | null;
  /** -1: the route's or the sysctl's. */
  ucTtl = -1;
  mcTtl = 1;
  minTtl = 0;
  tos = 0;
  rcvTos = 0;
  /** IP_PMTUDISC_*. */
  pmtudisc: number = IP_PMTUDISC_WANT;
  recverr = false;
  recverrRfc4884 = false;
  freebind = false;
  transparent = false;
  hdrincl = false;
  mcLoop = true;
  mcAll = true;
  bindAddressNoPort = false;
  deferConnect = false;
  nodefrag = false;
  mcIndex = 0;
  mcAddr = 0;
  ucIndex = 0;
  /** IP_CMSG_*: what recvmsg should report. */
  cmsgFlags = 0;
  /** Counter for the identification field. */
  inetId = 0;
  /** Input route of the last packets, good while it is valid and they come in by `rxDstIfindex`; null until one is known. */
  rxDst: DstEntry | null = null;
  /** Interface of the last packet in. */
  rxDstIfindex = 0;
  /** IP_LOCAL_PORT_RANGE: the lowest port in the low 16 bits, the highest above, 0 for either: the namespace's. */
  localPortRange = 0;
  /** Options for outgoing packets in wire form, or null. */
  inetOpt: object | null = null;
  /** Multicast memberships (struct ip_mc_socklist), or null. */
  mcList: object | null = null;
  cork: InetCork | null = null;
  /** The flow of a connected sock, kept so that sending needs no new object. */
  readonly fl: Flowi = new Flowi();

  constructor(net: Net, af: InetAf, type: number, protocol: number, prot: Proto) {
    super(net, af.family, type, protocol, prot);
    this.homeAf = af;
    this.af = af;
    const six = af.family === AF_INET6;
    this.versions = six ? INET_VERSION_4 | INET_VERSION_6 : INET_VERSION_4;
    this.pinet6 = six ? new Ipv6Pinfo() : null;
    this.v6RcvSaddr = six ? IN6ADDR_ANY : null;
    this.v6Saddr = six ? IN6ADDR_ANY : null;
    this.v6Daddr = six ? IN6ADDR_ANY : null;
    af.initSock?.(this);
  }
}

/** Does the sock hear of ICMP errors at once (IP_RECVERR, for IPv6 packets IPV6_RECVERR)? @alpha */
export function inetRecverr(sk: InetSock): boolean {
  return sk.pinet6 !== null && sk.af === sk.homeAf ? sk.pinet6.recverr : sk.recverr;
}

/** Works out `versions` anew, after `v6RcvSaddr` or `ipv6only` changed. @alpha */
export function inetSockUpdateVersions(sk: InetSock): void {
  const a = sk.v6RcvSaddr;
  if (a === null) return;
  if (ipv6AddrAny(a)) sk.versions = sk.ipv6only ? INET_VERSION_6 : INET_VERSION_4 | INET_VERSION_6;
  else sk.versions = ipv6AddrV4mapped(a) ? INET_VERSION_4 : INET_VERSION_6;
}

/** The mapped form of an IPv4 address, `::ffff:a.b.c.d`; `::` stands for none (ipv6_addr_set_v4mapped). @alpha */
export function inetMapped(addr: number): Int32Array {
  return addr === 0 ? IN6ADDR_ANY : Int32Array.of(0, 0, 0xffff, addr);
}
