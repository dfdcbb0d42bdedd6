/** Multicast entries as netlink messages (br_mdb.c). */
// datapath-ok-file: configuration
import { rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import {
  BR_MDB_ENTRY_LEN, BR_PORT_MSG_LEN, ETH_P_IP, ETH_P_IPV6, MDB_FLAGS_BLOCKED, MDB_FLAGS_FAST_LEAVE, MDB_FLAGS_STAR_EXCL, MDB_PERMANENT, MDB_TEMPORARY, MDBA_MDB, MDBA_MDB_EATTR_GROUP_MODE, MDBA_MDB_EATTR_RTPROT,
  MDBA_MDB_EATTR_SOURCE, MDBA_MDB_EATTR_SRC_LIST, MDBA_MDB_EATTR_TIMER, MDBA_MDB_ENTRY, MDBA_MDB_ENTRY_INFO, MDBA_MDB_SRCATTR_ADDRESS, MDBA_MDB_SRCATTR_TIMER, MDBA_MDB_SRCLIST_ENTRY, MDBA_ROUTER,
  MDBA_ROUTER_PATTR_INET6_TIMER, MDBA_ROUTER_PATTR_INET_TIMER, MDBA_ROUTER_PATTR_TIMER, MDBA_ROUTER_PATTR_TYPE, MDBA_ROUTER_PATTR_VID, MDBA_ROUTER_PORT, NlWriter, PF_BRIDGE, RTNLGRP_MDB,
} from '@linnet/uapi';
import { type Bridge, brTimerValue } from './br.ts';
import type { McastPort } from './br-mcast-ctx.ts';
import { type BrIp, isStarG, MCAST_EXCLUDE, type MdbEntry, type PortGroup } from './br-mdb-table.ts';

/** Writes `struct br_port_msg`. */
export function putPortMsg(w: NlWriter, ifindex: number, family: number = 0): void {
  const off = w.reserve(BR_PORT_MSG_LEN);
  w.view.setUint8(off, family);
  w.view.setUint32(off + 4, ifindex, true);
}

/** Writes `struct br_mdb_entry` at `off`. */
export function mdbEntryWrite(view: DataView, off: number, ifindex: number, state: number, flags: number, a: BrIp): void {
  view.setUint32(off, ifindex, true);
  view.setUint8(off + 4, state);
  view.setUint8(off + 5, flags);
  view.setUint16(off + 6, a.vid, true);
  if (a.proto === ETH_P_IPV6) for (let i = 0; i < 4; i++) view.setInt32(off + 8 + i * 4, a.w[i]!);
  else {
    view.setInt32(off + 8, a.w[0]!);
    if (a.proto === 0) view.setUint16(off + 12, a.w[1]!);
  }
  view.setUint16(off + 24, a.proto);
}

/** Writes an address of an entry's family as an attribute. */
function putAddr(w: NlWriter, type: number, proto: number, words: Int32Array, at: number): void {
  const n = proto === ETH_P_IP ? 1 : 4;
  const off = w.reserveAttr(type, n * 4);
  for (let i = 0; i < n; i++) w.view.setInt32(off + i * 4, words[at + i]!);
}

/** MDBA_MDB_ENTRY_INFO for a port, or with null for the bridge itself (__mdb_fill_info). */
export function mdbFillEntryInfo(w: NlWriter, br: Bridge, mp: MdbEntry, pg: PortGroup | null): void {
  const { kernel } = br;
  w.nestStartNoflag(MDBA_MDB_ENTRY_INFO);
  const off = w.reserve(BR_MDB_ENTRY_LEN);
  let flags = 0;
  let state = MDB_TEMPORARY;
  if (pg !== null) {
    flags = pg.flags & (MDB_FLAGS_FAST_LEAVE | MDB_FLAGS_STAR_EXCL | MDB_FLAGS_BLOCKED);
    if (pg.permanent) state = MDB_PERMANENT;
  } else if (mp.addr.proto === 0) state = MDB_PERMANENT; // frames of a MAC group have no reports that could end
  mdbEntryWrite(w.view, off, pg === null ? br.dev.ifindex : pg.port.dev.ifindex, state, flags, mp.addr);
  w.putU32(MDBA_MDB_EATTR_TIMER, brTimerValue(kernel, (pg === null ? mp.timer : pg.timer)));
  if (mp.addr.hasSrc) putAddr(w, MDBA_MDB_EATTR_SOURCE, mp.addr.proto, mp.addr.w, 4);
  if (pg !== null) {
    w.putU8(MDBA_MDB_EATTR_RTPROT, pg.rtProtocol);
    const v3 = mp.addr.proto === ETH_P_IP ? br.mcast.igmpVersion === 3 : mp.addr.proto === ETH_P_IPV6 && br.mcast.mldVersion === 2;
    if (v3) {
      if (isStarG(mp.addr) && pg.srcs.length > 0) putSources(w, br, mp, pg);
      w.putU8(MDBA_MDB_EATTR_GROUP_MODE, pg.filterMode === MCAST_EXCLUDE ? 0 : 1);
    }
  }
  w.nestEnd();
}

function putSources(w: NlWriter, br: Bridge, mp: MdbEntry, pg: PortGroup): void {
  w.nestStart(MDBA_MDB_EATTR_SRC_LIST);
  for (const s of pg.srcs) {
    w.nestStart(MDBA_MDB_SRCLIST_ENTRY);
    putAddr(w, MDBA_MDB_SRCATTR_ADDRESS, mp.addr.proto, s.addr, 0);
    w.putU32(MDBA_MDB_SRCATTR_TIMER, brTimerValue(br.kernel, s.timer));
    w.nestEnd();
  }
  w.nestEnd();
}

/** MDBA_ROUTER with every port that has a router (br_rports_fill_info). */
export function mdbFillRouters(w: NlWriter, br: Bridge, ports: readonly McastPort[]): void {
  const list = ports.filter((p) => p.ip4.router || p.ip6.router);
  if (list.length === 0) return;
  w.nestStartNoflag(MDBA_ROUTER);
  for (const p of list) {
    const t4 = p.ip4.router ? brTimerValue(br.kernel, p.ip4.routerTimer) : 0;
    const t6 = p.ip6.router ? brTimerValue(br.kernel, p.ip6.routerTimer) : 0;
    w.nestStartNoflag(MDBA_ROUTER_PORT);
    const off = w.reserve(4);
    w.view.setUint32(off, p.port!.dev.ifindex, true);
    w.putU32(MDBA_ROUTER_PATTR_TIMER, Math.max(t4, t6));
    w.putU8(MDBA_ROUTER_PATTR_TYPE, p.router);
    if (p.ip4.router) w.putU32(MDBA_ROUTER_PATTR_INET_TIMER, t4);
    if (p.ip6.router) w.putU32(MDBA_ROUTER_PATTR_INET6_TIMER, t6);
    if (p.vlan !== null) w.putU16(MDBA_ROUTER_PATTR_VID, p.vlan.vid);
    w.nestEnd();
  }
  w.nestEnd();
}

/** Tells RTNLGRP_MDB of one entry of one port, or with null of the bridge itself (br_mdb_notify). */
export function mdbNotify(br: Bridge, mp: MdbEntry, pg: PortGroup | null, type: number): void {
  const { net } = br.dev;
  br.mdb.seq++;
  if (net.dead || !rtnlNotifyNeeded(net, RTNLGRP_MDB)) return;
  const w = new NlWriter({ capacity: 256 });
  w.begin(type, 0, 0, 0);
  putPortMsg(w, br.dev.ifindex, PF_BRIDGE);
  w.nestStartNoflag(MDBA_MDB);
  w.nestStartNoflag(MDBA_MDB_ENTRY);
  mdbFillEntryInfo(w, br, mp, pg);
  w.nestEnd();
  w.nestEnd();
  w.end();
  rtnlNotify(net, w, RTNLGRP_MDB);
}

/** Tells of a port with a router, or without one any more (br_rtr_notify). */
export function mdbRouterNotify(pctx: McastPort, type: number): void {
  const { br, dev } = pctx.port!;
  const { net } = br.dev;
  if (net.dead || !rtnlNotifyNeeded(net, RTNLGRP_MDB)) return;
  const w = new NlWriter({ capacity: 64 });
  w.begin(type, 0, 0, 0);
  putPortMsg(w, br.dev.ifindex, PF_BRIDGE);
  w.nestStartNoflag(MDBA_ROUTER);
  w.putU32(MDBA_ROUTER_PORT, dev.ifindex);
  w.nestEnd();
  w.end();
  rtnlNotify(net, w, RTNLGRP_MDB);
}

