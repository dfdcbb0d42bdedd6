/** Whom a segment is for, asked by somebody else than the receiver: contract of `InetProtocol.findSock`. */
import { EHASH_REQUEST, EHASH_SOCK, type EhashNode, inet6LookupListener, type InetConnectionSock, inetLookupListener, type RequestSock } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import { tcphDest, tcphSource, in6At } from '@linnet/uapi';
import type { TcpNet } from './tcp-net.ts';

/** A connection, or the listener of one that begins; TIME-WAITs are no socks. */
function ownerOf(node: EhashNode | null): InetConnectionSock | null {
  if (node === null) return null;
  if (node.kind === EHASH_SOCK) return node.owner as InetConnectionSock;
  return node.kind === EHASH_REQUEST ? (node.owner as RequestSock).listener : null;
}

/** Of IPv4. */
export function tcpV4FindSock(tn: TcpNet, skb: Skb, thoff: number, to: Int32Array | null, port: number): InetConnectionSock | null {
  const { view, networkHeader: nh } = skb;
  const th = skb.data + thoff;
  const saddr = view.getInt32(nh + 12);
  const sport = tcphSource(view, th);
  const dif = skb.skbIif;
  if (to === null) return ownerOf(tn.hashinfo.lookupEstablished(saddr, sport, view.getInt32(nh + 16), tcphDest(view, th), dif));
  return inetLookupListener(tn.hashinfo, saddr, sport, to[0]!, port, dif);
}

/** Of IPv6. */
export function tcpV6FindSock(tn: TcpNet, skb: Skb, thoff: number, to: Int32Array | null, port: number): InetConnectionSock | null {
  const { view, networkHeader: nh } = skb;
  const th = skb.data + thoff;
  const saddr = in6At(view, nh + 8);
  const sport = tcphSource(view, th);
  const dif = skb.skbIif;
  if (to === null) return ownerOf(tn.hashinfo.lookupEstablished6(saddr, sport, in6At(view, nh + 24), tcphDest(view, th), dif));
  return inet6LookupListener(tn.hashinfo, saddr, sport, to, port, dif);
}
