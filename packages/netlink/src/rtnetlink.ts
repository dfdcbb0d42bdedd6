/** rtnetlink: which handler answers, and telling who listens. */
import { EOPNOTSUPP, EPERM, type Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { CAP_NET_ADMIN, NETLINK_ROUTE, NLM_F_BULK, NLM_F_DUMP, NLM_F_ECHO, NlWriter, RTM_BASE, RTM_MAX } from '@linnet/uapi';
import { nlSetErrMsg } from './extack.ts';
import { netlinkNetCapable } from './netlink-capable.ts';
import { netlinkDumpStart } from './netlink-dump.ts';
import { netlinkHasListeners, netlinkSendskb, netlinkSetErr, netlinkUnicast, nlmsgNotify } from './netlink-deliver.ts';
import { netlinkRcvSkb } from './netlink-rcv.ts';
import type { NetlinkSock } from './netlink-sock.ts';
import { type NlRequest, nlreqLen } from './request.ts';
import { RTNL_FLAG_BULK_DEL_SUPPORTED, RTNL_FLAG_DUMP_SPLIT_NLM_DONE, rtnlGetLink } from './rtnl-register.ts';

const KIND_DEL = 1;
const KIND_GET = 2;

/** A datagram for NETLINK_ROUTE (rtnetlink_rcv). */
export function rtnetlinkRcv(net: Net, sk: NetlinkSock, skb: Skb): void {
  netlinkRcvSkb(net, sk, skb, rtnetlinkRcvMsg);
}

/** One rtnetlink request: finds the family's handler, else that of PF_UNSPEC (rtnetlink_rcv_msg). */
export function rtnetlinkRcvMsg(req: NlRequest, skb: Skb): number {
  const { net, type } = req;
  if (type > RTM_MAX) return -EOPNOTSUPP;
  if (nlreqLen(req) < 1) return 0;
  const k = net.kernel;
  const kind = (type - RTM_BASE) & 3;
  if (kind !== KIND_GET && !netlinkNetCapable(req, CAP_NET_ADMIN)) return -EPERM;
  if (kind === KIND_GET && (req.flags & NLM_F_DUMP) !== 0) {
    let link = rtnlGetLink(k, req.family, type);
    if (link?.dumpit === undefined) link = rtnlGetLink(k, 0, type);
    const dumpit = link?.dumpit;
    if (link === null || dumpit === undefined) return -EOPNOTSUPP;
    return netlinkDumpStart(req, skb, {
      dump: (r, w, cb) => dumpit(r.net, r, w, cb),
      splitDone: ((link.flags ?? 0) & RTNL_FLAG_DUMP_SPLIT_NLM_DONE) !== 0,
    });
  }
  let link = rtnlGetLink(k, req.family, type);
  if (link?.doit === undefined) link = rtnlGetLink(k, 0, type);
  if (kind === KIND_DEL && (req.flags & NLM_F_BULK) !== 0 && link !== null && ((link.flags ?? 0) & RTNL_FLAG_BULK_DEL_SUPPORTED) === 0) {
    nlSetErrMsg(req.extack, 'Bulk delete is not supported');
    return -EOPNOTSUPP;
  }
  if (link?.doit === undefined) return -EOPNOTSUPP;
  const reply = new NlWriter({ capacity: 512 });
  const err = link.doit(net, req, reply);
  if (err < 0) return err;
  if (reply.start >= 0) reply.cancel();
  if (reply.len > 0) return netlinkSendskb(req.sk, reply.u8, reply.len, 0, 0);
  return 0;
}

/**
 * Tells the listeners of a group (RTNLGRP_*), and the requester if it asked for an echo, of complete messages (rtnl_notify).
 * `req` is the request that caused the change, or null; build the messages with its `seq` and `portid` (0 and 0 without).
 * @alpha
 */
export function rtnlNotify(net: Net, w: NlWriter, group: number, req: NlRequest | null = null): void {
  if (w.len > 0) nlmsgNotify(net, NETLINK_ROUTE, w, group, req);
}

/** Would anybody hear of it? Lets a caller not build messages in vain (rtnl_notify_needed). @alpha */
export function rtnlNotifyNeeded(net: Net, group: number, req: NlRequest | null = null): boolean {
  return (req !== null && (req.flags & NLM_F_ECHO) !== 0) || netlinkHasListeners(net, NETLINK_ROUTE, group);
}

/** Sends complete messages to one rtnetlink port (rtnl_unicast). @alpha */
export function rtnlUnicast(net: Net, w: NlWriter, portid: number): number {
  return netlinkUnicast(net, NETLINK_ROUTE, w, portid);
}

/** Tells the listeners of a group that they missed something (rtnl_set_sk_err); `err` positive. @alpha */
export function rtnlSetSkErr(net: Net, group: number, err: number): void {
  netlinkSetErr(net, NETLINK_ROUTE, group, err);
}

/**
 * Dumps `items` in order, one message each: `fill` writes the message of one item and returns what `w.end()` said, or 0 to pass it over. The position is kept in
 * `cb.i` (its first `cb.i` items are done), so `items` must come in the same order each time; set `cb.seq` when that can change. Returns what a dumpit returns.
 * @alpha
 */
export function rtnlDump<T>(items: Iterable<T>, w: NlWriter, cb: { i: number }, fill: (item: T, w: NlWriter) => number): number {
  let n = 0;
  for (const item of items) {
    if (n++ < cb.i) continue;
    const ret = fill(item, w);
    if (ret < 0) return ret;
    cb.i = n;
  }
  return 0;
}
