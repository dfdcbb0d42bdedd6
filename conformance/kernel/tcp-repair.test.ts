// A connection to a real kernel moves (TCP_REPAIR): from Linnet to another Linnet, to a real kernel, and from a real kernel to Linnet. The peer sees nothing of it.
import { fileURLToPath } from 'node:url';
import { ipv6 } from '@linnet/ipv6';
import type { Task } from '@linnet/posix';
import {
  AF_INET, AF_INET6, MSG_PEEK, SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SOCK_STREAM, SOL_TCP, sockaddrIn, sockaddrIn6, TCP_INFO, TCP_MAXSEG, TCP_QUEUE_SEQ, TCP_RECV_QUEUE, TCP_REPAIR, TCP_REPAIR_OPTIONS,
  TCP_REPAIR_QUEUE, TCP_REPAIR_WINDOW, TCP_SEND_QUEUE, TCP_TIMESTAMP,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { ip4, scene } from '../lib/scene.ts';
import type { Linked, Scene } from '../lib/scene.ts';
import { connect } from '../lib/stream.ts';
import type { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';

const SCRIPT = fileURLToPath(new URL('tcp-repair.py', import.meta.url));
const PORT = 9000;
const PEER = '10.77.0.1';
const MOVES = '10.77.0.2';

/** What the script prints, and takes. */
interface Dump {
  port: number;
  mss: number;
  unsent: number;
  recvSeq: number;
  recv: string;
  sendSeq: number;
  send: string;
  options: number;
  scales: number;
  timestamp: number;
  window: string;
}

const int = (n: number): Uint8Array => new Uint8Array(Int32Array.of(n).buffer);
const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');

async function line(task: Task, fd: number): Promise<string> {
  let text = '';
  const buf = new Uint8Array(65536);
  while (!text.endsWith('\n')) {
    const n = await task.recv(fd, buf);
    if (n === 0) throw new Error('end of stream');
    text += Buffer.from(buf.subarray(0, n)).toString();
  }
  return text.trim();
}

const send = async (task: Task, fd: number, text: string): Promise<void> => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += await task.send(fd, bytes.subarray(at));
};

async function dump(task: Task, fd: number): Promise<Dump> {
  task.setsockopt(fd, SOL_TCP, TCP_REPAIR, 1);
  const queue = async (q: number, n: number): Promise<[number, string]> => {
    task.setsockopt(fd, SOL_TCP, TCP_REPAIR_QUEUE, q);
    const buf = new Uint8Array(n);
    if (n > 0) expect(await task.recv(fd, buf, MSG_PEEK)).toBe(n);
    return [(task.getsockoptInt(fd, SOL_TCP, TCP_QUEUE_SEQ) - n) | 0, hex(buf)];
  };
  const [recvSeq, recv] = await queue(TCP_RECV_QUEUE, task.ioctl(fd, SIOCINQ));
  const [sendSeq, sent] = await queue(TCP_SEND_QUEUE, task.ioctl(fd, SIOCOUTQ));
  const info = task.getsockopt(fd, SOL_TCP, TCP_INFO, 8);
  const d: Dump = {
    port: (task.getsockname(fd) as SockAddrIn).port, mss: task.getsockoptInt(fd, SOL_TCP, TCP_MAXSEG), unsent: task.ioctl(fd, SIOCOUTQNSD), recvSeq, recv, sendSeq, send: sent,
    options: info[5]!, scales: info[6]!, timestamp: task.getsockoptInt(fd, SOL_TCP, TCP_TIMESTAMP), window: hex(task.getsockopt(fd, SOL_TCP, TCP_REPAIR_WINDOW, 20)),
  };
  task.close(fd);
  return d;
}

async function restore(task: Task, d: Dump, peer: SockAddr = sockaddrIn(ip4(PEER), PORT)): Promise<number> {
  const fd = task.socket(peer.family, SOCK_STREAM);
  const set = (opt: number, v: Uint8Array | number): void => task.setsockopt(fd, SOL_TCP, opt, v);
  set(TCP_REPAIR, 1);
  for (const [q, seq] of [[TCP_RECV_QUEUE, d.recvSeq], [TCP_SEND_QUEUE, d.sendSeq]] as const) {
    set(TCP_REPAIR_QUEUE, q);
    set(TCP_QUEUE_SEQ, int(seq | 0));
  }
  task.bind(fd, peer.family === AF_INET ? sockaddrIn(0, d.port) : sockaddrIn6(new Int32Array(4), d.port));
  await task.connect(fd, peer);
  const opts = [2, d.mss];
  if ((d.options & 1) !== 0) opts.push(8, 0);
  if ((d.options & 2) !== 0) opts.push(4, 0);
  if ((d.options & 4) !== 0) opts.push(3, (d.scales & 15) | ((d.scales >> 4) << 16));
  set(TCP_REPAIR_OPTIONS, new Uint8Array(Int32Array.from(opts).buffer));
  set(TCP_TIMESTAMP, int(d.timestamp | 0));
  for (const [q, data] of [[TCP_RECV_QUEUE, d.recv], [TCP_SEND_QUEUE, d.send]] as const) {
    set(TCP_REPAIR_QUEUE, q);
    if (data !== '') await task.send(fd, Buffer.from(data, 'hex'));
  }
  set(TCP_REPAIR_WINDOW, Buffer.from(d.window, 'hex'));
  set(TCP_REPAIR, 0);
  return fd;
}

/** Goes on with a connection: «TWO» waits to be read. */
async function goOn(task: Task, fd: number): Promise<void> {
  expect(await line(task, fd)).toBe('TWO');
  await send(task, fd, `${'x'.repeat(100000)}\n`);
  expect((await line(task, fd)).length).toBe(100000);
  await send(task, fd, 'three\n');
  expect(await line(task, fd)).toBe('THREE');
  task.close(fd);
}

/** The peer's namespace with its server, and a machine that the connection is on, or not yet. */
async function setup(s: Scene): Promise<Linked & { said(): string; ended(): Promise<void> }> {
  const l = s.linnetOnTap({ netns: s.netns(), address: `${MOVES}/24`, peer: `${PEER}/24` });
  const server = s.start(l.netns, `python3 ${SCRIPT} shout ${PORT}`);
  await server.until(/listening/);
  return { ...l, said: () => server.stdout, ended: async () => { await server.until(/end of stream/, 10_000); } };
}

/** A Linnet machine talks, and its connection is dumped. */
async function fromLinnet(l: Linked): Promise<Dump> {
  const { task } = l.machine;
  const fd = await connect(task, PEER, PORT);
  await send(task, fd, 'one\n');
  expect(await line(task, fd)).toBe('ONE');
  await send(task, fd, 'two\n');
  await eventually('the answer is there', () => task.ioctl(fd, SIOCINQ) === 4);
  // Nobody keeps the peer's segments away here, so that there must be none: all that it sent is acknowledged.
  await eventually('the peer waits for nothing', () => /^0 +0 /.test(l.netns.sh('ss -Htn state established')));
  return dump(task, fd);
}

/** A namespace that has the address, behind a veth of the peer's. */
function real(s: Scene, peer: TestNetns): TestNetns {
  const ns = s.netns();
  peer.sh(`ip link add far type veth peer name near netns ${ns.name} && ip link set far up`);
  ns.sh(`ip address add ${MOVES}/24 dev near && ip link set near up && ip route replace ${PEER}/32 dev near`);
  return ns;
}

describe('a connection of one machine', () => {
  it('is taken up by another socket, over IPv6, with data on both queues', scene(async (s) => {
    const { task } = s.machine({ modules: [ipv6] });
    const peer = sockaddrIn6(Int32Array.of(0, 0, 0, 1), PORT);
    const l = task.socket(AF_INET6, SOCK_STREAM);
    task.bind(l, peer);
    task.listen(l, 1);
    const first = task.socket(AF_INET6, SOCK_STREAM);
    await task.connect(first, peer);
    const server = await task.accept(l);
    await send(task, server, 'for you\n');
    await send(task, first, 'for me\n');
    await eventually('it is there', () => task.ioctl(first, SIOCINQ) === 8 && task.ioctl(first, SIOCOUTQ) === 0);
    const d = await dump(task, first);
    const second = await restore(task, d, peer);
    expect([await line(task, second), await line(task, server)]).toEqual(['for you', 'for me']);
    await send(task, second, `${'y'.repeat(200000)}\n`);
    expect((await line(task, server)).length).toBe(200000);
    await send(task, server, 'bye\n');
    expect(await line(task, second)).toBe('bye');
    for (const fd of [second, server, l]) task.close(fd);
  }));
});

describe.skipIf(!have('root', 'ip', 'ss', 'tshark', 'python3'))('a connection with a real kernel moves', () => {
  it('from Linnet to another Linnet', scene(async (s) => {
    const l = await setup(s);
    const d = await fromLinnet(l);
    expect([d.recv, d.send, d.unsent]).toEqual([hex(Buffer.from('TWO\n')), '', 0]);
    const to = s.linnetOnTap({ netns: l.netns, name: 'tap1', address: `${MOVES}/24`, peer: '10.99.0.1/24' });
    l.netns.sh(`ip route replace ${MOVES}/32 dev tap1`);
    await goOn(to.machine.task, await restore(to.machine.task, d));
    await l.ended();
    expect([l.machine.counter('Tcp.OutRsts'), to.machine.counter('Tcp.OutRsts'), to.machine.counter('Tcp.ActiveOpens')]).toEqual([0, 0, 0]);
  }));

  it('from Linnet to a real kernel', scene(async (s) => {
    const l = await setup(s);
    const d = await fromLinnet(l);
    const ns = real(s, l.netns);
    l.netns.sh(`ip route replace ${MOVES}/32 dev far`);
    const said = await s.sh(ns, `python3 ${SCRIPT} restore ${PEER} ${PORT} '${JSON.stringify(d)}'`);
    expect(said.trim().split('\n')).toEqual(['TWO', '100001', 'THREE']);
    await l.ended();
    expect(l.machine.counter('Tcp.OutRsts')).toBe(0);
  }));

  it('from a real kernel to Linnet', scene(async (s) => {
    const l = await setup(s);
    const ns = real(s, l.netns);
    l.netns.sh(`ip route replace ${MOVES}/32 dev far`);
    const said = (await s.sh(ns, `python3 ${SCRIPT} dump ${PEER} ${PORT}`)).trim().split('\n');
    expect(said[0]).toBe('ONE');
    const d = JSON.parse(said[1]!) as Dump;
    l.netns.sh(`ip route replace ${MOVES}/32 dev tap0`);
    await goOn(l.machine.task, await restore(l.machine.task, d));
    await l.ended();
    expect(l.machine.counter('Tcp.OutRsts')).toBe(0);
  }));
});
