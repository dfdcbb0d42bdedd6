/**
 * AF_PACKET sockets: packet(7).
 */

// Packet types

/** Packet type: to this host (packet(7)). @public */
export const PACKET_HOST = 0;
/** Packet type: broadcast. @public */
export const PACKET_BROADCAST = 1;
/** Packet type: multicast. @public */
export const PACKET_MULTICAST = 2;
/** Packet type: to somebody else, seen in promiscuous mode. @public */
export const PACKET_OTHERHOST = 3;
/** Packet type: sent by this host. @public */
export const PACKET_OUTGOING = 4;
/** Packet type: looped back broadcast or multicast. @public */
export const PACKET_LOOPBACK = 5;
/** Packet type `sll_pkttype` (packet(7)): fastroute. @public */
export const PACKET_FASTROUTE = 6;
/** Packet type `sll_pkttype` (packet(7)): user. @public */
export const PACKET_USER = 6;
/** Packet type `sll_pkttype` (packet(7)): kernel. @public */
export const PACKET_KERNEL = 7;

// Memberships

/** `mr_type` of PACKET_ADD_MEMBERSHIP: multicast. @public */
export const PACKET_MR_MULTICAST = 0;
/** `mr_type` of PACKET_ADD_MEMBERSHIP: promisc. @public */
export const PACKET_MR_PROMISC = 1;
/** `mr_type` of PACKET_ADD_MEMBERSHIP: allmulti. @public */
export const PACKET_MR_ALLMULTI = 2;
/** `mr_type` of PACKET_ADD_MEMBERSHIP: unicast. @public */
export const PACKET_MR_UNICAST = 3;

// Fanout

/** PACKET_FANOUT mode or flag: hash. @public */
export const PACKET_FANOUT_HASH = 0;
/** PACKET_FANOUT mode or flag: lb. @public */
export const PACKET_FANOUT_LB = 1;
/** PACKET_FANOUT mode or flag: cpu. @public */
export const PACKET_FANOUT_CPU = 2;
/** PACKET_FANOUT mode or flag: rollover. @public */
export const PACKET_FANOUT_ROLLOVER = 3;
/** PACKET_FANOUT mode or flag: rnd. @public */
export const PACKET_FANOUT_RND = 4;
/** PACKET_FANOUT mode or flag: qm. @public */
export const PACKET_FANOUT_QM = 5;
/** PACKET_FANOUT mode or flag: cbpf. @public */
export const PACKET_FANOUT_CBPF = 6;
/** PACKET_FANOUT mode or flag: ebpf. @public */
export const PACKET_FANOUT_EBPF = 7;
/** PACKET_FANOUT mode or flag: data. @public */
export const PACKET_FANOUT_DATA = 22;
/** PACKET_FANOUT mode or flag: flag rollover. @public */
export const PACKET_FANOUT_FLAG_ROLLOVER = 4096;
/** PACKET_FANOUT mode or flag: flag uniqueid. @public */
export const PACKET_FANOUT_FLAG_UNIQUEID = 8192;
/** PACKET_FANOUT mode or flag: flag defrag. @public */
export const PACKET_FANOUT_FLAG_DEFRAG = 32768;

// Socket options of level SOL_PACKET

/** Socket option of level SOL_PACKET (packet(7)): add membership. @public */
export const PACKET_ADD_MEMBERSHIP = 1;
/** Socket option of level SOL_PACKET (packet(7)): drop membership. @public */
export const PACKET_DROP_MEMBERSHIP = 2;
/** Socket option of level SOL_PACKET (packet(7)): recv output. @public */
export const PACKET_RECV_OUTPUT = 3;
/** Socket option of level SOL_PACKET (packet(7)): rx ring. @public */
export const PACKET_RX_RING = 5;
/** Socket option of level SOL_PACKET (packet(7)): statistics. @public */
export const PACKET_STATISTICS = 6;
/** Socket option of level SOL_PACKET (packet(7)): copy thresh. @public */
export const PACKET_COPY_THRESH = 7;
/** Socket option of level SOL_PACKET (packet(7)): auxdata. @public */
export const PACKET_AUXDATA = 8;
/** Socket option of level SOL_PACKET (packet(7)): origdev. @public */
export const PACKET_ORIGDEV = 9;
/** Socket option of level SOL_PACKET (packet(7)): version. @public */
export const PACKET_VERSION = 10;
/** Socket option of level SOL_PACKET (packet(7)): hdrlen. @public */
export const PACKET_HDRLEN = 11;
/** Socket option of level SOL_PACKET (packet(7)): reserve. @public */
export const PACKET_RESERVE = 12;
/** Socket option of level SOL_PACKET (packet(7)): tx ring. @public */
export const PACKET_TX_RING = 13;
/** Socket option of level SOL_PACKET (packet(7)): loss. @public */
export const PACKET_LOSS = 14;
/** Socket option of level SOL_PACKET (packet(7)): vnet hdr. @public */
export const PACKET_VNET_HDR = 15;
/** Socket option of level SOL_PACKET (packet(7)): tx timestamp. @public */
export const PACKET_TX_TIMESTAMP = 16;
/** Socket option of level SOL_PACKET (packet(7)): timestamp. @public */
export const PACKET_TIMESTAMP = 17;
/** Socket option of level SOL_PACKET (packet(7)): fanout. @public */
export const PACKET_FANOUT = 18;
/** Socket option of level SOL_PACKET (packet(7)): tx has off. @public */
export const PACKET_TX_HAS_OFF = 19;
/** Socket option of level SOL_PACKET (packet(7)): qdisc bypass. @public */
export const PACKET_QDISC_BYPASS = 20;
/** Socket option of level SOL_PACKET (packet(7)): rollover stats. @public */
export const PACKET_ROLLOVER_STATS = 21;
/** Socket option of level SOL_PACKET (packet(7)): ignore outgoing. @public */
export const PACKET_IGNORE_OUTGOING = 23;
/** Socket option of level SOL_PACKET (packet(7)): vnet hdr sz. @public */
export const PACKET_VNET_HDR_SZ = 24;

// Ring buffers

/** Ring buffer: v1. @public */
export const TPACKET_V1 = 0;
/** Ring buffer: status available. @public */
export const TP_STATUS_AVAILABLE = 0;
/** Ring buffer: status kernel. @public */
export const TP_STATUS_KERNEL = 0;
/** Ring buffer: v2. @public */
export const TPACKET_V2 = 1;
/** Ring buffer: ft req fill rxhash. @public */
export const TP_FT_REQ_FILL_RXHASH = 1;
/** Ring buffer: status send request. @public */
export const TP_STATUS_SEND_REQUEST = 1;
/** Ring buffer: status user. @public */
export const TP_STATUS_USER = 1;
/** Ring buffer: v3. @public */
export const TPACKET_V3 = 2;
/** Ring buffer: status copy. @public */
export const TP_STATUS_COPY = 2;
/** Ring buffer: status sending. @public */
export const TP_STATUS_SENDING = 2;
/** Ring buffer: status losing. @public */
export const TP_STATUS_LOSING = 4;
/** Ring buffer: status wrong format. @public */
export const TP_STATUS_WRONG_FORMAT = 4;
/** Ring buffer: status csumnotready. @public */
export const TP_STATUS_CSUMNOTREADY = 8;
/** Ring buffer: alignment. @public */
export const TPACKET_ALIGNMENT = 16;
/** Ring buffer: status vlan valid. @public */
export const TP_STATUS_VLAN_VALID = 16;
/** Ring buffer: status blk tmo. @public */
export const TP_STATUS_BLK_TMO = 32;
/** Ring buffer: hdrlen. @public */
export const TPACKET_HDRLEN = 52;
/** Ring buffer: status vlan tpid valid. @public */
export const TP_STATUS_VLAN_TPID_VALID = 64;
/** Ring buffer: status csum valid. @public */
export const TP_STATUS_CSUM_VALID = 128;
/** Ring buffer: status gso tcp. @public */
export const TP_STATUS_GSO_TCP = 256;
/** Ring buffer: status ts software. @public */
export const TP_STATUS_TS_SOFTWARE = 536870912;
/** Ring buffer: status ts sys hardware. @public */
export const TP_STATUS_TS_SYS_HARDWARE = 1073741824;
/** Ring buffer: status ts raw hardware. @public */
export const TP_STATUS_TS_RAW_HARDWARE = 2147483648;
