/** UDP-Lite: what its checksums cover (RFC 3828 section 3.1, udplite(7)). */
import { EADDRINUSE, EIO, ENOPROTOOPT } from '@linnet/kernel';
import { IPPROTO_UDPLITE, SOL_UDP, SOL_UDPLITE, UDP_SEGMENT } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UDPLITE, type UdpSock } from '../src/index.ts';
import { FakeAf, ME, PEER, recvText, sendText } from './fake-af.ts';

const SEND_CSCOV = 10;
const RECV_CSCOV = 11;

let f: FakeAf;
let sk: UdpSock;
beforeEach(() => {
  f = new FakeAf();
  sk = f.socket(4000, {}, IPPROTO_UDPLITE);
});
afterEach(() => f.finish());

const int = (n: number): Uint8Array => new Uint8Array([n & 255, n >> 8, 0, 0]);
const set = (opt: number, n: number): number => sk.prot.setsockopt(sk, SOL_UDPLITE, opt, int(n));

/** The checksum of `covered` bytes of a datagram, with the pseudo header of all of it (RFC 1071): 0 where it is right. */
function check(datagram: Uint8Array, covered: number, saddr: number, daddr: number): number {
  const words = [saddr >>> 16, saddr & 0xffff, daddr >>> 16, daddr & 0xffff, IPPROTO_UDPLITE, datagram.length];
  for (let i = 0; i < covered; i += 2) words.push((datagram[i]! << 8) | (i + 1 < covered ? datagram[i + 1]! : 0));
  let sum = words.reduce((a, b) => a + b, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - sum;
}

describe('sending', () => {
  it.each([[0, 0, 18], [8, 8, 8], [11, 11, 11], [18, 18, 18], [19, 18, 18], [5, 8, 8]])('with UDPLITE_SEND_CSCOV %i the header says %i, and so much is covered', (want, field, covered) => {
    expect(set(SEND_CSCOV, want)).toBe(0);
    expect(sendText(sk, '0123456789', { addr: PEER, port: 53 })).toBe(10);
    const { bytes } = f.sent[0]!;
    expect(bytes.length).toBe(18);
    expect((bytes[4]! << 8) | bytes[5]!).toBe(field);
    expect(check(bytes, covered, ME, PEER)).toBe(0);
  });

  it('is never left to segmentation', () => {
    expect(sk.prot.setsockopt(sk, SOL_UDP, UDP_SEGMENT, int(4))).toBe(0);
    expect(sendText(sk, '0123456789', { addr: PEER, port: 53 })).toBe(-EIO);
  });
});

describe('receiving', () => {
  /** Delivers ten bytes whose checksum covers `covered`; `hurt` is added to the sum. */
  function deliver(coverage: number, hurt: number = 0): string {
    const bytes = Uint8Array.from([0, 9, 4000 >> 8, 4000 & 255, coverage >> 8, coverage & 255, 0, 0, ...Array.from('0123456789', (c) => c.charCodeAt(0))]);
    const covered = coverage === 0 ? bytes.length : Math.min(coverage, bytes.length);
    f.deliver({ sport: 9, dport: 4000, payload: '0123456789', len: coverage, sum: (check(bytes, covered, PEER, ME) + hurt) & 0xffff, protocol: IPPROTO_UDPLITE });
    const got = recvText(sk);
    return got.rc < 0 ? 'nothing' : got.text;
  }

  it('takes what is covered by a right checksum, and counts the rest', () => {
    for (const cov of [0, 8, 11, 18]) expect(deliver(cov), String(cov)).toBe('0123456789');
    for (const cov of [1, 7, 19, 100]) expect(deliver(cov), String(cov)).toBe('nothing');
    for (const cov of [0, 8, 18]) expect(deliver(cov, 1), String(cov)).toBe('nothing');
    f.deliver({ sport: 9, dport: 4000, len: 0, csum: 'none', protocol: IPPROTO_UDPLITE });
    const { mib } = f.net.get(UDPLITE);
    expect([mib.InDatagrams, mib.InErrors, mib.InCsumErrors]).toEqual([4, 8, 7]);
    expect(f.mib).toEqual({});
  });

  it('with UDPLITE_RECV_CSCOV only what is covered so far, or whole', () => {
    expect(set(RECV_CSCOV, 12)).toBe(0);
    expect([0, 8, 11, 12, 18].map((cov) => deliver(cov) !== 'nothing')).toEqual([true, false, false, true, true]);
    expect(set(RECV_CSCOV, 0)).toBe(0);
    expect([0, 8, 12, 18].map((cov) => deliver(cov) !== 'nothing')).toEqual([true, false, false, true]);
    expect(sk.drops).toBe(4);
  });
});

it('has ports and options of its own', () => {
  const udp = f.socket(4000);
  expect(udp.prot.setsockopt(udp, SOL_UDPLITE, SEND_CSCOV, int(8))).toBe(-ENOPROTOOPT);
  const late = f.socket(undefined, {}, IPPROTO_UDPLITE);
  expect(late.prot.getPort!(late, 4000)).toBe(-EADDRINUSE);
  expect(f.net.proc.read('net/udplite')).toContain(':0FA0');
  expect(String(f.net.proc.read('net/udp')).split('\n').length).toBe(3);
});
