// Packets that are made to cost much: what they may take is bounded, and nothing of it stays.
import { describe, expect, test } from 'vitest';
import { concat, icmp6, ip6Packet, Machine, pattern, type Wire } from './harness.ts';

const fragment = (next: number, offset: number, more: boolean, id: number, data: Uint8Array): Uint8Array => {
  const h = new Uint8Array(8);
  const v = new DataView(h.buffer);
  h[0] = next;
  v.setUint16(2, offset | (more ? 1 : 0));
  v.setInt32(4, id);
  return concat(h, data);
};

function machine(): { m: Machine; w: Wire } {
  const m = new Machine();
  return { m, w: m.wire('fd00::1/64') };
}

describe('fragments', () => {
  test('of datagrams that are never complete hold no more than high_thresh, and for a minute', () => {
    const { m, w } = machine();
    const { frags } = m.n6;
    const echo = icmp6('fd00::2', 'fd00::1', 128, 0, 1, pattern(1224));
    let most = 0;
    for (let id = 0; id < 10_000; id++) {
      w.inject({ next: 44 }, fragment(58, 0, true, id, echo));
      most = Math.max(most, frags.mem);
    }
    expect(most).toBeGreaterThan(frags.highThresh);
    expect(most).toBeLessThan(frags.highThresh + 8192);
    const refused = m.pool.dropCounts()['FRAG_NOMEM']!;
    expect(refused).toBe(10_000 - frags.count);
    expect(m.mib('Ip6ReasmFails')).toBe(refused);
    // A minute later the sources are told, as often as the limits of messages allow, and all is gone.
    m.advance(61);
    expect([frags.count, frags.mem]).toEqual([0, 0]);
    expect(m.mib('Ip6ReasmTimeout')).toBe(10_000 - refused);
    expect(w.take().every((p) => p.payload[0] === 3 && p.payload[1] === 1)).toBe(true);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('of eight bytes, the last first, make one datagram', () => {
    const { m, w } = machine();
    const echo = icmp6('fd00::2', 'fd00::1', 128, 0, 1, pattern(8 * 4000 - 8));
    for (let at = echo.length - 8; at >= 0; at -= 8) w.inject({ next: 44 }, fragment(58, at, at + 8 < echo.length, 7, echo.subarray(at, at + 8)));
    expect(m.mib('Ip6ReasmOKs')).toBe(1);
    expect(m.n6.frags.mem).toBe(0);
    expect(m.mib('Icmp6OutEchoReplies')).toBe(1);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('that overlap leave nothing behind, and what comes then begins anew', () => {
    const { m, w } = machine();
    const echo = icmp6('fd00::2', 'fd00::1', 128, 0, 1, pattern(92));
    for (let i = 0; i < 1000; i++) {
      w.inject({ next: 44 }, fragment(58, 0, true, i, echo.subarray(0, 48)));
      w.inject({ next: 44 }, fragment(58, 40, false, i, echo.subarray(40)));
    }
    expect([m.n6.frags.count, m.n6.frags.mem]).toEqual([0, 0]);
    expect(m.pool.dropCounts()['IP_FRAG_OVERLAP']).toBe(2000);
    expect(m.mib('Ip6ReasmFails')).toBe(1000);
    expect(w.take()).toEqual([]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});

describe('headers', () => {
  const OPTIONS = Uint8Array.of(60, 0, 1, 4, 0, 0, 0, 0);

  test('of the smallest kind, as many as a datagram holds, are walked one by one', () => {
    const { m, w } = machine();
    // Whole it fits no frame: it comes in fragments of 1,448 bytes.
    const n = 8000;
    const chain = new Uint8Array(8 * n);
    for (let i = 0; i < n; i++) chain.set(OPTIONS, 8 * i);
    chain[8 * (n - 1)] = 58;
    const whole = concat(chain, icmp6('fd00::2', 'fd00::1', 128, 0, 1, pattern(8)));
    for (let at = 0; at < whole.length; at += 1448) w.inject({ next: 44 }, fragment(60, at, at + 1448 < whole.length, 9, whole.subarray(at, at + 1448)));
    expect(m.mib('Ip6ReasmOKs')).toBe(1);
    const [reply] = w.take();
    expect(reply?.payload[0]).toBe(129);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('of hop-by-hop options with more than is allowed are no reason to read on', () => {
    const { m, w } = machine();
    // 2,048 bytes of options that nobody knows: eight at most are looked at (net.ipv6.max_hbh_opts_number).
    const hbh = new Uint8Array(2048);
    hbh[0] = 58;
    hbh[1] = 255;
    for (let at = 2; at < 2048; at += 2) hbh[at] = 0x1e;
    const packet = ip6Packet({ next: 0 }, concat(hbh, icmp6('fd00::2', 'fd00::1', 128, 0, 1, pattern(8))));
    w.fake.dev.mtu = 3000;
    for (let i = 0; i < 100; i++) w.frame(packet);
    expect(w.take()).toEqual([]);
    expect(m.mib('Ip6InHdrErrors')).toBe(100);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });

  test('of fragments in fragments are refused at the second', () => {
    const { m, w } = machine();
    let inner: Uint8Array = icmp6('fd00::2', 'fd00::1', 128, 0, 1, pattern(8));
    let next = 58;
    for (let depth = 0; depth < 100; depth++) {
      inner = fragment(next, 0, false, depth, inner);
      next = 44;
    }
    w.inject({ next: 44 }, inner);
    const [answer] = w.take();
    expect([answer?.payload[0], answer?.payload[1]]).toEqual([4, 0]);
    expect(m.n6.frags.count).toBe(0);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});
