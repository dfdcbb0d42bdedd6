/**
 * Nexthop objects: hops and groups of hops with an id of their own, which routes of all families may name instead of a gateway (nexthop.c, ip-nexthop(8)).
 * Here are the objects and what happens to them; resilient groups are in nexthop-res.ts, the messages in nexthop-netlink.ts.
 */
// datapath-ok-file: changed by requests only; what packets need is nexthopSelectPath
import { defineKey, EINVAL, type Key, type Net } from '@linnet/kernel';
import {
  NETDEV_CHANGE, NETDEV_DOWN, NETDEV_UNREGISTER, type NetDevice, netifCarrierOk,
} from '@linnet/netdev';
import { type Extack, type NlRequest, nlSetErrMsg } from '@linnet/netlink';
import { AF_INET, IFF_UP, NEXTHOP_GRP_TYPE_MPATH, NEXTHOP_GRP_TYPE_RES, RT_SCOPE_HOST, RT_SCOPE_LINK, RTM_DELNEXTHOP, RTM_NEWNEXTHOP, RTNH_F_ONLINK } from '@linnet/uapi';
import { type NhResTable, nhResGroupChanged, nhResSelect, nhResTableFree } from './nexthop-res.ts';

/** A single hop (struct nh_info with its fib_nh_common). @alpha */
export class NhInfo {
  /** The object that it is part of now: replacing an object gives it another NhInfo. */
  nh: Nexthop | null = null;
  readonly family: number;
  readonly blackhole: boolean;
  /** For bridge and vxlan forwarding entries only. */
  readonly fdb: boolean;
  dev: NetDevice | null = null;
  /** Gateway in IPv4 (int32) or IPv6 (four words); `gwFamily` says which there is, 0: none. */
  gw = 0;
  gw6: Int32Array | null = null;
  gwFamily = 0;
  /** RTNH_F_ONLINK or 0. */
  flags = 0;
  /** RT_SCOPE_* of what is behind the hop. */
  scope = 0;
  /** The hop as its family uses it, made by {@link NexthopFamily.create}. */
  hop: object | null = null;
  constructor(family: number, blackhole: boolean, fdb: boolean) {
    this.family = family;
    this.blackhole = blackhole;
    this.fdb = fdb;
  }
}

/** A member of a group (struct nh_grp_entry). @alpha */
export class NhGrpEntry {
  readonly nh: Nexthop;
  readonly parent: Nexthop;
  /** 1 to 65535. */
  readonly weight: number;
  /** Its place among the members. */
  index = 0;
  /** Hash-threshold groups: it takes hashes up to here, of 31 bits. */
  upperBound = 0;
  /** Resilient groups: buckets that it has and should have. */
  countBuckets = 0;
  wantsBuckets = 0;
  /** Packets that went by it. */
  packets = 0;
  constructor(nh: Nexthop, parent: Nexthop, weight: number) {
    this.nh = nh;
    this.parent = parent;
    this.weight = weight;
  }
}

/** What makes an object a group (struct nh_group). @alpha */
export class NhGroup {
  entries: readonly NhGrpEntry[] = [];
  /** NEXTHOP_GRP_TYPE_*. */
  readonly type: number;
  readonly fdb: boolean;
  hwStats = false;
  res: NhResTable | null = null;
  constructor(type: number, fdb: boolean) {
    this.type = type;
    this.fdb = fdb;
  }
}

/** A nexthop object (struct nexthop). @alpha */
export class Nexthop {
  readonly net: Net;
  readonly id: number;
  protocol = 0;
  /** RTNH_F_ONLINK or 0, as asked for. */
  flags = 0;
  /** One of the two is set. */
  info: NhInfo | null = null;
  group: NhGroup | null = null;
  /** Routes' attributes that name this object, by family: IPv4's FibInfos, IPv6's routes. Kept by the families with {@link nexthopUse}. */
  readonly users4: Set<object> = new Set();
  readonly users6: Set<object> = new Set();
  /** Memberships in groups, the latest first. */
  memberships: NhGrpEntry[] = [];
  dead = false;
  constructor(net: Net, id: number) {
    this.net = net;
    this.id = id;
  }
}

/** A hop as asked for (part of struct nh_config). @alpha */
export interface NhConfig {
  readonly dev: NetDevice | null;
  readonly gw: number;
  readonly gw6: Int32Array | null;
  readonly gwFamily: number;
  readonly flags: number;
  readonly fdb: boolean;
}

/** What an address family does with nexthop objects. @alpha */
export interface NexthopFamily {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /**
   * Checks a wanted hop and fills in `nhi`: `dev`, `gw`, `scope`, `hop` ... (nh_create_ipv4, nh_create_ipv6). 0 or a negative errno, saying why in `extack`. Hops of
   * blackholes are not asked for.
   */
  create(net: Net, cfg: NhConfig, nhi: NhInfo, extack: Extack | null): number;
  /** A hop is no more: forget what was cached for it. */
  release(nhi: NhInfo): void;
  /** Does the neighbour behind the hop answer, as far as is known? An unknown one is thought to (ipv4_good_nh, ipv6_good_nh). Hot. */
  good(nhi: NhInfo): boolean;
  /** May the routes that use an object use `neu` in its place? (fib_check_nh_list) 0 or a negative errno. */
  checkUsers(users: ReadonlySet<object>, neu: Nexthop, extack: Extack | null): number;
  /** The hops of an object changed: routes that use it must look anew. */
  changed(nh: Nexthop, users: ReadonlySet<object>): void;
  /** Tells netlink of the routes that use an object whose hops changed. */
  notifyChanged(net: Net, users: ReadonlySet<object>, req: NlRequest | null): void;
  /** The object is gone: so are the routes that use it. */
  removed(net: Net, users: ReadonlySet<object>): void;
}

/** The nexthop objects of a namespace (struct netns_nexthop). @alpha */
export class NexthopNet {
  readonly net: Net;
  readonly byId: Map<number, Nexthop> = new Map();
  /** Ids in order; made anew after a change. */
  private sorted: Nexthop[] | null = null;
  /** Single objects over a device, by its number. */
  readonly byDev: Map<number, Set<Nexthop>> = new Map();
  readonly families: NexthopFamily[] = [];
  lastIdAllocated = 0;
  /** Counts changes: a dump that sees two values was interrupted. */
  seq = 1;
  /** `nexthop_compat_mode`: routes over objects are shown with their hops, and told of when those change. */
  compatMode = true;
  /** Tells netlink of an object; set by nexthop-netlink.ts. */
  notify: (type: number, nh: Nexthop, req: NlRequest | null) => void = () => {};
  /** Likewise of a bucket of a resilient group. */
  notifyBucket: (nh: Nexthop, index: number) => void = () => {};

  constructor(net: Net) {
    this.net = net;
  }
  /** All objects by id. */
  all(): readonly Nexthop[] {
    return (this.sorted ??= Array.from(this.byId.values()).sort((a, b) => a.id - b.id));
  }
  /** The set of objects changed. */
  touch(): void {
    this.sorted = null;
    this.seq = (this.seq + 1) | 0 || 1;
  }
  family(family: number): NexthopFamily | null {
    return this.families.find((f) => f.family === family) ?? null;
  }
}

/** Per-net slot of {@link NexthopNet}. @alpha */
export const NEXTHOP: Key<NexthopNet> = defineKey<NexthopNet>('nexthop');

/** Lets a family's routes use nexthop objects in a namespace. @alpha */
export function nexthopRegisterFamily(net: Net, ops: NexthopFamily): void {
  net.get(NEXTHOP).families.push(ops);
}

/** The object with this id, or null (nexthop_find_by_id). @alpha */
export function nexthopFindById(net: Net, id: number): Nexthop | null {
  return net.get(NEXTHOP).byId.get(id) ?? null;
}

/** A route of IPv4 or IPv6 begins to use an object. @alpha */
export function nexthopUse(nh: Nexthop, family4: boolean, user: object): void {
  (family4 ? nh.users4 : nh.users6).add(user);
}

/** It does so no more. @alpha */
export function nexthopUnuse(nh: Nexthop, family4: boolean, user: object): void {
  (family4 ? nh.users4 : nh.users6).delete(user);
}

/** Does everything that goes there vanish? A group does so when its only member does (nexthop_is_blackhole). @alpha */
export function nexthopIsBlackhole(nh: Nexthop): boolean {
  if (nh.group === null) return nh.info!.blackhole;
  return nh.group.entries.length === 1 && nh.group.entries[0]!.nh.info!.blackhole;
}

/** Is the object for forwarding entries only? @alpha */
export function nexthopIsFdb(nh: Nexthop): boolean {
  return nh.group === null ? nh.info!.fdb : nh.group.fdb;
}

/** The single hops of an object, in order. @alpha */
export function nexthopInfos(nh: Nexthop): readonly NhInfo[] {
  return nh.group === null ? [nh.info!] : nh.group.entries.map((e) => e.nh.info!);
}

/**
 * Chooses the member of a group for a flow by its 31-bit hash, and counts the packet (nexthop_select_path): the number of the member. Members whose neighbour
 * is known not to answer are passed over. Allocates nothing.
 * @alpha
 */
export function nexthopSelectPath(nh: Nexthop, hash: number): number {
  const group = nh.group;
  if (group === null) return 0;
  if (group.res !== null) return nhResSelect(group.res, hash);
  const entries = group.entries;
  const families = nh.net.get(NEXTHOP).families;
  let first = -1;
  for (let i = 0; i < entries.length; i++) {
    const e = entries[i]!;
    if (!group.fdb && !goodNh(families, e.nh.info!)) continue;
    if (first < 0) first = i;
    if (hash > e.upperBound) continue;
    e.packets++;
    return i;
  }
  if (first < 0) first = 0;
  entries[first]!.packets++;
  return first;
}

function goodNh(families: readonly NexthopFamily[], nhi: NhInfo): boolean {
  for (let i = 0; i < families.length; i++) {
    const f = families[i]!;
    if (f.family === nhi.family) return f.good(nhi);
  }
  return true;
}

/** Gives each member its part of the 31-bit hash space, by weight (nh_hthr_group_rebalance). */
function nhGroupRebalance(group: NhGroup): void {
  let total = 0;
  for (const e of group.entries) total += e.weight;
  let sum = 0;
  for (const e of group.entries) {
    sum += e.weight;
    e.upperBound = Math.round((2147483648 * sum) / total) - 1;
  }
}

/** Enters an object into the hash of devices. */
export function nexthopDevhashAdd(nn: NexthopNet, nh: Nexthop): void {
  const dev = nh.info?.dev ?? null;
  if (dev === null) return;
  let set = nn.byDev.get(dev.ifindex);
  if (set === undefined) nn.byDev.set(dev.ifindex, (set = new Set()));
  set.add(nh);
}

/** Takes it out again. */
export function nexthopDevhashDel(nn: NexthopNet, nh: Nexthop): void {
  const dev = nh.info?.dev ?? null;
  if (dev === null) return;
  const set = nn.byDev.get(dev.ifindex);
  set?.delete(nh);
  if (set?.size === 0) nn.byDev.delete(dev.ifindex);
}

/** All families let go of what they cached for a hop. */
export function nhInfoRelease(nn: NexthopNet, nhi: NhInfo): void {
  for (const f of nn.families) f.release(nhi);
  nhi.hop = null;
}

/** The routes over an object, and over the groups that it is in, look anew at its hops. */
export function nexthopUsersChanged(nn: NexthopNet, nh: Nexthop): void {
  for (const f of nn.families) f.changed(nh, usersOf(nh, f));
  for (const e of nh.memberships) for (const f of nn.families) f.changed(e.parent, usersOf(e.parent, f));
}

function usersOf(nh: Nexthop, f: NexthopFamily): ReadonlySet<object> {
  return f.family === AF_INET ? nh.users4 : nh.users6;
}

/** Tells netlink of the routes over an object whose hops were replaced, and of those over its groups (nexthop_replace_notify). */
export function nexthopReplaceNotify(nn: NexthopNet, nh: Nexthop, req: NlRequest | null): void {
  for (const f of nn.families) if (usersOf(nh, f).size > 0) f.notifyChanged(nn.net, usersOf(nh, f), req);
  for (const e of nh.memberships) for (const f of nn.families) if (usersOf(e.parent, f).size > 0) f.notifyChanged(nn.net, usersOf(e.parent, f), req);
}

/** May the routes over `old`, and over the groups that it is in, use `neu` instead? */
export function nexthopCheckUsers(nn: NexthopNet, old: Nexthop, neu: Nexthop, extack: Extack | null): number {
  for (const f of nn.families) {
    for (const used of [old, ...old.memberships.map((e) => e.parent)]) {
      const users = usersOf(used, f);
      if (users.size === 0) continue;
      const err = f.checkUsers(users, neu, extack);
      if (err !== 0) return err;
    }
  }
  return 0;
}

/** Sets the members of a group: those it had let go of it (part of nexthop_create_group, replace_nexthop_grp). */
export function nhGroupSetEntries(parent: Nexthop, entries: readonly NhGrpEntry[]): void {
  const group = parent.group!;
  const old = group.entries;
  for (const e of old) e.nh.memberships = e.nh.memberships.filter((m) => m !== e);
  group.entries = entries;
  // The latest membership stands first: that is the order in which groups are told of what happens to a member.
  entries.forEach((e, i) => {
    e.index = i;
    e.nh.memberships.unshift(e);
  });
  if (group.type === NEXTHOP_GRP_TYPE_MPATH) nhGroupRebalance(group);
  else if (group.type === NEXTHOP_GRP_TYPE_RES && group.res !== null) nhResGroupChanged(parent, group, group.res);
}

/** A member is gone: the group goes on without it, or goes as well (remove_nh_grp_entry). */
function removeFromGroup(nn: NexthopNet, entry: NhGrpEntry, req: NlRequest | null, tell: boolean): void {
  const { parent } = entry;
  const group = parent.group!;
  const rest = group.entries.filter((e) => e !== entry);
  if (rest.length === 0) {
    removeNexthop(nn, parent, req, tell);
    return;
  }
  nhGroupSetEntries(parent, rest.map((e) => {
    const copy = new NhGrpEntry(e.nh, parent, e.weight);
    copy.packets = e.packets;
    return copy;
  }));
  for (const f of nn.families) f.changed(parent, usersOf(parent, f));
  nn.touch();
  if (tell) nn.notify(RTM_NEWNEXTHOP, parent, req);
}

/** Removes an object, the routes that use it, and itself from its groups (remove_nexthop). `tell`: netlink hears of it; `req` is the request behind it, if any. @alpha */
export function removeNexthop(nn: NexthopNet, nh: Nexthop, req: NlRequest | null, tell: boolean): void {
  if (nh.dead) return;
  nh.dead = true;
  nn.byId.delete(nh.id);
  nn.touch();
  if (tell) nn.notify(RTM_DELNEXTHOP, nh, req);
  for (const f of nn.families) if (usersOf(nh, f).size > 0) f.removed(nn.net, usersOf(nh, f));
  if (nh.group !== null) {
    for (const e of nh.group.entries) e.nh.memberships = e.nh.memberships.filter((m) => m !== e);
    if (nh.group.res !== null) nhResTableFree(nh.group.res);
  } else {
    nexthopDevhashDel(nn, nh);
    for (const e of nh.memberships) removeFromGroup(nn, e, req, tell);
    nhInfoRelease(nn, nh.info!);
  }
}

/** A device went down, lost its carrier or goes away: so do the hops over it (nexthop_flush_dev). Blackholes stand on `lo`, and stay while that exists. */
function flushDev(nn: NexthopNet, dev: NetDevice, event: number): void {
  const set = nn.byDev.get(dev.ifindex);
  if (set === undefined) return;
  for (const nh of Array.from(set)) {
    if (nh.info!.blackhole && event !== NETDEV_UNREGISTER) continue;
    removeNexthop(nn, nh, null, false);
  }
}

/** What happens to devices (nh_netdev_event). */
export function nexthopNetdevEvent(event: number, dev: NetDevice): void {
  const nn = dev.net.tryGet(NEXTHOP);
  if (nn === null || nn.byDev.size === 0) return;
  if (event === NETDEV_DOWN || event === NETDEV_UNREGISTER) flushDev(nn, dev, event);
  else if (event === NETDEV_CHANGE && !((dev.flags & IFF_UP) !== 0 && netifCarrierOk(dev))) flushDev(nn, dev, event);
}

/** A namespace ends (flush_all_nexthops). */
export function flushAllNexthops(net: Net): void {
  const nn = net.get(NEXTHOP);
  for (const nh of Array.from(nn.all())) removeNexthop(nn, nh, null, false);
}

/**
 * May routes of IPv4 with this scope use the object? (fib_check_nexthop) 0 or -EINVAL.
 * @alpha
 */
export function fibCheckNexthop(nh: Nexthop, scope: number, extack: Extack | null): number {
  const say = (msg: string): number => {
    nlSetErrMsg(extack, msg);
    return -EINVAL;
  };
  if (nexthopIsFdb(nh)) return say('Route cannot point to a fdb nexthop');
  if (nh.group !== null) {
    if (scope === RT_SCOPE_HOST) return say('Route with host scope can not have multiple nexthops');
    return checkScope(nh.group.entries[0]!.nh.info!, scope, say);
  }
  return checkScope(nh.info!, scope, say);
}

function checkScope(nhi: NhInfo, scope: number, say: (msg: string) => number): number {
  if (scope === RT_SCOPE_HOST && nhi.gwFamily !== 0) return say('Route with host scope can not have a gateway');
  if ((nhi.flags & RTNH_F_ONLINK) !== 0 && scope >= RT_SCOPE_LINK) return say('Scope mismatch with nexthop');
  return 0;
}
