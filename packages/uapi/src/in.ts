/**
 * IPv4 addresses, protocol numbers and socket options: ip(7), in(7), RFC 1122.
 * Addresses are host-order int32.
 */

// IP protocol numbers

/** IP protocol number `HOPOPTS` (IANA). @public */
export const IPPROTO_HOPOPTS = 0;
/** IP protocol number `IP` (IANA). @public */
export const IPPROTO_IP = 0;
/** IP protocol number `ICMP` (IANA). @public */
export const IPPROTO_ICMP = 1;
/** IP protocol number `IGMP` (IANA). @public */
export const IPPROTO_IGMP = 2;
/** IP protocol number `IPIP` (IANA). @public */
export const IPPROTO_IPIP = 4;
/** IP protocol number `TCP` (IANA). @public */
export const IPPROTO_TCP = 6;
/** IP protocol number `EGP` (IANA). @public */
export const IPPROTO_EGP = 8;
/** IP protocol number `PUP` (IANA). @public */
export const IPPROTO_PUP = 12;
/** IP protocol number `UDP` (IANA). @public */
export const IPPROTO_UDP = 17;
/** IP protocol number `IDP` (IANA). @public */
export const IPPROTO_IDP = 22;
/** IP protocol number `TP` (IANA). @public */
export const IPPROTO_TP = 29;
/** IP protocol number `DCCP` (IANA). @public */
export const IPPROTO_DCCP = 33;
/** IP protocol number `IPV6` (IANA). @public */
export const IPPROTO_IPV6 = 41;
/** IP protocol number `ROUTING` (IANA). @public */
export const IPPROTO_ROUTING = 43;
/** IP protocol number `FRAGMENT` (IANA). @public */
export const IPPROTO_FRAGMENT = 44;
/** IP protocol number `RSVP` (IANA). @public */
export const IPPROTO_RSVP = 46;
/** IP protocol number `GRE` (IANA). @public */
export const IPPROTO_GRE = 47;
/** IP protocol number `ESP` (IANA). @public */
export const IPPROTO_ESP = 50;
/** IP protocol number `AH` (IANA). @public */
export const IPPROTO_AH = 51;
/** IP protocol number `ICMPV6` (IANA). @public */
export const IPPROTO_ICMPV6 = 58;
/** IP protocol number `NONE` (IANA). @public */
export const IPPROTO_NONE = 59;
/** IP protocol number `DSTOPTS` (IANA). @public */
export const IPPROTO_DSTOPTS = 60;
/** IP protocol number `MTP` (IANA). @public */
export const IPPROTO_MTP = 92;
/** IP protocol number `BEETPH` (IANA). @public */
export const IPPROTO_BEETPH = 94;
/** IP protocol number `ENCAP` (IANA). @public */
export const IPPROTO_ENCAP = 98;
/** IP protocol number `PIM` (IANA). @public */
export const IPPROTO_PIM = 103;
/** IP protocol number `COMP` (IANA). @public */
export const IPPROTO_COMP = 108;
/** IP protocol number `L2TP` (IANA). @public */
export const IPPROTO_L2TP = 115;
/** IP protocol number `SCTP` (IANA). @public */
export const IPPROTO_SCTP = 132;
/** IP protocol number `MH` (IANA). @public */
export const IPPROTO_MH = 135;
/** IP protocol number `UDPLITE` (IANA). @public */
export const IPPROTO_UDPLITE = 136;
/** IP protocol number `MPLS` (IANA). @public */
export const IPPROTO_MPLS = 137;
/** IP protocol number `ETHERNET` (IANA). @public */
export const IPPROTO_ETHERNET = 143;
/** IP protocol number `AGGFRAG` (IANA). @public */
export const IPPROTO_AGGFRAG = 144;
/** IP protocol number `RAW` (IANA). @public */
export const IPPROTO_RAW = 255;
/** IP protocol number `SMC` (IANA). @public */
export const IPPROTO_SMC = 256;
/** IP protocol number `MPTCP` (IANA). @public */
export const IPPROTO_MPTCP = 262;
/** IP protocol number `MAX` (IANA). @public */
export const IPPROTO_MAX = 263;

// Well-known addresses

/** IPv4 address any, host-order int32. @public */
export const INADDR_ANY = 0x00000000;
/** IPv4 address loopback, host-order int32. @public */
export const INADDR_LOOPBACK = 0x7f000001;
/** IPv4 address dummy, host-order int32. @public */
export const INADDR_DUMMY = -0x3ffffff8;
/** IPv4 address unspec group, host-order int32. @public */
export const INADDR_UNSPEC_GROUP = -0x20000000;
/** IPv4 address allhosts group, host-order int32. @public */
export const INADDR_ALLHOSTS_GROUP = -0x1fffffff;
/** IPv4 address allrtrs group, host-order int32. @public */
export const INADDR_ALLRTRS_GROUP = -0x1ffffffe;
/** IPv4 address allsnoopers group, host-order int32. @public */
export const INADDR_ALLSNOOPERS_GROUP = -0x1fffff96;
/** IPv4 address max local group, host-order int32. @public */
export const INADDR_MAX_LOCAL_GROUP = -0x1fffff01;
/** IPv4 address broadcast, host-order int32. @public */
export const INADDR_BROADCAST = -0x00000001;
/** IPv4 address none, host-order int32. @public */
export const INADDR_NONE = -0x00000001;

// Historical classes

/** Historical address class fact: loopbacknet. @public */
export const IN_LOOPBACKNET = 0x7f;
/** Historical address class fact: classa max. @public */
export const IN_CLASSA_MAX = 0x80;
/** Historical address class fact: classc host. @public */
export const IN_CLASSC_HOST = 0xff;
/** Historical address class fact: classb host. @public */
export const IN_CLASSB_HOST = 0xffff;
/** Historical address class fact: classb max. @public */
export const IN_CLASSB_MAX = 0x10000;
/** Historical address class fact: classa host. @public */
export const IN_CLASSA_HOST = 0xffffff;
/** Historical address class fact: multicast net. @public */
export const IN_MULTICAST_NET = -0x20000000;
/** Historical address class fact: classa net. @public */
export const IN_CLASSA_NET = -0x1000000;
/** Historical address class fact: classb net. @public */
export const IN_CLASSB_NET = -0x10000;
/** Historical address class fact: classc net. @public */
export const IN_CLASSC_NET = -0x100;
/** Historical address class fact: classe net. @public */
export const IN_CLASSE_NET = -0x1;

// Path MTU discovery

/** Value of IP_MTU_DISCOVER: dont (ip(7)). @public */
export const IP_PMTUDISC_DONT = 0;
/** Value of IP_MTU_DISCOVER: want (ip(7)). @public */
export const IP_PMTUDISC_WANT = 1;
/** Value of IP_MTU_DISCOVER: do (ip(7)). @public */
export const IP_PMTUDISC_DO = 2;
/** Value of IP_MTU_DISCOVER: probe (ip(7)). @public */
export const IP_PMTUDISC_PROBE = 3;
/** Value of IP_MTU_DISCOVER: interface (ip(7)). @public */
export const IP_PMTUDISC_INTERFACE = 4;
/** Value of IP_MTU_DISCOVER: omit (ip(7)). @public */
export const IP_PMTUDISC_OMIT = 5;

// Socket options of level SOL_IP

/** Socket option of level SOL_IP (ip(7)): default multicast loop. @public */
export const IP_DEFAULT_MULTICAST_LOOP = 1;
/** Socket option of level SOL_IP (ip(7)): default multicast ttl. @public */
export const IP_DEFAULT_MULTICAST_TTL = 1;
/** Socket option of level SOL_IP (ip(7)): tos. @public */
export const IP_TOS = 1;
/** Socket option of level SOL_IP (ip(7)): ttl. @public */
export const IP_TTL = 2;
/** Socket option of level SOL_IP (ip(7)): hdrincl. @public */
export const IP_HDRINCL = 3;
/** Socket option of level SOL_IP (ip(7)): options. @public */
export const IP_OPTIONS = 4;
/** Socket option of level SOL_IP (ip(7)): router alert. @public */
export const IP_ROUTER_ALERT = 5;
/** Socket option of level SOL_IP (ip(7)): recvopts. @public */
export const IP_RECVOPTS = 6;
/** Socket option of level SOL_IP (ip(7)): recvretopts. @public */
export const IP_RECVRETOPTS = 7;
/** Socket option of level SOL_IP (ip(7)): retopts. @public */
export const IP_RETOPTS = 7;
/** Socket option of level SOL_IP (ip(7)): pktinfo. @public */
export const IP_PKTINFO = 8;
/** Socket option of level SOL_IP (ip(7)): pktoptions. @public */
export const IP_PKTOPTIONS = 9;
/** Socket option of level SOL_IP (ip(7)): mtu discover. @public */
export const IP_MTU_DISCOVER = 10;
/** Socket option of level SOL_IP (ip(7)): recverr. @public */
export const IP_RECVERR = 11;
/** Socket option of level SOL_IP (ip(7)): recvttl. @public */
export const IP_RECVTTL = 12;
/** Socket option of level SOL_IP (ip(7)): recvtos. @public */
export const IP_RECVTOS = 13;
/** Socket option of level SOL_IP (ip(7)): mtu. @public */
export const IP_MTU = 14;
/** Socket option of level SOL_IP (ip(7)): freebind. @public */
export const IP_FREEBIND = 15;
/** Socket option of level SOL_IP (ip(7)): ipsec policy. @public */
export const IP_IPSEC_POLICY = 16;
/** Socket option of level SOL_IP (ip(7)): xfrm policy. @public */
export const IP_XFRM_POLICY = 17;
/** Socket option of level SOL_IP (ip(7)): passsec. @public */
export const IP_PASSSEC = 18;
/** Socket option of level SOL_IP (ip(7)): transparent. @public */
export const IP_TRANSPARENT = 19;
/** Socket option of level SOL_IP (ip(7)): origdstaddr. @public */
export const IP_ORIGDSTADDR = 20;
/** Socket option of level SOL_IP (ip(7)): recvorigdstaddr. @public */
export const IP_RECVORIGDSTADDR = 20;
/** Socket option of level SOL_IP (ip(7)): minttl. @public */
export const IP_MINTTL = 21;
/** Socket option of level SOL_IP (ip(7)): nodefrag. @public */
export const IP_NODEFRAG = 22;
/** Socket option of level SOL_IP (ip(7)): checksum. @public */
export const IP_CHECKSUM = 23;
/** Socket option of level SOL_IP (ip(7)): bind address no port. @public */
export const IP_BIND_ADDRESS_NO_PORT = 24;
/** Socket option of level SOL_IP (ip(7)): recvfragsize. @public */
export const IP_RECVFRAGSIZE = 25;
/** Socket option of level SOL_IP (ip(7)): recverr rfc4884. @public */
export const IP_RECVERR_RFC4884 = 26;
/** Socket option of level SOL_IP (ip(7)): multicast if. @public */
export const IP_MULTICAST_IF = 32;
/** Socket option of level SOL_IP (ip(7)): multicast ttl. @public */
export const IP_MULTICAST_TTL = 33;
/** Socket option of level SOL_IP (ip(7)): multicast loop. @public */
export const IP_MULTICAST_LOOP = 34;
/** Socket option of level SOL_IP (ip(7)): add membership. @public */
export const IP_ADD_MEMBERSHIP = 35;
/** Socket option of level SOL_IP (ip(7)): drop membership. @public */
export const IP_DROP_MEMBERSHIP = 36;
/** Socket option of level SOL_IP (ip(7)): unblock source. @public */
export const IP_UNBLOCK_SOURCE = 37;
/** Socket option of level SOL_IP (ip(7)): block source. @public */
export const IP_BLOCK_SOURCE = 38;
/** Socket option of level SOL_IP (ip(7)): add source membership. @public */
export const IP_ADD_SOURCE_MEMBERSHIP = 39;
/** Socket option of level SOL_IP (ip(7)): drop source membership. @public */
export const IP_DROP_SOURCE_MEMBERSHIP = 40;
/** Socket option of level SOL_IP (ip(7)): msfilter. @public */
export const IP_MSFILTER = 41;
/** Socket option of level SOL_IP (ip(7)): multicast all. @public */
export const IP_MULTICAST_ALL = 49;
/** Socket option of level SOL_IP (ip(7)): unicast if. @public */
export const IP_UNICAST_IF = 50;
/** Socket option of level SOL_IP (ip(7)): local port range. @public */
export const IP_LOCAL_PORT_RANGE = 51;
/** Socket option of level SOL_IP (ip(7)): protocol. @public */
export const IP_PROTOCOL = 52;

// Ancillary and socket options for multicast

/** Protocol-independent multicast option (RFC 3678): exclude. @public */
export const MCAST_EXCLUDE = 0;
/** Protocol-independent multicast option (RFC 3678): include. @public */
export const MCAST_INCLUDE = 1;
/** Protocol-independent multicast option (RFC 3678): join group. @public */
export const MCAST_JOIN_GROUP = 42;
/** Protocol-independent multicast option (RFC 3678): block source. @public */
export const MCAST_BLOCK_SOURCE = 43;
/** Protocol-independent multicast option (RFC 3678): unblock source. @public */
export const MCAST_UNBLOCK_SOURCE = 44;
/** Protocol-independent multicast option (RFC 3678): leave group. @public */
export const MCAST_LEAVE_GROUP = 45;
/** Protocol-independent multicast option (RFC 3678): join source group. @public */
export const MCAST_JOIN_SOURCE_GROUP = 46;
/** Protocol-independent multicast option (RFC 3678): leave source group. @public */
export const MCAST_LEAVE_SOURCE_GROUP = 47;
/** Protocol-independent multicast option (RFC 3678): msfilter. @public */
export const MCAST_MSFILTER = 48;

// Addresses are host-order int32: 10.0.0.1 is 0x0a000001, 255.255.255.255 is -1.

/** True for 224.0.0.0/4. Source: `ipv4_is_multicast()`. @public */
export function ipv4IsMulticast(addr: number): boolean {
  return addr >>> 28 === 14;
}

/** True for 224.0.0.0/24, which routers never forward. Source: `ipv4_is_local_multicast()`, RFC 5771. @public */
export function ipv4IsLocalMulticast(addr: number): boolean {
  return addr >>> 8 === 0xe00000;
}

/** True for 127.0.0.0/8. Source: `ipv4_is_loopback()`, RFC 1122 section 3.2.1.3. @public */
export function ipv4IsLoopback(addr: number): boolean {
  return addr >>> 24 === 127;
}

/** True for 255.255.255.255. Source: `ipv4_is_lbcast()`. @public */
export function ipv4IsLbcast(addr: number): boolean {
  return (addr | 0) === -1;
}

/** True for 0.0.0.0/8. Source: `ipv4_is_zeronet()`. @public */
export function ipv4IsZeronet(addr: number): boolean {
  return addr >>> 24 === 0;
}

/** True for 0.0.0.0/8 and for every address from 240.0.0.0 on but the limited broadcast. Source: RFC 1122 section 3.2.1.3, RFC 6890. @public */
export function ipv4IsReserved(addr: number): boolean {
  return addr >>> 24 === 0 || (addr >>> 28 === 15 && (addr | 0) !== -1);
}

/** True for 169.254.0.0/16. Source: `ipv4_is_linklocal_169()`, RFC 3927. @public */
export function ipv4IsLinklocal169(addr: number): boolean {
  return addr >>> 16 === 0xa9fe;
}

/** Netmask (host-order int32) of a prefix length 0..32. Source: `inet_make_mask()`. @public */
export function inetMakeMask(len: number): number {
  // A shift by 32 is a shift by 0 in JavaScript.
  return len <= 0 ? 0 : -1 << (32 - len);
}

/** Prefix length of a contiguous netmask (host-order int32). Source: `inet_mask_len()`. @public */
export function inetMaskLen(mask: number): number {
  return Math.clz32(~mask);
}

/** The address (host-order int32 or uint32) as a dotted quad. @public */
export function in4ToString(addr: number): string {
  return `${addr >>> 24}.${(addr >>> 16) & 0xff}.${(addr >>> 8) & 0xff}.${addr & 0xff}`;
}

/** Parses a strict dotted quad (four decimal numbers, no leading zeroes) to a host-order int32, or gives null. Source: inet_pton(3). @public */
export function in4FromString(s: string): number | null {
  let addr = 0;
  let parts = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= s.length; i++) {
    const c = i < s.length ? s.charCodeAt(i) : 0x2e;
    if (c === 0x2e) {
      if (digits === 0 || parts === 4) return null;
      addr = (addr << 8) | value;
      parts++;
      digits = 0;
      value = 0;
    } else if (c >= 0x30 && c <= 0x39) {
      if (digits > 0 && value === 0) return null;
      value = value * 10 + (c - 0x30);
      digits++;
      if (value > 255) return null;
    } else {
      return null;
    }
  }
  return parts === 4 ? addr : null;
}
