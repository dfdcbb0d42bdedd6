/**
 * Reassembly of IPv4 datagrams (RFC 791 3.2, RFC 815's aim, RFC 5722's answer to overlaps): one queue for each
 * (source, destination, id, protocol, user), kept until the last hole closes, a rule is broken or 30 seconds are over.
 *
 * A queue is a sorted array of runs. A run is a list of fragments that came in order and touch each other, linked by
 * `next`; its first skb says in its control block where the run begins and how long it is. What lies inside one run is
 * a duplicate and is ignored, what overlaps anything else kills the whole queue.
 */
import { csumAdd, csumPartial, csumSub, delTimer, jhash3words, modTimer, TimerList } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED, INET_ECN_CE, INET_ECN_MASK, IP_DF, IP_MF, IP_OFFSET, RTN_LOCAL,
  iphDaddr, iphFragOff, iphId, iphProtocol, iphSaddr, iphSetFragOff, iphSetTotLen, iphTos,
} from '@linnet/uapi';
import {
  CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, DROP, kfreeSkbReason, pskbMayPull, pskbTrim, skbCow, skbEat, skbLinearize, skbOrphan, skbPush,
} from '@linnet/skbuff';
import { devGetByIndex } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import type { InetPeer } from '@linnet/inet';
import { ipHdrlen } from './ip-hdrlen.ts';
import { IPSKB_FRAG_COMPLETE, IPSKB_FRAG_PMTU, ipcbAddFlags, ipcbFlags, ipcbSetFragMaxSize } from './ip-cb.ts';
import { FRAG_BUCKETS } from './frag-dir.ts';
import type { FragDir } from './frag-dir.ts';
import { ipSendCheck } from './ip-header.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipRouteInput } from './route-input.ts';
import type { Rtable } from './rtable.ts';
import {
  IPSTATS_MIB_REASMFAILS, IPSTATS_MIB_REASMOKS, IPSTATS_MIB_REASMREQDS, IPSTATS_MIB_REASMTIMEOUT, IPSTATS_MIB_REASM_OVERLAPS,
} from './snmp.ts';

/** Who asks for reassembly: each user has queues of its own. Local delivery. @alpha */
export const IP_DEFRAG_LOCAL_DELIVER = 0;
/** The router alert chain. @alpha */
export const IP_DEFRAG_CALL_RA_CHAIN = 1;
/** Connection tracking of received packets. @alpha */
export const IP_DEFRAG_CONNTRACK_IN = 2;

const FIRST_IN = 1;
const LAST_IN = 2;
const COMPLETE = 4;

/** What a queue itself is charged with. */
const QUEUE_COST = 256;

/** One datagram being put together (struct ipq). @alpha */
export class IpFragQueue {
  readonly dir: FragDir;
  readonly saddr: number;
  readonly daddr: number;
  readonly id: number;
  readonly protocol: number;
  readonly user: number;
  readonly vif: number;
  readonly bucket: number;
  next: IpFragQueue | null;
  /** First fragments of the runs, in order of offset. */
  runs: Skb[];
  /** The last fragment of the last run. */
  tail: Skb | null;
  /** Total payload length, known once the last fragment is here; until then the highest end seen. */
  len: number;
  /** Bytes received. */
  meat: number;
  /** truesize of the fragments. */
  mem: number;
  flags: number;
  /** Set of ECN fields seen, one bit for each (RFC 3168 5.3). */
  ecn: number;
  iif: number;
  maxDfSize: number;
  maxSize: number;
  rid: number;
  readonly peer: InetPeer | null;
  readonly timer: TimerList<IpFragQueue>;

  constructor(dir: FragDir, saddr: number, daddr: number, id: number, protocol: number, user: number, vif: number, bucket: number, peer: InetPeer | null) {
    this.dir = dir;
    this.saddr = saddr;
    this.daddr = daddr;
    this.id = id;
    this.protocol = protocol;
    this.user = user;
    this.vif = vif;
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
    this.maxDfSize = 0;
    this.maxSize = 0;
    this.rid = 0;
    this.peer = peer;
    this.timer = new TimerList<IpFragQueue>(ipExpire, this);
  }
}

// The words of the control block that a waiting fragment uses; IPCB itself (cb0..cb5) stays.
function fragOffset(skb: Skb): number {
  return skb.cb6;
}
function fragRunLen(skb: Skb): number {
  return skb.cb7;
}

/** What ECN field a datagram gets from the set of those of its fragments (RFC 3168 5.3); -1: drop it. */
function fragEcn(set: number): number {
  const ce = (set & (1 << INET_ECN_CE)) !== 0;
  const notEct = (set & 1) !== 0;
  if (notEct && set !== 1) return -1;
  return ce ? INET_ECN_CE : 0;
}

function unlinkQueue(q: IpFragQueue): void {
  const dir = q.dir;
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

/** Ends a queue: its timer and its place in the table go, its fragments stay (inet_frag_kill). */
function killQueue(q: IpFragQueue): void {
  if ((q.flags & COMPLETE) !== 0) return;
  q.flags |= COMPLETE;
  delTimer(q.dir.kernel, q.timer);
  unlinkQueue(q);
}

/** Frees the fragments of a queue (inet_frag_rbtree_purge). */
function purgeRuns(q: IpFragQueue, reason: number): void {
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

function destroyQueue(q: IpFragQueue, reason: number): void {
  killQueue(q);
  purgeRuns(q, reason);
}

/** Throws away every queue of a namespace (fqdir_exit). @alpha */
export function ipFragsExit(dir: FragDir): void {
  for (let i = 0; i < FRAG_BUCKETS; i++) {
    while (dir.buckets[i] !== null) destroyQueue(dir.buckets[i]!, DROP.FRAG_REASM_TIMEOUT);
  }
}

/** The time of a queue is over: tell the source when the first fragment is here (ip_expire, RFC 792, RFC 1122 3.3.2). */
function ipExpire(q: IpFragQueue): void {
  if ((q.flags & COMPLETE) !== 0) return;
  const net = q.dir.net;
  const ip = net.get(IPV4);
  killQueue(q);
  ip.mib[IPSTATS_MIB_REASMFAILS]!++;
  ip.mib[IPSTATS_MIB_REASMTIMEOUT]!++;
  const dev = devGetByIndex(net, q.iif);
  if ((q.flags & FIRST_IN) === 0 || dev === null) {
    purgeRuns(q, DROP.FRAG_REASM_TIMEOUT);
    return;
  }
  const head = q.runs[0]!;
  q.runs[0] = head.next as Skb;
  if (head.next === null) q.runs.shift();
  head.next = null;
  q.mem -= head.truesize;
  q.dir.mem -= head.truesize;
  // The rest of the datagram is of no use to the message, and its answer may come back to us at once.
  purgeRuns(q, DROP.FRAG_REASM_TIMEOUT);
  skbPush(head, head.data - head.networkHeader);
  head.dev = dev;
  head.dst = null;
  const nh = head.networkHeader;
  const err = ipRouteInput(head, iphDaddr(head.view, nh), iphSaddr(head.view, nh), iphTos(head.view, nh), dev);
  // Only the end host that waited for the datagram tells its source; a router that looked inside does not.
  if (err === 0 && (q.user === IP_DEFRAG_LOCAL_DELIVER || (head.dst as Rtable | null)?.rtType === RTN_LOCAL)) {
    ip.icmpSend(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
  }
  kfreeSkbReason(head, DROP.FRAG_REASM_TIMEOUT);
}

/** The queue of a fragment, made if it is missing; null when there is no memory for the fragment (ip_find, inet_frag_find). */
function ipFind(dir: FragDir, skb: Skb, user: number, vif: number): IpFragQueue | null {
  // Above the limit nothing more is taken, for queues that are there neither: many of them may still grow to 64 KiB each.
  if (dir.highThresh === 0 || dir.mem > dir.highThresh) return null;
  const nh = skb.networkHeader;
  const view = skb.view;
  const saddr = iphSaddr(view, nh);
  const daddr = iphDaddr(view, nh);
  const id = iphId(view, nh);
  const protocol = iphProtocol(view, nh);
  const bucket = jhash3words((id << 16) | (protocol << 8) | (user & 0xff), saddr, daddr ^ vif, dir.secret) & (FRAG_BUCKETS - 1);
  for (let q = dir.buckets[bucket]!; q !== null; q = q.next!) {
    if (q.saddr === saddr && q.daddr === daddr && q.id === id && q.protocol === protocol && q.user === user && q.vif === vif) return q;
  }
  const peer = dir.maxDist !== 0 ? dir.net.get(IPV4).peers.get(dir.net, saddr) : null;
  const q = new IpFragQueue(dir, saddr, daddr, id, protocol, user, vif, bucket, peer);
  q.next = dir.buckets[bucket]!;
  dir.buckets[bucket] = q;
  dir.count++;
  dir.mem += QUEUE_COST;
  modTimer(dir.kernel, q.timer, (dir.kernel.jiffies + dir.timeout) | 0);
  return q;
}

/** Did so many other fragments of this source pass since our last one that the id may have come round? (ip_frag_too_far) */
function tooFar(q: IpFragQueue, ip: Ipv4Net): boolean {
  const peer = q.peer;
  const max = q.dir.maxDist;
  if (peer === null || max === 0) return false;
  const start = q.rid;
  const end = ++peer.rid;
  q.rid = end;
  const far = q.tail !== null && end - start > max;
  if (far) ip.mib[IPSTATS_MIB_REASMFAILS]!++;
  return far;
}

const INSERTED = 0;
const DUPLICATE = 1;
const OVERLAP = 2;

/** Puts a fragment of `[offset, end)` where it belongs (inet_frag_queue_insert). */
function insertFrag(q: IpFragQueue, skb: Skb, offset: number, end: number): number {
  const runs = q.runs;
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
  const lastEnd = fragOffset(last) + fragRunLen(last);
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
  // The first run that ends behind our beginning.
  let lo = 0;
  let hi = n - 1;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    const r = runs[mid]!;
    if (fragOffset(r) + fragRunLen(r) > offset) hi = mid;
    else lo = mid + 1;
  }
  const r = runs[lo]!;
  if (end > fragOffset(r)) return offset >= fragOffset(r) && end <= fragOffset(r) + fragRunLen(r) ? DUPLICATE : OVERLAP;
  runs.splice(lo, 0, skb); // datapath-ok: fragments out of order are rare, and a queue holds 8,192 at the most
  return INSERTED;
}

/** Puts all fragments together into the first, as its fragment list (ip_frag_reasm). Returns the datagram, or null when it may not be. */
function reassemble(q: IpFragQueue, ip: Ipv4Net, last: Skb): Skb | null {
  killQueue(q);
  const head = q.runs[0]!;
  const nh = head.networkHeader;
  const ihl = ipHdrlen(head.view, nh);
  const ecn = fragEcn(q.ecn);
  const len = ihl + q.len;
  if (ecn < 0 || len > 65535) {
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    purgeRuns(q, len > 65535 ? DROP.PKT_TOO_BIG : DROP.IP_INHDR);
    return null;
  }
  const dev = last.dev;
  const dst = last.dst;
  const iif = last.skbIif;
  q.dir.mem -= q.mem;
  q.mem = 0;
  // One list in order.
  let tail = head;
  for (let i = 0; i < q.runs.length; i++) {
    const run = q.runs[i]!;
    if (i > 0) tail.next = run;
    tail = run;
    while (tail.next !== null) tail = tail.next as Skb;
  }
  q.runs.length = 0;
  q.tail = null;
  skbPush(head, head.data - nh);
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
  head.ignoreDf = false;
  skbCow(head, head.data); // the header is written next
  const view = head.view;
  const at = head.networkHeader;
  iphSetTotLen(view, at, len);
  view.setUint8(at + 1, iphTos(view, at) | ecn);
  // A datagram whose largest fragment could not be fragmented keeps its DF: whoever forwards it must not make larger pieces.
  ipcbSetFragMaxSize(head, Math.max(q.maxDfSize, q.maxSize));
  if (q.maxDfSize === q.maxSize) {
    ipcbAddFlags(head, IPSKB_FRAG_PMTU);
    iphSetFragOff(view, at, IP_DF);
  } else {
    iphSetFragOff(view, at, 0);
  }
  ipSendCheck(head);
  ip.mib[IPSTATS_MIB_REASMOKS]!++;
  return head;
}

/** Adds a fragment to its queue; consumes it. Returns the whole datagram when it was the last one missing (ip_frag_queue). */
function queueFrag(q: IpFragQueue, skb: Skb, ip: Ipv4Net): Skb | null {
  if ((q.flags & COMPLETE) !== 0) {
    kfreeSkbReason(skb, DROP.DUP_FRAG);
    return null;
  }
  if ((ipcbFlags(skb) & IPSKB_FRAG_COMPLETE) === 0 && tooFar(q, ip)) {
    // The id has been used again: begin anew with this fragment.
    modTimer(q.dir.kernel, q.timer, (q.dir.kernel.jiffies + q.dir.timeout) | 0);
    purgeRuns(q, DROP.FRAG_TOO_FAR);
    q.flags = 0;
    q.len = 0;
    q.meat = 0;
    q.iif = 0;
    q.ecn = 0;
    q.maxDfSize = 0;
    q.maxSize = 0;
  }

  const nh = skb.networkHeader;
  const view = skb.view;
  const ecnBit = 1 << (iphTos(view, nh) & INET_ECN_MASK);
  const field = iphFragOff(view, nh);
  const offset = (field & IP_OFFSET) << 3;
  const more = (field & IP_MF) !== 0;
  const df = (field & IP_DF) !== 0;
  const ihl = ipHdrlen(view, nh);
  const payload = skb.data - nh + skb.len - ihl;
  let end = offset + payload;
  let bad = false;
  if (!more) {
    if (end < q.len || ((q.flags & LAST_IN) !== 0 && end !== q.len)) bad = true;
    else {
      q.flags |= LAST_IN;
      q.len = end;
    }
  } else {
    if ((end & 7) !== 0) {
      end &= ~7;
      if (skb.ipSummed !== CHECKSUM_UNNECESSARY) skb.ipSummed = CHECKSUM_NONE;
    }
    if (end > q.len) {
      if ((q.flags & LAST_IN) !== 0) bad = true;
      else q.len = end;
    }
  }
  if (bad || end === offset || !pskbMayPull(skb, ihl)) {
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    destroyQueue(q, DROP.IP_INHDR);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }

  // From here on `data` is the payload; the header stays before it.
  if (skb.ipSummed === CHECKSUM_PARTIAL) skb.ipSummed = CHECKSUM_NONE; // somebody else's promise about another layout
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.csum = csumSub(skb.csum, csumPartial(skb.u8, skb.data, ihl, 0));
  skbEat(skb, ihl);
  if (skb.len > end - offset) {
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
    pskbTrim(skb, end - offset);
  }
  if (skb.fragList !== null) skbLinearize(skb);
  skb.transportHeader = skb.data;

  const how = insertFrag(q, skb, offset, end);
  if (how === DUPLICATE) {
    kfreeSkbReason(skb, DROP.DUP_FRAG);
    return null;
  }
  if (how === OVERLAP) {
    ip.mib[IPSTATS_MIB_REASM_OVERLAPS]!++;
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    destroyQueue(q, DROP.IP_FRAG_OVERLAP);
    kfreeSkbReason(skb, DROP.IP_FRAG_OVERLAP);
    return null;
  }
  q.iif = skb.dev !== null ? skb.dev.ifindex : q.iif;
  q.meat += skb.len;
  q.mem += skb.truesize;
  q.dir.mem += skb.truesize;
  q.ecn |= ecnBit;
  if (offset === 0) q.flags |= FIRST_IN;
  const size = ihl + (end - offset);
  if (size > q.maxSize) q.maxSize = size;
  if (df && size > q.maxDfSize) q.maxDfSize = size;
  if ((q.flags & (FIRST_IN | LAST_IN)) === (FIRST_IN | LAST_IN) && q.meat === q.len) return reassemble(q, ip, skb);
  return null;
}

/**
 * Takes a fragment whose `data` is the IP header. Returns the datagram it completes (`data` again at the IP header), or null:
 * the fragment waits, or was dropped and counted (ip_defrag).
 * @alpha
 */
export function ipDefrag(net: Net, skb: Skb, user: number): Skb | null {
  const ip = net.get(IPV4);
  ip.mib[IPSTATS_MIB_REASMREQDS]!++;
  skbOrphan(skb);
  const q = ipFind(ip.frags, skb, user, 0);
  if (q === null) {
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    kfreeSkbReason(skb, DROP.FRAG_NOMEM);
    return null;
  }
  return queueFrag(q, skb, ip);
}
