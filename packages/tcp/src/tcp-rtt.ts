/** Round trips: the estimator of RFC 6298, its timeout, and the windowed minimum. Microseconds. */
import { usecsToJiffies } from '@linnet/kernel';
import { after } from '@linnet/uapi';
import { TCP_RTO_MAX } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';

/**
 * Takes a round-trip sample (RFC 6298 section 2, tcp_rtt_estimator). Kept are 8 * SRTT and 4 * the mean deviation; `rttvarUs` is the largest deviation of the
 * last round trip, at least the minimal timeout, and falls slowly, so that a burst of equal samples does not make the timeout jumpy.
 */
export function tcpRttEstimator(tp: TcpSock, sample: number): void {
  const m = sample > 0 ? sample : 1;
  const floor = tp.rtoMin * 1000;
  if (tp.srttUs === 0) {
    tp.srttUs = m << 3;
    tp.mdevUs = m << 1;
    tp.rttvarUs = Math.max(tp.mdevUs, floor);
    tp.mdevMaxUs = tp.rttvarUs;
    tp.rttSeq = tp.sndNxt;
    return;
  }
  const err = m - (tp.srttUs >> 3);
  const srtt = tp.srttUs + err;
  let dev: number;
  if (err < 0) {
    dev = -err - (tp.mdevUs >> 2);
    // A falling round trip is no reason to wait longer.
    if (dev > 0) dev >>= 3;
  } else {
    dev = err - (tp.mdevUs >> 2);
  }
  tp.mdevUs += dev;
  if (tp.mdevUs > tp.mdevMaxUs) {
    tp.mdevMaxUs = tp.mdevUs;
    if (tp.mdevMaxUs > tp.rttvarUs) tp.rttvarUs = tp.mdevMaxUs;
  }
  if (after(tp.sndUna, tp.rttSeq)) {
    if (tp.mdevMaxUs < tp.rttvarUs) tp.rttvarUs -= (tp.rttvarUs - tp.mdevMaxUs) >> 2;
    tp.rttSeq = tp.sndNxt;
    tp.mdevMaxUs = floor;
  }
  tp.srttUs = srtt > 1 ? srtt : 1;
}

/** The timeout that follows from the estimate, in jiffies (tcp_set_rto). */
export function tcpSetRto(tp: TcpSock): void {
  const rto = usecsToJiffies((tp.srttUs >> 3) + tp.rttvarUs);
  const max = Math.min(TCP_RTO_MAX, tp.tn.rtoMaxMs);
  tp.rto = rto > max ? max : rto;
}

/** The smallest round trip of the last `tcp_min_rtt_wlen` seconds; -1 before the first sample. */
export function tcpMinRtt(tp: TcpSock): number {
  return tp.minRtt0;
}

/**
 * Feeds the windowed minimum: the best sample and two later runners-up, so that forgetting an old minimum needs no list
 * (the estimator of Kathleen Nichols, as used by tcp_update_rtt_min).
 */
export function tcpUpdateRttMin(tp: TcpSock, rtt: number): void {
  const now = tp.kernel.jiffies;
  const win = tp.tn.minRttWlen * 1000;
  const m = rtt > 0 ? rtt : 1;
  if (tp.minRtt0 < 0 || m <= tp.minRtt0 || ((now - tp.minRttT2) | 0) > win) {
    tp.minRtt0 = tp.minRtt1 = tp.minRtt2 = m;
    tp.minRttT0 = tp.minRttT1 = tp.minRttT2 = now;
    return;
  }
  if (m <= tp.minRtt1) {
    tp.minRtt1 = tp.minRtt2 = m;
    tp.minRttT1 = tp.minRttT2 = now;
  } else if (m <= tp.minRtt2) {
    tp.minRtt2 = m;
    tp.minRttT2 = now;
  }
  const age = (now - tp.minRttT0) | 0;
  if (age > win) {
    // The best has passed out of the window: the runners-up move up.
    tp.minRtt0 = tp.minRtt1;
    tp.minRttT0 = tp.minRttT1;
    tp.minRtt1 = tp.minRtt2;
    tp.minRttT1 = tp.minRttT2;
    tp.minRtt2 = m;
    tp.minRttT2 = now;
    if (((now - tp.minRttT0) | 0) > win) {
      tp.minRtt0 = tp.minRtt1;
      tp.minRttT0 = tp.minRttT1;
      tp.minRtt1 = tp.minRtt2;
      tp.minRttT1 = tp.minRttT2;
    }
  } else if (tp.minRttT1 === tp.minRttT0 && age > win >> 2) {
    // A quarter of the window without a second choice: take one from here.
    tp.minRtt1 = tp.minRtt2 = m;
    tp.minRttT1 = tp.minRttT2 = now;
  } else if (tp.minRttT2 === tp.minRttT1 && age > win >> 1) {
    tp.minRtt2 = m;
    tp.minRttT2 = now;
  }
}
