import { ENETDOWN, ms, NET_TX_SOFTIRQ } from '@linnet/kernel';
import { type Skb, skbDequeue, skbQueueTail } from '@linnet/skbuff';
import { describe, expect, test } from 'vitest';
import {
  allocNetdev, BFIFO_OPS, devAddTap, devChangeTxQueueLen, devClose, devDirectXmitSkb, devGraftQdisc, devOpen, devQueueXmit, etherSetup, IFF_NO_QUEUE, NETDEV, type NetDevice, NETDEV_TX_OK,
  netifQueueStopped, PFIFO_FAST_OPS, PFIFO_OPS, type Qdisc, qdiscCreate, qdiscDequeued, qdiscEnqueued, qdiscLookupOps, type QdiscOps, QdiscWatchdog, qdiscWatchdogCancel,
  qdiscWatchdogSchedule, registerNetdevice, registerQdisc, unregisterNetdevice,
} from '../src/index.ts';
import { FakeDevice, type SentFrame } from '../src/testing.ts';
import { drops, eth, finish, MAC_A, MAC_B, makeKernel, txSkb } from './helpers.ts';

const frame = (n: number, size = 1): Uint8Array => eth(MAC_B, MAC_A, 0x88b5, new Uint8Array(size).fill(n));
const send = (dev: NetDevice, n: number, opts: { priority?: number; size?: number } = {}): number => {
  const skb = txSkb(dev, frame(n, opts.size ?? 1));
  skb.priority = opts.priority ?? 0;
  return dev.kernel.run(() => devQueueXmit(skb));
};
const ids = (frames: readonly SentFrame[]): number[] => frames.map((f) => f.bytes[14]!);

describe('pfifo_fast', () => {
  test('an empty queue is passed by', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    expect(fake.dev.qdisc.ops.id).toBe('pfifo_fast');
    expect(send(fake.dev, 1)).toBe(0);
    expect(ids(fake.take())).toEqual([1]);
    expect([fake.dev.qdisc.packets, fake.dev.qdisc.bytes, fake.dev.qdisc.qlen]).toEqual([1, 15, 0]);
    finish(k);
  });

  test('while the driver is full packets wait in three bands; a wake-up sends them by priority, in order', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    fake.room = 0;
    expect(send(fake.dev, 0)).toBe(0); // found the driver full: stands first from now on
    expect(netifQueueStopped(fake.dev)).toBe(true);
    send(fake.dev, 1, { priority: 2 }); // bulk: band 2
    send(fake.dev, 2, { priority: 0 }); // best effort: band 1
    send(fake.dev, 3, { priority: 6 }); // interactive: band 0
    send(fake.dev, 4, { priority: 7 }); // control: band 0
    send(fake.dev, 5, { priority: 0 });
    expect([fake.dev.qdisc.qlen, fake.dev.qdisc.requeues]).toEqual([6, 1]);
    fake.release(2);
    expect(ids(fake.take())).toEqual([0, 3]);
    fake.release();
    expect(ids(fake.take())).toEqual([4, 2, 5, 1]);
    expect([fake.dev.qdisc.qlen, fake.dev.qdisc.backlog]).toEqual([0, 0]);
    finish(k);
  });

  test('a driver that says BUSY without stopping in time loses nothing', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    fake.stopsInTime = false;
    fake.room = 1;
    for (let i = 0; i < 5; i++) send(fake.dev, i);
    expect(ids(fake.take())).toEqual([0]);
    fake.release(2);
    fake.release();
    expect(ids(fake.take())).toEqual([1, 2, 3, 4]);
    expect(drops(k)).toEqual({});
    finish(k);
  });

  test('a band that is full drops, with a reason and NET_XMIT_DROP; the length can be set', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    expect(devChangeTxQueueLen(fake.dev, 2)).toBe(0);
    fake.room = 0;
    const rcs = [0, 1, 2, 3].map((i) => send(fake.dev, i));
    expect(rcs).toEqual([0, 0, 0, 1]); // the first stands outside of the bands
    expect(send(fake.dev, 9, { priority: 6 })).toBe(0); // another band
    expect(drops(k)).toEqual({ QDISC_OVERLIMIT: 1 });
    expect(fake.dev.qdisc.drops).toBe(1);
    fake.release();
    expect(ids(fake.take())).toEqual([0, 9, 1, 2]);
    finish(k);
  });

  test.each([[false], [true]])('a tap that throws does not end sending (no queue: %s)', (noQueue) => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { noQueue });
    let bugs = 0;
    const tap = devAddTap(k, {
      func: () => {
        bugs++;
        throw new Error('a bug');
      },
    });
    for (let i = 0; i < 12; i++) expect(() => send(fake.dev, i)).toThrow('a bug');
    tap.remove();
    expect([bugs, send(fake.dev, 13), ids(fake.take())]).toEqual([12, 0, [13]]);
    k.shutdown(); // what was under way when it threw is lost: no leak check here
  });

  test('a driver that throws does not keep the queues of others waiting', () => {
    const k = makeKernel();
    const fakes = [0, 1, 2].map(() => new FakeDevice(k.initNet));
    for (const f of fakes) {
      f.room = 0;
      send(f.dev, 1);
    }
    fakes[0]!.onSent = (): void => {
      throw new Error('a bug');
    };
    expect(() => k.run(() => fakes.forEach((f) => f.release()))).toThrow('a bug');
    expect(fakes.map((f) => ids(f.take()))).toEqual([[1], [1], [1]]);
    finish(k);
  });

  test('closing drops what waits', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    fake.room = 0;
    for (let i = 0; i < 3; i++) send(fake.dev, i);
    devClose(fake.dev);
    expect(drops(k)).toEqual({ QDISC_DROP: 3 });
    expect(send(fake.dev, 4)).toBe(2);
    expect(drops(k)).toEqual({ QDISC_DROP: 3, NETDEV_DOWN: 1 });
    fake.release();
    devOpen(fake.dev);
    expect(send(fake.dev, 5)).toBe(0);
    expect(ids(fake.take())).toEqual([5]);
    unregisterNetdevice(fake.dev);
    finish(k);
  });

  test('more than a weight is left to the softirq, and all of it goes', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    fake.room = 0;
    for (let i = 0; i < 300; i++) send(fake.dev, i & 255);
    const before = k.softirq.counts[NET_TX_SOFTIRQ]!;
    fake.release();
    expect(ids(fake.take())).toEqual(Array.from({ length: 300 }, (_, i) => i & 255));
    expect(k.softirq.counts[NET_TX_SOFTIRQ]! - before).toBe(5);
    finish(k);
  });

  test('its options as tc prints them', () => {
    const k = makeKernel();
    const q = new FakeDevice(k.initNet).dev.qdisc;
    expect([...PFIFO_FAST_OPS.dump!(q)!]).toEqual([3, 0, 0, 0, 1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    finish(k);
  });
});

describe('other queues', () => {
  test('a pfifo without room drops all, although the device is free', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    devGraftQdisc(fake.dev, qdiscCreate(fake.dev, PFIFO_OPS, new Uint8Array(4)) as Qdisc);
    expect([0, 1].map((i) => send(fake.dev, i))).toEqual([1, 1]);
    devGraftQdisc(fake.dev, null);
    expect(drops(k)).toEqual({ QDISC_OVERLIMIT: 2 });
    finish(k);
  });

  test('pfifo counts packets, bfifo bytes', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    const limit = (n: number): Uint8Array => new Uint8Array([n, 0, 0, 0]);
    devGraftQdisc(fake.dev, qdiscCreate(fake.dev, PFIFO_OPS, limit(2)) as Qdisc);
    fake.room = 0;
    expect([0, 1, 2, 3].map((i) => send(fake.dev, i))).toEqual([0, 0, 0, 1]);
    expect([...PFIFO_OPS.dump!(fake.dev.qdisc)!]).toEqual([2, 0, 0, 0]);
    devGraftQdisc(fake.dev, qdiscCreate(fake.dev, BFIFO_OPS, limit(40)) as Qdisc);
    fake.release(0);
    expect([0, 1, 2, 3].map((i) => send(fake.dev, i))).toEqual([0, 0, 1, 1]); // 15 bytes stand in front, 15 more fit
    devGraftQdisc(fake.dev, null);
    expect(fake.dev.qdisc.ops.id).toBe('pfifo_fast');
    expect(qdiscCreate(fake.dev, PFIFO_OPS, new Uint8Array(2))).toBeLessThan(0);
    // All eight are accounted for: five waited and went with their queue, three found no room.
    expect(drops(k)).toEqual({ QDISC_OVERLIMIT: 3, QDISC_DROP: 5 });
    finish(k);
  });

  test('the default can be chosen', () => {
    const k = makeKernel();
    expect(k.sysctl.write('net.core.default_qdisc', 'nonsense')).toBeLessThan(0);
    expect(k.sysctl.write('net.core.default_qdisc', 'pfifo')).toBe(0);
    expect(new FakeDevice(k.initNet).dev.qdisc.ops.id).toBe('pfifo');
    expect(qdiscLookupOps(k, 'bfifo')).toBe(BFIFO_OPS);
    expect(qdiscLookupOps(k, 'x')).toBe(null);
    expect(registerQdisc(k, BFIFO_OPS)).toBeLessThan(0);
    finish(k);
  });

  test('one that holds packets back: the watchdog wakes it to the nanosecond', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    const DELAY = ms(20);
    const ops: QdiscOps = {
      id: 'delay',
      init(sch) {
        sch.priv = new QdiscWatchdog(sch);
        return 0;
      },
      enqueue(skb, sch) {
        skb.cbTime = sch.dev.kernel.ktime + DELAY;
        skbQueueTail(sch.q, skb);
        qdiscEnqueued(sch, skb);
        return 0;
      },
      dequeue(sch): Skb | null {
        const skb = sch.q.head;
        if (skb === null) return null;
        if (skb.cbTime > sch.dev.kernel.ktime) {
          qdiscWatchdogSchedule(sch.priv as QdiscWatchdog, skb.cbTime);
          return null;
        }
        qdiscDequeued(sch, skb);
        return skbDequeue(sch.q);
      },
      reset(sch) {
        qdiscWatchdogCancel(sch.priv as QdiscWatchdog);
      },
    };
    devGraftQdisc(fake.dev, qdiscCreate(fake.dev, ops) as Qdisc);
    const sentAt: number[] = [];
    const start = k.now();
    fake.onSent = () => sentAt.push(k.now() - start);
    send(fake.dev, 1);
    k.clock.advance(ms(5) + 1);
    send(fake.dev, 2);
    k.clock.advance(ms(100));
    expect(sentAt).toEqual([DELAY, ms(25) + 1]);
    send(fake.dev, 3);
    devClose(fake.dev);
    k.clock.advance(ms(100));
    expect(ids(fake.take())).toEqual([1, 2]);
    expect(drops(k)).toEqual({ QDISC_DROP: 1 });
    expect(k.nextEvent()).toBe(Infinity);
    finish(k);
  });
});

describe('no queue', () => {
  test('straight to the driver, which must not refuse', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { noQueue: true });
    expect(fake.dev.qdisc.ops.id).toBe('noqueue');
    expect(send(fake.dev, 1)).toBe(0);
    fake.room = 0;
    expect(send(fake.dev, 2)).toBe(-ENETDOWN);
    expect(send(fake.dev, 3)).toBe(-ENETDOWN);
    expect(drops(k)).toEqual({ FULL_RING: 2 });
    expect(fake.dev.stats.txDropped).toBe(2);
    finish(k);
  });

  test('devices that send through each other in a circle end at the recursion limit', () => {
    const k = makeKernel();
    let calls = 0;
    const make = (name: string): NetDevice => {
      const dev = allocNetdev(k.initNet, {
        name,
        setup: (d) => {
          etherSetup(d);
          d.privFlags |= IFF_NO_QUEUE;
        },
        ops: {
          startXmit(skb, d): number {
            calls++;
            skb.dev = d === a ? b : a;
            devQueueXmit(skb);
            return NETDEV_TX_OK;
          },
        },
      });
      registerNetdevice(dev);
      devOpen(dev);
      return dev;
    };
    const a: NetDevice = make('a');
    const b: NetDevice = make('b');
    send(a, 1);
    expect(calls).toBe(9);
    expect(drops(k)).toEqual({ RECURSION_LIMIT: 1 });
    expect(k.get(NETDEV).xmitRecursion).toBe(0);
    finish(k);
  });

  test('past the queue on demand, not to a closed device', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    expect(k.run(() => devDirectXmitSkb(txSkb(fake.dev, frame(7))))).toBe(0);
    devClose(fake.dev);
    expect(k.run(() => devDirectXmitSkb(txSkb(fake.dev, frame(8))))).toBe(-ENETDOWN);
    expect(ids(fake.take())).toEqual([7]);
    finish(k);
  });
});

test('a driver without an xmit function drops', () => {
  const k = makeKernel();
  const dev = allocNetdev(k.initNet, { name: 'x0', setup: etherSetup });
  registerNetdevice(dev);
  devOpen(dev);
  expect(send(dev, 1)).toBe(0);
  expect(drops(k)).toEqual({ NETDEV_DOWN: 1 });
  finish(k);
});
