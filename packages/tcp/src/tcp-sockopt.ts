/** Options of level SOL_TCP (tcp(7)). Values are in the ABI's layout: little-endian ints, names without a final NUL needed. */
import { EINVAL, ENOPROTOOPT, EOPNOTSUPP } from '@linnet/kernel';
import { intOpt, netSomaxconn, optInt } from '@linnet/socket';
import {
  SOL_TCP,
  TCP_CC_INFO,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CONGESTION,
  TCP_CORK,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_FASTOPEN_KEY,
  TCP_FASTOPEN_NO_COOKIE,
  TCP_ESTABLISHED,
  TCP_INFO,
  TCP_INQ,
  TCP_IS_MPTCP,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_LINGER2,
  TCP_LISTEN,
  TCP_MAXSEG,
  TCP_MD5SIG,
  TCP_MD5SIG_EXT,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_QUEUE_SEQ,
  TCP_QUICKACK,
  TCP_REPAIR,
  TCP_REPAIR_OPTIONS,
  TCP_REPAIR_QUEUE,
  TCP_REPAIR_WINDOW,
  TCP_RTO_MIN_US,
  TCP_SYNCNT,
  TCP_TIMESTAMP,
  TCP_USER_TIMEOUT,
  TCP_WINDOW_CLAMP,
} from '@linnet/uapi';
import { SOCK_KEEPOPEN, sockFlag } from '@linnet/socket';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { tcpSetCongestionControl } from './tcp-cong.ts';
import {
  ICSK_ACK_PUSHED,
  ICSK_ACK_SCHED,
  MAX_TCP_KEEPCNT,
  MAX_TCP_KEEPIDLE,
  MAX_TCP_KEEPINTVL,
  MAX_TCP_SYNCNT,
  TCP_MIN_MSS,
  TCP_NAGLE_CORK,
  TCP_NAGLE_OFF,
  TCP_NAGLE_PUSH,
  TCP_PINGPONG_THRESH,
  TCP_RTO_MAX,
  TCP_TIMEOUT_INIT,
} from './tcp-const.ts';
import { tcpInRepair } from './tcp-extra.ts';
import { TFO_CLIENT_ENABLE, TfoKeys, tfoNetKeys } from './tcp-fastopen-option.ts';
import { tcpfo } from './tcp-fastopen-state.ts';
import { tcpGetInfo } from './tcp-info.ts';
import { tcpMd5Setsockopt } from './tcp-md5.ts';
import { tcpPushPendingFrames } from './tcp-output.ts';
import { tcpRepairGet, tcpRepairGetWindow, tcpRepairSetsockopt } from './tcp-repair.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpStreamWriteSpace } from './tcp-stream.ts';
import { keepaliveIntvlWhen, keepaliveProbes, keepaliveTimeWhen, tcpResetKeepaliveTimer } from './tcp-keepalive.ts';
import { tcpCleanupRbuf } from './tcp-cleanup-rbuf.ts';

/** Seconds of SYN-ACK waiting as a number of retransmissions, rounded up (secs_to_retrans). */
function secsToRetrans(seconds: number): number {
  if (seconds <= 0) return 0;
  let n = 1;
  let period = TCP_TIMEOUT_INIT / 1000;
  let step = period;
  while (seconds > period && n < 255) {
    n++;
    step = Math.min(step * 2, TCP_RTO_MAX / 1000);
    period += step;
  }
  return n;
}

/** The other way round (retrans_to_secs). */
function retransToSecs(n: number): number {
  let period = 0;
  let step = TCP_TIMEOUT_INIT / 1000;
  for (; n > 0; n--) {
    period += step;
    step = Math.min(step * 2, TCP_RTO_MAX / 1000);
  }
  return period;
}

function setNodelay(tp: TcpSock, on: boolean): void {
  if (on) {
    // Switching it on sends what waits, even under a cork (tcp(7)).
    tp.nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH;
    tcpPushPendingFrames(tp);
  } else {
    tp.nonagle &= ~TCP_NAGLE_OFF;
  }
}

function setCork(tp: TcpSock, on: boolean): void {
  if (on) {
    tp.nonagle |= TCP_NAGLE_CORK;
    return;
  }
  tp.nonagle &= ~TCP_NAGLE_CORK;
  if ((tp.nonagle & TCP_NAGLE_OFF) !== 0) tp.nonagle |= TCP_NAGLE_PUSH;
  tcpPushPendingFrames(tp);
}

function setQuickack(tp: TcpSock, v: number): void {
  if (v === 0) {
    tp.ackPingpong = TCP_PINGPONG_THRESH;
    return;
  }
  tp.ackPingpong = 0;
  if ((tp.state === TCP_ESTABLISHED || tp.state === TCP_CLOSE_WAIT) && (tp.ackPending & ICSK_ACK_SCHED) !== 0) {
    tp.ackPending |= ICSK_ACK_PUSHED;
    tcpCleanupRbuf(tp, 1);
    // An even number: only for the ACK that is due.
    if ((v & 1) === 0) tp.ackPingpong = TCP_PINGPONG_THRESH;
  }
}

function setKeepidle(tp: TcpSock, seconds: number): number {
  if (seconds < 1 || seconds > MAX_TCP_KEEPIDLE) return -EINVAL;
  tp.keepaliveTime = seconds * 1000;
  if (sockFlag(tp, SOCK_KEEPOPEN) && tp.state !== TCP_CLOSE && tp.state !== TCP_LISTEN) {
    const now = tp.kernel.jiffies;
    const elapsed = Math.min((now - tp.ackLrcvtime) | 0, (now - tp.rcvTstamp) | 0);
    tcpResetKeepaliveTimer(tp, Math.max(tp.keepaliveTime - elapsed, 0) || 1);
  }
  return 0;
}

function setWindowClamp(tp: TcpSock, v: number): number {
  if (v === 0) {
    if (tp.state !== TCP_CLOSE) return -EINVAL;
    tp.windowClamp = 0;
    tp.windowClampSet = false;
    return 0;
  }
  tp.windowClamp = Math.max(v, 1152);
  tp.windowClampSet = true;
  tp.rcvSsthresh = Math.min(tp.rcvSsthresh > 0 ? tp.rcvSsthresh : tp.windowClamp, tp.windowClamp);
  return 0;
}

/** setsockopt(2) at SOL_TCP; other levels go to the network protocol. 0 or a negative errno. */
export function tcpSetsockopt(tp: TcpSock, level: number, opt: number, val: Uint8Array): number {
  if (level !== SOL_TCP) return tp.homeAf.setsockopt(tp, level, opt, val);
  if (opt === TCP_CONGESTION) {
    let name = '';
    for (let i = 0; i < val.length && i < 15 && val[i] !== 0; i++) name += String.fromCharCode(val[i]!);
    return tcpSetCongestionControl(tp, name);
  }
  if (
    opt === TCP_REPAIR || opt === TCP_REPAIR_QUEUE || opt === TCP_QUEUE_SEQ || opt === TCP_REPAIR_OPTIONS || opt === TCP_REPAIR_WINDOW || opt === TCP_TIMESTAMP
  ) {
    return tcpRepairSetsockopt(tp, opt, val);
  }
  if (opt === TCP_MD5SIG || opt === TCP_MD5SIG_EXT) return tcpMd5Setsockopt(tp, opt, val);
  if (opt === TCP_FASTOPEN_KEY) {
    if (val.length !== 16 && val.length !== 32) return -EINVAL;
    tcpfo(tp).keys = new TfoKeys(val.slice()); // datapath-ok: a control call
    return 0;
  }
  const v = optInt(val);
  if (Number.isNaN(v)) return -EINVAL;
  switch (opt) {
    case TCP_FASTOPEN:
      if (v < 0 || (tp.state !== TCP_CLOSE && tp.state !== TCP_LISTEN)) return -EINVAL;
      tcpfo(tp).maxQlen = Math.min(v, netSomaxconn(tp.net));
      return 0;
    case TCP_FASTOPEN_CONNECT:
      if (v < 0 || v > 1) return -EINVAL;
      if ((tp.tn.fastopen & TFO_CLIENT_ENABLE) === 0) return -EOPNOTSUPP;
      if (tp.state !== TCP_CLOSE) return -EINVAL;
      tcpfo(tp).connect = v === 1;
      return 0;
    case TCP_FASTOPEN_NO_COOKIE:
      if (v < 0 || v > 1) return -EINVAL;
      if (tp.state !== TCP_CLOSE && tp.state !== TCP_LISTEN) return -EINVAL;
      tcpfo(tp).noCookie = v === 1;
      return 0;
    case TCP_MAXSEG:
      if (v !== 0 && (v < TCP_MIN_MSS || v > 32767)) return -EINVAL;
      tp.userMss = v;
      return 0;
    case TCP_NODELAY:
      setNodelay(tp, v !== 0);
      return 0;
    case TCP_CORK:
      setCork(tp, v !== 0);
      return 0;
    case TCP_KEEPIDLE:
      return setKeepidle(tp, v);
    case TCP_KEEPINTVL:
      if (v < 1 || v > MAX_TCP_KEEPINTVL) return -EINVAL;
      tp.keepaliveIntvl = v * 1000;
      return 0;
    case TCP_KEEPCNT:
      if (v < 1 || v > MAX_TCP_KEEPCNT) return -EINVAL;
      tp.keepaliveProbes = v;
      return 0;
    case TCP_SYNCNT:
      if (v < 1 || v > MAX_TCP_SYNCNT) return -EINVAL;
      tp.synRetries = v;
      return 0;
    case TCP_LINGER2:
      if (v < 0) tp.linger2 = -1;
      else if (v > 120) tp.linger2 = 120000;
      else tp.linger2 = v * 1000;
      return 0;
    case TCP_DEFER_ACCEPT:
      tp.deferAccept = secsToRetrans(v);
      return 0;
    case TCP_WINDOW_CLAMP:
      return setWindowClamp(tp, v);
    case TCP_QUICKACK:
      setQuickack(tp, v);
      return 0;
    case TCP_USER_TIMEOUT:
      if (v < 0) return -EINVAL;
      tp.userTimeout = v;
      return 0;
    case TCP_NOTSENT_LOWAT:
      tp.notsentLowat = v >>> 0;
      tcpStreamWriteSpace(tp);
      return 0;
    case TCP_INQ:
      if (v < 0 || v > 1) return -EINVAL;
      tp.recvmsgInq = v === 1;
      return 0;
    case TCP_RTO_MIN_US:
      if (v < 1 || v > 200000) return -EINVAL;
      tp.rtoMin = Math.max(1, Math.ceil(v / 1000));
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

function bytes(text: string, maxLen: number): Uint8Array {
  const out = new Uint8Array(Math.min(16, maxLen));
  for (let i = 0; i < out.length && i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

/** getsockopt(2) at SOL_TCP; other levels go to the network protocol. The value, at most `maxLen` bytes, or a negative errno. */
export function tcpGetsockopt(tp: TcpSock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  if (level !== SOL_TCP) return tp.homeAf.getsockopt(tp, level, opt, maxLen, input);
  if (maxLen < 0) return -EINVAL;
  let v: number;
  switch (opt) {
    case TCP_INFO: {
      const info = tcpGetInfo(tp);
      return maxLen < info.length ? info.slice(0, maxLen) : info; // datapath-ok: a control call
    }
    case TCP_CONGESTION:
      return bytes(tp.caOps!.name, maxLen);
    case TCP_CC_INFO:
      return (tp.caOps!.info?.(tp).bytes ?? new Uint8Array(0)).slice(0, maxLen); // datapath-ok: a control call
    case TCP_MAXSEG:
      v = tp.mssCache;
      if (tp.userMss > 0 && (tp.state === TCP_CLOSE || tp.state === TCP_LISTEN)) v = tp.userMss;
      if (tcpInRepair(tp)) v = tp.mssClamp;
      break;
    case TCP_NODELAY:
      v = (tp.nonagle & TCP_NAGLE_OFF) !== 0 ? 1 : 0;
      break;
    case TCP_CORK:
      v = (tp.nonagle & TCP_NAGLE_CORK) !== 0 ? 1 : 0;
      break;
    case TCP_KEEPIDLE:
      v = keepaliveTimeWhen(tp) / 1000;
      break;
    case TCP_KEEPINTVL:
      v = keepaliveIntvlWhen(tp) / 1000;
      break;
    case TCP_KEEPCNT:
      v = keepaliveProbes(tp);
      break;
    case TCP_SYNCNT:
      v = tp.synRetries !== 0 ? tp.synRetries : tp.tn.synRetries;
      break;
    case TCP_LINGER2:
      v = tp.linger2 < 0 ? -1 : tp.linger2 > 0 ? tp.linger2 / 1000 : tp.tn.finTimeout;
      break;
    case TCP_DEFER_ACCEPT:
      v = retransToSecs(tp.deferAccept);
      break;
    case TCP_WINDOW_CLAMP:
      v = tp.windowClamp;
      break;
    case TCP_QUICKACK:
      v = tp.ackPingpong < TCP_PINGPONG_THRESH ? 1 : 0;
      break;
    case TCP_USER_TIMEOUT:
      v = tp.userTimeout;
      break;
    case TCP_TIMESTAMP:
      v = (tcpTimeStampMs(tp.kernel.ktime) + tp.tsoffset) | 0;
      break;
    case TCP_NOTSENT_LOWAT:
      v = tp.notsentLowat | 0;
      break;
    case TCP_INQ:
      v = tp.recvmsgInq ? 1 : 0;
      break;
    case TCP_RTO_MIN_US:
      v = tp.rtoMin * 1000;
      break;
    case TCP_IS_MPTCP:
      v = 0;
      break;
    case TCP_REPAIR:
    case TCP_REPAIR_QUEUE:
    case TCP_QUEUE_SEQ: {
      const n = tcpRepairGet(tp, opt);
      if (n === null) return -EINVAL;
      v = n;
      break;
    }
    case TCP_REPAIR_WINDOW:
      return tcpRepairGetWindow(tp, maxLen);
    case TCP_FASTOPEN:
      v = tp.tfo === null ? 0 : tp.tfo.maxQlen;
      break;
    case TCP_FASTOPEN_CONNECT:
      v = tp.tfo !== null && tp.tfo.connect ? 1 : 0;
      break;
    case TCP_FASTOPEN_NO_COOKIE:
      v = tp.tfo !== null && tp.tfo.noCookie ? 1 : 0;
      break;
    case TCP_FASTOPEN_KEY:
      return (tp.tfo?.keys ?? tfoNetKeys(tp.tn)).bytes.slice(0, maxLen); // datapath-ok: a control call
    default:
      return -ENOPROTOOPT;
  }
  return intOpt(v, maxLen);
}
