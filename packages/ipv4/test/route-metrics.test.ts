import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { skbStats } from '@linnet/skbuff';
import { in4FromString, RTNLGRP_IPV4_ROUTE } from '@linnet/uapi';
import { inetAddrAdd, ipv4 } from '../src/index.ts';
import { GoldenClient, goldenCases, hex, plain } from './golden-replay.ts';
import type { GoldenMessage } from './golden-replay.ts';

const cases = goldenCases('metrics.jsonl');

function messages(list: readonly (string | Uint8Array)[]): GoldenMessage[] {
  return list.flatMap((u) => plain(typeof u === 'string' ? hex(u) : u, () => 12));
}

describe.each([0, 1, 2])('metrics of routes, as a real kernel takes them, set %i', (set) => {
  let k: Kernel;
  let c: GoldenClient;
  beforeAll(() => {
    k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1, debug: true });
    const net = k.initNet;
    // TCP's list, which is not here.
    net.sysctl.register('net/ipv4/tcp_available_congestion_control', { get: () => 'reno cubic' });
    k.run(() => {
      devOpen(devGetByName(net, 'lo')!);
      for (const name of ['v1', 'v0']) devOpen(new FakeDevice(net, { name, noQueue: true }).dev);
      inetAddrAdd(net, devGetByName(net, 'v0')!, { local: in4FromString('10.0.0.1')!, prefixlen: 24 });
    });
    c = new GoldenClient(net, [RTNLGRP_IPV4_ROUTE]);
  });
  afterAll(() => {
    c.close();
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  });
  test.each(cases.filter((x) => x.set === set).map((x, i) => [`${i}: ${x.name}`, x] as const))('%s', (_name, x) => {
    expect(messages(c.ask(x))).toEqual(messages(x.out));
    expect(messages(c.told())).toEqual(messages(x.told));
  });
});

test('the record holds what it should', () => {
  expect(cases.length).toBeGreaterThan(350);
});
