/** `ip rule`. */
import {
  FRA_DPORT_RANGE, FRA_DST, FRA_FLOW, FRA_FWMARK, FRA_FWMASK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO, FRA_L3MDEV, FRA_OIFNAME, FRA_PRIORITY, FRA_PROTOCOL, FRA_SPORT_RANGE, FRA_SRC, FRA_SUPPRESS_IFGROUP,
  FRA_SUPPRESS_PREFIXLEN, FRA_TABLE, FRA_TUN_ID, FRA_UID_RANGE, NLM_F_CREATE, NLM_F_EXCL, RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE,
} from '@linnet/uapi';
import { attrMap, AttrWriter, type Attrs, type NlMsg, s32, text, u32, u64, u8 } from '../netlink.ts';
import { addrText, AF_INET, getPrefix, hostBits, invarg, number, type Prefix, samePrefix, ToolExit, type Words } from '../words.ts';
import type { Ip } from './context.ts';
import { dsfieldName, dsfieldNumber, groupName, groupNumber, ipProtoName, ipProtoNumber, protoName, protoNumber, tableName, tableNumber, typeName, typeNumber } from './names.ts';

const TO_TABLE = 1;
const GOTO = 2;
const NOP = 3;
const INVERT = 2;
const UNRESOLVED = 4;
const IIF_DETACHED = 8;
const OIF_DETACHED = 16;

interface RuleMsg {
  readonly family: number;
  readonly dstLen: number;
  readonly srcLen: number;
  readonly tos: number;
  readonly table: number;
  readonly action: number;
  readonly flags: number;
  readonly attrs: Attrs;
  readonly msg: NlMsg;
}

function ruleMsg(m: NlMsg): RuleMsg {
  const b = m.body;
  const attrs = attrMap(b, 12);
  return { family: b[0]!, dstLen: b[1]!, srcLen: b[2]!, tos: b[3]!, table: u32(attrs, FRA_TABLE) ?? b[4]!, action: b[7]!, flags: new DataView(b.buffer, b.byteOffset, b.byteLength).getUint32(8, true), attrs, msg: m };
}

const hex = (n: number): string => `0x${n.toString(16)}`;
const pair = (b: Uint8Array, width: 2 | 4): [number, number] => {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  return width === 2 ? [v.getUint16(0, true), v.getUint16(2, true)] : [v.getUint32(0, true), v.getUint32(4, true)];
};

/** One rule with the end of its line. */
function show(ip: Ip, r: RuleMsg, deleted: boolean = false): void {
  const { out, opt } = ip;
  const a = r.attrs;
  const host = hostBits(r.family);
  out.open('{');
  if (deleted) out.p('deleted', true, 'Deleted ');
  const pref = u32(a, FRA_PRIORITY) ?? 0;
  out.p('priority', pref, `${pref}:\t`);
  if ((r.flags & INVERT) !== 0) out.p('not', null, 'not ');
  const put = (key: string, b: Uint8Array | undefined, len: number, word: string): boolean => {
    if (b !== undefined) {
      const s = addrText(b);
      out.p(key, s, `${word} ${s}${len !== host ? `/${len}` : ''} `);
      if (len !== host) out.j(`${key}len`, len);
    } else if (len > 0) {
      out.p(key, '0', `${word} 0/${len} `);
      out.j(`${key}len`, len);
    } else {
      return false;
    }
    return true;
  };
  if (!put('src', a.get(FRA_SRC), r.srcLen, 'from')) out.p('src', 'all', 'from all ');
  put('dst', a.get(FRA_DST), r.dstLen, 'to');
  if (r.tos !== 0) out.p('tos', dsfieldName(r.tos), `tos ${dsfieldName(r.tos)} `);
  const mark = u32(a, FRA_FWMARK);
  const mask = u32(a, FRA_FWMASK) ?? 0xffffffff;
  if (mark !== undefined || a.has(FRA_FWMASK)) {
    out.p('fwmark', hex(mark ?? 0), `fwmark ${hex(mark ?? 0)}`);
    if (mask !== 0xffffffff) out.p('fwmask', hex(mask), `/${hex(mask)}`);
    out.t(' ');
  }
  for (const [type, word, bit] of [[FRA_IIFNAME, 'iif', IIF_DETACHED], [FRA_OIFNAME, 'oif', OIF_DETACHED]] as const) {
    const name = text(a, type);
    if (name === undefined) continue;
    out.p(word, name, `${word} ${name} `);
    if ((r.flags & bit) !== 0) out.p(`${word}_detached`, null, '[detached] ');
  }
  const l3 = (u8(a, FRA_L3MDEV) ?? 0) !== 0;
  if (l3) out.p('l3mdev', null, 'lookup [l3mdev-table] ');
  const uid = a.get(FRA_UID_RANGE);
  if (uid !== undefined) {
    const [from, to] = pair(uid, 4);
    out.p('uid_start', from, `uidrange ${from}`);
    out.p('uid_end', to, `-${to} `);
  }
  const proto = u8(a, FRA_IP_PROTO);
  if (proto !== undefined) out.p('ipproto', ipProtoName(proto), `ipproto ${ipProtoName(proto)} `);
  for (const [type, word] of [[FRA_SPORT_RANGE, 'sport'], [FRA_DPORT_RANGE, 'dport']] as const) {
    const b = a.get(type);
    if (b === undefined) continue;
    const [from, to] = pair(b, 2);
    if (from === to) {
      out.p(word, from, `${word} ${from} `);
    } else {
      out.p(`${word}_start`, from, `${word} ${from}`);
      out.p(`${word}_end`, to, `-${to} `);
    }
  }
  const tun = u64(a, FRA_TUN_ID);
  if (tun !== undefined) {
    let n = 0n;
    const b = a.get(FRA_TUN_ID)!;
    for (const x of b) n = (n << 8n) | BigInt(x);
    out.p('tun_id', n, `tun_id ${n} `);
  }
  if (r.table !== 0 && r.action === TO_TABLE && !l3) out.p('table', tableName(r.table), `lookup ${tableName(r.table)} `);
  if (r.table !== 0 || l3) {
    const len = s32(a, FRA_SUPPRESS_PREFIXLEN);
    if (len !== undefined && len !== -1) out.p('suppress_prefixlen', len, `suppress_prefixlength ${len} `);
    const group = s32(a, FRA_SUPPRESS_IFGROUP);
    if (group !== undefined && group !== -1) out.p('suppress_ifgroup', groupName(group), `suppress_ifgroup ${groupName(group)} `);
  }
  const flow = u32(a, FRA_FLOW);
  if (flow !== undefined && flow !== 0) {
    const [from, to] = [flow >>> 16, flow & 0xffff];
    if (from !== 0) out.p('flow_from', `${from}`, `realms ${from}/`);
    out.p('flow_to', `${to}`, from !== 0 ? `${to}` : `realms ${to}`);
  }
  if (r.action === GOTO) {
    const to = u32(a, FRA_GOTO);
    out.p('goto', to === undefined ? 'none' : to, `goto ${to ?? 'none'} `);
    if ((r.flags & UNRESOLVED) !== 0) out.p('unresolved', null, '[unresolved] ');
  } else if (r.action === NOP) {
    out.p('nop', null, 'nop ');
  } else if (r.action !== TO_TABLE) {
    out.p('action', typeName(r.action), `${typeName(r.action)} `);
  }
  const protocol = u8(a, FRA_PROTOCOL);
  if (protocol !== undefined && ((protocol !== 0 && protocol !== 2) || opt.details > 0)) out.p('protocol', protoName(protocol), `proto ${protoName(protocol)} `);
  out.trim();
  out.t('\n');
  out.close('}');
}

interface RuleFilter {
  pref: number;
  not: boolean;
  table: number;
  src: Prefix | null;
  dst: Prefix | null;
  tos: number;
  mark: number;
  mask: number;
  iif: string | null;
  oif: string | null;
  protocol: number;
  ipproto: number;
}

function passes(f: RuleFilter, r: RuleMsg): boolean {
  const a = r.attrs;
  const covers = (p: Prefix | null, b: Uint8Array | undefined, len: number): boolean => p === null || (p.bits <= len && samePrefix(b ?? new Uint8Array(p.addr.length), p.addr, p.bits));
  if (f.pref >= 0 && (u32(a, FRA_PRIORITY) ?? 0) !== f.pref) return false;
  if (f.not && (r.flags & INVERT) === 0) return false;
  if (!covers(f.src, a.get(FRA_SRC), r.srcLen) || !covers(f.dst, a.get(FRA_DST), r.dstLen)) return false;
  if (f.tos >= 0 && f.tos !== r.tos) return false;
  if (f.mark >= 0 && (u32(a, FRA_FWMARK) ?? 0) !== f.mark) return false;
  if (f.mask >= 0 && u32(a, FRA_FWMASK) !== f.mask) return false;
  if (f.iif !== null && text(a, FRA_IIFNAME) !== f.iif) return false;
  if (f.oif !== null && text(a, FRA_OIFNAME) !== f.oif) return false;
  if (f.table > 0 && r.table !== f.table) return false;
  if (f.ipproto >= 0 && u8(a, FRA_IP_PROTO) !== f.ipproto) return false;
  return f.protocol < 0 || u8(a, FRA_PROTOCOL) === f.protocol;
}

function markOf(s: string): [number, number] {
  const [m = '', k] = s.split('/');
  const mark = number(m);
  const mask = k === undefined ? 0xffffffff : number(k);
  if (mark === null) return invarg('fwmark value is invalid\n', s);
  return [mark, mask ?? invarg('fwmask value is invalid\n', s)];
}

function fetch(ip: Ip, w: Words, flushing: boolean): RuleMsg[] {
  const f: RuleFilter = { pref: -1, not: false, table: 0, src: null, dst: null, tos: -1, mark: -1, mask: -1, iif: null, oif: null, protocol: -1, ipproto: -1 };
  const family = ip.opt.family === 0 ? AF_INET : ip.opt.family;
  for (; w.more; w.skip()) {
    if (w.is('preference', 'order', 'priority')) f.pref = number(w.next()) ?? invarg('preference value is invalid\n', w.cur);
    else if (w.eq('not')) f.not = true;
    else if (w.eq('tos') || w.is('dsfield')) f.tos = dsfieldNumber(w.next()) ?? invarg('TOS value is invalid\n', w.cur);
    else if (w.eq('fwmark')) {
      const [mark, mask] = markOf(w.next());
      f.mark = mark;
      if (w.cur.includes('/')) f.mask = mask;
    } else if (w.eq('dev') || w.eq('iif')) f.iif = w.next();
    else if (w.eq('oif')) f.oif = w.next();
    else if (w.is('lookup', 'table')) f.table = tableNumber(w.next()) ?? invarg('table id value is invalid\n', w.cur);
    else if (w.is('from')) f.src = getPrefix(w.next(), family);
    else if (w.is('protocol')) f.protocol = protoNumber(w.next()) ?? invarg(flushing ? 'protocol value is invalid\n' : 'invalid "protocol"\n', w.cur);
    else if (w.eq('ipproto')) f.ipproto = ipProtoNumber(w.next()) ?? invarg('Invalid "ipproto" value\n', w.cur);
    else {
      if (w.is('dst', 'to')) w.next();
      f.dst = getPrefix(w.cur, family);
    }
  }
  return ip.dump(RTM_GETRULE, Uint8Array.of(family, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).filter((m) => m.type === RTM_NEWRULE).map(ruleMsg).filter((r) => passes(f, r));
}

function list(ip: Ip, w: Words): number {
  const rules = fetch(ip, w, false);
  ip.out.open('[');
  for (const r of rules) show(ip, r);
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

function flush(ip: Ip, w: Words): number {
  for (const r of fetch(ip, w, true)) {
    if (u8(r.attrs, FRA_PROTOCOL) === undefined && u32(r.attrs, FRA_PRIORITY) === undefined) continue;
    // The first one, which finds local addresses, stays.
    if ((u32(r.attrs, FRA_PRIORITY) ?? 0) === 0) continue;
    if (!ip.good(ip.rtnl.talk(RTM_DELRULE, 0, r.msg.body.subarray(0, 12), new AttrWriter().append(r.msg.body.subarray(12))))) return 2;
  }
  return 0;
}

function modify(ip: Ip, w: Words, type: number): number {
  const attrs = new AttrWriter();
  const adding = type === RTM_NEWRULE;
  let family = ip.opt.family;
  let [dstLen, srcLen, tos, action, flags, table] = [0, 0, 0, adding ? 1 : 0, 0, 0];
  let tableOk = false;
  if (!w.more) throw new ToolExit(1, `"ip rule ${adding ? 'add' : 'del'}" requires arguments.\n`);
  for (; w.more; w.skip()) {
    if (w.eq('not')) {
      flags |= INVERT;
    } else if (w.eq('from')) {
      const p = getPrefix(w.next(), family);
      family ||= p.family;
      srcLen = p.bits;
      if (p.bits > 0) attrs.raw(FRA_SRC, p.addr);
    } else if (w.eq('to')) {
      const p = getPrefix(w.next(), family);
      family ||= p.family;
      dstLen = p.bits;
      if (p.bits > 0) attrs.raw(FRA_DST, p.addr);
    } else if (w.is('preference', 'order', 'priority')) {
      attrs.u32(FRA_PRIORITY, number(w.next()) ?? invarg('preference value is invalid\n', w.cur));
    } else if (w.eq('tos') || w.is('dsfield')) {
      tos = dsfieldNumber(w.next()) ?? invarg('TOS value is invalid\n', w.cur);
    } else if (w.eq('fwmark')) {
      const [mark, mask] = markOf(w.next());
      attrs.u32(FRA_FWMARK, mark);
      if (w.cur.includes('/')) attrs.u32(FRA_FWMASK, mask);
    } else if (w.is('realms')) {
      const [from, to] = w.next().split('/');
      attrs.u32(FRA_FLOW, to === undefined ? Number(from) : (Number(from) << 16) | Number(to));
    } else if (w.is('protocol')) {
      attrs.u8(FRA_PROTOCOL, protoNumber(w.next()) ?? invarg('"protocol" value is invalid\n', w.cur));
    } else if (w.eq('tun_id')) {
      const n = BigInt(number(w.next()) ?? invarg('"tun_id" value is invalid\n', w.cur));
      const b = new Uint8Array(8);
      new DataView(b.buffer).setBigUint64(0, n);
      attrs.raw(FRA_TUN_ID, b);
    } else if (w.is('table') || w.eq('lookup')) {
      const t = tableNumber(w.next()) ?? invarg('invalid table ID\n', w.cur);
      if (t < 256) table = t;
      else attrs.u32(FRA_TABLE, t);
      tableOk = true;
    } else if (w.eq('suppress_prefixlength', 'sup_pl')) {
      attrs.u32(FRA_SUPPRESS_PREFIXLEN, number(w.next()) ?? invarg('suppress_prefixlength value is invalid\n', w.cur));
    } else if (w.eq('suppress_ifgroup', 'sup_group')) {
      attrs.u32(FRA_SUPPRESS_IFGROUP, groupNumber(w.next()) ?? invarg('Invalid "suppress_ifgroup" value\n', w.cur));
    } else if (w.eq('dev', 'iif')) {
      attrs.str(FRA_IIFNAME, w.next());
    } else if (w.eq('oif')) {
      attrs.str(FRA_OIFNAME, w.next());
    } else if (w.eq('l3mdev')) {
      attrs.u8(FRA_L3MDEV, 1);
      tableOk = true;
      table = 0;
    } else if (w.eq('uidrange')) {
      const m = /^(\d+)-(\d+)$/.exec(w.next());
      if (m === null) return invarg('invalid UID range\n', w.cur);
      const b = new Uint8Array(8);
      const v = new DataView(b.buffer);
      v.setUint32(0, Number(m[1]), true);
      v.setUint32(4, Number(m[2]), true);
      attrs.raw(FRA_UID_RANGE, b);
    } else if (w.eq('ipproto')) {
      attrs.u8(FRA_IP_PROTO, ipProtoNumber(w.next()) ?? invarg('Invalid "ipproto" value\n', w.cur));
    } else if (w.eq('sport', 'dport')) {
      const t = w.eq('sport') ? FRA_SPORT_RANGE : FRA_DPORT_RANGE;
      const m = /^(\d+)(?:-(\d+))?$/.exec(w.next());
      if (m === null) return invarg('invalid port range\n', w.cur);
      const [from, to] = [Number(m[1]), Number(m[2] ?? m[1])];
      attrs.raw(t, Uint8Array.of(from, from >> 8, to, to >> 8));
    } else {
      if (w.is('type')) w.next();
      if (w.is('goto')) {
        action = GOTO;
        attrs.u32(FRA_GOTO, number(w.next()) ?? invarg('invalid target\n', w.cur));
        tableOk = true;
      } else if (w.is('nop')) {
        action = NOP;
        tableOk = true;
      } else {
        const t = typeNumber(w.cur);
        if (t === null) return invarg('Failed to parse rule type', w.cur);
        action = t;
        tableOk = true;
      }
    }
  }
  family ||= AF_INET;
  if (!tableOk && adding) table = 254;
  const h = Uint8Array.of(family, dstLen, srcLen, tos, table, 0, 0, action, flags, 0, 0, 0);
  return ip.change(type, adding ? NLM_F_CREATE | NLM_F_EXCL : 0, h, attrs);
}

/** `ip rule ...`. */
export function ipRule(ip: Ip, w: Words): number {
  if (!w.more) return list(ip, w);
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('list', 'show') || cmd === 'lst') return list(ip, w);
  if (is('add')) return modify(ip, w, RTM_NEWRULE);
  if (is('delete')) return modify(ip, w, RTM_DELRULE);
  if (is('flush')) return flush(ip, w);
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip rule help".\n`);
}

/** A notification, for `ip monitor`. */
export function showRuleEvent(ip: Ip, m: NlMsg): void {
  show(ip, ruleMsg(m), m.type === RTM_DELRULE);
}
