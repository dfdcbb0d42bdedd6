/** What routes are made of: checking a wanted route, its next hops and its shared attributes (fib_info). */
import { EAFNOSUPPORT, EINVAL, ENETDOWN, ENODEV } from '@linnet/kernel';
import { NEXTHOP, NhInfo, fibCheckNexthop, flowiReset, nexthopFindById, nexthopIsBlackhole, nexthopUnuse, nexthopUse } from '@linnet/inet';
import type { Nexthop } from '@linnet/inet';
import { devGetByIndex, netifCarrierOk } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { Extack } from '@linnet/netlink';
import {
  AF_INET,
  AF_INET6,
  IFF_UP,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTAX_CC_ALGO,
  RTAX_MAX,
  RTM_F_CLONED,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MAX,
  RTN_MULTICAST,
  RTN_UNICAST,
  RTNH_COMPARE_MASK,
  RTNH_F_DEAD,
  RTNH_F_LINKDOWN,
  RTNH_F_ONLINK,
  RTNH_F_PERVASIVE,
} from '@linnet/uapi';
import { inetSelectAddr } from './devinet-select.ts';
import { inetAddrTypeDevTable, inetAddrTypeTable } from './fib-addr-type.ts';
import { FIB_PROPS_ERROR, FIB_PROPS_SCOPE } from './fib-props.ts';
import { FIB_LOOKUP_IGNORE_LINKSTATE, fibLookup, fibTableLookupById } from './fib-lookup.ts';
import type { FibResult } from './fib-types.ts';
import { FibInfo, FibNh } from './fib-types.ts';
import { inDevGet } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { LOOPBACK_IFINDEX, rtFlushNh } from './rtable.ts';

/** A next hop as asked for. @alpha */
export interface FibNhConfig {
  readonly oif: number;
  /** Gateway (int32), 0: none. */
  readonly gw: number;
  /** Gateway of IPv6 (four words), null: none. */
  readonly gw6?: Int32Array | null;
  /** RTNH_F_ONLINK or 0. */
  readonly flags: number;
  readonly weight: number;
  /** RTA_FLOW, 0: none. */
  readonly flow?: number;
}

/** One metric that a deletion names: its value, null when it is none; or the name of a congestion control, '' for an unknown one. @alpha */
export interface FibMetricMatch {
  readonly type: number;
  readonly value: number | null;
  readonly ccAlgo: string;
}

/** A route as asked for (struct fib_config). Fields that are zero were not given. @alpha */
export class FibConfig {
  dst: number;
  dstLen: number;
  tos: number;
  protocol: number;
  scope: number;
  type: number;
  /** RTNH_F_* flags of the message. */
  flags: number;
  table: number;
  prefsrc: number;
  priority: number;
  oif: number;
  gw: number;
  /** Gateway of IPv6 (four words), null: none. */
  gw6: Int32Array | null;
  /** Realms (RTA_FLOW), 0: none. */
  flow: number;
  /** Id of a nexthop object, 0: none. */
  nhId: number;
  /** RTAX_* values, null: none. */
  metrics: Int32Array | null;
  ccAlgo: string;
  /** Of a deletion: what the route's metrics must be, null: anything. */
  matchMetrics: readonly FibMetricMatch[] | null = null;
  /** Next hops of a multipath route, null: the one of `oif` and `gw`. */
  multipath: readonly FibNhConfig[] | null;
  /** NLM_F_* flags. */
  nlflags: number;
  /** Message of the extended ACK, when there is an error. */
  error: string;

  constructor() {
    this.dst = 0;
    this.dstLen = 0;
    this.tos = 0;
    this.protocol = 0;
    this.scope = 0;
    this.type = 0;
    this.flags = 0;
    this.table = 0;
    this.prefsrc = 0;
    this.priority = 0;
    this.oif = 0;
    this.gw = 0;
    this.gw6 = null;
    this.flow = 0;
    this.nhId = 0;
    this.metrics = null;
    this.ccAlgo = '';
    this.multipath = null;
    this.nlflags = 0;
    this.error = '';
  }
}

/** Metrics of a route that has none; nobody writes to it. @alpha */
export const NO_METRICS: Int32Array = new Int32Array(RTAX_MAX + 1);

function fail(cfg: FibConfig, message: string, err: number): number {
  cfg.error = message;
  return err;
}

/** A gateway of IPv6 is that family's to check (`fib_check_nh_v6_gw`). */
function checkNhGateway6(n4: Ipv4Net, cfg: FibConfig, nh: FibNh): number {
  const dev = nh.oif === 0 ? null : devGetByIndex(n4.net, nh.oif);
  if (dev === null) return fail(cfg, 'Egress device not specified', -EINVAL);
  const family = n4.net.get(NEXTHOP).family(AF_INET6);
  if (family === null) return fail(cfg, 'IPv6 support not enabled in kernel', -EAFNOSUPPORT);
  const nhi = new NhInfo(AF_INET6, false, false);
  nhi.dev = dev;
  nhi.gw6 = nh.gw6;
  nhi.gwFamily = AF_INET6;
  nhi.flags = nh.flags;
  const extack = new Extack();
  const err = family.create(n4.net, { dev, gw: 0, gw6: nh.gw6, gwFamily: AF_INET6, flags: nh.flags & RTNH_F_ONLINK, fdb: false }, nhi, extack);
  family.release(nhi);
  if (err !== 0) {
    cfg.error = extack.msg;
    return err;
  }
  nh.dev = nhi.dev;
  nh.scope = RT_SCOPE_LINK;
  if (!netifCarrierOk(dev)) nh.flags |= RTNH_F_LINKDOWN;
  return 0;
}

/** Checks a hop of either kind (`fib_check_nh`). @alpha */
export function fibCheckNh(n4: Ipv4Net, cfg: FibConfig, nh: FibNh): number {
  if (nh.gw6 !== null) return checkNhGateway6(n4, cfg, nh);
  return nh.gw === 0 ? checkNhNongw(n4, cfg, nh) : checkNhGateway(n4, cfg, nh);
}

/** The hops of a nexthop object, for one route. @alpha */
export function fibNexthopHops(nh: Nexthop): FibNh[] {
  const one = (nhi: NhInfo, weight: number): FibNh => {
    const hop = new FibNh(nhi.dev?.ifindex ?? 0, nhi.gwFamily === AF_INET ? nhi.gw : 0, nhi.flags, weight);
    hop.dev = nhi.dev;
    hop.gw6 = nhi.gwFamily === AF_INET6 ? nhi.gw6 : null;
    hop.scope = nhi.scope;
    if (nhi.hop instanceof FibNh) {
      // What is learned of destinations behind it the object knows, not its routes.
      nhi.hop.exceptions ??= new Map();
      hop.exceptions = nhi.hop.exceptions;
      hop.learnsForAll = true;
    }
    return hop;
  };
  return nh.group === null ? [one(nh.info!, 1)] : nh.group.entries.map((e) => one(e.nh.info!, e.weight));
}

/** A next hop without gateway must name a device that is up (`fib_check_nh_nongw`). */
function checkNhNongw(n4: Ipv4Net, cfg: FibConfig, nh: FibNh): number {
  if ((nh.flags & (RTNH_F_PERVASIVE | RTNH_F_ONLINK)) !== 0) return fail(cfg, 'Invalid flags for nexthop - PERVASIVE and ONLINK can not be set', -EINVAL);
  const dev = devGetByIndex(n4.net, nh.oif);
  if (dev === null || inDevGet(dev) === null) return -ENODEV;
  if ((dev.flags & IFF_UP) === 0) return fail(cfg, 'Device for nexthop is not up', -ENETDOWN);
  nh.dev = dev;
  nh.scope = RT_SCOPE_HOST;
  if (!netifCarrierOk(dev)) nh.flags |= RTNH_F_LINKDOWN;
  return 0;
}

/** A gateway must be reachable by a route of narrower scope, or be declared on link (`fib_check_nh_v4_gw`). */
function checkNhGateway(n4: Ipv4Net, cfg: FibConfig, nh: FibNh): number {
  if ((nh.flags & RTNH_F_ONLINK) !== 0) {
    if (cfg.scope >= RT_SCOPE_LINK) return fail(cfg, 'Nexthop has invalid scope', -EINVAL);
    const dev = devGetByIndex(n4.net, nh.oif);
    if (dev === null) return fail(cfg, 'Nexthop device required for onlink', -ENODEV);
    if ((dev.flags & IFF_UP) === 0) return fail(cfg, 'Nexthop device is not up', -ENETDOWN);
    if (inetAddrTypeDevTable(n4, dev, nh.gw) !== RTN_UNICAST) return fail(cfg, 'Nexthop has invalid gateway', -EINVAL);
    if (!netifCarrierOk(dev)) nh.flags |= RTNH_F_LINKDOWN;
    nh.dev = dev;
    nh.scope = RT_SCOPE_LINK;
    return 0;
  }
  const fl = n4.flCtl;
  flowiReset(fl);
  fl.iif = LOOPBACK_IFINDEX;
  fl.daddr = nh.gw;
  fl.scope = Math.max(cfg.scope + 1, RT_SCOPE_LINK);
  fl.oif = nh.oif;
  const res: FibResult = n4.resCtl;
  // A table of one's own is asked first; for the main one the rules decide.
  const own = cfg.table !== 0 && cfg.table !== RT_TABLE_MAIN;
  let err = own ? fibTableLookupById(n4, cfg.table, fl, res, FIB_LOOKUP_IGNORE_LINKSTATE) : -1;
  if (err < 0) err = fibLookup(n4, fl, res, FIB_LOOKUP_IGNORE_LINKSTATE);
  if (err < 0) return fail(cfg, 'Nexthop has invalid gateway', err);
  if (res.type !== RTN_UNICAST && res.type !== RTN_LOCAL) return fail(cfg, 'Nexthop has invalid gateway', -EINVAL);
  const dev = res.nh!.dev;
  if (dev === null) return fail(cfg, 'No egress device for nexthop gateway', -EINVAL);
  nh.scope = res.scope;
  nh.oif = res.nh!.oif;
  nh.dev = dev;
  if (!netifCarrierOk(dev)) nh.flags |= RTNH_F_LINKDOWN;
  return (dev.flags & IFF_UP) !== 0 ? 0 : fail(cfg, 'Nexthop device is not up', -ENETDOWN);
}

/** May the route's packets carry this source? Only a local address, or the route's own. */
function validPrefsrc(n4: Ipv4Net, cfg: FibConfig): boolean {
  if (cfg.type === RTN_LOCAL && cfg.dst !== 0 && cfg.prefsrc === cfg.dst) return true;
  // What main says does not count (observed), unless local and main are one.
  if (cfg.table !== RT_TABLE_MAIN && inetAddrTypeTable(n4, cfg.prefsrc, cfg.table) === RTN_LOCAL) return true;
  return cfg.table !== RT_TABLE_LOCAL && inetAddrTypeTable(n4, cfg.prefsrc, RT_TABLE_LOCAL) === RTN_LOCAL;
}

/** The text under which equal attributes are shared. Routes are made in control operations only, so a string is fine. */
function infoKey(cfg: FibConfig, metrics: Int32Array, nhs: readonly FibNh[]): string { // datapath-ok: configuration
  let key = `${cfg.protocol},${cfg.scope},${cfg.type},${cfg.prefsrc},${cfg.priority},${cfg.table},${cfg.flags & ~RTNH_COMPARE_MASK}`;
  if (cfg.nhId !== 0) return `${key}@${cfg.nhId}${metricsKey(cfg, metrics)}`;
  for (const nh of nhs) key += `;${nh.oif},${nh.gw6 === null ? nh.gw : nh.gw6.join(':')},${nh.scope},${nh.flags & ~RTNH_COMPARE_MASK},${nh.weight},${nh.tclassid}`;
  return key + metricsKey(cfg, metrics);
}

function metricsKey(cfg: FibConfig, metrics: Int32Array): string { // datapath-ok: configuration
  return metrics === NO_METRICS ? '' : `|${metrics.join(',')}|${cfg.ccAlgo}`;
}

/** Gives each live hop its part of the 31-bit hash space, by weight (`fib_rebalance`). @alpha */
export function fibRebalance(fi: FibInfo): void {
  // Groups see to that themselves.
  if (fi.nhs.length < 2 || fi.nh !== null) return;
  let total = 0;
  for (const nh of fi.nhs) if (live(nh)) total += nh.weight;
  let sum = 0;
  for (const nh of fi.nhs) {
    if (!live(nh)) {
      nh.upperBound = -1;
      continue;
    }
    sum += nh.weight;
    nh.upperBound = Math.round((2147483648 * sum) / total) - 1;
  }
}

function live(nh: FibNh): boolean {
  if ((nh.flags & RTNH_F_DEAD) !== 0) return false;
  const indev = nh.dev === null ? null : inDevGet(nh.dev);
  return !((nh.flags & RTNH_F_LINKDOWN) !== 0 && indev !== null && indev.ignoreLinkdown());
}

/**
 * Checks a wanted route and returns its attributes (`fib_create_info`), shared with equal routes and not yet counted in `treeref`,
 * or a negative errno with `cfg.error` set where Linux gives a message.
 * @alpha
 */
export function fibCreateInfo(n4: Ipv4Net, cfg: FibConfig): FibInfo | number {
  if (cfg.type > RTN_MAX) return fail(cfg, 'Invalid route type', -EINVAL);
  if (FIB_PROPS_SCOPE[cfg.type]! > cfg.scope) return fail(cfg, 'Invalid scope', -EINVAL);
  if ((cfg.flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) !== 0) return fail(cfg, 'Invalid rtm_flags - can not contain DEAD or LINKDOWN', -EINVAL);
  let nhs: FibNh[] = [];
  let nh: Nexthop | null = null;
  if (cfg.nhId !== 0) {
    nh = nexthopFindById(n4.net, cfg.nhId);
    if (nh === null) return fail(cfg, 'Nexthop id does not exist', -EINVAL);
    nhs = fibNexthopHops(nh);
  } else if (cfg.multipath !== null) {
    for (const c of cfg.multipath) {
      if ((c.flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) !== 0) return fail(cfg, 'Invalid flags for nexthop - can not contain DEAD or LINKDOWN', -EINVAL);
      const hop = new FibNh(c.oif, c.gw, (cfg.flags & ~0xff) | c.flags, c.weight);
      hop.gw6 = c.gw6 ?? null;
      hop.tclassid = c.flow ?? 0;
      nhs.push(hop);
    }
    if (cfg.oif !== 0 && nhs[0]!.oif !== cfg.oif) return fail(cfg, 'Nexthop device index does not match RTA_OIF', -EINVAL);
    if (cfg.gw !== 0 && nhs[0]!.gw !== cfg.gw) return fail(cfg, 'Nexthop gateway does not match RTA_GATEWAY or RTA_VIA', -EINVAL);
    if (cfg.flow !== 0 && nhs[0]!.tclassid !== cfg.flow) return fail(cfg, 'Nexthop class id does not match RTA_FLOW', -EINVAL);
  } else {
    const hop = new FibNh(cfg.oif, cfg.gw, cfg.flags & ~RTM_F_CLONED, 1);
    hop.gw6 = cfg.gw6;
    hop.tclassid = cfg.flow;
    nhs.push(hop);
  }
  if (FIB_PROPS_ERROR[cfg.type]! !== 0) {
    if (cfg.gw !== 0 || cfg.gw6 !== null || cfg.oif !== 0 || cfg.multipath !== null) return fail(cfg, 'Gateway, device and multipath can not be specified for this route type', -EINVAL);
    return share(n4, cfg, nhs, 0, nh);
  }
  if (cfg.type !== RTN_UNICAST && cfg.type !== RTN_LOCAL && cfg.type !== RTN_BROADCAST && cfg.type !== RTN_ANYCAST && cfg.type !== RTN_MULTICAST) {
    return fail(cfg, 'Invalid route type', -EINVAL);
  }
  if (cfg.scope > RT_SCOPE_HOST) return fail(cfg, 'Invalid scope', -EINVAL);
  let linkdown = 0;
  if (nh !== null) {
    const extack = new Extack();
    if (fibCheckNexthop(nh, cfg.scope, extack) !== 0) return fail(cfg, extack.msg, -EINVAL);
  } else if (cfg.scope === RT_SCOPE_HOST) {
    const hop = nhs[0]!;
    if (nhs.length !== 1) return fail(cfg, 'Route with host scope can not have multiple nexthops', -EINVAL);
    if (hop.gw !== 0 || hop.gw6 !== null) return fail(cfg, 'Route with host scope can not have a gateway', -EINVAL);
    hop.scope = RT_SCOPE_NOWHERE;
    hop.dev = devGetByIndex(n4.net, hop.oif);
    if (hop.dev === null) return -ENODEV;
  } else {
    for (const hop of nhs) {
      const err = fibCheckNh(n4, cfg, hop);
      if (err !== 0) return err;
      if ((hop.flags & RTNH_F_LINKDOWN) !== 0) linkdown++;
    }
  }
  if (cfg.prefsrc !== 0 && !validPrefsrc(n4, cfg)) return fail(cfg, 'Invalid prefsrc address', -EINVAL);
  return share(n4, cfg, nhs, linkdown === nhs.length ? RTNH_F_LINKDOWN : 0, nh);
}

function share(n4: Ipv4Net, cfg: FibConfig, nhs: readonly FibNh[], extra: number, nh: Nexthop | null): FibInfo {
  const metrics = cfg.metrics ?? NO_METRICS;
  const key = infoKey(cfg, metrics, nhs);
  // Who names a nexthop object and no metrics takes what was made last for such routes, its metrics too.
  const base = nh === null ? '' : infoKey(cfg, NO_METRICS, nhs);
  const old = (nh !== null && metrics === NO_METRICS ? n4.fibInfosByNh.get(base) : undefined) ?? n4.fibInfos.get(key);
  if (old !== undefined && !old.dead && (old.flags & RTNH_F_DEAD) === 0) return old;
  const fi = new FibInfo(n4, key, {
    protocol: cfg.protocol,
    scope: cfg.scope,
    type: cfg.type,
    prefsrc: cfg.prefsrc,
    priority: cfg.priority,
    tbId: cfg.table,
    metrics,
    ccAlgo: cfg.ccAlgo,
    nhs,
    nh,
  });
  fi.flags = (cfg.flags & ~0xff) | extra;
  n4.fibInfos.set(key, fi);
  if (nh !== null) n4.fibInfosByNh.set(base, fi);
  for (const hop of nhs) if (hop.tclassid !== 0) n4.fibRealms++;
  if (nh !== null) {
    nexthopUse(nh, true, fi);
    fi.nhBlackhole = nexthopIsBlackhole(nh);
  }
  fibRebalance(fi);
  return fi;
}

/** Attributes with a nexthop object go: the last made of those that differ in metrics only take their place. */
function forgetNh(n4: Ipv4Net, fi: FibInfo): void {
  const at = fi.key.indexOf('|');
  const base = at < 0 ? fi.key : fi.key.slice(0, at); // datapath-ok: configuration
  if (n4.fibInfosByNh.get(base) !== fi) return;
  n4.fibInfosByNh.delete(base);
  for (const [key, other] of n4.fibInfos) if (other.nh !== null && (key === base || key.startsWith(`${base}|`))) n4.fibInfosByNh.set(base, other); // datapath-ok: configuration
}

/** One route less uses these attributes; the last one frees them and the routes cached for their hops (`fib_release_info`). @alpha */
export function fibReleaseInfo(n4: Ipv4Net, fi: FibInfo): void {
  if (--fi.treeref > 0) return;
  fi.dead = true;
  if (n4.fibInfos.get(fi.key) === fi) n4.fibInfos.delete(fi.key);
  if (fi.nh !== null) {
    forgetNh(n4, fi);
    nexthopUnuse(fi.nh, true, fi);
  }
  for (const nh of fi.nhs) {
    if (nh.tclassid !== 0) n4.fibRealms--;
    rtFlushNh(nh);
  }
}

/** Do the next hops of a route answer a deletion's description? (`fib_nh_match`) @alpha */
export function fibNhMatch(_n4: Ipv4Net, cfg: FibConfig, fi: FibInfo): boolean {
  if (cfg.nhId !== 0) return fi.nh !== null && fi.nh.id === cfg.nhId;
  if (fi.nh !== null) return cfg.oif === 0 && cfg.gw === 0 && cfg.gw6 === null && cfg.multipath === null;
  if (cfg.oif !== 0 || cfg.gw !== 0 || cfg.gw6 !== null) {
    const nh = fi.nhs[0]!;
    return (cfg.oif === 0 || cfg.oif === nh.oif) && (cfg.gw === 0 || cfg.gw === nh.gw) && (cfg.gw6 === null || same6(cfg.gw6, nh.gw6)) && (cfg.flow === 0 || cfg.flow === nh.tclassid);
  }
  if (cfg.multipath === null) return true;
  let i = 0;
  for (const nh of fi.nhs) {
    const c = cfg.multipath[i++];
    if (c === undefined) return false;
    if (c.oif !== 0 && c.oif !== nh.oif) return false;
    if (c.gw !== 0 && c.gw !== nh.gw) return false;
    if (c.flow !== undefined && c.flow !== 0 && c.flow !== nh.tclassid) return false;
    if (c.gw6 !== null && c.gw6 !== undefined && !same6(c.gw6, nh.gw6)) return false;
  }
  return true;
}

function same6(a: Int32Array, b: Int32Array | null): boolean {
  return b !== null && a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

/** Do the metrics of a route answer a deletion's description? (`fib_metrics_match`) @alpha */
export function fibMetricsMatch(cfg: FibConfig, fi: FibInfo): boolean {
  if (cfg.matchMetrics === null) return true;
  for (const m of cfg.matchMetrics) {
    if (m.type > RTAX_MAX || m.value === null) return false;
    if (m.type === RTAX_CC_ALGO ? m.ccAlgo !== fi.ccAlgo : m.value !== fi.metrics[m.type]! >>> 0) return false;
  }
  return true;
}

/**
 * The source address for packets over a next hop (`fib_result_prefsrc`): the route's own, or the best of the device, remembered until
 * an address changes.
 * @alpha
 */
export function fibNhPrefsrc(n4: Ipv4Net, fi: FibInfo, nh: FibNh): number {
  if (fi.prefsrc !== 0) return fi.prefsrc;
  if (nh.saddrGenid === n4.devAddrGenid) return nh.saddr;
  nh.saddr = nh.dev === null ? 0 : inetSelectAddr(nh.dev, nh.gw, fi.scope);
  nh.saddrGenid = n4.devAddrGenid;
  return nh.saddr;
}

/** A local address went: routes of this table that prefer it as source are dead. Returns how many attribute sets that made dead. @alpha */
export function fibSyncDownAddr(n4: Ipv4Net, local: number): number {
  let n = 0;
  for (const fi of n4.fibInfos.values()) {
    if (fi.tbId !== RT_TABLE_MAIN || fi.prefsrc !== local || local === 0) continue;
    fi.flags |= RTNH_F_DEAD;
    fi.pfsrcRemoved = true;
    n++;
  }
  return n;
}

/** What happened to a device, for {@link fibSyncDownDev}. @alpha */
export const FIB_DEV_DOWN = 0;
/** The device goes away for good. @alpha */
export const FIB_DEV_UNREGISTER = 1;
/** It only lost its carrier. @alpha */
export const FIB_DEV_CARRIER = 2;

/**
 * Marks the next hops over a device dead or without link (`fib_sync_down_dev`). `force` takes local routes along. Returns how many
 * attribute sets have no hop left.
 * @alpha
 */
export function fibSyncDownDev(n4: Ipv4Net, dev: NetDevice, what: number, force: boolean): number {
  let n = 0;
  for (const fi of n4.fibInfos.values()) {
    // Nexthop objects know of their devices themselves.
    if (fi.nh !== null) continue;
    let hit = false;
    let gone = 0;
    for (const nh of fi.nhs) {
      if (nh.dev === dev && what === FIB_DEV_UNREGISTER) {
        nh.flags |= RTNH_F_DEAD | RTNH_F_LINKDOWN;
        hit = true;
        gone = fi.nhs.length;
        break;
      }
      if ((nh.flags & RTNH_F_DEAD) !== 0) {
        gone++;
      } else if (nh.dev === dev && (force || nh.scope !== RT_SCOPE_NOWHERE)) {
        nh.flags |= what === FIB_DEV_CARRIER ? RTNH_F_LINKDOWN : RTNH_F_DEAD | RTNH_F_LINKDOWN;
        hit = true;
        gone++;
      }
    }
    if (!hit) continue;
    if (gone === fi.nhs.length) {
      fi.flags |= what === FIB_DEV_CARRIER ? RTNH_F_LINKDOWN : RTNH_F_DEAD | RTNH_F_LINKDOWN;
      n++;
    }
    fibRebalance(fi);
  }
  return n;
}

/** Brings next hops over a device back to life (`fib_sync_up`): those marked with `flag`. @alpha */
export function fibSyncUp(n4: Ipv4Net, dev: NetDevice, flag: number): number {
  if ((dev.flags & IFF_UP) === 0) return 0;
  const flags = (flag & RTNH_F_DEAD) !== 0 && netifCarrierOk(dev) ? flag | RTNH_F_LINKDOWN : flag;
  let n = 0;
  for (const fi of n4.fibInfos.values()) {
    if (fi.nh !== null) continue;
    let hit = false;
    let alive = 0;
    for (const nh of fi.nhs) {
      if ((nh.flags & flags) === 0) {
        alive++;
        continue;
      }
      if (nh.dev !== dev || inDevGet(dev) === null) continue;
      nh.flags &= ~flags;
      hit = true;
      alive++;
    }
    if (!hit) continue;
    if (alive > 0) {
      fi.flags &= ~flags;
      n++;
    }
    fibRebalance(fi);
  }
  return n;
}

