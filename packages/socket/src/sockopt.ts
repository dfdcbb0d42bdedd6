/** Options at level SOL_SOCKET (socket(7)). Values are in the ABI's layout: little-endian ints, struct linger, struct timeval. */
import { EDOM, EINVAL, ENODEV, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from '@linnet/kernel';
import { devGetByIndex, devGetByName } from '@linnet/netdev';
import {
  IFNAMSIZ, SO_ACCEPTCONN, SO_BINDTODEVICE, SO_BINDTOIFINDEX, SO_BROADCAST, SO_BSDCOMPAT, SO_COOKIE, SO_DEBUG, SO_DOMAIN, SO_DONTROUTE, SO_ERROR, SO_INCOMING_CPU,
  SO_INCOMING_NAPI_ID, SO_KEEPALIVE, SO_LINGER, SO_MARK, SO_MAX_PACING_RATE, SO_MEMINFO, SO_NO_CHECK, SO_OOBINLINE, SO_PEEK_OFF, SO_PEERNAME, SO_PRIORITY,
  SO_PROTOCOL, SO_RCVBUF, SO_RCVBUFFORCE, SO_RCVLOWAT, SO_RCVMARK, SO_RCVTIMEO_NEW, SO_RCVTIMEO_OLD, SO_REUSEADDR, SO_REUSEPORT, SO_RXQ_OVFL,
  SO_SELECT_ERR_QUEUE, SO_SNDBUF, SO_SNDBUFFORCE, SO_SNDLOWAT, SO_SNDTIMEO_NEW, SO_SNDTIMEO_OLD, SO_TIMESTAMP_OLD, SO_TIMESTAMPNS_OLD, SO_TYPE,
  SOCK_MIN_RCVBUF, SOCK_MIN_SNDBUF, sockaddrEncode,
} from '@linnet/uapi';
import {
  SOCK_BROADCAST, SOCK_KEEPOPEN, SOCK_LINGER, SOCK_LOCALROUTE, SOCK_RCVBUF_LOCK, SOCK_RCVMARK, SOCK_RCVTSTAMP, SOCK_RCVTSTAMPNS, SOCK_RXQ_OVFL,
  SOCK_SELECT_ERR_QUEUE, SOCK_SNDBUF_LOCK, SOCK_URGINLINE, sockFlag, sockSetFlag, sockTimestamping, type Sock,
} from './sock.ts';
import { SOCKET, type Socket } from './socket.ts';

const TCP_LISTEN = 10;

/** The int in an option's value; NaN when the value is too short. @alpha */
export function optInt(val: Uint8Array): number {
  if (val.length < 4) return NaN;
  return val[0]! | (val[1]! << 8) | (val[2]! << 16) | (val[3]! << 24);
}

/** An option's value from an int, cut to `maxLen` as the ABI does. @alpha */
export function intOpt(n: number, maxLen: number = 4): Uint8Array {
  return new Uint8Array([n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255]).subarray(0, Math.max(0, Math.min(4, maxLen)));
}

function optTime(val: Uint8Array): number {
  if (val.length < 16) return NaN;
  const view = new DataView(val.buffer, val.byteOffset, val.byteLength);
  const sec = Number(view.getBigInt64(0, true));
  const usec = Number(view.getBigInt64(8, true));
  if (usec < 0 || usec >= 1e6) return -1;
  const ms = sec * 1000 + Math.ceil(usec / 1000);
  return ms === 0 ? Infinity : Math.max(0, ms);
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
  [SO_RXQ_OVFL, SOCK_RXQ_OVFL], [SO_RCVMARK, SOCK_RCVMARK], [SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE],
]);

/** Sets an option at SOL_SOCKET (sock_setsockopt): 0, or EINVAL, ENOPROTOOPT, EOPNOTSUPP, EDOM, ENODEV. @alpha */
export function sockSetsockopt(sock: Socket, opt: number, val: Uint8Array): number {
  const sk = sock.sk!;
  const limits = sk.kernel.get(SOCKET);
  if (opt === SO_BINDTODEVICE) return bindToDevice(sk, val);
  if (opt === SO_RCVTIMEO_OLD || opt === SO_RCVTIMEO_NEW || opt === SO_SNDTIMEO_OLD || opt === SO_SNDTIMEO_NEW) {
    const t = optTime(val);
    if (Number.isNaN(t)) return -EINVAL;
    if (t < 0) return -EDOM;
    if (opt === SO_RCVTIMEO_OLD || opt === SO_RCVTIMEO_NEW) sk.rcvtimeo = t;
    else sk.sndtimeo = t;
    return 0;
  }
  const n = optInt(val);
  if (Number.isNaN(n)) return -EINVAL;
  const flag = FLAG_OPTS.get(opt);
  if (flag !== undefined) {
    if (opt === SO_KEEPALIVE && sk.prot.keepalive !== undefined) sk.prot.keepalive(sk, n !== 0);
    sockSetFlag(sk, flag, n !== 0);
    return 0;
  }
  switch (opt) {
    case SO_DEBUG:
    case SO_BSDCOMPAT:
      return 0;
    case SO_REUSEADDR:
      sk.reuse = n !== 0;
      return 0;
    case SO_REUSEPORT:
      sk.reuseport = n !== 0;
      return 0;
    case SO_SNDBUF:
    case SO_SNDBUFFORCE: {
      // Twice what was asked: bookkeeping counts as well (socket(7)).
      const want = opt === SO_SNDBUF ? Math.min(n >>> 0, limits.wmemMax) : Math.max(n, 0);
      sk.userlocks |= SOCK_SNDBUF_LOCK;
      sk.sndbuf = Math.max(Math.min(want, 0x3fffffff) * 2, SOCK_MIN_SNDBUF);
      sk.writeSpace(sk);
      return 0;
    }
    case SO_RCVBUF:
    case SO_RCVBUFFORCE: {
      const want = opt === SO_RCVBUF ? Math.min(n >>> 0, limits.rmemMax) : Math.max(n, 0);
      sk.userlocks |= SOCK_RCVBUF_LOCK;
      sk.rcvbuf = Math.max(Math.min(want, 0x3fffffff) * 2, SOCK_MIN_RCVBUF);
      return 0;
    }
    case SO_NO_CHECK:
      sk.noCheckTx = n !== 0;
      return 0;
    case SO_PRIORITY:
      sk.priority = n;
      return 0;
    case SO_LINGER: {
      if (val.length < 8) return -EINVAL;
      sockSetFlag(sk, SOCK_LINGER, n !== 0);
      if (n !== 0) sk.lingertime = (optInt(val.subarray(4)) >>> 0) * 1000;
      return 0;
    }
    case SO_TIMESTAMP_OLD:
    case SO_TIMESTAMPNS_OLD:
      // One or the other: the last one that was switched on; switching either off ends both.
      sockSetFlag(sk, SOCK_RCVTSTAMP, n !== 0 && opt === SO_TIMESTAMP_OLD);
      sockSetFlag(sk, SOCK_RCVTSTAMPNS, n !== 0 && opt === SO_TIMESTAMPNS_OLD);
      sockTimestamping(sk, n !== 0);
      return 0;
    case SO_RCVLOWAT:
      sk.rcvlowat = n < 0 ? 0x7fffffff : n || 1;
      return 0;
    case SO_MARK:
      sk.mark = n;
      sk.dst = null;
      return 0;
    case SO_PEEK_OFF:
      return -EOPNOTSUPP;
    case SO_MAX_PACING_RATE:
      sk.maxPacingRate = n === -1 ? Infinity : n >>> 0;
      return 0;
    case SO_BINDTOIFINDEX:
      if (n < 0) return -EINVAL;
      if (n > 0 && devGetByIndex(sk.net, n) === null) return -ENODEV;
      return setBoundDev(sk, n);
    case SO_INCOMING_CPU:
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

function bindToDevice(sk: Sock, val: Uint8Array): number {
  let name = '';
  for (const c of val.subarray(0, 15)) {
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

/** Reads an option at SOL_SOCKET (sock_getsockopt): its bytes, or EINVAL, ENOPROTOOPT, EOPNOTSUPP, ENOTCONN. @alpha */
export function sockGetsockopt(sock: Socket, opt: number, maxLen: number): Uint8Array | number {
  const sk = sock.sk!;
  const flag = FLAG_OPTS.get(opt);
  if (flag !== undefined) return intOpt(sockFlag(sk, flag) ? 1 : 0, maxLen);
  switch (opt) {
    case SO_DEBUG:
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
    case SO_TYPE:
      return intOpt(sk.type, maxLen);
    case SO_PROTOCOL:
      return intOpt(sk.protocol, maxLen);
    case SO_DOMAIN:
      return intOpt(sk.family, maxLen);
    case SO_ERROR: {
      // Reading clears it; a soft error counts when there is no hard one.
      let err = sk.err;
      sk.err = 0;
      if (err === 0) {
        err = sk.errSoft;
        sk.errSoft = 0;
      }
      return intOpt(err, maxLen);
    }
    case SO_NO_CHECK:
      return intOpt(sk.noCheckTx ? 1 : 0, maxLen);
    case SO_PRIORITY:
      return intOpt(sk.priority, maxLen);
    case SO_LINGER: {
      const out = new Uint8Array(8);
      out.set(intOpt(sockFlag(sk, SOCK_LINGER) ? 1 : 0));
      out.set(intOpt(Math.floor(sk.lingertime / 1000)), 4);
      return out.subarray(0, maxLen);
    }
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
      return intOpt(sockFlag(sk, SOCK_RCVTSTAMP) ? 1 : 0, maxLen);
    case SO_TIMESTAMPNS_OLD:
      return intOpt(sockFlag(sk, SOCK_RCVTSTAMPNS) ? 1 : 0, maxLen);
    case SO_PEEK_OFF:
      return -EOPNOTSUPP;
    case SO_MAX_PACING_RATE:
      return intOpt(sk.maxPacingRate > 0xffffffff ? -1 : sk.maxPacingRate | 0, maxLen);
    case SO_BINDTODEVICE: {
      const dev = sk.boundDevIf === 0 ? null : devGetByIndex(sk.net, sk.boundDevIf);
      if (dev === null) return new Uint8Array(0);
      if (maxLen < IFNAMSIZ) return -EINVAL;
      const out = new Uint8Array(dev.name.length + 1);
      for (let i = 0; i < dev.name.length; i++) out[i] = dev.name.charCodeAt(i);
      return out.subarray(0, maxLen);
    }
    case SO_BINDTOIFINDEX:
      return intOpt(sk.boundDevIf, maxLen);
    case SO_INCOMING_CPU:
      return intOpt(0, maxLen);
    case SO_INCOMING_NAPI_ID:
      return intOpt(0, maxLen);
    case SO_COOKIE: {
      if (maxLen < 8) return -EINVAL;
      if (sk.cookie === 0) sk.cookie = sk.kernel.get(SOCKET).nextCookie++;
      const out = new Uint8Array(8);
      new DataView(out.buffer).setBigUint64(0, BigInt(sk.cookie), true);
      return out;
    }
    case SO_MEMINFO: {
      const vals = [sk.rmemAlloc, sk.rcvbuf, sk.wmemAlloc, sk.sndbuf, sk.forwardAlloc, sk.wmemQueued, 0, 0, sk.drops];
      const out = new Uint8Array(vals.length * 4);
      vals.forEach((v, i) => out.set(intOpt(v), i * 4));
      return out.subarray(0, maxLen);
    }
    case SO_PEERNAME: {
      const addr = sock.ops.getname(sock, true);
      return typeof addr === 'number' ? -ENOTCONN : sockaddrEncode(addr).subarray(0, maxLen);
    }
    default:
      return -ENOPROTOOPT;
  }
}
