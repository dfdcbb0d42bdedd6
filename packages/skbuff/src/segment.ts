/** Cutting a super-segment into packets (the part of GSO that knows no protocol). */
import { allocSkb, consumeSkbList, pushFrag } from './alloc.ts';
import { copyMeta, copyOffsets } from './copy.ts';
import { skbCopyBits } from './copy-bits.ts';
import { pskbMayPull, skbHeadlen } from './data.ts';
import { headGet } from './pool.ts';
import type { Skb } from './skb.ts';

/**
 * Cuts the payload of `skb` behind its first `hdrLen` bytes into pieces of `mss` bytes, each with a copy of those headers (skb_segment).
 *
 * Does not consume `skb`. Returns a list linked by `next`: with `sg` payload is shared as fragments, else copied. Lengths, sequence numbers and
 * checksums in the headers are the protocol's to mend; `csumStart` is carried over. Null when the headers are not all there.
 * @alpha
 */
export function skbSegment(skb: Skb, hdrLen: number, mss: number, sg: boolean): Skb | null {
  if (mss <= 0 || !pskbMayPull(skb, hdrLen)) return null;
  const headroom = skb.data;
  const shared = sg && skb.fragList === null;
  let first: Skb | null = null;
  let last: Skb | null = null;
  // Where the shared payload stands: fragment -1 is the linear part.
  let frag = -1;
  let fragPos = hdrLen;
  for (let off = hdrLen; off < skb.len || first === null; off += mss) {
    const n = Math.min(mss, skb.len - off);
    const seg = allocSkb(skb.pool, headroom + hdrLen + (shared ? 0 : n));
    seg.data = headroom;
    seg.tail = headroom + hdrLen;
    seg.len = hdrLen;
    const u8 = skb.u8;
    const to = seg.u8;
    for (let i = skb.data, j = headroom, end = skb.data + hdrLen; i < end; i++, j++) to[j] = u8[i]!;
    if (shared) {
      let left = n;
      while (left > 0) {
        const size = frag < 0 ? skbHeadlen(skb) : skb.frags[frag]!.len;
        if (fragPos >= size) {
          frag++;
          fragPos = 0;
          continue;
        }
        const take = Math.min(left, size - fragPos);
        if (frag < 0) pushFrag(seg, headGet(skb.head), skb.data + fragPos, take);
        else pushFrag(seg, headGet(skb.frags[frag]!.head), skb.frags[frag]!.off + fragPos, take);
        fragPos += take;
        left -= take;
      }
      seg.len += n;
      seg.dataLen = n;
      seg.truesize += n;
    } else {
      if (skbCopyBits(skb, off, to, seg.tail, n) !== 0) {
        seg.next = first;
        consumeSkbList(seg);
        return null;
      }
      seg.tail += n;
      seg.len += n;
    }
    copyMeta(seg, skb);
    copyOffsets(seg, skb, 0);
    seg.gsoSize = 0;
    seg.gsoSegs = 0;
    seg.gsoType = 0;
    if (last === null) first = seg;
    else last.next = seg;
    last = seg;
  }
  return first;
}
