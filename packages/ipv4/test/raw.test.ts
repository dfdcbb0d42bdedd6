import { devSetMtu } from '@linnet/netdev';
import {
  EADDRNOTAVAIL, EAGAIN, EDESTADDRREQ, EINVAL, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP, EPROTONOSUPPORT, ECONNREFUSED, ENOTCONN,
} from '@linnet/kernel';
import {
  ICMP_FILTER, IPPROTO_ICMP, IPPROTO_RAW, IP_HDRINCL, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PROTOCOL, IP_RECVERR, IP_ROUTER_ALERT, IP_TTL, IP_TOS, MSG_ERRQUEUE, MSG_MORE, MSG_PEEK, MSG_TRUNC,
  SOCK_RAW, SOL_IP, SOL_RAW, SO_BROADCAST, SOL_SOCKET,
} from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { checksum, icmpMessage, ip4, ipPacket, Machine, pattern, Sk, type Wire } from './harness.ts';

function machine(): { m: Machine; w: Wire } {
  const m = new Machine();
  return { m, w: m.wire('10.0.0.1/24') };
}

describe('receiving', () => {
  test('copies of each packet of the protocol, header first, beside the transport', () => {
    const { m, w } = machine();
    const a = new Sk(m, SOCK_RAW, IPPROTO_ICMP);
    const b = new Sk(m, SOCK_RAW, IPPROTO_ICMP);
    const c = new Sk(m, SOCK_RAW, 17);
    const p = ipPacket({}, icmpMessage(8, 0, 1, pattern(20)));
    w.frame(p);
    expect(a.got().data).toEqual(p);
    expect(b.got()).toMatchObject({ data: p, from: '10.0.0.2:0' });
    expect(c.recv()).toBe(-EAGAIN);
    expect(w.take()[0]!.payload[0]).toBe(0); // and the echo was answered
    for (const s of [a, b, c]) s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a protocol that only a raw socket has is not unreachable', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    w.inject({ proto: 199 }, pattern(5));
    expect(s.got().data.slice(20)).toEqual(pattern(5));
    expect(w.take()).toEqual([]);
    expect(m.mib('Ip.InUnknownProtos')).toBe(0);
    expect(m.mib('Ip.InDelivers')).toBe(1);
    s.close();
    w.inject({ proto: 199 }, pattern(5));
    expect(w.take()[0]!.payload.slice(0, 2)).toEqual(new Uint8Array([3, 2]));
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('bound and connected ones get what is theirs', () => {
    const { m, w } = machine();
    m.wire('172.16.0.1/16');
    const bound = new Sk(m, SOCK_RAW, 199);
    const peer = new Sk(m, SOCK_RAW, 199);
    expect(bound.bind('172.16.0.1')).toBe(0);
    expect(peer.connect('10.0.0.3')).toBe(0);
    expect(peer.name()).toBe('10.0.0.1:199');
    w.inject({ proto: 199 }, pattern(5));
    w.inject({ proto: 199, dst: '172.16.0.1' }, pattern(6));
    w.inject({ proto: 199, src: '10.0.0.3' }, pattern(7));
    expect([bound.got().data.length, bound.recv()]).toEqual([26, -EAGAIN]);
    expect([peer.got().data.length, peer.recv()]).toEqual([27, -EAGAIN]);
    expect(new Sk(m, SOCK_RAW, 199).bind('10.0.0.99')).toBe(-EADDRNOTAVAIL);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('ICMP_FILTER', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, IPPROTO_ICMP);
    expect(s.set(SOL_RAW, ICMP_FILTER, ~(1 << 0))).toBe(0); // echo replies only
    w.inject({}, icmpMessage(8, 0, 1));
    w.inject({}, icmpMessage(0, 0, 1));
    expect(s.got().data[20]).toBe(0);
    expect(s.recv()).toBe(-EAGAIN);
    expect(s.getInt(SOL_RAW, ICMP_FILTER)).toBe(~1);
    expect(new Sk(m, SOCK_RAW, 17).set(SOL_RAW, ICMP_FILTER, 0)).toBe(-EOPNOTSUPP);
    expect(s.set(SOL_RAW, 77, 0)).toBe(-ENOPROTOOPT);
    m.end();
  });

  test('MSG_TRUNC, MSG_PEEK, a full buffer', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    w.inject({ proto: 199 }, pattern(100));
    expect(s.got(10, MSG_PEEK)).toMatchObject({ ret: 10, flags: MSG_TRUNC });
    expect(s.got(10, MSG_TRUNC)).toMatchObject({ ret: 120, flags: MSG_TRUNC });
    for (let i = 0; i < 1000; i++) w.inject({ proto: 199 }, pattern(100));
    expect(s.sk.rmemAlloc).toBeLessThanOrEqual(s.sk.rcvbuf + 4096);
    expect(s.sk.drops).toBeGreaterThan(0);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('router alert packets in transit', () => {
    const { m, w } = machine();
    const w2 = m.wire('10.9.0.1/24');
    m.sysctl('ip_forward', 1);
    const s = new Sk(m, SOCK_RAW, 46);
    expect(s.set(SOL_IP, IP_ROUTER_ALERT, 1)).toBe(0);
    w.inject({ dst: '10.9.0.9', proto: 46, options: new Uint8Array([148, 4, 0, 0]) }, pattern(20));
    w.inject({ dst: '10.9.0.9', proto: 46 }, pattern(20));
    expect(s.got().data.length).toBe(44);
    expect(w2.take().length).toBe(1);
    s.close();
    w.inject({ dst: '10.9.0.9', proto: 46, options: new Uint8Array([148, 4, 0, 0]) }, pattern(20));
    expect(w2.take().length).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('sending', () => {
  test('the kernel writes the header', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    expect(s.set(SOL_IP, IP_TTL, 7)).toBe(0);
    expect(s.set(SOL_IP, IP_TOS, 0x10)).toBe(0);
    expect(s.send(pattern(30), '10.0.0.2')).toBe(30);
    const [p] = w.take();
    expect(p).toMatchObject({ ttl: 7, tos: 0x10, proto: 199, src: ip4('10.0.0.1'), dst: ip4('10.0.0.2'), df: true, checkOk: true, totLen: 50 });
    expect(p!.payload).toEqual(pattern(30));
    expect(m.mib('Ip.OutRequests')).toBe(1);
    expect(s.sk.wmemAlloc).toBe(0);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('fragments: exact pieces, the last to the full MTU', () => {
    const { m, w } = machine();
    m.kernel.run(() => devSetMtu(w.fake.dev, 1006)); // 986 bytes of payload, 984 when more follow
    const s = new Sk(m, SOCK_RAW, 199);
    for (const n of [986, 987, 984 + 986, 984 + 987, 5000, 65515]) {
      expect(s.send(pattern(n), '10.0.0.2')).toBe(n);
      const r = w.take();
      const back = new Uint8Array(n);
      for (const x of r) back.set(x.payload, x.fragOff);
      expect(back).toEqual(pattern(n));
      expect(r.every((x) => x.checkOk && x.totLen <= 1006 && x.id === r[0]!.id)).toBe(true);
      expect(r.length).toBe(n <= 986 ? 1 : Math.ceil((n - 986) / 984) + 1);
      expect(r.map((x) => x.mf)).toEqual(r.map((_, i) => i < r.length - 1));
      expect(s.sk.wmemAlloc).toBe(0);
    }
    expect(s.send(pattern(65516), '10.0.0.2')).toBe(-EMSGSIZE);
    expect(m.mib('Ip.FragFails')).toBe(0);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('DF to the bitter end: EMSGSIZE, and the MTU in the error queue', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    s.set(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
    s.set(SOL_IP, IP_RECVERR, 1);
    expect(s.send(pattern(1480), '10.0.0.2')).toBe(1480);
    expect(s.send(pattern(1481), '10.0.0.2')).toBe(-EMSGSIZE);
    expect(w.take().length).toBe(1);
    const e = s.got(100, MSG_ERRQUEUE);
    const v = new DataView(e.control[0]!.data.buffer);
    expect([e.ret, v.getUint32(0, true), v.getUint8(4), v.getUint32(8, true)]).toEqual([0, EMSGSIZE, 1, 1500]);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('MSG_MORE gathers one datagram', () => {
    const { m, w } = machine();
    m.kernel.run(() => devSetMtu(w.fake.dev, 600));
    const s = new Sk(m, SOCK_RAW, 199);
    const whole = pattern(2345);
    const sizes = [1, 570, 9, 3, 700, 8, 1, 1053];
    let at = 0;
    sizes.forEach((n, i) => {
      expect(s.send(whole.slice(at, at + n), '10.0.0.2', i < sizes.length - 1 ? MSG_MORE : 0)).toBe(n);
      at += n;
      if (i < sizes.length - 1) expect(w.take()).toEqual([]);
    });
    const r = w.take();
    const back = new Uint8Array(whole.length);
    for (const x of r) back.set(x.payload, x.fragOff);
    expect(back).toEqual(whole);
    expect(r.map((x) => x.payload.length)).toEqual([576, 576, 576, 576, 41]);
    // What is held back when the socket ends is thrown away.
    s.send(pattern(900), '10.0.0.2', MSG_MORE);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a header of one’s own (IPPROTO_RAW, IP_HDRINCL)', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, IPPROTO_RAW);
    expect(s.getInt(SOL_IP, IP_HDRINCL)).toBe(1);
    const p = ipPacket({ src: '0.0.0.0', dst: '10.0.0.2', id: 0, ttl: 3, proto: 77, totLen: 9, check: 1 }, pattern(10));
    expect(s.send(p, '10.0.0.2')).toBe(30);
    const [r] = w.take();
    expect(r).toMatchObject({ src: ip4('10.0.0.1'), ttl: 3, proto: 77, totLen: 30, checkOk: true });
    expect(r!.id).not.toBe(0);
    expect(s.send(ipPacket({ src: '192.0.2.1', dst: '10.0.0.2', id: 5, proto: 77 }, pattern(10)), '10.0.0.2')).toBe(30);
    expect(w.take()[0]).toMatchObject({ src: ip4('192.0.2.1'), id: 5 });
    expect(s.send(pattern(19), '10.0.0.2')).toBe(-EINVAL);
    expect(s.send(ipPacket({ ihl: 15 }, pattern(10)), '10.0.0.2')).toBe(-EINVAL);
    expect(s.send(ipPacket({ ihl: 4 }, pattern(10)), '10.0.0.2')).toBe(-EINVAL);
    expect(s.send(ipPacket({}, pattern(1481)), '10.0.0.2')).toBe(-EMSGSIZE);
    // Rules and multipath see the protocol that the caller names.
    expect(s.sk.fl.proto).toBe(IPPROTO_RAW);
    s.send(p, '10.0.0.2', 0, [{ level: SOL_IP, type: IP_PROTOCOL, data: new Uint8Array([17, 0, 0, 0]) }]);
    expect(s.sk.fl.proto).toBe(17);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('errors of the call', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    expect(s.send(pattern(1))).toBe(-EDESTADDRREQ);
    expect(s.send(pattern(1), '192.0.2.1')).toBe(-101); // ENETUNREACH
    expect(s.send(pattern(1), '10.0.0.255')).toBe(-13); // EACCES
    expect(s.set(SOL_SOCKET, SO_BROADCAST, 1)).toBe(0);
    expect(s.send(pattern(1), '10.0.0.255')).toBe(1);
    expect(w.take()[0]!.ethDst).toEqual(new Uint8Array(6).fill(0xff));
    expect(s.name(true)).toBe(-ENOTCONN);
    // What shutdown(2) says holds for those only who write the header themselves.
    for (const protocol of [199, IPPROTO_RAW]) {
      const shut = new Sk(m, SOCK_RAW, protocol);
      shut.connect('10.0.0.2');
      expect(m.kernel.run(() => shut.sock.ops.shutdown(shut.sock, 1))).toBe(0);
      expect(shut.send(ipPacket({}, pattern(8)))).toBe(protocol === 199 ? 28 : -32); // EPIPE
      shut.close();
    }
    expect(() => new Sk(m, SOCK_RAW, 0)).toThrow('EPROTONOSUPPORT');
    expect(EPROTONOSUPPORT).toBe(93);
    m.end();
  });

  test('to ourselves, over loopback', () => {
    const { m } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    expect(s.send(pattern(3000), '10.0.0.1')).toBe(3000);
    const r = s.got();
    expect(r.data.slice(20)).toEqual(pattern(3000));
    expect(r.from).toBe('10.0.0.1:0');
    expect(checksum(r.data, 0, 20)).toBe(0);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('errors', () => {
  test('an ICMP error reaches a connected socket, and the queue of one with IP_RECVERR', () => {
    const { m, w } = machine();
    const plain = new Sk(m, SOCK_RAW, 199);
    const conn = new Sk(m, SOCK_RAW, 199);
    const queue = new Sk(m, SOCK_RAW, 199);
    conn.connect('10.0.0.2');
    queue.set(SOL_IP, IP_RECVERR, 1);
    const quote = ipPacket({ src: '10.0.0.1', dst: '10.0.0.2', proto: 199 }, pattern(12));
    w.inject({}, icmpMessage(3, 3, 0, quote));
    expect(plain.recv()).toBe(-EAGAIN);
    expect(conn.recv()).toBe(-ECONNREFUSED);
    expect(queue.recv()).toBe(-ECONNREFUSED);
    const e = queue.got(100, MSG_ERRQUEUE);
    expect(e.data).toEqual(pattern(12));
    expect(e.from).toBe('10.0.0.2:0');
    const v = new DataView(e.control[0]!.data.buffer);
    expect([v.getUint32(0, true), v.getUint8(4), v.getUint8(5), v.getUint8(6), v.getInt32(20)]).toEqual([ECONNREFUSED, 2, 3, 3, ip4('10.0.0.2')]);
    expect(queue.recv(10, MSG_ERRQUEUE)).toBe(-EAGAIN);
    for (const s of [plain, conn, queue]) s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('fragmentation needed lowers the path MTU, and the next datagram is cut', () => {
    const { m, w } = machine();
    m.route('192.0.2.0/24', '10.0.0.254');
    const s = new Sk(m, SOCK_RAW, 199);
    s.connect('192.0.2.9');
    s.send(pattern(1400));
    expect(w.take()[0]).toMatchObject({ totLen: 1420, df: true });
    w.inject({ src: '10.0.0.254' }, icmpMessage(3, 4, 1000, ipPacket({ src: '10.0.0.1', dst: '192.0.2.9', proto: 199, df: true }, pattern(8))));
    expect(s.recv()).toBe(-EMSGSIZE);
    s.send(pattern(1400));
    expect(w.take().map((x) => [x.totLen, x.df])).toEqual([[996, false], [444, false]]);
    m.advance(601); // mtu_expires
    s.send(pattern(1400));
    expect(w.take().map((x) => [x.totLen, x.df])).toEqual([[1420, true]]);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

test('/proc/net/raw', () => {
  const { m } = machine();
  const s = new Sk(m, SOCK_RAW, 199);
  s.bind('10.0.0.1');
  const lines = (m.net.proc.read('net/raw') as string).split('\n');
  expect(lines[1]).toMatch(/^ {2}199: 0100000A:00C7 00000000:0000 07 00000000:00000000 00:00000000 00000000 {5}0/);
  s.close();
  expect((m.net.proc.read('net/raw') as string).trim().split('\n').length).toBe(1);
  m.end();
});
