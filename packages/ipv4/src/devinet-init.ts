/** IPv4 on a device: its beginning and end, the events of its life, and the settings. */
// datapath-ok-file: configuration
import type { Net, SysctlEntry } from '@linnet/kernel';
import { sysctlInt } from '@linnet/kernel';
import { neighCarrierDown, neighChangeaddr, neighSysctlRegister, neighSysctlUnregister } from '@linnet/neigh';
import type { NeighParms } from '@linnet/neigh';
import {
  NETDEV_CHANGE, NETDEV_CHANGEADDR, NETDEV_CHANGEMTU, NETDEV_CHANGENAME, NETDEV_DOWN, NETDEV_NOTIFY_PEERS, NETDEV_REGISTER, NETDEV_UNREGISTER, NETDEV_UP, forEachNetdev,
  netifCarrierOk,
  NETDEV_POST_TYPE_CHANGE, NETDEV_PRE_TYPE_CHANGE, NETDEV_RESEND_IGMP,
} from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  IFF_LOOPBACK, IFF_UP, INADDR_LOOPBACK, IPV4_DEVCONF_ACCEPT_REDIRECTS, IPV4_DEVCONF_ARP_EVICT_NOCARRIER, IPV4_DEVCONF_ARP_NOTIFY, IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, IPV4_DEVCONF_FORWARDING,
  IPV4_DEVCONF_MC_FORWARDING, IPV4_DEVCONF_NOPOLICY, IPV4_DEVCONF_NOXFRM, IPV4_DEVCONF_PROMOTE_SECONDARIES, IPV4_DEVCONF_ROUTE_LOCALNET, IPV4_MIN_MTU, RTM_DELNETCONF, RTM_NEWNETCONF, RT_SCOPE_HOST,
  IFF_NOARP,
} from '@linnet/uapi';
import { arpAnnounce } from './arp.ts';
import type { Ipv4Devconf } from './devconf.ts';
import { DEVCONF_NAMES, Ipv4Devconf as Devconf } from './devconf.ts';
import { delIfa, inetAddrAdd, inetdevChangename } from './devinet.ts';
import { fibNetdevEvent } from './fib-frontend.ts';
import { ipMcDestroy, ipMcDown, ipMcRemap, ipMcUp } from './igmp.ts';
import { igmpRejoin } from './igmp-report.ts';
import { igmpReset, McState } from './igmp-state.ts';
import { InDevice, inDevGet } from './in-device.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { rtCacheFlush } from './rtable.ts';

/** Settings after whose change no cached route may be used (they were part of the decision). Devices that are there do not follow their default. */
const FLUSHING: ReadonlySet<number> = new Set([
  IPV4_DEVCONF_NOXFRM, IPV4_DEVCONF_NOPOLICY, IPV4_DEVCONF_PROMOTE_SECONDARIES, IPV4_DEVCONF_ROUTE_LOCALNET, IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST,
]);

/** Switches forwarding of the namespace: `ip_forward`, `conf/all/forwarding` (`inet_forward_change`). Routers do not listen to redirects. @alpha */
export function inetForwardChange(n4: Ipv4Net, on: number): void {
  n4.devconfAll.data[IPV4_DEVCONF_FORWARDING] = on;
  n4.devconfAll.data[IPV4_DEVCONF_ACCEPT_REDIRECTS] = on === 0 ? 1 : 0;
  n4.devconfDflt.data[IPV4_DEVCONF_FORWARDING] = on;
  n4.netconf(n4, RTM_NEWNETCONF, -1, n4.devconfAll, IPV4_DEVCONF_FORWARDING);
  n4.netconf(n4, RTM_NEWNETCONF, -2, n4.devconfDflt, IPV4_DEVCONF_FORWARDING);
  forEachNetdev(n4.net, (dev) => {
    const indev = inDevGet(dev);
    if (indev === null) return;
    indev.cnf.data[IPV4_DEVCONF_FORWARDING] = on;
    n4.netconf(n4, RTM_NEWNETCONF, dev.ifindex, indev.cnf, IPV4_DEVCONF_FORWARDING);
  });
  rtCacheFlush(n4);
}

function confEntry(n4: Ipv4Net, cnf: Ipv4Devconf, id: number, ifindex: number): SysctlEntry {
  const get = (): number => cnf.data[id]!;
  if (id === IPV4_DEVCONF_MC_FORWARDING) return sysctlInt(get, null);
  if (id === IPV4_DEVCONF_FORWARDING) {
    return sysctlInt(get, (v) => {
      if (cnf === n4.devconfAll) {
        if (v !== cnf.data[id]) inetForwardChange(n4, v);
        return;
      }
      if (cnf.data[id] === v) return;
      cnf.data[id] = v;
      n4.netconf(n4, RTM_NEWNETCONF, ifindex, cnf, id);
      rtCacheFlush(n4);
    });
  }
  return sysctlInt(get, (v) => {
    const old = cnf.data[id];
    cnf.data[id] = v;
    if (!FLUSHING.has(id)) {
      cnf.state[id] = 1;
      if (cnf === n4.devconfDflt) copyDefault(n4, id, v);
    }
    if (old === v) return;
    n4.netconf(n4, RTM_NEWNETCONF, ifindex, cnf, id);
    if (FLUSHING.has(id)) rtCacheFlush(n4);
  });
}

/** A new default holds for devices where nobody set the value (`devinet_copy_dflt_conf`). */
function copyDefault(n4: Ipv4Net, id: number, v: number): void {
  forEachNetdev(n4.net, (dev) => {
    const indev = inDevGet(dev);
    if (indev !== null && indev.cnf.state[id] === 0) indev.cnf.data[id] = v;
  });
}

/** Registers `net/ipv4/conf/NAME/*`. @alpha */
export function devinetSysctlRegister(n4: Ipv4Net, name: string, cnf: Ipv4Devconf, ifindex: number): void {
  for (const [file, id] of DEVCONF_NAMES) n4.net.sysctl.register(`net/ipv4/conf/${name}/${file}`, confEntry(n4, cnf, id, ifindex));
}

/** Starts IPv4 on a device (`inetdev_init`). @alpha */
export function inetdevInit(n4: Ipv4Net, dev: NetDevice): InDevice {
  const cnf = new Devconf();
  cnf.data.set(n4.devconfDflt.data);
  const parms: NeighParms = n4.arpTbl.allocParms(dev);
  const indev = new InDevice(dev, n4, cnf, parms, new McState());
  dev.ipPtr = indev;
  dev.arpParms = parms;
  indev.sysctlName = dev.name;
  neighSysctlRegister(n4.arpTbl, parms);
  devinetSysctlRegister(n4, dev.name, cnf, dev.ifindex);
  n4.netconf(n4, RTM_NEWNETCONF, dev.ifindex, cnf, 0);
  igmpReset(indev);
  if ((dev.flags & IFF_UP) !== 0) ipMcUp(indev);
  return indev;
}

function unregisterSysctls(n4: Ipv4Net, indev: InDevice): void {
  n4.net.sysctl.unregister(`net/ipv4/conf/${indev.sysctlName}`);
  neighSysctlUnregister(n4.arpTbl, n4.net.sysctl, indev.sysctlName);
}

/** Ends IPv4 on a device: addresses, groups and settings go (`inetdev_destroy`). @alpha */
export function inetdevDestroy(indev: InDevice): void {
  const { dev, net4: n4 } = indev;
  indev.dead = true;
  ipMcDestroy(indev);
  while (indev.ifas.length !== 0) delIfa(indev.ifas[0]!, null);
  unregisterSysctls(n4, indev);
  n4.netconf(n4, RTM_DELNETCONF, dev.ifindex, null, 0);
  fibNetdevEvent(n4, NETDEV_UNREGISTER, dev);
  indev.arpParms.dead = true;
  dev.ipPtr = null;
  dev.arpParms = null;
}

function announceAll(indev: InDevice): void {
  for (const ifa of indev.ifas) arpAnnounce(indev.dev, ifa.local);
}

/** What a device's event means for IPv4: the notifier (`inetdev_event`, `fib_netdev_event`, `arp_netdev_event`). @alpha */
export function inetdevEvent(event: number, dev: NetDevice): void {
  const n4 = dev.net.tryGet(IPV4);
  if (n4 === null) return;
  let indev = inDevGet(dev);
  if (event === NETDEV_REGISTER) {
    if (indev !== null) return;
    if ((dev.flags & IFF_LOOPBACK) !== 0 && n4.loopbackDev === null) n4.loopbackDev = dev;
    indev = inetdevInit(n4, dev);
    if ((dev.flags & IFF_LOOPBACK) !== 0) {
      indev.cnf.data[IPV4_DEVCONF_NOXFRM] = 1;
      indev.cnf.data[IPV4_DEVCONF_NOPOLICY] = 1;
    }
    return;
  }
  if (indev === null) {
    // Its MTU took IPv4 away before; neighbours may have been entered since.
    if (event === NETDEV_UNREGISTER) fibNetdevEvent(n4, event, dev);
    // The MTU is large enough again.
    if (event !== NETDEV_CHANGEMTU || dev.mtu < IPV4_MIN_MTU) return;
    indev = inetdevInit(n4, dev);
  }
  switch (event) {
    case NETDEV_UP:
      if (dev.mtu < IPV4_MIN_MTU) break;
      if ((dev.flags & IFF_LOOPBACK) !== 0 && indev.ifas.length === 0) inetAddrAdd(n4.net, dev, { local: INADDR_LOOPBACK, prefixlen: 8, scope: RT_SCOPE_HOST });
      ipMcUp(indev);
      if (indev.confOr(IPV4_DEVCONF_ARP_NOTIFY) !== 0) announceAll(indev);
      break;
    case NETDEV_CHANGEADDR:
      neighChangeaddr(n4.arpTbl, dev);
      rtCacheFlush(n4);
      if (indev.confOr(IPV4_DEVCONF_ARP_NOTIFY) !== 0) announceAll(indev);
      break;
    case NETDEV_NOTIFY_PEERS:
      announceAll(indev);
      break;
    case NETDEV_DOWN:
      ipMcDown(indev);
      break;
    case NETDEV_PRE_TYPE_CHANGE:
    case NETDEV_POST_TYPE_CHANGE:
      ipMcRemap(indev, event === NETDEV_POST_TYPE_CHANGE);
      break;
    case NETDEV_RESEND_IGMP:
      igmpRejoin(indev);
      break;
    case NETDEV_CHANGEMTU:
      if (dev.mtu < IPV4_MIN_MTU) {
        inetdevDestroy(indev);
        return;
      }
      break;
    case NETDEV_UNREGISTER:
      if (n4.loopbackDev === dev) n4.loopbackDev = null;
      inetdevDestroy(indev);
      return;
    case NETDEV_CHANGENAME:
      inetdevChangename(indev);
      unregisterSysctls(n4, indev);
      // Who listens hears that the settings under the old name go and come under the new one.
      n4.netconf(n4, RTM_DELNETCONF, dev.ifindex, null, 0);
      indev.sysctlName = dev.name;
      neighSysctlRegister(n4.arpTbl, indev.arpParms);
      devinetSysctlRegister(n4, dev.name, indev.cnf, dev.ifindex);
      n4.netconf(n4, RTM_NEWNETCONF, dev.ifindex, indev.cnf, 0);
      break;
    default:
  }
  fibNetdevEvent(n4, event, dev);
  const noarp = (dev.flags & IFF_NOARP) !== 0;
  if (noarp !== indev.noarp) {
    // Who needed no ARP does now, or the other way round: what is known of neighbours is wrong.
    indev.noarp = noarp;
    neighChangeaddr(n4.arpTbl, dev);
  }
  if (event === NETDEV_CHANGE && !netifCarrierOk(dev) && indev.confAnd(IPV4_DEVCONF_ARP_EVICT_NOCARRIER) !== 0) neighCarrierDown(n4.arpTbl, dev);
}

/** Starts IPv4 on the devices that are there already, and registers the settings for all and by default. @alpha */
export function devinetNetInit(n4: Ipv4Net): void {
  devinetSysctlRegister(n4, 'all', n4.devconfAll, -1);
  devinetSysctlRegister(n4, 'default', n4.devconfDflt, -2);
  forEachNetdev(n4.net, (dev) => {
    inetdevEvent(NETDEV_REGISTER, dev);
  });
}

/** Ends IPv4 on every device of a namespace. @alpha */
export function devinetNetExit(net: Net): void {
  const devs: NetDevice[] = [];
  forEachNetdev(net, (dev) => {
    devs.push(dev);
  });
  for (const dev of devs) {
    const indev = inDevGet(dev);
    if (indev !== null) inetdevDestroy(indev);
  }
}
