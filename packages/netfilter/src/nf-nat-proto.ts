/** Rewriting packets: addresses, ports and ids, with the checksums that cover them (RFC 3022 4.1, RFC 1624). */
import { csumFold, csumReplace2, csumReplace4 } from '@linnet/kernel';
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, skbChecksum, skbEnsureWritable, type Skb } from '@linnet/skbuff';
import {
  AF_INET, ICMP_ADDRESS, ICMP_ADDRESSREPLY, ICMP_ECHO, ICMP_ECHOREPLY, ICMP_INFO_REPLY, ICMP_INFO_REQUEST, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY, IPHDR_LEN, IPPROTO_ICMP,
  IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, IPV6HDR_LEN,
} from '@linnet/uapi';
import { nfIpv6SkipExthdrs, nfL4PseudoSum } from './nf-conntrack-packet.ts';
import type { NfTuple } from './nf-conntrack-tuple.ts';

/** The source is rewritten. @alpha */
export const NF_NAT_MANIP_SRC = 0;
/** The destination is rewritten. @alpha */
export const NF_NAT_MANIP_DST = 1;

const IPPROTO_DCCP = 33;
const IPPROTO_UDPLITE = 136;

/** Where the checksum of a transport is in its header, -1: none that could be kept right in steps. */
function checkOffset(protonum: number): number {
  if (protonum === IPPROTO_TCP) return 16;
  if (protonum === IPPROTO_UDP || protonum === IPPROTO_UDPLITE || protonum === IPPROTO_DCCP) return 6;
  return protonum === IPPROTO_ICMPV6 ? 2 : -1;
}

/** A checksum field after a word of the pseudo header changed; while the device is to sum, the field holds that header's sum itself. */
function pseudo4(skb: Skb, own: boolean, check: number, from: number, to: number): number {
  if (own && skb.ipSummed === CHECKSUM_PARTIAL) return ~csumReplace4(~check & 0xffff, from, to) & 0xffff;
  return csumReplace4(check, from, to);
}

/**
 * Rewrites one side of the packet whose network header is `off` behind `data` to that of `target` (nf_nat_manip_pkt). `own` is false for a packet that an ICMP error
 * quotes: it may be cut off behind its ports. Makes bytes writable; false when the packet is too short.
 * @alpha
 */
export function nfNatManipPkt(skb: Skb, off: number, target: NfTuple, manip: number, own: boolean): boolean {
  const v4 = target.l3num === AF_INET;
  if (!skbEnsureWritable(skb, off + (v4 ? IPHDR_LEN : IPV6HDR_LEN))) return false;
  let l4: number;
  let protonum: number;
  if (v4) {
    l4 = off + ((skb.u8[skb.data + off]! & 15) << 2);
    protonum = skb.u8[skb.data + off + 9]!;
  } else {
    const found = nfIpv6SkipExthdrs(skb, off);
    if (found < 0) return false;
    l4 = found >> 8;
    protonum = found & 0xff;
  }
  const icmp = protonum === IPPROTO_ICMP || protonum === IPPROTO_ICMPV6;
  const checkOff = checkOffset(protonum);
  // The header as far as it is needed; a quoted one may have 8 bytes only.
  const whole = protonum === IPPROTO_TCP ? 20 : 8;
  const touches = checkOff >= 0 || icmp;
  let hasCheck = checkOff >= 0;
  if (touches) {
    if (own || skb.len >= l4 + whole) {
      if (!skbEnsureWritable(skb, l4 + whole)) return false;
    } else {
      if (!skbEnsureWritable(skb, l4 + 8)) return false;
      if (checkOff + 2 > 8) hasCheck = false;
    }
  }
  if (own && skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  const { view } = skb;
  const nh = skb.data + off;
  const at = skb.data + l4;
  const src = manip === NF_NAT_MANIP_SRC;
  let check = hasCheck ? view.getUint16(at + checkOff) : 0;
  const udp = protonum === IPPROTO_UDP;
  // Zero says that there is none (RFC 768).
  if (udp && check === 0 && !(own && skb.ipSummed === CHECKSUM_PARTIAL)) hasCheck = false;

  if (v4) {
    const field = nh + (src ? 12 : 16);
    const from = view.getInt32(field);
    const to = src ? target.src0 : target.dst0;
    if (from !== to) {
      view.setUint16(nh + 10, csumReplace4(view.getUint16(nh + 10), from, to));
      view.setInt32(field, to);
      if (hasCheck) check = pseudo4(skb, own, check, from, to);
    }
  } else {
    const field = nh + (src ? 8 : 24);
    for (let i = 0; i < 4; i++) {
      const from = view.getInt32(field + i * 4);
      const to = word(target, src, i);
      if (from === to) continue;
      view.setInt32(field + i * 4, to);
      if (hasCheck) check = pseudo4(skb, own, check, from, to);
    }
  }
  if (icmp) {
    if (protonum === IPPROTO_ICMP ? icmpHasId(skb.u8[at]!) : skb.u8[at]! >= 128) {
      const from = view.getUint16(at + 4);
      const to = target.sport;
      if (from !== to) {
        view.setUint16(at + 4, to);
        if (protonum === IPPROTO_ICMP) view.setUint16(at + 2, csumReplace2(view.getUint16(at + 2), from, to));
        else if (!(own && skb.ipSummed === CHECKSUM_PARTIAL)) check = csumReplace2(check, from, to);
      }
    }
  } else if (checkOff >= 0) {
    const field = at + (src ? 0 : 2);
    const from = view.getUint16(field);
    const to = src ? target.sport : target.dport;
    if (from !== to) {
      view.setUint16(field, to);
      // With CHECKSUM_PARTIAL the device will sum the ports.
      if (hasCheck && !(own && skb.ipSummed === CHECKSUM_PARTIAL)) check = csumReplace2(check, from, to);
    }
  }
  if (hasCheck) view.setUint16(at + checkOff, udp && check === 0 ? 0xffff : check);
  return true;
}

function word(t: NfTuple, src: boolean, i: number): number {
  switch (i) {
    case 0:
      return src ? t.src0 : t.dst0;
    case 1:
      return src ? t.src1 : t.dst1;
    case 2:
      return src ? t.src2 : t.dst2;
    default:
      return src ? t.src3 : t.dst3;
  }
}

function icmpHasId(type: number): boolean {
  switch (type) {
    case ICMP_ECHO:
    case ICMP_ECHOREPLY:
    case ICMP_TIMESTAMP:
    case ICMP_TIMESTAMPREPLY:
    case ICMP_INFO_REQUEST:
    case ICMP_INFO_REPLY:
    case ICMP_ADDRESS:
    case ICMP_ADDRESSREPLY:
      return true;
    default:
      return false;
  }
}

/** Sums an ICMP message anew after what it quotes was rewritten; `off` is behind `data`. */
export function nfIcmpResum(skb: Skb, off: number): void {
  if (skb.ipSummed === CHECKSUM_PARTIAL) return;
  skb.view.setUint16(skb.data + off + 2, 0);
  skb.view.setUint16(skb.data + off + 2, csumFold(skbChecksum(skb, off, skb.len - off, 0)));
}

/** The same for ICMPv6, whose sum covers the addresses. */
export function nfIcmpv6Resum(skb: Skb, off: number): void {
  if (skb.ipSummed === CHECKSUM_PARTIAL) return;
  skb.view.setUint16(skb.data + off + 2, 0);
  skb.view.setUint16(skb.data + off + 2, csumFold(skbChecksum(skb, off, skb.len - off, nfL4PseudoSum(skb, off, IPPROTO_ICMPV6))));
}
