/** The client's side of TCP Fast Open (RFC 7413 section 4.1): the SYN with data, and what its answer says. */
import { MAX_SKB_FRAGS, type Skb } from '@linnet/skbuff';
import { skbAppendMsg, skMemCharge, skMemSchedule } from '@linnet/socket';
import { TCPHDR_ACK, TCPHDR_PSH } from '@linnet/uapi';
import { tcbInit } from './tcp-cb.ts';
import { TFO_CLIENT_NO_COOKIE, tfoParseOption, type TfoPeer } from './tcp-fastopen-option.ts';
import type { TcpFastopen } from './tcp-fastopen-state.ts';
import { tcpChargeQueued, tcpStreamAllocSkb } from './tcp-fragment.ts';
import { tcpMetricsGet, tcpMetricsMake } from './tcp-metrics.ts';
import { TcpExtTCPFastOpenActive, TcpExtTCPFastOpenActiveFail } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { tcpTransmitSkb } from './tcp-output.ts';
import { sbLost } from './tcp-scoreboard.ts';
import { tcpXmitRetransmitQueue } from './tcp-retransmit.ts';
import { tcpAddWriteQueueTail, tcpMoveToRtxQueue } from './tcp-rtx-queue.ts';
import { sentRingPush } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';

/** TCP's longest options: what the SYN may lack of a full segment. */
const MAX_OPTIONS = 40;

/** What is known of the peer; made when it is not. */
const peerOf = (tp: TcpSock): TfoPeer => tcpMetricsMake(tp).fastopen;

/** May data go without a cookie? */
function cookieless(tp: TcpSock, tfo: TcpFastopen): boolean {
  return tfo.noCookie || (tp.tn.fastopen & TFO_CLIENT_NO_COOKIE) !== 0;
}

/** TCP_FASTOPEN_CONNECT: is connect to wait for the first data? Only when that may go with the SYN. The route and the addresses are known. */
export function tfoDeferConnect(tp: TcpSock): boolean {
  const { tfo } = tp;
  if (tfo === null || !tfo.connect || tfo.sending) return false;
  tfo.wanted = true;
  if (!cookieless(tp, tfo) && (tcpMetricsGet(tp)?.fastopen.cookie ?? null) === null) return false;
  tp.deferConnect = true;
  return true;
}

/** Settles what the SYN that is about to be sent carries: `tfo.cookie`, and how many bytes of data may go, 0 for none. */
function synContents(tp: TcpSock, tfo: TcpFastopen, size: number): number {
  const peer = peerOf(tp);
  tfo.exp = false;
  tfo.requested = false;
  if (cookieless(tp, tfo)) {
    tfo.cookie = null;
  } else if (peer.cookie !== null) {
    tfo.cookie = peer.cookie;
    tfo.exp = peer.exp;
  } else {
    tfo.cookie = new Uint8Array(0);
    tfo.exp = peer.tryExp === 1;
    tfo.requested = true;
    return 0;
  }
  // What the peer took last time; the first time what the path takes.
  let mss = tp.pmtuCookie > 0 ? tp.advmss : tp.mssCache;
  if (peer.mss > 0 && peer.mss < mss) mss = peer.mss;
  if (tp.userMss > 0 && tp.userMss < mss) mss = tp.userMss;
  return Math.max(0, Math.min(size, mss - MAX_OPTIONS));
}

/**
 * Sends the SYN, which is on the retransmission queue already, with what data may go with it (tcp_send_syn_data). The data is a segment of its own behind the SYN: when
 * the peer takes the SYN alone, it is sent again like any other. Returns what tcpTransmitSkb says.
 */
export function tfoSendSyn(tp: TcpSock, tfo: TcpFastopen, syn: Skb): number {
  const room = synContents(tp, tfo, tfo.size);
  const { msg } = tfo;
  if (room === 0 || msg === null) return tcpTransmitSkb(tp, syn, true, 0);
  const data = tcpStreamAllocSkb(tp, true)!;
  tcbInit(data, tp.writeSeq, tp.writeSeq, TCPHDR_ACK | TCPHDR_PSH);
  tcpChargeQueued(tp, data);
  let n = 0;
  while (n < room && skMemSchedule(tp, room - n, true)) {
    const got = skbAppendMsg(tp, data, msg, room - n, MAX_SKB_FRAGS);
    if (got === 0) break;
    n += got;
  }
  tp.wmemQueued += n;
  skMemCharge(tp, n);
  data.cb1 = (data.cb0 + n) | 0;
  data.cb6 = 1;
  tcpAddWriteQueueTail(tp, data);
  tcpMoveToRtxQueue(tp, data);
  sentRingPush(tp.sentRing, data);
  tp.packetsOut += 1;
  tp.writeSeq = data.cb1;
  // One segment on the wire: the SYN with the payload behind it.
  const { cb0, cb2 } = data;
  data.cb0 = syn.cb0;
  data.cb2 = syn.cb2;
  // It says nothing of who talks when: no conversation yet.
  const { ackPingpong } = tp;
  const err = tcpTransmitSkb(tp, data, true, 0);
  tp.ackPingpong = ackPingpong;
  data.cb0 = cb0;
  data.cb2 = cb2;
  syn.cb5 = data.cb5;
  syn.cb4 = data.cb4;
  syn.cb8 = data.cb8;
  tfo.synData = true;
  tfo.copied = n;
  netInc(tp.tn, TcpExtTCPFastOpenActive);
  return err;
}

/**
 * The SYN-ACK of a connect that wanted Fast Open: notes cookie and MSS, and sends again what of the SYN's data was not taken. True when that was so. */
export function tfoSynack(tp: TcpSock, tfo: TcpFastopen, skb: Skb): boolean {
  const opt = tfoParseOption(skb.view, skb.transportHeader, skb.cb11);
  const peer = peerOf(tp);
  const asked = tfo.requested || tfo.cookie !== null;
  tfo.sending = false;
  if (tfo.wanted || tfo.synData || asked) {
    if (opt.mss > 0) peer.mss = opt.mss;
    if (asked && opt.cookie !== null && opt.cookie.length > 0) {
      peer.cookie = opt.cookie;
      peer.exp = opt.exp;
      peer.tryExp = 0;
    } else if (tfo.requested && !tfo.again) {
      peer.tryExp = tfo.exp ? 2 : peer.tryExp === 0 ? 1 : peer.tryExp;
    }
  }
  tfo.cookie = null;
  if (!tfo.synData) return false;
  const head = tp.rtxQueue.head;
  if (head === null) {
    tfo.acked = true;
    // The SYN and its data were one segment.
    if (tp.delivered > 1) tp.delivered--;
    return false;
  }
  netInc(tp.tn, TcpExtTCPFastOpenActiveFail);
  // No sign of congestion: the peer did not want it with the SYN.
  for (let s: Skb | null = head; s !== null; s = s.next) sbLost(tp, s);
  tcpXmitRetransmitQueue(tp);
  return true;
}
