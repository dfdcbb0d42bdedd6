/** TCP_INFO: what a connection says of itself, in the layout of `struct tcp_info` (tcp_get_info). */
import {
  TCP_INFO_LEN,
  TCP_LISTEN,
  TCPI_OFF_ADVMSS,
  TCPI_OFF_ATO,
  TCPI_OFF_BACKOFF,
  TCPI_OFF_BYTES_ACKED,
  TCPI_OFF_BYTES_RECEIVED,
  TCPI_OFF_BYTES_RETRANS,
  TCPI_OFF_BYTES_SENT,
  TCPI_OFF_BUSY_TIME,
  TCPI_OFF_RWND_LIMITED,
  TCPI_OFF_SNDBUF_LIMITED,
  TCPI_OFF_CA_STATE,
  TCPI_OFF_DATA_SEGS_IN,
  TCPI_OFF_DATA_SEGS_OUT,
  TCPI_OFF_DELIVERED,
  TCPI_OFF_DELIVERED_CE,
  TCPI_OFF_DELIVERY_RATE,
  TCPI_OFF_DSACK_DUPS,
  TCPI_OFF_FLAGS,
  TCPI_OFF_LAST_ACK_RECV,
  TCPI_OFF_LAST_DATA_RECV,
  TCPI_OFF_LAST_DATA_SENT,
  TCPI_OFF_LOST,
  TCPI_OFF_MAX_PACING_RATE,
  TCPI_OFF_MIN_RTT,
  TCPI_OFF_NOTSENT_BYTES,
  TCPI_OFF_OPTIONS,
  TCPI_OFF_PACING_RATE,
  TCPI_OFF_PMTU,
  TCPI_OFF_PROBES,
  TCPI_OFF_RCV_MSS,
  TCPI_OFF_RCV_OOOPACK,
  TCPI_OFF_RCV_RTT,
  TCPI_OFF_RCV_SPACE,
  TCPI_OFF_RCV_SSTHRESH,
  TCPI_OFF_RCV_WND,
  TCPI_OFF_REORD_SEEN,
  TCPI_OFF_REORDERING,
  TCPI_OFF_RETRANS,
  TCPI_OFF_RETRANSMITS,
  TCPI_OFF_RTO,
  TCPI_OFF_RTT,
  TCPI_OFF_RTTVAR,
  TCPI_OFF_SACKED,
  TCPI_OFF_SEGS_IN,
  TCPI_OFF_SEGS_OUT,
  TCPI_OFF_SND_CWND,
  TCPI_OFF_SND_MSS,
  TCPI_OFF_SND_SSTHRESH,
  TCPI_OFF_SND_WND,
  TCPI_OFF_STATE,
  TCPI_OFF_TOTAL_RETRANS,
  TCPI_OFF_TOTAL_RTO,
  TCPI_OFF_UNACKED,
  TCPI_OFF_WSCALE,
  TCPI_OPT_ECN,
  TCPI_OPT_ECN_SEEN,
  TCPI_OPT_SACK,
  TCPI_OPT_SYN_DATA,
  TCPI_OPT_TFO_CHILD,
  TCPI_OPT_TIMESTAMPS,
  TCPI_OPT_WSCALE,
} from '@linnet/uapi';
import { TCP_ECN_OK, TCP_ECN_SEEN } from './tcp-const.ts';
import { tcpClockUs } from './tcp-clock.ts';
import { tcpBookLimit } from './tcp-limits.ts';
import type { TcpSock } from './tcp-sock.ts';

/** A counter as a little-endian u64, without BigInt: doubles hold 53 bits exactly. Infinity is all ones. */
function setU64(view: DataView, off: number, n: number): void {
  if (n === Infinity) {
    view.setInt32(off, -1, true);
    view.setInt32(off + 4, -1, true);
    return;
  }
  const v = Math.floor(n);
  view.setUint32(off, v % 2 ** 32, true);
  view.setUint32(off + 4, Math.floor(v / 2 ** 32), true);
}

/** The present state of a connection as bytes of `struct tcp_info`. */
export function tcpGetInfo(tp: TcpSock): Uint8Array {
  const out = new Uint8Array(TCP_INFO_LEN);
  const v = new DataView(out.buffer); // datapath-ok: a call of the user, not of a packet
  const now = tp.kernel.jiffies;
  const rx = tp.rxOpt;
  const u32 = (off: number, n: number): void => v.setUint32(off, n < 0 ? 0 : n, true);
  v.setUint8(TCPI_OFF_STATE, tp.state);
  setU64(v, TCPI_OFF_PACING_RATE, tp.pacingRate > 0 ? tp.pacingRate : Infinity);
  setU64(v, TCPI_OFF_MAX_PACING_RATE, tp.maxPacingRate);
  u32(TCPI_OFF_REORDERING, tp.reordering);
  u32(TCPI_OFF_SND_CWND, tp.sndCwnd);
  if (tp.state === TCP_LISTEN) {
    // For a listener: connections that wait for accept, and how many may.
    u32(TCPI_OFF_UNACKED, tp.ackBacklog);
    u32(TCPI_OFF_SACKED, tp.maxAckBacklog);
    return out;
  }
  if (tp.rateAppLimited) v.setUint8(TCPI_OFF_FLAGS, 1);
  v.setUint8(TCPI_OFF_CA_STATE, tp.caState);
  v.setUint8(TCPI_OFF_RETRANSMITS, tp.retransmits);
  v.setUint8(TCPI_OFF_PROBES, tp.probesOut);
  v.setUint8(TCPI_OFF_BACKOFF, tp.backoff);
  let opt = 0;
  if (rx.tstampOk) opt |= TCPI_OPT_TIMESTAMPS;
  if (rx.sackOk) opt |= TCPI_OPT_SACK;
  if (rx.wscaleOk) {
    opt |= TCPI_OPT_WSCALE;
    v.setUint8(TCPI_OFF_WSCALE, (rx.sndWscale & 15) | (rx.rcvWscale << 4));
  }
  if ((tp.ecnFlags & TCP_ECN_OK) !== 0) opt |= TCPI_OPT_ECN;
  if ((tp.ecnFlags & TCP_ECN_SEEN) !== 0) opt |= TCPI_OPT_ECN_SEEN;
  if (tp.tfo !== null && (tp.tfo.acked || (tp.tfo.child && tp.tfo.synData))) opt |= TCPI_OPT_SYN_DATA;
  if (tp.tfo !== null && tp.tfo.child) opt |= TCPI_OPT_TFO_CHILD;
  v.setUint8(TCPI_OFF_OPTIONS, opt);
  u32(TCPI_OFF_RTO, tp.rto * 1000);
  u32(TCPI_OFF_ATO, Math.min(tp.ackAto, 200) * 1000);
  u32(TCPI_OFF_SND_MSS, tp.mssCache);
  u32(TCPI_OFF_RCV_MSS, tp.ackRcvMss);
  u32(TCPI_OFF_UNACKED, tp.packetsOut);
  u32(TCPI_OFF_SACKED, tp.sackedOut);
  u32(TCPI_OFF_LOST, tp.lostOut);
  u32(TCPI_OFF_RETRANS, tp.retransOut);
  u32(TCPI_OFF_LAST_DATA_SENT, (now - tp.lsndtime) | 0);
  u32(TCPI_OFF_LAST_DATA_RECV, (now - tp.ackLrcvtime) | 0);
  u32(TCPI_OFF_LAST_ACK_RECV, (now - tp.rcvTstamp) | 0);
  u32(TCPI_OFF_PMTU, tp.pmtuCookie);
  u32(TCPI_OFF_RCV_SSTHRESH, tp.rcvSsthresh);
  u32(TCPI_OFF_RTT, tp.srttUs >> 3);
  u32(TCPI_OFF_RTTVAR, tp.mdevUs >> 2);
  u32(TCPI_OFF_SND_SSTHRESH, tp.sndSsthresh);
  u32(TCPI_OFF_ADVMSS, tp.advmss);
  u32(TCPI_OFF_RCV_RTT, tp.rcvRttUs >> 3);
  u32(TCPI_OFF_RCV_SPACE, tp.rcvqSpace);
  u32(TCPI_OFF_TOTAL_RETRANS, tp.totalRetrans);
  setU64(v, TCPI_OFF_BYTES_ACKED, tp.bytesAcked);
  setU64(v, TCPI_OFF_BYTES_RECEIVED, tp.bytesReceived);
  u32(TCPI_OFF_SEGS_OUT, tp.segsOut);
  u32(TCPI_OFF_SEGS_IN, tp.segsIn);
  u32(TCPI_OFF_NOTSENT_BYTES, (tp.writeSeq - tp.sndNxt) | 0);
  v.setUint32(TCPI_OFF_MIN_RTT, tp.minRtt0 < 0 ? 0xffffffff : tp.minRtt0, true);
  u32(TCPI_OFF_DATA_SEGS_IN, tp.dataSegsIn);
  u32(TCPI_OFF_DATA_SEGS_OUT, tp.dataSegsOut);
  if (tp.rateIntervalUs > 0) setU64(v, TCPI_OFF_DELIVERY_RATE, (tp.rateDelivered * tp.mssCache * 1e6) / tp.rateIntervalUs);
  tcpBookLimit(tp, tcpClockUs(tp));
  setU64(v, TCPI_OFF_BUSY_TIME, tp.busyUs);
  setU64(v, TCPI_OFF_RWND_LIMITED, tp.rwndLimitedUs);
  setU64(v, TCPI_OFF_SNDBUF_LIMITED, tp.sndbufLimitedUs);
  u32(TCPI_OFF_DELIVERED, tp.delivered);
  u32(TCPI_OFF_DELIVERED_CE, tp.deliveredCe);
  setU64(v, TCPI_OFF_BYTES_SENT, tp.bytesSent);
  setU64(v, TCPI_OFF_BYTES_RETRANS, tp.bytesRetrans);
  u32(TCPI_OFF_DSACK_DUPS, tp.dsackDups);
  u32(TCPI_OFF_REORD_SEEN, tp.reordSeen);
  u32(TCPI_OFF_RCV_OOOPACK, tp.rcvOoopack);
  u32(TCPI_OFF_SND_WND, tp.sndWnd);
  u32(TCPI_OFF_RCV_WND, tp.rcvWnd);
  v.setUint16(TCPI_OFF_TOTAL_RTO, tp.totalRto & 0xffff, true);
  return out;
}
