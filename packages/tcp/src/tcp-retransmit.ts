/** Sending again: lost segments, and the tail loss probe (RFC 6675 section 5, RFC 8985 section 7). */
import { EAGAIN, EHOSTUNREACH, EINVAL, ENOMEM } from '@linnet/kernel';
import { type Skb, skbShift } from '@linnet/skbuff';
import { after, before, TCP_CA_Loss, TCPHDR_SYN } from '@linnet/uapi';
import { TCPCB_EVER_RETRANS, TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './tcp-cb.ts';
import { tcpClockUs, tcpTimeStampMs } from './tcp-clock.ts';
import { tcpInCwndReduction, tcpPacketsInFlight } from './tcp-cong.ts';
import { ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS } from './tcp-const.ts';
import { tfoSynAgain } from './tcp-fastopen-state.ts';
import { tcpAdjustPcount, tcpFragment, tcpTrimHead, tcpSetSkbTsoSegs } from './tcp-fragment.ts';
import {
  TcpExtTCPFastRetrans,
  TcpExtTCPLossProbes,
  TcpExtTCPRetransFail,
  TcpExtTCPSlowStartRetrans,
  TcpExtTCPSynRetrans,
  TcpRetransSegs,
} from './tcp-mib.ts';
import { tcpMtuProbeVoid } from './tcp-mtu-probe.ts';
import { tcpCurrentMss } from './tcp-mss.ts';
import { netAdd, netInc, tcpAdd } from './tcp-net.ts';
import { tcpTransmitSkb, tcpTsoSegs, tcpWriteXmit, tcpSmallQueueCheck } from './tcp-output.ts';
import { tcpPacingCheck } from './tcp-pacing.ts';
import { tcpRtxQueueUnlinkAndFree } from './tcp-rtx-queue.ts';
import { sentRingPush } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWndEnd } from './tcp-window.ts';
import { tcpRearmRto, tcpResetXmitTimer } from './tcp-xmit-timer.ts';

/** Sends one segment again without touching the retransmission counts (__tcp_retransmit_skb). 0 or a negative errno. */
function tcpRetransmitSkbOnce(tp: TcpSock, skb: Skb, segs: number): number {
  if (tp.extra !== null) tcpMtuProbeVoid(tp);
  if (before(skb.cb0, tp.sndUna)) {
    if (!before(tp.sndUna, skb.cb1)) return -EINVAL;
    tcpTrimHead(tp, skb, (tp.sndUna - skb.cb0) | 0, tcpCurrentMss(tp));
  }
  if (tp.af.rebuildHeader(tp) !== 0) return -EHOSTUNREACH;
  const mss = tcpCurrentMss(tp);
  let avail = (tcpWndEnd(tp) - skb.cb0) | 0;
  // The receiver took its window back. Only the first segment may still go, as a probe.
  if (avail <= 0) {
    if (skb.cb0 !== tp.sndUna) return -EAGAIN;
    avail = mss;
  }
  let len = mss * segs;
  if (len > avail) {
    len = avail - (avail % mss);
    if (len === 0) len = avail;
  }
  if (skb.len > len) {
    if (tcpFragment(tp, skb, len, mss) !== 0) return -ENOMEM;
  } else {
    const old = skb.cb6;
    const diff = old - tcpSetSkbTsoSegs(skb, mss);
    if (diff !== 0) tcpAdjustPcount(tp, skb, diff);
    if (tp.tn.retransCollapse !== 0 && skb.cb6 === 1) tcpRetransTryCollapse(tp, skb, Math.min(avail, mss));
  }
  const n = skb.cb6;
  tcpAdd(tp.tn, TcpRetransSegs, n);
  if ((skb.cb2 & TCPHDR_SYN) !== 0) {
    netInc(tp.tn, TcpExtTCPSynRetrans);
    tfoSynAgain(tp);
  }
  tp.totalRetrans += n;
  tp.bytesRetrans += skb.len;
  const err = tcpTransmitSkb(tp, skb, true, tp.rcvNxt);
  skb.cb3 |= TCPCB_EVER_RETRANS;
  if (err !== 0) netAdd(tp.tn, TcpExtTCPRetransFail, n);
  return err;
}

/**
 * Small segments that follow ride along when there is room: what was many packets becomes one (tcp_retrans_try_collapse). Not over a SACKed segment, a record's end or
 * a SYN, and not into super-segments.
 */
function tcpRetransTryCollapse(tp: TcpSock, skb: Skb, space: number): void {
  if ((skb.cb2 & TCPHDR_SYN) !== 0) return;
  for (let next = skb.next; next !== null; next = skb.next) {
    if ((next.cb3 & TCPCB_SACKED_ACKED) !== 0 || next.cb6 !== 1 || skb.cb10 !== 0) return;
    const n = next.len;
    if (skb.len + n > space || after(next.cb1, tcpWndEnd(tp))) return;
    if (n > 0 && skbShift(skb, next, n) !== n) return;
    skb.cb1 = next.cb1;
    skb.cb2 |= next.cb2;
    skb.cb10 = next.cb10;
    skb.cb3 |= next.cb3 & TCPCB_EVER_RETRANS;
    tcpAdjustPcount(tp, next, 1);
    tcpRtxQueueUnlinkAndFree(tp, next);
  }
}

/** Sends one segment again, at most `segs` wire segments of it (tcp_retransmit_skb). 0 or a negative errno. */
export function tcpRetransmitSkb(tp: TcpSock, skb: Skb, segs: number): number {
  const err = tcpRetransmitSkbOnce(tp, skb, segs);
  if (err === 0) {
    if ((skb.cb3 & TCPCB_SACKED_RETRANS) === 0) {
      skb.cb3 |= TCPCB_SACKED_RETRANS;
      tp.retransOut += skb.cb6;
    }
    sentRingPush(tp.sentRing, skb);
  }
  if (tp.retransStamp === 0) tp.retransStamp = nonZero(tcpTimeStampMs(tp.kernel.ktime));
  if (tp.undoRetrans < 0) tp.undoRetrans = 0;
  tp.undoRetrans += skb.cb6;
  return err;
}

/** 0 means «no time noted». */
function nonZero(ms: number): number {
  return ms === 0 ? 1 : ms;
}

/** Sends again what is marked lost, as far as the window lets it (tcp_xmit_retransmit_queue). */
export function tcpXmitRetransmitQueue(tp: TcpSock): void {
  if (tp.packetsOut === 0) return;
  const head = tp.rtxQueue.head;
  let skb = tp.retransmitHint ?? head;
  let hole = false;
  let rearm = false;
  const maxSegs = tcpTsoSegs(tp, tcpCurrentMss(tp));
  while (skb !== null) {
    // The next search begins where nothing before is left to send.
    if (!hole) tp.retransmitHint = skb;
    const room = tp.sndCwnd - tcpPacketsInFlight(tp);
    if (room <= 0) break;
    if (tp.retransOut >= tp.lostOut) break;
    const sacked = skb.cb3;
    if ((sacked & TCPCB_LOST) === 0) {
      if ((sacked & (TCPCB_SACKED_RETRANS | TCPCB_SACKED_ACKED)) === 0) hole = true;
      skb = skb.next;
      continue;
    }
    if ((sacked & (TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS)) !== 0) {
      skb = skb.next;
      continue;
    }
    if (tp.pacer !== null && tcpPacingCheck(tp, tp.pacer)) break;
    if (tcpSmallQueueCheck(tp, skb, 2)) break;
    if (tcpRetransmitSkb(tp, skb, Math.min(room, maxSegs)) !== 0) break;
    netAdd(tp.tn, tp.caState === TCP_CA_Loss ? TcpExtTCPSlowStartRetrans : TcpExtTCPFastRetrans, skb.cb6);
    if (tcpInCwndReduction(tp)) tp.prrOut += skb.cb6;
    if (skb === head && tp.pending !== ICSK_TIME_REO_TIMEOUT) rearm = true;
    skb = skb.next;
  }
  if (rearm) tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tp.rto);
}

/**
 * The probe timer fired: sends one new segment, or else the last one again, so that a lost tail shows by SACK instead of by timeout
 * (RFC 8985 section 7.3, tcp_send_loss_probe).
 */
export function tcpSendLossProbe(tp: TcpSock): void {
  const mss = tcpCurrentMss(tp);
  tp.mstamp = tcpClockUs(tp);
  tp.pending = 0;
  let sent = false;
  // One probe for each tail.
  if (tp.tlpHighSeq === 0) {
    const unsent = tp.writeQueue.head;
    if (unsent !== null && ((tcpWndEnd(tp) - unsent.cb0) | 0) >= Math.min(unsent.len, mss) && unsent.cb0 !== unsent.cb1) {
      const before = tp.packetsOut;
      tcpWriteXmit(tp, mss, tp.nonagle | 4, 2);
      if (tp.packetsOut > before) {
        tp.tlpRetrans = false;
        sent = true;
      }
    }
    if (!sent) sent = tcpProbeTail(tp, mss);
    if (sent) {
      tp.tlpHighSeq = tp.sndNxt === 0 ? 1 : tp.sndNxt;
      netInc(tp.tn, TcpExtTCPLossProbes);
    }
  }
  tcpRearmRto(tp);
}

/** Sends the last outstanding segment again. */
function tcpProbeTail(tp: TcpSock, mss: number): boolean {
  let skb = tp.rtxQueue.tail;
  if (skb === null) return false;
  const n = skb.cb6;
  if (n > 1 && skb.len > (n - 1) * mss) {
    if (tcpFragment(tp, skb, (n - 1) * mss, mss) !== 0) return false;
    skb = tp.rtxQueue.tail!;
  }
  if (tcpRetransmitSkbOnce(tp, skb, 1) !== 0) return false;
  sentRingPush(tp.sentRing, skb);
  tp.tlpRetrans = true;
  return true;
}
