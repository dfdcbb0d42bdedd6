import { describe, expect, it } from 'vitest';
import {
  ADDR_ATTRS, CTRL_ATTRS, IFLA_IFNAME, IFLA_MTU, LINK_ATTRS, NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLM_F_REQUEST, ROUTE_ATTRS, RTM_NEWLINK, defineAttrs, nlAttrValue,
  nlMessageDecode, nlMessageEncode,
} from '../src/index.ts';
import type { NlAttr, NlObject } from '../src/index.ts';

const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');
const bytes = (s: string): Uint8Array => Uint8Array.from(Buffer.from(s.replaceAll(' ', ''), 'hex'));

const INNER = defineAttrs({ X: [1, 'u8'], Y: [2, 'u64'] });
const ALL = defineAttrs({
  FLAG: [1, 'flag'], U8: [2, 'u8'], U16: [3, 'u16'], U32: [4, 'u32'], U64: [5, 'u64'], S8: [6, 's8'], S16: [7, 's16'], S32: [8, 's32'], S64: [9, 's64'],
  BE16: [10, 'be16', NLA_F_NET_BYTEORDER], BE32: [11, 'be32'], TEXT: [12, 'string'], RAW: [13, 'bytes'], MAC: [14, 'mac'], IN4: [15, 'in4'], IN6: [16, 'in6'], IP: [17, 'ip'],
  NEST: [18, INNER, NLA_F_NESTED],
});

describe('attribute tables', () => {
  it('encode each kind and decode it again', () => {
    const values: [string, NlObject[string], string][] = [
      ['FLAG', true, '04000100'],
      ['U8', 255, '05000200ff000000'],
      ['U16', 0x1234, '0600030034120000'],
      ['U32', 0xfffffffe, '08000400feffffff'],
      ['U64', 0xffff_ffff_ffff_fffen, '0c000500feffffffffffffff'],
      ['S8', -2, '05000600fe000000'],
      ['S16', -2, '06000700feff0000'],
      ['S32', -2, '08000800feffffff'],
      ['S64', -2n, '0c000900feffffffffffffff'],
      ['BE16', 0x1234, '06000a4012340000'],
      ['BE32', 0xff000001, '08000b00ff000001'],
      ['TEXT', 'ab', '07000c0061620000'],
      ['TEXT', '', '05000c0000000000'],
      ['RAW', bytes('010203'), '07000d0001020300'],
      ['MAC', '02:00:00:00:00:ff', '0a000e000200000000ff0000'],
      ['IN4', '192.0.2.1', '08000f00c0000201'],
      ['IN6', '2001:db8::1', '1400100020010db8000000000000000000000001'],
      ['IP', '192.0.2.1', '08001100c0000201'],
      ['IP', '::1', '1400110000000000000000000000000000000001'],
      ['NEST', { X: 1, Y: 2n }, '1800128005000100010000000c0002000200000000000000'],
    ];
    for (const [name, value, wire] of values) {
      const out = ALL.encode({ [name]: value });
      expect(hex(out), name).toBe(wire);
      expect(ALL.toObject(ALL.decode(out)), name).toEqual({ [name]: value });
    }
  });

  it('keep the order, repeated attributes, flags and unknown types', () => {
    const wire = bytes('08000400 01000000' + '05000200 07000000' + '08000440 02000000' + '06006300 aabb0000' + '05000200 09000000');
    const list = ALL.decode(wire);
    expect(list.map((a) => [a.name, a.flags, a.value])).toEqual([
      ['U32', 0, 1], ['U8', 0, 7], ['U32', NLA_F_NET_BYTEORDER, 2], ['#99', 0, bytes('aabb')], ['U8', 0, 9],
    ]);
    expect(ALL.encode(list)).toEqual(wire);
    expect(ALL.toObject(list)).toEqual({ U32: [1, 2], U8: [7, 9], '#99': bytes('aabb') });
    expect(hex(ALL.encode({ '#99': bytes('aabb'), U8: [7, 9] }))).toBe('06006300aabb0000' + '0500020007000000' + '0500020009000000');
  });

  it('keep what does not fit its kind as bytes', () => {
    for (const wire of ['06000400aabb0000', '0c000c006100620000000000', '07000c00ff0a0000', '05000100ff000000', '0a00110001020304050600 00']) {
      const list = ALL.decode(bytes(wire));
      expect(list[0]!.value, wire).toBeInstanceOf(Uint8Array);
      expect(hex(ALL.encode(list))).toBe(wire.replaceAll(' ', ''));
    }
  });

  it('know a string without its NUL', () => {
    const wire = bytes('06000c0061620000');
    const [a] = ALL.decode(wire);
    expect(a).toMatchObject({ value: 'ab', unterminated: true });
    expect(ALL.encode([a!])).toEqual(wire);
    const empty = bytes('04000c00');
    expect(ALL.decode(empty)[0]).toMatchObject({ value: '', unterminated: true });
    expect(ALL.encode(ALL.decode(empty))).toEqual(empty);
  });

  it('keep padding that is not zero or not there, and what is no attribute', () => {
    for (const wire of ['05000200 07aabbcc', '05000200 07', '05000200 070000', '05000200 07000000 0900', '03000200', '10001280 05000100 01ffffff 04000200']) {
      const u8 = bytes(wire);
      expect(hex(ALL.encode(ALL.decode(u8))), wire).toBe(hex(u8));
    }
    expect(ALL.decode(bytes('0300'))).toEqual([{ name: '#rest', type: -1, flags: 0, value: bytes('0300') }]);
  });

  it('decode a slice without looking beside it', () => {
    const u8 = bytes('ffffffff 05000200 07000000 ffffffff').subarray(2);
    expect(ALL.decode(u8, 2, 8)).toEqual([{ name: 'U8', type: 2, flags: 0, value: 7 }]);
  });

  it('refuse values that do not fit, and name the attribute', () => {
    const bad: [string, NlObject[string]][] = [
      ['U8', 256], ['U8', -1], ['U8', 1.5], ['U8', '1'], ['U32', 2 ** 32], ['U64', 1], ['U64', -1n], ['S8', 128], ['S64', 2n ** 63n], ['TEXT', 7], ['TEXT', 'a\0b'],
      ['MAC', 7], ['IN4', '::1'], ['IN6', '1.2.3.4'], ['IP', 'x'], ['FLAG', false], ['RAW', 'text'], ['NEST', 7], ['NEST', { Z: 1 }], ['U8', { X: 1 }], ['NO', 1], ['#x', 1], ['#16384', 1], ['*', 1],
    ];
    for (const [name, value] of bad) {
      expect(() => ALL.encode({ [name]: value }), name).toThrow(TypeError);
      expect(() => ALL.encode({ [name]: value }), name).toThrow(name === 'MAC' ? /^MAC|^mac/ : new RegExp(`^(${name.replace('*', '\\*')}|Z): `));
    }
    expect(() => ALL.encode({ RAW: new Uint8Array(65532) })).toThrow(/^RAW: at most 65531 bytes/);
  });

  it('lists: a table with * names every type', () => {
    const wire = CTRL_ATTRS.encode({ CTRL_ATTR_OPS: { '#1': { CTRL_ATTR_OP_ID: 3 }, '#2': { CTRL_ATTR_OP_ID: 5, CTRL_ATTR_OP_FLAGS: 10 } } });
    expect(hex(wire)).toBe('24000600' + '0c000100' + '0800010003000000' + '14000200' + '0800010005000000' + '080002000a000000');
    expect(CTRL_ATTRS.toObject(CTRL_ATTRS.decode(wire))).toEqual({ CTRL_ATTR_OPS: { '#1': { CTRL_ATTR_OP_ID: 3 }, '#2': { CTRL_ATTR_OP_ID: 5, CTRL_ATTR_OP_FLAGS: 10 } } });
  });
});

describe('the tables of rtnetlink', () => {
  it('choose what is in IFLA_INFO_DATA by IFLA_INFO_KIND', () => {
    const wire = LINK_ATTRS.encode({ IFLA_LINKINFO: { IFLA_INFO_KIND: 'vlan', IFLA_INFO_DATA: { IFLA_VLAN_ID: 42, IFLA_VLAN_PROTOCOL: 0x8100 } } });
    expect(hex(wire)).toBe('24001200' + '09000100' + '766c616e00000000' + '14000200' + '060001002a000000' + '0600050081000000');
    const info = nlAttrValue(LINK_ATTRS.decode(wire), 'IFLA_LINKINFO') as readonly NlAttr[];
    expect(nlAttrValue(nlAttrValue(info, 'IFLA_INFO_DATA') as readonly NlAttr[], 'IFLA_VLAN_ID')).toBe(42);
    const unknown = LINK_ATTRS.encode({ IFLA_LINKINFO: { IFLA_INFO_KIND: 'what', IFLA_INFO_DATA: bytes('0102') } });
    expect(LINK_ATTRS.encode(LINK_ATTRS.decode(unknown))).toEqual(unknown);
    expect(() => LINK_ATTRS.encode({ IFLA_LINKINFO: { IFLA_INFO_KIND: 'what', IFLA_INFO_DATA: { IFLA_VLAN_ID: 1 } } })).toThrow(/^IFLA_INFO_DATA: /);
  });

  it('speak of routes and addresses in text', () => {
    const route = { RTA_TABLE: 254, RTA_DST: '10.0.0.0', RTA_GATEWAY: '192.0.2.1', RTA_OIF: 2, RTA_METRICS: { RTAX_MTU: 1400, RTAX_CC_ALGO: 'cubic' } };
    expect(ROUTE_ATTRS.toObject(ROUTE_ATTRS.decode(ROUTE_ATTRS.encode(route)))).toEqual(route);
    const address = { IFA_ADDRESS: '2001:db8::1', IFA_FLAGS: 0x80, IFA_PROTO: 3 };
    expect(ADDR_ATTRS.toObject(ADDR_ATTRS.decode(ADDR_ATTRS.encode(address)))).toEqual(address);
  });
});

describe('whole messages', () => {
  it('are made from an object and read again', () => {
    const header = new Uint8Array(16);
    const wire = nlMessageEncode({ type: RTM_NEWLINK, flags: NLM_F_REQUEST, seq: 1, pid: 2, header, attrs: { IFLA_IFNAME: 'v0', IFLA_MTU: 1400 } }, LINK_ATTRS);
    expect(hex(wire)).toBe('30000000' + '10000100' + '01000000' + '02000000' + '00'.repeat(16) + '0700030076300000' + '0800040078050000');
    const message = nlMessageDecode(wire, 0, 16, LINK_ATTRS);
    expect(message).toMatchObject({ type: RTM_NEWLINK, flags: NLM_F_REQUEST, seq: 1, pid: 2, header });
    expect(message.attrs.map((a) => a.type)).toEqual([IFLA_IFNAME, IFLA_MTU]);
  });

  it('may be shorter than their struct', () => {
    const wire = bytes('11000000 12000103 01000000 00000000 02');
    const message = nlMessageDecode(wire, 0, 16, LINK_ATTRS);
    expect(message.header).toEqual(bytes('02'));
    expect(message.attrs).toEqual([]);
    expect(nlMessageEncode(message, LINK_ATTRS)).toEqual(wire);
  });
});
