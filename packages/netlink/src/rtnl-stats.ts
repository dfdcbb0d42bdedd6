/** RTM_GETSTATS: counters of devices by themselves, without all that a link message says. */
import { EINVAL, ENODEV, type Net } from '@linnet/kernel';
import { devGetByIndex, NETDEV_NET, type NetDevice } from '@linnet/netdev';
import {
  IF_STATS_MSG_LEN, IFLA_OFFLOAD_XSTATS_HW_S_INFO, IFLA_OFFLOAD_XSTATS_HW_S_INFO_REQUEST, IFLA_OFFLOAD_XSTATS_HW_S_INFO_USED, IFLA_OFFLOAD_XSTATS_L3_STATS,
  IFLA_STATS_AF_SPEC, IFLA_STATS_GET_FILTERS, IFLA_STATS_LINK_64, IFLA_STATS_LINK_OFFLOAD_XSTATS, IFLA_STATS_LINK_XSTATS, IFLA_STATS_LINK_XSTATS_SLAVE, IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS,
  nlaGetU32, nlaGetU8, type NlWriter, RTM_NEWSTATS,
} from '@linnet/uapi';
import { nlSetErrMsg } from './extack.ts';
import { NETLINK } from './netlink-table.ts';
import { NL_VALIDATE_STRICT, NLA_NESTED, NLA_U32, NLA_U8, nlaParseNestedPolicy, type NlaPolicyTable, nlmsgParse } from './nla-policy.ts';
import { type NlDump, nlDumpBegin, nlmsgReplyBegin, type NlRequest, nlreqLen } from './request.ts';
import { linkStats64 } from './rtnl-fill.ts';
import { rtnlLinkOps } from './rtnl-link-ops.ts';

const GET_POLICY: NlaPolicyTable = { maxtype: IFLA_STATS_GET_FILTERS, rules: { [IFLA_STATS_GET_FILTERS]: { type: NLA_NESTED } } };
/** Which parts of a kind of counters are wanted: only those of offloads can be chosen. */
const FILTER_POLICY: NlaPolicyTable = { maxtype: IFLA_STATS_AF_SPEC, rules: { [IFLA_STATS_LINK_OFFLOAD_XSTATS]: { type: NLA_U32, mask: 0xf } } };
const SET_POLICY: NlaPolicyTable = {
  maxtype: IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS, rules: { [IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS]: { type: NLA_U8, max: 1 } },
};
/** `struct rtnl_hw_stats64`. */
const HW_STATS64_LEN = 72;
/** All kinds of counters (IFLA_STATS_FILTER_BIT). */
const ALL: number = (1 << IFLA_STATS_AF_SPEC) - 1;

const bit = (attr: number): number => 1 << (attr - 1);

/** `struct if_stats_msg`. */
interface StatsMsg {
  readonly ifindex: number;
  readonly mask: number;
}

function statsMsg(req: NlRequest): StatsMsg {
  return { ifindex: req.view.getInt32(req.data + 4, true), mask: req.view.getUint32(req.data + 8, true) };
}

function refuse(req: NlRequest, msg: string): number {
  nlSetErrMsg(req.extack, msg);
  return -EINVAL;
}

/** A strict request has nothing where nothing belongs (rtnl_valid_stats_req). */
function checkRequest(req: NlRequest, dump: boolean): number {
  if (nlreqLen(req) < IF_STATS_MSG_LEN) return refuse(req, 'Invalid header for stats dump');
  if (!req.strict) return 0;
  const { view, data } = req;
  if (view.getUint8(data + 1) !== 0 || view.getUint16(data + 2, true) !== 0 || (dump && statsMsg(req).ifindex !== 0)) {
    return refuse(req, 'Invalid values in header for stats dump request');
  }
  if ((statsMsg(req).mask & ~ALL) !== 0) return refuse(req, 'Invalid stats requested through filter mask');
  return 0;
}

/** Which offload counters are wanted; all without IFLA_STATS_GET_FILTERS. */
function offloadFilter(req: NlRequest): { mask: number } | number {
  const tb = new Int32Array(IFLA_STATS_GET_FILTERS + 1);
  let err = nlmsgParse(req, IF_STATS_MSG_LEN, tb, GET_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  if (tb[IFLA_STATS_GET_FILTERS] === 0) return { mask: 0xf };
  const filters = new Int32Array(IFLA_STATS_AF_SPEC + 1);
  err = nlaParseNestedPolicy(req, tb[IFLA_STATS_GET_FILTERS]!, filters, FILTER_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  const nla = filters[IFLA_STATS_LINK_OFFLOAD_XSTATS]!;
  return { mask: nla === 0 ? 0xf : nlaGetU32(req.view, nla) };
}

function fillOffload(w: NlWriter, dev: NetDevice, filter: number): void {
  const asked = dev.kernel.get(NETLINK).l3Stats.has(dev);
  const info = (filter & bit(IFLA_OFFLOAD_XSTATS_HW_S_INFO)) !== 0;
  const l3 = asked && (filter & bit(IFLA_OFFLOAD_XSTATS_L3_STATS)) !== 0;
  if (!info && !l3) return;
  // It may be asked of a device to count in hardware; none here does.
  w.nestStartNoflag(IFLA_STATS_LINK_OFFLOAD_XSTATS);
  if (info) {
    w.nestStart(IFLA_OFFLOAD_XSTATS_HW_S_INFO);
    w.nestStart(IFLA_OFFLOAD_XSTATS_L3_STATS);
    w.putU8(IFLA_OFFLOAD_XSTATS_HW_S_INFO_REQUEST, asked ? 1 : 0);
    w.putU8(IFLA_OFFLOAD_XSTATS_HW_S_INFO_USED, 0);
    w.nestEnd();
    w.nestEnd();
  }
  if (l3) w.reserveAttr(IFLA_OFFLOAD_XSTATS_L3_STATS, HW_STATS64_LEN);
  w.nestEnd();
}

/** Writes the counters of `dev` that `mask` wants, into the message begun (rtnl_fill_statsinfo). */
function fill(w: NlWriter, dev: NetDevice, mask: number, filter: number): void {
  const off = w.reserve(IF_STATS_MSG_LEN);
  w.view.setUint32(off + 4, dev.ifindex, true);
  w.view.setUint32(off + 8, mask, true);
  if ((mask & bit(IFLA_STATS_LINK_64)) !== 0) linkStats64(w, IFLA_STATS_LINK_64, dev);
  const xstats = (attr: number, owner: NetDevice | null): void => {
    const ops = owner === null ? null : rtnlLinkOps(owner);
    if ((mask & bit(attr)) === 0 || ops?.fillLinkxstats === undefined) return;
    w.nestStartNoflag(attr);
    if (ops.fillLinkxstats(w, dev, attr === IFLA_STATS_LINK_XSTATS_SLAVE) < 0) w.nestCancel();
    else w.nestEnd();
  };
  xstats(IFLA_STATS_LINK_XSTATS, dev);
  xstats(IFLA_STATS_LINK_XSTATS_SLAVE, dev.master);
  if ((mask & bit(IFLA_STATS_LINK_OFFLOAD_XSTATS)) !== 0) fillOffload(w, dev, filter);
  if ((mask & bit(IFLA_STATS_AF_SPEC)) === 0) return;
  w.nestStartNoflag(IFLA_STATS_AF_SPEC);
  for (const af of dev.kernel.get(NETLINK).afOps) {
    if (af.fillStatsAf === undefined) continue;
    w.nestStartNoflag(af.family);
    if (af.fillStatsAf(w, dev) < 0) w.nestCancel();
    else w.nestEnd();
  }
  w.nestEnd();
}

/** RTM_GETSTATS of one device (rtnl_stats_get). */
export function rtnlStatsGet(net: Net, req: NlRequest, reply: NlWriter): number {
  const err = checkRequest(req, false);
  if (err < 0) return err;
  const { ifindex, mask } = statsMsg(req);
  if (ifindex <= 0) return -EINVAL;
  const dev = devGetByIndex(net, ifindex);
  if (dev === null) return -ENODEV;
  if (mask === 0) return refuse(req, 'Filter mask must be set for stats get');
  const filter = offloadFilter(req);
  if (typeof filter === 'number') return filter;
  nlmsgReplyBegin(reply, req, RTM_NEWSTATS);
  fill(reply, dev, mask, filter.mask);
  return Math.min(reply.end(), 0);
}

/** RTM_GETSTATS of all devices (rtnl_stats_dump). */
export function rtnlStatsDump(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const nn = net.get(NETDEV_NET);
  cb.seq = nn.devBaseSeq;
  if (cb.data === null) {
    const err = checkRequest(req, true);
    if (err < 0) return err;
    if (statsMsg(req).mask === 0) return refuse(req, 'Filter mask must be set for stats dump');
    const filter = offloadFilter(req);
    if (typeof filter === 'number') return filter;
    cb.data = filter;
  }
  const { mask } = statsMsg(req);
  for (const index of Array.from(nn.byIndex.keys()).sort((a, b) => a - b)) {
    if (index <= cb.i) continue;
    nlDumpBegin(w, cb, RTM_NEWSTATS);
    fill(w, nn.byIndex.get(index)!, mask, (cb.data as { mask: number }).mask);
    const ret = w.end();
    if (ret < 0) return ret;
    cb.i = index;
  }
  return 0;
}

/** RTM_SETSTATS: asks a device to count in hardware (rtnl_stats_set). */
export function rtnlStatsSet(net: Net, req: NlRequest): number {
  const err = checkRequest(req, false);
  if (err < 0) return err;
  const { ifindex, mask } = statsMsg(req);
  if (mask !== 0) return refuse(req, 'Filter mask must be 0 for stats set');
  if (ifindex <= 0) return -EINVAL;
  const dev = devGetByIndex(net, ifindex);
  if (dev === null) return -ENODEV;
  const tb = new Int32Array(IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS + 1);
  const bad = nlmsgParse(req, IF_STATS_MSG_LEN, tb, SET_POLICY, NL_VALIDATE_STRICT);
  if (bad < 0) return bad;
  const nla = tb[IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS]!;
  if (nla === 0) return 0;
  const { l3Stats } = net.kernel.get(NETLINK);
  const on = nlaGetU8(req.view, nla) !== 0;
  if (on) l3Stats.add(dev);
  else l3Stats.delete(dev);
  return 0;
}
