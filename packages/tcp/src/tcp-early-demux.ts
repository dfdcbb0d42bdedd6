/** Finding a segment's connection before its route is looked for (tcp_v4_early_demux). */
import { EHASH_SOCK } from '@linnet/inet';
import { PACKET_HOST, pskbMayPull, type Skb } from '@linnet/skbuff';
import { iphDaddr, iphSaddr, tcphDest, tcphSource } from '@linnet/uapi';
import type { TcpNet } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';

/**
 * The connection that a segment from IPv4 belongs to, or null: contract of `InetProtocol.earlyDemux`. Requests and TIME-WAITs do not count, they have no route.
 * The ports stand in the first four bytes, so that options of either header are of no matter here.
 */
export function tcpV4EarlyDemux(tn: TcpNet, skb: Skb): TcpSock | null {
  if (tn.earlyDemux === 0 || skb.pktType !== PACKET_HOST || !pskbMayPull(skb, skb.transportHeader - skb.data + 20)) return null;
  const { view, networkHeader: nh, transportHeader: th } = skb;
  const node = tn.hashinfo.lookupEstablished(iphSaddr(view, nh), tcphSource(view, th), iphDaddr(view, nh), tcphDest(view, th), skb.skbIif);
  return node !== null && node.kind === EHASH_SOCK ? (node.owner as TcpSock) : null;
}
