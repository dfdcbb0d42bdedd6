/** The quickest way to a network: a cable between two namespaces. */
import { ENODEV, SystemError, type Net } from '@linnet/kernel';
import { devGetByName, type NetDevice } from '@linnet/netdev';
import { netemSet, vethNewlink, type NetemOptions } from '@linnet/netdevs';

/**
 * Joins two namespaces of one machine by a veth pair, both ends down and without addresses. With `link` packets are delayed, lost and so on, both ways.
 * Returns the two devices. Throws a SystemError: EEXIST for a name in use, EINVAL for a bad name or for parameters out of range.
 * @public
 */
export function cable(a: Net, aName: string, b: Net, bName: string, link: NetemOptions = {}): [NetDevice, NetDevice] {
  const pair = vethNewlink(a, aName, b, bName);
  if (typeof pair === 'number') throw new SystemError(pair, 'cable', `${aName} - ${bName}`);
  if (Object.keys(link).length > 0) for (const dev of pair) impair(dev.net, dev.name, link);
  return pair;
}

/**
 * Changes what a device does to the packets that it sends (tc qdisc replace dev NAME root netem ...). Throws a SystemError: ENODEV when there is no such device,
 * EINVAL for parameters out of range.
 * @public
 */
export function impair(net: Net, name: string, link: NetemOptions): void {
  const dev = devGetByName(net, name);
  const err = dev === null ? -ENODEV : netemSet(dev, link);
  if (err < 0) throw new SystemError(err, 'impair', `${name} ${JSON.stringify(link)}`);
}
