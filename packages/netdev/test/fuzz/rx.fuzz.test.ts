import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SKB, skbAddFrag } from '@linnet/skbuff';
import { devAddOffload, devAddTap, copyFrame, frameLength, NETDEV, type FlowKeys, skbGetHash } from '../../src/index.ts';
import { FakeDevice } from '../../src/testing.ts';
import { FAKE_TYPE, fakeOffload } from '../fake-offload.ts';
import { finish, listen, MAC_A, makeKernel, type Received } from '../helpers.ts';

/** A frame: anything, or something that looks like one of a type that is understood. */
const frames = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .record({ type: fc.constantFrom(0x800, 0x86dd, 0x8100, 0x88a8, 0x806, FAKE_TYPE, 4, 0x600), us: fc.boolean(), body: fc.uint8Array({ maxLength: 120 }) })
    .map(({ type, us, body }) => {
      const f = new Uint8Array(14 + body.length);
      if (us) f.set(MAC_A);
      f.set([type >> 8, type & 255], 12);
      f.set(body, 14);
      // Let the first byte be a plausible version more often than chance would.
      if (body.length > 0 && (type === 0x800 || type === 0x86dd)) f[14] = type === 0x800 ? 0x45 + (body[0]! & 3) : 0x60;
      return f;
    }),
);

function check(napi: boolean, seed: number): void {
  fc.assert(
    fc.property(fc.array(fc.tuple(frames, fc.nat(30), fc.boolean()), { maxLength: 40 }), (input) => {
      const k = makeKernel();
      const fake = new FakeDevice(k.initNet, { mac: MAC_A, napi });
      devAddOffload(k, fakeOffload);
      const lists: Received[][] = [0x800, 0x86dd, 0x8100, FAKE_TYPE].map((t) => listen(k, t));
      let tapped = 0;
      devAddTap(k, { func: (skb) => {
        const out = new Uint8Array(frameLength(skb));
        expect(copyFrame(skb, out)).toBe(out.length);
        const h = skbGetHash(skb);
        expect(h | 0).toBe(h);
        tapped++;
      } });
      k.enter();
      for (const [frame, cut, fragmented] of input) {
        // Sometimes only the front is linear, as drivers with pages give it.
        const linear = fragmented ? Math.min(frame.length, 14 + cut) : frame.length;
        const skb = fake.makeSkb(frame.subarray(0, linear));
        if (linear < frame.length) {
          const head = fake.dev.pool.allocHead(frame.length - linear);
          head.u8.set(frame.subarray(linear));
          skbAddFrag(skb, head, 0, frame.length - linear, frame.length - linear);
        }
        fake.deliver(skb);
      }
      k.exit();
      k.clock.runUntilIdle();
      const { stats } = k.get(SKB);
      expect(stats.live).toBe(0);
      // Every frame was delivered, merged into one that was, or dropped with a reason.
      const segments = lists.flat().reduce((n, g) => n + Math.max(1, g.gsoSegs), 0);
      const dropped = Object.values(k.get(SKB).dropCounts()).reduce((a, b) => a + b, 0);
      expect(segments + dropped).toBe(input.length);
      expect(Object.keys(k.get(SKB).dropCounts()).every((r) => r === 'UNHANDLED_PROTO' || r === 'HDR_TRUNC')).toBe(true);
      expect(fake.dev.stats.rxDropped).toBe(dropped);
      expect(k.get(NETDEV).processed).toBe(tapped);
      const keys: FlowKeys = k.get(NETDEV).flowKeys;
      expect(Number.isInteger(keys.thoff)).toBe(true);
      finish(k);
    }),
    { seed, numRuns: 300 },
  );
}

test('any bytes through the backlog: nothing is thrown, nothing leaks, the counters add up', () => check(false, 20261));
test('any bytes through NAPI and GRO: nothing is thrown, nothing leaks, the counters add up', () => check(true, 20262));
