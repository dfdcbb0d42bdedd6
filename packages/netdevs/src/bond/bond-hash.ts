/** Which slave a frame goes by: hashes of its addresses and ports (bond_xmit_hash). */
import { skbGetHash } from '@linnet/netdev';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, IPPROTO_AH, IPPROTO_DCCP, IPPROTO_ESP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '@linnet/uapi';
import { POLICY_ENCAP23, POLICY_ENCAP34, POLICY_LAYER2, POLICY_LAYER23, POLICY_LAYER34, POLICY_VLAN_SRCMAC } from './bond.ts';

/** Where the ports of a protocol are, behind its header's start; -1 where it has none (proto_ports_offset). */
function portsOffset(proto: number): number {
  switch (proto) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_DCCP:
    case IPPROTO_ESP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE: return 0;
    case IPPROTO_AH: return 4;
    default: return -1;
  }
}

function ethHash(skb: Skb, at: number): number {
  return skb.u8[at + 5]! ^ skb.u8[at + 11]! ^ skb.view.getUint16(at + 12);
}

/** Four bytes of ports, or of an echo's type, code and number, as a little-endian machine reads them. */
function l4(skb: Skb, at: number, proto: number): number {
  const off = portsOffset(proto);
  const front = at - skb.data;
  if (off >= 0) return pskbMayPull(skb, front + off + 4) ? skb.view.getInt32(skb.data + front + off, true) : 0;
  if (proto !== IPPROTO_ICMP && proto !== IPPROTO_ICMPV6) return 0;
  if (!pskbMayPull(skb, front + 8)) return 0;
  const o = skb.data + front;
  const type = skb.u8[o]!;
  const echo = proto === IPPROTO_ICMP ? type === 8 || type === 0 : type === 128 || type === 129;
  if (!echo) return 0;
  const id = skb.view.getUint16(o + 4, true);
  return type | (skb.u8[o + 1]! << 8) | ((id === 0 ? 0x0100 : id) << 16);
}

/** A frame's hash by a policy; `data` at its Ethernet header. The same for all frames of a flow. */
export function bondXmitHash(skb: Skb, policy: number): number {
  if (policy === POLICY_VLAN_SRCMAC) {
    const { u8, data } = skb;
    const vendor = (u8[data + 6]! << 16) | (u8[data + 7]! << 8) | u8[data + 8]!;
    const dev = (u8[data + 9]! << 16) | (u8[data + 10]! << 8) | u8[data + 11]!;
    const hash = vendor ^ dev;
    return (skb.vlanProto !== 0 ? hash ^ skb.vlanTci : hash) >>> 0;
  }
  if (policy === POLICY_LAYER2) return ethHash(skb, skb.data);
  if (policy === POLICY_ENCAP34) return skbGetHash(skb) >>> 0;
  const type = skb.protocol;
  let proto: number;
  let addrs = 0;
  let next: number;
  let fragment = false;
  if (type === ETH_P_IP && pskbMayPull(skb, ETH_HLEN + 20)) {
    const at = skb.data + ETH_HLEN;
    addrs = skb.view.getInt32(at + 12, true) ^ skb.view.getInt32(at + 16, true);
    proto = skb.u8[at + 9]!;
    fragment = (skb.view.getUint16(at + 6) & 0x3fff) !== 0;
    next = (skb.u8[at]! & 15) * 4;
  } else if (type === ETH_P_IPV6 && pskbMayPull(skb, ETH_HLEN + 40)) {
    const at = skb.data + ETH_HLEN;
    for (let i = 8; i < 40; i += 4) addrs ^= skb.view.getInt32(at + i, true);
    proto = skb.u8[at + 6]!;
    next = 40;
  } else return ethHash(skb, skb.data);
  const by34 = policy === POLICY_LAYER34;
  let hash = by34 ? (fragment ? 0 : l4(skb, skb.data + ETH_HLEN + next, proto)) : policy === POLICY_LAYER23 || policy === POLICY_ENCAP23 ? ethHash(skb, skb.data) : 0;
  hash ^= addrs;
  hash ^= hash >>> 16;
  hash ^= hash >>> 8;
  // Ports are even more often than not.
  return (by34 ? hash >>> 1 : hash) >>> 0;
}
