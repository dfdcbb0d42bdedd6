import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock, createKernel, sec } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { FakeDevice } from '@linnet/netdev/testing';
import { skbStats } from '@linnet/skbuff';
import { MsgHdr, sockCreate, sockRelease } from '@linnet/socket';
import type { Socket } from '@linnet/socket';
import { AF_NETLINK, NETLINK_ROUTE, SOCK_RAW } from '@linnet/uapi';
import { inetAddrAdd, ipv4 } from '../../src/index.ts';

const MAC = [2, 0, 0, 0, 0, 1];

function machine(): { k: Kernel; clock: VirtualClock; eth: FakeDevice } {
  const clock = new VirtualClock();
  const k = createKernel({ modules: [ipv4], clock, seed: 1, debug: true });
  const eth = new FakeDevice(k.initNet, { name: 'v1', mac: Uint8Array.from(MAC), noQueue: true });
  k.run(() => inetAddrAdd(k.initNet, eth.dev, { local: 0x0a000001, prefixlen: 24 }));
  return { k, clock, eth };
}

/** A good ARP packet with some bytes changed, cut or lengthened. */
const arp = fc.tuple(
  fc.constantFrom(1, 2),
  fc.array(fc.record({ at: fc.integer({ min: 12, max: 41 }), v: fc.integer({ min: 0, max: 255 }) }), { maxLength: 4 }),
  fc.integer({ min: 14, max: 64 }),
  fc.integer({ min: 0, max: 3 }),
);

describe('ARP', () => {
  it('takes any frame without an exception or a leak', () => {
    const { k, clock, eth } = machine();
    fc.assert(
      fc.property(fc.array(arp, { minLength: 1, maxLength: 20 }), (frames) => {
        for (const [op, changes, len, host] of frames) {
          const f = new Uint8Array(64);
          f.set(host === 0 ? [255, 255, 255, 255, 255, 255] : MAC, 0);
          f.set([2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, op, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1], 6);
          for (const c of changes) f[c.at] = c.v;
          eth.inject(f.slice(0, len));
        }
        clock.advance(sec(1));
        eth.take();
      }),
      { seed: 5, numRuns: 200 },
    );
    clock.advance(sec(200));
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  });
});

const requests = readFileSync(new URL('../golden/rtnetlink.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => Buffer.from((JSON.parse(l) as { req: string }).req, 'hex'));

describe('rtnetlink', () => {
  it('takes any mutation of a request without an exception or a leak', () => {
    const { k, clock } = machine();
    new FakeDevice(k.initNet, { name: 'v0', noQueue: true });
    const sock = sockCreate(k.initNet, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) as Socket;
    const mutation = fc.record({
      which: fc.integer({ min: 0, max: requests.length - 1 }),
      changes: fc.array(fc.record({ at: fc.integer({ min: 16, max: 120 }), v: fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 15, 127, 128, 255) }), { maxLength: 5 }),
      cut: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 25 }), (list) => {
        for (const m of list) {
          const src = requests[m.which]!;
          const u8 = Uint8Array.from(src.subarray(0, Math.max(16, src.length - m.cut)));
          for (const c of m.changes) if (c.at < u8.length) u8[c.at] = c.v;
          new DataView(u8.buffer).setUint32(0, u8.length, true);
          k.run(() => sock.ops.sendmsg(sock, new MsgHdr([u8]), u8.length));
          const buf = new Uint8Array(1 << 16);
          while (k.run(() => sock.ops.recvmsg(sock, new MsgHdr([buf]), buf.length, 0)) >= 0);
        }
        clock.advance(sec(1));
      }),
      { seed: 6, numRuns: 300 },
    );
    k.run(() => {
      sockRelease(sock);
    });
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  });
});
