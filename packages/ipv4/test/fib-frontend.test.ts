// What is expected here was observed with `ip route show table all` on Linux 6.18.
import { afterEach, describe, expect, it } from 'vitest';
import { EACCES, EADDRNOTAVAIL, EEXIST, EHOSTUNREACH, EINVAL, ENETDOWN, ENETUNREACH, ENOENT, ESRCH } from '@linnet/kernel';
import { Flowi } from '@linnet/inet';
import { devChangeFlags, netifCarrierOff, netifCarrierOn, unregisterNetdevice } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import {
  IFA_F_NOPREFIXROUTE, IFF_NOARP, IFF_PROMISC, IFF_UP, NLM_F_APPEND, NLM_F_CREATE, NLM_F_REPLACE, RTN_BLACKHOLE, RTN_LOCAL, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE,
  in4ToString,
} from '@linnet/uapi';
import { inetAddrAdd, inetAddrDel } from '../src/devinet.ts';
import { fibDelRoute } from '../src/fib-frontend.ts';
import { fibLookup } from '../src/fib-lookup.ts';
import { FibResult } from '../src/fib-types.ts';
import { RtKernel, addRoute, config, ip, show } from './rt-kernel.ts';

let t: RtKernel;
afterEach(() => {
  t.k.shutdown();
  expect(t.live()).toBe(0);
});

function start(): RtKernel {
  t = new RtKernel();
  return t;
}

function dev(name = 'eth0', down = false): NetDevice {
  return new FakeDevice(t.net, { name, down, noQueue: true }).dev;
}

function up(d: NetDevice, on = true): void {
  expect(devChangeFlags(d, on ? d.flags | IFF_UP : d.flags & ~IFF_UP)).toBeGreaterThanOrEqual(0);
}

function addr(d: NetDevice, text: string, more: object = {}): number {
  const [a, l] = text.split('/') as [string, string];
  return t.k.run(() => inetAddrAdd(t.net, d, { local: ip(a), prefixlen: Number(l), ...more }));
}

function delAddr(d: NetDevice, text: string): number {
  const [a, l] = text.split('/') as [string, string];
  return t.k.run(() => inetAddrDel(t.net, d, { local: ip(a), prefixlen: Number(l) }));
}

const LO = ['local 127.0.0.0/8 dev lo src 127.0.0.1', 'local 127.0.0.1 dev lo src 127.0.0.1', 'broadcast 127.255.255.255 dev lo src 127.0.0.1'];

function lo(): NetDevice {
  return t.n4.loopbackDev!;
}

describe('the routes of addresses', () => {
  it('gives lo its address when it comes up, and takes the broadcast route when it goes down', () => {
    start();
    expect(show(t.n4.fibLocal)).toEqual([]);
    up(lo());
    expect(show(t.n4.fibLocal)).toEqual(LO);
    expect(show(t.n4.fibMain)).toEqual([]);
    up(lo(), false);
    expect(show(t.n4.fibLocal)).toEqual(LO.slice(0, 2));
    up(lo());
    expect(show(t.n4.fibLocal)).toEqual(LO);
  });

  it('makes the local route at once and the others when the device comes up', () => {
    start();
    const d = dev('eth0', true);
    expect(addr(d, '10.0.0.1/24')).toBe(0);
    expect(show(t.n4.fibLocal)).toEqual(['local 10.0.0.1 dev eth0 src 10.0.0.1']);
    up(d);
    expect(show(t.n4.fibMain)).toEqual(['10.0.0.0/24 dev eth0 src 10.0.0.1']);
    expect(show(t.n4.fibLocal)).toEqual(['local 10.0.0.1 dev eth0 src 10.0.0.1', 'broadcast 10.0.0.255 dev eth0 src 10.0.0.1']);
    up(d, false);
    expect(show(t.n4.fibMain)).toEqual([]);
    expect(show(t.n4.fibLocal)).toEqual(['local 10.0.0.1 dev eth0 src 10.0.0.1']);
    up(d);
    expect(show(t.n4.fibMain)).toEqual(['10.0.0.0/24 dev eth0 src 10.0.0.1']);
  });

  it('knows all forms of prefixes', () => {
    start();
    const d = dev();
    addr(d, '10.0.0.1/32');
    addr(d, '10.0.1.1/31');
    addr(d, '10.0.2.1/32', { address: ip('10.0.3.1') });
    addr(d, '10.0.4.1/30', { flags: IFA_F_NOPREFIXROUTE });
    addr(d, '10.0.5.1/24', { metric: 50 });
    addr(d, '10.0.6.1/24', { broadcast: ip('10.0.6.127') });
    expect(show(t.n4.fibMain)).toEqual([
      '10.0.1.0/31 dev eth0 src 10.0.1.1', '10.0.3.1 dev eth0 src 10.0.2.1', '10.0.5.0/24 dev eth0 src 10.0.5.1 metric 50', '10.0.6.0/24 dev eth0 src 10.0.6.1',
    ]);
    expect(show(t.n4.fibLocal)).toEqual([
      'local 10.0.0.1 dev eth0 src 10.0.0.1', 'local 10.0.1.1 dev eth0 src 10.0.1.1', 'local 10.0.2.1 dev eth0 src 10.0.2.1', 'local 10.0.4.1 dev eth0 src 10.0.4.1',
      'broadcast 10.0.4.3 dev eth0 src 10.0.4.1', 'local 10.0.5.1 dev eth0 src 10.0.5.1', 'broadcast 10.0.5.255 dev eth0 src 10.0.5.1', 'local 10.0.6.1 dev eth0 src 10.0.6.1',
      'broadcast 10.0.6.127 dev eth0 src 10.0.6.1', 'broadcast 10.0.6.255 dev eth0 src 10.0.6.1',
    ]);
  });

  it('deletes secondary addresses with their primary, and keeps the routes that others need', () => {
    start();
    const d = dev();
    addr(d, '10.0.0.1/24');
    addr(d, '10.0.0.3/24');
    addr(d, '10.0.0.1/25');
    const ifas = (): string[] => (d.ipPtr as { ifas: { local: number; prefixlen: number; flags: number }[] }).ifas.map((i) => `${in4ToString(i.local)}/${i.prefixlen}${(i.flags & 1) !== 0 ? ' secondary' : ''}`);
    expect(ifas()).toEqual(['10.0.0.1/24', '10.0.0.1/25', '10.0.0.3/24 secondary']);
    expect(show(t.n4.fibLocal)).toEqual([
      'local 10.0.0.1 dev eth0 src 10.0.0.1', 'local 10.0.0.3 dev eth0 src 10.0.0.1', 'broadcast 10.0.0.127 dev eth0 src 10.0.0.1', 'broadcast 10.0.0.255 dev eth0 src 10.0.0.1',
    ]);
    expect(delAddr(d, '10.0.0.1/24')).toBe(0);
    expect(ifas()).toEqual(['10.0.0.1/25']);
    expect(show(t.n4.fibMain)).toEqual(['10.0.0.0/25 dev eth0 src 10.0.0.1']);
    expect(show(t.n4.fibLocal)).toEqual(['local 10.0.0.1 dev eth0 src 10.0.0.1', 'broadcast 10.0.0.127 dev eth0 src 10.0.0.1']);
    expect(delAddr(d, '10.0.0.1/25')).toBe(0);
    expect(show(t.n4.fibMain)).toEqual([]);
    expect(show(t.n4.fibLocal)).toEqual([]);
  });

  it('promotes the first secondary address where promote_secondaries says so', () => {
    start();
    const d = dev();
    t.net.sysctl.write('net/ipv4/conf/eth0/promote_secondaries', '1');
    addr(d, '10.0.0.1/24');
    addr(d, '10.0.0.2/24');
    addr(d, '10.0.0.3/24');
    delAddr(d, '10.0.0.1/24');
    expect(show(t.n4.fibMain)).toEqual(['10.0.0.0/24 dev eth0 src 10.0.0.2']);
    expect(show(t.n4.fibLocal)).toEqual([
      'local 10.0.0.2 dev eth0 src 10.0.0.2', 'local 10.0.0.3 dev eth0 src 10.0.0.2', 'broadcast 10.0.0.255 dev eth0 src 10.0.0.2',
    ]);
  });

  it('refuses what Linux refuses', () => {
    start();
    const d = dev();
    const x = { message: '' };
    expect(addr(d, '10.0.0.1/24')).toBe(0);
    expect(inetAddrAdd(t.net, d, { local: ip('10.0.0.1'), prefixlen: 24 }, x)).toBe(-EEXIST);
    expect(x.message).toBe('ipv4: Address already assigned');
    expect(inetAddrAdd(t.net, d, { local: ip('10.0.0.2'), prefixlen: 24, scope: 253 }, x)).toBe(-EINVAL);
    expect(x.message).toBe('ipv4: Invalid scope value');
    expect(addr(d, '10.0.0.2/33')).toBe(-EINVAL);
    expect(delAddr(d, '10.0.0.77/24')).toBe(-EADDRNOTAVAIL);
    expect(addr(d, '10.0.0.9/24', { validLft: 1, preferredLft: 2 })).toBe(-EINVAL);
    expect(addr(d, '0.0.0.0/24')).toBe(0); // and does nothing
    expect(show(t.n4.fibLocal)).toHaveLength(2);
  });

  it('ends lifetimes', () => {
    start();
    const d = dev();
    addr(d, '10.0.7.1/24', { validLft: 100, preferredLft: 50 });
    const indev = d.ipPtr as { ifas: { flags: number }[] };
    t.clock.advance(49e9);
    expect(indev.ifas[0]!.flags & 0x20).toBe(0);
    t.clock.advance(2e9);
    expect(indev.ifas[0]!.flags & 0x20).toBe(0x20);
    t.clock.advance(50e9);
    expect(indev.ifas).toHaveLength(0);
    expect(show(t.n4.fibMain)).toEqual([]);
  });

  it('keeps lifetimes of months', () => {
    start();
    const d = dev();
    // 100 days: beyond 2^31 ticks of a millisecond.
    const day = 86400;
    addr(d, '10.0.8.1/24', { validLft: 100 * day, preferredLft: 60 * day });
    const indev = d.ipPtr as { ifas: { flags: number }[] };
    for (let i = 0; i < 59; i++) t.clock.advance(day * 1e9);
    expect(indev.ifas[0]!.flags & 0x20).toBe(0);
    t.clock.advance((day + 1) * 1e9);
    expect(indev.ifas[0]!.flags & 0x20).toBe(0x20);
    for (let i = 0; i < 39; i++) t.clock.advance(day * 1e9);
    expect(indev.ifas).toHaveLength(1);
    t.clock.advance(day * 1e9);
    expect(indev.ifas).toHaveLength(0);
  });

  it('forgets neighbours when ARP is turned off or on', () => {
    start();
    const d = dev();
    addr(d, '10.0.0.1/24');
    const known = (): boolean => t.n4.arpTbl.lookup(ip('10.0.0.9'), d) !== null;
    const learn = (): void => void t.k.run(() => t.n4.arpTbl.create(d, ip('10.0.0.9')));
    learn();
    expect(known()).toBe(true);
    devChangeFlags(d, d.flags | IFF_NOARP);
    expect(known()).toBe(false);
    learn();
    devChangeFlags(d, d.flags | IFF_PROMISC);
    expect(known()).toBe(true);
    devChangeFlags(d, d.flags & ~IFF_NOARP);
    expect(known()).toBe(false);
  });

  it('leaves nothing when the device goes', () => {
    start();
    const d = dev();
    addr(d, '10.0.0.1/24');
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.2' });
    expect(t.net.sysctl.read('net/ipv4/conf/eth0/forwarding')).toBe('0');
    unregisterNetdevice(d);
    expect(show(t.n4.fibMain)).toEqual([]);
    expect(show(t.n4.fibLocal)).toEqual([]);
    expect(t.n4.fibInfos.size).toBe(0);
    expect(t.n4.addrHash.size).toBe(0);
    expect(t.net.sysctl.read('net/ipv4/conf/eth0/forwarding')).toBeNull();
  });
});

describe('routes by hand', () => {
  function two(): NetDevice {
    start();
    up(lo());
    const d = dev();
    addr(d, '10.0.0.1/24');
    return d;
  }
  const main = (): string[] => show(t.n4.fibMain).filter((r) => !r.startsWith('10.0.0.0/24'));

  it('orders by TOS and metric and appends, prepends, replaces, changes', () => {
    two();
    const to = '10.3.0.0/16';
    expect(addRoute(t.net, { to, via: '10.0.0.2' }).err).toBe(0);
    expect(addRoute(t.net, { to, via: '10.0.0.3' }).err).toBe(-EEXIST);
    expect(addRoute(t.net, { to, via: '10.0.0.3', metric: 5 }).err).toBe(0);
    expect(addRoute(t.net, { to, via: '10.0.0.4', metric: 5 }).err).toBe(-EEXIST);
    expect(addRoute(t.net, { to, via: '10.0.0.4', metric: 5, nlflags: NLM_F_CREATE | NLM_F_APPEND }).err).toBe(0);
    expect(addRoute(t.net, { to, via: '10.0.0.5', metric: 5, nlflags: NLM_F_CREATE }).err).toBe(0);
    expect(addRoute(t.net, { to, via: '10.0.0.5', metric: 5, nlflags: NLM_F_CREATE }).err).toBe(-EEXIST);
    expect(addRoute(t.net, { to, via: '10.0.0.6', tos: 4 }).err).toBe(0);
    expect(addRoute(t.net, { to, via: '10.0.0.6', tos: 8, metric: 7 }).err).toBe(0);
    expect(addRoute(t.net, { to, via: '10.0.0.7', nlflags: NLM_F_CREATE | NLM_F_REPLACE }).err).toBe(0);
    expect(addRoute(t.net, { to, via: '10.0.0.8', metric: 5, nlflags: NLM_F_REPLACE }).err).toBe(0);
    expect(addRoute(t.net, { to: '10.3.0.0/17', via: '10.0.0.8', metric: 5, nlflags: NLM_F_REPLACE }).err).toBe(-ENOENT);
    expect(main()).toEqual([
      '10.3.0.0/16 tos 8 via 10.0.0.6 dev eth0 metric 7', '10.3.0.0/16 tos 4 via 10.0.0.6 dev eth0', '10.3.0.0/16 via 10.0.0.7 dev eth0',
      '10.3.0.0/16 via 10.0.0.8 dev eth0 metric 5', '10.3.0.0/16 via 10.0.0.3 dev eth0 metric 5', '10.3.0.0/16 via 10.0.0.4 dev eth0 metric 5',
    ]);
  });

  it('checks gateways, devices, types and sources', () => {
    const d = two();
    expect(addRoute(t.net, { to: '10.3.0.0/16', via: '9.9.9.9' })).toEqual({ err: -ENETUNREACH, message: 'Nexthop has invalid gateway' });
    expect(addRoute(t.net, { to: '10.3.0.0/16', via: '10.0.0.255' })).toEqual({ err: -EINVAL, message: 'Nexthop has invalid gateway' });
    expect(addRoute(t.net, { to: '10.3.0.0/16', via: '10.0.0.1' }).err).toBe(0);
    expect(addRoute(t.net, { to: '10.12.0.0/16', via: '11.0.0.5', dev: d })).toEqual({ err: -ENETUNREACH, message: 'Nexthop has invalid gateway' });
    expect(addRoute(t.net, { to: '10.12.0.0/16', via: '11.0.0.5', dev: d, onlink: true }).err).toBe(0);
    expect(addRoute(t.net, { to: '10.10.0.1/24', via: '10.0.0.2' })).toEqual({ err: -EINVAL, message: 'Invalid prefix for given prefix length' });
    expect(addRoute(t.net, { to: '10.11.0.0/24', via: '10.0.0.2', src: '9.9.9.9' })).toEqual({ err: -EINVAL, message: 'Invalid prefsrc address' });
    expect(addRoute(t.net, { to: '10.4.0.0/16', type: RTN_BLACKHOLE, scope: 0 }).err).toBe(0);
    expect(addRoute(t.net, { to: '10.4.0.0/16', via: '10.0.0.2' }).err).toBe(-EEXIST);
    expect(addRoute(t.net, { to: '10.5.0.0/16', type: RTN_BLACKHOLE, scope: 0, via: '10.0.0.2' }).err).toBe(-EINVAL);
    up(d, false);
    expect(addRoute(t.net, { to: '10.3.0.0/16', dev: d })).toEqual({ err: -ENETDOWN, message: 'Device for nexthop is not up' });
    const cfg = config({ to: '10.99.0.0/16' });
    expect(fibDelRoute(t.net, cfg)).toBe(-ESRCH);
  });

  it('deletes by what is said and not by what is not', () => {
    two();
    addRoute(t.net, { to: '10.3.0.0/16', via: '10.0.0.2', metric: 1 });
    addRoute(t.net, { to: '10.3.0.0/16', via: '10.0.0.3', metric: 2 });
    const any = { type: 0, scope: 255 };
    const gone = (via: string | undefined, metric: number): number => {
      const cfg = config({ to: '10.3.0.0/16', ...(via === undefined ? {} : { via }), metric, ...any });
      cfg.protocol = 0;
      return fibDelRoute(t.net, cfg);
    };
    expect(gone('10.0.0.4', 0)).toBe(-ESRCH);
    expect(gone('10.0.0.2', 2)).toBe(-ESRCH);
    expect(gone('10.0.0.3', 0)).toBe(0);
    expect(main()).toEqual(['10.3.0.0/16 via 10.0.0.2 dev eth0 metric 1']);
    expect(gone(undefined, 0)).toBe(0);
    expect(main()).toEqual([]);
    expect(t.n4.fibInfos.size).toBe(5);
  });

  it('looks through the types: errors, throw, shorter prefixes behind', () => {
    two();
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.2' });
    addRoute(t.net, { to: '10.4.0.0/16', type: RTN_BLACKHOLE, scope: 0 });
    addRoute(t.net, { to: '10.5.0.0/16', type: RTN_UNREACHABLE, scope: 0 });
    addRoute(t.net, { to: '10.6.0.0/16', type: RTN_PROHIBIT, scope: 0 });
    addRoute(t.net, { to: '10.7.0.0/16', type: RTN_THROW, scope: 0 });
    addRoute(t.net, { to: '10.8.0.0/16', via: '10.0.0.3', tos: 16 });
    const fl = new Flowi();
    const res = new FibResult();
    const look = (a: string, tos = 0): number => {
      fl.daddr = ip(a);
      fl.tos = tos;
      return fibLookup(t.n4, fl, res, 0);
    };
    expect(look('10.4.1.1')).toBe(-EINVAL);
    expect(look('10.5.1.1')).toBe(-EHOSTUNREACH);
    expect(look('10.6.1.1')).toBe(-EACCES);
    expect(look('10.7.1.1')).toBe(-ENETUNREACH);
    expect(look('10.8.1.1', 16)).toBe(0);
    expect(res.prefixlen).toBe(16);
    expect(look('10.8.1.1', 0)).toBe(0);
    expect(res.prefixlen).toBe(0);
    expect(look('10.0.0.1')).toBe(0);
    expect(res.type).toBe(RTN_LOCAL);
  });

  it('looks local and main up as one table until there are rules', () => {
    two();
    addRoute(t.net, { to: '10.9.0.0/16', type: RTN_LOCAL, dev: lo(), table: 255 });
    addRoute(t.net, { to: '10.9.1.0/24', via: '10.0.0.2' });
    const fl = new Flowi();
    const res = new FibResult();
    fl.daddr = ip('10.9.1.1');
    expect(fibLookup(t.n4, fl, res, 0)).toBe(0);
    expect(res.prefixlen).toBe(24);
    fl.daddr = ip('10.9.2.1');
    expect(fibLookup(t.n4, fl, res, 0)).toBe(0);
    expect(res.type).toBe(RTN_LOCAL);
    t.n4.fibHasCustomRules = true;
    fl.daddr = ip('10.9.1.1');
    expect(fibLookup(t.n4, fl, res, 0)).toBe(0);
    expect(res.type).toBe(RTN_LOCAL);
  });

  it('shares attributes and marks links without carrier', () => {
    const d = two();
    for (let i = 0; i < 50; i++) addRoute(t.net, { to: `10.20.${i}.0/24`, via: '10.0.0.2' });
    expect(t.n4.fibInfos.size).toBe(6);
    addRoute(t.net, { to: '10.8.0.0/16', hops: [{ via: '10.0.0.2', weight: 2 }, { via: '10.0.0.3' }] });
    t.k.run(() => {
      netifCarrierOff(d);
    });
    t.clock.advance(1e9);
    expect(main().at(-1)).toBe('10.20.49.0/24 via 10.0.0.2 dev eth0 linkdown');
    expect(show(t.n4.fibLocal)).toContain('broadcast 10.0.0.255 dev eth0 src 10.0.0.1 linkdown');
    expect(show(t.n4.fibLocal)).toContain('local 10.0.0.1 dev eth0 src 10.0.0.1');
    t.k.run(() => {
      netifCarrierOn(d);
    });
    t.clock.advance(1e9);
    expect(main().at(-1)).toBe('10.20.49.0/24 via 10.0.0.2 dev eth0');
    up(d, false);
    expect(main()).toEqual([]);
  });

  it('forgets routes that prefer a source that is gone', () => {
    const d = two();
    addr(d, '10.1.0.1/24');
    addRoute(t.net, { to: '10.30.0.0/16', via: '10.0.0.2', src: '10.1.0.1' });
    addRoute(t.net, { to: '10.31.0.0/16', via: '10.0.0.2' });
    delAddr(d, '10.1.0.1/24');
    expect(main()).toEqual(['10.31.0.0/16 via 10.0.0.2 dev eth0']);
  });
});

describe('the cost of a namespace', () => {
  it('keeps its tables below 10 KiB', () => {
    start();
    const net = t.k.createNet();
    expect(net).not.toBe(t.net);
    const bytes = t.n4.fibLocal.lpm.bytes() + t.n4.fibMain.lpm.bytes() + t.n4.fibDefault.lpm.bytes();
    expect(bytes).toBeLessThan(2048);
    net.destroy();
  });
});
