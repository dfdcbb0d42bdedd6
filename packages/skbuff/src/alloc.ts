/** Making and freeing skbs; clones and copies are in copy.ts. */
import { DROP } from './drop-reason.ts';
import type { SkbHead, SkbPool } from './pool.ts';
import { CHECKSUM_NONE, PACKET_HOST, Skb, SKB_OVERHEAD, SkbFrag } from './skb.ts';

/** An Skb object without memory: from the free list, or new. Fields are in their initial state. */
export function takeSkb(pool: SkbPool): Skb {
  pool.stats.live++;
  pool.stats.allocated++;
  const skb = pool.freeSkbs;
  if (skb === null) {
    const fresh = new Skb(pool);
    fresh.users = 1;
    return fresh;
  }
  pool.freeSkbs = skb.next;
  skb.next = null;
  skb.users = 1;
  return skb;
}

/**
 * Allocates an empty skb with `size` bytes of linear room: data = tail = 0 (alloc_skb).
 * @alpha
 */
export function allocSkb(pool: SkbPool, size: number): Skb {
  const skb = takeSkb(pool);
  skbSetHead(skb, pool.allocHead(size));
  skb.truesize = skb.head.size + SKB_OVERHEAD;
  return skb;
}

/** Wraps a head whose reference passes to the new skb (build_skb): empty, data = tail = 0. @alpha */
export function buildSkb(pool: SkbPool, head: SkbHead): Skb {
  const skb = takeSkb(pool);
  skbSetHead(skb, head);
  skb.truesize = head.size + SKB_OVERHEAD;
  return skb;
}

/** Points an skb at a head, with its mirrors. The reference passes to the skb; the old head is not released. */
export function skbSetHead(skb: Skb, head: SkbHead): void {
  skb.head = head;
  skb.u8 = head.u8;
  skb.view = head.view;
  skb.end = head.size;
}

/** Takes another reference of an skb and returns it (skb_get). @alpha */
export function skbGet(skb: Skb): Skb {
  skb.users++;
  return skb;
}

/** Ends the socket's claim on an skb: runs the destructor, forgets the socket (skb_orphan). @alpha */
export function skbOrphan(skb: Skb): void {
  const destructor = skb.destructor;
  if (destructor !== null) {
    skb.destructor = null;
    destructor(skb);
  }
  skb.sk = null;
}

/**
 * Drops a reference of an skb that was dropped for `reason`; the last one counts the reason and frees all it holds (kfree_skb_reason).
 * @alpha
 */
export function kfreeSkbReason(skb: Skb, reason: number): void {
  if (--skb.users > 0) return;
  const pool = skb.pool;
  pool.stats.drops[reason]!++;
  if (pool.onDrop !== null) pool.onDrop(skb, reason);
  releaseSkb(skb);
}

/** Drops a reference of an skb that was used as meant (consume_skb). @alpha */
export function consumeSkb(skb: Skb): void {
  if (--skb.users > 0) return;
  releaseSkb(skb);
}

/** Frees a list of skbs linked by `next`, each with the reason (kfree_skb_list_reason). @alpha */
export function kfreeSkbListReason(list: Skb | null, reason: number): void {
  while (list !== null) {
    const next: Skb | null = list.next;
    list.next = null;
    kfreeSkbReason(list, reason);
    list = next;
  }
}

/** Releases the fragments and the fragment list of an skb, leaving it linear. */
export function releaseFrags(skb: Skb): void {
  const pool = skb.pool;
  for (let i = 0; i < skb.nrFrags; i++) {
    const f = skb.frags[i]!;
    pool.putHead(f.head);
    f.head = pool.emptyHead;
  }
  skb.nrFrags = 0;
  let list = skb.fragList;
  skb.fragList = null;
  while (list !== null) {
    const next: Skb | null = list.next;
    list.next = null;
    consumeSkb(list);
    list = next;
  }
  skb.dataLen = 0;
}

/** Appends a fragment without touching lengths; the reference of `head` passes to the skb. */
export function pushFrag(skb: Skb, head: SkbHead, off: number, len: number): void {
  const n = skb.nrFrags++;
  const f = skb.frags[n];
  if (f === undefined) {
    skb.frags.push(new SkbFrag(head, off, len));
    return;
  }
  f.head = head;
  f.off = off;
  f.len = len;
}

/** Drops the reference of the skb's own head. */
export function releaseHead(skb: Skb): void {
  const head = skb.head;
  if (skb.nohdr) {
    head.nohdrRefs--;
    skb.nohdr = false;
  }
  skb.pool.putHead(head);
}

function releaseSkb(skb: Skb): void {
  const pool = skb.pool;
  if (skb.users < 0 || skb.head === pool.emptyHead) throw new Error('skbuff: an skb was freed twice');
  if (skb.destructor !== null) skbOrphan(skb);
  if (skb.nrFrags !== 0 || skb.fragList !== null) releaseFrags(skb);
  releaseHead(skb);
  pool.stats.live--;
  pool.stats.freed++;
  const empty = pool.emptyHead;
  skb.head = empty;
  skb.u8 = empty.u8;
  skb.view = empty.view;
  skb.dev = null;
  skb.sk = null;
  skb.dst = null;
  skb.cbObj = null;
  skb.nfct = null;
  skb.nfctInfo = 0;
  skb.nfTrace = 0;
  skb.ext = null;
  resetFields(skb);
  if (pool.poison) return;
  skb.next = pool.freeSkbs;
  pool.freeSkbs = skb;
}

/** Everything that an skb's next user takes for granted. */
function resetFields(skb: Skb): void {
  skb.data = 0;
  skb.tail = 0;
  skb.end = 0;
  skb.len = 0;
  skb.dataLen = 0;
  skb.macHeader = -1;
  skb.networkHeader = -1;
  skb.transportHeader = -1;
  skb.macLen = 0;
  skb.innerMacHeader = -1;
  skb.innerNetworkHeader = -1;
  skb.innerTransportHeader = -1;
  skb.prev = null;
  skb.list = null;
  skb.protocol = 0;
  skb.pktType = PACKET_HOST;
  skb.ipSummed = CHECKSUM_NONE;
  skb.csum = 0;
  skb.csumStart = 0;
  skb.csumOffset = 0;
  skb.csumLevel = 0;
  skb.gsoSize = 0;
  skb.gsoSegs = 0;
  skb.gsoType = 0;
  skb.priority = 0;
  skb.mark = 0;
  skb.hash = 0;
  skb.skbIif = 0;
  skb.queueMapping = 0;
  skb.vlanTci = 0;
  skb.vlanProto = 0;
  skb.tcState = 0;
  skb.tstamp = 0;
  skb.truesize = 0;
  skb.encapsulation = false;
  skb.peeked = false;
  skb.ignoreDf = false;
  skb.cb0 = 0;
  skb.cb1 = 0;
  skb.cb2 = 0;
  skb.cb3 = 0;
  skb.cb4 = 0;
  skb.cb5 = 0;
  skb.cb6 = 0;
  skb.cb7 = 0;
  skb.cb8 = 0;
  skb.cb9 = 0;
  skb.cb10 = 0;
  skb.cb11 = 0;
  skb.cbTime = 0;
}

/** Frees every skb of a `next`-linked list as consumed. @alpha */
export function consumeSkbList(list: Skb | null): void {
  while (list !== null) {
    const next: Skb | null = list.next;
    list.next = null;
    consumeSkb(list);
    list = next;
  }
}

/** `kfreeSkbReason` for packets nobody said why about; prefer a named reason (kfree_skb). @alpha */
export function kfreeSkb(skb: Skb): void {
  kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
}
