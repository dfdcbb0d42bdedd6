/** The objects of IPv6's routing tables: routes, next hops, what was learned about paths. */
import type { NetDevice } from '@linnet/netdev';
import { RTAX_MAX } from '@linnet/uapi';
import { a6Hash } from './addr6.ts';
import type { Fib6Table } from './fib6-table.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import type { Rt6Info } from './rt6-info.ts';

/** Metrics of a route that has none; nobody writes to it. @alpha */
export const NO_METRICS6: Int32Array = new Int32Array(RTAX_MAX + 1);

/** What was learned about one destination over one next hop: a path MTU or another first hop (struct rt6_exception). @alpha */
export class Rt6Exception {
  readonly dst: Int32Array;
  /** Path MTU, 0: none. */
  pmtu: number;
  /** First hop from a redirect, null: none. */
  gw: Int32Array | null;
  /** Jiffies when it is forgotten. */
  expires: number;
  stamp: number;
  rt: Rt6Info | null;
  next: Rt6Exception | null;

  constructor(dst: Int32Array, now: number) {
    this.dst = dst;
    this.pmtu = 0;
    this.gw = null;
    this.expires = 0;
    this.stamp = now;
    this.rt = null;
    this.next = null;
  }
}

const EXC_BUCKETS = 64;
/** Entries of a bucket; past it the oldest goes, so that a flood of errors cannot fill the memory. */
const EXC_DEPTH = 64;

/** The exceptions of one next hop, by destination. @alpha */
export class Rt6ExcTable {
  readonly buckets: (Rt6Exception | null)[];
  private readonly seed: number;

  constructor(seed: number) {
    this.buckets = new Array<Rt6Exception | null>(EXC_BUCKETS).fill(null); // datapath-ok: once a next hop
    this.seed = seed;
  }

  /** The entry of a destination, or null. */
  find(d0: number, d1: number, d2: number, d3: number): Rt6Exception | null {
    for (let e = this.buckets[a6Hash(d0, d1, d2, d3, this.seed) & (EXC_BUCKETS - 1)]!; e !== null; e = e.next!) {
      if (e.dst[3] === d3 && e.dst[2] === d2 && e.dst[1] === d1 && e.dst[0] === d0) return e;
    }
    return null;
  }

  /** Adds an entry that is not there; returns the one that had to go for it, or null. */
  add(e: Rt6Exception): Rt6Exception | null {
    const i = this.indexOf(e);
    e.next = this.buckets[i]!;
    this.buckets[i] = e;
    let n = 0;
    let oldest = e;
    for (let x: Rt6Exception | null = e; x !== null; x = x.next) {
      n++;
      if (((x.stamp - oldest.stamp) | 0) <= 0) oldest = x;
    }
    if (n <= EXC_DEPTH) return null;
    this.remove(oldest);
    return oldest;
  }

  /** Takes an entry out. */
  remove(e: Rt6Exception): void {
    const i = this.indexOf(e);
    let at = this.buckets[i]!;
    if (at === e) {
      this.buckets[i] = e.next;
    } else {
      while (at !== null && at.next !== e) at = at.next!;
      if (at !== null) at.next = e.next;
    }
    e.next = null;
  }

  /** Calls `fn` for each entry; it may remove the one that it is given. */
  forEach(fn: (e: Rt6Exception) => void): void {
    for (let i = 0; i < EXC_BUCKETS; i++) {
      for (let e = this.buckets[i]!; e !== null; ) {
        const next = e.next;
        fn(e);
        e = next!;
      }
    }
  }

  private indexOf(e: Rt6Exception): number {
    return a6Hash(e.dst[0]!, e.dst[1]!, e.dst[2]!, e.dst[3]!, this.seed) & (EXC_BUCKETS - 1);
  }
}

/** A next hop: a device, maybe a gateway, and the route cached for it (struct fib6_nh). @alpha */
export class Fib6Nh {
  dev: NetDevice | null;
  oif: number;
  /** Gateway, null: on link. */
  gw: Int32Array | null;
  /** RTNH_F_* flags. */
  flags: number;
  weight: number;
  /** What goes here vanishes: the hop of a nexthop object. */
  blackhole: boolean;
  /** Multipath: this hop takes hashes up to here, of 31 bits; -1: never. */
  upperBound: number;
  exceptions: Rt6ExcTable | null;
  /** The route of packets over this hop. */
  rt: Rt6Info | null;
  /** Jiffies of the last probe of a silent router. */
  lastProbe: number;

  constructor(dev: NetDevice | null, oif: number, gw: Int32Array | null, flags: number, weight: number) {
    this.dev = dev;
    this.oif = oif;
    this.gw = gw;
    this.flags = flags;
    this.weight = weight;
    this.blackhole = false;
    this.upperBound = 0;
    this.exceptions = null;
    this.rt = null;
    this.lastProbe = 0;
  }
}

/** One route (struct fib6_info). Equal routes over different gateways know each other as siblings and are one multipath route. @alpha */
export class Fib6Info {
  readonly net6: Ipv6Net;
  readonly dst: Int32Array;
  readonly dstLen: number;
  /** Only for packets from this prefix; null: from anywhere. */
  readonly src: Int32Array | null;
  readonly srcLen: number;
  table: Fib6Table | null;
  readonly metric: number;
  readonly protocol: number;
  /** RTN_* type. */
  readonly type: number;
  /** RTF_* flags (int32). */
  flags: number;
  prefsrc: Int32Array | null;
  /** Its preferred source is no address of ours any more. */
  prefsrcGone: boolean;
  metrics: Int32Array;
  ccAlgo: string;
  /** Negative errno of packets by it, 0 for a route that works. */
  readonly error: number;
  /** When it ends, while RTF_EXPIRES is set: as `kernel.ktime`, because lifetimes may be longer than jiffies can tell. */
  expires: number;
  /** Its hops: one, unless a nexthop object has more. */
  nhs: readonly Fib6Nh[];
  /** The nexthop object that brings the hops, and its id; null and 0: they are its own. */
  nhObj: object | null;
  nhId: number;
  /** All routes of a multipath route, this one too; null for a single one. */
  siblings: Fib6Info[] | null;
  next: Fib6Info | null;

  constructor(
    net6: Ipv6Net,
    a: { dst: Int32Array; dstLen: number; src: Int32Array | null; srcLen: number; metric: number; protocol: number; type: number; flags: number; error: number; nhs: readonly Fib6Nh[] },
  ) {
    this.net6 = net6;
    this.dst = a.dst;
    this.dstLen = a.dstLen;
    this.src = a.src;
    this.srcLen = a.srcLen;
    this.table = null;
    this.metric = a.metric;
    this.protocol = a.protocol;
    this.type = a.type;
    this.flags = a.flags;
    this.prefsrc = null;
    this.prefsrcGone = false;
    this.metrics = NO_METRICS6;
    this.ccAlgo = '';
    this.error = a.error;
    this.expires = 0;
    this.nhs = a.nhs;
    this.nhObj = null;
    this.nhId = 0;
    this.siblings = null;
    this.next = null;
  }
}

/** Where a lookup writes its answer (struct fib6_result). @alpha */
export class Fib6Result {
  f6i: Fib6Info | null;
  nh: Fib6Nh | null;
  /** RTN_* type of the route. */
  type: number;
  constructor() {
    this.f6i = null;
    this.nh = null;
    this.type = 0;
  }
}
