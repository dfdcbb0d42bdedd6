/**
 * Address families, socket types, options, message flags: socket(2), socket(7), send(2), recv(2).
 */

// Address families

/** Address family (address_families(7)): unspec. @public */
export const AF_UNSPEC = 0;
/** Address family (address_families(7)): file. @public */
export const AF_FILE = 1;
/** Address family (address_families(7)): local. @public */
export const AF_LOCAL = 1;
/** Address family (address_families(7)): unix. @public */
export const AF_UNIX = 1;
/** Address family (address_families(7)): inet. @public */
export const AF_INET = 2;
/** Address family (address_families(7)): ax25. @public */
export const AF_AX25 = 3;
/** Address family (address_families(7)): ipx. @public */
export const AF_IPX = 4;
/** Address family (address_families(7)): appletalk. @public */
export const AF_APPLETALK = 5;
/** Address family (address_families(7)): netrom. @public */
export const AF_NETROM = 6;
/** Address family (address_families(7)): bridge. @public */
export const AF_BRIDGE = 7;
/** Address family (address_families(7)): atmpvc. @public */
export const AF_ATMPVC = 8;
/** Address family (address_families(7)): x25. @public */
export const AF_X25 = 9;
/** Address family (address_families(7)): inet6. @public */
export const AF_INET6 = 10;
/** Address family (address_families(7)): rose. @public */
export const AF_ROSE = 11;
/** Address family (address_families(7)): decnet. @public */
export const AF_DECnet = 12;
/** Address family (address_families(7)): netbeui. @public */
export const AF_NETBEUI = 13;
/** Address family (address_families(7)): security. @public */
export const AF_SECURITY = 14;
/** Address family (address_families(7)): key. @public */
export const AF_KEY = 15;
/** Address family (address_families(7)): netlink. @public */
export const AF_NETLINK = 16;
/** Address family (address_families(7)): route. @public */
export const AF_ROUTE = 16;
/** Address family (address_families(7)): packet. @public */
export const AF_PACKET = 17;
/** Address family (address_families(7)): ash. @public */
export const AF_ASH = 18;
/** Address family (address_families(7)): econet. @public */
export const AF_ECONET = 19;
/** Address family (address_families(7)): atmsvc. @public */
export const AF_ATMSVC = 20;
/** Address family (address_families(7)): rds. @public */
export const AF_RDS = 21;
/** Address family (address_families(7)): sna. @public */
export const AF_SNA = 22;
/** Address family (address_families(7)): irda. @public */
export const AF_IRDA = 23;
/** Address family (address_families(7)): pppox. @public */
export const AF_PPPOX = 24;
/** Address family (address_families(7)): wanpipe. @public */
export const AF_WANPIPE = 25;
/** Address family (address_families(7)): llc. @public */
export const AF_LLC = 26;
/** Address family (address_families(7)): ib. @public */
export const AF_IB = 27;
/** Address family (address_families(7)): mpls. @public */
export const AF_MPLS = 28;
/** Address family (address_families(7)): can. @public */
export const AF_CAN = 29;
/** Address family (address_families(7)): tipc. @public */
export const AF_TIPC = 30;
/** Address family (address_families(7)): bluetooth. @public */
export const AF_BLUETOOTH = 31;
/** Address family (address_families(7)): iucv. @public */
export const AF_IUCV = 32;
/** Address family (address_families(7)): rxrpc. @public */
export const AF_RXRPC = 33;
/** Address family (address_families(7)): isdn. @public */
export const AF_ISDN = 34;
/** Address family (address_families(7)): phonet. @public */
export const AF_PHONET = 35;
/** Address family (address_families(7)): ieee802154. @public */
export const AF_IEEE802154 = 36;
/** Address family (address_families(7)): caif. @public */
export const AF_CAIF = 37;
/** Address family (address_families(7)): alg. @public */
export const AF_ALG = 38;
/** Address family (address_families(7)): nfc. @public */
export const AF_NFC = 39;
/** Address family (address_families(7)): vsock. @public */
export const AF_VSOCK = 40;
/** Address family (address_families(7)): kcm. @public */
export const AF_KCM = 41;
/** Address family (address_families(7)): qipcrtr. @public */
export const AF_QIPCRTR = 42;
/** Address family (address_families(7)): smc. @public */
export const AF_SMC = 43;
/** Address family (address_families(7)): xdp. @public */
export const AF_XDP = 44;
/** Address family (address_families(7)): mctp. @public */
export const AF_MCTP = 45;
/** Address family (address_families(7)): max. @public */
export const AF_MAX = 46;

// Protocol families

/** Protocol family, equal to AF_UNSPEC (socket(2)). @public */
export const PF_UNSPEC = 0;
/** Protocol family, equal to AF_FILE (socket(2)). @public */
export const PF_FILE = 1;
/** Protocol family, equal to AF_LOCAL (socket(2)). @public */
export const PF_LOCAL = 1;
/** Protocol family, equal to AF_UNIX (socket(2)). @public */
export const PF_UNIX = 1;
/** Protocol family, equal to AF_INET (socket(2)). @public */
export const PF_INET = 2;
/** Protocol family, equal to AF_AX25 (socket(2)). @public */
export const PF_AX25 = 3;
/** Protocol family, equal to AF_IPX (socket(2)). @public */
export const PF_IPX = 4;
/** Protocol family, equal to AF_APPLETALK (socket(2)). @public */
export const PF_APPLETALK = 5;
/** Protocol family, equal to AF_NETROM (socket(2)). @public */
export const PF_NETROM = 6;
/** Protocol family, equal to AF_BRIDGE (socket(2)). @public */
export const PF_BRIDGE = 7;
/** Protocol family, equal to AF_ATMPVC (socket(2)). @public */
export const PF_ATMPVC = 8;
/** Protocol family, equal to AF_X25 (socket(2)). @public */
export const PF_X25 = 9;
/** Protocol family, equal to AF_INET6 (socket(2)). @public */
export const PF_INET6 = 10;
/** Protocol family, equal to AF_ROSE (socket(2)). @public */
export const PF_ROSE = 11;
/** Protocol family, equal to AF_DECnet (socket(2)). @public */
export const PF_DECnet = 12;
/** Protocol family, equal to AF_NETBEUI (socket(2)). @public */
export const PF_NETBEUI = 13;
/** Protocol family, equal to AF_SECURITY (socket(2)). @public */
export const PF_SECURITY = 14;
/** Protocol family, equal to AF_KEY (socket(2)). @public */
export const PF_KEY = 15;
/** Protocol family, equal to AF_NETLINK (socket(2)). @public */
export const PF_NETLINK = 16;
/** Protocol family, equal to AF_ROUTE (socket(2)). @public */
export const PF_ROUTE = 16;
/** Protocol family, equal to AF_PACKET (socket(2)). @public */
export const PF_PACKET = 17;
/** Protocol family, equal to AF_ASH (socket(2)). @public */
export const PF_ASH = 18;
/** Protocol family, equal to AF_ECONET (socket(2)). @public */
export const PF_ECONET = 19;
/** Protocol family, equal to AF_ATMSVC (socket(2)). @public */
export const PF_ATMSVC = 20;
/** Protocol family, equal to AF_RDS (socket(2)). @public */
export const PF_RDS = 21;
/** Protocol family, equal to AF_SNA (socket(2)). @public */
export const PF_SNA = 22;
/** Protocol family, equal to AF_IRDA (socket(2)). @public */
export const PF_IRDA = 23;
/** Protocol family, equal to AF_PPPOX (socket(2)). @public */
export const PF_PPPOX = 24;
/** Protocol family, equal to AF_WANPIPE (socket(2)). @public */
export const PF_WANPIPE = 25;
/** Protocol family, equal to AF_LLC (socket(2)). @public */
export const PF_LLC = 26;
/** Protocol family, equal to AF_IB (socket(2)). @public */
export const PF_IB = 27;
/** Protocol family, equal to AF_MPLS (socket(2)). @public */
export const PF_MPLS = 28;
/** Protocol family, equal to AF_CAN (socket(2)). @public */
export const PF_CAN = 29;
/** Protocol family, equal to AF_TIPC (socket(2)). @public */
export const PF_TIPC = 30;
/** Protocol family, equal to AF_BLUETOOTH (socket(2)). @public */
export const PF_BLUETOOTH = 31;
/** Protocol family, equal to AF_IUCV (socket(2)). @public */
export const PF_IUCV = 32;
/** Protocol family, equal to AF_RXRPC (socket(2)). @public */
export const PF_RXRPC = 33;
/** Protocol family, equal to AF_ISDN (socket(2)). @public */
export const PF_ISDN = 34;
/** Protocol family, equal to AF_PHONET (socket(2)). @public */
export const PF_PHONET = 35;
/** Protocol family, equal to AF_IEEE802154 (socket(2)). @public */
export const PF_IEEE802154 = 36;
/** Protocol family, equal to AF_CAIF (socket(2)). @public */
export const PF_CAIF = 37;
/** Protocol family, equal to AF_ALG (socket(2)). @public */
export const PF_ALG = 38;
/** Protocol family, equal to AF_NFC (socket(2)). @public */
export const PF_NFC = 39;
/** Protocol family, equal to AF_VSOCK (socket(2)). @public */
export const PF_VSOCK = 40;
/** Protocol family, equal to AF_KCM (socket(2)). @public */
export const PF_KCM = 41;
/** Protocol family, equal to AF_QIPCRTR (socket(2)). @public */
export const PF_QIPCRTR = 42;
/** Protocol family, equal to AF_SMC (socket(2)). @public */
export const PF_SMC = 43;
/** Protocol family, equal to AF_XDP (socket(2)). @public */
export const PF_XDP = 44;
/** Protocol family, equal to AF_MCTP (socket(2)). @public */
export const PF_MCTP = 45;

// Socket types and creation flags

/** Socket type: reliable byte stream (socket(2)). @public */
export const SOCK_STREAM = 1;
/** Socket type: datagrams (socket(2)). @public */
export const SOCK_DGRAM = 2;
/** Socket type: raw packets (socket(2)). @public */
export const SOCK_RAW = 3;
/** Socket type: reliable datagrams without order (socket(2)). @public */
export const SOCK_RDM = 4;
/** Socket type: reliable ordered datagrams (socket(2)). @public */
export const SOCK_SEQPACKET = 5;
/** Socket type: DCCP. @public */
export const SOCK_DCCP = 6;
/** Socket type: obsolete way to packet sockets (packet(7)). @public */
export const SOCK_PACKET = 10;
/** Creation flag: non-blocking descriptor (socket(2)). @public */
export const SOCK_NONBLOCK = 2048;
/** Creation flag: close on execve(2) (socket(2)). @public */
export const SOCK_CLOEXEC = 524288;

// Option levels

/** Option level (setsockopt(2)): hci. @public */
export const SOL_HCI = 0;
/** Option level (setsockopt(2)): ip. @public */
export const SOL_IP = 0;
/** Option level (setsockopt(2)): icmp. @public */
export const SOL_ICMP = 1;
/** Option level (setsockopt(2)): socket. @public */
export const SOL_SOCKET = 1;
/** Option level (setsockopt(2)): l2cap. @public */
export const SOL_L2CAP = 6;
/** Option level (setsockopt(2)): tcp. @public */
export const SOL_TCP = 6;
/** Option level (setsockopt(2)): sco. @public */
export const SOL_SCO = 17;
/** Option level (setsockopt(2)): udp. @public */
export const SOL_UDP = 17;
/** Option level (setsockopt(2)): rfcomm. @public */
export const SOL_RFCOMM = 18;
/** Option level (setsockopt(2)): ipv6. @public */
export const SOL_IPV6 = 41;
/** Option level (setsockopt(2)): icmpv6. @public */
export const SOL_ICMPV6 = 58;
/** Option level (setsockopt(2)): sctp. @public */
export const SOL_SCTP = 132;
/** Option level (setsockopt(2)): udplite. @public */
export const SOL_UDPLITE = 136;
/** Option level (setsockopt(2)): raw. @public */
export const SOL_RAW = 255;
/** Option level (setsockopt(2)): ipx. @public */
export const SOL_IPX = 256;
/** Option level (setsockopt(2)): ax25. @public */
export const SOL_AX25 = 257;
/** Option level (setsockopt(2)): atalk. @public */
export const SOL_ATALK = 258;
/** Option level (setsockopt(2)): netrom. @public */
export const SOL_NETROM = 259;
/** Option level (setsockopt(2)): rose. @public */
export const SOL_ROSE = 260;
/** Option level (setsockopt(2)): decnet. @public */
export const SOL_DECNET = 261;
/** Option level (setsockopt(2)): x25. @public */
export const SOL_X25 = 262;
/** Option level (setsockopt(2)): packet. @public */
export const SOL_PACKET = 263;
/** Option level (setsockopt(2)): atm. @public */
export const SOL_ATM = 264;
/** Option level (setsockopt(2)): aal. @public */
export const SOL_AAL = 265;
/** Option level (setsockopt(2)): irda. @public */
export const SOL_IRDA = 266;
/** Option level (setsockopt(2)): netbeui. @public */
export const SOL_NETBEUI = 267;
/** Option level (setsockopt(2)): llc. @public */
export const SOL_LLC = 268;
/** Option level (setsockopt(2)): dccp. @public */
export const SOL_DCCP = 269;
/** Option level (setsockopt(2)): netlink. @public */
export const SOL_NETLINK = 270;
/** Option level (setsockopt(2)): tipc. @public */
export const SOL_TIPC = 271;
/** Option level (setsockopt(2)): rxrpc. @public */
export const SOL_RXRPC = 272;
/** Option level (setsockopt(2)): pppol2tp. @public */
export const SOL_PPPOL2TP = 273;
/** Option level (setsockopt(2)): bluetooth. @public */
export const SOL_BLUETOOTH = 274;
/** Option level (setsockopt(2)): pnpipe. @public */
export const SOL_PNPIPE = 275;
/** Option level (setsockopt(2)): rds. @public */
export const SOL_RDS = 276;
/** Option level (setsockopt(2)): iucv. @public */
export const SOL_IUCV = 277;
/** Option level (setsockopt(2)): caif. @public */
export const SOL_CAIF = 278;
/** Option level (setsockopt(2)): alg. @public */
export const SOL_ALG = 279;
/** Option level (setsockopt(2)): nfc. @public */
export const SOL_NFC = 280;
/** Option level (setsockopt(2)): kcm. @public */
export const SOL_KCM = 281;
/** Option level (setsockopt(2)): tls. @public */
export const SOL_TLS = 282;
/** Option level (setsockopt(2)): xdp. @public */
export const SOL_XDP = 283;
/** Option level (setsockopt(2)): mptcp. @public */
export const SOL_MPTCP = 284;
/** Option level (setsockopt(2)): mctp. @public */
export const SOL_MCTP = 285;
/** Option level (setsockopt(2)): smc. @public */
export const SOL_SMC = 286;
/** Option level (setsockopt(2)): vsock. @public */
export const SOL_VSOCK = 287;

// Options of level SOL_SOCKET

/** Option: record debugging information (socket(7)). @public */
export const SO_DEBUG = 1;
/** Option: bind to an address in TIME-WAIT, share it with others that set this (socket(7)). @public */
export const SO_REUSEADDR = 2;
/** Option, read only: socket type (socket(7)). @public */
export const SO_TYPE = 3;
/** Option, read only: pending error, cleared by reading (socket(7)). @public */
export const SO_ERROR = 4;
/** Option: do not send through a gateway (socket(7)). @public */
export const SO_DONTROUTE = 5;
/** Option: allow broadcasts (socket(7)). @public */
export const SO_BROADCAST = 6;
/** Option: send buffer; what is set is doubled (socket(7)). @public */
export const SO_SNDBUF = 7;
/** Option: receive buffer; what is set is doubled (socket(7)). @public */
export const SO_RCVBUF = 8;
/** Option: probe idle connections (socket(7)). @public */
export const SO_KEEPALIVE = 9;
/** Option: urgent data stays in the stream (socket(7)). @public */
export const SO_OOBINLINE = 10;
/** Option: send UDP without checksums. @public */
export const SO_NO_CHECK = 11;
/** Option: priority of sent packets (socket(7)). @public */
export const SO_PRIORITY = 12;
/** Option: close(2) waits for unsent data (socket(7)). @public */
export const SO_LINGER = 13;
/** Socket option of level SOL_SOCKET (socket(7)): bsdcompat. @public */
export const SO_BSDCOMPAT = 14;
/** Option: several sockets share a port and its load (socket(7)). @public */
export const SO_REUSEPORT = 15;
/** Option: receive SCM_CREDENTIALS (unix(7)). @public */
export const SO_PASSCRED = 16;
/** Option, read only: credentials of the peer (unix(7)). @public */
export const SO_PEERCRED = 17;
/** Option: bytes that make the socket readable (socket(7)). @public */
export const SO_RCVLOWAT = 18;
/** Option, read only on Linux: always 1 (socket(7)). @public */
export const SO_SNDLOWAT = 19;
/** Option: receive timeout (socket(7)). @public */
export const SO_RCVTIMEO = 20;
/** Socket option of level SOL_SOCKET (socket(7)): rcvtimeo old. @public */
export const SO_RCVTIMEO_OLD = 20;
/** Option: send timeout (socket(7)). @public */
export const SO_SNDTIMEO = 21;
/** Socket option of level SOL_SOCKET (socket(7)): sndtimeo old. @public */
export const SO_SNDTIMEO_OLD = 21;
/** Socket option of level SOL_SOCKET (socket(7)): security authentication. @public */
export const SO_SECURITY_AUTHENTICATION = 22;
/** Socket option of level SOL_SOCKET (socket(7)): security encryption transport. @public */
export const SO_SECURITY_ENCRYPTION_TRANSPORT = 23;
/** Socket option of level SOL_SOCKET (socket(7)): security encryption network. @public */
export const SO_SECURITY_ENCRYPTION_NETWORK = 24;
/** Option: use only this interface, by name (socket(7)). @public */
export const SO_BINDTODEVICE = 25;
/** Option: attach a classic BPF filter (socket(7)). @public */
export const SO_ATTACH_FILTER = 26;
/** Socket option of level SOL_SOCKET (socket(7)): get filter. @public */
export const SO_GET_FILTER = 26;
/** Socket option of level SOL_SOCKET (socket(7)): detach bpf. @public */
export const SO_DETACH_BPF = 27;
/** Option: remove the filter (socket(7)). @public */
export const SO_DETACH_FILTER = 27;
/** Socket option of level SOL_SOCKET (socket(7)): peername. @public */
export const SO_PEERNAME = 28;
/** Option: pass the time of receipt in microseconds (socket(7)). @public */
export const SO_TIMESTAMP = 29;
/** Socket option of level SOL_SOCKET (socket(7)): timestamp old. @public */
export const SO_TIMESTAMP_OLD = 29;
/** Option, read only: the socket listens (socket(7)). @public */
export const SO_ACCEPTCONN = 30;
/** Socket option of level SOL_SOCKET (socket(7)): peersec. @public */
export const SO_PEERSEC = 31;
/** Option: send buffer beyond the limit, with CAP_NET_ADMIN (socket(7)). @public */
export const SO_SNDBUFFORCE = 32;
/** Option: receive buffer beyond the limit, with CAP_NET_ADMIN (socket(7)). @public */
export const SO_RCVBUFFORCE = 33;
/** Socket option of level SOL_SOCKET (socket(7)): passsec. @public */
export const SO_PASSSEC = 34;
/** Option: pass the time of receipt in nanoseconds (socket(7)). @public */
export const SO_TIMESTAMPNS = 35;
/** Socket option of level SOL_SOCKET (socket(7)): timestampns old. @public */
export const SO_TIMESTAMPNS_OLD = 35;
/** Option: mark of sent packets (socket(7)). @public */
export const SO_MARK = 36;
/** Option: time stamps of sending and receipt (SOF_TIMESTAMPING_*). @public */
export const SO_TIMESTAMPING = 37;
/** Socket option of level SOL_SOCKET (socket(7)): timestamping old. @public */
export const SO_TIMESTAMPING_OLD = 37;
/** Option, read only: protocol (socket(7)). @public */
export const SO_PROTOCOL = 38;
/** Option, read only: address family (socket(7)). @public */
export const SO_DOMAIN = 39;
/** Option: pass the number of dropped packets (socket(7)). @public */
export const SO_RXQ_OVFL = 40;
/** Socket option of level SOL_SOCKET (socket(7)): wifi status. @public */
export const SO_WIFI_STATUS = 41;
/** Option: where MSG_PEEK begins (socket(7)). @public */
export const SO_PEEK_OFF = 42;
/** Socket option of level SOL_SOCKET (socket(7)): nofcs. @public */
export const SO_NOFCS = 43;
/** Option: the filter may not be changed any more (socket(7)). @public */
export const SO_LOCK_FILTER = 44;
/** Option: a full error queue also sets POLLPRI (socket(7)). @public */
export const SO_SELECT_ERR_QUEUE = 45;
/** Option: microseconds to poll the device (socket(7)). @public */
export const SO_BUSY_POLL = 46;
/** Option: most bytes a second to send. @public */
export const SO_MAX_PACING_RATE = 47;
/** Socket option of level SOL_SOCKET (socket(7)): bpf extensions. @public */
export const SO_BPF_EXTENSIONS = 48;
/** Option: CPU of the last packet, or preferred for SO_REUSEPORT (socket(7)). @public */
export const SO_INCOMING_CPU = 49;
/** Socket option of level SOL_SOCKET (socket(7)): attach bpf. @public */
export const SO_ATTACH_BPF = 50;
/** Socket option of level SOL_SOCKET (socket(7)): attach reuseport cbpf. @public */
export const SO_ATTACH_REUSEPORT_CBPF = 51;
/** Socket option of level SOL_SOCKET (socket(7)): attach reuseport ebpf. @public */
export const SO_ATTACH_REUSEPORT_EBPF = 52;
/** Socket option of level SOL_SOCKET (socket(7)): cnx advice. @public */
export const SO_CNX_ADVICE = 53;
/** Option, read only: memory use (SK_MEMINFO_*). @public */
export const SO_MEMINFO = 55;
/** Option, read only: NAPI id of the last packet (socket(7)). @public */
export const SO_INCOMING_NAPI_ID = 56;
/** Option, read only: number of this socket, never reused. @public */
export const SO_COOKIE = 57;
/** Socket option of level SOL_SOCKET (socket(7)): peergroups. @public */
export const SO_PEERGROUPS = 59;
/** Option: allow MSG_ZEROCOPY. @public */
export const SO_ZEROCOPY = 60;
/** Option: packets carry the time of their departure. @public */
export const SO_TXTIME = 61;
/** Option: use only this interface, by index. @public */
export const SO_BINDTOIFINDEX = 62;
/** Socket option of level SOL_SOCKET (socket(7)): timestamp new. @public */
export const SO_TIMESTAMP_NEW = 63;
/** Socket option of level SOL_SOCKET (socket(7)): timestampns new. @public */
export const SO_TIMESTAMPNS_NEW = 64;
/** Socket option of level SOL_SOCKET (socket(7)): timestamping new. @public */
export const SO_TIMESTAMPING_NEW = 65;
/** Socket option of level SOL_SOCKET (socket(7)): rcvtimeo new. @public */
export const SO_RCVTIMEO_NEW = 66;
/** Socket option of level SOL_SOCKET (socket(7)): sndtimeo new. @public */
export const SO_SNDTIMEO_NEW = 67;
/** Socket option of level SOL_SOCKET (socket(7)): detach reuseport bpf. @public */
export const SO_DETACH_REUSEPORT_BPF = 68;
/** Socket option of level SOL_SOCKET (socket(7)): prefer busy poll. @public */
export const SO_PREFER_BUSY_POLL = 69;
/** Socket option of level SOL_SOCKET (socket(7)): busy poll budget. @public */
export const SO_BUSY_POLL_BUDGET = 70;
/** Option, read only: number of this network namespace. @public */
export const SO_NETNS_COOKIE = 71;
/** Socket option of level SOL_SOCKET (socket(7)): buf lock. @public */
export const SO_BUF_LOCK = 72;
/** Socket option of level SOL_SOCKET (socket(7)): reserve mem. @public */
export const SO_RESERVE_MEM = 73;
/** Socket option of level SOL_SOCKET (socket(7)): txrehash. @public */
export const SO_TXREHASH = 74;
/** Socket option of level SOL_SOCKET (socket(7)): rcvmark. @public */
export const SO_RCVMARK = 75;
/** Socket option of level SOL_SOCKET (socket(7)): passpidfd. @public */
export const SO_PASSPIDFD = 76;
/** Socket option of level SOL_SOCKET (socket(7)): peerpidfd. @public */
export const SO_PEERPIDFD = 77;
/** Socket option of level SOL_SOCKET (socket(7)): devmem linear. @public */
export const SO_DEVMEM_LINEAR = 78;
/** Socket option of level SOL_SOCKET (socket(7)): devmem dmabuf. @public */
export const SO_DEVMEM_DMABUF = 79;
/** Socket option of level SOL_SOCKET (socket(7)): devmem dontneed. @public */
export const SO_DEVMEM_DONTNEED = 80;
/** Socket option of level SOL_SOCKET (socket(7)): rcvpriority. @public */
export const SO_RCVPRIORITY = 82;
/** Socket option of level SOL_SOCKET (socket(7)): passrights. @public */
export const SO_PASSRIGHTS = 83;
/** Option: each message says how many bytes are left to read (local streams). @public */
export const SO_INQ = 84;

// Message flags

/** Message flag inside Linux: the caller is a 32-bit process. @public */
export const MSG_CMSG_COMPAT = -0x80000000;
/** Message flag: urgent data (send(2), recv(2)). @public */
export const MSG_OOB = 0x1;
/** Message flag: leave the data in the queue (recv(2)). @public */
export const MSG_PEEK = 0x2;
/** Message flag: do not send through a gateway (send(2)). @public */
export const MSG_DONTROUTE = 0x4;
/** Flag of send(2)/recv(2): tryhard. @public */
export const MSG_TRYHARD = 0x4;
/** Message flag: control data did not fit (recv(2)). @public */
export const MSG_CTRUNC = 0x8;
/** Message flag: look for the path only, do not send. @public */
export const MSG_PROBE = 0x10;
/** Flag of send(2)/recv(2): proxy. @public */
export const MSG_PROXY = 0x10;
/** Message flag: data did not fit; on call: return its true length (recv(2)). @public */
export const MSG_TRUNC = 0x20;
/** Message flag: this call does not block (send(2), recv(2)). @public */
export const MSG_DONTWAIT = 0x40;
/** Message flag: end of record (send(2), recv(2)). @public */
export const MSG_EOR = 0x80;
/** Message flag: wait for all data asked for (recv(2)). @public */
export const MSG_WAITALL = 0x100;
/** Other name of MSG_FIN. @public */
export const MSG_EOF = 0x200;
/** Flag of send(2)/recv(2): fin. @public */
export const MSG_FIN = 0x200;
/** Flag of send(2)/recv(2): syn. @public */
export const MSG_SYN = 0x400;
/** Message flag: the peer is alive, no need to probe it (send(2)). @public */
export const MSG_CONFIRM = 0x800;
/** Flag of send(2)/recv(2): rst. @public */
export const MSG_RST = 0x1000;
/** Message flag: take from the error queue (recv(2)). @public */
export const MSG_ERRQUEUE = 0x2000;
/** Message flag: no SIGPIPE (send(2)). @public */
export const MSG_NOSIGNAL = 0x4000;
/** Message flag: more data follows (send(2)). @public */
export const MSG_MORE = 0x8000;
/** Message flag: after one message do not wait for more (recvmmsg(2)). @public */
export const MSG_WAITFORONE = 0x10000;
/** Message flag inside Linux: not the last page. @public */
export const MSG_SENDPAGE_NOTLAST = 0x20000;
/** Message flag: more messages follow (sendmmsg(2)). @public */
export const MSG_BATCH = 0x40000;
/** Message flag inside Linux: pages are not shared. @public */
export const MSG_NO_SHARED_FRAGS = 0x80000;
/** Message flag: send without copying (needs SO_ZEROCOPY). @public */
export const MSG_ZEROCOPY = 0x4000000;
/** Message flag inside Linux: take the pages of the buffers. @public */
export const MSG_SPLICE_PAGES = 0x8000000;
/** Message flag: send data with the SYN (tcp(7)). @public */
export const MSG_FASTOPEN = 0x20000000;
/** Message flag: received descriptors close on execve(2) (recvmsg(2)). @public */
export const MSG_CMSG_CLOEXEC = 0x40000000;

// Control messages

/** Control message: file descriptors (unix(7)). @public */
export const SCM_RIGHTS = 1;
/** Control message: process, user and group id (unix(7)). @public */
export const SCM_CREDENTIALS = 2;
/** Control message: security context (unix(7)). @public */
export const SCM_SECURITY = 3;
/** Control message: pidfd of the sender (unix(7)). @public */
export const SCM_PIDFD = 4;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): timestamp. @public */
export const SCM_TIMESTAMP = 29;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): timestampns. @public */
export const SCM_TIMESTAMPNS = 35;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): timestamping. @public */
export const SCM_TIMESTAMPING = 37;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): wifi status. @public */
export const SCM_WIFI_STATUS = 41;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): timestamping opt stats. @public */
export const SCM_TIMESTAMPING_OPT_STATS = 54;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): timestamping pktinfo. @public */
export const SCM_TIMESTAMPING_PKTINFO = 58;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): txtime. @public */
export const SCM_TXTIME = 61;
/** Control message type of level SOL_SOCKET (cmsg(3), unix(7)): ts opt id. @public */
export const SCM_TS_OPT_ID = 81;

/** Control message: bytes that are left to read. @public */
export const SCM_INQ = 84;

// shutdown(2)

/** shutdown(2): no more receiving. @public */
export const SHUT_RD = 0;
/** shutdown(2): no more sending. @public */
export const SHUT_WR = 1;
/** shutdown(2): neither. @public */
export const SHUT_RDWR = 2;

// Limits

/** Number of buffers in one call that Linux handles without allocating. @public */
export const UIO_FASTIOV = 8;
/** The socket type in the type argument of socket(2), without creation flags. @public */
export const SOCK_TYPE_MASK = 15;
/** Most descriptors in one SCM_RIGHTS message (unix(7)). @public */
export const SCM_MAX_FD = 253;
/** Most buffers in one sendmsg(2) or recvmsg(2) (IOV_MAX). @public */
export const UIO_MAXIOV = 1024;
/** Smallest receive buffer on x86-64 (socket(7)). @public */
export const SOCK_MIN_RCVBUF = 2304;
/** Default upper bound of the backlog of listen(2) (`net.core.somaxconn`). @public */
export const SOMAXCONN = 4096;
/** Smallest send buffer on x86-64 (socket(7)). @public */
export const SOCK_MIN_SNDBUF = 4608;
