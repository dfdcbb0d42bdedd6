/** Bytes in order: SOCK_STREAM, with its urgent byte. */
import { EAGAIN, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } from '@linnet/kernel';
import { consumeSkb, kfreeSkbReason, DROP, type Skb, skbQueueTail, skbUnlink } from '@linnet/skbuff';
import { MSG_OOB, MSG_PEEK, SCM_INQ, SOL_SOCKET } from '@linnet/uapi';
import { skPeekOffset, skPeekOffsetBwd, skPeekOffsetFwd } from '../datagram.ts';
import { type MsgHdr, putCmsg, skbCopyDatagramMsg } from '../msg.ts';
import { RCV_SHUTDOWN, SEND_SHUTDOWN, SOCK_DEAD, SOCK_INQ, SOCK_NORIGHTS, SOCK_PASSCRED, SOCK_URGINLINE, sockError, sockFlag } from '../sock.ts';
import type { Socket } from '../socket.ts';
import { intOpt } from '../sockopt.ts';
import { type Passed, addCredUnasked, peekFiles, putCred, sameWriter, readPassed, takeFiles, attachPassed, type Writer } from './passed.ts';
import { unixSockAddr } from './unix-name.ts';
import { unixAllocSkb, unixStreamChunk } from './unix-skb.ts';
import { UNIX_ESTABLISHED, unixInqLen, unixSkbLen, type UnixSock } from './unix-sock.ts';

/** Has the other side gone, or said that it reads no more? */
function deaf(other: UnixSock): boolean {
  return sockFlag(other, SOCK_DEAD) || (other.shutdown & RCV_SHUTDOWN) !== 0;
}

/** What a packet could not be sent for now: the sock's error, -EPIPE, -EAGAIN; 0 when it can. */
function sendError(sk: UnixSock): number {
  const err = sockError(sk);
  if (err !== 0) return err;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  return sk.wmemAlloc < sk.sndbuf ? 0 : -EAGAIN;
}

function queueTo(sk: UnixSock, other: UnixSock, skb: Skb): void {
  addCredUnasked(skb, sk, other);
  skbQueueTail(other.receiveQueue, skb);
}

/** sendmsg(2) (unix_stream_sendmsg): bytes taken, all unless the buffer fills up. Files go with the first packet. */
export function unixStreamSendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const sk = sock.sk as UnixSock;
  const passed: Passed = { files: null, cred: null };
  const bad = readPassed(sk, msg, passed);
  if (bad !== 0) return bad;
  const oob = (msg.flags & MSG_OOB) !== 0;
  if (oob && size === 0) return -EOPNOTSUPP;
  const plain = oob ? size - 1 : size;
  if (msg.name !== null) return sk.state === UNIX_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
  const other = sk.peer;
  if (other === null) return -ENOTCONN;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  let sent = 0;
  let filesSent = false;
  while (sent < plain) {
    const n = unixStreamChunk(sk, plain - sent);
    let err = sendError(sk);
    if (err === 0 && deaf(other)) err = -EPIPE;
    if (err === 0 && !filesSent && passed.files !== null && sockFlag(other, SOCK_NORIGHTS)) err = -EPERM;
    if (err !== 0) return sent > 0 ? sent : err;
    const skb = unixAllocSkb(sk, msg, n, true);
    attachPassed(sk, other, skb, passed, !filesSent);
    filesSent = true;
    queueTo(sk, other, skb);
    other.dataReady(other);
    sent += n;
  }
  if (!oob) return sent;
  const err = sendOob(sk, other, msg, passed, !filesSent);
  if (err !== 0) return sent > 0 ? sent : err;
  return sent + 1;
}

/** Sends the last byte of a message with MSG_OOB as a packet of its own; the urgent byte before it becomes a common one. */
function sendOob(sk: UnixSock, other: UnixSock, msg: MsgHdr, passed: Passed, withFiles: boolean): number {
  let err = sendError(sk);
  if (err === 0 && deaf(other)) err = -EPIPE;
  if (err === 0 && withFiles && passed.files !== null && sockFlag(other, SOCK_NORIGHTS)) err = -EPERM;
  if (err !== 0) return err;
  const skb = unixAllocSkb(sk, msg, 1, true);
  attachPassed(sk, other, skb, passed, withFiles);
  queueTo(sk, other, skb);
  other.oobSkb = skb;
  other.dataReady(other);
  return 0;
}

/** recvmsg(2) with MSG_OOB: the urgent byte (unix_stream_recv_urg). Its place in the stream stays marked by an empty packet. */
function recvOob(sk: UnixSock, msg: MsgHdr, size: number, flags: number): number {
  const skb = sk.oobSkb;
  if (sockFlag(sk, SOCK_URGINLINE) || skb === null) return -EINVAL;
  const peek = (flags & MSG_PEEK) !== 0;
  const n = Math.min(1, size);
  if (n > 0) skbCopyDatagramMsg(skb, skb.cb0, msg, 1);
  if (!peek) {
    sk.oobSkb = null;
    skb.cb0++;
  }
  msg.flags |= MSG_OOB;
  return 1;
}

/** Frees a packet that stands at the head of the queue. */
function unqueue(sk: UnixSock, skb: Skb): void {
  skbUnlink(skb, sk.receiveQueue);
  consumeSkb(skb);
}

/**
 * What a reader that has got `copied` bytes and comes to `skb` reads next, in view of urgent bytes: nothing past a mark at which it has to stop; not an urgent byte itself, unless it
 * is wanted in line.
 */
function pastUrgent(sk: UnixSock, skb: Skb, flags: number, copied: number): Skb | null {
  const peek = (flags & MSG_PEEK) !== 0;
  if (unixSkbLen(skb) === 0) {
    const { next } = skb;
    // An urgent byte that was read: its place is a mark, unless another follows at once.
    if (copied > 0 && (sk.oobSkb === null || next === sk.oobSkb)) return null;
    if (!peek) unqueue(sk, skb);
    if (next === null) return null;
    skb = next;
  }
  if (sk.oobSkb !== skb) return skb;
  if (copied > 0) return null;
  if (sockFlag(sk, SOCK_URGINLINE)) {
    if (!peek) sk.oobSkb = null;
    return skb;
  }
  const { next } = skb;
  if (peek) return next;
  sk.oobSkb = null;
  skbUnlink(skb, sk.receiveQueue);
  kfreeSkbReason(skb, DROP.UNIX_SKIP_OOB);
  return next;
}

/** recvmsg(2) (unix_stream_read_generic): what is there up to `size`; bytes of two writers, or with files of two packets, never come in one piece. */
export function unixStreamRecvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const sk = sock.sk as UnixSock;
  if (sk.state !== UNIX_ESTABLISHED) return -EINVAL;
  if ((flags & MSG_OOB) !== 0) return recvOob(sk, msg, size, flags);
  const peek = (flags & MSG_PEEK) !== 0;
  const creds = sockFlag(sk, SOCK_PASSCRED);
  let skip = skPeekOffset(sk, flags);
  let left = size;
  let copied = 0;
  let first: Skb | null = null;
  let err = 0;
  let skb = sk.receiveQueue.head;
  /** Of `first`, which may be gone by then. */
  const writer: Writer = { cb1: 0, cb2: 0, cb3: 0, cb4: 0 };
  for (;;) {
    if (skb !== null) {
      skb = pastUrgent(sk, skb, flags, copied);
      if (skb === null && copied > 0) break;
    }
    if (skb === null) {
      if (copied > 0) break;
      err = sockError(sk);
      if (err === 0 && (sk.shutdown & RCV_SHUTDOWN) === 0) err = -EAGAIN;
      break;
    }
    const len = unixSkbLen(skb);
    if (skip >= len && skip > 0) {
      skip -= len;
      skb = skb.next;
      continue;
    }
    if (first !== null) {
      if (creds && !sameWriter(skb, writer)) break;
    } else {
      first = skb;
      writer.cb1 = skb.cb1;
      writer.cb2 = skb.cb2;
      writer.cb3 = skb.cb3;
      writer.cb4 = skb.cb4;
      const from = skb.sk as UnixSock;
      msg.name = from.addr === null ? null : unixSockAddr(from);
    }
    const n = Math.min(len - skip, left);
    skbCopyDatagramMsg(skb, skb.cb0 + skip, msg, n);
    copied += n;
    left -= n;
    const files = skb.cbObj !== null;
    if (peek) {
      if (files) peekFiles(msg, skb);
      skPeekOffsetFwd(sk, n);
      if (files) break;
      // Who only looks comes by all that is there, even with his buffer full: with the next files, he has got them.
      skip = 0;
      skb = skb.next;
      if (skb === null) break;
    } else {
      skb.cb0 += n;
      skPeekOffsetBwd(sk, n);
      if (files) takeFiles(sk, msg, skb);
      if (unixSkbLen(skb) > 0) break;
      unqueue(sk, skb);
      if (files) break;
      if (left === 0) break;
      skb = sk.receiveQueue.head;
    }
  }
  if (copied > 0 || err === 0) {
    putCred(sk, msg, first === null ? null : writer);
    if (sockFlag(sk, SOCK_INQ)) putCmsg(msg, SOL_SOCKET, SCM_INQ, intOpt(unixInqLen(sk)));
  }
  return copied > 0 ? copied : err;
}
