/** The names that people use for numbers of routes: rtnetlink(7), and /etc/iproute2's. */
import {
  RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_NOWHERE, RT_SCOPE_SITE, RT_SCOPE_UNIVERSE, RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN, RTN_ANYCAST, RTN_BLACKHOLE, RTN_BROADCAST, RTN_LOCAL,
  RTN_MULTICAST, RTN_PROHIBIT, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE, RTPROT_BOOT, RTPROT_DHCP, RTPROT_KERNEL, RTPROT_RA, RTPROT_REDIRECT, RTPROT_STATIC,
} from '@linnet/uapi';

/** Scopes of addresses and routes. */
export const SCOPES: Readonly<Record<string, number>> = {
  global: RT_SCOPE_UNIVERSE, site: RT_SCOPE_SITE, link: RT_SCOPE_LINK, host: RT_SCOPE_HOST, nowhere: RT_SCOPE_NOWHERE,
};
/** Routing tables. */
export const TABLES: Readonly<Record<string, number>> = { main: RT_TABLE_MAIN, local: RT_TABLE_LOCAL, default: RT_TABLE_DEFAULT };
/** Who made a route. */
export const PROTOCOLS: Readonly<Record<string, number>> = {
  redirect: RTPROT_REDIRECT, kernel: RTPROT_KERNEL, boot: RTPROT_BOOT, static: RTPROT_STATIC, ra: RTPROT_RA, dhcp: RTPROT_DHCP,
};
/** What a route does. */
export const TYPES: Readonly<Record<string, number>> = {
  unicast: RTN_UNICAST, local: RTN_LOCAL, broadcast: RTN_BROADCAST, anycast: RTN_ANYCAST, multicast: RTN_MULTICAST, blackhole: RTN_BLACKHOLE, unreachable: RTN_UNREACHABLE,
  prohibit: RTN_PROHIBIT, throw: RTN_THROW,
};
