import { readFileSync } from 'node:fs';
import { createKernel, ms, sec, VirtualClock, type Kernel } from '@linnet/kernel';
import { skbStats } from '@linnet/skbuff';
import { NlTestClient, nlSplit, type NlTestMessage } from '@linnet/netlink/testing';
import {
  IFLA_AF_SPEC, IFLA_BR_GC_TIMER, IFLA_BR_HELLO_TIMER, IFLA_BR_TCN_TIMER, IFLA_BR_TOPOLOGY_CHANGE_TIMER, IFLA_BR_VLAN_DEFAULT_PVID, IFLA_BR_VLAN_PROTOCOL, IFLA_BR_VLAN_STATS_ENABLED,
  IFLA_BR_VLAN_STATS_PER_PORT, IFLA_BRPORT_FORWARD_DELAY_TIMER, IFLA_LINKINFO, IFLA_PROTINFO, NDA_CACHEINFO, NDA_LLADDR, NDA_VLAN, NLMSG_DONE, NLMSG_ERROR, NTF_SELF, RTM_DELLINK, RTM_DELMDB,
  RTM_DELNEIGH, RTM_GETMDB, RTM_NEWLINK, RTM_NEWMDB, RTM_NEWNEIGH,
} from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridge, veth } from '../../src/index.ts';
import { hex } from './lab.ts';

/*
 * Requests that a real Linux 6.18 answered (golden/record-bridge.py), put to a machine of ours in the same order: the answers, and what listeners were told.
 * That kernel was built without VLAN filtering, so what is about VLANs is left out of ours.
 */
interface Case {
  readonly name: string;
  readonly req?: string;
  readonly out?: readonly string[];
  readonly wait?: number;
  readonly told: readonly string[];
}
const cases = readFileSync(new URL('../golden/bridge.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Case);
const unhex = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, 'hex'));

type Attr = readonly [number, string];
function list(u8: Uint8Array, off: number): [number, Uint8Array][] {
  const view = new DataView(u8.buffer, u8.byteOffset, u8.length);
  const out: [number, Uint8Array][] = [];
  while (off + 4 <= u8.length) {
    const len = view.getUint16(off, true);
    if (len < 4) break;
    out.push([view.getUint16(off + 2, true), u8.slice(off + 4, off + len)]);
    off += (len + 3) & ~3;
  }
  return out;
}

const BR_TIMERS: readonly number[] = [IFLA_BR_HELLO_TIMER, IFLA_BR_TCN_TIMER, IFLA_BR_TOPOLOGY_CHANGE_TIMER, IFLA_BR_GC_TIMER];
const BR_VLAN: readonly number[] = [IFLA_BR_VLAN_PROTOCOL, IFLA_BR_VLAN_DEFAULT_PVID, IFLA_BR_VLAN_STATS_ENABLED, IFLA_BR_VLAN_STATS_PER_PORT];
/** Is a timer running? Its value differs by the time that a run takes. */
const runs = (v: Uint8Array): string => (v.some((b) => b !== 0) ? 'runs' : 'idle');

function brData(v: Uint8Array): Attr[] {
  // That kernel's tick is 4 ms: a quarter of 125 s is 31.248 s there.
  const value = (t: number, x: Uint8Array): string => (BR_TIMERS.includes(t) ? runs(x) : hex(x).replace(/^340c0{12}$/, '350c000000000000'));
  return list(v, 0).filter(([t]) => !BR_VLAN.includes(t)).map(([t, x]): Attr => [t, value(t, x)]);
}
function portData(v: Uint8Array): Attr[] {
  return list(v, 0).map(([t, x]): Attr => [t, t === IFLA_BRPORT_FORWARD_DELAY_TIMER ? runs(x) : hex(x)]);
}

/** Of a link message of all families: what bridges have a say in. */
const LINK_ATTRS: readonly number[] = [3, 10, 4, 16, 33, 30, 61, 1, 2, 50, 51, 66];
function link(p: Uint8Array): object {
  const out: unknown[] = [];
  for (const [t, v] of list(p, 16)) {
    if (LINK_ATTRS.includes(t)) out.push([t, hex(v)]);
    if (t !== IFLA_LINKINFO) continue;
    let kind = '';
    for (const [t2, v2] of list(v, 0)) {
      if (t2 === 1) kind = Buffer.from(v2).toString();
      if (t2 === 2 && kind === 'bridge\0') out.push(['data', brData(v2)]);
      else if (t2 === 5) out.push(['slave', portData(v2)]);
      else if (t2 !== 2) out.push([t2, hex(v2)]);
    }
  }
  return { head: hex(p.subarray(0, 12)), out };
}
function bridgeLink(p: Uint8Array): object {
  const attrs = list(p, 16).filter(([t]) => t !== IFLA_AF_SPEC).map(([t, v]) => ((t & 0x3fff) === IFLA_PROTINFO ? [t, portData(v)] : [t, hex(v)]));
  return { head: hex(p.subarray(0, 16)), attrs };
}
function neigh(p: Uint8Array): object | null {
  if (p[0] !== 7) return null; // neighbours of IPv4
  const attrs = list(p, 12);
  const addr = attrs.find(([t]) => t === NDA_LLADDR)?.[1];
  // Groups that IPv4 of the real kernel has joined, and what we have in VLANs.
  if ((p[10]! & NTF_SELF) !== 0 && addr !== undefined && /^(01005e0000|3333)/.test(hex(addr))) return null;
  if (attrs.some(([t]) => t === NDA_VLAN)) return null;
  return { head: hex(p.subarray(0, 12)), attrs: attrs.map(([t, v]) => [t, t === NDA_CACHEINFO ? '*' : hex(v)]) };
}
function mdb(p: Uint8Array): object {
  const entry = (v: Uint8Array): unknown => {
    const rest = list(v, 28).map(([t, x]) => [t, t === 1 ? runs(x) : (t & 0x3fff) === 2 ? list(x, 0).map(([a, e]) => [a, list(e, 0).map(([b, y]) => [b, b === 2 ? runs(y) : hex(y)])]) : hex(x)]);
    return [hex(v.subarray(0, 28)), rest];
  };
  return {
    head: hex(p.subarray(0, 8)),
    attrs: list(p, 8).map(([t, v]) => {
      // The real kernel keeps groups without members for a while.
      if (t === 1) return [t, list(v, 0).map(([, g]) => list(g, 0).map(([, e]) => entry(e))).filter((g) => g.length > 0).sort()];
      return [t, list(v, 0).map(([t2, r]) => [t2, hex(r.subarray(0, 4)), list(r, 4).map(([a, y]) => [a, [1, 3, 4].includes(a) ? runs(y) : hex(y)])])];
    }),
  };
}

/** A message as something that can be compared. */
function plain(m: NlTestMessage): object | null {
  const { type, flags, payload: p } = m;
  const of = (o: object | null): object | null => (o === null ? null : { type, flags, ...o });
  switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return of(p[0] === 7 ? bridgeLink(p) : link(p));
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      return of(neigh(p));
    case RTM_NEWMDB:
    case RTM_DELMDB:
    case RTM_GETMDB:
      return of(mdb(p));
    case NLMSG_DONE: {
      const view = new DataView(p.buffer, p.byteOffset, p.length);
      return { type, errno: view.getInt32(0, true), tlvs: list(p, 4).map(([t, v]) => [t, t === 1 ? Buffer.from(v).toString() : hex(v)]) };
    }
    case NLMSG_ERROR: {
      const view = new DataView(p.buffer, p.byteOffset, p.length);
      const errno = view.getInt32(0, true);
      const at = (flags & 0x100) !== 0 ? 20 : 4 + ((view.getUint32(4, true) + 3) & ~3);
      return { type, errno, tlvs: (flags & 0x200) !== 0 ? list(p, at).map(([t, v]) => [t, t === 1 ? Buffer.from(v).toString() : hex(v)]) : [] };
    }
    default:
      return { type, payload: hex(p) };
  }
}
const answers = (parts: readonly Uint8Array[]): object[] => parts.flatMap(nlSplit).map(plain).filter((x) => x !== null);
/** What bridges tell; links as such are told by rtnetlink, which has tests of its own. */
const news = (parts: readonly Uint8Array[]): object[] =>
  parts.flatMap(nlSplit).filter((m) => !((m.type === RTM_NEWLINK || m.type === RTM_DELLINK) && m.payload[0] !== 7)).map(plain).filter((x) => x !== null);

let k: Kernel;
let clock: VirtualClock;
let listener: NlTestClient;
beforeAll(() => {
  clock = new VirtualClock();
  k = createKernel({ modules: [veth, bridge], clock, seed: 3, debug: true });
  // RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_MDB
  listener = new NlTestClient(k.initNet, { groups: (1 << 0) | (1 << 2) | (1 << 25) });
});
afterAll(() => {
  listener.close();
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

/** Without VLANs in the kernel every VLAN is as good as none. */
const VLAN_CASES: readonly string[] = ['fdb: del unknown vlan'];

describe('answers of a real kernel', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_name, c) => {
    if (c.wait !== undefined) clock.advance(sec(c.wait));
    const client = new NlTestClient(k.initNet);
    let out: Uint8Array[] = [];
    if (c.req !== undefined) {
      client.send(unhex(c.req));
      out = client.recvAll();
    }
    clock.advance(ms(25));
    const told = listener.recvAll();
    client.close();
    if (c.out !== undefined && !VLAN_CASES.includes(c.name)) expect(answers(out)).toEqual(answers(c.out.map(unhex)));
    expect(news(told)).toEqual(news(c.told.map(unhex)));
  });
});
