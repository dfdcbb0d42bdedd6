// Random routing tables, policy rules and nexthop objects, set up by the same requests here and on the real kernel; then random lookups (RTM_GETROUTE with every
// selector): each answer must be the kernel's own.
import { createKernel, type Kernel, VirtualClock } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { ipv4 } from '@linnet/ipv4';
import { NlTestClient } from '@linnet/netlink/testing';
import {
  FRA_DPORT_RANGE, FRA_DSCP, FRA_DST, FRA_FWMARK, FRA_FWMASK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO, FRA_OIFNAME, FRA_PRIORITY, FRA_SPORT_RANGE, FRA_SRC, FRA_SUPPRESS_IFGROUP, FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE, FRA_UID_RANGE, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, NHA_BLACKHOLE, NHA_GATEWAY, NHA_ID, NHA_OIF, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLMSG_ERROR, RTA_CACHEINFO,
  RTA_DPORT, RTA_DST, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_NH_ID, RTA_OIF, RTA_PRIORITY, RTA_SPORT, RTA_SRC, RTA_TABLE, RTA_UID, RTM_GETROUTE, RTM_NEWADDR, RTM_NEWNEXTHOP,
  RTM_NEWROUTE, RTM_NEWRULE,
} from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { Rng } from '../ipv4/routes-world.ts';
import { have } from '../needs.mjs';
import { attr, join, str, u32, u8, words } from '../netlink/attrs.ts';
import { RealKernel, request } from '../netlink/probe.ts';

const LOOKUPS = Number(process.env['ROUTE_LOOKUPS'] ?? 10000);
const BATCH = 100;
const CREATE = NLM_F_CREATE | NLM_F_EXCL;

const be = (...v: readonly number[]): Uint8Array => Uint8Array.from(v.flatMap((x) => [x >>> 24, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]));
const be16 = (v: number): Uint8Array => Uint8Array.of(v >>> 8, v & 255);
const range16 = (a: number, b: number): Uint8Array => new Uint8Array(Uint16Array.of(a, b).buffer);
const mask = (len: number): number => (len === 0 ? 0 : -1 << (32 - len));

/** Addresses from a small world, so that prefixes meet. */
const address = (r: Rng, groups: boolean): number => ((r.pick(groups ? [10, 10, 10, 20, 30, 127, 192, 224, 240] : [10, 10, 10, 20, 30, 127, 192]) << 24) | (r.below(3) << 16) | (r.below(4) << 8) | r.pick([0, 1, 2, 3, 7, 128, 255])) | 0;

function ruleRequest(r: Rng): Uint8Array {
  const attrs: Uint8Array[] = [];
  let src = 0;
  let dst = 0;
  if (r.chance(40)) {
    src = r.pick([8, 16, 24, 32]);
    attrs.push(attr(FRA_SRC, be(address(r, true) & mask(src))));
  }
  if (r.chance(50)) {
    dst = r.pick([8, 9, 16, 24, 32]);
    attrs.push(attr(FRA_DST, be(address(r, true) & mask(dst))));
  }
  const pref = r.below(60) * 10;
  attrs.push(u32(FRA_PRIORITY, pref));
  if (r.chance(20)) attrs.push(str(FRA_IIFNAME, r.pick(['v0', 'v2', 'lo', 'nope'])));
  if (r.chance(15)) attrs.push(str(FRA_OIFNAME, r.pick(['v0', 'v2', 'nope'])));
  if (r.chance(20)) attrs.push(u32(FRA_FWMARK, r.below(8)));
  if (r.chance(10)) attrs.push(u32(FRA_FWMASK, r.below(8)));
  if (r.chance(10)) attrs.push(attr(FRA_UID_RANGE, words(r.below(3) * 1000, 1000 + r.below(3) * 1000)));
  if (r.chance(15)) attrs.push(u8(FRA_IP_PROTO, r.pick([1, 6, 17])));
  if (r.chance(10)) attrs.push(attr(FRA_SPORT_RANGE, range16(1 + r.below(100), 50 + r.below(100))));
  if (r.chance(10)) attrs.push(attr(FRA_DPORT_RANGE, range16(80, 80 + r.below(2) * 400)));
  const tos = r.chance(10) ? r.below(8) << 2 : 0;
  if (r.chance(8)) attrs.push(u8(FRA_DSCP, r.below(64)));
  let action = r.pick([1, 1, 1, 1, 1, 1, 2, 3, 6, 7, 8]);
  let table = 0;
  if (action === 1) {
    table = r.pick([100, 101, 102, 103, 254, 255, 253, 999]);
    if (r.chance(15)) attrs.push(u32(FRA_SUPPRESS_PREFIXLEN, r.below(25)));
    if (r.chance(8)) attrs.push(u32(FRA_SUPPRESS_IFGROUP, r.below(2)));
  } else if (action === 2) {
    attrs.push(u32(FRA_GOTO, pref + 10 * (1 + r.below(30))));
  } else if (action === 1 + 8) {
    action = 3;
  }
  attrs.push(u32(FRA_TABLE, table));
  const flags = r.chance(8) ? 2 : 0;
  return request(RTM_NEWRULE, CREATE | NLM_F_ACK, join(Uint8Array.of(2, dst, src, tos, 0, 0, 0, action, flags, 0, 0, 0), ...attrs));
}

function routeRequest(r: Rng, objects: boolean): Uint8Array {
  const len = r.pick([0, 8, 9, 12, 16, 17, 22, 24, 24, 25, 30, 32]);
  const dst = address(r, true) & mask(len);
  const type = r.pick([1, 1, 1, 1, 1, 1, 2, 3, 6, 7, 8, 9]);
  const table = r.pick([100, 101, 102, 103, 254, 254, 255]);
  const attrs = [u32(RTA_TABLE, table)];
  if (len > 0) attrs.push(attr(RTA_DST, be(dst)));
  let scope = 0;
  if (type === 1) {
    const how = r.below(4);
    if (how === 0) {
      attrs.push(u32(RTA_OIF, r.pick([3, 5])));
      scope = 253;
    } else if (how === 1 && objects) {
      attrs.push(u32(RTA_NH_ID, 1 + r.below(5)));
    } else {
      attrs.push(attr(RTA_GATEWAY, be(r.pick([0x0a000000, 0x0a010000]) + 2 + r.below(6))));
    }
  } else if (type === 2 || type === 3) {
    attrs.push(u32(RTA_OIF, r.pick([3, 5])));
    scope = type === 2 ? 254 : 253;
  }
  if (r.chance(20)) attrs.push(u32(RTA_PRIORITY, r.below(3) * 100));
  const tos = r.chance(15) ? r.pick([4, 8, 0x10]) : 0;
  return request(RTM_NEWROUTE, CREATE | NLM_F_ACK, join(Uint8Array.of(2, len, 0, tos, table, 4, scope, type, 0, 0, 0, 0), ...attrs));
}

function nexthopRequest(r: Rng, id: number): Uint8Array {
  const how = r.below(4);
  const attrs = [u32(NHA_ID, id)];
  if (how === 0) attrs.push(attr(NHA_BLACKHOLE));
  else attrs.push(u32(NHA_OIF, how === 1 ? 5 : 3));
  if (how > 0 && r.chance(70)) attrs.push(attr(NHA_GATEWAY, be((how === 1 ? 0x0a010000 : 0x0a000000) + 2 + r.below(4))));
  return request(RTM_NEWNEXTHOP, CREATE | NLM_F_ACK, join(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), ...attrs));
}

function lookupRequest(r: Rng, seq: number): Uint8Array {
  const attrs = [attr(RTA_DST, be(address(r, false)))];
  let srcLen = 0;
  const input = r.chance(35);
  if (input || r.chance(25)) {
    srcLen = 32;
    attrs.push(attr(RTA_SRC, be(input ? (r.chance(80) ? r.pick([0x0a000009, 0x0a010009, 0x14000001]) : address(r, false)) : r.pick([0x0a000001, 0x0a010001, 0x0a000063]))));
  }
  if (input) attrs.push(u32(RTA_IIF, r.pick([3, 5, 1])));
  else if (r.chance(20)) attrs.push(u32(RTA_OIF, r.pick([3, 5])));
  if (r.chance(30)) attrs.push(u32(RTA_MARK, r.below(8)));
  if (r.chance(20)) attrs.push(u32(RTA_UID, r.below(4) * 1000));
  if (r.chance(40)) attrs.push(u8(RTA_IP_PROTO, r.pick([1, 6, 17])));
  if (r.chance(30)) attrs.push(attr(RTA_SPORT, be16(r.below(160))));
  if (r.chance(30)) attrs.push(attr(RTA_DPORT, be16(r.pick([80, 443, 22]))));
  const tos = r.chance(30) ? r.below(64) << 2 : 0;
  const flags = r.pick([0, 0x1000, 0x2000, 0x3000]);
  return request(RTM_GETROUTE, 0, join(Uint8Array.of(2, 32, srcLen, tos, 0, 0, 0, 0), words(flags), ...attrs), seq);
}

/** Answers as text, one for each request: errors by number, routes without ages and reference counts. */
function answers(datagrams: readonly Uint8Array[]): string[] {
  const out: string[] = [];
  for (const d of datagrams) {
    const v = new DataView(d.buffer, d.byteOffset, d.length);
    for (let at = 0; at + 16 <= d.length; ) {
      const len = v.getUint32(at, true);
      const seq = v.getUint32(at + 8, true);
      if (v.getUint16(at + 4, true) === NLMSG_ERROR) {
        out.push(`${seq}: errno ${v.getInt32(at + 16, true)}`);
      } else {
        let text = `${seq}: ${Buffer.from(d.subarray(at + 16, at + 28)).toString('hex')}`;
        for (let a = at + 28; a + 4 <= at + len; a += (v.getUint16(a, true) + 3) & ~3) {
          const type = v.getUint16(a + 2, true);
          if (type !== RTA_CACHEINFO) text += ` ${type}:${Buffer.from(d.subarray(a + 4, a + v.getUint16(a, true))).toString('hex')}`;
        }
        out.push(text);
      }
      at += (len + 3) & ~3;
    }
  }
  return out;
}

const addr = (index: number, len: number, a: number, brd: number): Uint8Array =>
  request(RTM_NEWADDR, CREATE | NLM_F_ACK, join(Uint8Array.of(2, len, 0, 0), words(index), attr(2, be(a)), attr(1, be(a)), attr(4, be(brd))));

function machine(): Kernel {
  const k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1 });
  devOpen(devGetByName(k.initNet, 'lo')!);
  for (const name of ['v1', 'v0', 'v3', 'v2']) new FakeDevice(k.initNet, { name, noQueue: true });
  for (const [name, value] of SETTINGS) k.initNet.sysctl.write(name.replaceAll('.', '/'), value);
  return k;
}
const SETTINGS: readonly (readonly [string, string])[] = [
  ['net.ipv4.ip_forward', '1'], ['net.ipv4.conf.all.rp_filter', '0'], ['net.ipv4.conf.default.rp_filter', '0'], ['net.ipv4.conf.lo.rp_filter', '0'], ['net.ipv4.conf.v0.rp_filter', '1'], ['net.ipv4.conf.v2.rp_filter', '2'],
];

describe.skipIf(!have('root', 'ip', 'python3', 'sysctl'))('routing', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('finds what the real kernel finds, seed %i', { timeout: 300_000 }, async (seed) => {
    const ns = new TestNetns();
    ns.sh('ip link add v0 type veth peer name v1 && ip link add v2 type veth peer name v3 && for d in v0 v1 v2 v3; do ip link set $d up; done; sleep 0.2');
    ns.sh(`sysctl -qw ${SETTINGS.map(([n, v]) => `${n}=${v}`).join(' ')}`);
    const real = new RealKernel(ns.name);
    const k = machine();
    const ours = new NlTestClient(k.initNet);
    const ask = async (bytes: Uint8Array): Promise<[string[], string[]]> => {
      const want = real.send('ask', NETLINK_ROUTE, bytes);
      expect(ours.send(bytes)).toBe(bytes.length);
      const got = answers(ours.recvAll(4096));
      return [answers(await want), got];
    };
    try {
      for (const opt of [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) await real.opt('ask', NETLINK_ROUTE, opt, 1);
      const r = new Rng(seed);
      // Nobody asks for groups: Linux keeps one route for all that go over a hop, and the type of whoever came first sticks to it.
      const objects = seed % 2 === 0;
      const setup = [addr(3, 24, 0x0a000001, 0x0a0000ff), addr(5, 24, 0x0a010001, 0x0a0100ff)];
      for (let id = 1; id <= 5; id++) setup.push(nexthopRequest(r, id));
      for (let i = 0; i < 150; i++) setup.push(routeRequest(r, objects));
      const rules = seed % 5 === 0 ? 0 : 25;
      for (let i = 0; i < rules; i++) setup.push(ruleRequest(r));
      let refused = 0;
      for (const s of setup) {
        const [want, got] = await ask(s);
        expect(got, Buffer.from(s).toString('hex')).toEqual(want);
        if (want[0] !== '1: errno 0') refused++;
      }
      expect(refused).toBeLessThan(setup.length * 0.8);
      let errors = 0;
      for (let done = 0; done < LOOKUPS; done += BATCH) {
        const batch: Uint8Array[] = [];
        for (let i = 0; i < BATCH; i++) batch.push(lookupRequest(r, i + 1));
        const [want, got] = await ask(join(...batch));
        errors += want.filter((w) => w.includes('errno')).length;
        if (got.join('\n') !== want.join('\n')) {
          const i = want.findIndex((w, n) => w !== got[n]);
          expect(`${got[i]} for ${Buffer.from(batch[i]!).toString('hex')}`).toBe(`${want[i]} for ${Buffer.from(batch[i]!).toString('hex')}`);
        }
      }
      expect(errors).toBeLessThan(LOOKUPS * 0.9);
    } finally {
      await real.close();
      ours.close();
      k.shutdown();
      ns.remove();
    }
  });
});
