import { expect, test } from 'vitest';
import {
  NETDEV, napiCompleteDone, napiDisable, napiEnable, napiSchedule, type NapiStruct, netifNapiAdd, netifNapiDel, unregisterNetdevice,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { finish, makeKernel } from './helpers.ts';

/** A queue with so many packets waiting. */
function queue(fake: FakeDevice, n: number, log: number[] = []): { napi: NapiStruct; left: number; log: number[] } {
  const q = { napi: null as unknown as NapiStruct, left: n, log };
  q.napi = netifNapiAdd(fake.dev, (napi, budget) => {
    const work = Math.min(budget, q.left);
    q.left -= work;
    log.push(work);
    if (work < budget) napiCompleteDone(napi, work);
    return work;
  });
  napiEnable(q.napi);
  return q;
}

test('a poll delivers a weight at a time until nothing is left', () => {
  const k = makeKernel();
  const q = queue(new FakeDevice(k.initNet), 150);
  k.run(() => expect([napiSchedule(q.napi), napiSchedule(q.napi)]).toEqual([true, false]));
  expect(q.log).toEqual([64, 64, 22]);
  k.run(() => expect(napiSchedule(q.napi)).toBe(true));
  expect(q.log).toEqual([64, 64, 22, 0]);
  finish(k);
});

test('queues take turns', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet);
  const order: string[] = [];
  const make = (name: string, n: number): NapiStruct => {
    let left = n;
    const napi = netifNapiAdd(fake.dev, (self, budget) => {
      order.push(name);
      const work = Math.min(budget, left);
      left -= work;
      if (work < budget) napiCompleteDone(self, work);
      return work;
    });
    napiEnable(napi);
    return napi;
  };
  const a = make('a', 130);
  const b = make('b', 65);
  k.run(() => {
    napiSchedule(a);
    napiSchedule(b);
  });
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a']);
  finish(k);
});

test('a budget bounds one turn of the softirq, a number of turns one stay in the kernel; the rest comes in a slice of its own', () => {
  const k = makeKernel();
  k.sysctl.write('net.core.netdev_budget', '128');
  const q = queue(new FakeDevice(k.initNet), 64 * 100);
  k.run(() => napiSchedule(q.napi));
  expect(q.left).toBeGreaterThan(0);
  expect(k.get(NETDEV).timeSqueeze).toBeGreaterThan(0);
  k.clock.runUntilIdle();
  expect(q.left).toBe(0);
  finish(k);
});

test('scheduled while it is being polled: polled once more', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet);
  let polls = 0;
  const answers: boolean[] = [];
  const napi = netifNapiAdd(fake.dev, (self) => {
    if (polls++ === 0) napiSchedule(self);
    answers.push(napiCompleteDone(self, 0));
    return 0;
  });
  napiEnable(napi);
  k.run(() => napiSchedule(napi));
  expect(polls).toBe(2);
  expect(answers).toEqual([false, true]);
  finish(k);
});

test('disabled: not polled, wherever it stood', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet);
  const a = queue(fake, 1);
  const b = queue(fake, 1);
  const c = queue(fake, 1);
  k.run(() => {
    for (const q of [a, b, c]) napiSchedule(q.napi);
    napiDisable(b.napi);
    expect(napiSchedule(b.napi)).toBe(false);
  });
  expect([a.log, b.log, c.log]).toEqual([[1], [], [1]]);
  napiEnable(b.napi);
  k.run(() => napiSchedule(b.napi));
  expect(b.log).toEqual([1]);
  netifNapiDel(c.napi);
  expect(fake.dev.napiList).toHaveLength(2);
  unregisterNetdevice(fake.dev);
  expect(fake.dev.napiList).toHaveLength(0);
  finish(k);
});

test('disabled by its own poll function', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet);
  let polls = 0;
  const napi = netifNapiAdd(fake.dev, (self, budget) => {
    polls++;
    napiDisable(self);
    return budget;
  });
  napiEnable(napi);
  k.run(() => napiSchedule(napi));
  expect(polls).toBe(1);
  finish(k);
});

test('a poll function that throws does not end receiving, neither its own nor that of others', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet);
  let polls = 0;
  const bad = netifNapiAdd(fake.dev, (self) => {
    if (polls++ === 0) throw new Error('a bug');
    napiCompleteDone(self, 0);
    return 0;
  });
  napiEnable(bad);
  const good = queue(fake, 3);
  expect(() => k.run(() => {
    napiSchedule(bad);
    napiSchedule(good.napi);
  })).toThrow('a bug');
  expect([polls, good.log]).toEqual([2, [3]]);
  good.left = 5;
  k.run(() => expect([napiSchedule(good.napi), napiSchedule(bad)]).toEqual([true, true]));
  expect([polls, good.log]).toEqual([3, [3, 5]]);
  finish(k);
});
