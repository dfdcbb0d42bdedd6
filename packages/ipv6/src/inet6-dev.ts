/** IPv6's part of a network device: its addresses, groups, anycast addresses and settings (struct inet6_dev and its likes). */
// datapath-ok-file: made once a device or an address
import { TimerList } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import type { NeighParms } from '@linnet/neigh';
import { IFA_F_DADFAILED, IFA_F_OPTIMISTIC, IFA_F_TENTATIVE, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN } from '@linnet/uapi';
import { a6Any, a6Clone, ipv6AddrType, IN6ADDR_ANY } from './addr6.ts';
import type { Ipv6Devconf } from './devconf6.ts';
import type { Fib6Info } from './fib6-types.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import type { MldState } from './mld-state.ts';
import { Ipv6Mib } from './snmp6.ts';

/** A lifetime without end, in seconds. @alpha */
export const INFINITY_LIFE_TIME = 0xffffffff;

/** Where an address stands (INET6_IFADDR_STATE_*): before duplicate address detection. @alpha */
export const IFADDR_PREDAD = 0;
/** Detection is under way. @alpha */
export const IFADDR_DAD = 1;
/** It has passed. @alpha */
export const IFADDR_POSTDAD = 2;
/** Somebody else has the address. @alpha */
export const IFADDR_ERRDAD = 3;
/** The address is gone. @alpha */
export const IFADDR_DEAD = 4;

/** Bits of `Inet6Dev.ifFlags`, as IFLA_INET6_FLAGS shows them: solicitations have been sent. @alpha */
export const IF_RS_SENT = 0x10;
/** An advertisement came. @alpha */
export const IF_RA_RCVD = 0x20;
/** It says: addresses by DHCPv6. @alpha */
export const IF_RA_MANAGED = 0x40;
/** It says: other settings by DHCPv6. @alpha */
export const IF_RA_OTHERCONF = 0x80;
/** The device can send. @alpha */
export const IF_READY: number = 0x80000000 | 0;

/** One address of a device (struct inet6_ifaddr). @alpha */
export class Inet6Ifaddr {
  readonly idev: Inet6Dev;
  /** The address; nobody writes to it. */
  readonly addr: Int32Array;
  /** The other end's, or `::`. */
  peer: Int32Array;
  prefixlen: number;
  state: number;
  /** IFA_F_* flags. */
  flags: number;
  /** IPV6_ADDR_* bits of scope. */
  readonly scope: number;
  /** Metric of the prefix route, 0: the usual one. */
  rtPriority: number;
  /** IFAPROT_*. */
  proto: number;
  /** Seconds; 0xffffffff: for ever. */
  validLft: number;
  preferredLft: number;
  /** Jiffies of creation and last change. */
  cstamp: number;
  tstamp: number;
  dadProbes: number;
  /** What our solicitations of detection carry (RFC 7527), null: nothing. */
  dadNonce: Uint8Array | null;
  /** How often a stable address was made anew because of a conflict (RFC 7217). */
  stablePrivacyRetry: number;
  readonly dadTimer: TimerList<Inet6Ifaddr>;
  /** The route by which packets for it come in. */
  rt: Fib6Info | null;
  /** For a temporary address: the public one that it was made with. */
  ifpub: Inet6Ifaddr | null;
  regenCount: number;
  /** It was made from the token of the device. */
  tokenized: boolean;
  hashNext: Inet6Ifaddr | null;

  constructor(idev: Inet6Dev, addr: Int32Array, prefixlen: number, now: number, dadWork: (ifp: Inet6Ifaddr) => void) {
    this.idev = idev;
    this.addr = a6Clone(addr);
    this.peer = IN6ADDR_ANY;
    this.prefixlen = prefixlen;
    this.state = IFADDR_PREDAD;
    this.flags = 0;
    this.scope = ipv6AddrType(addr) & 0x00f0;
    this.rtPriority = 0;
    this.proto = 0;
    this.validLft = INFINITY_LIFE_TIME;
    this.preferredLft = INFINITY_LIFE_TIME;
    this.cstamp = now;
    this.tstamp = now;
    this.dadProbes = 0;
    this.dadNonce = null;
    this.stablePrivacyRetry = 0;
    this.dadTimer = new TimerList<Inet6Ifaddr>(dadWork, this as Inet6Ifaddr);
    this.rt = null;
    this.ifpub = null;
    this.regenCount = 0;
    this.tokenized = false;
    this.hashNext = null;
  }
}

/** Is there another end? @alpha */
export function ifaHasPeer(ifp: Inet6Ifaddr): boolean {
  return !a6Any(ifp.peer);
}

/** May nobody use the address yet, or ever? Optimistic ones may be used. @alpha */
export function ifaUnusable(ifp: Inet6Ifaddr): boolean {
  return ((ifp.flags & IFA_F_TENTATIVE) !== 0 && (ifp.flags & IFA_F_OPTIMISTIC) === 0) || (ifp.flags & IFA_F_DADFAILED) !== 0;
}

/** An anycast address of a device (struct ifacaddr6). @alpha */
export class Ifacaddr6 {
  readonly addr: Int32Array;
  users: number;
  rt: Fib6Info | null;
  readonly cstamp: number;
  readonly tstamp: number;
  constructor(addr: Int32Array, now: number) {
    this.addr = a6Clone(addr);
    this.users = 1;
    this.rt = null;
    this.cstamp = now;
    this.tstamp = now;
  }
}

/** What IPv6 keeps for a device; in `NetDevice.ip6Ptr`. @alpha */
export class Inet6Dev {
  readonly dev: NetDevice;
  readonly net6: Ipv6Net;
  /** Addresses, those of wider scope first, newer before older. */
  ifas: Inet6Ifaddr[];
  /** Temporary addresses among them, newest first. */
  tempaddrs: Inet6Ifaddr[];
  /** Anycast addresses, newest first. */
  acs: Ifacaddr6[];
  readonly mld: MldState;
  readonly cnf: Ipv6Devconf;
  readonly ndParms: NeighParms;
  readonly mib: Ipv6Mib;
  /** IF_* flags. */
  ifFlags: number;
  dead: boolean;
  /** The interface identifier that the administrator wants, in the low words; `::` for none. */
  token: Int32Array;
  /** Solicitations sent, the time until the next one, and its timer. */
  rsProbes: number;
  rsInterval: number;
  readonly rsTimer: TimerList<Inet6Dev>;
  /** The MTU of the last advertisement, 0: none came. */
  raMtu: number;
  /** Jiffies of the last change worth telling. */
  tstamp: number;
  desyncFactor: number;
  /** The device's name in the sysctl tree. */
  sysctlName: string;

  constructor(dev: NetDevice, net6: Ipv6Net, cnf: Ipv6Devconf, ndParms: NeighParms, mld: MldState, rsWork: (idev: Inet6Dev) => void) {
    this.dev = dev;
    this.net6 = net6;
    this.ifas = [];
    this.tempaddrs = [];
    this.acs = [];
    this.mld = mld;
    this.cnf = cnf;
    this.ndParms = ndParms;
    this.mib = new Ipv6Mib();
    this.ifFlags = 0;
    this.dead = false;
    this.token = IN6ADDR_ANY;
    this.rsProbes = 0;
    this.rsInterval = 0;
    this.rsTimer = new TimerList<Inet6Dev>(rsWork, this as Inet6Dev);
    this.raMtu = 0;
    this.tstamp = net6.kernel.jiffies;
    this.desyncFactor = 0;
    this.sysctlName = dev.name;
    mld.idev = this;
  }

  /** The device's own value of a setting. */
  conf(id: number): number {
    return this.cnf.data[id]!;
  }
  /** The larger of the device's value and that of all. */
  confMax(id: number): number {
    const a = this.cnf.data[id]!;
    const b = this.net6.devconfAll.data[id]!;
    return a > b ? a : b;
  }
  /** Is it on for this device or for all? */
  confOr(id: number): boolean {
    return this.cnf.data[id] !== 0 || this.net6.devconfAll.data[id] !== 0;
  }
  /** Are its routes dead while there is no carrier? */
  ignoreLinkdown(): boolean {
    return this.confOr(DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
  }
}

/** IPv6's part of a device, null when IPv6 does not run on it (__in6_dev_get). @alpha */
export function in6DevGet(dev: NetDevice): Inet6Dev | null {
  return dev.ip6Ptr as Inet6Dev | null;
}
