/** Getting messages to sockets: unicast, groups, and what happens when a reader is too slow. */
import { EAGAIN, ECONNREFUSED, ENOBUFS, ESRCH, type Net } from '@linnet/kernel';
import { allocSkb, consumeSkb, DROP, kfreeSkbReason, type Skb, skbClone, skbOrphan, skbPut, skbQueueTail } from '@linnet/skbuff';
import { skFilterTrimCap } from '@linnet/socket';
import { NLM_F_ECHO, type NlWriter } from '@linnet/uapi';
import { peernet2id, peernetHasId } from './net-ids.ts';
import {
  NETLINK_F_BROADCAST_SEND_ERROR, NETLINK_F_LISTEN_ALL_NSID, NETLINK_F_RECV_NO_ENOBUFS, netlinkHasGroup, type NetlinkSock,
} from './netlink-sock.ts';
import { NETLINK, netlinkTable } from './netlink-table.ts';
import type { NlRequest } from './request.ts';

/*
 * The control block of a netlink skb: who sent it (port), to which group, and from which namespace (its id in the reader's; only for sockets that hear all).
 *   cb0 port id (int32)   cb1 group   cb2 nsid   cb3 1 when nsid is set
 */

/** A new skb with `len` bytes of `u8`, from `portid` to `group`. */
export function netlinkAllocSkb(nlk: NetlinkSock, u8: Uint8Array, len: number, portid: number, group: number): Skb {
  const skb = allocSkb(nlk.pool, len);
  const off = skbPut(skb, len);
  skb.u8.set(len === u8.length ? u8 : u8.subarray(0, len), off);
  skb.cb0 = portid | 0;
  skb.cb1 = group;
  return skb;
}

function netlinkSkbDestructor(skb: Skb): void {
  (skb.sk as NetlinkSock).rmemAlloc -= skb.truesize;
}

/** Queues an skb on a socket, if the socket's filter lets it, and wakes its reader; consumes it. */
export function netlinkQueueSkb(nlk: NetlinkSock, skb: Skb): void {
  if (nlk.filter !== null && skFilterTrimCap(nlk, skb, 1) !== 0) {
    kfreeSkbReason(skb, DROP.SOCKET_FILTER);
    return;
  }
  if (skb.destructor !== null) skbOrphan(skb);
  skb.sk = nlk;
  skb.destructor = netlinkSkbDestructor;
  nlk.rmemAlloc += skb.truesize;
  skbQueueTail(nlk.receiveQueue, skb);
  nlk.dataReady(nlk);
}

/** Messages are lost: the reader is told ENOBUFS once, until it has emptied its queue (netlink_overrun). @alpha */
export function netlinkOverrun(nlk: NetlinkSock): void {
  if ((nlk.nlFlags & NETLINK_F_RECV_NO_ENOBUFS) === 0 && !nlk.congested) {
    nlk.congested = true;
    nlk.err = ENOBUFS;
    nlk.errorReport(nlk);
  }
  nlk.drops++;
}

/** May the socket take another message now? */
export function netlinkRoom(nlk: NetlinkSock): boolean {
  return nlk.rmemAlloc <= nlk.rcvbuf && !(nlk.congested && (nlk.nlFlags & NETLINK_F_RECV_NO_ENOBUFS) === 0);
}

/** Sends `len` bytes of `u8` from the kernel to a socket (netlink_unicast). When the buffer is full they are lost, and the reader is told: -EAGAIN. */
export function netlinkSendskb(nlk: NetlinkSock, u8: Uint8Array, len: number, portid: number, group: number): number {
  if (nlk.gone) return -ECONNREFUSED;
  if (!netlinkRoom(nlk)) {
    netlinkOverrun(nlk);
    return -EAGAIN;
  }
  netlinkQueueSkb(nlk, netlinkAllocSkb(nlk, u8, len, portid, group));
  return 0;
}

/** Sends complete messages to the socket of `portid` (netlink_unicast from the kernel). Returns 0, -ECONNREFUSED when there is none, -EAGAIN when it is full. @alpha */
export function netlinkUnicast(net: Net, protocol: number, w: NlWriter, portid: number): number {
  const nlk = netlinkTable(net, protocol)?.ports.get(portid >>> 0);
  return nlk === undefined ? -ECONNREFUSED : netlinkSendskb(nlk, w.u8, w.len, 0, 0);
}

/** Does anybody listen to the group? (netlink_has_listeners) @alpha */
export function netlinkHasListeners(net: Net, protocol: number, group: number): boolean {
  if ((netlinkTable(net, protocol)?.listeners[group] ?? 0) > 0) return true;
  for (const nlk of net.kernel.get(NETLINK).allNsid) {
    if (nlk.net !== net && nlk.protocol === protocol && netlinkHasGroup(nlk, group)) return true;
  }
  return false;
}

/** Gives one listener its copy. Returns -ENOBUFS when it was lost and the listener wants senders to know. */
function deliverOne(nlk: NetlinkSock, from: Net, skb: Skb): number {
  let nsid = 0;
  let hasNsid = 0;
  if (nlk.net !== from) {
    if ((nlk.nlFlags & NETLINK_F_LISTEN_ALL_NSID) === 0 || !peernetHasId(nlk.net, from)) return -ESRCH;
    nsid = peernet2id(nlk.net, from);
    hasNsid = 1;
  }
  if (!netlinkRoom(nlk)) {
    netlinkOverrun(nlk);
    return (nlk.nlFlags & NETLINK_F_BROADCAST_SEND_ERROR) !== 0 ? -ENOBUFS : 0;
  }
  const copy = skbClone(skb);
  copy.cb0 = skb.cb0;
  copy.cb1 = skb.cb1;
  copy.cb2 = nsid;
  copy.cb3 = hasNsid;
  netlinkQueueSkb(nlk, copy);
  return 0;
}

/**
 * Sends an skb to all members of a group that have a port, but `exclude` (netlink_broadcast). Consumes the skb.
 * Returns 0, -ESRCH when nobody got it, -ENOBUFS when a listener that asked for it (NETLINK_BROADCAST_ERROR) lost it.
 * @alpha
 */
export function netlinkBroadcastSkb(net: Net, protocol: number, skb: Skb, exclude: number, group: number): number {
  const table = netlinkTable(net, protocol);
  let delivered = false;
  let failed = false;
  const to = (nlk: NetlinkSock): void => {
    // A socket without a port has number 0, and so is passed over where nobody is meant to be: bind before you listen.
    if (!netlinkHasGroup(nlk, group) || nlk.portid === exclude) return;
    const err = deliverOne(nlk, net, skb);
    if (err === 0) delivered = true;
    else if (err === -ENOBUFS) failed = true;
  };
  if (table !== null) for (const nlk of table.multicast) to(nlk);
  for (const nlk of net.kernel.get(NETLINK).allNsid) if (nlk.net !== net && nlk.protocol === protocol) to(nlk);
  if (delivered) consumeSkb(skb);
  else kfreeSkbReason(skb, DROP.NO_SOCKET);
  return failed ? -ENOBUFS : delivered ? 0 : -ESRCH;
}

/** Sends complete messages to all members of a group but the socket of port `exclude` (0: nobody) (nlmsg_multicast). @alpha */
export function netlinkBroadcast(net: Net, protocol: number, w: NlWriter, exclude: number, group: number): number {
  if (!netlinkHasListeners(net, protocol, group)) return -ESRCH;
  const table = netlinkTable(net, protocol);
  const some = firstOf(table?.multicast) ?? firstOf(net.kernel.get(NETLINK).allNsid);
  if (some === null) return -ESRCH;
  return netlinkBroadcastSkb(net, protocol, netlinkAllocSkb(some, w.u8, w.len, 0, group), exclude, group);
}

function firstOf(set: ReadonlySet<NetlinkSock> | undefined): NetlinkSock | null {
  if (set !== undefined) for (const nlk of set) return nlk;
  return null;
}

/** Tells the members of a group that something could not be said (netlink_set_err): `err` is a positive errno. @alpha */
export function netlinkSetErr(net: Net, protocol: number, group: number, err: number): void {
  const table = netlinkTable(net, protocol);
  if (table === null) return;
  for (const nlk of table.multicast) {
    if (!netlinkHasGroup(nlk, group)) continue;
    if (err === ENOBUFS && (nlk.nlFlags & NETLINK_F_RECV_NO_ENOBUFS) !== 0) continue;
    nlk.err = err;
    nlk.errorReport(nlk);
  }
}

/**
 * Tells a group, and the requester itself when it wants an echo (nlmsg_notify). `req` is the request that caused it, or null.
 * @alpha
 */
export function nlmsgNotify(net: Net, protocol: number, w: NlWriter, group: number, req: NlRequest | null): number {
  const report = req !== null && (req.flags & NLM_F_ECHO) !== 0;
  let err = 0;
  if (group !== 0) err = netlinkBroadcast(net, protocol, w, report ? req.portid : 0, group);
  if (report) {
    const err2 = netlinkSendskb(req.sk, w.u8, w.len, 0, 0);
    if (err === 0 || err === -ESRCH) err = err2;
  }
  return err === -ESRCH ? 0 : err;
}
