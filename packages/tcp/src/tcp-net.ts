/** What TCP keeps for each namespace: sysctls, counters, secrets, challenge-ACK budget. */
import { Flowi, type InetAf, InetHashinfo } from '@linnet/inet';
import { defineKey, type Key, type Net, type RngStream, SipHash } from '@linnet/kernel';
import { dstAdvmss, type DstEntry } from '@linnet/netdev';
import { SKB, type SkbPool } from '@linnet/skbuff';
import type { Proto } from '@linnet/socket';
import { Md5 } from './md5.ts';
import { TCP_MIB_NAMES, TCPEXT_MIB_NAMES } from './tcp-mib.ts';
import type { TfoKeys } from './tcp-fastopen-option.ts';
import type { TcpMetrics } from './tcp-metrics.ts';
import type { TcpSock } from './tcp-sock.ts';

/** The slot of {@link TcpNet} in a namespace. @alpha */
export const TCP: Key<TcpNet> = defineKey<TcpNet>('tcp');

/** Per-namespace state of TCP. Fields named as the sysctls under `net.ipv4.` are their values. @alpha */
export class TcpNet {
  readonly net: Net;
  /** Counters of the `Tcp:` group, indexed by `Tcp*`. */
  readonly mib: Float64Array;
  /** Counters of the `TcpExt:` group, indexed by `TcpExt*`. */
  readonly mibExt: Float64Array;
  /** Keyed hash of initial sequence numbers (RFC 6528). */
  readonly isnHash: SipHash;
  /** Keyed hash of timestamp offsets (RFC 7323 section 7.1). */
  readonly tsHash: SipHash;
  /** Keyed hash of SYN cookies. */
  readonly cookieHash: SipHash;
  readonly rng: RngStream;
  readonly pool: SkbPool;
  readonly hashinfo: InetHashinfo;
  /** Sockets of this namespace that are not yet destroyed. */
  readonly sockets: Set<TcpSock> = new Set();
  /** The flow of a reply that belongs to no socket. */
  readonly replyFl: Flowi = new Flowi();
  /** The signature that is being made. @internal */
  readonly md5: Md5 = new Md5();
  /** Initial sequence number that a SYN on a TIME-WAIT must get; 0: any. */
  twIsn = 0;
  /** The request code found that a RST must answer. */
  reqSendReset = false;
  /** And why it was refused: a drop reason. */
  reqDropReason = 0;
  /** What is remembered of hosts, by the hash of their addresses, the oldest first. */
  readonly metrics: Map<number, TcpMetrics> = new Map();
  /** Keys of the cookies that are given; made when they are first needed. */
  fastopenKeys: TfoKeys | null = null;
  // Values of the sysctls.
  noMetricsSave = 0;
  noSsthreshMetricsSave = 1;
  syncookies = 1;
  fastopen = 1;
  fastopenBlackholeTimeout = 0;
  earlyDemux = 1;
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
  retransCollapse = 1;
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
  mtuProbing = 0;
  baseMss = 1024;
  mtuProbeFloor = 48;
  probeThreshold = 8;
  probeInterval = 600;
  minRttWlen = 300;
  thinLinearTimeouts = 0;
  workaroundSignedWindows = 0;
  rtoMinUs = 200000;
  rtoMaxMs = 120000;
  congestionControl = 'cubic';
  allowedCongestionControl = 'reno cubic bbr';
  // Challenge ACKs sent in this second (RFC 5961 section 7).
  challengeTimestamp = -1;
  challengeCount = 0;
  /** Sockets without an owner that still finish. */
  orphans = 0;
  private readonly make: (net: Net, af: InetAf, prot: Proto) => TcpSock;

  constructor(net: Net, make: (net: Net, af: InetAf, prot: Proto) => TcpSock) {
    this.make = make;
    this.net = net;
    this.mib = new Float64Array(TCP_MIB_NAMES.length);
    this.mibExt = new Float64Array(TCPEXT_MIB_NAMES.length);
    this.isnHash = new SipHash(net.kernel.rng.secret('tcp.isn'));
    this.tsHash = new SipHash(net.kernel.rng.secret('tcp.tsoff'));
    this.cookieHash = new SipHash(net.kernel.rng.secret('tcp.syncookie'));
    this.rng = net.kernel.rng.stream('tcp');
    this.pool = net.kernel.get(SKB);
    this.hashinfo = new InetHashinfo(net, 'tcp');
  }

  /** A new socket in its initial state. */
  newSock(af: InetAf, prot: Proto): TcpSock {
    return this.make(this.net, af, prot);
  }

  /** The MSS that a listener announces by a route: the user's if that is smaller. */
  advmss(tp: TcpSock, dst: DstEntry): number {
    const mss = dstAdvmss(dst);
    return tp.userMss > 0 && tp.userMss < mss ? tp.userMss : mss;
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
