/** Messages: SOCK_DGRAM, and SOCK_SEQPACKET, which is a connection that keeps their bounds. */
import { EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } from '@linnet/kernel';
import { consumeSkb, DROP, kfreeSkbReason, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';
import { AF_UNSPEC, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_SEQPACKET, type SockAddr } from '@linnet/uapi';
import { skbPeekSkip, skbRecvDatagram, skPeekOffsetBwd, skPeekOffsetFwd } from '../datagram.ts';
import { skFilterTrimCap } from '../filter.ts';
import { type MsgHdr, skbCopyDatagramMsg } from '../msg.ts';
import { RCV_SHUTDOWN, SEND_SHUTDOWN, SOCK_DEAD, SOCK_NORIGHTS, SOCK_PASSCRED, sockError, sockFlag } from '../sock.ts';
import { type Socket, SS_CONNECTED, SS_UNCONNECTED } from '../socket.ts';
import { sockNoteDrops, sockRecvCmsgs } from '../timestamp.ts';
import { type Passed, addCredUnasked, peekFiles, putCred, readPassed, takeFiles, attachPassed } from './passed.ts';
import { unixAddrName, unixAutobind, unixFind, unixSockAddr } from './unix-name.ts';
import { unixAllocSkb } from './unix-skb.ts';
import { UNIX_CLOSE, UNIX_ESTABLISHED, unixRecvqFull, unixWaitFor, unixWakeWaiters, type UnixSock } from './unix-sock.ts';

/** What a message may be short of the send buffer. */
const SEND_RESERVE = 32;

/** May this one send to that one? Not to a socket that has another peer (unix_may_send). */
function maySend(sk: UnixSock, other: UnixSock): boolean {
  return other.peer === null || other.peer === sk;
}

/** A socket has another peer than before, or none: what the old one sent is not wanted any more, and it is told so (unix_dgram_disconnected). */
function disconnected(sk: UnixSock, old: UnixSock): void {
  if (sk.receiveQueue.head === null) return;
  skbQueuePurge(sk.receiveQueue, DROP.UNIX_DISCONNECT);
  unixWakeWaiters(sk);
  // It may send again, unless it was waiting for an answer of this one.
  if (!sockFlag(old, SOCK_DEAD) && old.peer === sk) {
    old.err = ECONNRESET;
    old.errorReport(old);
  }
}

/** connect(2): chooses whom to send to and to hear; AF_UNSPEC ends that (unix_dgram_connect). */
export function unixDgramConnect(sock: Socket, addr: SockAddr): number {
  const sk = sock.sk as UnixSock;
  let other: UnixSock | null = null;
  if (addr.family !== AF_UNSPEC) {
    const name = unixAddrName(addr);
    if (typeof name === 'number' || name === null) return -EINVAL;
    if (sockFlag(sk, SOCK_PASSCRED)) {
      const err = unixAutobind(sk);
      if (err !== 0) return err;
    }
    const found = unixFind(sk, name);
    if (typeof found === 'number') return found;
    if (!maySend(sk, found)) return -EPERM;
    other = found;
  }
  const old = sk.peer;
  if (old !== null) {
    sk.peer = other;
    if (other === null) sk.state = UNIX_CLOSE;
    old.waiters?.delete(sk);
    if (old !== other) disconnected(sk, old);
  }
  sk.peer = other;
  if (other !== null) {
    sk.state = UNIX_ESTABLISHED;
    other.state = UNIX_ESTABLISHED;
  }
  sock.state = other === null ? SS_UNCONNECTED : SS_CONNECTED;
  return 0;
}

/** To whom a message goes: the address in it, or the peer. A negative errno when there is nobody. */
function receiverOf(sk: UnixSock, name: Uint8Array | null): UnixSock | number {
  if (name !== null) {
    const found = unixFind(sk, name);
    if (typeof found !== 'number' && sockFlag(found, SOCK_DEAD)) return -ECONNREFUSED;
    return found;
  }
  const { peer } = sk;
  if (peer === null) return -ENOTCONN;
  if (!sockFlag(peer, SOCK_DEAD)) return peer;
  // It has closed: that is told once.
  if (sk.type !== SOCK_SEQPACKET) {
    sk.peer = null;
    sk.state = UNIX_CLOSE;
    if (sk.socket !== null) sk.socket.state = SS_UNCONNECTED;
    disconnected(sk, peer);
  }
  return sk.type === SOCK_SEQPACKET ? -EPIPE : -ECONNREFUSED;
}

/** sendmsg(2) (unix_dgram_sendmsg): the whole message or none of it. */
export function unixDgramSendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const sk = sock.sk as UnixSock;
  const passed: Passed = { files: null, cred: null };
  const bad = readPassed(sk, msg, passed);
  if (bad !== 0) return bad;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  let name: Uint8Array | null = null;
  if (msg.name !== null && sk.type !== SOCK_SEQPACKET) {
    const n = unixAddrName(msg.name);
    if (typeof n === 'number' || n === null) return -EINVAL;
    name = n;
  }
  if (sockFlag(sk, SOCK_PASSCRED)) {
    const err = unixAutobind(sk);
    if (err !== 0) return err;
  }
  if (size > sk.sndbuf - SEND_RESERVE) return -EMSGSIZE;
  const pending = sockError(sk);
  if (pending !== 0) return pending;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  if (sk.wmemAlloc >= sk.sndbuf) return -EAGAIN;
  const other = receiverOf(sk, name);
  if (typeof other === 'number') return other;
  if (passed.files !== null && sockFlag(other, SOCK_NORIGHTS)) return -EPERM;
  if (!maySend(sk, other)) return -EPERM;
  if ((other.shutdown & RCV_SHUTDOWN) !== 0) return -EPIPE;
  // Two that are each other's peers only mind their send buffers.
  if (other !== sk && other.peer !== sk && unixRecvqFull(other)) {
    unixWaitFor(sk, other);
    return -EAGAIN;
  }
  const skb = unixAllocSkb(sk, msg, size, false);
  attachPassed(sk, other, skb, passed, true);
  if (other.filter !== null && skFilterTrimCap(other, skb, 1) !== 0) {
    // The sender does not hear of it.
    kfreeSkbReason(skb, DROP.SOCKET_FILTER);
    return size;
  }
  if (other.timestamping) skb.tstamp = sk.kernel.wallNow();
  addCredUnasked(skb, sk, other);
  sockNoteDrops(other, skb);
  skbQueueTail(other.receiveQueue, skb);
  other.dataReady(other);
  return size;
}

/** recvmsg(2) (unix_dgram_recvmsg). */
export function unixDgramRecvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const sk = sock.sk as UnixSock;
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  const skb = skbRecvDatagram(sk, flags);
  if (typeof skb === 'number') return skb;
  const peek = (flags & MSG_PEEK) !== 0;
  const skip = skbPeekSkip(sk, flags);
  const from = skb.sk as UnixSock;
  if (!peek) unixWakeWaiters(sk);
  msg.name = from.addr === null ? null : unixSockAddr(from);
  const rest = skb.len - skip;
  let copied = size;
  if (copied > rest) copied = rest;
  else if (copied < rest) msg.flags |= MSG_TRUNC;
  skbCopyDatagramMsg(skb, skip, msg, copied);
  sockRecvCmsgs(sk, msg, skb);
  if (peek) {
    skPeekOffsetFwd(sk, copied);
    peekFiles(msg, skb);
  } else {
    skPeekOffsetBwd(sk, skb.len);
    takeFiles(sk, msg, skb);
  }
  putCred(sk, msg, skb);
  consumeSkb(skb);
  return (flags & MSG_TRUNC) !== 0 ? rest : copied;
}

/** sendmsg(2) of a connection with message bounds (unix_seqpacket_sendmsg). */
export function unixSeqpacketSendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const sk = sock.sk as UnixSock;
  const err = sockError(sk);
  if (err !== 0) return err;
  return sk.state === UNIX_ESTABLISHED ? unixDgramSendmsg(sock, msg, size) : -ENOTCONN;
}

/** recvmsg(2) of one (unix_seqpacket_recvmsg). */
export function unixSeqpacketRecvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const sk = sock.sk as UnixSock;
  return sk.state === UNIX_ESTABLISHED ? unixDgramRecvmsg(sock, msg, size, flags) : -ENOTCONN;
}
