/** Addresses between the kernel's form and text. */
import { AF_INET, in4FromString, in4ToString, in6FromString, in6ToString, isSockAddrIn, isSockAddrIn6, type SockAddr, sockaddrIn, sockaddrIn6 } from '@linnet/uapi';

/**
 * Where a socket is: what `address()` gives.
 * @public
 */
export interface AddressInfo {
  address: string;
  family: 'IPv4' | 'IPv6';
  port: number;
}

/** The address as text; null for what is no internet address. */
export function addressInfo(addr: SockAddr | number): AddressInfo | null {
  if (typeof addr === 'number') return null;
  if (isSockAddrIn(addr)) return { address: in4ToString(addr.addr), family: 'IPv4', port: addr.port };
  if (isSockAddrIn6(addr)) return { address: in6ToString(addr.addr), family: 'IPv6', port: addr.port };
  return null;
}

/** 4 or 6 for a numeric address, else 0. */
export function isIP(text: string): 0 | 4 | 6 {
  if (in4FromString(text) !== null) return 4;
  return in6FromString(text) !== null ? 6 : 0;
}

/** The kernel's form of a numeric address, or null. */
export function parseAddress(text: string, port: number): SockAddr | null {
  const v4 = in4FromString(text);
  if (v4 !== null) return sockaddrIn(v4, port);
  const v6 = in6FromString(text);
  return v6 === null ? null : sockaddrIn6(v6, port);
}

/** The address that stands for any of the own. */
export function anyAddress(family: number): string {
  return family === AF_INET ? '0.0.0.0' : '::';
}
