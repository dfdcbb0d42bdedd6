/** Word from above that packets get through. */
import { neighConfirm } from '@linnet/neigh';
import { rt6NeighKnown } from './route6-neigh.ts';
import type { Rt6Info } from './rt6-info.ts';

/** An upper layer heard from the next hop of `rt` for `daddr`: its neighbour needs no probe (`ip6_confirm_neigh`). Makes no neighbour. @alpha */
export function confirmNeigh6(rt: Rt6Info, daddr: Int32Array): void {
  const n = rt6NeighKnown(rt, daddr);
  if (n !== null) neighConfirm(n);
}
