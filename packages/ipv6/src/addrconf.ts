/**
 * The addresses of devices: adding and removing, detection of duplicates (RFC 4862 5.4, RFC 4429, RFC 7527), lifetimes, temporary addresses (RFC 8981).
 */
// datapath-ok-file: configuration
import { EACCES, EADDRNOTAVAIL, EEXIST, HZ, delTimer, modTimer } from '@linnet/kernel';
import { NETDEV_DOWN, NETDEV_UP } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import {
  DEVCONF_ACCEPT_DAD, DEVCONF_ACCEPT_RA, DEVCONF_DAD_TRANSMITS, DEVCONF_DISABLE_IPV6, DEVCONF_ENHANCED_DAD, DEVCONF_FORWARDING, DEVCONF_MAX_DESYNC_FACTOR,
  DEVCONF_NDISC_NOTIFY, DEVCONF_OPTIMISTIC_DAD, DEVCONF_REGEN_MAX_RETRY, DEVCONF_RTR_SOLICITS, DEVCONF_RTR_SOLICIT_DELAY, DEVCONF_RTR_SOLICIT_INTERVAL,
  DEVCONF_TEMP_PREFERED_LFT, DEVCONF_TEMP_VALID_LFT, DEVCONF_USE_OPTIMISTIC, DEVCONF_USE_TEMPADDR, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_MCAUTOJOIN,
  IFA_F_MANAGETEMPADDR, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_OPTIMISTIC, IFA_F_PERMANENT, IFA_F_STABLE_PRIVACY, IFA_F_TEMPORARY, IFA_F_TENTATIVE, IFF_LOOPBACK, IFF_NOARP, IFF_UP,
  RTM_DELADDR, RTM_NEWADDR,
} from '@linnet/uapi';
import {
  a6Any, a6Clone, a6Equal, a6Linklocal, a6Loopback, a6Multicast, a6Prefix, a6PrefixEqual, a6SolictMult, IN6ADDR_ANY, IN6ADDR_LINKLOCAL_ALLNODES,
  IN6ADDR_LINKLOCAL_ALLROUTERS,
} from './addr6.ts';
import { addrHashAdd, addrHashDel } from './addr-find.ts';
import { eui64, randomIid, stableAddress } from './addrconf-gen.ts';
import { DEVCONF_REGEN_MIN_ADVANCE } from './devconf6.ts';
import { addKernelRoute, addLocalRoute, fib6TableOf } from './fib6-config.ts';
import { fib6Del, fib6Exact, fib6SetExpires } from './fib6-table.ts';
import type { Fib6Info } from './fib6-types.ts';
import { rt6RemovePrefsrc } from './fib6-events.ts';
import {
  IFADDR_DAD, IFADDR_DEAD, IFADDR_ERRDAD, IFADDR_POSTDAD, IFADDR_PREDAD, IF_READY, IF_RS_SENT, Inet6Ifaddr, INFINITY_LIFE_TIME, ifaHasPeer,
} from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ipv6DevAcDec, ipv6DevAcInc } from './anycast.ts';
import { ipv6DevMcDec, ipv6DevMcInc } from './mld.ts';
import { ipv6McDadComplete } from './mld-report.ts';
import { IP6_RT_PRIO_ADDRCONF, RTF_EXPIRES, RTF_GATEWAY } from './route6-const.ts';

/** An address to add. @alpha */
export interface Ifa6Config {
  readonly addr: Int32Array;
  readonly peer?: Int32Array | null;
  readonly plen: number;
  /** IFA_F_* flags. */
  readonly flags?: number;
  readonly metric?: number;
  readonly proto?: number;
  /** Seconds; 0xffffffff: for ever. */
  readonly validLft?: number;
  readonly preferredLft?: number;
}

/** Where an address operation leaves the message of its extended ACK. @alpha */
export interface Inet6Extack {
  message: string;
}

function refuse(x: Inet6Extack | null, message: string, err: number): number {
  if (x !== null) x.message = message;
  return err;
}

function solicited(a: Int32Array): Int32Array {
  const g = new Int32Array(4);
  a6SolictMult(g, a);
  return g;
}

/** Does the device listen to advertisements? A router only when told to (ipv6_accept_ra). @alpha */
export function ipv6AcceptRa(idev: Inet6Dev): boolean {
  const v = idev.conf(DEVCONF_ACCEPT_RA);
  return idev.conf(DEVCONF_FORWARDING) !== 0 ? v === 2 : v !== 0;
}

function useOptimistic(idev: Inet6Dev): boolean {
  return idev.confOr(DEVCONF_OPTIMISTIC_DAD) && idev.confOr(DEVCONF_USE_OPTIMISTIC);
}

/** Puts an address on a device, before anybody is told (ipv6_add_addr). A negative errno when it may not be there. @alpha */
export function ipv6AddAddr(idev: Inet6Dev, cfg: Ifa6Config, x: Inet6Extack | null): Inet6Ifaddr | number {
  const n6 = idev.net6;
  const { addr } = cfg;
  const flags = cfg.flags ?? 0;
  if (a6Any(addr)) return refuse(x, 'ipv6: Invalid address', -EADDRNOTAVAIL);
  if (a6Multicast(addr) && (flags & IFA_F_MCAUTOJOIN) === 0) return refuse(x, 'ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag', -EADDRNOTAVAIL);
  if (a6Loopback(addr) && (idev.dev.flags & IFF_LOOPBACK) === 0) return refuse(x, 'ipv6: Cannot assign loopback address on this device', -EADDRNOTAVAIL);
  if (idev.dead) return refuse(x, 'ipv6: device is going away', -EADDRNOTAVAIL);
  if (idev.conf(DEVCONF_DISABLE_IPV6) !== 0) return refuse(x, 'ipv6: IPv6 is disabled on this device', -EACCES);
  if (idev.ifas.some((i) => a6Equal(i.addr, addr))) return refuse(x, 'ipv6: address already assigned', -EEXIST);
  // With its first address a device's settings of neighbours are its own.
  idev.ndParms.ownAll = true;
  const ifp = new Inet6Ifaddr(idev, addr, cfg.plen, n6.kernel.jiffies, dadWork);
  if (cfg.peer !== undefined && cfg.peer !== null && !a6Any(cfg.peer)) ifp.peer = a6Clone(cfg.peer);
  ifp.flags = flags;
  if ((flags & IFA_F_NODAD) === 0) ifp.flags |= IFA_F_TENTATIVE;
  ifp.rtPriority = cfg.metric ?? 0;
  ifp.proto = cfg.proto ?? 0;
  ifp.validLft = cfg.validLft ?? INFINITY_LIFE_TIME;
  ifp.preferredLft = cfg.preferredLft ?? INFINITY_LIFE_TIME;
  addrHashAdd(n6, ifp);
  // Wider scopes first; among equals the newest first.
  const rank = (i: Inet6Ifaddr): number => (i.scope & 0x20) !== 0 ? 2 : (i.scope & 0x10) !== 0 ? 1 : (i.scope & 0x40) !== 0 ? 5 : 14;
  let at = idev.ifas.findIndex((i) => rank(i) <= rank(ifp));
  if (at < 0) at = idev.ifas.length;
  idev.ifas.splice(at, 0, ifp);
  if ((flags & IFA_F_TEMPORARY) !== 0) idev.tempaddrs.unshift(ifp);
  n6.devAddrGenid++;
  n6.inet6addrChain.call(NETDEV_UP, ifp);
  return ifp;
}

/** The subnet router's anycast address of an address' prefix (RFC 4291 2.6.1), null for prefixes that have none. */
function anycastOf(ifp: Inet6Ifaddr): Int32Array | null {
  if (ifp.prefixlen >= 127) return null;
  const a = new Int32Array(4);
  a6Prefix(a, ifp.addr, ifp.prefixlen);
  return a6Any(a) ? null : a;
}

/** A router listens to the anycast address of each of its subnets (addrconf_join_anycast). @alpha */
export function joinAnycast(ifp: Inet6Ifaddr): void {
  const a = anycastOf(ifp);
  if (a !== null) ipv6DevAcInc(ifp.idev, a);
}

/** No more (addrconf_leave_anycast). @alpha */
export function leaveAnycast(ifp: Inet6Ifaddr): void {
  const a = anycastOf(ifp);
  if (a !== null) ipv6DevAcDec(ifp.idev, a);
}

/** What an address means to routing, and telling of it (__ipv6_ifa_notify). @alpha */
export function ifaNotify(type: number, ifp: Inet6Ifaddr, tell: boolean, req: NlRequest | null): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  if (tell) n6.fn.rtmsgIfa(type, ifp, req);
  if (type === RTM_NEWADDR) {
    if (ifp.rt === null || ifp.rt.table === null) ifp.rt = addLocalRoute(n6, idev.dev, ifp.addr, false);
    if (idev.conf(DEVCONF_FORWARDING) !== 0) joinAnycast(ifp);
    if (ifaHasPeer(ifp)) addKernelRoute(n6, ifp.peer, 128, idev.dev, { metric: prefixMetric(ifp) });
  } else {
    leaveGroups(ifp);
    if (ifaHasPeer(ifp)) {
      const f = prefixRoute(n6, ifp, ifp.peer, 128);
      if (f !== null) fib6Del(n6, f, null);
    }
    if (ifp.rt !== null && ifp.rt.table !== null) fib6Del(n6, ifp.rt, null);
    ifp.rt = null;
  }
  n6.devAddrGenid++;
}

function joinSolict(ifp: Inet6Ifaddr): void {
  if ((ifp.idev.dev.flags & (IFF_LOOPBACK | IFF_NOARP)) !== 0) return;
  ipv6DevMcInc(ifp.idev, solicited(ifp.addr));
}

function leaveSolict(ifp: Inet6Ifaddr): void {
  if ((ifp.idev.dev.flags & (IFF_LOOPBACK | IFF_NOARP)) !== 0) return;
  ipv6DevMcDec(ifp.idev, solicited(ifp.addr));
}

/** The address is not in use any more: nobody listens to its groups. @alpha */
export function leaveGroups(ifp: Inet6Ifaddr): void {
  if (ifp.idev.conf(DEVCONF_FORWARDING) !== 0) leaveAnycast(ifp);
  leaveSolict(ifp);
}

/** The route of a prefix over the device of an address, of this metric or of any (0), or null (addrconf_get_prefix_route). */
function prefixRoute(n6: Ipv6Net, ifp: Inet6Ifaddr, addr: Int32Array, plen: number, metric = 0): Fib6Info | null {
  const dst = new Int32Array(4);
  a6Prefix(dst, addr, plen);
  for (let f = fib6Exact(fib6TableOf(n6, ifp.idev.dev), dst, plen); f !== null; f = f.next) {
    if (metric !== 0 && f.metric !== metric) continue;
    if (f.nhs[0]!.dev === ifp.idev.dev && (f.flags & RTF_GATEWAY) === 0 && f.protocol === 2 && f.srcLen === 0) return f;
  }
  return null;
}

/** The metric of the route of an address' prefix. */
function prefixMetric(ifp: Inet6Ifaddr): number {
  return ifp.rtPriority !== 0 ? ifp.rtPriority : IP6_RT_PRIO_ADDRCONF;
}

/** Makes the route of an address' prefix (addrconf_prefix_route), for `lifetime` seconds. @alpha */
export function addPrefixRoute(ifp: Inet6Ifaddr, lifetime: number): void {
  addKernelRoute(ifp.idev.net6, ifp.addr, ifp.prefixlen, ifp.idev.dev, { metric: prefixMetric(ifp), lifetime });
}

/** Do two addresses of a device stand in the same prefix? */
function samePrefix(a: Inet6Ifaddr, b: Inet6Ifaddr): boolean {
  return a.prefixlen === b.prefixlen && a6PrefixEqual(a.addr, b.addr, a.prefixlen);
}

/** Does an address hold its prefix route for ever? */
function holdsRoute(i: Inet6Ifaddr): boolean {
  return (i.flags & (IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE)) === IFA_F_PERMANENT;
}

/** The prefix route of an address after a change of the address (observed: a permanent address takes its route along to another metric, others leave it to end). */
function changePrefixRoute(ifp: Inet6Ifaddr, lifetime: number, wasPermanent: boolean, moved: boolean): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  if (moved) {
    const old = wasPermanent ? prefixRoute(n6, ifp, ifp.addr, ifp.prefixlen) : null;
    if (old !== null) fib6Del(n6, old, null);
    addPrefixRoute(ifp, lifetime);
    return;
  }
  const metric = prefixMetric(ifp);
  const f = prefixRoute(n6, ifp, ifp.addr, ifp.prefixlen, metric);
  if (f === null) {
    addPrefixRoute(ifp, lifetime);
    return;
  }
  // A route without an end is somebody else's too, unless this address alone held it for ever until now.
  const shared = wasPermanent ? idev.ifas.some((i) => i !== ifp && holdsRoute(i) && samePrefix(i, ifp) && prefixMetric(i) === metric) : (f.flags & RTF_EXPIRES) === 0;
  if (!shared || lifetime === INFINITY_LIFE_TIME) fib6SetExpires(f, lifetime);
}

/** What becomes of the prefix route when a permanent address goes (check_cleanup_prefix_route). */
function cleanupPrefix(ifp: Inet6Ifaddr): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  let lifetime = -1;
  for (const i of idev.ifas) {
    if (i === ifp || !samePrefix(i, ifp)) continue;
    if (holdsRoute(i)) return;
    if ((i.flags & IFA_F_NOPREFIXROUTE) !== 0) continue;
    lifetime = Math.max(lifetime, i.validLft === INFINITY_LIFE_TIME ? INFINITY_LIFE_TIME : i.validLft - ((n6.kernel.jiffies - i.tstamp) >>> 0) / HZ);
  }
  const f = prefixRoute(n6, ifp, ifp.addr, ifp.prefixlen);
  if (f === null) return;
  if (lifetime === -1) fib6Del(n6, f, null);
  else if ((f.flags & RTF_EXPIRES) === 0) fib6SetExpires(f, lifetime);
}

/** Takes an address off its device (ipv6_del_addr). @alpha */
export function ipv6DelAddr(ifp: Inet6Ifaddr, req: NlRequest | null = null): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  if (ifp.state === IFADDR_DEAD) return;
  ifp.state = IFADDR_DEAD;
  addrHashDel(n6, ifp);
  if ((ifp.flags & IFA_F_TEMPORARY) !== 0) {
    idev.tempaddrs = idev.tempaddrs.filter((t) => t !== ifp);
    ifp.ifpub = null;
  }
  idev.ifas.splice(idev.ifas.indexOf(ifp), 1);
  delTimer(n6.kernel, ifp.dadTimer);
  ifaNotify(RTM_DELADDR, ifp, true, req);
  n6.inet6addrChain.call(NETDEV_DOWN, ifp);
  if ((ifp.flags & IFA_F_PERMANENT) !== 0 && (ifp.flags & IFA_F_NOPREFIXROUTE) === 0) cleanupPrefix(ifp);
  rt6RemovePrefsrc(n6, ifp.addr);
}

// Detection of duplicates.

function modDad(ifp: Inet6Ifaddr, delay: number): void {
  const { kernel } = ifp.idev.net6;
  modTimer(kernel, ifp.dadTimer, (kernel.jiffies + delay) | 0);
}

function clearDad(ifp: Inet6Ifaddr): void {
  ifp.flags &= ~(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED);
  ifp.dadProbes = 0;
}

/** Begins detection for a new address (addrconf_dad_start). @alpha */
export function dadStart(ifp: Inet6Ifaddr): void {
  if (ifp.state !== IFADDR_DEAD) {
    ifp.state = IFADDR_PREDAD;
    dadBegin(ifp);
  }
}

function dadBegin(ifp: Inet6Ifaddr): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  const { dev } = idev;
  if (ifp.state === IFADDR_DEAD) return;
  joinSolict(ifp);
  ifp.state = IFADDR_DAD;
  if (
    (dev.flags & (IFF_NOARP | IFF_LOOPBACK)) !== 0 || (n6.devconfAll.data[DEVCONF_ACCEPT_DAD]! < 1 && idev.conf(DEVCONF_ACCEPT_DAD) < 1) ||
    (ifp.flags & IFA_F_TENTATIVE) === 0 || (ifp.flags & IFA_F_NODAD) !== 0
  ) {
    const sendNa = (ifp.flags & IFA_F_TENTATIVE) !== 0 && (ifp.flags & IFA_F_OPTIMISTIC) === 0;
    clearDad(ifp);
    ifp.state = IFADDR_POSTDAD;
    dadCompleted(ifp, sendNa);
    return;
  }
  if ((idev.ifFlags & IF_READY) === 0) {
    // Detection waits for the device; an address that comes by itself will come again.
    leaveSolict(ifp);
    ifp.state = IFADDR_PREDAD;
    if ((ifp.flags & IFA_F_PERMANENT) === 0) ipv6DelAddr(ifp);
    return;
  }
  if ((ifp.flags & IFA_F_OPTIMISTIC) !== 0) {
    ifp.rt = addLocalRoute(n6, dev, ifp.addr, false);
    if (useOptimistic(idev)) n6.fn.rtmsgIfa(RTM_NEWADDR, ifp, null);
  }
  dadKick(ifp);
}

function dadKick(ifp: Inet6Ifaddr): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  const delay = (ifp.flags & IFA_F_OPTIMISTIC) !== 0 ? 0 : n6.rng.below(Math.max(idev.conf(DEVCONF_RTR_SOLICIT_DELAY), 1));
  if (idev.confOr(DEVCONF_ENHANCED_DAD)) {
    const nonce = new Uint8Array(6);
    do n6.rng.fill(nonce);
    while (nonce.every((b) => b === 0));
    ifp.dadNonce = nonce;
  } else {
    ifp.dadNonce = null;
  }
  // As Linux counts them: eight bits.
  ifp.dadProbes = idev.conf(DEVCONF_DAD_TRANSMITS) & 0xff;
  modDad(ifp, delay);
}

/** The function of an address' timer: one more solicitation, the end of detection, or of the address (addrconf_dad_work). @alpha */
export function dadWork(ifp: Inet6Ifaddr): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  if (idev.dead || ifp.state === IFADDR_DEAD) return;
  if (ifp.state === IFADDR_PREDAD) {
    dadBegin(ifp);
    return;
  }
  if (ifp.state === IFADDR_ERRDAD) {
    dadAbort(ifp);
    return;
  }
  if (ifp.state !== IFADDR_DAD) return;
  if (ifp.dadProbes === 0) {
    const sendNa = (ifp.flags & IFA_F_OPTIMISTIC) === 0;
    clearDad(ifp);
    ifp.state = IFADDR_POSTDAD;
    dadCompleted(ifp, sendNa);
    return;
  }
  ifp.dadProbes--;
  modDad(ifp, Math.max(idev.ndParms.retransTime, HZ / 100));
  n6.fn.sendNs(idev.dev, ifp.addr, solicited(ifp.addr), IN6ADDR_ANY, ifp.dadNonce);
}

/** The address is ours: it is told, its route made; the first of the link asks for routers (addrconf_dad_completed). */
function dadCompleted(ifp: Inet6Ifaddr, sendNa: boolean): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  const { dev } = idev;
  delTimer(n6.kernel, ifp.dadTimer);
  const firstLl = a6Linklocal(ifp.addr) && !idev.ifas.some((i) => i !== ifp && a6Linklocal(i.addr) && (i.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) === 0);
  ifaNotify(RTM_NEWADDR, ifp, true, null);
  if (firstLl && (dev.flags & IFF_LOOPBACK) === 0) ipv6McDadComplete(idev.mld);
  if (sendNa && (dev.flags & (IFF_LOOPBACK | IFF_NOARP)) === 0 && idev.confOr(DEVCONF_NDISC_NOTIFY)) {
    n6.fn.sendNa(dev, IN6ADDR_LINKLOCAL_ALLNODES, ifp.addr, idev.conf(DEVCONF_FORWARDING) !== 0, false, true, true);
  }
  if (firstLl && ipv6AcceptRa(idev) && idev.conf(DEVCONF_RTR_SOLICITS) !== 0 && (dev.flags & IFF_LOOPBACK) === 0) {
    solicitRouters(idev, ifp.addr);
  }
  if ((ifp.flags & IFA_F_TEMPORARY) !== 0) addrVerify(n6);
}

/** Asks for routers, and again later until one answers; the first interval has a tenth of randomness (RFC 7559 2, RFC 3315 14). @alpha */
export function solicitRouters(idev: Inet6Dev, saddr: Int32Array): void {
  const n6 = idev.net6;
  n6.fn.sendRs(idev.dev, saddr, IN6ADDR_LINKLOCAL_ALLROUTERS);
  idev.rsInterval = Math.floor(idev.conf(DEVCONF_RTR_SOLICIT_INTERVAL) * (0.9 + n6.rng.float() * 0.2));
  idev.rsProbes = 1;
  idev.ifFlags |= IF_RS_SENT;
  modTimer(n6.kernel, idev.rsTimer, (n6.kernel.jiffies + idev.rsInterval) | 0);
}

/** The next interval: twice as long, up to `mrt`. @alpha */
export function rsNext(n6: Ipv6Net, rt: number, mrt: number): number {
  const next = Math.floor(rt * (1.9 + n6.rng.float() * 0.2));
  return mrt !== 0 && next > mrt ? Math.floor(mrt * (0.9 + n6.rng.float() * 0.2)) : next;
}

/** Somebody else uses the address (addrconf_dad_failure): our own next step follows from the timer. @alpha */
export function dadFailure(ifp: Inet6Ifaddr): void {
  const { idev } = ifp;
  const n6 = idev.net6;
  if (ifp.state !== IFADDR_DAD && ifp.state !== IFADDR_PREDAD) return;
  ifp.state = IFADDR_POSTDAD;
  n6.kernel.log.info(`${idev.dev.name}: IPv6 duplicate address detected!`);
  if ((ifp.flags & IFA_F_STABLE_PRIVACY) !== 0 && ifp.stablePrivacyRetry < n6.sysctlIdgenRetries) {
    const made = stableAddress(n6, idev, ifp.addr, ifp.stablePrivacyRetry + 1);
    if (made !== null) {
      const fresh = ipv6AddAddr(
        idev, { addr: made.addr, plen: ifp.prefixlen, flags: ifp.flags & ~IFA_F_DADFAILED, validLft: ifp.validLft, preferredLft: ifp.preferredLft, proto: ifp.proto }, null,
      );
      if (typeof fresh !== 'number') {
        fresh.stablePrivacyRetry = made.retry;
        fresh.state = IFADDR_PREDAD;
        modDad(fresh, n6.sysctlIdgenDelay);
      }
    }
  }
  ifp.state = IFADDR_ERRDAD;
  modDad(ifp, 0);
}

/** Detection failed: the address is marked, or goes; with `accept_dad` 2 a link-local one made of the hardware address takes IPv6 with it. */
function dadAbort(ifp: Inet6Ifaddr): void {
  const { idev } = ifp;
  let disable = false;
  if (idev.confMax(DEVCONF_ACCEPT_DAD) > 1 && idev.conf(DEVCONF_DISABLE_IPV6) === 0 && (ifp.flags & IFA_F_STABLE_PRIVACY) === 0) {
    const ll = Int32Array.of(0xfe800000 | 0, 0, 0, 0);
    if (eui64(ll, idev.dev) && a6Equal(ll, ifp.addr)) disable = true;
  }
  dadStop(ifp, true);
  if (disable) {
    idev.cnf.data[DEVCONF_DISABLE_IPV6] = 1;
    idev.net6.kernel.log.info(`${idev.dev.name}: IPv6 being disabled!`);
    idev.net6.ifdown(idev);
  }
}

function dadStop(ifp: Inet6Ifaddr, failed: boolean): void {
  const n6 = ifp.idev.net6;
  delTimer(n6.kernel, ifp.dadTimer);
  if ((ifp.flags & IFA_F_TEMPORARY) !== 0) {
    const pub = ifp.ifpub;
    if (pub !== null) createTempaddr(pub);
    ipv6DelAddr(ifp);
  } else if ((ifp.flags & IFA_F_PERMANENT) !== 0 || !failed) {
    ifp.flags |= IFA_F_TENTATIVE;
    if (failed) ifp.flags |= IFA_F_DADFAILED;
    ifp.state = IFADDR_ERRDAD;
    if (failed) n6.fn.rtmsgIfa(RTM_NEWADDR, ifp, null);
  } else {
    ipv6DelAddr(ifp);
  }
}

/** The device is ready: detection of what waited for it begins (addrconf_dad_run). `restart` does everything anew. @alpha */
export function dadRun(idev: Inet6Dev, restart: boolean): void {
  for (const ifp of idev.ifas.slice()) {
    if ((ifp.flags & IFA_F_TENTATIVE) !== 0 && ifp.state !== IFADDR_ERRDAD && (ifp.state === IFADDR_PREDAD || restart)) {
      if (restart) ifp.state = IFADDR_PREDAD;
      dadBegin(ifp);
    }
  }
}

// Lifetimes.

/** Ends what is over, deprecates what is no longer preferred, renews temporary addresses, and sleeps until the next change (addrconf_verify_rtnl). @alpha */
export function addrVerify(n6: Ipv6Net): void {
  const now = n6.kernel.jiffies;
  let next = Infinity;
  const all: Inet6Ifaddr[] = [];
  for (let i = 0; i < n6.addrHash.length; i++) for (let p = n6.addrHash[i]!; p !== null; p = p.hashNext!) all.push(p);
  for (const ifp of all) {
    if (ifp.state === IFADDR_DEAD) continue;
    if ((ifp.flags & IFA_F_PERMANENT) !== 0 && ifp.preferredLft === INFINITY_LIFE_TIME) continue;
    const age = Math.floor(((now - ifp.tstamp) >>> 0) / HZ);
    const gone = (now - ifp.tstamp) >>> 0;
    let regenAdvance = 0;
    if ((ifp.flags & IFA_F_TEMPORARY) !== 0 && ifp.ifpub !== null && (ifp.flags & IFA_F_TENTATIVE) === 0) regenAdvance = regenAdvanceOf(ifp.idev);
    if (ifp.validLft !== INFINITY_LIFE_TIME && age >= ifp.validLft) {
      ipv6DelAddr(ifp);
      continue;
    }
    if (ifp.validLft !== INFINITY_LIFE_TIME) next = Math.min(next, ifp.validLft * HZ - gone);
    if (ifp.preferredLft === INFINITY_LIFE_TIME) continue;
    if (age >= ifp.preferredLft) {
      if ((ifp.flags & IFA_F_DEPRECATED) === 0) {
        ifp.flags |= IFA_F_DEPRECATED;
        n6.devAddrGenid++;
        n6.fn.rtmsgIfa(RTM_NEWADDR, ifp, null);
      }
      continue;
    }
    if (regenAdvance !== 0 && age >= ifp.preferredLft - regenAdvance && ifp.regenCount === 0) {
      ifp.regenCount++;
      if (ifp.ifpub !== null) {
        ifp.ifpub.regenCount = 0;
        createTempaddr(ifp.ifpub);
      }
    } else if (regenAdvance !== 0 && ifp.regenCount === 0) {
      next = Math.min(next, Math.max(ifp.preferredLft - regenAdvance, 0) * HZ - gone);
    }
    next = Math.min(next, ifp.preferredLft * HZ - gone);
  }
  if (next === Infinity) delTimer(n6.kernel, n6.addrChkTimer);
  else modTimer(n6.kernel, n6.addrChkTimer, (now + Math.min(Math.max(Math.ceil(next), 1), 0x3fffffff)) | 0);
}

// Adding and removing at somebody's wish.

/**
 * Adds an address (inet6_addr_add): with its prefix route, and detection of duplicates. 0 or a negative errno.
 * @alpha
 */
export function inet6AddrAdd(idev: Inet6Dev, cfg: Ifa6Config, x: Inet6Extack | null = null, req: NlRequest | null = null): number {
  const n6 = idev.net6;
  const valid = cfg.validLft ?? INFINITY_LIFE_TIME;
  const preferred = cfg.preferredLft ?? INFINITY_LIFE_TIME;
  let flags = cfg.flags ?? 0;
  if ((flags & IFA_F_MCAUTOJOIN) !== 0) ipv6DevMcInc(idev, cfg.addr);
  flags &= ~IFA_F_PERMANENT;
  if (valid === INFINITY_LIFE_TIME) flags |= IFA_F_PERMANENT;
  if (preferred === 0) flags |= IFA_F_DEPRECATED;
  const ifp = ipv6AddAddr(idev, { ...cfg, flags, validLft: valid, preferredLft: preferred }, x);
  if (typeof ifp === 'number') {
    if ((flags & IFA_F_MCAUTOJOIN) !== 0) ipv6DevMcDec(idev, cfg.addr);
    return ifp;
  }
  if ((flags & IFA_F_NOPREFIXROUTE) === 0 && (idev.dev.flags & IFF_UP) !== 0) addPrefixRoute(ifp, valid);
  if ((ifp.flags & (IFA_F_OPTIMISTIC | IFA_F_NODAD)) === 0) n6.fn.rtmsgIfa(RTM_NEWADDR, ifp, req);
  dadStart(ifp);
  if ((flags & IFA_F_MANAGETEMPADDR) !== 0) manageTempaddrs(ifp, valid, preferred, true);
  addrVerify(n6);
  return 0;
}

/** Changes lifetimes and flags of an address that is there (inet6_addr_modify). 0 or a negative errno. @alpha */
export function inet6AddrModify(ifp: Inet6Ifaddr, cfg: Ifa6Config, req: NlRequest | null): number {
  const { idev } = ifp;
  const n6 = idev.net6;
  const valid = cfg.validLft ?? INFINITY_LIFE_TIME;
  const preferred = cfg.preferredLft ?? INFINITY_LIFE_TIME;
  const wasManaged = (ifp.flags & IFA_F_MANAGETEMPADDR) !== 0;
  const hadRoute = (ifp.flags & IFA_F_NOPREFIXROUTE) === 0;
  const wasPermanent = (ifp.flags & IFA_F_PERMANENT) !== 0;
  const settable = IFA_F_DEPRECATED | IFA_F_PERMANENT | IFA_F_NODAD | 0x10 | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE;
  let flags = (cfg.flags ?? 0) & settable & ~(IFA_F_PERMANENT | IFA_F_DEPRECATED);
  if (valid === INFINITY_LIFE_TIME) flags |= IFA_F_PERMANENT;
  if (preferred === 0) flags |= IFA_F_DEPRECATED;
  ifp.flags = (ifp.flags & ~settable) | flags;
  ifp.tstamp = n6.kernel.jiffies;
  ifp.validLft = valid;
  ifp.preferredLft = preferred;
  if (cfg.proto !== undefined) ifp.proto = cfg.proto;
  // Who names no metric keeps the old one.
  const metric = cfg.metric ?? 0;
  const moved = metric !== 0 && metric !== ifp.rtPriority;
  if (moved) ifp.rtPriority = metric;
  if (cfg.peer !== undefined && cfg.peer !== null && !a6Equal(cfg.peer, ifp.peer)) {
    const old = ifaHasPeer(ifp) ? prefixRoute(n6, ifp, ifp.peer, 128) : null;
    if (old !== null) fib6Del(n6, old, null);
    ifp.peer = a6Any(cfg.peer) ? IN6ADDR_ANY : a6Clone(cfg.peer);
    if (ifaHasPeer(ifp)) addKernelRoute(n6, ifp.peer, 128, idev.dev, { metric: prefixMetric(ifp) });
  }
  if ((ifp.flags & IFA_F_TENTATIVE) === 0) n6.fn.rtmsgIfa(RTM_NEWADDR, ifp, req);
  if ((flags & IFA_F_NOPREFIXROUTE) === 0) changePrefixRoute(ifp, valid, wasPermanent, moved);
  else if (hadRoute && wasPermanent) cleanupPrefix(ifp);
  if (wasManaged || (ifp.flags & IFA_F_MANAGETEMPADDR) !== 0) {
    const on = (ifp.flags & IFA_F_MANAGETEMPADDR) !== 0;
    manageTempaddrs(ifp, on ? valid : 0, on ? preferred : 0, !wasManaged);
  }
  addrVerify(n6);
  return 0;
}

/** Removes an address (inet6_addr_del). -EADDRNOTAVAIL when it is not there. @alpha */
export function inet6AddrDel(idev: Inet6Dev, addr: Int32Array, plen: number, x: Inet6Extack | null = null, req: NlRequest | null = null): number {
  const ifp = idev.ifas.find((i) => i.prefixlen === plen && a6Equal(i.addr, addr));
  if (ifp === undefined) return refuse(x, 'address not found', -EADDRNOTAVAIL);
  const managed = (ifp.flags & IFA_F_MANAGETEMPADDR) !== 0 && (ifp.flags & IFA_F_TEMPORARY) === 0;
  if (managed) manageTempaddrs(ifp, 0, 0, false);
  ipv6DelAddr(ifp, req);
  addrVerify(idev.net6);
  if ((ifp.flags & IFA_F_MCAUTOJOIN) !== 0) ipv6DevMcDec(idev, addr);
  return 0;
}

/** Adds an address that needs no detection: `::1`, those of tunnels (add_addr). @alpha */
export function addFixed(idev: Inet6Dev, addr: Int32Array, plen: number, proto: number): void {
  const ifp = ipv6AddAddr(idev, { addr, plen, flags: IFA_F_PERMANENT, proto }, null);
  if (typeof ifp === 'number') return;
  ifp.flags &= ~IFA_F_TENTATIVE;
  ifp.state = IFADDR_POSTDAD;
  ifaNotify(RTM_NEWADDR, ifp, true, null);
}

/** Adds a link-local address with the route of its prefix (addrconf_add_linklocal). @alpha */
export function addLinklocal(idev: Inet6Dev, addr: Int32Array, flags: number, retry: number): void {
  let f = flags | IFA_F_PERMANENT;
  if (idev.confOr(DEVCONF_OPTIMISTIC_DAD) && idev.net6.devconfAll.data[DEVCONF_FORWARDING] === 0) f |= IFA_F_OPTIMISTIC;
  const ifp = ipv6AddAddr(idev, { addr, plen: 64, flags: f, proto: 3 }, null);
  if (typeof ifp === 'number') return;
  ifp.stablePrivacyRetry = retry;
  addPrefixRoute(ifp, INFINITY_LIFE_TIME);
  dadStart(ifp);
}

// Temporary addresses.

/** How long before its end a temporary address gets its successor, seconds (RFC 8981 3.8). */
function regenAdvanceOf(idev: Inet6Dev): number {
  const probes = Math.max(idev.conf(DEVCONF_DAD_TRANSMITS), 1);
  return idev.conf(DEVCONF_REGEN_MIN_ADVANCE) + Math.floor((idev.conf(DEVCONF_REGEN_MAX_RETRY) * probes * Math.max(idev.ndParms.retransTime, HZ / 100)) / HZ);
}

/** Makes a temporary address with a public one, unless there may be none (ipv6_create_tempaddr); one that is there already is followed by another try, as often as `regen_max_retry` says. @alpha */
export function createTempaddr(pub: Inet6Ifaddr): void {
  const { idev } = pub;
  const n6 = idev.net6;
  if (idev.conf(DEVCONF_USE_TEMPADDR) <= 0) return;
  if (pub.regenCount++ >= idev.conf(DEVCONF_REGEN_MAX_RETRY)) {
    idev.cnf.data[DEVCONF_USE_TEMPADDR] = -1;
    return;
  }
  const addr = a6Clone(pub.addr);
  randomIid(n6, addr);
  const age = Math.floor(((n6.kernel.jiffies - pub.tstamp) >>> 0) / HZ);
  const advance = regenAdvanceOf(idev);
  const maxDesync = Math.max(0, Math.min(idev.conf(DEVCONF_MAX_DESYNC_FACTOR), idev.conf(DEVCONF_TEMP_PREFERED_LFT) - advance));
  if (idev.desyncFactor === 0 || idev.desyncFactor > maxDesync) idev.desyncFactor = maxDesync === 0 ? 0 : n6.rng.below(maxDesync);
  const tempValid = idev.conf(DEVCONF_TEMP_VALID_LFT) + age;
  const tempPref = idev.conf(DEVCONF_TEMP_PREFERED_LFT) + age - idev.desyncFactor;
  const valid = Math.min(pub.validLft, tempValid);
  // One that would get its successor at once is of no use (RFC 8981 3.4): it lives at least so long that it does not, if the prefix lets it.
  const preferred = Math.max(Math.min(pub.preferredLft, tempPref), age + advance + 1);
  if (preferred > valid || preferred > pub.preferredLft) return;
  let flags = IFA_F_TEMPORARY;
  if (idev.confOr(DEVCONF_OPTIMISTIC_DAD)) flags |= IFA_F_OPTIMISTIC;
  const ift = ipv6AddAddr(idev, { addr, plen: pub.prefixlen, flags, validLft: valid, preferredLft: preferred, proto: 2 }, null);
  if (typeof ift === 'number') {
    if (ift === -EEXIST) createTempaddr(pub);
    return;
  }
  ift.ifpub = pub;
  ift.cstamp = n6.kernel.jiffies;
  ift.tstamp = pub.tstamp;
  dadStart(ift);
}

/** The lifetimes of a public address changed: so do those of its temporary ones; or it is new and needs one (manage_tempaddrs, RFC 8981 3.4, 3.5). @alpha */
export function manageTempaddrs(pub: Inet6Ifaddr, valid: number, preferred: number, create: boolean): void {
  const { idev } = pub;
  const n6 = idev.net6;
  const now = n6.kernel.jiffies;
  for (const ift of idev.tempaddrs.slice()) {
    if (ift.ifpub !== pub) continue;
    const age = Math.floor(((now - ift.cstamp) >>> 0) / HZ);
    const maxValid = Math.max(idev.conf(DEVCONF_TEMP_VALID_LFT) - age, 0);
    const maxPref = Math.max(idev.conf(DEVCONF_TEMP_PREFERED_LFT) - idev.desyncFactor - age, 0);
    ift.validLft = Math.min(valid, maxValid);
    ift.preferredLft = Math.min(preferred, maxPref);
    ift.tstamp = now;
    if (ift.preferredLft > 0) ift.flags &= ~IFA_F_DEPRECATED;
    if ((ift.flags & IFA_F_TENTATIVE) === 0) n6.fn.rtmsgIfa(RTM_NEWADDR, ift, null);
  }
  if (preferred > 0 && (create || !idev.tempaddrs.some((t) => t.ifpub === pub)) && idev.conf(DEVCONF_USE_TEMPADDR) > 0) {
    pub.regenCount = 0;
    createTempaddr(pub);
  }
}

/** Lets a public address go: its temporary ones lose it. @alpha */
export function forgetPublic(idev: Inet6Dev): void {
  for (const t of idev.tempaddrs) t.ifpub = null;
  idev.tempaddrs = [];
}

