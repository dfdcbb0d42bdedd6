/** IPv6 on a device: its beginning and end, the events of its life, forwarding (net/ipv6/addrconf.c). */
// datapath-ok-file: configuration
import { delTimer, modTimer } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { neighCarrierDown, neighChangeaddr, neighIfdown, neighSysctlRegister, neighSysctlUnregister } from '@linnet/neigh';
import {
  NETDEV_CHANGE, NETDEV_CHANGEADDR, NETDEV_CHANGEMTU, NETDEV_CHANGENAME, NETDEV_DOWN, NETDEV_NOTIFY_PEERS, NETDEV_REGISTER, NETDEV_UNREGISTER, NETDEV_UP, forEachNetdev,
  netifCarrierOk, netifOperUp,
} from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  ARPHRD_LOOPBACK, ARPHRD_NONE, DEVCONF_ACCEPT_DAD, DEVCONF_ADDR_GEN_MODE, DEVCONF_DISABLE_IPV6, DEVCONF_FORWARDING, DEVCONF_KEEP_ADDR_ON_DOWN,
  DEVCONF_MTU6, DEVCONF_NDISC_EVICT_NOCARRIER, DEVCONF_NDISC_NOTIFY, DEVCONF_RTR_SOLICITS, DEVCONF_RTR_SOLICIT_MAX_INTERVAL, DEVCONF_USE_TEMPADDR, IFA_F_NODAD, IFA_F_NOPREFIXROUTE,
  IFA_F_PERMANENT, IFA_F_STABLE_PRIVACY, IFA_F_TENTATIVE, IFF_LOOPBACK, IFF_NOARP, IFF_UP, IN6_ADDR_GEN_MODE_EUI64, IN6_ADDR_GEN_MODE_NONE, IN6_ADDR_GEN_MODE_RANDOM, IN6_ADDR_GEN_MODE_STABLE_PRIVACY,
  IPV6_MIN_MTU, RTM_DELADDR, RTM_DELNETCONF, RTM_NEWNETCONF, RTN_MULTICAST, RT_TABLE_LOCAL,
} from '@linnet/uapi';
import { a6Linklocal, IN6ADDR_LINKLOCAL_ALLNODES, IN6ADDR_LINKLOCAL_ALLROUTERS, IN6ADDR_LOOPBACK } from './addr6.ts';
import { addrHashDel, ipv6GetLladdr } from './addr-find.ts';
import {
  addFixed, addLinklocal, addPrefixRoute, addrVerify, dadRun, dadStart, ifaNotify, ipv6AcceptRa, joinAnycast, leaveAnycast, leaveGroups, rsNext,
} from './addrconf.ts';
import { eui64, stableAddress } from './addrconf-gen.ts';
import { ipv6AcDestroy } from './anycast.ts';
import { Ipv6Devconf } from './devconf6.ts';
import { addKernelRoute } from './fib6-config.ts';
import { fib6RunGc, rt6RemovePrefsrc, rt6SyncDownDev, rt6SyncUp } from './fib6-events.ts';
import { IFADDR_DEAD, IFADDR_PREDAD, IF_RA_RCVD, IF_READY, IF_RS_SENT, Inet6Dev, in6DevGet, INFINITY_LIFE_TIME } from './inet6-dev.ts';
import type { Inet6Ifaddr } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ipv6McDestroy, ipv6McDown, ipv6McForward, ipv6McInit, ipv6McUp } from './mld.ts';
import { mldExpire } from './mld-report.ts';
import { MldState } from './mld-state.ts';
import { rt6MtuChange } from './route6-exception.ts';
import { rt6PurgeDfltRouters } from './route6-ra.ts';
import { rt6CacheFlush } from './rt6-info.ts';

/** What the files of a device need: registered and taken back by `addrconf-sysctl.ts` and `proc6.ts`. @alpha */
export interface DevFiles {
  register(n6: Ipv6Net, name: string, cnf: Ipv6Devconf, idev: Inet6Dev | null): void;
  unregister(n6: Ipv6Net, name: string): void;
}

function files(n6: Ipv6Net): DevFiles {
  return n6.devFiles as DevFiles;
}

/** Starts IPv6 on a device (ipv6_add_dev); null when its MTU is too small. @alpha */
export function ipv6AddDev(n6: Ipv6Net, dev: NetDevice): Inet6Dev | null {
  if (dev.mtu < IPV6_MIN_MTU) return null;
  const cnf = new Ipv6Devconf();
  cnf.data.set(n6.devconfDflt.data);
  const parms = n6.ndTbl.allocParms(dev);
  const idev = new Inet6Dev(dev, n6, cnf, parms, new MldState(mldExpire), rsWork);
  if (n6.devconfDflt.stableSecret !== null) cnf.data[DEVCONF_ADDR_GEN_MODE] = IN6_ADDR_GEN_MODE_STABLE_PRIVACY;
  cnf.data[DEVCONF_MTU6] = dev.mtu;
  if ((dev.flags & (IFF_NOARP | IFF_LOOPBACK)) !== 0) cnf.data[DEVCONF_ACCEPT_DAD] = -1;
  if ((dev.flags & IFF_LOOPBACK) !== 0 || dev.type === ARPHRD_NONE) cnf.data[DEVCONF_USE_TEMPADDR] = -1;
  dev.ip6Ptr = idev;
  dev.nd6Parms = parms;
  idev.sysctlName = dev.name;
  if ((dev.flags & IFF_UP) !== 0 && linkReady(dev)) idev.ifFlags |= IF_READY;
  neighSysctlRegister(n6.ndTbl, parms);
  files(n6).register(n6, dev.name, cnf, idev);
  ipv6McInit(idev);
  n6.fn.netconf(n6, RTM_NEWNETCONF, dev.ifindex, cnf, -1);
  return idev;
}

/** Can the device send? (addrconf_link_ready) */
function linkReady(dev: NetDevice): boolean {
  return netifOperUp(dev) && netifCarrierOk(dev);
}

/** The function of a device's timer of solicitations (addrconf_rs_timer, RFC 7559). */
function rsWork(idev: Inet6Dev): void {
  const n6 = idev.net6;
  if (idev.dead || (idev.ifFlags & IF_READY) === 0 || !ipv6AcceptRa(idev) || (idev.ifFlags & IF_RA_RCVD) !== 0) return;
  const max = idev.conf(DEVCONF_RTR_SOLICITS);
  if (idev.rsProbes++ >= max && max >= 0) return;
  const ll = ipv6GetLladdr(idev, IFA_F_TENTATIVE);
  if (ll === null) return;
  n6.fn.sendRs(idev.dev, ll, IN6ADDR_LINKLOCAL_ALLROUTERS);
  idev.rsInterval = rsNext(n6, idev.rsInterval, idev.conf(DEVCONF_RTR_SOLICIT_MAX_INTERVAL));
  modTimer(n6.kernel, idev.rsTimer, (n6.kernel.jiffies + idev.rsInterval) | 0);
}

/** Makes the link-local address of a device in the way that it is set to (addrconf_addr_gen). `prefixRoute`: at least the route of the prefix. @alpha */
export function addrGen(idev: Inet6Dev, prefixRoute: boolean): void {
  const n6 = idev.net6;
  const ll = Int32Array.of(0xfe800000 | 0, 0, 0, 0);
  const onlyRoute = (): void => {
    if (prefixRoute) addKernelRoute(n6, ll, 64, idev.dev, {});
  };
  const mode = idev.conf(DEVCONF_ADDR_GEN_MODE);
  if (mode === IN6_ADDR_GEN_MODE_NONE) {
    onlyRoute();
    return;
  }
  if (mode === IN6_ADDR_GEN_MODE_EUI64) {
    if (eui64(ll, idev.dev)) addLinklocal(idev, ll, 0, 0);
    else onlyRoute();
    return;
  }
  if (mode === IN6_ADDR_GEN_MODE_RANDOM && idev.cnf.stableSecret === null) {
    const secret = new Uint8Array(16);
    n6.rng.fill(secret);
    idev.cnf.stableSecret = secret;
  }
  const made = stableAddress(n6, idev, ll, 0);
  if (made !== null) addLinklocal(idev, made.addr, IFA_F_STABLE_PRIVACY, made.retry);
  else onlyRoute();
}

/** Addresses of a device that is ready (addrconf_dev_config). */
function devConfig(idev: Inet6Dev): void {
  const { dev } = idev;
  if ((dev.flags & IFF_LOOPBACK) !== 0) {
    if (!idev.ifas.some((i) => i.addr[3] === 1 && i.scope === 0x10)) addFixed(idev, IN6ADDR_LOOPBACK, 128, 1);
    return;
  }
  if (dev.type === ARPHRD_LOOPBACK) return;
  addKernelRoute(idev.net6, Int32Array.of(0xff000000 | 0, 0, 0, 0), 8, dev, { type: RTN_MULTICAST, table: RT_TABLE_LOCAL });
  if (dev.type === ARPHRD_NONE && idev.conf(DEVCONF_ADDR_GEN_MODE) === IN6_ADDR_GEN_MODE_EUI64) idev.cnf.data[DEVCONF_ADDR_GEN_MODE] = IN6_ADDR_GEN_MODE_RANDOM;
  if (idev.ifas.some((i) => a6Linklocal(i.addr) && (i.flags & IFA_F_PERMANENT) !== 0 && i.state !== IFADDR_DEAD)) return;
  addrGen(idev, false);
}

/** Addresses that were there before the device went up get their routes back (addrconf_permanent_addr). */
function permanentAddrs(idev: Inet6Dev): void {
  for (const ifp of idev.ifas.slice()) {
    if ((ifp.flags & IFA_F_PERMANENT) === 0 || ifp.state === IFADDR_DEAD) continue;
    if ((ifp.flags & IFA_F_NOPREFIXROUTE) === 0) addPrefixRoute(ifp, INFINITY_LIFE_TIME);
    if (ifp.state === IFADDR_PREDAD && (idev.ifFlags & IF_READY) !== 0) dadStart(ifp);
  }
}

/** Takes IPv6 down on a device; `unregister`: for good (addrconf_ifdown). @alpha */
export function addrconfIfdown(idev: Inet6Dev, unregister: boolean): void {
  const { dev } = idev;
  const n6 = idev.net6;
  rt6SyncDownDev(n6, dev, unregister ? NETDEV_UNREGISTER : NETDEV_DOWN);
  neighIfdown(n6.ndTbl, dev);
  if (unregister) {
    idev.dead = true;
    files(n6).unregister(n6, idev.sysctlName);
    neighSysctlUnregister(n6.ndTbl, n6.net.sysctl, idev.sysctlName);
  }
  const keep = !unregister && (idev.conf(DEVCONF_KEEP_ADDR_ON_DOWN) > 0 || (n6.devconfAll.data[DEVCONF_KEEP_ADDR_ON_DOWN]! > 0 && idev.conf(DEVCONF_KEEP_ADDR_ON_DOWN) >= 0));
  delTimer(n6.kernel, idev.rsTimer);
  idev.ifFlags &= ~(IF_RS_SENT | IF_RA_RCVD | IF_READY);
  for (const t of idev.tempaddrs) t.ifpub = null;
  idev.tempaddrs = [];
  const stay: Inet6Ifaddr[] = [];
  for (const ifp of idev.ifas.slice()) {
    delTimer(n6.kernel, ifp.dadTimer);
    if (keep && (ifp.flags & IFA_F_PERMANENT) !== 0 && !a6Linklocal(ifp.addr) && idev.conf(DEVCONF_DISABLE_IPV6) === 0) {
      ifp.state = IFADDR_PREDAD;
      if ((ifp.flags & IFA_F_NODAD) === 0) ifp.flags |= IFA_F_TENTATIVE;
      ifp.rt = null;
      leaveGroups(ifp);
      stay.push(ifp);
      continue;
    }
    addrHashDel(n6, ifp);
    ifp.state = IFADDR_DEAD;
    ifaNotify(RTM_DELADDR, ifp, true, null);
    n6.inet6addrChain.call(NETDEV_DOWN, ifp);
    rt6RemovePrefsrc(n6, ifp.addr);
  }
  idev.ifas = stay;
  if (unregister) {
    ipv6AcDestroy(idev);
    ipv6McDestroy(idev);
  } else {
    ipv6McDown(idev);
  }
  idev.tstamp = n6.kernel.jiffies;
  rt6CacheFlush(n6);
  if (!unregister) return;
  n6.fn.netconf(n6, RTM_DELNETCONF, dev.ifindex, null, 0);
  idev.ndParms.dead = true;
  dev.ip6Ptr = null;
  dev.nd6Parms = null;
}

/** The device can send: it gets its addresses, and detection of duplicates begins. */
function ready(idev: Inet6Dev): void {
  const { dev } = idev;
  const n6 = idev.net6;
  devConfig(idev);
  dadRun(idev, false);
  rt6SyncUp(n6, dev);
  if (idev.cnf.data[DEVCONF_MTU6] !== dev.mtu) {
    rt6MtuChange(n6, dev, dev.mtu, idev.cnf.data[DEVCONF_MTU6]!);
    idev.cnf.data[DEVCONF_MTU6] = dev.mtu;
  }
  idev.tstamp = n6.kernel.jiffies;
  n6.fn.rtmsgIfinfo(idev);
}

function up(n6: Ipv6Net, dev: NetDevice, event: number): void {
  let idev = in6DevGet(dev);
  if (idev !== null && idev.conf(DEVCONF_DISABLE_IPV6) !== 0) return;
  if ((dev.flags & IFF_UP) === 0) return;
  if (event !== NETDEV_CHANGE) {
    if (idev !== null) {
      ipv6McUp(idev);
      permanentAddrs(idev);
    }
    if (!linkReady(dev)) {
      rt6SyncUp(n6, dev);
      return;
    }
    idev ??= ipv6AddDev(n6, dev);
    if (idev === null) return;
    idev.ifFlags |= IF_READY;
  } else {
    if (!linkReady(dev)) {
      rt6SyncDownDev(n6, dev, NETDEV_CHANGE);
      return;
    }
    if (idev === null) return;
    if ((idev.ifFlags & IF_READY) !== 0) {
      // It was ready before: the link may be another one now, whose routers know nothing of our groups.
      ipv6McUp(idev);
      rt6SyncUp(n6, dev);
      return;
    }
    idev.ifFlags |= IF_READY;
  }
  ready(idev);
}

/** What a device's event means for IPv6: the notifier (addrconf_notify, ndisc_netdev_event). @alpha */
export function addrconfNotify(event: number, dev: NetDevice): void {
  const n6 = dev.net.tryGet(IPV6);
  if (n6 === null) return;
  const idev = in6DevGet(dev);
  switch (event) {
    case NETDEV_REGISTER:
      if ((dev.flags & IFF_LOOPBACK) !== 0 && n6.loopbackDev === null) n6.loopbackDev = dev;
      if (idev === null) ipv6AddDev(n6, dev);
      break;
    case NETDEV_CHANGEMTU:
      if (dev.mtu < IPV6_MIN_MTU) {
        if (idev !== null) addrconfIfdown(idev, dev !== n6.loopbackDev);
        break;
      }
      if (idev !== null) {
        rt6MtuChange(n6, dev, dev.mtu, idev.cnf.data[DEVCONF_MTU6]!);
        idev.cnf.data[DEVCONF_MTU6] = dev.mtu;
        break;
      }
      ipv6AddDev(n6, dev);
      up(n6, dev, NETDEV_UP);
      break;
    case NETDEV_UP:
    case NETDEV_CHANGE:
      up(n6, dev, event);
      if (event === NETDEV_CHANGE && !netifCarrierOk(dev) && idev !== null && idev.conf(DEVCONF_NDISC_EVICT_NOCARRIER) !== 0 && n6.devconfAll.data[DEVCONF_NDISC_EVICT_NOCARRIER] !== 0) {
        neighCarrierDown(n6.ndTbl, dev);
      }
      break;
    case NETDEV_DOWN:
      if (idev !== null) addrconfIfdown(idev, false);
      break;
    case NETDEV_UNREGISTER:
      if (idev !== null) addrconfIfdown(idev, true);
      if (n6.loopbackDev === dev) n6.loopbackDev = null;
      break;
    case NETDEV_CHANGENAME:
      if (idev === null) break;
      files(n6).unregister(n6, idev.sysctlName);
      neighSysctlUnregister(n6.ndTbl, n6.net.sysctl, idev.sysctlName);
      // Who listens hears that the settings under the old name go and come under the new one.
      n6.fn.netconf(n6, RTM_DELNETCONF, dev.ifindex, null, 0);
      idev.sysctlName = dev.name;
      neighSysctlRegister(n6.ndTbl, idev.ndParms);
      files(n6).register(n6, dev.name, idev.cnf, idev);
      n6.fn.netconf(n6, RTM_NEWNETCONF, dev.ifindex, idev.cnf, -1);
      break;
    case NETDEV_CHANGEADDR:
      neighChangeaddr(n6.ndTbl, dev);
      fib6RunGc(n6);
      rt6CacheFlush(n6);
      if (idev !== null && idev.confOr(DEVCONF_NDISC_NOTIFY)) announce(idev);
      break;
    case NETDEV_NOTIFY_PEERS:
      if (idev !== null) announce(idev);
      break;
    default:
  }
}

/** Tells the link of all addresses (ndisc_send_unsol_na). */
function announce(idev: Inet6Dev): void {
  for (const ifp of idev.ifas) {
    if ((ifp.flags & IFA_F_TENTATIVE) !== 0) continue;
    idev.net6.fn.sendNa(idev.dev, IN6ADDR_LINKLOCAL_ALLNODES, ifp.addr, idev.conf(DEVCONF_FORWARDING) !== 0, false, true, true);
  }
}

/** A device becomes a router, or a host (dev_forward_change). @alpha */
export function devForwardChange(idev: Inet6Dev): void {
  const n6 = idev.net6;
  const on = idev.conf(DEVCONF_FORWARDING) !== 0;
  ipv6McForward(idev, on);
  for (const ifp of idev.ifas) {
    if ((ifp.flags & IFA_F_TENTATIVE) !== 0) continue;
    if (on) joinAnycast(ifp);
    else leaveAnycast(ifp);
  }
  n6.fn.netconf(n6, RTM_NEWNETCONF, idev.dev.ifindex, idev.cnf, DEVCONF_FORWARDING);
}

/** Switches forwarding of the namespace (addrconf_fixup_forwarding of `all`). @alpha */
export function forwardChangeAll(n6: Ipv6Net, v: number): void {
  const old = n6.devconfAll.data[DEVCONF_FORWARDING]!;
  n6.devconfAll.data[DEVCONF_FORWARDING] = v;
  const oldDflt = n6.devconfDflt.data[DEVCONF_FORWARDING]!;
  n6.devconfDflt.data[DEVCONF_FORWARDING] = v;
  if ((v === 0) !== (oldDflt === 0)) n6.fn.netconf(n6, RTM_NEWNETCONF, -2, n6.devconfDflt, DEVCONF_FORWARDING);
  const devs: NetDevice[] = [];
  forEachNetdev(n6.net, (dev) => {
    devs.push(dev);
  });
  devs.sort((a, b) => a.ifindex - b.ifindex);
  for (const dev of devs) {
    const idev = in6DevGet(dev);
    if (idev === null) continue;
    const was = idev.conf(DEVCONF_FORWARDING);
    idev.cnf.data[DEVCONF_FORWARDING] = v;
    if ((was === 0) !== (v === 0)) devForwardChange(idev);
  }
  if ((v === 0) !== (old === 0)) n6.fn.netconf(n6, RTM_NEWNETCONF, -1, n6.devconfAll, DEVCONF_FORWARDING);
  // A router does not listen to others about its own default.
  if (v !== 0) rt6PurgeDfltRouters(n6);
  rt6CacheFlush(n6);
}

/** Switches forwarding of one device. @alpha */
export function forwardChangeDev(idev: Inet6Dev, v: number): void {
  const n6 = idev.net6;
  const was = idev.conf(DEVCONF_FORWARDING);
  idev.cnf.data[DEVCONF_FORWARDING] = v;
  if ((was === 0) !== (v === 0)) devForwardChange(idev);
  if (v !== 0) rt6PurgeDfltRouters(n6);
  rt6CacheFlush(n6);
}

/** Switches IPv6 off or on for a device (dev_disable_change). @alpha */
export function devDisableChange(idev: Inet6Dev): void {
  if (idev.conf(DEVCONF_DISABLE_IPV6) !== 0) addrconfIfdown(idev, false);
  else up(idev.net6, idev.dev, NETDEV_UP);
}

/** Starts IPv6 on the devices that are there already. @alpha */
export function addrconfNetInit(n6: Ipv6Net): void {
  n6.addrVerify = addrVerify;
  n6.ifdown = (idev): void => addrconfIfdown(idev, false);
  n6.fibGc = fib6RunGc;
  files(n6).register(n6, 'all', n6.devconfAll, null);
  files(n6).register(n6, 'default', n6.devconfDflt, null);
  forEachNetdev(n6.net, (dev) => {
    addrconfNotify(NETDEV_REGISTER, dev);
    if ((dev.flags & IFF_UP) !== 0) addrconfNotify(NETDEV_UP, dev);
  });
}

/** Ends IPv6 on every device of a namespace. @alpha */
export function addrconfNetExit(net: Net): void {
  const devs: NetDevice[] = [];
  forEachNetdev(net, (dev) => {
    devs.push(dev);
  });
  for (const dev of devs) {
    const idev = in6DevGet(dev);
    if (idev !== null) addrconfIfdown(idev, true);
  }
}

