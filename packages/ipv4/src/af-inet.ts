/**
 * The family AF_INET: making sockets, and what the system calls do with them (af_inet.c; ip(7), connect(2), bind(2)).
 * The transports behind are found by (type, protocol) in the registry of `inet`.
 */
import { capable, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, ENOIOCTLCMD, ENOTCONN, EPERM } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { INET, INET_NET, INET_PROTOSW_REUSE, inetCommonDgramOps, inetCommonOps, inetCommonStreamOps, inetFindProtosw } from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import { sockGraft, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK } from '@linnet/socket';
import type { NetProtoFamily, ProtoOps, Socket } from '@linnet/socket';
import {
  AF_INET, AF_UNSPEC, CAP_NET_BIND_SERVICE, CAP_NET_RAW, IPPROTO_IP, IPPROTO_MAX, IPPROTO_RAW, IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, RTN_BROADCAST, RTN_MULTICAST, SOCK_RAW, SOCK_STREAM,
  TCP_CLOSE, TCP_SYN_SENT, sockaddrIn,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn } from '@linnet/uapi';
import { inetIoctl } from './inet-ioctl.ts';
import { inetAddrValidOrNonlocal, inetBindAddrType } from './inet-bind.ts';
import { IPV4 } from './ipv4-net.ts';

function skOf(sock: Socket): InetSock {
  return sock.sk as InetSock;
}

/** Makes an AF_INET socket (inet_create). */
function inetCreate(net: Net, sock: Socket, protocol: number, kern: boolean): number {
  if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
  const inet = net.kernel.get(INET);
  const af = inet.af(AF_INET)!;
  const p = inetFindProtosw(inet.protosw, sock.type, protocol);
  if (typeof p === 'number') return p;
  if (sock.type === SOCK_RAW && !kern && !capable(net.kernel, CAP_NET_RAW)) return -EPERM;
  const number = protocol === IPPROTO_IP ? p.protocol : protocol;
  const sk = p.create(net, af, number);
  sock.ops = sock.type === SOCK_STREAM ? inetStreamOps : inetDgramOps;
  sockGraft(sk, sock);
  if ((p.flags & INET_PROTOSW_REUSE) !== 0) sk.reuse = true;
  sk.pmtudisc = net.get(IPV4).sysctlIpNoPmtuDisc !== 0 ? IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
  sk.inetId = net.kernel.rng.stream('inet.id').u32() & 0xffff;
  let err = 0;
  if (sock.type === SOCK_RAW) {
    // A raw socket's «port» is its protocol.
    sk.num = number;
    sk.sport = number;
    if (number === IPPROTO_RAW) sk.hdrincl = true;
    err = sk.prot.hash?.(sk) ?? 0;
  }
  if (err === 0) err = sk.prot.init(sk);
  if (err !== 0) {
    sk.prot.close(sk, 0);
    sock.sk = null;
  }
  return err;
}

/** The family record of AF_INET for sockRegister. @alpha */
export const inetFamily: NetProtoFamily = { family: AF_INET, create: inetCreate };

/** bind(2) (inet_bind): EINVAL for a second time, EADDRNOTAVAIL for another machine's address, EADDRINUSE. */
function bind(sock: Socket, addr: SockAddr): number {
  const sk = skOf(sock);
  const a = addr as SockAddrIn;
  // For the sake of old programs AF_UNSPEC passes when the address is 0.0.0.0.
  if (addr.family !== AF_INET && (addr.family !== AF_UNSPEC || (a.addr ?? 0) !== 0)) return -EAFNOSUPPORT;
  if (a.addr === undefined || a.port === undefined) return bindTo(sk, sockaddrIn(0, 0));
  return bindTo(sk, a);
}

function bindTo(sk: InetSock, a: SockAddrIn): number {
  if (sk.prot.bind !== undefined) return sk.prot.bind(sk, a);
  const ip = sk.net.get(IPV4);
  const type = inetBindAddrType(ip, sk, a.addr);
  if (!inetAddrValidOrNonlocal(ip, sk, a.addr, type)) return -EADDRNOTAVAIL;
  // The port of a privileged service, whatever becomes of the rest.
  if (a.port !== 0 && a.port < sk.net.get(INET_NET).ipUnprivilegedPortStart && !capable(sk.kernel, CAP_NET_BIND_SERVICE)) return -EACCES;
  if (sk.state !== TCP_CLOSE || sk.num !== 0) return -EINVAL;
  sk.rcvSaddr = a.addr;
  sk.saddr = type === RTN_MULTICAST || type === RTN_BROADCAST ? 0 : a.addr;
  if (a.port !== 0 || !sk.bindAddressNoPort) {
    if (sk.prot.getPort !== undefined && sk.prot.getPort(sk, a.port) !== 0) {
      sk.saddr = 0;
      sk.rcvSaddr = 0;
      return -EADDRINUSE;
    }
  }
  if (sk.rcvSaddr !== 0) sk.userlocks |= SOCK_BINDADDR_LOCK;
  if (a.port !== 0) sk.userlocks |= SOCK_BINDPORT_LOCK;
  sk.sport = sk.num;
  sk.daddr = 0;
  sk.dport = 0;
  sk.dst = null;
  return 0;
}

function getname(sock: Socket, peer: boolean): SockAddr | number {
  const sk = skOf(sock);
  if (peer) {
    if (sk.dport === 0 || sk.state === TCP_CLOSE || sk.state === TCP_SYN_SENT) return -ENOTCONN;
    return sockaddrIn(sk.daddr, sk.dport);
  }
  return sockaddrIn(sk.rcvSaddr !== 0 ? sk.rcvSaddr : sk.saddr, sk.sport !== 0 ? sk.sport : sk.num);
}

function ioctl(sock: Socket, cmd: number, arg: Uint8Array): number {
  const sk = skOf(sock);
  const err = inetIoctl(sk.net, cmd, arg);
  if (err !== -ENOIOCTLCMD) return err;
  return sk.prot.ioctl !== undefined ? sk.prot.ioctl(sk, cmd, arg) : -ENOIOCTLCMD;
}

/** The operations of SOCK_STREAM sockets (inet_stream_ops). @alpha */
export const inetStreamOps: ProtoOps = { family: AF_INET, bind, getname, ioctl, ...inetCommonOps, ...inetCommonStreamOps };

/** The operations of SOCK_DGRAM and SOCK_RAW sockets (inet_dgram_ops). @alpha */
export const inetDgramOps: ProtoOps = { family: AF_INET, bind, getname, ioctl, ...inetCommonOps, ...inetCommonDgramOps };
