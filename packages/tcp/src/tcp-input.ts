/** Arriving segments on a connection: checks, header prediction, the decision to answer (RFC 9293 section 3.10.7, RFC 5961). */
import { ECONNREFUSED, ECONNRESET, EPIPE } from '@linnet/kernel';
import { consumeSkb, DROP, kfreeSkbReason, type Skb, skbEat } from '@linnet/skbuff';
import {
  after,
  before,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCPHDR_ACK,
  TCPHDR_RST,
  TCPHDR_SYN,
} from '@linnet/uapi';
import { tcpAck } from './tcp-ack.ts';
import { tcpMstampRefresh } from './tcp-clock.ts';
import {
  SEG_DATA,
  SEG_ALL_CHECKS,
  SEG_TAKE_TIMESTAMP,
  ICSK_ACK_NOW,
  ICSK_ACK_SCHED,
  TCP_MAX_QUICKACKS,
} from './tcp-const.ts';
import { tcpDataQueue, tcpDataReady, tcpEventDataRecv, tcpQueueRcv, tcpUrg } from './tcp-data.ts';
import {
  TcpExtDelayedACKLost,
  TcpExtPAWSEstab,
  TcpExtTCPACKSkippedPAWS,
  TcpExtTCPACKSkippedSeq,
  TcpExtTCPHPHits,
  TcpExtTCPSYNChallenge,
  TcpInErrs,
} from './tcp-mib.ts';
import { netInc, tcpInc } from './tcp-net.ts';
import { tcpFastParseOptions, TSTAMP_WORD } from './tcp-options.ts';
import { tcpPushPendingFrames } from './tcp-output.ts';
import { tcpPawsDiscard, tcpStoreTsRecent } from './tcp-paws.ts';
import { drsRttByTimestamp } from './tcp-drs.ts';
import { quickAckActive, quickAckEnter } from './tcp-quickack.ts';
import { sndbufGrow } from './tcp-sndbuf.ts';
import { tcpDsackSet } from './tcp-rcv-sack.ts';
import { tcpSendAck, tcpSendDelayedAck } from './tcp-send.ts';
import { tcpPipe } from './tcp-cong.ts';
import { TCP_LIMIT_BUSY, TCP_LIMIT_IDLE, TCP_LIMIT_SNDBUF, tcpSetLimit } from './tcp-limits.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpDoneWithError } from './tcp-state.ts';
import { tcpStreamMemoryFree } from './tcp-stream.ts';
import { tcpCalcWindow, tcpReceiveWindow } from './tcp-window.ts';
import { SOCK_SNDBUF_LOCK } from '@linnet/socket';
import { tcpOowRateLimited, tcpSendChallengeAck } from './tcp-challenge.ts';

function oowLimited(tp: TcpSock, skb: Skb, mib: number): boolean {
  // Data is no part of a loop of ACKs.
  if (skb.cb0 !== skb.cb1 && (skb.cb2 & TCPHDR_SYN) === 0) return false;
  const now = tp.kernel.jiffies;
  if (tcpOowRateLimited(tp.tn, now, tp.lastOowAckTime, mib)) return true;
  tp.lastOowAckTime = now === 0 ? 1 : now;
  return false;
}

/** Answers a segment outside the window with what we have, and a DSACK for what came twice (tcp_send_dupack). */
function tcpSendDupack(tp: TcpSock, skb: Skb): void {
  if (skb.cb1 !== skb.cb0 && before(skb.cb0, tp.rcvNxt)) {
    netInc(tp.tn, TcpExtDelayedACKLost);
    quickAckEnter(tp, TCP_MAX_QUICKACKS);
    const end = after(skb.cb1, tp.rcvNxt) ? tp.rcvNxt : skb.cb1;
    tcpDsackSet(tp, skb.cb0, end);
  }
  tcpSendAck(tp);
}

/** The peer reset the connection (RFC 9293 section 3.10.7.4, second check; tcp_reset). */
export function tcpReset(tp: TcpSock): void {
  let err: number;
  switch (tp.state) {
    case TCP_SYN_SENT:
      err = ECONNREFUSED;
      break;
    case TCP_CLOSE_WAIT:
      err = EPIPE;
      break;
    case TCP_CLOSE:
      return;
    default:
      err = ECONNRESET;
  }
  tcpDoneWithError(tp, err);
}

/** Is a RST at exactly the place where it must be? (RFC 5961 section 3.2; behind SACKed data counts too, as the peer may have reset after it.) */
function tcpRstAcceptable(tp: TcpSock, seq: number): boolean {
  if (seq === tp.rcvNxt) return true;
  if (tp.rxOpt.sackOk && tp.numSacks > 0) {
    let max = tp.selectiveAcks[1]!;
    for (let i = 1; i < tp.numSacks; i++) if (after(tp.selectiveAcks[2 * i + 1]!, max)) max = tp.selectiveAcks[2 * i + 1]!;
    if (seq === max) return true;
  }
  return false;
}

/** May the segment be processed? Else it has been dropped, and answered where the RFCs want that (tcp_validate_incoming). Consumes it when false. */
export function tcpValidateIncoming(tp: TcpSock, skb: Skb): boolean {
  const flags = skb.cb2;
  const rst = (flags & TCPHDR_RST) !== 0;
  const th = skb.transportHeader;
  tcpFastParseOptions(skb.view, th, skb.cb11, tp.rxOpt);
  if (tp.rxOpt.sawTstamp && tcpPawsDiscard(tp, skb) && !rst) {
    netInc(tp.tn, TcpExtPAWSEstab);
    if ((flags & TCPHDR_SYN) !== 0) return synChallenge(tp, skb);
    if (!oowLimited(tp, skb, TcpExtTCPACKSkippedPAWS)) tcpSendDupack(tp, skb);
    kfreeSkbReason(skb, DROP.TCP_RFC7323_PAWS);
    return false;
  }
  const old = before(skb.cb1, tp.rcvWup);
  if (old || after(skb.cb0, (tp.rcvNxt + tcpReceiveWindow(tp)) | 0)) {
    if (!rst) {
      if ((flags & TCPHDR_SYN) !== 0) return synChallenge(tp, skb);
      if (!oowLimited(tp, skb, TcpExtTCPACKSkippedSeq)) tcpSendDupack(tp, skb);
    }
    kfreeSkbReason(skb, old ? DROP.TCP_OLD_SEQUENCE : DROP.TCP_INVALID_SEQUENCE);
    return false;
  }
  if (rst) {
    if (tcpRstAcceptable(tp, skb.cb0)) tcpReset(tp);
    else tcpSendChallengeAck(tp);
    kfreeSkbReason(skb, DROP.TCP_RESET);
    return false;
  }
  if ((flags & TCPHDR_SYN) !== 0) {
    // The other half of crossing SYNs repeats its SYN with an ACK: that is no intruder.
    if (
      tp.state === TCP_SYN_RECV && tp.socket !== null && (flags & TCPHDR_ACK) !== 0 && ((skb.cb0 + 1) | 0) === skb.cb1 &&
      ((skb.cb0 + 1) | 0) === tp.rcvNxt && skb.cb4 === tp.sndNxt
    ) {
      return true;
    }
    return synChallenge(tp, skb);
  }
  return true;
}

/** A SYN on a live connection: the peer must prove itself by a RST that fits our ACK (RFC 5961 section 4.2). */
function synChallenge(tp: TcpSock, skb: Skb): boolean {
  tcpInc(tp.tn, TcpInErrs);
  netInc(tp.tn, TcpExtTCPSYNChallenge);
  tcpSendChallengeAck(tp);
  kfreeSkbReason(skb, DROP.TCP_INVALID_SYN);
  return false;
}

/** Is the send buffer due to grow? Not by the user's wish, not while memory is short, not while the window is not even full (tcp_should_expand_sndbuf). */
function tcpShouldExpandSndbuf(tp: TcpSock): boolean {
  if ((tp.userlocks & SOCK_SNDBUF_LOCK) !== 0 || tp.tk.memory.pressure) return false;
  return tp.packetsOut < tp.sndCwnd;
}

/** Room came back: tells the writer who waits for it (tcp_check_space). */
export function tcpCheckSpace(tp: TcpSock): void {
  if (!tp.noSpace) return;
  if (tcpShouldExpandSndbuf(tp)) {
    sndbufGrow(tp);
    tp.sndCwndStamp = tp.kernel.jiffies;
  }
  if (tcpStreamMemoryFree(tp)) tp.writeSpace(tp);
}

/** After an ACK: sends what it made room for (tcp_data_snd_check). */
export function tcpDataSndCheck(tp: TcpSock): void {
  tcpPushPendingFrames(tp);
  if (tp.limit !== TCP_LIMIT_IDLE && tp.writeQueue.head === null) {
    const keeps = tp.rtxQueue.head === null ? TCP_LIMIT_IDLE : tp.noSpace && tcpPipe(tp) < tp.sndCwnd ? TCP_LIMIT_SNDBUF : TCP_LIMIT_BUSY;
    if (keeps !== tp.limit) tcpSetLimit(tp, keeps);
  }
  tcpCheckSpace(tp);
}

/** Answers now or later (RFC 5681 section 4.2, RFC 9293 section 3.8.6.3; __tcp_ack_snd_check). */
function tcpAckNowOrLater(tp: TcpSock): void {
  const unacked = (tp.rcvNxt - tp.rcvWup) | 0;
  if (
    // More than a segment is unacknowledged, and the reader keeps up, so that the window is worth telling.
    (unacked > tp.ackRcvMss && (((tp.rcvNxt - tp.copiedSeq) | 0) < tp.rcvlowat || tcpCalcWindow(tp) >= tp.rcvWnd)) ||
    quickAckActive(tp) ||
    (tp.ackPending & ICSK_ACK_NOW) !== 0 ||
    tp.outOfOrderQueue.head !== null
  ) {
    tcpSendAck(tp);
    return;
  }
  tcpSendDelayedAck(tp);
}

/** Answers if something asked for it (tcp_ack_snd_check). */
export function tcpAckSndCheck(tp: TcpSock): void {
  if ((tp.ackPending & ICSK_ACK_SCHED) === 0) return;
  tcpAckNowOrLater(tp);
}

/**
 * A segment for an established connection (tcp_rcv_established). Consumes it. First comes header prediction (Van Jacobson): a segment with exactly the
 * expected header is either the next data or a pure ACK, and needs few checks.
 */
export function tcpRcvEstablished(tp: TcpSock, skb: Skb): void {
  tcpMstampRefresh(tp);
  const th = skb.transportHeader;
  const view = skb.view;
  const rx = tp.rxOpt;
  const hdrLen = skb.cb11;
  // PSH may be set or not.
  if ((view.getInt32(th + 12) & ~0x00080000) === tp.predFlags && skb.cb0 === tp.rcvNxt && !after(skb.cb4, tp.sndNxt) && fastTimestamp(tp, view, th, hdrLen)) {
    if (skb.len <= hdrLen) {
      // A pure ACK.
      if (hdrLen === 32 && tp.rcvNxt === tp.rcvWup) tcpStoreTsRecent(rx, tp.kernel.ktime);
      tcpAck(tp, skb, 0);
      consumeSkb(skb);
      tcpDataSndCheck(tp);
      return;
    }
    if (skb.truesize <= tp.forwardAlloc && tp.rmemAlloc + skb.truesize <= tp.rcvbuf) {
      if (hdrLen === 32 && tp.rcvNxt === tp.rcvWup) tcpStoreTsRecent(rx, tp.kernel.ktime);
      drsRttByTimestamp(tp, skb);
      netInc(tp.tn, TcpExtTCPHPHits);
      const ack = skb.cb4;
      const seq = skb.cb0;
      const acked = ack !== tp.sndUna;
      if (!acked) {
        tp.sndWl1 = seq;
      } else {
        const reason = tcpAck(tp, skb, SEG_DATA);
        if (reason < 0) {
          kfreeSkbReason(skb, -reason);
          return;
        }
      }
      skb.dst = null;
      skbEat(skb, hdrLen);
      tcpEventDataRecv(tp, skb);
      tcpQueueRcv(tp, skb);
      if (acked) {
        tcpDataSndCheck(tp);
        // Data that left just now carried the ACK.
        if ((tp.ackPending & ICSK_ACK_SCHED) !== 0) tcpAckNowOrLater(tp);
      } else {
        tcpAckNowOrLater(tp);
      }
      tcpDataReady(tp);
      return;
    }
  }

  if ((skb.cb2 & (TCPHDR_ACK | TCPHDR_RST | TCPHDR_SYN)) === 0) {
    kfreeSkbReason(skb, DROP.TCP_FLAGS);
    return;
  }
  if (!tcpValidateIncoming(tp, skb)) return;
  const reason = tcpAck(tp, skb, SEG_ALL_CHECKS | SEG_TAKE_TIMESTAMP);
  if (reason < 0) {
    // An ACK for what was never sent: say where we are (RFC 9293 section 3.10.7.4).
    if (reason === -DROP.TCP_ACK_UNSENT_DATA) tcpSendChallengeAck(tp);
    kfreeSkbReason(skb, -reason);
    return;
  }
  drsRttByTimestamp(tp, skb);
  tcpUrg(tp, skb);
  if (tp.state !== TCP_ESTABLISHED) {
    kfreeSkbReason(skb, DROP.TCP_CLOSE);
    return;
  }
  tcpDataQueue(tp, skb);
  tcpDataSndCheck(tp);
  tcpAckSndCheck(tp);
}

/** The options of the predicted header: none, or an aligned timestamp that does not run back. */
function fastTimestamp(tp: TcpSock, view: DataView, th: number, hdrLen: number): boolean {
  const rx = tp.rxOpt;
  rx.sackBlocks = 0;
  if (hdrLen !== 32) {
    rx.sawTstamp = false;
    return hdrLen === 20;
  }
  if (view.getInt32(th + 20) !== TSTAMP_WORD) return false;
  rx.sawTstamp = true;
  rx.rcvTsval = view.getInt32(th + 24);
  rx.rcvTsecr = view.getInt32(th + 28);
  return ((rx.rcvTsval - rx.tsRecent) | 0) >= 0;
}
