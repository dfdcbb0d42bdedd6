/** The family AF_INET6: making sockets, binding and naming them (af_inet6.c; ipv6(7)). */
// datapath-ok-file: system calls
import { capable, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, ENOIOCTLCMD, ENOTCONN, EPERM } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  INET, INET_NET, INET_PROTOSW_REUSE, inet6ResetLocal, inetCommonDgramOps, inetCommonOps, inetCommonStreamOps, inetFindProtosw, inetSockUpdateVersions,
} from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import { SOCKET, sockGraft, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK } from '@linnet/socket';
import type { NetProtoFamily, ProtoOps, Socket } from '@linnet/socket';
import {
  AF_INET, AF_INET6, CAP_NET_BIND_SERVICE, CAP_NET_RAW, IPPROTO_IP, IPPROTO_MAX, IPPROTO_RAW, RTN_LOCAL, SOCK_RAW, SOCK_STREAM, TCP_CLOSE, TCP_SYN_SENT, sockaddrIn6,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn6 } from '@linnet/uapi';
import { a6Any, a6Clone, a6Mapped, a6Multicast, IN6ADDR_ANY, ipv6AddrType, needsScopeId } from './addr6.ts';
import { ipv6BindCheck, ipv6CanNonlocalBind } from './datagram6.ts';
import { inet6Ioctl } from './ioctl6.ts';
import { IPV6 } from './ipv6-net.ts';
import { inet6Sk } from './pinfo.ts';

function skOf(sock: Socket): InetSock {
  return sock.sk as InetSock;
}

/** Makes an AF_INET6 socket (inet6_create). */
function create(net: Net, sock: Socket, protocol: number, kern: boolean): number {
  if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
  const inet = net.kernel.get(INET);
  const p = inetFindProtosw(inet.protosw6, sock.type, protocol);
  if (typeof p === 'number') return p;
  if (sock.type === SOCK_RAW && !kern && !capable(net.kernel, CAP_NET_RAW)) return -EPERM;
  const number = protocol === IPPROTO_IP ? p.protocol : protocol;
  const sk = p.create(net, inet.af(AF_INET6)!, number);
  sock.ops = sock.type === SOCK_STREAM ? inet6StreamOps : inet6DgramOps;
  sockGraft(sk, sock);
  if ((p.flags & INET_PROTOSW_REUSE) !== 0) sk.reuse = true;
  sk.ipv6only = net.get(IPV6).sysctlBindv6only !== 0;
  inetSockUpdateVersions(sk);
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

/** The family record of AF_INET6 for sockRegister. @alpha */
export const inet6Family: NetProtoFamily = { family: AF_INET6, create };

/** bind(2) (inet6_bind): an IPv4-mapped address binds it to IPv4. */
function bind(sock: Socket, addr: SockAddr): number {
  const sk = skOf(sock);
  if (addr.family !== AF_INET6) return sk.prot.bind !== undefined ? sk.prot.bind(sk, addr) : -EAFNOSUPPORT;
  const a = addr as SockAddrIn6;
  if (sk.prot.bind !== undefined) return sk.prot.bind(sk, { ...a, addr: a6Clone(a.addr) } as SockAddrIn6);
  return bindTo(sk, a6Clone(a.addr), a.port, a.scopeId);
}

function bindTo(sk: InetSock, addr: Int32Array, port: number, scopeId: number): number {
  const mapped = a6Mapped(addr);
  if (a6Multicast(addr) && sk.type === SOCK_STREAM) return -EINVAL;
  if (port !== 0 && port < sk.net.get(INET_NET).ipUnprivilegedPortStart && !capable(sk.kernel, CAP_NET_BIND_SERVICE)) return -EACCES;
  if (sk.state !== TCP_CLOSE || sk.num !== 0) return -EINVAL;
  let v4 = 0;
  if (mapped) {
    if (sk.ipv6only) return -EINVAL;
    const af4 = sk.kernel.get(INET).af(AF_INET);
    v4 = addr[3]!;
    if (af4 === null) return -EADDRNOTAVAIL;
    if (v4 !== 0 && !ipv6CanNonlocalBind(sk) && v4 >>> 28 !== 14 && !isLocal4(sk, v4)) return -EADDRNOTAVAIL;
  } else {
    const err = ipv6BindCheck(sk, addr, scopeId);
    if (err !== 0) return err;
  }
  sk.rcvSaddr = v4;
  sk.saddr = v4;
  sk.v6RcvSaddr = addr;
  if (!a6Multicast(addr)) sk.v6Saddr = addr;
  inetSockUpdateVersions(sk);
  const only = sk.ipv6only;
  if (port !== 0 || !sk.bindAddressNoPort) {
    // An address says which version it is; only «any» may be both.
    if (!a6Any(addr) && !mapped) sk.ipv6only = true;
    if (sk.prot.getPort !== undefined && sk.prot.getPort(sk, port) !== 0) {
      sk.ipv6only = only;
      sk.rcvSaddr = 0;
      sk.saddr = 0;
      inet6ResetLocal(sk);
      return -EADDRINUSE;
    }
  }
  if (!a6Any(addr)) sk.userlocks |= SOCK_BINDADDR_LOCK;
  if (port !== 0) sk.userlocks |= SOCK_BINDPORT_LOCK;
  sk.sport = sk.num;
  sk.dport = 0;
  sk.daddr = 0;
  sk.v6Daddr = IN6ADDR_ANY;
  sk.dst = null;
  return 0;
}

/** Is it an IPv4 address of this machine? IPv4 routes packets from it. */
function isLocal4(sk: InetSock, addr: number): boolean {
  const af4 = sk.kernel.get(INET).af(AF_INET)!;
  const fl = sk.fl;
  fl.daddr = addr;
  fl.saddr = 0;
  fl.oif = 0;
  fl.iif = 0;
  fl.tos = 0;
  fl.flags = 0;
  const dst = af4.routeOutput(sk.net, fl, null);
  return dst !== null && af4.dstType(dst) === RTN_LOCAL;
}

function getname(sock: Socket, peer: boolean): SockAddr | number {
  const sk = skOf(sock);
  const np = inet6Sk(sk)!;
  let addr: Int32Array;
  let port: number;
  let flowinfo = 0;
  if (peer) {
    if (sk.dport === 0 || sk.state === TCP_CLOSE || sk.state === TCP_SYN_SENT) return -ENOTCONN;
    addr = sk.v6Daddr!;
    port = sk.dport;
    if (np.sndflow) flowinfo = np.flowLabel;
  } else {
    addr = a6Any(sk.v6RcvSaddr!) ? sk.v6Saddr! : sk.v6RcvSaddr!;
    port = sk.sport !== 0 ? sk.sport : sk.num;
  }
  return sockaddrIn6(a6Clone(addr), port, needsScopeId(ipv6AddrType(addr)) ? sk.boundDevIf : 0, flowinfo);
}

function ioctl(sock: Socket, cmd: number, arg: Uint8Array): number {
  const sk = skOf(sock);
  const err = inet6Ioctl(sk.net, cmd, arg);
  if (err !== -ENOIOCTLCMD) return err;
  const own = sk.prot.ioctl !== undefined ? sk.prot.ioctl(sk, cmd, arg) : -ENOIOCTLCMD;
  if (own !== -ENOIOCTLCMD) return own;
  return sk.kernel.get(SOCKET).inetIoctl?.(sk.net, cmd, arg) ?? -ENOIOCTLCMD;
}

/** The operations of SOCK_STREAM sockets (inet6_stream_ops). @alpha */
export const inet6StreamOps: ProtoOps = { family: AF_INET6, bind, getname, ioctl, ...inetCommonOps, ...inetCommonStreamOps };

/** The operations of SOCK_DGRAM and SOCK_RAW sockets (inet6_dgram_ops, inet6_sockraw_ops). @alpha */
export const inet6DgramOps: ProtoOps = { family: AF_INET6, bind, getname, ioctl, ...inetCommonOps, ...inetCommonDgramOps };
