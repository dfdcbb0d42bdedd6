/** Sending: what may leave now, and the making of a segment (RFC 9293 sections 3.8.6 and 3.10.7). */
import { csumFold } from '@linnet/kernel';
import {
  CHECKSUM_PARTIAL,
  pskbCopy,
  type Skb,
  skbClone,
  skbCloned,
  skbOrphan,
  skbPush,
} from '@linnet/skbuff';
import {
  after,
  before,
  INET_ECN_ECT_0,
  INET_ECN_MASK,
  IPPROTO_TCP,
  TCP_CA_Recovery,
  TCP_CLOSE,
  TCPHDR_ACK,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_SYN,
  TCPHDR_URG,
  TCPOLEN_MD5SIG_ALIGNED,
} from '@linnet/uapi';
import { tcpCaEvent, tcpPipe } from './tcp-cong.ts';
import {
  CA_EVENT_TX_START,
  ICSK_TIME_LOSS_PROBE,
  TCP_ATO_MIN,
  TCP_ECN_DEMAND_CWR,
  TCP_ECN_OK,
  TCP_ECN_QUEUE_CWR,
  TCP_NAGLE_CORK,
  TCP_NAGLE_PUSH,
  TCP_PINGPONG_THRESH,
  TSQ_THROTTLED,
} from './tcp-const.ts';
import { tfoOptionLen, tfoWriteOption } from './tcp-fastopen-option.ts';
import { tsoFragment, tcpSetSkbTsoSegs } from './tcp-fragment.ts';
import { TCP_LIMIT_BUSY, TCP_LIMIT_RWND, tcpSetLimit } from './tcp-limits.ts';
import { TcpExtTCPOrigDataSent, TcpOutSegs } from './tcp-mib.ts';
import { tcpMd5Key, tcpMd5Sign, tcpWriteMd5Header } from './tcp-md5.ts';
import { type TcpMtuProbe, tcpMtuProbeNext, tcpMtuProbeSent } from './tcp-mtu-probe.ts';
import { tcpCurrentMss, tcpEffSacks, tcpEstablishedOptionsLen } from './tcp-mss.ts';
import { netAdd, tcpAdd } from './tcp-net.ts';
import { tcpSynOptionsLen, tcpWriteSackHeader, tcpWriteSynOptions, tcpWriteTimestamp } from './tcp-options.ts';
import { tcpMoveToRtxQueue, tcpSendHead } from './tcp-rtx-queue.ts';
import { sentRingPush } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tlpArm } from './tcp-tlp.ts';
import { tcpCheckProbeTimer, tcpRearmRto } from './tcp-xmit-timer.ts';
import { prrActive, tcpReduceOnce } from './tcp-prr.ts';
import { tcpMstampRefresh, tcpTimeStampMs } from './tcp-clock.ts';
import { tcpPacingCheck, tcpPacingSent } from './tcp-pacing.ts';
import { tcpRateSkbSent } from './tcp-rate.ts';
import { tcpCwndRestart, tcpCwndValidate } from './tcp-cwnd.ts';
import { tcpSelectWindow, tcpWndEnd } from './tcp-window.ts';
import { tcpWfree } from './tcp-wfree.ts';

/** The division, made anew when the MSS has changed (tcp_init_tso_segs). */
function tcpInitTsoSegs(skb: Skb, mss: number): number {
  const n = skb.cb6;
  if (n === 0 || (n > 1 && skb.cb7 !== mss)) return tcpSetSkbTsoSegs(skb, mss);
  return n;
}

/** Notes that an ACK left: the delayed-ACK machine rests (tcp_event_ack_sent). */
function tcpEventAckSent(tp: TcpSock, rcvNxt: number): void {
  if (rcvNxt !== tp.rcvNxt) return;
  if (tp.ackQuick > 0) {
    tp.ackQuick--;
    if (tp.ackQuick === 0) tp.ackAto = TCP_ATO_MIN;
  }
  // The timer may still run; it looks at ackPending when it fires.
  tp.ackPending = 0;
}

/** Notes that data left (tcp_event_data_sent): after idle the window restarts (RFC 5681 section 4.1). */
function tcpEventDataSent(tp: TcpSock): void {
  const now = tp.kernel.jiffies;
  if (tcpPipe(tp) === 0) tcpCaEvent(tp, CA_EVENT_TX_START);
  tp.lsndtime = now;
  // A reply within the ACK timeout: this looks like a conversation, so ACKs wait for data.
  if (((now - tp.ackLrcvtime) | 0) < tp.ackAto && tp.ackPingpong < TCP_PINGPONG_THRESH) tp.ackPingpong++;
}

/** Restarts the congestion window after an idle period (tcp_slow_start_after_idle_check). */
export function tcpSlowStartAfterIdleCheck(tp: TcpSock): void {
  if (tp.tn.slowStartAfterIdle === 0 || tp.packetsOut !== 0 || tp.lsndtime === 0 || tp.caOps!.congControl !== null) return;
  const delta = (tp.kernel.jiffies - tp.lsndtime) | 0;
  if (delta > tp.rto) tcpCwndRestart(tp, delta);
}

/** ECN bits of a data segment (RFC 3168 section 6.1). Returns the flags with CWR and ECE set as needed. */
function tcpEcnSend(tp: TcpSock, skb: Skb, flags: number): number {
  if ((tp.ecnFlags & TCP_ECN_OK) === 0) return flags;
  const pureAck = skb.len === 0;
  if (!pureAck && !before(skb.cb0, tp.sndNxt)) {
    // New data is ECN-capable; what is sent again and pure ACKs are not.
    tp.tos |= INET_ECN_ECT_0;
    if ((tp.ecnFlags & TCP_ECN_QUEUE_CWR) !== 0) {
      tp.ecnFlags &= ~TCP_ECN_QUEUE_CWR;
      flags |= TCPHDR_CWR;
    }
  } else if (tp.caOps!.requiresEcn === true) {
    // All of DCTCP's: queues that mark drop what is not ECN-capable (RFC 8257 section 3.5).
    tp.tos |= INET_ECN_ECT_0;
  } else {
    tp.tos &= ~INET_ECN_MASK;
  }
  if ((tp.ecnFlags & TCP_ECN_DEMAND_CWR) !== 0) flags |= TCPHDR_ECE;
  return flags;
}

/**
 * Puts a TCP header in front of a segment and gives it to the network layer (tcp_transmit_skb). Always consumes what it sends: with `clone` a clone of
 * `skb`, which stays queued; else `skb` itself. `rcvNxt` is the acknowledgment number. Returns 0, a positive NET_XMIT_* when it was
 * dropped locally, or a negative errno.
 */
export function tcpTransmitSkb(tp: TcpSock, skb: Skb, clone: boolean, rcvNxt: number): number {
  const queued = skb;
  if (clone) {
    skb = skbCloned(queued) ? pskbCopy(queued) : skbClone(queued);
    skb.nohdr = false;
  }
  let flags = queued.cb2;
  const seq = queued.cb0;
  const rx = tp.rxOpt;
  const syn = (flags & TCPHDR_SYN) !== 0;
  const hasData = skb.len > 0;
  let optLen: number;
  let sacks = 0;
  const key = tp.extra === null ? null : tcpMd5Key(tp);
  // Beside a signature a cookie has no room.
  const cookie = syn && key === null && tp.tfo !== null ? tp.tfo.cookie : null;
  if (syn) {
    optLen = tcpSynOptionsLen(tp.synTs, tp.synSack, tp.synWscale >= 0);
    if (cookie !== null) optLen += tfoOptionLen(cookie, tp.tfo!.exp);
  } else {
    optLen = tcpEstablishedOptionsLen(tp);
    sacks = tcpEffSacks(tp);
    flags = tcpEcnSend(tp, skb, flags);
  }
  if (key !== null) optLen += TCPOLEN_MD5SIG_ALIGNED;
  const hdrLen = 20 + optLen;
  const segs = queued.cb6 > 1 && hasData ? queued.cb6 : 1;
  // PSH on a super-segment lets the receiver's GRO pass it on without waiting for more.
  if (segs > 1) flags |= TCPHDR_PSH;

  if (skb.destructor !== null) skbOrphan(skb);
  skb.sk = tp;
  skb.destructor = tcpWfree;
  tp.wmemAlloc += skb.truesize;

  const th = skbPush(skb, hdrLen);
  skb.transportHeader = th;
  const view = skb.view;
  view.setUint16(th, tp.sport);
  view.setUint16(th + 2, tp.dport);
  view.setInt32(th + 4, seq);
  view.setInt32(th + 8, rcvNxt);
  // The window of a SYN is never scaled (RFC 7323 section 2.2).
  const win = syn ? Math.min(tp.rcvWnd, 65535) : tcpSelectWindow(tp);
  let urg = 0;
  if (tp.urgMode && before(seq, tp.sndUp)) {
    const dist = (tp.sndUp - seq) | 0;
    if (dist <= 0xffff) {
      urg = dist;
      flags |= TCPHDR_URG;
    } else if (after((seq + 0xffff) | 0, tp.sndNxt)) {
      urg = 0xffff;
      flags |= TCPHDR_URG;
    }
  }
  view.setInt32(th + 12, (hdrLen << 26) | (flags << 16) | win);
  view.setUint16(th + 18, urg);
  const tsval = rx.tstampOk || (syn && tp.synTs) ? (tcpTimeStampMs(tp.kernel.ktime) + tp.tsoffset) | 0 : 0;
  let p = th + 20;
  if (key !== null) {
    tcpWriteMd5Header(view, p);
    p += TCPOLEN_MD5SIG_ALIGNED;
  }
  if (syn) {
    tcpWriteSynOptions(view, p, tp.advmss, tp.synTs, tsval, rx.tsRecent, tp.synSack, tp.synWscale);
    if (cookie !== null) tfoWriteOption(view, p + tcpSynOptionsLen(tp.synTs, tp.synSack, tp.synWscale >= 0), cookie, tp.tfo!.exp);
  } else if (optLen > 0) {
    if (rx.tstampOk) {
      tcpWriteTimestamp(view, p, tsval, rx.tsRecent);
      p += 12;
    }
    if (sacks > 0) tcpWriteSacks(tp, view, p, sacks);
  }
  if (segs > 1) {
    skb.gsoSegs = segs;
    skb.gsoSize = queued.cb7;
    skb.gsoType = tp.gsoType;
  } else {
    skb.gsoSegs = 0;
    skb.gsoSize = 0;
    skb.gsoType = 0;
  }
  // The sum over the payload is left to whoever needs it on a wire.
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = th;
  skb.csumOffset = 16;
  if (key !== null) tcpMd5Sign(tp.tn, key, tp.af, tp.fl, skb, th + 20);
  view.setUint16(th + 16, ~csumFold(tp.af.pseudoSum(tp.fl, skb.len, IPPROTO_TCP)) & 0xffff);

  if ((flags & TCPHDR_ACK) !== 0) tcpEventAckSent(tp, rcvNxt);
  if (hasData) {
    tcpEventDataSent(tp);
    tp.dataSegsOut += segs;
    tp.bytesSent += skb.len - hdrLen;
    if (tp.pacer !== null) tcpPacingSent(tp, tp.pacer, skb.len - hdrLen);
  }
  tcpAdd(tp.tn, TcpOutSegs, segs);
  tp.segsOut += segs;
  skb.tstamp = 0;
  skb.priority = tp.priority;
  skb.mark = tp.mark;

  let err = tp.af.queueXmit(tp, skb, tp.fl);
  if (err > 0) {
    // NET_XMIT_CN and the like: the local queue is congested.
    tcpReduceOnce(tp);
    // NET_XMIT_CN: it left all the same. What was dropped here is tried again soon, and is no sign of the peer.
    if (err === 2) err = 0;
  }
  if (clone) {
    queued.cb5 = tp.mstamp;
    tp.xmitCount = (tp.xmitCount + 1) | 0;
    queued.cb4 = tp.xmitCount;
    if (err === 0) tcpRateSkbSent(tp, queued);
  }
  return err;
}

/** Writes the SACK option: the DSACK first (RFC 2883 section 4). */
function tcpWriteSacks(tp: TcpSock, view: DataView, p: number, n: number): void {
  tcpWriteSackHeader(view, p, n);
  p += 4;
  let left = n;
  if (tp.dsackPending) {
    view.setInt32(p, tp.dsackStart);
    view.setInt32(p + 4, tp.dsackEnd);
    p += 8;
    left--;
    tp.dsackPending = false;
  }
  for (let i = 0; i < left; i++) {
    view.setInt32(p, tp.selectiveAcks[2 * i]!);
    view.setInt32(p + 4, tp.selectiveAcks[2 * i + 1]!);
    p += 8;
  }
}

/** Notes that new data has left: it waits for its acknowledgment now (tcp_event_new_data_sent). */
export function tcpEventNewDataSent(tp: TcpSock, skb: Skb): void {
  const prior = tp.packetsOut;
  tp.sndNxt = skb.cb1;
  tcpMoveToRtxQueue(tp, skb);
  sentRingPush(tp.sentRing, skb);
  tp.packetsOut = prior + skb.cb6;
  if (prior === 0 || tp.pending === ICSK_TIME_LOSS_PROBE) tcpRearmRto(tp);
  netAdd(tp.tn, TcpExtTCPOrigDataSent, skb.cb6);
  if (tp.packetsOut > tp.maxPacketsOut) tp.maxPacketsOut = tp.packetsOut;
}

/** Segments that the congestion window lets out now (tcp_cwnd_test). */
function tcpCwndTest(tp: TcpSock): number {
  const inFlight = tcpPipe(tp);
  const cwnd = tp.sndCwnd;
  if (inFlight >= cwnd) return 0;
  // Not more than half a window in one burst, so that ACKs come back spread out.
  const half = Math.max(cwnd >> 1, 1);
  return Math.min(half, cwnd - inFlight);
}

/** Does the first segment fit the peer's window? (tcp_snd_wnd_test) */
function tcpSndWndTest(tp: TcpSock, skb: Skb, mss: number): boolean {
  let end = skb.cb1;
  if (skb.len > mss) end = (skb.cb0 + mss) | 0;
  return !after(end, tcpWndEnd(tp));
}

/** Nagle's algorithm as Minshall modified it: hold a small segment only while another small one is unacknowledged (tcp_nagle_test). True: send. */
function tcpNagleTest(tp: TcpSock, skb: Skb, mss: number, nonagle: number): boolean {
  if ((nonagle & TCP_NAGLE_PUSH) !== 0) return true;
  if (tp.urgMode || (skb.cb2 & TCPHDR_FIN) !== 0) return true;
  return !tcpNagleCheck(tp, skb.len < mss, nonagle);
}

/** Should a partial segment wait? (tcp_nagle_check) */
function tcpNagleCheck(tp: TcpSock, partial: boolean, nonagle: number): boolean {
  return partial && ((nonagle & TCP_NAGLE_CORK) !== 0 || (nonagle === 0 && tp.packetsOut !== 0 && tcpMinshallCheck(tp)));
}

/** Is a small segment still unacknowledged? */
function tcpMinshallCheck(tp: TcpSock): boolean {
  return after(tp.sndSml, tp.sndUna) && !after(tp.sndSml, tp.sndNxt);
}

/** How many bytes of a super-segment may leave now: what windows allow, in whole segments unless it all goes (tcp_mss_split_point). */
function tcpMssSplitPoint(tp: TcpSock, skb: Skb, mss: number, maxSegs: number, nonagle: number): number {
  const window = (tcpWndEnd(tp) - skb.cb0) | 0;
  const maxLen = mss * maxSegs;
  if (maxLen <= window && skb !== tp.writeQueue.tail) return maxLen;
  const needed = Math.min(skb.len, window);
  if (maxLen <= needed) return maxLen;
  const partial = needed % mss;
  // The last, partial piece obeys Nagle.
  if (tcpNagleCheck(tp, partial !== 0, nonagle)) return needed - partial;
  return needed;
}

/** Most segments in one super-segment, so that a slow path gets packets at least every millisecond or so (tcp_tso_autosize). */
export function tcpTsoSegs(tp: TcpSock, mss: number): number {
  // Before the first round trip was measured there is no rate to go by.
  let bytes = tp.pacingRate > 0 ? tp.pacingRate / 1024 : tp.gsoMaxSize;
  // Close peers can take large bursts: their queues drain at once.
  const shift = tp.tn.tsoRttLog > 0 && tp.minRtt0 >= 0 ? tp.minRtt0 >> tp.tn.tsoRttLog : 31;
  if (shift < 16) bytes += tp.gsoMaxSize >> shift;
  if (bytes > tp.gsoMaxSize) bytes = tp.gsoMaxSize;
  const segs = Math.floor(bytes / mss);
  const least = tp.caOps!.minTsoSegs;
  return Math.min(Math.max(segs, least === undefined ? tp.tn.minTsoSegs : least(tp)), tp.gsoMaxSegs);
}

/**
 * Would waiting make the next super-segment much larger? (tcp_tso_should_defer) Waits only while an ACK is due soon, so nothing hangs on it.
 */
function tcpTsoShouldDefer(tp: TcpSock, skb: Skb, maxSegs: number): boolean {
  if (tp.caState >= TCP_CA_Recovery) return false;
  // Deferred already for more than a millisecond.
  if (tp.packetsOut === 0 || ((tp.kernel.jiffies - tp.lsndtime) | 0) > 1) return false;
  const inFlight = tcpPipe(tp);
  const sendWin = (tcpWndEnd(tp) - skb.cb0) | 0;
  const congWin = (tp.sndCwnd - inFlight) * tp.mssCache;
  const limit = Math.min(sendWin, congWin);
  if (limit >= maxSegs * tp.mssCache) return false;
  if (skb !== tp.writeQueue.tail && limit >= skb.len) return false;
  const divisor = tp.tn.tsoWinDivisor;
  if (divisor > 0) {
    const chunk = Math.floor(Math.min(tp.sndWnd, tp.sndCwnd * tp.mssCache) / divisor);
    if (limit >= chunk) return false;
  } else if (limit > 3 * tp.mssCache) {
    return false;
  }
  const head = tp.rtxQueue.head;
  if (head === null) return false;
  // An ACK for the head is expected one round trip after it left; if that is far off, send.
  const age = (tp.mstamp - head.cb5) | 0;
  if (age < tp.srttUs >> 4) return false;
  if (congWin < sendWin) {
    if (congWin <= skb.len) tp.isCwndLimited = true;
  }
  if ((skb.cb2 & TCPHDR_FIN) !== 0 || skb.cb10 !== 0) return false;
  return true;
}

/** Is enough of this socket in local queues? Then wait until some has left (TCP small queues). */
export function tcpSmallQueueCheck(tp: TcpSock, skb: Skb, factor: number): boolean {
  let limit = Math.max(2 * skb.truesize, tp.pacingRate / 1024);
  if (limit > tp.tn.limitOutputBytes) limit = tp.tn.limitOutputBytes;
  limit *= factor;
  if (tp.wmemAlloc > limit) {
    // The first segment may always go, else nothing would come back.
    if (tp.rtxQueue.head === null) return false;
    tp.tsqFlags |= TSQ_THROTTLED;
    return true;
  }
  return false;
}

/** Sends a segment larger than the others, when this is the moment to learn whether the path takes it (RFC 4821). */
function tcpMtuProbe(tp: TcpSock, p: TcpMtuProbe): void {
  const skb = tcpMtuProbeNext(tp, p);
  if (skb === null) return;
  if (tcpTransmitSkb(tp, skb, true, tp.rcvNxt) !== 0) {
    // It is divided anew.
    skb.cb6 = 0;
    return;
  }
  tcpMtuProbeSent(tp, p, skb);
  tcpEventNewDataSent(tp, skb);
}

/**
 * Sends what the windows, Nagle and local queues allow (tcp_write_xmit). `pushOne`: 0 all, 1 a single skb, 2 a loss probe beyond the congestion window.
 * Returns true when nothing is under way although data waits: a zero-window probe is needed.
 */
export function tcpWriteXmit(tp: TcpSock, mss: number, nonagle: number, pushOne: number): boolean {
  let sent = 0;
  let isCwndLimited = false;
  let paced = false;
  let keeps = TCP_LIMIT_BUSY;
  tcpMstampRefresh(tp);
  if (tp.extra !== null) {
    if (tp.extra.repair !== null) return false;
    if (tp.extra.probe !== null && pushOne === 0) tcpMtuProbe(tp, tp.extra.probe);
  }
  const maxSegs = tcpTsoSegs(tp, mss);
  for (let skb = tcpSendHead(tp); skb !== null; skb = tcpSendHead(tp)) {
    // A probe for a lost tail is one packet after a silence: it need not wait.
    if (tp.pacer !== null && pushOne !== 2 && tcpPacingCheck(tp, tp.pacer)) {
      paced = true;
      break;
    }
    const tsoSegs = tcpInitTsoSegs(skb, mss);
    let quota = tcpCwndTest(tp);
    if (quota === 0) {
      if (pushOne !== 2) break;
      quota = 1;
    }
    if (!tcpSndWndTest(tp, skb, mss)) {
      keeps = TCP_LIMIT_RWND;
      break;
    }
    if (tsoSegs === 1) {
      if (!tcpNagleTest(tp, skb, mss, skb === tp.writeQueue.tail ? nonagle : TCP_NAGLE_PUSH)) break;
    } else if (pushOne === 0 && tcpTsoShouldDefer(tp, skb, maxSegs)) {
      isCwndLimited = tp.isCwndLimited;
      break;
    }
    let limit = mss;
    if (tsoSegs > 1 && !tp.urgMode) limit = tcpMssSplitPoint(tp, skb, mss, Math.min(quota, maxSegs), nonagle);
    if (limit <= 0) break;
    if (skb.len > limit && tsoFragment(tp, skb, limit, mss) !== 0) break;
    if (tcpSmallQueueCheck(tp, skb, 1)) break;
    if (skb.cb0 === skb.cb1) break;
    const len = skb.len;
    const endSeq = skb.cb1;
    if (tcpTransmitSkb(tp, skb, true, tp.rcvNxt) !== 0) break;
    tcpEventNewDataSent(tp, skb);
    if (len < skb.cb6 * mss) tp.sndSml = endSeq;
    sent += skb.cb6;
    if (pushOne !== 0) break;
  }
  if (keeps !== tp.limit) tcpSetLimit(tp, keeps);
  if (sent > 0) {
    if (prrActive(tp)) tp.prrOut += sent;
    if (pushOne !== 2) tlpArm(tp, false);
    isCwndLimited = isCwndLimited || tcpPipe(tp) >= tp.sndCwnd;
    tcpCwndValidate(tp, isCwndLimited);
    return false;
  }
  if (tcpPipe(tp) >= tp.sndCwnd || isCwndLimited) tcpCwndValidate(tp, true);
  return tp.packetsOut === 0 && tp.writeQueue.head !== null && !paced;
}

/** Sends what may be sent now; starts the probe timer when the window keeps everything back (__tcp_push_pending_frames). */
export function tcpPushPendingFramesNagle(tp: TcpSock, mss: number, nonagle: number): void {
  if (tp.state === TCP_CLOSE) return;
  if (tcpWriteXmit(tp, mss, nonagle, 0)) tcpCheckProbeTimer(tp);
}

/** Sends what may be sent now, with the socket's own Nagle setting (tcp_push_pending_frames). */
export function tcpPushPendingFrames(tp: TcpSock): void {
  if (tp.writeQueue.head !== null) tcpPushPendingFramesNagle(tp, tcpCurrentMss(tp), tp.nonagle);
}

/** Sends the first skb, which is full, whatever Nagle says (tcp_push_one). */
export function tcpPushOne(tp: TcpSock, mss: number): void {
  tcpWriteXmit(tp, mss, TCP_NAGLE_PUSH, 1);
}
