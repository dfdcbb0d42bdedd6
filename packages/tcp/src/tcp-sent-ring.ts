/**
 * Segments in the order in which they were sent last: what RACK walks (RFC 8985 section 6.2).
 *
 * A ring of references. A sent skb knows its slot (`cb9`), so leaving the ring is one store; empty slots are skipped and given back when they reach
 * the front. Sending appends, so the order is kept for free, and a walk touches only what it may mark lost.
 */
import type { Skb } from '@linnet/skbuff';

/** The ring. Positions count up for ever; the slot is the position modulo the size. */
export class SentRing {
  slots: (Skb | null)[];
  mask: number;
  head: number;
  tail: number;
  constructor() {
    this.slots = new Array<Skb | null>(16).fill(null);
    this.mask = 15;
    this.head = 0;
    this.tail = 0;
  }
}

/** Positions stay below this: the ring is renumbered before. */
const POSITION_MAX = 0x3fffff00;

/** Gives back empty slots at the front. */
function sentRingTrim(r: SentRing): void {
  while (r.head !== r.tail && r.slots[r.head & r.mask] === null) r.head++;
  if (r.head === r.tail) {
    r.head = 0;
    r.tail = 0;
  }
}

/** Is there no room for one more at the end? */
function sentRingFull(r: SentRing): boolean {
  return r.tail - r.head > r.mask || r.tail > POSITION_MAX;
}

/** Makes room for one more at the end: closes the gaps, and doubles when most slots are in use. */
function sentRingRoom(r: SentRing): void {
  sentRingTrim(r);
  if (!sentRingFull(r)) return;
  let live = 0;
  for (let p = r.head; p !== r.tail; p++) if (r.slots[p & r.mask] !== null) live++;
  const size = live * 2 > r.mask ? (r.mask + 1) * 2 : r.mask + 1;
  const slots = new Array<Skb | null>(size).fill(null);
  let n = 0;
  for (let p = r.head; p !== r.tail; p++) {
    const skb = r.slots[p & r.mask]!;
    if (skb === null) continue;
    skb.cb9 = n;
    slots[n++] = skb;
  }
  r.slots = slots;
  r.mask = size - 1;
  r.head = 0;
  r.tail = n;
}

/** Takes an skb out of the ring; nothing when it is not there. */
export function sentRingRemove(r: SentRing, skb: Skb): void {
  if (skb.cb9 < 0) return;
  r.slots[skb.cb9 & r.mask] = null;
  skb.cb9 = -1;
}

/** Puts an skb at the end: it was sent just now. */
export function sentRingPush(r: SentRing, skb: Skb): void {
  sentRingRemove(r, skb);
  if (sentRingFull(r)) sentRingRoom(r);
  r.slots[r.tail & r.mask] = skb;
  skb.cb9 = r.tail++;
}

/** Puts `skb` right behind `old`, which was sent together with it; nothing when `old` is not in the ring. */
export function sentRingInsertAfter(r: SentRing, old: Skb, skb: Skb): void {
  if (old.cb9 < 0) return;
  if (sentRingFull(r)) sentRingRoom(r);
  let p = old.cb9 + 1;
  let carry: Skb | null = skb;
  // Move what follows one slot on, up to the next gap or the end.
  while (carry !== null) {
    if (p === r.tail) {
      r.tail = p + 1;
      r.slots[p & r.mask] = carry;
      carry.cb9 = p;
      return;
    }
    const next: Skb | null = r.slots[p & r.mask]!;
    r.slots[p & r.mask] = carry;
    carry.cb9 = p;
    carry = next;
    p++;
  }
}

/** The first position in use, or the tail. */
export function sentRingFirst(r: SentRing): number {
  sentRingTrim(r);
  return r.head;
}

/** Forgets everything; the skbs are about to be freed. */
export function sentRingClear(r: SentRing): void {
  for (let p = r.head; p !== r.tail; p++) {
    const skb = r.slots[p & r.mask]!;
    if (skb !== null) skb.cb9 = -1;
    r.slots[p & r.mask] = null;
  }
  r.head = 0;
  r.tail = 0;
}
