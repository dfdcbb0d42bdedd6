/** Sets and their elements as messages. */
// datapath-ok-file: control messages
import { EMSGSIZE } from '@linnet/kernel';
import { netlinkDumpStart } from '@linnet/netlink';
import type { NlWriter } from '@linnet/uapi';
import { NFNL_SUBSYS_IPSET, nfnlDumpPut, type NfnlInfo, nfnlMsgType } from '../nfnetlink.ts';
import { putIp, putNet16, putNet32, putNet64 } from './ipset-attrs.ts';
import type { IpSet, IpSetNet } from './ipset-set.ts';
import {
  IPSET_ATTR_ADT, IPSET_ATTR_BITMASK, IPSET_ATTR_BUCKETSIZE, IPSET_ATTR_BYTES, IPSET_ATTR_CADT_FLAGS, IPSET_ATTR_CIDR, IPSET_ATTR_CIDR2, IPSET_ATTR_COMMENT, IPSET_ATTR_DATA,
  IPSET_ATTR_ELEMENTS, IPSET_ATTR_ETHER, IPSET_ATTR_FAMILY, IPSET_ATTR_HASHSIZE, IPSET_ATTR_IFACE, IPSET_ATTR_INDEX, IPSET_ATTR_INITVAL, IPSET_ATTR_IP, IPSET_ATTR_IP2, IPSET_ATTR_IP_TO,
  IPSET_ATTR_MAXELEM, IPSET_ATTR_MEMSIZE, IPSET_ATTR_NAME, IPSET_ATTR_NETMASK, IPSET_ATTR_PACKETS, IPSET_ATTR_PORT, IPSET_ATTR_PORT_TO, IPSET_ATTR_PROTO, IPSET_ATTR_PROTOCOL,
  IPSET_ATTR_REFERENCES, IPSET_ATTR_REVISION, IPSET_ATTR_SETNAME, IPSET_ATTR_SIZE, IPSET_ATTR_SKBMARK, IPSET_ATTR_SKBPRIO, IPSET_ATTR_SKBQUEUE, IPSET_ATTR_TIMEOUT, IPSET_ATTR_TYPENAME,
  IPSET_CMD_LIST, IPSET_FLAG_IFACE_WILDCARD, IPSET_FLAG_LIST_HEADER, IPSET_FLAG_LIST_SETNAME, IPSET_FLAG_NOMATCH, IPSET_FLAG_PHYSDEV, IPSET_FLAG_WITH_COMMENT, IPSET_FLAG_WITH_COUNTERS,
  IPSET_FLAG_WITH_FORCEADD, IPSET_FLAG_WITH_SKBINFO, IPSET_PROTOCOL,
} from './ipset-uapi.ts';
import { NLA_F_NET_BYTEORDER } from '@linnet/uapi';

/** The most that one element, or what is said of a set, takes. */
const ROOM = 768;
/** Bytes of a set and of an element without keys, as they are told; what is kept for them here is of that order. */
const SET_BYTES = 200;

function memory(set: IpSet): number {
  const { ext, words, used } = set.elems;
  return SET_BYTES + used.length * (4 * words + 10 + (ext.timeout ? 8 : 0) + (ext.counters ? 16 : 0) + (ext.skbinfo ? 16 : 0) + (ext.mac ? 12 : 0));
}

function header(w: NlWriter, set: IpSet): void {
  const { opt, type } = set;
  w.nestStart(IPSET_ATTR_DATA);
  if (type.kind === 'hash') {
    putNet32(w, IPSET_ATTR_HASHSIZE, opt.hashsize);
    putNet32(w, IPSET_ATTR_MAXELEM, opt.maxelem);
    if (opt.netmask !== 0) w.putU8(IPSET_ATTR_NETMASK, opt.netmask);
    else if (opt.mask !== null) putIp(w, IPSET_ATTR_BITMASK, opt.mask, 0, set.width);
    w.putU8(IPSET_ATTR_BUCKETSIZE, opt.bucketsize);
    putNet32(w, IPSET_ATTR_INITVAL, opt.initval);
  } else if (type.kind === 'list') {
    putNet32(w, IPSET_ATTR_SIZE, opt.size);
  } else if (set.portAt >= 0) {
    putNet16(w, IPSET_ATTR_PORT, opt.first);
    putNet16(w, IPSET_ATTR_PORT_TO, opt.last);
  } else {
    const range = Int32Array.of(opt.first, opt.last);
    putIp(w, IPSET_ATTR_IP, range, 0, 1);
    putIp(w, IPSET_ATTR_IP_TO, range, 1, 1);
    if (opt.netmask !== 0) w.putU8(IPSET_ATTR_NETMASK, opt.netmask);
  }
  putNet32(w, IPSET_ATTR_REFERENCES, set.refs);
  putNet32(w, IPSET_ATTR_MEMSIZE, memory(set));
  putNet32(w, IPSET_ATTR_ELEMENTS, set.elems.count);
  if (opt.timeout) putNet32(w, IPSET_ATTR_TIMEOUT, opt.defaultTimeout);
  const flags = (opt.counters ? IPSET_FLAG_WITH_COUNTERS : 0) | (opt.comment ? IPSET_FLAG_WITH_COMMENT : 0) | (opt.skbinfo ? IPSET_FLAG_WITH_SKBINFO : 0) | (opt.forceadd ? IPSET_FLAG_WITH_FORCEADD : 0);
  if (flags !== 0) putNet32(w, IPSET_ATTR_CADT_FLAGS, flags);
  w.nestEnd();
}

/** The key of an element. */
function keyOf(w: NlWriter, set: IpSet, slot: number): void {
  const { elems } = set;
  const at = slot * elems.words;
  const { keys } = elems;
  if (set.type.kind === 'list') {
    w.putString(IPSET_ATTR_NAME, set.inet.sets[keys[at]!]?.name ?? '');
    return;
  }
  if (set.type.kind === 'bitmap' && set.portAt >= 0) {
    putNet16(w, IPSET_ATTR_PORT, keys[at]!);
    return;
  }
  putIp(w, IPSET_ATTR_IP, keys, at, set.width);
  if (set.type.mac && elems.mac[3 * slot] === 1) {
    const o = w.reserveAttr(IPSET_ATTR_ETHER, 6);
    w.view.setUint16(o, elems.mac[3 * slot + 1]!);
    w.view.setInt32(o + 2, elems.mac[3 * slot + 2]!);
  }
  if (set.ip2At >= 0) putIp(w, IPSET_ATTR_IP2, keys, at + set.ip2At, set.width);
  if (set.portAt >= 0) {
    putNet16(w, IPSET_ATTR_PORT, keys[at + set.portAt]! & 0xffff);
    w.putU8(IPSET_ATTR_PROTO, keys[at + set.portAt]! >> 16);
  }
  if (set.cidrAt >= 0) w.putU8(set.netAt === 0 ? IPSET_ATTR_CIDR : IPSET_ATTR_CIDR2, keys[at + set.cidrAt]!);
  let flags = elems.flags[slot]! & (IPSET_FLAG_NOMATCH | IPSET_FLAG_IFACE_WILDCARD);
  if (set.ifaceAt >= 0) {
    const n = keys[at + set.ifaceAt]!;
    w.putString(IPSET_ATTR_IFACE, set.ifaces.name(n));
    if ((n & 1) !== 0) flags |= IPSET_FLAG_PHYSDEV;
  }
  if (flags !== 0) putNet32(w, IPSET_ATTR_CADT_FLAGS, flags);
}

function element(w: NlWriter, set: IpSet, slot: number): void {
  const { elems, opt } = set;
  w.nestStart(IPSET_ATTR_DATA);
  keyOf(w, set, slot);
  if (opt.timeout) {
    const at = elems.expires[slot]!;
    // One that is about to end has not ended: 0 would say that it never does.
    const left = at === 0 ? 0 : at < 0 ? -at / 1e9 : Math.max(1, Math.floor((at - set.now) / 1e9));
    putNet32(w, IPSET_ATTR_TIMEOUT, left);
  }
  if (opt.counters) {
    putNet64(w, IPSET_ATTR_BYTES, elems.bytes[slot]!);
    putNet64(w, IPSET_ATTR_PACKETS, elems.packets[slot]!);
  }
  const comment = elems.comment[slot] ?? null;
  if (comment !== null) w.putString(IPSET_ATTR_COMMENT, comment);
  if (opt.skbinfo) {
    const [mark, mask, prio, queue] = elems.skb.subarray(4 * slot, 4 * slot + 4) as unknown as [number, number, number, number];
    if (mark !== 0 || mask !== 0) {
      const o = w.reserveAttr(IPSET_ATTR_SKBMARK | NLA_F_NET_BYTEORDER, 8);
      w.view.setInt32(o, mark);
      w.view.setInt32(o + 4, mask);
    }
    if (prio !== 0) putNet32(w, IPSET_ATTR_SKBPRIO, prio);
    if (queue !== 0) putNet16(w, IPSET_ATTR_SKBQUEUE, queue);
  }
  w.nestEnd();
}

/** Where a listing is. */
interface Listing {
  readonly sets: readonly IpSet[];
  readonly flags: number;
  slots: number[] | null;
}

/** All sets in an order in which they can be made again: those that others name first. */
function inOrder(inet: IpSetNet): IpSet[] {
  const all = inet.sets.filter((s) => s !== null);
  return [...all.filter((s) => s.type.kind !== 'list'), ...all.filter((s) => s.type.kind === 'list')];
}

/** Lists a set, or all of them when it is null. */
export function ipSetDump(info: NfnlInfo, inet: IpSetNet, only: IpSet | null, flags: number): number {
  return netlinkDumpStart(info.req, info.skb, {
    start(cb): number {
      cb.data = { sets: only === null ? inOrder(inet) : [only], flags, slots: null } satisfies Listing;
      return 0;
    },
    dump(_req, w, cb): number {
      const l = cb.data as Listing;
      for (; cb.i < l.sets.length; cb.i++, cb.j = 0, l.slots = null) {
        const set = l.sets[cb.i]!;
        if (w.limit - w.len < 2 * ROOM) return -EMSGSIZE;
        nfnlDumpPut(w, cb, nfnlMsgType(NFNL_SUBSYS_IPSET, IPSET_CMD_LIST), 0, info.family);
        w.putU8(IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
        w.putString(IPSET_ATTR_SETNAME, set.name);
        if ((l.flags & IPSET_FLAG_LIST_SETNAME) !== 0) {
          w.end();
          continue;
        }
        if (l.slots === null) {
          w.putString(IPSET_ATTR_TYPENAME, set.type.name);
          w.putU8(IPSET_ATTR_FAMILY, set.family);
          w.putU8(IPSET_ATTR_REVISION, set.revision);
          putNet16(w, IPSET_ATTR_INDEX, set.id);
          header(w, set);
          l.slots = (l.flags & IPSET_FLAG_LIST_HEADER) !== 0 ? [] : set.slots();
        }
        if ((l.flags & IPSET_FLAG_LIST_HEADER) === 0) {
          w.nestStart(IPSET_ATTR_ADT);
          for (; cb.j < l.slots.length && w.limit - w.len >= ROOM; cb.j++) if (set.elems.used[l.slots[cb.j]!] === 1) element(w, set, l.slots[cb.j]!);
        }
        if (w.end() < 0) return -EMSGSIZE;
        if (cb.j < l.slots.length) return -EMSGSIZE;
      }
      return 0;
    },
  });
}
