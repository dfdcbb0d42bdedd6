/** IPv6's part in policy routing: its selectors, and looking a flow up by the rules (fib6_rules.c, ip-rule(8)). */
import { EAGAIN, EINVAL, ENETUNREACH, ESRCH } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  FibLookupArg, FibRule, fibDefaultRuleAdd, fibNl2RuleDscp, fibRuleDscpAnswers, fibRuleGetTable, fibRulePortsMatch, fibRulePutDscp, fibRulesLookup, fibRulesRegister,
} from '@linnet/inet';
import type { FibRulesFamily, FibRulesOps, Flowi } from '@linnet/inet';
import { IFF_L3MDEV_MASTER, devGetByIndex, l3mdevMasterIfindex } from '@linnet/netdev';
import { nlSetErrMsg } from '@linnet/netlink';
import type { NlRequest } from '@linnet/netlink';
import {
  AF_INET6, FRA_DST, FRA_FLOWLABEL, FRA_FLOWLABEL_MASK, FRA_SRC, FR_ACT_TO_TBL, RTNLGRP_IPV6_RULE, RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_UNSPEC, nlaGetIn6Addr,
} from '@linnet/uapi';
import type { FibRuleHdr } from '@linnet/uapi';
import { a6Equal, a6PrefixEqual, IN6ADDR_ANY } from './addr6.ts';
import { fib6NewTable } from './fib6-table.ts';
import type { Fib6Result } from './fib6-types.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Fib6TableLookup, Ipv6Net } from './ipv6-net.ts';
import { RT6_LOOKUP_F_HAS_SADDR } from './route6-const.ts';
import { fib6TableLookup } from './route6-lookup.ts';
import { rt6CacheFlush } from './rt6-info.ts';

/** A rule with IPv6's selectors (struct fib6_rule). @alpha */
export class Fib6Rule extends FibRule {
  readonly n6: Ipv6Net;
  src: Int32Array = IN6ADDR_ANY;
  srcLen = 0;
  dst: Int32Array = IN6ADDR_ANY;
  dstLen = 0;
  dscp = 0;
  dscpMask = 0;
  dscpFull = false;
  flowlabel = 0;
  flowlabelMask = 0;
  constructor(n6: Ipv6Net) {
    super();
    this.n6 = n6;
  }
}

/** What a lookup by rules needs beside the flow; one a namespace. */
class Arg6 extends FibLookupArg {
  oif = 0;
  lookup: Fib6TableLookup = fib6TableLookup;
}

function match(rule: FibRule, fl: Flowi, flags: number): boolean {
  const r = rule as Fib6Rule;
  if (r.dstLen !== 0 && !a6PrefixEqual(fl.daddr6!, r.dst, r.dstLen)) return false;
  if (r.srcLen !== 0) {
    // A source that is still to be chosen fits no prefix.
    if ((flags & RT6_LOOKUP_F_HAS_SADDR) === 0 || fl.saddr6 === null || !a6PrefixEqual(fl.saddr6, r.src, r.srcLen)) return false;
  }
  if (((fl.tos >> 2) ^ r.dscp) & r.dscpMask) return false;
  if (((fl.flowlabel ^ r.flowlabel) & r.flowlabelMask) !== 0) return false;
  if (r.ipProto !== 0 && r.ipProto !== fl.proto) return false;
  return fibRulePortsMatch(r, fl);
}

function lookup(rule: FibRule, fl: Flowi, flags: number, arg: FibLookupArg): number {
  const { n6 } = rule as Fib6Rule;
  const tb = n6.fibTables.get(fibRuleGetTable(rule, arg));
  const a = arg as Arg6;
  return tb === undefined ? -EAGAIN : a.lookup(n6, tb, fl, a.oif, arg.result as Fib6Result, flags);
}

function suppress(rule: FibRule, _flags: number, arg: FibLookupArg): boolean {
  const res = arg.result as Fib6Result;
  const f = res.f6i!;
  if (f.dstLen <= rule.suppressPrefixlen) return true;
  const dev = res.nh === null ? null : res.nh.dev;
  return rule.suppressIfgroup !== -1 && dev !== null && dev.group === rule.suppressIfgroup;
}

function configure(ops: FibRulesOps, rule: FibRule, req: NlRequest, hdr: FibRuleHdr, tb: Int32Array): number {
  const r = rule as Fib6Rule;
  const { n6 } = r;
  const dscp = fibNl2RuleDscp(req, hdr, tb);
  if (typeof dscp === 'number') return dscp;
  if ((hdr.tos & 3) !== 0) {
    nlSetErrMsg(req.extack, 'Invalid dsfield (tos): ECN bits must be 0');
    return -EINVAL;
  }
  r.dscp = dscp.dscp;
  r.dscpFull = dscp.full;
  r.dscpMask = dscp.full ? dscp.mask : dscp.dscp !== 0 ? 0x3f : 0;
  if (tb[FRA_FLOWLABEL] !== 0) {
    r.flowlabel = req.view.getUint32(tb[FRA_FLOWLABEL]! + 4) & 0xfffff;
    r.flowlabelMask = 0xfffff;
    if (tb[FRA_FLOWLABEL_MASK] !== 0) r.flowlabelMask = req.view.getUint32(tb[FRA_FLOWLABEL_MASK]! + 4) & 0xfffff;
    if ((r.flowlabel & ~r.flowlabelMask) !== 0) {
      nlSetErrMsg(req.extack, 'Flow label and mask do not match');
      return -EINVAL;
    }
  } else if (tb[FRA_FLOWLABEL_MASK] !== 0) {
    nlSetErrMsg(req.extack, 'Flow label mask cannot be specified without flow label');
    return -EINVAL;
  }
  if (r.action === FR_ACT_TO_TBL && !r.l3mdev) {
    if (r.table === RT_TABLE_UNSPEC) {
      nlSetErrMsg(req.extack, 'Invalid table');
      return -EINVAL;
    }
    fib6NewTable(n6, r.table);
  }
  if (hdr.srcLen !== 0) r.src = nlaGetIn6Addr(req.view, tb[FRA_SRC]!);
  if (hdr.dstLen !== 0) r.dst = nlaGetIn6Addr(req.view, tb[FRA_DST]!);
  r.srcLen = hdr.srcLen;
  r.dstLen = hdr.dstLen;
  if (r.ipProto !== 0 || r.sportEnd !== 0 || r.dportEnd !== 0) n6.fibRulesWantPorts = true;
  inForce(ops);
  return 0;
}

/** From now on local and main are two tables among others, and every lookup asks the rules. */
function inForce(ops: FibRulesOps): void {
  const n6 = ops.net.get(IPV6);
  if (n6.fibRules !== null) return;
  const arg = new Arg6();
  n6.fibRules = (n, fl, oif, res, flags, lookup): number => lookupByRules(ops, n, arg, fl, oif, res, flags, lookup);
}

function compare(rule: FibRule, hdr: FibRuleHdr, req: NlRequest, tb: Int32Array): boolean {
  const r = rule as Fib6Rule;
  if (hdr.srcLen !== 0 && r.srcLen !== hdr.srcLen) return false;
  if (hdr.dstLen !== 0 && r.dstLen !== hdr.dstLen) return false;
  if (!fibRuleDscpAnswers(req, hdr, tb, r.dscp, r.dscpMask, r.dscpFull)) return false;
  if (tb[FRA_FLOWLABEL] !== 0 && r.flowlabel !== (req.view.getUint32(tb[FRA_FLOWLABEL]! + 4) & 0xfffff)) return false;
  if (tb[FRA_FLOWLABEL_MASK] !== 0 && r.flowlabelMask !== (req.view.getUint32(tb[FRA_FLOWLABEL_MASK]! + 4) & 0xfffff)) return false;
  if (hdr.srcLen !== 0 && !a6Equal(r.src, nlaGetIn6Addr(req.view, tb[FRA_SRC]!))) return false;
  return hdr.dstLen === 0 || a6Equal(r.dst, nlaGetIn6Addr(req.view, tb[FRA_DST]!));
}

/** IPv6's rules (fib6_rules_ops_template). */
const FIB6_RULES: Omit<FibRulesFamily, 'create'> = {
  family: AF_INET6,
  addrSize: 16,
  nlgroup: RTNLGRP_IPV6_RULE,
  match,
  lookup,
  suppress,
  configure,
  // Lookups ask the rules from the first that was added on: until then even a deleted one counts, as in Linux.
  delete: () => 0,
  compare,
  fill(rule, w, hdr) {
    const r = rule as Fib6Rule;
    hdr.dstLen = r.dstLen;
    hdr.srcLen = r.srcLen;
    fibRulePutDscp(w, hdr, r.dscp, r.dscpFull ? r.dscpMask : 0, r.dscpFull);
    if (r.dstLen !== 0) w.putIn6Addr(FRA_DST, r.dst);
    if (r.srcLen !== 0) w.putIn6Addr(FRA_SRC, r.src);
    if (r.flowlabelMask !== 0) {
      w.putBe32(FRA_FLOWLABEL, r.flowlabel);
      w.putBe32(FRA_FLOWLABEL_MASK, r.flowlabelMask);
    }
  },
  flushCache: (ops) => rt6CacheFlush(ops.net.get(IPV6)),
};

/** Gives a namespace IPv6's rules: local, main (fib6_rules_net_init). @alpha */
export function fib6RulesInit(net: Net): void {
  const n6 = net.get(IPV6);
  const ops = fibRulesRegister(net, { ...FIB6_RULES, create: () => new Fib6Rule(n6) }); // datapath-ok: once a namespace
  fibDefaultRuleAdd(ops, 0, RT_TABLE_LOCAL);
  fibDefaultRuleAdd(ops, 0x7ffe, RT_TABLE_MAIN);
}

/** A flow by a VRF's device, or by one of its slaves, is one of that VRF (l3mdev_update_flow). Returns the device that binds the lookup. */
function l3mdevUpdateFlow(n6: Ipv6Net, fl: Flowi, oif: number): number {
  if (oif !== 0) {
    const dev = devGetByIndex(n6.net, oif);
    if (dev === null) return oif;
    if (fl.l3mdev === 0) fl.l3mdev = l3mdevMasterIfindex(dev);
    // The master only names the table: its slaves are the ways out.
    return (dev.privFlags & IFF_L3MDEV_MASTER) !== 0 ? 0 : oif;
  }
  return oif;
}

function lookupByRules(ops: FibRulesOps, n6: Ipv6Net, arg: Arg6, fl: Flowi, oif: number, res: Fib6Result, flags: number, lookup: Fib6TableLookup): number {
  arg.result = res;
  arg.rule = null;
  arg.lookup = lookup;
  arg.oif = l3mdevUpdateFlow(n6, fl, oif);
  const err = fibRulesLookup(ops, fl, flags, arg);
  return err === -ESRCH || err === -EAGAIN ? -ENETUNREACH : err;
}
