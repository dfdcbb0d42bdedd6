/** The events of a device's life, and who is told. */
import { type Kernel, notifierToErrno } from '@linnet/kernel';
import type { NetDevice } from './netdevice.ts';
import { NETREG_REGISTERED } from './netdevice.ts';
import { NETDEV } from './softnet.ts';

/** The device went up. @alpha */
export const NETDEV_UP = 1;
/** The device went down. @alpha */
export const NETDEV_DOWN = 2;
/** The device must be set up again. @alpha */
export const NETDEV_REBOOT = 3;
/** Flags, carrier or operational state changed. @alpha */
export const NETDEV_CHANGE = 4;
/** A device is registered. A negative errno (`notifierFromErrno`) refuses it. @alpha */
export const NETDEV_REGISTER = 5;
/** A device is going: let it go. @alpha */
export const NETDEV_UNREGISTER = 6;
/** The MTU changed. @alpha */
export const NETDEV_CHANGEMTU = 7;
/** The link-layer address changed. @alpha */
export const NETDEV_CHANGEADDR = 8;
/** The link-layer address will change. @alpha */
export const NETDEV_PRE_CHANGEADDR = 9;
/** The device is about to go down. @alpha */
export const NETDEV_GOING_DOWN = 10;
/** The name changed. @alpha */
export const NETDEV_CHANGENAME = 11;
/** Features changed. @alpha */
export const NETDEV_FEAT_CHANGE = 12;
/** A bond failed over. @alpha */
export const NETDEV_BONDING_FAILOVER = 13;
/** The device will go up; may be refused. @alpha */
export const NETDEV_PRE_UP = 14;
/** The type will change; may be refused. @alpha */
export const NETDEV_PRE_TYPE_CHANGE = 15;
/** The type changed. @alpha */
export const NETDEV_POST_TYPE_CHANGE = 16;
/** The device was set up by the driver. @alpha */
export const NETDEV_POST_INIT = 17;
/** The device is about to be freed. @alpha */
export const NETDEV_PRE_UNINIT = 18;
/** A device let go of its upper one. @alpha */
export const NETDEV_RELEASE = 19;
/** Tell the neighbours where we are. @alpha */
export const NETDEV_NOTIFY_PEERS = 20;
/** A device joined an upper one. @alpha */
export const NETDEV_JOIN = 21;
/** The set of upper devices changed. @alpha */
export const NETDEV_CHANGEUPPER = 22;
/** Ask for multicast memberships again. @alpha */
export const NETDEV_RESEND_IGMP = 23;
/** The MTU will change; may be refused. @alpha */
export const NETDEV_PRECHANGEMTU = 24;
/** Something about a device's own state changed. @alpha */
export const NETDEV_CHANGEINFODATA = 25;
/** The set of upper devices will change; may be refused. @alpha */
export const NETDEV_PRECHANGEUPPER = 26;
/** State of a lower device changed. @alpha */
export const NETDEV_CHANGELOWERSTATE = 27;
/** The transmit queue's length changed. @alpha */
export const NETDEV_CHANGE_TX_QUEUE_LEN = 31;

/** A receiver of device events: returns NOTIFY_DONE, NOTIFY_OK, or `notifierFromErrno(-errno)` to refuse. @alpha */
export type NetdeviceNotifier = (event: number, dev: NetDevice) => number;

/**
 * Tells `fn` of every event of every device, beginning with NETDEV_REGISTER (and NETDEV_UP) of those that are there (register_netdevice_notifier).
 * Returns 0, or the errno with which `fn` refused one of them; it is not registered then.
 * @alpha
 */
export function registerNetdeviceNotifier(k: Kernel, fn: NetdeviceNotifier, priority: number = 0): number {
  const sd = k.get(NETDEV);
  sd.chain.register(fn, priority);
  for (const nn of sd.nets) {
    for (const dev of Array.from(nn.devs)) {
      if (dev.regState !== NETREG_REGISTERED) continue;
      const err = notifierToErrno(fn(NETDEV_REGISTER, dev));
      if (err !== 0) {
        unregisterNetdeviceNotifier(k, fn);
        return err;
      }
      if (dev.running) fn(NETDEV_UP, dev);
    }
  }
  return 0;
}

/** Ends {@link registerNetdeviceNotifier}, telling `fn` that each device goes (unregister_netdevice_notifier). @alpha */
export function unregisterNetdeviceNotifier(k: Kernel, fn: NetdeviceNotifier): void {
  const sd = k.get(NETDEV);
  sd.chain.unregister(fn);
  for (const nn of sd.nets) {
    for (const dev of Array.from(nn.devs)) {
      if (dev.regState !== NETREG_REGISTERED) continue;
      if (dev.running) {
        fn(NETDEV_GOING_DOWN, dev);
        fn(NETDEV_DOWN, dev);
      }
      fn(NETDEV_UNREGISTER, dev);
    }
  }
}

/** Tells everybody; what the chain returned (call_netdevice_notifiers). @alpha */
export function callNetdeviceNotifiers(event: number, dev: NetDevice): number {
  return dev.sd.chain.call(event, dev);
}

