import { EINVAL, type Kernel } from '@linnet/kernel';
import { allocSkb, consumeSkb, SKB, type Skb, skbAddFrag, skbPut } from '@linnet/skbuff';
import { SKF_AD_OFF, SKF_LL_OFF, SKF_NET_OFF } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bpfCheckClassic, bpfCompile, bpfDecode, bpfEncode, type BpfInsn, type BpfProg, bpfProgCreate, bpfRun, bpfRunInterp } from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { CODES, program } from './bpf-programs.ts';
import { be16, bytes, eth, finish, MAC_A, MAC_B, makeKernel } from './helpers.ts';

let k: Kernel;
beforeEach(() => {
  k = makeKernel();
});
afterEach(() => finish(k));

function prog(insns: readonly BpfInsn[]): BpfProg {
  const p = bpfProgCreate(k, insns);
  if (typeof p === 'number') throw new Error(`refused: ${p}`);
  bpfCompile(p);
  return p;
}

/** A packet of these bytes; the first `linear` of them in its head, the others in fragments of two bytes. */
function packet(data: Uint8Array, linear: number = data.length): Skb {
  const pool = k.get(SKB);
  const skb = allocSkb(pool, linear + 2);
  skb.u8.set(data.subarray(0, linear), skbPut(skb, Math.min(linear, data.length)));
  for (let at = linear; at < data.length; at += 2) {
    const head = pool.allocHead(8);
    const n = Math.min(2, data.length - at);
    head.u8.set(data.subarray(at, at + n), 1);
    skbAddFrag(skb, head, 1, n, 8);
  }
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + 14;
  return skb;
}

/** Runs a program both ways, on a packet in one piece and on one in pieces: all must agree. */
function run(insns: readonly BpfInsn[], data: Uint8Array, prepare: (skb: Skb) => void = () => undefined): number {
  const p = prog(insns);
  const results = [data.length, Math.min(15, data.length), 0].flatMap((linear) => {
    const skb = packet(data, linear);
    prepare(skb);
    const both = [bpfRunInterp(p, skb), bpfRun(p, skb)];
    consumeSkb(skb);
    return both;
  });
  expect(new Set(results).size).toBe(1);
  return results[0]!;
}

const ld = (k1: number): BpfInsn[] => [{ code: 0x20, jt: 0, jf: 0, k: k1 }, { code: 0x16, jt: 0, jf: 0, k: 0 }];

function ip(proto: number, src: readonly number[], dst: readonly number[], rest: Uint8Array | readonly number[], tos: number = 0, frag: number = 0): Uint8Array {
  const body = bytes(rest);
  return eth(MAC_B, MAC_A, 0x800, bytes(0x45, tos, be16(20 + body.length), 0, 1, be16(frag), 64, proto, 0, 0, src, dst, body));
}
const tcp = (sport: number, dport: number, flags: number): Uint8Array => bytes(be16(sport), be16(dport), new Uint8Array(8), 0x50, flags, new Uint8Array(6));

describe('filters as tcpdump compiles them', () => {
  const http = ip(6, [10, 0, 0, 1], [10, 0, 0, 2], tcp(1234, 80, 2));
  const answer = ip(6, [10, 0, 0, 2], [10, 0, 0, 1], tcp(80, 1234, 16));
  const ping = ip(1, [10, 0, 0, 1], [10, 9, 9, 9], [8, 0, 0, 0], 0xb8);
  const later = ip(6, [10, 0, 0, 1], [10, 0, 0, 2], tcp(80, 80, 2), 0, 100);
  const dns6 = eth(MAC_B, MAC_A, 0x86dd, bytes(0x60, 0, 0, 0, 0, 8, 17, 64, new Uint8Array(32), be16(9999), be16(53), 0, 8, 0, 0));
  const arp = eth(new Uint8Array(6).fill(255), MAC_A, 0x806, new Uint8Array(28));
  const tagged = eth(MAC_B, MAC_A, 0x8100, bytes(be16(0x2005), http.subarray(12)));
  const all = { http, answer, ping, later, dns6, arp, tagged };

  it.each([
    ['tcp port 80', '40 0 0 12,21 0 6 34525,48 0 0 20,21 0 15 6,40 0 0 54,21 12 0 80,40 0 0 56,21 10 11 80,21 0 10 2048,48 0 0 23,21 0 8 6,40 0 0 20,69 6 0 8191,177 0 0 14,72 0 0 14,21 2 0 80,72 0 0 16,21 0 1 80,6 0 0 262144,6 0 0 0', ['http', 'answer']],
    ['host 10.0.0.1 and icmp', '40 0 0 12,21 0 7 2048,32 0 0 26,21 2 0 167772161,32 0 0 30,21 0 3 167772161,48 0 0 23,21 0 1 1,6 0 0 262144,6 0 0 0', ['ping']],
    ['ip6 and udp dst port 53', '40 0 0 12,21 0 5 34525,48 0 0 20,21 0 3 17,40 0 0 56,21 0 1 53,6 0 0 262144,6 0 0 0', ['dns6']],
    ['tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src net 192.168.0.0/16', '40 0 0 12,21 0 11 2048,48 0 0 23,21 0 9 6,40 0 0 20,69 7 0 8191,177 0 0 14,80 0 0 27,69 0 4 3,32 0 0 26,84 0 0 4294901760,21 1 0 3232235520,6 0 0 262144,6 0 0 0', ['http']],
    ['vlan 5 and ip', '40 0 0 12,21 2 0 33024,21 1 0 34984,21 0 6 37120,40 0 0 14,84 0 0 4095,21 0 3 5,40 0 0 16,21 0 1 2048,6 0 0 262144,6 0 0 0', ['tagged']],
    ['arp or (icmp and ip[1] & 0xfc == 0xb8)', '40 0 0 12,21 6 0 2054,21 0 6 2048,48 0 0 23,21 0 4 1,48 0 0 15,84 0 0 252,21 0 1 184,6 0 0 262144,6 0 0 0', ['ping', 'arp']],
    ['greater 43 and ether multicast', '128 0 0 0,53 0 3 42,48 0 0 0,69 0 1 1,6 0 0 262144,6 0 0 0', ['arp']],
  ])('%s', (_text, listing, matches) => {
    for (const [name, frame] of Object.entries(all)) expect([name, run(program(listing), frame)]).toEqual([name, matches.includes(name) ? 262144 : 0]);
  });
});

describe('the checker', () => {
  it('knows the instructions that Linux knows, and no other', () => {
    const known = new Set<number>(CODES);
    const st = [0, 1, 15].map((m) => ({ code: 2, jt: 0, jf: 0, k: m }));
    const ret = { code: 6, jt: 0, jf: 0, k: 0 };
    for (let code = 0; code < 0x400; code++) expect([code, bpfCheckClassic([...st, { code, jt: 0, jf: 0, k: 1 }, ret, ret])]).toEqual([code, known.has(code) ? 0 : -EINVAL]);
  });

  it.each([
    ['nothing', '', -EINVAL],
    ['a return', '6 0 0 0', 0],
    ['a return of A', '22 0 0 0', 0],
    ['no return at the end', '6 0 0 0,0 0 0 1', -EINVAL],
    ['a return of X', '14 0 0 0', -EINVAL],
    ['division by zero', '52 0 0 0,6 0 0 0', -EINVAL],
    ['remainder of zero', '148 0 0 0,6 0 0 0', -EINVAL],
    ['a shift by 31', '100 0 0 31,6 0 0 0', 0],
    ['a shift by 32', '116 0 0 32,6 0 0 0', -EINVAL],
    ['M[16]', '2 0 0 16,6 0 0 0', -EINVAL],
    ['M[1], never written', '96 0 0 1,6 0 0 0', -EINVAL],
    ['M[1], written on one way only', '21 0 1 0,2 0 0 1,96 0 0 1,6 0 0 0', -EINVAL],
    ['M[1], written on both', '21 1 0 0,2 0 0 1,2 0 0 1,96 0 0 1,6 0 0 0', 0],
    ['M[1], written before the ways part', '2 0 0 1,21 0 1 0,0 0 0 0,96 0 0 1,6 0 0 0', 0],
    ['a jump to the last instruction', '5 0 0 1,0 0 0 0,6 0 0 0', 0],
    ['a jump behind it', '5 0 0 2,0 0 0 0,6 0 0 0', -EINVAL],
    ['a comparison that jumps behind it', '21 0 2 0,0 0 0 0,6 0 0 0', -EINVAL],
    ['an ancillary load between two', '32 0 0 4294963201,6 0 0 0', -EINVAL],
    ['the last ancillary load', '48 0 0 4294963260,6 0 0 0', 0],
    ['one past the last', '48 0 0 4294963264,6 0 0 0', -EINVAL],
  ])('%s', (_name, listing, verdict) => {
    expect(bpfCheckClassic(listing === '' ? [] : program(listing))).toBe(verdict);
  });

  it('takes 4,096 instructions', () => {
    const nop = { code: 0, jt: 0, jf: 0, k: 0 };
    const ret = { code: 6, jt: 0, jf: 0, k: 0 };
    expect(bpfCheckClassic([...Array.from({ length: 4095 }, () => nop), ret])).toBe(0);
    expect(bpfCheckClassic([...Array.from({ length: 4096 }, () => nop), ret])).toBe(-EINVAL);
  });
});

describe('the machine', () => {
  const data = Uint8Array.from({ length: 40 }, (_, i) => i * 7);

  it('loads bytes from the packet and both headers, and ends with 0 outside of them', () => {
    const at = (n: number): number => ((data[n]! << 24) | (data[n + 1]! << 16) | (data[n + 2]! << 8) | data[n + 3]!) >>> 0;
    expect(run(ld(0), data)).toBe(at(0));
    expect(run(ld(13), data)).toBe(at(13));
    expect(run(ld(36), data)).toBe(at(36));
    expect(run(ld(37), data)).toBe(0);
    expect(run(ld(0x7fffffff), data)).toBe(0);
    expect(run(ld(SKF_NET_OFF + 2), data)).toBe(at(16));
    expect(run(ld(SKF_LL_OFF + 2), data)).toBe(at(2));
    expect(run(ld(SKF_NET_OFF + 23), data)).toBe(0);
    expect(run(ld(SKF_LL_OFF - 1), data)).toBe(0);
    expect(run(program('48 0 0 39,22 0 0 0'), data)).toBe(data[39]);
    expect(run(program('40 0 0 39,22 0 0 0'), data)).toBe(0);
  });

  it('calculates with 32 bits', () => {
    expect(run(program('0 0 0 4294967295,4 0 0 2,22 0 0 0'), data)).toBe(1);
    expect(run(program('0 0 0 1,20 0 0 2,22 0 0 0'), data)).toBe(0xffffffff);
    expect(run(program('0 0 0 65537,36 0 0 65537,22 0 0 0'), data)).toBe(131073);
    expect(run(program('0 0 0 4294967295,52 0 0 2,22 0 0 0'), data)).toBe(0x7fffffff);
    expect(run(program('0 0 0 4294967295,148 0 0 10,22 0 0 0'), data)).toBe(5);
    expect(run(program('0 0 0 2147483648,116 0 0 31,22 0 0 0'), data)).toBe(1);
    expect(run(program('0 0 0 1,132 0 0 0,22 0 0 0'), data)).toBe(0xffffffff);
    expect(run(program('0 0 0 1,1 0 0 33,108 0 0 0,22 0 0 0'), data)).toBe(2);
    expect(run(program('0 0 0 7,1 0 0 0,60 0 0 0,6 0 0 9'), data)).toBe(0);
    expect(run(program('0 0 0 7,1 0 0 0,156 0 0 0,6 0 0 9'), data)).toBe(0);
    // 0x80000000 is more than 1
    expect(run(program('0 0 0 2147483648,37 0 1 1,6 0 0 5,6 0 0 6'), data)).toBe(5);
  });

  it('asks the kernel what it knows of the packet', () => {
    const dev = new FakeDevice(k.initNet, { mac: MAC_A }).dev;
    const anc = (n: number, prepare: (skb: Skb) => void): number => run(ld(SKF_AD_OFF + n), data, prepare);
    expect(anc(0, (s) => (s.protocol = 0x86dd))).toBe(0x86dd);
    expect(anc(4, (s) => (s.pktType = 3))).toBe(3);
    expect(anc(8, (s) => (s.dev = dev))).toBe(dev.ifindex);
    expect(anc(28, (s) => (s.dev = dev))).toBe(1);
    // Without a device the program ends there, and A is its answer.
    expect(run(program(`0 0 0 5,32 0 0 ${0xfffff000 + 8},6 0 0 9`), data)).toBe(5);
    expect(anc(20, (s) => (s.mark = -2))).toBe(0xfffffffe);
    expect(anc(24, (s) => (s.queueMapping = 4))).toBe(4);
    expect(anc(32, (s) => (s.hash = 77))).toBe(77);
    expect(anc(36, () => undefined)).toBe(0);
    expect(anc(44, (s) => ((s.vlanTci = 0x2005), (s.vlanProto = 0x8100)))).toBe(0x2005);
    expect(anc(48, (s) => ((s.vlanTci = 0), (s.vlanProto = 0x8100)))).toBe(1);
    expect(anc(48, () => undefined)).toBe(0);
    expect(anc(60, (s) => (s.vlanProto = 0x88a8))).toBe(0x88a8);
    expect(run(program(`0 0 0 12,1 0 0 10,32 0 0 ${0xfffff000 + 40},22 0 0 0`), data)).toBe(6);
    const syn = ip(6, [1, 1, 1, 1], [2, 2, 2, 2], tcp(1, 2, 2));
    const rest = (frame: Uint8Array, linear: number): number => {
      const skb = packet(frame, linear);
      skb.protocol = 0x800;
      const n = bpfRun(prog(ld(SKF_AD_OFF + 52)), skb);
      consumeSkb(skb);
      return n;
    };
    expect(rest(syn, syn.length)).toBe(14 + 40);
  });

  it('finds attributes of netlink', () => {
    // a header of four bytes, then two attributes: type 5 of 8 bytes with one of type 7 inside, type 6 of 4
    const msg = bytes(9, 9, 9, 9, [8, 0, 5, 0], [4, 0, 7, 0], [4, 0, 6, 0]);
    const find = (at: number, type: number, nested: number): number => {
      const skb = packet(msg);
      const n = bpfRun(prog(program(`0 0 0 ${at},1 0 0 ${type},32 0 0 ${0xfffff000 + nested},22 0 0 0`)), skb);
      consumeSkb(skb);
      return n;
    };
    expect([find(4, 5, 12), find(4, 6, 12), find(4, 7, 12), find(100, 5, 12)]).toEqual([4, 12, 0, 0]);
    expect([find(4, 7, 16), find(4, 6, 16)]).toEqual([8, 0]);
  });

  it('follows a way of 4,096 steps without using up the stack', () => {
    const long = [...Array.from({ length: 4094 }, () => ({ code: 4, jt: 0, jf: 0, k: 1 })), { code: 0x15, jt: 0, jf: 0, k: 0 }, { code: 0x16, jt: 0, jf: 0, k: 0 }];
    expect(run(long, data)).toBe(4094);
  });

  it('shows a program as it was given', () => {
    const insns = program('40 0 0 12,21 0 1 2048,6 0 0 4294967295,6 0 0 0');
    expect(bpfDecode(bpfEncode(prog(insns)))).toEqual(insns.map((f) => ({ ...f, k: f.k | 0 })));
    expect(bpfDecode(new Uint8Array(9))).toBe(-EINVAL);
  });
});
