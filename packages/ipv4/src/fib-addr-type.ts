/** What an address is to this machine: the type of the route that leads to it (RTN_*). */
import type { Net } from '@linnet/kernel';
import type { Flowi } from '@linnet/inet';
import { l3mdevFibTable } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { RT_TABLE_LOCAL, RTN_BROADCAST, RTN_MULTICAST, RTN_UNICAST, ipv4IsLbcast, ipv4IsMulticast, ipv4IsZeronet } from '@linnet/uapi';
import { fibTableLookupById } from './fib-lookup.ts';
import { fibInfoUsesDev } from './fib-types.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';

function flowOf(n4: Ipv4Net, daddr: number): Flowi {
  const fl = n4.flCtl;
  fl.daddr = daddr;
  fl.oif = 0;
  fl.tos = 0;
  fl.scope = 0;
  return fl;
}

function lookup(n4: Ipv4Net, dev: NetDevice | null, addr: number, table: number): number {
  if (ipv4IsZeronet(addr) || ipv4IsLbcast(addr)) return RTN_BROADCAST;
  if (ipv4IsMulticast(addr)) return RTN_MULTICAST;
  if (!n4.fibTables.has(table)) return RTN_BROADCAST;
  const fl = flowOf(n4, addr);
  const res = n4.resCtl;
  if (fibTableLookupById(n4, table, fl, res, 0) !== 0) return RTN_UNICAST;
  return dev === null || fibInfoUsesDev(res.fi!, dev) ? res.type : RTN_UNICAST;
}

/** The table with a device's local addresses: that of its VRF, if it has one. */
function localTable(dev: NetDevice): number {
  const vrf = l3mdevFibTable(dev);
  return vrf !== 0 ? vrf : RT_TABLE_LOCAL;
}

/** Type of an address in one table (`inet_addr_type_table`). @alpha */
export function inetAddrTypeTable(n4: Ipv4Net, addr: number, table: number): number {
  return lookup(n4, null, addr, table);
}

/** Type of an address: RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST or RTN_UNICAST (`inet_addr_type`). @alpha */
export function inetAddrType(net: Net, addr: number): number {
  return lookup(net.get(IPV4), null, addr, RT_TABLE_LOCAL);
}

/** Type of an address as far as it belongs to `dev` (`inet_dev_addr_type`, `inet_addr_type_dev_table`). @alpha */
export function inetAddrTypeDevTable(n4: Ipv4Net, dev: NetDevice, addr: number): number {
  return lookup(n4, null, addr, localTable(dev));
}

/** Is the address of this type on this very device? @alpha */
export function inetDevAddrType(n4: Ipv4Net, dev: NetDevice, addr: number): number {
  return lookup(n4, dev, addr, localTable(dev));
}
