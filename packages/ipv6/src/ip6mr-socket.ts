/** The options and ioctls by which a daemon of IPv6 multicast routing speaks to the kernel (linux/mroute6.h). */
// datapath-ok-file: system calls
import { capable, EACCES, EADDRINUSE, EADDRNOTAVAIL, EBUSY, EFAULT, EINVAL, ENOENT, ENOIOCTLCMD, ENOPROTOOPT, EOPNOTSUPP } from '@linnet/kernel';
import type { InetSock } from '@linnet/inet';
import { intOpt } from '@linnet/socket';
import {
  CAP_NET_ADMIN, IPPROTO_ICMPV6, MF6CCTL_LEN, MIF6CTL_LEN, MRT6_ADD_MFC, MRT6_ADD_MFC_PROXY, MRT6_ADD_MIF, MRT6_ASSERT, MRT6_DEL_MFC, MRT6_DEL_MFC_PROXY, MRT6_DEL_MIF, MRT6_DONE,
  MRT6_FLUSH, MRT6_INIT, MRT6_PIM, MRT6_TABLE, MRT6_VERSION, MRT6MSG_WRMIFWHOLE, RT_TABLE_MAIN, SIOCGETMIFCNT_IN6, SIOCGETSGCNT_IN6, SIOC_MIF_REQ6_LEN, SIOC_SG_REQ6_LEN, SOCK_RAW,
} from '@linnet/uapi';
import { a6Load } from './addr6.ts';
import { mr6AddEntry, mr6AddMif, mr6CountDaemons, mr6DelEntry, mr6DelMif, mr6Flush, mr6NewTable, mr6Release } from './ip6mr-table.ts';
import { IP6MR, mr6FindEntry, mr6Table } from './ip6mr-types.ts';
import type { Mr6Table } from './ip6mr-types.ts';
import type { Raw6Sock } from './raw6-table.ts';

/** The version of this interface. */
const VERSION = 0x0305;
/** Numbers of tables above it would make names of register devices too long. */
const MAX_TABLE = 99_999_999;
/** Where the group stands behind the origin in struct mf6cctl and struct sioc_sg_req6, and where an address stands in a struct sockaddr_in6. */
const GROUP_AT = 28;
const ADDR_AT = 8;

function isDaemonSocket(sk: InetSock): sk is Raw6Sock {
  return sk.type === SOCK_RAW && sk.num === IPPROTO_ICMPV6;
}

function viewOf(val: Uint8Array): DataView {
  return new DataView(val.buffer, val.byteOffset, val.byteLength);
}

function tableOf(sk: Raw6Sock): Mr6Table | null {
  return mr6Table(sk.net.get(IP6MR), sk.mrTable === 0 ? RT_TABLE_MAIN : sk.mrTable);
}

function addrAt(v: DataView, at: number): Int32Array {
  const a = new Int32Array(4);
  a6Load(a, v, at + ADDR_AT);
  return a;
}

function init(sk: Raw6Sock, t: Mr6Table, val: Uint8Array): number {
  if (val.length < 4) return -EINVAL;
  if (t.owner !== null) return -EADDRINUSE;
  t.owner = sk;
  mr6CountDaemons(t, 1);
  return 0;
}

/** The daemon's socket goes, or says that it is done. @alpha */
export function mr6SocketDone(sk: Raw6Sock): number {
  const t = sk.net.get(IP6MR).tables.find((o) => o.owner === sk);
  if (t === undefined) return -EACCES;
  mr6Release(t);
  return 0;
}

function mif(sk: Raw6Sock, t: Mr6Table, opt: number, val: Uint8Array): number {
  const v = viewOf(val);
  if (opt === MRT6_DEL_MIF) return val.length < 2 ? -EINVAL : mr6DelMif(t, v.getUint16(0, true), false);
  if (val.length < MIF6CTL_LEN) return -EINVAL;
  return mr6AddMif(t, v.getUint16(0, true), v.getUint8(2), v.getUint16(4, true), t.owner !== sk);
}

function mfc(sk: Raw6Sock, t: Mr6Table, opt: number, val: Uint8Array): number {
  if (val.length < MF6CCTL_LEN) return -EINVAL;
  const v = viewOf(val);
  // The set has room for 256 interfaces; there are 32.
  const r = { origin: addrAt(v, 0), group: addrAt(v, GROUP_AT), parent: v.getUint16(56, true), oifs: v.getInt32(60, true) };
  const byParent = opt === MRT6_ADD_MFC_PROXY || opt === MRT6_DEL_MFC_PROXY;
  if (opt === MRT6_DEL_MFC || opt === MRT6_DEL_MFC_PROXY) return mr6DelEntry(t, r, byParent);
  return mr6AddEntry(t, r, byParent, t.owner !== sk);
}

function setPim(t: Mr6Table, n: number): void {
  const on = n !== 0;
  // Saying what is so already changes nothing, not even the kind of upcall.
  if (on === t.pim) return;
  t.pim = on;
  t.assert = on;
  t.wholeOnWrong = n === MRT6MSG_WRMIFWHOLE;
}

function setTable(sk: Raw6Sock, val: Uint8Array): number {
  if (val.length !== 4) return -EINVAL;
  const id = viewOf(val).getUint32(0, true);
  const mr = sk.net.get(IP6MR);
  if (id > MAX_TABLE) return -EINVAL;
  if (mr.tables.some((t) => t.owner === sk)) return -EBUSY;
  if (id !== 0) mr6NewTable(mr, id);
  sk.mrTable = id;
  return 0;
}

/** Sets an MRT6_* option. 0 or a negative errno. @alpha */
export function mr6Setsockopt(sk: InetSock, opt: number, val: Uint8Array): number {
  if (!isDaemonSocket(sk)) return -EOPNOTSUPP;
  const t = tableOf(sk);
  if (t === null) return -ENOENT;
  if (opt !== MRT6_INIT && t.owner !== sk && !capable(sk.net.kernel, CAP_NET_ADMIN)) return -EACCES;
  switch (opt) {
    case MRT6_INIT:
      return init(sk, t, val);
    case MRT6_DONE:
      return mr6SocketDone(sk);
    case MRT6_ADD_MIF:
    case MRT6_DEL_MIF:
      return mif(sk, t, opt, val);
    case MRT6_ADD_MFC:
    case MRT6_DEL_MFC:
    case MRT6_ADD_MFC_PROXY:
    case MRT6_DEL_MFC_PROXY:
      return mfc(sk, t, opt, val);
    case MRT6_TABLE:
      return setTable(sk, val);
    case MRT6_VERSION:
      return -ENOPROTOOPT;
    default:
  }
  if (val.length !== 4) return -EINVAL;
  const n = viewOf(val).getInt32(0, true);
  if (opt === MRT6_FLUSH) mr6Flush(t, n);
  else if (opt === MRT6_ASSERT) t.assert = n !== 0;
  else if (opt === MRT6_PIM) setPim(t, n);
  else return -ENOPROTOOPT;
  return 0;
}

/** The value of an MRT6_* option, or a negative errno. @alpha */
export function mr6Getsockopt(sk: InetSock, opt: number, maxLen: number): Uint8Array | number {
  if (!isDaemonSocket(sk)) return -EOPNOTSUPP;
  const t = tableOf(sk);
  if (t === null) return -ENOENT;
  switch (opt) {
    case MRT6_VERSION:
      return intOpt(VERSION, maxLen);
    case MRT6_ASSERT:
      return intOpt(t.assert ? 1 : 0, maxLen);
    case MRT6_PIM:
      return intOpt(t.pim ? 1 : 0, maxLen);
    default:
      return -ENOPROTOOPT;
  }
}

function putU64(v: DataView, at: number, n: number): void {
  v.setUint32(at, n, true);
  v.setUint32(at + 4, Math.floor(n / 2 ** 32), true);
}

/** SIOCGETMIFCNT_IN6 and SIOCGETSGCNT_IN6 on a raw socket; -ENOIOCTLCMD for others. @alpha */
export function mr6Ioctl(sk: Raw6Sock, cmd: number, arg: Uint8Array): number {
  if (cmd !== SIOCGETMIFCNT_IN6 && cmd !== SIOCGETSGCNT_IN6) return -ENOIOCTLCMD;
  const t = tableOf(sk);
  if (t === null) return -ENOENT;
  const v = viewOf(arg);
  if (cmd === SIOCGETMIFCNT_IN6) {
    if (arg.length < SIOC_MIF_REQ6_LEN) return -EFAULT;
    const i = v.getUint16(0, true);
    if (i >= t.mifEnd) return -EINVAL;
    const m = t.mifs[i]!;
    if (m === null) return -EADDRNOTAVAIL;
    [m.packetsIn, m.packetsOut, m.bytesIn, m.bytesOut].forEach((n, at) => putU64(v, 8 + 8 * at, n));
    return 0;
  }
  if (arg.length < SIOC_SG_REQ6_LEN) return -EFAULT;
  const e = mr6FindEntry(t, addrAt(v, 0), addrAt(v, GROUP_AT));
  if (e === null) return -EADDRNOTAVAIL;
  [e.packets, e.bytes, e.wrong].forEach((n, at) => putU64(v, 56 + 8 * at, n));
  return 0;
}
