/** How a packet goes through a table: matches, chains, policies, counters. What single matches and targets do is held against a real kernel in conformance/netfilter. */
import { describe, expect, test } from 'vitest';
import { createKernel, EAGAIN, EINVAL, ELOOP, ENOENT, sec, VirtualClock, type Kernel, type Net } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { SKB } from '@linnet/skbuff';
import { IPPROTO_TCP, IPPROTO_UDP, SOL_IP } from '@linnet/uapi';
import { NF_CONNTRACK, xtables, xtSetsockopt } from '../src/index.ts';
import { icmp, ip4, tcp, udp, Wire } from './harness.ts';
import { ACCEPT, counters, DROP, info, load, replaceBlob, RETURN, SET_REPLACE, type Rule, type Table } from './xt-harness.ts';

class Box {
  readonly clock = new VirtualClock();
  readonly kernel: Kernel = createKernel({ modules: [ipv4, xtables], clock: this.clock, seed: 1, debug: true });
  readonly net: Net = this.kernel.initNet;
  readonly a: Wire;
  readonly b: Wire;
  constructor() {
    this.kernel.run(() => devOpen(devGetByName(this.net, 'lo')!));
    this.a = this.wire('10.1.0.1');
    this.b = this.wire('10.2.0.1');
    this.kernel.run(() => this.net.sysctl.write('net/ipv4/ip_forward', '1'));
  }
  private wire(addr: string): Wire {
    const w = new Wire(this.net);
    this.kernel.run(() => inetAddrAdd(this.net, w.fake.dev, { local: ip4(addr), prefixlen: 24 }));
    return w;
  }
  load(t: Table): number {
    return this.kernel.run(() => load(this.net, t));
  }
  counts(name: string): [number, number][] {
    return this.kernel.run(() => counters(this.net, name));
  }
  end(): void {
    const pool = this.kernel.get(SKB);
    this.kernel.shutdown();
    expect(pool.stats.live).toBe(0);
  }
}
const A = '10.1.0.2';
const B = '10.2.0.2';
function filter(forward: readonly Rule[], policy: number = ACCEPT, chains: Record<string, readonly Rule[]> = {}): Table {
  return { name: 'filter', hooks: [[1, [], ACCEPT], [2, forward, policy], [3, [], ACCEPT]], chains };
}
const bytes = (...b: number[]): Uint8Array => Uint8Array.from(b);

describe('a table', () => {
  test('comes to be when it is asked for, with its policies', () => {
    const x = new Box();
    expect(x.net.proc.read('net/ip_tables_names')).toBe('');
    expect(x.kernel.run(() => info(x.net, 'filter'))).toEqual({ num: 4, size: 632 });
    expect(x.kernel.run(() => info(x.net, 'mangle')).num).toBe(6);
    expect(x.net.proc.read('net/ip_tables_names')!.split('\n').sort()).toEqual(['', 'filter', 'mangle']);
    x.end();
  });

  test('jumps, returns, goes, and counts', () => {
    const x = new Box();
    expect(x.load(filter(
      [{ target: 'one' }, { proto: IPPROTO_UDP, target: 'two', goto: true }, { src: A, target: ACCEPT }], DROP,
      { one: [{ proto: IPPROTO_TCP, target: ACCEPT }, { target: 'three' }], two: [{ target: RETURN }], three: [] },
    ))).toBe(0);
    x.a.inject(tcp(A, 1, B, 2, 'S'));
    x.a.inject(udp(A, 1, B, 2));
    x.a.inject(icmp(A, B, 8, 0, 1));
    x.b.inject(icmp(B, A, 8, 0, 1));
    // UDP comes back from «two» to the policy, as it was sent there by goto.
    expect(x.b.take()).toEqual([`tcp ${A}:1 > ${B}:2 S`, `icmp 8/0 ${A} > ${B} id 1`]);
    expect(x.a.take()).toEqual([]);
    // INPUT, FORWARD: jump, goto, accept, policy; OUTPUT; then one: error, accept, jump, return; two: error, return, return; three: error, return; error.
    expect(x.counts('filter').map((c) => c[0])).toEqual([0, 4, 1, 1, 2, 0, 0, 1, 3, 3, 0, 1, 0, 0, 3, 0]);
    expect(x.counts('filter')[7]).toEqual([1, 40]);
    x.end();
  });

  test('is replaced as a whole, or not at all', () => {
    const x = new Box();
    const put = (b: Uint8Array): number => x.kernel.run(() => xtSetsockopt(x.net, SOL_IP, SET_REPLACE, b));
    expect(x.load(filter([{ target: DROP }]))).toBe(0);
    expect(put(replaceBlob(filter([]), 4))).toBe(-EAGAIN);
    expect(x.load(filter([{ target: ['NOSUCH', 0, bytes()] }]))).toBe(-ENOENT);
    expect(x.load(filter([{ target: ['MARK', 2, bytes(1)] }]))).toBe(0);
    expect(x.load(filter([{ target: DROP }]))).toBe(0);
    expect(x.load(filter([{ proto: IPPROTO_UDP, matches: [['tcp', 0, new Uint8Array(12)]], target: ACCEPT }]))).toBe(-EINVAL);
    expect(x.load(filter([{ target: 'a' }], ACCEPT, { a: [{ target: 'b' }], b: [{ target: 'a' }] }))).toBe(-ELOOP);
    expect(x.load({ name: 'nat', hooks: filter([]).hooks })).toBe(-EINVAL);
    x.a.inject(udp(A, 1, B, 2));
    expect(x.b.take()).toEqual([]);
    // The old counters come back where the pointer says.
    const b = replaceBlob(filter([]), 5);
    const room = new Uint8Array(b.length + 5 * 16);
    room.set(b);
    const v = new DataView(room.buffer);
    v.setUint32(88, b.length, true);
    expect(put(room)).toBe(0);
    expect(v.getUint32(b.length + 16, true)).toBe(1);
    expect(v.getUint32(b.length + 24, true)).toBe(31);
    x.end();
  });

  test('has connections tracked while a rule needs them', () => {
    const x = new Box();
    const cn = x.net.get(NF_CONNTRACK);
    expect(x.load(filter([{ matches: [['state', 0, bytes(8, 0, 0, 0)]], target: DROP }]))).toBe(0);
    x.a.inject(udp(A, 1, B, 2));
    expect(x.b.take()).toEqual([]);
    expect(cn.users4).toBe(1);
    expect(x.load(filter([]))).toBe(0);
    expect(cn.users4).toBe(0);
    x.a.inject(udp(A, 1, B, 2));
    expect(x.b.take()).toHaveLength(1);
    expect(cn.count).toBe(0);
    x.end();
  });

  test('limit fills again with time', () => {
    const x = new Box();
    // 1 a second, 2 at once.
    const rate = new Uint8Array(40);
    const v = new DataView(rate.buffer);
    v.setUint32(0, 10000, true);
    v.setUint32(4, 2, true);
    expect(x.load(filter([{ matches: [['limit', 0, rate]], target: ACCEPT }], DROP))).toBe(0);
    const flood = (): number => {
      for (let i = 0; i < 5; i++) x.a.inject(udp(A, 1, B, 2));
      return x.b.take().length;
    };
    expect(flood()).toBe(2);
    x.clock.advance(sec(1));
    expect(flood()).toBe(1);
    x.clock.advance(sec(60));
    expect(flood()).toBe(2);
    x.end();
  });
});
