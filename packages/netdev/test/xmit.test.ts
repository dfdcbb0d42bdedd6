import { csumFold, csumPartial } from '@linnet/kernel';
import { CHECKSUM_PARTIAL, SKB_GSO_TCPV4, headGet, type Skb, skbAddFrag } from '@linnet/skbuff';
import { describe, expect, test } from 'vitest';
import {
  devAddOffload, devQueueXmit, devRemoveOffload, NETIF_F_FRAGLIST, NETIF_F_GSO, NETIF_F_HW_CSUM, NETIF_F_IP_CSUM, NETIF_F_SG, NETIF_F_TSO,
  netifNeedsGso, netifSkbFeatures, skbGsoSegment, skbNetworkProtocol, validateXmitSkbList, type NetDevice,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { FAKE_GSO, FAKE_HLEN, FAKE_TYPE, fakeOffload, fakePacket } from './fake-offload.ts';
import { drops, eth, finish, MAC_A, MAC_B, makeKernel, txSkb } from './helpers.ts';

const payload = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7) % 251);

/** A super-segment: headers linear, payload in fragments of 4,000 bytes. */
function superSegment(dev: NetDevice, n: number, mss: number): Skb {
  const p = payload(n);
  const skb = txSkb(dev, eth(MAC_B, MAC_A, FAKE_TYPE, fakePacket(1, 100, p).subarray(0, FAKE_HLEN)));
  skb.protocol = FAKE_TYPE;
  skb.networkHeader = skb.data + 14;
  for (let at = 0; at < n; at += 4000) {
    const part = p.subarray(at, at + 4000);
    const head = dev.pool.allocHead(part.length + 3);
    head.u8.set(part, 3);
    skbAddFrag(skb, head, 3, part.length, head.size);
  }
  skb.gsoSize = mss;
  skb.gsoSegs = Math.ceil(n / mss);
  skb.gsoType = FAKE_GSO;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.networkHeader;
  skb.csumOffset = 6;
  skb.view.setUint16(skb.csumStart + 6, 0);
  return skb;
}

describe('segmentation', () => {
  test.each([[false], [true]])('gives the sender back what it was charged, once (segments charged by their protocol: %s)', (own) => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    let charged = 0;
    const free = (s: Skb): void => {
      charged -= s.truesize;
    };
    devAddOffload(k, {
      ...fakeOffload,
      gsoSegment(skb, features) {
        const segs = fakeOffload.gsoSegment!(skb, features) as Skb;
        for (let s: Skb | null = own ? segs : null; s !== null; s = s.next) {
          s.destructor = free;
          charged += s.truesize;
        }
        return segs;
      },
    });
    const skb = superSegment(fake.dev, 10_000, 1400);
    skb.destructor = free;
    charged += skb.truesize;
    k.run(() => devQueueXmit(skb));
    expect([fake.take().length, charged]).toEqual([8, 0]);
    finish(k);
  });

  test('a driver that takes the packets one by one, saying BUSY between them, gets them in order', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    devAddOffload(k, fakeOffload);
    fake.stopsInTime = false;
    fake.room = 1;
    k.run(() => devQueueXmit(superSegment(fake.dev, 7000, 1000)));
    for (let i = 0; i < 6; i++) fake.release(1);
    expect(fake.take().map((f) => (f.bytes[16]! << 8) | f.bytes[17]!)).toEqual([100, 1100, 2100, 3100, 4100, 5100, 6100]);
    expect([fake.dev.qdisc.qlen, fake.dev.qdisc.backlog]).toEqual([0, 0]);
    finish(k);
  });

  test.each([
    ['by copying', 0],
    ['by fragments', NETIF_F_SG | NETIF_F_GSO],
  ])('%s: the device gets every byte once, in packets of the wanted size, with good checksums', (_n, features) => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A, features });
    devAddOffload(k, fakeOffload);
    const skb = superSegment(fake.dev, 10_000, 1400);
    expect(k.run(() => devQueueXmit(skb))).toBe(0);
    const sent = fake.take();
    expect(sent).toHaveLength(8);
    expect(sent.map((f) => f.bytes.length)).toEqual([...Array(7).fill(14 + 8 + 1400), 14 + 8 + 200]);
    const all = sent.flatMap((f) => [...f.bytes.subarray(22)]);
    expect(all).toEqual([...payload(10_000)]);
    sent.forEach((f, i) => {
      expect(f.bytes.subarray(0, 14)).toEqual(eth(MAC_B, MAC_A, FAKE_TYPE));
      expect((f.bytes[16]! << 8) | f.bytes[17]!).toBe(100 + i * 1400);
      expect(csumFold(csumPartial(f.bytes, 14, f.bytes.length - 14, 0))).toBe(0);
      expect(f.gsoSize).toBe(0);
    });
    finish(k);
  });

  test('a device that cuts gets the super-segment whole, with the checksum left to it', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A, features: NETIF_F_SG | NETIF_F_GSO | NETIF_F_TSO | NETIF_F_HW_CSUM });
    devAddOffload(k, fakeOffload);
    k.run(() => devQueueXmit(superSegment(fake.dev, 10_000, 1400)));
    const [f, ...more] = fake.take();
    expect(more).toEqual([]);
    expect([f!.gsoSize, f!.gsoSegs, f!.partial, f!.bytes.length]).toEqual([1400, 8, true, 10_022]);
    // What a capture shows of it has its checksum filled in.
    expect(csumFold(csumPartial(f!.bytes, 14, 10_008, 0))).toBe(0);
    finish(k);
  });

  test('one that is too big for the device is cut all the same', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A, features: NETIF_F_SG | NETIF_F_GSO | NETIF_F_TSO | NETIF_F_HW_CSUM });
    fake.dev.gsoMaxSize = 8000;
    devAddOffload(k, fakeOffload);
    k.run(() => devQueueXmit(superSegment(fake.dev, 10_000, 1400)));
    expect(fake.take()).toHaveLength(8);
    fake.dev.gsoMaxSize = 65536;
    fake.dev.gsoMaxSegs = 4;
    k.run(() => devQueueXmit(superSegment(fake.dev, 10_000, 1400)));
    expect(fake.take()).toHaveLength(8);
    finish(k);
  });

  test('nobody who can cut it: dropped with a reason', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    k.run(() => devQueueXmit(superSegment(fake.dev, 10_000, 1400)));
    devAddOffload(k, fakeOffload);
    devRemoveOffload(k, fakeOffload);
    k.run(() => devQueueXmit(superSegment(fake.dev, 10_000, 1400)));
    expect(drops(k)).toEqual({ SKB_GSO_SEG: 2 });
    expect(fake.dev.stats.txDropped).toBe(2);
    finish(k);
  });

  test("the sender's charge passes to the last segment: it is released once, when all are gone", () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    devAddOffload(k, fakeOffload);
    const skb = superSegment(fake.dev, 5000, 1400);
    const charged = skb.truesize;
    const released: [number, number][] = [];
    const sk = { family: 2 };
    skb.sk = sk;
    skb.destructor = (s) => {
      expect(s.sk).toBe(sk);
      released.push([fake.sent.length, s.truesize]);
    };
    k.run(() => devQueueXmit(skb));
    expect(released).toEqual([[3, charged]]); // before the fourth is recorded: its own end
    finish(k);
  });

  test('segments wait in the queue like any packet when the driver is full in the middle', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    devAddOffload(k, fakeOffload);
    fake.room = 3;
    k.run(() => devQueueXmit(superSegment(fake.dev, 10_000, 1400)));
    expect(fake.sent).toHaveLength(3);
    expect(fake.dev.qdisc.qlen).toBe(5);
    fake.release();
    expect(fake.calledWhileStopped).toBe(0);
    expect(fake.take().flatMap((f) => [...f.bytes.subarray(22)])).toEqual([...payload(10_000)]);
    finish(k);
  });

  test('a packet that lies about its headers is refused, not thrown at', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { mac: MAC_A });
    devAddOffload(k, fakeOffload);
    const skb = superSegment(fake.dev, 100, 10);
    skb.networkHeader = -1;
    expect(skbGsoSegment(fake.dev.sd, skb, 0)).toBeLessThan(0);
    skb.networkHeader = skb.data + 5000;
    expect(skbGsoSegment(fake.dev.sd, skb, 0)).toBeLessThan(0);
    skb.networkHeader = skb.data + 14;
    k.run(() => devQueueXmit(skb));
    expect(fake.take()).toHaveLength(10);
    finish(k);
  });
});

describe('checksums and fragments', () => {
  const withChecksum = (dev: NetDevice, at = 6): Skb => {
    const skb = txSkb(dev, eth(MAC_B, MAC_A, 0x800, payload(101)));
    skb.protocol = 0x800;
    skb.networkHeader = skb.data + 14;
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.data + 34;
    skb.csumOffset = at;
    skb.view.setUint16(skb.csumStart + at, 0x1234);
    return skb;
  };
  const good = (bytes: Uint8Array): boolean => {
    // The field held a pseudo header's sum of 0x1234: with it the sum is whole.
    return csumFold(csumPartial(bytes, 34, bytes.length - 34, 0x1234)) === 0;
  };

  test.each([
    ['no engine: the stack sums', 0, 6, false],
    ['HW_CSUM: left to the device', NETIF_F_HW_CSUM, 7, true],
    ['IP_CSUM knows UDP', NETIF_F_IP_CSUM, 6, true],
    ['IP_CSUM knows TCP', NETIF_F_IP_CSUM, 16, true],
    ['IP_CSUM knows nothing else', NETIF_F_IP_CSUM, 2, false],
  ])('%s', (_n, features, at, left) => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { features });
    k.run(() => devQueueXmit(withChecksum(fake.dev, at)));
    const [f] = fake.take();
    expect(f!.partial).toBe(left);
    if (at % 2 === 0) expect(good(f!.bytes)).toBe(true);
    finish(k);
  });

  test('IP_CSUM does not help IPv6', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { features: NETIF_F_IP_CSUM });
    const skb = withChecksum(fake.dev);
    skb.protocol = 0x86dd;
    k.run(() => devQueueXmit(skb));
    expect(fake.take()[0]!.partial).toBe(false);
    finish(k);
  });

  test('a field outside of the packet: dropped with a reason', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    const skb = withChecksum(fake.dev);
    skb.csumOffset = 5000;
    k.run(() => devQueueXmit(skb));
    expect(drops(k)).toEqual({ SKB_CSUM: 1 });
    finish(k);
  });

  test.each([
    ['without scatter-gather the bytes are brought together', 0, 0],
    ['with it they stay', NETIF_F_SG, 2],
  ])('%s', (_n, features, frags) => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { features });
    const skb = txSkb(fake.dev, eth(MAC_B, MAC_A, 0x800, [1]));
    const head = fake.dev.pool.allocHead(10);
    head.u8.fill(9);
    skbAddFrag(skb, head, 0, 5, 5);
    skbAddFrag(skb, headGet(head), 5, 5, 5);
    let seen = -1;
    const ops = fake.dev.netdevOps;
    fake.dev.netdevOps = { ...ops, startXmit: (s, d) => {
      seen = s.nrFrags;
      return ops.startXmit(s, d);
    } };
    k.run(() => devQueueXmit(skb));
    expect(seen).toBe(frags);
    expect(fake.take()[0]!.bytes).toHaveLength(25);
    finish(k);
  });

  test('a list of packets as payload needs FRAGLIST', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { features: NETIF_F_SG | NETIF_F_GSO | NETIF_F_TSO | NETIF_F_HW_CSUM });
    const skb = txSkb(fake.dev, eth(MAC_B, MAC_A, 0x800, [1]));
    const more = txSkb(fake.dev, new Uint8Array([2, 3]));
    skb.fragList = more;
    skb.len += 2;
    skb.dataLen += 2;
    skb.gsoSize = 1;
    skb.gsoType = SKB_GSO_TCPV4;
    skb.ipSummed = CHECKSUM_PARTIAL;
    expect(netifNeedsGso(skb, netifSkbFeatures(skb))).toBe(true);
    expect(netifNeedsGso(skb, netifSkbFeatures(skb) | NETIF_F_FRAGLIST)).toBe(false);
    skb.gsoSize = 0;
    skb.ipSummed = 0;
    k.run(() => devQueueXmit(skb));
    expect([...fake.take()[0]!.bytes.subarray(14)]).toEqual([1, 2, 3]);
    finish(k);
  });

  test('a driver may narrow the features for one packet', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet, { features: NETIF_F_HW_CSUM });
    fake.dev.netdevOps = { ...fake.dev.netdevOps, featuresCheck: (_s, _d, features) => features & ~NETIF_F_HW_CSUM };
    k.run(() => devQueueXmit(withChecksum(fake.dev)));
    expect(fake.take()[0]!.partial).toBe(false);
    finish(k);
  });

  test('a list is made fit packet by packet; what cannot be is left out', () => {
    const k = makeKernel();
    const fake = new FakeDevice(k.initNet);
    const [a, b, c] = [withChecksum(fake.dev), withChecksum(fake.dev), withChecksum(fake.dev)];
    b.csumOffset = 5000;
    a.next = b;
    b.next = c;
    const list = validateXmitSkbList(a, fake.dev);
    expect([list === a, a.next === c, c.next]).toEqual([true, true, null]);
    a.next = null;
    k.run(() => {
      devQueueXmit(a);
      devQueueXmit(c);
    });
    expect(drops(k)).toEqual({ SKB_CSUM: 1 });
    finish(k);
  });
});

test('the network protocol behind VLAN tags', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  const tagged = txSkb(dev, eth(MAC_B, MAC_A, 0x8100, [0, 5, 0x81, 0, 0, 6, 8, 0, 0x45]));
  tagged.protocol = 0x8100;
  expect(skbNetworkProtocol(tagged)).toBe(0x800);
  const cut = txSkb(dev, eth(MAC_B, MAC_A, 0x8100, [0, 5]));
  cut.protocol = 0x8100;
  expect(skbNetworkProtocol(cut)).toBe(0);
  k.run(() => {
    devQueueXmit(tagged);
    devQueueXmit(cut);
  });
  finish(k);
});
