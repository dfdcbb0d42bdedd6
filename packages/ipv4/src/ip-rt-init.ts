/** Starting and ending addresses, routing and ARP: called by the module (`ip_rt_init`, `arp_init`, `devinet_init`). */
// datapath-ok-file: configuration
import { HZ, NOTIFY_DONE, defineKey, delTimer, sysctlInt, sysctlSecondsJiffies } from '@linnet/kernel';
import type { Kernel, Key, Net } from '@linnet/kernel';
import { NEXTHOP } from '@linnet/inet';
import { NEIGH } from '@linnet/neigh';
import type { NeighTable } from '@linnet/neigh';
import { PacketType, devAddPack, devRemovePack, registerNetdeviceNotifier, unregisterNetdeviceNotifier } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { ETH_P_ARP, IPV4_DEVCONF_FORWARDING } from '@linnet/uapi';
import { ARP_TABLE_OPS, arpRcv, arpRedo } from './arp.ts';
import { checkLifetime } from './devinet.ts';
import { devinetNetExit, devinetNetInit, inetForwardChange, inetdevEvent } from './devinet-init.ts';
import { devinetRtnetlinkInit, devinetRtnetlinkNetInit } from './devinet-rtnetlink.ts';
import { fibRtnetlinkInit, fibRtnetlinkNetInit } from './fib-rtnetlink.ts';
import { fib4RulesInit } from './fib-rules4.ts';
import { fibTableFlush } from './fib-trie.ts';
import { igmpShow, mcfilterShow } from './igmp-show.ts';
import { IPV4, Ipv4Net } from './ipv4-net.ts';
import { nexthop4Init } from './nexthop4.ts';
import { netconfInit, netconfNetInit } from './netconf.ts';
import { newRouteAccounts, routeAccountsShow } from './route-acct.ts';
import { flushExceptions } from './route-exception.ts';
import { fibTrieShow, fibTrieStatShow } from './fib-trie-show.ts';
import { arpShow, routeShow, rtCacheShow } from './route-proc.ts';
import { rtCacheFlush } from './rtable.ts';

/** What routing and ARP keep for a machine. */
class IpRtKernel {
  readonly arpTbl: NeighTable;
  readonly arpPacketType: PacketType;
  readonly notifier: (event: number, dev: NetDevice) => number;
  readonly acct: Uint32Array = newRouteAccounts();
  constructor(arpTbl: NeighTable) {
    this.arpTbl = arpTbl;
    this.arpPacketType = new PacketType({ type: ETH_P_ARP, func: arpRcv });
    this.notifier = (event, dev): number => {
      inetdevEvent(event, dev);
      return NOTIFY_DONE;
    };
  }
}

const IP_RT: Key<IpRtKernel> = defineKey<IpRtKernel>('ipv4');

/** For each kernel: the ARP table, its packet type, the ear for devices' events. @alpha */
export function ipRtInit(k: Kernel): void {
  const rt = new IpRtKernel(k.get(NEIGH).add(ARP_TABLE_OPS));
  rt.arpTbl.proxies.redo = arpRedo;
  k.set(IP_RT, rt);
  devAddPack(k, rt.arpPacketType);
  registerNetdeviceNotifier(k, rt.notifier);
  devinetRtnetlinkInit(k);
  fibRtnetlinkInit(k);
  netconfInit(k);
}

/** Undoes {@link ipRtInit}. @alpha */
export function ipRtExit(k: Kernel): void {
  const rt = k.get(IP_RT);
  unregisterNetdeviceNotifier(k, rt.notifier);
  devRemovePack(k, rt.arpPacketType);
}

function sysctls(n4: Ipv4Net): void {
  const tree = n4.net.sysctl;
  const int = (path: string, get: () => number, set: (v: number) => void, min = -0x80000000, max = 0x7fffffff): void => {
    tree.register(`net/ipv4/${path}`, sysctlInt(get, set, { min, max }));
  };
  int('ip_forward', () => n4.devconfAll.data[IPV4_DEVCONF_FORWARDING]!, (v) => {
    if (v !== n4.devconfAll.data[IPV4_DEVCONF_FORWARDING]) inetForwardChange(n4, v);
  });
  int('ip_nonlocal_bind', () => n4.sysctlIpNonlocalBind, (v) => { n4.sysctlIpNonlocalBind = v; }, 0, 255);
  int('ip_dynaddr', () => n4.sysctlIpDynaddr, (v) => { n4.sysctlIpDynaddr = v; }, 0, 255);
  int('fib_multipath_hash_policy', () => n4.fibMultipathHashPolicy, (v) => { n4.fibMultipathHashPolicy = v; }, 0, 3);
  int('fib_multipath_hash_fields', () => n4.fibMultipathHashFields, (v) => { n4.fibMultipathHashFields = v; }, 1, 0xfff);
  int('fib_multipath_hash_seed', () => n4.fibMultipathHashSeed, (v) => {
    n4.fibMultipathHashSeed = v;
    n4.multipathSeed = v === 0 ? n4.multipathOwnSeed : v | 0;
  }, 0, 0xffffffff);
  int('fib_notify_on_flag_change', () => n4.fibNotifyOnFlagChange, (v) => { n4.fibNotifyOnFlagChange = v; }, 0, 2);
  int('nexthop_compat_mode', () => (n4.net.get(NEXTHOP).compatMode ? 1 : 0), (v) => { n4.net.get(NEXTHOP).compatMode = v !== 0; }, 0, 1);
  int('fib_multipath_use_neigh', () => n4.fibMultipathUseNeigh, (v) => { n4.fibMultipathUseNeigh = v; }, 0, 1);
  int('route/min_pmtu', () => n4.ipRtMinPmtu, (v) => { n4.ipRtMinPmtu = v; }, 68);
  int('route/min_adv_mss', () => n4.ipRtMinAdvmss, (v) => { n4.ipRtMinAdvmss = v; });
  int('route/error_cost', () => n4.ipRtErrorCost, (v) => { n4.ipRtErrorCost = v; });
  int('route/error_burst', () => n4.ipRtErrorBurst, (v) => { n4.ipRtErrorBurst = v; });
  int('route/redirect_number', () => n4.ipRtRedirectNumber, (v) => { n4.ipRtRedirectNumber = v; });
  int('route/redirect_load', () => n4.ipRtRedirectLoad, (v) => { n4.ipRtRedirectLoad = v; });
  int('route/redirect_silence', () => n4.ipRtRedirectSilence, (v) => { n4.ipRtRedirectSilence = v; });
  tree.register('net/ipv4/route/mtu_expires', sysctlSecondsJiffies(() => n4.ipRtMtuExpires * HZ, (v) => { n4.ipRtMtuExpires = v / HZ; }));
  tree.register('net/ipv4/route/flush', {
    mode: 0o200,
    get: () => '',
    set: (): number => {
      rtCacheFlush(n4);
      flushExceptions(n4);
      return 0;
    },
  });
}

/** For each namespace: makes its {@link Ipv4Net} and starts IPv4 on the devices that are there. @alpha */
export function ipRtNetInit(net: Net): Ipv4Net {
  const rt = net.kernel.get(IP_RT);
  const n4 = new Ipv4Net(net, rt.arpTbl);
  n4.rtAcct = rt.acct;
  net.set(IPV4, n4);
  fib4RulesInit(net);
  nexthop4Init(n4);
  n4.checkLifetime = checkLifetime;
  devinetRtnetlinkNetInit(n4);
  fibRtnetlinkNetInit(n4);
  netconfNetInit(n4);
  sysctls(n4);
  net.proc.create('net/arp', () => arpShow(n4));
  net.proc.create('net/route', () => routeShow(n4));
  net.proc.create('net/fib_trie', () => fibTrieShow(n4));
  net.proc.create('net/fib_triestat', () => fibTrieStatShow(n4));
  // The cache is no more, but its file is.
  net.proc.create('net/rt_cache', () => `${'Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\tSpecDst'.padEnd(127)}\n`);
  net.proc.create('net/stat/rt_cache', () => rtCacheShow(n4));
  net.proc.create('net/rt_acct', () => routeAccountsShow(rt.acct));
  net.proc.create('net/igmp', () => igmpShow(net));
  net.proc.create('net/mcfilter', () => mcfilterShow(net));
  devinetNetInit(n4);
  return n4;
}

/** Undoes {@link ipRtNetInit}: no address, route or neighbour of the namespace stays. @alpha */
export function ipRtNetExit(net: Net): void {
  const n4 = net.get(IPV4);
  devinetNetExit(net);
  delTimer(net.kernel, n4.lifetimeTimer);
  for (const tb of n4.fibTables.values()) fibTableFlush(n4, tb, true, null);
  rtCacheFlush(n4);
}
