/** IPv4 tunnels: packets out of one, and errors about what was sent (ip_tunnel_rcv, ipip_err, ipgre_err). */
import { ENOENT } from '@linnet/kernel';
import { icmpSend, ipv4Redirect, ipv4UpdatePmtu } from '@linnet/ipv4';
import { ethTypeTrans, skbScrubPacket } from '@linnet/netdev';
import { DROP, kfreeSkbReason, PACKET_BROADCAST, pskbMayPull, type Skb } from '@linnet/skbuff';
import {
  ARPHRD_ETHER, ETH_HLEN, ICMP_DEST_UNREACH, ICMP_EXC_TTL, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_PORT_UNREACH, ICMP_REDIRECT, ICMP_SR_FAILED, ICMP_TIME_EXCEEDED, iphDaddr, iphTos,
  ipv4IsMulticast,
} from '@linnet/uapi';
import { ecnDecap } from '../ecn.ts';
import { groCellsReceive } from '../gro-cells.ts';
import { tunnelDecapSum } from '../tunnel-core.ts';
import { GRE_CSUM, GRE_SEQ, type IpTunnel } from './ip-tunnel.ts';

const ERR_TIMEO = 30_000;

function drop(skb: Skb, reason: number): void {
  kfreeSkbReason(skb, reason);
}

/** A packet that no tunnel wants: its sender hears of it. Consumes it. */
export function ipTunnelNobody(skb: Skb): number {
  icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
  drop(skb, DROP.NO_SOCKET);
  return 0;
}

/**
 * Hands up what came out of a tunnel: `data` is at the packet that was inside, of type `protocol`; `outer` the offset of the outer IP header. `flags` and `seq` as the
 * GRE header had them. Consumes it.
 */
export function ipTunnelRcv(t: IpTunnel, skb: Skb, protocol: number, outer: number, flags: number, seq: number): void {
  const dev = t.dev!;
  const { stats } = dev;
  const tos = iphTos(skb.view, outer);
  const group = ipv4IsMulticast(iphDaddr(skb.view, outer));
  if (group) stats.multicast++;
  if (((flags ^ t.parms.iFlags) & GRE_CSUM) !== 0) {
    stats.rxCrcErrors++;
    stats.rxErrors++;
    drop(skb, DROP.NOT_SPECIFIED);
    return;
  }
  if ((t.parms.iFlags & GRE_SEQ) !== 0) {
    if ((flags & GRE_SEQ) === 0 || (t.iSeqno !== 0 && ((seq - t.iSeqno) | 0) < 0)) {
      stats.rxFifoErrors++;
      stats.rxErrors++;
      drop(skb, DROP.NOT_SPECIFIED);
      return;
    }
    t.iSeqno = (seq + 1) | 0;
  }
  const ether = dev.type === ARPHRD_ETHER;
  if (ether && !pskbMayPull(skb, ETH_HLEN)) {
    stats.rxLengthErrors++;
    stats.rxErrors++;
    drop(skb, DROP.PKT_TOO_SMALL);
    return;
  }
  skbScrubPacket(skb, t.net !== dev.net);
  skb.hash = 0;
  skb.vlanProto = 0;
  tunnelDecapSum(skb, (flags & GRE_CSUM) !== 0);
  const { len } = skb;
  if (ether) skb.protocol = ethTypeTrans(skb, dev);
  else {
    skb.macHeader = skb.data;
    skb.protocol = protocol;
    skb.dev = dev;
    if (group) skb.pktType = PACKET_BROADCAST;
  }
  skb.networkHeader = skb.data;
  if (ecnDecap(skb, tos, skb.protocol) > 1) {
    stats.rxFrameErrors++;
    stats.rxErrors++;
    drop(skb, DROP.IP_TUNNEL_ECN);
    return;
  }
  if (groCellsReceive(t.cells!, skb, dev)) {
    stats.rxPackets++;
    stats.rxBytes += len;
  }
}

/** An ICMP error about a packet of a tunnel. Contract of `InetProtocol.err`. */
export function ipTunnelErr(t: IpTunnel | null, skb: Skb, type: number, code: number, info: number, proto: number): number {
  if (t === null) return -ENOENT;
  const net = t.net!;
  const { parms } = t;
  switch (type) {
    case ICMP_DEST_UNREACH:
      // Of an older RFC's meaning, or from a host that has no such tunnel.
      if (code === ICMP_SR_FAILED || code === ICMP_PORT_UNREACH) return 0;
      if (code === ICMP_FRAG_NEEDED) {
        ipv4UpdatePmtu(skb, net, info, parms.link, proto);
        return 0;
      }
      break;
    case ICMP_TIME_EXCEEDED:
      if (code !== ICMP_EXC_TTL) return 0;
      break;
    case ICMP_REDIRECT:
      ipv4Redirect(skb, net, parms.link, proto);
      return 0;
    case ICMP_PARAMETERPROB:
      break;
    default:
      return 0;
  }
  // Nobody in particular, or the packet's own TTL ran out.
  if (parms.daddr === 0 || (parms.ttl === 0 && type === ICMP_TIME_EXCEEDED)) return 0;
  const now = t.dev!.kernel.jiffies;
  t.errCount = ((now - t.errTime) | 0) < ERR_TIMEO ? t.errCount + 1 : 1;
  t.errTime = now;
  return 0;
}
