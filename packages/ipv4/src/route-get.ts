/** `RTM_GETROUTE` for one destination: which way would a packet go? (`inet_rtm_getroute`) */
// datapath-ok-file: messages
import { EHOSTUNREACH, EINVAL, ENODEV, EOPNOTSUPP, jiffiesToClockT } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { Flowi } from '@linnet/inet';
import { devGetByIndex, dstMetric } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { NL_VALIDATE_DEPRECATED_STRICT, NL_VALIDATE_LIBERAL, nlSetErrMsg, nlmsgParse, nlmsgReplyBegin, nlreqLen } from '@linnet/netlink';
import type { NlRequest } from '@linnet/netlink';
import { DROP, allocSkb, kfreeSkbReason, skbPut, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import type { NlWriter } from '@linnet/uapi';
import {
  AF_INET, ETH_P_IP, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, RTAX_CC_ALGO, RTAX_FEATURES, RTAX_FEATURE_MASK, RTAX_LOCK, RTAX_MAX, RTAX_MTU, RTA_CACHEINFO, RTA_DPORT, RTA_DST, RTA_FLOW, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_MAX, RTA_METRICS, RTA_OIF,
  RTA_PREFSRC, RTA_SPORT, RTA_SRC, RTA_TABLE, RTA_UID, RTMSG_LEN, RTM_F_CLONED, RTM_F_FIB_MATCH, RTM_F_LOOKUP_TABLE, RTM_F_NOTIFY, RTM_NEWROUTE, RT_TABLE_COMPAT, RT_TABLE_LOCAL, RT_TABLE_MAIN, nlaGetBe16, nlaGetInAddr,
  nlaGetU32, nlaGetU8, rtmsgRead, rtmsgWrite,
} from '@linnet/uapi';
import type { FibAlias, FibInfo, FibResult } from './fib-types.ts';
import { IPSKB_DOREDIRECT, ipcbFlags } from './ip-cb.ts';
import { inDevGet } from './in-device.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { mrRouteGet } from './ipmr-get.ts';
import type { MrAnswer } from './ipmr-get.ts';
import { mrPutEntry } from './ipmr-notify.ts';
import { ipRouteInput } from './route-input.ts';
import { ipRouteOutputKey } from './route-output.ts';
import { putVia6 } from './rta-via.ts';
import { RTM_IPV4_POLICY } from './rtm-policy.ts';
import { RTCF_DOREDIRECT, RTCF_NOTIFY, type Rtable } from './rtable.ts';

/** A packet that looks as if it had come in, for the input route. */
function probe(dev: NetDevice, fl: Flowi): Skb {
  const skb = allocSkb(dev.pool, 128);
  skbReserve(skb, 32);
  const at = skbPut(skb, 28);
  const { view } = skb;
  // The memory has been another packet's.
  for (let i = 0; i < 28; i += 4) view.setInt32(at + i, 0);
  view.setUint8(at, 0x45);
  view.setUint8(at + 9, fl.proto);
  view.setInt32(at + 12, fl.saddr);
  view.setInt32(at + 16, fl.daddr);
  view.setUint16(at + 20, fl.sport);
  view.setUint16(at + 22, fl.dport);
  skb.networkHeader = at;
  skb.transportHeader = at + 20;
  skb.protocol = ETH_P_IP;
  skb.dev = dev;
  skb.mark = fl.mark;
  return skb;
}

/** The metrics of a route in use: those of the table, with what was learned about the path. */
function putMetrics(w: NlWriter, rt: Rtable, fi: FibInfo | null, pmtu: number): void {
  const locked = pmtu !== 0 && rt.rtMtuLocked;
  const value = (i: number): number => {
    if (i === RTAX_MTU && pmtu !== 0) return pmtu;
    if (i === RTAX_LOCK && locked) return dstMetric(rt, i) | (1 << RTAX_MTU);
    return dstMetric(rt, i);
  };
  w.nestStartNoflag(RTA_METRICS);
  let any = false;
  for (let i = 1; i <= RTAX_MAX; i++) {
    const v = value(i);
    if (v === 0) continue;
    if (i === RTAX_CC_ALGO) {
      const name = fi === null ? '' : fi.ccAlgo;
      if (name === '') continue;
      w.putString(i, name);
    } else {
      w.putU32(i, i === RTAX_FEATURES ? v & RTAX_FEATURE_MASK : v);
    }
    any = true;
  }
  if (any) w.nestEnd();
  else w.nestCancel();
}

/** What the request asks about, and what came of it. */
interface Answer {
  readonly rt: Rtable;
  /** The flow that was asked about; null: it was not. */
  readonly fl: Flowi | null;
  /** The route that it comes from, and its TOS. */
  readonly fi: FibInfo | null;
  readonly tos: number;
  readonly dst: number;
  readonly src: number;
  readonly table: number;
  readonly iif: number;
  /** RTCF_DOREDIRECT or 0. */
  readonly redirect: number;
  /** The entry of a group that a daemon routes. */
  readonly group: MrAnswer | null;
}

/** Writes the body of the answer (`rt_fill_info`). */
function fill(w: NlWriter, n4: Ipv4Net, a: Answer): number {
  const { rt, fl, dst, src, table } = a;
  const off = w.reserve(RTMSG_LEN);
  const flags = (rt.rtFlags & ~0xffff) | RTM_F_CLONED | ((rt.rtFlags & RTCF_NOTIFY) !== 0 ? RTM_F_NOTIFY : 0) | a.redirect;
  rtmsgWrite(w.view, off, {
    family: AF_INET, dstLen: 32, srcLen: src !== 0 ? 32 : 0, tos: a.tos, table: table < 256 ? table : RT_TABLE_COMPAT, protocol: 0, scope: 0,
    type: rt.rtType, flags: flags >>> 0,
  });
  w.putU32(RTA_TABLE, table);
  w.putInAddr(RTA_DST, dst);
  if (src !== 0) w.putInAddr(RTA_SRC, src);
  w.putU32(RTA_OIF, rt.dev.ifindex);
  if (rt.tclassid !== 0) w.putU32(RTA_FLOW, rt.tclassid);
  if (fl !== null && !rt.rtIsInput && fl.saddr !== src) w.putInAddr(RTA_PREFSRC, fl.saddr);
  if (rt.rtGw6 !== null) putVia6(w, rt.rtGw6);
  else if (rt.rtUsesGateway) w.putInAddr(RTA_GATEWAY, rt.rtGw);
  const now = n4.kernel.jiffies;
  const left = rt.expires === 0 ? 0 : (rt.expires - now) | 0;
  putMetrics(w, rt, a.fi, left > 0 ? rt.rtPmtu : 0);
  if (fl !== null && fl.mark !== 0) w.putU32(RTA_MARK, fl.mark);
  if (fl !== null && fl.uid !== -1) w.putU32(RTA_UID, fl.uid);
  if (a.group !== null) mrPutEntry(w, a.group.t, a.group.e);
  else if (fl !== null && rt.rtIsInput) w.putU32(RTA_IIF, a.iif);
  const at = w.reserveAttr(RTA_CACHEINFO, 32);
  w.view.setInt32(at, rt.refs, true);
  w.view.setUint32(at + 4, jiffiesToClockT((now - rt.lastuse) >>> 0), true);
  w.view.setUint32(at + 8, left > 0 ? jiffiesToClockT(left) : 0, true);
  w.view.setInt32(at + 12, rt.error, true);
  return w.end();
}

/** Writes what is known of a destination for itself: a route that was made for an exception, from the table `table`. @alpha */
export function fillException(w: NlWriter, rt: Rtable, fi: FibInfo, dst: number, table: number): number {
  return fill(w, rt.net4, { rt, fl: null, fi, tos: 0, dst, src: 0, table, iif: 0, redirect: 0, group: null });
}

function refuse(req: NlRequest, msg: string, err: number): number {
  nlSetErrMsg(req.extack, msg);
  return err;
}

/** What a request may hold (`inet_rtm_valid_getroute_req`). */
const ALLOWED: ReadonlySet<number> = new Set([RTA_IIF, RTA_OIF, RTA_SRC, RTA_DST, RTA_IP_PROTO, RTA_SPORT, RTA_DPORT, RTA_MARK, RTA_UID]);

function parse(req: NlRequest, tb: Int32Array): number {
  if (nlreqLen(req) < RTMSG_LEN) return refuse(req, 'ipv4: Invalid header for route get request', -EINVAL);
  if (!req.strict) return nlmsgParse(req, RTMSG_LEN, tb, RTM_IPV4_POLICY, NL_VALIDATE_LIBERAL);
  const rtm = rtmsgRead(req.view, req.data);
  const len = (n: number): boolean => n === 0 || n === 32;
  if (!len(rtm.srcLen) || !len(rtm.dstLen) || rtm.table !== 0 || rtm.protocol !== 0 || rtm.scope !== 0 || rtm.type !== 0) {
    return refuse(req, 'ipv4: Invalid values in header for route get request', -EINVAL);
  }
  if ((rtm.flags & ~(RTM_F_NOTIFY | RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH)) !== 0) return refuse(req, 'ipv4: Unsupported rtm_flags for route get request', -EINVAL);
  const err = nlmsgParse(req, RTMSG_LEN, tb, RTM_IPV4_POLICY, NL_VALIDATE_DEPRECATED_STRICT);
  if (err !== 0) return err;
  if ((tb[RTA_SRC] !== 0 && rtm.srcLen === 0) || (tb[RTA_DST] !== 0 && rtm.dstLen === 0)) return refuse(req, 'ipv4: rtm_src_len and rtm_dst_len must be 32 for IPv4', -EINVAL);
  for (let i = 1; i <= RTA_MAX; i++) if (tb[i] !== 0 && !ALLOWED.has(i)) return refuse(req, 'ipv4: Unsupported attribute in route get request', -EINVAL);
  return 0;
}

/** How a route of the tables is written: handed in, because that file needs this one. @alpha */
export type FibDump = (w: NlWriter, table: number, prefix: number, plen: number, fa: FibAlias, type?: number) => number;

/** The daemon was asked where the group goes: a message that says so by saying nothing else. */
function unresolved(reply: NlWriter, req: NlRequest, rt: Rtable, src: number): number {
  nlmsgReplyBegin(reply, req, RTM_NEWROUTE);
  rtmsgWrite(reply.view, reply.reserve(RTMSG_LEN), {
    family: AF_INET, dstLen: 32, srcLen: src !== 0 ? 32 : 0, tos: 0, table: RT_TABLE_MAIN, protocol: 0, scope: 0, type: rt.rtType, flags: ((rt.rtFlags & ~0xffff) | RTM_F_CLONED) >>> 0,
  });
  const ret = reply.end();
  return ret < 0 ? ret : 0;
}

/** The handler. @alpha */
export function getRoute(net: Net, req: NlRequest, reply: NlWriter, dumpFib: FibDump): number {
  const tb = new Int32Array(RTA_MAX + 1);
  const bad = parse(req, tb);
  if (bad !== 0) return bad;
  const { view } = req;
  const n4 = net.get(IPV4);
  const rtm = rtmsgRead(view, req.data);
  const u32 = (type: number): number => (tb[type] === 0 ? 0 : nlaGetU32(view, tb[type]!));
  const addr = (type: number): number => (tb[type] === 0 ? 0 : nlaGetInAddr(view, tb[type]!));
  const fl = new Flowi();
  const dst = addr(RTA_DST);
  const src = addr(RTA_SRC);
  const iif = u32(RTA_IIF);
  fl.daddr = dst;
  fl.saddr = src;
  fl.tos = rtm.tos & 0xfc;
  fl.oif = u32(RTA_OIF);
  fl.mark = u32(RTA_MARK) | 0;
  // A packet that came in is nobody's, unless the request says whose.
  fl.uid = tb[RTA_UID] !== 0 ? u32(RTA_UID) | 0 : iif !== 0 ? -1 : net.kernel.cred.uid;
  fl.proto = tb[RTA_IP_PROTO] === 0 ? IPPROTO_UDP : nlaGetU8(view, tb[RTA_IP_PROTO]!);
  if (fl.proto !== IPPROTO_TCP && fl.proto !== IPPROTO_UDP && fl.proto !== IPPROTO_ICMP) return refuse(req, 'Unsupported ip proto', -EOPNOTSUPP);
  fl.sport = tb[RTA_SPORT] === 0 ? 0 : nlaGetBe16(view, tb[RTA_SPORT]!);
  fl.dport = tb[RTA_DPORT] === 0 ? 0 : nlaGetBe16(view, tb[RTA_DPORT]!);
  let rt: Rtable | null;
  let res: FibResult;
  let redirect = 0;
  let group: MrAnswer | number | null = null;
  if (iif !== 0) {
    const dev = devGetByIndex(net, iif);
    if (dev === null) return -ENODEV;
    const skb = probe(dev, fl);
    res = n4.resIn;
    res.fi = null;
    res.table = null;
    // A route to a group is made for the question alone.
    const indev = inDevGet(dev);
    if (indev !== null) indev.mcRoutes.fill(null);
    const reason = ipRouteInput(skb, dst, src, fl.tos, dev);
    if (indev !== null) indev.mcRoutes.fill(null);
    rt = skb.dst as Rtable | null;
    if ((ipcbFlags(skb) & IPSKB_DOREDIRECT) !== 0) redirect = RTCF_DOREDIRECT;
    const err = reason !== 0 ? -EINVAL : rt !== null ? rt.error : -EHOSTUNREACH;
    if (err === 0 && rt!.input === n4.ipMrInput && (rtm.flags & RTM_F_FIB_MATCH) === 0) group = mrRouteGet(n4, skb, dev);
    kfreeSkbReason(skb, DROP.CONSUMED);
    if (err !== 0 || rt === null) return err;
    if (typeof group === 'number') return group < 0 ? group : unresolved(reply, req, rt, src);
  } else {
    res = n4.resOut;
    rt = ipRouteOutputKey(n4, fl);
    if (rt === null) return fl.error;
  }
  if ((rtm.flags & RTM_F_NOTIFY) !== 0) rt.rtFlags |= RTCF_NOTIFY;
  let table = RT_TABLE_MAIN;
  if ((rtm.flags & RTM_F_LOOKUP_TABLE) !== 0) {
    table = res.fi === null || res.table === null ? 0 : res.table.id;
    // As long as there are no rules, local and main are one table, and that is main.
    if (table === RT_TABLE_LOCAL && !n4.fibHasCustomRules) table = RT_TABLE_MAIN;
  }
  if ((rtm.flags & RTM_F_FIB_MATCH) !== 0 && res.fi === null) return -EHOSTUNREACH;
  nlmsgReplyBegin(reply, req, RTM_NEWROUTE);
  const ret = (rtm.flags & RTM_F_FIB_MATCH) !== 0 ? dumpFib(reply, table, res.prefix, res.prefixlen, res.table!.alias(res.fa), rt.rtType) : fill(reply, n4, { rt, fl, fi: res.fi, tos: res.fa === 0 || res.fi === null ? 0 : res.table!.tos[res.fa]!, dst, src, table, iif, redirect, group });
  return ret < 0 ? ret : 0;
}
