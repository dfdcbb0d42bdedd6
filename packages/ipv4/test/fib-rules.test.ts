import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock, createKernel } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { devChangeName, devClose, devGetByName, devOpen, unregisterNetdevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { skbStats } from '@linnet/skbuff';
import { AF_INET, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE } from '@linnet/uapi';
import { ipv4 } from '../src/index.ts';
import { GoldenClient, goldenCases, hex, plain } from './golden-replay.ts';
import type { GoldenMessage } from './golden-replay.ts';

const cases = goldenCases('rules.jsonl');

/** The real kernel has rules of IPv6 and of the multicast tables as well. */
function ours(list: readonly string[] | readonly Uint8Array[]): GoldenMessage[] {
  return list.flatMap((u) => plain(typeof u === 'string' ? hex(u) : u, () => 12)).filter((m) => m.type < 16 || m.head.startsWith('02'));
}

const STEPS: Record<string, (k: Kernel) => void> = {
  'rename away': (k) => {
    const dev = devGetByName(k.initNet, 'v0')!;
    devClose(dev);
    expect(devChangeName(dev, 'w0')).toBe(0);
  },
  'rename back': (k) => void devChangeName(devGetByName(k.initNet, 'w0')!, 'd0'),
  delete: (k) => unregisterNetdevice(devGetByName(k.initNet, 'd0')!),
  make: (k) => ['d0', 'v0'].forEach((name) => new FakeDevice(k.initNet, { name, noQueue: true })),
};

describe.each([0, 1, 2])('answers of a real kernel, set %i', (set) => {
  let k: Kernel;
  let c: GoldenClient;
  beforeAll(() => {
    k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1, debug: true });
    devOpen(devGetByName(k.initNet, 'lo')!);
    for (const name of ['v1', 'v0']) new FakeDevice(k.initNet, { name, noQueue: true });
    c = new GoldenClient(k.initNet, [RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE]);
  });
  afterAll(() => {
    c.close();
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  });
  const mine = cases.filter((x) => x.set === set && (x.run !== undefined || [AF_INET, 0, 99, 77].includes(hex(x.req)[16]!)));
  test.each(mine.map((x) => [x.name, x] as const))('%s', (_name, x) => {
    if (x.run !== undefined) {
      k.run(() => STEPS[x.name]!(k));
      expect(ours(c.told())).toEqual(ours(x.told));
      return;
    }
    expect(ours(c.ask(x))).toEqual(ours(x.out));
    expect(ours(c.told())).toEqual(ours(x.told));
  });
});

test('the record holds what it should', () => {
  expect(cases.length).toBeGreaterThan(200);
});
