/**
 * Tunnels: attributes of their links, ioctls, and the GRE header.
 */

// ioctls


// ioctls

/** ioctl of tunnels: get the parameters (struct ip_tunnel_parm). @public */
export const SIOCGETTUNNEL = 0x89f0;
/** ioctl of tunnels: add a tunnel. @public */
export const SIOCADDTUNNEL = 0x89f1;
/** ioctl of tunnels: delete a tunnel. @public */
export const SIOCDELTUNNEL = 0x89f2;
/** ioctl of tunnels: change a tunnel. @public */
export const SIOCCHGTUNNEL = 0x89f3;

// Encapsulations

/** Encapsulation of a tunnel: none. @public */
export const TUNNEL_ENCAP_NONE = 0;
/** Encapsulation of a tunnel: fou. @public */
export const TUNNEL_ENCAP_FOU = 1;
/** Encapsulation of a tunnel: gue. @public */
export const TUNNEL_ENCAP_GUE = 2;
/** Encapsulation of a tunnel: mpls. @public */
export const TUNNEL_ENCAP_MPLS = 3;
/** Encapsulation of a tunnel: flag csum. @public */
export const TUNNEL_ENCAP_FLAG_CSUM = 1;
/** Encapsulation of a tunnel: flag csum6. @public */
export const TUNNEL_ENCAP_FLAG_CSUM6 = 2;
/** Encapsulation of a tunnel: flag remcsum. @public */
export const TUNNEL_ENCAP_FLAG_REMCSUM = 4;

// gre


// gre links

/** Attribute of kind gre: unspec. @public */
export const IFLA_GRE_UNSPEC = 0;
/** Attribute of kind gre: link. @public */
export const IFLA_GRE_LINK = 1;
/** Attribute of kind gre: iflags. @public */
export const IFLA_GRE_IFLAGS = 2;
/** Attribute of kind gre: oflags. @public */
export const IFLA_GRE_OFLAGS = 3;
/** Attribute of kind gre: ikey. @public */
export const IFLA_GRE_IKEY = 4;
/** Attribute of kind gre: okey. @public */
export const IFLA_GRE_OKEY = 5;
/** Attribute of kind gre: local. @public */
export const IFLA_GRE_LOCAL = 6;
/** Attribute of kind gre: remote. @public */
export const IFLA_GRE_REMOTE = 7;
/** Attribute of kind gre: ttl. @public */
export const IFLA_GRE_TTL = 8;
/** Attribute of kind gre: tos. @public */
export const IFLA_GRE_TOS = 9;
/** Attribute of kind gre: pmtudisc. @public */
export const IFLA_GRE_PMTUDISC = 10;
/** Attribute of kind gre: encap limit. @public */
export const IFLA_GRE_ENCAP_LIMIT = 11;
/** Attribute of kind gre: flowinfo. @public */
export const IFLA_GRE_FLOWINFO = 12;
/** Attribute of kind gre: flags. @public */
export const IFLA_GRE_FLAGS = 13;
/** Attribute of kind gre: encap type. @public */
export const IFLA_GRE_ENCAP_TYPE = 14;
/** Attribute of kind gre: encap flags. @public */
export const IFLA_GRE_ENCAP_FLAGS = 15;
/** Attribute of kind gre: encap sport. @public */
export const IFLA_GRE_ENCAP_SPORT = 16;
/** Attribute of kind gre: encap dport. @public */
export const IFLA_GRE_ENCAP_DPORT = 17;
/** Attribute of kind gre: collect metadata. @public */
export const IFLA_GRE_COLLECT_METADATA = 18;
/** Attribute of kind gre: ignore df. @public */
export const IFLA_GRE_IGNORE_DF = 19;
/** Attribute of kind gre: fwmark. @public */
export const IFLA_GRE_FWMARK = 20;
/** Attribute of kind gre: erspan index. @public */
export const IFLA_GRE_ERSPAN_INDEX = 21;
/** Attribute of kind gre: erspan ver. @public */
export const IFLA_GRE_ERSPAN_VER = 22;
/** Attribute of kind gre: erspan dir. @public */
export const IFLA_GRE_ERSPAN_DIR = 23;
/** Attribute of kind gre: erspan hwid. @public */
export const IFLA_GRE_ERSPAN_HWID = 24;
/** Attribute of kind gre: max. @public */
export const IFLA_GRE_MAX = 24;

// ipip and sit links

/** Attribute of kind ipip: unspec. @public */
export const IFLA_IPTUN_UNSPEC = 0;
/** Attribute of kind ipip: link. @public */
export const IFLA_IPTUN_LINK = 1;
/** Attribute of kind ipip: local. @public */
export const IFLA_IPTUN_LOCAL = 2;
/** Attribute of kind ipip: remote. @public */
export const IFLA_IPTUN_REMOTE = 3;
/** Attribute of kind ipip: ttl. @public */
export const IFLA_IPTUN_TTL = 4;
/** Attribute of kind ipip: tos. @public */
export const IFLA_IPTUN_TOS = 5;
/** Attribute of kind ipip: encap limit. @public */
export const IFLA_IPTUN_ENCAP_LIMIT = 6;
/** Attribute of kind ipip: flowinfo. @public */
export const IFLA_IPTUN_FLOWINFO = 7;
/** Attribute of kind ipip: flags. @public */
export const IFLA_IPTUN_FLAGS = 8;
/** Attribute of kind ipip: proto. @public */
export const IFLA_IPTUN_PROTO = 9;
/** Attribute of kind ipip: pmtudisc. @public */
export const IFLA_IPTUN_PMTUDISC = 10;
/** Attribute of kind ipip: 6rd prefix. @public */
export const IFLA_IPTUN_6RD_PREFIX = 11;
/** Attribute of kind ipip: 6rd relay prefix. @public */
export const IFLA_IPTUN_6RD_RELAY_PREFIX = 12;
/** Attribute of kind ipip: 6rd prefixlen. @public */
export const IFLA_IPTUN_6RD_PREFIXLEN = 13;
/** Attribute of kind ipip: 6rd relay prefixlen. @public */
export const IFLA_IPTUN_6RD_RELAY_PREFIXLEN = 14;
/** Attribute of kind ipip: encap type. @public */
export const IFLA_IPTUN_ENCAP_TYPE = 15;
/** Attribute of kind ipip: encap flags. @public */
export const IFLA_IPTUN_ENCAP_FLAGS = 16;
/** Attribute of kind ipip: encap sport. @public */
export const IFLA_IPTUN_ENCAP_SPORT = 17;
/** Attribute of kind ipip: encap dport. @public */
export const IFLA_IPTUN_ENCAP_DPORT = 18;
/** Attribute of kind ipip: collect metadata. @public */
export const IFLA_IPTUN_COLLECT_METADATA = 19;
/** Attribute of kind ipip: fwmark. @public */
export const IFLA_IPTUN_FWMARK = 20;
/** Attribute of kind ipip: max. @public */
export const IFLA_IPTUN_MAX = 20;

// vti

/** Attribute of kind vti: unspec. @public */
export const IFLA_VTI_UNSPEC = 0;
/** Attribute of kind vti: link. @public */
export const IFLA_VTI_LINK = 1;
/** Attribute of kind vti: ikey. @public */
export const IFLA_VTI_IKEY = 2;
/** Attribute of kind vti: okey. @public */
export const IFLA_VTI_OKEY = 3;
/** Attribute of kind vti: local. @public */
export const IFLA_VTI_LOCAL = 4;
/** Attribute of kind vti: remote. @public */
export const IFLA_VTI_REMOTE = 5;
/** Attribute of kind vti: fwmark. @public */
export const IFLA_VTI_FWMARK = 6;
/** Attribute of kind vti: max. @public */
export const IFLA_VTI_MAX = 6;

// vxlan links

/** Attribute of kind vxlan: vnifilter entry stats unspec. @public */
export const VNIFILTER_ENTRY_STATS_UNSPEC = 0;
/** Attribute of kind vxlan: vnifilter entry stats rx bytes. @public */
export const VNIFILTER_ENTRY_STATS_RX_BYTES = 1;
/** Attribute of kind vxlan: vnifilter entry stats rx pkts. @public */
export const VNIFILTER_ENTRY_STATS_RX_PKTS = 2;
/** Attribute of kind vxlan: vnifilter entry stats rx drops. @public */
export const VNIFILTER_ENTRY_STATS_RX_DROPS = 3;
/** Attribute of kind vxlan: vnifilter entry stats rx errors. @public */
export const VNIFILTER_ENTRY_STATS_RX_ERRORS = 4;
/** Attribute of kind vxlan: vnifilter entry stats tx bytes. @public */
export const VNIFILTER_ENTRY_STATS_TX_BYTES = 5;
/** Attribute of kind vxlan: vnifilter entry stats tx pkts. @public */
export const VNIFILTER_ENTRY_STATS_TX_PKTS = 6;
/** Attribute of kind vxlan: vnifilter entry stats tx drops. @public */
export const VNIFILTER_ENTRY_STATS_TX_DROPS = 7;
/** Attribute of kind vxlan: vnifilter entry stats tx errors. @public */
export const VNIFILTER_ENTRY_STATS_TX_ERRORS = 8;
/** Attribute of kind vxlan: vnifilter entry stats pad. @public */
export const VNIFILTER_ENTRY_STATS_PAD = 9;
/** Attribute of kind vxlan: vnifilter entry stats max. @public */
export const VNIFILTER_ENTRY_STATS_MAX = 9;
/** Attribute of kind vxlan: unspec. @public */
export const IFLA_VXLAN_UNSPEC = 0;
/** Attribute of kind vxlan: id. @public */
export const IFLA_VXLAN_ID = 1;
/** Attribute of kind vxlan: group. @public */
export const IFLA_VXLAN_GROUP = 2;
/** Attribute of kind vxlan: link. @public */
export const IFLA_VXLAN_LINK = 3;
/** Attribute of kind vxlan: local. @public */
export const IFLA_VXLAN_LOCAL = 4;
/** Attribute of kind vxlan: ttl. @public */
export const IFLA_VXLAN_TTL = 5;
/** Attribute of kind vxlan: tos. @public */
export const IFLA_VXLAN_TOS = 6;
/** Attribute of kind vxlan: learning. @public */
export const IFLA_VXLAN_LEARNING = 7;
/** Attribute of kind vxlan: ageing. @public */
export const IFLA_VXLAN_AGEING = 8;
/** Attribute of kind vxlan: limit. @public */
export const IFLA_VXLAN_LIMIT = 9;
/** Attribute of kind vxlan: port range. @public */
export const IFLA_VXLAN_PORT_RANGE = 10;
/** Attribute of kind vxlan: proxy. @public */
export const IFLA_VXLAN_PROXY = 11;
/** Attribute of kind vxlan: rsc. @public */
export const IFLA_VXLAN_RSC = 12;
/** Attribute of kind vxlan: l2miss. @public */
export const IFLA_VXLAN_L2MISS = 13;
/** Attribute of kind vxlan: l3miss. @public */
export const IFLA_VXLAN_L3MISS = 14;
/** Attribute of kind vxlan: port. @public */
export const IFLA_VXLAN_PORT = 15;
/** Attribute of kind vxlan: group6. @public */
export const IFLA_VXLAN_GROUP6 = 16;
/** Attribute of kind vxlan: local6. @public */
export const IFLA_VXLAN_LOCAL6 = 17;
/** Attribute of kind vxlan: udp csum. @public */
export const IFLA_VXLAN_UDP_CSUM = 18;
/** Attribute of kind vxlan: udp zero csum6 tx. @public */
export const IFLA_VXLAN_UDP_ZERO_CSUM6_TX = 19;
/** Attribute of kind vxlan: udp zero csum6 rx. @public */
export const IFLA_VXLAN_UDP_ZERO_CSUM6_RX = 20;
/** Attribute of kind vxlan: remcsum tx. @public */
export const IFLA_VXLAN_REMCSUM_TX = 21;
/** Attribute of kind vxlan: remcsum rx. @public */
export const IFLA_VXLAN_REMCSUM_RX = 22;
/** Attribute of kind vxlan: gbp. @public */
export const IFLA_VXLAN_GBP = 23;
/** Attribute of kind vxlan: remcsum nopartial. @public */
export const IFLA_VXLAN_REMCSUM_NOPARTIAL = 24;
/** Attribute of kind vxlan: collect metadata. @public */
export const IFLA_VXLAN_COLLECT_METADATA = 25;
/** Attribute of kind vxlan: label. @public */
export const IFLA_VXLAN_LABEL = 26;
/** Attribute of kind vxlan: gpe. @public */
export const IFLA_VXLAN_GPE = 27;
/** Attribute of kind vxlan: ttl inherit. @public */
export const IFLA_VXLAN_TTL_INHERIT = 28;
/** Attribute of kind vxlan: df. @public */
export const IFLA_VXLAN_DF = 29;
/** Attribute of kind vxlan: vnifilter. @public */
export const IFLA_VXLAN_VNIFILTER = 30;
/** Attribute of kind vxlan: localbypass. @public */
export const IFLA_VXLAN_LOCALBYPASS = 31;
/** Attribute of kind vxlan: label policy. @public */
export const IFLA_VXLAN_LABEL_POLICY = 32;
/** Attribute of kind vxlan: reserved bits. @public */
export const IFLA_VXLAN_RESERVED_BITS = 33;
/** Attribute of kind vxlan: mc route. @public */
export const IFLA_VXLAN_MC_ROUTE = 34;
/** Attribute of kind vxlan: max. @public */
export const IFLA_VXLAN_MAX = 34;
/** Attribute of kind vxlan: vxlan df unset. @public */
export const VXLAN_DF_UNSET = 0;
/** Attribute of kind vxlan: vxlan df set. @public */
export const VXLAN_DF_SET = 1;
/** Attribute of kind vxlan: vxlan df inherit. @public */
export const VXLAN_DF_INHERIT = 2;
/** Attribute of kind vxlan: vxlan df max. @public */
export const VXLAN_DF_MAX = 2;

// geneve links

/** Attribute of kind geneve: unspec. @public */
export const IFLA_GENEVE_UNSPEC = 0;
/** Attribute of kind geneve: id. @public */
export const IFLA_GENEVE_ID = 1;
/** Attribute of kind geneve: remote. @public */
export const IFLA_GENEVE_REMOTE = 2;
/** Attribute of kind geneve: ttl. @public */
export const IFLA_GENEVE_TTL = 3;
/** Attribute of kind geneve: tos. @public */
export const IFLA_GENEVE_TOS = 4;
/** Attribute of kind geneve: port. @public */
export const IFLA_GENEVE_PORT = 5;
/** Attribute of kind geneve: collect metadata. @public */
export const IFLA_GENEVE_COLLECT_METADATA = 6;
/** Attribute of kind geneve: remote6. @public */
export const IFLA_GENEVE_REMOTE6 = 7;
/** Attribute of kind geneve: udp csum. @public */
export const IFLA_GENEVE_UDP_CSUM = 8;
/** Attribute of kind geneve: udp zero csum6 tx. @public */
export const IFLA_GENEVE_UDP_ZERO_CSUM6_TX = 9;
/** Attribute of kind geneve: udp zero csum6 rx. @public */
export const IFLA_GENEVE_UDP_ZERO_CSUM6_RX = 10;
/** Attribute of kind geneve: label. @public */
export const IFLA_GENEVE_LABEL = 11;
/** Attribute of kind geneve: ttl inherit. @public */
export const IFLA_GENEVE_TTL_INHERIT = 12;
/** Attribute of kind geneve: df. @public */
export const IFLA_GENEVE_DF = 13;
/** Attribute of kind geneve: inner proto inherit. @public */
export const IFLA_GENEVE_INNER_PROTO_INHERIT = 14;
/** Attribute of kind geneve: max. @public */
export const IFLA_GENEVE_MAX = 14;
/** Attribute of kind geneve: geneve df unset. @public */
export const GENEVE_DF_UNSET = 0;
/** Attribute of kind geneve: geneve df set. @public */
export const GENEVE_DF_SET = 1;
/** Attribute of kind geneve: geneve df inherit. @public */
export const GENEVE_DF_INHERIT = 2;
/** Attribute of kind geneve: geneve df max. @public */
export const GENEVE_DF_MAX = 2;
