/** The fields that flower compares: where they stand in its key, which attributes give them, how a packet's are found. */
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import {
  ETH_ALEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_RARP, IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_ROUTING, IPPROTO_SCTP,
  IPPROTO_TCP, IPPROTO_UDP, TCA_FLOWER_KEY_ARP_OP, TCA_FLOWER_KEY_ARP_OP_MASK, TCA_FLOWER_KEY_ARP_SHA, TCA_FLOWER_KEY_ARP_SHA_MASK, TCA_FLOWER_KEY_ARP_SIP, TCA_FLOWER_KEY_ARP_SIP_MASK,
  TCA_FLOWER_KEY_ARP_THA, TCA_FLOWER_KEY_ARP_THA_MASK, TCA_FLOWER_KEY_ARP_TIP, TCA_FLOWER_KEY_ARP_TIP_MASK, TCA_FLOWER_KEY_ETH_DST, TCA_FLOWER_KEY_ETH_DST_MASK, TCA_FLOWER_KEY_ETH_SRC,
  TCA_FLOWER_KEY_ETH_SRC_MASK, TCA_FLOWER_KEY_ICMPV4_CODE, TCA_FLOWER_KEY_ICMPV4_CODE_MASK, TCA_FLOWER_KEY_ICMPV4_TYPE, TCA_FLOWER_KEY_ICMPV4_TYPE_MASK, TCA_FLOWER_KEY_ICMPV6_CODE,
  TCA_FLOWER_KEY_ICMPV6_CODE_MASK, TCA_FLOWER_KEY_ICMPV6_TYPE, TCA_FLOWER_KEY_ICMPV6_TYPE_MASK, TCA_FLOWER_KEY_IP_TOS, TCA_FLOWER_KEY_IP_TOS_MASK, TCA_FLOWER_KEY_IP_TTL,
  TCA_FLOWER_KEY_IP_TTL_MASK, TCA_FLOWER_KEY_IPV4_DST, TCA_FLOWER_KEY_IPV4_DST_MASK, TCA_FLOWER_KEY_IPV4_SRC, TCA_FLOWER_KEY_IPV4_SRC_MASK, TCA_FLOWER_KEY_IPV6_DST,
  TCA_FLOWER_KEY_IPV6_DST_MASK, TCA_FLOWER_KEY_IPV6_SRC, TCA_FLOWER_KEY_IPV6_SRC_MASK, TCA_FLOWER_KEY_SCTP_DST, TCA_FLOWER_KEY_SCTP_DST_MASK, TCA_FLOWER_KEY_SCTP_SRC,
  TCA_FLOWER_KEY_SCTP_SRC_MASK, TCA_FLOWER_KEY_TCP_DST, TCA_FLOWER_KEY_TCP_DST_MASK, TCA_FLOWER_KEY_TCP_FLAGS, TCA_FLOWER_KEY_TCP_FLAGS_MASK, TCA_FLOWER_KEY_TCP_SRC,
  TCA_FLOWER_KEY_TCP_SRC_MASK, TCA_FLOWER_KEY_UDP_DST, TCA_FLOWER_KEY_UDP_DST_MASK, TCA_FLOWER_KEY_UDP_SRC, TCA_FLOWER_KEY_UDP_SRC_MASK, TCA_FLOWER_KEY_VLAN_ETH_TYPE,
  TCA_FLOWER_KEY_VLAN_ID, TCA_FLOWER_KEY_VLAN_PRIO,
} from '@linnet/uapi';

// Where the fields stand in the key; all in network order.
const K_DMAC = 0;
const K_SMAC = 6;
/** The type behind all tags. */
export const K_ETH_TYPE = 12;
const K_VLAN_ID = 14;
const K_VLAN_PRIO = 16;
/** The IP protocol. */
export const K_IP_PROTO = 17;
/** The tag's own type. */
export const K_VLAN_TYPE = 18;
const K_TOS = 20;
const K_TTL = 21;
const K_TCP_FLAGS = 22;
const K_SRC = 24;
const K_DST = 40;
const K_SPORT = 56;
const K_DPORT = 58;
const K_ICMP_TYPE = 60;
const K_ICMP_CODE = 61;
const K_ARP_OP = 62;
/** Fragments: bit 0, it is one; bit 1, it is the first. */
export const K_CTRL = 63;
const K_ARP_SIP = 64;
const K_ARP_TIP = 68;
const K_ARP_SHA = 72;
const K_ARP_THA = 78;
/** Bytes of a key. */
export const FLOWER_KEY_LEN = 84;

/** A field. */
export interface FlowerField {
  readonly attr: number;
  /** The attribute of its mask; 0 when all of it counts. */
  readonly mask: number;
  readonly off: number;
  readonly len: number;
  /** What counts without a mask. */
  readonly fullMask: Uint8Array;
  /** It stands in packets of these types only. */
  readonly ethType?: readonly number[];
  readonly ipProto?: number;
  /** A field of the tag. */
  readonly vlan?: boolean;
  /** The type behind the tag. */
  readonly innerType?: boolean;
  /** Its attribute is in the machine's order. */
  readonly le?: boolean;
}

const ones = (len: number): Uint8Array => new Uint8Array(len).fill(0xff);
const IP = [ETH_P_IP, ETH_P_IPV6];
const ARP = [ETH_P_ARP, ETH_P_RARP];
const field = (attr: number, mask: number, off: number, len: number, more: Partial<FlowerField> = {}): FlowerField => ({ attr, mask, off, len, fullMask: ones(len), ...more }); // datapath-ok: a table

/** All fields, in the order in which they are dumped. */
export const FLOWER_FIELDS: readonly FlowerField[] = Object.freeze([
  field(TCA_FLOWER_KEY_ETH_DST, TCA_FLOWER_KEY_ETH_DST_MASK, K_DMAC, ETH_ALEN),
  field(TCA_FLOWER_KEY_ETH_SRC, TCA_FLOWER_KEY_ETH_SRC_MASK, K_SMAC, ETH_ALEN),
  field(TCA_FLOWER_KEY_VLAN_ID, 0, K_VLAN_ID, 2, { vlan: true, le: true, fullMask: new Uint8Array([0x0f, 0xff]) }),
  field(TCA_FLOWER_KEY_VLAN_PRIO, 0, K_VLAN_PRIO, 1, { vlan: true, fullMask: new Uint8Array([7]) }),
  field(TCA_FLOWER_KEY_VLAN_ETH_TYPE, 0, K_ETH_TYPE, 2, { innerType: true }),
  field(TCA_FLOWER_KEY_IP_TOS, TCA_FLOWER_KEY_IP_TOS_MASK, K_TOS, 1, { ethType: IP }),
  field(TCA_FLOWER_KEY_IP_TTL, TCA_FLOWER_KEY_IP_TTL_MASK, K_TTL, 1, { ethType: IP }),
  field(TCA_FLOWER_KEY_IPV4_SRC, TCA_FLOWER_KEY_IPV4_SRC_MASK, K_SRC, 4, { ethType: [ETH_P_IP] }),
  field(TCA_FLOWER_KEY_IPV4_DST, TCA_FLOWER_KEY_IPV4_DST_MASK, K_DST, 4, { ethType: [ETH_P_IP] }),
  field(TCA_FLOWER_KEY_IPV6_SRC, TCA_FLOWER_KEY_IPV6_SRC_MASK, K_SRC, 16, { ethType: [ETH_P_IPV6] }),
  field(TCA_FLOWER_KEY_IPV6_DST, TCA_FLOWER_KEY_IPV6_DST_MASK, K_DST, 16, { ethType: [ETH_P_IPV6] }),
  field(TCA_FLOWER_KEY_TCP_SRC, TCA_FLOWER_KEY_TCP_SRC_MASK, K_SPORT, 2, { ipProto: IPPROTO_TCP }),
  field(TCA_FLOWER_KEY_TCP_DST, TCA_FLOWER_KEY_TCP_DST_MASK, K_DPORT, 2, { ipProto: IPPROTO_TCP }),
  field(TCA_FLOWER_KEY_TCP_FLAGS, TCA_FLOWER_KEY_TCP_FLAGS_MASK, K_TCP_FLAGS, 2, { ipProto: IPPROTO_TCP }),
  field(TCA_FLOWER_KEY_UDP_SRC, TCA_FLOWER_KEY_UDP_SRC_MASK, K_SPORT, 2, { ipProto: IPPROTO_UDP }),
  field(TCA_FLOWER_KEY_UDP_DST, TCA_FLOWER_KEY_UDP_DST_MASK, K_DPORT, 2, { ipProto: IPPROTO_UDP }),
  field(TCA_FLOWER_KEY_SCTP_SRC, TCA_FLOWER_KEY_SCTP_SRC_MASK, K_SPORT, 2, { ipProto: IPPROTO_SCTP }),
  field(TCA_FLOWER_KEY_SCTP_DST, TCA_FLOWER_KEY_SCTP_DST_MASK, K_DPORT, 2, { ipProto: IPPROTO_SCTP }),
  field(TCA_FLOWER_KEY_ICMPV4_TYPE, TCA_FLOWER_KEY_ICMPV4_TYPE_MASK, K_ICMP_TYPE, 1, { ipProto: IPPROTO_ICMP, ethType: [ETH_P_IP] }),
  field(TCA_FLOWER_KEY_ICMPV4_CODE, TCA_FLOWER_KEY_ICMPV4_CODE_MASK, K_ICMP_CODE, 1, { ipProto: IPPROTO_ICMP, ethType: [ETH_P_IP] }),
  field(TCA_FLOWER_KEY_ICMPV6_TYPE, TCA_FLOWER_KEY_ICMPV6_TYPE_MASK, K_ICMP_TYPE, 1, { ipProto: IPPROTO_ICMPV6, ethType: [ETH_P_IPV6] }),
  field(TCA_FLOWER_KEY_ICMPV6_CODE, TCA_FLOWER_KEY_ICMPV6_CODE_MASK, K_ICMP_CODE, 1, { ipProto: IPPROTO_ICMPV6, ethType: [ETH_P_IPV6] }),
  field(TCA_FLOWER_KEY_ARP_SIP, TCA_FLOWER_KEY_ARP_SIP_MASK, K_ARP_SIP, 4, { ethType: ARP }),
  field(TCA_FLOWER_KEY_ARP_TIP, TCA_FLOWER_KEY_ARP_TIP_MASK, K_ARP_TIP, 4, { ethType: ARP }),
  field(TCA_FLOWER_KEY_ARP_OP, TCA_FLOWER_KEY_ARP_OP_MASK, K_ARP_OP, 1, { ethType: ARP }),
  field(TCA_FLOWER_KEY_ARP_SHA, TCA_FLOWER_KEY_ARP_SHA_MASK, K_ARP_SHA, ETH_ALEN, { ethType: ARP }),
  field(TCA_FLOWER_KEY_ARP_THA, TCA_FLOWER_KEY_ARP_THA_MASK, K_ARP_THA, ETH_ALEN, { ethType: ARP }),
]);

/** Makes `n` bytes at `off` from data readable. */
function has(skb: Skb, off: number, n: number): boolean {
  return pskbMayPull(skb, off + n);
}

function copy(key: Uint8Array, at: number, skb: Skb, off: number, n: number): void {
  const from = skb.data + off;
  for (let i = 0; i < n; i++) key[at + i] = skb.u8[from + i]!;
}

function ports(skb: Skb, off: number, proto: number, key: Uint8Array): void {
  key[K_IP_PROTO] = proto;
  switch (proto) {
    case IPPROTO_TCP:
      if (has(skb, off, 14)) {
        copy(key, K_SPORT, skb, off, 4);
        key[K_TCP_FLAGS] = skb.u8[skb.data + off + 12]! & 0x0f;
        key[K_TCP_FLAGS + 1] = skb.u8[skb.data + off + 13]!;
      }
      break;
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
      if (has(skb, off, 4)) copy(key, K_SPORT, skb, off, 4);
      break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      if (has(skb, off, 2)) copy(key, K_ICMP_TYPE, skb, off, 2);
      break;
    default:
  }
}

function dissectIpv4(skb: Skb, off: number, key: Uint8Array): void {
  if (!has(skb, off, 20)) return;
  const at = skb.data + off;
  const ihl = (skb.u8[at]! & 15) << 2;
  key[K_TOS] = skb.u8[at + 1]!;
  key[K_TTL] = skb.u8[at + 8]!;
  copy(key, K_SRC, skb, off + 12, 4);
  copy(key, K_DST, skb, off + 16, 4);
  const frag = skb.view.getUint16(at + 6);
  const proto = skb.u8[at + 9]!;
  if ((frag & 0x3fff) !== 0) key[K_CTRL] = (frag & 0x1fff) === 0 ? 3 : 1;
  if ((frag & 0x1fff) !== 0) key[K_IP_PROTO] = proto;
  else ports(skb, off + ihl, proto, key);
}

function dissectIpv6(skb: Skb, off: number, key: Uint8Array): void {
  if (!has(skb, off, 40)) return;
  const at = skb.data + off;
  key[K_TOS] = (skb.view.getUint16(at) >> 4) & 0xff;
  key[K_TTL] = skb.u8[at + 7]!;
  copy(key, K_SRC, skb, off + 8, 16);
  copy(key, K_DST, skb, off + 24, 16);
  let proto = skb.u8[at + 6]!;
  let next = off + 40;
  for (let i = 0; i < 8; i++) {
    if (proto === IPPROTO_HOPOPTS || proto === IPPROTO_ROUTING || proto === IPPROTO_DSTOPTS) {
      if (!has(skb, next, 2)) return;
      proto = skb.u8[skb.data + next]!;
      next += (skb.u8[skb.data + next + 1]! + 1) << 3;
    } else if (proto === IPPROTO_FRAGMENT) {
      if (!has(skb, next, 8)) return;
      const first = (skb.view.getUint16(skb.data + next + 2) & 0xfff8) === 0;
      key[K_CTRL] = first ? 3 : 1;
      proto = skb.u8[skb.data + next]!;
      if (!first) {
        key[K_IP_PROTO] = proto;
        return;
      }
      next += 8;
    } else break;
  }
  ports(skb, next, proto, key);
}

function dissectArp(skb: Skb, off: number, key: Uint8Array): void {
  if (!has(skb, off, 28)) return;
  key[K_ARP_OP] = skb.u8[skb.data + off + 7]!;
  copy(key, K_ARP_SHA, skb, off + 8, ETH_ALEN);
  copy(key, K_ARP_SIP, skb, off + 14, 4);
  copy(key, K_ARP_THA, skb, off + 18, ETH_ALEN);
  copy(key, K_ARP_TIP, skb, off + 24, 4);
}

/** Fills `key` (with its words and view) with the fields of a packet (fl_classify's dissection). */
export function flowerDissect(skb: Skb, key: Uint8Array, view: DataView, words: Int32Array): void {
  for (let i = 0; i < words.length; i++) words[i] = 0;
  const mac = skb.macHeader;
  if (mac >= 0 && skb.networkHeader - mac >= 12) for (let i = 0; i < 12; i++) key[K_DMAC + i] = skb.u8[mac + i]!;
  let off = skb.networkHeader - skb.data;
  let type = skb.protocol;
  let tci = -1;
  if (skb.vlanProto !== 0) {
    view.setUint16(K_VLAN_TYPE, skb.vlanProto);
    tci = skb.vlanTci;
  } else if (type === ETH_P_8021Q || type === ETH_P_8021AD) {
    if (!has(skb, off, 4)) return;
    view.setUint16(K_VLAN_TYPE, type);
    tci = skb.view.getUint16(skb.data + off);
    type = skb.view.getUint16(skb.data + off + 2);
    off += 4;
  }
  if (tci >= 0) {
    view.setUint16(K_VLAN_ID, tci & 0xfff);
    key[K_VLAN_PRIO] = tci >> 13;
  }
  view.setUint16(K_ETH_TYPE, type);
  if (type === ETH_P_IP) dissectIpv4(skb, off, key);
  else if (type === ETH_P_IPV6) dissectIpv6(skb, off, key);
  else if (type === ETH_P_ARP || type === ETH_P_RARP) dissectArp(skb, off, key);
}
