/** The device of the register interface of PIM (RFC 7761 section 4.4), the same for IPv4 and IPv6: what is sent over it goes to a daemon whole. */
// datapath-ok-file: once a daemon
import { ENOBUFS, type Net } from '@linnet/kernel';
import { allocNetdev, devOpen, IFF_NO_QUEUE, NETDEV_TX_OK, type NetDevice, registerNetdevice, unregisterNetdevice } from '@linnet/netdev';
import { consumeSkb, type Skb } from '@linnet/skbuff';
import { ARPHRD_PIMREG, IFF_NOARP } from '@linnet/uapi';

/**
 * Makes the device and opens it, or returns a negative errno. `mtu` leaves room for the headers of a register; `transmit` looks at what goes over it and does not consume it.
 * @alpha
 */
export function pimRegisterDevice(net: Net, name: string, mtu: number, transmit: (skb: Skb, dev: NetDevice) => void): NetDevice | number {
  const dev = allocNetdev(net, {
    name,
    setup(d: NetDevice): void {
      d.type = ARPHRD_PIMREG;
      d.mtu = mtu;
      d.flags = IFF_NOARP;
      d.privFlags |= IFF_NO_QUEUE;
      d.netnsImmutable = true;
      d.txQueueLen = 1000;
    },
    ops: {
      startXmit(skb: Skb, d: NetDevice): number {
        d.stats.txPackets++;
        d.stats.txBytes += skb.len;
        transmit(skb, d);
        consumeSkb(skb);
        return NETDEV_TX_OK;
      },
      getIflink: () => 0,
    },
  });
  if (registerNetdevice(dev) !== 0) return -ENOBUFS;
  if (devOpen(dev) === 0) return dev;
  unregisterNetdevice(dev);
  return -ENOBUFS;
}
