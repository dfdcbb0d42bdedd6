/**
 * Classifiers and actions of tc(8): verdicts, attributes.
 */

// Verdicts

/** Verdict: unspec. @public */
export const TC_ACT_UNSPEC = -1;
/** Verdict: ok. @public */
export const TC_ACT_OK = 0;
/** Verdict: reclassify. @public */
export const TC_ACT_RECLASSIFY = 1;
/** Verdict: shot. @public */
export const TC_ACT_SHOT = 2;
/** Verdict: pipe. @public */
export const TC_ACT_PIPE = 3;
/** Verdict: stolen. @public */
export const TC_ACT_STOLEN = 4;
/** Verdict: queued. @public */
export const TC_ACT_QUEUED = 5;
/** Verdict: repeat. @public */
export const TC_ACT_REPEAT = 6;
/** Verdict: redirect. @public */
export const TC_ACT_REDIRECT = 7;
/** Verdict: trap. @public */
export const TC_ACT_TRAP = 8;
/** Verdict: value max. @public */
export const TC_ACT_VALUE_MAX = 8;
/** Verdict: jump. @public */
export const TC_ACT_JUMP = 0x10000000;
/** Verdict: goto chain. @public */
export const TC_ACT_GOTO_CHAIN = 0x20000000;

// Attributes of an action

/** Attribute of an action: unspec. @public */
export const TCA_ACT_UNSPEC = 0;
/** Attribute of an action: kind. @public */
export const TCA_ACT_KIND = 1;
/** Attribute of an action: options. @public */
export const TCA_ACT_OPTIONS = 2;
/** Attribute of an action: index. @public */
export const TCA_ACT_INDEX = 3;
/** Attribute of an action: stats. @public */
export const TCA_ACT_STATS = 4;
/** Attribute of an action: pad. @public */
export const TCA_ACT_PAD = 5;
/** Attribute of an action: cookie. @public */
export const TCA_ACT_COOKIE = 6;
/** Attribute of an action: flags. @public */
export const TCA_ACT_FLAGS = 7;
/** Attribute of an action: hw stats. @public */
export const TCA_ACT_HW_STATS = 8;
/** Attribute of an action: used hw stats. @public */
export const TCA_ACT_USED_HW_STATS = 9;
/** Attribute of an action: in hw count. @public */
export const TCA_ACT_IN_HW_COUNT = 10;
/** Attribute of an action: flags no percpu stats. @public */
export const TCA_ACT_FLAGS_NO_PERCPU_STATS = 1;
/** Attribute of an action: flags skip hw. @public */
export const TCA_ACT_FLAGS_SKIP_HW = 2;
/** Attribute of an action: flags skip sw. @public */
export const TCA_ACT_FLAGS_SKIP_SW = 4;
/** Attribute of an action: hw stats immediate. @public */
export const TCA_ACT_HW_STATS_IMMEDIATE = 1;
/** Attribute of an action: hw stats delayed. @public */
export const TCA_ACT_HW_STATS_DELAYED = 2;
/** Attribute of an action: max. @public */
export const TCA_ACT_MAX = 11;
/** Attribute of an action: tca old compat. @public */
export const TCA_OLD_COMPAT = 12;
/** Attribute of an action: max prio. @public */
export const TCA_ACT_MAX_PRIO = 32;

// Ids of actions

/** Id of an action: unspec. @public */
export const TCA_ID_UNSPEC = 0;
/** Id of an action: police. @public */
export const TCA_ID_POLICE = 1;
/** Id of an action: gact. @public */
export const TCA_ID_GACT = 5;
/** Id of an action: ipt. @public */
export const TCA_ID_IPT = 6;
/** Id of an action: pedit. @public */
export const TCA_ID_PEDIT = 7;
/** Id of an action: mirred. @public */
export const TCA_ID_MIRRED = 8;
/** Id of an action: nat. @public */
export const TCA_ID_NAT = 9;
/** Id of an action: xt. @public */
export const TCA_ID_XT = 10;
/** Id of an action: skbedit. @public */
export const TCA_ID_SKBEDIT = 11;
/** Id of an action: vlan. @public */
export const TCA_ID_VLAN = 12;
/** Id of an action: bpf. @public */
export const TCA_ID_BPF = 13;
/** Id of an action: connmark. @public */
export const TCA_ID_CONNMARK = 14;
/** Id of an action: skbmod. @public */
export const TCA_ID_SKBMOD = 15;
/** Id of an action: csum. @public */
export const TCA_ID_CSUM = 16;
/** Id of an action: tunnel key. @public */
export const TCA_ID_TUNNEL_KEY = 17;
/** Id of an action: simp. @public */
export const TCA_ID_SIMP = 22;
/** Id of an action: ife. @public */
export const TCA_ID_IFE = 25;
/** Id of an action: sample. @public */
export const TCA_ID_SAMPLE = 26;
/** Id of an action: ctinfo. @public */
export const TCA_ID_CTINFO = 27;
/** Id of an action: mpls. @public */
export const TCA_ID_MPLS = 28;
/** Id of an action: ct. @public */
export const TCA_ID_CT = 29;
/** Id of an action: gate. @public */
export const TCA_ID_GATE = 30;
/** Id of an action: max. @public */
export const TCA_ID_MAX = 255;

// Flags of classifiers

/** Flag of a classifier: skip hw. @public */
export const TCA_CLS_FLAGS_SKIP_HW = 1;
/** Flag of a classifier: skip sw. @public */
export const TCA_CLS_FLAGS_SKIP_SW = 2;
/** Flag of a classifier: in hw. @public */
export const TCA_CLS_FLAGS_IN_HW = 4;
/** Flag of a classifier: not in hw. @public */
export const TCA_CLS_FLAGS_NOT_IN_HW = 8;
/** Flag of a classifier: verbose. @public */
export const TCA_CLS_FLAGS_VERBOSE = 16;

// police

/** Attribute of police: unspec. @public */
export const TCA_POLICE_UNSPEC = 0;
/** Attribute of police: tbf. @public */
export const TCA_POLICE_TBF = 1;
/** Attribute of police: rate. @public */
export const TCA_POLICE_RATE = 2;
/** Attribute of police: peakrate. @public */
export const TCA_POLICE_PEAKRATE = 3;
/** Attribute of police: avrate. @public */
export const TCA_POLICE_AVRATE = 4;
/** Attribute of police: result. @public */
export const TCA_POLICE_RESULT = 5;
/** Attribute of police: tm. @public */
export const TCA_POLICE_TM = 6;
/** Attribute of police: pad. @public */
export const TCA_POLICE_PAD = 7;
/** Attribute of police: rate64. @public */
export const TCA_POLICE_RATE64 = 8;
/** Attribute of police: peakrate64. @public */
export const TCA_POLICE_PEAKRATE64 = 9;
/** Attribute of police: pktrate64. @public */
export const TCA_POLICE_PKTRATE64 = 10;
/** Attribute of police: pktburst64. @public */
export const TCA_POLICE_PKTBURST64 = 11;
/** Attribute of police: max. @public */
export const TCA_POLICE_MAX = 11;

// u32

/** u32: tc u32 unspec. @public */
export const TC_U32_UNSPEC = 0;
/** u32: tc u32 root. @public */
export const TC_U32_ROOT = 0xfff00000;
/** u32: unspec. @public */
export const TCA_U32_UNSPEC = 0;
/** u32: classid. @public */
export const TCA_U32_CLASSID = 1;
/** u32: hash. @public */
export const TCA_U32_HASH = 2;
/** u32: link. @public */
export const TCA_U32_LINK = 3;
/** u32: divisor. @public */
export const TCA_U32_DIVISOR = 4;
/** u32: sel. @public */
export const TCA_U32_SEL = 5;
/** u32: police. @public */
export const TCA_U32_POLICE = 6;
/** u32: act. @public */
export const TCA_U32_ACT = 7;
/** u32: indev. @public */
export const TCA_U32_INDEV = 8;
/** u32: pcnt. @public */
export const TCA_U32_PCNT = 9;
/** u32: mark. @public */
export const TCA_U32_MARK = 10;
/** u32: flags. @public */
export const TCA_U32_FLAGS = 11;
/** u32: pad. @public */
export const TCA_U32_PAD = 12;
/** u32: max. @public */
export const TCA_U32_MAX = 12;
/** u32: tc u32 terminal. @public */
export const TC_U32_TERMINAL = 1;
/** u32: tc u32 offset. @public */
export const TC_U32_OFFSET = 2;
/** u32: tc u32 varoffset. @public */
export const TC_U32_VAROFFSET = 4;
/** u32: tc u32 eat. @public */
export const TC_U32_EAT = 8;
/** u32: tc u32 maxdepth. @public */
export const TC_U32_MAXDEPTH = 8;

// fw

/** Attribute of fw: unspec. @public */
export const TCA_FW_UNSPEC = 0;
/** Attribute of fw: classid. @public */
export const TCA_FW_CLASSID = 1;
/** Attribute of fw: police. @public */
export const TCA_FW_POLICE = 2;
/** Attribute of fw: indev. @public */
export const TCA_FW_INDEV = 3;
/** Attribute of fw: act. @public */
export const TCA_FW_ACT = 4;
/** Attribute of fw: mask. @public */
export const TCA_FW_MASK = 5;
/** Attribute of fw: max. @public */
export const TCA_FW_MAX = 5;

// basic

/** Attribute of basic: unspec. @public */
export const TCA_BASIC_UNSPEC = 0;
/** Attribute of basic: classid. @public */
export const TCA_BASIC_CLASSID = 1;
/** Attribute of basic: ematches. @public */
export const TCA_BASIC_EMATCHES = 2;
/** Attribute of basic: act. @public */
export const TCA_BASIC_ACT = 3;
/** Attribute of basic: police. @public */
export const TCA_BASIC_POLICE = 4;
/** Attribute of basic: pcnt. @public */
export const TCA_BASIC_PCNT = 5;
/** Attribute of basic: pad. @public */
export const TCA_BASIC_PAD = 6;
/** Attribute of basic: max. @public */
export const TCA_BASIC_MAX = 6;

// bpf

/** Attribute of bpf: flag act direct. @public */
export const TCA_BPF_FLAG_ACT_DIRECT = 1;
/** Attribute of bpf: unspec. @public */
export const TCA_BPF_UNSPEC = 0;
/** Attribute of bpf: act. @public */
export const TCA_BPF_ACT = 1;
/** Attribute of bpf: police. @public */
export const TCA_BPF_POLICE = 2;
/** Attribute of bpf: classid. @public */
export const TCA_BPF_CLASSID = 3;
/** Attribute of bpf: ops len. @public */
export const TCA_BPF_OPS_LEN = 4;
/** Attribute of bpf: ops. @public */
export const TCA_BPF_OPS = 5;
/** Attribute of bpf: fd. @public */
export const TCA_BPF_FD = 6;
/** Attribute of bpf: name. @public */
export const TCA_BPF_NAME = 7;
/** Attribute of bpf: flags. @public */
export const TCA_BPF_FLAGS = 8;
/** Attribute of bpf: flags gen. @public */
export const TCA_BPF_FLAGS_GEN = 9;
/** Attribute of bpf: tag. @public */
export const TCA_BPF_TAG = 10;
/** Attribute of bpf: id. @public */
export const TCA_BPF_ID = 11;
/** Attribute of bpf: max. @public */
export const TCA_BPF_MAX = 11;

// matchall

/** Attribute of matchall: unspec. @public */
export const TCA_MATCHALL_UNSPEC = 0;
/** Attribute of matchall: classid. @public */
export const TCA_MATCHALL_CLASSID = 1;
/** Attribute of matchall: act. @public */
export const TCA_MATCHALL_ACT = 2;
/** Attribute of matchall: flags. @public */
export const TCA_MATCHALL_FLAGS = 3;
/** Attribute of matchall: pcnt. @public */
export const TCA_MATCHALL_PCNT = 4;
/** Attribute of matchall: pad. @public */
export const TCA_MATCHALL_PAD = 5;
/** Attribute of matchall: max. @public */
export const TCA_MATCHALL_MAX = 5;

// flower

/** Attribute of flower: unspec. @public */
export const TCA_FLOWER_UNSPEC = 0;
/** Attribute of flower: classid. @public */
export const TCA_FLOWER_CLASSID = 1;
/** Attribute of flower: indev. @public */
export const TCA_FLOWER_INDEV = 2;
/** Attribute of flower: act. @public */
export const TCA_FLOWER_ACT = 3;
/** Attribute of flower: key eth dst. @public */
export const TCA_FLOWER_KEY_ETH_DST = 4;
/** Attribute of flower: key eth dst mask. @public */
export const TCA_FLOWER_KEY_ETH_DST_MASK = 5;
/** Attribute of flower: key eth src. @public */
export const TCA_FLOWER_KEY_ETH_SRC = 6;
/** Attribute of flower: key eth src mask. @public */
export const TCA_FLOWER_KEY_ETH_SRC_MASK = 7;
/** Attribute of flower: key eth type. @public */
export const TCA_FLOWER_KEY_ETH_TYPE = 8;
/** Attribute of flower: key ip proto. @public */
export const TCA_FLOWER_KEY_IP_PROTO = 9;
/** Attribute of flower: key ipv4 src. @public */
export const TCA_FLOWER_KEY_IPV4_SRC = 10;
/** Attribute of flower: key ipv4 src mask. @public */
export const TCA_FLOWER_KEY_IPV4_SRC_MASK = 11;
/** Attribute of flower: key ipv4 dst. @public */
export const TCA_FLOWER_KEY_IPV4_DST = 12;
/** Attribute of flower: key ipv4 dst mask. @public */
export const TCA_FLOWER_KEY_IPV4_DST_MASK = 13;
/** Attribute of flower: key ipv6 src. @public */
export const TCA_FLOWER_KEY_IPV6_SRC = 14;
/** Attribute of flower: key ipv6 src mask. @public */
export const TCA_FLOWER_KEY_IPV6_SRC_MASK = 15;
/** Attribute of flower: key ipv6 dst. @public */
export const TCA_FLOWER_KEY_IPV6_DST = 16;
/** Attribute of flower: key ipv6 dst mask. @public */
export const TCA_FLOWER_KEY_IPV6_DST_MASK = 17;
/** Attribute of flower: key tcp src. @public */
export const TCA_FLOWER_KEY_TCP_SRC = 18;
/** Attribute of flower: key tcp dst. @public */
export const TCA_FLOWER_KEY_TCP_DST = 19;
/** Attribute of flower: key udp src. @public */
export const TCA_FLOWER_KEY_UDP_SRC = 20;
/** Attribute of flower: key udp dst. @public */
export const TCA_FLOWER_KEY_UDP_DST = 21;
/** Attribute of flower: flags. @public */
export const TCA_FLOWER_FLAGS = 22;
/** Attribute of flower: key vlan id. @public */
export const TCA_FLOWER_KEY_VLAN_ID = 23;
/** Attribute of flower: key vlan prio. @public */
export const TCA_FLOWER_KEY_VLAN_PRIO = 24;
/** Attribute of flower: key vlan eth type. @public */
export const TCA_FLOWER_KEY_VLAN_ETH_TYPE = 25;
/** Attribute of flower: key enc key id. @public */
export const TCA_FLOWER_KEY_ENC_KEY_ID = 26;
/** Attribute of flower: key enc ipv4 src. @public */
export const TCA_FLOWER_KEY_ENC_IPV4_SRC = 27;
/** Attribute of flower: key enc ipv4 src mask. @public */
export const TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK = 28;
/** Attribute of flower: key enc ipv4 dst. @public */
export const TCA_FLOWER_KEY_ENC_IPV4_DST = 29;
/** Attribute of flower: key enc ipv4 dst mask. @public */
export const TCA_FLOWER_KEY_ENC_IPV4_DST_MASK = 30;
/** Attribute of flower: key enc ipv6 src. @public */
export const TCA_FLOWER_KEY_ENC_IPV6_SRC = 31;
/** Attribute of flower: key enc ipv6 src mask. @public */
export const TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK = 32;
/** Attribute of flower: key enc ipv6 dst. @public */
export const TCA_FLOWER_KEY_ENC_IPV6_DST = 33;
/** Attribute of flower: key enc ipv6 dst mask. @public */
export const TCA_FLOWER_KEY_ENC_IPV6_DST_MASK = 34;
/** Attribute of flower: key tcp src mask. @public */
export const TCA_FLOWER_KEY_TCP_SRC_MASK = 35;
/** Attribute of flower: key tcp dst mask. @public */
export const TCA_FLOWER_KEY_TCP_DST_MASK = 36;
/** Attribute of flower: key udp src mask. @public */
export const TCA_FLOWER_KEY_UDP_SRC_MASK = 37;
/** Attribute of flower: key udp dst mask. @public */
export const TCA_FLOWER_KEY_UDP_DST_MASK = 38;
/** Attribute of flower: key sctp src mask. @public */
export const TCA_FLOWER_KEY_SCTP_SRC_MASK = 39;
/** Attribute of flower: key sctp dst mask. @public */
export const TCA_FLOWER_KEY_SCTP_DST_MASK = 40;
/** Attribute of flower: key sctp src. @public */
export const TCA_FLOWER_KEY_SCTP_SRC = 41;
/** Attribute of flower: key sctp dst. @public */
export const TCA_FLOWER_KEY_SCTP_DST = 42;
/** Attribute of flower: key enc udp src port. @public */
export const TCA_FLOWER_KEY_ENC_UDP_SRC_PORT = 43;
/** Attribute of flower: key enc udp src port mask. @public */
export const TCA_FLOWER_KEY_ENC_UDP_SRC_PORT_MASK = 44;
/** Attribute of flower: key enc udp dst port. @public */
export const TCA_FLOWER_KEY_ENC_UDP_DST_PORT = 45;
/** Attribute of flower: key enc udp dst port mask. @public */
export const TCA_FLOWER_KEY_ENC_UDP_DST_PORT_MASK = 46;
/** Attribute of flower: key flags. @public */
export const TCA_FLOWER_KEY_FLAGS = 47;
/** Attribute of flower: key flags mask. @public */
export const TCA_FLOWER_KEY_FLAGS_MASK = 48;
/** Attribute of flower: key icmpv4 code. @public */
export const TCA_FLOWER_KEY_ICMPV4_CODE = 49;
/** Attribute of flower: key icmpv4 code mask. @public */
export const TCA_FLOWER_KEY_ICMPV4_CODE_MASK = 50;
/** Attribute of flower: key icmpv4 type. @public */
export const TCA_FLOWER_KEY_ICMPV4_TYPE = 51;
/** Attribute of flower: key icmpv4 type mask. @public */
export const TCA_FLOWER_KEY_ICMPV4_TYPE_MASK = 52;
/** Attribute of flower: key icmpv6 code. @public */
export const TCA_FLOWER_KEY_ICMPV6_CODE = 53;
/** Attribute of flower: key icmpv6 code mask. @public */
export const TCA_FLOWER_KEY_ICMPV6_CODE_MASK = 54;
/** Attribute of flower: key icmpv6 type. @public */
export const TCA_FLOWER_KEY_ICMPV6_TYPE = 55;
/** Attribute of flower: key icmpv6 type mask. @public */
export const TCA_FLOWER_KEY_ICMPV6_TYPE_MASK = 56;
/** Attribute of flower: key arp sip. @public */
export const TCA_FLOWER_KEY_ARP_SIP = 57;
/** Attribute of flower: key arp sip mask. @public */
export const TCA_FLOWER_KEY_ARP_SIP_MASK = 58;
/** Attribute of flower: key arp tip. @public */
export const TCA_FLOWER_KEY_ARP_TIP = 59;
/** Attribute of flower: key arp tip mask. @public */
export const TCA_FLOWER_KEY_ARP_TIP_MASK = 60;
/** Attribute of flower: key arp op. @public */
export const TCA_FLOWER_KEY_ARP_OP = 61;
/** Attribute of flower: key arp op mask. @public */
export const TCA_FLOWER_KEY_ARP_OP_MASK = 62;
/** Attribute of flower: key arp sha. @public */
export const TCA_FLOWER_KEY_ARP_SHA = 63;
/** Attribute of flower: key arp sha mask. @public */
export const TCA_FLOWER_KEY_ARP_SHA_MASK = 64;
/** Attribute of flower: key arp tha. @public */
export const TCA_FLOWER_KEY_ARP_THA = 65;
/** Attribute of flower: key arp tha mask. @public */
export const TCA_FLOWER_KEY_ARP_THA_MASK = 66;
/** Attribute of flower: key mpls ttl. @public */
export const TCA_FLOWER_KEY_MPLS_TTL = 67;
/** Attribute of flower: key mpls bos. @public */
export const TCA_FLOWER_KEY_MPLS_BOS = 68;
/** Attribute of flower: key mpls tc. @public */
export const TCA_FLOWER_KEY_MPLS_TC = 69;
/** Attribute of flower: key mpls label. @public */
export const TCA_FLOWER_KEY_MPLS_LABEL = 70;
/** Attribute of flower: key tcp flags. @public */
export const TCA_FLOWER_KEY_TCP_FLAGS = 71;
/** Attribute of flower: key tcp flags mask. @public */
export const TCA_FLOWER_KEY_TCP_FLAGS_MASK = 72;
/** Attribute of flower: key ip tos. @public */
export const TCA_FLOWER_KEY_IP_TOS = 73;
/** Attribute of flower: key ip tos mask. @public */
export const TCA_FLOWER_KEY_IP_TOS_MASK = 74;
/** Attribute of flower: key ip ttl. @public */
export const TCA_FLOWER_KEY_IP_TTL = 75;
/** Attribute of flower: key ip ttl mask. @public */
export const TCA_FLOWER_KEY_IP_TTL_MASK = 76;
/** Attribute of flower: key cvlan id. @public */
export const TCA_FLOWER_KEY_CVLAN_ID = 77;
/** Attribute of flower: key cvlan prio. @public */
export const TCA_FLOWER_KEY_CVLAN_PRIO = 78;
/** Attribute of flower: key cvlan eth type. @public */
export const TCA_FLOWER_KEY_CVLAN_ETH_TYPE = 79;
/** Attribute of flower: key enc ip tos. @public */
export const TCA_FLOWER_KEY_ENC_IP_TOS = 80;
/** Attribute of flower: key enc ip tos mask. @public */
export const TCA_FLOWER_KEY_ENC_IP_TOS_MASK = 81;
/** Attribute of flower: key enc ip ttl. @public */
export const TCA_FLOWER_KEY_ENC_IP_TTL = 82;
/** Attribute of flower: key enc ip ttl mask. @public */
export const TCA_FLOWER_KEY_ENC_IP_TTL_MASK = 83;
/** Attribute of flower: key enc opts. @public */
export const TCA_FLOWER_KEY_ENC_OPTS = 84;
/** Attribute of flower: key enc opts mask. @public */
export const TCA_FLOWER_KEY_ENC_OPTS_MASK = 85;
/** Attribute of flower: in hw count. @public */
export const TCA_FLOWER_IN_HW_COUNT = 86;
/** Attribute of flower: key port src min. @public */
export const TCA_FLOWER_KEY_PORT_SRC_MIN = 87;
/** Attribute of flower: key port src max. @public */
export const TCA_FLOWER_KEY_PORT_SRC_MAX = 88;
/** Attribute of flower: key port dst min. @public */
export const TCA_FLOWER_KEY_PORT_DST_MIN = 89;
/** Attribute of flower: key port dst max. @public */
export const TCA_FLOWER_KEY_PORT_DST_MAX = 90;
/** Attribute of flower: key ct state. @public */
export const TCA_FLOWER_KEY_CT_STATE = 91;
/** Attribute of flower: key ct state mask. @public */
export const TCA_FLOWER_KEY_CT_STATE_MASK = 92;
/** Attribute of flower: key ct zone. @public */
export const TCA_FLOWER_KEY_CT_ZONE = 93;
/** Attribute of flower: key ct zone mask. @public */
export const TCA_FLOWER_KEY_CT_ZONE_MASK = 94;
/** Attribute of flower: key ct mark. @public */
export const TCA_FLOWER_KEY_CT_MARK = 95;
/** Attribute of flower: key ct mark mask. @public */
export const TCA_FLOWER_KEY_CT_MARK_MASK = 96;
/** Attribute of flower: key ct labels. @public */
export const TCA_FLOWER_KEY_CT_LABELS = 97;
/** Attribute of flower: key ct labels mask. @public */
export const TCA_FLOWER_KEY_CT_LABELS_MASK = 98;
/** Attribute of flower: key mpls opts. @public */
export const TCA_FLOWER_KEY_MPLS_OPTS = 99;
/** Attribute of flower: key hash. @public */
export const TCA_FLOWER_KEY_HASH = 100;
/** Attribute of flower: key hash mask. @public */
export const TCA_FLOWER_KEY_HASH_MASK = 101;
/** Attribute of flower: key num of vlans. @public */
export const TCA_FLOWER_KEY_NUM_OF_VLANS = 102;
/** Attribute of flower: key pppoe sid. @public */
export const TCA_FLOWER_KEY_PPPOE_SID = 103;
/** Attribute of flower: key ppp proto. @public */
export const TCA_FLOWER_KEY_PPP_PROTO = 104;
/** Attribute of flower: key l2tpv3 sid. @public */
export const TCA_FLOWER_KEY_L2TPV3_SID = 105;
/** Attribute of flower: max. @public */
export const TCA_FLOWER_MAX = 105;
/** Attribute of flower: key ct flags new. @public */
export const TCA_FLOWER_KEY_CT_FLAGS_NEW = 1;
/** Attribute of flower: key ct flags established. @public */
export const TCA_FLOWER_KEY_CT_FLAGS_ESTABLISHED = 2;
/** Attribute of flower: key ct flags related. @public */
export const TCA_FLOWER_KEY_CT_FLAGS_RELATED = 4;
/** Attribute of flower: key ct flags tracked. @public */
export const TCA_FLOWER_KEY_CT_FLAGS_TRACKED = 8;
/** Attribute of flower: key ct flags invalid. @public */
export const TCA_FLOWER_KEY_CT_FLAGS_INVALID = 16;
/** Attribute of flower: key ct flags reply. @public */
export const TCA_FLOWER_KEY_CT_FLAGS_REPLY = 32;
/** Attribute of flower: key enc opts unspec. @public */
export const TCA_FLOWER_KEY_ENC_OPTS_UNSPEC = 0;
/** Attribute of flower: key enc opts geneve. @public */
export const TCA_FLOWER_KEY_ENC_OPTS_GENEVE = 1;
/** Attribute of flower: key enc opts vxlan. @public */
export const TCA_FLOWER_KEY_ENC_OPTS_VXLAN = 2;
/** Attribute of flower: key enc opts erspan. @public */
export const TCA_FLOWER_KEY_ENC_OPTS_ERSPAN = 3;
/** Attribute of flower: key enc opts gtp. @public */
export const TCA_FLOWER_KEY_ENC_OPTS_GTP = 4;
/** Attribute of flower: key enc opts max. @public */
export const TCA_FLOWER_KEY_ENC_OPTS_MAX = 4;
/** Attribute of flower: key enc opt geneve unspec. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GENEVE_UNSPEC = 0;
/** Attribute of flower: key enc opt geneve class. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS = 1;
/** Attribute of flower: key enc opt geneve type. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE = 2;
/** Attribute of flower: key enc opt geneve data. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA = 3;
/** Attribute of flower: key enc opt geneve max. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GENEVE_MAX = 3;
/** Attribute of flower: key enc opt vxlan unspec. @public */
export const TCA_FLOWER_KEY_ENC_OPT_VXLAN_UNSPEC = 0;
/** Attribute of flower: key enc opt vxlan gbp. @public */
export const TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP = 1;
/** Attribute of flower: key enc opt vxlan max. @public */
export const TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX = 1;
/** Attribute of flower: key enc opt erspan unspec. @public */
export const TCA_FLOWER_KEY_ENC_OPT_ERSPAN_UNSPEC = 0;
/** Attribute of flower: key enc opt erspan ver. @public */
export const TCA_FLOWER_KEY_ENC_OPT_ERSPAN_VER = 1;
/** Attribute of flower: key enc opt erspan index. @public */
export const TCA_FLOWER_KEY_ENC_OPT_ERSPAN_INDEX = 2;
/** Attribute of flower: key enc opt erspan dir. @public */
export const TCA_FLOWER_KEY_ENC_OPT_ERSPAN_DIR = 3;
/** Attribute of flower: key enc opt erspan hwid. @public */
export const TCA_FLOWER_KEY_ENC_OPT_ERSPAN_HWID = 4;
/** Attribute of flower: key enc opt erspan max. @public */
export const TCA_FLOWER_KEY_ENC_OPT_ERSPAN_MAX = 4;
/** Attribute of flower: key enc opt gtp unspec. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GTP_UNSPEC = 0;
/** Attribute of flower: key enc opt gtp pdu type. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GTP_PDU_TYPE = 1;
/** Attribute of flower: key enc opt gtp qfi. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GTP_QFI = 2;
/** Attribute of flower: key enc opt gtp max. @public */
export const TCA_FLOWER_KEY_ENC_OPT_GTP_MAX = 2;
/** Attribute of flower: key mpls opts unspec. @public */
export const TCA_FLOWER_KEY_MPLS_OPTS_UNSPEC = 0;
/** Attribute of flower: key mpls opts lse. @public */
export const TCA_FLOWER_KEY_MPLS_OPTS_LSE = 1;
/** Attribute of flower: key mpls opts max. @public */
export const TCA_FLOWER_KEY_MPLS_OPTS_MAX = 1;
/** Attribute of flower: key mpls opt lse unspec. @public */
export const TCA_FLOWER_KEY_MPLS_OPT_LSE_UNSPEC = 0;
/** Attribute of flower: key mpls opt lse depth. @public */
export const TCA_FLOWER_KEY_MPLS_OPT_LSE_DEPTH = 1;
/** Attribute of flower: key mpls opt lse ttl. @public */
export const TCA_FLOWER_KEY_MPLS_OPT_LSE_TTL = 2;
/** Attribute of flower: key mpls opt lse bos. @public */
export const TCA_FLOWER_KEY_MPLS_OPT_LSE_BOS = 3;
/** Attribute of flower: key mpls opt lse tc. @public */
export const TCA_FLOWER_KEY_MPLS_OPT_LSE_TC = 4;
/** Attribute of flower: key mpls opt lse label. @public */
export const TCA_FLOWER_KEY_MPLS_OPT_LSE_LABEL = 5;
/** Attribute of flower: key mpls opt lse max. @public */
export const TCA_FLOWER_KEY_MPLS_OPT_LSE_MAX = 5;
/** Attribute of flower: key flags is fragment. @public */
export const TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT = 1;
/** Attribute of flower: key flags frag is first. @public */
export const TCA_FLOWER_KEY_FLAGS_FRAG_IS_FIRST = 2;
/** Attribute of flower: mask flags range. @public */
export const TCA_FLOWER_MASK_FLAGS_RANGE = 1;

// Extended matches

/** Extended match: a ematch tree unspec. @public */
export const TCA_EMATCH_TREE_UNSPEC = 0;
/** Extended match: a ematch tree hdr. @public */
export const TCA_EMATCH_TREE_HDR = 1;
/** Extended match: a ematch tree list. @public */
export const TCA_EMATCH_TREE_LIST = 2;
/** Extended match: a ematch tree max. @public */
export const TCA_EMATCH_TREE_MAX = 2;
/** Extended match: f em rel end. @public */
export const TCF_EM_REL_END = 0;
/** Extended match: f em rel and. @public */
export const TCF_EM_REL_AND = 1;
/** Extended match: f em rel or. @public */
export const TCF_EM_REL_OR = 2;
/** Extended match: f em invert. @public */
export const TCF_EM_INVERT = 4;
/** Extended match: f em simple. @public */
export const TCF_EM_SIMPLE = 8;
/** Extended match: f em rel mask. @public */
export const TCF_EM_REL_MASK = 3;
/** Extended match: f layer link. @public */
export const TCF_LAYER_LINK = 0;
/** Extended match: f layer network. @public */
export const TCF_LAYER_NETWORK = 1;
/** Extended match: f layer transport. @public */
export const TCF_LAYER_TRANSPORT = 2;
/** Extended match: f layer max. @public */
export const TCF_LAYER_MAX = 2;
/** Extended match: f em container. @public */
export const TCF_EM_CONTAINER = 0;
/** Extended match: f em cmp. @public */
export const TCF_EM_CMP = 1;
/** Extended match: f em nbyte. @public */
export const TCF_EM_NBYTE = 2;
/** Extended match: f em u32. @public */
export const TCF_EM_U32 = 3;
/** Extended match: f em meta. @public */
export const TCF_EM_META = 4;
/** Extended match: f em text. @public */
export const TCF_EM_TEXT = 5;
/** Extended match: f em vlan. @public */
export const TCF_EM_VLAN = 6;
/** Extended match: f em canid. @public */
export const TCF_EM_CANID = 7;
/** Extended match: f em ipset. @public */
export const TCF_EM_IPSET = 8;
/** Extended match: f em ipt. @public */
export const TCF_EM_IPT = 9;
/** Extended match: f em max. @public */
export const TCF_EM_MAX = 9;
/** Extended match: f em prog tc. @public */
export const TCF_EM_PROG_TC = 0;
/** Extended match: f em opnd eq. @public */
export const TCF_EM_OPND_EQ = 0;
/** Extended match: f em opnd gt. @public */
export const TCF_EM_OPND_GT = 1;
/** Extended match: f em opnd lt. @public */
export const TCF_EM_OPND_LT = 2;

// Root attributes

/** Root attribute of an action message: unspec. @public */
export const TCA_ROOT_UNSPEC = 0;
/** Root attribute of an action message: tab. @public */
export const TCA_ROOT_TAB = 1;
/** Root attribute of an action message: tca act tab. @public */
export const TCA_ACT_TAB = 1;
/** Root attribute of an action message: flags. @public */
export const TCA_ROOT_FLAGS = 2;
/** Root attribute of an action message: count. @public */
export const TCA_ROOT_COUNT = 3;
/** Root attribute of an action message: time delta. @public */
export const TCA_ROOT_TIME_DELTA = 4;
/** Root attribute of an action message: ext warn msg. @public */
export const TCA_ROOT_EXT_WARN_MSG = 5;
/** Root attribute of an action message: max. @public */
export const TCA_ROOT_MAX = 5;
/** Root attribute of an action message: tca flag large dump on. @public */
export const TCA_FLAG_LARGE_DUMP_ON = 1;
