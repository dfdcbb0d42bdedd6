/**
 * Policy routing rules: ip-rule(8).
 */

// Attributes

/** Rule attribute: unspec. @public */
export const FRA_UNSPEC = 0;
/** Rule attribute: dst. @public */
export const FRA_DST = 1;
/** Rule attribute: src. @public */
export const FRA_SRC = 2;
/** Rule attribute: ifname. @public */
export const FRA_IFNAME = 3;
/** Rule attribute: iifname. @public */
export const FRA_IIFNAME = 3;
/** Rule attribute: goto. @public */
export const FRA_GOTO = 4;
/** Rule attribute: priority. @public */
export const FRA_PRIORITY = 6;
/** Rule attribute: fwmark. @public */
export const FRA_FWMARK = 10;
/** Rule attribute: flow. @public */
export const FRA_FLOW = 11;
/** Rule attribute: tun id. @public */
export const FRA_TUN_ID = 12;
/** Rule attribute: suppress ifgroup. @public */
export const FRA_SUPPRESS_IFGROUP = 13;
/** Rule attribute: suppress prefixlen. @public */
export const FRA_SUPPRESS_PREFIXLEN = 14;
/** Rule attribute: table. @public */
export const FRA_TABLE = 15;
/** Rule attribute: fwmask. @public */
export const FRA_FWMASK = 16;
/** Rule attribute: oifname. @public */
export const FRA_OIFNAME = 17;
/** Rule attribute: pad. @public */
export const FRA_PAD = 18;
/** Rule attribute: l3mdev. @public */
export const FRA_L3MDEV = 19;
/** Rule attribute: uid range. @public */
export const FRA_UID_RANGE = 20;
/** Rule attribute: protocol. @public */
export const FRA_PROTOCOL = 21;
/** Rule attribute: ip proto. @public */
export const FRA_IP_PROTO = 22;
/** Rule attribute: sport range. @public */
export const FRA_SPORT_RANGE = 23;
/** Rule attribute: dport range. @public */
export const FRA_DPORT_RANGE = 24;
/** Rule attribute: dscp. @public */
export const FRA_DSCP = 25;
/** Rule attribute: flowlabel. @public */
export const FRA_FLOWLABEL = 26;
/** Rule attribute: flowlabel mask. @public */
export const FRA_FLOWLABEL_MASK = 27;
/** Rule attribute: sport mask. @public */
export const FRA_SPORT_MASK = 28;
/** Rule attribute: dport mask. @public */
export const FRA_DPORT_MASK = 29;
/** Rule attribute: dscp mask. @public */
export const FRA_DSCP_MASK = 30;
/** Rule attribute: max. @public */
export const FRA_MAX = 30;

// Actions

/** Rule action: unspec. @public */
export const FR_ACT_UNSPEC = 0;
/** Rule action: to tbl. @public */
export const FR_ACT_TO_TBL = 1;
/** Rule action: goto. @public */
export const FR_ACT_GOTO = 2;
/** Rule action: nop. @public */
export const FR_ACT_NOP = 3;
/** Rule action: blackhole. @public */
export const FR_ACT_BLACKHOLE = 6;
/** Rule action: unreachable. @public */
export const FR_ACT_UNREACHABLE = 7;
/** Rule action: max. @public */
export const FR_ACT_MAX = 8;
/** Rule action: prohibit. @public */
export const FR_ACT_PROHIBIT = 8;

// Flags

/** Rule flag: permanent. @public */
export const FIB_RULE_PERMANENT = 0x1;
/** Rule flag: invert. @public */
export const FIB_RULE_INVERT = 0x2;
/** Rule flag: unresolved. @public */
export const FIB_RULE_UNRESOLVED = 0x4;
/** Rule flag: dev detached. @public */
export const FIB_RULE_DEV_DETACHED = 0x8;
/** Rule flag: iif detached. @public */
export const FIB_RULE_IIF_DETACHED = 0x8;
/** Rule flag: oif detached. @public */
export const FIB_RULE_OIF_DETACHED = 0x10;
/** Rule flag: find saddr. @public */
export const FIB_RULE_FIND_SADDR = 0x10000;
