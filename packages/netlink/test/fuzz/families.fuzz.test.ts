import { devEthtoolIoctl } from '@linnet/netdev';
import { SKB } from '@linnet/skbuff';
import {
  NETLINK_AUDIT, NETLINK_GENERIC, NETLINK_KOBJECT_UEVENT, NETLINK_NETFILTER, NETLINK_RDMA, NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_USERSOCK, NETLINK_XFRM, NLMSG_DONE, NLMSG_ERROR,
} from '@linnet/uapi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { genlFamilyByName } from '../../src/index.ts';
import { Client, finish, makeKernel, message, split } from '../helpers.ts';

/* Whatever user space writes, to whichever protocol: an errno, never an exception; every packet is freed; the machine still answers. */

const PROTOCOLS = [
  NETLINK_ROUTE, NETLINK_USERSOCK, NETLINK_SOCK_DIAG, NETLINK_XFRM, NETLINK_AUDIT, NETLINK_NETFILTER, NETLINK_KOBJECT_UEVENT, NETLINK_GENERIC, NETLINK_RDMA,
];

interface Sent { readonly protocol: number; readonly bytes: Uint8Array }

function survive(list: readonly Sent[]): void {
  const k = makeKernel();
  const ears = PROTOCOLS.map((protocol) => new Client(k.initNet, { protocol, groups: 0xffffffff }));
  const socks = new Map(PROTOCOLS.map((protocol) => [protocol, new Client(k.initNet, { protocol })]));
  for (const { protocol, bytes } of list) {
    if (bytes.length === 0) continue;
    const c = socks.get(protocol)!;
    const n = c.send(bytes);
    expect(n === bytes.length || (n < 0 && n > -4096)).toBe(true);
    for (let i = 0; i < 300; i++) {
      const r = c.recv(1 << 16);
      if (typeof r === 'number') break;
      if (protocol === NETLINK_KOBJECT_UEVENT) continue;
      for (const m of split(r.u8)) {
        if (m.type !== NLMSG_ERROR && m.type !== NLMSG_DONE) continue;
        const errno = new DataView(m.payload.buffer).getInt32(0, true);
        expect(errno).toBeLessThanOrEqual(0);
        expect(errno).toBeGreaterThan(-4096);
      }
    }
    for (const ear of ears) for (let i = 0; i < 50; i++) if (typeof ear.recv() === 'number') break;
  }
  // It still works.
  const c = new Client(k.initNet, { protocol: NETLINK_GENERIC });
  expect(c.request(16, 0x300, new Uint8Array([3, 1, 0, 0])).length).toBeGreaterThan(2);
  c.close();
  for (const s of [...ears, ...socks.values()]) s.close();
  expect(k.get(SKB).stats.live).toBe(0);
  finish(k);
}

const flags = fc.constantFrom(1, 5, 0x301, 0x305, 0x605, 0x105, 0x201, 0x405, 9);

/** Attributes, some of them nests, of types near `max`. */
const attrsOf = (max: number): fc.Arbitrary<Uint8Array> => {
  const one = (payload: fc.Arbitrary<Uint8Array>, nested: boolean): fc.Arbitrary<Uint8Array> => fc.record({ type: fc.integer({ min: 0, max }), payload, lie: fc.integer({ min: -3, max: 3 }), liar: fc.integer({ min: 0, max: 19 }) }).map(({ type, payload: p, lie, liar }) => {
    const u8 = new Uint8Array((4 + p.length + 3) & ~3);
    const view = new DataView(u8.buffer);
    // One length in twenty is wrong.
    view.setUint16(0, Math.max(0, 4 + p.length + (liar === 0 ? lie : 0)), true);
    view.setUint16(2, type | (nested ? 0x8000 : 0), true);
    u8.set(p, 4);
    return u8;
  });
  const joinAll = (list: readonly Uint8Array[]): Uint8Array => Uint8Array.from(list.flatMap((x) => [...x]));
  const leaf = fc.oneof(one(fc.uint8Array({ maxLength: 12 }), false), one(fc.constantFrom('lo\0', 'veth\0', 'ethtool\0', 'tx-checksum-ip-generic\0', 'rx-gro\0').map((s) => Uint8Array.from(s, (ch) => ch.charCodeAt(0))), false), one(fc.constant(new Uint8Array([1, 0, 0, 0])), false));
  const nest1 = fc.oneof(leaf, one(fc.array(leaf, { maxLength: 4 }).map(joinAll), true));
  const nest2 = fc.oneof(nest1, one(fc.array(nest1, { maxLength: 4 }).map(joinAll), true));
  return fc.array(fc.oneof(nest1, nest2, one(fc.array(nest2, { maxLength: 3 }).map(joinAll), true)), { maxLength: 5 }).map(joinAll);
};

test('random bytes to every protocol', () => {
  const sent = fc.record({ protocol: fc.constantFrom(...PROTOCOLS), bytes: fc.uint8Array({ maxLength: 120 }) });
  fc.assert(fc.property(fc.array(sent, { maxLength: 8 }), survive), { seed: 11, numRuns: 100 });
});

test('random requests to generic netlink: the controller and ethtool', () => {
  const k = makeKernel();
  const ethtool = genlFamilyByName(k, 'ethtool')!.id;
  finish(k);
  // Mostly a header that names lo, for ethtool to go on.
  const lo = new Uint8Array([12, 0, 1, 0x80, 7, 0, 2, 0, 108, 111, 0, 0]);
  const sent = fc.record({ family: fc.constantFrom(16, ethtool, ethtool, ethtool, 17), cmd: fc.integer({ min: 0, max: 52 }), fl: flags, named: fc.boolean(), body: attrsOf(12) })
    .map(({ family, cmd, fl, named, body }): Sent => ({ protocol: NETLINK_GENERIC, bytes: message(family, fl, new Uint8Array([cmd, 1, 0, 0, ...(named ? lo : []), ...body]), 1) }));
  fc.assert(fc.property(fc.array(sent, { maxLength: 12 }), survive), { seed: 12, numRuns: 250 });
});

test('random requests to sock_diag and rtnetlink with attributes', () => {
  const sent = fc.record({
    route: fc.boolean(), type: fc.integer({ min: 16, max: 124 }), diag: fc.integer({ min: 17, max: 22 }), fl: flags, head: fc.uint8Array({ minLength: 0, maxLength: 28 }), zero: fc.boolean(), body: attrsOf(70),
  }).map(({ route, type, diag, fl, head, zero, body }): Sent => {
    const h = zero ? new Uint8Array(16) : head;
    return route ? { protocol: NETLINK_ROUTE, bytes: message(type, fl, new Uint8Array([...h, ...body]), 1) } : { protocol: NETLINK_SOCK_DIAG, bytes: message(diag, fl, new Uint8Array([16, ...head]), 1) };
  });
  fc.assert(fc.property(fc.array(sent, { maxLength: 10 }), survive), { seed: 13, numRuns: 200 });
});

test('random calls of SIOCETHTOOL: an errno, and nothing behind the buffer', () => {
  const k = makeKernel();
  const call = fc.record({ name: fc.constantFrom('lo', 'nope', ''), cmd: fc.integer({ min: 0, max: 0x52 }), rest: fc.uint8Array({ maxLength: 300 }) });
  fc.assert(fc.property(call, ({ name, cmd, rest }) => {
    const whole = new Uint8Array(8 + rest.length + 64).fill(0xaa);
    const data = whole.subarray(8, 8 + 4 + rest.length);
    data.set([cmd, 0, 0, 0, ...rest]);
    const rc = devEthtoolIoctl(k.initNet, name, data);
    expect(rc > -4096 && rc < 8).toBe(true);
    expect(whole.subarray(0, 8).every((b) => b === 0xaa) && whole.subarray(12 + rest.length).every((b) => b === 0xaa)).toBe(true);
  }), { seed: 14, numRuns: 2000 });
  finish(k);
});

test('mutated requests of ethtool(8) and genl(8)', () => {
  const k = makeKernel();
  const ethtool = genlFamilyByName(k, 'ethtool')!.id;
  finish(k);
  const lo = (flagsOf: number): number[] => [20, 0, 1, 0x80, 7, 0, 2, 0, 108, 111, 0, 0, 8, 0, 3, 0, flagsOf, 0, 0, 0];
  const good: readonly Uint8Array[] = [
    message(16, 1, new Uint8Array([3, 1, 0, 0, 12, 0, 2, 0, ...'ethtool'.split('').map((ch) => ch.charCodeAt(0)), 0]), 1), message(16, 0x301, new Uint8Array([3, 1, 0, 0]), 1),
    message(16, 0x301, new Uint8Array([10, 1, 0, 0, 6, 0, 1, 0, ethtool, 0, 0, 0]), 1), message(ethtool, 1, new Uint8Array([1, 1, 0, 0, ...lo(0)]), 1), message(ethtool, 1, new Uint8Array([11, 1, 0, 0, ...lo(1)]), 1),
    message(ethtool, 5, new Uint8Array([12, 1, 0, 0, ...lo(0), 48, 0, 3, 0x80, 44, 0, 3, 0x80, 40, 0, 1, 0x80, 8, 0, 1, 0, 16, 0, 0, 0, 24, 0, 2, 0, ...'tx-tcp-segmentation'.split('').map((ch) => ch.charCodeAt(0)), 0, 4, 0, 3, 0]), 1),
    message(ethtool, 5, new Uint8Array([12, 1, 0, 0, ...lo(1), 36, 0, 3, 0x80, 8, 0, 2, 0, 64, 0, 0, 0, 12, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 12, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0]), 1),
    message(ethtool, 0x301, new Uint8Array([25, 1, 0, 0, 4, 0, 1, 0x80]), 1),
  ];
  const mutated = fc.record({ which: fc.nat(good.length - 1), at: fc.array(fc.record({ off: fc.nat(120), v: fc.integer({ min: 0, max: 255 }) }), { maxLength: 3 }), cut: fc.integer({ min: 0, max: 12 }) }).map(({ which, at, cut }): Sent => {
    const u8 = good[which]!.slice(0, Math.max(16, good[which]!.length - (cut > 8 ? cut - 8 : 0)));
    for (const { off, v } of at) if (off < u8.length) u8[off] = v;
    return { protocol: NETLINK_GENERIC, bytes: u8 };
  });
  fc.assert(fc.property(fc.array(mutated, { minLength: 1, maxLength: 6 }), survive), { seed: 15, numRuns: 250 });
});
