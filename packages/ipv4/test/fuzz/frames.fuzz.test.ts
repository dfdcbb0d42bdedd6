import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IPPROTO_ICMP, SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { arpPacket, checksum, icmpMessage, ip4, ipPacket, Machine, PEER_MAC, pattern, Sk, type Wire } from '../harness.ts';

const SEED = 20261123;

/** Well-formed packets of every kind that reaches code of its own. */
const SEEDS: readonly [type: number, packet: Uint8Array][] = [
  [0x0800, ipPacket({}, icmpMessage(8, 0, 1, pattern(40)))],
  [0x0800, ipPacket({}, icmpMessage(13, 0, 1, pattern(12)))],
  [0x0800, ipPacket({ mf: true }, icmpMessage(8, 0, 1, pattern(40)))],
  [0x0800, ipPacket({ fragOff: 48 }, pattern(40))],
  [0x0800, ipPacket({ proto: 17 }, pattern(40))],
  [0x0800, ipPacket({ proto: 6, dst: '10.9.0.9' }, pattern(40))],
  [0x0800, ipPacket({ dst: '10.9.0.9', ttl: 1 }, pattern(900))],
  [0x0800, ipPacket({ dst: '10.9.0.9' }, pattern(1400))],
  [0x0800, ipPacket({ dst: '10.9.0.9', df: true }, pattern(1400))],
  [0x0800, ipPacket({ dst: '192.0.2.9' }, pattern(100))],
  [0x0800, ipPacket({ dst: '224.0.0.1', proto: 2 }, pattern(8))],
  [0x0800, ipPacket({ dst: '10.0.0.255' }, icmpMessage(8, 0, 1))],
  [0x0800, ipPacket({ options: new Uint8Array([7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]) }, icmpMessage(8, 0, 1))],
  [0x0800, ipPacket({ options: new Uint8Array([68, 20, 5, 1, ...new Array<number>(16).fill(0)]) }, icmpMessage(8, 0, 1))],
  [0x0800, ipPacket({ dst: '10.9.0.9', options: new Uint8Array([131, 11, 4, 10, 9, 0, 7, 10, 9, 0, 9, 0]) }, pattern(40))],
  [0x0800, ipPacket({ options: new Uint8Array([131, 11, 4, 10, 0, 0, 1, 10, 9, 0, 9, 0]) }, pattern(40))],
  [0x0800, ipPacket({ dst: '10.9.0.9', options: new Uint8Array([148, 4, 0, 0]), proto: 46 }, pattern(40))],
  ...[3, 4, 5, 11, 12].map((t): [number, Uint8Array] => [
    0x0800, ipPacket({}, icmpMessage(t, t === 3 ? 4 : 1, t === 5 ? ip4('10.0.0.9') : 1300, ipPacket({ src: '10.0.0.1', dst: '192.0.2.9', proto: t === 4 ? 1 : 199 }, icmpMessage(8, 0, 77 << 16)))),
  ]),
  [0x0806, arpPacket(1, PEER_MAC, ip4('10.0.0.2'), new Uint8Array(6), ip4('10.0.0.1'))],
  [0x0806, arpPacket(2, PEER_MAC, ip4('10.0.0.2'), PEER_MAC, ip4('10.0.0.1'))],
];

interface World {
  m: Machine;
  wires: Wire[];
}

function world(): World {
  const m = new Machine();
  m.sysctl('ip_forward', 1);
  m.sysctl('conf/all/accept_source_route', 1);
  m.sysctl('ping_group_range', '0 0');
  m.sysctl('icmp_echo_ignore_broadcasts', 0);
  m.sysctl('icmp_ratemask', 0);
  const wires = [m.wire('10.0.0.1/24'), m.wire('10.9.0.1/24', { mtu: 600 }), m.wire('10.8.0.1/24', { napi: true })];
  m.route('192.0.2.0/24', '10.9.0.254');
  // Somebody who listens to everything, connected or not.
  for (const p of [1, 2, 6, 17, 46, 199]) new Sk(m, SOCK_RAW, p).bind('0.0.0.0');
  new Sk(m, SOCK_RAW, 199).connect('192.0.2.9');
  const ping = new Sk(m, SOCK_DGRAM, IPPROTO_ICMP);
  ping.bind('0.0.0.0', 77);
  return { m, wires };
}

function check({ m, wires }: World, frames: number): void {
  // What left is well formed, whatever came in.
  for (const w of wires) {
    for (const p of w.take()) {
      expect(p.version).toBe(4);
      expect(p.checkOk).toBe(true);
      expect(p.raw.length).toBe(p.totLen);
      expect(p.totLen).toBeLessThanOrEqual(w.fake.dev.mtu);
      if (p.proto === 1 && !p.mf && p.fragOff === 0 && p.src === ip4('10.0.0.1')) expect(checksum(p.payload)).toBe(0);
    }
  }
  expect(m.mib('Ip.InReceives')).toBeLessThanOrEqual(frames);
  m.advance(700);
  expect(m.ip.frags.mem).toBe(0);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
}

test('random bytes as frames', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ type: fc.constantFrom(0x0800, 0x0806), bytes: fc.uint8Array({ maxLength: 200 }), wire: fc.integer({ min: 0, max: 2 }) }), { maxLength: 30 }),
      (frames) => {
        const x = world();
        for (const f of frames) x.wires[f.wire]!.frame(f.bytes, f.type);
        check(x, frames.length);
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

test('good packets with bytes changed, cut and lengthened', () => {
  const mutation = fc.record({
    of: fc.integer({ min: 0, max: SEEDS.length - 1 }),
    wire: fc.integer({ min: 0, max: 2 }),
    changes: fc.array(fc.tuple(fc.oneof(fc.nat({ max: 79 }), fc.integer({ min: 20, max: 47 })), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
    cut: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 80 }) }),
    more: fc.nat({ max: 3 }),
    mend: fc.boolean(),
    mac: fc.constantFrom('host', 'host', 'host', 'host', 'host', 'host', 'broadcast', 'group', 'other'),
    mendIcmp: fc.boolean(),
  });
  const macs: Record<string, Uint8Array> = { broadcast: new Uint8Array(6).fill(255), group: new Uint8Array([1, 0, 0x5e, 0, 0, 1]), other: new Uint8Array([2, 7, 7, 7, 7, 7]) };
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 60 }), (list) => {
      const x = world();
      for (const u of list) {
        const [type, seed] = SEEDS[u.of]!;
        let p = new Uint8Array(seed.length + u.more);
        p.set(seed);
        for (const [at, v] of u.changes) if (at < p.length) p[at] = v;
        if (u.cut !== null) p = p.slice(0, u.cut);
        // Half of them get past the ICMP checksum, half past that of the header.
        const hlen = p.length > 0 ? (p[0]! & 15) * 4 : 0;
        if (u.mendIcmp && type === 0x0800 && p.length >= hlen + 8 && p[9] === 1) {
          p[hlen + 2] = p[hlen + 3] = 0;
          const c = checksum(p, hlen, Math.min(p.length, (p[2]! << 8) | p[3]!));
          p[hlen + 2] = c >> 8;
          p[hlen + 3] = c & 255;
        }
        if (u.mend && type === 0x0800 && p.length >= 20) {
          p[10] = p[11] = 0;
          const c = checksum(p, 0, Math.min((p[0]! & 15) * 4, p.length));
          p[10] = c >> 8;
          p[11] = c & 255;
        }
        const w = x.wires[u.wire]!;
        w.frame(p, type, macs[u.mac] ?? w.mac);
      }
      check(x, list.length);
    }),
    { seed: SEED, numRuns: 150 },
  );
});
