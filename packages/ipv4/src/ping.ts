/** ICMP datagram sockets: echo requests without raw sockets (icmp(7), SOCK_DGRAM with IPPROTO_ICMP). */
import {
  csumFold, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EDESTADDRREQ, EFAULT, EHOSTUNREACH, EINVAL, EMSGSIZE, EOPNOTSUPP, EPIPE, EPROTO, EREMOTEIO,
} from '@linnet/kernel';
import {
  AF_INET, AF_UNSPEC, ICMPHDR_LEN, ICMP_DEST_UNREACH, ICMP_ECHO, ICMP_EXT_ECHO, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, IPPROTO_ICMP,
  IP_PMTUDISC_DONT, MSG_CONFIRM, MSG_DONTROUTE, MSG_MORE, MSG_OOB, MSG_PROBE, NR_ICMP_UNREACH, RTN_BROADCAST, RTN_MULTICAST, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE,
  TCP_ESTABLISHED, icmpEchoId, icmpType, ipv4IsMulticast, iphDaddr, iphSaddr,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn } from '@linnet/uapi';
import { DROP, kfreeSkbReason, skbChecksum, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  msgCopyFrom, SEND_SHUTDOWN, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, SOCK_BROADCAST, SOCK_LOCALROUTE, sockDestruct, sockError, sockFlag, sockOrphan,
  sockQueueRcvSkb,
} from '@linnet/socket';
import type { MsgHdr, Proto } from '@linnet/socket';
import { FLOWI_FLAG_ANYSRC, flowi4InitOutput, inetAutobound, inetDatagramDisconnect, inetFlushPendingFrames, ip4DatagramConnect } from '@linnet/inet';
import type { PingSock } from '@linnet/inet';
import { datagramIoctl, datagramRecvmsg } from './datagram-core.ts';
import { icmpErrConvert } from './icmp-errno.ts';
import { inetAddrValidOrNonlocal, inetBindAddrType } from './inet-bind.ts';
import { ipcbSdif } from './ip-cb.ts';
import { ipAppendData, ipFinishSkb, ipSendSkb } from './ip-append-data.ts';
import { ipCmsgSend } from './ip-cmsg.ts';
import { ipIcmpError } from './ip-error-queue.ts';
import type { IpOptions } from './ip-options-types.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipv4ConfirmNeigh } from './route-ops.ts';
import { ipv4Redirect, ipv4UpdatePmtu } from './route-pmtu.ts';
import { ipRouteOutputFlow } from './route-output.ts';

/** The socket that an echo message with this identifier belongs to (ping_lookup). */
function lookup(ip: Ipv4Net, ident: number, daddr: number, skb: Skb): PingSock | null {
  const list = ip.ping!.byIdent.get(ident);
  if (list === undefined) return null;
  const dif = skb.dev === null ? 0 : skb.dev.ifindex;
  const sdif = ipcbSdif(skb);
  for (const sk of list) {
    if (sk.rcvSaddr !== 0 && sk.rcvSaddr !== daddr) continue;
    if (sk.boundDevIf !== 0 && sk.boundDevIf !== dif && sk.boundDevIf !== sdif) continue;
    return sk;
  }
  return null;
}

/** An echo reply, `data` behind its ICMP header: to its socket, header included. Consumes the skb (ping_rcv). @alpha */
export function pingRcv(ip: Ipv4Net, skb: Skb): number {
  const at = skb.transportHeader;
  const ident = icmpEchoId(skb.view, at);
  const sk = lookup(ip, ident, iphDaddr(skb.view, skb.networkHeader), skb);
  if (sk === null) {
    kfreeSkbReason(skb, DROP.PING_NO_SOCKET);
    return 0;
  }
  skbPush(skb, skb.data - at);
  sockQueueRcvSkb(sk, skb);
  return 0;
}

/** An ICMP error about an echo request of ours: see icmpSocketDeliver for the skb (ping_err). Does not consume. @alpha */
export function pingErr(ip: Ipv4Net, skb: Skb, type: number, code: number, info: number): void {
  // Only what these sockets can send; anything else was a raw socket's.
  const quoted = icmpType(skb.view, skb.data);
  if (quoted !== ICMP_ECHO && quoted !== ICMP_EXT_ECHO) return;
  const sk = lookup(ip, icmpEchoId(skb.view, skb.data), iphSaddr(skb.view, skb.networkHeader), skb);
  if (sk === null) return;
  let err = EHOSTUNREACH;
  let hard = false;
  switch (type) {
    case ICMP_SOURCE_QUENCH:
      err = EREMOTEIO;
      break;
    case ICMP_PARAMETERPROB:
      err = EPROTO;
      hard = true;
      break;
    case ICMP_DEST_UNREACH:
      if (code === ICMP_FRAG_NEEDED) {
        ipv4UpdatePmtu(skb, ip.net, info, sk.boundDevIf, IPPROTO_ICMP);
        if (sk.pmtudisc === IP_PMTUDISC_DONT) return;
        err = EMSGSIZE;
        hard = true;
        break;
      }
      if (code <= NR_ICMP_UNREACH) {
        err = icmpErrConvert(type, code) >> 1;
        hard = (icmpErrConvert(type, code) & 1) !== 0;
      }
      break;
    case ICMP_REDIRECT:
      ipv4Redirect(skb, ip.net, sk.boundDevIf, IPPROTO_ICMP);
      err = EREMOTEIO;
      break;
    default:
  }
  if (sk.recverr) ipIcmpError(sk, skb, err, 0, info, 0);
  else if (!hard || sk.state !== TCP_ESTABLISHED) return;
  sk.err = err;
  sk.errorReport(sk);
}

function pingSendmsg(sk: PingSock, msg: MsgHdr, len: number): number {
  const net = sk.net;
  if (len > 0xffff) return -EMSGSIZE;
  if (len < ICMPHDR_LEN) return -EINVAL;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  const pending = sockError(sk);
  if (pending !== 0) return pending;
  const head = new Uint8Array(ICMPHDR_LEN); // datapath-ok: a system call of a ping socket
  if (msgCopyFrom(msg, head, 0, ICMPHDR_LEN) !== ICMPHDR_LEN) return -EFAULT;
  if ((head[0] !== ICMP_ECHO && head[0] !== ICMP_EXT_ECHO) || head[1] !== 0) return -EINVAL;
  let daddr: number;
  const name = msg.name;
  if (name !== null) {
    if (name.family !== AF_INET) return -EAFNOSUPPORT;
    daddr = (name as SockAddrIn).addr;
  } else {
    if (sk.state !== TCP_ESTABLISHED) return -EDESTADDRREQ;
    daddr = sk.daddr;
  }
  const ipc = sk.ipc;
  ipc.oif = sk.boundDevIf;
  ipc.addr = sk.saddr;
  ipc.mark = sk.mark;
  ipc.priority = sk.priority;
  ipc.ttl = -1;
  ipc.tos = -1;
  ipc.gsoSize = 0;
  ipc.opt = sk.inetOpt;
  if (msg.control.length > 0) {
    const err = ipCmsgSend(sk, msg, ipc);
    if (err !== 0) return err;
  }
  const tos = ipc.tos >= 0 ? ipc.tos : sk.tos;
  const opt = ipc.opt as IpOptions | null;
  const routed = opt !== null && opt.srr !== 0;
  if (routed && daddr === 0) return -EINVAL;
  const strict = routed && opt.isStrictroute;
  const scope = strict || sockFlag(sk, SOCK_LOCALROUTE) || (msg.flags & MSG_DONTROUTE) !== 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  if (ipv4IsMulticast(daddr)) {
    if (ipc.oif === 0) ipc.oif = sk.mcIndex;
    if (ipc.addr === 0) ipc.addr = sk.mcAddr;
  } else if (ipc.oif === 0) {
    ipc.oif = sk.ucIndex;
  }
  const fl = sk.fl;
  const first = routed ? opt.faddr : daddr;
  flowi4InitOutput(fl, ipc.oif, ipc.mark, tos, scope, IPPROTO_ICMP, sk.transparent ? FLOWI_FLAG_ANYSRC : 0, first, ipc.addr, 0, 0, sk.uid);
  fl.icmpType = head[0]!;
  fl.icmpCode = head[1]!;
  const rt = ipRouteOutputFlow(net, fl, sk);
  if (rt === null) return fl.error;
  if (first !== daddr) fl.daddr = daddr;
  if (rt.rtType === RTN_BROADCAST && !sockFlag(sk, SOCK_BROADCAST)) return -EACCES;

  if ((msg.flags & MSG_CONFIRM) !== 0) ipv4ConfirmNeigh(rt, fl.daddr);
  if ((msg.flags & MSG_PROBE) !== 0) return len;
  let err = ipAppendData(sk, fl, msg, len, ICMPHDR_LEN, ipc, rt, msg.flags & ~MSG_MORE);
  if (err !== 0) {
    inetFlushPendingFrames(sk);
    return err;
  }
  // The header: the user's type and sequence number, the socket's identifier. It stands before ipFinish, which counts by type.
  const frag = sk.writeQueue.head!;
  const at = frag.transportHeader;
  frag.u8.set(head, at);
  frag.view.setUint16(at + 2, 0);
  frag.view.setUint16(at + 4, sk.num);
  const skb = ipFinishSkb(sk, fl, sk.cork!)!;
  const off = at - skb.data;
  skb.view.setUint16(at + 2, csumFold(skbChecksum(skb, off, skb.len - off, 0)));
  err = ipSendSkb(net, skb);
  return err < 0 ? err : len;
}

/** bind: the port of the address is the identifier (ping_bind). */
function pingBind(sk: PingSock, addr: SockAddr): number {
  if (addr.family !== AF_INET) {
    if (addr.family !== AF_UNSPEC || (addr as SockAddrIn).addr !== 0) return -EAFNOSUPPORT;
  }
  const { addr: a, port } = addr as SockAddrIn;
  const ip = sk.net.get(IPV4);
  const type = inetBindAddrType(ip, sk, a);
  if (!inetAddrValidOrNonlocal(ip, sk, a, type) || type === RTN_MULTICAST || (type === RTN_BROADCAST && a !== 0)) return -EADDRNOTAVAIL;
  if (sk.num !== 0) return -EINVAL;
  sk.rcvSaddr = a;
  sk.saddr = a;
  if (ip.ping!.getPort(sk, port) !== 0) {
    sk.rcvSaddr = 0;
    sk.saddr = 0;
    return -EADDRINUSE;
  }
  if (a !== 0) sk.userlocks |= SOCK_BINDADDR_LOCK;
  if (port !== 0) sk.userlocks |= SOCK_BINDPORT_LOCK;
  sk.sport = sk.num;
  sk.daddr = 0;
  sk.dport = 0;
  sk.dst = null;
  return 0;
}

/** May the caller have such sockets: is one of its groups in ping_group_range? (ping_init_sock) */
function pingInit(sk: PingSock): number {
  const ip = sk.net.get(IPV4);
  const { gid, groups } = sk.kernel.cred;
  const inRange = (g: number): boolean => g >= ip.sysctlPingGroupLow && g <= ip.sysctlPingGroupHigh;
  return inRange(gid) || groups.some(inRange) ? 0 : -EACCES;
}

function pingUnhash(sk: PingSock): void {
  sk.net.get(IPV4).ping!.remove(sk);
}

function pingClose(sk: PingSock): void {
  pingUnhash(sk);
  inetFlushPendingFrames(sk);
  sk.af.mcDropSocket(sk);
  sockOrphan(sk);
  sockDestruct(sk);
}

/** The transport record of ping sockets (struct proto ping_prot). @alpha */
export function makePingProt(): Proto {
  return {
    name: 'PING',
    memory: null,
    init: (sk) => pingInit(sk as PingSock),
    close: (sk) => pingClose(sk as PingSock),
    connect: (sk, addr) => ip4DatagramConnect(sk as PingSock, addr),
    disconnect: (sk) => {
      inetDatagramDisconnect(sk as PingSock);
      if (inetAutobound(sk as PingSock)) pingUnhash(sk as PingSock);
      return 0;
    },
    ioctl: datagramIoctl,
    setsockopt: (sk, level, opt, val) => (sk as PingSock).af.setsockopt(sk as PingSock, level, opt, val),
    getsockopt: (sk, level, opt, maxLen, input) => (sk as PingSock).af.getsockopt(sk as PingSock, level, opt, maxLen, input),
    sendmsg: (sk, msg, size) => pingSendmsg(sk as PingSock, msg, size),
    recvmsg: (sk, msg, size, flags) => datagramRecvmsg(sk as PingSock, msg, size, flags),
    bind: (sk, addr) => pingBind(sk as PingSock, addr),
    getPort: (sk, snum) => sk.net.get(IPV4).ping!.getPort(sk as PingSock, snum),
    putPort: (sk) => pingUnhash(sk as PingSock),
    hash: () => 0,
    unhash: (sk) => pingUnhash(sk as PingSock),
  };
}
