/** `RTM_GETROUTE` for one destination: which way would a packet go? (`inet_rtm_getroute`) */
// datapath-ok-file: messages
import { EHOSTUNREACH, EINVAL, ENODEV, jiffiesToClockT } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { Flowi } from '@linnet/inet';
import { devGetByIndex, dstMetric } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { NL_VALIDATE_LIBERAL, nlSetErrMsg, nlmsgParse, nlmsgReplyBegin } from '@linnet/netlink';
import type { NlRequest } from '@linnet/netlink';
import { DROP, allocSkb, kfreeSkbReason, skbPut, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import type { NlWriter } from '@linnet/uapi';
import {
  AF_INET, ETH_P_IP, IPPROTO_UDP, RTAX_MAX, RTAX_MTU, RTA_CACHEINFO, RTA_DPORT, RTA_DST, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_MAX, RTA_METRICS, RTA_OIF,
  RTA_PREFSRC, RTA_SPORT, RTA_SRC, RTA_TABLE, RTA_UID, RTMSG_LEN, RTM_F_CLONED, RTM_F_FIB_MATCH, RTM_F_LOOKUP_TABLE, RTM_NEWROUTE, RT_TABLE_COMPAT, RT_TABLE_MAIN, nlaGetBe16, nlaGetInAddr,
  nlaGetU32, nlaGetU8, rtmsgRead, rtmsgWrite,
} from '@linnet/uapi';
import { fibLookup } from './fib-lookup.ts';
import type { FibTable } from './fib-table.ts';
import type { FibAlias, FibResult } from './fib-types.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipRouteInput } from './route-input.ts';
import { ipRouteOutputKey } from './route-output.ts';
import { RTM_IPV4_POLICY } from './rtm-policy.ts';
import type { Rtable } from './rtable.ts';

/** A packet that looks as if it had come in, for the input route. */
function probe(dev: NetDevice, fl: Flowi): Skb {
  const skb = allocSkb(dev.pool, 128);
  skbReserve(skb, 32);
  const at = skbPut(skb, 28);
  const { view } = skb;
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

function putMetrics(w: NlWriter, rt: Rtable, pmtu: number): void {
  let any = pmtu !== 0;
  for (let i = 1; i <= RTAX_MAX; i++) any ||= dstMetric(rt, i) !== 0;
  if (!any) return;
  w.nestStartNoflag(RTA_METRICS);
  for (let i = 1; i <= RTAX_MAX; i++) {
    const v = i === RTAX_MTU && pmtu !== 0 ? pmtu : dstMetric(rt, i);
    if (v !== 0) w.putU32(i, v);
  }
  w.nestEnd();
}

/** Writes the body of the answer (`rt_fill_info`). */
function fill(w: NlWriter, n4: Ipv4Net, rt: Rtable, fl: Flowi, dst: number, src: number, table: number, tos: number, iif: number): number {
  const off = w.reserve(RTMSG_LEN);
  rtmsgWrite(w.view, off, {
    family: AF_INET, dstLen: 32, srcLen: src !== 0 ? 32 : 0, tos, table: table < 256 ? table : RT_TABLE_COMPAT, protocol: 0, scope: 0, type: rt.rtType,
    flags: ((rt.rtFlags & ~0xffff) | RTM_F_CLONED) >>> 0,
  });
  w.putU32(RTA_TABLE, table);
  w.putInAddr(RTA_DST, dst);
  if (src !== 0) w.putInAddr(RTA_SRC, src);
  w.putU32(RTA_OIF, rt.dev.ifindex);
  if (!rt.rtIsInput && fl.saddr !== src) w.putInAddr(RTA_PREFSRC, fl.saddr);
  if (rt.rtUsesGateway) w.putInAddr(RTA_GATEWAY, rt.rtGw);
  const now = n4.kernel.jiffies;
  const left = rt.expires === 0 ? 0 : (rt.expires - now) | 0;
  putMetrics(w, rt, left > 0 ? rt.rtPmtu : 0);
  if (fl.mark !== 0) w.putU32(RTA_MARK, fl.mark);
  if (!rt.rtIsInput) w.putU32(RTA_UID, fl.uid);
  else w.putU32(RTA_IIF, iif);
  const at = w.reserveAttr(RTA_CACHEINFO, 32);
  w.view.setInt32(at, rt.refs, true);
  w.view.setUint32(at + 4, jiffiesToClockT((now - rt.lastuse) >>> 0), true);
  w.view.setUint32(at + 8, left > 0 ? jiffiesToClockT(left) : 0, true);
  w.view.setInt32(at + 12, rt.error, true);
  return w.end();
}

/** How a route of the tables is written: handed in, because that file needs this one. @alpha */
export type FibDump = (w: NlWriter, tb: FibTable, prefix: number, plen: number, fa: FibAlias) => number;

/** The handler. @alpha */
export function getRoute(net: Net, req: NlRequest, reply: NlWriter, dumpFib: FibDump): number {
  const tb = new Int32Array(RTA_MAX + 1);
  const bad = nlmsgParse(req, RTMSG_LEN, tb, RTM_IPV4_POLICY, NL_VALIDATE_LIBERAL);
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
  fl.uid = u32(RTA_UID);
  fl.proto = tb[RTA_IP_PROTO] === 0 ? IPPROTO_UDP : nlaGetU8(view, tb[RTA_IP_PROTO]!);
  fl.sport = tb[RTA_SPORT] === 0 ? 0 : nlaGetBe16(view, tb[RTA_SPORT]!);
  fl.dport = tb[RTA_DPORT] === 0 ? 0 : nlaGetBe16(view, tb[RTA_DPORT]!);
  let skb: Skb | null = null;
  let rt: Rtable | null;
  if (iif !== 0) {
    const dev = devGetByIndex(net, iif);
    if (dev === null) return -ENODEV;
    skb = probe(dev, fl);
    const reason = ipRouteInput(skb, dst, src, fl.tos, dev);
    rt = skb.dst as Rtable | null;
    const err = reason !== 0 ? -EINVAL : rt !== null ? rt.error : -EHOSTUNREACH;
    kfreeSkbReason(skb, DROP.CONSUMED);
    if (err !== 0 || rt === null) return err;
  } else {
    rt = ipRouteOutputKey(n4, fl);
    if (rt === null) return fl.error;
  }
  nlmsgReplyBegin(reply, req, RTM_NEWROUTE);
  if ((rtm.flags & RTM_F_FIB_MATCH) !== 0) {
    const res = match(n4, dst, fl);
    if (res === null) {
      reply.cancel();
      nlSetErrMsg(req.extack, 'fib: no route');
      return -EHOSTUNREACH;
    }
    const ret = dumpFib(reply, res.table!, res.prefix, res.prefixlen, res.fa!);
    return ret < 0 ? ret : 0;
  }
  const table = (rtm.flags & RTM_F_LOOKUP_TABLE) !== 0 && n4.fibHasCustomRules ? (match(n4, dst, fl)?.table?.id ?? RT_TABLE_MAIN) : RT_TABLE_MAIN;
  const ret = fill(reply, n4, rt, fl, dst !== 0 ? dst : fl.daddr, src, table, rtm.tos, iif);
  return ret < 0 ? ret : 0;
}

/** The route of the tables behind the answer. */
function match(n4: Ipv4Net, dst: number, fl: Flowi): FibResult | null {
  const probeFlow = n4.flCtl;
  probeFlow.daddr = dst;
  probeFlow.oif = 0;
  probeFlow.tos = fl.tos;
  probeFlow.scope = 0;
  const res = n4.resCtl;
  return fibLookup(n4, probeFlow, res, 0) === 0 ? res : null;
}
