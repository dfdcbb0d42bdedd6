import { describe, expect, it } from 'vitest';
import { tfoCookie, tfoKeysText, tfoOptionLen, tfoParseKeys, tfoParseOption, tfoWriteOption } from '../src/tcp-fastopen-option.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (h) => Number.parseInt(h, 16));

describe('cookies of Fast Open', () => {
  // What a real kernel gives to 192.0.2.1 at 192.168.0.1, and to fd3d:fa7b:d17d::1 at fd3d:a0b:17d6::1, with this key.
  const keys = tfoParseKeys('a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4')!;
  it.each([
    ['c0000201c0a80001', '3021b9d889017eeb'],
    ['fd3dfa7bd17d00000000000000000001fd3d0a0b17d600000000000000000001', 'c1d1e9742a47a9bc'],
  ])('are those of a real kernel (%s)', (addresses, cookie) => {
    const a = bytes(addresses);
    expect(tfoCookie(keys.first, a, a.length)).toEqual(bytes(cookie));
  });

  it('keys are written as they are read, one or two', () => {
    for (const text of ['a0bf63f7-ed803d81-cd641d30-cebc4a90', '00000001-00000002-00000003-00000004,a0bf63f7-ed803d81-cd641d30-cebc4a90']) expect(tfoKeysText(tfoParseKeys(text)!)).toBe(text);
    // Each word is little-endian, as TCP_FASTOPEN_KEY has it.
    expect([...tfoParseKeys('a0bf63f7-0-0-0')!.bytes.subarray(0, 4)]).toEqual([0xf7, 0x63, 0xbf, 0xa0]);
    for (const text of ['', 'x', '1-2-3', '1-2-3-4-5', '1-2-3-4,5-6-7-8,9-a-b-c', '123456789-0-0-0']) expect(tfoParseKeys(text)).toBeNull();
  });
});

describe('the option', () => {
  it.each([['', false], ['01020304', false], ['0102030405060708', true], ['000102030405060708090a0b0c0d0e0f', false]])('is read as it was written (%s, experimental %s)', (cookie, exp) => {
    const header = new Uint8Array(60);
    const v = new DataView(header.buffer);
    tfoWriteOption(v, 20, bytes(cookie), exp);
    const len = 20 + tfoOptionLen(bytes(cookie), exp);
    expect(len % 4).toBe(0);
    expect(tfoParseOption(v, 0, len)).toMatchObject({ cookie: bytes(cookie), exp });
  });

  it('with a cookie of a forbidden length is none', () => {
    for (const n of [1, 2, 3, 5, 17, 18]) {
      const v = new DataView(new ArrayBuffer(60));
      v.setUint8(20, 34);
      v.setUint8(21, 2 + n);
      expect(tfoParseOption(v, 0, 44).cookie, String(n)).toBeNull();
    }
    // Cut off.
    const v = new DataView(new ArrayBuffer(60));
    v.setUint8(20, 34);
    v.setUint8(21, 10);
    expect(tfoParseOption(v, 0, 24).cookie).toBeNull();
  });
});
