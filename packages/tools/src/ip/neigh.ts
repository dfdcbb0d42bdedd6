/** `ip neighbour` and `ip ntable show`. */
import {
  NDA_CACHEINFO, NDA_DST, NDA_FLAGS_EXT, NDA_IFINDEX, NDA_LLADDR, NDA_MASTER, NDA_PROBES, NDA_PROTOCOL, NDA_VLAN, NDA_VNI, NDTA_GC_INTERVAL, NDTA_NAME, NDTA_PARMS, NDTA_THRESH1, NDTA_THRESH2, NDTA_THRESH3, NDTPA_IFINDEX,
  NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELNEIGH, RTM_GETNEIGH, RTM_GETNEIGHTBL, RTM_NEWNEIGH, RTM_NEWNEIGHTBL, RTM_SETNEIGHTBL,
} from '@linnet/uapi';
import { attrMap, AttrWriter, type Attrs, type NlMsg, text, u32, u64, u8 } from '../netlink.ts';
import { addrText, duparg2, familyName, getAddr, getPrefix, invarg, macBytes, macText, number, type Prefix, samePrefix, ToolExit, type Words } from '../words.ts';
import type { Ip } from './context.ts';
import { protoName, protoNumber } from './names.ts';

const STATES: readonly (readonly [number, string])[] = [
  [0x01, 'INCOMPLETE'], [0x02, 'REACHABLE'], [0x04, 'STALE'], [0x08, 'DELAY'], [0x10, 'PROBE'], [0x20, 'FAILED'], [0x40, 'NOARP'], [0x80, 'PERMANENT'],
];
const NTF_PROXY = 8;
const NTF_EXT_LEARNED = 0x10;
const NTF_ROUTER = 0x80;
const NTF_USE = 1;
const EXT_MANAGED = 1;
const NOARP = 0x40;
const PERMANENT = 0x80;
const NONE = 0;

interface NeighMsg {
  readonly family: number;
  readonly index: number;
  readonly state: number;
  readonly flags: number;
  readonly type: number;
  readonly attrs: Attrs;
  readonly msg: NlMsg;
}

function neighMsg(m: NlMsg): NeighMsg {
  const v = new DataView(m.body.buffer, m.body.byteOffset, m.body.byteLength);
  return { family: m.body[0]!, index: v.getInt32(4, true), state: v.getUint16(8, true), flags: m.body[10]!, type: m.body[11]!, attrs: attrMap(m.body, 12), msg: m };
}

const ndmsg = (family: number, index: number, state: number, flags: number): Uint8Array => Uint8Array.of(family, 0, 0, 0, index, index >> 8, index >> 16, index >> 24, state, state >> 8, flags, 0);

function stateNumber(s: string): number | null {
  if (s === 'all') return 0xff;
  const full = STATES.find(([, name]) => name.toLowerCase().startsWith(s.toLowerCase()) && s !== '');
  if (full !== undefined) return full[0];
  if (s === 'none') return NONE;
  return number(s, 0xff);
}

interface NeighFilter {
  family: number;
  index: number;
  states: number;
  /** Were states asked for? */
  some: boolean;
  unused: boolean;
  master: number;
  nomaster: boolean;
  to: Prefix | null;
  proxy: boolean;
  protocol: number;
}

function passes(f: NeighFilter, n: NeighMsg): boolean {
  if (f.family !== 0 && n.family !== f.family) return false;
  if (f.index !== 0 && n.index !== f.index) return false;
  // What was learned elsewhere passes whatever its state.
  if (!f.proxy && (n.flags & NTF_EXT_LEARNED) === 0 && (f.states & n.state) === 0 && (n.state !== 0 || (f.states & 0x100) === 0)) return false;
  if (f.proxy !== ((n.flags & NTF_PROXY) !== 0)) return false;
  if (f.master !== 0 && u32(n.attrs, NDA_MASTER) !== f.master) return false;
  if (f.protocol >= 0 && (u8(n.attrs, NDA_PROTOCOL) ?? 0) !== f.protocol) return false;
  const dst = n.attrs.get(NDA_DST);
  if (f.to !== null && (dst === undefined || n.family !== f.to.family || !samePrefix(dst, f.to.addr, f.to.bits))) return false;
  if (f.unused) {
    const cache = n.attrs.get(NDA_CACHEINFO);
    if (cache !== undefined && cache[12] !== 0) return false;
  }
  return true;
}

/** One entry with the end of its line. */
function show(ip: Ip, n: NeighMsg, f: { readonly index: number }, deleted: boolean = false): void {
  const { out, opt } = ip;
  const a = n.attrs;
  out.open('{');
  if (deleted) out.p('deleted', true, 'Deleted ');
  const dst = a.get(NDA_DST);
  if (dst !== undefined) out.p('dst', addrText(dst), `${addrText(dst)} `);
  if (f.index === 0 && n.index !== 0) out.p('dev', ip.nameOf(n.index), `dev ${ip.nameOf(n.index)} `);
  const mac = a.get(NDA_LLADDR);
  if (mac !== undefined) {
    const s = macText(mac);
    out.p('lladdr', s, `lladdr ${s}`);
    out.t(' ');
  }
  for (const [type, word] of [[NDA_VLAN, 'vlan'], [NDA_VNI, 'vni']] as const) {
    const x = type === NDA_VLAN ? a.get(type)?.[0] : u32(a, type);
    if (x !== undefined) out.p(word, x, `${word} ${x} `);
  }
  const via = u32(a, NDA_IFINDEX);
  if (via !== undefined) out.p('ifindex', ip.nameOf(via), `via ${ip.nameOf(via)} `);
  const cache = a.get(NDA_CACHEINFO);
  if (cache !== undefined && opt.stats > 0) {
    const v = new DataView(cache.buffer, cache.byteOffset, cache.byteLength);
    const sec = (off: number): number => Math.trunc(v.getUint32(off, true) / 100);
    const refs = v.getUint32(12, true);
    if (refs !== 0) out.p('refcnt', refs, ` ref ${refs}`);
    out.p('used', sec(4), ` used ${sec(4)}`);
    out.p('confirmed', sec(0), `/${sec(0)}`);
    out.p('updated', sec(8), `/${sec(8)}`);
    const probes = u32(a, NDA_PROBES);
    if (probes !== undefined) out.p('probes', probes, `probes ${probes}`);
    out.t(' ');
  }
  if ((n.flags & NTF_ROUTER) !== 0) out.p('router', null, 'router ');
  if ((n.flags & NTF_PROXY) !== 0) out.p('proxy', null, 'proxy ');
  if ((n.flags & NTF_EXT_LEARNED) !== 0) out.p('extern_learn', null, 'extern_learn ');
  if ((n.flags & 0x20) !== 0) out.p('offload', null, 'offload ');
  if (((u32(a, NDA_FLAGS_EXT) ?? 0) & EXT_MANAGED) !== 0) out.p('managed', null, 'managed ');
  if (n.state !== 0) {
    out.open('[', 'state');
    for (const [bit, name] of STATES) if ((n.state & bit) !== 0) out.p(null, name, `${name} `);
    out.close(']');
  }
  const proto = u8(a, NDA_PROTOCOL);
  if (proto !== undefined) out.p('protocol', protoName(proto), `proto ${protoName(proto)} `);
  out.t('\n');
  out.close('}');
}

function parseFilter(ip: Ip, w: Words): NeighFilter {
  const f: NeighFilter = { family: ip.opt.family, index: 0, states: 0xff & ~NOARP, some: false, unused: false, master: 0, nomaster: false, to: null, proxy: false, protocol: -1 };
  let dev: string | null = null;
  for (; w.more; w.skip()) {
    if (w.eq('dev')) {
      w.next();
      if (dev !== null) duparg2('dev', w.cur);
      dev = w.cur;
    } else if (w.eq('master', 'vrf')) {
      f.master = ip.indexOf(w.next());
      if (f.master === 0) invarg('Device does not exist\n', w.cur);
    } else if (w.eq('nomaster')) {
      f.nomaster = true;
    } else if (w.eq('unused')) {
      f.unused = true;
    } else if (w.eq('nud')) {
      w.next();
      if (!f.some) f.states = 0;
      f.some = true;
      const state = w.eq('all') ? 0xff : (stateNumber(w.cur) ?? invarg('nud state is bad', w.cur));
      f.states |= state === 0 || w.eq('all') ? 0x100 | state : state;
    } else if (w.eq('proxy')) {
      f.proxy = true;
    } else if (w.eq('protocol')) {
      const s = w.next();
      f.protocol = s === 'all' ? -1 : (protoNumber(s) ?? invarg('invalid "protocol"\n', s));
    } else {
      if (w.eq('to')) w.next();
      f.to = getPrefix(w.cur, f.family);
      if (f.family === 0) f.family = f.to.family;
    }
  }
  if (dev !== null) f.index = ip.mustIndex(dev);
  return f;
}

function fetch(ip: Ip, f: NeighFilter): NeighMsg[] {
  return ip.dump(RTM_GETNEIGH, ndmsg(f.family, 0, 0, f.proxy ? NTF_PROXY : 0)).filter((m) => m.type === RTM_NEWNEIGH).map(neighMsg).filter((n) => passes(f, n));
}

function list(ip: Ip, w: Words): number {
  const f = parseFilter(ip, w);
  const all = fetch(ip, f);
  ip.out.open('[');
  for (const n of all) show(ip, n, f);
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

function flush(ip: Ip, w: Words): number {
  if (!w.more) throw new ToolExit(1, 'Flush requires arguments.\n');
  const f = parseFilter(ip, w);
  if (!f.some) f.states = 0xff & ~(PERMANENT | NOARP);
  const { out, opt } = ip;
  for (let round = 0; ; round++) {
    const some = fetch(ip, f);
    if (some.length === 0) {
      if (opt.stats > 0) out.raw(round === 0 ? 'Nothing to flush.\n' : `*** Flush is complete after ${round} round${round > 1 ? 's' : ''} ***\n`);
      return 0;
    }
    if (opt.maxFlushLoops > 0 && round >= opt.maxFlushLoops) throw new ToolExit(1, `*** Flush not completed bailing out after ${round} rounds\n`);
    for (const n of some) {
      const r = ip.rtnl.talk(RTM_DELNEIGH, 0, n.msg.body.subarray(0, 12), new AttrWriter().append(n.msg.body.subarray(12)));
      if (r.err < 0 && r.err !== -2) {
        ip.good(r);
        return 1;
      }
      if (opt.stats > 1) show(ip, n, f, true);
    }
    if (opt.stats > 0) out.raw(`\n*** Round ${round + 1}, deleting ${some.length} entries ***\n`);
    if (f.some && (f.states & 0x20) !== 0) return 0;
  }
}

function modify(ip: Ip, w: Words, type: number, flags: number): number {
  let state = PERMANENT;
  let nflags = 0;
  let ext = 0;
  let dst: Prefix | null = null;
  let dev: string | null = null;
  let lladdr: string | null = null;
  const attrs = new AttrWriter();
  for (; w.more; w.skip()) {
    if (w.is('lladdr')) {
      lladdr = w.next();
    } else if (w.eq('nud')) {
      state = stateNumber(w.next()) ?? invarg('nud state is bad', w.cur);
    } else if (w.is('proxy')) {
      if (w.peek === undefined) w.next();
      w.next();
      dst = getAddr(w.cur, ip.opt.family);
      nflags |= NTF_PROXY;
    } else if (w.eq('router')) {
      nflags |= NTF_ROUTER;
    } else if (w.is('extern_learn')) {
      nflags |= NTF_EXT_LEARNED;
    } else if (w.eq('use')) {
      nflags |= NTF_USE;
    } else if (w.eq('managed')) {
      ext |= EXT_MANAGED;
    } else if (w.eq('dev')) {
      dev = w.next();
    } else if (w.is('protocol')) {
      attrs.u8(NDA_PROTOCOL, protoNumber(w.next()) ?? invarg('"protocol" value is invalid\n', w.cur));
    } else {
      if (w.eq('to')) w.next();
      if (dst !== null) duparg2('to', w.cur);
      dst = getAddr(w.cur, ip.opt.family);
    }
  }
  if (dev === null || dst === null) throw new ToolExit(255, 'Device and destination are required arguments.\n');
  const all = new AttrWriter().raw(NDA_DST, dst.addr);
  if (lladdr !== null && lladdr !== 'null') all.raw(NDA_LLADDR, macBytes(lladdr) ?? badMac(lladdr));
  all.append(attrs.bytes());
  if (ext !== 0) all.u32(NDA_FLAGS_EXT, ext);
  return ip.change(type, flags, ndmsg(dst.family, ip.mustIndex(dev), state, nflags), all);
}

function badMac(s: string): never {
  throw new ToolExit(1, `"${s}" is invalid lladdr.\n`);
}

function get(ip: Ip, w: Words): number {
  let dst: Prefix | null = null;
  let dev: string | null = null;
  let flags = 0;
  for (; w.more; w.skip()) {
    if (w.eq('dev')) {
      dev = w.next();
    } else if (w.is('proxy')) {
      dst = getAddr(w.next(), ip.opt.family);
      flags |= NTF_PROXY;
    } else {
      if (w.eq('to')) w.next();
      if (dst !== null) duparg2('to', w.cur);
      dst = getAddr(w.cur, ip.opt.family);
    }
  }
  if (dev === null || dst === null) throw new ToolExit(1, 'Device and address are required arguments.\n');
  const r = ip.rtnl.request(RTM_GETNEIGH, 0, ndmsg(dst.family, ip.mustIndex(dev), 0, flags), new AttrWriter().raw(NDA_DST, dst.addr));
  if (!ip.good(r)) return 2;
  ip.out.open('[');
  for (const m of r.msgs) if (m.type === RTM_NEWNEIGH) show(ip, neighMsg(m), { index: 0 });
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

/** `ip neighbour ...`. */
export function ipNeigh(ip: Ip, w: Words): number {
  if (!w.more) return list(ip, w);
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('add')) return modify(ip, w, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL);
  if (is('change') || cmd === 'chg') return modify(ip, w, RTM_NEWNEIGH, NLM_F_REPLACE);
  if (is('replace')) return modify(ip, w, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  if (is('delete')) return modify(ip, w, RTM_DELNEIGH, 0);
  if (is('get')) return get(ip, w);
  if (is('show', 'list') || cmd === 'lst') return list(ip, w);
  if (is('flush')) return flush(ip, w);
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip neigh help".\n`);
}

/** A notification, for `ip monitor`. */
export function showNeighEvent(ip: Ip, m: NlMsg): void {
  const n = neighMsg(m);
  // Events of bridges are another command's.
  if (n.family === 2 || n.family === 10) show(ip, n, { index: 0 }, m.type === RTM_DELNEIGH);
}

/** Parameters by attribute (NDTPA_*): is it 64 bits wide, name in JSON, in text. */
const PARAMS: readonly (readonly (readonly [number, boolean, string])[])[] = [
  [[2, false, 'refcnt'], [3, true, 'reachable'], [4, true, 'base_reachable'], [5, true, 'retrans']],
  [[6, true, 'gc_stale'], [7, true, 'delay_probe'], [8, false, 'queue']],
  [[9, false, 'app_probes'], [10, false, 'ucast_probes'], [11, false, 'mcast_probes']],
  [[12, true, 'anycast_delay'], [13, true, 'proxy_delay'], [14, false, 'proxy_queue'], [15, true, 'locktime']],
];

/** `ip ntable change name NAME [dev DEV] PARAMETER VALUE...`. */
function ntableChange(ip: Ip, w: Words): number {
  const attrs = new AttrWriter();
  const parms = new AttrWriter();
  let name: string | null = null;
  let index = 0;
  let some = false;
  const thresholds: Readonly<Record<string, number>> = { thresh1: NDTA_THRESH1, thresh2: NDTA_THRESH2, thresh3: NDTA_THRESH3 };
  for (; w.more; w.skip()) {
    const word = w.cur;
    const param = PARAMS.flat().find(([, , key]) => key === word && key !== 'refcnt' && key !== 'reachable');
    if (word === 'name') {
      name = w.next();
    } else if (word === 'dev') {
      index = ip.mustIndex(w.next());
    } else if (thresholds[word] !== undefined) {
      attrs.u32(thresholds[word], number(w.next()) ?? invarg(`"${word}" value is invalid`, w.cur));
      some = true;
    } else if (word === 'gc_int') {
      attrs.u64(NDTA_GC_INTERVAL, BigInt(number(w.next()) ?? invarg('"gc_int" value is invalid', w.cur)));
      some = true;
    } else if (param !== undefined) {
      const n = number(w.next()) ?? invarg(`"${word}" value is invalid`, w.cur);
      if (param[1]) parms.u64(param[0], BigInt(n));
      else parms.u32(param[0], n);
      some = true;
    } else {
      invarg('unknown', word);
    }
  }
  if (name === null) throw new ToolExit(255, 'Not enough information: "name" argument is required.\n');
  if (!some) throw new ToolExit(255, 'Not enough information: changeable attributes required.\n');
  const all = new AttrWriter().str(NDTA_NAME, name).append(attrs.bytes());
  if (!parms.empty) all.nest(NDTA_PARMS, (index === 0 ? new AttrWriter() : new AttrWriter().u32(NDTPA_IFINDEX, index)).append(parms.bytes()));
  return ip.change(RTM_SETNEIGHTBL, NLM_F_REPLACE, Uint8Array.of(ip.opt.family, 0, 0, 0), all);
}

/** `ip ntable show [name NAME] [dev DEV]`, and `change`. */
export function ipNtable(ip: Ip, w: Words): number {
  const { out } = ip;
  let name: string | null = null;
  let index = -1;
  if (w.more && w.is('change')) {
    w.skip();
    return ntableChange(ip, w);
  }
  if (w.more && !w.is('show', 'list')) throw new ToolExit(255, `Command "${w.cur}" is unknown, try "ip ntable help".\n`);
  if (w.more) w.skip();
  for (; w.more; w.skip()) {
    if (w.eq('name')) name = w.next();
    else if (w.eq('dev')) index = w.next() === 'none' ? 0 : ip.mustIndex(w.cur);
    else throw new ToolExit(255, `Command "${w.cur}" is unknown, try "ip ntable help".\n`);
  }
  out.open('[');
  for (const m of ip.dump(RTM_GETNEIGHTBL, Uint8Array.of(ip.opt.family, 0, 0, 0))) {
    if (m.type !== RTM_NEWNEIGHTBL) continue;
    const a = attrMap(m.body, 4);
    const table = text(a, NDTA_NAME) ?? '';
    const parms = attrMap(a.get(NDTA_PARMS));
    const dev = u32(parms, NDTPA_IFINDEX) ?? 0;
    if ((name !== null && name !== table) || (index >= 0 && dev !== index)) continue;
    out.open('{');
    const family = familyName(m.body[0]!);
    out.p('family', family, `${family} `);
    out.p('name', table, `${table} `);
    out.t(out.nl);
    if (dev !== 0) {
      out.p('dev', ip.nameOf(dev), `    dev ${ip.nameOf(dev)} `);
      out.t(out.nl);
    } else {
      const t1 = u32(a, NDTA_THRESH1);
      const line: readonly (readonly [string, number | bigint | undefined])[] = [['thresh1', t1], ['thresh2', u32(a, NDTA_THRESH2)], ['thresh3', u32(a, NDTA_THRESH3)], ['gc_interval', u64(a, NDTA_GC_INTERVAL)]];
      out.t('    ');
      for (const [key, n] of line) if (n !== undefined) out.p(key, n, `${key === 'gc_interval' ? 'gc_int' : key} ${n} `);
      out.t(out.nl);
    }
    for (const row of PARAMS) {
      out.t('    ');
      for (const [type, wide, key] of row) {
        const n = wide ? u64(parms, type) : u32(parms, type);
        if (n !== undefined) out.p(key, n, `${key} ${n} `);
      }
      out.t(out.nl);
    }
    out.t('\n');
    out.close('}');
  }
  out.close(']');
  if (out.json) out.raw('\n');
  return 0;
}
