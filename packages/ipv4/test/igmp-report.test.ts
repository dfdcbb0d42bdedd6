// The packets are those of Linux 6.18 on a veth of 10.77.0.1/24, byte for byte; only their times are drawn by chance.
import fc from 'fast-check';
import { callNetdeviceNotifiers, devChangeFlags, NETDEV_POST_TYPE_CHANGE, NETDEV_PRE_TYPE_CHANGE, NETDEV_RESEND_IGMP } from '@linnet/netdev';
import { IFF_UP, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, SOCK_DGRAM, SOL_IP } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ipv4 } from '../src/index.ts';
import { FakeTransport } from './fake-transport.ts';
import { checksum, ip4, ipPacket, Machine, Sk, type Wire } from './harness.ts';

let m: Machine;
let w: Wire;
let s: Sk;

beforeEach(() => {
  m = new Machine([ipv4, new FakeTransport().module]);
  w = m.wire('10.77.0.1/24');
  s = new Sk(m, SOCK_DGRAM, 0);
});
afterEach(() => {
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');
const sent = (): string[] => w.take().map((p) => `${hex(p.ethDst)} ${hex(p.raw)}`);

function member(opt: number, group: string): number {
  const b = new Uint8Array(8);
  const v = new DataView(b.buffer);
  v.setInt32(0, ip4(group));
  v.setInt32(4, ip4('10.77.0.1'));
  return s.set(SOL_IP, opt, b);
}
const join = (group: string): number => member(IP_ADD_MEMBERSHIP, group);
const leave = (group: string): number => member(IP_DROP_MEMBERSHIP, group);

/** A query: version 1 or 2 of 8 bytes, or 3. */
function query(code: number, group: string, v3: boolean, sources = 0): void {
  const p = new Uint8Array(v3 ? 12 + 4 * sources : 8);
  p[0] = 0x11;
  p[1] = code;
  const v = new DataView(p.buffer);
  v.setInt32(4, ip4(group));
  if (v3) v.setUint16(10, sources);
  v.setUint16(2, checksum(p));
  w.inject({ src: '10.77.0.2', dst: group === '0.0.0.0' ? '224.0.0.1' : group, proto: 2, ttl: 1, options: new Uint8Array([0x94, 4, 0, 0]) }, p);
}

const V3 = '01005e000016 46c00028000040000102f9ab0a4d0001e000001694040000';
const JOINED = `${V3}2200e8f90000000104000000ef010203`;
const LEFT = `${V3}2200e9f90000000103000000ef010203`;
const IS_IN = `${V3}2200e3eb0000000102000000ef090909`;

describe('changes', () => {
  test('are told twice: at once, and within a second', () => {
    join('239.1.2.3');
    m.advance(0.01);
    expect(sent()).toEqual([JOINED]);
    m.advance(1.1);
    expect(sent()).toEqual([JOINED]);
    m.advance(60);
    expect(sent()).toEqual([]);
    leave('239.1.2.3');
    m.advance(1.2);
    expect(sent()).toEqual([LEFT, LEFT]);
  });

  test('only the first user’s coming and the last one’s going count', () => {
    const other = new Sk(m, SOCK_DGRAM, 0);
    join('239.1.2.3');
    m.advance(2);
    sent();
    other.set(SOL_IP, IP_ADD_MEMBERSHIP, new Uint8Array([239, 1, 2, 3, 10, 77, 0, 1]));
    leave('239.1.2.3');
    m.advance(2);
    expect(sent()).toEqual([]);
    other.close();
    m.advance(2);
    expect(sent()).toEqual([LEFT, LEFT]);
  });

  test('two that happen at once share a report, and who comes and goes at once has left', () => {
    join('239.1.2.3');
    join('239.9.9.9');
    m.advance(0.01);
    expect(w.take().map((p) => hex(p.payload.slice(4)))).toEqual(['0000000204000000ef09090904000000ef010203']);
    leave('239.1.2.3');
    m.advance(2);
    expect(w.take().map((p) => hex(p.payload.slice(4))).filter((r) => r.includes('04000000ef010203'))).toEqual([]);
  });

  test('224.0.0.1 is nobody’s business, groups on loopback only its own, and a device that is down tells nothing', () => {
    join('224.0.0.1');
    s.set(SOL_IP, IP_ADD_MEMBERSHIP, new Uint8Array([239, 1, 2, 3, 127, 0, 0, 1]));
    m.advance(2);
    expect([sent(), m.mib('Ip.OutRequests')]).toEqual([[], 2]);
    join('239.1.2.3');
    const { dev } = w.fake;
    devChangeFlags(dev, dev.flags & ~IFF_UP);
    m.advance(2);
    expect(sent()).toEqual([]);
    devChangeFlags(dev, dev.flags | IFF_UP);
    m.advance(2);
    expect(sent()).toEqual([JOINED, JOINED]);
  });
});

describe('time', () => {
  const version = (): string => /V\d/.exec((m.net.proc.read('net/igmp') as string).split('eth0')[1]!)![0];

  test('an old router that has gone stays gone, however silent the link is', () => {
    query(10, '0.0.0.0', false);
    expect(version()).toBe('V2');
    m.advance(300);
    expect(version()).toBe('V3');
    // Half way round of the jiffies.
    m.advance(25 * 86400);
    expect(version()).toBe('V3');
  });

  test('what is due of a group goes with it, even if nobody was to be told in that moment', () => {
    m.sysctl('conf/eth0/force_igmp_version', 2);
    join('224.0.0.5');
    m.sysctl('igmp_link_local_mcast_reports', 0);
    leave('224.0.0.5');
    m.sysctl('igmp_link_local_mcast_reports', 1);
    m.advance(60);
    expect(sent()).toEqual([]);
  });
});

describe('queries', () => {
  beforeEach(() => {
    join('239.9.9.9');
    m.advance(2);
    sent();
  });

  test('a general one, and one for a group', () => {
    query(10, '0.0.0.0', true);
    m.advance(1.1);
    expect(sent()).toEqual([IS_IN]);
    query(10, '239.9.9.9', true);
    m.advance(1.1);
    expect(sent()).toEqual([IS_IN]);
    query(10, '239.9.9.8', true);
    query(10, '0.0.0.0', true, 1);
    m.advance(2);
    expect(sent()).toEqual([]);
  });

  test('of version 2 are answered in version 2, and groups are left with a message', () => {
    query(10, '0.0.0.0', false);
    m.advance(1.1);
    expect(sent()).toEqual(['01005e090909 46c00020000040000102e1b70a4d0001ef090909940400001600f1ecef090909']);
    expect(m.net.proc.read('net/igmp')).toContain('V2');
    leave('239.9.9.9');
    expect(w.take().map((p) => [hex(p.ethDst), hex(p.payload)])).toEqual([['01005e000002', '1700f0ecef090909']]);
    // After 400 seconds the old router is forgotten.
    m.advance(400);
    join('239.1.2.3');
    m.advance(2);
    expect(sent()).toEqual([JOINED, JOINED]);
  });

  test('of version 1: ten seconds, reports of version 1, nothing upon leaving', () => {
    query(0, '0.0.0.0', false);
    m.advance(10.1);
    expect(w.take().map((p) => hex(p.payload))).toEqual(['1200f5ecef090909']);
    leave('239.9.9.9');
    m.advance(2);
    expect(sent()).toEqual([]);
  });

  test('another member’s report saves ours, in version 2', () => {
    query(100, '0.0.0.0', false);
    w.frame(ipPacket({ src: '10.77.0.3', dst: '239.9.9.9', proto: 2, ttl: 1 }, Uint8Array.of(0x16, 0, 0xf1, 0xec, 0xef, 9, 9, 9)), 0x0800, Uint8Array.of(1, 0, 0x5e, 9, 9, 9));
    m.advance(11);
    expect(sent()).toEqual([]);
  });

  test('force_igmp_version', () => {
    m.sysctl('conf/eth0/force_igmp_version', 2);
    query(10, '0.0.0.0', true);
    m.advance(1.1);
    expect(w.take().map((p) => p.payload[0])).toEqual([0x16]);
    m.sysctl('conf/eth0/force_igmp_version', 3);
    query(10, '0.0.0.0', false);
    m.advance(1.1);
    // 3 is not to force anything: an older router is believed.
    expect(w.take().map((p) => p.payload[0])).toEqual([0x16]);
  });
});

test('a bond that changed its link tells all groups at once; a device whose type changes leaves and joins', () => {
  join('239.9.9.9');
  m.advance(2);
  sent();
  const { dev } = w.fake;
  m.kernel.run(() => callNetdeviceNotifiers(NETDEV_RESEND_IGMP, dev));
  expect(sent()).toEqual([IS_IN]);
  const filter = (): number => dev.mc.list.length;
  expect(filter()).toBe(2);
  m.kernel.run(() => callNetdeviceNotifiers(NETDEV_PRE_TYPE_CHANGE, dev));
  expect(filter()).toBe(0);
  m.kernel.run(() => callNetdeviceNotifiers(NETDEV_POST_TYPE_CHANGE, dev));
  expect(filter()).toBe(2);
  m.advance(2);
  expect(w.take().map((p) => hex(p.payload.slice(8)))).toEqual(['04000000ef090909', '04000000ef090909']);
});

test('any bytes: no exception, nothing left', () => {
  join('239.9.9.9');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), fc.constantFrom('224.0.0.1', '239.9.9.9', '10.77.0.1'), (bytes, mend, dst) => {
      if (mend && bytes.length >= 4) {
        bytes[0] = 0x11 + (bytes[0]! & 7);
        bytes[2] = 0;
        bytes[3] = 0;
        const c = checksum(bytes);
        bytes[2] = c >> 8;
        bytes[3] = c & 0xff;
      }
      w.inject({ src: '10.77.0.2', dst, proto: 2, ttl: 1 }, bytes);
      m.advance(0.5);
    }),
    { seed: 7, numRuns: 300 },
  );
  m.advance(30_000);
  expect(m.pool.stats.live).toBe(0);
});
