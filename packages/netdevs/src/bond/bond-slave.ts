/** Devices becoming slaves and leaving (bond_enslave, __bond_release_one). */
// datapath-ok-file: configuration
import { EBUSY, EINVAL, EOPNOTSUPP, EPERM } from '@linnet/kernel';
import {
  callNetdeviceNotifiers, copyAddr, devClose, devOpen, devSetMacAddress, devSetMtu, ethHwAddrRandom, NET_ADDR_RANDOM, NET_ADDR_STOLEN, NETDEV_CHANGEADDR, NETDEV_JOIN, NETDEV_RELEASE, type NetDevice,
  netdevMasterUpperDevLink, netdevRxHandlerRegister, netdevRxHandlerUnregister, netdevUpdateFeatures, netdevUpperDevUnlink, type RxHandler,
} from '@linnet/netdev';
import { ARPHRD_ETHER, ETH_ALEN, IFF_MASTER, IFF_SLAVE, IFF_UP } from '@linnet/uapi';
import { type Bond, bondSetCarrier, BondSlave, bondSlaveGet, FAIL_OVER_MAC_ACTIVE, FAIL_OVER_MAC_NONE, LINK_UP, MODE_8023AD, MODE_ACTIVEBACKUP, setActiveFlags, setInactiveFlags, usesPrimary } from './bond.ts';
import { adBindSlave, adUnbindSlave } from './bond-3ad.ts';
import { changeActive, selectActive } from './bond-active.ts';
import { syncSlave, syncSlaves } from './bond-addr.ts';
import { firstLink, miiStart } from './bond-mii.ts';

type Extack = { msg: string } | null | undefined;
function refuse(extack: Extack, errno: number, msg: string): number {
  if (extack !== null && extack !== undefined) extack.msg = msg;
  return -errno;
}

const ownsAddr = (bond: Bond): boolean => bond.params.failOverMac === FAIL_OVER_MAC_NONE || bond.params.mode !== MODE_ACTIVEBACKUP;

/** Sums up what the slaves counted since they were looked at last (bond_get_stats). */
export function bondCount(dev: NetDevice): void {
  for (const s of (dev.priv as Bond).slaves) {
    s.dev.netdevOps.getStats?.(s.dev);
    const now = s.dev.stats;
    for (const f of COUNTED) {
      const d = now[f] - s.counted[f];
      if (d > 0) dev.stats[f] += d;
      s.counted[f] = now[f];
    }
  }
}
const COUNTED = [
  'rxPackets', 'rxBytes', 'rxErrors', 'rxDropped', 'rxNohandler', 'multicast', 'txPackets', 'txBytes', 'txErrors', 'txDropped', 'collisions', 'rxLengthErrors', 'rxOverErrors', 'rxCrcErrors', 'rxFrameErrors',
  'rxFifoErrors', 'rxMissedErrors', 'txAbortedErrors', 'txCarrierErrors', 'txFifoErrors', 'txHeartbeatErrors', 'txWindowErrors',
] as const;

function takeAddr(bond: Bond, from: NetDevice): void {
  bond.dev.addrAssignType = NET_ADDR_STOLEN;
  copyAddr(bond.dev.devAddr, 0, from.devAddr, 0, ETH_ALEN);
  callNetdeviceNotifiers(NETDEV_CHANGEADDR, bond.dev);
}
/** A bond without slaves has an address of its own. */
function dropAddr(bond: Bond): void {
  ethHwAddrRandom(bond.dev);
  callNetdeviceNotifiers(NETDEV_CHANGEADDR, bond.dev);
}

/** Makes a device a slave; `rx` receives for the bond. Returns 0 or a negative errno. */
export function bondEnslave(bond: Bond, dev: NetDevice, rx: RxHandler, extack: Extack): number {
  const { params } = bond;
  if ((dev.flags & IFF_MASTER) !== 0 && dev.priv?.constructor !== bond.constructor) return refuse(extack, EPERM, 'Device type (master device) cannot be enslaved');
  if (dev.master !== null || dev.rxHandler !== null) return refuse(extack, EBUSY, 'Device is in use and cannot be enslaved');
  if (dev === bond.dev) return refuse(extack, EPERM, 'Cannot enslave bond to itself.');
  if ((dev.flags & IFF_UP) !== 0) return refuse(extack, EPERM, 'Device can not be enslaved while up');
  if (dev.type !== ARPHRD_ETHER) return refuse(extack, EINVAL, 'Device type is different from other slaves');
  if (dev.netdevOps.setMacAddress === undefined && params.failOverMac !== FAIL_OVER_MAC_ACTIVE) {
    if (params.mode !== MODE_ACTIVEBACKUP || bond.slaves.length > 0) return refuse(extack, EOPNOTSUPP, 'Slave device does not support setting the MAC address, but fail_over_mac is not set to active');
    params.failOverMac = FAIL_OVER_MAC_ACTIVE;
  }
  callNetdeviceNotifiers(NETDEV_JOIN, dev);
  const taken = bond.slaves.length === 0 && bond.dev.addrAssignType === NET_ADDR_RANDOM;
  if (taken) takeAddr(bond, dev);
  const err = join(bond, dev, rx);
  // Two devices with one address would be left.
  if (err < 0 && taken) dropAddr(bond);
  return err;
}

function join(bond: Bond, dev: NetDevice, rx: RxHandler): number {
  const { params } = bond;
  const s = new BondSlave(bond, dev);
  let err = devSetMtu(dev, bond.dev.mtu);
  if (err < 0) return err;
  if (ownsAddr(bond)) {
    err = devSetMacAddress(dev, bond.dev.devAddr);
    if (err < 0) {
      devSetMtu(dev, s.originalMtu);
      return err;
    }
  }
  dev.flags |= IFF_SLAVE;
  err = devOpen(dev);
  if (err >= 0) err = netdevRxHandlerRegister(dev, rx, s);
  if (err >= 0) {
    err = netdevMasterUpperDevLink(dev, bond.dev);
    if (err < 0) netdevRxHandlerUnregister(dev);
  }
  if (err < 0) {
    undo(s);
    return err;
  }
  firstLink(s);
  for (const f of COUNTED) s.counted[f] = dev.stats[f];
  if (usesPrimary(bond) && bond.primaryName === dev.name) {
    bond.primary = s;
    bond.forcePrimary = true;
  }
  bond.slaves = [...bond.slaves, s];
  if (params.mode === MODE_8023AD) {
    setInactiveFlags(s);
    adBindSlave(s);
    if (bond.slaves.length === 1) bond.adSelectTimer = 20;
  } else if (params.mode === MODE_ACTIVEBACKUP) setInactiveFlags(s);
  else {
    setActiveFlags(s);
    if (bond.current === null && s.link === LINK_UP) bond.current = s;
  }
  if (usesPrimary(bond)) selectActive(bond);
  syncSlaves(bond);
  netdevUpdateFeatures(bond.dev);
  bondSetCarrier(bond);
  miiStart(bond);
  const state = s.link === LINK_UP ? 'an up' : 'a down';
  bond.kernel.log.info(`${bond.dev.name}: (slave ${dev.name}): Enslaving as ${s.backup ? 'a backup' : 'an active'} interface with ${state} link`);
  return 0;
}

function undo(s: BondSlave): void {
  const { dev, bond } = s;
  devClose(dev);
  dev.flags &= ~IFF_SLAVE;
  if (ownsAddr(bond)) devSetMacAddress(dev, s.permAddr);
  devSetMtu(dev, s.originalMtu);
}

/** Takes a slave out. Returns 0 or -EINVAL. */
export function bondRelease(bond: Bond, dev: NetDevice, extack: Extack): number {
  const s = bondSlaveGet(dev);
  if (s === null || s.bond !== bond) return refuse(extack, EINVAL, 'interface not enslaved');
  bondCount(bond.dev);
  const old = bond.current;
  bond.kernel.log.info(`${bond.dev.name}: (slave ${dev.name}): Releasing ${s.backup ? 'backup' : 'active'} interface`);
  if (s.port !== null) adUnbindSlave(s);
  syncSlave(s, false);
  bond.slaves = bond.slaves.filter((x) => x !== s);
  netdevRxHandlerUnregister(dev);
  netdevUpperDevUnlink(dev, bond.dev);
  if (bond.primary === s) bond.primary = null;
  if (old === s) {
    changeActive(bond, null);
    if (usesPrimary(bond)) selectActive(bond);
    else bond.current = bond.slaves.find((x) => x.link === LINK_UP) ?? null;
  }
  bondSetCarrier(bond);
  if (bond.slaves.length === 0) {
    dropAddr(bond);
    callNetdeviceNotifiers(NETDEV_RELEASE, bond.dev);
  }
  undo(s);
  netdevUpdateFeatures(bond.dev);
  return 0;
}
