/** Receiving datagrams: finding the socket, one or many, and queueing (udp_rcv). */
import { csumFold, EHOSTUNREACH, EMSGSIZE, ENOENT, ENOMEM, EPROTO } from '@linnet/kernel';
import { SKB_GSO_UDP_L4, consumeSkb, DROP, kfreeSkbReason, PACKET_HOST, pskbMayPull, pskbTrim, skbChecksum, skbChecksumValid, skbClone, skbPullUnchecked, type Skb, } from '@linnet/skbuff';
import { NETIF_F_HW_CSUM, NETIF_F_SG, skbDst, type NetDevice } from '@linnet/netdev';
import { reuseportChoose, type ReuseportGroup, skFilterTrimCap, sockQueueFiltered } from '@linnet/socket';
import {
  AF_INET6, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, ICMP_TIME_EXCEEDED, ICMPV6_PKT_TOOBIG, in6Load, iphDaddr, iphSaddr,
  IP_PMTUDISC_DONT, IPPROTO_UDP, IPPROTO_UDPLITE, ipv6AddrEqual, ipv6AddrIsMulticast, IPV6_PMTUDISC_DO, IPV6_PMTUDISC_DONT, NDISC_REDIRECT,
  RTN_BROADCAST, RTN_MULTICAST, TCP_ESTABLISHED, UDPHDR_LEN, udphCheck, udphDest, udphLen, udphSource,
} from '@linnet/uapi';
import { INET_VERSION_6, type InetAf, inetInVrf, inetRecverr, inetSdif } from '@linnet/inet';
import type { UdpMib } from './udp-mib.ts';
import type { UdpNet } from './udp-net.ts';
import { udpGsoSegment } from './udp-offload.ts';
import { udp4LibLookup, udp6LibLookup, udpPlaces4, udpPlaces6, udpScore4, udpScore6 } from './udp-lookup.ts';
import type { UdpSock } from './udp-sock.ts';

/** Whom the program of a SO_REUSEPORT group chooses for a datagram, whose header is at `data`; `sk` when it chooses nobody. */
function chosen(sk: UdpSock, group: ReuseportGroup, skb: Skb): UdpSock {
  return (reuseportChoose(group, skb, UDPHDR_LEN) as UdpSock | null) ?? sk;
}

/** Reads the addresses of the IPv6 header at `nh` into the namespace's scratch. */
function readAddrs6(u: UdpNet, view: DataView, nh: number): void {
  in6Load(u.saddr6, view, nh + 8);
  in6Load(u.daddr6, view, nh + 24);
}

/** {@link udpV4EarlyDemux} for IPv6 (udp_v6_early_demux). @alpha */
export function udpV6EarlyDemux(u: UdpNet, skb: Skb): UdpSock | null {
  // In a VRF the slow way is taken.
  if (u.earlyDemux === 0 || inetInVrf(skb) || skb.pktType !== PACKET_HOST || !pskbMayPull(skb, skb.transportHeader - skb.data + UDPHDR_LEN)) return null;
  const { view, networkHeader: nh, transportHeader: th } = skb;
  const sport = udphSource(view, th);
  const dport = udphDest(view, th);
  const dif = skb.dev!.ifindex;
  readAddrs6(u, view, nh);
  const p = udpPlaces6(u, u.saddr6, sport, u.daddr6, dport);
  for (let n = p.heads[0]; n !== null; n = n.next) {
    const { sk } = n;
    if (sk.num !== dport || sk.dport !== sport || sk.state !== TCP_ESTABLISHED || (sk.versions & INET_VERSION_6) === 0) continue;
    if (!ipv6AddrEqual(sk.v6Daddr!, u.saddr6) || !ipv6AddrEqual(sk.v6RcvSaddr!, u.daddr6)) continue;
    if (sk.boundDevIf === 0 || sk.boundDevIf === dif) return sk;
  }
  return null;
}

/**
 * The connected socket of a datagram, or null: contract of `InetProtocol.earlyDemux`. Groups and broadcasts may have several listeners, and are left to
 * {@link udpRcv} (udp_v4_early_demux).
 * @alpha
 */
export function udpV4EarlyDemux(u: UdpNet, skb: Skb): UdpSock | null {
  // In a VRF the slow way is taken.
  if (u.earlyDemux === 0 || inetInVrf(skb) || skb.pktType !== PACKET_HOST || !pskbMayPull(skb, skb.transportHeader - skb.data + UDPHDR_LEN)) return null;
  const { view, networkHeader: nh, transportHeader: th } = skb;
  const saddr = iphSaddr(view, nh);
  const daddr = iphDaddr(view, nh);
  const sport = udphSource(view, th);
  const dport = udphDest(view, th);
  const dif = skb.dev!.ifindex;
  const p = udpPlaces4(u, saddr, sport, daddr, dport);
  for (let n = p.heads[0]; n !== null; n = n.next) {
    const { sk } = n;
    if (sk.num !== dport || sk.dport !== sport || sk.daddr !== saddr || sk.rcvSaddr !== daddr || sk.state !== TCP_ESTABLISHED) continue;
    if (sk.boundDevIf === 0 || sk.boundDevIf === dif) return sk;
  }
  return null;
}

/** A wrong datagram: counted, and gone. */
function refuse(mib: UdpMib, skb: Skb, reason: number): false {
  mib.InErrors++;
  kfreeSkbReason(skb, reason);
  return false;
}
function badSum(mib: UdpMib, skb: Skb): false {
  mib.InCsumErrors++;
  return refuse(mib, skb, DROP.UDP_CSUM);
}

/**
 * Are length and checksum right? The packet is cut to its datagram; a wrong one is counted and gone. A checksum of zero says that there is none (RFC 768): over IPv6 only
 * who asked for it takes such a datagram (RFC 6935), which is seen later.
 */
function rightUdp(mib: UdpMib, af: InetAf, skb: Skb): boolean {
  let ulen = udphLen(skb.view, skb.data);
  // A jumbogram (RFC 2675 section 4).
  if (ulen === 0 && af.family === AF_INET6) ulen = skb.len;
  if (ulen > skb.len || ulen < UDPHDR_LEN) return refuse(mib, skb, DROP.PKT_TOO_SMALL);
  if (ulen < skb.len) pskbTrim(skb, ulen);
  return udphCheck(skb.view, skb.data) === 0 || skbChecksumValid(skb, af.skbPseudoSum(skb, ulen, IPPROTO_UDP)) || badSum(mib, skb);
}

/** The same of UDP-Lite, where the length says how much the checksum covers, 0 for all, and there must be one (RFC 3828 section 3.1). */
function rightUdplite(mib: UdpMib, af: InetAf, skb: Skb): boolean {
  const covered = udphLen(skb.view, skb.data) || skb.len;
  if (covered < UDPHDR_LEN || covered > skb.len) return badSum(mib, skb);
  if (udphCheck(skb.view, skb.data) === 0) return refuse(mib, skb, DROP.UDP_CSUM);
  const pseudo = af.skbPseudoSum(skb, skb.len, IPPROTO_UDPLITE);
  return (covered === skb.len ? skbChecksumValid(skb, pseudo) : csumFold(skbChecksum(skb, 0, covered, pseudo)) === 0) || badSum(mib, skb);
}

/** Takes a UDP packet: data at the UDP header. Consumes it; 0 (__udp4_lib_rcv). @alpha */
export function udpRcv(u: UdpNet, af: InetAf, skb: Skb): number {
  const six = af.family === AF_INET6;
  const mib = six ? u.mib6 : u.mib;
  if (!pskbMayPull(skb, UDPHDR_LEN)) {
    refuse(mib, skb, DROP.PKT_TOO_SMALL);
    return 0;
  }
  if (!(u.lite ? rightUdplite(mib, af, skb) : rightUdp(mib, af, skb))) return 0;
  // Found before the route was; a hook may have held the packet while its socket closed.
  const early = skb.sk as UdpSock | null;
  skb.sk = null;
  const { view } = skb;
  const sport = udphSource(view, skb.data);
  const dport = udphDest(view, skb.data);
  if (six) return rcv6(u, af, skb, early !== null && early.hashed ? early : null, sport, dport);
  if (early !== null && early.hashed) {
    queueRcv(u, af, early, skb);
    return 0;
  }
  const saddr = iphSaddr(view, skb.networkHeader);
  const daddr = iphDaddr(view, skb.networkHeader);
  const dif = skb.dev!.ifindex;
  const dst = skbDst(skb);
  const type = dst === null ? 0 : af.dstType(dst);
  if (type === RTN_BROADCAST || type === RTN_MULTICAST) {
    deliverMany(u, af, skb, saddr, sport, daddr, dport, dif);
    return 0;
  }
  let sk = udp4LibLookup(u, saddr, sport, daddr, dport, dif, inetSdif(af, skb));
  if (sk !== null && sk.reuseGroup !== null && sk.state !== TCP_ESTABLISHED) sk = chosen(sk, sk.reuseGroup, skb);
  if (sk === null) {
    mib.NoPorts++;
    af.icmpPortUnreach(skb);
    kfreeSkbReason(skb, DROP.NO_SOCKET);
    return 0;
  }
  queueRcv(u, af, sk, skb);
  return 0;
}

/** Does the checksum of a datagram of UDP-Lite cover what its receiver wants? */
function coversEnough(sk: UdpSock, skb: Skb): boolean {
  if (sk.recvCscov < 0) return true;
  const covered = udphLen(skb.view, skb.data);
  return covered === 0 || covered === skb.len || (sk.recvCscov !== 0 && covered >= sk.recvCscov);
}

/** The rest for IPv6 (__udp6_lib_rcv). `early` was found before the route was. */
function rcv6(u: UdpNet, af: InetAf, skb: Skb, early: UdpSock | null, sport: number, dport: number): number {
  const dif = skb.dev!.ifindex;
  const unsummed = udphCheck(skb.view, skb.data) === 0;
  const { saddr6, daddr6 } = u;
  let sk = early;
  if (sk === null) {
    readAddrs6(u, skb.view, skb.networkHeader);
    if (ipv6AddrIsMulticast(daddr6)) {
      deliverMany6(u, af, skb, sport, dport, dif, unsummed);
      return 0;
    }
    sk = udp6LibLookup(u, saddr6, sport, daddr6, dport, dif, inetSdif(af, skb));
    if (sk !== null && sk.reuseGroup !== null && sk.state !== TCP_ESTABLISHED) sk = chosen(sk, sk.reuseGroup, skb);
  }
  if (unsummed && (sk === null || !sk.noCheck6Rx)) {
    badSum(u.mib6, skb);
    return 0;
  }
  if (sk === null) {
    u.mib6.NoPorts++;
    af.icmpPortUnreach(skb);
    kfreeSkbReason(skb, DROP.NO_SOCKET);
    return 0;
  }
  queueRcv(u, af, sk, skb);
  return 0;
}

/** {@link deliverMany} for IPv6 (__udp6_lib_mcast_deliver). */
function deliverMany6(u: UdpNet, af: InetAf, skb: Skb, sport: number, dport: number, dif: number, unsummed: boolean): void {
  const sdif = inetSdif(af, skb);
  const { saddr6, daddr6 } = u;
  let first: UdpSock | null = null;
  const p = udpPlaces6(u, saddr6, sport, daddr6, dport);
  for (let i = 0; i < p.count; i++) {
    for (let n = p.heads[i]!; n !== null; n = n.next!) {
      const { sk } = n;
      if (n.hash !== p.hashes[i] || (unsummed && !sk.noCheck6Rx)) continue;
      if (udpScore6(sk, saddr6, sport, daddr6, dport, dif, sdif, u.l3mdevAccept) < 0 || !af.mcAllow6!(sk, daddr6, saddr6, dif)) continue;
      if (first === null) first = sk;
      else queueRcv(u, af, sk, skbClone(skb));
    }
  }
  if (first !== null) {
    queueRcv(u, af, first, skb);
    return;
  }
  u.mib6.IgnoredMulti++;
  consumeSkb(skb);
}

/** To every socket that wants it: each but the first gets a clone (__udp4_lib_mcast_deliver). */
function deliverMany(u: UdpNet, af: InetAf, skb: Skb, saddr: number, sport: number, daddr: number, dport: number, dif: number): void {
  const sdif = inetSdif(af, skb);
  let first: UdpSock | null = null;
  const p = udpPlaces4(u, saddr, sport, daddr, dport);
  for (let i = 0; i < p.count; i++) {
    for (let n = p.heads[i]!; n !== null; n = n.next!) {
      const { sk } = n;
      if (n.hash !== p.hashes[i] || udpScore4(sk, saddr, sport, daddr, dport, dif, sdif, u.l3mdevAccept) < 0 || !af.mcAllow(sk, daddr, saddr, dif, sdif)) continue;
      if (first === null) first = sk;
      else queueRcv(u, af, sk, skbClone(skb));
    }
  }
  if (first !== null) {
    queueRcv(u, af, first, skb);
    return;
  }
  u.mib.IgnoredMulti++;
  consumeSkb(skb);
}

/** Queues what stands at data, a datagram or a super-datagram, each of whose datagrams the socket must see (udp_queue_rcv_skb). Consumes it. */
function queueRcv(u: UdpNet, af: InetAf, sk: UdpSock, skb: Skb): void {
  const mib = af.family === AF_INET6 ? u.mib6 : u.mib;
  if (skb.gsoSize === 0 || skb.len - UDPHDR_LEN <= skb.gsoSize || (sk.gro && (skb.gsoType & SKB_GSO_UDP_L4) !== 0)) {
    queueOne(mib, sk, skb);
    return;
  }
  // The checksum of the whole was verified: those of the parts need not be made.
  const segs = udpGsoSegment(af, skb, NETIF_F_SG | NETIF_F_HW_CSUM);
  if (segs === null || typeof segs === 'number') {
    mib.InErrors++;
    kfreeSkbReason(skb, DROP.SKB_GSO_SEG);
    return;
  }
  consumeSkb(skb);
  for (let s: Skb | null = segs; s !== null; ) {
    const next: Skb | null = s.next;
    s.next = null;
    skbPullUnchecked(s, s.transportHeader - s.data);
    queueOne(mib, sk, s);
    s = next;
  }
}

/** Queues a datagram with data at its UDP header; consumes it. The header stays readable at `transportHeader`. */
function queueOne(mib: UdpMib, sk: UdpSock, skb: Skb): void {
  skb.transportHeader = skb.data;
  if (sk.udp.lite && !coversEnough(sk, skb)) {
    mib.InErrors++;
    sk.drops++;
    kfreeSkbReason(skb, DROP.UDP_CSUM);
    return;
  }
  if (sk.encapRcv !== null && sk.encapRcv(sk, skb) === 0) {
    mib.InDatagrams++;
    return;
  }
  // A filter sees the UDP header, and cannot cut into it.
  if (sk.filter !== null && skFilterTrimCap(sk, skb, UDPHDR_LEN) !== 0) {
    mib.InErrors++;
    sk.drops++;
    kfreeSkbReason(skb, DROP.SOCKET_FILTER);
    return;
  }
  skbPullUnchecked(skb, UDPHDR_LEN);
  skb.skbIif = (skb.dev as NetDevice).ifindex;
  const err = sockQueueFiltered(sk, skb);
  if (err === 0) {
    mib.InDatagrams++;
    return;
  }
  mib.InErrors++;
  if (err === -ENOMEM) mib.RcvbufErrors++;
  else mib.MemErrors++;
}

/** An ICMP error quotes a datagram of ours (udp_err). Does not consume. 0, or -ENOENT when no socket sent it. @alpha */
export function udpErr(u: UdpNet, af: InetAf, skb: Skb, type: number, code: number, info: number): number {
  const { view } = skb;
  const sk = udp4LibLookup(
    u, iphDaddr(view, skb.networkHeader), udphDest(view, skb.data), iphSaddr(view, skb.networkHeader), udphSource(view, skb.data), skb.dev!.ifindex,
  );
  if (sk === null) return -ENOENT;
  let err = 0;
  let harderr = false;
  switch (type) {
    case ICMP_TIME_EXCEEDED:
      err = EHOSTUNREACH;
      break;
    case ICMP_SOURCE_QUENCH:
    case ICMP_REDIRECT:
      return 0;
    case ICMP_PARAMETERPROB:
      err = EPROTO;
      harderr = true;
      break;
    case ICMP_DEST_UNREACH: {
      if (code === ICMP_FRAG_NEEDED) {
        if (sk.pmtudisc === IP_PMTUDISC_DONT) return 0;
        err = EMSGSIZE;
        harderr = true;
        break;
      }
      const conv = af.icmpErrConvert(type, code);
      err = conv >> 1;
      harderr = (conv & 1) !== 0;
      break;
    }
    default:
      err = EHOSTUNREACH;
  }
  return tellError(af, sk, skb, err, harderr, info);
}

/** RFC 1122 4.1.3.3: errors reach the application; without IP_RECVERR only a connected socket hears of hard ones. */
function tellError(af: InetAf, sk: UdpSock, skb: Skb, err: number, harderr: boolean, info: number): number {
  if (!inetRecverr(sk)) {
    if (!harderr || sk.state !== TCP_ESTABLISHED) return 0;
  } else {
    af.icmpError(sk, skb, err, udphDest(skb.view, skb.data), info, UDPHDR_LEN);
  }
  sk.err = err;
  sk.errorReport(sk);
  return 0;
}

/** An ICMPv6 error quotes a datagram of ours (udpv6_err; RFC 4443). Does not consume. 0, or -ENOENT when no socket sent it. @alpha */
export function udpV6Err(u: UdpNet, af: InetAf, skb: Skb, type: number, code: number, info: number): number {
  const { view } = skb;
  // The quoted packet is ours: its source is the local address. The socket sent to the end of a source route, not to its next address.
  in6Load(u.saddr6, view, skb.networkHeader + 8);
  in6Load(u.daddr6, view, af.finalDst6!(skb));
  const sk = udp6LibLookup(u, u.daddr6, udphDest(view, skb.data), u.saddr6, udphSource(view, skb.data), skb.dev!.ifindex);
  if (sk === null) return -ENOENT;
  if (type === NDISC_REDIRECT) return 0;
  const conv = af.icmpErrConvert(type, code);
  let err = conv >> 1;
  let harderr = (conv & 1) !== 0;
  if (type === ICMPV6_PKT_TOOBIG) {
    if (sk.pinet6!.pmtudisc === IPV6_PMTUDISC_DONT) return 0;
    err = EMSGSIZE;
    harderr = sk.pinet6!.pmtudisc === IPV6_PMTUDISC_DO;
  }
  return tellError(af, sk, skb, err, harderr, info);
}
