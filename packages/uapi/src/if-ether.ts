/**
 * Ethernet: header layout (IEEE 802.3), EtherTypes, address helpers.
 */

// EtherTypes

/** Pseudo-EtherType: 802.3 frame whose field is a length. @public */
export const ETH_P_802_3 = 0x0001;
/** EtherType `AX25` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_AX25 = 0x0002;
/** Pseudo-EtherType: every packet, sent ones included (packet(7)). @public */
export const ETH_P_ALL = 0x0003;
/** Pseudo-EtherType: 802.2 LLC frame. @public */
export const ETH_P_802_2 = 0x0004;
/** Pseudo-EtherType: SNAP frame. @public */
export const ETH_P_SNAP = 0x0005;
/** EtherType `DDCMP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DDCMP = 0x0006;
/** EtherType `WAN_PPP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_WAN_PPP = 0x0007;
/** EtherType `PPP_MP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PPP_MP = 0x0008;
/** EtherType `LOCALTALK` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_LOCALTALK = 0x0009;
/** EtherType `CAN` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_CAN = 0x000c;
/** EtherType `CANFD` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_CANFD = 0x000d;
/** EtherType `CANXL` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_CANXL = 0x000e;
/** EtherType `PPPTALK` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PPPTALK = 0x0010;
/** EtherType `TR_802_2` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_TR_802_2 = 0x0011;
/** EtherType `MOBITEX` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_MOBITEX = 0x0015;
/** EtherType `CONTROL` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_CONTROL = 0x0016;
/** EtherType `IRDA` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_IRDA = 0x0017;
/** EtherType `ECONET` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ECONET = 0x0018;
/** EtherType `HDLC` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_HDLC = 0x0019;
/** EtherType `ARCNET` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ARCNET = 0x001a;
/** EtherType `DSA` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DSA = 0x001b;
/** EtherType `TRAILER` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_TRAILER = 0x001c;
/** EtherType: Ethernet loopback packet as Linux numbers it. @public */
export const ETH_P_LOOP = 0x0060;
/** EtherType `PHONET` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PHONET = 0x00f5;
/** EtherType `IEEE802154` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_IEEE802154 = 0x00f6;
/** EtherType `CAIF` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_CAIF = 0x00f7;
/** EtherType `XDSA` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_XDSA = 0x00f8;
/** EtherType `MAP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_MAP = 0x00f9;
/** EtherType `MCTP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_MCTP = 0x00fa;
/** EtherType `PUP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PUP = 0x0200;
/** EtherType `PUPAT` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PUPAT = 0x0201;
/** Smallest value that is an EtherType and not a length. @public */
export const ETH_P_802_3_MIN = 0x0600;
/** EtherType: IPv4. @public */
export const ETH_P_IP = 0x0800;
/** EtherType `X25` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_X25 = 0x0805;
/** EtherType: ARP (RFC 826). @public */
export const ETH_P_ARP = 0x0806;
/** EtherType `BPQ` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_BPQ = 0x08ff;
/** EtherType `IEEEPUP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_IEEEPUP = 0x0a00;
/** EtherType `IEEEPUPAT` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_IEEEPUPAT = 0x0a01;
/** EtherType `ERSPAN2` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ERSPAN2 = 0x22eb;
/** EtherType `TSN` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_TSN = 0x22f0;
/** EtherType `BATMAN` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_BATMAN = 0x4305;
/** EtherType `DEC` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DEC = 0x6000;
/** EtherType `DNA_DL` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DNA_DL = 0x6001;
/** EtherType `DNA_RC` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DNA_RC = 0x6002;
/** EtherType `DNA_RT` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DNA_RT = 0x6003;
/** EtherType `LAT` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_LAT = 0x6004;
/** EtherType `DIAG` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DIAG = 0x6005;
/** EtherType `CUST` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_CUST = 0x6006;
/** EtherType `SCA` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_SCA = 0x6007;
/** EtherType: Ethernet bridged over GRE. @public */
export const ETH_P_TEB = 0x6558;
/** EtherType: reverse ARP (RFC 903). @public */
export const ETH_P_RARP = 0x8035;
/** EtherType `ATALK` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ATALK = 0x809b;
/** EtherType `AARP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_AARP = 0x80f3;
/** EtherType: 802.1Q VLAN tag. @public */
export const ETH_P_8021Q = 0x8100;
/** EtherType `IPX` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_IPX = 0x8137;
/** EtherType: IPv6. @public */
export const ETH_P_IPV6 = 0x86dd;
/** EtherType: 802.3 flow control. @public */
export const ETH_P_PAUSE = 0x8808;
/** EtherType: slow protocols (LACP). @public */
export const ETH_P_SLOW = 0x8809;
/** EtherType `WCCP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_WCCP = 0x883e;
/** EtherType: MPLS unicast. @public */
export const ETH_P_MPLS_UC = 0x8847;
/** EtherType: MPLS multicast. @public */
export const ETH_P_MPLS_MC = 0x8848;
/** EtherType `ATMMPOA` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ATMMPOA = 0x884c;
/** EtherType: PPPoE discovery (RFC 2516). @public */
export const ETH_P_PPP_DISC = 0x8863;
/** EtherType: PPPoE session (RFC 2516). @public */
export const ETH_P_PPP_SES = 0x8864;
/** EtherType `LINK_CTL` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_LINK_CTL = 0x886c;
/** EtherType `ATMFATE` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ATMFATE = 0x8884;
/** EtherType: 802.1X port authentication. @public */
export const ETH_P_PAE = 0x888e;
/** EtherType `PROFINET` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PROFINET = 0x8892;
/** EtherType `REALTEK` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_REALTEK = 0x8899;
/** EtherType `AOE` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_AOE = 0x88a2;
/** EtherType `ETHERCAT` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ETHERCAT = 0x88a4;
/** EtherType: 802.1ad service tag. @public */
export const ETH_P_8021AD = 0x88a8;
/** EtherType `802_EX1` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_802_EX1 = 0x88b5;
/** EtherType `ERSPAN` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_ERSPAN = 0x88be;
/** EtherType `PREAUTH` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PREAUTH = 0x88c7;
/** EtherType `TIPC` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_TIPC = 0x88ca;
/** EtherType: link layer discovery. @public */
export const ETH_P_LLDP = 0x88cc;
/** EtherType `MRP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_MRP = 0x88e3;
/** EtherType `MACSEC` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_MACSEC = 0x88e5;
/** EtherType `8021AH` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_8021AH = 0x88e7;
/** EtherType `MVRP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_MVRP = 0x88f5;
/** EtherType `1588` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_1588 = 0x88f7;
/** EtherType `NCSI` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_NCSI = 0x88f8;
/** EtherType `PRP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_PRP = 0x88fb;
/** EtherType `CFM` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_CFM = 0x8902;
/** EtherType `FCOE` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_FCOE = 0x8906;
/** EtherType `TDLS` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_TDLS = 0x890d;
/** EtherType `FIP` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_FIP = 0x8914;
/** EtherType `IBOE` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_IBOE = 0x8915;
/** EtherType `80221` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_80221 = 0x8917;
/** EtherType `HSR` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_HSR = 0x892f;
/** EtherType `NSH` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_NSH = 0x894f;
/** EtherType `LOOPBACK` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_LOOPBACK = 0x9000;
/** EtherType `QINQ1` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_QINQ1 = 0x9100;
/** EtherType `QINQ2` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_QINQ2 = 0x9200;
/** EtherType `QINQ3` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_QINQ3 = 0x9300;
/** EtherType `EDSA` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_EDSA = 0xdada;
/** EtherType `DSA_8021Q` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DSA_8021Q = 0xdadb;
/** EtherType `DSA_A5PSW` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_DSA_A5PSW = 0xe001;
/** EtherType `IFE` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_IFE = 0xed3e;
/** EtherType `AF_IUCV` (IEEE 802 numbers; below 0x0600 Linux-internal). @public */
export const ETH_P_AF_IUCV = 0xfbfb;

// Sizes

/** Length of the EtherType field. @public */
export const ETH_TLEN = 2;
/** Length of the frame check sequence. @public */
export const ETH_FCS_LEN = 4;
/** Length of an Ethernet address. @public */
export const ETH_ALEN = 6;
/** Length of an Ethernet header. @public */
export const ETH_HLEN = 14;
/** Length of an Ethernet address as text. @public */
export const ETH_ADDR_STR_LEN = 17;
/** Shortest frame without its checksum. @public */
export const ETH_ZLEN = 60;
/** Smallest MTU of an Ethernet device: that of IPv4 (RFC 791). @public */
export const ETH_MIN_MTU = 68;
/** Most payload bytes of an ordinary frame. @public */
export const ETH_DATA_LEN = 1500;
/** Longest ordinary frame without its checksum. @public */
export const ETH_FRAME_LEN = 1514;
/** Largest MTU of an Ethernet device. @public */
export const ETH_MAX_MTU = 65535;

// Header accessors: `off` is the offset of the destination address.

/** EtherType (or 802.3 length) of the frame at `off`, host order. Source: `eth_hdr()->h_proto`. @public */
export function ethProto(view: DataView, off: number): number {
  return view.getUint16(off + 12);
}

/** Sets the EtherType of the frame at `off`; `proto` in host order. @public */
export function ethSetProto(view: DataView, off: number, proto: number): void {
  view.setUint16(off + 12, proto);
}

/** Copies one 6-byte address; the two ranges may not overlap. Source: `ether_addr_copy()`. @public */
export function etherAddrCopy(dst: Uint8Array, dstOff: number, src: Uint8Array, srcOff: number): void {
  // Written out: a loop or set() costs more than six byte moves.
  dst[dstOff] = src[srcOff]!;
  dst[dstOff + 1] = src[srcOff + 1]!;
  dst[dstOff + 2] = src[srcOff + 2]!;
  dst[dstOff + 3] = src[srcOff + 3]!;
  dst[dstOff + 4] = src[srcOff + 4]!;
  dst[dstOff + 5] = src[srcOff + 5]!;
}

/** Writes the 14-byte Ethernet header at `off`: 6-byte addresses `dst` and `src`, EtherType `proto`. `u8` and `view` are of the same buffer. Source: `eth_header()`. @public */
export function ethHdrWrite(u8: Uint8Array, view: DataView, off: number, dst: Uint8Array, src: Uint8Array, proto: number): void {
  etherAddrCopy(u8, off, dst, 0);
  etherAddrCopy(u8, off + 6, src, 0);
  view.setUint16(off + 12, proto);
}

/** True if the address at `off` is a group address (broadcast included). Source: `is_multicast_ether_addr()`. @public */
export function isMulticastEtherAddr(u8: Uint8Array, off: number): boolean {
  return (u8[off]! & 1) !== 0;
}

/** True if the address at `off` is ff:ff:ff:ff:ff:ff. Source: `is_broadcast_ether_addr()`. @public */
export function isBroadcastEtherAddr(u8: Uint8Array, off: number): boolean {
  return (u8[off]! & u8[off + 1]! & u8[off + 2]! & u8[off + 3]! & u8[off + 4]! & u8[off + 5]!) === 0xff;
}

/** True if the address at `off` is all zeroes. Source: `is_zero_ether_addr()`. @public */
export function isZeroEtherAddr(u8: Uint8Array, off: number): boolean {
  return (u8[off]! | u8[off + 1]! | u8[off + 2]! | u8[off + 3]! | u8[off + 4]! | u8[off + 5]!) === 0;
}

/** True if the address at `off` has the locally administered bit. Source: `is_local_ether_addr()`. @public */
export function isLocalEtherAddr(u8: Uint8Array, off: number): boolean {
  return (u8[off]! & 2) !== 0;
}

/** True if the address at `off` may be a station's own: neither a group address nor zero. Source: `is_valid_ether_addr()`. @public */
export function isValidEtherAddr(u8: Uint8Array, off: number): boolean {
  return !isMulticastEtherAddr(u8, off) && !isZeroEtherAddr(u8, off);
}

/** True if the two 6-byte addresses are equal. Source: `ether_addr_equal()`. @public */
export function etherAddrEqual(a: Uint8Array, aOff: number, b: Uint8Array, bOff: number): boolean {
  return (
    a[aOff] === b[bOff] &&
    a[aOff + 1] === b[bOff + 1] &&
    a[aOff + 2] === b[bOff + 2] &&
    a[aOff + 3] === b[bOff + 3] &&
    a[aOff + 4] === b[bOff + 4] &&
    a[aOff + 5] === b[bOff + 5]
  );
}

/** Writes the group MAC address of an IPv4 multicast address (host-order int32) at `off`. Source: RFC 1112 section 6.4, `ip_eth_mc_map()`. @public */
export function ipEthMcMap(addr: number, u8: Uint8Array, off: number): void {
  u8[off] = 0x01;
  u8[off + 1] = 0x00;
  u8[off + 2] = 0x5e;
  u8[off + 3] = (addr >>> 16) & 0x7f;
  u8[off + 4] = (addr >>> 8) & 0xff;
  u8[off + 5] = addr & 0xff;
}

/** Writes the group MAC address of an IPv6 multicast address, given its last 32 bits, at `off`. Source: RFC 2464 section 7, `ipv6_eth_mc_map()`. @public */
export function ipv6EthMcMap(lastWord: number, u8: Uint8Array, off: number): void {
  u8[off] = 0x33;
  u8[off + 1] = 0x33;
  u8[off + 2] = (lastWord >>> 24) & 0xff;
  u8[off + 3] = (lastWord >>> 16) & 0xff;
  u8[off + 4] = (lastWord >>> 8) & 0xff;
  u8[off + 5] = lastWord & 0xff;
}

/** The address at `off` (default 0; `len` bytes, default 6) as lower-case hex with colons. @public */
export function macToString(u8: Uint8Array, off: number = 0, len: number = 6): string {
  let s = '';
  for (let i = 0; i < len; i++) s += (i === 0 ? '' : ':') + u8[off + i]!.toString(16).padStart(2, '0');
  return s;
}

/** Parses `aa:bb:cc:dd:ee:ff` (or with dashes); throws a TypeError that names the argument on anything else. @public */
export function macFromString(mac: string): Uint8Array {
  if (typeof mac !== 'string' || !/^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/.test(mac)) {
    throw new TypeError(`mac: expected six hexadecimal bytes such as "02:00:00:00:00:01", got ${JSON.stringify(mac)}`);
  }
  const out = new Uint8Array(6);
  for (let i = 0; i < 6; i++) out[i] = Number.parseInt(mac.slice(i * 3, i * 3 + 2), 16);
  return out;
}
