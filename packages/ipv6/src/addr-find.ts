/** Finding addresses of this machine. */
import type { NetDevice } from '@linnet/netdev';
import { IFA_F_OPTIMISTIC, IFA_F_TENTATIVE } from '@linnet/uapi';
import { a6Equal, a6Hash, a6Linklocal, a6Loopback, a6PrefixEqual } from './addr6.ts';
import { IFADDR_DEAD, in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev, Inet6Ifaddr } from './inet6-dev.ts';
import { IN6_ADDR_HSIZE } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';

function bucket(n6: Ipv6Net, a: Int32Array): number {
  return a6Hash(a[0]!, a[1]!, a[2]!, a[3]!, n6.hashSeed) & (IN6_ADDR_HSIZE - 1);
}

/** Puts an address into the hash (ipv6_add_addr_hash). @alpha */
export function addrHashAdd(n6: Ipv6Net, ifp: Inet6Ifaddr): void {
  const i = bucket(n6, ifp.addr);
  ifp.hashNext = n6.addrHash[i]!;
  n6.addrHash[i] = ifp;
}

/** Takes it out. @alpha */
export function addrHashDel(n6: Ipv6Net, ifp: Inet6Ifaddr): void {
  const i = bucket(n6, ifp.addr);
  let at = n6.addrHash[i]!;
  if (at === ifp) {
    n6.addrHash[i] = ifp.hashNext;
  } else {
    while (at !== null && at.hashNext !== ifp) at = at.hashNext!;
    if (at !== null) at.hashNext = ifp.hashNext;
  }
  ifp.hashNext = null;
}

/** The address of this machine that equals `a`, on `dev` or, when that is null, on any device (ipv6_get_ifaddr). @alpha */
export function ipv6GetIfaddr(n6: Ipv6Net, a: Int32Array, dev: NetDevice | null): Inet6Ifaddr | null {
  for (let ifp = n6.addrHash[bucket(n6, a)]!; ifp !== null; ifp = ifp.hashNext!) {
    if (a6Equal(ifp.addr, a) && (dev === null || ifp.idev.dev === dev)) return ifp;
  }
  return null;
}

/**
 * Is `a` an address of this machine? With `dev`, link-local addresses and ::1 count on that device only, others anywhere unless `strict` (ipv6_chk_addr_and_flags). Tentative
 * ones do not count, unless `tentative`.
 * @alpha
 */
export function ipv6ChkAddr(n6: Ipv6Net, a: Int32Array, dev: NetDevice | null, strict: boolean, tentative = false): boolean {
  for (let ifp = n6.addrHash[bucket(n6, a)]!; ifp !== null; ifp = ifp.hashNext!) {
    if (!a6Equal(ifp.addr, a) || ifp.state === IFADDR_DEAD) continue;
    if ((ifp.flags & IFA_F_TENTATIVE) !== 0 && !tentative && (ifp.flags & IFA_F_OPTIMISTIC) === 0) continue;
    if (dev === null || ifp.idev.dev === dev || (!strict && !a6Linklocal(a) && !a6Loopback(a))) return true;
  }
  return false;
}

/** A usable link-local address of a device, without the flags `banned`; null when there is none (ipv6_get_lladdr). @alpha */
export function ipv6GetLladdr(idev: Inet6Dev, banned: number): Int32Array | null {
  const { ifas } = idev;
  for (let i = ifas.length - 1; i >= 0; i--) {
    const ifp = ifas[i]!;
    if (a6Linklocal(ifp.addr) && (ifp.flags & banned) === 0) return ifp.addr;
  }
  return null;
}

/** Is `a` inside of a prefix of some address of the device? (ipv6_chk_prefix) @alpha */
export function ipv6ChkPrefix(a: Int32Array, dev: NetDevice): boolean {
  const idev = in6DevGet(dev);
  if (idev === null) return false;
  for (const ifp of idev.ifas) if (a6PrefixEqual(a, ifp.addr, ifp.prefixlen)) return true;
  return false;
}
