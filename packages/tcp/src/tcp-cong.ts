/** Congestion control: the interface of its algorithms and what they share (RFC 5681); the reduction of the window is in tcp-prr.ts. */
import { capable, EINVAL, ENOENT, EPERM, type Kernel } from '@linnet/kernel';
import { CAP_NET_ADMIN, TCP_CA_CWR, TCP_CA_Recovery } from '@linnet/uapi';
import { TCP_ECN_OK, TCP_ECN_QUEUE_CWR, TCP_INFINITE_SSTHRESH } from './tcp-const.ts';
import { TCPK } from './tcp-kernel.ts';
import { TCP } from './tcp-net.ts';
import type { RateSample } from './tcp-rate-sample.ts';
import type { TcpSock } from './tcp-sock.ts';

/** A congestion control algorithm's own record (union tcp_cc_info of linux/inet_diag.h). @alpha */
export interface TcpCcInfo {
  /** INET_DIAG_VEGASINFO, INET_DIAG_DCTCPINFO or INET_DIAG_BBRINFO. */
  readonly attr: number;
  readonly bytes: Uint8Array;
}

/** A congestion control algorithm (struct tcp_congestion_ops). Its per-connection state lives in `tp.caPriv`. @alpha */
export interface TcpCongestionOps {
  readonly name: string;
  /** A connection begins to use it. */
  init(tp: TcpSock): void;
  /** A connection ends or chooses another. */
  release(tp: TcpSock): void;
  /** The slow-start threshold after a loss, in segments. */
  ssthresh(tp: TcpSock): number;
  /** Grows the window after `acked` segments were delivered; `ack` is the acknowledgment number. */
  congAvoid(tp: TcpSock, ack: number, acked: number): void;
  /** The window to go back to when a reduction proves needless. */
  undoCwnd(tp: TcpSock): number;
  /** The state machine moves to TCP_CA_*. */
  readonly setState: ((tp: TcpSock, state: number) => void) | null;
  /** CA_EVENT_*. */
  readonly cwndEvent: ((tp: TcpSock, ev: number) => void) | null;
  /** `n` segments were acknowledged with a round trip of `rttUs` microseconds (-1: unknown). */
  readonly pktsAcked: ((tp: TcpSock, n: number, rttUs: number) => void) | null;
  /** Takes over from `congAvoid` and PRR when not null. */
  readonly congControl: ((tp: TcpSock, ack: number, acked: number, rs: RateSample) => void) | null;
  /** The fewest segments of a super-segment; else `tcp_min_tso_segs`. */
  readonly minTsoSegs?: (tp: TcpSock) => number;
  /** Its state as TCP_CC_INFO and inet_diag tell it: the attribute and its bytes. */
  readonly info?: (tp: TcpSock) => TcpCcInfo;
  /** It works with ECN only: SYNs ask for it whatever `tcp_ecn` says, and all packets are ECN-capable. */
  readonly requiresEcn?: boolean;
  /** Takes over the echo of marks from RFC 3168: data came over a path with ECN, marked (`ce`) or not; RCV.NXT is still that before it. */
  readonly ceArrived?: (tp: TcpSock, ce: boolean) => void;
}

/** Registers an algorithm (tcp_register_congestion_control). Throws when the name is taken. @alpha */
export function tcpRegisterCongestionControl(k: Kernel, ops: TcpCongestionOps): void {
  const list = k.get(TCPK).congestionOps;
  if (list.some((o) => o.name === ops.name)) throw new Error(`congestion control ${ops.name} is registered twice`);
  list.push(ops);
}

/** The algorithm of a name, or null. */
export function tcpCaFind(k: Kernel, name: string): TcpCongestionOps | null {
  return k.get(TCPK).congestionOps.find((o) => o.name === name) ?? null;
}

/** Gives a new connection its algorithm: the namespace's default (tcp_assign_congestion_control). */
export function tcpAssignCongestionControl(tp: TcpSock): void {
  tp.caOps = tcpCaFind(tp.kernel, tp.tn.congestionControl) ?? tp.kernel.get(TCPK).congestionOps[0]!;
  tp.caPriv = null;
}

/** Starts the algorithm when the connection is established (tcp_init_congestion_control). */
export function tcpInitCongestionControl(tp: TcpSock): void {
  tp.ssthreshPrev = 0;
  tp.caOps!.init(tp);
  tp.caInitialized = true;
}

/** Changes the algorithm (TCP_CONGESTION). -ENOENT for an unknown name, -EPERM for one that only who has CAP_NET_ADMIN may choose (`tcp_allowed_congestion_control`). */
export function tcpSetCongestionControl(tp: TcpSock, name: string): number {
  if (name === '') return -EINVAL;
  const ops = tcpCaFind(tp.kernel, name);
  if (ops === null) return -ENOENT;
  if (ops === tp.caOps) return 0;
  const allowed = tp.kernel.initNet.get(TCP).allowedCongestionControl;
  if (!capable(tp.kernel, CAP_NET_ADMIN) && !allowed.split(/\s+/).includes(name)) return -EPERM;
  if (tp.caInitialized) tp.caOps!.release(tp);
  tp.caOps = ops;
  tp.caPriv = null;
  if (tp.caInitialized) ops.init(tp);
  return 0;
}

/** Ends the use of the algorithm (tcp_cleanup_congestion_control). */
export function tcpCleanupCongestionControl(tp: TcpSock): void {
  if (tp.caInitialized && tp.caOps !== null) tp.caOps.release(tp);
  tp.caInitialized = false;
  tp.caPriv = null;
}

/** Tells the algorithm of an event. */
export function tcpCaEvent(tp: TcpSock, ev: number): void {
  const f = tp.caOps!.cwndEvent;
  if (f !== null) f(tp, ev);
}

/** Moves the congestion state machine (tcp_set_ca_state). */
export function tcpSetCaState(tp: TcpSock, state: number): void {
  const f = tp.caOps!.setState;
  if (f !== null) f(tp, state);
  tp.caState = state;
}

/** Segments that the network still holds by our count: RFC 6675's pipe (section 4). */
export function tcpPipe(tp: TcpSock): number {
  return tp.packetsOut - tp.sackedOut - tp.lostOut + tp.retransOut;
}

/** Is the window below the threshold? @alpha */
export function tcpInSlowStart(tp: TcpSock): boolean {
  return tp.sndCwnd < tp.sndSsthresh;
}

/** No threshold yet? */
export function tcpInInitialSlowstart(tp: TcpSock): boolean {
  return tp.sndSsthresh >= TCP_INFINITE_SSTHRESH;
}

/** The threshold to note when the window shrinks for want of data: three quarters of it (RFC 2861 section 3.2). During a reduction it is what that aims at. */
export function tcpCurrentSsthresh(tp: TcpSock): number {
  if (tp.caState === TCP_CA_CWR || tp.caState === TCP_CA_Recovery) return tp.sndSsthresh;
  return Math.max(tp.sndSsthresh, (tp.sndCwnd >> 1) + (tp.sndCwnd >> 2));
}

/** Slow start (RFC 5681 section 3.1, RFC 3465): a segment for each acknowledged. Returns what is left when the threshold is reached. @alpha */
export function tcpSlowStart(tp: TcpSock, acked: number): number {
  const cwnd = Math.min(tp.sndCwnd + acked, tp.sndSsthresh);
  acked -= cwnd - tp.sndCwnd;
  tp.sndCwnd = Math.min(cwnd, tp.sndCwndClamp);
  return acked;
}

/** Additive increase: a segment for each `w` acknowledged (tcp_cong_avoid_ai). @alpha */
export function tcpCongAvoidAi(tp: TcpSock, w: number, acked: number): void {
  // w may have fallen since the count began.
  if (tp.sndCwndCnt >= w) {
    tp.sndCwndCnt = 0;
    tp.sndCwnd++;
  }
  tp.sndCwndCnt += acked;
  if (tp.sndCwndCnt >= w) {
    const delta = Math.floor(tp.sndCwndCnt / w);
    tp.sndCwndCnt -= delta * w;
    tp.sndCwnd += delta;
  }
  if (tp.sndCwnd > tp.sndCwndClamp) tp.sndCwnd = tp.sndCwndClamp;
}

/** CWR goes out with the next data (RFC 3168 section 6.1.2). */
export function ecnQueueCwr(tp: TcpSock): void {
  if ((tp.ecnFlags & TCP_ECN_OK) !== 0) tp.ecnFlags |= TCP_ECN_QUEUE_CWR;
}

/**
 * The rate that super-segments are sized for, and that a pacer keeps to: twice the window in a round trip in slow start, 1.2 times later (tcp_pacing_ss_ratio and tcp_pacing_ca_ratio of ip-sysctl;
 * tcp_update_pacing_rate). An algorithm with `congControl` sets its own.
 */
export function tcpUpdatePacingRate(tp: TcpSock): void {
  if (tp.srttUs === 0 || tp.caOps!.congControl !== null) return;
  const ratio = tp.sndCwnd < tp.sndSsthresh >> 1 ? tp.tn.pacingSsRatio : tp.tn.pacingCaRatio;
  const cwnd = Math.max(tp.sndCwnd, tp.packetsOut);
  const rate = (tp.mssCache * cwnd * ratio * 80000) / tp.srttUs;
  tp.pacingRate = Math.min(rate, tp.maxPacingRate);
}
