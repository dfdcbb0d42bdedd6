import { expect, test } from 'vitest';
import { AF_INET6, SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { bytes6, concat, icmp6, ip6, ip6Packet, Machine, pattern, PEER_LL, PEER_MAC, Sk } from './harness.ts';
import type { Wire } from './harness.ts';

const ECHO = concat(new Uint8Array([128, 0, 0, 0, 0, 1, 0, 1]), pattern(16));
const tllao = new Uint8Array([2, 1, ...PEER_MAC]);

function redirect(w: Wire, src: string, target: string, dest: string): void {
  const to = 'fd00::1';
  w.frame(ip6Packet({ src, dst: to, hops: 255 }, icmp6(src, to, 137, 0, 0, concat(bytes6(target), bytes6(dest), tllao))));
}

test('a host takes redirects from its router only', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.route('default', { via: PEER_LL, dev: w });
  const s = new Sk(m, SOCK_RAW, 253);
  const where = (): string => {
    s.send(ECHO, '2001:db8::9');
    return [...w.take()[0]!.ethDst].join('.');
  };
  const router = [...PEER_MAC].join('.');
  expect(where()).toBe(router);
  const other = new Uint8Array([2, 0, 0, 0, 0, 9]);
  tllao.set(other, 2);
  // From whoever is not its first hop; to what is no link-local address; for a group.
  redirect(w, 'fe80::77', 'fe80::9', '2001:db8::9');
  redirect(w, PEER_LL, 'fd00::9', '2001:db8::9');
  redirect(w, PEER_LL, 'fe80::9', 'ff02::9');
  expect(where()).toBe(router);
  redirect(w, PEER_LL, 'fe80::9', '2001:db8::9');
  expect(where()).toBe([...other].join('.'));
  // Others go the old way; and the destination itself may turn out to be on the link.
  s.send(ECHO, '2001:db8::8');
  expect([...w.take()[0]!.ethDst].join('.')).toBe(router);
  redirect(w, PEER_LL, '2001:db8::8', '2001:db8::8');
  s.send(ECHO, '2001:db8::8');
  expect([...w.take()[0]!.ethDst].join('.')).toBe([...other].join('.'));
  m.sysctl('conf/eth0/accept_redirects', 0);
  redirect(w, PEER_LL, 'fe80::9', '2001:db8::7');
  s.send(ECHO, '2001:db8::7');
  expect([...w.take()[0]!.ethDst].join('.')).toBe(router);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a router tells of a better first hop, at its own pace', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.sysctl('conf/all/forwarding', 1);
  m.route('2001:db8::/32', { via: 'fe80::9', dev: w });
  w.takeControl();
  w.icmp({ src: 'fd00::2', dst: '2001:db8::1' }, 128, 0, 1);
  m.advance(0.01);
  expect(w.take()).toHaveLength(1);
  const [r] = w.takeControl(137);
  expect([r!.src, r!.dst, r!.hops]).toEqual(['fe80::ff:fe00:1', 'fd00::2', 255]);
  expect(r!.payload.slice(8, 24)).toEqual(bytes6('fe80::9'));
  expect(r!.payload.slice(24, 40)).toEqual(bytes6('2001:db8::1'));
  w.icmp({ src: 'fd00::2', dst: '2001:db8::1' }, 128, 0, 2);
  m.advance(0.01);
  // The token bucket of redirects allows a burst, not a flood.
  for (let i = 0; i < 40; i++) w.icmp({ src: 'fd00::2', dst: '2001:db8::1' }, 128, 0, 3 + i);
  m.advance(0.01);
  expect(w.takeControl(137).length).toBeLessThan(10);
  // A sender that is not on the link is not told.
  m.route('2001:db9::/32', { via: 'fe80::a', dev: w });
  w.icmp({ src: '2001:db9::2', dst: '2001:db8::1' }, 128, 0, 99);
  m.advance(0.01);
  expect(w.takeControl(137)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a router stands in for others after a while, and at once when it is asked directly (proxy_ndp)', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.sysctl('conf/all/forwarding', 1);
  m.sysctl('conf/eth0/proxy_ndp', 1);
  const [t0, t1, t2, t3] = ip6('fd00::50') as unknown as [number, number, number, number];
  m.kernel.run(() => m.n6.ndTbl.proxies.create(m.net, w.fake.dev, t0, t1, t2, t3));
  m.advance(1);
  w.takeControl();
  const ask = (dst: string): void => w.frame(ip6Packet({ src: 'fd00::2', dst, hops: 255 }, icmp6('fd00::2', dst, 135, 0, 0, concat(bytes6('fd00::50'), new Uint8Array([1, 1, ...PEER_MAC])))));
  ask('ff02::1:ff00:50');
  expect(w.takeControl(136)).toEqual([]);
  m.advance(0.81);
  const [a] = w.takeControl(136);
  // Solicited, not from a router (the real kernel says so in conformance/neigh: its own entry would), not to take the place of the host itself.
  expect([a!.dst, a!.payload[4]]).toEqual(['fd00::2', 0x40]);
  expect(a!.payload.slice(8, 24)).toEqual(bytes6('fd00::50'));
  ask('fd00::50');
  expect(w.takeControl(136)).toHaveLength(1);
  m.sysctl('conf/eth0/proxy_ndp', 0);
  ask('ff02::1:ff00:50');
  m.advance(1);
  expect(w.takeControl(136)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('the anycast address of its subnets is a router’s', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  w.icmp({ dst: 'fd00::' }, 128, 0, 1, pattern(4));
  expect(w.take()).toEqual([]);
  m.sysctl('conf/all/forwarding', 1);
  w.icmp({ dst: 'fd00::' }, 128, 0, 1, pattern(4));
  m.advance(0.01);
  // Not from the anycast address itself (RFC 4291 2.6), unless the administrator says so.
  expect(w.take().map((p) => `${p.src} ${p.payload[0]}`)).toEqual(['fd00::1 129']);
  m.sysctl('anycast_src_echo_reply', 1);
  w.icmp({ dst: 'fd00::' }, 128, 0, 1, pattern(4));
  expect(w.take().map((p) => `${p.src} ${p.payload[0]}`)).toEqual(['fd00:: 129']);
  m.sysctl('conf/all/forwarding', 0);
  w.icmp({ dst: 'fd00::' }, 128, 0, 1, pattern(4));
  expect(w.take()).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('errors come to the error queue of a socket with IPV6_RECVERR', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const s = new Sk(m, SOCK_DGRAM, 58);
  expect(s.set(41, 25, 1)).toBe(0);
  s.send(ECHO, 'fd00::2');
  const [p] = w.take();
  w.icmp({ src: 'fd00::9' }, 1, 4, 0, p!.raw);
  const e = s.got(100, 0x2000);
  expect(e.from).toBe('fd00::2');
  expect(e.flags & 0x2000).toBe(0x2000);
  const [c] = e.control.filter((x) => x.level === 41 && x.type === 25);
  const v = new DataView(c!.data.buffer, c!.data.byteOffset);
  // ECONNREFUSED, of ICMPv6, type 1, code 4; and who said so.
  expect([v.getUint32(0, true), c!.data[4], c!.data[5], c!.data[6], v.getUint16(16, true)]).toEqual([111, 3, 1, 4, AF_INET6]);
  expect(c!.data.slice(24, 40)).toEqual(bytes6('fd00::9'));
  // Control messages are about the packet that brought the error; a port is looked for where the user's bytes begin (so on Linux 6.18): hop limit, class, packet info, where to.
  for (const o of [51, 66, 49, 74]) expect(s.set(41, o, 1)).toBe(0);
  w.icmp({ src: 'fd00::9', hops: 61, tclass: 12 }, 1, 4, 0, p!.raw);
  const told = s.got(100, 0x2000);
  const of = (type: number): number[] => [...told.control.find((x) => x.type === type)!.data];
  expect([told.from, of(52), of(67)]).toEqual(['fd00::2', [61, 0, 0, 0], [12, 0, 0, 0]]);
  expect(of(50)).toEqual([...bytes6('fd00::1'), w.fake.dev.ifindex, 0, 0, 0]);
  expect(of(74).slice(0, 24)).toEqual([AF_INET6, 0, ...p!.payload.slice(2, 4), 0, 0, 0, 0, ...bytes6('fd00::1')]);
  expect(s.recv(100, 0x2000)).toBe(-11);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a raw socket’s checksum stands where IPV6_CHECKSUM says, also over fragments', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const s = new Sk(m, SOCK_RAW, 253);
  expect(s.set(255, 7, 3)).toBeLessThan(0);
  expect(s.set(255, 7, 4)).toBe(0);
  const data = pattern(21);
  expect(s.send(data, 'fd00::2')).toBe(21);
  const sum = (b: Uint8Array): number => {
    let n = 253 + b.length;
    for (const x of [bytes6('fd00::1'), bytes6('fd00::2'), b]) for (let i = 0; i < x.length; i += 2) n += (x[i]! << 8) | (x[i + 1] ?? 0);
    while (n > 0xffff) n = (n & 0xffff) + (n >>> 16);
    return n;
  };
  expect(sum(w.take()[0]!.payload)).toBe(0xffff);
  expect(s.send(pattern(4000), 'fd00::2')).toBe(4000);
  expect(sum(concat(...w.take().map((f) => f.payload.slice(8))))).toBe(0xffff);
  expect(s.send(pattern(5), 'fd00::2')).toBe(-22);
  // What comes in is checked too.
  const good = pattern(20);
  good[4] = good[5] = 0;
  const c = ~sum(good) & 0xffff;
  good[4] = c >> 8;
  good[5] = c & 0xff;
  w.inject({ next: 253 }, good);
  expect(s.got().data).toEqual(good);
  good[9]! ^= 1;
  w.inject({ next: 253 }, good);
  expect(s.recv()).toBe(-11);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a segment routing header: first to the first segment, the last stands first', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const s = new Sk(m, SOCK_RAW, 253);
  expect(s.set(41, 57, concat(new Uint8Array([0, 4, 4, 1, 1, 0, 0, 0]), bytes6('::'), bytes6('fd00::5')))).toBe(0);
  expect(s.send(pattern(8), '2001:db8::9')).toBe(8);
  const [p] = w.take();
  expect([p!.dst, p!.next]).toEqual(['fd00::5', 43]);
  expect(p!.payload.slice(0, 40)).toEqual(concat(new Uint8Array([253, 4, 4, 1, 1, 0, 0, 0]), bytes6('2001:db8::9'), bytes6('fd00::5')));
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a segment endpoint takes the next segment', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.sysctl('conf/all/forwarding', 1);
  m.sysctl('conf/all/seg6_enabled', 1);
  m.sysctl('conf/eth0/seg6_enabled', 1);
  const srh = (left: number): Uint8Array => concat(new Uint8Array([253, 4, 4, left, 1, 0, 0, 0]), bytes6('fd00::9'), bytes6('fd00::1'));
  w.inject({ next: 43, dst: 'fd00::1', hops: 10 }, concat(srh(1), pattern(8)));
  m.advance(0.01);
  const [p] = w.take();
  expect([p!.dst, p!.hops]).toEqual(['fd00::9', 9]);
  expect(p!.payload).toEqual(concat(srh(0), pattern(8)));
  w.inject({ next: 43, dst: 'fd00::1', hops: 10 }, concat(srh(5), pattern(8)));
  expect(w.take().map((x) => [...x.payload.slice(0, 2), x.payload[7]])).toEqual([[4, 0, 43]]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
