// Epolls that watch epolls, and several that watch one file. What is expected is what Linux 6.18 answered to the same calls.
import { EINVAL, ELOOP } from '@linnet/kernel';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import type { EpollEvent, Task } from '../src/index.ts';
import { listener, machine, pair, at } from './helpers.ts';

const add = (task: Task, outer: number, inner: number, events: number = EPOLLIN): number => task.sys.epollCtl(outer, EPOLL_CTL_ADD, inner, { events, data: inner });

function ready(task: Task, ep: number): unknown[] {
  const out: EpollEvent[] = [];
  const n = task.sys.epollWait(ep, out, 16);
  return out.slice(0, n).map((e) => e.data);
}

describe('an epoll that watches an epoll', () => {
  it('is ready when that one would return something, and wakes who waits', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const inner = task.epollCreate1();
      const outer = task.epollCreate1();
      expect(add(task, outer, inner)).toBe(0);
      expect(add(task, inner, b)).toBe(0);
      expect(ready(task, outer)).toEqual([]);
      const out: EpollEvent[] = [];
      const waiting = task.epollWait(outer, out, 1);
      task.sys.send(a, new Uint8Array(1));
      expect([await waiting, out[0]!.data]).toEqual([1, inner]);
      expect(ready(task, inner)).toEqual([b]);
      task.sys.recv(b, new Uint8Array(1));
      expect(ready(task, outer)).toEqual([]);
      task.close(inner);
      task.sys.send(a, new Uint8Array(1));
      expect(ready(task, outer)).toEqual([]);
    });
  });

  it('edge-triggered, tells of each new event inside', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const inner = task.epollCreate1();
      const outer = task.epollCreate1();
      add(task, outer, inner, EPOLLIN | EPOLLET);
      add(task, inner, b);
      const write = (): number => task.sys.send(a, new Uint8Array(1));
      expect(ready(task, outer)).toEqual([]);
      write();
      expect([ready(task, outer), ready(task, outer)]).toEqual([[inner], []]);
      write();
      expect([ready(task, outer), ready(task, inner), ready(task, outer)]).toEqual([[inner], [b], []]);
      write();
      expect(ready(task, outer)).toEqual([inner]);
      while (task.sys.recv(b, new Uint8Array(9)) > 0);
      expect(ready(task, inner)).toEqual([]);
      write();
      expect(ready(task, outer)).toEqual([inner]);
    });
  });

  it('no circles, and five in a row at most', () => {
    const { task } = machine();
    const make = (): number[] => Array.from({ length: 8 }, () => task.epollCreate1());
    const up = make();
    expect([1, 2, 3, 4, 5, 6, 7].map((i) => add(task, up[i]!, up[i - 1]!))).toEqual([0, 0, 0, 0, -ELOOP, 0, 0]);
    const down = make();
    expect([7, 6, 5, 4, 3, 2, 1].map((i) => add(task, down[i]!, down[i - 1]!))).toEqual([0, 0, 0, 0, -ELOOP, 0, 0]);
    const [a, b, c] = make() as [number, number, number];
    add(task, a, b);
    add(task, b, c);
    expect([add(task, c, a), add(task, b, a), add(task, a, a)]).toEqual([-ELOOP, -ELOOP, -EINVAL]);
    // What was taken out again counts no more.
    task.epollCtl(a, EPOLL_CTL_DEL, b, null);
    expect(add(task, c, a)).toBe(0);
  });
});

describe('EPOLLEXCLUSIVE', () => {
  it('is set when a file is added, never later, and goes with few other bits', () => {
    const { task } = machine();
    const ep = task.epollCreate1();
    const inner = task.epollCreate1();
    const fd = listener(task, 80);
    const { sys } = task;
    expect(add(task, ep, inner, EPOLLIN | EPOLLEXCLUSIVE)).toBe(-EINVAL);
    for (const bit of [EPOLLONESHOT, EPOLLRDHUP, EPOLLPRI]) expect(add(task, ep, fd, EPOLLIN | EPOLLEXCLUSIVE | bit)).toBe(-EINVAL);
    expect(add(task, ep, fd, EPOLLIN | EPOLLOUT | EPOLLET | EPOLLHUP | EPOLLERR | EPOLLEXCLUSIVE)).toBe(0);
    expect(sys.epollCtl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN, data: 0 })).toBe(-EINVAL);
    sys.epollCtl(ep, EPOLL_CTL_DEL, fd, null);
    add(task, ep, fd);
    expect(sys.epollCtl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN | EPOLLEXCLUSIVE, data: 0 })).toBe(-EINVAL);
  });

  it('wakes one of those who wait for each event, and all others as ever', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const lfd = listener(task, 80);
      const woken: string[] = [];
      const wait = (name: string, events: number): void => {
        const ep = task.epollCreate1();
        task.epollCtl(ep, EPOLL_CTL_ADD, lfd, { events, data: name });
        const out: EpollEvent[] = [];
        void task.epollWait(ep, out, 1).then(() => woken.push(name));
      };
      wait('first', EPOLLIN | EPOLLEXCLUSIVE);
      wait('second', EPOLLIN | EPOLLEXCLUSIVE);
      wait('plain', EPOLLIN);
      await task.connect(task.socket(2, 1), at(80));
      expect(woken.sort()).toEqual(['first', 'plain']);
      await task.connect(task.socket(2, 1), at(80));
      expect(woken.sort()).toEqual(['first', 'plain', 'second']);
      task.exit();
    });
  });
});
