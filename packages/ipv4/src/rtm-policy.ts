/** Which attributes a message about routes may carry, and in what form (rtnetlink(7), rtm_ipv4_policy). */
import { NLA_U32 } from '@linnet/netlink';
import type { NlaPolicyTable } from '@linnet/netlink';
import { ROUTE_RULES } from '@linnet/inet';
import { RTA_DST, RTA_FLOW, RTA_GATEWAY, RTA_MAX, RTA_NH_ID, RTA_PREFSRC, RTA_SRC } from '@linnet/uapi';

/** Bytes of a next hop in RTA_MULTIPATH (struct rtnexthop). @alpha */
export const RTNEXTHOP_LEN = 8;

/** Rules of the attributes of a route. @alpha */
export const RTM_IPV4_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: RTA_MAX,
  // What is newer than nexthop objects is checked in full.
  strictStart: RTA_NH_ID + 1,
  rules: {
    ...ROUTE_RULES,
    [RTA_DST]: { type: NLA_U32 },
    [RTA_SRC]: { type: NLA_U32 },
    [RTA_GATEWAY]: { type: NLA_U32 },
    [RTA_PREFSRC]: { type: NLA_U32 },
    [RTA_FLOW]: { type: NLA_U32 },
  },
});
