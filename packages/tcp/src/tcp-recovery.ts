/**
 * Congestion and recovery: what an ACK means for the connection as a whole (RFC 5681, RFC 6582, RFC 6675 section 5, RFC 3168). The states are those that TCP_INFO shows.
 *
 *             SACK, duplicate             loss detected: prrStart
 *     Open <------------------> Disorder ------------------------> Recovery
 *       |  ^        nothing left in doubt                            |   ^
 *       |  '---------------- RecoveryPoint acknowledged -------------'   | a retransmission lost
 *       |- ECE ---> CWR ---- RecoveryPoint passed ----> Open             |
 *       '- timeout (from any state, tcp-rto.ts) ------> Loss ------------'----> Open by RecoveryPoint, or because it was spurious
 *
 * For each ACK: was the reduction needless? Is RecoveryPoint reached? What is lost? Then: which state follows, and what is sent?
 */
import { before, TCP_CA_CWR, TCP_CA_Loss, TCP_CA_Open, TCP_CA_Recovery } from '@linnet/uapi';
import { type AckNews, SEND_LOST, SEND_NOTHING } from './tcp-ack-news.ts';
import { tcpCurrentSsthresh, tcpSetCaState } from './tcp-cong.ts';
import { ICSK_TIME_RETRANS } from './tcp-const.ts';
import { TcpExtTCPRenoRecovery, TcpExtTCPSackRecovery } from './tcp-mib.ts';
import { tcpMtuProbeLost } from './tcp-mtu-probe.ts';
import { netInc } from './tcp-net.ts';
import { newrenoCount, newrenoDetectLoss } from './tcp-newreno.ts';
import { prrAck, prrActive, prrEnd, prrStart, tcpReduceOnce } from './tcp-prr.ts';
import { rackDetectLossAndArmTimer, rackRecoveryLeft } from './tcp-rack.ts';
import { tcpXmitRetransmitQueue } from './tcp-retransmit.ts';
import { episodeBegin, spuriousAck, tcpSettle } from './tcp-spurious.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpRearmRto, tcpResetXmitTimer } from './tcp-xmit-timer.ts';

/** A peer that threw away what it had SACKed gets this long to say more, in ms, or half a round trip; then all is sent again (RFC 2018 section 8). */
const RENEGED_WAIT = 10;

/** Loss was detected: one reduction for all of the window that is outstanding now (RFC 6675 section 5 step 4). */
function recoveryBegin(tp: TcpSock, ece: boolean): void {
  netInc(tp.tn, tp.rxOpt.sackOk ? TcpExtTCPSackRecovery : TcpExtTCPRenoRecovery);
  episodeBegin(tp);
  tp.ssthreshPrev = 0;
  if (!prrActive(tp)) {
    // Congestion that a router reported is no mistake.
    if (!ece) tp.ssthreshPrev = tcpCurrentSsthresh(tp);
    prrStart(tp);
  }
  tcpSetCaState(tp, TCP_CA_Recovery);
}

/** Ends the episode whose RecoveryPoint is acknowledged. */
function leaveAtRecoveryPoint(tp: TcpSock): void {
  const state = tp.caState;
  if (state < TCP_CA_CWR || before(tp.sndUna, tp.recoveryPoint)) return;
  if (state === TCP_CA_CWR) {
    // The reduction lasts a round trip: until something is acknowledged that left after it began.
    if (tp.sndUna === tp.recoveryPoint) return;
  } else {
    if (!tp.rxOpt.sackOk) tp.sackedOut = 0;
    if (tp.undoable) rackRecoveryLeft(tp);
    tp.sackReneg = false;
  }
  if (state !== TCP_CA_Loss) prrEnd(tp);
  tcpSetCaState(tp, TCP_CA_Open);
  tcpSettle(tp);
}

/** Marks what this ACK shows to be lost. */
function detectLosses(tp: TcpSock, dupAcks: number, news: AckNews): void {
  if (!tp.rxOpt.sackOk) newrenoCount(tp, news.advanced, dupAcks, news.ece);
  if (tp.rtxQueue.head === null) return;
  if (!tp.rxOpt.sackOk) {
    newrenoDetectLoss(tp, news.advanced);
    return;
  }
  const underWay = tp.retransOut;
  if (rackDetectLossAndArmTimer(tp)) news.restartTimer = false;
  news.rexmitLost = tp.retransOut < underWay;
}

/** Goes to the state that the scoreboard calls for, and decides what is sent. */
function react(tp: TcpSock, news: AckNews): void {
  const state = tp.caState;
  if (state === TCP_CA_Loss) {
    // The loss of a retransmission is one more sign of congestion (RFC 5681 section 4.3).
    if (news.rexmitLost) recoveryBegin(tp, news.ece);
  } else if (state !== TCP_CA_Recovery) {
    if (tp.lostOut === 0) {
      if (news.ece) tcpReduceOnce(tp);
      if (tp.caState !== TCP_CA_CWR) tcpSettle(tp);
      return;
    }
    if (tp.extra === null || !tcpMtuProbeLost(tp)) recoveryBegin(tp, news.ece);
  }
  if (news.send === SEND_NOTHING || tp.caState !== TCP_CA_Loss) news.send = SEND_LOST;
}

/**
 * An ACK that is more than plain progress in the Open state. `priorUna`: SND.UNA before it; `dupAcks`: how many duplicates it stands for. `news.send` says what is to be sent
 * then, and `news.restartTimer` is taken back where a timer was set here.
 */
export function recoveryAck(tp: TcpSock, priorUna: number, dupAcks: number, news: AckNews): void {
  if (tp.packetsOut === 0) tp.sackedOut = 0;
  if (news.ece) tp.ssthreshPrev = 0;
  if (news.reneged && news.advanced) {
    news.restartTimer = false;
    tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, Math.max(Math.ceil((tp.srttUs >> 4) / 1000), RENEGED_WAIT));
    return;
  }
  if (tp.caState === TCP_CA_Open) tp.rexmitTs = 0;
  if (spuriousAck(tp, priorUna, dupAcks, news)) return;
  leaveAtRecoveryPoint(tp);
  detectLosses(tp, dupAcks, news);
  react(tp, news);
}

/** RACK's timer fired: what had been overtaken is overdue now (RFC 8985 section 6.3). */
export function recoveryRackTimer(tp: TcpSock): void {
  const { lost } = tp;
  rackDetectLossAndArmTimer(tp);
  if (tp.lost !== lost) {
    if (tp.caState <= TCP_CA_CWR && (tp.extra === null || !tcpMtuProbeLost(tp))) {
      recoveryBegin(tp, false);
      // No ACK is at hand: one segment of what was delivered before pays for the first retransmission.
      if (tp.caOps!.congControl === null) prrAck(tp, 1, false);
    }
    tcpXmitRetransmitQueue(tp);
  }
  if (tp.pending !== ICSK_TIME_RETRANS) tcpRearmRto(tp);
}

