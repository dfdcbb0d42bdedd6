/** The table of IPv6 datagrams that are being put together, with its limits (struct fqdir). */
import type { Kernel, Net } from '@linnet/kernel';
import type { Ip6FragQueue } from './reassembly6.ts';

/** Buckets of the table. */
export const FRAG6_BUCKETS = 1024;

/** The reassembly queues of a namespace. @alpha */
export class FragDir6 {
  readonly net: Net;
  readonly kernel: Kernel;
  readonly buckets: (Ip6FragQueue | null)[];
  readonly secret: number;
  /** net.ipv6.ip6frag_high_thresh, bytes: above it no fragment is taken. */
  highThresh: number;
  /** net.ipv6.ip6frag_low_thresh, bytes: kept for the setting's sake. */
  lowThresh: number;
  /** net.ipv6.ip6frag_time in jiffies. */
  timeout: number;
  /** Bytes held, and queues. */
  mem: number;
  count: number;

  constructor(net: Net, secret: number) {
    this.net = net;
    this.kernel = net.kernel;
    this.buckets = new Array<Ip6FragQueue | null>(FRAG6_BUCKETS).fill(null); // datapath-ok: once a namespace
    this.secret = secret | 0;
    this.highThresh = 4 * 1024 * 1024;
    this.lowThresh = 3 * 1024 * 1024;
    this.timeout = 60 * 1000;
    this.mem = 0;
    this.count = 0;
  }
}
