/** From a route to the neighbour that its packets go to. */
import type { NetDevice } from '@linnet/netdev';
import type { Neighbour } from '@linnet/neigh';
import type { Skb } from '@linnet/skbuff';
import { ip6Daddr } from '@linnet/uapi';
import type { Ipv6Net } from './ipv6-net.ts';
import type { Rt6Info } from './rt6-info.ts';

/** The neighbour of an address on a device, made if it is missing; null when the table is full. @alpha */
export function ip6NeighFor(n6: Ipv6Net, dev: NetDevice, a0: number, a1: number, a2: number, a3: number): Neighbour | null {
  const n = n6.ndTbl.lookup4(a0, a1, a2, a3, dev);
  if (n !== null) return n;
  const made = n6.ndTbl.create(dev, a0, a1, a2, a3);
  return typeof made === 'number' ? null : made;
}

/** The neighbour of packets by `rt` to this address, if `rt` used it last or it is in the table; else made. Null when none can be. @alpha */
export function rt6Neigh(rt: Rt6Info, a0: number, a1: number, a2: number, a3: number): Neighbour | null {
  const last = rt.rtNeigh;
  if (last !== null && last.key3 === a3 && last.key2 === a2 && last.key1 === a1 && last.key0 === a0 && !last.dead && last.dev === rt.dev) return last;
  const n = ip6NeighFor(rt.net6, rt.dev, a0, a1, a2, a3);
  rt.rtNeigh = n;
  return n;
}

/** The neighbour of a packet that goes out by `rt`: its gateway, else the destination in its header (rt6_nexthop). @alpha */
export function rt6NeighForSkb(rt: Rt6Info, skb: Skb): Neighbour | null {
  const gw = rt.rtGw;
  if (gw !== null) return rt6Neigh(rt, gw[0]!, gw[1]!, gw[2]!, gw[3]!);
  const { view, networkHeader: nh } = skb;
  return rt6Neigh(rt, ip6Daddr(view, nh, 0), ip6Daddr(view, nh, 1), ip6Daddr(view, nh, 2), ip6Daddr(view, nh, 3));
}

/** The neighbour of packets by `rt` to `daddr` when it is known already, else null. @alpha */
export function rt6NeighKnown(rt: Rt6Info, daddr: Int32Array): Neighbour | null {
  const a = rt.rtGw ?? daddr;
  return rt.net6.ndTbl.lookup4(a[0]!, a[1]!, a[2]!, a[3]!, rt.dev);
}
