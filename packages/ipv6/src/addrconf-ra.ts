/** Prefixes that routers advertise, and the addresses made of them (RFC 4862 5.5.3). */
// datapath-ok-file: control messages
import { HZ } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import {
  DEVCONF_ACCEPT_RA_MIN_LFT, DEVCONF_ADDR_GEN_MODE, DEVCONF_AUTOCONF, DEVCONF_FORWARDING, DEVCONF_MAX_ADDRESSES, DEVCONF_OPTIMISTIC_DAD, IFA_F_MANAGETEMPADDR, IFA_F_OPTIMISTIC,
  IFA_F_STABLE_PRIVACY, IFA_F_DEPRECATED, IFA_F_TENTATIVE, IN6_ADDR_GEN_MODE_RANDOM, IN6_ADDR_GEN_MODE_STABLE_PRIVACY, RTM_NEWADDR,
} from '@linnet/uapi';
import { a6Any, a6Linklocal, a6Load, a6Multicast, a6Prefix } from './addr6.ts';
import { ipv6GetIfaddr } from './addr-find.ts';
import { addrVerify, dadStart, ipv6AddAddr, manageTempaddrs } from './addrconf.ts';
import { eui64, stableAddress } from './addrconf-gen.ts';
import { DEVCONF_RA_HONOR_PIO_LIFE, DEVCONF_RA_HONOR_PIO_PFLAG } from './devconf6.ts';
import { addKernelRoute, fib6TableOf } from './fib6-config.ts';
import { fib6Del, fib6Exact, fib6SetExpires } from './fib6-table.ts';
import type { Fib6Info } from './fib6-types.ts';
import { INFINITY_LIFE_TIME } from './inet6-dev.ts';
import type { Inet6Dev, Inet6Ifaddr } from './inet6-dev.ts';
import { RTF_ADDRCONF, RTF_GATEWAY, RTF_PREFIX_RT } from './route6-const.ts';

/** Lifetimes below this are not believed from an unauthenticated advertisement, seconds (RFC 4862 5.5.3 e). */
const MIN_VALID_LIFETIME = 2 * 3600;

/** Flags of the option (RFC 4861 4.6.2, RFC 9762 3): the prefix is on the link, addresses may be made in it, DHCPv6 delegates prefixes of their own. */
const PIO_L = 0x80;
const PIO_A = 0x40;
const PIO_P = 0x10;

/** The route of a prefix that is on the link, made or refreshed. */
function onLink(idev: Inet6Dev, prefix: Int32Array, plen: number, valid: number): void {
  const n6 = idev.net6;
  const dst = new Int32Array(4);
  a6Prefix(dst, prefix, plen);
  let found: Fib6Info | null = null;
  for (let f = fib6Exact(fib6TableOf(n6, idev.dev), dst, plen); f !== null; f = f.next) {
    if (f.nhs[0]!.dev === idev.dev && (f.flags & RTF_GATEWAY) === 0 && (f.flags & (RTF_ADDRCONF | RTF_PREFIX_RT)) === (RTF_ADDRCONF | RTF_PREFIX_RT)) found = f;
  }
  if (found !== null) {
    if (valid === 0) fib6Del(n6, found, null);
    else fib6SetExpires(found, valid);
    return;
  }
  if (valid === 0) return;
  addKernelRoute(n6, prefix, plen, idev.dev, { flags: RTF_ADDRCONF | RTF_PREFIX_RT, lifetime: valid });
}

/** The lifetimes of an address that is there follow the advertisement, but are not cut short by a forged one. */
function update(idev: Inet6Dev, ifp: Inet6Ifaddr, valid: number, preferred: number, create: boolean): void {
  const n6 = idev.net6;
  const now = n6.kernel.jiffies;
  const age = Math.floor(((now - ifp.tstamp) >>> 0) / HZ);
  const stored = ifp.validLft === INFINITY_LIFE_TIME ? INFINITY_LIFE_TIME : ifp.validLft > age ? ifp.validLft - age : 0;
  let v = valid;
  if (!create && stored !== 0) {
    const floor = idev.conf(DEVCONF_RA_HONOR_PIO_LIFE) !== 0 ? 0 : Math.min(stored, MIN_VALID_LIFETIME);
    v = Math.max(valid, floor);
  }
  ifp.validLft = v;
  ifp.preferredLft = preferred;
  ifp.tstamp = now;
  if (preferred > 0) ifp.flags &= ~IFA_F_DEPRECATED;
  n6.devAddrGenid++;
  // A new one is told of when it may be used.
  if (!create && (ifp.flags & IFA_F_TENTATIVE) === 0) n6.fn.rtmsgIfa(RTM_NEWADDR, ifp, null);
  manageTempaddrs(ifp, v, preferred, create);
  addrVerify(n6);
}

/** Makes an address in an advertised prefix. False when there can be none. */
function autoconf(idev: Inet6Dev, prefix: Int32Array, plen: number, valid: number, preferred: number): boolean {
  const n6 = idev.net6;
  if (plen !== 64) return false;
  const addr = Int32Array.of(prefix[0]!, prefix[1]!, 0, 0);
  let flags = 0;
  let retry = 0;
  let tokenized = false;
  if (!a6Any(idev.token)) {
    addr[2] = idev.token[2]!;
    addr[3] = idev.token[3]!;
    tokenized = true;
  } else {
    const mode = idev.conf(DEVCONF_ADDR_GEN_MODE);
    if (mode === IN6_ADDR_GEN_MODE_STABLE_PRIVACY || mode === IN6_ADDR_GEN_MODE_RANDOM) {
      const made = stableAddress(n6, idev, addr, 0);
      if (made === null) return false;
      addr[2] = made.addr[2]!;
      addr[3] = made.addr[3]!;
      flags |= IFA_F_STABLE_PRIVACY;
      retry = made.retry;
    } else if (!eui64(addr, idev.dev)) {
      return false;
    }
  }
  let ifp = ipv6GetIfaddr(n6, addr, idev.dev);
  let create = false;
  if (ifp === null) {
    if (valid === 0) return true;
    const max = idev.conf(DEVCONF_MAX_ADDRESSES);
    if (max !== 0 && idev.ifas.length >= max) return false;
    if (idev.confOr(DEVCONF_OPTIMISTIC_DAD) && n6.devconfAll.data[DEVCONF_FORWARDING] === 0) flags |= IFA_F_OPTIMISTIC;
    const made = ipv6AddAddr(idev, { addr, plen, flags: flags | IFA_F_MANAGETEMPADDR, validLft: valid, preferredLft: preferred, proto: 2 }, null);
    if (typeof made === 'number') return false;
    ifp = made;
    ifp.stablePrivacyRetry = retry;
    ifp.tokenized = tokenized;
    create = true;
    dadStart(ifp);
  }
  update(idev, ifp, valid, preferred, create);
  return true;
}

/** A prefix option at `opt` (addrconf_prefix_rcv). @alpha */
export function addrconfPrefixRcv(idev: Inet6Dev, skb: Skb, opt: number): void {
  const { view } = skb;
  const prefix = new Int32Array(4);
  a6Load(prefix, view, opt + 16);
  if (a6Multicast(prefix) || a6Linklocal(prefix)) return;
  const plen = view.getUint8(opt + 2);
  const flags = view.getUint8(opt + 3);
  const valid = view.getUint32(opt + 4);
  const preferred = view.getUint32(opt + 8);
  if (plen > 128 || preferred > valid) return;
  if (valid !== 0 && valid < idev.conf(DEVCONF_ACCEPT_RA_MIN_LFT)) return;
  if ((flags & PIO_L) !== 0) onLink(idev, prefix, plen, valid);
  // Who gets a prefix of its own makes no address in this one (RFC 9762 7).
  const ownPrefix = (flags & PIO_P) !== 0 && idev.conf(DEVCONF_RA_HONOR_PIO_PFLAG) !== 0;
  if ((flags & PIO_A) !== 0 && !ownPrefix && idev.conf(DEVCONF_AUTOCONF) !== 0 && !autoconf(idev, prefix, plen, valid, preferred)) return;
  idev.net6.fn.rtmsgPrefix(idev, skb, opt);
}
