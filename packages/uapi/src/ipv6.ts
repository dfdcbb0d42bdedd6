/**
 * The IPv6 header (RFC 8200): accessors, next-header numbers, text form (RFC 5952).
 */

import { in4FromString, in4ToString } from './in.ts';

// Next-header numbers

/** Next header: hop-by-hop options. @public */
export const NEXTHDR_HOP = 0;
/** Next header: IPv4 in IPv6. @public */
export const NEXTHDR_IPV4 = 4;
/** Next header: TCP. @public */
export const NEXTHDR_TCP = 6;
/** Next header: UDP. @public */
export const NEXTHDR_UDP = 17;
/** Next header: IPv6 in IPv6. @public */
export const NEXTHDR_IPV6 = 41;
/** Next header: routing header. @public */
export const NEXTHDR_ROUTING = 43;
/** Next header: fragment header. @public */
export const NEXTHDR_FRAGMENT = 44;
/** Next header: GRE. @public */
export const NEXTHDR_GRE = 47;
/** Next header: encapsulating security payload. @public */
export const NEXTHDR_ESP = 50;
/** Next header: authentication header. @public */
export const NEXTHDR_AUTH = 51;
/** Next header: ICMPv6. @public */
export const NEXTHDR_ICMP = 58;
/** Next header: nothing follows. @public */
export const NEXTHDR_NONE = 59;
/** Next header: destination options. @public */
export const NEXTHDR_DEST = 60;
/** Next header: SCTP. @public */
export const NEXTHDR_SCTP = 132;
/** Next header: mobility header (RFC 6275). @public */
export const NEXTHDR_MOBILITY = 135;

// Header constants

/** More fragments: bit of the 16 bits at offset 2 of a fragment header. @public */
export const IP6_MF = 1;
/** Size of the fragment header in bytes. @public */
export const IPV6_FRAGHDR_LEN = 8;
/** Size of the fixed IPv6 header in bytes. @public */
export const IPV6HDR_LEN = 40;
/** Hop limit that Linux begins with. @public */
export const IPV6_DEFAULT_HOPLIMIT = 64;
/** Smallest MTU of an IPv6 link (RFC 8200 section 5). @public */
export const IPV6_MIN_MTU = 1280;
/** The fragment offset in the 16 bits at offset 2 of a fragment header. @public */
export const IP6_OFFSET = 65528;
/** Largest payload length without a jumbogram. @public */
export const IPV6_MAXPLEN = 65535;

// Per-device settings

/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: forwarding. @public */
export const DEVCONF_FORWARDING = 0;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: hoplimit. @public */
export const DEVCONF_HOPLIMIT = 1;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: mtu6. @public */
export const DEVCONF_MTU6 = 2;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra. @public */
export const DEVCONF_ACCEPT_RA = 3;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept redirects. @public */
export const DEVCONF_ACCEPT_REDIRECTS = 4;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: autoconf. @public */
export const DEVCONF_AUTOCONF = 5;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: dad transmits. @public */
export const DEVCONF_DAD_TRANSMITS = 6;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: rtr solicits. @public */
export const DEVCONF_RTR_SOLICITS = 7;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: rtr solicit interval. @public */
export const DEVCONF_RTR_SOLICIT_INTERVAL = 8;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: rtr solicit delay. @public */
export const DEVCONF_RTR_SOLICIT_DELAY = 9;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: use tempaddr. @public */
export const DEVCONF_USE_TEMPADDR = 10;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: temp valid lft. @public */
export const DEVCONF_TEMP_VALID_LFT = 11;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: temp prefered lft. @public */
export const DEVCONF_TEMP_PREFERED_LFT = 12;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: regen max retry. @public */
export const DEVCONF_REGEN_MAX_RETRY = 13;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: max desync factor. @public */
export const DEVCONF_MAX_DESYNC_FACTOR = 14;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: max addresses. @public */
export const DEVCONF_MAX_ADDRESSES = 15;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: force mld version. @public */
export const DEVCONF_FORCE_MLD_VERSION = 16;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra defrtr. @public */
export const DEVCONF_ACCEPT_RA_DEFRTR = 17;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra pinfo. @public */
export const DEVCONF_ACCEPT_RA_PINFO = 18;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra rtr pref. @public */
export const DEVCONF_ACCEPT_RA_RTR_PREF = 19;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: rtr probe interval. @public */
export const DEVCONF_RTR_PROBE_INTERVAL = 20;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra rt info max plen. @public */
export const DEVCONF_ACCEPT_RA_RT_INFO_MAX_PLEN = 21;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: proxy ndp. @public */
export const DEVCONF_PROXY_NDP = 22;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: optimistic dad. @public */
export const DEVCONF_OPTIMISTIC_DAD = 23;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept source route. @public */
export const DEVCONF_ACCEPT_SOURCE_ROUTE = 24;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: mc forwarding. @public */
export const DEVCONF_MC_FORWARDING = 25;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: disable ipv6. @public */
export const DEVCONF_DISABLE_IPV6 = 26;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept dad. @public */
export const DEVCONF_ACCEPT_DAD = 27;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: force tllao. @public */
export const DEVCONF_FORCE_TLLAO = 28;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ndisc notify. @public */
export const DEVCONF_NDISC_NOTIFY = 29;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: mldv1 unsolicited report interval. @public */
export const DEVCONF_MLDV1_UNSOLICITED_REPORT_INTERVAL = 30;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: mldv2 unsolicited report interval. @public */
export const DEVCONF_MLDV2_UNSOLICITED_REPORT_INTERVAL = 31;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: suppress frag ndisc. @public */
export const DEVCONF_SUPPRESS_FRAG_NDISC = 32;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra from local. @public */
export const DEVCONF_ACCEPT_RA_FROM_LOCAL = 33;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: use optimistic. @public */
export const DEVCONF_USE_OPTIMISTIC = 34;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra mtu. @public */
export const DEVCONF_ACCEPT_RA_MTU = 35;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: stable secret. @public */
export const DEVCONF_STABLE_SECRET = 36;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: use oif addrs only. @public */
export const DEVCONF_USE_OIF_ADDRS_ONLY = 37;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra min hop limit. @public */
export const DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT = 38;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ignore routes with linkdown. @public */
export const DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN = 39;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: drop unicast in l2 multicast. @public */
export const DEVCONF_DROP_UNICAST_IN_L2_MULTICAST = 40;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: drop unsolicited na. @public */
export const DEVCONF_DROP_UNSOLICITED_NA = 41;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: keep addr on down. @public */
export const DEVCONF_KEEP_ADDR_ON_DOWN = 42;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: rtr solicit max interval. @public */
export const DEVCONF_RTR_SOLICIT_MAX_INTERVAL = 43;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: seg6 enabled. @public */
export const DEVCONF_SEG6_ENABLED = 44;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: seg6 require hmac. @public */
export const DEVCONF_SEG6_REQUIRE_HMAC = 45;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: enhanced dad. @public */
export const DEVCONF_ENHANCED_DAD = 46;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: addr gen mode. @public */
export const DEVCONF_ADDR_GEN_MODE = 47;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: disable policy. @public */
export const DEVCONF_DISABLE_POLICY = 48;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra rt info min plen. @public */
export const DEVCONF_ACCEPT_RA_RT_INFO_MIN_PLEN = 49;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ndisc tclass. @public */
export const DEVCONF_NDISC_TCLASS = 50;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: rpl seg enabled. @public */
export const DEVCONF_RPL_SEG_ENABLED = 51;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ra defrtr metric. @public */
export const DEVCONF_RA_DEFRTR_METRIC = 52;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ioam6 enabled. @public */
export const DEVCONF_IOAM6_ENABLED = 53;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ioam6 id. @public */
export const DEVCONF_IOAM6_ID = 54;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ioam6 id wide. @public */
export const DEVCONF_IOAM6_ID_WIDE = 55;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: ndisc evict nocarrier. @public */
export const DEVCONF_NDISC_EVICT_NOCARRIER = 56;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept untracked na. @public */
export const DEVCONF_ACCEPT_UNTRACKED_NA = 57;
/** Index of a per-device IPv6 setting in IFLA_INET6_CONF: accept ra min lft. @public */
export const DEVCONF_ACCEPT_RA_MIN_LFT = 58;

// Header accessors: numbers are in host order, an address is four int32 words.

/** IP version in the header at `off` (6 for IPv6). @public */
export function ip6Version(view: DataView, off: number): number {
  return view.getUint8(off) >>> 4;
}

/** Traffic class byte (DSCP and ECN). @public */
export function ip6TrafficClass(view: DataView, off: number): number {
  return (view.getUint16(off) >>> 4) & 0xff;
}

/** Flow label, 20 bits. @public */
export function ip6FlowLabel(view: DataView, off: number): number {
  return view.getInt32(off) & 0xfffff;
}

/** Sets version 6, the traffic class and the flow label. Source: `ip6_flow_hdr()`. @public */
export function ip6FlowHdr(view: DataView, off: number, tclass: number, flowLabel: number): void {
  view.setInt32(off, (6 << 28) | ((tclass & 0xff) << 20) | (flowLabel & 0xfffff));
}

/** Payload length in bytes, extension headers included. @public */
export function ip6PayloadLen(view: DataView, off: number): number {
  return view.getUint16(off + 4);
}

/** Sets: payload length in bytes, extension headers included. @public */
export function ip6SetPayloadLen(view: DataView, off: number, value: number): void {
  view.setUint16(off + 4, value);
}

/** Type of the next header (NEXTHDR_*). @public */
export function ip6Nexthdr(view: DataView, off: number): number {
  return view.getUint8(off + 6);
}

/** Sets: type of the next header (NEXTHDR_*). @public */
export function ip6SetNexthdr(view: DataView, off: number, value: number): void {
  view.setUint8(off + 6, value);
}

/** Hop limit. @public */
export function ip6HopLimit(view: DataView, off: number): number {
  return view.getUint8(off + 7);
}

/** Sets: hop limit. @public */
export function ip6SetHopLimit(view: DataView, off: number, value: number): void {
  view.setUint8(off + 7, value);
}

/** Source address, word `i` (0..3), int32. @public */
export function ip6Saddr(view: DataView, off: number, i: number): number {
  return view.getInt32(off + 8 + (i << 2));
}

/** Sets word `i` (0..3) of the source address. @public */
export function ip6SetSaddr(view: DataView, off: number, i: number, value: number): void {
  view.setInt32(off + 8 + (i << 2), value);
}

/** Destination address, word `i` (0..3), int32. @public */
export function ip6Daddr(view: DataView, off: number, i: number): number {
  return view.getInt32(off + 24 + (i << 2));
}

/** Sets word `i` (0..3) of the destination address. @public */
export function ip6SetDaddr(view: DataView, off: number, i: number, value: number): void {
  view.setInt32(off + 24 + (i << 2), value);
}

// Addresses as four host-order int32 words.

/** Reads the 16 bytes at `off` into `to`. @public */
export function in6Load(to: Int32Array, view: DataView, off: number): void {
  to[0] = view.getInt32(off);
  to[1] = view.getInt32(off + 4);
  to[2] = view.getInt32(off + 8);
  to[3] = view.getInt32(off + 12);
}

/** The 16 bytes at `off` as an array of its own: for configuration and rare packets, because it allocates. @public */
export function in6At(view: DataView, off: number): Int32Array {
  return Int32Array.of(view.getInt32(off), view.getInt32(off + 4), view.getInt32(off + 8), view.getInt32(off + 12));
}

/** Writes an address to the 16 bytes at `off`. @public */
export function in6Store(view: DataView, off: number, a: Int32Array): void {
  view.setInt32(off, a[0]!);
  view.setInt32(off + 4, a[1]!);
  view.setInt32(off + 8, a[2]!);
  view.setInt32(off + 12, a[3]!);
}

/** Is the address in the 16 bytes at `off` equal to `a`? @public */
export function in6EqualAt(a: Int32Array, view: DataView, off: number): boolean {
  return ((a[0]! ^ view.getInt32(off)) | (a[1]! ^ view.getInt32(off + 4)) | (a[2]! ^ view.getInt32(off + 8)) | (a[3]! ^ view.getInt32(off + 12))) === 0;
}

/** True for `::`. Source: `ipv6_addr_any()`. @public */
export function ipv6AddrAny(a: Int32Array): boolean {
  return (a[0]! | a[1]! | a[2]! | a[3]!) === 0;
}

/** True for `::1`. Source: `ipv6_addr_loopback()`. @public */
export function ipv6AddrLoopback(a: Int32Array): boolean {
  return (a[0]! | a[1]! | a[2]! | (a[3]! ^ 1)) === 0;
}

/** True for ff00::/8. Source: `ipv6_addr_is_multicast()`. @public */
export function ipv6AddrIsMulticast(a: Int32Array): boolean {
  return a[0]! >>> 24 === 0xff;
}

/** True for fe80::/10. Source: RFC 4291 section 2.5.6. @public */
export function ipv6AddrIsLinklocal(a: Int32Array): boolean {
  return a[0]! >>> 22 === 0x3fa;
}

/** True for ::ffff:0:0/96. Source: `ipv6_addr_v4mapped()`. @public */
export function ipv6AddrV4mapped(a: Int32Array): boolean {
  return (a[0]! | a[1]!) === 0 && a[2]! === 0xffff;
}

/** True if the two addresses are equal. Source: `ipv6_addr_equal()`. @public */
export function ipv6AddrEqual(a: Int32Array, b: Int32Array): boolean {
  return ((a[0]! ^ b[0]!) | (a[1]! ^ b[1]!) | (a[2]! ^ b[2]!) | (a[3]! ^ b[3]!)) === 0;
}

/** The address (four host-order words) in the form of RFC 5952; ::ffff:0:0/96 with a dotted quad. @public */
export function in6ToString(words: Int32Array): string {
  if (ipv6AddrV4mapped(words)) return `::ffff:${in4ToString(words[3]!)}`;
  const groups: number[] = [];
  for (let i = 0; i < 4; i++) groups.push(words[i]! >>> 16, words[i]! & 0xffff);
  // The longest run of two or more zero groups becomes `::`; the first of equals.
  let best = -1;
  let bestLen = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLen) {
      best = i;
      bestLen = n;
    }
    if (n > 0) i += n - 1;
  }
  const hex = (g: number[]): string => g.map((x) => x.toString(16)).join(':');
  if (best < 0) return hex(groups);
  return `${hex(groups.slice(0, best))}::${hex(groups.slice(best + bestLen))}`;
}

/** Parses an IPv6 address (RFC 4291 section 2.2, no zone) to four host-order int32 words, or gives null. Source: inet_pton(3). @public */
export function in6FromString(s: string): Int32Array | null {
  const halves = s.split('::');
  if (halves.length > 2) return null;
  const head = in6Groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? in6Groups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const g = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const out = new Int32Array(4);
  for (let i = 0; i < 4; i++) out[i] = (g[i * 2]! << 16) | g[i * 2 + 1]!;
  return out;
}

/** The 16-bit groups of one side of `::`; a dotted quad may only stand at the very end. */
function in6Groups(s: string, last: boolean): number[] | null {
  if (s === '') return [];
  const parts = s.split(':');
  const out: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    const p = parts[i]!;
    if (last && i === parts.length - 1 && p.includes('.')) {
      const v4 = in4FromString(p);
      if (v4 === null) return null;
      out.push(v4 >>> 16, v4 & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(p)) {
      out.push(Number.parseInt(p, 16));
    } else {
      return null;
    }
  }
  return out;
}
