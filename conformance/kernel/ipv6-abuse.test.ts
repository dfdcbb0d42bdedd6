// The same packets, most of them wrong, for a real kernel and for Linnet: extension headers, options, fragments, neighbour discovery. What comes back must be the same.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ipv6 } from '@linnet/ipv6';
import { describe, expect, it } from 'vitest';
import { row } from '../lib/data.ts';
import { eventually } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Scene } from '../lib/scene.ts';
import { have } from '../needs.mjs';

const TARGET = 'fd000000000000000000000000000001';
const PEER = 'fd000000000000000000000000000002';
const MAC = '02:00:00:00:00:01';
const ALL_NODES = 'ff020000000000000000000000000001';

type Bytes = readonly number[];

interface Case {
  readonly name: string;
  readonly packets: readonly string[];
}

const hex = (b: Bytes): string => b.map((x) => (x & 0xff).toString(16).padStart(2, '0')).join('');
const bytes = (h: string): number[] => Array.from({ length: h.length / 2 }, (_, i) => Number.parseInt(h.slice(2 * i, 2 * i + 2), 16));
const be16 = (n: number): number[] => [(n >> 8) & 0xff, n & 0xff];
const be32 = (n: number): number[] => [(n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff];

function checksum(b: Bytes): number {
  let sum = 0;
  for (let i = 0; i < b.length; i += 2) sum += (b[i]! << 8) | (b[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
}

interface Fields {
  readonly src?: string;
  readonly dst?: string;
  readonly next?: number;
  readonly hops?: number;
  readonly plen?: number;
  readonly version?: number;
}

function packet(f: Fields, payload: Bytes): string {
  return hex([...be32(((f.version ?? 6) << 28) >>> 0), ...be16(f.plen ?? payload.length), f.next ?? 58, f.hops ?? 64, ...bytes(f.src ?? PEER), ...bytes(f.dst ?? TARGET), ...payload]);
}

function icmp(type: number, code: number, rest: Bytes, f: Fields = {}): number[] {
  const body = [type, code, 0, 0, ...rest];
  const sum = checksum([...bytes(f.src ?? PEER), ...bytes(f.dst ?? TARGET), ...be32(body.length), ...be32(58), ...body]);
  return [type, code, ...be16(sum), ...rest];
}

function udp(payload: Bytes, f: Fields = {}, port = 9): number[] {
  const len = 8 + payload.length;
  const body = [...be16(4000), ...be16(port), ...be16(len), 0, 0, ...payload];
  const sum = checksum([...bytes(f.src ?? PEER), ...bytes(f.dst ?? TARGET), ...be32(len), ...be32(17), ...body]) || 0xffff;
  body[6] = sum >> 8;
  body[7] = sum & 0xff;
  return body;
}

/** An options header around options, padded to eight bytes unless told otherwise. */
function opts(next: number, options: Bytes, pad = true): number[] {
  const b = [next, 0, ...options];
  const short = (8 - (b.length & 7)) & 7;
  if (pad && short === 1) b.push(0);
  else if (pad && short > 1) b.push(1, short - 2, ...new Array<number>(short - 2).fill(0));
  b[1] = (b.length >> 3) - 1;
  return b;
}

const frag = (next: number, offset: number, more: number, id: number): number[] => [next, 0, ...be16(offset | more), ...be32(id)];
const echo = (n = 8, f: Fields = {}): number[] => icmp(128, 0, [0, 1, 0, 1, ...new Array<number>(n).fill(0x41)], f);

/** Numbers that are the same in each run. */
class Numbers {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  below(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 0x1_0000_0000) * n);
  }
}

function cases(): Case[] {
  const out: Case[] = [];
  const add = (name: string, ...packets: string[]): void => { out.push({ name, packets }); };
  const E = echo();
  add('echo', packet({}, E));
  add('bad checksum', packet({}, [128, 0, 1, 2, 0, 0, 0, 0]));
  add('hop limit 0', packet({ hops: 0 }, E));
  add('version 5', packet({ version: 5 }, E));
  add('longer than it is', packet({ plen: 100 }, E));
  add('shorter than it is', packet({ plen: 16 }, [...E, 1, 2, 3, 4]));
  add('from a group', packet({ src: ALL_NODES }, echo(8, { src: ALL_NODES })));
  add('from ::1', packet({ src: `${'0'.repeat(31)}1` }, echo(8, { src: `${'0'.repeat(31)}1` })));
  add('to ::1', packet({ dst: `${'0'.repeat(31)}1` }, echo(8, { dst: `${'0'.repeat(31)}1` })));
  add('from ::', packet({ src: '0'.repeat(32) }, echo(8, { src: '0'.repeat(32) })));
  add('closed port', packet({ next: 17 }, udp([1, 2, 3])));
  add('closed port, long', packet({ next: 17 }, udp(new Array<number>(1400).fill(7))));
  add('closed port, to a group', packet({ next: 17, dst: ALL_NODES }, udp([1], { dst: ALL_NODES })));
  add('udp without a checksum', packet({ next: 17 }, [...be16(4000), ...be16(9), 0, 8, 0, 0]));
  for (const next of [4, 41, 47, 50, 51, 59, 61, 132, 135, 139, 140, 253, 255]) add(`protocol ${next}`, packet({ next }, [...E]));
  for (const next of [0, 43, 44, 60]) add(`header ${next} of nothing`, packet({ next }, []), packet({ next }, [58, 0, 0]));
  add('protocol behind options', packet({ next: 60 }, [...opts(253, []), ...E]));
  add('no next header behind options', packet({ next: 60 }, [...opts(59, []), ...E]));
  for (const kind of [0, 60]) {
    const h = kind === 0 ? 'hop-by-hop' : 'destination';
    const through = (name: string, o: Bytes, f: Fields = {}, pad = true): void => add(`${h}: ${name}`, packet({ next: kind, ...f }, [...opts(58, o, pad), ...echo(8, f)]));
    through('padding', []);
    for (let n = 1; n <= 8; n++) through(`${n} of Pad1`, new Array<number>(n).fill(0), {}, n !== 6);
    for (let n = 0; n <= 8; n++) through(`PadN of ${n}`, [1, n, ...new Array<number>(n).fill(0)], {}, n !== 4);
    through('PadN that is not zero', [1, 4, 0, 0, 1, 0]);
    for (const type of [0x03, 0x1e, 0x3e, 0x43, 0x83, 0xc3, 0xde, 0x05, 0xc2, 0x07, 0xc9, 0x31]) {
      through(`option ${type.toString(16)}`, [type, 4, 0, 0, 0, 0]);
      through(`option ${type.toString(16)}, to a group`, [type, 4, 0, 0, 0, 0], { dst: ALL_NODES });
    }
    through('option behind padding', [1, 2, 0, 0, 0x83, 0]);
    through('option that is too long', [0x03, 9, 0, 0, 0, 0]);
    through('option cut off', [0x83]);
    through('router alert', [5, 2, 0, 0]);
    through('router alert of a wrong length', [5, 3, 0, 0, 0]);
    through('jumbo of a small packet', [0xc2, 4, 0, 0, 0, 100]);
    through('jumbo with a length', [0xc2, 4, 0, 1, 0, 1]);
    through('jumbo, misplaced', [1, 0, 0xc2, 4, 0, 1, 0, 1]);
    through('jumbo longer than the packet', [0xc2, 4, 0, 1, 0, 1], { plen: 0 });
    for (const n of [7, 8, 9, 20]) through(`${n} options`, Array.from({ length: n }, () => [0x1e, 0]).flat());
    add(`${h}: longer than the packet`, packet({ next: kind }, [58, 9, 1, 4, 0, 0, 0, 0, ...E]));
    add(`${h}: no room`, packet({ next: kind }, [58, 255, 1, 4, 0, 0, 0, 0]));
  }
  add('hop-by-hop twice', packet({ next: 0 }, [...opts(0, []), ...opts(58, []), ...E]));
  add('hop-by-hop behind destination options', packet({ next: 60 }, [...opts(0, []), ...opts(58, []), ...E]));
  for (const n of [2, 8, 9, 50, 100]) {
    const all: number[] = [];
    for (let i = 0; i < n; i++) all.push(...opts(i === n - 1 ? 58 : 60, []));
    add(`${n} destination options headers`, packet({ next: 60 }, [...all, ...E]));
  }
  // As many of them as a datagram holds, which comes in fragments then.
  for (const n of [1000, 8000]) {
    const whole = [...Array.from({ length: n }, (_, i) => [i === n - 1 ? 58 : 60, 0, 1, 4, 0, 0, 0, 0]).flat(), ...E];
    const packets: string[] = [];
    for (let at = 0; at < whole.length; at += 1448) packets.push(packet({ next: 44 }, [...frag(60, at, at + 1448 < whole.length ? 1 : 0, 0x30000 + n), ...whole.slice(at, at + 1448)]));
    add(`${n} destination options headers in fragments`, ...packets);
    add(`${n} destination options headers in fragments, backwards`, ...packets.toReversed());
  }
  for (const depth of [2, 3, 50, 100]) {
    let inner: number[] = E;
    for (let i = 0; i < depth; i++) inner = [...frag(i === 0 ? 58 : 44, 0, 0, 0x40000 + i), ...inner];
    add(`${depth} fragments in one another`, packet({ next: 44 }, inner));
  }
  for (const kind of [0, 60]) {
    for (const bytesOf of [1400, 1200, 256]) {
      add(`${bytesOf} bytes of unknown options of header ${kind}`, packet({ next: kind }, [...opts(58, Array.from({ length: (bytesOf - 2) >> 1 }, () => [0x1e, 0]).flat(), false), ...E]));
      add(`${bytesOf} bytes of long options of header ${kind}`, packet({ next: kind }, [...opts(58, Array.from({ length: Math.floor((bytesOf - 2) / 127) }, () => [0x1e, 125, ...new Array<number>(125).fill(7)]).flat()), ...E]));
      add(`${bytesOf} bytes of Pad1 of header ${kind}`, packet({ next: kind }, [...opts(58, new Array<number>(bytesOf - 2).fill(0), false), ...E]));
    }
  }
  // Routing headers.
  for (const type of [0, 1, 2, 3, 4, 5, 253]) {
    for (const left of [0, 1, 2, 5]) {
      for (const segs of [0, 1, 2]) {
        const body = [58, 2 * segs, type, left, type === 4 ? segs - 1 : 0, 0, 0, 0];
        for (let i = 0; i < segs; i++) body.push(...bytes(PEER));
        add(`routing type ${type}, ${left} left of ${segs}`, packet({ next: 43 }, [...body, ...E]));
      }
    }
  }
  add('routing, odd length', packet({ next: 43 }, [58, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...E]));
  add('routing to a group', packet({ next: 43, dst: ALL_NODES }, [58, 2, 0, 1, 0, 0, 0, 0, ...bytes(PEER), ...echo(8, { dst: ALL_NODES })]));
  add('routing longer than the packet', packet({ next: 43 }, [58, 200, 0, 1, 0, 0, 0, 0, ...E]));
  // Fragments.
  let id = 0x1000;
  const F = (next: number, offset: number, more: number, payload: Bytes, f: Fields = {}): string => packet({ next: 44, ...f }, [...frag(next, offset, more, id), ...payload]);
  const big = echo(100);
  const fr = (name: string, make: () => string[]): void => {
    id++;
    add(`fragments: ${name}`, ...make());
  };
  fr('atomic', () => [F(58, 0, 0, E)]);
  fr('atomic beside a waiting one of its id', () => [F(58, 0, 1, big.slice(0, 48)), F(58, 0, 0, E), F(58, 48, 0, big.slice(48))]);
  fr('two', () => [F(58, 0, 1, big.slice(0, 48)), F(58, 48, 0, big.slice(48))]);
  fr('two, backwards', () => [F(58, 48, 0, big.slice(48)), F(58, 0, 1, big.slice(0, 48))]);
  fr('three, mixed', () => [F(58, 80, 0, big.slice(80)), F(58, 0, 1, big.slice(0, 40)), F(58, 40, 1, big.slice(40, 80))]);
  fr('a duplicate', () => [F(58, 0, 1, big.slice(0, 48)), F(58, 0, 1, big.slice(0, 48)), F(58, 48, 0, big.slice(48))]);
  fr('a duplicate of the last', () => [F(58, 48, 0, big.slice(48)), F(58, 48, 0, big.slice(48)), F(58, 0, 1, big.slice(0, 48))]);
  fr('inside another', () => [F(58, 0, 1, big.slice(0, 48)), F(58, 8, 1, big.slice(8, 24)), F(58, 48, 0, big.slice(48))]);
  fr('around another', () => [F(58, 8, 1, big.slice(8, 24)), F(58, 0, 1, big.slice(0, 48)), F(58, 48, 0, big.slice(48))]);
  fr('overlap', () => [F(58, 0, 1, big.slice(0, 48)), F(58, 40, 0, big.slice(40))]);
  fr('overlap, backwards', () => [F(58, 40, 0, big.slice(40)), F(58, 0, 1, big.slice(0, 48))]);
  fr('overlap, then anew', () => [F(58, 0, 1, big.slice(0, 48)), F(58, 40, 0, big.slice(40)), F(58, 0, 1, big.slice(0, 48)), F(58, 48, 0, big.slice(48))]);
  fr('two ends', () => [F(58, 48, 0, big.slice(48)), F(58, 40, 0, big.slice(40)), F(58, 0, 1, big.slice(0, 48))]);
  fr('behind the end', () => [F(58, 48, 0, big.slice(48)), F(58, 160, 1, big.slice(0, 8)), F(58, 0, 1, big.slice(0, 48))]);
  fr('end before what is there', () => [F(58, 96, 1, big.slice(0, 16)), F(58, 48, 0, big.slice(48, 56)), F(58, 0, 1, big.slice(0, 48))]);
  fr('odd length with more', () => [F(58, 0, 1, big.slice(0, 45))]);
  fr('too far', () => [F(58, 65528, 0, big)]);
  fr('just not too far', () => [F(58, 65528, 0, big.slice(0, 7))]);
  fr('nothing in it', () => [F(58, 0, 1, [])]);
  fr('nothing in the last', () => [F(58, 0, 1, big.slice(0, 48)), F(58, 48, 0, [])]);
  fr('atomic and empty', () => [F(58, 0, 0, [])]);
  fr('atomic without next header', () => [F(59, 0, 0, [])]);
  fr('first without the transport header', () => [F(17, 0, 1, udp([]).slice(0, 0)), F(6, 0, 1, [1, 2, 3, 4, 5, 6, 7, 8]), F(60, 0, 1, [58, 1, 1, 4, 0, 0, 0, 0])]);
  fr('first with half of an icmp header', () => [F(58, 0, 1, []), F(58, 0, 1, E.slice(0, 8))]);
  fr('reserved bits', () => [packet({ next: 44 }, [58, 0xff, ...be16(6), ...be32(id), ...E])]);
  fr('atomic in atomic', () => [packet({ next: 44 }, [...frag(44, 0, 0, id), ...frag(58, 0, 0, id), ...E])]);
  fr('in a fragment', () => [F(44, 0, 1, [...frag(58, 0, 0, 1), ...big.slice(0, 40)]), F(44, 48, 0, big.slice(40))]);
  fr('with destination options before', () => [
    packet({ next: 60 }, [...opts(44, []), ...frag(58, 0, 1, id), ...big.slice(0, 48)]), packet({ next: 60 }, [...opts(44, []), ...frag(58, 48, 0, id), ...big.slice(48)]),
  ]);
  fr('with destination options inside', () => {
    const whole = [...opts(58, []), ...big];
    return [F(60, 0, 1, whole.slice(0, 48)), F(60, 48, 0, whole.slice(48))];
  });
  fr('with a bad option inside', () => {
    const whole = [...opts(58, [0x83, 4, 0, 0, 0, 0]), ...big];
    return [F(60, 0, 1, whole.slice(0, 48)), F(60, 48, 0, whole.slice(48))];
  });
  fr('of an unknown protocol', () => [F(253, 0, 1, big.slice(0, 48)), F(253, 48, 0, big.slice(48))]);
  fr('another next header in the second', () => [F(58, 0, 1, big.slice(0, 48)), F(253, 48, 0, big.slice(48))]);
  fr('to a closed port', () => {
    const u = udp(new Array<number>(100).fill(3));
    return [F(17, 0, 1, u.slice(0, 48)), F(17, 48, 0, u.slice(48))];
  });
  fr('another hop limit', () => [F(58, 0, 1, big.slice(0, 48), { hops: 9 }), F(58, 48, 0, big.slice(48))]);
  for (const [a, b] of [[0, 1], [1, 2], [2, 3], [3, 1], [0, 3]] as const) {
    fr(`ECN ${a} and ${b}`, () => {
      const e = (ecn: number, p: string): string => `6${'0'}${(ecn << 4).toString(16)}0`.slice(0, 3) + p.slice(3);
      return [e(a, F(58, 0, 1, big.slice(0, 48))), e(b, F(58, 48, 0, big.slice(48)))];
    });
  }
  // Errors about errors, and about what nobody sent.
  for (const type of [1, 2, 3, 4, 5, 100, 127]) add(`error ${type} about nothing of ours`, packet({}, icmp(type, 0, [0, 0, 5, 0, ...bytes(packet({ src: TARGET, dst: PEER, next: 17 }, udp([1])))])));
  for (const type of [1, 2, 3, 4, 127]) add(`error ${type} cut off`, packet({}, icmp(type, 0, [0, 0, 5, 0])), packet({}, icmp(type, 0, [0, 0, 5, 0, 6, 0, 0])));
  for (const type of [129, 137, 138, 139, 140, 141, 144, 150, 160, 161, 200, 201, 255]) add(`message ${type}`, packet({}, icmp(type, 0, [0, 0, 0, 0, 1, 2, 3, 4])));
  add('echo cut off', packet({}, icmp(128, 0, [])));
  add('echo with a code', packet({}, icmp(128, 5, [0, 1, 0, 1])));
  add('an unknown protocol that quotes an error', packet({ next: 60 }, [...opts(253, []), ...icmp(1, 0, [0, 0, 0, 0])]));
  add('a bad option before an error', packet({ next: 60 }, [...opts(58, [0x83, 4, 0, 0, 0, 0]), ...icmp(1, 0, [0, 0, 0, 0, ...E])]));
  add('a bad option before a redirect', packet({ next: 60 }, [...opts(58, [0x83, 4, 0, 0, 0, 0]), ...icmp(137, 0, [0, 0, 0, 0, ...E])]));
  // Neighbour discovery.
  const SOLICITED = 'ff0200000000000000000001ff000001';
  const nd = (name: string, type: number, rest: Bytes, f: Fields = {}, code = 0): void => add(`discovery: ${name}`, packet({ hops: 255, ...f }, icmp(type, code, rest, f)));
  const ns = (o: Bytes = [1, 1, 2, 0, 0, 0, 0, 2], target = TARGET): number[] => [0, 0, 0, 0, ...bytes(target), ...o];
  nd('solicitation', 135, ns(), { dst: SOLICITED });
  nd('solicitation to the address', 135, ns());
  nd('solicitation to the address without an option', 135, ns([]));
  nd('solicitation without an option', 135, ns([]), { dst: SOLICITED });
  nd('solicitation from ::', 135, ns([]), { dst: SOLICITED, src: '0'.repeat(32) });
  nd('solicitation from :: with an option', 135, ns(), { dst: SOLICITED, src: '0'.repeat(32) });
  nd('solicitation from :: to the address', 135, ns([]), { src: '0'.repeat(32) });
  nd('solicitation from :: with a nonce', 135, ns([14, 1, 1, 2, 3, 4, 5, 6]), { dst: SOLICITED, src: '0'.repeat(32) });
  nd('solicitation with hop limit 254', 135, ns(), { dst: SOLICITED, hops: 254 });
  nd('solicitation with a code', 135, ns(), { dst: SOLICITED }, 1);
  nd('solicitation for a group', 135, ns([1, 1, 2, 0, 0, 0, 0, 2], ALL_NODES), { dst: SOLICITED });
  nd('solicitation for another', 135, ns([1, 1, 2, 0, 0, 0, 0, 2], PEER), { dst: SOLICITED });
  nd('solicitation with an option of no length', 135, ns([1, 0, 2, 0, 0, 0, 0, 2]), { dst: SOLICITED });
  nd('solicitation with an option that is too long', 135, ns([1, 2, 2, 0, 0, 0, 0, 2]), { dst: SOLICITED });
  nd('solicitation with a long address option', 135, ns([1, 2, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]), { dst: SOLICITED });
  nd('solicitation with an unknown option', 135, ns([99, 1, 2, 0, 0, 0, 0, 2]), { dst: SOLICITED });
  nd('solicitation with a rest', 135, ns([1, 1, 2, 0, 0, 0, 0, 2, 7]), { dst: SOLICITED });
  nd('solicitation cut off', 135, ns([]).slice(0, 12), { dst: SOLICITED });
  nd('solicitation to all nodes', 135, ns(), { dst: ALL_NODES });
  add('discovery: solicitation in a fragment', packet({ next: 44, hops: 255, dst: SOLICITED }, [...frag(58, 0, 0, 5), ...icmp(135, 0, ns(), { dst: SOLICITED })]));
  nd('advertisement of our own address', 136, [0xa0, 0, 0, 0, ...bytes(TARGET), 2, 1, 2, 0, 0, 0, 0, 9], { dst: ALL_NODES });
  nd('router solicitation', 133, [0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 2], { dst: 'ff020000000000000000000000000002' });
  // Whatever comes.
  const rng = new Numbers(7);
  for (let i = 0; i < 400; i++) {
    const kinds = [0, 60, 43, 44, 60, 60, 44];
    let next = [58, 17, 253, 59, 6][rng.below(5)]!;
    const last = next;
    let body: number[] = last === 58 ? echo(rng.below(40)) : last === 17 ? udp(new Array<number>(rng.below(30)).fill(1)) : Array.from({ length: rng.below(30) }, () => rng.below(256));
    const chain = 1 + rng.below(4);
    for (let k = 0; k < chain; k++) {
      const kind = k === chain - 1 ? kinds[rng.below(kinds.length)]! : kinds[1 + rng.below(kinds.length - 1)]!;
      if (kind === 44) {
        body = [...frag(next, rng.below(3) === 0 ? 8 * rng.below(5) : 0, rng.below(4) === 0 ? 1 : 0, 0x20000 + 8 * i + k), ...body];
      } else if (kind === 43) {
        body = [next, [0, 2, 0, 4, 1][rng.below(5)]!, [0, 2, 3, 4, 7][rng.below(5)]!, rng.below(2), rng.below(2), 0, 0, 0, ...Array.from({ length: 16 * rng.below(3) }, () => 0), ...body];
      } else {
        const o: number[] = [];
        for (let j = rng.below(5); j > 0; j--) {
          const t = [0, 1, 1, 0x1e, 0x83, 0x43, 0xc3, 5, 0xc2, rng.below(256)][rng.below(10)]!;
          if (t === 0) o.push(0);
          else {
            const n = rng.below(7);
            o.push(t, rng.below(20) === 0 ? 40 : n, ...Array.from({ length: n }, () => (t === 1 ? 0 : rng.below(256))));
          }
        }
        body = [...opts(next, o), ...body];
      }
      next = kind;
    }
    if (rng.below(6) === 0) body[rng.below(body.length)] = rng.below(256);
    if (rng.below(8) === 0) body = body.slice(0, rng.below(body.length));
    const dst = rng.below(8) === 0 ? ALL_NODES : TARGET;
    out.push({ name: `random ${i}`, packets: [packet({ next, dst }, body)] });
  }
  return out;
}

/** An answer in words; link-layer addresses and flow labels are each machine's own. */
function say(h: string): string {
  const b = bytes(h);
  const name = (a: string): string => (a === TARGET ? 'target' : a === PEER ? 'peer' : a === ALL_NODES ? 'all' : a.startsWith('fe80') ? 'link-local' : a);
  const src = name(h.slice(16, 48));
  const dst = name(h.slice(48, 80));
  const rest = b.slice(40);
  if (b[6] === 58 && rest[0] === 136) return `NA ${src} > ${dst} flags ${hex(rest.slice(4, 5))} ${rest.length > 24 ? 'with' : 'without'} address`;
  if (b[6] === 58) return `icmp ${rest[0]} ${rest[1]} ${hex(rest.slice(4, 8))} ${src} > ${dst} hops ${b[7]} tclass ${((b[0]! & 15) << 4) | (b[1]! >> 4)} ${hex(rest.slice(8))}`;
  return `protocol ${b[6]} ${src} > ${dst} ${hex(rest)}`;
}

const QUIET = 'net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=100000';

async function ask(s: Scene, netns: ReturnType<Scene['netns']>, dev: string, mac: string, list: readonly Case[]): Promise<string[][]> {
  const file = join(s.folder, `${dev}.json`);
  writeFileSync(file, JSON.stringify({ mac, cases: list.map((c) => c.packets) }));
  const said = await s.sh(netns, `python3 ${fileURLToPath(new URL('ipv6-ask.py', import.meta.url))} ${dev} ${file}`);
  return (JSON.parse(said) as string[][]).map((replies) => replies.map(say));
}

describe.skipIf(!have('root', 'ip', 'python3'))('IPv6 packets that are wrong', () => {
  it('are answered as a real kernel answers them', scene(async (s) => {
    const list = cases();
    // The real kernel, at the other end of a veth.
    const target = s.netns();
    const asker = s.netns();
    for (const n of [target, asker]) n.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
    target.sh(`sysctl -qw ${QUIET}`);
    target.sh(`ip link add v0 address ${MAC} type veth peer name v1 netns ${asker.name} address 02:00:00:00:00:02`);
    target.sh('ip link set v0 up && ip address add fd00::1/64 dev v0 nodad && ip -6 neigh add fd00::2 lladdr 02:00:00:00:00:02 dev v0 nud permanent');
    asker.sh('sysctl -qw net.ipv6.conf.v1.disable_ipv6=1; ip link set v1 up');
    await eventually('it is ready', () => !target.sh('ip -6 address show dev v0').includes('tentative'), 30_000);
    const theirs = await ask(s, asker, 'v1', MAC, list);

    const netns = s.netns();
    const m = s.machine({ modules: [ipv6] });
    const l = s.tap(m, { netns, address: '10.78.0.2/24', peer: '10.78.0.1/24', vnetHdr: false, record: false });
    netns.sh('sysctl -qw net.ipv6.conf.tap0.disable_ipv6=1');
    m.sysctl('net/ipv6/icmp/ratelimit', 0);
    m.sysctl('net/ipv4/icmp_msgs_per_sec', 100000);
    m.sysctl('net/ipv4/icmp_msgs_burst', 100000);
    m.ip.addr.add({ dev: l.dev.name, address: 'fd00::1/64' });
    m.ip.neigh.add({ dev: l.dev.name, dst: 'fd00::2', lladdr: '02:00:00:00:00:02' });
    await eventually('Linnet is ready', () => String(m.net.proc.read('net/if_inet6')).split('\n').filter((x) => / (?:80|00) +eth0$/.test(x)).length === 2, 30_000);
    const ours = await ask(s, netns, 'tap0', Array.from(l.dev.devAddr.slice(0, 6), (x) => x.toString(16).padStart(2, '0')).join(':'), list);
    row('cases', `${list.length}, ${theirs.filter((r) => r.length > 0).length} of them answered`);
    const different = list.flatMap((c, i) => (JSON.stringify(ours[i]) === JSON.stringify(theirs[i]) ? [] : [{ case: c.name, sent: c.packets, linnet: ours[i], linux: theirs[i] }]));
    expect(different).toEqual([]);
  }));
});
