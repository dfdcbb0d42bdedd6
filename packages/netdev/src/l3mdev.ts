/** Layer 3 masters: a VRF gives its slaves a routing table of their own (l3mdev.c, vrf). */
import type { Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { devGetByIndex } from './netdev-net.ts';
import type { NetDevice } from './netdevice.ts';
import { IFF_L3MDEV_MASTER, IFF_L3MDEV_SLAVE } from './netdevice.ts';

/** What a layer 3 master does for its slaves (struct l3mdev_ops). @alpha */
export interface L3mdevOps {
  /** The id of its routing table. */
  fibTable(dev: NetDevice): number;
  /** A packet came in by a slave: it is one of the master `dev` from now on (l3mdev_l3_rcv). */
  l3Rcv?(dev: NetDevice, skb: Skb): void;
}

/** The layer 3 master over a device: itself when it is one; null when there is none (l3mdev_master_dev). @alpha */
export function l3mdevMasterDev(dev: NetDevice): NetDevice | null {
  if ((dev.privFlags & IFF_L3MDEV_MASTER) !== 0) return dev;
  if ((dev.privFlags & IFF_L3MDEV_SLAVE) === 0) return null;
  // A bridge may stand between a port and the master.
  let up = dev.master;
  while (up !== null && (up.privFlags & IFF_L3MDEV_MASTER) === 0) up = up.master;
  return up;
}

/** A packet came in by a slave: its master takes it for its own. The device that it came in by from now on (l3mdev_ip_rcv). @alpha */
export function l3mdevRcv(skb: Skb, dev: NetDevice): NetDevice {
  const master = l3mdevMasterDev(dev);
  if (master === null) return dev;
  master.l3mdevOps?.l3Rcv?.(master, skb);
  return (skb.dev as NetDevice | null) ?? dev;
}

/** The number of the layer 3 master over a device, 0 when there is none (l3mdev_master_ifindex). @alpha */
export function l3mdevMasterIfindex(dev: NetDevice): number {
  // The common case first: no slave and no master.
  if ((dev.privFlags & (IFF_L3MDEV_MASTER | IFF_L3MDEV_SLAVE)) === 0) return 0;
  return l3mdevMasterDev(dev)?.ifindex ?? 0;
}

/** {@link l3mdevMasterIfindex} by number (l3mdev_master_ifindex_by_index). @alpha */
export function l3mdevMasterIfindexByIndex(net: Net, ifindex: number): number {
  const dev = ifindex === 0 ? null : devGetByIndex(net, ifindex);
  return dev === null ? 0 : l3mdevMasterIfindex(dev);
}

/** The routing table of the layer 3 master over a device, 0 when there is none (l3mdev_fib_table). @alpha */
export function l3mdevFibTable(dev: NetDevice): number {
  if ((dev.privFlags & (IFF_L3MDEV_MASTER | IFF_L3MDEV_SLAVE)) === 0) return 0;
  const master = l3mdevMasterDev(dev);
  return master === null || master.l3mdevOps === null ? 0 : master.l3mdevOps.fibTable(master);
}
