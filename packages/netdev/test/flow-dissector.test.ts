import { consumeSkb, type Skb } from '@linnet/skbuff';
import { describe, expect, test } from 'vitest';
import { FlowKeys, skbFlowDissect, skbGetHash } from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { be16, bytes, finish, makeKernel, txSkb } from './helpers.ts';

const ip4 = (opts: { proto?: number; src?: number[]; dst?: number[]; frag?: number; ihl?: number; version?: number } = {}): Uint8Array =>
  bytes(
    ((opts.version ?? 4) << 4) | (opts.ihl ?? 5), 0, be16(0), be16(1), be16(opts.frag ?? 0), 64, opts.proto ?? 6, 0, 0, opts.src ?? [10, 0, 0, 1],
    opts.dst ?? [10, 0, 0, 2], new Uint8Array(Math.max(0, ((opts.ihl ?? 5) - 5) * 4)),
  );
const ip6 = (nexthdr: number, src = 1, dst = 2): Uint8Array =>
  bytes(0x60, 0x01, 0x23, 0x45, be16(0), nexthdr, 64, [0x20, 1, 0xd, 0xb8], new Uint8Array(11), src, [0x20, 1, 0xd, 0xb8], new Uint8Array(11), dst);
const ports = (s: number, d: number): number[] => [...be16(s), ...be16(d), 0, 0, 0, 0];

function dissect(payload: Uint8Array, proto: number, more?: (skb: Skb) => void): { ok: boolean; keys: FlowKeys } {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  const skb = txSkb(dev, payload);
  skb.protocol = proto;
  more?.(skb);
  const keys = new FlowKeys();
  const ok = skbFlowDissect(skb, keys, proto, 0);
  consumeSkb(skb);
  finish(k);
  return { ok, keys };
}

describe('IPv4', () => {
  test.each([['tcp', 6], ['udp', 17], ['udplite', 136], ['sctp', 132], ['dccp', 33]])('%s has ports', (_n, proto) => {
    const { ok, keys } = dissect(bytes(ip4({ proto, dst: [192, 168, 255, 1] }), ports(1000, 65000)), 0x800);
    expect(ok).toBe(true);
    expect([keys.nProto, keys.ipProto, keys.saddr0, keys.daddr0, keys.sport, keys.dport, keys.thoff]).toEqual([0x800, proto, 0x0a000001, 0xc0a8ff01 | 0, 1000, 65000, 20]);
  });
  test('options are passed over', () => expect(dissect(bytes(ip4({ ihl: 7 }), ports(1, 2)), 0x800).keys).toMatchObject({ thoff: 28, sport: 1, dport: 2 }));
  test('echoes have an identifier, errors have none', () => {
    expect(dissect(bytes(ip4({ proto: 1 }), [8, 0, 0, 0], be16(77), be16(1)), 0x800).keys).toMatchObject({ icmpType: 8, icmpCode: 0, icmpId: 77, sport: 0 });
    expect(dissect(bytes(ip4({ proto: 1 }), [3, 1, 0, 0], be16(77), be16(1)), 0x800).keys).toMatchObject({ icmpType: 3, icmpCode: 1, icmpId: 0 });
  });
  test('only the first fragment has ports', () => {
    expect(dissect(bytes(ip4({ frag: 0x2000 }), ports(1, 2)), 0x800).keys).toMatchObject({ isFragment: true, firstFragment: true, sport: 1 });
    expect(dissect(bytes(ip4({ frag: 0x2001 }), ports(1, 2)), 0x800).keys).toMatchObject({ isFragment: true, firstFragment: false, sport: 0 });
  });
  test('ESP and AH have an SPI', () => {
    expect(dissect(bytes(ip4({ proto: 50 }), [1, 2, 3, 4, 0, 0, 0, 0]), 0x800).keys).toMatchObject({ sport: 0x102, dport: 0x304 });
    expect(dissect(bytes(ip4({ proto: 51 }), [0, 0, 0, 0, 1, 2, 3, 4]), 0x800).keys).toMatchObject({ sport: 0x102, dport: 0x304 });
  });
  test.each([
    ['cut header', ip4().subarray(0, 19)], ['wrong version', ip4({ version: 6 })], ['header length below 20', ip4({ ihl: 4 })], ['nothing', bytes()],
  ])('%s: no flow', (_n, p) => expect(dissect(p, 0x800).ok).toBe(false));
  test('a cut transport header: a flow without ports', () => {
    const { ok, keys } = dissect(bytes(ip4(), [0, 1]), 0x800);
    expect([ok, keys.sport]).toEqual([true, 0]);
  });
});

describe('IPv6', () => {
  test('addresses, flow label and ports', () => {
    const { ok, keys } = dissect(bytes(ip6(17), ports(5, 6)), 0x86dd);
    expect(ok).toBe(true);
    expect(keys).toMatchObject({ nProto: 0x86dd, saddr0: 0x20010db8, saddr3: 1, daddr3: 2, flowLabel: 0x12345, ipProto: 17, sport: 5, dport: 6, thoff: 40 });
  });
  test('extension headers are passed over, up to a fragment that is not the first', () => {
    const hop = [6, 1, ...new Array(14).fill(0)];
    expect(dissect(bytes(ip6(0), hop, ports(5, 6)), 0x86dd).keys).toMatchObject({ ipProto: 6, thoff: 56, sport: 5 });
    const first = [17, 0, 0, 1, 0, 0, 0, 9];
    expect(dissect(bytes(ip6(44), first, ports(5, 6)), 0x86dd).keys).toMatchObject({ firstFragment: true, sport: 5 });
    const later = [17, 0, 0, 9, 0, 0, 0, 9];
    expect(dissect(bytes(ip6(44), later, ports(5, 6)), 0x86dd).keys).toMatchObject({ isFragment: true, firstFragment: false, sport: 0 });
  });
  test('a chain of headers without end is given up', () => {
    const chain = Array.from({ length: 40 }, () => [0, 0, 0, 0, 0, 0, 0, 0]).flat();
    expect(dissect(bytes(ip6(0), chain), 0x86dd).ok).toBe(true);
  });
  test('echo', () => expect(dissect(bytes(ip6(58), [128, 0, 0, 0], be16(9), be16(1)), 0x86dd).keys).toMatchObject({ icmpType: 128, icmpId: 9 }));
  test.each([['cut', ip6(17).subarray(0, 39)], ['wrong version', ip4()]])('%s: no flow', (_n, p) => expect(dissect(p, 0x86dd).ok).toBe(false));
});

test('behind VLAN tags, and other protocols', () => {
  expect(dissect(bytes([0x20, 5, 8, 0], ip4(), ports(1, 2)), 0x8100)).toMatchObject({ ok: true, keys: { vlanId: 5, nhoff: 4, sport: 1 } });
  expect(dissect(bytes([0, 5, 0x81, 0, 0, 6, 8, 0], ip4(), ports(1, 2)), 0x88a8)).toMatchObject({ ok: true, keys: { vlanId: 6, nhoff: 8 } });
  expect(dissect(bytes([0, 5]), 0x8100).ok).toBe(false);
  expect(dissect(bytes(new Uint8Array(40)), 0x806).ok).toBe(false);
});

test('the hash is that of the flow in both directions, differs between flows and machines, and repeats with the seed', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  const hash = (payload: Uint8Array, proto: number): number => {
    const skb = txSkb(dev, payload);
    skb.protocol = proto;
    const h = skbGetHash(skb);
    expect(skbGetHash(skb)).toBe(h);
    consumeSkb(skb);
    return h;
  };
  const A = [10, 0, 0, 1];
  const B = [200, 0, 0, 2];
  const there = hash(bytes(ip4({ src: A, dst: B }), ports(1, 2)), 0x800);
  expect(hash(bytes(ip4({ src: B, dst: A }), ports(2, 1)), 0x800)).toBe(there);
  expect(there | 0).toBe(there);
  expect(there).not.toBe(0);
  expect(hash(bytes(ip4({ src: A, dst: B }), ports(1, 3)), 0x800)).not.toBe(there);
  expect(hash(bytes(ip4({ src: A, dst: B, proto: 17 }), ports(1, 2)), 0x800)).not.toBe(there);
  const six = hash(bytes(ip6(17, 1, 2), ports(5, 6)), 0x86dd);
  expect(hash(bytes(ip6(17, 2, 1), ports(6, 5)), 0x86dd)).toBe(six);
  expect(hash(bytes(ip6(17, 1, 3), ports(5, 6)), 0x86dd)).not.toBe(six);
  expect(hash(bytes(1, 2, 3), 0x806)).toBe(0);
  // All buckets of a small table are used.
  const buckets = new Set(Array.from({ length: 64 }, (_, i) => hash(bytes(ip4(), ports(i, 80)), 0x800) & 7));
  expect(buckets.size).toBe(8);
  finish(k);
});
