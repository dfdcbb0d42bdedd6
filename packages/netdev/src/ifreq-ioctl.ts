/**
 * The ioctls of interfaces that any socket answers (netdevice(7); dev_ioctl). The argument is the caller's structure, byte for byte as on x86-64; what a pointer in it
 * leads to follows directly behind the structure, and the pointer itself only says whether there is anything (0: NULL).
 */
// datapath-ok-file: configuration
import { capable, EFAULT, EINVAL, ENODEV, ENOENT, ENOPKG, ENOTTY, EOPNOTSUPP, EPERM, type Net } from '@linnet/kernel';
import {
  AF_UNSPEC, CAP_NET_ADMIN, IFNAMSIZ, IFREQ_LEN, SIOCADDMULTI, SIOCBONDCHANGEACTIVE, SIOCBONDENSLAVE, SIOCBONDINFOQUERY, SIOCBONDRELEASE, SIOCBONDSETHWADDR, SIOCBONDSLAVEINFOQUERY,
  SIOCBRADDBR, SIOCBRADDIF, SIOCBRDELBR, SIOCBRDELIF, SIOCDELMULTI, SIOCDEVPRIVATE, SIOCETHTOOL, SIOCGHWTSTAMP, SIOCGIFBR, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFMAP,
  SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFNAME, SIOCGIFSLAVE, SIOCGIFTXQLEN, SIOCGIFVLAN, SIOCGMIIPHY, SIOCGMIIREG, SIOCSHWTSTAMP, SIOCSIFBR, SIOCSIFFLAGS, SIOCSIFHWADDR, SIOCSIFHWBROADCAST, SIOCSIFMAP,
  SIOCSIFMETRIC, SIOCSIFMTU, SIOCSIFNAME, SIOCSIFSLAVE, SIOCSIFTXQLEN, SIOCSIFVLAN, SIOCSMIIREG, SIOCWANDEV,
} from '@linnet/uapi';
import { devChangeName } from './dev.ts';
import { devChangeFlags, devChangeTxQueueLen, devGetFlags, devMcAdd, devMcDel, devSetBroadcast, devSetMacAddress, devSetMtu } from './dev-flags.ts';
import { netIoctlFind } from './dev-ioctl.ts';
import { devEthtoolIoctl } from './ethtool-ioctl.ts';
import { devGetByIndex, devGetByName, NETDEV_NET } from './netdev-net.ts';
import type { NetDevice } from './netdevice.ts';
import { NETDEV } from './softnet.ts';

/** Bytes of the union behind the name. */
const DATA = IFNAMSIZ;
/** sa_data of a struct sockaddr. */
const SA_DATA_LEN = 14;
/** struct ifconf: a length, and a pointer. */
const IFCONF_LEN = 16;

/** The name in a struct ifreq; what is behind a colon (an alias) is no part of it. @alpha */
export function ifreqName(arg: Uint8Array): string {
  const full = ifreqLabel(arg);
  const colon = full.indexOf(':');
  return colon < 0 ? full : full.slice(0, colon);
}

/** The name in a struct ifreq with its alias. @alpha */
export function ifreqLabel(arg: Uint8Array, at: number = 0): string {
  let name = '';
  for (let i = at; i < at + IFNAMSIZ - 1; i++) {
    const c = arg[i]!;
    if (c === 0) break;
    name += String.fromCharCode(c);
  }
  return name;
}

function put(arg: Uint8Array, at: number, value: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) arg[at + i] = (value >> (i * 8)) & 255;
}

function get32(arg: Uint8Array): number {
  return arg[DATA]! | (arg[DATA + 1]! << 8) | (arg[DATA + 2]! << 16) | (arg[DATA + 3]! << 24);
}

function get16(arg: Uint8Array): number {
  return arg[DATA]! | (arg[DATA + 1]! << 8);
}

/** Is there something behind the pointer at `at`? @alpha */
export function ioctlHasData(arg: Uint8Array, at: number): boolean {
  for (let i = 0; i < 8; i++) if (arg[at + i] !== 0) return true;
  return false;
}

/** The requests that only read (dev_ifsioc_locked). -ENOTTY for another. */
function get(dev: NetDevice, cmd: number, arg: Uint8Array): number {
  switch (cmd) {
    case SIOCGIFFLAGS:
      put(arg, DATA, devGetFlags(dev), 2);
      return 0;
    case SIOCGIFMETRIC:
      put(arg, DATA, 0, 4);
      return 0;
    case SIOCGIFMTU:
      put(arg, DATA, dev.mtu, 4);
      return 0;
    case SIOCGIFHWADDR:
      put(arg, DATA, dev.type, 2);
      arg.fill(0, DATA + 2, DATA + 2 + SA_DATA_LEN);
      arg.set(dev.devAddr.slice(0, Math.min(dev.addrLen, SA_DATA_LEN)), DATA + 2);
      return 0;
    case SIOCGIFSLAVE:
      return -EINVAL;
    case SIOCGIFMAP:
      // No device here is made of memory and ports.
      arg.fill(0, DATA, DATA + 20);
      return 0;
    case SIOCGIFINDEX:
      put(arg, DATA, dev.ifindex, 4);
      return 0;
    case SIOCGIFTXQLEN:
      put(arg, DATA, dev.txQueueLen, 4);
      return 0;
    default:
      return -ENOTTY;
  }
}

/** Adds or removes a multicast address that user space asked for; it counts once however often it is added (dev_mc_add_global). */
function multicast(dev: NetDevice, add: boolean, arg: Uint8Array): number {
  // Loopback and its like filter nothing.
  if (dev === dev.nn.loopbackDev || get16(arg) !== AF_UNSPEC) return -EINVAL;
  if (!dev.present) return -ENODEV;
  const addr = arg.slice(DATA + 2, DATA + 2 + Math.max(dev.addrLen, SA_DATA_LEN));
  const entry = dev.mc.find(addr, dev.addrLen);
  if (add) {
    if (entry !== null && entry.global) return 0;
    devMcAdd(dev, addr);
    dev.mc.find(addr, dev.addrLen)!.global = true;
    return 0;
  }
  if (entry === null || !entry.global) return -ENOENT;
  entry.global = false;
  return devMcDel(dev, addr);
}

/** The requests that change something (dev_ifsioc). -ENOTTY for another. */
function set(dev: NetDevice, cmd: number, arg: Uint8Array): number {
  switch (cmd) {
    case SIOCSIFFLAGS:
      return devChangeFlags(dev, get16(arg));
    case SIOCSIFMETRIC:
    case SIOCSIFMAP:
    case SIOCSIFSLAVE:
      return cmd === SIOCSIFSLAVE ? -EINVAL : -EOPNOTSUPP;
    case SIOCSIFMTU:
      return devSetMtu(dev, get32(arg));
    case SIOCSIFHWADDR: {
      const addr = arg.slice(DATA + 2, DATA + 2 + Math.max(dev.addrLen, SA_DATA_LEN));
      if (dev.netdevOps.setMacAddress === undefined) return -EOPNOTSUPP;
      return get16(arg) !== dev.type ? -EINVAL : devSetMacAddress(dev, addr);
    }
    case SIOCSIFHWBROADCAST:
      return get16(arg) !== dev.type ? -EINVAL : devSetBroadcast(dev, arg.slice(DATA + 2, DATA + 2 + Math.max(dev.addrLen, SA_DATA_LEN)));
    case SIOCADDMULTI:
    case SIOCDELMULTI:
      return multicast(dev, cmd === SIOCADDMULTI, arg);
    case SIOCSIFTXQLEN:
      return get32(arg) < 0 ? -EINVAL : devChangeTxQueueLen(dev, get32(arg));
    case SIOCSIFNAME:
      arg[DATA + IFNAMSIZ - 1] = 0; // the kernel's copy ends there, and comes back
      return devChangeName(dev, ifreqLabel(arg, DATA));
    default:
      return -EOPNOTSUPP;
  }
}

const GETS: ReadonlySet<number> = new Set([SIOCGIFFLAGS, SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFSLAVE, SIOCGIFMAP, SIOCGIFINDEX, SIOCGIFTXQLEN]);
/** Reserved to administrators; those after the first ones belong to drivers, and no driver here has them. */
const ADMIN: ReadonlySet<number> = new Set([
  SIOCSIFFLAGS, SIOCSIFMETRIC, SIOCSIFMTU, SIOCSIFHWADDR, SIOCSIFSLAVE, SIOCSIFMAP, SIOCSIFHWBROADCAST, SIOCADDMULTI, SIOCDELMULTI, SIOCSIFTXQLEN, SIOCSIFNAME, SIOCGMIIPHY, SIOCGMIIREG,
  SIOCSMIIREG, SIOCBONDENSLAVE, SIOCBONDRELEASE, SIOCBONDSETHWADDR, SIOCBONDCHANGEACTIVE, SIOCBRADDIF, SIOCBRDELIF, SIOCSHWTSTAMP,
]);
const DRIVER: ReadonlySet<number> = new Set([SIOCBONDSLAVEINFOQUERY, SIOCBONDINFOQUERY, SIOCWANDEV, SIOCGHWTSTAMP]);
/** Answered by the module of bridges or of VLANs, wherever they are asked. */
const MODULES: ReadonlySet<number> = new Set([SIOCGIFBR, SIOCSIFBR, SIOCBRADDBR, SIOCBRDELBR, SIOCGIFVLAN, SIOCSIFVLAN]);

/** SIOCGIFCONF: the addresses of all interfaces, by whoever knows addresses (dev_ifconf). */
function ifconf(net: Net, arg: Uint8Array): number {
  if (arg.length < IFCONF_LEN) return -EFAULT;
  const len = arg[0]! | (arg[1]! << 8) | (arg[2]! << 16) | (arg[3]! << 24);
  const records = net.kernel.get(NETDEV).gifconf?.(net) ?? [];
  let done = 0;
  if (!ioctlHasData(arg, 8)) {
    done = records.length * IFREQ_LEN;
  } else {
    for (const record of records) {
      if (done + IFREQ_LEN > len) break;
      if (IFCONF_LEN + done + IFREQ_LEN > arg.length) return -EFAULT;
      arg.set(record, IFCONF_LEN + done);
      done += IFREQ_LEN;
    }
  }
  put(arg, 0, done, 4);
  return 0;
}

/**
 * Does an ioctl on an interface of the namespace (dev_ioctl), as the caller that `kernel.cred` says. `arg` is a struct ifreq of 40 bytes, for SIOCGIFCONF a struct ifconf of 16
 * with the buffer behind it, for SIOCETHTOOL a struct ifreq with the request behind it. Returns 0, a positive answer, or: -ENOTTY for a request that is none, -EFAULT for too few
 * bytes, -EPERM, -ENODEV, or what the device says.
 * @alpha
 */
export function devIoctl(net: Net, cmd: number, arg: Uint8Array): number {
  if (cmd === SIOCGIFCONF) return ifconf(net, arg);
  const hook = netIoctlFind(net.kernel, cmd);
  if (hook !== null) return hook(net, cmd, arg);
  if (MODULES.has(cmd)) return -ENOPKG;
  const admin = ADMIN.has(cmd);
  const driver = DRIVER.has(cmd) || (cmd >= SIOCDEVPRIVATE && cmd < SIOCDEVPRIVATE + 16);
  if (!admin && !driver && !GETS.has(cmd) && cmd !== SIOCGIFNAME && cmd !== SIOCETHTOOL) return -ENOTTY;
  if (arg.length < IFREQ_LEN) return -EFAULT;
  if (admin && !capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  if (cmd === SIOCGIFNAME) {
    const dev = devGetByIndex(net, get32(arg));
    if (dev === null) return -ENODEV;
    arg.fill(0, 0, IFNAMSIZ);
    for (let i = 0; i < dev.name.length; i++) arg[i] = dev.name.charCodeAt(i);
    return 0;
  }
  if (cmd === SIOCETHTOOL) {
    if (!ioctlHasData(arg, DATA) || arg.length === IFREQ_LEN) return -EFAULT;
    return devEthtoolIoctl(net, ifreqName(arg), arg.subarray(IFREQ_LEN));
  }
  if (cmd === SIOCSHWTSTAMP && !ioctlHasData(arg, DATA)) return -EFAULT;
  const dev = devGetByName(net, ifreqName(arg));
  if (dev === null) return -ENODEV;
  return GETS.has(cmd) ? get(dev, cmd, arg) : set(dev, cmd, arg);
}

/** The lines of /proc/net/dev_mcast: the multicast addresses that devices listen to. @alpha */
export function procNetDevMcast(net: Net): string {
  let text = '';
  for (const dev of net.get(NETDEV_NET).devs) {
    for (const e of dev.mc.list) {
      const addr = Array.from(e.addr.subarray(0, dev.addrLen), (b) => b.toString(16).padStart(2, '0')).join('');
      text += `${String(dev.ifindex).padEnd(4)} ${dev.name.padEnd(15)} ${String(e.users).padEnd(5)} ${String(e.global ? 1 : 0).padEnd(5)} ${addr}\n`;
    }
  }
  return text;
}
