/** The choice of a source address (RFC 6724 5). */
import { NETDEV_NET } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  DEVCONF_OPTIMISTIC_DAD, DEVCONF_USE_OIF_ADDRS_ONLY, DEVCONF_USE_OPTIMISTIC, DEVCONF_USE_TEMPADDR, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_HOMEADDRESS, IFA_F_OPTIMISTIC, IFA_F_TEMPORARY,
  IFA_F_TENTATIVE, IFF_UP, IPV6_PREFER_SRC_COA, IPV6_PREFER_SRC_PUBLIC, IPV6_PREFER_SRC_TMP,
} from '@linnet/uapi';
import {
  a6CommonBits, a6Equal, ipv6AddrScope, ipv6AddrType, IPV6_ADDR_ANY, IPV6_ADDR_COMPATV4, IPV6_ADDR_LOOPBACK, IPV6_ADDR_MAPPED, IPV6_ADDR_MULTICAST, IPV6_ADDR_SCOPE_LINKLOCAL,
} from './addr6.ts';
import { IFADDR_DEAD, in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev, Inet6Ifaddr } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import type { SourceChoice } from './source-choice.ts';

function usable(ifp: Inet6Ifaddr): boolean {
  if (ifp.state === IFADDR_DEAD) return false;
  // Not even an optimistic address while it is tentative, but as the last resort: rule 3 sees to that.
  if ((ifp.flags & IFA_F_TENTATIVE) !== 0 && (ifp.flags & IFA_F_OPTIMISTIC) === 0) return false;
  const type = ipv6AddrType(ifp.addr);
  return (type & IPV6_ADDR_MULTICAST) === 0 && type !== 0 && (ifp.flags & IFA_F_DADFAILED) === 0;
}

function optimisticOk(idev: Inet6Dev): boolean {
  return idev.confOr(DEVCONF_OPTIMISTIC_DAD) && idev.confOr(DEVCONF_USE_OPTIMISTIC);
}

/** Is it deprecated, or optimistic where those are not preferred? An address that stands for an IPv4 one, or for the machine, never is (observed: Linux 6.18). */
function worn(ifp: Inet6Ifaddr): boolean {
  if ((ipv6AddrType(ifp.addr) & (IPV6_ADDR_COMPATV4 | IPV6_ADDR_LOOPBACK | IPV6_ADDR_MAPPED)) !== 0) return false;
  return (ifp.flags & IFA_F_DEPRECATED) !== 0 || ((ifp.flags & IFA_F_OPTIMISTIC) !== 0 && !optimisticOk(ifp.idev));
}

/** Does the user want temporary addresses here, or what the device is set to? */
function wantsTemporary(c: SourceChoice, ifp: Inet6Ifaddr): boolean {
  if ((c.prefs & (IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC)) === 0) return ifp.idev.conf(DEVCONF_USE_TEMPADDR) >= 2;
  return (c.prefs & IPV6_PREFER_SRC_TMP) !== 0;
}

function common(c: SourceChoice, ifp: Inet6Ifaddr): number {
  return Math.min(a6CommonBits(ifp.addr, c.daddr!), ifp.prefixlen);
}

/** Is `a` better than `b`? Rules of RFC 6724 5 in order; equals stay with the one found first. */
function better(c: SourceChoice, a: Inet6Ifaddr, b: Inet6Ifaddr): boolean {
  const d = c.daddr!;
  // 1: the same address.
  const same = a6Equal(a.addr, d);
  if (same !== a6Equal(b.addr, d)) return same;
  // 2: an appropriate scope: the smallest that reaches the destination.
  const sa = ipv6AddrScope(a.addr);
  const sb = ipv6AddrScope(b.addr);
  if (sa !== sb) return sa < sb ? sa >= c.scope : sb < c.scope;
  // 3: no deprecated address.
  const wa = worn(a);
  if (wa !== worn(b)) return !wa;
  // 4: home addresses, or care-of ones if those are wanted.
  const ha = (a.flags & IFA_F_HOMEADDRESS) !== 0;
  if (ha !== ((b.flags & IFA_F_HOMEADDRESS) !== 0)) return ha === ((c.prefs & IPV6_PREFER_SRC_COA) === 0);
  // 5: the outgoing interface.
  if (c.ifindex !== 0) {
    const oa = a.idev.dev.ifindex === c.ifindex;
    if (oa !== (b.idev.dev.ifindex === c.ifindex)) return oa;
  }
  // 6: the same label.
  const labels = a.idev.net6.addrlabels!;
  const la = labels.label(a.addr, a.idev.dev.ifindex) === c.label;
  if (la !== (labels.label(b.addr, b.idev.dev.ifindex) === c.label)) return la;
  // 7: public or temporary addresses.
  const ta = ((a.flags & IFA_F_TEMPORARY) !== 0) === wantsTemporary(c, a);
  if (ta !== (((b.flags & IFA_F_TEMPORARY) !== 0) === wantsTemporary(c, b))) return ta;
  // 8: the longest common prefix.
  const ca = common(c, a);
  const cb = common(c, b);
  if (ca !== cb) return ca > cb;
  // And one whose detection of duplicates is over.
  const na = (a.flags & IFA_F_OPTIMISTIC) === 0;
  return na !== ((b.flags & IFA_F_OPTIMISTIC) === 0) && na;
}

function consider(c: SourceChoice, idev: Inet6Dev): void {
  const { ifas } = idev;
  for (let i = 0; i < ifas.length; i++) {
    const ifp = ifas[i]!;
    if (!usable(ifp)) continue;
    if (c.best === null || better(c, ifp, c.best)) c.best = ifp;
  }
}

/**
 * The source for packets to `daddr` over `dev` (ipv6_dev_get_saddr): an array that nobody writes to, or null when the machine has no address that fits.
 * @alpha
 */
export function ipv6DevGetSaddr(n6: Ipv6Net, dev: NetDevice | null, daddr: Int32Array, prefs: number): Int32Array | null {
  const c = n6.sourceChoice;
  c.best = null;
  c.daddr = daddr;
  c.ifindex = dev === null ? 0 : dev.ifindex;
  const type = ipv6AddrType(daddr);
  // No address at all is the least there is: the source is of the interface, and of the link if it can be.
  c.scope = type === IPV6_ADDR_ANY ? 0 : ipv6AddrScope(daddr);
  c.label = n6.addrlabels!.label(daddr, c.ifindex);
  c.prefs = prefs;
  let only = false;
  if (dev !== null) {
    const idev = in6DevGet(dev);
    if (idev !== null) consider(c, idev);
    // Groups, and what only counts on the link, want an address of the interface.
    only = (type & IPV6_ADDR_MULTICAST) !== 0 || c.scope <= IPV6_ADDR_SCOPE_LINKLOCAL || (idev !== null && idev.confOr(DEVCONF_USE_OIF_ADDRS_ONLY));
  }
  if (!only) {
    const { devs } = n6.net.get(NETDEV_NET);
    for (let i = 0; i < devs.length; i++) {
      const d = devs[i]!;
      if (d === dev || (d.flags & IFF_UP) === 0) continue;
      const idev = in6DevGet(d);
      if (idev !== null) consider(c, idev);
    }
  }
  const { best } = c;
  c.best = null;
  c.daddr = null;
  return best === null ? null : (best as Inet6Ifaddr).addr;
}
