/** Finding the flow of a packet: addresses, ports, protocol (flow_dissector.c), and hashing it. */
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import {
  ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, icmpCode, icmpEchoId, icmpType, ip6Daddr, ip6FlowLabel, ip6Nexthdr, ip6Saddr, IPHDR_LEN, iphDaddr,
  iphFragOff, iphIhl, iphProtocol, iphSaddr, iphVersion, IP_MF, IP_OFFSET, IPPROTO_AH, IPPROTO_DCCP, IPPROTO_DSTOPTS, IPPROTO_ESP, IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_ROUTING, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, VLAN_HLEN,
} from '@linnet/uapi';
import type { FlowKeys } from './flow-keys.ts';
import { type NetDevice } from './netdevice.ts';
import type { SoftnetData } from './softnet.ts';

const IPV6_HDR_LEN = 40;
/** Extension headers that are followed, at most. */
const MAX_EXTHDRS = 8;

function clear(k: FlowKeys): void {
  k.nProto = 0;
  k.ipProto = 0;
  k.saddr0 = 0;
  k.saddr1 = 0;
  k.saddr2 = 0;
  k.saddr3 = 0;
  k.daddr0 = 0;
  k.daddr1 = 0;
  k.daddr2 = 0;
  k.daddr3 = 0;
  k.sport = 0;
  k.dport = 0;
  k.icmpType = 0;
  k.icmpCode = 0;
  k.icmpId = 0;
  k.flowLabel = 0;
  k.vlanId = 0;
  k.nhoff = 0;
  k.thoff = 0;
  k.isFragment = false;
  k.firstFragment = false;
}

function dissectIpv4(skb: Skb, off: number, k: FlowKeys): boolean {
  if (!pskbMayPull(skb, off + IPHDR_LEN)) return false;
  const at = skb.data + off;
  const view = skb.view;
  const ihl = iphIhl(view, at) << 2;
  if (iphVersion(view, at) !== 4 || ihl < IPHDR_LEN) return false;
  k.nProto = ETH_P_IP;
  k.nhoff = off;
  k.thoff = off + ihl;
  k.saddr0 = iphSaddr(view, at) | 0;
  k.daddr0 = iphDaddr(view, at) | 0;
  k.ipProto = iphProtocol(view, at);
  const frag = iphFragOff(view, at);
  if ((frag & (IP_MF | IP_OFFSET)) !== 0) {
    k.isFragment = true;
    k.firstFragment = (frag & IP_OFFSET) === 0;
  }
  return true;
}

function dissectIpv6(skb: Skb, off: number, k: FlowKeys): boolean {
  if (!pskbMayPull(skb, off + IPV6_HDR_LEN)) return false;
  let at = skb.data + off;
  if (skb.u8[at]! >> 4 !== 6) return false;
  k.nProto = ETH_P_IPV6;
  k.nhoff = off;
  k.saddr0 = ip6Saddr(skb.view, at, 0);
  k.saddr1 = ip6Saddr(skb.view, at, 1);
  k.saddr2 = ip6Saddr(skb.view, at, 2);
  k.saddr3 = ip6Saddr(skb.view, at, 3);
  k.daddr0 = ip6Daddr(skb.view, at, 0);
  k.daddr1 = ip6Daddr(skb.view, at, 1);
  k.daddr2 = ip6Daddr(skb.view, at, 2);
  k.daddr3 = ip6Daddr(skb.view, at, 3);
  k.flowLabel = ip6FlowLabel(skb.view, at);
  let proto = ip6Nexthdr(skb.view, at);
  let th = off + IPV6_HDR_LEN;
  for (let i = 0; i < MAX_EXTHDRS; i++) {
    if (proto === IPPROTO_HOPOPTS || proto === IPPROTO_DSTOPTS || proto === IPPROTO_ROUTING) {
      if (!pskbMayPull(skb, th + 8)) break;
      at = skb.data + th;
      proto = skb.u8[at]!;
      th += (skb.u8[at + 1]! + 1) * 8;
    } else if (proto === IPPROTO_FRAGMENT) {
      if (!pskbMayPull(skb, th + 8)) break;
      at = skb.data + th;
      k.isFragment = true;
      k.firstFragment = (skb.view.getUint16(at + 2) & 0xfff8) === 0;
      proto = skb.u8[at]!;
      th += 8;
      if (!k.firstFragment) break;
    } else break;
  }
  k.ipProto = proto;
  k.thoff = th;
  return true;
}

function dissectTransport(skb: Skb, k: FlowKeys): void {
  if (k.isFragment && !k.firstFragment) return; // no header in here
  switch (k.ipProto) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_SCTP:
    case IPPROTO_DCCP:
    case IPPROTO_ESP:
    case IPPROTO_AH: {
      // The SPI of ESP stands where ports would; that of AH four bytes further.
      const off = k.thoff + (k.ipProto === IPPROTO_AH ? 4 : 0);
      if (!pskbMayPull(skb, off + 4)) return;
      k.sport = skb.view.getUint16(skb.data + off);
      k.dport = skb.view.getUint16(skb.data + off + 2);
      return;
    }
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: {
      if (!pskbMayPull(skb, k.thoff + 8)) return;
      const at = skb.data + k.thoff;
      k.icmpType = icmpType(skb.view, at);
      k.icmpCode = icmpCode(skb.view, at);
      const t = k.icmpType;
      const echo = k.ipProto === IPPROTO_ICMP ? t === 0 || t === 8 || t === 13 || t === 14 : t === 128 || t === 129;
      if (echo) k.icmpId = icmpEchoId(skb.view, at);
    }
  }
}

/**
 * Finds the keys of a packet's flow (skb_flow_dissect_flow_keys). `nhoff` is the offset of the network header from `data`, `proto` its EtherType.
 * False when the packet is not IPv4 or IPv6, or cut off; `k` has then what was found. May make headers linear.
 * @alpha
 */
export function skbFlowDissect(skb: Skb, k: FlowKeys, proto: number, nhoff: number): boolean {
  clear(k);
  if (nhoff < 0) return false;
  for (let tags = 0; (proto === ETH_P_8021Q || proto === ETH_P_8021AD) && tags < 2; tags++) {
    if (!pskbMayPull(skb, nhoff + VLAN_HLEN)) return false;
    k.vlanId = skb.view.getUint16(skb.data + nhoff) & 0xfff;
    proto = skb.view.getUint16(skb.data + nhoff + 2);
    nhoff += VLAN_HLEN;
  }
  const ok = proto === ETH_P_IP ? dissectIpv4(skb, nhoff, k) : proto === ETH_P_IPV6 ? dissectIpv6(skb, nhoff, k) : false;
  if (ok) dissectTransport(skb, k);
  return ok;
}

/** The hash of flow keys: int32, never 0, the same for both directions (flow_hash_from_keys). @alpha */
export function flowHashFromKeys(sd: SoftnetData, k: FlowKeys): number {
  const h = sd.flowHash;
  let s = k.saddr0;
  let d = k.daddr0;
  if (k.nProto === ETH_P_IPV6) {
    s = h.hash4(k.saddr0, k.saddr1, k.saddr2, k.saddr3);
    d = h.hash4(k.daddr0, k.daddr1, k.daddr2, k.daddr3);
  }
  let sp = k.sport;
  let dp = k.dport;
  // One order for both directions.
  if (s > d || (s === d && sp > dp)) {
    let t = s;
    s = d;
    d = t;
    t = sp;
    sp = dp;
    dp = t;
  }
  const v = h.hash4(s, d, (sp << 16) | dp, (k.ipProto << 16) ^ k.icmpId);
  return v === 0 ? 1 : v;
}

/** {@link skbGetHash} for code that holds the machine's state. */
export function skbGetHashSd(sd: SoftnetData, skb: Skb): number {
  if (skb.hash !== 0) return skb.hash;
  const off = skb.networkHeader - skb.data;
  if (skb.networkHeader < 0 || !skbFlowDissect(skb, sd.flowKeys, skb.protocol, off)) return 0;
  return (skb.hash = flowHashFromKeys(sd, sd.flowKeys));
}

/**
 * The hash of a packet's flow, computed once and kept in `skb.hash` (skb_get_hash): int32, the same for both directions, 0 when there is no flow.
 * `skb.dev` and `networkHeader` must be set.
 * @alpha
 */
export function skbGetHash(skb: Skb): number {
  return skb.hash !== 0 ? skb.hash : skbGetHashSd((skb.dev as NetDevice).sd, skb);
}
