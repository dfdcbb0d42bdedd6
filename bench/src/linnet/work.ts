/** The work of each row on Linnet: the same calls as kernel/netbench.c makes, one process, never blocking. */
import { EAGAIN, EINPROGRESS } from '@linnet/kernel';
import type { EpollEvent, MMsgHdr } from '@linnet/posix';
import { MsgHdr } from '@linnet/socket';
import {
  AF_INET, EPOLL_CTL_ADD, EPOLLIN, IPPROTO_TCP, SHUT_WR, SO_RCVBUFFORCE, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, sockaddrIn, TCP_NODELAY, type SockAddrIn,
} from '@linnet/uapi';
import { FIRST_PORT, places, PORTS } from '../places.ts';
import { must, type Machine } from './machine.ts';

const CHUNK = 256 * 1024;
const BATCH = 64;

/** Does a little of a row's work and returns how many units that were. 0: the kernel needs a turn of the event loop first. */
export type Unit = () => number;

/** A row's work, ready to run. */
export interface Work {
  readonly unit: Unit;
  /** Units tried so far, for a row whose units may get lost. */
  readonly tried?: () => number;
}

/** -EAGAIN is nothing done; any other error ends the run. */
function some(result: number, what: string): number {
  return result === -EAGAIN ? 0 : must(result, what);
}

function listener(m: Machine): number {
  const { sys } = m.server;
  const fd = must(sys.socket(AF_INET, SOCK_STREAM), 'socket');
  must(sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1), 'setsockopt');
  must(sys.bind(fd, m.serverAddr), 'bind');
  must(sys.listen(fd, 4096), 'listen');
  return fd;
}

/** A connection; the two descriptors go into `pair`. False: it is not there yet. */
function connectBoth(m: Machine, listen: number, pair: Int32Array): boolean {
  const { sys } = m.client;
  const fd = must(sys.socket(AF_INET, SOCK_STREAM), 'socket');
  const err = sys.connect(fd, m.serverAddr);
  if (err !== -EINPROGRESS) must(err, 'connect');
  pair[0] = fd;
  pair[1] = m.server.sys.accept(listen);
  if (pair[1] === -EAGAIN) return false;
  must(pair[1], 'accept');
  // What a program that was told «in progress» asks next: is it there?
  if (err === -EINPROGRESS) must(sys.connect(fd, m.serverAddr), 'connect');
  return true;
}

/** The first connection of a fresh machine waits for ARP, which needs a turn or two. */
async function connectFirst(m: Machine, listen: number, pair: Int32Array): Promise<void> {
  for (let turn = 0; !connectBoth(m, listen, pair); turn++) {
    for (let i = 0; i < 100 && pair[1] === -EAGAIN; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      pair[1] = m.server.sys.accept(listen);
    }
    if (pair[1]! >= 0) return;
    if (turn === 3) throw new Error('connect: nobody answers');
    m.client.sys.close(pair[0]!);
  }
}

async function bulk(m: Machine): Promise<Work> {
  const pair = new Int32Array(2);
  await connectFirst(m, listener(m), pair);
  const [client, server] = pair as unknown as [number, number];
  const from = new Uint8Array(CHUNK);
  const to = new Uint8Array(CHUNK);
  const tx = m.client.sys;
  const rx = m.server.sys;
  const unit = (): number => {
    some(tx.send(client, from), 'send');
    let sum = 0;
    for (let n = 1; n > 0; sum += n) n = some(rx.recv(server, to), 'recv');
    return sum;
  };
  return { unit };
}

async function rr(m: Machine, size: number): Promise<Work> {
  const pair = new Int32Array(2);
  await connectFirst(m, listener(m), pair);
  const [client, server] = pair as unknown as [number, number];
  const one = new Uint8Array(size);
  const buf = new Uint8Array(CHUNK);
  const a = m.client.sys;
  const b = m.server.sys;
  must(a.setsockopt(client, IPPROTO_TCP, TCP_NODELAY, 1), 'setsockopt');
  must(b.setsockopt(server, IPPROTO_TCP, TCP_NODELAY, 1), 'setsockopt');
  const unit = (): number => {
    must(a.send(client, one), 'send');
    if (must(b.recv(server, buf), 'recv') !== size) throw new Error('recv: a part');
    must(b.send(server, one), 'send');
    if (must(a.recv(client, buf), 'recv') !== size) throw new Error('recv: a part');
    return 1;
  };
  return { unit };
}

async function busy(m: Machine, _size: number, count: number): Promise<Work> {
  const pair = new Int32Array(2);
  const listen = listener(m);
  const a = m.client.sys;
  const b = m.server.sys;
  const epfd = must(b.epollCreate1(), 'epoll_create1');
  const clients = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    if (i === 0) await connectFirst(m, listen, pair);
    else if (!connectBoth(m, listen, pair)) throw new Error('accept: not there at once');
    const [client, server] = pair as unknown as [number, number];
    must(a.setsockopt(client, IPPROTO_TCP, TCP_NODELAY, 1), 'setsockopt');
    must(b.setsockopt(server, IPPROTO_TCP, TCP_NODELAY, 1), 'setsockopt');
    must(b.epollCtl(epfd, EPOLL_CTL_ADD, server, { events: EPOLLIN, data: server }), 'epoll_ctl');
    clients[i] = client;
  }
  const one = new Uint8Array(1);
  const buf = new Uint8Array(CHUNK);
  const events: EpollEvent[] = [];
  let next = 0;
  const unit = (): number => {
    for (let i = 0; i < BATCH; i++) must(a.send(clients[(next + i) % count]!, one), 'send');
    for (let n = 0; n < BATCH; ) {
      const ready = must(b.epollWait(epfd, events, BATCH), 'epoll_wait');
      if (ready === 0) throw new Error('epoll_wait: a request is missing');
      for (let i = 0; i < ready; i++) {
        const fd = events[i]!.data as number;
        must(b.recv(fd, buf), 'recv');
        n += must(b.send(fd, one), 'send');
      }
    }
    for (let i = 0; i < BATCH; i++) must(a.recv(clients[(next + i) % count]!, buf), 'recv');
    next = (next + BATCH) % count;
    return BATCH;
  };
  return { unit };
}

async function conn(m: Machine): Promise<Work> {
  const pair = new Int32Array(2);
  const listen = listener(m);
  const buf = new Uint8Array(1);
  const a = m.client.sys;
  const b = m.server.sys;
  const close = (): number => {
    must(a.shutdown(pair[0]!, SHUT_WR), 'shutdown');
    must(b.recv(pair[1]!, buf), 'recv');
    must(b.close(pair[1]!), 'close');
    must(a.recv(pair[0]!, buf), 'recv');
    must(a.close(pair[0]!), 'close');
    return 1;
  };
  await connectFirst(m, listen, pair);
  close();
  const unit = (): number => {
    if (!connectBoth(m, listen, pair)) throw new Error('accept: not there at once');
    return close();
  };
  return { unit };
}

const batch = (size: number): MMsgHdr[] => Array.from({ length: BATCH }, () => ({ hdr: new MsgHdr([new Uint8Array(size)]), len: 0 }));

/** Sends one datagram and waits for it: the first of a fresh machine waits for ARP. */
async function udpFirst(m: Machine, client: number, to: SockAddrIn, server: number): Promise<void> {
  const buf = new Uint8Array(2048);
  must(m.client.sys.sendto(client, new Uint8Array(1), 0, to), 'sendto');
  for (let i = 0; i < 1000; i++) {
    if (some(m.server.sys.recv(server, buf), 'recv') > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error('udp: nothing arrives');
}

function receiver(m: Machine, addr: SockAddrIn): number {
  const { sys } = m.server;
  const fd = must(sys.socket(AF_INET, SOCK_DGRAM), 'socket');
  must(sys.bind(fd, addr), 'bind');
  return fd;
}

async function udp(m: Machine, size: number): Promise<Work> {
  return udpTo(m, size, m.serverAddr, null);
}

async function spread(m: Machine, size: number): Promise<Work> {
  const { port } = m.serverAddr;
  return udpTo(m, size, sockaddrIn(0, port), Array.from(places(), (addr) => sockaddrIn(addr, port)));
}

/** To one address, from a connected socket, or to many in turn. */
async function udpTo(m: Machine, size: number, bound: SockAddrIn, to: readonly SockAddrIn[] | null): Promise<Work> {
  const a = m.client.sys;
  const b = m.server.sys;
  const server = receiver(m, bound);
  must(b.setsockopt(server, SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20), 'setsockopt');
  const client = must(a.socket(AF_INET, SOCK_DGRAM), 'socket');
  await udpFirst(m, client, m.serverAddr, server);
  if (to === null) must(a.connect(client, m.serverAddr), 'connect');
  const out = batch(size);
  const into = batch(2048);
  let next = 0;
  let sent = 0;
  const unit = (): number => {
    if (to !== null) for (let i = 0; i < BATCH; i++) out[i]!.hdr.name = to[next++ % to.length]!;
    sent += must(a.sendmmsg(client, out), 'sendmmsg');
    let sum = 0;
    for (let n = 1; n > 0; sum += n) n = some(b.recvmmsg(server, into), 'recvmmsg');
    return sum;
  };
  return { unit, tried: () => sent };
}

async function sockets(m: Machine, size: number, count: number): Promise<Work> {
  const a = m.client.sys;
  const b = m.server.sys;
  const addrs = Array.from({ length: count }, (_, i) => sockaddrIn(m.serverAddr.addr + Math.floor(i / PORTS), FIRST_PORT + (i % PORTS)));
  const fds = Int32Array.from(addrs, (addr) => receiver(m, addr));
  const client = must(a.socket(AF_INET, SOCK_DGRAM), 'socket');
  for (let i = 0; i < count; i += PORTS) await udpFirst(m, client, addrs[i]!, fds[i]!);
  const out = batch(size);
  const buf = new Uint8Array(2048);
  const to = new Int32Array(BATCH);
  let next = 0;
  let sent = 0;
  const unit = (): number => {
    for (let i = 0; i < BATCH; i++) {
      to[i] = next;
      out[i]!.hdr.name = addrs[next]!;
      next = (next + 7919) % count;
    }
    sent += must(a.sendmmsg(client, out), 'sendmmsg');
    let sum = 0;
    for (let i = 0; i < BATCH; i++) if (some(b.recv(fds[to[i]!]!, buf), 'recv') > 0) sum++;
    return sum;
  };
  return { unit, tried: () => sent };
}

async function idle(m: Machine): Promise<Work> {
  const pair = new Int32Array(2);
  const listen = listener(m);
  await connectFirst(m, listen, pair);
  const unit = (): number => {
    if (!connectBoth(m, listen, pair)) throw new Error('accept: not there at once');
    return 1;
  };
  return { unit };
}

/** By the name in the row. */
export const WORK = { bulk, rr, busy, conn, udp, spread, sockets, idle } as const;
