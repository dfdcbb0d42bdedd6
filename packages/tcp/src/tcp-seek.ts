/**
 * Finding a place in a queue of segments in the order of their sequence numbers. Mostly it is near the last one, and a few steps find it; a peer that scatters small
 * segments, or SACK blocks, over a long queue would make us walk all of it each time, so that long walks pay for an index.
 */
import type { Skb, SkbQueue } from '@linnet/skbuff';
import { after } from '@linnet/uapi';

/** Steps without the index. */
const NEAR = 64;
/** Segments from one stop of the index to the next. */
const STRIDE = 32;

/**
 * Some of the segments of a queue, in order. It is not kept up to date: a stop that has left the queue is passed over, and one that stands at another place now
 * is no worse than any other segment to begin a walk at. Steps are added up, and when they are as many as the queue is long, it is made anew: so the index never
 * costs more than the walks, and an insertion among n segments takes steps of the order of the root of n.
 * @alpha
 */
export class SeqIndex {
  private readonly stops: Skb[] = [];
  private steps = 0;

  /** The last segment of `q` that begins at `seq` or before, or null. */
  find(q: SkbQueue, seq: number): Skb | null {
    if (this.steps >= q.qlen || this.stops.length === 0) this.build(q);
    const { stops } = this;
    let low = 0;
    let high = stops.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (after(stops[mid]!.cb0, seq)) high = mid;
      else low = mid + 1;
    }
    // The stop before the place, or an earlier one that is still on the queue.
    let i = low - 1;
    while (i >= 0 && stops[i]!.list !== q) i--;
    let steps = low - i;
    let at: Skb | null = i >= 0 ? stops[i]! : q.head;
    while (at !== null && after(at.cb0, seq)) {
      at = at.prev;
      steps++;
    }
    while (at !== null && at.next !== null && !after(at.next.cb0, seq)) {
      at = at.next;
      steps++;
    }
    this.steps += steps;
    return at;
  }

  private build(q: SkbQueue): void {
    const { stops } = this;
    this.steps = 0;
    let n = 0;
    let i = 0;
    for (let skb = q.head; skb !== null; skb = skb.next) if (i++ % STRIDE === 0) stops[n++] = skb;
    stops.length = n;
  }
}

/** The last segment of a queue that begins at `seq` or before, or null; looked for from `from`, which is on the queue. Undefined: it is too far from there. */
export function seqNear(from: Skb, seq: number): Skb | null | undefined {
  let at: Skb | null = from;
  let left = NEAR;
  while (at !== null && after(at.cb0, seq)) {
    if (--left < 0) return undefined;
    at = at.prev;
  }
  while (at !== null && at.next !== null && !after(at.next.cb0, seq)) {
    if (--left < 0) return undefined;
    at = at.next;
  }
  return at;
}
