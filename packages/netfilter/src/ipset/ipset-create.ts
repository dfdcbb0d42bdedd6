/** Making a set from what a program says of it (ipset(8), CREATE-OPTIONS). */
// datapath-ok-file: control messages
import { AF_INET, AF_INET6 } from '@linnet/uapi';
import { type IpSetAttrs, ipSetBitmask } from './ipset-attrs.ts';
import { IpSet, IPSET_TYPES, ipSetMaskWord, type IpSetNet, type IpSetOptions, type IpSetType } from './ipset-set.ts';
import {
  IPSET_ATTR_BITMASK, IPSET_ATTR_BUCKETSIZE, IPSET_ATTR_CADT_FLAGS, IPSET_ATTR_CIDR, IPSET_ATTR_HASHSIZE, IPSET_ATTR_INITVAL, IPSET_ATTR_IP, IPSET_ATTR_IP_TO, IPSET_ATTR_MAXELEM,
  IPSET_ATTR_NETMASK, IPSET_ATTR_PORT, IPSET_ATTR_PORT_TO, IPSET_ATTR_SIZE, IPSET_ATTR_TIMEOUT, IPSET_ERR_BITMAP_RANGE_SIZE, IPSET_ERR_FIND_TYPE, IPSET_ERR_INVALID_CIDR,
  IPSET_ERR_INVALID_FAMILY, IPSET_ERR_INVALID_NETMASK, IPSET_ERR_PROTOCOL, IPSET_FLAG_WITH_COMMENT, IPSET_FLAG_WITH_COUNTERS, IPSET_FLAG_WITH_FORCEADD, IPSET_FLAG_WITH_SKBINFO,
} from './ipset-uapi.ts';

const BITMAP_MAX = 65536;
const HASHSIZE_MIN = 64;
const HASHSIZE_DEFAULT = 1024;
const MAXELEM_DEFAULT = 65536;
const BUCKETSIZE_MAX = 12;
const LIST_SIZE_MIN = 4;
const LIST_SIZE_DEFAULT = 8;

/** The type of a name for a family, or null. */
export function ipSetType(name: string, family: number): IpSetType | null {
  return IPSET_TYPES.find((t) => t.name === name && (t.family === 0 || family === 0 || t.family === family)) ?? null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function bitmapOf(o: Mutable<IpSetOptions>, t: IpSetType, a: IpSetAttrs): number {
  if (t.parts[0] === 'port') {
    if (!a.has(IPSET_ATTR_PORT) || !a.has(IPSET_ATTR_PORT_TO)) return -IPSET_ERR_PROTOCOL;
    const [p, q] = [a.u16(IPSET_ATTR_PORT, 0), a.u16(IPSET_ATTR_PORT_TO, 0)];
    [o.first, o.last] = [Math.min(p, q), Math.max(p, q)];
    return 0;
  }
  const one = new Int32Array(1);
  if (!a.has(IPSET_ATTR_IP)) return -IPSET_ERR_PROTOCOL;
  let err = a.ip(IPSET_ATTR_IP, AF_INET, one, 0);
  if (err < 0) return err;
  o.first = one[0]! >>> 0;
  if (a.has(IPSET_ATTR_IP_TO)) {
    err = a.ip(IPSET_ATTR_IP_TO, AF_INET, one, 0);
    if (err < 0) return err;
    o.last = one[0]! >>> 0;
    if (o.first > o.last) [o.first, o.last] = [o.last, o.first];
  } else if (a.has(IPSET_ATTR_CIDR)) {
    const cidr = a.u8(IPSET_ATTR_CIDR, 0);
    if (cidr === 0 || cidr > 32) return -IPSET_ERR_INVALID_CIDR;
    o.first = (o.first & ipSetMaskWord(cidr, 0)) >>> 0;
    o.last = (o.first | ~ipSetMaskWord(cidr, 0)) >>> 0;
  } else {
    return -IPSET_ERR_PROTOCOL;
  }
  let step = 1;
  if (a.has(IPSET_ATTR_NETMASK) && !t.mac) {
    const n = a.u8(IPSET_ATTR_NETMASK, 0);
    if (n === 0 || n > 32) return -IPSET_ERR_INVALID_NETMASK;
    o.netmask = n === 32 ? 0 : n;
    step = 2 ** (32 - n);
    o.first -= o.first % step;
    o.last += step - 1 - (o.last % step);
  }
  return (o.last - o.first + 1) / step > BITMAP_MAX ? -IPSET_ERR_BITMAP_RANGE_SIZE : 0;
}

function hashOf(o: Mutable<IpSetOptions>, t: IpSetType, family: number, a: IpSetAttrs): number {
  if (family !== AF_INET && family !== AF_INET6) return -IPSET_ERR_INVALID_FAMILY;
  const host = family === AF_INET ? 32 : 128;
  o.maxelem = a.u32(IPSET_ATTR_MAXELEM, MAXELEM_DEFAULT);
  o.hashsize = HASHSIZE_MIN;
  const want = Math.min(a.u32(IPSET_ATTR_HASHSIZE, HASHSIZE_DEFAULT), 0x8000_0000);
  while (o.hashsize < want) o.hashsize *= 2;
  if (a.has(IPSET_ATTR_BUCKETSIZE)) {
    const n = a.u8(IPSET_ATTR_BUCKETSIZE, 0);
    o.bucketsize = Math.max(2, Math.min(BUCKETSIZE_MAX, n + (n & 1)));
  } else {
    o.bucketsize = BUCKETSIZE_MAX;
  }
  if (!t.masked) return 0;
  if (a.has(IPSET_ATTR_NETMASK)) {
    const n = a.u8(IPSET_ATTR_NETMASK, 0);
    if (n === 0 || n > host || a.has(IPSET_ATTR_BITMASK)) return -IPSET_ERR_INVALID_NETMASK;
    if (n < host) {
      o.netmask = n;
      o.mask = Int32Array.from({ length: host / 32 }, (_, i) => ipSetMaskWord(n, i));
    }
  } else if (a.has(IPSET_ATTR_BITMASK)) {
    const m = ipSetBitmask(a, family);
    if (typeof m === 'number') return m;
    if (m.every((w) => w === 0)) return -IPSET_ERR_INVALID_NETMASK;
    o.mask = m;
  }
  return 0;
}

/** A set as it is asked for, without a place; or an error. */
export function ipSetMake(inet: IpSetNet, name: string, typeName: string, family: number, revision: number, a: IpSetAttrs): IpSet | number {
  const t = ipSetType(typeName, family);
  if (t === null || revision > t.revision) return -IPSET_ERR_FIND_TYPE;
  const flags = a.u32(IPSET_ATTR_CADT_FLAGS, 0);
  const o: Mutable<IpSetOptions> = {
    timeout: a.has(IPSET_ATTR_TIMEOUT), defaultTimeout: a.u32(IPSET_ATTR_TIMEOUT, 0), counters: (flags & IPSET_FLAG_WITH_COUNTERS) !== 0,
    comment: (flags & IPSET_FLAG_WITH_COMMENT) !== 0, skbinfo: (flags & IPSET_FLAG_WITH_SKBINFO) !== 0, mac: t.mac, forceadd: t.kind === 'hash' && (flags & IPSET_FLAG_WITH_FORCEADD) !== 0,
    maxelem: 0, hashsize: 0, bucketsize: 0, initval: a.u32(IPSET_ATTR_INITVAL, -1), netmask: 0, mask: null, first: 0, last: 0, size: Math.max(LIST_SIZE_MIN, a.u32(IPSET_ATTR_SIZE, LIST_SIZE_DEFAULT)),
  };
  if (o.initval < 0) o.initval = inet.net.kernel.rng.stream('ipset.hash').u32();
  const err = t.kind === 'bitmap' ? bitmapOf(o, t, a) : t.kind === 'hash' ? hashOf(o, t, family, a) : 0;
  return err < 0 ? err : new IpSet(inet, name, t, family, revision, o);
}

/** Would the two store the same elements, with the same things beside them? Sizes of tables and what a full one does are not looked at, nor the family. */
export function ipSetSame(x: IpSet, y: IpSet): boolean {
  const [a, b] = [x.opt, y.opt];
  if (x.type !== y.type || a.timeout !== b.timeout || a.defaultTimeout !== b.defaultTimeout || a.counters !== b.counters || a.comment !== b.comment || a.skbinfo !== b.skbinfo) return false;
  if (a.maxelem !== b.maxelem || a.netmask !== b.netmask || a.first !== b.first || a.last !== b.last || (x.type.kind === 'list' && a.size !== b.size)) return false;
  return (a.mask === null) === (b.mask === null) && (a.mask === null || a.mask.every((w, i) => w === b.mask![i]));
}
