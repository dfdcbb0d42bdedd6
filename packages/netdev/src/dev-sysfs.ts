/** What drivers put below /sys/class/net/NAME beside the files that every device has; who serves files looks here. */
import type { Kernel } from '@linnet/kernel';
import type { NetDevice } from './netdevice.ts';
import { NETDEV } from './softnet.ts';

/** A file of a device (struct device_attribute). @alpha */
export interface NetdevAttribute {
  /** The text without its final newline; a negative errno where it cannot be read now. Without it the file is only written. */
  show?(dev: NetDevice): string | number;
  /** Takes what was written, without its final newline. Returns 0 or a negative errno. Without it the file is only read. */
  store?(dev: NetDevice, text: string): number;
}

/** A directory of files that some devices have (struct attribute_group). @alpha */
export interface NetdevAttributeGroup {
  /** The directory, or empty for the device's own. */
  readonly name: string;
  /** Has this device the directory? */
  visible(dev: NetDevice): boolean;
  readonly attributes: Readonly<Record<string, NetdevAttribute>>;
  /** Symbolic links in the directory: their names, and the path below /sys/class/net that they stand for. */
  links?(dev: NetDevice): ReadonlyMap<string, string>;
}

/** Makes a directory of files known, for a module's `init` (sysfs_create_group). @alpha */
export function netdevSysfsRegister(k: Kernel, group: NetdevAttributeGroup): void {
  k.get(NETDEV).sysGroups.push(group);
}

/** The directories that a device has. @alpha */
export function netdevSysfsGroups(dev: NetDevice): NetdevAttributeGroup[] {
  return dev.sd.sysGroups.filter((g) => g.visible(dev));
}
