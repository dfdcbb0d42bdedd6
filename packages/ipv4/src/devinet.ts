/** The addresses of devices: adding, removing, choosing among them. */
// datapath-ok-file: configuration
import { EADDRNOTAVAIL, EEXIST, EINVAL, ENOBUFS, ENODEV, HZ, TICK_NSEC, delTimer, modTimer } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { NETDEV_DOWN, NETDEV_UP } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import {
  IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_HOMEADDRESS, IFA_F_MANAGETEMPADDR, IFA_F_NODAD, IFA_F_OPTIMISTIC, IFA_F_PERMANENT, IFA_F_SECONDARY, IFA_F_STABLE_PRIVACY,
  IFA_F_TENTATIVE, IPV4_DEVCONF_PROMOTE_SECONDARIES, RT_SCOPE_HOST, RT_SCOPE_UNIVERSE, RTM_DELADDR, RTM_NEWADDR,
  ipv4IsLoopback,
  inetMakeMask,
} from '@linnet/uapi';
import { fibAddIfaddr, fibDelIfaddr, fibInetaddrEvent } from './fib-frontend.ts';
import type { InDevice } from './in-device.ts';
import { INFINITY_LIFE_TIME, InIfaddr, ifaSecondary, inDevGet, inetIfaMatch } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';

const IPV6ONLY_FLAGS =
  IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_DADFAILED | IFA_F_HOMEADDRESS | IFA_F_TENTATIVE | IFA_F_MANAGETEMPADDR | IFA_F_STABLE_PRIVACY;

function hashAdd(n4: Ipv4Net, ifa: InIfaddr): void {
  const list = n4.addrHash.get(ifa.local);
  if (list === undefined) n4.addrHash.set(ifa.local, [ifa]);
  else list.push(ifa);
}

function hashDel(n4: Ipv4Net, ifa: InIfaddr): void {
  const list = n4.addrHash.get(ifa.local)!;
  list.splice(list.indexOf(ifa), 1);
  if (list.length === 0) n4.addrHash.delete(ifa.local);
}

/** An address to add, and what may be said about it. @alpha */
export interface InetAddrConfig {
  /** The address (int32). */
  readonly local: number;
  readonly prefixlen: number;
  /** The peer on a point-to-point link; `local` by default. */
  readonly address?: number;
  /** 0 by default. */
  readonly broadcast?: number;
  readonly scope?: number;
  /** The device's name by default. */
  readonly label?: string;
  /** IFA_F_* flags. */
  readonly flags?: number;
  readonly metric?: number;
  readonly proto?: number;
  /** Seconds; 0xffffffff: for ever. */
  readonly validLft?: number;
  readonly preferredLft?: number;
}

/** Where an address operation leaves the message of its extended ACK. @alpha */
export interface InetExtack {
  message: string;
}

function refuse(x: InetExtack | null, message: string, err: number): number {
  if (x !== null) x.message = message;
  return err;
}

/** Tells the tables, then those who listen. */
function inetaddrEvent(event: number, ifa: InIfaddr): void {
  fibInetaddrEvent(event, ifa);
  ifa.indev.net4.inetaddrChain.call(event, ifa);
}

/** Ticks since the machine started, as a double. @alpha */
export function ticksSinceBoot(k: Kernel): number {
  return Math.floor((k.ktime - k.bootNs) / TICK_NSEC);
}

/** Sets lifetimes in seconds (`set_ifa_lifetime`). @alpha */
export function setIfaLifetime(ifa: InIfaddr, valid: number, preferred: number, now: number): void {
  ifa.flags &= ~(IFA_F_PERMANENT | IFA_F_DEPRECATED);
  ifa.validLft = valid;
  ifa.preferredLft = preferred;
  if (valid === INFINITY_LIFE_TIME) ifa.flags |= IFA_F_PERMANENT;
  if (preferred === 0) ifa.flags |= IFA_F_DEPRECATED;
  ifa.tstamp = now;
}

/** Puts an address into its device's list (`inet_insert_ifa`) and tells those who listen. */
function insertIfa(ifa: InIfaddr, req: NlRequest | null, x: InetExtack | null): number {
  const { indev } = ifa;
  const { net4: n4 } = indev;
  ifa.flags &= ~(IFA_F_SECONDARY | IPV6ONLY_FLAGS);
  let at = 0;
  for (let i = 0; i < indev.ifas.length; i++) {
    const old = indev.ifas[i]!;
    if (!ifaSecondary(old) && ifa.scope <= old.scope) at = i + 1;
    if (old.mask !== ifa.mask || !inetIfaMatch(old.address, ifa)) continue;
    if (old.local === ifa.local) return refuse(x, 'ipv4: Address already assigned', -EEXIST);
    if (old.scope !== ifa.scope) return refuse(x, 'ipv4: Invalid scope value', -EINVAL);
    ifa.flags |= IFA_F_SECONDARY;
  }
  if (ifaSecondary(ifa)) indev.ifas.push(ifa);
  else indev.ifas.splice(at, 0, ifa);
  hashAdd(n4, ifa);
  if (ifa.validLft !== INFINITY_LIFE_TIME || ifa.preferredLft !== INFINITY_LIFE_TIME) checkLifetime(n4);
  n4.rtmsgIfa(RTM_NEWADDR, ifa, req);
  inetaddrEvent(NETDEV_UP, ifa);
  return 0;
}

/**
 * Adds an address to a device (`inet_rtm_newaddr`): -EEXIST when it is there, -EINVAL for a wrong prefix length, scope or lifetime, -ENOBUFS
 * when IPv4 does not run on the device.
 * @alpha
 */
export function inetAddrAdd(_net: Net, dev: NetDevice, cfg: InetAddrConfig, x: InetExtack | null = null, req: NlRequest | null = null, replace = false): number {
  if (cfg.prefixlen < 0 || cfg.prefixlen > 32) return refuse(x, 'ipv4: Invalid prefix length', -EINVAL);
  const indev = inDevGet(dev);
  if (indev === null) return -ENOBUFS;
  const { net4: n4 } = indev;
  // With its first address a device's settings are its own: new defaults do not change them any more.
  indev.cnf.state.fill(1);
  indev.arpParms.ownAll = true;
  const now = ticksSinceBoot(n4.kernel);
  const valid = cfg.validLft ?? INFINITY_LIFE_TIME;
  const preferred = cfg.preferredLft ?? INFINITY_LIFE_TIME;
  if (valid === 0 || preferred > valid) return refuse(x, 'ipv4: address lifetime invalid', -EINVAL);
  const local = cfg.local | 0;
  if (local === 0) return 0;
  const ifa = new InIfaddr(indev, local, (cfg.address ?? local) | 0, cfg.prefixlen, inetMakeMask(cfg.prefixlen), now);
  ifa.broadcast = (cfg.broadcast ?? 0) | 0;
  ifa.scope = cfg.scope ?? (ipv4IsLoopback(local) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE);
  ifa.flags = cfg.flags ?? 0;
  if (cfg.label !== undefined && cfg.label !== '') ifa.label = cfg.label;
  ifa.rtPriority = cfg.metric ?? 0;
  ifa.proto = cfg.proto ?? 0;
  const old = indev.ifas.find((o) => o.mask === ifa.mask && inetIfaMatch(o.address, ifa) && o.local === ifa.local);
  if (old === undefined) {
    setIfaLifetime(ifa, valid, preferred, now);
    return insertIfa(ifa, req, x);
  }
  if (!replace) return refuse(x, 'ipv4: Address already assigned', -EEXIST);
  if (old.rtPriority !== ifa.rtPriority) {
    inetaddrEvent(NETDEV_DOWN, old);
    old.rtPriority = ifa.rtPriority;
    inetaddrEvent(NETDEV_UP, old);
  }
  old.proto = ifa.proto;
  setIfaLifetime(old, valid, preferred, now);
  checkLifetime(n4);
  n4.rtmsgIfa(RTM_NEWADDR, old, req);
  return 0;
}

/** Which address to delete: fields that are missing match anything. @alpha */
export interface InetAddrMatch {
  readonly local?: number;
  readonly address?: number;
  readonly prefixlen?: number;
  readonly label?: string;
}

/** Deletes the first address that matches (`inet_rtm_deladdr`): -EADDRNOTAVAIL when none does, -ENODEV without IPv4 on the device. @alpha */
export function inetAddrDel(_net: Net, dev: NetDevice, match: InetAddrMatch, x: InetExtack | null = null, req: NlRequest | null = null): number {
  const indev = inDevGet(dev);
  if (indev === null) return refuse(x, 'ipv4: Device not found', -ENODEV);
  for (const ifa of indev.ifas) {
    if (match.local !== undefined && (match.local | 0) !== ifa.local) continue;
    if (match.label !== undefined && match.label !== ifa.label) continue;
    if (match.prefixlen !== undefined && match.prefixlen !== ifa.prefixlen) continue;
    if (match.address !== undefined && !inetIfaMatch(match.address | 0, ifa)) continue;
    delIfa(ifa, req);
    return 0;
  }
  return refuse(x, 'ipv4: Address not found', -EADDRNOTAVAIL);
}

/** Removes an address. With a primary one go the secondary ones of its subnet, or the first of them takes its place (`promote_secondaries`). @alpha */
export function delIfa(ifa: InIfaddr, req: NlRequest | null): void {
  const { indev } = ifa;
  const { net4: n4 } = indev;
  const list = indev.ifas;
  const promote = indev.confOr(IPV4_DEVCONF_PROMOTE_SECONDARIES) !== 0;
  let heir: InIfaddr | null = null;
  if (!ifaSecondary(ifa)) {
    for (const s of list.slice()) {
      if (!ifaSecondary(s) || s.mask !== ifa.mask || !inetIfaMatch(s.address, ifa)) continue;
      if (promote && !indev.dead) {
        heir ??= s;
        continue;
      }
      list.splice(list.indexOf(s), 1);
      hashDel(n4, s);
      n4.rtmsgIfa(RTM_DELADDR, s, req);
      inetaddrEvent(NETDEV_DOWN, s);
    }
  }
  // Routes of the heirs name the old primary as source: they go first, and with them what nobody else needs but the old primary itself.
  const heirs = heir === null ? [] : list.filter((s) => ifaSecondary(s) && s.mask === ifa.mask && inetIfaMatch(s.address, ifa));
  list.splice(list.indexOf(ifa), 1);
  for (const s of heirs) fibDelIfaddr(s, ifa);
  hashDel(n4, ifa);
  n4.rtmsgIfa(RTM_DELADDR, ifa, req);
  inetaddrEvent(NETDEV_DOWN, ifa);
  if (heir === null) return;
  list.splice(list.indexOf(heir), 1);
  let at = 0;
  for (let i = 0; i < list.length; i++) if (!ifaSecondary(list[i]!) && heir.scope <= list[i]!.scope) at = i + 1;
  heir.flags &= ~IFA_F_SECONDARY;
  list.splice(at, 0, heir);
  n4.rtmsgIfa(RTM_NEWADDR, heir, req);
  inetaddrEvent(NETDEV_UP, heir);
  for (const s of heirs) if (s !== heir) fibAddIfaddr(s);
}

/** Removes what is over, deprecates what is no longer preferred, and sleeps until the next lifetime ends (`check_lifetime`). @alpha */
export function checkLifetime(n4: Ipv4Net): void {
  const now = ticksSinceBoot(n4.kernel);
  let next = Infinity;
  for (const list of Array.from(n4.addrHash.values())) {
    for (const ifa of list.slice()) {
      if (ifa.validLft === INFINITY_LIFE_TIME && ifa.preferredLft === INFINITY_LIFE_TIME) continue;
      const age = now - ifa.tstamp;
      if (ifa.validLft !== INFINITY_LIFE_TIME) {
        const left = ifa.validLft * HZ - age;
        if (left <= 0) {
          if (ifa.indev.ifas.includes(ifa)) delIfa(ifa, null);
          continue;
        }
        next = Math.min(next, left);
      }
      if (ifa.preferredLft !== INFINITY_LIFE_TIME && (ifa.flags & IFA_F_DEPRECATED) === 0) {
        const left = ifa.preferredLft * HZ - age;
        if (left <= 0) {
          ifa.flags |= IFA_F_DEPRECATED;
          n4.rtmsgIfa(RTM_NEWADDR, ifa, null);
        } else {
          next = Math.min(next, left);
        }
      }
    }
  }
  if (next === Infinity) delTimer(n4.kernel, n4.lifetimeTimer);
  // What is further away than a timer reaches is looked at again on the way.
  else modTimer(n4.kernel, n4.lifetimeTimer, (n4.kernel.jiffies + Math.min(Math.ceil(next), 0x3fffffff)) | 0);
}

/** The device is called differently: so are the labels that began with its name (`inetdev_changename`). @alpha */
export function inetdevChangename(indev: InDevice): void {
  const { name } = indev.dev;
  let named = 0;
  for (const ifa of indev.ifas) {
    const colon = ifa.label.indexOf(':');
    if (named++ === 0) {
      ifa.label = name;
    } else {
      const suffix = colon < 0 ? `:${named}` : ifa.label.slice(colon);
      ifa.label = `${name.slice(0, 15 - suffix.length)}${suffix}`;
    }
    indev.net4.rtmsgIfa(RTM_NEWADDR, ifa, null);
  }
}

export { inetAddrOnlink, inetConfirmAddr, inetIfaByprefix, inetSelectAddr, ipDevFind } from './devinet-select.ts';
