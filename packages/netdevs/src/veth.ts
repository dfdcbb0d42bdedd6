/** veth: two devices, each of which receives what the other sends, mostly in two namespaces (veth(4)). */
import { ENOTCONN } from '@linnet/kernel';
import {
  devClose, devForwardSkb, ethMacAddr, etherSetup, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, NET_RX_SUCCESS, NETDEV_TX_OK, netifCarrierOff, netifCarrierOn,
  NETIF_F_FRAGLIST, NETIF_F_GRO, NETIF_F_GSO_ENCAP_ALL, NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_RX, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_RXCSUM, NETIF_F_SG,
  NETIF_F_SOFT_FEATURES, TSO_MAX_SIZE, NETIF_FX_HW_VLAN_STAG_RX, NETIF_FX_HW_VLAN_STAG_TX, NETIF_FX_SOFT_DEVICE, unregisterNetdevice, type EthtoolOps, type NetDevice, type NetDeviceOps,
} from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { IFF_UP } from '@linnet/uapi';
import { vethEthtoolOps } from './veth-ethtool.ts';

const VETH_FEATURES =
  NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_GSO_SOFTWARE | NETIF_F_GSO_ENCAP_ALL | NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX;
const VETH_FEATURES_EXT = NETIF_FX_SOFT_DEVICE | NETIF_FX_HW_VLAN_STAG_TX | NETIF_FX_HW_VLAN_STAG_RX;

/** The largest MTU. */
export const VETH_MAX_MTU = 65535;

class Veth {
  peer: NetDevice | null = null;
  /** Headroom that a bridge over this end wants in what it receives. */
  requestedHeadroom = 0;
}

const peerOf = (dev: NetDevice): NetDevice | null => (dev.priv as Veth).peer;

/** The other end, or null for a device that is no veth or is going (veth's IFLA_LINK). @public */
export function vethPeer(dev: NetDevice): NetDevice | null {
  return dev.priv instanceof Veth ? dev.priv.peer : null;
}

const VETH_ETHTOOL_OPS: EthtoolOps = vethEthtoolOps(peerOf);

const VETH_OPS: NetDeviceOps = Object.freeze({
  open(dev: NetDevice): number {
    const peer = peerOf(dev);
    if (peer === null) return -ENOTCONN;
    // There is a carrier when both ends are up.
    if ((peer.flags & IFF_UP) !== 0) {
      netifCarrierOn(dev);
      netifCarrierOn(peer);
    }
    return 0;
  },
  stop(dev: NetDevice): number {
    netifCarrierOff(dev);
    const peer = peerOf(dev);
    if (peer !== null) netifCarrierOff(peer);
    return 0;
  },
  startXmit(skb: Skb, dev: NetDevice): number {
    const peer = peerOf(dev);
    const { len } = skb;
    if (peer === null || !peer.running) {
      dev.stats.txDropped++;
      kfreeSkbReason(skb, DROP.NETDEV_DOWN);
      return NETDEV_TX_OK;
    }
    if (devForwardSkb(peer, skb) === NET_RX_SUCCESS) {
      dev.stats.txPackets++;
      dev.stats.txBytes += len;
      peer.stats.rxPackets++;
      peer.stats.rxBytes += len;
    } else {
      dev.stats.txDropped++;
    }
    return NETDEV_TX_OK;
  },
  setMacAddress: ethMacAddr,
  validateAddr: ethValidateAddr,
  getIflink: (dev: NetDevice): number => peerOf(dev)?.ifindex ?? 0,
  setRxHeadroom(dev: NetDevice, headroom: number): void {
    const own = dev.priv as Veth;
    own.requestedHeadroom = headroom;
    if (own.peer === null) return;
    // Either end sends what the other receives.
    const need = Math.max(headroom, (own.peer.priv as Veth).requestedHeadroom);
    dev.neededHeadroom = need;
    own.peer.neededHeadroom = need;
  },
});

/** Prepares one end of a pair, before it is registered (veth_setup). @alpha */
export function vethSetup(dev: NetDevice): void {
  etherSetup(dev);
  dev.netdevOps = VETH_OPS;
  dev.privFlags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
  dev.maxMtu = VETH_MAX_MTU;
  dev.tsoMaxSize = TSO_MAX_SIZE;
  dev.hwFeatures = VETH_FEATURES | NETIF_F_SOFT_FEATURES;
  dev.features = dev.hwFeatures;
  // What a tag stands before loses nothing but the tags' own.
  dev.vlanFeatures = VETH_FEATURES & ~(NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX);
  dev.hwFeaturesExt = VETH_FEATURES_EXT;
  dev.featuresExt = VETH_FEATURES_EXT;
  dev.ethtoolOps = VETH_ETHTOOL_OPS;
  dev.priv = new Veth();
}

/** Ties two prepared devices together; both start without a carrier. @alpha */
export function vethTie(a: NetDevice, b: NetDevice): void {
  (a.priv as Veth).peer = b;
  (b.priv as Veth).peer = a;
  netifCarrierOff(a);
  netifCarrierOff(b);
  for (const dev of [a, b]) {
    // Nothing is merged here: what was cut was cut for a reason, and what was not arrives whole.
    dev.features &= ~NETIF_F_GRO;
    dev.wantedFeatures &= ~NETIF_F_GRO;
  }
}

/** Deletes both ends (veth_dellink). @alpha */
export function vethDellink(dev: NetDevice): void {
  const peer = peerOf(dev);
  (dev.priv as Veth).peer = null;
  if (peer !== null) (peer.priv as Veth).peer = null;
  // Both close before either goes: that is the order in which listeners hear of it.
  devClose(dev);
  if (peer !== null) devClose(peer);
  unregisterNetdevice(dev);
  if (peer !== null) unregisterNetdevice(peer);
}
