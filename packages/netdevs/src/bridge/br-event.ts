/** A bridge follows its ports' devices (br_device_event). */
import { NOTIFY_BAD, NOTIFY_DONE } from '@linnet/kernel';
import {
  callNetdeviceNotifiers, NETDEV_CHANGE, NETDEV_CHANGEADDR, NETDEV_CHANGEMTU, NETDEV_DOWN, NETDEV_FEAT_CHANGE, NETDEV_PRE_TYPE_CHANGE, NETDEV_REGISTER, NETDEV_RESEND_IGMP, NETDEV_UNREGISTER, NETDEV_UP,
  type NetDevice, netdevUpdateFeatures, netifOperUp,
} from '@linnet/netdev';
import { IFF_UP, RTM_NEWLINK } from '@linnet/uapi';
import { brGet, brPortGet } from './br.ts';
import { fdbAddLocal, fdbChangeAddr } from './br-fdb.ts';
import { brDelIf, brMtuAutoAdjust, brPortCarrierCheck } from './br-if.ts';
import { brIfinfoNotify } from './br-ifinfo.ts';
import { brStpDisablePort, brStpEnablePort, brStpRecalculateBridgeId } from './br-stp-if.ts';
import { brVlanInit } from './br-vlan.ts';

/** What happens to a device, told to the bridge that it is a port of. */
export function brDeviceEvent(event: number, dev: NetDevice): number {
  const own = event === NETDEV_REGISTER ? brGet(dev) : null;
  if (own !== null && own.vlans.vlans.size === 0) {
    fdbAddLocal(own, null, dev.devAddr, 0);
    brVlanInit(own);
  }
  const p = brPortGet(dev);
  if (p === null) return NOTIFY_DONE;
  const { br } = p;
  let notified = false;
  switch (event) {
    case NETDEV_CHANGEMTU:
      brMtuAutoAdjust(br);
      break;
    case NETDEV_CHANGEADDR:
      fdbChangeAddr(p, dev.devAddr);
      if (brStpRecalculateBridgeId(br)) callNetdeviceNotifiers(NETDEV_CHANGEADDR, br.dev);
      break;
    case NETDEV_CHANGE:
      notified = brPortCarrierCheck(p);
      break;
    case NETDEV_FEAT_CHANGE:
      netdevUpdateFeatures(br.dev);
      break;
    case NETDEV_DOWN:
      if ((br.dev.flags & IFF_UP) !== 0) {
        brStpDisablePort(p);
        notified = true;
      }
      break;
    case NETDEV_UP:
      if (br.dev.running && netifOperUp(dev)) {
        brStpEnablePort(p);
        notified = true;
      }
      break;
    case NETDEV_UNREGISTER:
      brDelIf(br, dev);
      return NOTIFY_DONE;
    case NETDEV_PRE_TYPE_CHANGE:
      return NOTIFY_BAD;
    case NETDEV_RESEND_IGMP:
      callNetdeviceNotifiers(event, br.dev);
      break;
    default:
  }
  if (!notified && (event === NETDEV_CHANGEADDR || event === NETDEV_UP || event === NETDEV_CHANGE || event === NETDEV_DOWN)) brIfinfoNotify(RTM_NEWLINK, null, p);
  return NOTIFY_DONE;
}
