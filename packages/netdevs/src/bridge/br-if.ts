/** Bridges and ports being made and taken away (br_if.c). */
// datapath-ok-file: configuration
import { delTimer, EBUSY, EEXIST, EINVAL, ELOOP, ENOENT, ENXIO, EPERM, EXFULL, type Net } from '@linnet/kernel';
import {
  allocNetdev, callNetdeviceNotifiers, devGetByName, devSetAllmulti, devSetMtu, IFF_BRIDGE_PORT, IFF_EBRIDGE, NETDEV_CHANGEADDR, NETDEV_JOIN, type NetDevice, netdevMasterUpperDevLink, netdevRxHandlerRegister,
  netdevRxHandlerUnregister, netdevUpdateFeatures, netdevUpperDevUnlink, netifOperUp, registerNetdevice, TSO_MAX_SIZE, unregisterNetdevice,
} from '@linnet/netdev';
import type { RtnlLinkOps } from '@linnet/netlink';
import { ARPHRD_ETHER, ETH_ALEN, ETH_DATA_LEN, IFF_LOOPBACK, IFF_UP, isValidEtherAddr, RTM_DELLINK, RTM_NEWLINK } from '@linnet/uapi';
import { BR_ADMIN_COST, BR_MAX_PORTS, type Bridge, BridgePort, brGet, brPortGet } from './br.ts';
import { neighSuppressRecalculate } from './br-arp-nd.ts';
import { fdbAddLocal, fdbDelete, fdbDeleteByPort } from './br-fdb.ts';
import { brIfinfoNotify } from './br-ifinfo.ts';
import { brHandleFrame } from './br-input.ts';
import { McastPort } from './br-mcast-ctx.ts';
import { mcastDevDel, mcastDisablePort } from './br-mcast.ts';
import { brManagePromisc, nbpDeletePromisc, nbpUpdatePortCount } from './br-promisc.ts';
import { forwardDelayTimerExpired, holdTimerExpired, messageAgeTimerExpired } from './br-stp.ts';
import { brInitPort, brStpDisablePort, brStpEnablePort, brStpRecalculateBridgeId } from './br-stp-if.ts';
import { brVlanFlush, nbpVlanFlush, nbpVlanInit } from './br-vlan.ts';
import { VlanGroup } from './br-vlan-group.ts';

const SPEED_UNKNOWN = 0xffffffff;

/** What a device costs by its speed, where it tells one (port_cost); as 802.1D-1998 recommends, continued. */
export function portCost(dev: NetDevice): number {
  const link = dev.ethtoolOps?.getLinkKsettings?.(dev) ?? -1;
  const speed = typeof link === 'number' ? SPEED_UNKNOWN : link.speed >>> 0;
  switch (speed) {
    case 10: return 100;
    case 100: return 19;
    case 1000: return 5;
    case 2500: return 4;
    case 5000: return 3;
    case 10000: return 2;
    default: return speed > 10000 && speed !== SPEED_UNKNOWN ? 1 : 100;
  }
}

function findPortNo(br: Bridge): number {
  const used = new Set(br.ports.map((p) => p.portNo));
  for (let n = 1; n < BR_MAX_PORTS; n++) if (!used.has(n)) return n;
  return -EXFULL;
}

function newPort(br: Bridge, dev: NetDevice): BridgePort | number {
  const no = findPortNo(br);
  if (no < 0) return no;
  const mcast = new McastPort(null, null);
  const p = new BridgePort(br, dev, new VlanGroup(), mcast, [messageAgeTimerExpired, forwardDelayTimerExpired, holdTimerExpired]);
  mcast.port = p;
  p.pathCost = portCost(dev);
  p.portNo = no;
  brInitPort(p);
  p.state = 0; // disabled until the device is up
  return p;
}

/** The least MTU of the ports (br_mtu_min). */
function mtuMin(br: Bridge): number {
  return br.ports.length === 0 ? ETH_DATA_LEN : Math.min(...br.ports.map((p) => p.dev.mtu));
}
/** The bridge's MTU is that of its narrowest port, unless one was chosen (br_mtu_auto_adjust). */
export function brMtuAutoAdjust(br: Bridge): void {
  if (br.mtuSetByUser) return;
  devSetMtu(br.dev, mtuMin(br));
  br.mtuSetByUser = false;
}
/** Super-segments are as large as the narrowest port takes (br_set_gso_limits). */
export function brSetGsoLimits(br: Bridge): void {
  let size = TSO_MAX_SIZE;
  let segs = 65535;
  for (const p of br.ports) {
    size = Math.min(size, p.dev.tsoMaxSize);
    segs = Math.min(segs, p.dev.tsoMaxSegs);
  }
  br.dev.tsoMaxSize = size;
  br.dev.tsoMaxSegs = segs;
}

/** The headroom that what is sent to a port should have (netdev_get_fwd_headroom). */
const fwdHeadroom = (dev: NetDevice): number => (dev.netdevOps.setRxHeadroom === undefined ? dev.neededHeadroom : 0);

/** What comes in at any port should have the headroom that the neediest wants (update_headroom). */
function updateHeadroom(br: Bridge): void {
  const need = br.ports.reduce((n, p) => Math.max(n, fwdHeadroom(p.dev)), 0);
  br.dev.neededHeadroom = need;
  for (const p of br.ports) p.dev.netdevOps.setRxHeadroom?.(p.dev, need);
}

/** Makes a device a port (br_add_if). Returns 0 or a negative errno. */
export function brAddIf(br: Bridge, dev: NetDevice, extack: { msg: string } | null): number {
  if ((dev.flags & IFF_LOOPBACK) !== 0 || dev.type !== ARPHRD_ETHER || dev.addrLen !== ETH_ALEN || !isValidEtherAddr(dev.devAddr, 0)) return -EINVAL;
  if ((dev.privFlags & IFF_EBRIDGE) !== 0) {
    if (extack !== null) extack.msg = 'Can not enslave a bridge to a bridge';
    return -ELOOP;
  }
  if (dev.master !== null || brPortGet(dev) !== null) return -EBUSY;
  const p = newPort(br, dev);
  if (typeof p === 'number') return p;
  callNetdeviceNotifiers(NETDEV_JOIN, dev);
  devSetAllmulti(dev, 1);
  let err = netdevRxHandlerRegister(dev, brHandleFrame, p);
  if (err < 0) {
    devSetAllmulti(dev, -1);
    return err;
  }
  dev.privFlags |= IFF_BRIDGE_PORT;
  err = netdevMasterUpperDevLink(dev, br.dev);
  if (err < 0) {
    dev.privFlags &= ~IFF_BRIDGE_PORT;
    netdevRxHandlerUnregister(dev);
    devSetAllmulti(dev, -1);
    return err;
  }
  br.ports = [p, ...br.ports];
  nbpUpdatePortCount(br);
  brManagePromisc(br);
  netdevUpdateFeatures(br.dev);
  if (br.dev.neededHeadroom < fwdHeadroom(dev)) updateHeadroom(br);
  else dev.netdevOps.setRxHeadroom?.(dev, br.dev.neededHeadroom);
  fdbAddLocal(br, p, dev.devAddr, 0);
  nbpVlanInit(p);
  const changed = brStpRecalculateBridgeId(br);
  if (dev.running && netifOperUp(dev) && (br.dev.flags & IFF_UP) !== 0) brStpEnablePort(p);
  brIfinfoNotify(RTM_NEWLINK, null, p);
  if (changed) callNetdeviceNotifiers(NETDEV_CHANGEADDR, br.dev);
  brMtuAutoAdjust(br);
  brSetGsoLimits(br);
  return 0;
}

/** Ends a port (del_nbp). */
function delNbp(p: BridgePort): void {
  const { br, dev } = p;
  const { kernel } = br;
  devSetAllmulti(dev, -1);
  nbpDeletePromisc(p);
  brStpDisablePort(p);
  brIfinfoNotify(RTM_DELLINK, null, p);
  br.ports = br.ports.filter((x) => x !== p);
  nbpVlanFlush(p);
  fdbDeleteByPort(br, p, 0, true);
  nbpUpdatePortCount(br);
  nbpBackupClear(p);
  netdevUpperDevUnlink(dev, br.dev);
  dev.privFlags &= ~IFF_BRIDGE_PORT;
  netdevRxHandlerUnregister(dev);
  mcastDisablePort(p, true);
  for (const t of [p.messageAgeTimer, p.forwardDelayTimer, p.holdTimer]) delTimer(kernel, t);
  neighSuppressRecalculate(br);
  dev.netdevOps.setRxHeadroom?.(dev, 0);
  if (fwdHeadroom(dev) === br.dev.neededHeadroom) updateHeadroom(br);
}

/** Takes a port out of its bridge (br_del_if). Returns 0 or -EINVAL. */
export function brDelIf(br: Bridge, dev: NetDevice): number {
  const p = brPortGet(dev);
  if (p === null || p.br !== br) return -EINVAL;
  delNbp(p);
  brMtuAutoAdjust(br);
  brSetGsoLimits(br);
  if (brStpRecalculateBridgeId(br)) callNetdeviceNotifiers(NETDEV_CHANGEADDR, br.dev);
  netdevUpdateFeatures(br.dev);
  return 0;
}

/** The port that stands in for this one while it has no carrier (nbp_backup_change). */
export function nbpBackupChange(p: BridgePort, backup: NetDevice | null): number {
  let to: BridgePort | null = null;
  if (backup !== null) {
    to = brPortGet(backup);
    if (to === null) return -ENOENT;
    if (to.br !== p.br) return -EINVAL;
  }
  if (to === p) return -EINVAL;
  if (p.backupPort === to) return 0;
  if (p.backupPort !== null) p.backupPort.backupRedirectedCnt--;
  if (to !== null) to.backupRedirectedCnt++;
  p.backupPort = to;
  return 0;
}
function nbpBackupClear(p: BridgePort): void {
  nbpBackupChange(p, null);
  if (p.backupRedirectedCnt > 0) for (const other of p.br.ports) if (other.backupPort === p) other.backupPort = null;
}

/** Deletes a bridge with all that it has (br_dev_delete). */
export function brDevDelete(dev: NetDevice): void {
  const br = brGet(dev)!;
  for (const p of Array.from(br.ports)) delNbp(p);
  neighSuppressRecalculate(br);
  for (const f of br.fdb.all()) fdbDelete(br, f);
  unregisterNetdevice(dev);
}
/** The last of a bridge: VLANs, groups, timers. */
export function brDevUninit(dev: NetDevice): void {
  const br = brGet(dev);
  if (br === null) return;
  for (const p of Array.from(br.ports)) delNbp(p);
  mcastDevDel(br);
  brVlanFlush(br);
  for (const f of br.fdb.all()) br.fdb.remove(f);
  for (const t of [br.gcTimer, br.helloTimer, br.tcnTimer, br.topologyChangeTimer]) delTimer(br.kernel, t);
}

/** Makes a bridge as brctl(8) asks (br_add_bridge). Returns 0 or a negative errno. */
export function brAddBridge(net: Net, name: string, ops: RtnlLinkOps): number {
  if (devGetByName(net, name) !== null) return -EEXIST;
  const dev = allocNetdev(net, { name, setup: ops.setup });
  dev.rtnlLinkOps = ops;
  return registerNetdevice(dev);
}
/** Deletes one: not a device that is none, nor one that is up (br_del_bridge). */
export function brDelBridge(net: Net, name: string): number {
  const dev = devGetByName(net, name);
  if (dev === null) return -ENXIO;
  if ((dev.privFlags & IFF_EBRIDGE) === 0) return -EPERM;
  if ((dev.flags & IFF_UP) !== 0) return -EBUSY;
  brDevDelete(dev);
  return 0;
}

/** A port's device changed its carrier or went up or down (br_port_carrier_check). True when listeners were told already. */
export function brPortCarrierCheck(p: BridgePort): boolean {
  const { br, dev } = p;
  const up = dev.running && netifOperUp(dev);
  if ((p.flags & BR_ADMIN_COST) === 0 && up) p.pathCost = portCost(dev);
  if (!br.dev.running) return false;
  if (up) {
    if (p.state !== 0) return false;
    brStpEnablePort(p);
    return true;
  }
  if (p.state === 0) return false;
  brStpDisablePort(p);
  return true;
}

