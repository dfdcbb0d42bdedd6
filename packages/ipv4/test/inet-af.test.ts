import { EHOSTUNREACH, ENETUNREACH } from '@linnet/kernel';
import { flowi4InitOutput, Flowi, INET } from '@linnet/inet';
import { devClose, devOpen, type DstEntry } from '@linnet/netdev';
import { allocSkb, skbPut, skbReserve, type Skb } from '@linnet/skbuff';
import { AF_INET, IP_OPTIONS, IP_PMTUDISC_DONT, IP_TTL, IP_MTU_DISCOVER, MSG_CONFIRM, NUD_DELAY, NUD_REACHABLE, NUD_STALE, SOCK_DGRAM, SOCK_RAW, SOL_IP, IPPROTO_TCP, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from '@linnet/uapi';
import { expect, test } from 'vitest';
import { inetDgramOps, inetStreamOps, ipv4 } from '../src/index.ts';
import { FAKE_DGRAM, FakeTransport, type FakeSock } from './fake-transport.ts';
import { checksum, ip4, Machine, pattern, Sk, type Wire } from './harness.ts';

function machine(): { m: Machine; w: Wire; s: Sk; sk: FakeSock } {
  const t = new FakeTransport();
  const m = new Machine([ipv4, t.module]);
  const w = m.wire('10.0.0.1/24');
  const s = new Sk(m, SOCK_DGRAM, 0);
  return { m, w, s, sk: s.sk as FakeSock };
}

function packet(m: Machine, data: Uint8Array, room = 80): Skb {
  const skb = allocSkb(m.pool, room + data.length);
  skbReserve(skb, room);
  const at = skbPut(skb, data.length);
  skb.u8.set(data, at);
  skb.transportHeader = at;
  return skb;
}

test('the record and the operations are registered', () => {
  const { m } = machine();
  const af = m.kernel.get(INET).af(AF_INET)!;
  expect([af.family, af.netHeaderLen, inetDgramOps.family, inetStreamOps.family]).toEqual([AF_INET, 20, AF_INET, AF_INET]);
  m.end();
});

test('queueXmit: the header of a connected socket', () => {
  const { m, w, s, sk } = machine();
  s.set(SOL_IP, IP_TTL, 44);
  sk.tos = 0x22;
  s.connect('10.0.0.2', 9);
  const id = sk.inetId;
  for (const room of [80, 80]) expect(m.kernel.run(() => sk.af.queueXmit(sk, packet(m, pattern(33), room), new Flowi()))).toBe(0);
  const r = w.take();
  expect(r.map((x) => [x.id, x.df, x.ttl, x.tos, x.proto, x.src, x.dst, x.checkOk])).toEqual([
    [id, true, 44, 0x22, FAKE_DGRAM, ip4('10.0.0.1'), ip4('10.0.0.2'), true], [(id + 1) & 0xffff, true, 44, 0x22, FAKE_DGRAM, ip4('10.0.0.1'), ip4('10.0.0.2'), true],
  ]);
  expect(r[0]!.payload).toEqual(pattern(33));
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('queueXmit: a super-segment takes as many identifications as it has segments', () => {
  const { m, s, sk } = machine();
  s.connect('10.0.0.2', 9);
  const id = sk.inetId;
  m.kernel.run(() => {
    const skb = packet(m, pattern(3000));
    skb.gsoSegs = 3;
    return sk.af.queueXmit(sk, skb, new Flowi());
  });
  expect(sk.inetId).toBe((id + 3) & 0xffff);
  m.end();
});

test('queueXmit finds a new route when the old one is no more, and fails without any', () => {
  const { m, w, s, sk } = machine();
  s.connect('10.0.0.2', 9);
  const old = sk.dst;
  m.kernel.run(() => devClose(w.fake.dev));
  expect(m.kernel.run(() => sk.af.queueXmit(sk, packet(m, pattern(4)), new Flowi()))).toBe(-EHOSTUNREACH);
  expect(m.mib('Ip.OutNoRoutes')).toBe(1);
  expect(m.pool.dropCounts()).toEqual({ IP_OUTNOROUTES: 1 });
  expect(sk.af.rebuildHeader(sk)).toBe(-ENETUNREACH);
  expect(sk.errSoft).toBe(ENETUNREACH);
  m.kernel.run(() => devOpen(w.fake.dev));
  expect(m.kernel.run(() => sk.af.rebuildHeader(sk))).toBe(0);
  expect(sk.dst).not.toBe(old);
  expect(m.kernel.run(() => sk.af.queueXmit(sk, packet(m, pattern(4)), new Flowi()))).toBe(0);
  expect(w.take().length).toBe(1);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('queueXmit with options', () => {
  const { m, w, s, sk } = machine();
  s.connect('10.0.0.2', 9);
  s.set(SOL_IP, IP_OPTIONS, new Uint8Array([7, 7, 4, 0, 0, 0, 0]));
  m.kernel.run(() => sk.af.queueXmit(sk, packet(m, pattern(4)), new Flowi()));
  const [r] = w.take();
  expect([r!.ihl, ...r!.raw.subarray(20, 28), r!.checkOk]).toEqual([28, 7, 7, 8, 10, 0, 0, 1, 0, true]);
  m.end();
});

test('sendUnicastReply: no socket, identification 0, DF; headroom is made when there is none', () => {
  const { m, w, sk } = machine();
  const fl = new Flowi();
  flowi4InitOutput(fl, 0, 7, 0x10, 0, IPPROTO_TCP, 0, ip4('10.0.0.2'), ip4('10.0.0.1'), 80, 90, 0);
  for (const room of [0, 80]) expect(m.kernel.run(() => sk.af.sendUnicastReply(m.net, packet(m, pattern(20), room), fl))).toBe(0);
  for (const r of w.take()) {
    expect(r).toMatchObject({ id: 0, df: true, ttl: 64, tos: 0x10, proto: 6, totLen: 40, checkOk: true });
    expect(r.payload).toEqual(pattern(20));
  }
  flowi4InitOutput(fl, 0, 0, 0, 0, IPPROTO_TCP, 0, ip4('192.0.2.2'), ip4('10.0.0.1'), 80, 90, 0);
  expect(m.kernel.run(() => sk.af.sendUnicastReply(m.net, packet(m, pattern(20)), fl))).toBe(-ENETUNREACH);
  expect(m.pool.dropCounts()).toEqual({ IP_OUTNOROUTES: 1 });
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('buildAndSendPkt: atomic, or with a random identification', () => {
  const { m, w, s, sk } = machine();
  const fl = new Flowi();
  flowi4InitOutput(fl, 0, 0, 0, 0, IPPROTO_TCP, 0, ip4('10.0.0.2'), ip4('10.0.0.1'), 80, 90, 0);
  const dst = sk.af.routeOutput(m.net, fl, null) as DstEntry;
  const send = (room: number): number => m.kernel.run(() => sk.af.buildAndSendPkt(packet(m, pattern(20), room), sk, dst, fl, 3));
  expect([send(80), send(0)]).toEqual([0, 0]);
  expect(w.take().map((x) => [x.id, x.df, x.tos, x.totLen])).toEqual([[0, true, 3, 40], [0, true, 3, 40]]);
  s.set(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  send(80);
  const [r] = w.take();
  expect(r!.df).toBe(false);
  expect(r!.id).not.toBe(0);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('types of routes, and the source that routing chooses', () => {
  const { m, sk } = machine();
  const type = (to: string): number => {
    const fl = new Flowi();
    flowi4InitOutput(fl, 0, 0, 0, 0, 17, 0, ip4(to), 0, 0, 0, 0);
    const dst = sk.af.routeOutput(m.net, fl, null);
    return dst === null ? fl.error : sk.af.dstType(dst);
  };
  expect(['10.0.0.2', '10.0.0.1', '127.0.0.1', '10.0.0.255', '192.0.2.1'].map(type)).toEqual([RTN_UNICAST, RTN_LOCAL, RTN_LOCAL, RTN_BROADCAST, -ENETUNREACH]);
  m.route('0.0.0.0/0', '10.0.0.254');
  expect(type('224.0.0.9')).toBe(RTN_MULTICAST);
  const fl = new Flowi();
  flowi4InitOutput(fl, 0, 0, 0, 0, 17, 0, ip4('192.0.2.1'), 0, 0, 0, 0);
  sk.af.routeOutput(m.net, fl, null);
  expect(fl.saddr).toBe(ip4('10.0.0.1'));
  m.end();
});

test('pseudo headers', () => {
  const { m, sk } = machine();
  const fl = new Flowi();
  flowi4InitOutput(fl, 0, 0, 0, 0, 17, 0, ip4('10.0.0.2'), ip4('200.1.2.3'), 0, 0, 0);
  const skb = packet(m, new Uint8Array([0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 200, 1, 2, 3, 10, 0, 0, 2]));
  skb.networkHeader = skb.data;
  const fold = (sum: number): number => {
    let s = sum >>> 0;
    while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
    return s;
  };
  const want = ~checksum(new Uint8Array([200, 1, 2, 3, 10, 0, 0, 2, 0, 17, 0x12, 0x34])) & 0xffff;
  expect(fold(sk.af.pseudoSum(fl, 0x1234, 17))).toBe(want);
  expect(fold(sk.af.skbPseudoSum(skb, 0x1234, 17))).toBe(want);
  expect(sk.af.sockaddrFrom(skb, 5)).toEqual({ family: AF_INET, addr: ip4('200.1.2.3'), port: 5 });
  m.kernel.run(() => sk.af.sendUnicastReply(m.net, skb, fl));
  m.end();
});

test('a raw socket’s packet is never left to the device to sum, and one without a byte is a packet too', () => {
  const { m, w } = machine();
  const raw = new Sk(m, SOCK_RAW, 17);
  raw.send(pattern(100), '10.0.0.2');
  expect(w.fake.sent.some((f) => f.partial)).toBe(false);
  expect(raw.send(new Uint8Array(0), '10.0.0.2')).toBe(0);
  expect(w.take().map((x) => x.totLen)).toEqual([120, 20]);
  raw.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

// What MSG_CONFIRM and ACKs are for (sendmsg(2)): no probe while the peer answers anyway.
test.each([['without', false, 2], ['with', true, 1]])('confirmNeigh: %s it a neighbour in use is asked again', (_what, confirm, requests) => {
  const { m, w, s, sk } = machine();
  s.connect('10.0.0.2', 9);
  s.send(pattern(4));
  const n = m.ip.arpTbl.lookup(ip4('10.0.0.2'), w.fake.dev)!;
  m.advance(60);
  expect([n.nudState, w.arpRequests]).toEqual([NUD_STALE, 1]);
  s.send(pattern(4));
  expect(n.nudState).toBe(NUD_DELAY);
  m.advance(4);
  if (confirm) m.kernel.run(() => sk.af.confirmNeigh(sk.dst!, sk.daddr, null));
  m.advance(2);
  expect([n.nudState, w.arpRequests]).toEqual([NUD_REACHABLE, requests]);
  // Nobody is made by it.
  const known = m.ip.arpTbl.entries;
  m.kernel.run(() => sk.af.confirmNeigh(sk.dst!, ip4('10.0.0.77'), null));
  expect(m.ip.arpTbl.entries).toBe(known);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('confirmNeigh: over a gateway it is the gateway that answers', () => {
  const { m, w, s, sk } = machine();
  m.route('0.0.0.0/0', '10.0.0.254');
  s.connect('192.0.2.1', 9);
  s.send(pattern(4));
  const n = m.ip.arpTbl.lookup(ip4('10.0.0.254'), w.fake.dev)!;
  m.advance(7);
  const before = n.confirmed;
  s.send(pattern(4), null, MSG_CONFIRM);
  m.kernel.run(() => sk.af.confirmNeigh(sk.dst!, sk.daddr, null));
  expect(n.confirmed).toBe(before + 7000);
  m.end();
});

test.each([['raw', SOCK_RAW, 201], ['ping', SOCK_DGRAM, 1]])('MSG_CONFIRM of a %s socket', (_what, type, protocol) => {
  const { m, w } = machine();
  m.sysctl('ping_group_range', '0 2147483647');
  const s = new Sk(m, type, protocol);
  const echo = new Uint8Array([8, 0, 0, 0, 0, 0, 0, 1]);
  s.send(echo, '10.0.0.2');
  const n = m.ip.arpTbl.lookup(ip4('10.0.0.2'), w.fake.dev)!;
  const before = n.confirmed;
  m.advance(3);
  s.send(echo, '10.0.0.2');
  expect(n.confirmed).toBe(before);
  s.send(echo, '10.0.0.2', MSG_CONFIRM);
  expect(n.confirmed).toBe(before + 3000);
  s.close();
  m.end();
});
