/** Sending again what counts as lost (RFC 6675 sections 4 and 5). */
import { EAGAIN, EHOSTUNREACH, EINVAL, ENOMEM } from '@linnet/kernel';
import { type Skb, skbShift } from '@linnet/skbuff';
import { after, before, TCP_CA_Loss, TCPHDR_SYN } from '@linnet/uapi';
import { SB_EVER_REXMIT, SB_LOST, SB_SACKED, SB_REXMIT } from './tcp-cb.ts';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { tcpPipe } from './tcp-cong.ts';
import { ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS } from './tcp-const.ts';
import { tfoSynAgain } from './tcp-fastopen-state.ts';
import { tcpAdjustPcount, tcpFragment, tcpTrimHead, tcpSetSkbTsoSegs } from './tcp-fragment.ts';
import {
  TcpExtTCPFastRetrans,
  TcpExtTCPRetransFail,
  TcpExtTCPSlowStartRetrans,
  TcpExtTCPSynRetrans,
  TcpRetransSegs,
} from './tcp-mib.ts';
import { tcpMtuProbeVoid } from './tcp-mtu-probe.ts';
import { tcpCurrentMss } from './tcp-mss.ts';
import { netAdd, netInc, tcpAdd } from './tcp-net.ts';
import { tcpTransmitSkb, tcpTsoSegs, tcpSmallQueueCheck } from './tcp-output.ts';
import { prrActive } from './tcp-prr.ts';
import { tcpPacingCheck } from './tcp-pacing.ts';
import { tcpRtxQueueUnlinkAndFree } from './tcp-rtx-queue.ts';
import { sbSentAgain } from './tcp-scoreboard.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWndEnd } from './tcp-window.ts';
import { tcpResetXmitTimer } from './tcp-xmit-timer.ts';

/** Sends one segment again without touching the retransmission counts (__tcp_retransmit_skb). 0 or a negative errno. */
export function tcpSendAgain(tp: TcpSock, skb: Skb, segs: number): number {
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
  skb.cb3 |= SB_EVER_REXMIT;
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
    if ((next.cb3 & SB_SACKED) !== 0 || next.cb6 !== 1 || skb.cb10 !== 0) return;
    const n = next.len;
    if (skb.len + n > space || after(next.cb1, tcpWndEnd(tp))) return;
    if (n > 0 && skbShift(skb, next, n) !== n) return;
    skb.cb1 = next.cb1;
    skb.cb2 |= next.cb2;
    skb.cb10 = next.cb10;
    skb.cb3 |= next.cb3 & SB_EVER_REXMIT;
    tcpAdjustPcount(tp, next, 1);
    tcpRtxQueueUnlinkAndFree(tp, next);
  }
}

/** Sends one segment again, at most `segs` wire segments of it (tcp_retransmit_skb). 0 or a negative errno. */
export function tcpRetransmitSkb(tp: TcpSock, skb: Skb, segs: number): number {
  const err = tcpSendAgain(tp, skb, segs);
  if (err === 0) sbSentAgain(tp, skb);
  if (tp.rexmitTs === 0) tp.rexmitTs = nonZero(tcpTimeStampMs(tp.kernel.ktime));
  tp.episodeRexmits += skb.cb6;
  return err;
}

/** 0 means «no time noted». */
function nonZero(ms: number): number {
  return ms === 0 ? 1 : ms;
}

/**
 * Sends again what counts as lost, lowest first, as far as the window lets it: rule 1 of NextSeg() (RFC 6675 section 4). New data follows where the others send it (rule 2); the rescue
 * retransmission (rule 4) is what a tail loss probe does.
 */
export function tcpXmitRetransmitQueue(tp: TcpSock): void {
  const head = tp.rtxQueue.head;
  if (head === null) return;
  const burst = tcpTsoSegs(tp, tcpCurrentMss(tp));
  let first = false;
  let skb = tp.nextLost ?? head;
  // What is lost and not under way: nothing else has to be looked for.
  while (tp.lostOut > tp.retransOut) {
    const room = tp.sndCwnd - tcpPipe(tp);
    if (room <= 0) break;
    if ((skb.cb3 & (SB_LOST | SB_REXMIT | SB_SACKED)) === SB_LOST) {
      if (tp.pacer !== null && tcpPacingCheck(tp, tp.pacer)) break;
      if (tcpSmallQueueCheck(tp, skb, 2) || tcpRetransmitSkb(tp, skb, Math.min(room, burst)) !== 0) break;
      netAdd(tp.tn, tp.caState === TCP_CA_Loss ? TcpExtTCPSlowStartRetrans : TcpExtTCPFastRetrans, skb.cb6);
      if (prrActive(tp)) tp.prrOut += skb.cb6;
      if (skb === head) first = true;
    }
    const next: Skb | null = skb.next;
    if (next === null) break;
    skb = next;
  }
  // Below this nothing waits to be sent again: the next search begins here.
  tp.nextLost = skb;
  // The timeout is that of the first segment.
  if (first && tp.pending !== ICSK_TIME_REO_TIMEOUT) tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tp.rto);
}
