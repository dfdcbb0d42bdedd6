/**
 * The error queue of a socket: recv(2) with MSG_ERRQUEUE, ip(7).
 */

// Origins and codes

/** Extended error: origin none. @public */
export const SO_EE_ORIGIN_NONE = 0;
/** Extended error: code txtime invalid param. @public */
export const SO_EE_CODE_TXTIME_INVALID_PARAM = 1;
/** Extended error: code zerocopy copied. @public */
export const SO_EE_CODE_ZEROCOPY_COPIED = 1;
/** Extended error: origin local. @public */
export const SO_EE_ORIGIN_LOCAL = 1;
/** Extended error: rfc4884 flag invalid. @public */
export const SO_EE_RFC4884_FLAG_INVALID = 1;
/** Extended error: code txtime missed. @public */
export const SO_EE_CODE_TXTIME_MISSED = 2;
/** Extended error: origin icmp. @public */
export const SO_EE_ORIGIN_ICMP = 2;
/** Extended error: origin icmp6. @public */
export const SO_EE_ORIGIN_ICMP6 = 3;
/** Extended error: origin timestamping. @public */
export const SO_EE_ORIGIN_TIMESTAMPING = 4;
/** Extended error: origin txstatus. @public */
export const SO_EE_ORIGIN_TXSTATUS = 4;
/** Extended error: origin zerocopy. @public */
export const SO_EE_ORIGIN_ZEROCOPY = 5;
/** Extended error: origin txtime. @public */
export const SO_EE_ORIGIN_TXTIME = 6;

// Transmit timestamps

/** Kind of a transmit timestamp: snd. @public */
export const SCM_TSTAMP_SND = 0;
/** Kind of a transmit timestamp: sched. @public */
export const SCM_TSTAMP_SCHED = 1;
/** Kind of a transmit timestamp: ack. @public */
export const SCM_TSTAMP_ACK = 2;
/** Kind of a transmit timestamp: completion. @public */
export const SCM_TSTAMP_COMPLETION = 3;
