/** A local socket (struct unix_sock), and what a kernel and a namespace hold of them. */
import { defineKey, EINVAL, type Kernel, type Key, type Net, type RngStream, wakeUpPoll, WorkStruct } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { POLLOUT, POLLWRBAND, POLLWRNORM, SOCK_DGRAM } from '@linnet/uapi';
import type { ScmFile } from '../msg.ts';
import type { Proto } from '../proto.ts';
import { Sock } from '../sock.ts';

/** States, with the numbers that all transports share. */
export const UNIX_ESTABLISHED = 1;
/** See {@link UNIX_ESTABLISHED}. */
export const UNIX_CLOSE = 7;
/** See {@link UNIX_ESTABLISHED}. */
export const UNIX_LISTEN = 10;

/** A name in the file system: it stays when its socket is closed, until it is unlinked. @alpha */
export class UnixPath {
  /** Number of the inode, for unix_diag. */
  readonly ino: number;
  sock: UnixSock | null;

  constructor(ino: number, sock: UnixSock) {
    this.ino = ino;
    this.sock = sock;
  }
}

/** What a machine holds of its local sockets: names in the file system, and files that are under way in messages. @alpha */
export class UnixKernel {
  /** By the bytes of the name, each as one character. */
  readonly paths: Map<string, UnixPath> = new Map();
  lastPathIno = 1;
  /** Sockets that are in messages. */
  readonly inflight: Set<UnixSock> = new Set();
  /** Sockets in which messages with files may wait. */
  readonly holders: Set<UnixSock> = new Set();
  /** What closes have paid for the next walk through these. */
  paid = 0;
  /** Files to let go of: one after the other, as closing one may free messages with more of them. */
  readonly dropped: ScmFile[] = [];
  dropping = false;
  readonly gc: WorkStruct<UnixKernel>;
  readonly random: RngStream;

  constructor(k: Kernel, gc: (uk: UnixKernel) => void) {
    this.gc = new WorkStruct<UnixKernel>(gc, this);
    this.random = k.rng.stream('unix.autobind');
  }
}

/** What a namespace holds: its sockets and its abstract names. @alpha */
export class UnixNet {
  readonly socks: Set<UnixSock> = new Set();
  /** By type and bytes of the name: sockets of two types may have the same. */
  readonly abstract: Map<string, UnixSock> = new Map();
  /** net.unix.max_dgram_qlen. */
  maxDgramQlen = 10;
}

/** Where a kernel keeps its {@link UnixKernel}. @alpha */
export const UNIX: Key<UnixKernel> = defineKey<UnixKernel>('unix');
/** Where a namespace keeps its {@link UnixNet}. @alpha */
export const UNIX_NET: Key<UnixNet> = defineKey<UnixNet>('unix');

/** A local socket. @alpha */
export class UnixSock extends Sock {
  readonly uk: UnixKernel;
  readonly un: UnixNet;
  /** Its name: a path without its final NUL, or an abstract name, which begins with one. Stays when it is closed: what it sent is still read. */
  addr: Uint8Array | null = null;
  /** The name in the file system. */
  path: UnixPath | null = null;
  peer: UnixSock | null = null;
  /** Connections that wait to be accepted, when it listens. */
  readonly acceptQueue: UnixSock[] = [];
  /** The one that it waits at to be accepted. */
  listener: UnixSock | null = null;
  /** The packet with the last urgent byte. */
  oobSkb: Skb | null = null;
  /** Senders (datagrams) or connectors (streams) that wait for room here. */
  waiters: Set<UnixSock> | null = null;
  /** How often its file is in messages, and that file. */
  inflight = 0;
  inflightFile: ScmFile | null = null;

  constructor(net: Net, type: number, proto: Proto) {
    super(net, 1, type, 0, proto);
    this.uk = net.kernel.get(UNIX);
    this.un = net.get(UNIX_NET);
    this.maxAckBacklog = this.un.maxDgramQlen;
    this.state = UNIX_CLOSE;
    this.writeSpace = unixWriteSpace;
    this.un.socks.add(this);
  }
}

/** Bytes of a packet that have not been read yet; `cb0` counts those that have. @alpha */
export function unixSkbLen(skb: Skb): number {
  return skb.len - skb.cb0;
}

/** Does its send buffer have room: is at most a quarter of it used? @alpha */
export function unixWritable(sk: UnixSock): boolean {
  return sk.state !== UNIX_LISTEN && sk.wmemAlloc <= sk.sndbuf / 4;
}

/** Tells writers that there is room again. */
export function unixWriteSpace(sk: Sock): void {
  if (unixWritable(sk as UnixSock)) wakeWriters(sk);
}

function wakeWriters(sk: Sock): void {
  if (sk.socket !== null && sk.socket.wq.active) wakeUpPoll(sk.kernel, sk.socket.wq, POLLOUT | POLLWRNORM | POLLWRBAND);
}

/** Does nothing more fit into its queue of messages, or of connections? @alpha */
export function unixRecvqFull(sk: UnixSock): boolean {
  const n = sk.state === UNIX_LISTEN ? sk.acceptQueue.length : sk.receiveQueue.qlen;
  return n > sk.maxAckBacklog;
}

/** `sk` waits for room at `other`. @alpha */
export function unixWaitFor(sk: UnixSock, other: UnixSock): void {
  other.waiters ??= new Set();
  other.waiters.add(sk);
}

/** There is room, or nobody any more: tells all who wait for it. @alpha */
export function unixWakeWaiters(sk: UnixSock): void {
  const { waiters } = sk;
  if (waiters === null || waiters.size === 0) return;
  sk.waiters = null;
  for (const w of waiters) wakeWriters(w);
}

/** Bytes to read: of the next message, or of the whole stream; -EINVAL for a listener. @alpha */
export function unixInqLen(sk: UnixSock): number {
  if (sk.state === UNIX_LISTEN) return -EINVAL;
  let n = 0;
  for (let skb = sk.receiveQueue.head; skb !== null; skb = skb.next) {
    n += unixSkbLen(skb);
    if (sk.type === SOCK_DGRAM) break;
  }
  return n;
}
