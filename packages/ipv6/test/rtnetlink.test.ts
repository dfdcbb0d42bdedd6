import { expect, test } from 'vitest';
import { errnoName } from '@linnet/kernel';
import { NlTestClient, nlPayload } from '@linnet/netlink/testing';
import { IPPROTO_ICMPV6, SOCK_DGRAM } from '@linnet/uapi';
import { bytes6, concat, Machine, pattern, Sk } from './harness.ts';

test('an address shorter than 16 bytes is refused, wherever it stands in a message', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const nl = new NlTestClient(m.net);
  const index = w.fake.dev.ifindex;
  const ifa = (view: DataView, off: number): void => {
    view.setUint8(off, 10);
    view.setUint8(off + 1, 64);
    view.setUint32(off + 4, index, true);
  };
  const label = (view: DataView, off: number): void => {
    view.setUint8(off, 10);
    view.setUint8(off + 2, 128);
  };
  const rt = (view: DataView, off: number): void => {
    view.setUint8(off, 10);
    view.setUint8(off + 1, 128);
    view.setUint8(off + 4, 254);
    view.setUint8(off + 7, 1);
  };
  const a16 = bytes6('2001:db8::9');
  for (const n of [0, 4, 8, 15]) {
    const b = a16.slice(0, n);
    const ask = (type: number, flags: number, len: number, head: (view: DataView, off: number) => void, attrs: readonly (readonly [number, Uint8Array])[]): string => {
      const a = nl.ack(type, flags, nlPayload(len, head, (x) => {
        for (const [t, v] of attrs) x.putBytes(t, v);
      }));
      return `${errnoName(a.errno)} ${a.msg}`;
    };
    const policy = 'ERANGE Attribute failed policy validation';
    const oif = new Uint8Array(new Uint32Array([index]).buffer);
    expect(ask(22, 0, 8, ifa, [[1, b]])).toBe(policy);
    expect(ask(20, 0x600, 8, ifa, [[1, b]])).toBe(policy);
    expect(ask(20, 0x600, 8, ifa, [[2, b]])).toBe(policy);
    expect(ask(21, 0, 8, ifa, [[1, b]])).toBe(policy);
    expect(ask(72, 0x600, 12, label, [[1, b], [2, oif]])).toBe(policy);
    expect(ask(74, 0, 12, label, [[1, b]])).toBe(policy);
    expect(ask(24, 0x600, 12, rt, [[1, a16], [4, oif], [7, b]])).toBe(policy);
    expect(ask(24, 0x600, 12, rt, [[1, a16], [4, oif], [5, b]])).toBe(policy);
    expect(ask(26, 0, 12, rt, [[1, b]])).toBe('EINVAL ');
    expect(ask(26, 0, 12, rt, [[1, a16], [2, b]])).toBe('EINVAL ');
    // IFLA_AF_SPEC with a token, and with a mode of no bytes.
    const link = (view: DataView, off: number): void => view.setInt32(off + 4, index, true);
    const attr = (t: number, v: Uint8Array): Uint8Array => concat(new Uint8Array([4 + v.length, 0, t, 0]), v, new Uint8Array(-v.length & 3));
    expect(ask(16, 0, 16, link, [[26 | 0x8000, attr(10, attr(7, b))]])).toBe(policy);
    expect(ask(16, 0, 16, link, [[26 | 0x8000, attr(10, attr(8, new Uint8Array(0)))]])).toBe(policy);
  }
  nl.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a new token asks for routers as a new device does', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.sysctl('conf/eth0/router_solicitations', 3);
  m.advance(1000);
  w.takeControl();
  const nl = new NlTestClient(m.net);
  const token = concat(new Uint8Array([24, 0, 10, 0, 20, 0, 7, 0]), bytes6('::77'));
  const link = (view: DataView, off: number): void => view.setInt32(off + 4, w.fake.dev.ifindex, true);
  expect(nl.ack(16, 0, nlPayload(16, link, (x) => x.putBytes(26 | 0x8000, token))).errno).toBe(0);
  m.advance(1000);
  expect(w.takeControl(133)).toHaveLength(3);
  nl.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('what was learned about a path is told of and forgotten as Linux does (ip -6 route show cache, flush cache)', () => {
  const m = new Machine();
  const w = m.wire('fd01::1/64');
  expect(w.fake.dev.ifindex).toBe(2);
  m.route('2001:db8:5::/48', { via: 'fd01::2' });
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMPV6);
  s.send(concat(new Uint8Array([128, 0, 0, 0, 0, 1, 0, 1]), pattern(1300)), '2001:db8:5::9');
  w.icmp({ src: 'fd01::2', dst: 'fd01::1' }, 2, 0, 1290, w.take()[0]!.raw.slice(0, 148));
  const nl = new NlTestClient(m.net);
  const rtm = (flags: number) => (view: DataView, off: number): void => {
    view.setUint8(off, 10);
    view.setUint32(off + 8, flags, true);
  };
  /** The messages about 2001:db8:5, without users, age and time left in RTA_CACHEINFO. */
  const dump = (client: NlTestClient, flags: number): string[] => client.request(26, 0x300, nlPayload(12, rtm(flags))).filter((x) => x.type === 24)
    .map((x) => [...x.payload].map((b) => b.toString(16).padStart(2, '0')).join('')).filter((h) => h.includes('20010db80005')).map((h) => h.replace(/(24000c00).{24}/, '$1'));
  // From a Linux 6.18 that was told the same.
  const route = '0a300000fe0300010000000008000f00fe0000001400010020010db8000500000000000000000000080006000004000014000500fd010000000000000000000000000002080004000200000024000c00' +
    '00000000000000000000000000000000000000000500140000000000';
  const learned = '0a800000fe0300010002000008000f00fe0000001400010020010db80005000000000000000000090c000800080002000a050000080006000004000014000500fd0100000000000000000000000000020800040002' +
    '00000024000c0000000000000000000000000000000000000000000500140000000000';
  expect(dump(nl, 0)).toEqual([route]);
  expect(dump(nl, 0x200)).toEqual([learned]);
  const old = new NlTestClient(m.net, { strict: false });
  expect(dump(old, 0)).toEqual([route, learned]);
  const forget = (): string => errnoName(nl.ack(25, 0, nlPayload(12, (view, off) => {
    rtm(0x200)(view, off);
    view.setUint8(off + 1, 128);
    view.setUint8(off + 4, 254);
  }, (x) => {
    x.putBytes(1, bytes6('2001:db8:5::9'));
    x.putBytes(5, bytes6('fd01::2'));
  })).errno);
  expect([forget(), forget()]).toEqual([errnoName(0), 'ESRCH']);
  expect(dump(nl, 0x200)).toEqual([]);
  expect(dump(nl, 0)).toEqual([route]);
  nl.close();
  old.close();
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
