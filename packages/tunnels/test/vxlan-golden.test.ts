import { readFileSync } from 'node:fs';
import { createKernel, VirtualClock, type Kernel } from '@linnet/kernel';
import { devGetByIndex, ethHwAddrSet } from '@linnet/netdev';
import { endKernel } from '@linnet/netdev/testing';
import { veth, vethNewlink } from '@linnet/netdevs';
import { nlComparable, nlRecording, nlReplay, type NlTestMessage } from '@linnet/netlink/testing';
import { IFLA_ADDRESS, RTM_NEWLINK } from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vxlan } from '../src/index.ts';

/*
 * Requests about vxlan that a real Linux 6.18 answered (golden/record-vxlan.py), put to a machine that was set up the same way, in the same order.
 */
const cases = nlRecording(readFileSync(new URL('golden/vxlan-requests.jsonl', import.meta.url), 'utf8'));

/** 40 and 50 have addresses of chance, as no request gave them one. */
const chance = (m: NlTestMessage, attr: number): boolean => m.type === RTM_NEWLINK && attr === IFLA_ADDRESS && [40, 50].includes(m.payload[4]!);

/** The forwarding table of a device is dumped in the order of a hash of its own. */
const byContent = (l: readonly NlTestMessage[]): object[] => l.map((m) => nlComparable(m, chance)).map((o) => [JSON.stringify(o), o] as const).sort(([a], [b]) => a < b ? -1 : 1).map(([, o]) => o);

let k: Kernel;
beforeAll(() => {
  k = createKernel({ modules: [veth, vxlan], clock: new VirtualClock(), debug: true });
  const pair = vethNewlink(k.initNet, 'vb', k.initNet, 'va');
  if (typeof pair === 'number') throw new Error('no pair');
  expect(devGetByIndex(k.initNet, 2)!.name).toBe('va');
  ethHwAddrSet(devGetByIndex(k.initNet, 2)!, new Uint8Array([2, 0, 0, 0, 0, 1]));
  ethHwAddrSet(devGetByIndex(k.initNet, 3)!, new Uint8Array([2, 0, 0, 0, 0, 2]));
});
afterAll(() => endKernel(k));

describe('answers of a real kernel', () => {
  test.each(cases)('%s', (_name, c) => {
    const { got, want } = nlReplay(k.initNet, c);
    expect(byContent(got)).toEqual(byContent(want));
  });
});
