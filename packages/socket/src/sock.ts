/** The network side of a socket (struct sock): queues, limits, errors, and how it wakes its owner. */
import { ENOBUFS, ENOMEM, wakeUpPoll, type Kernel, type Net } from '@linnet/kernel';
import { DROP, kfreeSkbReason, SKB, skbQueuePurge, SkbQueue, skbQueueTail, type Skb, type SkbHead, type SkbPool, type SkbSock } from '@linnet/skbuff';
import { netDisableTimestamp, netEnableTimestamp, NETDEV, type DstEntry } from '@linnet/netdev';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRBAND, POLLWRNORM, SO_TIMESTAMP_OLD } from '@linnet/uapi';
import { skMemReclaim, skMemSchedule, skSetOwnerR, sockWriteable } from './memory.ts';
import type { Proto } from './proto.ts';
import { SOCKET, type Socket } from './socket.ts';

/** No more data will be read. @alpha */
export const RCV_SHUTDOWN = 1;
/** No more data will be sent. @alpha */
export const SEND_SHUTDOWN = 2;
/** Both. @alpha */
export const SHUTDOWN_MASK = 3;

/** Flags of a sock (enum sock_flags), as bits of `Sock.flags`. No file stands behind it any more. @alpha */
export const SOCK_DEAD: number = 1 << 0;
/** A datagram sock was closed. @alpha */
export const SOCK_DONE: number = 1 << 1;
/** SO_OOBINLINE. @alpha */
export const SOCK_URGINLINE: number = 1 << 2;
/** SO_KEEPALIVE. @alpha */
export const SOCK_KEEPOPEN: number = 1 << 3;
/** SO_LINGER is on. @alpha */
export const SOCK_LINGER: number = 1 << 4;
/** SO_BROADCAST. @alpha */
export const SOCK_BROADCAST: number = 1 << 5;
/** SO_TIMESTAMP: receive times are wanted. @alpha */
export const SOCK_RCVTSTAMP: number = 1 << 6;
/** SO_TIMESTAMPNS: in nanoseconds. @alpha */
export const SOCK_RCVTSTAMPNS: number = 1 << 7;
/** SO_DONTROUTE. @alpha */
export const SOCK_LOCALROUTE: number = 1 << 8;
/** SO_RXQ_OVFL. @alpha */
export const SOCK_RXQ_OVFL: number = 1 << 9;
/** SO_RCVMARK. @alpha */
export const SOCK_RCVMARK: number = 1 << 10;
/** SO_SELECT_ERR_QUEUE. @alpha */
export const SOCK_SELECT_ERR_QUEUE: number = 1 << 11;
/** IP-level error queue entries pass (a helper for recverr users). @alpha */
export const SOCK_ZEROCOPY: number = 1 << 12;

/** The user fixed SO_SNDBUF, SO_RCVBUF, the local address or the local port: autotuning and autobinding keep away. @alpha */
export const SOCK_SNDBUF_LOCK = 1;
/** See {@link SOCK_SNDBUF_LOCK}. @alpha */
export const SOCK_RCVBUF_LOCK = 2;
/** See {@link SOCK_SNDBUF_LOCK}. @alpha */
export const SOCK_BINDADDR_LOCK = 4;
/** See {@link SOCK_SNDBUF_LOCK}. @alpha */
export const SOCK_BINDPORT_LOCK = 8;

/** States shared by all transports (TCP's numbers); a datagram sock is CLOSE or, when connected, ESTABLISHED. */
const TCP_CLOSE = 7;
const TCP_ESTABLISHED = 1;

/** The network side of a socket (struct sock). Transports extend it; all fields are set here, so that each kind has one hidden class. @alpha */
export class Sock implements SkbSock {
  readonly family: number;
  type: number;
  protocol: number;
  readonly net: Net;
  readonly kernel: Kernel;
  readonly pool: SkbPool;
  prot: Proto;
  socket: Socket | null = null;
  state: number = TCP_CLOSE;
  flags = 0;
  shutdown = 0;
  userlocks = 0;
  /** Bytes (truesize) in the receive queue, and the limit. */
  rmemAlloc = 0;
  rcvbuf: number;
  /** Bytes (truesize) on their way out, queued for sending, and the limit. */
  wmemAlloc = 0;
  wmemQueued = 0;
  sndbuf: number;
  forwardAlloc = 0;
  readonly receiveQueue: SkbQueue = new SkbQueue();
  readonly writeQueue: SkbQueue = new SkbQueue();
  readonly errorQueue: SkbQueue = new SkbQueue();
  /** Positive errno that the next call reports once; `errSoft` only if nothing harder comes. */
  err = 0;
  errSoft = 0;
  ackBacklog = 0;
  maxAckBacklog = 0;
  boundDevIf = 0;
  bindPhc = 0;
  mark = 0;
  priority = 0;
  /** SO_REUSEADDR and SO_REUSEPORT. */
  reuse = false;
  reuseport = false;
  rcvlowat = 1;
  /** Milliseconds; Infinity waits for ever. Used by `posix`. */
  rcvtimeo: number = Infinity;
  sndtimeo: number = Infinity;
  /** Milliseconds of SO_LINGER. */
  lingertime = 0;
  noCheckTx = false;
  noCheckRx = false;
  drops = 0;
  maxPacingRate: number = Infinity;
  gsoMaxSize = 65536;
  gsoMaxSegs = 65535;
  routeCaps = 0;
  dst: DstEntry | null = null;
  /** It has asked the devices for receive times (SOCK_TIMESTAMP); {@link sockDestruct} takes that back. */
  timestamping = false;
  /** Wall-clock ns of the last packet read (SIOCGSTAMP). */
  stamp = 0;
  cookie = 0;
  uid = 0;
  /** Half-used page for user data on its way out, or null. */
  fragHead: SkbHead | null = null;
  fragOff = 0;
  /** Called on events; transports and upper layers may replace them (sk_data_ready ...). */
  dataReady: (sk: Sock) => void = sockDefReadable;
  writeSpace: (sk: Sock) => void = sockDefWriteSpace;
  stateChange: (sk: Sock) => void = sockDefWakeup;
  errorReport: (sk: Sock) => void = sockDefErrorReport;
  /** What an upper layer hangs here (sk_user_data). */
  userData: object | null = null;

  constructor(net: Net, family: number, type: number, protocol: number, prot: Proto) {
    this.net = net;
    this.kernel = net.kernel;
    this.pool = net.kernel.get(SKB);
    this.family = family;
    this.type = type;
    this.protocol = protocol;
    this.prot = prot;
    const limits = net.kernel.get(SOCKET);
    this.rcvbuf = limits.rmemDefault;
    this.sndbuf = limits.wmemDefault;
  }
}

/** Is the flag set? (sock_flag) @alpha */
export function sockFlag(sk: Sock, flag: number): boolean {
  return (sk.flags & flag) !== 0;
}

/** Sets or clears a flag (sock_valbool_flag). @alpha */
export function sockSetFlag(sk: Sock, flag: number, on: boolean): void {
  if (on) sk.flags |= flag;
  else sk.flags &= ~flag;
}

/** Takes the pending error, as a negative errno, or 0 (sock_error). @alpha */
export function sockError(sk: Sock): number {
  const err = sk.err;
  if (err === 0) return 0;
  sk.err = 0;
  return -err;
}

function wake(sk: Sock, mask: number): void {
  const sock = sk.socket;
  if (sock !== null && sock.wq.active) wakeUpPoll(sk.kernel, sock.wq, mask);
}

/** The default `dataReady` (sock_def_readable). @alpha */
export function sockDefReadable(sk: Sock): void {
  wake(sk, POLLIN | POLLPRI | POLLRDNORM);
}

/** The default `writeSpace`: tells writers once half of the buffer is free (sock_def_write_space). @alpha */
export function sockDefWriteSpace(sk: Sock): void {
  if (sockWriteable(sk)) wake(sk, POLLOUT | POLLWRNORM | POLLWRBAND);
}

/** The default `stateChange` (sock_def_wakeup). @alpha */
export function sockDefWakeup(sk: Sock): void {
  wake(sk, POLLIN | POLLOUT | POLLHUP | POLLERR | POLLRDNORM | POLLWRNORM);
}

/** The default `errorReport` (sock_def_error_report). @alpha */
export function sockDefErrorReport(sk: Sock): void {
  wake(sk, POLLERR);
}

/**
 * Queues a datagram for reading, charged to the sock (sock_queue_rcv_skb). Consumes it in every case: when the buffer is full it is dropped and -ENOMEM or
 * -ENOBUFS returned, else 0.
 * @alpha
 */
export function sockQueueRcvSkb(sk: Sock, skb: Skb): number {
  if (sk.rmemAlloc >= sk.rcvbuf) {
    sk.drops++;
    kfreeSkbReason(skb, DROP.SOCKET_RCVBUFF);
    return -ENOMEM;
  }
  if (!skMemSchedule(sk, skb.truesize)) {
    sk.drops++;
    kfreeSkbReason(skb, DROP.PROTO_MEM);
    return -ENOBUFS;
  }
  skb.dev = null;
  skb.dst = null;
  skSetOwnerR(skb, sk);
  skbQueueTail(sk.receiveQueue, skb);
  if (!sockFlag(sk, SOCK_DEAD)) sk.dataReady(sk);
  return 0;
}

/** Queues an error message for MSG_ERRQUEUE (sock_queue_err_skb). Consumes it; 0 or -ENOMEM. @alpha */
export function sockQueueErrSkb(sk: Sock, skb: Skb): number {
  if (sk.rmemAlloc + skb.truesize >= sk.rcvbuf) {
    sk.drops++;
    kfreeSkbReason(skb, DROP.SOCKET_RCVBUFF);
    return -ENOMEM;
  }
  skMemSchedule(sk, skb.truesize, true);
  skSetOwnerR(skb, sk);
  skb.dst = null;
  skbQueueTail(sk.errorQueue, skb);
  if (!sockFlag(sk, SOCK_DEAD)) sk.errorReport(sk);
  return 0;
}

/** Wants a receive time to be put on packets? @alpha */
export function sockWantsTimestamp(sk: Sock): boolean {
  return (sk.flags & (SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS)) !== 0;
}

/** Has packets stamped as they come in for as long as the sock wants it, so that queueing does not count (sock_enable_timestamp, sock_disable_timestamp). */
export function sockTimestamping(sk: Sock, on: boolean): void {
  if (sk.timestamping === on) return;
  sk.timestamping = on;
  const sd = sk.kernel.get(NETDEV);
  if (on) netEnableTimestamp(sd);
  else netDisableTimestamp(sd);
}

/** The control message type of plain receive times. @alpha */
export const SCM_TIMESTAMP: number = SO_TIMESTAMP_OLD;

/** Cuts a sock loose from its socket: nobody is woken any more (sock_orphan). @alpha */
export function sockOrphan(sk: Sock): void {
  sk.flags |= SOCK_DEAD;
  sk.socket = null;
}

/** Ties a sock to the socket that accept made for it (sock_graft). @alpha */
export function sockGraft(sk: Sock, parent: Socket): void {
  parent.sk = sk;
  sk.socket = parent;
}

/** Forgets the cached route (sk_dst_reset). @alpha */
export function skDstReset(sk: Sock): void {
  sk.dst = null;
}

/** The cached route if it still holds, else null (sk_dst_check). @alpha */
export function skDstCheck(sk: Sock): DstEntry | null {
  const dst = sk.dst;
  if (dst === null || dst.obsolete === 0) return dst;
  if (dst.ops.check(dst, 0) !== null) return dst;
  sk.dst = null;
  return null;
}

/** Frees what a sock still holds when nothing will use it again: queues, page, memory on loan (sk_free). @alpha */
export function sockDestruct(sk: Sock): void {
  skbQueuePurge(sk.receiveQueue, DROP.SOCKET_CLOSE);
  skbQueuePurge(sk.errorQueue, DROP.SOCKET_CLOSE);
  skbQueuePurge(sk.writeQueue, DROP.SOCKET_CLOSE);
  if (sk.fragHead !== null) {
    sk.pool.putHead(sk.fragHead);
    sk.fragHead = null;
  }
  sk.dst = null;
  sockTimestamping(sk, false);
  skMemReclaim(sk);
}

/** Is a datagram sock connected? @alpha */
export function sockIsConnected(sk: Sock): boolean {
  return sk.state === TCP_ESTABLISHED;
}
