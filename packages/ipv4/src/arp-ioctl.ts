/** The ARP cache by ioctl: SIOCSARP, SIOCGARP, SIOCDARP with a struct arpreq (arp_ioctl; arp(7)). */
// datapath-ok-file: configuration
import { capable, EINVAL, ENODEV, ENOENT, ENXIO, EPERM, EPFNOSUPPORT, type Net } from '@linnet/kernel';
import { devGetByName, forEachNetdev, type NetDevice } from '@linnet/netdev';
import { NEIGH_UPDATE_F_ADMIN, NEIGH_UPDATE_F_OVERRIDE, neighDelete, neighUpdate, NUD_VALID } from '@linnet/neigh';
import {
  AF_INET, ATF_COM, ATF_DONTPUB, ATF_NETMASK, ATF_PERM, ATF_PUBL, CAP_NET_ADMIN, IFNAMSIZ, IPV4_DEVCONF_PROXY_ARP, NUD_NOARP, NUD_PERMANENT, NUD_STALE, SIOCDARP, SIOCGARP, SIOCSARP,
} from '@linnet/uapi';
import { flowiReset } from '@linnet/inet';
import { inDevGet } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { IPV4 } from './ipv4-net.ts';
import { ipRouteOutputKey } from './route-output.ts';

/** struct arpreq. */
export const ARPREQ_LEN = 68;
const ARP_PA = 0;
const ARP_HA = 16;
const ARP_FLAGS = 32;
const ARP_NETMASK = 36;
const ARP_DEV = 52;

/** The device towards an address, when the request names none. */
function deviceTowards(n4: Ipv4Net, ip: number): NetDevice | number {
  const fl = n4.flCtl;
  flowiReset(fl);
  fl.daddr = ip;
  const rt = ipRouteOutputKey(n4, fl);
  if (rt === null) return fl.error;
  return rt.dev;
}

function setEntry(n4: Ipv4Net, dev: NetDevice, ip: number, flags: number, arg: Uint8Array): number {
  const tbl = n4.arpTbl;
  const n = tbl.lookupCounted(ip, dev) ?? tbl.create(dev, ip);
  if (typeof n === 'number') return n;
  const state = (flags & ATF_PERM) !== 0 ? NUD_PERMANENT : NUD_STALE;
  return neighUpdate(n, (flags & ATF_COM) !== 0 ? arg : null, ARP_HA + 2, state, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, null);
}

function getEntry(n4: Ipv4Net, dev: NetDevice, ip: number, arg: Uint8Array, v: DataView): number {
  const n = n4.arpTbl.lookupCounted(ip, dev);
  if (n === null || (n.nudState & NUD_NOARP) !== 0) return -ENXIO;
  if ((v.getInt32(ARP_FLAGS, true) & ATF_NETMASK) === 0) v.setInt32(ARP_NETMASK + 4, -1);
  const len = Math.min(dev.addrLen, 14);
  arg.set(n.ha.slice(0, len), ARP_HA + 2);
  v.setUint16(ARP_HA, dev.type, true);
  v.setInt32(ARP_FLAGS, (n.nudState & NUD_PERMANENT) !== 0 ? ATF_PERM | ATF_COM : (n.nudState & NUD_VALID) !== 0 ? ATF_COM : 0, true);
  arg.fill(0, ARP_DEV, ARP_DEV + IFNAMSIZ);
  for (let i = 0; i < dev.name.length; i++) arg[ARP_DEV + i] = dev.name.charCodeAt(i);
  return 0;
}

function deleteEntry(n4: Ipv4Net, dev: NetDevice, ip: number): number {
  const n = n4.arpTbl.lookupCounted(ip, dev);
  return n === null ? -ENXIO : neighDelete(n, null);
}

/** The device with that link-layer address (dev_getbyhwaddr). */
function deviceWith(n4: Ipv4Net, v: DataView): NetDevice | null {
  const type = v.getUint16(ARP_HA, true);
  let found: NetDevice | null = null;
  forEachNetdev(n4.net, (dev) => {
    if (found !== null || dev.type !== type) return;
    for (let i = 0; i < dev.addrLen; i++) if (dev.devAddr[i] !== v.getUint8(ARP_HA + 2 + i)) return;
    found = dev;
  });
  return found;
}

/** Entries to answer for (ATF_PUBL), or with a netmask of zeros the setting proxy_arp (arp_req_set_public, arp_req_delete_public). */
function publish(n4: Ipv4Net, named: NetDevice | null, ip: number, flags: number, add: boolean, v: DataView): number {
  const mask = (flags & ATF_NETMASK) === 0 ? -1 : v.getInt32(ARP_NETMASK + 4);
  if (mask !== 0 && mask !== -1) return -EINVAL;
  let dev = named;
  if (add && dev === null && (flags & ATF_COM) !== 0) {
    dev = deviceWith(n4, v);
    if (dev === null) return -ENODEV;
  }
  const { proxies } = n4.arpTbl;
  if (mask === 0) {
    const cnf = dev === null ? n4.devconfAll : inDevGet(dev)?.cnf;
    if (cnf === undefined) return -ENXIO;
    cnf.data[IPV4_DEVCONF_PROXY_ARP] = add ? 1 : 0;
    cnf.state[IPV4_DEVCONF_PROXY_ARP] = 1;
    return 0;
  }
  if (!add) return proxies.remove(n4.net, dev, ip) ? 0 : -ENOENT;
  proxies.create(n4.net, dev, ip);
  return 0;
}

/**
 * Reads, sets or deletes an entry of the ARP cache: `arg` is a struct arpreq. Returns 0, -EPERM, -EPFNOSUPPORT, -EINVAL, -ENODEV, -ENXIO (no such entry), -ENETUNREACH (no device named, and no
 * route), -ENOENT (no such published entry).
 * @alpha
 */
export function arpIoctl(net: Net, cmd: number, arg: Uint8Array): number {
  if (cmd !== SIOCGARP && !capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  const n4 = net.get(IPV4);
  const v = new DataView(arg.buffer, arg.byteOffset, arg.byteLength);
  if (v.getUint16(ARP_PA, true) !== AF_INET) return -EPFNOSUPPORT;
  let flags = v.getInt32(ARP_FLAGS, true);
  if ((flags & ATF_PUBL) === 0 && (flags & (ATF_NETMASK | ATF_DONTPUB)) !== 0) return -EINVAL;
  const ip = v.getInt32(ARP_PA + 4);
  let name = '';
  for (let i = ARP_DEV; i < ARP_DEV + IFNAMSIZ - 1 && arg[i] !== 0; i++) name += String.fromCharCode(arg[i]!);
  let dev: NetDevice | null = null;
  if (name !== '') {
    dev = devGetByName(net, name);
    if (dev === null) return -ENODEV;
    const type = v.getUint16(ARP_HA, true);
    if ((flags & ATF_COM) !== 0 && type !== 0 && type !== dev.type) return -EINVAL;
  } else if (cmd === SIOCGARP) {
    return -ENODEV;
  }
  if (cmd === SIOCGARP) return getEntry(n4, dev!, ip, arg, v);
  if ((flags & ATF_PUBL) !== 0) return publish(n4, dev, ip, flags, cmd === SIOCSARP, v);
  if (dev === null) {
    const found = deviceTowards(n4, ip);
    if (typeof found === 'number') return found;
    dev = found;
  }
  if (cmd === SIOCDARP) return deleteEntry(n4, dev, ip);
  if (cmd !== SIOCSARP) return -EINVAL;
  if ((flags & ATF_PERM) !== 0) flags |= ATF_COM;
  return setEntry(n4, dev, ip, flags, arg);
}
