import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock, createKernel } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { nexthopRegisterFamily } from '@linnet/inet';
import type { NexthopFamily } from '@linnet/inet';
import { devClose, devGetByName, devOpen, netifCarrierOff, netifCarrierOn, unregisterNetdevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { skbStats } from '@linnet/skbuff';
import { AF_INET6, NHA_RES_BUCKET, RTA_CACHEINFO, RTA_UID, RTM_NEWNEXTHOPBUCKET, RTM_NEWROUTE, RTNLGRP_IPV4_ROUTE, RTNLGRP_NEXTHOP, RT_SCOPE_LINK, in4FromString } from '@linnet/uapi';
import { inetAddrAdd, inetAddrDel, inDevGet, ipv4 } from '../src/index.ts';
import { GoldenClient, goldenCases, hex, plain } from './golden-replay.ts';
import type { GoldenMessage } from './golden-replay.ts';

const cases = goldenCases('nexthops.jsonl');

/** IPv6 that believes everything, where the record needs its hops. */
const ANY6: NexthopFamily = {
  family: AF_INET6,
  create: (_net, _cfg, nhi) => {
    nhi.scope = RT_SCOPE_LINK;
    return 0;
  },
  release: () => {}, good: () => true, checkUsers: () => 0, changed: () => {}, notifyChanged: () => {}, removed: () => {},
};

function messages(list: readonly string[] | readonly Uint8Array[]): GoldenMessage[] {
  const header = (type: number): number => (type <= 26 ? 12 : 8);
  const volatile = (type: number, attr: number): boolean => (type === RTM_NEWROUTE && (attr === RTA_CACHEINFO || attr === RTA_UID));
  return list.flatMap((u) => plain(typeof u === 'string' ? hex(u) : u, header, volatile)).map((m) => {
    // How long ago something was used differs by a hundredth or two.
    if (m.type !== RTM_NEWNEXTHOPBUCKET) return m;
    return { ...m, attrs: m.attrs.map((a) => (a.startsWith(`${NHA_RES_BUCKET | 0x8000}:`) ? a.replace(/0c000200.{16}/, (t) => (parseInt(t.slice(8, 10), 16) < 16 ? 'new' : 'old')) : a)) };
  });
}

/** What only IPv6 itself can refuse. */
const OTHER = new Set(['route over v6, global']);
/** A timer of 2^32 hundredths of a second overflows in a kernel of 250 ticks a second, and is cut to 2^30 ticks in one of 1000. */
const ticks = (list: readonly string[]): string[] => list.map((u) => u.replaceAll('0800020032333333', '0800020066666606'));

const carrier = (k: Kernel, name: string, on: boolean): void => {
  const dev = devGetByName(k.initNet, name)!;
  if (on) netifCarrierOn(dev);
  else netifCarrierOff(dev);
};
const PEER: Record<string, string> = { v0: 'v1', v1: 'v0', v2: 'v3', v3: 'v2' };
/** What the recorder did to the namespace, in its own words. */
function step(k: Kernel, clock: VirtualClock, text: string): void {
  for (const part of text.split(/;|&&/).map((s) => s.trim())) {
    const w = part.split(' ');
    const dev = part.startsWith('ip link') ? devGetByName(k.initNet, part.includes('set') ? w[3]! : w[3]!) : null;
    if (part.startsWith('sleep')) {
      clock.advance(Number(w[1]) * 1e9);
    } else if (part.startsWith('sysctl')) {
      const [path, value] = w[2]!.split('=') as [string, string];
      expect(k.initNet.sysctl.write(path, value)).toBe(0);
    } else if (part.startsWith('ip addr flush')) {
      const indev = inDevGet(devGetByName(k.initNet, w[4]!)!)!;
      k.run(() => [...indev.ifas].forEach((ifa) => inetAddrDel(k.initNet, indev.dev, { local: ifa.local, prefixlen: ifa.prefixlen })));
    } else if (part.startsWith('ip link del')) {
      k.run(() => {
        unregisterNetdevice(devGetByName(k.initNet, PEER[dev!.name]!)!);
        unregisterNetdevice(dev!);
      });
    } else {
      k.run(() => {
        const up = w[4] === 'up';
        const peer = PEER[dev!.name];
        if (peer !== undefined) {
          const both = up && devGetByName(k.initNet, peer)!.running;
          for (const name of [dev!.name, peer]) carrier(k, name, both);
        }
        if (up) devOpen(dev!);
        else devClose(dev!);
      });
      // The state of links settles.
      clock.advance(2e9);
    }
  }
}

describe.each([0, 1, 2, 3, 4, 5])('answers of a real kernel, set %i', (set) => {
  let k: Kernel;
  let c: GoldenClient;
  let clock: VirtualClock;
  beforeAll(() => {
    clock = new VirtualClock();
    k = createKernel({ modules: [ipv4], clock, seed: 1, debug: true });
    const net = k.initNet;
    nexthopRegisterFamily(net, ANY6);
    devOpen(devGetByName(net, 'lo')!);
    k.run(() => {
      for (const name of ['v1', 'v0', 'v3', 'v2']) devOpen(new FakeDevice(net, { name, noQueue: true }).dev);
      for (const [name, a] of [['v0', '10.0.0.1'], ['v2', '10.1.0.1']] as const) inetAddrAdd(net, devGetByName(net, name)!, { local: in4FromString(a)!, prefixlen: 24, broadcast: 0 });
    });
    c = new GoldenClient(net, [RTNLGRP_NEXTHOP, RTNLGRP_IPV4_ROUTE]);
  });
  afterAll(() => {
    c.close();
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  });
  test.each(cases.filter((x) => x.set === set && !OTHER.has(x.name)).map((x) => [x.name, x] as const))('%s', (_name, x) => {
    if (x.run !== undefined) {
      step(k, clock, x.run);
      expect(messages(c.told())).toEqual(messages(x.told));
      return;
    }
    const got = messages(c.ask(x));
    expect(got).toEqual(messages(ticks(x.out)));
    expect(messages(c.told())).toEqual(messages(ticks(x.told)));
  });
});

test('the record holds what it should', () => {
  expect(cases.length).toBeGreaterThan(250);
});
