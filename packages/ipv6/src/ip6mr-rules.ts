/** Rules that say which table IPv6 multicast packets are looked up in (RTNL_FAMILY_IP6MR, `ip -6 mrule`): they have no selectors but those of all families. */
import { EACCES, EAGAIN, EINVAL, ENETUNREACH } from '@linnet/kernel';
import { FibRule, fibDefaultRuleAdd, fibRuleGetTable, fibRulesRegister } from '@linnet/inet';
import type { FibLookupArg, FibRulesFamily, Flowi } from '@linnet/inet';
import { FR_ACT_PROHIBIT, FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, RT_TABLE_MAIN, RTNL_FAMILY_IP6MR, RTNLGRP_IPV6_RULE } from '@linnet/uapi';
import { IP6MR, mr6Table } from './ip6mr-types.ts';
import type { Mr6Net } from './ip6mr-types.ts';

/** Priority of the rule that is there from the start. */
const DEFAULT_PREF = 0x7fff;

class Mr6Rule extends FibRule {
  readonly mr: Mr6Net;
  constructor(mr: Mr6Net) {
    super();
    this.mr = mr;
  }
}

function action(rule: FibRule, _fl: Flowi, _flags: number, arg: FibLookupArg): number {
  switch (rule.action) {
    case FR_ACT_TO_TBL:
      arg.result = mr6Table((rule as Mr6Rule).mr, fibRuleGetTable(rule, arg));
      return arg.result === null ? -EAGAIN : 0;
    case FR_ACT_UNREACHABLE:
      return -ENETUNREACH;
    case FR_ACT_PROHIBIT:
      return -EACCES;
    default:
      return -EINVAL;
  }
}

const RULES: Omit<FibRulesFamily, 'create'> = {
  family: RTNL_FAMILY_IP6MR,
  addrSize: 16,
  nlgroup: RTNLGRP_IPV6_RULE,
  match: () => true,
  action,
  configure: (ops) => {
    ops.net.get(IP6MR).plain = false;
    return 0;
  },
  delete: (ops) => {
    ops.net.get(IP6MR).plain = false;
    return 0;
  },
  compare: () => true,
  fill: (_rule, _w, hdr) => {
    hdr.dstLen = 0;
    hdr.srcLen = 0;
    hdr.tos = 0;
  },
  flushCache: () => {},
};

/** Gives a namespace its rules. @alpha */
export function mr6RulesInit(mr: Mr6Net): void {
  const ops = fibRulesRegister(mr.n6.net, { ...RULES, create: () => new Mr6Rule(mr) }); // datapath-ok: once a namespace
  fibDefaultRuleAdd(ops, DEFAULT_PREF, RT_TABLE_MAIN);
  mr.rules = ops;
}
