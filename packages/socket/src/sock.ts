/** The network side of a socket (struct sock): queues, limits, errors, and how it wakes its owner. */
import { wakeUpPoll, type Kernel, type Net } from '@linnet/kernel';
import { DROP, SKB, skbQueuePurge, SkbQueue, type SkbHead, type SkbPool, type SkbSock } from '@linnet/skbuff';
import { type BpfProg, netDisableTimestamp, netEnableTimestamp, NETDEV, type DstEntry } from '@linnet/netdev';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRBAND, POLLWRNORM, SO_TIMESTAMP_OLD } from '@linnet/uapi';
import { skMemReclaim, sockWriteable } from './memory.ts';
import type { Proto } from './proto.ts';
import { SOCKET_NET } from './core-sysctl.ts';
import { protoRegister } from './protocols.ts';
import type { ReuseportGroup } from './reuseport.ts';
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
/** SO_ZEROCOPY: MSG_ZEROCOPY is heeded. @alpha */
export const SOCK_ZEROCOPY: number = 1 << 12;
/** SO_PASSCRED: messages come with SCM_CREDENTIALS. @alpha */
export const SOCK_PASSCRED: number = 1 << 13;
/** SO_PASSSEC. @alpha */
export const SOCK_PASSSEC: number = 1 << 14;
/** SO_PASSPIDFD. @alpha */
export const SOCK_PASSPIDFD: number = 1 << 15;
/** SO_PASSRIGHTS was switched off: descriptors may not be sent to it. @alpha */
export const SOCK_NORIGHTS: number = 1 << 16;
/** SO_LOCK_FILTER. @alpha */
export const SOCK_FILTER_LOCKED: number = 1 << 17;
/** SO_DEBUG. @alpha */
export const SOCK_DBG: number = 1 << 18;
/** SO_WIFI_STATUS. @alpha */
export const SOCK_WIFI_STATUS: number = 1 << 19;
/** SO_NOFCS. @alpha */
export const SOCK_NOFCS: number = 1 << 20;
/** SO_RCVPRIORITY. @alpha */
export const SOCK_RCVPRIORITY: number = 1 << 21;
/** SO_PREFER_BUSY_POLL. @alpha */
export const SOCK_PREFER_BUSY_POLL: number = 1 << 22;
/** Receive times are told under the numbers of SO_TIMESTAMP_NEW and its like. @alpha */
export const SOCK_TSTAMP_NEW: number = 1 << 23;
/** SO_TXTIME. @alpha */
export const SOCK_TXTIME: number = 1 << 24;
/** SO_INQ: each message says how many bytes are left (local streams). @alpha */
export const SOCK_INQ: number = 1 << 25;
/** Packets bring how many were dropped, their mark, their priority or a time stamp: see `sockRecvCmsgs`. */
const SOCK_CMSGS: number = SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS | SOCK_RXQ_OVFL | SOCK_RCVMARK | SOCK_RCVPRIORITY;

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

/** Who stands behind a socket, as SO_PEERCRED and SCM_CREDENTIALS tell it (struct ucred). @alpha */
export interface Ucred {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, where they are known. */
  readonly groups?: readonly number[];
}

/** What hardly any socket is told: kept apart, so that the others need not carry it. @alpha */
export class SockRare {
  /** SO_INCOMING_CPU as it was set. */
  incomingCpu = -1;
  /** SOF_TIMESTAMPING_* of SO_TIMESTAMPING. */
  tsflags = 0;
  /** SO_BUSY_POLL and SO_BUSY_POLL_BUDGET. */
  busyPoll = 0;
  busyPollBudget = 0;
  /** struct sock_txtime. */
  txtimeClock = 0;
  txtimeFlags = 0;
  /** SO_TXREHASH, where there is any. */
  txrehash = 1;
  /** Where in the packet that was last looked for with MSG_PEEK to begin. */
  peekSkip = 0;
  /** SOF_TIMESTAMPING_TX_* of the send under way, and the number of the next packet that is stamped. */
  txFlags = 0;
  txId = 0;
  /** Sends with MSG_ZEROCOPY so far. */
  zerocopySends = 0;
}

/** The network side of a socket (struct sock). Transports extend it; all fields are set here, so that each kind has one hidden class. @alpha */
export class Sock implements SkbSock {
  /** AF_*. An AF_INET6 sock may become one of AF_INET (IPV6_ADDRFORM). */
  family: number;
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
  /** Those with whom it shares its address. */
  reuseGroup: ReuseportGroup | null = null;
  rcvlowat = 1;
  /** Milliseconds; Infinity waits for ever. Used by `posix`. */
  rcvtimeo: number = Infinity;
  sndtimeo: number = Infinity;
  /** Calls that wait for the connection and have data to send then (TCP Fast Open). */
  writePending = 0;
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
  /** 0 until somebody asks: see `sockGenCookie`. */
  cookie = 0;
  /** Whose it is: the user that made or accepted it. */
  uid = 0;
  /** It holds its namespace (sk_net_refcnt): a user's sock does, from {@link sockGraft} to {@link sockDestruct}. */
  netHeld = false;
  /** Who is on the other side, where the family knows (SO_PEERCRED). */
  peerCred: Ucred | null = null;
  /** The program that packets must pass on their way in: see `skFilter`. */
  filter: BpfProg | null = null;
  /** Where MSG_PEEK begins; -1: at the start, always (SO_PEEK_OFF). */
  peekOff = -1;
  rare: SockRare | null = null;
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
    if (limits.busyRead !== 0) {
      this.rare = new SockRare();
      this.rare.busyPoll = limits.busyRead;
    }
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

/** Wants a receive time to be put on packets? @alpha */
export function sockWantsTimestamp(sk: Sock): boolean {
  return (sk.flags & (SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS)) !== 0 || (sk.rare !== null && sk.rare.tsflags !== 0);
}

/** Does it want anything told beside a packet's bytes that `sockRecvCmsgs` adds? @alpha */
export function sockWantsCmsgs(sk: Sock): boolean {
  return (sk.flags & SOCK_CMSGS) !== 0 || (sk.rare !== null && sk.rare.tsflags !== 0);
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

/** Ties a sock to its socket, or to the one that accept made for it (sock_graft). A user's sock holds its namespace from now on. @alpha */
export function sockGraft(sk: Sock, parent: Socket): void {
  parent.sk = sk;
  sk.socket = parent;
  sk.uid = sk.kernel.cred.uid;
  if (parent.kern || sk.netHeld) return;
  sk.netHeld = true;
  sk.net.hold();
  countProto(sk, 1);
}

/** Lets go of the namespace; doing it twice is nothing. {@link sockDestruct} does it. @alpha */
export function sockPutNet(sk: Sock): void {
  if (!sk.netHeld) return;
  sk.netHeld = false;
  countProto(sk, -1);
  sk.net.put();
}

function countProto(sk: Sock, by: number): void {
  const n = sk.net.get(SOCKET_NET);
  n.used += by;
  const old = n.inuse.get(sk.prot);
  // A transport that nobody listed is listed with its first user.
  if (old === undefined) protoRegister(sk.kernel, sk.prot);
  n.inuse.set(sk.prot, (old ?? 0) + by);
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
  sockPutNet(sk);
}

/** Is a datagram sock connected? @alpha */
export function sockIsConnected(sk: Sock): boolean {
  return sk.state === TCP_ESTABLISHED;
}
