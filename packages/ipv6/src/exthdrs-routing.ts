/**
 * Routing headers of received packets (RFC 8200 4.4): segment routing (RFC 8754), source routes of RPL networks (RFC 6554), all others. A function takes a packet
 * whose `data` is at its header, and either steps over it or consumes the packet.
 */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, DROP, kfreeSkbReason, pskbMayPull, skbCow, skbHeadroom, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstInput, netifRx, skbDev } from '@linnet/netdev';
import {
  DEVCONF_RPL_SEG_ENABLED, DEVCONF_SEG6_ENABLED, DEVCONF_SEG6_REQUIRE_HMAC, ETH_P_IP, ETH_P_IPV6, ICMPV6_EXC_HOPLIMIT, ICMPV6_HDR_FIELD,
  ICMPV6_TIME_EXCEED, IPPROTO_IPIP, IPPROTO_IPV6, RTN_LOCAL, ip6HopLimit, ip6SetHopLimit,
} from '@linnet/uapi';
import { a6LoadDaddr, a6Multicast } from './addr6.ts';
import { extBad, extCount, extParamProb } from './exthdrs.ts';
import { rplLoops, rplRead, rplReplace, rplWrite } from './exthdrs-rpl.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { ip6cbDst1, ip6cbSetDst0, ip6cbSetDst1, ip6cbSetLastopt, ip6cbSetNhoff, ip6cbSetSrcrt } from './ip6-cb.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ip6RouteInput } from './route6.ts';
import type { Rt6Info } from './rt6-info.ts';
import { IP6_INADDRERRORS, IP6_INHDRERRORS } from './snmp6.ts';

const RT_RPL = 3;
const RT_SEGMENTS = 4;
/** A segment routing header has a keyed digest (the H flag). */
const SR6_HMAC = 8;
/** The type of the digest's TLV, the last of the header, and its length (RFC 8754 2.1.2). */
const TLV_HMAC = 5;
const TLV_HMAC_LEN = 40;

/** On a device and in the namespace: for settings that both must allow. */
function allowed(n6: Ipv6Net, idev: Inet6Dev | null, id: number): number {
  return idev === null ? 0 : Math.min(idev.conf(id), n6.devconfAll.data[id]!);
}

/** The packet is dropped, and nothing counted. */
function silently(skb: Skb): boolean {
  kfreeSkbReason(skb, DROP.IPV6_BAD_EXTHDR);
  return false;
}

/** Steps over a header of `extlen` bytes. */
function stepOver(skb: Skb, off: number, extlen: number): boolean {
  ip6cbSetLastopt(skb, off);
  ip6cbSetSrcrt(skb, off);
  ip6cbSetNhoff(skb, off);
  skbPullUnchecked(skb, extlen);
  skb.transportHeader = skb.data;
  return true;
}

/**
 * Sends a packet, `data` at its routing header, to its next address. True when that is here and now: the header is to be looked at again. Else consumes.
 */
function onward(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb): boolean {
  const off = skb.data - skb.networkHeader;
  skb.dst = null;
  skbPush(skb, off);
  ip6RouteInput(n6, skb, skbDev(skb)!);
  const rt = skb.dst as Rt6Info | null;
  if (rt === null) {
    kfreeSkbReason(skb, DROP.IP_INNOROUTES);
    return false;
  }
  if (rt.rtType !== RTN_LOCAL) {
    dstInput(skb);
    return false;
  }
  const nh = skb.networkHeader;
  const hops = ip6HopLimit(skb.view, nh);
  if (hops <= 1) {
    extCount(n6, idev, IP6_INHDRERRORS);
    n6.fn.icmpSend(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
    kfreeSkbReason(skb, DROP.IP_TTL);
    return false;
  }
  // To oneself is a hop as well.
  ip6SetHopLimit(skb.view, nh, hops - 1);
  skbPullUnchecked(skb, off);
  return true;
}

/**
 * A routing header (ipv6_rthdr_rcv): true with `data` behind it when this is the last segment; false when the packet is gone, on its way or freed. Type 0 is refused
 * (RFC 5095), and so is any other but 3 and 4 while segments are left.
 * @alpha
 */
export function ipv6RthdrRcv(n6: Ipv6Net, skb: Skb): boolean {
  const idev = in6DevGet(skbDev(skb)!);
  if (!pskbMayPull(skb, 8)) return extBad(n6, idev, skb);
  const extlen = (skb.u8[skb.data + 1]! + 1) << 3;
  if (!pskbMayPull(skb, extlen)) return extBad(n6, idev, skb);
  a6LoadDaddr(n6.a6Tmp, skb.view, skb.networkHeader);
  if (a6Multicast(n6.a6Tmp) || skb.pktType !== 0) {
    extCount(n6, idev, IP6_INADDRERRORS);
    kfreeSkbReason(skb, DROP.IP_INADDRERRORS);
    return false;
  }
  const type = skb.u8[skb.data + 2]!;
  if (type === RT_SEGMENTS) return segments(n6, idev, skb, extlen);
  if (type === RT_RPL) return rpl(n6, idev, skb, extlen);
  const off = skb.data - skb.networkHeader;
  // Ours is the last address: the header says nothing more. Options that came before it were for those on the way as well.
  if (skb.u8[skb.data + 3] === 0) {
    ip6cbSetDst0(skb, ip6cbDst1(skb));
    ip6cbSetDst1(skb, 0);
    return stepOver(skb, off, extlen);
  }
  extCount(n6, idev, IP6_INHDRERRORS);
  return extParamProb(n6, skb, ICMPV6_HDR_FIELD, off + 2);
}

/** May it pass with, or without, its digest? This machine has no keys: a digest can only be ignored or refused (`seg6_require_hmac`). */
function digestOk(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, extlen: number): boolean {
  const need = allowed(n6, idev, DEVCONF_SEG6_REQUIRE_HMAC);
  if (need < 0) return true;
  if (need > 0) return false;
  const at = skb.data;
  // Without an intact TLV the flag means nothing.
  return (skb.u8[at + 5]! & SR6_HMAC) === 0 || extlen < 8 + 16 + TLV_HMAC_LEN || skb.u8[at + extlen - TLV_HMAC_LEN] !== TLV_HMAC || skb.u8[at + extlen - TLV_HMAC_LEN + 1] !== TLV_HMAC_LEN - 2;
}

/** A segment routing header (RFC 8754 4.3.1): an endpoint takes the next segment and sends the packet on; behind the last it takes a packet in the packet out. */
function segments(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, len: number): boolean {
  if (allowed(n6, idev, DEVCONF_SEG6_ENABLED) === 0 || !digestOk(n6, idev, skb, len)) return silently(skb);
  for (;;) {
    const off = skb.data - skb.networkHeader;
    const left = skb.u8[skb.data + 3]!;
    if (left === 0) {
      const next = skb.u8[skb.data]!;
      if (next === IPPROTO_IPV6 || next === IPPROTO_IPIP) return unwrap(skb, len, next);
      return stepOver(skb, off, len);
    }
    // «Last entry» is not looked at (observed on Linux 6.18): the header's length says how many there are.
    if (left >= (len - 8) >> 4) {
      extCount(n6, idev, IP6_INHDRERRORS);
      return extParamProb(n6, skb, ICMPV6_HDR_FIELD, off + 3);
    }
    skbCow(skb, skbHeadroom(skb));
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
    const h = skb.data;
    const { u8 } = skb;
    u8[h + 3] = left - 1;
    const seg = h + 8 + 16 * (left - 1);
    const to = skb.networkHeader + 24;
    for (let i = 0; i < 16; i++) u8[to + i] = u8[seg + i]!;
    if (!onward(n6, idev, skb)) return false;
  }
}

/** The packet that a header of `extlen` bytes was put before comes in anew, by the same device. Consumes. */
function unwrap(skb: Skb, extlen: number, next: number): boolean {
  skbPullUnchecked(skb, extlen);
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  skb.protocol = next === IPPROTO_IPV6 ? ETH_P_IPV6 : ETH_P_IP;
  skb.networkHeader = skb.data;
  skb.transportHeader = skb.data;
  skb.macHeader = skb.data;
  skb.macLen = 0;
  skb.dst = null;
  skb.nfct = null;
  netifRx(skb);
  return false;
}

/** The source route of an RPL network (RFC 6554 4.2): destination and next address change places. */
function rpl(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, extlen: number): boolean {
  if (allowed(n6, idev, DEVCONF_RPL_SEG_ENABLED) === 0) return silently(skb);
  let len = extlen;
  for (;;) {
    const nh = skb.networkHeader;
    const at = skb.data;
    const off = at - nh;
    const left = skb.u8[at + 3]!;
    if (left === 0) {
      if (skb.u8[at] === IPPROTO_IPV6) return unwrap(skb, len, IPPROTO_IPV6);
      return stepOver(skb, off, len);
    }
    const route = rplRead(skb.u8, at, len, nh + 24);
    if (route === null) return silently(skb);
    if (left > route.n) {
      extCount(n6, idev, IP6_INHDRERRORS);
      return extParamProb(n6, skb, ICMPV6_HDR_FIELD, off + 3);
    }
    const i = 16 * (route.n - left);
    if (route.addrs[i] === 0xff) return silently(skb);
    if (rplLoops(n6, route)) return extParamProb(n6, skb, ICMPV6_HDR_FIELD, off + 3);
    skbCow(skb, skbHeadroom(skb));
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
    const dst = skb.networkHeader + 24;
    for (let j = 0; j < 16; j++) {
      const b = skb.u8[dst + j]!;
      skb.u8[dst + j] = route.addrs[i + j]!;
      route.addrs[i + j] = b;
    }
    const header = rplWrite(route, skb.u8[skb.data]!, left - 1, skb.u8, dst);
    rplReplace(skb, len, header);
    len = header.length;
    if (!onward(n6, idev, skb)) return false;
  }
}
