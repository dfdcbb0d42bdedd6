/** Whom a datagram is for, asked by somebody else than the receiver: contract of `InetProtocol.findSock`. */
import type { Skb } from '@linnet/skbuff';
import { TCP_ESTABLISHED, udphDest, udphSource, in6At } from '@linnet/uapi';
import { udp4LibLookup, udp6LibLookup } from './udp-lookup.ts';
import type { UdpNet } from './udp-net.ts';
import type { UdpSock } from './udp-sock.ts';

/** The one, if it is connected just when that was asked for. */
function connected(sk: UdpSock | null, wanted: boolean): UdpSock | null {
  return sk !== null && (sk.state === TCP_ESTABLISHED) === wanted ? sk : null;
}

/** Of IPv4. */
export function udpV4FindSock(u: UdpNet, skb: Skb, thoff: number, to: Int32Array | null, port: number): UdpSock | null {
  const { view, networkHeader: nh } = skb;
  const th = skb.data + thoff;
  const saddr = view.getInt32(nh + 12);
  const dif = skb.skbIif;
  if (to === null) return connected(udp4LibLookup(u, saddr, udphSource(view, th), view.getInt32(nh + 16), udphDest(view, th), dif), true);
  return connected(udp4LibLookup(u, saddr, udphSource(view, th), to[0]!, port, dif), false);
}

/** Of IPv6. */
export function udpV6FindSock(u: UdpNet, skb: Skb, thoff: number, to: Int32Array | null, port: number): UdpSock | null {
  const { view, networkHeader: nh } = skb;
  const th = skb.data + thoff;
  const saddr = in6At(view, nh + 8);
  const dif = skb.skbIif;
  if (to === null) return connected(udp6LibLookup(u, saddr, udphSource(view, th), in6At(view, nh + 24), udphDest(view, th), dif), true);
  return connected(udp6LibLookup(u, saddr, udphSource(view, th), to, port, dif), false);
}
