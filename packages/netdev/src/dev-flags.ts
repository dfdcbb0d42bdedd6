/** Opening and closing a device, its flags, MTU, address, receive filters and master. */
import { EBUSY, EINVAL, ENODEV, EOPNOTSUPP, notifierToErrno } from '@linnet/kernel';
import {
  IFF_ALLMULTI, IFF_AUTOMEDIA, IFF_DEBUG, IFF_DORMANT, IFF_DYNAMIC, IFF_LOWER_UP, IFF_MULTICAST, IFF_NOARP, IFF_NOTRAILERS, IFF_PORTSEL, IFF_PROMISC,
  IF_OPER_DOWN, IFF_RUNNING, IFF_UP, IFF_VOLATILE, RTM_NEWLINK,
} from '@linnet/uapi';
import { copyAddr } from './dev-addr-lists.ts';
import { linkwatchSyncDev, rtmsgIfinfo } from './linkwatch.ts';
import {
  IFF_UNICAST_FLT, NET_ADDR_SET, type NetDevice, netifOperUp, NETREG_REGISTERED, type RxHandler,
} from './netdevice.ts';
import { netdevFixFeatures } from './features.ts';
import {
  callNetdeviceNotifiers, NETDEV_CHANGE, NETDEV_CHANGE_TX_QUEUE_LEN, NETDEV_CHANGEADDR, NETDEV_CHANGEMTU, NETDEV_DOWN, NETDEV_FEAT_CHANGE,
  NETDEV_GOING_DOWN, NETDEV_PRE_CHANGEADDR, NETDEV_PRE_UP, NETDEV_PRECHANGEMTU, NETDEV_UP,
} from './notifier.ts';
import { devActivate, devDeactivate, devQdiscChangeTxQueueLen } from './sch-generic.ts';

function devOpenUnchecked(dev: NetDevice): number {
  if (!dev.present) return -ENODEV;
  const refused = notifierToErrno(callNetdeviceNotifiers(NETDEV_PRE_UP, dev));
  if (refused !== 0) return refused;
  dev.running = true;
  let err = dev.netdevOps.validateAddr?.(dev) ?? 0;
  if (err === 0) err = dev.netdevOps.open?.(dev) ?? 0;
  if (err !== 0) {
    dev.running = false;
    return err;
  }
  dev.flags |= IFF_UP;
  devSetRxMode(dev);
  devActivate(dev);
  return 0;
}

function devCloseUnchecked(dev: NetDevice): void {
  callNetdeviceNotifiers(NETDEV_GOING_DOWN, dev);
  dev.running = false;
  devDeactivate(dev);
  dev.netdevOps.stop?.(dev);
  dev.flags &= ~IFF_UP;
}

/** Opens a device (dev_open): the driver's `open`, then the queue, then NETDEV_UP. 0 also when it was open; else a negative errno. @public */
export function devOpen(dev: NetDevice): number {
  if ((dev.flags & IFF_UP) !== 0) return 0;
  return dev.kernel.run(() => {
    const err = devOpenUnchecked(dev);
    if (err < 0) return err;
    rtmsgIfinfo(RTM_NEWLINK, dev, IFF_UP | IFF_RUNNING);
    callNetdeviceNotifiers(NETDEV_UP, dev);
    return 0;
  });
}

/** Closes a device (dev_close): NETDEV_GOING_DOWN, what waits is dropped, the driver's `stop`, NETDEV_DOWN. @public */
export function devClose(dev: NetDevice): void {
  if ((dev.flags & IFF_UP) === 0) return;
  dev.kernel.run(() => {
    devCloseUnchecked(dev);
    rtmsgIfinfo(RTM_NEWLINK, dev, IFF_UP | IFF_RUNNING);
    callNetdeviceNotifiers(NETDEV_DOWN, dev);
  });
}

/** The flags that user space sees (dev_get_flags): what it asked for, and RUNNING, LOWER_UP and DORMANT as they are. @public */
export function devGetFlags(dev: NetDevice): number {
  let flags = (dev.flags & ~(IFF_PROMISC | IFF_ALLMULTI | IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT)) | (dev.gflags & (IFF_PROMISC | IFF_ALLMULTI));
  if (dev.running) {
    if (netifOperUp(dev)) flags |= IFF_RUNNING;
    if (dev.carrier) flags |= IFF_LOWER_UP;
    if (dev.dormant) flags |= IFF_DORMANT;
  }
  return flags;
}

/** Tells everybody that flags changed (__dev_notify_flags). */
function devNotifyFlags(dev: NetDevice, oldFlags: number, gchanges: number): void {
  const changes = dev.flags ^ oldFlags;
  if (gchanges !== 0) rtmsgIfinfo(RTM_NEWLINK, dev, gchanges);
  if ((changes & IFF_UP) !== 0) callNetdeviceNotifiers((dev.flags & IFF_UP) !== 0 ? NETDEV_UP : NETDEV_DOWN, dev);
  if ((dev.flags & IFF_UP) !== 0 && (changes & ~(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_VOLATILE)) !== 0) {
    callNetdeviceNotifiers(NETDEV_CHANGE, dev);
  }
}

/**
 * Sets the flags to `flags`, opening or closing the device as IFF_UP says (dev_change_flags); flags that user space cannot set are left alone.
 * Returns 0 or the negative errno of opening.
 * @public
 */
export function devChangeFlags(dev: NetDevice, flags: number): number {
  return dev.kernel.run(() => {
    const oldFlags = dev.flags;
    const oldG = dev.gflags;
    const settable = IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST | IFF_PORTSEL | IFF_AUTOMEDIA;
    dev.flags = (flags & settable) | (dev.flags & (IFF_UP | IFF_VOLATILE | IFF_PROMISC | IFF_ALLMULTI));
    if (((oldFlags ^ flags) & IFF_MULTICAST) !== 0) dev.netdevOps.changeRxFlags?.(dev, IFF_MULTICAST);
    devSetRxMode(dev);
    let err = 0;
    if (((oldFlags ^ flags) & IFF_UP) !== 0) {
      if ((oldFlags & IFF_UP) !== 0) devCloseUnchecked(dev);
      else err = devOpenUnchecked(dev);
    }
    if (((flags ^ dev.gflags) & IFF_PROMISC) !== 0) {
      dev.gflags ^= IFF_PROMISC;
      setPromiscuity(dev, (flags & IFF_PROMISC) !== 0 ? 1 : -1, false);
    }
    if (((flags ^ dev.gflags) & IFF_ALLMULTI) !== 0) {
      dev.gflags ^= IFF_ALLMULTI;
      setAllmulti(dev, (flags & IFF_ALLMULTI) !== 0 ? 1 : -1);
    }
    if (err < 0) return err;
    devNotifyFlags(dev, oldFlags, (oldFlags ^ dev.flags) | (oldG ^ dev.gflags));
    return 0;
  });
}

function setPromiscuity(dev: NetDevice, inc: number, notify: boolean): void {
  const old = dev.flags;
  dev.promiscuity += inc;
  dev.flags = dev.promiscuity > 0 ? dev.flags | IFF_PROMISC : dev.flags & ~IFF_PROMISC;
  if (dev.flags === old) return;
  const how = dev.promiscuity > 0 ? 'entered' : 'left';
  dev.kernel.log.info(`${dev.name}: ${how} promiscuous mode`); // datapath-ok: configuration
  dev.netdevOps.changeRxFlags?.(dev, IFF_PROMISC);
  if (notify) devNotifyFlags(dev, old, IFF_PROMISC);
}
/** Nobody is told: the flag that people see is their own. */
function setAllmulti(dev: NetDevice, inc: number): void {
  const old = dev.flags;
  dev.allmulti += inc;
  dev.flags = dev.allmulti > 0 ? dev.flags | IFF_ALLMULTI : dev.flags & ~IFF_ALLMULTI;
  if (dev.flags === old) return;
  dev.netdevOps.changeRxFlags?.(dev, IFF_ALLMULTI);
  devSetRxMode(dev);
}

/** One more (`inc` 1) or one less (-1) who wants to see all frames (dev_set_promiscuity). Returns 0, or -EINVAL for one less than none. @alpha */
export function devSetPromiscuity(dev: NetDevice, inc: number): number {
  if (dev.promiscuity + inc < 0) return -EINVAL;
  const old = dev.flags;
  setPromiscuity(dev, inc, true);
  if (dev.flags !== old) devSetRxMode(dev);
  return 0;
}
/** One more or one less who wants all multicast frames (dev_set_allmulti). Returns 0 or -EINVAL. @alpha */
export function devSetAllmulti(dev: NetDevice, inc: number): number {
  if (dev.allmulti + inc < 0) return -EINVAL;
  setAllmulti(dev, inc);
  return 0;
}

/** Hands the receive filters to the driver (dev_set_rx_mode). @alpha */
export function devSetRxMode(dev: NetDevice): void {
  if ((dev.flags & IFF_UP) === 0 || !dev.present) return;
  if ((dev.privFlags & IFF_UNICAST_FLT) === 0) {
    // A device that cannot filter second addresses must see everything.
    const want = dev.uc.list.length > 0;
    if (want !== dev.ucPromisc) {
      dev.ucPromisc = want;
      setPromiscuity(dev, want ? 1 : -1, true);
    }
  }
  dev.netdevOps.setRxMode?.(dev);
}

/** Receives frames to a multicast address too; calls count (dev_mc_add). `addr` has `addrLen` bytes at its start. @alpha */
export function devMcAdd(dev: NetDevice, addr: Uint8Array): void {
  if (dev.mc.add(addr, dev.addrLen)) devSetRxMode(dev);
}
/** Ends {@link devMcAdd}. Returns 0 or -ENOENT (dev_mc_del). @alpha */
export function devMcDel(dev: NetDevice, addr: Uint8Array): number {
  const rc = dev.mc.del(addr, dev.addrLen);
  if (rc === 1) devSetRxMode(dev);
  return rc < 0 ? rc : 0;
}
/** Receives frames to another unicast address too; calls count (dev_uc_add). @alpha */
export function devUcAdd(dev: NetDevice, addr: Uint8Array): void {
  if (dev.uc.add(addr, dev.addrLen)) devSetRxMode(dev);
}
/** Ends {@link devUcAdd}. Returns 0 or -ENOENT (dev_uc_del). @alpha */
export function devUcDel(dev: NetDevice, addr: Uint8Array): number {
  const rc = dev.uc.del(addr, dev.addrLen);
  if (rc === 1) devSetRxMode(dev);
  return rc < 0 ? rc : 0;
}

/**
 * Sets the MTU (dev_set_mtu). Returns 0, -EINVAL outside `minMtu` to `maxMtu`, -ENODEV when the device is not present, or what the driver
 * or a notifier answered.
 * @public
 */
export function devSetMtu(dev: NetDevice, mtu: number): number {
  if (mtu === dev.mtu) return 0;
  if (!Number.isInteger(mtu) || mtu < 0 || mtu < dev.minMtu || (dev.maxMtu > 0 && mtu > dev.maxMtu)) return -EINVAL;
  if (!dev.present) return -ENODEV;
  return dev.kernel.run(() => {
    const refused = notifierToErrno(callNetdeviceNotifiers(NETDEV_PRECHANGEMTU, dev));
    if (refused !== 0) return refused;
    const old = dev.mtu;
    const change = (n: number): number => {
      if (dev.netdevOps.changeMtu !== undefined) return dev.netdevOps.changeMtu(dev, n);
      dev.mtu = n;
      return 0;
    };
    const err = change(mtu);
    if (err !== 0) return err;
    const objection = notifierToErrno(callNetdeviceNotifiers(NETDEV_CHANGEMTU, dev));
    if (objection !== 0) {
      change(old);
      callNetdeviceNotifiers(NETDEV_CHANGEMTU, dev);
    }
    return objection;
  });
}

/**
 * Sets the link-layer address (dev_set_mac_address): the first `addrLen` bytes of `addr`. Returns 0, -EOPNOTSUPP when the device has a fixed one,
 * -ENODEV when it is not present, -EINVAL for too few bytes, or what the driver or a notifier answered.
 * @public
 */
export function devSetMacAddress(dev: NetDevice, addr: Uint8Array): number {
  if (dev.netdevOps.setMacAddress === undefined) return -EOPNOTSUPP;
  if (addr.length < dev.addrLen) return -EINVAL;
  if (!dev.present) return -ENODEV;
  return dev.kernel.run(() => {
    const refused = notifierToErrno(callNetdeviceNotifiers(NETDEV_PRE_CHANGEADDR, dev));
    if (refused !== 0) return refused;
    const err = dev.netdevOps.setMacAddress!(dev, addr);
    if (err !== 0) return err;
    dev.addrAssignType = NET_ADDR_SET;
    callNetdeviceNotifiers(NETDEV_CHANGEADDR, dev);
    return 0;
  });
}

/** Sets the broadcast address: the first `addrLen` bytes of `addr`. Returns 0 or -EINVAL. @alpha */
export function devSetBroadcast(dev: NetDevice, addr: Uint8Array): number {
  if (addr.length < dev.addrLen) return -EINVAL;
  copyAddr(dev.broadcast, 0, addr, 0, dev.addrLen);
  callNetdeviceNotifiers(NETDEV_CHANGEADDR, dev);
  return 0;
}

/** Sets the length of the transmit queue in packets (dev_change_tx_queue_len). Returns 0, -EINVAL, or what a notifier or the queue answered. @public */
export function devChangeTxQueueLen(dev: NetDevice, len: number): number {
  if (!Number.isInteger(len) || len < 0) return -EINVAL;
  if (len === dev.txQueueLen) return 0;
  const old = dev.txQueueLen;
  dev.txQueueLen = len;
  let err = notifierToErrno(callNetdeviceNotifiers(NETDEV_CHANGE_TX_QUEUE_LEN, dev));
  if (err === 0) err = devQdiscChangeTxQueueLen(dev);
  if (err !== 0) dev.txQueueLen = old;
  return err;
}

/** Puts the device into a group of devices (dev_set_group). @public */
export function devSetGroup(dev: NetDevice, group: number): void {
  dev.group = group;
}

/** Computes the features anew and tells the driver and everybody when they changed (netdev_update_features). @alpha */
export function netdevUpdateFeatures(dev: NetDevice): void {
  let features = (dev.features & ~dev.hwFeatures) | (dev.wantedFeatures & dev.hwFeatures);
  if (dev.netdevOps.fixFeatures !== undefined) features = dev.netdevOps.fixFeatures(dev, features);
  features = netdevFixFeatures(features);
  const ext = (dev.featuresExt & ~dev.hwFeaturesExt) | (dev.wantedFeaturesExt & dev.hwFeaturesExt);
  if (features === dev.features && ext === dev.featuresExt) return;
  if ((dev.netdevOps.setFeatures?.(dev, features) ?? 0) < 0) return;
  dev.features = features;
  dev.featuresExt = ext;
  if (dev.regState === NETREG_REGISTERED) callNetdeviceNotifiers(NETDEV_FEAT_CHANGE, dev);
}

/** Lets `handler` take over what the device receives (netdev_rx_handler_register). Returns 0 or -EBUSY. @alpha */
export function netdevRxHandlerRegister(dev: NetDevice, handler: RxHandler, data: object | null): number {
  if (dev.rxHandler !== null) return -EBUSY;
  dev.rxHandlerData = data;
  dev.rxHandler = handler;
  return 0;
}
/** Ends {@link netdevRxHandlerRegister}. @alpha */
export function netdevRxHandlerUnregister(dev: NetDevice): void {
  dev.rxHandler = null;
  dev.rxHandlerData = null;
}

/** The operational state with all pending news worked in, for those who report it; IF_OPER_DOWN while closed. @alpha */
export function devGetOperstate(dev: NetDevice): number {
  linkwatchSyncDev(dev);
  return dev.running ? dev.operstate : IF_OPER_DOWN;
}

