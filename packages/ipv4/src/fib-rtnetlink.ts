/** Routes over rtnetlink: RTM_NEWROUTE, RTM_GETROUTE (rtnetlink(7); errors and messages as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import {
  NEXTHOP, nexthopFindById, putRouteMetrics, readRouteDumpFilter, readRouteMetrics, refuseRequest, routeCcKnown, routeCcName, routeDumpFiltered,
} from '@linnet/inet';
import type { RouteDumpFilter } from '@linnet/inet';
import {
  NL_VALIDATE_LIBERAL, nlDumpBegin, nlSetErrMsg, nlmsgParse, rtnlDump, rtnlNotify,
  rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import type { NlDump, NlRequest } from '@linnet/netlink';
import {
  AF_INET, AF_INET6, NLM_F_DUMP_FILTERED, NlWriter, RTAX_CC_ALGO,
  RTA_DST, RTA_ENCAP_TYPE, RTA_FLOW, RTA_GATEWAY, RTA_MAX, RTA_METRICS, RTA_MULTIPATH, RTA_NH_ID, RTA_OIF, RTA_PREFSRC,
  RTA_PRIORITY, RTA_TABLE, RTA_VIA, RTMSG_LEN, RTM_DELROUTE, RTM_F_CLONED, RTM_F_PREFIX, RTM_GETROUTE, RTM_NEWROUTE, RTNH_F_LINKDOWN, RTNH_F_DEAD, RTNLGRP_IPV4_ROUTE, RTN_BLACKHOLE,
  RT_TABLE_COMPAT, nlaForEachNested, nlaGetInAddr, nlaGetU32, nlaLen, nlaNext, nlaOk, nlaType, rtmsgRead, rtmsgWrite,
} from '@linnet/uapi';
import { fibAddRoute, fibDelRoute } from './fib-frontend.ts';
import { FibConfig, NO_METRICS } from './fib-semantics.ts';
import type { FibMetricMatch, FibNhConfig } from './fib-semantics.ts';
import type { FibTable } from './fib-table.ts';
import { fibTableWalk } from './fib-trie.ts';
import type { FibAlias, FibNh } from './fib-types.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { fibInfoExceptions } from './route-cache.ts';
import { fillException, getRoute } from './route-get.ts';
import type { Rtable } from './rtable.ts';
import { putVia6 } from './rta-via.ts';
import { RTM_IPV4_POLICY, RTNEXTHOP_LEN } from './rtm-policy.ts';

/** The flags of a hop that user space sees. */
function nhFlags(nh: FibNh): number {
  let flags = nh.flags & 0xff;
  if ((nh.flags & RTNH_F_LINKDOWN) !== 0 && nh.dev !== null && (nh.dev.ipPtr as { ignoreLinkdown(): boolean } | null)?.ignoreLinkdown() === true) flags |= RTNH_F_DEAD;
  return flags;
}

/** The gateway of a hop: RTA_GATEWAY, or RTA_VIA for one of another family. */
function putGateway(w: NlWriter, nh: FibNh): void {
  if (nh.gw6 !== null) putVia6(w, nh.gw6);
  else if (nh.gw !== 0) w.putInAddr(RTA_GATEWAY, nh.gw);
}

/** Writes the body of a message about a route (`fib_dump_info`). @alpha */
export function fibDumpInfo(w: NlWriter, table: number, prefix: number, plen: number, fa: FibAlias, type: number = fa.type): number {
  const fi = fa.info;
  const off = w.reserve(RTMSG_LEN);
  w.putU32(RTA_TABLE, table);
  if (plen !== 0) w.putInAddr(RTA_DST, prefix);
  if (fi.priority !== 0) w.putU32(RTA_PRIORITY, fi.priority);
  if (fi.metrics !== NO_METRICS) putRouteMetrics(w, fi.metrics, fi.ccAlgo, 0);
  if (fi.prefsrc !== 0) w.putInAddr(RTA_PREFSRC, fi.prefsrc);
  // Dead are hops; a route that goes since its source went is not shown as dead.
  let flags = fi.flags & ~RTNH_F_DEAD;
  if (fi.nh !== null) {
    w.putU32(RTA_NH_ID, fi.nh.id);
    if (fi.nhBlackhole) type = RTN_BLACKHOLE;
  }
  if (fi.nh !== null && !fi.net4.net.get(NEXTHOP).compatMode) {
    // Who knows of nexthop objects looks there.
  } else if (fi.nhs.length === 1) {
    const nh = fi.nhs[0]!;
    flags |= nhFlags(nh);
    putGateway(w, nh);
    if (nh.dev !== null) w.putU32(RTA_OIF, nh.dev.ifindex);
    if (nh.tclassid !== 0) w.putU32(RTA_FLOW, nh.tclassid);
  } else {
    w.nestStartNoflag(RTA_MULTIPATH);
    for (const nh of fi.nhs) {
      const at = w.reserve(RTNEXTHOP_LEN);
      putGateway(w, nh);
      if (nh.tclassid !== 0) w.putU32(RTA_FLOW, nh.tclassid);
      w.view.setUint16(at, w.len - at, true);
      w.view.setUint8(at + 2, nhFlags(nh));
      w.view.setUint8(at + 3, nh.weight - 1);
      w.view.setInt32(at + 4, nh.dev?.ifindex ?? 0, true);
    }
    w.nestEnd();
  }
  rtmsgWrite(w.view, off, {
    family: AF_INET, dstLen: plen, srcLen: 0, tos: fa.tos, table: table < 256 ? table : RT_TABLE_COMPAT, protocol: fi.protocol, scope: fi.scope, type, flags: flags >>> 0,
  });
  return w.end();
}

/** Tells the group of routes: the slot `Ipv4Net.rtmsgFib` (`rtmsg_fib`). */
function makeRtmsgFib(net: Net): Ipv4Net['rtmsgFib'] {
  return (type, tb, prefix, plen, fa, nlflags, req): void => {
    if (!rtnlNotifyNeeded(net, RTNLGRP_IPV4_ROUTE, req)) return;
    const w = new NlWriter({ capacity: 256 });
    w.begin(type, nlflags, req?.seq ?? 0, req?.portid ?? 0);
    if (fibDumpInfo(w, tb.id, prefix, plen, fa) > 0) rtnlNotify(net, w, RTNLGRP_IPV4_ROUTE, req);
  };
}

/** A gateway of either family. */
interface Gateway {
  readonly gw: number;
  readonly gw6: Int32Array | null;
}

/** Reads a gateway that may be of another family (RTA_VIA, `fib_gw_from_via`); null when it makes no sense. */
function viaOf(req: NlRequest, nla: number): Gateway | null {
  const { view } = req;
  const say = (msg: string): null => {
    nlSetErrMsg(req.extack, msg);
    return null;
  };
  const len = nlaLen(view, nla);
  if (len < 2) return say('Invalid attribute length for RTA_VIA');
  const family = view.getUint16(nla + 4, true);
  if (family === AF_INET) return len === 6 ? { gw: view.getInt32(nla + 6), gw6: null } : say('Invalid IPv4 address in RTA_VIA');
  if (family !== AF_INET6) return say('Unsupported address family in RTA_VIA');
  if (len !== 18) return say('Invalid IPv6 address in RTA_VIA');
  return { gw: 0, gw6: Int32Array.from([6, 10, 14, 18], (o) => view.getInt32(nla + o)) };
}

/** Reads RTA_METRICS of a deletion: whatever they are, they are only compared. */
function readMatch(net: Net, req: NlRequest, nest: number): FibMetricMatch[] {
  const { view } = req;
  const match: FibMetricMatch[] = [];
  nlaForEachNested(view, nest, (nla) => {
    const type = nlaType(view, nla);
    if (type === 0) return;
    if (type === RTAX_CC_ALGO) {
      const name = routeCcName(req, nla);
      match.push({ type, value: 0, ccAlgo: routeCcKnown(net, name) ? name : '' });
    } else {
      match.push({ type, value: nlaLen(view, nla) === 4 ? nlaGetU32(view, nla) : null, ccAlgo: '' });
    }
  });
  return match;
}

/** Reads RTA_MULTIPATH (`fib_get_nhs`). */
function readMultipath(req: NlRequest, nest: number): FibNhConfig[] | number {
  const { view } = req;
  const end = nest + 4 + nlaLen(view, nest);
  const hops: FibNhConfig[] = [];
  let at = nest + 4;
  while (at + RTNEXTHOP_LEN <= end) {
    const len = view.getUint16(at, true);
    if (len < RTNEXTHOP_LEN || at + len > end) break;
    let gw = 0;
    let gw6: Int32Array | null = null;
    let flow = 0;
    let gateways = 0;
    for (let nla = at + RTNEXTHOP_LEN; nlaOk(view, nla, at + len - nla); nla = nlaNext(view, nla)) {
      const type = nlaType(view, nla);
      if (type === RTA_GATEWAY) {
        if (nlaLen(view, nla) < 4) return refuseRequest(req, 'Invalid IPv4 address in RTA_GATEWAY', -EINVAL);
        gw = nlaGetInAddr(view, nla);
        gateways++;
      } else if (type === RTA_VIA) {
        const via = viaOf(req, nla);
        if (via === null) return -EINVAL;
        gw = via.gw;
        gw6 = via.gw6;
        gateways++;
      } else if (type === RTA_FLOW) {
        if (nlaLen(view, nla) < 4) return refuseRequest(req, 'Invalid RTA_FLOW', -EINVAL);
        flow = nlaGetU32(view, nla) | 0;
      } else if (type === RTA_ENCAP_TYPE) {
        return refuseRequest(req, 'lwt encapsulation type not supported', -EOPNOTSUPP);
      }
    }
    if (gateways > 1) return refuseRequest(req, 'Nexthop configuration can not contain both GATEWAY and VIA', -EINVAL);
    hops.push({ oif: view.getInt32(at + 4, true), gw, gw6, flow, flags: view.getUint8(at + 2), weight: view.getUint8(at + 3) + 1 });
    at += (len + 3) & ~3;
  }
  if (hops.length === 0) return refuseRequest(req, 'Invalid nexthop configuration - extra data after nexthops', -EINVAL);
  return hops;
}

/** Reads a route's message (`rtm_to_fib_config`). 0 or a negative errno. */
function readConfig(net: Net, req: NlRequest, cfg: FibConfig, del: boolean): number {
  const tb = new Int32Array(RTA_MAX + 1);
  if (req.end - req.data < RTMSG_LEN) return -EINVAL;
  const bad = nlmsgParse(req, RTMSG_LEN, tb, RTM_IPV4_POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const rtm = rtmsgRead(view, req.data);
  if ((rtm.tos & 3) !== 0) return refuseRequest(req, 'Invalid dsfield (tos): ECN bits must be 0', -EINVAL);
  cfg.dstLen = rtm.dstLen;
  cfg.tos = rtm.tos;
  cfg.table = rtm.table;
  cfg.protocol = rtm.protocol;
  cfg.scope = rtm.scope;
  cfg.type = rtm.type;
  cfg.flags = rtm.flags;
  cfg.nlflags = req.flags;
  const has = (type: number): boolean => tb[type] !== 0;
  if (has(RTA_DST)) cfg.dst = nlaGetInAddr(view, tb[RTA_DST]!);
  if (has(RTA_OIF)) cfg.oif = nlaGetU32(view, tb[RTA_OIF]!);
  if (has(RTA_PRIORITY)) cfg.priority = nlaGetU32(view, tb[RTA_PRIORITY]!);
  if (has(RTA_PREFSRC)) cfg.prefsrc = nlaGetInAddr(view, tb[RTA_PREFSRC]!);
  if (has(RTA_TABLE)) cfg.table = nlaGetU32(view, tb[RTA_TABLE]!);
  if (has(RTA_GATEWAY) && has(RTA_VIA)) return refuseRequest(req, 'Nexthop configuration can not contain both GATEWAY and VIA', -EINVAL);
  if (has(RTA_GATEWAY)) cfg.gw = nlaGetInAddr(view, tb[RTA_GATEWAY]!);
  if (has(RTA_VIA)) {
    const via = viaOf(req, tb[RTA_VIA]!);
    if (via === null) return -EINVAL;
    cfg.gw = via.gw;
    cfg.gw6 = via.gw6;
  }
  if (has(RTA_FLOW)) cfg.flow = nlaGetU32(view, tb[RTA_FLOW]!) | 0;
  if (has(RTA_NH_ID)) cfg.nhId = nlaGetU32(view, tb[RTA_NH_ID]!);
  if (has(RTA_ENCAP_TYPE)) return refuseRequest(req, 'lwt encapsulation type not supported', -EOPNOTSUPP);
  if (has(RTA_METRICS) && del) {
    cfg.matchMetrics = readMatch(net, req, tb[RTA_METRICS]!);
  } else if (has(RTA_METRICS)) {
    const err = readRouteMetrics(net, req, tb[RTA_METRICS]!, cfg);
    if (err !== 0) return err;
  }
  if (has(RTA_MULTIPATH)) {
    const hops = readMultipath(req, tb[RTA_MULTIPATH]!);
    if (typeof hops === 'number') return hops;
    cfg.multipath = hops;
  }
  if (cfg.nhId !== 0 && (cfg.oif !== 0 || cfg.gw !== 0 || cfg.gw6 !== null || cfg.multipath !== null)) {
    return refuseRequest(req, 'Nexthop specification and nexthop id are mutually exclusive', -EINVAL);
  }
  return 0;
}

function newRoute(net: Net, req: NlRequest): number {
  const cfg = new FibConfig();
  const bad = readConfig(net, req, cfg, false);
  if (bad !== 0) return bad;
  const err = fibAddRoute(net, cfg, req);
  if (err !== 0 && cfg.error !== '') nlSetErrMsg(req.extack, cfg.error);
  return err;
}

function delRoute(net: Net, req: NlRequest): number {
  const cfg = new FibConfig();
  const bad = readConfig(net, req, cfg, true);
  if (bad !== 0) return bad;
  if (cfg.nhId !== 0 && nexthopFindById(net, cfg.nhId) === null) return refuseRequest(req, 'Nexthop id does not exist', -EINVAL);
  const err = fibDelRoute(net, cfg, req);
  if (err !== 0 && cfg.error !== '') nlSetErrMsg(req.extack, cfg.error);
  return err;
}

/** `RTM_GETROUTE` for all (`inet_dump_fib`). */
function dumpRoutes(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const n4 = net.get(IPV4);
  let list = cb.data as Item[] | null;
  if (list === null) {
    const f: RouteDumpFilter = { table: null, protocol: 0, type: 0, oif: 0 };
    let routes = true;
    let cached = true;
    if (req.end - req.data >= RTMSG_LEN) {
      const rtm = rtmsgRead(req.view, req.data);
      if (req.strict) {
        const err = readRouteDumpFilter(net, req, RTM_IPV4_POLICY, f);
        if (err !== 0) return err;
        if ((rtm.flags & ~(RTM_F_CLONED | RTM_F_PREFIX)) !== 0) return refuseRequest(req, 'Invalid flags for FIB dump request', -EINVAL);
      }
      // Prefixes are of IPv6.
      if ((rtm.flags & RTM_F_PREFIX) !== 0) return 0;
      // Who is strict gets the one or the other.
      routes = !req.strict || (rtm.flags & RTM_F_CLONED) === 0;
      cached = !req.strict || !routes;
    }
    if (routeDumpFiltered(f)) cb.answerFlags = NLM_F_DUMP_FILTERED;
    if (f.table !== null && !n4.fibTables.has(f.table)) {
      return req.family === AF_INET ? refuseRequest(req, 'ipv4: FIB table does not exist', -ENOENT) : 0;
    }
    list = collect(n4, f, routes, cached);
    cb.data = list;
  }
  cb.seq = n4.fibSeq;
  return rtnlDump(list, w, cb, (item) => {
    // Routes always say so to those who may filter; the end of the dump only if they did.
    nlDumpBegin(w, cb, RTM_NEWROUTE, req.strict ? NLM_F_DUMP_FILTERED : 0);
    return item.rt !== null ? fillException(w, item.rt, item.fa.info, item.prefix, item.tb.id) : fibDumpInfo(w, item.tb.id, item.prefix, item.plen, item.fa);
  });
}

interface Item {
  readonly tb: FibTable;
  readonly prefix: number;
  readonly plen: number;
  readonly fa: FibAlias;
  /** What is known of the single destination `prefix`; null: the item is the route. */
  readonly rt: Rtable | null;
}

function collect(n4: Ipv4Net, f: RouteDumpFilter, routes: boolean, cached: boolean): Item[] {
  const out: Item[] = [];
  // Linux walks its tables by the low byte of their number.
  const tables = Array.from(n4.fibTables.values()).sort((a, b) => (a.id & 255) - (b.id & 255) || a.id - b.id);
  for (const tb of tables) {
    if (f.table !== null && tb.id !== f.table) continue;
    fibTableWalk(tb, (prefix, plen, fa) => {
      if (f.protocol !== 0 && fa.info.protocol !== f.protocol) return;
      if (f.type !== 0 && fa.type !== f.type) return;
      if (f.oif !== 0 && !fa.info.nhs.some((nh) => nh.dev?.ifindex === f.oif)) return;
      if (routes) out.push({ tb, prefix, plen, fa, rt: null });
      if (cached) fibInfoExceptions(fa.info, (daddr, rt) => out.push({ tb, prefix: daddr, plen: 32, fa, rt }));
    });
  }
  return out;
}

/** Registers the handlers of routes. @alpha */
export function fibRtnetlinkInit(k: Kernel): void {
  rtnlRegister(k, AF_INET, RTM_NEWROUTE, { doit: newRoute });
  rtnlRegister(k, AF_INET, RTM_DELROUTE, { doit: delRoute });
  rtnlRegister(k, AF_INET, RTM_GETROUTE, { doit: (net, req, reply) => getRoute(net, req, reply, fibDumpInfo), dumpit: dumpRoutes });
}

/** Lets a namespace announce its routes. @alpha */
export function fibRtnetlinkNetInit(n4: Ipv4Net): void {
  n4.rtmsgFib = makeRtmsgFib(n4.net);
}
