// Local sockets under tasks: calls that wait, and descriptors that travel.
import { createKernel, EAGAIN, EBADF, EINVAL, sec, VirtualClock, type Kernel } from '@linnet/kernel';
import { MsgHdr, unix } from '@linnet/socket';
import {
  AF_UNIX, EPOLL_CTL_ADD, EPOLLIN, F_GETFD, FD_CLOEXEC, MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_RIGHTS, SHUT_RD, SO_PEERCRED, SO_SNDBUF, SO_SNDTIMEO_OLD, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, type SockAddrUn,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Task, type EpollEvent } from '../src/index.ts';
import { string, text } from './helpers.ts';

let clock: VirtualClock;
let k: Kernel;
beforeEach(() => {
  clock = new VirtualClock();
  k = createKernel({ modules: [unix], clock, seed: 1 });
});
afterEach(() => k.shutdown());

const un = (name: string): SockAddrUn => ({ family: AF_UNIX, path: text(name) });
const ints = (...n: number[]): Uint8Array => new Uint8Array(Int32Array.from(n).buffer);
const fdsOf = (msg: MsgHdr): number[] => msg.control.flatMap((c) => (c.type === SCM_RIGHTS ? Array.from(new Int32Array(c.data.slice().buffer)) : []));
function rights(data: string, ...fds: number[]): MsgHdr {
  const msg = new MsgHdr([text(data)]);
  msg.control.push({ level: SOL_SOCKET, type: SCM_RIGHTS, data: ints(...fds) });
  return msg;
}

describe('waiting', () => {
  it('connect waits for room in the listener’s queue', () => clock.run(async () => {
    const task = new Task(k);
    const l = task.socket(AF_UNIX, SOCK_STREAM);
    task.bind(l, un('/s'));
    task.listen(l, 0);
    const [c, d] = [task.socket(AF_UNIX, SOCK_STREAM), task.socket(AF_UNIX, SOCK_STREAM)];
    await task.connect(c, un('/s'));
    let done = false;
    const waiting = task.connect(d, un('/s')).then(() => (done = true));
    await Promise.resolve();
    expect(done).toBe(false);
    await task.accept(l);
    await waiting;
    // With a time limit it is EAGAIN (connect(2)).
    const e = task.socket(AF_UNIX, SOCK_STREAM);
    task.setsockopt(e, SOL_SOCKET, SO_SNDTIMEO_OLD, new Uint8Array(new BigInt64Array([1n, 0n]).buffer));
    const before = clock.now();
    await expect(task.connect(e, un('/s'))).rejects.toMatchObject({ code: 'EAGAIN' });
    expect(clock.now() - before).toBe(sec(1));
    expect(task.sys.connect(e, un('/s'))).toBe(-EAGAIN);
  }));

  it('send waits for a reader, and a stream carries everything', () => clock.run(async () => {
    const task = new Task(k);
    const [a, b] = task.socketpair(AF_UNIX, SOCK_STREAM);
    task.setsockopt(a, SOL_SOCKET, SO_SNDBUF, 4096);
    const sent = task.send(a, new Uint8Array(100_000).fill(7));
    let got = 0;
    const buf = new Uint8Array(3000);
    while (got < 100_000) got += await task.recv(b, buf);
    expect(await sent).toBe(100_000);
  }));

  it('a message waits for room in the receiver’s queue', () => clock.run(async () => {
    const task = new Task(k);
    const r = task.socket(AF_UNIX, SOCK_DGRAM);
    task.bind(r, un('/r'));
    const s = task.socket(AF_UNIX, SOCK_DGRAM);
    while (task.sys.sendto(s, text('x'), 0, un('/r')) > 0);
    const waiting = task.sendto(s, text('last'), 0, un('/r'));
    const buf = new Uint8Array(10);
    let last = '';
    for (let i = 0; i < 12; i++) last = string(buf.subarray(0, await task.recv(r, buf)));
    expect([await waiting, last]).toEqual([4, 'last']);
  }));

  it('who waits on a socket that is shut down is let go', () => clock.run(async () => {
    const task = new Task(k);
    const d = task.socket(AF_UNIX, SOCK_DGRAM);
    const reading = task.recv(d, new Uint8Array(1));
    task.shutdown(d, SHUT_RD);
    expect(await reading).toBe(0);
    expect(task.sys.recv(d, new Uint8Array(1))).toBe(-EAGAIN);
    const l = task.socket(AF_UNIX, SOCK_STREAM);
    task.bind(l, un('/l'));
    task.listen(l, 1);
    const accepting = task.accept(l);
    task.shutdown(l, SHUT_RD);
    await expect(accepting).rejects.toMatchObject({ errno: -EINVAL });
  }));

  it('epoll hears of a local socket', () => {
    const task = new Task(k);
    const [a, b] = task.socketpair(AF_UNIX, SOCK_STREAM);
    const ep = task.epollCreate1();
    task.epollCtl(ep, EPOLL_CTL_ADD, b, { events: EPOLLIN, data: 5 });
    const events: EpollEvent[] = [];
    expect(task.sys.epollWait(ep, events, 4)).toBe(0);
    task.sys.send(a, text('x'));
    expect(task.sys.epollWait(ep, events, 4)).toBe(1);
    expect(events[0]).toMatchObject({ events: EPOLLIN, data: 5 });
  });
});

describe('descriptors in messages', () => {
  it('arrive in another task as new ones, of the same file', () => {
    const [p, q] = [new Task(k), new Task(k)];
    const l = p.socket(AF_UNIX, SOCK_STREAM);
    p.bind(l, un('/s'));
    p.listen(l, 1);
    const c = q.socket(AF_UNIX, SOCK_STREAM);
    expect(q.sys.connect(c, un('/s'))).toBe(0);
    const s = p.sys.accept(l);
    expect(Array.from(new Int32Array(p.getsockopt(s, SOL_SOCKET, SO_PEERCRED).slice().buffer))).toEqual([q.pid, 0, 0]);
    const [a, b] = p.socketpair(AF_UNIX, SOCK_DGRAM);
    expect(p.sys.sendmsg(s, rights('take it', a, l))).toBe(7);
    p.close(a);
    const msg = new MsgHdr([new Uint8Array(20)]);
    expect(q.sys.recvmsg(c, msg, MSG_CMSG_CLOEXEC)).toBe(7);
    const [mine, theirs] = fdsOf(msg) as [number, number];
    expect(q.fcntl(mine, F_GETFD)).toBe(FD_CLOEXEC);
    q.sys.send(mine, text('hello'));
    const buf = new Uint8Array(20);
    expect(string(buf.subarray(0, p.sys.recv(b, buf)))).toBe('hello');
    expect(q.getsockname(theirs)).toEqual(un('/s'));
    // The message was not changed, nor does it hold anything.
    expect(p.sys.sendmsg(s, rights('x', 99))).toBe(-EBADF);
    q.exit();
    expect(p.sys.send(b, text('x'))).toBeLessThan(0);
  });

  it('as many as there is room for; the others are closed', () => {
    const p = new Task(k);
    const q = new Task(k, { maxFds: 3 });
    const [a, b] = p.socketpair(AF_UNIX, SOCK_STREAM);
    const [c, d] = p.socketpair(AF_UNIX, SOCK_STREAM);
    // q has one end of a stream to p
    const carrier = q.socketpair(AF_UNIX, SOCK_STREAM);
    q.sys.sendmsg(carrier[0], rights('x', carrier[0]));
    expect(p.sys.sendmsg(a, rights('x', c, c, d))).toBe(1);
    p.close(c);
    p.close(d);
    const msg = new MsgHdr([new Uint8Array(1)]);
    msg.controlLen = 20;
    expect(p.sys.recvmsg(b, msg)).toBe(1);
    expect([fdsOf(msg).length, msg.flags & MSG_CTRUNC]).toEqual([1, MSG_CTRUNC]);
    // d had no other holder: c hears that it is closed
    expect(p.sys.recv(fdsOf(msg)[0]!, new Uint8Array(1))).toBe(0);
    const full = new MsgHdr([new Uint8Array(1)]);
    expect(q.sys.recvmsg(carrier[1], full)).toBe(1);
    expect(fdsOf(full)).toEqual([2]);
    q.sys.sendmsg(carrier[0], rights('x', carrier[0]));
    expect(q.sys.recvmsg(carrier[1], full)).toBe(1);
    expect([fdsOf(full), full.flags & MSG_CTRUNC]).toEqual([[], MSG_CTRUNC]);
  });

  it('go once with a message that is sent in parts', () => clock.run(async () => {
    const task = new Task(k);
    const [a, b] = task.socketpair(AF_UNIX, SOCK_STREAM);
    task.setsockopt(a, SOL_SOCKET, SO_SNDBUF, 4096);
    const msg = rights('', a);
    msg.iov = [new Uint8Array(50_000)];
    const sent = task.sendmsg(a, msg);
    let files = 0;
    for (let got = 0; got < 50_000; ) {
      const part = new MsgHdr([new Uint8Array(10_000)]);
      got += await task.recvmsg(b, part);
      files += fdsOf(part).length;
    }
    expect([await sent, files]).toEqual([50_000, 1]);
    expect(msg.control.length).toBe(1);
  }));

  it('names can be unlinked', () => {
    const task = new Task(k);
    const s = task.socket(AF_UNIX, SOCK_DGRAM);
    task.bind(s, un('/x'));
    task.unlink('/x');
    expect(() => task.unlink('/x')).toThrow(/ENOENT/);
    task.bind(task.socket(AF_UNIX, SOCK_DGRAM), un('/x'));
  });
});
