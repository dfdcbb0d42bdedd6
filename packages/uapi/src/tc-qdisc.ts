/**
 * Attributes and constants of the queueing disciplines of tc(8).
 */

// Size tables

/** Attribute of a size table: unspec. @public */
export const TCA_STAB_UNSPEC = 0;
/** Attribute of a size table: base. @public */
export const TCA_STAB_BASE = 1;
/** Attribute of a size table: data. @public */
export const TCA_STAB_DATA = 2;
/** Attribute of a size table: max. @public */
export const TCA_STAB_MAX = 2;

// Link layers

/** Link layer of a rate: unaware. @public */
export const TC_LINKLAYER_UNAWARE = 0;
/** Link layer of a rate: ethernet. @public */
export const TC_LINKLAYER_ETHERNET = 1;
/** Link layer of a rate: atm. @public */
export const TC_LINKLAYER_ATM = 2;
/** Link layer of a rate: mask. @public */
export const TC_LINKLAYER_MASK = 15;

// tbf

/** Attribute of tbf: unspec. @public */
export const TCA_TBF_UNSPEC = 0;
/** Attribute of tbf: parms. @public */
export const TCA_TBF_PARMS = 1;
/** Attribute of tbf: rtab. @public */
export const TCA_TBF_RTAB = 2;
/** Attribute of tbf: ptab. @public */
export const TCA_TBF_PTAB = 3;
/** Attribute of tbf: rate64. @public */
export const TCA_TBF_RATE64 = 4;
/** Attribute of tbf: prate64. @public */
export const TCA_TBF_PRATE64 = 5;
/** Attribute of tbf: burst. @public */
export const TCA_TBF_BURST = 6;
/** Attribute of tbf: pburst. @public */
export const TCA_TBF_PBURST = 7;
/** Attribute of tbf: pad. @public */
export const TCA_TBF_PAD = 8;
/** Attribute of tbf: max. @public */
export const TCA_TBF_MAX = 8;

// prio and plug

/** Bands of prio: prio bands. @public */
export const TCQ_PRIO_BANDS = 16;
/** Bands of prio: min prio bands. @public */
export const TCQ_MIN_PRIO_BANDS = 2;

// htb

/** Attribute of htb: tc htb numprio. @public */
export const TC_HTB_NUMPRIO = 8;
/** Attribute of htb: tc htb maxdepth. @public */
export const TC_HTB_MAXDEPTH = 8;
/** Attribute of htb: tc htb protover. @public */
export const TC_HTB_PROTOVER = 3;
/** Attribute of htb: unspec. @public */
export const TCA_HTB_UNSPEC = 0;
/** Attribute of htb: parms. @public */
export const TCA_HTB_PARMS = 1;
/** Attribute of htb: init. @public */
export const TCA_HTB_INIT = 2;
/** Attribute of htb: ctab. @public */
export const TCA_HTB_CTAB = 3;
/** Attribute of htb: rtab. @public */
export const TCA_HTB_RTAB = 4;
/** Attribute of htb: direct qlen. @public */
export const TCA_HTB_DIRECT_QLEN = 5;
/** Attribute of htb: rate64. @public */
export const TCA_HTB_RATE64 = 6;
/** Attribute of htb: ceil64. @public */
export const TCA_HTB_CEIL64 = 7;
/** Attribute of htb: pad. @public */
export const TCA_HTB_PAD = 8;
/** Attribute of htb: offload. @public */
export const TCA_HTB_OFFLOAD = 9;
/** Attribute of htb: max. @public */
export const TCA_HTB_MAX = 9;

// mqprio

/** Attribute of mqprio: tc qopt bitmask. @public */
export const TC_QOPT_BITMASK = 15;
/** Attribute of mqprio: tc qopt max queue. @public */
export const TC_QOPT_MAX_QUEUE = 16;
/** Attribute of mqprio: tc mqprio hw offload none. @public */
export const TC_MQPRIO_HW_OFFLOAD_NONE = 0;
/** Attribute of mqprio: tc mqprio hw offload tcs. @public */
export const TC_MQPRIO_HW_OFFLOAD_TCS = 1;
/** Attribute of mqprio: tc mqprio hw offload max. @public */
export const TC_MQPRIO_HW_OFFLOAD_MAX = 1;
/** Attribute of mqprio: tc mqprio mode dcb. @public */
export const TC_MQPRIO_MODE_DCB = 0;
/** Attribute of mqprio: tc mqprio mode channel. @public */
export const TC_MQPRIO_MODE_CHANNEL = 1;
/** Attribute of mqprio: tc mqprio shaper dcb. @public */
export const TC_MQPRIO_SHAPER_DCB = 0;
/** Attribute of mqprio: tc mqprio shaper bw rate. @public */
export const TC_MQPRIO_SHAPER_BW_RATE = 1;
/** Attribute of mqprio: tc mqprio f mode. @public */
export const TC_MQPRIO_F_MODE = 1;
/** Attribute of mqprio: tc mqprio f shaper. @public */
export const TC_MQPRIO_F_SHAPER = 2;
/** Attribute of mqprio: tc mqprio f min rate. @public */
export const TC_MQPRIO_F_MIN_RATE = 4;
/** Attribute of mqprio: tc mqprio f max rate. @public */
export const TC_MQPRIO_F_MAX_RATE = 8;
/** Attribute of mqprio: unspec. @public */
export const TCA_MQPRIO_UNSPEC = 0;
/** Attribute of mqprio: mode. @public */
export const TCA_MQPRIO_MODE = 1;
/** Attribute of mqprio: shaper. @public */
export const TCA_MQPRIO_SHAPER = 2;
/** Attribute of mqprio: min rate64. @public */
export const TCA_MQPRIO_MIN_RATE64 = 3;
/** Attribute of mqprio: max rate64. @public */
export const TCA_MQPRIO_MAX_RATE64 = 4;
/** Attribute of mqprio: max. @public */
export const TCA_MQPRIO_MAX = 4;

// netem

/** Attribute of netem: unspec. @public */
export const TCA_NETEM_UNSPEC = 0;
/** Attribute of netem: corr. @public */
export const TCA_NETEM_CORR = 1;
/** Attribute of netem: delay dist. @public */
export const TCA_NETEM_DELAY_DIST = 2;
/** Attribute of netem: reorder. @public */
export const TCA_NETEM_REORDER = 3;
/** Attribute of netem: corrupt. @public */
export const TCA_NETEM_CORRUPT = 4;
/** Attribute of netem: loss. @public */
export const TCA_NETEM_LOSS = 5;
/** Attribute of netem: rate. @public */
export const TCA_NETEM_RATE = 6;
/** Attribute of netem: ecn. @public */
export const TCA_NETEM_ECN = 7;
/** Attribute of netem: rate64. @public */
export const TCA_NETEM_RATE64 = 8;
/** Attribute of netem: pad. @public */
export const TCA_NETEM_PAD = 9;
/** Attribute of netem: latency64. @public */
export const TCA_NETEM_LATENCY64 = 10;
/** Attribute of netem: jitter64. @public */
export const TCA_NETEM_JITTER64 = 11;
/** Attribute of netem: slot. @public */
export const TCA_NETEM_SLOT = 12;
/** Attribute of netem: slot dist. @public */
export const TCA_NETEM_SLOT_DIST = 13;
/** Attribute of netem: prng seed. @public */
export const TCA_NETEM_PRNG_SEED = 14;
/** Attribute of netem: max. @public */
export const TCA_NETEM_MAX = 14;
/** Attribute of netem: netem loss unspec. @public */
export const NETEM_LOSS_UNSPEC = 0;
/** Attribute of netem: netem loss gi. @public */
export const NETEM_LOSS_GI = 1;
/** Attribute of netem: netem loss ge. @public */
export const NETEM_LOSS_GE = 2;
/** Attribute of netem: netem loss max. @public */
export const NETEM_LOSS_MAX = 2;
/** Attribute of netem: netem dist scale. @public */
export const NETEM_DIST_SCALE = 8192;
/** Attribute of netem: netem dist max. @public */
export const NETEM_DIST_MAX = 16384;

// codel

/** Attribute of codel: unspec. @public */
export const TCA_CODEL_UNSPEC = 0;
/** Attribute of codel: target. @public */
export const TCA_CODEL_TARGET = 1;
/** Attribute of codel: limit. @public */
export const TCA_CODEL_LIMIT = 2;
/** Attribute of codel: interval. @public */
export const TCA_CODEL_INTERVAL = 3;
/** Attribute of codel: ecn. @public */
export const TCA_CODEL_ECN = 4;
/** Attribute of codel: ce threshold. @public */
export const TCA_CODEL_CE_THRESHOLD = 5;
/** Attribute of codel: max. @public */
export const TCA_CODEL_MAX = 5;

// fq_codel

/** Attribute of fq_codel: unspec. @public */
export const TCA_FQ_CODEL_UNSPEC = 0;
/** Attribute of fq_codel: target. @public */
export const TCA_FQ_CODEL_TARGET = 1;
/** Attribute of fq_codel: limit. @public */
export const TCA_FQ_CODEL_LIMIT = 2;
/** Attribute of fq_codel: interval. @public */
export const TCA_FQ_CODEL_INTERVAL = 3;
/** Attribute of fq_codel: ecn. @public */
export const TCA_FQ_CODEL_ECN = 4;
/** Attribute of fq_codel: flows. @public */
export const TCA_FQ_CODEL_FLOWS = 5;
/** Attribute of fq_codel: quantum. @public */
export const TCA_FQ_CODEL_QUANTUM = 6;
/** Attribute of fq_codel: ce threshold. @public */
export const TCA_FQ_CODEL_CE_THRESHOLD = 7;
/** Attribute of fq_codel: drop batch size. @public */
export const TCA_FQ_CODEL_DROP_BATCH_SIZE = 8;
/** Attribute of fq_codel: memory limit. @public */
export const TCA_FQ_CODEL_MEMORY_LIMIT = 9;
/** Attribute of fq_codel: ce threshold selector. @public */
export const TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR = 10;
/** Attribute of fq_codel: ce threshold mask. @public */
export const TCA_FQ_CODEL_CE_THRESHOLD_MASK = 11;
/** Attribute of fq_codel: max. @public */
export const TCA_FQ_CODEL_MAX = 11;
/** Attribute of fq_codel: xstats qdisc. @public */
export const TCA_FQ_CODEL_XSTATS_QDISC = 0;
/** Attribute of fq_codel: xstats class. @public */
export const TCA_FQ_CODEL_XSTATS_CLASS = 1;

// fq

/** Attribute of fq: unspec. @public */
export const TCA_FQ_UNSPEC = 0;
/** Attribute of fq: plimit. @public */
export const TCA_FQ_PLIMIT = 1;
/** Attribute of fq: flow plimit. @public */
export const TCA_FQ_FLOW_PLIMIT = 2;
/** Attribute of fq: quantum. @public */
export const TCA_FQ_QUANTUM = 3;
/** Attribute of fq: initial quantum. @public */
export const TCA_FQ_INITIAL_QUANTUM = 4;
/** Attribute of fq: rate enable. @public */
export const TCA_FQ_RATE_ENABLE = 5;
/** Attribute of fq: flow default rate. @public */
export const TCA_FQ_FLOW_DEFAULT_RATE = 6;
/** Attribute of fq: flow max rate. @public */
export const TCA_FQ_FLOW_MAX_RATE = 7;
/** Attribute of fq: buckets log. @public */
export const TCA_FQ_BUCKETS_LOG = 8;
/** Attribute of fq: flow refill delay. @public */
export const TCA_FQ_FLOW_REFILL_DELAY = 9;
/** Attribute of fq: orphan mask. @public */
export const TCA_FQ_ORPHAN_MASK = 10;
/** Attribute of fq: low rate threshold. @public */
export const TCA_FQ_LOW_RATE_THRESHOLD = 11;
/** Attribute of fq: ce threshold. @public */
export const TCA_FQ_CE_THRESHOLD = 12;
/** Attribute of fq: timer slack. @public */
export const TCA_FQ_TIMER_SLACK = 13;
/** Attribute of fq: horizon. @public */
export const TCA_FQ_HORIZON = 14;
/** Attribute of fq: horizon drop. @public */
export const TCA_FQ_HORIZON_DROP = 15;
/** Attribute of fq: max. @public */
export const TCA_FQ_MAX = 15;

// sfq

/** sfq: tc red ecn. @public */
export const TC_RED_ECN = 1;
/** sfq: tc red harddrop. @public */
export const TC_RED_HARDDROP = 2;
/** sfq: tc red adaptative. @public */
export const TC_RED_ADAPTATIVE = 4;
/** sfq: tc red nodrop. @public */
export const TC_RED_NODROP = 8;
/** sfq: tc red historic flags. @public */
export const TC_RED_HISTORIC_FLAGS = 7;
