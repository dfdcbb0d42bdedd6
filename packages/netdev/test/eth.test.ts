import { consumeSkb } from '@linnet/skbuff';
import { IFF_NOARP } from '@linnet/uapi';
import { expect, test } from 'vitest';
import { ETH_HEADER_OPS, ethHwAddrRandom, HhCache, hhOutput, ethTypeTrans } from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { bytes, eth, finish, MAC_A, MAC_B, makeKernel, payloadOf, txSkb } from './helpers.ts';

test('a header with all it needs, without a source, without a destination', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet, { mac: MAC_A });
  const make = (daddr: Uint8Array | null, saddr: Uint8Array | null, type = 0x800): [number, number[]] => {
    const skb = txSkb(dev, bytes(9));
    const rc = ETH_HEADER_OPS.create(skb, dev, type, daddr, saddr, 1);
    const out = payloadOf(skb);
    consumeSkb(skb);
    return [rc, out];
  };
  expect(make(MAC_B, MAC_B)).toEqual([14, [...eth(MAC_B, MAC_B, 0x800, [9])]]);
  expect(make(MAC_B, null)).toEqual([14, [...eth(MAC_B, MAC_A, 0x800, [9])]]);
  expect(make(MAC_B, null, 1)).toEqual([14, [...eth(MAC_B, MAC_A, 1, [9])]]); // a length
  const [rc, out] = make(null, null);
  expect([rc, out.slice(6)]).toEqual([-14, [...eth(MAC_B, MAC_A, 0x800, [9])].slice(6)]);
  dev.flags |= IFF_NOARP;
  expect(make(null, null)).toEqual([14, [...eth(new Uint8Array(6), MAC_A, 0x800, [9])]]);
  finish(k);
});

test('a cached header is the same header, and follows the neighbour', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet, { mac: MAC_A });
  const hh = new HhCache();
  expect(ETH_HEADER_OPS.cache!(MAC_B, dev, 1, hh)).toBe(-1);
  expect(hh.len).toBe(0);
  expect(ETH_HEADER_OPS.cache!(MAC_B, dev, 0x86dd, hh)).toBe(0);
  const skb = txSkb(dev, bytes(9));
  hhOutput(hh, skb);
  expect(payloadOf(skb)).toEqual([...eth(MAC_B, MAC_A, 0x86dd, [9])]);
  ETH_HEADER_OPS.cacheUpdate!(hh, dev, MAC_A);
  expect([...hh.data.subarray(0, 6)]).toEqual([...MAC_A]);
  consumeSkb(skb);
  finish(k);
});

test('a packet without headroom gets some', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet, { mac: MAC_A });
  const hh = new HhCache();
  ETH_HEADER_OPS.cache!(MAC_B, dev, 0x800, hh);
  const a = txSkb(dev, bytes(9), 0);
  ETH_HEADER_OPS.create(a, dev, 0x800, MAC_B, null, 1);
  const b = txSkb(dev, bytes(9), 3);
  hhOutput(hh, b);
  for (const skb of [a, b]) {
    expect(payloadOf(skb)).toEqual([...eth(MAC_B, MAC_A, 0x800, [9])]);
    consumeSkb(skb);
  }
  finish(k);
});

test('the sender of a received frame', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet, { mac: MAC_A });
  const skb = txSkb(dev, eth(MAC_A, MAC_B, 0x800, [9]));
  const who = new Uint8Array(32);
  expect(ETH_HEADER_OPS.parse!(skb, who)).toBe(0); // not looked at yet
  ethTypeTrans(skb, dev);
  expect([ETH_HEADER_OPS.parse!(skb, who), ETH_HEADER_OPS.parseProtocol!(skb)]).toEqual([6, 0x800]);
  expect([...who.subarray(0, 6)]).toEqual([...MAC_B]);
  expect([ETH_HEADER_OPS.validate!(who, 0, 13), ETH_HEADER_OPS.validate!(who, 0, 14)]).toEqual([false, true]);
  consumeSkb(skb);
  finish(k);
});

test('random addresses are local, unicast, different, and repeat with the seed', () => {
  const addrs = (): string[] => {
    const k = makeKernel();
    const out = Array.from({ length: 20 }, () => {
      const { dev } = new FakeDevice(k.initNet, { name: 'r%d' });
      ethHwAddrRandom(dev);
      expect(dev.devAddr[0]! & 3).toBe(2);
      return dev.devAddr.subarray(0, 6).join(':');
    });
    finish(k);
    return out;
  };
  const first = addrs();
  expect(new Set(first).size).toBe(20);
  expect(addrs()).toEqual(first);
});
