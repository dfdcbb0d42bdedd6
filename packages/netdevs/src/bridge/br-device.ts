/** The bridge's own device (br_device.c). */
import { EADDRNOTAVAIL } from '@linnet/kernel';
import {
  etherSetup, ethHwAddrRandom, IFF_EBRIDGE, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, type NetDevice, type NetDeviceOps, NETDEV_TX_OK, netdevUpdateFeatures, NETIF_F_CSUM_MASK,
  NETIF_F_FRAGLIST, NETIF_F_GSO, NETIF_F_GSO_MASK, NETIF_F_GSO_ROBUST, NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_IP_CSUM, NETIF_F_IPV6_CSUM, NETIF_F_SG, netifCarrierOff,
  NETIF_FX_FSO, NETIF_FX_GSO_ACCECN, NETIF_FX_GSO_TUNNEL_REMCSUM, NETIF_FX_HIGHDMA, NETIF_FX_HW_VLAN_STAG_TX,
} from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb, skbPullUnchecked } from '@linnet/skbuff';
import {
  BR_STATE_FORWARDING, ETH_HLEN, ETH_MAX_MTU, ETH_P_ARP, ETH_P_IPV6, ETH_P_RARP, IFF_PROMISC, isBroadcastEtherAddr, isValidEtherAddr,
} from '@linnet/uapi';
import { type Bridge, Bridge as BridgeClass, bridgeIdCopy } from './br.ts';
import { CB_MROUTERS_ONLY } from './br-cb.ts';
import { doProxySuppressArp, doSuppressNd, ndNeighMsg } from './br-arp-nd.ts';
import { fdbCleanup, fdbFind } from './br-fdb.ts';
import { FDB_LOCAL } from './br-fdb-table.ts';
import { BR_PKT_BROADCAST, BR_PKT_MULTICAST, BR_PKT_UNICAST, brFlood, brForward, brMulticastFlood } from './br-forward.ts';
import { brAddIf, brDelIf, brDevUninit } from './br-if.ts';
import { mcastOpen, mcastQuerierExists, mcastSnoopers, mcastStop } from './br-mcast.ts';
import { Mcast } from './br-mcast-ctx.ts';
import { mcastCtxFor, mcastRcv, mdbGet } from './br-mcast-rcv.ts';
import { Mdb } from './br-mdb-table.ts';
import { brManagePromisc } from './br-promisc.ts';
import { brStpChangeBridgeId, brStpDisableBridge, brStpEnableBridge } from './br-stp-if.ts';
import { helloTimerExpired, tcnTimerExpired, topologyChangeTimerExpired } from './br-stp.ts';
import { vlanAllowedIngress, VlanGroup } from './br-vlan-group.ts';
import { BRIDGE_ETHTOOL_OPS } from '../soft-ethtool.ts';

/** What a bridge can do before its ports are asked. */
const COMMON_FEATURES: number = NETIF_F_SG | NETIF_F_FRAGLIST | (NETIF_F_GSO_MASK & ~NETIF_F_GSO_ROBUST) | NETIF_F_HW_CSUM | NETIF_F_GSO;

/** Sends a frame of this host (br_dev_xmit). Consumes it; `data` at its Ethernet header. */
function startXmit(skb: Skb, dev: NetDevice): number {
  const br = dev.priv as Bridge;
  dev.stats.txPackets++;
  dev.stats.txBytes += skb.len;
  skb.cb0 = 0;
  skb.macHeader = skb.data;
  skbPullUnchecked(skb, ETH_HLEN);
  if (skb.networkHeader < skb.data) skb.networkHeader = skb.data;
  const ingress = br.vlanIngress;
  ingress.state = BR_STATE_FORWARDING;
  const allowed = vlanAllowedIngress(br, br.vlans, skb, ingress);
  if (allowed === null) return NETDEV_TX_OK;
  skb = allowed;
  const { vid, vlan } = ingress;
  const { neighSuppressEnabled } = br;
  if (neighSuppressEnabled) {
    if (skb.protocol === ETH_P_ARP || skb.protocol === ETH_P_RARP) doProxySuppressArp(br, skb, vid, null);
    else if (skb.protocol === ETH_P_IPV6) {
      const off = ndNeighMsg(skb);
      if (off >= 0) doSuppressNd(br, skb, vid, null, off);
    }
  }
  const mac = skb.macHeader;
  if ((skb.u8[mac]! & 1) === 0) {
    const f = fdbFind(br, skb.u8, mac, vid);
    if (f !== null && (f.dst !== null || (f.flags & FDB_LOCAL) === 0)) brForward(f.dst, skb, false, true);
    else if (f !== null) kfreeSkbReason(skb, DROP.BRIDGE_NO_EGRESS_PORT);
    else brFlood(br, skb, BR_PKT_UNICAST, false, true, vid);
    return NETDEV_TX_OK;
  }
  if (isBroadcastEtherAddr(skb.u8, mac)) {
    brFlood(br, skb, BR_PKT_BROADCAST, false, true, vid);
    return NETDEV_TX_OK;
  }
  const ctx = mcastCtxFor(br, vlan);
  if (ctx !== null) {
    if (mcastRcv(ctx, null, skb, vid) < 0) {
      kfreeSkbReason(skb, DROP.INVALID_PROTO);
      return NETDEV_TX_OK;
    }
    const mdst = mdbGet(ctx, skb, vid);
    if ((mdst !== null || (skb.cb0 & CB_MROUTERS_ONLY) !== 0) && (mdst !== null && mdst.addr.proto === 0 ? true : mcastQuerierExists(ctx, skb.protocol === ETH_P_IPV6))) {
      brMulticastFlood(br, mdst, skb, ctx, false, true);
      return NETDEV_TX_OK;
    }
  }
  brFlood(br, skb, BR_PKT_MULTICAST, false, true, vid);
  return NETDEV_TX_OK;
}

function intersect(a: number, b: number): number {
  const ip = NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
  if (((a ^ b) & NETIF_F_HW_CSUM) !== 0) {
    if ((a & NETIF_F_HW_CSUM) !== 0) a |= ip;
    else b |= ip;
  }
  return a & b;
}

const BR_OPS: NetDeviceOps = Object.freeze({
  init(dev: NetDevice): number {
    // A bridge without ports has a carrier until it is opened.
    dev.carrier = true;
    return 0;
  },
  uninit: brDevUninit,
  open(dev: NetDevice): number {
    const br = dev.priv as Bridge;
    netdevUpdateFeatures(dev);
    brStpEnableBridge(br);
    mcastOpen(br);
    if (br.mcastEnabled) mcastSnoopers(br, true);
    if (!br.ports.some((p) => p.state === BR_STATE_FORWARDING)) netifCarrierOff(dev);
    return 0;
  },
  stop(dev: NetDevice): number {
    const br = dev.priv as Bridge;
    brStpDisableBridge(br);
    mcastStop(br);
    if (br.mcastEnabled) mcastSnoopers(br, false);
    return 0;
  },
  startXmit,
  setMacAddress(dev: NetDevice, addr: Uint8Array): number {
    const br = dev.priv as Bridge;
    if (!isValidEtherAddr(addr, 0)) return -EADDRNOTAVAIL;
    let same = true;
    for (let i = 0; i < 6; i++) if (addr[i] !== dev.devAddr[i]) same = false;
    if (same) return 0;
    brStpChangeBridgeId(br, addr);
    return 0;
  },
  changeMtu(dev: NetDevice, mtu: number): number {
    dev.mtu = mtu;
    (dev.priv as Bridge).mtuSetByUser = true;
    return 0;
  },
  changeRxFlags(dev: NetDevice, change: number): void {
    if ((change & IFF_PROMISC) !== 0) brManagePromisc(dev.priv as Bridge);
  },
  addSlave: (dev: NetDevice, slave: NetDevice, extack?: { msg: string } | null): number => brAddIf(dev.priv as Bridge, slave, extack ?? null),
  delSlave: (dev: NetDevice, slave: NetDevice): number => brDelIf(dev.priv as Bridge, slave),
  fixFeatures(dev: NetDevice, features: number): number {
    const br = dev.priv as Bridge;
    if (br.ports.length === 0) return features;
    // What one port can cut the others have cut for them, so it is enough if any can; sums need all.
    let one = 0;
    let all = features;
    for (const p of br.ports) {
      one |= p.dev.features & (NETIF_F_GSO_MASK | NETIF_F_FRAGLIST | NETIF_F_SG);
      all = intersect(all, p.dev.features | (features & ~(NETIF_F_CSUM_MASK | NETIF_F_SG)));
    }
    return (all & ~(NETIF_F_GSO_MASK & ~one)) | (features & (NETIF_F_GSO | NETIF_F_HW_VLAN_CTAG_TX));
  },
});

/** Prepares a bridge (br_dev_setup). */
export function brDevSetup(dev: NetDevice): void {
  etherSetup(dev);
  ethHwAddrRandom(dev);
  dev.netdevOps = BR_OPS;
  dev.ethtoolOps = BRIDGE_ETHTOOL_OPS;
  dev.featuresExt = NETIF_FX_HIGHDMA | NETIF_FX_FSO | NETIF_FX_GSO_TUNNEL_REMCSUM | NETIF_FX_GSO_ACCECN | NETIF_FX_HW_VLAN_STAG_TX;
  dev.hwFeaturesExt = dev.featuresExt;
  dev.privFlags |= IFF_EBRIDGE | IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
  dev.netnsImmutable = true;
  dev.maxMtu = ETH_MAX_MTU;
  dev.features = COMMON_FEATURES | NETIF_F_HW_VLAN_CTAG_TX;
  dev.hwFeatures = COMMON_FEATURES | NETIF_F_HW_VLAN_CTAG_TX;
  dev.vlanFeatures = COMMON_FEATURES;
  const mcast = new Mcast(null, null);
  const br = new BridgeClass(dev, new VlanGroup(), mcast, new Mdb(), [helloTimerExpired, tcnTimerExpired, topologyChangeTimerExpired, fdbCleanup]);
  mcast.br = br;
  dev.priv = br;
  bridgeIdCopy(br.designatedRoot, br.bridgeId);
}
