import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  csumAdd,
  csumBlockAdd,
  csumBlockSub,
  csumFold,
  csumPartial,
  csumPartialCopy,
  csumPartialCopyView,
  csumPartialView,
  csumReplace2,
  csumReplace4,
  csumSub,
} from '../../src/index.ts';

const PARAMETERS = { seed: 1071, numRuns: 400 };

/** RFC 1071 section 4.1, word for word: the folded sum, complemented. `sum` is added as two words. */
function naive(u8: Uint8Array, sum = 0): number {
  let s = (sum & 0xffff) + (sum >>> 16);
  for (let i = 0; i < u8.length; i += 2) s += u8[i]! * 256 + (u8[i + 1] ?? 0);
  while (s > 0xffff) s = (s % 0x10000) + Math.floor(s / 0x10000);
  return 0xffff - s;
}

const block = fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.nat(9), fc.nat(9));
const view = (u8: Uint8Array): DataView => new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
const dirty = (n: number): Uint8Array => new Uint8Array(n).fill(0xa5);

/** The data somewhere in a buffer, with other bytes before and behind. */
function place([data, before, behind]: [Uint8Array, number, number]): { u8: Uint8Array; off: number; len: number } {
  const u8 = dirty(before + data.length + behind);
  u8.set(data, before);
  return { u8, off: before, len: data.length };
}

it('all forms agree with RFC 1071, at every offset and length, going on from any sum', () => {
  fc.assert(
    fc.property(block, fc.integer(), (b, sum) => {
      const { u8, off, len } = place(b);
      const want = naive(b[0], sum);
      expect(csumFold(csumPartial(u8, off, len, sum))).toBe(want);
      expect(csumFold(csumPartialView(view(u8), off, len, sum))).toBe(want);
    }),
    PARAMETERS,
  );
});

it('results are int32', () => {
  fc.assert(
    fc.property(block, fc.integer(), (b, sum) => {
      const { u8, off, len } = place(b);
      for (const s of [csumPartial(u8, off, len, sum), csumPartialView(view(u8), off, len, sum)]) expect(s).toBe(s | 0);
    }),
    PARAMETERS,
  );
});

it('copies copy those bytes and no others, and sum them', () => {
  fc.assert(
    fc.property(block, fc.nat(9), fc.integer(), (b, dstOff, sum) => {
      const { u8, off, len } = place(b);
      const want = dirty(dstOff + len + 3);
      want.set(b[0], dstOff);
      const one = dirty(want.length);
      expect(csumFold(csumPartialCopy(u8, off, one, dstOff, len, sum))).toBe(naive(b[0], sum));
      expect(one).toEqual(want);
      const two = dirty(want.length);
      expect(csumFold(csumPartialCopyView(view(u8), off, view(two), dstOff, len, sum))).toBe(naive(b[0], sum));
      expect(two).toEqual(want);
    }),
    PARAMETERS,
  );
});

it('blocks add up wherever the data is cut, and can be taken out again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(120), (data, at) => {
      const cut = Math.min(at, data.length);
      const first = csumPartial(data, 0, cut, 0);
      const second = csumPartialView(view(data), cut, data.length - cut, 0);
      const sum = csumBlockAdd(first, second, cut);
      expect(csumFold(sum)).toBe(naive(data));
      // 0 and 0xffff are the same number to the sum, but which one comes out is free: compare the other way round.
      const back = csumFold(csumBlockSub(sum, second, cut));
      expect(back % 0xffff).toBe(csumFold(first) % 0xffff);
    }),
    PARAMETERS,
  );
});

it('sums of any bits add and subtract modulo 65535', () => {
  const value = (s: number): number => (s >>> 0) % 0xffff;
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      expect(value(csumAdd(a, b))).toBe((value(a) + value(b)) % 0xffff);
      expect(value(csumSub(a, b))).toBe((value(a) - value(b) + 0xffff) % 0xffff);
      expect(csumFold(a) % 0xffff).toBe((0xffff - value(a)) % 0xffff);
    }),
    PARAMETERS,
  );
});

it('an updated checksum still verifies', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 40 }), fc.nat(3), fc.integer(), (data, word, value) => {
      const u8 = data.slice(0, data.length & ~3);
      const v = view(u8);
      const check = naive(u8);
      const at = Math.min(word * 4, u8.length - 4);
      const old = v.getInt32(at);
      v.setInt32(at, value);
      // The data with a right checksum sums to 0xffff, so what is left is 0.
      expect(naive(u8, csumReplace4(check, old, value))).toBe(0);
      const half = v.getUint16(at);
      const check2 = naive(u8);
      v.setUint16(at, value & 0xffff);
      expect(naive(u8, csumReplace2(check2, half, value & 0xffff))).toBe(0);
    }),
    PARAMETERS,
  );
});
