import { describe, expect, test } from 'vitest';
import { IP_OPTIONS, SOCK_RAW, SOL_IP } from '@linnet/uapi';
import { icmpMessage, ip4, ipPacket, Machine, pattern, Sk, type Wire } from './harness.ts';

function machine(): { m: Machine; w: Wire } {
  const m = new Machine();
  return { m, w: m.wire('10.0.0.1/24') };
}

const o = (...b: number[]): Uint8Array => new Uint8Array(b);

describe('parameter problem: the pointer says where', () => {
  const cases: [string, Uint8Array, number][] = [
    ['length byte beyond the header', o(1, 1, 1, 7), 23],
    ['length 1', o(7, 1, 0, 0), 20],
    ['length beyond the header', o(7, 11, 4, 0), 20],
    ['record route of length 2', o(7, 2, 0, 0), 21],
    ['record route pointer 3', o(7, 7, 3, 0, 0, 0, 0, 0), 22],
    ['record route pointer in the middle of the last slot', o(7, 7, 5, 0, 0, 0, 0, 0), 22],
    ['two record routes', o(7, 7, 8, 0, 0, 0, 0, 7, 7, 8, 0, 0, 0, 0, 0, 0), 27],
    ['timestamp of length 3', o(68, 3, 5, 0), 21],
    ['timestamp pointer 4', o(68, 8, 4, 0, 0, 0, 0, 0), 22],
    ['timestamp without room for an address', o(68, 8, 5, 1, 0, 0, 0, 0), 22],
    ['timestamp that has overflown 15 times', o(68, 4, 5, 0xf0), 23],
    ['two timestamps', o(68, 4, 5, 0, 68, 4, 5, 0), 24],
    ['router alert of length 3', o(148, 3, 0, 0), 21],
    ['source route pointer 3', o(131, 7, 3, 0, 0, 0, 0, 0), 22],
    ['two source routes', o(131, 3, 4, 137, 3, 4, 0, 0), 23],
    ['CIPSO of length 6', o(134, 6, 0, 0, 0, 1, 0, 0), 21],
    ['CIPSO without a domain', o(134, 8, 0, 0, 0, 0, 1, 2), 22],
    ['a CIPSO tag of length 0', o(134, 8, 0, 0, 0, 1, 1, 0), 27],
    ['two CIPSO options', o(134, 8, 0, 0, 0, 1, 1, 2, 134, 8, 0, 0), 28],
  ];
  for (const [name, options, ptr] of cases) {
    test(name, () => {
      const { m, w } = machine();
      w.inject({ options }, icmpMessage(8, 0, 1));
      const [r] = w.take();
      expect([r!.payload[0], r!.payload[1], r!.payload[4]]).toEqual([12, 0, ptr]);
      expect(m.pool.dropCounts()).toEqual({ IP_OPTIONS: 1 });
      expect(m.mib('Ip.InHdrErrors')).toBe(1);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }
});

describe('accepted', () => {
  test('unknown options, no-operations, an early end', () => {
    const { m, w } = machine();
    for (const options of [o(1, 1, 1, 1), o(0, 7, 9, 9), o(99, 4, 1, 2), o(130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), o(148, 4, 0, 0)]) w.inject({ options }, icmpMessage(8, 0, 1));
    expect(w.take().length).toBe(5);
    expect(m.pool.dropCounts()).toEqual({});
    m.end();
  });

  test('an echo reply carries the record of the way', () => {
    const { m, w } = machine();
    w.inject({ options: o(7, 15, 8, 10, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0) }, icmpMessage(8, 0, 1, pattern(10)));
    const [r] = w.take();
    expect(r!.ihl).toBe(36);
    // Our address as the receiver and again as the sender of the answer.
    expect([...r!.raw.subarray(20, 36)]).toEqual([7, 15, 16, 10, 7, 7, 7, 10, 0, 0, 1, 10, 0, 0, 1, 0]);
    expect(r!.checkOk).toBe(true);
    expect(r!.payload).toEqual(icmpMessage(0, 0, 1, pattern(10)));
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('timestamps: only times, and with addresses', () => {
    const { m, w } = machine();
    w.inject({ options: o(68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0) }, icmpMessage(8, 0, 1));
    const ms = Math.floor(m.clock.wallNow() / 1e6) % 86400000;
    let r = w.take()[0]!;
    let v = new DataView(r.raw.buffer, r.raw.byteOffset);
    expect([r.raw[22], r.raw[23], v.getInt32(24), v.getInt32(28)]).toEqual([13, 0, ms, ms]);
    w.inject({ options: o(68, 20, 5, 1, ...new Array<number>(16).fill(0)) }, icmpMessage(8, 0, 1));
    r = w.take()[0]!;
    v = new DataView(r.raw.buffer, r.raw.byteOffset);
    expect([r.raw[22], v.getInt32(24), v.getInt32(28), v.getInt32(32), v.getInt32(36)]).toEqual([21, ip4('10.0.0.1'), ms, ip4('10.0.0.1'), ms]);
    // No room any more: the overflow counter.
    w.inject({ options: o(68, 4, 5, 0x20) }, icmpMessage(8, 0, 1));
    r = w.take()[0]!;
    expect([...r.raw.subarray(20, 24)]).toEqual([68, 4, 5, 0x30]);
    m.end();
  });

  test('timestamps for listed addresses: only our own', () => {
    const { m, w } = machine();
    w.inject({ options: o(68, 12, 5, 3, 10, 9, 9, 9, 0, 0, 0, 0) }, icmpMessage(8, 0, 1));
    expect([...w.take()[0]!.raw.subarray(22, 32)]).toEqual([5, 3, 10, 9, 9, 9, 0, 0, 0, 0]);
    w.inject({ options: o(68, 12, 5, 3, 10, 0, 0, 1, 0, 0, 0, 0) }, icmpMessage(8, 0, 1));
    const r = w.take()[0]!;
    expect([...r.raw.subarray(22, 28)]).toEqual([13, 3, 10, 0, 0, 1]);
    m.end();
  });
});

describe('source routes', () => {
  test('an address beside a time is that of the way in, but under a source route that of the way out', () => {
    const { m, w } = machine();
    const out = m.wire('10.9.0.1/24');
    m.sysctl('ip_forward', 1);
    m.sysctl('conf/all/accept_source_route', 1);
    const ts = [68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    w.inject({ dst: '10.9.0.9', options: o(...ts), proto: 199 }, pattern(20));
    w.inject({ options: o(131, 7, 4, 10, 9, 0, 9, ...ts, 0), proto: 199 }, pattern(20));
    expect(out.take().map((r) => [...r.raw.subarray(r.ihl - (r.ihl === 32 ? 12 : 13)).subarray(0, 8)])).toEqual([[68, 12, 13, 1, 10, 0, 0, 1], [68, 12, 13, 1, 10, 9, 0, 1]]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('refused by default', () => {
    const { m, w } = machine();
    w.inject({ options: o(131, 7, 4, 10, 0, 0, 3, 0) }, icmpMessage(8, 0, 1));
    expect(w.take()).toEqual([]);
    expect(m.pool.dropCounts()).toEqual({ IP_OPTIONS: 1 });
    m.end();
  });

  test('followed when the settings allow', () => {
    const { m, w } = machine();
    const w2 = m.wire('10.9.0.1/24');
    m.sysctl('ip_forward', 1);
    m.sysctl('conf/all/accept_source_route', 1);
    w.inject({ options: o(131, 7, 4, 10, 9, 0, 9, 0), proto: 199 }, pattern(20));
    const [r] = w2.take();
    expect(r!.dst).toBe(ip4('10.9.0.9'));
    // We wrote the address that the packet left by.
    expect([...r!.raw.subarray(20, 27)]).toEqual([131, 7, 8, 10, 9, 0, 1]);
    expect(r!.checkOk).toBe(true);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('an answer goes back the same way', () => {
    const { m, w } = machine();
    m.sysctl('conf/all/accept_source_route', 1);
    // Came by 10.0.0.7 and then 10.0.0.8; the list is used up.
    w.inject({ options: o(131, 11, 12, 10, 0, 0, 7, 10, 0, 0, 8, 0) }, icmpMessage(8, 0, 1));
    const [r] = w.take();
    expect(r!.dst).toBe(ip4('10.0.0.8'));
    expect([...r!.raw.subarray(20, 31)]).toEqual([131, 11, 4, 10, 0, 0, 7, 10, 0, 0, 2]);
    m.end();
  });

  test('a strict one that needs a gateway fails', () => {
    const { m, w } = machine();
    m.wire('10.9.0.1/24');
    m.route('192.0.2.0/24', '10.9.0.254');
    m.sysctl('ip_forward', 1);
    m.sysctl('conf/all/accept_source_route', 1);
    w.inject({ options: o(137, 7, 4, 192, 0, 2, 1, 0), proto: 199 }, pattern(20));
    expect([...w.take()[0]!.payload.subarray(0, 2)]).toEqual([3, 5]);
    expect(m.pool.dropCounts()).toEqual({ IP_OPTIONS: 1 });
    m.end();
  });
});

describe('IP_OPTIONS of a socket', () => {
  test('sent with every packet, padded', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    expect(s.set(SOL_IP, IP_OPTIONS, o(7, 7, 4, 0, 0, 0, 0))).toBe(0);
    expect(s.get(SOL_IP, IP_OPTIONS, 40)).toEqual(o(7, 7, 4, 0, 0, 0, 0, 0));
    s.send(pattern(10), '10.0.0.2');
    const [r] = w.take();
    expect([...r!.raw.subarray(20, 28)]).toEqual([7, 7, 8, 10, 0, 0, 1, 0]);
    expect(r!.payload).toEqual(pattern(10));
    expect(s.set(SOL_IP, IP_OPTIONS, o(7, 2, 0, 0))).toBe(-22);
    expect(s.set(SOL_IP, IP_OPTIONS, new Uint8Array(41))).toBe(-22);
    expect(s.set(SOL_IP, IP_OPTIONS, o())).toBe(0);
    s.send(pattern(10), '10.0.0.2');
    expect(w.take()[0]!.ihl).toBe(20);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a source route: first hop in the header, destination at the end of the list', () => {
    const { m, w } = machine();
    const s = new Sk(m, SOCK_RAW, 199);
    const route = o(131, 11, 4, 10, 0, 0, 7, 10, 0, 0, 8);
    expect(s.set(SOL_IP, IP_OPTIONS, route)).toBe(0);
    expect(s.get(SOL_IP, IP_OPTIONS, 40)).toEqual(o(...route, 0));
    m.route('192.0.2.0/24', '10.0.0.254');
    expect(s.send(pattern(10), '192.0.2.1')).toBe(10);
    const [r] = w.take();
    expect(r!.dst).toBe(ip4('10.0.0.7'));
    expect([...r!.raw.subarray(20, 31)]).toEqual([131, 11, 4, 10, 0, 0, 8, 192, 0, 2, 1]);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

test('a packet with 40 bytes of options and nothing else', () => {
  const { m, w } = machine();
  w.frame(ipPacket({ proto: 199, options: new Uint8Array(40).fill(1) }, new Uint8Array(0)));
  expect(w.take()[0]!.payload.length).toBe(8 + 60);
  m.end();
});
