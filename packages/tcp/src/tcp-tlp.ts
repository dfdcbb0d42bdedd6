/**
 * The tail loss probe (RFC 8985 section 7): the last segments of a flight have none behind them whose SACK would show their loss, so after two round trips of silence one goes to ask.
 *
 *   flight sent --> PTO armed (7.2) --> no ACK: new data, or else the last segment again (7.3, tcp-tlp-probe.ts); TLP.end_seq = SND.NXT
 *     ACK beyond end_seq, no DSACK --> the probe repaired a loss: congestion (7.4)      DSACK, or a bare duplicate --> both copies arrived: nothing
 */
import { usecsToJiffies } from '@linnet/kernel';
import { before, TCP_CA_CWR, TCP_CA_Disorder } from '@linnet/uapi';
import { type AckNews, ackRepeats } from './tcp-ack-news.ts';
import { tcpSetCaState } from './tcp-cong.ts';
import { ICSK_TIME_LOSS_PROBE, TCP_TIMEOUT_INIT, TCP_TIMEOUT_MIN } from './tcp-const.ts';
import { TcpExtTCPLossProbeRecovery } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { prrEnd, prrStart } from './tcp-prr.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpSettle } from './tcp-spurious.ts';
import { tcpResetXmitTimer, tcpRtoDeltaUs } from './tcp-xmit-timer.ts';

/** TLP_calc_PTO (section 7.2): two round trips, in jiffies; with one segment out its ACK may be delayed. */
function calcPto(tp: TcpSock): number {
  if (tp.srttUs === 0) return TCP_TIMEOUT_INIT;
  return usecsToJiffies(tp.srttUs >> 2) + (tp.packetsOut === 1 ? tp.rtoMin : TCP_TIMEOUT_MIN);
}

/** Arms the probe in place of the retransmission timeout, where one may help: with SACK, while nothing is in doubt. `advancing`: the timeout would start anew with this ACK. False: not armed. */
export function tlpArm(tp: TcpSock, advancing: boolean): boolean {
  const early = tp.tn.earlyRetrans;
  if ((early !== 3 && early !== 4) || tp.packetsOut === 0 || !tp.rxOpt.sackOk || tp.caState > TCP_CA_CWR || tp.caState === TCP_CA_Disorder) return false;
  const pto = calcPto(tp);
  // Not later than the timeout would be.
  const rto = advancing ? tp.rto : usecsToJiffies(Math.max(tcpRtoDeltaUs(tp), 0));
  tcpResetXmitTimer(tp, ICSK_TIME_LOSS_PROBE, rto > 0 && rto < pto ? rto : pto);
  return true;
}

/** TLP_process_ack (section 7.4.2): what the probe has shown. */
export function tlpAck(tp: TcpSock, ack: number, news: AckNews): void {
  const end = tp.tlpEndSeq;
  if (before(ack, end)) return;
  if (!tp.tlpIsRetrans || news.dsackOfProbe) {
    tp.tlpEndSeq = 0;
  } else if (ack !== end) {
    prrStart(tp);
    tcpSetCaState(tp, TCP_CA_CWR);
    prrEnd(tp);
    tcpSettle(tp);
    netInc(tp.tn, TcpExtTCPLossProbeRecovery);
  } else if (ackRepeats(news) && news.sackedSegs === 0) {
    tp.tlpEndSeq = 0;
  }
}
