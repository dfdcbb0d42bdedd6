/** Multicast entries by netlink: RTM_*MDB (br_mdb_add, br_mdb_del, br_mdb_dump, br_mdb_get). */
// datapath-ok-file: configuration
import { E2BIG, EEXIST, EINVAL, EMSGSIZE, ENODEV, ENOENT, ENOMEM, modTimer } from '@linnet/kernel';
import { devGetByIndex, type NetDevice } from '@linnet/netdev';
import {
  NL_VALIDATE_STRICT, NLA_BINARY, NLA_NESTED, NLA_U8, nlaParseNestedPolicy, type NlaPolicyTable, type NlDump, nlDumpBegin, nlmsgReplyBegin, nlSetErrMsg, type NlRequest, type RtnlBridgeOps,
} from '@linnet/netlink';
import {
  BR_STATE_DISABLED, ETH_P_IP, ETH_P_IPV6, MDB_PERMANENT, MDB_TEMPORARY, MDBA_MDB, MDBA_MDB_ENTRY, MDBA_SET_ENTRY, MDBA_SET_ENTRY_ATTRS, MDBE_ATTR_GROUP_MODE, MDBE_ATTR_MAX, MDBE_ATTR_RTPROT,
  MDBE_ATTR_SOURCE, MDBE_ATTR_SRC_LIST, MDBE_SRC_LIST_ENTRY, MDBE_SRCATTR_ADDRESS, nlaGetU8, nlaLen, nlaNext, nlaOk, nlaParseNested, nlaType, NLM_F_REPLACE, type NlWriter,
  PF_BRIDGE, RTM_GETMDB, RTM_NEWMDB,
} from '@linnet/uapi';
import { type Bridge, type BridgePort, brGet, brPortGet } from './br.ts';
import type { McastPort } from './br-mcast-ctx.ts';
import { mcastDelPg, mcastHostJoin, mcastHostLeave, mcastNewGroup, mcastNewPortGroup, srcAdd, srcsDelete, starGSync } from './br-mcast-group.ts';
import { mdbFillEntryInfo, mdbFillRouters, mdbNotify, putPortMsg } from './br-mdb-fill.ts';
import { BrIp, brIpCopy, isStarG, MCAST_EXCLUDE, MCAST_INCLUDE, type PortGroup, portGroupOf } from './br-mdb-table.ts';
import { vlanGroupEntries, vlanShouldUse } from './br-vlan-group.ts';

const RTPROT_STATIC = 4;

const MDBE_POLICY: NlaPolicyTable = {
  maxtype: MDBE_ATTR_MAX,
  rules: {
    [MDBE_ATTR_SOURCE]: { type: NLA_BINARY, min: 4, len: 16 }, [MDBE_ATTR_SRC_LIST]: { type: NLA_NESTED }, [MDBE_ATTR_GROUP_MODE]: { type: NLA_U8, min: 0, max: 1 },
    [MDBE_ATTR_RTPROT]: { type: NLA_U8, min: RTPROT_STATIC },
  },
};

/** A request taken apart (struct br_mdb_config). */
interface MdbConfig {
  readonly br: Bridge;
  readonly p: BridgePort | null;
  readonly group: BrIp;
  readonly state: number;
  readonly filterMode: number;
  readonly srcs: readonly Int32Array[];
  readonly rtProt: number;
  readonly nlFlags: number;
}

/** What rtnetlink itself objects to. */
function refuseCore(req: NlRequest, msg: string): number {
  nlSetErrMsg(req.extack, msg);
  return -EINVAL;
}
function refuse(req: NlRequest, msg: string, errno: number = EINVAL): number {
  nlSetErrMsg(req.extack, `bridge: ${msg}`);
  return -errno;
}

/** The group of a `struct br_mdb_entry` at `off`; a negative errno when it is none. */
function groupAt(req: NlRequest, off: number, any: boolean = false): BrIp | number {
  const { view } = req;
  const k = new BrIp();
  const proto = view.getUint16(off + 24);
  const vid = view.getUint16(off + 6, true);
  if (vid >= 4095) return refuseCore(req, 'Invalid entry VLAN id');
  if (proto === ETH_P_IP) {
    const g = view.getInt32(off + 8);
    if (!any && g >>> 28 !== 14 && g !== 0) return refuseCore(req, 'IPv4 entry group address is not multicast or 0.0.0.0');
    if (!any && (g & ~0xff) === (0xe0000000 | 0)) return refuseCore(req, 'IPv4 entry group address is local multicast');
    k.setDst(ETH_P_IP, vid, g, 0, 0, 0);
  } else if (proto === ETH_P_IPV6) {
    const w = [0, 4, 8, 12].map((o) => view.getInt32(off + 8 + o));
    if (w[0] === (0xff020000 | 0) && w[1] === 0 && w[2] === 0 && w[3] === 1 && !any) return refuseCore(req, 'IPv6 entry group address is link-local all nodes');
    k.setDst(ETH_P_IPV6, vid, w[0]!, w[1]!, w[2]!, w[3]!);
  } else if (proto === 0) {
    if (!any && (view.getUint8(off + 8) & 1) === 0) return refuseCore(req, 'L2 entry group is not multicast');
    k.setDst(0, vid, view.getInt32(off + 8), view.getUint16(off + 12), 0, 0);
  } else return refuseCore(req, 'Unknown entry protocol');
  return k;
}

/** An address of the group's family from an attribute. */
function addrOf(req: NlRequest, nla: number, proto: number): Int32Array | number {
  const n = proto === ETH_P_IP ? 1 : 4;
  if (nlaLen(req.view, nla) !== n * 4) return refuse(req, `${proto === ETH_P_IP ? 'IPv4' : 'IPv6'} invalid source address length`);
  const a = new Int32Array(4);
  for (let i = 0; i < n; i++) a[i] = req.view.getInt32(nla + 4 + i * 4);
  return a;
}

function config(owner: NetDevice, req: NlRequest, tb: Int32Array): MdbConfig | number {
  const { view } = req;
  const br = brGet(owner)!;
  const off = tb[MDBA_SET_ENTRY]! + 4;
  const ifindex = view.getInt32(off, true);
  if (ifindex === 0) return refuseCore(req, 'Zero entry ifindex is not allowed');
  const state = view.getUint8(off + 4);
  const group = groupAt(req, off);
  if (typeof group === 'number') return group;
  if (state !== MDB_PERMANENT && state !== MDB_TEMPORARY) return refuseCore(req, 'Unknown entry state');
  if (!br.dev.running) return refuse(req, 'Bridge device is not running');
  if (!br.mcastEnabled) return refuse(req, "Bridge's multicast processing is disabled");
  if (group.proto === ETH_P_IP && group.w[0] === 0) return refuse(req, 'IPv4 entry group address 0.0.0.0 is not allowed');
  let p: BridgePort | null = null;
  if (ifindex !== owner.ifindex) {
    const dev = devGetByIndex(owner.net, ifindex);
    if (dev === null) return refuse(req, "Port net device doesn't exist", ENODEV);
    p = brPortGet(dev);
    if (p === null) return refuse(req, 'Net device is not a bridge port');
    if (p.br !== br) return refuse(req, 'Port belongs to a different bridge device');
  }
  let filterMode = MCAST_EXCLUDE;
  let rtProt = RTPROT_STATIC;
  const srcs: Int32Array[] = [];
  if (tb[MDBA_SET_ENTRY_ATTRS] !== 0) {
    const a = new Int32Array(MDBE_ATTR_MAX + 1);
    const err = nlaParseNestedPolicy(req, tb[MDBA_SET_ENTRY_ATTRS]!, a, MDBE_POLICY, NL_VALIDATE_STRICT);
    if (err < 0) return err;
    if (a[MDBE_ATTR_SOURCE] !== 0) {
      if (group.proto === 0) return refuse(req, 'Source cannot be set for L2 group');
      const s = addrOf(req, a[MDBE_ATTR_SOURCE]!, group.proto);
      if (typeof s === 'number') return s;
      for (let i = 0; i < 4; i++) group.w[4 + i] = s[i]!;
      filterMode = MCAST_INCLUDE;
    }
    if (a[MDBE_ATTR_RTPROT] !== 0) rtProt = nlaGetU8(view, a[MDBE_ATTR_RTPROT]!);
    if (a[MDBE_ATTR_GROUP_MODE] !== 0) {
      if (!isStarG(group)) return refuse(req, 'Filter mode can only be set for (*, G) entries');
      filterMode = nlaGetU8(view, a[MDBE_ATTR_GROUP_MODE]!) === 0 ? MCAST_EXCLUDE : MCAST_INCLUDE;
    }
    if (a[MDBE_ATTR_SRC_LIST] !== 0) {
      if (!isStarG(group)) return refuse(req, 'Source list can only be set for (*, G) entries');
      const nest = a[MDBE_ATTR_SRC_LIST]!;
      const end = nest + 4 + nlaLen(view, nest);
      for (let at = nest + 4; nlaOk(view, at, end - at); at = nlaNext(view, at)) {
        if (nlaType(view, at) !== MDBE_SRC_LIST_ENTRY) continue;
        const e = nlaParseNested(view, at, MDBE_SRCATTR_ADDRESS);
        if (e[MDBE_SRCATTR_ADDRESS] === 0) return -EINVAL;
        const s = addrOf(req, e[MDBE_SRCATTR_ADDRESS]!, group.proto);
        if (typeof s === 'number') return s;
        srcs.push(s);
      }
      if (srcs.length === 0 && filterMode === MCAST_INCLUDE) return refuse(req, 'Cannot add (*, G) INCLUDE with an empty source list');
    } else if (filterMode === MCAST_INCLUDE && isStarG(group)) return refuse(req, 'Cannot add (*, G) INCLUDE with an empty source list');
  }
  return { br, p, group, state, filterMode, srcs, rtProt, nlFlags: req.flags };
}

/** The VLANs for which an entry without one is meant: those of the port, when the bridge filters. */
function vids(c: MdbConfig): number[] {
  const vg = c.p === null ? c.br.vlans : c.p.vlans;
  if (!c.br.vlanEnabled || c.group.vid !== 0 || vg.vlans.size === 0) return [c.group.vid];
  return vlanGroupEntries(vg).filter((v) => vlanShouldUse(v)).map((v) => v.vid);
}

function pctxOf(p: BridgePort, vid: number): McastPort {
  return (p.br.mcastVlanSnooping ? p.vlans.vlans.get(vid)?.mcastPort : null) ?? p.mcast;
}

/** Puts what the request says into a port's entry. */
function fill(c: MdbConfig, pg: PortGroup): void {
  const { br } = c;
  pg.permanent = c.state === MDB_PERMANENT;
  pg.rtProtocol = c.rtProt;
  pg.filterMode = c.filterMode;
  srcsDelete(pg);
  for (const s of c.srcs) {
    const e = srcAdd(pg, s, true);
    // Forwarded sources live as long as a report would let them; the others have no time.
    if (e !== null && c.filterMode === MCAST_INCLUDE && !pg.permanent) modTimer(br.kernel, e.timer, (br.kernel.jiffies + br.mcast.membershipInterval) | 0);
  }
  if (!pg.permanent) modTimer(br.kernel, pg.timer, (br.kernel.jiffies + br.mcast.membershipInterval) | 0);
}

function addOne(c: MdbConfig, vid: number, req: NlRequest): number {
  const { br, p } = c;
  const key = brIpCopy(c.group);
  key.vid = vid;
  const mp = mcastNewGroup(br, key);
  if (mp === null) return refuse(req, 'Failed to add new group', E2BIG);
  if (p === null) {
    if (mp.hostJoined) return refuse(req, 'Group is already joined by host', EEXIST);
    mcastHostJoin(br.mcast, mp, false);
    mdbNotify(br, mp, null, RTM_NEWMDB);
    return 0;
  }
  const old = portGroupOf(mp, p);
  if (old !== null) {
    if ((c.nlFlags & NLM_F_REPLACE) === 0) return refuse(req, `${isStarG(key) || key.proto === 0 ? '(*, G)' : '(S, G)'} group is already joined by port`, EEXIST);
    fill(c, old);
    starGSync(mp);
    mdbNotify(br, mp, old, RTM_NEWMDB);
    return 0;
  }
  const pg = mcastNewPortGroup(pctxOf(p, vid), mp, c.filterMode);
  if (pg === null) return refuse(req, "Couldn't allocate new port group", ENOMEM);
  fill(c, pg);
  if (isStarG(key)) starGSync(mp);
  mdbNotify(br, mp, pg, RTM_NEWMDB);
  return 0;
}

function mdbAdd(owner: NetDevice, req: NlRequest, tb: Int32Array): number {
  const c = config(owner, req, tb);
  if (typeof c === 'number') return c;
  const { p, group } = c;
  if (p === null) {
    if (c.state !== MDB_TEMPORARY && group.proto !== 0) return refuse(req, 'Flags are not allowed for host groups');
    if (group.hasSrc) return refuse(req, 'Groups with sources cannot be manually host joined');
  }
  if (group.proto === 0 && c.state !== MDB_PERMANENT) return refuse(req, 'Only permanent L2 entries allowed');
  if (p !== null && p.state === BR_STATE_DISABLED && c.state !== MDB_PERMANENT) return refuse(req, 'Port is in disabled state and entry is not permanent');
  for (const vid of vids(c)) {
    const err = addOne(c, vid, req);
    if (err < 0) return err;
  }
  return 0;
}

function mdbDel(owner: NetDevice, req: NlRequest, tb: Int32Array): number {
  const c = config(owner, req, tb);
  if (typeof c === 'number') return c;
  let err = 0;
  for (const vid of vids(c)) {
    const key = brIpCopy(c.group);
    key.vid = vid;
    const mp = c.br.mdb.find(key);
    let found = false;
    if (mp !== null && c.p === null && mp.hostJoined) {
      mcastHostLeave(mp, true);
      found = true;
    } else if (mp !== null && c.p !== null && c.p.state !== BR_STATE_DISABLED) {
      const pg = portGroupOf(mp, c.p);
      if (pg !== null) {
        mcastDelPg(pg);
        found = true;
      }
    } else if (mp !== null && c.p !== null) {
      const pg = portGroupOf(mp, c.p);
      if (pg !== null && pg.permanent) {
        mcastDelPg(pg);
        found = true;
      }
    }
    if (!found) err = -EINVAL;
  }
  return err;
}

/** All entries of a port or bridge (br_mdb_del_bulk with the fields that are set). */
function mdbDelBulk(owner: NetDevice, req: NlRequest, tb: Int32Array): number {
  const br = brGet(owner)!;
  const { view } = req;
  const off = tb[MDBA_SET_ENTRY]! + 4;
  const ifindex = view.getInt32(off, true);
  const vid = view.getUint16(off + 6, true);
  for (const mp of br.mdb.list) {
    if (vid !== 0 && mp.addr.vid !== vid) continue;
    for (let pg = mp.ports; pg !== null; ) {
      const next: PortGroup | null = pg.next;
      if (ifindex === 0 || pg.port.dev.ifindex === ifindex) mcastDelPg(pg);
      pg = next;
    }
    if (ifindex === 0 || ifindex === owner.ifindex) mcastHostLeave(mp, true);
  }
  return 0;
}

/** A bridge's groups in one message, or as many as are needed (br_mdb_dump): `cb.j` groups are told already. */
function mdbDump(owner: NetDevice, w: NlWriter, cb: NlDump): number {
  const br = brGet(owner);
  if (br === null) return 0;
  cb.seq += br.mdb.seq;
  const { list } = br.mdb;
  let i = cb.j;
  nlDumpBegin(w, cb, RTM_GETMDB);
  putPortMsg(w, owner.ifindex);
  w.nestStartNoflag(MDBA_MDB);
  for (; br.mcastEnabled && i < list.length; i++) {
    const mp = list[i]!;
    const before = w.len;
    w.nestStartNoflag(MDBA_MDB_ENTRY);
    if (mp.hostJoined) mdbFillEntryInfo(w, br, mp, null);
    for (let pg = mp.ports; pg !== null; pg = pg.next) mdbFillEntryInfo(w, br, mp, pg);
    w.nestEnd();
    // One message holds what fits; the rest comes in the next.
    if (w.len > w.limit - 256 && i > cb.j) {
      w.len = before;
      break;
    }
  }
  w.nestEnd();
  if (!br.mcastEnabled || i >= list.length) mdbFillRouters(w, br, br.ports.map((p) => p.mcast));
  const ret = w.end();
  if (ret < 0) return ret;
  cb.j = i;
  return br.mcastEnabled && i < list.length ? -EMSGSIZE : 0; // more with the next part
}

function mdbGet(owner: NetDevice, req: NlRequest, tb: Int32Array, w: NlWriter): number {
  const br = brGet(owner)!;
  const group = groupAt(req, tb[MDBA_SET_ENTRY]! + 4, true);
  if (typeof group === 'number') return group;
  if (tb[MDBA_SET_ENTRY_ATTRS] !== 0) {
    const a = nlaParseNested(req.view, tb[MDBA_SET_ENTRY_ATTRS]!, MDBE_ATTR_MAX);
    if (a[MDBE_ATTR_SOURCE] !== 0) {
      const s = addrOf(req, a[MDBE_ATTR_SOURCE]!, group.proto);
      if (typeof s === 'number') return s;
      for (let i = 0; i < 4; i++) group.w[4 + i] = s[i]!;
    }
  }
  const mp = br.mdb.find(group);
  if (mp === null) return refuse(req, 'MDB entry not found', ENOENT);
  nlmsgReplyBegin(w, req, RTM_NEWMDB);
  putPortMsg(w, owner.ifindex, PF_BRIDGE);
  w.nestStartNoflag(MDBA_MDB);
  w.nestStartNoflag(MDBA_MDB_ENTRY);
  if (mp.hostJoined) mdbFillEntryInfo(w, br, mp, null);
  for (let pg = mp.ports; pg !== null; pg = pg.next) mdbFillEntryInfo(w, br, mp, pg);
  w.nestEnd();
  w.nestEnd();
  return w.end();
}

/** The part of PF_BRIDGE that is about multicast entries. */
export const brMdbOps: RtnlBridgeOps = Object.freeze({ mdbAdd, mdbDel, mdbDelBulk, mdbDump, mdbGet });
