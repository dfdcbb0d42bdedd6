/** Any bytes as a table or a question: an errno or an answer, never an exception; and what is taken runs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { SKB } from '@linnet/skbuff';
import { IPPROTO_TCP, IPPROTO_UDP, SOL_IP, SOL_IPV6 } from '@linnet/uapi';
import { xtables, xtGetsockopt, xtSetsockopt } from '../../src/index.ts';
import { icmp, ip4, tcp, udp, Wire } from '../harness.ts';
import { ACCEPT, info, replaceBlob, type Table } from '../xt-harness.ts';

/** `n` bytes, of which some are set. */
function zero(n: number, set: Readonly<Record<number, number | string>> = {}): Uint8Array {
  const b = new Uint8Array(n);
  for (const [at, v] of Object.entries(set)) {
    if (typeof v === 'number') b[Number(at)] = v;
    else for (let i = 0; i < v.length; i++) b[Number(at) + i] = v.charCodeAt(i);
  }
  return b;
}
const TABLE: Table = {
  name: 'filter',
  hooks: [
    [1, [{ proto: IPPROTO_TCP, matches: [['tcp', 0, zero(12)], ['conntrack', 3, zero(164)]], target: 'one' }, { matches: [['u32', 0, zero(1984)]], target: ['LOG', 0, zero(32)] }], ACCEPT],
    [2, [{ proto: IPPROTO_UDP, matches: [['multiport', 1, zero(48)], ['string', 1, zero(160, { 2: 99, 4: 'bm', 20: 'ab', 148: 2 })]], target: ['MARK', 2, zero(8)] }, { matches: [['recent', 1, zero(228, { 8: 2, 10: 'r' })]], target: 'one', goto: true }, { matches: [['time', 0, zero(24)], ['addrtype', 1, zero(8)]], target: ['REJECT', 0, zero(4)] }], ACCEPT],
    [3, [{ matches: [['owner', 1, zero(20)], ['statistic', 0, zero(24)]], target: ['CONNMARK', 2, zero(16)] }, { matches: [['hashlimit', 3, zero(312, { 0: 'h', 256: 9, 264: 1, 285: 4, 289: 4 })]], target: ['NFQUEUE', 3, zero(6, { 2: 1 })] }], ACCEPT],
  ],
  chains: { one: [{ matches: [['limit', 0, zero(40, { 0: 1, 4: 1 })]], target: ['AUDIT', 0, zero(1)] }] },
};

describe('tables', () => {
  test('of harmed bytes and of any bytes', () => {
    const k = createKernel({ modules: [ipv4, xtables], clock: new VirtualClock(), seed: 1, debug: true });
    const net = k.initNet;
    k.run(() => devOpen(devGetByName(net, 'lo')!));
    const wires = ['10.1.0.1', '10.2.0.1'].map((a) => {
      const w = new Wire(net);
      k.run(() => inetAddrAdd(net, w.fake.dev, { local: ip4(a), prefixlen: 24 }));
      return w;
    });
    k.run(() => net.sysctl.write('net/ipv4/ip_forward', '1'));
    const good = replaceBlob(TABLE, 4);
    let taken = 0;
    const harm = fc.array(fc.tuple(fc.nat(good.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 8, 32, 64, 127, 128, 255))), { minLength: 0, maxLength: 12 });
    fc.assert(fc.property(harm, fc.boolean(), (list, fix) => {
      const b = good.slice();
      for (const [at, v] of list) b[at] = v;
      // Most only when the count fits.
      if (fix) k.run(() => new DataView(b.buffer).setUint32(84, info(net, 'filter').num, true));
      const r = k.run(() => xtSetsockopt(net, SOL_IP, 64, b));
      expect(r).toBeLessThanOrEqual(0);
      if (r !== 0) return;
      taken++;
      for (const p of [tcp('10.1.0.2', 1, '10.2.0.2', 2, 'S'), udp('10.1.0.2', 1, '10.2.0.2', 2), icmp('10.1.0.2', '10.1.0.1', 8, 0, 1), tcp('10.1.0.2', 1, '10.1.0.1', 2, 'S')]) wires[0]!.inject(p);
    }), { seed: 7, numRuns: 1500 });
    expect(taken).toBeGreaterThan(20);
    fc.assert(fc.property(fc.constantFrom(SOL_IP, SOL_IPV6), fc.integer({ min: 60, max: 72 }), fc.uint8Array({ maxLength: 400 }), fc.nat(500), (level, opt, b, len) => {
      const r = k.run(() => xtSetsockopt(net, level, opt, b));
      expect(r).toBeLessThanOrEqual(0);
      const g = k.run(() => xtGetsockopt(net, level, opt, len, b));
      if (typeof g !== 'number') expect(g.length).toBeLessThanOrEqual(Math.max(len, 84));
    }), { seed: 8, numRuns: 2000 });
    const pool = k.get(SKB);
    k.shutdown();
    expect(pool.stats.live).toBe(0);
  });
});
