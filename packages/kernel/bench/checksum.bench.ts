// Run: vitest bench packages/kernel. Read the ratios, not the numbers.
import { bench, describe } from 'vitest';
import { crc32c, csumPartial, csumPartialCopy, csumPartialCopyView, csumPartialView, HalfSipHash, jhash3words, Rng, SipHash } from '../src/index.ts';

const src = new Uint8Array(65_536);
new Rng(1).stream('bench').fill(src);
const dst = new Uint8Array(65_536);
const srcView = new DataView(src.buffer);
const dstView = new DataView(dst.buffer);

for (const len of [20, 1460, 65_536]) {
  // Enough work in each call that the harness does not count.
  const times = Math.ceil(65_536 / len);
  const many = (name: string, fn: () => void): void =>
    bench(name, () => {
      for (let i = 0; i < times; i++) fn();
    });
  describe(`sum of ${len} bytes, ${times} times`, () => {
    many('csumPartialView', () => void csumPartialView(srcView, 0, len, 0));
    many('csumPartial', () => void csumPartial(src, 0, len, 0));
    many('16-bit words, plainly', () => {
      let s = 0;
      for (let i = 0; i < len; i += 2) s += srcView.getUint16(i);
      return void s;
    });
    many('crc32c, for comparison', () => void crc32c(src, 0, len));
  });
  describe(`copy and sum of ${len} bytes, ${times} times`, () => {
    many('csumPartialCopyView', () => void csumPartialCopyView(srcView, 0, dstView, 0, len, 0));
    many('csumPartialCopy', () => void csumPartialCopy(src, 0, dst, 0, len, 0));
    many('set of a subarray, then csumPartialView', () => {
      dst.set(src.subarray(0, len));
      csumPartialView(dstView, 0, len, 0);
    });
  });
}

describe('hash of three words, 1,000 times', () => {
  const key = new Uint8Array(16);
  const sip = new SipHash(key);
  const half = new HalfSipHash(key);
  let x = 0;
  bench('jhash3words', () => {
    for (let i = 0; i < 1000; i++) x ^= jhash3words(i, 2, 3, x);
  });
  bench('HalfSipHash', () => {
    for (let i = 0; i < 1000; i++) x ^= half.hash3(i, 2, x);
  });
  bench('SipHash', () => {
    for (let i = 0; i < 1000; i++) x ^= sip.hash3(i, 2, x);
  });
});
