/** Raw IPv6 sockets (raw(7), RFC 3542): payloads of one protocol number, checksums on request, and packets with a header of one's own. */
// datapath-ok-file: system calls of raw sockets
import {
  csumFold, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EDESTADDRREQ, EFAULT, EINVAL, EMSGSIZE, ENOBUFS, ENOENT, ENOIOCTLCMD, ENOPROTOOPT, EOPNOTSUPP, EPIPE, EPROTO,
} from '@linnet/kernel';
import {
  AF_INET6, AF_UNSPEC, ETH_P_IPV6, ICMPV6_FILTER, ICMPV6_PKT_TOOBIG, IPPROTO_ICMPV6, IPPROTO_RAW, IPV6HDR_LEN, IPV6_CHECKSUM, IPV6_HDRINCL, IPV6_PMTUDISC_DO, MSG_CONFIRM, MSG_MORE,
  MSG_OOB, MSG_PROBE, SOL_ICMPV6, SOL_IPV6, SOL_RAW, TCP_CLOSE, TCP_ESTABLISHED,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn6 } from '@linnet/uapi';
import { allocSkb, CHECKSUM_NONE, DROP, kfreeSkbReason, skbChecksum, skbPut, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { dstOutput, llReservedSpace, NET_XMIT_CN, nfHook, NF_INET_LOCAL_OUT, NFPROTO_IPV6 } from '@linnet/netdev';
import { intOpt, msgCopyFrom, optInt, SEND_SHUTDOWN, sockDestruct, sockOrphan, skSetOwnerW } from '@linnet/socket';
import type { MsgHdr, Proto } from '@linnet/socket';
import { FLOWI_FLAG_ANYSRC, FLOWI_FLAG_KNOWN_NH, flowi6InitOutput, InetCork, inetDatagramDisconnect, inetFlushPendingFrames, inetSockUpdateVersions, ip6DatagramConnect, IpcmCookie } from '@linnet/inet';
import type { Flowi } from '@linnet/inet';
import { a6Any, a6LoadDaddr, a6LoadSaddr, a6Multicast, IN6ADDR_ANY, IN6ADDR_LOOPBACK, ipv6AddrType, needsScopeId } from './addr6.ts';
import { confirmNeigh6 } from './confirm6.ts';
import { ip6CmsgSend } from './cmsg6.ts';
import { csum6Pseudo } from './csum6.ts';
import { datagram6Ioctl, datagram6Recvmsg, ipcm6Init, ipv6BindCheck, notForRaw } from './datagram6.ts';
import { ipv6IcmpError, ipv6LocalError } from './error-queue6.ts';
import { icmp6ErrConvert } from './icmp6-errno.ts';
import { ip6AppendData, ip6FinishSkb, ip6SendSkb } from './ip6-append.ts';
import { fl6LabelOk } from './flowlabel.ts';
import { ip6cbClear, ip6cbIif } from './ip6-cb.ts';
import { IP6MR } from './ip6mr-types.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { inet6Sk } from './pinfo.ts';
import { raw6Match } from './raw6-deliver.ts';
import type { Raw6Sock } from './raw6-table.ts';
import { ip6RouteOutput } from './route6.ts';
import { ip6UpdatePmtu } from './route6-exception.ts';
import type { Rt6Info } from './rt6-info.ts';
import { IP6_OUTDISCARDS } from './snmp6.ts';
import { firstDestination } from './tx-push.ts';
import type { Ipv6TxOptions } from './tx-options.ts';

/** An ICMPv6 error about a packet that a raw socket may have sent: `networkHeader` at the quoted header, `data` at its payload. Does not consume (raw6_icmp_error). @alpha */
export function raw6IcmpError(n6: Ipv6Net, skb: Skb, protocol: number, type: number, code: number, info: number): void {
  const { raw } = n6;
  if (raw === null || raw.count === 0) return;
  const nh = skb.networkHeader;
  a6LoadDaddr(n6.a6InSrc, skb.view, nh);
  a6LoadSaddr(n6.a6In, skb.view, nh);
  for (let sk: Raw6Sock | null = raw.heads[protocol] ?? null; sk !== null; sk = sk.next) {
    if (raw6Match(sk, n6.a6InSrc, n6.a6In, ip6cbIif(skb))) rawErr(sk, skb, type, code, info);
  }
}

function rawErr(sk: Raw6Sock, skb: Skb, type: number, code: number, info: number): void {
  const np = inet6Sk(sk)!;
  if (type === ICMPV6_PKT_TOOBIG) ip6UpdatePmtu(skb, sk.net, info >>> 0, sk.boundDevIf);
  // Without IPV6_RECVERR only a connected socket can know what an error is about.
  if (!np.recverr && sk.state !== TCP_ESTABLISHED) return;
  const conv = icmp6ErrConvert(type, code);
  let err = conv >> 1;
  let hard = (conv & 1) !== 0;
  if (type === ICMPV6_PKT_TOOBIG) {
    hard = np.pmtudisc === IPV6_PMTUDISC_DO;
    err = EMSGSIZE;
  }
  if (np.recverr) ipv6IcmpError(sk, skb, err, 0, info, sk.hdrincl ? skb.networkHeader - skb.data : 0);
  if (np.recverr || hard) {
    sk.err = err;
    sk.errorReport(sk);
  }
}

function sendmsg(sk: Raw6Sock, msg: MsgHdr, len: number): number {
  const net = sk.net;
  const n6 = net.get(IPV6);
  const np = inet6Sk(sk)!;
  if (len > 0x7fffffff) return -EMSGSIZE;
  if ((msg.flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if ((sk.shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
  const ipc = new IpcmCookie();
  ipcm6Init(sk, ipc);
  let daddr: Int32Array;
  let label = 0;
  const { name } = msg;
  if (name !== null && name.family !== AF_UNSPEC) {
    if (name.family !== AF_INET6) return -EAFNOSUPPORT;
    const sin6 = name as SockAddrIn6;
    // The port says the protocol, or nothing.
    if (sin6.port !== 0 && sin6.port !== sk.num && sk.num !== IPPROTO_RAW) return -EINVAL;
    if (sin6.port > 255) return -EINVAL;
    daddr = sin6.addr;
    if (np.sndflow) label = sin6.flowinfo & 0xfffff;
    if (sin6.scopeId !== 0 && needsScopeId(ipv6AddrType(daddr))) ipc.oif = sin6.scopeId;
  } else {
    if (sk.state !== TCP_ESTABLISHED) return -EDESTADDRREQ;
    daddr = sk.v6Daddr!;
    label = np.flowLabel;
  }
  const labelErr = fl6LabelOk(sk, label);
  if (labelErr !== 0) return labelErr;
  if (msg.control.length > 0) {
    const err = ip6CmsgSend(sk, msg, ipc);
    if (err !== 0) return err;
    if (ipc.flowinfo !== 0) label = ipc.flowinfo & 0xfffff;
  }
  if (a6Any(daddr)) daddr = IN6ADDR_LOOPBACK;
  if (a6Multicast(daddr)) {
    if (ipc.oif === 0) ipc.oif = np.mcastOif;
  } else if (ipc.oif === 0) {
    ipc.oif = np.ucastOif;
  }
  const fl = sk.fl;
  const opt = ipc.opt as Ipv6TxOptions | null;
  const saddr = ipc.addr6 ?? (a6Any(sk.v6Saddr!) ? null : sk.v6Saddr!);
  const flags = sk.hdrincl ? FLOWI_FLAG_ANYSRC | FLOWI_FLAG_KNOWN_NH : 0;
  const first = firstDestination(opt, daddr, n6.a6Tmp);
  flowi6InitOutput(fl, ipc.oif, ipc.mark, ipc.tos >= 0 ? ipc.tos : np.tclass, sk.hdrincl ? IPPROTO_RAW : sk.num, flags, first, saddr, 0, 0, sk.uid, label);
  const rt = ip6RouteOutput(n6, fl, sk);
  if (rt === null) return fl.error;
  fl.daddr6 = daddr;
  if ((msg.flags & MSG_CONFIRM) !== 0) confirmNeigh6(rt, daddr);
  if ((msg.flags & MSG_PROBE) !== 0) return len;
  if (sk.hdrincl) return sendHdrinc(n6, sk, fl, msg, len, rt);
  if (sk.cork === null) sk.cork = new InetCork();
  let err = ip6AppendData(sk, fl, msg, len, 0, ipc, rt, msg.flags);
  if (err !== 0) inetFlushPendingFrames(sk);
  else if ((msg.flags & MSG_MORE) === 0) err = pushPending(n6, sk, fl);
  return err < 0 ? err : len;
}

/** Sends what was gathered, with its checksum where the socket wants one (rawv6_push_pending_frames). */
function pushPending(n6: Ipv6Net, sk: Raw6Sock, fl: Flowi): number {
  const off = sk.checksumOffset;
  const total = sk.cork!.length;
  if (off >= 0 && off + 2 > total) {
    inetFlushPendingFrames(sk);
    return -EINVAL;
  }
  const skb = ip6FinishSkb(sk, fl, sk.cork!);
  if (skb === null) return 0;
  if (off >= 0) {
    const at = skb.transportHeader - skb.data;
    if (!putChecksum(skb, at, off, total, csum6Pseudo(fl.saddr6!, fl.daddr6!, total, sk.num, 0), sk.num)) {
      kfreeSkbReason(skb, DROP.SKB_CSUM);
      return -EINVAL;
    }
  }
  const err = ip6SendSkb(n6.net, skb);
  return err === -ENOBUFS && !inet6Sk(sk)!.recverr ? 0 : err;
}

/** Writes the checksum of `total` bytes, the payload, at `off` of it: the field may be in a later fragment. */
function putChecksum(skb: Skb, at: number, off: number, total: number, pseudo: number, proto: number): boolean {
  let piece: Skb | null = skb;
  let start = at;
  let rest = off;
  for (let p: Skb | null = skb; p !== null; p = p === skb ? skb.fragList : p.next) {
    const size = (p === skb ? p.len - p.dataLen : p.len) - (p === skb ? at : 0);
    piece = p;
    start = p === skb ? at : 0;
    if (rest < size) break;
    rest -= size;
  }
  if (piece === null || piece.data + start + rest + 2 > piece.tail) return false;
  const where = piece.data + start + rest;
  piece.view.setUint16(where, 0);
  let sum = csumFold(skbChecksum(skb, at, total, pseudo));
  if (sum === 0 && proto === 17) sum = 0xffff;
  piece.view.setUint16(where, sum);
  return true;
}

/** Sends a packet with the header that the user wrote, as it is (rawv6_send_hdrinc). */
function sendHdrinc(n6: Ipv6Net, sk: Raw6Sock, fl: Flowi, msg: MsgHdr, length: number, rt: Rt6Info): number {
  if (length > rt.dev.mtu) {
    ipv6LocalError(sk, EMSGSIZE, fl, 0, rt.dev.mtu);
    return -EMSGSIZE;
  }
  if (length < IPV6HDR_LEN) return -EINVAL;
  if (sk.wmemAlloc >= sk.sndbuf) return -EAGAIN;
  const room = llReservedSpace(rt.dev);
  const skb = allocSkb(sk.pool, room + length);
  skbReserve(skb, room);
  const at = skbPut(skb, length);
  if (msgCopyFrom(msg, skb.u8, at, length) !== length) {
    kfreeSkbReason(skb, DROP.SKB_UCOPY_FAULT);
    return -EFAULT;
  }
  skSetOwnerW(skb, sk);
  skb.protocol = ETH_P_IPV6;
  skb.priority = sk.priority;
  skb.mark = sk.mark;
  skb.dst = rt;
  skb.networkHeader = at;
  skb.transportHeader = at;
  skb.ipSummed = CHECKSUM_NONE;
  ip6cbClear(skb);
  const err = nfHook(NFPROTO_IPV6, NF_INET_LOCAL_OUT, n6.net, sk, skb, null, rt.dev, dstOutput);
  if (err === 0 || err === NET_XMIT_CN) return length;
  n6.mib.ip[IP6_OUTDISCARDS]!++;
  if (err > 0) return inet6Sk(sk)!.recverr ? -ENOBUFS : length;
  return err;
}

function bind(sk: Raw6Sock, addr: SockAddr): number {
  const a = addr as SockAddrIn6;
  if (addr.family !== AF_INET6) return -EINVAL;
  if (notForRaw(a.addr)) return -EADDRNOTAVAIL;
  if (sk.state !== TCP_CLOSE) return -EINVAL;
  const err = ipv6BindCheck(sk, a.addr, a.scopeId);
  if (err !== 0) return err;
  sk.v6RcvSaddr = a.addr;
  sk.v6Saddr = a6Multicast(a.addr) ? IN6ADDR_ANY : a.addr;
  inetSockUpdateVersions(sk);
  sk.dst = null;
  return 0;
}

function setsockopt(sk: Raw6Sock, level: number, opt: number, val: Uint8Array): number {
  if (level === SOL_ICMPV6) {
    if (sk.num !== IPPROTO_ICMPV6) return -EOPNOTSUPP;
    if (opt !== ICMPV6_FILTER) return -ENOPROTOOPT;
    for (let i = 0; i < 8; i++) {
      if (val.length >= 4 * i + 4) sk.icmp6Filter[i] = val[4 * i]! | (val[4 * i + 1]! << 8) | (val[4 * i + 2]! << 16) | (val[4 * i + 3]! << 24);
    }
    return 0;
  }
  if ((level === SOL_RAW || level === SOL_IPV6) && (opt === IPV6_CHECKSUM || opt === IPV6_HDRINCL)) {
    if (val.length < 4) return -EINVAL;
    const n = optInt(val);
    if (opt === IPV6_HDRINCL) {
      sk.hdrincl = n !== 0;
      return 0;
    }
    // ICMPv6 always has its checksum, and at the same place (RFC 3542 3.1).
    if (sk.num === IPPROTO_ICMPV6 && level === SOL_IPV6) return -EINVAL;
    if (n > 0 && (n & 1) !== 0) return -EINVAL;
    sk.checksumOffset = n < 0 ? -1 : n;
    return 0;
  }
  if (level === SOL_RAW) return -ENOPROTOOPT;
  return sk.homeAf.setsockopt(sk, level, opt, val);
}

function getsockopt(sk: Raw6Sock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  if (level === SOL_ICMPV6) {
    if (sk.num !== IPPROTO_ICMPV6) return -EOPNOTSUPP;
    if (opt !== ICMPV6_FILTER) return -ENOPROTOOPT;
    const out = new Uint8Array(32);
    const view = new DataView(out.buffer);
    for (let i = 0; i < 8; i++) view.setInt32(4 * i, sk.icmp6Filter[i]!, true);
    return out.subarray(0, Math.min(maxLen, 32));
  }
  if ((level === SOL_RAW || level === SOL_IPV6) && opt === IPV6_CHECKSUM) return intOpt(sk.checksumOffset, maxLen);
  if ((level === SOL_RAW || level === SOL_IPV6) && opt === IPV6_HDRINCL) return intOpt(sk.hdrincl ? 1 : 0, maxLen);
  if (level === SOL_RAW) return -ENOPROTOOPT;
  return sk.homeAf.getsockopt(sk, level, opt, maxLen, input);
}

function close(sk: Raw6Sock): void {
  if (sk.num === IPPROTO_ICMPV6) sk.net.get(IP6MR).socketDone(sk);
  sk.net.get(IPV6).raw!.remove(sk);
  inetFlushPendingFrames(sk);
  sk.homeAf.mcDropSocket(sk);
  sockOrphan(sk);
  sockDestruct(sk);
}

/** IPV6_ROUTER_ALERT: the value of the alerts that the socket wants, -1 for none more (ip6_ra_control). 0 or a negative errno. @alpha */
export function ip6RaControl(sk: Raw6Sock, value: number): number {
  if (sk.num !== IPPROTO_RAW) return -ENOPROTOOPT;
  const chain = sk.net.get(IPV6).raw!.raChain;
  const i = chain.indexOf(sk);
  if (value >= 0) {
    if (i >= 0) return -EADDRINUSE;
    chain.push(sk);
  } else {
    if (i < 0) return -ENOENT;
    chain.splice(i, 1);
  }
  sk.routerAlert = value < 0 ? -1 : value;
  return 0;
}

function init(sk: Raw6Sock): number {
  if (sk.num === IPPROTO_ICMPV6) sk.checksumOffset = 2;
  return sk.num < 0 ? -EPROTO : 0;
}

/** The transport record of raw IPv6 sockets (struct proto rawv6_prot). @alpha */
export function makeRaw6Prot(): Proto {
  return {
    name: 'RAWv6',
    memory: null,
    init: (sk) => init(sk as Raw6Sock),
    close: (sk) => close(sk as Raw6Sock),
    connect: (sk, addr) => (addr.family === AF_INET6 ? ip6DatagramConnect(sk as Raw6Sock, addr) : -EAFNOSUPPORT),
    disconnect: (sk) => {
      inetDatagramDisconnect(sk as Raw6Sock);
      return 0;
    },
    ioctl: (sk, cmd, arg) => {
      const ret = sk.net.get(IP6MR).ioctl(sk as Raw6Sock, cmd, arg);
      return ret === -ENOIOCTLCMD ? datagram6Ioctl(sk, cmd, arg) : ret;
    },
    setsockopt: (sk, level, opt, val) => setsockopt(sk as Raw6Sock, level, opt, val),
    getsockopt: (sk, level, opt, maxLen, input) => getsockopt(sk as Raw6Sock, level, opt, maxLen, input),
    sendmsg: (sk, msg, size) => sendmsg(sk as Raw6Sock, msg, size),
    recvmsg: (sk, msg, size, flags) => datagram6Recvmsg(sk as Raw6Sock, msg, size, flags),
    bind: (sk, addr) => bind(sk as Raw6Sock, addr),
    hash: (sk) => {
      sk.net.get(IPV6).raw!.add(sk as Raw6Sock);
      return 0;
    },
    unhash: (sk) => sk.net.get(IPV6).raw!.remove(sk as Raw6Sock),
  };
}
