/** vxlan's forwarding entries: learned, aged, and by netlink (RTM_*NEIGH of PF_BRIDGE; vxlan_fdb_add and its like). */
// datapath-ok-file: requests and timers; learning allocates only for new addresses
import {
  DelayedWork, EADDRNOTAVAIL, EAFNOSUPPORT, EEXIST, EINVAL, EMSGSIZE, ENOENT, ENOSPC, EOPNOTSUPP, HZ, scheduleDelayedWork, cancelDelayedWork,
} from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import { nlDumpBegin, type NlDump, nlSetErrMsg, peernet2id, type RtnlBridgeOps, type RtnlFdbParams, rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import {
  NDA_CACHEINFO, NDA_DST, NDA_IFINDEX, NDA_LINK_NETNSID, NDA_LLADDR, NDA_NH_ID, NDA_PORT, NDA_SRC_VNI, NDA_VNI, NDMSG_LEN, ndmsgRead, ndmsgWrite, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL,
  NLM_F_REPLACE, nlaGetBe16, nlaGetU32, nlaLen, NlWriter, NTF_EXT_LEARNED, NTF_SELF, NTF_USE, NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, PF_BRIDGE, RTM_DELNEIGH, RTM_NEWNEIGH,
  RTN_UNICAST, RTNLGRP_NEIGH, ETH_ALEN, isValidEtherAddr,
} from '@linnet/uapi';
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { macHi, macLo, VxlanFdb, VxlanRdst } from './vxlan-fdb-table.ts';
import { type VxlanDev, vxlanPriv, VXLAN_F_COLLECT_METADATA } from './vxlan.ts';

/** Aged entries are looked for so often. */
const AGE_INTERVAL = 10 * HZ;

/** Writes an entry with one of its endpoints (vxlan_fdb_info). */
function fill(w: NlWriter, v: VxlanDev, f: VxlanFdb, r: VxlanRdst): void {
  const dev = v.dev!;
  const off = w.reserve(NDMSG_LEN);
  ndmsgWrite(w.view, off, { family: PF_BRIDGE, ifindex: dev.ifindex, state: f.state, flags: f.flags, type: RTN_UNICAST });
  if (v.net !== dev.net) w.putS32(NDA_LINK_NETNSID, peernet2id(dev.net, v.net!));
  w.putBytes(NDA_LLADDR, f.addr());
  if (r.ip !== 0) w.putInAddr(NDA_DST, r.ip);
  if (r.port !== 0 && r.port !== v.cfg.dstPort) w.putBe16(NDA_PORT, r.port);
  if (r.vni !== v.cfg.vni) w.putU32(NDA_VNI, r.vni);
  if (r.ifindex !== 0) w.putU32(NDA_IFINDEX, r.ifindex);
  if ((v.cfg.flags & VXLAN_F_COLLECT_METADATA) !== 0 && f.vni !== 0) w.putU32(NDA_SRC_VNI, f.vni);
  const ci = w.reserveAttr(NDA_CACHEINFO, 16);
  const ago = (then: number): number => Math.floor(((dev.kernel.jiffies - then) | 0) / 10);
  w.view.setUint32(ci + 4, ago(f.used), true);
  w.view.setUint32(ci + 8, ago(f.updated), true);
}

/** Tells the listeners of RTNLGRP_NEIGH. */
export function fdbNotify(v: VxlanDev, f: VxlanFdb, r: VxlanRdst, type: number): void {
  const { net } = v.dev!;
  if (!rtnlNotifyNeeded(net, RTNLGRP_NEIGH)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, 0, 0);
  fill(w, v, f, r);
  w.end();
  rtnlNotify(net, w, RTNLGRP_NEIGH);
}

/** Nobody knows where this address is, and somebody wants to hear of that (vxlan_fdb_miss). */
export function fdbMiss(v: VxlanDev, hi: number, lo: number): void {
  const f = new VxlanFdb(hi, lo, 0, 1, 0); // NUD_INCOMPLETE
  fdbNotify(v, f, new VxlanRdst(0, 0, v.cfg.vni, 0), 30); // RTM_GETNEIGH
}

/** Makes an entry (vxlan_fdb_create). -ENOSPC when the table is full. */
export function fdbCreate(v: VxlanDev, hi: number, lo: number, srcVni: number, r: VxlanRdst, state: number, flags: number): VxlanFdb | number {
  if (v.cfg.addrmax !== 0 && v.fdb.list.length >= v.cfg.addrmax) return -ENOSPC;
  const f = new VxlanFdb(hi, lo, srcVni, state, flags);
  f.used = f.updated = v.dev!.kernel.jiffies;
  f.remotes.push(r);
  v.fdb.insert(f);
  return f;
}

/** Removes an entry (vxlan_fdb_destroy). */
export function fdbDestroy(v: VxlanDev, f: VxlanFdb, notify: boolean): void {
  v.fdb.remove(f);
  if (notify) for (const r of f.remotes) fdbNotify(v, f, r, RTM_DELNEIGH);
}

/** What a request says of an entry. */
interface FdbRequest {
  readonly ip: number;
  readonly port: number;
  readonly vni: number;
  readonly ifindex: number;
  readonly srcVni: number;
}

/** Reads it (vxlan_fdb_parse). */
function parse(v: VxlanDev, p: RtnlFdbParams): FdbRequest | number {
  const { req, tb } = p;
  const { view, extack } = req;
  const refuse = (msg: string, errno: number = EINVAL): number => {
    nlSetErrMsg(extack, msg);
    return -errno;
  };
  if (tb[NDA_NH_ID] !== 0) return refuse("DST, VNI, ifindex and port are mutually exclusive with NH_ID");
  let ip = 0;
  if (tb[NDA_DST] !== 0) {
    if (nlaLen(view, tb[NDA_DST]!) !== 4) return refuse('Unsupported address family', EAFNOSUPPORT);
    ip = view.getInt32(tb[NDA_DST]! + 4);
  }
  let port = v.cfg.dstPort;
  if (tb[NDA_PORT] !== 0) {
    if (nlaLen(view, tb[NDA_PORT]!) !== 2) return refuse('Invalid vxlan port');
    port = nlaGetBe16(view, tb[NDA_PORT]!);
  }
  let { vni } = v.cfg;
  if (tb[NDA_VNI] !== 0) {
    if (nlaLen(view, tb[NDA_VNI]!) !== 4) return refuse('Invalid vni');
    vni = nlaGetU32(view, tb[NDA_VNI]!);
  }
  let srcVni = v.cfg.vni;
  if (tb[NDA_SRC_VNI] !== 0) {
    if (nlaLen(view, tb[NDA_SRC_VNI]!) !== 4) return refuse('Invalid src vni');
    srcVni = nlaGetU32(view, tb[NDA_SRC_VNI]!);
  }
  let ifindex = 0;
  if (tb[NDA_IFINDEX] !== 0) {
    if (nlaLen(view, tb[NDA_IFINDEX]!) !== 4) return refuse('Invalid ifindex');
    ifindex = nlaGetU32(view, tb[NDA_IFINDEX]!);
    if (devGetByIndex(v.net!, ifindex) === null) return refuse('Device not found', EADDRNOTAVAIL);
  }
  return { ip, port, vni, ifindex, srcVni };
}

/** The VNI that entries are looked up with: only devices of all VNIs tell them apart. */
export function fdbVni(v: VxlanDev, vni: number): number {
  return (v.cfg.flags & VXLAN_F_COLLECT_METADATA) !== 0 ? vni : 0;
}

/** Adds or changes an entry (vxlan_fdb_update). 1: the listeners were told here. */
function update(v: VxlanDev, addr: Uint8Array, r: FdbRequest, state: number, nlFlags: number, ntfFlags: number): number {
  const hi = macHi(addr, 0);
  const lo = macLo(addr, 0);
  const f = v.fdb.find(hi, lo, fdbVni(v, r.srcVni));
  const group = (addr[0]! & 1) !== 0 || (hi === 0 && lo === 0);
  if (f === null) {
    if ((nlFlags & NLM_F_CREATE) === 0) return -ENOENT;
    if ((nlFlags & NLM_F_REPLACE) !== 0 && group) return -EOPNOTSUPP;
    const made = fdbCreate(v, hi, lo, fdbVni(v, r.srcVni), new VxlanRdst(r.ip, r.port, r.vni, r.ifindex), state, ntfFlags & ~NTF_USE);
    if (typeof made === 'number') return made;
    made.byUser = true;
    fdbNotify(v, made, made.remotes[0]!, RTM_NEWNEIGH);
    return 1;
  }
  if ((nlFlags & NLM_F_EXCL) !== 0) return -EEXIST;
  const now = v.dev!.kernel.jiffies;
  let told: VxlanRdst | null = null;
  const first = f.remotes[0]!;
  if (f.state !== state) {
    f.state = state;
    f.updated = now;
    told = first;
  }
  if (f.flags !== (ntfFlags & ~NTF_USE)) {
    f.flags = ntfFlags & ~NTF_USE;
    f.updated = now;
    told = first;
  }
  if ((nlFlags & NLM_F_REPLACE) !== 0) {
    // An address that one endpoint has moves to another; a group's endpoints are many.
    if (group) return -EOPNOTSUPP;
    if (f.find(r.ip, r.port, r.vni, r.ifindex) === null) {
      first.ip = r.ip;
      first.port = r.port;
      first.vni = r.vni;
      first.ifindex = r.ifindex;
      f.updated = now;
      told = first;
    }
  }
  if ((nlFlags & NLM_F_APPEND) !== 0 && group && f.find(r.ip, r.port, r.vni, r.ifindex) === null) {
    told = new VxlanRdst(r.ip, r.port, r.vni, r.ifindex);
    f.remotes.push(told);
    f.updated = now;
  }
  if ((ntfFlags & NTF_USE) !== 0) f.used = now;
  if (told !== null) fdbNotify(v, f, told, RTM_NEWNEIGH);
  return 1;
}

function fdbAdd(owner: NetDevice, p: RtnlFdbParams): number {
  const v = vxlanPriv(owner);
  const ndm = ndmsgRead(p.req.view, p.req.data);
  if ((ndm.state & (NUD_PERMANENT | NUD_REACHABLE)) === 0) return -EINVAL;
  if (p.tb[NDA_DST] === 0 && p.tb[NDA_NH_ID] === 0) return -EINVAL;
  const r = parse(v, p);
  if (typeof r === 'number') return r;
  return update(v, p.addr, r, ndm.state, p.req.flags, ndm.flags | NTF_SELF);
}

function fdbDel(owner: NetDevice, p: RtnlFdbParams): number {
  const v = vxlanPriv(owner);
  const r = parse(v, p);
  if (typeof r === 'number') return r;
  const f = v.fdb.find(macHi(p.addr, 0), macLo(p.addr, 0), fdbVni(v, r.srcVni));
  if (f === null) return -ENOENT;
  if (r.ip !== 0) {
    const rd = f.find(r.ip, r.port, r.vni, r.ifindex);
    if (rd === null) return 1;
    if (f.remotes.length > 1) {
      f.remotes.splice(f.remotes.indexOf(rd), 1);
      fdbNotify(v, f, rd, RTM_DELNEIGH);
      return 1;
    }
  }
  fdbDestroy(v, f, true);
  return 1;
}

function fdbDump(owner: NetDevice, filter: NetDevice | null, w: NlWriter, cb: NlDump): number {
  if (filter !== null) return 0;
  const v = vxlanPriv(owner);
  for (const f of v.fdb.list) {
    for (const r of f.remotes) {
      if (cb.k++ < cb.j) continue;
      nlDumpBegin(w, cb, RTM_NEWNEIGH);
      fill(w, v, f, r);
      if (w.end() < 0) return -EMSGSIZE;
      cb.j++;
    }
  }
  return 0;
}

function fdbGet(owner: NetDevice, p: RtnlFdbParams, w: NlWriter): number {
  const v = vxlanPriv(owner);
  const srcVni = p.tb[NDA_VNI] !== 0 ? nlaGetU32(p.req.view, p.tb[NDA_VNI]!) : v.cfg.vni;
  const f = v.fdb.find(macHi(p.addr, 0), macLo(p.addr, 0), fdbVni(v, srcVni));
  if (f === null) return -ENOENT;
  w.begin(RTM_NEWNEIGH, 0, p.req.seq, p.req.portid);
  fill(w, v, f, f.remotes[0]!);
  w.end();
  return 0;
}

/** What vxlan devices answer to PF_BRIDGE. */
export const VXLAN_BRIDGE_OPS: RtnlBridgeOps = Object.freeze({ fdbAdd, fdbDel, fdbDump, fdbGet });

/**
 * Learns that the frame at `mac` came from `ip` (vxlan_snoop). True when the frame is to be dropped: its address belongs to somebody else for good, or is none.
 */
export function fdbLearn(v: VxlanDev, skb: Skb, mac: number, ip: number, ifindex: number, vni: number): boolean {
  if (!isValidEtherAddr(skb.u8, mac + ETH_ALEN)) return true;
  const hi = macHi(skb.u8, mac + ETH_ALEN);
  const lo = macLo(skb.u8, mac + ETH_ALEN);
  const now = v.dev!.kernel.jiffies;
  const f = v.fdb.find(hi, lo, fdbVni(v, vni));
  if (f === null) {
    if (!v.dev!.running) return false;
    const made = fdbCreate(v, hi, lo, fdbVni(v, vni), new VxlanRdst(ip, v.cfg.dstPort, v.cfg.vni, ifindex), NUD_REACHABLE, NTF_SELF);
    if (typeof made !== 'number') fdbNotify(v, made, made.remotes[0]!, RTM_NEWNEIGH);
    return false;
  }
  const r = f.remotes[0]!;
  f.updated = now;
  if (r.ip === ip && r.ifindex === ifindex) return false;
  // One that was set by hand does not move.
  if ((f.state & (NUD_PERMANENT | NUD_NOARP)) !== 0) return true;
  r.ip = ip;
  fdbNotify(v, f, r, RTM_NEWNEIGH);
  return false;
}

/** Forgets what has not been heard of for the ageing time (vxlan_cleanup). */
function age(v: VxlanDev): void {
  const dev = v.dev!;
  if (!dev.running) return;
  const limit = v.cfg.ageInterval * HZ;
  for (const f of Array.from(v.fdb.list)) {
    if ((f.state & (NUD_PERMANENT | NUD_NOARP)) !== 0 || (f.flags & NTF_EXT_LEARNED) !== 0) continue;
    if (((dev.kernel.jiffies - f.updated) | 0) >= limit) fdbDestroy(v, f, true);
  }
  scheduleDelayedWork(dev.kernel, v.ageTimer!, AGE_INTERVAL);
}

/** The device goes up: ageing begins, unless its time is 0. */
export function fdbStartAgeing(v: VxlanDev): void {
  if (v.cfg.ageInterval === 0) return;
  v.ageTimer ??= new DelayedWork(age, v);
  scheduleDelayedWork(v.dev!.kernel, v.ageTimer, AGE_INTERVAL);
}

/** It goes down: ageing ends, and with `all` false what was set by hand stays (vxlan_flush). */
export function fdbFlush(v: VxlanDev, all: boolean): void {
  if (v.ageTimer !== null) cancelDelayedWork(v.dev!.kernel, v.ageTimer);
  for (const f of Array.from(v.fdb.list)) {
    if (!all && ((f.state & (NUD_PERMANENT | NUD_NOARP)) !== 0 || (f.hi === 0 && f.lo === 0))) continue;
    fdbDestroy(v, f, true);
  }
}
