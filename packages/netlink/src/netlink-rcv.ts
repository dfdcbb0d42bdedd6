/** A datagram for the kernel: its messages, one by one, each with its acknowledgement. */
import { EINTR, type Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_HDRLEN, NLMSG_MIN_TYPE, nlmsgAlign, nlmsgLen } from '@linnet/uapi';
import { netlinkAck } from './netlink-ack.ts';
import { NETLINK_F_STRICT_CHK, type NetlinkSock } from './netlink-sock.ts';
import { NlRequest } from './request.ts';

/** Answers one message: 0 or a negative errno; -EINTR means that no acknowledgement is wanted. @alpha */
export type NlHandler = (req: NlRequest, skb: Skb) => number;

/**
 * Walks the messages of a datagram (netlink_rcv_skb): requests go to `handler`; what asks for it or fails is acknowledged. Does not consume the skb.
 * @alpha
 */
export function netlinkRcvSkb(net: Net, sk: NetlinkSock, skb: Skb, handler: NlHandler): void {
  const { u8, view } = skb;
  let off = skb.data;
  const end = skb.data + skb.len;
  while (end - off >= NLMSG_HDRLEN) {
    const len = nlmsgLen(view, off);
    if (len < NLMSG_HDRLEN || len > end - off) return;
    const req = new NlRequest(net, sk, u8, view, off, (sk.nlFlags & NETLINK_F_STRICT_CHK) !== 0, sk.portid);
    let err = 0;
    if ((req.flags & NLM_F_REQUEST) !== 0 && req.type >= NLMSG_MIN_TYPE) err = handler(req, skb);
    if (err !== -EINTR && (err !== 0 || (req.flags & NLM_F_ACK) !== 0)) netlinkAck(req, err);
    off += nlmsgAlign(len);
  }
}
