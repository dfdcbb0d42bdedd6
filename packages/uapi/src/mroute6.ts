/**
 * Multicast routing of IPv6: the options and ioctls of a daemon's ICMPv6 socket and its upcalls (linux/mroute6.h).
 */

/** First option of the family: become the daemon of a table. @public */
export const MRT6_INIT = 200;
/** Stop being it. @public */
export const MRT6_DONE = 201;
/** An interface: struct mif6ctl. @public */
export const MRT6_ADD_MIF = 202;
/** Ends one: its index. @public */
export const MRT6_DEL_MIF = 203;
/** A forwarding entry: struct mf6cctl. @public */
export const MRT6_ADD_MFC = 204;
/** Ends one. @public */
export const MRT6_DEL_MFC = 205;
/** The version of this interface: 0x0305. @public */
export const MRT6_VERSION = 206;
/** Tell of packets that come in by the wrong interface. @public */
export const MRT6_ASSERT = 207;
/** The same, and the register interface of PIM. @public */
export const MRT6_PIM = 208;
/** Which table the socket means. @public */
export const MRT6_TABLE = 209;
/** A (*,G) or (*,*) entry, one for each upstream interface. @public */
export const MRT6_ADD_MFC_PROXY = 210;
/** Ends one. @public */
export const MRT6_DEL_MFC_PROXY = 211;
/** Forgets what MRT6_FLUSH_* says. @public */
export const MRT6_FLUSH = 212;
/** Last option of the family. @public */
export const MRT6_MAX = 212;

/** ioctl: packets and bytes of an interface, struct sioc_mif_req6. @public */
export const SIOCGETMIFCNT_IN6 = 0x89e0;
/** ioctl: packets and bytes of an entry, struct sioc_sg_req6. @public */
export const SIOCGETSGCNT_IN6 = 0x89e1;

/** MRT6_FLUSH: entries of the daemon. @public */
export const MRT6_FLUSH_MFC = 1;
/** MRT6_FLUSH: entries of others. @public */
export const MRT6_FLUSH_MFC_STATIC = 2;
/** MRT6_FLUSH: interfaces of the daemon. @public */
export const MRT6_FLUSH_MIFS = 4;
/** MRT6_FLUSH: interfaces of others. @public */
export const MRT6_FLUSH_MIFS_STATIC = 8;

/** Interfaces of a table at most. @public */
export const MAXMIFS = 32;
/** Bytes of struct mif6ctl. @public */
export const MIF6CTL_LEN = 12;
/** Bytes of struct mf6cctl. @public */
export const MF6CCTL_LEN = 92;
/** Bytes of struct mrt6msg. @public */
export const MRT6MSG_LEN = 40;
/** Bytes of struct sioc_mif_req6. @public */
export const SIOC_MIF_REQ6_LEN = 40;
/** Bytes of struct sioc_sg_req6. @public */
export const SIOC_SG_REQ6_LEN = 80;

/** The register interface of PIM. @public */
export const MIFF_REGISTER = 1;

/** Upcall: no entry for this packet. @public */
export const MRT6MSG_NOCACHE = 1;
/** Upcall: it came in by the wrong interface. @public */
export const MRT6MSG_WRONGMIF = 2;
/** Upcall: the whole packet, for the register tunnel. @public */
export const MRT6MSG_WHOLEPKT = 3;
/** Upcall: the whole packet, which came in by the wrong interface. @public */
export const MRT6MSG_WRMIFWHOLE = 4;

/** RTM_NEWCACHEREPORT: MRT6MSG_*. @public */
export const IP6MRA_CREPORT_MSGTYPE = 1;
/** The interface that it is about. @public */
export const IP6MRA_CREPORT_MIF_ID = 2;
/** Source of the packet. @public */
export const IP6MRA_CREPORT_SRC_ADDR = 3;
/** Its group. @public */
export const IP6MRA_CREPORT_DST_ADDR = 4;
/** What follows struct mrt6msg in the upcall. @public */
export const IP6MRA_CREPORT_PKT = 5;
