/** Which attributes a message about routes may carry, and in what form (rtnetlink(7), rtm_ipv4_policy). */
import { NLA_NESTED, NLA_U16, NLA_U32, NLA_U8, NLA_UNSPEC } from '@linnet/netlink';
import type { NlaPolicyTable } from '@linnet/netlink';
import {
  RTA_DPORT, RTA_DST, RTA_ENCAP, RTA_ENCAP_TYPE, RTA_FLOW, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_MAX, RTA_METRICS, RTA_MULTIPATH, RTA_NH_ID, RTA_OIF, RTA_PREFSRC, RTA_PRIORITY,
  RTA_SPORT, RTA_SRC, RTA_TABLE, RTA_UID,
} from '@linnet/uapi';

/** Bytes of a next hop in RTA_MULTIPATH (struct rtnexthop). @alpha */
export const RTNEXTHOP_LEN = 8;

/** Rules of the attributes of a route. @alpha */
export const RTM_IPV4_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: RTA_MAX,
  // What is newer than nexthop objects is checked in full.
  strictStart: RTA_NH_ID + 1,
  rules: {
    [RTA_DST]: { type: NLA_U32 },
    [RTA_SRC]: { type: NLA_U32 },
    [RTA_IIF]: { type: NLA_U32 },
    [RTA_OIF]: { type: NLA_U32 },
    [RTA_GATEWAY]: { type: NLA_U32 },
    [RTA_PRIORITY]: { type: NLA_U32 },
    [RTA_PREFSRC]: { type: NLA_U32 },
    [RTA_METRICS]: { type: NLA_NESTED },
    [RTA_MULTIPATH]: { type: NLA_UNSPEC, len: RTNEXTHOP_LEN },
    [RTA_FLOW]: { type: NLA_U32 },
    [RTA_ENCAP_TYPE]: { type: NLA_U16 },
    [RTA_ENCAP]: { type: NLA_NESTED },
    [RTA_UID]: { type: NLA_U32 },
    [RTA_MARK]: { type: NLA_U32 },
    [RTA_TABLE]: { type: NLA_U32 },
    [RTA_IP_PROTO]: { type: NLA_U8 },
    [RTA_SPORT]: { type: NLA_U16 },
    [RTA_DPORT]: { type: NLA_U16 },
    [RTA_NH_ID]: { type: NLA_U32 },
  },
});
