/** Devices on top of devices: who is whose master, which VLAN works over which link. */
import { EBUSY, EEXIST, ELOOP, notifierToErrno } from '@linnet/kernel';
import type { NetDevice } from './netdevice.ts';
import { callNetdeviceNotifiers, NETDEV_CHANGEUPPER, NETDEV_PRECHANGEUPPER } from './notifier.ts';

/** Is `upper` somewhere above `dev`? (netdev_has_upper_dev_all) @alpha */
export function netdevHasUpperDev(dev: NetDevice, upper: NetDevice): boolean {
  for (const d of dev.upperDevs) if (d === upper || netdevHasUpperDev(d, upper)) return true;
  return false;
}

function link(dev: NetDevice, upper: NetDevice, master: boolean): number {
  if (dev === upper || netdevHasUpperDev(upper, dev)) return -ELOOP;
  if (dev.upperDevs.includes(upper)) return -EEXIST;
  if (master && dev.master !== null) return -EBUSY;
  const refused = notifierToErrno(callNetdeviceNotifiers(NETDEV_PRECHANGEUPPER, dev));
  if (refused !== 0) return refused;
  dev.upperDevs.push(upper);
  upper.lowerDevs.push(dev);
  if (master) dev.master = upper;
  const objection = notifierToErrno(callNetdeviceNotifiers(NETDEV_CHANGEUPPER, dev));
  if (objection !== 0) netdevUpperDevUnlink(dev, upper);
  return objection;
}

/** Puts `upper` above `dev`, as a VLAN over its link (netdev_upper_dev_link). Returns 0, -ELOOP, -EEXIST, or what a notifier answered. @alpha */
export function netdevUpperDevLink(dev: NetDevice, upper: NetDevice): number {
  return link(dev, upper, false);
}
/** Makes `upper` the master of `dev` (netdev_master_upper_dev_link). Returns 0, -EBUSY when it has one, -ELOOP, or what a notifier answered. @alpha */
export function netdevMasterUpperDevLink(dev: NetDevice, upper: NetDevice): number {
  return link(dev, upper, true);
}
/** Undoes both (netdev_upper_dev_unlink). @alpha */
export function netdevUpperDevUnlink(dev: NetDevice, upper: NetDevice): void {
  const i = dev.upperDevs.indexOf(upper);
  if (i < 0) return;
  dev.upperDevs.splice(i, 1);
  upper.lowerDevs.splice(upper.lowerDevs.indexOf(dev), 1);
  if (dev.master === upper) dev.master = null;
  callNetdeviceNotifiers(NETDEV_CHANGEUPPER, dev);
}

/** A device goes: nothing stays above or below it. */
export function unlinkAllUppers(dev: NetDevice): void {
  for (const upper of Array.from(dev.upperDevs)) netdevUpperDevUnlink(dev, upper);
  for (const lower of Array.from(dev.lowerDevs)) netdevUpperDevUnlink(lower, dev);
}
