/**
 * ARP (RFC 826) and hardware types: numbers and accessors for Ethernet/IPv4.
 */

// Hardware types

/** ARP hardware type (IANA; above 255 Linux-internal): netrom. @public */
export const ARPHRD_NETROM = 0;
/** Hardware type: Ethernet. @public */
export const ARPHRD_ETHER = 1;
/** ARP hardware type (IANA; above 255 Linux-internal): eether. @public */
export const ARPHRD_EETHER = 2;
/** ARP hardware type (IANA; above 255 Linux-internal): ax25. @public */
export const ARPHRD_AX25 = 3;
/** ARP hardware type (IANA; above 255 Linux-internal): pronet. @public */
export const ARPHRD_PRONET = 4;
/** ARP hardware type (IANA; above 255 Linux-internal): chaos. @public */
export const ARPHRD_CHAOS = 5;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee802. @public */
export const ARPHRD_IEEE802 = 6;
/** ARP hardware type (IANA; above 255 Linux-internal): arcnet. @public */
export const ARPHRD_ARCNET = 7;
/** ARP hardware type (IANA; above 255 Linux-internal): appletlk. @public */
export const ARPHRD_APPLETLK = 8;
/** ARP hardware type (IANA; above 255 Linux-internal): dlci. @public */
export const ARPHRD_DLCI = 15;
/** ARP hardware type (IANA; above 255 Linux-internal): atm. @public */
export const ARPHRD_ATM = 19;
/** ARP hardware type (IANA; above 255 Linux-internal): metricom. @public */
export const ARPHRD_METRICOM = 23;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee1394. @public */
export const ARPHRD_IEEE1394 = 24;
/** ARP hardware type (IANA; above 255 Linux-internal): eui64. @public */
export const ARPHRD_EUI64 = 27;
/** ARP hardware type (IANA; above 255 Linux-internal): infiniband. @public */
export const ARPHRD_INFINIBAND = 32;
/** ARP hardware type (IANA; above 255 Linux-internal): slip. @public */
export const ARPHRD_SLIP = 256;
/** ARP hardware type (IANA; above 255 Linux-internal): cslip. @public */
export const ARPHRD_CSLIP = 257;
/** ARP hardware type (IANA; above 255 Linux-internal): slip6. @public */
export const ARPHRD_SLIP6 = 258;
/** ARP hardware type (IANA; above 255 Linux-internal): cslip6. @public */
export const ARPHRD_CSLIP6 = 259;
/** ARP hardware type (IANA; above 255 Linux-internal): rsrvd. @public */
export const ARPHRD_RSRVD = 260;
/** ARP hardware type (IANA; above 255 Linux-internal): adapt. @public */
export const ARPHRD_ADAPT = 264;
/** ARP hardware type (IANA; above 255 Linux-internal): rose. @public */
export const ARPHRD_ROSE = 270;
/** ARP hardware type (IANA; above 255 Linux-internal): x25. @public */
export const ARPHRD_X25 = 271;
/** ARP hardware type (IANA; above 255 Linux-internal): hwx25. @public */
export const ARPHRD_HWX25 = 272;
/** ARP hardware type (IANA; above 255 Linux-internal): can. @public */
export const ARPHRD_CAN = 280;
/** ARP hardware type (IANA; above 255 Linux-internal): mctp. @public */
export const ARPHRD_MCTP = 290;
/** Hardware type: PPP. @public */
export const ARPHRD_PPP = 512;
/** ARP hardware type (IANA; above 255 Linux-internal): cisco. @public */
export const ARPHRD_CISCO = 513;
/** ARP hardware type (IANA; above 255 Linux-internal): hdlc. @public */
export const ARPHRD_HDLC = 513;
/** ARP hardware type (IANA; above 255 Linux-internal): lapb. @public */
export const ARPHRD_LAPB = 516;
/** ARP hardware type (IANA; above 255 Linux-internal): ddcmp. @public */
export const ARPHRD_DDCMP = 517;
/** ARP hardware type (IANA; above 255 Linux-internal): rawhdlc. @public */
export const ARPHRD_RAWHDLC = 518;
/** ARP hardware type (IANA; above 255 Linux-internal): rawip. @public */
export const ARPHRD_RAWIP = 519;
/** Hardware type: IPIP tunnel. @public */
export const ARPHRD_TUNNEL = 768;
/** ARP hardware type (IANA; above 255 Linux-internal): tunnel6. @public */
export const ARPHRD_TUNNEL6 = 769;
/** ARP hardware type (IANA; above 255 Linux-internal): frad. @public */
export const ARPHRD_FRAD = 770;
/** ARP hardware type (IANA; above 255 Linux-internal): skip. @public */
export const ARPHRD_SKIP = 771;
/** Hardware type: loopback device. @public */
export const ARPHRD_LOOPBACK = 772;
/** ARP hardware type (IANA; above 255 Linux-internal): localtlk. @public */
export const ARPHRD_LOCALTLK = 773;
/** ARP hardware type (IANA; above 255 Linux-internal): fddi. @public */
export const ARPHRD_FDDI = 774;
/** ARP hardware type (IANA; above 255 Linux-internal): bif. @public */
export const ARPHRD_BIF = 775;
/** ARP hardware type (IANA; above 255 Linux-internal): sit. @public */
export const ARPHRD_SIT = 776;
/** ARP hardware type (IANA; above 255 Linux-internal): ipddp. @public */
export const ARPHRD_IPDDP = 777;
/** ARP hardware type (IANA; above 255 Linux-internal): ipgre. @public */
export const ARPHRD_IPGRE = 778;
/** ARP hardware type (IANA; above 255 Linux-internal): pimreg. @public */
export const ARPHRD_PIMREG = 779;
/** ARP hardware type (IANA; above 255 Linux-internal): hippi. @public */
export const ARPHRD_HIPPI = 780;
/** ARP hardware type (IANA; above 255 Linux-internal): ash. @public */
export const ARPHRD_ASH = 781;
/** ARP hardware type (IANA; above 255 Linux-internal): econet. @public */
export const ARPHRD_ECONET = 782;
/** ARP hardware type (IANA; above 255 Linux-internal): irda. @public */
export const ARPHRD_IRDA = 783;
/** ARP hardware type (IANA; above 255 Linux-internal): fcpp. @public */
export const ARPHRD_FCPP = 784;
/** ARP hardware type (IANA; above 255 Linux-internal): fcal. @public */
export const ARPHRD_FCAL = 785;
/** ARP hardware type (IANA; above 255 Linux-internal): fcpl. @public */
export const ARPHRD_FCPL = 786;
/** ARP hardware type (IANA; above 255 Linux-internal): fcfabric. @public */
export const ARPHRD_FCFABRIC = 787;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee802 tr. @public */
export const ARPHRD_IEEE802_TR = 800;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee80211. @public */
export const ARPHRD_IEEE80211 = 801;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee80211 prism. @public */
export const ARPHRD_IEEE80211_PRISM = 802;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee80211 radiotap. @public */
export const ARPHRD_IEEE80211_RADIOTAP = 803;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee802154. @public */
export const ARPHRD_IEEE802154 = 804;
/** ARP hardware type (IANA; above 255 Linux-internal): ieee802154 monitor. @public */
export const ARPHRD_IEEE802154_MONITOR = 805;
/** ARP hardware type (IANA; above 255 Linux-internal): phonet. @public */
export const ARPHRD_PHONET = 820;
/** ARP hardware type (IANA; above 255 Linux-internal): phonet pipe. @public */
export const ARPHRD_PHONET_PIPE = 821;
/** ARP hardware type (IANA; above 255 Linux-internal): caif. @public */
export const ARPHRD_CAIF = 822;
/** ARP hardware type (IANA; above 255 Linux-internal): ip6gre. @public */
export const ARPHRD_IP6GRE = 823;
/** ARP hardware type (IANA; above 255 Linux-internal): netlink. @public */
export const ARPHRD_NETLINK = 824;
/** ARP hardware type (IANA; above 255 Linux-internal): 6lowpan. @public */
export const ARPHRD_6LOWPAN = 825;
/** ARP hardware type (IANA; above 255 Linux-internal): vsockmon. @public */
export const ARPHRD_VSOCKMON = 826;
/** Hardware type: none (TUN). @public */
export const ARPHRD_NONE = 65534;
/** Hardware type: nothing known. @public */
export const ARPHRD_VOID = 65535;

// Operations

/** ARP operation: request. @public */
export const ARPOP_REQUEST = 1;
/** ARP operation: reply. @public */
export const ARPOP_REPLY = 2;
/** ARP operation (RFC 826, RFC 903): rrequest. @public */
export const ARPOP_RREQUEST = 3;
/** ARP operation (RFC 826, RFC 903): rreply. @public */
export const ARPOP_RREPLY = 4;
/** ARP operation (RFC 826, RFC 903): inrequest. @public */
export const ARPOP_InREQUEST = 8;
/** ARP operation (RFC 826, RFC 903): inreply. @public */
export const ARPOP_InREPLY = 9;
/** ARP operation (RFC 826, RFC 903): nak. @public */
export const ARPOP_NAK = 10;

// ioctl entry flags

/** Flag of an ARP entry in SIOCGARP/SIOCSARP (arp(7)): com. @public */
export const ATF_COM = 0x02;
/** Flag of an ARP entry in SIOCGARP/SIOCSARP (arp(7)): perm. @public */
export const ATF_PERM = 0x04;
/** Flag of an ARP entry in SIOCGARP/SIOCSARP (arp(7)): publ. @public */
export const ATF_PUBL = 0x08;
/** Flag of an ARP entry in SIOCGARP/SIOCSARP (arp(7)): usetrailers. @public */
export const ATF_USETRAILERS = 0x10;
/** Flag of an ARP entry in SIOCGARP/SIOCSARP (arp(7)): netmask. @public */
export const ATF_NETMASK = 0x20;
/** Flag of an ARP entry in SIOCGARP/SIOCSARP (arp(7)): dontpub. @public */
export const ATF_DONTPUB = 0x40;

// Sizes

/** Size of the fixed part of an ARP packet in bytes. @public */
export const ARPHDR_LEN = 8;
/** Size of an Ethernet/IPv4 ARP packet in bytes. @public */
export const ARPHDR_ETH_IP_LEN = 28;

/** Offset of the sender's hardware address in an Ethernet/IPv4 ARP packet. @public */
export const ARP_ETH_SHA = 8;
/** Offset of the sender's protocol address in an Ethernet/IPv4 ARP packet. @public */
export const ARP_ETH_SIP = 14;
/** Offset of the target's hardware address in an Ethernet/IPv4 ARP packet. @public */
export const ARP_ETH_THA = 18;
/** Offset of the target's protocol address in an Ethernet/IPv4 ARP packet. @public */
export const ARP_ETH_TIP = 24;

// Header accessors.

/** Hardware type (ARPHRD_*). @public */
export function arpHrd(view: DataView, off: number): number {
  return view.getUint16(off);
}

/** Sets: hardware type (ARPHRD_*). @public */
export function arpSetHrd(view: DataView, off: number, value: number): void {
  view.setUint16(off, value);
}

/** Protocol type (an EtherType). @public */
export function arpPro(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets: protocol type (an EtherType). @public */
export function arpSetPro(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value);
}

/** Length of a hardware address. @public */
export function arpHln(view: DataView, off: number): number {
  return view.getUint8(off + 4);
}

/** Sets: length of a hardware address. @public */
export function arpSetHln(view: DataView, off: number, value: number): void {
  view.setUint8(off + 4, value);
}

/** Length of a protocol address. @public */
export function arpPln(view: DataView, off: number): number {
  return view.getUint8(off + 5);
}

/** Sets: length of a protocol address. @public */
export function arpSetPln(view: DataView, off: number, value: number): void {
  view.setUint8(off + 5, value);
}

/** Operation (ARPOP_*). @public */
export function arpOp(view: DataView, off: number): number {
  return view.getUint16(off + 6);
}

/** Sets: operation (ARPOP_*). @public */
export function arpSetOp(view: DataView, off: number, value: number): void {
  view.setUint16(off + 6, value);
}

/** Sender address of an Ethernet/IPv4 packet, int32. @public */
export function arpEthSip(view: DataView, off: number): number {
  return view.getInt32(off + 14);
}

/** Sets: sender address of an Ethernet/IPv4 packet, int32. @public */
export function arpSetEthSip(view: DataView, off: number, value: number): void {
  view.setInt32(off + 14, value);
}

/** Target address of an Ethernet/IPv4 packet, int32. @public */
export function arpEthTip(view: DataView, off: number): number {
  return view.getInt32(off + 24);
}

/** Sets: target address of an Ethernet/IPv4 packet, int32. @public */
export function arpSetEthTip(view: DataView, off: number, value: number): void {
  view.setInt32(off + 24, value);
}

/** Writes the 28 bytes of an Ethernet/IPv4 ARP packet at `off`: operation, sender and target (MAC addresses of 6 bytes, `tha` null for zeroes; IPv4 addresses int32). Source: RFC 826, `arp_create()`. @public */
export function arpEthWrite(u8: Uint8Array, view: DataView, off: number, op: number, sha: Uint8Array, sip: number, tha: Uint8Array | null, tip: number): void {
  view.setUint16(off, ARPHRD_ETHER);
  view.setUint16(off + 2, 0x0800);
  view.setUint8(off + 4, 6);
  view.setUint8(off + 5, 4);
  view.setUint16(off + 6, op);
  for (let i = 0; i < 6; i++) u8[off + ARP_ETH_SHA + i] = sha[i]!;
  view.setInt32(off + ARP_ETH_SIP, sip);
  for (let i = 0; i < 6; i++) u8[off + ARP_ETH_THA + i] = tha === null ? 0 : tha[i]!;
  view.setInt32(off + ARP_ETH_TIP, tip);
}
