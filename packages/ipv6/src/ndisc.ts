/**
 * Neighbour discovery (RFC 4861): the table of neighbours, and the messages about them. What routers advertise is in `ndisc-router.ts`.
 */
import { EINVAL } from '@linnet/kernel';
import { dstLinkFailure } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  NEIGH_UPDATE_F_ISROUTER, NEIGH_UPDATE_F_OVERRIDE, NEIGH_UPDATE_F_OVERRIDE_ISROUTER, NEIGH_UPDATE_F_WEAK_OVERRIDE, neighConnectedOutput, neighDirectOutput,
  neighResolveOutput, neighUpdate,
} from '@linnet/neigh';
import type { NeighOps, NeighParms, NeighTableOps, Neighbour, PneighEntry } from '@linnet/neigh';
import { consumeSkb, DROP, kfreeSkbReason, PACKET_LOOPBACK, pskbMayPull } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  AF_INET6, ARPHRD_ETHER, ARPHRD_IEEE802, DEVCONF_ACCEPT_UNTRACKED_NA, DEVCONF_DROP_UNSOLICITED_NA, DEVCONF_FORWARDING, DEVCONF_PROXY_NDP, DEVCONF_SUPPRESS_FRAG_NDISC, ETH_P_IPV6,
  IFA_F_OPTIMISTIC, IFA_F_TENTATIVE, IFF_LOOPBACK, IFF_NOARP, IFF_POINTOPOINT, IPV6HDR_LEN, NDISC_NEIGHBOUR_ADVERTISEMENT, NDISC_NEIGHBOUR_SOLICITATION, NDISC_REDIRECT,
  NDISC_ROUTER_ADVERTISEMENT, NDISC_ROUTER_SOLICITATION, NTF_ROUTER, NUD_FAILED, NUD_NOARP, NUD_REACHABLE, NUD_STALE, RTM_GETNEIGH, RTN_MULTICAST, RTN_UNICAST, ip6HopLimit,
} from '@linnet/uapi';
import {
  a6Any, a6LoadDaddr, a6LoadSaddr, a6Load, a6Multicast, a6SolictMult, ipv6EthMcMap, IN6ADDR_LINKLOCAL_ALLNODES,
} from './addr6.ts';
import { ipv6ChkAddr, ipv6GetIfaddr } from './addr-find.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { ip6cbFlags, IP6SKB_FRAGMENTED } from './ip6-cb.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { isAnycast } from './mcast-sk.ts';
import { ndiscRouterDiscovery, ndiscRedirectRcv, ndiscRecvRs, rt6CleanToHost } from './ndisc-router.ts';
import { ND_OPT_NONCE, ND_OPT_SOURCE_LL_ADDR, ND_OPT_TARGET_LL_ADDR, ndiscSendNa, ndiscSendNs } from './ndisc-send.ts';
import { ndFindOpt, ndLlOpt, ndOptsValid } from './ndisc-opts.ts';

/** Asks for a neighbour (ndisc_solicit). */
function solicit(n: Neighbour, skb: Skb | null): void {
  const { dev, parms } = n;
  const idev = in6DevGet(dev);
  if (idev === null) return;
  const n6 = idev.net6;
  const target = new Int32Array(4); // datapath-ok: a question to the link
  target[0] = n.key0;
  target[1] = n.key1;
  target[2] = n.key2;
  target[3] = n.key3;
  let saddr: Int32Array | null = null;
  if (skb !== null && skb.networkHeader >= 0 && skb.networkHeader + IPV6HDR_LEN <= skb.tail) {
    // The source of the waiting packet, if it is an address of this link: then the answer can go straight to it.
    const s = new Int32Array(4); // datapath-ok: as above
    a6LoadSaddr(s, skb.view, skb.networkHeader);
    const ifp = ipv6GetIfaddr(n6, s, dev);
    if (ifp !== null && (ifp.flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) === 0) saddr = s;
  }
  let probes = n.probes - parms.ucastProbes;
  if (probes < 0) {
    ndiscSendNs(dev, target, target, saddr, null);
    return;
  }
  probes -= parms.appProbes;
  if (probes < 0) {
    n6.ndTbl.notify?.(n, RTM_GETNEIGH, null);
    return;
  }
  const group = new Int32Array(4); // datapath-ok: as above
  a6SolictMult(group, target);
  ndiscSendNs(dev, target, group, saddr, null);
}

/** Nobody answered: the sender hears «address unreachable» (ndisc_error_report). */
function errorReport(_n: Neighbour, skb: Skb): void {
  dstLinkFailure(skb);
  kfreeSkbReason(skb, DROP.NEIGH_FAILED);
}

const ND_OPS: NeighOps = Object.freeze({ family: AF_INET6, solicit, errorReport, output: neighResolveOutput, connectedOutput: neighConnectedOutput });
const ND_DIRECT_OPS: NeighOps = Object.freeze({ family: AF_INET6, solicit, errorReport, output: neighDirectOutput, connectedOutput: neighDirectOutput });

function setHa(n: Neighbour, src: Uint8Array): void {
  for (let i = 0; i < n.dev.addrLen; i++) n.ha[i] = src[i]!;
}

/** Decides how a new neighbour is found (ndisc_constructor): groups need no question. */
function construct(n: Neighbour): number {
  const { dev } = n;
  if (in6DevGet(dev) === null) return -EINVAL;
  const multicast = n.key0 >>> 24 === 0xff;
  n.type = multicast ? RTN_MULTICAST : RTN_UNICAST;
  if (dev.headerOps === null) {
    n.nudState = NUD_NOARP;
    n.ops = ND_DIRECT_OPS;
    n.output = neighDirectOutput;
    return 0;
  }
  if (multicast) {
    n.nudState = NUD_NOARP;
    if (dev.type === ARPHRD_ETHER || dev.type === ARPHRD_IEEE802) ipv6EthMcMap(n.key3, n.ha);
    else setHa(n, dev.broadcast);
  } else if ((dev.flags & (IFF_NOARP | IFF_LOOPBACK)) !== 0) {
    n.nudState = NUD_NOARP;
    setHa(n, dev.devAddr);
  } else if ((dev.flags & IFF_POINTOPOINT) !== 0) {
    n.nudState = NUD_NOARP;
    setHa(n, dev.broadcast);
  }
  n.output = n.nudState !== 0 ? n.ops.connectedOutput : n.ops.output;
  return 0;
}

/** The table of neighbour discovery, for `NeighTables.add`. @alpha */
export const ND_TABLE_OPS: NeighTableOps = Object.freeze({
  family: AF_INET6,
  protocol: ETH_P_IPV6,
  id: 'ndisc_cache',
  sysctlDir: 'ipv6',
  keyWords: 4,
  construct,
  ops: ND_OPS,
  parms(dev: NetDevice): NeighParms | null {
    return in6DevGet(dev)?.ndParms ?? null;
  },
  isMulticast(n: Neighbour): boolean {
    return n.key0 >>> 24 === 0xff;
  },
});

function drop(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return 0;
}

function done(skb: Skb): number {
  consumeSkb(skb);
  return 0;
}

/** A neighbour solicitation (ndisc_recv_ns). Consumes. */
function recvNs(idev: Inet6Dev, skb: Skb, waited = false): number {
  const n6 = idev.net6;
  const { dev } = idev;
  const { view, data: at, networkHeader: nh } = skb;
  if (skb.len < 24) return drop(skb, DROP.PKT_TOO_SMALL);
  const target = new Int32Array(4); // datapath-ok: control messages
  const saddr = new Int32Array(4); // datapath-ok: control messages
  a6Load(target, view, at + 8);
  a6LoadSaddr(saddr, view, nh);
  a6LoadDaddr(n6.a6Tmp, view, nh);
  if (a6Multicast(target)) return drop(skb, DROP.IP_INHDR);
  const toMany = a6Multicast(n6.a6Tmp);
  const dad = a6Any(saddr);
  // Detection of duplicates goes to the solicited-node group (RFC 4861 7.1.1).
  if (dad && !(n6.a6Tmp[0] === (0xff020000 | 0) && n6.a6Tmp[1] === 0 && n6.a6Tmp[2] === 1 && n6.a6Tmp[3]! >>> 24 === 0xff)) return drop(skb, DROP.IP_INHDR);
  if (!ndOptsValid(skb, at + 24)) return drop(skb, DROP.IP_INHDR);
  const ll = ndLlOpt(skb, at + 24, ND_OPT_SOURCE_LL_ADDR, dev);
  if (ll < 0 || (dad && ll > 0)) return drop(skb, DROP.IP_INHDR);
  const ifp = ipv6GetIfaddr(n6, target, dev);
  let router = idev.conf(DEVCONF_FORWARDING) !== 0;
  if (ifp !== null) {
    if ((ifp.flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) !== 0) {
      if (dad) {
        // Our own question that came back (RFC 7527 4.2)?
        const nonce = ndFindOpt(skb, at + 24, ND_OPT_NONCE);
        if (nonce > 0 && ifp.dadNonce !== null && skb.u8[nonce + 1] === 1) {
          let same = true;
          for (let i = 0; i < 6; i++) if (skb.u8[nonce + 2 + i] !== ifp.dadNonce[i]) same = false;
          if (same) return done(skb);
        }
        n6.fn.dadFailure(ifp);
        return done(skb);
      }
      if ((ifp.flags & IFA_F_OPTIMISTIC) === 0) return done(skb);
    }
  } else if (!isAnycast(n6, dev, target)) {
    // Whether the host that we stand in for is a router, its entry says.
    const e = n6.ndTbl.proxies.lookup(n6.net, dev, target[0]!, target[1], target[2], target[3]);
    router = e !== null && (e.flags & NTF_ROUTER) !== 0;
    if (!proxied(n6, idev, target)) return done(skb);
    // The host itself, or another router, may answer first (RFC 4861 7.2.8).
    const delay = idev.ndParms.proxyDelay;
    if (!waited && toMany && delay !== 0) {
      n6.ndTbl.proxies.enqueue(idev.ndParms, skb, n6.rng.u32() % delay);
      return 0;
    }
  }
  if (dad) {
    ndiscSendNa(dev, IN6ADDR_LINKLOCAL_ALLNODES, target, router, false, ifp !== null, true);
    return done(skb);
  }
  if (toMany) n6.ndTbl.stats.rcvProbesMcast++;
  else n6.ndTbl.stats.rcvProbesUcast++;
  let n = n6.ndTbl.lookup4Counted(saddr[0]!, saddr[1]!, saddr[2]!, saddr[3]!, dev);
  if (n === null && (ll > 0 || dev.addrLen === 0 || !toMany)) {
    const made = n6.ndTbl.create(dev, saddr[0]!, saddr[1]!, saddr[2]!, saddr[3]!);
    if (typeof made !== 'number') n = made;
  }
  if (n !== null) neighUpdate(n, ll > 0 ? skb.u8 : null, ll, NUD_STALE, NEIGH_UPDATE_F_WEAK_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE, null);
  if (n !== null || dev.headerOps === null) ndiscSendNa(dev, saddr, target, router, true, ifp !== null && toMany, toMany);
  return done(skb);
}

/** An address that we stand in for on a device came, or went: questions for it go to its group (pndisc_constructor, pndisc_destructor). @alpha */
export function ndiscProxyChanged(e: PneighEntry, added: boolean): void {
  const idev = e.dev === null ? null : in6DevGet(e.dev);
  if (idev === null) return;
  const group = new Int32Array(4); // datapath-ok: configuration
  a6SolictMult(group, Int32Array.of(e.key0, e.key1, e.key2, e.key3));
  if (added) idev.net6.fn.mcInc(idev, group);
  else idev.net6.fn.mcDec(idev, group);
}

/** A solicitation for an address that we stand in for has waited long enough: `NeighTable.proxies.redo` (pndisc_redo). Consumes. @alpha */
export function ndiscRedo(skb: Skb): void {
  const idev = in6DevGet(skb.dev as NetDevice);
  if (idev === null) drop(skb, DROP.IPV6DISABLED);
  else recvNs(idev, skb, true);
}

/** Does this router stand in for the address on this link? (proxy_ndp) */
function proxied(n6: Ipv6Net, idev: Inet6Dev, target: Int32Array): boolean {
  return idev.conf(DEVCONF_FORWARDING) !== 0 && idev.confOr(DEVCONF_PROXY_NDP) && n6.pneigh(idev.dev, target);
}

/** A neighbour advertisement (ndisc_recv_na). Consumes. */
function recvNa(idev: Inet6Dev, skb: Skb): number {
  const n6 = idev.net6;
  const { dev } = idev;
  const { view, data: at, networkHeader: nh } = skb;
  if (skb.len < 24) return drop(skb, DROP.PKT_TOO_SMALL);
  const flags = skb.u8[at + 4]!;
  const solicited = (flags & 0x40) !== 0;
  const override = (flags & 0x20) !== 0;
  const router = (flags & 0x80) !== 0;
  const target = new Int32Array(4); // datapath-ok: control messages
  a6Load(target, view, at + 8);
  if (a6Multicast(target)) return drop(skb, DROP.IP_INHDR);
  a6LoadDaddr(n6.a6Tmp, view, nh);
  if (a6Multicast(n6.a6Tmp) && solicited) return drop(skb, DROP.IP_INHDR);
  if (!solicited && idev.confOr(DEVCONF_DROP_UNSOLICITED_NA)) return drop(skb, DROP.NOT_SPECIFIED);
  if (!ndOptsValid(skb, at + 24)) return drop(skb, DROP.IP_INHDR);
  const ll = ndLlOpt(skb, at + 24, ND_OPT_TARGET_LL_ADDR, dev);
  if (ll < 0) return drop(skb, DROP.IP_INHDR);
  const ifp = ipv6GetIfaddr(n6, target, dev);
  if (ifp !== null) {
    if (skb.pktType !== PACKET_LOOPBACK && (ifp.flags & IFA_F_TENTATIVE) !== 0) n6.fn.dadFailure(ifp);
    return done(skb);
  }
  let n = n6.ndTbl.lookup4Counted(target[0]!, target[1]!, target[2]!, target[3]!, dev);
  let state = solicited ? NUD_REACHABLE : NUD_STALE;
  if (n === null && ll > 0 && idev.conf(DEVCONF_ACCEPT_UNTRACKED_NA) >= 1 && idev.conf(DEVCONF_FORWARDING) !== 0) {
    // A router learns hosts before it needs them (RFC 9131).
    if (idev.conf(DEVCONF_ACCEPT_UNTRACKED_NA) === 1 || ipv6ChkAddr(n6, target, dev, false)) {
      const made = n6.ndTbl.create(dev, target[0]!, target[1]!, target[2]!, target[3]!);
      if (typeof made !== 'number') n = made;
      state = NUD_STALE;
    }
  }
  if (n === null || (n.nudState & NUD_FAILED) !== 0) return done(skb);
  // Somebody answers for an address that this router stands in for: it is not so new.
  const was = (n.flags & NTF_ROUTER) !== 0;
  neighUpdate(
    n, ll > 0 ? skb.u8 : null, ll, state,
    NEIGH_UPDATE_F_WEAK_OVERRIDE | (override ? NEIGH_UPDATE_F_OVERRIDE : 0) | NEIGH_UPDATE_F_OVERRIDE_ISROUTER | (router ? NEIGH_UPDATE_F_ISROUTER : 0), null,
  );
  if (was && (n.flags & NTF_ROUTER) === 0) rt6CleanToHost(n6, target, dev);
  return done(skb);
}

/** Receives neighbour discovery, `data` at the ICMPv6 header (ndisc_rcv). Consumes. @alpha */
export function ndiscRcv(skb: Skb): number {
  const idev = in6DevGet(skb.dev as NetDevice);
  if (idev === null) return drop(skb, DROP.IPV6DISABLED);
  if ((ip6cbFlags(skb) & IP6SKB_FRAGMENTED) !== 0 && idev.conf(DEVCONF_SUPPRESS_FRAG_NDISC) !== 0) return drop(skb, DROP.IP_INHDR);
  if (!pskbMayPull(skb, skb.len)) return drop(skb, DROP.PKT_TOO_SMALL);
  // From the link only, and for this protocol only (RFC 4861 6.1, 7.1).
  if (ip6HopLimit(skb.view, skb.networkHeader) !== 255 || skb.u8[skb.data + 1] !== 0) return drop(skb, DROP.IP_INHDR);
  switch (skb.u8[skb.data]) {
    case NDISC_NEIGHBOUR_SOLICITATION:
      return recvNs(idev, skb);
    case NDISC_NEIGHBOUR_ADVERTISEMENT:
      return recvNa(idev, skb);
    case NDISC_ROUTER_SOLICITATION:
      return ndiscRecvRs(idev, skb);
    case NDISC_ROUTER_ADVERTISEMENT:
      return ndiscRouterDiscovery(idev, skb);
    case NDISC_REDIRECT:
      return ndiscRedirectRcv(idev, skb);
    default:
      return drop(skb, DROP.UNHANDLED_PROTO);
  }
}

