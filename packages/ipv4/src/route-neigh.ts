/** From a route to the neighbour that its packets go to. */
import type { NetDevice } from '@linnet/netdev';
import type { Neighbour } from '@linnet/neigh';
import type { Skb } from '@linnet/skbuff';
import { IFF_LOOPBACK, IFF_POINTOPOINT, iphDaddr } from '@linnet/uapi';
import type { Ipv4Net } from './ipv4-net.ts';
import type { Rtable } from './rtable.ts';

/** The key of a next hop: where there is nobody to find, one entry serves all. */
function keyOf(dev: NetDevice, nexthop: number): number {
  return (dev.flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) !== 0 ? 0 : nexthop;
}

/** The neighbour that `rt` used last, if it is the one with this key; else null. */
function lastOf(rt: Rtable, key: number): Neighbour | null {
  const last = rt.rtNeigh;
  return last !== null && last.key0 === key && !last.dead && last.dev === rt.dev ? last : null;
}

/** The neighbour for a next hop on a device, made if it is missing; null when the table is full. @alpha */
export function ipNeighFor(n4: Ipv4Net, dev: NetDevice, nexthop: number): Neighbour | null {
  const key = keyOf(dev, nexthop);
  const n = n4.arpTbl.lookup(key, dev);
  if (n !== null) return n;
  const made = n4.arpTbl.create(dev, key);
  return typeof made === 'number' ? null : made;
}

/** The neighbour for a next hop of `rt` if there is one already, else null. @alpha */
export function ipNeighKnown(rt: Rtable, nexthop: number): Neighbour | null {
  const key = keyOf(rt.dev, nexthop);
  return lastOf(rt, key) ?? rt.net4.arpTbl.lookup(key, rt.dev);
}

/**
 * The neighbour of a packet that goes out by `rt` (`ip_neigh_for_gw`): its gateway, else the destination in its header. null when none
 * can be made. Allocates only for a neighbour seen for the first time.
 * @alpha
 */
export function ipNeighForGw(rt: Rtable, skb: Skb): Neighbour | null {
  if (rt.rtGw6 !== null) return rt.net4.neighFor6(rt.dev, rt.rtGw6);
  const nexthop = rt.rtGw !== 0 ? rt.rtGw : iphDaddr(skb.view, skb.networkHeader);
  const last = lastOf(rt, keyOf(rt.dev, nexthop));
  if (last !== null) return last;
  const n = ipNeighFor(rt.net4, rt.dev, nexthop);
  rt.rtNeigh = n;
  return n;
}
