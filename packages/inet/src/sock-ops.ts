/** What the system calls do with sockets of both Internet families alike (the common half of af_inet.c; connect(2), listen(2), shutdown(2)). */
import { EAGAIN, EALREADY, ECONNABORTED, EINPROGRESS, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from '@linnet/kernel';
import {
  datagramPoll, RCV_SHUTDOWN, SHUTDOWN_MASK, sockError, sockFlag, sockGetsockopt, sockGraft, sockSetsockopt, SOCK_LINGER, SOCK_ZEROCOPY, sockTxFlags, sockZerocopyDone, SS_CONNECTED, SS_CONNECTING, SS_DISCONNECTING,
  SS_UNCONNECTED, type MsgHdr, type ProtoOps, type Socket,
} from '@linnet/socket';
import { AF_UNSPEC, IPPROTO_IP, MSG_ZEROCOPY, SOCK_STREAM, SOL_SOCKET, TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT, type SockAddr } from '@linnet/uapi';
import type { InetSock } from './inet-sock.ts';
import { INET_PROTOSW_NAMED } from './protocol.ts';
import type { InetProtosw } from './protocol.ts';

function skOf(sock: Socket): InetSock {
  return sock.sk as InetSock;
}

/** The kind of socket for a type and protocol (the search of inet_create), or a negative errno. @alpha */
export function inetFindProtosw(list: readonly InetProtosw[], type: number, protocol: number): InetProtosw | number {
  let err = -ESOCKTNOSUPPORT;
  for (const p of list) {
    if (p.type !== type) continue;
    if (protocol === p.protocol) {
      if (protocol !== IPPROTO_IP) return p;
    } else if (protocol === IPPROTO_IP ? (p.flags & INET_PROTOSW_NAMED) === 0 : p.protocol === IPPROTO_IP) {
      return p; // the type's default, or a wildcard that takes any number
    }
    err = -EPROTONOSUPPORT;
  }
  return err;
}

function release(sock: Socket): number {
  const sk = skOf(sock);
  if (sk === null) return 0;
  sk.homeAf.mcDropSocket(sk);
  const timeout = sockFlag(sk, SOCK_LINGER) ? sk.lingertime : 0;
  sock.sk = null;
  sk.prot.close(sk, timeout);
  return 0;
}

/** Gives a socket without a port one of the stack's choice (inet_autobind). 0 or -EAGAIN. */
function inetAutobind(sk: InetSock): number {
  if (sk.num !== 0 || sk.prot.getPort === undefined) return 0;
  if (sk.prot.getPort(sk, 0) !== 0) return -EAGAIN;
  sk.sport = sk.num;
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
      // TCP_FASTOPEN_CONNECT: the first data opens the connection, for the caller it is open.
      if (sk.deferConnect) return -EISCONN;
      break;
    case SS_UNCONNECTED: {
      if (sk.state !== TCP_CLOSE) return -EISCONN;
      const err = sk.prot.connect(sk, addr);
      if (err < 0) return err;
      sock.state = SS_CONNECTING;
      if (sk.deferConnect) return 0;
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

function sendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const sk = skOf(sock);
  if (sk.num === 0 && sock.type !== SOCK_STREAM && inetAutobind(sk) !== 0) return -EAGAIN;
  if (sk.rare !== null || msg.control.length > 0) {
    const err = sockTxFlags(sk, msg);
    if (err !== 0) return err;
  }
  const n = sk.prot.sendmsg(sk, msg, size);
  if ((msg.flags & MSG_ZEROCOPY) !== 0 && n >= 0 && sockFlag(sk, SOCK_ZEROCOPY)) sockZerocopyDone(sk);
  return n;
}

function recvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const sk = skOf(sock);
  return sk.prot.recvmsg(sk, msg, size, flags);
}

function setsockopt(sock: Socket, level: number, opt: number, val: Uint8Array): number {
  const sk = skOf(sock);
  return level === SOL_SOCKET ? sockSetsockopt(sock, opt, val) : sk.prot.setsockopt(sk, level, opt, val);
}

function getsockopt(sock: Socket, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  const sk = skOf(sock);
  return level === SOL_SOCKET ? sockGetsockopt(sock, opt, maxLen) : sk.prot.getsockopt(sk, level, opt, maxLen, input);
}

/** The calls that need nothing from the family. @alpha */
export const inetCommonOps: Omit<ProtoOps, 'family' | 'bind' | 'connect' | 'accept' | 'getname' | 'ioctl' | 'listen'> = {
  release, poll, shutdown, setsockopt, getsockopt, sendmsg, recvmsg,
};

/** And those of SOCK_STREAM sockets. @alpha */
export const inetCommonStreamOps: Pick<ProtoOps, 'connect' | 'accept' | 'listen'> = { connect: streamConnect, accept, listen };

/** And those of SOCK_DGRAM and SOCK_RAW sockets. @alpha */
export const inetCommonDgramOps: Pick<ProtoOps, 'connect' | 'accept' | 'listen'> = { connect: dgramConnect, accept: () => -EOPNOTSUPP, listen: () => -EOPNOTSUPP };
