/** Routes over rtnetlink: RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE (rtnetlink(7); errors and messages as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EHOSTUNREACH, EINVAL, EMSGSIZE, ENODEV, ENOENT, EOPNOTSUPP, jiffiesToClockT, TICK_NSEC, timeAfter } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { devGetByIndex, dstMetric } from '@linnet/netdev';
import type { DstEntry } from '@linnet/netdev';
import { NLA_U32, NLA_U8, NLA_UNSPEC, NL_VALIDATE_LIBERAL, nlDumpBegin, nlSetErrMsg, nlmsgParse, nlmsgReplyBegin, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister } from '@linnet/netlink';
import type { NlDump, NlRequest, NlaPolicyTable } from '@linnet/netlink';
import { Flowi, NEXTHOP, nexthopIsBlackhole, putRouteMetrics, readRouteDumpFilter, readRouteMetrics, refuseRequest, ROUTE_RULES, routeDumpFiltered } from '@linnet/inet';
import type { Nexthop, RouteDumpFilter } from '@linnet/inet';
import {
  AF_INET6, ICMPV6_ROUTER_PREF_INVALID, ICMPV6_ROUTER_PREF_MEDIUM, NLM_F_DUMP_FILTERED, NlWriter,
  RTAX_MAX, RTA_CACHEINFO, RTA_DPORT, RTA_DST, RTA_ENCAP, RTA_ENCAP_TYPE, RTA_EXPIRES, RTA_FLOWLABEL, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_MAX, RTA_METRICS, RTA_MULTIPATH,
  RTA_NH_ID, RTA_OIF, RTA_PREF, RTA_PREFSRC, RTA_PRIORITY, RTA_SPORT, RTA_SRC, RTA_TABLE, RTA_UID, RTMSG_LEN, RTM_DELROUTE, RTM_F_CLONED, RTM_F_FIB_MATCH, RTM_F_PREFIX, RTM_GETROUTE,
  RTM_NEWROUTE, RTNEXTHOP_LEN, RTNH_F_DEAD, RTNH_F_LINKDOWN, RTNH_F_ONLINK, RTNLGRP_IPV6_ROUTE, RTN_ANYCAST, RTN_BLACKHOLE, RTN_LOCAL, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE,
  RTPROT_REDIRECT, RT_SCOPE_UNIVERSE, RT_TABLE_COMPAT, RT_TABLE_MAIN, nlaGetBe16, nlaGetBe32, nlaGetIn6Addr, nlaGetU32, nlaGetU8, nlaLen, nlaNext, nlaOk, nlaType, rtmsgRead, rtmsgWrite,
} from '@linnet/uapi';
import { a6Any, a6Multicast, IN6ADDR_ANY } from './addr6.ts';
import { Fib6Config, ip6RouteAdd, ip6RouteDel } from './fib6-config.ts';
import type { Fib6NhConfig } from './fib6-config.ts';
import { fib6TableWalk, fib6Tables } from './fib6-table.ts';
import type { Fib6Table } from './fib6-table.ts';
import { NO_METRICS6 } from './fib6-types.ts';
import type { Fib6Info, Fib6Nh, Rt6Exception } from './fib6-types.ts';
import { in6DevGet, INFINITY_LIFE_TIME } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { RTF_ANYCAST, RTF_CACHE, RTF_DYNAMIC, RTF_EXPIRES, RTF_LOCAL, RTF_PREFIX_RT, RTF_REJECT, RTF_UP, rtfPref, rtfPrefOf } from './route6-const.ts';
import { ip6RouteGetSaddr, ip6RouteInputLookup, ip6RouteOutputFlags, rt6ExceptionRoute } from './route6.ts';
import type { Rt6Info } from './rt6-info.ts';

const POLICY: NlaPolicyTable = Object.freeze({
  maxtype: RTA_MAX,
  rules: {
    ...ROUTE_RULES,
    [RTA_DST]: { type: NLA_UNSPEC },
    [RTA_SRC]: { type: NLA_UNSPEC },
    [RTA_GATEWAY]: { type: NLA_UNSPEC, len: 16 },
    [RTA_PREFSRC]: { type: NLA_UNSPEC, len: 16 },
    [RTA_PREF]: { type: NLA_U8 },
    [RTA_EXPIRES]: { type: NLA_U32 },
    [RTA_FLOWLABEL]: { type: NLA_U32 },
  },
});

/** The flags of a hop that user space sees. */
function nhFlags(nh: Fib6Nh): number {
  let flags = nh.flags & (RTNH_F_ONLINK | RTNH_F_DEAD | RTNH_F_LINKDOWN);
  if ((nh.flags & RTNH_F_LINKDOWN) !== 0 && nh.dev !== null && in6DevGet(nh.dev)?.ignoreLinkdown() === true) flags |= RTNH_F_DEAD;
  return flags;
}

function putHops(w: NlWriter, hops: readonly Fib6Nh[]): void {
  w.nestStartNoflag(RTA_MULTIPATH);
  for (const nh of hops) {
    const at = w.reserve(RTNEXTHOP_LEN);
    if (nh.gw !== null) w.putIn6Addr(RTA_GATEWAY, nh.gw);
    w.view.setUint16(at, w.len - at, true);
    w.view.setUint8(at + 2, nhFlags(nh));
    w.view.setUint8(at + 3, nh.weight - 1);
    w.view.setInt32(at + 4, nh.oif, true);
  }
  w.nestEnd();
}

/** `left`: ticks until the route ends, 0: it does not. */
function putCacheinfo(w: NlWriter, left: number, error: number): void {
  const at = w.reserveAttr(RTA_CACHEINFO, 32);
  w.view.setInt32(at + 8, Math.sign(left) * Math.min(jiffiesToClockT(Math.abs(left)), 0x7fffffff), true);
  w.view.setInt32(at + 12, error, true);
}

/** Ticks until a route ends, 0: it does not. */
function ticksLeft(f: Fib6Info): number {
  return (f.flags & RTF_EXPIRES) === 0 ? 0 : Math.trunc((f.expires - f.net6.kernel.ktime) / TICK_NSEC);
}

/** Writes the body of a message about a route of a table; `iif` is where the packets asked for come in, 0 for none. A route that is gone has no end to tell of. @alpha */
export function fib6Fill(w: NlWriter, tb: Fib6Table, f: Fib6Info, iif: number = 0, gone: boolean = false): number {
  const off = w.reserve(RTMSG_LEN);
  w.putU32(RTA_TABLE, tb.id);
  if (f.dstLen !== 0) w.putIn6Addr(RTA_DST, f.dst);
  if (f.srcLen !== 0) w.putIn6Addr(RTA_SRC, f.src!);
  if (iif !== 0) w.putU32(RTA_IIF, iif);
  if (f.prefsrc !== null) w.putIn6Addr(RTA_PREFSRC, f.prefsrc);
  if (f.metrics !== NO_METRICS6) putRouteMetrics(w, f.metrics, f.ccAlgo, 0);
  w.putU32(RTA_PRIORITY, f.metric);
  let flags = 0;
  let { type } = f;
  if (f.siblings !== null) {
    // This one's hop first, then those behind it, then those before.
    const at = f.siblings.indexOf(f);
    putHops(w, [...f.siblings.slice(at), ...f.siblings.slice(0, at)].map((s) => s.nhs[0]!));
  } else if (f.nhObj !== null) {
    const obj = f.nhObj as Nexthop;
    w.putU32(RTA_NH_ID, f.nhId);
    if (nexthopIsBlackhole(obj)) type = RTN_BLACKHOLE;
    if (f.net6.net.get(NEXTHOP).compatMode) {
      if (obj.group !== null) {
        putHops(w, f.nhs);
      } else {
        const nh = f.nhs[0]!;
        flags |= nhFlags(nh);
        if (nh.gw !== null) w.putIn6Addr(RTA_GATEWAY, nh.gw);
        w.putU32(RTA_OIF, nh.oif);
      }
    }
  } else {
    const nh = f.nhs[0]!;
    flags |= nhFlags(nh);
    if (nh.gw !== null) w.putIn6Addr(RTA_GATEWAY, nh.gw);
    w.putU32(RTA_OIF, nh.oif);
  }
  // An errno is told only of a route in use.
  putCacheinfo(w, gone ? 0 : ticksLeft(f), 0);
  w.putU8(RTA_PREF, rtfPrefOf(f.flags));
  rtmsgWrite(w.view, off, {
    family: AF_INET6, dstLen: f.dstLen, srcLen: f.srcLen, tos: 0, table: tb.id < 256 ? tb.id : RT_TABLE_COMPAT, protocol: f.protocol, scope: RT_SCOPE_UNIVERSE,
    type, flags,
  });
  return w.end();
}

/** Tells the group of routes (inet6_rt_notify). @alpha */
export function rtmsgFib6(type: number, tb: Fib6Table, f: Fib6Info, nlflags: number, req: NlRequest | null): void {
  const { net } = f.net6;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_ROUTE, req)) return;
  const w = new NlWriter({ capacity: 256 });
  w.begin(type, nlflags, req?.seq ?? 0, req?.portid ?? 0);
  if (fib6Fill(w, tb, f, 0, type === RTM_DELROUTE) > 0) rtnlNotify(net, w, RTNLGRP_IPV6_ROUTE, req);
}

function readMultipath(req: NlRequest, nest: number): Fib6NhConfig[] | number {
  const { view } = req;
  const end = nest + 4 + nlaLen(view, nest);
  const hops: Fib6NhConfig[] = [];
  let at = nest + 4;
  while (at + RTNEXTHOP_LEN <= end) {
    const len = view.getUint16(at, true);
    if (len < RTNEXTHOP_LEN || at + len > end) break;
    let gw: Int32Array | null = null;
    for (let nla = at + RTNEXTHOP_LEN; nlaOk(view, nla, at + len - nla); nla = nlaNext(view, nla)) {
      const type = nlaType(view, nla);
      if (type === RTA_GATEWAY) {
        if (nlaLen(view, nla) < 16) return refuseRequest(req, 'Invalid IPv6 address in RTA_GATEWAY', -EINVAL);
        gw = nlaGetIn6Addr(view, nla);
      } else if (type === RTA_ENCAP_TYPE) {
        return refuseRequest(req, 'lwt encapsulation type not supported', -EOPNOTSUPP);
      }
    }
    hops.push({ oif: view.getInt32(at + 4, true), gw, flags: view.getUint8(at + 2) & RTNH_F_ONLINK, weight: view.getUint8(at + 3) + 1 });
    at += (len + 3) & ~3;
  }
  return hops.length === 0 ? refuseRequest(req, 'Invalid nexthop configuration - no valid nexthops', -EINVAL) : hops;
}

/** Reads a prefix attribute that may have fewer than 16 bytes. */
function readPrefix(req: NlRequest, nla: number, plen: number): Int32Array | null {
  const n = nlaLen(req.view, nla);
  if (n < (plen + 7) >> 3) return null;
  const bytes = new Uint8Array(16);
  for (let i = 0; i < Math.min(n, 16); i++) bytes[i] = req.u8[nla + 4 + i]!;
  const view = new DataView(bytes.buffer);
  return Int32Array.of(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
}

/** Reads a route's message (rtm_to_fib6_config). 0 or a negative errno. */
function readConfig(net: Net, req: NlRequest, cfg: Fib6Config): number {
  const tb = new Int32Array(RTA_MAX + 1);
  if (req.end - req.data < RTMSG_LEN) return -EINVAL;
  const bad = nlmsgParse(req, RTMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const rtm = rtmsgRead(view, req.data);
  if (rtm.tos !== 0) return refuseRequest(req, 'Invalid dsfield (tos): option not available for IPv6', -EINVAL);
  const has = (type: number): boolean => tb[type] !== 0;
  cfg.table = rtm.table;
  cfg.dstLen = rtm.dstLen;
  cfg.srcLen = rtm.srcLen;
  cfg.flags = RTF_UP;
  cfg.protocol = rtm.protocol;
  cfg.type = rtm.type;
  cfg.nlflags = req.flags;
  if (rtm.type === RTN_UNREACHABLE || rtm.type === RTN_BLACKHOLE || rtm.type === RTN_PROHIBIT || rtm.type === RTN_THROW) cfg.flags |= RTF_REJECT;
  if (rtm.type === RTN_LOCAL) cfg.flags |= RTF_LOCAL;
  if (rtm.type === RTN_ANYCAST) cfg.flags |= RTF_ANYCAST;
  cfg.nhFlags = rtm.flags & RTNH_F_ONLINK;
  cfg.learned = (rtm.flags & RTM_F_CLONED) !== 0;
  if (has(RTA_NH_ID)) {
    if (has(RTA_GATEWAY) || has(RTA_OIF) || has(RTA_MULTIPATH) || has(RTA_ENCAP)) return refuseRequest(req, 'Nexthop specification and nexthop id are mutually exclusive', -EINVAL);
    cfg.nhId = nlaGetU32(view, tb[RTA_NH_ID]!);
  }
  if (has(RTA_GATEWAY)) {
    const gw = nlaGetIn6Addr(view, tb[RTA_GATEWAY]!);
    if (!a6Any(gw)) cfg.gw = gw;
  }
  if (has(18)) return refuseRequest(req, 'IPv6 does not support RTA_VIA attribute', -EINVAL);
  if (has(RTA_DST)) {
    const d = readPrefix(req, tb[RTA_DST]!, Math.min(rtm.dstLen, 128));
    if (d === null) return -EINVAL;
    cfg.dst = d;
  }
  if (has(RTA_SRC)) {
    const s = readPrefix(req, tb[RTA_SRC]!, Math.min(rtm.srcLen, 128));
    if (s === null) return -EINVAL;
    cfg.src = s;
  }
  if (has(RTA_PREFSRC)) cfg.prefsrc = nlaGetIn6Addr(view, tb[RTA_PREFSRC]!);
  if (has(RTA_OIF)) cfg.oif = nlaGetU32(view, tb[RTA_OIF]!);
  if (has(RTA_PRIORITY)) cfg.metric = nlaGetU32(view, tb[RTA_PRIORITY]!);
  if (has(RTA_TABLE)) cfg.table = nlaGetU32(view, tb[RTA_TABLE]!);
  if (has(RTA_ENCAP_TYPE)) return refuseRequest(req, 'lwt encapsulation type not supported', -EOPNOTSUPP);
  if (has(RTA_METRICS)) {
    const err = readRouteMetrics(net, req, tb[RTA_METRICS]!, cfg);
    if (err !== 0) return err;
  }
  if (has(RTA_MULTIPATH)) {
    const hops = readMultipath(req, tb[RTA_MULTIPATH]!);
    if (typeof hops === 'number') return hops;
    cfg.multipath = hops;
  }
  // What refuses has no preference.
  if (has(RTA_PREF) && (cfg.flags & RTF_REJECT) === 0) {
    let pref = nlaGetU8(view, tb[RTA_PREF]!);
    if (pref === ICMPV6_ROUTER_PREF_INVALID || pref > 3) pref = ICMPV6_ROUTER_PREF_MEDIUM;
    cfg.flags |= rtfPref(pref);
  }
  if (has(RTA_EXPIRES)) cfg.lifetime = nlaGetU32(view, tb[RTA_EXPIRES]!) || INFINITY_LIFE_TIME;
  return 0;
}

function newRoute(net: Net, req: NlRequest): number {
  const cfg = new Fib6Config();
  const bad = readConfig(net, req, cfg);
  if (bad !== 0) return bad;
  const n6 = net.get(IPV6);
  const err = ip6RouteAdd(n6, cfg, req, n6.nhFind);
  if (err !== 0 && cfg.error !== '') nlSetErrMsg(req.extack, cfg.error);
  return err;
}

function delRoute(net: Net, req: NlRequest): number {
  const cfg = new Fib6Config();
  const bad = readConfig(net, req, cfg);
  if (bad !== 0) return bad;
  const err = ip6RouteDel(net.get(IPV6), cfg, req);
  if (err !== 0 && cfg.error !== '') nlSetErrMsg(req.extack, cfg.error);
  return err;
}

/** What a dump asks for. */
interface Filter extends RouteDumpFilter {
  prefixOnly: boolean;
  /** The routes of the tables; what was learned about single destinations. */
  routes: boolean;
  learned: boolean;
}

interface Item {
  readonly tb: Fib6Table;
  readonly f: Fib6Info;
  /** What was learned about one destination, and over which hop; null: the route itself. */
  readonly e: Rt6Exception | null;
  readonly nh: Fib6Nh | null;
}

/** Does a dump tell of the route of `f`? A multipath route is told of once, at its first hop. */
function wanted(filter: Filter, f: Fib6Info): boolean {
  if (!filter.routes || (f.siblings !== null && f.siblings[0] !== f)) return false;
  const hops = f.siblings === null ? f.nhs : f.siblings.map((s) => s.nhs[0]!);
  return filter.oif === 0 || hops.some((nh) => nh.oif === filter.oif);
}

function collect(n6: Ipv6Net, filter: Filter): Item[] {
  const out: Item[] = [];
  for (const tb of fib6Tables(n6)) {
    if (filter.table !== null && tb.id !== filter.table) continue;
    fib6TableWalk(tb, (f) => {
      if (filter.protocol !== 0 && f.protocol !== filter.protocol) return;
      if (filter.type !== 0 && f.type !== filter.type) return;
      if (filter.prefixOnly && (f.flags & RTF_PREFIX_RT) === 0) return;
      if (wanted(filter, f)) out.push({ tb, f, e: null, nh: null });
      if (!filter.learned) return;
      for (const nh of f.nhs) if (filter.oif === 0 || nh.oif === filter.oif) nh.exceptions?.forEach((e) => out.push({ tb, f, e, nh }));
    });
  }
  return out;
}

/** `RTM_GETROUTE` for all (inet6_dump_fib). */
function dumpRoutes(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const n6 = net.get(IPV6);
  let list = cb.data as Item[] | null;
  if (list === null) {
    const f: Filter = { table: null, protocol: 0, type: 0, oif: 0, prefixOnly: false, routes: true, learned: true };
    if (req.end - req.data >= RTMSG_LEN) {
      const rtm = rtmsgRead(req.view, req.data);
      if (req.strict) {
        const err = readRouteDumpFilter(net, req, POLICY, f);
        if (err !== 0) return err;
        f.learned = (rtm.flags & RTM_F_CLONED) !== 0;
        f.routes = !f.learned;
      }
      f.prefixOnly = (rtm.flags & RTM_F_PREFIX) !== 0;
    }
    if (routeDumpFiltered(f)) cb.answerFlags = NLM_F_DUMP_FILTERED;
    if (f.table !== null && !n6.fibTables.has(f.table)) return req.family === AF_INET6 ? refuseRequest(req, 'FIB table does not exist', -ENOENT) : 0;
    list = collect(n6, f);
    cb.data = list;
  }
  cb.seq = n6.fibSeq;
  return rtnlDump(list, w, cb, ({ tb, f, e, nh }) => {
    if (f.table === null) return 0;
    const rt = e === null || timeAfter(n6.kernel.jiffies, e.expires) ? null : rt6ExceptionRoute(n6, f, nh!, e);
    if (e !== null && rt === null) return 0;
    nlDumpBegin(w, cb, RTM_NEWROUTE, req.strict ? NLM_F_DUMP_FILTERED : 0);
    return rt === null ? fib6Fill(w, tb, f) : fillRt(w, n6, rt, e!.dst, null, null, 0, false);
  });
}

/** Writes the answer about one destination (rt6_fill_node of a route in use); with `asked` false nobody asked for a source. */
function fillRt(w: NlWriter, n6: Ipv6Net, rt: Rt6Info, dst: Int32Array, src: Int32Array | null, prefsrc: Int32Array | null, iif: number, asked: boolean = true): number {
  const off = w.reserve(RTMSG_LEN);
  const f = rt.from;
  const table = f?.table?.id ?? RT_TABLE_MAIN;
  w.putU32(RTA_TABLE, table);
  w.putIn6Addr(RTA_DST, dst);
  if (asked) w.putIn6Addr(RTA_SRC, src ?? IN6ADDR_ANY);
  if (iif !== 0) w.putU32(RTA_IIF, iif);
  else if (prefsrc !== null) w.putIn6Addr(RTA_PREFSRC, prefsrc);
  // The route's own is told too, so that it may be there twice.
  if (f !== null && f.prefsrc !== null) w.putIn6Addr(RTA_PREFSRC, f.prefsrc);
  const metrics = rt.metrics as Int32Array;
  let any = rt.rtPmtu !== 0;
  for (let i = 1; i <= RTAX_MAX; i++) any ||= dstMetric(rt as DstEntry, i) !== 0;
  if (any) putRouteMetrics(w, metrics, f?.ccAlgo ?? '', rt.rtPmtu);
  w.putU32(RTA_PRIORITY, f?.metric ?? 0xffffffff);
  let flags = 0;
  if (rt.rtGw !== null) w.putIn6Addr(RTA_GATEWAY, rt.rtGw);
  w.putU32(RTA_OIF, rt.dev.ifindex);
  putCacheinfo(w, rt.expires === 0 ? 0 : (rt.expires - n6.kernel.jiffies) | 0, rt.error);
  w.putU8(RTA_PREF, rtfPrefOf(rt.rtFlags));
  if ((rt.rtFlags & RTF_CACHE) !== 0) flags |= RTM_F_CLONED;
  const proto = (rt.rtFlags & RTF_DYNAMIC) !== 0 ? RTPROT_REDIRECT : (f?.protocol ?? 0);
  rtmsgWrite(w.view, off, {
    family: AF_INET6, dstLen: 128, srcLen: asked ? 128 : 0, tos: 0, table: table < 256 ? table : RT_TABLE_COMPAT, protocol: proto, scope: RT_SCOPE_UNIVERSE, type: rt.rtType, flags,
  });
  return w.end();
}

/** `RTM_GETROUTE` for one destination: which way would a packet go? (inet6_rtm_getroute) */
function getRoute(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(RTA_MAX + 1);
  const bad = nlmsgParse(req, RTMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const n6 = net.get(IPV6);
  const rtm = rtmsgRead(view, req.data);
  for (const type of [RTA_DST, RTA_SRC]) if (tb[type] !== 0 && nlaLen(view, tb[type]!) < 16) return -EINVAL;
  const u32 = (type: number): number => (tb[type] === 0 ? 0 : nlaGetU32(view, tb[type]!));
  const fl = new Flowi();
  const dst = tb[RTA_DST] === 0 ? new Int32Array(4) : nlaGetIn6Addr(view, tb[RTA_DST]!);
  const src = tb[RTA_SRC] === 0 ? null : nlaGetIn6Addr(view, tb[RTA_SRC]!);
  const iif = u32(RTA_IIF);
  const oif = u32(RTA_OIF);
  fl.daddr6 = dst;
  fl.saddr6 = src === null ? new Int32Array(4) : src;
  fl.oif = oif;
  fl.mark = u32(RTA_MARK) | 0;
  // Here a packet that came in is nobody's, unless the request says whose.
  fl.uid = tb[RTA_UID] !== 0 ? u32(RTA_UID) | 0 : iif !== 0 ? -1 : net.kernel.cred.uid;
  fl.proto = tb[RTA_IP_PROTO] === 0 ? 0 : nlaGetU8(view, tb[RTA_IP_PROTO]!);
  fl.sport = tb[RTA_SPORT] === 0 ? 0 : nlaGetBe16(view, tb[RTA_SPORT]!);
  fl.dport = tb[RTA_DPORT] === 0 ? 0 : nlaGetBe16(view, tb[RTA_DPORT]!);
  fl.flowlabel = tb[RTA_FLOWLABEL] === 0 ? 0 : nlaGetBe32(view, tb[RTA_FLOWLABEL]!) & 0xfffff;
  let rt: Rt6Info | null;
  if (iif !== 0) {
    const dev = devGetByIndex(net, iif);
    if (dev === null) return -ENODEV;
    fl.iif = iif;
    rt = ip6RouteInputLookup(n6, fl, iif, null);
    if (rt === null) return -EHOSTUNREACH;
    if (rt.error !== 0) return rt.error;
    // Where packets of a group go on to is a question for multicast routing, which has no answer that fits.
    if (a6Multicast(dst)) return -EMSGSIZE;
  } else {
    // Sources are not chosen before: a destination without any route says so.
    rt = ip6RouteOutputFlags(n6, fl, false);
    if (rt === null) return fl.error;
  }
  nlmsgReplyBegin(reply, req, RTM_NEWROUTE);
  let ret: number;
  if ((rtm.flags & RTM_F_FIB_MATCH) !== 0) {
    const f = rt.from;
    if (f === null || f.table === null) {
      reply.cancel();
      return -EHOSTUNREACH;
    }
    ret = fib6Fill(reply, f.table, f, iif);
  } else {
    const prefsrc = iif !== 0 ? null : ip6RouteGetSaddr(n6, rt, dst, 0);
    ret = fillRt(reply, n6, rt, dst, src, prefsrc, iif);
  }
  return ret < 0 ? ret : 0;
}

/** Registers the handlers of routes. @alpha */
export function fib6RtnetlinkInit(k: Kernel): void {
  rtnlRegister(k, AF_INET6, RTM_NEWROUTE, { doit: newRoute });
  rtnlRegister(k, AF_INET6, RTM_DELROUTE, { doit: delRoute });
  rtnlRegister(k, AF_INET6, RTM_GETROUTE, { doit: getRoute, dumpit: dumpRoutes });
}

