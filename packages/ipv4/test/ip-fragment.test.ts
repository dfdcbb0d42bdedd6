import { describe, expect, test } from 'vitest';
import { checksum, icmpMessage, ip4, ipPacket, Machine, pattern, type Ip4Fields, type Wire } from './harness.ts';

/** A datagram cut at the given offsets (multiples of 8), as the fields and payload of each piece. */
function cut(whole: Uint8Array, at: readonly number[], f: Ip4Fields = {}): { f: Ip4Fields; p: Uint8Array }[] {
  const edges = [0, ...at, whole.length];
  return edges.slice(0, -1).map((from, i) => ({ f: { ...f, fragOff: from, mf: i < at.length }, p: whole.slice(from, edges[i + 1]) }));
}

function machine(): { m: Machine; w: Wire } {
  const m = new Machine();
  return { m, w: m.wire('10.0.0.1/24') };
}

const WHOLE = icmpMessage(8, 0, 0x00050001, pattern(992)); // 1000 bytes
const REPLY = icmpMessage(0, 0, 0x00050001, pattern(992));

describe('reassembly', () => {
  const orders: [string, number[]][] = [
    ['in order', [0, 1, 2, 3]], ['backwards', [3, 2, 1, 0]], ['last first', [3, 0, 1, 2]], ['first last', [1, 2, 3, 0]], ['shuffled', [2, 0, 3, 1]],
  ];
  for (const [name, order] of orders) {
    test(name, () => {
      const { m, w } = machine();
      const parts = cut(WHOLE, [256, 512, 800]);
      for (const i of order) w.inject(parts[i]!.f, parts[i]!.p);
      const [r] = w.take();
      expect(r!.payload).toEqual(REPLY);
      expect(m.mib('Ip.ReasmReqds')).toBe(4);
      expect(m.mib('Ip.ReasmOKs')).toBe(1);
      expect(m.mib('Ip.ReasmFails')).toBe(0);
      expect(m.ip.frags.mem).toBe(0);
      expect(m.pool.dropCounts()).toEqual({});
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  test('duplicates are ignored', () => {
    const { m, w } = machine();
    const parts = cut(WHOLE, [256, 512, 800]);
    for (const i of [0, 0, 1, 1, 3, 3, 0, 2]) w.inject(parts[i]!.f, parts[i]!.p);
    expect(w.take()[0]!.payload).toEqual(REPLY);
    expect(m.pool.dropCounts()).toEqual({ DUP_FRAG: 4 });
    expect(m.mib('IpExt.ReasmOverlaps')).toBe(0);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a piece inside what came in one run is a duplicate', () => {
    const { m, w } = machine();
    const parts = cut(WHOLE, [256, 512, 800]);
    w.inject(parts[0]!.f, parts[0]!.p);
    w.inject(parts[1]!.f, parts[1]!.p);
    w.inject({ fragOff: 128, mf: true }, WHOLE.slice(128, 384));
    w.inject(parts[2]!.f, parts[2]!.p);
    w.inject(parts[3]!.f, parts[3]!.p);
    expect(w.take()[0]!.payload).toEqual(REPLY);
    expect(m.pool.dropCounts()).toEqual({ DUP_FRAG: 1 });
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('an overlap kills the whole datagram', () => {
    const { m, w } = machine();
    const parts = cut(WHOLE, [256, 512, 800]);
    w.inject(parts[0]!.f, parts[0]!.p);
    w.inject(parts[2]!.f, parts[2]!.p);
    w.inject({ fragOff: 248, mf: true }, WHOLE.slice(248, 512));
    expect(m.mib('IpExt.ReasmOverlaps')).toBe(1);
    expect(m.mib('Ip.ReasmFails')).toBe(1);
    expect(m.pool.dropCounts()).toEqual({ IP_FRAG_OVERLAP: 3 });
    expect(m.ip.frags.count).toBe(0);
    // The pieces that come later begin anew, and never end.
    w.inject(parts[1]!.f, parts[1]!.p);
    w.inject(parts[3]!.f, parts[3]!.p);
    expect(w.take()).toEqual([]);
    m.advance(31);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('pieces of other datagrams do not mix', () => {
    const { m, w } = machine();
    const other = icmpMessage(8, 0, 0x00060001, pattern(992, 3));
    const a = cut(WHOLE, [504]);
    const b = cut(other, [504], { id: 0x4321 });
    const c = cut(other, [504], { src: '10.0.0.3' });
    const d = cut(other, [504], { proto: 199 });
    for (const i of [0, 1]) for (const x of [a, b, c, d]) w.inject(x[i]!.f, x[i]!.p);
    const r = w.take();
    expect(r.map((x) => [x.dst, x.payload.slice(0, 2)])).toEqual([
      [ip4('10.0.0.2'), new Uint8Array([0, 0])], [ip4('10.0.0.2'), new Uint8Array([0, 0])], [ip4('10.0.0.3'), new Uint8Array([0, 0])],
      [ip4('10.0.0.2'), new Uint8Array([3, 2])],
    ]);
    expect(r[0]!.payload).toEqual(REPLY);
    expect(r[1]!.payload).toEqual(icmpMessage(0, 0, 0x00060001, pattern(992, 3)));
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('the greatest datagram, and one byte more', () => {
    const { m, w } = machine();
    m.sysctl('icmp_echo_ignore_all', 1);
    const big = icmpMessage(8, 0, 1, pattern(65535 - 20 - 8));
    for (const x of cut(big, Array.from({ length: 44 }, (_, i) => (i + 1) * 1480))) w.inject(x.f, x.p);
    expect(m.mib('Ip.ReasmOKs')).toBe(1);
    expect(m.mib('Icmp.InEchos')).toBe(1);
    const over = new Uint8Array(65516);
    for (const x of cut(over, Array.from({ length: 44 }, (_, i) => (i + 1) * 1480), { id: 2 })) w.inject(x.f, x.p);
    expect(m.mib('Ip.ReasmFails')).toBe(1);
    expect(m.mib('Ip.ReasmOKs')).toBe(1);
    expect(m.pool.dropCounts()['PKT_TOO_BIG']).toBe(45);
    expect(m.ip.frags.mem).toBe(0);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  const broken: [string, { f: Ip4Fields; p: Uint8Array }[]][] = [
    ['no payload', [{ f: { fragOff: 8, mf: true }, p: new Uint8Array(0) }]],
    ['an end that is not a multiple of 8 and nothing else', [{ f: { fragOff: 0, mf: true }, p: pattern(7) }]],
    ['two different ends', [{ f: { fragOff: 80 }, p: pattern(8) }, { f: { fragOff: 160 }, p: pattern(8) }]],
    ['data behind the end', [{ f: { fragOff: 80 }, p: pattern(8) }, { f: { fragOff: 160, mf: true }, p: pattern(8) }]],
    ['an end before data', [{ f: { fragOff: 160, mf: true }, p: pattern(8) }, { f: { fragOff: 80 }, p: pattern(8) }]],
  ];
  for (const [name, parts] of broken) {
    test(`broken: ${name}`, () => {
      const { m, w } = machine();
      for (const x of parts) w.inject(x.f, x.p);
      expect(m.mib('Ip.ReasmFails')).toBe(1);
      expect(m.pool.dropCounts()).toEqual({ IP_INHDR: parts.length });
      expect(m.ip.frags.count).toBe(0);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  test('a piece with more to come is cut to a multiple of 8', () => {
    const { m, w } = machine();
    w.inject({ fragOff: 0, mf: true }, WHOLE.slice(0, 261)); // 256 count
    w.inject({ fragOff: 256 }, WHOLE.slice(256));
    expect(w.take()[0]!.payload).toEqual(REPLY);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('time', () => {
  test('after 30 seconds the source is told, when the first piece is here', () => {
    const { m, w } = machine();
    const parts = cut(WHOLE, [256, 512]);
    w.inject(parts[0]!.f, parts[0]!.p);
    w.inject(parts[2]!.f, parts[2]!.p);
    m.advance(29.5);
    expect(w.take()).toEqual([]);
    m.advance(1);
    const [r] = w.take();
    expect([r!.payload[0], r!.payload[1]]).toEqual([11, 1]);
    expect(r!.dst).toBe(ip4('10.0.0.2'));
    expect(r!.payload.slice(8)).toEqual(ipPacket(parts[0]!.f, parts[0]!.p));
    expect(m.mib('Ip.ReasmTimeout')).toBe(1);
    expect(m.mib('Ip.ReasmFails')).toBe(1);
    expect(m.pool.dropCounts()).toEqual({ FRAG_REASM_TIMEOUT: 2 });
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('without the first piece nobody is told', () => {
    const { m, w } = machine();
    const parts = cut(WHOLE, [256, 512]);
    w.inject(parts[1]!.f, parts[1]!.p);
    w.inject(parts[2]!.f, parts[2]!.p);
    m.advance(31);
    expect(w.take()).toEqual([]);
    expect(m.mib('Ip.ReasmTimeout')).toBe(1);
    expect(m.pool.dropCounts()).toEqual({ FRAG_REASM_TIMEOUT: 2 });
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('ipfrag_time is heeded', () => {
    const { m, w } = machine();
    m.sysctl('ipfrag_time', 5);
    const parts = cut(WHOLE, [256]);
    w.inject(parts[0]!.f, parts[0]!.p);
    m.advance(4.9);
    expect(m.ip.frags.count).toBe(1);
    m.advance(0.2);
    expect(m.ip.frags.count).toBe(0);
    m.end();
  });

  test('the end of the namespace frees what waits', () => {
    const { m, w } = machine();
    w.inject({ mf: true }, pattern(80));
    expect(m.pool.stats.live).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    expect(m.pool.dropCounts()).toEqual({ QUEUE_PURGE: 1 });
  });
});

describe('limits', () => {
  // Linux 6.18 refuses the last fragment below, too: ReasmOKs stays 0.
  test('above high_thresh no fragment is taken, for datagrams that were begun neither', () => {
    const { m, w } = machine();
    m.sysctl('ipfrag_low_thresh', 0);
    m.sysctl('ipfrag_high_thresh', 20000);
    for (let id = 0; id < 50; id++) w.inject({ id, mf: true }, pattern(1400));
    expect(m.ip.frags.mem).toBeGreaterThan(20000);
    expect(m.ip.frags.mem).toBeLessThan(20000 + 4096);
    const drops = m.pool.dropCounts()['FRAG_NOMEM']!;
    expect(drops).toBe(50 - m.ip.frags.count);
    expect(m.mib('Ip.ReasmFails')).toBe(drops);
    w.inject({ id: 0, fragOff: 1400 }, pattern(8));
    expect(m.mib('Ip.ReasmOKs')).toBe(0);
    expect(m.pool.dropCounts()).toEqual({ FRAG_NOMEM: drops + 1 });
    // Time makes room.
    m.advance(31);
    for (const part of cut(WHOLE, [504])) w.inject(part.f, part.p);
    expect(m.mib('Ip.ReasmOKs')).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('an id that comes round (max_dist) starts the datagram anew', () => {
    const { m, w } = machine();
    m.sysctl('ipfrag_max_dist', 10);
    const parts = cut(WHOLE, [504]);
    w.inject(parts[0]!.f, pattern(504, 99)); // an old one's
    for (let id = 0; id < 12; id++) w.inject({ id, mf: true }, pattern(8));
    w.inject(parts[1]!.f, parts[1]!.p);
    expect(w.take()).toEqual([]);
    expect(m.pool.dropCounts()).toEqual({ FRAG_TOO_FAR: 1 });
    w.inject(parts[0]!.f, parts[0]!.p);
    expect(w.take()[0]!.payload).toEqual(REPLY);
    m.end();
  });
});

describe('what the datagram gets from its pieces', () => {
  const ecn: [string, [number, number], number | null][] = [
    ['not-ECT and not-ECT', [0, 0], 0], ['ECT(0) and CE', [2, 3], 3], ['ECT(1) and CE', [1, 3], 3], ['CE and CE', [3, 3], 3],
    ['not-ECT and CE', [0, 3], null], ['not-ECT and ECT(0)', [0, 2], null], ['ECT(0) and not-ECT', [2, 0], null],
  ];
  for (const [name, [a, b], want] of ecn) {
    test(`ECN: ${name}`, () => {
      const { m, w } = machine();
      const parts = cut(WHOLE, [504]);
      w.inject({ ...parts[0]!.f, tos: a }, parts[0]!.p);
      w.inject({ ...parts[1]!.f, tos: b }, parts[1]!.p);
      const [r] = w.take();
      if (want === null) {
        expect(r).toBeUndefined();
        expect(m.mib('Ip.ReasmFails')).toBe(1);
      } else {
        expect(r!.tos & 3).toBe(want); // an echo reply has the request's TOS
      }
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  test('a router keeps the size of DF pieces', () => {
    const m = new Machine();
    const w = m.wire('10.0.0.1/24');
    const w2 = m.wire('10.9.0.1/24');
    m.sysctl('conf/all/forwarding', 1);
    const parts = cut(pattern(2000), [504, 1008, 1512], { dst: '10.9.0.9', df: true, proto: 17 });
    for (const x of parts) w.inject(x.f, x.p);
    // Nothing here puts packets in transit together: they pass as they are.
    const r = w2.take();
    expect(r.map((x) => [x.fragOff, x.mf, x.df, x.payload.length])).toEqual([[0, true, true, 504], [504, true, true, 504], [1008, true, true, 504], [1512, false, true, 488]]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('raw bytes: the checksum of what was put together is right', () => {
    const { m, w } = machine();
    const parts = cut(pattern(2000), [1000], { proto: 199 });
    for (const x of parts) w.inject(x.f, x.p);
    const [r] = w.take(); // protocol unreachable quotes the whole header as it was delivered
    const quoted = r!.payload.slice(8);
    expect(checksum(quoted, 0, 20)).toBe(0);
    expect((quoted[2]! << 8) | quoted[3]!).toBe(2020);
    expect((quoted[6]! << 8) | quoted[7]!).toBe(0);
    m.end();
  });
});
