/** Merging received segments of a flow into super-segments (GRO): the engine. What protocols do is described in offload.ts. */
import { csumAdd, csumFold, csumPartial, csumSub, E2BIG } from '@linnet/kernel';
import {
  CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, consumeSkb, DROP, headGet, kfreeSkbReason, MAX_SKB_FRAGS, type Skb, SKB_GSO_DODGY,
  SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_OVERHEAD, skbAddFrag, skbChecksum, skbHeadlen, skbPullUnchecked,
} from '@linnet/skbuff';
import { sameAddr } from './dev-addr-lists.ts';
import { netifReceiveSkb } from './dev-rx.ts';
import { NETIF_F_GRO } from './features.ts';
import { skbGetHashSd } from './flow-dissector.ts';
import {
  addGroCount, clearGroCsum, groAge, groCbInit, groCount, groCsum, groCsumCnt, groCsumValid, groFlush, groFree, groLen, type GroList, groOffset,
  groSameFlow, setGroCsum, setGroCsumCnt, setGroFlush, setGroFree, setGroSameFlow,
} from './gro-cb.ts';
import { GRO_HASH_BUCKETS, type NapiStruct } from './napi.ts';
import type { NetDevice } from './netdevice.ts';
import type { PacketOffload } from './offload.ts';
import type { SoftnetData } from './softnet.ts';

/** What became of a received packet: it is part of another one. @alpha */
export const GRO_MERGED = 0;
/** Part of another one, and what was left of it is freed. @alpha */
export const GRO_MERGED_FREE = 1;
/** Held, to be merged with. @alpha */
export const GRO_HELD = 2;
/** Delivered as it was. @alpha */
export const GRO_NORMAL = 3;
/** Another protocol's callback took it. @alpha */
export const GRO_CONSUMED = 4;

/** Packets that a bucket holds; one more sends the oldest up. */
const MAX_GRO_SKBS = 8;

function findOffload(sd: SoftnetData, type: number): PacketOffload | null {
  const list = sd.offloads;
  for (let i = 0; i < list.length; i++) {
    const po = list[i]!;
    if (po.type === type && po.groReceive !== undefined) return po;
  }
  return null;
}

function groListAdd(list: GroList, skb: Skb): void {
  skb.prev = null;
  skb.next = list.first;
  if (list.first === null) list.last = skb;
  else list.first.prev = skb;
  list.first = skb;
  list.count++;
}
function groListDel(list: GroList, skb: Skb): void {
  if (skb.prev === null) list.first = skb.next;
  else skb.prev.next = skb.next;
  if (skb.next === null) list.last = skb.prev;
  else skb.next.prev = skb.prev;
  skb.next = null;
  skb.prev = null;
  list.count--;
}

/** Which of the held packets may be of the same flow: same device, hash and link-layer header (gro_list_prepare). */
function groListPrepare(list: GroList, skb: Skb): void {
  const macLen = skb.networkHeader - skb.macHeader;
  for (let p = list.first; p !== null; p = p.next) {
    const same =
      p.hash === skb.hash && p.dev === skb.dev && p.vlanTci === skb.vlanTci && p.vlanProto === skb.vlanProto && p.mark === skb.mark &&
      p.networkHeader - p.macHeader === macLen && sameAddr(p.u8, p.macHeader, skb.u8, skb.macHeader, macLen);
    setGroSameFlow(p, same);
  }
}

/** Sends a held packet up, as a super-segment when it has more than one (napi_gro_complete). */
function napiGroComplete(napi: NapiStruct, skb: Skb): void {
  const count = groCount(skb);
  skb.cbObj = null;
  if (count === 1) {
    skb.gsoSize = 0;
  } else {
    skb.gsoSegs = count;
    const po = findOffload(napi.sd, skb.protocol);
    if (po === null || po.groComplete === undefined || po.groComplete(skb, 0) !== 0) {
      kfreeSkbReason(skb, DROP.SKB_GSO_SEG);
      return;
    }
  }
  netifReceiveSkb(skb);
}

/** Sends up what a receive queue holds; with `old` only what was held in an earlier tick (napi_gro_flush). @alpha */
export function napiGroFlush(napi: NapiStruct, old: boolean): void {
  if (napi.groBitmask === 0) return;
  const now = napi.sd.kernel.jiffies;
  for (let b = 0; b < GRO_HASH_BUCKETS; b++) {
    if ((napi.groBitmask & (1 << b)) === 0) continue;
    const list = napi.groHash[b]!;
    for (let skb = list.last; skb !== null; skb = list.last) {
      if (old && groAge(skb) === now) break;
      groListDel(list, skb);
      if (list.count === 0) napi.groBitmask &= ~(1 << b);
      napiGroComplete(napi, skb);
    }
  }
}

/** Throws away what a receive queue holds (flush_gro_hash). */
export function napiGroDiscard(napi: NapiStruct): void {
  for (const list of napi.groHash) {
    for (let skb = list.last; skb !== null; skb = list.last) {
      groListDel(list, skb);
      kfreeSkbReason(skb, DROP.DEV_READY);
    }
  }
  napi.groBitmask = 0;
}

function devGroReceive(napi: NapiStruct, skb: Skb): number {
  const sd = napi.sd;
  if (((skb.dev as NetDevice).features & NETIF_F_GRO) === 0) return GRO_NORMAL;
  const po = findOffload(sd, skb.protocol);
  if (po === null || skb.macHeader < 0) return GRO_NORMAL;
  skb.networkHeader = skb.data;
  const b = skbGetHashSd(sd, skb) & (GRO_HASH_BUCKETS - 1);
  const list = napi.groHash[b]!;
  groListPrepare(list, skb);
  const gso = skb.gsoSize !== 0;
  groCbInit(skb, gso ? skb.gsoSegs : 1, sd.kernel.jiffies);
  if (skb.fragList !== null) setGroFlush(skb);
  if (gso && ((skb.gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) === 0 || (skb.gsoType & SKB_GSO_DODGY) !== 0)) setGroFlush(skb);
  if (skb.ipSummed === CHECKSUM_COMPLETE) setGroCsum(skb, skb.csum);
  else if (skb.ipSummed === CHECKSUM_UNNECESSARY) setGroCsumCnt(skb, skb.csumLevel + 1);

  const done = po.groReceive!(list, skb);
  // Looked at now: part of `done`, the packet may be gone when that has been delivered.
  const merged = groSameFlow(skb);
  const free = groFree(skb);
  if (done !== null) {
    groListDel(list, done);
    if (list.count === 0) napi.groBitmask &= ~(1 << b);
    napiGroComplete(napi, done);
  }
  if (merged) return free ? GRO_MERGED_FREE : GRO_MERGED;
  if (groFlush(skb)) return GRO_NORMAL;
  if (list.count >= MAX_GRO_SKBS) {
    const oldest = list.last!;
    groListDel(list, oldest);
    napiGroComplete(napi, oldest);
  }
  if (!gso) skb.gsoSize = groLen(skb);
  skb.cbObj = skb;
  groListAdd(list, skb);
  napi.groBitmask |= 1 << b;
  return GRO_HELD;
}

/**
 * Delivers a received frame, merging it with others of its flow if that is possible (napi_gro_receive). Consumes it.
 * `data` is at the network header, `macHeader` at the link-layer header. For poll functions. Returns GRO_*.
 * @public
 */
export function napiGroReceive(napi: NapiStruct, skb: Skb): number {
  const ret = devGroReceive(napi, skb);
  if (ret === GRO_NORMAL) {
    skb.cbObj = null;
    netifReceiveSkb(skb);
  } else if (ret === GRO_MERGED_FREE) {
    skb.cbObj = null;
    consumeSkb(skb);
  }
  return ret;
}

/**
 * Makes the payload of `skb` from `groOffset` on part of the held packet `p` (skb_gro_receive). For the last protocol's `groReceive`.
 * Returns 0, or -E2BIG when `p` would grow too big; `skb` is still there either way, until `groReceive` returns.
 * @alpha
 */
export function skbGroReceive(p: Skb, skb: Skb): number {
  const len = groLen(skb);
  const offset = groOffset(skb);
  if (p.len + len >= (skb.dev as NetDevice).groMaxSize || groFlush(skb)) return -E2BIG;
  const headlen = skbHeadlen(skb);
  const linear = headlen - offset;
  if (linear < 0) return -E2BIG; // a header that is not linear: nobody has read it
  const count = groCount(skb);
  if (p.fragList === null && p.nrFrags + skb.nrFrags + (linear > 0 ? 1 : 0) <= MAX_SKB_FRAGS) {
    let cost = skb.truesize - SKB_OVERHEAD;
    if (linear > 0) {
      skbAddFrag(p, headGet(skb.head), skb.data + offset, linear, cost);
      cost = 0;
    }
    for (let i = 0; i < skb.nrFrags; i++) {
      const f = skb.frags[i]!;
      skbAddFrag(p, headGet(f.head), f.off, f.len, cost);
      cost = 0;
    }
    setGroFree(skb);
  } else {
    // No room for fragments: the packet itself goes on the list.
    skbPullUnchecked(skb, offset);
    const last = p.cbObj as Skb;
    if (p.fragList === null) p.fragList = skb;
    else last.next = skb;
    skb.next = null;
    p.cbObj = skb;
    p.len += len;
    p.dataLen += len;
    p.truesize += skb.truesize;
  }
  addGroCount(p, count);
  setGroSameFlow(skb, true);
  return 0;
}

/**
 * Verifies the transport checksum of a packet in GRO (skb_gro_checksum_validate), reading the bytes if the device did not vouch for them.
 * `pseudo` is the pseudo header's sum for `groLen` bytes. True when it holds.
 * @alpha
 */
export function skbGroChecksumValidate(skb: Skb, pseudo: number): boolean {
  if (skb.ipSummed === CHECKSUM_PARTIAL) return true;
  if (groCsumCnt(skb) > 0) {
    setGroCsumCnt(skb, groCsumCnt(skb) - 1);
    return true;
  }
  if (groCsumValid(skb) && csumFold(csumAdd(groCsum(skb), pseudo)) === 0) return true;
  const off = groOffset(skb);
  const sum = skbChecksum(skb, off, skb.len - off, 0);
  setGroCsum(skb, sum);
  if (csumFold(csumAdd(sum, pseudo)) !== 0) return false;
  if (skb.ipSummed !== CHECKSUM_COMPLETE) {
    skb.ipSummed = CHECKSUM_UNNECESSARY;
    skb.csumLevel = 0;
  }
  return true;
}

/** Takes a header that was passed out of `groCsum` (skb_gro_postpull_rcsum); `off` is its offset in `skb.u8`. @alpha */
export function skbGroPostpullRcsum(skb: Skb, off: number, len: number): void {
  if (!groCsumValid(skb)) return;
  setGroCsum(skb, csumSub(groCsum(skb), csumPartial(skb.u8, off, len, 0)));
}

/** Forgets what is known of the checksum, of a packet whose bytes were changed. @alpha */
export function skbGroForgetCsum(skb: Skb): void {
  clearGroCsum(skb);
  setGroCsumCnt(skb, 0);
  if (skb.ipSummed === CHECKSUM_UNNECESSARY) skb.ipSummed = CHECKSUM_NONE;
}
