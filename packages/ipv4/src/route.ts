/** Routing's face to the rest of IPv4 (`route.c`): the parts live in the `route-*.ts` files. */
import { flowiReset } from '@linnet/inet';
import type { NetDevice } from '@linnet/netdev';
import { IFF_LOOPBACK, RT_SCOPE_UNIVERSE, iphDaddr, iphSaddr, iphTos } from '@linnet/uapi';
import type { Skb } from '@linnet/skbuff';
import { inetSelectAddr } from './devinet-select.ts';
import { fibNhPrefsrc } from './fib-semantics.ts';
import { fibLookup } from './fib-lookup.ts';
import { LOOPBACK_IFINDEX, type Rtable } from './rtable.ts';

export { ipError, ipRtSendRedirect } from './route-error.ts';
export { ipDstMtuMaybeForward, ipv4Mtu } from './route-exception.ts';
export { ipv4Redirect, ipv4SkUpdatePmtu, ipv4UpdatePmtu } from './route-pmtu.ts';
export { ipRouteInput } from './route-input.ts';
export { ipNeighFor, ipNeighForGw } from './route-neigh.ts';
export { ipv4ConfirmNeigh, ipv4DstOps } from './route-ops.ts';
export { ipRouteOutputFlow, ipRouteOutputKey } from './route-output.ts';
export { RTCF_BROADCAST, RTCF_DOREDIRECT, RTCF_LOCAL, RTCF_MULTICAST, RTCF_REDIRECTED, Rtable, rtCacheFlush } from './rtable.ts';

/** The priority of packets by bits 1 to 4 of their TOS: best effort 0, bulk 2, interactive bulk 4, interactive 6 (tc-prio(8)). */
const TOS2PRIO: readonly number[] = Object.freeze([0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4]);

/** The packet priority (TC_PRIO_*) of a TOS (`rt_tos2priority`). @alpha */
export function rtTos2Priority(tos: number): number {
  return TOS2PRIO[(tos & 0x1e) >> 1]!;
}

/** The address of ours to write into a record-route or timestamp option of a packet that leaves by `rt` (`ip_rt_get_source`). @alpha */
export function ipRtGetSource(skb: Skb, rt: Rtable): number {
  const { view, networkHeader: nh } = skb;
  if (!rt.rtIsInput) return iphSaddr(view, nh);
  const { net4: n4 } = rt;
  const fl = n4.flCtl;
  flowiReset(fl);
  fl.oif = (rt.dev.flags & IFF_LOOPBACK) !== 0 ? 0 : rt.dev.ifindex;
  fl.iif = skb.dev === null ? LOOPBACK_IFINDEX : (skb.dev as NetDevice).ifindex;
  fl.mark = skb.mark;
  fl.daddr = iphDaddr(view, nh);
  fl.saddr = iphSaddr(view, nh);
  fl.tos = iphTos(view, nh) & 0xfc;
  fl.scope = RT_SCOPE_UNIVERSE;
  const res = n4.resCtl;
  if (fibLookup(n4, fl, res, 0) === 0 && res.fi !== null && res.nh !== null) return fibNhPrefsrc(n4, res.fi, res.nh);
  return inetSelectAddr(rt.dev, rt.rtGw !== 0 ? rt.rtGw : fl.daddr, RT_SCOPE_UNIVERSE);
}
