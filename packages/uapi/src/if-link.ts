/**
 * Link attributes of RTM_*LINK: rtnetlink(7).
 */

// Attributes of an interface

/** Link attribute proto down reason unspec (rtnetlink(7)). @public */
export const IFLA_PROTO_DOWN_REASON_UNSPEC = 0;
/** Link attribute unspec (rtnetlink(7)). @public */
export const IFLA_UNSPEC = 0;
/** Link attribute: hardware address. @public */
export const IFLA_ADDRESS = 1;
/** Link attribute proto down reason mask (rtnetlink(7)). @public */
export const IFLA_PROTO_DOWN_REASON_MASK = 1;
/** Link attribute: broadcast address. @public */
export const IFLA_BROADCAST = 2;
/** Link attribute proto down reason max (rtnetlink(7)). @public */
export const IFLA_PROTO_DOWN_REASON_MAX = 2;
/** Link attribute proto down reason value (rtnetlink(7)). @public */
export const IFLA_PROTO_DOWN_REASON_VALUE = 2;
/** Link attribute: name. @public */
export const IFLA_IFNAME = 3;
/** Link attribute: MTU. @public */
export const IFLA_MTU = 4;
/** Link attribute: the device below, or the peer. @public */
export const IFLA_LINK = 5;
/** Link attribute: queueing discipline. @public */
export const IFLA_QDISC = 6;
/** Link attribute: struct rtnl_link_stats, 32-bit counters. @public */
export const IFLA_STATS = 7;
/** Link attribute cost (rtnetlink(7)). @public */
export const IFLA_COST = 8;
/** Link attribute priority (rtnetlink(7)). @public */
export const IFLA_PRIORITY = 9;
/** Link attribute: index of the master. @public */
export const IFLA_MASTER = 10;
/** Link attribute wireless (rtnetlink(7)). @public */
export const IFLA_WIRELESS = 11;
/** Link attribute protinfo (rtnetlink(7)). @public */
export const IFLA_PROTINFO = 12;
/** Link attribute: transmit queue length. @public */
export const IFLA_TXQLEN = 13;
/** Link attribute map (rtnetlink(7)). @public */
export const IFLA_MAP = 14;
/** Link attribute weight (rtnetlink(7)). @public */
export const IFLA_WEIGHT = 15;
/** Link attribute: operational state (IF_OPER_*). @public */
export const IFLA_OPERSTATE = 16;
/** Link attribute: link mode (IF_LINK_MODE_*). @public */
export const IFLA_LINKMODE = 17;
/** Link attribute: kind and its data, nested (IFLA_INFO_*). @public */
export const IFLA_LINKINFO = 18;
/** Link attribute: move to the namespace of a process. @public */
export const IFLA_NET_NS_PID = 19;
/** Link attribute: alias. @public */
export const IFLA_IFALIAS = 20;
/** Link attribute num vf (rtnetlink(7)). @public */
export const IFLA_NUM_VF = 21;
/** Link attribute vfinfo list (rtnetlink(7)). @public */
export const IFLA_VFINFO_LIST = 22;
/** Link attribute: struct rtnl_link_stats64. @public */
export const IFLA_STATS64 = 23;
/** Link attribute vf ports (rtnetlink(7)). @public */
export const IFLA_VF_PORTS = 24;
/** Link attribute port self (rtnetlink(7)). @public */
export const IFLA_PORT_SELF = 25;
/** Link attribute: settings by address family, nested. @public */
export const IFLA_AF_SPEC = 26;
/** Link attribute: group. @public */
export const IFLA_GROUP = 27;
/** Link attribute: move to the namespace of a descriptor. @public */
export const IFLA_NET_NS_FD = 28;
/** Link attribute of a request: what else to tell (RTEXT_FILTER_*). @public */
export const IFLA_EXT_MASK = 29;
/** Link attribute: how many want promiscuous mode. @public */
export const IFLA_PROMISCUITY = 30;
/** Link attribute: number of transmit queues. @public */
export const IFLA_NUM_TX_QUEUES = 31;
/** Link attribute: number of receive queues. @public */
export const IFLA_NUM_RX_QUEUES = 32;
/** Link attribute: carrier. @public */
export const IFLA_CARRIER = 33;
/** Link attribute phys port id (rtnetlink(7)). @public */
export const IFLA_PHYS_PORT_ID = 34;
/** Link attribute carrier changes (rtnetlink(7)). @public */
export const IFLA_CARRIER_CHANGES = 35;
/** Link attribute phys switch id (rtnetlink(7)). @public */
export const IFLA_PHYS_SWITCH_ID = 36;
/** Link attribute: namespace of IFLA_LINK. @public */
export const IFLA_LINK_NETNSID = 37;
/** Link attribute phys port name (rtnetlink(7)). @public */
export const IFLA_PHYS_PORT_NAME = 38;
/** Link attribute proto down (rtnetlink(7)). @public */
export const IFLA_PROTO_DOWN = 39;
/** Link attribute gso max segs (rtnetlink(7)). @public */
export const IFLA_GSO_MAX_SEGS = 40;
/** Link attribute gso max size (rtnetlink(7)). @public */
export const IFLA_GSO_MAX_SIZE = 41;
/** Link attribute pad (rtnetlink(7)). @public */
export const IFLA_PAD = 42;
/** Link attribute xdp (rtnetlink(7)). @public */
export const IFLA_XDP = 43;
/** Link attribute event (rtnetlink(7)). @public */
export const IFLA_EVENT = 44;
/** Link attribute new netnsid (rtnetlink(7)). @public */
export const IFLA_NEW_NETNSID = 45;
/** Link attribute if netnsid (rtnetlink(7)). @public */
export const IFLA_IF_NETNSID = 46;
/** Link attribute: namespace that the request is about. @public */
export const IFLA_TARGET_NETNSID = 46;
/** Link attribute carrier up count (rtnetlink(7)). @public */
export const IFLA_CARRIER_UP_COUNT = 47;
/** Link attribute carrier down count (rtnetlink(7)). @public */
export const IFLA_CARRIER_DOWN_COUNT = 48;
/** Link attribute new ifindex (rtnetlink(7)). @public */
export const IFLA_NEW_IFINDEX = 49;
/** Link attribute: smallest MTU. @public */
export const IFLA_MIN_MTU = 50;
/** Link attribute: largest MTU. @public */
export const IFLA_MAX_MTU = 51;
/** Link attribute prop list (rtnetlink(7)). @public */
export const IFLA_PROP_LIST = 52;
/** Link attribute: alternative name. @public */
export const IFLA_ALT_IFNAME = 53;
/** Link attribute: hardware address from the factory. @public */
export const IFLA_PERM_ADDRESS = 54;
/** Link attribute proto down reason (rtnetlink(7)). @public */
export const IFLA_PROTO_DOWN_REASON = 55;
/** Link attribute parent dev name (rtnetlink(7)). @public */
export const IFLA_PARENT_DEV_NAME = 56;
/** Link attribute parent dev bus name (rtnetlink(7)). @public */
export const IFLA_PARENT_DEV_BUS_NAME = 57;
/** Link attribute gro max size (rtnetlink(7)). @public */
export const IFLA_GRO_MAX_SIZE = 58;
/** Link attribute tso max size (rtnetlink(7)). @public */
export const IFLA_TSO_MAX_SIZE = 59;
/** Link attribute tso max segs (rtnetlink(7)). @public */
export const IFLA_TSO_MAX_SEGS = 60;
/** Link attribute allmulti (rtnetlink(7)). @public */
export const IFLA_ALLMULTI = 61;
/** Link attribute devlink port (rtnetlink(7)). @public */
export const IFLA_DEVLINK_PORT = 62;
/** Link attribute gso ipv4 max size (rtnetlink(7)). @public */
export const IFLA_GSO_IPV4_MAX_SIZE = 63;
/** Link attribute gro ipv4 max size (rtnetlink(7)). @public */
export const IFLA_GRO_IPV4_MAX_SIZE = 64;
/** Link attribute dpll pin (rtnetlink(7)). @public */
export const IFLA_DPLL_PIN = 65;
/** Link attribute max pacing offload horizon (rtnetlink(7)). @public */
export const IFLA_MAX_PACING_OFFLOAD_HORIZON = 66;
/** Link attribute netns immutable (rtnetlink(7)). @public */
export const IFLA_NETNS_IMMUTABLE = 67;
/** Link attribute headroom (rtnetlink(7)). @public */
export const IFLA_HEADROOM = 68;
/** Link attribute max (rtnetlink(7)). @public */
export const IFLA_MAX = 69;
/** Link attribute tailroom (rtnetlink(7)). @public */
export const IFLA_TAILROOM = 69;

// IFLA_LINKINFO

/** Attribute in IFLA_LINKINFO: unspec. @public */
export const IFLA_INFO_UNSPEC = 0;
/** Attribute in IFLA_LINKINFO: kind. @public */
export const IFLA_INFO_KIND = 1;
/** Attribute in IFLA_LINKINFO: data. @public */
export const IFLA_INFO_DATA = 2;
/** Attribute in IFLA_LINKINFO: xstats. @public */
export const IFLA_INFO_XSTATS = 3;
/** Attribute in IFLA_LINKINFO: slave kind. @public */
export const IFLA_INFO_SLAVE_KIND = 4;
/** Attribute in IFLA_LINKINFO: max. @public */
export const IFLA_INFO_MAX = 5;
/** Attribute in IFLA_LINKINFO: slave data. @public */
export const IFLA_INFO_SLAVE_DATA = 5;

// IFLA_AF_SPEC: AF_INET and AF_INET6

/** Attribute in IFLA_AF_SPEC: inet6 unspec. @public */
export const IFLA_INET6_UNSPEC = 0;
/** Attribute in IFLA_AF_SPEC: inet unspec. @public */
export const IFLA_INET_UNSPEC = 0;
/** Attribute in IFLA_AF_SPEC: inet6 flags. @public */
export const IFLA_INET6_FLAGS = 1;
/** Attribute in IFLA_AF_SPEC: inet conf. @public */
export const IFLA_INET_CONF = 1;
/** Attribute in IFLA_AF_SPEC: inet max. @public */
export const IFLA_INET_MAX = 1;
/** Attribute in IFLA_AF_SPEC: inet6 conf. @public */
export const IFLA_INET6_CONF = 2;
/** Attribute in IFLA_AF_SPEC: inet6 stats. @public */
export const IFLA_INET6_STATS = 3;
/** Attribute in IFLA_AF_SPEC: inet6 mcast. @public */
export const IFLA_INET6_MCAST = 4;
/** Attribute in IFLA_AF_SPEC: inet6 cacheinfo. @public */
export const IFLA_INET6_CACHEINFO = 5;
/** Attribute in IFLA_AF_SPEC: inet6 icmp6stats. @public */
export const IFLA_INET6_ICMP6STATS = 6;
/** Attribute in IFLA_AF_SPEC: inet6 token. @public */
export const IFLA_INET6_TOKEN = 7;
/** Attribute in IFLA_AF_SPEC: inet6 addr gen mode. @public */
export const IFLA_INET6_ADDR_GEN_MODE = 8;
/** Attribute in IFLA_AF_SPEC: inet6 max. @public */
export const IFLA_INET6_MAX = 9;
/** Attribute in IFLA_AF_SPEC: inet6 ra mtu. @public */
export const IFLA_INET6_RA_MTU = 9;

// IPv6 address generation

/** Value of IFLA_INET6_ADDR_GEN_MODE: eui64. @public */
export const IN6_ADDR_GEN_MODE_EUI64 = 0;
/** Value of IFLA_INET6_ADDR_GEN_MODE: none. @public */
export const IN6_ADDR_GEN_MODE_NONE = 1;
/** Value of IFLA_INET6_ADDR_GEN_MODE: stable privacy. @public */
export const IN6_ADDR_GEN_MODE_STABLE_PRIVACY = 2;
/** Value of IFLA_INET6_ADDR_GEN_MODE: random. @public */
export const IN6_ADDR_GEN_MODE_RANDOM = 3;

// IFLA_XDP

/** Attribute in IFLA_XDP: unspec. @public */
export const IFLA_XDP_UNSPEC = 0;
/** Attribute in IFLA_XDP: fd. @public */
export const IFLA_XDP_FD = 1;
/** Attribute in IFLA_XDP: attached. @public */
export const IFLA_XDP_ATTACHED = 2;
/** Attribute in IFLA_XDP: flags. @public */
export const IFLA_XDP_FLAGS = 3;
/** Attribute in IFLA_XDP: prog id. @public */
export const IFLA_XDP_PROG_ID = 4;
/** Attribute in IFLA_XDP: drv prog id. @public */
export const IFLA_XDP_DRV_PROG_ID = 5;
/** Attribute in IFLA_XDP: skb prog id. @public */
export const IFLA_XDP_SKB_PROG_ID = 6;
/** Attribute in IFLA_XDP: hw prog id. @public */
export const IFLA_XDP_HW_PROG_ID = 7;
/** Attribute in IFLA_XDP: expected fd. @public */
export const IFLA_XDP_EXPECTED_FD = 8;
/** Attribute in IFLA_XDP: max. @public */
export const IFLA_XDP_MAX = 8;

// XDP flags

/** XDP: attached none. @public */
export const XDP_ATTACHED_NONE = 0;
/** XDP: attached drv. @public */
export const XDP_ATTACHED_DRV = 1;
/** XDP: flags update if noexist. @public */
export const XDP_FLAGS_UPDATE_IF_NOEXIST = 1;
/** XDP: attached skb. @public */
export const XDP_ATTACHED_SKB = 2;
/** XDP: flags skb mode. @public */
export const XDP_FLAGS_SKB_MODE = 2;
/** XDP: attached hw. @public */
export const XDP_ATTACHED_HW = 3;
/** XDP: attached multi. @public */
export const XDP_ATTACHED_MULTI = 4;
/** XDP: flags drv mode. @public */
export const XDP_FLAGS_DRV_MODE = 4;
/** XDP: flags hw mode. @public */
export const XDP_FLAGS_HW_MODE = 8;
/** XDP: flags modes. @public */
export const XDP_FLAGS_MODES = 14;
/** XDP: flags replace. @public */
export const XDP_FLAGS_REPLACE = 16;
/** XDP: flags mask. @public */
export const XDP_FLAGS_MASK = 31;

// IFLA_EVENT

/** Value of IFLA_EVENT: none. @public */
export const IFLA_EVENT_NONE = 0;
/** Value of IFLA_EVENT: reboot. @public */
export const IFLA_EVENT_REBOOT = 1;
/** Value of IFLA_EVENT: features. @public */
export const IFLA_EVENT_FEATURES = 2;
/** Value of IFLA_EVENT: bonding failover. @public */
export const IFLA_EVENT_BONDING_FAILOVER = 3;
/** Value of IFLA_EVENT: notify peers. @public */
export const IFLA_EVENT_NOTIFY_PEERS = 4;
/** Value of IFLA_EVENT: igmp resend. @public */
export const IFLA_EVENT_IGMP_RESEND = 5;
/** Value of IFLA_EVENT: bonding options. @public */
export const IFLA_EVENT_BONDING_OPTIONS = 6;

// RTM_GETSTATS

/** Attribute of RTM_GETSTATS: offload xstats hw s info unspec. @public */
export const IFLA_OFFLOAD_XSTATS_HW_S_INFO_UNSPEC = 0;
/** Attribute of RTM_GETSTATS: offload xstats unspec. @public */
export const IFLA_OFFLOAD_XSTATS_UNSPEC = 0;
/** Attribute of RTM_GETSTATS: stats getset unspec. @public */
export const IFLA_STATS_GETSET_UNSPEC = 0;
/** Attribute of RTM_GETSTATS: stats unspec. @public */
export const IFLA_STATS_UNSPEC = 0;
/** Attribute of RTM_GETSTATS: offload xstats cpu hit. @public */
export const IFLA_OFFLOAD_XSTATS_CPU_HIT = 1;
/** Attribute of RTM_GETSTATS: offload xstats hw s info request. @public */
export const IFLA_OFFLOAD_XSTATS_HW_S_INFO_REQUEST = 1;
/** Attribute of RTM_GETSTATS: stats get filters. @public */
export const IFLA_STATS_GET_FILTERS = 1;
/** Attribute of RTM_GETSTATS: stats link 64. @public */
export const IFLA_STATS_LINK_64 = 1;
/** Attribute of RTM_GETSTATS: offload xstats hw s info. @public */
export const IFLA_OFFLOAD_XSTATS_HW_S_INFO = 2;
/** Attribute of RTM_GETSTATS: offload xstats hw s info max. @public */
export const IFLA_OFFLOAD_XSTATS_HW_S_INFO_MAX = 2;
/** Attribute of RTM_GETSTATS: offload xstats hw s info used. @public */
export const IFLA_OFFLOAD_XSTATS_HW_S_INFO_USED = 2;
/** Attribute of RTM_GETSTATS: stats getset max. @public */
export const IFLA_STATS_GETSET_MAX = 2;
/** Attribute of RTM_GETSTATS: stats link xstats. @public */
export const IFLA_STATS_LINK_XSTATS = 2;
/** Attribute of RTM_GETSTATS: stats set offload xstats l3 stats. @public */
export const IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS = 2;
/** Attribute of RTM_GETSTATS: offload xstats l3 stats. @public */
export const IFLA_OFFLOAD_XSTATS_L3_STATS = 3;
/** Attribute of RTM_GETSTATS: offload xstats max. @public */
export const IFLA_OFFLOAD_XSTATS_MAX = 3;
/** Attribute of RTM_GETSTATS: stats link xstats slave. @public */
export const IFLA_STATS_LINK_XSTATS_SLAVE = 3;
/** Attribute of RTM_GETSTATS: stats link offload xstats. @public */
export const IFLA_STATS_LINK_OFFLOAD_XSTATS = 4;
/** Attribute of RTM_GETSTATS: stats af spec. @public */
export const IFLA_STATS_AF_SPEC = 5;
/** Attribute of RTM_GETSTATS: stats max. @public */
export const IFLA_STATS_MAX = 5;
