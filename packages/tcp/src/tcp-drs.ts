/**
 * Dynamic Right-Sizing of the receive buffer (Fisk and Feng 2001; `tcp_moderate_rcvbuf` of tcp(7)): the receiver estimates the sender's window and sees that it is never what limits it.
 *
 *   round trip, seen from here --> bytes that the reader took in one = the sender's window --> the buffer has room for twice of what it may be when our answer has come there
 *
 * A round trip is the age of an echoed timestamp, or without these the time in which a whole window of data came: it cannot be shorter.
 */
import type { Skb } from '@linnet/skbuff';
import { SOCK_RCVBUF_LOCK } from '@linnet/socket';
import { before } from '@linnet/uapi';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { TCP_INIT_CWND } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpSpaceFromWin, tcpWinFromSpace } from './tcp-window.ts';

/** Times eight this still fits an int32: 268 s. */
const MAX_SAMPLE_US = 0x0fffffff;
/** An echo older than this, in ms, tells of a pause and not of the path. */
const MAX_ECHO_MS = 200000;

/** A new connection: what a sender sends first (RFC 6928) is what was seen so far. */
export function drsInit(tp: TcpSock): void {
  tp.rcvqSeq = tp.copiedSeq;
  tp.rcvqTime = tp.mstamp;
  tp.rcvqSpace = Math.min(TCP_INIT_CWND * tp.advmss, tp.rcvWnd, tp.windowClamp);
}

/** Data came: without timestamps, is a window of it complete? */
export function drsRttByWindow(tp: TcpSock): void {
  if (tp.rcvRttTime !== 0) {
    if (before(tp.rcvNxt, tp.rcvRttSeq)) return;
    const us = (tp.mstamp - tp.rcvRttTime) | 0;
    const times8 = Math.max(us < 0 ? MAX_SAMPLE_US : Math.min(us, MAX_SAMPLE_US), 1) << 3;
    // Often it is longer: the least is nearest to the truth.
    if (tp.rcvRttUs === 0 || times8 < tp.rcvRttUs) tp.rcvRttUs = times8;
  }
  tp.rcvRttSeq = (tp.rcvNxt + tp.rcvWnd) | 0;
  tp.rcvRttTime = tp.mstamp === 0 ? 1 : tp.mstamp;
}

/** Data came: the age of the timestamp that it echoes, once for each. Full segments only: others left when somebody wrote, and not when our ACK came. */
export function drsRttByTimestamp(tp: TcpSock, skb: Skb): void {
  const echo = tp.rxOpt.rcvTsecr;
  if (echo === 0 || echo === tp.rcvRttLastTsecr || ((skb.cb1 - skb.cb0) | 0) < tp.ackRcvMss) return;
  tp.rcvRttLastTsecr = echo;
  const ms = (tcpTimeStampMs(tp.kernel.ktime) + tp.tsoffset - echo) | 0;
  if (ms < 0 || ms > MAX_ECHO_MS) return;
  const us = Math.max(ms, 1) * 1000;
  tp.rcvRttUs = tp.rcvRttUs === 0 ? us << 3 : tp.rcvRttUs + us - (tp.rcvRttUs >> 3);
}

/** The reader took data. Once in a round trip, sees to a buffer for twice what the next may bring. */
export function drsRead(tp: TcpSock): void {
  const now = (tp.kernel.ktime / 1000) | 0;
  if (tp.rcvRttUs === 0 || ((now - tp.rcvqTime) | 0) < tp.rcvRttUs >> 3) return;
  const got = (tp.copiedSeq - tp.rcvqSeq) | 0;
  if (got > tp.rcvqSpace) {
    if (tp.tn.moderateRcvbuf !== 0 && (tp.userlocks & SOCK_RCVBUF_LOCK) === 0) makeRoom(tp, got);
    tp.rcvqSpace = got;
  }
  tp.rcvqSeq = tp.copiedSeq;
  tp.rcvqTime = now;
}

/** Makes the buffer large enough for a sender that sent `got` bytes in the last round trip, more than ever before. */
function makeRoom(tp: TcpSock, got: number): void {
  // A sender in slow start doubles. What is offered now limits what it sends a round trip from now, two steps on.
  const growth = Math.min(got / Math.max(tp.rcvqSpace, 1), 2);
  // As much again may wait for the reader.
  const win = 2 * got * growth * growth + TCP_INIT_CWND * tp.advmss;
  const size = Math.min(tcpSpaceFromWin(tp, win), tp.tn.rmemMax);
  if (size <= tp.rcvbuf) return;
  tp.rcvbuf = size;
  if (!tp.windowClampSet) tp.windowClamp = tcpWinFromSpace(tp, size);
}
