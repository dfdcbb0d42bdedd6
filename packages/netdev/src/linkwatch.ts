/** Carrier, and what it means for the device: operational state (RFC 2863), activation of the queue, news for others (link_watch.c). */
import { HZ, modDelayedWork, type Net, scheduleDelayedWork } from '@linnet/kernel';
import {
  IF_LINK_MODE_DORMANT, IF_LINK_MODE_TESTING, IF_OPER_DORMANT, IF_OPER_DOWN, IF_OPER_LOWERLAYERDOWN, IF_OPER_TESTING, IF_OPER_UP, IFF_UP, RTM_NEWLINK,
} from '@linnet/uapi';
import { type NetDevice, NETREG_UNINITIALIZED } from './netdevice.ts';
import { callNetdeviceNotifiers, NETDEV_CHANGE } from './notifier.ts';
import { devActivate, devDeactivate } from './sch-generic.ts';
import type { SoftnetData } from './softnet.ts';

/** The ifindex of the device that this one works over, its own by default (dev_get_iflink). @alpha */
export function devGetIflink(dev: NetDevice): number {
  return dev.netdevOps.getIflink?.(dev) ?? dev.ifindex;
}

/**
 * Tells the rtnetlink layer of a link that changed; `change` are the flags that did, `newNet` and `newIfindex` where it goes, if it leaves
 * (rtmsg_ifinfo).
 * @alpha
 */
export function rtmsgIfinfo(type: number, dev: NetDevice, change: number, newNet: Net | null = null, newIfindex: number = 0): void {
  dev.sd.linkMessage?.(type, dev, change, newNet, newIfindex);
}

function defaultOperstate(dev: NetDevice): number {
  if (dev.testing) return IF_OPER_TESTING;
  if (!dev.carrier) {
    const iflink = devGetIflink(dev);
    if (iflink === dev.ifindex) return IF_OPER_DOWN;
    const peer = dev.nn.byIndex.get(iflink);
    return peer === undefined || peer.carrier ? IF_OPER_DOWN : IF_OPER_LOWERLAYERDOWN;
  }
  return dev.dormant ? IF_OPER_DORMANT : IF_OPER_UP;
}

/** Computes the operational state anew (rfc2863_policy). */
function rfc2863Policy(dev: NetDevice): void {
  let state = defaultOperstate(dev);
  if (state === IF_OPER_UP && dev.linkMode === IF_LINK_MODE_TESTING) state = IF_OPER_TESTING;
  if (state === IF_OPER_UP && dev.linkMode === IF_LINK_MODE_DORMANT) state = IF_OPER_DORMANT;
  dev.operstate = state;
}

/** The state of a device that is being registered: unknown unless something is known (linkwatch_init_dev). */
export function linkwatchInitDev(dev: NetDevice): void {
  if (!dev.carrier || dev.dormant || dev.testing) rfc2863Policy(dev);
}

/** Flags or state of a device changed: tells everybody (netdev_state_change). @alpha */
export function netdevStateChange(dev: NetDevice): void {
  if ((dev.flags & IFF_UP) === 0) return;
  callNetdeviceNotifiers(NETDEV_CHANGE, dev);
  rtmsgIfinfo(RTM_NEWLINK, dev, 0);
}

function urgent(dev: NetDevice): boolean {
  if (!dev.running) return false;
  if (devGetIflink(dev) !== dev.ifindex) return true;
  return dev.carrier && dev.qdisc !== dev.qdiscSleeping;
}

function linkwatchDoDev(dev: NetDevice): void {
  dev.linkwatchPending = false;
  rfc2863Policy(dev);
  if ((dev.flags & IFF_UP) === 0) return;
  if (dev.carrier) devActivate(dev);
  else devDeactivate(dev);
  netdevStateChange(dev);
}

function schedule(sd: SoftnetData, isUrgent: boolean): void {
  if (isUrgent) {
    sd.linkwatchUrgent = true;
    modDelayedWork(sd.kernel, sd.linkwatchWork, 0);
    return;
  }
  let delay = (sd.linkwatchNextevent - sd.kernel.jiffies) | 0;
  if (delay < 0 || delay > HZ) delay = 0;
  scheduleDelayedWork(sd.kernel, sd.linkwatchWork, delay);
}

/** The work: looks at the devices whose carrier changed; what is not urgent at most once a second (linkwatch_event). */
export function linkwatchRun(sd: SoftnetData): void {
  const urgentOnly = sd.linkwatchUrgent && ((sd.linkwatchNextevent - sd.kernel.jiffies) | 0) > 0;
  sd.linkwatchUrgent = false;
  if (!urgentOnly) sd.linkwatchNextevent = (sd.kernel.jiffies + HZ) | 0;
  const list = sd.linkwatch;
  sd.linkwatch = [];
  for (const dev of list) {
    if (urgentOnly && !urgent(dev)) sd.linkwatch.push(dev);
    else linkwatchDoDev(dev);
  }
  if (sd.linkwatch.length !== 0) schedule(sd, false);
}

/** The carrier or dormancy of a device changed, or is to be looked at for the first time (linkwatch_fire_event). @alpha */
export function linkwatchFireEvent(dev: NetDevice): void {
  const isUrgent = urgent(dev);
  if (!dev.linkwatchPending) {
    dev.linkwatchPending = true;
    dev.sd.linkwatch.push(dev);
  } else if (!isUrgent) return;
  schedule(dev.sd, isUrgent);
}

/** A device goes: what waits for it is done now (linkwatch_sync_dev, linkwatch_forget_dev). */
export function linkwatchForgetDev(dev: NetDevice): void {
  if (!dev.linkwatchPending) return;
  dev.linkwatchPending = false;
  dev.sd.linkwatch = dev.sd.linkwatch.filter((d) => d !== dev);
}

/** Does now for a device what its pending events ask for (linkwatch_sync_dev). @alpha */
export function linkwatchSyncDev(dev: NetDevice): void {
  if (!dev.linkwatchPending) return;
  linkwatchForgetDev(dev);
  linkwatchDoDev(dev);
}

/** The device has a carrier (netif_carrier_on). Packets may leave when the news was worked off, before the kernel is left. @public */
export function netifCarrierOn(dev: NetDevice): void {
  if (dev.carrier) return;
  dev.carrier = true;
  if (dev.regState === NETREG_UNINITIALIZED) return;
  dev.carrierUpCount++;
  linkwatchFireEvent(dev);
}

/** The device lost its carrier (netif_carrier_off). @public */
export function netifCarrierOff(dev: NetDevice): void {
  if (!dev.carrier) return;
  dev.carrier = false;
  if (dev.regState === NETREG_UNINITIALIZED) return;
  dev.carrierDownCount++;
  linkwatchFireEvent(dev);
}

/** The device waits for something outside before it is up (netif_dormant_on, netif_dormant_off). @alpha */
export function netifSetDormant(dev: NetDevice, on: boolean): void {
  if (dev.dormant === on) return;
  dev.dormant = on;
  if (dev.regState !== NETREG_UNINITIALIZED) linkwatchFireEvent(dev);
}

/** User space says DORMANT or UP of a device whose link mode leaves that to it (set_operstate). @alpha */
export function setOperstate(dev: NetDevice, state: number): void {
  let next = dev.operstate;
  if (state === IF_OPER_UP) {
    if (next === IF_OPER_DORMANT || next === IF_OPER_TESTING || next === 0) next = IF_OPER_UP;
  } else if (state === IF_OPER_DORMANT) {
    if (next === IF_OPER_UP || next === 0) next = IF_OPER_DORMANT;
  } else if (state === IF_OPER_TESTING) {
    if (next === IF_OPER_UP || next === 0) next = IF_OPER_TESTING;
  }
  if (next === dev.operstate) return;
  dev.operstate = next;
  netdevStateChange(dev);
}
