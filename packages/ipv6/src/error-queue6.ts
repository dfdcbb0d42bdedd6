/**
 * The error queue of sockets with IPV6_RECVERR (ipv6(7), recv(2) MSG_ERRQUEUE), and path MTUs that wait for IPV6_RECVPATHMTU.
 *
 * A queued error is a copy of the packet that failed. Its control block says what happened: `cb6` errno, `cb7` origin, type and code, `cb8` info, `cb9` port. Of one
 * that ICMPv6 brought the network header is that of the ICMPv6 packet, and `cbObj` holds who reported it, where the header of the packet that failed says where it was going, and the interface.
 */
// datapath-ok-file: reading errors
import { EAGAIN, EFAULT } from '@linnet/kernel';
import {
  AF_INET6, IPV6HDR_LEN, IPV6_PATHMTU, IPV6_RECVERR, MSG_ERRQUEUE, MSG_TRUNC, SOL_IPV6, SO_EE_ORIGIN_ICMP6, SO_EE_ORIGIN_LOCAL, icmp6Code, icmp6Type, ip6SetNexthdr, sockaddrIn6,
} from '@linnet/uapi';
import { allocSkb, consumeSkb, DROP, kfreeSkbReason, skbClone, skbDequeue, skbEat, skbPut } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { putCmsg, putNotice, skbCopyDatagramMsg, skbIsNotice, sockQueueErrSkb } from '@linnet/socket';
import type { MsgHdr } from '@linnet/socket';
import type { Flowi, InetSock } from '@linnet/inet';
import { a6Clone, a6Load, a6Store } from './addr6.ts';
import { ip6CmsgRecv, RXOPT_RXPMTU } from './cmsg6.ts';
import { ip6cbIif } from './ip6-cb.ts';
import { inet6Sk } from './pinfo.ts';
import { icmp6OuterHeader } from './quote6.ts';

interface Offender {
  readonly addr: Int32Array;
  /** The offset of the destination in the quoted header. Of a source route that is the next address, whichever address the socket was found by. */
  readonly dstAt: number;
  readonly iif: number;
}

/** Queues an ICMPv6 error for a socket: `networkHeader` at the quoted IPv6 header, `payloadOff` from `data` to what the user sent. Does not consume (ipv6_icmp_error). @alpha */
export function ipv6IcmpError(sk: InetSock, skb: Skb, err: number, port: number, info: number, payloadOff: number): void {
  if (payloadOff > skb.len || inet6Sk(sk)?.recverr !== true) return;
  const at = skb.transportHeader;
  const copy = skbClone(skb);
  copy.cb6 = err;
  copy.cb7 = SO_EE_ORIGIN_ICMP6 | (icmp6Type(skb.view, at) << 8) | (icmp6Code(skb.view, at) << 16);
  copy.cb8 = info | 0;
  copy.cb9 = port;
  const from = new Int32Array(4);
  a6Load(from, skb.view, icmp6OuterHeader(skb) + 8);
  const offender: Offender = { addr: from, dstAt: skb.networkHeader + 24, iif: ip6cbIif(skb) };
  copy.cbObj = offender;
  skbEat(copy, payloadOff);
  // What control messages tell is of the packet that brought the error; behind its headers is what the user sent.
  copy.networkHeader = icmp6OuterHeader(skb);
  copy.transportHeader = copy.data;
  sockQueueErrSkb(sk, copy);
}

function local(sk: InetSock, daddr: Int32Array): Skb {
  const skb = allocSkb(sk.pool, IPV6HDR_LEN);
  const at = skbPut(skb, IPV6HDR_LEN);
  skb.u8.fill(0, at, at + IPV6HDR_LEN);
  skb.networkHeader = at;
  skb.transportHeader = at + IPV6HDR_LEN;
  ip6SetNexthdr(skb.view, at, sk.protocol);
  a6Store(skb.view, at + 24, daddr);
  skbEat(skb, IPV6HDR_LEN);
  return skb;
}

/** Queues an error found on this machine, if the socket wants them: `InetAf.localError` (ipv6_local_error). @alpha */
export function ipv6LocalError(sk: InetSock, err: number, fl: Flowi, port: number, info: number): void {
  if (inet6Sk(sk)?.recverr !== true) return;
  const skb = local(sk, fl.daddr6!);
  skb.cb6 = err;
  skb.cb7 = SO_EE_ORIGIN_LOCAL;
  skb.cb8 = info | 0;
  skb.cb9 = port;
  sockQueueErrSkb(sk, skb);
}

/** The path MTU is smaller than what was sent: kept for a socket with IPV6_RECVPATHMTU (ipv6_local_rxpmtu). @alpha */
export function ipv6LocalRxpmtu(sk: InetSock, fl: Flowi, mtu: number): void {
  const np = inet6Sk(sk);
  if (np === null || (np.rxopt & RXOPT_RXPMTU) === 0) return;
  np.ext.rxpmtu = mtu;
  np.ext.rxpmtuAddr = a6Clone(fl.daddr6!);
}

/** The control message of a path MTU that waits: struct ip6_mtuinfo. @alpha */
export function ipv6RecvRxpmtu(sk: InetSock, msg: MsgHdr): void {
  const np = inet6Sk(sk)!;
  if (np.ext.rxpmtu === 0) return;
  const data = new Uint8Array(32);
  const view = new DataView(data.buffer);
  view.setUint16(0, AF_INET6, true);
  a6Store(view, 8, np.ext.rxpmtuAddr!);
  view.setUint32(28, np.ext.rxpmtu, true);
  np.ext.rxpmtu = 0;
  msg.name = sockaddrIn6(np.ext.rxpmtuAddr!, 0);
  putCmsg(msg, SOL_IPV6, IPV6_PATHMTU, data);
}

/** recvmsg with MSG_ERRQUEUE: `InetAf.recvError` (ipv6_recv_error). The bytes of the oldest error's packet, or -EAGAIN. @alpha */
export function ipv6RecvError(sk: InetSock, msg: MsgHdr, len: number): number {
  const skb = skbDequeue(sk.errorQueue);
  if (skb === null) return -EAGAIN;
  const next = sk.errorQueue.head;
  const isIcmp = (skb.cb7 & 0xff) === SO_EE_ORIGIN_ICMP6;
  if (next !== null && (next.cb7 & 0xff) === SO_EE_ORIGIN_ICMP6) sk.err = next.cb6;
  else if (isIcmp) sk.err = 0;
  if (next !== null) sk.errorReport(sk);
  const copied = Math.min(skb.len, len);
  if (skb.len > len) msg.flags |= MSG_TRUNC;
  if (skbCopyDatagramMsg(skb, 0, msg, copied) !== copied) {
    kfreeSkbReason(skb, DROP.SKB_UCOPY_FAULT);
    return -EFAULT;
  }
  if (skbIsNotice(skb)) {
    putNotice(sk, msg, skb, true);
    consumeSkb(skb);
    return copied;
  }
  const offender = skb.cbObj as Offender | null;
  const dst = new Int32Array(4);
  a6Load(dst, skb.view, offender === null ? skb.networkHeader + 24 : offender.dstAt);
  const iif = offender === null ? 0 : offender.iif;
  msg.name = sockaddrIn6(dst, skb.cb9, dst[0]! >>> 22 === 0x3fa ? iif : 0);
  // struct sock_extended_err, then the sockaddr_in6 of who reported it.
  const data = new Uint8Array(16 + 28);
  const view = new DataView(data.buffer);
  view.setUint32(0, skb.cb6, true);
  view.setUint32(4, skb.cb7, true);
  view.setUint32(8, skb.cb8 >>> 0, true);
  if (isIcmp && offender !== null) {
    view.setUint16(16, AF_INET6, true);
    a6Store(view, 24, offender.addr);
    if (offender.addr[0]! >>> 22 === 0x3fa) view.setUint32(40, iif, true);
    if (inet6Sk(sk)!.rxopt !== 0) ip6CmsgRecv(sk, msg, skb);
  }
  putCmsg(msg, SOL_IPV6, IPV6_RECVERR, data);
  msg.flags |= MSG_ERRQUEUE;
  skb.cbObj = null;
  consumeSkb(skb);
  return copied;
}
