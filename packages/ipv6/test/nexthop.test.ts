import { expect, test } from 'vitest';
import { SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { NEXTHOP, Nexthop, NhInfo } from '@linnet/inet';
import { allocSkb, consumeSkb, skbPut } from '@linnet/skbuff';
import { Fib6Config, ip6RouteAdd } from '../src/index.ts';
import { ip6NextHop } from '../src/nf6.ts';
import { nexthop6Find } from '../src/nexthop6.ts';
import { bytes6, concat, ip6, Machine, pattern, Sk, str6 } from './harness.ts';
import type { Wire } from './harness.ts';

/** A nexthop object by hand: what RTM_NEWNEXTHOP makes. */
function object(m: Machine, w: Wire, id: number, gw: string | null, blackhole = false): Nexthop {
  const nn = m.net.get(NEXTHOP);
  const nh = new Nexthop(m.net, id);
  const nhi = new NhInfo(10, blackhole, false);
  nhi.nh = nh;
  nhi.dev = blackhole ? m.n6.loopbackDev : w.fake.dev;
  nhi.gw6 = gw === null ? null : ip6(gw);
  nhi.gwFamily = gw === null ? 0 : 10;
  nh.info = nhi;
  expect(nn.family(10)!.create(m.net, { dev: nhi.dev, gw: 0, gw6: nhi.gw6, gwFamily: nhi.gwFamily, flags: 0, fdb: false }, nhi, null)).toBe(0);
  nn.byId.set(id, nh);
  nn.touch();
  return nh;
}

function route(m: Machine, dst: string, nhId: number): number {
  const cfg = new Fib6Config();
  const [a, len] = dst.split('/') as [string, string];
  cfg.dst = ip6(a);
  cfg.dstLen = Number(len);
  cfg.nhId = nhId;
  cfg.nlflags = 0x600;
  return m.kernel.run(() => ip6RouteAdd(m.n6, cfg, null, nexthop6Find));
}

test('routes go where their object says, and with it', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const nh = object(m, w, 1, 'fd00::9');
  object(m, w, 2, null, true);
  expect(route(m, '2001:db8::/32', 1)).toBe(0);
  expect(route(m, '2001:db9::/32', 2)).toBe(0);
  expect(route(m, '2001:dba::/32', 3)).toBe(-22);
  expect(nh.users6.size).toBe(1);
  const s = new Sk(m, SOCK_RAW, 253);
  s.send(pattern(4), '2001:db8::1');
  expect(w.take()).toHaveLength(1);
  expect(s.send(pattern(4), '2001:db9::1')).toBe(-22);
  // Another gateway, for all routes at once.
  nh.info!.gw6 = ip6('fd00::8');
  m.kernel.run(() => m.net.get(NEXTHOP).family(10)!.changed(nh, nh.users6));
  w.takeControl();
  s.send(pattern(4), '2001:db8::1');
  expect(w.takeControl(135).map((p) => p.payload.slice(8, 24))).toEqual([bytes6('fd00::8')]);
  m.kernel.run(() => m.net.get(NEXTHOP).family(10)!.removed(m.net, nh.users6));
  expect(nh.users6.size).toBe(0);
  expect(m.routes().filter((r) => r.startsWith('2001:db8:'))).toEqual([]);
  expect(s.send(pattern(4), '2001:db8::1')).toBe(-101);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('IPV6_PKTINFO as an option: the interface counts, the address does not; raw sockets look at neither (Linux 6.18)', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.addr(w, 'fd00::3/64');
  m.advance(3);
  const info = (a: string, ifindex: number): Uint8Array => concat(bytes6(a), new Uint8Array(new Uint32Array([ifindex]).buffer));
  const echo = concat(new Uint8Array([128, 0, 0, 0, 0, 1, 0, 1]), pattern(4));
  for (const type of [SOCK_DGRAM, SOCK_RAW]) {
    const s = new Sk(m, type, 58);
    expect(s.set(41, 50, info('fd00::1', 0))).toBe(0);
    expect(s.send(echo, 'fd00::2')).toBe(echo.length);
    expect(w.take()[0]!.src).toBe('fd00::3');
    // lo has no way to there.
    expect(s.set(41, 50, info('::', 1))).toBe(0);
    expect(s.send(echo, 'fd00::2')).toBe(type === SOCK_RAW ? echo.length : -101);
    w.take();
    // A message may not want another interface than its address does.
    expect(s.set(41, 50, new Uint8Array(0))).toBe(-22);
    expect(s.set(41, 50, new Uint8Array(20))).toBe(0);
    expect(s.send(echo, 'fe80::2', { scope: w.fake.dev.ifindex, control: [{ level: 41, type: 50, data: info('::', 1) }] })).toBe(-22);
    expect(s.send(echo, 'fd00::2', { control: [{ level: 41, type: 50, data: info('fd00::1', w.fake.dev.ifindex) }] })).toBe(echo.length);
    expect(w.take()[0]!.src).toBe('fd00::1');
    s.close();
  }
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('while somebody has a flow label for himself, others need one of their own', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const request = (label: number, share: number): Uint8Array => concat(bytes6('fd00::2'), new Uint8Array([0, (label >> 16) & 15, (label >> 8) & 255, label & 255, 0, share, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  const own = new Sk(m, SOCK_RAW, 253);
  const other = new Sk(m, SOCK_RAW, 253);
  const send = (s: Sk, label: number): number => s.send(pattern(4), 'fd00::2', { control: [{ level: 41, type: 11, data: new Uint8Array([0, (label >> 16) & 15, (label >> 8) & 255, label & 255]) }] });
  expect(send(other, 0x444)).toBe(4);
  expect(w.take()[0]!.label).toBe(0x444);
  expect(own.set(41, 32, request(0x333, 1))).toBe(0);
  expect(send(own, 0x333)).toBe(4);
  expect(w.take()[0]!.label).toBe(0x333);
  expect([send(own, 0x666), send(other, 0x333), send(other, 0x444)]).toEqual([-22, -22, -22]);
  expect(other.set(41, 32, request(0x333, 1))).toBe(-1);
  own.close();
  // It lingers for six seconds.
  expect(send(other, 0x444)).toBe(-22);
  m.advance(13);
  expect(send(other, 0x444)).toBe(4);
  other.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('where a packet goes next is told without an array of its own for each', () => {
  const m = new Machine();
  const ask = (to: string, gw: string | null): Int32Array => {
    const skb = allocSkb(m.pool, 64);
    skb.networkHeader = skbPut(skb, 40);
    skb.u8.set(bytes6(to), skb.networkHeader + 24);
    skb.dst = { rtGw: gw === null ? null : ip6(gw), net6: m.n6 } as never;
    const got = ip6NextHop(skb);
    skb.dst = null;
    consumeSkb(skb);
    return got;
  };
  const first = ask('fd00::7', null);
  expect(str6(first)).toBe('fd00::7');
  expect(str6(ask('fd00::7', 'fe80::1'))).toBe('fe80::1');
  expect(ask('fd00::8', null)).toBe(first);
  expect(str6(first)).toBe('fd00::8');
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
