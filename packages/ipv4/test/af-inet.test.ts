import {
  EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY, ECONNABORTED, ECONNREFUSED, EINPROGRESS, EINVAL, EISCONN, ENETUNREACH, ENOTCONN, EOPNOTSUPP,
} from '@linnet/kernel';
import { AF_INET, AF_INET6, AF_UNSPEC, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM, sockaddrIn } from '@linnet/uapi';
import { MsgHdr, sockCreate, SS_CONNECTED, SS_CONNECTING, SS_UNCONNECTED } from '@linnet/socket';
import { describe, expect, test } from 'vitest';
import { ipv4 } from '../src/index.ts';
import { FAKE_DGRAM, FAKE_STREAM, FakeSock, FakeTransport } from './fake-transport.ts';
import { ip4, Machine, pattern, Sk, type Wire } from './harness.ts';

function machine(): { m: Machine; w: Wire; t: FakeTransport } {
  const t = new FakeTransport();
  const m = new Machine([ipv4, t.module]);
  return { m, w: m.wire('10.0.0.1/24'), t };
}

describe('socket()', () => {
  const cases: [string, number, number, number][] = [
    ['a stream by default', SOCK_STREAM, 0, 0],
    ['a datagram by number', SOCK_DGRAM, FAKE_DGRAM, 0],
    ['a protocol of another type', SOCK_DGRAM, FAKE_STREAM, -93],
    ['a protocol that nobody has', SOCK_STREAM, 132, -93],
    ['a type that nobody has', SOCK_SEQPACKET, 0, -94],
    ['raw without a protocol', SOCK_RAW, 0, -93],
    ['raw with any', SOCK_RAW, 89, 0],
    ['raw with a number above a byte', SOCK_RAW, 256, 0],
    ['a number beyond the last', SOCK_STREAM, 263, -22],
  ];
  for (const [name, type, protocol, want] of cases) {
    test(name, () => {
      const { m } = machine();
      const s = m.kernel.run(() => sockCreate(m.net, AF_INET, type, protocol));
      expect(typeof s === 'number' ? s : 0).toBe(want);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  test('the transport may refuse', () => {
    const { m, t } = machine();
    t.initError = -EINVAL;
    expect(m.kernel.run(() => sockCreate(m.net, AF_INET, SOCK_DGRAM, 0))).toBe(-EINVAL);
    m.end();
  });
});

describe('bind()', () => {
  test('addresses', () => {
    const { m } = machine();
    const ok = ['0.0.0.0', '10.0.0.1', '127.0.0.1', '127.1.2.3', '10.0.0.255', '255.255.255.255', '224.0.0.5'];
    for (const a of ok) {
      const s = new Sk(m, SOCK_DGRAM, 0);
      expect([a, s.bind(a, 0)]).toEqual([a, 0]);
      expect(s.sk.num).toBeGreaterThan(0);
      s.close();
    }
    for (const a of ['10.0.0.2', '192.0.2.1']) expect(new Sk(m, SOCK_DGRAM, 0).bind(a, 0)).toBe(-EADDRNOTAVAIL);
    m.sysctl('ip_nonlocal_bind', 1);
    expect(new Sk(m, SOCK_DGRAM, 0).bind('192.0.2.1', 0)).toBe(0);
    m.end();
  });

  test('a group or a broadcast is received on, not sent from', () => {
    const { m } = machine();
    const s = new Sk(m, SOCK_DGRAM, 0);
    s.bind('10.0.0.255', 9);
    expect([s.sk.rcvSaddr, s.sk.saddr]).toEqual([ip4('10.0.0.255'), 0]);
    m.end();
  });

  test('twice, a port in use, another family', () => {
    const { m } = machine();
    const s = new Sk(m, SOCK_DGRAM, 0);
    expect(s.bind('10.0.0.1', 500)).toBe(0);
    expect(s.bind('10.0.0.1', 501)).toBe(-EINVAL);
    expect(s.name()).toBe('10.0.0.1:500');
    const b = new Sk(m, SOCK_DGRAM, 0);
    expect(b.bind('10.0.0.1', 500)).toBe(-EADDRINUSE);
    expect([b.sk.rcvSaddr, b.sk.saddr, b.name()]).toEqual([0, 0, '0.0.0.0:0']);
    expect(b.sock.ops.bind(b.sock, { family: AF_INET6 })).toBe(-EAFNOSUPPORT);
    expect(b.sock.ops.bind(b.sock, { ...sockaddrIn(ip4('10.0.0.1'), 77), family: AF_UNSPEC })).toBe(-EAFNOSUPPORT);
    expect(b.sock.ops.bind(b.sock, { ...sockaddrIn(0, 77), family: AF_UNSPEC })).toBe(0);
    expect(b.name()).toBe('0.0.0.0:77');
    m.end();
  });

  test('IP_BIND_ADDRESS_NO_PORT leaves the port to connect', () => {
    const { m } = machine();
    const s = new Sk(m, SOCK_DGRAM, 0);
    s.set(0, 24, 1);
    expect(s.bind('10.0.0.1', 0)).toBe(0);
    expect(s.sk.num).toBe(0);
    expect(s.connect('10.0.0.2', 5)).toBe(0);
    expect(s.sk.num).toBeGreaterThan(0);
    m.end();
  });
});

describe('datagram sockets', () => {
  test('connect binds, fixes the peer, and AF_UNSPEC lets it go', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_DGRAM, 0);
    expect(s.name(true)).toBe(-ENOTCONN);
    expect(s.connect('10.0.0.2', 7)).toBe(0);
    expect([s.name(), s.name(true)]).toEqual(['10.0.0.1:40000', '10.0.0.2:7']);
    expect(s.send(pattern(10))).toBe(10);
    expect(w.take()[0]!.dst).toBe(ip4('10.0.0.2'));
    expect(s.connect('192.0.2.1', 7)).toBe(-ENETUNREACH);
    expect(m.kernel.run(() => s.sock.ops.connect(s.sock, { family: AF_UNSPEC }, 0))).toBe(0);
    expect(s.name(true)).toBe(-ENOTCONN);
    expect(s.sock.ops.listen(s.sock, 1)).toBe(-EOPNOTSUPP);
    expect(s.sock.ops.accept(s.sock, s.sock, 0)).toBe(-EOPNOTSUPP);
    m.end();
  });

  test('sending binds', () => {
    const { m } = machine();
    const s = new Sk(m, SOCK_DGRAM, 0);
    expect(s.send(pattern(3), '10.0.0.2')).toBe(3);
    expect(s.name()).toBe('0.0.0.0:40000');
    m.end();
  });

  test('shutdown of one that is not connected is noted and refused', () => {
    const { m } = machine();
    const s = new Sk(m, SOCK_DGRAM, 0);
    expect(m.kernel.run(() => s.sock.ops.shutdown(s.sock, 2))).toBe(-ENOTCONN);
    expect(s.sk.shutdown).toBe(3);
    // Who does not wait learns nothing of it.
    expect(s.recv()).toBe(-EAGAIN);
    expect(s.sock.ops.shutdown(s.sock, 3)).toBe(-EINVAL);
    expect(s.sock.ops.shutdown(s.sock, -1)).toBe(-EINVAL);
    m.end();
  });
});

describe('stream sockets', () => {
  const TCP_ESTABLISHED = 1;
  const TCP_SYN_SENT = 2;
  const TCP_CLOSE = 7;

  function stream(): { m: Machine; s: Sk; sk: FakeSock } {
    const { m } = machine();
    const s = new Sk(m, SOCK_STREAM, 0);
    return { m, s, sk: s.sk as FakeSock };
  }

  test('connect: in progress, already, established once, connected', () => {
    const { m, s, sk } = stream();
    sk.connectTo = TCP_SYN_SENT;
    expect(s.connect('10.0.0.2', 80)).toBe(-EINPROGRESS);
    expect(s.sock.state).toBe(SS_CONNECTING);
    expect(s.name(true)).toBe(-ENOTCONN);
    expect(s.connect('10.0.0.2', 80)).toBe(-EALREADY);
    sk.state = TCP_ESTABLISHED;
    expect(s.connect('10.0.0.2', 80)).toBe(0);
    expect(s.sock.state).toBe(SS_CONNECTED);
    expect(s.connect('10.0.0.2', 80)).toBe(-EISCONN);
    expect(s.name(true)).toBe('10.0.0.2:80');
    m.end();
  });

  test('connect that is refused gives its error once, then ECONNABORTED', () => {
    const { m, s, sk } = stream();
    sk.connectTo = TCP_SYN_SENT;
    expect(s.connect('10.0.0.2', 80)).toBe(-EINPROGRESS);
    sk.state = TCP_CLOSE;
    sk.err = ECONNREFUSED;
    expect(s.connect('10.0.0.2', 80)).toBe(-ECONNREFUSED);
    expect(s.sock.state).toBe(SS_UNCONNECTED);
    expect(sk.disconnects).toBe(1);
    expect(s.connect('10.0.0.2', 80)).toBe(-EINPROGRESS);
    sk.state = TCP_CLOSE;
    expect(s.connect('10.0.0.2', 80)).toBe(-ECONNABORTED);
    m.end();
  });

  test('connect over loopback may be done at once', () => {
    const { m, s } = stream();
    expect(s.connect('127.0.0.1', 80)).toBe(0);
    expect(m.kernel.run(() => s.sock.ops.connect(s.sock, { family: AF_UNSPEC }, 0))).toBe(0);
    expect(s.sock.state).toBe(SS_UNCONNECTED);
    m.end();
  });

  test('listen, accept, and connect while listening', () => {
    const { m, s, sk } = stream();
    expect(s.sock.ops.accept(s.sock, s.sock, 0)).toBe(-EAGAIN);
    expect(m.kernel.run(() => s.sock.ops.listen(s.sock, 7))).toBe(0);
    expect(sk.backlog).toBe(7);
    expect(m.kernel.run(() => s.sock.ops.listen(s.sock, 9))).toBe(0);
    expect(s.connect('10.0.0.2', 80)).toBe(-EISCONN);
    const child = new Sk(m, SOCK_STREAM, 0);
    const peer = new FakeSock(m.net, sk.af, SOCK_STREAM, FAKE_STREAM, sk.prot);
    peer.state = TCP_ESTABLISHED;
    peer.daddr = ip4('10.0.0.5');
    peer.dport = 999;
    sk.waiting.push(peer);
    expect(m.kernel.run(() => s.sock.ops.accept(s.sock, child.sock, 0))).toBe(0);
    expect(child.sock.state).toBe(SS_CONNECTED);
    expect(child.sock.sk).toBe(peer);
    expect(child.name(true)).toBe('10.0.0.5:999');
    expect(m.kernel.run(() => child.sock.ops.listen(child.sock, 1))).toBe(-EINVAL);
    m.end();
  });

  test('shutdown by state', () => {
    const { m, s, sk } = stream();
    expect(m.kernel.run(() => s.sock.ops.shutdown(s.sock, 1))).toBe(-ENOTCONN);
    sk.shutdown = 0;
    sk.shutdowns.length = 0;
    sk.connectTo = TCP_SYN_SENT;
    s.connect('10.0.0.2', 80);
    expect(m.kernel.run(() => s.sock.ops.shutdown(s.sock, 1))).toBe(0); // the attempt ends
    expect([sk.disconnects, s.sock.state, sk.shutdowns]).toEqual([1, SS_UNCONNECTED, []]);
    sk.state = TCP_ESTABLISHED;
    expect(m.kernel.run(() => s.sock.ops.shutdown(s.sock, 1))).toBe(0);
    expect([sk.shutdown, sk.shutdowns]).toEqual([2, [2]]);
    sk.state = 10;
    expect(m.kernel.run(() => s.sock.ops.shutdown(s.sock, 1))).toBe(0);
    expect(sk.disconnects).toBe(1);
    expect(m.kernel.run(() => s.sock.ops.shutdown(s.sock, 0))).toBe(0);
    expect(sk.disconnects).toBe(2);
    m.end();
  });

  test('a stream does not bind itself to send', () => {
    const { m, s } = stream();
    s.sk.daddr = ip4('10.0.0.2');
    expect(m.kernel.run(() => s.sock.ops.sendmsg(s.sock, new MsgHdr([pattern(4)]), 4))).toBe(4);
    expect(s.sk.num).toBe(0);
    m.end();
  });
});
