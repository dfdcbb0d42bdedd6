/** The work of each row on Linnet: the same calls as kernel/netbench.c makes, one process, never blocking. */
import { EAGAIN, EINPROGRESS } from '@linnet/kernel';
import type { MMsgHdr } from '@linnet/posix';
import { MsgHdr } from '@linnet/socket';
import { AF_INET, IPPROTO_TCP, SHUT_WR, SO_RCVBUFFORCE, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY } from '@linnet/uapi';
import { must, type Machine } from './machine.ts';

const CHUNK = 256 * 1024;
const BATCH = 64;
const DATAGRAM = 64;

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

async function rr(m: Machine): Promise<Work> {
  const pair = new Int32Array(2);
  await connectFirst(m, listener(m), pair);
  const [client, server] = pair as unknown as [number, number];
  const one = new Uint8Array(1);
  const buf = new Uint8Array(CHUNK);
  const a = m.client.sys;
  const b = m.server.sys;
  must(a.setsockopt(client, IPPROTO_TCP, TCP_NODELAY, 1), 'setsockopt');
  must(b.setsockopt(server, IPPROTO_TCP, TCP_NODELAY, 1), 'setsockopt');
  const unit = (): number => {
    must(a.send(client, one), 'send');
    must(b.recv(server, buf), 'recv');
    must(b.send(server, one), 'send');
    must(a.recv(client, buf), 'recv');
    return 1;
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

async function udp(m: Machine): Promise<Work> {
  const a = m.client.sys;
  const b = m.server.sys;
  const server = must(b.socket(AF_INET, SOCK_DGRAM), 'socket');
  must(b.setsockopt(server, SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20), 'setsockopt');
  must(b.bind(server, m.serverAddr), 'bind');
  const client = must(a.socket(AF_INET, SOCK_DGRAM), 'socket');
  must(a.connect(client, m.serverAddr), 'connect');
  const batch = (size: number): MMsgHdr[] => Array.from({ length: BATCH }, () => ({ hdr: new MsgHdr([new Uint8Array(size)]), len: 0 }));
  const out = batch(DATAGRAM);
  const into = batch(2048);
  // ARP first.
  must(a.send(client, new Uint8Array(1)), 'send');
  for (let i = 0; i < 1000 && some(b.recvmmsg(server, into), 'recvmmsg') === 0; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  let sent = 0;
  const unit = (): number => {
    sent += must(a.sendmmsg(client, out), 'sendmmsg');
    let sum = 0;
    for (let n = 1; n > 0; sum += n) n = some(b.recvmmsg(server, into), 'recvmmsg');
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
export const WORK = { bulk, rr, conn, udp, idle } as const;
