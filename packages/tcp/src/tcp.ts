/** The calls on a TCP socket: sending, receiving, polling, listening (tcp(7), RFC 9293 section 3.9). */
import { EAGAIN, EINVAL, ENOIOCTLCMD, ENOTCONN, EPIPE } from '@linnet/kernel';
import { INET_NET, inetCskAccept, inetCskGetPort, inetHashListener } from '@linnet/inet';
import { consumeSkb, MAX_SKB_FRAGS, type Skb, skbUnlink } from '@linnet/skbuff';
import {
  intOpt,
  type MsgHdr,
  type Proto,
  putCmsg,
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SHUTDOWN_MASK,
  skbAppendMsg,
  skbCopyDatagramMsg,
  skMemCharge,
  skMemSchedule,
  skPeekOffset,
  skPeekOffsetBwd,
  skPeekOffsetFwd,
  SOCK_DONE,
  sockError,
  sockFlag,
  netSomaxconn,
  SOCK_URGINLINE,
  sockTxStampByte,
} from '@linnet/socket';
import {
  after,
  before,
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_FASTOPEN,
  MSG_ERRQUEUE,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
  SIOCATMARK,
  SIOCINQ,
  SIOCOUTQ,
  SIOCOUTQNSD,
  SOL_TCP,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CM_INQ,
  TCP_ESTABLISHED,
  TCP_LISTEN,
  TCP_SEND_QUEUE,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_PSH,
} from '@linnet/uapi';
import { tcbInit } from './tcp-cb.ts';
import { tcpClose, tcpDisconnect, tcpShutdown } from './tcp-close.ts';
import { tcpAssignCongestionControl } from './tcp-cong.ts';
import { TCP_NAGLE_CORK, TCP_NAGLE_PUSH } from './tcp-const.ts';
import { TCP_URG_READ, TCP_URG_VALID } from './tcp-data.ts';
import { tcpInRepair } from './tcp-extra.ts';
import { tfoSendmsg, tfoWanted } from './tcp-fastopen-send.ts';
import { tfoListen } from './tcp-fastopen-server.ts';
import { tcpChargeQueued, tcpStreamAllocSkb } from './tcp-fragment.ts';
import { tcpV4Connect } from './tcp-ipv4.ts';
import { tcpV6Connect } from './tcp-ipv6.ts';
import type { TcpKernel } from './tcp-kernel.ts';
import { tcpCurrentMss, tcpXmitSizeGoal } from './tcp-mss.ts';
import { tcpPushOne, tcpPushPendingFramesNagle, tcpSlowStartAfterIdleCheck } from './tcp-output.ts';
import { drsRead } from './tcp-drs.ts';
import { tcpPacingLimit } from './tcp-pacing.ts';
import { tcpRateCheckAppLimited } from './tcp-rate.ts';
import { tcpRepairRecv, tcpRepairSend, tcpRepairTake } from './tcp-repair.ts';
import { tcpAddWriteQueueTail } from './tcp-rtx-queue.ts';
import { tcpGetsockopt, tcpSetsockopt } from './tcp-sockopt.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpSetState, inetCskDestroySock } from './tcp-state.ts';
import { tcpStreamIsWriteable, tcpStreamMemoryFree, tcpStreamWriteSpace } from './tcp-stream.ts';
import { tcpReceiveWindow } from './tcp-window.ts';
import { tcpFastPathCheck } from './tcp-fast-path.ts';
import { tcpSetKeepalive } from './tcp-keepalive.ts';
import { tcpCleanupRbuf } from './tcp-cleanup-rbuf.ts';

/** Is so much unsent that the peer should see it soon? Half of the largest window (forced_push). */
function forcedPush(tp: TcpSock): boolean {
  return after(tp.writeSeq, (tp.pushedSeq + (tp.maxWindow >> 1)) | 0);
}

function markPush(tp: TcpSock, skb: Skb): void {
  skb.cb2 |= TCPHDR_PSH;
  tp.pushedSeq = tp.writeSeq;
}

/** Lets go what sendmsg queued (tcp_push). `nonagle` is the rule for the last, partial segment. */
function tcpPush(tp: TcpSock, flags: number, mss: number, nonagle: number): void {
  const tail = tp.writeQueue.tail;
  if (tail === null) return;
  if ((flags & MSG_MORE) === 0 || forcedPush(tp)) markPush(tp, tail);
  if ((flags & MSG_OOB) !== 0) {
    tp.sndUp = tp.writeSeq;
    tp.urgMode = true;
  }
  tcpPushPendingFramesNagle(tp, mss, (flags & MSG_MORE) !== 0 ? nonagle | TCP_NAGLE_CORK : nonagle);
}

/** What a call that sent nothing reports: the pending error, or EPIPE. */
function sendError(tp: TcpSock): number {
  const err = sockError(tp);
  return err !== 0 ? err : -EPIPE;
}

/**
 * send(2): copies what fits the send buffer and sends what may go (tcp_sendmsg). Returns the bytes taken, or -EAGAIN when there was no room, -EPIPE after
 * shutdown (SIGPIPE is the caller's matter), or the pending error.
 */
export function tcpSendmsg(tp: TcpSock, msg: MsgHdr, size: number): number {
  const flags = msg.flags;
  if (tp.state !== TCP_ESTABLISHED && tp.state !== TCP_CLOSE_WAIT && (tp.tfo === null || tp.tfo.req === null || tp.state !== TCP_SYN_RECV)) {
    if (tfoWanted(tp, (flags & MSG_FASTOPEN) !== 0) && tp.err === 0 && (tp.shutdown & SEND_SHUTDOWN) === 0) return tfoSendmsg(tp, msg, size);
    if (tp.err !== 0 || (tp.shutdown & SEND_SHUTDOWN) !== 0 || (tp.state !== TCP_SYN_SENT && tp.state !== TCP_SYN_RECV)) return sendError(tp);
    tp.noSpace = true;
    return -EAGAIN;
  }
  if (tcpInRepair(tp) && tp.extra!.repair!.queue !== TCP_SEND_QUEUE) return tcpRepairSend(tp, msg, size);
  if (tp.err !== 0 || (tp.shutdown & SEND_SHUTDOWN) !== 0) return sendError(tp);
  tcpRateCheckAppLimited(tp);
  let mss = tcpCurrentMss(tp);
  const large = (flags & MSG_OOB) === 0;
  let goal = tcpXmitSizeGoal(tp, mss, large);
  let left = size;
  while (left > 0) {
    // A little is every socket's, however short memory is: else a writer with nothing under way would wait for ever (tcp_wmem).
    const force = tp.wmemQueued < tp.tn.wmemMin;
    let skb = tp.writeQueue.tail;
    let copy = skb !== null && skb.cb10 === 0 ? goal - skb.len : 0;
    if (copy <= 0 || skb === null) {
      if (!tcpStreamMemoryFree(tp)) break;
      skb = tcpStreamAllocSkb(tp, force);
      if (skb === null) break;
      tcbInit(skb, tp.writeSeq, tp.writeSeq, TCPHDR_ACK);
      tcpChargeQueued(tp, skb);
      tcpAddWriteQueueTail(tp, skb);
      tp.nonagle &= ~TCP_NAGLE_PUSH;
      tcpSlowStartAfterIdleCheck(tp);
      copy = goal;
    }
    if (copy > left) copy = left;
    if (!skMemSchedule(tp, copy, force)) {
      dropEmptyTail(tp, skb);
      break;
    }
    const n = skbAppendMsg(tp, skb, msg, copy, MAX_SKB_FRAGS);
    if (n === 0) {
      if (skb.len === 0) {
        // The message's buffers are shorter than it said.
        dropEmptyTail(tp, skb);
        break;
      }
      // No room for another fragment: the next bytes go into a new segment.
      markPush(tp, skb);
      skb.cb10 = 1;
      continue;
    }
    tp.wmemQueued += n;
    skMemCharge(tp, n);
    if (left === size) skb.cb2 &= ~TCPHDR_PSH;
    tp.writeSeq = (tp.writeSeq + n) | 0;
    skb.cb1 = (skb.cb1 + n) | 0;
    skb.cb6 = 0;
    left -= n;
    if (left === 0) {
      if ((flags & MSG_EOR) !== 0) skb.cb10 = 1;
      break;
    }
    if (skb.len < goal || !large) continue;
    if (forcedPush(tp)) {
      markPush(tp, skb);
      tcpPushPendingFramesNagle(tp, mss, TCP_NAGLE_PUSH);
    } else if (skb === tp.writeQueue.head) {
      tcpPushOne(tp, mss);
    }
    mss = tcpCurrentMss(tp);
    goal = tcpXmitSizeGoal(tp, mss, large);
  }
  const copied = size - left;
  if (left > 0) tp.noSpace = true;
  if (copied > 0) {
    if (tp.rare !== null && tp.rare.txFlags !== 0 && tp.writeQueue.tail !== null) sockTxStampByte(tp, tp.writeQueue.tail, (tp.writeSeq - 1) | 0);
    // Out of room: whatever is there goes, the writer waits for its acknowledgment.
    tcpPush(tp, left > 0 ? flags & ~MSG_MORE : flags, mss, left > 0 ? TCP_NAGLE_PUSH : tp.nonagle);
    if (tcpInRepair(tp)) tcpRepairTake(tp);
    return copied;
  }
  return left > 0 ? -EAGAIN : 0;
}

/** Removes a segment that stayed empty from the end of the queue. */
function dropEmptyTail(tp: TcpSock, skb: Skb): void {
  if (skb.len > 0 || skb.cb0 !== skb.cb1) return;
  skbUnlink(skb, tp.writeQueue);
  tp.wmemQueued -= skb.truesize;
  skMemCharge(tp, -skb.truesize);
  consumeSkb(skb);
}

/** The urgent byte, out of band (tcp_recv_urg). */
function tcpRecvUrg(tp: TcpSock, msg: MsgHdr, len: number, flags: number): number {
  if (sockFlag(tp, SOCK_URGINLINE) || tp.urgData === 0 || tp.urgData === TCP_URG_READ) return -EINVAL;
  if (tp.state === TCP_CLOSE && !sockFlag(tp, SOCK_DONE)) return -ENOTCONN;
  if ((tp.urgData & TCP_URG_VALID) !== 0) {
    const byte = tp.urgData & 0xff;
    if ((flags & MSG_PEEK) === 0) tp.urgData = TCP_URG_READ;
    msg.flags |= MSG_OOB;
    if (len <= 0) {
      msg.flags |= MSG_TRUNC;
      return 0;
    }
    const buf = msg.iov[msg.iovIndex];
    if (buf !== undefined && (flags & MSG_TRUNC) === 0) buf[msg.iovOff] = byte;
    return 1;
  }
  if (tp.state === TCP_CLOSE || (tp.shutdown & RCV_SHUTDOWN) !== 0) return 0;
  return -EAGAIN;
}

/**
 * recv(2): copies in-order data to the message (tcp_recvmsg). Returns the bytes, 0 at the end of the stream, or a negative errno: -EAGAIN when nothing is there,
 * the pending error, -ENOTCONN. MSG_PEEK leaves the data, MSG_TRUNC throws it away uncopied, MSG_OOB reads the urgent byte.
 */
export function tcpRecvmsg(tp: TcpSock, msg: MsgHdr, size: number, flags: number): number {
  if ((flags & MSG_ERRQUEUE) !== 0) return tp.homeAf.recvError(tp, msg, size);
  if (tp.state === TCP_LISTEN) return -ENOTCONN;
  if ((flags & MSG_OOB) !== 0) return tcpRecvUrg(tp, msg, size, flags);
  if (tcpInRepair(tp)) {
    const n = tcpRepairRecv(tp, msg, size, flags);
    if (n !== null) return n;
  }
  const peek = (flags & MSG_PEEK) !== 0;
  let seq = (tp.copiedSeq + skPeekOffset(tp, flags)) | 0;
  let left = size;
  let copied = 0;
  let skb = tp.receiveQueue.head;
  while (left > 0 && skb !== null) {
    // The reader stops in front of the urgent byte.
    if (tp.urgData !== 0 && tp.urgSeq === seq && copied > 0) break;
    let off = (seq - skb.cb0) | 0;
    if (off < 0) break;
    const next: Skb | null = skb.next;
    if (off < skb.len) {
      let used = Math.min(skb.len - off, left);
      if (tp.urgData !== 0) {
        const urgOff = (tp.urgSeq - seq) | 0;
        if (urgOff >= 0 && urgOff < used) {
          if (urgOff > 0) {
            used = urgOff;
          } else if (!sockFlag(tp, SOCK_URGINLINE)) {
            // The urgent byte is no part of the stream.
            seq = (seq + 1) | 0;
            off++;
            used--;
            if (!peek) tp.copiedSeq = seq;
          }
        }
      }
      if (used > 0) {
        if ((flags & MSG_TRUNC) === 0) {
          const n = skbCopyDatagramMsg(skb, off, msg, used);
          if (n < used) {
            // The message's buffers are shorter than it said.
            used = n;
            left = n;
            if (n === 0) break;
          }
        }
        seq = (seq + used) | 0;
        copied += used;
        left -= used;
        off += used;
        if (!peek) {
          tp.copiedSeq = seq;
          drsRead(tp);
        }
      }
      if (tp.urgData !== 0 && after(tp.copiedSeq, tp.urgSeq)) {
        tp.urgData = 0;
        tcpFastPathCheck(tp);
      }
      if (off < skb.len) {
        if (used > 0 || left > 0) continue;
        break;
      }
    }
    if ((skb.cb2 & TCPHDR_FIN) !== 0) {
      if (!peek) {
        tp.copiedSeq = skb.cb1;
        eat(tp, skb);
      }
      break;
    }
    if (!peek) eat(tp, skb);
    skb = next;
  }
  if (copied === 0 && size > 0) {
    if (sockFlag(tp, SOCK_DONE)) return 0;
    if (tp.err !== 0) return sockError(tp);
    if ((tp.shutdown & RCV_SHUTDOWN) !== 0) return 0;
    if (tp.state === TCP_CLOSE) return -ENOTCONN;
    return -EAGAIN;
  }
  if (tp.peekOff >= 0) {
    if (peek) skPeekOffsetFwd(tp, copied);
    else skPeekOffsetBwd(tp, copied);
  }
  if (!peek && copied > 0) {
    tcpCleanupRbuf(tp, copied);
    if (tp.recvmsgInq) putCmsg(msg, SOL_TCP, TCP_CM_INQ, intOpt(inqHint(tp)));
  }
  return copied;
}

/** What TCP_INQ tells: the end of the stream, too, is worth another read, and counts as a byte. */
function inqHint(tp: TcpSock): number {
  const n = tcpInq(tp);
  return n === 0 && sockFlag(tp, SOCK_DONE) ? 1 : n;
}

function eat(tp: TcpSock, skb: Skb): void {
  skbUnlink(skb, tp.receiveQueue);
  consumeSkb(skb);
}

/** Bytes that can be read now, up to the urgent one (tcp_inq). */
export function tcpInq(tp: TcpSock): number {
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) return 0;
  if (sockFlag(tp, SOCK_URGINLINE) || tp.urgData === 0 || before(tp.urgSeq, tp.copiedSeq) || !before(tp.urgSeq, tp.rcvNxt)) {
    let n = (tp.rcvNxt - tp.copiedSeq) | 0;
    // The FIN is no byte.
    if (n > 0 && sockFlag(tp, SOCK_DONE)) n--;
    return n;
  }
  return (tp.urgSeq - tp.copiedSeq) | 0;
}

/** Bytes sent or to be sent that are not acknowledged (SIOCOUTQ). */
export function tcpOutq(tp: TcpSock): number {
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) return 0;
  return (tp.writeSeq - tp.sndUna) | 0;
}

function tcpIoctl(tp: TcpSock, cmd: number, arg: Uint8Array): number {
  let n: number;
  switch (cmd) {
    case SIOCINQ:
      if (tp.state === TCP_LISTEN) return -EINVAL;
      n = tcpInq(tp);
      break;
    case SIOCATMARK:
      n = tp.urgData !== 0 && tp.urgSeq === tp.copiedSeq ? 1 : 0;
      break;
    case SIOCOUTQ:
      if (tp.state === TCP_LISTEN) return -EINVAL;
      n = tcpOutq(tp);
      break;
    case SIOCOUTQNSD:
      if (tp.state === TCP_LISTEN) return -EINVAL;
      n = tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV ? 0 : (tp.writeSeq - tp.sndNxt) | 0;
      break;
    default:
      return -ENOIOCTLCMD;
  }
  if (arg.length < 4) return -EINVAL;
  arg.set(intOpt(n));
  return 0;
}

/** Is there enough to read for `target`? */
function readable(tp: TcpSock, target: number): boolean {
  const avail = (tp.rcvNxt - tp.copiedSeq) | 0;
  if (avail <= 0) return false;
  return avail >= target || tp.rmemAlloc > tp.rcvbuf || tcpReceiveWindow(tp) <= tp.ackRcvMss;
}

/** The poll mask (tcp_poll). Notes a writer that found no room, so that it is told. */
export function tcpPoll(tp: TcpSock): number {
  const state = tp.state;
  if (state === TCP_LISTEN) return tp.acceptHead !== null ? POLLIN | POLLRDNORM : 0;
  let mask = 0;
  if (tp.shutdown === SHUTDOWN_MASK || state === TCP_CLOSE) mask |= POLLHUP;
  if ((tp.shutdown & RCV_SHUTDOWN) !== 0) mask |= POLLIN | POLLRDNORM | POLLRDHUP;
  if (state !== TCP_SYN_SENT && (state !== TCP_SYN_RECV || (tp.tfo !== null && tp.tfo.req !== null))) {
    let target = tp.rcvlowat;
    if (tp.urgData !== 0 && tp.urgSeq === tp.copiedSeq && !sockFlag(tp, SOCK_URGINLINE)) target++;
    if (readable(tp, target)) mask |= POLLIN | POLLRDNORM;
    if ((tp.shutdown & SEND_SHUTDOWN) === 0) {
      if (tcpStreamIsWriteable(tp)) mask |= POLLOUT | POLLWRNORM;
      else tp.noSpace = true;
    } else {
      mask |= POLLOUT | POLLWRNORM;
    }
    if ((tp.urgData & TCP_URG_VALID) !== 0) mask |= POLLPRI;
  } else if (tp.deferConnect) {
    // The first data is what sends the SYN.
    mask |= POLLOUT | POLLWRNORM;
  }
  if (tp.err !== 0 || tp.errorQueue.head !== null) mask |= POLLERR;
  return mask;
}

/** Begins to listen, or changes the backlog (inet_csk_listen_start). 0 or -EADDRINUSE. */
export function tcpListen(tp: TcpSock, backlog: number): number {
  const somaxconn = netSomaxconn(tp.net);
  // As an unsigned number: -1 is the most there may be.
  let n = backlog >>> 0;
  if (n > somaxconn) n = somaxconn;
  tfoListen(tp, n);
  if (tp.state === TCP_LISTEN) {
    tp.maxAckBacklog = n;
    return 0;
  }
  tp.maxAckBacklog = n;
  tp.ackBacklog = 0;
  tcpSetState(tp, TCP_LISTEN);
  const err = inetCskGetPort(tp.tn.hashinfo, tp, tp.num, tp.net.get(INET_NET));
  if (err !== 0) {
    tp.state = TCP_CLOSE;
    return err;
  }
  tp.sport = tp.num;
  tp.dst = null;
  inetHashListener(tp.tn.hashinfo, tp);
  return 0;
}

/** accept(2) without waiting. */
export function tcpAccept(tp: TcpSock): TcpSock | number {
  return inetCskAccept(tp) as TcpSock | number;
}

/** A new socket's fields that depend on its namespace (tcp_v4_init_sock, tcp_init_sock). */
export function tcpInitSock(tp: TcpSock): number {
  const tn = tp.tn;
  tp.reordering = tn.reordering;
  tp.rto = 1000;
  tp.rtoMin = Math.max(1, Math.ceil(tn.rtoMinUs / 1000));
  tp.sndbuf = tn.wmemDefault;
  tp.rcvbuf = tn.rmemDefault;
  tp.writeSpace = tcpStreamWriteSpace;
  tcpAssignCongestionControl(tp);
  tn.sockets.add(tp);
  return 0;
}

/** TCP's record for a kernel: what the families see of it (tcp_prot, tcpv6_prot). `name` is TCP or TCPv6. */
export function makeTcpProt(tk: TcpKernel, name: 'TCP' | 'TCPv6' = 'TCP'): Proto {
  return {
    name,
    memory: tk.memory,
    peekOff: true,
    init: (sk) => tcpInitSock(sk as TcpSock),
    close: (sk) => tcpClose(sk as TcpSock),
    connect: name === 'TCP' ? (sk, addr) => tcpV4Connect(sk as TcpSock, addr) : (sk, addr) => tcpV6Connect(sk as TcpSock, addr),
    disconnect: (sk) => tcpDisconnect(sk as TcpSock),
    accept: (sk) => tcpAccept(sk as TcpSock),
    ioctl: (sk, cmd, arg) => tcpIoctl(sk as TcpSock, cmd, arg),
    destroy: (sk) => inetCskDestroySock(sk as TcpSock),
    stampBase: (sk, written) => (written ? (sk as TcpSock).writeSeq : (sk as TcpSock).sndUna),
    keepalive: (sk, on) => tcpSetKeepalive(sk as TcpSock, on),
    shutdown: (sk, how) => tcpShutdown(sk as TcpSock, how),
    listen: (sk, backlog) => tcpListen(sk as TcpSock, backlog),
    poll: (sk) => tcpPoll(sk as TcpSock),
    setsockopt: (sk, level, opt, val) => tcpSetsockopt(sk as TcpSock, level, opt, val),
    getsockopt: (sk, level, opt, maxLen, input) => tcpGetsockopt(sk as TcpSock, level, opt, maxLen, input),
    pacingLimit: (sk) => tcpPacingLimit(sk as TcpSock),
    sendmsg: (sk, msg, size) => tcpSendmsg(sk as TcpSock, msg, size),
    recvmsg: (sk, msg, size, flags) => tcpRecvmsg(sk as TcpSock, msg, size, flags & ~MSG_DONTWAIT),
    hash: (sk) => {
      inetHashListener((sk as TcpSock).tn.hashinfo, sk as TcpSock);
      return 0;
    },
    getPort: (sk, snum) => inetCskGetPort((sk as TcpSock).tn.hashinfo, sk as TcpSock, snum, sk.net.get(INET_NET)),
  };
}
