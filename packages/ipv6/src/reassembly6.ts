/**
 * Reassembly of IPv6 datagrams (RFC 8200 4.5, RFC 5722 overlaps, RFC 6946 atomic fragments): one queue for each (source, destination, id), kept until the last
 * hole closes, a rule is broken or 60 seconds are over.
 *
 * A queue is a sorted array of runs. A run is a list of fragments that came in order and touch each other, linked by `next`; its first skb says in its control
 * block where the run begins and how long it is. What lies inside one run is a duplicate and is ignored, what overlaps anything else kills the whole queue.
 */
import { csumAdd, csumPartial, csumSub, delTimer, jhash3words, modTimer, TimerList } from '@linnet/kernel';
import {
  ICMPV6_EXC_FRAGTIME, ICMPV6_HDR_FIELD, ICMPV6_HDR_INCOMP, ICMPV6_PARAMPROB, ICMPV6_TIME_EXCEED, INET_ECN_CE, INET_ECN_MASK, IP6_MF, IP6_OFFSET, IPV6_FRAGHDR_LEN,
  IPV6_MAXPLEN, ip6Daddr, ip6FlowHdr, ip6FlowLabel, ip6PayloadLen, ip6Saddr, ip6SetPayloadLen, ip6TrafficClass,
} from '@linnet/uapi';
import {
  CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, DROP, kfreeSkbReason, pskbMayPull, pskbTrim, skbCow, skbEat, skbLinearize, skbOrphan, skbPullUnchecked, skbPush,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { devGetByIndex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { ExtWalk, ipv6ExtHdr } from './exthdrs-core.ts';
import { FRAG6_BUCKETS } from './frag-dir6.ts';
import type { FragDir6 } from './frag-dir6.ts';
import { in6DevGet } from './inet6-dev.ts';
import { ip6cbAddFlags, ip6cbFlags, ip6cbNhoff, ip6cbSetFragMaxSize, ip6cbSetNhoff, IP6SKB_FRAGMENTED } from './ip6-cb.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ip6RouteInput } from './route6.ts';
import { IP6_INHDRERRORS, IP6_REASMFAILS, IP6_REASMOKS, IP6_REASMREQDS, IP6_REASMTIMEOUT } from './snmp6.ts';

const FIRST_IN = 1;
const LAST_IN = 2;
const COMPLETE = 4;
const QUEUE_COST = 256;

/** One datagram being put together (struct frag_queue). @alpha */
export class Ip6FragQueue {
  readonly dir: FragDir6;
  readonly saddr: Int32Array;
  readonly daddr: Int32Array;
  readonly id: number;
  /** Interface that counts for addresses of one link, else 0. */
  readonly iif0: number;
  readonly bucket: number;
  next: Ip6FragQueue | null;
  runs: Skb[];
  tail: Skb | null;
  len: number;
  meat: number;
  mem: number;
  flags: number;
  ecn: number;
  iif: number;
  maxSize: number;
  /** Offset from the network header of the byte that names the fragment header in the first fragment. */
  nhoff: number;
  readonly timer: TimerList<Ip6FragQueue>;

  constructor(dir: FragDir6, saddr: Int32Array, daddr: Int32Array, id: number, iif0: number, bucket: number) {
    this.dir = dir;
    this.saddr = saddr;
    this.daddr = daddr;
    this.id = id;
    this.iif0 = iif0;
    this.bucket = bucket;
    this.next = null;
    this.runs = [];
    this.tail = null;
    this.len = 0;
    this.meat = 0;
    this.mem = 0;
    this.flags = 0;
    this.ecn = 0;
    this.iif = 0;
    this.maxSize = 0;
    this.nhoff = 0;
    this.timer = new TimerList<Ip6FragQueue>(expire, this);
  }
}

// The words of the control block that a waiting fragment uses; IP6CB itself (cb0..cb5) stays.
function fragOffset(skb: Skb): number {
  return skb.cb6;
}
function runLen(skb: Skb): number {
  return skb.cb7;
}

function fail(n6: Ipv6Net, dev: NetDevice | null, field: number): void {
  n6.mib.ip[field]!++;
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev !== null) idev.mib.ip[field]!++;
}

/** What ECN field a datagram gets from those of its fragments (RFC 3168 5.3); -1: drop it. */
function fragEcn(set: number): number {
  const notEct = (set & 1) !== 0;
  if (notEct && set !== 1) return -1;
  return (set & (1 << INET_ECN_CE)) !== 0 ? INET_ECN_CE : 0;
}

function kill(q: Ip6FragQueue): void {
  if ((q.flags & COMPLETE) !== 0) return;
  q.flags |= COMPLETE;
  const { dir } = q;
  delTimer(dir.kernel, q.timer);
  let at = dir.buckets[q.bucket]!;
  if (at === q) {
    dir.buckets[q.bucket] = q.next;
  } else {
    while (at.next !== q) at = at.next!;
    at.next = q.next;
  }
  q.next = null;
  dir.count--;
  dir.mem -= QUEUE_COST;
}

function purge(q: Ip6FragQueue, reason: number): void {
  q.dir.mem -= q.mem;
  q.mem = 0;
  for (let i = 0; i < q.runs.length; i++) {
    let skb: Skb | null = q.runs[i]!;
    while (skb !== null) {
      const next = skb.next as Skb | null;
      skb.next = null;
      kfreeSkbReason(skb, reason);
      skb = next;
    }
  }
  q.runs.length = 0;
  q.tail = null;
}

/** Throws away every queue of a namespace. @alpha */
export function ip6FragsExit(dir: FragDir6): void {
  for (let i = 0; i < FRAG6_BUCKETS; i++) {
    while (dir.buckets[i] !== null) {
      const q = dir.buckets[i]!;
      kill(q);
      purge(q, DROP.FRAG_REASM_TIMEOUT);
    }
  }
}

/** The time of a queue is over: its source is told when the first fragment is here (RFC 8200 4.5). */
function expire(q: Ip6FragQueue): void {
  if ((q.flags & COMPLETE) !== 0) return;
  const { net } = q.dir;
  const n6 = net.get(IPV6);
  kill(q);
  const dev = devGetByIndex(net, q.iif);
  fail(n6, dev, IP6_REASMFAILS);
  fail(n6, dev, IP6_REASMTIMEOUT);
  if ((q.flags & FIRST_IN) === 0 || dev === null) {
    purge(q, DROP.FRAG_REASM_TIMEOUT);
    return;
  }
  const head = q.runs[0]!;
  q.runs[0] = head.next as Skb;
  if (head.next === null) q.runs.shift();
  head.next = null;
  q.mem -= head.truesize;
  q.dir.mem -= head.truesize;
  purge(q, DROP.FRAG_REASM_TIMEOUT);
  skbPush(head, head.data - head.networkHeader);
  head.dev = dev;
  head.dst = null;
  ip6RouteInput(n6, head, dev);
  if (head.dst !== null) n6.fn.icmpSend(head, ICMPV6_TIME_EXCEED, ICMPV6_EXC_FRAGTIME, 0);
  kfreeSkbReason(head, DROP.FRAG_REASM_TIMEOUT);
}

function find(dir: FragDir6, skb: Skb, id: number, iif: number): Ip6FragQueue | null {
  if (dir.highThresh === 0 || dir.mem > dir.highThresh) return null;
  const nh = skb.networkHeader;
  const { view } = skb;
  const d0 = ip6Daddr(view, nh, 0);
  const s0 = ip6Saddr(view, nh, 0);
  const iif0 = d0 >>> 22 === 0x3fa || d0 >>> 24 === 0xff || s0 >>> 22 === 0x3fa ? iif : 0;
  const h = jhash3words(s0 ^ ip6Saddr(view, nh, 1), ip6Saddr(view, nh, 2) ^ ip6Saddr(view, nh, 3), id, dir.secret);
  const bucket = jhash3words(h ^ d0, ip6Daddr(view, nh, 1) ^ ip6Daddr(view, nh, 2), ip6Daddr(view, nh, 3) ^ iif0, dir.secret) & (FRAG6_BUCKETS - 1);
  for (let q = dir.buckets[bucket]!; q !== null; q = q.next!) {
    if (q.id !== id || q.iif0 !== iif0) continue;
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
  const q = new Ip6FragQueue(dir, saddr, daddr, id, iif0, bucket);
  q.next = dir.buckets[bucket]!;
  dir.buckets[bucket] = q;
  dir.count++;
  dir.mem += QUEUE_COST;
  modTimer(dir.kernel, q.timer, (dir.kernel.jiffies + dir.timeout) | 0);
  return q;
}

const INSERTED = 0;
const DUPLICATE = 1;
const OVERLAP = 2;

/** Puts a fragment of `[offset, end)` where it belongs. */
function insert(q: Ip6FragQueue, skb: Skb, offset: number, end: number): number {
  const { runs } = q;
  skb.next = null;
  skb.cb6 = offset;
  skb.cb7 = end - offset;
  const n = runs.length;
  if (n === 0) {
    runs.push(skb);
    q.tail = skb;
    return INSERTED;
  }
  const last = runs[n - 1]!;
  const lastEnd = fragOffset(last) + runLen(last);
  if (offset >= lastEnd) {
    if (offset === lastEnd) {
      q.tail!.next = skb;
      last.cb7 += end - offset;
    } else {
      runs.push(skb);
    }
    q.tail = skb;
    return INSERTED;
  }
  let lo = 0;
  let hi = n - 1;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    const r = runs[mid]!;
    if (fragOffset(r) + runLen(r) > offset) hi = mid;
    else lo = mid + 1;
  }
  const r = runs[lo]!;
  if (end > fragOffset(r)) return offset >= fragOffset(r) && end <= fragOffset(r) + runLen(r) ? DUPLICATE : OVERLAP;
  runs.splice(lo, 0, skb); // datapath-ok: fragments out of order are rare, and a queue holds 8,192 at the most
  return INSERTED;
}

/** Puts all fragments together into the first, as its fragment list, without its fragment header; `data` is behind it. Null when it may not be. */
function reassemble(q: Ip6FragQueue, n6: Ipv6Net, last: Skb): Skb | null {
  kill(q);
  const head = q.runs[0]!;
  const nh = head.networkHeader;
  const ecn = fragEcn(q.ecn);
  const before = head.data - nh - 40 - IPV6_FRAGHDR_LEN;
  const plen = before + q.len;
  if (ecn < 0 || plen > IPV6_MAXPLEN) {
    fail(n6, last.dev as NetDevice | null, IP6_REASMFAILS);
    purge(q, plen > IPV6_MAXPLEN ? DROP.PKT_TOO_BIG : DROP.IP_INHDR);
    return null;
  }
  const dev = last.dev;
  const dst = last.dst;
  const iif = last.skbIif;
  q.dir.mem -= q.mem;
  q.mem = 0;
  let tail = head;
  for (let i = 0; i < q.runs.length; i++) {
    const run = q.runs[i]!;
    if (i > 0) tail.next = run;
    tail = run;
    while (tail.next !== null) tail = tail.next as Skb;
  }
  q.runs.length = 0;
  q.tail = null;
  let sum = head.csum;
  let ipSummed = head.ipSummed;
  let list = head.next as Skb | null;
  head.next = null;
  head.fragList = list;
  while (list !== null) {
    head.len += list.len;
    head.dataLen += list.len;
    head.truesize += list.truesize;
    if (list.ipSummed !== ipSummed) ipSummed = CHECKSUM_NONE;
    else if (ipSummed === CHECKSUM_COMPLETE) sum = csumAdd(sum, list.csum);
    list.dev = null;
    list.sk = null;
    list.dst = null;
    list = list.next as Skb | null;
  }
  head.ipSummed = ipSummed;
  head.csum = sum;
  head.dev = dev;
  head.dst = dst;
  head.skbIif = iif;
  head.ignoreDf = true;
  // The fragment header goes: what stands before it moves up.
  skbPush(head, head.data - nh);
  skbCow(head, head.data);
  const h = head.networkHeader;
  const hlen = 40 + before;
  const inner = head.u8[h + hlen]!;
  head.u8[h + q.nhoff] = inner;
  head.u8.copyWithin(h + IPV6_FRAGHDR_LEN, h, h + hlen);
  skbPullUnchecked(head, IPV6_FRAGHDR_LEN);
  head.networkHeader = head.data;
  const { view } = head;
  ip6SetPayloadLen(view, head.networkHeader, plen);
  if (ecn !== 0) ip6FlowHdr(view, head.networkHeader, ip6TrafficClass(view, head.networkHeader) | ecn, ip6FlowLabel(view, head.networkHeader));
  skbPullUnchecked(head, hlen);
  head.transportHeader = head.data;
  ip6cbSetNhoff(head, q.nhoff);
  ip6cbAddFlags(head, IP6SKB_FRAGMENTED);
  ip6cbSetFragMaxSize(head, q.maxSize);
  fail(n6, dev as NetDevice | null, IP6_REASMOKS);
  return head;
}

/** Adds a fragment to its queue; consumes it. Returns the whole datagram when it was the last one missing (ip6_frag_queue). */
function queueFrag(q: Ip6FragQueue, skb: Skb, n6: Ipv6Net, field: number, nhoff: number): Skb | null {
  const dev = skb.dev as NetDevice | null;
  if ((q.flags & COMPLETE) !== 0) {
    kfreeSkbReason(skb, DROP.DUP_FRAG);
    return null;
  }
  const nh = skb.networkHeader;
  const { view } = skb;
  const offset = field & IP6_OFFSET;
  const more = (field & IP6_MF) !== 0;
  const end = offset + ip6PayloadLen(view, nh) - (skb.data + IPV6_FRAGHDR_LEN - nh - 40);
  const ecnBit = 1 << (ip6TrafficClass(view, nh) & INET_ECN_MASK);
  if (end > IPV6_MAXPLEN) {
    fail(n6, dev, IP6_INHDRERRORS);
    n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD, skb.data + 2 - nh);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }
  let bad = false;
  if (!more) {
    if (end < q.len || ((q.flags & LAST_IN) !== 0 && end !== q.len)) bad = true;
    else {
      q.flags |= LAST_IN;
      q.len = end;
    }
  } else {
    if ((end & 7) !== 0) {
      // A piece with others behind it must be a multiple of eight (RFC 8200 4.5).
      fail(n6, dev, IP6_INHDRERRORS);
      n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD, 4);
      kfreeSkbReason(skb, DROP.IP_INHDR);
      return null;
    }
    if (end > q.len) {
      if ((q.flags & LAST_IN) !== 0) bad = true;
      else q.len = end;
    }
  }
  // Nothing in it: such a datagram is none.
  if (bad || end <= offset) {
    kill(q);
    purge(q, DROP.IP_INHDR);
    fail(n6, dev, IP6_REASMFAILS);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }
  if (skb.ipSummed === CHECKSUM_PARTIAL) skb.ipSummed = CHECKSUM_NONE;
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.csum = csumSub(skb.csum, csumPartial(skb.u8, skb.data, IPV6_FRAGHDR_LEN, 0));
  skbEat(skb, IPV6_FRAGHDR_LEN);
  if (skb.len > end - offset) {
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
    pskbTrim(skb, end - offset);
  }
  if (skb.fragList !== null) skbLinearize(skb);
  const size = skb.data - nh + skb.len;
  const how = insert(q, skb, offset, end);
  if (how === DUPLICATE) {
    kfreeSkbReason(skb, DROP.DUP_FRAG);
    return null;
  }
  if (how === OVERLAP) {
    fail(n6, dev, IP6_REASMFAILS);
    kill(q);
    purge(q, DROP.IP_FRAG_OVERLAP);
    kfreeSkbReason(skb, DROP.IP_FRAG_OVERLAP);
    return null;
  }
  q.iif = dev !== null ? dev.ifindex : q.iif;
  q.meat += skb.len;
  q.mem += skb.truesize;
  q.dir.mem += skb.truesize;
  q.ecn |= ecnBit;
  if (size > q.maxSize) q.maxSize = size;
  if (offset === 0) {
    q.nhoff = nhoff;
    q.flags |= FIRST_IN;
  }
  if ((q.flags & (FIRST_IN | LAST_IN)) === (FIRST_IN | LAST_IN) && q.meat === q.len) return reassemble(q, n6, skb);
  return null;
}

/** Does a first fragment hold all headers up to the transport's? (RFC 7112) One that has none to hold does. */
function headersComplete(skb: Skb, off: number, type: number): boolean {
  const w = new ExtWalk(); // datapath-ok: once a fragmented datagram
  w.nexthdr = type;
  const at = w.from(skb, off);
  if (at < 0) return true;
  const need = w.nexthdr === 6 ? 20 : w.nexthdr === 17 || w.nexthdr === 58 ? 8 : 1;
  return ipv6ExtHdr(w.nexthdr) || at + need <= skb.len;
}

/** A fragment header, `data` at it (ipv6_frag_rcv). Returns the datagram, `data` behind what was its fragment header, or null: it waits, or was dropped. @alpha */
export function ipv6FragRcv(n6: Ipv6Net, skb: Skb): Skb | null {
  const dev = skb.dev as NetDevice | null;
  if ((ip6cbFlags(skb) & IP6SKB_FRAGMENTED) !== 0) {
    // A fragment inside of what was put together.
    fail(n6, dev, IP6_INHDRERRORS);
    n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD, skb.data - skb.networkHeader);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }
  fail(n6, dev, IP6_REASMREQDS);
  const nh = skb.networkHeader;
  if (ip6PayloadLen(skb.view, nh) === 0 || !pskbMayPull(skb, IPV6_FRAGHDR_LEN)) {
    fail(n6, dev, IP6_INHDRERRORS);
    n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD, skb.data - skb.networkHeader);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }
  const at = skb.data;
  const field = skb.view.getUint16(at + 2) & (IP6_OFFSET | IP6_MF);
  const off = at - skb.networkHeader;
  if (field === 0) {
    // An atomic fragment is a whole datagram, whatever others have its id (RFC 6946).
    ip6cbAddFlags(skb, IP6SKB_FRAGMENTED);
    ip6cbSetNhoff(skb, off);
    fail(n6, dev, IP6_REASMOKS);
    ip6cbSetFragMaxSize(skb, ip6PayloadLen(skb.view, skb.networkHeader) + 40);
    skbPullUnchecked(skb, IPV6_FRAGHDR_LEN);
    skb.transportHeader = skb.data;
    return skb;
  }
  if ((field & IP6_OFFSET) === 0 && !headersComplete(skb, IPV6_FRAGHDR_LEN, skb.u8[at]!)) {
    fail(n6, dev, IP6_INHDRERRORS);
    n6.fn.icmpSend(skb, ICMPV6_PARAMPROB, ICMPV6_HDR_INCOMP, 0);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }
  skbOrphan(skb);
  const q = find(n6.frags, skb, skb.view.getInt32(at + 4), dev === null ? 0 : dev.ifindex);
  if (q === null) {
    fail(n6, dev, IP6_REASMFAILS);
    kfreeSkbReason(skb, DROP.FRAG_NOMEM);
    return null;
  }
  return queueFrag(q, skb, n6, field, ip6cbNhoff(skb));
}

