/** What is remembered about IPv6 addresses one talks to: token buckets that limit ICMPv6 errors and redirects (struct inet_peer). */
import type { Net } from '@linnet/kernel';
import { InetPeer } from '@linnet/inet';
import { a6Hash } from './addr6.ts';

const BUCKETS = 256;
/** Peers kept at most; past it everything is forgotten, which lets at most one more burst pass. */
const MAX_PEERS = 4096;

class Peer6 extends InetPeer {
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  readonly a3: number;
  next: Peer6 | null;
  constructor(now: number, a0: number, a1: number, a2: number, a3: number, next: Peer6 | null) {
    super(now);
    this.a0 = a0;
    this.a1 = a1;
    this.a2 = a2;
    this.a3 = a3;
    this.next = next;
  }
}

/** The peers of one namespace. @alpha */
export class Peers6 {
  private readonly buckets: (Peer6 | null)[];
  private readonly seed: number;
  private count: number;

  constructor(seed: number) {
    this.buckets = new Array<Peer6 | null>(BUCKETS).fill(null); // datapath-ok: once a namespace
    this.seed = seed;
    this.count = 0;
  }

  /** The record of an address, made when there is none (inet_getpeer_v6). */
  get(net: Net, a: Int32Array): InetPeer {
    const a0 = a[0]!;
    const a1 = a[1]!;
    const a2 = a[2]!;
    const a3 = a[3]!;
    const i = a6Hash(a0, a1, a2, a3, this.seed) & (BUCKETS - 1);
    for (let p = this.buckets[i]!; p !== null; p = p.next!) if (p.a3 === a3 && p.a2 === a2 && p.a1 === a1 && p.a0 === a0) return p;
    if (this.count >= MAX_PEERS) {
      this.buckets.fill(null);
      this.count = 0;
    }
    this.count++;
    const p = new Peer6((net.kernel.jiffies - 60000) | 0, a0, a1, a2, a3, this.buckets[i]!);
    this.buckets[i] = p;
    return p;
  }
}
