// Routes of several hops, nexthop groups and resilient groups: how 10,000 flows are spread over the weights, what decides by fib_multipath_hash_policy, and that a flow
// stays on its path. The hash is secret on both machines, so they are asked the same questions and must pass the same judgement; the buckets of resilient groups are not.
import { createKernel, sec, VirtualClock } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { vethNewlink } from '@linnet/netdevs';
import {
  NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, NHA_FDB, NHA_GATEWAY, NHA_GROUP, NHA_GROUP_TYPE, NHA_ID, NHA_OIF, NHA_RES_BUCKET, NHA_RES_BUCKET_INDEX, NHA_RES_BUCKET_NH_ID, NHA_RES_GROUP,
  NHA_RES_GROUP_BUCKETS, NHA_RES_GROUP_IDLE_TIMER, NHA_RES_GROUP_UNBALANCED_TIMER, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, NLMSG_ERROR, RTA_DPORT, RTA_DST, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO,
  RTA_MULTIPATH, RTA_NH_ID, RTA_SPORT, RTA_SRC, RTA_TABLE, RTM_GETNEXTHOPBUCKET, RTM_GETROUTE, RTM_NEWNEXTHOP, RTM_NEWROUTE,
} from '@linnet/uapi';
import { fullStack } from 'linnet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';
import { attr, join, nest, u16, u32, u8, words } from '../netlink/attrs.ts';
import { type Answerer, LinnetKernel, RealKernel, request } from '../netlink/probe.ts';
import { addrRequest, NET, Rng, V0, V2, V4 } from './routes-world.ts';

const FLOWS = 10_000;
/** Of all flows, by which a hop's share may differ from its weight's. */
const TOLERANCE = 0.03;
const DEVS = [V0, V2, V4] as const;
const be = (...v: readonly number[]): Uint8Array => Uint8Array.from(v.flatMap((x) => [x >>> 24, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]));
const be16 = (v: number): Uint8Array => Uint8Array.of(v >>> 8, v & 255);

interface Flow { readonly dst: number; readonly src: number; readonly proto: number; readonly sport: number; readonly dport: number }

/** Each machine, and how its settings are made. */
interface Side {
  readonly name: string;
  readonly nl: Answerer;
  set(name: string, value: number): void;
  wait(ms: number): Promise<void>;
}

const sides: Side[] = [];
const ends: (() => Promise<void> | void)[] = [];

async function ask(side: Side, bytes: Uint8Array): Promise<number> {
  const [d] = await side.nl.send('ask', NETLINK_ROUTE, bytes);
  return new DataView(d!.buffer, d!.byteOffset).getInt32(16, true);
}

/** The gateways of flows that come in by v4 (or go out, with `src` 0), one after the other. */
async function paths(side: Side, flows: readonly Flow[]): Promise<number[]> {
  const out: number[] = [];
  for (let i = 0; i < flows.length; i += 100) {
    const batch = flows.slice(i, i + 100).map((f, n) => request(RTM_GETROUTE, 0, join(
      Uint8Array.of(2, 32, f.src === 0 ? 0 : 32, 0, 0, 0, 0, 0), words(0), attr(RTA_DST, be(f.dst)), ...(f.src === 0 ? [] : [attr(RTA_SRC, be(f.src)), u32(RTA_IIF, V4)]),
      u8(RTA_IP_PROTO, f.proto), attr(RTA_SPORT, be16(f.sport)), attr(RTA_DPORT, be16(f.dport)),
    ), n + 1));
    for (const d of await side.nl.send('ask', NETLINK_ROUTE, join(...batch))) {
      const v = new DataView(d.buffer, d.byteOffset, d.length);
      if (v.getUint16(4, true) === NLMSG_ERROR) throw new Error(`${side.name}: errno ${v.getInt32(16, true)}`);
      let gw = 0;
      for (let a = 28; a + 4 <= v.getUint32(0, true); a += (v.getUint16(a, true) + 3) & ~3) if (v.getUint16(a + 2, true) === RTA_GATEWAY) gw = v.getInt32(a + 4);
      out.push(gw);
    }
  }
  expect(out.length).toBe(flows.length);
  return out;
}

/** The member of each bucket of a group. */
async function buckets(side: Side, id: number): Promise<number[]> {
  const out: number[] = [];
  const q = request(RTM_GETNEXTHOPBUCKET, NLM_F_DUMP, join(new Uint8Array(8), u32(NHA_ID, id)));
  for (let got = await side.nl.send('ask', NETLINK_ROUTE, q), done = false; !done; got = done ? [] : await side.nl.read('ask', NETLINK_ROUTE)) {
    if (got.length === 0) break;
    for (const d of got) {
      const v = new DataView(d.buffer, d.byteOffset, d.length);
      for (let at = 0; at + 16 <= d.length; at += (v.getUint32(at, true) + 3) & ~3) {
        if (v.getUint16(at + 4, true) === 3) done = true;
        if (v.getUint16(at + 4, true) < 16) continue;
        for (let a = at + 24; a + 4 <= at + v.getUint32(at, true); a += (v.getUint16(a, true) + 3) & ~3) {
          if ((v.getUint16(a + 2, true) & 0x3fff) !== NHA_RES_BUCKET) continue;
          let index = -1;
          for (let b = a + 4; b + 4 <= a + v.getUint16(a, true); b += (v.getUint16(b, true) + 3) & ~3) {
            if (v.getUint16(b + 2, true) === NHA_RES_BUCKET_INDEX) index = v.getUint16(b + 4, true);
            if (v.getUint16(b + 2, true) === NHA_RES_BUCKET_NH_ID) out[index] = v.getUint32(b + 4, true);
          }
        }
      }
    }
  }
  return out;
}

const CREATE = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
const REPLACE = NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK;
const member = (id: number, weight: number): Uint8Array => join(words(id), Uint8Array.of(weight - 1, 0, 0, 0));
const group = (id: number, members: readonly (readonly [number, number])[], flags: number, ...more: Uint8Array[]): Uint8Array =>
  request(RTM_NEWNEXTHOP, flags, join(new Uint8Array(8), u32(NHA_ID, id), attr(NHA_GROUP, join(...members.map(([m, w]) => member(m, w)))), ...more));
const route = (dst: number, ...more: Uint8Array[]): Uint8Array => request(RTM_NEWROUTE, CREATE, join(Uint8Array.of(2, 8, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0), u32(RTA_TABLE, 254), attr(RTA_DST, be(dst)), ...more));
const resilient = (n: number, idle: number, unbalanced: number): Uint8Array[] => [
  u16(NHA_GROUP_TYPE, 1), nest(NHA_RES_GROUP, u16(NHA_RES_GROUP_BUCKETS, n), u32(NHA_RES_GROUP_IDLE_TIMER, idle), u32(NHA_RES_GROUP_UNBALANCED_TIMER, unbalanced)),
];
const GW = (i: number): number => NET[i % 3]! + 10 + i;

/** 20/8: hops in the route, 1:2:5. 30/8: a group, the same. 40/8: a resilient group, the same. */
const KINDS = [['hops in the route', 0x14000000], ['a group', 0x1e000000], ['a resilient group', 0x28000000]] as const;
const WEIGHTS = [1, 2, 5] as const;

describe.skipIf(!have('root', 'ip', 'python3', 'sysctl'))('multipath', () => {
  beforeAll(async () => {
    const ns = new TestNetns();
    ends.push(() => { ns.remove(); });
    ns.sh('for i in 0 2 4; do ip link add v$i type veth peer name v$((i+1)); done; for d in v0 v1 v2 v3 v4 v5; do ip link set $d up; done; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.v4.rp_filter=0; sleep 1.3');
    const real = new RealKernel(ns.name);
    ends.unshift(() => real.close());
    const clock = new VirtualClock();
    const k = createKernel({ modules: fullStack, clock, seed: 3 });
    const net = k.initNet;
    devOpen(devGetByName(net, 'lo')!);
    for (const [a, b] of [['v0', 'v1'], ['v2', 'v3'], ['v4', 'v5']] as const) if (typeof vethNewlink(net, a, net, b) === 'number') throw new Error('veth');
    for (const name of ['v0', 'v1', 'v2', 'v3', 'v4', 'v5']) devOpen(devGetByName(net, name)!);
    clock.advance(sec(3));
    net.sysctl.write('net/ipv4/ip_forward', '1');
    const ours = new LinnetKernel(net);
    ends.unshift(() => { ours.close(); k.shutdown(); });
    sides.push(
      { name: 'Linux', nl: real, set: (n, v) => { ns.sh(`sysctl -qw net.ipv4.${n}=${v}`); }, wait: (ms) => new Promise((r) => setTimeout(r, ms)) },
      { name: 'Linnet', nl: ours, set: (n, v) => { expect(net.sysctl.write(`net/ipv4/${n}`, String(v))).toBe(0); }, wait: (ms) => { clock.advance(ms * 1e6); return Promise.resolve(); } },
    );
    for (const side of sides) {
      for (const opt of [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) await side.nl.opt('ask', NETLINK_ROUTE, opt, 1);
      for (let i = 0; i < 3; i++) expect(await ask(side, addrRequest(DEVS[i]!, 24, NET[i]! + 1))).toBe(0);
      for (let i = 0; i < 6; i++) expect(await ask(side, request(RTM_NEWNEXTHOP, CREATE, join(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), u32(NHA_ID, i + 1), u32(NHA_OIF, DEVS[i % 3]!), attr(NHA_GATEWAY, be(GW(i))))))).toBe(0);
      const members = WEIGHTS.map((w, i) => [i + 1, w] as const);
      expect(await ask(side, group(20, members, CREATE))).toBe(0);
      expect(await ask(side, group(21, members, CREATE, ...resilient(128, 12000, 0)))).toBe(0);
      const hops = join(...WEIGHTS.map((w, i) => join(Uint8Array.of(16, 0, 0, w - 1), words(DEVS[i]!), attr(RTA_GATEWAY, be(GW(i))))));
      expect(await ask(side, route(KINDS[0][1], attr(RTA_MULTIPATH, hops)))).toBe(0);
      expect(await ask(side, route(KINDS[1][1], u32(RTA_NH_ID, 20)))).toBe(0);
      expect(await ask(side, route(KINDS[2][1], u32(RTA_NH_ID, 21)))).toBe(0);
    }
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });

  it.each(KINDS)('%s: 10,000 flows are spread by the weights, and stay', { timeout: 120_000 }, async (_what, net) => {
    const r = new Rng(5);
    const flows = Array.from({ length: FLOWS }, (): Flow => ({ dst: net + 1 + r.below(0xfffffe), src: 0, proto: r.pick([6, 17]), sport: 1 + r.below(65535), dport: 1 + r.below(65535) }));
    for (const side of sides) {
      for (const [policy, n] of [[1, FLOWS], [0, FLOWS / 4]] as const) {
        side.set('fib_multipath_hash_policy', policy);
        const first = await paths(side, flows.slice(0, n));
        WEIGHTS.forEach((w, i) => {
          const share = first.filter((gw) => gw === (GW(i) | 0)).length / n;
          expect(Math.abs(share - w / 8), `${side.name}, policy ${policy}: ${share} for ${w} of 8`).toBeLessThan(TOLERANCE);
        });
        // Asked again, backwards: nothing but the flow decides.
        expect((await paths(side, flows.slice(0, 500).reverse())).reverse()).toEqual(first.slice(0, 500));
      }
    }
  });

  it('what decides is the same by every policy', { timeout: 120_000 }, async () => {
    const base: Flow = { dst: 0x1e010203, src: 0x0a020009, proto: 17, sport: 1000, dport: 2000 };
    const vary: readonly (readonly [string, (i: number) => Partial<Flow>])[] = [
      ['nothing', () => ({})], ['destination', (i) => ({ dst: base.dst + i })], ['source', (i) => ({ src: base.src + i })], ['source port', (i) => ({ sport: base.sport + i })],
      ['destination port', (i) => ({ dport: base.dport + i })], ['protocol', (i) => ({ proto: [6, 17][i & 1]!, dport: base.dport })],
    ];
    const found: string[][] = [];
    for (const side of sides) {
      const lines: string[] = [];
      for (const [policy, fields] of [[0, 7], [1, 7], [2, 7], [3, 7], [3, 1], [3, 2], [3, 4], [3, 0x10], [3, 0x20], [3, 0x31]] as const) {
        side.set('fib_multipath_hash_policy', policy);
        side.set('fib_multipath_hash_fields', fields);
        for (const [what, change] of vary) {
          // Many seeds for the protocol, of which there are only two.
          const rows = what === 'protocol' ? 40 : 1;
          let moved = false;
          for (let row = 0; row < rows; row++) {
            side.set('fib_multipath_hash_seed', row + 1);
            const flows = Array.from({ length: what === 'protocol' ? 2 : 60 }, (_, i): Flow => ({ ...base, ...change(i) }));
            if (new Set(await paths(side, flows)).size > 1) moved = true;
          }
          lines.push(`policy ${policy} fields ${fields}: ${what} ${moved ? 'decides' : 'does not matter'}`);
        }
      }
      found.push(lines);
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[0]).toContain('policy 1 fields 7: source port decides');
    expect(found[0]).toContain('policy 0 fields 7: source port does not matter');
  });

  it('the buckets of a resilient group go the same way', { timeout: 60_000 }, async () => {
    const steps: readonly (readonly [string, Uint8Array])[] = [
      ['made', group(30, [[1, 1], [2, 1]], CREATE, ...resilient(32, 50, 0))],
      ['one more', group(30, [[1, 1], [2, 1], [3, 2]], REPLACE, u16(NHA_GROUP_TYPE, 1))],
      ['other weights', group(30, [[1, 6], [2, 1], [3, 1]], REPLACE, u16(NHA_GROUP_TYPE, 1))],
      ['others', group(30, [[4, 1], [3, 3], [5, 1]], REPLACE, u16(NHA_GROUP_TYPE, 1))],
      ['of another number', group(30, [[4, 1]], REPLACE, ...resilient(16, 50, 0))],
      ['of another type', group(30, [[4, 1]], REPLACE)],
      ['no buckets', group(31, [[4, 1]], CREATE, u16(NHA_GROUP_TYPE, 1))],
      ['fdb with others', request(RTM_NEWNEXTHOP, CREATE, join(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), u32(NHA_ID, 9), attr(NHA_FDB), u32(NHA_OIF, V0), attr(NHA_GATEWAY, be(GW(1)))))],
      ['fdb', request(RTM_NEWNEXTHOP, CREATE, join(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), u32(NHA_ID, 9), attr(NHA_FDB), attr(NHA_GATEWAY, be(GW(1)))))],
      ['mixed', group(32, [[9, 1], [1, 1]], CREATE)],
      ['a route over fdb', route(0x32000000, u32(RTA_NH_ID, 9))],
    ];
    for (const [what, bytes] of steps) {
      const errnos = [await ask(sides[0]!, bytes), await ask(sides[1]!, bytes)];
      expect(errnos[1], what).toBe(errnos[0]);
      for (const side of sides) await side.wait(100);
      expect(await buckets(sides[1]!, 30), what).toEqual(await buckets(sides[0]!, 30));
    }
    expect((await buckets(sides[0]!, 30)).length).toBe(32);
  });

  it('buckets in use stay until they are idle, or the group is unbalanced too long', { timeout: 60_000 }, async () => {
    const r = new Rng(9);
    const flows = Array.from({ length: 400 }, (): Flow => ({ dst: 0x3c000000 + 1 + r.below(0xfffffe), src: 0, proto: 17, sport: 1, dport: 1 }));
    for (const side of sides) {
      side.set('fib_multipath_hash_policy', 0);
      expect(await ask(side, group(40, [[1, 1], [2, 1]], CREATE, ...resilient(16, 150, 300)))).toBe(0);
      expect(await ask(side, route(0x3c000000, u32(RTA_NH_ID, 40)))).toBe(0);
      // Used later than made, in ticks.
      await side.wait(20);
      const before = await paths(side, flows);
      expect(await ask(side, group(40, [[1, 1], [2, 1], [3, 2]], REPLACE, u16(NHA_GROUP_TYPE, 1)))).toBe(0);
      // All buckets were used just now: nothing moves, for 1.5 s without use, or 3 s with it.
      expect(await paths(side, flows), side.name).toEqual(before);
      for (let i = 0; i < 4; i++) {
        await side.wait(400);
        expect(await paths(side, flows), `${side.name} after ${(i + 1) * 400} ms`).toEqual(before);
      }
      for (let i = 0; i < 5; i++) {
        await side.wait(400);
        await paths(side, flows);
      }
      const after = await buckets(side, 40);
      expect(after.filter((id) => id === 3).length, side.name).toBe(8);
    }
  });
});
