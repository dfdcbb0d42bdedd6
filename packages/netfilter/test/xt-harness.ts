/** Tables of IPv4 made by hand, as programs pass them (struct ipt_replace). */
import type { Net } from '@linnet/kernel';
import { SOL_IP } from '@linnet/uapi';
import { xtGetsockopt, xtSetsockopt } from '../src/index.ts';
import { ip4 } from './harness.ts';

export const SET_REPLACE = 64;
export const GET_INFO = 64;
export const GET_ENTRIES = 65;
export const ACCEPT = -2;
export const DROP = -1;
export const RETURN = -5;

export interface Rule {
  readonly src?: string;
  readonly proto?: number;
  readonly goto?: boolean;
  /** Name, revision and data of matches. */
  readonly matches?: readonly (readonly [string, number, Uint8Array])[];
  /** A verdict, the name of a chain, or a target with its data. */
  readonly target: number | string | readonly [string, number, Uint8Array];
}
/** Chains in order: those of the hook points first, each with its policy behind its rules. */
export interface Table {
  readonly name: string;
  readonly hooks: readonly (readonly [hook: number, rules: readonly Rule[], policy: number])[];
  readonly chains?: Readonly<Record<string, readonly Rule[]>>;
}

function extension(name: string, revision: number, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(32 + ((data.length + 7) & ~7));
  new DataView(b.buffer).setUint16(0, b.length, true);
  for (let i = 0; i < name.length; i++) b[2 + i] = name.charCodeAt(i);
  b[31] = revision;
  b.set(data, 32);
  return b;
}
function int(v: number): Uint8Array {
  const b = new Uint8Array(4);
  new DataView(b.buffer).setInt32(0, v, true);
  return b;
}
function entry(r: Rule, chains: ReadonlyMap<string, number>): Uint8Array {
  const matches = (r.matches ?? []).map(([n, rev, d]) => extension(n, rev, d));
  const t = r.target;
  const target = typeof t === 'number' ? extension('', 0, int(t)) : typeof t === 'string' ? extension('', 0, int(chains.get(t) ?? 0)) : extension(t[0], t[1], t[2]);
  const mlen = matches.reduce((n, m) => n + m.length, 0);
  const b = new Uint8Array(112 + mlen + target.length);
  const v = new DataView(b.buffer);
  if (r.src !== undefined) {
    v.setInt32(0, ip4(r.src));
    v.setInt32(8, -1);
  }
  v.setUint16(80, r.proto ?? 0, true);
  b[82] = r.goto === true ? 2 : 0;
  v.setUint16(88, 112 + mlen, true);
  v.setUint16(90, b.length, true);
  let at = 112;
  for (const m of [...matches, target]) {
    b.set(m, at);
    at += m.length;
  }
  return b;
}

/** struct ipt_replace with its entries. `old`: how many entries the table has now. */
export function replaceBlob(t: Table, old: number): Uint8Array {
  const chains = new Map<string, number>();
  const error = (name: string): Rule => ({ target: ['ERROR', 0, Uint8Array.from({ length: 30 }, (_, i) => name.charCodeAt(i) || 0)] });
  // Twice: the first time finds where the chains are.
  for (let pass = 0; ; pass++) {
    const parts: Uint8Array[] = [];
    let size = 0;
    const put = (r: Rule): void => {
      const e = entry(r, chains);
      parts.push(e);
      size += e.length;
    };
    const start = new Array<number>(5).fill(-1);
    const under = new Array<number>(5).fill(-1);
    let valid = 0;
    for (const [h, rules, policy] of t.hooks) {
      valid |= 1 << h;
      start[h] = size;
      for (const r of rules) put(r);
      under[h] = size;
      put({ target: policy });
    }
    for (const [name, rules] of Object.entries(t.chains ?? {})) {
      put(error(name));
      chains.set(name, size);
      for (const r of rules) put(r);
      put({ target: RETURN });
    }
    put(error('ERROR'));
    if (pass === 0) continue;
    const b = new Uint8Array(96 + size);
    const v = new DataView(b.buffer);
    for (let i = 0; i < t.name.length; i++) b[i] = t.name.charCodeAt(i);
    v.setUint32(32, valid, true);
    v.setUint32(36, parts.length, true);
    v.setUint32(40, size, true);
    for (let h = 0; h < 5; h++) {
      v.setInt32(44 + 4 * h, start[h]!, true);
      v.setInt32(64 + 4 * h, under[h]!, true);
    }
    v.setUint32(84, old, true);
    v.setUint32(88, 0xffffffff, true);
    let at = 96;
    for (const p of parts) {
      b.set(p, at);
      at += p.length;
    }
    return b;
  }
}

function named(name: string, len: number): Uint8Array {
  const b = new Uint8Array(len);
  for (let i = 0; i < name.length; i++) b[i] = name.charCodeAt(i);
  return b;
}
/** How many entries, and how many bytes. */
export function info(net: Net, name: string): { num: number; size: number } {
  const b = xtGetsockopt(net, SOL_IP, GET_INFO, 84, named(name, 84));
  if (typeof b === 'number') throw new Error(`GET_INFO: ${b}`);
  const v = new DataView(b.buffer, b.byteOffset);
  return { num: v.getUint32(76, true), size: v.getUint32(80, true) };
}
export function load(net: Net, t: Table): number {
  return xtSetsockopt(net, SOL_IP, SET_REPLACE, replaceBlob(t, info(net, t.name).num));
}
/** Packets and bytes of each entry. */
export function counters(net: Net, name: string): [number, number][] {
  const { size } = info(net, name);
  const ask = named(name, 40 + size);
  new DataView(ask.buffer).setUint32(32, size, true);
  const b = xtGetsockopt(net, SOL_IP, GET_ENTRIES, ask.length, ask);
  if (typeof b === 'number') throw new Error(`GET_ENTRIES: ${b}`);
  const v = new DataView(b.buffer, b.byteOffset);
  const out: [number, number][] = [];
  for (let e = 40; e < b.length; e += v.getUint16(e + 90, true)) out.push([v.getUint32(e + 96, true), v.getUint32(e + 104, true)]);
  return out;
}
