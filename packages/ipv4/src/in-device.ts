/** IPv4's part of a network device: its addresses and settings (struct in_device, struct in_ifaddr). */
import type { NetDevice } from '@linnet/netdev';
import type { NeighParms } from '@linnet/neigh';
import {
  IFA_F_SECONDARY,
  IPV4_DEVCONF_ACCEPT_LOCAL,
  IPV4_DEVCONF_ACCEPT_REDIRECTS,
  IPV4_DEVCONF_BC_FORWARDING,
  IPV4_DEVCONF_FORWARDING,
  IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN,
  IPV4_DEVCONF_RP_FILTER,
  IPV4_DEVCONF_SEND_REDIRECTS,
  IFF_NOARP,
} from '@linnet/uapi';
import type { Ipv4Devconf } from './devconf.ts';
import type { McState } from './igmp-state.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import type { Rtable } from './rtable.ts';

/** One address of a device (struct in_ifaddr). @alpha */
export class InIfaddr {
  readonly indev: InDevice;
  /** The address itself (int32). */
  readonly local: number;
  /** The peer's address on a point-to-point link, else the same as `local`. */
  readonly address: number;
  readonly mask: number;
  readonly prefixlen: number;
  /** 0: none given. */
  broadcast: number;
  scope: number;
  /** IFA_F_* flags. */
  flags: number;
  label: string;
  /** Metric of the prefix route. */
  rtPriority: number;
  /** IFAPROT_*. */
  proto: number;
  /** Seconds; 0xffffffff: for ever. */
  validLft: number;
  preferredLft: number;
  /** When the address came and when it last changed, in ticks since the machine started: a double, since lifetimes go beyond 2^31 ticks. */
  cstamp: number;
  tstamp: number;

  constructor(indev: InDevice, local: number, address: number, prefixlen: number, mask: number, now: number) {
    this.indev = indev;
    this.local = local;
    this.address = address;
    this.prefixlen = prefixlen;
    this.mask = mask;
    this.broadcast = 0;
    this.scope = 0;
    this.flags = 0;
    this.label = indev.dev.name;
    this.rtPriority = 0;
    this.proto = 0;
    this.validLft = INFINITY_LIFE_TIME;
    this.preferredLft = INFINITY_LIFE_TIME;
    this.cstamp = now;
    this.tstamp = now;
  }
}

/** A lifetime without end, in seconds. @alpha */
export const INFINITY_LIFE_TIME = 0xffffffff;

/** What IPv4 keeps for a device; in `NetDevice.ipPtr`. @alpha */
export class InDevice {
  readonly dev: NetDevice;
  readonly net4: Ipv4Net;
  /** Primary addresses first, those of wider scope before narrower; then secondary ones. */
  ifas: InIfaddr[];
  readonly cnf: Ipv4Devconf;
  readonly arpParms: NeighParms;
  readonly mc: McState;
  dead: boolean;
  /** IFF_NOARP as it was when neighbours were last made. */
  noarp: boolean;
  /** The device's MTU when last heard of. */
  mtu: number;
  /** The device's name in the sysctl tree. */
  sysctlName: string;
  /** Routes of groups that come in here: bit 0 of the index says for members on this machine, bit 1 for a daemon's entries. */
  readonly mcRoutes: (Rtable | null)[];

  constructor(dev: NetDevice, net4: Ipv4Net, cnf: Ipv4Devconf, arpParms: NeighParms, mc: McState) {
    this.dev = dev;
    this.net4 = net4;
    this.ifas = [];
    this.cnf = cnf;
    this.arpParms = arpParms;
    this.mc = mc;
    this.dead = false;
    this.noarp = (dev.flags & IFF_NOARP) !== 0;
    this.mtu = dev.mtu;
    this.sysctlName = dev.name;
    this.mcRoutes = [null, null, null, null];
  }

  /** The device's own value (`IN_DEV_CONF_GET`). */
  conf(id: number): number {
    return this.cnf.data[id]!;
  }
  /** 1 when on for this device and for all, else 0 (`IN_DEV_ANDCONF`). */
  confAnd(id: number): number {
    return this.cnf.data[id] !== 0 && this.net4.devconfAll.data[id] !== 0 ? 1 : 0;
  }
  /** 1 when on for this device or for all, else 0 (`IN_DEV_ORCONF`). */
  confOr(id: number): number {
    return this.cnf.data[id] !== 0 || this.net4.devconfAll.data[id] !== 0 ? 1 : 0;
  }
  /** The larger of the device's value and that of all (`IN_DEV_MAXCONF`). */
  confMax(id: number): number {
    const a = this.cnf.data[id]!;
    const b = this.net4.devconfAll.data[id]!;
    return a > b ? a : b;
  }
  /** Does it forward? (`IN_DEV_FORWARD`) */
  forward(): boolean {
    return this.cnf.data[IPV4_DEVCONF_FORWARDING] !== 0;
  }
  /** Does it forward directed broadcasts? (`IN_DEV_BFORWARD`) */
  bforward(): boolean {
    return this.confAnd(IPV4_DEVCONF_BC_FORWARDING) !== 0 && this.cnf.data[IPV4_DEVCONF_FORWARDING] !== 0;
  }
  /** Reverse path filter: 0 off, 1 strict, 2 loose (`IN_DEV_RPFILTER`). */
  rpFilter(): number {
    return this.confMax(IPV4_DEVCONF_RP_FILTER);
  }
  /** May packets with our own source addresses come in? */
  acceptLocal(): boolean {
    return this.confOr(IPV4_DEVCONF_ACCEPT_LOCAL) !== 0;
  }
  /** May it send redirects? (`IN_DEV_TX_REDIRECTS`) */
  txRedirects(): boolean {
    return this.confOr(IPV4_DEVCONF_SEND_REDIRECTS) !== 0;
  }
  /** Does it listen to redirects? A router wants both settings, a host either (`IN_DEV_RX_REDIRECTS`). */
  rxRedirects(): boolean {
    return (this.forward() ? this.confAnd(IPV4_DEVCONF_ACCEPT_REDIRECTS) : this.confOr(IPV4_DEVCONF_ACCEPT_REDIRECTS)) !== 0;
  }
  /** Are its routes dead while there is no carrier? */
  ignoreLinkdown(): boolean {
    return this.confMax(IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN) !== 0;
  }
}

/** IPv4's part of a device, null when IPv4 does not run on it (`__in_dev_get_rcu`). @alpha */
export function inDevGet(dev: NetDevice): InDevice | null {
  return dev.ipPtr as InDevice | null;
}

/** Are routes over this device dead while it has no carrier? @alpha */
export function inDevIgnoreLinkdown(dev: NetDevice): boolean {
  const indev = dev.ipPtr as InDevice | null;
  return indev !== null && indev.ignoreLinkdown();
}

/** Is it a secondary address? @alpha */
export function ifaSecondary(ifa: InIfaddr): boolean {
  return (ifa.flags & IFA_F_SECONDARY) !== 0;
}

/** Do `a` and the prefix of `ifa` agree? (`inet_ifa_match`) @alpha */
export function inetIfaMatch(a: number, ifa: InIfaddr): boolean {
  return ((a ^ ifa.address) & ifa.mask) === 0;
}
