/** Answering for neighbours that the bridge knows, so that ports need not be flooded (br_arp_nd_proxy.c; RFC 7432, 10). */
import { csumAdd, csumFold, csumPartial } from '@linnet/kernel';
import { devQueueXmit, type NetDevice, netifRx, skbVlanClearTag, skbVlanPutTag } from '@linnet/netdev';
import { allocSkb, PACKET_HOST, pskbMayPull, type Skb, skbPullUnchecked, skbPut, skbReserve } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, ARPOP_REPLY, ARPOP_REQUEST, ETH_ALEN, ETH_HLEN, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, etherAddrCopy, IFF_NOARP, IPPROTO_ICMPV6, NDISC_NEIGHBOUR_ADVERTISEMENT,
  NDISC_NEIGHBOUR_SOLICITATION,
} from '@linnet/uapi';
import { BR_NEIGH_SUPPRESS, BR_NEIGH_VLAN_SUPPRESS, BR_PROXYARP, BR_PROXYARP_WIFI, type Bridge, type BridgePort } from './br.ts';
import { CB_PROXYARP_REPLIED } from './br-cb.ts';
import { vlanFindDev } from '../vlan/vlan.ts';
import { fdbFind } from './br-fdb.ts';

/** Does the port keep requests for known neighbours away (br_is_neigh_suppress_enabled)? */
export function neighSuppressEnabled(p: BridgePort | null, vid: number): boolean {
  if (p === null) return false;
  if (vid === 0) return (p.flags & BR_NEIGH_SUPPRESS) !== 0;
  if ((p.flags & BR_NEIGH_VLAN_SUPPRESS) !== 0) return p.vlans.vlans.get(vid)?.neighSuppress ?? false;
  return (p.flags & BR_NEIGH_SUPPRESS) !== 0;
}

/** Counts whether any port does, so that the others cost nothing (br_recalculate_neigh_suppress_enabled). */
export function neighSuppressRecalculate(br: Bridge): void {
  br.neighSuppressEnabled = br.ports.some((p) => (p.flags & (BR_NEIGH_SUPPRESS | BR_NEIGH_VLAN_SUPPRESS)) !== 0);
}

/** The device on the bridge that has addresses in a VLAN: the bridge itself without one. */
function vlanDev(br: Bridge, skb: Skb, vid: number): NetDevice | null {
  if (vid === 0) return br.dev;
  const proto = skb.vlanProto !== 0 ? skb.vlanProto : br.vlanProto;
  return vlanFindDev(br.dev, proto, vid);
}

/** Is it one of the bridge's own addresses, or of the devices on it (br_is_local_ip)? */
function isLocalIp(dev: NetDevice, ip: number): boolean {
  const sd = dev.sd;
  return sd.inetSelectAddr !== null && sd.inetSelectAddr(dev) === ip;
}

/** Sends a frame to the port where it came from, or to the bridge itself. */
function reply(br: Bridge, p: BridgePort | null, skb: Skb, vid: number): void {
  if (p === null) {
    // Asked by this host: it hears the answer.
    skb.dev = br.dev;
    skb.pktType = PACKET_HOST;
    skb.macHeader = skb.data;
    skbPullUnchecked(skb, ETH_HLEN);
    skb.networkHeader = skb.data;
    if (vid !== 0) skbVlanPutTag(skb, br.vlanProto, vid);
    netifRx(skb);
    return;
  }
  skb.dev = p.dev;
  if (vid !== 0 && vid !== p.vlans.pvid) skbVlanPutTag(skb, br.vlanProto, vid);
  else skbVlanClearTag(skb);
  devQueueXmit(skb);
}

function newFrame(br: Bridge, len: number, dst: Uint8Array, dstOff: number, src: Uint8Array, proto: number): Skb {
  const skb = allocSkb(br.dev.pool, 64 + ETH_HLEN + len);
  skbReserve(skb, 64);
  const at = skbPut(skb, ETH_HLEN + len);
  skb.u8.fill(0, at, at + ETH_HLEN + len);
  etherAddrCopy(skb.u8, at, dst, dstOff);
  etherAddrCopy(skb.u8, at + ETH_ALEN, src, 0);
  skb.view.setUint16(at + 12, proto);
  skb.protocol = proto;
  skb.macHeader = at;
  skb.networkHeader = at + ETH_HLEN;
  return skb;
}

/** May the neighbour at this address be answered for, given where it is? */
function answers(br: Bridge, p: BridgePort | null, ha: Uint8Array, vid: number): number {
  const f = fdbFind(br, ha, 0, vid);
  if (f === null) return 0;
  const wifi = f.dst !== null && (f.dst.flags & BR_PROXYARP_WIFI) !== 0;
  return (p !== null && (p.flags & BR_PROXYARP) !== 0) || wifi || neighSuppressEnabled(f.dst, vid) ? 2 : 1;
}

/** Looks at an ARP packet: answers it, or marks it as not to be flooded (br_do_proxy_suppress_arp). `data` at the ARP header. */
export function doProxySuppressArp(br: Bridge, skb: Skb, vid: number, p: BridgePort | null): void {
  skb.cb0 &= ~CB_PROXYARP_REPLIED;
  const dev = br.dev;
  if ((dev.flags & IFF_NOARP) !== 0 || !pskbMayPull(skb, 28)) return;
  const { view } = skb;
  const at = skb.data;
  if (view.getUint16(at) !== 1 || view.getUint16(at + 2) !== ETH_P_IP || skb.u8[at + 4] !== ETH_ALEN || skb.u8[at + 5] !== 4) return;
  const op = view.getUint16(at + 6);
  const sip = view.getInt32(at + 14);
  const tip = view.getInt32(at + 24);
  if (tip >>> 24 === 127 || tip >>> 28 === 14) return;
  const suppress = br.neighSuppressEnabled;
  if (suppress) {
    if (neighSuppressEnabled(p, vid)) return;
    if (op !== 3 && op !== 4 && (sip === 0 || sip === tip)) {
      // An announcement: everybody behind quiet ports has heard of it by other ways.
      skb.cb0 |= CB_PROXYARP_REPLIED;
      return;
    }
  }
  if (op !== ARPOP_REQUEST) return;
  const vdev = vlanDev(br, skb, vid);
  if (vdev === null) return;
  if (suppress && isLocalIp(vdev, tip)) {
    skb.cb0 |= CB_PROXYARP_REPLIED;
    return;
  }
  const ha = dev.sd.neighLookup?.(vdev, AF_INET, tip, 0, 0, 0) ?? null;
  if (ha === null) return;
  const a = answers(br, p, ha, vid);
  if (a === 0) return;
  if (a === 2) {
    const r = newFrame(br, 28, skb.u8, at + 8, ha, ETH_P_ARP);
    const o = r.data + ETH_HLEN;
    r.view.setUint32(o, 0x00010800);
    r.view.setUint16(o + 4, 0x0604);
    r.view.setUint16(o + 6, ARPOP_REPLY);
    etherAddrCopy(r.u8, o + 8, ha, 0);
    r.view.setInt32(o + 14, tip);
    etherAddrCopy(r.u8, o + 18, skb.u8, at + 8);
    r.view.setInt32(o + 24, sip);
    reply(br, p, r, vid);
  }
  if (a === 2 || suppress) skb.cb0 |= CB_PROXYARP_REPLIED;
}

/** Is it a neighbour solicitation or advertisement? The offset of its ICMPv6 header from `data`, or -1. */
export function ndNeighMsg(skb: Skb): number {
  if (!pskbMayPull(skb, 64) || skb.u8[skb.data + 6] !== IPPROTO_ICMPV6) return -1;
  const type = skb.u8[skb.data + 40]!;
  return (type === NDISC_NEIGHBOUR_SOLICITATION || type === NDISC_NEIGHBOUR_ADVERTISEMENT) && skb.u8[skb.data + 41] === 0 ? 40 : -1;
}

/** The same for neighbour discovery (br_do_suppress_nd). `data` at the IPv6 header, `off` from {@link ndNeighMsg}. */
export function doSuppressNd(br: Bridge, skb: Skb, vid: number, p: BridgePort | null, off: number): void {
  skb.cb0 &= ~CB_PROXYARP_REPLIED;
  if (neighSuppressEnabled(p, vid)) return;
  const { view } = skb;
  const icmp = skb.data + off;
  const type = skb.u8[icmp]!;
  const w = (at: number, i: number): number => view.getInt32(at + i * 4);
  const src = skb.data + 8;
  const tgt = icmp + 8;
  const none = (w(src, 0) | w(src, 1) | w(src, 2) | w(src, 3)) === 0;
  // An unsolicited advertisement tells everybody.
  if (type === NDISC_NEIGHBOUR_ADVERTISEMENT) {
    if ((view.getUint32(icmp + 4) & 0x40000000) === 0) skb.cb0 |= CB_PROXYARP_REPLIED;
    return;
  }
  let same = true;
  for (let i = 0; i < 4; i++) if (w(src, i) !== w(tgt, i)) same = false;
  if (none || same) {
    skb.cb0 |= CB_PROXYARP_REPLIED;
    return;
  }
  const vdev = vlanDev(br, skb, vid);
  if (vdev === null) return;
  const ha = br.dev.sd.neighLookup?.(vdev, AF_INET6, w(tgt, 0), w(tgt, 1), w(tgt, 2), w(tgt, 3)) ?? null;
  if (ha === null) return;
  const a = answers(br, null, ha, vid);
  if (a === 0) return;
  if (a === 2) {
    const r = newFrame(br, 40 + 32, skb.u8, skb.macHeader + ETH_ALEN, ha, ETH_P_IPV6);
    const o = r.data + ETH_HLEN;
    r.view.setUint32(o, 0x60000000);
    r.view.setUint16(o + 4, 32);
    r.view.setUint8(o + 6, IPPROTO_ICMPV6);
    r.view.setUint8(o + 7, 255);
    for (let i = 0; i < 4; i++) {
      r.view.setInt32(o + 8 + i * 4, w(tgt, i));
      r.view.setInt32(o + 24 + i * 4, w(src, i));
      r.view.setInt32(o + 48 + i * 4, w(tgt, i));
    }
    r.view.setUint8(o + 40, NDISC_NEIGHBOUR_ADVERTISEMENT);
    // Solicited and overriding; a router's answer would say so, but that is not known here.
    r.view.setUint32(o + 44, 0x60000000);
    r.view.setUint16(o + 64, 0x0201);
    etherAddrCopy(r.u8, o + 66, ha, 0);
    let sum = csumPartial(r.u8, o + 8, 32, 0);
    sum = csumAdd(csumPartial(r.u8, o + 40, 32, sum), 32 + IPPROTO_ICMPV6);
    r.view.setUint16(o + 42, csumFold(sum));
    reply(br, p, r, vid);
  }
  skb.cb0 |= CB_PROXYARP_REPLIED;
}
