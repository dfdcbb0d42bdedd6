/** DSCP, ECN and TTL between a packet and the header in front of it (RFC 6040; ip_tunnel_ecn_encap, IP_ECN_decapsulate). */
import { csumReplace2 } from '@linnet/kernel';
import { pskbMayPull, type Skb, skbEnsureWritable } from '@linnet/skbuff';
import { ETH_P_IP, ETH_P_IPV6 } from '@linnet/uapi';

const ECN_MASK = 3;
const ECN_NOT_ECT = 0;
const ECN_ECT_0 = 2;
const ECN_CE = 3;

/** The TOS or traffic class of the IP packet of type `protocol` at `off`; 0 for others (ip_tunnel_get_dsfield). */
export function innerDsfield(skb: Skb, off: number, protocol: number): number {
  if (protocol === ETH_P_IP) return skb.u8[off + 1]!;
  if (protocol === ETH_P_IPV6) return (skb.view.getUint16(off) >> 4) & 0xff;
  return 0;
}

/** The TTL or hop limit; 0 for others (ip_tunnel_get_ttl). */
export function innerTtl(skb: Skb, off: number, protocol: number): number {
  if (protocol === ETH_P_IP) return skb.u8[off + 8]!;
  if (protocol === ETH_P_IPV6) return skb.u8[off + 7]!;
  return 0;
}

/** The outer TOS: the one that was configured, with the inner packet's ECN; CE does not go out (INET_ECN_encapsulate). */
export function ecnEncap(tos: number, inner: number): number {
  let ecn = inner & ECN_MASK;
  if (ecn === ECN_CE) ecn = ECN_ECT_0;
  return (tos & ~ECN_MASK) | ecn;
}

/**
 * What the outer header's ECN means for the packet inside, whose network header is at `networkHeader` (INET_ECN_decapsulate): 0 fine, 1 odd but kept, 2 to be
 * dropped. Marks the inner packet where that is due.
 */
export function ecnDecap(skb: Skb, outerTos: number, protocol: number): number {
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return 0;
  const v4 = protocol === ETH_P_IP;
  const base = skb.networkHeader - skb.data;
  if (base < 0 || !pskbMayPull(skb, base + (v4 ? 20 : 40))) return 0;
  const inner = innerDsfield(skb, skb.networkHeader, protocol) & ECN_MASK;
  const outer = outerTos & ECN_MASK;
  if (inner === ECN_NOT_ECT) {
    if (outer === ECN_NOT_ECT) return 0;
    return outer === ECN_CE ? 2 : 1;
  }
  if (outer === ECN_CE && inner !== ECN_CE) setEcn(skb, v4, ECN_CE);
  else if (outer === 1 && inner === ECN_ECT_0) setEcn(skb, v4, 1);
  return 0;
}

function setEcn(skb: Skb, v4: boolean, ecn: number): void {
  const base = skb.networkHeader - skb.data;
  if (!skbEnsureWritable(skb, base + (v4 ? 20 : 40))) return;
  const at = skb.networkHeader;
  if (v4) {
    const old = skb.view.getUint16(at);
    const now = (old & ~ECN_MASK) | ecn;
    skb.view.setUint16(at, now);
    skb.view.setUint16(at + 10, csumReplace2(skb.view.getUint16(at + 10), old, now));
  } else skb.u8[at + 1] = (skb.u8[at + 1]! & 0xcf) | (ecn << 4);
}
