/** Transparent proxies: packets for others are given to sockets of this machine that said so with IP_TRANSPARENT (kernel documentation tproxy.rst). */
import { INET, type InetProtocol, type InetSock } from '@linnet/inet';
import { type NetDevice, NFPROTO_IPV4 } from '@linnet/netdev';
import type { Net } from '@linnet/kernel';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import { in6At, IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';

/** Who knows the sockets of a transport; null: nobody, or the packet has no whole header. May pull. */
function protocolOf(net: Net, skb: Skb, thoff: number, family: number, protonum: number): InetProtocol | null {
  if ((protonum !== IPPROTO_TCP && protonum !== IPPROTO_UDP) || !pskbMayPull(skb, thoff + (protonum === IPPROTO_TCP ? 20 : 8))) return null;
  const k = net.kernel.get(INET);
  return (family === NFPROTO_IPV4 ? k.protos : k.protos6)[protonum]!;
}

function destination(skb: Skb, family: number): Int32Array {
  const { view, networkHeader: nh } = skb;
  // datapath-ok: rules of transparent proxies only
  return family === NFPROTO_IPV4 ? Int32Array.of(view.getInt32(nh + 16)) : in6At(view, nh + 24);
}

/** The socket that the packet would reach here: a connected one, else one that waits where it goes (nf_sk_lookup_slow_v4). Null: none. May pull. @alpha */
export function nfSockOf(net: Net, skb: Skb, thoff: number, family: number, protonum: number): InetSock | null {
  if (skb.sk !== null) return skb.sk as unknown as InetSock;
  const p = protocolOf(net, skb, thoff, family, protonum);
  if (p === null || p.findSock === undefined) return null;
  return p.findSock(net, skb, thoff, null, 0) ?? p.findSock(net, skb, thoff, destination(skb, family), skb.view.getUint16(skb.data + thoff + 2));
}

/** Is the socket open to all addresses? @alpha */
export function nfSockWildcard(sk: InetSock, family: number): boolean {
  if (family === NFPROTO_IPV4) return sk.rcvSaddr === 0;
  const a = sk.v6RcvSaddr;
  return a === null || (a[0]! | a[1]! | a[2]! | a[3]!) === 0;
}

/**
 * Gives the packet to a transparent socket: to the one that has this connection, else to the one that waits at `to` and `port` (null and 0: at the first address of the device
 * that the packet came in by, and at its own port). False: there is none. May pull.
 * @alpha
 */
export function nfTproxy(net: Net, skb: Skb, thoff: number, family: number, protonum: number, dev: NetDevice, to: Int32Array | null, port: number): boolean {
  const p = protocolOf(net, skb, thoff, family, protonum);
  if (p === null || p.findSock === undefined) return false;
  let sk = p.findSock(net, skb, thoff, null, 0);
  if (sk === null) {
    const own = port !== 0 ? port : skb.view.getUint16(skb.data + thoff + 2);
    sk = p.findSock(net, skb, thoff, to ?? deviceAddress(net, family, dev) ?? destination(skb, family), own);
  }
  if (sk === null || !sk.transparent) return false;
  skb.sk = sk;
  return true;
}

function deviceAddress(net: Net, family: number, dev: NetDevice): Int32Array | null {
  const k = net.kernel.get(INET);
  if (family !== NFPROTO_IPV4) return k.af(10)?.deviceAddr6?.(dev) ?? null;
  const a = k.af(2)?.deviceAddr?.(dev) ?? 0;
  return a === 0 ? null : Int32Array.of(a); // datapath-ok: rules of transparent proxies only
}
