/**
 * What a network protocol registers so that super-segments of it can be cut (GSO) and built (GRO).
 *
 * ## Cutting: `gsoSegment`
 * Called with `skb.data` and `networkHeader` at the protocol's own header and `macHeader` at the MAC header. The protocol makes its header linear
 * (`pskbMayPull`), pulls it, sets `transportHeader`, and calls the next protocol's segmentation. The last protocol pushes `data` back to
 * `macHeader`, so that `skbSegment(skb, headers, skb.gsoSize, sg)` copies all headers in front of every piece, and mends its own header
 * in each segment at `transportHeader`; on the way back each protocol mends its own (length, identification, checksum) at `networkHeader`.
 * Segments are linked by `next` and have `data` at their MAC header. `skb` itself is neither freed nor kept; where its `data` stands
 * afterwards does not matter. A packet from outside (SKB_GSO_DODGY) that the device could cut (`skbGsoOk` with NETIF_F_GSO_ROBUST) only gets
 * its `gsoSegs` computed, and null is returned. The socket's charge passes to the last segment by itself, unless the protocol has
 * moved it and left `skb.destructor` null.
 *
 * ## Building: `groReceive` and `groComplete`
 * Header offsets here are relative to `skb.data`, which stays at the network header during all of GRO; `groOffset(skb)` is where the next
 * unread header begins and every protocol moves it past its own with `skbGroPull`. Read a header with `skbGroHeader(skb, hlen)`, which
 * makes it linear and returns its offset in `skb.u8`, or -1.
 *
 * `head` is the bucket of held packets that may be of the same flow. The engine has cleared or set `sameFlow` of each (same device, same
 * link-layer header); a protocol clears `sameFlow` of each held packet whose header names another flow. It never sets it.
 *
 * Return value: the held packet that must go up now (it cannot grow any more), or null. `setGroFlush(skb)` says that `skb` itself must
 * not be held: it is delivered at once, after the held packet of the same flow if that was returned. To merge, the last protocol calls
 * `skbGroReceive(held, skb)`; 0 means that `skb` is now part of `held`.
 *
 * The fields of an skb in GRO (`gro-cb.ts`): `groOffset`, `groSameFlow`, `groFlush` (deliver now), `groFlushId` (the network layer's wish that
 * the transport layer joins to its own, e.g. an identification that does not follow), `groCount`, `groCsumValid` and `groCsum`.
 *
 * `groComplete(skb, nhoff)` runs once for a packet of two or more segments before it goes up: `nhoff` is the offset of the protocol's
 * header from `skb.data`. The protocol writes its header anew (total length, checksum), and the transport layer sets `gsoType`,
 * `ipSummed = CHECKSUM_PARTIAL`, `csumStart` and `csumOffset`. The engine has set `gsoSize` when the packet began and sets `gsoSegs`.
 * Returns 0, or a negative errno, upon which the packet is dropped.
 */
import type { Kernel } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import type { GroList } from './gro-cb.ts';
import { NETDEV } from './softnet.ts';

/** Segmentation and merging of one EtherType (struct packet_offload); see the text at the top of this file for the contract. @alpha */
export interface PacketOffload {
  /** EtherType in host order. */
  readonly type: number;
  /** Lower is asked first; 0 when absent. */
  readonly priority?: number;
  /**
   * Cuts `skb` for a device with `features`. Returns the segments linked by `next`, null when the packet may go as it is,
   * or a negative errno. Does not consume `skb`.
   */
  gsoSegment?(skb: Skb, features: number): Skb | null | number;
  /** Looks for a held packet to merge with. Returns the held packet that must be delivered now, or null. */
  groReceive?(head: GroList, skb: Skb): Skb | null;
  /** Finishes a merged packet. Returns 0 or a negative errno. */
  groComplete?(skb: Skb, nhoff: number): number;
}

/** Registers an offload (dev_add_offload). @alpha */
export function devAddOffload(k: Kernel, po: PacketOffload): void {
  const sd = k.get(NETDEV);
  const list = sd.offloads.concat(po);
  list.sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
  sd.offloads = list;
}

/** Removes an offload (dev_remove_offload). @alpha */
export function devRemoveOffload(k: Kernel, po: PacketOffload): void {
  const sd = k.get(NETDEV);
  sd.offloads = sd.offloads.filter((p) => p !== po);
}
