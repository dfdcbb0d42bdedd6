/**
 * IPv4 addresses, protocol numbers and socket options: ip(7), in(7), RFC 1122.
 * Addresses are host-order int32.
 */

// IP protocol numbers

/** Protocol number: IPv6 hop-by-hop options. @public */
export const IPPROTO_HOPOPTS = 0;
/** Protocol number: none, the level of IP's own options. @public */
export const IPPROTO_IP = 0;
/** Protocol number: ICMP (RFC 792). @public */
export const IPPROTO_ICMP = 1;
/** Protocol number: IGMP. @public */
export const IPPROTO_IGMP = 2;
/** Protocol number: IPv4 in IP. @public */
export const IPPROTO_IPIP = 4;
/** Protocol number: TCP (RFC 9293). @public */
export const IPPROTO_TCP = 6;
/** IP protocol number `EGP` (IANA). @public */
export const IPPROTO_EGP = 8;
/** IP protocol number `PUP` (IANA). @public */
export const IPPROTO_PUP = 12;
/** Protocol number: UDP (RFC 768). @public */
export const IPPROTO_UDP = 17;
/** IP protocol number `IDP` (IANA). @public */
export const IPPROTO_IDP = 22;
/** IP protocol number `TP` (IANA). @public */
export const IPPROTO_TP = 29;
/** Protocol number: DCCP (RFC 4340). @public */
export const IPPROTO_DCCP = 33;
/** Protocol number: IPv6 in IP; the level of IPv6's own options. @public */
export const IPPROTO_IPV6 = 41;
/** Protocol number: IPv6 routing header. @public */
export const IPPROTO_ROUTING = 43;
/** Protocol number: IPv6 fragment header. @public */
export const IPPROTO_FRAGMENT = 44;
/** IP protocol number `RSVP` (IANA). @public */
export const IPPROTO_RSVP = 46;
/** Protocol number: GRE (RFC 2784). @public */
export const IPPROTO_GRE = 47;
/** Protocol number: encapsulating security payload (RFC 4303). @public */
export const IPPROTO_ESP = 50;
/** Protocol number: authentication header (RFC 4302). @public */
export const IPPROTO_AH = 51;
/** Protocol number: ICMPv6 (RFC 4443). @public */
export const IPPROTO_ICMPV6 = 58;
/** Protocol number: IPv6, nothing follows. @public */
export const IPPROTO_NONE = 59;
/** Protocol number: IPv6 destination options. @public */
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
/** Protocol number: SCTP (RFC 9260). @public */
export const IPPROTO_SCTP = 132;
/** Protocol number: IPv6 mobility header. @public */
export const IPPROTO_MH = 135;
/** Protocol number: UDP-Lite (RFC 3828). @public */
export const IPPROTO_UDPLITE = 136;
/** IP protocol number `MPLS` (IANA). @public */
export const IPPROTO_MPLS = 137;
/** IP protocol number `ETHERNET` (IANA). @public */
export const IPPROTO_ETHERNET = 143;
/** IP protocol number `AGGFRAG` (IANA). @public */
export const IPPROTO_AGGFRAG = 144;
/** Protocol number: raw packets whose header the caller writes (raw(7)). @public */
export const IPPROTO_RAW = 255;
/** Pseudo-protocol of socket(2): SMC (RFC 7609). @public */
export const IPPROTO_SMC = 256;
/** Pseudo-protocol of socket(2): multipath TCP (RFC 8684). @public */
export const IPPROTO_MPTCP = 262;
/** One above the highest protocol of socket(2). @public */
export const IPPROTO_MAX = 263;

// Well-known addresses

/** The address 0.0.0.0: any, host-order int32. @public */
export const INADDR_ANY = 0x00000000;
/** The address 127.0.0.1, host-order int32. @public */
export const INADDR_LOOPBACK = 0x7f000001;
/** The address 192.0.0.8 (RFC 7600), host-order int32. @public */
export const INADDR_DUMMY = -0x3ffffff8;
/** The base of the groups, 224.0.0.0. @public */
export const INADDR_UNSPEC_GROUP = -0x20000000;
/** All hosts of this link, 224.0.0.1. @public */
export const INADDR_ALLHOSTS_GROUP = -0x1fffffff;
/** All routers of this link, 224.0.0.2. @public */
export const INADDR_ALLRTRS_GROUP = -0x1ffffffe;
/** All IGMP snoopers of this link, 224.0.0.106. @public */
export const INADDR_ALLSNOOPERS_GROUP = -0x1fffff96;
/** The last group of this link, 224.0.0.255. @public */
export const INADDR_MAX_LOCAL_GROUP = -0x1fffff01;
/** The address 255.255.255.255, host-order int32. @public */
export const INADDR_BROADCAST = -0x00000001;
/** What inet_addr(3) gives for an error: 255.255.255.255. @public */
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

/** Never set the don't-fragment bit (ip(7)). @public */
export const IP_PMTUDISC_DONT = 0;
/** Path MTU discovery, fragmenting where needed (ip(7)). @public */
export const IP_PMTUDISC_WANT = 1;
/** Always set the don't-fragment bit; too long a datagram is EMSGSIZE (ip(7)). @public */
export const IP_PMTUDISC_DO = 2;
/** Set the don't-fragment bit and ignore the path MTU (ip(7)). @public */
export const IP_PMTUDISC_PROBE = 3;
/** Use the interface's MTU, ignore ICMP, never set the don't-fragment bit (ip(7)). @public */
export const IP_PMTUDISC_INTERFACE = 4;
/** As IP_PMTUDISC_INTERFACE, but fragment too long packets (ip(7)). @public */
export const IP_PMTUDISC_OMIT = 5;

// Socket options of level SOL_IP

/** Socket option of level SOL_IP (ip(7)): default multicast loop. @public */
export const IP_DEFAULT_MULTICAST_LOOP = 1;
/** Socket option of level SOL_IP (ip(7)): default multicast ttl. @public */
export const IP_DEFAULT_MULTICAST_TTL = 1;
/** Option: type of service of sent packets (ip(7)). @public */
export const IP_TOS = 1;
/** Option: time to live of sent packets (ip(7)). @public */
export const IP_TTL = 2;
/** Option of raw sockets: the caller writes the IP header (raw(7)). @public */
export const IP_HDRINCL = 3;
/** Option: IP options of sent packets (ip(7)). @public */
export const IP_OPTIONS = 4;
/** Option of raw sockets: receive packets with the router alert option (ip(7)). @public */
export const IP_ROUTER_ALERT = 5;
/** Option: pass received IP options as control message (ip(7)). @public */
export const IP_RECVOPTS = 6;
/** Option: other name of IP_RETOPTS. @public */
export const IP_RECVRETOPTS = 7;
/** Option: pass received IP options raw, time stamps and routes not filled in (ip(7)). @public */
export const IP_RETOPTS = 7;
/** Option and control message: interface and addresses of a packet (ip(7)). @public */
export const IP_PKTINFO = 8;
/** Option: the control messages of the last packet of a TCP connection. @public */
export const IP_PKTOPTIONS = 9;
/** Option: path MTU discovery (IP_PMTUDISC_*, ip(7)). @public */
export const IP_MTU_DISCOVER = 10;
/** Option and control message: extended errors from the error queue (ip(7)). @public */
export const IP_RECVERR = 11;
/** Option: pass the time to live as control message (ip(7)). @public */
export const IP_RECVTTL = 12;
/** Option: pass the type of service as control message (ip(7)). @public */
export const IP_RECVTOS = 13;
/** Option, read only: path MTU of a connected socket (ip(7)). @public */
export const IP_MTU = 14;
/** Option: bind to an address that is not there yet (ip(7)). @public */
export const IP_FREEBIND = 15;
/** Socket option of level SOL_IP (ip(7)): ipsec policy. @public */
export const IP_IPSEC_POLICY = 16;
/** Socket option of level SOL_IP (ip(7)): xfrm policy. @public */
export const IP_XFRM_POLICY = 17;
/** Socket option of level SOL_IP (ip(7)): passsec. @public */
export const IP_PASSSEC = 18;
/** Option of SOL_IP and SOL_IPV6: where the peer meant to connect to, before translation (linux/netfilter_ipv4.h; IP6T_SO_ORIGINAL_DST). @public */
export const SO_ORIGINAL_DST = 80;
/** Option: transparent proxying, bind to foreign addresses (ip(7)). @public */
export const IP_TRANSPARENT = 19;
/** Control message: the original destination (ip(7)). @public */
export const IP_ORIGDSTADDR = 20;
/** Option: pass the original destination as control message (ip(7)). @public */
export const IP_RECVORIGDSTADDR = 20;
/** Option: drop packets with a smaller time to live (RFC 5082). @public */
export const IP_MINTTL = 21;
/** Option of raw sockets: do not reassemble for netfilter (ip(7)). @public */
export const IP_NODEFRAG = 22;
/** Option and control message: the checksum of a datagram. @public */
export const IP_CHECKSUM = 23;
/** Option: choose the port at connect(2), not at bind(2) (ip(7)). @public */
export const IP_BIND_ADDRESS_NO_PORT = 24;
/** Option: pass the size of the largest fragment as control message. @public */
export const IP_RECVFRAGSIZE = 25;
/** Socket option of level SOL_IP (ip(7)): recverr rfc4884. @public */
export const IP_RECVERR_RFC4884 = 26;
/** Option: outgoing interface of multicast packets (ip(7)). @public */
export const IP_MULTICAST_IF = 32;
/** Option: time to live of multicast packets (ip(7)). @public */
export const IP_MULTICAST_TTL = 33;
/** Option: sent multicast packets come back to this host (ip(7)). @public */
export const IP_MULTICAST_LOOP = 34;
/** Option: join a group (ip(7)). @public */
export const IP_ADD_MEMBERSHIP = 35;
/** Option: leave a group (ip(7)). @public */
export const IP_DROP_MEMBERSHIP = 36;
/** Option: receive from a blocked source again (ip(7)). @public */
export const IP_UNBLOCK_SOURCE = 37;
/** Option: stop receiving from a source (ip(7)). @public */
export const IP_BLOCK_SOURCE = 38;
/** Option: join a group for one source (ip(7)). @public */
export const IP_ADD_SOURCE_MEMBERSHIP = 39;
/** Option: leave a group for one source (ip(7)). @public */
export const IP_DROP_SOURCE_MEMBERSHIP = 40;
/** Option: the full source filter of a group (ip(7)). @public */
export const IP_MSFILTER = 41;
/** Option: receive from every group that this host has joined (ip(7)). @public */
export const IP_MULTICAST_ALL = 49;
/** Option: outgoing interface of unicast packets. @public */
export const IP_UNICAST_IF = 50;
/** Option: range of ephemeral ports of this socket (ip(7)). @public */
export const IP_LOCAL_PORT_RANGE = 51;
/** Option, read only: protocol of a raw socket. @public */
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

/** True for 0.0.0.0: since Linux 5.3 the rest of 0.0.0.0/8 is ordinary unicast. Source: `ipv4_is_zeronet()`. @public */
export function ipv4IsZeronet(addr: number): boolean {
  return (addr | 0) === 0;
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
