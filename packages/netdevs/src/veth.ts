/** veth: two devices, each of which receives what the other sends, mostly in two namespaces (veth(4)). */
import { ENOTCONN } from '@linnet/kernel';
import {
  devForwardSkb, ethMacAddr, etherSetup, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, NET_RX_SUCCESS, NETDEV_TX_OK, netifCarrierOff, netifCarrierOn,
  NETIF_F_FRAGLIST, NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM, NETIF_F_RXCSUM, NETIF_F_SG, NETIF_F_SOFT_FEATURES, unregisterNetdevice, type NetDevice, type NetDeviceOps,
} from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { IFF_UP } from '@linnet/uapi';

const VETH_FEATURES = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_GSO_SOFTWARE;

class Veth {
  peer: NetDevice | null = null;
}

const peerOf = (dev: NetDevice): NetDevice | null => (dev.priv as Veth).peer;

/** The other end, or null for a device that is no veth or is going (veth's IFLA_LINK). @public */
export function vethPeer(dev: NetDevice): NetDevice | null {
  return dev.priv instanceof Veth ? dev.priv.peer : null;
}

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
});

/** Prepares one end of a pair, before it is registered (veth_setup). @alpha */
export function vethSetup(dev: NetDevice): void {
  etherSetup(dev);
  dev.netdevOps = VETH_OPS;
  dev.privFlags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
  dev.maxMtu = 65535;
  dev.hwFeatures = VETH_FEATURES | NETIF_F_SOFT_FEATURES;
  dev.features = dev.hwFeatures;
  dev.priv = new Veth();
}

/** Ties two prepared devices together; both start without a carrier. @alpha */
export function vethTie(a: NetDevice, b: NetDevice): void {
  (a.priv as Veth).peer = b;
  (b.priv as Veth).peer = a;
  netifCarrierOff(a);
  netifCarrierOff(b);
}

/** Deletes both ends (veth_dellink). @alpha */
export function vethDellink(dev: NetDevice): void {
  const peer = peerOf(dev);
  (dev.priv as Veth).peer = null;
  unregisterNetdevice(dev);
  if (peer === null) return;
  (peer.priv as Veth).peer = null;
  unregisterNetdevice(peer);
}
