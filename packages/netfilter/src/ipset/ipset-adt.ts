/** Adding, deleting and finding one element, given by its key. */
import { AF_INET } from '@linnet/uapi';
import type { IpSetEntry } from './ipset-entry.ts';
import { type IpSet, ipSetMaskWord } from './ipset-set.ts';
import { IPSET_ERR_EXIST, IPSET_ERR_HASH_ELEM, IPSET_ERR_HASH_FULL, IPSET_FLAG_IFACE_WILDCARD, IPSET_FLAG_NOMATCH } from './ipset-uapi.ts';

/** The slot of a key whose device, if the type has one, is `name`: the device itself, or one that stands for all that begin like it. -1: none that lives. */
function findLive(set: IpSet, key: Int32Array, name: string, physdev: boolean): number {
  if (set.ifaceAt < 0) return ifLive(set, set.elems.find(key));
  const { ifaces } = set;
  const own = ifaces.find(name, physdev);
  if (own !== 0) {
    key[set.ifaceAt] = own;
    const slot = ifLive(set, set.elems.find(key));
    if (slot >= 0) return slot;
  }
  for (let i = 0; i < ifaces.wildcards.length; i++) {
    const w = ifaces.wildcards[i]!;
    if ((w & 1) !== (physdev ? 1 : 0) || !name.startsWith(ifaces.name(w))) continue;
    key[set.ifaceAt] = w;
    const slot = ifLive(set, set.elems.find(key));
    if (slot >= 0 && (set.elems.flags[slot]! & IPSET_FLAG_IFACE_WILDCARD) !== 0) return slot;
  }
  return -1;
}
function ifLive(set: IpSet, slot: number): number {
  return slot >= 0 && set.live(slot) ? slot : -1;
}

/** Cuts the address at `at` in a key to its first `bits`. */
export function ipSetCut(set: IpSet, key: Int32Array, at: number, bits: number): void {
  for (let i = 0; i < set.width; i++) key[at + i] = key[at + i]! & ipSetMaskWord(bits, i);
}
/** Cuts what the set's own mask leaves out. */
export function ipSetMask(set: IpSet, key: Int32Array): void {
  const { mask } = set.opt;
  if (mask !== null) for (let i = 0; i < set.width; i++) key[i] = key[i]! & mask[i]!;
}
/** Prefix length of a host. */
export function ipSetHostBits(set: IpSet): number {
  return 32 * set.width;
}

/** The live element of a key: its slot or -1. */
export function ipSetFind(set: IpSet, key: Int32Array, e: IpSetEntry): number {
  return findLive(set, key, e.iface, e.physdev);
}

/** The element that a host belongs to, of the longest prefix that there is: its slot or -1. Types without networks: the key itself. */
export function ipSetCover(set: IpSet, key: Int32Array, e: IpSetEntry): number {
  if (set.cidrAt < 0) return findLive(set, key, e.iface, e.physdev);
  // Ever shorter prefixes of one address: what a longer one cut off, a shorter one does not need.
  for (let i = 0; i < set.cidrs.length; i++) {
    const bits = set.cidrs[i]!;
    ipSetCut(set, key, set.netAt, bits);
    key[set.cidrAt] = bits;
    const slot = findLive(set, key, e.iface, e.physdev);
    if (slot >= 0) return slot;
    // A network with other devices is the end of it all the same, as it is for a real kernel.
    if (set.nets !== null && set.nets.find(key) >= 0) return -1;
  }
  return -1;
}

/** Does the element's MAC address allow for the one that is asked for? */
export function ipSetMacFits(set: IpSet, slot: number, e: IpSetEntry): boolean {
  if (!set.type.mac || !e.hasMac) return true;
  const { mac } = set.elems;
  const at = 3 * slot;
  return mac[at] === 0 || (mac[at + 1] === e.mac0 && mac[at + 2] === e.mac1);
}

/** The first packet of an address without a MAC address brings one. */
export function ipSetFillMac(set: IpSet, slot: number, e: IpSetEntry): void {
  const { mac } = set.elems;
  const at = 3 * slot;
  if (!set.type.mac || !e.hasMac || mac[at] !== 0) return;
  putMac(set, slot, e);
  if (set.opt.timeout && set.elems.expires[slot]! < 0) set.ends(slot, set.now - set.elems.expires[slot]!);
}
function putMac(set: IpSet, slot: number, e: IpSetEntry): void {
  const { mac } = set.elems;
  const at = 3 * slot;
  mac[at] = 1;
  mac[at + 1] = e.mac0;
  mac[at + 2] = e.mac1;
}

/** Gives an element what comes with it. */
export function ipSetFill(set: IpSet, slot: number, e: IpSetEntry): void {
  const { elems, opt } = set;
  // One that has a MAC address keeps it when it is added again without.
  if (opt.mac && e.hasMac) putMac(set, slot, e);
  if (opt.timeout) {
    const ns = (e.timeout < 0 ? opt.defaultTimeout : e.timeout) * 1e9;
    set.ends(slot, ns === 0 ? 0 : opt.mac && elems.mac[3 * slot] === 0 ? -ns : set.now + ns);
  }
  if (opt.counters) {
    if (e.packets >= 0) elems.packets[slot] = e.packets;
    if (e.bytes >= 0) elems.bytes[slot] = e.bytes;
  }
  if (opt.comment) elems.comment[slot] = e.comment;
  if (opt.skbinfo) {
    elems.skb[4 * slot] = e.mark;
    elems.skb[4 * slot + 1] = e.mask;
    elems.skb[4 * slot + 2] = e.prio;
    elems.skb[4 * slot + 3] = e.queue;
  }
}

/** An address of zeros says nothing, where it is all that a key has. */
export function ipSetIsNull(set: IpSet, key: Int32Array): boolean {
  if (set.type.name !== 'hash:ip') return false;
  for (let i = 0; i < set.width; i++) if (key[i] !== 0) return false;
  return true;
}

/** Adds an element: 0 or an error (IPSET_ERR_*). `exist`: one that is there takes what comes with this one. */
export function ipSetAdd(set: IpSet, key: Int32Array, e: IpSetEntry, exist: boolean): number {
  const { elems } = set;
  if (ipSetIsNull(set, key)) return -IPSET_ERR_HASH_ELEM;
  let slot = findLive(set, key, e.iface, e.physdev);
  if (slot >= 0) {
    // An element that still lacks its MAC address takes one.
    const completes = set.type.mac && e.hasMac && elems.mac[3 * slot] === 0;
    if (!exist && !completes) return -IPSET_ERR_EXIST;
    elems.flags[slot] = (elems.flags[slot]! & ~IPSET_FLAG_NOMATCH) | (e.flags & IPSET_FLAG_NOMATCH);
    ipSetFill(set, slot, e);
    return 0;
  }
  if (set.ifaceAt >= 0) key[set.ifaceAt] = set.ifaces.find(e.iface, e.physdev);
  slot = elems.find(key);
  // One that has timed out makes room for itself.
  if (slot >= 0) set.remove(slot);
  if (set.type.kind === 'hash' && elems.count >= set.opt.maxelem && !makeRoom(set)) return -IPSET_ERR_HASH_FULL;
  if (set.ifaceAt >= 0) key[set.ifaceAt] = set.ifaces.add(e.iface, e.physdev);
  ipSetFill(set, set.insert(key, e.flags), e);
  return 0;
}

/** A full set loses what has timed out, or with `forceadd` any one. */
function makeRoom(set: IpSet): boolean {
  const { elems, opt } = set;
  set.sweep();
  if (elems.count < opt.maxelem) return true;
  if (!opt.forceadd || elems.count === 0) return false;
  let s = set.inet.net.kernel.rng.stream('ipset.forceadd').below(elems.high);
  while (elems.used[s] === 0) s = (s + 1) % elems.high;
  set.remove(s);
  return elems.count < opt.maxelem;
}

/** Deletes an element: 0, or -IPSET_ERR_EXIST when there is none, or another error. */
export function ipSetDel(set: IpSet, key: Int32Array, e: IpSetEntry): number {
  if (ipSetIsNull(set, key)) return -IPSET_ERR_HASH_ELEM;
  const slot = findLive(set, key, e.iface, e.physdev);
  if (slot < 0) return -IPSET_ERR_EXIST;
  set.remove(slot);
  return 0;
}

/** Is the set for packets of this family? A set without addresses is for all. */
export function ipSetTakes(set: IpSet, family: number): boolean {
  return set.type.kind === 'list' || set.type.name === 'bitmap:port' || set.family === family || (set.family === 0 && family === AF_INET);
}
