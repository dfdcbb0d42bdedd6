/** The device of a VLAN: sending with a tag, and what it takes over from its link (vlan_dev.c). */
import { EADDRNOTAVAIL, ENETDOWN, ERANGE } from '@linnet/kernel';
import {
  copyAddr, devMcAdd, devMcDel, devQueueXmit, devSetAllmulti, devSetPromiscuity, devUcAdd, devUcDel, ETH_HEADER_OPS, etherSetup, ethValidateAddr, type HeaderOps,
  callNetdeviceNotifiers, IFF_802_1Q_VLAN, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, IFF_UNICAST_FLT, NET_ADDR_STOLEN, NET_XMIT_CN, NET_XMIT_SUCCESS, NETDEV_CHANGEADDR, type NetDevice, type NetDeviceOps,
  NETDEV_TX_OK, netdevUpdateFeatures, netifCarrierOff, netifCarrierOn, NETIF_F_CSUM_MASK, NETIF_F_FRAGLIST, NETIF_F_GSO_ENCAP_ALL, NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_IP_CSUM, NETIF_F_IPV6_CSUM, NETIF_F_RXCSUM, NETIF_F_SG, NETIF_F_SOFT_FEATURES, netifInheritTsoMax, sameAddr, skbVlanPutTag, type DevAddrList,
} from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb, skbCowHead, skbPush } from '@linnet/skbuff';
import {
  ETH_ALEN, ETH_HLEN, ETH_MAX_MTU, ETH_P_802_2, ETH_P_802_3, IFF_ALLMULTI, IFF_MASTER, IFF_PROMISC, IFF_SLAVE, IFF_UP, isValidEtherAddr, VLAN_FLAG_BRIDGE_BINDING, VLAN_FLAG_LOOSE_BINDING,
  VLAN_FLAG_REORDER_HDR, VLAN_HLEN,
} from '@linnet/uapi';
import { VlanDev, vlanDevPriv, vlanEgressQos, vlanGroupDel } from './vlan.ts';
import { VLAN_ETHTOOL_OPS } from '../soft-ethtool.ts';

/** The address is the link's own again. True when it is, or became so now. */
export function vlanInheritAddress(dev: NetDevice, real: NetDevice): boolean {
  if (dev.addrAssignType !== NET_ADDR_STOLEN) return false;
  copyAddr(dev.devAddr, 0, real.devAddr, 0, ETH_ALEN);
  callNetdeviceNotifiers(NETDEV_CHANGEADDR, dev);
  return true;
}

const ownAddr = (dev: NetDevice, real: NetDevice): boolean => !sameAddr(dev.devAddr, 0, real.devAddr, 0, ETH_ALEN);

/** Makes the link receive what the VLAN wants (dev_mc_sync, dev_uc_sync); with `none` it stops. */
function syncAddrs(dev: NetDevice, real: NetDevice, none: boolean): void {
  const v = vlanDevPriv(dev);
  const step = (list: DevAddrList, had: Uint8Array[], add: (d: NetDevice, a: Uint8Array) => void, del: (d: NetDevice, a: Uint8Array) => number): Uint8Array[] => {
    const want = none ? [] : list.list.map((e) => e.addr);
    const same = (a: Uint8Array) => (b: Uint8Array): boolean => sameAddr(a, 0, b, 0, ETH_ALEN);
    for (const a of had) if (!want.some(same(a))) del(real, a);
    for (const a of want) if (!had.some(same(a))) add(real, a);
    return want.map((a) => a.slice()); // datapath-ok: configuration
  };
  v.syncedMc = step(dev.mc, v.syncedMc, devMcAdd, devMcDel);
  v.syncedUc = step(dev.uc, v.syncedUc, devUcAdd, devUcDel);
}

function open(dev: NetDevice): number {
  const v = vlanDevPriv(dev);
  const real = v.realDev!;
  if ((real.flags & IFF_UP) === 0 && (v.flags & VLAN_FLAG_LOOSE_BINDING) === 0) return -ENETDOWN;
  if (ownAddr(dev, real) && !vlanInheritAddress(dev, real)) devUcAdd(real, dev.devAddr);
  if ((dev.flags & IFF_ALLMULTI) !== 0) devSetAllmulti(real, 1);
  if ((dev.flags & IFF_PROMISC) !== 0) devSetPromiscuity(real, 1);
  copyAddr(v.realAddr, 0, real.devAddr, 0, ETH_ALEN);
  if (real.carrier && (v.flags & VLAN_FLAG_BRIDGE_BINDING) === 0) netifCarrierOn(dev);
  return 0;
}

function stop(dev: NetDevice): number {
  const v = vlanDevPriv(dev);
  const real = v.realDev!;
  syncAddrs(dev, real, true);
  if ((dev.flags & IFF_ALLMULTI) !== 0) devSetAllmulti(real, -1);
  if ((dev.flags & IFF_PROMISC) !== 0) devSetPromiscuity(real, -1);
  if (ownAddr(dev, real)) devUcDel(real, dev.devAddr);
  if ((v.flags & VLAN_FLAG_BRIDGE_BINDING) === 0) netifCarrierOff(dev);
  return 0;
}

function startXmit(skb: Skb, dev: NetDevice): number {
  const v = dev.priv as VlanDev;
  const { len } = skb;
  // Without header reordering the tag may stand in the frame already, from our own header function.
  if ((v.flags & VLAN_FLAG_REORDER_HDR) !== 0 || skb.view.getUint16(skb.data + 2 * ETH_ALEN) !== v.proto) {
    skbVlanPutTag(skb, v.proto, v.vlanId | vlanEgressQos(v, skb.priority));
  }
  const real = v.realDev;
  if (real === null) {
    kfreeSkbReason(skb, DROP.NETDEV_DOWN);
    dev.stats.txDropped++;
    return NETDEV_TX_OK;
  }
  skb.dev = real;
  const ret = devQueueXmit(skb);
  if (ret === NET_XMIT_SUCCESS || ret === NET_XMIT_CN) {
    dev.stats.txPackets++;
    dev.stats.txBytes += len;
  } else dev.stats.txDropped++;
  return NETDEV_TX_OK;
}

/** A link-layer header with the tag written in, for VLANs without header reordering (vlan_dev_hard_header). */
const VLAN_HEADER_OPS: HeaderOps = Object.freeze({
  ...ETH_HEADER_OPS,
  create(skb: Skb, dev: NetDevice, type: number, daddr: Uint8Array | null, saddr: Uint8Array | null, len: number): number {
    const v = dev.priv as VlanDev;
    const real = v.realDev!;
    const from = saddr ?? dev.devAddr;
    if ((v.flags & VLAN_FLAG_REORDER_HDR) !== 0) return real.headerOps!.create(skb, real, type, daddr, from, len);
    skbCowHead(skb, VLAN_HLEN + ETH_HLEN);
    const at = skbPush(skb, VLAN_HLEN);
    skb.view.setUint16(at, v.vlanId | vlanEgressQos(v, skb.priority));
    skb.view.setUint16(at + 2, type === ETH_P_802_3 || type === ETH_P_802_2 ? len : type);
    skb.protocol = v.proto;
    const rc = real.headerOps!.create(skb, real, v.proto, daddr, from, len + VLAN_HLEN);
    return rc > 0 ? rc + VLAN_HLEN : rc - VLAN_HLEN;
  },
});

/** What both can do (netdev_intersect_features): one checksum engine for all stands for the narrower ones. */
function intersect(a: number, b: number): number {
  const hw = NETIF_F_HW_CSUM;
  const ip = NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
  if ((a & hw) !== (b & hw)) {
    if ((a & hw) !== 0) a |= ip;
    else b |= ip;
  }
  return a & b;
}

function init(dev: NetDevice): number {
  const v = vlanDevPriv(dev);
  const real = v.realDev!;
  // A new device has no carrier of its own: it is the link's, unless it is bound loosely.
  if ((v.flags & (VLAN_FLAG_LOOSE_BINDING | VLAN_FLAG_BRIDGE_BINDING)) === 0) dev.carrier = real.carrier;
  dev.dormant = real.dormant;
  dev.flags = real.flags & ~(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_MASTER | IFF_SLAVE);
  dev.hwFeatures = NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE | NETIF_F_GSO_ENCAP_ALL;
  dev.features |= dev.hwFeatures;
  dev.gsoMaxSize = real.gsoMaxSize;
  dev.gsoMaxSegs = real.gsoMaxSegs;
  netifInheritTsoMax(dev, real);
  dev.vlanFeatures = real.vlanFeatures;
  if (!isValidEtherAddr(dev.devAddr, 0)) {
    copyAddr(dev.devAddr, 0, real.devAddr, 0, ETH_ALEN);
    dev.addrAssignType = NET_ADDR_STOLEN;
  }
  copyAddr(dev.broadcast, 0, real.broadcast, 0, ETH_ALEN);
  copyAddr(v.realAddr, 0, real.devAddr, 0, ETH_ALEN);
  dev.neededHeadroom = real.neededHeadroom;
  dev.headerOps = VLAN_HEADER_OPS;
  dev.hardHeaderLen = (real.features & NETIF_F_HW_VLAN_CTAG_TX) !== 0 ? real.hardHeaderLen : real.hardHeaderLen + VLAN_HLEN;
  return 0;
}

const VLAN_OPS: NetDeviceOps = Object.freeze({
  init,
  open,
  stop,
  startXmit,
  uninit(dev: NetDevice): void {
    const v = vlanDevPriv(dev);
    if (v.realDev !== null) vlanGroupDel(v.realDev, dev);
    v.egress = [];
  },
  setMacAddress(dev: NetDevice, addr: Uint8Array): number {
    const v = vlanDevPriv(dev);
    const real = v.realDev!;
    if (!isValidEtherAddr(addr, 0)) return -EADDRNOTAVAIL;
    if ((dev.flags & IFF_UP) !== 0) {
      const own = !sameAddr(addr, 0, real.devAddr, 0, ETH_ALEN);
      if (own) devUcAdd(real, addr);
      if (ownAddr(dev, real)) devUcDel(real, dev.devAddr);
    }
    copyAddr(dev.devAddr, 0, addr, 0, ETH_ALEN);
    return 0;
  },
  validateAddr: ethValidateAddr,
  changeMtu(dev: NetDevice, mtu: number): number {
    if (mtu > vlanDevPriv(dev).realDev!.mtu) return -ERANGE;
    dev.mtu = mtu;
    return 0;
  },
  setRxMode(dev: NetDevice): void {
    const real = vlanDevPriv(dev).realDev;
    if (real !== null) syncAddrs(dev, real, false);
  },
  changeRxFlags(dev: NetDevice, change: number): void {
    const real = vlanDevPriv(dev).realDev;
    if (real === null || (dev.flags & IFF_UP) === 0) return;
    if ((change & IFF_ALLMULTI) !== 0) devSetAllmulti(real, (dev.flags & IFF_ALLMULTI) !== 0 ? 1 : -1);
    if ((change & IFF_PROMISC) !== 0) devSetPromiscuity(real, (dev.flags & IFF_PROMISC) !== 0 ? 1 : -1);
  },
  getIflink: (dev: NetDevice): number => vlanDevPriv(dev).realDev?.ifindex ?? 0,
  fixFeatures(dev: NetDevice, features: number): number {
    const real = vlanDevPriv(dev).realDev;
    if (real === null) return features;
    let lower = intersect(real.vlanFeatures | NETIF_F_RXCSUM, real.features);
    if ((lower & (NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM)) !== 0) lower |= NETIF_F_HW_CSUM;
    return (intersect(features, lower) | (features & (NETIF_F_SOFT_FEATURES | NETIF_F_GSO_SOFTWARE))) & ~((features & NETIF_F_HW_CSUM) !== 0 ? NETIF_F_CSUM_MASK & ~NETIF_F_HW_CSUM : 0);
  },
});

/** Prepares a VLAN device (vlan_setup). @alpha */
export function vlanSetup(dev: NetDevice): void {
  etherSetup(dev);
  dev.netdevOps = VLAN_OPS;
  dev.ethtoolOps = VLAN_ETHTOOL_OPS;
  dev.privFlags |= IFF_802_1Q_VLAN | IFF_NO_QUEUE | IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE;
  dev.minMtu = 0;
  dev.maxMtu = ETH_MAX_MTU;
  dev.priv = new VlanDev();
}

/** Features of the link changed: those above follow (vlan_transfer_features). */
export function vlanTransferFeatures(real: NetDevice, dev: NetDevice): void {
  dev.gsoMaxSize = real.gsoMaxSize;
  dev.gsoMaxSegs = real.gsoMaxSegs;
  netifInheritTsoMax(dev, real);
  dev.hardHeaderLen = (real.features & NETIF_F_HW_VLAN_CTAG_TX) !== 0 ? real.hardHeaderLen : real.hardHeaderLen + VLAN_HLEN;
  netdevUpdateFeatures(dev);
}

/** The link's address changed (vlan_sync_address): the VLAN's own one needs asking for, or no more. */
export function vlanSyncAddress(real: NetDevice, dev: NetDevice): void {
  const v = vlanDevPriv(dev);
  if (sameAddr(v.realAddr, 0, real.devAddr, 0, ETH_ALEN)) return;
  if (!vlanInheritAddress(dev, real)) {
    const was = sameAddr(dev.devAddr, 0, v.realAddr, 0, ETH_ALEN);
    const is = sameAddr(dev.devAddr, 0, real.devAddr, 0, ETH_ALEN);
    if (was && !is) devUcAdd(real, dev.devAddr);
    if (!was && is) devUcDel(real, dev.devAddr);
  }
  copyAddr(v.realAddr, 0, real.devAddr, 0, ETH_ALEN);
}
