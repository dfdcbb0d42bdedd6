// What `ip route show cache` shows of which destinations, and the accounts of realms; conformance/ipv4/cache.test.ts holds both against the real kernel.
import { sec } from '@linnet/kernel';
import { Flowi } from '@linnet/inet';
import { devChangeFlags, devSetMtu } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { IFF_UP, in4ToString } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inetAddrAdd } from '../src/devinet.ts';
import { newRouteAccounts, routeAccount, routeAccountsShow } from '../src/route-acct.ts';
import { fibInfoExceptions } from '../src/route-cache.ts';
import { learnPmtu } from '../src/route-exception.ts';
import { ipRouteOutputFlow } from '../src/route.ts';
import { RtKernel, addRoute, ip } from './rt-kernel.ts';

describe('destinations of which more is known', () => {
  let t: RtKernel;
  let e0: NetDevice;
  beforeEach(() => {
    t = new RtKernel();
    devChangeFlags(t.n4.loopbackDev!, IFF_UP);
    e0 = new FakeDevice(t.net, { name: 'eth0', noQueue: true }).dev;
    t.k.run(() => inetAddrAdd(t.net, e0, { local: ip('10.0.0.1'), prefixlen: 24 }));
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.254' });
  });
  afterEach(() => {
    t.k.shutdown();
    expect(t.live()).toBe(0);
  });

  const flow = (dst: string): Flowi => Object.assign(new Flowi(), { daddr: ip(dst) });
  const ask = (dst: string): void => void ipRouteOutputFlow(t.net, flow(dst), null);
  const learn = (dst: string, mtu: number): void => t.k.run(() => learnPmtu(t.n4, ipRouteOutputFlow(t.net, flow(dst), null)!, flow(dst), mtu));
  function known(): string[] {
    const out: string[] = [];
    t.k.run(() => {
      for (const fi of t.n4.fibInfos.values()) fibInfoExceptions(fi, (daddr, rt) => void out.push(`${in4ToString(daddr)} ${rt.expires === 0 ? '' : rt.rtPmtu}`));
    });
    return out.sort();
  }

  it('are those that somebody asked for since', () => {
    learn('8.8.8.8', 1400);
    learn('9.9.9.9', 1300);
    expect(known()).toEqual([]);
    ask('8.8.8.8');
    expect(known()).toEqual(['8.8.8.8 1400']);
    ask('9.9.9.9');
    expect(known()).toEqual(['8.8.8.8 1400', '9.9.9.9 1300']);
    t.clock.advance(sec(601));
    expect(known()).toEqual([]);
  });

  it('keep a cached route of their own after a flush, until it is over', () => {
    learn('8.8.8.8', 1400);
    ask('8.8.8.8');
    expect(t.net.sysctl.write('net/ipv4/route/flush', '-1')).toBe(0);
    expect(known()).toEqual([]);
    ask('8.8.8.8');
    expect(known()).toEqual(['8.8.8.8 ']);
    learn('8.8.8.8', 1200);
    expect(known()).toEqual(['8.8.8.8 1200']);
  });

  it('show what the cached route says: a new MTU of the device with the next question', () => {
    learn('8.8.8.8', 1400);
    ask('8.8.8.8');
    expect(devSetMtu(e0, 1000)).toBe(0);
    expect(known()).toEqual(['8.8.8.8 1400']);
    ask('8.8.8.8');
    expect(known()).toEqual(['8.8.8.8 1000']);
  });
});

describe('accounts of realms', () => {
  it('count by the low byte, and wrap', () => {
    const acct = newRouteAccounts();
    routeAccount(acct, (0x102 << 16) | 0x203, 100);
    routeAccount(acct, 3, 0xffff_ffff);
    const b = routeAccountsShow(acct);
    const row = (realm: number): number[] => [0, 4, 8, 12].map((i) => new DataView(b.buffer).getUint32(realm * 16 + i, true));
    expect(b.length).toBe(4096);
    expect([row(2), row(3), row(0)]).toEqual([[0, 0, 100, 1], [99, 2, 0, 0], [0, 0, 0xffff_ffff, 1]]);
  });
});
