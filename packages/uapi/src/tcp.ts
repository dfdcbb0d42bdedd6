/**
 * TCP (RFC 9293): header accessors, options, states and sequence arithmetic.
 * Socket options are in `tcp-sockopt.ts`.
 */

// Connection states

/** Connection state (RFC 9293 section 3.3.2): established. @public */
export const TCP_ESTABLISHED = 1;
/** Connection state (RFC 9293 section 3.3.2): syn sent. @public */
export const TCP_SYN_SENT = 2;
/** Connection state (RFC 9293 section 3.3.2): syn recv. @public */
export const TCP_SYN_RECV = 3;
/** Connection state (RFC 9293 section 3.3.2): fin wait1. @public */
export const TCP_FIN_WAIT1 = 4;
/** Connection state (RFC 9293 section 3.3.2): fin wait2. @public */
export const TCP_FIN_WAIT2 = 5;
/** Connection state (RFC 9293 section 3.3.2): time wait. @public */
export const TCP_TIME_WAIT = 6;
/** Connection state (RFC 9293 section 3.3.2): close. @public */
export const TCP_CLOSE = 7;
/** Connection state (RFC 9293 section 3.3.2): close wait. @public */
export const TCP_CLOSE_WAIT = 8;
/** Connection state (RFC 9293 section 3.3.2): last ack. @public */
export const TCP_LAST_ACK = 9;
/** Connection state (RFC 9293 section 3.3.2): listen. @public */
export const TCP_LISTEN = 10;
/** Connection state (RFC 9293 section 3.3.2): closing. @public */
export const TCP_CLOSING = 11;
/** Connection state (RFC 9293 section 3.3.2): new syn recv. @public */
export const TCP_NEW_SYN_RECV = 12;
/** Connection state (RFC 9293 section 3.3.2): bound inactive. @public */
export const TCP_BOUND_INACTIVE = 13;
/** Connection state (RFC 9293 section 3.3.2): max states. @public */
export const TCP_MAX_STATES = 14;

// State sets: one bit per state

/**  @public */
export const TCPF_ESTABLISHED = 0x2;
/**  @public */
export const TCPF_SYN_SENT = 0x4;
/**  @public */
export const TCPF_SYN_RECV = 0x8;
/**  @public */
export const TCPF_FIN_WAIT1 = 0x10;
/**  @public */
export const TCPF_FIN_WAIT2 = 0x20;
/**  @public */
export const TCPF_TIME_WAIT = 0x40;
/**  @public */
export const TCPF_CLOSE = 0x80;
/**  @public */
export const TCPF_CLOSE_WAIT = 0x100;
/**  @public */
export const TCPF_LAST_ACK = 0x200;
/**  @public */
export const TCPF_LISTEN = 0x400;
/**  @public */
export const TCPF_CLOSING = 0x800;
/**  @public */
export const TCPF_NEW_SYN_RECV = 0x1000;
/**  @public */
export const TCPF_BOUND_INACTIVE = 0x2000;

// Header flags (byte 13 of the header)

/**  @public */
export const TCPHDR_FIN = 0x01;
/**  @public */
export const TCPHDR_SYN = 0x02;
/**  @public */
export const TCPHDR_RST = 0x04;
/**  @public */
export const TCPHDR_PSH = 0x08;
/**  @public */
export const TCPHDR_ACK = 0x10;
/**  @public */
export const TCPHDR_URG = 0x20;
/**  @public */
export const TCPHDR_ECE = 0x40;
/**  @public */
export const TCPHDR_CWR = 0x80;
/**  @public */
export const TCPHDR_SYN_ECN = 0xc2;
/**  @public */
export const TCPHDR_AE = 0x100;

// Options

/** TCP option kind: eol. @public */
export const TCPOPT_EOL = 0;
/** TCP option kind: nop. @public */
export const TCPOPT_NOP = 1;
/** TCP option kind: maxseg. @public */
export const TCPOPT_MAXSEG = 2;
/** TCP option kind: mss. @public */
export const TCPOPT_MSS = 2;
/** TCP option kind: window. @public */
export const TCPOPT_WINDOW = 3;
/** TCP option kind: sack perm. @public */
export const TCPOPT_SACK_PERM = 4;
/** TCP option kind: sack permitted. @public */
export const TCPOPT_SACK_PERMITTED = 4;
/** TCP option kind: sack. @public */
export const TCPOPT_SACK = 5;
/** TCP option kind: timestamp. @public */
export const TCPOPT_TIMESTAMP = 8;
/** TCP option kind: md5sig. @public */
export const TCPOPT_MD5SIG = 19;
/** TCP option kind: ao. @public */
export const TCPOPT_AO = 29;
/** TCP option kind: mptcp. @public */
export const TCPOPT_MPTCP = 30;
/** TCP option kind: fastopen. @public */
export const TCPOPT_FASTOPEN = 34;
/** TCP option kind: exp. @public */
export const TCPOPT_EXP = 254;

// Option lengths

/** Length in bytes of the TCP option: fastopen base. @public */
export const TCPOLEN_FASTOPEN_BASE = 2;
/** Length in bytes of the TCP option: sack base. @public */
export const TCPOLEN_SACK_BASE = 2;
/** Length in bytes of the TCP option: sack perm. @public */
export const TCPOLEN_SACK_PERM = 2;
/** Length in bytes of the TCP option: sack permitted. @public */
export const TCPOLEN_SACK_PERMITTED = 2;
/** Length in bytes of the TCP option: window. @public */
export const TCPOLEN_WINDOW = 3;
/** Length in bytes of the TCP option: maxseg. @public */
export const TCPOLEN_MAXSEG = 4;
/** Length in bytes of the TCP option: mss. @public */
export const TCPOLEN_MSS = 4;
/** Length in bytes of the TCP option: mss aligned. @public */
export const TCPOLEN_MSS_ALIGNED = 4;
/** Length in bytes of the TCP option: sackperm aligned. @public */
export const TCPOLEN_SACKPERM_ALIGNED = 4;
/** Length in bytes of the TCP option: sack base aligned. @public */
export const TCPOLEN_SACK_BASE_ALIGNED = 4;
/** Length in bytes of the TCP option: wscale aligned. @public */
export const TCPOLEN_WSCALE_ALIGNED = 4;
/** Length in bytes of the TCP option: sack perblock. @public */
export const TCPOLEN_SACK_PERBLOCK = 8;
/** Length in bytes of the TCP option: timestamp. @public */
export const TCPOLEN_TIMESTAMP = 10;
/** Length in bytes of the TCP option: tstamp aligned. @public */
export const TCPOLEN_TSTAMP_ALIGNED = 12;
/** Length in bytes of the TCP option: tstamp appa. @public */
export const TCPOLEN_TSTAMP_APPA = 12;
/** Length in bytes of the TCP option: md5sig. @public */
export const TCPOLEN_MD5SIG = 18;
/** Length in bytes of the TCP option: md5sig aligned. @public */
export const TCPOLEN_MD5SIG_ALIGNED = 20;

// Sizes and limits

/** TCP: num sacks. @public */
export const TCP_NUM_SACKS = 4;
/** TCP: max winshift. @public */
export const TCP_MAX_WINSHIFT = 14;
/** TCP: max wscale. @public */
export const TCP_MAX_WSCALE = 14;
/** TCP: tcphdr len. @public */
export const TCPHDR_LEN = 20;
/** TCP: max tcp option space. @public */
export const MAX_TCP_OPTION_SPACE = 40;
/** TCP: max tcp header len. @public */
export const MAX_TCP_HEADER_LEN = 60;
/** TCP: mss default. @public */
export const TCP_MSS_DEFAULT = 536;
/** TCP: maxwin. @public */
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
