/** The state that IPv4 keeps for one namespace (struct netns_ipv4). */
import type { Key, Net } from '@linnet/kernel';
import { defineKey, ENETUNREACH, NotifierChain, TimerList } from '@linnet/kernel';
import { FibLookupArg, Flowi, INET_NET } from '@linnet/inet';
import type { FibRulesOps } from '@linnet/inet';
import type { NeighTable, Neighbour } from '@linnet/neigh';
import type { NetDevice } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import type { Ipv4Devconf } from './devconf.ts';
import { newDevconf } from './devconf.ts';
import { Ipv4Core } from './ip-core.ts';
import type { InIfaddr } from './in-device.ts';
import type { RoutePeer } from './route-error.ts';
import type { FibAlias, FibInfo } from './fib-types.ts';
import { FibResult } from './fib-types.ts';
import { FibTable } from './fib-table.ts';
import { MAX_ADDR_LEN, RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from '@linnet/uapi';

/** Per-net slot of {@link Ipv4Net}. @alpha */
export const IPV4: Key<Ipv4Net> = defineKey<Ipv4Net>('ipv4');

/**
 * Everything IPv4 knows about one namespace. Hot code reaches it by `InDevice.net4` or by a field of its own object, not by key.
 * @alpha
 */
export class Ipv4Net extends Ipv4Core {
  /** The machine's ARP table, shared by all namespaces. */
  readonly arpTbl: NeighTable;
  /** Scratch for a hardware address. */
  readonly arpHa: Uint8Array;
  /** The namespace's `lo`; set when it is registered. */
  loopbackDev: NetDevice | null;

  // devinet
  /** `net/ipv4/conf/all`. */
  readonly devconfAll: Ipv4Devconf;
  /** `net/ipv4/conf/default`. */
  readonly devconfDflt: Ipv4Devconf;
  /** Local address (int32) to the addresses that have it (`inet_addr_lst`). */
  readonly addrHash: Map<number, InIfaddr[]>;
  /** Called with NETDEV_UP/NETDEV_DOWN and the address (`inetaddr_chain`). */
  readonly inetaddrChain: NotifierChain<number, InIfaddr>;
  /** Tells netlink of an address: RTM_*, the address, the request that caused it. */
  rtmsgIfa: (type: number, ifa: InIfaddr, req: NlRequest | null) => void;
  /** Tells netlink of settings: RTM_*, the device's number (-1 all, -2 default), the settings or null, one IPV4_DEVCONF_* or 0 for all. */
  netconf: (n4: Ipv4Net, type: number, ifindex: number, cnf: Ipv4Devconf | null, only: number) => void;
  /** Ends addresses whose lifetime is over; set by `devinet`. */
  checkLifetime: (n4: Ipv4Net) => void;
  readonly lifetimeTimer: TimerList<Ipv4Net>;

  // routing tables
  readonly fibLocal: FibTable;
  readonly fibMain: FibTable;
  readonly fibDefault: FibTable;
  /** Every table by its id, the three above included. */
  readonly fibTables: Map<number, FibTable>;
  /** Route attributes shared by routes, by their content. */
  readonly fibInfos: Map<string, FibInfo>;
  /** Of those with a nexthop object the last made, by all but their metrics. */
  readonly fibInfosByNh: Map<string, FibInfo>;
  /** While no rule was ever added or deleted, local and main are looked up as one table, as Linux does, and the rules are not asked. */
  fibHasCustomRules: boolean;
  /** A local route that no address made exists: the fast source check is not enough. */
  fibHasCustomLocalRoutes: boolean;
  /** Hops of routes with a realm: while there are some, the source of every packet is looked up. */
  fibRealms: number;
  /** The realm of the source that was looked up last, in the high half. */
  sourceTag: number;
  /** Counts changes of the tables: a dump that sees two values was interrupted. */
  fibSeq: number;
  /** Routes added so far. */
  fibSerial: number;
  /** Scratch results: nothing may keep them over a call. */
  readonly resIn: FibResult;
  readonly resOut: FibResult;
  readonly resSrc: FibResult;
  readonly resCtl: FibResult;
  /** Scratch flows, likewise. */
  readonly flIn: Flowi;
  readonly flSrc: Flowi;
  readonly flCtl: Flowi;
  readonly flPmtu: Flowi;
  /** The policy rules; null until `fib4RulesInit`. */
  rulesOps: FibRulesOps | null;
  /** The neighbour behind a gateway of IPv6 (four words), made if it is missing; null without IPv6. */
  neighFor6: (dev: NetDevice, addr: Int32Array) => Neighbour | null;
  /** What a lookup by rules carries. */
  readonly ruleArg: FibLookupArg;
  /** Looks a flow up by the rules: the way of `fibLookup` once there are any but the default ones. */
  fibLookupRules: (n4: Ipv4Net, fl: Flowi, res: FibResult, flags: number) => number;
  /** Some rule was made that asks for the transport protocol or ports: input must look at them before routing. */
  fibRulesRequireFldissect: boolean;
  /** `fib_multipath_hash_policy`. */
  fibMultipathHashPolicy: number;
  /** `fib_multipath_hash_fields`: what policy 3 hashes. */
  fibMultipathHashFields: number;
  /** `fib_multipath_hash_seed`: 0 for the machine's own random one. */
  fibMultipathHashSeed: number;
  /** `fib_notify_on_flag_change`. */
  fibNotifyOnFlagChange: number;
  /** `fib_multipath_use_neigh`. */
  fibMultipathUseNeigh: number;
  /** Key of the multipath hash. */
  multipathSeed: number;
  /** The random one. */
  readonly multipathOwnSeed: number;

  // route cache
  /** Cached routes with another generation are stale. */
  rtGenid: number;
  /** Generation of the addresses: prefsrc caches of next hops depend on it. */
  devAddrGenid: number;
  /** `net/ipv4/route/min_pmtu`, bytes. */
  ipRtMinPmtu: number;
  /** `net/ipv4/route/mtu_expires`, seconds. */
  ipRtMtuExpires: number;
  /** `net/ipv4/route/min_adv_mss`, bytes. */
  ipRtMinAdvmss: number;
  /** `net/ipv4/route/error_cost`, `error_burst`: jiffies, for `ip_error`. */
  ipRtErrorCost: number;
  ipRtErrorBurst: number;
  /** `net/ipv4/route/redirect_number`, `redirect_load`, `redirect_silence`. */
  ipRtRedirectNumber: number;
  ipRtRedirectLoad: number;
  ipRtRedirectSilence: number;
  /** Tells netlink of a route: RTM_*, table, prefix, its length, the route, NLM_F_* flags, the request that caused it. */
  rtmsgFib: (type: number, tb: FibTable, prefix: number, plen: number, fa: FibAlias, nlflags: number, req: NlRequest | null) => void;
  /** Those that errors and redirects went to, by address. */
  readonly routePeers: Map<number, RoutePeer>;
  /** Columns of /proc/net/stat/rt_cache. */
  readonly rtStat: Float64Array;
  /** The accounts of realms, which all namespaces of the machine share. */
  rtAcct: Uint32Array;

  // general sysctls
  /** `ip_default_ttl`. */
  sysctlIpDefaultTtl: number;
  /** `ip_no_pmtu_disc`. */
  sysctlIpNoPmtuDisc: number;
  /** `ip_forward_use_pmtu`. */
  sysctlIpFwdUsePmtu: number;
  /** `ip_forward_update_priority`. */
  sysctlIpFwdUpdatePriority: number;
  /** `ip_nonlocal_bind`. */
  sysctlIpNonlocalBind: number;
  /** `ip_early_demux`. */
  sysctlIpEarlyDemux: number;
  /** `ip_dynaddr`. */
  sysctlIpDynaddr: number;

  constructor(net: Net, arpTbl: NeighTable) {
    super(net);
    this.arpTbl = arpTbl;
    this.arpHa = new Uint8Array(MAX_ADDR_LEN);
    this.loopbackDev = null;
    this.devconfAll = newDevconf(false);
    this.devconfDflt = newDevconf(true);
    this.addrHash = new Map();
    this.inetaddrChain = new NotifierChain<number, InIfaddr>();
    this.rtmsgIfa = noMessage;
    this.netconf = noMessage;
    this.checkLifetime = noMessage;
    this.lifetimeTimer = new TimerList<Ipv4Net>(lifetimeOver, this as Ipv4Net);
    this.fibLocal = new FibTable(RT_TABLE_LOCAL);
    this.fibMain = new FibTable(RT_TABLE_MAIN);
    this.fibDefault = new FibTable(RT_TABLE_DEFAULT);
    this.fibTables = new Map([
      [RT_TABLE_LOCAL, this.fibLocal],
      [RT_TABLE_MAIN, this.fibMain],
      [RT_TABLE_DEFAULT, this.fibDefault],
    ]);
    this.fibInfos = new Map();
    this.fibInfosByNh = new Map();
    this.fibHasCustomRules = false;
    this.fibHasCustomLocalRoutes = false;
    this.fibRealms = 0;
    this.sourceTag = 0;
    this.fibSeq = 1;
    this.fibSerial = 0;
    this.resIn = new FibResult();
    this.resOut = new FibResult();
    this.resSrc = new FibResult();
    this.resCtl = new FibResult();
    this.flIn = new Flowi();
    this.flSrc = new Flowi();
    this.flCtl = new Flowi();
    this.flPmtu = new Flowi();
    this.rulesOps = null;
    this.ruleArg = new FibLookupArg();
    const shared = net.get(INET_NET);
    this.neighFor6 = (dev, addr) => shared.v6?.neighFor(dev, addr) ?? null;
    this.fibLookupRules = noRules;
    this.fibRulesRequireFldissect = false;
    this.fibMultipathHashPolicy = 0;
    this.fibMultipathUseNeigh = 0;
    this.fibMultipathHashFields = 7;
    this.fibMultipathHashSeed = 0;
    this.fibNotifyOnFlagChange = 0;
    this.multipathOwnSeed = net.kernel.rng.stream('ipv4.multipath').u32() | 0;
    this.multipathSeed = this.multipathOwnSeed;
    this.rtGenid = 1;
    this.devAddrGenid = 1;
    this.ipRtMinPmtu = 552;
    this.ipRtMtuExpires = 600;
    this.ipRtMinAdvmss = 256;
    this.ipRtErrorCost = 1000;
    this.ipRtErrorBurst = 5000;
    this.ipRtRedirectNumber = 9;
    this.ipRtRedirectLoad = 20;
    this.ipRtRedirectSilence = 20 << 10;
    this.rtmsgFib = noMessage;
    this.routePeers = new Map();
    this.rtStat = new Float64Array(RT_STAT_COUNT);
    this.rtAcct = new Uint32Array(0);
    this.sysctlIpDefaultTtl = 64;
    this.sysctlIpNoPmtuDisc = 0;
    this.sysctlIpFwdUsePmtu = 0;
    this.sysctlIpFwdUpdatePriority = 1;
    this.sysctlIpNonlocalBind = 0;
    this.sysctlIpEarlyDemux = 1;
    this.sysctlIpDynaddr = 0;
  }
}

/** Column of `Ipv4Net.rtStat`: input routes made. @alpha */
export const RT_STAT_IN_SLOW_TOT = 0;
/** Column: input routes of groups made. @alpha */
export const RT_STAT_IN_SLOW_MC = 1;
/** Column: packets without a route. @alpha */
export const RT_STAT_IN_NO_ROUTE = 2;
/** Column: broadcasts received. @alpha */
export const RT_STAT_IN_BRD = 3;
/** Column: packets to impossible addresses. @alpha */
export const RT_STAT_IN_MARTIAN_DST = 4;
/** Column: packets from impossible addresses. @alpha */
export const RT_STAT_IN_MARTIAN_SRC = 5;
/** Column: output routes made. @alpha */
export const RT_STAT_OUT_SLOW_TOT = 6;
/** Column: output routes of groups and broadcasts made. @alpha */
export const RT_STAT_OUT_SLOW_MC = 7;
const RT_STAT_COUNT = 8;

function noRules(): number {
  return -ENETUNREACH;
}

/** Until somebody listens. */
function noMessage(): void {}

function lifetimeOver(n4: Ipv4Net): void {
  n4.checkLifetime(n4);
}
