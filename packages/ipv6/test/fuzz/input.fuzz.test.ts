import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { bytes6, concat, icmp6, ip6Packet, Machine, PEER_LL, Sk } from '../harness.ts';

const hosts = ['fd00::1', 'fd00::2', 'fe80::ff:fe00:1', PEER_LL, 'ff02::1', 'ff02::2', 'ff02::1:ff00:1', '::', '::1', 'fd00::', '2001:db8::1'];
const host = fc.constantFrom(...hosts);
const small = fc.uint8Array({ maxLength: 64 });

/** An option, an extension header or a fragment header that may be all right. */
const header = fc.oneof(
  fc.record({ type: fc.constantFrom(0, 60), len: fc.constantFrom(0, 0, 1, 2), body: fc.uint8Array({ minLength: 6, maxLength: 22 }) }).map(({ type, len, body }) => ({
    type, make: (next: number): Uint8Array => concat(new Uint8Array([next, len]), new Uint8Array(6 + 8 * len).map((_, i) => body[i] ?? 0)),
  })),
  fc.record({ type: fc.constant(44), off: fc.constantFrom(0, 0, 1, 8, 9, 16, 0xfff8), id: fc.constantFrom(1, 2) }).map(({ type, off, id }) => ({
    type, make: (next: number): Uint8Array => new Uint8Array([next, 0, off >> 8, off & 0xff, 0, 0, 0, id]),
  })),
  fc.record({ type: fc.constant(43), kind: fc.constantFrom(0, 2, 4), left: fc.integer({ min: 0, max: 2 }), segs: fc.integer({ min: 0, max: 2 }) }).map(({ type, kind, left, segs }) => ({
    type, make: (next: number): Uint8Array => concat(new Uint8Array([next, 2 * segs, kind, left, Math.max(segs - 1, 0), 0, 0, 0]), ...Array.from({ length: segs }, () => bytes6('fd00::2'))),
  })),
);

/** An option of neighbour discovery, maybe with a wrong length. */
const ndOption = fc.record({ type: fc.constantFrom(1, 2, 3, 4, 5, 14, 24, 25, 31, 99), len: fc.constantFrom(1, 1, 2, 3, 4, 0, 9), body: fc.uint8Array({ maxLength: 30 }) }).map(({ type, len, body }) => {
  const b = new Uint8Array(Math.max(8, 8 * Math.min(len, 4)));
  b[0] = type;
  b[1] = len;
  b.set(body.slice(0, b.length - 2), 2);
  return b;
});

interface Made {
  readonly src: string;
  readonly dst: string;
  readonly hops: number;
  readonly chain: readonly { type: number; make(next: number): Uint8Array }[];
  readonly next: number;
  readonly payload: Uint8Array;
  readonly plen: number | undefined;
}

const message = fc.record({
  type: fc.oneof(fc.constantFrom(1, 2, 3, 4, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 143), fc.integer({ min: 0, max: 255 })),
  code: fc.constantFrom(0, 0, 0, 1, 7), word: fc.integer(), target: host, second: host, head: fc.boolean(), options: fc.array(ndOption, { maxLength: 4 }), rest: small,
});

const made: fc.Arbitrary<Made> = fc.record({
  src: host, dst: host, hops: fc.constantFrom(255, 64, 1, 0), chain: fc.array(header, { maxLength: 3 }), message, next: fc.constantFrom(58, 58, 58, 17, 6, 59, 253), payload: small,
  plen: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined, freq: 8 }),
}).map(({ src, dst, hops, chain, message: m, next, payload, plen }) => {
  const rest = m.head ? concat(bytes6(m.target), m.type === 137 ? bytes6(m.second) : new Uint8Array(0), ...m.options) : concat(m.rest, ...m.options);
  return { src, dst, hops, chain, next, plen, payload: next === 58 ? icmp6(src, dst, m.type, m.code, m.word, rest) : payload };
});

function build(f: Made): Uint8Array {
  let body = f.payload;
  let { next } = f;
  for (const h of f.chain) {
    body = concat(h.make(next), body);
    next = h.type;
  }
  return ip6Packet({ src: f.src, dst: f.dst, hops: f.hops, next, ...(f.plen === undefined ? {} : { payloadLen: f.plen }) }, body);
}

function machine(forwarding: boolean): { m: Machine; inject: (p: Uint8Array) => void } {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.sysctl('conf/all/forwarding', forwarding ? 1 : 0);
  m.sysctl('conf/all/seg6_enabled', 1);
  m.sysctl('conf/eth0/seg6_enabled', 1);
  m.sysctl('conf/all/proxy_ndp', 1);
  m.sysctl('conf/eth0/accept_ra_rt_info_max_plen', 64);
  m.sysctl('conf/eth0/use_tempaddr', 2);
  m.route('default', { via: 'fd00::2' });
  return { m, inject: (p) => w.frame(p) };
}

test('whatever comes: nothing is thrown, no packet is lost sight of', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(made, { minLength: 1, maxLength: 30 }), (forwarding, packets) => {
      const { m, inject } = machine(forwarding);
      const raw = new Sk(m, SOCK_RAW, 58);
      const ping = new Sk(m, SOCK_DGRAM, 58);
      for (const p of packets) {
        inject(build(p));
        m.advance(0.1);
      }
      m.advance(130);
      raw.close();
      ping.close();
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    }),
    { seed: 60, numRuns: 150 },
  );
});

test('any bytes at all', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 20 }), (packets) => {
      const { m, inject } = machine(false);
      for (const p of packets) {
        inject(p);
        // And as what an ICMPv6 message of each kind carries.
        for (const type of [130, 134, 135, 136, 137]) inject(ip6Packet({ src: PEER_LL, dst: 'ff02::1', hops: 255 }, icmp6(PEER_LL, 'ff02::1', type, 0, 0, p)));
      }
      m.advance(130);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    }),
    { seed: 61, numRuns: 60 },
  );
});
