// Errors and choices are those of `ip route get` on Linux 6.18.
import { afterEach, describe, expect, it } from 'vitest';
import { EACCES, EHOSTUNREACH, EINVAL, ENETUNREACH, ENODEV, sec } from '@linnet/kernel';
import { Flowi } from '@linnet/inet';
import { DST_OBSOLETE_KILL, devChangeFlags, devSetMtu, dstCheck, dstMtu, dstAdvmss } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { NEIGH_UPDATE_F_ADMIN, NEIGH_UPDATE_F_OVERRIDE, neighUpdate } from '@linnet/neigh';
import { DROP, allocSkb, kfreeSkbReason, skbPut, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  ETH_P_IP, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, ICMP_NET_UNREACH, ICMP_PKT_FILTERED, ICMP_REDIRECT, ICMP_REDIR_HOST, IFF_UP, IPPROTO_UDP, NUD_PERMANENT, RTAX_MTU, RTAX_MAX, RTN_BLACKHOLE,
  RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_PROHIBIT, RTN_UNICAST, RTN_UNREACHABLE,
  in4ToString,
} from '@linnet/uapi';
import { inetAddrAdd } from '../src/devinet.ts';
import { fibDelRoute } from '../src/fib-frontend.ts';
import { IPSKB_DOREDIRECT, ipcbFlags } from '../src/ip-cb.ts';
import { icmpSetOuterHeader } from '../src/ip-quote.ts';
import {
  RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST, ipDstMtuMaybeForward, ipRouteInput, ipRouteOutputFlow, ipRtSendRedirect, ipv4Redirect, ipv4UpdatePmtu,
} from '../src/route.ts';
import type { Rtable } from '../src/route.ts';
import { RtKernel, addRoute, config, ip } from './rt-kernel.ts';

let t: RtKernel;
let e0: NetDevice;
let e1: NetDevice;
let held: Skb[] = [];

afterEach(() => {
  for (const skb of held) kfreeSkbReason(skb, DROP.CONSUMED);
  held = [];
  t.k.shutdown();
  expect(t.live()).toBe(0);
});

/** A machine with lo, eth0 10.0.0.1/24 and eth1 10.0.1.1/24. */
function start(): void {
  t = new RtKernel();
  devChangeFlags(t.n4.loopbackDev!, IFF_UP);
  e0 = new FakeDevice(t.net, { name: 'eth0', noQueue: true }).dev;
  e1 = new FakeDevice(t.net, { name: 'eth1', noQueue: true }).dev;
  t.k.run(() => inetAddrAdd(t.net, e0, { local: ip('10.0.0.1'), prefixlen: 24 }));
  t.k.run(() => inetAddrAdd(t.net, e1, { local: ip('10.0.1.1'), prefixlen: 24 }));
}

function write(path: string, v: string): void {
  expect(t.net.sysctl.write(`net/ipv4/${path}`, v)).toBe(0);
}

function flow(dst: string, more: Partial<Flowi> & { src?: string } = {}): Flowi {
  const fl = new Flowi();
  const { src, ...rest } = more;
  Object.assign(fl, rest);
  fl.daddr = ip(dst);
  if (src !== undefined) fl.saddr = ip(src);
  return fl;
}

function out(dst: string, more: Partial<Flowi> & { src?: string } = {}): Rtable {
  const rt = t.k.run(() => ipRouteOutputFlow(t.net, flow(dst, more), null));
  if (rt === null) throw new Error(`no route to ${dst}`);
  return rt;
}

/** The MTU towards a destination, now. */
function mtu(dst: string): number {
  return t.k.run(() => dstMtu(out(dst)));
}

/** `ip route get` in words, or the errno. */
function get(dst: string, more: Partial<Flowi> & { src?: string } = {}): string | number {
  const fl = flow(dst, more);
  const rt = ipRouteOutputFlow(t.net, fl, null);
  if (rt === null) return fl.error;
  const type = rt.rtType === RTN_UNICAST ? '' : `${['', '', 'local', 'broadcast', '', 'multicast'][rt.rtType]} `;
  const flags = [(rt.rtFlags & RTCF_LOCAL) !== 0 ? 'local' : '', (rt.rtFlags & RTCF_BROADCAST) !== 0 ? 'brd' : '', (rt.rtFlags & RTCF_MULTICAST) !== 0 ? 'mc' : ''].filter((f) => f !== '');
  return `${type}${in4ToString(fl.daddr)}${rt.rtUsesGateway ? ` via ${in4ToString(rt.rtGw)}` : ''} dev ${rt.dev.name} src ${in4ToString(fl.saddr)}${flags.length === 0 ? '' : ` <${flags.join(',')}>`}`;
}

function packet(dst: string, src: string, dev: NetDevice, proto = IPPROTO_UDP): Skb {
  const skb = allocSkb(dev.pool, 128);
  skbReserve(skb, 32);
  const at = skbPut(skb, 28);
  skb.view.setUint8(at, 0x45);
  skb.view.setUint8(at + 9, proto);
  skb.view.setInt32(at + 12, ip(src));
  skb.view.setInt32(at + 16, ip(dst));
  skb.networkHeader = at;
  skb.transportHeader = at + 20;
  skb.protocol = ETH_P_IP;
  skb.dev = dev;
  held.push(skb);
  return skb;
}

const REASONS = new Map(Object.entries(DROP).map(([n, v]) => [v, n]));

/** What happens to a packet that comes in: the drop reason's name, or the type, the error, the way. */
function come(dst: string, src: string, dev: NetDevice = e0, proto = IPPROTO_UDP): string {
  const skb = packet(dst, src, dev, proto);
  const reason = t.k.run(() => ipRouteInput(skb, ip(dst), ip(src), 0, dev));
  if (reason !== 0) return REASONS.get(reason)!;
  const rt = skb.dst as Rtable;
  if (rt.error !== 0) return `error ${rt.error}`;
  if (rt.input === t.n4.ipLocalDeliver) return rt.rtType === RTN_LOCAL ? 'local' : rt.rtType === RTN_BROADCAST ? 'broadcast' : rt.rtType === RTN_MULTICAST ? 'multicast' : '?';
  return `${rt.rtUsesGateway ? `via ${in4ToString(rt.rtGw)} ` : ''}dev ${rt.dev.name}${(ipcbFlags(skb) & IPSKB_DOREDIRECT) !== 0 ? ' redirect' : ''}`;
}

describe('the way out', () => {
  it('answers as a real kernel does', () => {
    start();
    expect(get('10.0.0.2')).toBe('10.0.0.2 dev eth0 src 10.0.0.1');
    expect(get('10.0.0.2', { src: '9.9.9.9' })).toBe(-ENETUNREACH);
    expect(get('10.0.0.2', { src: '9.9.9.9', flags: 1 })).toBe('10.0.0.2 dev eth0 src 9.9.9.9');
    expect(get('10.0.0.2', { src: '10.0.1.1' })).toBe('10.0.0.2 dev eth0 src 10.0.1.1');
    expect(get('10.0.0.2', { src: '224.0.0.1' })).toBe(-EINVAL);
    expect(get('10.0.0.2', { src: '0.0.0.5' })).toBe(-ENETUNREACH);
    expect(get('255.255.255.255', { src: '10.0.0.1' })).toBe('broadcast 255.255.255.255 dev eth0 src 10.0.0.1 <local,brd>');
    expect(get('224.0.0.5', { src: '10.0.0.1' })).toBe('multicast 224.0.0.5 dev eth0 src 10.0.0.1 <mc>');
    expect(get('224.0.0.1', { oif: e0.ifindex })).toBe('multicast 224.0.0.1 dev eth0 src 10.0.0.1 <local,mc>');
    expect(get('255.255.255.255')).toBe(-ENETUNREACH);
    expect(get('224.0.0.1')).toBe(-ENETUNREACH);
    expect(get('8.8.8.8')).toBe(-ENETUNREACH);
    expect(get('8.8.8.8', { oif: e0.ifindex })).toBe('8.8.8.8 dev eth0 src 10.0.0.1');
    expect(get('8.8.8.8', { oif: 99 })).toBe(-ENODEV);
    expect(get('255.255.255.255', { oif: e0.ifindex })).toBe('broadcast 255.255.255.255 dev eth0 src 10.0.0.1 <local,brd>');
    expect(get('10.0.0.1')).toBe('local 10.0.0.1 dev lo src 10.0.0.1 <local>');
    expect(get('10.0.0.1', { oif: e0.ifindex })).toBe('local 10.0.0.1 dev lo src 10.0.0.1 <local>');
    expect(get('10.0.0.1', { oif: e1.ifindex })).toBe('10.0.0.1 dev eth1 src 10.0.1.1');
    expect(get('10.0.0.255')).toBe('broadcast 10.0.0.255 dev eth0 src 10.0.0.1 <local,brd>');
    expect(get('0.0.0.0')).toBe('local 127.0.0.1 dev lo src 127.0.0.1 <local>');
    expect(get('10.0.0.2', { src: '127.0.0.1' })).toBe(-EINVAL);
    expect(get('127.0.0.1', { src: '10.0.0.1' })).toBe('local 127.0.0.1 dev lo src 10.0.0.1 <local>');
    expect(get('127.0.0.5')).toBe('local 127.0.0.5 dev lo src 127.0.0.1 <local>');
    expect(get('127.0.0.1', { oif: e0.ifindex })).toBe('127.0.0.1 dev eth0 src 10.0.0.1');
  });

  it('follows gateways and errors of the tables', () => {
    start();
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.254' });
    addRoute(t.net, { to: '10.4.0.0/16', type: RTN_BLACKHOLE, scope: 0 });
    addRoute(t.net, { to: '10.5.0.0/16', type: RTN_UNREACHABLE, scope: 0 });
    addRoute(t.net, { to: '10.6.0.0/16', type: RTN_PROHIBIT, scope: 0 });
    addRoute(t.net, { to: '10.7.0.0/16', via: '10.0.1.9', src: '10.0.0.1' });
    expect(get('8.8.8.8')).toBe('8.8.8.8 via 10.0.0.254 dev eth0 src 10.0.0.1');
    expect(get('10.4.0.1')).toBe(-EINVAL);
    expect(get('10.5.0.1')).toBe(-EHOSTUNREACH);
    expect(get('10.6.0.1')).toBe(-EACCES);
    expect(get('10.7.0.1')).toBe('10.7.0.1 via 10.0.1.9 dev eth1 src 10.0.0.1');
  });

  it('caches one route for each next hop, until the tables change', () => {
    start();
    const a = out('10.0.0.2');
    expect(out('10.0.0.3')).toBe(a);
    expect(out('10.0.1.3')).not.toBe(a);
    expect(dstCheck(a, 0)).toBe(a);
    addRoute(t.net, { to: '10.99.0.0/16', via: '10.0.0.9' });
    expect(dstCheck(a, 0)).toBeNull();
    const b = out('10.0.0.2');
    expect(b).not.toBe(a);
    devChangeFlags(e0, e0.flags & ~IFF_UP);
    expect(dstCheck(b, 0)).toBeNull();
    expect(get('10.0.0.2')).toBe(-ENETUNREACH);
  });

  it('spreads flows over the hops of a multipath route by weight', () => {
    start();
    addRoute(t.net, { to: '0.0.0.0/0', hops: [{ via: '10.0.0.9', weight: 3 }, { via: '10.0.1.9', weight: 1 }] });
    const seen = new Map<number, number>();
    for (let i = 0; i < 4000; i++) {
      const fl = flow('8.0.0.0');
      fl.daddr = (fl.daddr + i) | 0;
      const rt = ipRouteOutputFlow(t.net, fl, null)!;
      seen.set(rt.rtGw, (seen.get(rt.rtGw) ?? 0) + 1);
      expect(fl.saddr).toBe(rt.dev === e0 ? ip('10.0.0.1') : ip('10.0.1.1'));
    }
    const share = seen.get(ip('10.0.0.9'))! / 4000;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
    expect(out('8.0.0.7').rtGw).toBe(out('8.0.0.7').rtGw);
    devChangeFlags(e0, e0.flags & ~IFF_UP);
    for (let i = 1; i < 50; i++) expect(out(`8.0.0.${i}`).rtGw).toBe(ip('10.0.1.9'));
  });

  it('prefers the default route whose gateway is reachable', () => {
    start();
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.9' });
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.8', nlflags: 0xc00 });
    expect(get('8.8.8.8')).toBe('8.8.8.8 via 10.0.0.9 dev eth0 src 10.0.0.1');
    reach('10.0.0.8', e0);
    expect(get('8.8.8.8')).toBe('8.8.8.8 via 10.0.0.8 dev eth0 src 10.0.0.1');
    reach('10.0.0.9', e0);
    expect(get('8.8.8.8')).toBe('8.8.8.8 via 10.0.0.9 dev eth0 src 10.0.0.1');
  });
});

function reach(a: string, dev: NetDevice): void {
  t.k.run(() => {
    const n = t.n4.arpTbl.create(dev, ip(a));
    if (typeof n === 'number') throw new Error(`neighbour: ${n}`);
    neighUpdate(n, new Uint8Array([2, 0, 0, 0, 0, 9]), 0, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, null);
  });
}

describe('the way of what comes in', () => {
  it('takes what is for us, and refuses martians', () => {
    start();
    expect(come('10.0.0.1', '10.0.0.9')).toBe('local');
    expect(come('10.0.1.1', '10.0.0.9')).toBe('local');
    expect(come('10.0.0.255', '10.0.0.9')).toBe('broadcast');
    expect(come('255.255.255.255', '0.0.0.0')).toBe('broadcast');
    expect(come('224.0.0.1', '10.0.0.9')).toBe('multicast');
    expect(come('224.0.0.9', '10.0.0.9')).toBe('IP_INADDRERRORS');
    expect(come('224.0.0.9', '10.0.0.9', e0, 2)).toBe('IP_INADDRERRORS'); // IGMP, too: a raw socket hears no report of groups that nobody here is in
    expect(come('10.0.0.1', '10.0.1.1')).toBe('IP_LOCAL_SOURCE');
    expect(come('10.0.0.1', '224.0.0.1')).toBe('IP_INVALID_SOURCE');
    expect(come('10.0.0.1', '255.255.255.255')).toBe('IP_INVALID_SOURCE');
    expect(come('10.0.0.1', '0.0.0.0')).toBe('IP_INVALID_SOURCE');
    expect(come('0.0.0.0', '10.0.0.9')).toBe('IP_INVALID_DEST');
    expect(come('127.0.0.1', '10.0.0.9')).toBe('IP_LOCALNET');
    expect(come('10.0.0.1', '127.0.0.9')).toBe('IP_LOCALNET');
    expect(come('8.8.8.8', '10.0.0.9')).toBe(`error ${-EHOSTUNREACH}`);
    expect(t.n4.rtStat[5]).toBeGreaterThan(3);
  });

  it('forwards where it may', () => {
    start();
    write('ip_forward', '1');
    expect(come('8.8.8.8', '10.0.0.9')).toBe(`error ${-ENETUNREACH}`);
    expect(come('10.0.1.9', '10.0.0.9')).toBe('dev eth1');
    expect(come('10.0.1.9', '7.7.7.7')).toBe('dev eth1');
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.1.254' });
    expect(come('8.8.8.8', '10.0.0.9')).toBe('via 10.0.1.254 dev eth1');
    write('conf/eth0/forwarding', '0');
    expect(come('8.8.8.8', '10.0.0.9')).toBe(`error ${-EHOSTUNREACH}`);
    expect(come('8.8.8.8', '10.0.1.9', e1)).toBe('via 10.0.1.254 dev eth1 redirect');
  });

  it('filters by the way back: strict, loose', () => {
    start();
    write('ip_forward', '1');
    write('conf/eth0/rp_filter', '2');
    expect(come('10.0.1.9', '7.7.7.7')).toBe('IP_RPFILTER');
    expect(come('10.0.1.9', '10.0.1.77')).toBe('dev eth1');
    write('conf/eth0/rp_filter', '1');
    expect(come('10.0.1.9', '10.0.1.77')).toBe('IP_RPFILTER');
    expect(come('10.0.1.9', '10.0.0.77')).toBe('dev eth1');
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.254' });
    expect(come('10.0.1.9', '7.7.7.7')).toBe('dev eth1');
    write('conf/eth0/rp_filter', '0');
    write('conf/all/rp_filter', '1');
    expect(come('10.0.1.9', '10.0.1.77')).toBe('IP_RPFILTER');
  });

  it('lets our own addresses in with accept_local, and 127.0.0.0/8 with route_localnet', () => {
    start();
    write('conf/eth0/accept_local', '1');
    expect(come('10.0.0.1', '10.0.1.1')).toBe('local');
    write('conf/eth0/route_localnet', '1');
    expect(come('127.0.0.1', '10.0.0.9')).toBe('local');
    // `ip route get 10.0.0.1 from 10.0.0.1 iif lo`: the strict filter knows loopback.
    const lo = t.n4.loopbackDev!;
    expect(come('10.0.0.1', '10.0.0.1', lo)).toBe('IP_LOCAL_SOURCE');
    write('conf/lo/accept_local', '1');
    write('conf/lo/rp_filter', '1');
    expect(come('10.0.0.1', '10.0.0.1', lo)).toBe('local');
  });

  it('uses one route for all packets over a next hop', () => {
    start();
    write('ip_forward', '1');
    const a = packet('10.0.0.1', '10.0.0.9', e0);
    const b = packet('10.0.0.1', '10.0.0.8', e0);
    const c = packet('10.0.1.5', '10.0.0.8', e0);
    const d = packet('10.0.1.6', '10.0.0.8', e0);
    for (const skb of [a, b, c, d]) expect(ipRouteInput(skb, skb.view.getInt32(skb.networkHeader + 16), skb.view.getInt32(skb.networkHeader + 12), 0, e0)).toBe(0);
    expect(a.dst).toBe(b.dst);
    expect(c.dst).toBe(d.dst);
    expect(a.dst).not.toBe(c.dst);
  });

  it('answers errors as a router, and silently counts them as a host', () => {
    start();
    const hit = (dst: string): void => {
      const skb = packet(dst, '10.0.0.9', e0);
      held.pop();
      t.k.run(() => {
        const reason = ipRouteInput(skb, ip(dst), ip('10.0.0.9'), 0, e0);
        expect(reason).toBe(0);
        (skb.dst as Rtable).input(skb);
      });
    };
    hit('8.8.8.8');
    expect(t.icmp).toEqual([]);
    write('ip_forward', '1');
    addRoute(t.net, { to: '10.6.0.0/16', type: RTN_PROHIBIT, scope: 0 });
    addRoute(t.net, { to: '10.5.0.0/16', type: RTN_UNREACHABLE, scope: 0 });
    hit('8.8.8.8');
    hit('10.6.0.1');
    hit('10.5.0.1');
    expect(t.icmp.map((i) => [i.type, i.code])).toEqual([
      [ICMP_DEST_UNREACH, ICMP_NET_UNREACH], [ICMP_DEST_UNREACH, ICMP_PKT_FILTERED], [ICMP_DEST_UNREACH, ICMP_HOST_UNREACH],
    ]);
    // A bucket of five for each asker, one more each second.
    for (let i = 0; i < 10; i++) hit('8.8.8.8');
    expect(t.icmp).toHaveLength(5);
    t.clock.advance(sec(1));
    for (let i = 0; i < 3; i++) hit('8.8.8.8');
    expect(t.icmp).toHaveLength(6);
  });

  it('sends redirects more and more rarely, and stops', () => {
    start();
    write('ip_forward', '1');
    addRoute(t.net, { to: '8.0.0.0/8', via: '10.0.0.254' });
    const skb = packet('8.8.8.8', '10.0.0.9', e0);
    t.k.run(() => ipRouteInput(skb, ip('8.8.8.8'), ip('10.0.0.9'), 0, e0));
    expect(ipcbFlags(skb) & IPSKB_DOREDIRECT).toBe(IPSKB_DOREDIRECT);
    let sent = 0;
    for (let i = 0; i < 60_000; i++) {
      t.clock.advance(1e6);
      t.k.run(() => {
        ipRtSendRedirect(skb);
      });
    }
    sent = t.icmp.length;
    expect(sent).toBe(9);
    expect(t.icmp[0]).toEqual({ type: ICMP_REDIRECT, code: ICMP_REDIR_HOST, info: ip('10.0.0.254') });
    t.clock.advance(sec(30));
    t.k.run(() => {
      ipRtSendRedirect(skb);
    });
    expect(t.icmp.length).toBe(10);
  });
});

/** An ICMP error as its transport's handler gets it: the quoted packet from us to `dst`. */
function quote(dst: string, dev: NetDevice, from = '10.0.0.254', code = 0, un = 0): Skb {
  const skb = allocSkb(dev.pool, 256);
  skbReserve(skb, 32);
  const outer = skbPut(skb, 20 + 8 + 20 + 8);
  const { view } = skb;
  view.setUint8(outer, 0x45);
  view.setInt32(outer + 12, ip(from));
  view.setInt32(outer + 16, ip('10.0.0.1'));
  view.setUint8(outer + 21, code);
  view.setInt32(outer + 24, un);
  view.setUint8(outer + 28, 0x45);
  view.setUint8(outer + 37, IPPROTO_UDP);
  view.setInt32(outer + 40, ip('10.0.0.1'));
  view.setInt32(outer + 44, ip(dst));
  skb.networkHeader = outer;
  skb.transportHeader = outer + 20;
  icmpSetOuterHeader(skb);
  skb.networkHeader = outer + 28;
  skb.data = outer + 48;
  skb.len = 8;
  skb.dev = dev;
  held.push(skb);
  return skb;
}

describe('what the network tells', () => {
  function gatewayed(): void {
    start();
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.254' });
  }
  const fragNeeded = (dst: string, mtu: number): void => {
    t.k.run(() => {
      ipv4UpdatePmtu(quote(dst, e0), t.net, mtu, 0, IPPROTO_UDP);
    });
  };

  it('keeps a path MTU for one destination, for ten minutes', () => {
    gatewayed();
    const before = out('8.8.8.8');
    expect(mtu('8.8.8.8')).toBe(1500);
    fragNeeded('8.8.8.8', 1400);
    // Who holds the old route must look again.
    expect(before.obsolete).toBe(DST_OBSOLETE_KILL);
    expect(dstCheck(before, 0)).toBeNull();
    expect(mtu('8.8.8.8')).toBe(1400);
    expect(dstAdvmss(out('8.8.8.8'))).toBe(1360);
    expect(mtu('8.8.8.9')).toBe(1500);
    expect(out('8.8.8.8')).toBe(out('8.8.8.8'));
    t.clock.advance(sec(599));
    expect(mtu('8.8.8.8')).toBe(1400);
    t.clock.advance(sec(2));
    expect(mtu('8.8.8.8')).toBe(1500);
  });

  it('does not grow, nor shrink below min_pmtu: below it the MTU is locked', () => {
    gatewayed();
    fragNeeded('8.8.8.8', 1400);
    fragNeeded('8.8.8.8', 1450);
    expect(mtu('8.8.8.8')).toBe(1400);
    fragNeeded('8.8.8.8', 1300);
    expect(mtu('8.8.8.8')).toBe(1300);
    fragNeeded('8.8.8.8', 100);
    const rt = out('8.8.8.8');
    expect(dstMtu(rt)).toBe(552);
    expect(rt.rtMtuLocked).toBe(true);
    write('route/min_pmtu', '1000');
    fragNeeded('9.9.9.9', 100);
    expect(mtu('9.9.9.9')).toBe(1000);
  });

  it('leaves a locked metric alone, and lets a route say its MTU', () => {
    start();
    const metrics = new Int32Array(RTAX_MAX + 1);
    metrics[RTAX_MTU] = 1200;
    addRoute(t.net, { to: '8.0.0.0/8', via: '10.0.0.254', metrics });
    expect(mtu('8.8.8.8')).toBe(1200);
    fragNeeded('8.8.8.8', 1000);
    expect(mtu('8.8.8.8')).toBe(1000);
    const locked = metrics.slice();
    locked[1] = 1 << RTAX_MTU;
    addRoute(t.net, { to: '9.0.0.0/8', via: '10.0.0.254', metrics: locked });
    fragNeeded('9.9.9.9', 1000);
    expect(mtu('9.9.9.9')).toBe(1200);
  });

  it('does not use what it learned for packets of others, unless told to', () => {
    gatewayed();
    fragNeeded('8.8.8.8', 1400);
    const rt = out('8.8.8.8');
    expect(ipDstMtuMaybeForward(rt, false)).toBe(1400);
    expect(ipDstMtuMaybeForward(rt, true)).toBe(1500);
    t.n4.sysctlIpFwdUsePmtu = 1;
    expect(ipDstMtuMaybeForward(rt, true)).toBe(1400);
  });

  it('updates through the route a socket holds', () => {
    gatewayed();
    const rt = out('8.8.8.8');
    const skb = packet('8.8.8.8', '10.0.0.1', e0);
    t.k.run(() => {
      rt.ops.updatePmtu!(rt, null, skb, 1280);
    });
    expect(mtu('8.8.8.8')).toBe(1280);
  });

  it('forgets exceptions with the route', () => {
    gatewayed();
    fragNeeded('8.8.8.8', 1400);
    const rt = out('8.8.8.8');
    const cfg = config({ to: '0.0.0.0/0', scope: 255, type: 0 });
    cfg.protocol = 0;
    expect(fibDelRoute(t.net, cfg)).toBe(0);
    expect(dstCheck(rt, 0)).toBeNull();
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.254' });
    expect(mtu('8.8.8.8')).toBe(1500);
  });

  // `ip route get` before and after, with a forged error about an echo reply, on Linux 6.18.
  it('forgets all exceptions by `ip route flush cache`', () => {
    gatewayed();
    fragNeeded('8.8.8.8', 1400);
    const rt = out('8.8.8.8');
    write('route/flush', '1');
    expect(mtu('8.8.8.8')).toBe(1500);
    expect(dstCheck(rt, 0)).toBeNull();
    expect(out('8.8.8.8').expires).toBe(0);
  });

  it('follows the MTU of the device: down, and up when the device alone bounded the path', () => {
    gatewayed();
    fragNeeded('8.8.8.8', 1300);
    fragNeeded('9.9.9.9', 1100);
    expect(devSetMtu(e0, 1200)).toBe(0);
    expect([mtu('8.8.8.8'), mtu('9.9.9.9'), mtu('7.7.7.7')]).toEqual([1200, 1100, 1200]);
    expect(devSetMtu(e0, 1500)).toBe(0);
    expect([mtu('8.8.8.8'), mtu('9.9.9.9'), mtu('7.7.7.7')]).toEqual([1500, 1100, 1500]);
  });

  it('forgets an exception that is over when it is looked for', () => {
    gatewayed();
    fragNeeded('8.8.8.8', 1400);
    const rt = out('8.8.8.8');
    t.clock.advance(sec(601));
    expect(out('8.8.8.8')).not.toBe(rt);
    expect(dstCheck(rt, 0)).toBeNull();
    for (const fi of t.n4.fibInfos.values()) for (const nh of fi.nhs) expect(nh.exceptions?.size ?? 0).toBe(0);
  });

  it('bounds the number of exceptions', () => {
    gatewayed();
    for (let i = 0; i < 10_300; i++) fragNeeded(`8.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, 1400);
    let n = 0;
    for (const fi of t.n4.fibInfos.values()) for (const nh of fi.nhs) n += nh.exceptions?.size ?? 0;
    expect(n).toBe(10_240);
    // The oldest went.
    expect([mtu('8.0.0.0'), mtu('8.0.0.59'), mtu('8.0.0.60')]).toEqual([1500, 1500, 1400]);
    held.splice(0).forEach((skb) => kfreeSkbReason(skb, DROP.CONSUMED));
  });

  it('follows a redirect of the gateway in use to a neighbour it can reach', () => {
    gatewayed();
    const redirect = (from: string, to: string): void => {
      t.k.run(() => {
        ipv4Redirect(quote('8.8.8.8', e0, from, ICMP_REDIR_HOST, ip(to)), t.net, 0, IPPROTO_UDP);
      });
    };
    redirect('10.0.0.253', '10.0.0.9'); // not our gateway
    redirect('10.0.0.254', '224.0.0.9');
    redirect('10.0.0.254', '10.0.0.1'); // our own address
    expect(out('8.8.8.8').rtGw).toBe(ip('10.0.0.254'));
    redirect('10.0.0.254', '10.0.0.9'); // unknown: asked first
    expect(out('8.8.8.8').rtGw).toBe(ip('10.0.0.254'));
    expect(t.n4.arpTbl.lookup(ip('10.0.0.9'), e0)).not.toBeNull();
    t.n4.arpTbl.remove(t.n4.arpTbl.lookup(ip('10.0.0.9'), e0)!);
    reach('10.0.0.9', e0);
    redirect('10.0.0.254', '10.0.0.9');
    expect(out('8.8.8.8').rtGw).toBe(ip('10.0.0.9'));
    expect(out('8.8.8.9').rtGw).toBe(ip('10.0.0.254'));
    // Bad advice is forgotten.
    expect(out('8.8.8.8').ops.negativeAdvice!(out('8.8.8.8'))).toBeNull();
    write('conf/eth0/accept_redirects', '0');
    write('conf/all/accept_redirects', '0');
    t.clock.advance(sec(301));
    redirect('10.0.0.254', '10.0.0.9');
    expect(out('8.8.8.8').rtGw).toBe(ip('10.0.0.254'));
  });
});
