/** Sending datagrams (udp_sendmsg). */
import {
  csumFold, EACCES, EAFNOSUPPORT, EAGAIN, EDESTADDRREQ, EINVAL, EIO, EMSGSIZE, ENETUNREACH, ENOBUFS, EOPNOTSUPP, EPIPE,
} from '@linnet/kernel';
import { flowi4InitOutput, flowi6InitOutput, FLOWI_FLAG_ANYSRC, type Flowi, flowiCopy, INET, type InetAf, inetMapped } from '@linnet/inet';
import { dstMtu, type DstEntry } from '@linnet/netdev';
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, DROP, kfreeSkbReason, SKB_GSO_UDP_L4, skbChecksum, type Skb } from '@linnet/skbuff';
import { SEND_SHUTDOWN, skDstCheck, SOCK_BROADCAST, SOCK_LOCALROUTE, sockError, sockFlag, sockTxStamp, type MsgHdr } from '@linnet/socket';
import {
  AF_INET, AF_INET6, AF_UNSPEC, IN6ADDR_LOOPBACK, INADDR_LOOPBACK, ipv4IsMulticast, ipv6AddrAny, ipv6AddrEqual, ipv6AddrIsLinklocal, ipv6AddrIsMulticast, ipv6AddrV4mapped, MSG_CONFIRM, MSG_DONTROUTE, MSG_MORE, MSG_OOB, MSG_PROBE, RTN_BROADCAST, RT_SCOPE_LINK, SOL_UDP, UDP_MAX_SEGMENTS, UDP_SEGMENT,
  sockaddrIn, udphSetCheck, udphSetDest, udphSetLen, udphSetSource, type SockAddrIn, type SockAddrIn6,
} from '@linnet/uapi';
import { udpLeaveChecksum } from './udp-offload.ts';
import type { UdpSock } from './udp-sock.ts';

const UDP_HLEN = 8;
const TCP_ESTABLISHED = 1;

/**
 * Sends one datagram of `len` bytes, or adds to the one held back (udp_sendmsg). `len`, or EMSGSIZE, EDESTADDRREQ, EAFNOSUPPORT, EINVAL, EACCES, EPIPE,
 * EAGAIN when the send buffer is full, or why there is no route.
 * @alpha
 */
export function udpSendmsg(sk: UdpSock, msg: MsgHdr, len: number): number {
  return sendmsg4(sk, sk.af, msg.name as SockAddrIn | null, msg, len);
}

/** Over IPv4, to `name`, or to the peer when null: for AF_INET sockets, and for AF_INET6 ones whose peer has an IPv4-mapped address. */
function sendmsg4(sk: UdpSock, af: InetAf, name: SockAddrIn | null, msg: MsgHdr, len: number): number {
  if (len > 0xffff) return -EMSGSIZE;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  const pendingErr = sockError(sk);
  if (pendingErr !== 0) return pendingErr;
  const corkreq = sk.corkOn || (msg.flags & MSG_MORE) !== 0;
  if (sk.pending) return append(sk, msg, len, 0, corkreq, sk.cork!.dst as DstEntry);

  let daddr = sk.daddr;
  let dport = sk.dport;
  let connected = false;
  if (name !== null) {
    if (name.family !== AF_INET && name.family !== AF_UNSPEC) return -EAFNOSUPPORT;
    daddr = name.addr;
    dport = name.port;
    if (dport === 0) return -EINVAL;
  } else {
    if (sk.state !== TCP_ESTABLISHED) return -EDESTADDRREQ;
    connected = true;
  }

  const ipc = sk.ipc;
  ipc.oif = sk.boundDevIf;
  ipc.addr = sk.saddr;
  ipc.mark = sk.mark;
  ipc.priority = sk.priority;
  ipc.ttl = -1;
  ipc.tos = -1;
  ipc.gsoSize = sk.gsoSegSize;
  ipc.opt = sk.inetOpt;
  if (msg.control.length > 0) {
    for (const c of msg.control) if (c.level === SOL_UDP && c.type === UDP_SEGMENT && c.data.length >= 2) ipc.gsoSize = c.data[0]! | (c.data[1]! << 8);
    const err = af.cmsgSend(sk, msg, ipc);
    if (err < 0) return err;
    connected = false;
  }
  const tos = ipc.tos >= 0 ? ipc.tos : sk.tos;
  let scope = sockFlag(sk, SOCK_LOCALROUTE) || (msg.flags & MSG_DONTROUTE) !== 0 ? RT_SCOPE_LINK : 0;
  // With a source route the way is that to its first hop; a strict one begins on this link.
  let first = daddr;
  if (ipc.opt !== null) {
    const way = af.sourceRoute!(ipc.opt);
    if (way.srr !== 0) {
      if (daddr === 0) return -EINVAL;
      first = way.faddr;
      if (way.isStrictroute) scope = RT_SCOPE_LINK;
      connected = false;
    }
  }
  if (scope !== 0) connected = false;
  if (ipv4IsMulticast(daddr)) {
    if (ipc.oif === 0) ipc.oif = sk.mcIndex;
    if (ipc.addr === 0) ipc.addr = sk.mcAddr;
    connected = false;
  } else if (ipc.oif === 0) {
    ipc.oif = sk.ucIndex;
  }

  const fl = sk.fl;
  let dst: DstEntry | null = connected ? skDstCheck(sk) : null;
  if (dst === null) {
    flowi4InitOutput(
      fl, ipc.oif, ipc.mark, tos, scope, sk.protocol, sk.transparent || sk.hdrincl ? FLOWI_FLAG_ANYSRC : 0, first, ipc.addr, dport, sk.num, sk.uid,
    );
    dst = af.routeOutput(sk.net, fl, sk);
    if (dst === null) {
      if (fl.error === -ENETUNREACH) af.countNoRoute?.(sk.net);
      return fl.error;
    }
    if (first !== daddr) fl.daddr = daddr;
    if (af.dstType(dst) === RTN_BROADCAST && !sockFlag(sk, SOCK_BROADCAST)) return -EACCES;
    if (connected) sk.dst = dst;
  } else {
    fl.daddr = daddr;
    fl.saddr = sk.saddr;
    fl.dport = dport;
    fl.sport = sk.num;
  }
  if ((msg.flags & MSG_CONFIRM) !== 0) af.confirmNeigh(dst, fl.daddr, fl.daddr6);
  if ((msg.flags & MSG_PROBE) !== 0) return len;
  return sendFlow(sk, af, fl, dst, msg, len, corkreq);
}

/**
 * {@link udpSendmsg} of an AF_INET6 socket (udpv6_sendmsg; RFC 3493, RFC 3542): IPv4-mapped addresses and those of AF_INET go over IPv4 unless IPV6_V6ONLY (then ENETUNREACH).
 * Else as there.
 * @alpha
 */
export function udpV6Sendmsg(sk: UdpSock, msg: MsgHdr, len: number): number {
  const np = sk.pinet6!;
  const name = msg.name;
  let daddr = sk.v6Daddr!;
  let dport = sk.dport;
  let scope = 0;
  let label = np.flowLabel;
  let connected = false;
  if (name === null || name.family === AF_UNSPEC) {
    if (sk.pending ? sk.pendingAf.family !== AF_INET6 : sk.state === TCP_ESTABLISHED && sk.af !== sk.homeAf) return sendmsg4(sk, sk.pending ? sk.pendingAf : sk.af, null, msg, len);
    if (sk.state !== TCP_ESTABLISHED && !sk.pending) return -EDESTADDRREQ;
    connected = true;
    scope = sk.boundDevIf;
  } else if (name.family === AF_INET) {
    return sendMapped(sk, name as SockAddrIn, msg, len);
  } else if (name.family === AF_INET6) {
    const sin6 = name as SockAddrIn6;
    if (sin6.port === 0) return -EINVAL;
    daddr = ipv6AddrAny(sin6.addr) ? (ipv6AddrV4mapped(sk.v6RcvSaddr!) ? inetMapped(INADDR_LOOPBACK) : IN6ADDR_LOOPBACK) : sin6.addr;
    if (ipv6AddrV4mapped(daddr)) return sendMapped(sk, sockaddrIn(daddr[3]!, sin6.port), msg, len);
    dport = sin6.port;
    label = np.sndflow ? sin6.flowinfo & 0xfffff : 0;
    // The address of a connected socket may be given again (ping does): it is the same peer.
    if (sk.state === TCP_ESTABLISHED && ipv6AddrEqual(daddr, sk.v6Daddr!)) daddr = sk.v6Daddr!;
    if (sin6.scopeId !== 0 && needsScope(daddr)) scope = sin6.scopeId;
  } else {
    return -EINVAL;
  }
  if (len > 0x7fffffff) return -EMSGSIZE;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  const pendingErr = sockError(sk);
  if (pendingErr !== 0) return pendingErr;
  const corkreq = sk.corkOn || (msg.flags & MSG_MORE) !== 0;
  if (sk.pending) return append(sk, msg, len, 0, corkreq, sk.cork!.dst as DstEntry);
  // What no datagram can hold is refused where the path is known: IPV6_RECVERR tells of its MTU, which tracepath asks for in this way.

  const af = sk.homeAf;
  const ipc = sk.ipc;
  af.ipcInit!(sk, ipc);
  if (scope !== 0) ipc.oif = scope;
  ipc.gsoSize = sk.gsoSegSize;
  if (label !== 0) {
    const bad = af.checkFlowlabel!(sk, label);
    if (bad !== 0) return bad;
  }
  if (msg.control.length > 0) {
    for (const c of msg.control) if (c.level === SOL_UDP && c.type === UDP_SEGMENT && c.data.length >= 2) ipc.gsoSize = c.data[0]! | (c.data[1]! << 8);
    const err = af.cmsgSend(sk, msg, ipc);
    if (err < 0) return err;
    if ((ipc.flowinfo & 0xfffff) !== 0) label = ipc.flowinfo & 0xfffff;
    connected = false;
  }
  if (ipv6AddrIsMulticast(daddr)) {
    if (ipc.oif === 0) ipc.oif = np.mcastOif;
    connected = false;
  } else if (ipc.oif === 0) {
    ipc.oif = np.ucastOif;
  }
  const fl = sk.fl;
  const saddr = ipc.addr6 ?? (ipv6AddrAny(sk.v6Saddr!) ? null : sk.v6Saddr);
  let dst: DstEntry | null = connected ? skDstCheck(sk) : null;
  if (dst === null) {
    const flags = sk.transparent ? FLOWI_FLAG_ANYSRC : 0;
    flowi6InitOutput(fl, ipc.oif, ipc.mark, ipc.tos >= 0 ? ipc.tos : np.tclass, sk.protocol, flags, af.firstHop!(sk, ipc.opt, daddr), saddr, dport, sk.num, sk.uid, label);
    dst = af.routeOutput(sk.net, fl, sk);
    fl.daddr6 = daddr;
    if (dst === null) return fl.error;
    if (connected) sk.dst = dst;
  } else {
    fl.daddr6 = daddr;
    fl.saddr6 = sk.v6Saddr;
    fl.dport = dport;
    fl.sport = sk.num;
    fl.flowlabel = label;
  }
  if ((msg.flags & MSG_CONFIRM) !== 0) af.confirmNeigh(dst, 0, fl.daddr6);
  if ((msg.flags & MSG_PROBE) !== 0) return len;
  return sendFlow(sk, af, fl, dst, msg, len, corkreq);
}

/** Is it an address that means nothing without its link? (__ipv6_addr_needs_scope_id) */
function needsScope(a: Int32Array): boolean {
  return ipv6AddrIsLinklocal(a) || (ipv6AddrIsMulticast(a) && ((a[0]! >>> 16) & 15) <= 2);
}

/** To an IPv4 address from an AF_INET6 socket. */
function sendMapped(sk: UdpSock, name: SockAddrIn, msg: MsgHdr, len: number): number {
  const af4 = sk.kernel.get(INET).af(AF_INET);
  return sk.ipv6only || af4 === null ? -ENETUNREACH : sendmsg4(sk, af4, name, msg, len);
}

/** Counts a message of which only a part found room. Returns `err`. */
function noteNoRoom(sk: UdpSock, af: InetAf, err: number): number {
  if (err === -ENOBUFS) (af.family === AF_INET6 ? sk.udp.mib6 : sk.udp.mib).SndbufErrors++;
  return err;
}

/** Sends a message over a known route, or begins to hold it back. */
function sendFlow(sk: UdpSock, af: InetAf, fl: Flowi, dst: DstEntry, msg: MsgHdr, len: number, corkreq: boolean): number {
  const { ipc } = sk;
  if (sk.wmemAlloc >= sk.sndbuf) {
    (af.family === AF_INET6 ? sk.udp.mib6 : sk.udp.mib).SndbufErrors++;
    return -EAGAIN;
  }

  if (!corkreq) {
    const skb = af.makeSkb(sk, fl, msg, len + UDP_HLEN, UDP_HLEN, ipc, dst, msg.flags);
    if (skb === null) return noteNoRoom(sk, af, fl.error);
    const err = udpSendSkb(sk, af, skb, fl, ipc.gsoSize);
    return err < 0 ? err : len;
  }
  const cork = sk.cork!;
  flowiCopy(cork.fl, fl);
  cork.dst = dst;
  sk.pending = true;
  sk.pendingAf = af;
  return append(sk, msg, len, UDP_HLEN, corkreq, dst);
}

/** Adds to the datagram that is held back, `hlen` bytes of header first, and sends it unless it is to be held longer; on an error nothing is left of it. */
function append(sk: UdpSock, msg: MsgHdr, len: number, hlen: number, corkreq: boolean, dst: DstEntry): number {
  const flags = corkreq ? msg.flags | MSG_MORE : msg.flags;
  const err = sk.pendingAf.appendData(sk, sk.cork!.fl, msg, hlen + len, hlen, sk.ipc, dst, flags);
  if (err < 0) {
    const af = sk.pendingAf;
    udpFlushPendingFrames(sk);
    return noteNoRoom(sk, af, err);
  }
  if (!corkreq) {
    const sent = udpPushPendingFrames(sk);
    if (sent < 0) return sent;
  }
  return len;
}

/** Throws away what is held back (udp_flush_pending_frames). @alpha */
export function udpFlushPendingFrames(sk: UdpSock): void {
  if (!sk.pending) return;
  sk.pending = false;
  sk.cork!.dst = null;
  sk.pendingAf.flushPendingFrames(sk);
}

/** Sends what is held back (udp_push_pending_frames). 0 or a negative errno. @alpha */
export function udpPushPendingFrames(sk: UdpSock): number {
  const cork = sk.cork!;
  const skb = sk.pendingAf.finishSkb(sk, cork.fl, cork);
  sk.pending = false;
  cork.dst = null;
  return skb === null ? 0 : udpSendSkb(sk, sk.pendingAf, skb, cork.fl, cork.gsoSize);
}

/** Writes the UDP header of a datagram that the family has built and sends it (udp_send_skb). Consumes. */
function udpSendSkb(sk: UdpSock, af: InetAf, skb: Skb, fl: Flowi, gsoSize: number): number {
  const six = af.family === AF_INET6;
  const mib = six ? sk.udp.mib6 : sk.udp.mib;
  const at = skb.transportHeader;
  const len = skb.len - (at - skb.data);
  const { view } = skb;
  udphSetSource(view, at, sk.num);
  udphSetDest(view, at, fl.dport);
  udphSetLen(view, at, len);
  udphSetCheck(view, at, 0);
  const payload = len - UDP_HLEN;
  if (gsoSize > 0) {
    const err = checkSegments(sk, six, skb, at, payload, gsoSize);
    if (err < 0) {
      kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
      return err;
    }
  }
  if (sk.udp.lite) {
    // In place of the length stands how much the checksum covers; 0: all of it.
    const covered = sk.sendCscov === 0 || sk.sendCscov > len ? len : sk.sendCscov;
    udphSetLen(view, at, sk.sendCscov === 0 ? 0 : covered);
    skb.ipSummed = CHECKSUM_NONE;
    const sum = csumFold(skbChecksum(skb, at - skb.data, covered, af.pseudoSum(fl, len, sk.protocol)));
    udphSetCheck(view, at, sum === 0 ? 0xffff : sum);
  } else if (gsoSize > 0 && payload > gsoSize) {
    skb.gsoSize = gsoSize;
    skb.gsoType = SKB_GSO_UDP_L4;
    skb.gsoSegs = Math.ceil(payload / gsoSize);
    udpLeaveChecksum(skb, at, af.pseudoSum(fl, len, sk.protocol));
  } else if (six ? sk.noCheck6Tx : sk.noCheckTx) {
    skb.ipSummed = CHECKSUM_NONE;
  } else if (skb.ipSummed === CHECKSUM_PARTIAL && skb.fragList === null) {
    udpLeaveChecksum(skb, at, af.pseudoSum(fl, len, sk.protocol));
  } else {
    skb.ipSummed = CHECKSUM_NONE;
    const sum = csumFold(skbChecksum(skb, at - skb.data, len, af.pseudoSum(fl, len, sk.protocol)));
    // Zero would say «no checksum» (RFC 768).
    udphSetCheck(view, at, sum === 0 ? 0xffff : sum);
  }
  if (sk.rare !== null && sk.rare.txFlags !== 0) sockTxStamp(sk, skb);
  const err = af.sendSkb(sk.net, skb);
  if (err < 0) {
    // ENOBUFS is told only to those who asked for errors (udp(7)).
    if (err === -ENOBUFS && !(six ? sk.pinet6!.recverr : sk.recverr)) {
      mib.SndbufErrors++;
      return 0;
    }
    return err;
  }
  mib.OutDatagrams++;
  return 0;
}

/** May a message of `payload` bytes leave as datagrams of `gsoSize`? 0, -EMSGSIZE when one does not fit the path, -EINVAL for too many or none summed, -EIO of UDP-Lite. */
function checkSegments(sk: UdpSock, six: boolean, skb: Skb, at: number, payload: number, gsoSize: number): number {
  const size = at - skb.networkHeader + UDP_HLEN + Math.min(payload, gsoSize);
  if (size > dstMtu(skb.dst as DstEntry)) return -EMSGSIZE;
  if (sk.udp.lite && payload > gsoSize) return -EIO;
  return payload > gsoSize * UDP_MAX_SEGMENTS || skb.fragList !== null || (six ? sk.noCheck6Tx : sk.noCheckTx) ? -EINVAL : 0;
}
