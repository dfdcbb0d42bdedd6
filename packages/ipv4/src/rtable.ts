/** A route in use (struct rtable), its flags, and when it is stale. */
import { DST_OBSOLETE_DEAD, DST_OBSOLETE_FORCE_CHK, DST_OBSOLETE_KILL, DstEntry } from '@linnet/netdev';
import type { DstOps, NetDevice } from '@linnet/netdev';
import type { Neighbour } from '@linnet/neigh';
import type { FibNh, FibNhException } from './fib-types.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** The number of `lo`, which every namespace makes first: flows that begin here come in by it. @alpha */
export const LOOPBACK_IFINDEX = 1;
/** Somebody asked to be told when the route changes; shown, never acted upon. @alpha */
export const RTCF_NOTIFY = 0x00010000;
/** A redirect is due to the sender. @alpha */
export const RTCF_DOREDIRECT = 0x01000000;
/** The route was changed by a redirect. @alpha */
export const RTCF_REDIRECTED = 0x00040000;
/** To a broadcast address. @alpha */
export const RTCF_BROADCAST = 0x10000000;
/** To a multicast group. @alpha */
export const RTCF_MULTICAST = 0x20000000;
/** To this machine; int32. @alpha */
export const RTCF_LOCAL: number = 0x80000000 | 0;

/**
 * A route in use. One is cached for each next hop and direction, so that packets allocate nothing; next hops with exceptions
 * (path MTU, redirect) keep one for each such destination.
 * @alpha
 */
export class Rtable extends DstEntry {
  readonly net4: Ipv4Net;
  rtGenid: number;
  /** RTCF_* flags. */
  rtFlags: number;
  /** RTN_* type. */
  rtType: number;
  rtIsInput: boolean;
  /** The next hop is a gateway, or a redirect said so. */
  rtUsesGateway: boolean;
  /** For input routes of groups and broadcasts: where it came in, else 0. */
  rtIif: number;
  /** Gateway (int32), 0: the destination is on the link. */
  rtGw: number;
  /** Gateway of IPv6, null: none. */
  rtGw6: Int32Array | null;
  /** Path MTU, valid while `expires` is in the future; 0: none. */
  rtPmtu: number;
  rtMtuLocked: boolean;
  /** Realms: of the source in the high half, of the destination in the low one. */
  tclassid: number;
  /** The neighbour used last: most routes lead to one. */
  rtNeigh: Neighbour | null;

  constructor(net4: Ipv4Net, ops: DstOps, dev: NetDevice, flags: number, type: number) {
    super(ops, dev, DST_OBSOLETE_FORCE_CHK, 0);
    this.net4 = net4;
    this.rtGenid = net4.rtGenid;
    this.rtFlags = flags;
    this.rtType = type;
    this.rtIsInput = false;
    this.rtUsesGateway = false;
    this.rtIif = 0;
    this.rtGw = 0;
    this.rtGw6 = null;
    this.rtPmtu = 0;
    this.rtMtuLocked = false;
    this.tclassid = 0;
    this.rtNeigh = null;
  }
}

/** Is a cached route still good? (`rt_cache_valid`) @alpha */
export function rtCacheValid(rt: Rtable | null): rt is Rtable {
  return rt !== null && rt.obsolete === DST_OBSOLETE_FORCE_CHK && rt.rtGenid === rt.net4.rtGenid;
}

/** The tables changed: every cached route must be looked up again (`rt_cache_flush`). @alpha */
export function rtCacheFlush(n4: Ipv4Net): void {
  n4.rtGenid = (n4.rtGenid + 1) | 0;
}

function kill(rt: Rtable | null): void {
  if (rt !== null) rt.obsolete = DST_OBSOLETE_KILL;
}

/** An exception came to this next hop: whoever holds its routes must look again. @alpha */
export function rtKillNh(nh: FibNh): void {
  kill(nh.rthInput);
  kill(nh.rthOutput);
}

function bury(rt: Rtable | null): void {
  if (rt !== null) rt.obsolete = DST_OBSOLETE_DEAD;
}

/** Forgets the routes cached for an exception. @alpha */
export function rtFlushException(e: FibNhException): void {
  bury(e.rthInput);
  bury(e.rthOutput);
  e.rthInput = null;
  e.rthOutput = null;
}

/** Forgets what was learned about the paths over a next hop. @alpha */
export function rtFlushExceptions(nh: FibNh): void {
  if (nh.exceptions === null) return;
  for (const e of nh.exceptions.values()) rtFlushException(e);
  nh.exceptions.clear();
}

/** The next hop is no more: forgets its routes and exceptions. @alpha */
export function rtFlushNh(nh: FibNh): void {
  bury(nh.rthInput);
  bury(nh.rthOutput);
  nh.rthInput = null;
  nh.rthOutput = null;
  if (!nh.learnsForAll) rtFlushExceptions(nh);
}
