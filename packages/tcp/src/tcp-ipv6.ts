/** TCP over IPv6: receiving, ICMPv6 errors, connecting (tcp_ipv6.c). */
import { EAFNOSUPPORT, EINVAL, ENETUNREACH, ENOENT } from '@linnet/kernel';
import { EHASH_SOCK, flowi6InitOutput, INET, INET_NET, type InetAf, inet6ResetLocal, INET_VERSION_4, INET_VERSION_6, inetHashConnect, inetInVrf, inetMapped, inetSdif, inetSockUpdateVersions } from '@linnet/inet';
import { PACKET_HOST, pskbMayPull, type Skb } from '@linnet/skbuff';
import { SOCK_BINDADDR_LOCK } from '@linnet/socket';
import {
  AF_INET,
  AF_INET6,
  ICMPV6_DEST_UNREACH,
  ICMPV6_PARAMPROB,
  ICMPV6_PKT_TOOBIG,
  ICMPV6_TIME_EXCEED,
  IN6ADDR_ANY,
  IN6ADDR_LOOPBACK,
  INADDR_LOOPBACK,
  ip6Daddr,
  ip6HopLimit,
  ip6Saddr,
  ip6TrafficClass,
  IPPROTO_TCP,
  ipv6AddrAny,
  ipv6AddrEqual,
  ipv6AddrIsLinklocal,
  ipv6AddrIsMulticast,
  ipv6AddrV4mapped,
  NDISC_REDIRECT,
  type SockAddr,
  sockaddrIn,
  type SockAddrIn6,
  TCP_CLOSE,
  TCP_SYN_SENT,
  tcphDest,
  tcphSource,
} from '@linnet/uapi';
import { TCP_MSS_DEFAULT_SEND6 } from './tcp-const.ts';
import { ICMP_MEANS_ERROR, ICMP_MEANS_MTU, ICMP_MEANS_NOTHING, ICMP_MEANS_REDIRECT, tcpIcmpError } from './tcp-err.ts';
import { tcpV4Connect } from './tcp-ipv4.ts';
import type { TcpKernel } from './tcp-kernel.ts';
import { type TcpTimewaitSock, tcpTwskUnique } from './tcp-minisocks.ts';
import { tcpGsoLimits } from './tcp-mss.ts';
import type { TcpNet } from './tcp-net.ts';
import { tcpInRepair } from './tcp-extra.ts';
import { tcpRepairConnect } from './tcp-repair.ts';
import { tcpRcvCheck, tcpRcvTuple } from './tcp-rcv.ts';
import type { TcpTuple } from './tcp-reply.ts';
import { tcpV6SecureSeq, tcpV6SecureTsOff } from './tcp-secure-seq.ts';
import { tcpConnect } from './tcp-send.ts';
import { tcpSetAf } from './tcp-af.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpSetState } from './tcp-state.ts';

/** Reads the addresses of the IPv6 header at `nh`. */
function fillAddrs(t: TcpTuple, view: DataView, nh: number): void {
  for (let i = 0; i < 4; i++) {
    t.saddr6[i] = ip6Saddr(view, nh, i);
    t.daddr6[i] = ip6Daddr(view, nh, i);
  }
}

/** A TCP segment from IPv6 (tcp_v6_rcv). `data` stands at the TCP header. Consumes it; returns 0. */
export function tcpV6Rcv(tn: TcpNet, tk: TcpKernel, af: InetAf, skb: Skb): number {
  if (!tcpRcvCheck(tn, af, skb)) return 0;
  const { view, networkHeader: nh } = skb;
  const t = tk.tuple;
  t.af = af;
  t.v6 = true;
  fillAddrs(t, view, nh);
  tcpRcvTuple(tn, tk, af, skb, t, ip6TrafficClass(view, nh));
  return 0;
}

/** The connection that a segment from IPv6 belongs to, or null: contract of `InetProtocol.earlyDemux` (tcp_v6_early_demux). */
export function tcpV6EarlyDemux(tn: TcpNet, tk: TcpKernel, skb: Skb): TcpSock | null {
  // In a VRF the slow way is taken.
  if (tn.earlyDemux === 0 || inetInVrf(skb) || skb.pktType !== PACKET_HOST || !pskbMayPull(skb, skb.transportHeader - skb.data + 20)) return null;
  const { view, networkHeader: nh, transportHeader: th } = skb;
  const t = tk.tuple;
  fillAddrs(t, view, nh);
  const node = tn.hashinfo.lookupEstablished6(t.saddr6, tcphSource(view, th), t.daddr6, tcphDest(view, th), skb.skbIif);
  return node !== null && node.kind === EHASH_SOCK ? (node.owner as TcpSock) : null;
}

/** An ICMPv6 error about a segment of ours (tcp_v6_err; RFC 4443): see {@link tcpIcmpError}. 0, or -ENOENT when there is no such connection. */
export function tcpV6Err(tn: TcpNet, tk: TcpKernel, af: InetAf, skb: Skb, type: number, code: number, info: number): number {
  if (skb.len - skb.dataLen < 8) return -EINVAL;
  const view = skb.view;
  const nh = skb.networkHeader;
  const th = skb.data;
  const t = tk.tuple;
  fillAddrs(t, view, nh);
  // The quoted packet is ours: its source is the local address.
  const node = tn.hashinfo.lookupEstablished6(t.daddr6, tcphDest(view, th), t.saddr6, tcphSource(view, th), skb.skbIif, inetSdif(af, skb));
  if (node === null) return -ENOENT;
  if (node.kind === EHASH_SOCK) {
    const min = (node.owner as TcpSock).pinet6!.minHopcount;
    if (min > 0 && ip6HopLimit(view, nh) < min) return 0;
  }
  let means = ICMP_MEANS_NOTHING;
  let err = 0;
  if (type === NDISC_REDIRECT) {
    means = ICMP_MEANS_REDIRECT;
  } else if (type === ICMPV6_PKT_TOOBIG) {
    means = ICMP_MEANS_MTU;
  } else if (type === ICMPV6_DEST_UNREACH || type === ICMPV6_TIME_EXCEED || type === ICMPV6_PARAMPROB) {
    means = ICMP_MEANS_ERROR;
    err = af.icmpErrConvert(type, code) >> 1;
  }
  return tcpIcmpError(tn, af, skb, node, means, err, info);
}

/** connect(2) of an AF_INET6 socket (tcp_v6_connect): `::` is this machine, an IPv4-mapped address goes over IPv4. 0 when it is under way, or a negative errno. */
export function tcpV6Connect(tp: TcpSock, addr: SockAddr): number {
  if (addr.family !== AF_INET6) return -EAFNOSUPPORT;
  const sin6 = addr as SockAddrIn6;
  if (typeof sin6.port !== 'number' || !(sin6.addr instanceof Int32Array)) return -EINVAL;
  const np = tp.pinet6!;
  let daddr = sin6.addr;
  if (ipv6AddrAny(daddr)) daddr = ipv6AddrV4mapped(tp.v6RcvSaddr!) ? inetMapped(INADDR_LOOPBACK) : IN6ADDR_LOOPBACK;
  if (ipv6AddrIsMulticast(daddr)) return -ENETUNREACH;
  if (ipv6AddrV4mapped(daddr)) return connectMapped(tp, daddr, sin6.port);
  if ((tp.versions & INET_VERSION_6) === 0) return -ENETUNREACH;
  let oif = tp.boundDevIf;
  if (ipv6AddrIsLinklocal(daddr)) {
    if (sin6.scopeId !== 0) {
      if (oif !== 0 && oif !== sin6.scopeId) return -EINVAL;
      oif = sin6.scopeId;
      tp.boundDevIf = oif;
    }
    // A link-local address is one of a link.
    if (oif === 0) return -EINVAL;
  } else if (oif === 0) {
    oif = np.ucastOif;
  }
  const tn = tp.tn;
  const label = np.sndflow ? sin6.flowinfo & 0xfffff : 0;
  if (tp.rxOpt.tsRecentStamp !== 0 && !ipv6AddrEqual(tp.v6Daddr!, daddr)) {
    tp.rxOpt.tsRecent = 0;
    tp.rxOpt.tsRecentStamp = 0;
    tp.writeSeq = 0;
  }
  const fl = tp.fl;
  flowi6InitOutput(fl, oif, tp.mark, np.tclass, IPPROTO_TCP, 0, tp.af.firstHop?.(tp, np.opt, daddr) ?? daddr, ipv6AddrAny(tp.v6Saddr!) ? null : tp.v6Saddr, sin6.port, tp.sport, tp.uid, label);
  const dst = tp.af.routeOutput(tp.net, fl, tp);
  fl.daddr6 = daddr;
  if (dst === null) return fl.error !== 0 ? fl.error : -ENETUNREACH;
  if (ipv6AddrAny(tp.v6Saddr!)) {
    tp.v6Saddr = fl.saddr6!;
    tp.v6RcvSaddr = fl.saddr6!;
    inetSockUpdateVersions(tp);
  }
  fl.saddr6 = tp.v6Saddr;
  np.flowLabel = label;
  tp.dport = sin6.port;
  tp.v6Daddr = daddr;
  tp.mssClamp = TCP_MSS_DEFAULT_SEND6;
  tcpSetState(tp, TCP_SYN_SENT);
  let err = inetHashConnect(tn.hashinfo, tp, tp.net.get(INET_NET), (sk, tw) => tcpTwskUnique(sk as TcpSock, tw as TcpTimewaitSock));
  if (err === 0) {
    fl.sport = tp.sport;
    fl.dport = tp.dport;
    tp.dst = dst;
    tcpGsoLimits(tp, dst);
    if (tcpInRepair(tp)) {
      tcpRepairConnect(tp);
    } else {
      if (tp.writeSeq === 0) tp.writeSeq = tcpV6SecureSeq(tn, tp.kernel.ktime, tp.v6Saddr!, daddr, tp.sport, tp.dport);
      tp.tsoffset = tcpV6SecureTsOff(tn, tp.v6Saddr!, daddr, tp.sport, tp.dport);
      err = tcpConnect(tp);
    }
  }
  if (err === 0) return 0;
  tcpSetState(tp, TCP_CLOSE);
  if ((tp.userlocks & SOCK_BINDADDR_LOCK) === 0) inet6ResetLocal(tp);
  tp.v6Daddr = IN6ADDR_ANY;
  tp.dport = 0;
  tp.dst = null;
  return err;
}

/** The peer is an IPv4 address: IPv4 does it, and the mapped forms stand beside. */
function connectMapped(tp: TcpSock, daddr: Int32Array, port: number): number {
  const af4 = tp.kernel.get(INET).af(AF_INET);
  if (tp.ipv6only || af4 === null || (tp.versions & INET_VERSION_4) === 0) return -ENETUNREACH;
  tcpSetAf(tp, af4);
  const err = tcpV4Connect(tp, sockaddrIn(daddr[3]!, port));
  if (err !== 0) {
    tcpSetAf(tp, tp.homeAf);
    return err;
  }
  tp.v6Daddr = daddr;
  tp.v6Saddr = inetMapped(tp.saddr);
  tp.v6RcvSaddr = inetMapped(tp.rcvSaddr);
  inetSockUpdateVersions(tp);
  return 0;
}
