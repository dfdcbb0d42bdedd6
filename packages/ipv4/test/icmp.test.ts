import { Flowi, INET } from '@linnet/inet';
import { consumeSkb } from '@linnet/skbuff';
import { devSetMtu, dstMtu } from '@linnet/netdev';
import { describe, expect, test } from 'vitest';
import { icmpErrConvert, ipRouteOutputKey } from '../src/index.ts';
import { checksum, icmpMessage, ip4, ipPacket, Machine, pattern, type Wire } from './harness.ts';

function machine(): { m: Machine; w: Wire } {
  const m = new Machine();
  return { m, w: m.wire('10.0.0.1/24') };
}

describe('queries', () => {
  for (const n of [0, 1, 56, 1472, 1473, 3000, 65507]) {
    test(`echo of ${n} bytes`, () => {
      const { m, w } = machine();
      const msg = icmpMessage(8, 0, 0x00010002, pattern(n));
      for (let at = 0; at < msg.length; at += 1480) w.inject({ fragOff: at, mf: at + 1480 < msg.length }, msg.slice(at, at + 1480));
      const r = w.take();
      const back = new Uint8Array(msg.length);
      for (const x of r) back.set(x.payload, x.fragOff);
      expect(back).toEqual(icmpMessage(0, 0, 0x00010002, pattern(n)));
      expect(r.length).toBe(Math.ceil(msg.length / 1480));
      expect(r.every((x) => x.checkOk && x.ttl === 64 && x.totLen <= 1500)).toBe(true);
      expect(m.mib('Icmp.InEchos')).toBe(1);
      expect(m.mib('Icmp.OutEchoReps')).toBe(1);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  test('an echo reply keeps the TOS and comes from the address that was asked', () => {
    const { m, w } = machine();
    m.wire('172.16.0.1/16');
    w.inject({ dst: '172.16.0.1', tos: 0xb8 }, icmpMessage(8, 0, 1));
    expect(w.take().map((x) => [x.src, x.tos])).toEqual([[ip4('172.16.0.1'), 0xb8]]);
    m.end();
  });

  test('icmp_echo_ignore_all', () => {
    const { m, w } = machine();
    m.sysctl('icmp_echo_ignore_all', 1);
    w.inject({}, icmpMessage(8, 0, 1));
    expect(w.take()).toEqual([]);
    expect(m.pool.dropCounts()).toEqual({ ICMP_IGNORED: 1 });
    m.end();
  });

  test('a broadcast echo is ignored, or answered from our address when the setting says so', () => {
    const { m, w } = machine();
    const all = new Uint8Array(6).fill(0xff);
    w.frame(ipPacket({ dst: '10.0.0.255' }, icmpMessage(8, 0, 1)), 0x0800, all);
    expect(w.take()).toEqual([]);
    expect(m.pool.dropCounts()).toEqual({ ICMP_BROADCAST: 1 });
    m.sysctl('icmp_echo_ignore_broadcasts', 0);
    w.frame(ipPacket({ dst: '10.0.0.255' }, icmpMessage(8, 0, 1)), 0x0800, all);
    expect(w.take().map((x) => [x.src, x.dst])).toEqual([[ip4('10.0.0.1'), ip4('10.0.0.2')]]);
    m.end();
  });

  test('timestamp', () => {
    const { m, w } = machine();
    const ask = new Uint8Array(12);
    ask.set([0, 1, 2, 3]);
    w.inject({}, icmpMessage(13, 0, 0x00070008, ask));
    const [r] = w.take();
    const v = new DataView(r!.payload.buffer, r!.payload.byteOffset);
    expect([r!.payload[0], v.getInt32(4), v.getInt32(8), r!.payload.length]).toEqual([14, 0x00070008, 0x00010203, 20]);
    const ms = v.getInt32(12);
    expect(ms).toBe(Math.floor(m.clock.wallNow() / 1e6) % 86400000);
    expect(v.getInt32(16)).toBe(ms);
    expect(checksum(r!.payload)).toBe(0);
    w.inject({}, icmpMessage(13, 0, 1, new Uint8Array(3)));
    expect(m.mib('Icmp.InErrors')).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('broken messages', () => {
  const cases: [string, Uint8Array, string, Record<string, number>][] = [
    ['checksum', icmpMessage(8, 0, 1, pattern(8)).map((b, i) => (i === 9 ? b ^ 1 : b)), 'ICMP_CSUM', { 'Icmp.InCsumErrors': 1, 'Icmp.InErrors': 1 }],
    ['7 bytes', (() => { const p = icmpMessage(8, 0, 1).slice(0, 7); p[2] = 0; p[3] = 0; const c = checksum(p); p[2] = c >> 8; p[3] = c & 255; return p; })(), 'PKT_TOO_SMALL', { 'Icmp.InErrors': 1 }],
    ['nothing', new Uint8Array(0), 'ICMP_CSUM', { 'Icmp.InErrors': 1 }],
    ['unknown type', icmpMessage(200, 0, 1), 'UNHANDLED_PROTO', { 'Icmp.InErrors': 1 }],
    ['extended echo, off by default', icmpMessage(42, 0, 1), 'ICMP_IGNORED', { 'Icmp.InErrors': 0 }],
    ['error without a quote', icmpMessage(3, 3, 0), 'PKT_TOO_SMALL', { 'Icmp.InErrors': 1, 'Icmp.InDestUnreachs': 1 }],
    ['error whose quote has a bad header length', icmpMessage(3, 3, 0, ipPacket({ ihl: 4 }, pattern(8))), 'IP_INHDR', { 'Icmp.InErrors': 1 }],
    ['error that quotes 7 bytes of the transport', icmpMessage(3, 3, 0, ipPacket({}, pattern(7))), 'PKT_TOO_SMALL', { 'Icmp.InErrors': 1 }],
    ['unknown code', icmpMessage(3, 16, 0, ipPacket({}, pattern(8))), 'ICMP_IGNORED', { 'Icmp.InErrors': 0 }],
    ['redirect without a quote', icmpMessage(5, 1, 0), 'PKT_TOO_SMALL', { 'Icmp.InErrors': 1, 'Icmp.InRedirects': 1 }],
    ['reply that nobody asked for', icmpMessage(0, 0, 1, pattern(8)), 'PING_NO_SOCKET', { 'Icmp.InErrors': 0, 'Icmp.InEchoReps': 1 }],
  ];
  for (const [name, msg, reason, counters] of cases) {
    test(name, () => {
      const { m, w } = machine();
      w.inject({}, msg);
      expect(m.pool.dropCounts()).toEqual({ [reason]: 1 });
      for (const [k, v] of Object.entries(counters)) expect([k, m.mib(k)]).toEqual([k, v]);
      expect(m.mib('Icmp.InMsgs')).toBe(1);
      expect(w.take()).toEqual([]);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  for (const type of [9, 10, 15, 16, 17, 18]) {
    test(`type ${type} is taken without an answer`, () => {
      const { m, w } = machine();
      w.inject({}, icmpMessage(type, 0, 1, pattern(20)));
      expect(m.pool.dropCounts()).toEqual({});
      expect(w.take()).toEqual([]);
      expect(m.mib('Icmp.InErrors')).toBe(0);
      m.end();
    });
  }
});

describe('no error is sent about', () => {
  const cases: [string, (w: Wire) => void][] = [
    ['an ICMP error', (w) => w.inject({ dst: '10.9.0.9', ttl: 1 }, icmpMessage(3, 1, 0, ipPacket({}, pattern(8))))],
    ['an ICMP message of unknown type', (w) => w.inject({ dst: '10.9.0.9', ttl: 1 }, icmpMessage(99, 0, 0, pattern(8)))],
    ['a fragment that is not the first', (w) => w.inject({ dst: '10.9.0.9', ttl: 1, fragOff: 8, proto: 17 }, pattern(8))],
    ['a group', (w) => w.frame(ipPacket({ dst: '224.0.0.1', proto: 199 }, pattern(8)), 0x0800, new Uint8Array([1, 0, 0x5e, 0, 0, 1]))],
    ['a broadcast frame', (w) => w.frame(ipPacket({ proto: 199 }, pattern(8)), 0x0800, new Uint8Array(6).fill(0xff))],
  ];
  for (const [name, send] of cases) {
    test(name, () => {
      const { m, w } = machine();
      m.wire('10.9.0.1/24');
      m.sysctl('ip_forward', 1);
      send(w);
      expect(w.take()).toEqual([]);
      expect(m.mib('Icmp.OutMsgs')).toBe(0);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  test('but it is about an echo request, and about the first fragment', () => {
    const { m, w } = machine();
    m.wire('10.9.0.1/24');
    m.sysctl('ip_forward', 1);
    w.inject({ dst: '10.9.0.9', ttl: 1 }, icmpMessage(8, 0, 1));
    w.inject({ dst: '10.9.0.9', ttl: 1, mf: true, proto: 17 }, pattern(8));
    expect(w.take().map((x) => x.payload[0])).toEqual([11, 11]);
    m.end();
  });
});

describe('errors are limited', () => {
  test('one a second for each destination, after a burst of six', () => {
    const { m, w } = machine();
    for (let i = 0; i < 20; i++) w.inject({ proto: 199 }, pattern(8));
    expect(w.take().length).toBe(6);
    expect(m.mib('Icmp.OutRateLimitHost')).toBe(14);
    m.advance(1.01);
    for (let i = 0; i < 3; i++) w.inject({ proto: 199 }, pattern(8));
    expect(w.take().length).toBe(1);
    w.inject({ proto: 199, src: '10.0.0.3' }, pattern(8));
    expect(w.take().length).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('echo replies and «fragmentation needed» are not', () => {
    const { m, w } = machine();
    const b = m.wire('10.9.0.1/24');
    m.sysctl('ip_forward', 1);
    m.kernel.run(() => devSetMtu(b.fake.dev, 600));
    for (let i = 0; i < 100; i++) w.inject({ dst: '10.9.0.9', df: true, proto: 17 }, pattern(800));
    for (let i = 0; i < 100; i++) w.inject({}, icmpMessage(8, 0, i));
    expect(w.take().length).toBe(200);
    m.end();
  });

  test('icmp_ratemask and icmp_ratelimit', () => {
    const { m, w } = machine();
    m.sysctl('icmp_ratelimit', 0);
    m.sysctl('icmp_msgs_burst', 1000);
    m.advance(2);
    for (let i = 0; i < 40; i++) w.inject({ proto: 199 }, pattern(8));
    expect(w.take().length).toBe(40);
    m.sysctl('icmp_ratelimit', 1000);
    m.sysctl('icmp_ratemask', 0);
    for (let i = 0; i < 40; i++) w.inject({ proto: 199 }, pattern(8));
    expect(w.take().length).toBe(40);
    m.end();
  });

  test('all together: icmp_msgs_per_sec with icmp_msgs_burst', () => {
    const { m, w } = machine();
    m.sysctl('icmp_msgs_burst', 10);
    for (let i = 0; i < 60; i++) w.inject({ proto: 199, src: `10.0.0.${10 + i}` }, pattern(8));
    const n = w.take().length;
    // Each takes 0, 1 or 2 tokens, one in the mean.
    expect(n).toBeGreaterThan(4);
    expect(n).toBeLessThan(25);
    expect(m.mib('Icmp.OutRateLimitGlobal')).toBe(60 - n);
    m.end();
  });
});

describe('errors reach the transport that is quoted', () => {
  function transport(m: Machine): { type: number; code: number; info: number; data: number[]; saddr: number }[] {
    const got: { type: number; code: number; info: number; data: number[]; saddr: number }[] = [];
    m.kernel.get(INET).addProtocol({
      protocol: 201, noPolicy: true,
      rcv: (skb) => { consumeSkb(skb); return 0; },
      err: (skb, type, code, info) => {
        got.push({ type, code, info, data: [...skb.u8.subarray(skb.data, skb.data + 8)], saddr: skb.view.getInt32(skb.networkHeader + 12) });
        return 0;
      },
    });
    return got;
  }
  const quote = ipPacket({ src: '10.0.0.1', dst: '192.0.2.9', proto: 201 }, pattern(8, 5));
  const data = [...pattern(8, 5)];
  const saddr = ip4('10.0.0.1');

  test('unreachable, time exceeded, parameter problem, redirect', () => {
    const { m, w } = machine();
    const got = transport(m);
    w.inject({}, icmpMessage(3, 3, 0, quote));
    w.inject({}, icmpMessage(11, 0, 0, quote));
    w.inject({}, icmpMessage(12, 0, 20 << 24, quote));
    w.inject({}, icmpMessage(5, 1, ip4('10.0.0.9'), quote));
    expect(got).toEqual([
      { type: 3, code: 3, info: 0, data, saddr }, { type: 11, code: 0, info: 0, data, saddr }, { type: 12, code: 0, info: 20, data, saddr },
      { type: 5, code: 1, info: ip4('10.0.0.9'), data, saddr },
    ]);
    expect(m.pool.dropCounts()).toEqual({});
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a reassembly timeout is not an error to a socket', () => {
    const { m, w } = machine();
    const got = transport(m);
    w.inject({}, icmpMessage(11, 1, 0, quote));
    expect(got).toEqual([]);
    m.end();
  });

  test('fragmentation needed gives the MTU, unless ip_no_pmtu_disc forbids', () => {
    const { m, w } = machine();
    const got = transport(m);
    w.inject({}, icmpMessage(3, 4, 1300, quote));
    m.sysctl('ip_no_pmtu_disc', 1);
    w.inject({}, icmpMessage(3, 4, 1300, quote));
    m.sysctl('ip_no_pmtu_disc', 2);
    w.inject({}, icmpMessage(3, 4, 1300, quote));
    m.sysctl('ip_no_pmtu_disc', 3);
    w.inject({}, icmpMessage(3, 4, 1300, quote));
    expect(got.map((g) => g.info)).toEqual([1300, 0]);
    expect(m.pool.dropCounts()).toEqual({ ICMP_IGNORED: 2 });
    m.end();
  });

  // Linux 6.18 shows the MTU in `ip route get` for the quoted reply only.
  test.each([['a reply of ours', 0, 1300], ['a request that nobody here sent', 8, 1500]])('a quote of %s', (_what, type, mtu) => {
    const { m, w } = machine();
    m.route('0.0.0.0/0', '10.0.0.2');
    w.inject({}, icmpMessage(3, 4, 1300, ipPacket({ src: '10.0.0.1', dst: '1.2.3.4', proto: 1 }, icmpMessage(type, 0, 0x00010001))));
    const fl = new Flowi();
    fl.daddr = ip4('1.2.3.4');
    expect(dstMtu(m.kernel.run(() => ipRouteOutputKey(m.ip, fl))!)).toBe(mtu);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('options of the quoted header are passed', () => {
    const { m, w } = machine();
    const got = transport(m);
    w.inject({}, icmpMessage(3, 1, 0, ipPacket({ src: '10.0.0.1', proto: 201, options: new Uint8Array([148, 4, 0, 0]) }, pattern(8, 5))));
    expect(got[0]!.data).toEqual(data);
    m.end();
  });

  test('errno of an error, and whether it is fatal', () => {
    expect([0, 1, 2, 3, 4, 5, 13].map((c) => icmpErrConvert(3, c))).toEqual([101 * 2, 113 * 2, 92 * 2 + 1, 111 * 2 + 1, 90 * 2, 95 * 2, 113 * 2 + 1]);
    expect([icmpErrConvert(11, 0), icmpErrConvert(12, 0), icmpErrConvert(4, 0)]).toEqual([113 * 2, 71 * 2 + 1, 0]);
  });
});
