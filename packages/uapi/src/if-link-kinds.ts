/**
 * Attributes in IFLA_INFO_DATA and IFLA_PROTINFO, one group per kind of link.
 */

// veth

/** veth: unspec. @public */
export const VETH_INFO_UNSPEC = 0;
/** veth: max. @public */
export const VETH_INFO_MAX = 1;
/** veth: peer. @public */
export const VETH_INFO_PEER = 1;

// vlan

/** Attribute of kind vlan: qos unspec. @public */
export const IFLA_VLAN_QOS_UNSPEC = 0;
/** Attribute of kind vlan: unspec. @public */
export const IFLA_VLAN_UNSPEC = 0;
/** Attribute of kind vlan: id. @public */
export const IFLA_VLAN_ID = 1;
/** Attribute of kind vlan: qos mapping. @public */
export const IFLA_VLAN_QOS_MAPPING = 1;
/** Attribute of kind vlan: qos max. @public */
export const IFLA_VLAN_QOS_MAX = 1;
/** Attribute of kind vlan: flags. @public */
export const IFLA_VLAN_FLAGS = 2;
/** Attribute of kind vlan: egress qos. @public */
export const IFLA_VLAN_EGRESS_QOS = 3;
/** Attribute of kind vlan: ingress qos. @public */
export const IFLA_VLAN_INGRESS_QOS = 4;
/** Attribute of kind vlan: max. @public */
export const IFLA_VLAN_MAX = 5;
/** Attribute of kind vlan: protocol. @public */
export const IFLA_VLAN_PROTOCOL = 5;

// macvlan and macvtap

/** Attribute of kind macvlan: unspec. @public */
export const IFLA_MACVLAN_UNSPEC = 0;
/** Attribute of kind macvlan: mode. @public */
export const IFLA_MACVLAN_MODE = 1;
/** Attribute of kind macvlan: flags. @public */
export const IFLA_MACVLAN_FLAGS = 2;
/** Attribute of kind macvlan: macaddr mode. @public */
export const IFLA_MACVLAN_MACADDR_MODE = 3;
/** Attribute of kind macvlan: macaddr. @public */
export const IFLA_MACVLAN_MACADDR = 4;
/** Attribute of kind macvlan: macaddr data. @public */
export const IFLA_MACVLAN_MACADDR_DATA = 5;
/** Attribute of kind macvlan: macaddr count. @public */
export const IFLA_MACVLAN_MACADDR_COUNT = 6;
/** Attribute of kind macvlan: bc queue len. @public */
export const IFLA_MACVLAN_BC_QUEUE_LEN = 7;
/** Attribute of kind macvlan: bc queue len used. @public */
export const IFLA_MACVLAN_BC_QUEUE_LEN_USED = 8;
/** Attribute of kind macvlan: bc cutoff. @public */
export const IFLA_MACVLAN_BC_CUTOFF = 9;
/** Attribute of kind macvlan: max. @public */
export const IFLA_MACVLAN_MAX = 9;

// macvlan modes

/** macvlan: macaddr add. @public */
export const MACVLAN_MACADDR_ADD = 0;
/** macvlan: flag nopromisc. @public */
export const MACVLAN_FLAG_NOPROMISC = 1;
/** macvlan: macaddr del. @public */
export const MACVLAN_MACADDR_DEL = 1;
/** macvlan: mode private. @public */
export const MACVLAN_MODE_PRIVATE = 1;
/** macvlan: flag nodst. @public */
export const MACVLAN_FLAG_NODST = 2;
/** macvlan: macaddr flush. @public */
export const MACVLAN_MACADDR_FLUSH = 2;
/** macvlan: mode vepa. @public */
export const MACVLAN_MODE_VEPA = 2;
/** macvlan: macaddr set. @public */
export const MACVLAN_MACADDR_SET = 3;
/** macvlan: mode bridge. @public */
export const MACVLAN_MODE_BRIDGE = 4;
/** macvlan: mode passthru. @public */
export const MACVLAN_MODE_PASSTHRU = 8;
/** macvlan: mode source. @public */
export const MACVLAN_MODE_SOURCE = 16;

// ipvlan

/** ipvlan: unspec. @public */
export const IFLA_IPVLAN_UNSPEC = 0;
/** ipvlan: mode l2. @public */
export const IPVLAN_MODE_L2 = 0;
/** ipvlan: mode. @public */
export const IFLA_IPVLAN_MODE = 1;
/** ipvlan: f private. @public */
export const IPVLAN_F_PRIVATE = 1;
/** ipvlan: mode l3. @public */
export const IPVLAN_MODE_L3 = 1;
/** ipvlan: flags. @public */
export const IFLA_IPVLAN_FLAGS = 2;
/** ipvlan: max. @public */
export const IFLA_IPVLAN_MAX = 2;
/** ipvlan: f vepa. @public */
export const IPVLAN_F_VEPA = 2;
/** ipvlan: mode l3s. @public */
export const IPVLAN_MODE_L3S = 2;
/** ipvlan: mode max. @public */
export const IPVLAN_MODE_MAX = 3;

// vrf

/** Attribute of kind vrf: port unspec. @public */
export const IFLA_VRF_PORT_UNSPEC = 0;
/** Attribute of kind vrf: unspec. @public */
export const IFLA_VRF_UNSPEC = 0;
/** Attribute of kind vrf: max. @public */
export const IFLA_VRF_MAX = 1;
/** Attribute of kind vrf: port max. @public */
export const IFLA_VRF_PORT_MAX = 1;
/** Attribute of kind vrf: port table. @public */
export const IFLA_VRF_PORT_TABLE = 1;
/** Attribute of kind vrf: table. @public */
export const IFLA_VRF_TABLE = 1;

// tun

/** Attribute of kind tun: unspec. @public */
export const IFLA_TUN_UNSPEC = 0;
/** Attribute of kind tun: owner. @public */
export const IFLA_TUN_OWNER = 1;
/** Attribute of kind tun: group. @public */
export const IFLA_TUN_GROUP = 2;
/** Attribute of kind tun: type. @public */
export const IFLA_TUN_TYPE = 3;
/** Attribute of kind tun: pi. @public */
export const IFLA_TUN_PI = 4;
/** Attribute of kind tun: vnet hdr. @public */
export const IFLA_TUN_VNET_HDR = 5;
/** Attribute of kind tun: persist. @public */
export const IFLA_TUN_PERSIST = 6;
/** Attribute of kind tun: multi queue. @public */
export const IFLA_TUN_MULTI_QUEUE = 7;
/** Attribute of kind tun: num queues. @public */
export const IFLA_TUN_NUM_QUEUES = 8;
/** Attribute of kind tun: max. @public */
export const IFLA_TUN_MAX = 9;
/** Attribute of kind tun: num disabled queues. @public */
export const IFLA_TUN_NUM_DISABLED_QUEUES = 9;

// bridge

/** Attribute of kind bridge: unspec. @public */
export const IFLA_BR_UNSPEC = 0;
/** Attribute of kind bridge: forward delay. @public */
export const IFLA_BR_FORWARD_DELAY = 1;
/** Attribute of kind bridge: hello time. @public */
export const IFLA_BR_HELLO_TIME = 2;
/** Attribute of kind bridge: max age. @public */
export const IFLA_BR_MAX_AGE = 3;
/** Attribute of kind bridge: ageing time. @public */
export const IFLA_BR_AGEING_TIME = 4;
/** Attribute of kind bridge: stp state. @public */
export const IFLA_BR_STP_STATE = 5;
/** Attribute of kind bridge: priority. @public */
export const IFLA_BR_PRIORITY = 6;
/** Attribute of kind bridge: vlan filtering. @public */
export const IFLA_BR_VLAN_FILTERING = 7;
/** Attribute of kind bridge: vlan protocol. @public */
export const IFLA_BR_VLAN_PROTOCOL = 8;
/** Attribute of kind bridge: group fwd mask. @public */
export const IFLA_BR_GROUP_FWD_MASK = 9;
/** Attribute of kind bridge: root id. @public */
export const IFLA_BR_ROOT_ID = 10;
/** Attribute of kind bridge: bridge id. @public */
export const IFLA_BR_BRIDGE_ID = 11;
/** Attribute of kind bridge: root port. @public */
export const IFLA_BR_ROOT_PORT = 12;
/** Attribute of kind bridge: root path cost. @public */
export const IFLA_BR_ROOT_PATH_COST = 13;
/** Attribute of kind bridge: topology change. @public */
export const IFLA_BR_TOPOLOGY_CHANGE = 14;
/** Attribute of kind bridge: topology change detected. @public */
export const IFLA_BR_TOPOLOGY_CHANGE_DETECTED = 15;
/** Attribute of kind bridge: hello timer. @public */
export const IFLA_BR_HELLO_TIMER = 16;
/** Attribute of kind bridge: tcn timer. @public */
export const IFLA_BR_TCN_TIMER = 17;
/** Attribute of kind bridge: topology change timer. @public */
export const IFLA_BR_TOPOLOGY_CHANGE_TIMER = 18;
/** Attribute of kind bridge: gc timer. @public */
export const IFLA_BR_GC_TIMER = 19;
/** Attribute of kind bridge: group addr. @public */
export const IFLA_BR_GROUP_ADDR = 20;
/** Attribute of kind bridge: fdb flush. @public */
export const IFLA_BR_FDB_FLUSH = 21;
/** Attribute of kind bridge: mcast router. @public */
export const IFLA_BR_MCAST_ROUTER = 22;
/** Attribute of kind bridge: mcast snooping. @public */
export const IFLA_BR_MCAST_SNOOPING = 23;
/** Attribute of kind bridge: mcast query use ifaddr. @public */
export const IFLA_BR_MCAST_QUERY_USE_IFADDR = 24;
/** Attribute of kind bridge: mcast querier. @public */
export const IFLA_BR_MCAST_QUERIER = 25;
/** Attribute of kind bridge: mcast hash elasticity. @public */
export const IFLA_BR_MCAST_HASH_ELASTICITY = 26;
/** Attribute of kind bridge: mcast hash max. @public */
export const IFLA_BR_MCAST_HASH_MAX = 27;
/** Attribute of kind bridge: mcast last member cnt. @public */
export const IFLA_BR_MCAST_LAST_MEMBER_CNT = 28;
/** Attribute of kind bridge: mcast startup query cnt. @public */
export const IFLA_BR_MCAST_STARTUP_QUERY_CNT = 29;
/** Attribute of kind bridge: mcast last member intvl. @public */
export const IFLA_BR_MCAST_LAST_MEMBER_INTVL = 30;
/** Attribute of kind bridge: mcast membership intvl. @public */
export const IFLA_BR_MCAST_MEMBERSHIP_INTVL = 31;
/** Attribute of kind bridge: mcast querier intvl. @public */
export const IFLA_BR_MCAST_QUERIER_INTVL = 32;
/** Attribute of kind bridge: mcast query intvl. @public */
export const IFLA_BR_MCAST_QUERY_INTVL = 33;
/** Attribute of kind bridge: mcast query response intvl. @public */
export const IFLA_BR_MCAST_QUERY_RESPONSE_INTVL = 34;
/** Attribute of kind bridge: mcast startup query intvl. @public */
export const IFLA_BR_MCAST_STARTUP_QUERY_INTVL = 35;
/** Attribute of kind bridge: nf call iptables. @public */
export const IFLA_BR_NF_CALL_IPTABLES = 36;
/** Attribute of kind bridge: nf call ip6tables. @public */
export const IFLA_BR_NF_CALL_IP6TABLES = 37;
/** Attribute of kind bridge: nf call arptables. @public */
export const IFLA_BR_NF_CALL_ARPTABLES = 38;
/** Attribute of kind bridge: vlan default pvid. @public */
export const IFLA_BR_VLAN_DEFAULT_PVID = 39;
/** Attribute of kind bridge: pad. @public */
export const IFLA_BR_PAD = 40;
/** Attribute of kind bridge: vlan stats enabled. @public */
export const IFLA_BR_VLAN_STATS_ENABLED = 41;
/** Attribute of kind bridge: mcast stats enabled. @public */
export const IFLA_BR_MCAST_STATS_ENABLED = 42;
/** Attribute of kind bridge: mcast igmp version. @public */
export const IFLA_BR_MCAST_IGMP_VERSION = 43;
/** Attribute of kind bridge: mcast mld version. @public */
export const IFLA_BR_MCAST_MLD_VERSION = 44;
/** Attribute of kind bridge: vlan stats per port. @public */
export const IFLA_BR_VLAN_STATS_PER_PORT = 45;
/** Attribute of kind bridge: multi boolopt. @public */
export const IFLA_BR_MULTI_BOOLOPT = 46;
/** Attribute of kind bridge: mcast querier state. @public */
export const IFLA_BR_MCAST_QUERIER_STATE = 47;
/** Attribute of kind bridge: fdb n learned. @public */
export const IFLA_BR_FDB_N_LEARNED = 48;
/** Attribute of kind bridge: fdb max learned. @public */
export const IFLA_BR_FDB_MAX_LEARNED = 49;
/** Attribute of kind bridge: max. @public */
export const IFLA_BR_MAX = 49;

// bridge port

/** Attribute of a bridge port: unspec. @public */
export const IFLA_BRPORT_UNSPEC = 0;
/** Attribute of a bridge port: state. @public */
export const IFLA_BRPORT_STATE = 1;
/** Attribute of a bridge port: priority. @public */
export const IFLA_BRPORT_PRIORITY = 2;
/** Attribute of a bridge port: cost. @public */
export const IFLA_BRPORT_COST = 3;
/** Attribute of a bridge port: mode. @public */
export const IFLA_BRPORT_MODE = 4;
/** Attribute of a bridge port: guard. @public */
export const IFLA_BRPORT_GUARD = 5;
/** Attribute of a bridge port: protect. @public */
export const IFLA_BRPORT_PROTECT = 6;
/** Attribute of a bridge port: fast leave. @public */
export const IFLA_BRPORT_FAST_LEAVE = 7;
/** Attribute of a bridge port: learning. @public */
export const IFLA_BRPORT_LEARNING = 8;
/** Attribute of a bridge port: unicast flood. @public */
export const IFLA_BRPORT_UNICAST_FLOOD = 9;
/** Attribute of a bridge port: proxyarp. @public */
export const IFLA_BRPORT_PROXYARP = 10;
/** Attribute of a bridge port: learning sync. @public */
export const IFLA_BRPORT_LEARNING_SYNC = 11;
/** Attribute of a bridge port: proxyarp wifi. @public */
export const IFLA_BRPORT_PROXYARP_WIFI = 12;
/** Attribute of a bridge port: root id. @public */
export const IFLA_BRPORT_ROOT_ID = 13;
/** Attribute of a bridge port: bridge id. @public */
export const IFLA_BRPORT_BRIDGE_ID = 14;
/** Attribute of a bridge port: designated port. @public */
export const IFLA_BRPORT_DESIGNATED_PORT = 15;
/** Attribute of a bridge port: designated cost. @public */
export const IFLA_BRPORT_DESIGNATED_COST = 16;
/** Attribute of a bridge port: id. @public */
export const IFLA_BRPORT_ID = 17;
/** Attribute of a bridge port: no. @public */
export const IFLA_BRPORT_NO = 18;
/** Attribute of a bridge port: topology change ack. @public */
export const IFLA_BRPORT_TOPOLOGY_CHANGE_ACK = 19;
/** Attribute of a bridge port: config pending. @public */
export const IFLA_BRPORT_CONFIG_PENDING = 20;
/** Attribute of a bridge port: message age timer. @public */
export const IFLA_BRPORT_MESSAGE_AGE_TIMER = 21;
/** Attribute of a bridge port: forward delay timer. @public */
export const IFLA_BRPORT_FORWARD_DELAY_TIMER = 22;
/** Attribute of a bridge port: hold timer. @public */
export const IFLA_BRPORT_HOLD_TIMER = 23;
/** Attribute of a bridge port: flush. @public */
export const IFLA_BRPORT_FLUSH = 24;
/** Attribute of a bridge port: multicast router. @public */
export const IFLA_BRPORT_MULTICAST_ROUTER = 25;
/** Attribute of a bridge port: pad. @public */
export const IFLA_BRPORT_PAD = 26;
/** Attribute of a bridge port: mcast flood. @public */
export const IFLA_BRPORT_MCAST_FLOOD = 27;
/** Attribute of a bridge port: mcast to ucast. @public */
export const IFLA_BRPORT_MCAST_TO_UCAST = 28;
/** Attribute of a bridge port: vlan tunnel. @public */
export const IFLA_BRPORT_VLAN_TUNNEL = 29;
/** Attribute of a bridge port: bcast flood. @public */
export const IFLA_BRPORT_BCAST_FLOOD = 30;
/** Attribute of a bridge port: group fwd mask. @public */
export const IFLA_BRPORT_GROUP_FWD_MASK = 31;
/** Attribute of a bridge port: neigh suppress. @public */
export const IFLA_BRPORT_NEIGH_SUPPRESS = 32;
/** Attribute of a bridge port: isolated. @public */
export const IFLA_BRPORT_ISOLATED = 33;
/** Attribute of a bridge port: backup port. @public */
export const IFLA_BRPORT_BACKUP_PORT = 34;
/** Attribute of a bridge port: mrp ring open. @public */
export const IFLA_BRPORT_MRP_RING_OPEN = 35;
/** Attribute of a bridge port: mrp in open. @public */
export const IFLA_BRPORT_MRP_IN_OPEN = 36;
/** Attribute of a bridge port: mcast eht hosts limit. @public */
export const IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT = 37;
/** Attribute of a bridge port: mcast eht hosts cnt. @public */
export const IFLA_BRPORT_MCAST_EHT_HOSTS_CNT = 38;
/** Attribute of a bridge port: locked. @public */
export const IFLA_BRPORT_LOCKED = 39;
/** Attribute of a bridge port: mab. @public */
export const IFLA_BRPORT_MAB = 40;
/** Attribute of a bridge port: mcast n groups. @public */
export const IFLA_BRPORT_MCAST_N_GROUPS = 41;
/** Attribute of a bridge port: mcast max groups. @public */
export const IFLA_BRPORT_MCAST_MAX_GROUPS = 42;
/** Attribute of a bridge port: neigh vlan suppress. @public */
export const IFLA_BRPORT_NEIGH_VLAN_SUPPRESS = 43;
/** Attribute of a bridge port: backup nhid. @public */
export const IFLA_BRPORT_BACKUP_NHID = 44;
/** Attribute of a bridge port: max. @public */
export const IFLA_BRPORT_MAX = 44;

// bond

/** Attribute of kind bond: ad info unspec. @public */
export const IFLA_BOND_AD_INFO_UNSPEC = 0;
/** Attribute of kind bond: slave unspec. @public */
export const IFLA_BOND_SLAVE_UNSPEC = 0;
/** Attribute of kind bond: unspec. @public */
export const IFLA_BOND_UNSPEC = 0;
/** Attribute of kind bond: ad info aggregator. @public */
export const IFLA_BOND_AD_INFO_AGGREGATOR = 1;
/** Attribute of kind bond: mode. @public */
export const IFLA_BOND_MODE = 1;
/** Attribute of kind bond: slave state. @public */
export const IFLA_BOND_SLAVE_STATE = 1;
/** Attribute of kind bond: active slave. @public */
export const IFLA_BOND_ACTIVE_SLAVE = 2;
/** Attribute of kind bond: ad info num ports. @public */
export const IFLA_BOND_AD_INFO_NUM_PORTS = 2;
/** Attribute of kind bond: slave mii status. @public */
export const IFLA_BOND_SLAVE_MII_STATUS = 2;
/** Attribute of kind bond: ad info actor key. @public */
export const IFLA_BOND_AD_INFO_ACTOR_KEY = 3;
/** Attribute of kind bond: miimon. @public */
export const IFLA_BOND_MIIMON = 3;
/** Attribute of kind bond: slave link failure count. @public */
export const IFLA_BOND_SLAVE_LINK_FAILURE_COUNT = 3;
/** Attribute of kind bond: ad info partner key. @public */
export const IFLA_BOND_AD_INFO_PARTNER_KEY = 4;
/** Attribute of kind bond: slave perm hwaddr. @public */
export const IFLA_BOND_SLAVE_PERM_HWADDR = 4;
/** Attribute of kind bond: updelay. @public */
export const IFLA_BOND_UPDELAY = 4;
/** Attribute of kind bond: ad info max. @public */
export const IFLA_BOND_AD_INFO_MAX = 5;
/** Attribute of kind bond: ad info partner mac. @public */
export const IFLA_BOND_AD_INFO_PARTNER_MAC = 5;
/** Attribute of kind bond: downdelay. @public */
export const IFLA_BOND_DOWNDELAY = 5;
/** Attribute of kind bond: slave queue id. @public */
export const IFLA_BOND_SLAVE_QUEUE_ID = 5;
/** Attribute of kind bond: slave ad aggregator id. @public */
export const IFLA_BOND_SLAVE_AD_AGGREGATOR_ID = 6;
/** Attribute of kind bond: use carrier. @public */
export const IFLA_BOND_USE_CARRIER = 6;
/** Attribute of kind bond: arp interval. @public */
export const IFLA_BOND_ARP_INTERVAL = 7;
/** Attribute of kind bond: slave ad actor oper port state. @public */
export const IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE = 7;
/** Attribute of kind bond: arp ip target. @public */
export const IFLA_BOND_ARP_IP_TARGET = 8;
/** Attribute of kind bond: slave ad partner oper port state. @public */
export const IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE = 8;
/** Attribute of kind bond: arp validate. @public */
export const IFLA_BOND_ARP_VALIDATE = 9;
/** Attribute of kind bond: slave prio. @public */
export const IFLA_BOND_SLAVE_PRIO = 9;
/** Attribute of kind bond: arp all targets. @public */
export const IFLA_BOND_ARP_ALL_TARGETS = 10;
/** Attribute of kind bond: slave actor port prio. @public */
export const IFLA_BOND_SLAVE_ACTOR_PORT_PRIO = 10;
/** Attribute of kind bond: primary. @public */
export const IFLA_BOND_PRIMARY = 11;
/** Attribute of kind bond: slave ad churn actor state. @public */
export const IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE = 11;
/** Attribute of kind bond: primary reselect. @public */
export const IFLA_BOND_PRIMARY_RESELECT = 12;
/** Attribute of kind bond: slave ad churn partner state. @public */
export const IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE = 12;
/** Attribute of kind bond: slave max. @public */
export const IFLA_BOND_SLAVE_MAX = 12;
/** Attribute of kind bond: fail over mac. @public */
export const IFLA_BOND_FAIL_OVER_MAC = 13;
/** Attribute of kind bond: xmit hash policy. @public */
export const IFLA_BOND_XMIT_HASH_POLICY = 14;
/** Attribute of kind bond: resend igmp. @public */
export const IFLA_BOND_RESEND_IGMP = 15;
/** Attribute of kind bond: num peer notif. @public */
export const IFLA_BOND_NUM_PEER_NOTIF = 16;
/** Attribute of kind bond: all slaves active. @public */
export const IFLA_BOND_ALL_SLAVES_ACTIVE = 17;
/** Attribute of kind bond: min links. @public */
export const IFLA_BOND_MIN_LINKS = 18;
/** Attribute of kind bond: lp interval. @public */
export const IFLA_BOND_LP_INTERVAL = 19;
/** Attribute of kind bond: packets per slave. @public */
export const IFLA_BOND_PACKETS_PER_SLAVE = 20;
/** Attribute of kind bond: ad lacp rate. @public */
export const IFLA_BOND_AD_LACP_RATE = 21;
/** Attribute of kind bond: ad select. @public */
export const IFLA_BOND_AD_SELECT = 22;
/** Attribute of kind bond: ad info. @public */
export const IFLA_BOND_AD_INFO = 23;
/** Attribute of kind bond: ad actor sys prio. @public */
export const IFLA_BOND_AD_ACTOR_SYS_PRIO = 24;
/** Attribute of kind bond: ad user port key. @public */
export const IFLA_BOND_AD_USER_PORT_KEY = 25;
/** Attribute of kind bond: ad actor system. @public */
export const IFLA_BOND_AD_ACTOR_SYSTEM = 26;
/** Attribute of kind bond: tlb dynamic lb. @public */
export const IFLA_BOND_TLB_DYNAMIC_LB = 27;
/** Attribute of kind bond: peer notif delay. @public */
export const IFLA_BOND_PEER_NOTIF_DELAY = 28;
/** Attribute of kind bond: ad lacp active. @public */
export const IFLA_BOND_AD_LACP_ACTIVE = 29;
/** Attribute of kind bond: missed max. @public */
export const IFLA_BOND_MISSED_MAX = 30;
/** Attribute of kind bond: ns ip6 target. @public */
export const IFLA_BOND_NS_IP6_TARGET = 31;
/** Attribute of kind bond: coupled control. @public */
export const IFLA_BOND_COUPLED_CONTROL = 32;
/** Attribute of kind bond: max. @public */
export const IFLA_BOND_MAX = 32;
