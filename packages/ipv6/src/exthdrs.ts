/**
 * Extension headers of received packets (RFC 8200 4): hop-by-hop and destination options, routing headers. Each function takes a packet whose `data` is at its
 * header, and either steps over it or frees the packet.
 */
import { DROP, kfreeSkbReason, pskbMayPull, pskbTrim, skbCow, skbHeadroom, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstInput, skbDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  DEVCONF_ACCEPT_SOURCE_ROUTE, DEVCONF_SEG6_ENABLED, ICMPV6_EXC_HOPLIMIT, ICMPV6_HDR_FIELD, ICMPV6_PARAMPROB, ICMPV6_TIME_EXCEED, ICMPV6_UNK_OPTION, IFF_LOOPBACK, IPV6_MAXPLEN,
  IPV6_TLV_JUMBO, IPV6_TLV_PAD1, IPV6_TLV_PADN, IPV6_TLV_ROUTERALERT, IPV6HDR_LEN, ip6Daddr, ip6HopLimit, ip6PayloadLen, ip6SetHopLimit,
} from '@linnet/uapi';
import { a6LoadDaddr, a6Multicast } from './addr6.ts';
import { ipv6ChkAddr } from './addr-find.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import {
  ip6cbAddFlags, ip6cbSetDst1, ip6cbSetLastopt, ip6cbSetNhoff, ip6cbSetRa, ip6cbSetSrcrt, IP6SKB_HOPBYHOP, IP6SKB_JUMBOGRAM, IP6SKB_ROUTERALERT,
} from './ip6-cb.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ip6RouteInput } from './route6.ts';
import { IP6_INADDRERRORS, IP6_INHDRERRORS, IP6_INTRUNCATEDPKTS } from './snmp6.ts';

/** Options that Linux knows, security labels (RFC 5570) and traces (RFC 9486): here they are passed over, unless they are too short to be one. */
const TLV_CALIPSO = 0x07;
const TLV_IOAM = 0x31;

/** What becomes of an unknown option: the top two bits of its type say it (RFC 8200 4.2). Consumes. */
function unknownOption(n6: Ipv6Net, skb: Skb, at: number): void {
  const nh = skb.networkHeader;
  switch (skb.u8[at]! >>> 6) {
    case 1:
      break;
    case 3:
      // No error about packets to groups.
      if (ip6Daddr(skb.view, nh, 0) >>> 24 === 0xff) break;
      n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_UNK_OPTION, at - nh);
      break;
    default:
      n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_UNK_OPTION, at - nh);
  }
  kfreeSkbReason(skb, DROP.IPV6_BAD_EXTHDR);
}

function bad(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb): boolean {
  n6.mib.ip[IP6_INHDRERRORS]!++;
  if (idev !== null) idev.mib.ip[IP6_INHDRERRORS]!++;
  kfreeSkbReason(skb, DROP.IPV6_BAD_EXTHDR);
  return false;
}

/** A parameter problem at `pos` from the network header. Consumes; returns false. */
function paramProb(n6: Ipv6Net, skb: Skb, code: number, pos: number): boolean {
  n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, code, pos);
  kfreeSkbReason(skb, DROP.IPV6_BAD_EXTHDR);
  return false;
}

/** Goes through the options of a header of `len` bytes at `at` (ip6_parse_tlv). False: the packet is gone. */
function parseTlv(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, at: number, len: number, hbh: boolean, max: number): boolean {
  const { u8 } = skb;
  let off = at + 2;
  let left = len - 2;
  let padding = 0;
  let count = 0;
  const strict = max < 0;
  const limit = strict ? -max : max;
  while (left > 0) {
    const type = u8[off]!;
    if (type === IPV6_TLV_PAD1) {
      left--;
      off++;
      // More than seven bytes of padding in a row align nothing (RFC 8504 5.3).
      if (++padding > 7) return bad(n6, idev, skb);
      continue;
    }
    if (left < 2) return bad(n6, idev, skb);
    const n = u8[off + 1]! + 2;
    if (n > left) return bad(n6, idev, skb);
    if (type === IPV6_TLV_PADN) {
      padding += n;
      if (padding > 7) return bad(n6, idev, skb);
      for (let i = 2; i < n; i++) if (u8[off + i] !== 0) return bad(n6, idev, skb);
    } else {
      if (++count > limit) return bad(n6, idev, skb);
      padding = 0;
      if (hbh && type === IPV6_TLV_ROUTERALERT) {
        if (n !== 4) return bad(n6, idev, skb);
        ip6cbAddFlags(skb, IP6SKB_ROUTERALERT);
        ip6cbSetRa(skb, (u8[off + 2]! << 8) | u8[off + 3]!);
      } else if (hbh && type === IPV6_TLV_JUMBO) {
        if (!jumbo(n6, idev, skb, off)) return false;
      } else if (hbh && ((type === TLV_CALIPSO && n < 10) || (type === TLV_IOAM && n < 12))) {
        return bad(n6, idev, skb);
      } else if (strict || type >>> 6 !== 0) {
        unknownOption(n6, skb, off);
        return false;
      }
    }
    off += n;
    left -= n;
  }
  return left === 0 ? true : bad(n6, idev, skb);
}

/** A jumbo payload option (RFC 2675). False: the packet is gone. */
function jumbo(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, off: number): boolean {
  const nh = skb.networkHeader;
  if (skb.u8[off + 1] !== 4 || ((off - nh) & 3) !== 2) return bad(n6, idev, skb);
  const len = skb.view.getUint32(off + 2);
  if (len <= IPV6_MAXPLEN) {
    n6.mib.ip[IP6_INHDRERRORS]!++;
    return paramProb(n6, skb, ICMPV6_HDR_FIELD, off - nh + 2);
  }
  if (ip6PayloadLen(skb.view, nh) !== 0) {
    n6.mib.ip[IP6_INHDRERRORS]!++;
    return paramProb(n6, skb, ICMPV6_HDR_FIELD, off - nh);
  }
  if (len > skb.len - IPV6HDR_LEN) {
    n6.mib.ip[IP6_INTRUNCATEDPKTS]!++;
    kfreeSkbReason(skb, DROP.PKT_TOO_SMALL);
    return false;
  }
  pskbTrim(skb, len + IPV6HDR_LEN);
  ip6cbAddFlags(skb, IP6SKB_JUMBOGRAM);
  return true;
}

/** The hop-by-hop options of a packet whose `data` is at the IPv6 header (ipv6_parse_hopopts). False: it is gone. @alpha */
export function ipv6ParseHopopts(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb): boolean {
  if (!pskbMayPull(skb, IPV6HDR_LEN + 8)) return bad(n6, idev, skb);
  const extlen = (skb.u8[skb.data + IPV6HDR_LEN + 1]! + 1) << 3;
  if (!pskbMayPull(skb, IPV6HDR_LEN + extlen) || extlen > n6.sysctlMaxHbhOptsLen) return bad(n6, idev, skb);
  skb.networkHeader = skb.data;
  ip6cbAddFlags(skb, IP6SKB_HOPBYHOP);
  if (!parseTlv(n6, idev, skb, skb.data + IPV6HDR_LEN, extlen, true, n6.sysctlMaxHbhOptsCnt)) return false;
  skb.transportHeader = skb.networkHeader + IPV6HDR_LEN + extlen;
  ip6cbSetNhoff(skb, IPV6HDR_LEN);
  return true;
}

/** Destination options, `data` at them (ipv6_destopt_rcv): true with `data` behind them, false when the packet is gone. @alpha */
export function ipv6DestoptRcv(n6: Ipv6Net, skb: Skb): boolean {
  const idev = in6DevGet(skbDev(skb)!);
  if (!pskbMayPull(skb, 8)) return bad(n6, idev, skb);
  const extlen = (skb.u8[skb.data + 1]! + 1) << 3;
  if (!pskbMayPull(skb, extlen) || extlen > n6.sysctlMaxDstOptsLen) return bad(n6, idev, skb);
  const off = skb.data - skb.networkHeader;
  ip6cbSetDst1(skb, off);
  ip6cbSetLastopt(skb, off);
  if (!parseTlv(n6, idev, skb, skb.data, extlen, false, n6.sysctlMaxDstOptsCnt)) return false;
  ip6cbSetNhoff(skb, off);
  skbPullUnchecked(skb, extlen);
  skb.transportHeader = skb.data;
  return true;
}

/** Sends a packet whose destination changed on its way. Consumes. */
function looped(n6: Ipv6Net, skb: Skb): void {
  skb.dst = null;
  skbPush(skb, skb.data - skb.networkHeader);
  ip6RouteInput(n6, skb, skbDev(skb)!);
  dstInput(skb);
}

/**
 * A routing header, `data` at it (ipv6_rthdr_rcv): true with `data` behind it when this is the last segment; false when the packet is gone, on its way or freed.
 * Type 0 is refused (RFC 5095), type 4 is segment routing (RFC 8754), others are refused while segments are left.
 * @alpha
 */
export function ipv6RthdrRcv(n6: Ipv6Net, skb: Skb): boolean {
  const idev = in6DevGet(skbDev(skb)!);
  if (!pskbMayPull(skb, 8)) return bad(n6, idev, skb);
  const extlen = (skb.u8[skb.data + 1]! + 1) << 3;
  if (!pskbMayPull(skb, extlen)) return bad(n6, idev, skb);
  const nh = skb.networkHeader;
  const off = skb.data - nh;
  const { u8 } = skb;
  const at = skb.data;
  const type = u8[at + 2]!;
  const left = u8[at + 3]!;
  a6LoadDaddr(n6.a6Tmp, skb.view, nh);
  if (a6Multicast(n6.a6Tmp) || skb.pktType !== 0) {
    n6.mib.ip[IP6_INADDRERRORS]!++;
    kfreeSkbReason(skb, DROP.IP_INADDRERRORS);
    return false;
  }
  if (type === 4) return srhRcv(n6, idev, skb, off, extlen);
  if (type === 3) {
    // Source routes of RPL (RFC 6554) are for routers of such networks: all others drop them.
    kfreeSkbReason(skb, DROP.IPV6_BAD_EXTHDR);
    return false;
  }
  const accept = idev === null ? -1 : Math.min(idev.conf(DEVCONF_ACCEPT_SOURCE_ROUTE), n6.devconfAll.data[DEVCONF_ACCEPT_SOURCE_ROUTE]!);
  if (left === 0) {
    // Ours is the last address: the header says nothing more.
    if (type === 2 && accept < 0) return paramProb(n6, skb, ICMPV6_HDR_FIELD, off + 2);
    ip6cbSetLastopt(skb, off);
    ip6cbSetSrcrt(skb, off);
    ip6cbSetNhoff(skb, off);
    skbPullUnchecked(skb, extlen);
    skb.transportHeader = skb.data;
    return true;
  }
  // Type 2 is for home addresses of mobile hosts, which this is not; everything else is unknown.
  n6.mib.ip[IP6_INHDRERRORS]!++;
  return paramProb(n6, skb, ICMPV6_HDR_FIELD, off + 2);
}

/** A segment routing header (RFC 8754 4.3): an endpoint takes the next segment and sends the packet on. */
function srhRcv(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, off: number, extlen: number): boolean {
  const enabled = idev === null ? 0 : Math.min(idev.conf(DEVCONF_SEG6_ENABLED), n6.devconfAll.data[DEVCONF_SEG6_ENABLED]!);
  if (enabled === 0) {
    kfreeSkbReason(skb, DROP.IPV6_BAD_EXTHDR);
    return false;
  }
  const at = skb.data;
  const { u8 } = skb;
  const left = u8[at + 3]!;
  const last = u8[at + 4]!;
  if (left === 0) {
    ip6cbSetLastopt(skb, off);
    ip6cbSetNhoff(skb, off);
    skbPullUnchecked(skb, extlen);
    skb.transportHeader = skb.data;
    return true;
  }
  if (left > last || 8 + 16 * (last + 1) > extlen) {
    n6.mib.ip[IP6_INHDRERRORS]!++;
    return paramProb(n6, skb, ICMPV6_HDR_FIELD, off + 3);
  }
  skbCow(skb, skbHeadroom(skb));
  const nh = skb.networkHeader;
  const h = skb.data;
  const next = left - 1;
  skb.u8[h + 3] = next;
  const seg = h + 8 + 16 * next;
  for (let i = 0; i < 16; i++) skb.u8[nh + 24 + i] = skb.u8[seg + i]!;
  skb.ipSummed = 0;
  a6LoadDaddr(n6.a6Tmp2, skb.view, nh);
  if (a6Multicast(n6.a6Tmp2)) {
    n6.mib.ip[IP6_INADDRERRORS]!++;
    kfreeSkbReason(skb, DROP.IP_INADDRERRORS);
    return false;
  }
  if (ip6HopLimit(skb.view, nh) <= 1) {
    n6.mib.ip[IP6_INHDRERRORS]!++;
    n6.fn.icmpSend(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
    kfreeSkbReason(skb, DROP.IP_TTL);
    return false;
  }
  // A next segment that is ours as well is taken at once by the local route; the loop over lo counts a hop, as on Linux.
  if (ipv6ChkAddr(n6, n6.a6Tmp2, null, false) && ((skb.dev as NetDevice).flags & IFF_LOOPBACK) === 0) ip6SetHopLimit(skb.view, nh, ip6HopLimit(skb.view, nh) - 1);
  looped(n6, skb);
  return false;
}
