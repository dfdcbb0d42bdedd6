/** IPv6 addresses as four host-order int32 words: kinds and scopes (RFC 4291, RFC 4007), prefixes, well-known addresses. */
import { in6Load } from '@linnet/uapi';

// An address in 16 bytes of a packet: to read, to write, to compare.
export { in6EqualAt as a6EqualAt, in6Load as a6Load, in6Store as a6Store } from '@linnet/uapi';

/** `::`; nobody writes to it. @alpha */
export const IN6ADDR_ANY: Int32Array = new Int32Array(4);
/** `::1`; nobody writes to it. @alpha */
export const IN6ADDR_LOOPBACK: Int32Array = Int32Array.of(0, 0, 0, 1);
/** `ff02::1`, all nodes of the link. @alpha */
export const IN6ADDR_LINKLOCAL_ALLNODES: Int32Array = Int32Array.of(0xff020000 | 0, 0, 0, 1);
/** `ff02::2`, all routers of the link. @alpha */
export const IN6ADDR_LINKLOCAL_ALLROUTERS: Int32Array = Int32Array.of(0xff020000 | 0, 0, 0, 2);
/** `ff01::1`, all nodes of the interface. @alpha */
export const IN6ADDR_INTERFACELOCAL_ALLNODES: Int32Array = Int32Array.of(0xff010000 | 0, 0, 0, 1);
/** `ff01::2`, all routers of the interface. @alpha */
export const IN6ADDR_INTERFACELOCAL_ALLROUTERS: Int32Array = Int32Array.of(0xff010000 | 0, 0, 0, 2);
/** `ff05::2`, all routers of the site. @alpha */
export const IN6ADDR_SITELOCAL_ALLROUTERS: Int32Array = Int32Array.of(0xff050000 | 0, 0, 0, 2);
/** `ff02::16`, all routers that speak MLDv2. @alpha */
export const IN6ADDR_MLDV2_MCR: Int32Array = Int32Array.of(0xff020000 | 0, 0, 0, 0x16);

/** Kind of an address: `::`. @alpha */
export const IPV6_ADDR_ANY = 0x0000;
/** Bit: unicast. @alpha */
export const IPV6_ADDR_UNICAST = 0x0001;
/** Bit: multicast. @alpha */
export const IPV6_ADDR_MULTICAST = 0x0002;
/** Bit: `::1`, and interface-local groups. @alpha */
export const IPV6_ADDR_LOOPBACK = 0x0010;
/** Bit: fe80::/10, and link-local groups. @alpha */
export const IPV6_ADDR_LINKLOCAL = 0x0020;
/** Bit: fec0::/10, and site-local groups. @alpha */
export const IPV6_ADDR_SITELOCAL = 0x0040;
/** Bit: ::/96, the IPv4-compatible addresses. @alpha */
export const IPV6_ADDR_COMPATV4 = 0x0080;
/** The bits of the scopes above. @alpha */
export const IPV6_ADDR_SCOPE_MASK = 0x00f0;
/** Bit: ::ffff:0:0/96. @alpha */
export const IPV6_ADDR_MAPPED = 0x1000;

/** Scope of an address, as in a group's second byte: the interface (RFC 4007, RFC 4291 2.7). @alpha */
export const IPV6_ADDR_SCOPE_NODELOCAL = 0x01;
/** The link. @alpha */
export const IPV6_ADDR_SCOPE_LINKLOCAL = 0x02;
/** The site. @alpha */
export const IPV6_ADDR_SCOPE_SITELOCAL = 0x05;
/** The organisation. @alpha */
export const IPV6_ADDR_SCOPE_ORGLOCAL = 0x08;
/** Everywhere. @alpha */
export const IPV6_ADDR_SCOPE_GLOBAL = 0x0e;

/** The kind of the address with these words, IPV6_ADDR_* bits (ipv6_addr_type). @alpha */
export function ipv6AddrTypeWords(a0: number, a1: number, a2: number, a3: number): number {
  const top = a0 >>> 24;
  if (top === 0xff) {
    const scope = (a0 >>> 16) & 15;
    if (scope === IPV6_ADDR_SCOPE_NODELOCAL) return IPV6_ADDR_MULTICAST | IPV6_ADDR_LOOPBACK;
    if (scope === IPV6_ADDR_SCOPE_LINKLOCAL) return IPV6_ADDR_MULTICAST | IPV6_ADDR_LINKLOCAL;
    if (scope === IPV6_ADDR_SCOPE_SITELOCAL) return IPV6_ADDR_MULTICAST | IPV6_ADDR_SITELOCAL;
    return IPV6_ADDR_MULTICAST;
  }
  const top10 = a0 >>> 22;
  if (top10 === 0x3fa) return IPV6_ADDR_UNICAST | IPV6_ADDR_LINKLOCAL;
  if (top10 === 0x3fb) return IPV6_ADDR_UNICAST | IPV6_ADDR_SITELOCAL;
  if ((a0 | a1) === 0) {
    if (a2 === 0) {
      if (a3 === 0) return IPV6_ADDR_ANY;
      if (a3 === 1) return IPV6_ADDR_UNICAST | IPV6_ADDR_LOOPBACK;
      return IPV6_ADDR_UNICAST | IPV6_ADDR_COMPATV4;
    }
    if (a2 === 0xffff) return IPV6_ADDR_MAPPED;
  }
  return IPV6_ADDR_UNICAST;
}

/** The kind of an address, IPV6_ADDR_* bits (ipv6_addr_type). @alpha */
export function ipv6AddrType(a: Int32Array): number {
  return ipv6AddrTypeWords(a[0]!, a[1]!, a[2]!, a[3]!);
}

/** The scope of an address, IPV6_ADDR_SCOPE_* (ipv6_addr_scope): `::1` counts as link-local (RFC 4007 4). @alpha */
export function ipv6AddrScope(a: Int32Array): number {
  const a0 = a[0]!;
  if (a0 >>> 24 === 0xff) return (a0 >>> 16) & 15;
  const type = ipv6AddrType(a);
  if ((type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK)) !== 0) return IPV6_ADDR_SCOPE_LINKLOCAL;
  return (type & IPV6_ADDR_SITELOCAL) !== 0 ? IPV6_ADDR_SCOPE_SITELOCAL : IPV6_ADDR_SCOPE_GLOBAL;
}

/** The scope bits of a kind as the rest of the world sees them: `::1` is of host scope. @alpha */
export function rtScope(type: number): number {
  if ((type & IPV6_ADDR_LOOPBACK) !== 0) return 254;
  if ((type & IPV6_ADDR_LINKLOCAL) !== 0) return 253;
  return (type & IPV6_ADDR_SITELOCAL) !== 0 ? 200 : 0;
}

/** Is it a group, or an address that only counts on one link? Its routes are bound to the interface (rt6_need_strict). @alpha */
export function rt6NeedStrict(a: Int32Array): boolean {
  const a0 = a[0]!;
  return a0 >>> 24 === 0xff || a0 >>> 22 === 0x3fa || (a[3] === 1 && (a0 | a[1]! | a[2]!) === 0);
}

/** Must the sender say on which link? Link-local unicast, interface-local and link-local groups (__ipv6_addr_needs_scope_id). @alpha */
export function needsScopeId(type: number): boolean {
  return (type & IPV6_ADDR_LINKLOCAL) !== 0 || ((type & IPV6_ADDR_MULTICAST) !== 0 && (type & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL)) !== 0);
}

/** Copies an address. @alpha */
export function a6Copy(to: Int32Array, from: Int32Array): void {
  to[0] = from[0]!;
  to[1] = from[1]!;
  to[2] = from[2]!;
  to[3] = from[3]!;
}

/** Writes four words. @alpha */
export function a6Set(to: Int32Array, a0: number, a1: number, a2: number, a3: number): void {
  to[0] = a0;
  to[1] = a1;
  to[2] = a2;
  to[3] = a3;
}

/** An address of its own array. For configuration only. @alpha */
export function a6Clone(a: Int32Array): Int32Array {
  return Int32Array.of(a[0]!, a[1]!, a[2]!, a[3]!); // datapath-ok: configuration
}

/** Are the two equal? @alpha */
export function a6Equal(a: Int32Array, b: Int32Array): boolean {
  return ((a[0]! ^ b[0]!) | (a[1]! ^ b[1]!) | (a[2]! ^ b[2]!) | (a[3]! ^ b[3]!)) === 0;
}

/** Is it `::`? @alpha */
export function a6Any(a: Int32Array): boolean {
  return (a[0]! | a[1]! | a[2]! | a[3]!) === 0;
}

/** Is it a group? @alpha */
export function a6Multicast(a: Int32Array): boolean {
  return a[0]! >>> 24 === 0xff;
}

/** Is it of fe80::/10? @alpha */
export function a6Linklocal(a: Int32Array): boolean {
  return a[0]! >>> 22 === 0x3fa;
}

/** Is it `::1`? @alpha */
export function a6Loopback(a: Int32Array): boolean {
  return (a[0]! | a[1]! | a[2]! | (a[3]! ^ 1)) === 0;
}

/** Is it of ::ffff:0:0/96? @alpha */
export function a6Mapped(a: Int32Array): boolean {
  return (a[0]! | a[1]!) === 0 && a[2] === 0xffff;
}

/** Loads the source of the header at `nh`. @alpha */
export function a6LoadSaddr(to: Int32Array, view: DataView, nh: number): void {
  in6Load(to, view, nh + 8);
}

/** Loads the destination of the header at `nh`. @alpha */
export function a6LoadDaddr(to: Int32Array, view: DataView, nh: number): void {
  in6Load(to, view, nh + 24);
}

/** The bits of word `i` that a prefix of `plen` bits covers. @alpha */
export function a6MaskWord(plen: number, i: number): number {
  const n = plen - (i << 5);
  return n <= 0 ? 0 : n >= 32 ? -1 : -1 << (32 - n);
}

/** Do the first `plen` bits agree? (ipv6_prefix_equal) @alpha */
export function a6PrefixEqual(a: Int32Array, b: Int32Array, plen: number): boolean {
  let left = plen;
  for (let i = 0; left > 0; i++, left -= 32) {
    const x = a[i]! ^ b[i]!;
    if (x === 0) continue;
    return left < 32 && x >>> (32 - left) === 0;
  }
  return true;
}

/** Writes the prefix of `a` to `to` (ipv6_addr_prefix). @alpha */
export function a6Prefix(to: Int32Array, a: Int32Array, plen: number): void {
  for (let i = 0; i < 4; i++) to[i] = a[i]! & a6MaskWord(plen, i);
}

/** How many leading bits two addresses have in common (ipv6_addr_diff). @alpha */
export function a6CommonBits(a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < 4; i++) {
    const x = a[i]! ^ b[i]!;
    if (x !== 0) return (i << 5) + Math.clz32(x);
  }
  return 128;
}

/** The solicited-node group of an address (RFC 4291 2.7.1). @alpha */
export function a6SolictMult(to: Int32Array, a: Int32Array): void {
  to[0] = 0xff020000 | 0;
  to[1] = 0;
  to[2] = 1;
  to[3] = (0xff000000 | (a[3]! & 0xffffff)) | 0;
}

/** The Ethernet address of a group (RFC 2464 7), written to the start of `ha`. @alpha */
export function ipv6EthMcMap(a3: number, ha: Uint8Array): void {
  ha[0] = 0x33;
  ha[1] = 0x33;
  ha[2] = a3 >>> 24;
  ha[3] = a3 >>> 16;
  ha[4] = a3 >>> 8;
  ha[5] = a3;
}

/** A text under which an address can be kept in a Map. For configuration only. @alpha */
export function a6Key(a: Int32Array): string {
  return `${a[0]},${a[1]},${a[2]},${a[3]}`; // datapath-ok: configuration
}

/** A hash of an address. @alpha */
export function a6Hash(a0: number, a1: number, a2: number, a3: number, seed: number): number {
  let h = Math.imul(a0 ^ seed, 0x85ebca6b) ^ Math.imul(a1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15) ^ a2, 0x27d4eb2f) ^ Math.imul(a3, 0x165667b1);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

/** 32 hexadecimal digits, as the files of /proc show an address. @alpha */
export function a6Hex(a: Int32Array): string {
  let s = '';
  for (let i = 0; i < 4; i++) s += (a[i]! >>> 0).toString(16).padStart(8, '0'); // datapath-ok: files under /proc
  return s;
}
