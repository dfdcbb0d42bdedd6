/** Moving devices between namespaces. */
import { EEXIST, EINVAL, type Net } from '@linnet/kernel';
import { devChangeNetNamespace, devGetByName, type NetDevice } from '@linnet/netdev';

/** How a device is moved. @public */
export interface MoveOptions {
  /** Its name there: a name or a template (`eth%d`), taken when its own is in use there. */
  readonly fallbackName?: string;
  /** Its ifindex there; its own if that is free, by default. */
  readonly ifindex?: number;
}

/**
 * Moves a device to another namespace of its machine (`ip link set DEV netns`): it is closed, loses its addresses and routes, and both sides' listeners hear
 * of it. Returns 0, -EINVAL for a device that must stay (`lo`) or a namespace that is gone, -EEXIST for a name in use there, -EBUSY for an ifindex in use.
 * @public
 */
export function netnsMoveDevice(dev: NetDevice, net: Net, opts: MoveOptions = {}): number {
  if (net.kernel !== dev.kernel || net.dead) return -EINVAL;
  if (dev.net !== net && opts.fallbackName === undefined && devGetByName(net, dev.name) !== null) return -EEXIST;
  return dev.kernel.run(() => devChangeNetNamespace(dev, net, opts.fallbackName ?? null, opts.ifindex ?? 0));
}
