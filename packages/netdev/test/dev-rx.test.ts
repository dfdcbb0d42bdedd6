import { consumeSkb, type Skb } from '@linnet/skbuff';
import { ETH_P_802_2, ETH_P_802_3, ETH_P_ALL } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import {
  devAddPack, devClose, devForwardSkb, devOpen, devRemovePack, ethTypeTrans, NETDEV, type NetDevice, netdevRxHandlerRegister, netdevRxHandlerUnregister, netDisableTimestamp, netEnableTimestamp, netifRx, PacketType,
  RX_HANDLER_ANOTHER, RX_HANDLER_CONSUMED, RX_HANDLER_EXACT, RX_HANDLER_PASS, skbDev, unregisterNetdevice,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { BROADCAST, bytes, drops, eth, finish, listen, MAC_A, MAC_B, makeKernel, txSkb } from './helpers.ts';

const T = 0x88b5;
const GROUP = new Uint8Array([1, 0, 0x5e, 0, 0, 1]);

describe('eth_type_trans', () => {
  test.each([
    ['for us', eth(MAC_A, MAC_B, T, [1]), 0, T],
    ['broadcast', eth(BROADCAST, MAC_B, T, [1]), 1, T],
    ['multicast', eth(GROUP, MAC_B, T, [1]), 2, T],
    ['for another host', eth(MAC_B, MAC_A, T, [1]), 3, T],
    ['802.2', eth(MAC_A, MAC_B, 4, [0xaa, 0xaa, 3, 0]), 0, ETH_P_802_2],
    ['raw 802.3', eth(MAC_A, MAC_B, 4, [0xff, 0xff, 3, 0]), 0, ETH_P_802_3],
    ['802.2 with nothing inside', eth(MAC_A, MAC_B, 0, []), 0, ETH_P_802_2],
    ['the smallest EtherType', eth(MAC_A, MAC_B, 0x600, [1]), 0, 0x600],
    ['too short', MAC_A, 0, 0],
    ['nothing', bytes(), 0, 0],
  ])('%s', (_name, frame, pktType, proto) => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet, { mac: MAC_A });
    const skb = txSkb(dev, frame);
    expect(ethTypeTrans(skb, dev)).toBe(proto);
    expect(skb.pktType).toBe(pktType);
    expect(skb.len).toBe(proto === 0 ? frame.length : frame.length - 14);
    expect(skb.dev).toBe(dev);
    consumeSkb(skb);
    finish(k);
  });
});

describe('delivery', () => {
  test('to the protocol of the EtherType, for all devices, one device, one namespace; each gets a packet of its own', () => {
    const k = makeKernel();
    const b = k.createNet();
    const one = new FakeDevice(k.initNet, { mac: MAC_A, name: 'eth0' });
    const two = new FakeDevice(b, { mac: MAC_A, name: 'eth1' });
    const all = listen(k, T);
    const again = listen(k, T);
    const onOne = listen(k, T, { dev: one.dev });
    const inB = listen(k, T, { net: b });
    const other = listen(k, T + 16); // the same bucket
    one.inject(eth(MAC_A, MAC_B, T, [1]));
    two.inject(eth(MAC_A, MAC_B, T, [2]));
    expect([all, again, onOne, inB, other].map((l) => l.map((g) => g.payload[0]))).toEqual([[1, 2], [1, 2], [1], [2], []]);
    devRemovePack(k, all.pt);
    devRemovePack(k, onOne.pt);
    one.inject(eth(MAC_A, MAC_B, T, [3]));
    expect([all.length, again.length, onOne.length]).toEqual([2, 3, 1]);
    expect(drops(k)).toEqual({});
    finish(k);
  });

  test('nobody: dropped with a reason and counted', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    fake.inject(eth(MAC_A, MAC_B, T));
    expect(drops(k)).toEqual({ UNHANDLED_PROTO: 1 });
    expect(fake.dev.stats.rxDropped).toBe(1);
    finish(k);
  });

  test('taps see everything, also what nobody handles, and may go away inside the call', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    const other = new FakeDevice(k.initNet, { name: 'other' });
    const seen: string[] = [];
    const pt: PacketType = new PacketType({
      type: ETH_P_ALL,
      func: (skb, dev) => {
        seen.push(`${dev.name} ${skb.pktType} ${skb.len} ${skb.data - skb.macHeader}`);
        devRemovePack(k, pt);
        consumeSkb(skb);
        return 0;
      },
    });
    devAddPack(k, pt);
    const dedicated: string[] = [];
    devAddPack(k, new PacketType({ type: ETH_P_ALL, dev: other.dev, func: (skb, dev) => {
      dedicated.push(dev.name);
      consumeSkb(skb);
      return 0;
    } }));
    fake.inject(eth(MAC_B, MAC_A, T, [1, 2]));
    fake.inject(eth(MAC_B, MAC_A, T, [1, 2]));
    other.inject(eth(MAC_B, MAC_A, T, [1, 2]));
    expect(seen).toEqual(['eth0 3 2 14']);
    expect(dedicated).toEqual(['other']);
    // As on Linux, what a tap took was not dropped.
    expect(drops(k)).toEqual({ UNHANDLED_PROTO: 1 });
    unregisterNetdevice(other.dev);
    expect(k.get(NETDEV).nrTaps).toBe(0);
    finish(k);
  });

  test('time stamps only while somebody wants them', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    const stamps: number[] = [];
    devAddPack(k, new PacketType({ type: T, func: (skb) => {
      stamps.push(skb.tstamp);
      consumeSkb(skb);
      return 0;
    } }));
    fake.inject(eth(MAC_A, MAC_B, T));
    netEnableTimestamp(k.get(NETDEV));
    k.clock.advance(5e6);
    fake.inject(eth(MAC_A, MAC_B, T));
    netDisableTimestamp(k.get(NETDEV));
    fake.inject(eth(MAC_A, MAC_B, T));
    expect(stamps).toEqual([0, k.wallNow(), 0]);
    finish(k);
  });
});

describe('rx_handler', () => {
  const setup = (verdict: (dev: NetDevice) => number, exactOn?: 'port'): { k: ReturnType<typeof makeKernel>; port: FakeDevice; master: FakeDevice; got: ReturnType<typeof listen>; exact: ReturnType<typeof listen>; taken: string[] } => {
    const k = makeKernel();
    const port = new FakeDevice(k.initNet, { mac: MAC_A, name: 'port' });
    const master = new FakeDevice(k.initNet, { mac: MAC_A, name: 'master' });
    const got = listen(k, T);
    const exact = listen(k, T, exactOn === 'port' ? { dev: port.dev } : { dev: master.dev });
    const taken: string[] = [];
    const handler = (skb: Skb): number => {
      const dev = skbDev(skb)!;
      taken.push(dev.name);
      const v = verdict(dev);
      if (v === RX_HANDLER_CONSUMED) consumeSkb(skb);
      if (v === RX_HANDLER_ANOTHER) skb.dev = master.dev;
      return v;
    };
    expect(netdevRxHandlerRegister(port.dev, handler, null)).toBe(0);
    expect(netdevRxHandlerRegister(port.dev, handler, null)).toBeLessThan(0);
    port.inject(eth(MAC_A, MAC_B, T, [1]));
    return { k, port, master, got, exact, taken };
  };

  test('PASS goes on', () => {
    const { k, got, port } = setup(() => RX_HANDLER_PASS);
    expect(got.map((g) => g.dev)).toEqual(['port']);
    netdevRxHandlerUnregister(port.dev);
    finish(k);
  });
  test('CONSUMED ends', () => {
    const { k, got } = setup(() => RX_HANDLER_CONSUMED);
    expect(got).toHaveLength(0);
    expect(drops(k)).toEqual({});
    finish(k);
  });
  test('ANOTHER begins again with the new device', () => {
    const { k, got, exact } = setup(() => RX_HANDLER_ANOTHER);
    expect(got.map((g) => [g.dev, g.origDev, g.skbIif])).toEqual([['master', 'port', 3]]);
    expect(exact.map((g) => g.dev)).toEqual(['master']);
    finish(k);
  });
  test('EXACT reaches only who is bound to the device, else nobody', () => {
    const a = setup(() => RX_HANDLER_EXACT, 'port');
    expect([a.got.length, a.exact.length]).toEqual([0, 1]);
    finish(a.k);
    const b = setup(() => RX_HANDLER_EXACT);
    expect([b.got.length, b.exact.length]).toEqual([0, 0]);
    expect(drops(b.k)).toEqual({ UNHANDLED_PROTO: 1 });
    expect([b.port.dev.stats.rxNohandler, b.port.dev.stats.rxDropped]).toEqual([1, 0]);
    finish(b.k);
  });
});

describe('backlog', () => {
  test('full: dropped with a reason and counted', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    const got = listen(k, T);
    expect(k.sysctl.write('net.core.netdev_max_backlog', '10')).toBe(0);
    k.enter();
    for (let i = 0; i < 20; i++) netifRx(fake.makeSkb(eth(MAC_A, MAC_B, T, [i])));
    k.exit();
    // Linux lets one more in than the limit says.
    expect(got.map((g) => g.payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(drops(k)).toEqual({ CPU_BACKLOG: 9 });
    expect(fake.dev.stats.rxDropped).toBe(9);
    expect(k.get(NETDEV).dropped).toBe(9);
    finish(k);
  });

  test('a flood is worked off in slices, everything in order', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    k.sysctl.write('net.core.netdev_max_backlog', '100000');
    const got = listen(k, T);
    k.enter();
    for (let i = 0; i < 5000; i++) netifRx(fake.makeSkb(eth(MAC_A, MAC_B, T, [i >> 8, i & 255])));
    k.exit();
    expect(got.length).toBeLessThan(5000); // the host gets its turn
    k.clock.runUntilIdle();
    expect(got.map((g) => g.payload[0]! * 256 + g.payload[1]!)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(k.get(NETDEV).timeSqueeze).toBeGreaterThan(0);
    finish(k);
  });

  test('a closed device receives nothing; what waits for one that goes is dropped', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    const got = listen(k, T);
    devClose(fake.dev);
    fake.inject(eth(MAC_A, MAC_B, T));
    expect(drops(k)).toEqual({ DEV_READY: 1 });
    devOpen(fake.dev);
    k.enter();
    netifRx(fake.makeSkb(eth(MAC_A, MAC_B, T)));
    unregisterNetdevice(fake.dev);
    k.exit();
    expect(got).toHaveLength(0);
    expect(drops(k)).toEqual({ DEV_READY: 2 });
    finish(k);
  });
});

test('dev_forward_skb: from one device to the other, cleaned of what must not pass', () => {
  const k = makeKernel();
  const b = k.createNet();
  const from = new FakeDevice(k.initNet, { mac: MAC_A });
  const to = new FakeDevice(b, { mac: MAC_B, name: 'to' });
  const marks: number[][] = [];
  devAddPack(k, new PacketType({ type: T, func: (skb) => {
    marks.push([skb.mark, skb.priority, skb.pktType, skb.skbIif, skb.tstamp]);
    consumeSkb(skb);
    return 0;
  } }));
  const send = (size: number, gso = 0): number => {
    const skb = txSkb(from.dev, eth(MAC_B, MAC_A, T, new Uint8Array(size)));
    skb.mark = 5;
    skb.priority = 6;
    skb.pktType = 4;
    skb.tstamp = 7;
    skb.gsoSize = gso;
    return k.run(() => devForwardSkb(to.dev, skb));
  };
  expect(send(100)).toBe(0);
  expect(marks).toEqual([[0, 0, 0, 2, 0]]);
  expect(send(1504)).toBe(0); // room for a VLAN tag
  expect(send(1505)).toBe(1);
  expect(send(30000, 1448)).toBe(0);
  expect(drops(k)).toEqual({ PKT_TOO_BIG: 1 });
  devClose(to.dev);
  expect(send(100)).toBe(1);
  expect(to.dev.stats.rxDropped).toBe(2);
  finish(k);
});
