import { readFileSync } from 'node:fs';
import {
  IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_GSO_MAX_SIZE, IFLA_LINKINFO, IFLA_MAP, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_STATS, IFLA_STATS64, NETLINK_CAP_ACK, NLMSG_DONE, NLMSG_ERROR,
  RTM_NEWLINK,
} from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attrs, Client, finish, ifi, kind, makeKernel, type Msg, split, str, type TestKernel } from './helpers.ts';

/*
 * Requests that a real Linux 6.18 answered (golden/record.py), put to a machine that was set up the same way, in the same order.
 */
interface Case {
  readonly name: string;
  readonly ext?: boolean;
  readonly strict?: boolean;
  readonly cap?: boolean;
  readonly req: string;
  readonly out: readonly string[];
}
const cases = readFileSync(new URL('golden/link-requests.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Case);
const hex = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, 'hex'));

/** Attributes whose values differ for good reasons: drawn at random, counted, or of a machine with two processors and IPv6. */
const OTHER_VALUE = new Set([IFLA_ADDRESS, IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_AF_SPEC, IFLA_STATS, IFLA_STATS64, IFLA_LINKINFO, IFLA_MAP, IFLA_GSO_MAX_SIZE]);

/** A message as something that can be compared, without the port. */
function plain(m: Msg): object {
  const { type, flags, seq, payload } = m;
  if (type === RTM_NEWLINK) {
    const tb = attrs(payload, 16);
    const values: Record<number, string> = {};
    for (const [t, v] of tb) values[t] = OTHER_VALUE.has(t) ? '*' : Buffer.from(v).toString('hex');
    return { type, flags, seq, head: Buffer.from(payload.subarray(0, 16)).toString('hex'), order: [...tb.keys()], values };
  }
  // The request comes back in an error; its port field is as it was sent.
  return { type, flags, seq, payload: Buffer.from(payload).toString('hex') };
}

let k: TestKernel;
beforeAll(() => {
  k = makeKernel();
  const c = new Client(k.initNet);
  expect(c.ack(16, 0x600, ifi({}, (w) => { w.putString(3, 'va'); kind(w, 'veth', (d) => { d.nestStart(1); d.reserve(16); d.putString(3, 'vb'); d.nestEnd(); }); })).errno).toBe(0);
  for (const name of ['br0', 'br1']) expect(c.ack(16, 0x600, ifi({}, (w) => { w.putString(3, name); kind(w, 'bridge'); })).errno).toBe(0);
  c.close();
});
afterAll(() => finish(k));

describe('answers of a real kernel', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_name, c) => {
    const client = new Client(k.initNet, { ext: c.ext ?? true, strict: c.strict ?? true });
    if (c.cap === true) client.setopt(NETLINK_CAP_ACK, 1);
    const req = hex(c.req);
    expect(client.send(req)).toBe(req.length);
    const got = client.recvAll();
    const want = c.out.map(hex);
    expect(got.flatMap(split).map(plain)).toEqual(want.flatMap(split).map(plain));
    // The end of a dump of links comes alone.
    const shape = (list: readonly Uint8Array[]): boolean => list.every((u8) => split(u8).length === 1 || split(u8).every((m) => m.type !== NLMSG_DONE && m.type !== NLMSG_ERROR));
    expect(shape(got)).toBe(shape(want));
    client.close();
  });
});

test('the devices are as the kernel numbers them', () => {
  const fresh = makeKernel();
  const c = new Client(fresh.initNet);
  c.ack(16, 0x600, ifi({}, (w) => { w.putString(3, 'va'); kind(w, 'veth', (d) => { d.nestStart(1); d.reserve(16); d.putString(3, 'vb'); d.nestEnd(); }); }));
  const dump = c.request(18, 0x300, ifi()).filter((m) => m.type === RTM_NEWLINK);
  expect(dump.map((m) => [m.payload[4], str(attrs(m.payload, 16).get(3))])).toEqual([[1, 'lo'], [2, 'vb'], [3, 'va']]);
  c.close();
  finish(fresh);
});
