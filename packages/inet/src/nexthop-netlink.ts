/** RTM_{NEW,DEL,GET}NEXTHOP and RTM_GETNEXTHOPBUCKET (ip-nexthop(8); errors and texts as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { clockTToJiffies, EEXIST, EINVAL, ENETDOWN, ENOENT, EOPNOTSUPP, jiffiesToClockT, type Kernel, type Net } from '@linnet/kernel';
import { devGetByIndex, devGetByName, type NetDevice, netifCarrierOk } from '@linnet/netdev';
import {
  type Extack, NL_VALIDATE_STRICT, NLA_BINARY, NLA_FLAG, NLA_NESTED, NLA_U16, NLA_U32, nlaParseNestedPolicy, nlaParsePolicy, type NlaPolicyTable, type NlDump, nlDumpBegin,
  nlmsgParse, nlmsgReplyBegin, type NlRequest, nlreqLen, nlSetErrMsg, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import {
  AF_INET, AF_INET6, AF_UNSPEC, IFF_UP, NEXTHOP_GRP_TYPE_MAX, NEXTHOP_GRP_TYPE_MPATH, NEXTHOP_GRP_TYPE_RES, NHA_BLACKHOLE, NHA_ENCAP, NHA_ENCAP_TYPE, NHA_FDB, NHA_GATEWAY,
  NHA_GROUP, NHA_GROUP_STATS, NHA_GROUP_TYPE, NHA_GROUPS, NHA_HW_STATS_ENABLE, NHA_HW_STATS_USED, NHA_ID, NHA_MASTER, NHA_OIF, NHA_OP_FLAGS, NHA_RES_BUCKET,
  NHA_RES_BUCKET_IDLE_TIME, NHA_RES_BUCKET_INDEX, NHA_RES_BUCKET_NH_ID, NHA_RES_GROUP, NHA_RES_GROUP_BUCKETS, NHA_RES_GROUP_IDLE_TIMER, NHA_RES_GROUP_UNBALANCED_TIME,
  NHA_RES_GROUP_UNBALANCED_TIMER, NHMSG_LEN, type Nhmsg, nhmsgRead, nhmsgWrite, nlaGetInAddr, nlaGetU16, nlaGetU32, nlaLen, NLM_F_CREATE, NLM_F_REPLACE, NlWriter, RTM_DELNEXTHOP,
  RTM_GETNEXTHOP, RTM_GETNEXTHOPBUCKET, RTM_NEWNEXTHOP, RTM_NEWNEXTHOPBUCKET, RTNH_F_ONLINK, RTNLGRP_NEXTHOP,
} from '@linnet/uapi';
import {
  Nexthop, NEXTHOP, nexthopCheckUsers, nexthopDevhashAdd, nexthopDevhashDel, NexthopNet, nexthopReplaceNotify, nexthopUsersChanged, NhGroup, nhGroupSetEntries, NhGrpEntry,
  type NhConfig, NhInfo, nhInfoRelease, removeNexthop,
} from './nexthop.ts';
import { NhResTable, nhResTimersChanged } from './nexthop-res.ts';

/** Bits of NHA_OP_FLAGS: show what went by each member, also in hardware; the answer has weights of 16 bits. */
const NHA_OP_FLAG_DUMP_STATS = 1;
const NHA_OP_FLAG_DUMP_HW_STATS = 2;
const NHA_OP_FLAG_RESP_GRP_RESVD_0 = 0x80000000;
/** Attributes of one member's statistics. */
const NHA_GROUP_STATS_ENTRY = 1;
const NHA_GROUP_STATS_ENTRY_ID = 1;
const NHA_GROUP_STATS_ENTRY_PACKETS = 2;
const NHA_GROUP_STATS_ENTRY_PACKETS_HW = 3;
/** Bytes of a member in NHA_GROUP (struct nexthop_grp). */
const GRP_LEN = 8;
/** Idle timer of a resilient group that names none, in hundredths of a second. */
const RES_DEFAULT_IDLE = 120 * 100;

const NEW_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: NHA_HW_STATS_ENABLE,
  rules: {
    [NHA_ID]: { type: NLA_U32 },
    [NHA_GROUP]: { type: NLA_BINARY },
    [NHA_GROUP_TYPE]: { type: NLA_U16 },
    [NHA_BLACKHOLE]: { type: NLA_FLAG },
    [NHA_OIF]: { type: NLA_U32 },
    [NHA_GATEWAY]: { type: NLA_BINARY },
    [NHA_ENCAP_TYPE]: { type: NLA_U16 },
    [NHA_ENCAP]: { type: NLA_NESTED },
    [NHA_FDB]: { type: NLA_FLAG },
    [NHA_RES_GROUP]: { type: NLA_NESTED },
    [NHA_HW_STATS_ENABLE]: { type: NLA_U32, min: 0, max: 1 },
  },
});
const RES_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: NHA_RES_GROUP_UNBALANCED_TIMER,
  rules: { [NHA_RES_GROUP_BUCKETS]: { type: NLA_U16 }, [NHA_RES_GROUP_IDLE_TIMER]: { type: NLA_U32 }, [NHA_RES_GROUP_UNBALANCED_TIMER]: { type: NLA_U32 } },
});
const OP_FLAGS = { type: NLA_U32, mask: NHA_OP_FLAG_DUMP_STATS | NHA_OP_FLAG_DUMP_HW_STATS } as const;
const GET_POLICY: NlaPolicyTable = Object.freeze({ maxtype: NHA_OP_FLAGS, rules: { [NHA_ID]: { type: NLA_U32 }, [NHA_OP_FLAGS]: OP_FLAGS } });
const DEL_POLICY: NlaPolicyTable = Object.freeze({ maxtype: NHA_ID, rules: { [NHA_ID]: { type: NLA_U32 } } });
const DUMP_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: NHA_OP_FLAGS,
  rules: { [NHA_OIF]: { type: NLA_U32 }, [NHA_GROUPS]: { type: NLA_FLAG }, [NHA_MASTER]: { type: NLA_U32 }, [NHA_FDB]: { type: NLA_FLAG }, [NHA_OP_FLAGS]: OP_FLAGS },
});
const GET_BUCKET_POLICY: NlaPolicyTable = Object.freeze({ maxtype: NHA_RES_BUCKET, rules: { [NHA_ID]: { type: NLA_U32 }, [NHA_RES_BUCKET]: { type: NLA_NESTED } } });
const BUCKET_INDEX_POLICY: NlaPolicyTable = Object.freeze({ maxtype: NHA_RES_BUCKET_INDEX, rules: { [NHA_RES_BUCKET_INDEX]: { type: NLA_U16 } } });
const DUMP_BUCKET_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: NHA_RES_BUCKET,
  rules: { [NHA_ID]: { type: NLA_U32 }, [NHA_OIF]: { type: NLA_U32 }, [NHA_MASTER]: { type: NLA_U32 }, [NHA_RES_BUCKET]: { type: NLA_NESTED } },
});
const BUCKET_NH_POLICY: NlaPolicyTable = Object.freeze({ maxtype: NHA_RES_BUCKET_NH_ID, rules: { [NHA_RES_BUCKET_NH_ID]: { type: NLA_U32 } } });

function refuse(extack: Extack | null, msg: string, err: number = -EINVAL): number {
  nlSetErrMsg(extack, msg);
  return err;
}

// ---- writing ------------------------------------------------------------------------------------------------------------------------------------------

function putGroup(w: NlWriter, group: NhGroup, opFlags: number): void {
  if (group.fdb) w.putFlag(NHA_FDB);
  w.putU16(NHA_GROUP_TYPE, group.type);
  const at = w.reserveAttr(NHA_GROUP, group.entries.length * GRP_LEN);
  let off = at;
  for (const e of group.entries) {
    w.view.setUint32(off, e.nh.id, true);
    w.view.setUint8(off + 4, (e.weight - 1) & 0xff);
    w.view.setUint8(off + 5, (e.weight - 1) >> 8);
    off += GRP_LEN;
  }
  if (group.res !== null) {
    const { res } = group;
    w.nestStart(NHA_RES_GROUP);
    w.putU16(NHA_RES_GROUP_BUCKETS, res.buckets.length);
    w.putU32(NHA_RES_GROUP_IDLE_TIMER, jiffiesToClockT(res.idleTimer));
    w.putU32(NHA_RES_GROUP_UNBALANCED_TIMER, jiffiesToClockT(res.unbalancedTimer));
    w.putU64(NHA_RES_GROUP_UNBALANCED_TIME, res.underweight.length === 0 ? 0 : jiffiesToClockT((res.k.jiffies - res.unbalancedSince) >>> 0));
    w.nestEnd();
  }
  if ((opFlags & NHA_OP_FLAG_DUMP_STATS) !== 0) putStats(w, group, opFlags);
  w.putU32(NHA_OP_FLAGS, NHA_OP_FLAG_RESP_GRP_RESVD_0);
}

/** A number as the «uint» of netlink: four bytes if they are enough, else eight. */
function putUint(w: NlWriter, type: number, v: number): void {
  if (v < 0x1_0000_0000) w.putU32(type, v);
  else w.putU64(type, v);
}

function putStats(w: NlWriter, group: NhGroup, opFlags: number): void {
  const hw = (opFlags & NHA_OP_FLAG_DUMP_HW_STATS) !== 0;
  w.putU32(NHA_HW_STATS_ENABLE, group.hwStats ? 1 : 0);
  // No hardware counts here.
  if (hw && group.hwStats) w.putU32(NHA_HW_STATS_USED, 0);
  w.nestStart(NHA_GROUP_STATS);
  for (const e of group.entries) {
    w.nestStart(NHA_GROUP_STATS_ENTRY);
    w.putU32(NHA_GROUP_STATS_ENTRY_ID, e.nh.id);
    putUint(w, NHA_GROUP_STATS_ENTRY_PACKETS, e.packets);
    if (hw) putUint(w, NHA_GROUP_STATS_ENTRY_PACKETS_HW, 0);
    w.nestEnd();
  }
  w.nestEnd();
}

/** Writes the body of a message about an object (nh_fill_node). */
function fillNode(w: NlWriter, nh: Nexthop, opFlags: number): number {
  const off = w.reserve(NHMSG_LEN);
  const hdr: Nhmsg = { family: AF_UNSPEC, scope: 0, protocol: nh.protocol, flags: nh.flags };
  w.putU32(NHA_ID, nh.id);
  if (nh.group !== null) {
    putGroup(w, nh.group, opFlags);
  } else {
    const nhi = nh.info!;
    hdr.family = nhi.family;
    if (nhi.blackhole) {
      w.putFlag(NHA_BLACKHOLE);
    } else {
      if (nhi.fdb) w.putFlag(NHA_FDB);
      else w.putU32(NHA_OIF, nhi.dev!.ifindex);
      hdr.scope = nhi.scope;
      if (nhi.gwFamily === AF_INET) w.putInAddr(NHA_GATEWAY, nhi.gw);
      else if (nhi.gwFamily === AF_INET6) w.putIn6Addr(NHA_GATEWAY, nhi.gw6!);
    }
  }
  nhmsgWrite(w.view, off, hdr);
  return w.end();
}

function fillBucket(w: NlWriter, nh: Nexthop, res: NhResTable, index: number): number {
  const off = w.reserve(NHMSG_LEN);
  nhmsgWrite(w.view, off, { family: AF_UNSPEC, scope: 0, protocol: nh.protocol, flags: nh.flags });
  const b = res.buckets[index]!;
  w.putU32(NHA_ID, nh.id);
  w.nestStart(NHA_RES_BUCKET);
  w.putU16(NHA_RES_BUCKET_INDEX, index);
  w.putU32(NHA_RES_BUCKET_NH_ID, b.entry?.nh.id ?? 0);
  w.putU64(NHA_RES_BUCKET_IDLE_TIME, jiffiesToClockT((res.k.jiffies - b.usedTime) >>> 0));
  w.nestEnd();
  return w.end();
}

function makeNotify(net: Net): NexthopNet['notify'] {
  return (type, nh, req): void => {
    if (!rtnlNotifyNeeded(net, RTNLGRP_NEXTHOP, req)) return;
    const w = new NlWriter({ capacity: 256 });
    w.begin(type, req?.flags ?? 0, req?.seq ?? 0, req?.portid ?? 0);
    if (fillNode(w, nh, 0) > 0) rtnlNotify(net, w, RTNLGRP_NEXTHOP, req);
  };
}

function makeNotifyBucket(net: Net): NexthopNet['notifyBucket'] {
  return (nh, index): void => {
    const res = nh.group?.res ?? null;
    if (res === null || !rtnlNotifyNeeded(net, RTNLGRP_NEXTHOP)) return;
    const w = new NlWriter({ capacity: 128 });
    w.begin(RTM_NEWNEXTHOPBUCKET, NLM_F_REPLACE, 0, 0);
    if (fillBucket(w, nh, res, index) > 0) rtnlNotify(net, w, RTNLGRP_NEXTHOP);
  };
}

// ---- new ----------------------------------------------------------------------------------------------------------------------------------------------

interface Member {
  readonly nh: Nexthop;
  readonly weight: number;
}

/** A member as a request names it. */
interface Wanted {
  readonly id: number;
  readonly weight: number;
}

/** A request for an object (struct nh_config). */
class NewConfig {
  id = 0;
  family = 0;
  protocol = 0;
  flags = 0;
  fdb = false;
  blackhole = false;
  oif = 0;
  dev: NetDevice | null = null;
  gw = 0;
  gw6: Int32Array | null = null;
  gwFamily = 0;
  wanted: readonly Wanted[] | null = null;
  members: Member[] | null = null;
  groupType: number = NEXTHOP_GRP_TYPE_MPATH;
  hwStats: boolean | null = null;
  numBuckets: number | null = null;
  idleTimer: number | null = null;
  unbalancedTimer: number | null = null;
}

/** Reads the members of a wanted group, which may not be there (nh_check_attr_group). */
function readMembers(req: NlRequest, tb: Int32Array, groupType: number, cfg: NewConfig): number {
  const { view, extack } = req;
  const nla = tb[NHA_GROUP]!;
  const len = nlaLen(view, nla);
  if (len === 0 || (len & (GRP_LEN - 1)) !== 0) return refuse(extack, 'Invalid length for nexthop group attribute');
  const wanted: Wanted[] = [];
  for (let at = nla + 4; at < nla + 4 + len; at += GRP_LEN) {
    if (view.getUint16(at + 6, true) !== 0) return refuse(extack, 'Reserved field in nexthop_grp must be 0');
    const weight = view.getUint16(at + 4, true) + 1;
    if (weight > 0xffff) return refuse(extack, 'Invalid value for weight');
    const id = view.getUint32(at, true);
    if (wanted.some((m) => m.id === id)) return refuse(extack, 'Nexthop id can not be used twice in a group');
    wanted.push({ id, weight });
  }
  for (let type = NHA_GROUP_TYPE + 1; type < tb.length; type++) {
    if (tb[type] === 0 || type === NHA_HW_STATS_ENABLE || type === NHA_FDB || (type === NHA_RES_GROUP && groupType === NEXTHOP_GRP_TYPE_RES)) continue;
    return refuse(extack, 'No other attributes can be set in nexthop groups');
  }
  cfg.wanted = wanted;
  return 0;
}

/** Finds the members of a wanted group, and says why they do not go together (nh_check_attr_group_rtnl). */
function findMembers(nn: NexthopNet, cfg: NewConfig, wanted: readonly Wanted[], extack: Extack): number {
  let family = 0;
  const out: Member[] = [];
  for (const { id, weight } of wanted) {
    const nh = nn.byId.get(id);
    if (nh === undefined) return refuse(extack, 'Invalid nexthop id');
    if (nh.group !== null) {
      const kind = nh.group.type === NEXTHOP_GRP_TYPE_RES ? 'Resilient' : 'Hash-threshold';
      return refuse(extack, `${kind} group can not be a nexthop within a group`);
    }
    const nhi = nh.info!;
    if (nhi.blackhole && wanted.length > 1) return refuse(extack, 'Blackhole nexthop can not be used in a group with more than 1 path');
    if (cfg.fdb) {
      if (!nhi.fdb) return refuse(extack, 'FDB nexthop group can only have fdb nexthops');
      if (family === 0) family = nhi.family;
      else if (family !== nhi.family) return refuse(extack, 'FDB nexthop group cannot have mixed family nexthops');
    } else if (nhi.fdb) {
      return refuse(extack, 'Non FDB nexthop group cannot have fdb nexthops');
    }
    out.push({ nh, weight });
  }
  cfg.members = out;
  return 0;
}

/** Checks what a request names: a device, members (rtm_to_nh_config_rtnl). 0 or a negative errno. */
function findNamed(nn: NexthopNet, cfg: NewConfig, extack: Extack): number {
  if (cfg.wanted !== null) return findMembers(nn, cfg, cfg.wanted, extack);
  if (cfg.blackhole) {
    // What goes into a blackhole goes to lo, which the family checks as it does any device.
    cfg.dev = devGetByName(nn.net, 'lo');
    return 0;
  }
  if (cfg.fdb) return 0;
  cfg.dev = devGetByIndex(nn.net, cfg.oif);
  if (cfg.dev === null) return refuse(extack, 'Invalid device index');
  if ((cfg.dev.flags & IFF_UP) === 0) return refuse(extack, 'Nexthop device is not up', -ENETDOWN);
  return netifCarrierOk(cfg.dev) ? 0 : refuse(extack, 'Carrier for nexthop device is down', -ENETDOWN);
}

/** Reads NHA_RES_GROUP (rtm_to_nh_config_grp_res). */
function readRes(req: NlRequest, nla: number, cfg: NewConfig): number {
  if (nla === 0) return 0;
  const tb = new Int32Array(NHA_RES_GROUP_UNBALANCED_TIMER + 1);
  const err = nlaParseNestedPolicy(req, nla, tb, RES_POLICY, NL_VALIDATE_STRICT);
  if (err !== 0) return err;
  if (tb[NHA_RES_GROUP_BUCKETS] !== 0) {
    cfg.numBuckets = nlaGetU16(req.view, tb[NHA_RES_GROUP_BUCKETS]!);
    if (cfg.numBuckets === 0) return refuse(req.extack, 'Number of buckets needs to be non-0');
  }
  if (tb[NHA_RES_GROUP_IDLE_TIMER] !== 0) cfg.idleTimer = clockTToJiffies(nlaGetU32(req.view, tb[NHA_RES_GROUP_IDLE_TIMER]!));
  if (tb[NHA_RES_GROUP_UNBALANCED_TIMER] !== 0) cfg.unbalancedTimer = clockTToJiffies(nlaGetU32(req.view, tb[NHA_RES_GROUP_UNBALANCED_TIMER]!));
  return 0;
}

/** Reads a request (rtm_to_nh_config). 0 or a negative errno. */
function readConfig(req: NlRequest, cfg: NewConfig): number {
  const { view, extack } = req;
  const tb = new Int32Array(NHA_HW_STATS_ENABLE + 1);
  let err = nlmsgParse(req, NHMSG_LEN, tb, NEW_POLICY, NL_VALIDATE_STRICT);
  if (err !== 0) return err;
  const nhm = nhmsgRead(view, req.data);
  const has = (type: number): boolean => tb[type] !== 0;
  if (view.getUint8(req.data + 3) !== 0 || nhm.scope !== 0) return refuse(extack, 'Invalid values in ancillary header');
  if ((nhm.flags & ~RTNH_F_ONLINK) !== 0) return refuse(extack, 'Invalid nexthop flags in ancillary header');
  if (nhm.family !== AF_INET && nhm.family !== AF_INET6 && !(nhm.family === AF_UNSPEC && has(NHA_GROUP))) return refuse(extack, 'Invalid address family');
  cfg.family = nhm.family;
  cfg.protocol = nhm.protocol;
  cfg.flags = nhm.flags;
  if (has(NHA_ID)) cfg.id = nlaGetU32(view, tb[NHA_ID]!);
  if (has(NHA_FDB)) {
    if (has(NHA_OIF) || has(NHA_BLACKHOLE) || has(NHA_ENCAP) || has(NHA_ENCAP_TYPE)) return refuse(extack, 'Fdb attribute can not be used with encap, oif or blackhole');
    if (nhm.flags !== 0) return refuse(extack, 'Unsupported nexthop flags in ancillary header');
    cfg.fdb = true;
  }
  if (has(NHA_GROUP)) {
    if (nhm.family !== AF_UNSPEC) return refuse(extack, 'Invalid family for group');
    if (has(NHA_GROUP_TYPE)) cfg.groupType = nlaGetU16(view, tb[NHA_GROUP_TYPE]!);
    if (cfg.groupType > NEXTHOP_GRP_TYPE_MAX) return refuse(extack, 'Invalid group type');
    err = readMembers(req, tb, cfg.groupType, cfg);
    if (err !== 0) return err;
    if (cfg.groupType === NEXTHOP_GRP_TYPE_RES) {
      err = readRes(req, tb[NHA_RES_GROUP]!, cfg);
      if (err !== 0) return err;
    }
    if (has(NHA_HW_STATS_ENABLE)) cfg.hwStats = nlaGetU32(view, tb[NHA_HW_STATS_ENABLE]!) !== 0;
    return 0;
  }
  if (has(NHA_BLACKHOLE)) {
    if (has(NHA_GATEWAY) || has(NHA_OIF) || has(NHA_ENCAP) || has(NHA_ENCAP_TYPE) || has(NHA_FDB)) {
      return refuse(extack, 'Blackhole attribute can not be used with gateway, oif, encap or fdb');
    }
    cfg.blackhole = true;
    return 0;
  }
  if (!cfg.fdb && !has(NHA_OIF)) return refuse(extack, 'Device attribute required for non-blackhole and non-fdb nexthops');
  if (has(NHA_OIF)) cfg.oif = nlaGetU32(view, tb[NHA_OIF]!);
  if (has(NHA_GATEWAY)) {
    const gw = tb[NHA_GATEWAY]!;
    if (nlaLen(view, gw) !== (nhm.family === AF_INET ? 4 : 16)) return refuse(extack, 'Invalid gateway');
    if (nhm.family === AF_INET) {
      cfg.gw = nlaGetInAddr(view, gw);
      if (cfg.gw !== 0) cfg.gwFamily = AF_INET;
    } else {
      cfg.gw6 = Int32Array.from([0, 4, 8, 12], (o) => view.getInt32(gw + 4 + o));
      if (cfg.gw6.some((x) => x !== 0)) cfg.gwFamily = AF_INET6;
    }
  } else if ((cfg.flags & RTNH_F_ONLINK) !== 0) {
    return refuse(extack, 'ONLINK flag can not be set for nexthop without a gateway');
  }
  if (has(NHA_ENCAP)) return refuse(extack, has(NHA_ENCAP_TYPE) ? 'lwt encapsulation type not supported' : 'LWT encapsulation type is missing', has(NHA_ENCAP_TYPE) ? -EOPNOTSUPP : -EINVAL);
  return has(NHA_ENCAP_TYPE) ? refuse(extack, 'LWT encapsulation attribute is missing') : 0;
}

/** The next id that nobody has. */
function findFreeId(nn: NexthopNet): number {
  const start = nn.lastIdAllocated;
  do {
    nn.lastIdAllocated = nn.lastIdAllocated === 0xffffffff ? 1 : nn.lastIdAllocated + 1;
    if (!nn.byId.has(nn.lastIdAllocated)) return nn.lastIdAllocated;
  } while (nn.lastIdAllocated !== start);
  return 0;
}

/** Makes the object of a request, in no table yet. */
function create(nn: NexthopNet, cfg: NewConfig, extack: Extack): Nexthop | number {
  const nh = new Nexthop(nn.net, cfg.id);
  nh.protocol = cfg.protocol;
  if (cfg.members !== null) {
    const group = new NhGroup(cfg.groupType, cfg.fdb);
    group.hwStats = cfg.hwStats ?? false;
    nh.group = group;
    return nh;
  }
  const nhi = new NhInfo(cfg.family, cfg.blackhole, cfg.fdb);
  nhi.nh = nh;
  nh.info = nhi;
  nh.flags = cfg.flags;
  const want: NhConfig = { dev: cfg.dev, gw: cfg.gw, gw6: cfg.gw6, gwFamily: cfg.gwFamily, flags: cfg.flags, fdb: cfg.fdb };
  nhi.dev = cfg.dev;
  nhi.gw = cfg.gw;
  nhi.gw6 = cfg.gw6;
  nhi.gwFamily = cfg.gwFamily;
  nhi.flags = cfg.flags;
  const family = nn.family(cfg.family);
  if (family === null && cfg.blackhole) return nh;
  if (family === null) return refuse(extack, 'Invalid address family');
  const err = family.create(nn.net, want, nhi, extack);
  return err !== 0 ? err : nh;
}

/** The members of a request as entries of a group. */
function entriesOf(parent: Nexthop, members: readonly Member[]): NhGrpEntry[] {
  return members.map((m) => new NhGrpEntry(m.nh, parent, m.weight));
}

/** Puts a single hop in another's place (replace_nexthop_single). */
function replaceSingle(nn: NexthopNet, old: Nexthop, neu: Nexthop, extack: Extack): number {
  const nhi = neu.info!;
  if (old.memberships.length > 0) {
    if (nhi.fdb !== old.info!.fdb) return refuse(extack, 'Cannot change nexthop FDB status while in a group');
    if (nhi.blackhole && old.memberships.some((e) => e.parent.group!.entries.length > 1)) {
      return refuse(extack, 'Blackhole nexthop can not be a member of a group with more than one path');
    }
  }
  const gone = old.info!;
  nexthopDevhashDel(nn, old);
  old.info = nhi;
  nhi.nh = old;
  old.protocol = neu.protocol;
  old.flags = neu.flags;
  nexthopDevhashAdd(nn, old);
  nexthopUsersChanged(nn, old);
  nhInfoRelease(nn, gone);
  return 0;
}

/** Gives a group other members (replace_nexthop_grp). */
function replaceGroup(nn: NexthopNet, old: Nexthop, cfg: NewConfig, neu: Nexthop, extack: Extack): number {
  const group = old.group!;
  if (group.type !== cfg.groupType) return refuse(extack, 'Can not replace a nexthop group with one of a different type.');
  const { res } = group;
  if (res !== null) {
    if (cfg.numBuckets !== null && cfg.numBuckets !== res.buckets.length) return refuse(extack, 'Can not change number of buckets of a resilient nexthop group.');
    if (cfg.idleTimer !== null) res.idleTimer = cfg.idleTimer;
    if (cfg.unbalancedTimer !== null) res.unbalancedTimer = cfg.unbalancedTimer;
  }
  const next = group.fdb === neu.group!.fdb ? group : new NhGroup(group.type, neu.group!.fdb);
  if (next !== group) {
    next.entries = group.entries;
    next.res = res;
    old.group = next;
  }
  if (cfg.hwStats !== null) next.hwStats = cfg.hwStats;
  nhGroupSetEntries(old, entriesOf(old, cfg.members!));
  if (res !== null) nhResTimersChanged(old, res);
  // Who made a group stays as it was.
  nexthopUsersChanged(nn, old);
  return 0;
}

/** Puts what `neu` says into `old` (replace_nexthop). */
function replaceNexthop(nn: NexthopNet, old: Nexthop, neu: Nexthop, cfg: NewConfig, extack: Extack): number {
  if (old.group !== null && neu.group === null) return refuse(extack, 'Can not replace a nexthop group with a nexthop.');
  if (old.group === null && neu.group !== null) return refuse(extack, 'Can not replace a nexthop with a nexthop group.');
  return old.group === null ? replaceSingle(nn, old, neu, extack) : replaceGroup(nn, old, cfg, neu, extack);
}

function newNexthop(net: Net, req: NlRequest): number {
  const nn = net.get(NEXTHOP);
  const { extack } = req;
  const cfg = new NewConfig();
  let err = readConfig(req, cfg);
  if (err !== 0) return err;
  const replace = (req.flags & NLM_F_REPLACE) !== 0;
  if (replace && cfg.id === 0) return refuse(extack, 'Replace requires nexthop id');
  err = findNamed(nn, cfg, extack);
  if (err !== 0) return err;
  if (cfg.id === 0) {
    cfg.id = findFreeId(nn);
    if (cfg.id === 0) return refuse(extack, 'No unused id');
  }
  const neu = create(nn, cfg, extack);
  if (typeof neu === 'number') return neu;
  const old = nn.byId.get(cfg.id);
  if (old !== undefined) {
    if (!replace) {
      err = -EEXIST;
    } else {
      err = nexthopCheckUsers(nn, old, withMembers(neu, cfg), extack);
      if (err === 0) err = replaceNexthop(nn, old, neu, cfg, extack);
    }
    if (err !== 0) {
      if (neu.info !== null) nhInfoRelease(nn, neu.info);
      return err;
    }
    nn.touch();
    nn.notify(RTM_NEWNEXTHOP, old, req);
    if (nn.compatMode) nexthopReplaceNotify(nn, old, req);
    return 0;
  }
  if (replace && (req.flags & NLM_F_CREATE) === 0) err = refuse(extack, 'Replace specified without create and no entry exists', -ENOENT);
  else if (neu.group !== null && cfg.groupType === NEXTHOP_GRP_TYPE_RES && cfg.numBuckets === null) {
    err = refuse(extack, 'Number of buckets not specified for nexthop group insertion');
  }
  if (err !== 0) {
    if (neu.info !== null) nhInfoRelease(nn, neu.info);
    return err;
  }
  if (neu.group !== null) {
    if (cfg.groupType === NEXTHOP_GRP_TYPE_RES) {
      neu.group.res = new NhResTable(nn, neu, cfg.numBuckets!, cfg.idleTimer ?? clockTToJiffies(RES_DEFAULT_IDLE), cfg.unbalancedTimer ?? 0);
    }
    nhGroupSetEntries(neu, entriesOf(neu, cfg.members!));
  } else {
    nexthopDevhashAdd(nn, neu);
  }
  nn.byId.set(neu.id, neu);
  nn.touch();
  nn.notify(RTM_NEWNEXTHOP, neu, req);
  return 0;
}

/** A look at a group with its members before they know of it. */
function withMembers(nh: Nexthop, cfg: NewConfig): Nexthop {
  if (nh.group !== null) nh.group.entries = entriesOf(nh, cfg.members!);
  return nh;
}

// ---- get and delete -----------------------------------------------------------------------------------------------------------------------------------

/** The id that a request names, or 0 and why not (nh_valid_get_del_req). */
function idOf(req: NlRequest, tb: Int32Array): number {
  const nhm = nhmsgRead(req.view, req.data);
  if (nhm.protocol !== 0 || nhm.scope !== 0 || nhm.flags !== 0 || req.view.getUint8(req.data + 3) !== 0) {
    nlSetErrMsg(req.extack, 'Invalid values in header');
    return 0;
  }
  if (tb[NHA_ID] === 0) {
    nlSetErrMsg(req.extack, 'Nexthop id is missing');
    return 0;
  }
  const id = nlaGetU32(req.view, tb[NHA_ID]!);
  if (id === 0) nlSetErrMsg(req.extack, 'Invalid nexthop id');
  return id;
}

function delNexthop(net: Net, req: NlRequest): number {
  const tb = new Int32Array(NHA_ID + 1);
  const err = nlmsgParse(req, NHMSG_LEN, tb, DEL_POLICY, NL_VALIDATE_STRICT);
  if (err !== 0) return err;
  const id = idOf(req, tb);
  if (id === 0) return -EINVAL;
  const nn = net.get(NEXTHOP);
  const nh = nn.byId.get(id);
  if (nh === undefined) return -ENOENT;
  removeNexthop(nn, nh, req, true);
  return 0;
}

function getNexthop(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(NHA_OP_FLAGS + 1);
  const err = nlmsgParse(req, NHMSG_LEN, tb, GET_POLICY, NL_VALIDATE_STRICT);
  if (err !== 0) return err;
  const id = idOf(req, tb);
  if (id === 0) return -EINVAL;
  const nh = net.get(NEXTHOP).byId.get(id);
  if (nh === undefined) return -ENOENT;
  nlmsgReplyBegin(reply, req, RTM_NEWNEXTHOP);
  const ret = fillNode(reply, nh, tb[NHA_OP_FLAGS] === 0 ? 0 : nlaGetU32(req.view, tb[NHA_OP_FLAGS]!));
  return ret < 0 ? ret : 0;
}

/** What a dump asks for (struct nh_dump_filter). */
interface Filter {
  family: number;
  oif: number;
  master: number;
  groups: boolean;
  opFlags: number;
}

/** The parts of a filter that both dumps know; -EINVAL for numbers that no device has. */
function readFilter(req: NlRequest, tb: Int32Array, f: Filter): number {
  const { view, extack } = req;
  if (tb[NHA_OIF] !== 0) {
    f.oif = nlaGetU32(view, tb[NHA_OIF]!);
    if (f.oif > 0x7fffffff) return refuse(extack, 'Invalid device index');
  }
  if (tb[NHA_MASTER] !== 0) {
    f.master = nlaGetU32(view, tb[NHA_MASTER]!);
    if (f.master > 0x7fffffff) return refuse(extack, 'Invalid master device index');
  }
  const nhm = nhmsgRead(view, req.data);
  f.family = nhm.family;
  if (nhm.protocol !== 0 || nhm.scope !== 0 || nhm.flags !== 0 || view.getUint8(req.data + 3) !== 0) return refuse(extack, 'Invalid values in header for nexthop dump request');
  return 0;
}

/** Is an object left out of a dump? (nh_dump_filtered) */
function filtered(nh: Nexthop, f: Filter): boolean {
  if (f.groups && nh.group === null) return true;
  if (f.oif === 0 && f.master === 0 && f.family === AF_UNSPEC) return false;
  if (nh.group !== null) return true;
  const nhi = nh.info!;
  if (f.oif !== 0 && nhi.dev?.ifindex !== f.oif) return true;
  if (f.master !== 0 && nhi.dev?.master?.ifindex !== f.master) return true;
  return f.family !== AF_UNSPEC && nhi.family !== f.family;
}

function dumpNexthops(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const f: Filter = { family: 0, oif: 0, master: 0, groups: false, opFlags: 0 };
  const tb = new Int32Array(NHA_OP_FLAGS + 1);
  const err = nlmsgParse(req, NHMSG_LEN, tb, DUMP_POLICY, NL_VALIDATE_STRICT) || readFilter(req, tb, f);
  if (err !== 0) return err;
  f.groups = tb[NHA_GROUPS] !== 0;
  if (tb[NHA_OP_FLAGS] !== 0) f.opFlags = nlaGetU32(req.view, tb[NHA_OP_FLAGS]!);
  const nn = net.get(NEXTHOP);
  cb.seq = nn.seq;
  return dumpById(nn.all(), cb, (nh) => {
    if (filtered(nh, f)) return 0;
    nlDumpBegin(w, cb, RTM_NEWNEXTHOP);
    return fillNode(w, nh, f.opFlags);
  });
}

/** Goes on behind the last id that was written: objects may come and go meanwhile. */
function dumpById(all: readonly Nexthop[], cb: NlDump, fill: (nh: Nexthop) => number): number {
  for (const nh of all) {
    if (nh.id < cb.i) continue;
    const ret = fill(nh);
    if (ret < 0) return ret;
    cb.i = nh.id + 1;
    cb.j = 0;
  }
  return 0;
}

// ---- buckets ------------------------------------------------------------------------------------------------------------------------------------------

/** The resilient group with this id, or a negative errno. */
function resGroup(nn: NexthopNet, id: number, extack: Extack | null): { nh: Nexthop; res: NhResTable } | number {
  const nh = nn.byId.get(id);
  if (nh === undefined) return -ENOENT;
  if (nh.group === null) return refuse(extack, 'Not a nexthop group');
  if (nh.group.res === null) return refuse(extack, 'Nexthop group not of type resilient');
  return { nh, res: nh.group.res };
}

function getBucket(net: Net, req: NlRequest, reply: NlWriter): number {
  const { extack } = req;
  const tb = new Int32Array(NHA_RES_BUCKET + 1);
  let err = nlmsgParse(req, NHMSG_LEN, tb, GET_BUCKET_POLICY, NL_VALIDATE_STRICT);
  if (err !== 0) return err;
  const id = idOf(req, tb);
  if (id === 0) return -EINVAL;
  if (tb[NHA_RES_BUCKET] === 0) return refuse(extack, 'Bucket information is missing');
  const tb2 = new Int32Array(NHA_RES_BUCKET_INDEX + 1);
  err = nlaParseNestedPolicy(req, tb[NHA_RES_BUCKET]!, tb2, BUCKET_INDEX_POLICY, NL_VALIDATE_STRICT);
  if (err !== 0) return err;
  if (tb2[NHA_RES_BUCKET_INDEX] === 0) return refuse(extack, 'Bucket index is missing');
  const index = nlaGetU16(req.view, tb2[NHA_RES_BUCKET_INDEX]!);
  const found = resGroup(net.get(NEXTHOP), id, extack);
  if (typeof found === 'number') return found;
  if (index >= found.res.buckets.length) return refuse(extack, 'Bucket index out of bounds', -ENOENT);
  nlmsgReplyBegin(reply, req, RTM_NEWNEXTHOPBUCKET);
  const ret = fillBucket(reply, found.nh, found.res, index);
  return ret < 0 ? ret : 0;
}

function dumpBuckets(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const { view, extack } = req;
  const nn = net.get(NEXTHOP);
  const f: Filter = { family: 0, oif: 0, master: 0, groups: false, opFlags: 0 };
  const tb = new Int32Array(NHA_RES_BUCKET + 1);
  if (nlreqLen(req) < NHMSG_LEN) return -EINVAL;
  const at = req.data + NHMSG_LEN;
  // Linux gives no reason for what this finds.
  let err = nlaParsePolicy(view, at, req.end - at, tb, NHA_RES_BUCKET, DUMP_BUCKET_POLICY, NL_VALIDATE_STRICT, null);
  if (err !== 0) return err;
  let id = 0;
  let nhId = 0;
  if (tb[NHA_ID] !== 0) {
    id = nlaGetU32(view, tb[NHA_ID]!);
    if (id === 0) return refuse(extack, 'Invalid nexthop id');
  }
  if (tb[NHA_RES_BUCKET] !== 0) {
    const tb2 = new Int32Array(NHA_RES_BUCKET_NH_ID + 1);
    err = nlaParseNestedPolicy(req, tb[NHA_RES_BUCKET]!, tb2, BUCKET_NH_POLICY, NL_VALIDATE_STRICT);
    if (err !== 0) return err;
    if (tb2[NHA_RES_BUCKET_NH_ID] !== 0) {
      nhId = nlaGetU32(view, tb2[NHA_RES_BUCKET_NH_ID]!);
      if (nhId === 0) return refuse(extack, 'Invalid nexthop id');
    }
  }
  err = readFilter(req, tb, f);
  if (err !== 0) return err;
  f.family = AF_UNSPEC;
  let list = nn.all();
  if (id !== 0) {
    const found = resGroup(nn, id, extack);
    if (typeof found === 'number') return found;
    list = [found.nh];
  }
  cb.seq = nn.seq;
  return dumpById(list, cb, (nh) => {
    const res = nh.group?.res ?? null;
    if (res === null) return 0;
    return rtnlDump(res.buckets.keys(), w, { get i() { return cb.j; }, set i(v) { cb.j = v; } }, (index) => {
      const entry = res.buckets[index]!.entry;
      if (nhId !== 0 && entry?.nh.id !== nhId) return 0;
      if (entry !== null && filtered(entry.nh, f)) return 0;
      nlDumpBegin(w, cb, RTM_NEWNEXTHOPBUCKET);
      return fillBucket(w, nh, res, index);
    });
  });
}

/** Registers the messages about nexthop objects. */
export function nexthopNetlinkInit(k: Kernel): void {
  rtnlRegister(k, AF_UNSPEC, RTM_NEWNEXTHOP, { doit: newNexthop });
  rtnlRegister(k, AF_UNSPEC, RTM_DELNEXTHOP, { doit: delNexthop });
  rtnlRegister(k, AF_UNSPEC, RTM_GETNEXTHOP, { doit: getNexthop, dumpit: dumpNexthops });
  rtnlRegister(k, AF_UNSPEC, RTM_GETNEXTHOPBUCKET, { doit: getBucket, dumpit: dumpBuckets });
}

/** Gives a namespace its nexthop objects. */
export function nexthopNetInit(net: Net): void {
  const nn = new NexthopNet(net);
  nn.notify = makeNotify(net);
  nn.notifyBucket = makeNotifyBucket(net);
  net.set(NEXTHOP, nn);
}
