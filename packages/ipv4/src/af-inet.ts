/**
 * The family AF_INET: making sockets, and what the system calls do with them (af_inet.c; ip(7), connect(2), bind(2)).
 * The transports behind are found by (type, protocol) in the registry of `inet`.
 */
import {
  capable, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY, ECONNABORTED, EINPROGRESS, EINVAL, EISCONN, ENOIOCTLCMD, ENOTCONN, EOPNOTSUPP, EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT,
} from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { INET, INET_NET, INET_PROTOSW_REUSE } from '@linnet/inet';
import type { InetProtosw, InetSock } from '@linnet/inet';
import {
  datagramPoll, RCV_SHUTDOWN, SHUTDOWN_MASK, sockError, sockFlag, sockGetsockopt, sockGraft, sockSetsockopt, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, SOCK_LINGER,
  SS_CONNECTED, SS_CONNECTING, SS_DISCONNECTING, SS_UNCONNECTED,
} from '@linnet/socket';
import type { MsgHdr, NetProtoFamily, ProtoOps, Socket } from '@linnet/socket';
import {
  AF_INET, AF_UNSPEC, CAP_NET_BIND_SERVICE, CAP_NET_RAW, IPPROTO_IP, IPPROTO_MAX, IPPROTO_RAW, IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, RTN_BROADCAST, RTN_MULTICAST, SOCK_RAW, SOCK_STREAM, SOL_SOCKET, TCP_CLOSE, TCP_LISTEN,
  TCP_SYN_RECV, TCP_SYN_SENT, sockaddrIn,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn } from '@linnet/uapi';
import { inetAddrType } from './fib-addr-type.ts';
import { inetIoctl } from './inet-ioctl.ts';
import { inetAddrValidOrNonlocal } from './inet-bind.ts';
import { IPV4 } from './ipv4-net.ts';

function skOf(sock: Socket): InetSock {
  return sock.sk as InetSock;
}

/** The kind of socket for a type and protocol (the search of inet_create), or a negative errno. */
function findProtosw(list: readonly InetProtosw[], type: number, protocol: number): InetProtosw | number {
  let err = -ESOCKTNOSUPPORT;
  for (const p of list) {
    if (p.type !== type) continue;
    if (protocol === p.protocol) {
      if (protocol !== IPPROTO_IP) return p;
    } else if (protocol === IPPROTO_IP || p.protocol === IPPROTO_IP) {
      return p; // the type's default, or a wildcard that takes any number
    }
    err = -EPROTONOSUPPORT;
  }
  return err;
}

/** Makes an AF_INET socket (inet_create). */
function inetCreate(net: Net, sock: Socket, protocol: number, kern: boolean): number {
  if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
  const inet = net.kernel.get(INET);
  const af = inet.af(AF_INET)!;
  const p = findProtosw(inet.protosw, sock.type, protocol);
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

function release(sock: Socket): number {
  const sk = skOf(sock);
  if (sk === null) return 0;
  sk.af.mcDropSocket(sk);
  const timeout = sockFlag(sk, SOCK_LINGER) ? sk.lingertime : 0;
  sock.sk = null;
  sk.prot.close(sk, timeout);
  return 0;
}

/** Gives a socket without a port one of the stack's choice (inet_autobind). 0 or -EAGAIN. @alpha */
export function inetAutobind(sk: InetSock): number {
  if (sk.num !== 0 || sk.prot.getPort === undefined) return 0;
  if (sk.prot.getPort(sk, 0) !== 0) return -EAGAIN;
  sk.sport = sk.num;
  return 0;
}

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
  const type = inetAddrType(sk.net, a.addr);
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

/** connect(2) of datagram sockets: AF_UNSPEC forgets the peer (inet_dgram_connect). */
function dgramConnect(sock: Socket, addr: SockAddr, flags: number): number {
  const sk = skOf(sock);
  if (addr.family === AF_UNSPEC) return sk.prot.disconnect(sk, flags);
  if (sk.num === 0 && inetAutobind(sk) !== 0) return -EAGAIN;
  return sk.prot.connect(sk, addr);
}

/** connect(2) of streams: EINPROGRESS, EALREADY, EISCONN, or how it ended (inet_stream_connect). */
function streamConnect(sock: Socket, addr: SockAddr, flags: number): number {
  const sk = skOf(sock);
  if (addr.family === AF_UNSPEC) {
    const err = sk.prot.disconnect(sk, flags);
    sock.state = err !== 0 ? SS_DISCONNECTING : SS_UNCONNECTED;
    return err;
  }
  let pending = -EALREADY;
  switch (sock.state) {
    case SS_CONNECTED:
      return -EISCONN;
    case SS_CONNECTING:
      break;
    case SS_UNCONNECTED: {
      if (sk.state !== TCP_CLOSE) return -EISCONN;
      const err = sk.prot.connect(sk, addr);
      if (err < 0) return err;
      sock.state = SS_CONNECTING;
      pending = -EINPROGRESS;
      break;
    }
    default:
      return -EINVAL;
  }
  if (sk.state === TCP_SYN_SENT || sk.state === TCP_SYN_RECV) return pending;
  if (sk.state === TCP_CLOSE) {
    // Refused, timed out, or ended by another call.
    const err = sockError(sk);
    sock.state = sk.prot.disconnect(sk, flags) !== 0 ? SS_DISCONNECTING : SS_UNCONNECTED;
    return err !== 0 ? err : -ECONNABORTED;
  }
  sock.state = SS_CONNECTED;
  return 0;
}

function accept(sock: Socket, newsock: Socket, flags: number): number {
  const sk = skOf(sock);
  if (sk.prot.accept === undefined) return -EOPNOTSUPP;
  const child = sk.prot.accept(sk, flags);
  if (typeof child === 'number') return child;
  newsock.ops = sock.ops;
  sockGraft(child, newsock);
  newsock.state = SS_CONNECTED;
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

/** listen(2) (inet_listen). */
function listen(sock: Socket, backlog: number): number {
  const sk = skOf(sock);
  if (sock.state !== SS_UNCONNECTED || sock.type !== SOCK_STREAM || sk.prot.listen === undefined) return -EINVAL;
  if (sk.state !== TCP_CLOSE && sk.state !== TCP_LISTEN) return -EINVAL;
  return sk.prot.listen(sk, backlog);
}

/** shutdown(2) (inet_shutdown). */
function shutdown(sock: Socket, how: number): number {
  const sk = skOf(sock);
  const mask = how + 1; // SHUT_RD, SHUT_WR, SHUT_RDWR to bits
  if ((mask & ~SHUTDOWN_MASK) !== 0 || mask === 0) return -EINVAL;
  if (sock.state === SS_CONNECTING) {
    sock.state = sk.state === TCP_SYN_SENT || sk.state === TCP_SYN_RECV || sk.state === TCP_CLOSE ? SS_DISCONNECTING : SS_CONNECTED;
  }
  let err = 0;
  if (sk.state === TCP_SYN_SENT || (sk.state === TCP_LISTEN && (mask & RCV_SHUTDOWN) !== 0)) {
    err = sk.prot.disconnect(sk, 0);
    sock.state = err !== 0 ? SS_DISCONNECTING : SS_UNCONNECTED;
  } else if (sk.state !== TCP_LISTEN) {
    // An unconnected socket is shut down too, and says so: it may have sleepers that poll.
    if (sk.state === TCP_CLOSE) err = -ENOTCONN;
    sk.shutdown |= mask;
    sk.prot.shutdown?.(sk, mask);
  }
  sk.stateChange(sk);
  return err;
}

function poll(sock: Socket): number {
  const sk = skOf(sock);
  return sk.prot.poll !== undefined ? sk.prot.poll(sk) : datagramPoll(sock);
}

function ioctl(sock: Socket, cmd: number, arg: Uint8Array): number {
  const sk = skOf(sock);
  const err = inetIoctl(sk.net, cmd, arg);
  if (err !== -ENOIOCTLCMD) return err;
  return sk.prot.ioctl !== undefined ? sk.prot.ioctl(sk, cmd, arg) : -ENOIOCTLCMD;
}

function sendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const sk = skOf(sock);
  if (sk.num === 0 && sock.type !== SOCK_STREAM && inetAutobind(sk) !== 0) return -EAGAIN;
  return sk.prot.sendmsg(sk, msg, size);
}

function recvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const sk = skOf(sock);
  return sk.prot.recvmsg(sk, msg, size, flags);
}

function setsockopt(sock: Socket, level: number, opt: number, val: Uint8Array): number {
  const sk = skOf(sock);
  return level === SOL_SOCKET ? sockSetsockopt(sock, opt, val) : sk.prot.setsockopt(sk, level, opt, val);
}

function getsockopt(sock: Socket, level: number, opt: number, maxLen: number): Uint8Array | number {
  const sk = skOf(sock);
  return level === SOL_SOCKET ? sockGetsockopt(sock, opt, maxLen) : sk.prot.getsockopt(sk, level, opt, maxLen);
}

/** The operations of SOCK_STREAM sockets (inet_stream_ops). @alpha */
export const inetStreamOps: ProtoOps = {
  family: AF_INET, release, bind, connect: streamConnect, accept, getname, poll, ioctl, listen, shutdown, setsockopt, getsockopt, sendmsg, recvmsg,
};

/** The operations of SOCK_DGRAM and SOCK_RAW sockets (inet_dgram_ops). @alpha */
export const inetDgramOps: ProtoOps = {
  family: AF_INET, release, bind, connect: dgramConnect, accept: () => -EOPNOTSUPP, getname, poll, ioctl, listen: () => -EOPNOTSUPP, shutdown, setsockopt, getsockopt, sendmsg,
  recvmsg,
};
