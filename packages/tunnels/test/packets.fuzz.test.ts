/** Anything that may come over the cable to a machine with tunnels: nothing throws, nothing leaks. */
import fc from 'fast-check';
import { IFLA_GRE_IFLAGS, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_IPTUN_PROTO, IFLA_IPTUN_REMOTE, IFLA_VXLAN_GBP, IFLA_VXLAN_ID, IFLA_VXLAN_PORT } from '@linnet/uapi';
import { describe, test } from 'vitest';
import { sendFrame as send, testFrame as frame } from '@linnet/netdev/testing';
import { ip, Lab } from './lab.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 60);

/** An IPv4 packet with a right header. */
function packet(proto: number, payload: Uint8Array, tos: number): Uint8Array {
  const b = new Uint8Array(20 + payload.length);
  b.set([0x45, tos, b.length >> 8, b.length & 255, 0, 1, 0, 0, 64, proto, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1]);
  let s = 0;
  for (let i = 0; i < 20; i += 2) s += (b[i]! << 8) | b[i + 1]!;
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  b[10] = (~s >> 8) & 255;
  b[11] = ~s & 255;
  b.set(payload, 20);
  return b;
}

describe('tunnels', () => {
  test('any payload', () => {
    const bytes = fc.uint8Array({ maxLength: 160, size: 'max' });
    const near = fc.oneof(
      fc.tuple(fc.constant(17), bytes.map((b) => new Uint8Array([1, 2, 4789 >> 8, 4789 & 255, (b.length + 16) >> 8, (b.length + 16) & 255, 0, 0, 8, 0, 0, 0, 0, 0, 42, 0, ...b]))),
      fc.tuple(fc.constant(17), bytes.map((b) => new Uint8Array([1, 2, 4789 >> 8, 4789 & 255, (b.length + 8) >> 8, (b.length + 8) & 255, 0, 0, ...b]))),
      fc.tuple(fc.constant(47), fc.tuple(fc.constantFrom(0, 0x20, 0x10, 0x80, 0xb0, 0x40), fc.constantFrom(0x0800, 0x6558, 0x86dd, 0x883e), bytes)
        .map(([f, p, b]) => new Uint8Array([f, 0, p >> 8, p & 255, ...b]))),
      fc.tuple(fc.constantFrom(4, 41, 47), bytes),
      // A packet in a packet, with any of it damaged.
      fc.tuple(fc.constantFrom(4, 41), fc.tuple(fc.constantFrom(1, 4, 17, 47), bytes, fc.nat(60), fc.nat(255)).map(([p, b, at, to]) => {
        const inner = packet(p, b, at & 3);
        inner[at % inner.length] = to;
        return inner;
      })),
    );
    fc.assert(fc.property(fc.array(fc.tuple(near, fc.nat(3)), { minLength: 5, maxLength: 40, size: 'max' }), (packets) => {
      const lab = new Lab();
      const { a, b } = lab;
      a.link('vx', 'vxlan', (w) => {
        w.putU32(IFLA_VXLAN_ID, 42);
        w.putBe16(IFLA_VXLAN_PORT, 4789);
        w.putFlag(IFLA_VXLAN_GBP);
      });
      a.link('g', 'gre', (w) => {
        w.putInAddr(IFLA_GRE_REMOTE, ip('10.0.0.2'));
        w.putBe16(IFLA_GRE_IFLAGS, 0);
      });
      a.link('gt', 'gretap', (w) => {
        w.putInAddr(IFLA_GRE_LOCAL, ip('10.0.0.1'));
        w.putInAddr(IFLA_GRE_REMOTE, ip('10.0.0.2'));
      });
      a.link('i', 'ipip', (w) => w.putInAddr(IFLA_IPTUN_REMOTE, ip('10.0.0.2')));
      a.link('s', 'sit', (w) => w.putU8(IFLA_IPTUN_PROTO, 0));
      for (const d of ['vx', 'g', 'gt', 'i', 's']) a.up(d);
      for (const [[proto, payload], tos] of packets) {
        send(b.dev('eth0'), frame(a.dev('eth0').devAddr, b.dev('eth0').devAddr, packet(proto, payload, tos), 0x800));
      }
      lab.run(100);
      lab.close();
    }), { numRuns: runs, seed: 4 });
  }, 120_000);
});
