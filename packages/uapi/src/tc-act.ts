/**
 * Attributes of the actions of tc(8).
 */

// gact

/** gact: pgact none. @public */
export const PGACT_NONE = 0;
/** gact: pgact netrand. @public */
export const PGACT_NETRAND = 1;
/** gact: pgact determ. @public */
export const PGACT_DETERM = 2;
/** gact: max rand. @public */
export const MAX_RAND = 3;
/** gact: unspec. @public */
export const TCA_GACT_UNSPEC = 0;
/** gact: tm. @public */
export const TCA_GACT_TM = 1;
/** gact: parms. @public */
export const TCA_GACT_PARMS = 2;
/** gact: prob. @public */
export const TCA_GACT_PROB = 3;
/** gact: pad. @public */
export const TCA_GACT_PAD = 4;
/** gact: max. @public */
export const TCA_GACT_MAX = 4;

// mirred

/** mirred: tca egress redir. @public */
export const TCA_EGRESS_REDIR = 1;
/** mirred: tca egress mirror. @public */
export const TCA_EGRESS_MIRROR = 2;
/** mirred: tca ingress redir. @public */
export const TCA_INGRESS_REDIR = 3;
/** mirred: tca ingress mirror. @public */
export const TCA_INGRESS_MIRROR = 4;
/** mirred: unspec. @public */
export const TCA_MIRRED_UNSPEC = 0;
/** mirred: tm. @public */
export const TCA_MIRRED_TM = 1;
/** mirred: parms. @public */
export const TCA_MIRRED_PARMS = 2;
/** mirred: pad. @public */
export const TCA_MIRRED_PAD = 3;
/** mirred: max. @public */
export const TCA_MIRRED_MAX = 3;

// skbedit

/** skbedit: skbedit f priority. @public */
export const SKBEDIT_F_PRIORITY = 1;
/** skbedit: skbedit f queue mapping. @public */
export const SKBEDIT_F_QUEUE_MAPPING = 2;
/** skbedit: skbedit f mark. @public */
export const SKBEDIT_F_MARK = 4;
/** skbedit: skbedit f ptype. @public */
export const SKBEDIT_F_PTYPE = 8;
/** skbedit: skbedit f mask. @public */
export const SKBEDIT_F_MASK = 16;
/** skbedit: skbedit f inheritdsfield. @public */
export const SKBEDIT_F_INHERITDSFIELD = 32;
/** skbedit: skbedit f txq skbhash. @public */
export const SKBEDIT_F_TXQ_SKBHASH = 64;
/** skbedit: unspec. @public */
export const TCA_SKBEDIT_UNSPEC = 0;
/** skbedit: tm. @public */
export const TCA_SKBEDIT_TM = 1;
/** skbedit: parms. @public */
export const TCA_SKBEDIT_PARMS = 2;
/** skbedit: priority. @public */
export const TCA_SKBEDIT_PRIORITY = 3;
/** skbedit: queue mapping. @public */
export const TCA_SKBEDIT_QUEUE_MAPPING = 4;
/** skbedit: mark. @public */
export const TCA_SKBEDIT_MARK = 5;
/** skbedit: pad. @public */
export const TCA_SKBEDIT_PAD = 6;
/** skbedit: ptype. @public */
export const TCA_SKBEDIT_PTYPE = 7;
/** skbedit: mask. @public */
export const TCA_SKBEDIT_MASK = 8;
/** skbedit: flags. @public */
export const TCA_SKBEDIT_FLAGS = 9;
/** skbedit: queue mapping max. @public */
export const TCA_SKBEDIT_QUEUE_MAPPING_MAX = 10;
/** skbedit: max. @public */
export const TCA_SKBEDIT_MAX = 10;

// vlan

/** vlan: act pop. @public */
export const TCA_VLAN_ACT_POP = 1;
/** vlan: act push. @public */
export const TCA_VLAN_ACT_PUSH = 2;
/** vlan: act modify. @public */
export const TCA_VLAN_ACT_MODIFY = 3;
/** vlan: act pop eth. @public */
export const TCA_VLAN_ACT_POP_ETH = 4;
/** vlan: act push eth. @public */
export const TCA_VLAN_ACT_PUSH_ETH = 5;
/** vlan: unspec. @public */
export const TCA_VLAN_UNSPEC = 0;
/** vlan: tm. @public */
export const TCA_VLAN_TM = 1;
/** vlan: parms. @public */
export const TCA_VLAN_PARMS = 2;
/** vlan: push vlan id. @public */
export const TCA_VLAN_PUSH_VLAN_ID = 3;
/** vlan: push vlan protocol. @public */
export const TCA_VLAN_PUSH_VLAN_PROTOCOL = 4;
/** vlan: pad. @public */
export const TCA_VLAN_PAD = 5;
/** vlan: push vlan priority. @public */
export const TCA_VLAN_PUSH_VLAN_PRIORITY = 6;
/** vlan: push eth dst. @public */
export const TCA_VLAN_PUSH_ETH_DST = 7;
/** vlan: push eth src. @public */
export const TCA_VLAN_PUSH_ETH_SRC = 8;
/** vlan: max. @public */
export const TCA_VLAN_MAX = 8;

// csum

/** csum: unspec. @public */
export const TCA_CSUM_UNSPEC = 0;
/** csum: parms. @public */
export const TCA_CSUM_PARMS = 1;
/** csum: tm. @public */
export const TCA_CSUM_TM = 2;
/** csum: pad. @public */
export const TCA_CSUM_PAD = 3;
/** csum: max. @public */
export const TCA_CSUM_MAX = 3;
/** csum: update flag ipv4hdr. @public */
export const TCA_CSUM_UPDATE_FLAG_IPV4HDR = 1;
/** csum: update flag icmp. @public */
export const TCA_CSUM_UPDATE_FLAG_ICMP = 2;
/** csum: update flag igmp. @public */
export const TCA_CSUM_UPDATE_FLAG_IGMP = 4;
/** csum: update flag tcp. @public */
export const TCA_CSUM_UPDATE_FLAG_TCP = 8;
/** csum: update flag udp. @public */
export const TCA_CSUM_UPDATE_FLAG_UDP = 16;
/** csum: update flag udplite. @public */
export const TCA_CSUM_UPDATE_FLAG_UDPLITE = 32;
/** csum: update flag sctp. @public */
export const TCA_CSUM_UPDATE_FLAG_SCTP = 64;

// nat

/** nat: unspec. @public */
export const TCA_NAT_UNSPEC = 0;
/** nat: parms. @public */
export const TCA_NAT_PARMS = 1;
/** nat: tm. @public */
export const TCA_NAT_TM = 2;
/** nat: pad. @public */
export const TCA_NAT_PAD = 3;
/** nat: max. @public */
export const TCA_NAT_MAX = 3;
/** nat: flag egress. @public */
export const TCA_NAT_FLAG_EGRESS = 1;

// pedit

/** pedit: unspec. @public */
export const TCA_PEDIT_UNSPEC = 0;
/** pedit: tm. @public */
export const TCA_PEDIT_TM = 1;
/** pedit: parms. @public */
export const TCA_PEDIT_PARMS = 2;
/** pedit: pad. @public */
export const TCA_PEDIT_PAD = 3;
/** pedit: parms ex. @public */
export const TCA_PEDIT_PARMS_EX = 4;
/** pedit: keys ex. @public */
export const TCA_PEDIT_KEYS_EX = 5;
/** pedit: key ex. @public */
export const TCA_PEDIT_KEY_EX = 6;
/** pedit: max. @public */
export const TCA_PEDIT_MAX = 6;
/** pedit: key ex htype. @public */
export const TCA_PEDIT_KEY_EX_HTYPE = 1;
/** pedit: key ex cmd. @public */
export const TCA_PEDIT_KEY_EX_CMD = 2;
/** pedit: key ex max. @public */
export const TCA_PEDIT_KEY_EX_MAX = 2;
/** pedit: key ex hdr type network. @public */
export const TCA_PEDIT_KEY_EX_HDR_TYPE_NETWORK = 0;
/** pedit: key ex hdr type eth. @public */
export const TCA_PEDIT_KEY_EX_HDR_TYPE_ETH = 1;
/** pedit: key ex hdr type ip4. @public */
export const TCA_PEDIT_KEY_EX_HDR_TYPE_IP4 = 2;
/** pedit: key ex hdr type ip6. @public */
export const TCA_PEDIT_KEY_EX_HDR_TYPE_IP6 = 3;
/** pedit: key ex hdr type tcp. @public */
export const TCA_PEDIT_KEY_EX_HDR_TYPE_TCP = 4;
/** pedit: key ex hdr type udp. @public */
export const TCA_PEDIT_KEY_EX_HDR_TYPE_UDP = 5;
/** pedit: hdr type max. @public */
export const TCA_PEDIT_HDR_TYPE_MAX = 5;
/** pedit: key ex cmd set. @public */
export const TCA_PEDIT_KEY_EX_CMD_SET = 0;
/** pedit: key ex cmd add. @public */
export const TCA_PEDIT_KEY_EX_CMD_ADD = 1;
/** pedit: cmd max. @public */
export const TCA_PEDIT_CMD_MAX = 1;
