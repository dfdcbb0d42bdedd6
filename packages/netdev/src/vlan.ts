/** VLAN tags on packets: beside the bytes (`skb.vlanProto`, `skb.vlanTci`) as long as may be, in the bytes where a wire needs them (linux/if_vlan.h). */
import { csumPartial, csumSub } from '@linnet/kernel';
import {
  CHECKSUM_COMPLETE, DROP, kfreeSkbReason, PACKET_OTHERHOST, pskbMayPull, type Skb, skbCowHead, skbPush, skbPullUnchecked, skbShareCheck,
} from '@linnet/skbuff';
import { ETH_ALEN, ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_802_2, ETH_P_802_3, ETH_P_802_3_MIN, VLAN_HLEN, VLAN_VID_MASK } from '@linnet/uapi';

/** Is it the EtherType of a VLAN tag, 802.1Q or 802.1ad? (eth_type_vlan) @alpha */
export function ethTypeVlan(type: number): boolean {
  return type === ETH_P_8021Q || type === ETH_P_8021AD;
}

/** Has the packet a tag beside its bytes? (skb_vlan_tag_present) @alpha */
export function skbVlanTagPresent(skb: Skb): boolean {
  return skb.vlanProto !== 0;
}
/** The VLAN id of that tag (skb_vlan_tag_get_id). @alpha */
export function skbVlanTagId(skb: Skb): number {
  return skb.vlanTci & VLAN_VID_MASK;
}
/** Puts a tag beside the packet (__vlan_hwaccel_put_tag). @alpha */
export function skbVlanPutTag(skb: Skb, proto: number, tci: number): void {
  skb.vlanProto = proto;
  skb.vlanTci = tci;
}
/** Takes it away (__vlan_hwaccel_clear_tag). @alpha */
export function skbVlanClearTag(skb: Skb): void {
  skb.vlanProto = 0;
  skb.vlanTci = 0;
}

/** The protocol of what follows a tag whose inner type field says `type`; `data` is behind the tag (vlan_set_encap_proto). */
function encapProto(skb: Skb, type: number): number {
  if (type >= ETH_P_802_3_MIN) return type;
  return pskbMayPull(skb, 2) && skb.view.getUint16(skb.data) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

/**
 * Moves the tag at `data` of a received packet beside it (skb_vlan_untag): `protocol` was its EtherType and becomes that of the payload, the MAC header
 * moves up to the payload. Consumes the skb: returns it or a private copy, or null when the tag is cut off.
 * @alpha
 */
export function skbVlanUntag(skb: Skb): Skb | null {
  if (skb.vlanProto !== 0) return skb; // one tag at a time
  skb = skbShareCheck(skb);
  if (!pskbMayPull(skb, VLAN_HLEN)) {
    kfreeSkbReason(skb, DROP.HDR_TRUNC);
    return null;
  }
  skbCowHead(skb, 0);
  const at = skb.data;
  skb.vlanProto = skb.protocol;
  skb.vlanTci = skb.view.getUint16(at);
  const type = skb.view.getUint16(at + 2);
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.csum = csumSub(skb.csum, csumPartial(skb.u8, at, VLAN_HLEN, 0)) | 0;
  skbPullUnchecked(skb, VLAN_HLEN);
  skb.protocol = encapProto(skb, type);
  if (skb.macHeader >= 0) {
    // Addresses move up over the tag; the inner type field already stands where the outer one would.
    const mac = skb.macHeader;
    skb.u8.copyWithin(mac + VLAN_HLEN, mac, mac + 2 * ETH_ALEN);
    skb.macHeader = mac + VLAN_HLEN;
  }
  skb.networkHeader = skb.data;
  skb.transportHeader = skb.data;
  skb.macLen = skb.macHeader >= 0 ? skb.data - skb.macHeader : 0;
  return skb;
}

/**
 * Writes a tag into a frame whose `data` is at its MAC header, behind the addresses, and sets `protocol` to it (vlan_insert_tag_set_proto). The tag beside the
 * packet stays as it is.
 * @alpha
 */
export function skbVlanInsertTag(skb: Skb, proto: number, tci: number): void {
  pskbMayPull(skb, ETH_HLEN);
  skbCowHead(skb, VLAN_HLEN);
  const at = skbPush(skb, VLAN_HLEN);
  skb.u8.copyWithin(at, at + VLAN_HLEN, at + VLAN_HLEN + 2 * ETH_ALEN);
  if (skb.macHeader >= 0) skb.macHeader = at;
  skb.view.setUint16(at + 2 * ETH_ALEN, proto);
  skb.view.setUint16(at + 2 * ETH_ALEN + 2, tci);
  skb.protocol = proto;
}

/** Writes the tag beside a frame into it, `data` at the MAC header (__vlan_hwaccel_push_inside). @alpha */
export function skbVlanPushInside(skb: Skb): void {
  const proto = skb.vlanProto;
  const tci = skb.vlanTci;
  skbVlanClearTag(skb);
  skbVlanInsertTag(skb, proto, tci);
}

/**
 * Adds a tag to a frame whose `data` is at its MAC header (skb_vlan_push): beside it, after writing the one that was there into the bytes. Returns 0.
 * @alpha
 */
export function skbVlanPush(skb: Skb, proto: number, tci: number): number {
  if (skb.vlanProto !== 0) skbVlanPushInside(skb);
  skbVlanPutTag(skb, proto, tci);
  return 0;
}

/**
 * Removes the outermost tag of a frame whose `data` is at its MAC header, and brings the next one, if there is one in the bytes, beside it
 * (skb_vlan_pop). Does nothing to a frame without. Returns 0, or false when a tag is cut off.
 * @alpha
 */
export function skbVlanPop(skb: Skb): boolean {
  if (skb.vlanProto !== 0) skbVlanClearTag(skb);
  else {
    if (!ethTypeVlan(skb.protocol)) return true;
    if (!takeTag(skb)) return false;
    skbVlanClearTag(skb);
  }
  return !ethTypeVlan(skb.protocol) || takeTag(skb);
}

/** Moves the tag in the bytes of a frame beside it, `data` at the MAC header. */
function takeTag(skb: Skb): boolean {
  if (!pskbMayPull(skb, ETH_HLEN + VLAN_HLEN)) return false;
  skbCowHead(skb, 0);
  const at = skb.data;
  const proto = skb.view.getUint16(at + 2 * ETH_ALEN);
  const tci = skb.view.getUint16(at + ETH_HLEN);
  skb.u8.copyWithin(at + VLAN_HLEN, at, at + 2 * ETH_ALEN);
  skbPullUnchecked(skb, VLAN_HLEN);
  skb.macHeader = skb.data;
  if (skb.networkHeader < skb.data + ETH_HLEN) skb.networkHeader = skb.data + ETH_HLEN;
  skb.protocol = skb.view.getUint16(skb.data + 2 * ETH_ALEN);
  skbVlanPutTag(skb, proto, tci);
  return true;
}

/**
 * What is left of a tag that no VLAN device took: a real VLAN's frame is for somebody else, a priority tag is dropped. True when another tag was
 * found inside and the search must begin again.
 */
export function vlanLeftover(skb: Skb): boolean {
  const vid = skbVlanTagId(skb);
  if (vid !== 0) skb.pktType = PACKET_OTHERHOST;
  skbVlanClearTag(skb);
  return vid === 0 && ethTypeVlan(skb.protocol);
}
