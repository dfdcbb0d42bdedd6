/**
 * DCTCP (RFC 8257): switches mark packets as soon as a queue forms, the receiver says of each packet whether it was marked, and the sender shrinks its window by the share of marked ones:
 * a little for a little congestion. For data centres only: others on the path must mark so.
 */
import { after, INET_DIAG_DCTCPINFO, TCP_CA_Recovery } from '@linnet/uapi';
import type { TcpCcInfo, TcpCongestionOps } from '../tcp-cong.ts';
import { CA_EVENT_LOSS, ICSK_ACK_NOW, ICSK_ACK_TIMER, TCP_ECN_DEMAND_CWR, TCP_ECN_OK } from '../tcp-const.ts';
import { tcpSendAck } from '../tcp-send.ts';
import type { TcpSock } from '../tcp-sock.ts';
import { reno } from './reno.ts';

/** Weight of a new observation (section 3.3's g; section 4.2 recommends 1/16). */
const G = 1 / 16;
/** A window that may not shrink further. */
const MIN_CWND = 2;

/** State of one connection. */
export class DctcpState {
  /** Both ends speak ECN; else this is Reno. */
  readonly ecn: boolean;
  /** The estimated share of marked segments, 0 to 1. In the beginning the worst is believed (section 4.2). */
  alpha = 1;
  /** DCTCP.CE: whether the last segment that came was marked. */
  ce = false;
  /** Where the observation window ends, and the counts at its beginning. */
  windowEnd: number;
  delivered: number;
  deliveredCe: number;

  constructor(tp: TcpSock) {
    this.ecn = (tp.ecnFlags & TCP_ECN_OK) !== 0;
    this.windowEnd = tp.sndNxt;
    this.delivered = tp.delivered;
    this.deliveredCe = tp.deliveredCe;
  }
}

function state(tp: TcpSock): DctcpState {
  return (tp.caPriv ??= new DctcpState(tp)) as DctcpState;
}

/** Section 3.3: once a window the share that was marked flows into the estimate. Counted in segments. */
function pktsAcked(tp: TcpSock): void {
  const s = state(tp);
  if (!after(tp.sndUna, s.windowEnd)) return;
  const delivered = tp.delivered - s.delivered;
  if (delivered > 0) s.alpha += G * ((tp.deliveredCe - s.deliveredCe) / delivered - s.alpha);
  s.delivered = tp.delivered;
  s.deliveredCe = tp.deliveredCe;
  s.windowEnd = tp.sndNxt;
}

/** Section 3.3: the answer to marks, once a window. */
function ssthresh(tp: TcpSock): number {
  const s = state(tp);
  return s.ecn ? Math.max(Math.floor(tp.sndCwnd * (1 - s.alpha / 2)), MIN_CWND) : reno.ssthresh(tp);
}

/** Section 3.5: the answer to a loss is that of every TCP. */
function setState(tp: TcpSock, to: number): void {
  if (to === TCP_CA_Recovery) tp.sndSsthresh = Math.max(Math.min(tp.sndSsthresh, tp.priorCwnd >> 1), MIN_CWND);
}

function cwndEvent(tp: TcpSock, ev: number): void {
  if (ev === CA_EVENT_LOSS) tp.sndSsthresh = Math.max(tp.sndCwnd >> 1, MIN_CWND);
}

/** Section 3.2: the echo says what came last; when that changes, what came before is acknowledged first, as it was, and the change is told at once. */
function ceArrived(tp: TcpSock, ce: boolean): void {
  const s = state(tp);
  if (ce !== s.ce) {
    if ((tp.ackPending & ICSK_ACK_TIMER) !== 0) tcpSendAck(tp);
    s.ce = ce;
    tp.ackPending |= ICSK_ACK_NOW;
  }
  if (ce) tp.ecnFlags |= TCP_ECN_DEMAND_CWR;
  else tp.ecnFlags &= ~TCP_ECN_DEMAND_CWR;
}

/** struct tcp_dctcp_info: whether it is at work, DCTCP.CE, alpha in 1/1024, and of this window the bytes that were marked and all of them. */
function info(tp: TcpSock): TcpCcInfo {
  const bytes = new Uint8Array(16);
  const s = tp.caInitialized ? state(tp) : null;
  if (s !== null && s.ecn) {
    const v = new DataView(bytes.buffer); // datapath-ok: a call of the user
    v.setUint16(0, 1, true);
    v.setUint16(2, s.ce ? 1 : 0, true);
    v.setUint32(4, Math.round(s.alpha * 1024), true);
    v.setUint32(8, (tp.deliveredCe - s.deliveredCe) * tp.mssCache, true);
    v.setUint32(12, (tp.delivered - s.delivered) * tp.mssCache, true);
  }
  return { attr: INET_DIAG_DCTCPINFO, bytes };
}

/** DCTCP as a pluggable algorithm (RFC 8257). @alpha */
export const dctcp: TcpCongestionOps = {
  name: 'dctcp',
  requiresEcn: true,
  init: (tp) => {
    tp.caPriv = new DctcpState(tp);
  },
  release: () => {},
  ssthresh,
  congAvoid: reno.congAvoid,
  undoCwnd: reno.undoCwnd,
  setState,
  cwndEvent,
  pktsAcked,
  congControl: null,
  info,
  ceArrived,
};
