/**
 * TCP (RFC 9293): header accessors, options, states and sequence arithmetic.
 * Socket options are in `tcp-sockopt.ts`.
 */

// Connection states

/** State ESTABLISHED: open, data flows both ways. @public */
export const TCP_ESTABLISHED = 1;
/** State SYN-SENT: waiting for the answer to a SYN. @public */
export const TCP_SYN_SENT = 2;
/** State SYN-RECEIVED: both SYNs seen, waiting for the acknowledgement. @public */
export const TCP_SYN_RECV = 3;
/** State FIN-WAIT-1: closed here, the FIN is not yet acknowledged. @public */
export const TCP_FIN_WAIT1 = 4;
/** State FIN-WAIT-2: closed here, the FIN is acknowledged. @public */
export const TCP_FIN_WAIT2 = 5;
/** State TIME-WAIT: waiting for old segments to die. @public */
export const TCP_TIME_WAIT = 6;
/** State CLOSED; also the state of a datagram socket. @public */
export const TCP_CLOSE = 7;
/** State CLOSE-WAIT: the peer has closed. @public */
export const TCP_CLOSE_WAIT = 8;
/** State LAST-ACK: closed on both sides, the FIN is not yet acknowledged. @public */
export const TCP_LAST_ACK = 9;
/** State LISTEN: waiting for connections. @public */
export const TCP_LISTEN = 10;
/** State CLOSING: both closed at once, the FIN is not yet acknowledged. @public */
export const TCP_CLOSING = 11;
/** State of a request socket: SYN-RECEIVED without a full socket. @public */
export const TCP_NEW_SYN_RECV = 12;
/** Pseudo-state that sock_diag reports for sockets that are bound and no more. @public */
export const TCP_BOUND_INACTIVE = 13;
/** Number of states, 0 included. @public */
export const TCP_MAX_STATES = 14;

// State sets: one bit per state

/** State set bit of TCP_ESTABLISHED: `1 << TCP_ESTABLISHED`. @public */
export const TCPF_ESTABLISHED = 0x2;
/** State set bit of TCP_SYN_SENT: `1 << TCP_SYN_SENT`. @public */
export const TCPF_SYN_SENT = 0x4;
/** State set bit of TCP_SYN_RECV: `1 << TCP_SYN_RECV`. @public */
export const TCPF_SYN_RECV = 0x8;
/** State set bit of TCP_FIN_WAIT1: `1 << TCP_FIN_WAIT1`. @public */
export const TCPF_FIN_WAIT1 = 0x10;
/** State set bit of TCP_FIN_WAIT2: `1 << TCP_FIN_WAIT2`. @public */
export const TCPF_FIN_WAIT2 = 0x20;
/** State set bit of TCP_TIME_WAIT: `1 << TCP_TIME_WAIT`. @public */
export const TCPF_TIME_WAIT = 0x40;
/** State set bit of TCP_CLOSE: `1 << TCP_CLOSE`. @public */
export const TCPF_CLOSE = 0x80;
/** State set bit of TCP_CLOSE_WAIT: `1 << TCP_CLOSE_WAIT`. @public */
export const TCPF_CLOSE_WAIT = 0x100;
/** State set bit of TCP_LAST_ACK: `1 << TCP_LAST_ACK`. @public */
export const TCPF_LAST_ACK = 0x200;
/** State set bit of TCP_LISTEN: `1 << TCP_LISTEN`. @public */
export const TCPF_LISTEN = 0x400;
/** State set bit of TCP_CLOSING: `1 << TCP_CLOSING`. @public */
export const TCPF_CLOSING = 0x800;
/** State set bit of TCP_NEW_SYN_RECV: `1 << TCP_NEW_SYN_RECV`. @public */
export const TCPF_NEW_SYN_RECV = 0x1000;
/** State set bit of TCP_BOUND_INACTIVE: `1 << TCP_BOUND_INACTIVE`. @public */
export const TCPF_BOUND_INACTIVE = 0x2000;

// Header flags (byte 13 of the header)

/** Header flag: no more data from sender. @public */
export const TCPHDR_FIN = 0x01;
/** Header flag: synchronize sequence numbers. @public */
export const TCPHDR_SYN = 0x02;
/** Header flag: reset the connection. @public */
export const TCPHDR_RST = 0x04;
/** Header flag: push. @public */
export const TCPHDR_PSH = 0x08;
/** Header flag: the acknowledgement field is significant. @public */
export const TCPHDR_ACK = 0x10;
/** Header flag: the urgent pointer is significant. @public */
export const TCPHDR_URG = 0x20;
/** Header flag: ECN echo (RFC 3168). @public */
export const TCPHDR_ECE = 0x40;
/** Header flag: congestion window reduced (RFC 3168). @public */
export const TCPHDR_CWR = 0x80;
/** Header flags of a SYN that asks for ECN. @public */
export const TCPHDR_SYN_ECN = 0xc2;
/** The AE flag (RFC 9768) as bit 8, above the eight bits of `tcphFlags`. @public */
export const TCPHDR_AE = 0x100;

// Options

/** Option kind: end of the option list. @public */
export const TCPOPT_EOL = 0;
/** Option kind: padding. @public */
export const TCPOPT_NOP = 1;
/** Option kind: maximum segment size (name of the C library). @public */
export const TCPOPT_MAXSEG = 2;
/** Option kind: maximum segment size (RFC 9293 section 3.2). @public */
export const TCPOPT_MSS = 2;
/** Option kind: window scale (RFC 7323 section 2). @public */
export const TCPOPT_WINDOW = 3;
/** Option kind: SACK permitted (RFC 2018). @public */
export const TCPOPT_SACK_PERM = 4;
/** Option kind: SACK permitted (name of the C library). @public */
export const TCPOPT_SACK_PERMITTED = 4;
/** Option kind: selective acknowledgement (RFC 2018). @public */
export const TCPOPT_SACK = 5;
/** Option kind: timestamps (RFC 7323 section 3). @public */
export const TCPOPT_TIMESTAMP = 8;
/** Option kind: MD5 signature (RFC 2385). @public */
export const TCPOPT_MD5SIG = 19;
/** Option kind: authentication option (RFC 5925). @public */
export const TCPOPT_AO = 29;
/** Option kind: multipath TCP (RFC 8684). @public */
export const TCPOPT_MPTCP = 30;
/** Option kind: fast open cookie (RFC 7413). @public */
export const TCPOPT_FASTOPEN = 34;
/** Option kind: experimental (RFC 6994). @public */
export const TCPOPT_EXP = 254;

// Option lengths

/** Length of a fast open option without its cookie. @public */
export const TCPOLEN_FASTOPEN_BASE = 2;
/** Length of a SACK option without blocks. @public */
export const TCPOLEN_SACK_BASE = 2;
/** Length of the SACK permitted option. @public */
export const TCPOLEN_SACK_PERM = 2;
/** Length in bytes of the TCP option: sack permitted. @public */
export const TCPOLEN_SACK_PERMITTED = 2;
/** Length in bytes of the TCP option: window. @public */
export const TCPOLEN_WINDOW = 3;
/** Length in bytes of the TCP option: maxseg. @public */
export const TCPOLEN_MAXSEG = 4;
/** Length of the maximum segment size option. @public */
export const TCPOLEN_MSS = 4;
/** Length of the maximum segment size option, which needs no padding. @public */
export const TCPOLEN_MSS_ALIGNED = 4;
/** Length of the SACK permitted option with the NOPs that align it. @public */
export const TCPOLEN_SACKPERM_ALIGNED = 4;
/** Length of a SACK option without blocks, with the NOPs that align it. @public */
export const TCPOLEN_SACK_BASE_ALIGNED = 4;
/** Length of the window scale option with the NOP that aligns it. @public */
export const TCPOLEN_WSCALE_ALIGNED = 4;
/** Length of one block of a SACK option. @public */
export const TCPOLEN_SACK_PERBLOCK = 8;
/** Length in bytes of the TCP option: timestamp. @public */
export const TCPOLEN_TIMESTAMP = 10;
/** Length of the timestamps option with the NOPs that align it. @public */
export const TCPOLEN_TSTAMP_ALIGNED = 12;
/** Length of the timestamps option with two NOPs before it (name of the C library). @public */
export const TCPOLEN_TSTAMP_APPA = 12;
/** Length of the MD5 signature option. @public */
export const TCPOLEN_MD5SIG = 18;
/** Length of the MD5 signature option with padding. @public */
export const TCPOLEN_MD5SIG_ALIGNED = 20;

// Sizes and limits

/** Most blocks in one SACK option. @public */
export const TCP_NUM_SACKS = 4;
/** Largest window scale (RFC 7323 section 2.3; name of the C library). @public */
export const TCP_MAX_WINSHIFT = 14;
/** Largest window scale (RFC 7323 section 2.3). @public */
export const TCP_MAX_WSCALE = 14;
/** Size of the TCP header without options. @public */
export const TCPHDR_LEN = 20;
/** Most bytes of options in a header. @public */
export const MAX_TCP_OPTION_SPACE = 40;
/** Size of the TCP header with all options. @public */
export const MAX_TCP_HEADER_LEN = 60;
/** Segment size without a maximum segment size option (RFC 9293 section 3.7.1). @public */
export const TCP_MSS_DEFAULT = 536;
/** Largest window without scaling. @public */
export const TCP_MAXWIN = 65535;

// Header accessors.

/** Source port. @public */
export function tcphSource(view: DataView, off: number): number {
  return view.getUint16(off);
}

/** Sets: source port. @public */
export function tcphSetSource(view: DataView, off: number, value: number): void {
  view.setUint16(off, value);
}

/** Destination port. @public */
export function tcphDest(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets: destination port. @public */
export function tcphSetDest(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value);
}

/** Sequence number, int32. @public */
export function tcphSeq(view: DataView, off: number): number {
  return view.getInt32(off + 4);
}

/** Sets: sequence number, int32. @public */
export function tcphSetSeq(view: DataView, off: number, value: number): void {
  view.setInt32(off + 4, value);
}

/** Acknowledgement number, int32. @public */
export function tcphAckSeq(view: DataView, off: number): number {
  return view.getInt32(off + 8);
}

/** Sets: acknowledgement number, int32. @public */
export function tcphSetAckSeq(view: DataView, off: number, value: number): void {
  view.setInt32(off + 8, value);
}

/** The eight flag bits FIN..CWR (TCPHDR_*). @public */
export function tcphFlags(view: DataView, off: number): number {
  return view.getUint8(off + 13);
}

/** Sets: the eight flag bits FIN..CWR (TCPHDR_*). @public */
export function tcphSetFlags(view: DataView, off: number, value: number): void {
  view.setUint8(off + 13, value);
}

/** Window as in the header, not scaled. @public */
export function tcphWindow(view: DataView, off: number): number {
  return view.getUint16(off + 14);
}

/** Sets: window as in the header, not scaled. @public */
export function tcphSetWindow(view: DataView, off: number, value: number): void {
  view.setUint16(off + 14, value);
}

/** Checksum. @public */
export function tcphCheck(view: DataView, off: number): number {
  return view.getUint16(off + 16);
}

/** Sets: checksum. @public */
export function tcphSetCheck(view: DataView, off: number, value: number): void {
  view.setUint16(off + 16, value);
}

/** Urgent pointer. @public */
export function tcphUrgPtr(view: DataView, off: number): number {
  return view.getUint16(off + 18);
}

/** Sets: urgent pointer. @public */
export function tcphSetUrgPtr(view: DataView, off: number, value: number): void {
  view.setUint16(off + 18, value);
}

/** Data offset: header length in 32-bit words (5..15). @public */
export function tcphDoff(view: DataView, off: number): number {
  return view.getUint8(off + 12) >>> 4;
}

/** Sets the data offset in 32-bit words and clears the reserved bits and AE. @public */
export function tcphSetDoff(view: DataView, off: number, value: number): void {
  view.setUint8(off + 12, value << 4);
}

/** The three reserved bits between the data offset and AE. @public */
export function tcphRes1(view: DataView, off: number): number {
  return (view.getUint8(off + 12) >>> 1) & 7;
}

/** The AE flag (formerly NS), 0 or 1. Source: RFC 9768. @public */
export function tcphAe(view: DataView, off: number): number {
  return view.getUint8(off + 12) & 1;
}

/** Sets the AE flag (0 or 1), leaving the data offset alone. @public */
export function tcphSetAe(view: DataView, off: number, value: number): void {
  view.setUint8(off + 12, (view.getUint8(off + 12) & 0xfe) | (value & 1));
}

/**
 * The length of the option at `at` of a header that ends at `end`: 1 of a NOP, 0 where the options end, because the header does, an EOL says so, or the length is wrong
 * (below 2, or beyond the header). `for (let p = th + TCPHDR_LEN, n; (n = tcpOptLen(view, p, end)) !== 0; p += n)` visits all. Source: RFC 9293 section 3.1. @public
 */
export function tcpOptLen(view: DataView, at: number, end: number): number {
  if (at >= end) return 0;
  const kind = view.getUint8(at);
  if (kind <= TCPOPT_NOP) return kind;
  if (at + 1 >= end) return 0;
  const n = view.getUint8(at + 1);
  return n < 2 || at + n > end ? 0 : n;
}

// Sequence arithmetic modulo 2^32 (RFC 9293 section 3.4). Arguments are int32; any
// 32-bit value works, as the difference is cut to 32 bits.

/** True if `a` is before `b`. Source: `before()`. @public */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** True if `a` is after `b`. Source: `after()`. @public */
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

/** True if `low <= seq <= high`. Source: `between()`. @public */
export function between(seq: number, low: number, high: number): boolean {
  return (high - low) >>> 0 >= (seq - low) >>> 0;
}
