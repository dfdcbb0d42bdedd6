/** Learning, ageing and removing addresses (br_fdb.c). */
import { modTimer } from '@linnet/kernel';
import { devUcAdd, devUcDel } from '@linnet/netdev';
import { BR_STATE_LEARNING, BR_STATE_FORWARDING, RTM_DELNEIGH, RTM_NEWNEIGH } from '@linnet/uapi';
import { type Bridge, BR_PROMISC, type BridgePort } from './br.ts';
import { fdbNotify, holdTime } from './br-fdb-fill.ts';
import {
  FDB_ADDED_BY_EXT_LEARN, FDB_ADDED_BY_USER, FDB_DYNAMIC_LEARNED, FDB_LOCAL, FDB_LOCKED, FDB_NOTIFY, FDB_NOTIFY_INACTIVE, FDB_STATIC, FDB_STICKY, fdbAddr, FdbEntry, macHi, macLo,
} from './br-fdb-table.ts';
import { vlanGroupEntries, vlanShouldUse } from './br-vlan-group.ts';

/** The entry of the address at `off`, or null (br_fdb_find). */
export function fdbFind(br: Bridge, u8: Uint8Array, off: number, vid: number): FdbEntry | null {
  return br.fdb.find(macHi(u8, off), macLo(u8, off), vid);
}

// A port that does not listen to everything must be told which static addresses others have.
function addHwAddr(br: Bridge, f: FdbEntry): void {
  for (const p of br.ports) if ((p.flags & BR_PROMISC) === 0) devUcAdd(p.dev, fdbAddr(f));
}
function delHwAddr(br: Bridge, f: FdbEntry): void {
  for (const p of br.ports) if ((p.flags & BR_PROMISC) === 0) devUcDel(p.dev, fdbAddr(f));
}
/** A port begins (ceases) to need the static addresses of the others (br_fdb_sync_static). */
export function fdbSyncStatic(br: Bridge, p: BridgePort, on: boolean): void {
  for (let f = br.fdb.head; f !== null; f = f.next) {
    if ((f.flags & FDB_STATIC) === 0 || f.dst === p) continue;
    if (on) devUcAdd(p.dev, fdbAddr(f));
    else devUcDel(p.dev, fdbAddr(f));
  }
}

/** Removes an entry, telling the listeners (fdb_delete). */
export function fdbDelete(br: Bridge, f: FdbEntry): void {
  if ((f.flags & FDB_STATIC) !== 0) delHwAddr(br, f);
  br.fdb.remove(f);
  fdbNotify(br, f, RTM_DELNEIGH);
}

/** Makes an entry; null when the limit of learned ones is reached (fdb_create). */
export function fdbCreate(br: Bridge, dst: BridgePort | null, u8: Uint8Array, off: number, vid: number, flags: number): FdbEntry | null {
  if ((flags & (FDB_ADDED_BY_USER | FDB_LOCAL)) === 0) flags |= FDB_DYNAMIC_LEARNED;
  if ((flags & FDB_DYNAMIC_LEARNED) !== 0 && br.fdbMaxLearned !== 0 && br.fdb.learned >= br.fdbMaxLearned) return null;
  const f = new FdbEntry(macHi(u8, off), macLo(u8, off), vid, dst, flags, br.kernel.jiffies);
  br.fdb.insert(f);
  return f;
}

/** The flags of an entry, when they may decide whether it counts as learned. */
export function fdbSetFlags(br: Bridge, f: FdbEntry, flags: number): void {
  if (((f.flags ^ flags) & FDB_STATIC) !== 0) {
    if ((flags & FDB_STATIC) !== 0) addHwAddr(br, f);
    else delHwAddr(br, f);
  }
  const d = FDB_DYNAMIC_LEARNED;
  if ((f.flags & d) !== 0 && (flags & d) === 0) br.fdb.learned--;
  if ((f.flags & d) === 0 && (flags & d) !== 0) br.fdb.learned++;
  f.flags = flags;
}

/** An entry that says that it went quiet is heard again. True when that is news. */
export function fdbMarkActive(f: FdbEntry): boolean {
  if ((f.flags & (FDB_NOTIFY | FDB_NOTIFY_INACTIVE)) !== (FDB_NOTIFY | FDB_NOTIFY_INACTIVE)) return false;
  f.flags &= ~FDB_NOTIFY_INACTIVE;
  return true;
}

/** A frame from the address at `off` came in by a port (br_fdb_update). `flags` for a new entry: FDB_ADDED_BY_USER, FDB_LOCKED or 0. */
export function fdbUpdate(br: Bridge, source: BridgePort, u8: Uint8Array, off: number, vid: number, flags: number): void {
  if (holdTime(br) === 0) return; // such a bridge always floods
  const hi = macHi(u8, off);
  const lo = macLo(u8, off);
  let f = br.fdb.find(hi, lo, vid);
  if (f === null) {
    f = fdbCreate(br, source, u8, off, vid, flags);
    if (f !== null) fdbNotify(br, f, RTM_NEWNEIGH);
    return;
  }
  if ((f.flags & FDB_LOCAL) !== 0) {
    ownAddress(br, source);
    return;
  }
  const now = br.kernel.jiffies;
  let news = false;
  if (f.updated !== now) {
    f.updated = now;
    news = fdbMarkActive(f);
  }
  if (f.dst !== source && (f.flags & FDB_STICKY) === 0) {
    f.dst = source;
    news = true;
    // What was learned elsewhere has been overtaken by what was seen here.
    if ((f.flags & FDB_ADDED_BY_EXT_LEARN) !== 0) fdbSetFlags(br, f, (f.flags & ~FDB_ADDED_BY_EXT_LEARN) | FDB_DYNAMIC_LEARNED);
    if ((f.flags & FDB_LOCKED) !== 0) f.flags &= ~FDB_LOCKED;
  }
  if ((flags & FDB_ADDED_BY_USER) !== 0) {
    fdbSetFlags(br, f, (f.flags | FDB_ADDED_BY_USER) & ~FDB_DYNAMIC_LEARNED);
    if ((f.flags & FDB_LOCKED) !== 0) f.flags &= ~FDB_LOCKED;
  }
  if (news) fdbNotify(br, f, RTM_NEWNEIGH);
}

/** A frame that this bridge sent came back: a loop, or a stolen address. */
function ownAddress(br: Bridge, source: BridgePort): void {
  const { log } = br.kernel;
  if (!log.netRatelimit()) return;
  log.warn(`${br.dev.name}: received packet on ${source.dev.name} with own address as source address`); // datapath-ok: a mistake in the network, said now and then
}

/** Adds a local address: null is the bridge's own (fdb_add_local). */
function addLocal(br: Bridge, p: BridgePort | null, addr: Uint8Array, vid: number): void {
  const f = fdbFind(br, addr, 0, vid);
  if (f !== null) {
    // Several ports may have one address: the first one counts.
    if ((f.flags & FDB_LOCAL) !== 0) return;
    fdbDelete(br, f);
  }
  const made = fdbCreate(br, p, addr, 0, vid, FDB_LOCAL | FDB_STATIC);
  if (made === null) return;
  addHwAddr(br, made);
  fdbNotify(br, made, RTM_NEWNEIGH);
}

/** The same when nobody has the address yet (br_fdb_add_local). */
export function fdbAddLocal(br: Bridge, p: BridgePort | null, addr: Uint8Array, vid: number): void {
  // With the option, addresses of ports stand in VLAN 0 only.
  if (br.fdbLocalVlan0 && vid !== 0) return;
  addLocal(br, p, addr, vid);
}

const hasAddr = (a: Uint8Array, f: FdbEntry): boolean => macHi(a, 0) === f.hi && macLo(a, 0) === f.lo;

/** A local entry goes; if another port, or the bridge, has the same address, it takes over (fdb_delete_local). */
function deleteLocal(br: Bridge, p: BridgePort | null, f: FdbEntry): void {
  for (const op of br.ports) {
    if (op === p || !hasAddr(op.dev.devAddr, f)) continue;
    if (f.vid !== 0 && !op.vlans.vlans.has(f.vid)) continue;
    f.dst = op;
    f.flags &= ~FDB_ADDED_BY_USER;
    return;
  }
  const v = f.vid === 0 ? null : br.vlans.vlans.get(f.vid);
  if (p !== null && hasAddr(br.dev.devAddr, f) && (f.vid === 0 || (v !== undefined && v !== null && vlanShouldUse(v)))) {
    f.dst = null;
    f.flags &= ~FDB_ADDED_BY_USER;
    return;
  }
  fdbDelete(br, f);
}

/** Removes a port's (or with null the bridge's own) address in a VLAN (br_fdb_find_delete_local). */
export function fdbFindDeleteLocal(br: Bridge, p: BridgePort | null, addr: Uint8Array, vid: number): void {
  const f = fdbFind(br, addr, 0, vid);
  if (f !== null && (f.flags & FDB_LOCAL) !== 0 && (f.flags & FDB_ADDED_BY_USER) === 0 && f.dst === p) deleteLocal(br, p, f);
}

/** A port's address changed (br_fdb_changeaddr). */
export function fdbChangeAddr(p: BridgePort, addr: Uint8Array): void {
  const { br } = p;
  const vids = [0].concat(vlanGroupEntries(p.vlans).map((v) => v.vid));
  for (const f of br.fdb.all()) {
    if (f.dst === p && (f.flags & FDB_LOCAL) !== 0 && (f.flags & FDB_ADDED_BY_USER) === 0) deleteLocal(br, p, f);
  }
  for (const vid of vids) fdbAddLocal(br, p, addr, vid);
}

/** The bridge's own address changes to `addr` (br_fdb_change_mac_address). */
export function fdbChangeMacAddress(br: Bridge, addr: Uint8Array): void {
  const vids = [0].concat(vlanGroupEntries(br.vlans).filter(vlanShouldUse).map((v) => v.vid));
  for (const vid of vids) {
    const f = fdbFind(br, br.dev.devAddr, 0, vid);
    if (f !== null && (f.flags & FDB_LOCAL) !== 0 && f.dst === null && (f.flags & FDB_ADDED_BY_USER) === 0) deleteLocal(br, null, f);
    fdbAddLocal(br, null, addr, vid);
  }
}

/** What a flush is about (struct net_bridge_fdb_flush_desc): flags under a mask, and a port or VLAN when not 0. */
export interface FdbFlush {
  readonly flags: number;
  readonly mask: number;
  readonly port?: BridgePort | null;
  /** The entries of the bridge itself. */
  readonly self?: boolean;
  readonly vid?: number;
}

/** Removes all that match (br_fdb_flush). */
export function fdbFlush(br: Bridge, d: FdbFlush): void {
  for (const f of br.fdb.all()) {
    if ((f.flags & d.mask) !== d.flags) continue;
    if (d.vid !== undefined && d.vid !== 0 && f.vid !== d.vid) continue;
    if (d.port !== undefined && d.port !== null && f.dst !== d.port) continue;
    if (d.self === true && f.dst !== null) continue;
    fdbDelete(br, f);
  }
}

/** Removes what points to a port: with `all` also its own addresses (br_fdb_delete_by_port). */
export function fdbDeleteByPort(br: Bridge, p: BridgePort, vid: number, all: boolean): void {
  for (const f of br.fdb.all()) {
    if (f.dst !== p) continue;
    if (!all && ((f.flags & FDB_STATIC) !== 0 || ((f.flags & FDB_ADDED_BY_EXT_LEARN) !== 0) || (vid !== 0 && f.vid !== vid))) continue;
    if ((f.flags & FDB_LOCAL) !== 0) deleteLocal(br, p, f);
    else fdbDelete(br, f);
  }
}

/** Removes what is too old, and comes back when the next one will be (br_fdb_cleanup). */
export function fdbCleanup(br: Bridge): void {
  const delay = holdTime(br);
  const now = br.kernel.jiffies;
  let next = delay;
  for (const f of br.fdb.all()) {
    const left = (f.updated + delay - now) | 0;
    if ((f.flags & (FDB_STATIC | FDB_ADDED_BY_EXT_LEARN)) !== 0) {
      if ((f.flags & FDB_NOTIFY) === 0) continue;
      if (left > 0) next = Math.min(next, left);
      else if ((f.flags & FDB_NOTIFY_INACTIVE) === 0) {
        f.flags |= FDB_NOTIFY_INACTIVE;
        fdbNotify(br, f, RTM_NEWNEIGH);
      }
    } else if (left > 0) next = Math.min(next, left);
    else fdbDelete(br, f);
  }
  modTimer(br.kernel, br.gcTimer, (now + Math.max(next, 10)) | 0);
}

/** May frames from this port be learned from? */
export function portLearns(p: BridgePort): boolean {
  return p.state === BR_STATE_LEARNING || p.state === BR_STATE_FORWARDING;
}
