/** Sockets and layer 3 masters: who hears of a packet that came in by a member of a VRF (Documentation/networking/vrf.rst, ip-sysctl.rst of Linux). */
import { devGetByIndex, IFF_L3MDEV_MASTER, IFF_L3MDEV_SLAVE, l3mdevMasterIfindex, type NetDevice } from '@linnet/netdev';
import type { Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import type { InetAf } from './af.ts';

/** Did the packet come in by a VRF, or by a member of one? @alpha */
export function inetInVrf(skb: Skb): boolean {
  const dev = skb.dev as NetDevice | null;
  return dev !== null && (dev.privFlags & (IFF_L3MDEV_MASTER | IFF_L3MDEV_SLAVE)) !== 0;
}

/**
 * The other device of a packet in a VRF, 0 when it is in none: of one that its VRF took, the member that it came in by (the VRF itself when this machine sent it); of one that
 * stays with the member, the VRF (inet_sdif).
 * @alpha
 */
export function inetSdif(af: InetAf, skb: Skb): number {
  if (!inetInVrf(skb)) return 0;
  const dev = skb.dev as NetDevice;
  return (dev.privFlags & IFF_L3MDEV_MASTER) === 0 ? l3mdevMasterIfindex(dev) : af.memberIfindex(skb) || dev.ifindex;
}

/**
 * May a socket bound to the device `bound`, 0 for none, have a packet that came in by `dif` and, in a VRF, `sdif` (else 0)? One without a device has those of no VRF, and with
 * `accept` all (tcp_l3mdev_accept, udp_l3mdev_accept).
 * @alpha
 */
export function inetBoundDevFits(bound: number, dif: number, sdif: number, accept: boolean): boolean {
  return bound === 0 ? sdif === 0 || accept : bound === dif || bound === sdif;
}

/** Are sockets bound to these two devices (0: none) in VRFs of their own, so that neither hears what the other does? Not while sockets without a device hear all (`accept`). @alpha */
export function inetOtherDomain(net: Net, a: number, b: number, accept: boolean): boolean {
  return !accept && a !== b && domain(net, a) !== domain(net, b);
}

function domain(net: Net, bound: number): number {
  const dev = bound === 0 ? null : devGetByIndex(net, bound);
  return dev === null ? 0 : l3mdevMasterIfindex(dev);
}
