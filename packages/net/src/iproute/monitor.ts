/** What changes, told: `ip monitor`. */
import {
  ADDR_ATTRS, IFADDRMSG_LEN, IFINFOMSG_LEN, LINK_ATTRS, NDMSG_LEN, NEIGH_ATTRS, NEXTHOP_ATTRS, NHMSG_LEN, type NlAttrTable, nlmsgAlign, ROUTE_ATTRS, RTM_DELADDR, RTM_DELLINK, RTM_DELNEIGH,
  RTM_DELNEXTHOP, RTM_DELROUTE, RTM_DELRULE, RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWNEXTHOP, RTM_NEWROUTE, RTM_NEWRULE, RTMSG_LEN, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
  RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE, RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_NEXTHOP, FIB_RULE_HDR_LEN, RULE_ATTRS,
} from '@linnet/uapi';
import type { NetlinkAnswer, NetlinkClient, NetlinkEvent, NetlinkMonitor } from '../netlink/client.ts';
import { type Addr, addrOf } from './addr.ts';
import { type Link, linkOf } from './link.ts';
import { type Neigh, neighOf } from './neigh.ts';
import { type Nexthop, nexthopOf } from './nexthop.ts';
import { type Route, routeOf } from './route.ts';
import { type Rule, ruleOf } from './rule.ts';
import { badRequest, type Keys, onlyKeys } from './values.ts';

/**
 * Something changed. `deleted` is what was there; otherwise `value` is new, or as it is now.
 * @public
 */
export type IpEvent =
  | { readonly kind: 'link'; readonly deleted: boolean; readonly value: Link }
  | { readonly kind: 'addr'; readonly deleted: boolean; readonly value: Addr }
  | { readonly kind: 'route'; readonly deleted: boolean; readonly value: Route }
  | { readonly kind: 'rule'; readonly deleted: boolean; readonly value: Rule }
  | { readonly kind: 'nexthop'; readonly deleted: boolean; readonly value: Nexthop }
  | { readonly kind: 'neigh'; readonly deleted: boolean; readonly value: Neigh };

/**
 * What a monitor listens to.
 * @public
 */
export interface IpMonitorOptions {
  /** Default: all of them. */
  readonly kinds?: readonly IpEvent['kind'][] | undefined;
  /** Events were lost: everything must be asked for anew. */
  readonly lost?: (() => void) | undefined;
}

const GROUPS: Readonly<Record<IpEvent['kind'], readonly number[]>> = {
  link: [RTNLGRP_LINK], addr: [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR], route: [RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE], rule: [RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE],
  nexthop: [RTNLGRP_NEXTHOP], neigh: [RTNLGRP_NEIGH],
};
const OPTIONS: Keys<IpMonitorOptions> = { kinds: true, lost: true };

type Reader = (m: NetlinkAnswer, names: ReadonlyMap<number, string>) => IpEvent;

interface Kind {
  readonly headerLen: number;
  readonly table: NlAttrTable;
  readonly read: Reader;
}

const kind = (headerLen: number, table: NlAttrTable, read: Reader): Kind => ({ headerLen, table, read });

const KINDS: ReadonlyMap<number, Kind> = new Map([
  ...[RTM_NEWLINK, RTM_DELLINK].map((t) => [t, kind(IFINFOMSG_LEN, LINK_ATTRS, (m) => ({ kind: 'link', deleted: t === RTM_DELLINK, value: linkOf(m) }))] as const),
  ...[RTM_NEWADDR, RTM_DELADDR].map((t) => [t, kind(IFADDRMSG_LEN, ADDR_ATTRS, (m, n) => ({ kind: 'addr', deleted: t === RTM_DELADDR, value: addrOf(m, n) }))] as const),
  ...[RTM_NEWROUTE, RTM_DELROUTE].map((t) => [t, kind(RTMSG_LEN, ROUTE_ATTRS, (m, n) => ({ kind: 'route', deleted: t === RTM_DELROUTE, value: routeOf(m, n) }))] as const),
  ...[RTM_NEWRULE, RTM_DELRULE].map((t) => [t, kind(FIB_RULE_HDR_LEN, RULE_ATTRS, (m) => ({ kind: 'rule', deleted: t === RTM_DELRULE, value: ruleOf(m) }))] as const),
  ...[RTM_NEWNEXTHOP, RTM_DELNEXTHOP].map((t) => [t, kind(NHMSG_LEN, NEXTHOP_ATTRS, (m, n) => ({ kind: 'nexthop', deleted: t === RTM_DELNEXTHOP, value: nexthopOf(m, n) }))] as const),
  ...[RTM_NEWNEIGH, RTM_DELNEIGH].map((t) => [t, kind(NDMSG_LEN, NEIGH_ATTRS, (m, n) => ({ kind: 'neigh', deleted: t === RTM_DELNEIGH, value: neighOf(m, n) }))] as const),
]);

/** Begins to listen. */
export function monitorIp(netlink: NetlinkClient, event: (e: IpEvent) => void, opts: IpMonitorOptions): NetlinkMonitor {
  onlyKeys(opts, OPTIONS);
  const kinds = new Set<string>(opts.kinds ?? Object.keys(GROUPS));
  for (const k of kinds) if (!Object.hasOwn(GROUPS, k)) throw badRequest(`kinds: ${k} is unknown, there are ${Object.keys(GROUPS).join(', ')}`);
  // As they were last heard of: an event of a link that is gone has its name still.
  const names = new Map<number, string>();
  // Links are heard of in any case, for the names in the other events.
  const groups = [...new Set([RTNLGRP_LINK, ...Object.entries(GROUPS).filter(([k]) => kinds.has(k)).flatMap(([, g]) => g)])];
  const heard = (e: NetlinkEvent): void => {
    const k = KINDS.get(e.type);
    if (k === undefined) return;
    const body = nlmsgAlign(k.headerLen);
    if (e.payload.length < k.headerLen) return;
    const m: NetlinkAnswer = {
      type: e.type, flags: e.flags, header: new DataView(e.payload.buffer, e.payload.byteOffset, k.headerLen), attrs: k.table.toObject(k.table.decode(e.payload, body, Math.max(0, e.payload.length - body))),
    };
    const told = k.read(m, names);
    if (told.kind === 'link') names.set(told.value.index, told.value.name);
    if (kinds.has(told.kind)) event(told);
  };
  const monitor = netlink.monitor(groups, heard, { lost: () => opts.lost?.() });
  // Asked for after the groups were joined: whoever comes in between is in both.
  for (const m of netlink.dump({ type: RTM_GETLINK, name: 'RTM_GETLINK', header: new Uint8Array(IFINFOMSG_LEN), table: LINK_ATTRS })) {
    const l = linkOf(m);
    names.set(l.index, l.name);
  }
  return monitor;
}
