import { expect, test } from 'vitest';
import { dropReasonName } from '@linnet/skbuff';
import { IPPROTO_ICMPV6, SOCK_RAW } from '@linnet/uapi';
import { concat, ip6Packet, Machine, pattern, Sk } from './harness.ts';

test('what was learned about paths is forgotten in time, though nobody asks', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.route('2001:db8::/32', { via: 'fd00::2' });
  const s = new Sk(m, SOCK_RAW, IPPROTO_ICMPV6);
  s.send(concat(new Uint8Array([128, 0, 0, 0, 0, 1, 0, 1]), pattern(1400)), '2001:db8::1');
  const sent = w.take()[0]!;
  w.icmp({ src: 'fd00::2', dst: 'fd00::1' }, 2, 0, 1300, sent.raw.slice(0, 1200));
  const kept = (): number => {
    let n = 0;
    for (const tb of m.n6.fibTables.values()) for (const f of tb.heads) for (const nh of f?.nhs ?? []) nh.exceptions?.forEach(() => n++);
    return n;
  };
  expect(kept()).toBe(1);
  m.advance(590);
  expect(kept()).toBe(1);
  m.advance(60);
  expect(kept()).toBe(0);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('identifications of fragments tell nothing of the next one', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const s = new Sk(m, SOCK_RAW, 253);
  const ids: number[] = [];
  for (let i = 0; i < 32; i++) {
    s.send(pattern(2000), 'fd00::2');
    const p = w.take()[0]!.payload;
    ids.push(new DataView(p.buffer, p.byteOffset).getUint32(4));
  }
  expect(new Set(ids).size).toBe(32);
  // A counter, however it counts, stays near where it was.
  expect(ids.slice(1).filter((id, i) => Math.abs(id - ids[i]!) < 2 ** 24)).toHaveLength(0);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('packets with addresses that cannot come in say which one is to blame', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const why = (src: string, dst: string): string => {
    const reasons: string[] = [];
    m.pool.onDrop = (_skb, reason): void => void reasons.push(dropReasonName(reason));
    w.frame(ip6Packet({ src, dst, next: 59 }, new Uint8Array(0)), new Uint8Array(w.mac));
    m.pool.onDrop = null;
    return reasons.join();
  };
  expect([why('ff02::1', 'fd00::1'), why('::1', 'fd00::1')]).toEqual(['IP_INVALID_SOURCE', 'IP_INVALID_SOURCE']);
  expect([why('fd00::2', '::1'), why('fd00::2', 'ff00::1'), why('fd00::2', 'ff01::1')]).toEqual(['IP_INVALID_DEST', 'IP_INVALID_DEST', 'IP_INVALID_DEST']);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
