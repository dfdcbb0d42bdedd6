/** Rules that say which table multicast packets are looked up in (`ip mrule`), the same for IPv4 and IPv6: they have no selectors but those of all families. */
// datapath-ok-file: once a namespace; of it packets ask `lookup` alone, which allocates nothing
import { EAGAIN, type Net } from '@linnet/kernel';
import { fibDefaultRuleAdd, type FibLookupArg, FibRule, fibRuleGetTable, fibRulesRegister, type FibRulesOps } from './fib-rules.ts';
import type { Flowi } from './flowi.ts';

/** Priority of the rule that is there from the start. */
const DEFAULT_PREF = 0x7fff;

/** What a version of IP tells of its multicast tables. @alpha */
export interface MrRulesFamily {
  /** RTNL_FAMILY_IPMR or RTNL_FAMILY_IP6MR. */
  readonly family: number;
  /** Bytes of an address. */
  readonly addrSize: number;
  /** RTNLGRP_* that hears of changes. */
  readonly nlgroup: number;
  /** The table of the rule that is there from the start. */
  readonly defaultTable: number;
  /** The table of a number, or null. Hot: no allocation. */
  table(id: number): object | null;
  /** There are other rules than the first one now, or were. */
  changed(): void;
  /** Cached routes are stale. */
  flushCache(): void;
}

/** Gives a namespace the rules of a version: a lookup puts the table into `arg.result`. @alpha */
export function mrRulesRegister(net: Net, mr: MrRulesFamily): FibRulesOps {
  const lookup = (rule: FibRule, _fl: Flowi, _flags: number, arg: FibLookupArg): number => {
    arg.result = mr.table(fibRuleGetTable(rule, arg));
    return arg.result === null ? -EAGAIN : 0;
  };
  const changed = (): number => {
    mr.changed();
    return 0;
  };
  const ops = fibRulesRegister(net, {
    family: mr.family,
    addrSize: mr.addrSize,
    nlgroup: mr.nlgroup,
    create: () => new FibRule(),
    match: () => true,
    lookup,
    configure: changed,
    delete: changed,
    compare: () => true,
    fill(_rule, _w, hdr) {
      hdr.dstLen = 0;
      hdr.srcLen = 0;
      hdr.tos = 0;
    },
    flushCache: () => mr.flushCache(),
  });
  fibDefaultRuleAdd(ops, DEFAULT_PREF, mr.defaultTable);
  return ops;
}
