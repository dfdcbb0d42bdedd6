/** Moving payload between skbs without copying: split, shift, coalesce. */
import { consumeSkb, pushFrag } from './alloc.ts';
import { skbCloned, skbHeadlen } from './data.ts';
import { headGet } from './pool.ts';
import { MAX_SKB_FRAGS, type Skb, SKB_OVERHEAD } from './skb.ts';

/**
 * Leaves the first `len` bytes in `skb` and moves the rest to the end of `rest`, an skb without payload whose linear room holds what is linear
 * behind `len` (skb_split). Neither may have a fragment list.
 * @alpha
 */
export function skbSplit(skb: Skb, rest: Skb, len: number): void {
  const linear = skbHeadlen(skb);
  const moved = skb.len - len;
  let left = len - linear;
  if (left < 0) {
    // The linear bytes behind len go over as a fragment of the same head.
    pushFrag(rest, headGet(skb.head), skb.data + len, -left);
    skb.tail = skb.data + len;
    left = 0;
  }
  let keep = 0;
  for (let i = 0; i < skb.nrFrags; i++) {
    const f = skb.frags[i]!;
    if (left >= f.len) {
      left -= f.len;
      keep = i + 1;
      continue;
    }
    if (left > 0) {
      pushFrag(rest, headGet(f.head), f.off + left, f.len - left);
      f.len = left;
      left = 0;
      keep = i + 1;
    } else {
      pushFrag(rest, f.head, f.off, f.len);
      f.head = skb.pool.emptyHead;
    }
  }
  skb.nrFrags = keep;
  skb.len = len;
  skb.dataLen = len - (skb.tail - skb.data);
  rest.len += moved;
  rest.dataLen += moved;
  const cost = Math.min(skb.truesize, moved);
  rest.truesize += cost;
  skb.truesize -= cost;
}

/**
 * Moves the first `len` bytes of the fragments of `from` to the end of `to`; both keep payload only in fragments (skb_shift).
 * Returns the bytes moved: `len`, or 0 when `to` has no room for the fragments.
 * @alpha
 */
export function skbShift(to: Skb, from: Skb, len: number): number {
  if (skbHeadlen(from) !== 0 || from.fragList !== null || to.fragList !== null) return 0;
  let n = 0;
  let left = len;
  while (n < from.nrFrags && left >= from.frags[n]!.len) left -= from.frags[n++]!.len;
  if (to.nrFrags + n + (left > 0 ? 1 : 0) > MAX_SKB_FRAGS) return 0;
  for (let i = 0; i < n; i++) {
    const f = from.frags[i]!;
    moveFrag(to, f.head, f.off, f.len);
    f.head = from.pool.emptyHead;
  }
  if (left > 0) {
    const f = from.frags[n]!;
    moveFrag(to, headGet(f.head), f.off, left);
    f.off += left;
    f.len -= left;
  }
  closeGap(from, n);
  from.len -= len;
  from.dataLen -= len;
  from.truesize -= len;
  to.len += len;
  to.dataLen += len;
  to.truesize += len;
  return len;
}

/** Appends a fragment whose reference passes over, melting it into the last one when they adjoin. */
function moveFrag(to: Skb, head: Skb['head'], off: number, len: number): void {
  if (to.nrFrags > 0) {
    const last = to.frags[to.nrFrags - 1]!;
    if (last.head === head && last.off + last.len === off) {
      last.len += len;
      to.pool.putHead(head);
      return;
    }
  }
  pushFrag(to, head, off, len);
}

/** Removes the first `n` fragment slots, keeping the objects for later. */
function closeGap(skb: Skb, n: number): void {
  if (n === 0) return;
  for (let i = n; i < skb.nrFrags; i++) {
    const slot = skb.frags[i - n]!;
    skb.frags[i - n] = skb.frags[i]!;
    skb.frags[i] = slot;
  }
  skb.nrFrags -= n;
}

/**
 * Appends all of `from` to `to` when that needs no copy, consuming `from` (skb_try_coalesce).
 * Returns what `to.truesize` grew by, or -1 when nothing was done.
 * @alpha
 */
export function skbTryCoalesce(to: Skb, from: Skb): number {
  if (from.fragList !== null || to.fragList !== null || skbCloned(to)) return -1;
  const linear = skbHeadlen(from);
  if (to.nrFrags + from.nrFrags + (linear > 0 ? 1 : 0) > MAX_SKB_FRAGS) return -1;
  let delta = from.truesize - SKB_OVERHEAD;
  if (linear > 0) moveFrag(to, headGet(from.head), from.data, linear);
  else delta -= from.head.size;
  for (let i = 0; i < from.nrFrags; i++) {
    const f = from.frags[i]!;
    moveFrag(to, f.head, f.off, f.len);
    f.head = from.pool.emptyHead;
  }
  from.nrFrags = 0;
  const moved = from.len;
  from.len = linear;
  from.dataLen = 0;
  if (delta < moved) delta = moved;
  to.len += moved;
  to.dataLen += moved;
  to.truesize += delta;
  consumeSkb(from);
  return delta;
}
