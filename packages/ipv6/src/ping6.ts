/** ICMPv6 datagram sockets: echo requests without raw sockets (icmp(7), SOCK_DGRAM with IPPROTO_ICMPV6). */
// datapath-ok-file: system calls of ping sockets
import { csumFold, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EDESTADDRREQ, EFAULT, EINVAL, EMSGSIZE, EOPNOTSUPP, EPIPE } from '@linnet/kernel';
import {
  AF_INET6, ICMPV6HDR_LEN, ICMPV6_ECHO_REQUEST, ICMPV6_EXT_ECHO_REQUEST, ICMPV6_PKT_TOOBIG, IPPROTO_ICMPV6, IPV6_PMTUDISC_DONT, MSG_CONFIRM, MSG_MORE, MSG_OOB, MSG_PROBE, TCP_ESTABLISHED,
  NDISC_REDIRECT,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn6 } from '@linnet/uapi';
import { DROP, kfreeSkbReason, skbChecksum, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { msgCopyFrom, SEND_SHUTDOWN, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, sockDestruct, sockError, sockOrphan, sockQueueRcvSkb } from '@linnet/socket';
import type { MsgHdr, Proto } from '@linnet/socket';
import { flowi6InitOutput, inetAutobound, inetDatagramDisconnect, inetFlushPendingFrames, inetSockUpdateVersions, ip6DatagramConnect } from '@linnet/inet';
import type { PingSock } from '@linnet/inet';
import { a6Any, a6EqualAt, a6Mapped, a6Multicast, IN6ADDR_ANY, IN6ADDR_LOOPBACK, ipv6AddrType, needsScopeId } from './addr6.ts';
import { confirmNeigh6 } from './confirm6.ts';
import { ip6CmsgSend } from './cmsg6.ts';
import { csum6Pseudo } from './csum6.ts';
import { datagram6Ioctl, datagram6Recvmsg, ipcm6Init, ipv6BindCheck } from './datagram6.ts';
import { ipv6IcmpError } from './error-queue6.ts';
import { icmp6ErrConvert } from './icmp6-errno.ts';
import { ip6AppendData, ip6FinishSkb, ip6SendSkb } from './ip6-append.ts';
import { fl6LabelOk } from './flowlabel.ts';
import { l3mdevMasterIfindex, skbDev } from '@linnet/netdev';
import { ip6cbIif } from './ip6-cb.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { inet6Sk } from './pinfo.ts';
import { ip6RouteOutput } from './route6.ts';
import { ip6UpdatePmtu } from './route6-exception.ts';
import { firstDestination } from './tx-push.ts';
import type { Ipv6TxOptions } from './tx-options.ts';

/** The socket that an echo message with this identifier belongs to; the local address stands at `at` (ping_lookup). */
function lookup(n6: Ipv6Net, ident: number, skb: Skb, at: number, dif: number): PingSock | null {
  const master = l3mdevMasterIfindex(skbDev(skb)!);
  const list = n6.ping!.byIdent.get(ident);
  if (list === undefined) return null;
  for (const sk of list) {
    if (!a6Any(sk.v6RcvSaddr!) && !a6EqualAt(sk.v6RcvSaddr!, skb.view, at)) continue;
    if (sk.boundDevIf !== 0 && sk.boundDevIf !== dif && sk.boundDevIf !== master) continue;
    return sk;
  }
  return null;
}

/** An echo reply, `data` behind its ICMPv6 header: to its socket, header included. Consumes the skb (ping_rcv). @alpha */
export function ping6Rcv(n6: Ipv6Net, skb: Skb): number {
  const at = skb.transportHeader;
  const sk = lookup(n6, skb.view.getUint16(at + 4), skb, skb.networkHeader + 24, ip6cbIif(skb));
  if (sk === null) {
    kfreeSkbReason(skb, DROP.PING_NO_SOCKET);
    return 0;
  }
  skbPush(skb, skb.data - at);
  sockQueueRcvSkb(sk, skb);
  return 0;
}

/** An ICMPv6 error about an echo request of ours: `data` at the quoted ICMPv6 header. Does not consume (ping_err). @alpha */
export function ping6Err(n6: Ipv6Net, skb: Skb, type: number, code: number, info: number): void {
  const quoted = skb.u8[skb.data]!;
  if (quoted !== ICMPV6_ECHO_REQUEST && quoted !== ICMPV6_EXT_ECHO_REQUEST) return;
  const sk = lookup(n6, skb.view.getUint16(skb.data + 4), skb, skb.networkHeader + 8, ip6cbIif(skb));
  if (sk === null) return;
  const np = inet6Sk(sk)!;
  const conv = icmp6ErrConvert(type, code);
  let err = conv >> 1;
  let hard = (conv & 1) !== 0;
  if (type === ICMPV6_PKT_TOOBIG) {
    ip6UpdatePmtu(skb, n6.net, info >>> 0, sk.boundDevIf);
    if (np.pmtudisc === IPV6_PMTUDISC_DONT) return;
    err = EMSGSIZE;
    hard = true;
  } else if (type === NDISC_REDIRECT) {
    return;
  }
  if (np.recverr) ipv6IcmpError(sk, skb, err, 0, info, 0);
  else if (!hard || sk.state !== TCP_ESTABLISHED) return;
  sk.err = err;
  sk.errorReport(sk);
}

function sendmsg(sk: PingSock, msg: MsgHdr, len: number): number {
  const n6 = sk.net.get(IPV6);
  const np = inet6Sk(sk)!;
  if (len > 0xffff) return -EMSGSIZE;
  if (len < ICMPV6HDR_LEN) return -EINVAL;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  const pending = sockError(sk);
  if (pending !== 0) return pending;
  const head = new Uint8Array(ICMPV6HDR_LEN);
  if (msgCopyFrom(msg, head, 0, ICMPV6HDR_LEN) !== ICMPV6HDR_LEN) return -EFAULT;
  if ((head[0] !== ICMPV6_ECHO_REQUEST && head[0] !== ICMPV6_EXT_ECHO_REQUEST) || head[1] !== 0) return -EINVAL;
  const ipc = sk.ipc;
  ipcm6Init(sk, ipc);
  let daddr: Int32Array;
  let label = 0;
  const { name } = msg;
  if (name !== null) {
    if (name.family !== AF_INET6) return -EAFNOSUPPORT;
    const sin6 = name as SockAddrIn6;
    daddr = sin6.addr;
    if (np.sndflow) label = sin6.flowinfo & 0xfffff;
    if (needsScopeId(ipv6AddrType(daddr)) && sin6.scopeId !== 0) {
      if (sk.boundDevIf !== 0 && sk.boundDevIf !== sin6.scopeId) return -EINVAL;
      ipc.oif = sin6.scopeId;
    }
  } else {
    if (sk.state !== TCP_ESTABLISHED) return -EDESTADDRREQ;
    daddr = sk.v6Daddr!;
    label = np.flowLabel;
  }
  if (a6Mapped(daddr)) return -EINVAL;
  const labelErr = fl6LabelOk(sk, label);
  if (labelErr !== 0) return labelErr;
  if (msg.control.length > 0) {
    const err = ip6CmsgSend(sk, msg, ipc);
    if (err !== 0) return err;
  }
  if (a6Any(daddr)) daddr = IN6ADDR_LOOPBACK;
  if (a6Multicast(daddr)) {
    if (ipc.oif === 0) ipc.oif = np.mcastOif;
  } else if (ipc.oif === 0) {
    ipc.oif = np.ucastOif;
  }
  const fl = sk.fl;
  const saddr = ipc.addr6 ?? (a6Any(sk.v6Saddr!) ? null : sk.v6Saddr!);
  const first = firstDestination(ipc.opt as Ipv6TxOptions | null, daddr, n6.a6Tmp);
  flowi6InitOutput(fl, ipc.oif, ipc.mark, ipc.tos >= 0 ? ipc.tos : np.tclass, IPPROTO_ICMPV6, 0, first, saddr, 0, 0, sk.uid, label);
  fl.icmpType = head[0]!;
  fl.icmpCode = head[1]!;
  const rt = ip6RouteOutput(n6, fl, sk);
  if (rt === null) return fl.error;
  fl.daddr6 = daddr;
  if ((msg.flags & MSG_CONFIRM) !== 0) confirmNeigh6(rt, daddr);
  if ((msg.flags & MSG_PROBE) !== 0) return len;
  let err = ip6AppendData(sk, fl, msg, len, ICMPV6HDR_LEN, ipc, rt, msg.flags & ~MSG_MORE);
  if (err !== 0) {
    inetFlushPendingFrames(sk);
    return err;
  }
  // The header: the user's type and sequence number, the socket's identifier. It stands before the packet is made, which counts by type.
  const frag = sk.writeQueue.head!;
  const at = frag.transportHeader;
  frag.u8.set(head, at);
  frag.view.setUint16(at + 2, 0);
  frag.view.setUint16(at + 4, sk.num);
  const skb = ip6FinishSkb(sk, fl, sk.cork!)!;
  skb.view.setUint16(skb.transportHeader + 2, csumFold(skbChecksum(skb, skb.transportHeader - skb.data, len, csum6Pseudo(fl.saddr6!, daddr, len, IPPROTO_ICMPV6, 0))));
  err = ip6SendSkb(sk.net, skb);
  return err < 0 ? err : len;
}

/** bind: the port of the address is the identifier (ping_bind). */
function bind(sk: PingSock, addr: SockAddr): number {
  if (addr.family !== AF_INET6) return -EAFNOSUPPORT;
  const a = addr as SockAddrIn6;
  if (a6Mapped(a.addr) || a6Multicast(a.addr)) return -EADDRNOTAVAIL;
  const err = ipv6BindCheck(sk, a.addr, a.scopeId);
  if (err !== 0) return err;
  if (sk.num !== 0) return -EINVAL;
  sk.v6RcvSaddr = a.addr;
  sk.v6Saddr = a.addr;
  inetSockUpdateVersions(sk);
  if (sk.net.get(IPV6).ping!.getPort(sk, a.port) !== 0) {
    sk.v6RcvSaddr = IN6ADDR_ANY;
    sk.v6Saddr = IN6ADDR_ANY;
    inetSockUpdateVersions(sk);
    return -EADDRINUSE;
  }
  if (!a6Any(a.addr)) sk.userlocks |= SOCK_BINDADDR_LOCK;
  if (a.port !== 0) sk.userlocks |= SOCK_BINDPORT_LOCK;
  sk.sport = sk.num;
  sk.v6Daddr = IN6ADDR_ANY;
  sk.dport = 0;
  sk.dst = null;
  return 0;
}

/** May this user have such sockets? `ping_group_range` of IPv4 says so for both families (ping_init_sock); without IPv4 everybody may. */
function init(sk: PingSock): number {
  const range = sk.net.sysctl.read('net/ipv4/ping_group_range');
  if (range === null) return 0;
  const [low, high] = range.split(/\s+/).map(Number);
  const { gid, groups } = sk.kernel.cred;
  const inRange = (g: number): boolean => g >= low! && g <= high!;
  return inRange(gid) || groups.some(inRange) ? 0 : -EACCES;
}

function unhash(sk: PingSock): void {
  sk.net.get(IPV6).ping!.remove(sk);
}

function close(sk: PingSock): void {
  unhash(sk);
  inetFlushPendingFrames(sk);
  sk.homeAf.mcDropSocket(sk);
  sockOrphan(sk);
  sockDestruct(sk);
}

/** The transport record of ping sockets (struct proto pingv6_prot). @alpha */
export function makePing6Prot(): Proto {
  return {
    name: 'PINGv6',
    memory: null,
    init: (sk) => init(sk as PingSock),
    close: (sk) => close(sk as PingSock),
    connect: (sk, addr) => (addr.family === AF_INET6 ? ip6DatagramConnect(sk as PingSock, addr) : -EAFNOSUPPORT),
    disconnect: (sk) => {
      inetDatagramDisconnect(sk as PingSock);
      if (inetAutobound(sk as PingSock)) unhash(sk as PingSock);
      return 0;
    },
    ioctl: datagram6Ioctl,
    setsockopt: (sk, level, opt, val) => (sk as PingSock).homeAf.setsockopt(sk as PingSock, level, opt, val),
    getsockopt: (sk, level, opt, maxLen, input) => (sk as PingSock).homeAf.getsockopt(sk as PingSock, level, opt, maxLen, input),
    sendmsg: (sk, msg, size) => sendmsg(sk as PingSock, msg, size),
    recvmsg: (sk, msg, size, flags) => datagram6Recvmsg(sk as PingSock, msg, size, flags),
    bind: (sk, addr) => bind(sk as PingSock, addr),
    getPort: (sk, snum) => sk.net.get(IPV6).ping!.getPort(sk as PingSock, snum),
    putPort: (sk) => unhash(sk as PingSock),
    hash: () => 0,
    unhash: (sk) => unhash(sk as PingSock),
  };
}
