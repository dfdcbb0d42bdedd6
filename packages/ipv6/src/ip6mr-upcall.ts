/** What the kernel tells the daemon of IPv6 multicast routing: struct mrt6msg on its ICMPv6 socket, and the same over netlink. */
// datapath-ok-file: packets without a way, and those for the register tunnel
import { EINVAL, ENOBUFS } from '@linnet/kernel';
import { sockQueueRcvSkb } from '@linnet/socket';
import { allocSkb, skbCopyBits, skbPullUnchecked, skbPut } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { IPV6HDR_LEN, MRT6MSG_LEN, MRT6MSG_WHOLEPKT, MRT6MSG_WRMIFWHOLE } from '@linnet/uapi';
import { ip6cbCopy } from './ip6-cb.ts';
import { mr6ReportNotify } from './ip6mr-notify.ts';
import type { Mr6Table } from './ip6mr-types.ts';

/** Bytes behind the message of an upcall that carries no packet: they say nothing. */
const TAIL = 40;

/**
 * Tells of a packet, `networkHeader` at its IPv6 header, which stays the caller's. `mif` is where it came in; MRT6MSG_WHOLEPKT is always about the register interface.
 * Returns 0, or a negative errno when no daemon will hear of it.
 * @alpha
 */
export function mr6Upcall(t: Mr6Table, pkt: Skb, mif: number, type: number): number {
  const sk = t.owner;
  if (sk === null) return -EINVAL;
  const whole = type === MRT6MSG_WHOLEPKT || type === MRT6MSG_WRMIFWHOLE;
  const nh = pkt.networkHeader;
  const rest = whole ? pkt.len + (pkt.data - nh) : TAIL;
  const skb = allocSkb(sk.pool, IPV6HDR_LEN + MRT6MSG_LEN + rest);
  const at = skbPut(skb, IPV6HDR_LEN + MRT6MSG_LEN + rest);
  const msg = at + IPV6HDR_LEN;
  skbCopyBits(pkt, nh - pkt.data, skb.u8, at, IPV6HDR_LEN);
  const about = type === MRT6MSG_WHOLEPKT ? t.registerMif : mif;
  const { view, u8 } = skb;
  u8.fill(0, msg, msg + 8);
  view.setUint8(msg + 1, type);
  view.setUint16(msg + 2, about, true);
  // Both addresses, as they stand in the header.
  u8.copyWithin(msg + 8, at + 8, at + IPV6HDR_LEN);
  if (whole) skbCopyBits(pkt, nh - pkt.data, u8, msg + MRT6MSG_LEN, rest);
  else u8.fill(0, msg + MRT6MSG_LEN, msg + MRT6MSG_LEN + TAIL);
  skb.networkHeader = at;
  skb.transportHeader = msg;
  skbPullUnchecked(skb, IPV6HDR_LEN);
  ip6cbCopy(skb, pkt);
  mr6ReportNotify(t, pkt, skb, type, about, msg + MRT6MSG_LEN, rest);
  return sockQueueRcvSkb(sk, skb) < 0 ? -ENOBUFS : 0;
}
