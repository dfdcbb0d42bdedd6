import { Flowi } from '@linnet/inet';
import { FakeDevice } from '@linnet/netdev/testing';
import { DROP, allocSkb, kfreeSkbReason, skbPut } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fibMultipathHash } from '../src/fib-multipath-hash.ts';
import { ipPacket, pattern } from './harness.ts';
import { RtKernel } from './rt-kernel.ts';

let m: RtKernel;
let dev: FakeDevice;
beforeEach(() => {
  m = new RtKernel();
  dev = new FakeDevice(m.net, { name: 'eth0', noQueue: true });
});
afterEach(() => {
  expect(m.live()).toBe(0);
  m.k.shutdown();
});

const ports = (a: number, b: number): Uint8Array => Uint8Array.of(a >> 8, a & 255, b >> 8, b & 255, 0, 8, 0, 0);
const packet = (src: string, dst: string, proto: number, payload: Uint8Array): Uint8Array => ipPacket({ src, dst, proto }, payload);

/** The hash of a packet as the input of a router has it. */
function hash(bytes: Uint8Array): number {
  const skb: Skb = allocSkb(dev.dev.pool, bytes.length);
  const at = skbPut(skb, bytes.length);
  skb.head.u8.set(bytes, at);
  skb.networkHeader = at;
  const fl = new Flowi();
  fl.saddr = skb.view.getInt32(at + 12);
  fl.daddr = skb.view.getInt32(at + 16);
  const h = fibMultipathHash(m.n4, fl, skb);
  kfreeSkbReason(skb, DROP.CONSUMED);
  expect(h).toBeGreaterThanOrEqual(0);
  expect(h).toBeLessThan(2 ** 31);
  return h;
}
const set = (name: string, v: number): number => m.net.sysctl.write(`net/ipv4/${name}`, String(v));
const udp = (src: string, dst: string, a: number, b: number): Uint8Array => packet(src, dst, IPPROTO_UDP, ports(a, b));
const gre = (inner: Uint8Array, key = false): Uint8Array => Uint8Array.from([key ? 0x20 : 0, 0, 8, 0, ...(key ? [0, 0, 0, 9] : []), ...inner]);

describe('what decides, by policy', () => {
  test('0: the addresses, and for ICMP errors those of the packet that they are about', () => {
    const h = hash(udp('10.0.0.1', '20.0.0.1', 1, 2));
    expect(hash(udp('10.0.0.1', '20.0.0.1', 3, 4))).toBe(h);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_TCP, ports(1, 2)))).toBe(h);
    expect(hash(udp('10.0.0.2', '20.0.0.1', 1, 2))).not.toBe(h);
    // From the far end's router, about a packet of 10.0.0.1's peer: it goes with the answers of 20.0.0.1's peer to 10.0.0.1.
    const error = (type: number): Uint8Array => packet('99.0.0.1', '20.0.0.1', IPPROTO_ICMP, Uint8Array.from([type, 0, 0, 0, 0, 0, 0, 0, ...udp('20.0.0.1', '10.0.0.1', 2, 1)]));
    expect(hash(error(3))).toBe(h);
    expect(hash(error(11))).toBe(h);
    expect(hash(error(8))).not.toBe(h);
  });
  test('1: ports and protocol as well, where there are ports', () => {
    expect(set('fib_multipath_hash_policy', 1)).toBe(0);
    const h = hash(udp('10.0.0.1', '20.0.0.1', 1, 2));
    expect(hash(udp('10.0.0.1', '20.0.0.1', 1, 2))).toBe(h);
    expect(hash(udp('10.0.0.1', '20.0.0.1', 3, 2))).not.toBe(h);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_TCP, ports(1, 2)))).not.toBe(h);
    // Only the first fragment has ports: none counts.
    const fragment = (off: number, a: number): Uint8Array => ipPacket({ src: '10.0.0.1', dst: '20.0.0.1', proto: IPPROTO_UDP, fragOff: off }, ports(a, 2));
    expect(hash(fragment(8, 1))).toBe(hash(fragment(8, 7)));
  });
  test('2: the addresses inside of a tunnel', () => {
    expect(set('fib_multipath_hash_policy', 2)).toBe(0);
    const inner = udp('1.1.1.1', '2.2.2.2', 1, 2);
    const other = udp('1.1.1.3', '2.2.2.2', 1, 2);
    const h = hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_IPIP, inner));
    expect(hash(packet('10.0.0.9', '20.0.0.9', IPPROTO_IPIP, inner))).toBe(h);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_IPIP, other))).not.toBe(h);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_GRE, gre(inner)))).toBe(h);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_GRE, gre(inner, true)))).toBe(h);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_GRE, gre(other)))).not.toBe(h);
    const v6 = (last: number): Uint8Array => Uint8Array.from([0x60, 0, 0, 0, 0, 0, 59, 64, ...new Array<number>(15).fill(0), last, ...new Array<number>(16).fill(7)]);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_IPV6, v6(1)))).toBe(hash(packet('10.0.0.5', '20.0.0.1', IPPROTO_IPV6, v6(1))));
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_IPV6, v6(1)))).not.toBe(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_IPV6, v6(2))));
    // No tunnel: the addresses themselves.
    expect(hash(udp('10.0.0.1', '20.0.0.1', 1, 2))).toBe(hash(udp('10.0.0.1', '20.0.0.1', 5, 6)));
  });
  test('3: the fields that are named', () => {
    expect(set('fib_multipath_hash_policy', 3)).toBe(0);
    const base = hash(udp('10.0.0.1', '20.0.0.1', 1, 2));
    expect(hash(udp('10.0.0.1', '20.0.0.1', 9, 2))).toBe(base);
    expect(hash(packet('10.0.0.1', '20.0.0.1', IPPROTO_TCP, ports(1, 2)))).not.toBe(base);
    expect(set('fib_multipath_hash_fields', 0x10)).toBe(0);
    const sport = hash(udp('10.0.0.1', '20.0.0.1', 1, 2));
    expect(hash(udp('10.0.0.7', '20.0.0.7', 1, 9))).toBe(sport);
    expect(hash(udp('10.0.0.1', '20.0.0.1', 2, 2))).not.toBe(sport);
    expect(set('fib_multipath_hash_fields', 0x800)).toBe(0);
    const inner = (b: number): Uint8Array => packet('10.0.0.1', '20.0.0.1', IPPROTO_IPIP, udp('1.1.1.1', '2.2.2.2', 1, b));
    expect(hash(inner(5))).toBe(hash(packet('10.0.0.3', '20.0.0.3', IPPROTO_IPIP, udp('1.1.1.9', '2.2.2.9', 7, 5))));
    expect(hash(inner(5))).not.toBe(hash(inner(6)));
    expect([0, 0xfff, 0x1000].map((v) => set('fib_multipath_hash_fields', v))).toEqual([-22, 0, -22]);
    expect([3, 4, -1].map((v) => set('fib_multipath_hash_policy', v))).toEqual([0, -22, -22]);
  });
  test('a seed of one’s own makes machines agree', () => {
    const before = hash(udp('10.0.0.1', '20.0.0.1', 1, 2));
    expect(set('fib_multipath_hash_seed', 4000000000)).toBe(0);
    const h = hash(udp('10.0.0.1', '20.0.0.1', 1, 2));
    expect(h).not.toBe(before);
    expect(m.net.sysctl.read('net/ipv4/fib_multipath_hash_seed')).toBe('4000000000');
    expect(set('fib_multipath_hash_seed', 0)).toBe(0);
    expect(hash(udp('10.0.0.1', '20.0.0.1', 1, 2))).toBe(before);
  });
  test('truncated packets are hashed by what is there', () => {
    for (const policy of [0, 1, 2, 3]) {
      set('fib_multipath_hash_policy', policy);
      set('fib_multipath_hash_fields', 0xfff);
      for (const proto of [IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_GRE, IPPROTO_IPV6, IPPROTO_TCP]) for (let n = 0; n < 48; n++) hash(packet('10.0.0.1', '20.0.0.1', proto, pattern(n)));
    }
  });
});
