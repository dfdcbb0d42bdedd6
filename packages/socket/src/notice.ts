/**
 * Notices in a socket's error queue that are no errors: that the bytes of sends with MSG_ZEROCOPY are the sender's again (the kernel's msg_zerocopy
 * document), and when a packet left (tx-stamp.ts). Like all packets of that queue they say in
 * their control block what they are: `cb6` errno, `cb7` origin, type and code (a byte each), `cb8` info; `cb9` is the data.
 */
import { allocSkb, type Skb } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, IP_RECVERR, IPV6_RECVERR, MSG_ERRQUEUE, SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_TIMESTAMPING, SO_EE_ORIGIN_ZEROCOPY, SOF_TIMESTAMPING_OPT_CMSG, SOL_IP, SOL_IPV6,
} from '@linnet/uapi';
import { type MsgHdr, putCmsg } from './msg.ts';
import type { Sock } from './sock.ts';
import { sockRare } from './sock-rare.ts';
import { sockQueueErrSkb } from './sock-queue.ts';
import { putRecvTimestamp } from './timestamp.ts';

const SEND_DONE: number = SO_EE_ORIGIN_ZEROCOPY | (SO_EE_CODE_ZEROCOPY_COPIED << 16);

/** Is a packet of an error queue a notice of the socket layer? @alpha */
export function skbIsNotice(skb: Skb): boolean {
  const origin = skb.cb7 & 0xff;
  return origin === SO_EE_ORIGIN_ZEROCOPY || origin === SO_EE_ORIGIN_TIMESTAMPING;
}

/**
 * Tells a sender that asked with MSG_ZEROCOPY that its bytes are its own again. They were copied, which the notice says, so that is at once; a notice that nobody has read yet grows by the next
 * call.
 * @alpha
 */
export function sockZerocopyDone(sk: Sock): void {
  const r = sockRare(sk);
  const id = r.zerocopySends;
  r.zerocopySends = (id + 1) >>> 0;
  const last = sk.errorQueue.tail;
  if (last !== null && last.cb7 === SEND_DONE && ((last.cb9 + 1) | 0) === (id | 0)) {
    last.cb9 = id | 0;
    return;
  }
  const skb = allocSkb(sk.pool, 0);
  skb.cb6 = 0;
  skb.cb7 = SEND_DONE;
  skb.cb8 = id | 0;
  skb.cb9 = id | 0;
  sockQueueErrSkb(sk, skb);
}

/**
 * Writes a notice to a message: its time if the sock wants it, and the control message of a family (struct sock_extended_err and an address). With a packet goes the address that sent it: always
 * for IPv6, for IPv4 with SOF_TIMESTAMPING_OPT_CMSG.
 * @alpha
 */
export function putNotice(sk: Sock, msg: MsgHdr, skb: Skb, six: boolean): void {
  if (skb.tstamp > 0) putRecvTimestamp(sk, msg, skb);
  const addrLen = six ? 28 : 16;
  const data = new Uint8Array(16 + addrLen);
  const view = new DataView(data.buffer);
  view.setUint32(0, skb.cb6, true);
  view.setInt32(4, skb.cb7, true);
  view.setInt32(8, skb.cb8, true);
  view.setInt32(12, skb.cb9, true);
  const headers = skb.len > 0 && skb.networkHeader >= 0;
  if (headers && six) {
    view.setUint16(16, AF_INET6, true);
    for (let i = 0; i < 16; i++) data[24 + i] = skb.u8[skb.networkHeader + 8 + i]!;
  } else if (headers && ((sk.rare?.tsflags ?? 0) & SOF_TIMESTAMPING_OPT_CMSG) !== 0) {
    view.setUint16(16, AF_INET, true);
    for (let i = 0; i < 4; i++) data[20 + i] = skb.u8[skb.networkHeader + 12 + i]!;
  }
  putCmsg(msg, six ? SOL_IPV6 : SOL_IP, six ? IPV6_RECVERR : IP_RECVERR, data);
  msg.name = null;
  msg.flags |= MSG_ERRQUEUE;
}
