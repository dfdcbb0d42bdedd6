/** Ethernet: making and reading its header, setting up a device of this type (IEEE 802.3). */
import { EADDRNOTAVAIL, EBUSY } from '@linnet/kernel';
import { pskbMayPull, PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type Skb, skbCowHead, skbPush } from '@linnet/skbuff';
import {
  ARPHRD_ETHER, ETH_ALEN, ETH_DATA_LEN, ETH_HLEN, ETH_MIN_MTU, ETH_P_802_2, ETH_P_802_3, ETH_P_802_3_MIN, etherAddrCopy, etherAddrEqual, IFF_BROADCAST,
  IFF_LOOPBACK, IFF_MULTICAST, IFF_NOARP, isBroadcastEtherAddr, isValidEtherAddr,
} from '@linnet/uapi';
import type { HhCache } from './hh-cache.ts';
import { type HeaderOps, IFF_LIVE_ADDR_CHANGE, NET_ADDR_RANDOM, type NetDevice } from './netdevice.ts';

/** Packets that an Ethernet device's queue holds (DEFAULT_TX_QUEUE_LEN). @alpha */
export const DEFAULT_TX_QUEUE_LEN = 1000;

/**
 * Reads the Ethernet header at `data` (eth_type_trans): sets `dev`, `macHeader`, `pktType` and moves `data` behind it. Returns the protocol, to be
 * put into `skb.protocol`: an EtherType in host order, ETH_P_802_3 or ETH_P_802_2 for a length field, or 0 for a frame that is too short.
 * @public
 */
export function ethTypeTrans(skb: Skb, dev: NetDevice): number {
  skb.dev = dev;
  if (!pskbMayPull(skb, ETH_HLEN)) {
    skb.macHeader = skb.data;
    return 0;
  }
  const mac = skb.data;
  skb.macHeader = mac;
  skb.data = mac + ETH_HLEN;
  skb.len -= ETH_HLEN;
  const u8 = skb.u8;
  if (!etherAddrEqual(u8, mac, dev.devAddr, 0)) {
    if ((u8[mac]! & 1) === 0) skb.pktType = PACKET_OTHERHOST;
    else skb.pktType = isBroadcastEtherAddr(u8, mac) ? PACKET_BROADCAST : PACKET_MULTICAST;
  } else skb.pktType = PACKET_HOST;
  const proto = skb.view.getUint16(mac + 12);
  if (proto >= ETH_P_802_3_MIN) return proto;
  // A length: 802.2 inside, unless it is Novell's raw 802.3, which begins with ffff.
  if (skb.len >= 2 && pskbMayPull(skb, 2) && skb.view.getUint16(skb.data) === 0xffff) return ETH_P_802_3;
  return ETH_P_802_2;
}

function ethHeader(skb: Skb, dev: NetDevice, type: number, daddr: Uint8Array | null, saddr: Uint8Array | null, len: number): number {
  if (skb.data < ETH_HLEN) skbCowHead(skb, ETH_HLEN); // the caller saw to headroom; a packet is no reason to throw if not
  const at = skbPush(skb, ETH_HLEN);
  const u8 = skb.u8;
  skb.view.setUint16(at + 12, type !== ETH_P_802_3 && type !== ETH_P_802_2 ? type : len);
  etherAddrCopy(u8, at + 6, saddr ?? dev.devAddr, 0);
  if (daddr !== null) {
    etherAddrCopy(u8, at, daddr, 0);
    return ETH_HLEN;
  }
  if ((dev.flags & (IFF_LOOPBACK | IFF_NOARP)) !== 0) {
    for (let i = 0; i < ETH_ALEN; i++) u8[at + i] = 0;
    return ETH_HLEN;
  }
  return -ETH_HLEN;
}

function ethHeaderParse(skb: Skb, haddr: Uint8Array): number {
  if (skb.macHeader < 0 || skb.macHeader + ETH_HLEN > skb.tail) return 0;
  etherAddrCopy(haddr, 0, skb.u8, skb.macHeader + 6);
  return ETH_ALEN;
}

function ethHeaderCache(ha: Uint8Array, dev: NetDevice, type: number, hh: HhCache): number {
  if (type === ETH_P_802_3) return -1; // carries a length, which differs
  etherAddrCopy(hh.data, 0, ha, 0);
  etherAddrCopy(hh.data, 6, dev.devAddr, 0);
  hh.data[12] = type >> 8;
  hh.data[13] = type & 0xff;
  hh.len = ETH_HLEN;
  return 0;
}

/** Ethernet's headers (eth_header_ops). @alpha */
export const ETH_HEADER_OPS: HeaderOps = Object.freeze({
  create: ethHeader,
  parse: ethHeaderParse,
  cache: ethHeaderCache,
  cacheUpdate(hh: HhCache, _dev: NetDevice, ha: Uint8Array): void {
    etherAddrCopy(hh.data, 0, ha, 0);
  },
  validate(_u8: Uint8Array, _off: number, len: number): boolean {
    return len >= ETH_HLEN;
  },
  parseProtocol(skb: Skb): number {
    return skb.macHeader < 0 || skb.macHeader + ETH_HLEN > skb.tail ? 0 : skb.view.getUint16(skb.macHeader + 12);
  },
});

/** Makes a device an Ethernet device: header, type, MTU 1500 (68 to 1500), queue of 1,000, broadcast address (ether_setup). For `setup`. @public */
export function etherSetup(dev: NetDevice): void {
  dev.headerOps = ETH_HEADER_OPS;
  dev.type = ARPHRD_ETHER;
  dev.hardHeaderLen = ETH_HLEN;
  dev.minHeaderLen = ETH_HLEN;
  dev.mtu = ETH_DATA_LEN;
  dev.minMtu = ETH_MIN_MTU;
  dev.maxMtu = ETH_DATA_LEN;
  dev.addrLen = ETH_ALEN;
  dev.txQueueLen = DEFAULT_TX_QUEUE_LEN;
  dev.flags = IFF_BROADCAST | IFF_MULTICAST;
  dev.broadcast.fill(0xff, 0, ETH_ALEN);
}

/** Gives the device a random address of its own, locally administered, out of the kernel's stream for that (eth_hw_addr_random). @public */
export function ethHwAddrRandom(dev: NetDevice): void {
  const addr = new Uint8Array(ETH_ALEN);
  dev.sd.addrRng.fill(addr);
  addr[0] = (addr[0]! & 0xfe) | 0x02;
  etherAddrCopy(dev.devAddr, 0, addr, 0);
  dev.addrAssignType = NET_ADDR_RANDOM;
}

/** Sets the device's address before it is registered (eth_hw_addr_set). @public */
export function ethHwAddrSet(dev: NetDevice, addr: Uint8Array): void {
  etherAddrCopy(dev.devAddr, 0, addr, 0);
}

/**
 * The `setMacAddress` of Ethernet drivers (eth_mac_addr): 0, -EBUSY when the device is up and cannot change then, -EADDRNOTAVAIL for a group or
 * zero address.
 * @public
 */
export function ethMacAddr(dev: NetDevice, addr: Uint8Array): number {
  if (dev.running && (dev.privFlags & IFF_LIVE_ADDR_CHANGE) === 0) return -EBUSY;
  if (!isValidEtherAddr(addr, 0)) return -EADDRNOTAVAIL;
  etherAddrCopy(dev.devAddr, 0, addr, 0);
  return 0;
}

/** The `validateAddr` of Ethernet drivers: 0 or -EADDRNOTAVAIL (eth_validate_addr). @public */
export function ethValidateAddr(dev: NetDevice): number {
  return isValidEtherAddr(dev.devAddr, 0) ? 0 : -EADDRNOTAVAIL;
}
