/**
 * Multicast routing of IPv4: the options and ioctls of a daemon's IGMP socket, its upcalls, and the attributes of RTNL_FAMILY_IPMR (linux/mroute.h).
 */

/** First option of the family. @public */
export const MRT_BASE = 200;
/** Become the daemon of a table. @public */
export const MRT_INIT = 200;
/** Stop being it. @public */
export const MRT_DONE = 201;
/** A virtual interface: struct vifctl. @public */
export const MRT_ADD_VIF = 202;
/** Ends one: struct vifctl, of which the index counts. @public */
export const MRT_DEL_VIF = 203;
/** A forwarding entry: struct mfcctl. @public */
export const MRT_ADD_MFC = 204;
/** Ends one. @public */
export const MRT_DEL_MFC = 205;
/** The version of this interface: 0x0305. @public */
export const MRT_VERSION = 206;
/** Tell of packets that come in by the wrong interface. @public */
export const MRT_ASSERT = 207;
/** The same, and the register interface of PIM. @public */
export const MRT_PIM = 208;
/** Which table the socket means. @public */
export const MRT_TABLE = 209;
/** A (*,G) or (*,*) entry, one for each upstream interface. @public */
export const MRT_ADD_MFC_PROXY = 210;
/** Ends one. @public */
export const MRT_DEL_MFC_PROXY = 211;
/** Forgets what MRT_FLUSH_* says. @public */
export const MRT_FLUSH = 212;
/** Last option of the family. @public */
export const MRT_MAX = 212;

/** ioctl: packets and bytes of an interface, struct sioc_vif_req. @public */
export const SIOCGETVIFCNT = 0x89e0;
/** ioctl: packets and bytes of an entry, struct sioc_sg_req. @public */
export const SIOCGETSGCNT = 0x89e1;
/** ioctl: has a number, and no answer. @public */
export const SIOCGETRPF = 0x89e2;

/** MRT_FLUSH: entries of the daemon. @public */
export const MRT_FLUSH_MFC = 1;
/** MRT_FLUSH: entries of others. @public */
export const MRT_FLUSH_MFC_STATIC = 2;
/** MRT_FLUSH: interfaces of the daemon. @public */
export const MRT_FLUSH_VIFS = 4;
/** MRT_FLUSH: interfaces of others. @public */
export const MRT_FLUSH_VIFS_STATIC = 8;

/** Virtual interfaces of a table at most. @public */
export const MAXVIFS = 32;
/** Bytes of struct vifctl. @public */
export const VIFCTL_LEN = 16;
/** Bytes of struct mfcctl. @public */
export const MFCCTL_LEN = 60;
/** Bytes of struct igmpmsg. @public */
export const IGMPMSG_LEN = 20;

/** An IPIP tunnel. @public */
export const VIFF_TUNNEL = 1;
/** Not implemented anywhere. @public */
export const VIFF_SRCRT = 2;
/** The register interface of PIM. @public */
export const VIFF_REGISTER = 4;
/** The device is given by its number. @public */
export const VIFF_USE_IFINDEX = 8;

/** Upcall: no entry for this packet. @public */
export const IGMPMSG_NOCACHE = 1;
/** Upcall: it came in by the wrong interface. @public */
export const IGMPMSG_WRONGVIF = 2;
/** Upcall: the whole packet, for the register tunnel. @public */
export const IGMPMSG_WHOLEPKT = 3;
/** Upcall: the whole packet, which came in by the wrong interface. @public */
export const IGMPMSG_WRVIFWHOLE = 4;

/** Table of RTM_NEWLINK: its number. @public */
export const IPMRA_TABLE_ID = 1;
/** Unresolved entries. @public */
export const IPMRA_TABLE_CACHE_RES_QUEUE_LEN = 2;
/** The register interface, or -1. @public */
export const IPMRA_TABLE_MROUTE_REG_VIF_NUM = 3;
/** MRT_ASSERT is on. @public */
export const IPMRA_TABLE_MROUTE_DO_ASSERT = 4;
/** MRT_PIM is on. @public */
export const IPMRA_TABLE_MROUTE_DO_PIM = 5;
/** The interfaces, nested. @public */
export const IPMRA_TABLE_VIFS = 6;
/** MRT_PIM asks for IGMPMSG_WRVIFWHOLE. @public */
export const IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE = 7;
/** One interface, nested. @public */
export const IPMRA_VIF = 1;
/** Its device. @public */
export const IPMRA_VIFA_IFINDEX = 1;
/** Its index. @public */
export const IPMRA_VIFA_VIF_ID = 2;
/** VIFF_*. @public */
export const IPMRA_VIFA_FLAGS = 3;
/** Bytes received. @public */
export const IPMRA_VIFA_BYTES_IN = 4;
/** Bytes sent. @public */
export const IPMRA_VIFA_BYTES_OUT = 5;
/** Packets received. @public */
export const IPMRA_VIFA_PACKETS_IN = 6;
/** Packets sent. @public */
export const IPMRA_VIFA_PACKETS_OUT = 7;
/** Local address, or the device's number. @public */
export const IPMRA_VIFA_LOCAL_ADDR = 8;
/** Far end of a tunnel. @public */
export const IPMRA_VIFA_REMOTE_ADDR = 9;

/** RTM_NEWCACHEREPORT: IGMPMSG_*. @public */
export const IPMRA_CREPORT_MSGTYPE = 1;
/** The interface that it is about. @public */
export const IPMRA_CREPORT_VIF_ID = 2;
/** Source of the packet. @public */
export const IPMRA_CREPORT_SRC_ADDR = 3;
/** Its group. @public */
export const IPMRA_CREPORT_DST_ADDR = 4;
/** What follows struct igmpmsg in the upcall. @public */
export const IPMRA_CREPORT_PKT = 5;
/** The table. @public */
export const IPMRA_CREPORT_TABLE = 6;
