import { createKernel, EMSGSIZE, ms, VirtualClock, type Kernel } from '@linnet/kernel';
import { ipRoute } from '@linnet/net';
import { devGetByName, devOpen, devSetMtu } from '@linnet/netdev';
import { MsgHdr, sockCreate, sockRelease, Socket } from '@linnet/socket';
import { SKB } from '@linnet/skbuff';
import { AF_INET, AF_INET6, in6FromString, in6ToString, IPV6_DONTFRAG, IPV6_RECVERR, IPV6_V6ONLY, MSG_ERRQUEUE, SOCK_DGRAM, SOCK_STREAM, SOL_IPV6, sockaddrIn, sockaddrIn6, type SockAddr, type SockAddrIn6 } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { cable, inet6Stack } from '../src/index.ts';

const a6 = (s: string, port: number): SockAddr => sockaddrIn6(in6FromString(s)!, port);
const LOOPBACK4 = 0x7f000001;

function machine(): Kernel {
  const k = createKernel({ modules: inet6Stack, clock: new VirtualClock(), seed: 1, debug: true });
  k.run(() => devOpen(devGetByName(k.initNet, 'lo')!));
  return k;
}

function open(k: Kernel, family: number, type: number): Socket {
  const s = k.run(() => sockCreate(k.initNet, family, type, 0));
  if (typeof s === 'number') throw new Error(`socket: ${s}`);
  return s;
}
const bind = (k: Kernel, s: Socket, to: SockAddr): number => k.run(() => s.ops.bind(s, to));
const connect = (k: Kernel, s: Socket, to: SockAddr): number => k.run(() => s.ops.connect(s, to, 0));
const send = (k: Kernel, s: Socket, text: string, to: SockAddr | null = null): number => {
  const data = new TextEncoder().encode(text);
  return k.run(() => s.ops.sendmsg(s, new MsgHdr([data], to), data.length));
};
function recv(k: Kernel, s: Socket): { text: string; from: SockAddrIn6 | null } {
  const buf = new Uint8Array(2000);
  const msg = new MsgHdr([buf]);
  const n = k.run(() => s.ops.recvmsg(s, msg, buf.length, 0));
  return { text: n < 0 ? String(n) : new TextDecoder().decode(buf.subarray(0, n)), from: msg.name as SockAddrIn6 | null };
}
function name(s: Socket, peer: boolean): string {
  const n = s.ops.getname(s, peer) as SockAddrIn6;
  return `${in6ToString(n.addr)} ${n.port}`;
}
function accept(k: Kernel, s: Socket): Socket {
  const child = new Socket(k.initNet, SOCK_STREAM, s.ops);
  const err = k.run(() => s.ops.accept(s, child, 0));
  if (err !== 0) throw new Error(`accept: ${err}`);
  return child;
}
function end(k: Kernel): { live: number; heads: number } {
  const pool = k.get(SKB);
  k.shutdown();
  return { live: pool.stats.live, heads: pool.headsLive };
}

describe('TCP and UDP over IPv6', () => {
  it('streams, and IPv4 clients of a listener on ::', () => {
    const k = machine();
    const server = open(k, AF_INET6, SOCK_STREAM);
    expect(bind(k, server, a6('::', 80))).toBe(0);
    expect(k.run(() => server.ops.listen(server, 5))).toBe(0);
    const c6 = open(k, AF_INET6, SOCK_STREAM);
    connect(k, c6, a6('::1', 80));
    (k.clock as VirtualClock).advance(ms(100));
    const s6 = accept(k, server);
    expect(name(s6, false)).toBe('::1 80');
    expect(send(k, c6, 'hello')).toBe(5);
    expect(recv(k, s6).text).toBe('hello');
    const c4 = open(k, AF_INET, SOCK_STREAM);
    connect(k, c4, sockaddrIn(LOOPBACK4, 80));
    (k.clock as VirtualClock).advance(ms(100));
    const s4 = accept(k, server);
    expect(name(s4, false)).toBe('::ffff:127.0.0.1 80');
    expect(send(k, s4, 'there')).toBe(5);
    expect(recv(k, c4).text).toBe('there');
    for (const s of [server, c6, s6, c4, s4]) k.run(() => sockRelease(s));
    expect(end(k)).toEqual({ live: 0, heads: 0 });
  });

  it('a message that is too big for the way: the error names where it was going, its port, too', () => {
    const k = machine();
    const s = open(k, AF_INET6, SOCK_DGRAM);
    const one = new Uint8Array([1, 0, 0, 0]);
    k.run(() => devSetMtu(devGetByName(k.initNet, 'lo')!, 1500));
    expect([IPV6_RECVERR, IPV6_DONTFRAG].map((o) => k.run(() => s.ops.setsockopt(s, SOL_IPV6, o, one)))).toEqual([0, 0]);
    expect(send(k, s, 'x'.repeat(3000), a6('::1', 40002))).toBe(-EMSGSIZE);
    const msg = new MsgHdr([new Uint8Array(10)]);
    expect(k.run(() => s.ops.recvmsg(s, msg, 10, MSG_ERRQUEUE))).toBe(0);
    expect(msg.name).toMatchObject({ port: 40002 }); // so Linux 6.18; of IPv4 it is 0
    k.run(() => sockRelease(s));
    expect(end(k)).toEqual({ live: 0, heads: 0 });
  });

  it('/proc/net/route: a gateway of IPv6 is one', () => {
    const k = machine();
    const there = k.createNet();
    cable(k.initNet, 'v0', there, 'v1');
    ipRoute(k.initNet).link.set('v0', { up: true });
    ipRoute(there).link.set('v1', { up: true });
    ipRoute(k.initNet).nexthop.add({ id: 3, via: 'fe80::1', dev: 'v0' });
    ipRoute(k.initNet).route.add({ dst: '32.0.0.0/8', nhid: 3 });
    expect(k.initNet.proc.read('net/route')).toMatch(/^v0\t00000020\t00000000\t0003\t/m);
    k.shutdown();
  });

  it('datagrams, with mapped senders unless IPV6_V6ONLY', () => {
    const k = machine();
    const server = open(k, AF_INET6, SOCK_DGRAM);
    expect(bind(k, server, a6('::', 53))).toBe(0);
    const c6 = open(k, AF_INET6, SOCK_DGRAM);
    expect(send(k, c6, 'six', a6('::1', 53))).toBe(3);
    const got = recv(k, server);
    expect([got.text, in6ToString(got.from!.addr)]).toEqual(['six', '::1']);
    const c4 = open(k, AF_INET, SOCK_DGRAM);
    expect(send(k, c4, 'four', sockaddrIn(LOOPBACK4, 53))).toBe(4);
    const g4 = recv(k, server);
    expect([g4.text, in6ToString(g4.from!.addr)]).toEqual(['four', '::ffff:127.0.0.1']);
    expect(send(k, server, 'back', g4.from)).toBe(4);
    expect(recv(k, c4).text).toBe('back');
    const only = open(k, AF_INET6, SOCK_DGRAM);
    expect(k.run(() => only.ops.setsockopt(only, SOL_IPV6, IPV6_V6ONLY, Uint8Array.of(1, 0, 0, 0)))).toBe(0);
    expect(bind(k, only, a6('::ffff:127.0.0.1', 99))).toBe(-22);
    expect(bind(k, only, a6('::1', 99))).toBe(0);
    expect(connect(k, only, a6('::1', 7))).toBe(0);
    expect(send(k, only, 'x')).toBe(1);
    expect(recv(k, only).text).toBe('-111');
    expect(end(k)).toEqual({ live: 0, heads: 0 });
  });
});
