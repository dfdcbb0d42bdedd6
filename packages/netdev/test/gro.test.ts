import { CHECKSUM_COMPLETE, CHECKSUM_UNNECESSARY, headGet, MAX_SKB_FRAGS, type Skb, skbAddFrag } from '@linnet/skbuff';
import { describe, expect, test } from 'vitest';
import { csumPartial, type Kernel } from '@linnet/kernel';
import {
  devAddOffload, devClose, GRO_NORMAL, groCsum, groCsumValid, type GroList, NETIF_F_GRO, napiGroReceive, napiEnable, netifNapiAdd, skbGroChecksumValidate, skbGroHeader,
  skbGroPostpullRcsum, skbGroPull, netdevUpdateFeatures, napiSchedule, napiCompleteDone, type NapiStruct,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { FAKE_PUSH, FAKE_TYPE, fakeOffload, fakePacket } from './fake-offload.ts';
import { drops, eth, finish, listen, MAC_A, MAC_B, makeKernel, type Received } from './helpers.ts';

const MSS = 100;
const body = (n: number, len = MSS): number[] => Array.from({ length: len }, (_, i) => (n + i) & 255);
const frame = (flow: number, seq: number, len = MSS, flags = 0, src = MAC_B): Uint8Array => eth(MAC_A, src, FAKE_TYPE, fakePacket(flow, seq, body(seq, len), flags));

function machine(): { k: ReturnType<typeof makeKernel>; fake: FakeDevice; got: Received[] } {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet, { mac: MAC_A, napi: true });
  devAddOffload(k, fakeOffload);
  return { k, fake, got: listen(k, FAKE_TYPE) };
}
const sizes = (got: Received[]): number[] => got.map((g) => g.payload.length - 8);
/** The payload of a delivery, and whether it is what the sender's bytes were. */
const intact = (g: Received): boolean => {
  const seq = (g.payload[2]! << 8) | g.payload[3]!;
  const len = g.payload.length - 8;
  const want: number[] = [];
  for (let at = 0; at < len; at += MSS) want.push(...body(seq + at, Math.min(MSS, len - at)));
  return want.length === len && want.every((b, i) => b === g.payload[8 + i]);
};

describe('merging', () => {
  test('segments of a flow that come together go up as one, with its segment size and number', () => {
    const { k, fake, got } = machine();
    fake.injectAll([0, 1, 2, 3, 4].map((i) => frame(1, i * MSS)));
    expect(sizes(got)).toEqual([500]);
    expect([got[0]!.gsoSize, got[0]!.gsoSegs]).toEqual([MSS, 5]);
    expect(got.every(intact)).toBe(true);
    expect(drops(k)).toEqual({});
    finish(k);
  });

  test('one alone goes up as it was', () => {
    const { k, fake, got } = machine();
    fake.inject(frame(1, 0));
    expect([got[0]!.gsoSize, got[0]!.gsoSegs]).toEqual([0, 0]);
    expect(got[0]!.payload).toEqual([...fakePacket(1, 0, body(0))]);
    finish(k);
  });

  test('flows that are interleaved are merged each for itself', () => {
    const { k, fake, got } = machine();
    fake.injectAll([0, 1, 2, 3].flatMap((i) => [frame(1, i * MSS), frame(2, i * MSS)]));
    expect(sizes(got)).toEqual([400, 400]);
    expect(got.map((g) => g.payload[0])).toEqual([1, 2]);
    expect(got.every(intact)).toBe(true);
    finish(k);
  });

  test('a gap, a short segment and a push end a packet, and nothing is reordered within a flow', () => {
    const { k, fake, got } = machine();
    fake.injectAll([frame(1, 0), frame(1, 100), frame(1, 300), frame(1, 400), frame(1, 500, 40), frame(1, 540), frame(1, 640, MSS, FAKE_PUSH), frame(1, 740)]);
    expect(sizes(got)).toEqual([200, 240, 200, 100]);
    expect(got.every(intact)).toBe(true);
    finish(k);
  });

  test('another sender on the link is another flow', () => {
    const { k, fake, got } = machine();
    fake.injectAll([frame(1, 0), frame(1, 100, MSS, 0, new Uint8Array([2, 0, 0, 0, 0, 0xc]))]);
    expect(sizes(got)).toEqual([100, 100]);
    finish(k);
  });

  test('another flow hash is another flow, also in the same bucket', () => {
    const { k, fake, got } = machine();
    k.enter();
    [8, 16, 8].forEach((hash, i) => {
      const skb = fake.makeSkb(frame(1, i === 2 ? 100 : 0));
      skb.hash = hash;
      fake.deliver(skb);
    });
    k.exit();
    expect(sizes(got)).toEqual([200, 100]);
    finish(k);
  });

  test('a bucket holds eight; the oldest goes up for the ninth', () => {
    const { k, fake, got } = machine();
    fake.injectAll(Array.from({ length: 12 }, (_, i) => frame(i + 1, 0)));
    expect(got.map((g) => g.payload[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    got.length = 0;
    // The ninth sent the first up, so what follows the first has nothing to join; what follows the second has.
    fake.injectAll([...Array.from({ length: 9 }, (_, i) => frame(i + 1, 0)), frame(2, 100), frame(1, 100)]);
    expect(got.filter((g) => g.payload[0]! <= 2).map((g) => [g.payload[0], g.payload.length - 8])).toEqual([[1, 100], [2, 200], [1, 100]]);
    finish(k);
  });

  test('64 KiB is the most; sequence numbers go on in the next', () => {
    const { k, fake, got } = machine();
    // 1,400 bytes each: 46 fit.
    const big = (i: number): Uint8Array => eth(MAC_A, MAC_B, FAKE_TYPE, fakePacket(1, (i * 1400) & 0xffff, new Array(1400).fill(i)));
    fake.injectAll(Array.from({ length: 60 }, (_, i) => big(i)));
    expect(got).toHaveLength(2);
    expect(got.every((g) => g.payload.length < 65536)).toBe(true);
    expect(got.flatMap((g) => g.payload.slice(8))).toEqual(Array.from({ length: 60 }, (_, i) => new Array(1400).fill(i)).flat());
    finish(k);
  });

  test('more segments than there are fragments: the rest hangs on as a list', () => {
    const { k, fake, got } = machine();
    fake.injectAll(Array.from({ length: 60 }, (_, i) => frame(1, i * MSS)));
    expect(sizes(got)).toEqual([6000]);
    expect(got[0]!.gsoSegs).toBe(60);
    expect(got.every(intact)).toBe(true);
    finish(k);
  });

  test('the segment that ends a packet may be on its list, and goes with it', () => {
    const { k, fake, got } = machine();
    // Delivering frees the list, with the segment that is still being looked at.
    const n = MAX_SKB_FRAGS + 5;
    fake.injectAll([...Array.from({ length: n }, (_, i) => frame(1, i * MSS)), frame(1, n * MSS, 50), frame(1, n * MSS + 50)]);
    expect(sizes(got)).toEqual([n * MSS + 50, 100]);
    expect(got.every(intact)).toBe(true);
    expect(drops(k)).toEqual({});
    finish(k);
  });

  test('payload in fragments is merged without being touched', () => {
    const { k, fake, got } = machine();
    const parts = [0, 1, 2].map((i) => {
      const whole = frame(1, i * MSS);
      const skb = fake.makeSkb(whole.subarray(0, 14 + 8));
      const head = fake.dev.pool.allocHead(MSS);
      head.u8.set(whole.subarray(22));
      skbAddFrag(skb, head, 0, 60, 60);
      skbAddFrag(skb, headGet(head), 60, 40, 40);
      return skb;
    });
    k.enter();
    parts.forEach((p) => fake.deliver(p));
    k.exit();
    expect(sizes(got)).toEqual([300]);
    expect(got.every(intact)).toBe(true);
    finish(k);
  });
});

describe('not merging', () => {
  test('a bad checksum, a cut header, no offload, the feature switched off', () => {
    const { k, fake, got } = machine();
    const bad = frame(1, 100);
    bad[30]! ^= 1;
    fake.injectAll([frame(1, 0), bad, frame(1, 100)]);
    expect(sizes(got)).toEqual([100, 200]);
    got.length = 0;
    fake.injectAll([frame(1, 0).subarray(0, 20), frame(1, 0).subarray(0, 14)]);
    expect(got.map((g) => g.payload.length)).toEqual([6, 0]);
    got.length = 0;
    fake.dev.wantedFeatures &= ~NETIF_F_GRO;
    netdevUpdateFeatures(fake.dev);
    fake.injectAll([frame(1, 0), frame(1, 100)]);
    expect(sizes(got)).toEqual([100, 100]);
    const other = listen(k, 0x9999);
    fake.injectAll([eth(MAC_A, MAC_B, 0x9999, [1]), eth(MAC_A, MAC_B, 0x9999, [2])]);
    expect(other.map((g) => g.payload)).toEqual([[1], [2]]);
    finish(k);
  });

  test('an offload that cannot finish: the packet is dropped with a reason', () => {
    const { k, fake, got } = machine();
    devAddOffload(k, { ...fakeOffload, priority: -1, groComplete: () => -22 });
    fake.injectAll([frame(1, 0), frame(1, 100)]);
    expect(got).toHaveLength(0);
    expect(drops(k)).toEqual({ SKB_GSO_SEG: 1 });
    finish(k);
  });

  test('closing the device while packets are held leaks nothing', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A, napi: true });
    devAddOffload(k, fakeOffload);
    devAddOffload(k, {
      type: 0x7777,
      groReceive(): null {
        devClose(fake.dev); // in the middle of a poll
        return null;
      },
    });
    const got = listen(k, FAKE_TYPE);
    fake.injectAll([frame(1, 0), frame(1, 100), eth(MAC_A, MAC_B, 0x7777), frame(1, 200)]);
    expect(got.length).toBeLessThan(3);
    finish(k);
  });
});

describe('checksums', () => {
  const through = (k: Kernel, fake: FakeDevice, ipSummed: number, csum: number, bytes: Uint8Array, fn: (head: GroList, skb: Skb) => void): void => {
    devAddOffload(k, { type: 0x6666, groReceive(head, skb) {
      fn(head, skb);
      return null;
    } });
    const skb = fake.makeSkb(eth(MAC_A, MAC_B, 0x6666, bytes));
    skb.ipSummed = ipSummed;
    skb.csum = csum;
    fake.deliver(skb);
  };
  const P = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  const all = csumPartial(P, 0, 8, 0);
  const ok = ~all & 0xffff; // the pseudo header's sum that makes it whole

  test.each([
    ['the device verified it', CHECKSUM_UNNECESSARY, 0, 0x7777, true],
    ['the device summed it, and it holds', CHECKSUM_COMPLETE, all, ok, true],
    ['the device summed it wrongly, the bytes hold', CHECKSUM_COMPLETE, 5, ok, true],
    ['nobody looked, it holds', 0, 0, ok, true],
    ['nobody looked, it does not', 0, 0, ok ^ 1, false],
  ])('%s', (_n, ipSummed, csum, pseudo, want) => {
    const { k, fake } = machine();
    let result: boolean | null = null;
    through(k, fake, ipSummed, csum, P, (_h, skb) => (result = skbGroChecksumValidate(skb, pseudo)));
    expect(result).toBe(want);
    finish(k);
  });

  test('a header that was passed is taken out of the sum', () => {
    const { k, fake } = machine();
    through(k, fake, CHECKSUM_COMPLETE, all, P, (_h, skb) => {
      const at = skbGroHeader(skb, 4);
      expect(skbGroHeader(skb, 9)).toBe(-1);
      skbGroPull(skb, 4);
      skbGroPostpullRcsum(skb, at, 4);
      expect(groCsumValid(skb)).toBe(true);
      const rest = csumPartial(P, 4, 4, 0);
      expect(((groCsum(skb) >>> 0) - (rest >>> 0)) % 65535).toBe(0);
    });
    finish(k);
  });
});

test('outside of a poll function of a device with an L3 frame: delivered at once', () => {
  const { k, fake } = machine();
  const raw = listen(k, 0x5555);
  const rcs: number[] = [];
  const napi: NapiStruct = netifNapiAdd(fake.dev, (n) => {
    const skb = fake.makeSkb(eth(MAC_A, MAC_B, 0x5555, [1]));
    skb.macHeader = -1;
    rcs.push(napiGroReceive(n, skb));
    napiCompleteDone(n, 1);
    return 1;
  });
  napiEnable(napi);
  k.run(() => napiSchedule(napi));
  expect(rcs).toEqual([GRO_NORMAL]);
  expect(raw).toHaveLength(1);
  finish(k);
});
