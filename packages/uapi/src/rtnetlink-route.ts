/**
 * rtnetlink(7): routes.
 */

// Attributes

/** Route attribute unspec (rtnetlink(7)). @public */
export const RTA_UNSPEC = 0;
/** Route attribute: destination. @public */
export const RTA_DST = 1;
/** Route attribute: source. @public */
export const RTA_SRC = 2;
/** Route attribute: incoming interface. @public */
export const RTA_IIF = 3;
/** Route attribute alignto (rtnetlink(7)). @public */
export const RTA_ALIGNTO = 4;
/** Route attribute: outgoing interface. @public */
export const RTA_OIF = 4;
/** Route attribute: gateway. @public */
export const RTA_GATEWAY = 5;
/** Route attribute: priority (metric). @public */
export const RTA_PRIORITY = 6;
/** Route attribute: preferred source address. @public */
export const RTA_PREFSRC = 7;
/** Route attribute: metrics, nested (RTAX_*). @public */
export const RTA_METRICS = 8;
/** Route attribute: several nexthops (struct rtnexthop with attributes). @public */
export const RTA_MULTIPATH = 9;
/** Route attribute protoinfo (rtnetlink(7)). @public */
export const RTA_PROTOINFO = 10;
/** Route attribute flow (rtnetlink(7)). @public */
export const RTA_FLOW = 11;
/** Route attribute: struct rta_cacheinfo. @public */
export const RTA_CACHEINFO = 12;
/** Route attribute session (rtnetlink(7)). @public */
export const RTA_SESSION = 13;
/** Route attribute mp algo (rtnetlink(7)). @public */
export const RTA_MP_ALGO = 14;
/** Route attribute: table. @public */
export const RTA_TABLE = 15;
/** Route attribute: mark of the packet. @public */
export const RTA_MARK = 16;
/** Route attribute mfc stats (rtnetlink(7)). @public */
export const RTA_MFC_STATS = 17;
/** Route attribute: gateway of another family. @public */
export const RTA_VIA = 18;
/** Route attribute newdst (rtnetlink(7)). @public */
export const RTA_NEWDST = 19;
/** Route attribute pref (rtnetlink(7)). @public */
export const RTA_PREF = 20;
/** Route attribute encap type (rtnetlink(7)). @public */
export const RTA_ENCAP_TYPE = 21;
/** Route attribute encap (rtnetlink(7)). @public */
export const RTA_ENCAP = 22;
/** Route attribute expires (rtnetlink(7)). @public */
export const RTA_EXPIRES = 23;
/** Route attribute pad (rtnetlink(7)). @public */
export const RTA_PAD = 24;
/** Route attribute: user of the socket. @public */
export const RTA_UID = 25;
/** Route attribute ttl propagate (rtnetlink(7)). @public */
export const RTA_TTL_PROPAGATE = 26;
/** Route attribute of a request: protocol. @public */
export const RTA_IP_PROTO = 27;
/** Route attribute of a request: source port. @public */
export const RTA_SPORT = 28;
/** Route attribute of a request: destination port. @public */
export const RTA_DPORT = 29;
/** Route attribute: id of a nexthop object. @public */
export const RTA_NH_ID = 30;
/** Route attribute of a request: IPv6 flow label. @public */
export const RTA_FLOWLABEL = 31;
/** Route attribute max (rtnetlink(7)). @public */
export const RTA_MAX = 31;

// Metrics

/** Route metric in RTA_METRICS: unspec. @public */
export const RTAX_UNSPEC = 0;
/** Route metric in RTA_METRICS: lock. @public */
export const RTAX_LOCK = 1;
/** Route metric in RTA_METRICS: mtu. @public */
export const RTAX_MTU = 2;
/** Route metric in RTA_METRICS: window. @public */
export const RTAX_WINDOW = 3;
/** Route metric in RTA_METRICS: rtt. @public */
export const RTAX_RTT = 4;
/** Route metric in RTA_METRICS: rttvar. @public */
export const RTAX_RTTVAR = 5;
/** Route metric in RTA_METRICS: ssthresh. @public */
export const RTAX_SSTHRESH = 6;
/** Route metric in RTA_METRICS: cwnd. @public */
export const RTAX_CWND = 7;
/** Route metric in RTA_METRICS: advmss. @public */
export const RTAX_ADVMSS = 8;
/** Route metric in RTA_METRICS: reordering. @public */
export const RTAX_REORDERING = 9;
/** Route metric in RTA_METRICS: hoplimit. @public */
export const RTAX_HOPLIMIT = 10;
/** Route metric in RTA_METRICS: initcwnd. @public */
export const RTAX_INITCWND = 11;
/** Route metric in RTA_METRICS: features. @public */
export const RTAX_FEATURES = 12;
/** Route metric in RTA_METRICS: rto min. @public */
export const RTAX_RTO_MIN = 13;
/** Route metric in RTA_METRICS: initrwnd. @public */
export const RTAX_INITRWND = 14;
/** Route metric in RTA_METRICS: quickack. @public */
export const RTAX_QUICKACK = 15;
/** Route metric in RTA_METRICS: cc algo. @public */
export const RTAX_CC_ALGO = 16;
/** Route metric in RTA_METRICS: fastopen no cookie. @public */
export const RTAX_FASTOPEN_NO_COOKIE = 17;
/** Route metric in RTA_METRICS: max. @public */
export const RTAX_MAX = 17;

// Features

/** Bit of RTAX_FEATURES: ecn. @public */
export const RTAX_FEATURE_ECN = 0x01;
/** Bit of RTAX_FEATURES: sack. @public */
export const RTAX_FEATURE_SACK = 0x02;
/** Bit of RTAX_FEATURES: timestamp. @public */
export const RTAX_FEATURE_TIMESTAMP = 0x04;
/** Bit of RTAX_FEATURES: allfrag. @public */
export const RTAX_FEATURE_ALLFRAG = 0x08;
/** Bit of RTAX_FEATURES: tcp usec ts. @public */
export const RTAX_FEATURE_TCP_USEC_TS = 0x10;
/** Bit of RTAX_FEATURES: mask. @public */
export const RTAX_FEATURE_MASK = 0x1f;

// Types

/** Route type: unknown. @public */
export const RTN_UNSPEC = 0;
/** Route type: to a gateway or a link. @public */
export const RTN_UNICAST = 1;
/** Route type: an address of this host. @public */
export const RTN_LOCAL = 2;
/** Route type: a broadcast, accepted and sent as one. @public */
export const RTN_BROADCAST = 3;
/** Route type: an anycast address of this host. @public */
export const RTN_ANYCAST = 4;
/** Route type: multicast. @public */
export const RTN_MULTICAST = 5;
/** Route type: drop in silence. @public */
export const RTN_BLACKHOLE = 6;
/** Route type: refuse as unreachable. @public */
export const RTN_UNREACHABLE = 7;
/** Route type: refuse as prohibited. @public */
export const RTN_PROHIBIT = 8;
/** Route type: go on with the next table. @public */
export const RTN_THROW = 9;
/** Route type: nat. @public */
export const RTN_NAT = 10;
/** Route type: max. @public */
export const RTN_MAX = 11;
/** Route type: xresolve. @public */
export const RTN_XRESOLVE = 11;

// Origins

/** Route origin (`rtm_protocol`): unspec. @public */
export const RTPROT_UNSPEC = 0;
/** Origin: installed by ICMP redirects. @public */
export const RTPROT_REDIRECT = 1;
/** Origin: installed by the kernel. @public */
export const RTPROT_KERNEL = 2;
/** Origin: installed during boot. @public */
export const RTPROT_BOOT = 3;
/** Origin: installed by the administrator. @public */
export const RTPROT_STATIC = 4;
/** Route origin (`rtm_protocol`): gated. @public */
export const RTPROT_GATED = 8;
/** Origin: router advertisement. @public */
export const RTPROT_RA = 9;
/** Route origin (`rtm_protocol`): mrt. @public */
export const RTPROT_MRT = 10;
/** Route origin (`rtm_protocol`): zebra. @public */
export const RTPROT_ZEBRA = 11;
/** Route origin (`rtm_protocol`): bird. @public */
export const RTPROT_BIRD = 12;
/** Route origin (`rtm_protocol`): dnrouted. @public */
export const RTPROT_DNROUTED = 13;
/** Route origin (`rtm_protocol`): xorp. @public */
export const RTPROT_XORP = 14;
/** Route origin (`rtm_protocol`): ntk. @public */
export const RTPROT_NTK = 15;
/** Origin: DHCP client. @public */
export const RTPROT_DHCP = 16;
/** Route origin (`rtm_protocol`): mrouted. @public */
export const RTPROT_MROUTED = 17;
/** Route origin (`rtm_protocol`): keepalived. @public */
export const RTPROT_KEEPALIVED = 18;
/** Route origin (`rtm_protocol`): babel. @public */
export const RTPROT_BABEL = 42;
/** Route origin (`rtm_protocol`): ovn. @public */
export const RTPROT_OVN = 84;
/** Route origin (`rtm_protocol`): openr. @public */
export const RTPROT_OPENR = 99;
/** Route origin (`rtm_protocol`): bgp. @public */
export const RTPROT_BGP = 186;
/** Route origin (`rtm_protocol`): isis. @public */
export const RTPROT_ISIS = 187;
/** Route origin (`rtm_protocol`): ospf. @public */
export const RTPROT_OSPF = 188;
/** Route origin (`rtm_protocol`): rip. @public */
export const RTPROT_RIP = 189;
/** Route origin (`rtm_protocol`): eigrp. @public */
export const RTPROT_EIGRP = 192;

// Scopes

/** Scope: everywhere. @public */
export const RT_SCOPE_UNIVERSE = 0;
/** Scope: inside this site. @public */
export const RT_SCOPE_SITE = 200;
/** Scope: on this link. @public */
export const RT_SCOPE_LINK = 253;
/** Scope: on this host. @public */
export const RT_SCOPE_HOST = 254;
/** Scope: nowhere. @public */
export const RT_SCOPE_NOWHERE = 255;

// Tables

/** Table: not said. @public */
export const RT_TABLE_UNSPEC = 0;
/** Table: its number is above 255 and in RTA_TABLE. @public */
export const RT_TABLE_COMPAT = 252;
/** Table 253, looked into last. @public */
export const RT_TABLE_DEFAULT = 253;
/** Table 254, where routes go. @public */
export const RT_TABLE_MAIN = 254;
/** Table 255, local and broadcast addresses. @public */
export const RT_TABLE_LOCAL = 255;
/** Highest table number (unsigned 32 bits). @public */
export const RT_TABLE_MAX = 4294967295;

// Route flags

/** Route flag: tell the user of changes. @public */
export const RTM_F_NOTIFY = 0x100;
/** Route flag: this is a cached route. @public */
export const RTM_F_CLONED = 0x200;
/** Flag of `rtm_flags`: equalize. @public */
export const RTM_F_EQUALIZE = 0x400;
/** Flag of `rtm_flags`: prefix. @public */
export const RTM_F_PREFIX = 0x800;
/** Route flag of a request: tell the table too. @public */
export const RTM_F_LOOKUP_TABLE = 0x1000;
/** Route flag of a request: give the matching entry of the table. @public */
export const RTM_F_FIB_MATCH = 0x2000;
/** Route flag: in hardware. @public */
export const RTM_F_OFFLOAD = 0x4000;
/** Route flag: hardware gives the packets to the kernel. @public */
export const RTM_F_TRAP = 0x8000;
/** Flag of `rtm_flags`: offload failed. @public */
export const RTM_F_OFFLOAD_FAILED = 0x20000000;

// Nexthop flags

/** Nexthop flag: dead. @public */
export const RTNH_F_DEAD = 0x1;
/** Nexthop flag: recursive gateway lookup. @public */
export const RTNH_F_PERVASIVE = 0x2;
/** Nexthop flag: the gateway is on this link, whatever the routes say. @public */
export const RTNH_F_ONLINK = 0x4;
/** Flag of a nexthop: offload. @public */
export const RTNH_F_OFFLOAD = 0x8;
/** Nexthop flag: the link has no carrier. @public */
export const RTNH_F_LINKDOWN = 0x10;
/** Nexthop flag: entry of a multicast route without an interface yet. @public */
export const RTNH_F_UNRESOLVED = 0x20;
/** Flag of a nexthop: trap. @public */
export const RTNH_F_TRAP = 0x40;
/** Flag of a nexthop: compare mask. @public */
export const RTNH_COMPARE_MASK = 0x59;

// Sizes

/** Alignment of `struct rtnexthop` in RTA_MULTIPATH. @public */
export const RTNH_ALIGNTO = 4;
