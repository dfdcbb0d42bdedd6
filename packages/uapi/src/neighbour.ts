/**
 * Neighbour attributes, states and flags: rtnetlink(7), arp(7).
 */

// Attributes

/** Neighbour attribute unspec. @public */
export const NDA_UNSPEC = 0;
/** Neighbour attribute: protocol address. @public */
export const NDA_DST = 1;
/** Neighbour attribute: hardware address. @public */
export const NDA_LLADDR = 2;
/** Neighbour attribute: struct nda_cacheinfo. @public */
export const NDA_CACHEINFO = 3;
/** Neighbour attribute: probes sent. @public */
export const NDA_PROBES = 4;
/** Neighbour attribute vlan. @public */
export const NDA_VLAN = 5;
/** Neighbour attribute port. @public */
export const NDA_PORT = 6;
/** Neighbour attribute vni. @public */
export const NDA_VNI = 7;
/** Neighbour attribute ifindex. @public */
export const NDA_IFINDEX = 8;
/** Neighbour attribute master. @public */
export const NDA_MASTER = 9;
/** Neighbour attribute link netnsid. @public */
export const NDA_LINK_NETNSID = 10;
/** Neighbour attribute src vni. @public */
export const NDA_SRC_VNI = 11;
/** Neighbour attribute protocol. @public */
export const NDA_PROTOCOL = 12;
/** Neighbour attribute nh id. @public */
export const NDA_NH_ID = 13;
/** Neighbour attribute fdb ext attrs. @public */
export const NDA_FDB_EXT_ATTRS = 14;
/** Neighbour attribute flags ext. @public */
export const NDA_FLAGS_EXT = 15;
/** Neighbour attribute ndm state mask. @public */
export const NDA_NDM_STATE_MASK = 16;
/** Neighbour attribute max. @public */
export const NDA_MAX = 17;
/** Neighbour attribute ndm flags mask. @public */
export const NDA_NDM_FLAGS_MASK = 17;

// States

/** Neighbour state: none yet. @public */
export const NUD_NONE = 0x00;
/** Neighbour state: being resolved. @public */
export const NUD_INCOMPLETE = 0x01;
/** Neighbour state: confirmed a short time ago. @public */
export const NUD_REACHABLE = 0x02;
/** Neighbour state: not confirmed lately, still used. @public */
export const NUD_STALE = 0x04;
/** Neighbour state: used while stale, waiting for a confirmation. @public */
export const NUD_DELAY = 0x08;
/** Neighbour state: being asked again. @public */
export const NUD_PROBE = 0x10;
/** Neighbour state: did not answer. @public */
export const NUD_FAILED = 0x20;
/** Neighbour state: needs no resolution. @public */
export const NUD_NOARP = 0x40;
/** Neighbour state: set by hand, never expires. @public */
export const NUD_PERMANENT = 0x80;

// Flags

/** Extended neighbour flag: the kernel keeps it resolved. @public */
export const NTF_EXT_MANAGED = 0x01;
/** Neighbour flag: make it resolve now. @public */
export const NTF_USE = 0x01;
/** Extended neighbour flag: locked bridge entry. @public */
export const NTF_EXT_LOCKED = 0x02;
/** Extended neighbour flag: somebody outside vouches for it. @public */
export const NTF_EXT_EXT_VALIDATED = 0x04;
/** Neighbour flag: of the device itself (bridge fdb). @public */
export const NTF_SELF = 0x02;
/** Neighbour flag: of the device's master (bridge fdb). @public */
export const NTF_MASTER = 0x04;
/** Neighbour flag: answer for it (proxy ARP). @public */
export const NTF_PROXY = 0x08;
/** Neighbour flag: learned outside the kernel. @public */
export const NTF_EXT_LEARNED = 0x10;
/** Neighbour flag: in hardware. @public */
export const NTF_OFFLOADED = 0x20;
/** Neighbour flag: does not move (bridge fdb). @public */
export const NTF_STICKY = 0x40;
/** Neighbour flag: a router (IPv6). @public */
export const NTF_ROUTER = 0x80;

// Tables

/** Neighbour table attribute (RTM_GETNEIGHTBL): unspec. @public */
export const NDTA_UNSPEC = 0;
/** Neighbour table attribute (RTM_GETNEIGHTBL): name. @public */
export const NDTA_NAME = 1;
/** Neighbour table attribute (RTM_GETNEIGHTBL): thresh1. @public */
export const NDTA_THRESH1 = 2;
/** Neighbour table attribute (RTM_GETNEIGHTBL): thresh2. @public */
export const NDTA_THRESH2 = 3;
/** Neighbour table attribute (RTM_GETNEIGHTBL): thresh3. @public */
export const NDTA_THRESH3 = 4;
/** Neighbour table attribute (RTM_GETNEIGHTBL): config. @public */
export const NDTA_CONFIG = 5;
/** Neighbour table attribute (RTM_GETNEIGHTBL): parms. @public */
export const NDTA_PARMS = 6;
/** Neighbour table attribute (RTM_GETNEIGHTBL): stats. @public */
export const NDTA_STATS = 7;
/** Neighbour table attribute (RTM_GETNEIGHTBL): gc interval. @public */
export const NDTA_GC_INTERVAL = 8;
/** Neighbour table attribute (RTM_GETNEIGHTBL): max. @public */
export const NDTA_MAX = 9;
/** Neighbour table attribute (RTM_GETNEIGHTBL): pad. @public */
export const NDTA_PAD = 9;

// Table parameters

/** Neighbour table parameter in NDTA_PARMS: unspec. @public */
export const NDTPA_UNSPEC = 0;
/** Neighbour table parameter in NDTA_PARMS: ifindex. @public */
export const NDTPA_IFINDEX = 1;
/** Neighbour table parameter in NDTA_PARMS: refcnt. @public */
export const NDTPA_REFCNT = 2;
/** Neighbour table parameter in NDTA_PARMS: reachable time. @public */
export const NDTPA_REACHABLE_TIME = 3;
/** Neighbour table parameter in NDTA_PARMS: base reachable time. @public */
export const NDTPA_BASE_REACHABLE_TIME = 4;
/** Neighbour table parameter in NDTA_PARMS: retrans time. @public */
export const NDTPA_RETRANS_TIME = 5;
/** Neighbour table parameter in NDTA_PARMS: gc staletime. @public */
export const NDTPA_GC_STALETIME = 6;
/** Neighbour table parameter in NDTA_PARMS: delay probe time. @public */
export const NDTPA_DELAY_PROBE_TIME = 7;
/** Neighbour table parameter in NDTA_PARMS: queue len. @public */
export const NDTPA_QUEUE_LEN = 8;
/** Neighbour table parameter in NDTA_PARMS: app probes. @public */
export const NDTPA_APP_PROBES = 9;
/** Neighbour table parameter in NDTA_PARMS: ucast probes. @public */
export const NDTPA_UCAST_PROBES = 10;
/** Neighbour table parameter in NDTA_PARMS: mcast probes. @public */
export const NDTPA_MCAST_PROBES = 11;
/** Neighbour table parameter in NDTA_PARMS: anycast delay. @public */
export const NDTPA_ANYCAST_DELAY = 12;
/** Neighbour table parameter in NDTA_PARMS: proxy delay. @public */
export const NDTPA_PROXY_DELAY = 13;
/** Neighbour table parameter in NDTA_PARMS: proxy qlen. @public */
export const NDTPA_PROXY_QLEN = 14;
/** Neighbour table parameter in NDTA_PARMS: locktime. @public */
export const NDTPA_LOCKTIME = 15;
/** Neighbour table parameter in NDTA_PARMS: queue lenbytes. @public */
export const NDTPA_QUEUE_LENBYTES = 16;
/** Neighbour table parameter in NDTA_PARMS: mcast reprobes. @public */
export const NDTPA_MCAST_REPROBES = 17;
/** Neighbour table parameter in NDTA_PARMS: pad. @public */
export const NDTPA_PAD = 18;
/** Neighbour table parameter in NDTA_PARMS: interval probe time ms. @public */
export const NDTPA_INTERVAL_PROBE_TIME_MS = 19;
/** Neighbour table parameter in NDTA_PARMS: max. @public */
export const NDTPA_MAX = 19;
