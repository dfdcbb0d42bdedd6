/**
 * What connections between two addresses leave to those that come after them (RFC 9040 section 3; ip-tcp_metrics(8), ip-sysctl: tcp_no_metrics_save). How an old value and
 * a new one become one is as observed on Linux.
 */
import { jhash2, jhash2words } from '@linnet/kernel';
import { AF_INET6, ipv6AddrEqual, TCP_CA_Open } from '@linnet/uapi';
import { TCP_INFINITE_SSTHRESH } from './tcp-const.ts';
import { TfoPeer } from './tcp-fastopen-option.ts';
import type { TcpNet } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Hosts are forgotten when there are more than this. */
const MAX_HOSTS = 4096;

/** What is remembered of one pair of addresses. 0 of a number: not known. @alpha */
export class TcpMetrics {
  readonly saddr: number;
  readonly daddr: number;
  /** Null of IPv4. */
  readonly saddr6: Int32Array | null;
  readonly daddr6: Int32Array | null;
  /** Jiffies of the last change. */
  stamp: number;
  /** Eight times the smoothed round trip, four times its deviation, in microseconds. */
  rtt = 0;
  rttvar = 0;
  /** Segments. */
  ssthresh = 0;
  cwnd = 0;
  reordering = 0;
  /** What is known for TCP Fast Open. */
  readonly fastopen: TfoPeer = new TfoPeer();

  constructor(tp: TcpSock) {
    const six = tp.af.family === AF_INET6;
    this.saddr = six ? 0 : tp.saddr;
    this.daddr = six ? 0 : tp.daddr;
    this.saddr6 = six ? tp.v6Saddr!.slice() : null; // datapath-ok: once a host
    this.daddr6 = six ? tp.v6Daddr!.slice() : null; // datapath-ok: once a host
    this.stamp = tp.kernel.jiffies;
  }
}

const hashOf = (tp: TcpSock): number =>
  (tp.af.family === AF_INET6 ? jhash2(tp.v6Saddr!, 0, 4, jhash2(tp.v6Daddr!, 0, 4, 0)) : jhash2words(tp.saddr, tp.daddr, 0)) >>> 2; // A small integer.

function isOf(m: TcpMetrics, tp: TcpSock): boolean {
  if (tp.af.family === AF_INET6) return m.saddr6 !== null && ipv6AddrEqual(m.saddr6, tp.v6Saddr!) && ipv6AddrEqual(m.daddr6!, tp.v6Daddr!);
  return m.saddr6 === null && m.saddr === tp.saddr && m.daddr === tp.daddr;
}

/** What is remembered of the host of a connection, or null. @alpha */
export function tcpMetricsGet(tp: TcpSock): TcpMetrics | null {
  const { metrics } = tp.tn;
  if (metrics.size === 0) return null;
  const m = metrics.get(hashOf(tp));
  return m !== undefined && isOf(m, tp) ? m : null;
}

/** The same; made when there is nothing. Of two hosts with one hash the later is remembered. @alpha */
export function tcpMetricsMake(tp: TcpSock): TcpMetrics {
  const { metrics } = tp.tn;
  const hash = hashOf(tp);
  let m = metrics.get(hash);
  if (m === undefined || !isOf(m, tp)) {
    if (m === undefined && metrics.size >= MAX_HOSTS) metrics.delete(metrics.keys().next().value!);
    m = new TcpMetrics(tp);
    metrics.set(hash, m);
  }
  return m;
}

/** Forgets those that `which` says. Returns how many that were. @alpha */
export function tcpMetricsForget(tn: TcpNet, which: (m: TcpMetrics) => boolean): number {
  let n = 0;
  for (const [hash, m] of tn.metrics) {
    if (!which(m)) continue;
    tn.metrics.delete(hash);
    n++;
  }
  return n;
}

/** A connection ends in order: what it learnt is remembered (tcp_update_metrics). */
export function tcpUpdateMetrics(tp: TcpSock): void {
  const { tn } = tp;
  if (tn.noMetricsSave !== 0) return;
  const m = tcpMetricsMake(tp);
  m.stamp = tp.kernel.jiffies;
  if (tp.srttUs > 0) {
    // A longer round trip is believed at once, a shorter one by an eighth; the deviation falls by quarters.
    const fell = m.rtt - tp.srttUs;
    m.rtt = fell > 0 ? m.rtt - (fell >> 3) : tp.srttUs;
    const dev = Math.max(Math.abs(fell) >> 1, tp.mdevUs);
    m.rttvar = dev >= m.rttvar ? dev : m.rttvar - ((m.rttvar - dev) >> 2);
  }
  const { sndCwnd: cwnd, sndSsthresh: ssthresh } = tp;
  const keep = tn.noSsthreshMetricsSave === 0;
  if (ssthresh >= TCP_INFINITE_SSTHRESH) {
    // It met no limit: that much at least.
    m.cwnd = Math.max(m.cwnd, cwnd);
  } else if (cwnd > ssthresh && tp.caState === TCP_CA_Open) {
    if (keep) m.ssthresh = Math.max(cwnd >> 1, ssthresh);
    m.cwnd = (m.cwnd + cwnd) >> 1;
  } else {
    if (keep) m.ssthresh = Math.max(m.ssthresh, ssthresh);
    m.cwnd = (m.cwnd + ssthresh) >> 1;
  }
  if (tp.reordering > m.reordering && tp.reordering !== tn.reordering) m.reordering = tp.reordering;
}

/** A connection begins with what is remembered (tcp_init_metrics). Its own round trip is measured already, if that was possible. */
export function tcpInitMetrics(tp: TcpSock): void {
  const m = tcpMetricsGet(tp);
  if (m === null) return;
  if (m.ssthresh > 0 && tp.tn.noSsthreshMetricsSave === 0) tp.sndSsthresh = Math.min(m.ssthresh, tp.sndCwndClamp);
  if (m.reordering > 0) tp.reordering = m.reordering;
  // One sample of a SYN may be lucky: the timeout is that of the round trip known before, if that was longer.
  if (m.rtt > tp.srttUs) {
    const rtt = Math.floor(m.rtt / 8000);
    tp.rto = rtt + Math.max(2 * rtt, tp.rtoMin);
  }
}
