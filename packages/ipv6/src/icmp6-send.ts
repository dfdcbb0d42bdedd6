/** Sending ICMPv6: errors about packets (RFC 4443 2.4) and answers to echo requests (4.2), with their rate limits. */
import { csumFold } from '@linnet/kernel';
import {
  ICMPV6HDR_LEN, ICMPV6_ECHO_REPLY, ICMPV6_INFOMSG_MASK, ICMPV6_PARAMPROB, ICMPV6_PKT_TOOBIG, ICMPV6_UNK_OPTION, IFF_LOOPBACK, IPPROTO_ICMPV6, IPV6HDR_LEN, IPV6_MIN_MTU,
  ip6TrafficClass, RTN_ANYCAST, RTN_LOCAL,
} from '@linnet/uapi';
import { allocSkb, DROP, PACKET_HOST, skbChecksum, skbCopyBits, skbPut, skbQueuePurge, skbReserve } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { nfCtAttach, l3mdevMasterIfindex, llReservedSpace, skbDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { flowiReset, inetPeerXrlimAllow } from '@linnet/inet';
import { a6Any, a6LoadDaddr, a6LoadSaddr, a6Multicast, ipv6AddrType, IPV6_ADDR_LINKLOCAL, rt6NeedStrict } from './addr6.ts';
import { ipv6ChkAddr } from './addr-find.ts';
import { csum6Pseudo } from './csum6.ts';
import { icmp6OutCount } from './ctl-send.ts';
import { ExtWalk } from './exthdrs-core.ts';
import { in6DevGet } from './inet6-dev.ts';
import { ip6Append, ip6Finish, ip6SendSkb, ip6SetupCork } from './ip6-append.ts';
import { ip6cbIif } from './ip6-cb.ts';
import { ip6BuildIcmp } from './icmp6-build.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { isAnycast } from './mcast-sk.ts';
import { ip6RouteOutput } from './route6.ts';
import type { Rt6Info } from './rt6-info.ts';
import { ICMP6_MIB_OUTERRORS, ICMP6_MIB_RATELIMITHOST } from './snmp6.ts';

/** Is this type limited? */
function limited(n6: Ipv6Net, type: number): boolean {
  return n6.icmpRatemask[type] !== 0;
}

/** May a limited message go to `daddr` now? Shorter prefixes of the route allow more (icmpv6_xrlim_allow). */
function hostAllow(n6: Ipv6Net, rt: Rt6Info, daddr: Int32Array): boolean {
  if ((rt.dev.flags & IFF_LOOPBACK) !== 0) return true;
  let timeout = n6.sysctlIcmpRatelimit;
  const plen = rt.from === null ? 128 : rt.from.dstLen;
  if (plen < 128) timeout >>= (128 - plen) >> 5;
  if (!inetPeerXrlimAllow(n6.net, n6.peers.get(n6.net, daddr), timeout)) {
    n6.mib.icmp[ICMP6_MIB_RATELIMITHOST]!++;
    return false;
  }
  n6.icmpGlobal.consume(n6.rng);
  return true;
}

/** Is the packet itself an ICMPv6 error, or one that cannot be told from one? (is_ineligible) Redirects are none here. */
function ineligible(skb: Skb): boolean {
  const w = new ExtWalk(); // datapath-ok: an error about a packet
  const at = w.walk(skb, skb.networkHeader);
  if (at < 0) return false;
  // What a later fragment carries cannot be told, and it is answered for; so is a first one that ends before its ICMPv6 header (observed on Linux 6.18).
  if ((w.fragOff & 0xfff8) !== 0 || w.nexthdr !== IPPROTO_ICMPV6) return false;
  const b = new Uint8Array(1); // datapath-ok: as above
  if (skbCopyBits(skb, at, b, 0, 1) !== 0) return w.fragOff === 0;
  return (b[0]! & ICMPV6_INFOMSG_MASK) === 0;
}

/** Is a parameter problem about an option whose type forbids no answer to groups? (opt_unrec) */
function optAsks(skb: Skb, pointer: number): boolean {
  const b = new Uint8Array(1); // datapath-ok: an error about a packet
  if (skbCopyBits(skb, skb.networkHeader - skb.data + pointer, b, 0, 1) !== 0) return true;
  return (b[0]! & 0xc0) === 0x80;
}

/**
 * Sends an ICMPv6 error about a packet that came in or that we tried to send: `networkHeader` is at its IPv6 header. `info` is the second word of the message: MTU
 * or pointer. Never consumes, and is silent where RFC 4443 2.4 e forbids an error (icmp6_send).
 * @alpha
 */
export function icmp6Send(skb: Skb, type: number, code: number, info: number): void {
  const nh = skb.networkHeader;
  if (nh < 0 || nh + IPV6HDR_LEN > skb.tail) return;
  const rt0 = skb.dst as Rt6Info | null;
  const dev0 = (skbDev(skb) ?? (rt0 === null ? null : rt0.dev)) as NetDevice | null;
  if (dev0 === null) return;
  const idev0 = in6DevGet(dev0);
  if (idev0 === null) return;
  const n6 = idev0.net6;
  const { view } = skb;
  const daddr = new Int32Array(4); // datapath-ok: an error about a packet
  const saddr = new Int32Array(4); // datapath-ok: as above
  a6LoadSaddr(saddr, view, nh);
  a6LoadDaddr(daddr, view, nh);
  // Whom it was for: an address of ours is what the error comes from.
  let from: Int32Array | null = null;
  if (ipv6ChkAddr(n6, daddr, dev0, false) || (n6.sysctlIcmpErrorAnycastAsUnicast !== 0 && isAnycast(n6, dev0, daddr))) from = daddr;
  if (a6Multicast(daddr) || skb.pktType !== PACKET_HOST) {
    // Groups are told of two things only: too big packets, and options that ask for it.
    if (type !== ICMPV6_PKT_TOOBIG && !(type === ICMPV6_PARAMPROB && code === ICMPV6_UNK_OPTION && optAsks(skb, info))) return;
    from = null;
  }
  const stype = ipv6AddrType(saddr);
  if (a6Any(saddr) || a6Multicast(saddr)) return;
  // A link-local source only counts on the link that the packet came by; in a VRF its table knows the way.
  const iif = (stype & IPV6_ADDR_LINKLOCAL) !== 0 || rt6NeedStrict(daddr) ? (ip6cbIif(skb) !== 0 ? ip6cbIif(skb) : dev0.ifindex) : l3mdevMasterIfindex(dev0);
  if (ineligible(skb)) return;
  const lim = limited(n6, type) && (dev0.flags & IFF_LOOPBACK) === 0;
  if (lim && !n6.icmpGlobal.allow(n6.kernel.jiffies)) return;
  const fl = n6.icmpFlow;
  flowiReset(fl);
  fl.proto = IPPROTO_ICMPV6;
  fl.daddr6 = saddr;
  fl.saddr6 = from;
  fl.mark = n6.sysctlFwmarkReflect !== 0 ? skb.mark : 0;
  fl.oif = iif;
  fl.icmpType = type;
  fl.icmpCode = code;
  const rt = ip6RouteOutput(n6, fl, null);
  if (rt === null) return;
  if (lim && !hostAllow(n6, rt, saddr)) return;
  const off = nh - skb.data;
  const len = Math.min(skb.len - off, IPV6_MIN_MTU - IPV6HDR_LEN - ICMPV6HDR_LEN);
  if (len < 0) return;
  const room = llReservedSpace(rt.dev) + IPV6HDR_LEN;
  const out = allocSkb(rt.dev.pool, room + ICMPV6HDR_LEN + len);
  skbReserve(out, room);
  const at = skbPut(out, ICMPV6HDR_LEN + len);
  out.transportHeader = at;
  out.view.setInt32(at, (type << 24) | (code << 16));
  out.view.setInt32(at + 4, info);
  skbCopyBits(skb, off, out.u8, at + ICMPV6HDR_LEN, len);
  out.view.setUint16(at + 2, csumFold(csum6Pseudo(fl.saddr6!, saddr, ICMPV6HDR_LEN + len, IPPROTO_ICMPV6, skbChecksum(out, 0, ICMPV6HDR_LEN + len, 0))));
  icmp6OutCount(rt.idev, n6, type);
  nfCtAttach(out, skb);
  ip6BuildIcmp(n6, out, rt, fl);
}

/** Answers an echo request whose ICMPv6 header is at `transportHeader` and whose `data` is behind it, with all its data (icmpv6_echo_reply). Does not consume. @alpha */
export function icmp6EchoReply(n6: Ipv6Net, skb: Skb): void {
  const nh = skb.networkHeader;
  const { view } = skb;
  const rt0 = skb.dst as Rt6Info;
  const multicast = skb.u8[nh + 24] === 0xff;
  if (multicast && n6.sysctlIcmpEchoIgnoreMulticast !== 0) return;
  const anycast = rt0.rtType === RTN_ANYCAST;
  if (anycast && n6.sysctlIcmpEchoIgnoreAnycast !== 0) return;
  const to = n6.icmpDaddr;
  a6LoadSaddr(to, view, nh);
  let from: Int32Array | null = null;
  if (rt0.rtType === RTN_LOCAL || (anycast && n6.sysctlAnycastSrcEchoReply !== 0)) {
    a6LoadDaddr(n6.icmpSaddr, view, nh);
    from = n6.icmpSaddr;
  }
  const dev = skbDev(skb)!;
  const lim = limited(n6, ICMPV6_ECHO_REPLY) && (dev.flags & IFF_LOOPBACK) === 0;
  if (lim && !n6.icmpGlobal.allow(n6.kernel.jiffies)) return;
  const fl = n6.icmpFlow;
  flowiReset(fl);
  fl.proto = IPPROTO_ICMPV6;
  fl.daddr6 = to;
  fl.saddr6 = from;
  fl.oif = ip6cbIif(skb);
  fl.icmpType = ICMPV6_ECHO_REPLY;
  fl.mark = n6.sysctlFwmarkReflect !== 0 ? skb.mark : 0;
  if ((n6.sysctlFlowlabelReflect & 4) !== 0) fl.flowlabel = view.getInt32(nh) & 0xfffff;
  // The interface binds the answer only where addresses do not say enough, or a VRF.
  if (!rt6NeedStrict(to)) fl.oif = l3mdevMasterIfindex(dev);
  const rt = ip6RouteOutput(n6, fl, null);
  if (rt === null) return;
  if (lim && !hostAllow(n6, rt, to)) return;
  const sk = n6.icmpSk!;
  const ipc = n6.icmpIpc;
  ipc.ttl = -1;
  ipc.tos = ip6TrafficClass(view, nh);
  ipc.mark = fl.mark;
  ipc.opt = null;
  ipc.dontfrag = 0;
  const cork = n6.corkScratch;
  const queue = n6.queueScratch;
  const src = n6.skbSource;
  src.skb = skb;
  src.off = 0;
  let err = ip6SetupCork(sk, cork, ipc, rt);
  if (err === 0) err = ip6Append(sk, fl, queue, cork, src, ICMPV6HDR_LEN + skb.len, ICMPV6HDR_LEN, 0);
  src.skb = null;
  if (err !== 0) {
    skbQueuePurge(queue, DROP.NOT_SPECIFIED);
    cork.dst = null;
    n6.mib.icmp[ICMP6_MIB_OUTERRORS]!++;
    return;
  }
  const first = queue.head!;
  const at = first.transportHeader;
  // The code comes back as it came.
  first.view.setInt32(at, (ICMPV6_ECHO_REPLY << 24) | (skb.u8[skb.transportHeader + 1]! << 16));
  first.view.setInt32(at + 4, skb.view.getInt32(skb.transportHeader + 4));
  const total = ICMPV6HDR_LEN + skb.len;
  const out = ip6Finish(sk, fl, queue, cork)!;
  const off = at - out.data;
  out.view.setUint16(at + 2, csumFold(csum6Pseudo(fl.saddr6!, to, total, IPPROTO_ICMPV6, skbChecksum(out, off, out.len - off, 0))));
  ip6SendSkb(n6.net, out);
}
