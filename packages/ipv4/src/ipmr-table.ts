/** Changes of multicast routing: interfaces and entries that come and go, and what waits for them. */
// datapath-ok-file: a daemon's requests
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENFILE, ENOBUFS, ENOENT } from '@linnet/kernel';
import { devGetByIndex, devOpen, devSetAllmulti, unregisterNetdevice } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  ipv4IsMulticast, IPV4_DEVCONF_MC_FORWARDING, IPV4_DEVCONF_RP_FILTER, MAXVIFS, MRT_FLUSH_MFC, MRT_FLUSH_MFC_STATIC, MRT_FLUSH_VIFS, MRT_FLUSH_VIFS_STATIC, RTM_DELROUTE, RTM_NEWNETCONF, RTM_NEWROUTE, VIFF_REGISTER,
  VIFF_TUNNEL, VIFF_USE_IFINDEX,
} from '@linnet/uapi';
import { ipDevFind } from './devinet-select.ts';
import { inDevGet } from './in-device.ts';
import { mrForward } from './ipmr-forward.ts';
import { mrNotify } from './ipmr-notify.ts';
import { mrDropPending, mrPendingDue, mrTakePending } from './ipmr-pending.ts';
import { mrRegisterDevice } from './ipmr-register.ts';
import { IPMR, MR_NEVER, MrEntry, mrFindEntry, mrFindVif, MrTable, MrVif } from './ipmr-types.ts';
import type { MrNet } from './ipmr-types.ts';
import { rtCacheFlush } from './rtable.ts';

/** What a struct vifctl says. @alpha */
export interface VifRequest {
  readonly vif: number;
  readonly flags: number;
  /** The local address and that of a tunnel's far end, host order. */
  readonly address: number;
  readonly far: number;
  /** The same and the far one, as the bytes stand in memory. */
  readonly local: number;
  readonly remote: number;
}

/** What a struct mfcctl or a message of netlink says. @alpha */
export interface EntryRequest {
  readonly origin: number;
  readonly group: number;
  readonly parent: number;
  /** Thresholds; 0 and {@link MR_NEVER} where nothing goes. */
  readonly ttls: Uint8Array;
}

/** The table of a number, made if it is missing. @alpha */
export function mrNewTable(mr: MrNet, id: number): MrTable {
  let t = mr.tables.find((o) => o.id === id);
  if (t === undefined) {
    t = new MrTable(mr.n4, id, mrPendingDue);
    mr.tables.push(t);
  }
  return t;
}

/** Counts interfaces for which multicast is routed: `conf/DEV/mc_forwarding`. */
function countForwarding(t: MrTable, dev: NetDevice, by: number): void {
  const indev = inDevGet(dev);
  if (indev === null) return;
  indev.cnf.data[IPV4_DEVCONF_MC_FORWARDING]! += by;
  t.n4.netconf(t.n4, RTM_NEWNETCONF, dev.ifindex, indev.cnf, IPV4_DEVCONF_MC_FORWARDING);
  rtCacheFlush(t.n4);
}

/** Counts daemons: `conf/all/mc_forwarding`. @alpha */
export function mrCountDaemons(t: MrTable, by: number): void {
  const { n4 } = t;
  n4.devconfAll.data[IPV4_DEVCONF_MC_FORWARDING]! += by;
  n4.netconf(n4, RTM_NEWNETCONF, -1, n4.devconfAll, IPV4_DEVCONF_MC_FORWARDING);
}

/** Makes the device of a tunnel and opens it. Whatever stands in the way, the answer is -ENOBUFS. */
function tunnelDevice(t: MrTable, r: VifRequest): NetDevice | number {
  const { net } = t.n4;
  const { tunnels } = net.get(IPMR);
  if (tunnels === null) return -ENOBUFS;
  const dev = tunnels.add(net, `dvmrp${r.vif}`, r.address, r.far);
  if (typeof dev === 'number') return -ENOBUFS;
  if (inDevGet(dev) !== null && devOpen(dev) === 0) return dev;
  tunnels.del(dev);
  return -ENOBUFS;
}

/** The device that a request means, or a negative errno. */
function deviceOf(t: MrTable, r: VifRequest): NetDevice | number {
  const { n4 } = t;
  if (r.flags === VIFF_REGISTER) return t.registerVif >= 0 ? -EADDRINUSE : mrRegisterDevice(t);
  if (r.flags === VIFF_TUNNEL) return tunnelDevice(t, r);
  if (r.flags !== 0 && r.flags !== VIFF_USE_IFINDEX) return -EINVAL;
  const dev = r.flags === 0 ? ipDevFind(n4, r.address) : devGetByIndex(n4.net, r.local);
  return dev === null || inDevGet(dev) === null ? -EADDRNOTAVAIL : dev;
}

/** MRT_ADD_VIF. 0 or a negative errno. @alpha */
export function mrAddVif(t: MrTable, r: VifRequest, isStatic: boolean): number {
  if (r.vif >= MAXVIFS) return -ENFILE;
  if (t.vifs[r.vif] !== null) return -EADDRINUSE;
  const dev = deviceOf(t, r);
  if (typeof dev === 'number') return dev;
  // What comes out of a tunnel has its way back elsewhere.
  if (r.flags === VIFF_REGISTER || r.flags === VIFF_TUNNEL) inDevGet(dev)!.cnf.data[IPV4_DEVCONF_RP_FILTER] = 0;
  const err = devSetAllmulti(dev, 1);
  if (err !== 0) return err;
  t.vifs[r.vif] = new MrVif(dev, r.flags, isStatic, r.local, r.remote);
  if (r.flags === VIFF_REGISTER) t.registerVif = r.vif;
  if (r.vif >= t.vifEnd) t.vifEnd = r.vif + 1;
  countForwarding(t, dev, 1);
  return 0;
}

/** MRT_DEL_VIF. `gone`: its device is being unregistered. 0 or -EADDRNOTAVAIL. @alpha */
export function mrDelVif(t: MrTable, i: number, gone: boolean): number {
  const vif = t.vifs[i] ?? null;
  if (vif === null) return -EADDRNOTAVAIL;
  const { dev } = vif;
  t.vifs[i] = null;
  if (i === t.registerVif) t.registerVif = -1;
  while (t.vifEnd > 0 && t.vifs[t.vifEnd - 1] === null) t.vifEnd--;
  devSetAllmulti(dev, -1);
  countForwarding(t, dev, -1);
  if (gone) return 0;
  if ((vif.flags & VIFF_REGISTER) !== 0) unregisterNetdevice(dev);
  else if ((vif.flags & VIFF_TUNNEL) !== 0) t.n4.net.get(IPMR).tunnels!.del(dev);
  return 0;
}

/** A device goes, and with it the interfaces on it. @alpha */
export function mrDeviceGone(mr: MrNet, dev: NetDevice): void {
  for (const t of mr.tables) for (let i = mrFindVif(t, dev); i >= 0; i = mrFindVif(t, dev)) mrDelVif(t, i, true);
}

/** Thresholds count for interfaces that are there. */
function setTtls(t: MrTable, e: MrEntry, ttls: Uint8Array): void {
  for (let i = 0; i < MAXVIFS; i++) {
    const n = ttls[i]!;
    e.ttls[i] = n !== 0 && t.vifs[i] !== null ? n : MR_NEVER;
    e.routes[i] = null;
  }
}

/** The entry that a request means: with `byParent` only the one of its parent. */
function entryOf(t: MrTable, r: EntryRequest, byParent: boolean): MrEntry | null {
  let e = mrFindEntry(t, r.origin, r.group);
  while (byParent && e !== null && e.parent !== r.parent) e = e.next;
  return e;
}

/** Adds an entry or changes one; packets that waited go out. With `byParent` there is one for each parent (MRT_ADD_MFC_PROXY). 0 or a negative errno. @alpha */
export function mrAddEntry(t: MrTable, r: EntryRequest, byParent: boolean, isStatic: boolean): number {
  if (r.parent >= MAXVIFS) return -ENFILE;
  const old = entryOf(t, r, byParent);
  if (old !== null) {
    old.parent = r.parent;
    setTtls(t, old, r.ttls);
    if (isStatic) old.isStatic = true;
    mrNotify(t, RTM_NEWROUTE, old);
    return 0;
  }
  if (r.group !== 0 && !ipv4IsMulticast(r.group)) return -EINVAL;
  const e = new MrEntry(r.origin, r.group, r.parent, isStatic, t.n4.kernel.jiffies);
  setTtls(t, e, r.ttls);
  let g = t.groups.get(e.group);
  if (g === undefined) t.groups.set(e.group, (g = new Map()));
  e.next = g.get(e.origin) ?? null;
  g.set(e.origin, e);
  t.entries.add(e);
  for (const skb of mrTakePending(t, e.origin, e.group)) mrForward(t, skb, e, false);
  mrNotify(t, RTM_NEWROUTE, e);
  return 0;
}

function removeEntry(t: MrTable, e: MrEntry): void {
  const g = t.groups.get(e.group)!;
  const first = g.get(e.origin)!;
  if (first === e) {
    if (e.next !== null) g.set(e.origin, e.next);
    else g.delete(e.origin);
    if (g.size === 0) t.groups.delete(e.group);
  } else {
    let at = first;
    while (at.next !== e) at = at.next!;
    at.next = e.next;
  }
  t.entries.delete(e);
  mrNotify(t, RTM_DELROUTE, e);
}

/** Ends an entry. 0 or -ENOENT. @alpha */
export function mrDelEntry(t: MrTable, r: EntryRequest, byParent: boolean): number {
  const e = entryOf(t, r, byParent);
  if (e === null) return -ENOENT;
  removeEntry(t, e);
  return 0;
}

/** Forgets what MRT_FLUSH_* says. @alpha */
export function mrFlush(t: MrTable, what: number): void {
  if ((what & (MRT_FLUSH_VIFS | MRT_FLUSH_VIFS_STATIC)) !== 0) {
    for (let i = 0; i < MAXVIFS; i++) {
      const vif = t.vifs[i]!;
      if (vif !== null && (what & (vif.isStatic ? MRT_FLUSH_VIFS_STATIC : MRT_FLUSH_VIFS)) !== 0) mrDelVif(t, i, false);
    }
  }
  if ((what & (MRT_FLUSH_MFC | MRT_FLUSH_MFC_STATIC)) !== 0) {
    for (const e of Array.from(t.entries)) if ((what & (e.isStatic ? MRT_FLUSH_MFC_STATIC : MRT_FLUSH_MFC)) !== 0) removeEntry(t, e);
  }
  if ((what & MRT_FLUSH_MFC) !== 0) mrDropPending(t);
}

/** The daemon goes (MRT_DONE, or its socket is closed). @alpha */
export function mrRelease(t: MrTable): void {
  t.owner = null;
  mrCountDaemons(t, -1);
  mrFlush(t, MRT_FLUSH_VIFS | MRT_FLUSH_MFC);
}

/** The namespace ends. @alpha */
export function mrNetExit(mr: MrNet): void {
  for (const t of mr.tables) mrFlush(t, MRT_FLUSH_VIFS | MRT_FLUSH_VIFS_STATIC | MRT_FLUSH_MFC | MRT_FLUSH_MFC_STATIC);
}
