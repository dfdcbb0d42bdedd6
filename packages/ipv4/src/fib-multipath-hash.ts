/** The hash by which a multipath route spreads flows over its hops (`fib_multipath_hash`; ip-sysctl: fib_multipath_hash_policy, fib_multipath_hash_fields). */
import { jhash3words } from '@linnet/kernel';
import type { Flowi } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import {
  ICMP_DEST_UNREACH, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, ICMP_TIME_EXCEEDED, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_SCTP, IPPROTO_TCP,
  IPPROTO_UDP, IPPROTO_UDPLITE, IP_OFFSET, iphDaddr, iphFragOff, iphIhl, iphProtocol, iphSaddr,
} from '@linnet/uapi';
import type { Ipv4Net } from './ipv4-net.ts';

/** Policy: the addresses. @alpha */
export const FIB_MULTIPATH_HASH_L3 = 0;
/** Policy: addresses, protocol and ports. @alpha */
export const FIB_MULTIPATH_HASH_L4 = 1;
/** Policy: the addresses inside of a tunnel, where there is one. @alpha */
export const FIB_MULTIPATH_HASH_L3_INNER = 2;
/** Policy: the fields of `fib_multipath_hash_fields`. @alpha */
export const FIB_MULTIPATH_HASH_CUSTOM = 3;

/** Bits of `fib_multipath_hash_fields`; those of the packet inside of a tunnel are the same, six bits higher. */
const FIELD_SRC_IP = 1;
const FIELD_DST_IP = 2;
const FIELD_IP_PROTO = 4;
const FIELD_SRC_PORT = 16;
const FIELD_DST_PORT = 32;
const INNER_SHIFT = 6;
const OUTER_FIELDS = 0x3f;

/** Offset of an IPv4 header inside of the packet whose header is at `nh`, as a tunnel carries one; 0: none. */
function innerIpv4(skb: Skb, nh: number): number {
  const { view } = skb;
  if ((iphFragOff(view, nh) & IP_OFFSET) !== 0) return 0;
  let at = nh + (iphIhl(view, nh) << 2);
  const proto = iphProtocol(view, nh);
  if (proto === IPPROTO_GRE) {
    if (at + 4 > skb.tail) return 0;
    const flags = view.getUint16(at);
    // RFC 2784, 2890: checksum, key and sequence number take four bytes each; version 0 only.
    if ((flags & 7) !== 0 || view.getUint16(at + 2) !== 0x0800) return 0;
    at += 4 + ((flags & 0x8000) !== 0 ? 4 : 0) + ((flags & 0x2000) !== 0 ? 4 : 0) + ((flags & 0x1000) !== 0 ? 4 : 0);
  } else if (proto !== IPPROTO_IPIP) {
    return 0;
  }
  return at + 20 <= skb.tail && view.getUint8(at) >> 4 === 4 ? at : 0;
}

/** Offset of an IPv6 header inside, likewise. */
function innerIpv6(skb: Skb, nh: number): number {
  const { view } = skb;
  if ((iphFragOff(view, nh) & IP_OFFSET) !== 0 || iphProtocol(view, nh) !== IPPROTO_IPV6) return 0;
  const at = nh + (iphIhl(view, nh) << 2);
  return at + 40 <= skb.tail && view.getUint8(at) >> 4 === 6 ? at : 0;
}

/** The two ports of the packet at `nh` as one word, 0 when there are none to see. */
function portsAt(skb: Skb, nh: number): number {
  const { view } = skb;
  const proto = iphProtocol(view, nh);
  if (proto !== IPPROTO_TCP && proto !== IPPROTO_UDP && proto !== IPPROTO_UDPLITE && proto !== IPPROTO_SCTP && proto !== IPPROTO_DCCP) return 0;
  const at = nh + (iphIhl(view, nh) << 2);
  return (iphFragOff(view, nh) & IP_OFFSET) === 0 && at + 4 <= skb.tail ? view.getInt32(at) : 0;
}

/** Offset of the header that an ICMP error quotes, 0 when the packet is none: errors go the way of the flow that they are about (RFC 2992's idea; `ip_multipath_l3_keys`). */
function quoted(skb: Skb, nh: number): number {
  const { view } = skb;
  if (iphProtocol(view, nh) !== IPPROTO_ICMP || (iphFragOff(view, nh) & IP_OFFSET) !== 0) return 0;
  const at = nh + (iphIhl(view, nh) << 2);
  if (at + 28 > skb.tail) return 0;
  const type = view.getUint8(at);
  if (type !== ICMP_DEST_UNREACH && type !== ICMP_REDIRECT && type !== ICMP_TIME_EXCEEDED && type !== ICMP_PARAMETERPROB && type !== ICMP_SOURCE_QUENCH) return 0;
  return at + 8;
}

function mix(n4: Ipv4Net, a: number, b: number, proto: number, ports: number): number {
  return jhash3words(a ^ Math.imul(proto, 0x9e3779b1), b, ports, n4.multipathSeed);
}

/** The four words of an IPv6 address as one. */
function fold6(skb: Skb, at: number): number {
  const { view } = skb;
  return view.getInt32(at) ^ view.getInt32(at + 4) ^ view.getInt32(at + 8) ^ view.getInt32(at + 12);
}

function l3(n4: Ipv4Net, fl: Flowi, skb: Skb | null): number {
  const at = skb === null ? 0 : quoted(skb, skb.networkHeader);
  if (at !== 0) return mix(n4, iphDaddr(skb!.view, at), iphSaddr(skb!.view, at), 0, 0);
  return mix(n4, fl.saddr, fl.daddr, 0, 0);
}

function l3Inner(n4: Ipv4Net, fl: Flowi, skb: Skb | null): number {
  if (skb === null) return l3(n4, fl, null);
  const at = innerIpv4(skb, skb.networkHeader);
  if (at !== 0) return mix(n4, iphSaddr(skb.view, at), iphDaddr(skb.view, at), 0, 0);
  const at6 = innerIpv6(skb, skb.networkHeader);
  if (at6 !== 0) return mix(n4, fold6(skb, at6 + 8), fold6(skb, at6 + 24), 0, 0);
  return l3(n4, fl, skb);
}

/** Those of the values that `fields` names. */
function custom(n4: Ipv4Net, fields: number, saddr: number, daddr: number, proto: number, ports: number): number {
  let p = 0;
  if ((fields & FIELD_SRC_PORT) !== 0) p |= ports & ~0xffff;
  if ((fields & FIELD_DST_PORT) !== 0) p |= ports & 0xffff;
  return mix(n4, (fields & FIELD_SRC_IP) !== 0 ? saddr : 0, (fields & FIELD_DST_IP) !== 0 ? daddr : 0, (fields & FIELD_IP_PROTO) !== 0 ? proto : 0, p);
}

function byFields(n4: Ipv4Net, fl: Flowi, skb: Skb | null): number {
  const fields = n4.fibMultipathHashFields;
  const outer = fields & OUTER_FIELDS;
  const inner = fields >>> INNER_SHIFT;
  if (skb === null) return custom(n4, outer, fl.saddr, fl.daddr, fl.proto, (fl.sport << 16) | fl.dport);
  const { view, networkHeader: nh } = skb;
  let hash = custom(n4, outer, fl.saddr, fl.daddr, iphProtocol(view, nh), portsAt(skb, nh));
  if (inner === 0) return hash;
  const at = innerIpv4(skb, nh);
  const at6 = at !== 0 ? 0 : innerIpv6(skb, nh);
  if (at !== 0) hash ^= custom(n4, inner, iphSaddr(view, at), iphDaddr(view, at), iphProtocol(view, at), portsAt(skb, at));
  else if (at6 !== 0) hash ^= custom(n4, inner, fold6(skb, at6 + 8), fold6(skb, at6 + 24), view.getUint8(at6 + 6), 0);
  return hash;
}

/** The 31-bit hash of a flow (`fib_multipath_hash`); `skb` is the packet that is forwarded, null for our own. Allocates nothing. @alpha */
export function fibMultipathHash(n4: Ipv4Net, fl: Flowi, skb: Skb | null): number {
  switch (n4.fibMultipathHashPolicy) {
    case FIB_MULTIPATH_HASH_L4:
      if (skb === null) return mix(n4, fl.saddr, fl.daddr, fl.proto, (fl.sport << 16) | fl.dport) >>> 1;
      return mix(n4, fl.saddr, fl.daddr, iphProtocol(skb.view, skb.networkHeader), portsAt(skb, skb.networkHeader)) >>> 1;
    case FIB_MULTIPATH_HASH_L3_INNER:
      return l3Inner(n4, fl, skb) >>> 1;
    case FIB_MULTIPATH_HASH_CUSTOM:
      return byFields(n4, fl, skb) >>> 1;
    default:
      return l3(n4, fl, skb) >>> 1;
  }
}
