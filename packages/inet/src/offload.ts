/** Segmentation and merging by transport protocol (struct net_offload). */
import type { GroList } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';

/** A transport's part in GSO and GRO; the family finds it by protocol number. @alpha */
export interface GroOffload {
  /**
   * Cuts a super-segment whose data stands at the transport header into packets linked by `next`, headers before data copied along, transport headers mended.
   * Does not consume. A negative errno when it cannot be cut, null when the device can take it as it is.
   */
  gsoSegment(skb: Skb, features: number): Skb | number | null;
  /**
   * Tries to merge `skb` (GRO offset at the transport header) into one of the held packets of `head`. Returns the held packet that must be
   * flushed now, or null; sets the packet's GRO flags as netdev's gro.ts documents.
   */
  groReceive(head: GroList, skb: Skb): Skb | null;
  /** Mends the transport header at `nhoff` of a merged packet and sets its gsoType. 0 or a negative errno. */
  groComplete(skb: Skb, nhoff: number): number;
}
