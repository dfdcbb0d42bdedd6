/** Multicast routes over rtnetlink: RTM_*ROUTE and RTM_GETLINK of RTNL_FAMILY_IPMR, and multicast routes of AF_INET (observed on Linux 6.18). */
// datapath-ok-file: messages
import { EINVAL, ENFILE, ENODEV, ENOENT } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { readRouteDumpFilter, refuseRequest, routeDumpFiltered } from '@linnet/inet';
import type { RouteDumpFilter } from '@linnet/inet';
import { devGetByIndex } from '@linnet/netdev';
import { NLA_U32, NLA_UNSPEC, NL_VALIDATE_DEPRECATED_STRICT, NL_VALIDATE_LIBERAL, nlDumpBegin, nlmsgParse, nlmsgReplyBegin, nlreqLen, rtnlDump, rtnlRegister } from '@linnet/netlink';
import type { NlaPolicyTable, NlDump, NlRequest } from '@linnet/netlink';
import {
  IFINFOMSG_LEN, IFLA_AF_SPEC, IPMRA_TABLE_CACHE_RES_QUEUE_LEN, IPMRA_TABLE_ID, IPMRA_TABLE_MROUTE_DO_ASSERT, IPMRA_TABLE_MROUTE_DO_PIM, IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE,
  IPMRA_TABLE_MROUTE_REG_VIF_NUM, IPMRA_TABLE_VIFS, IPMRA_VIF, IPMRA_VIFA_BYTES_IN, IPMRA_VIFA_BYTES_OUT, IPMRA_VIFA_FLAGS, IPMRA_VIFA_IFINDEX, IPMRA_VIFA_LOCAL_ADDR, IPMRA_VIFA_PACKETS_IN,
  IPMRA_VIFA_PACKETS_OUT, IPMRA_VIFA_REMOTE_ADDR, IPMRA_VIFA_VIF_ID, MAXVIFS, nlaGetInAddr, nlaGetU32, nlaLen, NLM_F_DUMP_FILTERED, RTA_DST, RTA_IIF, RTA_MAX, RTA_MULTIPATH, RTA_PREFSRC,
  RTA_SRC, RTA_TABLE, RTM_DELROUTE, RTM_F_CLONED, RTM_F_PREFIX, RTM_GETLINK, RTM_GETROUTE, RTM_NEWLINK, RTM_NEWROUTE, RTMSG_LEN, rtmsgRead, RTN_MULTICAST, RTNL_FAMILY_IPMR, RTPROT_MROUTED,
  RTPROT_STATIC, RT_SCOPE_UNIVERSE, RT_TABLE_DEFAULT,
} from '@linnet/uapi';
import type { NlWriter } from '@linnet/uapi';
import { mrFill } from './ipmr-notify.ts';
import { mrAddEntry, mrDelEntry } from './ipmr-table.ts';
import type { EntryRequest } from './ipmr-table.ts';
import { IPMR, MR_NEVER, mrFindEntry, mrFindVif, mrTable } from './ipmr-types.ts';
import type { MrEntry, MrPending, MrTable } from './ipmr-types.ts';
import { RTM_IPV4_POLICY, RTNEXTHOP_LEN } from './rtm-policy.ts';

/** Rules of the attributes of a route that is to be made or ended; of others nothing is asked. */
const POLICY: NlaPolicyTable = Object.freeze({
  maxtype: RTA_MAX,
  rules: { [RTA_SRC]: { type: NLA_U32 }, [RTA_DST]: { type: NLA_U32 }, [RTA_IIF]: { type: NLA_U32 }, [RTA_TABLE]: { type: NLA_U32 }, [RTA_MULTIPATH]: { type: NLA_UNSPEC, len: RTNEXTHOP_LEN } },
});

interface Wanted extends EntryRequest {
  readonly table: MrTable;
  readonly isStatic: boolean;
  readonly byParent: boolean;
}

/** The hops of RTA_MULTIPATH: the first one is for the first interface, and so on. null: no such list. */
function readTtls(req: NlRequest, nest: number): Uint8Array | null {
  const ttls = new Uint8Array(MAXVIFS).fill(MR_NEVER);
  const { view } = req;
  const end = nest + 4 + nlaLen(view, nest);
  let n = 0;
  for (let at = nest + 4; at + RTNEXTHOP_LEN <= end; n++) {
    const len = view.getUint16(at, true);
    if (len < RTNEXTHOP_LEN || at + len > end || n >= MAXVIFS) return null;
    ttls[n] = view.getUint8(at + 3);
    at += (len + 3) & ~3;
  }
  return ttls;
}

/** Reads what RTM_NEWROUTE and RTM_DELROUTE say, or gives a negative errno. */
function readWanted(net: Net, req: NlRequest): Wanted | number {
  const tb = new Int32Array(RTA_MAX + 1);
  if (nlreqLen(req) < RTMSG_LEN) return -EINVAL;
  const bad = nlmsgParse(req, RTMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const rtm = rtmsgRead(view, req.data);
  if (rtm.dstLen !== 32 || rtm.scope !== RT_SCOPE_UNIVERSE || rtm.type !== RTN_MULTICAST || (rtm.protocol !== RTPROT_MROUTED && rtm.protocol !== RTPROT_STATIC)) return -EINVAL;
  const mr = net.get(IPMR);
  let ttls: Uint8Array | null = new Uint8Array(MAXVIFS).fill(MR_NEVER);
  if (tb[RTA_MULTIPATH] !== 0) ttls = readTtls(req, tb[RTA_MULTIPATH]!);
  if (ttls === null) return -EINVAL;
  let dev = null;
  if (tb[RTA_IIF] !== 0) {
    dev = devGetByIndex(net, nlaGetU32(view, tb[RTA_IIF]!));
    if (dev === null) return -ENODEV;
  }
  const table = mrTable(mr, tb[RTA_TABLE] === 0 ? RT_TABLE_DEFAULT : nlaGetU32(view, tb[RTA_TABLE]!));
  if (table === null) return -ENOENT;
  const parent = dev === null ? -1 : mrFindVif(table, dev);
  return {
    table, ttls, parent: parent < 0 ? MAXVIFS : parent, isStatic: rtm.protocol === RTPROT_STATIC, byParent: tb[RTA_PREFSRC] !== 0,
    origin: tb[RTA_SRC] === 0 ? 0 : nlaGetInAddr(view, tb[RTA_SRC]!), group: tb[RTA_DST] === 0 ? 0 : nlaGetInAddr(view, tb[RTA_DST]!),
  };
}

function newRoute(net: Net, req: NlRequest): number {
  const r = readWanted(net, req);
  if (typeof r === 'number') return r;
  return r.parent >= MAXVIFS ? -ENFILE : mrAddEntry(r.table, r, r.byParent, r.isStatic);
}

function delRoute(net: Net, req: NlRequest): number {
  const r = readWanted(net, req);
  return typeof r === 'number' ? r : mrDelEntry(r.table, r, r.byParent);
}

const GETROUTE_ATTRS: ReadonlySet<number> = new Set([RTA_SRC, RTA_DST, RTA_TABLE]);

/** Checks a request for one entry. */
function parseGet(req: NlRequest, tb: Int32Array): number {
  if (nlreqLen(req) < RTMSG_LEN) return refuseRequest(req, 'ipv4: Invalid header for multicast route get request', -EINVAL);
  if (!req.strict) return nlmsgParse(req, RTMSG_LEN, tb, RTM_IPV4_POLICY, NL_VALIDATE_LIBERAL);
  const rtm = rtmsgRead(req.view, req.data);
  const len = (n: number): boolean => n === 0 || n === 32;
  if (!len(rtm.srcLen) || !len(rtm.dstLen) || rtm.tos !== 0 || rtm.table !== 0 || rtm.protocol !== 0 || rtm.scope !== 0 || rtm.type !== 0 || rtm.flags !== 0) {
    return refuseRequest(req, 'ipv4: Invalid values in header for multicast route get request', -EINVAL);
  }
  const err = nlmsgParse(req, RTMSG_LEN, tb, RTM_IPV4_POLICY, NL_VALIDATE_DEPRECATED_STRICT);
  if (err !== 0) return err;
  if ((tb[RTA_SRC] !== 0 && rtm.srcLen === 0) || (tb[RTA_DST] !== 0 && rtm.dstLen === 0)) return refuseRequest(req, 'ipv4: rtm_src_len and rtm_dst_len must be 32 for IPv4', -EINVAL);
  for (let i = 1; i <= RTA_MAX; i++) if (tb[i] !== 0 && !GETROUTE_ATTRS.has(i)) return refuseRequest(req, 'ipv4: Unsupported attribute in multicast route get request', -EINVAL);
  return 0;
}

function getRoute(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(RTA_MAX + 1);
  const bad = parseGet(req, tb);
  if (bad !== 0) return bad;
  const { view } = req;
  const t = mrTable(net.get(IPMR), tb[RTA_TABLE] === 0 ? RT_TABLE_DEFAULT : nlaGetU32(view, tb[RTA_TABLE]!) || RT_TABLE_DEFAULT);
  if (t === null) return -ENOENT;
  const e = mrFindEntry(t, tb[RTA_SRC] === 0 ? 0 : nlaGetInAddr(view, tb[RTA_SRC]!), tb[RTA_DST] === 0 ? 0 : nlaGetInAddr(view, tb[RTA_DST]!));
  if (e === null) return -ENOENT;
  nlmsgReplyBegin(reply, req, RTM_NEWROUTE);
  const ret = mrFill(reply, t, e);
  return ret < 0 ? ret : 0;
}

interface Item {
  readonly t: MrTable;
  readonly e: MrEntry | MrPending;
}

function collect(tables: readonly MrTable[], oif: number): Item[] {
  const out: Item[] = [];
  for (const t of tables) {
    for (const e of t.entries) if (oif === 0 || t.vifs.some((v, i) => v !== null && v.dev.ifindex === oif && e.ttls[i]! < MR_NEVER)) out.push({ t, e });
    if (oif === 0) for (const e of Array.from(t.pending).reverse()) out.push({ t, e });
  }
  return out;
}

function dumpRoutes(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const mr = net.get(IPMR);
  let list = cb.data as Item[] | null;
  if (list === null) {
    const f: RouteDumpFilter = { table: null, protocol: 0, type: 0, oif: 0 };
    if (req.strict) {
      if (nlreqLen(req) < RTMSG_LEN) return refuseRequest(req, 'Invalid header for FIB dump request', -EINVAL);
      const err = readRouteDumpFilter(net, req, RTM_IPV4_POLICY, f);
      if (err !== 0) return err;
      const { flags } = rtmsgRead(req.view, req.data);
      if ((flags & ~(RTM_F_CLONED | RTM_F_PREFIX)) !== 0) return refuseRequest(req, 'Invalid flags for FIB dump request', -EINVAL);
      if (flags !== 0) return 0;
    }
    if (routeDumpFiltered(f)) cb.answerFlags = NLM_F_DUMP_FILTERED;
    let tables: readonly MrTable[] = mr.tables;
    if (f.table !== null) {
      const one = mrTable(mr, f.table);
      if (one === null) return req.family === RTNL_FAMILY_IPMR ? refuseRequest(req, 'ipv4: MR table does not exist', -ENOENT) : 0;
      tables = [one];
    }
    list = f.protocol !== 0 || (f.type !== 0 && f.type !== RTN_MULTICAST) ? [] : collect(tables, f.oif);
    cb.data = list;
  }
  return rtnlDump(list, w, cb, ({ t, e }) => {
    nlDumpBegin(w, cb, RTM_NEWROUTE);
    return mrFill(w, t, e);
  });
}

/** Writes a table with its interfaces. */
function fillTable(w: NlWriter, t: MrTable): number {
  w.view.setUint8(w.reserve(IFINFOMSG_LEN), RTNL_FAMILY_IPMR);
  w.nestStartNoflag(IFLA_AF_SPEC);
  w.putU32(IPMRA_TABLE_ID, t.id);
  w.putU32(IPMRA_TABLE_CACHE_RES_QUEUE_LEN, t.pending.size);
  w.putS32(IPMRA_TABLE_MROUTE_REG_VIF_NUM, t.registerVif);
  w.putU8(IPMRA_TABLE_MROUTE_DO_ASSERT, t.assert ? 1 : 0);
  w.putU8(IPMRA_TABLE_MROUTE_DO_PIM, t.pim ? 1 : 0);
  w.putU8(IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE, t.wholeOnWrong ? 1 : 0);
  w.nestStartNoflag(IPMRA_TABLE_VIFS);
  for (let i = 0; i < t.vifEnd; i++) {
    const vif = t.vifs[i]!;
    if (vif === null) continue;
    w.nestStartNoflag(IPMRA_VIF);
    w.putU32(IPMRA_VIFA_IFINDEX, vif.dev.ifindex);
    w.putU32(IPMRA_VIFA_VIF_ID, i);
    w.putU16(IPMRA_VIFA_FLAGS, vif.flags | (vif.isStatic ? 0x8000 : 0));
    w.putU64(IPMRA_VIFA_BYTES_IN, vif.bytesIn);
    w.putU64(IPMRA_VIFA_BYTES_OUT, vif.bytesOut);
    w.putU64(IPMRA_VIFA_PACKETS_IN, vif.packetsIn);
    w.putU64(IPMRA_VIFA_PACKETS_OUT, vif.packetsOut);
    w.view.setInt32(w.reserveAttr(IPMRA_VIFA_LOCAL_ADDR, 4), vif.local, true);
    w.view.setInt32(w.reserveAttr(IPMRA_VIFA_REMOTE_ADDR, 4), vif.remote, true);
    w.nestEnd();
  }
  w.nestEnd();
  w.nestEnd();
  return w.end();
}

function dumpTables(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (req.strict) {
    if (nlreqLen(req) < IFINFOMSG_LEN) return refuseRequest(req, 'ipv4: Invalid header for ipmr link dump', -EINVAL);
    if (nlreqLen(req) > IFINFOMSG_LEN) return refuseRequest(req, 'Invalid data after header in ipmr link dump', -EINVAL);
    const { view, data } = req;
    if (view.getUint8(data + 1) !== 0 || view.getUint16(data + 2, true) !== 0 || view.getInt32(data + 4, true) !== 0 || view.getUint32(data + 8, true) !== 0 || view.getUint32(data + 12, true) !== 0) {
      return refuseRequest(req, 'Invalid values in header for ipmr link dump request', -EINVAL);
    }
  }
  return rtnlDump(net.get(IPMR).tables, w, cb, (t) => {
    nlDumpBegin(w, cb, RTM_NEWLINK);
    return fillTable(w, t);
  });
}

/** Registers the handlers. @alpha */
export function mrNetlinkInit(k: Kernel): void {
  rtnlRegister(k, RTNL_FAMILY_IPMR, RTM_NEWROUTE, { doit: newRoute });
  rtnlRegister(k, RTNL_FAMILY_IPMR, RTM_DELROUTE, { doit: delRoute });
  rtnlRegister(k, RTNL_FAMILY_IPMR, RTM_GETROUTE, { doit: getRoute, dumpit: dumpRoutes });
  rtnlRegister(k, RTNL_FAMILY_IPMR, RTM_GETLINK, { dumpit: dumpTables });
}
