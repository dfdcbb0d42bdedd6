/** Socket options of level SOL_IP (ip(7)). */
// datapath-ok-file: socket options
import { capable, EADDRNOTAVAIL, EINVAL, ENOPROTOOPT, EOPNOTSUPP, ENOTCONN, EPERM, EPROTO } from '@linnet/kernel';
import {
  CAP_NET_ADMIN, CAP_NET_RAW, INET_ECN_MASK, IP_ADD_MEMBERSHIP, IP_BIND_ADDRESS_NO_PORT, IP_CHECKSUM, IP_DROP_MEMBERSHIP,
  IP_FREEBIND, IP_HDRINCL, IP_LOCAL_PORT_RANGE, IP_MINTTL, IP_MTU, IP_MTU_DISCOVER, IP_MULTICAST_ALL, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_NODEFRAG, IP_PASSSEC,
  IP_OPTIONS, IP_PKTINFO, IP_PKTOPTIONS, IP_PMTUDISC_DONT, IP_PMTUDISC_OMIT, IP_PROTOCOL, IP_RECVERR, IP_RECVERR_RFC4884, IP_RECVFRAGSIZE, IP_RECVOPTS, IP_RECVORIGDSTADDR,
  IP_RECVTOS, IP_RECVTTL, IP_RETOPTS, IP_ROUTER_ALERT, IP_TOS, IP_TRANSPARENT, IP_TTL, IP_UNICAST_IF, MRT_BASE, MRT_MAX, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, SOL_IP,
} from '@linnet/uapi';
import { DROP, skbQueuePurge } from '@linnet/skbuff';
import { devGetByIndex, dstMtu } from '@linnet/netdev';
import { intOpt, skDstCheck } from '@linnet/socket';
import { INET, type InetSock, nfGetsockopt } from '@linnet/inet';
import {
  IP_CMSG_CHECKSUM, IP_CMSG_ORIGDSTADDR, IP_CMSG_PASSSEC, IP_CMSG_PKTINFO, IP_CMSG_RECVFRAGSIZE, IP_CMSG_RECVOPTS, IP_CMSG_RETOPTS, IP_CMSG_TOS, IP_CMSG_TTL,
} from './ip-cmsg.ts';
import { ipDevFind } from './devinet-select.ts';
import { ipOptionsGet, ipOptionsUndo } from './ip-options.ts';
import { IpOptions } from './ip-options-types.ts';
import { mrGetsockopt, mrSetsockopt } from './ipmr-socket.ts';
import { IPV4 } from './ipv4-net.ts';
import { mcGetsockopt, mcSetsockopt } from './mc-options.ts';
import { ipMcJoinGroup, ipMcLeaveGroup } from './mc-socket.ts';
import { ipRaControl } from './raw.ts';
import type { RawSock } from './raw-table.ts';
import { rtTos2Priority } from './route.ts';

/** Options that are a bit of `cmsgFlags`. */
const CMSG_OPTS: ReadonlyMap<number, number> = new Map([
  [IP_PKTINFO, IP_CMSG_PKTINFO], [IP_RECVTTL, IP_CMSG_TTL], [IP_RECVTOS, IP_CMSG_TOS], [IP_RECVOPTS, IP_CMSG_RECVOPTS], [IP_RETOPTS, IP_CMSG_RETOPTS],
  [IP_RECVORIGDSTADDR, IP_CMSG_ORIGDSTADDR], [IP_CHECKSUM, IP_CMSG_CHECKSUM], [IP_RECVFRAGSIZE, IP_CMSG_RECVFRAGSIZE], [IP_PASSSEC, IP_CMSG_PASSSEC],
]);

/** An int or a byte, as these options take either; 0 when there is nothing. */
function value(val: Uint8Array): number {
  if (val.length >= 4) return val[0]! | (val[1]! << 8) | (val[2]! << 16) | (val[3]! << 24);
  return val.length >= 1 ? val[0]! : 0;
}

function viewOf(val: Uint8Array): DataView {
  return new DataView(val.buffer, val.byteOffset, val.byteLength);
}

/** The TOS of a socket; a stream keeps the ECN bits to itself (ip_sock_set_tos). @alpha */
export function ipSockSetTos(sk: InetSock, tos: number): void {
  let v = tos & 0xff;
  if (sk.type === SOCK_STREAM) v = (v & ~INET_ECN_MASK) | (sk.tos & INET_ECN_MASK);
  if (v === sk.tos) return;
  sk.tos = v;
  sk.priority = rtTos2Priority(v);
  sk.dst = null;
}

/** Sets an option; 0, or ENOPROTOOPT, EINVAL and what the option says (ip_setsockopt). @alpha */
export function ipSetsockopt(sk: InetSock, level: number, opt: number, val: Uint8Array): number {
  if (level !== SOL_IP) return -ENOPROTOOPT;
  if (opt >= MRT_BASE && opt <= MRT_MAX) return mrSetsockopt(sk, opt, val);
  const ip = sk.net.get(IPV4);
  const n = value(val);
  const on = n !== 0;
  const cmsg = CMSG_OPTS.get(opt);
  if (cmsg !== undefined) {
    if (opt === IP_RECVFRAGSIZE && sk.type !== SOCK_RAW && sk.type !== SOCK_DGRAM) return -EINVAL;
    if (on) sk.cmsgFlags |= cmsg;
    else sk.cmsgFlags &= ~cmsg;
    return 0;
  }
  const isRaw = sk.type === SOCK_RAW;
  switch (opt) {
    case IP_OPTIONS: {
      if (val.length > 40) return -EINVAL;
      const o = new IpOptions();
      const err = ipOptionsGet(ip, o, val);
      if (err !== 0) return err;
      sk.inetOpt = o.optlen === 0 ? null : o;
      return 0;
    }
    case IP_TOS:
      ipSockSetTos(sk, n);
      return 0;
    case IP_TTL:
      if (val.length < 1 || (n !== -1 && (n < 1 || n > 255))) return -EINVAL;
      sk.ucTtl = n;
      return 0;
    case IP_HDRINCL:
      if (!isRaw) return -ENOPROTOOPT;
      sk.hdrincl = on;
      return 0;
    case IP_NODEFRAG:
      if (!isRaw) return -ENOPROTOOPT;
      sk.nodefrag = on;
      return 0;
    case IP_BIND_ADDRESS_NO_PORT:
      sk.bindAddressNoPort = on;
      return 0;
    case IP_MTU_DISCOVER:
      if (n < IP_PMTUDISC_DONT || n > IP_PMTUDISC_OMIT) return -EINVAL;
      sk.pmtudisc = n;
      return 0;
    case IP_RECVERR:
      sk.recverr = on;
      if (!on) skbQueuePurge(sk.errorQueue, DROP.QUEUE_PURGE);
      return 0;
    case IP_RECVERR_RFC4884:
      if (n < 0 || n > 1) return -EINVAL;
      sk.recverrRfc4884 = on;
      return 0;
    case IP_FREEBIND:
      if (val.length < 1) return -EINVAL;
      sk.freebind = on;
      return 0;
    case IP_TRANSPARENT:
      if (on && !capable(sk.kernel, CAP_NET_RAW) && !capable(sk.kernel, CAP_NET_ADMIN)) return -EPERM;
      if (val.length < 1) return -EINVAL;
      sk.transparent = on;
      return 0;
    case IP_MINTTL:
      if (val.length < 1 || n < 0 || n > 255) return -EINVAL;
      sk.minTtl = n;
      return 0;
    case IP_LOCAL_PORT_RANGE: {
      if (val.length !== 4) return -EINVAL;
      const lo = n & 0xffff;
      const hi = (n >>> 16) & 0xffff;
      if (lo !== 0 && hi !== 0 && lo > hi) return -EINVAL;
      sk.localPortRange = n;
      return 0;
    }
    case IP_ROUTER_ALERT:
      return isRaw ? ipRaControl(sk as RawSock, on) : -EINVAL;
    case IP_MULTICAST_TTL: {
      if (sk.type === SOCK_STREAM || val.length < 1) return -EINVAL;
      const ttl = n === -1 ? 1 : n;
      if (ttl < 0 || ttl > 255) return -EINVAL;
      sk.mcTtl = ttl;
      return 0;
    }
    case IP_MULTICAST_LOOP:
      if (val.length < 1) return -EINVAL;
      sk.mcLoop = on;
      return 0;
    case IP_MULTICAST_ALL:
      if (val.length < 1 || (n !== 0 && n !== 1)) return -EINVAL;
      sk.mcAll = on;
      return 0;
    case IP_MULTICAST_IF:
      return setMulticastIf(sk, val);
    case IP_UNICAST_IF:
      return setUnicastIf(sk, val);
    case IP_ADD_MEMBERSHIP:
    case IP_DROP_MEMBERSHIP: {
      if (sk.type === SOCK_STREAM) return -EPROTO;
      if (val.length < 8) return -EINVAL;
      const view = viewOf(val);
      const group = view.getInt32(0);
      const addr = view.getInt32(4);
      const ifindex = val.length >= 12 ? view.getInt32(8, true) : 0;
      return opt === IP_ADD_MEMBERSHIP ? ipMcJoinGroup(sk, group, addr, ifindex) : ipMcLeaveGroup(sk, group, addr, ifindex);
    }
    default:
      return mcSetsockopt(sk, opt, val) ?? sk.kernel.get(INET).nfSockopt?.set(sk.net, level, opt, val) ?? -ENOPROTOOPT;
  }
}

/** IP_MULTICAST_IF: an address, an ip_mreq, or an ip_mreqn with an index. */
function setMulticastIf(sk: InetSock, val: Uint8Array): number {
  if (sk.type === SOCK_STREAM || val.length < 4) return -EINVAL;
  const view = viewOf(val);
  const addr = val.length >= 8 ? view.getInt32(4) : view.getInt32(0);
  const ifindex = val.length >= 12 ? view.getInt32(8, true) : 0;
  if (ifindex === 0) {
    if (addr === 0) {
      sk.mcIndex = 0;
      sk.mcAddr = 0;
      return 0;
    }
    const dev = ipDevFind(sk.net.get(IPV4), addr);
    if (dev === null) return -EADDRNOTAVAIL;
    if (sk.boundDevIf !== 0 && sk.boundDevIf !== dev.ifindex) return -EINVAL;
    sk.mcIndex = dev.ifindex;
  } else {
    if (devGetByIndex(sk.net, ifindex) === null) return -EADDRNOTAVAIL;
    if (sk.boundDevIf !== 0 && sk.boundDevIf !== ifindex) return -EINVAL;
    sk.mcIndex = ifindex;
  }
  sk.mcAddr = addr;
  return 0;
}

/** IP_UNICAST_IF: an index in network order. */
function setUnicastIf(sk: InetSock, val: Uint8Array): number {
  if (val.length !== 4) return -EINVAL;
  const ifindex = viewOf(val).getInt32(0);
  if (ifindex !== 0) {
    if (devGetByIndex(sk.net, ifindex) === null) return -EADDRNOTAVAIL;
    if (sk.boundDevIf !== 0) return -EINVAL;
  }
  sk.ucIndex = ifindex;
  return 0;
}

/** An int; one byte when the user has room for no more and it fits, as Linux does. */
function result(n: number, maxLen: number): Uint8Array {
  if (maxLen < 4 && maxLen > 0 && n >= 0 && n <= 255) return new Uint8Array([n]);
  return intOpt(n, maxLen);
}

/** The value of an option, or a negative errno (ip_getsockopt). @alpha */
export function ipGetsockopt(sk: InetSock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  if (level !== SOL_IP) return -EOPNOTSUPP;
  if (maxLen < 0) return -EINVAL;
  if (opt >= MRT_BASE && opt <= MRT_MAX) return mrGetsockopt(sk, opt, maxLen);
  const cmsg = CMSG_OPTS.get(opt);
  if (cmsg !== undefined) return result((sk.cmsgFlags & cmsg) !== 0 ? 1 : 0, maxLen);
  const ip = sk.net.get(IPV4);
  switch (opt) {
    case IP_OPTIONS: {
      const o = sk.inetOpt as IpOptions | null;
      if (o === null) return new Uint8Array(0);
      const out = new Uint8Array(o.optlen);
      ipOptionsUndo(o, out);
      return out.subarray(0, Math.min(maxLen, out.length));
    }
    case IP_PKTOPTIONS:
      // What control messages would say of the last packet of a stream: nothing is kept here.
      return sk.type === SOCK_STREAM ? new Uint8Array(0) : -ENOPROTOOPT;
    case IP_TOS:
      return result(sk.tos, maxLen);
    case IP_TTL:
      return result(sk.ucTtl < 0 ? ip.sysctlIpDefaultTtl : sk.ucTtl, maxLen);
    case IP_HDRINCL:
      return result(sk.hdrincl ? 1 : 0, maxLen);
    case IP_NODEFRAG:
      return result(sk.nodefrag ? 1 : 0, maxLen);
    case IP_BIND_ADDRESS_NO_PORT:
      return result(sk.bindAddressNoPort ? 1 : 0, maxLen);
    case IP_MTU_DISCOVER:
      return result(sk.pmtudisc, maxLen);
    case IP_MTU: {
      const dst = skDstCheck(sk);
      return dst === null ? -ENOTCONN : result(dstMtu(dst), maxLen);
    }
    case IP_RECVERR:
      return result(sk.recverr ? 1 : 0, maxLen);
    case IP_RECVERR_RFC4884:
      return result(sk.recverrRfc4884 ? 1 : 0, maxLen);
    case IP_FREEBIND:
      return result(sk.freebind ? 1 : 0, maxLen);
    case IP_TRANSPARENT:
      return result(sk.transparent ? 1 : 0, maxLen);
    case IP_MINTTL:
      return result(sk.minTtl, maxLen);
    case IP_LOCAL_PORT_RANGE:
      return intOpt(sk.localPortRange, maxLen);
    case IP_PROTOCOL:
      return result(sk.num, maxLen);
    case IP_ROUTER_ALERT:
      return result(sk.type === SOCK_RAW && (sk as RawSock).routerAlert ? 1 : 0, maxLen);
    case IP_MULTICAST_TTL:
      return result(sk.mcTtl, maxLen);
    case IP_MULTICAST_LOOP:
      return result(sk.mcLoop ? 1 : 0, maxLen);
    case IP_MULTICAST_ALL:
      return result(sk.mcAll ? 1 : 0, maxLen);
    case IP_MULTICAST_IF: {
      const out = new Uint8Array(4);
      viewOf(out).setInt32(0, sk.mcAddr);
      return out.subarray(0, Math.min(4, maxLen));
    }
    case IP_UNICAST_IF: {
      const out = new Uint8Array(4);
      viewOf(out).setInt32(0, sk.ucIndex);
      return out.subarray(0, Math.min(4, maxLen));
    }
    default:
      return mcGetsockopt(sk, opt, maxLen, input) ?? nfGetsockopt(sk, level, opt, maxLen, input);
  }
}
