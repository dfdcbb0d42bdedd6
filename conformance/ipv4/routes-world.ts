// Random requests about addresses, routes, rules and nexthop objects of a small world, so that they meet; and lookups with every selector.
import {
  FRA_DPORT_RANGE, FRA_DSCP, FRA_DST, FRA_FWMARK, FRA_FWMASK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO, FRA_OIFNAME, FRA_PRIORITY, FRA_SPORT_RANGE, FRA_SRC, FRA_SUPPRESS_IFGROUP, FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE, FRA_UID_RANGE, IFA_ADDRESS, IFA_BROADCAST, IFA_LOCAL, IFF_UP, NHA_BLACKHOLE, NHA_FDB, NHA_GATEWAY, NHA_GROUP, NHA_GROUP_TYPE, NHA_ID, NHA_OIF, NHA_RES_GROUP,
  NHA_RES_GROUP_BUCKETS, NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTA_DPORT, RTA_DST, RTA_FLOW, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_METRICS,
  RTA_MULTIPATH, RTA_NH_ID, RTA_OIF, RTA_PREFSRC, RTA_PRIORITY, RTA_SPORT, RTA_SRC, RTA_TABLE, RTA_UID, RTM_DELADDR, RTM_DELNEXTHOP, RTM_DELROUTE, RTM_DELRULE, RTM_GETROUTE, RTM_NEWADDR,
  RTM_NEWLINK, RTM_NEWNEXTHOP, RTM_NEWROUTE, RTM_NEWRULE,
} from '@linnet/uapi';
import { attr, join, nest, str, u16, u32, u8, words } from '../netlink/attrs.ts';
import { request } from '../netlink/probe.ts';

/** Repeatable numbers (mulberry32). */
export class Rng {
  private a: number;
  constructor(seed: number) {
    this.a = seed;
  }
  below(n: number): number {
    this.a = (this.a + 0x6d2b79f5) | 0;
    let t = Math.imul(this.a ^ (this.a >>> 15), 1 | this.a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** The devices: v0 and v2 are up, v4 is up without carrier. By the order in which they are made. */
export const V0 = 3;
export const V2 = 5;
export const V4 = 7;
export const NET = [0x0a000000, 0x0a010000, 0x0a020000] as const;
const DEVS = [V0, V2, V4] as const;

const be = (...v: readonly number[]): Uint8Array => Uint8Array.from(v.flatMap((x) => [x >>> 24, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]));
const be16 = (v: number): Uint8Array => Uint8Array.of(v >>> 8, v & 255);
const range16 = (a: number, b: number): Uint8Array => new Uint8Array(Uint16Array.of(a, b).buffer);
const mask = (len: number): number => (len === 0 ? 0 : -1 << (32 - len));

/** An address of the world; no groups are looked up: Linux keeps one route for all that go over a hop, and the type of whoever came first sticks to it. */
const address = (r: Rng, groups: boolean): number => ((r.pick(groups ? [10, 10, 20, 20, 30, 224, 240] : [10, 10, 20, 20, 30, 127]) << 24) | (r.below(3) << 16) | (r.below(3) << 8) | r.pick([0, 1, 2, 3, 7, 128, 255])) | 0;
const gateway = (r: Rng): number => r.pick(NET) + 2 + r.below(5);

/** `ip link set dev INDEX up|down`. */
export function link(index: number, up: boolean): Uint8Array {
  return request(RTM_NEWLINK, NLM_F_ACK, join(words(0, index, up ? IFF_UP : 0, IFF_UP)));
}

export function addrRequest(index: number, len: number, a: number, del: boolean = false, flags: number = 0): Uint8Array {
  const brd = a | ~mask(len);
  return request(del ? RTM_DELADDR : RTM_NEWADDR, (del ? 0 : NLM_F_CREATE | NLM_F_EXCL) | NLM_F_ACK, join(Uint8Array.of(2, len, flags, 0), words(index), attr(IFA_LOCAL, be(a)), attr(IFA_ADDRESS, be(a)), ...(len < 31 && !del ? [attr(IFA_BROADCAST, be(brd))] : [])));
}

function someAddress(r: Rng): Uint8Array {
  const i = r.below(3);
  return addrRequest(DEVS[i]!, r.pick([24, 24, 24, 16, 25, 32, 31]), NET[i]! + r.pick([1, 1, 98, 99, 130]), r.chance(45));
}

/** struct rtnexthop for a list. */
function hops(r: Rng): Uint8Array {
  const n = 1 + r.below(3);
  return join(...Array.from({ length: n }, () => {
    const i = r.below(3);
    const via = r.chance(80) ? attr(RTA_GATEWAY, be(NET[i]! + 2 + r.below(5))) : new Uint8Array(0);
    const flow = r.chance(10) ? u32(RTA_FLOW, 1 + r.below(4)) : new Uint8Array(0);
    const len = 8 + via.length + flow.length;
    return join(range16(len, 0).subarray(0, 2), Uint8Array.of(r.chance(10) ? 4 : 0, r.pick([0, 0, 1, 3, 9])), words(DEVS[i]!), via, flow);
  }));
}

const VERBS = [
  NLM_F_CREATE | NLM_F_EXCL, NLM_F_CREATE | NLM_F_EXCL, NLM_F_CREATE | NLM_F_APPEND, NLM_F_CREATE | NLM_F_APPEND, NLM_F_CREATE, NLM_F_CREATE | NLM_F_REPLACE, NLM_F_CREATE | NLM_F_REPLACE, NLM_F_REPLACE,
] as const;

export function routeRequest(r: Rng, deletions: number): Uint8Array {
  const del = r.chance(deletions);
  const len = r.pick([0, 0, 8, 9, 15, 16, 17, 22, 24, 24, 25, 30, 32]);
  const dst = address(r, true) & mask(len);
  const type = r.pick([1, 1, 1, 1, 1, 1, 1, 2, 3, 6, 7, 8, 9]);
  const table = r.pick([100, 101, 102, 103, 254, 254, 255]);
  const attrs = [u32(RTA_TABLE, table)];
  if (len > 0) attrs.push(attr(RTA_DST, be(dst)));
  let scope = 0;
  let flags = 0;
  let objects = false;
  if (type === 1 && !(del && r.chance(60))) {
    const how = r.below(8);
    if (how === 0) {
      attrs.push(u32(RTA_OIF, r.pick(DEVS)));
      scope = del && r.chance(50) ? 255 : 253;
    } else if (how === 1) {
      objects = true;
      attrs.push(u32(RTA_NH_ID, 1 + r.below(6)));
    } else if (how === 2) {
      objects = true;
      attrs.push(u32(RTA_NH_ID, 21 + r.below(4)));
    } else if (how === 3 || how === 4) {
      attrs.push(attr(RTA_MULTIPATH, hops(r)));
    } else if (how === 5) {
      attrs.push(attr(RTA_GATEWAY, be(r.chance(50) ? gateway(r) : address(r, false))), u32(RTA_OIF, r.pick(DEVS)));
      if (r.chance(70)) flags = 4;
    } else {
      attrs.push(attr(RTA_GATEWAY, be(gateway(r))));
    }
  } else if ((type === 2 || type === 3) && !del) {
    attrs.push(u32(RTA_OIF, r.pick(DEVS)));
    scope = type === 2 ? 254 : 253;
  } else if (del) {
    scope = 255;
  }
  if (r.chance(30)) attrs.push(u32(RTA_PRIORITY, r.below(3) * 100));
  if (r.chance(15)) attrs.push(attr(RTA_PREFSRC, be(r.pick(NET) + r.pick([1, 99]))));
  // Which of several a route of an object without metrics takes depends on the order of the kernel's hash (routes-cases.test.ts has what does not).
  if (r.chance(10) && !objects) attrs.push(nest(RTA_METRICS, u32(2, r.pick([1400, 1300])), u32(r.pick([1, 8]), 1280)));
  if (r.chance(6)) attrs.push(u32(RTA_FLOW, 1 + r.below(3)));
  const tos = r.chance(20) ? r.pick([4, 8, 0x10, 0x1c, 0x20]) : 0;
  const verb = del ? 0 : r.pick(VERBS);
  return request(del ? RTM_DELROUTE : RTM_NEWROUTE, verb | NLM_F_ACK, join(Uint8Array.of(2, len, 0, tos, table, del && r.chance(50) ? 0 : r.pick([3, 4, 4]), scope, del && r.chance(40) ? 0 : type), words(flags), ...attrs));
}

export function nexthopRequest(r: Rng, id: number, deletions: number): Uint8Array {
  if (r.chance(deletions)) return request(RTM_DELNEXTHOP, NLM_F_ACK, join(new Uint8Array(8), u32(NHA_ID, id)));
  const verb = (r.chance(50) ? NLM_F_CREATE | NLM_F_EXCL : NLM_F_CREATE | NLM_F_REPLACE) | NLM_F_ACK;
  const attrs = [u32(NHA_ID, id)];
  let flags = 0;
  let family = 2;
  if (id > 20) {
    family = 0;
    const ids = [1, 2, 3, 4, 5, 6].filter(() => r.chance(40));
    attrs.push(attr(NHA_GROUP, join(...ids.map((m) => join(words(m), Uint8Array.of(r.pick([0, 0, 1, 3]), 0, 0, 0))))));
    // One of the groups is resilient; its kind never changes, and timers do not pass here.
    if (id === 24) attrs.push(u16(NHA_GROUP_TYPE, 1), nest(NHA_RES_GROUP, u16(NHA_RES_GROUP_BUCKETS, 8)));
  } else {
    const i = r.below(3);
    const how = r.below(8);
    if (how === 0) {
      attrs.push(attr(NHA_BLACKHOLE));
    } else if (how === 1) {
      attrs.push(attr(NHA_FDB), attr(NHA_GATEWAY, be(gateway(r))));
    } else {
      attrs.push(u32(NHA_OIF, DEVS[i]!));
      if (how > 2) attrs.push(attr(NHA_GATEWAY, be(how === 3 ? address(r, false) : NET[i]! + 2 + r.below(5))));
      if (how === 3 || r.chance(10)) flags = 4;
    }
  }
  return request(RTM_NEWNEXTHOP, verb, join(Uint8Array.of(family, 0, r.pick([0, 4]), 0), words(flags), ...attrs));
}

export function ruleRequest(r: Rng, deletions: number): Uint8Array {
  const attrs: Uint8Array[] = [];
  let src = 0;
  let dst = 0;
  const pref = 10 * (1 + r.below(30));
  if (r.chance(deletions)) return request(RTM_DELRULE, NLM_F_ACK, join(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), u32(FRA_PRIORITY, pref)));
  if (r.chance(35)) {
    src = r.pick([8, 16, 24, 32]);
    attrs.push(attr(FRA_SRC, be(address(r, true) & mask(src))));
  }
  if (r.chance(50)) {
    dst = r.pick([8, 9, 16, 24, 32]);
    attrs.push(attr(FRA_DST, be(address(r, true) & mask(dst))));
  }
  attrs.push(u32(FRA_PRIORITY, pref));
  if (r.chance(20)) attrs.push(str(FRA_IIFNAME, r.pick(['v0', 'v2', 'v4', 'lo', 'nope'])));
  if (r.chance(15)) attrs.push(str(FRA_OIFNAME, r.pick(['v0', 'v2', 'v4', 'nope'])));
  if (r.chance(20)) attrs.push(u32(FRA_FWMARK, r.below(8)));
  if (r.chance(10)) attrs.push(u32(FRA_FWMASK, r.below(8)));
  if (r.chance(10)) attrs.push(attr(FRA_UID_RANGE, words(r.below(3) * 1000, 1000 + r.below(3) * 1000)));
  if (r.chance(15)) attrs.push(u8(FRA_IP_PROTO, r.pick([1, 6, 17])));
  if (r.chance(10)) attrs.push(attr(FRA_SPORT_RANGE, range16(1 + r.below(100), 50 + r.below(100))));
  if (r.chance(10)) attrs.push(attr(FRA_DPORT_RANGE, range16(80, 80 + r.below(2) * 400)));
  const tos = r.chance(10) ? r.below(8) << 2 : 0;
  if (r.chance(8)) attrs.push(u8(FRA_DSCP, r.below(64)));
  const action = r.pick([1, 1, 1, 1, 1, 1, 1, 2, 3, 6, 7, 8]);
  let table = 0;
  if (action === 1) {
    table = r.pick([100, 100, 101, 101, 102, 103, 254, 255, 999]);
    if (r.chance(20)) attrs.push(u32(FRA_SUPPRESS_PREFIXLEN, r.below(25)));
    if (r.chance(8)) attrs.push(u32(FRA_SUPPRESS_IFGROUP, r.below(2)));
  } else if (action === 2) {
    // Half of them go to a rule that may be there.
    attrs.push(u32(FRA_GOTO, pref + 10 * (1 + r.below(10))));
  }
  attrs.push(u32(FRA_TABLE, table));
  return request(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, join(Uint8Array.of(2, dst, src, tos, 0, 0, 0, action), words(r.chance(10) ? 2 : 0), ...attrs));
}

/** One change. */
export function change(r: Rng): Uint8Array {
  const what = r.below(20);
  if (what < 12) return routeRequest(r, 25);
  if (what < 15) return ruleRequest(r, 45);
  if (what < 18) return nexthopRequest(r, r.chance(60) ? 1 + r.below(6) : 21 + r.below(4), 20);
  return someAddress(r);
}

/** The body of a lookup after the flags of its header, so that the same can be asked in two ways. */
export class Lookup {
  private readonly head: Uint8Array;
  private readonly attrs: Uint8Array;
  constructor(r: Rng) {
    const attrs = [attr(RTA_DST, be(address(r, false)))];
    let srcLen = 0;
    const input = r.chance(30);
    if (input || r.chance(25)) {
      srcLen = 32;
      attrs.push(attr(RTA_SRC, be(input ? (r.chance(80) ? r.pick([0x0a000009, 0x0a010009, 0x14000001]) : address(r, false)) : r.pick([0x0a000001, 0x0a010001, 0x0a000063]))));
    }
    if (input) attrs.push(u32(RTA_IIF, r.pick([V0, V2, V4, 1])));
    else if (r.chance(20)) attrs.push(u32(RTA_OIF, r.pick(DEVS)));
    if (r.chance(30)) attrs.push(u32(RTA_MARK, r.below(8)));
    if (r.chance(20)) attrs.push(u32(RTA_UID, r.below(4) * 1000));
    if (r.chance(40)) attrs.push(u8(RTA_IP_PROTO, r.pick([1, 6, 17])));
    if (r.chance(30)) attrs.push(attr(RTA_SPORT, be16(r.below(160))));
    if (r.chance(30)) attrs.push(attr(RTA_DPORT, be16(r.pick([80, 443, 22]))));
    this.head = Uint8Array.of(2, 32, srcLen, r.chance(30) ? r.below(64) << 2 : 0, 0, 0, 0, 0);
    this.attrs = join(...attrs);
  }
  message(flags: number, seq: number): Uint8Array {
    return request(RTM_GETROUTE, 0, join(this.head, words(flags), this.attrs), seq);
  }
}
