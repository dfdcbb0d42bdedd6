import { Cred, EADDRINUSE, EADDRNOTAVAIL, EINVAL, EMSGSIZE, ENODEV, ENOBUFS, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP, EPERM, EPROTO } from '@linnet/kernel';
import {
  CAP_NET_ADMIN, CAP_NET_RAW, IP_ADD_MEMBERSHIP, IP_ADD_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE, IP_DROP_MEMBERSHIP, IP_FREEBIND, IP_HDRINCL, IP_LOCAL_PORT_RANGE, IP_MINTTL, IP_MTU, IP_MTU_DISCOVER,
  IP_MULTICAST_ALL, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_OPTIONS, IP_PKTINFO, IP_PMTUDISC_DO, IP_PMTUDISC_PROBE, IP_PROTOCOL, IP_RECVERR, IP_RECVFRAGSIZE, IP_RECVOPTS, IP_RECVTOS, IP_RECVTTL,
  IP_RECVORIGDSTADDR, IP_RETOPTS, IP_ROUTER_ALERT, IP_TOS, IP_TRANSPARENT, IP_TTL, IP_UNBLOCK_SOURCE, IP_UNICAST_IF, MSG_ERRQUEUE, MSG_MORE, SCM_CREDENTIALS, SO_MARK, SO_PRIORITY, SO_TIMESTAMPING_OLD, SOCK_DGRAM, SOCK_STREAM,
  SOL_IP, SOL_SOCKET, SOL_TCP,
} from '@linnet/uapi';
import { devSetMtu, NF_ACCEPT, NF_INET_POST_ROUTING, NFPROTO_IPV4, nfRegisterNetHook } from '@linnet/netdev';
import { describe, expect, test } from 'vitest';
import { ipv4 } from '../src/index.ts';
import { FAKE_DGRAM, FakeTransport, type FakeSock } from './fake-transport.ts';
import { icmpMessage, ip4, ipPacket, Machine, pattern, Sk, type Wire } from './harness.ts';

function machine(): { m: Machine; w: Wire; t: FakeTransport; s: Sk } {
  const t = new FakeTransport();
  const m = new Machine([ipv4, t.module]);
  const w = m.wire('10.0.0.1/24');
  const s = new Sk(m, SOCK_DGRAM, 0);
  t.receiver = s.sk as FakeSock;
  return { m, w, t, s };
}

function be(...addrs: (string | number)[]): Uint8Array {
  const v = new DataView(new ArrayBuffer(addrs.length * 4));
  addrs.forEach((a, i) => (typeof a === 'string' ? v.setInt32(i * 4, ip4(a)) : v.setInt32(i * 4, a, true)));
  return new Uint8Array(v.buffer);
}

// Read off a Linux 6.18: what setsockopt returns for an int, and what getsockopt says afterwards, of a datagram socket.
const TABLE: [name: string, opt: number, value: number, ret: number, after: number][] = [
  ['IP_TOS', IP_TOS, 0x1ff, 0, 255],
  ['IP_TTL 0', IP_TTL, 0, -EINVAL, 64],
  ['IP_TTL 256', IP_TTL, 256, -EINVAL, 64],
  ['IP_TTL 9', IP_TTL, 9, 0, 9],
  ['IP_TTL -1', IP_TTL, -1, 0, 64],
  ['IP_MTU_DISCOVER 6', IP_MTU_DISCOVER, 6, -EINVAL, 1],
  ['IP_MTU_DISCOVER -1', IP_MTU_DISCOVER, -1, -EINVAL, 1],
  ['IP_MULTICAST_TTL 256', IP_MULTICAST_TTL, 256, -EINVAL, 1],
  ['IP_MULTICAST_TTL -1', IP_MULTICAST_TTL, -1, 0, 1],
  ['IP_MULTICAST_TTL 0', IP_MULTICAST_TTL, 0, 0, 0],
  ['IP_MULTICAST_LOOP 5', IP_MULTICAST_LOOP, 5, 0, 1],
  ['IP_MULTICAST_ALL 2', IP_MULTICAST_ALL, 2, -EINVAL, 1],
  ['IP_MINTTL 256', IP_MINTTL, 256, -EINVAL, 0],
  ['IP_FREEBIND', IP_FREEBIND, 3, 0, 1],
  ['IP_TRANSPARENT', IP_TRANSPARENT, 1, 0, 1],
  ['IP_BIND_ADDRESS_NO_PORT', 24, 7, 0, 1],
  ['IP_HDRINCL', IP_HDRINCL, 1, -ENOPROTOOPT, 0],
  ['IP_NODEFRAG', 22, 1, -ENOPROTOOPT, 0],
  ['IP_ROUTER_ALERT', IP_ROUTER_ALERT, 1, -EINVAL, 0],
  ['IP_LOCAL_PORT_RANGE upside down', IP_LOCAL_PORT_RANGE, 0x00010002, -EINVAL, 0],
  ['IP_LOCAL_PORT_RANGE', IP_LOCAL_PORT_RANGE, 0x00020001, 0, 0x00020001],
  ['IP_PROTOCOL', IP_PROTOCOL, 1, -ENOPROTOOPT, 0],
  ['IP_MTU', IP_MTU, 5, -ENOPROTOOPT, -ENOTCONN],
  ['IP_UNICAST_IF', IP_UNICAST_IF, 0, 0, 0],
  ['IP_RECVERR_RFC4884 2', 26, 2, -EINVAL, 0],
  ['IP_RECVERR_RFC4884', 26, 1, 0, 1],
  ['IP_CHECKSUM', 23, 1, 0, 1],
  ['IP_RECVFRAGSIZE', IP_RECVFRAGSIZE, 1, 0, 1],
  ['an option that is none', 99, 0, -ENOPROTOOPT, -ENOPROTOOPT],
];

describe('set and get', () => {
  for (const [name, opt, value, ret, after] of TABLE) {
    test(name, () => {
      const { m, s } = machine();
      expect(s.set(SOL_IP, opt, value)).toBe(ret);
      expect(s.getInt(SOL_IP, opt)).toBe(after);
      m.end();
    });
  }

  test('short values, and short room for the answer', () => {
    const { m, s } = machine();
    expect(s.set(SOL_IP, IP_TTL, new Uint8Array(0))).toBe(-EINVAL);
    expect(s.set(SOL_IP, IP_TOS, new Uint8Array([8]))).toBe(0);
    expect(s.get(SOL_IP, IP_TOS, 1)).toEqual(new Uint8Array([8]));
    expect(s.get(SOL_IP, IP_TOS, 2)).toEqual(new Uint8Array([8]));
    expect(s.get(SOL_IP, IP_TOS, 0)).toEqual(new Uint8Array(0));
    expect(s.set(SOL_TCP, 1, 1)).toBe(-ENOPROTOOPT);
    expect(s.get(SOL_TCP, 1)).toBe(-EOPNOTSUPP);
    m.end();
  });

  test('a stream keeps the ECN bits, and has no groups', () => {
    const { m } = machine();
    const s = new Sk(m, SOCK_STREAM, 0);
    expect(s.set(SOL_IP, IP_TOS, 0xff)).toBe(0);
    expect(s.getInt(SOL_IP, IP_TOS)).toBe(0xfc);
    expect(s.set(SOL_IP, IP_MULTICAST_TTL, 3)).toBe(-EINVAL);
    expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, be('224.0.0.5', '0.0.0.0'))).toBe(-EPROTO);
    m.end();
  });

  test('the TOS sets the priority as tc-prio(8) says', () => {
    const { m, s } = machine();
    const got = [];
    for (let tos = 0; tos < 32; tos += 2) {
      s.set(SOL_IP, IP_TOS, tos);
      got.push(s.getInt(SOL_SOCKET, SO_PRIORITY));
    }
    expect(got).toEqual([0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4]);
    m.end();
  });

  test('IP_MTU of a connected socket', () => {
    const { m, s, w } = machine();
    s.connect('10.0.0.2', 5);
    expect(s.getInt(SOL_IP, IP_MTU)).toBe(1500);
    m.kernel.run(() => devSetMtu(w.fake.dev, 700));
    s.connect('10.0.0.2', 5);
    expect(s.getInt(SOL_IP, IP_MTU)).toBe(700);
    m.end();
  });
});

describe('what not everybody may', () => {
  const int = (n: number): Uint8Array => new Uint8Array(new Int32Array([n]).buffer);

  test('IP_TRANSPARENT, options nobody knows, marks and high priorities need CAP_NET_RAW or CAP_NET_ADMIN', () => {
    const { m, s, w } = machine();
    const so = (type: number, n: number): number => s.send(pattern(8), '10.0.0.2', 0, [{ level: SOL_SOCKET, type, data: int(n) }]);
    const all = (): number[] => [
      s.set(SOL_IP, IP_TRANSPARENT, 1), s.set(SOL_IP, IP_OPTIONS, new Uint8Array([0x55, 4, 0, 0])), so(SO_MARK, 7), so(SO_PRIORITY, 7), s.set(SOL_IP, IP_TRANSPARENT, 0), so(SO_PRIORITY, 6),
    ];
    m.kernel.cred = new Cred(1000);
    expect(all()).toEqual([-EPERM, -EINVAL, -EPERM, -EPERM, 0, 8]);
    for (const cap of [CAP_NET_ADMIN, CAP_NET_RAW]) {
      m.kernel.cred = new Cred(1000, 1000, [], [cap]);
      expect(all()).toEqual([0, cap === CAP_NET_RAW ? 0 : -EINVAL, 8, 8, 0, 8]);
    }
    w.take();
    m.end();
  });

  test('SO_PRIORITY of one message', () => {
    const { m, s } = machine();
    const seen: number[] = [];
    nfRegisterNetHook(m.net, { pf: NFPROTO_IPV4, hooknum: NF_INET_POST_ROUTING, priority: 0, hook: (_p, skb) => (seen.push(skb.priority), NF_ACCEPT) });
    s.set(SOL_SOCKET, SO_PRIORITY, 3);
    for (const control of [[], [{ level: SOL_SOCKET, type: SO_PRIORITY, data: int(5) }], [{ level: SOL_IP, type: IP_TOS, data: int(8) }]]) s.send(pattern(8), '10.0.0.2', 0, control);
    expect(seen).toEqual([3, 5, 2]);
    // What is no control message of this level, or has another length, is refused.
    for (const [type, n] of [[SO_PRIORITY, 8], [SO_MARK, 2], [99, 4], [0, 4]] as const) expect(s.send(pattern(8), '10.0.0.2', 0, [{ level: SOL_SOCKET, type, data: new Uint8Array(n) }])).toBe(-EINVAL);
    for (const type of [SO_TIMESTAMPING_OLD, SCM_CREDENTIALS]) expect(s.send(pattern(8), '10.0.0.2', 0, [{ level: SOL_SOCKET, type, data: int(0) }])).toBe(8);
    m.end();
  });
});

describe('path MTU discovery', () => {
  test('DO forbids fragments, PROBE ignores the path, DONT sends without DF', () => {
    const { m, s, w } = machine();
    s.set(SOL_IP, IP_RECVERR, 1);
    s.set(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
    expect(s.send(pattern(1481), '10.0.0.2')).toBe(-EMSGSIZE);
    expect(s.got(10, MSG_ERRQUEUE).control.length).toBe(1);
    s.set(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    expect(s.send(pattern(1481), '10.0.0.2')).toBe(-EMSGSIZE);
    expect(s.send(pattern(1480), '10.0.0.2')).toBe(1480);
    expect(w.take()[0]).toMatchObject({ df: true, totLen: 1500 });
    s.set(SOL_IP, IP_MTU_DISCOVER, 0);
    s.send(pattern(100), '10.0.0.2');
    s.send(pattern(100), '10.0.0.2');
    const ids = w.take();
    expect(ids.map((x) => x.df)).toEqual([false, false]);
    expect(ids[0]!.id).not.toBe(ids[1]!.id);
    m.end();
  });

  test('identifications: by destination, or the socket’s own once it is connected', () => {
    const { m, s, w } = machine();
    const ids = (n: number, to: string | null): number[] => {
      for (let i = 0; i < n; i++) s.send(pattern(10), to);
      return w.take().map((x) => x.id);
    };
    const a = ids(3, '10.0.0.2');
    expect(a).toEqual([a[0], (a[0]! + 1) & 0xffff, (a[0]! + 2) & 0xffff]);
    expect(ids(1, '10.0.0.3')[0]).not.toBe((a[0]! + 3) & 0xffff);
    expect(ids(1, '10.0.0.2')).toEqual([(a[0]! + 3) & 0xffff]);
    s.connect('10.0.0.2', 5);
    const b = ids(2, null);
    expect(b).toEqual([b[0], (b[0]! + 1) & 0xffff]);
    expect(b[0]).not.toBe((a[0]! + 4) & 0xffff);
    m.end();
  });
});

describe('corking by the family’s calls', () => {
  test('pieces of all sizes are one datagram', () => {
    const { m, s, w } = machine();
    const whole = pattern(4000);
    let at = 0;
    for (const n of [1, 1479, 1, 8, 1471, 1000, 40]) {
      const last = at + n === 4000;
      expect(s.send(whole.slice(at, at + n), '10.0.0.2', last ? 0 : MSG_MORE)).toBe(n);
      at += n;
    }
    const r = w.take();
    const back = new Uint8Array(4000);
    for (const x of r) back.set(x.payload, x.fragOff);
    expect(back).toEqual(whole);
    expect(r.map((x) => x.payload.length)).toEqual([1480, 1480, 1040]);
    expect(s.sk.wmemAlloc).toBe(0);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a full send buffer is EAGAIN, and drains', () => {
    const { m, s, w } = machine();
    w.silent.add(ip4('10.0.0.77'));
    let sent = 0;
    while (s.send(pattern(1400), '10.0.0.77') === 1400 && sent < 10000) sent++;
    expect(sent).toBeGreaterThan(10);
    m.advance(10);
    expect(s.sk.wmemAlloc).toBe(0);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('multicast', () => {
  test('join, twice, leave, the limit, broken requests', () => {
    const { m, s, w } = machine();
    expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, be('224.1.0.1', '10.0.0.1'))).toBe(0);
    expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, be('224.1.0.1', '10.0.0.1'))).toBe(-EADDRINUSE);
    expect(s.set(SOL_IP, IP_DROP_MEMBERSHIP, be('224.1.0.2', '10.0.0.1'))).toBe(-EADDRNOTAVAIL);
    expect(s.set(SOL_IP, IP_DROP_MEMBERSHIP, be('224.1.0.1', '0.0.0.0'))).toBe(-ENODEV); // no route to it
    expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, be('10.0.0.5', '10.0.0.1'))).toBe(-EINVAL);
    expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, be('224.1.0.3', '10.1.1.1'))).toBe(-ENODEV);
    expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, new Uint8Array(7))).toBe(-EINVAL);
    let n = 1;
    let err = 0;
    for (; n < 50 && err === 0; n++) err = s.set(SOL_IP, IP_ADD_MEMBERSHIP, be(`224.2.0.${n}`, '0.0.0.0', w.fake.dev.ifindex));
    expect([n - 1, err]).toEqual([20, -ENOBUFS]);
    expect(s.set(SOL_IP, IP_DROP_MEMBERSHIP, be('224.1.0.1', '10.0.0.1'))).toBe(0);
    s.close();
    m.end();
  });

  test('received while a member, with the sources that were asked for', () => {
    const { m, s, w } = machine();
    const mac = new Uint8Array([1, 0, 0x5e, 1, 0, 1]);
    const inject = (src: string): void => w.frame(ipPacket({ src, dst: '224.1.0.1', proto: FAKE_DGRAM }, pattern(4)), 0x0800, mac);
    inject('10.0.0.2');
    expect(m.pool.dropCounts()).toEqual({ IP_INADDRERRORS: 1 });
    s.set(SOL_IP, IP_ADD_MEMBERSHIP, be('224.1.0.1', '10.0.0.1'));
    inject('10.0.0.2');
    expect(s.got().from).toBe('10.0.0.2:0');
    expect(m.mib('IpExt.InMcastPkts')).toBe(1);
    const af = s.sk.af;
    const dif = w.fake.dev.ifindex;
    const allowed = (src: string): boolean => af.mcAllow(s.sk, ip4('224.1.0.1'), ip4(src), dif);
    expect(s.set(SOL_IP, IP_BLOCK_SOURCE, be('224.1.0.1', '10.0.0.1', '10.0.0.2'))).toBe(0);
    expect([allowed('10.0.0.2'), allowed('10.0.0.3')]).toEqual([false, true]);
    expect(s.set(SOL_IP, IP_UNBLOCK_SOURCE, be('224.1.0.1', '10.0.0.1', '10.0.0.2'))).toBe(0);
    expect(allowed('10.0.0.2')).toBe(true);
    s.set(SOL_IP, IP_DROP_MEMBERSHIP, be('224.1.0.1', '10.0.0.1'));
    expect(s.set(SOL_IP, IP_ADD_SOURCE_MEMBERSHIP, be('224.1.0.1', '10.0.0.1', '10.0.0.9'))).toBe(0);
    expect([allowed('10.0.0.9'), allowed('10.0.0.3')]).toEqual([true, false]);
    expect(s.set(SOL_IP, IP_BLOCK_SOURCE, be('224.1.0.1', '10.0.0.1', '10.0.0.2'))).toBe(-EINVAL);
    // Not a member of a group that came in for another socket: IP_MULTICAST_ALL decides.
    expect(af.mcAllow(s.sk, ip4('224.1.0.9'), ip4('10.0.0.2'), dif)).toBe(true);
    s.set(SOL_IP, IP_MULTICAST_ALL, 0);
    expect(af.mcAllow(s.sk, ip4('224.1.0.9'), ip4('10.0.0.2'), dif)).toBe(false);
    s.close();
    w.frame(ipPacket({ dst: '224.1.0.1', proto: FAKE_DGRAM }, pattern(4)), 0x0800, mac);
    expect(m.pool.dropCounts()).toEqual({ IP_INADDRERRORS: 2 });
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('sent with the group’s MAC and TTL, and looped back to members here', () => {
    const { m, s, w } = machine();
    expect(s.set(SOL_IP, IP_MULTICAST_IF, be('10.0.0.1'))).toBe(0);
    expect(s.get(SOL_IP, IP_MULTICAST_IF)).toEqual(be('10.0.0.1'));
    s.set(SOL_IP, IP_ADD_MEMBERSHIP, be('224.1.0.1', '10.0.0.1'));
    s.sk.boundDevIf = 0;
    expect(s.send(pattern(40), '224.1.0.1')).toBe(40);
    const [p] = w.take();
    expect([p!.ttl, p!.src, [...p!.ethDst]]).toEqual([1, ip4('10.0.0.1'), [1, 0, 0x5e, 1, 0, 1]]);
    expect(s.got().data).toEqual(pattern(40));
    expect(m.mib('IpExt.OutMcastPkts')).toBe(1);
    s.set(SOL_IP, IP_MULTICAST_LOOP, 0);
    s.set(SOL_IP, IP_MULTICAST_TTL, 5);
    s.send(pattern(40), '224.1.0.1');
    expect(w.take()[0]!.ttl).toBe(5);
    expect(s.recv()).toBe(-11);
    s.set(SOL_IP, IP_MULTICAST_TTL, 0); // never leaves the machine
    s.send(pattern(40), '224.1.0.1');
    expect(w.take()).toEqual([]);
    expect(s.set(SOL_IP, IP_MULTICAST_IF, be('10.0.0.77'))).toBe(-EADDRNOTAVAIL);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('control messages', () => {
  test('options, original destination, fragment size', () => {
    const { m, s, w } = machine();
    for (const o of [IP_RECVOPTS, IP_RETOPTS, IP_RECVORIGDSTADDR, IP_RECVFRAGSIZE, IP_PKTINFO]) s.set(SOL_IP, o, 1);
    const options = new Uint8Array([7, 7, 4, 0, 0, 0, 0, 1]);
    w.inject({ proto: FAKE_DGRAM, options }, new Uint8Array([0, 9, 0x12, 0x34, 5]));
    const r = s.got();
    const get = (type: number): Uint8Array | undefined => r.control.find((c) => c.type === type)?.data;
    expect([...get(IP_RECVOPTS)!]).toEqual([7, 7, 8, 10, 0, 0, 1, 1]);
    expect([...get(IP_RETOPTS)!]).toEqual([7, 7, 8, 10, 0, 0, 1, 0]);
    expect([...get(IP_RECVORIGDSTADDR)!]).toEqual([2, 0, 0x12, 0x34, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(get(IP_RECVFRAGSIZE)).toBeUndefined();
    w.inject({ proto: FAKE_DGRAM, mf: true }, pattern(80));
    w.inject({ proto: FAKE_DGRAM, fragOff: 80 }, pattern(8));
    const f = s.got();
    expect(f.control.find((c) => c.type === IP_RECVFRAGSIZE)!.data).toEqual(new Uint8Array([100, 0, 0, 0]));
    m.end();
  });

  test('an ICMP error in the queue: what was sent, who said so', () => {
    const { m, s, w, t } = machine();
    s.set(SOL_IP, IP_RECVERR, 1);
    w.inject({ src: '10.0.0.254' }, icmpMessage(3, 4, 1200, ipPacket({ src: '10.0.0.1', dst: '192.0.2.9', proto: FAKE_DGRAM }, pattern(20))));
    expect(t.errors).toEqual([EMSGSIZE]);
    const e = s.got(100, MSG_ERRQUEUE);
    const v = new DataView(e.control[0]!.data.buffer);
    expect([e.from, [...e.data]]).toEqual(['192.0.2.9:99', [...pattern(20).subarray(4)]]);
    expect([v.getUint32(0, true), v.getUint8(4), v.getUint8(5), v.getUint8(6), v.getUint32(8, true), v.getInt32(20)]).toEqual([EMSGSIZE, 2, 3, 4, 1200, ip4('10.0.0.254')]);
    expect(e.flags & MSG_ERRQUEUE).toBe(MSG_ERRQUEUE);
    w.inject({}, icmpMessage(3, 1, 0, ipPacket({ src: '10.0.0.1', proto: FAKE_DGRAM }, pattern(20))));
    s.set(SOL_IP, IP_RECVERR, 0); // empties the queue
    // Control messages are about the packet that brought the error; a port is looked for where the user's bytes begin (so on Linux 6.18).
    for (const o of [IP_RECVERR, IP_RECVTTL, IP_RECVTOS, IP_PKTINFO, IP_RECVORIGDSTADDR]) s.set(SOL_IP, o, 1);
    w.inject({ src: '10.0.0.254', ttl: 61, tos: 0xc8 }, icmpMessage(11, 0, 0, ipPacket({ src: '10.0.0.1', dst: '192.0.2.9', proto: FAKE_DGRAM, ttl: 1, tos: 8 }, pattern(20))));
    const told = s.got(100, MSG_ERRQUEUE);
    const of = (type: number): number[] => [...told.control.find((c) => c.type === type)!.data];
    expect([told.from, of(IP_TTL), of(IP_TOS)]).toEqual(['192.0.2.9:99', [61, 0, 0, 0], [0xc8]]);
    expect([of(IP_PKTINFO), of(20)]).toEqual([[w.fake.dev.ifindex, 0, 0, 0, 10, 0, 0, 1, 10, 0, 0, 1], [2, 0, ...pattern(20).subarray(6, 8), 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]]);
    s.set(SOL_IP, IP_RECVERR, 0);
    expect(s.recv(10, MSG_ERRQUEUE)).toBe(-11);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});
