import { readFileSync } from 'node:fs';
import { devClose } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { ICMP_EXT_ECHO, IP_RECVERR, IP_RECVERR_RFC4884, MSG_ERRQUEUE, SOCK_DGRAM, SOL_IP } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ipv4 } from '../src/index.ts';
import { FAKE_DGRAM, FakeTransport } from './fake-transport.ts';
import type { FakeSock } from './fake-transport.ts';
import { checksum, icmpMessage, ipPacket, Machine, pattern, Sk } from './harness.ts';
import type { Wire } from './harness.ts';

interface Case {
  readonly name: string;
  readonly request: string;
  readonly reply: string;
}
const cases = readFileSync(new URL('golden/probe.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Case);
const hex = (s: string): Uint8Array => Uint8Array.from(Buffer.from(s, 'hex'));

describe('extended echo, as a real kernel answers it', () => {
  let m: Machine;
  let w: Wire;
  beforeEach(() => {
    m = new Machine();
    w = m.wire('10.0.0.1/24', { name: 'v0' });
    devClose(new FakeDevice(m.net, { name: 'v1', noQueue: true }).dev);
  });
  afterEach(() => {
    m.end();
  });
  // What needs IPv6 is not here: its addresses, and the bit that says whether a device has some.
  test.each(cases.filter((c) => !c.name.startsWith('addr6')).map((c) => [c.name, c] as const))('%s', (_name, c) => {
    m.net.sysctl.write('net/ipv4/icmp_echo_enable_probe', c.name === 'disabled' ? '0' : '1');
    m.net.sysctl.write('net/ipv4/icmp_echo_ignore_all', c.name === 'ignore all' ? '1' : '0');
    w.inject({}, hex(c.request));
    const got = w.take();
    expect(got.length).toBe(c.reply === '' ? 0 : 1);
    if (c.reply === '') return;
    const { payload } = got[0]!;
    expect(checksum(payload)).toBe(0);
    const plain = (u8: Uint8Array): string => {
      const copy = u8.slice();
      copy[7]! &= ~1;
      copy.fill(0, 2, 4);
      return Buffer.from(copy).toString('hex');
    };
    expect(plain(payload)).toBe(plain(hex(c.reply)));
  });
  test('the record holds what it should', () => {
    expect(cases.length).toBeGreaterThan(35);
    expect(cases.every((c) => hex(c.request)[0] === ICMP_EXT_ECHO)).toBe(true);
  });
  test('any query is survived', () => {
    m.net.sysctl.write('net/ipv4/icmp_echo_enable_probe', '1');
    const base = hex(cases.find((c) => c.name === 'addr 10.0.0.1')!.request);
    for (let n = 8; n < base.length; n++) w.inject({}, icmpMessage(ICMP_EXT_ECHO, 0, 0x12340701, base.slice(8, n)));
    for (let i = 8; i < base.length; i++) {
      const bent = base.slice(8);
      bent[i - 8]! ^= 0xff;
      w.inject({}, icmpMessage(ICMP_EXT_ECHO, 0, 0x12340701, bent));
    }
    expect(w.take().length).toBe((base.length - 8) * 2);
  });
});

/** An ICMP extension structure (RFC 4884 section 7) around `objects`. */
function extension(objects: Uint8Array, o: { check?: number; version?: number } = {}): Uint8Array {
  const out = Uint8Array.from([(o.version ?? 2) << 4, 0, 0, 0, ...objects]);
  const sum = o.check ?? checksum(out);
  out[2] = sum >> 8;
  out[3] = sum & 255;
  return out;
}
const object = (body: number[], len = body.length + 4): Uint8Array => Uint8Array.from([len >> 8, len & 255, 3, 1, ...body]);
const four = object([1, 2, 3, 4]);

/** `[name, type, code, length field, bytes of quote, extensions, offset expected, flag expected]`: what a real kernel said of the same. */
const ERRORS: readonly (readonly [string, number, number, number, number, Uint8Array, boolean, number])[] = [
  ['no extensions', 3, 3, 0, 128, new Uint8Array(0), false, 0],
  ['unreachable', 3, 3, 32, 128, extension(four), true, 0],
  ['time exceeded', 11, 0, 32, 128, extension(four), true, 0],
  ['parameter problem', 12, 0, 32, 128, extension(four), true, 0],
  ['fragmentation needed', 3, 4, 32, 128, extension(four), true, 0],
  ['a quote too short', 3, 3, 31, 124, extension(four), false, 0],
  ['a longer quote', 3, 3, 33, 132, extension(four), true, 0],
  ['wrong checksum', 3, 3, 32, 128, extension(four, { check: 7 }), true, 1],
  ['no checksum', 3, 3, 32, 128, extension(four, { check: 0 }), true, 0],
  ['another version', 3, 3, 32, 128, extension(four, { version: 1 }), true, 0],
  ['an object too short', 3, 3, 32, 128, extension(object([1, 2, 3, 4], 3)), true, 1],
  ['an object too long', 3, 3, 32, 128, extension(object([1, 2, 3, 4], 9)), true, 1],
  ['two objects', 3, 3, 32, 128, extension(Uint8Array.from([...four, ...object([])])), true, 0],
  ['half an object', 3, 3, 32, 128, extension(Uint8Array.from([...four, 1, 2])), true, 1],
  ['a header only', 3, 3, 32, 128, extension(new Uint8Array(0)), true, 0],
  ['less than a header', 3, 3, 32, 128, Uint8Array.of(0x20, 0, 0), false, 0],
  ['beyond the end', 3, 3, 60, 128, extension(four), false, 0],
  ['an odd object', 3, 3, 32, 128, extension(object([1, 2, 3])), true, 0],
];

describe('extensions of received errors (IP_RECVERR_RFC4884)', () => {
  test.each(ERRORS)('%s', (_name, type, code, words, quoteLen, ext, there, flag) => {
    const t = new FakeTransport();
    const m = new Machine([ipv4, t.module]);
    const w = m.wire('10.0.0.1/24');
    const s = new Sk(m, SOCK_DGRAM, 0);
    t.receiver = s.sk as FakeSock;
    s.set(SOL_IP, IP_RECVERR, 1);
    s.set(SOL_IP, IP_RECVERR_RFC4884, 1);
    const quote = new Uint8Array(quoteLen);
    quote.set(ipPacket({ src: '10.0.0.1', dst: '192.0.2.9', proto: FAKE_DGRAM }, pattern(400)).subarray(0, quoteLen));
    const body = Uint8Array.from([...quote, ...ext]);
    w.inject({ src: '10.0.0.254' }, icmpMessage(type, code, (words << 16) | (code === 4 ? 1000 : 0), body));
    const e = s.got(1000, MSG_ERRQUEUE);
    const v = new DataView(e.control[0]!.data.buffer);
    // The fake transport's header has four bytes.
    expect(e.data.length).toBe(body.length - 24);
    expect([v.getUint16(12, true), v.getUint8(14), v.getUint8(15)]).toEqual([there ? words * 4 - 24 : 0, flag, 0]);
    s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
});
