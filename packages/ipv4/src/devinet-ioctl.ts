/** Addresses by ioctl: SIOC[GS]IF{ADDR,DSTADDR,BRDADDR,NETMASK}, aliases, SIOCGIFCONF (devinet_ioctl; netdevice(7)). */
// datapath-ok-file: configuration
import { capable, EADDRNOTAVAIL, EFAULT, EINVAL, ENODEV, ENOIOCTLCMD, EPERM, type Net } from '@linnet/kernel';
import { devChangeFlags, devGetByName, ifreqLabel, ifreqName, type NetDevice } from '@linnet/netdev';
import {
  AF_INET, CAP_NET_ADMIN, IFF_BROADCAST, IFF_POINTOPOINT, IFF_UP, IFNAMSIZ, IFREQ_LEN, inetMakeMask, ipv4IsLbcast, ipv4IsZeronet, SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFDSTADDR, SIOCGIFNETMASK,
  SIOCSIFADDR, SIOCSIFBRDADDR, SIOCSIFDSTADDR, SIOCSIFFLAGS, SIOCSIFNETMASK,
} from '@linnet/uapi';
import { delIfa, inetAddrAdd } from './devinet.ts';
import { inDevGet, type InIfaddr } from './in-device.ts';
import { maskLen } from './mask-len.ts';

/** Where the struct sockaddr_in is, and its address. */
const SIN = IFNAMSIZ;
const SIN_ADDR = SIN + 4;

function view(arg: Uint8Array): DataView {
  return new DataView(arg.buffer, arg.byteOffset, arg.byteLength);
}

/** The prefix length by the address's class; 0 for «this host», -1 for a group (inet_abc_len). */
function classLen(addr: number): number {
  if (ipv4IsZeronet(addr) || ipv4IsLbcast(addr)) return 0;
  const top = addr >>> 24;
  if (top < 128) return 8;
  if (top < 192) return 16;
  if (top < 224) return 24;
  return top >= 240 ? 32 : -1;
}

/** What an address becomes: all that is kept when it is put back. */
interface Changed {
  local: number;
  address: number;
  prefixlen: number;
  broadcast: number;
  scope: number | undefined;
  readonly label: string;
}

function copyOf(ifa: InIfaddr): Changed {
  const { local, address, prefixlen, broadcast, scope, label } = ifa;
  return { local, address, prefixlen, broadcast, scope, label };
}

/** Takes the old address away and puts the changed one in its place. */
function replace(net: Net, dev: NetDevice, old: InIfaddr | null, c: Changed): number {
  if (old !== null) delIfa(old, null);
  return inetAddrAdd(net, dev, {
    local: c.local, address: c.address, prefixlen: c.prefixlen, broadcast: c.broadcast, label: c.label, ...(c.scope === undefined ? {} : { scope: c.scope }),
  });
}

function setAddress(net: Net, dev: NetDevice, ifa: InIfaddr | null, label: string, addr: number): number {
  const len = classLen(addr);
  if (len < 0) return -EINVAL;
  if (ifa !== null && ifa.local === addr) return 0;
  const point = (dev.flags & IFF_POINTOPOINT) !== 0;
  const prefixlen = point ? 32 : len;
  const broadcast = !point && (dev.flags & IFF_BROADCAST) !== 0 && prefixlen < 31 ? addr | ~inetMakeMask(prefixlen) : 0;
  return replace(net, dev, ifa, { local: addr, address: addr, prefixlen, broadcast, scope: undefined, label });
}

function setNetmask(net: Net, dev: NetDevice, ifa: InIfaddr, mask: number): number {
  const prefixlen = maskLen(mask);
  if (prefixlen < 0) return -EINVAL;
  if (ifa.mask === mask) return 0;
  const c = copyOf(ifa);
  // A broadcast address that followed from the mask follows from the new one.
  if ((dev.flags & IFF_BROADCAST) !== 0 && prefixlen < 31 && c.broadcast === (c.local | ~ifa.mask)) c.broadcast = c.local | ~mask;
  c.prefixlen = prefixlen;
  return replace(net, dev, ifa, c);
}

function change(net: Net, dev: NetDevice, ifa: InIfaddr, cmd: number, addr: number): number {
  if (cmd === SIOCSIFNETMASK) return setNetmask(net, dev, ifa, addr);
  const c = copyOf(ifa);
  if (cmd === SIOCSIFBRDADDR) {
    if (ifa.broadcast === addr) return 0;
    c.broadcast = addr;
  } else {
    if (ifa.address === addr) return 0;
    if (classLen(addr) < 0) return -EINVAL;
    c.address = addr;
  }
  return replace(net, dev, ifa, c);
}

/**
 * Reads or sets an address of an interface (devinet_ioctl). The name may be that of an alias, `eth0:1`: the label of an address. A question with an address in it means that
 * very one, if the interface has it. Returns 0, -EPERM, -EINVAL, -ENODEV, -EADDRNOTAVAIL (no such address), or what adding says.
 * @alpha
 */
export function devinetIoctl(net: Net, cmd: number, arg: Uint8Array): number {
  if (arg.length < IFREQ_LEN) return -EFAULT;
  const v = view(arg);
  const label = ifreqLabel(arg);
  const colon = label.includes(':');
  const family = v.getUint16(SIN, true);
  const asked = v.getInt32(SIN_ADDR);
  const isGet = cmd === SIOCGIFADDR || cmd === SIOCGIFBRDADDR || cmd === SIOCGIFDSTADDR || cmd === SIOCGIFNETMASK;
  if (!isGet) {
    if (!capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
    if (cmd !== SIOCSIFFLAGS && family !== AF_INET) return -EINVAL;
  }
  const dev = devGetByName(net, ifreqName(arg));
  if (dev === null) return -ENODEV;
  const ifas = inDevGet(dev)?.ifas ?? [];
  let ifa: InIfaddr | null = null;
  if (isGet && family === AF_INET) ifa = ifas.find((i) => i.label === label && i.local === asked) ?? null;
  ifa ??= ifas.find((i) => i.label === label) ?? null;
  if (ifa === null && cmd !== SIOCSIFADDR && cmd !== SIOCSIFFLAGS) return -EADDRNOTAVAIL;
  switch (cmd) {
    case SIOCGIFADDR:
    case SIOCGIFBRDADDR:
    case SIOCGIFDSTADDR:
    case SIOCGIFNETMASK: {
      arg.fill(0, SIN, SIN + 16);
      v.setUint16(SIN, AF_INET, true);
      v.setInt32(SIN_ADDR, cmd === SIOCGIFADDR ? ifa!.local : cmd === SIOCGIFBRDADDR ? ifa!.broadcast : cmd === SIOCGIFDSTADDR ? ifa!.address : ifa!.mask);
      return 0;
    }
    case SIOCSIFFLAGS: {
      const flags = v.getUint16(SIN, true);
      if (!colon) return devChangeFlags(dev, flags);
      // Taking an alias down removes its address.
      if (ifa === null) return -EADDRNOTAVAIL;
      if ((flags & IFF_UP) === 0) delIfa(ifa, null);
      return 0;
    }
    case SIOCSIFADDR:
      return setAddress(net, dev, ifa, colon ? label : dev.name, asked);
    case SIOCSIFBRDADDR:
    case SIOCSIFDSTADDR:
    case SIOCSIFNETMASK:
      return change(net, dev, ifa!, cmd, asked);
    default:
      return -ENOIOCTLCMD;
  }
}

/** A struct ifreq for each address of the namespace: SIOCGIFCONF (inet_gifconf). @alpha */
export function inetGifconf(devs: readonly NetDevice[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (const dev of devs) {
    for (const ifa of inDevGet(dev)?.ifas ?? []) {
      const rec = new Uint8Array(IFREQ_LEN);
      for (let i = 0; i < Math.min(ifa.label.length, IFNAMSIZ - 1); i++) rec[i] = ifa.label.charCodeAt(i);
      const v = view(rec);
      v.setUint16(SIN, AF_INET, true);
      v.setInt32(SIN_ADDR, ifa.local);
      out.push(rec);
    }
  }
  return out;
}
