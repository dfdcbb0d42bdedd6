import { expect, test } from 'vitest';
import { IFF_L3MDEV_MASTER, IFF_L3MDEV_SLAVE } from '@linnet/netdev';
import { NlTestClient, nlPayload } from '@linnet/netlink/testing';
import {
  FRA_DPORT_RANGE, FRA_IP_PROTO, FRA_L3MDEV, FRA_PRIORITY, FRA_TABLE, FRA_UID_RANGE, FR_ACT_TO_TBL, IPPROTO_ICMPV6, IPPROTO_UDP, RTM_NEWRULE, SOCK_DGRAM,
} from '@linnet/uapi';
import type { NlWriter } from '@linnet/uapi';
import { Fib6Config, ip6RouteAdd } from '../src/index.ts';
import { concat, ip6, ip6Packet, Machine, Sk } from './harness.ts';
import type { Ip6Fields, Wire } from './harness.ts';

/** A router with a wire that packets come in by, and three that they may go out by: to the default by `main`, and by what table 100 or a multipath route says. */
class Router {
  readonly m: Machine = new Machine();
  readonly from: Wire;
  readonly main: Wire;
  readonly other: Wire;
  readonly nl: NlTestClient;
  private prio = 1000;

  constructor() {
    const { m } = this;
    this.from = m.wire('fd00::1/64');
    this.main = m.wire('fd01::1/64');
    this.other = m.wire('fd02::1/64');
    m.sysctl('conf/all/forwarding', 1);
    m.route('default', { via: 'fd01::2' });
    m.route('default', { via: 'fd02::2', table: 100 });
    m.advance(5);
    this.nl = new NlTestClient(m.net);
  }

  /** `ip -6 rule add ... lookup 100`. */
  rule(more: (w: NlWriter) => void, o: { tos?: number; table?: number } = {}): void {
    const payload = nlPayload(12, (view, off) => {
      view.setUint8(off, 10);
      view.setUint8(off + 3, o.tos ?? 0);
      view.setUint8(off + 7, FR_ACT_TO_TBL);
    }, (w) => {
      w.putU32(FRA_PRIORITY, this.prio--);
      if (o.table !== 0) w.putU32(FRA_TABLE, o.table ?? 100);
      more(w);
    });
    expect(this.nl.ack(RTM_NEWRULE, 0x600, payload).errno).toBe(0);
  }

  /** Where a packet to 2001:db8::1 goes: `main`, `other` or nowhere. */
  way(f: Ip6Fields, payload: Uint8Array, by: Wire = this.from): string {
    this.main.take();
    this.other.take();
    by.frame(ip6Packet({ src: 'fd00::2', dst: '2001:db8::1', ...f }, payload));
    this.m.advance(0.1);
    return [...this.main.take().map(() => 'main'), ...this.other.take().map(() => 'other')].join(' ');
  }

  end(): void {
    this.nl.close();
    expect(this.m.end()).toEqual({ skbs: 0, heads: 0 });
  }
}

const udp = (sport: number, dport: number): Uint8Array => new Uint8Array([sport >> 8, sport & 255, dport >> 8, dport & 255, 0, 8, 0, 0]);
const range16 = (a: number, b: number): Uint8Array => new Uint8Array([a & 255, a >> 8, b & 255, b >> 8]);

test('rules look at the traffic class of packets that come in', () => {
  const r = new Router();
  r.rule(() => {}, { tos: 0x20 });
  expect(r.way({ next: 253 }, new Uint8Array(8))).toBe('main');
  expect(r.way({ next: 253, tclass: 0x20 }, new Uint8Array(8))).toBe('other');
  expect(r.way({ next: 253, tclass: 0x40 }, new Uint8Array(8))).toBe('main');
  r.end();
});

test('rules look at protocol and ports of packets that come in, behind extension headers too; later fragments have none', () => {
  const r = new Router();
  r.rule((w) => {
    w.putU8(FRA_IP_PROTO, IPPROTO_UDP);
    w.putBytes(FRA_DPORT_RANGE, range16(53, 53));
  });
  expect(r.way({ next: 17 }, udp(1000, 53))).toBe('other');
  expect(r.way({ next: 17 }, udp(1000, 54))).toBe('main');
  expect(r.way({ next: 6 }, concat(udp(1000, 53), new Uint8Array(12)))).toBe('main');
  const dest = new Uint8Array([17, 0, 1, 4, 0, 0, 0, 0]);
  expect(r.way({ next: 60 }, concat(dest, udp(1000, 53)))).toBe('other');
  const later = new Uint8Array([17, 0, 0, 9, 0, 0, 0, 1]);
  expect(r.way({ next: 44 }, concat(later, udp(1000, 53)))).toBe('main');
  r.end();
});

test('to the rules of users, packets that come in are root’s (seen of packets that a real kernel forwards)', () => {
  const r = new Router();
  const range = (uid: number): Uint8Array => new Uint8Array(new Uint32Array([uid, uid]).buffer);
  r.rule((w) => w.putBytes(FRA_UID_RANGE, range(5)));
  expect(r.way({ next: 253 }, new Uint8Array(8))).toBe('main');
  r.rule((w) => w.putBytes(FRA_UID_RANGE, range(0)));
  expect(r.way({ next: 253 }, new Uint8Array(8))).toBe('other');
  r.end();
});

test('what came in by a VRF leaves the next packet alone', () => {
  const r = new Router();
  const vrf = r.m.wire('fd03::1/64').fake.dev;
  const slave = r.m.wire('fd04::1/64');
  vrf.privFlags |= IFF_L3MDEV_MASTER;
  vrf.l3mdevOps = { fibTable: () => 100 };
  slave.fake.dev.privFlags |= IFF_L3MDEV_SLAVE;
  slave.fake.dev.master = vrf;
  r.rule((w) => w.putU8(FRA_L3MDEV, 1), { table: 0 });
  expect(r.way({ next: 253 }, new Uint8Array(8))).toBe('main');
  expect(r.way({ next: 253, src: 'fd04::2' }, new Uint8Array(8), slave)).toBe('other');
  expect(r.way({ next: 253 }, new Uint8Array(8))).toBe('main');
  slave.fake.dev.master = null;
  r.end();
});

/** 2001:db8::/32 over both. */
function multipath(r: Router): void {
  const cfg = new Fib6Config();
  cfg.dst = ip6('2001:db8::');
  cfg.dstLen = 32;
  cfg.nlflags = 0x600;
  cfg.multipath = ['fd01::2', 'fd02::2'].map((gw) => ({ oif: 0, gw: ip6(gw), flags: 0, weight: 1 }));
  expect(r.m.kernel.run(() => ip6RouteAdd(r.m.n6, cfg))).toBe(0);
}

/** The hops that 64 flows take. */
function hops(r: Router, flow: (i: number) => [Ip6Fields, Uint8Array]): string[] {
  return [...new Set(Array.from({ length: 64 }, (_, i) => r.way(...flow(i))))].sort();
}

test('forwarded flows are spread by what fib_multipath_hash_policy says', () => {
  const r = new Router();
  multipath(r);
  r.m.advance(1);
  const byPort = (i: number): [Ip6Fields, Uint8Array] => [{ next: 17 }, udp(1000 + i, 80)];
  const byLabel = (i: number): [Ip6Fields, Uint8Array] => [{ next: 17, label: 1 + i }, udp(1000, 80)];
  const inner = (i: number): [Ip6Fields, Uint8Array] => [{ next: 41 }, ip6Packet({ src: `fd09::${i}`, dst: 'fd08::1', next: 59 }, new Uint8Array(0))];
  const both = ['main', 'other'];
  const ways = (f: (i: number) => [Ip6Fields, Uint8Array]): string[] => hops(r, f);
  // Addresses and flow label.
  expect(ways(byPort)).toHaveLength(1);
  expect(ways(byLabel)).toEqual(both);
  expect(ways(inner)).toHaveLength(1);
  r.m.sysctl('fib_multipath_hash_policy', 1);
  expect(ways(byPort)).toEqual(both);
  expect(ways(byLabel)).toHaveLength(1);
  r.m.sysctl('fib_multipath_hash_policy', 2);
  expect(ways(inner)).toEqual(both);
  expect(ways(byPort)).toHaveLength(1);
  r.m.sysctl('fib_multipath_hash_policy', 3);
  // Addresses and protocol; source port; flow label; addresses inside.
  expect(ways(byPort)).toHaveLength(1);
  r.m.sysctl('fib_multipath_hash_fields', 0x10);
  expect(ways(byPort)).toEqual(both);
  expect(ways(byLabel)).toHaveLength(1);
  r.m.sysctl('fib_multipath_hash_fields', 0x08);
  expect(ways(byLabel)).toEqual(both);
  r.m.sysctl('fib_multipath_hash_fields', 0x40);
  expect(ways(inner)).toEqual(both);
  r.end();
});

test('an error goes the way of the flow that it is about', () => {
  const r = new Router();
  multipath(r);
  r.m.advance(1);
  for (let i = 0; i < 32; i++) {
    const src = `fd00::2:${i}`;
    const flow = r.way({ src, next: 17 }, udp(1, 2));
    // Somebody on the way back could not pass on what 2001:db8::1 had answered.
    const answer = ip6Packet({ src: '2001:db8::1', dst: src, next: 17 }, udp(2, 1));
    const error = r.way({ src: 'fd00::99', next: 58 }, concat(new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]), answer));
    expect(error).toBe(flow);
  }
  r.end();
});

test('a gateway is looked for as nobody’s packet, whatever was looked for before', () => {
  const r = new Router();
  // To echo requests fd01::2 is behind a gateway; to everybody else, and to a route that is added, it is a neighbour.
  r.rule((w) => w.putU8(FRA_IP_PROTO, IPPROTO_ICMPV6));
  expect(r.m.route('fd01::/64', { via: 'fd02::2', table: 100 })).toBe(0);
  const s = new Sk(r.m, SOCK_DGRAM, IPPROTO_ICMPV6);
  expect(s.send(concat(new Uint8Array([128, 0, 0, 0, 0, 0, 0, 1]), new Uint8Array(1400)), '2001:db8::1')).toBe(1408);
  const sent = r.other.take()[0]!;
  r.other.icmp({ src: 'fd02::2', dst: sent.src }, 2, 0, 1300, sent.raw.slice(0, 1200));
  // In a table of its own: whether fd01::2 is a neighbour is for the rules to say.
  expect(r.m.route('2001:db8:9::/48', { via: 'fd01::2', table: 200 })).toBe(0);
  s.close();
  r.end();
});
