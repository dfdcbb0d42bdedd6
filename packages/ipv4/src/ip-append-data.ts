/**
 * Building datagrams from user data (the ip_append_data half of ip_output.c): for UDP, ICMP, raw and ping sockets.
 *
 * Data is copied once, straight into buffers that already are the fragments: each has room for its IP header and, where more
 * follow, a payload that is a multiple of 8. The first buffer then carries the rest as its fragment list, which
 * `ipDoFragment` sends as it is.
 */
import { EAGAIN, EFAULT, EMSGSIZE, ENETUNREACH, ENOBUFS } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  IPHDR_LEN, IPPROTO_ICMP, IPPROTO_UDP, IPV4_MIN_MTU, IP_DF, IP_MAX_MTU, IP_PMTUDISC_DO, IP_PMTUDISC_OMIT, IP_PMTUDISC_PROBE, MSG_MORE, MSG_PROBE, RTN_MULTICAST,
} from '@linnet/uapi';
import {
  allocSkb, CHECKSUM_NONE, CHECKSUM_PARTIAL, DROP, kfreeSkbReason, skbCopyBits, skbPut, skbQueuePurge, skbQueueTail, skbReserve, skbTrim,
} from '@linnet/skbuff';
import type { Skb, SkbQueue } from '@linnet/skbuff';
import { dstMtu, llReservedSpace, NET_XMIT_CN, NETIF_F_HW_CSUM, NETIF_F_IP_CSUM } from '@linnet/netdev';
import type { DstEntry } from '@linnet/netdev';
import { skSetOwnerW } from '@linnet/socket';
import type { MsgHdr } from '@linnet/socket';
import { appendJoin, appendRoomFor, appendToPiece, corkRelease } from '@linnet/inet';
import type { AppendSource, Flowi, InetCork, InetSock, IpcmCookie } from '@linnet/inet';
import { ipcbClear } from './ip-cb.ts';
import { icmpOutCount } from './icmp-stats.ts';
import { ipDontFragment, ipSelectIdentSegs, ipSelectTtl, ipSkUsePmtu } from './ip-header.ts';
import { ipOptionsBuild } from './ip-options.ts';
import { IpOptions, ipOptionsCopy } from './ip-options-types.ts';
import { ipLocalOut } from './ip-output.ts';
import { ipLocalError } from './ip-error-queue.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Rtable } from './rtable.ts';
import { IPSTATS_MIB_OUTDISCARDS } from './snmp.ts';

/** May a packet of this socket be fragmented here although it carries DF? (ip_sk_ignore_df) @alpha */
export function ipSkIgnoreDf(sk: InetSock): boolean {
  return sk.pmtudisc < IP_PMTUDISC_DO || sk.pmtudisc === IP_PMTUDISC_OMIT;
}

/**
 * Prepares a cork for a datagram over `dst` whose final destination is `daddr` (ip_setup_cork). Returns 0 or -ENETUNREACH when the
 * path's MTU is below IPv4's minimum.
 * @alpha
 */
export function ipSetupCork(sk: InetSock, cork: InetCork, ipc: IpcmCookie, dst: DstEntry, daddr: number): number {
  const mtu = ipSkUsePmtu(sk) ? dstMtu(dst) : Math.min(dst.dev!.mtu, IP_MAX_MTU);
  if (mtu < IPV4_MIN_MTU) return -ENETUNREACH;
  const opt = ipc.opt as IpOptions | null;
  if (opt !== null) {
    if (cork.opt === null) cork.opt = new IpOptions();
    ipOptionsCopy(cork.opt as IpOptions, opt);
  } else {
    cork.opt = null;
  }
  cork.addr = daddr;
  cork.fragsize = mtu;
  cork.gsoSize = ipc.gsoSize;
  cork.dst = dst;
  cork.length = 0;
  cork.ttl = ipc.ttl;
  cork.tos = ipc.tos;
  cork.mark = ipc.mark;
  cork.priority = ipc.priority;
  return 0;
}

/** No memory, or the user's bytes cannot be had: what is left of the message goes nowhere. With -EAGAIN its sender may come again. Returns `err`. */
function discard(cork: InetCork, length: number, err: number): number {
  cork.length -= length;
  if (err !== -EAGAIN) (cork.dst as Rtable).net4.mib[IPSTATS_MIB_OUTDISCARDS]!++;
  return err;
}

/**
 * Adds `length` bytes of `src`, of which the first `transhdrlen` are room for the transport header, to the fragments in
 * `queue` (__ip_append_data). Returns 0 or a negative errno; what was appended before stays.
 * @alpha
 */
export function ipAppend(
  sk: InetSock, fl: Flowi, queue: SkbQueue, cork: InetCork, src: AppendSource, length: number, transhdrlen: number, flags: number,
): number {
  const dst = cork.dst as DstEntry;
  const dev = dst.dev!;
  const opt = cork.opt as IpOptions | null;
  const optlen = opt === null ? 0 : opt.optlen;
  const hlen = IPHDR_LEN + optlen;
  const mtu = cork.gsoSize !== 0 ? IP_MAX_MTU : cork.fragsize;
  // A fragment with others behind it carries a multiple of 8; the last may use the MTU to the full.
  const full = hlen + ((mtu - hlen) & ~7);
  const limit = ipSkIgnoreDf(sk) ? IP_MAX_MTU : mtu;
  if (cork.length + length > limit - hlen) {
    ipLocalError(sk, EMSGSIZE, fl.daddr, sk.dport, mtu - optlen);
    return -EMSGSIZE;
  }
  const partial =
    transhdrlen !== 0 && length + hlen <= mtu && sk.protocol === IPPROTO_UDP && (dev.features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM)) !== 0 &&
    ((flags & MSG_MORE) === 0 || cork.gsoSize !== 0);
  const room = llReservedSpace(dev);
  cork.length += length;

  let skb = queue.tail;
  // A datagram without a byte is one too.
  while (length > 0 || skb === null) {
    let copy = 0;
    if (skb !== null) {
      copy = mtu - skb.len;
      if (copy < length) copy = full - skb.len;
    }
    if (copy > 0) {
      if (copy > length) copy = length;
      const err = appendToPiece(sk, skb!, src, copy, mtu - skb!.len);
      if (err !== 0) return discard(cork, length, err);
      length -= copy;
      continue;
    }
    // A new fragment; what its forerunner holds beyond the multiple of 8 moves over.
    const prev: Skb | null = skb;
    const gap = prev === null ? 0 : prev.len - full;
    let datalen = length + gap;
    if (datalen > mtu - hlen) datalen = full - hlen;
    const fraglen = hlen + datalen;
    const refused = appendRoomFor(sk, transhdrlen);
    if (refused !== 0) return discard(cork, length, refused);
    skb = allocSkb(sk.pool, room + ((flags & MSG_MORE) !== 0 ? mtu : fraglen));
    skbReserve(skb, room);
    const at = skbPut(skb, fraglen);
    skb.networkHeader = at;
    skb.transportHeader = at + hlen;
    skb.ipSummed = partial ? CHECKSUM_PARTIAL : CHECKSUM_NONE;
    let to = at + hlen + transhdrlen;
    if (gap > 0) {
      skbCopyBits(prev!, full, skb.u8, to, gap);
      skbTrim(prev!, full);
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

/**
 * Makes one packet of the fragments in `queue`: header on the first, the others as its fragment list (__ip_make_skb).
 * Null when the queue is empty. The cork is free for the next datagram.
 * @alpha
 */
export function ipFinish(sk: InetSock, fl: Flowi, queue: SkbQueue, cork: InetCork): Skb | null {
  const opt = cork.opt as IpOptions | null;
  const optlen = opt === null ? 0 : opt.optlen;
  const skb = appendJoin(queue, IPHDR_LEN + optlen);
  if (skb === null) return null;
  const rt = cork.dst as Rtable;
  const ip = rt.net4;
  skb.ignoreDf = ipSkIgnoreDf(sk);
  const how = sk.pmtudisc;
  const df = how === IP_PMTUDISC_DO || how === IP_PMTUDISC_PROBE || (skb.len <= dstMtu(rt) && ipDontFragment(sk, rt));
  const ttl = cork.ttl > 0 ? cork.ttl : rt.rtType === RTN_MULTICAST ? sk.mcTtl : ipSelectTtl(ip, sk, rt);
  const tos = cork.tos >= 0 ? cork.tos : sk.tos;
  const nh = skb.networkHeader;
  const view = skb.view;
  ipcbClear(skb);
  view.setInt32(nh, ((0x45 + (optlen >> 2)) << 24) | (tos << 16));
  view.setInt32(nh + 4, df ? IP_DF : 0);
  view.setInt32(nh + 8, (ttl << 24) | (sk.protocol << 16));
  view.setInt32(nh + 12, fl.saddr);
  view.setInt32(nh + 16, opt !== null && opt.srr !== 0 ? opt.faddr : fl.daddr);
  ipSelectIdentSegs(ip, skb, sk, fl.saddr, fl.daddr, sk.protocol, 1);
  if (opt !== null && optlen !== 0) ipOptionsBuild(skb, opt, cork.addr, rt, ip);
  skb.priority = cork.priority;
  skb.mark = cork.mark;
  skb.dst = rt;
  if (sk.protocol === IPPROTO_ICMP) icmpOutCount(ip, skb.u8[skb.transportHeader]!);
  corkRelease(cork);
  return skb;
}

/** Builds one datagram from a message; the contract is that of `InetAf.makeSkb` (ip_make_skb). @alpha */
export function ipMakeSkb(
  sk: InetSock, fl: Flowi, msg: MsgHdr, length: number, transhdrlen: number, ipc: IpcmCookie, dst: DstEntry, flags: number,
): Skb | null {
  fl.error = 0;
  if ((flags & MSG_PROBE) !== 0) return null;
  const ip = sk.net.get(IPV4);
  const cork = ip.corkScratch;
  const queue = ip.queueScratch;
  const src = ip.msgSource;
  let err = ipSetupCork(sk, cork, ipc, dst, fl.daddr);
  if (err === 0) {
    src.msg = msg;
    err = ipAppend(sk, fl, queue, cork, src, length, transhdrlen, flags);
    src.msg = null;
  }
  if (err !== 0) {
    skbQueuePurge(queue, DROP.NOT_SPECIFIED);
    cork.dst = null;
    fl.error = err;
    return null;
  }
  return ipFinish(sk, fl, queue, cork);
}

/** Sends a packet made by {@link ipMakeSkb} (ip_send_skb). Consumes it; 0 or a negative errno. @alpha */
export function ipSendSkb(net: Net, skb: Skb): number {
  const err = ipLocalOut(net, skb.sk as InetSock | null, skb);
  if (err === 0 || err === NET_XMIT_CN) return 0; // congestion is no error of the sender's
  net.get(IPV4).mib[IPSTATS_MIB_OUTDISCARDS]!++;
  return err > 0 ? -ENOBUFS : err;
}

/** Adds to the datagram that the socket holds back; the contract is that of `InetAf.appendData` (ip_append_data). @alpha */
export function ipAppendData(
  sk: InetSock, fl: Flowi, msg: MsgHdr, length: number, transhdrlen: number, ipc: IpcmCookie, dst: DstEntry, flags: number,
): number {
  if ((flags & MSG_PROBE) !== 0) return 0;
  const cork = sk.cork!;
  if (sk.writeQueue.head === null) {
    const err = ipSetupCork(sk, cork, ipc, dst, fl.daddr);
    if (err !== 0) return err;
  } else {
    transhdrlen = 0;
  }
  const src = sk.net.get(IPV4).msgSource;
  src.msg = msg;
  const err = ipAppend(sk, fl, sk.writeQueue, cork, src, length, transhdrlen, flags);
  src.msg = null;
  return err;
}

/** Turns what the socket holds back into a packet (ip_finish_skb). @alpha */
export function ipFinishSkb(sk: InetSock, fl: Flowi, cork: InetCork): Skb | null {
  return ipFinish(sk, fl, sk.writeQueue, cork);
}
