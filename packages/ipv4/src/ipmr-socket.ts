/** The options and ioctls by which a daemon of multicast routing speaks to the kernel (linux/mroute.h). */
// datapath-ok-file: system calls
import { EACCES, EADDRNOTAVAIL, EBUSY, EADDRINUSE, EFAULT, EINVAL, ENFILE, ENOENT, ENOIOCTLCMD, ENOPROTOOPT, EOPNOTSUPP, capable } from '@linnet/kernel';
import type { InetSock } from '@linnet/inet';
import { intOpt } from '@linnet/socket';
import {
  CAP_NET_ADMIN, IGMPMSG_WRVIFWHOLE, IPPROTO_IGMP, MAXVIFS, MFCCTL_LEN, MRT_ADD_MFC, MRT_ADD_MFC_PROXY, MRT_ADD_VIF, MRT_ASSERT, MRT_DEL_MFC, MRT_DEL_MFC_PROXY, MRT_DEL_VIF, MRT_DONE, MRT_FLUSH,
  MRT_INIT, MRT_PIM, MRT_TABLE, MRT_VERSION, RT_TABLE_DEFAULT, SIOCGETRPF, SIOCGETSGCNT, SIOCGETVIFCNT, SOCK_RAW, VIFCTL_LEN,
} from '@linnet/uapi';
import { mrAddEntry, mrAddVif, mrCountDaemons, mrDelEntry, mrDelVif, mrFlush, mrNewTable, mrRelease } from './ipmr-table.ts';
import { IPMR, mrFindEntry, mrTable } from './ipmr-types.ts';
import type { MrTable } from './ipmr-types.ts';
import { ipRaControl } from './raw.ts';
import type { RawSock } from './raw-table.ts';

/** The version of this interface. */
const VERSION = 0x0305;
/** Numbers of tables above it would make names of register devices too long. */
const MAX_TABLE = 999_999_999;

function isDaemonSocket(sk: InetSock): sk is RawSock {
  return sk.type === SOCK_RAW && sk.num === IPPROTO_IGMP;
}

function viewOf(val: Uint8Array): DataView {
  return new DataView(val.buffer, val.byteOffset, val.byteLength);
}

function tableOf(sk: RawSock): MrTable | null {
  return mrTable(sk.net.get(IPMR), sk.mrTable === 0 ? RT_TABLE_DEFAULT : sk.mrTable);
}

function init(sk: RawSock, t: MrTable, val: Uint8Array): number {
  if (val.length !== 4) return -EINVAL;
  if (t.owner !== null) return -EADDRINUSE;
  // The daemon hears of all router alert packets.
  const err = ipRaControl(sk, true);
  if (err !== 0) return err;
  t.owner = sk;
  mrCountDaemons(t, 1);
  return 0;
}

/** The daemon's socket goes, or says that it is done. @alpha */
export function mrSocketDone(sk: RawSock): number {
  const t = sk.net.get(IPMR).tables.find((o) => o.owner === sk);
  if (t === undefined) return -EACCES;
  mrRelease(t);
  return 0;
}

function done(sk: RawSock, t: MrTable): number {
  if (t.owner !== sk) return -EACCES;
  ipRaControl(sk, false);
  return mrSocketDone(sk);
}

function vif(sk: RawSock, t: MrTable, opt: number, val: Uint8Array): number {
  if (val.length !== VIFCTL_LEN) return -EINVAL;
  const v = viewOf(val);
  const i = v.getUint16(0, true);
  if (i >= MAXVIFS) return -ENFILE;
  if (opt === MRT_DEL_VIF) return mrDelVif(t, i, false);
  return mrAddVif(t, { vif: i, flags: v.getUint8(2), address: v.getInt32(8), far: v.getInt32(12), local: v.getInt32(8, true), remote: v.getInt32(12, true) }, t.owner !== sk);
}

function mfc(sk: RawSock, t: MrTable, opt: number, val: Uint8Array): number {
  if (val.length !== MFCCTL_LEN) return -EINVAL;
  const v = viewOf(val);
  const r = { origin: v.getInt32(0), group: v.getInt32(4), parent: v.getUint16(8, true), ttls: val.subarray(10, 10 + MAXVIFS) };
  const byParent = opt === MRT_ADD_MFC_PROXY || opt === MRT_DEL_MFC_PROXY;
  if (opt === MRT_DEL_MFC || opt === MRT_DEL_MFC_PROXY) return mrDelEntry(t, r, byParent);
  return mrAddEntry(t, r, byParent, t.owner !== sk);
}

function setPim(t: MrTable, n: number): void {
  const on = n !== 0;
  // Saying what is so already changes nothing, not even the kind of upcall.
  if (on === t.pim) return;
  t.pim = on;
  t.assert = on;
  t.wholeOnWrong = n === IGMPMSG_WRVIFWHOLE;
}

function setTable(sk: RawSock, val: Uint8Array): number {
  if (val.length !== 4) return -EINVAL;
  const id = viewOf(val).getUint32(0, true);
  if (sk.net.get(IPMR).tables.some((t) => t.owner === sk)) return -EBUSY;
  if (id > MAX_TABLE) return -EINVAL;
  if (id !== 0) mrNewTable(sk.net.get(IPMR), id);
  sk.mrTable = id;
  return 0;
}

/** Sets an MRT_* option. 0 or a negative errno. @alpha */
export function mrSetsockopt(sk: InetSock, opt: number, val: Uint8Array): number {
  if (!isDaemonSocket(sk)) return -EOPNOTSUPP;
  const t = tableOf(sk);
  if (t === null) return -ENOENT;
  if (opt !== MRT_INIT && t.owner !== sk && !capable(sk.net.kernel, CAP_NET_ADMIN)) return -EACCES;
  switch (opt) {
    case MRT_INIT:
      return init(sk, t, val);
    case MRT_DONE:
      return done(sk, t);
    case MRT_ADD_VIF:
    case MRT_DEL_VIF:
      return vif(sk, t, opt, val);
    case MRT_ADD_MFC:
    case MRT_DEL_MFC:
    case MRT_ADD_MFC_PROXY:
    case MRT_DEL_MFC_PROXY:
      return mfc(sk, t, opt, val);
    case MRT_TABLE:
      return setTable(sk, val);
    case MRT_VERSION:
      return -ENOPROTOOPT;
    default:
  }
  if (val.length !== 4) return -EINVAL;
  const n = viewOf(val).getInt32(0, true);
  if (opt === MRT_FLUSH) mrFlush(t, n);
  else if (opt === MRT_ASSERT) t.assert = n !== 0;
  else if (opt === MRT_PIM) setPim(t, n);
  else return -ENOPROTOOPT;
  return 0;
}

/** The value of an MRT_* option, or a negative errno. @alpha */
export function mrGetsockopt(sk: InetSock, opt: number, maxLen: number): Uint8Array | number {
  if (!isDaemonSocket(sk)) return -EOPNOTSUPP;
  const t = tableOf(sk);
  if (t === null) return -ENOENT;
  switch (opt) {
    case MRT_VERSION:
      return intOpt(VERSION, maxLen);
    case MRT_ASSERT:
      return intOpt(t.assert ? 1 : 0, maxLen);
    case MRT_PIM:
      return intOpt(t.pim ? 1 : 0, maxLen);
    default:
      return -ENOPROTOOPT;
  }
}

function putU64(v: DataView, at: number, n: number): void {
  v.setUint32(at, n, true);
  v.setUint32(at + 4, Math.floor(n / 2 ** 32), true);
}

/** SIOCGETVIFCNT and SIOCGETSGCNT on a raw socket; -ENOIOCTLCMD for others. @alpha */
export function mrIoctl(sk: RawSock, cmd: number, arg: Uint8Array): number {
  if (cmd !== SIOCGETVIFCNT && cmd !== SIOCGETSGCNT && cmd !== SIOCGETRPF) return -ENOIOCTLCMD;
  const t = tableOf(sk);
  if (t === null) return -ENOENT;
  const v = viewOf(arg);
  if (cmd === SIOCGETVIFCNT) {
    if (arg.length < 40) return -EFAULT;
    const i = v.getUint16(0, true);
    if (i >= t.vifEnd) return -EINVAL;
    const vif = t.vifs[i]!;
    if (vif === null) return -EADDRNOTAVAIL;
    [vif.packetsIn, vif.packetsOut, vif.bytesIn, vif.bytesOut].forEach((n, at) => putU64(v, 8 + 8 * at, n));
    return 0;
  }
  if (cmd === SIOCGETSGCNT) {
    if (arg.length < 32) return -EFAULT;
    const e = mrFindEntry(t, v.getInt32(0), v.getInt32(4));
    if (e === null) return -EADDRNOTAVAIL;
    [e.packets, e.bytes, e.wrong].forEach((n, at) => putU64(v, 8 + 8 * at, n));
    return 0;
  }
  return -ENOIOCTLCMD;
}
