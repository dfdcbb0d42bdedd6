import { describe, expect, it } from 'vitest';
import * as uapi from '../src/index.ts';
import {
  INADDR_BROADCAST, INADDR_LOOPBACK, INADDR_NONE, INET_ECN_CE, inetMakeMask, inetMaskLen, in4FromString, in4ToString, in6At, in6EqualAt, in6FromString, in6Load, in6Store, in6ToString,
  inetEcnEncapsulate, inetEcnIsCapable, inetEcnIsCe, inetEcnIsNotEct, ip6FlowHdr, ip6FlowLabel, ip6TrafficClass, ip6Version, ipDecreaseTtl, ipEcnSetCe,
  ipIsFragment, iphIhl, iphSetVersionIhl, iphVersion, ipoptCopied, ipv4IsLbcast, ipv4IsLinklocal169, ipv4IsLocalMulticast, ipv4IsLoopback,
  ipv4IsMulticast, ipv4IsReserved, ipv4IsZeronet, ipv6AddrAny, ipv6AddrEqual, ipv6AddrIsLinklocal, ipv6AddrIsMulticast, ipv6AddrLoopback, ipv6AddrV4mapped,
} from '../src/index.ts';

const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const a = (s: string): number => in4FromString(s)!;

/** The plain way: RFC 1071 over the whole header. */
function checksum(u8: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < u8.length; i += 2) sum += (u8[i]! << 8) | u8[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

type Get = (view: DataView, off: number) => number;
type Set = (view: DataView, off: number, value: number) => void;

/** Every accessor pair of a header: reads what is there, and writes nothing beside its own bytes. */
function accessors(header: string, fields: readonly (readonly [Get, Set, number, number, number])[]): void {
  const at = 3;
  for (const [get, set, off, size, expected] of fields) {
    const u8 = new Uint8Array(at + header.length / 2 + 1);
    u8.set(bytes(header), at);
    const view = new DataView(u8.buffer);
    expect(get(view, at), get.name).toBe(expected);
    const before = u8.slice();
    const other = size === 4 && expected < 0 ? 0x01020304 : size === 4 ? -2 : expected ^ 0x5a;
    set(view, at, other);
    expect(get(view, at) | 0, set.name).toBe(other);
    for (let i = 0; i < u8.length; i++) if (i < at + off || i >= at + off + size) expect(u8[i], set.name).toBe(before[i]);
  }
}

describe('IPv4 addresses', () => {
  it('are host-order int32', () => {
    expect(a('10.0.0.1')).toBe(0x0a000001);
    expect(a('255.255.255.255')).toBe(-1);
    expect([INADDR_BROADCAST, INADDR_NONE, INADDR_LOOPBACK]).toEqual([-1, -1, 0x7f000001]);
    expect(in4ToString(-1)).toBe('255.255.255.255');
    expect(in4ToString(0xffffffff)).toBe('255.255.255.255');
  });

  it('parse only as strict dotted quads', () => {
    for (const bad of ['', '1', '1.2.3', '1.2.3.4.5', '1.2.3.', '.1.2.3', '1..2.3', '01.2.3.4', '1.2.3.04', '256.1.1.1', '1.2.3.4 ', ' 1.2.3.4', '0x1.2.3.4', '1.2.3.-4', '1.2.3.٤']) {
      expect(in4FromString(bad), bad).toBeNull();
    }
    expect(in4FromString('0.0.0.0')).toBe(0);
  });

  it('belong to their blocks, to the last address', () => {
    expect(['223.255.255.255', '224.0.0.0', '239.255.255.255', '240.0.0.0'].map((s) => ipv4IsMulticast(a(s)))).toEqual([false, true, true, false]);
    expect(['223.255.255.255', '224.0.0.0', '224.0.0.255', '224.0.1.0'].map((s) => ipv4IsLocalMulticast(a(s)))).toEqual([false, true, true, false]);
    expect(['126.255.255.255', '127.0.0.0', '127.255.255.255', '128.0.0.0'].map((s) => ipv4IsLoopback(a(s)))).toEqual([false, true, true, false]);
    expect(['0.0.0.0', '0.255.255.255', '1.0.0.0'].map((s) => ipv4IsZeronet(a(s)))).toEqual([true, false, false]);
    expect(['239.255.255.255', '240.0.0.0', '255.255.255.254', '255.255.255.255', '0.0.0.1'].map((s) => ipv4IsReserved(a(s)))).toEqual([false, true, true, false, true]);
    expect(['169.253.255.255', '169.254.0.0', '169.254.255.255', '169.255.0.0'].map((s) => ipv4IsLinklocal169(a(s)))).toEqual([false, true, true, false]);
    expect([ipv4IsLbcast(-1), ipv4IsLbcast(0xffffffff), ipv4IsLbcast(-2)]).toEqual([true, true, false]);
  });

  it('have masks of 0 to 32 bits', () => {
    expect([0, 1, 8, 24, 31, 32].map((n) => in4ToString(inetMakeMask(n)))).toEqual(['0.0.0.0', '128.0.0.0', '255.0.0.0', '255.255.255.0', '255.255.255.254', '255.255.255.255']);
    for (let n = 0; n <= 32; n++) expect(inetMaskLen(inetMakeMask(n))).toBe(n);
  });
});

describe('the IPv4 header', () => {
  // A real header: DF, id 0x1c46, TCP, 172.16.10.99 to 172.16.10.12, checksum from RFC 1071.
  const HEADER = '45b8003c1c4640004006b12eac100a63ac100a0c';

  it('has accessors for every field', () => {
    accessors(HEADER, [
      [uapi.iphTos, uapi.iphSetTos, 1, 1, 0xb8],
      [uapi.iphTotLen, uapi.iphSetTotLen, 2, 2, 60],
      [uapi.iphId, uapi.iphSetId, 4, 2, 0x1c46],
      [uapi.iphFragOff, uapi.iphSetFragOff, 6, 2, uapi.IP_DF],
      [uapi.iphTtl, uapi.iphSetTtl, 8, 1, 64],
      [uapi.iphProtocol, uapi.iphSetProtocol, 9, 1, uapi.IPPROTO_TCP],
      [uapi.iphCheck, uapi.iphSetCheck, 10, 2, 0xb12e],
      [uapi.iphSaddr, uapi.iphSetSaddr, 12, 4, a('172.16.10.99')],
      [uapi.iphDaddr, uapi.iphSetDaddr, 16, 4, a('172.16.10.12')],
    ]);
    const view = new DataView(bytes(HEADER).buffer);
    expect([iphVersion(view, 0), iphIhl(view, 0)]).toEqual([4, 5]);
    iphSetVersionIhl(view, 0, 15);
    expect(view.getUint8(0)).toBe(0x4f);
  });

  it('knows fragments', () => {
    const view = new DataView(bytes(HEADER).buffer);
    const is = (frag: number): boolean => (uapi.iphSetFragOff(view, 0, frag), ipIsFragment(view, 0));
    expect([is(0), is(uapi.IP_DF), is(uapi.IP_MF), is(1), is(uapi.IP_OFFSET)]).toEqual([false, false, true, true, true]);
  });

  it('keeps its checksum right when the time to live goes down', () => {
    for (let id = 0; id < 0x10000; id += 251) {
      const u8 = bytes(HEADER);
      const view = new DataView(u8.buffer);
      uapi.iphSetId(view, 0, id);
      uapi.iphSetCheck(view, 0, 0);
      uapi.iphSetCheck(view, 0, checksum(u8));
      expect(ipDecreaseTtl(view, 0)).toBe(63);
      expect(checksum(u8), `id ${id}`).toBe(0);
    }
  });

  it('keeps its checksum right when CE is set', () => {
    for (let id = 0; id < 0x10000; id += 509) {
      for (const ecn of [1, 2]) {
        const u8 = bytes(HEADER);
        const view = new DataView(u8.buffer);
        uapi.iphSetId(view, 0, id);
        uapi.iphSetTos(view, 0, 0xb8 | ecn);
        uapi.iphSetCheck(view, 0, 0);
        uapi.iphSetCheck(view, 0, checksum(u8));
        expect(ipEcnSetCe(view, 0)).toBe(true);
        expect(uapi.iphTos(view, 0)).toBe(0xbb);
        expect(checksum(u8), `id ${id}`).toBe(0);
      }
    }
    const not = bytes(HEADER);
    expect(ipEcnSetCe(new DataView(not.buffer), 0)).toBe(false);
    expect(not).toEqual(bytes(HEADER));
  });

  it('has the ECN rules of RFC 3168 and RFC 6040', () => {
    expect([0, 1, 2, 3].map(inetEcnIsCapable)).toEqual([false, true, true, true]);
    expect([0, 1, 2, 3].map(inetEcnIsCe)).toEqual([false, false, false, true]);
    expect([0, 1, 2, 3].map(inetEcnIsNotEct)).toEqual([true, false, false, false]);
    expect(inetEcnEncapsulate(0xfc, INET_ECN_CE)).toBe(0xfe);
    expect(inetEcnEncapsulate(0x03, 0x01)).toBe(0x01);
  });

  it('knows which options every fragment carries', () => {
    expect([uapi.IPOPT_RR, uapi.IPOPT_LSRR, uapi.IPOPT_SSRR, uapi.IPOPT_TIMESTAMP, uapi.IPOPT_RA].map(ipoptCopied)).toEqual([false, true, true, false, true]);
  });
});

describe('IPv6', () => {
  it('prints as RFC 5952 wants', () => {
    const cases: [string, string][] = [
      ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'], // the first of two equal runs
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // one zero group is not shortened
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // the longer run
      ['2001:DB8::AAAA', '2001:db8::aaaa'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['fe80:0:0:0:0:0:0:0', 'fe80::'],
      ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
      ['::FFFF:C000:201', '::ffff:192.0.2.1'],
      ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
      ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
      ['1::8', '1::8'],
      ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ];
    for (const [from, to] of cases) expect(in6ToString(in6FromString(from)!), from).toBe(to);
  });

  it('refuses what is no address', () => {
    for (const bad of ['', ':', ':::', '1', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::', '1:', ':1', '::1.2.3', '::1.2.3.4.5', '1.2.3.4::', '1.2.3.4', 'fe80::1%eth0', '1:2:3:4:5:6:7:1.2.3.4']) {
      expect(in6FromString(bad), bad).toBeNull();
    }
  });

  it('knows kinds of addresses', () => {
    const p = (s: string): Int32Array => in6FromString(s)!;
    expect([ipv6AddrAny(p('::')), ipv6AddrAny(p('::1')), ipv6AddrLoopback(p('::1')), ipv6AddrLoopback(p('::2'))]).toEqual([true, false, true, false]);
    expect([ipv6AddrIsMulticast(p('ff02::1')), ipv6AddrIsMulticast(p('fe80::1'))]).toEqual([true, false]);
    expect([ipv6AddrIsLinklocal(p('fe80::1')), ipv6AddrIsLinklocal(p('febf::')), ipv6AddrIsLinklocal(p('fec0::'))]).toEqual([true, true, false]);
    expect([ipv6AddrV4mapped(p('::ffff:1.2.3.4')), ipv6AddrV4mapped(p('::1.2.3.4'))]).toEqual([true, false]);
    expect([ipv6AddrEqual(p('::1'), p('::1')), ipv6AddrEqual(p('1::1'), p('::1'))]).toEqual([true, false]);
  });

  it('are read, written and compared where they stand, at odd places too', () => {
    const b = bytes('ee20010db8fffffffe0000000080000001ee');
    const view = new DataView(b.buffer);
    const want = in6FromString('2001:db8:ffff:fffe::8000:1')!;
    expect(in6At(view, 1)).toEqual(want);
    const to = new Int32Array(4);
    in6Load(to, view, 1);
    expect(to).toEqual(want);
    expect(in6EqualAt(want, view, 1)).toBe(true);
    for (let i = 0; i < 4; i++) expect(in6EqualAt(want.map((w, k) => (k === i ? w ^ 1 : w)), view, 1)).toBe(false);
    const out = new Uint8Array(18).fill(0xee);
    in6Store(new DataView(out.buffer), 1, want);
    expect(out).toEqual(b);
  });

  it('has accessors for the header', () => {
    const HEADER = '6ab1234500283a40' + '20010db8000000000000000000000001' + 'fe8000000000000000000000000000ff';
    accessors(HEADER, [
      [uapi.ip6PayloadLen, uapi.ip6SetPayloadLen, 4, 2, 40],
      [uapi.ip6Nexthdr, uapi.ip6SetNexthdr, 6, 1, uapi.NEXTHDR_ICMP],
      [uapi.ip6HopLimit, uapi.ip6SetHopLimit, 7, 1, 64],
    ]);
    const view = new DataView(bytes(HEADER).buffer);
    expect([ip6Version(view, 0), ip6TrafficClass(view, 0), ip6FlowLabel(view, 0)]).toEqual([6, 0xab, 0x12345]);
    expect(in6ToString(Int32Array.from([0, 1, 2, 3], (i) => uapi.ip6Saddr(view, 0, i)))).toBe('2001:db8::1');
    expect(in6ToString(Int32Array.from([0, 1, 2, 3], (i) => uapi.ip6Daddr(view, 0, i)))).toBe('fe80::ff');
    ip6FlowHdr(view, 0, 0x0c, 0xfffff);
    expect(Buffer.from(view.buffer).toString('hex', 0, 4)).toBe('60cfffff');
    for (let i = 0; i < 4; i++) uapi.ip6SetDaddr(view, 0, i, i - 2);
    expect(Buffer.from(view.buffer).toString('hex', 24)).toBe('fffffffeffffffff0000000000000001');
    uapi.ip6SetSaddr(view, 0, 3, 7);
    expect(view.getInt32(20)).toBe(7);
  });
});

describe('messages above IP', () => {
  it('ICMP', () => {
    accessors('0304abcd00000578', [
      [uapi.icmpType, uapi.icmpSetType, 0, 1, uapi.ICMP_DEST_UNREACH],
      [uapi.icmpCode, uapi.icmpSetCode, 1, 1, uapi.ICMP_FRAG_NEEDED],
      [uapi.icmpChecksum, uapi.icmpSetChecksum, 2, 2, 0xabcd],
      [uapi.icmpFragMtu, uapi.icmpSetFragMtu, 6, 2, 1400],
    ]);
    accessors('08000000123400ff', [[uapi.icmpEchoId, uapi.icmpSetEchoId, 4, 2, 0x1234], [uapi.icmpEchoSequence, uapi.icmpSetEchoSequence, 6, 2, 255]]);
    accessors('05010000c0a80001', [
      [uapi.icmpGateway, uapi.icmpSetGateway, 4, 4, a('192.168.0.1')],
      [uapi.icmpUn, uapi.icmpSetUn, 4, 4, a('192.168.0.1')],
      [uapi.icmpParamPointer, uapi.icmpSetParamPointer, 4, 1, 0xc0],
    ]);
  });

  it('ICMPv6', () => {
    accessors('0200abcd00000500', [
      [uapi.icmp6Type, uapi.icmp6SetType, 0, 1, uapi.ICMPV6_PKT_TOOBIG],
      [uapi.icmp6Code, uapi.icmp6SetCode, 1, 1, 0],
      [uapi.icmp6Cksum, uapi.icmp6SetCksum, 2, 2, 0xabcd],
      [uapi.icmp6Mtu, uapi.icmp6SetMtu, 4, 4, 1280],
      [uapi.icmp6Pointer, uapi.icmp6SetPointer, 4, 4, 1280],
    ]);
    accessors('8000000000070009', [[uapi.icmp6Identifier, uapi.icmp6SetIdentifier, 4, 2, 7], [uapi.icmp6Sequence, uapi.icmp6SetSequence, 6, 2, 9]]);
  });

  it('IGMP', () => {
    accessors('11640000e0000001', [
      [uapi.igmpType, uapi.igmpSetType, 0, 1, uapi.IGMP_HOST_MEMBERSHIP_QUERY],
      [uapi.igmpCode, uapi.igmpSetCode, 1, 1, 100],
      [uapi.igmpCsum, uapi.igmpSetCsum, 2, 2, 0],
      [uapi.igmpGroup, uapi.igmpSetGroup, 4, 4, uapi.IGMP_ALL_HOSTS],
    ]);
  });

  it('UDP', () => {
    accessors('00350400001cbeef', [
      [uapi.udphSource, uapi.udphSetSource, 0, 2, 53],
      [uapi.udphDest, uapi.udphSetDest, 2, 2, 1024],
      [uapi.udphLen, uapi.udphSetLen, 4, 2, 28],
      [uapi.udphCheck, uapi.udphSetCheck, 6, 2, 0xbeef],
    ]);
  });
});
