/** Connecting datagram sockets (net/ipv4/datagram.c): UDP, ping and raw sockets share it. */
import { EACCES, EAFNOSUPPORT, EINVAL, ENETUNREACH } from '@linnet/kernel';
import { sockFlag, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, SOCK_BROADCAST } from '@linnet/socket';
import {
  AF_INET, AF_INET6, IN6ADDR_ANY, IN6ADDR_LOOPBACK, INADDR_LOOPBACK, ipv4IsMulticast, ipv6AddrAny, ipv6AddrIsLinklocal, ipv6AddrIsMulticast, ipv6AddrV4mapped, RTN_BROADCAST, sockaddrIn,
  type SockAddr, type SockAddrIn, type SockAddrIn6, TCP_CLOSE, TCP_ESTABLISHED,
} from '@linnet/uapi';
import { flowi4InitOutput, flowi6InitOutput, IpcmCookie } from './flowi.ts';
import { INET_VERSION_4, INET_VERSION_6, inetMapped, type InetSock, inetSockUpdateVersions } from './inet-sock.ts';
import { INET } from './protocol.ts';

/**
 * Fixes the peer of a datagram sock and finds its route and source address (ip4_datagram_connect). 0, or EAFNOSUPPORT, EACCES for a broadcast
 * address without SO_BROADCAST, or why there is no route. The caller hashes the sock anew.
 * @alpha
 */
export function ip4DatagramConnect(sk: InetSock, addr: SockAddr): number {
  if (addr.family !== AF_INET) return -EAFNOSUPPORT;
  const { addr: daddr, port } = addr as SockAddrIn;
  sk.dst = null;
  sk.rxDst = null;
  let { boundDevIf: oif, saddr } = sk;
  if (ipv4IsMulticast(daddr)) {
    if (oif === 0) oif = sk.mcIndex;
    if (saddr === 0) saddr = sk.mcAddr;
  }
  const fl = sk.fl;
  flowi4InitOutput(fl, oif, sk.mark, sk.tos, 0, sk.protocol, 0, daddr, saddr, port, sk.num, sk.uid);
  const dst = sk.af.routeOutput(sk.net, fl, sk);
  if (dst === null) return fl.error;
  if (sk.af.dstType(dst) === RTN_BROADCAST && !sockFlag(sk, SOCK_BROADCAST)) return -EACCES;
  if (sk.saddr === 0) sk.saddr = fl.saddr;
  if (sk.rcvSaddr === 0) sk.rcvSaddr = fl.saddr;
  // 0.0.0.0 means this machine: the route says which of its addresses.
  sk.daddr = fl.daddr;
  sk.dport = port;
  sk.state = TCP_ESTABLISHED;
  sk.inetId = sk.kernel.rng.stream('inet.id').u32() & 0xffff;
  sk.dst = dst;
  return 0;
}

/**
 * Fixes the peer of an AF_INET6 datagram sock (ip6_datagram_connect): `::` means this machine, an IPv4-mapped address makes it talk IPv4, an AF_INET address is taken
 * too unless IPV6_V6ONLY. 0, or EAFNOSUPPORT, EINVAL (a link-local address without an interface, a flow label that is not the sock's), ENETUNREACH for IPv4 with IPV6_V6ONLY, or why there
 * is no route. The caller hashes the sock anew.
 * @alpha
 */
export function ip6DatagramConnect(sk: InetSock, addr: SockAddr): number {
  if (addr.family === AF_INET) return sk.ipv6only ? -EAFNOSUPPORT : connectMapped(sk, addr as SockAddrIn);
  if (addr.family !== AF_INET6) return -EAFNOSUPPORT;
  const sin6 = addr as SockAddrIn6;
  const np = sk.pinet6!;
  let daddr = sin6.addr;
  if (ipv6AddrAny(daddr)) daddr = ipv6AddrV4mapped(sk.v6RcvSaddr!) ? inetMapped(INADDR_LOOPBACK) : IN6ADDR_LOOPBACK;
  if (ipv6AddrV4mapped(daddr)) return sk.ipv6only ? -ENETUNREACH : connectMapped(sk, sockaddrIn(daddr[3]!, sin6.port));
  if ((sk.versions & INET_VERSION_6) === 0) return -ENETUNREACH;
  let oif = sk.boundDevIf;
  if (ipv6AddrIsLinklocal(daddr) || (ipv6AddrIsMulticast(daddr) && ((daddr[0]! >>> 16) & 15) <= 2)) {
    if (sin6.scopeId !== 0) {
      // A sock that is bound to an interface talks over no other.
      if (oif !== 0 && oif !== sin6.scopeId) return -EINVAL;
      oif = sin6.scopeId;
      sk.boundDevIf = oif;
    }
    if (oif === 0 && ipv6AddrIsMulticast(daddr)) oif = np.mcastOif;
    if (oif === 0) return -EINVAL;
  }
  sk.dst = null;
  sk.rxDst = null;
  sk.af = sk.homeAf;
  const label = np.sndflow ? sin6.flowinfo & 0xfffff : 0;
  if (label !== 0) {
    const bad = sk.af.checkFlowlabel?.(sk, label) ?? 0;
    if (bad !== 0) return bad;
  }
  const ipc = new IpcmCookie();
  sk.af.ipcInit?.(sk, ipc);
  if (oif === 0) oif = ipc.oif;
  if (oif === 0) oif = ipv6AddrIsMulticast(daddr) ? np.mcastOif : np.ucastOif;
  const fl = sk.fl;
  flowi6InitOutput(fl, oif, sk.mark, np.tclass, sk.protocol, 0, sk.af.firstHop?.(sk, ipc.opt, daddr) ?? daddr, ipv6AddrAny(sk.v6Saddr!) ? null : sk.v6Saddr, sin6.port, sk.num, sk.uid, label);
  const dst = sk.af.routeOutput(sk.net, fl, sk);
  fl.daddr6 = daddr;
  if (dst === null) return fl.error;
  if (ipv6AddrAny(sk.v6Saddr!)) sk.v6Saddr = fl.saddr6;
  if (ipv6AddrAny(sk.v6RcvSaddr!)) {
    sk.v6RcvSaddr = fl.saddr6;
    inetSockUpdateVersions(sk);
  }
  sk.v6Daddr = daddr;
  sk.dport = sin6.port;
  np.flowLabel = label;
  sk.state = TCP_ESTABLISHED;
  sk.dst = dst;
  return 0;
}

/** The peer is an IPv4 address: IPv4's connect, and the addresses in their mapped form beside. */
function connectMapped(sk: InetSock, sin: SockAddrIn): number {
  if ((sk.versions & INET_VERSION_4) === 0) return -ENETUNREACH;
  const af4 = sk.kernel.get(INET).af(AF_INET);
  if (af4 === null) return -ENETUNREACH;
  const before = sk.af;
  sk.af = af4;
  const err = ip4DatagramConnect(sk, sin);
  if (err !== 0) {
    sk.af = before;
    return err;
  }
  sk.v6Daddr = inetMapped(sk.daddr);
  if (ipv6AddrAny(sk.v6Saddr!)) sk.v6Saddr = inetMapped(sk.saddr);
  if (ipv6AddrAny(sk.v6RcvSaddr!)) {
    sk.v6RcvSaddr = inetMapped(sk.rcvSaddr);
    inetSockUpdateVersions(sk);
  }
  return 0;
}

/** Forgets the peer, and addresses and port that nobody bound (__udp_disconnect). The caller unhashes and gives the port back. @alpha */
export function inetDatagramDisconnect(sk: InetSock): void {
  sk.state = TCP_CLOSE;
  sk.daddr = 0;
  sk.dport = 0;
  sk.boundDevIf = 0;
  sk.dst = null;
  if ((sk.userlocks & SOCK_BINDADDR_LOCK) === 0) {
    sk.saddr = 0;
    sk.rcvSaddr = 0;
    inet6ResetLocal(sk);
  }
  if (sk.pinet6 !== null) {
    sk.v6Daddr = IN6ADDR_ANY;
    sk.af = sk.homeAf;
  }
}

/** Forgets the local address of an AF_INET6 sock; nothing for AF_INET. @alpha */
export function inet6ResetLocal(sk: InetSock): void {
  if (sk.pinet6 === null) return;
  sk.v6Saddr = IN6ADDR_ANY;
  sk.v6RcvSaddr = IN6ADDR_ANY;
  inetSockUpdateVersions(sk);
}

/** Was the port chosen by the stack, not by bind? @alpha */
export function inetAutobound(sk: InetSock): boolean {
  return (sk.userlocks & SOCK_BINDPORT_LOCK) === 0;
}

