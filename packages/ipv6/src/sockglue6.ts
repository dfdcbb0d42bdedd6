/** Socket options of level SOL_IPV6 (ipv6(7), RFC 3493, RFC 3542). */
// datapath-ok-file: socket options
import { EADDRNOTAVAIL, EINVAL, ENODEV, ENOPROTOOPT, ENOTCONN, EPERM, capable } from '@linnet/kernel';
import { DROP, skbQueuePurge } from '@linnet/skbuff';
import { devGetByIndex, dstMtu } from '@linnet/netdev';
import { intOpt, MsgHdr, optInt, skDstCheck } from '@linnet/socket';
import type { Cmsg } from '@linnet/socket';
import { INET, inetSockUpdateVersions, IpcmCookie, nfGetsockopt } from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import {
  AF_INET, CAP_NET_RAW, INET_ECN_MASK, IPPROTO_RAW, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPV6_2292DSTOPTS, IPV6_2292HOPLIMIT, IPV6_2292HOPOPTS, IPV6_2292PKTINFO, IPV6_2292PKTOPTIONS, IPV6_2292RTHDR, IPV6_ADDRFORM,
  IPV6_ADDR_PREFERENCES, IPV6_ADD_MEMBERSHIP, IPV6_AUTOFLOWLABEL, IPV6_DONTFRAG, IPV6_DROP_MEMBERSHIP, IPV6_DSTOPTS, IPV6_FLOWINFO, IPV6_FLOWINFO_SEND, IPV6_FLOWLABEL_MGR, IPV6_FREEBIND,
  IPV6_HOPOPTS, IPV6_JOIN_ANYCAST, IPV6_LEAVE_ANYCAST, IPV6_MINHOPCOUNT, IPV6_MIN_MTU, IPV6_MTU, IPV6_MTU_DISCOVER, IPV6_MULTICAST_ALL, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP, IPV6_PATHMTU, IPV6_PKTINFO, IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_OMIT, IPV6_PREFER_SRC_CGA, IPV6_PREFER_SRC_COA, IPV6_PREFER_SRC_HOME, IPV6_PREFER_SRC_NONCGA,
  IPV6_PREFER_SRC_PUBLIC, IPV6_PREFER_SRC_PUBTMP_DEFAULT, IPV6_PREFER_SRC_TMP, IPV6_RECVDSTOPTS, IPV6_RECVERR, IPV6_RECVERR_RFC4884, IPV6_RECVFRAGSIZE, IPV6_RECVHOPLIMIT, IPV6_RECVHOPOPTS,
  IPV6_RECVORIGDSTADDR, IPV6_RECVPATHMTU, IPV6_RECVPKTINFO, IPV6_RECVRTHDR, IPV6_RECVTCLASS, IPV6_ROUTER_ALERT, IPV6_ROUTER_ALERT_ISOLATE, IPV6_RTHDR, IPV6_RTHDRDSTOPTS, IPV6_TCLASS,
  IPV6_TRANSPARENT, IPV6_UNICAST_HOPS, IPV6_UNICAST_IF, IPV6_V6ONLY, MRT6_INIT, MRT6_MAX, SOCK_RAW, SOCK_STREAM, SOL_IP, SOL_IPV6, TCP_ESTABLISHED, in6At,
} from '@linnet/uapi';
import { a6Any, a6Mapped, a6Store } from './addr6.ts';
import {
  ip6CmsgSend, rthdrOk, RXOPT_DSTOPTS, RXOPT_FLOWINFO, RXOPT_HOPLIMIT, RXOPT_HOPOPTS, RXOPT_ODSTOPTS, RXOPT_OHOPLIMIT, RXOPT_OHOPOPTS, RXOPT_OPKTINFO, RXOPT_ORIGDSTADDR, RXOPT_ORTHDR, RXOPT_PKTINFO,
  RXOPT_RECVFRAGSIZE, RXOPT_RTHDR, RXOPT_RXPMTU, RXOPT_TCLASS,
} from './cmsg6.ts';
import { fl6FreeSocklist, ipv6FlowlabelOpt } from './flowlabel.ts';
import { IPV6 } from './ipv6-net.ts';
import { mr6Getsockopt, mr6Setsockopt } from './ip6mr-socket.ts';
import { ip6DstHoplimit } from './ip6-output.ts';
import { ipv6DropMemberships, ipv6SockAcDrop, ipv6SockAcJoin, ipv6SockMcDrop, ipv6SockMcJoin } from './mcast-sk.ts';
import { getMsfilter6, groupOption6, isGroupOption6 } from './mcast-opt6.ts';
import { inet6Sk } from './pinfo.ts';
import type { Ipv6Pinfo } from './pinfo.ts';
import { ip6RaControl } from './raw6.ts';
import type { Raw6Sock } from './raw6-table.ts';
import { Ipv6TxOptions, txOptionsClone } from './tx-options.ts';

/** Options that are a bit of `rxopt`. */
const RX: ReadonlyMap<number, number> = new Map([
  [IPV6_RECVPKTINFO, RXOPT_PKTINFO], [IPV6_RECVHOPLIMIT, RXOPT_HOPLIMIT], [IPV6_RECVTCLASS, RXOPT_TCLASS], [IPV6_RECVHOPOPTS, RXOPT_HOPOPTS], [IPV6_RECVRTHDR, RXOPT_RTHDR],
  [IPV6_RECVDSTOPTS, RXOPT_DSTOPTS], [IPV6_FLOWINFO, RXOPT_FLOWINFO], [IPV6_2292PKTINFO, RXOPT_OPKTINFO], [IPV6_2292HOPLIMIT, RXOPT_OHOPLIMIT], [IPV6_2292HOPOPTS, RXOPT_OHOPOPTS],
  [IPV6_2292DSTOPTS, RXOPT_ODSTOPTS], [IPV6_2292RTHDR, RXOPT_ORTHDR], [IPV6_RECVORIGDSTADDR, RXOPT_ORIGDSTADDR], [IPV6_RECVPATHMTU, RXOPT_RXPMTU], [IPV6_RECVFRAGSIZE, RXOPT_RECVFRAGSIZE],
]);

/** Other options that are a number. */
const NUMBERS: ReadonlySet<number> = new Set([
  IPV6_V6ONLY, IPV6_ADDRFORM, IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_MULTICAST_ALL, IPV6_MULTICAST_IF, IPV6_UNICAST_IF, IPV6_TCLASS, IPV6_MTU_DISCOVER, IPV6_MTU,
  IPV6_RECVERR, IPV6_RECVERR_RFC4884, IPV6_FLOWINFO_SEND, IPV6_AUTOFLOWLABEL, IPV6_DONTFRAG, IPV6_ADDR_PREFERENCES, IPV6_MINHOPCOUNT, IPV6_FREEBIND, IPV6_TRANSPARENT, IPV6_ROUTER_ALERT,
  IPV6_ROUTER_ALERT_ISOLATE,
]);

function viewOf(val: Uint8Array): DataView {
  return new DataView(val.buffer, val.byteOffset, val.byteLength);
}

/** One of the sticky headers: null when the option is empty; -EINVAL when it is none. */
function headerOf(opt: number, val: Uint8Array): Uint8Array | null | number {
  if (val.length === 0) return null;
  if (val.length < 8 || (val.length & 7) !== 0 || val.length > 8 * 255) return -EINVAL;
  const len = (val[1]! + 1) << 3;
  if (len > val.length) return -EINVAL;
  const data = val.slice(0, len);
  return (opt === IPV6_RTHDR || opt === IPV6_2292RTHDR) && !rthdrOk(data) ? -EINVAL : data;
}

function setHeader(sk: InetSock, np: Ipv6Pinfo, opt: number, val: Uint8Array): number {
  // Hop-by-hop and destination options of one's own need a privilege (RFC 3542 21.1.1: the system may say so).
  if (opt !== IPV6_RTHDR && !capable(sk.kernel, CAP_NET_RAW)) return -EPERM;
  const data = headerOf(opt, val);
  if (typeof data === 'number') return data;
  const o = txOptionsClone(np.opt);
  if (opt === IPV6_HOPOPTS) o.hopopt = data;
  else if (opt === IPV6_RTHDRDSTOPTS) o.dst0opt = data;
  else if (opt === IPV6_RTHDR) o.srcrt = data;
  else o.dst1opt = data;
  np.opt = o.empty ? null : o;
  np.optFlen = o.nflen + o.flen;
  sk.dst = null;
  return 0;
}

/** IPV6_2292PKTOPTIONS: all sticky headers at once, as control messages. */
function setPktoptions(sk: InetSock, np: Ipv6Pinfo, val: Uint8Array): number {
  const msg = new MsgHdr([]);
  const control = controlOf(val);
  if (control === null) return -EINVAL;
  msg.control = control;
  const ipc = new IpcmCookie();
  const err = ip6CmsgSend(sk, msg, ipc);
  if (err !== 0) return err;
  const opt = ipc.opt as Ipv6TxOptions | null;
  np.opt = opt;
  np.optFlen = opt === null ? 0 : opt.nflen + opt.flen;
  sk.dst = null;
  return 0;
}

/** Control messages as they stand in memory (struct cmsghdr); null when one is longer than what is left. */
function controlOf(val: Uint8Array): Cmsg[] | null {
  if (val.length > 65536) return null;
  const out: Cmsg[] = [];
  const view = viewOf(val);
  for (let at = 0; at + 16 <= val.length; ) {
    const len = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) !== 0 || len < 16 || len > val.length - at) return null;
    out.push({ level: view.getInt32(at + 8, true), type: view.getInt32(at + 12, true), data: val.slice(at + 16, at + len) });
    at += (len + 7) & ~7;
  }
  return out;
}

/** IPV6_ADDR_PREFERENCES: of each pair of wishes at most one (RFC 5014). */
function setPreferences(np: Ipv6Pinfo, n: number): number {
  const pubtmp = n & (IPV6_PREFER_SRC_PUBLIC | IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBTMP_DEFAULT);
  if (pubtmp !== 0 && (pubtmp & (pubtmp - 1)) !== 0) return -EINVAL;
  if ((n & (IPV6_PREFER_SRC_HOME | IPV6_PREFER_SRC_COA)) === (IPV6_PREFER_SRC_HOME | IPV6_PREFER_SRC_COA)) return -EINVAL;
  if ((n & (IPV6_PREFER_SRC_CGA | IPV6_PREFER_SRC_NONCGA)) === (IPV6_PREFER_SRC_CGA | IPV6_PREFER_SRC_NONCGA)) return -EINVAL;
  let p = np.srcprefs;
  if (pubtmp !== 0) {
    p &= ~(IPV6_PREFER_SRC_PUBLIC | IPV6_PREFER_SRC_TMP);
    if (pubtmp !== IPV6_PREFER_SRC_PUBTMP_DEFAULT) p |= pubtmp;
  }
  if ((n & (IPV6_PREFER_SRC_HOME | IPV6_PREFER_SRC_COA)) !== 0) p = (p & ~IPV6_PREFER_SRC_COA) | (n & IPV6_PREFER_SRC_COA);
  np.srcprefs = p;
  return 0;
}

/** IPV6_PKTINFO as an option: source and interface of everything that the socket sends. */
function setPktinfo(sk: InetSock, np: Ipv6Pinfo, val: Uint8Array): number {
  if (val.length < 20) return -EINVAL;
  const ifindex = viewOf(val).getInt32(16, true);
  if (sk.boundDevIf !== 0 && ifindex !== sk.boundDevIf) return -EINVAL;
  const addr = in6At(viewOf(val), 0);
  np.stickyPktinfo = ifindex === 0 && a6Any(addr) ? null : { addr, ifindex };
  return 0;
}

/** IPV6_ADDRFORM is for connected sockets of UDP and TCP: 0, -ENOPROTOOPT or -ENOTCONN. */
function hasAddrform(sk: InetSock): number {
  if (sk.type === SOCK_RAW || (sk.protocol !== IPPROTO_TCP && sk.protocol !== IPPROTO_UDP && sk.protocol !== IPPROTO_UDPLITE)) return -ENOPROTOOPT;
  return sk.state === TCP_ESTABLISHED ? 0 : -ENOTCONN;
}

/** IPV6_ADDRFORM: a connected socket with an IPv4-mapped peer becomes one of IPv4, whose options and addresses it has from then on. */
function addrform(sk: InetSock, n: number): number {
  if (n !== AF_INET) return -EINVAL;
  const able = hasAddrform(sk);
  if (able !== 0) return able;
  const af4 = sk.kernel.get(INET).af(AF_INET);
  if (!a6Mapped(sk.v6Daddr!) || af4 === null || af4.adopt === undefined) return -EADDRNOTAVAIL;
  ipv6DropMemberships(sk);
  fl6FreeSocklist(sk);
  return af4.adopt(sk);
}

function setInterface(sk: InetSock, np: Ipv6Pinfo, opt: number, n: number, val: Uint8Array): number {
  if (opt === IPV6_UNICAST_IF) {
    if (val.length !== 4) return -EINVAL;
    const ifindex = viewOf(val).getInt32(0);
    if (ifindex !== 0) {
      if (devGetByIndex(sk.net, ifindex) === null) return -EADDRNOTAVAIL;
      if (sk.boundDevIf !== 0) return -EINVAL;
    }
    np.ucastOif = ifindex;
    return 0;
  }
  if (sk.type === SOCK_STREAM) return -ENOPROTOOPT;
  if (n !== 0) {
    if (devGetByIndex(sk.net, n) === null) return -ENODEV;
    if (sk.boundDevIf !== 0 && sk.boundDevIf !== n) return -EINVAL;
  }
  np.mcastOif = n;
  return 0;
}

/** Sets an option; 0, or ENOPROTOOPT, EINVAL and what the option says: `InetAf.setsockopt` (ipv6_setsockopt). @alpha */
export function ipv6Setsockopt(sk: InetSock, level: number, opt: number, val: Uint8Array): number {
  if (level === SOL_IP) return sk.kernel.get(INET).af(AF_INET)?.setsockopt(sk, level, opt, val) ?? -ENOPROTOOPT;
  if (level !== SOL_IPV6) return -ENOPROTOOPT;
  if (opt >= MRT6_INIT && opt <= MRT6_MAX) return mr6Setsockopt(sk, opt, val);
  const np = inet6Sk(sk)!;
  if (isGroupOption6(opt)) return groupOption6(sk, opt, val);
  switch (opt) {
    case IPV6_HOPOPTS:
    case IPV6_DSTOPTS:
    case IPV6_RTHDRDSTOPTS:
    case IPV6_RTHDR:
      return setHeader(sk, np, opt, val);
    case IPV6_2292PKTOPTIONS:
      return setPktoptions(sk, np, val);
    case IPV6_PKTINFO:
      return setPktinfo(sk, np, val);
    case IPV6_FLOWLABEL_MGR:
      return ipv6FlowlabelOpt(sk, val);
    case IPV6_ADD_MEMBERSHIP:
    case IPV6_DROP_MEMBERSHIP:
    case IPV6_JOIN_ANYCAST:
    case IPV6_LEAVE_ANYCAST: {
      if (val.length < 20) return -EINVAL;
      if (sk.type === SOCK_STREAM && (opt === IPV6_ADD_MEMBERSHIP || opt === IPV6_DROP_MEMBERSHIP)) return -ENOPROTOOPT;
      const ifindex = viewOf(val).getInt32(16, true);
      const addr = in6At(viewOf(val), 0);
      if (opt === IPV6_ADD_MEMBERSHIP) return ipv6SockMcJoin(sk, ifindex, addr);
      if (opt === IPV6_DROP_MEMBERSHIP) return ipv6SockMcDrop(sk, ifindex, addr);
      return opt === IPV6_JOIN_ANYCAST ? ipv6SockAcJoin(sk, ifindex, addr) : ipv6SockAcDrop(sk, ifindex, addr);
    }
    default:
  }
  // What follows is a number: none is 0, but no part of one is any.
  if (val.length > 0 && val.length < 4 && (NUMBERS.has(opt) || RX.has(opt))) return -EINVAL;
  const n = val.length === 0 ? 0 : optInt(val);
  const on = n !== 0;
  const short = val.length === 0;
  const rx = RX.get(opt);
  if (rx !== undefined) {
    if (short) return -EINVAL;
    if (on) np.rxopt |= rx;
    else np.rxopt &= ~rx;
    return 0;
  }
  switch (opt) {
    case IPV6_V6ONLY:
      if (short || sk.num !== 0) return -EINVAL;
      sk.ipv6only = on;
      inetSockUpdateVersions(sk);
      return 0;
    case IPV6_ADDRFORM:
      return short ? -EINVAL : addrform(sk, n);
    case IPV6_UNICAST_HOPS:
      if (short || n > 255 || n < -1) return -EINVAL;
      np.hopLimit = n;
      return 0;
    case IPV6_MULTICAST_HOPS:
      if (sk.type === SOCK_STREAM) return -ENOPROTOOPT;
      if (short || n > 255 || n < -1) return -EINVAL;
      np.mcastHops = n === -1 ? 1 : n;
      return 0;
    case IPV6_MULTICAST_LOOP:
      if (short || (n !== 0 && n !== 1)) return -EINVAL;
      np.mcLoop = on;
      return 0;
    case IPV6_MULTICAST_ALL:
      if (short) return -EINVAL;
      np.mcAll = on;
      return 0;
    case IPV6_MULTICAST_IF:
    case IPV6_UNICAST_IF:
      return short ? -EINVAL : setInterface(sk, np, opt, n, val);
    case IPV6_TCLASS: {
      if (short || n < -1 || n > 0xff) return -EINVAL;
      let v = n === -1 ? 0 : n;
      if (sk.type === SOCK_STREAM) v = (v & ~INET_ECN_MASK) | (np.tclass & INET_ECN_MASK);
      if (v !== np.tclass) {
        np.tclass = v;
        sk.dst = null;
      }
      return 0;
    }
    case IPV6_MTU_DISCOVER:
      if (short || n < IPV6_PMTUDISC_DONT || n > IPV6_PMTUDISC_OMIT) return -EINVAL;
      np.pmtudisc = n;
      return 0;
    case IPV6_MTU:
      if (short || (n !== 0 && n < IPV6_MIN_MTU)) return -EINVAL;
      np.fragSize = n;
      return 0;
    case IPV6_RECVERR:
      if (short) return -EINVAL;
      np.recverr = on;
      if (!on) skbQueuePurge(sk.errorQueue, DROP.QUEUE_PURGE);
      return 0;
    case IPV6_RECVERR_RFC4884:
      if (short || n < 0 || n > 1) return -EINVAL;
      np.recverrRfc4884 = on;
      return 0;
    case IPV6_FLOWINFO_SEND:
      if (short) return -EINVAL;
      np.sndflow = on;
      return 0;
    case IPV6_AUTOFLOWLABEL:
      np.autoflowlabel = on ? 1 : 0;
      return 0;
    case IPV6_DONTFRAG:
      np.dontfrag = on;
      return 0;
    case IPV6_ADDR_PREFERENCES:
      return short ? -EINVAL : setPreferences(np, n);
    case IPV6_MINHOPCOUNT:
      if (short || n < 0 || n > 255) return -EINVAL;
      np.minHopcount = n;
      return 0;
    case IPV6_FREEBIND:
      if (short) return -EINVAL;
      sk.freebind = on;
      return 0;
    case IPV6_TRANSPARENT:
      if (short) return -EINVAL;
      sk.transparent = on;
      return 0;
    case IPV6_ROUTER_ALERT:
      if (short) return -EINVAL;
      return sk.type === SOCK_RAW ? ip6RaControl(sk as Raw6Sock, n) : -ENOPROTOOPT;
    case IPV6_ROUTER_ALERT_ISOLATE:
      if (short) return -EINVAL;
      np.ext.rtalertIsolate = on;
      return 0;
    default:
      return sk.kernel.get(INET).nfSockopt?.set(sk.net, level, opt, val) ?? -ENOPROTOOPT;
  }
}



/** The value of an option, or a negative errno: `InetAf.getsockopt` (ipv6_getsockopt). @alpha */
export function ipv6Getsockopt(sk: InetSock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  if (level === SOL_IP) return sk.kernel.get(INET).af(AF_INET)?.getsockopt(sk, level, opt, maxLen, input) ?? -ENOPROTOOPT;
  if (level !== SOL_IPV6) return -ENOPROTOOPT;
  if (maxLen < 0) return -EINVAL;
  if (opt >= MRT6_INIT && opt <= MRT6_MAX) return mr6Getsockopt(sk, opt, maxLen);
  const np = inet6Sk(sk)!;
  const cut = (data: Uint8Array): Uint8Array => data.subarray(0, Math.min(maxLen, data.length));
  const num = (n: number): Uint8Array => cut(intOpt(n));
  const rx = RX.get(opt);
  if (rx !== undefined) return num((np.rxopt & rx) !== 0 ? 1 : 0);
  const ms = getMsfilter6(sk, opt, maxLen, input);
  if (ms !== null) return ms;
  const n6 = sk.net.get(IPV6);
  switch (opt) {
    case IPV6_ADDRFORM:
      return hasAddrform(sk) || num(sk.family);
    case IPV6_V6ONLY:
      return num(sk.ipv6only ? 1 : 0);
    case IPV6_UNICAST_HOPS:
    case IPV6_MULTICAST_HOPS: {
      const own = opt === IPV6_UNICAST_HOPS ? np.hopLimit : np.mcastHops < 0 ? 1 : np.mcastHops;
      if (own >= 0) return num(own);
      const dst = sk.af === sk.homeAf ? skDstCheck(sk) : null;
      return num(dst === null ? n6.devconfAll.data[1]! : ip6DstHoplimit(n6, dst));
    }
    case IPV6_MULTICAST_LOOP:
      return num(np.mcLoop ? 1 : 0);
    case IPV6_MULTICAST_ALL:
      return num(np.mcAll ? 1 : 0);
    case IPV6_MULTICAST_IF:
      return num(np.mcastOif);
    case IPV6_UNICAST_IF: {
      const out = new Uint8Array(4);
      viewOf(out).setInt32(0, np.ucastOif);
      return cut(out);
    }
    case IPV6_TCLASS:
      return num(np.tclass);
    case IPV6_MTU_DISCOVER:
      return num(np.pmtudisc);
    case IPV6_MTU: {
      const dst = skDstCheck(sk);
      return dst === null ? -ENOTCONN : num(dstMtu(dst));
    }
    case IPV6_PATHMTU: {
      if (maxLen < 32) return -EINVAL;
      const dst = skDstCheck(sk);
      if (dst === null) return -ENOTCONN;
      const out = new Uint8Array(32);
      const v = viewOf(out);
      v.setUint16(0, sk.family, true);
      a6Store(v, 8, sk.v6Daddr!);
      v.setUint32(28, dstMtu(dst), true);
      return out;
    }
    case IPV6_RECVERR:
      return num(np.recverr ? 1 : 0);
    case IPV6_RECVERR_RFC4884:
      return num(np.recverrRfc4884 ? 1 : 0);
    case IPV6_FLOWINFO_SEND:
      return num(np.sndflow ? 1 : 0);
    case IPV6_AUTOFLOWLABEL:
      return num(np.autoflowlabel >= 0 ? np.autoflowlabel : n6.sysctlAutoFlowlabels === 1 || n6.sysctlAutoFlowlabels === 3 ? 1 : 0);
    case IPV6_DONTFRAG:
      return num(np.dontfrag ? 1 : 0);
    case IPV6_ADDR_PREFERENCES: {
      let p = (np.srcprefs & IPV6_PREFER_SRC_TMP) !== 0 ? IPV6_PREFER_SRC_TMP : (np.srcprefs & IPV6_PREFER_SRC_PUBLIC) !== 0 ? IPV6_PREFER_SRC_PUBLIC : IPV6_PREFER_SRC_PUBTMP_DEFAULT;
      p |= (np.srcprefs & IPV6_PREFER_SRC_COA) !== 0 ? IPV6_PREFER_SRC_COA : IPV6_PREFER_SRC_HOME;
      return num(p);
    }
    case IPV6_MINHOPCOUNT:
      return num(np.minHopcount);
    case IPV6_FREEBIND:
      return num(sk.freebind ? 1 : 0);
    case IPV6_TRANSPARENT:
      return num(sk.transparent ? 1 : 0);
    case IPV6_ROUTER_ALERT:
      return sk.type === SOCK_RAW && sk.num === IPPROTO_RAW ? num((sk as Raw6Sock).routerAlert) : -ENOPROTOOPT;
    case IPV6_ROUTER_ALERT_ISOLATE:
      return num(np.ext.rtalertIsolate ? 1 : 0);
    case IPV6_HOPOPTS:
    case IPV6_RTHDRDSTOPTS:
    case IPV6_RTHDR:
    case IPV6_DSTOPTS: {
      const o = np.opt ?? new Ipv6TxOptions();
      const data = opt === IPV6_HOPOPTS ? o.hopopt : opt === IPV6_RTHDRDSTOPTS ? o.dst0opt : opt === IPV6_RTHDR ? o.srcrt : o.dst1opt;
      return data === null ? new Uint8Array(0) : cut(data);
    }
    case IPV6_2292PKTOPTIONS:
      return sk.type === SOCK_STREAM ? new Uint8Array(0) : -ENOPROTOOPT;
    default:
      return nfGetsockopt(sk, level, opt, maxLen, input);
  }
}
