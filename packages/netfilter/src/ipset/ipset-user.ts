/** Adding, deleting and testing elements as a program asks for them: one, or ranges of addresses and ports (ipset(8)). */
// datapath-ok-file: control messages
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
import { IPPROTO_UDPLITE } from '../xt-proto.ts';
import { ipSetAdd, ipSetCover, ipSetCut, ipSetDel, ipSetFind, ipSetHostBits, ipSetIsNull, ipSetMacFits, ipSetMask } from './ipset-adt.ts';
import type { IpSetAttrs } from './ipset-attrs.ts';
import type { IpSetEntry } from './ipset-entry.ts';
import { ipSetListAdt } from './ipset-list.ts';
import type { IpSet } from './ipset-set.ts';
import {
  IPSET_ATTR_BYTES, IPSET_ATTR_CADT_FLAGS, IPSET_ATTR_CIDR, IPSET_ATTR_CIDR2, IPSET_ATTR_COMMENT, IPSET_ATTR_ETHER, IPSET_ATTR_IFACE, IPSET_ATTR_IP, IPSET_ATTR_IP2, IPSET_ATTR_IP2_TO,
  IPSET_ATTR_IP_TO, IPSET_ATTR_PACKETS, IPSET_ATTR_PORT, IPSET_ATTR_PORT_TO, IPSET_ATTR_PROTO, IPSET_ATTR_SKBMARK, IPSET_ATTR_SKBPRIO, IPSET_ATTR_SKBQUEUE, IPSET_ATTR_TIMEOUT,
  IPSET_CMD_ADD, IPSET_CMD_DEL, IPSET_CMD_TEST, IPSET_ERR_BITMAP_RANGE, IPSET_ERR_COMMENT, IPSET_ERR_COUNTER, IPSET_ERR_EXIST, IPSET_ERR_HASH_ELEM, IPSET_ERR_HASH_RANGE_UNSUPPORTED, IPSET_ERR_INVALID_CIDR,
  IPSET_ERR_INVALID_PROTO, IPSET_ERR_MISSING_PROTO, IPSET_ERR_PROTOCOL, IPSET_ERR_SKBINFO, IPSET_ERR_TIMEOUT, IPSET_FLAG_IFACE_WILDCARD, IPSET_FLAG_NOMATCH, IPSET_FLAG_PHYSDEV,
} from './ipset-uapi.ts';

/** What comes with the element: 0, or an error when the set was not made for it. */
function extensions(set: IpSet, a: IpSetAttrs, e: IpSetEntry): number {
  const { opt } = set;
  e.reset();
  if (a.has(IPSET_ATTR_TIMEOUT)) {
    if (!opt.timeout) return -IPSET_ERR_TIMEOUT;
    e.timeout = a.u32(IPSET_ATTR_TIMEOUT, 0);
  }
  if (a.has(IPSET_ATTR_PACKETS) || a.has(IPSET_ATTR_BYTES)) {
    if (!opt.counters) return -IPSET_ERR_COUNTER;
    e.packets = a.u64(IPSET_ATTR_PACKETS, -1);
    e.bytes = a.u64(IPSET_ATTR_BYTES, -1);
  }
  if (a.has(IPSET_ATTR_COMMENT)) {
    if (!opt.comment) return -IPSET_ERR_COMMENT;
    e.comment = a.str(IPSET_ATTR_COMMENT);
    if (e.comment === '') e.comment = null;
  }
  if (a.has(IPSET_ATTR_SKBMARK) || a.has(IPSET_ATTR_SKBPRIO) || a.has(IPSET_ATTR_SKBQUEUE)) {
    if (!opt.skbinfo) return -IPSET_ERR_SKBINFO;
    const at = a.tb[IPSET_ATTR_SKBMARK]!;
    if (at !== 0) {
      e.mark = a.view.getInt32(at + 4);
      e.mask = a.view.getInt32(at + 8);
    }
    e.prio = a.u32(IPSET_ATTR_SKBPRIO, 0) | 0;
    e.queue = a.u16(IPSET_ATTR_SKBQUEUE, 0);
  }
  if (set.cidrAt >= 0) {
    const flags = a.u32(IPSET_ATTR_CADT_FLAGS, 0);
    e.flags = flags & IPSET_FLAG_NOMATCH;
    if (set.ifaceAt >= 0) {
      e.flags |= flags & IPSET_FLAG_IFACE_WILDCARD;
      e.physdev = (flags & IPSET_FLAG_PHYSDEV) !== 0;
    }
  }
  return 0;
}

/** A range of IPv4 addresses, unsigned. */
interface Range {
  from: number;
  to: number;
}

/** The addresses that an element is for: from one to another, by a prefix, or one alone. IPv6 knows no ranges. */
function range(set: IpSet, a: IpSetAttrs, key: Int32Array, at: number, toType: number, cidr: number): Range | number {
  if (set.width === 4) return a.has(toType) ? -IPSET_ERR_HASH_RANGE_UNSUPPORTED : { from: 0, to: 0 };
  const ip = key[at]! >>> 0;
  if (a.has(toType)) {
    const one = new Int32Array(1);
    const err = a.ip(toType, set.family, one, 0);
    if (err < 0) return err;
    const other = one[0]! >>> 0;
    return { from: Math.min(ip, other), to: Math.max(ip, other) };
  }
  const size = 2 ** (32 - cidr);
  const from = Math.floor(ip / size) * size;
  return { from, to: from + size - 1 };
}

/** Prefix length and first address of each of the fewest networks that a range is made of. */
function* networks({ from, to }: Range): Generator<readonly [ip: number, bits: number]> {
  let ip = from;
  while (ip <= to) {
    let bits = 32;
    // The largest that begins here and does not go beyond.
    while (bits > 1 && ip % 2 ** (33 - bits) === 0 && ip + 2 ** (33 - bits) - 1 <= to) bits--;
    yield [ip, bits];
    ip += 2 ** (32 - bits);
  }
}
function* hosts({ from, to }: Range, step: number): Generator<readonly [ip: number, bits: number]> {
  for (let ip = from; ip <= to; ip += step) yield [ip, 32];
}

function withPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP || proto === IPPROTO_UDPLITE;
}

/** One command about one element or a range of them: 0 or an error. `exist`: that it is there already, or not there, is none. */
export function ipSetUser(set: IpSet, cmd: number, a: IpSetAttrs, exist: boolean): number {
  const { entry } = set.inet;
  const err = extensions(set, a, entry);
  if (err < 0) return err;
  const ret = set.type.kind === 'list' ? ipSetListAdt(set, cmd, a, entry, exist) : set.type.kind === 'bitmap' ? bitmap(set, cmd, a, exist) : hash(set, cmd, a, exist);
  // Whatever keeps it from being there.
  return cmd === IPSET_CMD_TEST && ret < 0 ? -IPSET_ERR_EXIST : ret;
}

function one(set: IpSet, cmd: number, key: Int32Array, e: IpSetEntry, exist: boolean): number {
  if (cmd === IPSET_CMD_ADD) return ipSetAdd(set, key, e, exist);
  const err = ipSetDel(set, key, e);
  return err === -IPSET_ERR_EXIST && exist ? 0 : err;
}

function bitmap(set: IpSet, cmd: number, a: IpSetAttrs, exist: boolean): number {
  const { key, entry } = set.inet;
  const { opt } = set;
  let r: Range | number;
  let step = 1;
  if (set.portAt >= 0) {
    if (!a.has(IPSET_ATTR_PORT)) return -IPSET_ERR_PROTOCOL;
    const p = a.u16(IPSET_ATTR_PORT, 0);
    const q = a.u16(IPSET_ATTR_PORT_TO, p);
    r = { from: Math.min(p, q), to: Math.max(p, q) };
  } else {
    if (!a.has(IPSET_ATTR_IP)) return -IPSET_ERR_PROTOCOL;
    const err = a.ip(IPSET_ATTR_IP, set.family, key, 0);
    if (err < 0) return err;
    const cidr = a.u8(IPSET_ATTR_CIDR, 32);
    if (cidr === 0 || cidr > 32) return -IPSET_ERR_INVALID_CIDR;
    if (opt.netmask !== 0) step = 2 ** (32 - opt.netmask);
    r = range(set, a, key, 0, IPSET_ATTR_IP_TO, cidr);
    if (typeof r === 'number') return r;
    r.from -= r.from % step;
    const mac = a.tb[IPSET_ATTR_ETHER]!;
    if (mac !== 0 && set.type.mac) {
      entry.hasMac = true;
      entry.mac0 = a.view.getUint16(mac + 4);
      entry.mac1 = a.view.getInt32(mac + 6);
    }
  }
  if (r.from < opt.first || r.to > opt.last) return -IPSET_ERR_BITMAP_RANGE;
  if (cmd === IPSET_CMD_TEST) {
    key[0] = r.from;
    const slot = ipSetFind(set, key, entry);
    return slot >= 0 && ipSetMacFits(set, slot, entry) ? 0 : -IPSET_ERR_EXIST;
  }
  for (let v = r.from; v <= r.to; v += step) {
    key[0] = v;
    const err = one(set, cmd, key, entry, exist);
    if (err < 0) return err;
  }
  return 0;
}

/** More than this many possible elements are not looked for one by one, when those that are there can be looked at instead. */
const MANY = 65536;

function hash(set: IpSet, cmd: number, a: IpSetAttrs, exist: boolean): number {
  const { key, entry } = set.inet;
  const host = ipSetHostBits(set);
  if (!a.has(IPSET_ATTR_IP)) return -IPSET_ERR_PROTOCOL;
  let err = a.ip(IPSET_ATTR_IP, set.family, key, 0);
  if (err < 0) return err;
  if (set.ip2At >= 0) {
    if (!a.has(IPSET_ATTR_IP2)) return -IPSET_ERR_PROTOCOL;
    err = a.ip(IPSET_ATTR_IP2, set.family, key, set.ip2At);
    if (err < 0) return err;
  }
  let port = 0;
  let portTo = 0;
  if (set.portAt >= 0) {
    if (!a.has(IPSET_ATTR_PORT)) return -IPSET_ERR_PROTOCOL;
    if (!a.has(IPSET_ATTR_PROTO)) return -IPSET_ERR_MISSING_PROTO;
    const proto = a.u8(IPSET_ATTR_PROTO, 0);
    if (proto === 0) return -IPSET_ERR_INVALID_PROTO;
    const icmp = proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6;
    port = withPorts(proto) || icmp ? a.u16(IPSET_ATTR_PORT, 0) : 0;
    portTo = withPorts(proto) ? a.u16(IPSET_ATTR_PORT_TO, port) : port;
    if (port > portTo) [port, portTo] = [portTo, port];
    port |= proto << 16;
    portTo |= proto << 16;
  }
  if (set.ifaceAt >= 0) {
    if (!a.has(IPSET_ATTR_IFACE)) return -IPSET_ERR_PROTOCOL;
    entry.iface = a.str(IPSET_ATTR_IFACE);
    if (entry.iface === '') return -IPSET_ERR_PROTOCOL;
  }
  const cidr = a.u8(IPSET_ATTR_CIDR, host);
  const net = set.type.parts[0] === 'net';
  // A network of all addresses needs a device beside it.
  if (cidr > host || (cidr === 0 && set.ifaceAt < 0)) return -IPSET_ERR_INVALID_CIDR;
  if (!net && set.width === 4 && cidr !== host) return -IPSET_ERR_HASH_RANGE_UNSUPPORTED;
  const cidr2 = a.u8(IPSET_ATTR_CIDR2, host);
  if (set.ip2At >= 0 && set.cidrAt >= 0 && (cidr2 === 0 || cidr2 > host)) return -IPSET_ERR_INVALID_CIDR;
  const bits = net ? cidr : cidr2;
  if (cmd === IPSET_CMD_TEST) return test(set, key, entry, port, bits);
  const first = range(set, a, key, 0, IPSET_ATTR_IP_TO, net || set.width === 1 ? cidr : host);
  if (typeof first === 'number') return first;
  const second = set.ip2At >= 0 && set.cidrAt >= 0 ? range(set, a, key, set.ip2At, IPSET_ATTR_IP2_TO, cidr2) : null;
  if (typeof second === 'number') return second;
  if (set.width === 4) return six(set, cmd, key, entry, port, portTo, bits, exist);
  if (cmd === IPSET_CMD_DEL && exist && !net && set.cidrAt < 0 && (first.to - first.from + 1) * (portTo - port + 1) > MANY) return deleteBox(set, first, port, portTo, key);
  const step = set.opt.netmask !== 0 && !net ? 2 ** (32 - set.opt.netmask) : 1;
  if (step > 1) first.from -= first.from % step;
  const one2 = set.ip2At >= 0 ? key[set.ip2At]! : 0;
  const all = net ? (a.has(IPSET_ATTR_IP_TO) ? networks(first) : [[first.from, cidr] as const]) : hosts(first, step);
  for (const [ip, n] of all) {
    for (let p = port; p <= portTo; p++) {
      const nets = second === null ? ONE : a.has(IPSET_ATTR_IP2_TO) ? networks(second) : [[second.from, cidr2] as const];
      for (const [ip2, n2] of nets) {
        key[0] = ip;
        ipSetMask(set, key);
        if (set.portAt >= 0) key[set.portAt] = p;
        if (set.ip2At >= 0) key[set.ip2At] = second === null ? one2 : ip2;
        if (set.cidrAt >= 0) key[set.cidrAt] = net ? n : n2;
        err = one(set, cmd, key, entry, exist);
        if (err < 0) return err;
      }
    }
  }
  return 0;
}
const ONE: readonly (readonly [number, number])[] = [[0, 0]];

function six(set: IpSet, cmd: number, key: Int32Array, e: IpSetEntry, port: number, portTo: number, bits: number, exist: boolean): number {
  ipSetMask(set, key);
  if (set.cidrAt >= 0) {
    ipSetCut(set, key, set.netAt, bits);
    key[set.cidrAt] = bits;
  }
  for (let p = port; p <= portTo; p++) {
    if (set.portAt >= 0) key[set.portAt] = p;
    const err = one(set, cmd, key, e, exist);
    if (err < 0) return err;
  }
  return 0;
}

/** A host is looked for in the networks that there are, a network is there or not. What is not to match is there only for who asks for it. */
function test(set: IpSet, key: Int32Array, e: IpSetEntry, port: number, bits: number): number {
  ipSetMask(set, key);
  if (set.portAt >= 0) key[set.portAt] = port;
  let slot: number;
  if (set.cidrAt < 0 || bits === ipSetHostBits(set)) {
    slot = ipSetCover(set, key, e);
  } else {
    ipSetCut(set, key, set.netAt, bits);
    key[set.cidrAt] = bits;
    slot = ipSetFind(set, key, e);
  }
  if (slot < 0) return -IPSET_ERR_EXIST;
  return ((set.elems.flags[slot]! ^ e.flags) & IPSET_FLAG_NOMATCH) === 0 ? 0 : -IPSET_ERR_EXIST;
}

/** Deletes what is in a large range. */
function deleteBox(set: IpSet, { from, to }: Range, port: number, portTo: number, key: Int32Array): number {
  const { elems } = set;
  const { keys, words } = elems;
  key[0] = from;
  if (ipSetIsNull(set, key)) return -IPSET_ERR_HASH_ELEM;
  const second = set.ip2At;
  for (let s = 0; s < elems.high; s++) {
    if (elems.used[s] === 0) continue;
    const at = s * words;
    const ip = keys[at]! >>> 0;
    const low = set.opt.mask === null ? from : (from & set.opt.mask[0]!) >>> 0;
    if (ip < low || ip > to) continue;
    if (set.portAt >= 0 && (keys[at + set.portAt]! < port || keys[at + set.portAt]! > portTo)) continue;
    if (second >= 0 && keys[at + second] !== key[second]) continue;
    set.remove(s);
  }
  return 0;
}
