/**
 * Repair mode (TCP_REPAIR; CRIU's «TCP connection»): the state of a connection is read from one socket and put into another, on this machine or elsewhere, and the peer sees nothing of
 * it. In repair mode nothing is sent: connect(2) makes a connection without a handshake, close(2) ends one without a word, send(2) and recv(2) with MSG_PEEK reach the queue that
 * TCP_REPAIR_QUEUE names. Who repairs must keep the peer's segments away meanwhile.
 */
// datapath-ok-file: control calls
import { capable, EFBIG, EINVAL, EPERM } from '@linnet/kernel';
import { allocSkb, consumeSkb, MAX_SKB_FRAGS, type Skb, skbReserve } from '@linnet/skbuff';
import { type MsgHdr, optInt, skbAppendMsg, skbCopyDatagramMsg, skMemSchedule } from '@linnet/socket';
import {
  after, CAP_NET_ADMIN, MSG_PEEK, TCP_CLOSE, TCP_ESTABLISHED, TCP_MAX_WSCALE, TCP_NO_QUEUE, TCP_QUEUE_SEQ, TCP_QUEUES_NR, TCP_RECV_QUEUE, TCP_REPAIR, TCP_REPAIR_OFF, TCP_REPAIR_OFF_NO_WP,
  TCP_REPAIR_ON, TCP_REPAIR_OPTIONS, TCP_REPAIR_QUEUE, TCP_REPAIR_WINDOW, TCP_SEND_QUEUE, TCP_TIMESTAMP, TCPHDR_ACK, TCPOPT_MAXSEG, TCPOPT_SACK_PERM, TCPOPT_TIMESTAMP, TCPOPT_WINDOW,
} from '@linnet/uapi';
import { SB_EVER_REXMIT, tcbInit } from './tcp-cb.ts';
import { tcpMstampRefresh, tcpTimeStampMs } from './tcp-clock.ts';
import { MAX_TCP_HEADER } from './tcp-const.ts';
import { tcpQueueRcv } from './tcp-data.ts';
import { tcpExtra, tcpInRepair } from './tcp-extra.ts';
import { tcpFastPathCheck } from './tcp-fast-path.ts';
import { tcpSetSkbTsoSegs } from './tcp-fragment.ts';
import { tcpMtuProbeInit } from './tcp-mtu-probe.ts';
import { tcpMd5Len } from './tcp-md5.ts';
import { tcpCurrentMss, tcpSyncMss } from './tcp-mss.ts';
import { tcpFinishConnect } from './tcp-rcv-state.ts';
import { tcpMoveToRtxQueue } from './tcp-rtx-queue.ts';
import { tcpConnectInit, tcpAskWindow } from './tcp-send.ts';
import { sentRingPush } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpRearmRto } from './tcp-xmit-timer.ts';

/** Bytes of struct tcp_repair_window. */
const WINDOW_LEN = 20;
/** Most bytes of one skb that goes to the receive queue. */
const RCV_CHUNK = 32768;

/** Repair mode of a socket. @alpha */
export class TcpRepair {
  /** The queue that calls are about: TCP_NO_QUEUE, TCP_RECV_QUEUE or TCP_SEND_QUEUE. */
  queue: number = TCP_NO_QUEUE;
}

/** TCP_REPAIR: into repair mode or out of it; TCP_REPAIR_OFF tells the peer that we are here again, so that it says where it stands. */
function setRepair(tp: TcpSock, v: number): number {
  if (!capable(tp.kernel, CAP_NET_ADMIN) || (tp.state !== TCP_CLOSE && tp.state !== TCP_ESTABLISHED)) return -EPERM;
  if (v === TCP_REPAIR_ON) {
    tcpExtra(tp).repair = new TcpRepair();
    tp.reuse = true;
    return 0;
  }
  if (v !== TCP_REPAIR_OFF && v !== TCP_REPAIR_OFF_NO_WP) return -EINVAL;
  if (!tcpInRepair(tp)) return 0;
  tp.extra!.repair = null;
  tp.reuse = false;
  if (tp.state !== TCP_ESTABLISHED) return 0;
  tcpMstampRefresh(tp);
  if (tp.packetsOut > 0) tcpRearmRto(tp);
  if (v === TCP_REPAIR_OFF) tcpAskWindow(tp);
  return 0;
}

/** TCP_QUEUE_SEQ: where the chosen queue begins, while there is no connection. */
function setQueueSeq(tp: TcpSock, queue: number, seq: number): number {
  if (tp.state !== TCP_CLOSE) return -EPERM;
  if (queue === TCP_SEND_QUEUE) {
    if (tp.writeQueue.head !== null || tp.rtxQueue.head !== null) return -EPERM;
    tp.writeSeq = seq;
    return 0;
  }
  if (queue !== TCP_RECV_QUEUE) return -EINVAL;
  if (tp.rcvNxt !== tp.copiedSeq) return -EPERM;
  tp.rcvNxt = seq;
  tp.copiedSeq = seq;
  return 0;
}

/** TCP_REPAIR_OPTIONS: pairs of an option's kind and its value, as the SYNs settled them. */
function setOptions(tp: TcpSock, val: Uint8Array): number {
  if (tp.state !== TCP_ESTABLISHED) return -EPERM;
  const view = new DataView(val.buffer, val.byteOffset, val.length);
  const rx = tp.rxOpt;
  for (let at = 0; at + 8 <= val.length; at += 8) {
    const v = view.getUint32(at + 4, true);
    switch (view.getUint32(at, true)) {
      case TCPOPT_MAXSEG:
        tp.mssClamp = v;
        break;
      case TCPOPT_WINDOW: {
        const snd = v & 0xffff;
        const rcv = v >>> 16;
        if (snd > TCP_MAX_WSCALE || rcv > TCP_MAX_WSCALE) return -EFBIG;
        rx.sndWscale = snd;
        rx.rcvWscale = rcv;
        rx.wscaleOk = true;
        break;
      }
      case TCPOPT_SACK_PERM:
        if (v !== 0) return -EINVAL;
        rx.sackOk = true;
        break;
      case TCPOPT_TIMESTAMP:
        if (v !== 0) return -EINVAL;
        rx.tstampOk = true;
        break;
    }
  }
  tp.tcpHeaderLen = (rx.tstampOk ? 32 : 20) + tcpMd5Len(tp);
  tcpMtuProbeInit(tp);
  tcpSyncMss(tp, tp.pmtuCookie);
  return 0;
}

/** TCP_REPAIR_WINDOW: both windows. */
function setWindow(tp: TcpSock, val: Uint8Array): number {
  if (val.length !== WINDOW_LEN) return -EINVAL;
  const view = new DataView(val.buffer, val.byteOffset, val.length);
  const wl1 = view.getInt32(0, true);
  const wnd = view.getUint32(4, true);
  const max = view.getUint32(8, true);
  const rcvWnd = view.getUint32(12, true);
  const wup = view.getInt32(16, true);
  if (max < wnd || after(wl1, (tp.rcvNxt + rcvWnd) | 0) || after(wup, tp.rcvNxt)) return -EINVAL;
  tp.sndWl1 = wl1;
  tp.sndWnd = wnd;
  tp.maxWindow = max;
  tp.rcvWnd = rcvWnd;
  tp.rcvWup = wup;
  tp.predFlags = 0;
  tcpFastPathCheck(tp);
  tcpSyncMss(tp, tp.pmtuCookie);
  return 0;
}

/** setsockopt(2) of the options of repair mode. 0 or a negative errno: -EPERM for who is not in it. */
export function tcpRepairSetsockopt(tp: TcpSock, opt: number, val: Uint8Array): number {
  const v = opt === TCP_REPAIR_OPTIONS || opt === TCP_REPAIR_WINDOW ? 0 : optInt(val);
  if (Number.isNaN(v)) return -EINVAL;
  if (opt === TCP_REPAIR) return setRepair(tp, v);
  const repair = tp.extra === null ? null : tp.extra.repair;
  if (opt === TCP_QUEUE_SEQ && repair === null) return tp.state === TCP_CLOSE ? -EINVAL : -EPERM;
  if (repair === null) return opt === TCP_REPAIR_OPTIONS ? -EINVAL : -EPERM;
  switch (opt) {
    case TCP_REPAIR_QUEUE:
      if (v < 0 || v >= TCP_QUEUES_NR) return -EINVAL;
      repair.queue = v;
      return 0;
    case TCP_QUEUE_SEQ:
      return setQueueSeq(tp, repair.queue, v);
    case TCP_REPAIR_OPTIONS:
      return setOptions(tp, val);
    case TCP_REPAIR_WINDOW:
      return setWindow(tp, val);
    case TCP_TIMESTAMP:
      tp.tsoffset = (v - tcpTimeStampMs(tp.kernel.ktime)) | 0;
      return 0;
  }
  return -EINVAL;
}

/** getsockopt(2) of the options of repair mode that are numbers: the value, or null for -EINVAL. */
export function tcpRepairGet(tp: TcpSock, opt: number): number | null {
  const repair = tp.extra === null ? null : tp.extra.repair;
  if (opt === TCP_REPAIR) return repair === null ? 0 : 1;
  if (repair === null) return null;
  if (opt === TCP_REPAIR_QUEUE) return repair.queue;
  if (repair.queue === TCP_SEND_QUEUE) return tp.writeSeq;
  return repair.queue === TCP_RECV_QUEUE ? tp.rcvNxt : null;
}

/** getsockopt(TCP_REPAIR_WINDOW): struct tcp_repair_window, or a negative errno. */
export function tcpRepairGetWindow(tp: TcpSock, maxLen: number): Uint8Array | number {
  if (maxLen !== WINDOW_LEN) return -EINVAL;
  if (!tcpInRepair(tp)) return -EPERM;
  const out = new Uint8Array(WINDOW_LEN);
  const view = new DataView(out.buffer);
  view.setInt32(0, tp.sndWl1, true);
  view.setUint32(4, tp.sndWnd, true);
  view.setUint32(8, tp.maxWindow, true);
  view.setUint32(12, tp.rcvWnd, true);
  view.setInt32(16, tp.rcvWup, true);
  return out;
}

/**
 * connect(2) in repair mode: the socket, with its route and in the hashes, is connected at once. What a handshake would have settled is nothing until TCP_REPAIR_OPTIONS says more; the
 * numbers are those of TCP_QUEUE_SEQ.
 */
export function tcpRepairConnect(tp: TcpSock): void {
  const { rcvNxt } = tp;
  tcpConnectInit(tp);
  const rx = tp.rxOpt;
  rx.tstampOk = false;
  rx.sackOk = false;
  rx.wscaleOk = false;
  rx.sndWscale = 0;
  rx.rcvWscale = 0;
  tp.rcvNxt = rcvNxt;
  tp.rcvWup = rcvNxt;
  tp.copiedSeq = rcvNxt;
  tp.sndWl1 = rcvNxt;
  tp.pushedSeq = tp.writeSeq;
  tp.tcpHeaderLen = 20 + tcpMd5Len(tp);
  tp.ecnFlags = 0;
  tcpSyncMss(tp, tp.pmtuCookie);
  tcpFinishConnect(tp);
}

/** What send(2) queued in repair mode counts as sent, and nobody knows when (Karn): it waits for its acknowledgment. */
export function tcpRepairTake(tp: TcpSock): void {
  const mss = tcpCurrentMss(tp);
  tcpMstampRefresh(tp);
  for (let skb = tp.writeQueue.head; skb !== null; skb = tp.writeQueue.head) {
    tcpSetSkbTsoSegs(skb, mss);
    skb.cb3 |= SB_EVER_REXMIT;
    skb.cb5 = tp.mstamp;
    tp.xmitCount = (tp.xmitCount + 1) | 0;
    skb.cb4 = tp.xmitCount;
    tp.sndNxt = skb.cb1;
    tcpMoveToRtxQueue(tp, skb);
    sentRingPush(tp.sentRing, skb);
    tp.packetsOut += skb.cb6;
  }
}

/** send(2) to the receive queue: what the peer had sent and nobody has read. Returns the bytes, or -EINVAL when no queue is chosen. */
export function tcpRepairSend(tp: TcpSock, msg: MsgHdr, size: number): number {
  if (tp.extra!.repair!.queue !== TCP_RECV_QUEUE) return -EINVAL;
  let left = size;
  while (left > 0) {
    const skb = allocSkb(tp.pool, MAX_TCP_HEADER);
    skbReserve(skb, MAX_TCP_HEADER);
    const n = skbAppendMsg(tp, skb, msg, Math.min(left, RCV_CHUNK), MAX_SKB_FRAGS);
    if (n === 0) {
      consumeSkb(skb);
      break;
    }
    skMemSchedule(tp, skb.truesize, true);
    tcbInit(skb, tp.rcvNxt, (tp.rcvNxt + n) | 0, TCPHDR_ACK);
    skb.cb4 = tp.sndUna;
    tcpQueueRcv(tp, skb);
    left -= n;
  }
  return size - left;
}

/** recv(2) in repair mode, which must be a look (MSG_PEEK): at the send queue, or null when the call is one like others, at the receive queue. */
export function tcpRepairRecv(tp: TcpSock, msg: MsgHdr, size: number, flags: number): number | null {
  if ((flags & MSG_PEEK) === 0) return -EPERM;
  const { queue } = tp.extra!.repair!;
  if (queue === TCP_NO_QUEUE) return -EINVAL;
  if (queue === TCP_RECV_QUEUE) return null;
  const sent = copy(tp.rtxQueue.head, msg, size);
  return sent + copy(tp.writeQueue.head, msg, size - sent);
}

function copy(skb: Skb | null, msg: MsgHdr, left: number): number {
  let done = 0;
  for (; skb !== null && done < left; skb = skb.next) done += skbCopyDatagramMsg(skb, 0, msg, Math.min(skb.len, left - done));
  return done;
}
