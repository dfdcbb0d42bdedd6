/** ifb: packets that traffic control sends here go through this device's queue, and back to where they came from. */
import {
  devGetByIndex, devQueueXmit, etherSetup, ethValidateAddr, napiCompleteDone, napiDisable, napiEnable, napiSchedule, NETDEV_TX_OK, type NetDevice, type NetDeviceOps, NETIF_F_FRAGLIST,
  NETIF_F_GSO_ENCAP_ALL, NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM, NETIF_F_SG, netifNapiAdd, netifReceiveSkb, netifStartQueue, netifStopQueue, netifWakeQueue, type NapiStruct,
  SKB_TC_FROM_INGRESS, SKB_TC_REDIRECTED, SKB_TC_SKIP_CLASSIFY, TSO_MAX_SIZE,
  NETIF_F_HW_VLAN_CTAG_TX, NETIF_FX_GSO_ACCECN, NETIF_FX_HIGHDMA, NETIF_FX_HW_VLAN_STAG_TX,
} from '@linnet/netdev';
import type { RtnlLinkOps, RtnlLinkParams } from '@linnet/netlink';
import { DROP, kfreeSkbReason, type Skb, skbDequeue, skbPullUnchecked, SkbQueue, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';
import { IFF_MULTICAST, IFF_NOARP } from '@linnet/uapi';
import { etherNewlink, etherValidate } from './ether-link.ts';
import type { Net } from '@linnet/kernel';
import { IFB_ETHTOOL_OPS } from './soft-ethtool.ts';

/** Packets that wait for their way back. */
const TX_Q_LIMIT = 32;

class Ifb {
  readonly rq: SkbQueue = new SkbQueue();
  napi: NapiStruct | null = null;
}

/** Sends packets back to where they were taken from (ifb_ri_tasklet). */
function poll(napi: NapiStruct, budget: number): number {
  const dev = napi.dev!;
  const ifb = dev.priv as Ifb;
  let n = 0;
  while (n < budget) {
    const skb = skbDequeue(ifb.rq);
    if (skb === null) break;
    n++;
    const fromIngress = (skb.tcState & SKB_TC_FROM_INGRESS) !== 0;
    // Where it came from it has had its turn with the filters.
    skb.tcState = (skb.tcState & ~(SKB_TC_REDIRECTED | SKB_TC_FROM_INGRESS)) | SKB_TC_SKIP_CLASSIFY;
    dev.stats.txPackets++;
    dev.stats.txBytes += skb.len;
    const back = devGetByIndex(dev.net, skb.skbIif);
    if (back === null) {
      dev.stats.txDropped++;
      kfreeSkbReason(skb, DROP.DEV_READY);
      continue;
    }
    skb.dev = back;
    skb.skbIif = dev.ifindex;
    if (fromIngress) {
      skbPullUnchecked(skb, skb.networkHeader - skb.data);
      netifReceiveSkb(skb);
    } else devQueueXmit(skb);
  }
  if (n < budget) {
    napiCompleteDone(napi, n);
    netifWakeQueue(dev);
  }
  return n;
}

const IFB_OPS: NetDeviceOps = Object.freeze({
  open(dev: NetDevice): number {
    napiEnable((dev.priv as Ifb).napi!);
    netifStartQueue(dev);
    return 0;
  },
  stop(dev: NetDevice): number {
    const ifb = dev.priv as Ifb;
    napiDisable(ifb.napi!);
    netifStopQueue(dev);
    skbQueuePurge(ifb.rq, DROP.NETDEV_DOWN);
    return 0;
  },
  startXmit(skb: Skb, dev: NetDevice): number {
    const ifb = dev.priv as Ifb;
    dev.stats.rxPackets++;
    dev.stats.rxBytes += skb.len;
    // Only what traffic control sent has a way back.
    if ((skb.tcState & SKB_TC_REDIRECTED) === 0 || skb.skbIif === 0) {
      dev.stats.rxDropped++;
      kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
      return NETDEV_TX_OK;
    }
    skbQueueTail(ifb.rq, skb);
    if (ifb.rq.qlen >= dev.txQueueLen) netifStopQueue(dev);
    napiSchedule(ifb.napi!);
    return NETDEV_TX_OK;
  },
  validateAddr: ethValidateAddr,
});

function setup(dev: NetDevice): void {
  etherSetup(dev);
  dev.netdevOps = IFB_OPS;
  dev.txQueueLen = TX_Q_LIMIT;
  dev.flags = (dev.flags | IFF_NOARP) & ~IFF_MULTICAST;
  dev.features = NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE | NETIF_F_GSO_ENCAP_ALL | NETIF_F_HW_VLAN_CTAG_TX;
  dev.hwFeatures = dev.features;
  dev.featuresExt = NETIF_FX_HIGHDMA | NETIF_FX_GSO_ACCECN | NETIF_FX_HW_VLAN_STAG_TX;
  dev.hwFeaturesExt = dev.featuresExt;
  dev.ethtoolOps = IFB_ETHTOOL_OPS;
  dev.minMtu = 0;
  dev.maxMtu = 0;
  dev.tsoMaxSize = TSO_MAX_SIZE;
  dev.priv = new Ifb();
}

/** The kind `ifb` (ifb_link_ops). @alpha */
export const IFB_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'ifb',
  setup,
  validate: etherValidate,
  newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams): number {
    (dev.priv as Ifb).napi = netifNapiAdd(dev, poll);
    return etherNewlink(dev, p);
  },
});
