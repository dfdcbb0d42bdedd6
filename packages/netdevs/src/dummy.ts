/** dummy: takes what it is given and forgets it; something to put addresses on. */
import {
  etherSetup, ethMacAddr, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, NETDEV_TX_OK, type NetDevice, type NetDeviceOps, NETIF_F_FRAGLIST, NETIF_F_GSO_ENCAP_ALL,
  NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM, NETIF_F_SG, netifCarrierOff, netifCarrierOn, NETIF_FX_GSO_ACCECN,
  NETIF_FX_HIGHDMA, TSO_MAX_SIZE,
} from '@linnet/netdev';
import type { RtnlLinkOps, RtnlLinkParams } from '@linnet/netlink';
import { consumeSkb, type Skb } from '@linnet/skbuff';
import { IFF_MULTICAST, IFF_NOARP } from '@linnet/uapi';
import { etherNewlink, etherValidate } from './ether-link.ts';
import { DUMMY_ETHTOOL_OPS } from './soft-ethtool.ts';
import type { Net } from '@linnet/kernel';

const DUMMY_OPS: NetDeviceOps = Object.freeze({
  startXmit(skb: Skb, dev: NetDevice): number {
    dev.stats.txPackets++;
    dev.stats.txBytes += skb.len;
    consumeSkb(skb);
    return NETDEV_TX_OK;
  },
  setMacAddress: ethMacAddr,
  validateAddr: ethValidateAddr,
  changeCarrier(dev: NetDevice, on: boolean): number {
    if (on) netifCarrierOn(dev);
    else netifCarrierOff(dev);
    return 0;
  },
});

function setup(dev: NetDevice): void {
  etherSetup(dev);
  dev.netdevOps = DUMMY_OPS;
  dev.flags = (dev.flags | IFF_NOARP) & ~IFF_MULTICAST;
  dev.privFlags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
  dev.features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE | NETIF_F_HW_CSUM | NETIF_F_GSO_ENCAP_ALL;
  dev.hwFeatures = dev.features;
  dev.featuresExt = NETIF_FX_HIGHDMA | NETIF_FX_GSO_ACCECN;
  dev.hwFeaturesExt = dev.featuresExt;
  dev.ethtoolOps = DUMMY_ETHTOOL_OPS;
  dev.minMtu = 0;
  dev.maxMtu = 0;
  dev.tsoMaxSize = TSO_MAX_SIZE;
}

/** The kind `dummy` (dummy_link_ops). @alpha */
export const DUMMY_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'dummy',
  setup,
  validate: etherValidate,
  newlink: (_net: Net, dev: NetDevice, p: RtnlLinkParams): number => etherNewlink(dev, p),
});
