import { readFileSync } from 'node:fs';
import { createKernel, ms, sec, VirtualClock, type Kernel } from '@linnet/kernel';
import { copyFrame, devAddTap, devGetByName, frameLength } from '@linnet/netdev';
import { skbStats } from '@linnet/skbuff';
import { NlTestClient, nlSplit } from '@linnet/netlink/testing';
import { NLM_F_DUMP, RTM_DELMDB, RTM_GETMDB, RTM_NEWMDB } from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridge, veth } from '../../src/index.ts';
import { send } from '../helpers.ts';
import { hex } from './lab.ts';

/*
 * Frames with IGMP and MLD that went through the bridge of a real Linux 6.18 (golden/record-snooping.py), put through ours: what came out where, what the multicast
 * database held, and what listeners were told.
 */
interface Case {
  readonly name: string;
  readonly req?: string;
  readonly out?: readonly string[];
  readonly port?: number;
  readonly frame?: string;
  readonly wait?: number;
  /** Seconds that the case took there. */
  readonly took?: number;
  readonly sent?: readonly (readonly [number, string])[];
  readonly mdb?: readonly string[];
  readonly told?: readonly string[];
}
const cases = readFileSync(new URL('../golden/snooping.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Case);
const unhex = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, 'hex'));

function list(u8: Uint8Array, off: number): [number, Uint8Array][] {
  const view = new DataView(u8.buffer, u8.byteOffset, u8.length);
  const out: [number, Uint8Array][] = [];
  while (off + 4 <= u8.length) {
    const len = view.getUint16(off, true);
    if (len < 4) break;
    out.push([view.getUint16(off + 2, true) & 0x3fff, u8.slice(off + 4, off + len)]);
    off += (len + 3) & ~3;
  }
  return out;
}
/** What is left of a timer: nothing, less than two seconds, or long. Both machines take a little time. */
function seconds(v: Uint8Array): string {
  const n = new DataView(v.buffer, v.byteOffset, v.length).getUint32(0, true);
  return n === 0 ? 'idle' : n < 200 ? 'soon' : 'long';
}
const member = (v: Uint8Array): string => {
  const attrs = list(v, 28).map(([t, x]) => `${t}=${t === 1 ? seconds(x) : t === 2 ? list(x, 0).map(([, e]) => list(e, 0).map(([a, y]) => (a === 2 ? seconds(y) : hex(y))).join('/')).sort().join(',') : hex(x)}`);
  return [hex(v.subarray(0, 28)), ...attrs].join(' ');
};
/** The members of all groups, one line each, and the routers. */
function table(parts: readonly Uint8Array[]): string[] {
  const out: string[] = [];
  for (const m of parts.flatMap(nlSplit)) {
    if (m.type !== RTM_NEWMDB && m.type !== RTM_DELMDB && m.type !== RTM_GETMDB) continue;
    for (const [t, v] of list(m.payload, 8)) {
      if (t === 1) for (const [, g] of list(v, 0)) for (const [, e] of list(g, 0)) out.push(`${m.type} ${member(e)}`);
      else for (const [, r] of list(v, 0)) out.push(`${m.type} router ${hex(r.subarray(0, 4))}`);
    }
  }
  return out.sort();
}
/** Other entries go in an order of their own, and one entry's news may come more than once. */
const told = (parts: readonly Uint8Array[]): string[] => [...new Set(table(parts).map((l) => l.replace(/ 1=\S+/, '').replace(/ 2=\S+/, '')))];

let k: Kernel;
let clock: VirtualClock;
let listener: NlTestClient;
const heard: [number, string][] = [];
beforeAll(() => {
  clock = new VirtualClock();
  k = createKernel({ modules: [veth, bridge], clock, seed: 3, debug: true });
  listener = new NlTestClient(k.initNet, { groups: 1 << 25 });
});
afterAll(() => {
  listener.close();
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

function watch(): void {
  for (const i of [0, 1, 2]) {
    devAddTap(k, { dev: devGetByName(k.initNet, `h${i}`)!, ignoreOutgoing: true, func: (skb) => {
      const b = new Uint8Array(frameLength(skb));
      copyFrame(skb, b);
      heard.push([i, hex(b)]);
    } });
  }
}
/** Frames at the ports; without what IPv4 of the real kernel says of its own group of snoopers. */
const sorted = (l: readonly (readonly [number, string])[]): string[] => l.filter(([, f]) => !f.startsWith('01005e00006a0200000000ff')).map(([i, f]) => `${i} ${f}`).sort();

describe('what a real bridge does', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_name, c) => {
    if (c.req !== undefined) {
      const client = new NlTestClient(k.initNet);
      client.send(unhex(c.req));
      client.recvAll();
      client.close();
      if (c.name === 'bridge up') watch();
      clock.advance(ms(1));
      const news = listener.recvAll();
      if (c.told !== undefined && c.name !== 'bridge up') expect(told(news)).toEqual(told(c.told.map(unhex)));
      return;
    }
    heard.length = 0;
    if (c.wait !== undefined) clock.advance(sec(c.wait));
    if (c.frame !== undefined) {
      send(devGetByName(k.initNet, `h${c.port!}`)!, unhex(c.frame));
      clock.advance(sec(c.took!));
    }
    if (c.sent === undefined) {
      listener.recvAll();
      return;
    }
    const client = new NlTestClient(k.initNet);
    const now = client.request(RTM_GETMDB, NLM_F_DUMP, new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0]));
    client.close();
    const dump = now.filter((m) => m.type === RTM_GETMDB);
    const news = listener.recvAll();
    expect(sorted(heard)).toEqual(sorted(c.sent));
    const ours = dump.flatMap((m) => table([remake(m.type, m.payload)]));
    expect(ours).toEqual(table(c.mdb!.map(unhex)));
    expect(told(news)).toEqual(told(c.told!.map(unhex)));
  });
});

/** A message with its header again. */
function remake(type: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(16 + payload.length);
  const v = new DataView(out.buffer);
  v.setUint32(0, out.length, true);
  v.setUint16(4, type, true);
  out.set(payload, 16);
  return out;
}
