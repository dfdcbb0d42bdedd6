import { describe, expect, it } from 'vitest';
import { HalfSipHash, SipHash } from '../src/index.ts';

// The published test vectors of the reference implementation (Aumasson and Bernstein, CC0): input 00 01 02 ... of
// lengths 0 to 63, key 00 01 02 ... ; the hash's bytes in little-endian order.
const SIPHASH_2_4 = `
  310e0edd47db6f72 fd67dc93c539f874 5a4fa9d909806c0d 2d7efbd796666785 b7877127e09427cf 8da699cd64557618
  cee3fe586e46c9cb 37d1018bf50002ab 6224939a79f5f593 b0e4a90bdf82009e f3b9dd94c5bb5d7a a7ad6b22462fb3f4
  fbe50e86bc8f1e75 903d84c02756ea14 eef27a8e90ca23f7 e545be4961ca29a1 db9bc2577fcc2a3f 9447be2cf5e99a69
  9cd38d96f0b3c14b bd6179a71dc96dbb 98eea21af25cd6be c7673b2eb0cbf2d0 883ea3e395675393 c8ce5ccd8c030ca8
  94af49f6c650adb8 eab8858ade92e1bc f315bb5bb835d817 adcf6b0763612e2f a5c91da7acaa4dde 716595876650a2a6
  28ef495c53a387ad 42c341d8fa92d832 ce7cf2722f512771 e37859f94623f3a7 381205bb1ab0e012 ae97a10fd434e015
  b4a31508beff4d31 81396229f0907902 4d0cf49ee5d4dcca 5c73336a76d8bf9a d0a704536ba93e0e 925958fcd6420cad
  a915c29bc8067318 952b79f3bc0aa6d4 f21df2e41d4535f9 87577519048f53a9 10a56cf5dfcd9adb eb75095ccd986cd0
  51a9cb9ecba312e6 96afadfc2ce666c7 72fe52975a4364ee 5a1645b276d592a1 b274cb8ebf87870a 6f9bb4203de7b381
  eaecb2a30b22a87f 9924a43cc1315724 bd838d3aafbf8db7 0b1a2a3265d51aea 135079a3231ce660 932b2846e4d70666
  e1915f5cb1eca46c f325965ca16d629f 575ff28e60381be5 724506eb4c328a95`;
const HALFSIPHASH_2_4 = `
  a9359f5b 27475ab8 fa62a603 8afee704 2a6e4689 c5fab669 5863fc23 8bcf63c5 d0b8848f f806e779 94b07934 08083050
  57f0872f 77e663ff d6fff87c 74fe2b97 d9b5ac84 c474645b 465b8d9b 7befe387 e34d1045 613f62b3 70f367fe e6adb8bd
  27400c63 26787875 4f567b5f 3ab0e669 b0644000 ff670fb4 509e338b 5d589f1a fee72112 33753259 6a434f8c fe28b729
  e75cc6ec 697e8d54 63688b0f 650b62b4 b6bc1840 5d074505 2442fd2e 7bb7863a 7705d548 d75208b1 b6d499c8 0892202e
  69e12ce3 8db580e5 369764c6 016e0204 3b85f3d4 fedb66be 1e692a3a c68984c0 a5c5b940 9be9e88c 7dbc8140 7c078ec5
  d4e76c73 428fcbb9 bd83997a 59ea4a74`;

const key = Uint8Array.from({ length: 16 }, (_, i) => i);
const input = Uint8Array.from({ length: 64 }, (_, i) => i);
const words = (text: string): string[] => text.trim().split(/\s+/);

function bytes(...ints: number[]): string {
  const view = new DataView(new ArrayBuffer(4 * ints.length));
  ints.forEach((x, i) => view.setInt32(4 * i, x, true));
  return Array.from(new Uint8Array(view.buffer), (b) => b.toString(16).padStart(2, '0')).join('');
}

describe('SipHash-2-4', () => {
  it('gives the published hashes', () => {
    const hash = new SipHash(key);
    const got = Array.from({ length: 64 }, (_, len) => (hash.hash(input, 0, len), bytes(hash.lo, hash.hi)));
    expect(got).toEqual(words(SIPHASH_2_4));
  });

  it('takes bytes from anywhere, and words as their bytes', () => {
    const hash = new SipHash(key);
    const shifted = new Uint8Array(80).fill(255);
    shifted.set(input, 3);
    expect(hash.hash(shifted, 3, 29)).toBe(hash.hash(input, 0, 29));
    const view = new DataView(new ArrayBuffer(16));
    [0x12345678, -2, 0x7fffffff, -0x80000000].forEach((x, i) => view.setInt32(4 * i, x, true));
    const u8 = new Uint8Array(view.buffer);
    const three = hash.hash3(0x12345678, -2, 0x7fffffff);
    expect(hash.hash(u8, 0, 12)).toBe(three);
    const four = hash.hash4(0x12345678, -2, 0x7fffffff, -0x80000000);
    expect(hash.hash(u8, 0, 16)).toBe(four);
    expect(hash.lo).toBe(four);
  });

  it('wants a key of 16 bytes', () => {
    expect(() => new SipHash(new Uint8Array(15))).toThrow('a key of 15 bytes');
  });
});

describe('HalfSipHash', () => {
  it('gives the published hashes for 2 and 4 rounds', () => {
    const hash = new HalfSipHash(key, 2, 4);
    const got = Array.from({ length: 64 }, (_, len) => bytes(hash.hash(input, 0, len)));
    expect(got).toEqual(words(HALFSIPHASH_2_4));
  });

  it('has 1 and 3 rounds by default', () => {
    const byDefault = new HalfSipHash(key);
    const oneThree = new HalfSipHash(key, 1, 3);
    const twoFour = new HalfSipHash(key, 2, 4);
    expect(byDefault.hash(input, 5, 20)).toBe(oneThree.hash(input, 5, 20));
    expect(byDefault.hash(input, 5, 20)).not.toBe(twoFour.hash(input, 5, 20));
  });

  it('takes words as their bytes', () => {
    const hash = new HalfSipHash(key);
    const view = new DataView(new ArrayBuffer(16));
    [1, -2, 3, 0x7fffffff].forEach((x, i) => view.setInt32(4 * i, x, true));
    const u8 = new Uint8Array(view.buffer);
    expect(hash.hash3(1, -2, 3)).toBe(hash.hash(u8, 0, 12));
    expect(hash.hash4(1, -2, 3, 0x7fffffff)).toBe(hash.hash(u8, 0, 16));
    expect(() => new HalfSipHash(new Uint8Array(7))).toThrow('a key of 7 bytes');
  });
});
