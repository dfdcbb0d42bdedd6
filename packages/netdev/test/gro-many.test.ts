// More segments than an skb has fragments: from then on they go to its fragment list, and may be gone as soon as it is delivered.
import { createKernel, VirtualClock } from '@linnet/kernel';
import { allocSkb, consumeSkb, MAX_SKB_FRAGS, SKB, skbStats } from '@linnet/skbuff';
import { describe, expect, it } from 'vitest';
import { devAddOffload, devAddPack, netdev, PacketType } from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { FAKE_PUSH, FAKE_TYPE, fakeOffload, fakePacket } from './fake-offload.ts';
import { eth, MAC_A, MAC_B } from './helpers.ts';

// Without poison the memory of a freed skb is used again at once, so that a stale use meets somebody else's packet.
describe.each([false, true])('poison %s', (debug) => {
  it.each([MAX_SKB_FRAGS, MAX_SKB_FRAGS + 1, MAX_SKB_FRAGS + 2, MAX_SKB_FRAGS + 14])('%i segments, the last with a push', (n) => {
    const k = createKernel({ modules: [netdev], clock: new VirtualClock(), seed: 1, debug });
    const fake = new FakeDevice(k.initNet, { mac: MAC_A, napi: true });
    devAddOffload(k, fakeOffload);
    const got: number[] = [];
    const func = (skb: Parameters<PacketType['func']>[0]): number => {
      got.push(skb.len);
      consumeSkb(skb);
      const reused = Array.from({ length: 30 }, () => allocSkb(k.get(SKB), 64));
      for (const s of reused) consumeSkb(s);
      return 0;
    };
    devAddPack(k, new PacketType({ type: FAKE_TYPE, func }));
    fake.injectAll(Array.from({ length: n }, (_, i) => eth(MAC_A, MAC_B, FAKE_TYPE, fakePacket(1, i * 100, new Array<number>(100).fill(i), i === n - 1 ? FAKE_PUSH : 0))));
    expect(got).toEqual([n * 100 + 8]);
    expect(skbStats(k).live).toBe(0);
    k.shutdown();
  });
});
