import { readFileSync } from 'node:fs';
import { createKernel, VirtualClock, type Kernel } from '@linnet/kernel';
import { devGetByIndex, ethHwAddrSet } from '@linnet/netdev';
import { veth, vethNewlink } from '@linnet/netdevs';
import { nlAttrs, NlTestClient, nlSplit, type NlTestMessage } from '@linnet/netlink/testing';
import {
  IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_GSO_MAX_SIZE, IFLA_LINKINFO, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_STATS, IFLA_STATS64, IFLA_TSO_MAX_SEGS, IFLA_TSO_MAX_SIZE, NDA_CACHEINFO, RTM_NEWLINK, RTM_NEWNEIGH,
} from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vxlan } from '../src/index.ts';
import { finish } from './helpers.ts';

/*
 * Requests about vxlan that a real Linux 6.18 answered (golden/record-vxlan.py), put to a machine that was set up the same way, in the same order.
 */
interface Case {
  readonly name: string;
  readonly req: string;
  readonly out: readonly string[];
}
const cases = readFileSync(new URL('golden/vxlan-requests.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Case);
const hex = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, 'hex'));

/** Counted, or of a machine with two processors, IPv6 and drivers with limits of their own. */
const OTHER_VALUE = new Set([IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_AF_SPEC, IFLA_STATS, IFLA_STATS64, IFLA_GSO_MAX_SIZE, IFLA_TSO_MAX_SIZE, IFLA_TSO_MAX_SEGS]);

function info(v: Uint8Array): unknown {
  return [...nlAttrs(v)].map(([t, b]) => [t, t === 2 ? [...nlAttrs(b)].map(([k, x]) => [k, Buffer.from(x).toString('hex')]) : Buffer.from(b).toString('hex')]);
}

function plain(m: NlTestMessage): object {
  const { type, flags, seq, payload } = m;
  if (type !== RTM_NEWLINK && type !== RTM_NEWNEIGH) return { type, flags, seq, payload: Buffer.from(payload).toString('hex'), text: Buffer.from(payload).toString('latin1').replace(/[^ -~]+/g, ' ') };
  const head = type === RTM_NEWLINK ? 16 : 12;
  const tb = nlAttrs(payload, head);
  const values: Record<number, unknown> = {};
  for (const [t, v] of tb) {
    // 40 and 50 have addresses of chance, as no request gave them one.
    const chance = type === RTM_NEWLINK && t === IFLA_ADDRESS && [40, 50].includes(payload[4]!);
    const other = chance || (type === RTM_NEWLINK ? OTHER_VALUE.has(t) : t === NDA_CACHEINFO);
    values[t] = other ? '*' : type === RTM_NEWLINK && t === IFLA_LINKINFO ? info(v) : Buffer.from(v).toString('hex');
  }
  return { type, flags, seq, head: Buffer.from(payload.subarray(0, head)).toString('hex'), order: [...tb.keys()], values };
}

/** The forwarding table of a device is dumped in the order of a hash of its own. */
const byContent = (l: object[]): object[] => l.map((o) => [JSON.stringify(o), o] as const).sort(([a], [b]) => a < b ? -1 : 1).map(([, o]) => o);

let k: Kernel;
beforeAll(() => {
  k = createKernel({ modules: [veth, vxlan], clock: new VirtualClock(), debug: true });
  const pair = vethNewlink(k.initNet, 'vb', k.initNet, 'va');
  if (typeof pair === 'number') throw new Error('no pair');
  expect(devGetByIndex(k.initNet, 2)!.name).toBe('va');
  ethHwAddrSet(devGetByIndex(k.initNet, 2)!, new Uint8Array([2, 0, 0, 0, 0, 1]));
  ethHwAddrSet(devGetByIndex(k.initNet, 3)!, new Uint8Array([2, 0, 0, 0, 0, 2]));
});
afterAll(() => finish(k));

describe('answers of a real kernel', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_name, c) => {
    const client = new NlTestClient(k.initNet);
    const req = hex(c.req);
    expect(client.send(req)).toBe(req.length);
    const got = client.recvAll().flatMap(nlSplit).map(plain);
    expect(byContent(got)).toEqual(byContent(c.out.map(hex).flatMap(nlSplit).map(plain)));
    client.close();
  });
});
