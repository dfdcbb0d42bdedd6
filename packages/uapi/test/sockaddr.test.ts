import { describe, expect, it } from 'vitest';
import {
  AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, ETH_P_IP, in4FromString, in6FromString, isSockAddrIn, isSockAddrIn6, isSockAddrLl, isSockAddrNl,
  isSockAddrUn, sockaddrDecode, sockaddrEncode, sockaddrIn, sockaddrIn6,
} from '../src/index.ts';
import type { SockAddrLl, SockAddrNl, SockAddrUn } from '../src/index.ts';

const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');
const bytes = (s: string): Uint8Array => Uint8Array.from(Buffer.from(s, 'hex'));
const un = (path: string): SockAddrUn => ({ family: AF_UNIX, path: Uint8Array.from(Buffer.from(path, 'latin1')) });

describe('socket addresses', () => {
  it('are laid out as x86-64 Linux lays them out', () => {
    expect(hex(sockaddrEncode(sockaddrIn(in4FromString('192.0.2.1')!, 8080)))).toBe('02001f90c00002010000000000000000');
    expect(hex(sockaddrEncode(sockaddrIn6(in6FromString('fe80::1')!, 443, 3, 0x12345)))).toBe('0a0001bb00012345fe80000000000000000000000000000103000000');
    expect(hex(sockaddrEncode({ family: AF_NETLINK, pid: 4242, groups: 0x11 } as SockAddrNl))).toBe('100000009210000011000000');
    const ll: SockAddrLl = { family: AF_PACKET, protocol: ETH_P_IP, ifindex: 2, hatype: 1, pkttype: 4, addr: bytes('02000000000a') };
    expect(hex(sockaddrEncode(ll))).toBe('11000800020000000100040602000000000a0000');
    expect(hex(sockaddrEncode({ family: 0 }))).toBe('0000');
  });

  it('decode to what was encoded', () => {
    const all = [
      sockaddrIn(-1, 65535), sockaddrIn6(in6FromString('2001:db8::1')!, 1, 4_000_000_000, 7), un(''), un('/run/x'), un('\0abstract\0name'),
      { family: AF_NETLINK, pid: 0xffffffff, groups: 0x80000000 } as SockAddrNl,
      { family: AF_PACKET, protocol: 3, ifindex: 7, hatype: 1, pkttype: 0, addr: bytes('0102030405060708') } as SockAddrLl,
    ];
    for (const sa of all) expect(sockaddrDecode(sockaddrEncode(sa))).toEqual(sa);
    expect(all.map((sa) => [isSockAddrIn(sa), isSockAddrIn6(sa), isSockAddrUn(sa), isSockAddrNl(sa), isSockAddrLl(sa)].indexOf(true))).toEqual([0, 1, 2, 2, 2, 3, 4]);
  });

  it('of AF_UNIX end where unix(7) says', () => {
    expect(hex(sockaddrEncode(un('/a')))).toBe('01002f6100');
    expect(hex(sockaddrEncode(un('\0a')))).toBe('01000061'); // abstract: no NUL behind, every byte counts
    expect(sockaddrDecode(bytes('01002f610000002f62'))).toEqual(un('/a'));
    expect(sockaddrDecode(bytes('01002f61'))).toEqual(un('/a'));
    expect(hex(sockaddrEncode(un('x'.repeat(108))))).toBe(`0100${'78'.repeat(108)}`);
    expect(() => sockaddrEncode(un('x'.repeat(109)))).toThrow(/^sa\.path: /);
  });

  it('that are too short are refused, and so are families without a codec', () => {
    for (const [family, least] of [[AF_INET, 16], [AF_INET6, 24], [AF_NETLINK, 12], [AF_PACKET, 20]] as const) {
      const long = new Uint8Array(128);
      long[0] = family;
      expect(sockaddrDecode(long.subarray(0, least - 1)), `family ${family}`).toBeNull();
      expect(sockaddrDecode(long.subarray(0, least))?.family).toBe(family);
      expect(sockaddrDecode(long)?.family).toBe(family);
    }
    expect(sockaddrDecode(bytes('02'))).toBeNull();
    expect(sockaddrDecode(bytes('63000000'))).toBeNull();
    expect(sockaddrDecode(new Uint8Array(111).fill(1, 0, 1))).toBeNull();
    const room = bytes('110008000200000001000000' + '02000000000a0000');
    expect(sockaddrDecode(room)).toMatchObject({ addr: new Uint8Array(0), room: bytes('02000000000a0000') });
    const tooLongMac = new Uint8Array(20);
    tooLongMac[0] = AF_PACKET;
    tooLongMac[11] = 9;
    expect(sockaddrDecode(tooLongMac)).toBeNull();
    expect(() => sockaddrEncode({ family: AF_PACKET, protocol: 0, ifindex: 0, hatype: 0, pkttype: 0, addr: new Uint8Array(9) } as SockAddrLl)).toThrow(/^sa\.addr: /);
  });

  it('own their bytes', () => {
    const raw = sockaddrEncode(un('/a'));
    const sa = sockaddrDecode(raw) as SockAddrUn;
    raw.fill(0xff);
    expect(sa).toEqual(un('/a'));
  });
});
