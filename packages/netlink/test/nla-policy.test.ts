import { AF_INET, NLM_F_ACK, RTM_NEWNEXTHOP } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import {
  NL_VALIDATE_LIBERAL, NL_VALIDATE_STRICT, NLA_BINARY, NLA_BITFIELD32, NLA_FLAG, NLA_NESTED, NLA_NESTED_ARRAY, NLA_NUL_STRING, NLA_REJECT, NLA_S32, NLA_SINT, NLA_STRING, NLA_U16, NLA_U32, NLA_U64,
  NLA_U8, NLA_UINT, NLA_UNSPEC, nlmsgParse, type NlaPolicy, type NlaPolicyTable, rtnlRegister, nlSetErrAttrMiss,
} from '../src/index.ts';
import { type Ack, Client, finish, makeKernel } from './helpers.ts';

const bytes = (s: string): Uint8Array => new Uint8Array([...s].map((c) => c.charCodeAt(0)));
const le = (n: number, len: number): Uint8Array => Uint8Array.from({ length: len }, (_v, i) => Math.floor(n / 2 ** (8 * i)) & 255);
function attr(type: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + ((payload.length + 3) & ~3));
  out.set([...le(4 + payload.length, 2), ...le(type, 2)]);
  out.set(payload, 4);
  return out;
}

/** Puts attributes behind a struct of 8 bytes to a handler that checks them with `rules`. */
function check(rules: Record<number, NlaPolicy>, validate: number, parts: readonly Uint8Array[], table: Partial<NlaPolicyTable> = {}): Ack {
  const k = makeKernel();
  rtnlRegister(k, AF_INET, RTM_NEWNEXTHOP, { doit: (_net, req) => nlmsgParse(req, 8, new Int32Array(14), { maxtype: 13, rules, ...table }, validate) });
  const c = new Client(k.initNet);
  const body = new Uint8Array([AF_INET, 0, 0, 0, 0, 0, 0, 0, ...parts.flatMap((p) => [...p])]);
  const got = c.ack(RTM_NEWNEXTHOP, NLM_F_ACK, body);
  finish(k);
  return got;
}
const policyOf = (a: Ack): string => Buffer.from(a.tlvs.get(4) ?? []).toString('hex');

/** The rules of next hops, as far as they go: a message type that Linux checks strictly. What it said is written beside. */
const NEXTHOP: Record<number, NlaPolicy> = {
  1: { type: NLA_U32 }, 3: { type: NLA_U16 }, 4: { type: NLA_FLAG }, 8: { type: NLA_NESTED }, 11: { type: NLA_FLAG },
  12: { type: NLA_NESTED, nested: { maxtype: 3, rules: { 1: { type: NLA_U16 } } } },
};
const U32_RULE = '0c00040000000000000000000c000500ffffffff000000000800010004000000';
const U16_RULE = '0c00040000000000000000000c000500ffff0000000000000800010003000000';

describe('strict, as a real kernel checks RTM_NEWNEXTHOP', () => {
  test.each([
    ['u32 too short', attr(1, bytes('ab')), -22, 'invalid attribute length', U32_RULE],
    ['u32 too long', attr(1, le(1, 8)), -22, 'invalid attribute length', U32_RULE],
    ['u32 with NLA_F_NESTED', attr(1 | 0x8000, le(1, 4)), -22, 'NLA_F_NESTED not expected', U32_RULE],
    ['u32 with NLA_F_NET_BYTEORDER', attr(1 | 0x4000, le(1, 4)), 0, '', ''],
    ['type too high', attr(60, bytes('')), -22, 'Unknown attribute type', ''],
    ['type 0', attr(0, bytes('abcd')), -22, 'Unknown attribute type', ''],
    ['u16 too short', attr(3, bytes('a')), -22, 'invalid attribute length', U16_RULE],
    ['u16 too long', attr(3, le(0, 4)), -22, 'invalid attribute length', U16_RULE],
    ['flag with payload', attr(4, bytes('a')), -34, 'Attribute failed policy validation', '0800010001000000'],
    ['nest without NLA_F_NESTED', attr(8, attr(1, bytes(''))), -22, 'NLA_F_NESTED is missing', '080001000d000000'],
    ['nest without NLA_F_NESTED, empty', attr(12, bytes('')), -22, 'NLA_F_NESTED is missing', '080001000d000000'],
    ['nest of half an attribute', attr(12 | 0x8000, bytes('ab')), -34, 'Attribute failed policy validation', '080001000d000000'],
    ['no rule', attr(10, le(1, 4)), -22, 'Unsupported attribute', ''],
  ])('%s', (_n, part, errno, msg, rule) => {
    const got = check(NEXTHOP, NL_VALIDATE_STRICT, [part]);
    expect([got.errno, got.msg, policyOf(got)]).toEqual([errno, msg, rule]);
    expect(got.offs).toBe(errno === 0 ? NaN : 24);
  });
  test('trailing bytes', () => {
    const got = check(NEXTHOP, NL_VALIDATE_STRICT, [attr(1, le(1, 4)), bytes('ab')]);
    expect([got.errno, got.msg, got.offs]).toEqual([-22, 'bytes leftover after parsing attributes', NaN]);
  });
  test('inside a nest', () => {
    const got = check(NEXTHOP, NL_VALIDATE_STRICT, [attr(12 | 0x8000, attr(1, bytes('abc')))]);
    expect([got.errno, got.offs]).toEqual([-22, 28]);
  });
});

describe('rules', () => {
  test.each<[string, NlaPolicy, number, Uint8Array, number]>([
    ['liberal: u32 too short', { type: NLA_U32 }, 0, bytes('ab'), -34],
    ['liberal: u32 too long', { type: NLA_U32 }, 0, le(1, 8), 0],
    ['u8 below the range', { type: NLA_U8, min: 3, max: 9 }, 31, le(2, 1), -34],
    ['u8 in the range', { type: NLA_U8, min: 3, max: 9 }, 31, le(9, 1), 0],
    ['u8 above the range', { type: NLA_U8, min: 3, max: 9 }, 31, le(10, 1), -34],
    ['s32 below the range', { type: NLA_S32, min: -1 }, 31, le(0xfffffffe, 4), -34],
    ['s32 in the range', { type: NLA_S32, min: -1 }, 31, le(0xffffffff, 4), 0],
    ['u64 above the range', { type: NLA_U64, max: 5 }, 31, le(2 ** 40, 8), -34],
    ['u32 outside the mask', { type: NLA_U32, mask: 3 }, 31, le(4, 4), -22],
    ['u32 inside the mask', { type: NLA_U32, mask: 3 }, 31, le(3, 4), 0],
    ['uint of 4', { type: NLA_UINT }, 31, le(1, 4), 0],
    ['uint of 8', { type: NLA_UINT }, 31, le(1, 8), 0],
    ['uint of 5', { type: NLA_UINT }, 31, le(1, 5), -34],
    ['sint below the range', { type: NLA_SINT, min: 0 }, 31, new Uint8Array(8).fill(255), -34],
    ['string that fits without NUL', { type: NLA_STRING, len: 3 }, 31, bytes('abc'), 0],
    ['string that fits with NUL', { type: NLA_STRING, len: 3 }, 31, bytes('abc\0'), 0],
    ['string too long', { type: NLA_STRING, len: 3 }, 31, bytes('abcd'), -34],
    ['string of nothing', { type: NLA_STRING, len: 3 }, 31, bytes(''), -34],
    ['NUL string without NUL', { type: NLA_NUL_STRING, len: 5 }, 31, bytes('abc'), -22],
    ['NUL string', { type: NLA_NUL_STRING, len: 5 }, 31, bytes('abc\0'), 0],
    ['NUL string too long', { type: NLA_NUL_STRING, len: 5 }, 31, bytes('a\0aaaaaa'), -34],
    ['binary too long', { type: NLA_BINARY, len: 4 }, 31, bytes('abcde'), -34],
    ['binary too short', { type: NLA_BINARY, min: 2 }, 31, bytes('a'), -34],
    ['binary of exact length', { type: NLA_BINARY, len: 4, exact: true }, 31, bytes('abcd'), 0],
    ['binary not of exact length', { type: NLA_BINARY, len: 4, exact: true }, 31, bytes('abc'), -34],
    ['struct too short', { type: NLA_UNSPEC, len: 4 }, 0, bytes('abc'), -34],
    ['struct longer', { type: NLA_UNSPEC, len: 4 }, 0, bytes('abcdef'), 0],
    ['bitfield', { type: NLA_BITFIELD32, mask: 3 }, 31, new Uint8Array([1, 0, 0, 0, 3, 0, 0, 0]), 0],
    ['bitfield with a value that is not selected', { type: NLA_BITFIELD32, mask: 3 }, 31, new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0]), -22],
    ['bitfield with an unknown bit', { type: NLA_BITFIELD32, mask: 3 }, 31, new Uint8Array([4, 0, 0, 0, 4, 0, 0, 0]), -22],
    ['bitfield too short', { type: NLA_BITFIELD32, mask: 3 }, 31, le(1, 4), -34],
    ['rejected', { type: NLA_REJECT }, 0, le(1, 4), -22],
    ['own check', { type: NLA_U32, validate: (view, nla) => (view.getUint32(nla + 4, true) === 7 ? 0 : -22) }, 31, le(8, 4), -22],
    ['own check passed', { type: NLA_U32, validate: (view, nla) => (view.getUint32(nla + 4, true) === 7 ? 0 : -22) }, 31, le(7, 4), 0],
  ])('%s', (_n, rule, validate, payload, errno) => {
    expect(check({ 1: rule }, validate, [attr(1, payload)]).errno).toBe(errno);
  });

  test('an array of nests is checked element by element', () => {
    const rule: NlaPolicy = { type: NLA_NESTED_ARRAY, nested: { maxtype: 2, rules: { 1: { type: NLA_U32 } } } };
    const el = (n: number, p: Uint8Array): Uint8Array => attr(n, p);
    expect(check({ 1: rule }, 0, [attr(1, new Uint8Array([...el(0, attr(1, le(1, 4))), ...el(1, attr(1, le(1, 4)))]))]).errno).toBe(0);
    expect(check({ 1: rule }, 0, [attr(1, new Uint8Array([...el(0, attr(1, le(1, 4))), ...el(1, attr(1, le(1, 2)))]))]).errno).toBe(-34);
    expect(check({ 1: rule }, 0, [attr(1, el(0, bytes('ab')))]).errno).toBe(-34);
  });

  test('nests deeper than sense are refused', () => {
    const rules: Record<number, NlaPolicy> = {};
    const table: NlaPolicyTable = { maxtype: 1, rules };
    rules[1] = { type: NLA_NESTED, nested: table };
    let part = attr(1, bytes(''));
    for (let i = 0; i < 30; i++) part = attr(1, part);
    expect(check(rules, NL_VALIDATE_LIBERAL, [part])).toMatchObject({ errno: -22, msg: 'allowed policy recursion depth exceeded' });
  });

  test('from strictStart on everything is strict', () => {
    const rules: Record<number, NlaPolicy> = { 1: { type: NLA_U16 }, 2: { type: NLA_U16 } };
    expect(check(rules, NL_VALIDATE_LIBERAL, [attr(1, le(1, 4))], { strictStart: 2 }).errno).toBe(0);
    expect(check(rules, NL_VALIDATE_LIBERAL, [attr(2, le(1, 4))], { strictStart: 2 }).errno).toBe(-22);
  });
});

test('a missing attribute is named by type and nest', () => {
  const k = makeKernel();
  rtnlRegister(k, AF_INET, RTM_NEWNEXTHOP, {
    doit(_net, req) {
      nlSetErrAttrMiss(req.extack, req.data + 8, 5);
      return -22;
    },
  });
  const c = new Client(k.initNet);
  const got = c.ack(RTM_NEWNEXTHOP, 0, new Uint8Array([AF_INET, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0]));
  expect([[...got.tlvs.get(5)!], [...got.tlvs.get(6)!]]).toEqual([[5, 0, 0, 0], [24, 0, 0, 0]]);
  finish(k);
});
