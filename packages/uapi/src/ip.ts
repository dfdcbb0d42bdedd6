/**
 * The IPv4 header (RFC 791): accessors, options, TOS/DSCP and ECN (RFC 3168).
 */

// Header constants

/** The version in an IPv4 header. @public */
export const IPVERSION = 4;
/** Size of the IPv4 header without options. @public */
export const IPHDR_LEN = 20;
/** Size of the IPv4 header with all options. @public */
export const IPV4_MAX_HDRLEN = 60;
/** Time to live that Linux begins with. @public */
export const IPDEFTTL = 64;
/** Smallest MTU of an IPv4 link (RFC 791). @public */
export const IPV4_MIN_MTU = 68;
/** Fragment field: the offset, in units of 8 bytes. @public */
export const IP_OFFSET = 8191;
/** Fragment field: more fragments follow. @public */
export const IP_MF = 8192;
/** Fragment field: don't fragment. @public */
export const IP_DF = 16384;
/** Fragment field: the reserved bit, as Linux names it. @public */
export const IP_CE = 32768;
/** Fragment field: the reserved bit (RFC 3514 calls it evil). @public */
export const IP_RF = 32768;
/** Largest IPv4 packet. @public */
export const IP_MAX_MTU = 65535;

// Options

/** IPv4 option (RFC 791, ip(7)): control. @public */
export const IPOPT_CONTROL = 0;
/** Option: end of the list. @public */
export const IPOPT_END = 0;
/** IPv4 option (RFC 791, ip(7)): eol. @public */
export const IPOPT_EOL = 0;
/** Offset of the option type in an option. @public */
export const IPOPT_OPTVAL = 0;
/** IPv4 option (RFC 791, ip(7)): ts tsonly. @public */
export const IPOPT_TS_TSONLY = 0;
/** Option: padding. @public */
export const IPOPT_NOOP = 1;
/** IPv4 option (RFC 791, ip(7)): nop. @public */
export const IPOPT_NOP = 1;
/** Offset of the length in an option. @public */
export const IPOPT_OLEN = 1;
/** IPv4 option (RFC 791, ip(7)): ts tsandaddr. @public */
export const IPOPT_TS_TSANDADDR = 1;
/** Offset of the pointer in an option. @public */
export const IPOPT_OFFSET = 2;
/** IPv4 option (RFC 791, ip(7)): ts prespec. @public */
export const IPOPT_TS_PRESPEC = 3;
/** Smallest pointer in an option. @public */
export const IPOPT_MINOFF = 4;
/** Option: record route. @public */
export const IPOPT_RR = 7;
/** IPv4 option (RFC 791, ip(7)): number mask. @public */
export const IPOPT_NUMBER_MASK = 31;
/** IPv4 option (RFC 791, ip(7)): reserved1. @public */
export const IPOPT_RESERVED1 = 32;
/** Most bytes of options in an IPv4 header. @public */
export const MAX_IPOPTLEN = 40;
/** IPv4 option (RFC 791, ip(7)): measurement. @public */
export const IPOPT_MEASUREMENT = 64;
/** Option: timestamps. @public */
export const IPOPT_TIMESTAMP = 68;
/** IPv4 option (RFC 791, ip(7)): ts. @public */
export const IPOPT_TS = 68;
/** IPv4 option (RFC 791, ip(7)): class mask. @public */
export const IPOPT_CLASS_MASK = 96;
/** IPv4 option (RFC 791, ip(7)): reserved2. @public */
export const IPOPT_RESERVED2 = 96;
/** Bit of the option type: copied into every fragment. @public */
export const IPOPT_COPY = 128;
/** Option: security (RFC 1108). @public */
export const IPOPT_SEC = 130;
/** Option: loose source route. @public */
export const IPOPT_LSRR = 131;
/** Option: commercial IP security. @public */
export const IPOPT_CIPSO = 134;
/** Option: stream id. @public */
export const IPOPT_SID = 136;
/** Option: strict source route. @public */
export const IPOPT_SSRR = 137;
/** Option: router alert (RFC 2113). @public */
export const IPOPT_RA = 148;

// Type of service

/** Type of service (RFC 1349, ip(7)): prec routine. @public */
export const IPTOS_PREC_ROUTINE = 0x00;
/** Type of service (RFC 1349, ip(7)): mincost. @public */
export const IPTOS_MINCOST = 0x02;
/** Type of service (RFC 1349, ip(7)): reliability. @public */
export const IPTOS_RELIABILITY = 0x04;
/** Type of service (RFC 1349, ip(7)): throughput. @public */
export const IPTOS_THROUGHPUT = 0x08;
/** Type of service (RFC 1349, ip(7)): lowdelay. @public */
export const IPTOS_LOWDELAY = 0x10;
/** The bits of the TOS byte that routing looks at. @public */
export const IPTOS_RT_MASK = 0x1c;
/** The four bits of RFC 1349 in the TOS byte. @public */
export const IPTOS_TOS_MASK = 0x1e;
/** Type of service (RFC 1349, ip(7)): prec priority. @public */
export const IPTOS_PREC_PRIORITY = 0x20;
/** Type of service (RFC 1349, ip(7)): prec immediate. @public */
export const IPTOS_PREC_IMMEDIATE = 0x40;
/** Type of service (RFC 1349, ip(7)): prec flash. @public */
export const IPTOS_PREC_FLASH = 0x60;
/** Type of service (RFC 1349, ip(7)): prec flashoverride. @public */
export const IPTOS_PREC_FLASHOVERRIDE = 0x80;
/** Type of service (RFC 1349, ip(7)): prec critic ecp. @public */
export const IPTOS_PREC_CRITIC_ECP = 0xa0;
/** Type of service (RFC 1349, ip(7)): prec internetcontrol. @public */
export const IPTOS_PREC_INTERNETCONTROL = 0xc0;
/** Type of service (RFC 1349, ip(7)): prec mask. @public */
export const IPTOS_PREC_MASK = 0xe0;
/** Type of service (RFC 1349, ip(7)): prec netcontrol. @public */
export const IPTOS_PREC_NETCONTROL = 0xe0;

// Per-device settings

/** Index of a per-device IPv4 setting in IFLA_INET_CONF: forwarding. @public */
export const IPV4_DEVCONF_FORWARDING = 1;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: mc forwarding. @public */
export const IPV4_DEVCONF_MC_FORWARDING = 2;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: proxy arp. @public */
export const IPV4_DEVCONF_PROXY_ARP = 3;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: accept redirects. @public */
export const IPV4_DEVCONF_ACCEPT_REDIRECTS = 4;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: secure redirects. @public */
export const IPV4_DEVCONF_SECURE_REDIRECTS = 5;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: send redirects. @public */
export const IPV4_DEVCONF_SEND_REDIRECTS = 6;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: shared media. @public */
export const IPV4_DEVCONF_SHARED_MEDIA = 7;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: rp filter. @public */
export const IPV4_DEVCONF_RP_FILTER = 8;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: accept source route. @public */
export const IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE = 9;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: bootp relay. @public */
export const IPV4_DEVCONF_BOOTP_RELAY = 10;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: log martians. @public */
export const IPV4_DEVCONF_LOG_MARTIANS = 11;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: tag. @public */
export const IPV4_DEVCONF_TAG = 12;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: arpfilter. @public */
export const IPV4_DEVCONF_ARPFILTER = 13;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: medium id. @public */
export const IPV4_DEVCONF_MEDIUM_ID = 14;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: noxfrm. @public */
export const IPV4_DEVCONF_NOXFRM = 15;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: nopolicy. @public */
export const IPV4_DEVCONF_NOPOLICY = 16;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: force igmp version. @public */
export const IPV4_DEVCONF_FORCE_IGMP_VERSION = 17;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: arp announce. @public */
export const IPV4_DEVCONF_ARP_ANNOUNCE = 18;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: arp ignore. @public */
export const IPV4_DEVCONF_ARP_IGNORE = 19;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: promote secondaries. @public */
export const IPV4_DEVCONF_PROMOTE_SECONDARIES = 20;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: arp accept. @public */
export const IPV4_DEVCONF_ARP_ACCEPT = 21;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: arp notify. @public */
export const IPV4_DEVCONF_ARP_NOTIFY = 22;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: accept local. @public */
export const IPV4_DEVCONF_ACCEPT_LOCAL = 23;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: src vmark. @public */
export const IPV4_DEVCONF_SRC_VMARK = 24;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: proxy arp pvlan. @public */
export const IPV4_DEVCONF_PROXY_ARP_PVLAN = 25;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: route localnet. @public */
export const IPV4_DEVCONF_ROUTE_LOCALNET = 26;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: igmpv2 unsolicited report interval. @public */
export const IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL = 27;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: igmpv3 unsolicited report interval. @public */
export const IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL = 28;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: ignore routes with linkdown. @public */
export const IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN = 29;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: drop unicast in l2 multicast. @public */
export const IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST = 30;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: drop gratuitous arp. @public */
export const IPV4_DEVCONF_DROP_GRATUITOUS_ARP = 31;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: bc forwarding. @public */
export const IPV4_DEVCONF_BC_FORWARDING = 32;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: arp evict nocarrier. @public */
export const IPV4_DEVCONF_ARP_EVICT_NOCARRIER = 33;
/** Index of a per-device IPv4 setting in IFLA_INET_CONF: max. @public */
export const IPV4_DEVCONF_MAX = 33;

// ECN field

/** ECN field: not ECN-capable (RFC 3168). @public */
export const INET_ECN_NOT_ECT = 0;
/** ECN field: ECN-capable, ECT(1). @public */
export const INET_ECN_ECT_1 = 1;
/** ECN field: ECN-capable, ECT(0). @public */
export const INET_ECN_ECT_0 = 2;
/** ECN field: congestion experienced. @public */
export const INET_ECN_CE = 3;
/** The ECN field in a TOS byte or traffic class. @public */
export const INET_ECN_MASK = 3;

// Header accessors: `off` is the offset of the header, numbers are in host order.

/** IP version in the header at `off` (4 for IPv4). @public */
export function iphVersion(view: DataView, off: number): number {
  return view.getUint8(off) >>> 4;
}

/** Header length in 32-bit words (5..15). @public */
export function iphIhl(view: DataView, off: number): number {
  return view.getUint8(off) & 0xf;
}

/** Sets version 4 and the header length in 32-bit words. @public */
export function iphSetVersionIhl(view: DataView, off: number, ihl: number): void {
  view.setUint8(off, 0x40 | ihl);
}

/** Type of service byte (DSCP and ECN). @public */
export function iphTos(view: DataView, off: number): number {
  return view.getUint8(off + 1);
}

/** Sets: type of service byte (DSCP and ECN). @public */
export function iphSetTos(view: DataView, off: number, value: number): void {
  view.setUint8(off + 1, value);
}

/** Total length in bytes, header included. @public */
export function iphTotLen(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets: total length in bytes, header included. @public */
export function iphSetTotLen(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value);
}

/** Identification. @public */
export function iphId(view: DataView, off: number): number {
  return view.getUint16(off + 4);
}

/** Sets: identification. @public */
export function iphSetId(view: DataView, off: number, value: number): void {
  view.setUint16(off + 4, value);
}

/** The raw 16 bits of flags and fragment offset (see IP_DF, IP_MF, IP_OFFSET). @public */
export function iphFragOff(view: DataView, off: number): number {
  return view.getUint16(off + 6);
}

/** Sets: the raw 16 bits of flags and fragment offset (see IP_DF, IP_MF, IP_OFFSET). @public */
export function iphSetFragOff(view: DataView, off: number, value: number): void {
  view.setUint16(off + 6, value);
}

/** Time to live. @public */
export function iphTtl(view: DataView, off: number): number {
  return view.getUint8(off + 8);
}

/** Sets: time to live. @public */
export function iphSetTtl(view: DataView, off: number, value: number): void {
  view.setUint8(off + 8, value);
}

/** Protocol of the payload (IPPROTO_*). @public */
export function iphProtocol(view: DataView, off: number): number {
  return view.getUint8(off + 9);
}

/** Sets: protocol of the payload (IPPROTO_*). @public */
export function iphSetProtocol(view: DataView, off: number, value: number): void {
  view.setUint8(off + 9, value);
}

/** Header checksum. @public */
export function iphCheck(view: DataView, off: number): number {
  return view.getUint16(off + 10);
}

/** Sets: header checksum. @public */
export function iphSetCheck(view: DataView, off: number, value: number): void {
  view.setUint16(off + 10, value);
}

/** Source address, int32. @public */
export function iphSaddr(view: DataView, off: number): number {
  return view.getInt32(off + 12);
}

/** Sets: source address, int32. @public */
export function iphSetSaddr(view: DataView, off: number, value: number): void {
  view.setInt32(off + 12, value);
}

/** Destination address, int32. @public */
export function iphDaddr(view: DataView, off: number): number {
  return view.getInt32(off + 16);
}

/** Sets: destination address, int32. @public */
export function iphSetDaddr(view: DataView, off: number, value: number): void {
  view.setInt32(off + 16, value);
}

/** True if the packet is a fragment (more fragments follow, or its offset is not 0). Source: `ip_is_fragment()`. @public */
export function ipIsFragment(view: DataView, off: number): boolean {
  return (view.getUint16(off + 6) & (IP_MF | IP_OFFSET)) !== 0;
}

/** Decreases the time to live by one, mends the checksum incrementally and returns the new value. Source: RFC 1141, `ip_decrease_ttl()`. @public */
export function ipDecreaseTtl(view: DataView, off: number): number {
  let check = view.getUint16(off + 10) + 0x0100;
  check = (check + (check >= 0xffff ? 1 : 0)) & 0xffff;
  view.setUint16(off + 10, check);
  const ttl = (view.getUint8(off + 8) - 1) & 0xff;
  view.setUint8(off + 8, ttl);
  return ttl;
}

/** True if the option is copied into every fragment. Source: RFC 791 section 3.1. @public */
export function ipoptCopied(option: number): boolean {
  return (option & IPOPT_COPY) !== 0;
}

/** ECN field of a TOS byte. @public */
export function inetEcn(dsfield: number): number {
  return dsfield & INET_ECN_MASK;
}

/** True if the ECN field says «congestion experienced». Source: `INET_ECN_is_ce()`. @public */
export function inetEcnIsCe(dsfield: number): boolean {
  return (dsfield & INET_ECN_MASK) === INET_ECN_CE;
}

/** True if the ECN field says «not ECN-capable». Source: `INET_ECN_is_not_ect()`. @public */
export function inetEcnIsNotEct(dsfield: number): boolean {
  return (dsfield & INET_ECN_MASK) === INET_ECN_NOT_ECT;
}

/** True if the ECN field says ECT(0), ECT(1) or CE. Source: `INET_ECN_is_capable()`, RFC 3168 section 5. @public */
export function inetEcnIsCapable(dsfield: number): boolean {
  return (dsfield & INET_ECN_MASK) !== 0;
}

/** TOS byte for an outer header: the outer DSCP with the inner ECN field, where CE becomes ECT(0). Source: RFC 6040 section 4.1, `INET_ECN_encapsulate()`. @public */
export function inetEcnEncapsulate(outer: number, inner: number): number {
  return (outer & ~INET_ECN_MASK) | (inetEcnIsCe(inner) ? INET_ECN_ECT_0 : inner & INET_ECN_MASK);
}

/** Marks the header at `off` with «congestion experienced» and mends the checksum (RFC 1624); returns false, changing nothing, if the packet is not ECN-capable. Source: `IP_ECN_set_ce()`. @public */
export function ipEcnSetCe(view: DataView, off: number): boolean {
  const tos = view.getUint8(off + 1);
  if ((tos & INET_ECN_MASK) === INET_ECN_NOT_ECT) return false;
  if ((tos & INET_ECN_MASK) === INET_ECN_CE) return true;
  const word = view.getUint16(off);
  // RFC 1624 equation 3: HC' = ~(~HC + ~m + m')
  let sum = (~view.getUint16(off + 10) & 0xffff) + (~word & 0xffff) + (word | INET_ECN_CE);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(off + 10, ~sum & 0xffff);
  view.setUint8(off + 1, tos | INET_ECN_CE);
  return true;
}
