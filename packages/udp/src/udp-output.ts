/** Sending datagrams (udp_sendmsg). */
import {
  csumFold, EACCES, EAFNOSUPPORT, EAGAIN, EDESTADDRREQ, EINVAL, EMSGSIZE, ENOBUFS, EOPNOTSUPP, EPIPE,
} from '@linnet/kernel';
import { flowi4InitOutput, FLOWI_FLAG_ANYSRC, type Flowi, type InetCork } from '@linnet/inet';
import { dstMtu, type DstEntry } from '@linnet/netdev';
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, DROP, kfreeSkbReason, SKB_GSO_UDP_L4, skbChecksum, type Skb } from '@linnet/skbuff';
import { SEND_SHUTDOWN, skDstCheck, SOCK_BROADCAST, SOCK_LOCALROUTE, sockError, sockFlag, type MsgHdr } from '@linnet/socket';
import {
  AF_INET, AF_UNSPEC, ipv4IsMulticast, IPPROTO_UDP, MSG_CONFIRM, MSG_DONTROUTE, MSG_MORE, MSG_OOB, MSG_PROBE, RTN_BROADCAST, RT_SCOPE_LINK, SOL_UDP, UDP_MAX_SEGMENTS, UDP_SEGMENT,
  udphSetCheck, udphSetDest, udphSetLen, udphSetSource, type SockAddrIn,
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
  const name = msg.name as SockAddrIn | null;
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
    const err = sk.af.cmsgSend(sk, msg, ipc);
    if (err < 0) return err;
    connected = false;
  }
  const tos = ipc.tos >= 0 ? ipc.tos : sk.tos;
  const scope = sockFlag(sk, SOCK_LOCALROUTE) || (msg.flags & MSG_DONTROUTE) !== 0 ? RT_SCOPE_LINK : 0;
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
      fl, ipc.oif, ipc.mark, tos, scope, IPPROTO_UDP, sk.transparent || sk.hdrincl ? FLOWI_FLAG_ANYSRC : 0, daddr, ipc.addr, dport, sk.num, sk.uid,
    );
    dst = sk.af.routeOutput(sk.net, fl, sk);
    if (dst === null) return fl.error;
    if (sk.af.dstType(dst) === RTN_BROADCAST && !sockFlag(sk, SOCK_BROADCAST)) return -EACCES;
    if (connected) sk.dst = dst;
  } else {
    fl.daddr = daddr;
    fl.saddr = sk.saddr;
    fl.dport = dport;
    fl.sport = sk.num;
  }
  if ((msg.flags & MSG_CONFIRM) !== 0) sk.af.confirmNeigh(dst, fl.daddr, fl.daddr6);
  if ((msg.flags & MSG_PROBE) !== 0) return len;
  if (sk.wmemAlloc >= sk.sndbuf) {
    sk.udp.mib.SndbufErrors++;
    return -EAGAIN;
  }

  if (!corkreq) {
    const skb = sk.af.makeSkb(sk, fl, msg, len + UDP_HLEN, UDP_HLEN, ipc, dst, msg.flags);
    if (skb === null) return fl.error;
    const err = udpSendSkb(sk, skb, fl, ipc.gsoSize);
    return err < 0 ? err : len;
  }
  const cork = sk.cork!;
  copyFlow(cork, fl);
  cork.dst = dst;
  sk.pending = true;
  return append(sk, msg, len, UDP_HLEN, corkreq, dst);
}

function copyFlow(cork: InetCork, fl: Flowi): void {
  flowi4InitOutput(cork.fl, fl.oif, fl.mark, fl.tos, fl.scope, fl.proto, fl.flags, fl.daddr, fl.saddr, fl.dport, fl.sport, fl.uid);
}

/** Adds to the datagram that is held back, `hlen` bytes of header first, and sends it unless it is to be held longer; on an error nothing is left of it. */
function append(sk: UdpSock, msg: MsgHdr, len: number, hlen: number, corkreq: boolean, dst: DstEntry): number {
  const flags = corkreq ? msg.flags | MSG_MORE : msg.flags;
  const err = sk.af.appendData(sk, sk.cork!.fl, msg, hlen + len, hlen, sk.ipc, dst, flags);
  if (err < 0) {
    udpFlushPendingFrames(sk);
    return err;
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
  sk.af.flushPendingFrames(sk);
}

/** Sends what is held back (udp_push_pending_frames). 0 or a negative errno. @alpha */
export function udpPushPendingFrames(sk: UdpSock): number {
  const cork = sk.cork!;
  const skb = sk.af.finishSkb(sk, cork.fl, cork);
  sk.pending = false;
  cork.dst = null;
  return skb === null ? 0 : udpSendSkb(sk, skb, cork.fl, cork.gsoSize);
}

/** Writes the UDP header of a datagram that the family has built and sends it (udp_send_skb). Consumes. */
function udpSendSkb(sk: UdpSock, skb: Skb, fl: Flowi, gsoSize: number): number {
  const at = skb.transportHeader;
  const len = skb.len - (at - skb.data);
  const { view } = skb;
  udphSetSource(view, at, sk.num);
  udphSetDest(view, at, fl.dport);
  udphSetLen(view, at, len);
  udphSetCheck(view, at, 0);
  const payload = len - UDP_HLEN;
  if (gsoSize > 0) {
    const err = checkSegments(sk, skb, at, payload, gsoSize);
    if (err < 0) {
      kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
      return err;
    }
  }
  if (gsoSize > 0 && payload > gsoSize) {
    skb.gsoSize = gsoSize;
    skb.gsoType = SKB_GSO_UDP_L4;
    skb.gsoSegs = Math.ceil(payload / gsoSize);
    udpLeaveChecksum(skb, at, sk.af.pseudoSum(fl, len, IPPROTO_UDP));
  } else if (sk.noCheckTx) {
    skb.ipSummed = CHECKSUM_NONE;
  } else if (skb.ipSummed === CHECKSUM_PARTIAL && skb.fragList === null) {
    udpLeaveChecksum(skb, at, sk.af.pseudoSum(fl, len, IPPROTO_UDP));
  } else {
    skb.ipSummed = CHECKSUM_NONE;
    const sum = csumFold(skbChecksum(skb, at - skb.data, len, sk.af.pseudoSum(fl, len, IPPROTO_UDP)));
    // Zero would say «no checksum» (RFC 768).
    udphSetCheck(view, at, sum === 0 ? 0xffff : sum);
  }
  const err = sk.af.sendSkb(sk.net, skb);
  if (err < 0) {
    // ENOBUFS is told only to those who asked for errors (udp(7)).
    if (err === -ENOBUFS && !sk.recverr) {
      sk.udp.mib.SndbufErrors++;
      return 0;
    }
    return err;
  }
  sk.udp.mib.OutDatagrams++;
  return 0;
}

/** May a message of `payload` bytes leave as datagrams of `gsoSize`? 0, -EMSGSIZE when one does not fit the path, -EINVAL for too many or none summed. */
function checkSegments(sk: UdpSock, skb: Skb, at: number, payload: number, gsoSize: number): number {
  const size = at - skb.networkHeader + UDP_HLEN + Math.min(payload, gsoSize);
  if (size > dstMtu(skb.dst as DstEntry)) return -EMSGSIZE;
  return payload > gsoSize * UDP_MAX_SEGMENTS || skb.fragList !== null || sk.noCheckTx ? -EINVAL : 0;
}
