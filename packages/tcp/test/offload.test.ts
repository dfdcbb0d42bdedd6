import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { checksum, pseudoHeader } from '@linnet/testing';
import { groCount, GroList, NETIF_F_HW_CSUM, NETIF_F_SG, NETIF_F_TSO, setGroFlushId, skbGroPull } from '@linnet/netdev';
import * as groCb from '@linnet/netdev';
import { allocSkb, CHECKSUM_PARTIAL, consumeSkb, SKB, type Skb, SKB_GSO_DODGY, SKB_GSO_TCPV4, skbAddFrag, skbPullUnchecked, skbPut, skbReserve, skbStats } from '@linnet/skbuff';
import { tcp as tcpModule } from '../src/index.ts';
import { tcpGroComplete, tcpGroReceive, tcpGsoSegment } from '../src/tcp-offload.ts';
import { bytesOf, fakeAf, fakeNetwork, pattern } from './harness.ts';

const af = fakeAf(() => 0);

function bench(): { k: ReturnType<typeof createKernel>; live: number } {
  const k = createKernel({ modules: [tcpModule, fakeNetwork(fakeAf(() => 0))], clock: new VirtualClock(), seed: 1, debug: true });
  return { k, live: skbStats(k).live };
}

/** IP and TCP headers (with a timestamp) in front of `n` bytes, with `data` at the IP header. */
function packet(k: ReturnType<typeof createKernel>, over: { seq?: number; ack?: number; flags?: number; from?: number; n: number; frags?: boolean; sport?: number; tsval?: number; csum?: boolean }): Skb {
  const n = over.n;
  const skb = allocSkb(k.get(SKB), 128 + (over.frags === true ? 0 : n));
  skbReserve(skb, 64);
  const at = skbPut(skb, 52);
  const v = skb.view;
  v.setInt32(at, (0x45 << 24) | ((52 + n) & 0xffff));
  v.setInt32(at + 4, 0x4000);
  v.setInt32(at + 8, (64 << 24) | (6 << 16));
  v.setInt32(at + 12, 0x0a000001);
  v.setInt32(at + 16, 0x0a000002);
  const th = at + 20;
  v.setUint16(th, over.sport ?? 1000);
  v.setUint16(th + 2, 80);
  v.setInt32(th + 4, over.seq ?? 1);
  v.setInt32(th + 8, over.ack ?? 7);
  v.setInt32(th + 12, (32 << 26) | ((over.flags ?? 0x10) << 16) | 500);
  v.setInt32(th + 16, 0);
  v.setInt32(th + 20, 0x0101080a);
  v.setInt32(th + 24, over.tsval ?? 99);
  v.setInt32(th + 28, 55);
  const data = pattern(n, over.from ?? 0);
  if (over.frags === true) {
    for (let off = 0; off < n; ) {
      const head = k.get(SKB).allocHead(4096);
      const len = Math.min(4096, n - off);
      head.u8.set(data.subarray(off, off + len));
      skbAddFrag(skb, head, 0, len, len);
      off += len;
    }
  } else {
    skb.u8.set(data, skbPut(skb, n));
  }
  skb.networkHeader = at;
  skb.transportHeader = th;
  if (over.csum !== false) {
    const b = bytesOf(skb);
    const seg = b.subarray(20);
    v.setUint16(th + 16, checksum(seg, pseudoHeader(b.subarray(12, 16), b.subarray(16, 20), 6, seg.length)));
  }
  return skb;
}

function valid(b: Uint8Array): boolean {
  const seg = b.subarray(20);
  return checksum(seg, pseudoHeader(b.subarray(12, 16), b.subarray(16, 20), 6, seg.length)) === 0;
}

describe('segmentation', () => {
  for (const frags of [false, true]) {
    for (const n of [1449, 2896, 10000, 65000]) {
      it(`cuts ${n} bytes ${frags ? 'in fragments' : 'in the head'} into segments with right headers and sums`, () => {
        const { k, live } = bench();
        const skb = packet(k, { n, frags, seq: -5000, flags: 0x10 | 0x08 | 0x01 | 0x80 });
        skb.gsoSize = 1448;
        skb.gsoSegs = Math.ceil(n / 1448);
        skb.gsoType = SKB_GSO_TCPV4;
        skb.ipSummed = CHECKSUM_PARTIAL;
        skbPullUnchecked(skb, 20);
        const segs = tcpGsoSegment(af, skb, NETIF_F_SG) as Skb;
        const all: number[] = [];
        let i = 0;
        for (let s: Skb | null = segs; s !== null; ) {
          const next: Skb | null = s.next;
          s.next = null;
          const b = bytesOf(s);
          expect(valid(b)).toBe(true);
          const v = new DataView(b.buffer);
          expect(v.getInt32(24)).toBe(-5000 + i * 1448);
          const last = next === null;
          expect(b[33]).toBe(0x10 | (last ? 0x09 : 0) | (i === 0 ? 0x80 : 0));
          expect(s.gsoSize).toBe(0);
          all.push(...b.subarray(52));
          consumeSkb(s);
          i++;
          s = next;
        }
        expect(i).toBe(Math.ceil(n / 1448));
        expect(all).toEqual([...pattern(n)]);
        consumeSkb(skb);
        expect(skbStats(k).live).toBe(live);
      });
    }
  }

  it('leaves the sum to a device that computes it', () => {
    const { k } = bench();
    const skb = packet(k, { n: 3000 });
    skb.gsoSize = 1448;
    skb.ipSummed = CHECKSUM_PARTIAL;
    skbPullUnchecked(skb, 20);
    const segs = tcpGsoSegment(af, skb, NETIF_F_SG | NETIF_F_HW_CSUM) as Skb;
    for (let s: Skb | null = segs; s !== null; s = s.next) {
      expect(s.ipSummed).toBe(CHECKSUM_PARTIAL);
      expect(s.csumStart).toBe(s.transportHeader);
    }
  });

  it('passes a super-segment from outside to a device that cuts, once it is counted', () => {
    const { k } = bench();
    const skb = packet(k, { n: 3000 });
    skb.gsoSize = 1448;
    skb.gsoSegs = 0;
    skb.gsoType = SKB_GSO_TCPV4 | SKB_GSO_DODGY;
    skbPullUnchecked(skb, 20);
    expect(tcpGsoSegment(af, skb, NETIF_F_TSO)).toBe(null);
    expect(skb.gsoSegs).toBe(3);
  });

  it('refuses nonsense', () => {
    const { k } = bench();
    const cut = (f: (s: Skb) => void): unknown => {
      const skb = packet(k, { n: 3000 });
      skb.gsoSize = 1448;
      skbPullUnchecked(skb, 20);
      f(skb);
      return tcpGsoSegment(af, skb, 0);
    };
    expect(cut((s) => (s.gsoSize = 0))).toBe(-22);
    expect(cut((s) => (s.gsoSize = 5000))).toBe(-22);
    expect(cut((s) => (s.u8[s.data + 12] = 0x40))).toBe(-22);
    expect(cut((s) => (s.len = 10))).toBe(-22);
  });
});

describe('merging', () => {
  /** Runs packets through `tcpGroReceive` as the engine does; returns what is held and what was flushed. */
  function run(packets: Skb[], flushIds: number[] = []): { held: Skb | null; flushed: Skb[]; alone: Skb[] } {
    const list = new GroList();
    const flushed: Skb[] = [];
    const alone: Skb[] = [];
    packets.forEach((skb, i) => {
      // What devGroReceive and IPv4 do in front.
      skb.cb0 = 0;
      skb.cb1 = 0;
      skb.cb2 = 0;
      skb.cb3 = skb.gsoSegs > 0 ? skb.gsoSegs : 1;
      skb.cb5 = 0;
      skb.cb6 = 0;
      skb.cb8 = 0;
      skb.dev = { name: 'x', ifindex: 1, groMaxSize: 65536 } as never;
      for (let p = list.first; p !== null; p = p.next) {
        p.cb2 = 1;
        setGroFlushId(p, flushIds[i] ?? 0);
      }
      skbGroPull(skb, 20);
      const out = tcpGroReceive(af, list, skb);
      if (out !== null) {
        flushed.push(out);
        list.first = list.first === out ? out.next : list.first;
        out.next = null;
      }
      if (skb.cb2 !== 0) {
        consumeSkb(skb);
        return;
      }
      if (groCb.groFlush(skb)) {
        alone.push(skb);
        return;
      }
      if (skb.gsoSize === 0) skb.gsoSize = groCb.groLen(skb);
      skb.cbObj = skb;
      skb.next = list.first;
      list.first = skb;
    });
    return { held: list.first, flushed, alone };
  }

  it('joins consecutive segments and their last PSH', () => {
    const { k } = bench();
    const r = run([0, 1, 2].map((i) => packet(k, { n: 1000, seq: 1 + i * 1000, from: i * 1000, flags: i === 2 ? 0x18 : 0x10 })));
    expect(r.flushed.length).toBe(1);
    const p = r.flushed[0]!;
    expect(groCount(p)).toBe(3);
    expect(p.gsoSize).toBe(1000);
    p.gsoSegs = 3;
    expect(tcpGroComplete(af, p, 20)).toBe(0);
    expect(p.gsoType).toBe(SKB_GSO_TCPV4);
    expect(p.ipSummed).toBe(CHECKSUM_PARTIAL);
    expect(p.u8[p.transportHeader + 13]).toBe(0x18);
    expect([...bytesOf(p).subarray(52)]).toEqual([...pattern(3000)]);
  });

  it('ends with a short segment', () => {
    const { k } = bench();
    const r = run([packet(k, { n: 1000, seq: 1 }), packet(k, { n: 10, seq: 1001, from: 1000 }), packet(k, { n: 1000, seq: 1011, from: 1010 })]);
    expect(r.flushed.length).toBe(1);
    expect(groCount(r.flushed[0]!)).toBe(2);
    expect(r.held).not.toBe(null);
  });

  const different: [string, Parameters<typeof packet>[1], number][] = [
    ['a gap', { n: 1000, seq: 2001 }, 0],
    ['another acknowledgment', { n: 1000, seq: 1001, ack: 8 }, 0],
    ['other options', { n: 1000, seq: 1001, tsval: 100 }, 0],
    ['a longer segment', { n: 1200, seq: 1001 }, 0],
    ['URG', { n: 1000, seq: 1001, flags: 0x30 }, 0],
    ['CWR', { n: 1000, seq: 1001, flags: 0x90 }, 0],
    ['ECE', { n: 1000, seq: 1001, flags: 0x50 }, 0],
    ['a wish of the IP layer', { n: 1000, seq: 1001 }, 1],
  ];
  for (const [name, over, id] of different) {
    it(`does not join over ${name}`, () => {
      const { k } = bench();
      const r = run([packet(k, { n: 1000, seq: 1 }), packet(k, over)], [0, id]);
      expect(r.flushed.length).toBe(1);
      expect(groCount(r.flushed[0]!)).toBe(1);
    });
  }

  it('keeps flows apart', () => {
    const { k } = bench();
    const r = run([packet(k, { n: 1000, seq: 1, sport: 1 }), packet(k, { n: 1000, seq: 1, sport: 2 })]);
    expect(r.flushed.length).toBe(0);
  });

  it('delivers pure ACKs, SYN, RST and bad sums at once', () => {
    const { k } = bench();
    const broken = packet(k, { n: 1000, seq: 1 });
    broken.u8[broken.tail - 1]! ^= 1;
    const r = run([packet(k, { n: 0 }), packet(k, { n: 0, flags: 2 }), packet(k, { n: 0, flags: 4 }), broken]);
    expect(r.alone.length).toBe(4);
    expect(r.held).toBe(null);
  });

  it('joins super-segments of one size', () => {
    const { k } = bench();
    const a = packet(k, { n: 3000, seq: 1, csum: false });
    const b = packet(k, { n: 2000, seq: 3001, from: 3000, csum: false });
    for (const s of [a, b]) {
      s.gsoSize = 1000;
      s.ipSummed = CHECKSUM_PARTIAL;
    }
    a.gsoSegs = 3;
    b.gsoSegs = 2;
    const r = run([a, b]);
    expect(groCount(r.held!)).toBe(5);
  });

  it('is undone by segmentation: the round trip gives the same segments', () => {
    const { k, live } = bench();
    const make = (): Skb[] => [0, 1, 2, 3].map((i) => packet(k, { n: i === 3 ? 400 : 1000, seq: 1 + i * 1000, from: i * 1000, flags: i === 3 ? 0x18 : 0x10 }));
    const originals = make();
    const want = originals.map((s) => [...bytesOf(s)]);
    originals.forEach((s) => consumeSkb(s));
    const p = run(make()).flushed[0]!;
    p.gsoSegs = 4;
    expect(tcpGroComplete(af, p, 20)).toBe(0);
    skbPullUnchecked(p, 20);
    const got: number[][] = [];
    for (let s: Skb | null = tcpGsoSegment(af, p, NETIF_F_SG) as Skb; s !== null; ) {
      const next: Skb | null = s.next;
      s.next = null;
      const b = bytesOf(s);
      new DataView(b.buffer).setUint16(2, b.length);
      got.push([...b]);
      consumeSkb(s);
      s = next;
    }
    consumeSkb(p);
    expect(got).toEqual(want);
    expect(skbStats(k).live).toBe(live);
  });
});
