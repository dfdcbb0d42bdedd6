import { EBADF, EEXIST, EINVAL, ENOENT, ms } from '@linnet/kernel';
import { AF_INET, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDHUP, POLLIN, POLLNVAL, POLLOUT, SHUT_WR, SOCK_STREAM } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import type { EpollEvent, PollFd } from '../src/index.ts';
import { listener, machine, pair, text } from './helpers.ts';

describe('poll', () => {
  it('tells what holds now', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      task.sys.send(a, text('x'));
      const fds: PollFd[] = [{ fd: a, events: POLLIN | POLLOUT, revents: 0 }, { fd: b, events: POLLIN, revents: 0 }, { fd: -1, events: POLLIN, revents: 5 }, { fd: 99, events: 0, revents: 0 }];
      expect(task.sys.poll(fds)).toBe(3);
      expect(fds.map((p) => p.revents)).toEqual([POLLOUT, POLLIN, 0, POLLNVAL]);
    });
  });

  it('waits for the first of several', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task, 80);
      const [c, d] = await pair(task, 81);
      const fds: PollFd[] = [{ fd: b, events: POLLIN, revents: 0 }, { fd: d, events: POLLIN, revents: 0 }];
      const ready = task.poll(fds);
      task.sys.send(c, text('x'));
      expect(await ready).toBe(1);
      expect(fds.map((p) => p.revents)).toEqual([0, POLLIN]);
      task.sys.recv(d, new Uint8Array(1));
      expect(await task.poll(fds, 0)).toBe(0);
      expect(await task.poll(fds, 250)).toBe(0);
      expect(clock.now()).toBe(ms(250));
      expect(await task.poll([], 10)).toBe(0);
      const closed = task.poll(fds);
      task.close(b);
      expect(await closed).toBe(1);
      expect(fds[0]!.revents).toBe(POLLNVAL);
      task.close(a);
    });
  });
});

describe('epoll', () => {
  it('level-triggered reports as long as it holds', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const ep = task.epollCreate1();
      task.epollCtl(ep, EPOLL_CTL_ADD, b, { events: EPOLLIN, data: 'b' });
      const out: EpollEvent[] = [];
      expect(task.sys.epollWait(ep, out, 8)).toBe(0);
      const waiting = task.epollWait(ep, out, 8);
      task.sys.send(a, text('xy'));
      expect(await waiting).toBe(1);
      expect(out[0]).toEqual({ events: EPOLLIN, data: 'b' });
      task.sys.recv(b, new Uint8Array(1));
      expect(task.sys.epollWait(ep, out, 8)).toBe(1);
      task.sys.recv(b, new Uint8Array(1));
      expect(task.sys.epollWait(ep, out, 8)).toBe(0);
      expect(await task.epollWait(ep, out, 8, 20)).toBe(0);
      expect(clock.now()).toBe(ms(20));
    });
  });

  it('EPOLLET reports each change once', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const ep = task.epollCreate1();
      task.epollCtl(ep, EPOLL_CTL_ADD, b, { events: EPOLLIN | EPOLLET, data: b });
      task.sys.send(a, text('x'));
      const out: EpollEvent[] = [];
      expect(task.sys.epollWait(ep, out, 8)).toBe(1);
      expect(task.sys.epollWait(ep, out, 8)).toBe(0);
      task.sys.send(a, text('y'));
      expect(task.sys.epollWait(ep, out, 8)).toBe(1);
    });
  });

  it('EPOLLONESHOT reports once until it is armed again', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const ep = task.epollCreate1();
      task.epollCtl(ep, EPOLL_CTL_ADD, b, { events: EPOLLIN | EPOLLONESHOT, data: 1 });
      task.sys.send(a, text('x'));
      const out: EpollEvent[] = [];
      expect(task.sys.epollWait(ep, out, 8)).toBe(1);
      task.sys.send(a, text('y'));
      expect(task.sys.epollWait(ep, out, 8)).toBe(0);
      task.epollCtl(ep, EPOLL_CTL_MOD, b, { events: EPOLLIN | EPOLLONESHOT, data: 2 });
      expect(task.sys.epollWait(ep, out, 8)).toBe(1);
      expect(out[0]!.data).toBe(2);
    });
  });

  it('EPOLLRDHUP and EPOLLHUP tell the end', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const ep = task.epollCreate1();
      task.epollCtl(ep, EPOLL_CTL_ADD, b, { events: EPOLLRDHUP, data: b });
      const out: EpollEvent[] = [];
      task.shutdown(a, SHUT_WR);
      expect(task.sys.epollWait(ep, out, 8)).toBe(1);
      expect(out[0]!.events).toBe(EPOLLRDHUP);
      task.shutdown(b, SHUT_WR);
      expect(task.sys.epollWait(ep, out, 8)).toBe(1);
      expect(out[0]!.events).toBe(EPOLLRDHUP | EPOLLHUP);
    });
  });

  it('takes turns when there are more than asked for', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const ep = task.epollCreate1();
      for (let i = 0; i < 3; i++) {
        const [a] = await pair(task, 80 + i);
        task.epollCtl(ep, EPOLL_CTL_ADD, a, { events: EPOLLOUT, data: i });
      }
      const seen: unknown[] = [];
      const out: EpollEvent[] = [];
      for (let i = 0; i < 6; i++) {
        expect(task.sys.epollWait(ep, out, 1)).toBe(1);
        seen.push(out[0]!.data);
      }
      expect(seen).toEqual([0, 1, 2, 0, 1, 2]);
    });
  });

  it('forgets a file with its last descriptor, and refuses nonsense', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a] = await pair(task);
      const a2 = task.dup(a);
      const ep = task.epollCreate1();
      const { sys } = task;
      const event = { events: EPOLLOUT, data: null };
      expect(sys.epollCtl(ep, EPOLL_CTL_MOD, a, event)).toBe(-ENOENT);
      expect(sys.epollCtl(ep, EPOLL_CTL_ADD, a, event)).toBe(0);
      expect(sys.epollCtl(ep, EPOLL_CTL_ADD, a, event)).toBe(-EEXIST);
      expect(sys.epollCtl(ep, 9, a, event)).toBe(-EINVAL);
      expect(sys.epollCtl(ep, EPOLL_CTL_ADD, ep, event)).toBe(-EINVAL);
      expect(sys.epollCtl(ep, EPOLL_CTL_ADD, 99, event)).toBe(-EBADF);
      expect(sys.epollWait(ep, [], 0)).toBe(-EINVAL);
      // Still open under another number: still watched, as on Linux.
      task.close(a);
      const out: EpollEvent[] = [];
      expect(sys.epollWait(ep, out, 1)).toBe(1);
      task.close(a2);
      expect(sys.epollWait(ep, out, 1)).toBe(0);
      expect(sys.epollCtl(ep, EPOLL_CTL_DEL, listener(task, 90), null)).toBe(-ENOENT);
      const waiting = task.epollWait(ep, out, 1);
      task.close(ep);
      await expect(waiting).rejects.toMatchObject({ code: 'EBADF', syscall: 'epoll_wait' });
    });
  });

  it('an epoll can be polled', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const lfd = listener(task, 80);
      const ep = task.epollCreate1();
      task.epollCtl(ep, EPOLL_CTL_ADD, lfd, { events: EPOLLIN, data: null });
      const fds: PollFd[] = [{ fd: ep, events: POLLIN, revents: 0 }];
      const ready = task.poll(fds);
      task.sys.connect(task.socket(AF_INET, SOCK_STREAM), task.getsockname(lfd));
      expect(await ready).toBe(1);
    });
  });
});
