/** Clones and copies. A clone shares all bytes; a pskb copy has its own head; a copy has its own everything. */
import { consumeSkb, pushFrag, skbSetHead, takeSkb } from './alloc.ts';
import { skbCopyBits } from './copy-bits.ts';
import { skbHeadlen } from './data.ts';
import { headGet } from './pool.ts';
import { CHECKSUM_PARTIAL, type Skb, SKB_OVERHEAD } from './skb.ts';

/** What a copy knows of the packet, but for offsets and memory. The socket is not inherited. */
export function copyMeta(to: Skb, from: Skb): void {
  to.macLen = from.macLen;
  to.dev = from.dev;
  to.dst = from.dst;
  to.protocol = from.protocol;
  to.pktType = from.pktType;
  to.ipSummed = from.ipSummed;
  to.csum = from.csum;
  to.csumOffset = from.csumOffset;
  to.csumLevel = from.csumLevel;
  to.gsoSize = from.gsoSize;
  to.gsoSegs = from.gsoSegs;
  to.gsoType = from.gsoType;
  to.priority = from.priority;
  to.mark = from.mark;
  to.hash = from.hash;
  to.skbIif = from.skbIif;
  to.queueMapping = from.queueMapping;
  to.vlanTci = from.vlanTci;
  to.tcState = from.tcState;
  to.vlanProto = from.vlanProto;
  to.tstamp = from.tstamp;
  to.encapsulation = from.encapsulation;
  to.ignoreDf = from.ignoreDf;
  to.nfct = from.nfct;
  to.nfctInfo = from.nfctInfo;
  to.nfTrace = from.nfTrace;
  to.ext = from.ext;
  to.cb0 = from.cb0;
  to.cb1 = from.cb1;
  to.cb2 = from.cb2;
  to.cb3 = from.cb3;
  to.cb4 = from.cb4;
  to.cb5 = from.cb5;
  to.cb6 = from.cb6;
  to.cb7 = from.cb7;
  to.cb8 = from.cb8;
  to.cb9 = from.cb9;
  to.cb10 = from.cb10;
  to.cb11 = from.cb11;
  to.cbTime = from.cbTime;
  to.cbObj = from.cbObj;
}

/** Header offsets of a copy whose bytes lie `shift` further on. */
export function copyOffsets(to: Skb, from: Skb, shift: number): void {
  to.macHeader = from.macHeader < 0 ? -1 : from.macHeader + shift;
  to.networkHeader = from.networkHeader < 0 ? -1 : from.networkHeader + shift;
  to.transportHeader = from.transportHeader < 0 ? -1 : from.transportHeader + shift;
  to.innerMacHeader = from.innerMacHeader < 0 ? -1 : from.innerMacHeader + shift;
  to.innerNetworkHeader = from.innerNetworkHeader < 0 ? -1 : from.innerNetworkHeader + shift;
  to.innerTransportHeader = from.innerTransportHeader < 0 ? -1 : from.innerTransportHeader + shift;
  to.csumStart = from.ipSummed === CHECKSUM_PARTIAL ? from.csumStart + shift : from.csumStart;
}

function shareFrags(to: Skb, from: Skb): void {
  for (let i = 0; i < from.nrFrags; i++) {
    const f = from.frags[i]!;
    pushFrag(to, headGet(f.head), f.off, f.len);
  }
  let last: Skb | null = null;
  for (let it = from.fragList; it !== null; it = it.next) {
    const c = skbClone(it);
    if (last === null) to.fragList = c;
    else last.next = c;
    last = c;
  }
}

/**
 * Another skb over the same bytes: each may pull and trim, neither may write without {@link skbUnclone} or {@link skbCow} (skb_clone).
 * @alpha
 */
export function skbClone(skb: Skb): Skb {
  const c = takeSkb(skb.pool);
  skbSetHead(c, headGet(skb.head));
  c.data = skb.data;
  c.tail = skb.tail;
  c.len = skb.len;
  c.dataLen = skb.dataLen;
  c.truesize = skb.truesize;
  copyMeta(c, skb);
  copyOffsets(c, skb, 0);
  if (skb.nrFrags !== 0 || skb.fragList !== null) shareFrags(c, skb);
  return c;
}

/** A copy with a head of its own and `headroom` bytes before data; fragments stay shared (__pskb_copy). @alpha */
export function pskbCopy(skb: Skb, headroom: number = skb.data): Skb {
  const c = takeSkb(skb.pool);
  const linear = skbHeadlen(skb);
  const shift = headroom - skb.data;
  skbSetHead(c, c.pool.allocHead(headroom + linear));
  // The bytes before data may hold headers that were pulled: keep what fits.
  const before = Math.min(headroom, skb.data);
  c.u8.set(skb.u8.subarray(skb.data - before, skb.tail), headroom - before); // datapath-ok: measured the fastest copy between arrays
  c.data = headroom;
  c.tail = headroom + linear;
  c.len = skb.len;
  c.dataLen = skb.dataLen;
  c.truesize = skb.truesize - skb.head.size + c.head.size;
  copyMeta(c, skb);
  copyOffsets(c, skb, shift);
  if (skb.nrFrags !== 0 || skb.fragList !== null) shareFrags(c, skb);
  return c;
}

/** A linear copy that shares nothing, with the same headroom (skb_copy). @alpha */
export function skbCopy(skb: Skb): Skb {
  return skbCopyExpand(skb, skb.data, 0);
}

/** A linear copy that shares nothing, with the given room before and after (skb_copy_expand). @alpha */
export function skbCopyExpand(skb: Skb, headroom: number, tailroom: number): Skb {
  const c = takeSkb(skb.pool);
  const shift = headroom - skb.data;
  skbSetHead(c, c.pool.allocHead(headroom + skb.len + tailroom));
  const before = Math.min(headroom, skb.data);
  c.u8.set(skb.u8.subarray(skb.data - before, skb.data), headroom - before); // datapath-ok: measured the fastest copy between arrays
  skbCopyBits(skb, 0, c.u8, headroom, skb.len);
  c.data = headroom;
  c.tail = headroom + skb.len;
  c.len = skb.len;
  c.truesize = c.head.size + SKB_OVERHEAD;
  copyMeta(c, skb);
  copyOffsets(c, skb, shift);
  return c;
}

/** Returns the skb when nobody else holds it, else a clone of it, dropping a reference (skb_share_check). @alpha */
export function skbShareCheck(skb: Skb): Skb {
  if (skb.users === 1) return skb;
  const c = skbClone(skb);
  consumeSkb(skb);
  return c;
}
