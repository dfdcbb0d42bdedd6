/** What IPv4 does with its routes (`ipv4_dst_ops`). */
import { HZ } from '@linnet/kernel';
import { DST_OBSOLETE_FORCE_CHK } from '@linnet/netdev';
import type { DstEntry, DstOps } from '@linnet/netdev';
import type { Neighbour } from '@linnet/neigh';
import { neighConfirm } from '@linnet/neigh';
import type { Skb } from '@linnet/skbuff';
import { AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, IPHDR_LEN, IP_MAX_MTU, iphIhl, iphVersion } from '@linnet/uapi';
import { ipNeighFor, ipNeighForGw, ipNeighKnown } from './route-neigh.ts';
import { ipDoRedirect, ipRtUpdatePmtu, ipv4Mtu, ipv4NegativeAdvice } from './route-exception.ts';
import type { Rtable } from './rtable.ts';

/** A route that somebody kept: good while nothing in the tables changed (`ipv4_dst_check`). */
function check(dst: DstEntry): DstEntry | null {
  const rt = dst as Rtable;
  return rt.obsolete === DST_OBSOLETE_FORCE_CHK && rt.rtGenid === rt.net4.rtGenid ? rt : null;
}

/** The MSS to announce when the route does not say (`ipv4_default_advmss`). */
function defaultAdvmss(dst: DstEntry): number {
  const mss = Math.max(ipv4Mtu(dst) - 40, (dst as Rtable).net4.ipRtMinAdvmss);
  return Math.min(mss, IP_MAX_MTU - 40);
}

/** The next hop does not answer: the sender is told «host unreachable» (`ipv4_link_failure`). */
function linkFailure(skb: Skb): void {
  const rt = skb.dst as Rtable | null;
  if (rt === null) return;
  const nh = skb.networkHeader;
  if (nh >= 0 && nh + IPHDR_LEN <= skb.tail && iphVersion(skb.view, nh) === 4 && nh + (iphIhl(skb.view, nh) << 2) <= skb.tail) rt.net4.icmpSend(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
  // What was learned about the path may be why: let it end now.
  if (rt.expires !== 0) rt.expires = (rt.net4.kernel.jiffies - HZ) | 0;
}

function neighLookup(dst: DstEntry, skb: Skb | null): Neighbour | null {
  const rt = dst as Rtable;
  if (skb !== null) return ipNeighForGw(rt, skb);
  return rt.rtGw === 0 ? null : ipNeighFor(rt.net4, rt.dev, rt.rtGw);
}

/** The operations of every IPv4 route (`ipv4_dst_ops`). @alpha */
export const ipv4DstOps: DstOps = {
  family: AF_INET,
  check,
  mtu: ipv4Mtu,
  advmss: defaultAdvmss,
  negativeAdvice: ipv4NegativeAdvice,
  linkFailure,
  updatePmtu: ipRtUpdatePmtu,
  redirect: ipDoRedirect,
  neighLookup,
};

/** An upper layer heard from the next hop of `rt` for `daddr`: its neighbour needs no probe (`ipv4_confirm_neigh`). Makes no neighbour. @alpha */
export function ipv4ConfirmNeigh(rt: Rtable, daddr: number): void {
  const n = ipNeighKnown(rt, rt.rtGw !== 0 ? rt.rtGw : daddr);
  if (n !== null) neighConfirm(n);
}
