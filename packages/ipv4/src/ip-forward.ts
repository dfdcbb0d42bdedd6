/**
 * Forwarding (RFC 1812 5.2, 5.3): the `input` of routes through this machine.
 */
import type { Net } from '@linnet/kernel';
import {
  ICMP_DEST_UNREACH, ICMP_EXC_TTL, ICMP_FRAG_NEEDED, ICMP_SR_FAILED, ICMP_TIME_EXCEEDED, IP_DF, ipDecreaseTtl, iphFragOff, iphTos, iphTtl,
} from '@linnet/uapi';
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, DROP, kfreeSkbReason, PACKET_HOST, skbCow, skbIsGso } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstOutput, llReservedSpace, NET_RX_DROP, NET_RX_SUCCESS, nfHook, NF_INET_FORWARD, NFPROTO_IPV4, skbDev } from '@linnet/netdev';
import { IPSKB_DOREDIRECT, IPSKB_FORWARDED, ipcbAddFlags, ipcbFlags, ipcbFragMaxSize, ipcbOptlen } from './ip-cb.ts';
import { ipSendCheck } from './ip-header.ts';
import { ipcbRouterAlert, ipcbSrr, ipcbStrictRoute, ipForwardOptions } from './ip-options.ts';
import { skbGsoNetworkSeglen } from './ip-output.ts';
import { ipCallRaChain } from './raw.ts';
import { ipRtSendRedirect, rtTos2Priority } from './route.ts';
import { ipDstMtuMaybeForward } from './route-exception.ts';
import type { Rtable } from './rtable.ts';
import { IPSTATS_MIB_FRAGFAILS, IPSTATS_MIB_INADDRERRORS, IPSTATS_MIB_INHDRERRORS, IPSTATS_MIB_OUTFORWDATAGRAMS } from './snmp.ts';

/** Is the packet too large for `mtu`, with DF or pieces that may not be made larger? (ip_exceeds_mtu) */
function exceedsMtu(skb: Skb, mtu: number): boolean {
  if (skb.len <= mtu) return false;
  if ((iphFragOff(skb.view, skb.networkHeader) & IP_DF) === 0) return false;
  if (ipcbFragMaxSize(skb) > mtu) return true;
  if (skb.ignoreDf) return false;
  if (skbIsGso(skb) && skbGsoNetworkSeglen(skb) <= mtu) return false;
  return true;
}

/** Forwards a packet. Consumes it (ip_forward). @alpha */
export function ipForward(skb: Skb): number {
  if (skb.pktType !== PACKET_HOST) return drop(skb, DROP.OTHERHOST);
  if (skb.sk !== null) return drop(skb, DROP.NOT_SPECIFIED);
  const rt = skb.dst as Rtable;
  const ip = rt.net4;
  const { net } = ip;
  if (ipcbRouterAlert(skb) !== 0 && ipCallRaChain(ip, skb)) return NET_RX_SUCCESS;
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;

  // A packet of TTL 1 may reach this machine, but not pass it (RFC 1812 5.3.1).
  if (iphTtl(skb.view, skb.networkHeader) <= 1) {
    ip.mib[IPSTATS_MIB_INHDRERRORS]!++;
    ip.icmpSend(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
    return drop(skb, DROP.IP_TTL);
  }
  if (ipcbStrictRoute(skb) && rt.rtUsesGateway) {
    ip.mib[IPSTATS_MIB_INADDRERRORS]!++;
    ip.icmpSend(skb, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
    return drop(skb, DROP.IP_OPTIONS);
  }
  ipcbAddFlags(skb, IPSKB_FORWARDED);
  // What is too large counts too: an attempt was made.
  ip.mib[IPSTATS_MIB_OUTFORWDATAGRAMS]!++;
  const mtu = ipDstMtuMaybeForward(rt, true);
  if (exceedsMtu(skb, mtu)) {
    ip.mib[IPSTATS_MIB_FRAGFAILS]!++;
    ip.icmpSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    return drop(skb, DROP.PKT_TOO_BIG);
  }
  // The header is going to change: it must be ours alone, with room for the new link-layer header.
  skbCow(skb, llReservedSpace(rt.dev) + rt.headerLen);
  ipDecreaseTtl(skb.view, skb.networkHeader);
  // The sender could have gone to the next hop directly: tell it, unless it chose its way.
  if ((ipcbFlags(skb) & IPSKB_DOREDIRECT) !== 0 && ipcbSrr(skb) === 0) ipRtSendRedirect(skb);
  if (ip.sysctlIpFwdUpdatePriority !== 0) skb.priority = rtTos2Priority(iphTos(skb.view, skb.networkHeader));
  return nfHook(NFPROTO_IPV4, NF_INET_FORWARD, net, null, skb, skbDev(skb), rt.dev, ipForwardFinish);
}

function drop(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return NET_RX_DROP;
}

function ipForwardFinish(net: Net, sk: object | null, skb: Skb): number {
  const ip = (skb.dst as Rtable).net4;
  if (ipcbOptlen(skb) !== 0 && !ipForwardOptions(ip, skb, skb.dst as Rtable)) ipSendCheck(skb);
  skb.tstamp = 0;
  return dstOutput(net, sk, skb);
}
