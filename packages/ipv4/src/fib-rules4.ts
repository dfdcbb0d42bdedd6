/** IPv4's part in policy routing: its selectors, and looking a flow up by the rules (fib4_rules). */
import { EAGAIN, EINVAL, ENETUNREACH, ENOBUFS, ESRCH } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  FibRule, fibDefaultRuleAdd, fibNl2RuleDscp, fibRuleDscpAnswers, fibRuleGetTable, fibRulePortsMatch, fibRulePutDscp, fibRulesLookup, fibRulesRegister,
} from '@linnet/inet';
import type { FibLookupArg, FibRulesFamily, FibRulesOps, Flowi } from '@linnet/inet';
import { IFF_L3MDEV_MASTER, devGetByIndex, l3mdevMasterIfindex } from '@linnet/netdev';
import { nlSetErrMsg } from '@linnet/netlink';
import type { NlRequest } from '@linnet/netlink';
import {
  AF_INET, FRA_DST, FRA_FLOW, FRA_FLOWLABEL, FRA_FLOWLABEL_MASK, FRA_SRC, FR_ACT_TO_TBL, RTNLGRP_IPV4_RULE, RT_TABLE_DEFAULT, RT_TABLE_LOCAL,
  RT_TABLE_MAIN, RT_TABLE_MAX, inetMakeMask, nlaGetInAddr, nlaGetU32,
} from '@linnet/uapi';
import type { FibRuleHdr } from '@linnet/uapi';
import { fibTableLookup } from './fib-lookup.ts';
import { fibNewTable } from './fib-trie.ts';
import type { FibResult } from './fib-types.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { rtCacheFlush } from './rtable.ts';

/** A rule with IPv4's selectors (struct fib4_rule). @alpha */
export class Fib4Rule extends FibRule {
  readonly n4: Ipv4Net;
  dstLen = 0;
  srcLen = 0;
  src = 0;
  srcMask = 0;
  dst = 0;
  dstMask = 0;
  /** DSCP (six bits), the bits of it that count, and whether it was given as DSCP: the old TOS field knows only three of them. */
  dscp = 0;
  dscpMask = 0;
  dscpFull = false;
  /** Realms, source in the high half. */
  tclassid = 0;
  constructor(n4: Ipv4Net) {
    super();
    this.n4 = n4;
  }
}

/** What the TOS field of a rule can say: the three bits of RFC 1349 beside precedence. */
const TOS_RT_MASK = 0x1c;

function match(rule: FibRule, fl: Flowi): boolean {
  const r = rule as Fib4Rule;
  if (((fl.saddr ^ r.src) & r.srcMask) !== 0 || ((fl.daddr ^ r.dst) & r.dstMask) !== 0) return false;
  if (r.dscpFull) {
    if (((fl.tos >> 2) ^ r.dscp) & r.dscpMask) return false;
  } else if (r.dscp !== 0 && r.dscp !== (fl.tos & TOS_RT_MASK) >> 2) {
    return false;
  }
  if (r.ipProto !== 0 && r.ipProto !== fl.proto) return false;
  return fibRulePortsMatch(r, fl);
}

function lookup(rule: FibRule, fl: Flowi, flags: number, arg: FibLookupArg): number {
  const tb = (rule as Fib4Rule).n4.fibTables.get(fibRuleGetTable(rule, arg));
  return tb === undefined ? -EAGAIN : fibTableLookup(tb, fl, arg.result as FibResult, flags);
}

function suppress(rule: FibRule, _flags: number, arg: FibLookupArg): boolean {
  const res = arg.result as FibResult;
  const dev = res.nh === null ? null : res.nh.dev;
  return res.prefixlen <= rule.suppressPrefixlen || (rule.suppressIfgroup !== -1 && dev !== null && dev.group === rule.suppressIfgroup);
}

/** The first table without routes of any kind, made for a rule that names none (fib_empty_table). */
function emptyTable(n4: Ipv4Net): number {
  for (let id = 1; id <= RT_TABLE_MAX; id++) {
    if (!n4.fibTables.has(id)) {
      fibNewTable(n4, id);
      return id;
    }
  }
  return 0;
}

function configure(ops: FibRulesOps, rule: FibRule, req: NlRequest, hdr: FibRuleHdr, tb: Int32Array): number {
  const r = rule as Fib4Rule;
  const { n4 } = r;
  if (tb[FRA_FLOWLABEL] !== 0 || tb[FRA_FLOWLABEL_MASK] !== 0) {
    nlSetErrMsg(req.extack, 'Flow label cannot be specified for IPv4 FIB rules');
    return -EINVAL;
  }
  const dscp = fibNl2RuleDscp(req, hdr, tb);
  if (typeof dscp === 'number') return dscp;
  if ((hdr.tos & ~TOS_RT_MASK) !== 0) {
    nlSetErrMsg(req.extack, 'Invalid tos');
    return -EINVAL;
  }
  r.dscp = dscp.dscp;
  r.dscpMask = dscp.mask;
  r.dscpFull = dscp.full;
  // From now on local and main are two tables, and every lookup asks the rules.
  n4.fibHasCustomRules = true;
  if (r.table === 0 && !r.l3mdev && r.action === FR_ACT_TO_TBL) {
    r.table = emptyTable(n4);
    if (r.table === 0) return -ENOBUFS;
  }
  if (hdr.srcLen !== 0) r.src = nlaGetInAddr(req.view, tb[FRA_SRC]!);
  if (hdr.dstLen !== 0) r.dst = nlaGetInAddr(req.view, tb[FRA_DST]!);
  if (tb[FRA_FLOW] !== 0) r.tclassid = nlaGetU32(req.view, tb[FRA_FLOW]!) | 0;
  r.srcLen = hdr.srcLen;
  r.srcMask = inetMakeMask(r.srcLen);
  r.dstLen = hdr.dstLen;
  r.dstMask = inetMakeMask(r.dstLen);
  if (r.ipProto !== 0 || r.sportEnd !== 0 || r.dportEnd !== 0) n4.fibRulesRequireFldissect = true;
  void ops;
  return 0;
}

function compare(rule: FibRule, hdr: FibRuleHdr, req: NlRequest, tb: Int32Array): boolean {
  const r = rule as Fib4Rule;
  if (hdr.srcLen !== 0 && r.srcLen !== hdr.srcLen) return false;
  if (hdr.dstLen !== 0 && r.dstLen !== hdr.dstLen) return false;
  if (!fibRuleDscpAnswers(req, hdr, tb, r.dscp, r.dscpMask, r.dscpFull)) return false;
  if (tb[FRA_FLOW] !== 0 && r.tclassid !== (nlaGetU32(req.view, tb[FRA_FLOW]!) | 0)) return false;
  if (hdr.srcLen !== 0 && r.src !== nlaGetInAddr(req.view, tb[FRA_SRC]!)) return false;
  return hdr.dstLen === 0 || r.dst === nlaGetInAddr(req.view, tb[FRA_DST]!);
}

/** IPv4's rules (fib4_rules_ops_template). */
const FIB4_RULES: Omit<FibRulesFamily, 'create'> = {
  family: AF_INET,
  addrSize: 4,
  nlgroup: RTNLGRP_IPV4_RULE,
  match,
  lookup,
  suppress,
  configure,
  delete: (ops) => {
    ops.net.get(IPV4).fibHasCustomRules = true;
    return 0;
  },
  compare,
  fill(rule, w, hdr) {
    const r = rule as Fib4Rule;
    hdr.dstLen = r.dstLen;
    hdr.srcLen = r.srcLen;
    fibRulePutDscp(w, hdr, r.dscp, r.dscpMask, r.dscpFull);
    if (r.dstLen !== 0) w.putInAddr(FRA_DST, r.dst);
    if (r.srcLen !== 0) w.putInAddr(FRA_SRC, r.src);
    if (r.tclassid !== 0) w.putU32(FRA_FLOW, r.tclassid);
  },
  flushCache: (ops) => rtCacheFlush(ops.net.get(IPV4)),
};

/** Gives a namespace IPv4's rules: local, main, default (fib4_rules_init). @alpha */
export function fib4RulesInit(net: Net): void {
  const n4 = net.get(IPV4);
  const ops = fibRulesRegister(net, { ...FIB4_RULES, create: () => new Fib4Rule(n4) }); // datapath-ok: once a namespace
  fibDefaultRuleAdd(ops, 0, RT_TABLE_LOCAL);
  fibDefaultRuleAdd(ops, 0x7ffe, RT_TABLE_MAIN);
  fibDefaultRuleAdd(ops, 0x7fff, RT_TABLE_DEFAULT);
  n4.rulesOps = ops;
  n4.fibLookupRules = lookupByRules;
}

/** A flow by a VRF's device, or by one of its slaves, is one of that VRF (l3mdev_update_flow). */
function l3mdevUpdateFlow(n4: Ipv4Net, fl: Flowi): void {
  if (fl.oif !== 0) {
    const dev = devGetByIndex(n4.net, fl.oif);
    if (dev !== null) {
      if (fl.l3mdev === 0) fl.l3mdev = l3mdevMasterIfindex(dev);
      // The master only names the table: its slaves are the ways out.
      if ((dev.privFlags & IFF_L3MDEV_MASTER) !== 0) fl.oif = 0;
      return;
    }
  }
  if (fl.iif > 1 && fl.l3mdev === 0) {
    const dev = devGetByIndex(n4.net, fl.iif);
    if (dev !== null) fl.l3mdev = l3mdevMasterIfindex(dev);
  }
}

/** Looks a flow up by the rules (__fib_lookup): as {@link fibLookup} without them. */
function lookupByRules(n4: Ipv4Net, fl: Flowi, res: FibResult, flags: number): number {
  const arg = n4.ruleArg;
  arg.result = res;
  arg.rule = null;
  l3mdevUpdateFlow(n4, fl);
  const err = fibRulesLookup(n4.rulesOps!, fl, flags, arg);
  const rule = arg.rule as Fib4Rule | null;
  res.tclassid = rule === null ? 0 : rule.tclassid;
  return err === -ESRCH ? -ENETUNREACH : err;
}
