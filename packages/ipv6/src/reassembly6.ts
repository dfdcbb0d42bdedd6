/**
 * Reassembly of IPv6 datagrams (RFC 8200 4.5, RFC 5722 overlaps, RFC 6946 atomic fragments): one queue for each (source, destination, id), kept until the last
 * hole closes, a rule is broken or 60 seconds are over.
 */
import { jhash3words } from '@linnet/kernel';
import {
  ICMPV6_EXC_FRAGTIME, ICMPV6_HDR_FIELD, ICMPV6_HDR_INCOMP, ICMPV6_PARAMPROB, ICMPV6_TIME_EXCEED, INET_ECN_MASK, IP6_MF, IP6_OFFSET, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP,
  IPV6_FRAGHDR_LEN, IPV6_MAXPLEN, IPV6HDR_LEN, ip6Daddr, ip6FlowHdr, ip6FlowLabel, ip6PayloadLen, ip6Saddr, ip6SetPayloadLen, ip6TrafficClass,
} from '@linnet/uapi';
import { DROP, kfreeSkbReason, pskbMayPull, skbCow, skbOrphan, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { devGetByIndex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  fragAccount, fragDestroy, fragEcn, fragExpired, fragHasRoom, fragInsert, fragJoin, fragKill, fragLink, fragNoteEnd, fragPurge, fragStrip,
  FRAG_BUCKETS, FRAG_DUPLICATE, FRAG_OVERLAP, InetFragQueue,
} from '@linnet/inet';
import type { FragDir } from '@linnet/inet';
import { ipv6ExtHdr } from './exthdrs-core.ts';
import type { ExtWalk } from './exthdrs-core.ts';
import { in6DevGet } from './inet6-dev.ts';
import { ip6cbAddFlags, ip6cbFlags, ip6cbNhoff, ip6cbSetFragMaxSize, ip6cbSetNhoff, IP6SKB_FRAGMENTED } from './ip6-cb.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ip6RouteInput } from './route6.ts';
import { IP6_INHDRERRORS, IP6_REASMFAILS, IP6_REASMOKS, IP6_REASMREQDS, IP6_REASMTIMEOUT } from './snmp6.ts';

/** One IPv6 datagram being put together. @alpha */
export class Ip6FragQueue extends InetFragQueue {
  readonly saddr: Int32Array;
  readonly daddr: Int32Array;
  readonly id: number;
  /** Interface that counts for addresses of one link, else 0. */
  readonly linkIif: number;
  /** Offset from the network header of the byte that names the fragment header in the first fragment. */
  nhoff: number;

  constructor(dir: FragDir, saddr: Int32Array, daddr: Int32Array, id: number, linkIif: number, bucket: number) {
    super(dir, bucket, expire);
    this.saddr = saddr;
    this.daddr = daddr;
    this.id = id;
    this.linkIif = linkIif;
    this.nhoff = 0;
  }
}

/** Counts an event of reassembly, for the namespace and for the device. */
function count(n6: Ipv6Net, dev: NetDevice | null, field: number): void {
  n6.mib.ip[field]!++;
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev !== null) idev.mib.ip[field]!++;
}

/** The time of a queue is over: its source is told when the first fragment is here (RFC 8200 4.5). */
function expire(q: InetFragQueue): void {
  const { net } = q.dir;
  const n6 = net.get(IPV6);
  fragKill(q);
  const dev = devGetByIndex(net, q.iif);
  count(n6, dev, IP6_REASMFAILS);
  count(n6, dev, IP6_REASMTIMEOUT);
  const head = fragExpired(q, dev);
  if (head === null) return;
  ip6RouteInput(n6, head, dev!);
  if (head.dst !== null) n6.fn.icmpSend(head, ICMPV6_TIME_EXCEED, ICMPV6_EXC_FRAGTIME, 0);
  kfreeSkbReason(head, DROP.FRAG_REASM_TIMEOUT);
}

/** Is a packet from or to an address that means something on its link alone? */
function ofOneLink(s0: number, d0: number): boolean {
  return d0 >>> 22 === 0x3fa || d0 >>> 24 === 0xff || s0 >>> 22 === 0x3fa;
}

/** The queue of a fragment, made if it is missing; null when there is no memory for the fragment. */
function find(dir: FragDir, skb: Skb, id: number, iif: number): Ip6FragQueue | null {
  if (!fragHasRoom(dir)) return null;
  const nh = skb.networkHeader;
  const { view } = skb;
  const d0 = ip6Daddr(view, nh, 0);
  const s0 = ip6Saddr(view, nh, 0);
  const linkIif = ofOneLink(s0, d0) ? iif : 0;
  const h = jhash3words(s0 ^ ip6Saddr(view, nh, 1), ip6Saddr(view, nh, 2) ^ ip6Saddr(view, nh, 3), id, dir.secret);
  const bucket = jhash3words(h ^ d0, ip6Daddr(view, nh, 1) ^ ip6Daddr(view, nh, 2), ip6Daddr(view, nh, 3) ^ linkIif, dir.secret) & (FRAG_BUCKETS - 1);
  for (let q = dir.buckets[bucket] as Ip6FragQueue | null; q !== null; q = q.next as Ip6FragQueue | null) {
    if (q.id !== id || q.linkIif !== linkIif) continue;
    let same = true;
    for (let i = 0; i < 4; i++) if (q.saddr[i] !== ip6Saddr(view, nh, i) || q.daddr[i] !== ip6Daddr(view, nh, i)) same = false;
    if (same) return q;
  }
  const saddr = new Int32Array(4); // datapath-ok: once a fragmented datagram
  const daddr = new Int32Array(4); // datapath-ok: once a fragmented datagram
  for (let i = 0; i < 4; i++) {
    saddr[i] = ip6Saddr(view, nh, i);
    daddr[i] = ip6Daddr(view, nh, i);
  }
  const q = new Ip6FragQueue(dir, saddr, daddr, id, linkIif, bucket);
  fragLink(q);
  return q;
}

/** Puts all fragments together, without the first one's fragment header; `data` is behind it. Null when it may not be. */
function reassemble(q: Ip6FragQueue, n6: Ipv6Net, last: Skb): Skb | null {
  fragKill(q);
  const first = q.runs[0]!;
  // Length of the extension headers before the fragment header.
  const before = first.data - first.networkHeader - IPV6HDR_LEN - IPV6_FRAGHDR_LEN;
  const plen = before + q.len;
  const ecn = fragEcn(q);
  if (ecn < 0 || plen > IPV6_MAXPLEN) {
    count(n6, last.dev as NetDevice | null, IP6_REASMFAILS);
    fragPurge(q, plen > IPV6_MAXPLEN ? DROP.PKT_TOO_BIG : DROP.IP_INHDR);
    return null;
  }
  const head = fragJoin(q, last);
  head.ignoreDf = true;
  // The fragment header goes: what stands before it moves up.
  skbPush(head, head.data - head.networkHeader);
  skbCow(head, head.data);
  const { view } = head;
  const old = head.networkHeader;
  const hlen = IPV6HDR_LEN + before;
  head.u8[old + q.nhoff] = head.u8[old + hlen]!;
  head.u8.copyWithin(old + IPV6_FRAGHDR_LEN, old, old + hlen);
  skbPullUnchecked(head, IPV6_FRAGHDR_LEN);
  const nh = head.data;
  head.networkHeader = nh;
  ip6SetPayloadLen(view, nh, plen);
  if (ecn !== 0) ip6FlowHdr(view, nh, ip6TrafficClass(view, nh) | ecn, ip6FlowLabel(view, nh));
  skbPullUnchecked(head, hlen);
  head.transportHeader = head.data;
  ip6cbSetNhoff(head, q.nhoff);
  ip6cbAddFlags(head, IP6SKB_FRAGMENTED);
  ip6cbSetFragMaxSize(head, q.maxSize);
  count(n6, head.dev as NetDevice | null, IP6_REASMOKS);
  return head;
}

/** A header says what cannot be: the source is told, `at` being the offset of the field from the IPv6 header; frees the packet. */
function refuse(n6: Ipv6Net, skb: Skb, code: number, at: number): null {
  count(n6, skb.dev as NetDevice | null, IP6_INHDRERRORS);
  n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, code, at);
  kfreeSkbReason(skb, DROP.IP_INHDR);
  return null;
}

/** Adds a fragment to its queue; consumes it. Returns the whole datagram when it was the last one missing. */
function queueFrag(q: Ip6FragQueue, skb: Skb, n6: Ipv6Net, field: number, nhoff: number): Skb | null {
  const dev = skb.dev as NetDevice | null;
  const nh = skb.networkHeader;
  const { view } = skb;
  const offset = field & IP6_OFFSET;
  const more = (field & IP6_MF) !== 0;
  const end = offset + ip6PayloadLen(view, nh) - (skb.data + IPV6_FRAGHDR_LEN - nh - IPV6HDR_LEN);
  const ecn = ip6TrafficClass(view, nh) & INET_ECN_MASK;
  if (end > IPV6_MAXPLEN) return refuse(n6, skb, ICMPV6_HDR_FIELD, skb.data + 2 - nh);
  // A piece with others behind it must be a multiple of eight; the length in the IPv6 header is to blame (RFC 8200 4.5).
  if (more && (end & 7) !== 0) return refuse(n6, skb, ICMPV6_HDR_FIELD, 4);
  // A fragment with nothing in it cannot be part of a datagram.
  if (!fragNoteEnd(q, end, more) || end <= offset) {
    fragDestroy(q, DROP.IP_INHDR);
    count(n6, dev, IP6_REASMFAILS);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }
  fragStrip(skb, IPV6_FRAGHDR_LEN, end - offset);
  const how = fragInsert(q, skb, offset, end);
  if (how === FRAG_DUPLICATE) {
    kfreeSkbReason(skb, DROP.DUP_FRAG);
    return null;
  }
  if (how === FRAG_OVERLAP) {
    count(n6, dev, IP6_REASMFAILS);
    fragDestroy(q, DROP.IP_FRAG_OVERLAP);
    kfreeSkbReason(skb, DROP.IP_FRAG_OVERLAP);
    return null;
  }
  if (offset === 0) q.nhoff = nhoff;
  return fragAccount(q, skb, offset, skb.data - nh + skb.len, ecn) ? reassemble(q, n6, skb) : null;
}

/** Does a first fragment hold all headers up to the transport's? (RFC 7112) One that has none to hold does. */
function headersComplete(w: ExtWalk, skb: Skb, off: number, type: number): boolean {
  w.nexthdr = type;
  const at = w.from(skb, off);
  if (at < 0) return true;
  const need = w.nexthdr === IPPROTO_TCP ? 20 : w.nexthdr === IPPROTO_UDP || w.nexthdr === IPPROTO_ICMPV6 ? 8 : 1;
  return ipv6ExtHdr(w.nexthdr) || at + need <= skb.len;
}

/** A fragment header, `data` at it. Returns the datagram, `data` behind what was its fragment header, or null: it waits, or was dropped. @alpha */
export function ipv6FragRcv(n6: Ipv6Net, skb: Skb): Skb | null {
  const dev = skb.dev as NetDevice | null;
  // A fragment inside of what was put together.
  if ((ip6cbFlags(skb) & IP6SKB_FRAGMENTED) !== 0) return refuse(n6, skb, ICMPV6_HDR_FIELD, skb.data - skb.networkHeader);
  count(n6, dev, IP6_REASMREQDS);
  if (ip6PayloadLen(skb.view, skb.networkHeader) === 0 || !pskbMayPull(skb, IPV6_FRAGHDR_LEN)) {
    return refuse(n6, skb, ICMPV6_HDR_FIELD, skb.data - skb.networkHeader);
  }
  const at = skb.data;
  const field = skb.view.getUint16(at + 2) & (IP6_OFFSET | IP6_MF);
  if (field === 0) {
    // An atomic fragment is a whole datagram, whatever others have its id (RFC 6946).
    ip6cbAddFlags(skb, IP6SKB_FRAGMENTED);
    ip6cbSetNhoff(skb, at - skb.networkHeader);
    count(n6, dev, IP6_REASMOKS);
    ip6cbSetFragMaxSize(skb, ip6PayloadLen(skb.view, skb.networkHeader) + IPV6HDR_LEN);
    skbPullUnchecked(skb, IPV6_FRAGHDR_LEN);
    skb.transportHeader = skb.data;
    return skb;
  }
  if ((field & IP6_OFFSET) === 0 && !headersComplete(n6.extWalk, skb, IPV6_FRAGHDR_LEN, skb.u8[at]!)) return refuse(n6, skb, ICMPV6_HDR_INCOMP, 0);
  skbOrphan(skb);
  const q = find(n6.frags, skb, skb.view.getInt32(at + 4), dev === null ? 0 : dev.ifindex);
  if (q === null) {
    count(n6, dev, IP6_REASMFAILS);
    kfreeSkbReason(skb, DROP.FRAG_NOMEM);
    return null;
  }
  return queueFrag(q, skb, n6, field, ip6cbNhoff(skb));
}
