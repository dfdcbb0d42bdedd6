/** The device of the register interface of PIM (RFC 7761 section 4.4), the same for IPv4 and IPv6: what is sent over it goes to a daemon whole. */
// datapath-ok-file: once a daemon
import { ENOBUFS, type Net } from '@linnet/kernel';
import { allocNetdev, devOpen, IFF_NO_QUEUE, NETDEV_TX_OK, netifRx, type NetDevice, registerNetdevice, unregisterNetdevice } from '@linnet/netdev';
import { CHECKSUM_NONE, consumeSkb, PACKET_HOST, type Skb, skbPullUnchecked } from '@linnet/skbuff';
import { ARPHRD_PIMREG, IFF_NOARP } from '@linnet/uapi';

/** Length of a register's header. @alpha */
export const PIM_REGISTER_LEN = 8;
/** Version 2, type register. */
const REGISTER = 0x21;
/** The second bit of a register's flags: there is no packet in it. */
const NULL_REGISTER = 0x40;

/** Is at `data` a register with a packet in it? The bytes must be there. @alpha */
export function isPimRegister(skb: Skb): boolean {
  return skb.u8[skb.data] === REGISTER && (skb.u8[skb.data + 4]! & NULL_REGISTER) === 0;
}

/** Takes the register's header off and lets the packet of `protocol` in it come in by the device. @alpha */
export function pimRegisterReceive(skb: Skb, dev: NetDevice, protocol: number): void {
  skbPullUnchecked(skb, PIM_REGISTER_LEN);
  skb.macHeader = skb.data;
  skb.macLen = 0;
  skb.networkHeader = skb.data;
  skb.protocol = protocol;
  skb.ipSummed = CHECKSUM_NONE;
  skb.pktType = PACKET_HOST;
  skb.dst = null;
  skb.hash = 0;
  skb.dev = dev;
  dev.stats.rxPackets++;
  dev.stats.rxBytes += skb.len;
  netifRx(skb);
}

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
