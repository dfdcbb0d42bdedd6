/**
 * Policy routing: the list of rules that says which table a flow is looked up in (fib_rules.c, ip-rule(8)). Each address family has a list of its own;
 * what the rules of all families have in common is here.
 */
import { defineKey, EACCES, EAGAIN, EINVAL, ENETUNREACH, ESRCH, type Key, type Net } from '@linnet/kernel';
import {
  devGetByIndex, devGetByName, IFF_L3MDEV_MASTER, NETDEV_CHANGENAME, NETDEV_REGISTER, NETDEV_UNREGISTER, type NetDevice,
} from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import { FIB_RULE_INVERT, FR_ACT_GOTO, FR_ACT_NOP, FR_ACT_PROHIBIT, FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, type FibRuleHdr, type NlWriter, RTPROT_KERNEL } from '@linnet/uapi';
import type { Flowi } from './flowi.ts';

/** A rule (struct fib_rule). Families add their selectors by extending it. @alpha */
export class FibRule {
  /** The next rule in order of priority. */
  next: FibRule | null = null;
  /** Priority: lower ones are asked first. */
  pref = 0;
  /** FR_ACT_*. */
  action = 0;
  /** FIB_RULE_INVERT and what user space stored beside it. */
  flags = 0;
  /** Table to look into; with `l3mdev` that of the flow's VRF instead. */
  table = 0;
  l3mdev = false;
  /** RTPROT_*: who made the rule. */
  proto = 0;
  /** Names of the interfaces, or empty; the numbers are -1 while no device has that name, 0 without a name. */
  iifname = '';
  oifname = '';
  iifindex = 0;
  oifindex = 0;
  /** The interface named is a layer 3 master: whatever comes through it counts. */
  iifIsL3Master = false;
  oifIsL3Master = false;
  mark = 0;
  markMask = 0;
  tunIdHigh = 0;
  tunIdLow = 0;
  /** Action goto: the priority to go to, and the rule that has it, or null while there is none. */
  target = 0;
  ctarget: FibRule | null = null;
  /** The answer does not count when its prefix is no longer than this; -1: any counts. */
  suppressPrefixlen: number = -1;
  /** The answer does not count when its device is of this group; -1: any counts. */
  suppressIfgroup: number = -1;
  uidSet = false;
  uidStart = 0;
  uidEnd = 0;
  ipProto = 0;
  /** Ports from `start` to `end`, both 0: any; of a single port only the bits of `mask` count. */
  sportStart = 0;
  sportEnd = 0;
  sportMask = 0;
  dportStart = 0;
  dportEnd = 0;
  dportMask = 0;
}

/** What a lookup by rules carries for its family, and where it says which rule answered (struct fib_lookup_arg). @alpha */
export class FibLookupArg {
  /** The family's answer; it knows what this is. */
  result: object | null = null;
  /** The rule that gave the answer. */
  rule: FibRule | null = null;
  /** The table of the flow's VRF: set for rules with `l3mdev`. */
  table = 0;
  /** The family's flags. */
  flags = 0;
}

/** What one address family does with its rules (struct fib_rules_ops). @alpha */
export interface FibRulesFamily {
  /** AF_*, or RTNL_FAMILY_*. */
  readonly family: number;
  /** Bytes of an address: FRA_SRC and FRA_DST must have this length. */
  readonly addrSize: number;
  /** RTNLGRP_* that hears of changes. */
  readonly nlgroup: number;
  /** A rule without selectors. */
  create(): FibRule;
  /** Does the flow fit the family's own selectors? Hot: no allocation. */
  match(rule: FibRule, fl: Flowi, flags: number): boolean;
  /**
   * Looks the flow up in the table that a rule names: 0 with an answer in `arg.result`, -EAGAIN to go on with the next rule, another errno as the answer. The table is
   * {@link fibRuleGetTable}. Hot: no allocation.
   */
  lookup(rule: FibRule, fl: Flowi, flags: number, arg: FibLookupArg): number;
  /** Is the answer one that the rule does not let count? (suppress_prefixlength, suppress_ifgroup) */
  suppress?(rule: FibRule, flags: number, arg: FibLookupArg): boolean;
  /** Reads the family's selectors of a new rule; 0 or a negative errno, saying why in the request's extack. Attributes by `tb[FRA_*]`. */
  configure(ops: FibRulesOps, rule: FibRule, req: NlRequest, hdr: FibRuleHdr, tb: Int32Array): number;
  /** A rule is about to go; a negative errno keeps it. */
  delete?(ops: FibRulesOps, rule: FibRule): number;
  /** Has the rule the family's selectors that the request names? Those that it does not name fit any. */
  compare(rule: FibRule, hdr: FibRuleHdr, req: NlRequest, tb: Int32Array): boolean;
  /** Writes the family's attributes, and `srcLen`, `dstLen` and `tos` of the header. */
  fill(rule: FibRule, w: NlWriter, hdr: FibRuleHdr): void;
  /** Cached routes are stale: the rules changed. */
  flushCache(ops: FibRulesOps): void;
}

/** The rules of one family in one namespace (struct fib_rules_ops). @alpha */
export class FibRulesOps {
  readonly net: Net;
  readonly def: FibRulesFamily;
  /** The first rule. */
  head: FibRule | null = null;
  /** Rules with action goto, and those whose target is missing. */
  nrGotoRules = 0;
  unresolvedRules = 0;
  /** Counts changes. */
  rulesSeq = 0;
  constructor(net: Net, def: FibRulesFamily) {
    this.net = net;
    this.def = def;
  }
}

/** The rules of a namespace, one list a family, in order of registration. It ends with the namespace. */
export const FIB_RULES: Key<FibRulesOps[]> = defineKey<FibRulesOps[]>('fib rules');

/** Gives a family an empty list of rules in a namespace (fib_rules_register). Throws when it has one. @alpha */
export function fibRulesRegister(net: Net, def: FibRulesFamily): FibRulesOps {
  const list = net.get(FIB_RULES);
  if (list.some((o) => o.def.family === def.family)) throw new Error(`fib rules: family ${def.family} is registered twice`);
  const ops = new FibRulesOps(net, def);
  list.push(ops);
  return ops;
}

/** The rules of a family, or null when it has none (lookup_rules_ops). */
export function lookupRulesOps(net: Net, family: number): FibRulesOps | null {
  return net.get(FIB_RULES).find((o) => o.def.family === family) ?? null;
}

/** Puts a rule behind those of the same and lower priority numbers. */
export function fibRuleInsert(ops: FibRulesOps, rule: FibRule): void {
  let prev: FibRule | null = null;
  for (let r = ops.head; r !== null && r.pref <= rule.pref; r = r.next) prev = r;
  if (prev === null) {
    rule.next = ops.head;
    ops.head = rule;
  } else {
    rule.next = prev.next;
    prev.next = rule;
  }
  ops.rulesSeq++;
}

/** Takes a rule out of the list. */
export function fibRuleUnlink(ops: FibRulesOps, rule: FibRule): void {
  if (ops.head === rule) {
    ops.head = rule.next;
  } else {
    let prev = ops.head;
    while (prev !== null && prev.next !== rule) prev = prev.next;
    if (prev !== null) prev.next = rule.next;
  }
  ops.rulesSeq++;
}

/** Adds a rule of the stack itself, which looks into `table` (fib_default_rule_add). @alpha */
export function fibDefaultRuleAdd(ops: FibRulesOps, pref: number, table: number): FibRule {
  const rule = ops.def.create();
  rule.action = FR_ACT_TO_TBL;
  rule.pref = pref;
  rule.table = table;
  rule.proto = RTPROT_KERNEL;
  fibRuleInsert(ops, rule);
  return rule;
}

/** The table that a rule means for the flow at hand (fib_rule_get_table). @alpha */
export function fibRuleGetTable(rule: FibRule, arg: FibLookupArg): number {
  return rule.l3mdev ? arg.table : rule.table;
}

/** Does a port fit a range? */
function portInRange(port: number, start: number, end: number, mask: number): boolean {
  return start === end ? ((port ^ start) & mask) === 0 : port >= start && port <= end;
}

/** Does a flow fit the ports of a rule? For the families' `match` (fib_rule_port_match). @alpha */
export function fibRulePortsMatch(rule: FibRule, fl: Flowi): boolean {
  if (rule.sportEnd !== 0 && !portInRange(fl.sport, rule.sportStart, rule.sportEnd, rule.sportMask)) return false;
  return rule.dportEnd === 0 || portInRange(fl.dport, rule.dportStart, rule.dportEnd, rule.dportMask);
}

/** A flow over a VRF is to be looked up in the table of that VRF (l3mdev_fib_rule_match). */
function l3mdevMatch(ops: FibRulesOps, fl: Flowi, arg: FibLookupArg): boolean {
  if (fl.l3mdev === 0) return false;
  const dev = devGetByIndex(ops.net, fl.l3mdev);
  if (dev === null || (dev.privFlags & IFF_L3MDEV_MASTER) === 0 || dev.l3mdevOps === null) return false;
  arg.table = dev.l3mdevOps.fibTable(dev);
  return true;
}

/** Is the flow one of those that the rule means? (fib_rule_match) */
function ruleMatch(ops: FibRulesOps, rule: FibRule, fl: Flowi, flags: number, arg: FibLookupArg): boolean {
  let fits = true;
  if (rule.iifindex !== 0 && rule.iifindex !== fl.iif && !(rule.iifIsL3Master && rule.iifindex === fl.l3mdev)) fits = false;
  else if (rule.oifindex !== 0 && rule.oifindex !== fl.oif && !(rule.oifIsL3Master && rule.oifindex === fl.l3mdev)) fits = false;
  else if (((rule.mark ^ fl.mark) & rule.markMask) !== 0) fits = false;
  else if ((rule.tunIdHigh !== 0 || rule.tunIdLow !== 0) && (rule.tunIdHigh !== fl.tunIdHigh || rule.tunIdLow !== fl.tunIdLow)) fits = false;
  else if (rule.l3mdev && !l3mdevMatch(ops, fl, arg)) fits = false;
  else if (rule.uidSet && ((fl.uid >>> 0) < rule.uidStart || (fl.uid >>> 0) > rule.uidEnd)) fits = false;
  else fits = ops.def.match(rule, fl, flags);
  return (rule.flags & FIB_RULE_INVERT) !== 0 ? !fits : fits;
}

/** What a rule says that names no table. */
function refusal(rule: FibRule): number {
  if (rule.action === FR_ACT_UNREACHABLE) return -ENETUNREACH;
  return rule.action === FR_ACT_PROHIBIT ? -EACCES : -EINVAL;
}

/**
 * Asks the rules in order until one gives an answer (fib_rules_lookup): 0 with `arg.result` and `arg.rule`, the errno of the rule's action or of its table,
 * or -ESRCH when no rule had an answer. Allocates nothing.
 * @alpha
 */
export function fibRulesLookup(ops: FibRulesOps, fl: Flowi, flags: number, arg: FibLookupArg): number {
  const def = ops.def;
  for (let rule = ops.head; rule !== null; ) {
    if (!ruleMatch(ops, rule, fl, flags, arg)) {
      rule = rule.next;
      continue;
    }
    if (rule.action === FR_ACT_GOTO) {
      // Targets are always further down, so this ends.
      rule = rule.ctarget !== null ? rule.ctarget : rule.next;
      continue;
    }
    if (rule.action === FR_ACT_NOP) {
      rule = rule.next;
      continue;
    }
    const err = rule.action === FR_ACT_TO_TBL ? def.lookup(rule, fl, flags, arg) : refusal(rule);
    if (err !== -EAGAIN && !(err === 0 && def.suppress !== undefined && def.suppress(rule, flags, arg))) {
      arg.rule = rule;
      return err;
    }
    rule = rule.next;
  }
  return -ESRCH;
}

/** Finds the device of a rule's name: its number, or -1. */
export function fibRuleAttach(ops: FibRulesOps, rule: FibRule, incoming: boolean): void {
  const dev = devGetByName(ops.net, incoming ? rule.iifname : rule.oifname);
  setDev(rule, incoming, dev);
}

function setDev(rule: FibRule, incoming: boolean, dev: NetDevice | null): void {
  const index = dev === null ? -1 : dev.ifindex;
  const master = dev !== null && (dev.privFlags & IFF_L3MDEV_MASTER) !== 0;
  if (incoming) {
    rule.iifindex = index;
    rule.iifIsL3Master = master;
  } else {
    rule.oifindex = index;
    rule.oifIsL3Master = master;
  }
}

function attachRules(ops: FibRulesOps, dev: NetDevice): void {
  for (let r = ops.head; r !== null; r = r.next) {
    if (r.iifindex === -1 && r.iifname === dev.name) setDev(r, true, dev);
    if (r.oifindex === -1 && r.oifname === dev.name) setDev(r, false, dev);
  }
}

function detachRules(ops: FibRulesOps, dev: NetDevice): void {
  for (let r = ops.head; r !== null; r = r.next) {
    if (r.iifindex === dev.ifindex) setDev(r, true, null);
    if (r.oifindex === dev.ifindex) setDev(r, false, null);
  }
}

/** Devices come, go and change their names: the rules that name them know (fib_rules_event). */
export function fibRulesEvent(event: number, dev: NetDevice): void {
  const list = dev.net.tryGet(FIB_RULES);
  if (list === null) return;
  for (const ops of list) {
    if (event === NETDEV_REGISTER) {
      attachRules(ops, dev);
    } else if (event === NETDEV_CHANGENAME) {
      detachRules(ops, dev);
      attachRules(ops, dev);
    } else if (event === NETDEV_UNREGISTER) {
      detachRules(ops, dev);
    }
  }
}
