/** Limits and flags of TCP that are neither on the wire nor in the ABI. Times in jiffies of 1 ms unless the name says otherwise. */

/** Room for Ethernet, IP with options, TCP with options, and encapsulation. */
export const MAX_TCP_HEADER = 192;
/** Largest window before scaling. */
export const MAX_TCP_WINDOW = 32767;
/** Initial congestion window in segments (RFC 6928). */
export const TCP_INIT_CWND = 10;
/** No threshold known yet. */
export const TCP_INFINITE_SSTHRESH = 0x7fffffff;
/** Lower bound of the retransmission timeout. */
export const TCP_RTO_MIN = 200;
/** Upper bound of the retransmission timeout. */
export const TCP_RTO_MAX = 120000;
/** Timeout before the first round-trip sample (RFC 6298 section 2.1). */
export const TCP_TIMEOUT_INIT = 1000;
/** When the handshake needed a retransmission (RFC 6298 section 5.7). */
export const TCP_TIMEOUT_FALLBACK = 3000;
/** Shortest timer that is not immediate: two ticks. */
export const TCP_TIMEOUT_MIN = 2;
/** Longest delay of an ACK. */
export const TCP_DELACK_MAX = 200;
/** Shortest delay of an ACK. */
export const TCP_DELACK_MIN = 40;
/** Smallest value of the ACK timeout estimator. */
export const TCP_ATO_MIN = 40;
/** How long TIME-WAIT lasts, and the default for FIN-WAIT-2. */
export const TCP_TIMEWAIT_LEN = 60000;
/** Retry interval when local resources lack. */
export const TCP_RESOURCE_PROBE_INTERVAL = 500;
/** Segments answered at once at the start of a connection. */
export const TCP_MAX_QUICKACKS = 16;
/** PAWS: a timestamp older than this many seconds is no longer trusted (24 days). */
export const TCP_PAWS_24DAYS: number = 60 * 60 * 24 * 24;
/** PAWS: how many seconds a TIME-WAIT timestamp stays useful (MSL). */
export const TCP_PAWS_MSL = 60;
/** PAWS: how far a timestamp may run back. */
export const TCP_PAWS_WINDOW = 1;
/** Largest urgent offset etc. */
export const MAX_TCP_KEEPIDLE = 32767;
/** Upper bound of TCP_KEEPINTVL in seconds. */
export const MAX_TCP_KEEPINTVL = 32767;
/** Upper bound of TCP_KEEPCNT. */
export const MAX_TCP_KEEPCNT = 127;
/** Upper bound of TCP_SYNCNT. */
export const MAX_TCP_SYNCNT = 127;
/** Smallest MSS that is ever used. */
export const TCP_MIN_MSS = 88;
/** MSS when the peer names none (RFC 9293 section 3.7.1). */
export const TCP_MSS_DEFAULT_SEND = 536;
/** The same over IPv6 (RFC 9293 section 3.7.1). */
export const TCP_MSS_DEFAULT_SEND6 = 1220;
/** First guess of the peer's MSS for ACK decisions. */
export const TCP_MIN_RCVMSS = 536;
/** The delayed-ACK machine treats the connection as interactive from this count on. */
export const TCP_PINGPONG_THRESH = 1;
/** Above this reordering distance fast retransmit is hopeless. */
export const TCP_MAX_REORDERING = 300;

/** Bits of TcpSock.ackPending. */
export const ICSK_ACK_SCHED = 1;
/** The delayed-ACK timer runs. */
export const ICSK_ACK_TIMER = 2;
/** A segment came that wants an answer soon. */
export const ICSK_ACK_PUSHED = 4;
/** Two of them. */
export const ICSK_ACK_PUSHED2 = 8;
/** Answer as soon as the input is processed. */
export const ICSK_ACK_NOW = 16;

/** What the write timer is for: a retransmission timeout. */
export const ICSK_TIME_RETRANS = 1;
/** A zero-window probe. */
export const ICSK_TIME_PROBE0 = 3;
/** A tail loss probe (RFC 8985 section 7). */
export const ICSK_TIME_LOSS_PROBE = 5;
/** The reordering window of RACK (RFC 8985 section 6.3). */
export const ICSK_TIME_REO_TIMEOUT = 6;

/** Bits of TcpSock.nonagle: Nagle's algorithm is off. */
export const TCP_NAGLE_OFF = 1;
/** Socket is corked. */
export const TCP_NAGLE_CORK = 2;
/** Push what is there, once. */
export const TCP_NAGLE_PUSH = 4;

/** Bits of TcpSock.ecnFlags. */
export const TCP_ECN_OK = 1;
/** CWR is to be sent with new data. */
export const TCP_ECN_QUEUE_CWR = 2;
/** ECE is to be sent until the peer's CWR comes. */
export const TCP_ECN_DEMAND_CWR = 4;
/** A segment with ECT was seen. */
export const TCP_ECN_SEEN = 8;

/** Congestion events (tcp_ca_event). */
export const CA_EVENT_TX_START = 0;
/** The window restarts after idle. */
export const CA_EVENT_CWND_RESTART = 1;
/** A window reduction has ended. */
export const CA_EVENT_COMPLETE_CWR = 2;
/** A retransmission timeout. */
export const CA_EVENT_LOSS = 3;

/** Bits of TcpSock.tsqFlags: the small queue is full. */
export const TSQ_THROTTLED = 1;
/** Waits in the list of sockets to be continued. */
export const TSQ_QUEUED = 2;

// What an arriving segment is.

/** It carries data. */
export const SEG_DATA = 0x01;
/** It changed the window. */
export const SEG_WINDOW_UPDATE = 0x02;
/** Not the header-prediction path. */
export const SEG_ALL_CHECKS = 0x04;
/** Take over the peer's timestamp. */
export const SEG_TAKE_TIMESTAMP = 0x08;
/** A challenge ACK must not be sent. */
export const SEG_NO_CHALLENGE = 0x10;
