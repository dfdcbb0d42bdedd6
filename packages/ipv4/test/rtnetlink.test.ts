/*
 * Requests that a real Linux 6.18 answered (golden/record.py), put to a machine that was set up the same way, in the same order: answers, errors with
 * their texts, and the notifications of the groups of addresses, routes and neighbours.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock, createKernel } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { skbStats } from '@linnet/skbuff';
import { MsgHdr, sockCreate, sockRelease } from '@linnet/socket';
import type { Socket } from '@linnet/socket';
import {
  ADDR_ATTRS, AF_NETLINK, NEIGH_ATTRS, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, ROUTE_ATTRS, RTM_DELADDR, RTM_DELNEIGH, RTM_NEWADDR, RTM_NEWNEIGH, RTM_NEWNETCONF, RTM_NEWROUTE, RULE_ATTRS, SOCK_RAW,
  SOL_NETLINK, nlMessageDecode,
} from '@linnet/uapi';
import type { SockAddrNl } from '@linnet/uapi';
import { ipv4 } from '../src/index.ts';

interface Case {
  readonly name: string;
  readonly req: string;
  readonly out: readonly string[];
  readonly told: readonly string[];
}
const cases = readFileSync(new URL('golden/rtnetlink.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Case);

function hex(s: string): Uint8Array {
  return new Uint8Array(Buffer.from(s, 'hex'));
}

const HEADER = new Map([[RTM_NEWADDR, 8], [RTM_DELADDR, 8], [RTM_NEWNEIGH, 12], [RTM_DELNEIGH, 12]]);
/** Times and reference counts differ. */
const VOLATILE = new Set(['IFA_CACHEINFO', 'NDA_CACHEINFO', 'RTA_CACHEINFO']);

/** The messages of a datagram as something that can be compared; the requester's port is only there or not. */
function plain(u8: Uint8Array): object[] {
  const out: object[] = [];
  const v = new DataView(u8.buffer, u8.byteOffset, u8.length);
  for (let at = 0; at + 16 <= u8.length; ) {
    const len = v.getUint32(at, true);
    const type = v.getUint16(at + 4, true);
    const flags = v.getUint16(at + 6, true);
    const seq = v.getUint32(at + 8, true);
    const port = v.getUint32(at + 12, true) !== 0;
    if (type < 16 || type === RTM_NEWNETCONF) {
      out.push({ type, flags, seq, port, payload: Buffer.from(u8.subarray(at + 16, at + len)).toString('hex') });
    } else {
      const table = type <= 22 ? ADDR_ATTRS : type <= 26 ? ROUTE_ATTRS : type <= 30 ? NEIGH_ATTRS : RULE_ATTRS;
      const m = nlMessageDecode(u8, at, HEADER.get(type) ?? 12, table);
      out.push({
        type, flags, seq, port, head: Buffer.from(m.header).toString('hex'),
        attrs: m.attrs.map((a) => (VOLATILE.has(a.name) ? `${a.name} *` : `${a.name} ${JSON.stringify(a.value, (_k, x: unknown) => (x instanceof Uint8Array ? Buffer.from(x).toString('hex') : x))}`)),
      });
    }
    at += (len + 3) & ~3;
  }
  return out;
}

let k: Kernel;
let client: Socket;
let listener: Socket;

function open(groups: number): Socket {
  const sock = sockCreate(k.initNet, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  if (typeof sock === 'number') throw new Error(`sockCreate: ${sock}`);
  expect(sock.ops.bind(sock, { family: AF_NETLINK, pid: 0, groups } as SockAddrNl)).toBe(0);
  return sock;
}

function recvAll(sock: Socket): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (;;) {
    const buf = new Uint8Array(1 << 17);
    const n = k.run(() => sock.ops.recvmsg(sock, new MsgHdr([buf]), buf.length, 0));
    if (n < 0) return out;
    out.push(buf.subarray(0, n));
  }
}

beforeAll(() => {
  k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1, debug: true });
  devOpen(devGetByName(k.initNet, 'lo')!);
  for (const name of ['v1', 'v0']) new FakeDevice(k.initNet, { name, noQueue: true });
  client = open(0);
  for (const opt of [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) expect(client.ops.setsockopt(client, SOL_NETLINK, opt, new Uint8Array([1, 0, 0, 0]))).toBe(0);
  listener = open((1 << 2) | (1 << 4) | (1 << 6));
});

afterAll(() => {
  k.run(() => {
    sockRelease(client);
    sockRelease(listener);
  });
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

describe('answers of a real kernel', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_name, c) => {
    const req = hex(c.req);
    expect(k.run(() => client.ops.sendmsg(client, new MsgHdr([req]), req.length))).toBe(req.length);
    const got = recvAll(client).flatMap(plain);
    const told = recvAll(listener).flatMap(plain);
    expect(got).toEqual(c.out.flatMap((s) => plain(hex(s))));
    expect(told).toEqual(c.told.flatMap((s) => plain(hex(s))));
  });
});

test('the record holds what it should', () => {
  expect(cases.length).toBeGreaterThan(120);
  expect(cases.some((c) => plain(hex(c.out[0]!)).some((m) => (m as { type: number }).type === RTM_NEWROUTE))).toBe(true);
});
