/**
 * sock_diag(7): requests common to all families, AF_UNIX sockets.
 */

// Message types

/** Message type of NETLINK_SOCK_DIAG: diag by family. @public */
export const SOCK_DIAG_BY_FAMILY = 20;
/** Message type of NETLINK_SOCK_DIAG: destroy. @public */
export const SOCK_DESTROY = 21;

// Memory information

/** Index in the memory array (INET_DIAG_SKMEMINFO): rmem alloc. @public */
export const SK_MEMINFO_RMEM_ALLOC = 0;
/** Index in the memory array (INET_DIAG_SKMEMINFO): rcvbuf. @public */
export const SK_MEMINFO_RCVBUF = 1;
/** Index in the memory array (INET_DIAG_SKMEMINFO): wmem alloc. @public */
export const SK_MEMINFO_WMEM_ALLOC = 2;
/** Index in the memory array (INET_DIAG_SKMEMINFO): sndbuf. @public */
export const SK_MEMINFO_SNDBUF = 3;
/** Index in the memory array (INET_DIAG_SKMEMINFO): fwd alloc. @public */
export const SK_MEMINFO_FWD_ALLOC = 4;
/** Index in the memory array (INET_DIAG_SKMEMINFO): wmem queued. @public */
export const SK_MEMINFO_WMEM_QUEUED = 5;
/** Index in the memory array (INET_DIAG_SKMEMINFO): optmem. @public */
export const SK_MEMINFO_OPTMEM = 6;
/** Index in the memory array (INET_DIAG_SKMEMINFO): backlog. @public */
export const SK_MEMINFO_BACKLOG = 7;
/** Index in the memory array (INET_DIAG_SKMEMINFO): drops. @public */
export const SK_MEMINFO_DROPS = 8;
/** Index in the memory array (INET_DIAG_SKMEMINFO): vars. @public */
export const SK_MEMINFO_VARS = 9;

// Groups

/** Multicast group: none. @public */
export const SKNLGRP_NONE = 0;
/** Multicast group: inet tcp destroy. @public */
export const SKNLGRP_INET_TCP_DESTROY = 1;
/** Multicast group: inet udp destroy. @public */
export const SKNLGRP_INET_UDP_DESTROY = 2;
/** Multicast group: inet6 tcp destroy. @public */
export const SKNLGRP_INET6_TCP_DESTROY = 3;
/** Multicast group: inet6 udp destroy. @public */
export const SKNLGRP_INET6_UDP_DESTROY = 4;
/** Multicast group: max. @public */
export const SKNLGRP_MAX = 4;

// AF_UNIX

/** AF_UNIX sockets: name. @public */
export const UNIX_DIAG_NAME = 0;
/** AF_UNIX sockets: show name. @public */
export const UDIAG_SHOW_NAME = 1;
/** AF_UNIX sockets: vfs. @public */
export const UNIX_DIAG_VFS = 1;
/** AF_UNIX sockets: show vfs. @public */
export const UDIAG_SHOW_VFS = 2;
/** AF_UNIX sockets: peer. @public */
export const UNIX_DIAG_PEER = 2;
/** AF_UNIX sockets: icons. @public */
export const UNIX_DIAG_ICONS = 3;
/** AF_UNIX sockets: show peer. @public */
export const UDIAG_SHOW_PEER = 4;
/** AF_UNIX sockets: rqlen. @public */
export const UNIX_DIAG_RQLEN = 4;
/** AF_UNIX sockets: meminfo. @public */
export const UNIX_DIAG_MEMINFO = 5;
/** AF_UNIX sockets: shutdown. @public */
export const UNIX_DIAG_SHUTDOWN = 6;
/** AF_UNIX sockets: max. @public */
export const UNIX_DIAG_MAX = 7;
/** AF_UNIX sockets: uid. @public */
export const UNIX_DIAG_UID = 7;
/** AF_UNIX sockets: show icons. @public */
export const UDIAG_SHOW_ICONS = 8;
/** AF_UNIX sockets: show rqlen. @public */
export const UDIAG_SHOW_RQLEN = 16;
/** AF_UNIX sockets: show meminfo. @public */
export const UDIAG_SHOW_MEMINFO = 32;
/** AF_UNIX sockets: show uid. @public */
export const UDIAG_SHOW_UID = 64;

// AF_NETLINK

/** AF_NETLINK sockets: meminfo. @public */
export const NETLINK_DIAG_MEMINFO = 0;
/** AF_NETLINK sockets: flag cb running. @public */
export const NDIAG_FLAG_CB_RUNNING = 1;
/** AF_NETLINK sockets: show meminfo. @public */
export const NDIAG_SHOW_MEMINFO = 1;
/** AF_NETLINK sockets: groups. @public */
export const NETLINK_DIAG_GROUPS = 1;
/** AF_NETLINK sockets: flag pktinfo. @public */
export const NDIAG_FLAG_PKTINFO = 2;
/** AF_NETLINK sockets: show groups. @public */
export const NDIAG_SHOW_GROUPS = 2;
/** AF_NETLINK sockets: rx ring. @public */
export const NETLINK_DIAG_RX_RING = 2;
/** AF_NETLINK sockets: tx ring. @public */
export const NETLINK_DIAG_TX_RING = 3;
/** AF_NETLINK sockets: flag broadcast error. @public */
export const NDIAG_FLAG_BROADCAST_ERROR = 4;
/** AF_NETLINK sockets: show ring cfg. @public */
export const NDIAG_SHOW_RING_CFG = 4;
/** AF_NETLINK sockets: flags. @public */
export const NETLINK_DIAG_FLAGS = 4;
/** AF_NETLINK sockets: max. @public */
export const NETLINK_DIAG_MAX = 4;
/** AF_NETLINK sockets: flag no enobufs. @public */
export const NDIAG_FLAG_NO_ENOBUFS = 8;
/** AF_NETLINK sockets: show flags. @public */
export const NDIAG_SHOW_FLAGS = 8;
/** AF_NETLINK sockets: flag listen all nsid. @public */
export const NDIAG_FLAG_LISTEN_ALL_NSID = 16;
/** AF_NETLINK sockets: flag cap ack. @public */
export const NDIAG_FLAG_CAP_ACK = 32;
/** AF_NETLINK sockets: proto all. @public */
export const NDIAG_PROTO_ALL = 255;

// AF_PACKET

/** AF_PACKET sockets: info. @public */
export const PACKET_DIAG_INFO = 0;
/** AF_PACKET sockets: mclist. @public */
export const PACKET_DIAG_MCLIST = 1;
/** AF_PACKET sockets: packet show info. @public */
export const PACKET_SHOW_INFO = 1;
/** AF_PACKET sockets: rx ring. @public */
export const PACKET_DIAG_RX_RING = 2;
/** AF_PACKET sockets: packet show mclist. @public */
export const PACKET_SHOW_MCLIST = 2;
/** AF_PACKET sockets: tx ring. @public */
export const PACKET_DIAG_TX_RING = 3;
/** AF_PACKET sockets: fanout. @public */
export const PACKET_DIAG_FANOUT = 4;
/** AF_PACKET sockets: packet show ring cfg. @public */
export const PACKET_SHOW_RING_CFG = 4;
/** AF_PACKET sockets: uid. @public */
export const PACKET_DIAG_UID = 5;
/** AF_PACKET sockets: meminfo. @public */
export const PACKET_DIAG_MEMINFO = 6;
/** AF_PACKET sockets: filter. @public */
export const PACKET_DIAG_FILTER = 7;
/** AF_PACKET sockets: max. @public */
export const PACKET_DIAG_MAX = 7;
/** AF_PACKET sockets: packet show fanout. @public */
export const PACKET_SHOW_FANOUT = 8;
/** AF_PACKET sockets: packet show meminfo. @public */
export const PACKET_SHOW_MEMINFO = 16;
/** AF_PACKET sockets: packet show filter. @public */
export const PACKET_SHOW_FILTER = 32;

// struct packet_diag_info

/** Flag of PACKET_DIAG_INFO: it receives. @public */
export const PDI_RUNNING = 1;
/** Flag of PACKET_DIAG_INFO: PACKET_AUXDATA. @public */
export const PDI_AUXDATA = 2;
/** Flag of PACKET_DIAG_INFO: PACKET_ORIGDEV. @public */
export const PDI_ORIGDEV = 4;
/** Flag of PACKET_DIAG_INFO: PACKET_VNET_HDR. @public */
export const PDI_VNETHDR = 8;
/** Flag of PACKET_DIAG_INFO: PACKET_LOSS. @public */
export const PDI_LOSS = 16;
