/** TCP over IPv4: receiving, ICMP errors, connecting (tcp_ipv4.c). */
import {
  EAFNOSUPPORT,
  EINVAL,
  EHOSTUNREACH,
  ENETUNREACH,
  ENOENT,
  EPROTO,
} from '@linnet/kernel';
import { EHASH_SOCK, flowi4InitOutput,
  FLOWI_FLAG_ANYSRC, INET_NET, type InetAf, inetHashConnect, inetInVrf, inetSdif } from '@linnet/inet';
import { PACKET_HOST, pskbMayPull, type Skb } from '@linnet/skbuff';
import { SOCK_BINDADDR_LOCK } from '@linnet/socket';
import {
  AF_INET,
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  iphDaddr,
  iphSaddr,
  iphTos,
  iphTtl,
  IPPROTO_TCP,
  RTN_BROADCAST,
  RTN_MULTICAST,
  type SockAddr,
  type SockAddrIn,
  TCP_CLOSE,
  TCP_SYN_SENT,
  tcphDest,
  tcphSource,
} from '@linnet/uapi';
import { TCP_MSS_DEFAULT_SEND } from './tcp-const.ts';
import { ICMP_MEANS_ERROR, ICMP_MEANS_MTU, ICMP_MEANS_NOTHING, ICMP_MEANS_REDIRECT, tcpIcmpError } from './tcp-err.ts';
import type { TcpKernel } from './tcp-kernel.ts';
import { type TcpTimewaitSock, tcpTwskUnique } from './tcp-minisocks.ts';
import { tcpGsoLimits } from './tcp-mss.ts';
import type { TcpNet } from './tcp-net.ts';
import { tcpInRepair } from './tcp-extra.ts';
import { tcpRepairConnect } from './tcp-repair.ts';
import { tcpRcvCheck, tcpRcvTuple } from './tcp-rcv.ts';
import { tcpSecureSeq, tcpSecureTsOff } from './tcp-secure-seq.ts';
import { tcpConnect } from './tcp-send.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpSetState } from './tcp-state.ts';

/** A TCP segment from IPv4 (tcp_v4_rcv). `data` stands at the TCP header. Consumes it; returns 0. */
export function tcpV4Rcv(tn: TcpNet, tk: TcpKernel, af: InetAf, skb: Skb): number {
  if (!tcpRcvCheck(tn, af, skb)) return 0;
  const { view, networkHeader: nh } = skb;
  const t = tk.tuple;
  t.af = af;
  t.v6 = false;
  t.saddr = iphSaddr(view, nh);
  t.daddr = iphDaddr(view, nh);
  tcpRcvTuple(tn, tk, af, skb, t, iphTos(view, nh));
  return 0;
}

/**
 * The connection that a segment from IPv4 belongs to, or null: contract of `InetProtocol.earlyDemux`. Requests and TIME-WAITs do not count, they have no route
 * (tcp_v4_early_demux). The ports stand in the first four bytes, so that options of either header are of no matter here.
 */
export function tcpV4EarlyDemux(tn: TcpNet, skb: Skb): TcpSock | null {
  // In a VRF the slow way is taken.
  if (tn.earlyDemux === 0 || inetInVrf(skb) || skb.pktType !== PACKET_HOST || !pskbMayPull(skb, skb.transportHeader - skb.data + 20)) return null;
  const { view, networkHeader: nh, transportHeader: th } = skb;
  const node = tn.hashinfo.lookupEstablished(iphSaddr(view, nh), tcphSource(view, th), iphDaddr(view, nh), tcphDest(view, th), skb.skbIif);
  return node !== null && node.kind === EHASH_SOCK ? (node.owner as TcpSock) : null;
}

/** An ICMP error about a segment of ours (tcp_v4_err): see {@link tcpIcmpError}. 0, or -ENOENT when there is no such connection. */
export function tcpV4Err(tn: TcpNet, af: InetAf, skb: Skb, type: number, code: number, info: number): number {
  const view = skb.view;
  const nh = skb.networkHeader;
  const th = skb.data;
  if (skb.len - skb.dataLen < 8) return -EINVAL;
  const node = tn.hashinfo.lookupEstablished(iphDaddr(view, nh), tcphDest(view, th), iphSaddr(view, nh), tcphSource(view, th), skb.skbIif, inetSdif(af, skb));
  if (node === null) return -ENOENT;
  if (node.kind === EHASH_SOCK) {
    const { minTtl } = node.owner as TcpSock;
    if (minTtl > 0 && iphTtl(view, nh) < minTtl) return 0;
  }
  let means = ICMP_MEANS_NOTHING;
  let err = 0;
  if (type === ICMP_REDIRECT) {
    means = ICMP_MEANS_REDIRECT;
  } else if (type === ICMP_PARAMETERPROB) {
    means = ICMP_MEANS_ERROR;
    err = EPROTO;
  } else if (type === ICMP_TIME_EXCEEDED) {
    means = ICMP_MEANS_ERROR;
    err = EHOSTUNREACH;
  } else if (type === ICMP_DEST_UNREACH && code <= 15) {
    means = code === ICMP_FRAG_NEEDED ? ICMP_MEANS_MTU : ICMP_MEANS_ERROR;
    if (means === ICMP_MEANS_ERROR) err = af.icmpErrConvert(type, code) >> 1;
  }
  return tcpIcmpError(tn, af, skb, node, means, err, info);
}

/** connect(2): routes, chooses a port, sends the SYN (tcp_v4_connect). 0 when it is under way, or a negative errno. */
export function tcpV4Connect(tp: TcpSock, addr: SockAddr): number {
  if (addr.family !== AF_INET) return -EAFNOSUPPORT;
  const sin = addr as SockAddrIn;
  if (typeof sin.port !== 'number' || typeof sin.addr !== 'number') return -EINVAL;
  const tn = tp.tn;
  const net = tp.net;
  const fl = tp.fl;
  flowi4InitOutput(fl, tp.boundDevIf, tp.mark, tp.tos, 0, IPPROTO_TCP, tp.transparent ? FLOWI_FLAG_ANYSRC : 0, sin.addr, tp.saddr, sin.port, tp.sport, tp.uid);
  const dst = tp.af.routeOutput(net, fl, tp);
  if (dst === null) return fl.error !== 0 ? fl.error : -ENETUNREACH;
  const type = tp.af.dstType(dst);
  if (type === RTN_BROADCAST || type === RTN_MULTICAST) return -ENETUNREACH;
  const daddr = fl.daddr;
  if (tp.saddr === 0) {
    tp.saddr = fl.saddr;
    tp.rcvSaddr = fl.saddr;
  }
  fl.saddr = tp.saddr;
  if (tp.rxOpt.tsRecentStamp !== 0 && tp.daddr !== daddr) {
    tp.rxOpt.tsRecent = 0;
    tp.rxOpt.tsRecentStamp = 0;
    tp.writeSeq = 0;
  }
  tp.dport = sin.port;
  tp.daddr = daddr;
  tp.mssClamp = TCP_MSS_DEFAULT_SEND;
  tcpSetState(tp, TCP_SYN_SENT);
  let err = inetHashConnect(tn.hashinfo, tp, net.get(INET_NET), (sk, tw) => tcpTwskUnique(sk as TcpSock, tw as TcpTimewaitSock));
  if (err === 0) {
    fl.sport = tp.sport;
    fl.dport = tp.dport;
    tp.dst = dst;
    tcpGsoLimits(tp, dst);
    tp.inetId = tn.rng.u32() & 0xffff;
    if (tcpInRepair(tp)) {
      tcpRepairConnect(tp);
    } else {
      if (tp.writeSeq === 0) tp.writeSeq = tcpSecureSeq(tn, tp.kernel.ktime, tp.saddr, tp.daddr, tp.sport, tp.dport);
      tp.tsoffset = tcpSecureTsOff(tn, tp.saddr, tp.daddr, tp.sport, tp.dport);
      err = tcpConnect(tp);
    }
  }
  if (err === 0) return 0;
  tcpSetState(tp, TCP_CLOSE);
  if ((tp.userlocks & SOCK_BINDADDR_LOCK) === 0) {
    tp.saddr = 0;
    tp.rcvSaddr = 0;
  }
  tp.dport = 0;
  tp.dst = null;
  return err;
}
