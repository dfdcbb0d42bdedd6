/** IPv6 multicast routes over rtnetlink: RTM_GETROUTE of RTNL_FAMILY_IP6MR (observed on Linux 6.18; routes are made by the daemon's socket only). */
// datapath-ok-file: messages
import { EINVAL, ENOENT } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { readRouteDumpFilter, refuseRequest, ROUTE_RULES, routeDumpFiltered } from '@linnet/inet';
import type { RouteDumpFilter } from '@linnet/inet';
import { NLA_BINARY, NLA_U32, NLA_UNSPEC, NL_VALIDATE_STRICT, nlDumpBegin, nlmsgParse, nlmsgReplyBegin, nlreqLen, rtnlDump, rtnlRegister } from '@linnet/netlink';
import type { NlaPolicyTable, NlDump, NlRequest } from '@linnet/netlink';
import {
  nlaGetIn6Addr, nlaGetU32, NLM_F_DUMP_FILTERED, RTA_DST, RTA_MAX, RTA_SRC, RTA_TABLE, RTM_F_CLONED, RTM_F_PREFIX, RTM_GETROUTE, RTM_NEWROUTE, RTMSG_LEN, rtmsgRead, RTN_MULTICAST,
  RTNL_FAMILY_IP6MR,
} from '@linnet/uapi';
import type { NlWriter } from '@linnet/uapi';
import { mr6Fill } from './ip6mr-notify.ts';
import { IP6MR, mr6FindEntry, mr6GoesOut, mr6Table } from './ip6mr-types.ts';
import type { Mr6Entry, Mr6Pending, Mr6Table } from './ip6mr-types.ts';

/** Rules of the attributes of a request for one entry, which are all that it may have, and of one for a dump. */
const GET_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: RTA_MAX, rules: { [RTA_SRC]: { type: NLA_BINARY, len: 16, exact: true }, [RTA_DST]: { type: NLA_BINARY, len: 16, exact: true }, [RTA_TABLE]: { type: NLA_U32 } },
});
const DUMP_POLICY: NlaPolicyTable = Object.freeze({ maxtype: RTA_MAX, rules: { ...ROUTE_RULES, [RTA_SRC]: { type: NLA_UNSPEC, len: 16 }, [RTA_DST]: { type: NLA_UNSPEC, len: 16 } } });

/** Checks a request for one entry. */
function parseGet(req: NlRequest, tb: Int32Array): number {
  const err = nlmsgParse(req, RTMSG_LEN, tb, GET_POLICY, NL_VALIDATE_STRICT);
  if (err !== 0) return err;
  const rtm = rtmsgRead(req.view, req.data);
  const len = (n: number): boolean => n === 0 || n === 128;
  if (!len(rtm.srcLen) || !len(rtm.dstLen) || rtm.tos !== 0 || rtm.table !== 0 || rtm.protocol !== 0 || rtm.scope !== 0 || rtm.type !== 0 || rtm.flags !== 0) {
    return refuseRequest(req, 'ipv6: Invalid values in header for multicast route get request', -EINVAL);
  }
  if ((tb[RTA_SRC] !== 0 && rtm.srcLen === 0) || (tb[RTA_DST] !== 0 && rtm.dstLen === 0)) return refuseRequest(req, 'ipv6: rtm_src_len and rtm_dst_len must be 128 for IPv6', -EINVAL);
  return 0;
}

function getRoute(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(RTA_MAX + 1);
  const bad = parseGet(req, tb);
  if (bad !== 0) return bad;
  const { view } = req;
  const addr = (type: number): Int32Array => (tb[type] === 0 ? new Int32Array(4) : nlaGetIn6Addr(view, tb[type]!));
  // No number is the number 0 here, which no table has.
  const t = mr6Table(net.get(IP6MR), tb[RTA_TABLE] === 0 ? 0 : nlaGetU32(view, tb[RTA_TABLE]!));
  if (t === null) return refuseRequest(req, 'ipv6: MR table does not exist', -ENOENT);
  const e = mr6FindEntry(t, addr(RTA_SRC), addr(RTA_DST));
  if (e === null) return refuseRequest(req, 'ipv6: MR cache entry not found', -ENOENT);
  nlmsgReplyBegin(reply, req, RTM_NEWROUTE);
  const ret = mr6Fill(reply, t, e);
  return ret < 0 ? ret : 0;
}

interface Item {
  readonly t: Mr6Table;
  readonly e: Mr6Entry | Mr6Pending;
}

function collect(tables: readonly Mr6Table[], oif: number): Item[] {
  const out: Item[] = [];
  for (const t of tables) {
    for (const e of t.entries) if (oif === 0 || t.mifs.some((m, i) => m !== null && m.dev.ifindex === oif && mr6GoesOut(e, i))) out.push({ t, e });
    if (oif === 0) for (const e of Array.from(t.pending.values()).reverse()) out.push({ t, e });
  }
  return out;
}

function dumpRoutes(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const mr = net.get(IP6MR);
  let list = cb.data as Item[] | null;
  if (list === null) {
    const f: RouteDumpFilter = { table: null, protocol: 0, type: 0, oif: 0 };
    if (req.strict) {
      if (nlreqLen(req) < RTMSG_LEN) return refuseRequest(req, 'Invalid header for FIB dump request', -EINVAL);
      const err = readRouteDumpFilter(net, req, DUMP_POLICY, f);
      if (err !== 0) return err;
      const { flags } = rtmsgRead(req.view, req.data);
      if ((flags & ~(RTM_F_CLONED | RTM_F_PREFIX)) !== 0) return refuseRequest(req, 'Invalid flags for FIB dump request', -EINVAL);
      if (flags !== 0) return 0;
    }
    if (routeDumpFiltered(f)) cb.answerFlags = NLM_F_DUMP_FILTERED;
    let tables: readonly Mr6Table[] = mr.tables;
    if (f.table !== null) {
      const one = mr6Table(mr, f.table);
      if (one === null) return refuseRequest(req, 'ipv6: MR table does not exist', -ENOENT);
      tables = [one];
    }
    list = f.protocol !== 0 || (f.type !== 0 && f.type !== RTN_MULTICAST) ? [] : collect(tables, f.oif);
    cb.data = list;
  }
  return rtnlDump(list, w, cb, ({ t, e }) => {
    nlDumpBegin(w, cb, RTM_NEWROUTE);
    return mr6Fill(w, t, e);
  });
}

/** Registers the handlers. @alpha */
export function mr6NetlinkInit(k: Kernel): void {
  rtnlRegister(k, RTNL_FAMILY_IP6MR, RTM_GETROUTE, { doit: getRoute, dumpit: dumpRoutes });
}
