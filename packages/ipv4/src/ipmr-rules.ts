/** Rules that say which table multicast packets are looked up in (RTNL_FAMILY_IPMR, `ip mrule`): they have no selectors but those of all families. */
import { EACCES, EAGAIN, EINVAL, ENETUNREACH } from '@linnet/kernel';
import { FibRule, fibDefaultRuleAdd, fibRuleGetTable, fibRulesRegister } from '@linnet/inet';
import type { FibLookupArg, FibRulesFamily, Flowi } from '@linnet/inet';
import { FR_ACT_PROHIBIT, FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, RT_TABLE_DEFAULT, RTNL_FAMILY_IPMR, RTNLGRP_IPV4_RULE } from '@linnet/uapi';
import { IPMR, mrTable } from './ipmr-types.ts';
import type { MrNet } from './ipmr-types.ts';
import { rtCacheFlush } from './rtable.ts';

/** Priority of the rule that is there from the start. */
const DEFAULT_PREF = 0x7fff;

class MrRule extends FibRule {
  readonly mr: MrNet;
  constructor(mr: MrNet) {
    super();
    this.mr = mr;
  }
}

function action(rule: FibRule, _fl: Flowi, _flags: number, arg: FibLookupArg): number {
  switch (rule.action) {
    case FR_ACT_TO_TBL:
      arg.result = mrTable((rule as MrRule).mr, fibRuleGetTable(rule, arg));
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
  family: RTNL_FAMILY_IPMR,
  addrSize: 4,
  nlgroup: RTNLGRP_IPV4_RULE,
  match: () => true,
  action,
  configure: (ops) => {
    ops.net.get(IPMR).plain = false;
    return 0;
  },
  delete: (ops) => {
    ops.net.get(IPMR).plain = false;
    return 0;
  },
  compare: () => true,
  fill: (_rule, _w, hdr) => {
    hdr.dstLen = 0;
    hdr.srcLen = 0;
    hdr.tos = 0;
  },
  flushCache: (ops) => rtCacheFlush(ops.net.get(IPMR).n4),
};

/** Gives a namespace its rules. @alpha */
export function mrRulesInit(mr: MrNet): void {
  const ops = fibRulesRegister(mr.n4.net, { ...RULES, create: () => new MrRule(mr) }); // datapath-ok: once a namespace
  fibDefaultRuleAdd(ops, DEFAULT_PREF, RT_TABLE_DEFAULT);
  mr.rules = ops;
}
