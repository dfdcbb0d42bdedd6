/** The timers of a connection: retransmission, probes, delayed ACK, keepalive (RFC 6298 section 5, RFC 9293 section 3.8). */
import { ETIMEDOUT, modTimer } from '@linnet/kernel';
import type { InetConnectionSock } from '@linnet/inet';
import { sockFlag, SOCK_DEAD, SOCK_KEEPOPEN } from '@linnet/socket';
import {
  TCP_CA_Disorder,
  TCP_CA_Loss,
  TCP_CA_Recovery,
  TCP_CLOSE,
  TCP_FIN_WAIT2,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from '@linnet/uapi';
import { tcpMstampRefresh, tcpTimeStampMs } from './tcp-clock.ts';
import {
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
  ICSK_TIME_LOSS_PROBE,
  ICSK_TIME_PROBE0,
  ICSK_TIME_REO_TIMEOUT,
  ICSK_TIME_RETRANS,
  TCP_ATO_MIN,
  TCP_PINGPONG_THRESH,
  TCP_RESOURCE_PROBE_INTERVAL,
  TCP_RTO_MAX,
  TCP_TIMEOUT_INIT,
  TCP_TIMEWAIT_LEN,
} from './tcp-const.ts';
import {
  TcpExtDelayedACKs,
  TcpExtTCPAbortOnMemory,
  TcpExtTCPAbortOnTimeout,
  TcpExtTCPLossFailures,
  TcpExtTCPRenoFailures,
  TcpExtTCPSackFailures,
  TcpExtTCPSackRecoveryFail,
  TcpExtTCPRenoRecoveryFail,
  TcpExtTCPTimeouts,
} from './tcp-mib.ts';
import { tcpMtuBlackhole } from './tcp-mtu-probe.ts';
import { tcpTimeWait } from './tcp-minisocks.ts';
import { netInc } from './tcp-net.ts';
import { recoveryRackTimer } from './tcp-recovery.ts';
import { tcpRetransmitSkb } from './tcp-retransmit.ts';
import { rtoBegin } from './tcp-rto.ts';
import { tcpQueuesEmpty } from './tcp-rtx-queue.ts';
import { tcpSendAck, tcpSendActiveReset, tcpSendKeepalive, tcpSendProbe0 } from './tcp-send.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';
import { tcpRtxSynack } from './tcp-synack.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpDone, tcpDoneWithError } from './tcp-state.ts';
import { tlpSendProbe } from './tcp-tlp-probe.ts';
import { tcpProbe0Backoff, tcpResetXmitTimer, tcpRtoMaxOf } from './tcp-xmit-timer.ts';
import { tcpFinTime, tcpResetKeepaliveTimer, keepaliveTimeWhen, keepaliveIntvlWhen, keepaliveProbes } from './tcp-keepalive.ts';

/** Gives up: reports the soft error that was last seen, or ETIMEDOUT (tcp_write_err). */
function tcpWriteErr(tp: TcpSock): void {
  const err = tp.errSoft !== 0 ? tp.errSoft : ETIMEDOUT;
  tcpDoneWithError(tp, err);
  netInc(tp.tn, TcpExtTCPAbortOnTimeout);
}

/** How many retransmissions an orphan gets (tcp_orphan_retries). `alive`: it still has a useful timeout. */
function tcpOrphanRetries(tp: TcpSock, alive: boolean): number {
  let n = tp.tn.orphanRetries;
  if (tp.errSoft !== 0 && !alive) n = 0;
  if (n === 0 && alive) n = 8;
  return n;
}

/** Too many orphans, or too much memory: kills this one (tcp_out_of_resources). */
function tcpOutOfResources(tp: TcpSock, doReset: boolean): boolean {
  let shift = 0;
  // A peer that shut its window long ago is likelier dead.
  if (((tp.kernel.jiffies - tp.lsndtime) | 0) > 2 * TCP_RTO_MAX || !doReset) shift++;
  if (tp.errSoft !== 0) shift++;
  if (tp.tn.orphans << shift > tp.tn.maxOrphans || tp.tk.memory.allocated > tp.tk.memory.high) {
    if (((tp.kernel.jiffies - tp.lsndtime) | 0) <= TCP_TIMEWAIT_LEN || (tp.sndWnd === 0 && tp.packetsOut === 0)) doReset = true;
    if (doReset) tcpSendActiveReset(tp);
    tcpDone(tp);
    netInc(tp.tn, TcpExtTCPAbortOnMemory);
    return true;
  }
  return false;
}

/** How long `boundary` retransmissions with backoff take from a timeout of `base`, in ms (tcp_model_timeout). */
export function tcpModelTimeout(boundary: number, base: number, max: number): number {
  const linear = Math.floor(Math.log2(max / base));
  if (boundary <= linear) return (2 ** (boundary + 1) - 1) * base;
  return (2 ** (linear + 1) - 1) * base + (boundary - linear) * max;
}

/** Has the connection been retransmitting for as long as `boundary` retransmissions would take, or for `timeout` ms? (retransmits_timed_out) */
function retransmitsTimedOut(tp: TcpSock, boundary: number, timeout: number): boolean {
  if (tp.retransmits === 0) return false;
  let start = tp.rexmitTs;
  if (start === 0) {
    const head = tp.rtxQueue.head;
    if (head === null) return false;
    start = tcpTimeStampMs(tp.kernel.ktime - ((tp.mstamp - head.cb5) | 0) * 1000);
  }
  if (timeout === 0) {
    const base = (1 << tp.state) & ((1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV)) ? TCP_TIMEOUT_INIT : tp.rtoMin;
    timeout = tcpModelTimeout(boundary, base, tcpRtoMaxOf(tp));
  }
  return ((tcpTimeStampMs(tp.kernel.ktime) - start - timeout) | 0) >= 0;
}

/** Decides whether a connection that is not answered goes on (tcp_write_timeout). True: it has ended. */
function tcpWriteTimeout(tp: TcpSock): boolean {
  const tn = tp.tn;
  let expired: boolean;
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) {
    // Counted in time, as if every repetition had backed off: the linear ones at the start do not make it longer.
    expired = retransmitsTimedOut(tp, tp.synRetries !== 0 ? tp.synRetries : tn.synRetries, tp.userTimeout);
  } else {
    if (retransmitsTimedOut(tp, tn.retries1, 0)) {
      tcpMtuBlackhole(tp);
      // The path may have changed: ask routing again, and doubt large segments (RFC 1191 section 6.3).
      const dst = tp.dst;
      if (dst !== null && dst.ops.negativeAdvice !== undefined) tp.dst = dst.ops.negativeAdvice(dst);
    }
    let most = tn.retries2;
    if (sockFlag(tp, SOCK_DEAD)) {
      const alive = tp.rto < tcpRtoMaxOf(tp);
      most = tcpOrphanRetries(tp, alive);
      if (tcpOutOfResources(tp, alive || !retransmitsTimedOut(tp, most, 0))) return true;
    }
    expired = retransmitsTimedOut(tp, most, tp.userTimeout);
  }
  if (expired) {
    tcpWriteErr(tp);
    return true;
  }
  return false;
}

/** The next timeout with TCP_USER_TIMEOUT in view (tcp_clamp_rto_to_user_timeout). */
function tcpClampRtoToUserTimeout(tp: TcpSock): number {
  if (tp.userTimeout === 0 || tp.rexmitTs === 0) return tp.rto;
  const left = (tp.userTimeout - (tcpTimeStampMs(tp.kernel.ktime) - tp.rexmitTs)) | 0;
  return left <= 0 ? 1 : Math.min(tp.rto, left);
}

/** A Fast Open connection whose handshake has not ended: the SYN-ACK goes first. */
function synackTimer(tp: TcpSock, req: TcpRequestSock): void {
  netInc(tp.tn, TcpExtTCPTimeouts);
  const most = tp.synRetries !== 0 ? tp.synRetries : tp.tn.synackRetries;
  if (req.numTimeout >= most) {
    tcpWriteErr(tp);
    return;
  }
  req.numTimeout++;
  tp.synackRetrans = req.numTimeout;
  req.foCookie = null;
  tcpRtxSynack(tp, req);
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, Math.min(TCP_TIMEOUT_INIT * 2 ** req.numTimeout, tcpRtoMaxOf(tp)));
}

/** The retransmission timer fired (RFC 6298 section 5, tcp_retransmit_timer). */
function tcpRetransmitTimer(tp: TcpSock): void {
  const req = tp.tfo === null ? null : tp.tfo.req;
  if (req !== null) {
    synackTimer(tp, req);
    return;
  }
  const head = tp.rtxQueue.head;
  if (tp.packetsOut === 0 || head === null) return;
  if (tp.sndWnd === 0 && !sockFlag(tp, SOCK_DEAD) && tp.state !== TCP_SYN_SENT && tp.state !== TCP_SYN_RECV) {
    // The peer withdrew its window while data was under way: probe with the first segment, but do not treat it as loss.
    // TCP_USER_TIMEOUT bounds the stall although the peer answers (tcp(7)).
    const late = tp.userTimeout > 0 && tp.rexmitTs !== 0 && ((tcpTimeStampMs(tp.kernel.ktime) - tp.rexmitTs - tp.userTimeout) | 0) >= 0;
    if (late || ((tp.kernel.jiffies - tp.rcvTstamp) | 0) > tcpRtoMaxOf(tp)) {
      tcpWriteErr(tp);
      return;
    }
    rtoBegin(tp);
    tcpRetransmitSkb(tp, head, 1);
    tcpAfterRetransmit(tp);
    return;
  }
  netInc(tp.tn, TcpExtTCPTimeouts);
  if (tcpWriteTimeout(tp)) return;
  if (tp.retransmits === 0) {
    if (tp.caState === TCP_CA_Recovery) netInc(tp.tn, tp.rxOpt.sackOk ? TcpExtTCPSackRecoveryFail : TcpExtTCPRenoRecoveryFail);
    else if (tp.caState === TCP_CA_Loss) netInc(tp.tn, TcpExtTCPLossFailures);
    else if (tp.caState === TCP_CA_Disorder || tp.sackedOut > 0) netInc(tp.tn, tp.rxOpt.sackOk ? TcpExtTCPSackFailures : TcpExtTCPRenoFailures);
  }
  rtoBegin(tp);
  tp.retransmits++;
  tp.totalRto++;
  if (tcpRetransmitSkb(tp, tp.rtxQueue.head!, 1) > 0) {
    // Dropped on our side: soon again.
    tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, Math.min(tp.rto, TCP_RESOURCE_PROBE_INTERVAL));
    return;
  }
  tcpAfterRetransmit(tp);
}

/** Backs off and sets the timer anew (RFC 6298 section 5.5). */
function tcpAfterRetransmit(tp: TcpSock): void {
  const syn = tp.state === TCP_SYN_SENT;
  if (syn && tp.backoff === 0 && tp.totalRto <= tp.tn.synLinearTimeouts) {
    // The first SYNs go out at equal distances.
  } else {
    tp.backoff++;
    tp.rto = Math.min(tp.rto * 2, tcpRtoMaxOf(tp));
  }
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tcpClampRtoToUserTimeout(tp));
}

/** The zero-window probe timer fired (tcp_probe_timer). */
function tcpProbeTimer(tp: TcpSock): void {
  if (tp.packetsOut > 0 || tp.writeQueue.head === null) {
    tp.probesOut = 0;
    tp.probesTstamp = 0;
    return;
  }
  const now = tp.kernel.jiffies;
  if (tp.probesTstamp === 0) tp.probesTstamp = now === 0 ? 1 : now;
  else if (tp.userTimeout > 0 && ((now - tp.probesTstamp) | 0) >= tp.userTimeout) {
    tcpWriteErr(tp);
    return;
  }
  let most = tp.tn.retries2;
  if (sockFlag(tp, SOCK_DEAD)) {
    const max = tcpRtoMaxOf(tp);
    // Once the interval cannot grow any more, a peer that answers and keeps its window shut is as good as a dead one.
    const alive = tcpProbe0Backoff(tp) < max;
    most = tcpOrphanRetries(tp, alive);
    if (!alive && tp.backoff >= most) {
      tcpWriteErr(tp);
      return;
    }
    if (tcpOutOfResources(tp, true)) return;
  }
  if (tp.probesOut >= most) {
    tcpWriteErr(tp);
    return;
  }
  tcpSendProbe0(tp);
}

/** The sender's timer fired (tcp_write_timer). */
export function tcpWriteTimer(sk: InetConnectionSock): void {
  const tp = sk as TcpSock;
  if (tp.state === TCP_CLOSE || tp.state === TCP_LISTEN || tp.pending === 0) return;
  // The deadline moved after the timer was set.
  if (((tp.timeout - tp.kernel.jiffies) | 0) > 0) {
    modTimer(tp.kernel, tp.retransmitTimer, tp.timeout);
    return;
  }
  tcpMstampRefresh(tp);
  const what = tp.pending;
  switch (what) {
    case ICSK_TIME_REO_TIMEOUT:
      tp.pending = 0;
      recoveryRackTimer(tp);
      break;
    case ICSK_TIME_LOSS_PROBE:
      tlpSendProbe(tp);
      break;
    case ICSK_TIME_RETRANS:
      tp.pending = 0;
      tcpRetransmitTimer(tp);
      break;
    case ICSK_TIME_PROBE0:
      tp.pending = 0;
      tcpProbeTimer(tp);
      break;
  }
}

/** The delayed-ACK timer fired (tcp_delack_timer). */
export function tcpDelackTimer(sk: InetConnectionSock): void {
  const tp = sk as TcpSock;
  if (tp.state === TCP_CLOSE || tp.state === TCP_LISTEN || (tp.ackPending & ICSK_ACK_TIMER) === 0) return;
  if (((tp.ackTimeout - tp.kernel.jiffies) | 0) > 0) {
    modTimer(tp.kernel, tp.delackTimer, tp.ackTimeout);
    return;
  }
  tp.ackPending &= ~ICSK_ACK_TIMER;
  if ((tp.ackPending & ICSK_ACK_SCHED) === 0) return;
  if (tp.ackPingpong < TCP_PINGPONG_THRESH) {
    // Nothing to ride on came: wait longer next time.
    tp.ackAto = Math.min(tp.ackAto << 1, tp.rto);
  } else {
    tp.ackPingpong = 0;
    tp.ackAto = TCP_ATO_MIN;
  }
  tcpMstampRefresh(tp);
  tcpSendAck(tp);
  netInc(tp.tn, TcpExtDelayedACKs);
}

/** Jiffies since anything came from the peer (keepalive_time_elapsed). */
function keepaliveTimeElapsed(tp: TcpSock): number {
  const now = tp.kernel.jiffies;
  return Math.min((now - tp.ackLrcvtime) | 0, (now - tp.rcvTstamp) | 0);
}

/** The keepalive timer fired (RFC 9293 section 3.8.4, tcp_keepalive_timer). */
export function tcpKeepaliveTimer(sk: InetConnectionSock): void {
  const tp = sk as TcpSock;
  if (tp.state === TCP_LISTEN) return;
  tcpMstampRefresh(tp);
  if (tp.state === TCP_FIN_WAIT2 && sockFlag(tp, SOCK_DEAD)) {
    if (tp.linger2 >= 0) {
      const left = tcpFinTime(tp) - TCP_TIMEWAIT_LEN;
      if (left > 0) {
        tcpTimeWait(tp, TCP_FIN_WAIT2, left);
        return;
      }
    }
    tcpSendActiveReset(tp);
    tcpDone(tp);
    return;
  }
  if (!sockFlag(tp, SOCK_KEEPOPEN) || tp.state === TCP_CLOSE || tp.state === TCP_SYN_SENT) return;
  let elapsed = keepaliveTimeWhen(tp);
  // Data under way probes well enough.
  if (tp.packetsOut === 0 && tcpQueuesEmpty(tp)) {
    elapsed = keepaliveTimeElapsed(tp);
    if (elapsed >= keepaliveTimeWhen(tp)) {
      const timedOut = tp.userTimeout > 0 ? elapsed >= tp.userTimeout && tp.probesOut > 0 : tp.probesOut >= keepaliveProbes(tp);
      if (timedOut) {
        tcpSendActiveReset(tp);
        tcpWriteErr(tp);
        return;
      }
      if (tcpSendKeepalive(tp) <= 0) {
        tp.probesOut++;
        elapsed = keepaliveIntvlWhen(tp);
      } else {
        elapsed = TCP_RESOURCE_PROBE_INTERVAL;
      }
    } else {
      elapsed = keepaliveTimeWhen(tp) - elapsed;
    }
  }
  tcpResetKeepaliveTimer(tp, elapsed);
}
