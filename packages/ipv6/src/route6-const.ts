/** Flags of IPv6 routes as /proc/net/ipv6_route and SIOCADDRT show them (linux/route.h, linux/ipv6_route.h), and reasons to look one up. */

/** The route may be used. @alpha */
export const RTF_UP = 0x0001;
/** It has a gateway. @alpha */
export const RTF_GATEWAY = 0x0002;
/** It was made by a redirect. @alpha */
export const RTF_DYNAMIC = 0x0010;
/** It was changed by a redirect. @alpha */
export const RTF_MODIFIED = 0x0020;
/** It leads nowhere, and the sender is told. @alpha */
export const RTF_REJECT = 0x0200;
/** A default route, learned from a router. @alpha */
export const RTF_DEFAULT = 0x00010000;
/** All destinations are on the link. @alpha */
export const RTF_ALLONLINK = 0x00020000;
/** Made by address configuration. @alpha */
export const RTF_ADDRCONF = 0x00040000;
/** A prefix that a router advertised. @alpha */
export const RTF_PREFIX_RT = 0x00080000;
/** An anycast address of this machine. @alpha */
export const RTF_ANYCAST = 0x00100000;
/** It has no next hop. @alpha */
export const RTF_NONEXTHOP = 0x00200000;
/** It ends some time. @alpha */
export const RTF_EXPIRES = 0x00400000;
/** Learned from a route information option (RFC 4191). @alpha */
export const RTF_ROUTEINFO = 0x00800000;
/** A copy for one destination. @alpha */
export const RTF_CACHE = 0x01000000;
/** The two bits of the router preference (RFC 4191). @alpha */
export const RTF_PREF_MASK = 0x18000000;
/** An address of this machine; int32. @alpha */
export const RTF_LOCAL: number = 0x80000000 | 0;

/** A preference as RTF_* bits. @alpha */
export function rtfPref(pref: number): number {
  return (pref & 3) << 27;
}
/** The preference in RTF_* bits, ICMPV6_ROUTER_PREF_*. @alpha */
export function rtfPrefOf(flags: number): number {
  return (flags & RTF_PREF_MASK) >>> 27;
}

/** Metric of routes that say none. @alpha */
export const IP6_RT_PRIO_USER = 1024;
/** Metric of routes that addresses make. @alpha */
export const IP6_RT_PRIO_ADDRCONF = 256;

/** Lookup: only by the interface that the flow names. @alpha */
export const RT6_LOOKUP_F_IFACE = 1;
/** Lookup: gateways that do not answer are out. @alpha */
export const RT6_LOOKUP_F_REACHABLE = 2;
/** Lookup: the flow has a source address. @alpha */
export const RT6_LOOKUP_F_HAS_SADDR = 4;
/** Lookup: routes over a link without carrier count. @alpha */
export const RT6_LOOKUP_F_IGNORE_LINKSTATE = 8;
