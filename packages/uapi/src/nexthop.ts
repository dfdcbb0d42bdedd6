/**
 * Nexthop objects: ip-nexthop(8).
 */

// Attributes

/** Nexthop attribute: res bucket pad. @public */
export const NHA_RES_BUCKET_PAD = 0;
/** Nexthop attribute: res bucket unspec. @public */
export const NHA_RES_BUCKET_UNSPEC = 0;
/** Nexthop attribute: res group pad. @public */
export const NHA_RES_GROUP_PAD = 0;
/** Nexthop attribute: res group unspec. @public */
export const NHA_RES_GROUP_UNSPEC = 0;
/** Nexthop attribute: unspec. @public */
export const NHA_UNSPEC = 0;
/** Nexthop attribute: id. @public */
export const NHA_ID = 1;
/** Nexthop attribute: res bucket index. @public */
export const NHA_RES_BUCKET_INDEX = 1;
/** Nexthop attribute: res group buckets. @public */
export const NHA_RES_GROUP_BUCKETS = 1;
/** Nexthop attribute: group. @public */
export const NHA_GROUP = 2;
/** Nexthop attribute: res bucket idle time. @public */
export const NHA_RES_BUCKET_IDLE_TIME = 2;
/** Nexthop attribute: res group idle timer. @public */
export const NHA_RES_GROUP_IDLE_TIMER = 2;
/** Nexthop attribute: group type. @public */
export const NHA_GROUP_TYPE = 3;
/** Nexthop attribute: res bucket max. @public */
export const NHA_RES_BUCKET_MAX = 3;
/** Nexthop attribute: res bucket nh id. @public */
export const NHA_RES_BUCKET_NH_ID = 3;
/** Nexthop attribute: res group unbalanced timer. @public */
export const NHA_RES_GROUP_UNBALANCED_TIMER = 3;
/** Nexthop attribute: blackhole. @public */
export const NHA_BLACKHOLE = 4;
/** Nexthop attribute: res group max. @public */
export const NHA_RES_GROUP_MAX = 4;
/** Nexthop attribute: res group unbalanced time. @public */
export const NHA_RES_GROUP_UNBALANCED_TIME = 4;
/** Nexthop attribute: oif. @public */
export const NHA_OIF = 5;
/** Nexthop attribute: gateway. @public */
export const NHA_GATEWAY = 6;
/** Nexthop attribute: encap type. @public */
export const NHA_ENCAP_TYPE = 7;
/** Nexthop attribute: encap. @public */
export const NHA_ENCAP = 8;
/** Nexthop attribute: groups. @public */
export const NHA_GROUPS = 9;
/** Nexthop attribute: master. @public */
export const NHA_MASTER = 10;
/** Nexthop attribute: fdb. @public */
export const NHA_FDB = 11;
/** Nexthop attribute: res group. @public */
export const NHA_RES_GROUP = 12;
/** Nexthop attribute: res bucket. @public */
export const NHA_RES_BUCKET = 13;
/** Nexthop attribute: op flags. @public */
export const NHA_OP_FLAGS = 14;
/** Nexthop attribute: group stats. @public */
export const NHA_GROUP_STATS = 15;
/** Nexthop attribute: hw stats enable. @public */
export const NHA_HW_STATS_ENABLE = 16;
/** Nexthop attribute: hw stats used. @public */
export const NHA_HW_STATS_USED = 17;
/** Nexthop attribute: max. @public */
export const NHA_MAX = 17;

// Group types

/** Nexthop group type: mpath. @public */
export const NEXTHOP_GRP_TYPE_MPATH = 0;
/** Nexthop group type: max. @public */
export const NEXTHOP_GRP_TYPE_MAX = 1;
/** Nexthop group type: res. @public */
export const NEXTHOP_GRP_TYPE_RES = 1;
