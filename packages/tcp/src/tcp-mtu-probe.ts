/**
 * Finding the path's MTU by the packets themselves (RFC 4821; `tcp_mtu_probing` of ip-sysctl): now and then a segment is larger than the others, and its fate tells. For paths
 * where routers drop what is too large and do not say so. Sizes are those of IP packets.
 */
import { dstMtu } from '@linnet/netdev';
import { type Skb, skbShift, skbUnlink } from '@linnet/skbuff';
import { after, AF_INET6, before, TCP_CA_CWR, TCP_CA_Loss, TCP_CA_Open, TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCPHDR_FIN, TCPHDR_PSH, TCPHDR_URG } from '@linnet/uapi';
import { tcpCurrentSsthresh, tcpPipe, tcpSetCaState } from './tcp-cong.ts';
import { tcpExtra } from './tcp-extra.ts';
import { FRTO_OFF } from './tcp-frto.ts';
import { tsoFragment } from './tcp-fragment.ts';
import { TcpExtTCPMTUPFail, TcpExtTCPMTUPSuccess } from './tcp-mib.ts';
import { tcpMssToMtu, tcpMtuToMss, tcpSyncMss } from './tcp-mss.ts';
import { netInc } from './tcp-net.ts';
import { tcpWmemFreeSkb } from './tcp-rtx-queue.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWndEnd } from './tcp-window.ts';

/** The search of a connection (RFC 4821 section 5.2). @alpha */
export class TcpMtuProbe {
  /** Packets of this size pass: segments are made for it. */
  low: number;
  /** Larger ones do not pass, or may not be. */
  high: number;
  /** The size of the probe that is under way; 0: none is. */
  size = 0;
  /** Its sequence numbers. */
  start = 0;
  end = 0;
  /** jiffies when the search began. */
  since: number;

  constructor(low: number, high: number, since: number) {
    this.low = low;
    this.high = high;
    this.since = since;
  }
}

/** The largest packet that the peer's MSS has room for. */
function most(tp: TcpSock): number {
  return tp.mssClamp + 20 + tp.af.netHeaderLen;
}

/** Begins the search of a new connection, or begins it anew when more is known of the peer: only where it is always on. */
export function tcpMtuProbeInit(tp: TcpSock): void {
  if (tp.tn.mtuProbing < 2) return;
  tcpExtra(tp).probe = new TcpMtuProbe(tcpMssToMtu(tp, tp.tn.baseMss), most(tp), tp.kernel.jiffies);
}

/**
 * Timeouts follow each other: perhaps only large segments are lost, and no router tells (RFC 4821 section 7.7, RFC 2923 section 2.1). From the second time on each halves what is tried.
 */
export function tcpMtuBlackhole(tp: TcpSock): void {
  const { tn } = tp;
  if (tn.mtuProbing === 0) return;
  const extra = tcpExtra(tp);
  if (extra.probe === null) {
    extra.probe = new TcpMtuProbe(tcpMssToMtu(tp, tn.baseMss), most(tp), tp.kernel.jiffies);
  } else {
    const mss = Math.max(Math.min(tn.baseMss, tcpMtuToMss(tp, extra.probe.low) >> 1), tn.mtuProbeFloor, tn.minSndMss);
    extra.probe.low = tcpMssToMtu(tp, mss);
  }
  tcpSyncMss(tp, tp.pmtuCookie);
}

/** Is it time to try larger packets again? Routes change (RFC 4821 section 7.3). */
function searchAgain(tp: TcpSock, p: TcpMtuProbe): void {
  const now = tp.kernel.jiffies;
  if (((now - p.since) | 0) < tp.tn.probeInterval * 1000) return;
  p.since = now;
  p.low = tcpMssToMtu(tp, tp.mssCache);
  p.high = most(tp);
}

/**
 * Is this a moment for a probe (RFC 4821 section 7.4)? Nothing is in doubt, so that its loss means its size; headers are as they always are, so that the packet has just
 * the size that is tried, and no router may cut it.
 */
function mayProbe(tp: TcpSock): boolean {
  if (tp.caState !== TCP_CA_Open || (tp.state !== TCP_ESTABLISHED && tp.state !== TCP_CLOSE_WAIT)) return false;
  if (tp.numSacks !== 0 || tp.dsackPending || tp.urgMode) return false;
  return tp.pmtudisc !== 0 || tp.af.family === AF_INET6;
}

/** Is there enough data behind the probe that DupThresh segments show its loss without a timeout, and do the windows have room for all of that (RFC 4821 sections 7.4 and 7.5)? */
function lossWouldShow(tp: TcpSock, len: number, mss: number): boolean {
  const dupThresh = tp.reordering;
  const all = len + dupThresh * mss;
  if (((tp.writeSeq - tp.sndNxt) | 0) < all || after((tp.sndNxt + all) | 0, tcpWndEnd(tp))) return false;
  // The probe counts as one segment, whatever its size; it and the next must go now.
  return tp.sndCwnd > dupThresh + 1 && tcpPipe(tp) + 2 <= tp.sndCwnd;
}

/** Makes the first unsent segment one of the size to be tried next, half way between what passes and what may not, when this is the moment for it; else null. The caller sends it. */
export function tcpMtuProbeNext(tp: TcpSock, p: TcpMtuProbe): Skb | null {
  const head = tp.writeQueue.head;
  if (head === null || p.size !== 0 || !mayProbe(tp)) return null;
  // The route has changed: that of now says what may be tried.
  if (tp.dst === null && tp.af.rebuildHeader(tp) !== 0) return null;
  const high = Math.min(p.high, tp.dst === null ? tp.pmtuCookie : dstMtu(tp.dst));
  if (high - p.low < tp.tn.probeThreshold) {
    searchAgain(tp, p);
    return null;
  }
  const mss = tp.mssCache;
  const len = tcpMtuToMss(tp, (p.low + high + 1) >> 1);
  if (len <= mss || !lossWouldShow(tp, len, mss) || !gather(tp, head, len, mss)) return null;
  head.cb6 = 1;
  head.cb7 = 0;
  return head;
}

/** Gives the first unsent segment exactly `len` bytes, from those behind it or leaving them to these. False: it has another length, and all is in order. */
function gather(tp: TcpSock, head: Skb, len: number, mss: number): boolean {
  while (head.len < len) {
    const { next } = head;
    if (next === null || next.len === 0 || head.cb10 !== 0 || head.ext !== null || next.ext !== null || ((head.cb2 | next.cb2) & (TCPHDR_FIN | TCPHDR_URG)) !== 0) return false;
    const n = Math.min(next.len, len - head.len);
    if (skbShift(head, next, n) !== n) return false;
    head.cb1 = (head.cb1 + n) | 0;
    next.cb0 = head.cb1;
    head.cb6 = 0;
    next.cb6 = 0;
    if (next.len === 0) {
      head.cb2 |= next.cb2 & TCPHDR_PSH;
      head.cb10 = next.cb10;
      skbUnlink(next, tp.writeQueue);
      tcpWmemFreeSkb(tp, next);
    }
  }
  if (head.len > len) tsoFragment(tp, head, len, mss);
  return true;
}

/** The probe has left. */
export function tcpMtuProbeSent(tp: TcpSock, p: TcpMtuProbe, skb: Skb): void {
  p.size = tcpMssToMtu(tp, skb.len);
  p.start = skb.cb0;
  p.end = skb.cb1;
}

/** SND.UNA moved: has the probe arrived? Then segments become that large, and the window as much fewer (RFC 4821 section 7.6.1). */
export function tcpMtuProbeAcked(tp: TcpSock, p: TcpMtuProbe): void {
  if (p.size === 0 || before(tp.sndUna, p.end)) return;
  netInc(tp.tn, TcpExtTCPMTUPSuccess);
  tp.sndCwnd = Math.max(1, Math.floor((tp.sndCwnd * tcpMssToMtu(tp, tp.mssCache)) / p.size));
  tp.sndCwndCnt = 0;
  tp.sndCwndStamp = tp.kernel.jiffies;
  p.low = p.size;
  p.size = 0;
  tcpSyncMss(tp, tp.pmtuCookie);
}

/**
 * Something is lost, and no recovery has begun: is the probe what is missing? Then it was too large, and that is no congestion (RFC 4821 section 7.6.2). True: what is marked lost
 * is to be sent again, and the window stays.
 */
export function tcpMtuProbeLost(tp: TcpSock): boolean {
  const p = tp.extra === null ? null : tp.extra.probe;
  if (p === null || p.size === 0 || tp.caState >= TCP_CA_CWR || p.start !== tp.sndUna) return false;
  netInc(tp.tn, TcpExtTCPMTUPFail);
  p.high = p.size - 1;
  p.size = 0;
  tp.nextLost = null;
  tp.recoveryPoint = tp.sndNxt;
  tp.sndSsthresh = tcpCurrentSsthresh(tp);
  tp.ssthreshPrev = 0;
  tp.undoable = false;
  tp.frto = FRTO_OFF;
  tcpSetCaState(tp, TCP_CA_Loss);
  return true;
}

/** Something is sent again: what arrives now says nothing of the probe (RFC 4821 section 7.6.3). */
export function tcpMtuProbeVoid(tp: TcpSock): void {
  const p = tp.extra!.probe;
  if (p !== null) p.size = 0;
}
