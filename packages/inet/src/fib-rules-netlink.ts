/** RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE for all families (ip-rule(8); errors and texts as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EAFNOSUPPORT, EEXIST, EINVAL, ENOENT, EPERM, type Kernel, type Net } from '@linnet/kernel';
import {
  NL_VALIDATE_LIBERAL, NLA_BE32, NLA_STRING, NLA_U16, NLA_U32, NLA_U64, NLA_U8, NLA_UNSPEC, type NlaPolicyTable, type NlDump, nlDumpBegin, nlmsgParse, type NlRequest, nlreqLen,
  nlSetErrMsg, nlSetErrMsgAttr, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import {
  FIB_RULE_HDR_LEN, FIB_RULE_IIF_DETACHED, FIB_RULE_OIF_DETACHED, FIB_RULE_PERMANENT, FR_ACT_GOTO, FR_ACT_UNSPEC, FRA_DPORT_MASK, FRA_DPORT_RANGE, FRA_DSCP, FRA_DSCP_MASK, FRA_DST,
  FRA_FLOW, FRA_FLOWLABEL, FRA_FLOWLABEL_MASK, FRA_FWMARK, FRA_FWMASK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO, FRA_L3MDEV, FRA_MAX, FRA_OIFNAME, FRA_PRIORITY, FRA_PROTOCOL,
  FRA_SPORT_MASK, FRA_SPORT_RANGE, FRA_SRC, FRA_SUPPRESS_IFGROUP, FRA_SUPPRESS_PREFIXLEN, FRA_TABLE, FRA_TUN_ID, FRA_UID_RANGE, FIB_RULE_UNRESOLVED, type FibRuleHdr, fibRuleHdrRead,
  fibRuleHdrWrite, IFNAMSIZ, nlaGetString, nlaGetU16, nlaGetU32, nlaGetU8, nlaLen, NLM_F_EXCL, NlWriter, RT_TABLE_COMPAT, RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE,
} from '@linnet/uapi';
import {
  FIB_RULES, type FibRule, fibRuleAttach, fibRuleInsert, type FibRulesOps, fibRuleUnlink, lookupRulesOps,
} from './fib-rules.ts';

/** Rules of the attributes of a rule's message (fib_rule_policy). */
const FRA_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: FRA_MAX,
  rules: {
    [FRA_IIFNAME]: { type: NLA_STRING, len: IFNAMSIZ - 1 },
    [FRA_OIFNAME]: { type: NLA_STRING, len: IFNAMSIZ - 1 },
    [FRA_PRIORITY]: { type: NLA_U32 },
    [FRA_FWMARK]: { type: NLA_U32 },
    [FRA_FLOW]: { type: NLA_U32 },
    [FRA_TUN_ID]: { type: NLA_U64 },
    [FRA_FWMASK]: { type: NLA_U32 },
    [FRA_TABLE]: { type: NLA_U32 },
    [FRA_SUPPRESS_PREFIXLEN]: { type: NLA_U32 },
    [FRA_SUPPRESS_IFGROUP]: { type: NLA_U32 },
    [FRA_GOTO]: { type: NLA_U32 },
    [FRA_L3MDEV]: { type: NLA_U8 },
    [FRA_UID_RANGE]: { type: NLA_UNSPEC, len: 8 },
    [FRA_PROTOCOL]: { type: NLA_U8 },
    [FRA_IP_PROTO]: { type: NLA_U8 },
    [FRA_SPORT_RANGE]: { type: NLA_UNSPEC, len: 4 },
    [FRA_DPORT_RANGE]: { type: NLA_UNSPEC, len: 4 },
    [FRA_DSCP]: { type: NLA_U8, max: 63 },
    [FRA_FLOWLABEL]: { type: NLA_BE32 },
    [FRA_FLOWLABEL_MASK]: { type: NLA_BE32 },
    [FRA_SPORT_MASK]: { type: NLA_U16 },
    [FRA_DPORT_MASK]: { type: NLA_U16 },
    [FRA_DSCP_MASK]: { type: NLA_U8, mask: 63 },
  },
});

function refuse(req: NlRequest, msg: string): number {
  nlSetErrMsg(req.extack, msg);
  return -EINVAL;
}

/** A request being read: the rule that it describes, and what it says beside that. */
class Wanted {
  readonly rule: FibRule;
  readonly hdr: FibRuleHdr;
  readonly tb: Int32Array;
  /** The request named a priority. */
  userPriority = false;
  constructor(rule: FibRule, hdr: FibRuleHdr, tb: Int32Array) {
    this.rule = rule;
    this.hdr = hdr;
    this.tb = tb;
  }
}

/** The priority of a rule that names none: before the second one of the list (fib_default_rule_pref). */
function defaultPref(ops: FibRulesOps): number {
  const second = ops.head?.next ?? null;
  return second !== null && second.pref !== 0 ? second.pref - 1 : 0;
}

function badAddr(ops: FibRulesOps, req: NlRequest, len: number, nla: number): boolean {
  return len !== 0 && (nla === 0 || len > ops.def.addrSize * 8 || nlaLen(req.view, nla) !== ops.def.addrSize);
}

interface PortRange {
  start: number;
  end: number;
  mask: number;
}

/** Reads a range of ports and its mask; a negative errno when they make no sense. */
function readPorts(req: NlRequest, tb: Int32Array, rangeType: number, maskType: number, what: string): PortRange | number {
  const range = tb[rangeType]!;
  const maskAt = tb[maskType]!;
  const out: PortRange = { start: 0, end: 0, mask: 0 };
  if (range !== 0) {
    out.start = req.view.getUint16(range + 4, true);
    out.end = req.view.getUint16(range + 6, true);
    if (out.start === 0 || out.end === 0xffff || out.start > out.end) return refuse(req, `Invalid ${what} range`);
    if (out.start === out.end) out.mask = 0xffff;
  }
  if (maskAt === 0) return out;
  const failAt = (msg: string): number => {
    nlSetErrMsgAttr(req.extack, maskAt, msg);
    return -EINVAL;
  };
  if (range === 0) return failAt('Cannot specify port mask without port value');
  if (out.start !== out.end) return failAt('Cannot specify port mask for port range');
  const mask = nlaGetU16(req.view, maskAt);
  if ((out.start & ~mask) !== 0 || mask === 0) return failAt('Invalid port mask');
  out.mask = mask;
  return out;
}

/** Reads a request's rule (fib_nl2rule). */
function readRule(ops: FibRulesOps, req: NlRequest, hdr: FibRuleHdr, tb: Int32Array): Wanted | number {
  const { view } = req;
  if (badAddr(ops, req, hdr.srcLen, tb[FRA_SRC]!)) return refuse(req, 'Invalid source address');
  if (badAddr(ops, req, hdr.dstLen, tb[FRA_DST]!)) return refuse(req, 'Invalid dst address');
  const rule = ops.def.create();
  const wanted = new Wanted(rule, hdr, tb);
  const u32 = (type: number): number => nlaGetU32(view, tb[type]!);
  const has = (type: number): boolean => tb[type] !== 0;
  if (has(FRA_PRIORITY)) {
    rule.pref = u32(FRA_PRIORITY);
    wanted.userPriority = true;
  }
  if (has(FRA_PROTOCOL)) rule.proto = nlaGetU8(view, tb[FRA_PROTOCOL]!);
  if (has(FRA_IIFNAME)) {
    rule.iifname = nlaGetString(view, tb[FRA_IIFNAME]!);
    fibRuleAttach(ops, rule, true);
  }
  if (has(FRA_OIFNAME)) {
    rule.oifname = nlaGetString(view, tb[FRA_OIFNAME]!);
    fibRuleAttach(ops, rule, false);
  }
  if (has(FRA_FWMARK)) {
    rule.mark = u32(FRA_FWMARK) | 0;
    // Old tools know no mask: they mean all bits.
    if (rule.mark !== 0) rule.markMask = -1;
  }
  if (has(FRA_FWMASK)) rule.markMask = u32(FRA_FWMASK) | 0;
  if (has(FRA_TUN_ID)) {
    rule.tunIdHigh = view.getInt32(tb[FRA_TUN_ID]! + 4);
    rule.tunIdLow = view.getInt32(tb[FRA_TUN_ID]! + 8);
  }
  if (has(FRA_L3MDEV)) {
    if (nlaGetU8(view, tb[FRA_L3MDEV]!) !== 1) return refuse(req, 'Invalid l3mdev attribute');
    rule.l3mdev = true;
  }
  rule.action = hdr.action;
  rule.flags = hdr.flags | 0;
  rule.table = has(FRA_TABLE) ? u32(FRA_TABLE) : hdr.table;
  if (has(FRA_SUPPRESS_PREFIXLEN)) rule.suppressPrefixlen = u32(FRA_SUPPRESS_PREFIXLEN) | 0;
  if (has(FRA_SUPPRESS_IFGROUP)) rule.suppressIfgroup = u32(FRA_SUPPRESS_IFGROUP) | 0;
  if (!wanted.userPriority && req.type === RTM_NEWRULE) rule.pref = defaultPref(ops);
  if (has(FRA_GOTO)) {
    if (rule.action !== FR_ACT_GOTO) return refuse(req, 'Unexpected goto');
    rule.target = u32(FRA_GOTO);
    // Backward jumps could make a circle.
    if (rule.target <= rule.pref) return refuse(req, 'Backward goto not supported');
  } else if (rule.action === FR_ACT_GOTO) {
    return refuse(req, 'Missing goto target for action goto');
  }
  if (rule.l3mdev && rule.table !== 0) return refuse(req, 'l3mdev and table are mutually exclusive');
  if (has(FRA_UID_RANGE)) {
    rule.uidStart = view.getUint32(tb[FRA_UID_RANGE]! + 4, true);
    rule.uidEnd = view.getUint32(tb[FRA_UID_RANGE]! + 8, true);
    if (rule.uidStart === 0xffffffff || rule.uidEnd === 0xffffffff || rule.uidStart > rule.uidEnd) return refuse(req, 'Invalid uid range');
    rule.uidSet = true;
  }
  if (has(FRA_IP_PROTO)) rule.ipProto = nlaGetU8(view, tb[FRA_IP_PROTO]!);
  const sport = readPorts(req, tb, FRA_SPORT_RANGE, FRA_SPORT_MASK, 'sport');
  if (typeof sport === 'number') return sport;
  rule.sportStart = sport.start;
  rule.sportEnd = sport.end;
  rule.sportMask = sport.mask;
  const dport = readPorts(req, tb, FRA_DPORT_RANGE, FRA_DPORT_MASK, 'dport');
  if (typeof dport === 'number') return dport;
  rule.dportStart = dport.start;
  rule.dportEnd = dport.end;
  rule.dportMask = dport.mask;
  return wanted;
}

/** Do two rules agree in all that is not the family's? Their flags and targets do not count. */
function sameCommon(r: FibRule, o: FibRule): boolean {
  return r.action === o.action && r.table === o.table && r.pref === o.pref && r.iifname === o.iifname && r.oifname === o.oifname && r.mark === o.mark && r.markMask === o.markMask &&
    r.suppressIfgroup === o.suppressIfgroup && r.suppressPrefixlen === o.suppressPrefixlen && r.tunIdHigh === o.tunIdHigh && r.tunIdLow === o.tunIdLow && r.l3mdev === o.l3mdev &&
    r.uidSet === o.uidSet && r.uidStart === o.uidStart && r.uidEnd === o.uidEnd && r.ipProto === o.ipProto && r.proto === o.proto &&
    r.sportStart === o.sportStart && r.sportEnd === o.sportEnd && r.sportMask === o.sportMask &&
    r.dportStart === o.dportStart && r.dportEnd === o.dportEnd && r.dportMask === o.dportMask;
}

/** Is there such a rule already? (rule_exists) What the request leaves open of the family's selectors fits any rule, as on Linux. */
function ruleExists(ops: FibRulesOps, req: NlRequest, wanted: Wanted): boolean {
  for (let r = ops.head; r !== null; r = r.next) {
    if (sameCommon(r, wanted.rule) && ops.def.compare(r, wanted.hdr, req, wanted.tb)) return true;
  }
  return false;
}

/** Does a rule answer a deletion's description? What is not given fits any. (part of rule_find) */
function answers(r: FibRule, w: FibRule, userPriority: boolean): boolean {
  if (w.action !== FR_ACT_UNSPEC && r.action !== w.action) return false;
  if (w.table !== 0 && r.table !== w.table) return false;
  if (userPriority && r.pref !== w.pref) return false;
  if (w.iifname !== '' && r.iifname !== w.iifname) return false;
  if (w.oifname !== '' && r.oifname !== w.oifname) return false;
  if (w.mark !== 0 && r.mark !== w.mark) return false;
  if (w.suppressIfgroup !== -1 && r.suppressIfgroup !== w.suppressIfgroup) return false;
  if (w.suppressPrefixlen !== -1 && r.suppressPrefixlen !== w.suppressPrefixlen) return false;
  if (w.markMask !== 0 && r.markMask !== w.markMask) return false;
  if ((w.tunIdHigh !== 0 || w.tunIdLow !== 0) && (r.tunIdHigh !== w.tunIdHigh || r.tunIdLow !== w.tunIdLow)) return false;
  if (w.l3mdev && !r.l3mdev) return false;
  if (w.uidSet && (!r.uidSet || r.uidStart !== w.uidStart || r.uidEnd !== w.uidEnd)) return false;
  if (w.ipProto !== 0 && r.ipProto !== w.ipProto) return false;
  if (w.proto !== 0 && r.proto !== w.proto) return false;
  if (w.sportEnd !== 0 && (r.sportStart !== w.sportStart || r.sportEnd !== w.sportEnd || r.sportMask !== w.sportMask)) return false;
  return w.dportEnd === 0 || (r.dportStart === w.dportStart && r.dportEnd === w.dportEnd && r.dportMask === w.dportMask);
}

/** Writes a message about a rule (fib_nl_fill_rule). Returns what `w.end()` says. */
function fillRule(ops: FibRulesOps, rule: FibRule, w: NlWriter): number {
  const off = w.reserve(FIB_RULE_HDR_LEN);
  const hdr: FibRuleHdr = {
    family: ops.def.family, dstLen: 0, srcLen: 0, tos: 0, table: rule.table < 256 ? rule.table : RT_TABLE_COMPAT, action: rule.action, flags: rule.flags,
  };
  w.putU32(FRA_TABLE, rule.table);
  w.putU32(FRA_SUPPRESS_PREFIXLEN, rule.suppressPrefixlen);
  w.putU8(FRA_PROTOCOL, rule.proto);
  if (rule.action === FR_ACT_GOTO && rule.ctarget === null) hdr.flags |= FIB_RULE_UNRESOLVED;
  if (rule.iifname !== '') {
    w.putString(FRA_IIFNAME, rule.iifname);
    if (rule.iifindex === -1) hdr.flags |= FIB_RULE_IIF_DETACHED;
  }
  if (rule.oifname !== '') {
    w.putString(FRA_OIFNAME, rule.oifname);
    if (rule.oifindex === -1) hdr.flags |= FIB_RULE_OIF_DETACHED;
  }
  if (rule.pref !== 0) w.putU32(FRA_PRIORITY, rule.pref);
  if (rule.mark !== 0) w.putU32(FRA_FWMARK, rule.mark);
  if (rule.mark !== 0 || rule.markMask !== 0) w.putU32(FRA_FWMASK, rule.markMask);
  if (rule.target !== 0) w.putU32(FRA_GOTO, rule.target);
  if (rule.tunIdHigh !== 0 || rule.tunIdLow !== 0) {
    const at = w.reserveAttr(FRA_TUN_ID, 8);
    w.view.setInt32(at, rule.tunIdHigh);
    w.view.setInt32(at + 4, rule.tunIdLow);
  }
  if (rule.l3mdev) w.putU8(FRA_L3MDEV, 1);
  if (rule.uidSet) {
    const at = w.reserveAttr(FRA_UID_RANGE, 8);
    w.view.setUint32(at, rule.uidStart, true);
    w.view.setUint32(at + 4, rule.uidEnd, true);
  }
  putPorts(w, FRA_SPORT_RANGE, FRA_SPORT_MASK, rule.sportStart, rule.sportEnd, rule.sportMask);
  putPorts(w, FRA_DPORT_RANGE, FRA_DPORT_MASK, rule.dportStart, rule.dportEnd, rule.dportMask);
  if (rule.ipProto !== 0) w.putU8(FRA_IP_PROTO, rule.ipProto);
  if (rule.suppressIfgroup !== -1) w.putU32(FRA_SUPPRESS_IFGROUP, rule.suppressIfgroup);
  ops.def.fill(rule, w, hdr);
  hdr.flags >>>= 0;
  fibRuleHdrWrite(w.view, off, hdr);
  return w.end();
}

function putPorts(w: NlWriter, rangeType: number, maskType: number, start: number, end: number, mask: number): void {
  if (end === 0) return;
  const at = w.reserveAttr(rangeType, 4);
  w.view.setUint16(at, start, true);
  w.view.setUint16(at + 2, end, true);
  if (mask !== 0) w.putU16(maskType, mask);
}

function notify(ops: FibRulesOps, type: number, rule: FibRule, req: NlRequest | null): void {
  if (!rtnlNotifyNeeded(ops.net, ops.def.nlgroup, req)) return;
  const w = new NlWriter({ capacity: 256 });
  w.begin(type, 0, req?.seq ?? 0, req?.portid ?? 0);
  if (fillRule(ops, rule, w) > 0) rtnlNotify(ops.net, w, ops.def.nlgroup, req);
}

/** Parses a request as far as both handlers need it. */
function parse(net: Net, req: NlRequest): { ops: FibRulesOps; wanted: Wanted } | number {
  if (nlreqLen(req) < FIB_RULE_HDR_LEN) return refuse(req, 'Invalid msg length');
  const hdr = fibRuleHdrRead(req.view, req.data);
  const ops = lookupRulesOps(net, hdr.family);
  if (ops === null) {
    nlSetErrMsg(req.extack, 'Rule family not supported');
    return -EAFNOSUPPORT;
  }
  const tb = new Int32Array(FRA_MAX + 1);
  const err = nlmsgParse(req, FIB_RULE_HDR_LEN, tb, FRA_POLICY, NL_VALIDATE_LIBERAL);
  if (err !== 0) {
    nlSetErrMsg(req.extack, 'Error parsing msg');
    return err;
  }
  const wanted = readRule(ops, req, hdr, tb);
  return typeof wanted === 'number' ? wanted : { ops, wanted };
}

/** Adds a rule whose selectors are complete and makes the jumps to it and from it whole. */
function link(ops: FibRulesOps, rule: FibRule): void {
  if (rule.action === FR_ACT_GOTO) {
    ops.nrGotoRules++;
    for (let r = ops.head; r !== null; r = r.next) {
      if (r.pref === rule.target) {
        rule.ctarget = r;
        break;
      }
    }
    if (rule.ctarget === null) ops.unresolvedRules++;
  }
  if (ops.unresolvedRules > 0) {
    for (let r = ops.head; r !== null; r = r.next) {
      if (r.action === FR_ACT_GOTO && r.target === rule.pref && r.ctarget === null) {
        r.ctarget = rule;
        ops.unresolvedRules--;
      }
    }
  }
  fibRuleInsert(ops, rule);
}

/** Takes a rule out and mends the jumps to it. */
function unlink(ops: FibRulesOps, rule: FibRule): void {
  const next = rule.next;
  fibRuleUnlink(ops, rule);
  if (rule.action === FR_ACT_GOTO) {
    ops.nrGotoRules--;
    if (rule.ctarget === null) ops.unresolvedRules--;
  }
  if (ops.nrGotoRules === 0) return;
  // Another rule of the same priority takes over.
  const heir = next !== null && next.pref === rule.pref ? next : null;
  for (let r = ops.head; r !== null; r = r.next) {
    if (r.ctarget !== rule) continue;
    r.ctarget = heir;
    if (heir === null) ops.unresolvedRules++;
  }
}

function newRule(net: Net, req: NlRequest): number {
  const parsed = parse(net, req);
  if (typeof parsed === 'number') return parsed;
  const { ops, wanted } = parsed;
  const { rule } = wanted;
  const err = ops.def.configure(ops, rule, req, wanted.hdr, wanted.tb);
  if (err < 0) return err;
  if ((req.flags & NLM_F_EXCL) !== 0 && ruleExists(ops, req, wanted)) return -EEXIST;
  link(ops, rule);
  notify(ops, RTM_NEWRULE, rule, req);
  ops.def.flushCache(ops);
  return 0;
}

function delRule(net: Net, req: NlRequest): number {
  const parsed = parse(net, req);
  if (typeof parsed === 'number') return parsed;
  const { ops, wanted } = parsed;
  let rule = ops.head;
  while (rule !== null && !(answers(rule, wanted.rule, wanted.userPriority) && ops.def.compare(rule, wanted.hdr, req, wanted.tb))) rule = rule.next;
  if (rule === null) return -ENOENT;
  if ((rule.flags & FIB_RULE_PERMANENT) !== 0) return -EPERM;
  const err = ops.def.delete === undefined ? 0 : ops.def.delete(ops, rule);
  if (err < 0) return err;
  unlink(ops, rule);
  notify(ops, RTM_DELRULE, rule, req);
  ops.def.flushCache(ops);
  return 0;
}

/** A dump takes no filter (fib_valid_dumprule_req). */
function strictDump(req: NlRequest): number {
  if (nlreqLen(req) < FIB_RULE_HDR_LEN) return refuse(req, 'Invalid header for fib rule dump request');
  const h = fibRuleHdrRead(req.view, req.data);
  const reserved = req.view.getUint16(req.data + 5, true);
  if (h.dstLen !== 0 || h.srcLen !== 0 || h.tos !== 0 || h.table !== 0 || reserved !== 0 || h.action !== 0 || h.flags !== 0) {
    return refuse(req, 'Invalid values in header for fib rule dump request');
  }
  return nlreqLen(req) > FIB_RULE_HDR_LEN ? refuse(req, 'Invalid data after header in fib rule dump request') : 0;
}

function dumpRules(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (req.strict) {
    const err = strictDump(req);
    if (err !== 0) return err;
  }
  let list = net.get(FIB_RULES);
  if (req.family !== 0) {
    const ops = lookupRulesOps(net, req.family);
    if (ops === null) return -EAFNOSUPPORT;
    list = [ops];
  }
  const items: { ops: FibRulesOps; rule: FibRule }[] = [];
  for (const ops of list) for (let rule = ops.head; rule !== null; rule = rule.next) items.push({ ops, rule });
  return rtnlDump(items, w, cb, ({ ops, rule }) => {
    nlDumpBegin(w, cb, RTM_NEWRULE);
    return fillRule(ops, rule, w);
  });
}

/** Registers the messages about rules. */
export function fibRulesNetlinkInit(k: Kernel): void {
  rtnlRegister(k, 0, RTM_NEWRULE, { doit: newRule });
  rtnlRegister(k, 0, RTM_DELRULE, { doit: delRule });
  rtnlRegister(k, 0, RTM_GETRULE, { dumpit: dumpRules });
}

/** What a DSCP selector of a request says; `full`: given by FRA_DSCP, not by the old TOS field. @alpha */
export interface FibRuleDscp {
  dscp: number;
  mask: number;
  full: boolean;
}

/**
 * Reads TOS or FRA_DSCP with its mask, for a family's `configure` (fib_nl2rule_dscp and its mask). `dscp` and `mask` are six bits. Negative errno: refused.
 * @alpha
 */
export function fibNl2RuleDscp(req: NlRequest, hdr: FibRuleHdr, tb: Int32Array): FibRuleDscp | number {
  if ((hdr.tos & 3) !== 0) return refuse(req, 'Invalid dsfield (tos): ECN bits must be 0');
  const out: FibRuleDscp = { dscp: hdr.tos >> 2, mask: 0, full: false };
  const at = tb[FRA_DSCP]!;
  if (at === 0) return out;
  if (hdr.tos !== 0) return refuse(req, 'Cannot specify both TOS and DSCP');
  out.dscp = nlaGetU8(req.view, at);
  out.mask = 0x3f;
  out.full = true;
  const maskAt = tb[FRA_DSCP_MASK]!;
  if (maskAt === 0) return out;
  out.mask = nlaGetU8(req.view, maskAt);
  if ((out.dscp & ~out.mask) !== 0) {
    nlSetErrMsgAttr(req.extack, maskAt, 'Invalid DSCP mask');
    return -EINVAL;
  }
  return out;
}

/** Writes the DSCP selector of a rule, for a family's `fill`. @alpha */
export function fibRulePutDscp(w: NlWriter, hdr: FibRuleHdr, dscp: number, mask: number, full: boolean): void {
  if (!full) {
    hdr.tos = dscp << 2;
    return;
  }
  w.putU8(FRA_DSCP, dscp);
  w.putU8(FRA_DSCP_MASK, mask);
}

/** Compares the DSCP selector of a rule with a request's, for a family's `compare`; what the request leaves open fits any. @alpha */
export function fibRuleDscpAnswers(req: NlRequest, hdr: FibRuleHdr, tb: Int32Array, dscp: number, mask: number, full: boolean): boolean {
  if (hdr.tos !== 0 && (full || dscp << 2 !== hdr.tos)) return false;
  if (tb[FRA_DSCP] !== 0 && (!full || dscp !== nlaGetU8(req.view, tb[FRA_DSCP]!))) return false;
  return tb[FRA_DSCP_MASK] === 0 || mask === nlaGetU8(req.view, tb[FRA_DSCP_MASK]!);
}
