/**
 * What input, output and ICMP share about the IPv4 header: its checksum, its identification, the choice of TTL, DF and MTU.
 */
import { ipFastCsum, jhash3words } from '@linnet/kernel';
import type { Net, RngStream } from '@linnet/kernel';
import {
  IP_DF, IP_MAX_MTU, IP_PMTUDISC_DO, IP_PMTUDISC_PROBE, IP_PMTUDISC_WANT, RTAX_HOPLIMIT, RTAX_LOCK, RTAX_MTU, iphFragOff, iphIhl, iphSetCheck, iphSetId, iphSetTotLen,
} from '@linnet/uapi';
import type { Skb } from '@linnet/skbuff';
import { dstMetric } from '@linnet/netdev';
import type { DstEntry } from '@linnet/netdev';
import type { Sock } from '@linnet/socket';
import type { InetSock } from '@linnet/inet';
import { IPSKB_FORWARDED, ipcbFlags } from './ip-cb.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipDstMtuMaybeForward } from './route.ts';
import type { Rtable } from './route.ts';

/** Makes the header checksum anew (ip_send_check). The head must be writable. @alpha */
export function ipSendCheck(skb: Skb): void {
  const nh = skb.networkHeader;
  const view = skb.view;
  iphSetCheck(view, nh, 0);
  iphSetCheck(view, nh, ipFastCsum(skb.u8, nh, iphIhl(view, nh)));
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
export function ipSkbDstMtu(sk: Sock | null, skb: Skb): number {
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

const IDENTS = 2048;

/**
 * Identifications for packets that no connected socket sends (RFC 791, RFC 6864, RFC 7739 5.3): counters by a keyed hash of
 * (destination, source, protocol), moved on by a random amount for the time that passed, so that nobody can count our packets.
 * @alpha
 */
export class IpIdents {
  readonly ids: Uint16Array;
  readonly stamps: Int32Array;
  readonly key: number;
  readonly rng: RngStream;

  constructor(rng: RngStream) {
    this.ids = new Uint16Array(IDENTS);
    this.stamps = new Int32Array(IDENTS);
    this.key = rng.u32() | 0;
    this.rng = rng;
    for (let i = 0; i < IDENTS; i++) this.ids[i] = rng.u32();
  }
}

/** Takes `segs` identifications for a flow and returns the first (ip_idents_reserve). @alpha */
export function ipIdentsReserve(net: Net, idents: IpIdents, saddr: number, daddr: number, protocol: number, segs: number): number {
  const slot = jhash3words(daddr, saddr, protocol, idents.key) & (IDENTS - 1);
  const now = net.kernel.jiffies;
  const passed = (now - idents.stamps[slot]!) | 0;
  idents.stamps[slot] = now;
  const step = passed > 0 ? idents.rng.below(passed) : 0;
  const id = (idents.ids[slot]! + step) & 0xffff;
  idents.ids[slot] = id + segs;
  return id;
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
    id = ipIdentsReserve(ip.net, ip.idents, saddr, daddr, protocol, segs);
  }
  iphSetId(skb.view, nh, id);
}
