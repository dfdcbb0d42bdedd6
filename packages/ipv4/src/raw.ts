/** Raw sockets (raw(7)): packets of one protocol number with their IP header, and headers of one's own. */
import {
  EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EDESTADDRREQ, EFAULT, EHOSTUNREACH, EINVAL, EMSGSIZE, ENOBUFS, ENOIOCTLCMD, ENOPROTOOPT, EOPNOTSUPP, EPIPE, EPROTO,
} from '@linnet/kernel';
import {
  AF_INET, AF_UNSPEC, ETH_P_IP, ICMP_DEST_UNREACH, ICMP_FILTER, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, IPHDR_LEN, IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_RAW,
  IP_PMTUDISC_DONT, MSG_CONFIRM, MSG_DONTROUTE, MSG_MORE, MSG_OOB, MSG_PROBE, NR_ICMP_UNREACH, RTN_BROADCAST, RTN_MULTICAST, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE,
  SOL_RAW, TCP_CLOSE, TCP_ESTABLISHED, ipv4IsMulticast, iphDaddr, iphId, iphProtocol, iphSaddr, iphSetSaddr, iphSetTotLen, ipIsFragment,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn } from '@linnet/uapi';
import {
  allocSkb, CHECKSUM_NONE, consumeSkb, DROP, kfreeSkbReason, skbClone, skbPush, skbPut, skbReserve,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstOutput, llReservedSpace, NET_XMIT_CN, nfHook, NF_INET_LOCAL_OUT, NFPROTO_IPV4 } from '@linnet/netdev';
import {
  intOpt, msgCopyFrom, skSetOwnerW, SEND_SHUTDOWN, SOCK_BROADCAST, SOCK_LOCALROUTE, sockDestruct, sockFlag, sockOrphan,
  sockQueueRcvSkb,
} from '@linnet/socket';
import type { MsgHdr, Proto } from '@linnet/socket';
import { FLOWI_FLAG_ANYSRC, FLOWI_FLAG_KNOWN_NH, flowi4InitOutput, InetCork, inetDatagramDisconnect, inetFlushPendingFrames, ip4DatagramConnect, IpcmCookie } from '@linnet/inet';
import type { Flowi } from '@linnet/inet';
import { ipHdrlen } from './ip-hdrlen.ts';
import { datagramIoctl, datagramRecvmsg } from './datagram-core.ts';
import { icmpErrConvert } from './icmp-errno.ts';
import { icmpOutCount } from './icmp-stats.ts';
import { inetAddrValidOrNonlocal, inetBindAddrType } from './inet-bind.ts';
import { ipAppendData, ipFinishSkb, ipSendSkb } from './ip-append-data.ts';
import { ipcbClear, ipcbSdif } from './ip-cb.ts';
import { ipCmsgSend } from './ip-cmsg.ts';
import { ipIcmpError, ipLocalError } from './ip-error-queue.ts';
import { ipDefrag, IP_DEFRAG_CALL_RA_CHAIN } from './ip-fragment.ts';
import { ipSelectIdentSegs, ipSendCheck } from './ip-header.ts';
import { IPMR } from './ipmr-types.ts';
import { ipcbRouterAlert } from './ip-options.ts';
import type { IpOptions } from './ip-options-types.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import type { RawSock } from './raw-table.ts';
import { ipv4ConfirmNeigh } from './route-ops.ts';
import { ipv4Redirect, ipv4UpdatePmtu } from './route-pmtu.ts';
import { ipRouteOutputFlow } from './route-output.ts';
import type { Rtable } from './rtable.ts';
import { IPSTATS_MIB_OUTDISCARDS } from './snmp.ts';

/** Does a packet of `protocol` between these addresses belong to the socket? It came in by `dif`; in a VRF that is the VRF, and `sdif` its member. (raw_v4_match) */
function match(ip: Ipv4Net, sk: RawSock, saddr: number, daddr: number, dif: number, sdif: number): boolean {
  if ((sk.daddr !== 0 && sk.daddr !== saddr) || (sk.rcvSaddr !== 0 && sk.rcvSaddr !== daddr)) return false;
  if (sk.boundDevIf === 0) return sdif === 0 || ip.sysctlRawL3mdevAccept !== 0;
  return sk.boundDevIf === dif || sk.boundDevIf === sdif;
}

/** Queues a copy of a packet for a raw socket, IP header first (raw_rcv). @alpha */
export function rawRcv(sk: RawSock, skb: Skb): void {
  const copy = skbClone(skb);
  skbPush(copy, copy.data - copy.networkHeader);
  sockQueueRcvSkb(sk, copy);
}

/**
 * Gives copies of a packet, `data` at its transport header, to the raw sockets of its protocol. Does not consume; true when some
 * socket matched (raw_local_deliver).
 * @alpha
 */
export function rawLocalDeliver(ip: Ipv4Net, skb: Skb, protocol: number): boolean {
  const raw = ip.raw!;
  if (raw.count === 0) return false;
  let delivered = false;
  const nh = skb.networkHeader;
  const saddr = iphSaddr(skb.view, nh);
  const daddr = iphDaddr(skb.view, nh);
  const dif = skb.dev === null ? skb.skbIif : skb.dev.ifindex;
  const sdif = ipcbSdif(skb);
  for (let sk: RawSock | null = raw.heads[protocol] ?? null; sk !== null; sk = sk.next) {
    if (!match(ip, sk, saddr, daddr, dif, sdif)) continue;
    delivered = true;
    if (sk.rmemAlloc >= sk.rcvbuf) {
      sk.drops++;
      continue;
    }
    if (protocol === IPPROTO_ICMP && filtered(sk, skb)) continue;
    if (ipv4IsMulticast(daddr) && !sk.af.mcAllow(sk, daddr, saddr, dif, sdif)) continue;
    rawRcv(sk, skb);
  }
  return delivered;
}

/** Does ICMP_FILTER keep this message away? (icmp_filter) */
function filtered(sk: RawSock, skb: Skb): boolean {
  if (skb.len < 1 || skb.data >= skb.tail) return true;
  const type = skb.u8[skb.data]!;
  return type < 32 && (sk.icmpFilter & (1 << type)) !== 0;
}

/** Gives a router alert packet to the sockets that asked for it. True when one took it; the skb is gone then (ip_call_ra_chain, RFC 2113). @alpha */
export function ipCallRaChain(ip: Ipv4Net, skb: Skb): boolean {
  const chain = ip.raw!.raChain;
  if (chain.length === 0 || ipcbRouterAlert(skb) === 0) return false;
  const protocol = iphProtocol(skb.view, skb.networkHeader);
  const dif = skb.dev === null ? 0 : skb.dev.ifindex;
  let last: RawSock | null = null;
  for (const sk of chain) {
    if ((sk.num & 255) !== protocol || (sk.boundDevIf !== 0 && sk.boundDevIf !== dif)) continue;
    if (last === null && ipIsFragment(skb.view, skb.networkHeader)) {
      const whole = ipDefrag(ip.net, skb, IP_DEFRAG_CALL_RA_CHAIN);
      if (whole === null) return true;
      skb = whole;
    }
    if (last !== null) rawRcv(last, skb);
    last = sk;
  }
  if (last === null) return false;
  rawRcv(last, skb);
  consumeSkb(skb);
  return true;
}

/** An ICMP error about a packet that a raw socket may have sent: see icmpSocketDeliver for the skb (raw_icmp_error). Does not consume. @alpha */
export function rawIcmpError(ip: Ipv4Net, skb: Skb, protocol: number, type: number, code: number, info: number): void {
  const raw = ip.raw!;
  if (raw.count === 0) return;
  const nh = skb.networkHeader;
  const dif = skb.dev === null ? 0 : skb.dev.ifindex;
  const sdif = ipcbSdif(skb);
  for (let sk: RawSock | null = raw.heads[protocol] ?? null; sk !== null; sk = sk.next) {
    if (match(ip, sk, iphDaddr(skb.view, nh), iphSaddr(skb.view, nh), dif, sdif)) rawErr(sk, skb, type, code, info);
  }
}

function rawErr(sk: RawSock, skb: Skb, type: number, code: number, info: number): void {
  if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) ipv4UpdatePmtu(skb, sk.net, info, sk.boundDevIf, sk.protocol);
  else if (type === ICMP_REDIRECT) {
    ipv4Redirect(skb, sk.net, sk.boundDevIf, sk.protocol);
    return;
  }
  // Without IP_RECVERR only a connected socket can know what an error is about.
  if (!sk.recverr && sk.state !== TCP_ESTABLISHED) return;
  let err = EHOSTUNREACH;
  let hard = false;
  switch (type) {
    case ICMP_SOURCE_QUENCH:
      return;
    case ICMP_PARAMETERPROB:
      err = EPROTO;
      hard = true;
      break;
    case ICMP_DEST_UNREACH:
      if (code > NR_ICMP_UNREACH) break;
      if (code === ICMP_FRAG_NEEDED) {
        hard = sk.pmtudisc !== IP_PMTUDISC_DONT;
        err = EMSGSIZE;
        break;
      }
      err = icmpErrConvert(type, code) >> 1;
      hard = (icmpErrConvert(type, code) & 1) !== 0;
      break;
    default:
  }
  if (sk.recverr) {
    // With a header of its own the socket sent the quoted IP header too.
    const back = sk.hdrincl ? skb.networkHeader - skb.data : 0;
    ipIcmpError(sk, skb, err, 0, info, back);
  }
  if (sk.recverr || hard) {
    sk.err = err;
    sk.errorReport(sk);
  }
}

function rawSendmsg(sk: RawSock, msg: MsgHdr, len: number): number {
  const net = sk.net;
  const ip = net.get(IPV4);
  if (len > 0xffff) return -EMSGSIZE;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  let daddr: number;
  const name = msg.name;
  if (name !== null) {
    if (name.family !== AF_INET && name.family !== AF_UNSPEC) return -EAFNOSUPPORT;
    daddr = (name as SockAddrIn).addr ?? 0;
    // The port of the address is ignored: a raw socket knows none.
  } else {
    if (sk.state !== TCP_ESTABLISHED) return -EDESTADDRREQ;
    daddr = sk.daddr;
  }
  const ipc = new IpcmCookie(); // datapath-ok: a system call of a raw socket
  ipc.oif = sk.boundDevIf;
  ipc.addr = sk.saddr;
  ipc.mark = sk.mark;
  ipc.priority = sk.priority;
  ipc.protocol = IPPROTO_RAW;
  if (msg.control.length > 0) {
    const err = ipCmsgSend(sk, msg, ipc);
    if (err !== 0) return err;
  }
  if (ipc.opt === null) ipc.opt = sk.inetOpt;
  // A header of one's own has its options in it.
  if (ipc.opt !== null && sk.hdrincl) return -EINVAL;
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
  // A header of one's own may have any source.
  const flags = sk.hdrincl ? FLOWI_FLAG_ANYSRC | FLOWI_FLAG_KNOWN_NH : sk.transparent ? FLOWI_FLAG_ANYSRC : 0;
  flowi4InitOutput(
    fl, ipc.oif, ipc.mark, tos, scope, sk.hdrincl ? ipc.protocol : sk.protocol, flags, first, ipc.addr, 0, 0, sk.uid,
  );
  const rt = ipRouteOutputFlow(net, fl, sk);
  if (rt === null) return fl.error;
  if (first !== daddr) fl.daddr = daddr;
  if ((rt.rtType === RTN_BROADCAST) && !sockFlag(sk, SOCK_BROADCAST)) return -EACCES;
  if ((msg.flags & MSG_CONFIRM) !== 0) ipv4ConfirmNeigh(rt, fl.daddr);
  if ((msg.flags & MSG_PROBE) !== 0) return len;
  if (sk.hdrincl) return sendHdrinc(ip, sk, fl, msg, len, rt);
  if (sk.cork === null) sk.cork = new InetCork();
  let err = ipAppendData(sk, fl, msg, len, 0, ipc, rt, msg.flags);
  if (err !== 0) inetFlushPendingFrames(sk);
  else if ((msg.flags & MSG_MORE) === 0) {
    const skb = ipFinishSkb(sk, fl, sk.cork);
    err = skb === null ? 0 : ipSendSkb(net, skb);
    if (err === -ENOBUFS && !sk.recverr) err = 0;
  }
  return err < 0 ? err : len;
}

/** Sends a packet with the header that the user wrote; length, checksum, source and identification are filled in (raw_send_hdrinc, raw(7)). */
function sendHdrinc(ip: Ipv4Net, sk: RawSock, fl: Flowi, msg: MsgHdr, length: number, rt: Rtable): number {
  if (length > rt.dev.mtu) {
    ipLocalError(sk, EMSGSIZE, fl.daddr, 0, rt.dev.mtu);
    return -EMSGSIZE;
  }
  if (length < IPHDR_LEN) return -EINVAL;
  // Only here is it heeded that the socket was shut down (so on Linux 6.18).
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  if (sk.wmemAlloc >= sk.sndbuf) return -EAGAIN;
  const room = llReservedSpace(rt.dev);
  const skb = allocSkb(sk.pool, room + length);
  skbReserve(skb, room);
  const at = skbPut(skb, length);
  if (msgCopyFrom(msg, skb.u8, at, length) !== length) {
    kfreeSkbReason(skb, DROP.SKB_UCOPY_FAULT);
    return -EFAULT;
  }
  const ihl = ipHdrlen(skb.view, at);
  if (ihl > length || ihl < IPHDR_LEN) {
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return -EINVAL;
  }
  skSetOwnerW(skb, sk);
  skb.protocol = ETH_P_IP;
  skb.priority = sk.priority;
  skb.mark = sk.mark;
  skb.dst = rt;
  skb.networkHeader = at;
  skb.transportHeader = at + ihl;
  skb.ipSummed = CHECKSUM_NONE;
  ipcbClear(skb);
  if (iphSaddr(skb.view, at) === 0) iphSetSaddr(skb.view, at, fl.saddr);
  iphSetTotLen(skb.view, at, length);
  if (iphId(skb.view, at) === 0) ipSelectIdentSegs(ip, skb, null, iphSaddr(skb.view, at), iphDaddr(skb.view, at), iphProtocol(skb.view, at), 1);
  ipSendCheck(skb);
  if (iphProtocol(skb.view, at) === IPPROTO_ICMP && length > ihl) icmpOutCount(ip, skb.u8[at + ihl]!);
  const err = nfHook(NFPROTO_IPV4, NF_INET_LOCAL_OUT, ip.net, sk, skb, null, rt.dev, dstOutput);
  if (err === 0 || err === NET_XMIT_CN) return length;
  ip.mib[IPSTATS_MIB_OUTDISCARDS]!++;
  if (err > 0) return sk.recverr ? -ENOBUFS : length;
  return err;
}

function rawBind(sk: RawSock, addr: SockAddr): number {
  if (sk.state !== TCP_CLOSE) return -EINVAL;
  const a = addr as SockAddrIn;
  const ip = sk.net.get(IPV4);
  const type = inetBindAddrType(ip, sk, a.addr);
  if (!inetAddrValidOrNonlocal(ip, sk, a.addr, type)) return -EADDRNOTAVAIL;
  sk.rcvSaddr = a.addr;
  sk.saddr = type === RTN_MULTICAST || type === RTN_BROADCAST ? 0 : a.addr;
  sk.dst = null;
  return 0;
}

function rawSetsockopt(sk: RawSock, level: number, opt: number, val: Uint8Array): number {
  if (level !== SOL_RAW) return sk.af.setsockopt(sk, level, opt, val);
  if (opt !== ICMP_FILTER) return -ENOPROTOOPT;
  if (sk.num !== IPPROTO_ICMP) return -EOPNOTSUPP;
  let filter = 0;
  for (let i = 0; i < 4 && i < val.length; i++) filter |= val[i]! << (8 * i);
  sk.icmpFilter = filter;
  return 0;
}

function rawGetsockopt(sk: RawSock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  if (level !== SOL_RAW) return sk.af.getsockopt(sk, level, opt, maxLen, input);
  if (opt !== ICMP_FILTER) return -ENOPROTOOPT;
  if (sk.num !== IPPROTO_ICMP) return -EOPNOTSUPP;
  return intOpt(sk.icmpFilter, maxLen);
}

function rawClose(sk: RawSock): void {
  if (sk.num === IPPROTO_IGMP) sk.net.get(IPMR).socketDone(sk);
  sk.net.get(IPV4).raw!.remove(sk);
  inetFlushPendingFrames(sk);
  sk.af.mcDropSocket(sk);
  sockOrphan(sk);
  sockDestruct(sk);
}

/** IP_ROUTER_ALERT of a raw socket (ip_ra_control). 0 or a negative errno. @alpha */
export function ipRaControl(sk: RawSock, on: boolean): number {
  if (sk.num === IPPROTO_RAW) return -EINVAL;
  const chain = sk.net.get(IPV4).raw!.raChain;
  const i = chain.indexOf(sk);
  if (on) {
    if (i >= 0) return -EADDRINUSE;
    chain.push(sk);
  } else {
    if (i < 0) return -ENOBUFS;
    chain.splice(i, 1);
  }
  sk.routerAlert = on;
  return 0;
}

/** The transport record of raw sockets (struct proto raw_prot). @alpha */
export function makeRawProt(): Proto {
  return {
    name: 'RAW',
    memory: null,
    init: () => 0,
    close: (sk) => rawClose(sk as RawSock),
    connect: (sk, addr) => ip4DatagramConnect(sk as RawSock, addr),
    disconnect: (sk) => {
      inetDatagramDisconnect(sk as RawSock);
      return 0;
    },
    ioctl: (sk, cmd, arg) => {
      const err = sk.net.get(IPMR).ioctl(sk as RawSock, cmd, arg);
      return err === -ENOIOCTLCMD ? datagramIoctl(sk, cmd, arg) : err;
    },
    setsockopt: (sk, level, opt, val) => rawSetsockopt(sk as RawSock, level, opt, val),
    getsockopt: (sk, level, opt, maxLen, input) => rawGetsockopt(sk as RawSock, level, opt, maxLen, input),
    sendmsg: (sk, msg, size) => rawSendmsg(sk as RawSock, msg, size),
    recvmsg: (sk, msg, size, flags) => datagramRecvmsg(sk as RawSock, msg, size, flags),
    bind: (sk, addr) => rawBind(sk as RawSock, addr),
    hash: (sk) => {
      sk.net.get(IPV4).raw!.add(sk as RawSock);
      return 0;
    },
    unhash: (sk) => sk.net.get(IPV4).raw!.remove(sk as RawSock),
  };
}
