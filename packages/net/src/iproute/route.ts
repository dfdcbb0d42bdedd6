/** Routes: `ip route`. */
import {
  AF_INET, in4FromString, in4ToString, in6FromString, in6ToString, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, type NlObject, type NlObjectValue, ROUTE_ATTRS, RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_NOWHERE, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RT_TABLE_UNSPEC,
  RTM_DELROUTE, RTM_F_LOOKUP_TABLE, RTM_GETROUTE, RTM_NEWROUTE, RTMSG_LEN, rtmsgRead, rtmsgWrite, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST, RTN_ANYCAST, RTNEXTHOP_LEN,
  rtnexthopRead, rtnexthopWrite, RTNH_F_DEAD, RTNH_F_LINKDOWN, RTNH_F_ONLINK, RTPROT_BOOT, RTPROT_UNSPEC, RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE, AF_INET6,
} from '@linnet/uapi';
import type { NetlinkAnswer, NetlinkClient } from '../netlink/client.ts';
import type { LinkApi } from './link.ts';
import { PROTOCOLS, SCOPES, TABLES, TYPES } from './route-names.ts';
import { badRequest, bytesAttr, defined, familyArg, familyOf, type Keys, nameOf, nestAttr, numberAttr, numberOf, onlyKeys, type Prefix, prefixOf, stringAttr } from './values.ts';

/**
 * One of several ways of a route.
 * @public
 */
export interface NextHop {
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  /** 1 to 256. Default: 1. */
  readonly weight?: number | undefined;
  readonly onlink?: boolean | undefined;
}

/**
 * A route, as it is written and as it is read: `{ dst: '10.1.0.0/16', via: '10.0.0.1', dev: 'eth0' }`.
 * @public
 */
export interface Route {
  /** 'default' or a prefix; a host without a length. */
  readonly dst: string;
  readonly via?: string | undefined;
  /** The name of a link. */
  readonly dev?: string | undefined;
  /** The source address to prefer. */
  readonly src?: string | undefined;
  readonly metric?: number | undefined;
  /** 'main', 'local', 'default', or a number. Default: 'main'. */
  readonly table?: string | number | undefined;
  /** 'global', 'link', 'host'; by default what fits. */
  readonly scope?: string | number | undefined;
  /** Who made it: 'boot' (default), 'static', 'kernel', or a number. */
  readonly protocol?: string | number | undefined;
  /** 'unicast' (default), 'blackhole', 'unreachable', 'prohibit', 'local' and so on. */
  readonly type?: string | number | undefined;
  readonly tos?: number | undefined;
  /** The gateway counts as on the link, whatever the addresses say. */
  readonly onlink?: boolean | undefined;
  /** RTAX_* by their lower-case names: mtu, advmss, window, rtt, hoplimit, initcwnd, features ... */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  /** Several ways instead of via and dev. */
  readonly nexthops?: readonly NextHop[] | undefined;
  /** The id of a next hop of `ip.nexthop` instead of via and dev; with the id the ways that it leads are read, too. */
  readonly nhid?: number | undefined;
  /** AF_INET or AF_INET6. Default: that of dst, of 'default' that of via, else AF_INET. Not read: 'default' is of the family that was asked for. */
  readonly family?: number | undefined;
  /** Read only: 'dead', 'linkdown', 'onlink'. */
  readonly flags?: readonly string[] | undefined;
}

/**
 * What `route.get` is asked.
 * @public
 */
export interface RouteQuery {
  readonly from?: string | undefined;
  readonly oif?: string | undefined;
  readonly iif?: string | undefined;
  readonly mark?: number | undefined;
  readonly tos?: number | undefined;
}

const FLAGS: Readonly<Record<string, number>> = { dead: RTNH_F_DEAD, onlink: RTNH_F_ONLINK, linkdown: RTNH_F_LINKDOWN };
/** Types that lead nowhere and so need no device. */
const NOWHERE: ReadonlySet<number> = new Set([RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW]);
const KEYS: Keys<Route> = {
  dst: true, via: true, dev: true, src: true, metric: true, table: true, scope: true, protocol: true, type: true, tos: true, onlink: true, metrics: true, nexthops: true, nhid: true, family: true, flags: true,
};
const HOP: Keys<NextHop> = { via: true, dev: true, weight: true, onlink: true };
const QUERY: Keys<RouteQuery> = { from: true, oif: true, iif: true, mark: true, tos: true };
const FILTER: Keys<{ table: 0; family: 0 }> = { table: true, family: true };

interface Header {
  readonly family: number;
  readonly dstLen?: number;
  readonly srcLen?: number;
  readonly tos?: number;
  readonly table?: number;
  readonly protocol?: number;
  readonly scope?: number;
  readonly type?: number;
  readonly flags?: number;
}

function header(h: Header): Uint8Array {
  const out = new Uint8Array(RTMSG_LEN);
  rtmsgWrite(new DataView(out.buffer), 0, { dstLen: 0, srcLen: 0, tos: 0, table: 0, protocol: 0, scope: 0, type: 0, flags: 0, ...h });
  return out;
}

/**
 * Routes of a namespace: `ip route`. Errors are {@link NetlinkError}s: EEXIST, ESRCH (no such route), ENETUNREACH (bad gateway), ENODEV, EINVAL.
 * @public
 */
export class RouteApi {
  private readonly rtnl: NetlinkClient;
  private readonly link: LinkApi;

  /** @internal */
  constructor(rtnl: NetlinkClient, link: LinkApi) {
    this.rtnl = rtnl;
    this.link = link;
  }

  /** The routes of a table (default 'main'; 'all' for every one), of IPv4 unless a family is given. */
  list(filter: { readonly table?: string | number | undefined; readonly family?: number | undefined } = {}): Route[] {
    onlyKeys(filter, FILTER);
    const family = familyArg(filter.family ?? AF_INET);
    const all = filter.table === 'all';
    const table = all ? 0 : numberOf('table', filter.table ?? 'main', TABLES);
    const names = this.names();
    return this.rtnl
      .dump({ type: RTM_GETROUTE, name: 'RTM_GETROUTE', what: '', flags: 0, header: header({ family }), table: ROUTE_ATTRS, ...(all ? {} : { attrs: { RTA_TABLE: table } }) })
      .filter((m) => all || (numberAttr(m.attrs, 'RTA_TABLE') ?? rtmsgRead(m.header, 0).table) === table)
      .map((m) => routeOf(m, names));
  }

  /** Adds a route. Throws EEXIST when there is one for that prefix, metric and tos. */
  add(route: Route): void {
    this.put(route, NLM_F_CREATE | NLM_F_EXCL);
  }

  /** Adds a route, or replaces the one that is there. */
  replace(route: Route): void {
    this.put(route, NLM_F_CREATE | NLM_F_REPLACE);
  }

  /** Adds a route behind those that are there. */
  append(route: Route): void {
    this.put(route, NLM_F_CREATE | NLM_F_APPEND);
  }

  /** Removes the first route that fits; what is not given fits all. */
  del(route: Partial<Route> & Pick<Route, 'dst'>): void {
    onlyKeys(route, KEYS);
    const { dst, family } = this.destination(route);
    const type = route.type === undefined ? 0 : numberOf('type', route.type, TYPES);
    const scope = route.scope === undefined ? RT_SCOPE_NOWHERE : numberOf('scope', route.scope, SCOPES);
    const protocol = route.protocol === undefined ? RTPROT_UNSPEC : numberOf('protocol', route.protocol, PROTOCOLS);
    this.send(RTM_DELROUTE, 'RTM_DELROUTE', route, 0, { family, dstLen: dst?.length ?? 0, scope, type, protocol }, dst);
  }

  /** The route that a packet to `address` would take. Throws ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL as the route says. */
  get(address: string, query: RouteQuery = {}): Route {
    onlyKeys(query, QUERY);
    const p = prefixOf('address', address);
    const from = query.from === undefined ? null : prefixOf('from', query.from);
    const m = this.rtnl.get({
      type: RTM_GETROUTE, name: 'RTM_GETROUTE', what: address, flags: 0, table: ROUTE_ATTRS,
      header: header({ family: p.family, dstLen: p.length, srcLen: from?.length ?? 0, tos: query.tos ?? 0, flags: RTM_F_LOOKUP_TABLE }),
      attrs: defined({
        RTA_DST: p.address, RTA_SRC: from?.address, RTA_OIF: query.oif === undefined ? undefined : this.link.get(query.oif).index,
        RTA_IIF: query.iif === undefined ? undefined : this.link.get(query.iif).index, RTA_MARK: query.mark,
      }),
    });
    return routeOf(m, this.names());
  }

  private names(): Map<number, string> {
    return new Map(this.link.list().map((l) => [l.index, l.name]));
  }

  /** Where a route leads to, and of which family it is: what is said of the family must agree with the addresses. */
  private destination(route: Pick<Route, 'dst' | 'via' | 'nexthops' | 'family'>): { dst: Prefix | null; family: number } {
    const said = familyArg(route.family) || undefined;
    const dst = route.dst === 'default' ? null : prefixOf('dst', route.dst);
    if (dst !== null && said !== undefined && said !== dst.family) throw badRequest(`family: ${dst.address} is of another`);
    const via = route.via ?? route.nexthops?.find((hop) => hop.via !== undefined)?.via;
    return { dst, family: dst?.family ?? said ?? (via === undefined ? AF_INET : familyOf('via', via)) };
  }

  private put(route: Route, flags: number): void {
    onlyKeys(route, KEYS);
    for (const hop of route.nexthops ?? []) onlyKeys(hop, HOP, 'nexthops');
    const { dst, family } = this.destination(route);
    const type = numberOf('type', route.type ?? 'unicast', TYPES);
    const protocol = route.protocol === undefined ? RTPROT_BOOT : numberOf('protocol', route.protocol, PROTOCOLS);
    if (route.via === undefined && route.dev === undefined && route.nexthops === undefined && route.nhid === undefined && !NOWHERE.has(type)) throw badRequest('one of via, dev, nexthops, nhid is needed');
    this.send(RTM_NEWROUTE, 'RTM_NEWROUTE', route, flags, { family, dstLen: dst?.length ?? 0, scope: scopeOf(route, type, family), type, protocol }, dst);
  }

  private send(type: number, name: string, route: Partial<Route> & Pick<Route, 'dst'>, flags: number, h: Header, dst: Prefix | null): void {
    const table = numberOf('table', route.table ?? 'main', TABLES);
    if (route.src !== undefined) familyOf('src', route.src);
    const metrics: NlObject = {};
    for (const [key, value] of Object.entries(route.metrics ?? {})) metrics[`RTAX_${key.toUpperCase()}`] = value;
    this.rtnl.do({
      type, name, what: route.dst, flags, table: ROUTE_ATTRS,
      header: header({ ...h, tos: route.tos ?? 0, table: table < 256 ? table : RT_TABLE_UNSPEC, flags: route.onlink === true ? RTNH_F_ONLINK : 0 }),
      attrs: defined({
        RTA_TABLE: table === RT_TABLE_MAIN ? undefined : table,
        RTA_DST: dst?.address,
        ...gateway(h.family, route.via),
        RTA_OIF: route.dev === undefined ? undefined : this.link.get(route.dev).index,
        RTA_PREFSRC: route.src,
        RTA_PRIORITY: route.metric,
        RTA_METRICS: Object.keys(metrics).length > 0 ? metrics : undefined,
        RTA_NH_ID: route.nhid,
        RTA_MULTIPATH: route.nexthops === undefined ? undefined : this.multipath(route.nexthops, h.family),
      }),
    });
  }

  private multipath(hops: readonly NextHop[], family: number): Uint8Array {
    const parts = hops.map((hop) => {
      if (hop.via !== undefined) familyOf('nexthops.via', hop.via);
      const attrs = ROUTE_ATTRS.encode(defined(gateway(family, hop.via)));
      const out = new Uint8Array(RTNEXTHOP_LEN + attrs.length);
      rtnexthopWrite(new DataView(out.buffer), 0, {
        len: out.length, flags: hop.onlink === true ? RTNH_F_ONLINK : 0, hops: (hop.weight ?? 1) - 1, ifindex: hop.dev === undefined ? 0 : this.link.get(hop.dev).index,
      });
      out.set(attrs, RTNEXTHOP_LEN);
      return out;
    });
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) {
      all.set(p, at);
      at += p.length;
    }
    return all;
  }
}

/** The attribute of a gateway: one of another family than the route's has its family with it (RTA_VIA). */
function gateway(family: number, via: string | undefined): Record<string, NlObjectValue> {
  if (via === undefined) return {};
  const own = familyOf('via', via);
  if (own === family) return { RTA_GATEWAY: via };
  const out = new Uint8Array(own === AF_INET ? 6 : 18);
  const view = new DataView(out.buffer);
  view.setUint16(0, own, true);
  if (own === AF_INET) view.setUint32(2, in4FromString(via)!);
  else in6FromString(via)!.forEach((word, i) => view.setInt32(2 + 4 * i, word));
  return { RTA_VIA: out };
}

/** The gateway of a route or of a way, of whichever family. */
function viaOf(a: NlObject): string | undefined {
  const via = bytesAttr(a, 'RTA_VIA');
  if (via === undefined || via.length < 6) return stringAttr(a, 'RTA_GATEWAY');
  const view = new DataView(via.buffer, via.byteOffset, via.byteLength);
  if (view.getUint16(0, true) === AF_INET) return in4ToString(view.getUint32(2));
  return via.length < 18 ? undefined : in6ToString(Int32Array.from({ length: 4 }, (_, i) => view.getInt32(2 + 4 * i)));
}

/** The scope that a route gets when none is asked for. */
function scopeOf(route: Route, type: number, family: number): number {
  if (route.scope !== undefined) return numberOf('scope', route.scope, SCOPES);
  if (family === AF_INET6) return RT_SCOPE_UNIVERSE;
  if (type === RTN_LOCAL) return RT_SCOPE_HOST;
  if (type === RTN_BROADCAST || type === RTN_MULTICAST || type === RTN_ANYCAST) return RT_SCOPE_LINK;
  // Without a gateway the destination is on the link.
  return type === RTN_UNICAST && route.via === undefined && route.nexthops === undefined && route.nhid === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

function hopsOf(bytes: Uint8Array, names: ReadonlyMap<number, string>): NextHop[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: NextHop[] = [];
  for (let at = 0; at + RTNEXTHOP_LEN <= bytes.length;) {
    const hop = rtnexthopRead(view, at);
    if (hop.len < RTNEXTHOP_LEN || at + hop.len > bytes.length) break;
    const attrs = ROUTE_ATTRS.toObject(ROUTE_ATTRS.decode(bytes, at + RTNEXTHOP_LEN, hop.len - RTNEXTHOP_LEN));
    out.push({
      ...defined({ via: viaOf(attrs) }) as { via?: string },
      dev: names.get(hop.ifindex) ?? String(hop.ifindex),
      weight: hop.hops + 1,
      ...((hop.flags & RTNH_F_ONLINK) !== 0 ? { onlink: true } : {}),
    });
    at += (hop.len + 3) & ~3;
  }
  return out;
}

/** A message as a value. */
export function routeOf(m: NetlinkAnswer, names: ReadonlyMap<number, string>): Route {
  const h = rtmsgRead(m.header, 0);
  const a = m.attrs;
  const dst = stringAttr(a, 'RTA_DST');
  const max = h.family === AF_INET ? 32 : 128;
  const oif = numberAttr(a, 'RTA_OIF');
  const hops = bytesAttr(a, 'RTA_MULTIPATH');
  const nest = nestAttr(a, 'RTA_METRICS');
  const metrics: Record<string, number> = {};
  for (const [key, value] of Object.entries(nest ?? {})) if (typeof value === 'number') metrics[key.replace(/^RTAX_/, '').toLowerCase()] = value;
  const flags = Object.keys(FLAGS).filter((name) => (h.flags & FLAGS[name]!) !== 0);
  return {
    dst: dst === undefined ? 'default' : h.dstLen === max ? dst : `${dst}/${h.dstLen}`,
    ...defined({
      via: viaOf(a), dev: oif === undefined ? undefined : (names.get(oif) ?? String(oif)), src: stringAttr(a, 'RTA_PREFSRC'), metric: numberAttr(a, 'RTA_PRIORITY'),
      nhid: numberAttr(a, 'RTA_NH_ID'),
    }) as Partial<Route>,
    table: nameOf(numberAttr(a, 'RTA_TABLE') ?? h.table, TABLES),
    scope: nameOf(h.scope, SCOPES),
    protocol: nameOf(h.protocol, PROTOCOLS),
    type: nameOf(h.type, TYPES),
    ...(h.tos === 0 ? {} : { tos: h.tos }),
    ...(Object.keys(metrics).length > 0 ? { metrics } : {}),
    ...(hops === undefined ? {} : { nexthops: hopsOf(hops, names) }),
    ...(flags.length > 0 ? { flags } : {}),
  };
}
