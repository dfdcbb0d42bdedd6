import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32, crc32c } from '../src/index.ts';

const ascii = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');

/** A bit at a time, from the definition. */
function slow(polynomial: number, u8: Uint8Array): number {
  let x = -1;
  for (const byte of u8) {
    x ^= byte;
    for (let i = 0; i < 8; i++) x = (x & 1) !== 0 ? (x >>> 1) ^ polynomial : x >>> 1;
  }
  return ~x;
}

describe('crc32', () => {
  it('has the check value of its definition', () => {
    expect(hex(crc32(ascii('123456789'), 0, 9))).toBe('cbf43926');
  });

  it('agrees with gzip’s', () => {
    const data = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) >> 3);
    const trailer = new DataView(new Uint8Array(zlib.gzipSync(data)).buffer);
    expect(crc32(data, 0, 1000)).toBe(trailer.getInt32(trailer.byteLength - 8, true));
  });
});

describe('crc32c', () => {
  it('has the check value of its definition', () => {
    expect(hex(crc32c(ascii('123456789'), 0, 9))).toBe('e3069283');
  });

  it('has the values of RFC 3720 appendix B.4', () => {
    // There they stand as bytes, the low one first.
    const up = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(hex(crc32c(new Uint8Array(32), 0, 32))).toBe('8a9136aa');
    expect(hex(crc32c(new Uint8Array(32).fill(255), 0, 32))).toBe('62a8ab43');
    expect(hex(crc32c(up, 0, 32))).toBe('46dd794e');
    expect(hex(crc32c(up.toReversed(), 0, 32))).toBe('113fdb5c');
    const read = new Uint8Array(48);
    const view = new DataView(read.buffer);
    view.setUint32(0, 0x01c00000);
    view.setUint32(16, 0x14000000);
    view.setUint32(20, 0x00000400);
    view.setUint32(24, 0x00000014);
    view.setUint32(28, 0x00000018);
    view.setUint32(32, 0x28000000);
    view.setUint32(40, 0x02000000);
    expect(hex(crc32c(read, 0, 48))).toBe('d9963a56');
  });
});

describe('both', () => {
  it('agree with the definition for all lengths and offsets, and go on from what came before', () => {
    const data = Uint8Array.from({ length: 60 }, (_, i) => Math.imul(i + 3, 0x9e37) >> 5);
    for (const [fast, polynomial] of [
      [crc32, 0xedb88320],
      [crc32c, 0x82f63b78],
    ] as const) {
      for (let off = 0; off < 9; off++) {
        for (let len = 0; len < 40; len++) {
          const want = slow(polynomial, data.subarray(off, off + len));
          const half = len >> 1;
          const got = fast(data, off, len);
          const inTwo = fast(data, off + half, len - half, fast(data, off, half));
          if (got !== want || inTwo !== want) expect.fail(`offset ${off}, length ${len}: ${got}, ${inTwo}, not ${want}`);
        }
      }
      expect(fast(data, 0, 0)).toBe(0);
    }
  });
});
