import { expect, test } from 'vitest';
import { nlAttrs, nlPayload, nlS32, NlTestClient } from '@linnet/netlink/testing';
import { IFA_F_DEPRECATED, IFA_F_STABLE_PRIVACY, IFA_F_TEMPORARY, IFA_F_TENTATIVE, RTA_CACHEINFO, RTA_DST, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE, RTNLGRP_IPV6_ROUTE } from '@linnet/uapi';
import { bytes6, concat, icmp6, ip6, ip6Packet, Machine, PEER_LL, PEER_MAC, str6, Wire } from './harness.ts';
import type { Inet6Ifaddr } from '../src/inet6-dev.ts';

interface Prefix {
  prefix: string;
  valid: number;
  preferred: number;
  flags?: number;
}

/** A router advertisement. */
function ra(w: Wire, prefixes: readonly Prefix[], lifetime = 1800, more: Uint8Array = new Uint8Array(0)): void {
  const opts = prefixes.map((p) => {
    const b = new Uint8Array(32);
    const v = new DataView(b.buffer);
    b.set([3, 4, 64, p.flags ?? 0xc0]);
    v.setUint32(4, p.valid);
    v.setUint32(8, p.preferred);
    b.set(bytes6(p.prefix), 16);
    return b;
  });
  const head = new Uint8Array(8);
  const word = (64 << 24) | lifetime;
  w.frame(ip6Packet({ src: PEER_LL, dst: 'ff02::1', hops: 255 }, icmp6(PEER_LL, 'ff02::1', 134, 0, word, concat(head, new Uint8Array([1, 1, ...PEER_MAC]), ...opts, more))));
}

function ready(m: Machine): Wire {
  const w = new Wire(m.net);
  m.advance(5);
  w.takeControl();
  return w;
}
const globals = (w: Wire): Inet6Ifaddr[] => w.idev.ifas.filter((i) => str6(i.addr).startsWith('2001:'));
const temps = (w: Wire): Inet6Ifaddr[] => globals(w).filter((i) => (i.flags & IFA_F_TEMPORARY) !== 0);
const P = { prefix: '2001:db8::', valid: 7200, preferred: 3600 };

test('an address of each generation mode in an advertised prefix', () => {
  const secret = '2001:db8:1:2:3:4:5:6';
  for (const mode of [0, 2, 3]) {
    const m = new Machine();
    const w = ready(m);
    if (mode !== 0) m.sysctl('conf/eth0/stable_secret', secret);
    m.sysctl('conf/eth0/addr_gen_mode', mode);
    ra(w, [P]);
    m.advance(3);
    const all = globals(w);
    expect(all).toHaveLength(1);
    const a = str6(all[0]!.addr);
    expect(all[0]!.flags & IFA_F_TENTATIVE).toBe(0);
    if (mode === 0) expect(a).toBe('2001:db8::ff:fe00:1');
    if (mode === 2) {
      // RFC 7217 5: F(prefix, interface, network, counter, secret).
      expect(all[0]!.flags & IFA_F_STABLE_PRIVACY).not.toBe(0);
      const again = new Machine(undefined, 99);
      const v = ready(again);
      again.sysctl('conf/eth0/stable_secret', secret);
      ra(v, [P, { ...P, prefix: '2001:db8:0:1::' }]);
      again.advance(3);
      const [x, y] = globals(v).map((i) => str6(i.addr)).sort();
      expect([x, y].includes(a)).toBe(true);
      // Another prefix, another identifier.
      expect(x!.slice(-9)).not.toBe(y!.slice(-9));
      expect(again.end()).toEqual({ skbs: 0, heads: 0 });
    }
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  }
});

test('a stable address that somebody has is followed by the next one (RFC 7217 6)', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/stable_secret', '2001:db8:1:2:3:4:5:6');
  ra(w, [P]);
  const first = str6(globals(w)[0]!.addr);
  w.frame(ip6Packet({ src: first, dst: 'ff02::1', hops: 255 }, icmp6(first, 'ff02::1', 136, 0, 0x20000000, concat(bytes6(first), new Uint8Array([2, 1, ...PEER_MAC])))));
  m.advance(5);
  const [second, ...rest] = globals(w);
  expect(rest).toEqual([]);
  expect(str6(second!.addr)).not.toBe(first);
  expect(second!.flags & IFA_F_TENTATIVE).toBe(0);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('lifetimes: deprecated, then gone; two hours are believed at least (RFC 4862 5.5.3 e)', () => {
  const m = new Machine();
  const w = ready(m);
  ra(w, [P]);
  m.advance(3);
  const [a] = globals(w);
  m.advance(3600);
  expect(a!.flags & IFA_F_DEPRECATED).not.toBe(0);
  ra(w, [{ ...P, valid: 20000, preferred: 10000 }]);
  expect(a!.flags & IFA_F_DEPRECATED).toBe(0);
  ra(w, [{ ...P, valid: 1, preferred: 1 }]);
  expect(a!.validLft).toBe(7200);
  m.advance(2);
  expect(a!.flags & IFA_F_DEPRECATED).not.toBe(0);
  m.advance(7200);
  expect(globals(w)).toEqual([]);
  expect(m.routes().filter((r) => r.startsWith('2001'))).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('prefixes that make no address: flags, length, link-local, lifetimes the wrong way round', () => {
  const m = new Machine();
  const w = ready(m);
  ra(w, [{ ...P, flags: 0x80 }, { ...P, prefix: 'fe80::' }, { prefix: '2001:db8:1::', valid: 100, preferred: 200 }]);
  m.advance(3);
  expect(globals(w)).toEqual([]);
  expect(m.routes().filter((r) => r.startsWith('2001'))).toEqual(['2001:db8::/64 dev eth0 metric 256']);
  ra(w, [{ ...P, flags: 0x40 }]);
  m.advance(3);
  expect(globals(w)).toHaveLength(1);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('temporary addresses: one for each prefix, preferred as source, followed by another in time (RFC 8981)', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/use_tempaddr', 2);
  m.sysctl('conf/eth0/temp_prefered_lft', 1000);
  m.sysctl('conf/eth0/temp_valid_lft', 3000);
  m.sysctl('conf/eth0/max_desync_factor', 10);
  ra(w, [{ ...P, valid: 100_000, preferred: 50_000 }]);
  m.advance(3);
  const [first] = temps(w);
  expect(temps(w)).toHaveLength(1);
  expect(first!.prefixlen).toBe(64);
  expect(str6(first!.addr)).not.toContain('ff:fe00');
  expect(first!.validLft).toBeLessThanOrEqual(3000);
  expect(first!.preferredLft).toBeLessThanOrEqual(1000);
  expect(first!.preferredLft).toBeGreaterThan(980);
  m.route('default', { via: PEER_LL, dev: w });
  const src = (): string => str6(m.n6.fn.getSaddr(m.n6, w.fake.dev, ip6('2001:db8:9::1'), 0)!);
  expect(src()).toBe(str6(first!.addr));
  // The next one comes before the first is deprecated.
  m.advance(first!.preferredLft - 1);
  expect(temps(w)).toHaveLength(2);
  expect(src()).toBe(str6(temps(w).find((t) => t !== first)!.addr));
  m.advance(20);
  expect(first!.flags & IFA_F_DEPRECATED).not.toBe(0);
  m.advance(2000);
  expect(temps(w).includes(first!)).toBe(false);
  // Its prefix is told of no more: so ends the temporary address.
  m.sysctl('conf/eth0/use_tempaddr', 1);
  expect(src()).toBe('2001:db8::ff:fe00:1');
  m.sysctl('conf/eth0/use_tempaddr', 0);
  m.advance(4000);
  expect(temps(w)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('routers are asked for, ever more slowly, until one answers (RFC 7559)', () => {
  const m = new Machine();
  const w = new Wire(m.net);
  m.advance(200);
  const at = w.takeControl(133).map((p) => p.at);
  expect(at.length).toBeGreaterThan(4);
  const gaps = at.slice(1).map((t, i) => t - at[i]!);
  expect(gaps[0]).toBeGreaterThanOrEqual(3600);
  expect(gaps[0]).toBeLessThanOrEqual(4400);
  for (let i = 1; i < gaps.length; i++) expect(gaps[i]! / gaps[i - 1]!).toBeGreaterThan(1.85);
  ra(w, [P]);
  m.advance(1000);
  expect(w.takeControl(133)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('default routers: preference, silence, and zero lifetime', () => {
  const m = new Machine();
  const w = ready(m);
  ra(w, [], 100);
  expect(m.routes().filter((r) => r.startsWith('::/0'))).toEqual([`::/0 via ${PEER_LL} dev eth0 metric 1024`]);
  m.advance(101 + 31);
  expect(m.routes().filter((r) => r.startsWith('::/0'))).toEqual([]);
  ra(w, [], 100);
  ra(w, [], 0);
  expect(m.routes().filter((r) => r.startsWith('::/0'))).toEqual([]);
  m.sysctl('conf/eth0/accept_ra_defrtr', 0);
  ra(w, [], 100);
  expect(m.routes().filter((r) => r.startsWith('::/0'))).toEqual([]);
  m.sysctl('conf/eth0/accept_ra_defrtr', 1);
  m.sysctl('conf/eth0/accept_ra', 0);
  ra(w, [P], 100);
  expect(m.routes().filter((r) => r.startsWith('::/0'))).toEqual([]);
  expect(globals(w)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a lifetime of thirty days, the default of RFC 4861, is kept whole', () => {
  const m = new Machine();
  const w = ready(m);
  const days = 86_400;
  ra(w, [{ ...P, valid: 30 * days, preferred: 7 * days }]);
  m.advance(3);
  const nl = new NlTestClient(m.net);
  // struct rta_cacheinfo: rta_expires is the third word, in hundredths of a second.
  const expires = (): number[] => nl.request(RTM_GETROUTE, 0x300, nlPayload(12, (view, off) => view.setUint8(off, 10))).filter((r) => r.type === RTM_NEWROUTE)
    .map((r) => nlAttrs(r.payload, 12)).filter((a) => a.get(RTA_DST)?.join('.') === bytes6('2001:db8::').join('.')).map((a) => nlS32(a.get(RTA_CACHEINFO)!.slice(8, 12)) / 100);
  const left = expires();
  expect(left).toHaveLength(1);
  expect(left[0]).toBeGreaterThan(30 * days - 5);
  m.advance(29 * days);
  expect(m.routes().filter((r) => r.startsWith('2001'))).toHaveLength(1);
  expect(globals(w)).toHaveLength(1);
  m.advance(days + 60);
  expect(m.routes().filter((r) => r.startsWith('2001'))).toEqual([]);
  expect(globals(w)).toEqual([]);
  nl.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

/** A route information option of 24 bytes. */
function routeInfo(prefix: string, plen: number, lifetime: number): Uint8Array {
  const b = new Uint8Array(24);
  b.set([24, 3, plen, 0]);
  new DataView(b.buffer).setUint32(4, lifetime);
  b.set(bytes6(prefix), 8);
  return b;
}

test('accept_ra_min_lft: sections with a shorter lifetime are not listened to, but those that end something are', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/accept_ra_rt_info_max_plen', 64);
  m.sysctl('conf/eth0/accept_ra_min_lft', 1000);
  const known = (): string[] => m.routes().filter((r) => r.startsWith('2001')).map((r) => r.split(' ')[0]!);
  ra(w, [{ ...P, valid: 999, preferred: 900 }], 0, concat(routeInfo('2001:db8:a::', 48, 999), routeInfo('2001:db8:b::', 48, 1000)));
  m.advance(3);
  expect(globals(w)).toEqual([]);
  expect(known()).toEqual(['2001:db8:b::/48']);
  ra(w, [{ ...P, valid: 1000, preferred: 900 }], 0, routeInfo('2001:db8:b::', 48, 0));
  m.advance(3);
  expect(globals(w)).toHaveLength(1);
  expect(known()).toEqual(['2001:db8::/64']);
  ra(w, [{ ...P, valid: 0, preferred: 0 }]);
  expect(known()).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('ra_honor_pio_pflag: where prefixes are delegated no address is made (RFC 9762)', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/ra_honor_pio_pflag', 1);
  ra(w, [{ ...P, flags: 0xd0 }, { ...P, prefix: '2001:db8:1::' }]);
  m.advance(3);
  expect(globals(w).map((i) => str6(i.addr))).toEqual(['2001:db8:1::ff:fe00:1']);
  expect(m.routes().filter((r) => r.startsWith('2001:db8::/64'))).toHaveLength(1);
  m.sysctl('conf/eth0/ra_honor_pio_pflag', 0);
  ra(w, [{ ...P, flags: 0xd0 }]);
  m.advance(3);
  expect(globals(w)).toHaveLength(2);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('routes of a route information option have metric 1024, whatever ra_defrtr_metric says of default ones', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/accept_ra_rt_info_max_plen', 64);
  m.sysctl('conf/eth0/ra_defrtr_metric', 2000);
  ra(w, [], 1800, routeInfo('2001:db8:a::', 48, 2000));
  expect(m.routes().filter((r) => !r.startsWith('fe80'))).toEqual([`2001:db8:a::/48 via ${PEER_LL} dev eth0 metric 1024`, `::/0 via ${PEER_LL} dev eth0 metric 2000`]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a router shortens the life of an address that somebody set, too, but to no less than two hours', () => {
  const m = new Machine();
  const w = ready(m);
  m.addr(w, '2001:db8::ff:fe00:1/64');
  ra(w, [{ ...P, valid: 5000, preferred: 4000 }]);
  m.advance(3);
  expect(globals(w).map((i) => [i.validLft, i.preferredLft])).toEqual([[7200, 4000]]);
  m.advance(7200);
  expect(globals(w)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a temporary address lives until its successor can be made, though temp_prefered_lft says less', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/use_tempaddr', 2);
  m.sysctl('conf/eth0/temp_prefered_lft', 3);
  m.sysctl('conf/eth0/temp_valid_lft', 100);
  ra(w, [{ ...P, valid: 5000, preferred: 4000 }]);
  // Two seconds of regen_min_advance, three tries of a second, and one.
  expect(temps(w).map((t) => [t.validLft, t.preferredLft])).toEqual([[100, 6]]);
  // But no longer than its prefix lets it.
  ra(w, [{ prefix: '2001:db8:1::', valid: 5, preferred: 5 }]);
  expect(temps(w)).toHaveLength(1);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('addresses that outlive their device’s rest are joined to their groups once (keep_addr_on_down)', () => {
  const m = new Machine();
  const w = m.wire('fd00::1:8/64');
  m.sysctl('conf/eth0/keep_addr_on_down', 1);
  m.sysctl('conf/eth0/forwarding', 1);
  const users = (file: string): string[] => (m.net.proc.read(`net/${file}`) as string).split('\n').filter((l) => l.includes('eth0') && (file === 'anycast6' || l.includes('1ff'))).map((l) => l.split(/\s+/).slice(2, 4).join(' ')).sort();
  m.advance(5);
  const before = [users('igmp6'), users('anycast6')];
  expect(before[0]).toContain('ff0200000000000000000001ff010008 1');
  expect(before[1]).toEqual(['fd000000000000000000000000000000 1', 'fe800000000000000000000000000000 1']);
  for (let i = 0; i < 2; i++) {
    m.down(w);
    expect([users('igmp6'), users('anycast6')]).toEqual([[], []]);
    expect(m.addrs(w)).toHaveLength(1);
    m.up(w);
    m.advance(5);
  }
  expect([users('igmp6'), users('anycast6')]).toEqual(before);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('dad_transmits counts to 255', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.sysctl('conf/eth0/dad_transmits', -1);
  m.addr(w, 'fd00::2/64');
  m.advance(250);
  expect(w.takeControl(135).length).toBeGreaterThan(245);
  m.advance(20);
  expect(m.addrs(w).find((a) => a.startsWith('fd00::2/'))).toBe('fd00::2/64 80');
  w.takeControl();
  m.sysctl('conf/eth0/dad_transmits', 256);
  m.addr(w, 'fd00::3/64');
  m.advance(1.1);
  expect(w.takeControl(135)).toEqual([]);
  expect(m.addrs(w).find((a) => a.startsWith('fd00::3/'))).toBe('fd00::3/64 80');
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('skip_notify_on_dev_down: nobody hears of routes that go with their device', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const nl = new NlTestClient(m.net, { groups: 1 << (RTNLGRP_IPV6_ROUTE - 1) });
  const deleted = (): number => nl.messages().filter((x) => x.type === RTM_DELROUTE).length;
  m.down(w);
  expect(deleted()).toBeGreaterThan(0);
  m.up(w);
  m.advance(5);
  nl.messages();
  m.sysctl('route/skip_notify_on_dev_down', 1);
  m.down(w);
  expect(deleted()).toBe(0);
  nl.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
