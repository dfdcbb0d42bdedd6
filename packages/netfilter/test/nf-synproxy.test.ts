/** SYNPROXY with cookies that are easy to read; the real ones, and the kernel beside them, are in conformance/netfilter/proxy.test.ts. */
import { expect, test } from 'vitest';
import { createKernel, EINVAL, VirtualClock, type Kernel, type Net } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { devGetByName, devOpen } from '@linnet/netdev';
import { SKB } from '@linnet/skbuff';
import { IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
import { xtables } from '../src/index.ts';
import { ip4, show, tcp, Wire } from './harness.ts';
import { ACCEPT, load, type Rule } from './xt-harness.ts';

const A = '10.1.0.2';
const B = '10.2.0.2';

class Box {
  readonly kernel: Kernel = createKernel({ modules: [ipv4, xtables], clock: new VirtualClock(), seed: 1, debug: true });
  readonly net: Net = this.kernel.initNet;
  readonly lan: Wire;
  readonly wan: Wire;
  constructor() {
    this.kernel.run(() => devOpen(devGetByName(this.net, 'lo')!));
    this.lan = this.wire('10.1.0.1');
    this.wan = this.wire('10.2.0.1');
    this.sysctl('net/ipv4/ip_forward', 1);
    this.sysctl('net/netfilter/nf_conntrack_tcp_loose', 0);
    // A cookie is 7000 more than the peer's number.
    this.kernel.get(INET).synCookies = {
      init: (_n, t) => (t.rcvIsn + 7000) | 0,
      check: (_n, t, cookie) => {
        t.mss = 1300;
        return cookie === ((t.rcvIsn + 7000) | 0);
      },
      timestamp: (_n, wscale, sack) => 0x1000 | (wscale < 0 ? 15 : wscale) | (sack ? 16 : 0),
    };
  }
  sysctl(path: string, v: number): void {
    expect(this.kernel.run(() => this.net.sysctl.write(path, String(v)))).toBe(0);
  }
  private wire(addr: string): Wire {
    const w = new Wire(this.net);
    this.kernel.run(() => inetAddrAdd(this.net, w.fake.dev, { local: ip4(addr), prefixlen: 24 }));
    return w;
  }
  rules(options: number, proto = IPPROTO_TCP): number {
    const state = new Uint8Array(4);
    // INVALID and UNTRACKED.
    new DataView(state.buffer).setUint32(0, 1 | (1 << 6), true);
    // Only SYNs from the LAN are not to be tracked.
    const syn = Uint8Array.of(0, 0, 255, 255, 0, 0, 255, 255, 0, 0x17, 2, 0);
    const fwd: Rule = { src: A, proto, matches: [['state', 0, state]], target: ['SYNPROXY', 0, Uint8Array.of(options, 7, 1400 & 255, 1400 >> 8)] };
    return this.kernel.run(() => load(this.net, { name: 'raw', hooks: [[0, [{ src: A, proto: IPPROTO_TCP, matches: [['tcp', 0, syn]], target: ['NOTRACK', 0, new Uint8Array(0)] }], ACCEPT], [3, [], ACCEPT]] })
      || load(this.net, { name: 'filter', hooks: [[1, [], ACCEPT], [2, [fwd], ACCEPT], [3, [], ACCEPT]] }));
  }
  end(): void {
    const pool = this.kernel.get(SKB);
    this.kernel.shutdown();
    expect(pool.stats.live).toBe(0);
  }
}
/** A segment with its numbers, window and options. */
function full(p: Uint8Array): string {
  const v = new DataView(p.buffer, p.byteOffset, p.byteLength);
  const doff = (p[32]! >> 4) * 4;
  return `${show(p)} ${v.getUint32(24)}/${v.getUint32(28)} win ${v.getUint16(34)} ${Array.from(p.slice(40, 20 + doff), (b) => b.toString(16).padStart(2, '0')).join('')}`;
}
const ts = (val: number, ecr: number): number[] => [8, 10, val >>> 24, (val >> 16) & 255, (val >> 8) & 255, val & 255, ecr >>> 24, (ecr >> 16) & 255, (ecr >> 8) & 255, ecr & 255];
const ALL = [2, 4, 5, 0xb4, 4, 2, ...ts(100, 0), 1, 3, 3, 10];

test('the whole handshake, and what follows in both directions', () => {
  const x = new Box();
  expect(x.rules(0xf)).toBe(0);
  x.lan.inject(tcp(A, 4000, B, 80, 'S', 1000, 0, 0, 65535, ALL));
  // The server's options are the rule's; the client's scale, 10, and SACK are in the timestamp.
  expect(x.lan.raw().map(full)).toEqual([`tcp ${B}:80 > ${A}:4000 SA 8000/1001 win 0 020405780402080a0000101a0000006401030307`]);
  expect(x.wan.take()).toEqual([]);
  // An acknowledgement of nothing that was sent.
  x.lan.inject(tcp(A, 4000, B, 80, 'A', 1001, 9001, 0, 63, [1, 1, ...ts(101, 0x101a)]));
  expect(x.wan.take()).toEqual([]);
  x.lan.inject(tcp(A, 4000, B, 80, 'A', 1001, 8001, 0, 63, [1, 1, ...ts(101, 0x101a)]));
  expect(x.wan.raw().map(full)).toEqual([`tcp ${A}:4000 > ${B}:80 S 1000/0 win 63 020405140402080a000000650000101a0103030a`]);
  // The server's own numbers and clock.
  x.wan.inject(tcp(B, 80, A, 4000, 'SA', 500, 1001, 0, 64000, [2, 4, 5, 0xb4, 4, 2, ...ts(0x2001a, 101), 1, 3, 3, 7]));
  expect(x.wan.raw().map(full)).toEqual([`tcp ${A}:4000 > ${B}:80 A 1001/501 win 63 0101080a000000650002001a`]);
  expect(x.lan.raw().map(full)).toEqual([`tcp ${B}:80 > ${A}:4000 A 8001/1001 win 500 0101080a0000101a00000065`]);
  x.lan.inject(tcp(A, 4000, B, 80, 'PA', 1001, 8001, 4, 63, [1, 1, ...ts(102, 0x101a)]));
  x.wan.inject(tcp(B, 80, A, 4000, 'PA', 501, 1005, 6, 500, [1, ...ts(0x2001c, 102), 1]));
  expect(x.wan.raw().map(full)).toEqual([`tcp ${A}:4000 > ${B}:80 PA 1001/501 win 63 0101080a000000660002001a`]);
  expect(x.lan.raw().map(full)).toEqual([`tcp ${B}:80 > ${A}:4000 PA 8001/1005 win 500 01080a0000101c0000006601`]);
  expect(x.net.proc.read('net/stat/synproxy')!.split('\n')[1]).toBe('00000000\t00000001\t00000001\t00000001\t00000000\t00000000');
  x.end();
});

test('without timestamps nothing that must be remembered is offered', () => {
  const x = new Box();
  expect(x.rules(0x7)).toBe(0);
  x.lan.inject(tcp(A, 4000, B, 80, 'S', 1000, 0, 0, 65535, ALL));
  expect(x.lan.raw().map(full)).toEqual([`tcp ${B}:80 > ${A}:4000 SA 8000/1001 win 0 02040578`]);
  x.lan.inject(tcp(A, 4000, B, 80, 'A', 1001, 8001, 0, 1000));
  expect(x.wan.raw().map(full)).toEqual([`tcp ${A}:4000 > ${B}:80 S 1000/0 win 1000 02040514`]);
  x.end();
});

test('a probe of the window that was offered closed opens the connection too', () => {
  const x = new Box();
  expect(x.rules(0xf)).toBe(0);
  x.lan.inject(tcp(A, 4000, B, 80, 'S', 1000, 0, 0, 65535, ALL));
  x.lan.take();
  x.lan.inject(tcp(A, 4000, B, 80, 'A', 1000, 8001, 0, 63, [1, 1, ...ts(101, 0x101a)]));
  expect(x.wan.raw().map(full)).toEqual([`tcp ${A}:4000 > ${B}:80 S 1000/0 win 63 020405140402080a000000650000101a0103030a`]);
  x.lan.inject(tcp(A, 4000, B, 80, 'A', 999, 8001, 0, 63, [1, 1, ...ts(101, 0x101a)]));
  expect(x.wan.take()).toEqual([]);
  x.end();
});

test('is for TCP; without TCP in the stack its packets are dropped', () => {
  const x = new Box();
  expect(x.rules(0xf, 0)).toBe(-EINVAL);
  expect(x.rules(0xf, IPPROTO_UDP)).toBe(-EINVAL);
  x.kernel.get(INET).synCookies = null;
  expect(x.rules(0xf)).toBe(0);
  x.lan.inject(tcp(A, 4000, B, 80, 'S', 1000));
  expect([x.lan.take(), x.wan.take()]).toEqual([[], []]);
  x.end();
});
