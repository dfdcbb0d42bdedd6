/** Routes as text and as JSON. */
import {
  RTA_CACHEINFO, RTA_DST, RTA_EXPIRES, RTA_FLOW, RTA_GATEWAY, RTA_IIF, RTA_MARK, RTA_METRICS, RTA_MULTIPATH, RTA_NH_ID, RTA_OIF, RTA_PREF, RTA_PREFSRC, RTA_PRIORITY, RTA_SRC, RTA_TABLE, RTA_TTL_PROPAGATE, RTA_UID, RTA_VIA,
  RTAX_CC_ALGO, RTAX_FEATURES, RTAX_HOPLIMIT, RTAX_LOCK, RTAX_RTO_MIN, RTAX_RTT, RTAX_RTTVAR,
} from '@linnet/uapi';
import { attrMap, type Attrs, cstr, type NlMsg, u32, u8 } from '../netlink.ts';
import { Literal } from '../printer.ts';
import { addrText, AF_INET6, familyName, hostBits, type Prefix } from '../words.ts';
import type { Ip } from './context.ts';
import { dsfieldName, protoName, scopeName, tableName, typeName } from './names.ts';

/** A route as told by the kernel. */
export interface RouteMsg {
  readonly family: number;
  readonly dstLen: number;
  readonly srcLen: number;
  readonly tos: number;
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  readonly flags: number;
  readonly attrs: Attrs;
  readonly msg: NlMsg;
}

export function routeMsg(m: NlMsg): RouteMsg {
  const b = m.body;
  const attrs = attrMap(b, 12);
  return {
    family: b[0]!, dstLen: b[1]!, srcLen: b[2]!, tos: b[3]!, table: u32(attrs, RTA_TABLE) ?? b[4]!, protocol: b[5]!, scope: b[6]!, type: b[7]!,
    flags: new DataView(b.buffer, b.byteOffset, b.byteLength).getUint32(8, true), attrs, msg: m,
  };
}

/** Which routes to show; what all of them have is not shown of each. */
export interface RouteFilter {
  family: number;
  /** 0: of all tables. */
  table: number;
  cloned: boolean;
  protocol: number;
  scope: number;
  type: number;
  tos: number;
  oif: number;
  iif: number;
  mark: number;
  metric: number;
  via: Prefix | null;
  src: Prefix | null;
  root: Prefix | null;
  match: Prefix | null;
  rootSrc: Prefix | null;
  matchSrc: Prefix | null;
}

export function routeFilter(family: number, table: number): RouteFilter {
  return { family, table, cloned: false, protocol: -1, scope: -1, type: -1, tos: -1, oif: 0, iif: 0, mark: -1, metric: -1, via: null, src: null, root: null, match: null, rootSrc: null, matchSrc: null };
}

const RTM_F_CLONED = 0x200;
const FLAGS: readonly (readonly [number, string])[] = [
  [1, 'dead'], [4, 'onlink'], [2, 'pervasive'], [8, 'offload'], [0x40, 'trap'], [0x100, 'notify'], [0x10, 'linkdown'], [0x20, 'unresolved'], [0x4000, 'rt_offload'], [0x8000, 'rt_trap'], [0x20000000, 'rt_offload_failed'],
];
const CACHE: readonly (readonly [number, string])[] = [
  [0x80000000, 'local'], [0x04000000, 'reject'], [0x20000000, 'mc'], [0x10000000, 'brd'], [0x08000000, 'dst-nat'], [0x02000000, 'dst-masq'], [0x01000000, 'src-nat'], [0x00800000, 'src-masq'], [0x00040000, 'redirected'],
  [0x00020000, 'doredirect'], [0x00010000, 'notify'],
];
const METRICS: readonly string[] = [
  '', 'lock', 'mtu', 'window', 'rtt', 'rttvar', 'ssthresh', 'cwnd', 'advmss', 'reordering', 'hoplimit', 'initcwnd', 'features', 'rto_min', 'initrwnd', 'quickack', 'congctl', 'fastopen_no_cookie',
];
const PREFS: Readonly<Record<number, string>> = { 0: 'medium', 1: 'high', 3: 'low', 2: 'invalid' };

export const metricNumber = (name: string): number => METRICS.indexOf(name);

function putFlags(ip: Ip, flags: number): void {
  const { out } = ip;
  out.open('[', 'flags');
  for (const [bit, name] of FLAGS) if ((flags & bit) !== 0) out.p(null, name, `${name} `);
  out.close(']');
}

function putMetrics(ip: Ip, a: Attrs): void {
  const { out } = ip;
  const lock = u32(a, RTAX_LOCK) ?? 0;
  if (out.json) {
    out.open('[', 'metrics');
    out.open('{');
  }
  for (let i = 2; i < METRICS.length; i++) {
    const b = a.get(i);
    if (b === undefined) continue;
    const key = METRICS[i]!;
    out.t(`${key} `);
    if ((lock & (1 << i)) !== 0) out.t('lock ');
    if (i === RTAX_CC_ALGO) {
      out.p(key, cstr(b), `${cstr(b)} `);
      continue;
    }
    const n = u32(a, i) ?? 0;
    if (i === RTAX_FEATURES) {
      if ((n & 1) !== 0) out.p('ecn', null, 'ecn ');
      if ((n & ~1) !== 0) out.p(key, `0x${(n & ~1).toString(16)}`, `0x${(n & ~1).toString(16)} `);
    } else if (i === RTAX_RTT || i === RTAX_RTTVAR || i === RTAX_RTO_MIN) {
      const ms = i === RTAX_RTT ? n / 8 : i === RTAX_RTTVAR ? n / 4 : n;
      out.p(key, Number.isInteger(ms) ? ms : new Literal(`${ms}`), ms >= 1000 ? `${ms / 1000}s ` : `${ms}ms `);
    } else {
      out.p(key, n, `${i === RTAX_HOPLIMIT && n === 0xffffffff ? -1 : n} `);
    }
  }
  if (out.json) {
    out.close('}');
    out.close(']');
  }
}

function putVia(ip: Ip, b: Uint8Array): void {
  const { out } = ip;
  const family = b[0]! | (b[1]! << 8);
  const host = addrText(b.subarray(2));
  out.open('{', 'via');
  out.p('family', familyName(family), `via ${familyName(family)} `);
  out.p('host', host, `${host} `);
  out.close('}');
}

function putNexthops(ip: Ip, r: RouteMsg, b: Uint8Array): void {
  const { out } = ip;
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  out.open('[', 'nexthops');
  for (let off = 0; off + 8 <= b.length;) {
    const len = v.getUint16(off, true);
    if (len < 8 || off + len > b.length) break;
    const flags = b[off + 2]!;
    const hops = b[off + 3]!;
    const a = attrMap(b.subarray(off + 8, off + len));
    out.open('{');
    if ((r.flags & RTM_F_CLONED) === 0 || r.type !== 5) out.t(`${out.nl}\tnexthop `);
    const gw = a.get(RTA_GATEWAY);
    if (gw !== undefined) out.p('gateway', addrText(gw), `via ${addrText(gw)} `);
    const via = a.get(RTA_VIA);
    if (via !== undefined) putVia(ip, via);
    const dev = ip.nameOf(v.getInt32(off + 4, true));
    out.p('dev', dev, `dev ${dev} `);
    if (r.family !== 28) out.p('weight', hops + 1, `weight ${hops + 1} `);
    putFlags(ip, flags);
    out.close('}');
    off += (len + 3) & ~3;
  }
  out.close(']');
}

/** One route with the end of its line. */
export function showRoute(ip: Ip, r: RouteMsg, f: RouteFilter, deleted: boolean = false): void {
  const { out, opt } = ip;
  const a = r.attrs;
  const host = hostBits(r.family);
  const cloned = (r.flags & RTM_F_CLONED) !== 0;
  out.open('{');
  if (deleted) out.p('deleted', true, 'Deleted ');
  if (r.type !== 1 || opt.details > 0) out.p('type', typeName(r.type), `${typeName(r.type)} `);
  const dst = a.get(RTA_DST);
  const range = (key: string, b: Uint8Array | undefined, len: number, word: string): void => {
    if (b !== undefined) {
      const s = len === host ? addrText(b) : `${addrText(b)}/${len}`;
      out.p(key, s, `${word}${s} `);
    } else if (len > 0) {
      out.p(key, `0/${len}`, `${word}0/${len} `);
    } else if (key === 'dst') {
      out.p(key, 'default', 'default ');
    }
  };
  range('dst', dst, r.dstLen, '');
  range('from', a.get(RTA_SRC), r.srcLen, 'from ');
  if (r.tos !== 0 && f.tos < 0) out.p('tos', dsfieldName(r.tos), `tos ${dsfieldName(r.tos)} `);
  const nhid = u32(a, RTA_NH_ID);
  if (nhid !== undefined) out.p('nhid', nhid, `nhid ${nhid} `);
  const gw = a.get(RTA_GATEWAY);
  if (gw !== undefined && (f.via === null || f.via.bits !== hostBits(f.via.family))) out.p('gateway', addrText(gw), `via ${addrText(gw)} `);
  const via = a.get(RTA_VIA);
  if (via !== undefined) putVia(ip, via);
  const oif = u32(a, RTA_OIF);
  if (oif !== undefined && f.oif === 0) out.p('dev', ip.nameOf(oif), `dev ${ip.nameOf(oif)} `);
  if ((r.table !== 254 || opt.details > 0) && f.table === 0 && (!cloned || r.table !== 0)) out.p('table', tableName(r.table), `table ${tableName(r.table)} `);
  if (!cloned || r.family === AF_INET6) {
    if ((r.protocol !== 3 || opt.details > 0) && f.protocol < 0) out.p('protocol', protoName(r.protocol), `proto ${protoName(r.protocol)} `);
    if ((r.scope !== 0 || opt.details > 0) && f.scope < 0) out.p('scope', scopeName(r.scope), `scope ${scopeName(r.scope)} `);
  }
  const src = a.get(RTA_PREFSRC);
  if (src !== undefined && (f.src === null || f.src.bits !== hostBits(f.src.family))) out.p('prefsrc', addrText(src), `src ${addrText(src)} `);
  const metric = u32(a, RTA_PRIORITY);
  if (metric !== undefined && f.metric < 0) out.p('metric', metric, `metric ${metric} `);
  putFlags(ip, r.flags);
  const mark = u32(a, RTA_MARK);
  if (mark !== undefined && mark !== 0) {
    const s = mark >= 16 ? `0x${mark.toString(16)}` : `${mark}`;
    out.p('mark', mark >= 16 ? s : mark, `mark ${s} `);
  }
  const flow = u32(a, RTA_FLOW);
  if (flow !== undefined) {
    const [from, to] = [flow >>> 16, flow & 0xffff];
    out.t(`realm${from !== 0 ? 's' : ''} ${from !== 0 ? `${from}/` : ''}${to} `);
    if (out.json) {
      out.open('{', 'flow');
      if (from !== 0) out.j('from', `${from}`);
      out.j('to', `${to}`);
      out.close('}');
    }
  }
  const uid = u32(a, RTA_UID);
  if (uid !== undefined) out.p('uid', uid, `uid ${uid} `);
  const info = a.get(RTA_CACHEINFO);
  if (cloned && r.family !== AF_INET6) {
    const names = CACHE.filter(([bit]) => (r.flags & bit) !== 0).map(([, name]) => name);
    out.t(`${out.nl}    cache `);
    out.open('[', 'cache');
    for (const n of names) out.j(null, n);
    out.close(']');
    if (names.length > 0) out.t(`<${names.join(',')}> `);
  }
  if (info !== undefined && info.length >= 16) {
    const v = new DataView(info.buffer, info.byteOffset, info.byteLength);
    const expires = v.getInt32(8, true);
    const error = v.getUint32(12, true) | 0;
    if (expires !== 0) out.p('expires', Math.trunc(expires / 100), `expires ${Math.trunc(expires / 100)}sec `);
    if (error !== 0) out.p('error', error, `error ${error} `);
    if (opt.stats > 0) {
      const [refs, last, used] = [v.getUint32(0, true), v.getUint32(4, true), v.getUint32(16, true)];
      if (refs !== 0) out.p('users', refs, `users ${refs} `);
      if (used !== 0) out.p('used', used, `used ${used} `);
      if (last !== 0) out.p('age', Math.trunc(last / 100), `age ${Math.trunc(last / 100)}sec `);
    }
  } else if (u32(a, RTA_EXPIRES) !== undefined) {
    out.p('expires', u32(a, RTA_EXPIRES)!, `expires ${u32(a, RTA_EXPIRES)!}sec `);
  }
  const metrics = a.get(RTA_METRICS);
  if (metrics !== undefined) putMetrics(ip, attrMap(metrics));
  const iif = u32(a, RTA_IIF);
  if (iif !== undefined && f.iif === 0) out.p('iif', ip.nameOf(iif), `iif ${ip.nameOf(iif)} `);
  const pref = u8(a, RTA_PREF);
  if (pref !== undefined) out.p('pref', PREFS[pref] ?? pref, `pref ${PREFS[pref] ?? pref}`);
  const ttl = u8(a, RTA_TTL_PROPAGATE);
  if (ttl !== undefined) out.p('ttl-propogate', ttl !== 0, `ttl-propogate ${ttl !== 0 ? 'enabled' : 'disabled'}`);
  const multi = a.get(RTA_MULTIPATH);
  if (multi !== undefined) putNexthops(ip, r, multi);
  out.t('\n');
  out.close('}');
}
