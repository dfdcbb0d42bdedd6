/** Acknowledgements: NLMSG_ERROR with what the socket asked to be told. */
import {
  NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_ERROR, NLMSG_HDRLEN, NLMSGERR_ATTR_COOKIE, NLMSGERR_ATTR_MISS_NEST, NLMSGERR_ATTR_MISS_TYPE, NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS, NlWriter,
} from '@linnet/uapi';
import { netlinkSendskb } from './netlink-deliver.ts';
import { NETLINK_F_CAP_ACK, NETLINK_F_EXT_ACK } from './netlink-sock.ts';
import { putPolicy } from './nla-policy-tlv.ts';
import type { NlRequest } from './request.ts';

/** Is there anything to say beside the errno? */
export function hasTlvs(req: NlRequest, err: number): boolean {
  const { extack } = req;
  if (extack.msg !== '') return true;
  if (err === 0) return extack.cookie !== null;
  return extack.badAttr !== 0 || extack.missType >= 0 || extack.missNest !== 0;
}

/** Writes the attributes of an acknowledgement (netlink_ack_tlv_fill). */
export function ackTlvs(w: NlWriter, req: NlRequest, err: number): void {
  const { extack } = req;
  if (extack.msg !== '') w.putString(NLMSGERR_ATTR_MSG, extack.msg);
  if (err === 0) {
    if (extack.cookie !== null) w.putBytes(NLMSGERR_ATTR_COOKIE, extack.cookie);
    return;
  }
  if (extack.badAttr > req.nlh && extack.badAttr < req.end) w.putU32(NLMSGERR_ATTR_OFFS, extack.badAttr - req.nlh);
  if (extack.policy !== null) putPolicy(w, extack.policy);
  if (extack.missType >= 0) w.putU32(NLMSGERR_ATTR_MISS_TYPE, extack.missType);
  if (extack.missNest > req.nlh && extack.missNest < req.end) w.putU32(NLMSGERR_ATTR_MISS_NEST, extack.missNest - req.nlh);
}

/** Answers a request with its result `err`, 0 or a negative errno (netlink_ack). An error repeats the request unless NETLINK_CAP_ACK is set. @alpha */
export function netlinkAck(req: NlRequest, err: number): void {
  const nlk = req.sk;
  const whole = err !== 0 && (nlk.nlFlags & NETLINK_F_CAP_ACK) === 0;
  const tlvs = (nlk.nlFlags & NETLINK_F_EXT_ACK) !== 0 && hasTlvs(req, err);
  const w = new NlWriter({ capacity: 64 + (whole ? req.len : 0) });
  w.begin(NLMSG_ERROR, (whole ? 0 : NLM_F_CAPPED) | (tlvs ? NLM_F_ACK_TLVS : 0), req.seq, req.portid);
  const off = w.reserve(4);
  w.view.setInt32(off, err, true);
  const n = whole ? req.len : NLMSG_HDRLEN;
  // An odd request comes back with its padding, which counts.
  const at = w.reserve((n + 3) & ~3);
  w.u8.set(req.u8.subarray(req.nlh, req.nlh + n), at);
  if (tlvs) ackTlvs(w, req, err);
  w.end();
  netlinkSendskb(nlk, w.u8, w.len, 0, 0);
}
