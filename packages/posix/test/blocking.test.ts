import { EAGAIN, EALREADY, EFAULT, EINPROGRESS, EISCONN, ms, sec } from '@linnet/kernel';
import { MsgHdr } from '@linnet/socket';
import { AF_INET, F_SETFL, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_WAITFORONE, O_NONBLOCK, SHUT_WR, SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD, SOCK_DGRAM, SOCK_STREAM, sockaddrIn, SOL_SOCKET } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import type { NameOut } from '../src/index.ts';
import { at, HOST, listener, machine, pair, string, text } from './helpers.ts';

const BLACK_HOLE = 0x0aff0001;

/** struct timeval. */
function timeval(milliseconds: number): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setUint32(0, Math.floor(milliseconds / 1000), true);
  view.setUint32(8, (milliseconds % 1000) * 1000, true);
  return out;
}

describe('accept and connect', () => {
  it('wait for each other', async () => {
    const { task, clock } = machine({ connectMs: 30 });
    await clock.run(async () => {
      const lfd = listener(task, 80);
      const accepted = task.accept(lfd);
      const fd = task.socket(AF_INET, SOCK_STREAM);
      await task.connect(fd, at(80));
      const sfd = await accepted;
      expect(clock.now()).toBeGreaterThanOrEqual(ms(30));
      expect(task.getpeername(fd)).toEqual(at(80));
      expect(task.getsockname(sfd)).toEqual(at(80));
      expect(task.getpeername(sfd)).toEqual(task.getsockname(fd));
    });
  });

  it('in the plain form: EINPROGRESS, EALREADY, then the result', () => {
    const { task, clock } = machine({ connectMs: 5 });
    const lfd = listener(task, 80);
    expect(task.sys.accept(lfd)).toBe(-EAGAIN);
    const fd = task.socket(AF_INET, SOCK_STREAM);
    expect(task.sys.connect(fd, at(80))).toBe(-EINPROGRESS);
    expect(task.sys.connect(fd, at(80))).toBe(-EALREADY);
    clock.advance(ms(5));
    expect(task.sys.connect(fd, at(80))).toBe(0);
    expect(task.sys.connect(fd, at(80))).toBe(-EISCONN);
    expect(task.sys.accept(lfd)).toBeGreaterThan(fd);
  });

  it('tells what went wrong, and where', async () => {
    const { task, clock } = machine({ connectMs: 1 });
    await clock.run(async () => {
      const fd = task.socket(AF_INET, SOCK_STREAM);
      await expect(task.connect(fd, at(81))).rejects.toMatchObject({
        code: 'ECONNREFUSED', errno: -111, syscall: 'connect', message: 'connect ECONNREFUSED 10.0.0.1:81: Connection refused',
      });
      // The socket can be used again.
      listener(task, 81);
      await task.connect(fd, at(81));
    });
  });

  it('several acceptors get a connection each', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const lfd = listener(task, 80);
      const accepts = [task.accept(lfd), task.accept(lfd), task.accept(lfd)];
      for (let i = 0; i < 3; i++) await task.connect(task.socket(AF_INET, SOCK_STREAM), at(80));
      const fds = await Promise.all(accepts);
      expect(new Set(fds).size).toBe(3);
    });
  });
});

describe('waiting ends', () => {
  it('with SO_RCVTIMEO: EAGAIN', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a] = await pair(task);
      task.setsockopt(a, SOL_SOCKET, SO_RCVTIMEO_OLD, timeval(1500));
      await expect(task.recv(a, new Uint8Array(10))).rejects.toMatchObject({ code: 'EAGAIN', syscall: 'recv' });
      expect(clock.now()).toBe(ms(1500));
    });
  });

  it('with SO_SNDTIMEO: EINPROGRESS from connect, the bytes sent from send', async () => {
    const { task, clock } = machine({ blackHole: BLACK_HOLE, buffer: 1000 });
    await clock.run(async () => {
      const fd = task.socket(AF_INET, SOCK_STREAM);
      task.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO_OLD, timeval(200));
      await expect(task.connect(fd, sockaddrIn(BLACK_HOLE, 1))).rejects.toMatchObject({ code: 'EINPROGRESS' });
      const [a] = await pair(task);
      task.setsockopt(a, SOL_SOCKET, SO_SNDTIMEO_OLD, timeval(200));
      expect(await task.send(a, new Uint8Array(5000))).toBe(1000);
      await expect(task.send(a, new Uint8Array(5000))).rejects.toMatchObject({ code: 'EAGAIN' });
    });
  });

  it('with an AbortSignal: AbortError', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const lfd = listener(task, 80);
      const ac = new AbortController();
      const waiting = task.accept(lfd, { signal: ac.signal });
      ac.abort(new Error('enough'));
      await expect(waiting).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', syscall: 'accept', cause: new Error('enough') });
      await expect(task.accept(lfd, { signal: ac.signal })).rejects.toMatchObject({ name: 'AbortError' });
      // Nobody is left waiting: the connection stays for the next.
      await task.connect(task.socket(AF_INET, SOCK_STREAM), at(80));
      expect(task.sys.accept(lfd)).toBeGreaterThan(0);
    });
  });

  it('when the descriptor is closed: EBADF, but not another one for the same socket', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const a2 = task.dup(a);
      const one = task.recv(a, new Uint8Array(10));
      const two = task.recv(a2, new Uint8Array(10));
      task.close(a);
      await expect(one).rejects.toMatchObject({ code: 'EBADF', message: `recv EBADF fd ${a}: Bad file descriptor` });
      task.sys.send(b, text('hi'));
      expect(await two).toBe(2);
    });
  });

  it('at once with O_NONBLOCK and MSG_DONTWAIT', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a] = await pair(task);
      await expect(task.recv(a, new Uint8Array(1), MSG_DONTWAIT)).rejects.toMatchObject({ code: 'EAGAIN' });
      task.fcntl(a, F_SETFL, O_NONBLOCK);
      await expect(task.recv(a, new Uint8Array(1))).rejects.toMatchObject({ code: 'EAGAIN' });
      const big = new Uint8Array(100000);
      expect(await task.send(a, big)).toBe(65536);
      const fd = task.socket(AF_INET, SOCK_STREAM);
      task.fcntl(fd, F_SETFL, O_NONBLOCK);
      listener(task, 8080);
      await expect(task.connect(fd, at(8080))).rejects.toMatchObject({ code: 'EINPROGRESS' });
    });
  });

  it('and time does not pass while nothing happens: a deadlock is found', async () => {
    const { task, clock } = machine();
    await expect(clock.run(() => task.accept(listener(task, 80)), { patienceMs: 1 })).rejects.toThrow('deadlock');
  });
});

it('a machine that shuts down ends the waiting', async () => {
  const { task, clock } = machine();
  await clock.run(async () => {
    const waiting = task.accept(listener(task, 80));
    task.kernel.shutdown();
    await expect(waiting).rejects.toMatchObject({ code: 'EBADF' });
    expect(task.fds.list()).toEqual([]);
  });
});

describe('streams', () => {
  it('a blocking send sends all, a reader at a time', async () => {
    const { task, clock } = machine({ buffer: 1000 });
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const data = Uint8Array.from({ length: 10007 }, (_, i) => i % 251);
      const msg = new MsgHdr([data.subarray(0, 3), data.subarray(3, 5000), data.subarray(5000)]);
      const sent = task.sendmsg(a, msg);
      const got: number[] = [];
      const buf = new Uint8Array(333);
      while (got.length < data.length) got.push(...buf.subarray(0, await task.recv(b, buf)));
      expect(await sent).toBe(10007);
      expect(got).toEqual([...data]);
    });
  });

  it('MSG_WAITALL fills the buffers, or what there is at the end', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const buf = new Uint8Array(10);
      const all = task.recv(b, buf, MSG_WAITALL);
      for (const part of ['abc', 'defg', 'hijkl']) {
        task.sys.send(a, text(part));
        await Promise.resolve();
      }
      expect(await all).toBe(10);
      expect(string(buf)).toBe('abcdefghij');
      task.shutdown(a, SHUT_WR);
      expect(await task.recv(b, buf, MSG_WAITALL)).toBe(2);
      expect(await task.recv(b, buf)).toBe(0);
      expect(() => task.sys.send(a, buf)).not.toThrow();
      await expect(task.send(a, buf)).rejects.toMatchObject({ code: 'EPIPE' });
    });
  });

  it('MSG_PEEK leaves the data', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      task.sys.send(a, text('peek'));
      const buf = new Uint8Array(2);
      expect(await task.recv(b, buf, MSG_PEEK)).toBe(2);
      const msg = new MsgHdr([new Uint8Array(2), new Uint8Array(2)]);
      expect(await task.recvmsg(b, msg)).toBe(4);
      expect(msg.iov.map(string).join('')).toBe('peek');
    });
  });

  it('socketpair', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = task.socketpair(AF_INET, SOCK_STREAM);
      const got = task.recvfrom(b, new Uint8Array(8));
      await task.send(a, text('yes'));
      expect(await got).toEqual({ size: 3, addr: null });
      expect(task.sys.socketpair(AF_INET, SOCK_DGRAM, 0, [])).toBeLessThan(0);
    });
    task.exit();
  });
});

describe('datagrams', () => {
  it('sendto and recvfrom', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const a = task.socket(AF_INET, SOCK_DGRAM);
      const b = task.socket(AF_INET, SOCK_DGRAM);
      task.bind(a, at(53));
      task.bind(b, at(1053));
      const got = task.recvfrom(a, new Uint8Array(3));
      await task.sendto(b, text('query'), 0, at(53));
      expect(await got).toEqual({ size: 3, addr: at(1053) });
      await expect(task.send(b, text('x'))).rejects.toMatchObject({ code: 'EDESTADDRREQ' });
      const msg = new MsgHdr([new Uint8Array(2)]);
      task.sys.sendto(b, text('long'), 0, at(53));
      expect(task.sys.recvmsg(a, msg)).toBe(2);
      expect(msg.flags & MSG_TRUNC).toBe(MSG_TRUNC);
      const from: NameOut = { addr: null };
      task.sys.sendto(b, text('z'), 0, at(53));
      expect(task.sys.recvfrom(a, new Uint8Array(9), 0, from)).toBe(1);
      expect(from.addr).toEqual(sockaddrIn(HOST, 1053));
    });
  });

  it('recvmmsg keeps the error of a later message for the next call', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const a = task.socket(AF_INET, SOCK_DGRAM);
      const b = task.socket(AF_INET, SOCK_DGRAM);
      task.bind(a, at(53));
      const room = (): { hdr: MsgHdr; len: number }[] => [1, 2].map(() => ({ hdr: new MsgHdr([new Uint8Array(10)]), len: 0 }));
      task.sys.sendto(b, text('x'), 0, at(53));
      const two = room();
      two[1]!.hdr.iov = ['text' as unknown as Uint8Array];
      expect(await task.recvmmsg(a, two)).toBe(1);
      expect(task.sys.recvmmsg(a, room())).toBe(-EFAULT);
      expect(task.sys.recvmmsg(a, room())).toBe(-EAGAIN);
    });
  });

  it('sendmmsg and recvmmsg', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const a = task.socket(AF_INET, SOCK_DGRAM);
      const b = task.socket(AF_INET, SOCK_DGRAM);
      task.bind(a, at(53));
      const out = ['one', 'three', 'x'].map((s) => ({ hdr: new MsgHdr([text(s)], at(53)), len: 0 }));
      expect(await task.sendmmsg(b, out)).toBe(3);
      expect(out.map((m) => m.len)).toEqual([3, 5, 1]);
      const room = (): { hdr: MsgHdr; len: number }[] => [1, 2, 3, 4].map(() => ({ hdr: new MsgHdr([new Uint8Array(10)]), len: 0 }));
      const got = room();
      expect(await task.recvmmsg(a, got, MSG_WAITFORONE)).toBe(3);
      expect(got.slice(0, 3).map((m) => m.len)).toEqual([3, 5, 1]);
      const four = task.recvmmsg(a, room());
      task.sys.sendmmsg(b, [...out, ...out]);
      expect(await four).toBe(4);
      expect(task.sys.recvmmsg(a, room())).toBe(2);
      expect(task.sys.recvmmsg(a, room())).toBe(-EAGAIN);
    });
  });
});

it('a task in another namespace makes its sockets there, and files under /proc are those of its namespace', () => {
  const { task, clock } = machine();
  const { kernel } = task;
  let forward = 0;
  kernel.initNet.sysctl.register('net/ipv4/ip_forward', { get: () => String(forward), set: (v) => (/^[01]$/.test(v) ? ((forward = Number(v)), 0) : -22) });
  kernel.initNet.proc.create('net/dev', () => 'lo: 0\n');
  expect(task.readFile('/proc/net/dev')).toBe('lo: 0\n');
  expect(task.readFile('/proc/self/net/dev')).toBe('lo: 0\n');
  expect(task.readFile('/proc/sys/net/ipv4/ip_forward')).toBe('0\n');
  task.writeFile('/proc/sys/net/ipv4/ip_forward', '1\n');
  expect(task.readFile('//proc/./sys/net/../net/ipv4/ip_forward')).toBe('1\n');
  expect(() => task.writeFile('/proc/sys/net/ipv4/ip_forward', 'x')).toThrow('write EINVAL /proc/sys/net/ipv4/ip_forward');
  expect(() => task.writeFile('/proc/net/dev', 'x')).toThrow('EACCES');
  expect(() => task.readFile('/etc/passwd')).toThrow('open ENOENT /etc/passwd: No such file or directory');
  expect(task.listFiles('/proc/sys/net/ipv4')).toContain('/proc/sys/net/ipv4/ip_forward');
  expect(task.listFiles('/proc')).toContain('/proc/net/dev');
  clock.advance(sec(1));
});
