/** Rules that say which table multicast packets are looked up in (RTNL_FAMILY_IPMR, `ip mrule`). */
// datapath-ok-file: once a namespace
import { mrRulesRegister } from '@linnet/inet';
import { RT_TABLE_DEFAULT, RTNL_FAMILY_IPMR, RTNLGRP_IPV4_RULE } from '@linnet/uapi';
import { mrTable } from './ipmr-types.ts';
import type { MrNet } from './ipmr-types.ts';
import { rtCacheFlush } from './rtable.ts';

/** Gives a namespace its rules. @alpha */
export function mrRulesInit(mr: MrNet): void {
  mr.rules = mrRulesRegister(mr.n4.net, {
    family: RTNL_FAMILY_IPMR,
    addrSize: 4,
    nlgroup: RTNLGRP_IPV4_RULE,
    defaultTable: RT_TABLE_DEFAULT,
    table: (id) => mrTable(mr, id),
    changed() {
      mr.plain = false;
    },
    flushCache: () => rtCacheFlush(mr.n4),
  });
}
