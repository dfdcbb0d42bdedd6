/**
 * TCP socket options, tcp(7), and the layout of TCP_INFO.
 */

// Socket options of level SOL_TCP

/** Option: no Nagle algorithm (tcp(7)). @public */
export const TCP_NODELAY = 1;
/** Option: maximum segment size (tcp(7)). @public */
export const TCP_MAXSEG = 2;
/** Option: send full segments only, while set (tcp(7)). @public */
export const TCP_CORK = 3;
/** Option: seconds of idleness before the first keepalive probe (tcp(7)). @public */
export const TCP_KEEPIDLE = 4;
/** Option: seconds between keepalive probes (tcp(7)). @public */
export const TCP_KEEPINTVL = 5;
/** Option: unanswered keepalive probes before giving up (tcp(7)). @public */
export const TCP_KEEPCNT = 6;
/** Option: SYN retransmissions before giving up (tcp(7)). @public */
export const TCP_SYNCNT = 7;
/** Option: seconds in FIN-WAIT-2 of orphaned sockets (tcp(7)). @public */
export const TCP_LINGER2 = 8;
/** Option: accept only when data has come (tcp(7)). @public */
export const TCP_DEFER_ACCEPT = 9;
/** Option: upper bound of the advertised window (tcp(7)). @public */
export const TCP_WINDOW_CLAMP = 10;
/** Option, read only: struct tcp_info (tcp(7)). @public */
export const TCP_INFO = 11;
/** Option: acknowledge at once (tcp(7)). @public */
export const TCP_QUICKACK = 12;
/** Option: name of the congestion control (tcp(7)). @public */
export const TCP_CONGESTION = 13;
/** Option: MD5 signatures (RFC 2385). @public */
export const TCP_MD5SIG = 14;
/** Socket option of level SOL_TCP (tcp(7)): thin linear timeouts. @public */
export const TCP_THIN_LINEAR_TIMEOUTS = 16;
/** Socket option of level SOL_TCP (tcp(7)): thin dupack. @public */
export const TCP_THIN_DUPACK = 17;
/** Option: milliseconds that data may stay unacknowledged (RFC 5482). @public */
export const TCP_USER_TIMEOUT = 18;
/** Option: repair mode, for checkpoint and restore. @public */
export const TCP_REPAIR = 19;
/** Socket option of level SOL_TCP (tcp(7)): repair queue. @public */
export const TCP_REPAIR_QUEUE = 20;
/** Socket option of level SOL_TCP (tcp(7)): queue seq. @public */
export const TCP_QUEUE_SEQ = 21;
/** Socket option of level SOL_TCP (tcp(7)): repair options. @public */
export const TCP_REPAIR_OPTIONS = 22;
/** Option: length of the fast open queue of a listener (RFC 7413). @public */
export const TCP_FASTOPEN = 23;
/** Option: current timestamp value. @public */
export const TCP_TIMESTAMP = 24;
/** Option: writable only while less than this is unsent. @public */
export const TCP_NOTSENT_LOWAT = 25;
/** Option, read only: figures of the congestion control. @public */
export const TCP_CC_INFO = 26;
/** Option: keep the headers of the SYN. @public */
export const TCP_SAVE_SYN = 27;
/** Option, read only: the headers of the SYN. @public */
export const TCP_SAVED_SYN = 28;
/** Socket option of level SOL_TCP (tcp(7)): repair window. @public */
export const TCP_REPAIR_WINDOW = 29;
/** Option: connect(2) waits for the first data (RFC 7413). @public */
export const TCP_FASTOPEN_CONNECT = 30;
/** Option: upper layer protocol such as "tls". @public */
export const TCP_ULP = 31;
/** Socket option of level SOL_TCP (tcp(7)): md5sig ext. @public */
export const TCP_MD5SIG_EXT = 32;
/** Socket option of level SOL_TCP (tcp(7)): fastopen key. @public */
export const TCP_FASTOPEN_KEY = 33;
/** Socket option of level SOL_TCP (tcp(7)): fastopen no cookie. @public */
export const TCP_FASTOPEN_NO_COOKIE = 34;
/** Socket option of level SOL_TCP (tcp(7)): zerocopy receive. @public */
export const TCP_ZEROCOPY_RECEIVE = 35;
/** Socket option of level SOL_TCP (tcp(7)): cm inq. @public */
export const TCP_CM_INQ = 36;
/** Option: pass the number of readable bytes as control message. @public */
export const TCP_INQ = 36;
/** Option: delay of sent packets in microseconds. @public */
export const TCP_TX_DELAY = 37;
/** Socket option of level SOL_TCP (tcp(7)): ao add key. @public */
export const TCP_AO_ADD_KEY = 38;
/** Socket option of level SOL_TCP (tcp(7)): ao del key. @public */
export const TCP_AO_DEL_KEY = 39;
/** Socket option of level SOL_TCP (tcp(7)): ao info. @public */
export const TCP_AO_INFO = 40;
/** Socket option of level SOL_TCP (tcp(7)): ao get keys. @public */
export const TCP_AO_GET_KEYS = 41;
/** Socket option of level SOL_TCP (tcp(7)): ao repair. @public */
export const TCP_AO_REPAIR = 42;
/** Option, read only: this is an MPTCP connection. @public */
export const TCP_IS_MPTCP = 43;
/** Option: longest retransmission timeout in milliseconds. @public */
export const TCP_RTO_MAX_MS = 44;
/** Option: shortest retransmission timeout in microseconds. @public */
export const TCP_RTO_MIN_US = 45;
/** Option: longest delay of an acknowledgement in microseconds. @public */
export const TCP_DELACK_MAX_US = 46;

// Values for TCP_REPAIR and TCP_REPAIR_QUEUE

/** Repair mode value: repair off no wp. @public */
export const TCP_REPAIR_OFF_NO_WP = -1;
/** Repair mode value: no queue. @public */
export const TCP_NO_QUEUE = 0;
/** Repair mode value: repair off. @public */
export const TCP_REPAIR_OFF = 0;
/** Repair mode value: recv queue. @public */
export const TCP_RECV_QUEUE = 1;
/** Repair mode value: repair on. @public */
export const TCP_REPAIR_ON = 1;
/** Repair mode value: send queue. @public */
export const TCP_SEND_QUEUE = 2;
/** Repair mode value: queues nr. @public */
export const TCP_QUEUES_NR = 3;

// Congestion states

/** Congestion control state (`tcpi_ca_state`): open. @public */
export const TCP_CA_Open = 0;
/** Congestion control state (`tcpi_ca_state`): disorder. @public */
export const TCP_CA_Disorder = 1;
/** Congestion control state (`tcpi_ca_state`): cwr. @public */
export const TCP_CA_CWR = 2;
/** Congestion control state (`tcpi_ca_state`): recovery. @public */
export const TCP_CA_Recovery = 3;
/** Congestion control state (`tcpi_ca_state`): loss. @public */
export const TCP_CA_Loss = 4;

// Congestion state sets

/** Set bit for the congestion state open. @public */
export const TCPF_CA_Open = 0x01;
/** Set bit for the congestion state disorder. @public */
export const TCPF_CA_Disorder = 0x02;
/** Set bit for the congestion state cwr. @public */
export const TCPF_CA_CWR = 0x04;
/** Set bit for the congestion state recovery. @public */
export const TCPF_CA_Recovery = 0x08;
/** Set bit for the congestion state loss. @public */
export const TCPF_CA_Loss = 0x10;

// tcpi_options bits

/** Bit of `tcpi_options`: timestamps. @public */
export const TCPI_OPT_TIMESTAMPS = 0x01;
/** Bit of `tcpi_options`: sack. @public */
export const TCPI_OPT_SACK = 0x02;
/** Bit of `tcpi_options`: wscale. @public */
export const TCPI_OPT_WSCALE = 0x04;
/** Bit of `tcpi_options`: ecn. @public */
export const TCPI_OPT_ECN = 0x08;
/** Bit of `tcpi_options`: ecn seen. @public */
export const TCPI_OPT_ECN_SEEN = 0x10;
/** Bit of `tcpi_options`: syn data. @public */
export const TCPI_OPT_SYN_DATA = 0x20;
/** Bit of `tcpi_options`: usec ts. @public */
export const TCPI_OPT_USEC_TS = 0x40;
/** Bit of `tcpi_options`: tfo child. @public */
export const TCPI_OPT_TFO_CHILD = 0x80;

// TCP_MD5SIG

/** TCP MD5 signature option (RFC 2385): flag prefix. @public */
export const TCP_MD5SIG_FLAG_PREFIX = 1;
/** TCP MD5 signature option (RFC 2385): flag ifindex. @public */
export const TCP_MD5SIG_FLAG_IFINDEX = 2;
/** TCP MD5 signature option (RFC 2385): maxkeylen. @public */
export const TCP_MD5SIG_MAXKEYLEN = 80;
