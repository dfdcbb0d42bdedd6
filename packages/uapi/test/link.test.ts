import { describe, expect, it } from 'vitest';
import {
  ARPOP_REQUEST, ETH_P_ARP, ETH_P_IP, IFF_NO_PI, IFF_TAP, arpEthSip, arpEthTip, arpEthWrite, arpHln, arpHrd, arpOp, arpPln, arpPro, arpSetOp,
  ethHdrWrite, ethProto, ethSetProto, etherAddrEqual, ifreqEncode, ipEthMcMap, ipv6EthMcMap, isBroadcastEtherAddr, isLocalEtherAddr,
  isMulticastEtherAddr, isValidEtherAddr, isZeroEtherAddr, macFromString, macToString, virtioNetHdrCsumOffset, virtioNetHdrCsumStart,
  virtioNetHdrFlags, virtioNetHdrGsoSize, virtioNetHdrGsoType, virtioNetHdrHdrLen, virtioNetHdrSetNumBuffers, virtioNetHdrNumBuffers,
  virtioNetHdrWrite, vlanEncapsulatedProto, vlanTci,
} from '../src/index.ts';

const A = macFromString('02:00:00:00:00:0a');
const B = macFromString('02-00-00-00-00-0B');
const BROADCAST = macFromString('ff:ff:ff:ff:ff:ff');

describe('Ethernet', () => {
  it('writes the header as IEEE 802.3 lays it out', () => {
    const u8 = new Uint8Array(16).fill(0xee);
    ethHdrWrite(u8, new DataView(u8.buffer), 1, B, A, ETH_P_IP);
    expect(Buffer.from(u8).toString('hex')).toBe('ee02000000000b02000000000a0800ee');
  });

  it('reads and sets the EtherType', () => {
    const view = new DataView(new ArrayBuffer(20));
    ethSetProto(view, 3, ETH_P_ARP);
    expect(ethProto(view, 3)).toBe(0x0806);
    expect(view.getUint8(15)).toBe(0x08);
  });

  it('tells kinds of addresses apart', () => {
    const zero = new Uint8Array(6);
    const group = macFromString('01:00:5e:00:00:01');
    expect([A, BROADCAST, zero, group].map((m) => isMulticastEtherAddr(m, 0))).toEqual([false, true, false, true]);
    expect([A, BROADCAST, zero, group].map((m) => isBroadcastEtherAddr(m, 0))).toEqual([false, true, false, false]);
    expect([A, BROADCAST, zero, group].map((m) => isZeroEtherAddr(m, 0))).toEqual([false, false, true, false]);
    expect([A, BROADCAST, zero, group].map((m) => isValidEtherAddr(m, 0))).toEqual([true, false, false, false]);
    expect(isLocalEtherAddr(A, 0)).toBe(true);
    expect(isLocalEtherAddr(macFromString('00:1b:21:00:00:01'), 0)).toBe(false);
  });

  it('compares all six bytes, at any offset', () => {
    const u8 = new Uint8Array(8);
    u8.set(A, 2);
    expect(etherAddrEqual(u8, 2, A, 0)).toBe(true);
    for (let i = 0; i < 6; i++) {
      const other = u8.slice();
      other[2 + i]! ^= 0x80;
      expect(etherAddrEqual(other, 2, A, 0)).toBe(false);
    }
  });

  it('maps groups to MAC addresses', () => {
    const out = new Uint8Array(6);
    ipEthMcMap(0xe0800001 | 0, out, 0); // RFC 1112: only the low 23 bits
    expect(macToString(out)).toBe('01:00:5e:00:00:01');
    ipv6EthMcMap(0xff00_0203 | 0, out, 0); // solicited-node: RFC 2464
    expect(macToString(out)).toBe('33:33:ff:00:02:03');
  });

  it('refuses text that is no address and names the argument', () => {
    for (const bad of ['', '02:00:00:00:00', '02:00:00:00:00:0g', '2:0:0:0:0:a', '02:00:00:00:00:0a:00']) {
      expect(() => macFromString(bad)).toThrow(/^mac: /);
      expect(() => macFromString(bad)).toThrow(TypeError);
    }
  });
});

describe('ARP', () => {
  it('writes a request as RFC 826 lays it out', () => {
    const u8 = new Uint8Array(28);
    const view = new DataView(u8.buffer);
    arpEthWrite(u8, view, 0, ARPOP_REQUEST, A, 0x0a000001, null, 0xc0a80001 | 0);
    expect(Buffer.from(u8).toString('hex')).toBe('000108000604000102000000000a0a000001000000000000c0a80001');
    expect([arpHrd(view, 0), arpPro(view, 0), arpHln(view, 0), arpPln(view, 0), arpOp(view, 0)]).toEqual([1, ETH_P_IP, 6, 4, 1]);
    expect([arpEthSip(view, 0), arpEthTip(view, 0)]).toEqual([0x0a000001, 0xc0a80001 | 0]);
    arpSetOp(view, 0, 2);
    expect(u8[7]).toBe(2);
  });
});

describe('802.1Q', () => {
  it('reads a tag', () => {
    const view = new DataView(Uint8Array.from([0xe0, 0x2a, 0x08, 0x00]).buffer);
    expect(vlanTci(view, 0) & 0xfff).toBe(42);
    expect(vlanTci(view, 0) >>> 13).toBe(7);
    expect(vlanEncapsulatedProto(view, 0)).toBe(ETH_P_IP);
  });
});

describe('the virtio-net header', () => {
  it('is little-endian', () => {
    const u8 = new Uint8Array(13);
    const view = new DataView(u8.buffer);
    virtioNetHdrWrite(view, 1, 1, 1, 54, 1448, 34, 16);
    virtioNetHdrSetNumBuffers(view, 1, 3);
    expect(Buffer.from(u8).toString('hex')).toBe('0001013600a8052200' + '1000' + '0300');
    expect([virtioNetHdrFlags(view, 1), virtioNetHdrGsoType(view, 1), virtioNetHdrHdrLen(view, 1), virtioNetHdrGsoSize(view, 1)]).toEqual([1, 1, 54, 1448]);
    expect([virtioNetHdrCsumStart(view, 1), virtioNetHdrCsumOffset(view, 1), virtioNetHdrNumBuffers(view, 1)]).toEqual([34, 16, 3]);
  });
});

describe('struct ifreq', () => {
  it('holds the name and the flags', () => {
    const r = ifreqEncode('tap0', IFF_TAP | IFF_NO_PI);
    expect(r.length).toBe(40);
    expect(Buffer.from(r).toString('hex')).toBe('74617030' + '00'.repeat(12) + '0210' + '00'.repeat(22));
  });

  it('refuses names that do not fit', () => {
    for (const bad of ['', 'a'.repeat(16), 'a b', 'ä']) expect(() => ifreqEncode(bad)).toThrow(/^name: /);
    expect(ifreqEncode('a'.repeat(15))[15]).toBe(0);
  });
});
