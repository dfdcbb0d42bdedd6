/** The hash by which a multipath route spreads flows over its hops (ip-sysctl.rst: fib_multipath_hash_policy, fib_multipath_hash_fields). */
import { jhash3words } from '@linnet/kernel';
import type { Flowi } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import {
  ICMPV6HDR_LEN, ICMPV6_INFOMSG_MASK, iphDaddr, iphSaddr, IPPROTO_ICMPV6, IPPROTO_IPIP, IPPROTO_IPV6, IPV6HDR_LEN, ip6FlowLabel, ip6Nexthdr, ip6Version,
} from '@linnet/uapi';
import { a6LoadDaddr, a6LoadSaddr } from './addr6.ts';
import { ip6FlowPorts } from './flow6-ports.ts';
import type { Ipv6Net } from './ipv6-net.ts';

/** Policies: 0 takes addresses, flow label and protocol; the others these. */
const POLICY_L4 = 1;
const POLICY_L3_INNER = 2;
const POLICY_CUSTOM = 3;

/** Bits of `fib_multipath_hash_fields`; those of the packet inside of a tunnel are the same, six bits higher. */
const FIELD_SRC_IP = 1;
const FIELD_DST_IP = 2;
const FIELD_IP_PROTO = 4;
const FIELD_FLOWLABEL = 8;
const FIELD_SRC_PORT = 16;
const FIELD_DST_PORT = 32;
const INNER_SHIFT = 6;
const OUTER_FIELDS = 0x3f;

/** Does the policy look at protocol and ports of forwarded packets? @alpha */
export function multipathWantsPorts(n6: Ipv6Net): boolean {
  return n6.sysctlMultipathHashPolicy === POLICY_L4 || n6.sysctlMultipathHashPolicy === POLICY_CUSTOM;
}

/** The four words of an address as one. */
function fold(a: Int32Array | null): number {
  return a === null ? 0 : a[0]! ^ Math.imul(a[1]!, 3) ^ Math.imul(a[2]!, 5) ^ Math.imul(a[3]!, 7);
}

function mix(n6: Ipv6Net, s: number, d: number, proto: number, label: number, ports: number): number {
  return jhash3words(jhash3words(s, d, label, n6.multipathSeed), proto, ports, n6.multipathSeed);
}

function foldAt(n6: Ipv6Net, skb: Skb, nh: number, dst: boolean): number {
  if (dst) a6LoadDaddr(n6.a6Fold, skb.view, nh);
  else a6LoadSaddr(n6.a6Fold, skb.view, nh);
  return fold(n6.a6Fold);
}

/** Offset in `skb.u8` of the header behind a plain IPv6 one, if it is of this type and `need` bytes of it are there; else 0. */
function behind(skb: Skb, type: number, need: number): number {
  const nh = skb.networkHeader;
  const at = nh + IPV6HDR_LEN;
  return ip6Nexthdr(skb.view, nh) === type && at + need <= skb.tail ? at : 0;
}

/** Addresses, flow label and protocol. Errors go the way of the flow that they are about, which is theirs the other way round. */
function l3(n6: Ipv6Net, fl: Flowi, skb: Skb | null): number {
  const icmp = skb === null ? 0 : behind(skb, IPPROTO_ICMPV6, ICMPV6HDR_LEN + IPV6HDR_LEN);
  if (icmp !== 0 && (skb!.u8[icmp]! & ICMPV6_INFOMSG_MASK) === 0) {
    const at = icmp + ICMPV6HDR_LEN;
    return mix(n6, foldAt(n6, skb!, at, true), foldAt(n6, skb!, at, false), ip6Nexthdr(skb!.view, at), ip6FlowLabel(skb!.view, at), 0);
  }
  return mix(n6, fold(fl.saddr6), fold(fl.daddr6), fl.proto, fl.flowlabel, 0);
}

function l3Inner(n6: Ipv6Net, fl: Flowi, skb: Skb | null): number {
  if (skb === null) return l3(n6, fl, null);
  const at6 = behind(skb, IPPROTO_IPV6, IPV6HDR_LEN);
  if (at6 !== 0 && ip6Version(skb.view, at6) === 6) return mix(n6, foldAt(n6, skb, at6, false), foldAt(n6, skb, at6, true), ip6Nexthdr(skb.view, at6), ip6FlowLabel(skb.view, at6), 0);
  const at4 = behind(skb, IPPROTO_IPIP, 20);
  return at4 !== 0 ? mix(n6, iphSaddr(skb.view, at4), iphDaddr(skb.view, at4), 0, 0, 0) : l3(n6, fl, skb);
}

/** Those of the values that `fields` names. */
function custom(n6: Ipv6Net, fields: number, s: number, d: number, fl: Flowi): number {
  const ports = ((fields & FIELD_SRC_PORT) !== 0 ? fl.sport << 16 : 0) | ((fields & FIELD_DST_PORT) !== 0 ? fl.dport : 0);
  return mix(
    n6, (fields & FIELD_SRC_IP) !== 0 ? s : 0, (fields & FIELD_DST_IP) !== 0 ? d : 0, (fields & FIELD_IP_PROTO) !== 0 ? fl.proto : 0,
    (fields & FIELD_FLOWLABEL) !== 0 ? fl.flowlabel : 0, ports,
  );
}

function byFields(n6: Ipv6Net, fl: Flowi, skb: Skb | null): number {
  const fields = n6.sysctlMultipathHashFields;
  const hash = custom(n6, fields & OUTER_FIELDS, fold(fl.saddr6), fold(fl.daddr6), fl);
  const inner = fields >>> INNER_SHIFT;
  const at = inner === 0 || skb === null ? 0 : behind(skb, IPPROTO_IPV6, IPV6HDR_LEN);
  if (at === 0 || ip6Version(skb!.view, at) !== 6) return hash;
  const f = n6.flInner;
  ip6FlowPorts(n6, f, skb!, at);
  f.flowlabel = ip6FlowLabel(skb!.view, at);
  return hash ^ custom(n6, inner, foldAt(n6, skb!, at, false), foldAt(n6, skb!, at, true), f);
}

/** The 31-bit hash of a flow (rt6_multipath_hash); `skb` is the packet that is forwarded, null for our own. Allocates nothing. @alpha */
export function rt6MultipathHash(n6: Ipv6Net, fl: Flowi, skb: Skb | null): number {
  switch (n6.sysctlMultipathHashPolicy) {
    case POLICY_L4:
      return mix(n6, fold(fl.saddr6), fold(fl.daddr6), fl.proto, 0, (fl.sport << 16) | fl.dport) >>> 1;
    case POLICY_L3_INNER:
      return l3Inner(n6, fl, skb) >>> 1;
    case POLICY_CUSTOM:
      return byFields(n6, fl, skb) >>> 1;
    default:
      return l3(n6, fl, skb) >>> 1;
  }
}
