// What is expected was recorded from Linux 6.18 with golden/record-igmp.py: the errors of every option that names sources, the reports that
// changes and queries cause, the files under /proc, the messages of rtnetlink.
import { readFileSync } from 'node:fs';
import { devChangeFlags, devSetMtu } from '@linnet/netdev';
import { NlTestClient } from '@linnet/netlink/testing';
import {
  IFF_UP, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_MSFILTER, IP_MULTICAST_ALL, IPPROTO_ICMP, MCAST_EXCLUDE, MCAST_INCLUDE, NETLINK_ADD_MEMBERSHIP, NLM_F_DUMP, RTM_GETMULTICAST,
  RTNLGRP_IPV4_MCADDR, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, SOL_IP,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inetAddrAdd, inetAddrDel, ipv4 } from '../src/index.ts';
import { ipEthMcMap } from '../src/igmp-state.ts';
import { FakeTransport } from './fake-transport.ts';
import { checksum, ip4, ipPacket, Machine, Sk, type Wire } from './harness.ts';
import { addRoute } from './rt-kernel.ts';

interface Step {
  readonly scenario?: string;
  readonly step: (string | number)[];
  readonly ret: number | string;
  readonly wire?: string[];
  readonly wait: number;
  readonly late?: boolean;
  readonly notes?: [number, string, string][];
  readonly mcfilter?: string;
  readonly igmp?: string[];
}
const scenarios = new Map<string, Step[]>();
let into: Step[] = [];
for (const line of readFileSync(new URL('golden/igmp.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
  const s = JSON.parse(line) as Step;
  if (s.scenario === undefined) into.push(s);
  else scenarios.set(s.scenario, (into = []));
}
const bytes = (s: string | number): Uint8Array => Uint8Array.from(Buffer.from(String(s), 'hex'));
const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');

/** A machine like the recorded one, driven by steps. */
class Play {
  readonly m: Machine = new Machine([ipv4, new FakeTransport().module]);
  readonly w: Wire;
  readonly socks: Map<string, Sk> = new Map();
  readonly nl: NlTestClient;

  constructor() {
    const { m } = this;
    this.w = m.wire('10.77.0.1/24', { name: 'v0' });
    addRoute(m.net, { to: '224.0.0.0/4', dev: this.w.fake.dev });
    for (const v of ['igmpv2', 'igmpv3']) m.sysctl(`conf/v0/${v}_unsolicited_report_interval`, 20);
    m.advance(0.3);
    this.w.take();
    this.nl = new NlTestClient(m.net, { groups: 1 });
    expect(this.nl.setopt(NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_MCADDR)).toBe(0);
  }

  do([op, a, b, c, d]: readonly (string | number)[]): number | string {
    const { m, w } = this;
    const sk = this.socks.get(String(a))!;
    switch (op) {
      case 'sock':
        this.socks.set(String(a), b === 'raw' ? new Sk(m, SOCK_RAW, 17) : new Sk(m, b === 'tcp' ? SOCK_STREAM : SOCK_DGRAM, 0));
        return 0;
      case 'close':
        sk.close();
        this.socks.delete(String(a));
        return 0;
      case 'set':
        return sk.set(SOL_IP, Number(b), bytes(c!));
      case 'get': {
        const input = new Uint8Array(2048);
        input.set(bytes(c!));
        const r = sk.sock.ops.getsockopt(sk.sock, SOL_IP, Number(b), Number(d), input.subarray(0, Number(d)));
        return typeof r === 'number' ? r : hex(r);
      }
      case 'query': {
        const p = bytes(a!);
        new DataView(p.buffer).setUint16(2, checksum(p));
        const dst = String(b);
        const mac = Uint8Array.of(1, 0, 0x5e, 0, 0, 0);
        ipEthMcMap(ip4(dst), mac);
        w.frame(ipPacket({ src: '10.77.0.2', dst, proto: 2, ttl: 1, options: Uint8Array.of(0x94, 4, 0, 0) }, p), 0x0800, c === undefined ? mac : w.mac);
        return 0;
      }
      case 'sysctl':
        return m.kernel.run(() => m.net.sysctl.write(`net/ipv4/${String(a)}`, String(b)));
      case 'wait':
        return 0;
      default:
        return m.kernel.run(() => this.ip(String(a)));
    }
  }

  ip(command: string): number {
    const { dev } = this.w.fake;
    const { net } = this.m;
    const mtu = / mtu (\d+)/.exec(command);
    if (mtu !== null) return devSetMtu(dev, Number(mtu[1]));
    const addr = /addr (add|del) (\S+)\/24 dev (\w+)/.exec(command);
    if (addr === null) return devChangeFlags(dev, command.endsWith('up') ? dev.flags | IFF_UP : dev.flags & ~IFF_UP);
    const on = addr[3] === 'lo' ? this.m.ip.loopbackDev! : dev;
    const what = { local: ip4(addr[2]!), prefixlen: 24 };
    return addr[1] === 'add' ? inetAddrAdd(net, on, what) : inetAddrDel(net, on, what);
  }

  wire(): string[] {
    return this.w.take().filter((p) => p.proto === 2).map((p) => `${hex(p.ethDst)} ${hex(p.raw.subarray(0, p.totLen))}`).sort();
  }

  igmp(): string[] {
    return String(this.m.net.proc.read('net/igmp')).split('\n').slice(1, -1).map((l) => l.trim().split(/\s+/).filter((x) => x === ':' || !x.includes(':')).join(' '));
  }

  notes(): [number, string, string][] {
    return this.nl.messages().filter((n) => n.type === 56 || n.type === 57).map((n) => [n.type, hex(n.payload.subarray(0, 8)), hex(n.payload.subarray(8, 16))]);
  }
}

describe('as a real kernel does', () => {
  let p: Play;
  beforeEach(() => {
    p = new Play();
  });
  afterEach(() => {
    for (const s of p.socks.values()) s.close();
    p.m.end();
  });
  test.each([...scenarios.keys()])('%s', (name) => {
    let { mcfilter, igmp }: Partial<Step> = {};
    for (const [i, s] of scenarios.get(name)!.entries()) {
      const where = `${i}: ${s.step.join(' ').slice(0, 100)}`;
      expect([where, p.do(s.step)]).toEqual([where, s.ret]);
      p.m.advance(s.wait);
      expect([where, p.notes()]).toEqual([where, s.notes ?? []]);
      if (s.wait === 0) continue;
      // Of what was to happen at once and did not, the packets of the record are different ones.
      const wire = p.wire();
      if (s.late !== true) expect([where, wire]).toEqual([where, [...(s.wire ?? [])].sort()]);
      ({ mcfilter = mcfilter, igmp = igmp } = s);
      expect([where, p.m.net.proc.read('net/mcfilter')]).toEqual([where, mcfilter]);
      expect([where, p.igmp()]).toEqual([where, igmp]);
    }
  });
});

describe('datagrams', () => {
  const G = '239.1.2.3';
  let m: Machine;
  let w: Wire;
  let a: Sk;
  let b: Sk;
  const from = (src: string): string => {
    const mac = Uint8Array.of(1, 0, 0x5e, 0, 0, 0);
    ipEthMcMap(ip4(G), mac);
    w.frame(ipPacket({ src, dst: G, proto: 17 }, new Uint8Array(12)), 0x0800, mac);
    return [a, b].map((s, i) => (typeof s.recv() === 'number' ? '' : 'ab'[i]!)).join('');
  };
  const msfilter = (s: Sk, mode: number, ...sources: string[]): number => {
    const val = new Uint8Array(16 + 4 * sources.length);
    const v = new DataView(val.buffer);
    v.setInt32(0, ip4(G));
    v.setInt32(4, ip4('10.77.0.1'));
    v.setUint32(8, mode, true);
    v.setUint32(12, sources.length, true);
    sources.forEach((x, i) => v.setInt32(16 + 4 * i, ip4(x)));
    return s.set(SOL_IP, IP_MSFILTER, val);
  };
  beforeEach(() => {
    m = new Machine();
    w = m.wire('10.77.0.1/24');
    a = new Sk(m, SOCK_RAW, 17);
    b = new Sk(m, SOCK_RAW, 17);
    for (const s of [a, b]) {
      s.set(SOL_IP, IP_MULTICAST_ALL, 0);
      expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, Uint8Array.of(239, 1, 2, 3, 10, 77, 0, 1))).toBe(0);
    }
  });
  afterEach(() => {
    a.close();
    b.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('come to sockets that want their source, and no further than the route when nobody does', () => {
    expect([from('10.77.0.2'), from('10.77.0.3')]).toEqual(['ab', 'ab']);
    expect(msfilter(a, MCAST_INCLUDE, '10.77.0.2')).toBe(0);
    expect(msfilter(b, MCAST_EXCLUDE, '10.77.0.4', '10.77.0.2')).toBe(0);
    expect([from('10.77.0.2'), from('10.77.0.3'), from('10.77.0.4')]).toEqual(['a', 'b', '']);
    const before = m.mib('Ip.InDelivers');
    expect(msfilter(b, MCAST_INCLUDE, '10.77.0.3')).toBe(0);
    expect([from('10.77.0.2'), from('10.77.0.3')]).toEqual(['a', 'b']);
    expect(m.mib('Ip.InDelivers') - before).toBe(2);
    expect([from('10.77.0.4'), from('10.77.0.5')]).toEqual(['', '']);
    expect(m.mib('Ip.InDelivers') - before).toBe(2);
  });

  test('IP_MULTICAST_ALL lets in what other sockets joined', () => {
    expect(a.set(SOL_IP, IP_DROP_MEMBERSHIP, Uint8Array.of(239, 1, 2, 3, 10, 77, 0, 1))).toBe(0);
    expect(from('10.77.0.2')).toBe('b');
    a.set(SOL_IP, IP_MULTICAST_ALL, 1);
    expect(from('10.77.0.2')).toBe('ab');
  });
});

test('groups are dumped', () => {
  const m = new Machine();
  const w = m.wire('10.77.0.1/24');
  const s = new Sk(m, SOCK_RAW, IPPROTO_ICMP);
  const nl = new NlTestClient(m.net);
  expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, Uint8Array.of(239, 1, 2, 3, 10, 77, 0, 1))).toBe(0);
  const dump = (i: number): string[] =>
    nl.request(RTM_GETMULTICAST, NLM_F_DUMP, Uint8Array.of(2, 0, 0, 0, i, 0, 0, 0)).map((n) => `${n.type} ${n.flags} ${hex(n.payload.subarray(0, 28))}`);
  const at = (flags: number, i: number, g: string): string => `${RTM_GETMULTICAST} ${flags} 02208000${hex(Uint8Array.of(i))}00000008000700${g}14000600ffffffffffffffff`;
  const { ifindex } = w.fake.dev;
  expect(dump(0)).toEqual([at(2, 1, 'e0000001'), at(2, ifindex, 'ef010203'), at(2, ifindex, 'e0000001'), '3 2 00000000']);
  expect(dump(ifindex)).toEqual([at(0x22, ifindex, 'ef010203'), at(0x22, ifindex, 'e0000001'), '3 34 00000000']);
  // Refused, with the words of Linux.
  expect(dump(99)).toEqual(['3 2 edffffff']);
  const refused = (text: string, payload: Uint8Array): void => {
    const [n] = nl.request(RTM_GETMULTICAST, NLM_F_DUMP, payload);
    expect(Buffer.from(n!.payload).toString()).toContain(text);
  };
  refused('ipv4: Invalid header for address dump request', Uint8Array.of(2));
  refused('ipv4: Invalid values in header for address dump request', Uint8Array.of(2, 1, 0, 0, 0, 0, 0, 0));
  refused('ipv4: Unsupported attribute in dump request', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 8, 0, 1, 0, 0, 0));
  refused('ipv4: Invalid target network namespace id', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 10, 0, 1, 0, 0, 0));
  s.close();
  nl.close();
  m.end();
});
