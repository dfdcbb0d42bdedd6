/**
 * Socket addresses: plain objects with host-order numbers, and their bytes as
 * Linux on a little-endian 64-bit machine lays them out: bind(2), ip(7), ipv6(7),
 * unix(7), netlink(7), packet(7).
 */

import { in6At, in6Store } from './ipv6.ts';
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX } from './socket.ts';

/** Any socket address: `family` (AF_*) tells which. @public */
export interface SockAddr {
  readonly family: number;
}

/** An IPv4 address and port (AF_INET): host-order int32 and host-order port. Source: ip(7). @public */
export interface SockAddrIn extends SockAddr {
  readonly port: number;
  readonly addr: number;
}

/** An IPv6 address and port (AF_INET6): four host-order int32 words. Source: ipv6(7). @public */
export interface SockAddrIn6 extends SockAddr {
  readonly port: number;
  /** Traffic class and flow label, host order. */
  readonly flowinfo: number;
  readonly addr: Int32Array;
  readonly scopeId: number;
}

/** An AF_UNIX address: empty (unnamed), a path without its final NUL, or abstract (first byte 0). Source: unix(7). @public */
export interface SockAddrUn extends SockAddr {
  readonly path: Uint8Array;
}

/** A netlink address: port id and bit mask of groups. Source: netlink(7). @public */
export interface SockAddrNl extends SockAddr {
  readonly pid: number;
  readonly groups: number;
}

/** A link-layer address (AF_PACKET): `protocol` is an EtherType in host order. Source: packet(7). @public */
export interface SockAddrLl extends SockAddr {
  readonly protocol: number;
  readonly ifindex: number;
  readonly hatype: number;
  readonly pkttype: number;
  /** Hardware address, 0 to 8 bytes (`sll_halen` is its length). */
  readonly addr: Uint8Array;
  /** All eight bytes of `sll_addr`, where there is more than `sll_halen` says: Linux sends to what stands there. Read only. */
  readonly room?: Uint8Array;
}

/** Size of `struct sockaddr_in`. @public */
export const SOCKADDR_IN_LEN = 16;
/** Size of `struct sockaddr_in6`. @public */
export const SOCKADDR_IN6_LEN = 28;
/** Smallest accepted length of an IPv6 address: without the scope id (RFC 2133). @public */
export const SIN6_LEN_RFC2133 = 24;
/** Size of `struct sockaddr_un`. @public */
export const SOCKADDR_UN_LEN = 110;
/** Size of `sun_path`. @public */
export const UNIX_PATH_MAX = 108;
/** Size of `struct sockaddr_nl`. @public */
export const SOCKADDR_NL_LEN = 12;
/** Size of `struct sockaddr_ll`. @public */
export const SOCKADDR_LL_LEN = 20;
/** Size of `struct sockaddr_storage`: no address is longer. @public */
export const SOCKADDR_STORAGE_LEN = 128;

/** An AF_INET address from a host-order int32 and a port. @public */
export function sockaddrIn(addr: number, port: number): SockAddrIn {
  return { family: AF_INET, port, addr: addr | 0 };
}

/** An AF_INET6 address from four host-order words and a port. @public */
export function sockaddrIn6(addr: Int32Array, port: number, scopeId: number = 0, flowinfo: number = 0): SockAddrIn6 {
  return { family: AF_INET6, port, flowinfo, addr, scopeId };
}

/** Narrows to an IPv4 address. @public */
export function isSockAddrIn(sa: SockAddr): sa is SockAddrIn {
  return sa.family === AF_INET;
}

/** Narrows to an IPv6 address. @public */
export function isSockAddrIn6(sa: SockAddr): sa is SockAddrIn6 {
  return sa.family === AF_INET6;
}

/** Narrows to an AF_UNIX address. @public */
export function isSockAddrUn(sa: SockAddr): sa is SockAddrUn {
  return sa.family === AF_UNIX;
}

/** Narrows to a netlink address. @public */
export function isSockAddrNl(sa: SockAddr): sa is SockAddrNl {
  return sa.family === AF_NETLINK;
}

/** Narrows to a link-layer address. @public */
export function isSockAddrLl(sa: SockAddr): sa is SockAddrLl {
  return sa.family === AF_PACKET;
}

/**
 * The bytes of a socket address. An address of any other family gives the two
 * bytes of the family; an AF_UNIX path gets its final NUL. Throws a RangeError
 * for an AF_UNIX path over 108 bytes or a hardware address over 8.
 * @public
 */
export function sockaddrEncode(sa: SockAddr): Uint8Array {
  if (isSockAddrIn(sa)) {
    const [out, view] = alloc(SOCKADDR_IN_LEN, sa.family);
    view.setUint16(2, sa.port);
    view.setInt32(4, sa.addr);
    return out;
  }
  if (isSockAddrIn6(sa)) {
    const [out, view] = alloc(SOCKADDR_IN6_LEN, sa.family);
    view.setUint16(2, sa.port);
    view.setUint32(4, sa.flowinfo);
    in6Store(view, 8, sa.addr);
    view.setUint32(24, sa.scopeId, true);
    return out;
  }
  if (isSockAddrUn(sa)) {
    const n = sa.path.length;
    if (n > UNIX_PATH_MAX) throw new RangeError(`sa.path: at most ${UNIX_PATH_MAX} bytes, got ${n}`);
    // A path of exactly 108 bytes has no room for its NUL; Linux accepts it all the same.
    const nul = n > 0 && n < UNIX_PATH_MAX && sa.path[0] !== 0 ? 1 : 0;
    const [out] = alloc(2 + n + nul, sa.family);
    out.set(sa.path, 2);
    return out;
  }
  if (isSockAddrNl(sa)) {
    const [out, view] = alloc(SOCKADDR_NL_LEN, sa.family);
    view.setUint32(4, sa.pid, true);
    view.setUint32(8, sa.groups, true);
    return out;
  }
  if (isSockAddrLl(sa)) {
    if (sa.addr.length > 8) throw new RangeError(`sa.addr: at most 8 bytes, got ${sa.addr.length}`);
    const [out, view] = alloc(SOCKADDR_LL_LEN, sa.family);
    view.setUint16(2, sa.protocol);
    view.setInt32(4, sa.ifindex, true);
    view.setUint16(8, sa.hatype, true);
    out[10] = sa.pkttype;
    out[11] = sa.addr.length;
    out.set(sa.addr, 12);
    return out;
  }
  return alloc(2, sa.family)[0];
}

/**
 * The socket address in `bytes`, or null if they are too short for their family
 * or the family has no codec here (AF_INET, AF_INET6, AF_UNIX, AF_NETLINK and
 * AF_PACKET have; AF_UNSPEC gives its family alone). Copies what it keeps.
 * @public
 */
export function sockaddrDecode(bytes: Uint8Array): SockAddr | null {
  const n = bytes.length;
  if (n < 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, n);
  const family = view.getUint16(0, true);
  switch (family) {
    case 0:
      return { family };
    case AF_INET:
      if (n < SOCKADDR_IN_LEN) return null;
      return sockaddrIn(view.getInt32(4), view.getUint16(2));
    case AF_INET6: {
      if (n < SIN6_LEN_RFC2133) return null;
      return sockaddrIn6(in6At(view, 8), view.getUint16(2), n < SOCKADDR_IN6_LEN ? 0 : view.getUint32(24, true), view.getUint32(4));
    }
    case AF_UNIX: {
      if (n > SOCKADDR_UN_LEN) return null;
      let path = bytes.slice(2);
      if (path.length > 0 && path[0] !== 0) {
        const nul = path.indexOf(0);
        if (nul > 0) path = path.slice(0, nul);
      }
      return { family, path } as SockAddrUn;
    }
    case AF_NETLINK:
      if (n < SOCKADDR_NL_LEN) return null;
      return { family, pid: view.getUint32(4, true), groups: view.getUint32(8, true) } as SockAddrNl;
    case AF_PACKET: {
      // The whole structure, and what sll_halen says if that is more.
      if (n < SOCKADDR_LL_LEN || n < 12 + bytes[11]!) return null;
      const room = bytes.subarray(12 + bytes[11]!, SOCKADDR_LL_LEN).some((b) => b !== 0) ? { room: bytes.slice(12, SOCKADDR_LL_LEN) } : {};
      return {
        family,
        protocol: view.getUint16(2),
        ifindex: view.getInt32(4, true),
        hatype: view.getUint16(8, true),
        pkttype: bytes[10]!,
        addr: bytes.slice(12, 12 + bytes[11]!),
        ...room,
      } as SockAddrLl;
    }
    default:
      return null;
  }
}

/** `len` zero bytes that begin with the native-endian family. */
function alloc(len: number, family: number): [Uint8Array, DataView] {
  const out = new Uint8Array(len);
  const view = new DataView(out.buffer);
  view.setUint16(0, family, true);
  return [out, view];
}
