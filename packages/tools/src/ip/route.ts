/** `ip route`. */
import { strerror } from '@linnet/posix';
import {
  NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTA_DPORT, RTA_DST, RTA_EXPIRES, RTA_FLOW, RTA_GATEWAY, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_METRICS, RTA_MULTIPATH, RTA_NH_ID, RTA_OIF, RTA_PREF, RTA_PREFSRC,
  RTA_PRIORITY, RTA_SPORT, RTA_SRC, RTA_TABLE, RTA_UID, RTA_VIA, RTAX_CC_ALGO, RTAX_FEATURES, RTAX_LOCK, RTAX_RTO_MIN, RTAX_RTT, RTAX_RTTVAR, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE,
} from '@linnet/uapi';
import { AttrWriter, concat, type NlMsg, u32 } from '../netlink.ts';
import { AF_INET, AF_INET6, duparg2, getAddr, getPrefix, hostBits, invarg, number, type Prefix, samePrefix, ToolExit, type Words } from '../words.ts';
import type { Ip } from './context.ts';
import { dsfieldNumber, ipProtoNumber, protoNumber, scopeNumber, tableNumber, typeNumber } from './names.ts';
import { metricNumber, type RouteFilter, routeFilter, type RouteMsg, routeMsg, showRoute } from './route-show.ts';

const MAIN = 254;
const RTM_F_LOOKUP_TABLE = 0x1000;
const RTM_F_FIB_MATCH = 0x2000;
const ONLINK = 4;
const PERVASIVE = 2;

const USAGE = 'Usage: ip route { list | flush } SELECTOR\n       ip route get [ fibmatch ] ADDRESS [ from ADDRESS iif STRING ] [ oif STRING ]\n       ip route { add | del | change | append | replace } ROUTE\n';

/** struct rtmsg. */
interface RtHead {
  family: number;
  dstLen: number;
  srcLen: number;
  tos: number;
  table: number;
  protocol: number;
  scope: number;
  type: number;
  flags: number;
}
const head = (h: RtHead): Uint8Array => Uint8Array.of(h.family, h.dstLen, h.srcLen, h.tos, h.table, h.protocol, h.scope, h.type, h.flags, h.flags >> 8, h.flags >> 16, h.flags >> 24);
const blank = (family: number): RtHead => ({ family, dstLen: 0, srcLen: 0, tos: 0, table: 0, protocol: 0, scope: 0, type: 0, flags: 0 });

/** Is it one of those asked for? */
export function routePasses(f: RouteFilter, r: RouteMsg): boolean {
  const host = hostBits(r.family);
  const a = r.attrs;
  if (f.family !== 0 && r.family !== f.family) return false;
  if (f.cloned !== ((r.flags & 0x200) !== 0)) return false;
  if (f.table > 0 && r.table !== f.table) return false;
  if (f.protocol >= 0 && r.protocol !== f.protocol) return false;
  if (f.scope >= 0 && r.scope !== f.scope) return false;
  if (f.type >= 0 && r.type !== f.type) return false;
  if (f.tos >= 0 && r.tos !== f.tos) return false;
  const zero = new Uint8Array(host / 8);
  const dst = a.get(RTA_DST) ?? zero;
  const within = (root: Prefix | null, addr: Uint8Array, len: number): boolean => root === null || ((root.family === 0 || root.family === r.family) && len >= root.bits && samePrefix(addr, root.addr, root.bits));
  const around = (m: Prefix | null, addr: Uint8Array, len: number): boolean => m === null || ((m.family === 0 || m.family === r.family) && len <= m.bits && samePrefix(addr, m.addr, len));
  if (!within(f.root, dst, r.dstLen) || !around(f.match, dst, r.dstLen)) return false;
  const src = a.get(RTA_SRC) ?? zero;
  if (!within(f.rootSrc, src, r.srcLen) || !around(f.matchSrc, src, r.srcLen)) return false;
  const gw = a.get(RTA_GATEWAY) ?? zero;
  if (f.via !== null && (f.via.family !== r.family || !samePrefix(gw, f.via.addr, f.via.bits))) return false;
  const pref = a.get(RTA_PREFSRC) ?? zero;
  if (f.src !== null && (f.src.family !== r.family || !samePrefix(pref, f.src.addr, f.src.bits))) return false;
  if (f.oif !== 0 && u32(a, RTA_OIF) !== f.oif) return false;
  if (f.iif !== 0 && u32(a, RTA_IIF) !== f.iif) return false;
  if (f.mark >= 0 && (u32(a, RTA_MARK) ?? 0) !== f.mark) return false;
  return f.metric < 0 || (u32(a, RTA_PRIORITY) ?? 0) === f.metric;
}

function parseFilter(ip: Ip, w: Words): RouteFilter {
  const f = routeFilter(ip.opt.family, MAIN);
  const prefix = (): Prefix => {
    const p = getPrefix(w.cur, f.family);
    if (f.family === 0) f.family = p.family;
    return p;
  };
  for (; w.more; w.skip()) {
    if (w.is('table')) {
      const s = w.next();
      if (s === 'cache') f.cloned = true;
      else f.table = s === 'all' ? 0 : (tableNumber(s) ?? invarg('table id value is invalid\n', s));
    } else if (w.is('vrf')) {
      w.next();
      ip.mustIndex(w.cur);
    } else if (w.is('cached', 'cloned')) {
      f.cloned = true;
    } else if (w.eq('tos') || w.is('dsfield')) {
      f.tos = dsfieldNumber(w.next()) ?? invarg('TOS value is invalid\n', w.cur);
    } else if (w.is('protocol')) {
      const s = w.next();
      f.protocol = s === 'all' ? -1 : (protoNumber(s) ?? invarg('invalid "protocol"\n', s));
    } else if (w.is('scope')) {
      const s = w.next();
      f.scope = s === 'all' ? -1 : (scopeNumber(s) ?? invarg('invalid "scope"\n', s));
    } else if (w.is('type')) {
      f.type = typeNumber(w.next()) ?? invarg('node type value is invalid\n', w.cur);
    } else if (w.eq('dev', 'oif')) {
      f.oif = ip.mustIndex(w.next());
    } else if (w.eq('iif')) {
      f.iif = ip.mustIndex(w.next());
    } else if (w.eq('mark')) {
      f.mark = number(w.next()) ?? invarg('mark value is invalid\n', w.cur);
    } else if (w.is('metric', 'priority') || w.eq('preference')) {
      f.metric = number(w.next()) ?? invarg('"metric" value is invalid\n', w.cur);
    } else if (w.eq('via')) {
      w.next();
      f.via = getPrefix(w.cur, f.family);
    } else if (w.eq('src')) {
      w.next();
      f.src = getPrefix(w.cur, f.family);
    } else if (w.eq('from')) {
      w.next();
      if (w.eq('root')) {
        w.next();
        f.rootSrc = prefix();
      } else if (w.eq('match')) {
        w.next();
        f.matchSrc = prefix();
      } else {
        if (w.eq('exact')) w.next();
        f.rootSrc = prefix();
        f.matchSrc = f.rootSrc;
      }
    } else {
      if (w.eq('to')) w.next();
      if (w.eq('root')) {
        w.next();
        f.root = prefix();
      } else if (w.eq('match')) {
        w.next();
        f.match = prefix();
      } else {
        if (w.eq('exact')) w.next();
        f.root = prefix();
        f.match = f.root;
      }
    }
  }
  return f;
}

function fetch(ip: Ip, f: RouteFilter): RouteMsg[] {
  // With a table named only IPv4 is meant where nothing is said.
  const family = f.family === 0 && f.table > 0 ? AF_INET : f.family;
  return ip.dump(RTM_GETROUTE, head({ ...blank(family), flags: f.cloned ? 0x200 : 0 })).filter((m) => m.type === RTM_NEWROUTE).map(routeMsg).filter((r) => routePasses(f, r));
}

function list(ip: Ip, w: Words, save: boolean): number {
  const f = parseFilter(ip, w);
  const routes = fetch(ip, f);
  if (save) {
    ip.out.raw('\0'.repeat(routes.length));
    return 0;
  }
  ip.out.open('[');
  for (const r of routes) showRoute(ip, r, f);
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

function flush(ip: Ip, w: Words): number {
  if (!w.more) throw new ToolExit(1, '"ip route flush" requires arguments.\n');
  const f = parseFilter(ip, w);
  const { out, opt } = ip;
  if (f.cloned && f.family !== AF_INET6) {
    // What IPv4 learned is no route: it is forgotten by a setting, all of it.
    const err = ip.task.sys.writeFile('/proc/sys/net/ipv4/route/flush', '-1');
    if (err < 0) throw new ToolExit(1, `Cannot flush routing cache: ${strerror(err)}\n`);
    if (opt.stats > 0) out.raw('*** IPv4 routing cache is flushed.\n');
    return 0;
  }
  for (let round = 0; ; round++) {
    const some = fetch(ip, f);
    if (some.length === 0) {
      if (opt.stats > 0) out.raw(round === 0 ? 'Nothing to flush.\n' : `*** Flush is complete after ${round} round${round > 1 ? 's' : ''} ***\n`);
      return 0;
    }
    let deleted = 0;
    for (const r of some) {
      const res = ip.rtnl.talk(RTM_DELROUTE, 0, r.msg.body.subarray(0, 12), new AttrWriter().append(r.msg.body.subarray(12)));
      if (res.err >= 0) deleted++;
      if (opt.stats > 1) showRoute(ip, r, f, true);
    }
    if (opt.stats > 0) out.raw(`\n*** Round ${round + 1}, deleting ${deleted} entries ***\n`);
    if (deleted === 0) return 0;
  }
}

/** What follows `nexthop`, or stands for one itself. */
interface Hop {
  readonly attrs: AttrWriter;
  oif: number;
  flags: number;
  weight: number;
}

function via(w: Words, family: number, attrs: AttrWriter): number {
  let f = family;
  let s = w.next();
  if (s === 'inet' || s === 'inet6') {
    f = s === 'inet' ? AF_INET : AF_INET6;
    s = w.next();
    const a = getAddr(s, f);
    if (family === 0 || family === a.family) attrs.raw(RTA_GATEWAY, a.addr);
    else attrs.raw(RTA_VIA, concat([Uint8Array.of(a.family, a.family >> 8), a.addr]));
    return family === 0 ? a.family : family;
  }
  const a = getAddr(s, f);
  attrs.raw(RTA_GATEWAY, a.addr);
  return f === 0 ? a.family : f;
}

function milliseconds(s: string, what: string): { ms: number; raw: boolean } {
  const m = /^(\d+(?:\.\d+)?)(ms|msec|msecs|s|sec|secs)?$/.exec(s);
  if (m === null) return invarg(`"${what}" value is invalid\n`, s);
  const n = Number(m[1]);
  return m[2] === undefined ? { ms: n, raw: true } : { ms: m[2].startsWith('m') ? n : n * 1000, raw: false };
}

function modify(ip: Ip, w: Words, type: number, flags: number): number {
  const h: RtHead = { ...blank(ip.opt.family), table: MAIN, scope: 255 };
  if (type !== RTM_DELROUTE) Object.assign(h, { protocol: 3, scope: 0, type: 1 });
  const attrs = new AttrWriter();
  const metrics = new AttrWriter();
  const hops: Hop[] = [];
  let lock = 0;
  let dst: Prefix | null = null;
  let gateway = false;
  let nhid = 0;
  let tableOk = false;
  let scopeOk = false;
  let typeOk = false;
  for (; w.more; w.skip()) {
    const word = w.cur;
    const locked = (i: number): void => {
      w.next();
      if (!w.eq('lock')) return;
      lock |= 1 << i;
      w.next();
    };
    const plain = ['mtu', 'hoplimit', 'advmss', 'reordering', 'window', 'cwnd', 'initcwnd', 'initrwnd', 'ssthresh', 'quickack', 'fastopen_no_cookie'].find((k) => (k === 'advmss' || k === 'reordering' || k === 'window' ? k.startsWith(word) && word.length > 1 : k === word));
    if (w.eq('src')) {
      const a = getAddr(w.next(), h.family);
      h.family ||= a.family;
      attrs.raw(RTA_PREFSRC, a.addr);
    } else if (w.eq('as')) {
      w.next();
    } else if (w.eq('via')) {
      gateway = true;
      h.family = via(w, h.family, attrs);
    } else if (w.eq('from')) {
      const a = getPrefix(w.next(), h.family);
      h.family ||= a.family;
      if (a.bits > 0) attrs.raw(RTA_SRC, a.addr);
      h.srcLen = a.bits;
    } else if (w.eq('tos') || w.is('dsfield')) {
      h.tos = dsfieldNumber(w.next()) ?? invarg('"tos" value is invalid\n', w.cur);
    } else if (w.eq('expires')) {
      attrs.u32(RTA_EXPIRES, number(w.next()) ?? invarg('"expires" value is invalid\n', w.cur));
    } else if (w.is('metric', 'priority') || w.eq('preference')) {
      attrs.u32(RTA_PRIORITY, number(w.next()) ?? invarg('"metric" value is invalid\n', w.cur));
    } else if (w.eq('scope')) {
      h.scope = scopeNumber(w.next()) ?? invarg('invalid "scope" value\n', w.cur);
      scopeOk = true;
    } else if (plain !== undefined) {
      const i = metricNumber(plain);
      locked(i);
      metrics.u32(i, number(w.cur) ?? invarg(`"${plain}" value is invalid\n`, w.cur));
    } else if (w.eq('rtt', 'rttvar', 'rto_min')) {
      const i = metricNumber(word);
      locked(i);
      const { ms, raw } = milliseconds(w.cur, word);
      const scale = raw ? 1 : i === RTAX_RTT ? 8 : i === RTAX_RTTVAR ? 4 : 1;
      metrics.u32(i, ms * scale);
      if (i === RTAX_RTO_MIN) lock |= 1 << i;
    } else if (w.is('features')) {
      w.next();
      if (!w.eq('ecn')) invarg('"features" value not valid\n', w.cur);
      metrics.u32(RTAX_FEATURES, 1);
    } else if (w.eq('congctl')) {
      locked(RTAX_CC_ALGO);
      metrics.str(RTAX_CC_ALGO, w.cur);
    } else if (w.is('realms')) {
      const [from, to] = w.next().split('/');
      attrs.u32(RTA_FLOW, to === undefined ? Number(from) : (Number(from) << 16) | Number(to));
    } else if (w.eq('onlink')) {
      h.flags |= ONLINK;
    } else if (w.eq('nexthop')) {
      w.next();
      if (!w.eq('via', 'dev', 'weight', 'onlink', 'pervasive', 'encap') && !w.is('realms')) throw new ToolExit(255, `Error: "nexthop" or end of line is expected instead of "${w.cur}"\n`);
      const hop: Hop = { attrs: new AttrWriter(), oif: 0, flags: 0, weight: 0 };
      for (; w.more && !w.eq('nexthop'); w.skip()) {
        if (w.eq('via')) h.family = via(w, h.family, hop.attrs);
        else if (w.eq('dev')) hop.oif = ip.mustIndex(w.next());
        else if (w.eq('weight')) {
          const n = number(w.next());
          if (n === null || n < 1 || n > 256) invarg('"weight" is invalid\n', w.cur);
          hop.weight = (n ?? 1) - 1;
        } else if (w.eq('onlink')) hop.flags |= ONLINK;
        else if (w.eq('pervasive')) hop.flags |= PERVASIVE;
        else throw new ToolExit(255, `Error: "nexthop" or end of line is expected instead of "${w.cur}"\n`);
      }
      w.back();
      hops.push(hop);
    } else if (w.eq('nhid')) {
      nhid = number(w.next()) ?? invarg('"id" value is invalid\n', w.cur);
      attrs.u32(RTA_NH_ID, nhid);
    } else if (w.is('protocol')) {
      h.protocol = protoNumber(w.next()) ?? invarg('"protocol" value is invalid\n', w.cur);
    } else if (w.is('table')) {
      const t = tableNumber(w.next()) ?? invarg('"table" value is invalid\n', w.cur);
      if (t < 256) h.table = t;
      else {
        h.table = 0;
        attrs.u32(RTA_TABLE, t);
      }
      tableOk = true;
    } else if (w.eq('dev', 'oif')) {
      attrs.u32(RTA_OIF, ip.mustIndex(w.next()));
    } else if (w.is('pref')) {
      const p = ({ low: 3, medium: 0, high: 1 } as Readonly<Record<string, number>>)[w.next()] ?? number(w.cur, 255) ?? invarg('"pref" value is invalid\n', w.cur);
      attrs.u8(RTA_PREF, p);
    } else {
      if (w.eq('to')) w.next();
      const t = typeNumber(w.cur);
      if (t !== null && !/^\d/.test(w.cur)) {
        h.type = t;
        typeOk = true;
        w.next();
      }
      if (dst !== null) duparg2('to', w.cur);
      dst = getPrefix(w.cur, h.family);
      h.family ||= dst.family;
      h.dstLen = dst.bits;
      if (dst.bits > 0) attrs.raw(RTA_DST, dst.addr);
    }
  }
  if (dst === null) throw new ToolExit(255, USAGE);
  if (lock !== 0 || !metrics.empty) {
    const all = new AttrWriter();
    if (lock !== 0) all.u32(RTAX_LOCK, lock);
    attrs.nest(RTA_METRICS, all.append(metrics.bytes()));
  }
  if (hops.length > 0) {
    attrs.raw(RTA_MULTIPATH, concat(hops.map((x) => {
      const b = x.attrs.bytes();
      const len = 8 + b.length;
      return concat([Uint8Array.of(len, len >> 8, x.flags, x.weight, x.oif, x.oif >> 8, x.oif >> 16, x.oif >> 24), b]);
    })));
  }
  if (!tableOk && typeOk && [2, 3, 4, 10].includes(h.type)) h.table = 255;
  if (!scopeOk) {
    if (h.family === AF_INET6) h.scope = 0;
    else if (h.type === 2 || h.type === 10) h.scope = 254;
    else if ([3, 4, 5].includes(h.type)) h.scope = 253;
    else if (h.type === 1 || h.type === 0) {
      if (type === RTM_DELROUTE) h.scope = 255;
      else if (!gateway && hops.length === 0 && nhid === 0) h.scope = 253;
    }
  }
  h.family ||= AF_INET;
  return ip.change(type, flags, head(h), attrs);
}

function get(ip: Ip, w: Words): number {
  const h: RtHead = { ...blank(ip.opt.family), flags: RTM_F_LOOKUP_TABLE };
  const attrs = new AttrWriter();
  let addressed = false;
  for (; w.more; w.skip()) {
    if (w.eq('tos') || w.is('dsfield')) {
      h.tos = dsfieldNumber(w.next()) ?? invarg('TOS value is invalid\n', w.cur);
    } else if (w.is('from')) {
      if (w.next() === 'to') w.next();
      const a = getPrefix(w.cur, h.family);
      h.family ||= a.family;
      if (a.bits > 0) attrs.raw(RTA_SRC, a.addr);
      h.srcLen = a.bits;
    } else if (w.is('iif')) {
      attrs.u32(RTA_IIF, ip.mustIndex(w.next()));
    } else if (w.is('mark')) {
      attrs.u32(RTA_MARK, number(w.next()) ?? invarg('Mark value is invalid\n', w.cur));
    } else if (w.is('oif') || w.eq('dev')) {
      attrs.u32(RTA_OIF, ip.mustIndex(w.next()));
    } else if (w.is('notify')) {
      h.flags |= 0x100;
    } else if (w.is('connected')) {
      continue;
    } else if (w.is('vrf')) {
      attrs.u32(RTA_OIF, ip.mustIndex(w.next()));
    } else if (w.is('uid')) {
      attrs.u32(RTA_UID, number(w.next()) ?? invarg('invalid UID\n', w.cur));
    } else if (w.is('fibmatch')) {
      h.flags |= RTM_F_FIB_MATCH;
    } else if (w.eq('as')) {
      w.next();
    } else if (w.eq('sport', 'dport')) {
      const t = w.eq('sport') ? RTA_SPORT : RTA_DPORT;
      attrs.be16(t, number(w.next(), 0xffff) ?? invarg(`invalid port\n`, w.cur));
    } else if (w.eq('ipproto')) {
      attrs.u8(RTA_IP_PROTO, ipProtoNumber(w.next()) ?? invarg('Invalid "ipproto" value\n', w.cur));
    } else {
      if (w.eq('to')) w.next();
      const a = getPrefix(w.cur, h.family);
      addressed = true;
      h.family ||= a.family;
      if (a.bits > 0) attrs.raw(RTA_DST, a.addr);
      h.dstLen = a.bits;
    }
  }
  if (!addressed) throw new ToolExit(1, 'need at least a destination address\n');
  if (h.family === 0) h.family = AF_INET;
  const r = ip.rtnl.request(RTM_GETROUTE, 0, head(h), attrs);
  if (!ip.good(r)) return 2;
  const m = r.msgs.find((x) => x.type === RTM_NEWROUTE);
  if (m === undefined) return 2;
  ip.out.open('[');
  showRoute(ip, routeMsg(m), routeFilter(0, 0));
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

/** `ip route ...`. */
export function ipRoute(ip: Ip, w: Words): number {
  if (!w.more) return list(ip, w, false);
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('add')) return modify(ip, w, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  if (is('change') || cmd === 'chg') return modify(ip, w, RTM_NEWROUTE, NLM_F_REPLACE);
  if (is('replace')) return modify(ip, w, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  if (is('prepend')) return modify(ip, w, RTM_NEWROUTE, NLM_F_CREATE);
  if (is('append')) return modify(ip, w, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
  if (is('test')) return modify(ip, w, RTM_NEWROUTE, NLM_F_EXCL);
  if (is('delete')) return modify(ip, w, RTM_DELROUTE, 0);
  if (is('list', 'show') || cmd === 'lst') return list(ip, w, false);
  if (is('get')) return get(ip, w);
  if (is('flush')) return flush(ip, w);
  if (is('save')) return list(ip, w, true);
  if (is('help')) {
    ip.io.err(USAGE);
    return 255;
  }
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip route help".\n`);
}

/** A notification, for `ip monitor`. */
export function showRouteEvent(ip: Ip, m: NlMsg): void {
  const f = routeFilter(ip.opt.family, 0);
  const r = routeMsg(m);
  if (routePasses(f, r)) showRoute(ip, r, f, m.type === RTM_DELROUTE);
}
