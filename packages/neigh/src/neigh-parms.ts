/** What the administrator may tune, by table and by device (struct neigh_parms). */
import type { NetDevice } from '@linnet/netdev';
import { HZ } from '@linnet/kernel';
import type { Kernel, RngStream } from '@linnet/kernel';

/** How often the random reachable time is drawn again, in jiffies. */
const REDRAW = 300 * HZ;

/** What one packet of 1514 bytes is charged with in the queue of unresolved packets. @alpha */
export const UNRES_PACKET_TRUESIZE = 2090;

/** What of it can be set. @alpha */
export type NeighSetting =
  | 'mcastProbes' | 'ucastProbes' | 'appProbes' | 'mcastReprobes' | 'baseReachableTime' | 'retransTime' | 'delayProbeTime' | 'intervalProbeTime' | 'gcStaletime' | 'queueLenBytes'
  | 'proxyQlen' | 'anycastDelay' | 'proxyDelay' | 'locktime';

/**
 * The tunables of one device in one table; all times in jiffies. Documented in `ip-sysctl.rst` and arp(7).
 * @alpha
 */
export class NeighParms {
  /** null: the table's defaults. */
  readonly dev: NetDevice | null;
  dead: boolean;
  /** Multicast (broadcast) probes before a neighbour fails, `mcast_solicit`. */
  mcastProbes: number;
  /** Unicast probes of a known address, `ucast_solicit`. */
  ucastProbes: number;
  /** Probes by a user space daemon, `app_solicit`. */
  appProbes: number;
  /** Multicast probes after the unicast ones of a known address stayed unanswered, `mcast_resolicit`. */
  mcastReprobes: number;
  baseReachableTime: number;
  retransTime: number;
  delayProbeTime: number;
  intervalProbeTime: number;
  gcStaletime: number;
  /** `unres_qlen_bytes`. */
  queueLenBytes: number;
  proxyQlen: number;
  anycastDelay: number;
  proxyDelay: number;
  locktime: number;
  /** What was set for this device: new defaults do not change it any more. */
  readonly own: Set<NeighSetting>;
  /** All is its own, as from its first address on. */
  ownAll: boolean;
  /** Drawn between 0.5 and 1.5 times `baseReachableTime`. */
  reachableTime: number;
  /** When that was, in jiffies. */
  drawn: number;
  /** Questions for which this device's answers wait. */
  proxiesWaiting: number;
  private readonly rng: RngStream;

  constructor(dev: NetDevice | null, from: NeighParms | null, rng: RngStream, now: number) {
    this.dev = dev;
    this.dead = false;
    this.mcastProbes = from === null ? 3 : from.mcastProbes;
    this.ucastProbes = from === null ? 3 : from.ucastProbes;
    this.appProbes = from === null ? 0 : from.appProbes;
    this.mcastReprobes = from === null ? 0 : from.mcastReprobes;
    this.baseReachableTime = from === null ? 30 * HZ : from.baseReachableTime;
    this.retransTime = from === null ? HZ : from.retransTime;
    this.delayProbeTime = from === null ? 5 * HZ : from.delayProbeTime;
    this.intervalProbeTime = from === null ? 5 * HZ : from.intervalProbeTime;
    this.gcStaletime = from === null ? 60 * HZ : from.gcStaletime;
    this.queueLenBytes = from === null ? 212992 : from.queueLenBytes;
    this.proxyQlen = from === null ? 64 : from.proxyQlen;
    this.anycastDelay = from === null ? HZ : from.anycastDelay;
    this.proxyDelay = from === null ? (8 * HZ) / 10 : from.proxyDelay;
    this.locktime = from === null ? HZ : from.locktime;
    this.own = new Set();
    this.ownAll = false;
    this.rng = rng;
    this.reachableTime = 0;
    this.drawn = 0;
    this.proxiesWaiting = 0;
    this.redraw(now);
  }

  /** Sets one value for good. */
  set(what: NeighSetting, v: number, now: number): void {
    this[what] = v;
    this.own.add(what);
    if (what === 'baseReachableTime') this.redraw(now);
  }

  /** A new default: it holds unless the device has a value of its own. */
  inherit(what: NeighSetting, v: number): void {
    if (!this.ownAll && !this.own.has(what)) this[what] = v;
  }

  /** Draws `reachableTime` anew, as after a change of `baseReachableTime` (`neigh_rand_reach_time`). */
  redraw(now: number): void {
    const base = this.baseReachableTime;
    this.reachableTime = base === 0 ? 0 : (base >> 1) + this.rng.below(base);
    this.drawn = now;
  }

  /** The reachable time in force; a draw serves for five minutes (RFC 4861 6.3.2 asks for a few hours at the most). */
  reach(now: number): number {
    if (((now - this.drawn) | 0) > REDRAW) this.redraw(now);
    return this.reachableTime;
  }

  /** Probes that may stay unanswered before the neighbour fails (`neigh_max_probes`). */
  maxProbes(probing: boolean): number {
    return this.ucastProbes + this.appProbes + (probing ? this.mcastReprobes : this.mcastProbes);
  }

  /** Time between probes. */
  retrans(): number {
    return Math.max(this.retransTime, HZ / 100);
  }
}

/** The random stream of a machine's neighbour tables. @alpha */
export function neighRng(k: Kernel): RngStream {
  return k.rng.stream('neigh');
}
