/** Making bridges by a call, for programs that have no netlink socket at hand. */
import { EEXIST, type Net } from '@linnet/kernel';
import { allocNetdev, devGetByName, type NetDevice, registerNetdevice } from '@linnet/netdev';
import { rtnlConfigureLink, rtnlSetMaster } from '@linnet/netlink';
import { brDevSetup } from './br-device.ts';
import { BRIDGE_RTNL_OPS } from './br-netlink.ts';

/** Makes a bridge (`ip link add NAME type bridge`), down. Returns it, or a negative errno: -EEXIST for a name in use, -EINVAL for a bad one. @public */
export function bridgeNewlink(net: Net, name: string): NetDevice | number {
  if (devGetByName(net, name) !== null) return -EEXIST;
  return net.kernel.run(() => {
    const dev = allocNetdev(net, { name, setup: brDevSetup });
    dev.rtnlLinkOps = BRIDGE_RTNL_OPS;
    const err = registerNetdevice(dev);
    if (err < 0) return err;
    rtnlConfigureLink(dev, null);
    return dev;
  });
}

/**
 * Makes a device a port of a bridge (`ip link set PORT master BRIDGE`), or with null none (`nomaster`). Returns 0 or a negative errno: -EBUSY when it has
 * another master, -ELOOP for a bridge, -EINVAL for what is no Ethernet device.
 * @public
 */
export function bridgeSetPort(port: NetDevice, bridge: NetDevice | null): number {
  return port.kernel.run(() => rtnlSetMaster(port, bridge?.ifindex ?? 0));
}
