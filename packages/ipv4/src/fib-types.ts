/** The objects of the routing tables: next hops, route attributes, aliases, results. */
import type { Nexthop } from '@linnet/inet';
import type { NetDevice } from '@linnet/netdev';
import type { Rtable } from './rtable.ts';
import type { FibTable } from './fib-table.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** A learned exception of one destination over one next hop: a path MTU or another gateway (struct fib_nh_exception). @alpha */
export class FibNhException {
  readonly daddr: number;
  /** Path MTU, 0: none. */
  pmtu: number;
  /** The MTU was locked: it may not be raised nor DF sent (`mtu_lock`). */
  mtuLocked: boolean;
  /** Gateway from a redirect, 0: none. */
  gw: number;
  /** Jiffies when the MTU is forgotten; 0: never. */
  expires: number;
  rthInput: Rtable | null;
  rthOutput: Rtable | null;

  constructor(daddr: number) {
    this.daddr = daddr;
    this.pmtu = 0;
    this.mtuLocked = false;
    this.gw = 0;
    this.expires = 0;
    this.rthInput = null;
    this.rthOutput = null;
  }
}

/** A next hop (struct fib_nh): a device, maybe a gateway, and the routes cached for it. @alpha */
export class FibNh {
  parent: FibInfo | null;
  dev: NetDevice | null;
  oif: number;
  /** Gateway (int32), 0: on link. */
  gw: number;
  /** A gateway that is an IPv6 neighbour (RFC 8950), four words; null: none. */
  gw6: Int32Array | null;
  /** RT_SCOPE_* of what is behind the next hop. */
  scope: number;
  /** RTNH_F_* flags. */
  flags: number;
  weight: number;
  /** Realm of the destination (and, in the high half, of the source); 0: none. */
  tclassid: number;
  /** Multipath: this hop takes hashes up to here, of 31 bits; -1: never. */
  upperBound: number;
  /** Source address for this hop and the address generation it was found in. */
  saddr: number;
  saddrGenid: number;
  rthInput: Rtable | null;
  rthOutput: Rtable | null;
  /** By destination, in order of the last news; null until the first one. */
  exceptions: Map<number, FibNhException> | null;
  /** They are those of a nexthop object, whose routes have them in common. */
  learnsForAll: boolean;

  constructor(oif: number, gw: number, flags: number, weight: number) {
    this.parent = null;
    this.dev = null;
    this.oif = oif;
    this.gw = gw;
    this.gw6 = null;
    this.scope = 0;
    this.flags = flags;
    this.weight = weight;
    this.tclassid = 0;
    this.upperBound = 0;
    this.saddr = 0;
    this.saddrGenid = 0;
    this.rthInput = null;
    this.rthOutput = null;
    this.exceptions = null;
    this.learnsForAll = false;
  }
}

/** The attributes of routes; routes that agree in all of them share one (struct fib_info). @alpha */
export class FibInfo {
  readonly net4: Ipv4Net;
  /** Key in `Ipv4Net.fibInfos`. */
  readonly key: string;
  /** Routes that use it. */
  treeref: number;
  dead: boolean;
  /** RTNH_F_DEAD, RTNH_F_LINKDOWN when all hops have it. */
  flags: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  prefsrc: number;
  readonly priority: number;
  /** Id of the table the route was made for; the local address that made it must be in this table. */
  readonly tbId: number;
  /** RTAX_* values; the shared frozen default when there are none. */
  readonly metrics: Int32Array;
  /** Name of the congestion control (RTAX_CC_ALGO) or ''. */
  readonly ccAlgo: string;
  /** The hops; with a nexthop object a copy of that object's, made anew when it changes. */
  nhs: readonly FibNh[];
  /** The nexthop object that the route names, or null. */
  readonly nh: Nexthop | null;
  /** That object is a blackhole. */
  nhBlackhole: boolean;
  /** Its preferred source is no address of ours any more: the only reason for which a flush is announced. */
  pfsrcRemoved: boolean;

  constructor(
    net4: Ipv4Net,
    key: string,
    a: { protocol: number; scope: number; type: number; prefsrc: number; priority: number; tbId: number; metrics: Int32Array; ccAlgo: string; nhs: readonly FibNh[]; nh: Nexthop | null },
  ) {
    this.net4 = net4;
    this.key = key;
    this.treeref = 0;
    this.dead = false;
    this.flags = 0;
    this.protocol = a.protocol;
    this.scope = a.scope;
    this.type = a.type;
    this.prefsrc = a.prefsrc;
    this.priority = a.priority;
    this.tbId = a.tbId;
    this.metrics = a.metrics;
    this.ccAlgo = a.ccAlgo;
    this.nhs = a.nhs;
    this.nh = a.nh;
    this.nhBlackhole = false;
    this.pfsrcRemoved = false;
    for (const nh of a.nhs) nh.parent = this;
  }
}

/** One route as those see it who are told of it (struct fib_alias): a table keeps it as a number. @alpha */
export class FibAlias {
  readonly info: FibInfo;
  readonly tos: number;
  readonly type: number;
  /** When it was added: counts the routes of the namespace. */
  readonly serial: number;

  constructor(info: FibInfo, tos: number, type: number, serial: number) {
    this.info = info;
    this.tos = tos;
    this.type = type;
    this.serial = serial;
  }
}

/** Where a lookup writes its answer (struct fib_result). @alpha */
export class FibResult {
  prefix: number;
  prefixlen: number;
  type: number;
  scope: number;
  nhSel: number;
  nh: FibNh | null;
  fi: FibInfo | null;
  /** The route's number in `table`, 0: none. */
  fa: number;
  table: FibTable | null;
  /** Realms of the rule that answered, 0: none. */
  tclassid: number;

  constructor() {
    this.prefix = 0;
    this.prefixlen = 0;
    this.type = 0;
    this.scope = 0;
    this.nhSel = 0;
    this.nh = null;
    this.fi = null;
    this.fa = 0;
    this.table = null;
    this.tclassid = 0;
  }
}

/** The device of a result's next hop. @alpha */
export function fibResDev(res: FibResult): NetDevice | null {
  return res.nh === null ? null : res.nh.dev;
}

/** Does some hop of the route use this device? (`fib_info_nh_uses_dev`) @alpha */
export function fibInfoUsesDev(fi: FibInfo, dev: NetDevice): boolean {
  const nhs = fi.nhs;
  for (let i = 0; i < nhs.length; i++) if (nhs[i]!.dev === dev) return true;
  return false;
}
