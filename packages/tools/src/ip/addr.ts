/** `ip address`. */
import {
  IFA_ADDRESS, IFA_ANYCAST, IFA_BROADCAST, IFA_CACHEINFO, IFA_FLAGS, IFA_LABEL, IFA_LOCAL, IFA_RT_PRIORITY, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR,
} from '@linnet/uapi';
import { attrMap, AttrWriter, type Attrs, type NlMsg, text, u32 } from '../netlink.ts';
import { addrText, AF_INET, AF_INET6, duparg, duparg2, familyName, getAddr, getPrefix, hostBits, invarg, number, type Prefix, samePrefix, ToolExit, type Words } from '../words.ts';
import { AF_PACKET, type Ip, type LinkMsg } from './context.ts';
import { fetchLinks, linkBrief, type LinkFilter, linkFilter, linkFilterWord, linkFull, linkPasses } from './link-show.ts';
import { scopeName, scopeNumber } from './names.ts';

const PERMANENT = 0x80;
const FOREVER = 0xffffffff;
const SECONDARY = 0x01;
/** Words for flags, in the order in which they are shown. */
const FLAGS: readonly (readonly [number, string])[] = [
  [SECONDARY, 'secondary'], [0x02, 'nodad'], [0x04, 'optimistic'], [0x08, 'dadfailed'], [0x10, 'home'], [0x20, 'deprecated'], [0x40, 'tentative'], [PERMANENT, 'dynamic'], [0x100, 'mngtmpaddr'], [0x200, 'noprefixroute'],
  [0x400, 'autojoin'], [0x800, 'stable-privacy'],
];
/** Those that one may set. */
const SETTABLE: Readonly<Record<string, number>> = { nodad: 0x02, optimistic: 0x04, home: 0x10, mngtmpaddr: 0x100, noprefixroute: 0x200, autojoin: 0x400 };

/** An address as told by the kernel. */
export interface AddrMsg {
  readonly family: number;
  readonly bits: number;
  readonly flags: number;
  readonly scope: number;
  readonly index: number;
  readonly attrs: Attrs;
  readonly msg: NlMsg;
}

export function addrMsg(m: NlMsg): AddrMsg {
  const v = new DataView(m.body.buffer, m.body.byteOffset, m.body.byteLength);
  const attrs = attrMap(m.body, 8);
  return { family: m.body[0]!, bits: m.body[1]!, flags: u32(attrs, IFA_FLAGS) ?? m.body[2]!, scope: m.body[3]!, index: v.getUint32(4, true), attrs, msg: m };
}

interface AddrFilter extends LinkFilter {
  scope: number;
  flags: number;
  mask: number;
  to: Prefix | null;
  label: RegExp | null;
}

/** A pattern of a shell as an expression. */
const glob = (s: string): RegExp => new RegExp(`^${s.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);

function passes(f: AddrFilter, a: AddrMsg): boolean {
  if (f.family !== 0 && a.family !== f.family) return false;
  if (f.scope >= 0 && a.scope !== f.scope) return false;
  if (((a.flags ^ f.flags) & f.mask) !== 0) return false;
  if (f.label !== null) {
    const label = text(a.attrs, IFA_LABEL);
    if (label === undefined || !f.label.test(label)) return false;
  }
  const local = a.attrs.get(IFA_LOCAL) ?? a.attrs.get(IFA_ADDRESS);
  return f.to === null || (local !== undefined && local.length === f.to.addr.length && samePrefix(local, f.to.addr, f.to.bits));
}

const seconds = (n: number): string => (n === FOREVER ? 'forever' : `${n}sec`);

/** One address; the caller has opened the object. */
export function putAddr(ip: Ip, a: AddrMsg, f: { readonly oneline: boolean; readonly brief: boolean; readonly family: number }): void {
  const { out } = ip;
  const { attrs } = a;
  const local = attrs.get(IFA_LOCAL) ?? attrs.get(IFA_ADDRESS);
  const peer = attrs.get(IFA_ADDRESS) ?? local;
  if (f.oneline && !f.brief) {
    if (out.json) {
      out.j('index', a.index);
      out.j('dev', ip.nameOf(a.index));
    }
    out.t(`${a.index}: ${ip.nameOf(a.index)}`);
  }
  if (!f.brief) {
    const name = a.family === AF_INET || a.family === AF_INET6 ? familyName(a.family) : `family ${a.family}`;
    out.p('family', name, `    ${name} `);
  }
  if (local !== undefined && peer !== undefined) {
    const s = addrText(local);
    out.p('local', s, s);
    if (peer.some((x, i) => x !== local[i])) out.p('address', addrText(peer), ` peer ${addrText(peer)}`);
    out.p('prefixlen', a.bits, `/${a.bits} `);
    const metric = u32(attrs, IFA_RT_PRIORITY);
    if (metric !== undefined) out.p('metric', metric, `metric ${metric} `);
  }
  if (f.brief) return;
  const brd = attrs.get(IFA_BROADCAST);
  if (brd !== undefined) out.p('broadcast', addrText(brd), `brd ${addrText(brd)} `);
  const any = attrs.get(IFA_ANYCAST);
  if (any !== undefined) out.p('anycast', addrText(any), `any ${addrText(any)} `);
  out.p('scope', scopeName(a.scope), `scope ${scopeName(a.scope)} `);
  let left = a.flags;
  for (const [bit, word] of FLAGS) {
    const on = bit === PERMANENT ? (a.flags & bit) === 0 : (a.flags & bit) !== 0;
    left &= ~bit;
    if (!on) continue;
    const name = bit === SECONDARY && a.family === AF_INET6 ? 'temporary' : word;
    out.p(name, true, `${name} `);
  }
  if (left !== 0) out.p('ifa_flags', `${(left >>> 0).toString(16)}`, `flags ${(left >>> 0).toString(16).padStart(2, '0')} `);
  const label = text(attrs, IFA_LABEL);
  if (label !== undefined) out.p('label', label, label);
  const cache = attrs.get(IFA_CACHEINFO);
  if (cache === undefined || cache.length < 8) return;
  const v = new DataView(cache.buffer, cache.byteOffset, cache.byteLength);
  const preferred = v.getUint32(0, true);
  const valid = v.getUint32(4, true);
  out.t(out.nl);
  out.p('valid_life_time', valid, `       valid_lft ${seconds(valid)}`);
  out.p('preferred_life_time', preferred, ` preferred_lft ${seconds(preferred)}`);
}

function parseFilter(ip: Ip, w: Words): AddrFilter {
  const f: AddrFilter = { ...linkFilter(true, ip.opt.family), scope: -1, flags: 0, mask: 0, to: null, label: null };
  for (; w.more; w.skip()) {
    const word = w.cur;
    const negative = word.startsWith('-');
    const flag = FLAGS.find(([, name]) => name === (negative ? word.slice(1) : word));
    if (w.eq('to')) {
      f.to = getPrefix(w.next(), f.family);
      if (f.family === 0) f.family = f.to.family;
    } else if (w.eq('scope')) {
      const s = w.next();
      f.scope = s === 'all' ? -1 : (scopeNumber(s) ?? invarg('invalid "scope"\n', s));
    } else if (linkFilterWord(ip, f, w)) {
      continue;
    } else if (w.eq('permanent')) {
      f.flags |= PERMANENT;
      f.mask |= PERMANENT;
    } else if (w.eq('dynamic')) {
      f.flags &= ~PERMANENT;
      f.mask |= PERMANENT;
    } else if (w.eq('primary', 'temporary') || flag !== undefined) {
      const bit = flag?.[0] ?? SECONDARY;
      const on = !negative && word !== 'primary';
      f.flags = on ? f.flags | bit : f.flags & ~bit;
      f.mask |= bit;
    } else if (w.eq('label')) {
      f.label = glob(w.next());
    } else {
      if (w.eq('dev')) w.next();
      if (f.dev !== null) duparg2('dev', w.cur);
      f.dev = w.cur;
    }
  }
  return f;
}

function fetchAddrs(ip: Ip, family: number): AddrMsg[] {
  return ip.dump(RTM_GETADDR, Uint8Array.of(family, 0, 0, 0, 0, 0, 0, 0)).filter((m) => m.type === RTM_NEWADDR).map(addrMsg);
}

function list(ip: Ip, w: Words): number {
  const { out, opt } = ip;
  const f = parseFilter(ip, w);
  let links = fetchLinks(ip, f).filter((l) => linkPasses(f, l));
  const addrs = f.family === AF_PACKET ? [] : fetchAddrs(ip, f.family).filter((a) => f.family === 0 || a.family === f.family);
  if (f.family !== AF_PACKET) {
    links = links.filter((l) => {
      const own = addrs.filter((a) => a.index === l.index);
      if (own.length === 0 && f.family === 0) return true;
      return own.some((a) => passes(f, a));
    });
  }
  // With a label addresses stand alone.
  const noLink = opt.oneline || f.label !== null;
  out.open('[');
  for (const l of links) {
    const own = addrs.filter((a) => a.index === l.index && passes(f, a));
    out.open('{');
    if (opt.brief) linkBrief(ip, l, true);
    else if (!noLink || f.family === AF_PACKET) linkFull(ip, l, f);
    if (!opt.brief && !noLink) out.t('\n');
    out.open('[', 'addr_info');
    for (const a of own) {
      out.open('{');
      putAddr(ip, a, { oneline: opt.oneline, brief: opt.brief, family: f.family });
      if (!opt.brief) out.t('\n');
      out.close('}');
    }
    out.close(']');
    if (opt.brief) out.t('\n');
    out.close('}');
  }
  out.close(']');
  if (out.json) out.raw('\n');
  return 0;
}

/** `ip addr flush`: in rounds, since deleting one may make others. */
function flush(ip: Ip, w: Words): number {
  if (!w.more) throw new ToolExit(1, 'Flush requires arguments.\n');
  const f = parseFilter(ip, w);
  if (f.family === AF_PACKET) throw new ToolExit(1, 'Cannot flush link addresses.\n');
  const index = f.dev === null ? 0 : ip.indexOf(f.dev);
  if (f.dev !== null && index === 0) throw new ToolExit(1, `Device "${f.dev}" does not exist.\n`);
  const links = new Set(fetchLinks(ip, { ...f, dev: null }).filter((l: LinkMsg) => linkPasses(f, l)).map((l) => l.index));
  const { out, opt } = ip;
  for (let round = 0; ; round++) {
    const all = fetchAddrs(ip, f.family).filter((a) => (index === 0 || a.index === index) && links.has(a.index) && passes(f, a));
    // Secondary addresses go with their primary one.
    const primary = all.filter((a) => (a.flags & SECONDARY) === 0);
    const some = primary.length > 0 ? primary : all;
    if (some.length === 0) {
      if (opt.stats > 0) {
        if (round === 0) out.raw('Nothing to flush.\n');
        else out.raw(`*** Flush is complete after ${round} round${round > 1 ? 's' : ''} ***\n`);
      }
      return 0;
    }
    if (opt.maxFlushLoops > 0 && round >= opt.maxFlushLoops) throw new ToolExit(1, `*** Flush remains incomplete after ${round} rounds. ***\n`);
    let deleted = 0;
    for (const a of some) {
      const r = ip.rtnl.talk(RTM_DELADDR, 0, a.msg.body.subarray(0, 8), new AttrWriter().append(a.msg.body.subarray(8)));
      if (r.err < 0 && r.err !== -99) {
        ip.good(r);
        return 1;
      }
      deleted++;
      if (opt.stats > 1) {
        out.raw(`Deleted `);
        putAddr(ip, a, { oneline: true, brief: false, family: f.family });
        out.raw('\n');
      }
    }
    if (opt.stats > 0) out.raw(`\n*** Round ${round + 1}, deleting ${deleted} addresses ***\n`);
  }
}

const lifetime = (w: Words, key: string): number => {
  const s = w.next();
  return s === 'forever' ? FOREVER : (number(s) ?? invarg(`${key} value`, s));
};

function modify(ip: Ip, w: Words, type: number, flags: number): number {
  const attrs = new AttrWriter();
  let local: Prefix | null = null;
  let peer: Prefix | null = null;
  let family = ip.opt.family;
  let dev: string | null = null;
  let brd: string | null = null;
  let scope = -1;
  let bits = 0;
  let ifaFlags = 0;
  let valid = FOREVER;
  let preferred = FOREVER;
  let lifetimes = false;
  for (; w.more; w.skip()) {
    if (w.eq('peer', 'remote')) {
      if (peer !== null) duparg('peer', w.cur);
      peer = getPrefix(w.next(), family);
      family = peer.family;
      bits = peer.bits;
    } else if (w.is('broadcast') || w.eq('brd')) {
      if (brd !== null) duparg('broadcast', w.cur);
      brd = w.next();
    } else if (w.eq('anycast')) {
      attrs.raw(IFA_ANYCAST, getAddr(w.next(), family).addr);
    } else if (w.eq('scope')) {
      scope = scopeNumber(w.next()) ?? invarg('invalid scope value.', w.cur);
    } else if (w.eq('dev')) {
      dev = w.next();
    } else if (w.eq('label')) {
      attrs.str(IFA_LABEL, w.next());
    } else if (w.is('metric', 'priority', 'preference')) {
      attrs.u32(IFA_RT_PRIORITY, number(w.next()) ?? invarg('"metric" value is invalid\n', w.cur));
    } else if (w.is('valid_lft')) {
      valid = lifetime(w, 'valid_lft');
      lifetimes = true;
    } else if (w.is('preferred_lft')) {
      preferred = lifetime(w, 'preferred_lft');
      lifetimes = true;
    } else if (SETTABLE[w.cur] !== undefined) {
      ifaFlags |= SETTABLE[w.cur]!;
    } else {
      if (w.is('local')) w.next();
      if (local !== null) duparg2('local', w.cur);
      local = getPrefix(w.cur, family);
      family = local.family;
    }
  }
  if (dev === null) throw new ToolExit(1, 'Not enough information: "dev" argument is required.\n');
  if (local !== null) attrs.raw(IFA_LOCAL, local.addr);
  if (peer === null && local !== null) {
    peer = local;
    bits = local.bits;
  }
  if (peer !== null) attrs.raw(IFA_ADDRESS, peer.addr);
  if (bits === 0 && local !== null) bits = hostBits(family);
  if (brd !== null && type !== RTM_DELADDR) {
    if (brd === '+' || brd === '-') {
      if (family !== AF_INET) throw new ToolExit(1, `Broadcast can be set only for IPv4 addresses\n`);
      const b = Uint8Array.from(peer?.addr ?? local?.addr ?? []);
      if (bits <= 30) for (let i = bits; i < 32; i++) b[i >> 3] = brd === '+' ? b[i >> 3]! | (0x80 >> (i & 7)) : b[i >> 3]! & ~(0x80 >> (i & 7));
      if (bits <= 30) attrs.raw(IFA_BROADCAST, b);
    } else {
      attrs.raw(IFA_BROADCAST, getAddr(brd, family).addr);
    }
  }
  if (scope < 0) scope = type !== RTM_DELADDR && local !== null && family === AF_INET && local.addr[0] === 127 ? 254 : 0;
  const index = ip.mustIndex(dev);
  if (lifetimes && (type === RTM_NEWADDR || type === RTM_DELADDR)) {
    if (valid === 0) throw new ToolExit(1, 'valid_lft is zero\n');
    if (valid < preferred) throw new ToolExit(1, 'preferred_lft is greater than valid_lft\n');
    const b = new Uint8Array(16);
    const v = new DataView(b.buffer);
    v.setUint32(0, preferred, true);
    v.setUint32(4, valid, true);
    attrs.raw(IFA_CACHEINFO, b);
  }
  if (ifaFlags > 0xff) attrs.u32(IFA_FLAGS, ifaFlags);
  const head = new Uint8Array(8);
  head.set([family, bits, ifaFlags & 0xff, scope]);
  new DataView(head.buffer).setUint32(4, index, true);
  return ip.change(type, flags, head, attrs);
}

/** `ip address ...`. */
export function ipAddr(ip: Ip, w: Words): number {
  if (!w.more || w.is('show', 'list') || w.eq('lst')) {
    if (w.more) w.skip();
    return list(ip, w);
  }
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('add')) return modify(ip, w, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  if (is('change') || cmd === 'chg') return modify(ip, w, RTM_NEWADDR, NLM_F_REPLACE);
  if (is('replace')) return modify(ip, w, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  if (is('delete')) return modify(ip, w, RTM_DELADDR, 0);
  if (is('flush')) return flush(ip, w);
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip address help".\n`);
}

/** A notification, for `ip monitor`. */
export function showAddrEvent(ip: Ip, m: NlMsg): void {
  const { out } = ip;
  out.open('{');
  if (m.type === RTM_DELADDR) out.p('deleted', true, 'Deleted ');
  putAddr(ip, addrMsg(m), { oneline: true, brief: false, family: ip.opt.family });
  out.t('\n');
  out.close('}');
}
