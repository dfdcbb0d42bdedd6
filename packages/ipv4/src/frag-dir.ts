/** The table of datagrams that are being put together, with its limits (struct fqdir). */
import type { Kernel, Net } from '@linnet/kernel';
import type { IpFragQueue } from './ip-fragment.ts';

/** Buckets of the table. */
export const FRAG_BUCKETS = 1024;

/** The reassembly queues of a namespace. @alpha */
export class FragDir {
  readonly net: Net;
  readonly kernel: Kernel;
  readonly buckets: (IpFragQueue | null)[];
  readonly secret: number;
  /** net.ipv4.ipfrag_high_thresh, bytes: above it no fragment is taken. */
  highThresh: number;
  /** net.ipv4.ipfrag_low_thresh, bytes: kept for the setting's sake; nothing is evicted early. */
  lowThresh: number;
  /** net.ipv4.ipfrag_time in jiffies. */
  timeout: number;
  /** net.ipv4.ipfrag_max_dist: how many fragments of the same source may come between two of one queue. */
  maxDist: number;
  /** Bytes held, and queues. */
  mem: number;
  count: number;

  constructor(net: Net, secret: number) {
    this.net = net;
    this.kernel = net.kernel;
    this.buckets = new Array<IpFragQueue | null>(FRAG_BUCKETS).fill(null);
    this.secret = secret | 0;
    this.highThresh = 4 * 1024 * 1024;
    this.lowThresh = 3 * 1024 * 1024;
    this.timeout = 30 * 1000;
    this.maxDist = 64;
    this.mem = 0;
    this.count = 0;
  }
}
