/**
 * The layout of `struct tcp_info`, the value of TCP_INFO (tcp(7)): offsets of its
 * fields, in host byte order (little-endian on every machine Linnet imitates).
 */

/** Offset of `tcpi_state`, u8. @public */
export const TCPI_OFF_STATE = 0;
/** Offset of `tcpi_ca_state`, u8. @public */
export const TCPI_OFF_CA_STATE = 1;
/** Offset of `tcpi_retransmits`, u8. @public */
export const TCPI_OFF_RETRANSMITS = 2;
/** Offset of `tcpi_probes`, u8. @public */
export const TCPI_OFF_PROBES = 3;
/** Offset of `tcpi_backoff`, u8. @public */
export const TCPI_OFF_BACKOFF = 4;
/** Offset of `tcpi_options`, u8. @public */
export const TCPI_OFF_OPTIONS = 5;
/** Offset of the byte with `tcpi_snd_wscale` (low four bits) and `tcpi_rcv_wscale` (high four bits). @public */
export const TCPI_OFF_WSCALE = 6;
/** Offset of the byte with `tcpi_delivery_rate_app_limited` (bit 0) and `tcpi_fastopen_client_fail` (bits 1 and 2). @public */
export const TCPI_OFF_FLAGS = 7;
/** Offset of `tcpi_rto`, u32 in microseconds. @public */
export const TCPI_OFF_RTO = 8;
/** Offset of `tcpi_ato`, u32 in microseconds. @public */
export const TCPI_OFF_ATO = 12;
/** Offset of `tcpi_snd_mss`, u32. @public */
export const TCPI_OFF_SND_MSS = 16;
/** Offset of `tcpi_rcv_mss`, u32. @public */
export const TCPI_OFF_RCV_MSS = 20;
/** Offset of `tcpi_unacked`, u32. @public */
export const TCPI_OFF_UNACKED = 24;
/** Offset of `tcpi_sacked`, u32. @public */
export const TCPI_OFF_SACKED = 28;
/** Offset of `tcpi_lost`, u32. @public */
export const TCPI_OFF_LOST = 32;
/** Offset of `tcpi_retrans`, u32. @public */
export const TCPI_OFF_RETRANS = 36;
/** Offset of `tcpi_fackets`, u32. @public */
export const TCPI_OFF_FACKETS = 40;
/** Offset of `tcpi_last_data_sent`, u32 in milliseconds. @public */
export const TCPI_OFF_LAST_DATA_SENT = 44;
/** Offset of `tcpi_last_ack_sent`, u32 in milliseconds. @public */
export const TCPI_OFF_LAST_ACK_SENT = 48;
/** Offset of `tcpi_last_data_recv`, u32 in milliseconds. @public */
export const TCPI_OFF_LAST_DATA_RECV = 52;
/** Offset of `tcpi_last_ack_recv`, u32 in milliseconds. @public */
export const TCPI_OFF_LAST_ACK_RECV = 56;
/** Offset of `tcpi_pmtu`, u32. @public */
export const TCPI_OFF_PMTU = 60;
/** Offset of `tcpi_rcv_ssthresh`, u32. @public */
export const TCPI_OFF_RCV_SSTHRESH = 64;
/** Offset of `tcpi_rtt`, u32 in microseconds. @public */
export const TCPI_OFF_RTT = 68;
/** Offset of `tcpi_rttvar`, u32 in microseconds. @public */
export const TCPI_OFF_RTTVAR = 72;
/** Offset of `tcpi_snd_ssthresh`, u32. @public */
export const TCPI_OFF_SND_SSTHRESH = 76;
/** Offset of `tcpi_snd_cwnd`, u32. @public */
export const TCPI_OFF_SND_CWND = 80;
/** Offset of `tcpi_advmss`, u32. @public */
export const TCPI_OFF_ADVMSS = 84;
/** Offset of `tcpi_reordering`, u32. @public */
export const TCPI_OFF_REORDERING = 88;
/** Offset of `tcpi_rcv_rtt`, u32 in microseconds. @public */
export const TCPI_OFF_RCV_RTT = 92;
/** Offset of `tcpi_rcv_space`, u32. @public */
export const TCPI_OFF_RCV_SPACE = 96;
/** Offset of `tcpi_total_retrans`, u32. @public */
export const TCPI_OFF_TOTAL_RETRANS = 100;
/** Offset of `tcpi_pacing_rate`, u64 in bytes per second. @public */
export const TCPI_OFF_PACING_RATE = 104;
/** Offset of `tcpi_max_pacing_rate`, u64 in bytes per second. @public */
export const TCPI_OFF_MAX_PACING_RATE = 112;
/** Offset of `tcpi_bytes_acked`, u64. @public */
export const TCPI_OFF_BYTES_ACKED = 120;
/** Offset of `tcpi_bytes_received`, u64. @public */
export const TCPI_OFF_BYTES_RECEIVED = 128;
/** Offset of `tcpi_segs_out`, u32. @public */
export const TCPI_OFF_SEGS_OUT = 136;
/** Offset of `tcpi_segs_in`, u32. @public */
export const TCPI_OFF_SEGS_IN = 140;
/** Offset of `tcpi_notsent_bytes`, u32. @public */
export const TCPI_OFF_NOTSENT_BYTES = 144;
/** Offset of `tcpi_min_rtt`, u32 in microseconds. @public */
export const TCPI_OFF_MIN_RTT = 148;
/** Offset of `tcpi_data_segs_in`, u32. @public */
export const TCPI_OFF_DATA_SEGS_IN = 152;
/** Offset of `tcpi_data_segs_out`, u32. @public */
export const TCPI_OFF_DATA_SEGS_OUT = 156;
/** Offset of `tcpi_delivery_rate`, u64 in bytes per second. @public */
export const TCPI_OFF_DELIVERY_RATE = 160;
/** Offset of `tcpi_busy_time`, u64 in microseconds. @public */
export const TCPI_OFF_BUSY_TIME = 168;
/** Offset of `tcpi_rwnd_limited`, u64 in microseconds. @public */
export const TCPI_OFF_RWND_LIMITED = 176;
/** Offset of `tcpi_sndbuf_limited`, u64 in microseconds. @public */
export const TCPI_OFF_SNDBUF_LIMITED = 184;
/** Offset of `tcpi_delivered`, u32. @public */
export const TCPI_OFF_DELIVERED = 192;
/** Offset of `tcpi_delivered_ce`, u32. @public */
export const TCPI_OFF_DELIVERED_CE = 196;
/** Offset of `tcpi_bytes_sent`, u64. @public */
export const TCPI_OFF_BYTES_SENT = 200;
/** Offset of `tcpi_bytes_retrans`, u64. @public */
export const TCPI_OFF_BYTES_RETRANS = 208;
/** Offset of `tcpi_dsack_dups`, u32. @public */
export const TCPI_OFF_DSACK_DUPS = 216;
/** Offset of `tcpi_reord_seen`, u32. @public */
export const TCPI_OFF_REORD_SEEN = 220;
/** Offset of `tcpi_rcv_ooopack`, u32. @public */
export const TCPI_OFF_RCV_OOOPACK = 224;
/** Offset of `tcpi_snd_wnd`, u32. @public */
export const TCPI_OFF_SND_WND = 228;
/** Offset of `tcpi_rcv_wnd`, u32. @public */
export const TCPI_OFF_RCV_WND = 232;
/** Offset of `tcpi_rehash`, u32. @public */
export const TCPI_OFF_REHASH = 236;
/** Offset of `tcpi_total_rto`, u16. @public */
export const TCPI_OFF_TOTAL_RTO = 240;
/** Offset of `tcpi_total_rto_recoveries`, u16. @public */
export const TCPI_OFF_TOTAL_RTO_RECOVERIES = 242;
/** Offset of `tcpi_total_rto_time`, u32 in milliseconds. @public */
export const TCPI_OFF_TOTAL_RTO_TIME = 244;
/** Offset of `tcpi_received_ce`, u32: packets received with CE (AccECN, Linux 6.18). @public */
export const TCPI_OFF_RECEIVED_CE = 248;
/** Offset of `tcpi_delivered_e1_bytes`, u32: bytes delivered with ECT(1). @public */
export const TCPI_OFF_DELIVERED_E1_BYTES = 252;
/** Offset of `tcpi_delivered_e0_bytes`, u32: bytes delivered with ECT(0). @public */
export const TCPI_OFF_DELIVERED_E0_BYTES = 256;
/** Offset of `tcpi_delivered_ce_bytes`, u32: bytes delivered with CE. @public */
export const TCPI_OFF_DELIVERED_CE_BYTES = 260;
/** Offset of `tcpi_received_e1_bytes`, u32: bytes received with ECT(1). @public */
export const TCPI_OFF_RECEIVED_E1_BYTES = 264;
/** Offset of `tcpi_received_e0_bytes`, u32: bytes received with ECT(0). @public */
export const TCPI_OFF_RECEIVED_E0_BYTES = 268;
/** Offset of `tcpi_received_ce_bytes`, u32: bytes received with CE. @public */
export const TCPI_OFF_RECEIVED_CE_BYTES = 272;
/** Offset of `tcpi_accecn_fail_mode`, u16: why AccECN was given up. @public */
export const TCPI_OFF_ACCECN_FAIL_MODE = 276;
/** Offset of `tcpi_accecn_opt_seen`, u16: whether the AccECN option was seen. @public */
export const TCPI_OFF_ACCECN_OPT_SEEN = 278;
/** Size of `struct tcp_info` in bytes, as of Linux 6.18 (older kernels give a prefix). @public */
export const TCP_INFO_LEN = 280;
