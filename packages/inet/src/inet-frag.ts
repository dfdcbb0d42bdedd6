/**
 * Putting datagrams together again, the part that IPv4 and IPv6 share: the table of those that wait, its limits, and what holds the fragments of one.
 *
 * A queue is a sorted array of runs. A run is a list of fragments that came in order and touch each other, linked by `next`; its first skb says in its control
 * block where the run begins and how long it is. What lies inside one run is a duplicate, what overlaps anything else is the end of the queue (RFC 5722).
 *
 * Which fragments belong together, what a header must be and what is counted stands with each family.
 */
import { csumAdd, csumPartial, csumSub, delTimer, modTimer, sysctlInt, sysctlSecondsJiffies, TimerList } from '@linnet/kernel';
import type { Kernel, Net, SysctlRange } from '@linnet/kernel';
import { INET_ECN_CE } from '@linnet/uapi';
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, DROP, kfreeSkbReason, pskbTrim, skbEat, skbLinearize, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import type { NetDevice } from '@linnet/netdev';

/** Buckets of a {@link FragDir}: a power of two. @alpha */
export const FRAG_BUCKETS = 1024;

/** What a queue itself is charged with. */
const QUEUE_COST = 256;

/** The datagrams of a namespace and family that are being put together, with their limits. @alpha */
export class FragDir {
  readonly net: Net;
  readonly kernel: Kernel;
  readonly buckets: (InetFragQueue | null)[];
  /** Key of the hash over what names a datagram. */
  readonly secret: number;
  /** Bytes: above it no fragment is taken. */
  highThresh: number;
  /** Bytes: kept for the setting's sake; nothing is evicted early. */
  lowThresh: number;
  /** How long a datagram may take, in jiffies. */
  timeout: number;
  /** Bytes held. */
  mem: number;
  /** Queues. */
  count: number;

  constructor(net: Net, secret: number, timeout: number) {
    this.net = net;
    this.kernel = net.kernel;
    this.buckets = new Array<InetFragQueue | null>(FRAG_BUCKETS).fill(null);
    this.secret = secret | 0;
    this.highThresh = 4 * 1024 * 1024;
    this.lowThresh = 3 * 1024 * 1024;
    this.timeout = timeout;
    this.mem = 0;
    this.count = 0;
  }
}

/** May another fragment be kept? Queues that are there count too: many of them may still grow to 64 KiB each. @alpha */
export function fragHasRoom(dir: FragDir): boolean {
  return dir.highThresh !== 0 && dir.mem <= dir.highThresh;
}

/** Registers the limits as `<prefix>_high_thresh`, `<prefix>_low_thresh` and `<prefix>_time`; neither limit passes the other (`ip-sysctl.rst`). @alpha */
export function fragSysctls(dir: FragDir, prefix: string): void {
  const tree = dir.net.sysctl;
  const limit = (name: string, get: () => number, set: (v: number) => void, range: () => SysctlRange): void => {
    tree.register(`${prefix}_${name}`, { get: () => String(get()), set: (text) => sysctlInt(get, set, range()).set!(text) }); // datapath-ok: settings
  };
  limit('high_thresh', () => dir.highThresh, (v) => { dir.highThresh = v; }, () => ({ min: dir.lowThresh, max: Number.MAX_SAFE_INTEGER }));
  limit('low_thresh', () => dir.lowThresh, (v) => { dir.lowThresh = v; }, () => ({ min: 0, max: dir.highThresh }));
  tree.register(`${prefix}_time`, sysctlSecondsJiffies(() => dir.timeout, (v) => { dir.timeout = v; })); // datapath-ok: settings
}

/** One datagram being put together. A family adds what tells it from others. @alpha */
export class InetFragQueue {
  readonly dir: FragDir;
  readonly bucket: number;
  next: InetFragQueue | null;
  /** First fragments of the runs, in order of offset. */
  readonly runs: Skb[];
  /** The last fragment of the last run. */
  tail: Skb | null;
  /** Length of the whole payload, known once the last fragment is here; until then the highest end seen. */
  len: number;
  /** Payload bytes received. */
  got: number;
  /** truesize of the fragments. */
  mem: number;
  /** Is the fragment with offset 0 here? */
  hasFirst: boolean;
  /** Is the one without others behind it here? */
  hasLast: boolean;
  /** Out of the table: complete, given up or timed out. */
  over: boolean;
  /** Set of ECN fields seen, one bit for each (RFC 3168 5.3). */
  ecn: number;
  /** Where the last fragment came in. */
  iif: number;
  /** Length of the longest fragment, with its headers. */
  maxSize: number;
  readonly timer: TimerList<InetFragQueue>;

  /** `expire` is called when the time is over; the queue is then still in its table. */
  constructor(dir: FragDir, bucket: number, expire: (q: InetFragQueue) => void) {
    this.dir = dir;
    this.bucket = bucket;
    this.next = null;
    this.runs = [];
    this.tail = null;
    this.len = 0;
    this.got = 0;
    this.mem = 0;
    this.hasFirst = false;
    this.hasLast = false;
    this.over = false;
    this.ecn = 0;
    this.iif = 0;
    this.maxSize = 0;
    this.timer = new TimerList<InetFragQueue>(expire, this);
  }
}

/** Enters a new queue into its bucket and starts its time. @alpha */
export function fragLink(q: InetFragQueue): void {
  const { dir } = q;
  q.next = dir.buckets[q.bucket]!;
  dir.buckets[q.bucket] = q;
  dir.count++;
  dir.mem += QUEUE_COST;
  fragRestartTimer(q);
}

/** The queue's time begins anew. @alpha */
export function fragRestartTimer(q: InetFragQueue): void {
  const { dir } = q;
  modTimer(dir.kernel, q.timer, (dir.kernel.jiffies + dir.timeout) | 0);
}

/** Ends a queue: its timer and its place in the table go, its fragments stay. @alpha */
export function fragKill(q: InetFragQueue): void {
  if (q.over) return;
  q.over = true;
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

/** Frees the fragments of a queue, which stays where it is. @alpha */
export function fragPurge(q: InetFragQueue, reason: number): void {
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

/** Ends a queue and frees its fragments. @alpha */
export function fragDestroy(q: InetFragQueue, reason: number): void {
  fragKill(q);
  fragPurge(q, reason);
}

/** Throws away every queue: the namespace ends. @alpha */
export function fragDirExit(dir: FragDir): void {
  for (let i = 0; i < FRAG_BUCKETS; i++) {
    while (dir.buckets[i] !== null) fragDestroy(dir.buckets[i]!, DROP.QUEUE_PURGE);
  }
}

/**
 * What is left to tell of a datagram whose time is over: its first fragment, the caller's now, from its network header on and without a route, as if it came
 * from `dev`. Null when the first fragment never came or its device has gone. Everything else is freed before: the answer to what the caller sends may come
 * back at once.
 * @alpha
 */
export function fragExpired(q: InetFragQueue, dev: NetDevice | null): Skb | null {
  let first: Skb | null = null;
  if (q.hasFirst && dev !== null) {
    first = q.runs[0]!;
    const rest = first.next as Skb | null;
    if (rest === null) q.runs.shift(); // datapath-ok: once a datagram that is given up
    else q.runs[0] = rest;
    first.next = null;
    q.mem -= first.truesize;
    q.dir.mem -= first.truesize;
    skbPush(first, first.data - first.networkHeader);
    first.dev = dev;
    first.dst = null;
  }
  fragPurge(q, DROP.FRAG_REASM_TIMEOUT);
  return first;
}

/** Notes where a fragment ends, the last one when not `more`. False when that cannot be: the datagram would have two ends. @alpha */
export function fragNoteEnd(q: InetFragQueue, end: number, more: boolean): boolean {
  if (!more) {
    if (end < q.len || (q.hasLast && end !== q.len)) return false;
    q.hasLast = true;
    q.len = end;
    return true;
  }
  if (end > q.len) {
    if (q.hasLast) return false;
    q.len = end;
  }
  return true;
}

/** Takes the first `hlen` bytes off a fragment and all but `len` bytes of what follows; its headers stay before `data`. @alpha */
export function fragStrip(skb: Skb, hlen: number, len: number): void {
  if (skb.ipSummed === CHECKSUM_PARTIAL) skb.ipSummed = CHECKSUM_NONE; // somebody else's promise about another layout
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.csum = csumSub(skb.csum, csumPartial(skb.u8, skb.data, hlen, 0));
  skbEat(skb, hlen);
  if (skb.len > len) {
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
    pskbTrim(skb, len);
  }
  if (skb.fragList !== null) skbLinearize(skb);
}

// The words of the control block that a waiting fragment uses; those of its family (cb0..cb5) stay.
function runStart(skb: Skb): number {
  return skb.cb6;
}
function runLen(skb: Skb): number {
  return skb.cb7;
}

/** {@link fragInsert}: the fragment is in. @alpha */
export const FRAG_INSERTED = 0;
/** {@link fragInsert}: all of its bytes are here already. @alpha */
export const FRAG_DUPLICATE = 1;
/** {@link fragInsert}: some of its bytes are here already. @alpha */
export const FRAG_OVERLAP = 2;

/** Puts a fragment of `[offset, end)` where it belongs; what is not `FRAG_INSERTED` is still the caller's. @alpha */
export function fragInsert(q: InetFragQueue, skb: Skb, offset: number, end: number): number {
  const { runs } = q;
  skb.next = null;
  skb.cb6 = offset;
  skb.cb7 = end - offset;
  const n = runs.length;
  if (n === 0) {
    runs.push(skb);
    q.tail = skb;
    return FRAG_INSERTED;
  }
  const last = runs[n - 1]!;
  const lastEnd = runStart(last) + runLen(last);
  if (offset >= lastEnd) {
    if (offset === lastEnd) {
      q.tail!.next = skb;
      last.cb7 += end - offset;
    } else {
      runs.push(skb);
    }
    q.tail = skb;
    return FRAG_INSERTED;
  }
  // The first run that ends behind our beginning.
  let lo = 0;
  let hi = n - 1;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    const r = runs[mid]!;
    if (runStart(r) + runLen(r) > offset) hi = mid;
    else lo = mid + 1;
  }
  const r = runs[lo]!;
  if (end > runStart(r)) return offset >= runStart(r) && end <= runStart(r) + runLen(r) ? FRAG_DUPLICATE : FRAG_OVERLAP;
  runs.splice(lo, 0, skb); // datapath-ok: fragments out of order are rare, and a queue holds 8,192 at the most
  return FRAG_INSERTED;
}

/** Accounts for a fragment that is in: `size` is its length with headers, `ecn` its ECN field. True: no byte is missing any more. @alpha */
export function fragAccount(q: InetFragQueue, skb: Skb, offset: number, size: number, ecn: number): boolean {
  if (skb.dev !== null) q.iif = skb.dev.ifindex;
  q.got += skb.len;
  q.mem += skb.truesize;
  q.dir.mem += skb.truesize;
  q.ecn |= 1 << ecn;
  if (size > q.maxSize) q.maxSize = size;
  if (offset === 0) q.hasFirst = true;
  return q.hasFirst && q.hasLast && q.got === q.len;
}

/** What ECN field a datagram gets from those of its fragments (RFC 3168 5.3); -1: some could and some could not, drop it. @alpha */
export function fragEcn(q: InetFragQueue): number {
  const notEct = (q.ecn & 1) !== 0;
  if (notEct && q.ecn !== 1) return -1;
  return (q.ecn & (1 << INET_ECN_CE)) !== 0 ? INET_ECN_CE : 0;
}

/**
 * Joins all fragments: the first, its `data` still at its payload, with the others as its fragment list. Device and route are those of `last`, the one that
 * came last, which may be any of them. The queue is empty then, its memory is the datagram's.
 * @alpha
 */
export function fragJoin(q: InetFragQueue, last: Skb): Skb {
  const head = q.runs[0]!;
  const { dev, dst, skbIif } = last;
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
  let sum = head.csum;
  let { ipSummed } = head;
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
  head.skbIif = skbIif;
  return head;
}
