/** What rules do to connections: MASQUERADE, REDIRECT and NETMAP of iptables-extensions(8), and SNAT and DNAT, which are {@link nfNatSetupInfo} itself. */
import { NF_ACCEPT, NF_DROP, NF_INET_LOCAL_OUT, type NfState } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { INADDR_LOOPBACK } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { NfCtNat } from './nf-conn.ts';
import { NF_NAT, nfHook2Manip, nfNatSetupInfo } from './nf-nat.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './nf-nat-proto.ts';
import { NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_NETMAP, NfNatRange } from './nf-nat-unique.ts';

/** A copy of the rule's wishes about ports. */
function portsOf(range: NfNatRange | null): NfNatRange {
  const r = new NfNatRange(); // datapath-ok: once a connection
  if (range === null) return r;
  r.flags = range.flags;
  r.minProto = range.minProto;
  r.maxProto = range.maxProto;
  r.baseProto = range.baseProto;
  return r;
}

/**
 * Gives the source the address of the device that the packet leaves by (nf_nat_masquerade_ipv4): at POST_ROUTING. The connection ends when the device or the address
 * goes. `range`: wishes about ports, or null. NF_ACCEPT, NF_DROP when the device has no address.
 * @alpha
 */
export function nfNatMasqueradeIpv4(skb: Skb, state: NfState, ct: NfConn, range: NfNatRange | null): number {
  // The source 0.0.0.0 is somebody who asks for an address (DHCP).
  if (ct.orig.src0 === 0) return NF_ACCEPT;
  const dev = state.outDev!;
  const { af4 } = ct.cnet.net.get(NF_NAT);
  const addr = af4 === null || af4.masqueradeAddr === undefined ? 0 : af4.masqueradeAddr(skb, dev);
  if (addr === 0) return NF_DROP;
  ct.nat ??= new NfCtNat(); // datapath-ok: once a connection
  ct.nat.masqIndex = dev.ifindex;
  const r = portsOf(range);
  r.flags |= NF_NAT_RANGE_MAP_IPS;
  r.setAddr(addr);
  return nfNatSetupInfo(ct, r, NF_NAT_MANIP_SRC);
}

/**
 * Sends the connection to this machine (nf_nat_redirect_ipv4): to the first address of the device that it came in by, at LOCAL_OUT to 127.0.0.1. `range`: ports, or null.
 * NF_ACCEPT, NF_DROP when the device has no address.
 * @alpha
 */
export function nfNatRedirectIpv4(skb: Skb, state: NfState, ct: NfConn, range: NfNatRange | null): number {
  let addr: number = INADDR_LOOPBACK | 0;
  if (state.hook !== NF_INET_LOCAL_OUT) {
    const { af4 } = ct.cnet.net.get(NF_NAT);
    addr = af4 === null || af4.deviceAddr === undefined ? 0 : af4.deviceAddr(state.inDev!);
    if (addr === 0) return NF_DROP;
  }
  const r = portsOf(range);
  r.flags |= NF_NAT_RANGE_MAP_IPS;
  r.setAddr(addr);
  return nfNatSetupInfo(ct, r, NF_NAT_MANIP_DST);
}

/** {@link nfNatMasqueradeIpv4} of IPv6: the source is chosen as for a packet of this machine (RFC 6724). @alpha */
export function nfNatMasqueradeIpv6(skb: Skb, state: NfState, ct: NfConn, range: NfNatRange | null): number {
  const dev = state.outDev!;
  const addr = ct.cnet.net.get(NF_NAT).af6?.masqueradeAddr6?.(skb, dev) ?? null;
  if (addr === null) return NF_DROP;
  ct.nat ??= new NfCtNat(); // datapath-ok: once a connection
  ct.nat.masqIndex = dev.ifindex;
  const r = portsOf(range);
  r.flags |= NF_NAT_RANGE_MAP_IPS;
  r.setAddr(addr[0]!, addr[1]!, addr[2]!, addr[3]!);
  return nfNatSetupInfo(ct, r, NF_NAT_MANIP_SRC);
}

/** {@link nfNatRedirectIpv4} of IPv6: at LOCAL_OUT to ::1. @alpha */
export function nfNatRedirectIpv6(_skb: Skb, state: NfState, ct: NfConn, range: NfNatRange | null): number {
  const r = portsOf(range);
  r.flags |= NF_NAT_RANGE_MAP_IPS;
  if (state.hook === NF_INET_LOCAL_OUT) {
    r.setAddr(0, 0, 0, 1);
  } else {
    const addr = ct.cnet.net.get(NF_NAT).af6?.deviceAddr6?.(state.inDev!) ?? null;
    if (addr === null) return NF_DROP;
    r.setAddr(addr[0]!, addr[1]!, addr[2]!, addr[3]!);
  }
  return nfNatSetupInfo(ct, r, NF_NAT_MANIP_DST);
}

/** Replaces the network `min0`..`max0` of the side that the point rewrites, and keeps the host part (the target NETMAP). @alpha */
export function nfNatNetmap(state: NfState, ct: NfConn, range: NfNatRange): number {
  const r = portsOf(range);
  r.flags |= NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_NETMAP;
  r.min0 = range.min0;
  r.min1 = range.min1;
  r.min2 = range.min2;
  r.min3 = range.min3;
  r.max0 = range.max0;
  r.max1 = range.max1;
  r.max2 = range.max2;
  r.max3 = range.max3;
  return nfNatSetupInfo(ct, r, nfHook2Manip(state.hook));
}
