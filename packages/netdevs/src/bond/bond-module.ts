/** Bonds as a module of a kernel. */
// datapath-ok-file: configuration
import { type Kernel, type KernelModule, NOTIFY_DONE } from '@linnet/kernel';
import {
  callNetdeviceNotifiers, NETDEV_CHANGE, NETDEV_CHANGENAME, NETDEV_FEAT_CHANGE, NETDEV_RESEND_IGMP, NETDEV_UNREGISTER, NETDEV_UP, netdev, type NetDevice, netdevUpdateFeatures,
  registerNetdeviceNotifier, NETREG_UNREGISTERING,
} from '@linnet/netdev';
import { netlink, rtnlLinkRegister } from '@linnet/netlink';
import { bondSlaveGet, MODE_8023AD, updateSpeedDuplex, usesPrimary } from './bond.ts';
import { adUpdateKey } from './bond-3ad.ts';
import { selectActive } from './bond-active.ts';
import { BOND_RTNL_OPS } from './bond-netlink.ts';
import { bondProcEvent } from './bond-proc.ts';
import { bondRelease } from './bond-slave.ts';

/** What happens to slaves (bond_slave_netdev_event). */
function event(what: number, dev: NetDevice): number {
  bondProcEvent(what, dev);
  const s = bondSlaveGet(dev);
  if (s === null) return NOTIFY_DONE;
  const { bond } = s;
  switch (what) {
    case NETDEV_UNREGISTER:
      if (dev.regState === NETREG_UNREGISTERING || dev.net !== bond.dev.net) bondRelease(bond, dev, null);
      break;
    case NETDEV_UP:
    case NETDEV_CHANGE:
      if (updateSpeedDuplex(s) && bond.params.mode === MODE_8023AD && s.port !== null) adUpdateKey(s.port);
      break;
    case NETDEV_CHANGENAME:
      if (!usesPrimary(bond) || bond.primaryName === '') break;
      if (bond.primary === s) bond.primary = null;
      else if (bond.primaryName === dev.name) bond.primary = s;
      else break;
      selectActive(bond);
      break;
    case NETDEV_FEAT_CHANGE:
      netdevUpdateFeatures(bond.dev);
      break;
    case NETDEV_RESEND_IGMP:
      callNetdeviceNotifiers(what, bond.dev);
      break;
    default:
  }
  return NOTIFY_DONE;
}

/** Bonds: several links as one, for reserve or for more bandwidth, with LACP where the partner speaks it. @public */
export const bond: KernelModule = {
  name: 'bond',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, BOND_RTNL_OPS);
    registerNetdeviceNotifier(k, event);
  },
};
