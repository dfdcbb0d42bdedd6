/** What a namespace holds of this package: its devices, its taps and its netfilter hooks. */
import { defineKey, type Key, type Net } from '@linnet/kernel';
import { NfHooks } from './nf-hooks.ts';
import type { NetDevice } from './netdevice.ts';
import type { PacketType } from './packet-type.ts';
import type { SoftnetData } from './softnet.ts';

/** A namespace's devices. @alpha */
export class NetdevNet {
  readonly net: Net;
  readonly sd: SoftnetData;
  /** In order of ifindex allocation, as they are listed. */
  readonly devs: NetDevice[];
  readonly byName: Map<string, NetDevice>;
  readonly byIndex: Map<number, NetDevice>;
  /** The last ifindex given out. */
  lastIfindex: number;
  /** Changes whenever a device comes or goes, for dumps in several parts (net.dev_base_seq). */
  devBaseSeq: number;
  loopbackDev: NetDevice | null;
  ptypeAll: PacketType[];
  readonly nf: NfHooks;

  constructor(net: Net, sd: SoftnetData) {
    this.net = net;
    this.sd = sd;
    this.devs = [];
    this.byName = new Map();
    this.byIndex = new Map();
    this.lastIfindex = 0;
    this.devBaseSeq = 1;
    this.loopbackDev = null;
    this.ptypeAll = [];
    this.nf = new NfHooks();
  }
}

/** Where a namespace keeps its devices. @alpha */
export const NETDEV_NET: Key<NetdevNet> = defineKey<NetdevNet>('netdev');

/** The device of that name, or null (__dev_get_by_name). @public */
export function devGetByName(net: Net, name: string): NetDevice | null {
  return net.get(NETDEV_NET).byName.get(name) ?? null;
}

/** The device of that ifindex, or null (__dev_get_by_index). @public */
export function devGetByIndex(net: Net, ifindex: number): NetDevice | null {
  return net.get(NETDEV_NET).byIndex.get(ifindex) ?? null;
}

/** Calls `fn` for each device of the namespace, in order of registration; `fn` may unregister the device it is given. @public */
export function forEachNetdev(net: Net, fn: (dev: NetDevice) => void): void {
  for (const dev of Array.from(net.get(NETDEV_NET).devs)) fn(dev);
}

/** The loopback device of a namespace (net.loopback_dev). @alpha */
export function netLoopbackDev(net: Net): NetDevice {
  const lo = net.get(NETDEV_NET).loopbackDev;
  if (lo === null) throw new Error('netdev: the namespace has no loopback device any more');
  return lo;
}
