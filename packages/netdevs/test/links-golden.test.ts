import { readFileSync } from 'node:fs';
import { devGetByIndex, ethHwAddrSet } from '@linnet/netdev';
import { nlComparable, nlRecording, nlReplay } from '@linnet/netlink/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridge, ifb, macvlan, veth, vethNewlink } from '../src/index.ts';
import { finish, newKernel } from './helpers.ts';
import type { Kernel } from '@linnet/kernel';

/*
 * Requests about ifb and macvlan that a real Linux 6.18 answered (golden/record-links.py), put to a machine that was set up the same way, in the same order.
 */
const cases = nlRecording(readFileSync(new URL('golden/links-requests.jsonl', import.meta.url), 'utf8'));

let k: Kernel;
beforeAll(() => {
  k = newKernel([veth, bridge, ifb, macvlan]).k;
  const pair = vethNewlink(k.initNet, 'vb', k.initNet, 'va');
  if (typeof pair === 'number') throw new Error('no pair');
  expect(devGetByIndex(k.initNet, 2)!.name).toBe('va');
  ethHwAddrSet(devGetByIndex(k.initNet, 2)!, new Uint8Array([2, 0, 0, 0, 0, 1]));
  ethHwAddrSet(devGetByIndex(k.initNet, 3)!, new Uint8Array([2, 0, 0, 0, 0, 2]));
});
afterAll(() => finish(k));

describe('answers of a real kernel', () => {
  test.each(cases)('%s', (_name, c) => {
    const { got, want } = nlReplay(k.initNet, c);
    expect(got.map((m) => nlComparable(m))).toEqual(want.map((m) => nlComparable(m)));
  });
});
