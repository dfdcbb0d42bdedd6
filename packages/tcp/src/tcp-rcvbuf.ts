/** The receive side's sizes: the peer's MSS, the window's growth, the buffer's autotuning (Dynamic Right-Sizing), and making room. */
import { type Skb } from '@linnet/skbuff';
import { SOCK_RCVBUF_LOCK, SOCK_SNDBUF_LOCK } from '@linnet/socket';
import { before } from '@linnet/uapi';
import { tcpTimeStampMs } from './tcp-clock.ts';
import {
  ICSK_ACK_PUSHED,
  ICSK_ACK_PUSHED2,
  TCP_ATO_MIN,
  TCP_INIT_CWND,
  TCP_MIN_MSS,
  TCP_MIN_RCVMSS,
  TCP_MSS_DEFAULT_SEND,
  TCP_PINGPONG_THRESH,
} from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpFullSpace, tcpSpace, tcpSpaceFromWin, tcpWinFromSpace } from './tcp-window.ts';

/** What a segment of the send buffer is reckoned at: a power of two with room for this much beside the payload, and this much for the packet itself. Found by asking Linux 6.18 for SO_SNDBUF at many MTUs. */
const SEND_HEADROOM = 512;
const SEND_PACKET = 256;

/** Grants some immediate ACKs: as many as fill the window by half (tcp_incr_quickack). */
export function tcpIncrQuickack(tp: TcpSock, max: number): void {
  let n = tp.ackRcvMss > 0 ? Math.floor(tp.rcvWnd / (2 * tp.ackRcvMss)) : 0;
  if (n === 0) n = 2;
  if (n > max) n = max;
  if (n > tp.ackQuick) tp.ackQuick = n;
}

/** The next segments are answered at once: the peer needs to hear from us (tcp_enter_quickack_mode). */
export function tcpEnterQuickackMode(tp: TcpSock, max: number): void {
  tcpIncrQuickack(tp, max);
  tp.ackPingpong = 0;
  tp.ackAto = TCP_ATO_MIN;
}

/** Is the next segment answered at once? (tcp_in_quickack_mode) */
export function tcpInQuickackMode(tp: TcpSock): boolean {
  return tp.ackQuick > 0 && tp.ackPingpong < TCP_PINGPONG_THRESH;
}

/** First guess of the peer's MSS (tcp_initialize_rcv_mss). */
export function tcpInitializeRcvMss(tp: TcpSock): void {
  let hint = Math.min(tp.advmss, tp.mssCache, tp.rcvWnd >> 1, TCP_MIN_RCVMSS);
  if (hint < TCP_MIN_MSS) hint = TCP_MIN_MSS;
  tp.ackRcvMss = hint;
}

/** Learns the size of the segments that the peer sends, and how much of their memory is payload (tcp_measure_rcv_mss). */
export function tcpMeasureRcvMss(tp: TcpSock, skb: Skb): void {
  const last = tp.ackLastSegSize;
  tp.ackLastSegSize = 0;
  const len = skb.gsoSize > 0 ? skb.gsoSize : skb.len;
  if (len >= tp.ackRcvMss) {
    const mss = Math.min(len, tp.advmss);
    if (mss !== tp.ackRcvMss || skb.len >= mss) tcpUpdateScalingRatio(tp, skb);
    tp.ackRcvMss = mss;
    // A full segment without PSH follows others; a smaller one would be the end of a burst.
    return;
  }
  // A segment smaller than the estimate: twice the same size in a row is the new one.
  if (len >= TCP_MSS_DEFAULT_SEND - tp.tcpHeaderLen || (len >= TCP_MIN_MSS && (skb.cb2 & 0x2b) === 0)) {
    tp.ackLastSegSize = len;
    if (len === last) {
      tp.ackRcvMss = len;
      return;
    }
  }
  if ((tp.ackPending & ICSK_ACK_PUSHED) !== 0) tp.ackPending |= ICSK_ACK_PUSHED2;
  tp.ackPending |= ICSK_ACK_PUSHED;
}

/** Follows how much of the memory of arriving packets is payload: down at once, up slowly. */
function tcpUpdateScalingRatio(tp: TcpSock, skb: Skb): void {
  let ratio = Math.floor((skb.len * 256) / skb.truesize);
  if (ratio < 1) ratio = 1;
  if (ratio > 255) ratio = 255;
  if (ratio < tp.scalingRatio) tp.scalingRatio = ratio;
  else if (ratio > tp.scalingRatio) tp.scalingRatio += (ratio - tp.scalingRatio + 7) >> 3;
  else return;
  if ((tp.userlocks & SOCK_RCVBUF_LOCK) === 0 && !tp.windowClampSet) {
    const full = tcpFullSpace(tp);
    if (full > tp.windowClamp) tp.windowClamp = full;
  }
}

/** Lets the window grow as long as arriving segments use memory well (tcp_grow_window). */
export function tcpGrowWindow(tp: TcpSock, skb: Skb): void {
  const room = Math.min(tp.windowClamp, tcpSpace(tp)) - tp.rcvSsthresh;
  if (room <= 0 || tp.tk.memory.pressure) return;
  let incr = 0;
  if (tcpWinFromSpace(tp, skb.truesize) <= skb.len) {
    incr = 2 * tp.advmss;
  } else {
    // The smaller the segment beside its memory, the later the growth.
    let truesize = tcpWinFromSpace(tp, skb.truesize) >> 1;
    let window = tcpFullSpace(tp) >> 1;
    while (tp.rcvSsthresh <= window) {
      if (truesize <= skb.len) {
        incr = 2 * tp.ackRcvMss;
        break;
      }
      truesize >>= 1;
      window >>= 1;
    }
  }
  if (incr > 0) {
    incr = Math.max(incr, 2 * skb.len);
    tp.rcvSsthresh += Math.min(room, incr);
    tp.ackQuick |= 1;
  }
}

/** A round-trip estimate for the receiver, times 8; `winDep`: it is an upper bound (tcp_rcv_rtt_update). */
function tcpRcvRttUpdate(tp: TcpSock, sample: number, winDep: boolean): void {
  const old = tp.rcvRttUs;
  const m = sample << 3;
  if (old === 0) tp.rcvRttUs = m;
  else if (!winDep) tp.rcvRttUs = old + (sample - (old >> 3));
  else if (m < old) tp.rcvRttUs = m;
}

/** Without timestamps: a round trip is at least the time in which a window of data came (tcp_rcv_rtt_measure). */
export function tcpRcvRttMeasure(tp: TcpSock): void {
  if (tp.rcvRttTime !== 0) {
    if (before(tp.rcvNxt, tp.rcvRttSeq)) return;
    const delta = (tp.mstamp - tp.rcvRttTime) | 0;
    // More than 268 s, or a clock that wrapped: eight times the sample would not fit.
    tcpRcvRttUpdate(tp, delta < 0 || delta > 0x0fffffff ? 0x0fffffff : delta > 0 ? delta : 1, true);
  }
  tp.rcvRttSeq = (tp.rcvNxt + tp.rcvWnd) | 0;
  tp.rcvRttTime = tp.mstamp === 0 ? 1 : tp.mstamp;
}

/** With timestamps: the age of the echoed one, on full segments (tcp_rcv_rtt_measure_ts). */
export function tcpRcvRttMeasureTs(tp: TcpSock, skb: Skb): void {
  const rx = tp.rxOpt;
  if (rx.rcvTsecr === 0 || rx.rcvTsecr === tp.rcvRttLastTsecr) return;
  if (((skb.cb1 - skb.cb0) | 0) < tp.ackRcvMss) return;
  tp.rcvRttLastTsecr = rx.rcvTsecr;
  const ms = (tcpTimeStampMs(tp.kernel.ktime) + tp.tsoffset - rx.rcvTsecr) | 0;
  if (ms < 0 || ms > 200000) return;
  tcpRcvRttUpdate(tp, ms > 0 ? ms * 1000 : 1000, false);
}

/** After the reader took data: once a round trip, sees to a buffer twice what it read in that time (tcp_rcv_space_adjust). */
export function tcpRcvSpaceAdjust(tp: TcpSock): void {
  const now = (tp.kernel.ktime / 1000) | 0;
  const time = (now - tp.rcvqTime) | 0;
  if (tp.rcvRttUs === 0 || time < tp.rcvRttUs >> 3) return;
  const copied = (tp.copiedSeq - tp.rcvqSeq) | 0;
  if (copied > tp.rcvqSpace) {
    if (tp.tn.moderateRcvbuf !== 0 && (tp.userlocks & SOCK_RCVBUF_LOCK) === 0) {
      let win = 2 * copied + 16 * tp.advmss;
      // Where the sender is in slow start, leave room for the next doubling.
      win += 2 * Math.floor((win * (copied - tp.rcvqSpace)) / Math.max(tp.rcvqSpace, 1));
      const buf = Math.min(tcpSpaceFromWin(tp, win), tp.tn.rmemMax);
      if (buf > tp.rcvbuf) {
        tp.rcvbuf = buf;
        if (!tp.windowClampSet) tp.windowClamp = tcpWinFromSpace(tp, buf);
      }
    }
    tp.rcvqSpace = copied;
  }
  tp.rcvqSeq = tp.copiedSeq;
  tp.rcvqTime = now;
}

/** Sees to a send buffer of two windows (tcp_sndbuf_expand). */
export function tcpSndbufExpand(tp: TcpSock): void {
  const per = (1 << (32 - Math.clz32(Math.max(tp.mssClamp, tp.mssCache) + SEND_HEADROOM - 1))) + SEND_PACKET;
  const segs = Math.max(TCP_INIT_CWND, tp.sndCwnd, tp.reordering + 1);
  const want = 2 * segs * per;
  if (tp.sndbuf < want) tp.sndbuf = Math.min(want, tp.tn.wmemMax);
}

/** Sizes at the start of a connection (tcp_init_buffer_space). */
export function tcpInitBufferSpace(tp: TcpSock): void {
  if ((tp.userlocks & SOCK_SNDBUF_LOCK) === 0) tcpSndbufExpand(tp);
  tp.rcvqSeq = tp.copiedSeq;
  tp.rcvqTime = tp.mstamp;
  const full = tcpFullSpace(tp);
  if (tp.windowClamp >= full) tp.windowClamp = full;
  // Where two segments fit, the room of one is kept for what the reader has not taken (tcp(7), tcp_app_win).
  if (tp.tn.appWin !== 0 && tp.windowClamp > 2 * tp.advmss && tp.windowClamp + tp.advmss > full) tp.windowClamp = Math.max(2 * tp.advmss, full - tp.advmss);
  tp.rcvSsthresh = Math.min(tp.rcvSsthresh, tp.windowClamp);
  tp.rcvqSpace = Math.min(tp.rcvWnd, tp.windowClamp, TCP_INIT_CWND * tp.advmss);
  tp.sndCwndStamp = tp.kernel.jiffies;
}

/** The buffer is overrun: lets it grow to what is in it, or else offers little (tcp_clamp_window). */
export function tcpClampWindow(tp: TcpSock): void {
  tp.ackQuick = 0;
  if (tp.rcvbuf < tp.tn.rmemMax && (tp.userlocks & SOCK_RCVBUF_LOCK) === 0 && !tp.tk.memory.pressure) tp.rcvbuf = Math.min(tp.rmemAlloc, tp.tn.rmemMax);
  if (tp.rmemAlloc > tp.rcvbuf) tp.rcvSsthresh = Math.min(tp.windowClamp, 2 * tp.advmss);
}
