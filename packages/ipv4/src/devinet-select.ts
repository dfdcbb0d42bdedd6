/** Choosing among the addresses of devices. */
import type { Net } from '@linnet/kernel';
import { forEachNetdev, l3mdevMasterDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { IPV4_DEVCONF_ROUTE_LOCALNET, RT_SCOPE_HOST, RT_SCOPE_LINK, RT_TABLE_LOCAL, RTN_LOCAL } from '@linnet/uapi';
import { FIB_LOOKUP_IGNORE_LINKSTATE, fibTableLookupById } from './fib-lookup.ts';
import type { InDevice, InIfaddr } from './in-device.ts';
import { ifaSecondary, inDevGet, inetIfaMatch } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** Widest scope that counts for a device: loopback addresses may be used on the link where `route_localnet` says so. */
function localnetScope(indev: InDevice): number {
  return indev.confOr(IPV4_DEVCONF_ROUTE_LOCALNET) !== 0 ? RT_SCOPE_LINK : RT_SCOPE_HOST;
}

/** The device that has this local address, null when none does (`ip_dev_find`). @alpha */
export function ipDevFind(n4: Ipv4Net, addr: number): NetDevice | null {
  const list = n4.addrHash.get(addr);
  if (list !== undefined) return list[0]!.indev.dev;
  // Any address of 127.0.0.0/8 and addresses of local routes are ours, too.
  const fl = n4.flCtl;
  fl.daddr = addr;
  fl.oif = 0;
  fl.tos = 0;
  fl.scope = 0;
  const res = n4.resCtl;
  return fibTableLookupById(n4, RT_TABLE_LOCAL, fl, res, FIB_LOOKUP_IGNORE_LINKSTATE) === 0 && res.type === RTN_LOCAL ? res.nh!.dev : null;
}

/**
 * An address of ours for packets over `dev` to `dst` (0: anywhere) of at most this scope (`inet_select_addr`): of the device, best in the
 * same subnet, else of any other device of the same VRF; 0 when there is none.
 * @alpha
 */
export function inetSelectAddr(dev: NetDevice, dst: number, scope: number): number {
  const indev = inDevGet(dev);
  let addr = 0;
  if (indev !== null) {
    const local = localnetScope(indev);
    for (const ifa of indev.ifas) {
      if (ifaSecondary(ifa)) continue;
      if (Math.min(ifa.scope, local) > scope) continue;
      if (dst === 0 || inetIfaMatch(dst, ifa)) return ifa.local;
      if (addr === 0) addr = ifa.local;
    }
    if (addr !== 0) return addr;
  }
  // In a VRF only its own will do, those of the VRF itself before those of its members.
  const master = l3mdevMasterDev(dev);
  if (master !== null) addr = anyAddr(master, scope);
  forEachNetdev(dev.net, (other) => {
    if (addr === 0 && l3mdevMasterDev(other) === master) addr = anyAddr(other, scope);
  });
  return addr;
}

/** A primary address of a device that may be used on others, 0: none. */
function anyAddr(dev: NetDevice, scope: number): number {
  const indev = inDevGet(dev);
  if (indev === null) return 0;
  for (const ifa of indev.ifas) if (!ifaSecondary(ifa) && ifa.scope !== RT_SCOPE_LINK && ifa.scope <= scope) return ifa.local;
  return 0;
}

function confirmIndev(indev: InDevice, dst: number, local: number, scope: number): number {
  const limit = localnetScope(indev);
  let addr = 0;
  let same = false;
  for (const ifa of indev.ifas) {
    const min = Math.min(ifa.scope, limit);
    if (addr === 0 && (local === ifa.local || local === 0) && min <= scope) {
      addr = ifa.local;
      if (same) return addr;
    }
    if (!same) {
      same = (local === 0 || inetIfaMatch(local, ifa)) && (dst === 0 || inetIfaMatch(dst, ifa));
      if (same && addr !== 0) {
        if (local !== 0 || dst === 0) return addr;
        if (inetIfaMatch(addr, ifa)) return addr;
        if (min <= scope) return ifa.local;
        same = false;
      }
    }
  }
  return same ? addr : 0;
}

/**
 * Is `local` (0: any) an address of ours, on the device (null: any) and in the subnet of `dst` (0: any)? Returns the address or 0
 * (`inet_confirm_addr`).
 * @alpha
 */
export function inetConfirmAddr(net: Net, indev: InDevice | null, dst: number, local: number, scope: number): number {
  if (indev !== null) return confirmIndev(indev, dst, local, scope);
  let addr = 0;
  forEachNetdev(net, (dev) => {
    const o = addr === 0 ? inDevGet(dev) : null;
    if (o !== null) addr = confirmIndev(o, dst, local, scope);
  });
  return addr;
}

/** Are `a` and `b` (0: not asked) in one subnet of the device? (`inet_addr_onlink`) @alpha */
export function inetAddrOnlink(indev: InDevice, a: number, b: number): boolean {
  for (const ifa of indev.ifas) {
    if (!ifaSecondary(ifa) && inetIfaMatch(a, ifa) && (b === 0 || inetIfaMatch(b, ifa))) return true;
  }
  return false;
}

/** The primary address of the subnet (`inet_ifa_byprefix`). @alpha */
export function inetIfaByprefix(indev: InDevice, prefix: number, mask: number): InIfaddr | null {
  for (const ifa of indev.ifas) if (ifa.mask === mask && inetIfaMatch(prefix, ifa)) return ifa;
  return null;
}
