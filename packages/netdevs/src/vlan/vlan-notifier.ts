/** VLANs follow their links: state, MTU, address, features, and their end (vlan_device_event). */
import { NOTIFY_DONE } from '@linnet/kernel';
import {
  callNetdeviceNotifiers, devChangeFlags, devClose, devGetFlags, devSetMtu, NETDEV_BONDING_FAILOVER, NETDEV_CHANGE, NETDEV_CHANGEADDR, NETDEV_CHANGEMTU, NETDEV_DOWN, NETDEV_FEAT_CHANGE,
  NETDEV_NOTIFY_PEERS, NETDEV_RESEND_IGMP, NETDEV_UNREGISTER, NETDEV_UP, type NetDevice, NETREG_UNREGISTERING,
} from '@linnet/netdev';
import { IFF_UP, VLAN_FLAG_BRIDGE_BINDING, VLAN_FLAG_LOOSE_BINDING } from '@linnet/uapi';
import { vlanSyncAddress, vlanTransferFeatures } from './vlan-dev.ts';
import { unregisterVlansOf } from './vlan-register.ts';
import { vlanDevPriv, vlanDevsOf, vlanTransferOperstate } from './vlan.ts';

/** What happens to a link, told to the VLANs over it. */
export function vlanDeviceEvent(event: number, real: NetDevice): number {
  if (real.vlanInfo === null) return NOTIFY_DONE;
  switch (event) {
    case NETDEV_CHANGE:
      for (const dev of vlanDevsOf(real)) vlanTransferOperstate(real, dev);
      break;
    case NETDEV_CHANGEADDR:
      for (const dev of vlanDevsOf(real)) if ((dev.flags & IFF_UP) !== 0) vlanSyncAddress(real, dev);
      break;
    case NETDEV_CHANGEMTU:
      for (const dev of vlanDevsOf(real)) if (dev.mtu > real.mtu) devSetMtu(dev, real.mtu);
      break;
    case NETDEV_FEAT_CHANGE:
      for (const dev of vlanDevsOf(real)) vlanTransferFeatures(real, dev);
      break;
    case NETDEV_DOWN:
      for (const dev of vlanDevsOf(real)) {
        if ((dev.flags & IFF_UP) === 0) continue;
        const { flags } = vlanDevPriv(dev);
        if ((flags & (VLAN_FLAG_LOOSE_BINDING | VLAN_FLAG_BRIDGE_BINDING)) === 0) devClose(dev);
        vlanTransferOperstate(real, dev);
      }
      break;
    case NETDEV_UP:
      for (const dev of vlanDevsOf(real)) {
        const flags = devGetFlags(dev);
        if ((flags & IFF_UP) !== 0) continue;
        if ((vlanDevPriv(dev).flags & VLAN_FLAG_LOOSE_BINDING) === 0) devChangeFlags(dev, flags | IFF_UP);
        vlanTransferOperstate(real, dev);
      }
      break;
    case NETDEV_UNREGISTER:
      // A link that only moves to another namespace keeps its VLANs.
      if (real.regState === NETREG_UNREGISTERING) unregisterVlansOf(real);
      break;
    case NETDEV_NOTIFY_PEERS:
    case NETDEV_BONDING_FAILOVER:
    case NETDEV_RESEND_IGMP:
      for (const dev of vlanDevsOf(real)) callNetdeviceNotifiers(event, dev);
      break;
    default:
  }
  return NOTIFY_DONE;
}
