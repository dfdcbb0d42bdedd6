/**
 * Options in extension headers of received packets (RFC 8200 4.2): hop-by-hop and destination options. Each function takes a packet whose `data` is at its header, and
 * either steps over it or frees the packet; what is wrong is counted once, for the namespace and the device.
 */
import { DROP, kfreeSkbReason, pskbMayPull, pskbTrim, skbPullUnchecked } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { skbDev } from '@linnet/netdev';
import {
  ICMPV6_HDR_FIELD, ICMPV6_PARAMPROB, ICMPV6_UNK_OPTION, IPV6_MAXPLEN, IPV6_TLV_JUMBO, IPV6_TLV_PAD1, IPV6_TLV_PADN, IPV6_TLV_ROUTERALERT, IPV6HDR_LEN, ip6Daddr, ip6PayloadLen,
} from '@linnet/uapi';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { ip6cbAddFlags, ip6cbSetDst1, ip6cbSetLastopt, ip6cbSetNhoff, ip6cbSetRa, IP6SKB_HOPBYHOP, IP6SKB_JUMBOGRAM, IP6SKB_ROUTERALERT } from './ip6-cb.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { IP6_INHDRERRORS } from './snmp6.ts';

/** Options that Linux knows, security labels (RFC 5570) and traces (RFC 9486): here they are passed over, unless they are too short to be one. */
const TLV_CALIPSO = 0x07;
const TLV_IOAM = 0x31;

/** What becomes of an unknown option: the top two bits of its type say it (RFC 8200 4.2). Consumes. */
function unknownOption(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, at: number): void {
  extCount(n6, idev, IP6_INHDRERRORS);
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

/** Counts for the namespace and the device. @alpha */
export function extCount(n6: Ipv6Net, idev: Inet6Dev | null, field: number): void {
  n6.mib.ip[field]!++;
  if (idev !== null) idev.mib.ip[field]!++;
}

/** A header that is none: counted, the packet freed. Returns false. @alpha */
export function extBad(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb): boolean {
  extCount(n6, idev, IP6_INHDRERRORS);
  kfreeSkbReason(skb, DROP.IPV6_BAD_EXTHDR);
  return false;
}

/** A parameter problem at `pos` from the network header. Consumes; returns false. @alpha */
export function extParamProb(n6: Ipv6Net, skb: Skb, code: number, pos: number): boolean {
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
      if (++padding > 7) return extBad(n6, idev, skb);
      continue;
    }
    if (left < 2) return extBad(n6, idev, skb);
    const n = u8[off + 1]! + 2;
    if (n > left) return extBad(n6, idev, skb);
    if (type === IPV6_TLV_PADN) {
      padding += n;
      if (padding > 7) return extBad(n6, idev, skb);
      for (let i = 2; i < n; i++) if (u8[off + i] !== 0) return extBad(n6, idev, skb);
    } else {
      if (++count > limit) return extBad(n6, idev, skb);
      padding = 0;
      if (hbh && type === IPV6_TLV_ROUTERALERT) {
        if (n !== 4) return extBad(n6, idev, skb);
        ip6cbAddFlags(skb, IP6SKB_ROUTERALERT);
        ip6cbSetRa(skb, (u8[off + 2]! << 8) | u8[off + 3]!);
      } else if (hbh && type === IPV6_TLV_JUMBO) {
        if (!jumbo(n6, idev, skb, off)) return false;
      } else if (hbh && ((type === TLV_CALIPSO && n < 10) || (type === TLV_IOAM && n < 12))) {
        return extBad(n6, idev, skb);
      } else if (strict || type >>> 6 !== 0) {
        unknownOption(n6, idev, skb, off);
        return false;
      }
    }
    off += n;
    left -= n;
  }
  return left === 0 ? true : extBad(n6, idev, skb);
}

/** A jumbo payload option (RFC 2675). False: the packet is gone. */
function jumbo(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, off: number): boolean {
  const nh = skb.networkHeader;
  if (skb.u8[off + 1] !== 4 || ((off - nh) & 3) !== 2) return extBad(n6, idev, skb);
  const len = skb.view.getUint32(off + 2);
  if (len <= IPV6_MAXPLEN) {
    extCount(n6, idev, IP6_INHDRERRORS);
    return extParamProb(n6, skb, ICMPV6_HDR_FIELD, off - nh + 2);
  }
  if (ip6PayloadLen(skb.view, nh) !== 0) {
    extCount(n6, idev, IP6_INHDRERRORS);
    return extParamProb(n6, skb, ICMPV6_HDR_FIELD, off - nh);
  }
  if (len > skb.len - IPV6HDR_LEN) return extBad(n6, idev, skb);
  pskbTrim(skb, len + IPV6HDR_LEN);
  ip6cbAddFlags(skb, IP6SKB_JUMBOGRAM);
  return true;
}

/** The hop-by-hop options of a packet whose `data` is at the IPv6 header (ipv6_parse_hopopts). False: it is gone. @alpha */
export function ipv6ParseHopopts(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb): boolean {
  if (!pskbMayPull(skb, IPV6HDR_LEN + 8)) return extBad(n6, idev, skb);
  const extlen = (skb.u8[skb.data + IPV6HDR_LEN + 1]! + 1) << 3;
  if (!pskbMayPull(skb, IPV6HDR_LEN + extlen) || extlen > n6.sysctlMaxHbhOptsLen) return extBad(n6, idev, skb);
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
  if (!pskbMayPull(skb, 8)) return extBad(n6, idev, skb);
  const extlen = (skb.u8[skb.data + 1]! + 1) << 3;
  if (!pskbMayPull(skb, extlen) || extlen > n6.sysctlMaxDstOptsLen) return extBad(n6, idev, skb);
  const off = skb.data - skb.networkHeader;
  ip6cbSetDst1(skb, off);
  ip6cbSetLastopt(skb, off);
  if (!parseTlv(n6, idev, skb, skb.data, extlen, false, n6.sysctlMaxDstOptsCnt)) return false;
  ip6cbSetNhoff(skb, off);
  skbPullUnchecked(skb, extlen);
  skb.transportHeader = skb.data;
  return true;
}
