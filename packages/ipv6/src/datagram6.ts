/** What raw and ping sockets of IPv6 share: fixing the source of a message, and their way to the user. */
// datapath-ok-file: system calls of raw and ping sockets
import { EADDRNOTAVAIL, EFAULT, EINVAL, ENODEV, ENOIOCTLCMD, EOPNOTSUPP } from '@linnet/kernel';
import { consumeSkb, DROP, kfreeSkbReason } from '@linnet/skbuff';
import { intOpt, skbCopyDatagramMsg, skbRecvDatagram, sockRecvCmsgs } from '@linnet/socket';
import type { MsgHdr, Sock } from '@linnet/socket';
import { devGetByIndex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import type { InetSock, IpcmCookie } from '@linnet/inet';
import { ip6FlowLabel, ip6TrafficClass, MSG_ERRQUEUE, MSG_OOB, MSG_TRUNC, SIOCINQ, SIOCOUTQ, SOCK_RAW, sockaddrIn6 } from '@linnet/uapi';
import type { SockAddr } from '@linnet/uapi';
import type { Skb } from '@linnet/skbuff';
import { a6Any, a6Load, a6Mapped, a6Multicast, IPV6_ADDR_LINKLOCAL, ipv6AddrType, needsScopeId } from './addr6.ts';
import { ipv6ChkAddr } from './addr-find.ts';
import { ip6CmsgRecv } from './cmsg6.ts';
import { ipv6RecvError, ipv6RecvRxpmtu } from './error-queue6.ts';
import { ip6cbIif } from './ip6-cb.ts';
import { IPV6 } from './ipv6-net.ts';
import { isAnycast } from './mcast-sk.ts';
import { inet6Sk } from './pinfo.ts';

/** May the socket take addresses that are not this machine's: IPV6_FREEBIND, IPV6_TRANSPARENT, ip_nonlocal_bind? @alpha */
export function ipv6CanNonlocalBind(sk: InetSock): boolean {
  return sk.freebind || sk.transparent || sk.net.get(IPV6).sysctlIpNonlocalBind !== 0;
}

/**
 * May the socket bind to this address? A link-local one binds it to the interface `scopeId` (inet6_bind, rawv6_bind). 0, or EINVAL, ENODEV, EADDRNOTAVAIL.
 * @alpha
 */
export function ipv6BindCheck(sk: InetSock, addr: Int32Array, scopeId: number): number {
  const type = ipv6AddrType(addr);
  if (a6Any(addr)) return 0;
  let dev: NetDevice | null = null;
  if (needsScopeId(type)) {
    if (scopeId !== 0) sk.boundDevIf = scopeId;
    if (sk.boundDevIf === 0) return -EINVAL;
  }
  if (sk.boundDevIf !== 0) {
    dev = devGetByIndex(sk.net, sk.boundDevIf);
    if (dev === null) return -ENODEV;
  }
  if (a6Multicast(addr) || ipv6CanNonlocalBind(sk)) return 0;
  const n6 = sk.net.get(IPV6);
  return ipv6ChkAddr(n6, addr, dev, (type & IPV6_ADDR_LINKLOCAL) !== 0) || isAnycast(n6, dev, addr) ? 0 : -EADDRNOTAVAIL;
}

/** Sets `ipc` from the socket, before control messages are read. @alpha */
export function ipcm6Init(sk: InetSock, ipc: IpcmCookie): void {
  const np = inet6Sk(sk)!;
  ipc.oif = sk.boundDevIf;
  ipc.addr6 = null;
  ipc.mark = sk.mark;
  ipc.priority = sk.priority;
  ipc.ttl = -1;
  ipc.tos = -1;
  ipc.dontfrag = -1;
  ipc.gsoSize = 0;
  ipc.flowinfo = 0;
  ipc.opt = np.opt;
  // Of IPV6_PKTINFO set as an option only the interface counts, and raw sockets do not even look at that (Linux 6.18).
  if (np.stickyPktinfo !== null && ipc.oif === 0 && sk.type !== SOCK_RAW) ipc.oif = np.stickyPktinfo.ifindex;
}

/** The sender of a received packet, with the interface of link-local ones. @alpha */
export function senderOf(sk: InetSock | null, skb: Skb, port: number): SockAddr {
  const from = new Int32Array(4);
  const nh = skb.networkHeader;
  a6Load(from, skb.view, nh + 8);
  const flowinfo = inet6Sk(sk)?.sndflow === true ? (ip6TrafficClass(skb.view, nh) << 20) | ip6FlowLabel(skb.view, nh) : 0;
  return sockaddrIn6(from, port, needsScopeId(ipv6AddrType(from)) ? ip6cbIif(skb) : 0, flowinfo);
}

/**
 * recvmsg(2): the oldest packet, from its `data` on, with its sender and what was asked for (rawv6_recvmsg, ping_recvmsg). Returns the bytes copied, all there were
 * with MSG_TRUNC; -EAGAIN, -EOPNOTSUPP, -EFAULT or the socket's error.
 * @alpha
 */
export function datagram6Recvmsg(sk: InetSock, msg: MsgHdr, size: number, flags: number): number {
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if ((flags & MSG_ERRQUEUE) !== 0) return ipv6RecvError(sk, msg, size);
  const np = inet6Sk(sk)!;
  if (np.ext.rxpmtu !== 0) {
    ipv6RecvRxpmtu(sk, msg);
    return 0;
  }
  const skb = skbRecvDatagram(sk, flags);
  if (typeof skb === 'number') return skb;
  const full = skb.len;
  const copied = Math.min(full, size);
  if (copied < full) msg.flags |= MSG_TRUNC;
  if (skbCopyDatagramMsg(skb, 0, msg, copied) !== copied) {
    kfreeSkbReason(skb, DROP.SKB_UCOPY_FAULT);
    return -EFAULT;
  }
  sockRecvCmsgs(sk, msg, skb);
  msg.name = senderOf(sk, skb, 0);
  if (np.rxopt !== 0) ip6CmsgRecv(sk, msg, skb);
  consumeSkb(skb);
  return (flags & MSG_TRUNC) !== 0 ? full : copied;
}

/** SIOCOUTQ and SIOCINQ (rawv6_ioctl). -ENOIOCTLCMD for others. @alpha */
export function datagram6Ioctl(sk: Sock, cmd: number, arg: Uint8Array): number {
  if (cmd === SIOCOUTQ) arg.set(intOpt(sk.wmemAlloc));
  else if (cmd === SIOCINQ) arg.set(intOpt(sk.receiveQueue.head?.len ?? 0));
  else return -ENOIOCTLCMD;
  return 0;
}

/** Is it an address that raw sockets cannot use: they are of IPv6 only? @alpha */
export function notForRaw(addr: Int32Array): boolean {
  return a6Mapped(addr);
}
