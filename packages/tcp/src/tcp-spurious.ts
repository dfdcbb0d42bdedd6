/**
 * Reductions that prove needless: detection by Eifel (RFC 3522), DSACK (RFC 3708) and F-RTO (RFC 5682), and the response (RFC 4015).
 *
 *   episodeBegin: what ssthresh was, where SND.UNA stands, how many retransmissions are under way
 *     ACK echoes a timestamp older than the first retransmission (RetransmitTS) --> the original has arrived
 *     as many segments reported by DSACK as were sent again                      --> all of them had
 *     F-RTO says so                                                              --> the timeout came too early
 *   restore: window and ssthresh as before; what counted as lost counts as late
 */
import { before, TCP_CA_Disorder, TCP_CA_Loss, TCP_CA_Open, TCP_CA_Recovery } from '@linnet/uapi';
import type { AckNews } from './tcp-ack-news.ts';
import { tcpSetCaState } from './tcp-cong.ts';
import { TCP_ECN_QUEUE_CWR } from './tcp-const.ts';
import { FRTO_OFF, frtoAck } from './tcp-frto.ts';
import { TcpExtTCPDSACKUndo, TcpExtTCPFullUndo, TcpExtTCPLossUndo, TcpExtTCPPartialUndo, TcpExtTCPSpuriousRTOs } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { rackAdaptReoWnd } from './tcp-rack.ts';
import { reorderingSeen } from './tcp-reordering.ts';
import { sbAnySentAgain, sbForgetLosses, sbHighSacked } from './tcp-scoreboard.ts';
import type { TcpSock } from './tcp-sock.ts';

/** A reduction begins: from here on it can be recognized as needless. The caller sets `ssthreshPrev`, 0 where there is nothing to go back to. */
export function episodeBegin(tp: TcpSock): void {
  tp.undoable = true;
  tp.episodeUna = tp.sndUna;
  tp.episodeDsacks = 0;
  // The loss probe may still be under way, and is not counted there.
  tp.episodeRexmits = tp.retransOut + (tp.tlpEndSeq !== 0 && tp.tlpIsRetrans ? 1 : 0);
}

/** Back to Open, or to Disorder while something is still in doubt. */
export function tcpSettle(tp: TcpSock): void {
  if (!sbAnySentAgain(tp)) tp.rexmitTs = 0;
  const state = tp.sackedOut > 0 || tp.lostOut > 0 || tp.retransOut > 0 ? TCP_CA_Disorder : TCP_CA_Open;
  if (tp.caState !== state) tcpSetCaState(tp, state);
}

/** RFC 3522 section 3.2 step 5: the ACK echoes a time before the first retransmission. */
function eifelDetects(tp: TcpSock): boolean {
  const rx = tp.rxOpt;
  if (tp.rexmitTs === 0 || !rx.sawTstamp || rx.rcvTsecr === 0) return false;
  return ((rx.rcvTsecr - tp.tsoffset - tp.rexmitTs) | 0) < 0;
}

/** RFC 3708 section 2: every retransmission of the episode was reported as a duplicate. */
function dsacksDetect(tp: TcpSock): boolean {
  return tp.episodeRexmits > 0 && tp.episodeDsacks >= tp.episodeRexmits;
}

/** Takes the reduction back (RFC 4015 section 3.2 steps 5 and 6, with the congestion control's own idea of its window). */
function restore(tp: TcpSock): void {
  if (tp.ssthreshPrev !== 0) {
    tp.sndCwnd = tp.caOps!.undoCwnd(tp);
    if (tp.ssthreshPrev > tp.sndSsthresh) {
      tp.sndSsthresh = tp.ssthreshPrev;
      tp.ecnFlags &= ~TCP_ECN_QUEUE_CWR;
    }
  }
  tp.sndCwndStamp = tp.kernel.jiffies;
  tp.undoable = false;
}

/** In the Loss state. */
function spuriousTimeout(tp: TcpSock, dupAcks: number, news: AckNews): void {
  const evident = news.advanced && tp.undoable && (eifelDetects(tp) || dsacksDetect(tp));
  if (!evident) {
    if (!frtoAck(tp, dupAcks, news)) return;
    netInc(tp.tn, TcpExtTCPSpuriousRTOs);
  }
  netInc(tp.tn, TcpExtTCPLossUndo);
  sbForgetLosses(tp);
  restore(tp);
  tp.frto = FRTO_OFF;
  tp.retransmits = 0;
  tp.sackReneg = false;
  tcpSettle(tp);
}

/** In the Recovery state. True: nothing else is to be concluded from this ACK. */
function spuriousRecovery(tp: TcpSock, priorUna: number, news: AckNews): boolean {
  const late = eifelDetects(tp);
  if (!before(tp.sndUna, tp.recoveryPoint)) {
    if (!late && !dsacksDetect(tp)) return false;
    restore(tp);
    netInc(tp.tn, TcpExtTCPFullUndo);
    return false;
  }
  if (late && news.advanced) {
    reorderingSeen(tp, priorUna, sbHighSacked(tp));
    rackAdaptReoWnd(tp, true);
    // Not before the retransmissions are accounted for: they are in the network, too.
    if (tp.retransOut > 0) return true;
    sbForgetLosses(tp);
    restore(tp);
    netInc(tp.tn, TcpExtTCPPartialUndo);
    tcpSettle(tp);
    return true;
  }
  if (dsacksDetect(tp)) {
    restore(tp);
    netInc(tp.tn, TcpExtTCPDSACKUndo);
    tcpSettle(tp);
  }
  return false;
}

/** An ACK came: was the reduction under way, or the last one, needless? Undoes it then. True: nothing else is to be concluded from this ACK. */
export function spuriousAck(tp: TcpSock, priorUna: number, dupAcks: number, news: AckNews): boolean {
  if (tp.caState === TCP_CA_Loss) {
    spuriousTimeout(tp, dupAcks, news);
    return false;
  }
  if (!tp.undoable) return false;
  if (tp.caState === TCP_CA_Recovery) return spuriousRecovery(tp, priorUna, news);
  // DSACKs may come after the recovery.
  if (tp.caState <= TCP_CA_Disorder && dsacksDetect(tp)) {
    restore(tp);
    netInc(tp.tn, TcpExtTCPDSACKUndo);
  }
  return false;
}

/** The answer to the first copy of a SYN or SYN-ACK shows that the others were needless: the initial window is not that after a loss (RFC 6298 section 5.7, RFC 3522). */
export function spuriousSyn(tp: TcpSock): void {
  if (eifelDetects(tp)) tp.undoable = false;
}
