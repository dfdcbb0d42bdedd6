/** What raw and ping sockets share: their way to the user, and the questions of ioctl(2). */
import { EFAULT, ENOIOCTLCMD, EOPNOTSUPP } from '@linnet/kernel';
import { consumeSkb, DROP, kfreeSkbReason } from '@linnet/skbuff';
import { intOpt, skbCopyDatagramMsg, skbRecvDatagram, sockRecvCmsgs } from '@linnet/socket';
import type { MsgHdr, Sock } from '@linnet/socket';
import type { InetSock } from '@linnet/inet';
import { iphSaddr, MSG_ERRQUEUE, MSG_OOB, MSG_TRUNC, SIOCINQ, SIOCOUTQ, sockaddrIn } from '@linnet/uapi';
import { ipCmsgRecv } from './ip-cmsg.ts';
import { ipRecvError } from './ip-error-queue.ts';

/**
 * recvmsg(2): the oldest packet, from its `data` on, with its sender and what was asked for (raw_recvmsg, ping_recvmsg). Returns the bytes copied, all there were
 * with MSG_TRUNC; -EAGAIN, -EOPNOTSUPP, -EFAULT or the socket's error.
 * @alpha
 */
export function datagramRecvmsg(sk: InetSock, msg: MsgHdr, size: number, flags: number): number {
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if ((flags & MSG_ERRQUEUE) !== 0) return ipRecvError(sk, msg, size);
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
  msg.name = sockaddrIn(iphSaddr(skb.view, skb.networkHeader), 0);
  if (sk.cmsgFlags !== 0) ipCmsgRecv(sk, msg, skb);
  consumeSkb(skb);
  return (flags & MSG_TRUNC) !== 0 ? full : copied;
}

/** SIOCOUTQ and SIOCINQ: bytes that wait to be sent, and of the next packet (raw_ioctl). -ENOIOCTLCMD for others. @alpha */
export function datagramIoctl(sk: Sock, cmd: number, arg: Uint8Array): number {
  if (cmd === SIOCOUTQ) arg.set(intOpt(sk.wmemAlloc));
  else if (cmd === SIOCINQ) arg.set(intOpt(sk.receiveQueue.head?.len ?? 0));
  else return -ENOIOCTLCMD;
  return 0;
}
