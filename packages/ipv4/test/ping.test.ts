import { EACCES, EADDRINUSE, EADDRNOTAVAIL, EAGAIN, ECONNREFUSED, EDESTADDRREQ, EINVAL, ENETUNREACH, ENOTCONN, EREMOTEIO } from '@linnet/kernel';
import {
  IPPROTO_ICMP, IP_FREEBIND, IP_OPTIONS, IP_PKTINFO, IP_RECVERR, IP_RECVTOS, IP_RECVTTL, IP_TOS, IP_TRANSPARENT, IP_TTL, MSG_ERRQUEUE, MSG_PROBE, SO_REUSEADDR, SO_TIMESTAMP_OLD, SOCK_DGRAM, SOCK_RAW, SOL_IP, SOL_SOCKET,
} from '@linnet/uapi';
import { expect, test } from 'vitest';
import { checksum, icmpMessage, ip4, ipPacket, Machine, pattern, Sk, type Wire } from './harness.ts';

function machine(): { m: Machine; w: Wire } {
  const m = new Machine();
  m.sysctl('ping_group_range', '0 2147483647');
  return { m, w: m.wire('10.0.0.1/24') };
}

const ECHO = icmpMessage(8, 0, 0x99990007, pattern(56));

test('nobody may by default', () => {
  const m = new Machine();
  expect(m.net.sysctl.read('net/ipv4/ping_group_range')).toBe('1\t0');
  expect(() => new Sk(m, SOCK_DGRAM, IPPROTO_ICMP)).toThrow('EACCES');
  expect(EACCES).toBe(13);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('an echo goes out with the socket’s identifier, and its reply comes back', () => {
  const { m, w } = machine();
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  expect(s.send(ECHO, '10.0.0.2')).toBe(64);
  const [p] = w.take();
  const id = (p!.payload[4]! << 8) | p!.payload[5]!;
  expect(s.name()).toBe(`0.0.0.0:${id}`);
  expect(p!.payload).toEqual(icmpMessage(8, 0, ((id << 16) | 7) | 0, pattern(56)));
  expect(checksum(p!.payload)).toBe(0);
  w.inject({}, icmpMessage(0, 0, (id << 16) | 7, pattern(56)));
  w.inject({}, icmpMessage(0, 0, ((id ^ 1) << 16) | 7, pattern(56)));
  expect(s.got()).toMatchObject({ data: icmpMessage(0, 0, (id << 16) | 7, pattern(56)), from: '10.0.0.2:0' });
  expect(s.recv()).toBe(-EAGAIN);
  expect(m.pool.dropCounts()).toEqual({ PING_NO_SOCKET: 1 });
  expect(m.mib('Icmp.OutEchos')).toBe(1);
  expect((m.net.proc.read('net/icmp') as string).split('\n')[1]).toContain(`00000000:${id.toString(16).toUpperCase().padStart(4, '0')}`);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('source routes: a strict one begins on this link, and any has an end', () => {
  const { m, w } = machine();
  m.route('0.0.0.0/0', '10.0.0.254');
  const route = (strict: boolean): Uint8Array => new Uint8Array([strict ? 137 : 131, 7, 4, 192, 0, 2, 9, 0]);
  for (const s of [new Sk(m, SOCK_DGRAM, IPPROTO_ICMP), new Sk(m, SOCK_RAW, 200)]) {
    expect(s.set(SOL_IP, IP_OPTIONS, route(true))).toBe(0);
    expect(s.send(ECHO, '198.51.100.1')).toBe(-ENETUNREACH);
    expect(s.set(SOL_IP, IP_OPTIONS, route(false))).toBe(0);
    expect(s.send(ECHO, '0.0.0.0')).toBe(-EINVAL);
    expect(s.send(ECHO, '198.51.100.1')).toBe(64);
    expect(w.take()[0]!.dst).toBe(ip4('192.0.2.9'));
    s.close();
  }
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a source that is not ours needs IP_TRANSPARENT, for raw sockets a header of one’s own is enough', () => {
  const { m, w } = machine();
  const src = new Uint8Array(12);
  new DataView(src.buffer).setInt32(4, ip4('10.9.9.9'));
  const control = [{ level: SOL_IP, type: IP_PKTINFO, data: src }];
  for (const s of [new Sk(m, SOCK_DGRAM, IPPROTO_ICMP), new Sk(m, SOCK_RAW, 200)]) {
    s.set(SOL_IP, IP_FREEBIND, 1);
    expect(s.send(ECHO, '10.0.0.2', 0, control)).toBe(-ENETUNREACH);
    s.set(SOL_IP, IP_TRANSPARENT, 1);
    expect(s.send(ECHO, '10.0.0.2', 0, control)).toBe(64);
    expect(w.take()[0]!.src).toBe(ip4('10.9.9.9'));
    s.close();
  }
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('MSG_PROBE only asks for the way', () => {
  const { m, w } = machine();
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  expect(s.send(ECHO, '10.0.0.2', MSG_PROBE)).toBe(64);
  expect(w.take()).toEqual([]);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('large ones are cut', () => {
  const { m, w } = machine();
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  const msg = icmpMessage(8, 0, 1, pattern(3000));
  expect(s.send(msg, '10.0.0.2')).toBe(3008);
  const r = w.take();
  expect(r.map((x) => x.payload.length)).toEqual([1480, 1480, 48]);
  const back = new Uint8Array(r.flatMap((x) => [...x.payload]));
  expect(checksum(back)).toBe(0);
  expect(back.slice(8)).toEqual(pattern(3000));
  expect(m.mib('Icmp.OutEchos')).toBe(1);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('bind, connect, and what calls refuse', () => {
  const { m, w } = machine();
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  expect(s.send(ECHO)).toBe(-EDESTADDRREQ);
  s.close();
  const a = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  expect(a.bind('10.0.0.77', 5)).toBe(-EADDRNOTAVAIL);
  expect(a.bind('10.0.0.1', 500)).toBe(0);
  expect(a.bind('10.0.0.1', 501)).toBe(-EINVAL);
  expect(a.name()).toBe('10.0.0.1:500');
  const b = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  // These sockets share identifiers unless somebody forbids it.
  b.set(SOL_SOCKET, SO_REUSEADDR, 0);
  expect(b.bind('0.0.0.0', 500)).toBe(-EADDRINUSE);
  b.set(SOL_SOCKET, SO_REUSEADDR, 1);
  expect(b.bind('0.0.0.0', 500)).toBe(0);
  expect(a.name(true)).toBe(-ENOTCONN);
  expect(a.connect('10.0.0.2', 9)).toBe(0);
  expect(a.name(true)).toBe('10.0.0.2:9');
  expect(a.send(ECHO)).toBe(64);
  expect(w.take()[0]!.dst).toBe(ip4('10.0.0.2'));
  for (const bad of [icmpMessage(0, 0, 1), icmpMessage(13, 0, 1), icmpMessage(8, 1, 1), ECHO.slice(0, 7)]) expect(a.send(bad)).toBe(-EINVAL);
  a.close();
  b.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('control messages in and out', () => {
  const { m, w } = machine();
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  s.bind('0.0.0.0', 77);
  for (const o of [IP_RECVTTL, IP_RECVTOS, IP_PKTINFO]) expect(s.set(SOL_IP, o, 1)).toBe(0);
  s.set(SOL_SOCKET, SO_TIMESTAMP_OLD, 1);
  w.inject({ ttl: 33, tos: 0x2c }, icmpMessage(0, 0, 77 << 16));
  const r = s.got();
  const get = (type: number, level = SOL_IP): DataView => {
    const c = r.control.find((x) => x.level === level && x.type === type)!;
    return new DataView(c.data.buffer, c.data.byteOffset, c.data.byteLength);
  };
  expect(get(IP_TTL).getInt32(0, true)).toBe(33);
  expect([get(IP_TOS).byteLength, get(IP_TOS).getUint8(0)]).toEqual([1, 0x2c]);
  const info = get(IP_PKTINFO);
  expect([info.getInt32(0, true), info.getInt32(4), info.getInt32(8)]).toEqual([w.fake.dev.ifindex, ip4('10.0.0.1'), ip4('10.0.0.1')]);
  expect(get(SO_TIMESTAMP_OLD, SOL_SOCKET).byteLength).toBe(16);

  const int = (n: number): Uint8Array => new Uint8Array(new Int32Array([n]).buffer);
  expect(s.send(ECHO, '10.0.0.2', 0, [{ level: SOL_IP, type: IP_TTL, data: int(9) }, { level: SOL_IP, type: IP_TOS, data: int(8) }])).toBe(64);
  expect(w.take()[0]).toMatchObject({ ttl: 9, tos: 8 });
  expect(s.send(ECHO, '10.0.0.2', 0, [{ level: SOL_IP, type: IP_TTL, data: int(0) }])).toBe(-EINVAL);
  expect(s.send(ECHO, '10.0.0.2', 0, [{ level: SOL_IP, type: 99, data: int(0) }])).toBe(-EINVAL);
  const src = new Uint8Array(12);
  new DataView(src.buffer).setInt32(4, ip4('10.0.0.1'));
  expect(s.send(ECHO, '10.0.0.2', 0, [{ level: SOL_IP, type: IP_PKTINFO, data: src }])).toBe(64);
  new DataView(src.buffer).setInt32(4, ip4('10.0.0.88'));
  expect(s.send(ECHO, '10.0.0.2', 0, [{ level: SOL_IP, type: IP_PKTINFO, data: src }])).toBe(-101);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('errors come back', () => {
  const { m, w } = machine();
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  s.bind('0.0.0.0', 77);
  const quote = ipPacket({ src: '10.0.0.1', dst: '10.0.0.2' }, icmpMessage(8, 0, (77 << 16) | 5));
  w.inject({}, icmpMessage(3, 3, 0, quote));
  expect(s.recv()).toBe(-EAGAIN); // not connected: nobody could tell which echo
  s.set(SOL_IP, IP_RECVERR, 1);
  w.inject({ src: '10.0.0.254' }, icmpMessage(11, 0, 0, quote));
  const e = s.got(100, MSG_ERRQUEUE);
  const v = new DataView(e.control[0]!.data.buffer);
  expect([v.getUint32(0, true), v.getUint8(5), v.getInt32(20)]).toEqual([113, 11, ip4('10.0.0.254')]);
  expect(e.data.slice(0, 8)).toEqual(icmpMessage(8, 0, (77 << 16) | 5));
  // Only who asked for errors hears of these (so on Linux 6.18).
  for (const type of [4, 5]) {
    w.inject({ src: '10.0.0.254' }, icmpMessage(type, type === 5 ? 1 : 0, ip4('10.0.0.3'), quote));
    expect(s.recv()).toBe(-EREMOTEIO);
    expect(new DataView(s.got(100, MSG_ERRQUEUE).control[0]!.data.buffer).getUint32(0, true)).toBe(EREMOTEIO);
  }
  s.set(SOL_IP, IP_RECVERR, 0);
  s.connect('10.0.0.2');
  w.inject({}, icmpMessage(3, 3, 0, quote));
  expect(s.recv()).toBe(-ECONNREFUSED);
  // An error about an answer of ours is nobody's.
  w.inject({}, icmpMessage(3, 3, 0, ipPacket({ src: '10.0.0.1', dst: '10.0.0.2' }, icmpMessage(0, 0, (77 << 16) | 5))));
  expect(s.recv()).toBe(-EAGAIN);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
