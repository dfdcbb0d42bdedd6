/** Cutting super-segments in software (GSO), through what the network protocols registered. */
import { EINVAL, EPROTONOSUPPORT } from '@linnet/kernel';
import { CHECKSUM_PARTIAL, pskbMayPull, type Skb, skbCowHead, skbPullUnchecked, skbPush, skbResetMacHeader } from '@linnet/skbuff';
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_TEB, VLAN_HLEN } from '@linnet/uapi';
import type { PacketOffload } from './offload.ts';
import type { SoftnetData } from './softnet.ts';

/**
 * The EtherType of a frame's network header, past VLAN tags, with `data` at the MAC header (skb_network_protocol); 0 when it is cut off.
 * @alpha
 */
export function skbNetworkProtocol(skb: Skb): number {
  let type = skb.protocol;
  if (type === ETH_P_TEB) {
    if (!pskbMayPull(skb, ETH_HLEN)) return 0;
    type = skb.view.getUint16(skb.data + 12);
  }
  let depth = ETH_HLEN;
  while (type === ETH_P_8021Q || type === ETH_P_8021AD) {
    if (!pskbMayPull(skb, depth + VLAN_HLEN)) return 0;
    type = skb.view.getUint16(skb.data + depth + 2);
    depth += VLAN_HLEN;
  }
  return type;
}

/** Bytes from the MAC header to the network header, past VLAN tags; -1 when it is cut off. */
function macHeaderDepth(skb: Skb): number {
  let type = skb.protocol;
  if (type !== ETH_P_8021Q && type !== ETH_P_8021AD) return skb.networkHeader - skb.data;
  let depth = ETH_HLEN;
  while (type === ETH_P_8021Q || type === ETH_P_8021AD) {
    if (!pskbMayPull(skb, depth + VLAN_HLEN)) return -1;
    type = skb.view.getUint16(skb.data + depth + 2);
    depth += VLAN_HLEN;
  }
  return depth;
}

function findOffload(sd: SoftnetData, type: number): PacketOffload | null {
  const list = sd.offloads;
  for (let i = 0; i < list.length; i++) {
    const po = list[i]!;
    if (po.type === type && po.gsoSegment !== undefined) return po;
  }
  return null;
}

/**
 * Cuts a packet whose `data` and `macHeader` are at a MAC header, with `networkHeader` set (skb_mac_gso_segment). For offloads that find another
 * Ethernet or network header inside. Segments come with their outer headers in front. Does not consume `skb`.
 * @alpha
 */
export function skbMacGsoSegment(sd: SoftnetData, skb: Skb, features: number): Skb | null | number {
  const type = skbNetworkProtocol(skb);
  if (type === 0) return -EINVAL;
  const po = findOffload(sd, type);
  if (po === null) return -EPROTONOSUPPORT;
  const depth = macHeaderDepth(skb);
  if (depth < 0 || !pskbMayPull(skb, depth)) return -EINVAL;
  skbPullUnchecked(skb, depth);
  skb.networkHeader = skb.data;
  const segs = po.gsoSegment!(skb, features);
  skbPush(skb, skb.data - skb.macHeader);
  return segs;
}

/**
 * Cuts a super-segment for a device with `features` (skb_gso_segment); `skb.data` is at the MAC header.
 * Returns the segments linked by `next`, each with `data` at its MAC header; null when the packet may go as it is; or a negative errno.
 * Does not consume `skb`.
 * @alpha
 */
export function skbGsoSegment(sd: SoftnetData, skb: Skb, features: number): Skb | null | number {
  if (skb.ipSummed !== CHECKSUM_PARTIAL) skbCowHead(skb, 0);
  skbResetMacHeader(skb);
  if (skb.networkHeader < skb.data) return -EINVAL;
  skb.macLen = skb.networkHeader - skb.data;
  return skbMacGsoSegment(sd, skb, features);
}
