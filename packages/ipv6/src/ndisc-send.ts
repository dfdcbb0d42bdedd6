/** Sending the messages of neighbour discovery (RFC 4861 4). */
import type { NetDevice } from '@linnet/netdev';
import { dstMtu, llReservedSpace, nfHook, NFPROTO_IPV6, NF_INET_LOCAL_OUT, dstOutput } from '@linnet/netdev';
import { inetPeerXrlimAllow } from '@linnet/inet';
import { NUD_VALID } from '@linnet/neigh';
import { allocSkb, skbChecksum, skbCopyBits, skbPush, skbPut, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { csumFold } from '@linnet/kernel';
import {
  DEVCONF_FORCE_TLLAO, DEVCONF_NDISC_TCLASS, ETH_P_IPV6, IFA_F_OPTIMISTIC, IFA_F_TENTATIVE, IPPROTO_ICMPV6, IPV6HDR_LEN, IPV6_MIN_MTU, NDISC_NEIGHBOUR_ADVERTISEMENT,
  NDISC_NEIGHBOUR_SOLICITATION, NDISC_REDIRECT, NDISC_ROUTER_SOLICITATION, ip6FlowHdr, ip6SetHopLimit, ip6SetNexthdr, ip6SetPayloadLen,
} from '@linnet/uapi';
import { a6Any, a6EqualAt, a6LoadSaddr, a6Store, IN6ADDR_LINKLOCAL_ALLNODES } from './addr6.ts';
import { ipv6GetIfaddr, ipv6GetLladdr } from './addr-find.ts';
import { csum6Pseudo } from './csum6.ts';
import { ctlAlloc, ctlSend, icmp6OutCount } from './ctl-send.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { ip6cbClear } from './ip6-cb.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { RTF_GATEWAY } from './route6-const.ts';
import { ip6RouteOutputFlags } from './route6.ts';
import { rt6NeighKnown } from './route6-neigh.ts';
import type { Rt6Info } from './rt6-info.ts';

/** Options of neighbour discovery: the sender's link-layer address. @alpha */
export const ND_OPT_SOURCE_LL_ADDR = 1;
/** The target's. @alpha */
export const ND_OPT_TARGET_LL_ADDR = 2;
/** A prefix. @alpha */
export const ND_OPT_PREFIX_INFO = 3;
/** The packet that a redirect is about. @alpha */
export const ND_OPT_REDIRECT_HDR = 4;
/** The link's MTU. @alpha */
export const ND_OPT_MTU = 5;
/** A nonce (RFC 3971, RFC 7527). @alpha */
export const ND_OPT_NONCE = 14;
/** A more specific route (RFC 4191). @alpha */
export const ND_OPT_ROUTE_INFO = 24;

/** Bytes of a link-layer address option: a multiple of 8. */
function llOptLen(dev: NetDevice): number {
  return (dev.addrLen + 2 + 7) & ~7;
}

function putLlOpt(skb: Skb, at: number, type: number, dev: NetDevice, ha: Uint8Array): void {
  const { u8 } = skb;
  u8[at] = type;
  u8[at + 1] = llOptLen(dev) >> 3;
  for (let i = 0; i < dev.addrLen; i++) u8[at + 2 + i] = ha[i]!;
}

function tclass(idev: Inet6Dev): number {
  return idev.conf(DEVCONF_NDISC_TCLASS) & 0xff;
}

/** Sends a neighbour solicitation (ndisc_send_ns). `saddr` null lets it choose one; without any nothing is sent. @alpha */
export function ndiscSendNs(dev: NetDevice, target: Int32Array, daddr: Int32Array, saddr: Int32Array | null, nonce: Uint8Array | null): void {
  const idev = in6DevGet(dev);
  if (idev === null) return;
  const from = saddr ?? ipv6GetLladdr(idev, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
  if (from === null) return;
  const withLl = !a6Any(from) && dev.addrLen > 0;
  const skb = ctlAlloc(dev, 24 + (withLl ? llOptLen(dev) : 0) + (nonce === null ? 0 : 8), 0);
  const at = skb.data;
  skb.u8[at] = NDISC_NEIGHBOUR_SOLICITATION;
  a6Store(skb.view, at + 8, target);
  let o = at + 24;
  if (withLl) {
    putLlOpt(skb, o, ND_OPT_SOURCE_LL_ADDR, dev, dev.devAddr);
    o += llOptLen(dev);
  }
  if (nonce !== null) {
    skb.u8[o] = ND_OPT_NONCE;
    skb.u8[o + 1] = 1;
    for (let i = 0; i < 6; i++) skb.u8[o + 2 + i] = nonce[i]!;
  }
  ctlSend(skb, from, daddr, 255, tclass(idev), false);
}

/** Sends a neighbour advertisement (ndisc_send_na): from the target itself if that is ours and usable, else from another address. @alpha */
export function ndiscSendNa(dev: NetDevice, daddr: Int32Array, target: Int32Array, router: boolean, solicited: boolean, override: boolean, withLladdr: boolean): void {
  const idev = in6DevGet(dev);
  if (idev === null) return;
  const n6 = idev.net6;
  const ifp = ipv6GetIfaddr(n6, target, dev);
  let from: Int32Array | null = target;
  let o = override;
  if (ifp !== null) {
    // An optimistic address must not take the place of another's (RFC 4429 3.3).
    if ((ifp.flags & IFA_F_OPTIMISTIC) !== 0) o = false;
  } else {
    from = n6.fn.getSaddr(n6, dev, daddr, 0);
    if (from === null) return;
  }
  const ll = dev.addrLen > 0 && (withLladdr || idev.confOr(DEVCONF_FORCE_TLLAO));
  const to = a6Any(daddr) ? IN6ADDR_LINKLOCAL_ALLNODES : daddr;
  const skb = ctlAlloc(dev, 24 + (ll ? llOptLen(dev) : 0), 0);
  const at = skb.data;
  skb.u8[at] = NDISC_NEIGHBOUR_ADVERTISEMENT;
  skb.u8[at + 4] = (router ? 0x80 : 0) | (solicited ? 0x40 : 0) | (o ? 0x20 : 0);
  a6Store(skb.view, at + 8, target);
  if (ll) putLlOpt(skb, at + 24, ND_OPT_TARGET_LL_ADDR, dev, dev.devAddr);
  ctlSend(skb, from, to, 255, tclass(idev), false);
}

/** Sends a router solicitation (ndisc_send_rs). From an optimistic address it has no link-layer address (RFC 4429 3.2). @alpha */
export function ndiscSendRs(dev: NetDevice, saddr: Int32Array, daddr: Int32Array): void {
  const idev = in6DevGet(dev);
  if (idev === null) return;
  let ll = dev.addrLen > 0 && !a6Any(saddr);
  const ifp = ipv6GetIfaddr(idev.net6, saddr, dev);
  if (ifp !== null && (ifp.flags & IFA_F_OPTIMISTIC) !== 0) ll = false;
  const skb = ctlAlloc(dev, 8 + (ll ? llOptLen(dev) : 0), 0);
  const at = skb.data;
  skb.u8[at] = NDISC_ROUTER_SOLICITATION;
  if (ll) putLlOpt(skb, at + 8, ND_OPT_SOURCE_LL_ADDR, dev, dev.devAddr);
  ctlSend(skb, saddr, daddr, 255, tclass(idev), false);
}

/** Tells the sender of a forwarded packet of a better first hop (ndisc_send_redirect, RFC 4861 8.2). The packet stays the caller's. @alpha */
export function ndiscSendRedirect(skb: Skb, target: Int32Array): void {
  const dev = skb.dev as NetDevice;
  const idev = in6DevGet(dev);
  if (idev === null) return;
  const n6: Ipv6Net = idev.net6;
  const from = ipv6GetLladdr(idev, IFA_F_TENTATIVE);
  if (from === null) return;
  const nh = skb.networkHeader;
  // The target of a redirect to a router is its link-local address; else it is the destination itself.
  if (!a6EqualAt(target, skb.view, nh + 24) && target[0]! >>> 22 !== 0x3fa) return;
  const to = new Int32Array(4); // datapath-ok: rare, and limited
  a6LoadSaddr(to, skb.view, nh);
  const fl = n6.flCtl;
  fl.daddr6 = to;
  fl.saddr6 = from;
  fl.oif = dev.ifindex;
  fl.flags = 0;
  fl.mark = skb.mark;
  const back = ip6RouteOutputFlags(n6, fl, true);
  if (back === null || (back.rtFlags & RTF_GATEWAY) !== 0) return;
  if (!inetPeerXrlimAllow(n6.net, n6.peers.get(n6.net, to), 1000)) return;
  const n = rt6NeighKnown(skb.dst as Rt6Info, target);
  const ll = dev.addrLen > 0 && n !== null && (n.nudState & NUD_VALID) !== 0;
  const optLen = ll ? llOptLen(dev) : 0;
  // As much of the packet as the smallest MTU takes.
  const room = Math.min(dstMtu(back), IPV6_MIN_MTU) - IPV6HDR_LEN - 40 - optLen;
  const quoted = Math.min(room, skb.len + 8) & ~7;
  const len = 40 + optLen + quoted;
  const head = llReservedSpace(dev) + IPV6HDR_LEN;
  const out = allocSkb(dev.pool, head + len);
  skbReserve(out, head);
  const at = skbPut(out, len);
  out.transportHeader = at;
  out.u8.fill(0, at, at + len);
  out.dev = dev;
  out.protocol = ETH_P_IPV6;
  out.u8[at] = NDISC_REDIRECT;
  a6Store(out.view, at + 8, target);
  for (let i = 0; i < 16; i++) out.u8[at + 24 + i] = skb.u8[nh + 24 + i]!;
  let o = at + 40;
  if (ll) {
    putLlOpt(out, o, ND_OPT_TARGET_LL_ADDR, dev, n!.ha);
    o += optLen;
  }
  out.u8[o] = ND_OPT_REDIRECT_HDR;
  out.u8[o + 1] = quoted >> 3;
  skbCopyBits(skb, nh - skb.data, out.u8, o + 8, quoted - 8);
  out.view.setUint16(at + 2, csumFold(csum6Pseudo(from, to, len, IPPROTO_ICMPV6, skbChecksum(out, 0, len, 0))));
  const h = skbPush(out, IPV6HDR_LEN);
  out.networkHeader = h;
  ip6FlowHdr(out.view, h, tclass(idev), 0);
  ip6SetPayloadLen(out.view, h, len);
  ip6SetNexthdr(out.view, h, IPPROTO_ICMPV6);
  ip6SetHopLimit(out.view, h, 255);
  a6Store(out.view, h + 8, from);
  a6Store(out.view, h + 24, to);
  ip6cbClear(out);
  out.dst = back;
  icmp6OutCount(idev, n6, NDISC_REDIRECT);
  nfHook(NFPROTO_IPV6, NF_INET_LOCAL_OUT, n6.net, null, out, null, dev, dstOutput);
}
