/** A hash of sockets: chains of nodes, newest first, that grow with their number (struct udp_table). */
import type { UdpSock } from './udp-sock.ts';

const MIN_BUCKETS = 16;

/** A socket's place in one table. @alpha */
export class UdpNode {
  readonly sk: UdpSock;
  hash = 0;
  hashed = false;
  next: UdpNode | null = null;
  prev: UdpNode | null = null;

  constructor(sk: UdpSock) {
    this.sk = sk;
  }
}

/** Chains of {@link UdpNode}: to enter and to take out costs the same however many there are. @alpha */
export class UdpTable {
  private buckets: (UdpNode | null)[] = new Array<UdpNode | null>(MIN_BUCKETS).fill(null);
  /** Nodes in each bucket. */
  private lengths: Int32Array = new Int32Array(MIN_BUCKETS);
  private mask: number = MIN_BUCKETS - 1;
  private readonly maxBuckets: number;
  count = 0;

  /** `maxBuckets`, a power of two: it does not grow further. */
  constructor(maxBuckets: number) {
    this.maxBuckets = maxBuckets;
  }

  /** The chain in which the nodes of a hash are, among others. */
  chain(hash: number): UdpNode | null {
    return this.buckets[hash & this.mask]!;
  }

  /** How long that chain is. */
  length(hash: number): number {
    return this.lengths[hash & this.mask]!;
  }

  insert(n: UdpNode, hash: number): void {
    n.hash = hash;
    n.hashed = true;
    this.link(n);
    if (++this.count > this.buckets.length && this.buckets.length < this.maxBuckets) this.grow();
  }

  /** Takes a node out; nothing when it is not in. */
  remove(n: UdpNode): void {
    if (!n.hashed) return;
    const i = n.hash & this.mask;
    if (n.prev === null) this.buckets[i] = n.next;
    else n.prev.next = n.next;
    if (n.next !== null) n.next.prev = n.prev;
    n.prev = n.next = null;
    n.hashed = false;
    this.lengths[i]!--;
    this.count--;
  }

  private link(n: UdpNode): void {
    const i = n.hash & this.mask;
    const first = this.buckets[i]!;
    n.prev = null;
    n.next = first;
    if (first !== null) first.prev = n;
    this.buckets[i] = n;
    this.lengths[i]!++;
  }

  private grow(): void {
    const old = this.buckets;
    this.mask = old.length * 2 - 1;
    this.buckets = new Array<UdpNode | null>(this.mask + 1).fill(null);
    this.lengths = new Int32Array(this.mask + 1);
    for (const first of old) {
      // From the oldest on: the newest stays the first of its chain.
      let n = first;
      while (n !== null && n.next !== null) n = n.next;
      while (n !== null) {
        const newer: UdpNode | null = n.prev;
        this.link(n);
        n = newer;
      }
    }
  }

  /** All sockets; the one at hand may be taken out meanwhile. */
  *[Symbol.iterator](): Generator<UdpSock> {
    for (const first of this.buckets) {
      for (let n = first; n !== null; ) {
        const next: UdpNode | null = n.next;
        yield n.sk;
        n = next;
      }
    }
  }
}
