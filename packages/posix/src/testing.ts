/**
 * A family of sockets for tests of what stands above sockets: AF_INET addresses, but no packets. What is written on one side is at once in the
 * other side's buffer, within one kernel.
 *
 * @packageDocumentation
 */
import {
  defineKey, EADDRINUSE, EAGAIN, EALREADY, ECONNREFUSED, ECONNRESET, EDESTADDRREQ, EINPROGRESS, EINVAL, EISCONN, ENOPROTOOPT, ENOTCONN, ENOTTY, EOPNOTSUPP, EPIPE,
  EPROTONOSUPPORT, Hrtimer, hrtimerCancel, hrtimerStart, ms, type Kernel, type KernelModule, type Key, type Net, wakeUpPoll,
} from '@linnet/kernel';
import {
  intOpt, type MsgHdr, msgCopyFrom, msgCopyTo, type Proto, type ProtoOps, RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK, Sock, socket, type Socket, sockDestruct, sockError, sockGraft,
  sockOrphan, sockRegister, SS_CONNECTED, SS_CONNECTING, SS_UNCONNECTED,
} from '@linnet/socket';
import {
  AF_INET, FIONREAD, MSG_PEEK, MSG_TRUNC, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM, SIOCOUTQ, SOCK_DGRAM, SOCK_STREAM, type SockAddr, sockaddrIn,
  type SockAddrIn,
} from '@linnet/uapi';

const TCP_ESTABLISHED = 1;
const TCP_SYN_SENT = 2;
const TCP_CLOSE = 7;
const TCP_LISTEN = 10;

/** How a {@link memoryInet} behaves. @public */
export interface MemoryInetOptions {
  /** Milliseconds until a connect ends; 0 (the default) ends it at once. */
  readonly connectMs?: number;
  /** Bytes that each side holds for its reader. Default: 65,536. */
  readonly buffer?: number;
  /** A connect to this address (host-order int32) never ends. */
  readonly blackHole?: number;
}

interface Chunk {
  readonly data: Uint8Array;
  readonly from: SockAddrIn | null;
}

class MemorySock extends Sock {
  readonly shared: Shared;
  local: SockAddrIn = sockaddrIn(0, 0);
  remote: SockAddrIn | null = null;
  peer: MemorySock | null = null;
  rx: Chunk[] = [];
  rxBytes = 0;
  /** Connections to accept. */
  pending: MemorySock[] = [];
  timer: Hrtimer<MemorySock> | null = null;

  constructor(net: Net, type: number, shared: Shared) {
    super(net, AF_INET, type, 0, MEMORY_PROTO);
    this.shared = shared;
  }
}

class Shared {
  readonly opts: MemoryInetOptions;
  /** Bound socks by type and port. */
  readonly bound: Map<string, MemorySock> = new Map();
  nextPort = 40000;

  constructor(opts: MemoryInetOptions) {
    this.opts = opts;
  }
}

const MEMORY: Key<Shared> = defineKey<Shared>('memory-inet');

const no = (): number => -EOPNOTSUPP;
const MEMORY_PROTO: Proto = Object.freeze({
  name: 'MEMORY', memory: null, init: () => 0, close: () => undefined, connect: no, disconnect: no, setsockopt: no, getsockopt: no, sendmsg: no, recvmsg: no,
});

const IN: number = POLLIN | POLLRDNORM;
const OUT: number = POLLOUT | POLLWRNORM;

function skOf(sock: Socket): MemorySock {
  return sock.sk as MemorySock;
}

function wake(sk: MemorySock, mask: number): void {
  if (sk.socket !== null) wakeUpPoll(sk.kernel, sk.socket.wq, mask);
}

function bindTo(sk: MemorySock, addr: SockAddrIn): number {
  if (sk.local.port !== 0) return -EINVAL;
  const { shared } = sk;
  const port = addr.port !== 0 ? addr.port : shared.nextPort++;
  const key = `${sk.type}:${port}`;
  if (shared.bound.has(key)) return -EADDRINUSE;
  shared.bound.set(key, sk);
  sk.local = sockaddrIn(addr.addr, port);
  return 0;
}

/** The connect has come to its end: there is a listener with room, or not. */
function finishConnect(sk: MemorySock): void {
  sk.timer = null;
  if (sk.state !== TCP_SYN_SENT) return;
  const to = sk.remote!;
  const listener = sk.shared.bound.get(`${SOCK_STREAM}:${to.port}`);
  if (listener === undefined || listener.state !== TCP_LISTEN || listener.pending.length >= listener.maxAckBacklog) {
    sk.err = ECONNREFUSED;
    sk.state = TCP_CLOSE;
    wake(sk, OUT | POLLERR | POLLHUP);
    return;
  }
  const child = new MemorySock(listener.net, SOCK_STREAM, sk.shared);
  child.local = sockaddrIn(to.addr, to.port);
  child.remote = sk.local;
  child.peer = sk;
  child.state = TCP_ESTABLISHED;
  sk.peer = child;
  sk.state = TCP_ESTABLISHED;
  listener.pending.push(child);
  wake(sk, OUT);
  wake(listener, IN);
}

/** No more from this side; `reset` when it had unread data or never looked. */
function hangUp(sk: MemorySock, reset: boolean): void {
  const { peer } = sk;
  sk.state = TCP_CLOSE;
  sk.peer = null;
  if (peer === null) return;
  if (reset) {
    peer.err = ECONNRESET;
    peer.state = TCP_CLOSE;
    peer.shutdown = SHUTDOWN_MASK;
    peer.peer = null;
  } else {
    peer.shutdown |= RCV_SHUTDOWN;
  }
  wake(peer, IN | OUT | POLLRDHUP | (reset ? POLLERR | POLLHUP : 0));
}

function connect(sock: Socket, addr: SockAddr): number {
  const sk = skOf(sock);
  const to = addr as SockAddrIn;
  if (sk.type === SOCK_DGRAM) {
    if (sk.local.port === 0) bindTo(sk, sockaddrIn(0, 0));
    sk.remote = to;
    sk.state = TCP_ESTABLISHED;
    return 0;
  }
  if (sock.state === SS_CONNECTED) return -EISCONN;
  let pending = -EALREADY;
  if (sock.state === SS_UNCONNECTED) {
    if (sk.local.port === 0) {
      const err = bindTo(sk, sockaddrIn(to.addr, 0));
      if (err !== 0) return err;
    }
    sk.remote = to;
    sk.state = TCP_SYN_SENT;
    sock.state = SS_CONNECTING;
    pending = -EINPROGRESS;
    const delay = sk.shared.opts.connectMs ?? 0;
    if (to.addr === sk.shared.opts.blackHole) return pending;
    sk.timer = new Hrtimer(finishConnect, sk);
    if (delay === 0) finishConnect(sk);
    else hrtimerStart(sk.kernel, sk.timer, sk.kernel.now() + ms(delay));
    if (delay === 0) return pending;
  }
  if (sk.state === TCP_SYN_SENT) return pending;
  if (sk.state === TCP_CLOSE) {
    sock.state = SS_UNCONNECTED;
    return sockError(sk) || -ECONNREFUSED;
  }
  sock.state = SS_CONNECTED;
  return 0;
}

function release(sock: Socket): number {
  const sk = skOf(sock);
  if (sk.timer !== null) hrtimerCancel(sk.kernel, sk.timer);
  const key = `${sk.type}:${sk.local.port}`;
  if (sk.shared.bound.get(key) === sk) sk.shared.bound.delete(key);
  for (const child of sk.pending) hangUp(child, true);
  hangUp(sk, sk.type === SOCK_STREAM && (sk.rxBytes > 0 || sk.lingertime === 0 && (sk.flags & (1 << 4)) !== 0));
  sockOrphan(sk);
  sockDestruct(sk);
  sock.sk = null;
  return 0;
}

function sendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const sk = skOf(sock);
  if (sk.type === SOCK_DGRAM) return sendDatagram(sk, msg, size);
  const err = sockError(sk);
  if (err !== 0) return err;
  if (sk.state === TCP_SYN_SENT) return -EAGAIN;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  const { peer } = sk;
  if (peer === null) return sk.state === TCP_ESTABLISHED ? -EPIPE : -ENOTCONN;
  if (peer.state === TCP_CLOSE) return -EPIPE;
  const n = Math.min(size, (sk.shared.opts.buffer ?? 65536) - peer.rxBytes);
  if (n <= 0 && size > 0) return -EAGAIN;
  const data = new Uint8Array(n);
  msgCopyFrom(msg, data, 0, n);
  peer.rx.push({ data, from: null });
  peer.rxBytes += n;
  wake(peer, IN);
  return n;
}

function sendDatagram(sk: MemorySock, msg: MsgHdr, size: number): number {
  const to = (msg.name as SockAddrIn | null) ?? sk.remote;
  if (to === null) return -EDESTADDRREQ;
  if (sk.local.port === 0) bindTo(sk, sockaddrIn(0x7f000001, 0));
  const data = new Uint8Array(size);
  msgCopyFrom(msg, data, 0, size);
  const peer = sk.shared.bound.get(`${SOCK_DGRAM}:${to.port}`);
  if (peer !== undefined) {
    peer.rx.push({ data, from: sk.local });
    peer.rxBytes += size;
    wake(peer, IN);
  }
  return size;
}

function recvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const sk = skOf(sock);
  const chunk = sk.rx[0];
  if (chunk === undefined) {
    const err = sockError(sk);
    if (err !== 0) return err;
    if ((sk.shutdown & RCV_SHUTDOWN) !== 0) return 0;
    if (sk.type === SOCK_STREAM && sk.state !== TCP_ESTABLISHED && sk.state !== TCP_SYN_SENT) return -ENOTCONN;
    return -EAGAIN;
  }
  const n = msgCopyTo(msg, chunk.data, 0, Math.min(size, chunk.data.length));
  if ((flags & MSG_PEEK) !== 0) return n;
  if (sk.type === SOCK_DGRAM) {
    if (n < chunk.data.length) msg.flags |= MSG_TRUNC;
    msg.name = chunk.from;
    sk.rx.shift();
    sk.rxBytes -= chunk.data.length;
    return n;
  }
  if (n === chunk.data.length) sk.rx.shift();
  else sk.rx[0] = { data: chunk.data.subarray(n), from: null };
  sk.rxBytes -= n;
  if (sk.peer !== null) wake(sk.peer, OUT);
  return n;
}

function poll(sock: Socket): number {
  const sk = skOf(sock);
  if (sk.state === TCP_LISTEN) return sk.pending.length > 0 ? IN : 0;
  let mask = sk.err !== 0 ? POLLERR : 0;
  if (sk.rx.length > 0) mask |= IN;
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) mask |= IN | POLLRDHUP;
  if (sk.type === SOCK_DGRAM) return mask | OUT;
  if (sk.state === TCP_SYN_SENT) return mask;
  if (sk.state === TCP_CLOSE || sk.shutdown === SHUTDOWN_MASK) return mask | POLLHUP | OUT;
  if (sk.peer === null || sk.peer.rxBytes < (sk.shared.opts.buffer ?? 65536)) mask |= OUT;
  return mask;
}

const memoryOps: ProtoOps = {
  family: AF_INET,
  release,
  bind: (sock, addr) => bindTo(skOf(sock), addr as SockAddrIn),
  connect,
  accept(sock, newsock): number {
    const sk = skOf(sock);
    if (sk.state !== TCP_LISTEN) return -EINVAL;
    const child = sk.pending.shift();
    if (child === undefined) return -EAGAIN;
    sockGraft(child, newsock);
    newsock.state = SS_CONNECTED;
    return 0;
  },
  getname(sock, peer): SockAddr | number {
    const sk = skOf(sock);
    if (!peer) return sk.local;
    return sk.remote === null || sk.state !== TCP_ESTABLISHED ? -ENOTCONN : sk.remote;
  },
  poll,
  ioctl(sock, cmd, arg): number {
    if (cmd !== FIONREAD && cmd !== SIOCOUTQ) return -ENOTTY;
    arg.set(intOpt(cmd === FIONREAD ? skOf(sock).rxBytes : (skOf(sock).peer?.rxBytes ?? 0)));
    return 0;
  },
  listen(sock, backlog): number {
    const sk = skOf(sock);
    if (sk.local.port === 0) bindTo(sk, sockaddrIn(0, 0));
    sk.state = TCP_LISTEN;
    sk.maxAckBacklog = backlog + 1;
    return 0;
  },
  shutdown(sock, how): number {
    const sk = skOf(sock);
    if (sk.state !== TCP_ESTABLISHED) return -ENOTCONN;
    sk.shutdown |= how + 1;
    if ((how + 1) & SEND_SHUTDOWN && sk.peer !== null) {
      sk.peer.shutdown |= RCV_SHUTDOWN;
      wake(sk.peer, IN | POLLRDHUP);
    }
    return 0;
  },
  setsockopt: (_sock, _level, _opt, val) => (val.length < 4 ? -EINVAL : 0),
  getsockopt: () => -ENOPROTOOPT,
  sendmsg,
  recvmsg,
  socketpair(a, b): number {
    const x = skOf(a);
    const y = skOf(b);
    if (x.type !== SOCK_STREAM) return -EOPNOTSUPP;
    x.peer = y;
    y.peer = x;
    x.state = y.state = TCP_ESTABLISHED;
    a.state = b.state = SS_CONNECTED;
    return 0;
  },
};

/** The module of a family AF_INET without packets: streams and datagrams within one kernel, for tests. @public */
export function memoryInet(opts: MemoryInetOptions = {}): KernelModule {
  return {
    name: 'memory-inet',
    requires: [socket],
    init(k: Kernel): void {
      k.set(MEMORY, new Shared(opts));
      sockRegister(k, {
        family: AF_INET,
        create(net: Net, sock: Socket): number {
          if (sock.type !== SOCK_STREAM && sock.type !== SOCK_DGRAM) return -EPROTONOSUPPORT;
          sock.ops = memoryOps;
          sockGraft(new MemorySock(net, sock.type, net.kernel.get(MEMORY)), sock);
          return 0;
        },
      });
    },
  };
}
