/** Segment sizes: from path MTU to MSS, and how large a super-segment may get (RFC 9293 section 3.7). */
import { dstMtu, type DstEntry } from '@linnet/netdev';
import { skDstCheck } from '@linnet/socket';
import { MAX_TCP_HEADER } from './tcp-const.ts';
import { tcpMd5Len } from './tcp-md5.ts';
import type { TcpSock } from './tcp-sock.ts';

/** A window this large or smaller is used whole; of a larger one a segment takes at most half (tcp_bound_to_half_wnd). */
const SMALL_WINDOW = 536;

/** Keeps a size within half of the largest window that the peer ever offered. */
export function tcpBoundToHalfWnd(tp: TcpSock, size: number): number {
  const cutoff = tp.maxWindow > SMALL_WINDOW ? tp.maxWindow >> 1 : tp.maxWindow;
  if (cutoff > 0 && size > cutoff) return Math.max(cutoff, 68 - tp.tcpHeaderLen);
  return size;
}

/** Payload of a segment that fills `pmtu`, with timestamps accounted for but not SACK blocks (tcp_mtu_to_mss). */
export function tcpMtuToMss(tp: TcpSock, pmtu: number): number {
  let mss = pmtu - tp.af.netHeaderLen - 20;
  if (mss > tp.mssClamp) mss = tp.mssClamp;
  mss = Math.max(mss, tp.tn.minSndMss);
  return mss - (tp.tcpHeaderLen - 20);
}

/** The packet that a segment with so much payload fills: the other way round. */
export function tcpMssToMtu(tp: TcpSock, mss: number): number {
  return mss + tp.tcpHeaderLen + tp.af.netHeaderLen;
}

/** Takes over a new path MTU (tcp_sync_mss). Returns the MSS. */
export function tcpSyncMss(tp: TcpSock, pmtu: number): number {
  let mss = tcpBoundToHalfWnd(tp, tcpMtuToMss(tp, pmtu));
  const probe = tp.extra === null ? null : tp.extra.probe;
  if (probe !== null) mss = Math.min(mss, tcpMtuToMss(tp, probe.low));
  tp.pmtuCookie = pmtu;
  tp.mssCache = mss;
  return mss;
}

/** Payload bytes of a segment that leaves now: the cached MSS, less what extra SACK blocks take (tcp_current_mss). */
export function tcpCurrentMss(tp: TcpSock): number {
  let mss = tp.mssCache;
  const dst = skDstCheck(tp);
  if (dst !== null) {
    const mtu = dstMtu(dst);
    if (mtu !== tp.pmtuCookie) mss = tcpSyncMss(tp, mtu);
  }
  if (tp.numSacks !== 0 || tp.dsackPending || tp.extra !== null) mss -= tcpEstablishedOptionsLen(tp) + tcpMd5Len(tp) + 20 - tp.tcpHeaderLen;
  return mss;
}

/** How many SACK blocks, DSACK included, fit beside the timestamp. */
export function tcpEffSacks(tp: TcpSock): number {
  const n = tp.numSacks + (tp.dsackPending ? 1 : 0);
  if (n === 0) return 0;
  let room = tp.rxOpt.tstampOk ? 3 : 4;
  // Beside a signature there is room for two, and beside a timestamp, too, for none.
  if (tp.extra !== null && tcpMd5Len(tp) > 0) room = tp.rxOpt.tstampOk ? 0 : 2;
  return n < room ? n : room;
}

/** Length of the options of a segment that leaves now in a synchronized state, but for a signature. */
export function tcpEstablishedOptionsLen(tp: TcpSock): number {
  const n = tcpEffSacks(tp);
  return (tp.rxOpt.tstampOk ? 12 : 0) + (n > 0 ? 4 + 8 * n : 0);
}

/** Bytes that an skb is filled up to: a whole number of segments, near 64 KiB (tcp_xmit_size_goal). `large`: super-segments are welcome. */
export function tcpXmitSizeGoal(tp: TcpSock, mss: number, large: boolean): number {
  if (!large) return mss;
  const most = tcpBoundToHalfWnd(tp, tp.gsoMaxSize - 1 - MAX_TCP_HEADER);
  const goal = tp.gsoSegs * mss;
  if (most >= goal && most < goal + mss) return goal;
  let segs = Math.floor(most / mss);
  if (segs < 1) segs = 1;
  if (segs > tp.gsoMaxSegs) segs = tp.gsoMaxSegs;
  tp.gsoSegs = segs;
  return segs * mss;
}

/** Takes over from a route how large super-segments may be. Who signs sends none. */
export function tcpGsoLimits(tp: TcpSock, dst: DstEntry): void {
  tp.gsoMaxSize = dst.dev.gsoMaxSize;
  tp.gsoMaxSegs = tp.extra !== null && tp.extra.md5.length > 0 ? 1 : dst.dev.gsoMaxSegs;
}
