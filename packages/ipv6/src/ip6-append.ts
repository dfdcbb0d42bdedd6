/**
 * Building datagrams from user data (the ip6_append_data half of ip6_output.c): for UDP, ICMPv6, raw and ping sockets.
 *
 * Data is copied once, straight into buffers that already are the fragments: each has room before it for all headers and, where more follow, a payload that is a
 * multiple of 8. The first buffer then carries the rest as its fragment list, which `ip6Fragment` sends as it is.
 */
import { EAGAIN, EFAULT, EINVAL, EMSGSIZE, ENOBUFS } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  DEVCONF_MTU6, IPPROTO_ICMPV6, IPPROTO_UDP, IPV6HDR_LEN, IPV6_FRAGHDR_LEN, IPV6_MAXPLEN, IPV6_MIN_MTU, IPV6_PMTUDISC_DO, IPV6_PMTUDISC_OMIT, IPV6_PMTUDISC_PROBE, MSG_MORE,
  MSG_PROBE, SOCK_RAW, ip6FlowHdr, ip6SetHopLimit, ip6SetNexthdr,
} from '@linnet/uapi';
import {
  allocSkb, CHECKSUM_NONE, CHECKSUM_PARTIAL, DROP, kfreeSkbReason, skbCopyBits, skbPush, skbPut, skbQueuePurge, skbQueueTail, skbReserve, skbTrim,
} from '@linnet/skbuff';
import type { Skb, SkbQueue } from '@linnet/skbuff';
import { dstMtu, llReservedSpace, NETIF_F_HW_CSUM, NETIF_F_IPV6_CSUM, NET_XMIT_CN } from '@linnet/netdev';
import type { DstEntry } from '@linnet/netdev';
import { skSetOwnerW } from '@linnet/socket';
import type { MsgHdr } from '@linnet/socket';
import { appendJoin, appendRoomFor, appendToPiece, corkRelease } from '@linnet/inet';
import type { AppendSource, Flowi, InetCork, InetSock, IpcmCookie } from '@linnet/inet';
import { a6Multicast, a6Store } from './addr6.ts';
import { icmp6OutCount } from './ctl-send.ts';
import { ipv6LocalError, ipv6LocalRxpmtu } from './error-queue6.ts';
import { in6DevGet } from './inet6-dev.ts';
import { ip6cbClear } from './ip6-cb.ts';
import { count6, ip6DstHoplimit, ip6LocalOut, ip6MakeFlowlabel } from './ip6-output.ts';
import { IPV6 } from './ipv6-net.ts';
import { inet6Sk } from './pinfo.ts';
import type { Rt6Info } from './rt6-info.ts';
import { IP6_OUTDISCARDS } from './snmp6.ts';
import type { Ipv6TxOptions } from './tx-options.ts';
import { pushFragOpts, pushNfragOpts } from './tx-push.ts';

const IP6_MAX_MTU = IPV6_MAXPLEN + IPV6HDR_LEN;

/** May a packet of this socket be fragmented here? (ip6_sk_ignore_df) @alpha */
export function ip6SkIgnoreDf(sk: InetSock): boolean {
  const np = inet6Sk(sk);
  return np === null || np.pmtudisc < IPV6_PMTUDISC_DO || np.pmtudisc === IPV6_PMTUDISC_OMIT;
}

/** Prepares a cork for a datagram over `dst` (ip6_setup_cork). 0 or -EINVAL when the path's MTU is below IPv6's minimum. @alpha */
export function ip6SetupCork(sk: InetSock, cork: InetCork, ipc: IpcmCookie, dst: DstEntry): number {
  const np = inet6Sk(sk)!;
  const idev = in6DevGet(dst.dev);
  let mtu = np.pmtudisc >= IPV6_PMTUDISC_PROBE ? (idev === null ? dst.dev.mtu : idev.cnf.data[DEVCONF_MTU6]!) : dstMtu(dst);
  if (np.fragSize !== 0 && np.fragSize < mtu) mtu = np.fragSize;
  mtu = Math.min(mtu, IP6_MAX_MTU);
  if (mtu < IPV6_MIN_MTU) return -EINVAL;
  cork.opt = ipc.opt;
  cork.fragsize = mtu;
  cork.gsoSize = ipc.gsoSize;
  cork.dst = dst;
  cork.length = 0;
  cork.ttl = ipc.ttl;
  cork.tos = ipc.tos;
  cork.mark = ipc.mark;
  cork.priority = ipc.priority;
  cork.dontfrag = ipc.dontfrag < 0 ? np.dontfrag : ipc.dontfrag !== 0;
  return 0;
}

/** No memory, or the user's bytes cannot be had: what is left of the message goes nowhere. With -EAGAIN its sender may come again. Returns `err`. */
function discard(cork: InetCork, length: number, err: number): number {
  cork.length -= length;
  if (err !== -EAGAIN) count6(cork.dst as Rt6Info, IP6_OUTDISCARDS, 1);
  return err;
}

/**
 * Adds `length` bytes of `src`, of which the first `transhdrlen` are room for the transport header, to the fragments in `queue` (__ip6_append_data). 0 or a
 * negative errno; what was appended before stays.
 * @alpha
 */
export function ip6Append(
  sk: InetSock, fl: Flowi, queue: SkbQueue, cork: InetCork, src: AppendSource, length0: number, transhdrlen0: number, flags: number,
): number {
  let length = length0;
  let transhdrlen = transhdrlen0;
  const dst = cork.dst as DstEntry;
  const { dev } = dst;
  const opt = cork.opt as Ipv6TxOptions | null;
  const nflen = opt === null ? 0 : opt.nflen;
  const flen = opt === null ? 0 : opt.flen;
  const hlen = IPV6HDR_LEN + nflen;
  const mtu = cork.gsoSize !== 0 ? IP6_MAX_MTU : cork.fragsize;
  // What a packet may carry when it goes whole, and a fragment with others behind it.
  const whole = mtu - hlen;
  const piece = (mtu - hlen - IPV6_FRAGHDR_LEN) & ~7;
  const proto = sk.protocol;
  if (cork.length + length > whole - flen && cork.dontfrag && (proto === IPPROTO_UDP || proto === IPPROTO_ICMPV6 || sk.type === SOCK_RAW)) {
    ipv6LocalRxpmtu(sk, fl, mtu - hlen + IPV6HDR_LEN);
    ipv6LocalError(sk, EMSGSIZE, fl, fl.dport, Math.max(mtu - hlen + IPV6HDR_LEN, 0));
    return -EMSGSIZE;
  }
  const most = ip6SkIgnoreDf(sk) ? IP6_MAX_MTU - hlen : whole;
  if (cork.length + length > most - flen) {
    ipv6LocalError(sk, EMSGSIZE, fl, fl.dport, Math.max(mtu - hlen + IPV6HDR_LEN, 0));
    return -EMSGSIZE;
  }
  const partial =
    transhdrlen !== 0 && length <= whole && proto === IPPROTO_UDP && (dev.features & (NETIF_F_HW_CSUM | NETIF_F_IPV6_CSUM)) !== 0 && nflen + flen === 0 &&
    ((flags & MSG_MORE) === 0 || cork.gsoSize !== 0);
  const room = llReservedSpace(dev) + hlen + IPV6_FRAGHDR_LEN;
  cork.length += length;
  let skb = queue.tail;
  // A datagram without a byte is one too.
  while (length > 0 || skb === null) {
    const first = skb !== null && skb === queue.head;
    let copy = 0;
    if (skb !== null) {
      copy = whole - (first ? flen : 0) - skb.len;
      // Does the rest fit without another piece? If not, this one must end at a multiple of eight.
      if (copy < length || !first) copy = Math.min(copy, piece - (first ? flen : 0) - skb.len);
    }
    if (skb !== null && copy > 0) {
      if (copy > length) copy = length;
      const err = appendToPiece(sk, skb, src, copy, whole - skb.len);
      if (err !== 0) return discard(cork, length, err);
      length -= copy;
      continue;
    }
    // A new piece; what its forerunner holds beyond its share moves over.
    const prev: Skb | null = skb;
    const share = prev === null ? 0 : piece - (prev === queue.head ? flen : 0);
    const gap = prev === null ? 0 : Math.max(prev.len - share, 0);
    const fresh = prev === null;
    let datalen = length + gap;
    const cap = fresh ? whole - flen : piece;
    if (datalen > cap) datalen = piece - (fresh ? flen : 0);
    const refused = appendRoomFor(sk, transhdrlen);
    if (refused !== 0) return discard(cork, length, refused);
    skb = allocSkb(sk.pool, room + (fresh ? flen : 0) + ((flags & MSG_MORE) !== 0 ? whole : datalen));
    skbReserve(skb, room + (fresh ? flen : 0));
    const at = skbPut(skb, datalen);
    skb.transportHeader = at;
    skb.ipSummed = partial ? CHECKSUM_PARTIAL : CHECKSUM_NONE;
    let to = at + transhdrlen;
    if (gap > 0) {
      skbCopyBits(prev!, share, skb.u8, to, gap);
      skbTrim(prev!, share);
      to += gap;
    }
    const n = datalen - transhdrlen - gap;
    if (n > 0 && !src.take(skb.u8, to, n)) {
      kfreeSkbReason(skb, DROP.SKB_UCOPY_FAULT);
      return discard(cork, length, -EFAULT);
    }
    skSetOwnerW(skb, sk);
    skbQueueTail(queue, skb);
    length -= n + transhdrlen;
    transhdrlen = 0;
  }
  return 0;
}

/** Makes one packet of the fragments in `queue`: header on the first, the others as its fragment list (__ip6_make_skb). Null when there is nothing. @alpha */
export function ip6Finish(sk: InetSock, fl: Flowi, queue: SkbQueue, cork: InetCork): Skb | null {
  const skb = appendJoin(queue, 0);
  if (skb === null) return null;
  const rt = cork.dst as Rt6Info;
  const n6 = rt.net6;
  const np = inet6Sk(sk)!;
  const opt = cork.opt as Ipv6TxOptions | null;
  skb.ignoreDf = ip6SkIgnoreDf(sk);
  let proto = fl.proto;
  const final = fl.daddr6!;
  let dest = final;
  if (opt !== null && !opt.empty) {
    proto = pushFragOpts(skb, opt, proto);
    proto = pushNfragOpts(skb, opt, proto, final, n6.a6Nexthop, false);
    if (opt.srcrt !== null) dest = n6.a6Nexthop;
  }
  const nh = skbPush(skb, IPV6HDR_LEN);
  skb.networkHeader = nh;
  const { view } = skb;
  const hops = cork.ttl >= 0 ? cork.ttl : a6Multicast(final) ? (np.mcastHops >= 0 ? np.mcastHops : 1) : np.hopLimit >= 0 ? np.hopLimit : ip6DstHoplimit(n6, rt);
  const tclass = cork.tos >= 0 ? cork.tos : np.tclass;
  ip6cbClear(skb);
  ip6FlowHdr(view, nh, tclass, ip6MakeFlowlabel(n6, fl, np));
  ip6SetNexthdr(view, nh, proto);
  ip6SetHopLimit(view, nh, hops);
  a6Store(view, nh + 8, fl.saddr6!);
  a6Store(view, nh + 24, dest);
  skb.priority = cork.priority;
  skb.mark = cork.mark;
  skb.dst = rt;
  if (fl.proto === IPPROTO_ICMPV6 && skb.transportHeader < skb.tail) icmp6OutCount(rt.idev, n6, skb.u8[skb.transportHeader]!);
  corkRelease(cork);
  return skb;
}

/** Builds one datagram from a message: `InetAf.makeSkb` (ip6_make_skb). @alpha */
export function ip6MakeSkb(
  sk: InetSock, fl: Flowi, msg: MsgHdr, length: number, transhdrlen: number, ipc: IpcmCookie, dst: DstEntry, flags: number,
): Skb | null {
  fl.error = 0;
  if ((flags & MSG_PROBE) !== 0) return null;
  const n6 = sk.net.get(IPV6);
  const cork = n6.corkScratch;
  const queue = n6.queueScratch;
  const src = n6.msgSource;
  let err = ip6SetupCork(sk, cork, ipc, dst);
  if (err === 0) {
    src.msg = msg;
    err = ip6Append(sk, fl, queue, cork, src, length, transhdrlen, flags);
    src.msg = null;
  }
  if (err !== 0) {
    skbQueuePurge(queue, DROP.NOT_SPECIFIED);
    cork.dst = null;
    fl.error = err;
    return null;
  }
  return ip6Finish(sk, fl, queue, cork);
}

/** Sends a packet made by {@link ip6MakeSkb}: `InetAf.sendSkb` (ip6_send_skb). Consumes it; 0 or a negative errno. @alpha */
export function ip6SendSkb(net: Net, skb: Skb): number {
  const err = ip6LocalOut(net, skb.sk as InetSock | null, skb);
  if (err === 0 || err === NET_XMIT_CN) return 0;
  net.get(IPV6).mib.ip[IP6_OUTDISCARDS]!++;
  return err > 0 ? -ENOBUFS : err;
}

/** Adds to the datagram that the socket holds back: `InetAf.appendData` (ip6_append_data). @alpha */
export function ip6AppendData(
  sk: InetSock, fl: Flowi, msg: MsgHdr, length: number, transhdrlen: number, ipc: IpcmCookie, dst: DstEntry, flags: number,
): number {
  if ((flags & MSG_PROBE) !== 0) return 0;
  const cork = sk.cork!;
  let th = transhdrlen;
  if (sk.writeQueue.head === null) {
    const err = ip6SetupCork(sk, cork, ipc, dst);
    if (err !== 0) return err;
  } else {
    th = 0;
  }
  const src = sk.net.get(IPV6).msgSource;
  src.msg = msg;
  const err = ip6Append(sk, fl, sk.writeQueue, cork, src, length, th, flags);
  src.msg = null;
  return err;
}

/** Turns what the socket holds back into a packet: `InetAf.finishSkb`. @alpha */
export function ip6FinishSkb(sk: InetSock, fl: Flowi, cork: InetCork): Skb | null {
  return ip6Finish(sk, fl, sk.writeQueue, cork);
}
