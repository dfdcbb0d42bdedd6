/** Arriving segments in all states but ESTABLISHED (RFC 9293 sections 3.10.7.2 to 3.10.7.4; tcp_rcv_state_process). */
import { consumeSkb, DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { dstMtu } from '@linnet/netdev';
import { RCV_SHUTDOWN, SEND_SHUTDOWN, SOCK_DEAD, sockFlag, SOCK_KEEPOPEN } from '@linnet/socket';
import {
  after,
  before,
  INET_ECN_MASK,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
  TCPHDR_ACK,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_FIN,
  TCPHDR_RST,
  TCPHDR_SYN,
  tcphWindow,
} from '@linnet/uapi';
import { tcpAck } from './tcp-ack.ts';
import { tcpMstampRefresh, tcpTimeStampMs } from './tcp-clock.ts';
import { tcpUpdatePacingRate } from './tcp-cong.ts';
import {
  SEG_NO_CHALLENGE,
  SEG_ALL_CHECKS,
  SEG_TAKE_TIMESTAMP,
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
  ICSK_TIME_RETRANS,
  TCP_DELACK_MAX,
  TCP_ECN_OK,
  TCP_MAX_QUICKACKS,
  TCP_TIMEOUT_MIN,
  TCP_TIMEWAIT_LEN,
} from './tcp-const.ts';
import { tfoSynack } from './tcp-fastopen-client.ts';
import { tcpDataQueue, tcpScheduleAck, tcpUrg } from './tcp-data.ts';
import { tcpAckSndCheck, tcpDataSndCheck, tcpReset, tcpValidateIncoming } from './tcp-input.ts';
import { spuriousSyn } from './tcp-spurious.ts';
import { TcpExtPAWSActive, TcpExtTCPAbortOnData } from './tcp-mib.ts';
import { tcpTimeWait } from './tcp-minisocks.ts';
import { tcpMd5Len } from './tcp-md5.ts';
import { tcpMtuProbeInit } from './tcp-mtu-probe.ts';
import { tcpSyncMss } from './tcp-mss.ts';
import { netInc } from './tcp-net.ts';
import { tcpParseOptions } from './tcp-options.ts';
import { tcpPawsReject, tcpStoreTsRecent } from './tcp-paws.ts';
import { quickAckGrant } from './tcp-quickack.ts';
import { rcvMssInit } from './tcp-rcv-mss.ts';
import type { TcpTuple } from './tcp-reply.ts';
import { tcpRttEstimator, tcpSetRto, tcpUpdateRttMin } from './tcp-rtt.ts';
import { tcpArmDelack, tcpSendAck, tcpSendSynack } from './tcp-send.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpUpdateMetrics } from './tcp-metrics.ts';
import { tcpDone, tcpSetState } from './tcp-state.ts';
import { tcpConnRequest } from './tcp-conn-request.ts';
import { tcpRtxSynack } from './tcp-synack.ts';
import { tcpInitTransfer } from './tcp-init-transfer.ts';
import { tcpRearmRto, tcpResetXmitTimer } from './tcp-xmit-timer.ts';
import { tcpFinTime, keepaliveTimeWhen, tcpResetKeepaliveTimer } from './tcp-keepalive.ts';
import { tcpFastPathOn } from './tcp-fast-path.ts';
import { tcpSendChallengeAck } from './tcp-challenge.ts';

/** The connect completed (tcp_finish_connect). */
export function tcpFinishConnect(tp: TcpSock): void {
  tcpSetState(tp, TCP_ESTABLISHED);
  tp.ackLrcvtime = tp.kernel.jiffies;
  // From here on every segment carries a timestamp.
  if (tp.rxOpt.tstampOk) tp.advmss -= 12;
  tcpInitTransfer(tp);
  tp.lsndtime = nonZero(tp.kernel.jiffies);
  if (sockFlag(tp, SOCK_KEEPOPEN)) tcpResetKeepaliveTimer(tp, keepaliveTimeWhen(tp));
  if (tp.rxOpt.sndWscale === 0) tcpFastPathOn(tp);
  else tp.predFlags = 0;
}

function nonZero(n: number): number {
  return n === 0 ? 1 : n;
}

/** The peer does not speak ECN. */
function noEcn(tp: TcpSock): void {
  tp.ecnFlags = 0;
  tp.tos &= ~INET_ECN_MASK;
}

/** A segment in SYN-SENT (RFC 9293 section 3.10.7.3; tcp_rcv_synsent_state_process). Consumes it unless it returns 1: a RST must answer. */
function tcpRcvSynsent(tp: TcpSock, skb: Skb): number {
  const tn = tp.tn;
  const rx = tp.rxOpt;
  const flags = skb.cb2;
  const ktime = tp.kernel.ktime;
  const savedClamp = tp.mssClamp;
  rx.mssClamp = 0;
  rx.sackOk = false;
  rx.wscaleOk = false;
  rx.sndWscale = 0;
  rx.tstampOk = false;
  tcpParseOptions(skb.view, skb.transportHeader, skb.cb11, rx, (flags & TCPHDR_SYN) !== 0, false, tn.timestamps !== 0, tn.sack !== 0, tn.windowScaling !== 0);

  if ((flags & TCPHDR_ACK) !== 0) {
    // Acknowledges something that we did not send: an old connection's.
    if (!after(skb.cb4, tp.sndUna) || after(skb.cb4, tp.sndNxt)) {
      // Do not wait long to try again, once the other end has been reset.
      if (tp.retransmits === 0) tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, TCP_TIMEOUT_MIN);
      return 1;
    }
    if (rx.sawTstamp && rx.rcvTsecr !== 0) {
      const ecr = (rx.rcvTsecr - tp.tsoffset) | 0;
      const now = tcpTimeStampMs(ktime);
      if (before(ecr, tp.rexmitTs) || after(ecr, now)) {
        netInc(tn, TcpExtPAWSActive);
        return 1;
      }
    }
    if ((flags & TCPHDR_RST) !== 0) {
      tcpReset(tp);
      kfreeSkbReason(skb, DROP.TCP_RESET);
      return 0;
    }
    if ((flags & TCPHDR_SYN) === 0) {
      kfreeSkbReason(skb, DROP.TCP_FLAGS);
      return 0;
    }
    // ECN is on when the SYN-ACK has ECE and not CWR.
    if ((tp.ecnFlags & TCP_ECN_OK) !== 0 && (flags & (TCPHDR_ECE | TCPHDR_CWR)) !== TCPHDR_ECE) noEcn(tp);
    tp.sndWl1 = skb.cb0;
    tcpAck(tp, skb, SEG_ALL_CHECKS);
    spuriousSyn(tp);
    tp.rcvNxt = (skb.cb0 + 1) | 0;
    tp.rcvWup = tp.rcvNxt;
    // The window of a SYN is never scaled.
    tp.sndWnd = tcphWindow(skb.view, skb.transportHeader);
    tcpTakeSynOptions(tp, savedClamp, ktime);
    tp.copiedSeq = tp.rcvNxt;
    tcpFinishConnect(tp);
    const { tfo } = tp;
    const again = tfo !== null && tfoSynack(tp, tfo, skb);
    if (!sockFlag(tp, SOCK_DEAD)) tp.stateChange(tp);
    if (tfo !== null && skb.len > skb.cb11 && (tp.state as number) === TCP_ESTABLISHED) {
      // Data with the SYN-ACK (RFC 7413 section 4.2.2).
      skb.cb0 = (skb.cb0 + 1) | 0;
      skb.cb2 &= ~TCPHDR_SYN;
      tcpDataQueue(tp, skb);
    } else {
      consumeSkb(skb);
    }
    if ((tp.state as number) === TCP_CLOSE) return 0;
    if (again) return -1;
    if (tp.writeQueue.head !== null || tp.deferConnect || tp.writePending > 0 || tp.ackPingpong > 0) {
      // Data is about to follow and will carry the ACK.
      tcpScheduleAck(tp);
      quickAckGrant(tp, TCP_MAX_QUICKACKS);
      tp.ackAto = 40;
      tp.ackPending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
      tcpArmDelack(tp, (tp.kernel.jiffies + TCP_DELACK_MAX) | 0);
      return -1;
    }
    tcpSendAck(tp);
    return -1;
  }

  if ((flags & TCPHDR_RST) !== 0) {
    kfreeSkbReason(skb, DROP.TCP_RESET);
    return 0;
  }
  if (rx.tsRecentStamp !== 0 && rx.sawTstamp && tcpPawsReject(rx, false, ktime)) {
    kfreeSkbReason(skb, DROP.TCP_RFC7323_PAWS);
    return 0;
  }
  if ((flags & TCPHDR_SYN) === 0) {
    kfreeSkbReason(skb, DROP.TCP_FLAGS);
    return 0;
  }
  // SYNs cross: a simultaneous open (RFC 9293 section 3.5, figure 7).
  tcpSetState(tp, TCP_SYN_RECV);
  tp.rcvNxt = (skb.cb0 + 1) | 0;
  tp.copiedSeq = tp.rcvNxt;
  tp.rcvWup = tp.rcvNxt;
  tp.sndWnd = tcphWindow(skb.view, skb.transportHeader);
  tp.sndWl1 = skb.cb0;
  tp.maxWindow = tp.sndWnd;
  if ((tp.ecnFlags & TCP_ECN_OK) !== 0 && (flags & (TCPHDR_ECE | TCPHDR_CWR)) !== (TCPHDR_ECE | TCPHDR_CWR)) noEcn(tp);
  tcpTakeSynOptions(tp, savedClamp, ktime);
  consumeSkb(skb);
  tcpSendSynack(tp);
  return 0;
}

/** What the peer's SYN settled. */
function tcpTakeSynOptions(tp: TcpSock, savedClamp: number, ktime: number): void {
  const rx = tp.rxOpt;
  // Without an MSS option 536 is all that is known (RFC 9293 section 3.7.1).
  tp.mssClamp = rx.mssClamp !== 0 ? rx.mssClamp : tp.userMss > 0 ? Math.min(savedClamp, 536) : 536;
  if (!rx.wscaleOk) {
    rx.sndWscale = 0;
    rx.rcvWscale = 0;
    tp.windowClamp = Math.min(tp.windowClamp, 65535);
  }
  if (rx.sawTstamp) {
    rx.tstampOk = true;
    tp.tcpHeaderLen = 32;
    tcpStoreTsRecent(rx, ktime);
  } else {
    rx.tstampOk = false;
    tp.tcpHeaderLen = 20;
  }
  if (tp.extra !== null) tp.tcpHeaderLen += tcpMd5Len(tp);
  tcpMtuProbeInit(tp);
  if (tp.dst !== null) tcpSyncMss(tp, dstMtu(tp.dst));
  else tcpSyncMss(tp, tp.pmtuCookie);
  rcvMssInit(tp);
}

/** The handshake's own round trip is the first sample (tcp_synack_rtt_meas). */
function tcpSynackRttMeas(tp: TcpSock): void {
  if (tp.synackStamp === 0 || tp.synackRetrans > 0) return;
  const rtt = (tp.mstamp - tp.synackStamp) | 0;
  if (rtt < 0) return;
  tcpUpdateRttMin(tp, rtt);
  tcpRttEstimator(tp, rtt);
  tcpSetRto(tp);
}

/** Data after everybody has stopped reading. */
function dataAfterClose(tp: TcpSock, skb: Skb): boolean {
  const fin = (skb.cb2 & TCPHDR_FIN) !== 0 ? 1 : 0;
  return skb.cb0 !== skb.cb1 && after((skb.cb1 - fin) | 0, tp.rcvNxt);
}

/** Our FIN is acknowledged: FIN-WAIT-2, or TIME-WAIT's little record. Returns 1 when a RST must answer, -1 when the sock has ended and the skb is dropped. */
function tcpEnterFinWait2(tp: TcpSock, skb: Skb): number {
  tcpSetState(tp, TCP_FIN_WAIT2);
  tp.shutdown |= SEND_SHUTDOWN;
  if (!sockFlag(tp, SOCK_DEAD)) {
    tp.stateChange(tp);
    return 0;
  }
  if (tp.linger2 < 0) {
    tcpDone(tp);
    netInc(tp.tn, TcpExtTCPAbortOnData);
    return 1;
  }
  if (dataAfterClose(tp, skb)) {
    tcpDone(tp);
    netInc(tp.tn, TcpExtTCPAbortOnData);
    return 1;
  }
  const tmo = tcpFinTime(tp);
  if (tmo > TCP_TIMEWAIT_LEN) {
    tcpResetKeepaliveTimer(tp, tmo - TCP_TIMEWAIT_LEN);
  } else if ((skb.cb2 & TCPHDR_FIN) !== 0) {
    // The FIN is in this very segment and will be seen below.
    tcpResetKeepaliveTimer(tp, tmo);
  } else {
    tcpTimeWait(tp, TCP_FIN_WAIT2, tmo);
    return -1;
  }
  return 0;
}

/**
 * A segment for a socket that is not ESTABLISHED. Consumes it and returns 0, or returns 1, not having consumed it: the caller answers with a RST.
 * `tuple` and `isn` serve a listener.
 */
export function tcpRcvStateProcess(tp: TcpSock, skb: Skb, tuple: TcpTuple, isn: number): number {
  const flags = skb.cb2;
  switch (tp.state) {
    case TCP_CLOSE:
      kfreeSkbReason(skb, DROP.TCP_CLOSE);
      return 0;
    case TCP_LISTEN:
      if ((flags & TCPHDR_ACK) !== 0) return 1;
      if ((flags & TCPHDR_RST) !== 0) {
        kfreeSkbReason(skb, DROP.TCP_RESET);
        return 0;
      }
      if ((flags & TCPHDR_SYN) !== 0) {
        if ((flags & TCPHDR_FIN) !== 0) {
          kfreeSkbReason(skb, DROP.TCP_FLAGS);
          return 0;
        }
        tcpConnRequest(tp, skb, tuple, isn);
        consumeSkb(skb);
        return 0;
      }
      kfreeSkbReason(skb, DROP.TCP_FLAGS);
      return 0;
    case TCP_SYN_SENT: {
      tcpMstampRefresh(tp);
      const r = tcpRcvSynsent(tp, skb);
      if (r === 1) return 1;
      if (r < 0) tcpDataSndCheck(tp);
      return 0;
    }
  }
  tcpMstampRefresh(tp);
  tp.rxOpt.sawTstamp = false;
  if ((flags & (TCPHDR_ACK | TCPHDR_RST | TCPHDR_SYN)) === 0) {
    kfreeSkbReason(skb, DROP.TCP_FLAGS);
    return 0;
  }
  const tfoReq = tp.tfo === null ? null : tp.tfo.req;
  if (tfoReq !== null && (flags & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST)) === TCPHDR_SYN && skb.cb0 === tfoReq.rcvIsn) {
    // Our SYN-ACK was lost.
    tcpRtxSynack(tp, tfoReq);
    kfreeSkbReason(skb, DROP.TCP_INVALID_SYN);
    return 0;
  }
  if (!tcpValidateIncoming(tp, skb)) return 0;

  const reason = tcpAck(tp, skb, SEG_ALL_CHECKS | SEG_TAKE_TIMESTAMP | SEG_NO_CHALLENGE);
  // Before the handshake is done, nothing but the ACK of our SYN will do.
  if (tp.state === TCP_SYN_RECV && tfoReq === null && (reason <= 0 || tp.packetsOut > 0)) return 1;
  if (reason < 0) {
    tcpSendChallengeAck(tp);
    kfreeSkbReason(skb, -reason);
    return 0;
  }
  switch (tp.state) {
    case TCP_SYN_RECV:
      if (tfoReq === null) tcpSynRecvEstablished(tp, skb);
      else tfoChildEstablished(tp, skb);
      break;
    case TCP_FIN_WAIT1:
      if (tp.sndUna === tp.writeSeq) {
        const r = tcpEnterFinWait2(tp, skb);
        if (r === 1) return 1;
        if (r < 0) {
          consumeSkb(skb);
          return 0;
        }
      }
      break;
    case TCP_CLOSING:
      if (tp.sndUna === tp.writeSeq) {
        tcpTimeWait(tp, TCP_TIME_WAIT, 0);
        consumeSkb(skb);
        return 0;
      }
      break;
    case TCP_LAST_ACK:
      if (tp.sndUna === tp.writeSeq) {
        tcpUpdateMetrics(tp);
        tcpDone(tp);
        consumeSkb(skb);
        return 0;
      }
      break;
  }
  tcpUrg(tp, skb);

  const state = tp.state as number;
  const closing = state === TCP_CLOSE_WAIT || state === TCP_CLOSING || state === TCP_LAST_ACK;
  const finWait = state === TCP_FIN_WAIT1 || state === TCP_FIN_WAIT2;
  // Behind the peer's FIN only what was received already may come.
  const repeated = closing && before(skb.cb0, tp.rcvNxt);
  if ((finWait || repeated) && (tp.shutdown & RCV_SHUTDOWN) !== 0 && dataAfterClose(tp, skb)) {
    // Nobody will read: tell the peer (RFC 2525 section 2.17).
    netInc(tp.tn, TcpExtTCPAbortOnData);
    tcpReset(tp);
    return 1;
  }
  const queued = finWait || repeated || state === TCP_ESTABLISHED;
  if (queued) tcpDataQueue(tp, skb);
  if ((tp.state as number) !== TCP_CLOSE) {
    tcpDataSndCheck(tp);
    tcpAckSndCheck(tp);
  }
  if (!queued) consumeSkb(skb);
  return 0;
}

/** The same for a connection that has lived since its SYN: all that is settled already stays. */
function tfoChildEstablished(tp: TcpSock, skb: Skb): void {
  if (tp.srttUs === 0) tcpSynackRttMeas(tp);
  spuriousSyn(tp);
  tp.rexmitTs = 0;
  // The SYN-ACK has arrived.
  tp.delivered++;
  tcpSetState(tp, TCP_ESTABLISHED);
  tp.stateChange(tp);
  tp.sndWnd = tcphWindow(skb.view, skb.transportHeader) << tp.rxOpt.sndWscale;
  tp.sndWl1 = skb.cb0;
  if (tp.sndWnd > tp.maxWindow) tp.maxWindow = tp.sndWnd;
  tcpUpdatePacingRate(tp);
  tcpRearmRto(tp);
  rcvMssInit(tp);
  tcpFastPathOn(tp);
}

/** The ACK of our SYN-ACK: the connection is established (RFC 9293 section 3.10.7.4, fifth check). */
function tcpSynRecvEstablished(tp: TcpSock, skb: Skb): void {
  if (tp.srttUs === 0) tcpSynackRttMeas(tp);
  spuriousSyn(tp);
  tp.rexmitTs = 0;
  tp.copiedSeq = tp.rcvNxt;
  if (tp.rxOpt.tstampOk) tp.advmss -= 12;
  tcpInitTransfer(tp);
  tcpSetState(tp, TCP_ESTABLISHED);
  tp.stateChange(tp);
  tp.sndUna = skb.cb4;
  tp.sndWnd = tcphWindow(skb.view, skb.transportHeader) << tp.rxOpt.sndWscale;
  tp.sndWl1 = skb.cb0;
  if (tp.sndWnd > tp.maxWindow) tp.maxWindow = tp.sndWnd;
  tcpUpdatePacingRate(tp);
  tp.lsndtime = nonZero(tp.kernel.jiffies);
  rcvMssInit(tp);
  tcpFastPathOn(tp);
}
