/**
 * Recovery after a retransmission timeout (RFC 5681 section 3.1, RFC 6675 section 5.1, RFC 8985 section 6.3): what is outstanding counts as lost, and slow start begins anew.
 *
 *   timeout --> losses marked --> window of one --> Loss, until RecoveryPoint = SND.NXT is acknowledged; meanwhile F-RTO asks whether it was spurious
 *
 * ssthresh is set once for each loss: not again when the segment has been sent again by this timer before (RFC 5681 equation 4), nor when a recovery has reduced it already.
 */
import { after, TCP_CA_CWR, TCP_CA_Disorder, TCP_CA_Loss, TCP_CA_Recovery } from '@linnet/uapi';
import { SB_SACKED } from './tcp-cb.ts';
import { ecnQueueCwr, tcpCaEvent, tcpCurrentSsthresh, tcpPipe, tcpSetCaState } from './tcp-cong.ts';
import { CA_EVENT_LOSS } from './tcp-const.ts';
import { FRTO_AWAIT_FIRST, FRTO_OFF } from './tcp-frto.ts';
import { TcpExtTCPSACKReneging } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { rackMarkLossesOnRto } from './tcp-rack.ts';
import { sbForgetSacks, sbLost } from './tcp-scoreboard.ts';
import { episodeBegin } from './tcp-spurious.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Marks what the timeout shows to be lost. */
function markLosses(tp: TcpSock): void {
  const head = tp.rtxQueue.head;
  const reneged = head !== null && (head.cb3 & SB_SACKED) !== 0;
  tp.numSackBlocks = 0;
  tp.nextLost = null;
  if (tp.rxOpt.sackOk && !reneged) {
    rackMarkLossesOnRto(tp);
    return;
  }
  if (reneged) {
    // The first segment would have been acknowledged, had the peer kept it.
    netInc(tp.tn, TcpExtTCPSACKReneging);
    sbForgetSacks(tp);
    tp.sackReneg = true;
  } else {
    tp.sackedOut = 0;
  }
  for (let skb = head; skb !== null; skb = skb.next) sbLost(tp, skb);
}

/** Has this loss reduced ssthresh already? */
function reducedAlready(tp: TcpSock): boolean {
  if (tp.caState <= TCP_CA_Disorder || !after(tp.recoveryPoint, tp.sndUna)) return false;
  return tp.caState !== TCP_CA_Loss || tp.retransmits > 0;
}

/** The retransmission timeout fired. The caller sends the first segment again, and counts the timeout in `retransmits` after this. */
export function rtoBegin(tp: TcpSock): void {
  const first = tp.caState < TCP_CA_Recovery;
  markLosses(tp);
  if (!reducedAlready(tp)) {
    tp.ssthreshPrev = tcpCurrentSsthresh(tp);
    tp.priorCwnd = tp.sndCwnd;
    tp.sndSsthresh = tp.caOps!.ssthresh(tp);
    tcpCaEvent(tp, CA_EVENT_LOSS);
    episodeBegin(tp);
  }
  tp.sndCwnd = tcpPipe(tp) + 1;
  tp.sndCwndCnt = 0;
  tp.sndCwndStamp = tp.kernel.jiffies;
  // To wait for more duplicates than usual did no good.
  if (tp.caState < TCP_CA_CWR && tp.sackedOut >= tp.tn.reordering) tp.reordering = Math.min(tp.reordering, tp.tn.reordering);
  // The first timeout, or one that repeats it (RFC 5682 section 3.1 step 2).
  tp.frto = tp.tn.frto !== 0 && (first || tp.frto === FRTO_AWAIT_FIRST) ? FRTO_AWAIT_FIRST : FRTO_OFF;
  tcpSetCaState(tp, TCP_CA_Loss);
  tp.recoveryPoint = tp.sndNxt;
  tp.tlpEndSeq = 0;
  ecnQueueCwr(tp);
}
