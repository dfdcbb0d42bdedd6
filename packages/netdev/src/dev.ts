/** Making, registering, naming and moving devices. */
import { EBUSY, EEXIST, EINVAL, EIO, ENFILE, type Net, notifierToErrno } from '@linnet/kernel';
import { DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { IFF_LOOPBACK, IFNAMSIZ, RTM_DELLINK, RTM_NEWLINK } from '@linnet/uapi';
import { netdevAltNameRemove } from './dev-altname.ts';
import { copyAddr } from './dev-addr-lists.ts';
import { devClose, netdevUpdateFeatures } from './dev-flags.ts';
import { flushBacklog } from './dev-rx.ts';
import { unlinkAllUppers } from './dev-upper.ts';
import { NETIF_F_SOFT_FEATURES, NETIF_F_TSO, NETIF_F_TSO_MANGLEID } from './features.ts';
import { NETIF_FX_NOCACHE_COPY, NETIF_FX_SOFT_FEATURES_OFF } from './features-ext.ts';
import { linkwatchForgetDev, linkwatchInitDev, rtmsgIfinfo } from './linkwatch.ts';
import { netifNapiDel } from './napi-poll.ts';
import { NETDEV_NET, type NetdevNet } from './netdev-net.ts';
import {
  NET_ADDR_PERM, NET_NAME_ENUM, NET_NAME_RENAMED, NetDevice, NETDEV_TX_OK, type NetDeviceOps, NETREG_REGISTERED, NETREG_UNINITIALIZED, NETREG_UNREGISTERED,
  NETREG_UNREGISTERING,
} from './netdevice.ts';
import { callNetdeviceNotifiers, NETDEV_CHANGENAME, NETDEV_POST_INIT, NETDEV_REGISTER, NETDEV_UNREGISTER } from './notifier.ts';
import { devShutdown } from './sch-generic.ts';

/** A device whose driver has not been set: what is sent is dropped. */
const NULL_OPS: NetDeviceOps = Object.freeze({
  startXmit(skb: Skb, dev: NetDevice): number {
    dev.stats.txDropped++;
    kfreeSkbReason(skb, DROP.NETDEV_DOWN);
    return NETDEV_TX_OK;
  },
});

/** How {@link allocNetdev} makes a device. @public */
export interface NetdevOptions {
  /** A name, or a template with one `%d` that stands for the lowest free number. */
  readonly name: string;
  /** Sets the device up: `etherSetup`, and what the driver wants otherwise. */
  readonly setup: (dev: NetDevice) => void;
  readonly ops?: NetDeviceOps;
  /** The driver's own state: `dev.priv`. */
  readonly priv?: unknown;
}

/** Makes a device that nobody sees yet (alloc_netdev): set it up further, then {@link registerNetdevice}. @public */
export function allocNetdev(net: Net, opts: NetdevOptions): NetDevice {
  const nn = net.get(NETDEV_NET);
  const dev = new NetDevice(nn, opts.name, opts.ops ?? NULL_OPS);
  dev.priv = opts.priv ?? null;
  opts.setup(dev);
  return dev;
}

/** May this be a device's name? (dev_valid_name): 1 to 15 bytes, not '.' or '..', no '/', ':' or white space. @public */
export function devValidName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;
  let bytes = 0;
  for (const c of name) {
    const p = c.codePointAt(0)!;
    bytes += p < 0x80 ? 1 : p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
    if (c === '/' || c === ':' || c === '\0' || /\s/.test(c)) return false;
  }
  return bytes < IFNAMSIZ;
}

/** A name from a template: a string, or a negative errno. */
function nameFromTemplate(nn: NetdevNet, template: string): string | number {
  if (!devValidName(template)) return -EINVAL;
  const at = template.indexOf('%');
  if (at < 0) return nn.byName.has(template) ? -EEXIST : template;
  if (template[at + 1] !== 'd' || template.indexOf('%', at + 1) >= 0) return -EINVAL;
  for (let i = 0; i < 32768; i++) {
    const name = template.replace('%d', String(i));
    if (!devValidName(name)) return -ENFILE;
    if (!nn.byName.has(name)) return name;
  }
  return -ENFILE;
}

/** The name that a template would get now, or a negative errno: -EINVAL, -EEXIST, -ENFILE (dev_get_valid_name). @alpha */
export function devAllocName(net: Net, template: string): string | number {
  return nameFromTemplate(net.get(NETDEV_NET), template);
}

function newIndex(nn: NetdevNet): number {
  let i = nn.lastIfindex;
  do {
    i = i >= 0x7fffffff ? 1 : i + 1;
  } while (nn.byIndex.has(i));
  nn.lastIfindex = i;
  return i;
}

function listNetdevice(dev: NetDevice): void {
  const nn = dev.nn;
  nn.devs.push(dev);
  nn.byName.set(dev.name, dev);
  for (const name of dev.altNames) nn.byName.set(name, dev);
  nn.byIndex.set(dev.ifindex, dev);
  nn.devBaseSeq++;
}
function unlistNetdevice(dev: NetDevice): void {
  const nn = dev.nn;
  nn.devs.splice(nn.devs.indexOf(dev), 1);
  nn.byName.delete(dev.name);
  for (const name of dev.altNames) nn.byName.delete(name);
  nn.byIndex.delete(dev.ifindex);
  nn.devBaseSeq++;
}

/**
 * Registers a device (register_netdevice): gives it its name and ifindex (a set `dev.ifindex` is kept), runs the driver's `init`, puts it into its
 * namespace and tells everybody. Returns 0, or a negative errno: -EINVAL (name, or registered before), -EEXIST (name in use),
 * -ENFILE (no number left), -EBUSY (ifindex in use), or what `init` or a notifier answered.
 * @public
 */
export function registerNetdevice(dev: NetDevice): number {
  return dev.kernel.run(() => registerUnlocked(dev));
}

function registerUnlocked(dev: NetDevice): number {
  if (dev.regState !== NETREG_UNINITIALIZED) return -EINVAL;
  const nn = dev.nn;
  const name = nameFromTemplate(nn, dev.name);
  if (typeof name === 'number') return name;
  if (name !== dev.name) {
    dev.name = name;
    dev.nameAssignType = NET_NAME_ENUM;
  }
  const err = dev.netdevOps.init?.(dev) ?? 0;
  if (err !== 0) return err > 0 ? -EIO : err;
  if (dev.ifindex === 0) dev.ifindex = newIndex(nn);
  else if (nn.byIndex.has(dev.ifindex)) {
    dev.netdevOps.uninit?.(dev);
    return -EBUSY;
  }
  dev.hwFeatures |= NETIF_F_SOFT_FEATURES;
  dev.features |= NETIF_F_SOFT_FEATURES;
  // One identification for all segments is a matter of TCP segmentation, so who may switch that may switch this.
  if ((dev.hwFeatures & NETIF_F_TSO) !== 0) dev.hwFeatures |= NETIF_F_TSO_MANGLEID;
  dev.wantedFeatures = dev.features & dev.hwFeatures;
  dev.hwFeaturesExt |= NETIF_FX_SOFT_FEATURES_OFF | ((dev.flags & IFF_LOOPBACK) === 0 ? NETIF_FX_NOCACHE_COPY : 0);
  dev.wantedFeaturesExt = dev.featuresExt & dev.hwFeaturesExt;
  if (dev.addrAssignType === NET_ADDR_PERM) copyAddr(dev.permAddr, 0, dev.devAddr, 0, dev.addrLen);
  const early = notifierToErrno(callNetdeviceNotifiers(NETDEV_POST_INIT, dev));
  if (early !== 0) {
    dev.netdevOps.uninit?.(dev);
    dev.ifindex = 0;
    return early;
  }
  netdevUpdateFeatures(dev);
  dev.regState = NETREG_REGISTERED;
  linkwatchInitDev(dev);
  listNetdevice(dev);
  const refused = notifierToErrno(callNetdeviceNotifiers(NETDEV_REGISTER, dev));
  if (refused !== 0) {
    unregisterUnlocked(dev);
    return refused;
  }
  if (dev.rtnlLinkInitialized) rtmsgIfinfo(RTM_NEWLINK, dev, ~0);
  return 0;
}

/**
 * Takes a device out (unregister_netdevice): closes it, drops what is queued for it or from it, tells everybody, runs the driver's `uninit` and
 * the device's destructor. Nothing happens when it is not registered.
 * @public
 */
export function unregisterNetdevice(dev: NetDevice): void {
  if (dev.regState !== NETREG_REGISTERED) return;
  dev.kernel.run(() => unregisterUnlocked(dev));
}

function unregisterUnlocked(dev: NetDevice): void {
  devClose(dev);
  dev.regState = NETREG_UNREGISTERING;
  unlistNetdevice(dev);
  flushBacklog(dev);
  devShutdown(dev);
  callNetdeviceNotifiers(NETDEV_UNREGISTER, dev);
  if (dev.rtnlLinkInitialized) rtmsgIfinfo(RTM_DELLINK, dev, ~0);
  unlinkAllUppers(dev);
  linkwatchForgetDev(dev);
  dev.uc.list.length = 0;
  dev.mc.list.length = 0;
  dev.netdevOps.uninit?.(dev);
  for (const napi of Array.from(dev.napiList)) netifNapiDel(napi);
  // Taps that nobody removed go with the device.
  dev.sd.nrTaps -= dev.ptypeAll.length;
  dev.ptypeAll = [];
  dev.ptypeSpecific = [];
  dev.rxHandler = null;
  dev.rxHandlerData = null;
  dev.sd.nrNfHooks -= (dev.nfHooksIngress?.ops.length ?? 0) + (dev.nfHooksEgress?.ops.length ?? 0);
  dev.nfHooksIngress = null;
  dev.nfHooksEgress = null;
  dev.regState = NETREG_UNREGISTERED;
  dev.destructor?.(dev);
}

/**
 * Renames a device, up or down (dev_change_name); a template with `%d` is filled in. Returns 0, -EINVAL for a name that is none, -EEXIST for one in
 * use, or what a notifier answered (the old name is kept then).
 * @public
 */
export function devChangeName(dev: NetDevice, newname: string): number {
  if (dev.regState !== NETREG_REGISTERED) return -EINVAL;
  if (newname === dev.name) return 0;
  const name = nameFromTemplate(dev.nn, newname);
  if (typeof name === 'number') return name;
  return dev.kernel.run(() => {
    const old = dev.name;
    const oldType = dev.nameAssignType;
    const put = (n: string): void => {
      dev.nn.byName.delete(dev.name);
      dev.name = n;
      dev.nn.byName.set(n, dev);
    };
    put(name);
    dev.nameAssignType = NET_NAME_RENAMED;
    const err = notifierToErrno(callNetdeviceNotifiers(NETDEV_CHANGENAME, dev));
    if (err === 0) return 0;
    put(old);
    dev.nameAssignType = oldType;
    callNetdeviceNotifiers(NETDEV_CHANGENAME, dev);
    return err;
  });
}

/**
 * Moves a device to another namespace of the same machine, closed and without addresses (dev_change_net_namespace). `pat` is the name, or template, to
 * take when its own is in use there; `ifindex` 0 keeps its number if that is free. Returns 0, -EINVAL (may not move), -EEXIST (name in use
 * and no `pat`), -EBUSY (ifindex in use), -ENFILE.
 * @public
 */
export function devChangeNetNamespace(dev: NetDevice, net: Net, pat: string | null, ifindex: number = 0): number {
  if (dev.netnsImmutable || dev.regState !== NETREG_REGISTERED || net.dead || net.kernel !== dev.kernel) return -EINVAL;
  if (dev.net === net) return 0;
  const to = net.get(NETDEV_NET);
  let name = dev.name;
  if (to.byName.has(name)) {
    if (pat === null) return -EEXIST;
    const n = nameFromTemplate(to, pat);
    if (typeof n === 'number') return n;
    name = n;
  }
  if (dev.altNames.some((alt) => to.byName.has(alt))) return -EEXIST;
  if (ifindex !== 0 && to.byIndex.has(ifindex)) return -EBUSY;
  return dev.kernel.run(() => {
    devClose(dev);
    unlistNetdevice(dev);
    flushBacklog(dev);
    devShutdown(dev);
    callNetdeviceNotifiers(NETDEV_UNREGISTER, dev);
    const newIfindex = ifindex !== 0 ? ifindex : to.byIndex.has(dev.ifindex) ? newIndex(to) : dev.ifindex;
    rtmsgIfinfo(RTM_DELLINK, dev, ~0, net, newIfindex);
    dev.uc.list.length = 0;
    dev.mc.list.length = 0;
    dev.net = net;
    dev.nn = to;
    dev.ifindex = newIfindex;
    dev.name = name;
    listNetdevice(dev);
    callNetdeviceNotifiers(NETDEV_REGISTER, dev);
    rtmsgIfinfo(RTM_NEWLINK, dev, ~0);
    return 0;
  });
}

/**
 * Empties a namespace that ends (default_device_exit): devices without link operations, as real hardware, go back to the initial one; the others are
 * deleted by their kind; loopback goes last.
 */
export function netdevNetStop(net: Net): void {
  const nn = net.get(NETDEV_NET);
  const init = net.kernel.initNet;
  if (net !== init && !init.dead) {
    for (const dev of Array.from(nn.devs)) {
      if (dev.netnsImmutable || dev.rtnlLinkOps !== null) continue;
      for (const alt of dev.altNames) if (init.get(NETDEV_NET).byName.has(alt)) netdevAltNameRemove(dev, alt);
      const err = devChangeNetNamespace(dev, init, 'dev%d');
      if (err !== 0) unregisterNetdevice(dev);
    }
  }
  for (;;) {
    // Deleting one may delete others (a veth's other end), so look anew each time.
    const dev = nn.devs.findLast((d) => d !== nn.loopbackDev);
    if (dev === undefined) break;
    if (dev.rtnlLinkOps?.dellink !== undefined) dev.rtnlLinkOps.dellink(dev);
    unregisterNetdevice(dev);
  }
  if (nn.loopbackDev !== null) unregisterNetdevice(nn.loopbackDev);
  nn.loopbackDev = null;
}

