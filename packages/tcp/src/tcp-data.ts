/** Arriving data: the receive queue, the out-of-order queue, FIN, urgent data (RFC 9293 section 3.10.7.4, sixth to eighth step). */
import { consumeSkb,DROP, kfreeSkbReason, type Skb, skbAppend, skbEat, skbQueueHead, skbQueueTail, skbTryCoalesce, skbUnlink } from '@linnet/skbuff';
import { RCV_SHUTDOWN, sockFlag, SOCK_DEAD, SOCK_DONE, SOCK_URGINLINE, skMemCharge, skMemSchedule, skSetOwnerR } from '@linnet/socket';
import {
  after,
  before,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_SYN_RECV,
  TCP_TIME_WAIT,
  TCPHDR_FIN,
  TCPHDR_URG,
  tcphUrgPtr,
} from '@linnet/uapi';
import { tcpEcnAcceptCwr, tcpEcnCheckCe } from './tcp-ack.ts';
import { ICSK_ACK_NOW, ICSK_ACK_SCHED, TCP_ATO_MIN, TCP_MAX_QUICKACKS } from './tcp-const.ts';
import { tcpSendAck } from './tcp-send.ts';
import {
  TcpExtDelayedACKLost,
  TcpExtTCPOFODrop,
  TcpExtTCPOFOMerge,
  TcpExtTCPOFOQueue,
  TcpExtTCPRcvCoalesce,
  TcpExtTCPRcvQDrop,
  TcpExtTCPZeroWindowDrop,
} from './tcp-mib.ts';
import { tcpTimeWait } from './tcp-minisocks.ts';
import { netInc } from './tcp-net.ts';
import { tcpPruneOfoQueue, tcpPruneQueue } from './tcp-prune.ts';
import { drsRttByWindow } from './tcp-drs.ts';
import { quickAckEnter, quickAckGrant } from './tcp-quickack.ts';
import { rcvWindowGrow } from './tcp-rcv-grow.ts';
import { rcvMssMeasure } from './tcp-rcv-mss.ts';
import { tcpDsackExtend, tcpDsackSet, tcpSackNewOfoSkb, tcpSackRemove } from './tcp-rcv-sack.ts';
import { SeqIndex, seqNear } from './tcp-seek.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpSetState } from './tcp-state.ts';
import { tcpReceiveWindow } from './tcp-window.ts';
import { tcpFastPathCheck } from './tcp-fast-path.ts';

/** An ACK is due, at the latest when the delayed-ACK timer says so. */
export function tcpScheduleAck(tp: TcpSock): void {
  tp.ackPending |= ICSK_ACK_SCHED;
}

/** RCV.NXT moves on. */
function tcpRcvNxtUpdate(tp: TcpSock, seq: number): void {
  const delta = (seq - tp.rcvNxt) | 0;
  tp.bytesReceived += delta;
  tp.rcvNxt = seq;
}

/** Data arrived: the delayed-ACK estimator and the buffer's sizes follow (tcp_event_data_recv). */
export function tcpEventDataRecv(tp: TcpSock, skb: Skb): void {
  tcpScheduleAck(tp);
  rcvMssMeasure(tp, skb);
  drsRttByWindow(tp);
  const now = tp.kernel.jiffies;
  if (tp.ackAto === 0) {
    // The first data: answer the start of the connection at once, the peer is in slow start.
    quickAckGrant(tp, TCP_MAX_QUICKACKS);
    tp.ackAto = TCP_ATO_MIN;
  } else {
    const m = (now - tp.ackLrcvtime) | 0;
    if (m <= TCP_ATO_MIN >> 1) {
      tp.ackAto = (tp.ackAto >> 1) + (TCP_ATO_MIN >> 1);
    } else if (m < tp.ackAto) {
      tp.ackAto = (tp.ackAto >> 1) + m;
      if (tp.ackAto > tp.rto) tp.ackAto = tp.rto;
    } else if (m > tp.rto) {
      // The sender restarted after a pause.
      quickAckGrant(tp, TCP_MAX_QUICKACKS);
    }
  }
  tp.ackLrcvtime = now;
  tcpEcnCheckCe(tp, skb);
  if (skb.len >= 128) rcvWindowGrow(tp, skb);
}

/** Memory for a packet in the receive queues: prunes when there is none. False: drop it (tcp_try_rmem_schedule). */
function tcpTryRmemSchedule(tp: TcpSock, skb: Skb): boolean {
  const size = skb.truesize;
  if (tp.rmemAlloc <= tp.rcvbuf && skMemSchedule(tp, size)) return true;
  if (!tcpPruneQueue(tp, skb)) return false;
  while (!skMemSchedule(tp, size)) if (!tcpPruneOfoQueue(tp, skb)) return false;
  return true;
}

/** Appends `from` to `to` without a copy when it follows directly; consumes `from` then (tcp_try_coalesce). */
function tcpTryCoalesce(tp: TcpSock, to: Skb, from: Skb): boolean {
  if (from.cb0 !== to.cb1) return false;
  const endSeq = from.cb1;
  const ack = from.cb4;
  const flags = from.cb2;
  const delta = skbTryCoalesce(to, from);
  if (delta < 0) return false;
  tp.rmemAlloc += delta;
  skMemCharge(tp, delta);
  netInc(tp.tn, TcpExtTCPRcvCoalesce);
  to.cb1 = endSeq;
  to.cb4 = ack;
  to.cb2 |= flags;
  return true;
}

/** Puts in-order data where the reader finds it (tcp_queue_rcv). */
export function tcpQueueRcv(tp: TcpSock, skb: Skb): void {
  const tail = tp.receiveQueue.tail;
  tcpRcvNxtUpdate(tp, skb.cb1);
  // A FIN must stay visible as an skb of its own or as the last of one; the reader stops there.
  if (tail !== null && (tail.cb2 & TCPHDR_FIN) === 0 && tcpTryCoalesce(tp, tail, skb)) return;
  skSetOwnerR(skb, tp);
  skbQueueTail(tp.receiveQueue, skb);
}

/** Tells the reader once there is as much as it waits for (tcp_data_ready). */
export function tcpDataReady(tp: TcpSock): void {
  if (sockFlag(tp, SOCK_DEAD)) return;
  const avail = (tp.rcvNxt - tp.copiedSeq) | 0;
  if (avail < tp.rcvlowat && !sockFlag(tp, SOCK_DONE) && (tp.shutdown & RCV_SHUTDOWN) === 0 && tp.rmemAlloc <= tp.rcvbuf && tcpReceiveWindow(tp) > tp.ackRcvMss) return;
  tp.dataReady(tp);
}

/** The peer will send no more (RFC 9293 section 3.10.7.4, eighth check; tcp_fin). */
export function tcpFin(tp: TcpSock): void {
  tcpScheduleAck(tp);
  tp.shutdown |= RCV_SHUTDOWN;
  tp.flags |= SOCK_DONE;
  switch (tp.state) {
    case TCP_SYN_RECV:
    case TCP_ESTABLISHED:
      tcpSetState(tp, TCP_CLOSE_WAIT);
      // The reader answers soon, by close or by data.
      tp.ackPingpong = 1;
      break;
    case TCP_FIN_WAIT1:
      // Simultaneous close.
      tcpSendAck(tp);
      tcpSetState(tp, TCP_CLOSING);
      break;
    case TCP_FIN_WAIT2:
      tcpSendAck(tp);
      tcpTimeWait(tp, TCP_TIME_WAIT, 0);
      break;
    default:
      // CLOSE-WAIT, CLOSING, LAST-ACK: a repeated FIN. Nothing to do.
      break;
  }
  // Whatever is out of order lies behind the FIN.
  for (let skb = tp.outOfOrderQueue.head; skb !== null; skb = tp.outOfOrderQueue.head) {
    skbUnlink(skb, tp.outOfOrderQueue);
    kfreeSkbReason(skb, DROP.TCP_OFO_DROP);
  }
  tp.oooHint = null;
  tp.numSacks = 0;
  tp.dsackPending = false;
  if (!sockFlag(tp, SOCK_DEAD)) tp.stateChange(tp);
}

/** The gap is filled: moves what follows to the receive queue (tcp_ofo_queue). */
function tcpOfoQueue(tp: TcpSock): void {
  const q = tp.outOfOrderQueue;
  const dsackHigh = tp.rcvNxt;
  for (let skb = q.head; skb !== null; skb = q.head) {
    if (after(skb.cb0, tp.rcvNxt)) break;
    if (before(skb.cb0, dsackHigh)) {
      tcpDsackExtend(tp, skb.cb0, before(skb.cb1, dsackHigh) ? skb.cb1 : dsackHigh);
    }
    if (tp.oooHint === skb) tp.oooHint = null;
    skbUnlink(skb, q);
    if (!after(skb.cb1, tp.rcvNxt)) {
      kfreeSkbReason(skb, DROP.TCP_OFO_DROP);
      continue;
    }
    const fin = (skb.cb2 & TCPHDR_FIN) !== 0;
    const tail = tp.receiveQueue.tail;
    tcpRcvNxtUpdate(tp, skb.cb1);
    if (tail === null || (tail.cb2 & TCPHDR_FIN) !== 0 || !tcpTryCoalesce(tp, tail, skb)) skbQueueTail(tp.receiveQueue, skb);
    if (fin) {
      tcpFin(tp);
      break;
    }
  }
}

/** An out-of-order segment: keeps it in its place and says so by SACK (tcp_data_queue_ofo). Consumes it. */
function tcpDataQueueOfo(tp: TcpSock, skb: Skb): void {
  tcpEcnCheckCe(tp, skb);
  if (!tcpTryRmemSchedule(tp, skb)) {
    netInc(tp.tn, TcpExtTCPOFODrop);
    if (tp.receiveQueue.head !== null) tcpDataReady(tp);
    kfreeSkbReason(skb, DROP.PROTO_MEM);
    return;
  }
  rcvMssMeasure(tp, skb);
  tp.predFlags = 0;
  tcpScheduleAck(tp);
  tp.rcvOoopack += Math.max(1, skb.gsoSegs);
  netInc(tp.tn, TcpExtTCPOFOQueue);
  const seq = skb.cb0;
  const endSeq = skb.cb1;
  const q = tp.outOfOrderQueue;
  const sackOk = tp.rxOpt.sackOk;

  if (q.head === null) {
    tp.numSacks = 0;
    if (sackOk) tcpSackNewOfoSkb(tp, seq, endSeq);
    ofoGrowWindow(tp, skb);
    ofoInsert(tp, null, skb);
    return;
  }
  // The last one that begins at or before it, looked for from where the previous one went.
  const near = seqNear(tp.oooHint ?? q.tail!, seq);
  let at: Skb | null = near === undefined ? (tp.oooIndex ??= new SeqIndex()).find(q, seq) : near;

  if (at !== null && after(at.cb1, seq)) {
    if (!after(endSeq, at.cb1)) {
      // Nothing new in it.
      netInc(tp.tn, TcpExtTCPOFOMerge);
      tcpDsackSet(tp, seq, endSeq);
      if (sackOk) tcpSackNewOfoSkb(tp, seq, endSeq);
      kfreeSkbReason(skb, DROP.TCP_OFOMERGE);
      return;
    }
    if (after(seq, at.cb0)) {
      tcpDsackSet(tp, seq, at.cb1);
    } else {
      // The same start and longer: takes its place.
      const old: Skb = at;
      at = old.prev;
      tcpDsackExtend(tp, old.cb0, old.cb1);
      netInc(tp.tn, TcpExtTCPOFOMerge);
      if (tp.oooHint === old) tp.oooHint = at;
      skbUnlink(old, q);
      kfreeSkbReason(old, DROP.TCP_OFOMERGE);
    }
  }
  ofoGrowWindow(tp, skb);
  if (at !== null && at.cb1 === seq && (at.cb2 & TCPHDR_FIN) === 0 && tcpTryCoalesce(tp, at, skb)) {
    tp.oooHint = at;
    ofoEatFollowers(tp, at, endSeq);
    if (sackOk) tcpSackNewOfoSkb(tp, seq, endSeq);
    return;
  }
  ofoInsert(tp, at, skb);
  ofoEatFollowers(tp, skb, endSeq);
  if (sackOk) tcpSackNewOfoSkb(tp, seq, endSeq);
}

/**
 * On a long path with steady loss there is always a gap, and all that comes is out of order: the window grows all the same. Not without SACK, where an ACK with another window is no
 * duplicate (RFC 5681 section 2).
 */
function ofoGrowWindow(tp: TcpSock, skb: Skb): void {
  if (tp.rxOpt.sackOk) rcvWindowGrow(tp, skb);
}

/** Puts a segment behind `at`, or first, charged to the socket. */
function ofoInsert(tp: TcpSock, at: Skb | null, skb: Skb): void {
  skSetOwnerR(skb, tp);
  if (at === null) skbQueueHead(tp.outOfOrderQueue, skb);
  else skbAppend(at, skb, tp.outOfOrderQueue);
  tp.oooHint = skb;
}

/** Removes what a new segment covers of those behind it. */
function ofoEatFollowers(tp: TcpSock, skb: Skb, endSeq: number): void {
  const q = tp.outOfOrderQueue;
  for (let next = skb.next; next !== null; next = skb.next) {
    if (!after(endSeq, next.cb0)) return;
    if (before(endSeq, next.cb1)) {
      tcpDsackExtend(tp, next.cb0, endSeq);
      return;
    }
    skbUnlink(next, q);
    tcpDsackExtend(tp, next.cb0, next.cb1);
    netInc(tp.tn, TcpExtTCPOFOMerge);
    kfreeSkbReason(next, DROP.TCP_OFOMERGE);
  }
}

/** The segment lies outside the window: the peer learns so by an immediate ACK. Drops it. */
function outOfWindow(tp: TcpSock, skb: Skb, reason: number): void {
  quickAckEnter(tp, TCP_MAX_QUICKACKS);
  tcpScheduleAck(tp);
  kfreeSkbReason(skb, reason);
}

/** Takes the payload of an acceptable segment (tcp_data_queue). Consumes it. `data` stands at the TCP header. */
export function tcpDataQueue(tp: TcpSock, skb: Skb): void {
  const seq = skb.cb0;
  const endSeq = skb.cb1;
  if (seq === endSeq) {
    consumeSkb(skb); // an ACK and nothing else: it has done its work
    return;
  }
  skb.dst = null;
  skbEat(skb, skb.cb11);
  tcpEcnAcceptCwr(tp, skb);
  tp.dsackPending = false;

  if (seq !== tp.rcvNxt) {
    if (!after(endSeq, tp.rcvNxt)) {
      // All of it is old: our ACK was lost, or the peer's timeout was spurious.
      netInc(tp.tn, TcpExtDelayedACKLost);
      tcpDsackSet(tp, seq, endSeq);
      outOfWindow(tp, skb, DROP.TCP_OLD_DATA);
      return;
    }
    if (!before(seq, (tp.rcvNxt + tcpReceiveWindow(tp)) | 0)) {
      outOfWindow(tp, skb, DROP.TCP_OVERWINDOW);
      return;
    }
    if (after(seq, tp.rcvNxt)) {
      tcpDataQueueOfo(tp, skb);
      return;
    }
    // The front is old, the rest is new.
    tcpDsackSet(tp, seq, tp.rcvNxt);
  }
  if (tcpReceiveWindow(tp) === 0) {
    netInc(tp.tn, TcpExtTCPZeroWindowDrop);
    outOfWindow(tp, skb, DROP.TCP_ZEROWINDOW);
    return;
  }
  if (!tcpTryRmemSchedule(tp, skb)) {
    // With an empty queue something must be taken, else nothing would ever move.
    if (tp.receiveQueue.head !== null) {
      netInc(tp.tn, TcpExtTCPRcvQDrop);
      tp.ackPending |= ICSK_ACK_NOW;
      tcpScheduleAck(tp);
      tcpDataReady(tp);
      kfreeSkbReason(skb, DROP.PROTO_MEM);
      return;
    }
    skMemSchedule(tp, skb.truesize, true);
  }
  const fin = (skb.cb2 & TCPHDR_FIN) !== 0;
  if (skb.len > 0) tcpEventDataRecv(tp, skb);
  tcpQueueRcv(tp, skb);
  if (fin) tcpFin(tp);
  if (tp.outOfOrderQueue.head !== null) {
    tcpOfoQueue(tp);
    // All gaps are filled: tell the sender at once (RFC 5681 section 4.2).
    if (tp.outOfOrderQueue.head === null) tp.ackPending |= ICSK_ACK_NOW;
  }
  if (tp.numSacks > 0) tcpSackRemove(tp);
  tcpFastPathCheck(tp);
  tcpDataReady(tp);
}

/** An urgent pointer: where the urgent data ends (RFC 9293 section 3.8.5, RFC 6093; tcp_check_urg). */
function tcpCheckUrg(tp: TcpSock, skb: Skb): void {
  let ptr = tcphUrgPtr(skb.view, skb.transportHeader);
  if (ptr > 0 && tp.tn.stdurg === 0) ptr--;
  ptr = (ptr + skb.cb0) | 0;
  // Old news.
  if (after(tp.copiedSeq, ptr)) return;
  if (before(ptr, tp.rcvNxt)) return;
  if (tp.urgData !== 0 && !after(ptr, tp.urgSeq)) return;
  // A second urgent byte pushes an unread one back into the stream.
  if (tp.urgSeq === tp.copiedSeq && tp.urgData !== 0 && !sockFlag(tp, SOCK_URGINLINE) && tp.copiedSeq !== tp.rcvNxt) {
    tp.copiedSeq = (tp.copiedSeq + 1) | 0;
  }
  tp.urgData = TCP_URG_NOTYET;
  tp.urgSeq = ptr;
  tp.predFlags = 0;
}

/** The urgent byte has not arrived yet. */
export const TCP_URG_NOTYET = 0x0200;
/** The urgent byte is in the low eight bits. */
export const TCP_URG_VALID = 0x0100;
/** The urgent byte was read. */
export const TCP_URG_READ = 0x0400;

/** Looks at the urgent flag of a segment whose header is still in front (tcp_urg). */
export function tcpUrg(tp: TcpSock, skb: Skb): void {
  if ((skb.cb2 & TCPHDR_URG) !== 0) tcpCheckUrg(tp, skb);
  if (tp.urgData !== TCP_URG_NOTYET) return;
  const off = (tp.urgSeq - skb.cb0) | 0;
  const hdr = skb.cb11;
  if (off < 0 || off + hdr >= skb.len) return;
  tp.urgData = TCP_URG_VALID | byteAt(skb, hdr + off);
  if (!sockFlag(tp, SOCK_DEAD)) tp.dataReady(tp);
}

/** The byte at a packet offset. */
function byteAt(skb: Skb, off: number): number {
  const linear = skb.len - skb.dataLen;
  if (off < linear) return skb.u8[skb.data + off]!;
  off -= linear;
  for (let i = 0; i < skb.nrFrags; i++) {
    const f = skb.frags[i]!;
    if (off < f.len) return f.head.u8[f.off + off]!;
    off -= f.len;
  }
  return 0;
}
