import { ARPHRD_LOOPBACK, IFF_LOOPBACK } from '@linnet/uapi';
import { allocSkb, CHECKSUM_PARTIAL, skbPut, skbReserve, consumeSkb } from '@linnet/skbuff';
import { expect, test } from 'vitest';
import {
  devAddPack, devGetFlags, devOpen, devQueueXmit, devSetMtu, ETH_HEADER_OPS, netdevFeatureNames, netLoopbackDev, PacketType,
} from '../src/index.ts';
import { bytes, drops, finish, listen, makeKernel, txSkb } from './helpers.ts';

const lo = (k: ReturnType<typeof makeKernel>): ReturnType<typeof netLoopbackDev> => netLoopbackDev(k.initNet);

test('lo is there, down, with 65536 bytes and no queue', () => {
  const k = makeKernel();
  const dev = lo(k);
  expect([dev.name, dev.ifindex, dev.mtu, dev.type, devGetFlags(dev), dev.txQueueLen]).toEqual(['lo', 1, 65536, ARPHRD_LOOPBACK, IFF_LOOPBACK, 1000]);
  expect(netdevFeatureNames(dev.features)).toContain('tx-tcp-segmentation');
  expect(devOpen(dev)).toBe(0);
  expect(dev.qdisc.ops.id).toBe('noqueue');
  expect(devSetMtu(dev, 1_000_000)).toBe(0); // no upper bound
  finish(k);
});

test('what is sent is received, in order, from the backlog, with header, checksum state and size intact', () => {
  const k = makeKernel();
  const dev = lo(k);
  devOpen(dev);
  const got = listen(k, 0x88b5);
  k.enter();
  for (let i = 0; i < 3; i++) {
    const skb = txSkb(dev, bytes(i, i));
    expect(ETH_HEADER_OPS.create(skb, dev, 0x88b5, null, null, 2)).toBe(14);
    expect(devQueueXmit(skb)).toBe(0);
    expect(got).toHaveLength(0); // not before the caller is done
  }
  k.exit();
  expect(got.map((g) => g.payload)).toEqual([[0, 0], [1, 1], [2, 2]]);
  expect(got.every((g) => g.pktType === 0 && g.dev === 'lo' && g.skbIif === 1)).toBe(true);
  expect([dev.stats.rxPackets, dev.stats.txPackets, dev.stats.rxBytes, dev.stats.txBytes]).toEqual([3, 3, 6, 6]);
  finish(k);
});

test('a handler may send again: no stack grows, and a chain of a thousand ends', () => {
  const k = makeKernel();
  const dev = lo(k);
  devOpen(dev);
  let hops = 0;
  const send = (n: number): void => {
    const skb = txSkb(dev, bytes(n >> 8, n & 255));
    ETH_HEADER_OPS.create(skb, dev, 0x88b5, null, null, 2);
    devQueueXmit(skb);
  };
  devAddPack(k, new PacketType({ type: 0x88b5, func: (skb) => {
    const n = skb.view.getUint16(skb.data);
    consumeSkb(skb);
    hops++;
    if (n > 0) send(n - 1);
    return 0;
  } }));
  k.run(() => send(999));
  expect(hops).toBe(1000);
  finish(k);
});

test('the sender is freed of the packet before the receiver sees it', () => {
  const k = makeKernel();
  const dev = lo(k);
  devOpen(dev);
  const order: string[] = [];
  devAddPack(k, new PacketType({ type: 0x88b5, func: (skb) => {
    order.push(`received sk=${skb.sk === null} csum=${skb.ipSummed === CHECKSUM_PARTIAL} gso=${skb.gsoSize}`);
    consumeSkb(skb);
    return 0;
  } }));
  const skb = allocSkb(dev.pool, 70000);
  skbReserve(skb, 64);
  skbPut(skb, 60000);
  skb.dev = dev;
  skb.sk = { family: 2 };
  skb.destructor = () => order.push('released');
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.data;
  skb.csumOffset = 16;
  skb.gsoSize = 1448;
  skb.gsoSegs = 42;
  skb.gsoType = 1;
  ETH_HEADER_OPS.create(skb, dev, 0x88b5, null, null, 2);
  k.run(() => devQueueXmit(skb));
  expect(order).toEqual(['released', 'received sk=true csum=true gso=1448']);
  expect(drops(k)).toEqual({});
  finish(k);
});

test('down: the packet is dropped, and the sender is not told', () => {
  const k = makeKernel();
  const dev = lo(k);
  const skb = txSkb(dev, bytes(1));
  ETH_HEADER_OPS.create(skb, dev, 0x88b5, null, null, 1);
  expect(k.run(() => devQueueXmit(skb))).toBe(2);
  expect(drops(k)).toEqual({ NETDEV_DOWN: 1 });
  finish(k);
});
