/** veth: two devices, each of which receives what the other sends, mostly in two namespaces (veth(4)). */
import { ENOTCONN, type Net } from '@linnet/kernel';
import {
  allocNetdev, devForwardSkb, ethHwAddrRandom, ethMacAddr, etherSetup, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, NET_RX_SUCCESS, netifCarrierOff, netifCarrierOn,
  NETDEV_TX_OK, NETIF_F_FRAGLIST, NETIF_F_GSO_SOFTWARE, NETIF_F_HW_CSUM, NETIF_F_RXCSUM, NETIF_F_SG, NETIF_F_SOFT_FEATURES, registerNetdevice, unregisterNetdevice,
  type NetDevice, type NetDeviceOps, type NetdevLinkOps,
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

/** What netdev and netlink know of the kind: deleting one end deletes the other. @alpha */
export const VETH_LINK_OPS: NetdevLinkOps = Object.freeze({
  kind: 'veth',
  dellink(dev: NetDevice): void {
    const peer = peerOf(dev);
    (dev.priv as Veth).peer = null;
    unregisterNetdevice(dev);
    if (peer === null) return;
    (peer.priv as Veth).peer = null;
    unregisterNetdevice(peer);
  },
});

/**
 * Makes a pair: `name` in `net` and `peerName` in `peerNet` (`ip link add NAME netns NET type veth peer name PEER netns PEERNET`), both down, with random addresses.
 * Returns the two devices, or a negative errno: -EEXIST for a name in use, -EINVAL for a bad one.
 * @public
 */
export function vethNewlink(net: Net, name: string, peerNet: Net, peerName: string): [NetDevice, NetDevice] | number {
  const make = (n: Net, devName: string): NetDevice => {
    const dev = allocNetdev(n, { name: devName, setup: vethSetup });
    ethHwAddrRandom(dev);
    dev.rtnlLinkOps = VETH_LINK_OPS;
    return dev;
  };
  net.kernel.enter();
  try {
    const peer = make(peerNet, peerName);
    const dev = make(net, name);
    let err = registerNetdevice(peer);
    if (err < 0) return err;
    err = registerNetdevice(dev);
    if (err < 0) {
      unregisterNetdevice(peer);
      return err;
    }
    vethTie(dev, peer);
    return [dev, peer];
  } finally {
    net.kernel.exit();
  }
}
