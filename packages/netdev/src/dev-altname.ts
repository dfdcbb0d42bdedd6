/** Other names of a device: as many as one likes, longer than its own, found wherever a name is looked up. */
// datapath-ok-file: administration, no packet comes here
import { EEXIST, EINVAL, ENOENT } from '@linnet/kernel';
import type { NetDevice } from './netdevice.ts';

/** Gives a registered device another name (netdev_name_node_alt_create). Returns 0, or -EEXIST when any device of its namespace has that name. @alpha */
export function netdevAltNameAdd(dev: NetDevice, name: string): number {
  if (dev.nn.byName.has(name)) return -EEXIST;
  dev.altNames = [...dev.altNames, name];
  dev.nn.byName.set(name, dev);
  return 0;
}

/** Takes it away (netdev_name_node_alt_destroy). Returns 0, -ENOENT when nobody has that name, -EINVAL when it is another device's or the device's own. @alpha */
export function netdevAltNameRemove(dev: NetDevice, name: string): number {
  const who = dev.nn.byName.get(name);
  if (who === undefined) return -ENOENT;
  if (who !== dev || name === dev.name) return -EINVAL;
  dev.altNames = dev.altNames.filter((n) => n !== name);
  dev.nn.byName.delete(name);
  return 0;
}
