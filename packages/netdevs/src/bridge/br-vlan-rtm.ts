/** RTM_NEWVLAN, RTM_DELVLAN and RTM_GETVLAN: VLANs with their options, of ports and of the whole bridge (br_vlan_rtm_process, br_vlan_options.c). */
// datapath-ok-file: configuration
import { clockTToJiffies, EBUSY, EINVAL, EMSGSIZE, ENODEV, ENOENT, jiffiesToClockT, type Kernel, type Net } from '@linnet/kernel';
import { devGetByIndex, IFF_EBRIDGE, NETDEV_NET, type NetDevice } from '@linnet/netdev';
import {
  NL_VALIDATE_STRICT, NLA_BINARY, NLA_NESTED, NLA_U16, NLA_U32, NLA_U64, NLA_U8, nlaParseNestedPolicy, type NlDump, nlDumpBegin, nlmsgParse, nlSetErrMsg, nlSetErrMsgAttr, type NlaPolicyTable, type NlRequest,
  nlreqLen, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import * as U from '@linnet/uapi';
import { BR_VLAN_TUNNEL, type Bridge, type BridgePort, brGet, brPortGet } from './br.ts';
import { mdbFillRouters } from './br-mdb-fill.ts';
import { vlanInfoFlags } from './br-ifinfo.ts';
import { mcastCtxStart, mcastCtxStop, mcastSetPortRouter, mcastSetQuerier, mcastSetRouter, mcastSetVersion } from './br-mcast.ts';
import type { Mcast } from './br-mcast-ctx.ts';
import { putQuerierState } from './br-netlink.ts';
import { brVlanInfo } from './br-setlink.ts';
import { vlanSetState } from './br-vlan.ts';
import { type BrVlan, vlanGroupEntries, vlanShouldUse } from './br-vlan-group.ts';
import { brVlanNotify, putVlanEntry, putVlanMsg, vlanCanEnterRange } from './br-vlan-notify.ts';

const u8 = { type: NLA_U8 };
const u16 = { type: NLA_U16 };
const u32 = { type: NLA_U32 };
const u64 = { type: NLA_U64 };

const ENTRY_POLICY: NlaPolicyTable = {
  maxtype: U.BRIDGE_VLANDB_ENTRY_MAX,
  rules: {
    [U.BRIDGE_VLANDB_ENTRY_INFO]: { type: NLA_BINARY, len: 4, exact: true }, [U.BRIDGE_VLANDB_ENTRY_RANGE]: u16, [U.BRIDGE_VLANDB_ENTRY_STATE]: u8,
    [U.BRIDGE_VLANDB_ENTRY_TUNNEL_INFO]: { type: NLA_NESTED }, [U.BRIDGE_VLANDB_ENTRY_MCAST_ROUTER]: u8, [U.BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS]: { type: 17 },
    [U.BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS]: u32, [U.BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS]: { type: NLA_U8, max: 1 },
  },
};
const GOPTS_POLICY: NlaPolicyTable = {
  maxtype: U.BRIDGE_VLANDB_GOPTS_MAX,
  rules: {
    [U.BRIDGE_VLANDB_GOPTS_ID]: u16, [U.BRIDGE_VLANDB_GOPTS_RANGE]: u16, [U.BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING]: u8, [U.BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION]: u8,
    [U.BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION]: u8, [U.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT]: u32, [U.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT]: u32,
    [U.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL]: u64, [U.BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL]: u64, [U.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL]: u64,
    [U.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL]: u64, [U.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL]: u64, [U.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL]: u64,
    [U.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER]: u8, [U.BRIDGE_VLANDB_GOPTS_MSTI]: { type: NLA_U16, max: 4094 },
  },
};
const DUMP_POLICY: NlaPolicyTable = { maxtype: U.BRIDGE_VLANDB_DUMP_MAX, rules: { [U.BRIDGE_VLANDB_DUMP_FLAGS]: { type: NLA_U32 } } };

function refuse(req: NlRequest, msg: string, errno: number = EINVAL): number {
  nlSetErrMsg(req.extack, `bridge: ${msg}`);
  return -errno;
}

interface Target {
  readonly br: Bridge;
  readonly p: BridgePort | null;
}

function target(net: Net, req: NlRequest): Target | number {
  const dev = devGetByIndex(net, req.view.getInt32(req.data + 4, true));
  if (dev === null) return -ENODEV;
  const br = brGet(dev);
  if (br !== null) return { br, p: null };
  const p = brPortGet(dev);
  return p === null ? refuse(req, 'The device is not a valid bridge or bridge port') : { br: p.br, p };
}

/** The options of one VLAN of a port or bridge (br_vlan_process_one_opts). Returns whether something changed, or a negative errno. */
function processOpts(t: Target, v: BrVlan, req: NlRequest, tb: Int32Array): boolean | number {
  const { view } = req;
  const { br, p } = t;
  const at = (type: number): number => tb[type]!;
  let changed = false;
  if (at(U.BRIDGE_VLANDB_ENTRY_STATE) !== 0) {
    const state = U.nlaGetU8(view, at(U.BRIDGE_VLANDB_ENTRY_STATE));
    if (state > U.BR_STATE_BLOCKING) return refuse(req, 'Invalid vlan state');
    if (br.stpEnabled === 1) return refuse(req, "Can't modify vlan state when using kernel STP", EBUSY);
    if (br.mstEnabled) return refuse(req, "Can't modify vlan state directly when MST is enabled", EBUSY);
    const vg = p === null ? br.vlans : p.vlans;
    changed = vlanSetState(vg, v, state) || changed;
  }
  if (at(U.BRIDGE_VLANDB_ENTRY_TUNNEL_INFO) !== 0) {
    if (p === null) return refuse(req, "Can't modify tunnel mapping of non-port vlans");
    if ((p.flags & BR_VLAN_TUNNEL) === 0) return refuse(req, "Port doesn't have tunnel flag set");
    const ti = U.nlaParseNested(view, at(U.BRIDGE_VLANDB_ENTRY_TUNNEL_INFO), U.BRIDGE_VLANDB_TINFO_MAX);
    if (ti[U.BRIDGE_VLANDB_TINFO_CMD] === 0) return refuse(req, "Missing tunnel command attribute", ENOENT);
    const add = U.nlaGetU32(view, ti[U.BRIDGE_VLANDB_TINFO_CMD]!) === U.RTM_SETLINK;
    if (add && ti[U.BRIDGE_VLANDB_TINFO_ID] === 0) return refuse(req, 'Missing tunnel id attribute', ENOENT);
    v.tunnelId = add ? U.nlaGetU32(view, ti[U.BRIDGE_VLANDB_TINFO_ID]!) + (v.vid - rangeStart(req, tb)) : 0;
    changed = true;
  }
  if (at(U.BRIDGE_VLANDB_ENTRY_MCAST_ROUTER) !== 0) {
    const val = U.nlaGetU8(view, at(U.BRIDGE_VLANDB_ENTRY_MCAST_ROUTER));
    const err = p === null ? (v.mcast === null ? -EINVAL : mcastSetRouter(v.mcast, val)) : v.mcastPort === null ? -EINVAL : mcastSetPortRouter(v.mcastPort, val);
    if (err < 0) return err;
    changed = true;
  }
  if (at(U.BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS) !== 0) {
    if (p === null || v.mcastPort === null) return refuse(req, "Can't set mcast_max_groups for non-port vlans");
    if (!br.mcastVlanSnooping) return refuse(req, 'Multicast snooping disabled on this VLAN');
    v.mcastPort.mdbMaxEntries = U.nlaGetU32(view, at(U.BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS));
    changed = true;
  }
  if (at(U.BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS) !== 0) {
    if (p === null) return refuse(req, "Can't set neigh_suppress for non-port vlans");
    const on = U.nlaGetU8(view, at(U.BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS)) !== 0;
    if (on !== v.neighSuppress) {
      v.neighSuppress = on;
      changed = true;
    }
  }
  return changed;
}

function rangeStart(req: NlRequest, tb: Int32Array): number {
  return req.view.getUint16(tb[U.BRIDGE_VLANDB_ENTRY_INFO]! + 6, true);
}

/** One BRIDGE_VLANDB_ENTRY of a request (br_vlan_rtm_process_one). */
function processOne(t: Target, nla: number, req: NlRequest, add: boolean): number {
  const { view } = req;
  const { br, p } = t;
  const tb = new Int32Array(U.BRIDGE_VLANDB_ENTRY_MAX + 1);
  let err = nlaParseNestedPolicy(req, nla, tb, ENTRY_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  if (tb[U.BRIDGE_VLANDB_ENTRY_INFO] === 0) return refuse(req, 'Missing vlan entry info');
  const flags = U.nlaGetU16(view, tb[U.BRIDGE_VLANDB_ENTRY_INFO]!);
  const vid = rangeStart(req, tb);
  if ((flags & (U.BRIDGE_VLAN_INFO_RANGE_BEGIN | U.BRIDGE_VLAN_INFO_RANGE_END)) !== 0) return refuse(req, 'Old-style vlan ranges are not allowed when using RTM vlan calls');
  if (vid === 0 || vid >= 4095) return refuse(req, 'Vlan id is invalid');
  let end = vid;
  if (tb[U.BRIDGE_VLANDB_ENTRY_RANGE] !== 0) {
    end = U.nlaGetU16(view, tb[U.BRIDGE_VLANDB_ENTRY_RANGE]!);
    if (end === 0 || end >= 4095) return refuse(req, 'Vlan id is invalid');
    if (end <= vid) return refuse(req, 'End vlan id is less than or equal to start vlan id');
    if (add && (flags & U.BRIDGE_VLAN_INFO_PVID) !== 0) return refuse(req, 'Pvid isn\'t allowed in a range');
  }
  const options = tb.subarray(U.BRIDGE_VLANDB_ENTRY_STATE).some((o) => o !== 0);
  if ((flags & U.BRIDGE_VLAN_INFO_ONLY_OPTS) === 0) {
    for (let v = vid; v <= end; v++) {
      const r = brVlanInfo(br, p, add, v, flags);
      if (r.err < 0) return r.err;
    }
  }
  if (!add || !options) return 0;
  const vg = p === null ? br.vlans : p.vlans;
  for (let v = vid; v <= end; v++) {
    const entry = vg.vlans.get(v);
    if (entry === undefined || !vlanShouldUse(entry)) return refuse(req, 'Can\'t find vlan while processing options', ENOENT);
    const r = processOpts(t, entry, req, tb);
    if (typeof r === 'number') {
      err = r;
      break;
    }
    if (r) brVlanNotify(br, p, v, 0, U.RTM_NEWVLAN);
  }
  return err;
}

/** The options of a VLAN for the whole bridge (br_vlan_process_global_one_opts). */
function globalOpts(br: Bridge, v: BrVlan, req: NlRequest, tb: Int32Array): boolean | number {
  const { view } = req;
  const ctx = v.mcast!;
  const at = (type: number): number => tb[type]!;
  let changed = false;
  let err = 0;
  const set = (type: number, fn: (nla: number) => void): void => {
    if (err < 0 || at(type) === 0) return;
    fn(at(type));
    changed = true;
  };
  const time = (nla: number): number => clockTToJiffies(U.nlaGetU64(view, nla));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING, (n) => {
    const on = U.nlaGetU8(view, n) !== 0;
    if (on === ctx.snooping) return;
    ctx.snooping = on;
    if (on) mcastCtxStart(ctx);
    else mcastCtxStop(ctx);
  });
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION, (n) => (err = mcastSetVersion(ctx, false, U.nlaGetU8(view, n))));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION, (n) => (err = mcastSetVersion(ctx, true, U.nlaGetU8(view, n))));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT, (n) => (ctx.lastMemberCount = U.nlaGetU32(view, n)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT, (n) => (ctx.startupQueryCount = U.nlaGetU32(view, n)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL, (n) => (ctx.lastMemberInterval = time(n)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL, (n) => (ctx.membershipInterval = time(n)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL, (n) => (ctx.querierInterval = time(n)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL, (n) => (ctx.queryInterval = Math.max(time(n), 1000)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL, (n) => (ctx.queryResponseInterval = time(n)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL, (n) => (ctx.startupQueryInterval = Math.max(time(n), 1000)));
  set(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, (n) => (err = mcastSetQuerier(ctx, U.nlaGetU8(view, n) !== 0)));
  set(U.BRIDGE_VLANDB_GOPTS_MSTI, (n) => {
    if (!br.mstEnabled) err = -EINVAL;
    else v.msti = U.nlaGetU16(view, n);
  });
  return err < 0 ? err : changed;
}

function processGlobal(t: Target, nla: number, req: NlRequest, add: boolean): number {
  const { view } = req;
  const { br } = t;
  if (t.p !== null) return refuse(req, 'Global vlan options can be set only on bridge devices'); // a port has none of its own
  if (!add) return refuse(req, 'Global vlan operations not supported with RTM_DELVLAN');
  const tb = new Int32Array(U.BRIDGE_VLANDB_GOPTS_MAX + 1);
  const err = nlaParseNestedPolicy(req, nla, tb, GOPTS_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  if (tb[U.BRIDGE_VLANDB_GOPTS_ID] === 0) return refuse(req, 'Missing vlan entry id');
  const vid = U.nlaGetU16(view, tb[U.BRIDGE_VLANDB_GOPTS_ID]!);
  if (vid === 0 || vid >= 4095) return refuse(req, 'Vlan id is invalid');
  let end = vid;
  if (tb[U.BRIDGE_VLANDB_GOPTS_RANGE] !== 0) {
    end = U.nlaGetU16(view, tb[U.BRIDGE_VLANDB_GOPTS_RANGE]!);
    if (end === 0 || end >= 4095) return refuse(req, 'Vlan id is invalid');
    if (end <= vid) return refuse(req, 'End vlan id is less than or equal to start vlan id');
  }
  for (let id = vid; id <= end; id++) {
    const v = br.vlans.vlans.get(id);
    if (v === undefined || v.mcast === null) return refuse(req, 'Vlan in range doesn\'t exist', ENOENT);
    const r = globalOpts(br, v, req, tb);
    if (typeof r === 'number') return r;
    if (r) globalNotify(br, v);
  }
  return 0;
}

function process(net: Net, req: NlRequest, add: boolean): number {
  const { view } = req;
  if (nlreqLen(req) < U.BR_VLAN_MSG_LEN) return refuse(req, 'Invalid header length');
  const t = target(net, req);
  if (typeof t === 'number') return t;
  let entries = 0;
  for (let at = req.data + U.BR_VLAN_MSG_LEN; U.nlaOk(view, at, req.end - at); at = U.nlaNext(view, at)) {
    const type = U.nlaType(view, at);
    if (type !== U.BRIDGE_VLANDB_ENTRY && type !== U.BRIDGE_VLANDB_GLOBAL_OPTIONS) {
      nlSetErrMsgAttr(req.extack, at, 'Unknown attribute type');
      return -EINVAL;
    }
    const err = type === U.BRIDGE_VLANDB_ENTRY ? processOne(t, at, req, add) : processGlobal(t, at, req, add);
    entries++;
    if (err < 0) return err;
  }
  return entries === 0 ? refuse(req, 'No vlan entries found to process') : 0;
}

// ---- dumps

/** BRIDGE_VLANDB_GLOBAL_OPTIONS of a range (br_vlan_global_opts_fill). */
function putGlobal(w: U.NlWriter, br: Bridge, v: BrVlan, end: number): void {
  const ctx: Mcast = v.mcast!;
  const time = (n: number): number => jiffiesToClockT(n);
  w.nestStart(U.BRIDGE_VLANDB_GLOBAL_OPTIONS);
  w.putU16(U.BRIDGE_VLANDB_GOPTS_ID, v.vid);
  if (end > v.vid) w.putU16(U.BRIDGE_VLANDB_GOPTS_RANGE, end);
  w.putU8(U.BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING, ctx.snooping ? 1 : 0);
  w.putU8(U.BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION, ctx.igmpVersion);
  w.putU32(U.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT, ctx.lastMemberCount);
  w.putU32(U.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT, ctx.startupQueryCount);
  w.putU8(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, ctx.querier ? 1 : 0);
  putQuerierState(w, ctx, U.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE);
  w.putU64(U.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL, time(ctx.lastMemberInterval));
  w.putU64(U.BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL, time(ctx.membershipInterval));
  w.putU64(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL, time(ctx.querierInterval));
  w.putU64(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL, time(ctx.queryInterval));
  w.putU64(U.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL, time(ctx.queryResponseInterval));
  w.putU64(U.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL, time(ctx.startupQueryInterval));
  w.putU8(U.BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION, ctx.mldVersion);
  const ports = br.ports.flatMap((p) => p.vlans.vlans.get(v.vid)?.mcastPort ?? []);
  if (ports.some((p) => p.ip4.router || p.ip6.router)) {
    w.nestStart(U.BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS);
    mdbFillRouters(w, br, ports);
    w.nestEnd();
  }
  if (br.mstEnabled) w.putU16(U.BRIDGE_VLANDB_GOPTS_MSTI, v.msti);
  w.nestEnd();
}

function globalNotify(br: Bridge, v: BrVlan): void {
  const { net } = br.dev;
  if (!rtnlNotifyNeeded(net, U.RTNLGRP_BRVLAN)) return;
  const w = new U.NlWriter({ capacity: 256 });
  w.begin(U.RTM_NEWVLAN, 0, 0, 0);
  putVlanMsg(w, br.dev.ifindex);
  putGlobal(w, br, v, v.vid);
  w.end();
  rtnlNotify(net, w, U.RTNLGRP_BRVLAN);
}

/** The VLANs of one device in one message, or as many as are needed: `cb.j` is the id from which to go on (br_vlan_dump_dev). */
function dumpDev(dev: NetDevice, w: U.NlWriter, cb: NlDump, flags: number): number {
  const br = brGet(dev) ?? brPortGet(dev)?.br;
  if (br === undefined) return 0;
  const p = brGet(dev) === null ? brPortGet(dev) : null;
  const global = (flags & U.BRIDGE_VLANDB_DUMPF_GLOBAL) !== 0;
  if (global && p !== null) return 0;
  const vg = p === null ? br.vlans : p.vlans;
  const list = vlanGroupEntries(vg).filter((v) => v.vid >= cb.j && (global ? true : vlanShouldUse(v)));
  if (list.length === 0) return 0;
  const stats = (flags & U.BRIDGE_VLANDB_DUMPF_STATS) !== 0;
  nlDumpBegin(w, cb, U.RTM_NEWVLAN);
  putVlanMsg(w, dev.ifindex);
  for (let i = 0; i < list.length; ) {
    let j = i;
    // Counters are each VLAN's own, so that ranges are told without them only.
    while (!global && !stats && list[j + 1] !== undefined && vlanCanEnterRange(vg, list[j + 1]!, list[j]!) && vlanInfoFlags(vg, list[j + 1]!) === vlanInfoFlags(vg, list[i]!) && list[j + 1]!.vid !== vg.pvid && list[i]!.vid !== vg.pvid) j++;
    const before = w.len;
    if (global) putGlobal(w, br, list[i]!, list[i]!.vid);
    else putVlanEntry(w, list[i]!.vid, list[j]!.vid, vlanInfoFlags(vg, list[i]!), list[i]!, stats);
    if (w.len > w.limit && i > 0) {
      w.len = before;
      const ret = w.end();
      cb.j = list[i]!.vid;
      return ret < 0 ? ret : -EMSGSIZE;
    }
    i = j + 1;
  }
  return w.end();
}

function vlanDump(net: Net, req: NlRequest, w: U.NlWriter, cb: NlDump): number {
  if (cb.data === null) {
    const tb = new Int32Array(U.BRIDGE_VLANDB_DUMP_MAX + 1);
    const err = nlmsgParse(req, U.BR_VLAN_MSG_LEN, tb, DUMP_POLICY, NL_VALIDATE_STRICT);
    if (err < 0) return err;
    const flags = tb[U.BRIDGE_VLANDB_DUMP_FLAGS] === 0 ? 0 : U.nlaGetU32(req.view, tb[U.BRIDGE_VLANDB_DUMP_FLAGS]!);
    if ((flags & ~3) !== 0) return -EINVAL;
    cb.data = { flags, index: req.view.getInt32(req.data + 4, true) };
  }
  const { flags, index } = cb.data as { readonly flags: number; readonly index: number };
  if (index !== 0) {
    if (cb.i !== 0) return 0;
    const dev = devGetByIndex(net, index);
    if (dev === null) return -ENODEV;
    if ((dev.privFlags & IFF_EBRIDGE) === 0 && brPortGet(dev) === null) return refuse(req, 'The device is not a valid bridge or bridge port');
    const ret = dumpDev(dev, w, cb, flags);
    if (ret >= 0) cb.i = 1;
    return ret < 0 ? ret : 0;
  }
  const nn = net.get(NETDEV_NET);
  cb.seq = nn.devBaseSeq;
  for (const i of Array.from(nn.byIndex.keys()).sort((a, b) => a - b)) {
    if (i < cb.i) continue;
    if (i > cb.i) {
      cb.i = i;
      cb.j = 0;
    }
    const ret = dumpDev(nn.byIndex.get(i)!, w, cb, flags);
    if (ret < 0) return ret;
    cb.i = i + 1;
    cb.j = 0;
  }
  return 0;
}

/** Registers the messages. */
export function brVlanRtnlInit(k: Kernel): void {
  rtnlRegister(k, U.PF_BRIDGE, U.RTM_GETVLAN, { dumpit: vlanDump });
  rtnlRegister(k, U.PF_BRIDGE, U.RTM_NEWVLAN, { doit: (net, req) => process(net, req, true) });
  rtnlRegister(k, U.PF_BRIDGE, U.RTM_DELVLAN, { doit: (net, req) => process(net, req, false) });
}
