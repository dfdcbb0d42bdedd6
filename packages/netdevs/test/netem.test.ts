import { csumFold, csumPartial, EINVAL, ms } from '@linnet/kernel';
import { devAddOffload, devQueueXmit, type NetDevice } from '@linnet/netdev';
import { allocSkb, CHECKSUM_UNNECESSARY, SKB_GSO_TCPV4, skbPush, skbPut, skbReserve, skbSegment, type Skb } from '@linnet/skbuff';
import { VIRTIO_NET_HDR_F_DATA_VALID } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { createTap, netem, netemClear, netemSet, tap, type NetemOptions } from '../src/index.ts';
import { ETH_P_TEST, finish, frame, newKernel, open, send } from './helpers.ts';

const A = new Uint8Array([2, 0, 0, 0, 0, 1]);
const B = new Uint8Array([2, 0, 0, 0, 0, 2]);

interface Arrival {
  id: number;
  at: number;
  bytes: Uint8Array;
}

/** Sends `n` numbered frames, one each `gapNs`, through netem, and tells what came out when (ns after the first was sent). */
function through(opts: NetemOptions, n: number, gapNs: number, seed: number = 1): Arrival[] {
  const { k, clock } = newKernel([tap, netem], seed);
  const out: Arrival[] = [];
  const dev = createTap(k.initNet, {
    name: 'tap0', vnetHdr: false, mac: A,
    port: {
      transmit(u8, off, len) {
        const bytes = u8.slice(off, off + len);
        out.push({ id: (bytes[14]! << 8) | bytes[15]!, at: k.ktime - start, bytes });
        return true;
      },
    },
  }) as NetDevice;
  open(dev);
  expect(netemSet(dev, opts)).toBe(0);
  const start = clock.now();
  for (let i = 0; i < n; i++) {
    send(dev, frame(B, A, Uint8Array.from([i >> 8, i & 255, ...new Array<number>(98).fill(0x55)])));
    clock.advance(gapNs);
  }
  clock.advance(ms(10_000));
  finish(k);
  return out;
}

/** Sends one super-segment of eight through netem: what came out, and how many of the frames that came were wrong. */
function superSegment(opts: NetemOptions, seed: number = 1): { out: Uint8Array[]; wrong: number } {
  const { k, clock } = newKernel([tap, netem], seed);
  const out: Uint8Array[] = [];
  const dev = createTap(k.initNet, {
    name: 'tap0', mac: A, port: {
      transmit(u8, off, len) {
        out.push(u8.slice(off, off + len));
        return true;
      },
    },
  }) as NetDevice;
  open(dev);
  let freed = 0;
  // A protocol whose checksum is the first two bytes of each segment, made when it is cut.
  devAddOffload(k, {
    type: ETH_P_TEST,
    gsoSegment(skb) {
      skbPush(skb, 14);
      const segs = skbSegment(skb, 14, skb.gsoSize, false) ?? -EINVAL;
      for (let s = segs as Skb | null; s !== null; s = s.next) {
        s.view.setUint16(s.data + 14, 0);
        s.view.setUint16(s.data + 14, csumFold(csumPartial(s.u8, s.data + 14, 100, 0)));
      }
      return segs;
    },
  });
  expect(netemSet(dev, opts)).toBe(0);
  k.run(() => {
    const skb = allocSkb(dev.pool, 1000);
    skbReserve(skb, 64);
    skb.u8.set(frame(B, A, new Uint8Array(800).fill(0x55)), skbPut(skb, 814));
    skb.dev = dev;
    skb.protocol = ETH_P_TEST;
    skb.networkHeader = skb.data + 14;
    skb.gsoSize = 100;
    skb.gsoType = SKB_GSO_TCPV4;
    skb.destructor = () => freed++;
    devQueueXmit(skb);
  });
  clock.advance(ms(1));
  expect(freed).toBe(1);
  const head = [...new Uint8Array(10), ...frame(B, A, new Uint8Array(0))].join();
  const wrong = out.filter((f) => f.subarray(0, 24).join() !== head || csumFold(csumPartial(f, 24, 100, 0)) !== 0);
  finish(k);
  return { out, wrong: wrong.length };
}

describe('netem', () => {
  it('delays each packet by the same time, in order', () => {
    const out = through({ delay: 20 }, 50, ms(1));
    expect(out.map((a) => a.id)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    for (const a of out) expect(a.at).toBe(ms(20) + a.id * ms(1));
  });

  it('loses about as many as asked, the same ones for the same seed', () => {
    const ids = (seed: number): number[] => through({ loss: 0.05 }, 2000, 1000, seed).map((a) => a.id);
    const a = ids(1);
    expect(a.length).toBeGreaterThan(2000 * 0.95 - 60);
    expect(a.length).toBeLessThan(2000 * 0.95 + 60);
    expect(ids(1)).toEqual(a);
    expect(ids(2)).not.toEqual(a);
  });

  it('duplicates about as many as asked', () => {
    const out = through({ duplicate: 0.1 }, 2000, 1000);
    expect(new Set(out.map((a) => a.id)).size).toBe(2000);
    expect(Math.abs(out.length - 2200)).toBeLessThan(60);
  });

  it('turns over one bit of about as many as asked, and only in the copy that leaves', () => {
    const out = through({ corrupt: 0.1 }, 2000, 1000);
    const bits = (a: Arrival): number => {
      const want = frame(B, A, Uint8Array.from([0, 0, ...new Array<number>(98).fill(0x55)]));
      want[14] = a.bytes[14]!;
      want[15] = a.bytes[15]!;
      return a.bytes.reduce((n, b, i) => n + ((b ^ want[i]!) === 0 ? 0 : (b ^ want[i]!).toString(2).replaceAll('0', '').length), 0);
    };
    const wrong = out.filter((a) => bits(a) !== 0);
    for (const a of wrong) expect(bits(a)).toBe(1);
    expect(Math.abs(wrong.length - 200)).toBeLessThan(60);
  });

  it('takes a super-segment as the packets that a wire would carry', () => {
    // Cut before it is corrupted, too: else each segment would get a right checksum again.
    expect(superSegment({ corrupt: 1 })).toMatchObject({ wrong: 8 });
    const counts = Array.from({ length: 20 }, (_, seed) => superSegment({ loss: 0.5 }, seed).out.length);
    expect(counts.some((n) => n > 0 && n < 8)).toBe(true);
    expect(Math.abs(counts.reduce((a, b) => a + b, 0) - 80)).toBeLessThan(25);
    const whole = Array.from({ length: 20 }, (_, seed) => superSegment({ loss: 0.5, segments: false }, seed).out.length);
    expect(whole.every((n) => n === 0 || n === 8)).toBe(true);
    expect(new Set(whole).size).toBe(2);
  });

  it('does not vouch for the checksum of what it corrupted', () => {
    const { k } = newKernel([tap, netem]);
    const flags: number[] = [];
    const dev = createTap(k.initNet, { name: 'tap0', mac: A, port: { transmit: (u8, off) => flags.push(u8[off]!) > 0 } }) as NetDevice;
    open(dev);
    for (const corrupt of [0, 1]) {
      expect(netemSet(dev, { corrupt })).toBe(0);
      k.run(() => {
        const skb = allocSkb(dev.pool, 200);
        skbReserve(skb, 64);
        skb.u8.set(frame(B, A, new Uint8Array(80)), skbPut(skb, 94));
        skb.dev = dev;
        skb.networkHeader = skb.data + 14;
        skb.ipSummed = CHECKSUM_UNNECESSARY;
        devQueueXmit(skb);
      });
    }
    expect(flags).toEqual([VIRTIO_NET_HDR_F_DATA_VALID, 0]);
    finish(k);
  });

  it('lets about a quarter overtake those that are delayed', () => {
    const out = through({ delay: 10, reorder: 0.25 }, 2000, ms(1));
    const early = out.filter((a) => a.at === a.id * ms(1));
    const late = out.filter((a) => a.at === a.id * ms(1) + ms(10));
    expect(early.length + late.length).toBe(2000);
    expect(Math.abs(early.length - 500)).toBeLessThan(80);
  });

  it('spreads delays within the jitter', () => {
    const at = through({ delay: 10, jitter: 4 }, 1000, ms(20)).map((a) => a.at - a.id * ms(20));
    expect(Math.min(...at)).toBeGreaterThanOrEqual(ms(6));
    expect(Math.max(...at)).toBeLessThanOrEqual(ms(14));
    expect(new Set(at).size).toBeGreaterThan(900);
  });

  it('keeps to a rate', () => {
    // 114 bytes at 114,000 bytes a second: one each millisecond.
    const out = through({ rate: 114_000 }, 20, 0);
    out.forEach((a, i) => expect(a.at).toBeCloseTo(ms(i + 1), -3));
  });

  it('drops what does not fit', () => {
    expect(through({ delay: 100, limit: 10 }, 30, 1000).length).toBe(10);
  });

  it('can be changed and taken off, and refuses nonsense', () => {
    const { k } = newKernel([tap, netem]);
    const dev = createTap(k.initNet, { name: 'tap0', port: { transmit: () => true } }) as NetDevice;
    open(dev);
    for (const bad of [{ loss: 2 }, { delay: -1 }, { reorder: 0.5 }, { rate: Infinity }, { corrupt: NaN }]) expect(netemSet(dev, bad)).toBe(-EINVAL);
    expect(dev.qdisc.ops.id).toBe('pfifo_fast');
    expect(netemSet(dev, { delay: 5 })).toBe(0);
    const q = dev.qdisc;
    expect(netemSet(dev, { loss: 0.5 })).toBe(0);
    expect(dev.qdisc).toBe(q);
    netemClear(dev);
    expect(dev.qdisc.ops.id).toBe('pfifo_fast');
    finish(k);
  });
});
