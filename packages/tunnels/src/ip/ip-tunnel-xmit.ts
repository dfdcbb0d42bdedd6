/** IPv4 tunnels: packets into one (ip_tunnel_xmit). */
import { flowi4InitOutput } from '@linnet/inet';
import { icmpSend, IPV4, ipRouteOutputFlow, type Rtable } from '@linnet/ipv4';
import { type DstEntry, dstMtu, type NetDevice } from '@linnet/netdev';
import { DROP, kfreeSkbReason, pskbMayPull, type Skb, skbIsGso } from '@linnet/skbuff';
import { ARPHRD_ETHER, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_HOST_UNREACH, IP_DF, IPHDR_LEN } from '@linnet/uapi';
import { ecnEncap, innerDsfield, innerTtl } from '../ecn.ts';
import { ipTunnelXmit, tunnelCount, tunnelFinishOffloads, tunnelHeadroom } from '../tunnel-core.ts';
import { type IpTunnel, ipTunnelPriv } from './ip-tunnel.ts';

/** Jiffies for which errors from the other end count. */
const ERR_TIMEO = 30_000;

/** Drops a packet that cannot be sent. */
export function ipTunnelTxError(skb: Skb, dev: NetDevice, reason: number): void {
  dev.stats.txErrors++;
  kfreeSkbReason(skb, reason);
}

/** Is the inner IP header there to be read? */
export function innerReadable(skb: Skb): boolean {
  const base = skb.networkHeader - skb.data;
  if (base < 0) return false;
  if (skb.protocol === ETH_P_IP) return pskbMayPull(skb, base + IPHDR_LEN);
  return skb.protocol === ETH_P_IPV6 && pskbMayPull(skb, base + 40);
}

/** Where a tunnel without a far end sends a packet: to the route's gateway, or the address that is in an address of 6to4 (RFC 3056). 0 for nowhere. */
function farEnd(skb: Skb, protocol: number): number {
  if (protocol === ETH_P_IP) {
    const rt = skb.dst as Rtable | null;
    if (rt === null) return 0;
    return rt.rtGw !== 0 ? rt.rtGw : skb.view.getInt32(skb.networkHeader + 16);
  }
  const { view, networkHeader: nh } = skb;
  return protocol === ETH_P_IPV6 && view.getUint16(nh + 24) === 0x2002 ? view.getInt32(nh + 26) : 0;
}

/** Is the packet too long for the path? Then its sender hears of it (tnl_update_pmtu). */
function tooLong(t: IpTunnel, skb: Skb, rt: DstEntry, protocol: number, df: number, len: number): boolean {
  const dev = t.dev!;
  const ether = dev.type === ARPHRD_ETHER ? ETH_HLEN : 0;
  const inner = skb.dst as DstEntry | null;
  const mtu = df !== 0 ? dstMtu(rt) - IPHDR_LEN - t.hlen - ether : inner !== null ? dstMtu(inner) : dev.mtu;
  if (protocol === ETH_P_IP) {
    inner?.ops.updatePmtu?.(inner, null, skb, mtu);
    if (skbIsGso(skb) || len - ether <= mtu || (skb.view.getUint16(skb.networkHeader + 6) & IP_DF) === 0) return false;
    icmpSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    return true;
  }
  if (protocol === ETH_P_IPV6 && mtu >= 1280) inner?.ops.updatePmtu?.(inner, null, skb, mtu);
  return false;
}

/**
 * Sends a packet into a tunnel: puts the outer IPv4 header in front, with what `push` puts between the two. The packet's own headers stand at `networkHeader`.
 * Consumes it.
 */
export function ipTunnelSend(skb: Skb, dev: NetDevice, proto: number, push: ((t: IpTunnel, skb: Skb) => void) | null): void {
  const t = ipTunnelPriv(dev);
  const p = t.parms;
  const net = t.net!;
  const protocol = innerReadable(skb) ? skb.protocol : 0;
  const nh = skb.networkHeader;
  let dst = p.daddr;
  if (dst === 0) {
    dst = farEnd(skb, protocol);
    if (dst === 0) {
      dev.stats.txFifoErrors++;
      ipTunnelTxError(skb, dev, DROP.NO_TX_TARGET);
      return;
    }
  }
  const inner = innerDsfield(skb, nh, protocol);
  let { tos } = p;
  if ((tos & 1) !== 0) {
    tos &= ~1;
    if (protocol !== 0) tos = inner;
  }
  const fl = t.flow;
  flowi4InitOutput(fl, p.link, p.fwmark !== 0 ? p.fwmark : skb.mark, tos & 0xfc, 0, proto, 0, dst, p.saddr, 0, 0, 0);
  const rt = ipRouteOutputFlow(net, fl, null);
  if (rt === null) {
    dev.stats.txCarrierErrors++;
    ipTunnelTxError(skb, dev, DROP.IP_OUTNOROUTES);
    return;
  }
  if (rt.dev === dev) {
    dev.stats.collisions++;
    ipTunnelTxError(skb, dev, DROP.RECURSION_LIMIT);
    return;
  }
  let df = p.df ? IP_DF : 0;
  if (protocol === ETH_P_IP && !p.ignoreDf) df |= skb.view.getUint16(nh + 6) & IP_DF;
  if (tooLong(t, skb, rt, protocol, df, skb.len)) {
    ipTunnelTxError(skb, dev, DROP.PKT_TOO_BIG);
    return;
  }
  if (t.errCount > 0) {
    if (((dev.kernel.jiffies - t.errTime) | 0) < ERR_TIMEO) {
      t.errCount--;
      if (protocol === ETH_P_IP) icmpSend(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
    } else t.errCount = 0;
  }
  const ip = net.get(IPV4);
  // Without one of its own the outer header has the packet's TTL; what is no IP packet has the route's.
  const ttl = p.ttl !== 0 ? p.ttl : innerTtl(skb, nh, protocol);
  const { len } = skb;
  tunnelHeadroom(skb, rt, IPHDR_LEN + t.hlen);
  tunnelFinishOffloads(skb);
  if (push !== null) push(t, skb);
  const rc = ipTunnelXmit(net, ip, skb, rt, fl.saddr, dst, proto, ecnEncap(tos, inner), ttl, df, net !== dev.net);
  tunnelCount(dev, len, rc);
}
