/** What the kinds of Ethernet links share. */
import { EADDRNOTAVAIL, EINVAL } from '@linnet/kernel';
import { ethHwAddrRandom, netifCarrierOff, netifCarrierOn, netifSetDormant, registerNetdevice, type NetDevice } from '@linnet/netdev';
import type { RtnlLinkParams } from '@linnet/netlink';
import { ETH_ALEN, IFLA_ADDRESS, isValidEtherAddr, nlaGetBytes, nlaLen } from '@linnet/uapi';

/** Is the address of a request one that an Ethernet device can have? 0, -EINVAL for another length, -EADDRNOTAVAIL. */
export function etherValidate(tb: Int32Array, _data: Int32Array, { req }: RtnlLinkParams): number {
  if (tb[IFLA_ADDRESS] === 0) return 0;
  if (nlaLen(req.view, tb[IFLA_ADDRESS]!) !== ETH_ALEN) return -EINVAL;
  return isValidEtherAddr(nlaGetBytes(req.view, tb[IFLA_ADDRESS]!), 0) ? 0 : -EADDRNOTAVAIL;
}

/** Registers a device, with a random address when the request gives none. */
export function etherNewlink(dev: NetDevice, p: RtnlLinkParams): number {
  if (p.tb[IFLA_ADDRESS] === 0) ethHwAddrRandom(dev);
  return registerNetdevice(dev);
}

/** A device over another one is as that is: dormant, being tested, with or without a carrier (netif_stacked_transfer_operstate). */
export function stackedTransferOperstate(lower: NetDevice, dev: NetDevice): void {
  netifSetDormant(dev, lower.dormant);
  dev.testing = lower.testing;
  if (lower.carrier) netifCarrierOn(dev);
  else netifCarrierOff(dev);
}
