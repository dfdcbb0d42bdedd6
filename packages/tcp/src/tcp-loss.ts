/**
 * The congestion states Open, Disorder, CWR, Recovery and Loss: entering, leaving, and undoing what proves needless
 * (RFC 5681, RFC 6582, RFC 6675, RFC 3522 and 4015 (Eifel), RFC 3708 (DSACK), RFC 5682 (F-RTO)).
 */
import type { Skb } from '@linnet/skbuff';
import {
  after,
  before,
  TCP_CA_CWR,
  TCP_CA_Disorder,
  TCP_CA_Loss,
  TCP_CA_Open,
  TCP_CA_Recovery,
} from '@linnet/uapi';
import { TCPCB_EVER_RETRANS, TCPCB_LOST, TCPCB_SACKED_ACKED } from './tcp-cb.ts';
import {
  tcpCaEvent,
  tcpCurrentSsthresh,
  tcpEcnQueueCwr,
  tcpEndCwndReduction,
  tcpEnterCwr,
  tcpInCwndReduction,
  tcpInitCwndReduction,
  tcpPacketsInFlight,
  tcpSetCaState,
  tcpTryKeepOpen,
} from './tcp-cong.ts';
import {
  CA_EVENT_LOSS,
  SACKED_NEW,
  SEG_ECE,
  RETRANSMISSION_LOST,
  DELIVERED_ORIGINAL,
  PEER_RENEGED,
  TIMER_MAY_RESTART,
  UNA_ADVANCED,
  ICSK_TIME_RETRANS,
  REXMIT_LOST,
  REXMIT_NEW,
} from './tcp-const.ts';
import {
  TcpExtTCPDSACKUndo,
  TcpExtTCPFullUndo,
  TcpExtTCPLossUndo,
  TcpExtTCPPartialUndo,
  TcpExtTCPRenoRecovery,
  TcpExtTCPSackRecovery,
  TcpExtTCPSACKReneging,
  TcpExtTCPSpuriousRTOs,
} from './tcp-mib.ts';
import { tcpMtuProbeLost } from './tcp-mtu-probe.ts';
import { netInc } from './tcp-net.ts';
import { tcpIdentifyPacketLoss, tcpMarkSkbLost, tcpRackSkbTimeout } from './tcp-recovery.ts';
import { tcpAddRenoSack, tcpCheckSackReordering, tcpResetRenoSack } from './tcp-sack.ts';
import { sentRingClear, sentRingPush } from './tcp-sent-ring.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWndEnd } from './tcp-window.ts';
import { tcpResetXmitTimer } from './tcp-xmit-timer.ts';
import type { AckState } from './tcp-ack-state.ts';

/** From here on a needless reduction can be recognized (tcp_init_undo). */
function tcpInitUndo(tp: TcpSock): void {
  tp.undoMarker = tp.sndUna === 0 ? 1 : tp.sndUna;
  // The TLP retransmission may still be under way: count it.
  tp.undoRetrans = tp.retransOut;
  if (tp.tlpHighSeq !== 0 && tp.tlpRetrans) tp.undoRetrans++;
  if (tp.undoRetrans === 0) tp.undoRetrans = -1;
}

/** Is the ACK for something sent before the first retransmission? (Eifel detection, RFC 3522; tcp_packet_delayed) */
function tcpPacketDelayed(tp: TcpSock): boolean {
  const rx = tp.rxOpt;
  if (tp.retransStamp === 0 || !rx.sawTstamp || rx.rcvTsecr === 0) return false;
  return ((rx.rcvTsecr - tp.tsoffset - tp.retransStamp) | 0) < 0;
}

/** May the reduction be undone? Every retransmission was needless, or the ACK is for the original (tcp_may_undo). */
function tcpMayUndo(tp: TcpSock): boolean {
  return tp.undoMarker !== 0 && (tp.undoRetrans === 0 || tcpPacketDelayed(tp));
}

/** Does anything outstanding bear the mark of a retransmission? (tcp_any_retrans_done) */
function tcpAnyRetransDone(tp: TcpSock): boolean {
  if (tp.retransOut > 0) return true;
  const head = tp.rtxQueue.head;
  return head !== null && (head.cb3 & TCPCB_EVER_RETRANS) !== 0;
}

/** Puts the ring in order of sending again after lost marks were taken back. Rare. */
function tcpRebuildSentRing(tp: TcpSock): void {
  const live: Skb[] = [];
  for (let skb = tp.rtxQueue.head; skb !== null; skb = skb.next) if ((skb.cb3 & TCPCB_SACKED_ACKED) === 0) live.push(skb);
  live.sort((a, b) => ((a.cb4 - b.cb4) | 0) || ((a.cb1 - b.cb1) | 0));
  sentRingClear(tp.sentRing);
  for (let i = 0; i < live.length; i++) sentRingPush(tp.sentRing, live[i]!);
}

/** Back to the window before the reduction (tcp_undo_cwnd_reduction). `unmark`: nothing counts as lost any more. */
function tcpUndoCwndReduction(tp: TcpSock, unmark: boolean): void {
  if (unmark) {
    for (let skb = tp.rtxQueue.head; skb !== null; skb = skb.next) skb.cb3 &= ~TCPCB_LOST;
    tp.lostOut = 0;
    tp.retransmitHint = null;
    tcpRebuildSentRing(tp);
  }
  if (tp.priorSsthresh !== 0) {
    tp.sndCwnd = tp.caOps!.undoCwnd(tp);
    if (tp.priorSsthresh > tp.sndSsthresh) {
      tp.sndSsthresh = tp.priorSsthresh;
      tp.ecnFlags &= ~2;
    }
  }
  tp.sndCwndStamp = tp.kernel.jiffies;
  tp.undoMarker = 0;
  tp.rackAdvanced = true;
}

/** A recovery has ended: was it needless? Returns true while the state must be held (tcp_try_undo_recovery). */
function tcpTryUndoRecovery(tp: TcpSock): boolean {
  if (tcpMayUndo(tp)) {
    const inLoss = tp.caState === TCP_CA_Loss;
    tcpUndoCwndReduction(tp, false);
    netInc(tp.tn, inLoss ? TcpExtTCPLossUndo : TcpExtTCPFullUndo);
  } else if (tp.rackReoWndPersist > 0) {
    tp.rackReoWndPersist--;
  }
  if (tp.sndUna === tp.highSeq && !tp.rxOpt.sackOk) {
    // Without SACK stay until something above is acknowledged: stray duplicates must not start a second recovery (RFC 6582).
    if (!tcpAnyRetransDone(tp)) tp.retransStamp = 0;
    return true;
  }
  tcpSetCaState(tp, TCP_CA_Open);
  tp.sackReneg = false;
  return false;
}

/** All retransmissions were answered by DSACK (tcp_try_undo_dsack). */
function tcpTryUndoDsack(tp: TcpSock): boolean {
  if (tp.undoMarker === 0 || tp.undoRetrans !== 0) return false;
  tp.rackReoWndPersist = Math.min(16, tp.rackReoWndPersist + 1);
  tcpUndoCwndReduction(tp, false);
  netInc(tp.tn, TcpExtTCPDSACKUndo);
  return true;
}

/** The timeout was needless (tcp_try_undo_loss). */
function tcpTryUndoLoss(tp: TcpSock, frto: boolean): boolean {
  if (!frto && !tcpMayUndo(tp)) return false;
  tcpUndoCwndReduction(tp, true);
  netInc(tp.tn, TcpExtTCPLossUndo);
  if (frto) netInc(tp.tn, TcpExtTCPSpuriousRTOs);
  tp.retransmits = 0;
  if (frto || tp.rxOpt.sackOk) {
    tcpSetCaState(tp, TCP_CA_Open);
    tp.sackReneg = false;
  }
  return true;
}

/** A partial ACK for an original: what counted as lost was late (tcp_try_undo_partial). */
function tcpTryUndoPartial(tp: TcpSock, priorUna: number): boolean {
  if (tp.undoMarker === 0 || !tcpPacketDelayed(tp)) return false;
  tcpCheckSackReordering(tp, priorUna);
  // Wait until the retransmissions are accounted for.
  if (tp.retransOut > 0) return true;
  if (!tcpAnyRetransDone(tp)) tp.retransStamp = 0;
  tcpUndoCwndReduction(tp, true);
  netInc(tp.tn, TcpExtTCPPartialUndo);
  tcpTryKeepOpen(tp);
  return true;
}

/** Enters fast recovery (tcp_enter_recovery). */
export function tcpEnterRecovery(tp: TcpSock, ece: boolean): void {
  netInc(tp.tn, tp.rxOpt.sackOk ? TcpExtTCPSackRecovery : TcpExtTCPRenoRecovery);
  tp.priorSsthresh = 0;
  tcpInitUndo(tp);
  if (!tcpInCwndReduction(tp)) {
    if (!ece) tp.priorSsthresh = tcpCurrentSsthresh(tp);
    tcpInitCwndReduction(tp);
  }
  tcpSetCaState(tp, TCP_CA_Recovery);
}

/** After a timeout everything outstanding counts as lost, but for what was sent just now (tcp_timeout_mark_lost). */
function tcpTimeoutMarkLost(tp: TcpSock): void {
  const head = tp.rtxQueue.head;
  const reneged = head !== null && (head.cb3 & TCPCB_SACKED_ACKED) !== 0;
  if (reneged) {
    netInc(tp.tn, TcpExtTCPSACKReneging);
    tp.sackedOut = 0;
    tp.sackReneg = true;
  } else if (!tp.rxOpt.sackOk) {
    tcpResetRenoSack(tp);
  }
  tp.recvSackCacheLen = 0;
  for (let skb: Skb | null = head; skb !== null; skb = skb.next) {
    if (reneged) skb.cb3 &= ~TCPCB_SACKED_ACKED;
    else if (tp.rxOpt.sackOk && skb !== head && tcpRackSkbTimeout(tp, skb, 0) > 0) continue;
    tcpMarkSkbLost(tp, skb);
  }
  tp.retransmitHint = null;
}

/** The retransmission timeout fired: starts over from a window of one (RFC 5681 section 3.1, tcp_enter_loss). */
export function tcpEnterLoss(tp: TcpSock): void {
  const newRecovery = tp.caState < TCP_CA_Recovery;
  tcpTimeoutMarkLost(tp);
  if (tp.caState <= TCP_CA_Disorder || !after(tp.highSeq, tp.sndUna) || (tp.caState === TCP_CA_Loss && tp.retransmits === 0)) {
    tp.priorSsthresh = tcpCurrentSsthresh(tp);
    tp.priorCwnd = tp.sndCwnd;
    tp.sndSsthresh = tp.caOps!.ssthresh(tp);
    tcpCaEvent(tp, CA_EVENT_LOSS);
    tcpInitUndo(tp);
  }
  tp.sndCwnd = tcpPacketsInFlight(tp) + 1;
  tp.sndCwndCnt = 0;
  tp.sndCwndStamp = tp.kernel.jiffies;
  // The path has changed beyond what was learnt of its reordering.
  if (tp.caState <= TCP_CA_Disorder && tp.sackedOut >= tp.tn.reordering) tp.reordering = Math.min(tp.reordering, tp.tn.reordering);
  tcpSetCaState(tp, TCP_CA_Loss);
  tp.highSeq = tp.sndNxt;
  tp.tlpHighSeq = 0;
  tcpEcnQueueCwr(tp);
  // F-RTO (RFC 5682 section 3.1) is for the first timeout of an episode.
  tp.frto = tp.tn.frto !== 0 && (newRecovery || tp.retransmits > 0);
}

/** The peer threw away what it had SACKed: a short timeout gives it time to say so (tcp_check_sack_reneging). */
function tcpCheckSackReneging(tp: TcpSock, st: AckState): boolean {
  if ((st.flag & PEER_RENEGED) === 0 || (st.flag & UNA_ADVANCED) === 0) return false;
  st.flag &= ~TIMER_MAY_RESTART;
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, Math.max(Math.ceil((tp.srttUs >> 4) / 1000), 10));
  return true;
}

/** An ACK in the Loss state (tcp_process_loss). */
function tcpProcessLoss(tp: TcpSock, st: AckState, numDupack: number): void {
  const flag = st.flag;
  const recovered = !before(tp.sndUna, tp.highSeq);
  if ((flag & UNA_ADVANCED) !== 0 && tcpTryUndoLoss(tp, false)) return;
  if (tp.frto) {
    // Something that was sent once only has arrived: the timeout was spurious (RFC 5682 section 3.1 step 3b).
    if ((flag & DELIVERED_ORIGINAL) !== 0 && tcpTryUndoLoss(tp, true)) return;
    if (after(tp.sndNxt, tp.highSeq)) {
      if ((flag & SACKED_NEW) !== 0 || numDupack > 0) tp.frto = false;
    } else if ((flag & UNA_ADVANCED) !== 0 && !recovered) {
      tp.highSeq = tp.sndNxt;
      // Send new data instead of retransmissions and see what comes (step 2b).
      if (tp.writeQueue.head !== null && after(tcpWndEnd(tp), tp.sndNxt)) {
        st.rexmit = REXMIT_NEW;
        return;
      }
      tp.frto = false;
    }
  }
  if (recovered) {
    tcpTryUndoRecovery(tp);
    return;
  }
  if (!tp.rxOpt.sackOk) {
    if (after(tp.sndNxt, tp.highSeq) && numDupack > 0) tcpAddRenoSack(tp, numDupack, (flag & SEG_ECE) !== 0);
    else if ((flag & UNA_ADVANCED) !== 0) tcpResetRenoSack(tp);
  }
  st.rexmit = REXMIT_LOST;
}

/** Back to Open when everything is in order (tcp_try_to_open). */
function tcpTryToOpen(tp: TcpSock, flag: number): void {
  if (!tcpAnyRetransDone(tp)) tp.retransStamp = 0;
  if ((flag & SEG_ECE) !== 0) tcpEnterCwr(tp);
  if (tp.caState !== TCP_CA_CWR) tcpTryKeepOpen(tp);
}

/**
 * The congestion state machine, run for every ACK that is not plain progress in Open (tcp_fastretrans_alert). `st.flag` may lose the right to set the timer;
 * `st.rexmit` says what to send.
 */
export function tcpFastretransAlert(tp: TcpSock, priorUna: number, numDupack: number, st: AckState): void {
  const advanced = (st.flag & UNA_ADVANCED) !== 0;
  const ece = (st.flag & SEG_ECE) !== 0;
  if (tp.packetsOut === 0 && tp.sackedOut > 0) tp.sackedOut = 0;
  // ECE says that congestion was real.
  if (ece) tp.priorSsthresh = 0;
  if (tcpCheckSackReneging(tp, st)) return;

  // What was outstanding when the episode began is acknowledged.
  if (tp.caState === TCP_CA_Open) {
    tp.retransStamp = 0;
  } else if (!before(tp.sndUna, tp.highSeq)) {
    if (tp.caState === TCP_CA_CWR) {
      // Something above must be acknowledged, so that the window has seen a whole round trip.
      if (tp.sndUna !== tp.highSeq) {
        tcpEndCwndReduction(tp);
        tcpSetCaState(tp, TCP_CA_Open);
      }
    } else if (tp.caState === TCP_CA_Recovery) {
      if (!tp.rxOpt.sackOk) tcpResetRenoSack(tp);
      if (tcpTryUndoRecovery(tp)) return;
      tcpEndCwndReduction(tp);
    }
  }

  if (tp.caState === TCP_CA_Recovery) {
    if (!advanced) {
      if (!tp.rxOpt.sackOk) tcpAddRenoSack(tp, numDupack, ece);
    } else if (tcpTryUndoPartial(tp, priorUna)) {
      return;
    }
    if (tcpTryUndoDsack(tp)) tcpTryToOpen(tp, st.flag);
    st.flag = tcpIdentifyPacketLoss(tp, st.flag);
    // The undo may have ended the recovery.
    if (tp.caState !== TCP_CA_Recovery) {
      if (tp.lostOut === 0) return;
      tcpEnterRecovery(tp, ece);
    }
  } else {
    if (tp.caState === TCP_CA_Loss) {
      tcpProcessLoss(tp, st, numDupack);
      if (tp.caState !== TCP_CA_Loss) tp.retransStamp = tcpAnyRetransDone(tp) ? tp.retransStamp : 0;
      st.flag = tcpIdentifyPacketLoss(tp, st.flag);
      if ((tp.caState as number) !== TCP_CA_Open && (st.flag & RETRANSMISSION_LOST) === 0) return;
      // A retransmission was lost again: begin anew below.
    } else {
      if (!tp.rxOpt.sackOk) {
        if (advanced) tcpResetRenoSack(tp);
        tcpAddRenoSack(tp, numDupack, ece);
      }
      if (tp.caState <= TCP_CA_Disorder) tcpTryUndoDsack(tp);
      st.flag = tcpIdentifyPacketLoss(tp, st.flag);
    }
    if (tp.lostOut === 0) {
      tcpTryToOpen(tp, st.flag);
      return;
    }
    if (tp.extra !== null && tcpMtuProbeLost(tp)) {
      st.rexmit = REXMIT_LOST;
      return;
    }
    tcpEnterRecovery(tp, ece);
  }
  st.rexmit = REXMIT_LOST;
}

/** Takes everything back that a handshake's retransmission set (tcp_try_undo_spurious_syn): the first ACK shows that the SYN was only late. */
export function tcpTryUndoSpuriousSyn(tp: TcpSock): void {
  if (tp.undoMarker !== 0 && tp.rxOpt.sawTstamp && tcpPacketDelayed(tp)) tp.undoMarker = 0;
}
