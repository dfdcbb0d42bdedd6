// Routing headers at an endpoint, where the real kernel (6.18) is no witness: it sends packets on that are cut off at their start when other headers come before the routing header, or when a source
// route of RPL grows. And which of its own messages to groups a host hears. Everything else is compared by conformance/ipv6/exthdrs.test.ts.
import { describe, expect, test } from 'vitest';
import { INET } from '@linnet/inet';
import { devAddPack, PacketType } from '@linnet/netdev';
import { allocSkb, consumeSkb, skbClone, skbPullUnchecked, skbPut, type Skb } from '@linnet/skbuff';
import { ETH_P_ALL } from '@linnet/uapi';
import { ip6FinalDst } from '../src/exthdrs-core.ts';
import { rplReplace } from '../src/exthdrs-rpl.ts';
import { inetAf6 } from '../src/inet6-af.ts';
import { bytes6, concat, icmp6, ip6Packet, Machine, pattern, Sk, type Wire } from './harness.ts';

const ME = 'fd00::1';
const OTHER = 'fd01::2';

function router(): { m: Machine; a: Wire; b: Wire } {
  const m = new Machine();
  const a = m.wire('fd00::1/64');
  const b = m.wire('fd01::1/64');
  m.sysctl('conf/all/forwarding', 1);
  for (const where of ['all', a.fake.dev.name]) {
    m.sysctl(`conf/${where}/seg6_enabled`, 1);
    m.sysctl(`conf/${where}/rpl_seg_enabled`, 1);
  }
  return { m, a, b };
}

const echo = (dst: string): Uint8Array => icmp6('fd00::2', dst, 128, 0, 1, pattern(8));
const srh = (next: number, left: number, ...segs: string[]): Uint8Array => concat(Uint8Array.of(next, 2 * segs.length, 4, left, segs.length - 1, 0, 0, 0), ...segs.map(bytes6));
const padding = (next: number): Uint8Array => Uint8Array.of(next, 0, 1, 4, 0, 0, 0, 0);
const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');

describe('segment routing', () => {
  test.each([['hop-by-hop', 0], ['destination', 60]])('behind %s options the whole packet goes on', (_, kind) => {
    const { m, a, b } = router();
    a.inject({ next: kind, dst: ME }, concat(padding(43), srh(58, 1, OTHER, ME), echo(OTHER)));
    const [p] = b.take();
    expect(p?.dst).toBe(OTHER);
    expect(hex(p!.payload)).toBe(hex(concat(padding(43), srh(58, 0, OTHER, ME), echo(OTHER))));
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a header behind one that ends here is followed', () => {
    const { m, a, b } = router();
    a.inject({ next: 43 }, concat(srh(43, 0, ME), srh(58, 1, OTHER, ME), echo(OTHER)));
    expect(b.take().map((p) => hex(p.payload))).toEqual([hex(concat(srh(43, 0, ME), srh(58, 0, OTHER, ME), echo(OTHER)))]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('that goes round within the machine costs a hop each time, and ends', () => {
    const { m, a } = router();
    const segs = Array.from({ length: 100 }, () => ME);
    a.inject({ next: 43, hops: 50 }, concat(srh(58, 99, ...segs), echo(ME)));
    expect(a.take().map((p) => [p.payload[0], p.payload[1]])).toEqual([[3, 0]]);
    a.inject({ next: 43, hops: 150 }, concat(srh(58, 99, ...segs), echo(ME)));
    expect(a.take().map((p) => p.payload[0])).toEqual([129]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('a packet in it comes in anew, however often', () => {
    const { m, a } = router();
    let inner = ip6Packet({}, echo(ME));
    for (let i = 0; i < 30; i++) inner = ip6Packet({ next: 43 }, concat(srh(41, 0, ME), inner));
    a.frame(inner);
    expect(a.take().map((p) => p.payload[0])).toEqual([129]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('an error about a packet on a source route', () => {
  // A datagram that came no further than the first of two segments; the last segment stands first.
  const quoted = ip6Packet({ src: ME, dst: 'fd01::9', next: 43 }, concat(srh(17, 1, OTHER, 'fd01::9'), Uint8Array.of(1, 2, 3, 4, 0, 8, 0, 0)));

  test('tells the transport where it was going, and changes nothing that a tap sees', () => {
    const m = new Machine();
    const w = m.wire('fd00::1/64');
    const taps: Skb[] = [];
    devAddPack(m.kernel, new PacketType({ type: ETH_P_ALL, func: (skb) => { taps.push(skb); return 0; } }));
    const seen: string[] = [];
    m.kernel.get(INET).addProtocol6({
      protocol: 17, noPolicy: true, rcv: (skb) => (consumeSkb(skb), 0),
      err(skb) {
        const at = inetAf6.finalDst6!(skb);
        const tap = taps.find((t) => t.head === skb.head)!;
        const to = tap.networkHeader + 48;
        seen.push(hex(skb.u8.slice(at, at + 16)), hex(tap.u8.slice(to, to + quoted.length)));
        return 0;
      },
    });
    w.icmp({}, 1, 4, 0, quoted);
    expect(seen).toEqual([hex(bytes6(OTHER)), hex(quoted)]);
    for (const t of taps) consumeSkb(t);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test.each([
    ['none', 17, new Uint8Array(8), 'fd01::9'],
    ['one behind options', 0, concat(padding(43), srh(17, 1, OTHER, 'fd01::9')), OTHER],
    ['one of another kind', 43, Uint8Array.of(17, 2, 3, 1, 0, 0, 0, 0, ...bytes6(OTHER)), 'fd01::9'],
    ['one that is cut off', 43, srh(17, 1, OTHER).slice(0, 23), 'fd01::9'],
  ])('with %s as its segment routing header', (_, next, rest, to) => {
    const m = new Machine();
    const skb = allocSkb(m.pool, 200);
    const bytes = ip6Packet({ dst: 'fd01::9', next }, rest);
    skb.networkHeader = skbPut(skb, bytes.length);
    skb.u8.set(bytes, skb.networkHeader);
    const at = ip6FinalDst(skb);
    expect(hex(skb.u8.slice(at, at + 16))).toBe(hex(bytes6(to)));
    consumeSkb(skb);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('source routes of RPL networks', () => {
  // Shorter, as long, longer than there is room for, and longer still with a clone that must not see it.
  test.each([[8, false], [24, false], [40, false], [104, true]])('a header of 24 bytes becomes one of %i, and what is before it stays there, the link\'s header too', (n, shared) => {
    const m = new Machine();
    const link = Uint8Array.from({ length: 14 }, (_, i) => 0xa0 + i);
    const old = pattern(24, 1);
    const frame = concat(link, ip6Packet({ next: 43 }, concat(old, pattern(9))));
    const skb = allocSkb(m.pool, frame.length);
    skb.macHeader = skbPut(skb, frame.length);
    skb.u8.set(frame, skb.macHeader);
    skb.networkHeader = skb.macHeader + 14;
    skbPullUnchecked(skb, 54);
    const clone = shared ? skbClone(skb) : null;
    const header = pattern(n, 99);
    rplReplace(skb, 24, header);
    const after = concat(link, ip6Packet({ next: 43 }, concat(header, pattern(9))));
    expect([skb.networkHeader - skb.macHeader, skb.data - skb.networkHeader, skb.transportHeader, skb.len]).toEqual([14, 40, skb.data, n + 9]);
    expect(hex(skb.u8.slice(skb.macHeader, skb.tail))).toBe(hex(after));
    if (clone !== null) {
      expect(hex(clone.u8.slice(clone.macHeader, clone.tail))).toBe(hex(frame));
      consumeSkb(clone);
    }
    consumeSkb(skb);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  const rpl = (next: number, left: number, ci: number, ce: number, pad: number, ...parts: Uint8Array[]): Uint8Array => {
    const body = concat(...parts, new Uint8Array(pad));
    return concat(Uint8Array.of(next, body.length >> 3, 3, left, (ci << 4) | ce, pad << 4, 0, 0), body);
  };

  test('that grow move what is before them', () => {
    const { m, a, b } = router();
    // fd00::9 in one byte, then the other net in full: from there on nothing is shared.
    a.inject({ next: 43 }, concat(rpl(58, 1, 15, 0, 7, Uint8Array.of(9), bytes6(OTHER)), echo(OTHER)));
    const [p] = b.take();
    expect([p?.dst, p?.hops]).toEqual([OTHER, 63]);
    expect(hex(p!.payload)).toBe(hex(concat(rpl(58, 0, 1, 1, 2, bytes6('fd00::9').slice(1), bytes6(ME).slice(1)), echo(OTHER))));
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('that come back are refused', () => {
    const { m, a } = router();
    a.inject({ next: 43 }, concat(rpl(58, 3, 0, 0, 0, bytes6(ME), bytes6('fd00::2'), bytes6('fd01::1')), echo(ME)));
    const [p] = a.take();
    expect([p?.payload[0], p?.payload[1], p?.payload[7]]).toEqual([4, 0, 43]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('own messages to groups', () => {
  const group = (m: Machine, w: Wire, sk: Sk, opt: number, g: string): void => {
    const v = new Uint8Array(20);
    v.set(bytes6(g));
    new DataView(v.buffer).setInt32(16, w.fake.dev.ifindex, true);
    expect(sk.set(41, opt, v)).toBe(0);
  };
  const heard = (sk: Sk): number[] => {
    const out: number[] = [];
    for (let r = sk.recv(2000); typeof r !== 'number'; r = sk.recv(2000)) out.push(r.data[0]!);
    return out;
  };

  test('of MLD are heard by those who joined where they go; the end of a membership too, because an own report silences nobody', () => {
    const m = new Machine();
    const w = m.wire('fd00::1/64');
    const sk = new Sk(m, 3, 58);
    group(m, w, sk, 20, 'ff1e::1');
    m.advance(2);
    expect(heard(sk)).toEqual([]);
    group(m, w, sk, 20, 'ff02::16');
    m.advance(2);
    expect(new Set(heard(sk))).toEqual(new Set([143]));
    m.sysctl(`conf/${w.fake.dev.name}/force_mld_version`, 1);
    group(m, w, sk, 20, 'ff02::2');
    group(m, w, sk, 20, 'ff1e::2');
    m.advance(20);
    expect(new Set(heard(sk))).toEqual(new Set([131]));
    w.takeControl();
    group(m, w, sk, 21, 'ff1e::2');
    m.advance(1);
    expect(heard(sk)).toEqual([132]);
    expect(w.takeControl().filter((p) => p.payload[8] === 132).map((p) => hex(p.payload.slice(16, 32)))).toEqual([hex(bytes6('ff1e::2'))]);
    m.kernel.run(() => sk.sock.ops.release(sk.sock));
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});
