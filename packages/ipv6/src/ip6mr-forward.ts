/**
 * The way of IPv6 multicast packets through this machine (RFC 4291 2.7, RFC 7761): what `ip6McInput` asks while a daemon routes them. For a packet whose entry is
 * known nothing is allocated but the copies.
 */
import { timeAfter } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { fibRulesLookup, flowiReset } from '@linnet/inet';
import { dstOutput, llReservedSpace, nfHook, NF_INET_FORWARD, NFPROTO_IPV6, skbDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, PACKET_LOOPBACK, skbClone, skbCopyBits, skbCow } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  ICMPV6_MGM_QUERY, ICMPV6_MGM_REDUCTION, ICMPV6_MGM_REPORT, ICMPV6_MLD2_REPORT, ip6Daddr, ip6HopLimit, ip6SetHopLimit, IPPROTO_ICMPV6, MIFF_REGISTER, MRT6MSG_WHOLEPKT, MRT6MSG_WRMIFWHOLE,
  MRT6MSG_WRONGMIF,
} from '@linnet/uapi';
import { a6LoadDaddr, a6LoadSaddr, IPV6_ADDR_SCOPE_LINKLOCAL } from './addr6.ts';
import { in6DevGet } from './inet6-dev.ts';
import { IP6SKB_FORWARDED, ip6cbAddFlags, ip6cbFlags, ip6cbRa, IP6SKB_ROUTERALERT } from './ip6-cb.ts';
import { mr6Wait } from './ip6mr-pending.ts';
import { IP6MR, MR6_ASSERT_INTERVAL, mr6FindAny, mr6FindEntry, mr6FindMif, mr6GoesOut, mr6StarBranch } from './ip6mr-types.ts';
import type { Mr6Entry, Mr6Net, Mr6Table } from './ip6mr-types.ts';
import { mr6Upcall } from './ip6mr-upcall.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ip6RouteOutputFlags } from './route6.ts';
import type { Rt6Info } from './rt6-info.ts';
import { IP6_OUTFORWDATAGRAMS } from './snmp6.ts';

/** The index of `lo`. */
const LOOPBACK_IFINDEX = 1;

/** The table for a packet: one that came in by `dev`, or our own that went out by it; null: the rules refuse it. @alpha */
export function mr6TableOf(mr: Mr6Net, skb: Skb, dev: NetDevice, own: boolean): Mr6Table | null {
  if (mr.plain) return mr.main;
  const fl = mr.flow;
  fl.oif = own ? dev.ifindex : 0;
  fl.iif = own ? LOOPBACK_IFINDEX : dev.ifindex;
  fl.mark = skb.mark;
  mr.arg.result = null;
  mr.arg.rule = null;
  return fibRulesLookup(mr.rules!, fl, 0, mr.arg) === 0 ? (mr.arg.result as unknown as Mr6Table) : null;
}

/** Is it a message of multicast listeners (RFC 2710, RFC 3810)? */
function isMld(n6: Ipv6Net, skb: Skb): boolean {
  const w = n6.extWalk;
  const at = w.walk(skb, skb.networkHeader);
  if (at < 0 || w.nexthdr !== IPPROTO_ICMPV6 || skbCopyBits(skb, at, n6.mcByte, 0, 1) !== 0) return false;
  const type = n6.mcByte[0]!;
  return type === ICMPV6_MGM_QUERY || type === ICMPV6_MGM_REPORT || type === ICMPV6_MGM_REDUCTION || type === ICMPV6_MLD2_REPORT;
}

function refuse(skb: Skb): boolean {
  kfreeSkbReason(skb, DROP.IP_INADDRERRORS);
  return false;
}

/**
 * A packet to a group came in, `data` at its header. `member`: somebody on this machine listens. True: the packet is still the caller's, and is to be delivered here; false: it is gone.
 * @alpha
 */
export function mr6Input(n6: Ipv6Net, skb: Skb, member: boolean): boolean {
  const nh = skb.networkHeader;
  // What is for one link stays there.
  if (((ip6Daddr(skb.view, nh, 0) >>> 16) & 15) <= IPV6_ADDR_SCOPE_LINKLOCAL) return member || refuse(skb);
  if ((ip6cbFlags(skb) & IP6SKB_ROUTERALERT) !== 0 && ip6cbRa(skb) === 0) {
    // What hosts say of groups is for the daemon, and goes no further; nor does what only claims to be that.
    return isMld(n6, skb) || refuse(skb);
  }
  const copy = member ? skbClone(skb) : skb;
  route(n6, copy, nh);
  return member;
}

/** Looks a packet up and sends it where it goes. Consumes it. */
function route(n6: Ipv6Net, skb: Skb, nh: number): void {
  const mr = n6.net.get(IP6MR);
  const dev = skbDev(skb)!;
  const t = mr6TableOf(mr, skb, dev, false);
  if (t === null) {
    kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
    return;
  }
  a6LoadSaddr(mr.origin, skb.view, nh);
  a6LoadDaddr(mr.group, skb.view, nh);
  let e = mr6FindEntry(t, mr.origin, mr.group);
  if (e === null) {
    const mif = mr6FindMif(t, dev);
    if (mif >= 0) e = mr6FindAny(t, mr.group, mif);
    if (e === null) {
      if (mif >= 0) mr6Wait(t, skb, mif);
      else kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
      return;
    }
  }
  mr6Forward(t, skb, e, false);
}

/** Did the packet come in where the entry wants it? `mif` is where it came in, -1: by no interface of the table. */
function acceptable(t: Mr6Table, e: Mr6Entry, dev: NetDevice, mif: number): boolean {
  const from = t.mifs[e.parent]!;
  if (from !== null && from.dev === dev) return true;
  // Without a source any branch of the tree will do.
  return e.anyOrigin && mif >= 0 && mr6StarBranch(t, e.parent, mif);
}

/** Tells of a packet that came in elsewhere, now and then (RFC 7761 4.6). */
function wrongMif(t: Mr6Table, skb: Skb, e: Mr6Entry, mif: number): void {
  e.wrong++;
  // Our own, back from where it was sent: the daemon has nothing to say about it.
  if (skb.pktType === PACKET_LOOPBACK || mif < 0 || !t.assert || (!t.pim && !mr6GoesOut(e, mif))) return;
  const now = t.n6.kernel.jiffies;
  if (!timeAfter(now, (e.lastAssert + MR6_ASSERT_INTERVAL) | 0)) return;
  e.lastAssert = now;
  mr6Upcall(t, skb, mif, MRT6MSG_WRONGMIF);
  if (t.wholeOnWrong) mr6Upcall(t, skb, mif, MRT6MSG_WRMIFWHOLE);
}

/** Sends a packet where an entry says. Consumes it unless `keep`: then copies go, and it is still the caller's. @alpha */
export function mr6Forward(t: Mr6Table, skb: Skb, e: Mr6Entry, keep: boolean): void {
  const dev = skbDev(skb)!;
  const hops = ip6HopLimit(skb.view, skb.networkHeader);
  e.packets++;
  e.bytes += skb.len;
  e.lastUse = t.n6.kernel.jiffies;
  const mif = mr6FindMif(t, dev);
  let last = -1;
  if (!acceptable(t, e, dev, mif)) {
    wrongMif(t, skb, e, mif);
  } else {
    const from = t.mifs[e.parent]!;
    if (from !== null) {
      from.packetsIn++;
      from.bytesIn += skb.len;
    }
    if (hops > 1) {
      if (e.anyOrigin && e.anyGroup) {
        // What nobody knows goes up, never down.
        if (mif >= 0 && mif !== e.parent && mr6GoesOut(e, e.parent)) last = e.parent;
      } else {
        for (let i = t.mifEnd - 1; i >= 0; i--) {
          // A tree without a source has branches where packets come in, to which they do not go back.
          if (!mr6GoesOut(e, i) || (e.anyOrigin && i === mif)) continue;
          if (last >= 0) sendBy(t, skbClone(skb), last);
          last = i;
        }
      }
    }
  }
  if (last >= 0) sendBy(t, keep ? skbClone(skb) : skb, last);
  else if (!keep) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
}

/** Sends a packet out by an interface. Consumes it. */
function sendBy(t: Mr6Table, skb: Skb, i: number): void {
  const mif = t.mifs[i]!;
  if (mif === null) {
    kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
    return;
  }
  if ((mif.flags & MIFF_REGISTER) !== 0) {
    mif.packetsOut++;
    mif.bytesOut += skb.len;
    mif.dev.stats.txPackets++;
    mif.dev.stats.txBytes += skb.len;
    mr6Upcall(t, skb, i, MRT6MSG_WHOLEPKT);
    consumeSkb(skb);
    return;
  }
  const { n6 } = t;
  const mr = n6.net.get(IP6MR);
  const fl = mr.outFlow;
  a6LoadDaddr(mr.outGroup, skb.view, skb.networkHeader);
  flowiReset(fl);
  fl.daddr6 = mr.outGroup;
  fl.oif = mif.dev.ifindex;
  const rt = ip6RouteOutputFlags(n6, fl, true);
  if (rt === null) {
    kfreeSkbReason(skb, DROP.IP_OUTNOROUTES);
    return;
  }
  skbCow(skb, llReservedSpace(rt.dev) + rt.headerLen);
  mif.packetsOut++;
  mif.bytesOut += skb.len;
  skb.dst = rt;
  const nh = skb.networkHeader;
  ip6SetHopLimit(skb.view, nh, ip6HopLimit(skb.view, nh) - 1);
  ip6cbAddFlags(skb, IP6SKB_FORWARDED);
  nfHook(NFPROTO_IPV6, NF_INET_FORWARD, n6.net, null, skb, skbDev(skb), rt.dev, forwardFinish);
}

function forwardFinish(net: Net, sk: object | null, skb: Skb): number {
  const rt = skb.dst as Rt6Info;
  const idev = in6DevGet(rt.dev);
  rt.net6.mib.ip[IP6_OUTFORWDATAGRAMS]!++;
  if (idev !== null) idev.mib.ip[IP6_OUTFORWDATAGRAMS]!++;
  skb.tstamp = 0;
  return dstOutput(net, sk, skb);
}
