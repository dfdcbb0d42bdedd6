/**
 * The error queue of sockets with IP_RECVERR (ip(7), recv(2) MSG_ERRQUEUE; the error half of ip_sockglue.c).
 *
 * A queued error is a copy of the packet that failed. Its control block says what happened: `cb6` errno, `cb7` origin, type
 * and code, `cb8` info, `cb9` port (and RFC 4884's offset above it, with its flag in the top byte of `cb7`), `cb10` the destination of the packet that failed, `cb11` who reported it.
 */
// datapath-ok-file: reading errors
import { EAGAIN, EFAULT } from '@linnet/kernel';
import {
  AF_INET, ICMPHDR_LEN, ICMP_DEST_UNREACH, ICMP_PARAMETERPROB, ICMP_TIME_EXCEEDED, SO_EE_RFC4884_FLAG_INVALID, IPHDR_LEN, IP_RECVERR, MSG_ERRQUEUE, MSG_TRUNC, SOL_IP, SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_LOCAL, icmpCode, icmpType, iphDaddr, iphSaddr, iphSetDaddr, iphSetVersionIhl, sockaddrIn,
} from '@linnet/uapi';
import { allocSkb, consumeSkb, DROP, kfreeSkbReason, skbClone, skbDequeue, skbEat, skbPut } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { putCmsg, putNotice, skbCopyDatagramMsg, skbIsNotice, sockQueueErrSkb } from '@linnet/socket';
import type { MsgHdr } from '@linnet/socket';
import type { InetSock } from '@linnet/inet';
import { ipCmsgRecv } from './ip-cmsg.ts';
import { icmpOuterHeader } from './ip-quote.ts';

/**
 * Queues an ICMP error for a socket: `networkHeader` at the quoted IP header, `payloadOff` from `data` to what the user sent. Does
 * not consume (ip_icmp_error).
 * @alpha
 */
export function ipIcmpError(sk: InetSock, skb: Skb, err: number, port: number, info: number, payloadOff: number): void {
  if (payloadOff > skb.len) return;
  const at = skb.transportHeader;
  const copy = skbClone(skb);
  copy.cb6 = err;
  copy.cb7 = SO_EE_ORIGIN_ICMP | (icmpType(skb.view, at) << 8) | (icmpCode(skb.view, at) << 16);
  copy.cb8 = info | 0;
  copy.cb9 = port;
  copy.cb10 = iphDaddr(skb.view, skb.networkHeader);
  copy.cb11 = iphSaddr(skb.view, icmpOuterHeader(skb));
  skbEat(copy, payloadOff);
  // What control messages tell is of the packet that brought the error; behind its headers is what the user sent.
  copy.networkHeader = icmpOuterHeader(skb);
  copy.transportHeader = copy.data;
  if (sk.recverrRfc4884) noteExtensions(skb, copy);
  sockQueueErrSkb(sk, copy);
}

/** A quote with extensions behind it is padded to at least so many bytes (RFC 4884 section 5.1). */
const MIN_QUOTE = 128;

/** Do the extensions at `off` of the queued packet make sense? (RFC 4884 section 7) */
function extensionsValid(copy: Skb, off: number): boolean {
  const { view, data } = copy;
  const at = data + off;
  const end = data + copy.len;
  // Another version may mean anything: it is for the user to judge.
  if (view.getUint8(at) >> 4 !== 2) return true;
  if (view.getUint16(at + 2) !== 0) {
    let sum = 0;
    for (let i = at; i + 1 < end; i += 2) sum += view.getUint16(i);
    if (((end - at) & 1) !== 0) sum += view.getUint8(end - 1) << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    if (sum !== 0xffff) return false;
  }
  for (let o = at + 4; o < end; ) {
    if (o + 4 > end) return false;
    const len = view.getUint16(o);
    if (len < 4 || o + len > end) return false;
    o += len;
  }
  return true;
}

/** Says where in the queued packet the extensions of an error begin (ip_icmp_error_rfc4884): its length field counts words of the quote. */
function noteExtensions(skb: Skb, copy: Skb): void {
  const th = skb.transportHeader;
  const type = icmpType(skb.view, th);
  if (type !== ICMP_DEST_UNREACH && type !== ICMP_TIME_EXCEEDED && type !== ICMP_PARAMETERPROB) return;
  const quote = skb.view.getUint8(th + 5) * 4;
  // Bytes of the quote that are not handed on: its IP and transport headers.
  const headers = copy.data - th - ICMPHDR_LEN;
  if (quote < MIN_QUOTE || quote < headers) return;
  const off = quote - headers;
  if (off + 4 > copy.len || copy.dataLen !== 0) return;
  copy.cb9 |= off << 16;
  if (!extensionsValid(copy, off)) copy.cb7 |= SO_EE_RFC4884_FLAG_INVALID << 24;
}

/** Queues an error found on this machine, if the socket wants them (ip_local_error). @alpha */
export function ipLocalError(sk: InetSock, err: number, daddr: number, port: number, info: number): void {
  if (!sk.recverr) return;
  const skb = allocSkb(sk.pool, IPHDR_LEN);
  const at = skbPut(skb, IPHDR_LEN);
  skb.u8.fill(0, at, at + IPHDR_LEN);
  skb.networkHeader = at;
  skb.transportHeader = at + IPHDR_LEN;
  iphSetVersionIhl(skb.view, at, IPHDR_LEN >> 2);
  iphSetDaddr(skb.view, at, daddr);
  skbEat(skb, IPHDR_LEN);
  skb.cb6 = err;
  skb.cb7 = SO_EE_ORIGIN_LOCAL;
  skb.cb8 = info | 0;
  skb.cb9 = port;
  skb.cb10 = daddr;
  sockQueueErrSkb(sk, skb);
}

/** recvmsg with MSG_ERRQUEUE: the bytes of the oldest error's packet, or -EAGAIN (ip_recv_error). @alpha */
export function ipRecvError(sk: InetSock, msg: MsgHdr, len: number): number {
  const skb = skbDequeue(sk.errorQueue);
  if (skb === null) return -EAGAIN;
  // The pending error follows the queue: the next one's, or none.
  const next = sk.errorQueue.head;
  const wasIcmp = (skb.cb7 & 0xff) === SO_EE_ORIGIN_ICMP;
  if (next !== null && (next.cb7 & 0xff) === SO_EE_ORIGIN_ICMP) sk.err = next.cb6;
  else if (wasIcmp) sk.err = 0;
  if (next !== null) sk.errorReport(sk);

  const copied = Math.min(skb.len, len);
  if (skb.len > len) msg.flags |= MSG_TRUNC;
  if (skbCopyDatagramMsg(skb, 0, msg, copied) !== copied) {
    kfreeSkbReason(skb, DROP.SKB_UCOPY_FAULT);
    return -EFAULT;
  }
  if (skbIsNotice(skb)) {
    putNotice(sk, msg, skb, false);
    consumeSkb(skb);
    return copied;
  }
  msg.name = sockaddrIn(skb.cb10, skb.cb9 & 0xffff);

  // struct sock_extended_err, then the sockaddr_in of who reported it.
  const data = new Uint8Array(32);
  const view = new DataView(data.buffer);
  view.setUint32(0, skb.cb6, true);
  view.setUint32(4, skb.cb7 & 0xffffff, true); // origin, type, code, pad
  view.setUint32(8, skb.cb8 >>> 0, true);
  view.setUint16(12, skb.cb9 >>> 16, true);
  view.setUint8(14, skb.cb7 >>> 24);
  if (wasIcmp) {
    view.setUint16(16, AF_INET, true);
    view.setInt32(20, skb.cb11);
    if (sk.cmsgFlags !== 0) ipCmsgRecv(sk, msg, skb);
  }
  putCmsg(msg, SOL_IP, IP_RECVERR, data);
  msg.flags |= MSG_ERRQUEUE;
  consumeSkb(skb);
  return copied;
}
