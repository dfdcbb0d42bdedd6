/** Options at level SOL_SOCKET (socket(7)). Values are in the ABI's layout: little-endian ints, struct linger, struct timeval. */
import {
  capable, EACCES, EBADF, EDOM, EINVAL, ENODATA, ENODEV, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP, EPERM,
} from '@linnet/kernel';
import { devGetByIndex, devGetByName } from '@linnet/netdev';
import {
  AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, CAP_NET_ADMIN, CAP_NET_RAW, IFNAMSIZ, IPPROTO_TCP, IPPROTO_UDP, SKF_AD_MAX, SO_ACCEPTCONN, SO_ATTACH_BPF, SO_ATTACH_FILTER,
  SO_ATTACH_REUSEPORT_CBPF, SO_ATTACH_REUSEPORT_EBPF, SO_BINDTODEVICE, SO_BINDTOIFINDEX, SO_BPF_EXTENSIONS, SO_BROADCAST, SO_BSDCOMPAT, SO_BUF_LOCK, SO_BUSY_POLL, SO_BUSY_POLL_BUDGET, SO_CNX_ADVICE,
  SO_COOKIE, SO_DEBUG, SO_DETACH_FILTER, SO_DETACH_REUSEPORT_BPF, SO_DOMAIN, SO_DONTROUTE, SO_ERROR, SO_INCOMING_CPU, SO_INCOMING_NAPI_ID, SO_INQ, SO_KEEPALIVE, SO_LINGER, SO_LOCK_FILTER, SO_MARK, SO_MAX_PACING_RATE,
  SO_MEMINFO, SO_NETNS_COOKIE, SO_NO_CHECK, SO_NOFCS, SO_OOBINLINE, SO_PASSCRED, SO_PASSPIDFD, SO_PASSRIGHTS, SO_PASSSEC, SO_PEEK_OFF, SO_PEERCRED, SO_PEERGROUPS, SO_PEERNAME,
  SO_PEERPIDFD, SO_PREFER_BUSY_POLL, SO_PRIORITY, SO_PROTOCOL, SO_RCVBUF, SO_RCVBUFFORCE, SO_RCVLOWAT, SO_RCVMARK, SO_RCVPRIORITY, SO_RCVTIMEO_NEW, SO_RCVTIMEO_OLD, SO_RESERVE_MEM,
  SO_REUSEADDR, SO_REUSEPORT, SO_RXQ_OVFL, SO_SELECT_ERR_QUEUE, SO_SNDBUF, SO_SNDBUFFORCE, SO_SNDLOWAT, SO_SNDTIMEO_NEW, SO_SNDTIMEO_OLD, SO_TIMESTAMP_NEW, SO_TIMESTAMP_OLD,
  SO_TIMESTAMPING_NEW, SO_TIMESTAMPING_OLD, SO_TIMESTAMPNS_NEW, SO_TIMESTAMPNS_OLD, SO_TXREHASH, SO_TXTIME, SO_TYPE, SO_WIFI_STATUS, SO_ZEROCOPY, SOCK_DGRAM, SOCK_MIN_RCVBUF,
  SOCK_MIN_SNDBUF, SOCK_STREAM, sockaddrEncode, SOF_TIMESTAMPING_OPT_ID, SOF_TIMESTAMPING_OPT_ID_TCP, SOF_TIMESTAMPING_RX_SOFTWARE,
} from '@linnet/uapi';
import { netCookie } from './core-sysctl.ts';
import { sockCookieHigh, sockCookieLow, sockGenCookie } from './cookie.ts';
import { skAttachFilter, skDetachFilter, skGetFilter, skLockFilter, skOptmem } from './filter.ts';
import {
  SOCK_BROADCAST, SOCK_DBG, SOCK_FILTER_LOCKED, SOCK_INQ, SOCK_KEEPOPEN, SOCK_LINGER, SOCK_LOCALROUTE, SOCK_NOFCS, SOCK_NORIGHTS, SOCK_PASSCRED, SOCK_PASSPIDFD, SOCK_PASSSEC,
  SOCK_PREFER_BUSY_POLL, SOCK_RCVBUF_LOCK, SOCK_RCVMARK, SOCK_RCVPRIORITY, SOCK_RCVTSTAMP, SOCK_RCVTSTAMPNS, SOCK_RXQ_OVFL, SOCK_SELECT_ERR_QUEUE, SOCK_SNDBUF_LOCK, SOCK_TSTAMP_NEW,
  SOCK_TXTIME, SOCK_URGINLINE, SOCK_WIFI_STATUS, SOCK_ZEROCOPY, sockFlag, sockSetFlag, sockTimestamping, type Sock,
} from './sock.ts';
import { reuseportAttach, reuseportDetach } from './reuseport.ts';
import { sockRare } from './sock-rare.ts';
import { SOCKET, type Socket } from './socket.ts';

const TCP_CLOSE = 7;
const TCP_LISTEN = 10;
/** All SOF_TIMESTAMPING_* of Linux 6.18. */
const SOF_TIMESTAMPING_MASK = 0x7ffff;
const CLOCK_MONOTONIC = 1;
/** Milliseconds that a time may be: longer is for ever (MAX_SCHEDULE_TIMEOUT). */
const MAX_TIMEO = 0x7fffffffffff;

/** The int in an option's value; NaN when the value is too short. @alpha */
export function optInt(val: Uint8Array): number {
  if (val.length < 4) return NaN;
  return val[0]! | (val[1]! << 8) | (val[2]! << 16) | (val[3]! << 24);
}

/** An option's value from an int, cut to `maxLen` as the ABI does. @alpha */
export function intOpt(n: number, maxLen: number = 4): Uint8Array {
  return new Uint8Array([n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255]).subarray(0, Math.max(0, Math.min(4, maxLen)));
}

/** An option's value from several ints. */
function intsOpt(values: readonly number[], maxLen: number): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  values.forEach((v, i) => out.set(intOpt(v), i * 4));
  return out.subarray(0, maxLen);
}

function optTime(val: Uint8Array): number {
  if (val.length < 16) return NaN;
  const view = new DataView(val.buffer, val.byteOffset, val.byteLength);
  const sec = Number(view.getBigInt64(0, true));
  const usec = Number(view.getBigInt64(8, true));
  if (usec < 0 || usec >= 1e6) return -1;
  if (sec < 0) return 0; // a negative time does not wait
  const ms = sec * 1000 + Math.ceil(usec / 1000);
  return ms === 0 || ms > MAX_TIMEO ? Infinity : ms;
}

function timeOpt(ms: number, maxLen: number): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  if (ms !== Infinity) {
    view.setBigInt64(0, BigInt(Math.floor(ms / 1000)), true);
    view.setBigInt64(8, BigInt((ms % 1000) * 1000), true);
  }
  return out.subarray(0, maxLen);
}

/** Options that are a flag and nothing else. */
const FLAG_OPTS: ReadonlyMap<number, number> = new Map([
  [SO_BROADCAST, SOCK_BROADCAST], [SO_KEEPALIVE, SOCK_KEEPOPEN], [SO_OOBINLINE, SOCK_URGINLINE], [SO_DONTROUTE, SOCK_LOCALROUTE],
  [SO_RXQ_OVFL, SOCK_RXQ_OVFL], [SO_RCVMARK, SOCK_RCVMARK], [SO_RCVPRIORITY, SOCK_RCVPRIORITY], [SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE],
  [SO_WIFI_STATUS, SOCK_WIFI_STATUS], [SO_NOFCS, SOCK_NOFCS],
]);

/** Flags of families that pass more than bytes: only local sockets, or they and netlink's. */
const SCM_OPTS: ReadonlyMap<number, number> = new Map([
  [SO_PASSCRED, SOCK_PASSCRED], [SO_PASSSEC, SOCK_PASSSEC], [SO_PASSPIDFD, SOCK_PASSPIDFD], [SO_PASSRIGHTS, SOCK_NORIGHTS],
]);

function mayPass(sk: Sock, opt: number): boolean {
  return sk.family === AF_UNIX || (sk.family === AF_NETLINK && (opt === SO_PASSCRED || opt === SO_PASSSEC));
}

function isInet(sk: Sock): boolean {
  return sk.family === AF_INET || sk.family === AF_INET6;
}

/** Is it known by its address already? Streams are when they listen. */
function isBound(sk: Sock): boolean {
  return sk.type === SOCK_STREAM ? sk.state === TCP_LISTEN : (sk as Sock & { readonly num?: number }).num !== 0;
}

/** May sockets of this kind send without copying? */
function mayZerocopy(sk: Sock): boolean {
  if (!isInet(sk)) return false;
  return (sk.type === SOCK_STREAM && sk.protocol === IPPROTO_TCP) || (sk.type === SOCK_DGRAM && sk.protocol === IPPROTO_UDP);
}

/** Has everything that wants receive times stamped, or nothing. */
function updateTimestamping(sk: Sock): void {
  const tsflags = sk.rare === null ? 0 : sk.rare.tsflags;
  sockTimestamping(sk, sockFlag(sk, SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS) || (tsflags & SOF_TIMESTAMPING_RX_SOFTWARE) !== 0);
}

function setTimestamp(sk: Sock, on: boolean, nano: boolean, fresh: boolean): number {
  // One or the other: the last one that was switched on; switching either off ends both.
  sockSetFlag(sk, SOCK_RCVTSTAMP, on && !nano);
  sockSetFlag(sk, SOCK_RCVTSTAMPNS, on && nano);
  if (on) sockSetFlag(sk, SOCK_TSTAMP_NEW, fresh);
  updateTimestamping(sk);
  return 0;
}

function setTimestamping(sk: Sock, n: number, fresh: boolean): number {
  if ((n & ~SOF_TIMESTAMPING_MASK) !== 0) return -EINVAL;
  if ((n & SOF_TIMESTAMPING_OPT_ID_TCP) !== 0 && (n & SOF_TIMESTAMPING_OPT_ID) === 0) return -EINVAL;
  const tcp = isInet(sk) && sk.type === SOCK_STREAM;
  if ((n & SOF_TIMESTAMPING_OPT_ID) !== 0 && tcp && (sk.state === TCP_CLOSE || sk.state === TCP_LISTEN)) return -EINVAL;
  const r = sockRare(sk);
  // Who begins to count begins with 0.
  if ((n & SOF_TIMESTAMPING_OPT_ID & ~r.tsflags) !== 0) r.txId = sk.prot.stampBase?.(sk, (n & SOF_TIMESTAMPING_OPT_ID_TCP) !== 0) ?? 0;
  r.tsflags = n;
  sockSetFlag(sk, SOCK_TSTAMP_NEW, fresh);
  updateTimestamping(sk);
  return 0;
}

/** The limits of a buffer: twice what was asked, as bookkeeping counts as well (socket(7)). */
function bufSize(want: number, min: number): number {
  return Math.max(Math.min(want, 0x3fffffff) * 2, min);
}

/** Sets an option at SOL_SOCKET (sock_setsockopt): 0, or EINVAL, ENOPROTOOPT, EOPNOTSUPP, EDOM, ENODEV, EPERM, EACCES, ENOENT. @alpha */
export function sockSetsockopt(sock: Socket, opt: number, val: Uint8Array): number {
  const sk = sock.sk!;
  const k = sk.kernel;
  const limits = k.get(SOCKET);
  if (opt === SO_BINDTODEVICE) return bindToDevice(sk, val);
  const n = optInt(val);
  if (Number.isNaN(n)) return -EINVAL;
  const on = n !== 0;
  const flag = FLAG_OPTS.get(opt);
  if (flag !== undefined) {
    if (opt === SO_KEEPALIVE && sk.prot.keepalive !== undefined) sk.prot.keepalive(sk, on);
    sockSetFlag(sk, flag, on);
    return 0;
  }
  const pass = SCM_OPTS.get(opt);
  if (pass !== undefined) {
    if (!mayPass(sk, opt)) return -EOPNOTSUPP;
    sockSetFlag(sk, pass, opt === SO_PASSRIGHTS ? !on : on);
    return 0;
  }
  switch (opt) {
    case SO_DEBUG:
      if (on && !capable(k, CAP_NET_ADMIN)) return -EACCES;
      sockSetFlag(sk, SOCK_DBG, on);
      return 0;
    case SO_BSDCOMPAT:
    case SO_CNX_ADVICE:
      return 0;
    case SO_REUSEADDR:
      sk.reuse = on;
      return 0;
    case SO_REUSEPORT:
      if (on && !isInet(sk)) return -EOPNOTSUPP;
      sk.reuseport = on;
      return 0;
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW: {
      const t = optTime(val);
      if (Number.isNaN(t)) return -EINVAL;
      if (t < 0) return -EDOM;
      if (opt === SO_RCVTIMEO_OLD || opt === SO_RCVTIMEO_NEW) sk.rcvtimeo = t;
      else sk.sndtimeo = t;
      return 0;
    }
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
      if (opt === SO_SNDBUFFORCE && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.userlocks |= SOCK_SNDBUF_LOCK;
      sk.sndbuf = bufSize(opt === SO_SNDBUF ? Math.min(n >>> 0, limits.wmemMax) : Math.max(n, 0), SOCK_MIN_SNDBUF);
      sk.writeSpace(sk);
      return 0;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
      if (opt === SO_RCVBUFFORCE && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.userlocks |= SOCK_RCVBUF_LOCK;
      sk.rcvbuf = bufSize(opt === SO_RCVBUF ? Math.min(n >>> 0, limits.rmemMax) : Math.max(n, 0), SOCK_MIN_RCVBUF);
      return 0;
    case SO_BUF_LOCK:
      if ((n & ~(SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK)) !== 0) return -EINVAL;
      sk.userlocks = (sk.userlocks & ~(SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK)) | n;
      return 0;
    case SO_NO_CHECK:
      sk.noCheckTx = on;
      return 0;
    case SO_PRIORITY:
      if ((n < 0 || n > 6) && !capable(k, CAP_NET_RAW) && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.priority = n;
      return 0;
    case SO_LINGER:
      if (val.length < 8) return -EINVAL;
      sockSetFlag(sk, SOCK_LINGER, on);
      if (on) sk.lingertime = (optInt(val.subarray(4)) >>> 0) * 1000;
      return 0;
    case SO_TIMESTAMP_OLD:
    case SO_TIMESTAMP_NEW:
      return setTimestamp(sk, on, false, opt === SO_TIMESTAMP_NEW);
    case SO_TIMESTAMPNS_OLD:
    case SO_TIMESTAMPNS_NEW:
      return setTimestamp(sk, on, true, opt === SO_TIMESTAMPNS_NEW);
    case SO_TIMESTAMPING_OLD:
    case SO_TIMESTAMPING_NEW:
      return setTimestamping(sk, n, opt === SO_TIMESTAMPING_NEW);
    case SO_RCVLOWAT:
      sk.rcvlowat = n < 0 ? 0x7fffffff : n || 1;
      return 0;
    case SO_MARK:
      if (!capable(k, CAP_NET_RAW) && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.mark = n;
      sk.dst = null;
      return 0;
    case SO_PEEK_OFF:
      if (sk.prot.peekOff !== true) return -EOPNOTSUPP;
      sockRare(sk);
      sk.peekOff = n;
      return 0;
    case SO_MAX_PACING_RATE:
      sk.maxPacingRate = paceOf(val, n);
      sk.prot.pacingLimit?.(sk);
      return 0;
    case SO_BINDTOIFINDEX:
      return n < 0 ? -EINVAL : setBoundDev(sk, n);
    case SO_INCOMING_CPU:
      sockRare(sk).incomingCpu = n;
      return 0;
    case SO_ATTACH_FILTER:
      return skAttachFilter(sk, val);
    case SO_DETACH_FILTER:
      return skDetachFilter(sk);
    case SO_LOCK_FILTER:
      return skLockFilter(sk, on);
    case SO_ATTACH_REUSEPORT_CBPF:
      return reuseportAttach(sk, val, isBound(sk));
    case SO_DETACH_REUSEPORT_BPF:
      return reuseportDetach(sk);
    case SO_ATTACH_BPF:
    case SO_ATTACH_REUSEPORT_EBPF:
      return val.length === 4 ? -EBADF : -EINVAL; // no descriptor of a program can be there
    case SO_ZEROCOPY:
      if (!mayZerocopy(sk)) return -EOPNOTSUPP;
      if (n < 0 || n > 1) return -EINVAL;
      sockSetFlag(sk, SOCK_ZEROCOPY, on);
      return 0;
    case SO_BUSY_POLL:
      if (n < 0) return -EINVAL;
      if (n > sockRare(sk).busyPoll && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sockRare(sk).busyPoll = n;
      return 0;
    case SO_PREFER_BUSY_POLL:
      if (on && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sockSetFlag(sk, SOCK_PREFER_BUSY_POLL, on);
      return 0;
    case SO_BUSY_POLL_BUDGET:
      if (n < 0 || n > 0xffff) return -EINVAL;
      if (n > sockRare(sk).busyPollBudget && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sockRare(sk).busyPollBudget = n;
      return 0;
    case SO_TXTIME:
      return setTxtime(sk, val, n);
    case SO_INQ:
      if (sk.family !== AF_UNIX || sk.type !== SOCK_STREAM) return -ENOPROTOOPT;
      if (val.length !== 4 || n < 0 || n > 1) return -EINVAL;
      sockSetFlag(sk, SOCK_INQ, on);
      return 0;
    case SO_RESERVE_MEM:
      return n < 0 ? -EINVAL : -EOPNOTSUPP; // counts only against the memory of a control group
    case SO_TXREHASH:
      if (!isInet(sk) || sk.type !== SOCK_STREAM) return -EOPNOTSUPP;
      if (n < -1 || n > 1) return -EINVAL;
      sockRare(sk).txrehash = n === -1 ? 1 : n;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

/** Bytes a second, from 4 or 8 bytes; all bits set is no limit. */
function paceOf(val: Uint8Array, n: number): number {
  if (val.length < 8) return n === -1 ? Infinity : n >>> 0;
  const high = optInt(val.subarray(4));
  return high === -1 && n === -1 ? Infinity : (high >>> 0) * 0x1_0000_0000 + (n >>> 0);
}

/** struct sock_txtime: a clock and flags. */
function setTxtime(sk: Sock, val: Uint8Array, clock: number): number {
  if (val.length !== 8) return -EINVAL;
  const flags = optInt(val.subarray(4));
  if ((flags & ~3) !== 0) return -EINVAL;
  if (clock !== CLOCK_MONOTONIC && !capable(sk.kernel, CAP_NET_ADMIN)) return -EPERM;
  sockSetFlag(sk, SOCK_TXTIME, true);
  sockRare(sk).txtimeClock = clock;
  sockRare(sk).txtimeFlags = flags;
  return 0;
}

function bindToDevice(sk: Sock, val: Uint8Array): number {
  // Who is bound may only be let go by the mighty.
  if (sk.boundDevIf !== 0 && !capable(sk.kernel, CAP_NET_RAW)) return -EPERM;
  let name = '';
  for (const c of val.subarray(0, IFNAMSIZ - 1)) {
    if (c === 0) break;
    name += String.fromCharCode(c);
  }
  if (name === '') return setBoundDev(sk, 0);
  const dev = devGetByName(sk.net, name);
  return dev === null ? -ENODEV : setBoundDev(sk, dev.ifindex);
}

function setBoundDev(sk: Sock, ifindex: number): number {
  sk.boundDevIf = ifindex;
  sk.dst = null;
  return 0;
}

/** The error that waits, taken; a soft one counts when there is no hard one. */
function takeError(sk: Sock): number {
  let { err } = sk;
  sk.err = 0;
  if (err === 0) {
    err = sk.errSoft;
    sk.errSoft = 0;
  }
  return err;
}

/** Reads an option at SOL_SOCKET (sock_getsockopt): its bytes, or EINVAL, ENOPROTOOPT, EOPNOTSUPP, ENOTCONN, ENODATA. @alpha */
export function sockGetsockopt(sock: Socket, opt: number, maxLen: number): Uint8Array | number {
  const sk = sock.sk!;
  const flag = FLAG_OPTS.get(opt);
  if (flag !== undefined) return intOpt(sockFlag(sk, flag) ? 1 : 0, maxLen);
  const pass = SCM_OPTS.get(opt);
  if (pass !== undefined) return mayPass(sk, opt) ? intOpt(sockFlag(sk, pass) !== (opt === SO_PASSRIGHTS) ? 1 : 0, maxLen) : -EOPNOTSUPP;
  switch (opt) {
    case SO_DEBUG:
      return intOpt(sockFlag(sk, SOCK_DBG) ? 1 : 0, maxLen);
    case SO_BSDCOMPAT:
      return intOpt(0, maxLen);
    case SO_REUSEADDR:
      return intOpt(sk.reuse ? 1 : 0, maxLen);
    case SO_REUSEPORT:
      return intOpt(sk.reuseport ? 1 : 0, maxLen);
    case SO_SNDBUF:
      return intOpt(sk.sndbuf, maxLen);
    case SO_RCVBUF:
      return intOpt(sk.rcvbuf, maxLen);
    case SO_BUF_LOCK:
      return intOpt(sk.userlocks & (SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK), maxLen);
    case SO_TYPE:
      return intOpt(sk.type, maxLen);
    case SO_PROTOCOL:
      return intOpt(sk.protocol, maxLen);
    case SO_DOMAIN:
      return intOpt(sk.family, maxLen);
    case SO_ERROR:
      return intOpt(takeError(sk), maxLen);
    case SO_NO_CHECK:
      return intOpt(sk.noCheckTx ? 1 : 0, maxLen);
    case SO_PRIORITY:
      return intOpt(sk.priority, maxLen);
    case SO_LINGER:
      return intsOpt([sockFlag(sk, SOCK_LINGER) ? 1 : 0, Math.floor(sk.lingertime / 1000)], maxLen);
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
      return timeOpt(sk.rcvtimeo, maxLen);
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW:
      return timeOpt(sk.sndtimeo, maxLen);
    case SO_RCVLOWAT:
      return intOpt(sk.rcvlowat, maxLen);
    case SO_SNDLOWAT:
      return intOpt(1, maxLen);
    case SO_ACCEPTCONN:
      return intOpt(sk.state === TCP_LISTEN ? 1 : 0, maxLen);
    case SO_MARK:
      return intOpt(sk.mark, maxLen);
    case SO_TIMESTAMP_OLD:
      return intOpt(sockFlag(sk, SOCK_RCVTSTAMP) && !sockFlag(sk, SOCK_TSTAMP_NEW) ? 1 : 0, maxLen);
    case SO_TIMESTAMP_NEW:
      return intOpt(sockFlag(sk, SOCK_RCVTSTAMP) && sockFlag(sk, SOCK_TSTAMP_NEW) ? 1 : 0, maxLen);
    case SO_TIMESTAMPNS_OLD:
      return intOpt(sockFlag(sk, SOCK_RCVTSTAMPNS) && !sockFlag(sk, SOCK_TSTAMP_NEW) ? 1 : 0, maxLen);
    case SO_TIMESTAMPNS_NEW:
      return intOpt(sockFlag(sk, SOCK_RCVTSTAMPNS) && sockFlag(sk, SOCK_TSTAMP_NEW) ? 1 : 0, maxLen);
    case SO_TIMESTAMPING_OLD:
    case SO_TIMESTAMPING_NEW: {
      const mine = opt === SO_TIMESTAMPING_OLD || sockFlag(sk, SOCK_TSTAMP_NEW);
      return intsOpt([mine ? (sk.rare?.tsflags ?? 0) : 0, sk.bindPhc], maxLen);
    }
    case SO_PEEK_OFF:
      return sk.prot.peekOff === true ? intOpt(sk.peekOff, maxLen) : -EOPNOTSUPP;
    case SO_MAX_PACING_RATE:
      return getPace(sk.maxPacingRate, maxLen);
    case SO_BINDTODEVICE:
      return boundDevice(sk, maxLen);
    case SO_BINDTOIFINDEX:
      return intOpt(sk.boundDevIf, maxLen);
    case SO_INCOMING_CPU:
      return intOpt(sk.rare?.incomingCpu ?? -1, maxLen);
    case SO_INCOMING_NAPI_ID:
    case SO_RESERVE_MEM:
      return intOpt(0, maxLen);
    case SO_COOKIE: {
      if (maxLen < 8) return -EINVAL;
      const cookie = sockGenCookie(sk);
      return intsOpt([sockCookieLow(cookie), sockCookieHigh(cookie)], maxLen);
    }
    case SO_NETNS_COOKIE: {
      if (maxLen !== 8) return -EINVAL;
      const cookie = netCookie(sk.net);
      return intsOpt([sockCookieLow(cookie), sockCookieHigh(cookie)], maxLen);
    }
    case SO_MEMINFO:
      return intsOpt([sk.rmemAlloc, sk.rcvbuf, sk.wmemAlloc, sk.sndbuf, sk.forwardAlloc, sk.wmemQueued, skOptmem(sk), 0, sk.drops], maxLen);
    case SO_PEERCRED: {
      const c = sk.peerCred;
      return c === null ? intsOpt([0, -1, -1], maxLen) : intsOpt([c.pid, c.uid, c.gid], maxLen);
    }
    case SO_PEERGROUPS:
      return sk.peerCred === null ? -ENODATA : intsOpt(sk.peerCred.groups ?? [], maxLen);
    case SO_PEERPIDFD:
      return -ENODATA; // no process here has a descriptor
    case SO_PEERNAME: {
      const addr = sock.ops.getname(sock, true);
      if (typeof addr === 'number') return -ENOTCONN;
      const bytes = sockaddrEncode(addr);
      return bytes.length < maxLen ? -EINVAL : bytes.subarray(0, maxLen);
    }
    case SO_ATTACH_FILTER: // SO_GET_FILTER
      return skGetFilter(sk, maxLen);
    case SO_LOCK_FILTER:
      return intOpt(sockFlag(sk, SOCK_FILTER_LOCKED) ? 1 : 0, maxLen);
    case SO_BPF_EXTENSIONS:
      return intOpt(SKF_AD_MAX, maxLen);
    case SO_ZEROCOPY:
      return intOpt(sockFlag(sk, SOCK_ZEROCOPY) ? 1 : 0, maxLen);
    case SO_BUSY_POLL:
      return intOpt(sk.rare?.busyPoll ?? 0, maxLen);
    case SO_PREFER_BUSY_POLL:
      return intOpt(sockFlag(sk, SOCK_PREFER_BUSY_POLL) ? 1 : 0, maxLen);
    case SO_TXTIME:
      return intsOpt([sk.rare?.txtimeClock ?? 0, sk.rare?.txtimeFlags ?? 0], maxLen);
    case SO_TXREHASH:
      return isInet(sk) && sk.type === SOCK_STREAM ? intOpt(sk.rare?.txrehash ?? 1, maxLen) : -EOPNOTSUPP;
    default:
      return -ENOPROTOOPT;
  }
}

/** 8 bytes when there is room for them, else 4. */
function getPace(rate: number, maxLen: number): Uint8Array {
  if (maxLen < 8) return intOpt(rate > 0xffffffff ? -1 : rate | 0, maxLen);
  return rate === Infinity ? intsOpt([-1, -1], 8) : intsOpt([rate | 0, Math.floor(rate / 0x1_0000_0000) | 0], 8);
}

/** The name of the device it is bound to; nothing when it is bound to none. */
function boundDevice(sk: Sock, maxLen: number): Uint8Array | number {
  const dev = sk.boundDevIf === 0 ? null : devGetByIndex(sk.net, sk.boundDevIf);
  if (dev === null) return sk.boundDevIf === 0 ? new Uint8Array(0) : -ENODEV;
  if (maxLen < IFNAMSIZ) return -EINVAL;
  const out = new Uint8Array(dev.name.length + 1);
  for (let i = 0; i < dev.name.length; i++) out[i] = dev.name.charCodeAt(i);
  return out.subarray(0, maxLen);
}
