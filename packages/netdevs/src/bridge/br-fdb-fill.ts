/** Forwarding entries as netlink messages (fdb_fill_info, fdb_notify). */
import { jiffiesToClockT, timeAfter } from '@linnet/kernel';
import { rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import {
  FDB_NOTIFY_BIT, FDB_NOTIFY_INACTIVE_BIT, NDA_CACHEINFO, NDA_FDB_EXT_ATTRS, NDA_FLAGS_EXT, NDA_LLADDR, NDA_MASTER, NDA_VLAN, NDMSG_LEN, ndmsgWrite, NFEA_ACTIVITY_NOTIFY, NlWriter, NTF_EXT_LEARNED,
  NTF_EXT_LOCKED, NTF_STICKY, NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, NUD_STALE, PF_BRIDGE, RTNLGRP_NEIGH,
} from '@linnet/uapi';
import type { Bridge } from './br.ts';
import {
  FDB_ADDED_BY_EXT_LEARN, FDB_LOCAL, FDB_LOCKED, FDB_NOTIFY, FDB_NOTIFY_INACTIVE, FDB_STATIC, FDB_STICKY, fdbAddr, type FdbEntry,
} from './br-fdb-table.ts';

/** How long a learned address is kept: less after the topology changed (hold_time). */
export function holdTime(br: Bridge): number {
  return br.topologyChange !== 0 ? br.forwardDelay : br.ageingTime;
}
/** Is the entry older than that? */
export function fdbHasExpired(br: Bridge, f: FdbEntry): boolean {
  return (f.flags & (FDB_STATIC | FDB_ADDED_BY_EXT_LEARN)) === 0 && !timeAfter((f.updated + holdTime(br)) | 0, br.kernel.jiffies);
}

/** The NUD state that user space sees (fdb_to_nud). */
export function fdbToNud(br: Bridge, f: FdbEntry): number {
  if ((f.flags & FDB_LOCAL) !== 0) return NUD_PERMANENT;
  if ((f.flags & FDB_STATIC) !== 0) return NUD_NOARP;
  return fdbHasExpired(br, f) ? NUD_STALE : NUD_REACHABLE;
}

/** Writes ndmsg and the attributes of an entry into the message begun in `w`. */
export function fdbFillInfo(w: NlWriter, br: Bridge, f: FdbEntry): void {
  const now = br.kernel.jiffies;
  let flags = 0;
  if ((f.flags & FDB_ADDED_BY_EXT_LEARN) !== 0) flags |= NTF_EXT_LEARNED;
  if ((f.flags & FDB_STICKY) !== 0) flags |= NTF_STICKY;
  const off = w.reserve(NDMSG_LEN);
  ndmsgWrite(w.view, off, { family: PF_BRIDGE, ifindex: (f.dst?.dev ?? br.dev).ifindex, state: fdbToNud(br, f), flags, type: 0 });
  w.putBytes(NDA_LLADDR, fdbAddr(f));
  w.putU32(NDA_MASTER, br.dev.ifindex);
  w.putU32(NDA_FLAGS_EXT, (f.flags & FDB_LOCKED) !== 0 ? NTF_EXT_LOCKED : 0);
  const ci = w.reserveAttr(NDA_CACHEINFO, 16);
  w.view.setUint32(ci + 4, jiffiesToClockT((now - f.used) | 0), true);
  w.view.setUint32(ci + 8, jiffiesToClockT((now - f.updated) | 0), true);
  if (f.vid !== 0) w.putU16(NDA_VLAN, f.vid);
  if ((f.flags & FDB_NOTIFY) === 0) return;
  w.nestStart(NDA_FDB_EXT_ATTRS);
  w.putU8(NFEA_ACTIVITY_NOTIFY, FDB_NOTIFY_BIT | ((f.flags & FDB_NOTIFY_INACTIVE) !== 0 ? FDB_NOTIFY_INACTIVE_BIT : 0));
  w.nestEnd();
}

/** Tells RTNLGRP_NEIGH of an entry (fdb_notify). */
export function fdbNotify(br: Bridge, f: FdbEntry, type: number): void {
  const { net } = br.dev;
  if (net.dead || !rtnlNotifyNeeded(net, RTNLGRP_NEIGH)) return;
  const w = new NlWriter({ capacity: 128 }); // datapath-ok: an address that is new, and somebody listens
  w.begin(type, 0, 0, 0);
  fdbFillInfo(w, br, f);
  w.end();
  rtnlNotify(net, w, RTNLGRP_NEIGH);
}
