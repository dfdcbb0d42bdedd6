/** Moving `data` and `tail`, and making bytes linear and writable. */
import { pushFrag, releaseFrags, releaseHead, skbSetHead } from './alloc.ts';
import { skbCopyBits } from './copy-bits.ts';
import type { SkbHead } from './pool.ts';
import { CHECKSUM_PARTIAL, type Skb } from './skb.ts';
import { consumeSkb } from './alloc.ts';

/** Bytes in the linear part (skb_headlen). @alpha */
export function skbHeadlen(skb: Skb): number {
  return skb.len - skb.dataLen;
}
/** Free bytes before `data` (skb_headroom). @alpha */
export function skbHeadroom(skb: Skb): number {
  return skb.data;
}
/** Free bytes after `tail`; none while fragments follow (skb_tailroom). @alpha */
export function skbTailroom(skb: Skb): number {
  return skb.dataLen !== 0 ? 0 : skb.end - skb.tail;
}
/** Are there bytes outside the linear part? (skb_is_nonlinear) @alpha */
export function skbIsNonlinear(skb: Skb): boolean {
  return skb.dataLen !== 0;
}
/** Is it a super-segment? (skb_is_gso) @alpha */
export function skbIsGso(skb: Skb): boolean {
  return skb.gsoSize !== 0;
}

/** Makes headroom in an empty skb (skb_reserve). @alpha */
export function skbReserve(skb: Skb, n: number): void {
  skb.data += n;
  skb.tail += n;
}

/** Appends `n` bytes to the linear part and returns their offset; the room must be there (skb_put). @alpha */
export function skbPut(skb: Skb, n: number): number {
  const at = skb.tail;
  if (n < 0 || at + n > skb.end || skb.dataLen !== 0) throw new RangeError('skbPut: no room');
  skb.tail = at + n;
  skb.len += n;
  return at;
}

/** Prepends `n` bytes and returns the new `data`; the headroom must be there (skb_push). @alpha */
export function skbPush(skb: Skb, n: number): number {
  if (n > skb.data) throw new RangeError('skbPush: no headroom');
  skb.data -= n;
  skb.len += n;
  return skb.data;
}

/** Removes `n` bytes in front without a check and returns the new `data` (__skb_pull). @alpha */
export function skbPullUnchecked(skb: Skb, n: number): number {
  skb.len -= n;
  skb.data += n;
  return skb.data;
}

/** Removes `n` bytes in front of the linear part; -1 when it has fewer (skb_pull). @alpha */
export function skbPull(skb: Skb, n: number): number {
  if (n > skb.len - skb.dataLen) return -1;
  return skbPullUnchecked(skb, n);
}

/** Cuts a linear skb to `len` bytes; does nothing when it is shorter (skb_trim). @alpha */
export function skbTrim(skb: Skb, len: number): void {
  if (skb.len <= len) return;
  skb.len = len;
  skb.tail = skb.data + len;
}

/** Cuts any skb to `len` bytes, giving fragments back (pskb_trim). Returns 0. @alpha */
export function pskbTrim(skb: Skb, len: number): number {
  if (len >= skb.len) return 0;
  if (skb.dataLen === 0) {
    skbTrim(skb, len);
    return 0;
  }
  const pool = skb.pool;
  let left = len - skbHeadlen(skb);
  if (left <= 0) {
    releaseFrags(skb);
    skb.len = len;
    skb.tail = skb.data + len;
    return 0;
  }
  let keep = 0;
  for (let i = 0; i < skb.nrFrags; i++) {
    const f = skb.frags[i]!;
    if (left <= 0) {
      pool.putHead(f.head);
      f.head = pool.emptyHead;
      continue;
    }
    if (f.len > left) f.len = left;
    left -= f.len;
    keep = i + 1;
  }
  skb.nrFrags = keep;
  let prev: Skb | null = null;
  let it = skb.fragList;
  while (it !== null) {
    const next: Skb | null = it.next;
    if (left <= 0) {
      if (prev === null) skb.fragList = null;
      else prev.next = null;
      it.next = null;
      consumeSkb(it);
    } else {
      if (it.len > left) pskbTrim(it, left);
      left -= it.len;
      prev = it;
    }
    it = next;
  }
  skb.dataLen -= skb.len - len;
  skb.len = len;
  return 0;
}

/** Sees to it that the first `n` bytes are linear; false when the packet is shorter (pskb_may_pull). @alpha */
export function pskbMayPull(skb: Skb, n: number): boolean {
  if (n <= skb.len - skb.dataLen) return true;
  if (n > skb.len) return false;
  pullTail(skb, n - (skb.len - skb.dataLen));
  return true;
}

/** Copies `delta` bytes from the fragments to the linear tail and removes them there. */
function pullTail(skb: Skb, delta: number): void {
  if (skb.tail + delta > skb.end || skbCloned(skb)) pskbExpandHead(skb, 0, delta + 128);
  skbCopyBits(skb, skbHeadlen(skb), skb.u8, skb.tail, delta);
  skb.tail += delta;
  skb.dataLen -= delta;
  eatFront(skb, delta);
}

/** Removes `n` bytes at the front of the fragments (then of the fragment list). */
function eatFront(skb: Skb, n: number): void {
  const pool = skb.pool;
  let k = 0;
  for (let i = 0; i < skb.nrFrags; i++) {
    const f = skb.frags[i]!;
    if (n >= f.len && n > 0) {
      n -= f.len;
      pool.putHead(f.head);
      f.head = pool.emptyHead;
      continue;
    }
    f.off += n;
    f.len -= n;
    n = 0;
    if (k !== i) {
      const slot = skb.frags[k]!;
      skb.frags[k] = f;
      skb.frags[i] = slot;
    }
    k++;
  }
  skb.nrFrags = k;
  while (n > 0) {
    const it = skb.fragList!;
    if (it.len <= n) {
      n -= it.len;
      skb.fragList = it.next;
      it.next = null;
      consumeSkb(it);
    } else {
      skbEat(it, n);
      n = 0;
    }
  }
}

/** Removes `n` bytes in front of any skb, linear or not; `n` must not pass its length (__pskb_pull without the copy). @alpha */
export function skbEat(skb: Skb, n: number): void {
  const linear = skbHeadlen(skb);
  if (n <= linear) {
    skbPullUnchecked(skb, n);
    return;
  }
  skb.data = skb.tail;
  skb.len -= n;
  skb.dataLen -= n - linear;
  eatFront(skb, n - linear);
}

/** Does somebody else use the bytes of the head? (skb_cloned) @alpha */
export function skbCloned(skb: Skb): boolean {
  return skb.head.refs > 1;
}

/** May the headers be written although payload is shared? (the opposite of skb_header_cloned) @alpha */
export function skbHeaderCloned(skb: Skb): boolean {
  const head = skb.head;
  return head.refs - head.nohdrRefs > 1;
}

/** Says that this skb will not look at its headers again, so that its clones may write them (skb_header_release). @alpha */
export function skbHeaderRelease(skb: Skb): void {
  if (skb.nohdr) return;
  skb.nohdr = true;
  skb.head.nohdrRefs++;
}

/**
 * Gives the skb a private head with `nhead` more bytes before and `ntail` more bytes after what it has; fragments stay shared (pskb_expand_head).
 * All offsets move along. While a socket is charged for the skb, `truesize` stays what it was charged with. Returns 0.
 * @alpha
 */
export function pskbExpandHead(skb: Skb, nhead: number, ntail: number): number {
  const pool = skb.pool;
  const old: SkbHead = skb.head;
  // Only the used part is kept behind the headroom: tailroom is asked for by ntail.
  const head = pool.allocHead(skb.tail + nhead + ntail);
  head.u8.set(old.u8.subarray(0, skb.tail), nhead); // datapath-ok: a rare copy of the whole head
  releaseHead(skb);
  // The destructor gives back what truesize says: it must be what was taken.
  if (skb.destructor === null) skb.truesize += head.size - old.size;
  skbSetHead(skb, head);
  skb.data += nhead;
  skb.tail += nhead;
  if (skb.macHeader >= 0) skb.macHeader += nhead;
  if (skb.networkHeader >= 0) skb.networkHeader += nhead;
  if (skb.transportHeader >= 0) skb.transportHeader += nhead;
  if (skb.innerMacHeader >= 0) skb.innerMacHeader += nhead;
  if (skb.innerNetworkHeader >= 0) skb.innerNetworkHeader += nhead;
  if (skb.innerTransportHeader >= 0) skb.innerTransportHeader += nhead;
  if (skb.ipSummed === CHECKSUM_PARTIAL) skb.csumStart += nhead;
  return 0;
}

/** Sees to `headroom` bytes before data and to a head that nobody else uses (skb_cow). Returns 0. @alpha */
export function skbCow(skb: Skb, headroom: number): number {
  const lack = headroom > skb.data ? headroom - skb.data : 0;
  if (lack > 0 || skb.head.refs > 1) return pskbExpandHead(skb, lack > 0 ? lack + 32 : 0, 0);
  return 0;
}

/** Like {@link skbCow} when only headers will be written (skb_cow_head). Returns 0. @alpha */
export function skbCowHead(skb: Skb, headroom: number): number {
  const lack = headroom > skb.data ? headroom - skb.data : 0;
  if (lack > 0 || skbHeaderCloned(skb)) return pskbExpandHead(skb, lack > 0 ? lack + 32 : 0, 0);
  return 0;
}

/** Sees to a head that nobody else uses (skb_unclone). Returns 0. @alpha */
export function skbUnclone(skb: Skb): number {
  return skb.head.refs > 1 ? pskbExpandHead(skb, 0, 0) : 0;
}

/** Sees to it that the first `n` bytes are linear and writable; false when the packet is shorter (skb_ensure_writable). @alpha */
export function skbEnsureWritable(skb: Skb, n: number): boolean {
  if (!pskbMayPull(skb, n)) return false;
  if (skb.head.refs > 1) pskbExpandHead(skb, 0, 0);
  return true;
}

/** Brings all bytes into the linear part (skb_linearize). Returns 0. @alpha */
export function skbLinearize(skb: Skb): number {
  if (skb.dataLen !== 0) pullTail(skb, skb.dataLen);
  return 0;
}

/** Appends a fragment: `len` bytes at `off` of `head`, whose reference passes to the skb; `truesize` is what they cost (skb_add_rx_frag). @alpha */
export function skbAddFrag(skb: Skb, head: SkbHead, off: number, len: number, truesize: number): void {
  pushFrag(skb, head, off, len);
  skb.len += len;
  skb.dataLen += len;
  skb.truesize += truesize;
}

/** macHeader = data. @alpha */
export function skbResetMacHeader(skb: Skb): void {
  skb.macHeader = skb.data;
}
/** networkHeader = data. @alpha */
export function skbResetNetworkHeader(skb: Skb): void {
  skb.networkHeader = skb.data;
}
/** transportHeader = data. @alpha */
export function skbResetTransportHeader(skb: Skb): void {
  skb.transportHeader = skb.data;
}
/** networkHeader = data + off. @alpha */
export function skbSetNetworkHeader(skb: Skb, off: number): void {
  skb.networkHeader = skb.data + off;
}
/** transportHeader = data + off. @alpha */
export function skbSetTransportHeader(skb: Skb, off: number): void {
  skb.transportHeader = skb.data + off;
}
/** networkHeader relative to data; negative once it was pulled. @alpha */
export function skbNetworkOffset(skb: Skb): number {
  return skb.networkHeader - skb.data;
}
/** transportHeader relative to data. @alpha */
export function skbTransportOffset(skb: Skb): number {
  return skb.transportHeader - skb.data;
}
/** Bytes between the network and the transport header. @alpha */
export function skbNetworkHeaderLen(skb: Skb): number {
  return skb.transportHeader - skb.networkHeader;
}
