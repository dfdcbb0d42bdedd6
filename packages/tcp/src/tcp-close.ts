/** Ending a connection from our side: shutdown, close, abort, destruction (RFC 9293 section 3.6). */
import { ECONNABORTED, ECONNRESET, ENOENT } from '@linnet/kernel';
import { inet6ResetLocal, inetCskAcceptqRemove, inetCskClearXmitTimers, inetCskReqskPurge, inetPutPort } from '@linnet/inet';
import { DROP, kfreeSkbReason, skbDequeue, skbQueuePurge } from '@linnet/skbuff';
import { SEND_SHUTDOWN, SHUTDOWN_MASK, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, SOCK_DONE, sockFlag, SOCK_LINGER, sockOrphan } from '@linnet/socket';
import {
  IN6ADDR_ANY,
  after,
  TCP_CA_Open,
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
  TCPHDR_FIN,
} from '@linnet/uapi';
import { tcpInRepair } from './tcp-extra.ts';
import { FRTO_OFF } from './tcp-frto.ts';
import { tcpCleanupCongestionControl, tcpSetCaState } from './tcp-cong.ts';
import { TCP_INFINITE_SSTHRESH, TCP_INIT_CWND, TCP_TIMEOUT_INIT, TCP_TIMEWAIT_LEN } from './tcp-const.ts';
import {
  TcpExtTCPAbortOnClose,
  TcpExtTCPAbortOnData,
  TcpExtTCPAbortOnLinger,
  TcpExtTCPAbortOnMemory,
} from './tcp-mib.ts';
import { tcpTimeWait } from './tcp-minisocks.ts';
import { netInc } from './tcp-net.ts';
import { tcpClearOptions } from './tcp-options.ts';
import { tcpPacingStop } from './tcp-pacing.ts';
import { tcpWriteQueuePurge } from './tcp-rtx-queue.ts';
import { tcpSendActiveReset, tcpSendFin } from './tcp-send.ts';
import { tcpSetAf } from './tcp-af.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpDoneWithError, tcpSetState, inetCskDestroySock } from './tcp-state.ts';
import { tcpResetKeepaliveTimer, tcpFinTime } from './tcp-keepalive.ts';

/** The state after our FIN, and whether one must be sent (the table of tcp_close_state; RFC 9293 section 3.10.4). */
function tcpCloseState(tp: TcpSock): boolean {
  switch (tp.state) {
    case TCP_ESTABLISHED:
    case TCP_SYN_RECV:
      tcpSetState(tp, TCP_FIN_WAIT1);
      return true;
    case TCP_CLOSE_WAIT:
      tcpSetState(tp, TCP_LAST_ACK);
      return true;
    case TCP_SYN_SENT:
    case TCP_LISTEN:
      tcpSetState(tp, TCP_CLOSE);
      return false;
    default:
      return false;
  }
}

/** shutdown(2): the sending half ends with a FIN (tcp_shutdown). */
export function tcpShutdown(tp: TcpSock, how: number): void {
  if ((how & SEND_SHUTDOWN) === 0) return;
  const s = tp.state;
  if (s === TCP_ESTABLISHED || s === TCP_SYN_SENT || s === TCP_CLOSE_WAIT) {
    if (tcpCloseState(tp)) tcpSendFin(tp);
  }
}

/** Frees what is queued for reading; true when something of it was never read. */
function dropUnread(tp: TcpSock): boolean {
  let unread = false;
  for (let skb = skbDequeue(tp.receiveQueue); skb !== null; skb = skbDequeue(tp.receiveQueue)) {
    const end = (skb.cb2 & TCPHDR_FIN) !== 0 ? (skb.cb1 - 1) | 0 : skb.cb1;
    if (after(end, tp.copiedSeq)) unread = true;
    kfreeSkbReason(skb, DROP.SOCKET_CLOSE);
  }
  return unread;
}

/** Ends a listener: its requests and the connections that nobody accepted (inet_csk_listen_stop). */
function tcpListenStop(tp: TcpSock): void {
  inetCskReqskPurge(tp.tn.hashinfo, tp);
  for (let child = inetCskAcceptqRemove(tp); child !== null; child = inetCskAcceptqRemove(tp)) {
    tcpDisconnect(child as TcpSock);
    markOrphan(child as TcpSock);
    inetCskDestroySock(child as TcpSock);
  }
  tp.ackBacklog = 0;
}

function markOrphan(tp: TcpSock): void {
  sockOrphan(tp);
  if (!tp.orphanCounted) {
    tp.orphanCounted = true;
    tp.tn.orphans++;
  }
}

/** Are there too many sockets without owners, or is memory used up? (tcp_check_oom) */
function tcpCheckOom(tp: TcpSock): boolean {
  return tp.tn.orphans > tp.tn.maxOrphans || tp.tk.memory.allocated > tp.tk.memory.high;
}

/**
 * close(2): unread data or a zero linger time reset the connection, else it ends in order, on its own (tcp_close). The sock may be gone afterwards.
 * `timeoutMs` of SO_LINGER is waited for by the caller.
 */
export function tcpClose(tp: TcpSock): void {
  tp.shutdown = SHUTDOWN_MASK;
  if (tp.state === TCP_LISTEN) {
    tcpSetState(tp, TCP_CLOSE);
    tcpListenStop(tp);
  } else {
    const unread = dropUnread(tp) && !tcpInRepair(tp);
    if (tp.state === TCP_CLOSE) {
      // Nothing to tell anybody.
    } else if (unread) {
      // The peer must learn that its data was lost (RFC 2525 section 2.17).
      netInc(tp.tn, TcpExtTCPAbortOnClose);
      const wasSynSent = tp.state === TCP_SYN_SENT;
      if (!wasSynSent) tcpSendActiveReset(tp);
      tcpSetState(tp, TCP_CLOSE);
    } else if (tcpInRepair(tp)) {
      // It lives on elsewhere: not a word.
      tcpDisconnect(tp);
    } else if (sockFlag(tp, SOCK_LINGER) && tp.lingertime === 0) {
      tcpDisconnect(tp);
      netInc(tp.tn, TcpExtTCPAbortOnData);
    } else if (tcpCloseState(tp)) {
      tcpSendFin(tp);
    }
  }
  markOrphan(tp);
  if ((tp.state as number) === TCP_FIN_WAIT2) {
    if (tp.linger2 < 0) {
      tcpSendActiveReset(tp);
      tcpSetState(tp, TCP_CLOSE);
      netInc(tp.tn, TcpExtTCPAbortOnLinger);
    } else {
      const tmo = tcpFinTime(tp);
      if (tmo > TCP_TIMEWAIT_LEN) {
        tcpResetKeepaliveTimer(tp, tmo - TCP_TIMEWAIT_LEN);
      } else {
        tcpTimeWait(tp, TCP_FIN_WAIT2, tmo);
        return;
      }
    }
  }
  if ((tp.state as number) !== TCP_CLOSE && tcpCheckOom(tp)) {
    tcpSendActiveReset(tp);
    tcpSetState(tp, TCP_CLOSE);
    netInc(tp.tn, TcpExtTCPAbortOnMemory);
  }
  if ((tp.state as number) === TCP_CLOSE) inetCskDestroySock(tp);
}

/** Does an abort in this state need a RST? (tcp_need_reset; RFC 9293 section 3.10.5) */
function tcpNeedReset(state: number): boolean {
  return state === TCP_ESTABLISHED || state === TCP_CLOSE_WAIT || state === TCP_FIN_WAIT1 || state === TCP_FIN_WAIT2 || state === TCP_SYN_RECV;
}

/** Ends a sock whatever it does, for somebody else than its owner (tcp_abort): the next call reports `err` (positive). 0, or -ENOENT when it is closed already. */
export function tcpAbort(tp: TcpSock, err: number): number {
  if (tp.state === TCP_CLOSE) return -ENOENT;
  if (tp.state === TCP_LISTEN) {
    tcpSetState(tp, TCP_CLOSE);
    tcpListenStop(tp);
  }
  if (tcpNeedReset(tp.state)) tcpSendActiveReset(tp);
  tcpDoneWithError(tp, err);
  return 0;
}

/** Aborts whatever goes on and makes the sock fit for another connect (tcp_disconnect). Returns 0. */
export function tcpDisconnect(tp: TcpSock): number {
  const old = tp.state;
  if (old === TCP_LISTEN) {
    tcpSetState(tp, TCP_CLOSE);
    tcpListenStop(tp);
  } else if (tcpInRepair(tp) && old !== TCP_CLOSE) {
    tp.err = ECONNABORTED;
    tcpSetState(tp, TCP_CLOSE);
  } else if (tcpNeedReset(old)) {
    tcpSendActiveReset(tp);
    tp.err = ECONNRESET;
    tcpSetState(tp, TCP_CLOSE);
  } else {
    if (old !== TCP_CLOSE) {
      if ((old === TCP_CLOSING || old === TCP_LAST_ACK) && tp.sndNxt !== tp.writeSeq) tcpSendActiveReset(tp);
      tcpSetState(tp, TCP_CLOSE);
    }
    if (old === TCP_SYN_SENT) tp.err = ECONNRESET;
  }
  inetCskClearXmitTimers(tp);
  tcpPacingStop(tp);
  skbQueuePurge(tp.receiveQueue, DROP.SOCKET_CLOSE);
  tp.copiedSeq = tp.rcvNxt;
  tp.urgData = 0;
  tcpWriteQueuePurge(tp);
  skbQueuePurge(tp.outOfOrderQueue, DROP.SOCKET_CLOSE);
  tp.oooHint = null;
  tp.dport = 0;
  if ((tp.userlocks & SOCK_BINDADDR_LOCK) === 0) {
    tp.saddr = 0;
    tp.rcvSaddr = 0;
    inet6ResetLocal(tp);
  }
  if (tp.pinet6 !== null) {
    tp.v6Daddr = IN6ADDR_ANY;
    tcpSetAf(tp, tp.homeAf);
  }
  if (tp.bindBucket !== null && (tp.userlocks & SOCK_BINDPORT_LOCK) === 0) inetPutPort(tp.tn.hashinfo, tp);
  tp.shutdown = 0;
  tp.flags &= ~SOCK_DONE;
  tcpCleanupCongestionControl(tp);
  tp.srttUs = 0;
  tp.mdevUs = 0;
  tp.mdevMaxUs = 0;
  tp.rttvarUs = 0;
  tp.minRtt0 = -1;
  tp.rto = TCP_TIMEOUT_INIT;
  tp.rcvRttLastTsecr = 0;
  tp.rcvRttUs = 0;
  tp.rcvRttTime = 0;
  tp.writeSeq = (tp.writeSeq + tp.maxWindow + 2) | 0;
  if (tp.writeSeq === 0) tp.writeSeq = 1;
  tp.backoff = 0;
  tp.probesOut = 0;
  tp.probesTstamp = 0;
  tp.retransmits = 0;
  tp.pending = 0;
  tp.ackPending = 0;
  tp.ackQuick = 0;
  tp.ackPingpong = 0;
  tp.ackAto = 0;
  tp.ackRcvMss = 0;
  tp.sndSsthresh = TCP_INFINITE_SSTHRESH;
  tp.sndCwnd = TCP_INIT_CWND;
  tp.sndCwndCnt = 0;
  tp.windowClamp = 0;
  tp.windowClampSet = false;
  tp.delivered = 0;
  tp.deliveredCe = 0;
  tcpSetCaState(tp, TCP_CA_Open);
  tp.sackReneg = false;
  tp.predFlags = 0;
  tp.isCwndLimited = false;
  tp.recoveryPoint = 0;
  tp.undoable = false;
  tp.rexmitTs = 0;
  tp.totalRetrans = 0;
  tp.totalRto = 0;
  tp.tlpEndSeq = 0;
  tp.tlpIsRetrans = false;
  tp.frto = FRTO_OFF;
  tp.rackXmit = tp.xmitCount;
  tp.rackEndSeq = 0;
  tp.rackReoWndMult = 1;
  tp.rackReoWndPersist = 0;
  tp.rackInDsackRound = false;
  tp.reordering = tp.tn.reordering;
  tp.reordSeen = 0;
  tp.bytesSent = 0;
  tp.bytesAcked = 0;
  tp.bytesReceived = 0;
  tp.bytesRetrans = 0;
  tp.segsIn = 0;
  tp.segsOut = 0;
  tp.dataSegsIn = 0;
  tp.dataSegsOut = 0;
  tp.dsackDups = 0;
  tp.limit = 0;
  tp.busyUs = 0;
  tp.rwndLimitedUs = 0;
  tp.sndbufLimitedUs = 0;
  tp.numSacks = 0;
  tp.dsackPending = false;
  tp.numSackBlocks = 0;
  tp.lsndtime = 0;
  tp.urgMode = false;
  tp.ecnFlags = 0;
  tp.noSpace = false;
  if (tp.extra !== null) tp.extra.probe = null;
  tcpClearOptions(tp.rxOpt);
  tp.dst = null;
  tp.errorReport(tp);
  return 0;
}

