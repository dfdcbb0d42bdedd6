import { NF_ACCEPT, NF_INET_FORWARD, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NFPROTO_IPV4, nfRegisterNetHook, devSetMtu } from '@linnet/netdev';
import { expect, test } from 'vitest';
import { checksum, icmpMessage, ip4, ipPacket, Machine, pattern, type Wire } from './harness.ts';

function router(): { m: Machine; a: Wire; b: Wire } {
  const m = new Machine();
  const a = m.wire('10.0.0.1/24');
  const b = m.wire('10.9.0.1/24');
  m.sysctl('ip_forward', 1);
  return { m, a, b };
}

test('a packet passes: TTL one less, checksum right, all else as it was', () => {
  const { m, a, b } = router();
  const p = ipPacket({ dst: '10.9.0.9', ttl: 64, tos: 0x10, id: 0xbeef, df: true, proto: 17 }, pattern(100));
  a.frame(p);
  const [r] = b.take();
  const want = p.slice();
  want[8] = 63;
  want[10] = want[11] = 0;
  const c = checksum(want, 0, 20);
  want[10] = c >> 8;
  want[11] = c & 255;
  expect(r!.raw).toEqual(want);
  expect(m.mib('Ip.ForwDatagrams')).toBe(1);
  expect(m.mib('Ip.OutTransmits')).toBe(1);
  expect(m.mib('Ip.OutRequests')).toBe(0);
  expect(m.mib('Ip.InDelivers')).toBe(0);
  expect(m.mib('Ip.Forwarding')).toBe(1);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

for (const ttl of [0, 1]) {
  test(`TTL ${ttl}: time exceeded`, () => {
    const { m, a, b } = router();
    const p = ipPacket({ dst: '10.9.0.9', ttl, proto: 17 }, pattern(100));
    a.frame(p);
    expect(b.take()).toEqual([]);
    const [r] = a.take();
    expect([r!.payload[0], r!.payload[1], r!.src, r!.dst]).toEqual([11, 0, ip4('10.0.0.1'), ip4('10.0.0.2')]);
    expect(r!.payload.slice(8)).toEqual(p);
    expect(m.pool.dropCounts()).toEqual({ IP_TTL: 1 });
    expect(m.mib('Ip.InHdrErrors')).toBe(1);
    expect(m.mib('Icmp.OutTimeExcds')).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
}

test('too large with DF: fragmentation needed, with the MTU', () => {
  const { m, a, b } = router();
  m.kernel.run(() => devSetMtu(b.fake.dev, 600));
  a.inject({ dst: '10.9.0.9', df: true, proto: 17 }, pattern(581));
  expect(b.take()).toEqual([]);
  const [r] = a.take();
  expect([r!.payload[0], r!.payload[1], (r!.payload[6]! << 8) | r!.payload[7]!]).toEqual([3, 4, 600]);
  // Quoted as far as 576 bytes go.
  expect(r!.totLen).toBe(576);
  expect(m.mib('Ip.FragFails')).toBe(1);
  expect(m.pool.dropCounts()).toEqual({ PKT_TOO_BIG: 1 });
  a.inject({ dst: '10.9.0.9', df: true, proto: 17 }, pattern(580));
  expect(b.take().length).toBe(1);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('too large without DF: fragments', () => {
  const { m, a, b } = router();
  m.kernel.run(() => devSetMtu(b.fake.dev, 600));
  a.inject({ dst: '10.9.0.9', id: 7, ttl: 9, tos: 4, proto: 17 }, pattern(1400));
  const r = b.take();
  expect(r.map((x) => [x.id, x.fragOff, x.mf, x.payload.length, x.ttl, x.tos, x.checkOk])).toEqual([
    [7, 0, true, 576, 8, 4, true], [7, 576, true, 576, 8, 4, true], [7, 1152, false, 248, 8, 4, true],
  ]);
  expect(new Uint8Array(r.flatMap((x) => [...x.payload]))).toEqual(pattern(1400));
  expect([m.mib('Ip.FragOKs'), m.mib('Ip.FragCreates'), m.mib('Ip.FragFails')]).toEqual([1, 3, 0]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a fragment is fragmented again, in its place', () => {
  const { m, a, b } = router();
  m.kernel.run(() => devSetMtu(b.fake.dev, 300));
  a.inject({ dst: '10.9.0.9', fragOff: 800, mf: true, proto: 17 }, pattern(400));
  a.inject({ dst: '10.9.0.9', fragOff: 1200, proto: 17 }, pattern(300));
  expect(b.take().map((x) => [x.fragOff, x.mf, x.payload.length])).toEqual([[800, true, 280], [1080, true, 120], [1200, true, 280], [1480, false, 20]]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('options: only those to be copied go into later fragments', () => {
  const { m, a, b } = router();
  m.kernel.run(() => devSetMtu(b.fake.dev, 300));
  // Record route (not copied), router alert (copied).
  const options = new Uint8Array([7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0]);
  a.inject({ dst: '10.9.0.9', proto: 17, options }, pattern(500));
  const r = b.take();
  const opts = r.map((x) => [...x.raw.subarray(20, x.ihl)]);
  expect(opts[0]).toEqual([7, 7, 8, 10, 9, 0, 1, 148, 4, 0, 0, 0]);
  expect(opts[1]).toEqual([1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0, 0]);
  expect(r.every((x) => x.checkOk)).toBe(true);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('back over the same device: the sender gets a redirect, and the packet goes', () => {
  const { m, a } = router();
  m.route('192.0.2.0/24', '10.0.0.254');
  const p = ipPacket({ dst: '192.0.2.5', proto: 17 }, pattern(40));
  a.frame(p);
  const r = a.take();
  const redirect = r.find((x) => x.proto === 1)!;
  expect([redirect.payload[0], redirect.payload[1], redirect.dst]).toEqual([5, 1, ip4('10.0.0.2')]);
  expect([...redirect.payload.subarray(4, 8)]).toEqual([10, 0, 0, 254]);
  expect(r.find((x) => x.proto === 17)!.dst).toBe(ip4('192.0.2.5'));
  // The next ones come later and later.
  a.frame(p);
  expect(a.take().filter((x) => x.proto === 1)).toEqual([]);
  m.sysctl('conf/all/send_redirects', 0);
  m.sysctl('conf/eth0/send_redirects', 0);
  m.advance(30);
  a.frame(p);
  expect(a.take().filter((x) => x.proto === 1)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a network without a route: its source is told', () => {
  const { m, a } = router();
  a.inject({ dst: '198.51.100.1', proto: 17 }, pattern(40));
  const [r] = a.take();
  expect([r!.payload[0], r!.payload[1]]).toEqual([3, 0]);
  expect(m.mib('IpExt.InNoRoutes')).toBe(1);
  expect(m.pool.dropCounts()).toEqual({ IP_INNOROUTES: 1 });
  // The limit of such errors and that of ICMP share their tokens: a burst is two (seen on Linux 6.18).
  for (let i = 0; i < 7; i++) a.inject({ dst: '198.51.100.1', proto: 17 }, pattern(40));
  expect(a.take().length).toBe(1);
  m.end();
});

test('a host that does not answer ARP: host unreachable after three requests', () => {
  const { m, a, b } = router();
  b.silent.add(ip4('10.9.0.77'));
  a.inject({ dst: '10.9.0.77', proto: 17 }, pattern(40));
  m.advance(5);
  expect(b.arpRequests).toBe(3);
  const [r] = a.take();
  expect([r!.payload[0], r!.payload[1], r!.src]).toEqual([3, 1, ip4('10.0.0.1')]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('frames to many and packets of loopback are not forwarded', () => {
  const { m, a, b } = router();
  a.frame(ipPacket({ dst: '10.9.0.9', proto: 17 }, pattern(9)), 0x0800, new Uint8Array(6).fill(0xff));
  expect(b.take()).toEqual([]);
  expect(m.pool.dropCounts()).toEqual({ OTHERHOST: 1 });
  m.end();
});

test('the three hooks of a router in order', () => {
  const { m, a, b } = router();
  const seen: string[] = [];
  for (const [hooknum, name] of [[NF_INET_PRE_ROUTING, 'pre'], [NF_INET_FORWARD, 'forward'], [NF_INET_POST_ROUTING, 'post']] as const) {
    nfRegisterNetHook(m.net, {
      pf: NFPROTO_IPV4, hooknum, priority: 0,
      hook: (_p, skb, s) => {
        seen.push(`${name} ${s.inDev?.name ?? '-'} ${s.outDev?.name ?? '-'} ${skb.u8[skb.networkHeader + 8]}`);
        return NF_ACCEPT;
      },
    });
  }
  a.inject({ dst: '10.9.0.9', ttl: 5, proto: 17 }, pattern(9));
  expect(seen).toEqual(['pre eth0 - 5', 'forward eth0 eth1 4', 'post eth0 eth1 4']);
  expect(b.take().length).toBe(1);
  m.end();
});

test('traceroute: each TTL finds the next machine', () => {
  const { m, a } = router();
  a.inject({ dst: '10.9.0.1', ttl: 1 }, icmpMessage(8, 0, 1)); // our own other address needs no hop
  expect(a.take()[0]!.payload[0]).toBe(0);
  m.end();
});
