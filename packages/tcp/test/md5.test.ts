import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Md5, MD5_LEN, md5Final, md5Init, md5Update, md5Word } from '../src/md5.ts';

const hex = (u8: Uint8Array): string => Array.from(u8, (b) => b.toString(16).padStart(2, '0')).join('');

/** The digest of bytes that are given in pieces of `step`. */
function md5(u8: Uint8Array, step: number = u8.length): string {
  const m = new Md5();
  const out = new Uint8Array(MD5_LEN + 2);
  md5Init(m);
  for (let i = 0; i < u8.length; i += step) md5Update(m, u8, i, Math.min(step, u8.length - i));
  md5Final(m, out, 1);
  expect([out[0], out[17]]).toEqual([0, 0]);
  return hex(out.slice(1, 17));
}

describe('MD5 (RFC 1321)', () => {
  it.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
    ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
    ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', '57edf4a22be3c955ac49da2e2107b67a'],
  ])('appendix A.5: %s', (text, want) => {
    expect(md5(new TextEncoder().encode(text))).toBe(want);
  });

  it('of every length around a block, in pieces of any size, is what OpenSSL says', () => {
    for (let n = 0; n < 200; n++) {
      const u8 = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 0xff);
      const want = createHash('md5').update(u8).digest('hex');
      expect([md5(u8), md5(u8, 1), md5(u8, 63), md5(u8, 65)]).toEqual([want, want, want, want]);
    }
  });

  it('takes words in network order', () => {
    const m = new Md5();
    const out = new Uint8Array(MD5_LEN);
    md5Init(m);
    md5Word(m, 0x80010203 | 0);
    md5Final(m, out, 0);
    expect(hex(out)).toBe(createHash('md5').update(Uint8Array.of(0x80, 1, 2, 3)).digest('hex'));
  });
});
