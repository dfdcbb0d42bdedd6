/** Numbers of connection tracking that programs see (linux/netfilter/nf_conntrack_common.h, linux/netfilter_ipv4.h). */

/** Belongs to a connection that both sides have spoken in, in the original direction. @alpha */
export const IP_CT_ESTABLISHED = 0;
/** Related to a connection: an ICMP error, or the first packet of an expected connection. @alpha */
export const IP_CT_RELATED = 1;
/** The first packets of a connection, or of a direction that was never answered. @alpha */
export const IP_CT_NEW = 2;
/** From here on: the reply direction. @alpha */
export const IP_CT_IS_REPLY = 3;
/** IP_CT_ESTABLISHED in the reply direction. @alpha */
export const IP_CT_ESTABLISHED_REPLY = 3;
/** IP_CT_RELATED in the reply direction. @alpha */
export const IP_CT_RELATED_REPLY = 4;
/** Not to be tracked. @alpha */
export const IP_CT_UNTRACKED = 7;

/** The direction of the first packet. @alpha */
export const IP_CT_DIR_ORIGINAL = 0;
/** The other direction. @alpha */
export const IP_CT_DIR_REPLY = 1;

/** It was expected. @alpha */
export const IPS_EXPECTED: number = 1 << 0;
/** There was traffic in both directions. @alpha */
export const IPS_SEEN_REPLY: number = 1 << 1;
/** Never dropped early. @alpha */
export const IPS_ASSURED: number = 1 << 2;
/** It is in the table. @alpha */
export const IPS_CONFIRMED: number = 1 << 3;
/** Its source is rewritten, in the original direction. @alpha */
export const IPS_SRC_NAT: number = 1 << 4;
/** Its destination is rewritten, in the original direction. @alpha */
export const IPS_DST_NAT: number = 1 << 5;
/** Both of these. @alpha */
export const IPS_NAT_MASK: number = IPS_SRC_NAT | IPS_DST_NAT;
/** Sequence numbers are adjusted. @alpha */
export const IPS_SEQ_ADJUST: number = 1 << 6;
/** What becomes of the source is decided. @alpha */
export const IPS_SRC_NAT_DONE: number = 1 << 7;
/** What becomes of the destination is decided. @alpha */
export const IPS_DST_NAT_DONE: number = 1 << 8;
/** Both of these. @alpha */
export const IPS_NAT_DONE_MASK: number = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
/** It is leaving the table. @alpha */
export const IPS_DYING: number = 1 << 9;
/** Its timeout is not renewed by packets. @alpha */
export const IPS_FIXED_TIMEOUT: number = 1 << 10;
/** A template: it tells a packet's entry its zone and the like. @alpha */
export const IPS_TEMPLATE: number = 1 << 11;

/** Its helper was given to it by a rule. @alpha */
export const IPS_HELPER: number = 1 << 13;

/** Priorities of hooks (enum nf_ip_hook_priorities). @alpha */
export const NF_IP_PRI_FIRST = -0x80000000;
/** Reassembly. @alpha */
export const NF_IP_PRI_CONNTRACK_DEFRAG = -400;
/** The table raw. @alpha */
export const NF_IP_PRI_RAW = -300;
/** Connection tracking. @alpha */
export const NF_IP_PRI_CONNTRACK = -200;
/** The table mangle. @alpha */
export const NF_IP_PRI_MANGLE = -150;
/** Rewriting destinations. @alpha */
export const NF_IP_PRI_NAT_DST = -100;
/** The table filter. @alpha */
export const NF_IP_PRI_FILTER = 0;
/** Rewriting sources. @alpha */
export const NF_IP_PRI_NAT_SRC = 100;
/** New connections enter the table behind everybody. @alpha */
export const NF_IP_PRI_CONNTRACK_CONFIRM = 0x7fffffff;
