/** What classic BPF programs can read of a packet: its bytes, from three origins, and what the kernel knows of it. */
import { type Skb, skbCopyBits } from '@linnet/skbuff';
import {
  IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, SKF_AD_ALU_XOR_X, SKF_AD_CPU, SKF_AD_HATYPE, SKF_AD_IFINDEX,
  SKF_AD_MARK, SKF_AD_NLATTR, SKF_AD_NLATTR_NEST, SKF_AD_OFF, SKF_AD_PAY_OFFSET, SKF_AD_PKTTYPE, SKF_AD_PROTOCOL, SKF_AD_QUEUE, SKF_AD_RANDOM, SKF_AD_RXHASH, SKF_AD_VLAN_TAG,
  SKF_AD_VLAN_TAG_PRESENT, SKF_AD_VLAN_TPID, SKF_LL_OFF, SKF_NET_OFF,
} from '@linnet/uapi';
import type { BpfProg } from './bpf.ts';
import { skbFlowDissect } from './flow-dissector.ts';
import { FlowKeys } from './flow-keys.ts';
import type { NetDevice } from './netdevice.ts';

const NLA_HDRLEN = 4;
const NLA_TYPE_MASK = 0x3fff;

/**
 * The `size` (1, 2, 4) bytes at offset `k` as a big-endian number, int32; offsets below 0 count from the network or link-layer header (SKF_NET_OFF, SKF_LL_OFF). What lies outside of the
 * packet sets `prog.failed` and gives 0.
 */
export function bpfLoad(prog: BpfProg, skb: Skb, k: number, size: number): number {
  let off = k;
  if (k < 0) {
    let base = -1;
    if (k >= SKF_NET_OFF) {
      base = skb.networkHeader;
      off = k - SKF_NET_OFF;
    } else if (k >= SKF_LL_OFF) {
      base = skb.macHeader;
      off = k - SKF_LL_OFF;
    }
    if (base < 0) {
      prog.failed = true;
      return 0;
    }
    off += base - skb.data;
  }
  const { bytes } = prog;
  if (skbCopyBits(skb, off, bytes, 0, size) !== 0) {
    prog.failed = true;
    return 0;
  }
  if (size === 1) return bytes[0]!;
  if (size === 2) return (bytes[0]! << 8) | bytes[1]!;
  return (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
}

/** The offset of the first attribute of this type at or behind `off`, 0 when there is none. Netlink messages are linear and little-endian. */
function findAttr(skb: Skb, off: number, end: number, type: number): number {
  while (end - off >= NLA_HDRLEN) {
    const len = skb.view.getUint16(skb.data + off, true);
    if (len < NLA_HDRLEN || len > end - off) return 0;
    if ((skb.view.getUint16(skb.data + off + 2, true) & NLA_TYPE_MASK) === type) return off;
    off += (len + 3) & ~3;
  }
  return 0;
}

function nlattr(skb: Skb, a: number, x: number, nested: boolean): number {
  const { len } = skb;
  const off = a >>> 0;
  if (skb.dataLen !== 0 || len < NLA_HDRLEN || off > len - NLA_HDRLEN) return 0;
  if (!nested) return findAttr(skb, off, len, x);
  const nla = skb.view.getUint16(skb.data + off, true);
  if (nla > len - off) return 0;
  return findAttr(skb, off + NLA_HDRLEN, off + nla, x);
}

/** Offset of the payload behind all headers that are known, from the network header; 0 when they are not (skb_get_poff). */
function payloadOffset(skb: Skb): number {
  const keys = new FlowKeys();
  if (!skbFlowDissect(skb, keys, skb.protocol, skb.networkHeader - skb.data)) return 0;
  const { thoff } = keys;
  if (keys.isFragment && !keys.firstFragment) return thoff;
  switch (keys.ipProto) {
    case IPPROTO_TCP:
      return thoff + 12 < skb.len - skb.dataLen ? thoff + Math.max(20, (skb.u8[skb.data + thoff + 12]! & 0xf0) >> 2) : thoff;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
    case IPPROTO_IGMP:
      return thoff + 8;
    case IPPROTO_DCCP:
    case IPPROTO_SCTP:
      return thoff + 12;
    default:
      return thoff;
  }
}

/** An ancillary value (a load with `k` from SKF_AD_OFF on), int32. A question for the device of a packet that has none sets `prog.failed`: the program ends there, with A as its answer. */
export function bpfAncillary(prog: BpfProg, skb: Skb, k: number, a: number, x: number): number {
  switch (k - SKF_AD_OFF) {
    case SKF_AD_PROTOCOL:
      return skb.protocol;
    case SKF_AD_PKTTYPE:
      return skb.pktType;
    case SKF_AD_IFINDEX:
    case SKF_AD_HATYPE: {
      const dev = skb.dev as NetDevice | null;
      if (dev === null) {
        prog.failed = true;
        return a;
      }
      return k - SKF_AD_OFF === SKF_AD_IFINDEX ? dev.ifindex : dev.type;
    }
    case SKF_AD_NLATTR:
      return nlattr(skb, a, x, false);
    case SKF_AD_NLATTR_NEST:
      return nlattr(skb, a, x, true);
    case SKF_AD_MARK:
      return skb.mark | 0;
    case SKF_AD_QUEUE:
      return skb.queueMapping;
    case SKF_AD_RXHASH:
      return skb.hash | 0;
    case SKF_AD_CPU:
      return 0; // this machine has one
    case SKF_AD_ALU_XOR_X:
      return a ^ x;
    case SKF_AD_VLAN_TAG:
      return skb.vlanTci;
    case SKF_AD_VLAN_TAG_PRESENT:
      return skb.vlanProto !== 0 ? 1 : 0;
    case SKF_AD_PAY_OFFSET:
      return payloadOffset(skb);
    case SKF_AD_RANDOM:
      return prog.random.u32() | 0;
    case SKF_AD_VLAN_TPID:
      return skb.vlanProto;
    default:
      prog.failed = true;
      return 0;
  }
}
