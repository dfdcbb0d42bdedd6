/** Receiving for VLAN devices (vlan_do_receive). */
import { type NetDevice, skbVlanClearTag, skbVlanInsertTag } from '@linnet/netdev';
import { DROP, kfreeSkbReason, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type Skb, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import { etherAddrEqual, IFF_UP, VLAN_FLAG_REORDER_HDR, VLAN_HLEN } from '@linnet/uapi';
import { type VlanDev, vlanFindDev, vlanVid } from './vlan.ts';

/**
 * Gives a received packet with a tag beside it to its VLAN's device. Returns 1 when `skb.dev` is that device now, 0 when there is none, -1 when the packet was
 * dropped.
 * @alpha
 */
export function vlanDoReceive(skb: Skb, real: NetDevice): number {
  const dev = vlanFindDev(real, skb.vlanProto, vlanVid(skb.vlanTci));
  if (dev === null) return 0;
  if ((dev.flags & IFF_UP) === 0) {
    kfreeSkbReason(skb, DROP.DEV_READY);
    return -1;
  }
  const v = dev.priv as VlanDev;
  skb.dev = dev;
  // The link thinks that the frame is for somebody else, but a VLAN may have another address.
  if (skb.pktType === PACKET_OTHERHOST && etherAddrEqual(skb.u8, skb.macHeader, dev.devAddr, 0)) skb.pktType = PACKET_HOST;
  skb.priority = v.ingress[(skb.vlanTci >> 13) & 7]!;
  if ((v.flags & VLAN_FLAG_REORDER_HDR) === 0 && dev.rxHandler === null) showTag(skb);
  skbVlanClearTag(skb);
  dev.stats.rxPackets++;
  dev.stats.rxBytes += skb.len;
  if (skb.pktType === PACKET_MULTICAST) dev.stats.multicast++;
  return 1;
}

/** A VLAN that does not reorder headers shows the tag to those who look at frames: it goes back into the link-layer header. */
function showTag(skb: Skb): void {
  const proto = skb.protocol;
  const header = skb.data - skb.macHeader;
  skbPush(skb, header);
  skbVlanInsertTag(skb, skb.vlanProto, skb.vlanTci);
  skbPullUnchecked(skb, header + VLAN_HLEN);
  skb.protocol = proto;
  skb.networkHeader = skb.data;
  skb.macLen = header + VLAN_HLEN;
}
