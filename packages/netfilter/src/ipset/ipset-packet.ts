/** What a packet has of a set's elements: the match, and the targets that add and delete. */
import type { NetDevice } from '@linnet/netdev';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import { AF_INET, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
import { nfIpv6SkipExthdrs } from '../nf-conntrack-packet.ts';
import { ARPHRD_ETHER } from '../xt-words.ts';
import { IPPROTO_UDPLITE } from '../xt-proto.ts';
import { ipSetAdd, ipSetCover, ipSetCut, ipSetDel, ipSetFillMac, ipSetHostBits, ipSetMacFits, ipSetMask, ipSetTakes } from './ipset-adt.ts';
import type { IpSetEntry } from './ipset-entry.ts';
import type { IpSet } from './ipset-set.ts';
import {
  IPSET_FLAG_EXIST, IPSET_FLAG_MATCH_COUNTERS, IPSET_FLAG_NOMATCH, IPSET_FLAG_RETURN_NOMATCH, IPSET_FLAG_SKIP_COUNTER_UPDATE, IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE,
} from './ipset-uapi.ts';

/** A comparison of a counter: none, equal, not equal, less, greater. */
const COUNTER_EQ = 1;
const COUNTER_NE = 2;
const COUNTER_LT = 3;
const COUNTER_GT = 4;
function counterFits(op: number, v: number, than: number): boolean {
  return op === COUNTER_EQ ? v === than : op === COUNTER_NE ? v !== than : op === COUNTER_LT ? v < than : op === COUNTER_GT ? v > than : true;
}

/** What a rule says of a set. Made with the rule. */
export class IpSetUse {
  family = 0;
  /** How many directions it names; bit n of `src`: the n-th one, from 1, is the source. */
  dim = 0;
  src = 0;
  /** IPSET_FLAG_* of the match and the target. */
  flags = 0;
  timeout = -1;
  packetsOp = 0;
  packets = 0;
  bytesOp = 0;
  bytes = 0;
}

/** Where the packet stands. */
export interface IpSetPlace {
  readonly inDev: NetDevice | null;
  readonly outDev: NetDevice | null;
}

/** Reads an address of the packet into the key. */
function address(set: IpSet, key: Int32Array, at: number, skb: Skb, src: boolean): void {
  const nh = skb.networkHeader;
  if (set.width === 1) {
    key[at] = skb.view.getInt32(nh + (src ? 12 : 16));
  } else {
    for (let i = 0; i < 4; i++) key[at + i] = skb.view.getInt32(nh + (src ? 8 : 24) + 4 * i);
  }
}

/** Protocol and port in one word: of ICMP its type and code, 0 of protocols without ports; -1: the packet does not say. */
function portOf(skb: Skb, family: number, src: boolean): number {
  const nh = skb.networkHeader - skb.data;
  let proto: number;
  let off: number;
  if (family === AF_INET) {
    proto = skb.u8[skb.networkHeader + 9]!;
    off = nh + ((skb.u8[skb.networkHeader]! & 15) << 2);
    if ((skb.view.getUint16(skb.networkHeader + 6) & 0x1fff) !== 0 && (hasPorts(proto) || proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6)) return -1;
  } else {
    const l4 = nfIpv6SkipExthdrs(skb, nh);
    if (l4 < 0) return -1;
    off = l4 >> 8;
    proto = l4 & 0xff;
  }
  if (hasPorts(proto)) {
    if (!pskbMayPull(skb, off + headOf(proto))) return -1;
    return (proto << 16) | skb.view.getUint16(skb.data + off + (src ? 0 : 2));
  }
  if (proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6) {
    if (!pskbMayPull(skb, off + ICMP_HEAD)) return -1;
    return (proto << 16) | skb.view.getUint16(skb.data + off);
  }
  return proto << 16;
}
/** A header that is not whole has no ports. */
const ICMP_HEAD = 8;
function headOf(proto: number): number {
  return proto === IPPROTO_TCP ? 20 : proto === IPPROTO_SCTP ? 12 : 8;
}
function hasPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_UDPLITE || proto === IPPROTO_SCTP;
}

/** Bytes of an Ethernet header. */
const ETH_HLEN = 14;

/** The packet's key and what else it has of an element. False: it has none of this kind. */
function fill(set: IpSet, key: Int32Array, e: IpSetEntry, skb: Skb, place: IpSetPlace, use: IpSetUse): boolean {
  e.reset();
  const { parts } = set.type;
  for (let i = 0; i < parts.length; i++) {
    const src = (use.src & (1 << (i + 1))) !== 0;
    const part = parts[i];
    if (part === 'port') {
      const p = portOf(skb, use.family, src);
      if (p < 0) return false;
      // A bitmap knows numbers only: they are ports of TCP and UDP.
      if (set.type.kind === 'bitmap' && p >> 16 !== IPPROTO_TCP && p >> 16 !== IPPROTO_UDP) return false;
      key[set.portAt] = set.type.kind === 'bitmap' ? p & 0xffff : p;
    } else if (part === 'iface') {
      const dev = src ? place.inDev : place.outDev;
      if (dev === null) return false;
      e.iface = dev.name;
    } else {
      address(set, key, i === 0 ? 0 : set.ip2At, skb, src);
    }
  }
  if (set.cidrAt >= 0) key[set.cidrAt] = ipSetHostBits(set);
  ipSetMask(set, key);
  if (set.type.mac) {
    const at = skb.macHeader;
    const dev = skb.dev as NetDevice | null;
    if (dev === null || dev.type !== ARPHRD_ETHER || at < 0 || skb.networkHeader < at + ETH_HLEN) return false;
    const m = at + ((use.src & 4) !== 0 ? 6 : 0);
    e.hasMac = true;
    e.mac0 = skb.view.getUint16(m);
    e.mac1 = skb.view.getInt32(m + 2);
    if (e.mac0 === 0 && e.mac1 === 0) return false;
  }
  return true;
}

/** Counts the packet, then holds the counters of the element against what the rule wants: those of a list, not those of its members. */
function counted(set: IpSet, slot: number, skb: Skb, use: IpSetUse, member: boolean): boolean {
  if (!set.opt.counters) return true;
  const { packets, bytes } = set.elems;
  if ((use.flags & (member ? IPSET_FLAG_SKIP_COUNTER_UPDATE | IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE : IPSET_FLAG_SKIP_COUNTER_UPDATE)) === 0) {
    packets[slot]!++;
    bytes[slot]! += skb.len;
  }
  return member || (use.flags & IPSET_FLAG_MATCH_COUNTERS) === 0 || (counterFits(use.packetsOp, packets[slot]!, use.packets) && counterFits(use.bytesOp, bytes[slot]!, use.bytes));
}

/** The element that a packet matches: true, and the slot in `set.inet.slot` with its set in `set.inet.hit`. */
export function ipSetMatch(set: IpSet, skb: Skb, place: IpSetPlace, use: IpSetUse, member: boolean = false): boolean {
  const { inet } = set;
  if (set.type.kind === 'list') {
    for (let i = 0; i < set.order.length; i++) {
      const slot = set.order[i]!;
      const of = inet.sets[set.elems.keys[slot]!];
      if (of === null || of === undefined || !set.live(slot) || !ipSetMatch(of, skb, place, use, true)) continue;
      if (!counted(set, slot, skb, use, false)) continue;
      inet.hit = set;
      inet.slot = slot;
      return true;
    }
    return false;
  }
  if (use.dim < set.dim || !ipSetTakes(set, use.family) || !fill(set, inet.key, inet.entry, skb, place, use)) return false;
  const slot = ipSetCover(set, inet.key, inet.entry);
  if (slot < 0 || !ipSetMacFits(set, slot, inet.entry)) return false;
  ipSetFillMac(set, slot, inet.entry);
  if (!counted(set, slot, skb, use, member)) return false;
  inet.hit = set;
  inet.slot = slot;
  return ((set.elems.flags[slot]! & IPSET_FLAG_NOMATCH) !== 0) === ((use.flags & IPSET_FLAG_RETURN_NOMATCH) !== 0);
}

/** Adds what the packet has of an element to a set, or deletes it: was something done? */
export function ipSetChange(set: IpSet, add: boolean, skb: Skb, place: IpSetPlace, use: IpSetUse): boolean {
  const { inet } = set;
  const { key, entry } = inet;
  if (set.type.kind === 'list') {
    for (let i = 0; i < set.order.length; i++) {
      const of = inet.sets[set.elems.keys[set.order[i]!]!];
      if (of !== null && of !== undefined && set.live(set.order[i]!) && ipSetChange(of, add, skb, place, use)) return true;
    }
    return false;
  }
  if (use.dim < set.dim || !ipSetTakes(set, use.family) || !fill(set, key, entry, skb, place, use)) return false;
  if (set.cidrAt >= 0 && set.cidrs.length > 0) {
    key[set.cidrAt] = set.cidrs[0]!;
    ipSetCut(set, key, set.netAt, set.cidrs[0]!);
  }
  entry.timeout = use.timeout;
  // The packet that brings an element is its first.
  entry.packets = 1;
  entry.bytes = skb.len;
  if (!add) return ipSetDel(set, key, entry) === 0;
  if (set.type.kind === 'bitmap' && ((key[0]! >>> 0) < set.opt.first || (key[0]! >>> 0) > set.opt.last)) return false;
  return ipSetAdd(set, key, entry, (use.flags & IPSET_FLAG_EXIST) !== 0) === 0;
}
