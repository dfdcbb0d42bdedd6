/** What the kernel tells the daemon of multicast routing: struct igmpmsg on its IGMP socket, and the same over netlink. */
// datapath-ok-file: packets without a way, and those for the register tunnel
import { EINVAL, ENOBUFS } from '@linnet/kernel';
import { sockQueueRcvSkb } from '@linnet/socket';
import { allocSkb, skbCopyBits, skbPut } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { IGMPMSG_LEN, IGMPMSG_WHOLEPKT, IGMPMSG_WRVIFWHOLE, IPHDR_LEN } from '@linnet/uapi';
import { ipcbCopy } from './ip-cb.ts';
import { ipHdrlen } from './ip-hdrlen.ts';
import { mrReportNotify } from './ipmr-notify.ts';
import type { MrTable } from './ipmr-types.ts';

/** Bytes behind the header of an upcall that carries no packet: an IGMP header of which only the type says something. */
const TAIL = 8;

/**
 * Tells of a packet, `networkHeader` at its IP header, which stays the caller's. `vif` is where it came in; IGMPMSG_WHOLEPKT is always about the register interface.
 * Returns 0, or a negative errno when no daemon will hear of it.
 * @alpha
 */
export function mrUpcall(t: MrTable, pkt: Skb, vif: number, type: number): number {
  const sk = t.owner;
  if (sk === null) return -EINVAL;
  const whole = type === IGMPMSG_WHOLEPKT || type === IGMPMSG_WRVIFWHOLE;
  const nh = pkt.networkHeader;
  const hlen = whole ? IGMPMSG_LEN : Math.max(ipHdrlen(pkt.view, nh), IPHDR_LEN);
  const rest = whole ? pkt.len + (pkt.data - nh) : TAIL;
  const skb = allocSkb(sk.pool, hlen + rest);
  const at = skbPut(skb, hlen + rest);
  skbCopyBits(pkt, nh - pkt.data, skb.u8, at, hlen);
  if (whole) {
    skbCopyBits(pkt, nh - pkt.data, skb.u8, at + hlen, rest);
    skb.u8[at] = 0x45;
  } else {
    skb.u8.fill(0, at + hlen, at + hlen + TAIL);
    skb.u8[at + hlen] = type;
  }
  const about = type === IGMPMSG_WHOLEPKT ? t.registerVif : vif;
  const { view } = skb;
  // Where a packet has its length, TTL, protocol (0 tells these from IGMP) and checksum.
  view.setUint16(at + 2, hlen + rest);
  view.setUint8(at + 8, type);
  view.setUint8(at + 9, 0);
  view.setUint8(at + 10, about & 0xff);
  view.setUint8(at + 11, about >> 8);
  skb.networkHeader = at;
  skb.transportHeader = at + hlen;
  ipcbCopy(skb, pkt);
  mrReportNotify(t, skb, type, about, at + hlen, rest);
  return sockQueueRcvSkb(sk, skb) < 0 ? -ENOBUFS : 0;
}
