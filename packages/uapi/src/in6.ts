/**
 * IPv6 socket options and addresses: ipv6(7), RFC 3493, RFC 3542.
 */

/** `::`, as four host-order words; not to be written. @public */
export const IN6ADDR_ANY: Int32Array = new Int32Array(4);
/** `::1`, as four host-order words; not to be written. @public */
export const IN6ADDR_LOOPBACK: Int32Array = Int32Array.of(0, 0, 0, 1);

// Socket options of level SOL_IPV6

/** Socket option of level SOL_IPV6 (ipv6(7)): addrform. @public */
export const IPV6_ADDRFORM = 1;
/** Socket option of level SOL_IPV6 (ipv6(7)): 2292pktinfo. @public */
export const IPV6_2292PKTINFO = 2;
/** Socket option of level SOL_IPV6 (ipv6(7)): 2292hopopts. @public */
export const IPV6_2292HOPOPTS = 3;
/** Socket option of level SOL_IPV6 (ipv6(7)): 2292dstopts. @public */
export const IPV6_2292DSTOPTS = 4;
/** Socket option of level SOL_IPV6 (ipv6(7)): 2292rthdr. @public */
export const IPV6_2292RTHDR = 5;
/** Socket option of level SOL_IPV6 (ipv6(7)): 2292pktoptions. @public */
export const IPV6_2292PKTOPTIONS = 6;
/** Socket option of level SOL_IPV6 (ipv6(7)): checksum. @public */
export const IPV6_CHECKSUM = 7;
/** Socket option of level SOL_IPV6 (ipv6(7)): 2292hoplimit. @public */
export const IPV6_2292HOPLIMIT = 8;
/** Socket option of level SOL_IPV6 (ipv6(7)): nexthop. @public */
export const IPV6_NEXTHOP = 9;
/** Socket option of level SOL_IPV6 (ipv6(7)): authhdr. @public */
export const IPV6_AUTHHDR = 10;
/** Socket option of level SOL_IPV6 (ipv6(7)): flowinfo. @public */
export const IPV6_FLOWINFO = 11;
/** Socket option of level SOL_IPV6 (ipv6(7)): unicast hops. @public */
export const IPV6_UNICAST_HOPS = 16;
/** Socket option of level SOL_IPV6 (ipv6(7)): multicast if. @public */
export const IPV6_MULTICAST_IF = 17;
/** Socket option of level SOL_IPV6 (ipv6(7)): multicast hops. @public */
export const IPV6_MULTICAST_HOPS = 18;
/** Socket option of level SOL_IPV6 (ipv6(7)): multicast loop. @public */
export const IPV6_MULTICAST_LOOP = 19;
/** Socket option of level SOL_IPV6 (ipv6(7)): add membership. @public */
export const IPV6_ADD_MEMBERSHIP = 20;
/** Socket option of level SOL_IPV6 (ipv6(7)): drop membership. @public */
export const IPV6_DROP_MEMBERSHIP = 21;
/** Socket option of level SOL_IPV6 (ipv6(7)): router alert. @public */
export const IPV6_ROUTER_ALERT = 22;
/** Socket option of level SOL_IPV6 (ipv6(7)): mtu discover. @public */
export const IPV6_MTU_DISCOVER = 23;
/** Socket option of level SOL_IPV6 (ipv6(7)): mtu. @public */
export const IPV6_MTU = 24;
/** Socket option of level SOL_IPV6 (ipv6(7)): recverr. @public */
export const IPV6_RECVERR = 25;
/** Socket option of level SOL_IPV6 (ipv6(7)): v6only. @public */
export const IPV6_V6ONLY = 26;
/** Socket option of level SOL_IPV6 (ipv6(7)): join anycast. @public */
export const IPV6_JOIN_ANYCAST = 27;
/** Socket option of level SOL_IPV6 (ipv6(7)): leave anycast. @public */
export const IPV6_LEAVE_ANYCAST = 28;
/** Socket option of level SOL_IPV6 (ipv6(7)): multicast all. @public */
export const IPV6_MULTICAST_ALL = 29;
/** Socket option of level SOL_IPV6 (ipv6(7)): router alert isolate. @public */
export const IPV6_ROUTER_ALERT_ISOLATE = 30;
/** Socket option of level SOL_IPV6 (ipv6(7)): recverr rfc4884. @public */
export const IPV6_RECVERR_RFC4884 = 31;
/** Socket option of level SOL_IPV6 (ipv6(7)): flowlabel mgr. @public */
export const IPV6_FLOWLABEL_MGR = 32;
/** Socket option of level SOL_IPV6 (ipv6(7)): flowinfo send. @public */
export const IPV6_FLOWINFO_SEND = 33;
/** Socket option of level SOL_IPV6 (ipv6(7)): ipsec policy. @public */
export const IPV6_IPSEC_POLICY = 34;
/** Socket option of level SOL_IPV6 (ipv6(7)): xfrm policy. @public */
export const IPV6_XFRM_POLICY = 35;
/** Socket option of level SOL_IPV6 (ipv6(7)): hdrincl. @public */
export const IPV6_HDRINCL = 36;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvpktinfo. @public */
export const IPV6_RECVPKTINFO = 49;
/** Socket option of level SOL_IPV6 (ipv6(7)): pktinfo. @public */
export const IPV6_PKTINFO = 50;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvhoplimit. @public */
export const IPV6_RECVHOPLIMIT = 51;
/** Socket option of level SOL_IPV6 (ipv6(7)): hoplimit. @public */
export const IPV6_HOPLIMIT = 52;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvhopopts. @public */
export const IPV6_RECVHOPOPTS = 53;
/** Socket option of level SOL_IPV6 (ipv6(7)): hopopts. @public */
export const IPV6_HOPOPTS = 54;
/** Socket option of level SOL_IPV6 (ipv6(7)): rthdrdstopts. @public */
export const IPV6_RTHDRDSTOPTS = 55;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvrthdr. @public */
export const IPV6_RECVRTHDR = 56;
/** Socket option of level SOL_IPV6 (ipv6(7)): rthdr. @public */
export const IPV6_RTHDR = 57;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvdstopts. @public */
export const IPV6_RECVDSTOPTS = 58;
/** Socket option of level SOL_IPV6 (ipv6(7)): dstopts. @public */
export const IPV6_DSTOPTS = 59;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvpathmtu. @public */
export const IPV6_RECVPATHMTU = 60;
/** Socket option of level SOL_IPV6 (ipv6(7)): pathmtu. @public */
export const IPV6_PATHMTU = 61;
/** Socket option of level SOL_IPV6 (ipv6(7)): dontfrag. @public */
export const IPV6_DONTFRAG = 62;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvtclass. @public */
export const IPV6_RECVTCLASS = 66;
/** Socket option of level SOL_IPV6 (ipv6(7)): tclass. @public */
export const IPV6_TCLASS = 67;
/** Socket option of level SOL_IPV6 (ipv6(7)): autoflowlabel. @public */
export const IPV6_AUTOFLOWLABEL = 70;
/** Socket option of level SOL_IPV6 (ipv6(7)): addr preferences. @public */
export const IPV6_ADDR_PREFERENCES = 72;
/** Socket option of level SOL_IPV6 (ipv6(7)): minhopcount. @public */
export const IPV6_MINHOPCOUNT = 73;
/** Socket option of level SOL_IPV6 (ipv6(7)): origdstaddr. @public */
export const IPV6_ORIGDSTADDR = 74;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvorigdstaddr. @public */
export const IPV6_RECVORIGDSTADDR = 74;
/** Socket option of level SOL_IPV6 (ipv6(7)): transparent. @public */
export const IPV6_TRANSPARENT = 75;
/** Socket option of level SOL_IPV6 (ipv6(7)): unicast if. @public */
export const IPV6_UNICAST_IF = 76;
/** Socket option of level SOL_IPV6 (ipv6(7)): recvfragsize. @public */
export const IPV6_RECVFRAGSIZE = 77;
/** Socket option of level SOL_IPV6 (ipv6(7)): freebind. @public */
export const IPV6_FREEBIND = 78;

// Path MTU discovery

/** Value of IPV6_MTU_DISCOVER: dont. @public */
export const IPV6_PMTUDISC_DONT = 0;
/** Value of IPV6_MTU_DISCOVER: want. @public */
export const IPV6_PMTUDISC_WANT = 1;
/** Value of IPV6_MTU_DISCOVER: do. @public */
export const IPV6_PMTUDISC_DO = 2;
/** Value of IPV6_MTU_DISCOVER: probe. @public */
export const IPV6_PMTUDISC_PROBE = 3;
/** Value of IPV6_MTU_DISCOVER: interface. @public */
export const IPV6_PMTUDISC_INTERFACE = 4;
/** Value of IPV6_MTU_DISCOVER: omit. @public */
export const IPV6_PMTUDISC_OMIT = 5;

// Flow labels

/** Flow label management: fl a get. @public */
export const IPV6_FL_A_GET = 0x0;
/** Flow label management: fl s none. @public */
export const IPV6_FL_S_NONE = 0x0;
/** Flow label management: fl a put. @public */
export const IPV6_FL_A_PUT = 0x1;
/** Flow label management: fl f create. @public */
export const IPV6_FL_F_CREATE = 0x1;
/** Flow label management: fl s excl. @public */
export const IPV6_FL_S_EXCL = 0x1;
/** Flow label management: fl a renew. @public */
export const IPV6_FL_A_RENEW = 0x2;
/** Flow label management: fl f excl. @public */
export const IPV6_FL_F_EXCL = 0x2;
/** Flow label management: fl s process. @public */
export const IPV6_FL_S_PROCESS = 0x2;
/** Flow label management: fl s user. @public */
export const IPV6_FL_S_USER = 0x3;
/** Flow label management: fl f reflect. @public */
export const IPV6_FL_F_REFLECT = 0x4;
/** Flow label management: fl f remote. @public */
export const IPV6_FL_F_REMOTE = 0x8;
/** Flow label management: fl s any. @public */
export const IPV6_FL_S_ANY = 0xff;
/** Flow label management: flowinfo flowlabel. @public */
export const IPV6_FLOWINFO_FLOWLABEL = 0xfffff;
/** Flow label management: flowinfo priority. @public */
export const IPV6_FLOWINFO_PRIORITY = 0xff00000;

// Source address preferences

/** Source address preference (RFC 5014): src tmp. @public */
export const IPV6_PREFER_SRC_TMP = 0x1;
/** Source address preference (RFC 5014): src public. @public */
export const IPV6_PREFER_SRC_PUBLIC = 0x2;
/** Source address preference (RFC 5014): src coa. @public */
export const IPV6_PREFER_SRC_COA = 0x4;
/** Source address preference (RFC 5014): src cga. @public */
export const IPV6_PREFER_SRC_CGA = 0x8;
/** Source address preference (RFC 5014): src pubtmp default. @public */
export const IPV6_PREFER_SRC_PUBTMP_DEFAULT = 0x100;
/** Source address preference (RFC 5014): src home. @public */
export const IPV6_PREFER_SRC_HOME = 0x400;
/** Source address preference (RFC 5014): src noncga. @public */
export const IPV6_PREFER_SRC_NONCGA = 0x800;

// Hop-by-hop and destination options

/** IPv6 option type: pad1. @public */
export const IPV6_TLV_PAD1 = 0;
/** IPv6 option type: padn. @public */
export const IPV6_TLV_PADN = 1;
/** IPv6 option type: routeralert. @public */
export const IPV6_TLV_ROUTERALERT = 5;
/** IPv6 option type: calipso. @public */
export const IPV6_TLV_CALIPSO = 7;
/** IPv6 option type: ioam. @public */
export const IPV6_TLV_IOAM = 49;
/** IPv6 option type: jumbo. @public */
export const IPV6_TLV_JUMBO = 194;
/** IPv6 option type: hao. @public */
export const IPV6_TLV_HAO = 201;
