import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SKB, SKB_GSO_TCPV4, SKB_GSO_UDP_L4, skbAddFrag } from '@linnet/skbuff';
import {
  devAddOffload, devAddTap, copyFrame, devQueueXmit, frameLength, NETDEV, NETIF_F_FRAGLIST, NETIF_F_GSO, NETIF_F_HW_CSUM, NETIF_F_IP_CSUM, NETIF_F_SG, NETIF_F_TSO,
} from '../../src/index.ts';
import { FakeDevice } from '../../src/testing.ts';
import { FAKE_TYPE, fakeOffload } from '../fake-offload.ts';
import { finish, makeKernel, txSkb } from '../helpers.ts';

const FEATURES = [NETIF_F_SG, NETIF_F_GSO, NETIF_F_TSO, NETIF_F_HW_CSUM, NETIF_F_IP_CSUM, NETIF_F_FRAGLIST];

const packets = fc.record({
  linear: fc.uint8Array({ maxLength: 100 }),
  frags: fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 5 }),
  list: fc.option(fc.integer({ min: 1, max: 50 }), { nil: 0 }),
  protocol: fc.constantFrom(FAKE_TYPE, 0x800, 0x86dd, 0x8100, 0),
  networkHeader: fc.integer({ min: -70, max: 120 }),
  ipSummed: fc.integer({ min: 0, max: 3 }),
  csumStart: fc.integer({ min: -10, max: 200 }),
  csumOffset: fc.oneof(fc.constantFrom(6, 16), fc.nat(70000)),
  gsoSize: fc.oneof(fc.constant(0), fc.nat(2000)),
  gsoType: fc.constantFrom(0, SKB_GSO_TCPV4, SKB_GSO_UDP_L4),
  priority: fc.integer({ min: -5, max: 20 }),
});

test('any packet to any device: nothing is thrown, nothing leaks, every one is sent or dropped with a reason', () => {
  fc.assert(
    fc.property(fc.subarray(FEATURES), fc.array(packets, { maxLength: 20 }), fc.integer({ min: 0, max: 30 }), fc.boolean(), (features, input, room, noQueue) => {
      const k = makeKernel();
      const fake = new FakeDevice(k.initNet, { features: features.reduce((a, b) => a | b, 0), noQueue });
      devAddOffload(k, fakeOffload);
      devAddTap(k, { func: (skb) => void copyFrame(skb, new Uint8Array(frameLength(skb))) });
      fake.room = room;
      let charged = 0;
      for (const p of input) {
        const skb = txSkb(fake.dev, p.linear);
        for (const n of p.frags) skbAddFrag(skb, fake.dev.pool.allocHead(n), 0, n, n);
        if (p.list > 0) {
          skb.fragList = txSkb(fake.dev, new Uint8Array(p.list));
          skb.len += p.list;
          skb.dataLen += p.list;
        }
        skb.protocol = p.protocol;
        skb.networkHeader = skb.data + p.networkHeader;
        skb.ipSummed = p.ipSummed;
        skb.csumStart = skb.data + p.csumStart;
        skb.csumOffset = p.csumOffset;
        skb.gsoSize = p.gsoSize;
        skb.gsoSegs = p.gsoSize === 0 ? 0 : Math.ceil(skb.len / p.gsoSize);
        skb.gsoType = p.gsoType;
        skb.priority = p.priority;
        charged++;
        skb.destructor = () => charged--;
        k.run(() => devQueueXmit(skb));
      }
      fake.release();
      expect(k.get(SKB).stats.live).toBe(0);
      expect(charged).toBe(0);
      expect(fake.calledWhileStopped).toBe(0);
      expect(k.get(NETDEV).xmitRecursion).toBe(0);
      expect([fake.dev.qdisc.qlen, fake.dev.qdisc.backlog]).toEqual([0, 0]);
      const dropped = k.get(SKB).dropCounts();
      expect(Object.keys(dropped).every((r) => ['SKB_GSO_SEG', 'SKB_CSUM', 'FULL_RING'].includes(r))).toBe(true);
      expect(fake.sent.length + Object.values(dropped).reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(input.length);
      finish(k);
    }),
    { seed: 20263, numRuns: 400 },
  );
});
