/** The kind `bridge` of rtnetlink: IFLA_BR_* of bridges and IFLA_BRPORT_* of ports (br_netlink.c). */
// datapath-ok-file: configuration
import { clockTToJiffies, EADDRNOTAVAIL, EBUSY, EINVAL, EPROTONOSUPPORT, jiffiesToClockT, type Net, timerPending } from '@linnet/kernel';
import { type NetDevice, registerNetdevice } from '@linnet/netdev';
import {
  NLA_BE16, NLA_BINARY, NLA_FLAG, NLA_NESTED, NLA_U16, NLA_U32, NLA_U64, NLA_U8, nlSetErrMsg, nlSetErrMsgAttr, type Extack, type NlaPolicy, type NlaPolicyTable, type RtnlLinkOps, type RtnlLinkParams,
} from '@linnet/netlink';
import * as U from '@linnet/uapi';
import {
  BR_GROUPFWD_RESTRICTED, type Bridge, brGet, brPortGet, brTimerValue,
} from './br.ts';
import { brDevSetup } from './br-device.ts';
import { brFdbOps } from './br-fdb-netlink.ts';
import { brFillPortsInfo, brLinkBridgeOps } from './br-setlink.ts';
import { BRPORT_POLICY, brSetport } from './br-setport.ts';
import { brDevDelete} from './br-if.ts';
import { putBridgeId } from './br-ifinfo.ts';
import { mcastSetQuerier, mcastSetRouter, mcastSetVersion, mcastToggle } from './br-mcast.ts';
import type { Mcast, McastFamily } from './br-mcast-ctx.ts';
import { brMdbOps } from './br-mdb.ts';
import {
  brFlushLearned, brSetAgeingTime, brSetForwardDelay, brSetHelloTime, brSetMaxAge, brStpChangeBridgeId, brStpSetBridgePriority, brStpSetEnabled, } from './br-stp-if.ts';
import { brRecalculateFwdMask, brVlanFilterToggle, brVlanSetDefaultPvid, brVlanSetProto, brVlanSetStatsPerPort, mcastToggleVlanSnooping } from './br-vlan.ts';

const u8: NlaPolicy = { type: NLA_U8 };
const u16: NlaPolicy = { type: NLA_U16 };
const u32: NlaPolicy = { type: NLA_U32 };
const u64: NlaPolicy = { type: NLA_U64 };

/** br_policy. */
export const BR_POLICY: NlaPolicyTable = {
  maxtype: U.IFLA_BR_MAX,
  strictStart: U.IFLA_BR_FDB_N_LEARNED,
  rules: {
    [U.IFLA_BR_FORWARD_DELAY]: u32, [U.IFLA_BR_HELLO_TIME]: u32, [U.IFLA_BR_MAX_AGE]: u32, [U.IFLA_BR_AGEING_TIME]: u32, [U.IFLA_BR_STP_STATE]: u32, [U.IFLA_BR_PRIORITY]: u16,
    [U.IFLA_BR_VLAN_FILTERING]: u8, [U.IFLA_BR_VLAN_PROTOCOL]: { type: NLA_BE16 }, [U.IFLA_BR_GROUP_FWD_MASK]: u16, [U.IFLA_BR_GROUP_ADDR]: { type: NLA_BINARY, len: 6 },
    [U.IFLA_BR_MCAST_ROUTER]: u8, [U.IFLA_BR_MCAST_SNOOPING]: u8, [U.IFLA_BR_MCAST_QUERY_USE_IFADDR]: u8, [U.IFLA_BR_MCAST_QUERIER]: u8, [U.IFLA_BR_MCAST_HASH_ELASTICITY]: u32,
    [U.IFLA_BR_MCAST_HASH_MAX]: u32, [U.IFLA_BR_MCAST_LAST_MEMBER_CNT]: u32, [U.IFLA_BR_MCAST_STARTUP_QUERY_CNT]: u32, [U.IFLA_BR_MCAST_LAST_MEMBER_INTVL]: u64,
    [U.IFLA_BR_MCAST_MEMBERSHIP_INTVL]: u64, [U.IFLA_BR_MCAST_QUERIER_INTVL]: u64, [U.IFLA_BR_MCAST_QUERY_INTVL]: u64, [U.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL]: u64,
    [U.IFLA_BR_MCAST_STARTUP_QUERY_INTVL]: u64, [U.IFLA_BR_NF_CALL_IPTABLES]: u8, [U.IFLA_BR_NF_CALL_IP6TABLES]: u8, [U.IFLA_BR_NF_CALL_ARPTABLES]: u8, [U.IFLA_BR_VLAN_DEFAULT_PVID]: u16,
    [U.IFLA_BR_VLAN_STATS_ENABLED]: u8, [U.IFLA_BR_MCAST_STATS_ENABLED]: u8, [U.IFLA_BR_MCAST_IGMP_VERSION]: u8, [U.IFLA_BR_MCAST_MLD_VERSION]: u8, [U.IFLA_BR_VLAN_STATS_PER_PORT]: u8,
    [U.IFLA_BR_MULTI_BOOLOPT]: { type: NLA_BINARY, len: 8, exact: true }, [U.IFLA_BR_FDB_N_LEARNED]: { type: 17 }, [U.IFLA_BR_FDB_MAX_LEARNED]: u32, [U.IFLA_BR_FDB_FLUSH]: { type: NLA_FLAG },
    [U.IFLA_BR_MCAST_QUERIER_STATE]: { type: NLA_NESTED },
  },
};

function refuse(extack: Extack | null, errno: number, msg: string, nla: number = 0): number {
  if (nla === 0) nlSetErrMsg(extack, msg);
  else nlSetErrMsgAttr(extack, nla, msg);
  return -errno;
}

/** An interval in hundredths of a second, as ticks. */
const ticks = (view: DataView, nla: number): number => clockTToJiffies(U.nlaGetU64(view, nla));

function setMulticast(br: Bridge, view: DataView, data: Int32Array): number {
  const at = (t: number): number => data[t]!;
  const ctx = br.mcast;
  let err = 0;
  if (at(U.IFLA_BR_MCAST_ROUTER) !== 0) {
    err = mcastSetRouter(ctx, U.nlaGetU8(view, at(U.IFLA_BR_MCAST_ROUTER)));
    if (err < 0) return err;
  }
  if (at(U.IFLA_BR_MCAST_SNOOPING) !== 0) {
    err = mcastToggle(br, U.nlaGetU8(view, at(U.IFLA_BR_MCAST_SNOOPING)) !== 0);
    if (err < 0) return err;
  }
  if (at(U.IFLA_BR_MCAST_QUERY_USE_IFADDR) !== 0) br.mcastQueryUseIfaddr = U.nlaGetU8(view, at(U.IFLA_BR_MCAST_QUERY_USE_IFADDR)) !== 0;
  if (at(U.IFLA_BR_MCAST_QUERIER) !== 0) {
    err = mcastSetQuerier(ctx, U.nlaGetU8(view, at(U.IFLA_BR_MCAST_QUERIER)) !== 0);
    if (err < 0) return err;
  }
  if (at(U.IFLA_BR_MCAST_HASH_ELASTICITY) !== 0) {
    br.kernel.log.warn(`${br.dev.name}: the hash_elasticity option has been deprecated and is always 16`);
  }
  if (at(U.IFLA_BR_MCAST_HASH_MAX) !== 0) br.mcastHashMax = U.nlaGetU32(view, at(U.IFLA_BR_MCAST_HASH_MAX));
  if (at(U.IFLA_BR_MCAST_LAST_MEMBER_CNT) !== 0) ctx.lastMemberCount = U.nlaGetU32(view, at(U.IFLA_BR_MCAST_LAST_MEMBER_CNT));
  if (at(U.IFLA_BR_MCAST_STARTUP_QUERY_CNT) !== 0) ctx.startupQueryCount = U.nlaGetU32(view, at(U.IFLA_BR_MCAST_STARTUP_QUERY_CNT));
  if (at(U.IFLA_BR_MCAST_LAST_MEMBER_INTVL) !== 0) ctx.lastMemberInterval = ticks(view, at(U.IFLA_BR_MCAST_LAST_MEMBER_INTVL));
  if (at(U.IFLA_BR_MCAST_MEMBERSHIP_INTVL) !== 0) ctx.membershipInterval = ticks(view, at(U.IFLA_BR_MCAST_MEMBERSHIP_INTVL));
  if (at(U.IFLA_BR_MCAST_QUERIER_INTVL) !== 0) ctx.querierInterval = ticks(view, at(U.IFLA_BR_MCAST_QUERIER_INTVL));
  // Intervals below a second would flood the network with queries.
  if (at(U.IFLA_BR_MCAST_QUERY_INTVL) !== 0) ctx.queryInterval = Math.max(ticks(view, at(U.IFLA_BR_MCAST_QUERY_INTVL)), 1000);
  if (at(U.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL) !== 0) ctx.queryResponseInterval = ticks(view, at(U.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL));
  if (at(U.IFLA_BR_MCAST_STARTUP_QUERY_INTVL) !== 0) ctx.startupQueryInterval = Math.max(ticks(view, at(U.IFLA_BR_MCAST_STARTUP_QUERY_INTVL)), 1000);
  if (at(U.IFLA_BR_MCAST_STATS_ENABLED) !== 0) br.mcastStatsEnabled = U.nlaGetU8(view, at(U.IFLA_BR_MCAST_STATS_ENABLED)) !== 0;
  if (at(U.IFLA_BR_MCAST_IGMP_VERSION) !== 0) {
    err = mcastSetVersion(ctx, false, U.nlaGetU8(view, at(U.IFLA_BR_MCAST_IGMP_VERSION)));
    if (err < 0) return err;
  }
  if (at(U.IFLA_BR_MCAST_MLD_VERSION) !== 0) {
    err = mcastSetVersion(ctx, true, U.nlaGetU8(view, at(U.IFLA_BR_MCAST_MLD_VERSION)));
    if (err < 0) return err;
  }
  return 0;
}

/** The options that share one attribute: values and a mask of those that are meant (br_boolopt_multi_toggle). */
function setBoolopts(br: Bridge, value: number, mask: number, extack: Extack): number {
  const bit = (n: number): boolean => (value & (1 << n)) !== 0;
  const meant = (n: number): boolean => (mask & (1 << n)) !== 0;
  if (meant(U.BR_BOOLOPT_NO_LL_LEARN)) br.noLlLearn = bit(U.BR_BOOLOPT_NO_LL_LEARN);
  if (meant(U.BR_BOOLOPT_MCAST_VLAN_SNOOPING)) {
    const err = mcastToggleVlanSnooping(br, bit(U.BR_BOOLOPT_MCAST_VLAN_SNOOPING), extack);
    if (err < 0) return err;
  }
  if (meant(U.BR_BOOLOPT_MST_ENABLE)) {
    if (br.mstEnabled !== bit(U.BR_BOOLOPT_MST_ENABLE) && br.ports.some((p) => p.vlans.vlans.size > 0)) return refuse(extack, EBUSY, "bridge: MST mode can't be changed while VLANs exist");
    br.mstEnabled = bit(U.BR_BOOLOPT_MST_ENABLE);
  }
  if (meant(U.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION)) br.mdbOffloadFailNotification = bit(U.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION);
  if (meant(U.BR_BOOLOPT_FDB_LOCAL_VLAN_0)) br.fdbLocalVlan0 = bit(U.BR_BOOLOPT_FDB_LOCAL_VLAN_0);
  return 0;
}

/** Applies IFLA_BR_* in the kernel's order; what went before a failure stays (br_changelink). */
function changelink(dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const br = brGet(dev)!;
  const { data } = p;
  const { view, u8: bytes } = p.req;
  const at = (t: number): number => data[t]!;
  const time = (t: number): number => clockTToJiffies(U.nlaGetU32(view, at(t)));
  let err = 0;
  if (at(U.IFLA_BR_FORWARD_DELAY) !== 0 && (err = brSetForwardDelay(br, time(U.IFLA_BR_FORWARD_DELAY))) < 0) return err;
  if (at(U.IFLA_BR_HELLO_TIME) !== 0 && (err = brSetHelloTime(br, time(U.IFLA_BR_HELLO_TIME))) < 0) return err;
  if (at(U.IFLA_BR_MAX_AGE) !== 0 && (err = brSetMaxAge(br, time(U.IFLA_BR_MAX_AGE))) < 0) return err;
  if (at(U.IFLA_BR_AGEING_TIME) !== 0) brSetAgeingTime(br, time(U.IFLA_BR_AGEING_TIME));
  if (at(U.IFLA_BR_STP_STATE) !== 0) brStpSetEnabled(br, U.nlaGetU32(view, at(U.IFLA_BR_STP_STATE)) !== 0);
  if (at(U.IFLA_BR_PRIORITY) !== 0) brStpSetBridgePriority(br, U.nlaGetU16(view, at(U.IFLA_BR_PRIORITY)));
  if (at(U.IFLA_BR_VLAN_FILTERING) !== 0) brVlanFilterToggle(br, U.nlaGetU8(view, at(U.IFLA_BR_VLAN_FILTERING)) !== 0);
  if (at(U.IFLA_BR_VLAN_PROTOCOL) !== 0 && (err = brVlanSetProto(br, U.nlaGetBe16(view, at(U.IFLA_BR_VLAN_PROTOCOL)))) < 0) return err;
  if (at(U.IFLA_BR_VLAN_DEFAULT_PVID) !== 0 && (err = brVlanSetDefaultPvid(br, U.nlaGetU16(view, at(U.IFLA_BR_VLAN_DEFAULT_PVID)))) < 0) return err;
  if (at(U.IFLA_BR_VLAN_STATS_ENABLED) !== 0) {
    const n = U.nlaGetU8(view, at(U.IFLA_BR_VLAN_STATS_ENABLED));
    if (n > 1) return -EINVAL;
    br.vlanStatsEnabled = n === 1;
  }
  if (at(U.IFLA_BR_VLAN_STATS_PER_PORT) !== 0 && (err = brVlanSetStatsPerPort(br, U.nlaGetU8(view, at(U.IFLA_BR_VLAN_STATS_PER_PORT)))) < 0) return err;
  if (at(U.IFLA_BR_GROUP_FWD_MASK) !== 0) {
    const mask = U.nlaGetU16(view, at(U.IFLA_BR_GROUP_FWD_MASK));
    if ((mask & BR_GROUPFWD_RESTRICTED) !== 0) return -EINVAL;
    br.groupFwdMask = mask;
  }
  if (at(U.IFLA_BR_GROUP_ADDR) !== 0) {
    if (U.nlaLen(view, at(U.IFLA_BR_GROUP_ADDR)) !== 6) return -EINVAL;
    err = brSetGroupAddr(br, bytes, at(U.IFLA_BR_GROUP_ADDR) + 4);
    if (err < 0) return err;
  }
  if (at(U.IFLA_BR_FDB_FLUSH) !== 0) brFlushLearned(br, null);
  err = setMulticast(br, view, data);
  if (err < 0) return err;
  if (at(U.IFLA_BR_NF_CALL_IPTABLES) !== 0) br.nfCallIptables = U.nlaGetU8(view, at(U.IFLA_BR_NF_CALL_IPTABLES)) !== 0;
  if (at(U.IFLA_BR_NF_CALL_IP6TABLES) !== 0) br.nfCallIp6tables = U.nlaGetU8(view, at(U.IFLA_BR_NF_CALL_IP6TABLES)) !== 0;
  if (at(U.IFLA_BR_NF_CALL_ARPTABLES) !== 0) br.nfCallArptables = U.nlaGetU8(view, at(U.IFLA_BR_NF_CALL_ARPTABLES)) !== 0;
  if (at(U.IFLA_BR_MULTI_BOOLOPT) !== 0) {
    const o = at(U.IFLA_BR_MULTI_BOOLOPT) + 4;
    err = setBoolopts(br, view.getUint32(o, true), view.getUint32(o + 4, true), extack);
    if (err < 0) return err;
  }
  if (at(U.IFLA_BR_FDB_MAX_LEARNED) !== 0) br.fdbMaxLearned = U.nlaGetU32(view, at(U.IFLA_BR_FDB_MAX_LEARNED));
  return 0;
}

/** The address of the spanning tree's messages: one that bridges never forward, but not those of other protocols. */
export function brSetGroupAddr(br: Bridge, u: Uint8Array, o: number): number {
  const linkLocal = u[o] === 0x01 && u[o + 1] === 0x80 && u[o + 2] === 0xc2 && u[o + 3] === 0 && u[o + 4] === 0 && (u[o + 5]! & 0xf0) === 0;
  const last = u[o + 5]!;
  if (!linkLocal || last === 1 || last === 2 || last === 3) return -EINVAL;
  for (let i = 0; i < 6; i++) br.groupAddr[i] = u[o + i]!;
  br.groupAddrSet = true;
  brRecalculateFwdMask(br);
  return 0;
}

function validate(tb: Int32Array, data: Int32Array, p: RtnlLinkParams): number {
  const { view, u8: bytes } = p.req;
  const addr = tb[U.IFLA_ADDRESS]!;
  if (addr !== 0) {
    if (U.nlaLen(view, addr) !== 6) return -EINVAL;
    if (!U.isValidEtherAddr(bytes, addr + 4)) return -EADDRNOTAVAIL;
  }
  const proto = data[U.IFLA_BR_VLAN_PROTOCOL] ?? 0;
  if (proto !== 0) {
    const n = U.nlaGetBe16(view, proto);
    if (n !== U.ETH_P_8021Q && n !== U.ETH_P_8021AD) return -EPROTONOSUPPORT;
  }
  const pvid = data[U.IFLA_BR_VLAN_DEFAULT_PVID] ?? 0;
  if (pvid !== 0 && U.nlaGetU16(view, pvid) >= 4095) return -EINVAL;
  return 0;
}

function newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const err = registerNetdevice(dev);
  if (err < 0) return err;
  if (p.tb[U.IFLA_ADDRESS] !== 0) brStpChangeBridgeId(brGet(dev)!, dev.devAddr);
  const bad = changelink(dev, p, extack);
  if (bad < 0) brDevDelete(dev);
  return bad;
}

/** IFLA_BR_MCAST_QUERIER_STATE, and of one VLAN: who asks for members (br_multicast_dump_querier_state). */
export function putQuerierState(w: U.NlWriter, ctx: Mcast, type: number): void {
  const br = ctx.br!;
  const one = (f: McastFamily): boolean => {
    const other = timerPending(f.otherTimer);
    return f.querier.some((n) => n !== 0) && (other || ctx.querier);
  };
  if (!br.mcastEnabled || (!one(ctx.ip4) && !one(ctx.ip6))) return;
  w.nestStart(type);
  for (const f of [ctx.ip4, ctx.ip6]) {
    if (!one(f)) continue;
    if (f.v6) w.putIn6Addr(U.BRIDGE_QUERIER_IPV6_ADDRESS, f.querier);
    else w.putInAddr(U.BRIDGE_QUERIER_IP_ADDRESS, f.querier[0]!);
    if (!timerPending(f.otherTimer)) continue;
    w.putU64(f.v6 ? U.BRIDGE_QUERIER_IPV6_OTHER_TIMER : U.BRIDGE_QUERIER_IP_OTHER_TIMER, brTimerValue(br.kernel, f.otherTimer));
    if (f.querierPort !== 0) w.putU32(f.v6 ? U.BRIDGE_QUERIER_IPV6_PORT : U.BRIDGE_QUERIER_IP_PORT, f.querierPort);
  }
  w.nestEnd();
}

/** IFLA_BR_* in the kernel's order (br_fill_info). */
function fillInfo(w: U.NlWriter, dev: NetDevice): number {
  const br = brGet(dev)!;
  const k = br.kernel;
  const ctx = br.mcast;
  const bool = (type: number, on: boolean): void => w.putU8(type, on ? 1 : 0);
  w.putU64(U.IFLA_BR_HELLO_TIMER, brTimerValue(k, br.helloTimer));
  w.putU64(U.IFLA_BR_TCN_TIMER, brTimerValue(k, br.tcnTimer));
  w.putU64(U.IFLA_BR_TOPOLOGY_CHANGE_TIMER, brTimerValue(k, br.topologyChangeTimer));
  w.putU64(U.IFLA_BR_GC_TIMER, brTimerValue(k, br.gcTimer));
  w.putU32(U.IFLA_BR_FORWARD_DELAY, jiffiesToClockT(br.forwardDelay));
  w.putU32(U.IFLA_BR_HELLO_TIME, jiffiesToClockT(br.helloTime));
  w.putU32(U.IFLA_BR_MAX_AGE, jiffiesToClockT(br.maxAge));
  w.putU32(U.IFLA_BR_AGEING_TIME, jiffiesToClockT(br.ageingTime));
  w.putU32(U.IFLA_BR_STP_STATE, br.stpEnabled);
  w.putU16(U.IFLA_BR_PRIORITY, br.bridgeId.prio);
  bool(U.IFLA_BR_VLAN_FILTERING, br.vlanEnabled);
  w.putU16(U.IFLA_BR_GROUP_FWD_MASK, br.groupFwdMask);
  putBridgeId(w, U.IFLA_BR_BRIDGE_ID, br.bridgeId);
  putBridgeId(w, U.IFLA_BR_ROOT_ID, br.designatedRoot);
  w.putU16(U.IFLA_BR_ROOT_PORT, br.rootPort);
  w.putU32(U.IFLA_BR_ROOT_PATH_COST, br.rootPathCost);
  w.putU8(U.IFLA_BR_TOPOLOGY_CHANGE, br.topologyChange);
  w.putU8(U.IFLA_BR_TOPOLOGY_CHANGE_DETECTED, br.topologyChangeDetected);
  w.putBytes(U.IFLA_BR_GROUP_ADDR, br.groupAddr);
  const opt = w.reserveAttr(U.IFLA_BR_MULTI_BOOLOPT, 8);
  w.view.setUint32(opt, brBoolopts(br), true);
  w.view.setUint32(opt + 4, (1 << U.BR_BOOLOPT_MAX) - 1, true);
  w.putU32(U.IFLA_BR_FDB_N_LEARNED, br.fdb.learned);
  w.putU32(U.IFLA_BR_FDB_MAX_LEARNED, br.fdbMaxLearned);
  w.putBe16(U.IFLA_BR_VLAN_PROTOCOL, br.vlanProto);
  w.putU16(U.IFLA_BR_VLAN_DEFAULT_PVID, br.defaultPvid);
  bool(U.IFLA_BR_VLAN_STATS_ENABLED, br.vlanStatsEnabled);
  bool(U.IFLA_BR_VLAN_STATS_PER_PORT, br.vlanStatsPerPort);
  w.putU8(U.IFLA_BR_MCAST_ROUTER, ctx.router);
  bool(U.IFLA_BR_MCAST_SNOOPING, br.mcastEnabled);
  bool(U.IFLA_BR_MCAST_QUERY_USE_IFADDR, br.mcastQueryUseIfaddr);
  bool(U.IFLA_BR_MCAST_QUERIER, ctx.querier);
  bool(U.IFLA_BR_MCAST_STATS_ENABLED, br.mcastStatsEnabled);
  w.putU32(U.IFLA_BR_MCAST_HASH_ELASTICITY, 16);
  w.putU32(U.IFLA_BR_MCAST_HASH_MAX, br.mcastHashMax);
  w.putU32(U.IFLA_BR_MCAST_LAST_MEMBER_CNT, ctx.lastMemberCount);
  w.putU32(U.IFLA_BR_MCAST_STARTUP_QUERY_CNT, ctx.startupQueryCount);
  w.putU8(U.IFLA_BR_MCAST_IGMP_VERSION, ctx.igmpVersion);
  w.putU8(U.IFLA_BR_MCAST_MLD_VERSION, ctx.mldVersion);
  putQuerierState(w, ctx, U.IFLA_BR_MCAST_QUERIER_STATE);
  w.putU64(U.IFLA_BR_MCAST_LAST_MEMBER_INTVL, jiffiesToClockT(ctx.lastMemberInterval));
  w.putU64(U.IFLA_BR_MCAST_MEMBERSHIP_INTVL, jiffiesToClockT(ctx.membershipInterval));
  w.putU64(U.IFLA_BR_MCAST_QUERIER_INTVL, jiffiesToClockT(ctx.querierInterval));
  w.putU64(U.IFLA_BR_MCAST_QUERY_INTVL, jiffiesToClockT(ctx.queryInterval));
  w.putU64(U.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, jiffiesToClockT(ctx.queryResponseInterval));
  w.putU64(U.IFLA_BR_MCAST_STARTUP_QUERY_INTVL, jiffiesToClockT(ctx.startupQueryInterval));
  bool(U.IFLA_BR_NF_CALL_IPTABLES, br.nfCallIptables);
  bool(U.IFLA_BR_NF_CALL_IP6TABLES, br.nfCallIp6tables);
  bool(U.IFLA_BR_NF_CALL_ARPTABLES, br.nfCallArptables);
  return 0;
}

/** The options that share one attribute, as bits. */
export function brBoolopts(br: Bridge): number {
  return (
    (br.noLlLearn ? 1 << U.BR_BOOLOPT_NO_LL_LEARN : 0) | (br.mcastVlanSnooping ? 1 << U.BR_BOOLOPT_MCAST_VLAN_SNOOPING : 0) | (br.mstEnabled ? 1 << U.BR_BOOLOPT_MST_ENABLE : 0) |
    (br.mdbOffloadFailNotification ? 1 << U.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION : 0) | (br.fdbLocalVlan0 ? 1 << U.BR_BOOLOPT_FDB_LOCAL_VLAN_0 : 0)
  );
}

/** The kind `bridge` (br_link_ops). @alpha */
export const BRIDGE_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'bridge',
  policy: BR_POLICY,
  setup: brDevSetup,
  validate,
  newlink,
  changelink,
  dellink: brDevDelete,
  fillInfo,
  fillSlaveInfo: (w: U.NlWriter, _dev: NetDevice, slave: NetDevice): number => brFillPortsInfo(w, slave),
  slavePolicy: BRPORT_POLICY,
  slaveChangelink(_dev: NetDevice, slave: NetDevice, p: RtnlLinkParams, extack: Extack): number {
    const port = brPortGet(slave);
    return port === null ? -EINVAL : brSetport(port, p.req.view, p.data, extack);
  },
  bridgeOps: { ...brFdbOps, ...brMdbOps, ...brLinkBridgeOps },
});
