/** Policy rules: `ip rule`. */
import {
  AF_INET, AF_INET6, FIB_RULE_HDR_LEN, FIB_RULE_INVERT, fibRuleHdrRead, fibRuleHdrWrite, FR_ACT_BLACKHOLE, FR_ACT_GOTO, FR_ACT_NOP, FR_ACT_PROHIBIT, FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, FR_ACT_UNSPEC,
  NLM_F_CREATE, NLM_F_EXCL, RT_TABLE_UNSPEC, RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE, RULE_ATTRS,
} from '@linnet/uapi';
import type { NetlinkAnswer, NetlinkClient } from '../netlink/client.ts';
import { PROTOCOLS, TABLES } from './route-names.ts';
import { badArgument, bytesAttr, defined, familyArg, type Keys, nameOf, numberAttr, numberOf, onlyKeys, type Prefix, prefixOf, stringAttr } from './values.ts';

/**
 * A rule, as it is written and as it is read: `{ priority: 100, from: '10.0.0.0/8', table: 100 }`.
 * @public
 */
export interface Rule {
  /** Smaller ones are asked first. Absent: the kernel chooses one in front of all others but the first. */
  readonly priority?: number | undefined;
  /** A prefix; absent: from anywhere. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly iif?: string | undefined;
  readonly oif?: string | undefined;
  readonly fwmark?: number | undefined;
  readonly fwmask?: number | undefined;
  readonly tos?: number | undefined;
  /** For packets that none of the above holds for. */
  readonly invert?: boolean | undefined;
  readonly ipproto?: number | undefined;
  /** A port, or the first and last of a range. */
  readonly sport?: number | readonly [number, number] | undefined;
  readonly dport?: number | readonly [number, number] | undefined;
  readonly uidrange?: readonly [number, number] | undefined;
  readonly l3mdev?: boolean | undefined;
  /** What to do: 'lookup' (default), 'goto', 'nop', 'blackhole', 'unreachable', 'prohibit'. */
  readonly action?: string | undefined;
  /** 'main', 'local', 'default', or a number. */
  readonly table?: string | number | undefined;
  /** The priority to go on at. */
  readonly goto?: number | undefined;
  /** Do not take routes whose prefix is no longer than this. */
  readonly suppressPrefixlength?: number | undefined;
  readonly suppressIfgroup?: number | undefined;
  readonly protocol?: string | number | undefined;
  /** AF_INET, AF_INET6; by default that of `from` or `to`, else AF_INET. */
  readonly family?: number | undefined;
}

const ACTIONS: Readonly<Record<string, number>> = {
  unspec: FR_ACT_UNSPEC, lookup: FR_ACT_TO_TBL, goto: FR_ACT_GOTO, nop: FR_ACT_NOP, blackhole: FR_ACT_BLACKHOLE, unreachable: FR_ACT_UNREACHABLE, prohibit: FR_ACT_PROHIBIT,
};
const NONE = 0xffffffff;
const KEYS: Keys<Rule> = {
  priority: true, from: true, to: true, iif: true, oif: true, fwmark: true, fwmask: true, tos: true, invert: true, ipproto: true, sport: true, dport: true, uidrange: true, l3mdev: true, action: true,
  table: true, goto: true, suppressPrefixlength: true, suppressIfgroup: true, protocol: true, family: true,
};
const FILTER: Keys<{ family: 0 }> = { family: true };

function header(family: number, dstLen: number = 0, srcLen: number = 0, tos: number = 0, table: number = 0, action: number = 0, flags: number = 0): Uint8Array {
  const out = new Uint8Array(FIB_RULE_HDR_LEN);
  fibRuleHdrWrite(new DataView(out.buffer), 0, { family, dstLen, srcLen, tos, table, action, flags });
  return out;
}

function pair(name: string, value: number | readonly [number, number] | undefined, bytes: 2 | 4): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const [low, high] = typeof value === 'number' ? [value, value] : value;
  if (!(low >= 0 && low <= high)) throw badArgument(name, `${low}-${high}`);
  const out = new Uint8Array(bytes * 2);
  const view = new DataView(out.buffer);
  if (bytes === 2) {
    view.setUint16(0, low, true);
    view.setUint16(2, high, true);
  } else {
    view.setUint32(0, low, true);
    view.setUint32(4, high, true);
  }
  return out;
}

function unpair(bytes: Uint8Array | undefined): readonly [number, number] | undefined {
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return [view.getUint16(0, true), view.getUint16(2, true)];
  return bytes.length === 8 ? [view.getUint32(0, true), view.getUint32(4, true)] : undefined;
}

/**
 * Rules of a namespace: `ip rule`. Errors are {@link NetlinkError}s: EEXIST, ENOENT (no such rule), EINVAL, EOPNOTSUPP (the machine has none for that family).
 * @public
 */
export class RuleApi {
  private readonly rtnl: NetlinkClient;

  /** @internal */
  constructor(rtnl: NetlinkClient) {
    this.rtnl = rtnl;
  }

  /** The rules in the order in which they are asked, of IPv4 unless a family is given. */
  list(filter: { readonly family?: number | undefined } = {}): Rule[] {
    onlyKeys(filter, FILTER);
    const family = familyArg(filter.family ?? AF_INET);
    return this.rtnl.dump({ type: RTM_GETRULE, name: 'RTM_GETRULE', what: '', header: header(family), table: RULE_ATTRS }).map(ruleOf);
  }

  /** Adds a rule. Throws EEXIST for one that is there. */
  add(rule: Rule): void {
    this.send(RTM_NEWRULE, 'RTM_NEWRULE', rule, NLM_F_CREATE | NLM_F_EXCL);
  }

  /** Removes the first rule that fits; what is not given fits all. */
  del(rule: Rule): void {
    this.send(RTM_DELRULE, 'RTM_DELRULE', rule, 0);
  }

  private send(type: number, name: string, rule: Rule, flags: number): void {
    onlyKeys(rule, KEYS);
    const from = part('from', rule.from);
    const to = part('to', rule.to);
    const family = familyArg(rule.family ?? from?.family ?? to?.family ?? AF_INET);
    if ((from !== null && from.family !== family) || (to !== null && to.family !== family)) throw badArgument('family', family);
    const fallback = rule.goto !== undefined ? 'goto' : rule.table !== undefined || rule.l3mdev === true || type === RTM_NEWRULE ? 'lookup' : 'unspec';
    const action = numberOf('action', rule.action ?? fallback, ACTIONS);
    const table = rule.table === undefined ? (type === RTM_NEWRULE && action === FR_ACT_TO_TBL && rule.l3mdev !== true ? TABLES['main']! : 0) : numberOf('table', rule.table, TABLES);
    this.rtnl.do({
      type, name, what: rule.priority === undefined ? (rule.from ?? rule.to ?? '') : `priority ${rule.priority}`, flags, table: RULE_ATTRS,
      header: header(family, to?.length ?? 0, from?.length ?? 0, rule.tos ?? 0, table < 256 ? table : RT_TABLE_UNSPEC, action, rule.invert === true ? FIB_RULE_INVERT : 0),
      attrs: defined({
        FRA_PRIORITY: rule.priority, FRA_SRC: from?.address, FRA_DST: to?.address, FRA_IIFNAME: rule.iif, FRA_OIFNAME: rule.oif, FRA_FWMARK: rule.fwmark,
        FRA_FWMASK: rule.fwmask, FRA_IP_PROTO: rule.ipproto, FRA_SPORT_RANGE: pair('sport', rule.sport, 2), FRA_DPORT_RANGE: pair('dport', rule.dport, 2),
        FRA_UID_RANGE: pair('uidrange', rule.uidrange, 4), FRA_L3MDEV: rule.l3mdev === true ? 1 : undefined, FRA_TABLE: table === 0 ? undefined : table, FRA_GOTO: rule.goto,
        FRA_SUPPRESS_PREFIXLEN: rule.suppressPrefixlength, FRA_SUPPRESS_IFGROUP: rule.suppressIfgroup,
        FRA_PROTOCOL: rule.protocol === undefined ? undefined : numberOf('protocol', rule.protocol, PROTOCOLS),
      }),
    });
  }
}

/** 'all', or nothing, is no prefix at all. */
function part(name: string, text: string | undefined): Prefix | null {
  return text === undefined || text === 'all' ? null : prefixOf(name, text);
}

/** A message as a value. */
export function ruleOf(m: NetlinkAnswer): Rule {
  const h = fibRuleHdrRead(m.header, 0);
  const a = m.attrs;
  const max = h.family === AF_INET6 ? 128 : 32;
  const prefix = (address: string | undefined, len: number): string | undefined => (address === undefined ? undefined : len === max ? address : `${address}/${len}`);
  const port = (range: readonly [number, number] | undefined): number | readonly [number, number] | undefined => (range !== undefined && range[0] === range[1] ? range[0] : range);
  const kept = (name: string): number | undefined => {
    const n = numberAttr(a, name);
    return n === NONE ? undefined : n;
  };
  const table = numberAttr(a, 'FRA_TABLE') ?? h.table;
  const given = {
    priority: numberAttr(a, 'FRA_PRIORITY') ?? 0,
    from: prefix(stringAttr(a, 'FRA_SRC'), h.srcLen), to: prefix(stringAttr(a, 'FRA_DST'), h.dstLen), iif: stringAttr(a, 'FRA_IIFNAME'), oif: stringAttr(a, 'FRA_OIFNAME'),
    fwmark: numberAttr(a, 'FRA_FWMARK'), fwmask: kept('FRA_FWMASK'), tos: h.tos === 0 ? undefined : h.tos, invert: (h.flags & FIB_RULE_INVERT) !== 0 ? true : undefined,
    ipproto: numberAttr(a, 'FRA_IP_PROTO'), sport: port(unpair(bytesAttr(a, 'FRA_SPORT_RANGE'))), dport: port(unpair(bytesAttr(a, 'FRA_DPORT_RANGE'))),
    uidrange: unpair(bytesAttr(a, 'FRA_UID_RANGE')), l3mdev: numberAttr(a, 'FRA_L3MDEV') === 1 ? true : undefined,
    action: nameOf(h.action, ACTIONS), table: table === 0 ? undefined : nameOf(table, TABLES), goto: numberAttr(a, 'FRA_GOTO'),
    suppressPrefixlength: kept('FRA_SUPPRESS_PREFIXLEN'), suppressIfgroup: kept('FRA_SUPPRESS_IFGROUP'), protocol: nameOf(numberAttr(a, 'FRA_PROTOCOL') ?? 0, PROTOCOLS), family: h.family,
  };
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) out[name] = value;
  return out as Rule;
}
