// Any calls with any arguments on local and packet sockets, and any frames for the latter: errnos, never an exception; every packet and every open file is let go of in the end.
import { createKernel, VirtualClock } from '@linnet/kernel';
import { devClose, devOpen, NETDEV } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { SKB, skbStats } from '@linnet/skbuff';
import { AF_PACKET, AF_UNIX, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM, type SockAddr, SOL_PACKET, SOL_SOCKET } from '@linnet/uapi';
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
