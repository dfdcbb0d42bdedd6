/**
 * Traffic control: handles, priorities and attributes common to all (tc(8)).
 */

// Handles

/** Handle: none. @public */
export const TC_H_UNSPEC = 0x0;
/** Traffic control handle: min priority (tc(8)). @public */
export const TC_H_MIN_PRIORITY = 0xffe0;
/** Traffic control handle: min ingress (tc(8)). @public */
export const TC_H_MIN_INGRESS = 0xfff2;
/** Traffic control handle: min egress (tc(8)). @public */
export const TC_H_MIN_EGRESS = 0xfff3;
/** The minor part of a handle. @public */
export const TC_H_MIN_MASK = 0xffff;
/** The major part of a handle. @public */
export const TC_H_MAJ_MASK = 0xffff0000;
/** Handle: the clsact qdisc. @public */
export const TC_H_CLSACT = 0xfffffff1;
/** Handle: the ingress qdisc. @public */
export const TC_H_INGRESS = 0xfffffff1;
/** Handle: the root of a device. @public */
export const TC_H_ROOT = 0xffffffff;

// Priorities

/** Packet priority (`skb->priority`): besteffort (tc-prio(8)). @public */
export const TC_PRIO_BESTEFFORT = 0;
/** Packet priority (`skb->priority`): filler (tc-prio(8)). @public */
export const TC_PRIO_FILLER = 1;
/** Packet priority (`skb->priority`): bulk (tc-prio(8)). @public */
export const TC_PRIO_BULK = 2;
/** Packet priority (`skb->priority`): interactive bulk (tc-prio(8)). @public */
export const TC_PRIO_INTERACTIVE_BULK = 4;
/** Packet priority (`skb->priority`): interactive (tc-prio(8)). @public */
export const TC_PRIO_INTERACTIVE = 6;
/** Packet priority (`skb->priority`): control (tc-prio(8)). @public */
export const TC_PRIO_CONTROL = 7;
/** Packet priority (`skb->priority`): max (tc-prio(8)). @public */
export const TC_PRIO_MAX = 15;

// Attributes common to all

/** Traffic control attribute: unspec. @public */
export const TCA_UNSPEC = 0;
/** Traffic control attribute: kind. @public */
export const TCA_KIND = 1;
/** Traffic control attribute: options. @public */
export const TCA_OPTIONS = 2;
/** Traffic control attribute: stats. @public */
export const TCA_STATS = 3;
/** Traffic control attribute: xstats. @public */
export const TCA_XSTATS = 4;
/** Traffic control attribute: rate. @public */
export const TCA_RATE = 5;
/** Traffic control attribute: fcnt. @public */
export const TCA_FCNT = 6;
/** Traffic control attribute: stats2. @public */
export const TCA_STATS2 = 7;
/** Traffic control attribute: stab. @public */
export const TCA_STAB = 8;
/** Traffic control attribute: pad. @public */
export const TCA_PAD = 9;
/** Traffic control attribute: dump invisible. @public */
export const TCA_DUMP_INVISIBLE = 10;
/** Traffic control attribute: chain. @public */
export const TCA_CHAIN = 11;
/** Traffic control attribute: hw offload. @public */
export const TCA_HW_OFFLOAD = 12;
/** Traffic control attribute: ingress block. @public */
export const TCA_INGRESS_BLOCK = 13;
/** Traffic control attribute: egress block. @public */
export const TCA_EGRESS_BLOCK = 14;
/** Traffic control attribute: dump flags. @public */
export const TCA_DUMP_FLAGS = 15;
/** Traffic control attribute: ext warn msg. @public */
export const TCA_EXT_WARN_MSG = 16;
/** Traffic control attribute: max. @public */
export const TCA_MAX = 16;

// TCA_STATS2

/** Attribute in TCA_STATS2: unused. @public */
export const TCA_STATS_UNSPEC = 0;
/** Attribute in TCA_STATS2: bytes and packets. @public */
export const TCA_STATS_BASIC = 1;
/** Attribute in TCA_STATS2: estimated rates, 32 bits. @public */
export const TCA_STATS_RATE_EST = 2;
/** Attribute in TCA_STATS2: queue length, backlog, drops, requeues, overlimits. @public */
export const TCA_STATS_QUEUE = 3;
/** Attribute in TCA_STATS2: what only this discipline counts. @public */
export const TCA_STATS_APP = 4;
/** Attribute in TCA_STATS2: estimated rates, 64 bits. @public */
export const TCA_STATS_RATE_EST64 = 5;
/** Attribute in TCA_STATS2: padding for alignment. @public */
export const TCA_STATS_PAD = 6;
/** Attribute in TCA_STATS2: bytes and packets counted by hardware. @public */
export const TCA_STATS_BASIC_HW = 7;
/** Highest attribute in TCA_STATS2. @public */
export const TCA_STATS_MAX = 8;
/** Attribute in TCA_STATS2: packets, 64 bits. @public */
export const TCA_STATS_PKT64 = 8;
