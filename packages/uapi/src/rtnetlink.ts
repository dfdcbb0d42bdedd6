/**
 * rtnetlink(7): message types and groups.
 * Route attributes are in `rtnetlink-route.ts`, struct codecs in `rtnetlink-structs.ts`.
 */

// Message types

/** rtnetlink message type BASE (rtnetlink(7)). @public */
export const RTM_BASE = 16;
/** rtnetlink message type NEWLINK (rtnetlink(7)). @public */
export const RTM_NEWLINK = 16;
/** rtnetlink message type DELLINK (rtnetlink(7)). @public */
export const RTM_DELLINK = 17;
/** rtnetlink message type GETLINK (rtnetlink(7)). @public */
export const RTM_GETLINK = 18;
/** rtnetlink message type SETLINK (rtnetlink(7)). @public */
export const RTM_SETLINK = 19;
/** rtnetlink message type NEWADDR (rtnetlink(7)). @public */
export const RTM_NEWADDR = 20;
/** rtnetlink message type DELADDR (rtnetlink(7)). @public */
export const RTM_DELADDR = 21;
/** rtnetlink message type GETADDR (rtnetlink(7)). @public */
export const RTM_GETADDR = 22;
/** rtnetlink message type NEWROUTE (rtnetlink(7)). @public */
export const RTM_NEWROUTE = 24;
/** rtnetlink message type DELROUTE (rtnetlink(7)). @public */
export const RTM_DELROUTE = 25;
/** rtnetlink message type GETROUTE (rtnetlink(7)). @public */
export const RTM_GETROUTE = 26;
/** rtnetlink message type NEWNEIGH (rtnetlink(7)). @public */
export const RTM_NEWNEIGH = 28;
/** rtnetlink message type DELNEIGH (rtnetlink(7)). @public */
export const RTM_DELNEIGH = 29;
/** rtnetlink message type GETNEIGH (rtnetlink(7)). @public */
export const RTM_GETNEIGH = 30;
/** rtnetlink message type NEWRULE (rtnetlink(7)). @public */
export const RTM_NEWRULE = 32;
/** rtnetlink message type DELRULE (rtnetlink(7)). @public */
export const RTM_DELRULE = 33;
/** rtnetlink message type GETRULE (rtnetlink(7)). @public */
export const RTM_GETRULE = 34;
/** rtnetlink message type NEWQDISC (rtnetlink(7)). @public */
export const RTM_NEWQDISC = 36;
/** rtnetlink message type DELQDISC (rtnetlink(7)). @public */
export const RTM_DELQDISC = 37;
/** rtnetlink message type GETQDISC (rtnetlink(7)). @public */
export const RTM_GETQDISC = 38;
/** rtnetlink message type NEWTCLASS (rtnetlink(7)). @public */
export const RTM_NEWTCLASS = 40;
/** rtnetlink message type DELTCLASS (rtnetlink(7)). @public */
export const RTM_DELTCLASS = 41;
/** rtnetlink message type GETTCLASS (rtnetlink(7)). @public */
export const RTM_GETTCLASS = 42;
/** rtnetlink message type NEWTFILTER (rtnetlink(7)). @public */
export const RTM_NEWTFILTER = 44;
/** rtnetlink message type DELTFILTER (rtnetlink(7)). @public */
export const RTM_DELTFILTER = 45;
/** rtnetlink message type GETTFILTER (rtnetlink(7)). @public */
export const RTM_GETTFILTER = 46;
/** rtnetlink message type NEWACTION (rtnetlink(7)). @public */
export const RTM_NEWACTION = 48;
/** rtnetlink message type DELACTION (rtnetlink(7)). @public */
export const RTM_DELACTION = 49;
/** rtnetlink message type GETACTION (rtnetlink(7)). @public */
export const RTM_GETACTION = 50;
/** rtnetlink message type NEWPREFIX (rtnetlink(7)). @public */
export const RTM_NEWPREFIX = 52;
/** rtnetlink message type NEWMULTICAST (rtnetlink(7)). @public */
export const RTM_NEWMULTICAST = 56;
/** rtnetlink message type DELMULTICAST (rtnetlink(7)). @public */
export const RTM_DELMULTICAST = 57;
/** rtnetlink message type GETMULTICAST (rtnetlink(7)). @public */
export const RTM_GETMULTICAST = 58;
/** rtnetlink message type NEWANYCAST (rtnetlink(7)). @public */
export const RTM_NEWANYCAST = 60;
/** rtnetlink message type DELANYCAST (rtnetlink(7)). @public */
export const RTM_DELANYCAST = 61;
/** rtnetlink message type GETANYCAST (rtnetlink(7)). @public */
export const RTM_GETANYCAST = 62;
/** rtnetlink message type NEWNEIGHTBL (rtnetlink(7)). @public */
export const RTM_NEWNEIGHTBL = 64;
/** rtnetlink message type GETNEIGHTBL (rtnetlink(7)). @public */
export const RTM_GETNEIGHTBL = 66;
/** rtnetlink message type SETNEIGHTBL (rtnetlink(7)). @public */
export const RTM_SETNEIGHTBL = 67;
/** rtnetlink message type NEWNDUSEROPT (rtnetlink(7)). @public */
export const RTM_NEWNDUSEROPT = 68;
/** rtnetlink message type NEWADDRLABEL (rtnetlink(7)). @public */
export const RTM_NEWADDRLABEL = 72;
/** rtnetlink message type DELADDRLABEL (rtnetlink(7)). @public */
export const RTM_DELADDRLABEL = 73;
/** rtnetlink message type GETADDRLABEL (rtnetlink(7)). @public */
export const RTM_GETADDRLABEL = 74;
/** rtnetlink message type GETDCB (rtnetlink(7)). @public */
export const RTM_GETDCB = 78;
/** rtnetlink message type SETDCB (rtnetlink(7)). @public */
export const RTM_SETDCB = 79;
/** rtnetlink message type NEWNETCONF (rtnetlink(7)). @public */
export const RTM_NEWNETCONF = 80;
/** rtnetlink message type DELNETCONF (rtnetlink(7)). @public */
export const RTM_DELNETCONF = 81;
/** rtnetlink message type GETNETCONF (rtnetlink(7)). @public */
export const RTM_GETNETCONF = 82;
/** rtnetlink message type NEWMDB (rtnetlink(7)). @public */
export const RTM_NEWMDB = 84;
/** rtnetlink message type DELMDB (rtnetlink(7)). @public */
export const RTM_DELMDB = 85;
/** rtnetlink message type GETMDB (rtnetlink(7)). @public */
export const RTM_GETMDB = 86;
/** rtnetlink message type NEWNSID (rtnetlink(7)). @public */
export const RTM_NEWNSID = 88;
/** rtnetlink message type DELNSID (rtnetlink(7)). @public */
export const RTM_DELNSID = 89;
/** rtnetlink message type GETNSID (rtnetlink(7)). @public */
export const RTM_GETNSID = 90;
/** rtnetlink message type NEWSTATS (rtnetlink(7)). @public */
export const RTM_NEWSTATS = 92;
/** rtnetlink message type GETSTATS (rtnetlink(7)). @public */
export const RTM_GETSTATS = 94;
/** rtnetlink message type SETSTATS (rtnetlink(7)). @public */
export const RTM_SETSTATS = 95;
/** rtnetlink message type NEWCACHEREPORT (rtnetlink(7)). @public */
export const RTM_NEWCACHEREPORT = 96;
/** rtnetlink message type NEWCHAIN (rtnetlink(7)). @public */
export const RTM_NEWCHAIN = 100;
/** rtnetlink message type DELCHAIN (rtnetlink(7)). @public */
export const RTM_DELCHAIN = 101;
/** rtnetlink message type GETCHAIN (rtnetlink(7)). @public */
export const RTM_GETCHAIN = 102;
/** rtnetlink message type NEWNEXTHOP (rtnetlink(7)). @public */
export const RTM_NEWNEXTHOP = 104;
/** rtnetlink message type DELNEXTHOP (rtnetlink(7)). @public */
export const RTM_DELNEXTHOP = 105;
/** rtnetlink message type GETNEXTHOP (rtnetlink(7)). @public */
export const RTM_GETNEXTHOP = 106;
/** rtnetlink message type NEWLINKPROP (rtnetlink(7)). @public */
export const RTM_NEWLINKPROP = 108;
/** rtnetlink message type DELLINKPROP (rtnetlink(7)). @public */
export const RTM_DELLINKPROP = 109;
/** rtnetlink message type GETLINKPROP (rtnetlink(7)). @public */
export const RTM_GETLINKPROP = 110;
/** rtnetlink message type NEWVLAN (rtnetlink(7)). @public */
export const RTM_NEWVLAN = 112;
/** rtnetlink message type DELVLAN (rtnetlink(7)). @public */
export const RTM_DELVLAN = 113;
/** rtnetlink message type GETVLAN (rtnetlink(7)). @public */
export const RTM_GETVLAN = 114;
/** rtnetlink message type NEWNEXTHOPBUCKET (rtnetlink(7)). @public */
export const RTM_NEWNEXTHOPBUCKET = 116;
/** rtnetlink message type DELNEXTHOPBUCKET (rtnetlink(7)). @public */
export const RTM_DELNEXTHOPBUCKET = 117;
/** rtnetlink message type GETNEXTHOPBUCKET (rtnetlink(7)). @public */
export const RTM_GETNEXTHOPBUCKET = 118;
/** rtnetlink message type NEWTUNNEL (rtnetlink(7)). @public */
export const RTM_NEWTUNNEL = 120;
/** rtnetlink message type DELTUNNEL (rtnetlink(7)). @public */
export const RTM_DELTUNNEL = 121;
/** rtnetlink message type GETTUNNEL (rtnetlink(7)). @public */
export const RTM_GETTUNNEL = 122;
/** rtnetlink message type MAX (rtnetlink(7)). @public */
export const RTM_MAX = 123;

// Multicast groups

/** rtnetlink multicast group: none. @public */
export const RTNLGRP_NONE = 0;
/** rtnetlink multicast group: link. @public */
export const RTNLGRP_LINK = 1;
/** rtnetlink multicast group: notify. @public */
export const RTNLGRP_NOTIFY = 2;
/** rtnetlink multicast group: neigh. @public */
export const RTNLGRP_NEIGH = 3;
/** rtnetlink multicast group: tc. @public */
export const RTNLGRP_TC = 4;
/** rtnetlink multicast group: ipv4 ifaddr. @public */
export const RTNLGRP_IPV4_IFADDR = 5;
/** rtnetlink multicast group: ipv4 mroute. @public */
export const RTNLGRP_IPV4_MROUTE = 6;
/** rtnetlink multicast group: ipv4 route. @public */
export const RTNLGRP_IPV4_ROUTE = 7;
/** rtnetlink multicast group: ipv4 rule. @public */
export const RTNLGRP_IPV4_RULE = 8;
/** rtnetlink multicast group: ipv6 ifaddr. @public */
export const RTNLGRP_IPV6_IFADDR = 9;
/** rtnetlink multicast group: ipv6 mroute. @public */
export const RTNLGRP_IPV6_MROUTE = 10;
/** rtnetlink multicast group: ipv6 route. @public */
export const RTNLGRP_IPV6_ROUTE = 11;
/** rtnetlink multicast group: ipv6 ifinfo. @public */
export const RTNLGRP_IPV6_IFINFO = 12;
/** rtnetlink multicast group: decnet ifaddr. @public */
export const RTNLGRP_DECnet_IFADDR = 13;
/** rtnetlink multicast group: nop2. @public */
export const RTNLGRP_NOP2 = 14;
/** rtnetlink multicast group: decnet route. @public */
export const RTNLGRP_DECnet_ROUTE = 15;
/** rtnetlink multicast group: decnet rule. @public */
export const RTNLGRP_DECnet_RULE = 16;
/** rtnetlink multicast group: nop4. @public */
export const RTNLGRP_NOP4 = 17;
/** rtnetlink multicast group: ipv6 prefix. @public */
export const RTNLGRP_IPV6_PREFIX = 18;
/** rtnetlink multicast group: ipv6 rule. @public */
export const RTNLGRP_IPV6_RULE = 19;
/** rtnetlink multicast group: nd useropt. @public */
export const RTNLGRP_ND_USEROPT = 20;
/** rtnetlink multicast group: phonet ifaddr. @public */
export const RTNLGRP_PHONET_IFADDR = 21;
/** rtnetlink multicast group: phonet route. @public */
export const RTNLGRP_PHONET_ROUTE = 22;
/** rtnetlink multicast group: dcb. @public */
export const RTNLGRP_DCB = 23;
/** rtnetlink multicast group: ipv4 netconf. @public */
export const RTNLGRP_IPV4_NETCONF = 24;
/** rtnetlink multicast group: ipv6 netconf. @public */
export const RTNLGRP_IPV6_NETCONF = 25;
/** rtnetlink multicast group: mdb. @public */
export const RTNLGRP_MDB = 26;
/** rtnetlink multicast group: mpls route. @public */
export const RTNLGRP_MPLS_ROUTE = 27;
/** rtnetlink multicast group: nsid. @public */
export const RTNLGRP_NSID = 28;
/** rtnetlink multicast group: mpls netconf. @public */
export const RTNLGRP_MPLS_NETCONF = 29;
/** rtnetlink multicast group: ipv4 mroute r. @public */
export const RTNLGRP_IPV4_MROUTE_R = 30;
/** rtnetlink multicast group: ipv6 mroute r. @public */
export const RTNLGRP_IPV6_MROUTE_R = 31;
/** rtnetlink multicast group: nexthop. @public */
export const RTNLGRP_NEXTHOP = 32;
/** rtnetlink multicast group: brvlan. @public */
export const RTNLGRP_BRVLAN = 33;
/** rtnetlink multicast group: mctp ifaddr. @public */
export const RTNLGRP_MCTP_IFADDR = 34;
/** rtnetlink multicast group: tunnel. @public */
export const RTNLGRP_TUNNEL = 35;
/** rtnetlink multicast group: stats. @public */
export const RTNLGRP_STATS = 36;
/** rtnetlink multicast group: ipv4 mcaddr. @public */
export const RTNLGRP_IPV4_MCADDR = 37;
/** rtnetlink multicast group: ipv6 mcaddr. @public */
export const RTNLGRP_IPV6_MCADDR = 38;
/** rtnetlink multicast group: ipv6 acaddr. @public */
export const RTNLGRP_IPV6_ACADDR = 39;
/** rtnetlink multicast group: max. @public */
export const RTNLGRP_MAX = 39;

// Old group bits

/** Group bit of `nl_groups` in bind(2) (netlink(7)): link. @public */
export const RTMGRP_LINK = 0x1;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): notify. @public */
export const RTMGRP_NOTIFY = 0x2;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): neigh. @public */
export const RTMGRP_NEIGH = 0x4;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): tc. @public */
export const RTMGRP_TC = 0x8;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv4 ifaddr. @public */
export const RTMGRP_IPV4_IFADDR = 0x10;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv4 mroute. @public */
export const RTMGRP_IPV4_MROUTE = 0x20;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv4 route. @public */
export const RTMGRP_IPV4_ROUTE = 0x40;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv4 rule. @public */
export const RTMGRP_IPV4_RULE = 0x80;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv6 ifaddr. @public */
export const RTMGRP_IPV6_IFADDR = 0x100;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv6 mroute. @public */
export const RTMGRP_IPV6_MROUTE = 0x200;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv6 route. @public */
export const RTMGRP_IPV6_ROUTE = 0x400;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv6 ifinfo. @public */
export const RTMGRP_IPV6_IFINFO = 0x800;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): decnet ifaddr. @public */
export const RTMGRP_DECnet_IFADDR = 0x1000;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): decnet route. @public */
export const RTMGRP_DECnet_ROUTE = 0x4000;
/** Group bit of `nl_groups` in bind(2) (netlink(7)): ipv6 prefix. @public */
export const RTMGRP_IPV6_PREFIX = 0x20000;

// Dump filters

/** Bit of IFLA_EXT_MASK: vf. @public */
export const RTEXT_FILTER_VF = 0x1;
/** Bit of IFLA_EXT_MASK: brvlan. @public */
export const RTEXT_FILTER_BRVLAN = 0x2;
/** Bit of IFLA_EXT_MASK: brvlan compressed. @public */
export const RTEXT_FILTER_BRVLAN_COMPRESSED = 0x4;
/** Bit of IFLA_EXT_MASK: skip stats. @public */
export const RTEXT_FILTER_SKIP_STATS = 0x8;
/** Bit of IFLA_EXT_MASK: mrp. @public */
export const RTEXT_FILTER_MRP = 0x10;
/** Bit of IFLA_EXT_MASK: cfm config. @public */
export const RTEXT_FILTER_CFM_CONFIG = 0x20;
/** Bit of IFLA_EXT_MASK: cfm status. @public */
export const RTEXT_FILTER_CFM_STATUS = 0x40;
/** Bit of IFLA_EXT_MASK: mst. @public */
export const RTEXT_FILTER_MST = 0x80;

// Families

/** rtnetlink family: ipmr. @public */
export const RTNL_FAMILY_IPMR = 128;
/** rtnetlink family: ip6mr. @public */
export const RTNL_FAMILY_IP6MR = 129;
/** rtnetlink family: max. @public */
export const RTNL_FAMILY_MAX = 129;
