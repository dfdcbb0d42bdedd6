/**
 * What input, output and ICMP share about the IPv4 header: its checksum, its identification, the choice of TTL, DF and MTU.
 */
import { ipFastCsum } from '@linnet/kernel';
import {
  IP_DF, IP_MAX_MTU, IP_PMTUDISC_DO, IP_PMTUDISC_PROBE, IP_PMTUDISC_WANT, RTAX_HOPLIMIT, RTAX_LOCK, RTAX_MTU, iphFragOff, iphSetCheck, iphSetId, iphSetTotLen,
} from '@linnet/uapi';
import type { Skb } from '@linnet/skbuff';
import { dstMetric } from '@linnet/netdev';
import type { DstEntry } from '@linnet/netdev';
import type { InetSock } from '@linnet/inet';
import { ipHdrlen } from './ip-hdrlen.ts';
import { IPSKB_FORWARDED, ipcbFlags } from './ip-cb.ts';
import { ipIdentsReserve } from './ip-ident.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipDstMtuMaybeForward } from './route-exception.ts';
import type { Rtable } from './rtable.ts';

/** Makes the header checksum anew (ip_send_check). The head must be writable. @alpha */
export function ipSendCheck(skb: Skb): void {
  const nh = skb.networkHeader;
  const view = skb.view;
  iphSetCheck(view, nh, 0);
  iphSetCheck(view, nh, ipFastCsum(skb.u8, nh, ipHdrlen(view, nh) >> 2));
}

/** Writes the packet's length into its header; a super-segment of more than 64 KiB says 0 (iph_set_totlen). @alpha */
export function ipSetLen(skb: Skb): void {
  const len = skb.len;
  iphSetTotLen(skb.view, skb.networkHeader, len <= IP_MAX_MTU ? len : 0);
}

/** Does the socket let the path MTU bound its packets? (ip_sk_use_pmtu) @alpha */
export function ipSkUsePmtu(sk: InetSock): boolean {
  return sk.pmtudisc < IP_PMTUDISC_PROBE;
}

/** The MTU that bounds this packet: the path's, or the device's for a socket that probes (ip_skb_dst_mtu). @alpha */
export function ipSkbDstMtu(sk: object | null, skb: Skb): number {
  const dst = skb.dst as DstEntry;
  if (sk === null || (sk as InetSock).pmtudisc === undefined || ipSkUsePmtu(sk as InetSock)) {
    return ipDstMtuMaybeForward(dst as Rtable, (ipcbFlags(skb) & IPSKB_FORWARDED) !== 0);
  }
  return Math.min(dst.dev!.mtu, IP_MAX_MTU);
}

/** May the packets of this socket not be fragmented? (ip_dont_fragment) @alpha */
export function ipDontFragment(sk: InetSock, dst: DstEntry): boolean {
  const how = sk.pmtudisc;
  return how === IP_PMTUDISC_DO || (how === IP_PMTUDISC_WANT && (dstMetric(dst, RTAX_LOCK) & (1 << RTAX_MTU)) === 0);
}

/** The hop limit of a route: its metric, else net.ipv4.ip_default_ttl (ip4_dst_hoplimit). @alpha */
export function ip4DstHoplimit(ip: Ipv4Net, dst: DstEntry): number {
  const hops = dstMetric(dst, RTAX_HOPLIMIT);
  return hops !== 0 ? hops : ip.sysctlIpDefaultTtl;
}

/** The TTL of a socket's unicast packets: its own, else the route's (ip_select_ttl). @alpha */
export function ipSelectTtl(ip: Ipv4Net, sk: InetSock, dst: DstEntry): number {
  return sk.ucTtl >= 0 ? sk.ucTtl : ip4DstHoplimit(ip, dst);
}

/**
 * Gives the header at `networkHeader` its identification for `segs` packets: a connected socket counts for itself, an atomic
 * datagram (DF set) has 0, the rest come from {@link IpIdents} (ip_select_ident_segs, RFC 6864).
 * @alpha
 */
export function ipSelectIdentSegs(ip: Ipv4Net, skb: Skb, sk: InetSock | null, saddr: number, daddr: number, protocol: number, segs: number): void {
  const nh = skb.networkHeader;
  let id: number;
  if (sk !== null && sk.daddr !== 0) {
    id = sk.inetId;
    sk.inetId = (id + segs) & 0xffff;
  } else if ((iphFragOff(skb.view, nh) & IP_DF) !== 0 && !skb.ignoreDf) {
    id = 0;
  } else {
    id = ipIdentsReserve(ip.idents, ip.kernel.jiffies >> 2, saddr, daddr, protocol, segs);
  }
  iphSetId(skb.view, nh, id);
}
