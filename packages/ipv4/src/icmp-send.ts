/**
 * Sending ICMP: errors about packets (RFC 1122 3.2.2, RFC 1812 4.3.2) and answers, with their rate limits.
 */
import { csumFold } from '@linnet/kernel';
import {
  ICMPHDR_LEN, ICMP_DEST_UNREACH, ICMP_ECHOREPLY, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, ICMP_TIME_EXCEEDED, IFF_LOOPBACK, INADDR_DUMMY, IPHDR_LEN,
  IPPROTO_ICMP, IPTOS_PREC_INTERNETCONTROL, IPTOS_TOS_MASK, IP_OFFSET, NR_ICMP_TYPES, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE,
  iphDaddr, iphFragOff, iphProtocol, iphSaddr, iphTos,
} from '@linnet/uapi';
import { DROP, PACKET_HOST, skbChecksum, skbCopyBits, skbQueuePurge } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { nfCtAttach, devGetByIndex, dstMtu, l3mdevMasterIfindex, skbDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { flowi4InitOutput, inetPeerXrlimAllow } from '@linnet/inet';
import { ipHdrlen } from './ip-hdrlen.ts';
import { ipAppend, ipFinish, ipSendSkb, ipSetupCork } from './ip-append-data.ts';
import { ipOptionsEcho } from './ip-options.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { inetSelectAddr } from './devinet-select.ts';
import { ipRouteOutputFlow } from './route-output.ts';
import { RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from './rtable.ts';
import type { Rtable } from './rtable.ts';
import { ICMP_MIB_OUTERRORS, ICMP_MIB_RATELIMITGLOBAL, ICMP_MIB_RATELIMITHOST } from './snmp.ts';

/** Is this type an error, about which no error may be sent? @alpha */
export function icmpIsErr(type: number): boolean {
  return type === ICMP_DEST_UNREACH || type === ICMP_SOURCE_QUENCH || type === ICMP_REDIRECT || type === ICMP_TIME_EXCEEDED || type === ICMP_PARAMETERPROB;
}

/** Is this message outside of all limits? (icmpv4_mask_allow) */
function unlimited(ip: Ipv4Net, type: number, code: number): boolean {
  if (type > NR_ICMP_TYPES) return true;
  if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) return true; // path MTU discovery must not starve
  return ((1 << type) & ip.sysctlIcmpRatemask) === 0;
}

/** May a limited message go to `daddr` now? Counts when not. */
function hostAllow(ip: Ipv4Net, rt: Rtable, daddr: number): boolean {
  if ((rt.dev.flags & IFF_LOOPBACK) !== 0) return true;
  // A limit of 0 lets all pass, and leaves nothing in the bucket, which errors of routing share.
  if (!inetPeerXrlimAllow(ip.net, ip.peers.get(ip.net, daddr), ip.sysctlIcmpRatelimit)) {
    ip.icmpMib[ICMP_MIB_RATELIMITHOST]!++;
    return false;
  }
  ip.icmpGlobal.consume(ip.idents.rng);
  return true;
}

/** The message about to be sent: what {@link icmpPush} needs beside the flow and the source in `Ipv4Net`. */
function icmpPush(ip: Ipv4Net, rt: Rtable, type: number, code: number, un: number, dataLen: number, extraHead: number): void {
  const net = ip.net;
  const sk = ip.icmpSk!;
  const fl = ip.icmpFlow;
  const cork = ip.corkScratch;
  const queue = ip.queueScratch;
  const src = ip.skbSource;
  let err = ipSetupCork(sk, cork, ip.icmpIpc, rt, ip.icmpIpc.addr);
  if (err === 0) err = ipAppend(sk, fl, queue, cork, src, ICMPHDR_LEN + extraHead + dataLen, ICMPHDR_LEN, 0);
  const about = src.skb;
  src.skb = null;
  if (err !== 0) {
    skbQueuePurge(queue, DROP.NOT_SPECIFIED);
    cork.dst = null;
    ip.icmpMib[ICMP_MIB_OUTERRORS]!++;
    return;
  }
  // The header is written before ipFinish, which counts by type; Linux counts all answers as those to an echo.
  const first = queue.head!;
  const at = first.transportHeader;
  const view = first.view;
  view.setInt32(at, (type << 24) | (code << 16));
  view.setInt32(at + 4, un);
  if (!icmpIsErr(type)) view.setUint8(at, ICMP_ECHOREPLY);
  const skb = ipFinish(sk, fl, queue, cork)!;
  view.setUint8(at, type);
  const ihl = at - skb.networkHeader;
  view.setUint16(at + 2, csumFold(skbChecksum(skb, ihl, skb.len - ihl, 0)));
  if (about !== null && icmpIsErr(type)) nfCtAttach(skb, about);
  ipSendSkb(net, skb);
}

/** Puts the original of an error about `skb` into the flow; null when no route leads back (icmp_route_lookup). */
function routeBack(ip: Ipv4Net, skb: Skb, saddr: number, tos: number, mark: number, type: number, code: number): Rtable | null {
  const opt = ip.icmpOptions;
  const to = opt.srr !== 0 ? opt.faddr : iphSaddr(skb.view, skb.networkHeader);
  const fl = ip.icmpFlow;
  // Out of the VRF that it came in by.
  const oif = l3mdevMasterIfindex(skbDev(skb) ?? (skb.dst as Rtable).dev);
  flowi4InitOutput(fl, oif, mark, tos & IPTOS_TOS_MASK, RT_SCOPE_UNIVERSE, IPPROTO_ICMP, 0, to, saddr, 0, 0, 0);
  fl.icmpType = type;
  fl.icmpCode = code;
  return ipRouteOutputFlow(ip.net, fl, null);
}

/**
 * Sends an ICMP error about a packet that came in or that we tried to send: `networkHeader` is at its IP header and its route is
 * set. `info` is the second word of the message: MTU, gateway, or pointer in the first byte. Never consumes the skb, and is silent
 * where the RFCs forbid an error (icmp_send): errors about errors, fragments but the first, link-layer or IP broadcasts and groups.
 * @alpha
 */
export function icmpSend(skb: Skb, type: number, code: number, info: number): void {
  const rt0 = skb.dst as Rtable | null;
  if (rt0 === null) return;
  const nh = skb.networkHeader;
  if (nh < 0 || nh + IPHDR_LEN > skb.tail) return;
  if (skb.pktType !== PACKET_HOST) return;
  if ((rt0.rtFlags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0) return;
  const view = skb.view;
  if ((iphFragOff(view, nh) & IP_OFFSET) !== 0) return;
  const ip = rt0.net4;
  const net = ip.net;
  if (icmpIsErr(type) && iphProtocol(view, nh) === IPPROTO_ICMP) {
    const at = nh + ipHdrlen(view, nh);
    let inner: number;
    if (at < skb.tail) inner = skb.u8[at]!;
    else if (skbCopyBits(skb, at - skb.data, ip.icmpByte, 0, 1) === 0) inner = ip.icmpByte[0]!;
    else return;
    if (inner > NR_ICMP_TYPES || icmpIsErr(inner)) return;
  }
  const dev0 = skbDev(skb) ?? rt0.dev;
  const limited = !unlimited(ip, type, code) && (dev0.flags & IFF_LOOPBACK) === 0;
  if (limited && !ip.icmpGlobal.allow(ip.kernel.jiffies)) {
    ip.icmpMib[ICMP_MIB_RATELIMITGLOBAL]!++;
    return;
  }

  // The source: the address that the packet was for, or one of the interface that it came in by, or routing's choice.
  let saddr = 0;
  if ((rt0.rtFlags & RTCF_LOCAL) !== 0) {
    saddr = iphDaddr(view, nh);
  } else if (ip.sysctlIcmpErrorsUseInboundIfaddr !== 0) {
    const dev = devGetByIndex(net, skb.skbIif) as NetDevice | null;
    if (dev !== null) saddr = inetSelectAddr(dev, iphSaddr(view, nh), RT_SCOPE_LINK);
  }
  const itos = iphTos(view, nh);
  const tos = icmpIsErr(type) ? (itos & IPTOS_TOS_MASK) | IPTOS_PREC_INTERNETCONTROL : itos;
  const mark = ip.sysctlFwmarkReflect !== 0 ? skb.mark : 0;
  const opt = ip.icmpOptions;
  if (ipOptionsEcho(ip, opt, skb) !== 0) return;
  const rt = routeBack(ip, skb, saddr, tos, mark, type, code);
  if (rt === null) return;
  if (limited && !hostAllow(ip, rt, ip.icmpFlow.daddr)) return;

  // As much of the packet as fits into the 576 bytes that every host takes.
  const room = Math.min(dstMtu(rt), 576) - IPHDR_LEN - opt.optlen - ICMPHDR_LEN;
  if (room <= IPHDR_LEN) return;
  const off = nh - skb.data;
  const dataLen = Math.min(skb.len - off, room);
  const fl = ip.icmpFlow;
  // A router without an address still answers traceroute (RFC 7600 5.1 dummy address).
  if (fl.saddr === 0) fl.saddr = INADDR_DUMMY;
  prepare(ip, tos, mark, opt.optlen !== 0, iphSaddr(skb.view, nh));
  const src = ip.skbSource;
  src.skb = skb;
  src.off = off;
  src.headLen = 0;
  src.headPos = 0;
  icmpPush(ip, rt, type, code, info, dataLen, 0);
}

/** `last` is the true destination, behind a source route. */
function prepare(ip: Ipv4Net, tos: number, mark: number, hasOpt: boolean, last: number): void {
  const ipc = ip.icmpIpc;
  ip.icmpSk!.tos = tos;
  ipc.ttl = -1;
  ipc.tos = -1;
  ipc.mark = mark;
  ipc.opt = hasOpt ? ip.icmpOptions : null;
  ipc.addr = last;
}

/**
 * Answers an ICMP message: `data` of the skb is behind its ICMP header, `saddr` the address to answer from. The answer has the
 * rest of the packet as its payload, or `head` (already in `ip.skbSource.head`) when `headLen` is not 0 (icmp_reply).
 * Does not consume.
 * @alpha
 */
export function icmpReply(ip: Ipv4Net, skb: Skb, saddr: number, type: number, code: number, un: number, headLen: number): void {
  const opt = ip.icmpOptions;
  if (ipOptionsEcho(ip, opt, skb) !== 0) return;
  const limited = !unlimited(ip, type, code) && (skbDev(skb)!.flags & IFF_LOOPBACK) === 0;
  if (limited && !ip.icmpGlobal.allow(ip.kernel.jiffies)) {
    ip.icmpMib[ICMP_MIB_RATELIMITGLOBAL]!++;
    return;
  }
  const tos = iphTos(skb.view, skb.networkHeader);
  const mark = ip.sysctlFwmarkReflect !== 0 ? skb.mark : 0;
  const last = iphSaddr(skb.view, skb.networkHeader);
  const rt = routeBack(ip, skb, saddr, tos, mark, type, code);
  if (rt === null) return;
  if (limited && !hostAllow(ip, rt, last)) return;
  prepare(ip, tos, mark, opt.optlen !== 0, last);
  const src = ip.skbSource;
  src.skb = skb;
  src.off = 0;
  src.headLen = headLen;
  src.headPos = 0;
  icmpPush(ip, rt, type, code, un, headLen === 0 ? skb.len : 0, headLen);
}
