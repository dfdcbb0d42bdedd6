import { describe, expect, it } from 'vitest';
import { jhash, jhash1word, jhash2, jhash2words, jhash3words } from '../src/index.ts';

const ascii = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');

describe('jhash', () => {
  it('gives the values that lookup3’s own text gives for hashlittle()', () => {
    expect(hex(jhash(ascii(''), 0, 0, 0))).toBe('deadbeef');
    expect(hex(jhash(ascii(''), 0, 0, 0xdeadbeef))).toBe('bd5b7dde');
    const text = ascii('Four score and seven years ago');
    expect(hex(jhash(text, 0, 30, 0))).toBe('17770551');
    expect(hex(jhash(text, 0, 30, 1))).toBe('cd628161');
  });

  it('reads no byte beyond its length', () => {
    for (let len = 0; len <= 40; len++) {
      const a = new Uint8Array(48).fill(0xaa);
      const b = new Uint8Array(48).fill(0x55);
      for (let i = 0; i < len; i++) a[i + 3] = b[i + 3] = i * 37;
      expect(jhash(a, 3, len, 7)).toBe(jhash(b, 3, len, 7));
    }
  });

  it('of words equals that of their little-endian bytes', () => {
    const words = Int32Array.from({ length: 20 }, (_, i) => Math.imul(i + 1, 0x9e3779b9));
    const u8 = new Uint8Array(80);
    const view = new DataView(u8.buffer);
    words.forEach((x, i) => view.setInt32(4 * i, x, true));
    for (let n = 0; n <= 17; n++) expect(jhash2(words, 2, n, -5)).toBe(jhash(u8, 8, 4 * n, -5));
    const [a, b, c] = words as unknown as [number, number, number];
    expect(jhash1word(a, 99)).toBe(jhash2(words, 0, 1, 99));
    expect(jhash2words(a, b, 99)).toBe(jhash2(words, 0, 2, 99));
    expect(jhash3words(a, b, c, 99)).toBe(jhash2(words, 0, 3, 99));
  });

  it('gives int32, also for unsigned words', () => {
    for (let i = 0; i < 100; i++) expect(jhash3words(i, 0xffffffff, 5, 1) | 0).toBe(jhash3words(i, -1, 5, 1));
  });
});
