/** Rules that say which table IPv6 multicast packets are looked up in (RTNL_FAMILY_IP6MR, `ip -6 mrule`). */
// datapath-ok-file: once a namespace
import { mrRulesRegister } from '@linnet/inet';
import { RT_TABLE_MAIN, RTNL_FAMILY_IP6MR, RTNLGRP_IPV6_RULE } from '@linnet/uapi';
import { mr6Table } from './ip6mr-types.ts';
import type { Mr6Net } from './ip6mr-types.ts';

/** Gives a namespace its rules. @alpha */
export function mr6RulesInit(mr: Mr6Net): void {
  mr.rules = mrRulesRegister(mr.n6.net, {
    family: RTNL_FAMILY_IP6MR,
    addrSize: 16,
    nlgroup: RTNLGRP_IPV6_RULE,
    defaultTable: RT_TABLE_MAIN,
    table: (id) => mr6Table(mr, id),
    changed() {
      mr.plain = false;
    },
    flushCache: () => {},
  });
}
