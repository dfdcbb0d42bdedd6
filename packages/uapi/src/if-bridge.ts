/**
 * Bridges: states of ports, VLAN records, the multicast database and the old ioctls (linux/if_bridge.h, linux/if_vlan.h).
 */

// Port states (IEEE 802.1D)

/** State of a bridge port: disabled. @public */
export const BR_STATE_DISABLED = 0;
/** State of a bridge port: listening. @public */
export const BR_STATE_LISTENING = 1;
/** State of a bridge port: learning. @public */
export const BR_STATE_LEARNING = 2;
/** State of a bridge port: forwarding. @public */
export const BR_STATE_FORWARDING = 3;
/** State of a bridge port: blocking. @public */
export const BR_STATE_BLOCKING = 4;

// IFLA_AF_SPEC of PF_BRIDGE

/** Bridge attribute of a link: flags. @public */
export const IFLA_BRIDGE_FLAGS = 0;
/** Bridge attribute of a link: mode. @public */
export const IFLA_BRIDGE_MODE = 1;
/** Bridge attribute of a link: vlan info. @public */
export const IFLA_BRIDGE_VLAN_INFO = 2;
/** Bridge attribute of a link: vlan tunnel info. @public */
export const IFLA_BRIDGE_VLAN_TUNNEL_INFO = 3;
/** Bridge attribute of a link: mrp. @public */
export const IFLA_BRIDGE_MRP = 4;
/** Bridge attribute of a link: cfm. @public */
export const IFLA_BRIDGE_CFM = 5;
/** Bridge attribute of a link: mst. @public */
export const IFLA_BRIDGE_MST = 6;
/** Bridge attribute of a link: max. @public */
export const IFLA_BRIDGE_MAX = 6;

/** Value of IFLA_BRIDGE_FLAGS: master. @public */
export const BRIDGE_FLAGS_MASTER = 1;
/** Value of IFLA_BRIDGE_FLAGS: self. @public */
export const BRIDGE_FLAGS_SELF = 2;

/** Value of IFLA_BRIDGE_MODE: veb. @public */
export const BRIDGE_MODE_VEB = 0;
/** Value of IFLA_BRIDGE_MODE: vepa. @public */
export const BRIDGE_MODE_VEPA = 1;
/** Value of IFLA_BRIDGE_MODE: undef. @public */
export const BRIDGE_MODE_UNDEF = 0xffff;

/** Flag of a VLAN record: master. @public */
export const BRIDGE_VLAN_INFO_MASTER: number = 1 << 0;
/** Flag of a VLAN record: pvid. @public */
export const BRIDGE_VLAN_INFO_PVID: number = 1 << 1;
/** Flag of a VLAN record: untagged. @public */
export const BRIDGE_VLAN_INFO_UNTAGGED: number = 1 << 2;
/** Flag of a VLAN record: range begin. @public */
export const BRIDGE_VLAN_INFO_RANGE_BEGIN: number = 1 << 3;
/** Flag of a VLAN record: range end. @public */
export const BRIDGE_VLAN_INFO_RANGE_END: number = 1 << 4;
/** Flag of a VLAN record: brentry. @public */
export const BRIDGE_VLAN_INFO_BRENTRY: number = 1 << 5;
/** Flag of a VLAN record: only opts. @public */
export const BRIDGE_VLAN_INFO_ONLY_OPTS: number = 1 << 6;

/** Size of `struct bridge_vlan_info`: flags u16, vid u16. @public */
export const BRIDGE_VLAN_INFO_LEN = 4;

/** Attribute of IFLA_BRIDGE_VLAN_TUNNEL_INFO: id. @public */
export const IFLA_BRIDGE_VLAN_TUNNEL_ID = 1;
/** Attribute of IFLA_BRIDGE_VLAN_TUNNEL_INFO: vid. @public */
export const IFLA_BRIDGE_VLAN_TUNNEL_VID = 2;
/** Attribute of IFLA_BRIDGE_VLAN_TUNNEL_INFO: flags. @public */
export const IFLA_BRIDGE_VLAN_TUNNEL_FLAGS = 3;
/** Attribute of IFLA_BRIDGE_VLAN_TUNNEL_INFO: max. @public */
export const IFLA_BRIDGE_VLAN_TUNNEL_MAX = 3;

// RTM_*VLAN

/** Size of `struct br_vlan_msg`: family u8, 3 bytes, ifindex u32. @public */
export const BR_VLAN_MSG_LEN = 8;
/** Attribute of an RTM_GETVLAN dump: what to tell. @public */
export const BRIDGE_VLANDB_DUMP_FLAGS = 1;
/** The last of them. @public */
export const BRIDGE_VLANDB_DUMP_MAX = 1;
/** Flag of BRIDGE_VLANDB_DUMP_FLAGS: with counters. @public */
export const BRIDGE_VLANDB_DUMPF_STATS: number = 1 << 0;
/** Flag of BRIDGE_VLANDB_DUMP_FLAGS: the options that count for the whole bridge. @public */
export const BRIDGE_VLANDB_DUMPF_GLOBAL: number = 1 << 1;

/** Attribute of RTM_*VLAN: entry. @public */
export const BRIDGE_VLANDB_ENTRY = 1;
/** Attribute of RTM_*VLAN: global options. @public */
export const BRIDGE_VLANDB_GLOBAL_OPTIONS = 2;
/** Attribute of RTM_*VLAN: max. @public */
export const BRIDGE_VLANDB_MAX = 2;

/** Attribute of BRIDGE_VLANDB_ENTRY: info. @public */
export const BRIDGE_VLANDB_ENTRY_INFO = 1;
/** Attribute of BRIDGE_VLANDB_ENTRY: range. @public */
export const BRIDGE_VLANDB_ENTRY_RANGE = 2;
/** Attribute of BRIDGE_VLANDB_ENTRY: state. @public */
export const BRIDGE_VLANDB_ENTRY_STATE = 3;
/** Attribute of BRIDGE_VLANDB_ENTRY: tunnel info. @public */
export const BRIDGE_VLANDB_ENTRY_TUNNEL_INFO = 4;
/** Attribute of BRIDGE_VLANDB_ENTRY: stats. @public */
export const BRIDGE_VLANDB_ENTRY_STATS = 5;
/** Attribute of BRIDGE_VLANDB_ENTRY: mcast router. @public */
export const BRIDGE_VLANDB_ENTRY_MCAST_ROUTER = 6;
/** Attribute of BRIDGE_VLANDB_ENTRY: mcast n groups. @public */
export const BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS = 7;
/** Attribute of BRIDGE_VLANDB_ENTRY: mcast max groups. @public */
export const BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS = 8;
/** Attribute of BRIDGE_VLANDB_ENTRY: neigh suppress. @public */
export const BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS = 9;
/** Attribute of BRIDGE_VLANDB_ENTRY: max. @public */
export const BRIDGE_VLANDB_ENTRY_MAX = 9;

/** Attribute of BRIDGE_VLANDB_ENTRY_TUNNEL_INFO: id. @public */
export const BRIDGE_VLANDB_TINFO_ID = 1;
/** Attribute of BRIDGE_VLANDB_ENTRY_TUNNEL_INFO: cmd. @public */
export const BRIDGE_VLANDB_TINFO_CMD = 2;
/** Attribute of BRIDGE_VLANDB_ENTRY_TUNNEL_INFO: max. @public */
export const BRIDGE_VLANDB_TINFO_MAX = 2;

/** Attribute of BRIDGE_VLANDB_ENTRY_STATS: rx bytes. @public */
export const BRIDGE_VLANDB_STATS_RX_BYTES = 1;
/** Attribute of BRIDGE_VLANDB_ENTRY_STATS: rx packets. @public */
export const BRIDGE_VLANDB_STATS_RX_PACKETS = 2;
/** Attribute of BRIDGE_VLANDB_ENTRY_STATS: tx bytes. @public */
export const BRIDGE_VLANDB_STATS_TX_BYTES = 3;
/** Attribute of BRIDGE_VLANDB_ENTRY_STATS: tx packets. @public */
export const BRIDGE_VLANDB_STATS_TX_PACKETS = 4;
/** Attribute of BRIDGE_VLANDB_ENTRY_STATS: pad. @public */
export const BRIDGE_VLANDB_STATS_PAD = 5;

/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: id. @public */
export const BRIDGE_VLANDB_GOPTS_ID = 1;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: range. @public */
export const BRIDGE_VLANDB_GOPTS_RANGE = 2;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast snooping. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING = 3;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast igmp version. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION = 4;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast mld version. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION = 5;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast last member cnt. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT = 6;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast startup query cnt. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT = 7;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast last member intvl. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL = 8;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: pad. @public */
export const BRIDGE_VLANDB_GOPTS_PAD = 9;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast membership intvl. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL = 10;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast querier intvl. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL = 11;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast query intvl. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL = 12;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast query response intvl. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL = 13;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast startup query intvl. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL = 14;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast querier. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_QUERIER = 15;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast router ports. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS = 16;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: mcast querier state. @public */
export const BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE = 17;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: msti. @public */
export const BRIDGE_VLANDB_GOPTS_MSTI = 18;
/** Attribute of BRIDGE_VLANDB_GLOBAL_OPTIONS: max. @public */
export const BRIDGE_VLANDB_GOPTS_MAX = 18;

// Multicast database

/** Size of `struct br_port_msg`: family u8, 3 bytes, ifindex u32. @public */
export const BR_PORT_MSG_LEN = 8;
/** Size of `struct br_mdb_entry`: ifindex u32, state u8, flags u8, vid u16, address 16 bytes, protocol be16. @public */
export const BR_MDB_ENTRY_LEN = 28;

/** Attribute of RTM_GETMDB: mdb. @public */
export const MDBA_MDB = 1;
/** Attribute of RTM_GETMDB: router. @public */
export const MDBA_ROUTER = 2;
/** Attribute of RTM_GETMDB: max. @public */
export const MDBA_MAX = 2;

/** Attribute of MDBA_MDB: one group with its ports. @public */
export const MDBA_MDB_ENTRY = 1;
/** Attribute of MDBA_MDB_ENTRY: one port. @public */
export const MDBA_MDB_ENTRY_INFO = 1;

/** Attribute behind a br_mdb_entry: timer. @public */
export const MDBA_MDB_EATTR_TIMER = 1;
/** Attribute behind a br_mdb_entry: src list. @public */
export const MDBA_MDB_EATTR_SRC_LIST = 2;
/** Attribute behind a br_mdb_entry: group mode. @public */
export const MDBA_MDB_EATTR_GROUP_MODE = 3;
/** Attribute behind a br_mdb_entry: source. @public */
export const MDBA_MDB_EATTR_SOURCE = 4;
/** Attribute behind a br_mdb_entry: rtprot. @public */
export const MDBA_MDB_EATTR_RTPROT = 5;
/** Attribute behind a br_mdb_entry: dst. @public */
export const MDBA_MDB_EATTR_DST = 6;
/** Attribute behind a br_mdb_entry: dst port. @public */
export const MDBA_MDB_EATTR_DST_PORT = 7;
/** Attribute behind a br_mdb_entry: vni. @public */
export const MDBA_MDB_EATTR_VNI = 8;
/** Attribute behind a br_mdb_entry: ifindex. @public */
export const MDBA_MDB_EATTR_IFINDEX = 9;
/** Attribute behind a br_mdb_entry: src vni. @public */
export const MDBA_MDB_EATTR_SRC_VNI = 10;

/** Attribute of MDBA_MDB_EATTR_SRC_LIST: list entry. @public */
export const MDBA_MDB_SRCLIST_ENTRY = 1;
/** Attribute of MDBA_MDB_EATTR_SRC_LIST: attr address. @public */
export const MDBA_MDB_SRCATTR_ADDRESS = 1;
/** Attribute of MDBA_MDB_EATTR_SRC_LIST: attr timer. @public */
export const MDBA_MDB_SRCATTR_TIMER = 2;

/** Attribute of MDBA_ROUTER: port. @public */
export const MDBA_ROUTER_PORT = 1;

/** Attribute of MDBA_ROUTER_PORT: timer. @public */
export const MDBA_ROUTER_PATTR_TIMER = 1;
/** Attribute of MDBA_ROUTER_PORT: type. @public */
export const MDBA_ROUTER_PATTR_TYPE = 2;
/** Attribute of MDBA_ROUTER_PORT: inet timer. @public */
export const MDBA_ROUTER_PATTR_INET_TIMER = 3;
/** Attribute of MDBA_ROUTER_PORT: inet6 timer. @public */
export const MDBA_ROUTER_PATTR_INET6_TIMER = 4;
/** Attribute of MDBA_ROUTER_PORT: vid. @public */
export const MDBA_ROUTER_PATTR_VID = 5;

/** Attribute of RTM_NEWMDB and RTM_DELMDB: . @public */
export const MDBA_SET_ENTRY = 1;
/** Attribute of RTM_NEWMDB and RTM_DELMDB:  attrs. @public */
export const MDBA_SET_ENTRY_ATTRS = 2;
/** Attribute of RTM_NEWMDB and RTM_DELMDB:  max. @public */
export const MDBA_SET_ENTRY_MAX = 2;

/** Attribute of RTM_GETMDB for one entry: . @public */
export const MDBA_GET_ENTRY = 1;
/** Attribute of RTM_GETMDB for one entry:  attrs. @public */
export const MDBA_GET_ENTRY_ATTRS = 2;
/** Attribute of RTM_GETMDB for one entry:  max. @public */
export const MDBA_GET_ENTRY_MAX = 2;

/** Attribute of MDBA_SET_ENTRY_ATTRS: source. @public */
export const MDBE_ATTR_SOURCE = 1;
/** Attribute of MDBA_SET_ENTRY_ATTRS: src list. @public */
export const MDBE_ATTR_SRC_LIST = 2;
/** Attribute of MDBA_SET_ENTRY_ATTRS: group mode. @public */
export const MDBE_ATTR_GROUP_MODE = 3;
/** Attribute of MDBA_SET_ENTRY_ATTRS: rtprot. @public */
export const MDBE_ATTR_RTPROT = 4;
/** Attribute of MDBA_SET_ENTRY_ATTRS: dst. @public */
export const MDBE_ATTR_DST = 5;
/** Attribute of MDBA_SET_ENTRY_ATTRS: dst port. @public */
export const MDBE_ATTR_DST_PORT = 6;
/** Attribute of MDBA_SET_ENTRY_ATTRS: vni. @public */
export const MDBE_ATTR_VNI = 7;
/** Attribute of MDBA_SET_ENTRY_ATTRS: ifindex. @public */
export const MDBE_ATTR_IFINDEX = 8;
/** Attribute of MDBA_SET_ENTRY_ATTRS: src vni. @public */
export const MDBE_ATTR_SRC_VNI = 9;
/** Attribute of MDBA_SET_ENTRY_ATTRS: state mask. @public */
export const MDBE_ATTR_STATE_MASK = 10;
/** Attribute of MDBA_SET_ENTRY_ATTRS: max. @public */
export const MDBE_ATTR_MAX = 10;

/** Attribute of MDBE_ATTR_SRC_LIST:  list entry. @public */
export const MDBE_SRC_LIST_ENTRY = 1;
/** Attribute of MDBE_ATTR_SRC_LIST: attr address. @public */
export const MDBE_SRCATTR_ADDRESS = 1;

/** State of a multicast entry: temporary. @public */
export const MDB_TEMPORARY = 0;
/** State of a multicast entry: permanent. @public */
export const MDB_PERMANENT = 1;

/** Flag of a multicast entry: offload. @public */
export const MDB_FLAGS_OFFLOAD: number = 1 << 0;
/** Flag of a multicast entry: fast leave. @public */
export const MDB_FLAGS_FAST_LEAVE: number = 1 << 1;
/** Flag of a multicast entry: star excl. @public */
export const MDB_FLAGS_STAR_EXCL: number = 1 << 2;
/** Flag of a multicast entry: blocked. @public */
export const MDB_FLAGS_BLOCKED: number = 1 << 3;
/** Flag of a multicast entry: offload failed. @public */
export const MDB_FLAGS_OFFLOAD_FAILED: number = 1 << 4;

/** Is there a multicast router behind the port: disabled. @public */
export const MDB_RTR_TYPE_DISABLED = 0;
/** Is there a multicast router behind the port: temp query. @public */
export const MDB_RTR_TYPE_TEMP_QUERY = 1;
/** Is there a multicast router behind the port: perm. @public */
export const MDB_RTR_TYPE_PERM = 2;
/** Is there a multicast router behind the port: temp. @public */
export const MDB_RTR_TYPE_TEMP = 3;

/** Attribute of IFLA_BR_MCAST_QUERIER_STATE: ip address. @public */
export const BRIDGE_QUERIER_IP_ADDRESS = 1;
/** Attribute of IFLA_BR_MCAST_QUERIER_STATE: ip port. @public */
export const BRIDGE_QUERIER_IP_PORT = 2;
/** Attribute of IFLA_BR_MCAST_QUERIER_STATE: ip other timer. @public */
export const BRIDGE_QUERIER_IP_OTHER_TIMER = 3;
/** Attribute of IFLA_BR_MCAST_QUERIER_STATE: pad. @public */
export const BRIDGE_QUERIER_PAD = 4;
/** Attribute of IFLA_BR_MCAST_QUERIER_STATE: ipv6 address. @public */
export const BRIDGE_QUERIER_IPV6_ADDRESS = 5;
/** Attribute of IFLA_BR_MCAST_QUERIER_STATE: ipv6 port. @public */
export const BRIDGE_QUERIER_IPV6_PORT = 6;
/** Attribute of IFLA_BR_MCAST_QUERIER_STATE: ipv6 other timer. @public */
export const BRIDGE_QUERIER_IPV6_OTHER_TIMER = 7;

// Options and forwarding entries

/** Bit of IFLA_BR_MULTI_BOOLOPT: no ll learn. @public */
export const BR_BOOLOPT_NO_LL_LEARN = 0;
/** Bit of IFLA_BR_MULTI_BOOLOPT: mcast vlan snooping. @public */
export const BR_BOOLOPT_MCAST_VLAN_SNOOPING = 1;
/** Bit of IFLA_BR_MULTI_BOOLOPT: mst enable. @public */
export const BR_BOOLOPT_MST_ENABLE = 2;
/** Bit of IFLA_BR_MULTI_BOOLOPT: mdb offload fail notification. @public */
export const BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION = 3;
/** Bit of IFLA_BR_MULTI_BOOLOPT: fdb local vlan 0. @public */
export const BR_BOOLOPT_FDB_LOCAL_VLAN_0 = 4;
/** Bit of IFLA_BR_MULTI_BOOLOPT: max. @public */
export const BR_BOOLOPT_MAX = 5;

/** Attribute of NDA_FDB_EXT_ATTRS: activity notify. @public */
export const NFEA_ACTIVITY_NOTIFY = 1;
/** Attribute of NDA_FDB_EXT_ATTRS: dont refresh. @public */
export const NFEA_DONT_REFRESH = 2;
/** Attribute of NDA_FDB_EXT_ATTRS: max. @public */
export const NFEA_MAX = 2;

/** Flag of NFEA_ACTIVITY_NOTIFY: bit. @public */
export const FDB_NOTIFY_BIT: number = 1 << 0;
/** Flag of NFEA_ACTIVITY_NOTIFY: inactive bit. @public */
export const FDB_NOTIFY_INACTIVE_BIT: number = 1 << 1;

// Old ioctls

/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: get version. @public */
export const BRCTL_GET_VERSION = 0;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: get bridges. @public */
export const BRCTL_GET_BRIDGES = 1;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: add bridge. @public */
export const BRCTL_ADD_BRIDGE = 2;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: del bridge. @public */
export const BRCTL_DEL_BRIDGE = 3;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: add if. @public */
export const BRCTL_ADD_IF = 4;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: del if. @public */
export const BRCTL_DEL_IF = 5;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: get bridge info. @public */
export const BRCTL_GET_BRIDGE_INFO = 6;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: get port list. @public */
export const BRCTL_GET_PORT_LIST = 7;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set bridge forward delay. @public */
export const BRCTL_SET_BRIDGE_FORWARD_DELAY = 8;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set bridge hello time. @public */
export const BRCTL_SET_BRIDGE_HELLO_TIME = 9;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set bridge max age. @public */
export const BRCTL_SET_BRIDGE_MAX_AGE = 10;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set ageing time. @public */
export const BRCTL_SET_AGEING_TIME = 11;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set gc interval. @public */
export const BRCTL_SET_GC_INTERVAL = 12;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: get port info. @public */
export const BRCTL_GET_PORT_INFO = 13;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set bridge stp state. @public */
export const BRCTL_SET_BRIDGE_STP_STATE = 14;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set bridge priority. @public */
export const BRCTL_SET_BRIDGE_PRIORITY = 15;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set port priority. @public */
export const BRCTL_SET_PORT_PRIORITY = 16;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: set path cost. @public */
export const BRCTL_SET_PATH_COST = 17;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: get fdb entries. @public */
export const BRCTL_GET_FDB_ENTRIES = 18;
/** Command of SIOCGIFBR, SIOCSIFBR and SIOCDEVPRIVATE of a bridge: version. @public */
export const BRCTL_VERSION = 1;

/** Command of SIOCSIFVLAN and SIOCGIFVLAN: add vlan cmd. @public */
export const ADD_VLAN_CMD = 0;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: del vlan cmd. @public */
export const DEL_VLAN_CMD = 1;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: set vlan ingress priority cmd. @public */
export const SET_VLAN_INGRESS_PRIORITY_CMD = 2;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: set vlan egress priority cmd. @public */
export const SET_VLAN_EGRESS_PRIORITY_CMD = 3;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: get vlan ingress priority cmd. @public */
export const GET_VLAN_INGRESS_PRIORITY_CMD = 4;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: get vlan egress priority cmd. @public */
export const GET_VLAN_EGRESS_PRIORITY_CMD = 5;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: set vlan name type cmd. @public */
export const SET_VLAN_NAME_TYPE_CMD = 6;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: set vlan flag cmd. @public */
export const SET_VLAN_FLAG_CMD = 7;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: get vlan realdev name cmd. @public */
export const GET_VLAN_REALDEV_NAME_CMD = 8;
/** Command of SIOCSIFVLAN and SIOCGIFVLAN: get vlan vid cmd. @public */
export const GET_VLAN_VID_CMD = 9;

/** How SIOCSIFVLAN names new devices: plus vid. @public */
export const VLAN_NAME_TYPE_PLUS_VID = 0;
/** How SIOCSIFVLAN names new devices: raw plus vid. @public */
export const VLAN_NAME_TYPE_RAW_PLUS_VID = 1;
/** How SIOCSIFVLAN names new devices: plus vid no pad. @public */
export const VLAN_NAME_TYPE_PLUS_VID_NO_PAD = 2;
/** How SIOCSIFVLAN names new devices: raw plus vid no pad. @public */
export const VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD = 3;
