/** Rules that ask for sockets, with transports that are not there: TPROXY, socket, SO_ORIGINAL_DST, and the targets and objects that give helpers. */
import { describe, expect, test } from 'vitest';
import { createKernel, EINVAL, ENOENT, ENOPROTOOPT, VirtualClock, type Kernel, type Net } from '@linnet/kernel';
import { INET, type InetSock } from '@linnet/inet';
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { devGetByName, devOpen } from '@linnet/netdev';
import { consumeSkb, SKB, type Skb } from '@linnet/skbuff';
import { in4ToString, IPPROTO_TCP, IPPROTO_UDP, SOL_IP } from '@linnet/uapi';
import { NF_CONNTRACK, nfConntrackForEach, nfCtHelpers, nfOriginalDst, xtables } from '../src/index.ts';
import { ip4, Router, tcp, udp, Wire } from './harness.ts';
import { batch, NftBox, rule, table, chain, payload, imm } from './nft-harness.ts';
import { ACCEPT, load, type Rule } from './xt-harness.ts';

const A = '10.1.0.2';
const B = '10.2.0.2';

/** A socket as rules see one. */
interface FakeSock {
  transparent: boolean;
  rcvSaddr: number;
  mark: number;
}

class Box {
  readonly kernel: Kernel = createKernel({ modules: [ipv4, xtables], clock: new VirtualClock(), seed: 1, debug: true });
  readonly net: Net = this.kernel.initNet;
  readonly lan: Wire;
  readonly wan: Wire;
  /** What is asked for, and what is given. */
  readonly asked: string[] = [];
  readonly got: unknown[] = [];
  connected: FakeSock | null = null;
  waiting: FakeSock | null = null;
  constructor() {
    this.kernel.run(() => devOpen(devGetByName(this.net, 'lo')!));
    this.lan = this.wire('10.1.0.1');
    this.wan = this.wire('10.2.0.1');
    this.kernel.run(() => this.net.sysctl.write('net/ipv4/ip_forward', '1'));
    this.kernel.get(INET).addProtocol({
      protocol: IPPROTO_TCP, noPolicy: true,
      rcv: (skb: Skb) => {
        this.got.push(skb.sk);
        skb.sk = null;
        consumeSkb(skb);
        return 0;
      },
      findSock: (_net, _skb, _thoff, to, port) => {
        this.asked.push(to === null ? 'connected' : `${in4ToString(to[0]!)}:${port}`);
        return (to === null ? this.connected : this.waiting) as unknown as InetSock | null;
      },
    });
  }
  private wire(addr: string): Wire {
    const w = new Wire(this.net);
    this.kernel.run(() => inetAddrAdd(this.net, w.fake.dev, { local: ip4(addr), prefixlen: 24 }));
    return w;
  }
  mangle(...rules: readonly Rule[]): number {
    return this.kernel.run(() => load(this.net, { name: 'mangle', hooks: [0, 1, 2, 3, 4].map((h) => [h, h === 0 ? rules : [], ACCEPT] as const) }));
  }
  raw(...rules: readonly Rule[]): number {
    return this.kernel.run(() => load(this.net, { name: 'raw', hooks: [[0, rules, ACCEPT], [3, [], ACCEPT]] }));
  }
  end(): void {
    const pool = this.kernel.get(SKB);
    this.kernel.shutdown();
    expect(pool.stats.live).toBe(0);
  }
}

function tproxy(addr: string, port: number): Rule {
  const b = new Uint8Array(28);
  const v = new DataView(b.buffer);
  v.setUint32(0, 1, true);
  v.setUint32(4, 1, true);
  v.setInt32(8, ip4(addr));
  v.setUint16(24, port);
  return { proto: IPPROTO_TCP, target: ['TPROXY', 1, b] };
}
const sock = (transparent: boolean, rcvSaddr = 0): FakeSock => ({ transparent, rcvSaddr, mark: 7 });

describe('TPROXY', () => {
  test('asks for a connection, then for who waits, and drops without one that is transparent', () => {
    const x = new Box();
    expect(x.mangle(tproxy('0.0.0.0', 0))).toBe(0);
    x.lan.inject(tcp(A, 4000, B, 80, 'S'));
    expect(x.asked.splice(0)).toEqual(['connected', '10.1.0.1:80']);
    x.waiting = sock(false);
    x.lan.inject(tcp(A, 4000, B, 80, 'S'));
    expect(x.wan.take()).toEqual([]);
    expect(x.mangle(tproxy('10.9.9.9', 1234))).toBe(0);
    x.asked.length = 0;
    x.lan.inject(tcp(A, 4000, B, 80, 'S'));
    expect(x.asked.splice(0)).toEqual(['connected', '10.9.9.9:1234']);
    // With one it belongs to this machine: without a route that says so it is not forwarded.
    x.waiting = sock(true);
    x.lan.inject(tcp(A, 4000, B, 80, 'S'));
    expect([x.wan.take(), x.got]).toEqual([[], []]);
    // To this machine itself it gets there, with the socket that was chosen.
    x.lan.inject(tcp(A, 4000, '10.1.0.1', 80, 'S'));
    expect(x.got).toEqual([x.waiting]);
    x.end();
  });
  test('is for TCP and UDP only', () => {
    const x = new Box();
    expect(x.mangle({ ...tproxy('0.0.0.0', 1), proto: 0 })).toBe(-EINVAL);
    expect(x.mangle({ ...tproxy('0.0.0.0', 1), proto: 1 })).toBe(-EINVAL);
    x.end();
  });
});

describe('the match socket', () => {
  // What matches is dropped.
  const drop = (flags: number): Rule => ({ matches: [['socket', 3, Uint8Array.of(flags)]], target: -1 });
  test.each([
    [0, sock(false), true], [0, sock(false, 5), false], [2, sock(false), false], [1, sock(false, 5), true], [1, sock(true, 5), false], [3, sock(true), false], [3, null, true],
  ] as const)('flags %i', (flags, waiting, passes) => {
    const x = new Box();
    expect(x.mangle(drop(flags))).toBe(0);
    x.waiting = waiting;
    x.lan.inject(tcp(A, 4000, B, 80, 'S'));
    expect(x.wan.take().length).toBe(passes ? 1 : 0);
    expect(x.asked).toEqual(['connected', `${B}:80`]);
    x.end();
  });
  test('takes no flags that it does not know', () => {
    const x = new Box();
    expect(x.mangle(drop(8))).toBe(-EINVAL);
    x.end();
  });
});

test('the target CT gives a helper of the rule\'s transport', () => {
  const x = new Box();
  const ct = (name: string, proto: number): Rule => {
    const b = new Uint8Array(72);
    for (let i = 0; i < name.length; i++) b[12 + i] = name.charCodeAt(i);
    return { proto, target: ['CT', 2, b] };
  };
  expect(x.raw(ct('tftp', IPPROTO_TCP))).toBe(-ENOENT);
  expect(x.raw(ct('tftp', 0))).toBe(-ENOENT);
  expect(x.raw(ct('nobody', IPPROTO_UDP))).toBe(-ENOENT);
  expect(x.raw(ct('tftp', IPPROTO_UDP))).toBe(0);
  x.lan.inject(udp(A, 4000, B, 69));
  const names: (string | null)[] = [];
  nfConntrackForEach(x.net.get(NF_CONNTRACK), (c) => names.push(c.help === null ? null : c.help.name));
  expect(names).toEqual(['tftp']);
  x.end();
});

test('SO_ORIGINAL_DST', () => {
  const r = new Router();
  nfCtHelpers.init!(r.kernel);
  r.lan.inject(tcp(A, 4000, '203.0.113.2', 80, 'S'));
  const sk = (protocol: number, num: number): InetSock => ({ net: r.net, protocol, rcvSaddr: ip4('203.0.113.2'), num, daddr: ip4(A), dport: 4000 }) as unknown as InetSock;
  expect(nfOriginalDst(sk(IPPROTO_UDP, 80), SOL_IP, 16, undefined)).toBe(-ENOPROTOOPT);
  expect(nfOriginalDst(sk(IPPROTO_TCP, 80), SOL_IP, 15, undefined)).toBe(-EINVAL);
  expect(nfOriginalDst(sk(IPPROTO_TCP, 81), SOL_IP, 16, undefined)).toBe(-ENOENT);
  expect(nfOriginalDst(sk(IPPROTO_TCP, 80), SOL_IP, 16, undefined)).toEqual(Uint8Array.of(2, 0, 0, 80, 203, 0, 113, 2, 0, 0, 0, 0, 0, 0, 0, 0));
  expect(r.end()).toBe(0);
});

describe('nft', () => {
  const helper = (name: string, type: string, l4: number) => ({
    msg: 18,
    put: (w: Parameters<ReturnType<typeof table>['put']>[0]): void => {
      w.putString(1, 't');
      w.putString(2, name);
      w.putBe32(3, 3);
      w.nestStart(4);
      w.putString(1, type);
      w.putU8(3, l4);
      w.nestEnd();
    },
  });
  const errors = (x: NftBox, bytes: Uint8Array): number[] => x.raw(bytes).flatMap((b) => {
    const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
    return v.getUint16(4, true) === 2 && v.getInt32(16, true) !== 0 ? [v.getInt32(16, true)] : [];
  });
  test('objects for helpers', () => {
    const x = new NftBox();
    expect(errors(x, batch([table('t'), helper('f', 'ftp', 6)]))).toEqual([]);
    expect(errors(x, batch([helper('g', 'nobody', 6)]))).toEqual([-ENOENT]);
    expect(errors(x, batch([helper('g', 'tftp', 6)]))).toEqual([-ENOENT]);
    // It is no expression of a rule.
    expect(errors(x, batch([chain('t', 'c', 0), rule('t', 'c', ['ct helper', (w) => { w.putString(1, 'ftp'); w.putU8(3, 6); }])]))).toEqual([-ENOENT]);
    x.kernel.shutdown();
  });
  test('tproxy wants an address or a port, before routing', () => {
    const x = new NftBox();
    const tp = (family: number, ...regs: readonly number[]) => ['tproxy', (w: { putBe32(t: number, v: number): void }) => { w.putBe32(1, family); for (const r of regs) w.putBe32(r, 1); }] as const;
    expect(errors(x, batch([table('t'), chain('t', 'c', 0), rule('t', 'c', payload(1, 9, 1), imm(4, 210), tp(2, 3))]))).toEqual([]);
    expect(errors(x, batch([rule('t', 'c', tp(2))]))).toEqual([-EINVAL]);
    expect(errors(x, batch([rule('t', 'c', imm(4, 210), tp(10, 3))]))).toEqual([-EINVAL]);
    expect(errors(x, batch([chain('t', 'f', 2), rule('t', 'f', imm(4, 210), tp(2, 3))]))).not.toEqual([]);
    x.kernel.shutdown();
  });
});
