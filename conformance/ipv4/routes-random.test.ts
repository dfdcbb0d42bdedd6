// Routing tables, rules, nexthop objects, groups and addresses that change all the time, by the same random requests on both machines: every request has the kernel's
// own answer and tells the same news (what `ip monitor` shows), and every lookup between them (RTM_GETROUTE with every selector) finds what the kernel finds.
//
// ROUTES_ROUNDS=100 makes 100,000 lookups of ten seeds (a round is 100); the default is a sample of some seconds. ROUTES_SEED begins elsewhere.
// Which hop of several a flow takes is secret: then it must be one of those that the kernel has, and all else the same (see routes-multipath.test.ts).
import { createKernel, type Kernel, sec, VirtualClock } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { vethNewlink } from '@linnet/netdevs';
import {
  NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, NLM_F_DUMP, NLMSG_ERROR, RTA_CACHEINFO, RTA_FLOW, RTA_GATEWAY, RTA_MULTIPATH, RTA_OIF, RTA_PREFSRC, RTM_F_FIB_MATCH, RTM_F_LOOKUP_TABLE,
  RTM_GETADDR, RTM_GETNEXTHOP, RTM_GETROUTE, RTM_GETRULE, RTM_NEWADDR, RTM_NEWROUTE,
} from '@linnet/uapi';
import { fullStack } from 'linnet';
import { describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';
import { join } from '../netlink/attrs.ts';
import { LinnetKernel, RealKernel, request } from '../netlink/probe.ts';
import { addrRequest, change, link, Lookup, NET, nexthopRequest, Rng, routeRequest, ruleRequest, V0, V2, V4 } from './routes-world.ts';

const ROUNDS = Number(process.env['ROUTES_ROUNDS'] ?? 2);
const SEED = Number(process.env['ROUTES_SEED'] ?? 1);
const LOOKUPS = 100;
const CHANGES = 12;

/** What comes and goes with time, or is the answer's number. */
const IFA_CACHEINFO = 6;

interface Message {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly errno: number;
  /** The fixed header in hex. */
  readonly head: string;
  readonly attrs: ReadonlyMap<number, string>;
}

const HEADS: Readonly<Record<number, number>> = { 20: 8, 24: 12, 32: 12, 104: 8 };

function parse(datagrams: readonly Uint8Array[]): Message[] {
  const out: Message[] = [];
  for (const d of datagrams) {
    const v = new DataView(d.buffer, d.byteOffset, d.length);
    for (let at = 0; at + 16 <= d.length; at += (v.getUint32(at, true) + 3) & ~3) {
      const len = v.getUint32(at, true);
      const type = v.getUint16(at + 4, true);
      const attrs = new Map<number, string>();
      const head = HEADS[type & ~3] ?? 0;
      const skip = (type & ~3) === (RTM_NEWADDR & ~3) ? IFA_CACHEINFO : (type & ~3) === (RTM_NEWROUTE & ~3) ? RTA_CACHEINFO : -1;
      if (head > 0) {
        for (let a = at + 16 + head; a + 4 <= at + len; a += (v.getUint16(a, true) + 3) & ~3) {
          const t = v.getUint16(a + 2, true);
          if (t !== skip) attrs.set(t, Buffer.from(d.subarray(a + 4, a + v.getUint16(a, true))).toString('hex'));
        }
      }
      // The text of an extended acknowledgement.
      const flags = v.getUint16(at + 6, true);
      if (type === NLMSG_ERROR && (flags & 0x200) !== 0) {
        for (let a = at + 16 + 4 + ((flags & 0x100) !== 0 ? 16 : (v.getUint32(at + 20, true) + 3) & ~3); a + 4 <= at + len; a += (v.getUint16(a, true) + 3) & ~3) {
          attrs.set(v.getUint16(a + 2, true), Buffer.from(d.subarray(a + 4, a + v.getUint16(a, true) - 1)).toString('latin1'));
        }
      }
      out.push({ type, flags, seq: v.getUint32(at + 8, true), errno: type === NLMSG_ERROR ? v.getInt32(at + 16, true) : 0, head: Buffer.from(d.subarray(at + 16, at + 16 + head)).toString('hex'), attrs });
    }
  }
  return out;
}

const text = (m: Message, without: readonly number[] = []): string =>
  `${m.type} 0x${m.flags.toString(16)} ${m.type === NLMSG_ERROR ? `errno ${m.errno}` : m.head}${[...m.attrs].filter(([t]) => !without.includes(t)).map(([t, h]) => ` ${t}:${h}`).join('')}`;

/** The hops of a route of several, each as interface and gateway. */
function hopsOf(hex: string): Set<string> {
  const d = Buffer.from(hex, 'hex');
  const out = new Set<string>();
  for (let at = 0; at + 8 <= d.length; at += (d.readUInt16LE(at) + 3) & ~3) {
    let gw = '';
    for (let a = at + 8; a + 4 <= at + d.readUInt16LE(at); a += (d.readUInt16LE(a) + 3) & ~3) if (d.readUInt16LE(a + 2) === RTA_GATEWAY) gw = d.subarray(a + 4, a + 8).toString('hex');
    out.add(`${d.subarray(at + 4, at + 8).toString('hex')} ${gw}`);
  }
  return out;
}

function machine(settings: readonly (readonly [string, string])[]): { k: Kernel; clock: VirtualClock } {
  const clock = new VirtualClock();
  const k = createKernel({ modules: fullStack, clock, seed: 1 });
  const net = k.initNet;
  for (const dev of ['all', 'default']) net.sysctl.write(`net/ipv6/conf/${dev}/disable_ipv6`, '1');
  devOpen(devGetByName(net, 'lo')!);
  for (const [a, b] of [['v0', 'v1'], ['v2', 'v3'], ['v4', 'v5']] as const) if (typeof vethNewlink(net, a, net, b) === 'number') throw new Error('veth');
  for (const name of ['v0', 'v1', 'v2', 'v3', 'v4']) devOpen(devGetByName(net, name)!);
  for (const [name, value] of settings) if (net.sysctl.write(name.replaceAll('.', '/'), value) < 0) throw new Error(name);
  clock.advance(sec(3));
  return { k, clock };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers that were one of several hops, of all seeds. */
let ofSeveral = 0;

describe.skipIf(!have('root', 'ip', 'python3', 'sysctl'))('routes under change', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => SEED + i))('as on the real kernel, seed %i', { timeout: 60_000 + ROUNDS * 5_000 }, async (seed) => {
    const r = new Rng(seed);
    const settings: (readonly [string, string])[] = [
      ['net.ipv4.ip_forward', '1'], ['net.ipv4.conf.all.rp_filter', '0'], ['net.ipv4.conf.default.rp_filter', '0'], ['net.ipv4.conf.lo.rp_filter', '0'], ['net.ipv4.conf.v0.rp_filter', '1'],
      ['net.ipv4.conf.v2.rp_filter', '2'], ['net.ipv4.conf.v4.rp_filter', '0'], ['net.ipv4.conf.v4.ignore_routes_with_linkdown', String(seed & 1)], ['net.ipv4.conf.all.promote_secondaries', String((seed >> 1) & 1)],
    ];
    const ns = new TestNetns();
    ns.sh('for i in 0 2 4; do ip link add v$i type veth peer name v$((i+1)); done; for d in v0 v1 v2 v3 v4; do ip link set $d up; done');
    ns.sh(`sysctl -qw ${settings.map(([n, v]) => `${n}=${v}`).join(' ')}`);
    await pause(1300);
    const real = new RealKernel(ns.name);
    const { k, clock } = machine(settings);
    const ours = new LinnetKernel(k.initNet);
    const log: string[] = [];
    const both = async (bytes: Uint8Array): Promise<[Message[], Message[]]> => {
      const want = real.send('ask', NETLINK_ROUTE, bytes);
      return [parse(await ours.send('ask', NETLINK_ROUTE, bytes)), parse(await want)];
    };
    /** A request, its answer and its news. */
    const make = async (bytes: Uint8Array): Promise<boolean> => {
      const hex = Buffer.from(bytes).toString('hex');
      const [got, want] = await both(bytes);
      const news = real.read('news', NETLINK_ROUTE);
      const told = [parse(await ours.read('news', NETLINK_ROUTE)), parse(await news)].map((l) => l.map((m) => text(m)));
      log.push(`${hex} ${want.map((m) => text(m)).join(' ')}`);
      const context = `\nafter\n${log.slice(-4).join('\n')}`;
      expect(got.map((m) => text(m)).join('\n') + context).toBe(want.map((m) => text(m)).join('\n') + context);
      expect(told[0]!.join('\n') + context).toBe(told[1]!.join('\n') + context);
      return want[0]!.errno === 0;
    };
    const dumps = async (): Promise<void> => {
      for (const [type, size] of [[RTM_GETROUTE, 12], [RTM_GETRULE, 12], [RTM_GETNEXTHOP, 8], [RTM_GETADDR, 8]] as const) {
        const head = new Uint8Array(size);
        if (type !== RTM_GETNEXTHOP) head[0] = 2;
        const q = request(type, NLM_F_DUMP, head);
        const all = async (side: LinnetKernel | RealKernel): Promise<string[]> => {
          const out: Message[] = [];
          for (let d = await side.send('ask', NETLINK_ROUTE, q); d.length > 0; d = await side.read('ask', NETLINK_ROUTE)) {
            out.push(...parse(d));
            if (out.at(-1)!.type === 3) break;
          }
          return out.map((m) => text(m));
        };
        expect(await all(ours)).toEqual(await all(real));
      }
    };
    let done = 0;
    let refused = 0;
    let errors = 0;
    let several = 0;
    const lookups = async (): Promise<void> => {
      const asked = Array.from({ length: LOOKUPS }, () => new Lookup(r));
      const batch = asked.flatMap((l, i) => [l.message(r.pick([0, RTM_F_LOOKUP_TABLE]), 2 * i + 1), l.message(RTM_F_FIB_MATCH, 2 * i + 2)]);
      const [got, want] = await both(join(...batch));
      expect(want.length).toBe(2 * LOOKUPS);
      expect(got.length).toBe(2 * LOOKUPS);
      for (let i = 0; i < LOOKUPS; i++) {
        const [g, w] = [got[2 * i]!, want[2 * i]!];
        const [gf, wf] = [got[2 * i + 1]!, want[2 * i + 1]!];
        const context = `\nfor ${Buffer.from(batch[2 * i]!).toString('hex')}\nin ${text(wf)}\nafter\n${log.slice(-6).join('\n')}`;
        if (w.errno !== 0) errors++;
        const multi = wf.attrs.get(RTA_MULTIPATH);
        expect(text(gf) + context).toBe(text(wf) + context);
        if (multi === undefined || w.errno !== 0) {
          expect(text(g) + context).toBe(text(w) + context);
          continue;
        }
        several++;
        const free = [RTA_OIF, RTA_GATEWAY, RTA_PREFSRC, RTA_FLOW];
        // Back over the device that it came in by, a packet is also told of the better way.
        const plain = (m: Message): string => text({ ...m, head: m.head.replace(/..$/, '') }, free);
        expect(plain(g) + context).toBe(plain(w) + context);
        // A gateway that is one of the machine's own addresses is not shown.
        const hops = [...hopsOf(multi)];
        const gw = g.attrs.get(RTA_GATEWAY);
        if (gw !== undefined) expect(hops, context).toContain(`${g.attrs.get(RTA_OIF)} ${gw}`);
        else expect(hops.map((h) => h.slice(0, 8)), context).toContain(g.attrs.get(RTA_OIF));
      }
      done += LOOKUPS;
    };
    try {
      for (const side of [real, ours]) {
        for (const opt of [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) await side.opt('ask', NETLINK_ROUTE, opt, 1);
        // Addresses, routes, rules, nexthops.
        await side.bind('news', NETLINK_ROUTE, (1 << 4) | (1 << 6) | (1 << 7) | (1 << 31) >>> 0);
      }
      const setup = [addrRequest(V0, 24, NET[0] + 1), addrRequest(V2, 24, NET[1] + 1), addrRequest(V4, 24, NET[2] + 1)];
      for (let id = 1; id <= 6; id++) setup.push(nexthopRequest(r, id, 0));
      for (let id = 21; id <= 24; id++) setup.push(nexthopRequest(r, id, 0));
      for (let i = 0; i < 80; i++) setup.push(routeRequest(r, 0));
      for (let i = 0; i < (seed % 5 === 0 ? 0 : 15); i++) setup.push(ruleRequest(r, 0));
      for (const s of setup) if (!(await make(s))) refused++;
      for (let round = 0; round < ROUNDS; round++) {
        await lookups();
        for (let i = 0; i < CHANGES; i++) {
          // Seeds without rules stay without.
          const bytes = change(r);
          if (seed % 5 === 0 && (bytes[4] === 32 || bytes[4] === 33)) continue;
          if (!(await make(bytes))) refused++;
        }
        if (round % 25 === 3) {
          // A device goes down and comes back; carriers take a moment.
          for (const up of [false, true]) {
            await make(link(r.pick([V0, V2]), up));
            await pause(1300);
            clock.advance(sec(3));
            await lookups();
          }
          for (const dev of [V0, V2]) await make(link(dev, true));
          await pause(1300);
          clock.advance(sec(3));
          await real.read('news', NETLINK_ROUTE);
          await ours.read('news', NETLINK_ROUTE);
        }
        if (round % 5 === 4 || round === ROUNDS - 1) await dumps();
      }
      expect(refused).toBeLessThan((setup.length + ROUNDS * CHANGES) * 0.8);
      expect(errors).toBeLessThan(done * 0.9);
      ofSeveral += several;
    } catch (e) {
      // What it looked like, for who looks for the cause.
      if (process.env['ROUTES_SHOW'] !== undefined) {
        console.error(log.slice(-3).join('\n'), ns.sh('ip -o -4 addr; ip nexthop; ip rule; ip route show table local; ip route show table all | grep -v "table local"'));
        // Perhaps the two are not the same any more.
        await dumps();
      }
      throw e;
    } finally {
      await real.close();
      ours.close();
      k.shutdown();
      ns.remove();
    }
  });
  if (ROUNDS >= 50) it('looked at ways with several hops', () => expect(ofSeveral).toBeGreaterThan(0));
});
