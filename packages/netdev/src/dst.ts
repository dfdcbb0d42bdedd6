/**
 * Routes attached to packets: where a packet goes next, and with which limits (struct dst_entry).
 *
 * Packets do not count their routes: the garbage collector owns them. `refs` counts the long-lived holders (sockets, next hops), which
 * check `obsolete` before every use; a route that was replaced is marked obsolete and dies with its last holder.
 */
import { type Net } from '@linnet/kernel';
import { DROP, kfreeSkbReason, type Skb, type SkbDst } from '@linnet/skbuff';
import { RTAX_ADVMSS, RTAX_HOPLIMIT, RTAX_MAX, RTAX_MTU } from '@linnet/uapi';
import type { NetDevice } from './netdevice.ts';

/** Never obsolete. @alpha */
export const DST_OBSOLETE_NONE = 0;
/** Dead: look the route up again. @alpha */
export const DST_OBSOLETE_DEAD = 2;
/** Ask `ops.check` whether it is still good: what IPv4 and IPv6 give to every route. @alpha */
export const DST_OBSOLETE_FORCE_CHK = -1;
/** Killed by an event. @alpha */
export const DST_OBSOLETE_KILL = -2;

/** This route goes to this host: the output device is loopback. @alpha */
export const DST_HOST = 0x0001;
/** No IPsec transformation. @alpha */
export const DST_NOXFRM = 0x0002;
/** No IPsec policy. @alpha */
export const DST_NOPOLICY = 0x0004;
/** Not counted. @alpha */
export const DST_NOCOUNT = 0x0008;
/** Made by IPsec. @alpha */
export const DST_XFRM_TUNNEL = 0x0020;

/** What an address family does with its routes (struct dst_ops). @alpha */
export interface DstOps {
  readonly family: number;
  /** The route itself when it is still good, else null. `cookie` is the family's. */
  check(dst: DstEntry, cookie: number): DstEntry | null;
  /** Largest packet in bytes, network header included. */
  mtu(dst: DstEntry): number;
  /** Largest segment to announce. */
  advmss(dst: DstEntry): number;
  /** Something seems wrong with the route: the one to use from now on, or null. */
  negativeAdvice?(dst: DstEntry): DstEntry | null;
  /** The next hop cannot be reached; does not consume the skb. */
  linkFailure?(skb: Skb): void;
  /** The path takes no more than `mtu` bytes. `sk` and `skb` may be null. */
  updatePmtu?(dst: DstEntry, sk: object | null, skb: Skb | null, mtu: number): void;
  /** A redirect for this route arrived in `skb`. */
  redirect?(dst: DstEntry, sk: object | null, skb: Skb): void;
  /** The neighbour that a packet goes to: of the `neigh` package. */
  neighLookup?(dst: DstEntry, skb: Skb | null): object | null;
  /** The last holder let the route go. */
  destroy?(dst: DstEntry): void;
}

/** Receives a packet for this route; consumes it. @alpha */
export type DstInput = (skb: Skb) => number;
/** Sends a packet by this route; consumes it. @alpha */
export type DstOutput = (net: Net, sk: object | null, skb: Skb) => number;

/** Metrics of a route that has none: all zero. */
const NO_METRICS: Int32Array = new Int32Array(RTAX_MAX + 1);

/** A route in use (struct dst_entry). Address families extend it. @alpha */
export class DstEntry implements SkbDst {
  readonly ops: DstOps;
  dev: NetDevice;
  input: DstInput;
  output: DstOutput;
  /** Metrics by RTAX_* number. Shared: use `dstMetricSet`, which copies first. */
  metrics: Int32Array;
  metricsShared: boolean;
  obsolete: number;
  flags: number;
  /** Negative errno that `output` reports; 0 for a route that works. */
  error: number;
  /** Jiffies at which the route ends; 0 is never. */
  expires: number;
  lastuse: number;
  refs: number;
  /** Room that transformations need in front of and behind the packet. */
  headerLen: number;
  trailerLen: number;
  /** xfrm_state, lwtunnel state. */
  xfrm: object | null;
  lwtstate: object | null;

  constructor(ops: DstOps, dev: NetDevice, obsolete: number = DST_OBSOLETE_FORCE_CHK, flags: number = 0) {
    this.ops = ops;
    this.dev = dev;
    this.input = dstDiscard;
    this.output = dstDiscardOut;
    this.metrics = NO_METRICS;
    this.metricsShared = true;
    this.obsolete = obsolete;
    this.flags = flags;
    this.error = 0;
    this.expires = 0;
    this.lastuse = dev.kernel.jiffies;
    this.refs = 1;
    this.headerLen = 0;
    this.trailerLen = 0;
    this.xfrm = null;
    this.lwtstate = null;
  }
}

/** Drops a packet that no route wants: the `input` of a new route (dst_discard). @alpha */
export function dstDiscard(skb: Skb): number {
  kfreeSkbReason(skb, DROP.IP_ROUTE_ERROR);
  return 0;
}
/** The `output` of a new route (dst_discard_out). @alpha */
export function dstDiscardOut(_net: Net, _sk: object | null, skb: Skb): number {
  kfreeSkbReason(skb, DROP.IP_ROUTE_ERROR);
  return 0;
}

/** Another long-lived holder (dst_hold). Returns the route. @alpha */
export function dstHold<T extends DstEntry>(dst: T): T {
  dst.refs++;
  return dst;
}
/** A holder lets go; the last one calls `ops.destroy` (dst_release). @alpha */
export function dstRelease(dst: DstEntry | null): void {
  if (dst === null || --dst.refs !== 0) return;
  dst.ops.destroy?.(dst);
}

/** The route of a packet, or null (skb_dst). @alpha */
export function skbDst(skb: Skb): DstEntry | null {
  return skb.dst as DstEntry | null;
}
/** Gives a packet its route (skb_dst_set). @alpha */
export function skbDstSet(skb: Skb, dst: DstEntry | null): void {
  skb.dst = dst;
}
/** Takes the route away (skb_dst_drop). @alpha */
export function skbDstDrop(skb: Skb): void {
  skb.dst = null;
}

/** Receives a packet by its route (dst_input). Consumes it. @alpha */
export function dstInput(skb: Skb): number {
  return (skb.dst as DstEntry).input(skb);
}
/** Sends a packet by its route (dst_output). Consumes it. @alpha */
export function dstOutput(net: Net, sk: object | null, skb: Skb): number {
  return (skb.dst as DstEntry).output(net, sk, skb);
}

/** Is a route that somebody kept still good? The route, or null: look it up again (dst_check). @alpha */
export function dstCheck(dst: DstEntry, cookie: number): DstEntry | null {
  return dst.obsolete === DST_OBSOLETE_NONE ? dst : dst.ops.check(dst, cookie);
}

/** Largest packet by this route (dst_mtu). @alpha */
export function dstMtu(dst: DstEntry): number {
  return dst.ops.mtu(dst);
}
/** Largest segment to announce (dst_metric_advmss). @alpha */
export function dstAdvmss(dst: DstEntry): number {
  const v = dst.metrics[RTAX_ADVMSS]!;
  return v !== 0 ? v : dst.ops.advmss(dst);
}
/** A metric as it was set, 0 when it was not (dst_metric_raw). @alpha */
export function dstMetric(dst: DstEntry, metric: number): number {
  return dst.metrics[metric]!;
}
/** Is the metric locked against what the stack learns? (dst_metric_locked) @alpha */
export function dstMetricLocked(dst: DstEntry, metric: number): boolean {
  return (dst.metrics[1 /* RTAX_LOCK */]! & (1 << metric)) !== 0;
}
/** Sets a metric of this route only (dst_metric_set). @alpha */
export function dstMetricSet(dst: DstEntry, metric: number, value: number): void {
  if (dst.metricsShared) {
    dst.metrics = dst.metrics.slice(); // datapath-ok: once a route
    dst.metricsShared = false;
  }
  dst.metrics[metric] = value;
}
/** Shares the metrics of a table entry (dst_init_metrics). @alpha */
export function dstInitMetrics(dst: DstEntry, metrics: Int32Array): void {
  dst.metrics = metrics;
  dst.metricsShared = true;
}
/** The set MTU, 0 when none (dst_metric_raw of RTAX_MTU). @alpha */
export function dstMtuMetric(dst: DstEntry): number {
  return dst.metrics[RTAX_MTU]!;
}
/** The set hop limit, 0 when none. @alpha */
export function dstHoplimit(dst: DstEntry): number {
  return dst.metrics[RTAX_HOPLIMIT]!;
}

/** The route's device is going away: mark the route dead and let it drop what still comes (dst_dev_put). @alpha */
export function dstDevPut(dst: DstEntry): void {
  dst.obsolete = DST_OBSOLETE_DEAD;
  dst.input = dstDiscard;
  dst.output = dstDiscardOut;
}

/** The next hop failed: tells the family (dst_link_failure). Does not consume the skb. @alpha */
export function dstLinkFailure(skb: Skb): void {
  const dst = skb.dst as DstEntry | null;
  if (dst !== null) dst.ops.linkFailure?.(skb);
}

/** Room in front of packets by this route: the device's header, and more (LL_RESERVED_SPACE). @alpha */
export function llReservedSpace(dev: NetDevice): number {
  return ((dev.hardHeaderLen + dev.neededHeadroom) & ~15) + 16;
}
