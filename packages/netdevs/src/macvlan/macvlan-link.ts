/** The kind `macvlan`: its attributes, making and changing devices (macvlan_link_ops). */
// datapath-ok-file: requests
import { EADDRNOTAVAIL, EBUSY, EINVAL, ENODEV, type Kernel, type Net, NOTIFY_DONE } from '@linnet/kernel';
import {
  copyAddr, devGetByIndex, devSetMacAddress, devSetMtu, devSetPromiscuity, ethHwAddrRandom, NET_ADDR_STOLEN, NETDEV_CHANGE, NETDEV_CHANGEADDR, NETDEV_CHANGEMTU, NETDEV_DOWN, NETDEV_FEAT_CHANGE,
  linkwatchFireEvent, NETDEV_UNREGISTER, NETDEV_UP, type NetDevice, netdevRxHandlerRegister, netdevRxHandlerUnregister, netdevUpdateFeatures, netdevUpperDevLink, NETIF_F_FRAGLIST, NETIF_F_GRO,
  NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM, NETIF_F_RXCSUM, NETIF_F_SG, netifInheritTsoMax, NETREG_UNREGISTERING, registerNetdevice, registerNetdeviceNotifier, unregisterNetdevice,
} from '@linnet/netdev';
import { NLA_BINARY, NLA_NESTED, NLA_REJECT, NLA_S32, NLA_U16, NLA_U32, type RtnlLinkOps, type RtnlLinkParams } from '@linnet/netlink';
import {
  ARPHRD_ETHER, ETH_ALEN, IFF_LOOPBACK, IFLA_ADDRESS, IFLA_LINK, IFLA_MACVLAN_BC_CUTOFF, IFLA_MACVLAN_BC_QUEUE_LEN, IFLA_MACVLAN_BC_QUEUE_LEN_USED, IFLA_MACVLAN_FLAGS, IFLA_MACVLAN_MACADDR,
  IFLA_MACVLAN_MACADDR_COUNT, IFLA_MACVLAN_MACADDR_DATA, IFLA_MACVLAN_MACADDR_MODE, IFLA_MACVLAN_MAX, IFLA_MACVLAN_MODE, IFLA_MTU, isValidEtherAddr, MACVLAN_FLAG_NODST, MACVLAN_FLAG_NOPROMISC,
  MACVLAN_MACADDR_ADD, MACVLAN_MACADDR_DEL, MACVLAN_MACADDR_FLUSH, MACVLAN_MACADDR_SET, MACVLAN_MODE_BRIDGE, MACVLAN_MODE_PASSTHRU, MACVLAN_MODE_PRIVATE, MACVLAN_MODE_SOURCE, MACVLAN_MODE_VEPA,
  nlaForEachNested, nlaGetBytes, nlaGetS32, nlaGetU16, nlaGetU32, nlaLen, nlaType, type NlWriter,
} from '@linnet/uapi';
import { etherValidate, stackedTransferOperstate } from '../ether-link.ts';
import { macvlanHandleFrame, macvlanSetup } from './macvlan.ts';
import { Macvlan, MacvlanPort, macvlanPort, macvlanPriv } from './macvlan-port.ts';


function validate(tb: Int32Array, data: Int32Array, p: RtnlLinkParams): number {
  const err = etherValidate(tb, data, p);
  if (err < 0) return err;
  const { view } = p.req;
  const flags = data[IFLA_MACVLAN_FLAGS] === 0 ? 0 : nlaGetU16(view, data[IFLA_MACVLAN_FLAGS]!);
  if ((flags & ~(MACVLAN_FLAG_NOPROMISC | MACVLAN_FLAG_NODST)) !== 0) return -EINVAL;
  if (data[IFLA_MACVLAN_MODE] !== 0) {
    switch (nlaGetU32(view, data[IFLA_MACVLAN_MODE]!)) {
      case MACVLAN_MODE_PRIVATE:
      case MACVLAN_MODE_VEPA:
      case MACVLAN_MODE_BRIDGE:
      case MACVLAN_MODE_PASSTHRU:
      case MACVLAN_MODE_SOURCE:
        break;
      default:
        return -EINVAL;
    }
  }
  if (data[IFLA_MACVLAN_MACADDR_MODE] !== 0 && nlaGetU32(view, data[IFLA_MACVLAN_MACADDR_MODE]!) > MACVLAN_MACADDR_SET) return -EINVAL;
  if (data[IFLA_MACVLAN_MACADDR] !== 0) {
    if (nlaLen(view, data[IFLA_MACVLAN_MACADDR]!) !== ETH_ALEN) return -EINVAL;
    if (!isValidEtherAddr(nlaGetBytes(view, data[IFLA_MACVLAN_MACADDR]!), 0)) return -EADDRNOTAVAIL;
  }
  return data[IFLA_MACVLAN_MACADDR_COUNT] !== 0 ? -EINVAL : 0;
}

/** Changes the addresses of a device in source mode (macvlan_changelink_sources). */
function changeSources(v: Macvlan, p: RtnlLinkParams): number {
  const { view } = p.req;
  const { data } = p;
  const addr = data[IFLA_MACVLAN_MACADDR] === 0 ? null : nlaGetBytes(view, data[IFLA_MACVLAN_MACADDR]!);
  const port = v.port!;
  switch (nlaGetU32(view, data[IFLA_MACVLAN_MACADDR_MODE]!)) {
    case MACVLAN_MACADDR_ADD:
      if (addr === null) return -EINVAL;
      port.addSource(v, addr);
      return 0;
    case MACVLAN_MACADDR_DEL:
      if (addr === null) return -EINVAL;
      port.delSource(v, addr);
      return 0;
    case MACVLAN_MACADDR_FLUSH:
      port.flushSources(v);
      return 0;
    case MACVLAN_MACADDR_SET:
      port.flushSources(v);
      if (addr !== null) port.addSource(v, addr);
      if (data[IFLA_MACVLAN_MACADDR_DATA] === 0) return 0;
      nlaForEachNested(view, data[IFLA_MACVLAN_MACADDR_DATA]!, (nla) => {
        if (nlaType(view, nla) !== IFLA_MACVLAN_MACADDR || nlaLen(view, nla) !== ETH_ALEN) return;
        const a = nlaGetBytes(view, nla);
        if (isValidEtherAddr(a, 0)) port.addSource(v, a);
      });
      return 0;
    default:
      return -EINVAL;
  }
}

/** The port of a link, made for its first macvlan (macvlan_port_create). A negative errno when the link cannot have one. */
function getPort(lower: NetDevice): MacvlanPort | number {
  const old = macvlanPort(lower);
  if (old !== null) return old;
  if (lower.type !== ARPHRD_ETHER || (lower.flags & IFF_LOOPBACK) !== 0) return -EINVAL;
  if (lower.rxHandler !== null) return -EBUSY;
  const port = new MacvlanPort(lower);
  const err = netdevRxHandlerRegister(lower, macvlanHandleFrame, port);
  return err < 0 ? err : port;
}

function putPort(port: MacvlanPort): void {
  if (port.vlans.length === 0) netdevRxHandlerUnregister(port.lower);
}

/** The features of a device over a link: the link's, as far as macvlan passes them on. */
function takeFeatures(dev: NetDevice, lower: NetDevice): void {
  const own = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE | NETIF_F_RXCSUM | NETIF_F_GRO;
  dev.features = (lower.features & own) | NETIF_F_GSO_SOFTWARE;
  dev.hwFeatures = dev.features;
  dev.vlanFeatures = lower.vlanFeatures & own;
  dev.gsoMaxSize = lower.gsoMaxSize;
  dev.gsoMaxSegs = lower.gsoMaxSegs;
  netifInheritTsoMax(dev, lower);
}

function newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams): number {
  const { view } = p.req;
  const { tb, data } = p;
  const v = macvlanPriv(dev);
  if (tb[IFLA_LINK] === 0) return -EINVAL;
  let lower = devGetByIndex(p.linkNet, nlaGetU32(view, tb[IFLA_LINK]!));
  if (lower === null) return -ENODEV;
  // Over a macvlan means beside it, over the same link.
  if (lower.rtnlLinkOps === MACVLAN_RTNL_OPS) lower = macvlanPriv(lower).lower!;
  if (tb[IFLA_MTU] === 0) dev.mtu = lower.mtu;
  else if (dev.mtu > lower.mtu) return -EINVAL;
  dev.maxMtu = lower.maxMtu;
  if (tb[IFLA_ADDRESS] === 0) ethHwAddrRandom(dev);
  const port = getPort(lower);
  if (typeof port === 'number') return port;
  const fail = (err: number): number => {
    putPort(port);
    return err;
  };
  if (port.passthru) return fail(-EINVAL);
  v.dev = dev;
  v.lower = lower;
  v.port = port;
  v.mode = data[IFLA_MACVLAN_MODE] === 0 ? MACVLAN_MODE_VEPA : nlaGetU32(view, data[IFLA_MACVLAN_MODE]!);
  if (data[IFLA_MACVLAN_FLAGS] !== 0) v.flags = nlaGetU16(view, data[IFLA_MACVLAN_FLAGS]!);
  if (v.mode === MACVLAN_MODE_PASSTHRU) {
    if (port.vlans.length > 0) return fail(-EINVAL);
    port.passthru = true;
    copyAddr(dev.devAddr, 0, lower.devAddr, 0, ETH_ALEN);
    dev.addrAssignType = NET_ADDR_STOLEN;
  }
  if (data[IFLA_MACVLAN_MACADDR_MODE] !== 0) {
    if (v.mode !== MACVLAN_MODE_SOURCE) return fail(-EINVAL);
    const err = changeSources(v, p);
    if (err < 0) return fail(err);
  }
  if (data[IFLA_MACVLAN_BC_QUEUE_LEN] !== 0) v.bcQueueLenReq = nlaGetU32(view, data[IFLA_MACVLAN_BC_QUEUE_LEN]!);
  if (data[IFLA_MACVLAN_BC_CUTOFF] !== 0) port.bcCutoff = nlaGetS32(view, data[IFLA_MACVLAN_BC_CUTOFF]!);
  dev.hardHeaderLen = lower.hardHeaderLen;
  takeFeatures(dev, lower);
  // As the link is now: nothing that happens to the device.
  dev.carrier = lower.carrier;
  dev.dormant = lower.dormant;
  let err = registerNetdevice(dev);
  if (err < 0) {
    port.flushSources(v);
    port.passthru = false;
    return fail(err);
  }
  err = netdevUpperDevLink(lower, dev);
  if (err < 0) {
    unregisterNetdevice(dev);
    return fail(err);
  }
  port.vlans.push(v);
  stackedTransferOperstate(lower, dev);
  linkwatchFireEvent(dev);
  return 0;
}

function changelink(dev: NetDevice, p: RtnlLinkParams): number {
  const { view } = p.req;
  const { data } = p;
  const v = macvlanPriv(dev);
  const port = v.port!;
  let { mode } = v;
  if (data[IFLA_MACVLAN_MODE] !== 0) {
    mode = nlaGetU32(view, data[IFLA_MACVLAN_MODE]!);
    if (port.passthru && mode !== MACVLAN_MODE_PASSTHRU) return -EINVAL;
    if (!port.passthru && mode === MACVLAN_MODE_PASSTHRU) return -EINVAL;
    if (v.mode === MACVLAN_MODE_SOURCE && mode !== v.mode) port.flushSources(v);
  }
  if (data[IFLA_MACVLAN_FLAGS] !== 0) {
    const flags = nlaGetU16(view, data[IFLA_MACVLAN_FLAGS]!);
    if (port.passthru && ((flags ^ v.flags) & MACVLAN_FLAG_NOPROMISC) !== 0) {
      const err = devSetPromiscuity(v.lower!, (flags & MACVLAN_FLAG_NOPROMISC) !== 0 ? -1 : 1);
      if (err < 0) return err;
    }
    v.flags = flags;
  }
  if (data[IFLA_MACVLAN_BC_QUEUE_LEN] !== 0) v.bcQueueLenReq = nlaGetU32(view, data[IFLA_MACVLAN_BC_QUEUE_LEN]!);
  if (data[IFLA_MACVLAN_BC_CUTOFF] !== 0) port.bcCutoff = nlaGetS32(view, data[IFLA_MACVLAN_BC_CUTOFF]!);
  v.mode = mode;
  if (data[IFLA_MACVLAN_MACADDR_MODE] === 0) return 0;
  return v.mode === MACVLAN_MODE_SOURCE ? changeSources(v, p) : -EINVAL;
}

/** Deletes a device; the last one over a link gives the link back (macvlan_dellink). */
function dellink(dev: NetDevice): void {
  const v = macvlanPriv(dev);
  const { port } = v;
  unregisterNetdevice(dev);
  if (port === null) return;
  port.flushSources(v);
  const i = port.vlans.indexOf(v);
  if (i >= 0) port.vlans.splice(i, 1);
  if (port.vlans.length === 0) port.passthru = false;
  const own = port.lowerAddr;
  port.lowerAddr = null;
  if (own !== null && port.lower.regState !== NETREG_UNREGISTERING) devSetMacAddress(port.lower, own);
  putPort(port);
}

function fillInfo(w: NlWriter, dev: NetDevice): number {
  const v = macvlanPriv(dev);
  const port = v.port!;
  w.putU32(IFLA_MACVLAN_MODE, v.mode);
  w.putU16(IFLA_MACVLAN_FLAGS, v.flags);
  w.putU32(IFLA_MACVLAN_MACADDR_COUNT, v.sources);
  if (v.sources > 0) {
    w.nestStartNoflag(IFLA_MACVLAN_MACADDR_DATA);
    for (const s of port.sources) if (s.vlan === v) w.putBytes(IFLA_MACVLAN_MACADDR, s.addr);
    w.nestEnd();
  }
  w.putU32(IFLA_MACVLAN_BC_QUEUE_LEN, v.bcQueueLenReq);
  w.putU32(IFLA_MACVLAN_BC_QUEUE_LEN_USED, port.bcQueueLenUsed());
  if (port.bcCutoff !== 1) w.putS32(IFLA_MACVLAN_BC_CUTOFF, port.bcCutoff);
  return 0;
}

/** The kind `macvlan` (macvlan_link_ops). @alpha */
export const MACVLAN_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'macvlan',
  policy: {
    maxtype: IFLA_MACVLAN_MAX,
    rules: {
      [IFLA_MACVLAN_MODE]: { type: NLA_U32 }, [IFLA_MACVLAN_FLAGS]: { type: NLA_U16 }, [IFLA_MACVLAN_MACADDR_MODE]: { type: NLA_U32 }, [IFLA_MACVLAN_MACADDR]: { type: NLA_BINARY, len: 32 },
      [IFLA_MACVLAN_MACADDR_DATA]: { type: NLA_NESTED }, [IFLA_MACVLAN_MACADDR_COUNT]: { type: NLA_U32 }, [IFLA_MACVLAN_BC_QUEUE_LEN]: { type: NLA_U32 },
      [IFLA_MACVLAN_BC_QUEUE_LEN_USED]: { type: NLA_REJECT }, [IFLA_MACVLAN_BC_CUTOFF]: { type: NLA_S32 },
    },
  },
  alloc: (): Macvlan => new Macvlan(),
  setup: macvlanSetup,
  validate,
  newlink,
  changelink,
  dellink,
  fillInfo,
  getLinkNet: (dev: NetDevice): Net => macvlanPriv(dev).lower?.net ?? dev.net,
});

/** What happens to a link, told to the devices over it (macvlan_device_event). */
function deviceEvent(event: number, lower: NetDevice): number {
  const port = macvlanPort(lower);
  if (port === null) return NOTIFY_DONE;
  const devs = port.vlans.map((v) => v.dev!);
  switch (event) {
    case NETDEV_UP:
    case NETDEV_DOWN:
    case NETDEV_CHANGE:
      for (const dev of devs) stackedTransferOperstate(lower, dev);
      break;
    case NETDEV_FEAT_CHANGE:
      for (const dev of devs) {
        takeFeatures(dev, lower);
        netdevUpdateFeatures(dev);
      }
      break;
    case NETDEV_CHANGEMTU:
      for (const dev of devs) if (dev.mtu > lower.mtu) devSetMtu(dev, lower.mtu);
      break;
    case NETDEV_CHANGEADDR:
      // An address that the link was given by others is its own.
      if (!port.settingAddr) port.lowerAddr = null;
      if (port.passthru && devs[0] !== undefined) copyAddr(devs[0].devAddr, 0, lower.devAddr, 0, ETH_ALEN);
      break;
    case NETDEV_UNREGISTER:
      // A link that only moves to another namespace keeps them.
      if (lower.regState === NETREG_UNREGISTERING) for (const dev of devs) dellink(dev);
      break;
    default:
  }
  return NOTIFY_DONE;
}

/** Makes macvlans follow their links. */
export function macvlanInit(k: Kernel): void {
  registerNetdeviceNotifier(k, deviceEvent);
}

