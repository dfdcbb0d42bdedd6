/** The family AF_NETLINK: sockets whose other end is the kernel (af_netlink). */
import {
  ECONNREFUSED, EAGAIN, EINVAL, EMSGSIZE, ENETDOWN, ENODATA, EOPNOTSUPP, EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT, type Kernel, type Net,
} from '@linnet/kernel';
import { allocSkb, consumeSkb, DROP, kfreeSkbReason, type Skb, skbGet, skbPut, skbQueuePurge } from '@linnet/skbuff';
import {
  datagramPoll, intOpt, msgCopyFrom, type MsgHdr, type Proto, type ProtoOps, putCmsg, skbCopyDatagramMsg, skbFreeDatagram, skbRecvDatagram, Socket, SOCKET,
  sockGraft, sockOrphan, sockPutNet, sockRegister, SS_CONNECTED, SS_UNCONNECTED,
} from '@linnet/socket';
import {
  AF_NETLINK, AF_UNSPEC, isSockAddrNl, MAX_LINKS, MSG_OOB, MSG_TRUNC, NETLINK_LISTEN_ALL_NSID, NETLINK_PKTINFO, POLLERR, POLLHUP, SOCK_DGRAM, SOCK_RAW, SOL_NETLINK, type SockAddr,
  type SockAddrNl,
} from '@linnet/uapi';
import { netlinkAutobind, netlinkInsert, netlinkRemove, netlinkSetGroupMask } from './netlink-bind.ts';
import { netlinkBroadcastSkb, netlinkQueueSkb, netlinkRoom } from './netlink-deliver.ts';
import { netlinkMayRecv, netlinkMaySend } from './netlink-capable.ts';
import { netlinkDump, netlinkDumpEnd } from './netlink-dump.ts';
import { NETLINK_F_LISTEN_ALL_NSID, NETLINK_F_RECV_PKTINFO, NetlinkSock } from './netlink-sock.ts';
import { netlinkGetsockopt, netlinkSetsockopt } from './netlink-sockopt.ts';
import { NETLINK, netlinkTable } from './netlink-table.ts';

/** `sk_state` of netlink sockets, as netlink_diag shows it; TCP_CLOSE before the first connect. */
const STATE_UNCONNECTED = 0;
const STATE_CONNECTED = 1;
/** What a message may be short of the send buffer. */
const SEND_RESERVE = 32;
/** A reader's buffer counts up to here for the size of dump parts. */
const MAX_RECVMSG_LEN = 32768;

function sockaddrNl(pid: number, groups: number): SockAddrNl {
  return { family: AF_NETLINK, pid, groups };
}

function groupMask(group: number): number {
  return group === 0 || group > 32 ? 0 : (1 << (group - 1)) >>> 0;
}

/** The lowest group of a mask, 0 for none (ffs). */
function lowestGroup(mask: number): number {
  return mask === 0 ? 0 : 32 - Math.clz32(mask & -mask);
}

const no = (): number => -EOPNOTSUPP;

/** netlink has no transport below its family; what the socket layer asks of one. */
const NETLINK_PROTO: Proto = Object.freeze({
  name: 'NETLINK', memory: null, init: () => 0, close: () => undefined, connect: no, disconnect: no, setsockopt: no, getsockopt: no, sendmsg: no, recvmsg: no,
});

/** Ends a sock: no port, no group, no dump, no messages. */
function netlinkDestroy(nlk: NetlinkSock): void {
  if (nlk.gone) return;
  netlinkRemove(nlk);
  nlk.gone = true;
  netlinkDumpEnd(nlk);
  skbQueuePurge(nlk.receiveQueue, DROP.SOCKET_CLOSE);
}

/** The namespace ends: its sockets work no more, and who waits for them is told. */
export function netlinkNetGone(nlk: NetlinkSock): void {
  netlinkDestroy(nlk);
  nlk.err = ENETDOWN;
  nlk.errorReport(nlk);
}

function release(sock: Socket): number {
  const nlk = sock.sk as NetlinkSock | null;
  if (nlk === null) return 0;
  sockOrphan(nlk);
  netlinkDestroy(nlk);
  sock.sk = null;
  sockPutNet(nlk);
  return 0;
}

function bind(sock: Socket, addr: SockAddr): number {
  const nlk = sock.sk as NetlinkSock;
  if (!isSockAddrNl(addr)) return -EINVAL;
  if (nlk.gone) return -ENETDOWN;
  if (addr.groups !== 0 && !netlinkMayRecv(nlk)) return -EPERM;
  const portid = addr.pid >>> 0;
  if (nlk.bound) {
    if (portid !== nlk.portid) return -EINVAL;
  } else {
    const err = portid !== 0 ? netlinkInsert(nlk, portid) : netlinkAutobind(nlk);
    if (err !== 0) return err;
  }
  // Groups given up by a bind without any stay: only a socket that has some loses them.
  if (addr.groups === 0 && nlk.subscriptions === 0) return 0;
  return netlinkSetGroupMask(nlk, addr.groups | 0);
}

function connect(sock: Socket, addr: SockAddr): number {
  const nlk = sock.sk as NetlinkSock;
  if (addr.family === AF_UNSPEC) {
    nlk.dstPortid = 0;
    nlk.dstGroup = 0;
    nlk.state = STATE_UNCONNECTED;
    sock.state = SS_UNCONNECTED;
    return 0;
  }
  if (!isSockAddrNl(addr)) return -EINVAL;
  if (nlk.gone) return -ENETDOWN;
  if ((addr.groups !== 0 || addr.pid !== 0) && !netlinkMaySend(nlk)) return -EPERM;
  if (!nlk.bound) {
    const err = netlinkAutobind(nlk);
    if (err !== 0) return err;
  }
  nlk.dstPortid = addr.pid >>> 0;
  nlk.dstGroup = lowestGroup(addr.groups | 0);
  nlk.state = STATE_CONNECTED;
  sock.state = SS_CONNECTED;
  return 0;
}

function getname(sock: Socket, peer: boolean): SockAddr | number {
  const nlk = sock.sk as NetlinkSock;
  return peer ? sockaddrNl(nlk.dstPortid, groupMask(nlk.dstGroup)) : sockaddrNl(nlk.portid, nlk.groups[0] ?? 0);
}

function poll(sock: Socket): number {
  const nlk = sock.sk as NetlinkSock;
  return nlk.gone ? POLLERR | POLLHUP : datagramPoll(sock);
}

/** To another socket of the namespace; consumes the skb. */
function unicastUser(nlk: NetlinkSock, skb: Skb, portid: number): number {
  const to = nlk.table.ports.get(portid);
  if (to === undefined || (to.dstPortid !== 0 && to.dstPortid !== nlk.portid)) {
    // A connected socket only hears its peer.
    kfreeSkbReason(skb, DROP.NO_SOCKET);
    return -ECONNREFUSED;
  }
  if (!netlinkRoom(to)) {
    kfreeSkbReason(skb, DROP.SOCKET_RCVBUFF);
    return -EAGAIN;
  }
  const { len } = skb;
  netlinkQueueSkb(to, skb);
  return len;
}

function sendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const nlk = sock.sk as NetlinkSock;
  if (nlk.gone) return -ENETDOWN;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if (size === 0) return -ENODATA;
  let portid = nlk.dstPortid;
  let group = nlk.dstGroup;
  if (msg.name !== null) {
    if (!isSockAddrNl(msg.name)) return -EINVAL;
    portid = msg.name.pid >>> 0;
    group = lowestGroup(msg.name.groups | 0);
    if ((group !== 0 || portid !== 0) && !netlinkMaySend(nlk)) return -EPERM;
  }
  if (!nlk.bound) {
    const err = netlinkAutobind(nlk);
    if (err !== 0) return err;
  }
  if (size > nlk.sndbuf - SEND_RESERVE) return -EMSGSIZE;
  const skb = allocSkb(nlk.pool, size);
  msgCopyFrom(msg, skb.u8, skbPut(skb, size), size);
  skb.cb0 = nlk.portid | 0;
  skb.cb1 = group;
  if (group !== 0) netlinkBroadcastSkb(nlk.net, nlk.protocol, skbGet(skb), portid, group);
  if (portid !== 0) return unicastUser(nlk, skb, portid);
  const { input } = nlk.table.cfg;
  if (input === null) {
    kfreeSkbReason(skb, DROP.NO_SOCKET);
    return -ECONNREFUSED;
  }
  input(nlk.net, nlk, skb);
  consumeSkb(skb);
  return size;
}

function recvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const nlk = sock.sk as NetlinkSock;
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  const skb = skbRecvDatagram(nlk, flags);
  if (typeof skb === 'number') return nlk.gone && skb === -EAGAIN ? -ENETDOWN : skb;
  nlk.maxRecvmsgLen = Math.min(Math.max(nlk.maxRecvmsgLen, size), MAX_RECVMSG_LEN);
  let copied = skb.len;
  if (size < copied) {
    msg.flags |= MSG_TRUNC;
    copied = size;
  }
  skbCopyDatagramMsg(skb, 0, msg, copied);
  msg.name = sockaddrNl(skb.cb0 >>> 0, groupMask(skb.cb1));
  if ((nlk.nlFlags & NETLINK_F_RECV_PKTINFO) !== 0) putCmsg(msg, SOL_NETLINK, NETLINK_PKTINFO, intOpt(skb.cb1));
  if ((nlk.nlFlags & NETLINK_F_LISTEN_ALL_NSID) !== 0 && skb.cb3 !== 0) putCmsg(msg, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, intOpt(skb.cb2));
  if ((flags & MSG_TRUNC) !== 0) copied = skb.len;
  skbFreeDatagram(skb);
  // The reader has made room: the dump goes on.
  if (nlk.cb !== null && nlk.rmemAlloc <= nlk.rcvbuf >> 1) {
    const err = netlinkDump(nlk);
    if (err !== 0) {
      nlk.err = -err;
      nlk.errorReport(nlk);
    }
  }
  if (nlk.receiveQueue.head === null) nlk.congested = false;
  return copied;
}

/** The system calls of a netlink socket (netlink_ops). */
export const netlinkOps: ProtoOps = Object.freeze({
  family: AF_NETLINK, release, bind, connect, accept: no, getname, poll, listen: no, shutdown: no, setsockopt: netlinkSetsockopt, getsockopt: netlinkGetsockopt, sendmsg, recvmsg,
});

function create(net: Net, sock: Socket, protocol: number): number {
  if (sock.type !== SOCK_RAW && sock.type !== SOCK_DGRAM) return -ESOCKTNOSUPPORT;
  if (protocol < 0 || protocol >= MAX_LINKS) return -EPROTONOSUPPORT;
  const table = netlinkTable(net, protocol);
  if (table === null) return -EPROTONOSUPPORT;
  const nlk = new NetlinkSock(net, sock.type, protocol, NETLINK_PROTO, table);
  const limits = net.kernel.get(SOCKET);
  nlk.rcvbuf = limits.rmemDefault;
  nlk.sndbuf = limits.wmemDefault;
  table.socks.add(nlk);
  sock.ops = netlinkOps;
  sockGraft(nlk, sock);
  return 0;
}

/** The kernel's ends of all protocols in a namespace. */
export function netlinkKernelSocks(net: Net): void {
  for (const protocol of Array.from(net.kernel.get(NETLINK).protocols.keys()).sort((a, b) => a - b)) {
    // Where nobody listens in the kernel, it has no socket.
    if (net.kernel.get(NETLINK).protocols.get(protocol)!.input === null) continue;
    const table = netlinkTable(net, protocol)!;
    const sock = new Socket(net, SOCK_DGRAM, netlinkOps, true);
    const nlk = new NetlinkSock(net, SOCK_DGRAM, protocol, NETLINK_PROTO, table);
    sockGraft(nlk, sock);
    table.kernelSock = nlk;
  }
}

/** Registers the family. */
export function netlinkProtoInit(k: Kernel): void {
  sockRegister(k, { family: AF_NETLINK, create });
}
