import { describe, expect, it } from 'vitest';
import {
  csumAdd,
  csumFold,
  csumIpv6Magic,
  csumPartial,
  csumPartialCopyView,
  csumPartialView,
  csumReplace2,
  csumReplace4,
  csumSub,
  csumTcpudpMagic,
  csumUnfold,
  ipComputeCsum,
  ipFastCsum,
  ipFastCsumView,
} from '../src/index.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.replace(/\s/g, '').match(/../g) ?? [], (h) => Number.parseInt(h, 16));
const view = (u8: Uint8Array): DataView => new DataView(u8.buffer, u8.byteOffset, u8.byteLength);

describe('the Internet checksum', () => {
  it('of the example in RFC 1071 section 3', () => {
    const u8 = bytes('00 01 f2 03 f4 f5 f6 f7');
    expect(csumFold(csumPartial(u8, 0, 8, 0))).toBe(~0xddf2 & 0xffff);
    expect(csumFold(csumPartialView(view(u8), 0, 8, 0))).toBe(0x220d);
    expect(ipComputeCsum(u8, 0, 8)).toBe(0x220d);
  });

  it('of an IPv4 header from the wire', () => {
    const header = bytes('4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7');
    expect(ipFastCsum(header, 0, 5)).toBe(0xb861);
    expect(ipFastCsumView(view(header), 0, 5)).toBe(0xb861);
    view(header).setUint16(10, 0xb861);
    expect(ipFastCsum(header, 0, 5)).toBe(0);
    expect(ipFastCsumView(view(header), 0, 5)).toBe(0);
    header[1] = 1;
    expect(ipFastCsum(header, 0, 5)).not.toBe(0);
  });

  it('of headers with options', () => {
    const header = new Uint8Array(66).map((_, i) => i * 5);
    for (let ihl = 5; ihl <= 15; ihl++) {
      expect(ipFastCsum(header, 3, ihl)).toBe(ipComputeCsum(header, 3, 4 * ihl));
      expect(ipFastCsumView(view(header), 3, ihl)).toBe(ipComputeCsum(header, 3, 4 * ihl));
    }
  });

  it('of UDP and TCP, with the pseudo header laid out as RFC 9293 section 3.1 and RFC 8200 section 8.1 show it', () => {
    const data = bytes('dead beef 0035 0400 01');
    const [s4, d4] = [0xc0a80001 | 0, 0xfffefdfc];
    const pseudo4 = new Uint8Array(12 + data.length);
    view(pseudo4).setInt32(0, s4);
    view(pseudo4).setUint32(4, d4);
    pseudo4[9] = 17;
    view(pseudo4).setUint16(10, data.length);
    pseudo4.set(data, 12);
    expect(csumTcpudpMagic(s4, d4, data.length, 17, csumPartial(data, 0, data.length, 0))).toBe(ipComputeCsum(pseudo4, 0, pseudo4.length));

    const s6 = Uint8Array.from({ length: 17 }, (_, i) => 255 - i);
    const d6 = Uint8Array.from({ length: 18 }, (_, i) => i * 13);
    const pseudo6 = new Uint8Array(40 + data.length);
    pseudo6.set(s6.subarray(1), 0);
    pseudo6.set(d6.subarray(2), 16);
    view(pseudo6).setUint32(32, data.length);
    pseudo6[39] = 6;
    pseudo6.set(data, 40);
    expect(csumIpv6Magic(s6, 1, d6, 2, data.length, 6, csumPartial(data, 0, data.length, 0))).toBe(ipComputeCsum(pseudo6, 0, pseudo6.length));
  });

  it('of lengths beyond 16 bits in the pseudo header (IPv6 jumbograms)', () => {
    const zero = new Uint8Array(16);
    const pseudo = new Uint8Array(40);
    view(pseudo).setUint32(32, 0x12345);
    pseudo[39] = 17;
    expect(csumIpv6Magic(zero, 0, zero, 0, 0x12345, 17, 0)).toBe(ipComputeCsum(pseudo, 0, 40));
  });

  it('after a change, as in RFC 1624 section 4', () => {
    // HC = 0xdd2f, m = 0x5555, m' = 0x3285: the old equation failed here, giving 0xffff.
    expect(csumReplace2(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
    expect(csumReplace4(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  it('folds and unfolds', () => {
    for (const check of [0, 1, 0x220d, 0xffff]) expect(csumFold(csumUnfold(check))).toBe(check);
    expect(csumFold(0)).toBe(0xffff);
    expect(csumFold(-1)).toBe(0);
  });

  it('adds with the carry going round', () => {
    expect(csumAdd(-1, 1)).toBe(1);
    expect(csumAdd(0x7fffffff, 1) >>> 0).toBe(0x80000000);
    expect(csumAdd(-2, -2) >>> 0).toBe(0xfffffffd);
    expect(csumFold(csumSub(csumAdd(0x12345678, 0x3333), 0x3333))).toBe(csumFold(0x12345678));
  });

  it('of the longest packets, all bits set', () => {
    const u8 = new Uint8Array(1 << 20).fill(255);
    expect(csumFold(csumPartial(u8, 0, u8.length, 0))).toBe(0);
    expect(csumFold(csumPartialView(view(u8), 0, u8.length, 0))).toBe(0);
    expect(csumFold(csumPartial(u8, 1, u8.length - 1, 0))).toBe(csumFold(0xff00));
    expect(csumFold(csumPartialView(view(u8), 1, u8.length - 1, 0))).toBe(csumFold(0xff00));
  });

  it('copies long pieces as well as short ones, to and from the middle of buffers', () => {
    const src = new Uint8Array(70_000).map((_, i) => (i * 31) >> 2);
    for (const len of [4095, 4096, 4097, 65_535]) {
      const dst = new Uint8Array(70_000);
      const sum = csumPartialCopyView(view(src.subarray(5)), 2, view(dst.subarray(9)), 4, len, 1234);
      expect(csumFold(sum)).toBe(csumFold(csumPartial(src, 7, len, 1234)));
      const want = new Uint8Array(70_000);
      want.set(src.subarray(7, 7 + len), 13);
      expect(Buffer.compare(dst, want)).toBe(0);
    }
  });
});
