/** Changes of IPv6 multicast routing: interfaces and entries that come and go, and what waits for them. */
// datapath-ok-file: a daemon's requests
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENFILE, ENOENT } from '@linnet/kernel';
import { devGetByIndex, devSetAllmulti, unregisterNetdevice } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  DEVCONF_MC_FORWARDING, MAXMIFS, MIFF_REGISTER, MRT6_FLUSH_MFC, MRT6_FLUSH_MFC_STATIC, MRT6_FLUSH_MIFS, MRT6_FLUSH_MIFS_STATIC, RTM_DELROUTE, RTM_NEWNETCONF, RTM_NEWROUTE,
} from '@linnet/uapi';
import { a6Any, a6Multicast } from './addr6.ts';
import { in6DevGet } from './inet6-dev.ts';
import { mr6Forward, mr6Input } from './ip6mr-forward.ts';
import { mr6Notify } from './ip6mr-notify.ts';
import { mr6DropPending, mr6PendingDue, mr6TakePending } from './ip6mr-pending.ts';
import { mr6RegisterDevice } from './ip6mr-register.ts';
import { mr6Bucket, Mr6Entry, mr6FindEntry, mr6FindMif, Mr6Mif, mr6Same, Mr6Table } from './ip6mr-types.ts';
import type { Mr6Net } from './ip6mr-types.ts';

/** What a struct mf6cctl says. @alpha */
export interface Entry6Request {
  readonly origin: Int32Array;
  readonly group: Int32Array;
  readonly parent: number;
  /** The interfaces that it is to go out by, one bit each. */
  readonly oifs: number;
}

/** The table of a number, made if it is missing. @alpha */
export function mr6NewTable(mr: Mr6Net, id: number): Mr6Table {
  let t = mr.tables.find((o) => o.id === id);
  if (t === undefined) {
    t = new Mr6Table(mr.n6, id, mr6PendingDue);
    mr.tables.push(t);
  }
  return t;
}

/** Counts interfaces for which multicast is routed: `conf/DEV/mc_forwarding`. */
function countForwarding(t: Mr6Table, dev: NetDevice, by: number): void {
  const idev = in6DevGet(dev);
  if (idev === null) return;
  idev.cnf.data[DEVCONF_MC_FORWARDING]! += by;
  t.n6.fn.netconf(t.n6, RTM_NEWNETCONF, dev.ifindex, idev.cnf, DEVCONF_MC_FORWARDING);
}

/** Counts daemons: `conf/all/mc_forwarding`; packets are only routed while there is one. @alpha */
export function mr6CountDaemons(t: Mr6Table, by: number): void {
  const { n6 } = t;
  n6.devconfAll.data[DEVCONF_MC_FORWARDING]! += by;
  n6.mcRoute = n6.devconfAll.data[DEVCONF_MC_FORWARDING] === 0 ? null : mr6Input;
  n6.fn.netconf(n6, RTM_NEWNETCONF, -1, n6.devconfAll, DEVCONF_MC_FORWARDING);
}

/** MRT6_ADD_MIF. 0 or a negative errno. @alpha */
export function mr6AddMif(t: Mr6Table, i: number, flags: number, ifindex: number, isStatic: boolean): number {
  if (i >= MAXMIFS) return -ENFILE;
  if (t.mifs[i] !== null) return -EADDRINUSE;
  let dev: NetDevice | null;
  if (flags === MIFF_REGISTER) {
    if (t.registerMif >= 0) return -EADDRINUSE;
    const made = mr6RegisterDevice(t);
    if (typeof made === 'number') return made;
    dev = made;
  } else {
    if (flags !== 0) return -EINVAL;
    dev = devGetByIndex(t.n6.net, ifindex);
    if (dev === null) return -EADDRNOTAVAIL;
  }
  const err = devSetAllmulti(dev, 1);
  if (err !== 0) return err;
  t.mifs[i] = new Mr6Mif(dev, flags, isStatic);
  if (flags === MIFF_REGISTER) t.registerMif = i;
  if (i >= t.mifEnd) t.mifEnd = i + 1;
  countForwarding(t, dev, 1);
  return 0;
}

/** MRT6_DEL_MIF. `gone`: its device is being unregistered. 0 or -EADDRNOTAVAIL. @alpha */
export function mr6DelMif(t: Mr6Table, i: number, gone: boolean): number {
  const mif = t.mifs[i] ?? null;
  if (mif === null) return -EADDRNOTAVAIL;
  const { dev } = mif;
  t.mifs[i] = null;
  if (i === t.registerMif) t.registerMif = -1;
  while (t.mifEnd > 0 && t.mifs[t.mifEnd - 1] === null) t.mifEnd--;
  devSetAllmulti(dev, -1);
  countForwarding(t, dev, -1);
  if ((mif.flags & MIFF_REGISTER) !== 0 && !gone) unregisterNetdevice(dev);
  return 0;
}

/** A device goes, and with it the interfaces on it. @alpha */
export function mr6DeviceGone(mr: Mr6Net, dev: NetDevice): void {
  for (const t of mr.tables) for (let i = mr6FindMif(t, dev); i >= 0; i = mr6FindMif(t, dev)) mr6DelMif(t, i, true);
}

/** Only interfaces that are there count. */
function setOifs(t: Mr6Table, e: Mr6Entry, oifs: number): void {
  e.oifs = 0;
  for (let i = 0; i < t.mifEnd; i++) if (t.mifs[i] !== null) e.oifs |= oifs & (1 << i);
}

/** The entry that a request means: with `byParent` only the one of its parent. */
function entryOf(t: Mr6Table, r: Entry6Request, byParent: boolean): Mr6Entry | null {
  let e = mr6FindEntry(t, r.origin, r.group);
  while (byParent && e !== null && e.parent !== r.parent) e = mr6Same(e.next, r.origin, r.group);
  return e;
}

/** Adds an entry or changes one; packets that waited go out. With `byParent` there is one for each parent (MRT6_ADD_MFC_PROXY). 0 or a negative errno. @alpha */
export function mr6AddEntry(t: Mr6Table, r: Entry6Request, byParent: boolean, isStatic: boolean): number {
  if (r.parent >= MAXMIFS) return -ENFILE;
  const old = entryOf(t, r, byParent);
  if (old !== null) {
    old.parent = r.parent;
    setOifs(t, old, r.oifs);
    if (isStatic) old.isStatic = true;
    mr6Notify(t, RTM_NEWROUTE, old);
    return 0;
  }
  if (!a6Any(r.group) && !a6Multicast(r.group)) return -EINVAL;
  const e = new Mr6Entry(r.origin, r.group, r.parent, isStatic, t.n6.kernel.jiffies);
  setOifs(t, e, r.oifs);
  const bucket = mr6Bucket(e.origin, e.group);
  e.next = t.buckets.get(bucket) ?? null;
  t.buckets.set(bucket, e);
  t.entries.add(e);
  for (const skb of mr6TakePending(t, e.origin, e.group)) mr6Forward(t, skb, e, false);
  mr6Notify(t, RTM_NEWROUTE, e);
  return 0;
}

function removeEntry(t: Mr6Table, e: Mr6Entry): void {
  const bucket = mr6Bucket(e.origin, e.group);
  const first = t.buckets.get(bucket)!;
  if (first === e) {
    if (e.next !== null) t.buckets.set(bucket, e.next);
    else t.buckets.delete(bucket);
  } else {
    let at = first;
    while (at.next !== e) at = at.next!;
    at.next = e.next;
  }
  t.entries.delete(e);
  mr6Notify(t, RTM_DELROUTE, e);
}

/** Ends an entry. 0 or -ENOENT. @alpha */
export function mr6DelEntry(t: Mr6Table, r: Entry6Request, byParent: boolean): number {
  const e = entryOf(t, r, byParent);
  if (e === null) return -ENOENT;
  removeEntry(t, e);
  return 0;
}

/** Forgets what MRT6_FLUSH_* says. @alpha */
export function mr6Flush(t: Mr6Table, what: number): void {
  if ((what & (MRT6_FLUSH_MIFS | MRT6_FLUSH_MIFS_STATIC)) !== 0) {
    for (let i = 0; i < MAXMIFS; i++) {
      const mif = t.mifs[i]!;
      if (mif !== null && (what & (mif.isStatic ? MRT6_FLUSH_MIFS_STATIC : MRT6_FLUSH_MIFS)) !== 0) mr6DelMif(t, i, false);
    }
  }
  if ((what & (MRT6_FLUSH_MFC | MRT6_FLUSH_MFC_STATIC)) !== 0) {
    for (const e of Array.from(t.entries)) if ((what & (e.isStatic ? MRT6_FLUSH_MFC_STATIC : MRT6_FLUSH_MFC)) !== 0) removeEntry(t, e);
  }
  if ((what & MRT6_FLUSH_MFC) !== 0) mr6DropPending(t);
}

/** The daemon goes (MRT6_DONE, or its socket is closed). @alpha */
export function mr6Release(t: Mr6Table): void {
  t.owner = null;
  mr6CountDaemons(t, -1);
  mr6Flush(t, MRT6_FLUSH_MIFS | MRT6_FLUSH_MFC);
}

/** The namespace ends. @alpha */
export function mr6NetExit(mr: Mr6Net): void {
  for (const t of mr.tables) mr6Flush(t, MRT6_FLUSH_MIFS | MRT6_FLUSH_MIFS_STATIC | MRT6_FLUSH_MFC | MRT6_FLUSH_MFC_STATIC);
}
