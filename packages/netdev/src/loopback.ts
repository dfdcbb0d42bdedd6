/** The loopback device: `lo`, one in every namespace. */
import { type Skb, skbOrphan } from '@linnet/skbuff';
import { ARPHRD_LOOPBACK, ETH_ALEN, ETH_HLEN, IFF_LOOPBACK } from '@linnet/uapi';
import { errnoName, type Net } from '@linnet/kernel';
import { allocNetdev, registerNetdevice } from './dev.ts';
import { DEFAULT_TX_QUEUE_LEN, ETH_HEADER_OPS, ethMacAddr, ethTypeTrans } from './eth.ts';
import { netifRx } from './dev-rx.ts';
import { NETDEV_NET } from './netdev-net.ts';
import { ethtoolOpGetLink, ethtoolOpGetTsInfo, type EthtoolOps } from './ethtool-ops.ts';
import { NETIF_F_FRAGLIST, NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM, NETIF_F_LOOPBACK, NETIF_F_RXCSUM, NETIF_F_SG } from './features.ts';
import { NETIF_FX_GSO_ACCECN, NETIF_FX_SOFT_DEVICE } from './features-ext.ts';
import {
  GSO_LEGACY_MAX_SIZE, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, IFF_VLAN_CHALLENGED, NET_NAME_PREDICTABLE, NET_RX_SUCCESS, type NetDevice, NETDEV_TX_OK, type NetDeviceOps, TSO_MAX_SIZE,
} from './netdevice.ts';

const LOOPBACK_MTU = 65536;

const LOOPBACK_OPS: NetDeviceOps = Object.freeze({
  /** What is sent is received: through the backlog, so that no stack grows (loopback_xmit). */
  startXmit(skb: Skb, dev: NetDevice): number {
    skb.tstamp = 0;
    // The sender's memory is free again now: the receiver's accounting takes over.
    skbOrphan(skb);
    skb.protocol = ethTypeTrans(skb, dev);
    const len = skb.len;
    if (netifRx(skb) === NET_RX_SUCCESS) {
      const stats = dev.stats;
      stats.rxPackets++;
      stats.txPackets++;
      stats.rxBytes += len;
      stats.txBytes += len;
    }
    return NETDEV_TX_OK;
  },
  setMacAddress: ethMacAddr,
});

const LOOPBACK_ETHTOOL_OPS: EthtoolOps = Object.freeze({ getLink: ethtoolOpGetLink, getTsInfo: ethtoolOpGetTsInfo });

function loopbackSetup(dev: NetDevice): void {
  dev.mtu = LOOPBACK_MTU;
  dev.hardHeaderLen = ETH_HLEN;
  dev.minHeaderLen = ETH_HLEN;
  dev.addrLen = ETH_ALEN;
  dev.type = ARPHRD_LOOPBACK;
  dev.flags = IFF_LOOPBACK;
  dev.privFlags = IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE | IFF_VLAN_CHALLENGED;
  dev.netnsImmutable = true;
  dev.nameAssignType = NET_NAME_PREDICTABLE;
  dev.txQueueLen = DEFAULT_TX_QUEUE_LEN;
  dev.headerOps = ETH_HEADER_OPS;
  dev.ethtoolOps = LOOPBACK_ETHTOOL_OPS;
  dev.hwFeatures = NETIF_F_GSO_SOFTWARE;
  dev.features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_LOOPBACK;
  dev.hwFeaturesExt = NETIF_FX_GSO_ACCECN;
  dev.featuresExt = NETIF_FX_SOFT_DEVICE;
  dev.gsoMaxSize = GSO_LEGACY_MAX_SIZE;
  dev.tsoMaxSize = TSO_MAX_SIZE;
}

/** Makes a namespace's loopback device: `lo`, ifindex 1, down (loopback_net_init). */
export function loopbackNetInit(net: Net): void {
  const dev = allocNetdev(net, { name: 'lo', setup: loopbackSetup, ops: LOOPBACK_OPS });
  net.get(NETDEV_NET).loopbackDev = dev;
  const err = registerNetdevice(dev);
  if (err !== 0) throw new Error(`netdev: lo cannot be registered: ${errnoName(err)}`);
}
