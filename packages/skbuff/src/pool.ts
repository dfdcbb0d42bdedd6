/**
 * Memory for packets: reference-counted heads in size classes, and the free list of `Skb` objects.
 * A kernel owns one pool, so packets of two kernels never share memory.
 */
import type { Skb } from './skb.ts';
import { DROP_REASON_COUNT, DROP_REASON_NAMES } from './drop-reason.ts';

/**
 * A piece of packet memory with a reference count (a head of `sk_buff`, or a «page» that fragments point into).
 * `refs` counts the skbs and fragments that use it; `nohdrRefs` those that only need its payload.
 * @alpha
 */
export class SkbHead {
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly size: number;
  /** Index of the size class, -1 when made to measure. */
  readonly cls: number;
  refs: number;
  nohdrRefs: number;
  /** Link of the free list. */
  next: SkbHead | null;

  constructor(u8: Uint8Array, cls: number) {
    this.u8 = u8;
    this.view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength); // datapath-ok: once a head, heads are pooled
    this.size = u8.byteLength;
    this.cls = cls;
    this.refs = 0;
    this.nohdrRefs = 0;
    this.next = null;
  }
}

/**
 * The classes: a header-only packet, an MTU-sized frame, a page, jumbo frames, a stream «page», a 64 KiB super-segment with headers.
 * @alpha
 */
export const HEAD_SIZES: readonly number[] = [512, 2048, 4096, 16384, 32768, 66560];
const SLAB_BYTES = 131072;

/** Counters of a pool. `live` is the number of skbs that are allocated and not yet freed. @public */
export class SkbPoolStats {
  live = 0;
  allocated = 0;
  freed = 0;
  /** Drops by reason number. */
  readonly drops: Float64Array = new Float64Array(DROP_REASON_COUNT);
}

/**
 * The packet memory of one kernel.
 * With `poison` nothing is used again and freed bytes are overwritten, so that a stale use is found; tests and `createKernel({ debug: true })` set it.
 * @alpha
 */
export class SkbPool {
  readonly poison: boolean;
  readonly stats: SkbPoolStats = new SkbPoolStats();
  /** What a freed skb points at: no byte of it can be read. */
  readonly emptyHead: SkbHead = new SkbHead(new Uint8Array(0), -1);
  /** Called for each drop with its reason while somebody watches (drop monitor, failing tests). */
  onDrop: ((skb: Skb, reason: number) => void) | null = null;
  /** Free Skb objects, linked by `next`. */
  freeSkbs: Skb | null = null;
  private readonly free: (SkbHead | null)[] = HEAD_SIZES.map(() => null);
  /** Heads handed out and not yet returned, for leak checks. */
  headsLive = 0;

  constructor(opts: { poison?: boolean } = {}) {
    this.poison = opts.poison ?? false;
  }

  /** A head of at least `size` bytes with one reference; its contents are whatever was there. */
  allocHead(size: number): SkbHead {
    this.headsLive++;
    for (let cls = 0; cls < HEAD_SIZES.length; cls++) {
      if (size > HEAD_SIZES[cls]!) continue;
      let head = this.free[cls]!;
      if (head === null) head = this.refill(cls);
      this.free[cls] = head.next;
      head.next = null;
      head.refs = 1;
      head.nohdrRefs = 0;
      return head;
    }
    const head = new SkbHead(new Uint8Array(size), -1);
    head.refs = 1;
    return head;
  }

  /** Puts new heads of a class on its free list and returns the first. */
  private refill(cls: number): SkbHead {
    const size = HEAD_SIZES[cls]!;
    const n = this.poison ? 1 : Math.max(1, Math.floor(SLAB_BYTES / size));
    const slab = new ArrayBuffer(n * size);
    let first: SkbHead | null = null;
    for (let i = n - 1; i >= 0; i--) {
      const head = new SkbHead(new Uint8Array(slab, i * size, size), cls);
      head.next = first;
      first = head;
    }
    return first!;
  }

  /** Drops one reference; the last one gives the memory back. */
  putHead(head: SkbHead): void {
    if (--head.refs > 0) return;
    if (head.refs < 0) throw new Error('skbuff: a head was freed twice');
    this.headsLive--;
    if (this.poison) {
      head.u8.fill(0xde);
      return; // never again: a stale reader sees 0xdede...
    }
    if (head.cls < 0) return;
    head.next = this.free[head.cls]!;
    this.free[head.cls] = head;
  }

  /** The drops so far as `{ reason: count }`, without the zeros. */
  dropCounts(): Record<string, number> {
    const out: Record<string, number> = {};
    this.stats.drops.forEach((n, i) => {
      if (n > 0) out[DROP_REASON_NAMES[i]!] = n;
    });
    return out;
  }
}

/** Takes another reference of a head and returns it. @alpha */
export function headGet(head: SkbHead): SkbHead {
  head.refs++;
  return head;
}
