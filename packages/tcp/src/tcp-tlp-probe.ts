/** Sending a tail loss probe (RFC 8985 section 7.3); tcp-tlp.ts says when, and what it shows. */
import { tcpClockUs } from './tcp-clock.ts';
import { TCP_NAGLE_PUSH } from './tcp-const.ts';
import { tcpFragment } from './tcp-fragment.ts';
import { TcpExtTCPLossProbes } from './tcp-mib.ts';
import { tcpCurrentMss } from './tcp-mss.ts';
import { netInc } from './tcp-net.ts';
import { tcpWriteXmit } from './tcp-output.ts';
import { tcpSendAgain } from './tcp-retransmit.ts';
import { sentRingPush } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWndEnd } from './tcp-window.ts';
import { tcpRearmRto } from './tcp-xmit-timer.ts';

/** Sends a segment of new data. False: there is none, or the peer's window has no room. */
function probeNew(tp: TcpSock, mss: number): boolean {
  const skb = tp.writeQueue.head;
  if (skb === null || skb.cb0 === skb.cb1 || ((tcpWndEnd(tp) - skb.cb0) | 0) < Math.min(skb.len, mss)) return false;
  const out = tp.packetsOut;
  tcpWriteXmit(tp, mss, tp.nonagle | TCP_NAGLE_PUSH, 2);
  return tp.packetsOut > out;
}

/** Sends the last segment again. */
function probeLast(tp: TcpSock, mss: number): boolean {
  const last = tp.rtxQueue.tail;
  if (last === null) return false;
  const front = (last.cb6 - 1) * mss;
  if (front > 0 && last.len > front && tcpFragment(tp, last, front, mss) !== 0) return false;
  const skb = tp.rtxQueue.tail!;
  if (tcpSendAgain(tp, skb, 1) !== 0) return false;
  sentRingPush(tp.sentRing, skb);
  return true;
}

/** TLP_send_probe (section 7.3): the timer fired. One probe for each flight; the retransmission timeout follows. */
export function tlpSendProbe(tp: TcpSock): void {
  tp.mstamp = tcpClockUs(tp);
  tp.pending = 0;
  if (tp.tlpEndSeq === 0) {
    const mss = tcpCurrentMss(tp);
    const fresh = probeNew(tp, mss);
    if (fresh || probeLast(tp, mss)) {
      tp.tlpIsRetrans = !fresh;
      tp.tlpEndSeq = tp.sndNxt === 0 ? 1 : tp.sndNxt;
      netInc(tp.tn, TcpExtTCPLossProbes);
    }
  }
  tcpRearmRto(tp);
}
