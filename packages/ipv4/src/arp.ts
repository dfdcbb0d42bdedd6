/**
 * The Address Resolution Protocol (RFC 826, RFC 5227; arp(7)): asking for and answering with link-layer addresses.
 */
import { EINVAL, timeAfter } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { NFPROTO_ARP, NET_RX_SUCCESS, devQueueXmit, dstLinkFailure, llReservedSpace, nfHook, skbDev } from '@linnet/netdev';
import type { NetDevice, PacketType } from '@linnet/netdev';
import {
  NEIGH_UPDATE_F_OVERRIDE, NUD_VALID, neighConnectedOutput, neighDirectOutput, neighEventNs, neighResolveOutput, neighUpdate,
} from '@linnet/neigh';
import type { NeighOps, NeighParms, NeighTableOps, Neighbour } from '@linnet/neigh';
import { DROP, PACKET_HOST, PACKET_LOOPBACK, PACKET_OTHERHOST, allocSkb, consumeSkb, kfreeSkbReason, pskbMayPull, skbPut, skbReserve, skbShareCheck } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  AF_INET, ARPHDR_LEN, ARPHRD_ETHER, ARPHRD_IEEE802, ARPOP_REPLY, ARPOP_REQUEST, ETH_P_ARP, ETH_P_IP, IFF_LOOPBACK, IFF_NOARP, IFF_POINTOPOINT,
  IPV4_DEVCONF_ARP_ACCEPT, IPV4_DEVCONF_ARP_ANNOUNCE, IPV4_DEVCONF_ARP_IGNORE, IPV4_DEVCONF_ARPFILTER, IPV4_DEVCONF_DROP_GRATUITOUS_ARP,
  IPV4_DEVCONF_MEDIUM_ID, IPV4_DEVCONF_PROXY_ARP, IPV4_DEVCONF_PROXY_ARP_PVLAN, IPV4_DEVCONF_ROUTE_LOCALNET, NUD_NOARP, NUD_REACHABLE, NUD_STALE, RTM_GETNEIGH, RT_SCOPE_HOST, RT_SCOPE_LINK, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST,
  RTN_UNICAST, iphSaddr,
  ipv4IsLoopback, ipv4IsMulticast,
} from '@linnet/uapi';
import { inetAddrOnlink, inetConfirmAddr, inetSelectAddr } from './devinet-select.ts';
import { inetAddrType, inetAddrTypeDevTable } from './fib-addr-type.ts';
import { ipEthMcMap } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { inDevGet } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipRouteInput } from './route-input.ts';
import { ipRouteOutputKey } from './route-output.ts';
import type { Rtable } from './rtable.ts';

/** ARP hook of netfilter: received packets. @alpha */
export const NF_ARP_IN = 0;
/** ARP hook of netfilter: packets to be sent. @alpha */
export const NF_ARP_OUT = 1;

/** Length of an ARP packet for this device: header, and twice a hardware and an IPv4 address. */
function arpHdrLen(dev: NetDevice): number {
  return ARPHDR_LEN + 2 * (dev.addrLen + 4);
}

/** The hardware type to announce for a device. */
function arpHrd(dev: NetDevice): number {
  return dev.type;
}

function copyTo(skb: Skb, at: number, src: Uint8Array | null, srcOff: number, n: number): void {
  const { u8 } = skb;
  for (let i = 0; i < n; i++) u8[at + i] = src === null ? 0 : src[srcOff + i]!;
}

/**
 * Makes an ARP packet with its link-layer header (`arp_create`). `destHw` null: to all; `targetHw` null: zeros in the packet. The addresses
 * are `addrLen` bytes at the start of the arrays. null when the header cannot be written.
 * @alpha
 */
export function arpCreate(op: number, dev: NetDevice, destIp: number, srcIp: number, destHw: Uint8Array | null, srcHw: Uint8Array | null, targetHw: Uint8Array | null): Skb | null {
  const room = llReservedSpace(dev);
  const len = arpHdrLen(dev);
  const skb = allocSkb(dev.pool, room + len + dev.neededTailroom);
  skbReserve(skb, room);
  const at = skbPut(skb, len);
  skb.networkHeader = at;
  skb.dev = dev;
  skb.protocol = ETH_P_ARP;
  const { view } = skb;
  view.setUint16(at, arpHrd(dev));
  view.setUint16(at + 2, ETH_P_IP);
  view.setUint8(at + 4, dev.addrLen);
  view.setUint8(at + 5, 4);
  view.setUint16(at + 6, op);
  let p = at + 8;
  const n = dev.addrLen;
  copyTo(skb, p, srcHw ?? dev.devAddr, 0, n);
  p += n;
  view.setInt32(p, srcIp);
  p += 4;
  copyTo(skb, p, targetHw, 0, n);
  p += n;
  view.setInt32(p, destIp);
  if (dev.headerOps !== null && dev.headerOps.create(skb, dev, ETH_P_ARP, destHw ?? dev.broadcast, srcHw ?? dev.devAddr, skb.len) < 0) {
    kfreeSkbReason(skb, DROP.DEV_HDR);
    return null;
  }
  return skb;
}

function xmitFinish(_net: Net, _sk: object | null, skb: Skb): number {
  return devQueueXmit(skb);
}

/** Sends an ARP packet through the output hook. Consumes it (`arp_xmit`). @alpha */
export function arpXmit(skb: Skb): void {
  const dev = skbDev(skb)!;
  nfHook(NFPROTO_ARP, NF_ARP_OUT, dev.net, null, skb, null, dev, xmitFinish);
}

/** Makes and sends an ARP packet, unless the device has no ARP (`arp_send`). @alpha */
export function arpSend(op: number, destIp: number, dev: NetDevice, srcIp: number, destHw: Uint8Array | null, srcHw: Uint8Array | null, targetHw: Uint8Array | null): void {
  if ((dev.flags & IFF_NOARP) !== 0) return;
  const skb = arpCreate(op, dev, destIp, srcIp, destHw, srcHw, targetHw);
  if (skb !== null) arpXmit(skb);
}

/** Announces an address: a request for itself (RFC 5227 2.3). @alpha */
export function arpAnnounce(dev: NetDevice, addr: number): void {
  arpSend(ARPOP_REQUEST, addr, dev, addr, null, dev.devAddr, null);
}

/** Asks for a neighbour (`arp_solicit`): which source is shown depends on `arp_announce`. */
function arpSolicit(n: Neighbour, skb: Skb | null): void {
  const { dev, key0: target, parms } = n;
  const indev = inDevGet(dev);
  if (indev === null) return;
  const { net4: n4 } = indev;
  let saddr = 0;
  const announce = indev.confMax(IPV4_DEVCONF_ARP_ANNOUNCE);
  if (announce < 2 && skb !== null && skb.networkHeader >= 0) {
    const s = iphSaddr(skb.view, skb.networkHeader);
    if (inetAddrTypeDevTable(n4, dev, s) === RTN_LOCAL && (announce === 0 || inetAddrOnlink(indev, target, s))) saddr = s;
  }
  if (saddr === 0) saddr = inetSelectAddr(dev, target, RT_SCOPE_LINK);
  let probes = n.probes - parms.ucastProbes;
  if (probes < 0) {
    arpSend(ARPOP_REQUEST, target, dev, saddr, n.ha, dev.devAddr, null);
    return;
  }
  probes -= parms.appProbes;
  if (probes < 0) {
    n4.arpTbl.notify?.(n, RTM_GETNEIGH, null);
    return;
  }
  arpSend(ARPOP_REQUEST, target, dev, saddr, null, dev.devAddr, null);
}

/** Nobody answered: the sender hears «host unreachable» (`arp_error_report`). */
function arpErrorReport(_n: Neighbour, skb: Skb): void {
  dstLinkFailure(skb);
  kfreeSkbReason(skb, DROP.NEIGH_FAILED);
}

const ARP_OPS: NeighOps = Object.freeze({
  family: AF_INET,
  solicit: arpSolicit,
  errorReport: arpErrorReport,
  output: neighResolveOutput,
  connectedOutput: neighConnectedOutput,
});

const ARP_DIRECT_OPS: NeighOps = Object.freeze({
  family: AF_INET,
  solicit: arpSolicit,
  errorReport: arpErrorReport,
  output: neighDirectOutput,
  connectedOutput: neighDirectOutput,
});

function setHa(n: Neighbour, src: Uint8Array): void {
  for (let i = 0; i < n.dev.addrLen; i++) n.ha[i] = src[i]!;
}

/** Decides how a new neighbour is found (`arp_constructor`): groups and broadcasts need no question. */
function arpConstructor(n: Neighbour): number {
  const { dev } = n;
  const indev = inDevGet(dev);
  if (indev === null) return -EINVAL;
  n.type = inetAddrTypeDevTable(indev.net4, dev, n.key0);
  if (dev.headerOps === null) {
    n.nudState = NUD_NOARP;
    n.ops = ARP_DIRECT_OPS;
    n.output = neighDirectOutput;
    return 0;
  }
  if (n.type === RTN_MULTICAST) {
    n.nudState = NUD_NOARP;
    if (dev.type === ARPHRD_ETHER || dev.type === ARPHRD_IEEE802) ipEthMcMap(n.key0, n.ha);
    else setHa(n, dev.broadcast);
  } else if ((dev.flags & (IFF_NOARP | IFF_LOOPBACK)) !== 0) {
    n.nudState = NUD_NOARP;
    setHa(n, dev.devAddr);
  } else if (n.type === RTN_BROADCAST || (dev.flags & IFF_POINTOPOINT) !== 0) {
    n.nudState = NUD_NOARP;
    setHa(n, dev.broadcast);
  }
  n.output = (n.nudState & NUD_VALID) !== 0 ? n.ops.connectedOutput : n.ops.output;
  return 0;
}

/** The ARP table, for `NeighTables.add`. @alpha */
export const ARP_TABLE_OPS: NeighTableOps = Object.freeze({
  family: AF_INET,
  protocol: ETH_P_IP,
  id: 'arp_cache',
  sysctlDir: 'ipv4',
  keyWords: 1,
  construct: arpConstructor,
  ops: ARP_OPS,
  parms(dev: NetDevice): NeighParms | null {
    const indev = inDevGet(dev);
    return indev === null ? null : indev.arpParms;
  },
  keyOn(dev: NetDevice, key0: number): number {
    return (dev.flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) !== 0 ? 0 : key0;
  },
  isMulticast(n: Neighbour): boolean {
    return ipv4IsMulticast(n.key0);
  },
});

/** Must a request be left unanswered? (`arp_ignore`) */
function arpIgnore(indev: InDevice, sip: number, tip: number): boolean {
  let on: InDevice | null = indev;
  let scope = RT_SCOPE_HOST;
  let from = 0;
  switch (indev.confMax(IPV4_DEVCONF_ARP_IGNORE)) {
    case 1: // only addresses of this interface
      break;
    case 2: // and the asker is in their subnet
      from = sip;
      break;
    case 3: // no addresses of host scope
      scope = RT_SCOPE_LINK;
      on = null;
      break;
    case 8:
      return true;
    default:
      return false;
  }
  return inetConfirmAddr(indev.dev.net, on, from, tip, scope) === 0;
}

/** Would packets to the asker leave by another device? (`arp_filter`) */
function arpFilter(n4: Ipv4Net, sip: number, tip: number, dev: NetDevice): boolean {
  const fl = n4.flPmtu;
  fl.oif = 0;
  fl.mark = 0;
  fl.tos = 0;
  fl.scope = 0;
  fl.proto = 0;
  fl.flags = 0;
  fl.daddr = sip;
  fl.saddr = tip;
  const rt = ipRouteOutputKey(n4, fl);
  return rt === null || rt.dev !== dev;
}

/** Does `arp_accept` let unknown senders in? 1: all, 2: those of a subnet of the interface. */
function arpAccept(indev: InDevice, sip: number): boolean {
  const v = indev.confMax(IPV4_DEVCONF_ARP_ACCEPT);
  return v === 1 || (v === 2 && inetAddrOnlink(indev, sip, 0));
}

function sameHw(skb: Skb, a: number, b: number, n: number): boolean {
  for (let i = 0; i < n; i++) if (skb.u8[a + i] !== skb.u8[b + i]) return false;
  return true;
}

function drop(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return NET_RX_SUCCESS;
}

/** The sender's hardware address, in an array of its own: answers outlive the packet. */
function hwOf(n4: Ipv4Net, skb: Skb, at: number, n: number): Uint8Array {
  const ha = n4.arpHa;
  for (let i = 0; i < n; i++) ha[i] = skb.u8[at + i]!;
  return ha;
}

/** In `cb1`: a question that waited for its turn to be answered (LOCALLY_ENQUEUED). */
const REDONE = 1;

/** Does this machine answer for `tip`, to which `rt` leads? (arp_fwd_proxy, arp_fwd_pvlan, proxy entries) */
function proxies(n4: Ipv4Net, indev: InDevice, rt: Rtable, sip: number, tip: number): boolean {
  const { dev } = indev;
  // Who asks for its own address only tells it (RFC 5227 section 2.3).
  if (rt.dev === dev) return sip !== tip && indev.conf(IPV4_DEVCONF_PROXY_ARP_PVLAN) !== 0;
  if (indev.confOr(IPV4_DEVCONF_PROXY_ARP) !== 0) {
    // Interfaces on one medium hear each other's hosts; -1 is a medium of which nobody answers.
    const medium = indev.conf(IPV4_DEVCONF_MEDIUM_ID);
    if (medium === 0) return true;
    const other = inDevGet(rt.dev)?.conf(IPV4_DEVCONF_MEDIUM_ID) ?? -1;
    if (medium !== -1 && other !== medium && other !== -1) return true;
  }
  return n4.arpTbl.proxies.lookup(n4.net, dev, tip) !== null;
}

/** A question whose delay is over. Consumes it. @alpha */
export function arpRedo(skb: Skb): void {
  arpProcess(skbDev(skb)!.net, null, skb);
}

/** Handles a complete ARP packet behind the input hook. Consumes it (`arp_process`). */
function arpProcess(_net: Net, _sk: object | null, skb: Skb): number {
  const dev = skbDev(skb)!;
  const indev = inDevGet(dev);
  if (indev === null) return drop(skb, DROP.NETDEV_DOWN);
  const { net4: n4 } = indev;
  const { view, networkHeader: nh } = skb;
  const hrd = view.getUint16(nh);
  const ethernet = dev.type === ARPHRD_ETHER;
  if (view.getUint16(nh + 2) !== ETH_P_IP || (ethernet ? hrd !== ARPHRD_ETHER && hrd !== ARPHRD_IEEE802 : hrd !== dev.type)) return drop(skb, DROP.ARP_HDR);
  const op = view.getUint16(nh + 6);
  if (op !== ARPOP_REQUEST && op !== ARPOP_REPLY) return drop(skb, DROP.ARP_HDR);
  const n = dev.addrLen;
  const sha = nh + 8;
  const sip = view.getInt32(sha + n);
  const tha = sha + n + 4;
  const tip = view.getInt32(tha + n);
  // Nobody may claim a group, and nobody outside may ask for 127.0.0.0/8.
  if (ipv4IsMulticast(tip) || (ipv4IsLoopback(tip) && indev.confOr(IPV4_DEVCONF_ROUTE_LOCALNET) === 0)) return drop(skb, DROP.ARP_FILTER);
  if (sip === tip && indev.confOr(IPV4_DEVCONF_DROP_GRATUITOUS_ARP) !== 0) return drop(skb, DROP.ARP_FILTER);

  if (sip === 0) {
    // Duplicate address detection (RFC 5227): defend ours, learn nothing.
    if (op === ARPOP_REQUEST && inetAddrType(n4.net, tip) === RTN_LOCAL && !arpIgnore(indev, sip, tip)) {
      const ha = hwOf(n4, skb, sha, n);
      arpSend(ARPOP_REPLY, sip, dev, tip, ha, dev.devAddr, ha);
    }
    consumeSkb(skb);
    return NET_RX_SUCCESS;
  }

  if (op === ARPOP_REQUEST && ipRouteInput(skb, tip, sip, 0, dev) === 0) {
    const rt = skb.dst as Rtable;
    if (rt.rtType === RTN_LOCAL) {
      const silent = arpIgnore(indev, sip, tip) || (indev.confOr(IPV4_DEVCONF_ARPFILTER) !== 0 && arpFilter(n4, sip, tip, dev));
      if (!silent && neighEventNs(n4.arpTbl, skb.u8, sha, dev, sip) !== null) {
        const ha = hwOf(n4, skb, sha, n);
        arpSend(ARPOP_REPLY, sip, dev, tip, ha, dev.devAddr, ha);
      }
      consumeSkb(skb);
      return NET_RX_SUCCESS;
    }
    // A router may stand in for hosts behind its other interfaces (RFC 1027).
    if (indev.forward() && rt.rtType === RTN_UNICAST && proxies(n4, indev, rt, sip, tip)) {
      const known = neighEventNs(n4.arpTbl, skb.u8, sha, dev, sip) !== null;
      const delay = indev.arpParms.proxyDelay;
      if (known && skb.pktType !== PACKET_HOST && delay !== 0 && skb.cb1 !== REDONE) {
        // The host itself, or a better router, may answer first.
        skb.cb1 = REDONE;
        n4.arpTbl.proxies.enqueue(indev.arpParms, skb, n4.arpTbl.rng.below(delay));
        return NET_RX_SUCCESS;
      }
      if (known) {
        const ha = hwOf(n4, skb, sha, n);
        arpSend(ARPOP_REPLY, sip, dev, tip, ha, dev.devAddr, ha);
      }
      consumeSkb(skb);
      return NET_RX_SUCCESS;
    }
  }
  learn(n4, indev, skb, op, sip, tip, sha, tha);
  consumeSkb(skb);
  return NET_RX_SUCCESS;
}

/** Takes the sender's address into the table if it is there already, or if `arp_accept` wants it. */
function learn(n4: Ipv4Net, indev: InDevice, skb: Skb, op: number, sip: number, tip: number, sha: number, tha: number): void {
  const { dev } = indev;
  const tbl = n4.arpTbl;
  let n = tbl.lookupCounted(sip, dev);
  const accept = arpAccept(indev, sip);
  if (n === null && !accept) return;
  const unicast = inetAddrTypeDevTable(n4, dev, sip) === RTN_UNICAST;
  // A gratuitous reply names its own hardware address twice.
  const garp = sip === tip && unicast && (op === ARPOP_REQUEST || sameHw(skb, sha, tha, dev.addrLen));
  if (n === null) {
    if (!garp && (op !== ARPOP_REPLY || !unicast)) return;
    const made = tbl.create(dev, sip);
    if (typeof made === 'number') return;
    n = made;
  }
  // Of several answers in a row the first counts: proxies are slower than the host itself.
  const override = garp || timeAfter(n4.kernel.jiffies, (n.updated + n.parms.locktime) | 0);
  const state = op === ARPOP_REPLY && skb.pktType === PACKET_HOST ? NUD_REACHABLE : NUD_STALE;
  neighUpdate(n, skb.u8, sha, state, override ? NEIGH_UPDATE_F_OVERRIDE : 0, null);
}

/** Receives an ARP packet, `data` at its header: the `func` of the packet type. Consumes it (`arp_rcv`). @alpha */
export function arpRcv(skb: Skb, dev: NetDevice, _pt: PacketType, _orig: NetDevice): number {
  if ((dev.flags & IFF_NOARP) !== 0 || skb.pktType === PACKET_OTHERHOST || skb.pktType === PACKET_LOOPBACK) {
    if (skb.pktType === PACKET_OTHERHOST) return drop(skb, DROP.OTHERHOST);
    consumeSkb(skb);
    return NET_RX_SUCCESS;
  }
  const own = skbShareCheck(skb);
  if (!pskbMayPull(own, arpHdrLen(dev))) return drop(own, DROP.PKT_TOO_SMALL);
  const nh = own.data;
  own.networkHeader = nh;
  own.cb1 = 0;
  if (own.u8[nh + 4] !== dev.addrLen || own.u8[nh + 5] !== 4) return drop(own, DROP.ARP_HDR);
  return nfHook(NFPROTO_ARP, NF_ARP_IN, dev.net, null, own, dev, null, arpProcess);
}
