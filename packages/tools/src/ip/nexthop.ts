/** `ip nexthop`. */
import {
  NHA_BLACKHOLE, NHA_FDB, NHA_GATEWAY, NHA_GROUP, NHA_GROUP_TYPE, NHA_ID, NHA_OIF, NHA_RES_BUCKET, NHA_RES_GROUP, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELNEXTHOP, RTM_GETNEXTHOP, RTM_GETNEXTHOPBUCKET,
  RTM_NEWNEXTHOP, RTM_NEWNEXTHOPBUCKET,
} from '@linnet/uapi';
import { attrMap, AttrWriter, type Attrs, type NlMsg, u16, u32, u64 } from '../netlink.ts';
import { Literal } from '../printer.ts';
import { addrText, getAddr, invarg, number, ToolExit, type Words } from '../words.ts';
import type { Ip } from './context.ts';
import { protoName, protoNumber, scopeName } from './names.ts';

const FLAGS: readonly (readonly [number, string])[] = [[1, 'dead'], [4, 'onlink'], [2, 'pervasive'], [8, 'offload'], [0x40, 'trap'], [0x10, 'linkdown'], [0x20, 'unresolved']];
const USAGE = 'Usage: ip nexthop { list | flush } [ protocol ID ] SELECTOR\n       ip nexthop { add | replace } id ID NH [ protocol ID ]\n       ip nexthop { get | del } id ID\n';

const nhmsg = (family: number, protocol: number = 0, flags: number = 0): Uint8Array => Uint8Array.of(family, 0, protocol, 0, flags, flags >> 8, flags >> 16, flags >> 24);

/** Hundredths of a second as seconds. */
const seconds = (n: number): string => `${n / 100}`;

interface NextHop {
  readonly scope: number;
  readonly protocol: number;
  readonly flags: number;
  readonly attrs: Attrs;
}
function nextHop(m: NlMsg): NextHop {
  const v = new DataView(m.body.buffer, m.body.byteOffset, m.body.byteLength);
  return { scope: m.body[1]!, protocol: m.body[2]!, flags: v.getUint32(4, true), attrs: attrMap(m.body, 8) };
}

function putResilient(ip: Ip, a: Attrs): void {
  const { out } = ip;
  const put = (key: string, n: number | undefined, scaled: boolean): void => {
    if (n === undefined) return;
    const s = scaled ? seconds(n) : `${n}`;
    out.p(key, new Literal(s), `${key} ${s} `);
  };
  out.open('{', 'resilient_args');
  put('buckets', u16(a, 1), false);
  put('idle_timer', u32(a, 2), true);
  put('unbalanced_timer', u32(a, 3), true);
  const time = u64(a, 4);
  put('unbalanced_time', time === undefined ? undefined : Number(time), true);
  out.close('}');
}

/** One of them with the end of its line. */
function show(ip: Ip, n: NextHop, deleted: boolean = false): void {
  const { out, opt } = ip;
  const a = n.attrs;
  out.open('{');
  if (deleted) out.p('deleted', true, 'Deleted ');
  const id = u32(a, NHA_ID);
  if (id !== undefined) out.p('id', id, `id ${id} `);
  const group = a.get(NHA_GROUP);
  if (group !== undefined) {
    const v = new DataView(group.buffer, group.byteOffset, group.byteLength);
    const parts: string[] = [];
    out.open('[', 'group');
    for (let off = 0; off + 8 <= group.length; off += 8) {
      const gid = v.getUint32(off, true);
      const weight = group[off + 4]! + 1;
      out.open('{');
      out.j('id', gid);
      if (weight > 1) out.j('weight', weight);
      out.close('}');
      parts.push(weight > 1 ? `${gid},${weight}` : `${gid}`);
    }
    out.close(']');
    out.t(`group ${parts.join('/')} `);
  }
  const type = u16(a, NHA_GROUP_TYPE);
  if (type === 1) out.p('type', 'resilient', 'type resilient ');
  else if (type !== undefined && type > 1) out.p('type', `${type}`, `type ${type} `);
  const gw = a.get(NHA_GATEWAY);
  if (gw !== undefined) out.p('gateway', addrText(gw), `via ${addrText(gw)} `);
  const oif = u32(a, NHA_OIF);
  if (oif !== undefined) out.p('dev', ip.nameOf(oif), `dev ${ip.nameOf(oif)} `);
  const res = a.get(NHA_RES_GROUP);
  if (res !== undefined) putResilient(ip, attrMap(res));
  if (n.scope !== 0 || opt.details > 0) out.p('scope', scopeName(n.scope), `scope ${scopeName(n.scope)} `);
  if (a.has(NHA_BLACKHOLE)) out.p('blackhole', null, 'blackhole ');
  if (n.protocol !== 0 || opt.details > 0) out.p('protocol', protoName(n.protocol), `proto ${protoName(n.protocol)} `);
  out.open('[', 'flags');
  for (const [bit, name] of FLAGS) if ((n.flags & bit) !== 0) out.p(null, name, `${name} `);
  out.close(']');
  if (a.has(NHA_FDB)) out.p('fdb', null, 'fdb');
  out.t('\n');
  out.close('}');
}

function idOf(w: Words): number {
  return number(w.next()) ?? invarg('invalid id value', w.cur);
}

function get(ip: Ip, id: number): number {
  const r = ip.rtnl.request(RTM_GETNEXTHOP, 0, nhmsg(ip.opt.family), new AttrWriter().u32(NHA_ID, id));
  if (!ip.good(r)) return 2;
  ip.out.open('[');
  for (const m of r.msgs) if (m.type === RTM_NEWNEXTHOP) show(ip, nextHop(m));
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

function list(ip: Ip, w: Words, flushing: boolean): number {
  let [dev, protocol, groups, fdb, id] = [0, -1, false, false, 0];
  for (; w.more; w.skip()) {
    if (w.eq('dev')) dev = ip.indexOf(w.next()) || invarg('Device does not exist\n', w.cur);
    else if (w.is('groups')) groups = true;
    else if (w.eq('master', 'vrf')) w.next();
    else if (w.eq('id')) id = idOf(w);
    else if (w.is('protocol')) protocol = protoNumber(w.next()) ?? invarg('invalid protocol value', w.cur);
    else if (w.is('fdb')) fdb = true;
    else if (w.is('help')) throw new ToolExit(255, USAGE);
    else invarg('', w.cur);
  }
  if (id !== 0 && !flushing) return get(ip, id);
  const all = ip.dump(RTM_GETNEXTHOP, nhmsg(ip.opt.family)).filter((m) => m.type === RTM_NEWNEXTHOP).map(nextHop).filter((n) => {
    if (dev !== 0 && u32(n.attrs, NHA_OIF) !== dev) return false;
    if (groups && !n.attrs.has(NHA_GROUP)) return false;
    if (fdb && !n.attrs.has(NHA_FDB)) return false;
    return protocol < 0 || n.protocol === protocol;
  });
  if (flushing) {
    let deleted = 0;
    for (const n of all) {
      // One may have gone with another: it counts all the same.
      ip.rtnl.talk(RTM_DELNEXTHOP, 0, nhmsg(0), new AttrWriter().u32(NHA_ID, u32(n.attrs, NHA_ID) ?? 0));
      deleted++;
    }
    ip.out.raw(deleted > 0 ? `Flushed ${deleted} nexthops\n` : 'Nothing to flush\n');
    return 0;
  }
  ip.out.open('[');
  for (const n of all) show(ip, n);
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

function modify(ip: Ip, w: Words, type: number, nlflags: number): number {
  const attrs = new AttrWriter();
  const res = new AttrWriter();
  let family = ip.opt.family;
  let [flags, protocol, dev] = [0, 0, false];
  for (; w.more; w.skip()) {
    if (w.eq('id')) {
      attrs.u32(NHA_ID, idOf(w));
    } else if (w.eq('dev')) {
      dev = true;
      attrs.u32(NHA_OIF, ip.indexOf(w.next()) || invarg('Device does not exist\n', w.cur));
    } else if (w.eq('via')) {
      w.next();
      if (w.eq('inet', 'inet6')) {
        family = w.eq('inet') ? 2 : 10;
        w.next();
      }
      const a = getAddr(w.cur, family);
      family ||= a.family;
      attrs.raw(NHA_GATEWAY, a.addr);
    } else if (w.eq('blackhole')) {
      attrs.flag(NHA_BLACKHOLE);
      family ||= 2;
    } else if (w.eq('fdb')) {
      attrs.flag(NHA_FDB);
    } else if (w.eq('onlink')) {
      flags |= 4;
    } else if (w.eq('group')) {
      const entries = w.next().split('/').map((e) => e.split(',').map((x) => number(x)));
      const b = new Uint8Array(entries.length * 8);
      const v = new DataView(b.buffer);
      entries.forEach(([id, weight = 1], i) => {
        if (id === null || id === undefined || weight === null || weight < 1 || weight > 256) invarg('"group" value is invalid\n', w.cur);
        v.setUint32(i * 8, id ?? 0, true);
        b[i * 8 + 4] = (weight ?? 1) - 1;
      });
      attrs.raw(NHA_GROUP, b);
    } else if (w.eq('type')) {
      const i = ['mpath', 'resilient'].indexOf(w.next());
      if (i < 0) invarg('"type" value is invalid\n', w.cur);
      attrs.u16(NHA_GROUP_TYPE, i);
    } else if (w.eq('buckets')) {
      res.u16(1, number(w.next(), 0xffff) ?? invarg('invalid buckets value', w.cur));
    } else if (w.eq('idle_timer')) {
      res.u32(2, (number(w.next()) ?? invarg('invalid idle_timer value', w.cur)) * 100);
    } else if (w.eq('unbalanced_timer')) {
      res.u32(3, (number(w.next()) ?? invarg('invalid unbalanced_timer value', w.cur)) * 100);
    } else if (w.is('protocol')) {
      protocol = protoNumber(w.next()) ?? invarg('"protocol" value is invalid\n', w.cur);
    } else if (w.is('help')) {
      throw new ToolExit(255, USAGE);
    } else {
      invarg('', w.cur);
    }
  }
  if (!res.empty) attrs.nest(NHA_RES_GROUP | 0x8000, res);
  // One that has only a device is IPv4's unless it is said otherwise.
  if (type === RTM_NEWNEXTHOP && family === 0 && dev) family = 2;
  return ip.change(type, nlflags, nhmsg(family, protocol, flags), attrs);
}

function buckets(ip: Ip, w: Words): number {
  let id = 0;
  if (w.more && w.is('list', 'show')) w.skip();
  for (; w.more; w.skip()) {
    if (w.eq('id')) id = idOf(w);
    else invarg('', w.cur);
  }
  const { out } = ip;
  out.open('[');
  for (const m of ip.dump(RTM_GETNEXTHOPBUCKET, nhmsg(0), id === 0 ? null : new AttrWriter().u32(NHA_ID, id))) {
    if (m.type !== RTM_NEWNEXTHOPBUCKET) continue;
    const a = attrMap(m.body, 8);
    const b = attrMap(a.get(NHA_RES_BUCKET));
    out.open('{');
    const nid = u32(a, NHA_ID) ?? 0;
    out.p('id', nid, `id ${nid} `);
    out.open('{', 'bucket');
    out.p('index', u16(b, 1) ?? 0, `index ${u16(b, 1) ?? 0} `);
    const idle = seconds(Number(u64(b, 2) ?? 0n));
    out.p('idle_time', new Literal(idle), `idle_time ${idle} `);
    out.p('nhid', u32(b, 3) ?? 0, `nhid ${u32(b, 3) ?? 0} `);
    out.close('}');
    out.t('\n');
    out.close('}');
  }
  out.close(']');
  if (out.json) out.raw('\n');
  return 0;
}

/** `ip nexthop ...`. */
export function ipNexthop(ip: Ip, w: Words): number {
  if (!w.more) return list(ip, w, false);
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('add')) return modify(ip, w, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL);
  if (is('replace')) return modify(ip, w, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE);
  if (is('delete')) return modify(ip, w, RTM_DELNEXTHOP, 0);
  if (is('list', 'show') || cmd === 'lst') return list(ip, w, false);
  if (is('get')) {
    if (w.more && w.eq('id')) return get(ip, idOf(w));
    throw new ToolExit(255, USAGE);
  }
  if (is('bucket')) return buckets(ip, w);
  if (is('flush')) return list(ip, w, true);
  if (is('help')) throw new ToolExit(255, USAGE);
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip nexthop help".\n`);
}

/** A notification, for `ip monitor`. */
export function showNexthopEvent(ip: Ip, m: NlMsg): void {
  show(ip, nextHop(m), m.type === RTM_DELNEXTHOP);
}
