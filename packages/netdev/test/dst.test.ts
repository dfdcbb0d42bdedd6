import { RTAX_ADVMSS, RTAX_HOPLIMIT, RTAX_LOCK, RTAX_MTU } from '@linnet/uapi';
import { consumeSkb } from '@linnet/skbuff';
import { expect, test } from 'vitest';
import {
  DST_OBSOLETE_DEAD, DST_OBSOLETE_FORCE_CHK, DST_OBSOLETE_NONE, dstAdvmss, dstCheck, dstDevPut, DstEntry, dstHold, dstHoplimit, dstInitMetrics, dstInput,
  dstLinkFailure, dstMetric, dstMetricLocked, dstMetricSet, dstMtu, dstMtuMetric, type DstOps, dstOutput, dstRelease, llReservedSpace, skbDst, skbDstDrop, skbDstSet,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { drops, finish, makeKernel, txSkb } from './helpers.ts';

function route(): { k: ReturnType<typeof makeKernel>; fake: FakeDevice; dst: DstEntry; said: string[]; ops: DstOps } {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet);
  const said: string[] = [];
  let good = true;
  const ops: DstOps = {
    family: 2,
    check: (d) => (said.push('check'), good ? d : null),
    mtu: (d) => dstMtuMetric(d) || d.dev.mtu,
    advmss: (d) => d.dev.mtu - 40,
    linkFailure: () => (good = said.push('link failure') < 0),
    destroy: () => said.push('destroy'),
  };
  return { k, fake, dst: new DstEntry(ops, fake.dev), said, ops };
}

test('a new route drops what it is given', () => {
  const { k, fake, dst } = route();
  const [a, b] = [txSkb(fake.dev, new Uint8Array(1)), txSkb(fake.dev, new Uint8Array(1))];
  skbDstSet(a, dst);
  skbDstSet(b, dst);
  dstInput(a);
  dstOutput(k.initNet, null, b);
  expect(drops(k)).toEqual({ IP_ROUTE_ERROR: 2 });
  finish(k);
});

test('a packet goes where its route says, until the device goes', () => {
  const { k, fake, dst } = route();
  const went: string[] = [];
  dst.input = (skb) => (went.push('in'), consumeSkb(skb), 1);
  dst.output = (_n, _s, skb) => (went.push('out'), consumeSkb(skb), 2);
  const make = (): ReturnType<typeof txSkb> => {
    const skb = txSkb(fake.dev, new Uint8Array(1));
    skbDstSet(skb, dst);
    return skb;
  };
  expect([dstInput(make()), dstOutput(k.initNet, null, make())]).toEqual([1, 2]);
  dstDevPut(dst);
  expect(dst.obsolete).toBe(DST_OBSOLETE_DEAD);
  dstInput(make());
  dstOutput(k.initNet, null, make());
  expect(went).toEqual(['in', 'out']);
  expect(drops(k)).toEqual({ IP_ROUTE_ERROR: 2 });
  const skb = make();
  expect(skbDst(skb)).toBe(dst);
  skbDstDrop(skb);
  expect(skbDst(skb)).toBe(null);
  dstLinkFailure(skb);
  consumeSkb(skb);
  finish(k);
});

test('a kept route is asked for unless it cannot go bad; its last holder lets it go', () => {
  const { k, fake, dst, said, ops } = route();
  expect(dst.obsolete).toBe(DST_OBSOLETE_FORCE_CHK);
  expect(dstCheck(dst, 0)).toBe(dst);
  const skb = txSkb(fake.dev, new Uint8Array(1));
  skbDstSet(skb, dst);
  dstLinkFailure(skb);
  consumeSkb(skb);
  expect(dstCheck(dst, 0)).toBe(null);
  const eternal = new DstEntry(ops, fake.dev, DST_OBSOLETE_NONE);
  expect(dstCheck(eternal, 0)).toBe(eternal);
  expect(said).toEqual(['check', 'link failure', 'check']);
  dstHold(dst);
  dstRelease(dst);
  expect(said).not.toContain('destroy');
  dstRelease(dst);
  dstRelease(null);
  expect(said).toContain('destroy');
  finish(k);
});

test('metrics are shared until one is set', () => {
  const { k, fake, dst, ops } = route();
  const shared = new Int32Array(18);
  shared[RTAX_MTU] = 1400;
  shared[RTAX_LOCK] = 1 << RTAX_MTU;
  dstInitMetrics(dst, shared);
  const other = new DstEntry(ops, fake.dev);
  expect([dstMtu(dst), dstMtu(other), dstMetricLocked(dst, RTAX_MTU), dstMetricLocked(other, RTAX_MTU)]).toEqual([1400, 1500, true, false]);
  dstMetricSet(dst, RTAX_MTU, 1280);
  dstMetricSet(other, RTAX_HOPLIMIT, 9);
  expect([shared[RTAX_MTU], dstMetric(dst, RTAX_MTU), dstHoplimit(other), dstHoplimit(new DstEntry(ops, fake.dev))]).toEqual([1400, 1280, 9, 0]);
  expect(dstAdvmss(dst)).toBe(1460);
  dstMetricSet(dst, RTAX_ADVMSS, 500);
  expect(dstAdvmss(dst)).toBe(500);
  finish(k);
});

test('room for link-layer headers is a multiple of 16 and enough', () => {
  const { k, fake } = route();
  expect(llReservedSpace(fake.dev)).toBe(16);
  fake.dev.neededHeadroom = 8;
  expect(llReservedSpace(fake.dev)).toBe(32);
  finish(k);
});
