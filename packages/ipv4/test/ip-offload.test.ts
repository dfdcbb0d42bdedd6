import {
  type GroList, groOffset, groFlushId, groSameFlow, NETIF_F_GRO, NETIF_F_HW_CSUM, NETIF_F_SG, NETIF_F_TSO, skbGroPull, skbGroReceive, clearGroSameFlow, groFlush,
} from '@linnet/netdev';
import { INET, inet, type GroOffload } from '@linnet/inet';
import { CHECKSUM_PARTIAL, consumeSkb, pskbMayPull, SKB_GSO_TCPV4, skbPush, skbSegment, type Skb } from '@linnet/skbuff';
import type { KernelModule } from '@linnet/kernel';
import { describe, expect, test } from 'vitest';
import { ipv4 } from '../src/index.ts';
import { checksum, ip4, ipPacket, Machine, pattern, type Ip4Fields } from './harness.ts';

const PROTO = 152;

/** A transport of 4 header bytes: a flow number and a counter; segments of a flow merge while the counter goes up. */
class Transport {
  readonly got: { len: number; gsoSize: number; gsoSegs: number; ip: Uint8Array }[] = [];
  readonly module: KernelModule;

  constructor() {
    const offload: GroOffload = {
      gsoSegment(skb: Skb): Skb | number | null {
        const th = skb.data;
        const hdr = th - skb.macHeader + 4;
        if (!pskbMayPull(skb, 4)) return -22;
        skbPush(skb, skb.data - skb.macHeader);
        return skbSegment(skb, hdr, skb.gsoSize, true);
      },
      groReceive(head: GroList, skb: Skb): Skb | null {
        const at = skb.data + groOffset(skb);
        const off = groOffset(skb);
        if (groFlush(skb)) return null;
        skbGroPull(skb, 4);
        for (let p = head.first; p !== null; p = p.next) {
          if (!groSameFlow(p)) continue;
          if (p.view.getUint16(p.data + off) !== skb.view.getUint16(at)) {
            clearGroSameFlow(p);
            continue;
          }
          if (groFlushId(p) !== 0 || skbGroReceive(p, skb) !== 0) return p;
          return null;
        }
        return null;
      },
      groComplete(skb: Skb, nhoff: number): number {
        skb.gsoType = SKB_GSO_TCPV4;
        skb.ipSummed = CHECKSUM_PARTIAL;
        skb.csumStart = skb.data + nhoff;
        skb.csumOffset = 2;
        return 0;
      },
    };
    this.module = {
      name: 'transport',
      requires: [inet],
      init: (k): void => {
        k.get(INET).addProtocol({
          protocol: PROTO, noPolicy: true,
          rcv: (skb): number => {
            this.got.push({ len: skb.len, gsoSize: skb.gsoSize, gsoSegs: skb.gsoSegs, ip: skb.u8.slice(skb.networkHeader, skb.data) });
            consumeSkb(skb);
            return 0;
          },
        });
        k.get(INET).addOffload(PROTO, offload);
      },
    };
  }
}

function frame(mac: Uint8Array, f: Ip4Fields, payload: Uint8Array): Uint8Array {
  const p = ipPacket({ proto: PROTO, ...f }, payload);
  const b = new Uint8Array(14 + p.length);
  b.set(mac);
  b.set([2, 0, 0, 0, 0, 2, 8, 0], 6);
  b.set(p, 14);
  return b;
}

function seg(flow: number, n: number, len = 100): Uint8Array {
  const p = pattern(4 + len, n);
  p.set([flow >> 8, flow & 255, 0, n]);
  return p;
}

describe('GRO', () => {
  function receive(list: [Ip4Fields, Uint8Array][]): { t: Transport; m: Machine } {
    const t = new Transport();
    const m = new Machine([ipv4, t.module]);
    const w = m.wire('10.0.0.1/24', { napi: true, features: NETIF_F_GRO });
    w.fake.injectAll(list.map(([f, p]) => frame(w.mac, f, p)));
    return { t, m };
  }

  const cases: [string, [Ip4Fields, Uint8Array][], number[]][] = [
    ['identifications that follow', [[{ id: 5 }, seg(1, 0)], [{ id: 6 }, seg(1, 1)], [{ id: 7 }, seg(1, 2)]], [304]],
    ['the same identification on atomic datagrams', [[{ id: 0, df: true }, seg(1, 0)], [{ id: 0, df: true }, seg(1, 1)], [{ id: 0, df: true }, seg(1, 2)]], [304]],
    ['the same identification without DF', [[{ id: 5 }, seg(1, 0)], [{ id: 5 }, seg(1, 1)]], [104, 104]],
    ['an identification that jumps', [[{ id: 5, df: true }, seg(1, 0)], [{ id: 6, df: true }, seg(1, 1)], [{ id: 9, df: true }, seg(1, 2)]], [204, 104]],
    ['first fixed, then moving', [[{ id: 5, df: true }, seg(1, 0)], [{ id: 5, df: true }, seg(1, 1)], [{ id: 7, df: true }, seg(1, 2)]], [204, 104]],
    ['two sources', [[{ id: 5 }, seg(1, 0)], [{ id: 6, src: '10.0.0.3' }, seg(1, 1)], [{ id: 6 }, seg(1, 2)]], [204, 104]],
    ['another TTL', [[{ id: 5 }, seg(1, 0)], [{ id: 6, ttl: 63 }, seg(1, 1)]], [104, 104]],
    ['another TOS', [[{ id: 5 }, seg(1, 0)], [{ id: 6, tos: 4 }, seg(1, 1)]], [104, 104]],
    ['another DF', [[{ id: 5 }, seg(1, 0)], [{ id: 6, df: true }, seg(1, 1)]], [104, 104]],
    ['options', [[{ id: 5, options: new Uint8Array(4).fill(1) }, seg(1, 0)], [{ id: 6, options: new Uint8Array(4).fill(1) }, seg(1, 1)]], [104, 104]],
    ['a broken header goes its way and is dropped there', [[{ id: 5 }, seg(1, 0)], [{ id: 6, check: 1 }, seg(1, 1)]], [104]],
    ['fragments', [[{ id: 5, mf: true }, seg(1, 0)], [{ id: 5, fragOff: 104 }, seg(1, 1)]], [208]],
  ];
  for (const [name, list, want] of cases) {
    test(name, () => {
      const { t, m } = receive(list);
      expect(t.got.map((g) => g.len).sort((a, b) => b - a)).toEqual(want.slice().sort((a, b) => b - a));
      for (const g of t.got) expect(checksum(g.ip)).toBe(0);
      for (const g of t.got) if (g.gsoSize !== 0) expect([(g.ip[2]! << 8) | g.ip[3]!, g.gsoSegs]).toEqual([g.len + 20, (g.len - 4) / 100]);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    });
  }

  test('padding and a packet cut short are not held', () => {
    const t = new Transport();
    const m = new Machine([ipv4, t.module]);
    const w = m.wire('10.0.0.1/24', { napi: true, features: NETIF_F_GRO });
    const padded = new Uint8Array(60);
    padded.set(frame(w.mac, { id: 6 }, seg(1, 1, 4)));
    w.fake.injectAll([frame(w.mac, { id: 5 }, seg(1, 0, 4)), padded, frame(w.mac, {}, seg(1, 2)).slice(0, 24)]);
    expect(t.got.map((g) => g.len)).toEqual([8, 8]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('GSO', () => {
  const TSO = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO;

  /** Three segments of 1,000 bytes merge on their way in and are forwarded to a device of this MTU. */
  function forward(mtu: number, features: number, f: Ip4Fields = {}): { m: Machine; out: ReturnType<Machine['wire']>; src: ReturnType<Machine['wire']> } {
    const t = new Transport();
    const m = new Machine([ipv4, t.module]);
    const src = m.wire('10.0.0.1/24', { napi: true, features: NETIF_F_GRO });
    const out = m.wire('10.9.0.1/24', { mtu, features });
    m.sysctl('ip_forward', 1);
    src.fake.injectAll([0, 1, 2].map((n) => frame(src.mac, { dst: '10.9.0.9', id: 0xfffe + n & 0xffff, ...f }, seg(1, n, 1000))));
    return { m, out, src };
  }

  test('a device that cannot gets segments, with their identifications', () => {
    const { m, out } = forward(1500, 0);
    const r = out.take();
    expect(r.map((x) => [x.id, x.totLen, x.ttl, x.checkOk])).toEqual([[0xfffe, 1024, 63, true], [0xffff, 1024, 63, true], [0, 1024, 63, true]]);
    expect(r.map((x) => x.payload.slice(4))).toEqual([0, 1, 2].map((n) => seg(1, n, 1000).slice(4)));
    expect(m.mib('Ip.ForwDatagrams')).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a device that can gets the super-segment', () => {
    const { m, out } = forward(1500, TSO);
    expect(out.fake.sent.filter((x) => x.gsoSize !== 0).map((x) => [x.gsoSize, x.gsoSegs, x.bytes.length])).toEqual([[1000, 3, 14 + 24 + 3000]]);
    expect(out.take()[0]).toMatchObject({ dst: ip4('10.9.0.9'), totLen: 3024, checkOk: true });
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('segments larger than the next MTU: fragments, or with DF an error', () => {
    const a = forward(600, TSO);
    expect(a.out.take().map((x) => [x.id, x.fragOff, x.mf, x.totLen])).toEqual(
      [0xfffe, 0xffff, 0].flatMap((id) => [[id, 0, true, 596], [id, 576, false, 448]]),
    );
    expect(a.m.end()).toEqual({ skbs: 0, heads: 0 });
    const b = forward(600, TSO, { df: true });
    expect(b.out.take()).toEqual([]);
    const [e] = b.src.take();
    expect([e!.payload[0], e!.payload[1], (e!.payload[6]! << 8) | e!.payload[7]!]).toEqual([3, 4, 600]);
    expect(b.m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});
