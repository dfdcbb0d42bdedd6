/** Harmed batches: an errno or a ruleset, never an exception; what is taken runs, and what is refused leaves nothing behind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NF_ACCEPT, NF_INET_FORWARD } from '@linnet/netdev';
import { NFT_JUMP, NFT_META_IIFNAME, NFT_META_L4PROTO, NFT_META_MARK } from '@linnet/uapi';
import { icmp, tcp, udp } from '../harness.ts';
import { batch, chain, cmp, counter, imm, type Message, meta, NftBox, payload, rule, table, verdict } from '../nft-harness.ts';

const set: Message = { msg: 9, put: (w) => { w.putString(1, 't'); w.putString(2, 's'); w.putBe32(3, 0); w.putBe32(4, 13); w.putBe32(5, 2); w.putBe32(10, 1); } };
const elem: Message = {
  msg: 12,
  put: (w) => { w.putString(1, 't'); w.putString(2, 's'); w.nestStart(3); w.nestStart(1); w.nestStart(1); w.putBytes(1, Uint8Array.of(0, 53)); w.nestEnd(); w.nestEnd(); w.nestEnd(); },
};
const GOOD = batch([
  table('t'), chain('t', 'c'), chain('t', 'f', NF_INET_FORWARD), chain('t', 'p', 0, 'nat', -100), set, elem,
  rule('t', 'c', meta(NFT_META_L4PROTO), cmp(0, 17), payload(2, 2, 2), ['lookup', (w) => { w.putString(1, 's'); w.putBe32(2, 1); }], counter, verdict(NF_ACCEPT)),
  rule('t', 'f', payload(1, 12, 4), ['bitwise', (w) => { w.putBe32(1, 1); w.putBe32(2, 1); w.putBe32(3, 4); for (const t of [4, 5]) { w.nestStart(t); w.putBytes(1, Uint8Array.of(255, 255, 0, 0)); w.nestEnd(); } }], cmp(1, 0, 0, 0, 0), verdict(NFT_JUMP, 'c')),
  rule('t', 'f', meta(NFT_META_IIFNAME), imm(1, 0, 0, 0), ['meta', (w) => { w.putBe32(3, 1); w.putBe32(2, NFT_META_MARK); }], ['limit', (w) => { for (const t of [1, 2]) { const o = w.reserveAttr(t, 8); w.view.setUint32(o + 4, 1); } w.putBe32(3, 5); }], ['ct', (w) => { w.putBe32(1, 9); w.putBe32(2, 2); }]),
  rule('t', 'f', ['exthdr', (w) => { w.putBe32(1, 1); w.putU8(2, 2); w.putBe32(3, 2); w.putBe32(4, 2); w.putBe32(6, 1); }], ['dynset', (w) => { w.putString(1, 's'); w.putBe32(3, 0); w.putBe32(4, 1); }], ['numgen', (w) => { w.putBe32(1, 1); w.putBe32(2, 3); w.putBe32(3, 0); }], ['reject', (w) => { w.putBe32(1, 0); w.putU8(2, 3); }]),
]);

test('harmed batches', () => {
  let taken = 0;
  const byte = fc.tuple(fc.nat(GOOD.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 3, 4, 8, 12, 16, 20, 127, 255)));
  const box = new NftBox();
  const flush = batch([{ msg: 2, flags: 0, put: () => undefined }], 0);
  fc.assert(fc.property(fc.array(byte, { minLength: 0, maxLength: 4 }), fc.option(fc.nat(GOOD.length), { freq: 8 }), (list, cut) => {
    const b = GOOD.slice();
    for (const [at, v] of list) b[at] = v;
    box.raw(cut === null ? b : b.slice(0, cut));
    if (box.rules().length > 0) taken++;
    for (const p of [tcp('10.1.0.2', 1, '203.0.113.2', 2, 'S', 1, 0, 0, 100, [2, 4, 5, 180]), udp('10.1.0.2', 1, '203.0.113.2', 53), icmp('10.1.0.2', '203.0.113.2', 8, 0, 1), tcp('10.1.0.2', 1, '203.0.113.2', 2, 'A', 2, 2, 10)]) box.lan.inject(p);
    box.wan.take();
    box.lan.take();
    box.raw(flush);
    expect(box.rules()).toEqual([]);
  }), { seed: 11, numRuns: 1200 });
  expect(taken).toBeGreaterThan(50);
  expect(box.end()).toBe(0);
});
