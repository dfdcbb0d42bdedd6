// Any calls with any arguments on local and packet sockets, and any frames for the latter: errnos, never an exception; every packet and every open file is let go of in the end.
import { createKernel, VirtualClock } from '@linnet/kernel';
import { devClose, devOpen, NETDEV } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { SKB, skbStats } from '@linnet/skbuff';
import {
  AF_PACKET, AF_UNIX, PACKET_RESERVE, PACKET_RX_RING, PACKET_VERSION, PACKET_VNET_HDR_SZ, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM, type SockAddr, SOL_PACKET, SOL_SOCKET,
} from '@linnet/uapi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packet, UNIX, unix } from '../../src/index.ts';
import { Calls } from '../calls.ts';

const int = fc.oneof(fc.integer({ min: -2, max: 12 }), fc.constantFrom(0x800, 0x8100, 3, 0x1234, 1 << 20, 0x7fffffff, -0x80000000));
const bytes = fc.uint8Array({ maxLength: 60 });
const address: fc.Arbitrary<SockAddr> = fc.oneof(
  fc.record({ family: fc.constant(AF_UNIX), path: fc.oneof(fc.uint8Array({ maxLength: 110 }), fc.constantFrom(new Uint8Array(0), Uint8Array.from([0, 1]), Uint8Array.from([65]), Uint8Array.from([66, 0, 1]))) }),
  fc.record({ family: fc.constant(AF_PACKET), protocol: int, ifindex: fc.integer({ min: -1, max: 3 }), hatype: int, pkttype: int, addr: fc.uint8Array({ maxLength: 12 }) }),
  fc.record({ family: fc.integer({ min: 0, max: 20 }) }),
) as fc.Arbitrary<SockAddr>;
const which = fc.nat(7);
const option = fc.oneof(fc.integer({ min: 0, max: 92 }), fc.constantFrom(16, 26, 42, 44, 83));
/** Mostly ints; rings and memberships among the others. */
const value = fc.oneof(int, bytes, fc.array(fc.constantFrom(0, 1, 2, 16, 64, 2048, 4096, 8192, 0x10000), { minLength: 4, maxLength: 7 }).map((a) => new Uint8Array(Uint32Array.from(a).buffer)));

const call = fc.oneof(
  fc.tuple(fc.constant('open' as const), which, fc.constantFrom(0, 1, 2, 3, 4)),
  fc.tuple(fc.constant('pair' as const), which, which, fc.constantFrom(SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET)),
  fc.tuple(fc.constant('bind' as const), which, address),
  fc.tuple(fc.constant('connect' as const), which, address),
  fc.tuple(fc.constant('listen' as const), which, int),
  fc.tuple(fc.constant('accept' as const), which, which),
  fc.tuple(fc.constant('send' as const), which, bytes, fc.integer({ min: 0, max: 0xffff }), fc.option(address), fc.array(which, { maxLength: 3 })),
  fc.tuple(fc.constant('send' as const), which, bytes, fc.constant(0), fc.constant(null), fc.array(which, { maxLength: 3 })),
  fc.tuple(fc.constant('recv' as const), which, fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 0xffff })),
  fc.tuple(fc.constant('recv' as const), which, fc.constant(70), fc.constant(0)),
  fc.tuple(fc.constant('shutdown' as const), which, fc.nat(2)),
  fc.tuple(fc.constant('set' as const), which, fc.constantFrom(SOL_SOCKET, SOL_PACKET, 1234), option, value),
  fc.tuple(fc.constant('get' as const), which, fc.constantFrom(SOL_SOCKET, SOL_PACKET, 1234), option, fc.nat(64)),
  fc.tuple(fc.constant('ask' as const), which, fc.constantFrom(0x541b, 0x5411, 0x8905, 0x8912, 7)),
  fc.tuple(fc.constant('close' as const), which),
  fc.tuple(fc.constant('frame' as const), fc.uint8Array({ minLength: 14, maxLength: 80 })),
  fc.tuple(fc.constant('device' as const), fc.boolean()),
  fc.tuple(fc.constant('wait' as const), fc.nat(50)),
);

test('no call on a local or packet socket throws or leaks', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
      const clock = new VirtualClock();
      const k = createKernel({ modules: [unix, packet], clock, seed: 1, debug: true });
      const fake = new FakeDevice(k.initNet, { mac: Uint8Array.from([2, 0, 0, 0, 0, 1]) });
      const socks: (Calls | null)[] = new Array<Calls | null>(8).fill(null);
      const held = new Set<Calls>();
      const put = (i: number, s: Calls | number): void => {
        if (typeof s === 'number') return;
        socks[i]?.close();
        socks[i] = s;
        held.add(s);
      };
      for (const c of calls) {
        if (c[0] === 'frame') {
          fake.inject(c[1]);
          continue;
        }
        if (c[0] === 'device') {
          (c[1] ? devOpen : devClose)(fake.dev);
          continue;
        }
        if (c[0] === 'wait') {
          clock.advance(c[1] * 1e6);
          continue;
        }
        if (c[0] === 'open') {
          const [family, type] = ([[AF_UNIX, SOCK_STREAM], [AF_UNIX, SOCK_DGRAM], [AF_UNIX, SOCK_SEQPACKET], [AF_PACKET, SOCK_RAW], [AF_PACKET, SOCK_DGRAM]] as const)[c[2]]!;
          put(c[1], Calls.open(k.initNet, family, type, family === AF_PACKET ? 0x300 : 0));
          continue;
        }
        if (c[0] === 'pair') {
          const [a, b] = Calls.pair(k.initNet, c[3]);
          put(c[1], a);
          put(c[2], b);
          continue;
        }
        const s = socks[c[1]] ?? null;
        if (s === null || s.closed) continue;
        switch (c[0]) {
          case 'bind':
            s.bind(c[2]);
            break;
          case 'connect':
            s.connect(c[2]);
            break;
          case 'listen':
            s.listen(c[2]);
            break;
          case 'accept':
            put(c[2], s.accept());
            break;
          case 'send':
            // The system call looks descriptors up for local sockets only.
            s.send(c[2], c[3], c[4], s.socket.ops.family === AF_UNIX ? c[5].flatMap((i) => socks[i] ?? []) : []);
            break;
          case 'recv': {
            const got = s.recv(c[2], c[3]);
            if (typeof got !== 'number') for (const f of got.files) f.close();
            break;
          }
          case 'shutdown':
            s.shutdown(c[2]);
            break;
          case 'set':
            s.set(c[3], c[4], c[2]);
            break;
          case 'get':
            s.get(c[3], c[4], c[2]);
            break;
          case 'ask':
            s.ioctl(c[2]);
            break;
          case 'close':
            s.close();
            socks[c[1]] = null;
        }
        if (!s.closed) s.poll();
      }
      for (const s of socks) s?.close();
      for (const s of Calls.pair(k.initNet, SOCK_STREAM)) s.close();
      expect([...held].filter((s) => !s.closed).length).toBe(0);
      expect([k.get(UNIX).inflight.size, k.get(NETDEV).nrTaps, fake.dev.promiscuity, fake.dev.allmulti]).toEqual([0, 0, 0, 0]);
      k.shutdown();
      expect(skbStats(k).live).toBe(0);
      expect(k.get(SKB).headsLive).toBe(0);
    }),
    { numRuns: 800, seed: 20_261 },
  );
});

test('any ring, any frames: nothing is written outside of its frames, and nothing throws', () => {
  const request = fc.record({
    version: fc.nat(2), type: fc.constantFrom(SOCK_RAW, SOCK_DGRAM), reserve: fc.oneof(fc.nat(64), fc.nat(5000)), vnet: fc.constantFrom(0, 10, 12),
    blockSize: fc.constantFrom(4096, 8192), blocks: fc.integer({ min: 1, max: 3 }), frame: fc.integer({ min: 3, max: 300 }).map((n) => n * 16), priv: fc.oneof(fc.nat(100), fc.nat(8200)),
  }).chain((r) => fc.nat(40).map((d) => {
    // As much set aside as just leaves room for a header, or does not.
    const tight = (r.version === 2 ? r.blockSize - 48 - 8 * Math.ceil(r.priv / 8) - 68 : r.frame - 52) - d;
    return d < 20 && tight >= 0 ? { ...r, frame: r.version === 2 ? r.blockSize : r.frame, reserve: tight } : r;
  }));
  const frames = fc.array(fc.tuple(fc.nat(9000), fc.boolean()), { maxLength: 12 });
  fc.assert(fc.property(request, frames, (r, list) => {
    const k = createKernel({ modules: [packet], clock: new VirtualClock(), seed: 1, debug: true });
    const fake = new FakeDevice(k.initNet, { name: 'eth0', mtu: 9000 });
    const s = Calls.open(k.initNet, AF_PACKET, r.type, 0x0300);
    if (r.type === SOCK_RAW) s.set(PACKET_VNET_HDR_SZ, r.vnet, SOL_PACKET);
    s.set(PACKET_VERSION, r.version, SOL_PACKET);
    s.set(PACKET_RESERVE, r.reserve, SOL_PACKET);
    const count = Math.floor(r.blockSize / r.frame) * r.blocks;
    const req = new DataView(new ArrayBuffer(28));
    [r.blockSize, r.blocks, r.frame, count, 10, r.priv, 0].forEach((v, i) => req.setUint32(4 * i, v, true));
    if (s.set(PACKET_RX_RING, new Uint8Array(req.buffer), SOL_PACKET) === 0) {
      const memory = k.run(() => s.socket.ops.mmap!(s.socket)) as Uint8Array;
      const view = new DataView(memory.buffer);
      for (const [len, give] of list) {
        const before = memory.slice();
        const bytes = new Uint8Array(14 + len).fill(0xee);
        bytes.set([0x12, 0x34], 12);
        fake.inject(bytes);
        if (r.version < 2) {
          // Only one frame of the ring is touched.
          const touched = new Set<number>();
          const per = Math.floor(r.blockSize / r.frame);
          for (let i = 0; i < memory.length; i++) if (memory[i] !== before[i]) touched.add(Math.floor(i / r.blockSize) * per + Math.floor((i % r.blockSize) / r.frame));
          expect(touched.size).toBeLessThan(2);
        } else {
          // The reader's own part of each block stays as it is, and no block says that it holds more than itself.
          for (let b = 0; b < r.blocks; b++) {
            const at = b * r.blockSize;
            expect(memory.subarray(at + 48, at + 48 + r.priv).every((x) => x === 0)).toBe(true);
            expect(view.getUint32(at + 20, true)).toBeLessThanOrEqual(r.blockSize);
            expect(view.getUint32(at, true)).toBe(b === 0 || view.getUint32(at + 24, true) > 0 ? 2 : 0);
          }
        }
        if (give) for (let at = 0; at + 12 <= memory.length; at += r.version === 2 ? r.blockSize : r.frame) view.setUint32(r.version === 2 ? at + 8 : at, 0, true);
        (k.clock as VirtualClock).advance(5e6);
      }
    }
    s.close();
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  }), { numRuns: 600, seed: 20_262 });
});
