/** An IPv6 route in use (struct rt6_info), and when it is stale. */
import { DST_OBSOLETE_DEAD, DST_OBSOLETE_FORCE_CHK, DstEntry } from '@linnet/netdev';
import type { DstOps, NetDevice } from '@linnet/netdev';
import type { Neighbour } from '@linnet/neigh';
import type { Fib6Info, Fib6Nh } from './fib6-types.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';

/**
 * A route in use. One is cached for each next hop, so that packets allocate nothing; next hops with exceptions keep one for each such
 * destination. It serves packets that come in as well as those that go out.
 * @alpha
 */
export class Rt6Info extends DstEntry {
  readonly net6: Ipv6Net;
  readonly from: Fib6Info | null;
  readonly nh: Fib6Nh | null;
  rtGenid: number;
  /** RTF_* flags (int32). */
  rtFlags: number;
  /** RTN_* type. */
  rtType: number;
  /** Gateway, null: the destination is on the link. */
  rtGw: Int32Array | null;
  /** The one destination of a learned route, else null. */
  rtDst: Int32Array | null;
  /** Learned path MTU, 0: none. */
  rtPmtu: number;
  /** IPv6's part of the device that counts for its packets: for local routes the one that has the address. */
  readonly idev: Inet6Dev | null;
  /** The neighbour used last: most routes lead to one. */
  rtNeigh: Neighbour | null;

  constructor(net6: Ipv6Net, ops: DstOps, dev: NetDevice, from: Fib6Info | null, nh: Fib6Nh | null, idev: Inet6Dev | null, flags: number, type: number) {
    super(ops, dev, DST_OBSOLETE_FORCE_CHK, 0);
    this.net6 = net6;
    this.from = from;
    this.nh = nh;
    this.rtGenid = net6.rtGenid;
    this.rtFlags = flags;
    this.rtType = type;
    this.rtGw = null;
    this.rtDst = null;
    this.rtPmtu = 0;
    this.idev = idev;
    this.rtNeigh = null;
  }
}

/** Is a cached route still good? @alpha */
export function rt6CacheValid(rt: Rt6Info | null): rt is Rt6Info {
  return rt !== null && rt.obsolete === DST_OBSOLETE_FORCE_CHK && rt.rtGenid === rt.net6.rtGenid;
}

/** The tables changed: every cached route must be looked up again. @alpha */
export function rt6CacheFlush(n6: Ipv6Net): void {
  n6.rtGenid = (n6.rtGenid + 1) | 0;
}

/** Nobody may use this route any more. @alpha */
export function rt6Bury(rt: Rt6Info | null): void {
  if (rt !== null) rt.obsolete = DST_OBSOLETE_DEAD;
}

/** Forgets the routes cached for a next hop, and what was learned about paths over it. @alpha */
export function rt6FlushNh(nh: Fib6Nh): void {
  rt6Bury(nh.rt);
  nh.rt = null;
  if (nh.exceptions === null) return;
  nh.exceptions.forEach((e) => {
    rt6Bury(e.rt);
  });
  nh.exceptions = null;
}
