/** The family AF_UNIX: making, connecting and closing local sockets (unix(7)). */
import {
  EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOTCONN, ENOIOCTLCMD, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT, type Kernel, type Net,
} from '@linnet/kernel';
import {
  AF_UNIX, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM, SIOCATMARK, SIOCINQ, SIOCOUTQ, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET,
  SOCK_STREAM, type SockAddr,
} from '@linnet/uapi';
import type { Proto, ProtoOps } from '../proto.ts';
import {
  RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK, SOCK_DEAD, SOCK_NORIGHTS, SOCK_PASSCRED, SOCK_PASSPIDFD, SOCK_PASSSEC, SOCK_SELECT_ERR_QUEUE, sockDestruct, sockFlag, sockGraft,
  sockOrphan,
} from '../sock.ts';
import { netSomaxconn } from '../core-sysctl.ts';
import { type Socket, sockRegister, SS_CONNECTED } from '../socket.ts';
import { intOpt } from '../sockopt.ts';
import { currentUcred, unixScheduleGc } from './passed.ts';
import { unixDgramConnect, unixDgramRecvmsg, unixDgramSendmsg, unixSeqpacketRecvmsg, unixSeqpacketSendmsg } from './unix-dgram.ts';
import { unixAddrName, unixAutobind, unixBindName, unixFind, unixForgetName, unixSockAddr } from './unix-name.ts';
import {
  UNIX_CLOSE, UNIX_ESTABLISHED, UNIX_LISTEN, unixInqLen, unixRecvqFull, unixSkbLen, unixWaitFor, unixWakeWaiters, unixWritable, UnixSock,
} from './unix-sock.ts';
import { unixStreamRecvmsg, unixStreamSendmsg } from './unix-stream.ts';

const no = (): number => -EOPNOTSUPP;

/** Local sockets have no transport below their family; what the socket layer asks of one. */
const UNIX_PROTO: Proto = Object.freeze({
  name: 'UNIX', memory: null, peekOff: true, init: () => 0, close: () => undefined, connect: no, disconnect: no, setsockopt: no, getsockopt: no, sendmsg: no, recvmsg: no,
});
const UNIX_STREAM_PROTO: Proto = Object.freeze({ ...UNIX_PROTO, name: 'UNIX-STREAM' });

/** Options that a connection has from who listened for it. */
const INHERITED: number = SOCK_PASSCRED | SOCK_PASSSEC | SOCK_PASSPIDFD | SOCK_NORIGHTS;

/** Ends a sock, accepted or not: who is connected to it hears of it. */
function releaseSock(sk: UnixSock, unaccepted: boolean): void {
  sockOrphan(sk);
  sk.un.socks.delete(sk);
  sk.uk.holders.delete(sk);
  unixForgetName(sk);
  const { peer } = sk;
  const listened = sk.state === UNIX_LISTEN;
  sk.shutdown = SHUTDOWN_MASK;
  sk.state = UNIX_CLOSE;
  sk.oobSkb = null;
  // Bytes that were not read: empty packets, the marks of urgent bytes among them, do not count.
  let unread = false;
  for (let skb = sk.receiveQueue.head; skb !== null; skb = skb.next) if (unixSkbLen(skb) > 0) unread = true;
  if (peer !== null) {
    if (sk.type !== SOCK_DGRAM) {
      peer.shutdown = SHUTDOWN_MASK;
      if (unread || unaccepted) peer.err = ECONNRESET;
      peer.stateChange(peer);
    }
    peer.waiters?.delete(sk);
    sk.peer = null;
  }
  if (sk.listener !== null) {
    const { acceptQueue } = sk.listener;
    const at = acceptQueue.indexOf(sk);
    if (at >= 0) acceptQueue.splice(at, 1);
    sk.listener = null;
  }
  if (listened) {
    for (const child of sk.acceptQueue.splice(0)) {
      child.listener = null;
      releaseSock(child, true);
    }
  }
  unixWakeWaiters(sk);
  if (sk.inflight > 0) {
    sk.inflight = 0;
    sk.inflightFile = null;
    sk.uk.inflight.delete(sk);
  }
  sockDestruct(sk);
}

function release(sock: Socket): number {
  const sk = sock.sk as UnixSock | null;
  if (sk === null) return 0;
  sock.sk = null;
  releaseSock(sk, false);
  unixScheduleGc(sk);
  return 0;
}

function bind(sock: Socket, addr: SockAddr): number {
  const sk = sock.sk as UnixSock;
  if (addr.family !== AF_UNIX) return -EINVAL;
  const name = unixAddrName(addr);
  if (typeof name === 'number') return name;
  if (name === null) return unixAutobind(sk);
  return unixBindName(sk, name);
}

function listen(sock: Socket, backlog: number): number {
  const sk = sock.sk as UnixSock;
  if (sk.type === SOCK_DGRAM) return -EOPNOTSUPP;
  if (sk.addr === null) return -EINVAL;
  if (sk.state !== UNIX_CLOSE && sk.state !== UNIX_LISTEN) return -EINVAL;
  const max = netSomaxconn(sk.net);
  const n = backlog >>> 0 > max ? max : backlog;
  const more = n > sk.maxAckBacklog;
  sk.maxAckBacklog = n;
  sk.state = UNIX_LISTEN;
  sk.peerCred = currentUcred(sk);
  if (more) unixWakeWaiters(sk);
  return 0;
}

/** connect(2) of a stream (unix_stream_connect): done at once, or -EAGAIN while the listener's queue is full. */
function connect(sock: Socket, addr: SockAddr): number {
  const sk = sock.sk as UnixSock;
  const name = unixAddrName(addr);
  if (typeof name === 'number' || name === null) return -EINVAL;
  if (sockFlag(sk, SOCK_PASSCRED)) {
    const err = unixAutobind(sk);
    if (err !== 0) return err;
  }
  const other = unixFind(sk, name);
  if (typeof other === 'number') return other;
  if (other.state !== UNIX_LISTEN || (other.shutdown & RCV_SHUTDOWN) !== 0) return -ECONNREFUSED;
  if (unixRecvqFull(other)) {
    unixWaitFor(sk, other);
    return -EAGAIN;
  }
  if (sk.state !== UNIX_CLOSE) return sk.state === UNIX_ESTABLISHED ? -EISCONN : -EINVAL;
  const child = new UnixSock(other.net, sk.type, sk.prot);
  child.flags |= other.flags & INHERITED;
  child.peer = sk;
  child.state = UNIX_ESTABLISHED;
  child.peerCred = currentUcred(sk);
  child.addr = other.addr;
  child.path = null;
  child.listener = other;
  sk.peerCred = other.peerCred;
  sk.peer = child;
  sk.state = UNIX_ESTABLISHED;
  sock.state = SS_CONNECTED;
  other.acceptQueue.push(child);
  other.dataReady(other);
  return 0;
}

function accept(sock: Socket, newsock: Socket): number {
  const sk = sock.sk as UnixSock;
  if (sk.type === SOCK_DGRAM) return -EOPNOTSUPP;
  if (sk.state !== UNIX_LISTEN) return -EINVAL;
  const child = sk.acceptQueue.shift();
  if (child === undefined) return -EAGAIN;
  child.listener = null;
  unixWakeWaiters(sk);
  newsock.ops = sock.ops;
  newsock.state = SS_CONNECTED;
  sockGraft(child, newsock);
  return 0;
}

function socketpair(a: Socket, b: Socket): number {
  const ska = a.sk as UnixSock;
  const skb = b.sk as UnixSock;
  ska.peer = skb;
  skb.peer = ska;
  ska.peerCred = currentUcred(ska);
  skb.peerCred = ska.peerCred;
  ska.state = UNIX_ESTABLISHED;
  skb.state = UNIX_ESTABLISHED;
  a.state = SS_CONNECTED;
  b.state = SS_CONNECTED;
  return 0;
}

function getname(sock: Socket, peer: boolean): SockAddr | number {
  const sk = sock.sk as UnixSock;
  if (!peer) return unixSockAddr(sk);
  return sk.peer === null ? -ENOTCONN : unixSockAddr(sk.peer);
}

/** shutdown(2): the other side of a connection hears of it (unix_shutdown). */
function shutdown(sock: Socket, how: number): number {
  const sk = sock.sk as UnixSock;
  const mode = how + 1;
  sk.shutdown |= mode;
  const other = sk.peer;
  if (other !== null && sk.type !== SOCK_DGRAM) {
    const theirs = ((mode & RCV_SHUTDOWN) !== 0 ? SEND_SHUTDOWN : 0) | ((mode & SEND_SHUTDOWN) !== 0 ? RCV_SHUTDOWN : 0);
    other.shutdown |= theirs;
    other.stateChange(other);
  }
  sk.stateChange(sk);
  return 0;
}

/** The part of poll(2) that all types share. */
function pollRead(sk: UnixSock): number {
  let mask = 0;
  if (sk.shutdown === SHUTDOWN_MASK) mask |= POLLHUP;
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
  if (sk.receiveQueue.head !== null || sk.acceptQueue.length > 0) mask |= POLLIN | POLLRDNORM;
  if (sk.type !== SOCK_DGRAM && sk.state === UNIX_CLOSE) mask |= POLLHUP;
  return mask;
}

function streamPoll(sock: Socket): number {
  const sk = sock.sk as UnixSock;
  let mask = pollRead(sk);
  if (sk.err !== 0) mask |= POLLERR;
  if (sk.oobSkb !== null) mask |= POLLPRI;
  if (unixWritable(sk)) mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
  return mask;
}

/** A sender of messages is writable when its peer's queue has room as well (unix_dgram_poll). */
function dgramPoll(sock: Socket): number {
  const sk = sock.sk as UnixSock;
  let mask = pollRead(sk);
  if (sk.err !== 0 || sk.errorQueue.head !== null) mask |= POLLERR | (sockFlag(sk, SOCK_SELECT_ERR_QUEUE) ? POLLPRI : 0);
  if (!unixWritable(sk)) return mask;
  const other = sk.peer;
  if (other !== null && other.peer !== sk && unixRecvqFull(other) && !sockFlag(other, SOCK_DEAD)) {
    unixWaitFor(sk, other);
    return mask;
  }
  return mask | POLLOUT | POLLWRNORM | POLLWRBAND;
}

/** Is the next byte to read the urgent one, or its place? */
function atMark(sk: UnixSock): boolean {
  const skb = sk.receiveQueue.head;
  if (skb === null) return false;
  if (skb === sk.oobSkb) return true;
  return unixSkbLen(skb) === 0 && (sk.oobSkb === null || skb.next === sk.oobSkb);
}

function ioctl(sock: Socket, cmd: number, arg: Uint8Array): number {
  const sk = sock.sk as UnixSock;
  switch (cmd) {
    case SIOCOUTQ:
      arg.set(intOpt(sk.wmemAlloc));
      return 0;
    case SIOCINQ: {
      const n = unixInqLen(sk);
      if (n < 0) return n;
      arg.set(intOpt(n));
      return 0;
    }
    case SIOCATMARK:
      if (sk.type !== SOCK_STREAM) return -EOPNOTSUPP;
      arg.set(intOpt(atMark(sk) ? 1 : 0));
      return 0;
    default:
      return -ENOIOCTLCMD;
  }
}

const common = { family: AF_UNIX, release, bind, socketpair, getname, ioctl, shutdown, setsockopt: no, getsockopt: no } as const;

/** SOCK_STREAM (unix_stream_ops). @alpha */
export const unixStreamOps: ProtoOps = Object.freeze({
  ...common, connect, accept, listen, poll: streamPoll, sendmsg: unixStreamSendmsg, recvmsg: unixStreamRecvmsg,
});
/** SOCK_DGRAM (unix_dgram_ops). @alpha */
export const unixDgramOps: ProtoOps = Object.freeze({
  ...common, connect: unixDgramConnect, accept: no, listen: no, poll: dgramPoll, sendmsg: unixDgramSendmsg, recvmsg: unixDgramRecvmsg,
});
/** SOCK_SEQPACKET (unix_seqpacket_ops). @alpha */
export const unixSeqpacketOps: ProtoOps = Object.freeze({
  ...common, connect, accept, listen, poll: dgramPoll, sendmsg: unixSeqpacketSendmsg, recvmsg: unixSeqpacketRecvmsg,
});

function create(net: Net, sock: Socket, protocol: number, _kern: boolean): number {
  if (protocol !== 0 && protocol !== AF_UNIX) return -EPROTONOSUPPORT;
  let { type } = sock;
  switch (type) {
    case SOCK_STREAM:
      sock.ops = unixStreamOps;
      break;
    case SOCK_RAW: // believed to be a mistake for SOCK_DGRAM, and taken for it
      type = SOCK_DGRAM;
      sock.type = type;
      sock.ops = unixDgramOps;
      break;
    case SOCK_DGRAM:
      sock.ops = unixDgramOps;
      break;
    case SOCK_SEQPACKET:
      sock.ops = unixSeqpacketOps;
      break;
    default:
      return -ESOCKTNOSUPPORT;
  }
  sockGraft(new UnixSock(net, type, type === SOCK_STREAM ? UNIX_STREAM_PROTO : UNIX_PROTO), sock);
  return 0;
}

/** Registers the family. */
export function unixProtoInit(k: Kernel): void {
  sockRegister(k, { family: AF_UNIX, create });
}
