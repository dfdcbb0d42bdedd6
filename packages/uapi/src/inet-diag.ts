/**
 * sock_diag(7) for AF_INET and AF_INET6.
 */

// Requests

/** inet_diag request: req none. @public */
export const INET_DIAG_REQ_NONE = 0;
/** inet_diag request: req bytecode. @public */
export const INET_DIAG_REQ_BYTECODE = 1;
/** inet_diag request: req sk bpf storages. @public */
export const INET_DIAG_REQ_SK_BPF_STORAGES = 2;
/** inet_diag request: req max. @public */
export const INET_DIAG_REQ_MAX = 3;
/** inet_diag request: req protocol. @public */
export const INET_DIAG_REQ_PROTOCOL = 3;
/** inet_diag request: tcpdiag getsock. @public */
export const TCPDIAG_GETSOCK = 18;
/** inet_diag request: dccpdiag getsock. @public */
export const DCCPDIAG_GETSOCK = 19;
/** inet_diag request: getsock max. @public */
export const INET_DIAG_GETSOCK_MAX = 24;
/** inet_diag request: nocookie. @public */
export const INET_DIAG_NOCOOKIE = 4294967295;

// Filter bytecode

/** Filter bytecode operation: nop. @public */
export const INET_DIAG_BC_NOP = 0;
/** Filter bytecode operation: jmp. @public */
export const INET_DIAG_BC_JMP = 1;
/** Filter bytecode operation: s ge. @public */
export const INET_DIAG_BC_S_GE = 2;
/** Filter bytecode operation: s le. @public */
export const INET_DIAG_BC_S_LE = 3;
/** Filter bytecode operation: d ge. @public */
export const INET_DIAG_BC_D_GE = 4;
/** Filter bytecode operation: d le. @public */
export const INET_DIAG_BC_D_LE = 5;
/** Filter bytecode operation: auto. @public */
export const INET_DIAG_BC_AUTO = 6;
/** Filter bytecode operation: s cond. @public */
export const INET_DIAG_BC_S_COND = 7;
/** Filter bytecode operation: d cond. @public */
export const INET_DIAG_BC_D_COND = 8;
/** Filter bytecode operation: dev cond. @public */
export const INET_DIAG_BC_DEV_COND = 9;
/** Filter bytecode operation: mark cond. @public */
export const INET_DIAG_BC_MARK_COND = 10;
/** Filter bytecode operation: s eq. @public */
export const INET_DIAG_BC_S_EQ = 11;
/** Filter bytecode operation: d eq. @public */
export const INET_DIAG_BC_D_EQ = 12;
/** Filter bytecode operation: cgroup cond. @public */
export const INET_DIAG_BC_CGROUP_COND = 13;

// Attributes

/** inet_diag attribute: none. @public */
export const INET_DIAG_NONE = 0;
/** inet_diag attribute: meminfo. @public */
export const INET_DIAG_MEMINFO = 1;
/** inet_diag attribute: info. @public */
export const INET_DIAG_INFO = 2;
/** inet_diag attribute: vegasinfo. @public */
export const INET_DIAG_VEGASINFO = 3;
/** inet_diag attribute: cong. @public */
export const INET_DIAG_CONG = 4;
/** inet_diag attribute: tos. @public */
export const INET_DIAG_TOS = 5;
/** inet_diag attribute: tclass. @public */
export const INET_DIAG_TCLASS = 6;
/** inet_diag attribute: skmeminfo. @public */
export const INET_DIAG_SKMEMINFO = 7;
/** inet_diag attribute: shutdown. @public */
export const INET_DIAG_SHUTDOWN = 8;
/** inet_diag attribute: dctcpinfo. @public */
export const INET_DIAG_DCTCPINFO = 9;
/** inet_diag attribute: protocol. @public */
export const INET_DIAG_PROTOCOL = 10;
/** inet_diag attribute: skv6only. @public */
export const INET_DIAG_SKV6ONLY = 11;
/** inet_diag attribute: locals. @public */
export const INET_DIAG_LOCALS = 12;
/** inet_diag attribute: peers. @public */
export const INET_DIAG_PEERS = 13;
/** inet_diag attribute: pad. @public */
export const INET_DIAG_PAD = 14;
/** inet_diag attribute: mark. @public */
export const INET_DIAG_MARK = 15;
/** inet_diag attribute: bbrinfo. @public */
export const INET_DIAG_BBRINFO = 16;
/** inet_diag attribute: class id. @public */
export const INET_DIAG_CLASS_ID = 17;
/** inet_diag attribute: md5sig. @public */
export const INET_DIAG_MD5SIG = 18;
/** inet_diag attribute: ulp info. @public */
export const INET_DIAG_ULP_INFO = 19;
/** inet_diag attribute: sk bpf storages. @public */
export const INET_DIAG_SK_BPF_STORAGES = 20;
/** inet_diag attribute: cgroup id. @public */
export const INET_DIAG_CGROUP_ID = 21;
/** inet_diag attribute: max. @public */
export const INET_DIAG_MAX = 22;
/** inet_diag attribute: sockopt. @public */
export const INET_DIAG_SOCKOPT = 22;

// Upper layer protocol

/** Attribute in INET_DIAG_ULP_INFO: unspec. @public */
export const INET_ULP_INFO_UNSPEC = 0;
/** Attribute in INET_DIAG_ULP_INFO: name. @public */
export const INET_ULP_INFO_NAME = 1;
/** Attribute in INET_DIAG_ULP_INFO: tls. @public */
export const INET_ULP_INFO_TLS = 2;
/** Attribute in INET_DIAG_ULP_INFO: max. @public */
export const INET_ULP_INFO_MAX = 3;
/** Attribute in INET_DIAG_ULP_INFO: mptcp. @public */
export const INET_ULP_INFO_MPTCP = 3;

// Sizes

/** Size of `struct inet_diag_sockid`. @public */
export const INET_DIAG_SOCKID_LEN = 48;
/** Size of `struct inet_diag_req_v2`. @public */
export const INET_DIAG_REQ_V2_LEN = 56;
/** Size of `struct inet_diag_msg`. @public */
export const INET_DIAG_MSG_LEN = 72;
