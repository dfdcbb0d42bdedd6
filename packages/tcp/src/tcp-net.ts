/** What TCP keeps for each namespace: sysctls, counters, secrets, challenge-ACK budget. */
import { defineKey, type Key, type Net } from '@linnet/kernel';
import { TCP_MIB_NAMES, TCPEXT_MIB_NAMES } from './tcp-mib.ts';

/** The slot of {@link TcpNet} in a namespace. @alpha */
export const TCP: Key<TcpNet> = defineKey<TcpNet>('tcp');

/** Per-namespace state of TCP. Fields named as the sysctls under `net.ipv4.` are their values. @alpha */
export class TcpNet {
  readonly net: Net;
  /** Counters of the `Tcp:` group, indexed by `Tcp*`. */
  readonly mib: Float64Array;
  /** Counters of the `TcpExt:` group, indexed by `TcpExt*`. */
  readonly mibExt: Float64Array;
  /** Key of the initial sequence number hash (RFC 6528). */
  readonly isnSecret: Uint8Array;
  /** Key of the timestamp offset hash (RFC 7323 section 5.4). */
  readonly tsSecret: Uint8Array;
  // Values of the sysctls.
  timestamps = 1;
  sack = 1;
  windowScaling = 1;
  dsack = 1;
  ecn = 2;
  ecnFallback = 1;
  synRetries = 6;
  synackRetries = 5;
  synLinearTimeouts = 4;
  retries1 = 3;
  retries2 = 15;
  orphanRetries = 0;
  finTimeout = 60;
  keepaliveTime = 7200;
  keepaliveProbes = 9;
  keepaliveIntvl = 75;
  twReuse = 2;
  maxSynBacklog = 2048;
  maxTwBuckets = 131072;
  maxOrphans = 131072;
  abortOnOverflow = 0;
  rmemMin = 4096;
  rmemDefault = 131072;
  rmemMax = 6291456;
  wmemMin = 4096;
  wmemDefault = 16384;
  wmemMax = 4194304;
  advWinScale = 1;
  appWin = 31;
  moderateRcvbuf = 1;
  reordering = 3;
  maxReordering = 300;
  recovery = 1;
  earlyRetrans = 3;
  frto = 2;
  slowStartAfterIdle = 1;
  notsentLowat = 0xffffffff;
  limitOutputBytes = 4194304;
  challengeAckLimit = 0x7fffffff;
  invalidRatelimit = 500;
  minTsoSegs = 2;
  tsoWinDivisor = 3;
  tsoRttLog = 9;
  pacingSsRatio = 200;
  pacingCaRatio = 120;
  rfc1337 = 0;
  stdurg = 0;
  minSndMss = 48;
  minRttWlen = 300;
  thinLinearTimeouts = 0;
  workaroundSignedWindows = 0;
  rtoMinUs = 200000;
  rtoMaxMs = 120000;
  congestionControl = 'cubic';
  allowedCongestionControl = 'reno cubic';
  // Challenge ACKs sent in this second (RFC 5961 section 7).
  challengeTimestamp = 0;
  challengeCount = 0;
  /** Sockets without an owner that still finish. */
  orphans = 0;
  /** Sockets in TIME-WAIT. */
  twCount = 0;

  constructor(net: Net) {
    this.net = net;
    this.mib = new Float64Array(TCP_MIB_NAMES.length);
    this.mibExt = new Float64Array(TCPEXT_MIB_NAMES.length);
    this.isnSecret = net.kernel.rng.secret('tcp.isn');
    this.tsSecret = net.kernel.rng.secret('tcp.tsoff');
  }
}

/** Adds one to a counter of the `Tcp:` group (TCP_INC_STATS). */
export function tcpInc(tn: TcpNet, field: number): void {
  tn.mib[field] = tn.mib[field]! + 1;
}
/** Adds to a counter of the `Tcp:` group. */
export function tcpAdd(tn: TcpNet, field: number, n: number): void {
  tn.mib[field] = tn.mib[field]! + n;
}
/** Adds one to a counter of the `TcpExt:` group (NET_INC_STATS). */
export function netInc(tn: TcpNet, field: number): void {
  tn.mibExt[field] = tn.mibExt[field]! + 1;
}
/** Adds to a counter of the `TcpExt:` group. */
export function netAdd(tn: TcpNet, field: number, n: number): void {
  tn.mibExt[field] = tn.mibExt[field]! + n;
}
