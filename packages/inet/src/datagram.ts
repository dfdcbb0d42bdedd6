/** Connecting datagram sockets (net/ipv4/datagram.c): UDP, ping and raw sockets share it. */
import { EACCES, EAFNOSUPPORT } from '@linnet/kernel';
import { sockFlag, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, SOCK_BROADCAST } from '@linnet/socket';
import { AF_INET, ipv4IsMulticast, RTN_BROADCAST, type SockAddr, type SockAddrIn } from '@linnet/uapi';
import { flowi4InitOutput } from './flowi.ts';
import type { InetSock } from './inet-sock.ts';

const TCP_ESTABLISHED = 1;
const TCP_CLOSE = 7;

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
  }
}

/** Was the port chosen by the stack, not by bind? @alpha */
export function inetAutobound(sk: InetSock): boolean {
  return (sk.userlocks & SOCK_BINDPORT_LOCK) === 0;
}

